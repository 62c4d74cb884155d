"""Bars -> a matplotlib Figure. Pure: never fetches, never shows, never touches rcParams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

UP, DOWN, FLAT = "#d62728", "#1f4fd8", "#666666"  # Korean convention: red rises, blue falls
HALF = 0.35  # half a bar's width, in bars


def plot(bars: pd.DataFrame, *, title: str = "") -> Figure:
    """Candles and volume, without gaps for nights and holidays.

    Parameters
    ----------
    bars : pandas.DataFrame
        Bars of `kiwoom_research.get_bars`: open, high, low, close [KRW], volume [shares].
    title : str
        Text above the chart; the code in ``bars.attrs`` if empty.

    Returns
    -------
    matplotlib.figure.Figure
        Not registered with pyplot: nothing to close.

    Raises
    ------
    ValueError
        There are no bars, or a column is missing.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> figure = kr.plot(kr.get_bars("005930", start="2026-06-01"))
    >>> len(figure.axes)
    2
    """
    from matplotlib.figure import Figure

    lacking = [name for name in ("open", "high", "low", "close", "volume") if name not in bars]
    if lacking or bars.empty:
        raise ValueError(f"bars: {'no rows' if not lacking else 'no column ' + ', '.join(lacking)}")
    figure = Figure(figsize=(10, 6), layout="constrained")
    price, volume = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    o, h, lo, c, v = (bars[name].to_numpy() for name in ("open", "high", "low", "close", "volume"))
    colours = np.where(c > o, UP, np.where(c < o, DOWN, FLAT))
    _candles(price, o, h, lo, c, colours)
    _boxes(volume, np.zeros(len(v)), v, colours)
    price.autoscale_view()
    volume.set_ylim(0, (np.nanmax(v) or 1) * 1.08)
    price.set_xlim(-1, len(bars))
    _dates(volume, bars.index)
    price.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    volume.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    price.set_title(title or str(bars.attrs.get("code", "")))
    price.set_ylabel("KRW")
    volume.set_ylabel("shares")
    for axes in (price, volume):
        axes.grid(alpha=0.25)
    return figure


def _candles(
    axes: Axes, o: np.ndarray, h: np.ndarray, lo: np.ndarray, c: np.ndarray, colours: np.ndarray
) -> None:
    from matplotlib.collections import LineCollection

    x = np.arange(len(o))
    wicks = np.stack([np.column_stack([x, lo]), np.column_stack([x, h])], axis=1)
    axes.add_collection(LineCollection(list(wicks), colors=list(colours), linewidths=0.8))
    _boxes(axes, np.minimum(o, c), np.maximum(o, c), colours)


def _boxes(axes: Axes, low: np.ndarray, high: np.ndarray, colours: np.ndarray) -> None:
    from matplotlib.collections import PolyCollection

    left, right = np.arange(len(low)) - HALF, np.arange(len(low)) + HALF
    corners = [(left, low), (left, high), (right, high), (right, low)]
    boxes = np.stack([np.column_stack(corner) for corner in corners], axis=1)
    axes.add_collection(
        PolyCollection(list(boxes), facecolors=list(colours), edgecolors=list(colours), linewidths=0.8)
    )


def _dates(axes: Axes, index: pd.Index) -> None:
    times = index.get_level_values(0)
    form = "%Y-%m-%d" if times.name == "date" else "%m-%d %H:%M"
    labels = pd.DatetimeIndex(times).strftime(form)

    def label(value: float, _: float | None) -> str:
        at = round(value)
        return str(labels[at]) if 0 <= at < len(labels) else ""

    axes.xaxis.set_major_formatter(label)
    axes.locator_params(axis="x", nbins=8, integer=True)
