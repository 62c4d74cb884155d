"""Trading days of the Korea Exchange: which days are sessions, and which come before and after.

A *session* is a day on which the exchange trades: a weekday that is not a closure. Closures up to the end of next
year are a table in the package (`closures`); for later years ``holidays`` is asked.

Known limits: nothing is known of before 2000 and after 2100, where every weekday counts as a session. Saturdays
were sessions until 1998-12-05: broker histories have bars of those days, `is_session` says False for them.
"""

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .closures import CLOSURES
from .moments import ONE_DAY, Day, as_date

FIRST_YEAR = min(CLOSURES)


def is_session(day: Day) -> bool:
    """Say whether the exchange trades on a day.

    Parameters
    ----------
    day : date or str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_session("2026-11-20"), is_session("2026-11-21"), is_session("20260717")
    (True, False, False)
    """
    day = as_date(day)
    return day.weekday() < 5 and day not in closures(day.year)


def sessions_in_range(start: Day, end: Day) -> pd.DatetimeIndex:
    """List the sessions from one day to another.

    Parameters
    ----------
    start, end : date or str
        First and last day, both included.

    Returns
    -------
    pandas.DatetimeIndex
        Without a zone, unit microseconds, named ``date``.

    Examples
    --------
    >>> sessions_in_range("2026-12-29", "2027-01-05").strftime("%m-%d").tolist()
    ['12-29', '12-30', '01-04', '01-05']
    """
    first, last = as_date(start), as_date(end)
    closed = [day for year in range(first.year, last.year + 1) for day in closures(year)]
    days = np.arange(np.datetime64(first), np.datetime64(last + ONE_DAY))
    trading = np.is_busday(days, holidays=np.array(closed, dtype="datetime64[D]"))
    return pd.DatetimeIndex(days[trading].astype("datetime64[us]"), name="date")


def previous_session(day: Day) -> date:
    """Find the last session strictly before a day.

    Parameters
    ----------
    day : date or str

    Returns
    -------
    datetime.date

    Examples
    --------
    >>> previous_session("2026-06-04")
    datetime.date(2026, 6, 2)
    """
    day = as_date(day) - ONE_DAY
    while not is_session(day):
        day -= ONE_DAY
    return day


def next_session(day: Day) -> date:
    """Find the first session strictly after a day.

    Parameters
    ----------
    day : date or str

    Returns
    -------
    datetime.date

    Examples
    --------
    >>> next_session("2026-12-30")
    datetime.date(2027, 1, 4)
    """
    day = as_date(day) + ONE_DAY
    while not is_session(day):
        day += ONE_DAY
    return day


def session_on_or_before(day: Day) -> date:
    """Find the day itself if it is a session, else the last session before it.

    Parameters
    ----------
    day : date or str

    Returns
    -------
    datetime.date

    Examples
    --------
    >>> session_on_or_before("2026-11-22")
    datetime.date(2026, 11, 20)
    """
    return previous_session(as_date(day) + ONE_DAY)


def closed_mask(days: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    """Say for each day whether the exchange is known to be closed on it; True is never a guess.

    Parameters
    ----------
    days : numpy.ndarray
        Days or times, without a zone.

    Returns
    -------
    numpy.ndarray
        False also for days outside the table in the package.

    Examples
    --------
    >>> closed_mask(np.array(["2026-11-20", "2026-11-21", "1998-12-05"], dtype="datetime64[D]")).tolist()
    [False, True, False]
    """
    known, first, end = _table()
    days = days.astype("datetime64[D]")
    return np.asarray((days >= first) & (days < end) & ~np.is_busday(days, busdaycal=known), dtype=bool)


@cache
def _table() -> tuple[np.busdaycalendar, np.datetime64, np.datetime64]:
    """The table in the package for numpy, its first day, and the day after its last one."""
    closed = [day for year in CLOSURES for day in closures(year)]
    days = np.array(closed, dtype="datetime64[D]")
    bounds = (f"{year}-01-01" for year in (FIRST_YEAR, max(CLOSURES) + 1))
    first, end = (np.datetime64(day) for day in bounds)
    return np.busdaycalendar(holidays=days), first, end


@cache
def closures(year: int) -> frozenset[date]:
    """Weekdays of a year on which the exchange is closed."""
    if year in CLOSURES:
        return frozenset(date.fromisoformat(f"{year}{text}") for text in CLOSURES[year].split())
    if year < FIRST_YEAR:
        return frozenset()
    from .holidays_package import weekday_closures  # 337 modules, 100 ms: only who looks that far ahead pays

    return weekday_closures(year)
