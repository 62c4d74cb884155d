"""Bars in the shape that backtest engines expect: OHLCV, panels, returns.

Halted and missing sessions follow a named policy, the argument ``gaps``:

``"hold"``
    The last close stands: open, high, low and close are it, volume and value are 0. Only between the first and
    the last bar of a code: nothing is held before a listing or after a delisting.
``"missing"``
    All of that session is missing.
``"drop"``
    The session is left out; of a panel, every session in which any code that is listed then has no trade.

A gap is a session without a trade (volume 0) or without a bar. Which sessions there were is known from the bars
themselves, and from ``sessions=`` if that is given (``kr.calendar.sessions(start, end)``). Bars that are not
complete are left out: a backtest must not see half a day.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PRICES = ("open", "high", "low", "close")
FIELDS = (*PRICES, "volume", "value")
GAPS = ("hold", "missing", "drop")
Column = NDArray[Any]
TEXT = pd.Series(["text"]).dtype  # str from pandas 3 on, object before


def to_ohlcv(
    bars: pd.DataFrame, *, gaps: str = "hold", sessions: pd.DatetimeIndex | None = None
) -> pd.DataFrame:
    """Bars of one code as Open, High, Low, Close, Volume.

    backtesting.py, vectorbt and mplfinance take the result as it is.

    Parameters
    ----------
    bars : pandas.DataFrame
        Bars of one code, oldest first, such as from `get_bars` or ``bars.loc["005930"]`` of many. Adjusted ones,
        unless you know why not.
    gaps : {"hold", "missing", "drop"}
        What happens to sessions without a trade: see the module.
    sessions : pandas.DatetimeIndex, optional
        Sessions that there were: those without a bar, between the first and the last bar, are gaps too.

    Returns
    -------
    pandas.DataFrame
        Columns Open, High, Low, Close [KRW], Volume [shares], all float64; the index of the bars, without a time
        zone (Korean time), ascending.

    Raises
    ------
    ValueError
        Several codes, a column that is not there, a session that is there twice, no such policy.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.to_ohlcv(kr.get_bars("005930", pages=1)).columns.tolist()
    ['Open', 'High', 'Low', 'Close', 'Volume']
    """
    _policy(gaps)
    panels = _panels(bars, [*PRICES, "volume"], sessions)
    if len(panels.codes) > 1:
        raise ValueError(f"bars: {len(panels.codes)} codes; choose one with bars.loc[code], or use to_panel")
    filled = _filled(panels, gaps)
    frame = pd.DataFrame(
        {name.capitalize(): column.reshape(-1) for name, column in filled.items()},
        index=panels.times,
        copy=False,
    )
    return frame[~panels.gap.reshape(-1)] if gaps == "drop" else frame


def to_panel(
    bars: pd.DataFrame, field: str = "close", *, gaps: str = "hold", sessions: pd.DatetimeIndex | None = None
) -> pd.DataFrame:
    """One field of many codes as a wide frame: a row a session, a column a code.

    bt and vectorbt take the result as it is.

    Parameters
    ----------
    bars : pandas.DataFrame
        Bars of many codes, index (``code``, ``date``), or of one.
    field : str
        ``open``, ``high``, ``low``, ``close``, ``volume`` or ``value``.
    gaps, sessions
        As in `to_ohlcv`. Sessions are those of any of the codes.

    Returns
    -------
    pandas.DataFrame
        float64, index ``date`` ascending, columns ``code`` sorted. Missing before a code's first bar and after
        its last one, under every policy.

    Raises
    ------
    ValueError
        As in `to_ohlcv`; no such field.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bars = pd.concat({code: kr.get_bars(code) for code in ("005930", "035720")}, names=["code"])
    >>> kr.to_panel(bars).shape
    (600, 2)
    """
    _policy(gaps)
    if field not in FIELDS:
        raise ValueError(f"field: expected one of {', '.join(FIELDS)}, got {field!r}")
    panels = _panels(bars, list(dict.fromkeys([field, "close", "volume"])), sessions)
    codes = pd.Index(panels.codes, name="code").astype(TEXT)
    panel = pd.DataFrame(_filled(panels, gaps)[field], index=panels.times, columns=codes, copy=False)
    if gaps == "drop":
        panel = panel.iloc[np.flatnonzero(~(panels.gap & panels.listed).any(axis=1))]
    return panel


def to_returns(bars: pd.DataFrame, *, gaps: str = "hold") -> pd.DataFrame | pd.Series:
    """Returns from close to close.

    quantstats takes the result as it is; so does any sum of its columns with weights.

    Parameters
    ----------
    bars : pandas.DataFrame
        Bars of many codes or of one, adjusted.
    gaps
        As in `to_ohlcv`: with ``hold`` a session without a trade returns 0 and the next one all that happened since;
        with ``missing`` both are missing; with ``drop`` returns span the dropped sessions.

    Returns
    -------
    pandas.DataFrame or pandas.Series
        Fractions (0.01 is 1 %), without the first session. A frame with a column a code for bars with the index
        (``code``, ``date``), a Series named ``returns`` for bars of one code without it.

    Raises
    ------
    ValueError
        As in `to_panel`.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> returns = kr.to_returns(kr.get_bars("005930", pages=1))
    >>> len(returns), bool(returns.abs().max() < 0.31)
    (599, True)
    """
    panel = to_panel(bars, gaps=gaps)
    returns = panel / panel.shift(1) - 1
    of_many = "code" in bars.index.names or "code" in bars
    return returns.iloc[1:] if of_many else returns.iloc[1:, 0].rename("returns")


# --- bars of codes --------------------------------------------------------------------------------


def _policy(gaps: str) -> None:
    if gaps not in GAPS:
        raise ValueError(f"gaps: expected one of {', '.join(GAPS)}, got {gaps!r}")


class _Panels(NamedTuple):
    """Fields as matrices, a row a session, a column a code."""

    times: pd.DatetimeIndex
    codes: list[Any]
    fields: dict[str, Column]
    gap: Column
    listed: Column


def _panels(bars: pd.DataFrame, needs: list[str], sessions: pd.DatetimeIndex | None) -> _Panels:
    """The complete bars of every code, and where there was no trade."""
    lacking = [name for name in needs if name not in bars]
    if lacking:
        raise ValueError(f"bars: no column {', '.join(lacking)}")
    if "complete" in bars and not bars["complete"].all():
        bars = bars[bars["complete"].to_numpy(bool)]
    labels, codes = _codes(bars)
    stamps = _times(bars)
    times = pd.DatetimeIndex(stamps.unique().sort_values(), name=stamps.name)
    if sessions is not None and len(times):
        inside = sessions[(sessions >= times[0]) & (sessions <= times[-1])]
        times = pd.DatetimeIndex(times.union(inside.as_unit("us")), name=stamps.name)
    rows = times.get_indexer(stamps)
    taken = np.zeros((len(times), len(codes)), dtype=bool)
    taken[rows, labels] = True
    if taken.sum() != len(bars):
        at = np.flatnonzero(pd.DataFrame({"row": rows, "code": labels}).duplicated())[0]
        raise ValueError(f"bars: {codes[labels[at]]} {stamps[at]} is there more than once")
    fields = {}
    for name in needs:
        fields[name] = np.full((len(times), len(codes)), np.nan)
        fields[name][rows, labels] = bars[name].to_numpy(np.float64)
    close, volume = fields["close"], fields["volume"]
    there = ~np.isnan(close)
    listed = np.logical_or.accumulate(there) & np.logical_or.accumulate(there[::-1])[::-1]
    return _Panels(times, codes, fields, ~there | (close == 0) | (volume == 0), listed)


def _filled(panels: _Panels, gaps: str) -> dict[str, Column]:
    """The fields by the policy."""
    if gaps != "hold":
        return {name: np.where(panels.gap, np.nan, column) for name, column in panels.fields.items()}
    close = panels.fields["close"]
    stand = pd.DataFrame(np.where(close > 0, close, np.nan)).ffill().to_numpy()
    held = panels.gap & panels.listed
    return {
        name: np.where(held, stand if name in PRICES else 0.0, column)
        for name, column in panels.fields.items()
    }


def _codes(bars: pd.DataFrame) -> tuple[Column, list[Any]]:
    """The code of every row as a number, and what the numbers stand for; bars of one code have an empty one."""
    if "code" not in bars.index.names and "code" not in bars:
        return np.zeros(len(bars), dtype=int), [""]
    if isinstance(bars.index, pd.MultiIndex) and "code" in bars.index.names:
        at = bars.index.names.index("code")
        numbers, found = pd.factorize(np.asarray(bars.index.codes[at]))
        names = np.asarray(bars.index.levels[at][found])
    else:
        numbers, uniques = pd.factorize(bars.index if bars.index.name == "code" else bars["code"])
        names = np.asarray(uniques)
    order = np.argsort(names)
    return np.argsort(order)[numbers], list(names[order])


def _times(bars: pd.DataFrame) -> pd.DatetimeIndex:
    """The day or time of every row, without a zone."""
    if "seq" in bars.index.names:
        raise ValueError("bars: ticks are no bars; resample them first")
    name = next((name for name in ("date", "time") if name in bars.index.names), None)
    if name:
        found = pd.DatetimeIndex(bars.index.get_level_values(name))
    elif "date" in bars:
        found = pd.DatetimeIndex(pd.to_datetime(bars["date"]), name="date")
    elif isinstance(bars.index, pd.DatetimeIndex):
        found = bars.index
    else:
        raise ValueError("bars: no 'date' or 'time', neither in the index nor as a column")
    found = found.tz_localize(None) if found.tz is not None else found
    return found.as_unit("us")
