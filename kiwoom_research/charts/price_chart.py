"""``plot``: the trading screen of one stock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from .. import indicators
from ..untraded import fill_untraded
from . import annotations as marks
from . import candles
from . import theme as looks
from .panes import Drawn, Pane, bollinger, extent, last_known, macd_pane, rsi_pane, values_pane, volume_pane
from .theme import Chart, Entry, Floats, Look, number, one_of, percent, text_width
from .time_axis import Timeline

KINDS = {
    "candles": ("open", "high", "low", "close"),
    "line": ("close",),
    "heikin-ashi": ("open", "high", "low", "close"),
}
"""Kinds of charts and the columns they need."""
PANES = {"volume": ("volume",), "rsi": ("close",), "macd": ("close",)}
OVERLAYS = ("bollinger",)

HEADER = 0.46  # inches for the line above the panes
CROWDED = 300  # points, above which a thick line buries the averages


def plot(
    bars: pd.DataFrame,
    *,
    kind: str = "candles",
    title: str = "",
    averages: Sequence[int] = (5, 20, 60, 120),
    overlays: Sequence[Drawn] | Drawn = (),
    panes: Sequence[Drawn] | Drawn = ("volume",),
    signals: pd.Series | None = None,
    events: Mapping[Any, str] | pd.Series | None = None,
    profile: bool = False,
    log: bool = False,
    last: int | None = None,
    style: str = "korean",
    theme: str = "light",
    size: Sequence[float] = (10, 6),
) -> Figure:
    """Draw bars as a trading screen does, without gaps for nights and holidays.

    Nothing is fetched or shown, and pyplot is not involved: a notebook displays the figure by itself.

    Parameters
    ----------
    bars : pandas.DataFrame
        Bars of one stock as `get_bars` gives them, ascending: open, high, low, close [KRW], volume [shares].
    kind : {"candles", "line", "heikin-ashi"}
        ``"line"`` needs close only, and single trades are always drawn so. ``"heikin-ashi"`` draws averaged
        candles; legend, averages and last price stay those of the real bars.
    title : str
        Name of the stock; without it the code in ``bars.attrs``, if there is one.
    averages : sequence of int
        Simple moving averages of the close over so many bars; those longer than the bars are left out.
    overlays : name, Series or DataFrame, or several of them
        Drawn over the prices: ``"bollinger"`` (20 bars, 2 standard deviations), or values of your own [KRW]
        with the index of `bars`, one line a column.
    panes : name, Series or DataFrame, or several of them
        Below the prices, top to bottom: ``"volume"``, ``"rsi"`` (14), ``"macd"`` (12, 26, 9), or values of
        your own with the index of `bars`. The indicators need TA-Lib (``pip install kiwoom_research[screen]``).
    signals : pandas.Series, optional
        Time -> number: a mark to buy below the bar where positive, to sell above it where negative.
    events : mapping or pandas.Series, optional
        Time -> text, shown at the bar that holds the time (the last one that begins at or before it). Signals
        and events outside of the bars are not drawn.
    profile : bool
        Volume by price on the left: each bar's volume spread evenly from its low to its high.
    log : bool
        Logarithmic prices.
    last : int, optional
        Show only the newest bars; averages and indicators are computed from all.
    style : {"korean", "western"}
        Red up and blue down, or green up and red down.
    theme : {"light", "dark"}
    size : (float, float)
        Inches, 100 pixels each.

    Returns
    -------
    matplotlib.figure.Figure
        The first axes are the prices, then one for each pane. Collections are labelled ``wicks``,
        ``bodies``, ``volume``, ``histogram``, ``profile``. Not registered with pyplot: nothing to close.

    Raises
    ------
    ValueError
        No bars, a missing column, an index that is not ascending in time, or an argument that cannot be; the
        message names it.
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
    one_of("kind", kind, KINDS)
    over, below = _several(overlays), _several(panes)
    _check(bars, kind, over, below, profile, last)
    bars = _fill_untraded(bars)
    inches = looks.sheet_size(size)
    look = looks.look(style, theme, inches)

    rows = slice(None if last is None else -int(last), None)
    shown = bars.iloc[rows]
    time = Timeline(shown.index)
    if kind == "candles" and time.ticks and not (shown["high"] > shown["low"]).any():
        kind = "line"  # single trades have no candle
    drawn = candles.heikin_ashi(bars).iloc[rows] if kind == "heikin-ashi" else shown
    lines = [line._replace(values=line.values[rows]) for line in _lines(bars, averages, over, look)]

    figure = looks.sheet(look, inches)
    highest = extent(*(drawn[name].to_numpy(np.float64) for name in KINDS[kind]))[1]
    right = max(0.62, text_width(look, number(highest)) + 0.16)
    price, *rest = looks.stacked(figure, look, [3.2] + [1.0] * len(below), HEADER, right)
    time.draw(price, look)
    change = _change(bars)
    _header(figure, look, shown, time, title, change)
    bands = indicators.bollinger(bars).iloc[rows] if "bollinger" in _names(over) else None
    pane = Pane(price, look)
    used = _over(pane, lines, bands)
    _prices(pane, kind, drawn)
    noted = marks.events(pane, time, events)
    signalled = marks.signals(pane, time, drawn, signals)
    pane.limits(
        *_reach(kind, drawn, lines, bands, log), log=log,
        above=used + 0.08 + signalled, below=0.12 + noted + signalled,
    )  # fmt: skip
    if kind == "line":
        candles.shade(price, drawn["close"].to_numpy(np.float64), look.accent)
    if profile:
        marks.profile(pane, shown, log)
    _last_price(pane, float(shown["close"].iloc[-1]), change)
    for item, axes in zip(below, rest, strict=True):
        _pane(Pane(axes, look), item, bars, rows)
    return figure


