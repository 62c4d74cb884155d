"""The features: name, unit, definition and calculation of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import numpy as np

from ..indicators import bollinger_bands, macd_lines, moving_average, wilder_atr, wilder_rsi
from ..kinds import Column
from .windows import Windows

LENGTH = 251  # sessions: 250, and the close before them
YEAR = 250  # sessions of a year, for highs, lows and volatility

Source = Literal["bars", "info", "foreign"]


def _return(w: Windows, n: int) -> Column:
    return 100 * (w["close"][:, -1] / w["close"][:, -1 - n] - 1)


def _volatility(w: Windows, n: int) -> Column:
    closes = w["close"][:, -1 - n :]
    moves = closes[:, 1:] / closes[:, :-1] - 1
    return np.asarray(100 * np.sqrt(YEAR) * moves.std(axis=1, ddof=1))


def _value(w: Windows, n: int) -> Column:
    return np.asarray(w["value"][:, -n:].mean(axis=1))


def _surge(w: Windows, n: int) -> Column:
    return np.asarray(w["volume"][:, -1] / w["volume"][:, -1 - n : -1].mean(axis=1))


def _untraded(w: Windows, n: int) -> Column:
    volume, traded = w["volume"][:, -n:], w["traded"][:, -n:]
    return np.where(np.isnan(volume).any(axis=1), np.nan, (traded == 0).sum(axis=1))


def _average(w: Windows, n: int) -> Column:
    return moving_average(w["close"][:, -n:], n)[:, -1]


def _order(w: Windows, n: int) -> Column:
    averages = np.stack([_average(w, period) for period in (5, 20, 60, n)])
    steps = np.sign(averages[:-1] - averages[1:])
    return np.where(
        np.isnan(steps).any(axis=0), np.nan, (steps > 0).all(axis=0) - 1.0 * (steps < 0).all(axis=0)
    )


def _high(w: Windows, n: int) -> Column:
    return np.asarray(w["high"][:, -n:].max(axis=1))


def _low(w: Windows, n: int) -> Column:
    return np.asarray(w["low"][:, -n:].min(axis=1))


def _below_high(w: Windows, n: int) -> Column:
    return 100 * (w["close"][:, -1] / _high(w, n) - 1)


def _above_low(w: Windows, n: int) -> Column:
    return 100 * (w["close"][:, -1] / _low(w, n) - 1)


def _gap(w: Windows, n: int) -> Column:
    return 100 * (w["open"][:, -1] / w["close"][:, -1 - n] - 1)


def _up_days(w: Windows, n: int) -> Column:
    closes = w["close"][:, -1 - n :]
    up = closes[:, :0:-1] > closes[:, -2::-1]  # newest first; a missing close ends the run
    run = np.where(up.all(axis=1), n, up.argmin(axis=1)).astype(np.float64)
    return np.where(np.isnan(closes[:, -2]), np.nan, run)


def _last(w: Windows, n: int, name: str) -> Column:
    return w[name][:, -n]


def _rsi(w: Windows, n: int) -> Column:
    return _without_holes(w, n + 1, w.indicator("rsi", lambda close: (wilder_rsi(close, n),), ["close"])[0])


def _atr(w: Windows, n: int) -> Column:
    prices = ["high", "low", "close"]
    return _without_holes(
        w, n + 1, w.indicator("atr", lambda h, lo, c: (wilder_atr(h, lo, c, n),), prices)[0]
    )


def _atr_pct(w: Windows, n: int) -> Column:
    return 100 * _atr(w, n) / w["close"][:, -1]


def _macd(w: Windows, n: int, output: int) -> Column:
    lines = w.indicator("macd", lambda close: macd_lines(close, 12, 26, n), ["close"], 3)
    return _without_holes(w, 26, lines[output])


def _bollinger(w: Windows, n: int) -> Column:
    upper, _, lower = w.indicator("bollinger", lambda close: bollinger_bands(close, n, 2.0), ["close"], 3)
    return _without_holes(w, n, (w["close"][:, -1] - lower) / (upper - lower))


def _without_holes(w: Windows, n: int, values: Column) -> Column:
    """Return the values of windows that have a close in each of the last `n` sessions."""
    return np.where(np.isnan(w["close"][:, -n:]).any(axis=1), np.nan, values)


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of the list.

    Attributes
    ----------
    name, unit, definition : str
        Column, unit and definition.
    source : {"bars", "info", "foreign"}
        The argument of `features` that it is made from.
    n : int
        The number of sessions in the definition.
    needs : int
        The number of sessions that the calculation looks at.
    uses : str
        The columns of the bars that it looks at.
    """

    name: str
    unit: str
    definition: str
    calculate: Callable[[Windows, int], Column] | None = field(default=None, repr=False)
    n: int = 1
    needs: int = 1
    uses: str = "close"
    source: Source = "bars"


def _returns() -> Iterator[Feature]:
    for n in (1, 5, 20, 60, 120, 250):
        before = "the close before" if n == 1 else f"the close {n} sessions before"
        yield Feature(f"return_{n}d", "%", f"close against {before}", _return, n, n + 1)


