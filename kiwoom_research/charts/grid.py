"""What heat maps and tables share: bare axes, coloured cells, names of rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from .layout import LEFT, POINTS, NotebookFigure, style_axes, text_width
from .theme import Floats, Theme

HEADER = 0.5  # inches


def bare_axes(
    figure: NotebookFigure, theme: Theme, left: float, top: float, right: float = LEFT, bottom: float = 0.25
) -> Axes:
    """Axes without frame, grid and ticks; the margins are in inches."""
    width, height = figure.get_size_inches()
    wide, tall = max(width - left - right, 0.3), max(height - top - bottom, 0.3)
    box = (left / width, bottom / height, wide / width, tall / height)
    axes = figure.add_axes(box, facecolor=theme.background)
    style_axes(axes, theme)
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(labelright=False, labelbottom=False)
    return axes


def axes_size(axes: Axes) -> tuple[float, float]:
    """Width and height in inches."""
    box, (width, height) = axes.get_position(), cast(Figure, axes.figure).get_size_inches()
    return float(width * box.width), float(height * box.height)


def draw_cells(axes: Axes, theme: Theme, values: Floats, colours: Colormap, norm: Normalize) -> None:
    """Coloured cells, separated by lines where they are large enough."""
    width, height = axes_size(axes)
    separate = min(width / values.shape[1], height / values.shape[0]) * POINTS > 6
    axes.pcolormesh(
        values,
        cmap=colours,
        norm=norm,
        edgecolors=theme.background if separate else "none",
        linewidth=0.8 if separate else 0,
    )


def label_cells(axes: Axes, theme: Theme, which: Literal["x", "y"], names: Sequence[str]) -> None:
    """Names of rows on the left or of columns on top, as many as fit; "" is no name."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    width, height = axes_size(axes)
    if which == "y":
        need, room = theme.points * 1.2 / POINTS, height / len(names)
    else:
        need, room = max(text_width(theme, name) for name in names) + 0.06, width / len(names)
    at = [place for place, name in enumerate(names) if name]
    closest = min(np.diff(at), default=1) * room
    at = at[:: max(1, int(np.ceil(need / closest)))]
    axis.set_major_locator(FixedLocator([place + 0.5 for place in at]))
    axis.set_ticklabels([names[place] for place in at])
    axes.tick_params(axis=which, labelleft=which == "y", labeltop=which == "x", colors=theme.foreground)


def require_columns(argument: str, table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """`table` with these columns, taken from the index if need be; ValueError for missing ones."""
    levels = [name for name in table.index.names if name in names and name not in table]
    complete = table.reset_index(level=levels) if levels else table
    missing = [name for name in names if name not in complete]
    if missing:
        raise ValueError(f"{argument}: no column {', '.join(missing)}")
    return complete