# --- what was asked -------------------------------------------------------------------------------


def _several(given: Sequence[Drawn] | Drawn) -> list[Drawn]:
    return [given] if isinstance(given, (str, pd.Series, pd.DataFrame)) else list(given)


def _names(given: Sequence[Drawn]) -> list[str]:
    return [item for item in given if isinstance(item, str)]


def _check(
    bars: pd.DataFrame,
    kind: str,
    over: Sequence[Drawn],
    below: Sequence[Drawn],
    profiled: bool,
    last: int | None,
) -> None:
    if not len(bars):
        raise ValueError("bars: no rows")
    for name in _names(over):
        one_of("overlays", name, OVERLAYS)
    for name in _names(below):
        one_of("panes", name, PANES)
    for argument, items in (("overlays", over), ("panes", below)):
        for item in items:
            if not isinstance(item, (str, pd.Series, pd.DataFrame)):
                raise ValueError(f"{argument}: expected a name, a Series or a DataFrame, got {item!r}")
            if not isinstance(item, str) and not item.index.isin(bars.index).any():
                raise ValueError(
                    f"{argument}: values whose index has nothing in common with that of the bars"
                )
    needs = {name: None for item in _names(below) for name in PANES[item]}
    needs |= dict.fromkeys(KINDS[kind]) | dict.fromkeys(("low", "high", "volume") if profiled else ())
    lacking = [name for name in needs if name not in bars]
    if lacking:
        raise ValueError(f"bars: no column {', '.join(lacking)}")
    if last is not None and (isinstance(last, bool) or not isinstance(last, (int, np.integer)) or last < 1):
        raise ValueError(f"last: expected a whole number from 1 on, got {last!r}")


def _fill_untraded(bars: pd.DataFrame) -> pd.DataFrame:
    """Draw a session without a trade at its close."""
    names = [name for name in ("open", "high", "low") if name in bars]
    close = bars["close"].to_numpy()
    return bars.assign(**{name: fill_untraded(bars[name].to_numpy(), close) for name in names})


class Line(NamedTuple):
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


def _lines(bars: pd.DataFrame, averages: Sequence[int], over: Sequence[Drawn], look: Look) -> list[Line]:
    found: list[tuple[str, pd.Series, bool]] = []
    known = int(bars["close"].count())
    for period in averages:
        if isinstance(period, bool) or not isinstance(period, (int, np.integer)) or period < 1:
            raise ValueError(f"averages: expected whole numbers from 1 on, got {period!r}")
        if period <= known:
            found.append((f"MA{period}", _average(bars, int(period)), True))
    for item in over:
        if not isinstance(item, str):
            table = item.to_frame() if isinstance(item, pd.Series) else item
            found += [(look.name(str(name)), table[name].reindex(bars.index), False) for name in table]
    return [
        Line(name, values.to_numpy(np.float64), look.lines[at % len(look.lines)], average)
        for at, (name, values, average) in enumerate(found)
    ]


