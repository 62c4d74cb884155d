"""`plot`: the price chart of one stock as a still picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from .. import indicators
from ..untraded import fill_untraded
from . import candles, layout
from .annotations import Events, draw_events, draw_signals, draw_volume_profile
from .format import format_percent, format_price
from .layout import LabelSpec, NotebookFigure, text_width
from .panes import (
    Drawable,
    Pane,
    draw_bollinger,
    draw_macd_pane,
    draw_rsi_pane,
    draw_values_pane,
    draw_volume_pane,
    finite_range,
    last_known,
)
from .theme import ColourStyle, Floats, Theme, ThemeName, check_choice, resolve_theme
from .time_axis import TimeAxis

ChartKind: TypeAlias = Literal["candles", "line", "heikin-ashi"]
KINDS = {
    "candles": ("open", "high", "low", "close"),
    "line": ("close",),
    "heikin-ashi": ("open", "high", "low", "close"),
}
"""Kinds of chart and the columns they need."""
PANES = {"volume": ("volume",), "rsi": ("close",), "macd": ("close",)}
OVERLAYS = ("bollinger",)

HEADER = 0.46  # height of the line above the panes, inches
CROWDED = 300  # bars, above which a thick line would hide the averages


def plot(
    bars: pd.DataFrame,
    *,
    kind: ChartKind = "candles",
    title: str = "",
    averages: Sequence[int] = (5, 20, 60, 120),
    overlays: Sequence[Drawable] | Drawable = (),
    panes: Sequence[Drawable] | Drawable = ("volume",),
    signals: pd.Series | None = None,
    events: Events | None = None,
    profile: bool = False,
    log: bool = False,
    last: int | None = None,
    style: ColourStyle = "korean",
    theme: ThemeName = "light",
    figsize: Sequence[float] = (10, 6),
) -> Figure:
    """Draw the bars of one stock as a trading screen does, without gaps for nights and holidays.

    It requests nothing and does not involve pyplot: a notebook displays the figure by itself.

    Parameters
    ----------
    bars : pandas.DataFrame
        Bars of one stock, such as those of `get_bars`, ascending: open, high, low, close [KRW], volume [shares].
    kind : {"candles", "line", "heikin-ashi"}
        ``"line"`` needs the close only; single trades are always drawn this way. ``"heikin-ashi"`` draws
        averaged candles, while legend, averages and last price remain those of the real bars.
    title : str
        Name of the stock; by default the code in ``bars.attrs``, if there is one.
    averages : sequence of int
        Simple moving averages of the close over so many bars; those longer than the bars are left out.
    overlays : name, Series or DataFrame, or several of them
        Drawn over the prices: ``"bollinger"`` (20 bars, 2 standard deviations), or values of your own [KRW]
        with the index of `bars`, one line per column.
    panes : name, Series or DataFrame, or several of them
        Below the prices, from top to bottom: ``"volume"``, ``"rsi"`` (14), ``"macd"`` (12, 26, 9), or values of
        your own with the index of `bars`. The indicators need TA-Lib (``pip install kiwoom_research[screen]``).
    signals : pandas.Series, optional
        Time -> number: a buy mark below the bar where positive, a sell mark above it where negative.
    events : mapping or pandas.Series, optional
        Time -> text, shown at the last bar that begins at or before that time. Signals and events outside of
        the bars are not drawn.
    profile : bool
        Volume by price on the left: the volume of each bar spread evenly from its low to its high.
    log : bool
        Logarithmic price axis.
    last : int, optional
        Show only so many of the newest bars; averages and indicators are computed from all of them.
    style : {"korean", "western"}
        Red for rising and blue for falling, or green for rising and red for falling.
    theme : {"light", "dark"}
    figsize : (float, float)
        Width and height in inches of 100 pixels.

    Returns
    -------
    matplotlib.figure.Figure
        The first axes hold the prices, followed by one for each pane. Collections are labelled ``wicks``,
        ``bodies``, ``volume``, ``histogram``, ``profile``. Not registered with pyplot, so there is nothing to
        close.

    Raises
    ------
    ValueError
        No bars, a missing column, an index that is not ascending in time, or an invalid argument; the message
        names it.
    ImportError
        Bollinger bands, RSI or MACD without TA-Lib.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bars = kr.get_bars("005930", start="2026-01-01")
    >>> figure = kr.plot(bars, overlays="bollinger", panes=["volume"], last=120)
    >>> len(figure.axes)
    2
    """
    check_choice("kind", kind, KINDS)
    over, below = _as_list(overlays), _as_list(panes)
    _check(bars, kind, over, below, profile, last)
    bars = _fill_untraded(bars)
    inches = layout.check_figsize(figsize)
    chosen = resolve_theme(style, theme, inches)

    rows = slice(None if last is None else -int(last), None)
    shown = bars.iloc[rows]
    time = TimeAxis(shown.index)
    if kind == "candles" and time.ticks and not (shown["high"] > shown["low"]).any():
        kind = "line"  # single trades have no candles
    drawn = candles.heikin_ashi(bars).iloc[rows] if kind == "heikin-ashi" else shown
    lines = [line._replace(values=line.values[rows]) for line in _lines(bars, averages, over, chosen)]

    figure = layout.new_figure(chosen, inches)
    highest = finite_range(*(drawn[name].to_numpy(np.float64) for name in KINDS[kind]))[1]
    right = max(0.62, text_width(chosen, format_price(highest)) + 0.16)
    price, *rest = layout.stack_axes(figure, chosen, [3.2] + [1.0] * len(below), HEADER, right)
    time.apply(price, chosen)
    change = _last_change(bars)
    _draw_header(figure, chosen, shown, time, title, change)
    bands = indicators.bollinger(bars).iloc[rows] if "bollinger" in _names(over) else None
    pane = Pane(price, chosen)
    used = _draw_overlays(pane, lines, bands)
    _draw_prices(pane, kind, drawn)
    event_height = draw_events(pane, time, events)
    signal_height = draw_signals(pane, time, drawn, signals)
    pane.set_limits(
        *_price_range(kind, drawn, lines, bands, log), log=log,
        above=used + 0.08 + signal_height, below=0.12 + event_height + signal_height,
    )  # fmt: skip
    if kind == "line":
        candles.fill_below(price, drawn["close"].to_numpy(np.float64), chosen.accent)
    if profile:
        draw_volume_profile(pane, shown, log)
    _draw_last_price(pane, float(shown["close"].iloc[-1]), change)
    for item, axes in zip(below, rest, strict=True):
        _draw_pane(Pane(axes, chosen), item, bars, rows)
    return figure


# --- arguments ------------------------------------------------------------------------------------


def _as_list(items: Sequence[Drawable] | Drawable) -> list[Drawable]:
    return [items] if isinstance(items, (str, pd.Series, pd.DataFrame)) else list(items)


def _names(items: Sequence[Drawable]) -> list[str]:
    return [item for item in items if isinstance(item, str)]


def _check(
    bars: pd.DataFrame,
    kind: str,
    over: Sequence[Drawable],
    below: Sequence[Drawable],
    profile: bool,
    last: int | None,
) -> None:
    if not len(bars):
        raise ValueError("bars: expected at least one bar, got none")
    for name in _names(over):
        check_choice("overlays", name, OVERLAYS)
    for name in _names(below):
        check_choice("panes", name, PANES)
    for argument, items in (("overlays", over), ("panes", below)):
        for item in items:
            if not isinstance(item, (str, pd.Series, pd.DataFrame)):
                raise ValueError(f"{argument}: expected a name, a Series or a DataFrame, got {item!r}")
            if not isinstance(item, str) and not item.index.isin(bars.index).any():
                raise ValueError(
                    f"{argument}: expected values with the index of the bars, got an index without any of their times"
                )
    needs = {name: None for item in _names(below) for name in PANES[item]}
    needs |= dict.fromkeys(KINDS[kind]) | dict.fromkeys(("low", "high", "volume") if profile else ())
    missing = [name for name in needs if name not in bars]
    if missing:
        raise ValueError(f"bars: no column {', '.join(missing)}")
    if last is not None and (isinstance(last, bool) or not isinstance(last, (int, np.integer)) or last < 1):
        raise ValueError(f"last: expected a positive integer, got {last!r}")


def _fill_untraded(bars: pd.DataFrame) -> pd.DataFrame:
    """Draw a session without a trade at its close."""
    names = [name for name in ("open", "high", "low") if name in bars]
    close = bars["close"].to_numpy()
    return bars.assign(**{name: fill_untraded(bars[name].to_numpy(), close) for name in names})


class PriceLine(NamedTuple):
    """A line over the prices."""

    name: str
    values: Floats
    colour: str
    average: bool


def _average(bars: pd.DataFrame, period: int) -> pd.Series:
    def average(close: Floats) -> tuple[Floats]:
        return (indicators.moving_average(close, period),)

    close = bars["close"].to_numpy(np.float64)
    return pd.Series(indicators.apply_ignoring_nan(average, 1, [close])[0], bars.index)


def _lines(
    bars: pd.DataFrame, averages: Sequence[int], over: Sequence[Drawable], theme: Theme
) -> list[PriceLine]:
    found: list[tuple[str, pd.Series, bool]] = []
    known = int(bars["close"].count())
    for period in averages:
        if isinstance(period, bool) or not isinstance(period, (int, np.integer)) or period < 1:
            raise ValueError(f"averages: expected positive integers, got {period!r}")
        if period <= known:
            found.append((f"MA{period}", _average(bars, int(period)), True))
    for item in over:
        if not isinstance(item, str):
            table = item.to_frame() if isinstance(item, pd.Series) else item
            found += [(theme.drawable(str(name)), table[name].reindex(bars.index), False) for name in table]
    return [
        PriceLine(name, values.to_numpy(np.float64), theme.lines[at % len(theme.lines)], average)
        for at, (name, values, average) in enumerate(found)
    ]


def _last_change(bars: pd.DataFrame) -> float:
    """Change of the newest bar [KRW], from the broker if known, else from the previous close."""
    close = float(bars["close"].iloc[-1])
    change = float(bars["change"].iloc[-1]) if "change" in bars else float("nan")
    if np.isfinite(close + change):  # the change of a missing price has no meaning
        return change
    return close - float(bars["close"].iloc[-2]) if len(bars) > 1 else float("nan")


# --- the line above the panes ---------------------------------------------------------------------


def _draw_header(
    figure: NotebookFigure, theme: Theme, shown: pd.DataFrame, time: TimeAxis, title: str, change: float
) -> None:
    """Name, last price and its change, and as much about the newest bar as fits."""
    close = float(shown["close"].iloc[-1])
    price = format_price(close)
    if np.isfinite(change) and close != change:
        arrow = "▲" if change > 0 else "▼" if change < 0 else ""
        price += f"  {arrow}{format_price(abs(change))} ({format_percent(100 * change / (close - change))})"
    when = f"{time.interval_label(theme)} {time.time_label(len(time) - 1)}".strip()
    # minutes and ticks are also incomplete where a page ends within a day
    if "complete" in shown and not time.intraday and not shown["complete"].iloc[-1]:
        when += theme.label(" 진행 중", " running")
    labels = [LabelSpec(price, theme.change_colour(change)), LabelSpec(when, theme.muted)]
    letters = {"open": theme.label("시", "O"), "high": theme.label("고", "H"), "low": theme.label("저", "L")}
    if set(letters) <= set(shown):
        prices = (f"{letter} {format_price(shown[name].iloc[-1])}" for name, letter in letters.items())
        labels.append(LabelSpec("  ".join(prices), theme.muted))
    layout.draw_headline(figure, theme, title or str(shown.attrs.get("code", "")), labels)


# --- the prices -----------------------------------------------------------------------------------


def _draw_overlays(pane: Pane, lines: Sequence[PriceLine], bands: pd.DataFrame | None) -> float:
    """Averages, own lines and bands, with their newest values; returns the height of the legend in inches."""
    labels: list[LabelSpec] = []
    for line in lines:
        candles.draw_line(pane.axes, line.values, line.colour, label=line.name)
        labels.append(LabelSpec(f"{line.name} {format_price(last_known(line.values))}", line.colour))
    if bands is not None:
        draw_bollinger(pane, bands)
        upper, lower = (
            format_price(last_known(bands[name].to_numpy(np.float64))) for name in ("bb_upper", "bb_lower")
        )
        labels.append(LabelSpec(f"BB(20,2) {upper} / {lower}", pane.theme.accent))
    return pane.legend(labels)


def _draw_prices(pane: Pane, kind: str, drawn: pd.DataFrame) -> None:
    if kind == "line":
        close = drawn["close"].to_numpy(np.float64)
        width = 1.5 if len(close) <= CROWDED else 0.8
        candles.draw_line(pane.axes, close, pane.theme.accent, label="close", width=width)
        return
    prices = (drawn[name].to_numpy(np.float64) for name in KINDS[kind])
    candles.draw_candles(pane.axes, pane.theme, *prices)


def _price_range(
    kind: str, drawn: pd.DataFrame, lines: Sequence[PriceLine], bands: pd.DataFrame | None, log: bool
) -> tuple[float, float]:
    """Lowest and highest price shown; a distant average is cut off so that it does not flatten the bars."""
    columns = [drawn[name].to_numpy(np.float64) for name in KINDS[kind]]
    columns += [line.values for line in lines if not line.average]
    if bands is not None:
        columns += list(bands.to_numpy(np.float64).T)
    averages = [line.values for line in lines if line.average]
    if log:  # a band can reach below zero
        columns = [values[values > 0] for values in columns]
    low, high = finite_range(*columns)
    lowest, highest = finite_range(*columns, *averages)
    margin = (high - low) / 4
    return max(lowest, low - margin), min(highest, high + margin)


def _draw_last_price(pane: Pane, close: float, change: float) -> None:
    if np.isfinite(close):
        colour = pane.theme.change_colour(change)
        pane.horizontal_line(close, colour)
        pane.axis_tag(close, format_price(close), colour)


# --- the other panes ------------------------------------------------------------------------------


def _draw_pane(pane: Pane, item: Drawable, bars: pd.DataFrame, rows: slice) -> None:
    if isinstance(item, pd.Series | pd.DataFrame):
        table = item.to_frame() if isinstance(item, pd.Series) else item
        draw_values_pane(pane, table.reindex(bars.index).iloc[rows])
    elif item == "volume":
        draw_volume_pane(pane, bars.iloc[rows])
    elif item == "rsi":
        draw_rsi_pane(pane, indicators.rsi(bars).to_numpy(np.float64)[rows])
    else:
        draw_macd_pane(pane, indicators.macd(bars).iloc[rows])
