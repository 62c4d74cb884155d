"""`heatmap`: returns as colours, in a grid or as a treemap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import Colormap, Normalize, to_hex
from matplotlib.figure import Figure

from . import layout
from .format import format_percent
from .grid import HEADER, axes_size, bare_axes, draw_cells, label_cells
from .layout import LEFT, POINTS, LabelSpec, NotebookFigure, draw_headline, draw_text, text_kwargs, text_width
from .theme import ColourStyle, Theme, ThemeName, resolve_theme

STRIP = 0.2  # above a group, for its name, inches


def heatmap(
    values: pd.Series | pd.DataFrame,
    *,
    weights: pd.Series | None = None,
    limit: float | None = None,
    title: str = "",
    style: ColourStyle = "korean",
    theme: ThemeName = "light",
    figsize: Sequence[float] = (10, 6),
) -> Figure:
    """Show returns as colours: a table as a grid, a single column as a treemap.

    Parameters
    ----------
    values : pandas.DataFrame or pandas.Series
        Returns [%]. A DataFrame becomes a grid, such as sectors by period or years by month. A Series becomes
        a treemap, largest tile first; with two index levels such as (sector, name) it is grouped by the first.
    weights : pandas.Series, optional
        Area of each tile, such as the market cap, with the index of `values`; by default all are equal. Tiles
        without a value or without a positive weight are left out.
    limit : float, optional
        Return [%] at which the colour is strongest; by default the largest absolute value.
    title : str
    style, theme, figsize
        As in `plot`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        No finite value, or an invalid argument; the message names it.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> close = kr.get_bars("005930", "1mo")["close"]
    >>> table = (100 * close.pct_change()).rename("return").to_frame()
    >>> table = table.assign(year=close.index.year, month=close.index.month)
    >>> figure = kr.heatmap(table.pivot_table("return", "year", "month"), title="005930")
    >>> len(figure.axes)
    1
    """
    inches = layout.check_figsize(figsize)
    chosen = resolve_theme(style, theme, inches)
    if not isinstance(values, (pd.Series, pd.DataFrame)):
        raise ValueError(f"values: expected a Series or a DataFrame of returns, got {type(values).__name__}")
    if weights is not None and isinstance(values, pd.DataFrame):
        raise ValueError("weights: expected a Series of values to go with them, got a DataFrame")
    shown = values.to_numpy(np.float64)
    if not np.isfinite(shown).any():
        raise ValueError("values: expected at least one finite number, got none")
    if limit is not None and not limit > 0:
        raise ValueError(f"limit: expected a percentage above 0, got {limit!r}")
    full = limit or float(np.nanmax(np.abs(shown[np.isfinite(shown)]))) or 1.0
    figure = layout.new_figure(chosen, inches)
    colours, norm = chosen.diverging(), Normalize(-full, full)
    name = title or chosen.label("수익률", "Returns")
    end = draw_headline(figure, chosen, name, [LabelSpec(format_percent(-full), chosen.down)])
    squares = [LabelSpec("■", to_hex(colours(share))) for share in np.linspace(0, 1, 7)]
    end = draw_text(figure, chosen, squares, (end, layout.BASELINE), 0.02) + layout.SPACE
    draw_text(figure, chosen, [LabelSpec(format_percent(full), chosen.up)], (end, layout.BASELINE), 0.0)
    if isinstance(values, pd.DataFrame):
        _draw_grid(figure, chosen, values, colours, norm)
    else:
        _draw_treemap(figure, chosen, values, weights, colours, norm)
    return figure


# --- grid -----------------------------------------------------------------------------------------


def _draw_grid(
    figure: NotebookFigure, theme: Theme, table: pd.DataFrame, colours: Colormap, norm: Normalize
) -> None:
    rows, columns = (
        [theme.drawable(_label_text(label)) for label in labels] for labels in (table.index, table.columns)
    )
    left = LEFT + max(text_width(theme, text) for text in rows) + 0.08
    axes = bare_axes(figure, theme, min(left, figure.get_size_inches()[0] / 2), HEADER + 0.22)
    values = table.to_numpy(np.float64)
    draw_cells(axes, theme, values, colours, norm)
    axes.set_xlim(0, len(columns))
    axes.set_ylim(len(rows), 0)
    label_cells(axes, theme, "y", rows)
    label_cells(axes, theme, "x", columns)
    width, height = axes_size(axes)
    cell, tall = width / len(columns), height / len(rows)
    texts = [[_signed_text(value) if np.isfinite(value) else "" for value in line] for line in values]
    longest = max(text_width(theme, text) for line in texts for text in line)
    points = min(theme.points, 0.92 * theme.points * cell / max(longest, 0.01), 0.75 * tall * POINTS)
    if points < 5:  # too small to read
        return
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            if text:
                colour = theme.contrast(colours(norm(values[row, column])))
                font = text_kwargs(theme, points, color=colour)
                axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", **font)


def _label_text(label: object) -> str:
    if isinstance(label, tuple):
        return " ".join(map(_label_text, label))
    return f"{label:%Y-%m-%d}" if isinstance(label, pd.Timestamp) else str(label)


def _signed_text(value: float) -> str:
    return f"{value:+,.{1 if abs(value) < 100 else 0}f}".replace("-", "−")


# --- treemap --------------------------------------------------------------------------------------


class Tile(NamedTuple):
    """A rectangle; its place is in inches from the upper left corner."""

    left: float
    top: float
    width: float
    height: float


def squarify(areas: Sequence[float], room: Tile) -> Iterator[Tile]:
    """Cut a rectangle into tiles that are as square as possible (squarified treemap, Bruls et al. 2000).

    Parameters
    ----------
    areas : sequence of float
        Relative area of each tile, positive, in descending order.
    room : Tile
        The rectangle to fill.

    Examples
    --------
    >>> [round(tile.width, 2) for tile in squarify([2, 1, 1], Tile(0, 0, 4, 2))]
    [2.0, 2.0, 2.0]
    """
    left, top, width, height = room
    rest = list(areas)
    while rest:
        scale = width * height / sum(rest)
        short = min(width, height)
        count, best = 1, np.inf
        for members in range(1, len(rest) + 1):
            row = [share * scale for share in rest[:members]]
            thick = sum(row) / short
            worst = max(max(thick * thick / size, size / (thick * thick)) for size in (row[0], row[-1]))
            if worst > best:
                break
            count, best = members, worst
        row = [share * scale for share in rest[:count]]
        thick = sum(row) / short
        at = 0.0
        for size in row:
            if width >= height:
                yield Tile(left, top + at, thick, size / thick)
            else:
                yield Tile(left + at, top, size / thick, thick)
            at += size / thick
        if width >= height:
            left, width = left + thick, width - thick
        else:
            top, height = top + thick, height - thick
        rest = rest[count:]


def _draw_treemap(
    figure: NotebookFigure,
    theme: Theme,
    values: pd.Series,
    weights: pd.Series | None,
    colours: Colormap,
    norm: Normalize,
) -> None:
    table = pd.DataFrame(
        {"value": values, "weight": 1.0 if weights is None else weights.reindex(values.index)},
        dtype=np.float64,
    )
    table = table.replace([np.inf, -np.inf], np.nan).dropna()
    table = table[table["weight"] > 0].sort_values("weight", ascending=False, kind="stable")
    if table.empty:
        raise ValueError("weights: expected a positive one for at least one value, got none")
    axes = bare_axes(figure, theme, LEFT, HEADER)
    width, height = axes_size(axes)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    room = Tile(0, 0, width, height)
    if table.index.nlevels == 1:
        _draw_tiles(axes, theme, table, room, colours, norm)
        return
    sums = table.groupby(level=0)["weight"].sum().sort_values(ascending=False, kind="stable")
    for group, place in zip(sums.index, squarify(sums.tolist(), room), strict=True):
        members = table.loc[[group]].droplevel(0)
        strip = STRIP if place.height > 3 * STRIP else 0.0
        inner = Tile(
            place.left + 0.015, place.top + strip, max(place.width - 0.03, 0.01), place.height - strip - 0.015
        )
        _draw_tiles(axes, theme, members, inner, colours, norm)
        name = theme.drawable(_label_text(group))
        if strip and text_width(theme, name) < place.width:
            axes.text(
                place.left + 0.04, place.top + strip / 2, name, va="center", ha="left",
                **text_kwargs(theme, color=theme.muted),
            )  # fmt: skip


def _draw_tiles(
    axes: Axes, theme: Theme, table: pd.DataFrame, room: Tile, colours: Colormap, norm: Normalize
) -> None:
    places = list(squarify(table["weight"].tolist(), room))
    faces = colours(norm(table["value"].to_numpy(np.float64)))
    outlines = [
        [(p.left, p.top), (p.left, p.top + p.height), (p.left + p.width, p.top + p.height), (p.left + p.width, p.top)]
        for p in places
    ]  # fmt: skip
    axes.add_collection(
        PolyCollection(
            outlines, facecolors=faces, edgecolors=theme.background, linewidths=1.0, label="tiles"
        ),
        autolim=False,
    )
    for (label, row), place, face in zip(table.iterrows(), places, faces, strict=True):
        name, change = theme.drawable(_label_text(label)), format_percent(row["value"])
        widest = max(text_width(theme, name), text_width(theme, change))
        points = min(16.0, theme.points * 0.85 * place.width / widest)
        both = 2.6 * points / POINTS < place.height
        if points < 6 or 1.3 * points / POINTS > place.height:
            continue
        axes.text(
            place.left + place.width / 2, place.top + place.height / 2, f"{name}\n{change}" if both else name,
            ha="center", va="center", linespacing=1.2, **text_kwargs(theme, points, color=theme.contrast(face)),
        )  # fmt: skip
