"""Candles, columns and lines as a few large paths, so that drawing time hardly depends on the number of bars."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.path import Path

from .layout import DPI, POINTS
from .theme import Floats, Theme

HALF = 0.36  # half the width of a body, in bars


def bar_pitch(axes: Axes) -> float:
    """Distance from one bar to the next in points."""
    first, last = axes.get_xlim()
    figure = cast(Figure, axes.figure)
    return float(axes.get_position().width * figure.get_size_inches()[0] * POINTS / (last - first))


class BarColumns(NamedTuple):
    """Bars as drawn: one column each, or one column per pixel where there are more bars than pixels."""

    x: Floats
    open: Floats
    high: Floats
    low: Floats
    close: Floats


def thin_bars(axes: Axes, open_: Floats, high: Floats, low: Floats, close: Floats) -> BarColumns:
    """The bars without missing prices, thinned to one per pixel column: open of the first, close of the last.

    Columns are counted from the newest bar.
    """
    known = np.isfinite(open_ + high + low + close)
    x = np.flatnonzero(known).astype(float)
    o, h, lo, c = (prices[known] for prices in (open_, high, low, close))
    starts, ends, centres = _pixel_columns(axes, x, len(open_))
    if len(starts) == len(x):
        return BarColumns(x, o, h, lo, c)
    return BarColumns(
        centres, o[starts], np.maximum.reduceat(h, starts), np.minimum.reduceat(lo, starts), c[ends]
    )


def _pixel_columns(axes: Axes, x: Floats, count: int) -> tuple[Any, Any, Floats]:
    """First and last element of each pixel column, and where the middle of the column is in bars."""
    step = bar_pitch(axes) * DPI / POINTS
    if step >= 1 or not len(x):
        every = np.arange(len(x))
        return every, every, x
    columns = np.floor((x - count) * step)
    starts = np.flatnonzero(np.append(True, columns[1:] != columns[:-1]))
    ends = np.append(starts[1:], len(x)) - 1
    return starts, ends, (columns[starts] + 0.5) / step + count - 0.5


def draw_candles(axes: Axes, theme: Theme, open_: Floats, high: Floats, low: Floats, close: Floats) -> None:
    """Wicks and bodies; a bar with a missing price is left out."""
    x, o, h, lo, c = thin_bars(axes, open_, high, low, close)
    pitch = bar_pitch(axes)
    dense = pitch * DPI < POINTS
    stroke = POINTS / DPI if dense else min(0.9, max(0.55, pitch * 0.2))
    wicks = np.stack([np.column_stack([x, lo]), np.column_stack([x, h])], axis=1)
    draw_shapes(axes, theme, wicks, c - o, label="wicks", edge=stroke)
    if not dense:  # several bars in a pixel have no bodies
        bodies = rectangles(x - HALF, x + HALF, np.minimum(o, c), np.maximum(o, c))
        draw_shapes(axes, theme, bodies, c - o, label="bodies", edge=stroke)


def draw_columns(
    axes: Axes,
    theme: Theme,
    values: Floats,
    rise: Floats | str,
    *,
    label: str,
    alpha: float = 1.0,
    place: tuple[int, int] = (0, 1),
) -> None:
    """One column per bar, from zero; a missing value is left out.

    `rise` gives the sign of each column's colour, or is the colour itself; `place` is the number of this column
    among those that share a bar, and how many do. Of the bars in one pixel the largest and the smallest value
    remain.
    """
    known = np.isfinite(values)
    x, height = np.flatnonzero(known).astype(float), values[known]
    starts, ends, centres = _pixel_columns(axes, x, len(values))
    high = np.maximum.reduceat(np.maximum(height, 0), starts) if len(starts) else height
    low = np.minimum.reduceat(np.minimum(height, 0), starts) if len(starts) else height
    half = 0.5 * max(1.0, POINTS / DPI / bar_pitch(axes)) if len(starts) < len(x) else HALF
    left = centres - half + 2 * half * place[0] / place[1]
    shapes = rectangles(left, left + 2 * half / place[1], low, high)
    if isinstance(rise, str):
        outlines = PolyCollection(
            shapes, facecolors=to_rgba(rise, alpha), edgecolors="none", label=label, zorder=3
        )
        axes.add_collection(outlines, autolim=False)
        return
    draw_shapes(axes, theme, shapes, rise[known][ends], label=label, alpha=alpha)


def draw_shapes(
    axes: Axes, theme: Theme, shapes: Any, rise: Floats, *, label: str, edge: float = 0.0, alpha: float = 1.0
) -> None:
    """Strokes (n, 2, 2) or rectangles (n, 4, 2) in the colours of rising and falling.

    All shapes of one colour form one path, which takes half the time of a path each.
    """
    signs = np.sign(np.nan_to_num(rise))
    paths, colours = [], []
    for sign, colour in ((1, theme.up), (-1, theme.down), (0, theme.flat)):
        if (signs == sign).any():
            paths.append(_compound_path(shapes[signs == sign]))
            colours.append(to_rgba(colour, alpha))
    filled = shapes.shape[1] > 2
    collection = PathCollection(
        paths, facecolors=colours if filled else "none", edgecolors=colours if edge else "none",
        linewidths=edge, label=label, zorder=3,
    )  # fmt: skip
    collection.set_snap(True)  # to whole pixels, which matplotlib does by itself for short paths only
    axes.add_collection(collection, autolim=False)


def _compound_path(shapes: Any) -> Path:
    count, corners = shapes.shape[:2]
    codes = np.full((count, corners), Path.LINETO)
    codes[:, 0] = Path.MOVETO
    if corners > 2:
        shapes = np.concatenate([shapes, shapes[:, :1]], axis=1)
        codes = np.column_stack([codes, np.full(count, Path.CLOSEPOLY)])
    return Path(shapes.reshape(-1, 2), codes.ravel())


def rectangles(left: Floats, right: Floats, low: Floats, high: Floats) -> Any:
    """Corners of many rectangles, shape (n, 4, 2)."""
    corners = [(left, low), (left, high), (right, high), (right, low)]
    return np.stack([np.column_stack(corner) for corner in corners], axis=1)


def draw_line(axes: Axes, values: Floats, colour: str, *, label: str, width: float = 1.0) -> None:
    """A line through the bars, interrupted where a value is missing.

    Of the bars in one pixel column the first, lowest, highest and last value remain.
    """
    x, y = _thin_line(axes, values)
    axes.add_line(
        Line2D(
            x, y, color=colour, linewidth=width, linestyle="-",
            marker="." if np.isfinite(values).sum() == 1 else "None",
            label=label, zorder=4, solid_joinstyle="round", solid_capstyle="projecting",
        )
    )  # fmt: skip


def _thin_line(axes: Axes, values: Floats) -> tuple[Floats, Floats]:
    x = np.arange(len(values), dtype=float)
    starts, ends, centres = _pixel_columns(axes, x, len(values))
    if len(starts) == len(x):
        return x, values
    lowest, highest = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    points = np.column_stack([values[starts], lowest, highest, values[ends]])
    return np.repeat(centres, 4), points.ravel()


def fill_below(axes: Axes, values: Floats, colour: str) -> None:
    """Shade the area between a line and the lower edge of its pane."""
    known = np.isfinite(values)
    x = np.flatnonzero(known).astype(float)
    if len(x):
        floor = axes.get_ylim()[0]
        outline = np.vstack([np.column_stack([x, values[known]]), [(x[-1], floor), (x[0], floor)]])
        axes.add_collection(
            PolyCollection([outline], facecolors=colour, edgecolors="none", alpha=0.1, label="shade"),
            autolim=False,
        )


def heikin_ashi(bars: pd.DataFrame) -> pd.DataFrame:
    """Heikin-Ashi candles: open, high, low, close [KRW] with the index of `bars`.

    A bar with a missing price stays missing, and the next one continues from the last known candle.
    """
    prices = bars[["open", "high", "low", "close"]].to_numpy(np.float64)
    closes = prices.mean(axis=1)
    opens = np.full(len(bars), np.nan)
    previous = np.nan
    for at in np.flatnonzero(np.isfinite(closes)):
        opens[at] = previous if np.isfinite(previous) else (prices[at, 0] + prices[at, 3]) / 2
        previous = (opens[at] + closes[at]) / 2
    return pd.DataFrame(
        {
            "open": opens,
            "high": np.fmax(prices[:, 1], np.fmax(opens, closes)),
            "low": np.fmin(prices[:, 2], np.fmin(opens, closes)),
            "close": closes,
        },
        index=bars.index,
    )


def volume_by_price(bars: pd.DataFrame, edges: Floats) -> npt.NDArray[np.float64]:
    """Volume in each price step, with each bar's volume spread evenly from its low to its high.

    Parameters
    ----------
    bars : pandas.DataFrame
        low, high [KRW], volume [shares].
    edges : numpy.ndarray
        Limits of the price steps [KRW], ascending.

    Returns
    -------
    numpy.ndarray
        Shares per step; one fewer than there are edges.
    """
    low, high, volume = bars[["low", "high", "volume"]].dropna().to_numpy(np.float64).T[:, :, None]
    spread = high - low
    inside = np.minimum(high, edges[1:]) - np.maximum(low, edges[:-1])
    share = np.clip(inside, 0, None) / np.where(spread > 0, spread, 1)
    # a bar whose low is its high traded everything at one price
    last = np.append(np.zeros(len(edges) - 2, dtype=bool), True)
    single = (low >= edges[:-1]) & ((low < edges[1:]) | (last & (low <= edges[1:])))
    return np.asarray((np.where(spread > 0, share, single) * volume).sum(axis=0))
