"""How charts look: colours, letters, and the empty sheet they are drawn on.

Colours, sizes and letters are handed to matplotlib explicitly. rcParams are not changed, not even for a moment:
`matplotlib.rc_context` is over when the figure is drawn, and two threads inside of it leave each other's values.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.transforms import ScaledTranslation

from . import fonts

Floats = npt.NDArray[np.float64]
Entry = tuple[str, str]
"""Text and its colour."""

POINTS = 72  # an inch
DPI = 100
LEFT, BOTTOM = 0.25, 0.3  # margins in inches
GAP = 0.06  # between panes, inches
INSET = 0.07  # of a legend from its corner, inches
TITLE = 13.0  # points
BASE = 0.29  # of the headline from the upper edge, inches
SPACE = 0.13  # between texts of a legend, inches
LINE = 1.45  # distance of base lines, in letter sizes


@dataclass(frozen=True)
class Look:
    """Colours by what they mean, and the letters."""

    back: str
    grid: str
    frame: str
    ink: str
    faint: str
    accent: str
    up: str
    down: str
    flat: str
    lines: tuple[str, ...]
    families: tuple[str, ...] = (fonts.LATIN,)
    points: float = 9.0

    @property
    def korean(self) -> bool:
        """Whether there is a font for Korean labels."""
        return len(self.families) > 1

    def word(self, korean: str, english: str) -> str:
        """A label of ours in the language that can be written here."""
        return korean if self.korean else english

    def name(self, text: str) -> str:
        """A text of the user's, in letters that can be written here."""
        return text if self.korean else fonts.romanised(text)

    def of(self, value: float) -> str:
        """The colour of a change."""
        return self.up if value > 0 else self.down if value < 0 else self.flat

    def on(self, colour: str | Floats) -> str:
        """Black or white, whichever reads better on a colour."""
        red, green, blue = to_rgba_array(colour)[0, :3]
        return "#101418" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.6 else "#ffffff"

    def diverging(self) -> LinearSegmentedColormap:
        """From down through the background to up."""
        middle = self.frame if self.dark else "#f4f5f7"
        return LinearSegmentedColormap.from_list("change", [self.down, middle, self.up])

    @property
    def dark(self) -> bool:
        """Whether the background is darker than the letters."""
        return float(to_rgba_array(self.back)[0, :3].sum()) < 1.5


LIGHT = Look(
    back="#ffffff", grid="#eceff3", frame="#cfd6de", ink="#1c2530", faint="#74808f", accent="#2f6fde",
    up="#e0313f", down="#1f66d6", flat="#7d8793",
    lines=("#ef9a00", "#12a37f", "#9b51e0", "#8d6e63", "#e0529c", "#00a3bf"),
)  # fmt: skip
DARK = Look(
    back="#12161f", grid="#1f2531", frame="#333b4a", ink="#dde2ea", faint="#8a94a6", accent="#5b9bff",
    up="#f6465d", down="#3f8cff", flat="#8a94a6",
    lines=("#f5b83d", "#2fcf9f", "#b98bff", "#c9a28f", "#ff7fbf", "#3fd0e6"),
)  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK}
STYLES = {
    "korean": {},
    "western": {"light": ("#0b9a78", "#e0313f"), "dark": ("#1fc59a", "#f6465d")},
}
"""Colours of rise and fall where they are not those of the theme."""


def look(style: str, theme: str, size: tuple[float, float]) -> Look:
    """The look of a chart; ValueError for a style or theme that does not exist."""
    one_of("style", style, STYLES)
    chosen = THEMES[one_of("theme", theme, THEMES)]
    up, down = STYLES[style].get(theme, (chosen.up, chosen.down))
    points = 9.0 if min(size[0] / 8, size[1] / 4.5) >= 1 else 8.0
    return replace(chosen, up=up, down=down, families=fonts.family(), points=points)