FEATURES: tuple[Feature, ...] = (
    Feature("session", "day", "last session with a bar; if it is not the session of the table, all else is missing"),
    Feature("bars", "count", "number of bars up to the session"),
    Feature("complete", "", "False while the session runs: close, volume and value are those so far"),
    Feature("traded", "", "False if nothing was traded: a halt, or no matching orders", uses="open volume"),
    Feature("close_is_last", "", "True where the last price stands in for an official close that is not known"),
    Feature("close", "KRW", "official close, or the last price with price='last'", partial(_last, name="close")),
    Feature("volume", "shares", "shares traded", partial(_last, name="volume"), uses="volume"),
    *_returns(),
    Feature("volatility_20d", "% per year", "deviation of the last 20 daily returns x sqrt(250)", _volatility, 20, 21),
    Feature("volatility_60d", "% per year", "deviation of the last 60 daily returns x sqrt(250)", _volatility, 60, 61),
    Feature("value_5d", "KRW", "average traded value of the last 5 sessions", _value, 5, 5, uses="value"),
    Feature("value_20d", "KRW", "average traded value of the last 20 sessions", _value, 20, 20, uses="value"),
    Feature("value_60d", "KRW", "average traded value of the last 60 sessions", _value, 60, 60, uses="value"),
    Feature("volume_surge", "times", "volume over the average of the 20 sessions before", _surge, 20, 21, uses="volume"),
    Feature("untraded_20d", "count", "sessions without a trade among the last 20", _untraded, 20, 20, uses="open volume"),
    Feature("turnover", "%", "volume over listed shares", partial(_last, name="turnover"), uses="turnover"),
    Feature("high_250d", "KRW", "highest price of the last 250 sessions (52 weeks)", _high, YEAR, YEAR, uses="high"),
    Feature("low_250d", "KRW", "lowest price of the last 250 sessions (52 weeks)", _low, YEAR, YEAR, uses="low"),
    Feature("high_250d_gap", "%", "close against high_250d, 0 or below", _below_high, YEAR, YEAR, uses="high close"),
    Feature("low_250d_gap", "%", "close against low_250d, 0 or above", _above_low, YEAR, YEAR, uses="low close"),
    Feature("ma_5", "KRW", "average close of the last 5 sessions", _average, 5, 5),
    Feature("ma_20", "KRW", "average close of the last 20 sessions", _average, 20, 20),
    Feature("ma_60", "KRW", "average close of the last 60 sessions", _average, 60, 60),
    Feature("ma_120", "KRW", "average close of the last 120 sessions", _average, 120, 120),
    Feature("ma_order", "", "1 if ma_5 > ma_20 > ma_60 > ma_120, -1 if all are reversed, else 0", _order, 120, 120),
    Feature("rsi_14", "", "Wilder's relative strength index, 0 to 100; missing if no close changed", _rsi, 14, LENGTH),
    Feature("atr_14", "KRW", "Wilder's average true range over 14 sessions", _atr, 14, LENGTH, uses="high low close"),
    Feature("atr_pct", "%", "atr_14 over close", _atr_pct, 14, LENGTH, uses="high low close"),
    Feature("macd", "KRW", "exponential average of 12 sessions minus that of 26", partial(_macd, output=0), 9, LENGTH),
    Feature("macd_signal", "KRW", "exponential average of macd over 9 sessions", partial(_macd, output=1), 9, LENGTH),
    Feature("macd_hist", "KRW", "macd minus macd_signal", partial(_macd, output=2), 9, LENGTH),
    Feature("bb_position", "", "close between the Bollinger bands (20, 2): 0 lower, 1 upper", _bollinger, 20, 20),
    Feature("gap", "%", "open against the close before", _gap, 1, 2, uses="open close"),
    Feature("up_days", "count", "consecutive sessions with a higher close, at most 20", _up_days, 20, 21),
    Feature("name", "", "name of the stock", source="info"),
    Feature("market", "", "kospi, kosdaq, ...", source="info"),
    Feature("type", "", "share, reit, etf, ...", source="info"),
    Feature("sector", "", "sector by the exchange", source="info"),
    Feature("warning", "", "warning by the exchange", source="info"),
    Feature("market_cap", "KRW", "price x listed shares", source="info"),
    Feature("listed_shares", "shares", "listed shares", source="info"),
    Feature("float_ratio", "%", "free float over listed shares", source="info"),
    Feature("per", "times", "price over earnings per share", source="info"),
    Feature("pbr", "times", "price over book value per share", source="info"),
    Feature("roe", "%", "return on equity", source="info"),
    Feature("eps", "KRW", "earnings per share", source="info"),
    Feature("bps", "KRW", "book value per share", source="info"),
    Feature("foreign_holding", "%", "shares held by foreigners over listed shares", source="foreign"),
    Feature("foreign_change_5d", "% points", "foreign_holding against 5 sessions before", source="foreign", n=5),
    Feature("foreign_change_20d", "% points", "foreign_holding against 20 sessions before", source="foreign", n=20),
)  # fmt: skip
OF_BARS = {feature.name: feature for feature in FEATURES if feature.source == "bars"}
COMPUTED = {name: feature for name, feature in OF_BARS.items() if feature.calculate}


def feature_table() -> str:
    """The list of features as a Markdown table.

    Returns
    -------
    str
        One line per feature: name, unit, definition, and the argument of `features` that it is made from.

    Examples
    --------
    >>> print(feature_table().splitlines()[9])
    | `return_1d` | % | close against the close before | bars |
    """
    rows = (f"| `{f.name}` | {f.unit} | {f.definition} | {f.source} |" for f in FEATURES)
    return "\n".join(["| feature | unit | definition | from |", "|---|---|---|---|", *rows])