def _change(bars: pd.DataFrame) -> float:
    """Change of the newest bar [KRW]: what the broker says, else against the bar before."""
    close = float(bars["close"].iloc[-1])
    told = float(bars["change"].iloc[-1]) if "change" in bars else float("nan")
    if np.isfinite(close + told):  # a change to a price that is missing says nothing
        return told
    return close - float(bars["close"].iloc[-2]) if len(bars) > 1 else float("nan")


# --- the line above -------------------------------------------------------------------------------


def _header(
    figure: Chart, look: Look, shown: pd.DataFrame, time: Timeline, title: str, change: float
) -> None:
    """Name, last price and change, and as much about the newest bar as there is room for."""
    close = float(shown["close"].iloc[-1])
    price = number(close)
    if np.isfinite(change) and close != change:
        arrow = "▲" if change > 0 else "▼" if change < 0 else ""
        price += f"  {arrow}{number(abs(change))} ({percent(100 * change / (close - change))})"
    when = f"{time.unit(look)} {time.label(len(time) - 1)}".strip()
    # of minutes and ticks it may also say that a page cut the day
    if "complete" in shown and not time.intraday and not shown["complete"].iloc[-1]:
        when += look.word(" 진행 중", " running")
    entries: list[Entry] = [(price, look.of(change)), (when, look.faint)]
    letters = {"open": look.word("시", "O"), "high": look.word("고", "H"), "low": look.word("저", "L")}
    if set(letters) <= set(shown):
        text = "  ".join(f"{letter} {number(shown[name].iloc[-1])}" for name, letter in letters.items())
        entries.append((text, look.faint))
    looks.headline(figure, look, title or str(shown.attrs.get("code", "")), entries)


# --- the prices -----------------------------------------------------------------------------------


def _over(pane: Pane, lines: Sequence[Line], bands: pd.DataFrame | None) -> float:
    """Averages, own lines and bands with their newest values; returns the inches of the legend."""
    entries: list[Entry] = []
    for line in lines:
        candles.line(pane.axes, line.values, line.colour, label=line.name)
        entries.append((f"{line.name} {number(last_known(line.values))}", line.colour))
    if bands is not None:
        bollinger(pane, bands)
        upper, lower = (
            number(last_known(bands[name].to_numpy(np.float64))) for name in ("bb_upper", "bb_lower")
        )
        entries.append((f"BB(20,2) {upper} / {lower}", pane.look.accent))
    return pane.legend(entries)


def _prices(pane: Pane, kind: str, drawn: pd.DataFrame) -> None:
    if kind == "line":
        close = drawn["close"].to_numpy(np.float64)
        width = 1.5 if len(close) <= CROWDED else 0.8
        candles.line(pane.axes, close, pane.look.accent, label="close", width=width)
        return
    candles.candles(pane.axes, pane.look, *(drawn[name].to_numpy(np.float64) for name in KINDS[kind]))


def _reach(
    kind: str, drawn: pd.DataFrame, lines: Sequence[Line], bands: pd.DataFrame | None, log: bool
) -> tuple[float, float]:
    """Lowest and highest that is shown: everything, but a far average must not press the bars flat."""
    columns = [drawn[name].to_numpy(np.float64) for name in KINDS[kind]]
    columns += [line.values for line in lines if not line.average]
    if bands is not None:
        columns += list(bands.to_numpy(np.float64).T)
    averages = [line.values for line in lines if line.average]
    if log:  # a band can reach below zero
        columns = [values[values > 0] for values in columns]
    low, high = extent(*columns)
    lowest, highest = extent(*columns, *averages)
    spare = (high - low) / 4
    return max(lowest, low - spare), min(highest, high + spare)


def _last_price(pane: Pane, close: float, change: float) -> None:
    if np.isfinite(close):
        colour = pane.look.of(change)
        pane.level(close, colour)
        pane.tag(close, number(close), colour)


# --- below ----------------------------------------------------------------------------------------


def _pane(pane: Pane, item: Drawn, bars: pd.DataFrame, rows: slice) -> None:
    if isinstance(item, pd.Series | pd.DataFrame):
        table = item.to_frame() if isinstance(item, pd.Series) else item
        values_pane(pane, table.reindex(bars.index).iloc[rows])
    elif item == "volume":
        volume_pane(pane, bars.iloc[rows])
    elif item == "rsi":
        rsi_pane(pane, indicators.rsi(bars).to_numpy(np.float64)[rows])
    else:
        macd_pane(pane, indicators.macd(bars).iloc[rows])
