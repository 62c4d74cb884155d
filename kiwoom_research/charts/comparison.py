"""`compare`: the performance of several stocks from a common start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from . import candles, layout
from .format import format_percent, format_price
from .layout import LabelSpec, text_width
from .panes import Pane, finite_range, last_known
from .price_chart import HEADER
from .theme import ColourStyle, ThemeName, resolve_theme
from .time_axis import TimeAxis


def compare(
    bars: Mapping[str, pd.DataFrame | pd.Series],
    *,
    title: str = "",
    log: bool = False,
    style: ColourStyle = "korean",
    theme: ThemeName = "light",
    figsize: Sequence[float] = (10, 6),
) -> Figure:
    """Compare the closes of several stocks, each rebased to 100 at the first time that all of them share.

    Parameters
    ----------
    bars : mapping of str to DataFrame or Series
        Name -> bars with the column close [KRW], or closes. A missing time is bridged by a straight line.
    title : str
        Text above the chart.
    log, style, theme, figsize
        As in `plot`.

    Returns
    -------
    matplotlib.figure.Figure
        One line per stock, labelled with its name; the legend shows the newest value and the change since the start.

    Raises
    ------
    ValueError
        Not a mapping, nothing in it, no column close, an index without ascending times, or no common time.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> both = {code: kr.get_bars(code, start="2026-01-01") for code in ("005930", "000660")}
    >>> [line.get_label() for line in kr.compare(both).axes[0].lines[:2]]
    ['005930', '000660']
    """
    inches = layout.check_figsize(figsize)
    chosen = resolve_theme(style, theme, inches)
    rebased = rebase(bars)
    time = TimeAxis(rebased.index)

    figure = layout.new_figure(chosen, inches)
    low, high = finite_range(*rebased.to_numpy(np.float64).T)
    right = max(0.62, text_width(chosen, f"{high:,.1f}") + 0.16)
    (axes,) = layout.stack_axes(figure, chosen, [1.0], HEADER, right)
    time.apply(axes, chosen)
    facts = (f"{time.time_label(0)} = 100", time.interval_label(chosen.korean))
    heading = title or chosen.label("수익률 비교", "Comparison")
    layout.draw_headline(figure, chosen, heading, [LabelSpec(fact, chosen.muted) for fact in facts])

    pane = Pane(axes, chosen)
    colours = (*chosen.lines, chosen.accent, chosen.up, chosen.down)
    labels: list[LabelSpec] = []
    ends: list[tuple[float, str]] = []
    for at, name in enumerate(rebased):
        values = rebased[name].interpolate(limit_area="inside").to_numpy(np.float64)
        colour = colours[at % len(colours)]
        candles.draw_line(axes, values, colour, label=str(name), width=1.5)
        newest = last_known(values)
        result = f"{format_price(round(newest, 1))} ({format_percent(newest - 100)})"
        labels.append(LabelSpec(f"{chosen.drawable(str(name))} {result}", colour))
        ends.append((newest, colour))
    used = pane.legend(labels)
    pane.set_limits(low, high, above=used + 0.1, below=0.15, log=log)
    pane.horizontal_line(100, chosen.muted)
    _draw_end_tags(pane, ends)
    return figure


def rebase(bars: Mapping[str, pd.DataFrame | pd.Series]) -> pd.DataFrame:
    """The closes of several stocks, one column each, 100 at the first time that all of them share."""
    if not isinstance(bars, (Mapping, pd.DataFrame)):  # a frame is a mapping of its columns
        raise ValueError(f"bars: expected a mapping of names to bars, got {type(bars).__name__}")
    if isinstance(bars, pd.DataFrame) and {"open", "high", "low", "close"} <= set(bars.columns):
        raise ValueError(
            "bars: expected names and their bars, such as {'005930': bars}, got the bars of one stock; kr.plot shows one"
        )
    if not len(bars):
        raise ValueError("bars: expected at least one stock to compare, got none")
    closes = {}
    for name, table in bars.items():
        if isinstance(table, pd.DataFrame) and "close" not in table:
            raise ValueError(f"bars: {name} has no column close")
        close = table["close"] if isinstance(table, pd.DataFrame) else table
        if not close.index.is_unique:
            raise ValueError(f"bars: {name} has a time more than once")
        TimeAxis(close.index)  # checks it
        closes[name] = close
    prices = pd.concat(closes, axis=1, sort=True)
    common = prices.notna().all(axis=1).to_numpy()
    if not common.any():
        raise ValueError("bars: expected a time that all stocks have, got none")
    prices = prices.iloc[common.argmax() :]
    return 100 * prices / prices.iloc[0]


def _draw_end_tags(pane: Pane, ends: Sequence[tuple[float, str]]) -> None:
    """Tags of the newest values, moved apart where they would overlap."""
    spacing = (pane.theme.points + 6) / layout.POINTS
    to_inches = pane.axes.transData.transform
    dpi = pane.axes.figure.dpi
    floor = -np.inf
    for value, colour in sorted(ends):
        at = float(to_inches((0, value))[1]) / dpi
        up = max(at, floor + spacing)
        floor = up
        pane.axis_tag(value, f"{value:,.1f}", colour, up=up - at)
