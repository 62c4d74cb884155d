"""``compare``: several stocks from a common start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from . import candles
from . import theme as looks
from .panes import Pane, extent, last_known
from .price_chart import HEADER
from .theme import Entry, number, percent, text_width
from .time_axis import Timeline


def compare(
    bars: Mapping[str, pd.DataFrame | pd.Series],
    *,
    title: str = "",
    log: bool = False,
    style: str = "korean",
    theme: str = "light",
    size: Sequence[float] = (10, 6),
) -> Figure:
    """Draw the closes of several stocks, each 100 at the first time that all of them have.

    Parameters
    ----------
    bars : mapping of str to DataFrame or Series
        Name -> bars with the column close [KRW], or closes. Times that some lack are bridged by a straight line.
    title : str
        Text above the chart.
    log, style, theme, size
        As in `plot`.

    Returns
    -------
    matplotlib.figure.Figure
        One line per stock, labelled with its name; the legend has its newest value and change since the start.

    Raises
    ------
    ValueError
        No mapping, nothing to compare, no column close, an index without ascending times, or no time that all have.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> both = {code: kr.get_bars(code, start="2026-01-01") for code in ("005930", "000660")}
    >>> [line.get_label() for line in kr.compare(both).axes[0].lines[:2]]
    ['005930', '000660']
    """
    inches = looks.sheet_size(size)
    look = looks.look(style, theme, inches)
    rebased = _rebased(bars)
    time = Timeline(rebased.index)

    figure = looks.sheet(look, inches)
    low, high = extent(*rebased.to_numpy(np.float64).T)
    right = max(0.62, text_width(look, f"{high:,.1f}") + 0.16)
    (axes,) = looks.stacked(figure, look, [1.0], HEADER, right)
    time.draw(axes, look)
    first = time.label(0)
    heading = [(look.word(f"{first} = 100", f"{first} = 100"), look.faint), (time.unit(look), look.faint)]
    looks.headline(figure, look, title or look.word("수익률 비교", "Comparison"), heading)

    pane = Pane(axes, look)
    colours = (*look.lines, look.accent, look.up, look.down)
    entries: list[Entry] = []
    ends: list[tuple[float, str]] = []
    for at, name in enumerate(rebased):
        values = rebased[name].interpolate(limit_area="inside").to_numpy(np.float64)
        colour = colours[at % len(colours)]
        candles.line(axes, values, colour, label=str(name), width=1.5)
        newest = last_known(values)
        entries.append(
            (f"{look.name(str(name))} {number(round(newest, 1))} ({percent(newest - 100)})", colour)
        )
        ends.append((newest, colour))
    used = pane.legend(entries)
    pane.limits(low, high, above=used + 0.1, below=0.15, log=log)
    pane.level(100, look.faint)
    _tags(pane, ends)
    return figure


def _rebased(bars: Mapping[str, pd.DataFrame | pd.Series]) -> pd.DataFrame:
    if not isinstance(bars, (Mapping, pd.DataFrame)):  # a frame is a mapping of its columns
        raise ValueError(f"bars: expected a mapping of names to bars, got {type(bars).__name__}")
    if not len(bars):
        raise ValueError("bars: nothing to compare")
    closes = {}
    for name, given in bars.items():
        if isinstance(given, pd.DataFrame) and "close" not in given:
            raise ValueError(f"bars: {name} has no column close")
        close = given["close"] if isinstance(given, pd.DataFrame) else given
        if not close.index.is_unique:
            raise ValueError(f"bars: {name} has a time twice")
        Timeline(close.index)
        closes[name] = close
    table = pd.concat(closes, axis=1, sort=True)
    common = table.notna().all(axis=1).to_numpy()
    if not common.any():
        raise ValueError("bars: there is no time that all of them have")
    table = table.iloc[common.argmax() :]
    return 100 * table / table.iloc[0]


def _tags(pane: Pane, ends: Sequence[tuple[float, str]]) -> None:
    """The newest values on the axis, moved apart where they would cover one another."""
    apart = (pane.look.points + 6) / looks.POINTS
    to_inches = pane.axes.transData.transform
    dpi = pane.axes.figure.dpi
    floor = -np.inf
    for value, colour in sorted(ends):
        at = float(to_inches((0, value))[1]) / dpi
        up = max(at, floor + apart)
        floor = up
        pane.tag(value, f"{value:,.1f}", colour, up=up - at)
