"""``heatmap``: returns as colours, in a grid or as tiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import Colormap, Normalize, to_hex
from matplotlib.figure import Figure

from . import theme as looks
from .grid import HEADER, area, inches_of, mesh, name_lines
from .theme import LEFT, POINTS, Chart, Look, headline, percent, text_width, words

STRIP = 0.2  # name of a group, inches


def heatmap(
    values: pd.Series | pd.DataFrame,
    *,
    weights: pd.Series | None = None,
    limit: float | None = None,
    title: str = "",
    style: str = "korean",
    theme: str = "light",
    size: Sequence[float] = (10, 6),
) -> Figure:
    """Colour returns: a table as a grid, one column as tiles.

    Parameters
    ----------
    values : pandas.DataFrame or pandas.Series
        Returns [%]. A DataFrame becomes a grid of rows and columns, such as sectors by period or years by
        month. A Series becomes tiles, largest first; with two index levels such as (sector, name) the tiles
        of a group stand together.
    weights : pandas.Series, optional
        Area of each tile, such as the market cap, with the index of `values`; without it all are equal.
        Tiles whose weight or value is missing, or whose weight is not positive, are left out.
    limit : float, optional
        Return [%] from which on the colour is full; without it the largest there is.
    title : str
    style, theme, size
        As in `plot`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        Nothing to show, or an argument that cannot be.

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
    inches = looks.sheet_size(size)
    look = looks.look(style, theme, inches)
    if weights is not None and isinstance(values, pd.DataFrame):
        raise ValueError("weights: only with a Series of values")
    shown = values.to_numpy(np.float64)
    if not np.isfinite(shown).any():
        raise ValueError("values: nothing to show")
    if limit is not None and not limit > 0:
        raise ValueError(f"limit: expected a percentage above 0, got {limit!r}")
    full = limit or float(np.nanmax(np.abs(shown[np.isfinite(shown)]))) or 1.0
    figure = looks.sheet(look, inches)
    colours, norm = look.diverging(), Normalize(-full, full)
    end = headline(figure, look, title or look.word("수익률", "Returns"), [(percent(-full), look.down)])
    steps = [("■", to_hex(colours(share))) for share in np.linspace(0, 1, 7)]
    end = looks.write(figure, look, steps, (end, looks.BASE), 0.02) + looks.SPACE
    looks.write(figure, look, [(percent(full), look.up)], (end, looks.BASE), 0.0)
    if isinstance(values, pd.DataFrame):
        _grid(figure, look, values, colours, norm)
    else:
        _tiles(figure, look, values, weights, colours, norm)
    return figure


# --- grid -----------------------------------------------------------------------------------------


def _grid(figure: Chart, look: Look, table: pd.DataFrame, colours: Colormap, norm: Normalize) -> None:
    rows, columns = ([look.name(_text(label)) for label in labels] for labels in (table.index, table.columns))
    left = LEFT + max(text_width(look, text) for text in rows) + 0.08
    axes = area(figure, look, min(left, figure.get_size_inches()[0] / 2), HEADER + 0.22)
    values = table.to_numpy(np.float64)
    mesh(axes, look, values, colours, norm)
    axes.set_xlim(0, len(columns))
    axes.set_ylim(len(rows), 0)
    name_lines(axes, look, "y", rows)
    name_lines(axes, look, "x", columns)
    width, height = inches_of(axes)
    cell, tall = width / len(columns), height / len(rows)
    texts = [[_signed(value) if np.isfinite(value) else "" for value in line] for line in values]
    longest = max(text_width(look, text) for line in texts for text in line)
    points = min(look.points, 0.92 * look.points * cell / max(longest, 0.01), 0.75 * tall * POINTS)
    if points < 5:  # no room for numbers
        return
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            if text:
                ink = look.on(colours(norm(values[row, column])))
                axes.text(
                    column + 0.5, row + 0.5, text, ha="center", va="center", **words(look, points, color=ink)
                )


