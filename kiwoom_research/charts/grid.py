"""Rows and columns: bare axes with names on the left and above, and coloured cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from . import theme
from .theme import LEFT, POINTS, Chart, Floats, Look, text_width

HEADER = 0.5  # inches


def area(
    figure: Chart, look: Look, left: float, top: float, right: float = LEFT, bottom: float = 0.25
) -> Axes:
    """Axes with margins in inches, without a frame or ticks."""
    width, height = figure.get_size_inches()
    wide, tall = max(width - left - right, 0.3), max(height - top - bottom, 0.3)
    axes = figure.add_axes((left / width, bottom / height, wide / width, tall / height), facecolor=look.back)
    theme.plain(axes, look)
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(labelright=False, labelbottom=False)
    return axes


def inches_of(axes: Axes) -> tuple[float, float]:
    """Width and height of axes."""
    box, (width, height) = axes.get_position(), cast(Figure, axes.figure).get_size_inches()
    return float(width * box.width), float(height * box.height)


def mesh(axes: Axes, look: Look, values: Floats, colours: Colormap, norm: Normalize) -> None:
    """Coloured cells, with lines between them where there is room."""
    width, height = inches_of(axes)
    apart = min(width / values.shape[1], height / values.shape[0]) * POINTS > 6
    axes.pcolormesh(
        values,
        cmap=colours,
        norm=norm,
        edgecolors=look.back if apart else "none",
        linewidth=0.8 if apart else 0,
    )


def name_lines(axes: Axes, look: Look, which: Literal["x", "y"], names: Sequence[str]) -> None:
    """Names of rows on the left or of columns above, only as many as there is room for; "" is no name."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    width, height = inches_of(axes)
    if which == "y":
        need, room = look.points * 1.2 / POINTS, height / len(names)
    else:
        need, room = max(text_width(look, name) for name in names) + 0.06, width / len(names)
    at = [place for place, name in enumerate(names) if name]
    apart = min(np.diff(at), default=1) * room
    at = at[:: max(1, int(np.ceil(need / apart)))]
    axis.set_major_locator(FixedLocator([place + 0.5 for place in at]))
    axis.set_ticklabels([names[place] for place in at])
    axes.tick_params(axis=which, labelleft=which == "y", labeltop=which == "x", colors=look.ink)
