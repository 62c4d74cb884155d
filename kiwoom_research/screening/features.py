"""Bars of many codes -> one row of features a code, as of a session."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from .feature_list import COMPUTED, FEATURES, LENGTH, OF_BARS, Column, Windows
from .windows import GIVEN, NEEDED, TEXT, Day, Rows, day_of, in_order

UNITS = {f.name: f.unit for f in FEATURES if f.unit}
OF_INFO = [f.name for f in FEATURES if f.source == "info"]


def features(
    bars: pd.DataFrame,
    *,
    info: pd.DataFrame | None = None,
    foreign: pd.DataFrame | None = None,
    asof: Day | None = None,
) -> pd.DataFrame:
    """One row of features a code, from daily bars up to a session and nothing later.

    `FEATURES` lists them; ``print(kr.feature_table())`` shows the list. A feature is missing, never guessed,
    where there are too few bars for it, and all of them are where the code has no bar on that session (not
    listed any more, or not loaded).

    Bars should be adjusted. Adjusted prices are those of the day they were asked: returns and averages do not
    change with it, but prices themselves (``close > 1000``) are in the scale of today, splits after `asof`
    included.

    Parameters
    ----------
    bars : pandas.DataFrame
        Daily bars with the index (``code``, ``date``), or columns of these names, in any order: open, high, low,
        close [KRW], volume [shares], and if there are value [KRW], turnover [%], complete.
    info : pandas.DataFrame, optional
        A snapshot with the index ``code``: `get_info`, `get_quotes`, `get_stocks`, or several of them joined. What
        `FEATURES` has from it is copied. It says how things are now, so with an `asof` before the last session
        of the bars it is left out with a warning; so are rows whose ``session`` is another one.
    foreign : pandas.DataFrame, optional
        `get_foreign` of many codes, index (``code``, ``date``): foreign_holding [%].
    asof : date or text, optional
        Last session that may be used; without it the last one of the bars.

    Returns
    -------
    pandas.DataFrame
        Index ``code``, sorted. Columns and units as in `FEATURES`; those from `info` and `foreign` only where
        these are given. ``attrs["asof"]`` is the session.

    Raises
    ------
    ValueError
        No code, a column that is not there, a session of a code that is there twice, an `asof` before the first bar.
    ImportError
        TA-Lib is not installed.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bars = pd.concat({code: kr.get_bars(code) for code in ("005930", "035720")}, names=["code"])
    >>> table = features(bars)
    >>> table.index.tolist(), bool(table.loc["005930", "up_days"] >= 0)
    (['005930', '035720'], True)
    >>> table.equals(features(bars, asof="2026-11-20"))
    True
    """
    lacking = [name for name in NEEDED if name not in bars]
    if lacking:
        raise ValueError(f"bars: no column {', '.join(lacking)}")
    rows = in_order(bars, "bars", "close")
    nothing = np.datetime64("NaT", "us")
    before = (
        rows.days[: np.searchsorted(rows.days, day_of(asof, "asof"), "right")]
        if asof is not None
        else rows.days
    )
    if len(rows.days) and not len(before):
        raise ValueError(f"asof: {asof} is before the first bar, {str(rows.days[0])[:10]}")
    last = before[-1] if len(before) else nothing
    table = _of_bars(rows.until(last), bars, last)
    if info is not None:
        _add_info(table, info, last, historical=len(before) < len(rows.days))
    if foreign is not None:
        _add_foreign(table, foreign, last, before[-2] if len(before) > 1 else last)
    table.attrs = {"asof": str(last)[:10], "units": {name: UNITS[name] for name in table if name in UNITS}}
    return table


def _of_bars(rows: Rows, bars: pd.DataFrame, last: np.datetime64) -> pd.DataFrame:
    names = [*NEEDED, *(name for name in GIVEN if name in bars)]
    window = untraded_as_close(rows.windows(bars, names, LENGTH))
    newest = rows.newest()
    current = newest == last
    made: dict[str, Column] = {
        "session": newest,
        "bars": (rows.stops - rows.starts).astype(np.float64),
        "complete": current & (window["complete"][:, -1] != 0),
    }
    for name, feature in COMPUTED.items():
        assert feature.how
        with np.errstate(divide="ignore", invalid="ignore"):
            column = feature.how(window, feature.n)
        made[name] = np.where(current & np.isfinite(column), column, np.nan)
    return pd.DataFrame({name: made[name] for name in OF_BARS}, index=rows.codes, copy=False)


def untraded_as_close(window: Windows) -> Windows:
    """The exchange writes open, high and low of a session without a trade as 0: here they stand where the price stood."""
    close = window["close"]
    for name in ("open", "high", "low"):
        window[name] = np.where(window[name] == 0, close, window[name])
    for name, otherwise in zip(GIVEN, (np.nan, np.nan, 1.0), strict=True):
        if name not in window:
            window[name] = np.full(close.shape, otherwise)
    return window


def _add_info(table: pd.DataFrame, info: pd.DataFrame, last: np.datetime64, historical: bool) -> None:
    if info.index.name != "code":
        raise ValueError("info: the index is not 'code'")
    if info.index.has_duplicates:
        raise ValueError(f"info: {info.index[info.index.duplicated()][0]} is there more than once")
    if historical:
        warnings.warn(
            f"info says how things are now, not on {str(last)[:10]}: its columns are left missing",
            UserWarning,
            stacklevel=3,
        )
        info = info.iloc[:0]
    elif "session" in info:
        info = info[info["session"] == last]
    given = info.reindex(table.index)
    for name in OF_INFO:
        if name in info:
            kind = TEXT if not pd.api.types.is_numeric_dtype(info[name].dtype) else np.dtype(np.float64)
            table[name] = given[name].astype(kind)
    if "listed_shares" in table:
        by_shares = 100 * table["volume"] / table["listed_shares"]
        table["turnover"] = table["turnover"].fillna(by_shares)


def _add_foreign(
    table: pd.DataFrame, foreign: pd.DataFrame, last: np.datetime64, before: np.datetime64
) -> None:
    """The newest holding that was known: that of the session, or of the one before it."""
    if "foreign_holding" not in foreign:
        raise ValueError("foreign: no column foreign_holding")
    rows = in_order(foreign, "foreign", "foreign_holding").until(last)
    holding = rows.windows(foreign, ["foreign_holding"], LENGTH)["foreign_holding"]
    known = rows.newest() >= before
    for feature in FEATURES:
        if feature.source == "foreign":
            column = holding[:, -1]
            if feature.name != "foreign_holding":
                column = column - holding[:, -1 - feature.n]
            told = pd.Series(np.where(known, column, np.nan), index=rows.codes)
            table[feature.name] = told.reindex(table.index).to_numpy(np.float64)
