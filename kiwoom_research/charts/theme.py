"""Colour themes: light and dark, with Korean or western colours for rising and falling prices."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from matplotlib.colors import LinearSegmentedColormap, to_rgba_array

from . import fonts

Floats: TypeAlias = npt.NDArray[np.float64]
ColourStyle: TypeAlias = Literal["korean", "western"]
ThemeName: TypeAlias = Literal["light", "dark"]

HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


@dataclass(frozen=True)
class Theme:
    """Colours by meaning, and the font of all texts."""

    background: str
    grid: str
    frame: str
    foreground: str
    muted: str
    accent: str
    up: str
    down: str
    flat: str
    lines: tuple[str, ...]
    families: tuple[str, ...] = (fonts.LATIN,)
    points: float = 9.0

    @property
    def korean(self) -> bool:
        """Whether a font with Hangul is available, so that labels can be Korean."""
        return len(self.families) > 1

    @property
    def dark(self) -> bool:
        """Whether the background is dark."""
        return float(to_rgba_array(self.background)[0, :3].sum()) < 1.5

    def label(self, korean: str, english: str) -> str:
        """The Korean label, or the English one where no font has Hangul."""
        return korean if self.korean else english

    def drawable(self, text: str) -> str:
        """A text of the caller's; where no font has Hangul, a box stands for each letter of it."""
        return text if self.korean else HANGUL.sub("□", text)

    def named(self, colour: int | str) -> str:
        """A line colour by its number, or a colour of the theme by its name."""
        return self.lines[colour % len(self.lines)] if isinstance(colour, int) else str(getattr(self, colour))

    def change_colour(self, change: float) -> str:
        """The colour of a rise, a fall, or neither."""
        return self.up if change > 0 else self.down if change < 0 else self.flat

    def contrast(self, colour: str | Floats) -> str:
        """Near-black or white, whichever is easier to read on `colour`."""
        red, green, blue = to_rgba_array(colour)[0, :3]
        return "#101418" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.6 else "#ffffff"

    def diverging(self) -> LinearSegmentedColormap:
        """A colour map from falling through neutral to rising."""
        neutral = self.frame if self.dark else "#f4f5f7"
        return LinearSegmentedColormap.from_list("change", [self.down, neutral, self.up])


LIGHT = Theme(
    background="#ffffff", grid="#eceff3", frame="#cfd6de", foreground="#1c2530", muted="#74808f",
    accent="#2f6fde", up="#e0313f", down="#1f66d6", flat="#7d8793",
    lines=("#ef9a00", "#12a37f", "#9b51e0", "#8d6e63", "#e0529c", "#00a3bf"),
)  # fmt: skip
DARK = Theme(
    background="#12161f", grid="#1f2531", frame="#333b4a", foreground="#dde2ea", muted="#8a94a6",
    accent="#5b9bff", up="#f6465d", down="#3f8cff", flat="#8a94a6",
    lines=("#f5b83d", "#2fcf9f", "#b98bff", "#c9a28f", "#ff7fbf", "#3fd0e6"),
)  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK}
STYLES: dict[str, dict[str, tuple[str, str]]] = {
    "korean": {},
    "western": {"light": ("#0b9a78", "#e0313f"), "dark": ("#1fc59a", "#f6465d")},
}
"""Colours of rise and fall by style and theme; without an entry those of the theme apply."""


def resolve_theme(style: str, theme: str, figsize: tuple[float, float]) -> Theme:
    """The theme of a figure, with smaller text on a small one; ValueError for an unknown style or theme."""
    check_choice("style", style, STYLES)
    chosen = THEMES[check_choice("theme", theme, THEMES)]
    up, down = STYLES[style].get(theme, (chosen.up, chosen.down))
    points = 9.0 if min(figsize[0] / 8, figsize[1] / 4.5) >= 1 else 8.0
    return replace(chosen, up=up, down=down, families=fonts.font_families(), points=points)


def check_choice(argument: str, value: str, allowed: Iterable[str]) -> str:
    """`value` itself, or a ValueError that names the argument and its choices."""
    if value not in (names := list(allowed)):
        raise ValueError(f"{argument}: expected one of {', '.join(names)}, got {value!r}")
    return value