def _text(label: object) -> str:
    if isinstance(label, tuple):
        return " ".join(map(_text, label))
    return f"{label:%Y-%m-%d}" if isinstance(label, pd.Timestamp) else str(label)


def _signed(value: float) -> str:
    return f"{value:+,.{1 if abs(value) < 100 else 0}f}".replace("-", "−")


# --- tiles ----------------------------------------------------------------------------------------


class Tile(NamedTuple):
    """A rectangle in inches from the upper left corner."""

    left: float
    top: float
    width: float
    height: float


def tiles(areas: Sequence[float], room: Tile) -> Iterator[Tile]:
    """Cut a rectangle into tiles as nearly square as possible (squarified treemap, Bruls et al. 2000).

    Parameters
    ----------
    areas : sequence of float
        Share of each tile, descending, all positive.
    room : Tile

    Examples
    --------
    >>> [round(tile.width, 2) for tile in tiles([2, 1, 1], Tile(0, 0, 4, 2))]
    [2.0, 2.0, 2.0]
    """
    left, top, width, height = room
    rest = list(areas)
    while rest:
        scale = width * height / sum(rest)
        short = min(width, height)
        count, best = 1, np.inf
        for number_of in range(1, len(rest) + 1):
            row = [share * scale for share in rest[:number_of]]
            thick = sum(row) / short
            worst = max(max(thick * thick / size, size / (thick * thick)) for size in (row[0], row[-1]))
            if worst > best:
                break
            count, best = number_of, worst
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


def _tiles(
    figure: Chart,
    look: Look,
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
        raise ValueError("weights: none is positive where there is a value")
    axes = area(figure, look, LEFT, HEADER)
    width, height = inches_of(axes)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    room = Tile(0, 0, width, height)
    if table.index.nlevels == 1:
        _fill(axes, look, table, room, colours, norm)
        return
    sums = table.groupby(level=0)["weight"].sum().sort_values(ascending=False, kind="stable")
    for group, place in zip(sums.index, tiles(sums.tolist(), room), strict=True):
        members = table.loc[[group]].droplevel(0)
        strip = STRIP if place.height > 3 * STRIP else 0.0
        inner = Tile(
            place.left + 0.015, place.top + strip, max(place.width - 0.03, 0.01), place.height - strip - 0.015
        )
        _fill(axes, look, members, inner, colours, norm)
        name = look.name(_text(group))
        if strip and text_width(look, name) < place.width:
            axes.text(
                place.left + 0.04, place.top + strip / 2, name, va="center", ha="left",
                **words(look, color=look.faint),
            )  # fmt: skip


def _fill(
    axes: Axes, look: Look, table: pd.DataFrame, room: Tile, colours: Colormap, norm: Normalize
) -> None:
    places = list(tiles(table["weight"].tolist(), room))
    faces = colours(norm(table["value"].to_numpy(np.float64)))
    outlines = [
        [(p.left, p.top), (p.left, p.top + p.height), (p.left + p.width, p.top + p.height), (p.left + p.width, p.top)]
        for p in places
    ]  # fmt: skip
    axes.add_collection(
        PolyCollection(outlines, facecolors=faces, edgecolors=look.back, linewidths=1.0, label="tiles"),
        autolim=False,
    )
    for (label, row), place, face in zip(table.iterrows(), places, faces, strict=True):
        name, change = look.name(_text(label)), percent(row["value"])
        points = min(
            16.0, look.points * 0.85 * place.width / max(text_width(look, name), text_width(look, change))
        )
        both = 2.6 * points / POINTS < place.height
        if points < 6 or 1.3 * points / POINTS > place.height:
            continue
        axes.text(
            place.left + place.width / 2, place.top + place.height / 2, f"{name}\n{change}" if both else name,
            ha="center", va="center", linespacing=1.2, **words(look, points, color=look.on(face)),
        )  # fmt: skip
