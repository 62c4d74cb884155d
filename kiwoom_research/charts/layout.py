"""Where things go on a figure: panes, margins, rows of text.

Colours, sizes and fonts are handed to matplotlib explicitly and rcParams are never changed: `matplotlib.rc_context`
has ended by the time a notebook draws the figure, and it is not safe with threads.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.transforms import ScaledTranslation

from .theme import Theme

POINTS = 72  # per inch
DPI = 100
LEFT, BOTTOM = 0.25, 0.3  # margins in inches
GAP = 0.06  # between panes, inches
INSET = 0.07  # of a legend from the corner of its pane, inches
TITLE = 13.0  # points
BASELINE = 0.29  # of the headline, inches below the upper edge
SPACE = 0.13  # between two texts of a row, inches
LINE_HEIGHT = 1.45  # of a legend, in font sizes


class LabelSpec(NamedTuple):
    """A piece of text and its colour."""

    text: str
    colour: str


# --- figures --------------------------------------------------------------------------------------


class NotebookFigure(Figure):
    """A matplotlib Figure that a notebook displays by itself, without pyplot.

    `alt_text` says what it shows, for those who cannot see it: in exported pages, and inside of the PNG.
    """

    alt_text = ""

    def to_png(self) -> bytes:
        """The picture as PNG."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", metadata={"Description": self.alt_text} if self.alt_text else None)
        return buffer.getvalue()

    def _repr_png_(self) -> tuple[bytes, dict[str, str]]:
        return self.to_png(), {"alt": self.alt_text} if self.alt_text else {}


def check_figsize(figsize: Sequence[float]) -> tuple[float, float]:
    """Width and height in inches, or a ValueError."""
    if len(figsize) != 2 or not all(1 <= side <= 100 for side in figsize):
        raise ValueError(f"figsize: expected width and height in inches, such as (10, 6), got {figsize!r}")
    return float(figsize[0]), float(figsize[1])


def new_figure(theme: Theme, figsize: tuple[float, float]) -> NotebookFigure:
    """An empty figure in the colours of `theme`."""
    figure = NotebookFigure(
        figsize=figsize, dpi=DPI, facecolor=theme.background, edgecolor=theme.background, frameon=True
    )
    figure.set_layout_engine("none")  # one set in rcParams would move the panes
    return figure


def stack_axes(
    figure: NotebookFigure, theme: Theme, weights: Sequence[float], top: float, right: float
) -> list[Axes]:
    """Axes one below the other with a common x axis; `top` and `right` are margins in inches."""
    width, height = figure.get_size_inches()
    room = height - top - BOTTOM - GAP * (len(weights) - 1)
    stack: list[Axes] = []
    upper = height - top
    for weight in weights:
        tall = max(room * weight / sum(weights), 0.05)
        box = (LEFT / width, (upper - tall) / height, 1 - (LEFT + right) / width, tall / height)
        axes = figure.add_axes(box, sharex=stack[0] if stack else None, facecolor=theme.background)
        style_axes(axes, theme)
        stack.append(axes)
        upper -= tall + GAP
    for axes in stack[:-1]:
        axes.tick_params(labelbottom=False)
    return stack


def style_axes(axes: Axes, theme: Theme) -> None:
    """Frame, grid and tick labels of one pane, with the values on the right as on a trading screen."""
    axes.tick_params(
        which="both", direction="out", length=0, pad=4, colors=theme.muted, labelsize=theme.points,
        labelfontfamily=list(theme.families), left=False, right=False, top=False, bottom=False,
        labelleft=False, labelright=True, labeltop=False, labelbottom=True,
    )  # fmt: skip
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_label_coords(0.5, 0.5)  # no axis has a label: placing none saves 15 % of the drawing time
    axes.grid(True, which="major", color=theme.grid, linewidth=0.8, linestyle="-", alpha=1.0)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set(color=theme.frame, linewidth=0.8, visible=True)


# --- text -----------------------------------------------------------------------------------------