def one_of(argument: str, value: str, allowed: Iterable[str]) -> str:
    """`value` itself, or a ValueError that names the argument and what is allowed."""
    if value not in (names := list(allowed)):
        raise ValueError(f"{argument}: expected one of {', '.join(names)}, got {value!r}")
    return value


def sheet_size(size: Sequence[float]) -> tuple[float, float]:
    """Width and height in inches, or a ValueError."""
    if len(size) != 2 or not all(1 <= side <= 100 for side in size):
        raise ValueError(f"size: expected width and height in inches, such as (10, 6), got {size!r}")
    return float(size[0]), float(size[1])


# --- numbers -------------------------------------------------------------------------------------


def number(value: float, _: object = None) -> str:
    """A price or an index: thousands separated, decimals only where they mean something.

    >>> number(97000.0), number(95432.41), number(61.237), number(0.5)
    ('97,000', '95,432', '61.24', '0.5')
    """
    if not np.isfinite(value):
        return "-"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}".rstrip("0").rstrip(".")
    return text.replace("-", "−")


KOREAN_UNITS = ((1e12, "조"), (1e8, "억"), (1e4, "만"))
ENGLISH_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))


def amount(value: float, korean: bool) -> str:
    """A number of shares, short.

    >>> amount(12467623, True), amount(12467623, False), amount(950, True), amount(-12467623, True)
    ('1,247만', '12.5M', '950', '−1,247만')
    """
    units: tuple[tuple[float, str], ...] = KOREAN_UNITS if korean else ENGLISH_UNITS
    for (unit, name), (smaller, _) in pairwise((*units, (1.0, ""))):
        if abs(value) >= unit - smaller / 2:  # what would be rounded to 10,000만 is 1억
            scaled = value / unit
            text = f"{scaled:,.0f}" if abs(scaled) >= 100 else f"{scaled:.3g}"
            return text.replace("-", "−") + name
    return number(value)


def percent(value: float) -> str:
    """A change, with its sign.

    >>> percent(0.9365), percent(-2), percent(0)
    ('+0.94%', '−2.00%', '0.00%')
    """
    return ("−" if value < 0 else "+" if value > 0 else "") + f"{abs(value):,.2f}%"


# --- the sheet -----------------------------------------------------------------------------------


