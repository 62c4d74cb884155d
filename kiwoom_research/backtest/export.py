"""Bars in the shape that backtest engines read: OHLCV, panels, returns.

A gap is a session without a trade or without a bar. The argument ``gaps`` names what happens to it:

``"hold"``
    The last close is carried forward: open, high, low and close are set to it, volume and value to 0. This happens
    only between the first and the last bar of a code, never before its listing or after its delisting.
``"missing"``
    All values of the session are missing.
``"drop"``
    The session is left out. A panel loses every session in which any code that was then listed did not trade.

The close is the official one (``price="official"``) where the bars have that column; where it is not known, the last price
of the day, of up to 20:00, stands in (``fallback="last"``), which is marked and counted in a warning, or it is missing
(``fallback=None``). ``price="last"`` takes last prices everywhere.

The sessions are those of the bars, and those of ``sessions=`` if given (``kr.sessions(start, end).index``). Bars
that are not complete are left out, because a backtest must not see half a day.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from .. import official_close
from ..kinds import Column
from ..official_close import ClosingPrice, Fallback
from ..untraded import is_untraded

Gaps = Literal["hold", "missing", "drop"]
PanelField = Literal["open", "high", "low", "close", "volume", "value", "close_is_last"]
PRICES = ("open", "high", "low", "close")


def to_ohlcv(
    bars: pd.DataFrame,
    *,
    gaps: Gaps = "hold",
    sessions: pd.DatetimeIndex | None = None,
    price: ClosingPrice = "official",
    fallback: Fallback = "last",
) -> pd.DataFrame:
    """Bars of one code as Open, High, Low, Close, Volume.

    The result is ready for backtesting.py, vectorbt and mplfinance.

    Parameters
    ----------
    bars : pandas.DataFrame
        Bars of one code, oldest first, such as from `get_bars`, or ``bars.loc["005930"]`` out of many. They should
        be adjusted.
    gaps : {"hold", "missing", "drop"}
        What happens to a session without a trade: ``hold`` carries the last close forward, ``missing`` blanks the
        session, ``drop`` leaves it out.
    sessions : pandas.DatetimeIndex, optional
        The sessions of the exchange. Those without a bar, between the first and the last bar, are gaps too.
    price : {"official", "last"}
        Which close: ``official_close`` where the bars have that column, or the last price of the day (of up to 20:00
        since 2026-09-14).
    fallback : {"last"} or None
        What stands in for an official close that is not known: the last price, or nothing.

    Returns
    -------
    pandas.DataFrame
        Columns Open, High, Low, Close [KRW], Volume [shares], all float64, and of bars with ``official_close`` the bool
        ``CloseIsLast``, True where the last price stands in; the index of the bars, without a time zone (Korean time),
        ascending.

    Raises
    ------
    ValueError
        Several codes, a missing column, a repeated session, or an unknown `gaps`, `price` or `fallback`.

    Warns
    -----
    UserWarning
        How many last prices stand in for official closes that are not known.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.to_ohlcv(kr.get_bars("005930", pages=1), price="last").columns.tolist()
    ['Open', 'High', 'Low', 'Close', 'Volume']
    """
    _check_gaps(gaps)
    panels = _panels(bars, [*PRICES, "volume"], sessions, price, fallback)
    if len(panels.codes) > 1:
        raise ValueError(
            f"bars: expected one code, got {len(panels.codes)}; choose one with bars.loc[code], or use to_panel"
        )
    official_close.warn_of_stand_ins(int(panels.stands_in.sum()), stacklevel=2)
    filled = _apply_gaps(panels, gaps)
    columns = {name.capitalize(): column.reshape(-1) for name, column in filled.items()}
    if price == "official" and official_close.COLUMN in bars:
        columns["CloseIsLast"] = panels.stands_in.reshape(-1)
    frame = pd.DataFrame(columns, index=panels.times, copy=False)
    return frame[~panels.gap.reshape(-1)] if gaps == "drop" else frame


def to_panel(
    bars: pd.DataFrame,
    field: PanelField = "close",
    *,
    gaps: Gaps = "hold",
    sessions: pd.DatetimeIndex | None = None,
    price: ClosingPrice = "official",
    fallback: Fallback = "last",
) -> pd.DataFrame:
    """One field of many codes as a wide frame: one row per session, one column per code.

    The result is ready for bt and vectorbt.

    Parameters
    ----------
    bars : pandas.DataFrame
        Bars of many codes, index (``code``, ``date``), or of one.
    field : {"open", "high", "low", "close", "volume", "value", "close_is_last"}
        The column of the bars; ``close_is_last`` says where the last price stands in for the official close.
    gaps, sessions, price, fallback
        As in `to_ohlcv`. A session is one on which any of the codes has a bar.

    Returns
    -------
    pandas.DataFrame
        float64, ``close_is_last`` bool; index ``date`` ascending, columns ``code`` sorted. Values before the first bar of
        a code and after its last bar are missing, whatever `gaps` is.

    Raises
    ------
    ValueError
        As in `to_ohlcv`, or an unknown `field`.

    Warns
    -----
    UserWarning
        As in `to_ohlcv`, if the field is a price.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bars = pd.concat({code: kr.get_bars(code) for code in ("005930", "035720")}, names=["code"])
    >>> kr.to_panel(bars, price="last").shape
    (600, 2)
    """
    return _panel(bars, field, gaps, sessions, price, fallback)


def _panel(
    bars: pd.DataFrame,
    field: PanelField,
    gaps: Gaps,
    sessions: pd.DatetimeIndex | None,
    price: ClosingPrice,
    fallback: Fallback,
) -> pd.DataFrame:
    """Panel of a field; a warning points at who called the public function."""
    _check_gaps(gaps)
    if field not in get_args(PanelField):
        raise ValueError(f"field: expected one of {', '.join(get_args(PanelField))}, got {field!r}")
    needs = dict.fromkeys(name for name in (field, "close", "volume") if name != official_close.STAND_IN)
    panels = _panels(bars, list(needs), sessions, price, fallback)
    codes = pd.Index(panels.codes, name="code").astype(str)
    if field in PRICES:
        official_close.warn_of_stand_ins(int(panels.stands_in.sum()), stacklevel=3)
    values = panels.stands_in if field == official_close.STAND_IN else _apply_gaps(panels, gaps)[field]
    panel = pd.DataFrame(values, index=panels.times, columns=codes, copy=False)
    if gaps == "drop":
        panel = panel.iloc[np.flatnonzero(~(panels.gap & panels.listed).any(axis=1))]
    return panel


def to_returns(
    bars: pd.DataFrame,
    *,
    gaps: Gaps = "hold",
    price: ClosingPrice = "official",
    fallback: Fallback = "last",
) -> pd.DataFrame:
    """Returns from close to close.

    A column of the result is ready for quantstats.

    Parameters
    ----------
    bars : pandas.DataFrame
        Bars of many codes or of one, adjusted.
    gaps
        As in `to_ohlcv`. With ``hold`` the return of a session without a trade is 0 and the next return spans the
        gap; with ``missing`` both are missing; with ``drop`` the next return spans the gap.
    price, fallback
        As in `to_ohlcv`.

    Returns
    -------
    pandas.DataFrame
        Fractions (0.01 is 1 %) without the first session, one column per code. Bars of one code without ``code`` in
        the index or the columns give one column named ``returns``.

    Raises
    ------
    ValueError
        As in `to_panel`.

    Warns
    -----
    UserWarning
        As in `to_ohlcv`.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> returns = kr.to_returns(kr.get_bars("005930", pages=1, official_close="minute"))["returns"]
    >>> len(returns), bool(returns.abs().max() < 0.31)
    (599, True)
    """
    panel = _panel(bars, "close", gaps, None, price, fallback)
    returns = (panel / panel.shift(1) - 1).iloc[1:]
    has_codes = "code" in bars.index.names or "code" in bars
    return returns if has_codes else returns.set_axis(["returns"], axis=1)


# --- bars as matrices -----------------------------------------------------------------------------


def _check_gaps(gaps: str) -> None:
    if gaps not in get_args(Gaps):
        raise ValueError(f"gaps: expected one of {', '.join(get_args(Gaps))}, got {gaps!r}")


class _Panels(NamedTuple):
    """Columns of bars as matrices with one row per session and one column per code."""

    times: pd.DatetimeIndex
    codes: list[Any]
    fields: dict[str, Column]
    gap: Column
    listed: Column
    stands_in: Column  # where the last price stands in for an official close


def _panels(
    bars: pd.DataFrame,
    needs: list[str],
    sessions: pd.DatetimeIndex | None,
    price: ClosingPrice,
    fallback: Fallback,
) -> _Panels:
    """Arrange the complete bars of every code with the close that is asked for, and mark the gaps."""
    official_close.check_closes(price, fallback)
    if not isinstance(bars, pd.DataFrame):
        got = f"{bars!r}" if isinstance(bars, str) else type(bars).__name__
        raise ValueError(f"bars: expected a DataFrame, such as kr.get_bars or kr.pull return, got {got}")
    absent = [name for name in needs if name not in bars]
    if absent:
        raise ValueError(f"bars: no column {', '.join(absent)}")
    if "open" in bars and "open" not in needs:
        needs = [*needs, "open"]
    if official_close.COLUMN in bars:
        needs = [*needs, official_close.COLUMN]
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
        repeated = f"{codes[labels[at]]} {stamps[at]}".lstrip()
        raise ValueError(f"bars: expected one row for each code and session, got several for {repeated}")
    fields = {}
    for name in needs:
        fields[name] = np.full((len(times), len(codes)), np.nan)
        fields[name][rows, labels] = bars[name].to_numpy(np.float64)
    has_bar = ~np.isnan(fields["close"])
    listed = np.logical_or.accumulate(has_bar) & np.logical_or.accumulate(has_bar[::-1])[::-1]
    gap = ~has_bar | is_untraded(fields)
    fields["close"], stands_in = official_close.without_stand_ins(
        official_close.choose_closes(fields, price), fallback
    )
    fields.pop(official_close.COLUMN, None)
    return _Panels(times, codes, fields, gap, listed, stands_in)


def _apply_gaps(panels: _Panels, gaps: Gaps) -> dict[str, Column]:
    """Return the fields with their gaps held or blanked."""
    if gaps != "hold":
        return {name: np.where(panels.gap, np.nan, column) for name, column in panels.fields.items()}
    close = panels.fields["close"]
    # a close that is left missing is held as missing: an older one would say that the price did not move
    has_close = (close > 0) | (~panels.gap & np.isnan(close))
    rows = np.maximum.accumulate(np.where(has_close, np.arange(len(close))[:, None], -1))
    last_close = np.where(rows < 0, np.nan, np.take_along_axis(close, rows, axis=0))
    held = panels.gap & panels.listed
    return {
        name: np.where(held, last_close if name in PRICES else 0.0, column)
        for name, column in panels.fields.items()
    }


def _codes(bars: pd.DataFrame) -> tuple[Column, list[Any]]:
    """Return the code of every row as a number, and the codes; bars without codes have the code ""."""
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
    """Return the day or time of every row, without a time zone."""
    if "seq" in bars.index.names:
        raise ValueError("bars: these are single trades; resample them to bars first")
    name = next((name for name in ("date", "time") if name in bars.index.names), None)
    if name:
        found = pd.DatetimeIndex(bars.index.get_level_values(name))
    elif "date" in bars:
        found = pd.DatetimeIndex(pd.to_datetime(bars["date"]), name="date")
    elif isinstance(bars.index, pd.DatetimeIndex):
        found = bars.index
    else:
        raise ValueError("bars: expected 'date' or 'time' in the index or as a column")
    found = found.tz_localize(None) if found.tz is not None else found
    return found.as_unit("us")
