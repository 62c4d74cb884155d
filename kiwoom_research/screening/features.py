"""Features of many codes as of one session, from bars up to it."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from .. import official_close
from ..kinds import Column
from ..official_close import ClosingPrice, Fallback
from .feature_list import COMPUTED, FEATURES, LENGTH, OF_BARS
from .windows import Day, SortedRows, parse_day, sort_rows

REQUIRED = ("open", "high", "low", "close", "volume")
OPTIONAL = ("value", "turnover", "complete")  # and the official close
UNITS = {feature.name: feature.unit for feature in FEATURES if feature.unit}


def features(
    bars: pd.DataFrame,
    *,
    info: pd.DataFrame | None = None,
    foreign: pd.DataFrame | None = None,
    asof: Day | None = None,
    price: ClosingPrice = "official",
    fallback: Fallback = "last",
) -> pd.DataFrame:
    """Features of many codes as of one session: one row per code.

    ``print(kr.feature_table())`` lists them. "n sessions" are sessions of the exchange, whether or not the code has a
    bar. A halt counts with its last close and no volume: sessions without a trade, and sessions without a bar right
    after them. Any other session without a bar is a hole in the data, and a feature that needs it is missing. So is a
    feature that needs more history than there is. All features of a code without a bar on the session are missing.

    Bars should be adjusted. Adjusted prices are in the scale of the day on which they were downloaded. This does not
    affect returns and averages, but levels (``close > 1000``) are in today's scale, also for an earlier `asof`; use
    `screen_history` for levels of the past.

    Parameters
    ----------
    bars : pandas.DataFrame
        Daily bars with the index (``code``, ``date``), or with columns of these names, in any order: open, high, low,
        close [KRW], volume [shares], and optionally official_close [KRW], value [KRW], turnover [%] and complete.
    info : pandas.DataFrame, optional
        A snapshot with the index ``code``: `get_info`, `get_quotes`, `get_stocks`, or several of them joined. Its
        columns that are in the list are copied. A snapshot is as of now: if `asof` is before the last session of the
        bars, its columns stay missing and a warning says so. Rows whose ``session`` is another one are ignored.
    foreign : pandas.DataFrame, optional
        `get_foreign` of many codes with the index (``code``, ``date``): foreign_holding [%].
    asof : date or text, optional
        The session; if it is none, the last session before it. The default is the last session of the bars.
    price : {"official", "last"}
        Which close to calculate with. ``official``, the default, is ``official_close`` where the bars have that column;
        ``last`` is the last price of the day, of up to 20:00 since 2026-09-14.
    fallback : {"last"} or None
        What stands in for an official close that is not known: the last price, which a warning counts, or nothing.

    Returns
    -------
    pandas.DataFrame
        Index ``code``, sorted. Columns and units as listed, those of `info` and `foreign` only if these are given.
        ``attrs["asof"]`` is the session.

    Raises
    ------
    ValueError
        No codes, a missing column, a repeated code and date, an `asof` before the first bar, or a `price` or `fallback`
        that there is not.
    ImportError
        TA-Lib is not installed.

    Warns
    -----
    UserWarning
        Official closes are not known, and last prices stand in; the column ``close_is_last`` marks the codes whose
        ``close`` is one.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bars = pd.concat({code: kr.get_bars(code) for code in ("005930", "035720")}, names=["code"])
    >>> table = features(bars, price="last")
    >>> table.index.tolist(), bool(table.loc["005930", "up_days"] >= 0)
    (['005930', '035720'], True)
    >>> table.equals(features(bars, price="last", asof="2026-11-20"))
    True
    """
    official_close.check_closes(price, fallback)
    if not isinstance(bars, pd.DataFrame):
        got = f"{bars!r}" if isinstance(bars, str) else type(bars).__name__
        raise ValueError(
            f"bars: expected a DataFrame of bars, such as kr.pull or Store.bars return, got {got}"
        )
    absent = [name for name in REQUIRED if name not in bars]
    if absent:
        raise ValueError(f"bars: no column {', '.join(absent)}")
    every_row = sort_rows(bars, "bars", "close")
    rows = every_row if asof is None else every_row.until(parse_day(asof, "asof"))
    sessions = rows.sessions
    if len(every_row.sessions) and not len(sessions):
        first = str(every_row.sessions[0])[:10]
        raise ValueError(f"asof: expected {first}, the first bar, or later, got {str(asof)[:10]}")
    session = sessions[-1] if len(sessions) else np.datetime64("NaT", "us")
    table = _of_bars(rows, bars, session, price, fallback)
    if info is not None:
        _add_info(table, info, session, is_past=len(sessions) < len(every_row.sessions))
    if foreign is not None:
        _add_foreign(table, foreign, sessions)
    table.attrs = {"asof": str(session)[:10], "units": {name: UNITS[name] for name in table if name in UNITS}}
    return table


def _of_bars(
    rows: SortedRows, bars: pd.DataFrame, session: np.datetime64, price: ClosingPrice, fallback: Fallback
) -> pd.DataFrame:
    names = [*REQUIRED, *(name for name in (official_close.COLUMN, *OPTIONAL) if name in bars)]
    windows = rows.windows(bars, names, LENGTH, price, fallback)
    official_close.warn_of_stand_ins(int(windows[official_close.STAND_IN].sum()), stacklevel=3)
    for name in OPTIONAL:
        if name not in names:
            windows[name] = np.full_like(windows["close"], 1.0 if name == "complete" else np.nan)
    last = rows.last_sessions()
    current = last == session
    made: dict[str, Column] = {
        "session": last,
        "bars": (rows.stops - rows.starts).astype(np.float64),
        "complete": current & (windows["complete"][:, -1] != 0),
        "traded": current & (windows["traded"][:, -1] != 0),
        official_close.STAND_IN: current & (windows[official_close.STAND_IN][:, -1] == 1),
    }
    for name, feature in COMPUTED.items():
        assert feature.calculate
        with np.errstate(divide="ignore", invalid="ignore"):
            column = feature.calculate(windows, feature.n)
        made[name] = np.where(current & np.isfinite(column), column, np.nan)
    return pd.DataFrame({name: made[name] for name in OF_BARS}, index=rows.codes, copy=False)


def _add_info(table: pd.DataFrame, info: pd.DataFrame, session: np.datetime64, is_past: bool) -> None:
    if info.index.name != "code":
        raise ValueError(f"info: expected the index 'code', got {info.index.name!r}")
    if info.index.has_duplicates:
        repeated = info.index[info.index.duplicated()][0]
        raise ValueError(f"info: expected one row per code, got several for {repeated}")
    if is_past:
        warnings.warn(
            f"info is as of now, not of {str(session)[:10]}: its columns stay missing",
            UserWarning,
            stacklevel=3,
        )
        info = info.iloc[:0]
    elif "session" in info:
        info = info[info["session"] == session]
    aligned = info.reindex(table.index)
    for feature in FEATURES:
        if feature.source == "info" and feature.name in info:
            column = aligned[feature.name]
            numeric = pd.api.types.is_numeric_dtype(info[feature.name].dtype)
            table[feature.name] = column.astype(np.float64 if numeric else table.index.dtype)
    if "listed_shares" in table:
        table["turnover"] = table["turnover"].fillna(100 * table["volume"] / table["listed_shares"])


def _add_foreign(table: pd.DataFrame, foreign: pd.DataFrame, sessions: Column) -> None:
    """Add the last holding that was known: that of the session, or of the one before it."""
    if "foreign_holding" not in foreign:
        raise ValueError("foreign: no column foreign_holding")
    rows = sort_rows(foreign, "foreign", "foreign_holding")
    if len(sessions):
        rows = rows.until(sessions[-1])
    known = np.isin(rows.last_sessions(), sessions[-2:])
    holding = rows.matrices(foreign, ["foreign_holding"], LENGTH)["foreign_holding"]
    late = np.isnan(holding[:, -1]).astype(int)
    for feature in FEATURES:
        if feature.source == "foreign":
            column = holding[np.arange(len(late)), -1 - late]
            if feature.name != "foreign_holding":
                column = column - holding[np.arange(len(late)), -1 - late - feature.n]
            values = pd.Series(np.where(known, column, np.nan), index=rows.codes)
            table[feature.name] = values.reindex(table.index).to_numpy(np.float64)