def text_width(theme: Theme, text: str, points: float = 0.0) -> float:
    """Width of a text in inches."""
    return _text_width(text, points or theme.points, theme.families)


@lru_cache(maxsize=4096)
def _text_width(text: str, points: float, families: tuple[str, ...]) -> float:
    font = font_manager.get_font(_font_files(families))
    font.set_size(points, DPI)
    font.set_text(text)
    return float(font.get_width_height()[0] / 64 / DPI)


@cache
def _font_files(families: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(font_manager.findfont(FontProperties(family=[name])) for name in families)


def text_kwargs(theme: Theme, points: float = 0.0, **overrides: Any) -> dict[str, Any]:
    """Keyword arguments for every text: its font, and no mathematics, so that $ stays a dollar sign."""
    font = {"family": list(theme.families), "size": points or theme.points, "parse_math": False}
    return {**font, "color": theme.foreground, **overrides}


def draw_legend(axes: Axes, theme: Theme, labels: Sequence[LabelSpec], width: float, *, opaque: bool) -> int:
    """Labels in rows from the upper left corner, `width` inches wide; returns the number of rows."""
    rows = wrap_labels(theme, labels, width - 2 * INSET)
    down = INSET + theme.points / POINTS
    for row in rows:
        draw_text(axes, theme, row, (INSET, down), SPACE, opaque=opaque)
        down += LINE_HEIGHT * theme.points / POINTS
    return len(rows)


def draw_text(
    target: Axes | NotebookFigure,
    theme: Theme,
    labels: Sequence[LabelSpec],
    start: tuple[float, float],
    space: float,
    *,
    opaque: bool = False,
) -> float:
    """Labels side by side on one baseline; returns where the row ends, in inches from the left.

    `start` is in inches from the upper left corner of the axes or the figure. Matplotlib's offset boxes do the
    same, but take a third of the drawing time.
    """
    figure = target if isinstance(target, NotebookFigure) else target.figure
    corner = target.transFigure if isinstance(target, NotebookFigure) else target.transAxes
    left, down = start
    box: dict[str, Any] = (
        {"bbox": {"facecolor": theme.background, "alpha": 0.8, "pad": 1, "linewidth": 0}} if opaque else {}
    )
    for text, colour in labels:
        place = corner + ScaledTranslation(left, -down, figure.dpi_scale_trans)
        font = text_kwargs(theme, color=colour, **box)
        target.text(0, 1, text, transform=place, va="baseline", zorder=8, **font)
        left += text_width(theme, text) + space
    return left


def wrap_labels(theme: Theme, labels: Sequence[LabelSpec], width: float) -> list[list[LabelSpec]]:
    """Labels, in order, in as few rows of `width` inches as possible."""
    rows: list[list[LabelSpec]] = [[]]
    used = 0.0
    for label in labels:
        wide = text_width(theme, label.text) + SPACE
        if rows[-1] and used + wide > width:
            rows.append([])
            used = 0.0
        rows[-1].append(label)
        used += wide
    return rows


def draw_headline(figure: NotebookFigure, theme: Theme, title: str, labels: Sequence[LabelSpec]) -> float:
    """The title, shortened to the width if need be, and the labels that fit beside it.

    Returns where the line ends, in inches from the left.
    """
    points = TITLE if theme.points > 8 else 11.0
    room = float(figure.get_size_inches()[0]) - 2 * LEFT
    shown = theme.drawable(title)
    if (wide := text_width(theme, shown, points)) > room:
        shown = shown[: int(len(shown) * room / wide) - 1] + "…"
    place = figure.transFigure + ScaledTranslation(LEFT, -BASELINE, figure.dpi_scale_trans)
    figure.text(0, 1, shown, transform=place, va="baseline", **text_kwargs(theme, points))
    used = begin = text_width(theme, shown, points) + SPACE if shown else 0.0
    fitting: list[LabelSpec] = []
    for label in labels:
        used += text_width(theme, label.text) + SPACE
        if used > room:
            break
        fitting.append(label)
    return draw_text(figure, theme, fitting, (LEFT + begin, BASELINE), SPACE)