class Chart(Figure):
    """A matplotlib Figure that a notebook shows by itself, without pyplot."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def sheet(look: Look, size: tuple[float, float]) -> Chart:
    """An empty figure of `size` inches."""
    figure = Chart(figsize=size, dpi=DPI, facecolor=look.back, edgecolor=look.back, frameon=True)
    figure.set_layout_engine("none")  # what rcParams ask for would move the panes
    return figure


def stacked(figure: Chart, look: Look, weights: Sequence[float], top: float, right: float) -> list[Axes]:
    """Axes one below the other, sharing their x axis, with margins of `top` and `right` inches."""
    width, height = figure.get_size_inches()
    room = height - top - BOTTOM - GAP * (len(weights) - 1)
    made: list[Axes] = []
    above = height - top
    for weight in weights:
        tall = max(room * weight / sum(weights), 0.05)
        box = (LEFT / width, (above - tall) / height, 1 - (LEFT + right) / width, tall / height)
        axes = figure.add_axes(box, sharex=made[0] if made else None, facecolor=look.back)
        plain(axes, look)
        made.append(axes)
        above -= tall + GAP
    for axes in made[:-1]:
        axes.tick_params(labelbottom=False)
    return made


def plain(axes: Axes, look: Look) -> None:
    """Frame, grid and tick labels of one pane: values on the right, as on a trading screen."""
    axes.tick_params(
        which="both", direction="out", length=0, pad=4, colors=look.faint, labelsize=look.points,
        labelfontfamily=list(look.families), left=False, right=False, top=False, bottom=False,
        labelleft=False, labelright=True, labeltop=False, labelbottom=True,
    )  # fmt: skip
    for axis in (
        axes.xaxis,
        axes.yaxis,
    ):  # we write no axis labels: spares a search for their place, 15 % of drawing
        axis.set_label_coords(0.5, 0.5)
    axes.grid(True, which="major", color=look.grid, linewidth=0.8, linestyle="-", alpha=1.0)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set(color=look.frame, linewidth=0.8, visible=True)


def text_width(look: Look, text: str, points: float = 0.0) -> float:
    """How many inches a text needs."""
    return _width(text, points or look.points, look.families)


@lru_cache(maxsize=4096)
def _width(text: str, points: float, families: tuple[str, ...]) -> float:
    font = font_manager.get_font(_files(families))
    font.set_size(points, DPI)
    font.set_text(text)
    return float(font.get_width_height()[0] / 64 / DPI)


@cache
def _files(families: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(font_manager.findfont(FontProperties(family=[name])) for name in families)


def words(look: Look, points: float = 0.0, **how: Any) -> dict[str, Any]:
    """Arguments of every text of ours: its letters, and a dollar sign that is a dollar sign."""
    letters = {"family": list(look.families), "size": points or look.points, "parse_math": False}
    return {**letters, "color": look.ink, **how}


def legend(axes: Axes, look: Look, entries: Sequence[Entry], width: float, *, covering: bool) -> int:
    """Coloured texts side by side from the upper left, `width` inches wide; returns how many lines they take."""
    lines = wrapped(look, entries, width - 2 * INSET)
    down = INSET + look.points / POINTS
    for line in lines:
        write(axes, look, line, (INSET, down), SPACE, covering=covering)
        down += LINE * look.points / POINTS
    return len(lines)


def write(
    target: Axes | Chart,
    look: Look,
    entries: Sequence[Entry],
    at: tuple[float, float],
    space: float,
    *,
    covering: bool = False,
) -> float:
    """Texts on one base line, `at` inches from the upper left corner of axes or figure; returns where they end.

    Matplotlib's offset boxes would do the same and cost a third of all drawing.
    """
    figure = target if isinstance(target, Chart) else target.figure
    inner = target.transFigure if isinstance(target, Chart) else target.transAxes
    left, down = at
    how: dict[str, Any] = (
        {"bbox": {"facecolor": look.back, "alpha": 0.8, "pad": 1, "linewidth": 0}} if covering else {}
    )
    for text, colour in entries:
        where = inner + ScaledTranslation(left, -down, figure.dpi_scale_trans)
        style = words(look, color=colour, **how)
        target.text(0, 1, text, transform=where, va="baseline", zorder=8, **style)
        left += text_width(look, text) + space
    return left


def wrapped(look: Look, entries: Sequence[Entry], room: float) -> list[list[Entry]]:
    """Entries in as few lines as fit `room` inches, in order."""
    lines: list[list[Entry]] = [[]]
    used = 0.0
    for entry in entries:
        wide = text_width(look, entry[0]) + SPACE
        if lines[-1] and used + wide > room:
            lines.append([])
            used = 0.0
        lines[-1].append(entry)
        used += wide
    return lines


def headline(figure: Chart, look: Look, title: str, entries: Sequence[Entry]) -> float:
    """One line at the top: the title, shortened if it must be, and as many texts as there is room for.

    Returns the inches from the left at which it ends.
    """
    points = TITLE if look.points > 8 else 11.0
    room = float(figure.get_size_inches()[0]) - 2 * LEFT
    shown = look.name(title)
    if (wide := text_width(look, shown, points)) > room:
        shown = shown[: int(len(shown) * room / wide) - 1] + "…"
    where = figure.transFigure + ScaledTranslation(LEFT, -BASE, figure.dpi_scale_trans)
    figure.text(0, 1, shown, transform=where, va="baseline", **words(look, points))
    used = begin = text_width(look, shown, points) + SPACE if shown else 0.0
    fitting: list[Entry] = []
    for entry in entries:
        used += text_width(look, entry[0]) + SPACE
        if used > room:
            break
        fitting.append(entry)
    return write(figure, look, fitting, (LEFT + begin, BASE), SPACE)
