"""XKRX sessions and times: is it open, last session, when is an answer final.

A *session* is a day on which the Korea Exchange trades: a weekday that is not a closure. Closures come from
``holidays.financial_holidays("XKRX")`` and from `CLOSED` below, opening times from the two tables after it.
Times are data: a closure that `holidays` does not know yet, an exam date or new hours are one new row each.

A *day* is a date, a pandas timestamp, ``"2026-11-20"`` or ``"20261120"``; a datetime with a zone means its
day in Seoul. *Now* is a datetime with a zone, any zone. Answers are plain dates, or datetimes in Korean time.
Nothing here reads a clock.

Known limits: `holidays` knows 2000 to 2100; outside of that every weekday counts as a session. Saturdays were
sessions until 1998-12-05: broker histories have bars of those days, `is_session` says False for them.
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

Day: TypeAlias = date | str

KST = ZoneInfo("Asia/Seoul")

PRE_OPEN = time(8, 0)
"""NXT's pre-market opens: the first moment at which a snapshot of the new day can differ."""
PRICES_FINAL = time(16, 40)
"""Prices of the regular session stand, also on an exam day (close 16:30)."""
FINAL = time(20, 10)
"""Volume and value stand too: NXT closes at 20:00, also on an exam day (Herald Business, 2025-11-13)."""

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

CLOSED = {
    date(2000, 1, 3): "no bar of 005930 in two sources; not in holidays 0.109",
    date(2000, 12, 27): "no bar of 005930 in three sources; not in holidays 0.109",
    date(2000, 12, 28): "no bar of 005930 in three sources; not in holidays 0.109",
}
"""Closures that `holidays` does not know, with the evidence."""


class Hours(NamedTuple):
    """Regular hours of the exchange from one day on, with the evidence."""

    since: date
    open: time
    close: time
    evidence: str


# Newest first; a new row is the way to change the hours from a day on. KRX announced (January 2026) its own
# sessions 07:00-08:00 and 16:00-20:00 from 2026-06-29. That they began could not be verified (one report of
# an after-market: Soju06/python-kis#94, 2026-09-21), so they are not here.
HOURS = (
    Hours(date(2016, 8, 1), time(9), time(15, 30), "half an hour longer: WOW TV, 2016-07-28"),
    Hours(date(2000, 5, 22), time(9), time(15), "no lunch break any more: Dong-A Ilbo, 2000-05-12"),
    Hours(date.min, time(9), time(15), "stand-in: a lunch break, and before 1998-12-07 other hours"),
)

# The first session of a year opens an hour late and closes as always, without a table: press notices of 2008,
# 2013, 2016, 2021, 2022, 2025; minute bars of 2026-01-02 are 10:00 to 15:30.

# Korea Economic Daily, Newdaily, Chosun Biz, Hankyung Business and Dong-A Ilbo of 2000: as cited by
# exchange_calendars (xkrx_holidays.py), not read by us. The others were read.
CSAT_DAYS = {
    date(2010, 11, 18): "Korea Economic Daily, 2010-11-17",
    date(2011, 11, 10): "Korea Economic Daily, 2011-11-08",
    date(2012, 11, 8): "Korea Economic Daily, 2012-11-01",
    date(2013, 11, 7): "Korea Economic Daily, 2013-11-07",
    date(2014, 11, 13): "Newdaily, 2014-11-13; Aju News, 2014-11-13",
    date(2015, 11, 12): "Korea Economic Daily, 2015-11-11",
    date(2016, 11, 17): "Chosun Biz, 2016-11-03; Money S, 2016-11-17",
    date(2017, 11, 16): "exam put off by an earthquake, market late all the same: Kukmin Ilbo",
    date(2017, 11, 23): "the exam that was put off: Seoul Shinmun, 2017-11-15",
    date(2018, 11, 15): "Newsis, 2018-11-14",
    date(2019, 11, 14): "Korea Economic Daily, 2019-11-04",
    date(2020, 12, 3): "Korea Economic Daily, 2020-11-27",
    date(2021, 11, 18): "Dong-A Ilbo, 2021-11-04",
    date(2022, 11, 17): "Kyunghyang Shinmun, 2022-11-16",
    date(2023, 11, 16): "Hankyung Business, 2023-11-15",
    date(2024, 11, 14): "Korea Economic Daily, 2024-10-31",
    date(2025, 11, 13): "Aju News, 2025-10-30; minute bars are 10:00 to 16:29",
    date(2026, 11, 19): "exam day: News1, 2024-08; hours uncertain, KRX notice not seen",
    date(2027, 11, 18): "exam day: Kukmin Ilbo, 2025-08-29; hours uncertain, no KRX notice yet",
}
"""Days of the university entrance exam since 2010, with the evidence: open and close an hour late."""


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
    day = _day(day)
    return day.weekday() < 5 and day not in _closures(day.year)


def sessions(start: Day, end: Day) -> pd.DatetimeIndex:
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
    >>> sessions("2026-12-29", "2027-01-05").strftime("%m-%d").tolist()
    ['12-29', '12-30', '01-04', '01-05']
    """
    first, last = _day(start), _day(end)
    closed = [day for year in range(first.year, last.year + 1) for day in _closures(year)]
    days = np.arange(np.datetime64(first), np.datetime64(last + DAY))
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
    day = _day(day) - DAY
    while not is_session(day):
        day -= DAY
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
    day = _day(day) + DAY
    while not is_session(day):
        day += DAY
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
    return previous_session(_day(day) + DAY)


def session_times(day: Day) -> tuple[datetime, datetime]:
    """Tell when a session opens and closes.

    Parameters
    ----------
    day : date or str

    Returns
    -------
    tuple of datetime
        Open and close of the regular session in Korean time.

    Raises
    ------
    ValueError
        If the day is not a session.

    Examples
    --------
    >>> [f"{t:%H:%M}" for t in session_times("2026-11-19")]
    ['10:00', '16:30']
    """
    day = _day(day)
    if not is_session(day):
        raise ValueError(f"{day} is not a session of the Korea Exchange")
    hours = next(row for row in HOURS if row.since <= day)
    opening, close = _at(day, hours.open), _at(day, hours.close)
    if day in CSAT_DAYS:
        return opening + HOUR, close + HOUR
    if previous_session(day).year < day.year:
        return opening + HOUR, close
    return opening, close


def last_begun(now: datetime) -> date:
    """Find the last session that has opened.

    Parameters
    ----------
    now : datetime
        With a zone.

    Returns
    -------
    datetime.date

    Examples
    --------
    >>> last_begun(datetime(2026, 11, 19, 9, 30, tzinfo=KST))  # the exam day opens at 10:00
    datetime.date(2026, 11, 18)
    """
    now = _kst(now)
    day = session_on_or_before(now)
    return day if session_times(day)[0] <= now else previous_session(day)


def is_open(now: datetime) -> bool:
    """Say whether the regular session runs: from its open until just before its close.

    Parameters
    ----------
    now : datetime
        With a zone.

    Returns
    -------
    bool

    Examples
    --------
    >>> [is_open(datetime(2026, 11, 20, 15, minute, tzinfo=KST)) for minute in (29, 30)]
    [True, False]
    """
    now = _kst(now)
    if not is_session(now):
        return False
    opening, close = session_times(now)
    return opening <= now < close


def final_at(session: Day) -> datetime:
    """Tell when the numbers of a session stop changing: 20:10 of its day, for every venue.

    Parameters
    ----------
    session : date or str
        Not checked against the calendar: broker histories hold bars of old Saturdays.

    Returns
    -------
    datetime

    Examples
    --------
    >>> final_at("2026-11-20").isoformat()
    '2026-11-20T20:10:00+09:00'
    """
    return _at(_day(session), FINAL)


def is_final(session: Day, now: datetime) -> bool:
    """Say whether the numbers of a session can no longer change.

    Parameters
    ----------
    session : date or str
    now : datetime
        With a zone.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_final("2026-11-20", datetime(2026, 11, 20, 20, 9, tzinfo=KST))
    False
    """
    return final_at(session) <= _kst(now)


def last_final(now: datetime) -> date:
    """Find the newest session whose numbers can no longer change.

    Parameters
    ----------
    now : datetime
        With a zone.

    Returns
    -------
    datetime.date

    Examples
    --------
    >>> [f"{last_final(datetime(2026, 11, 20, 20, minute, tzinfo=KST))}" for minute in (9, 10)]
    ['2026-11-19', '2026-11-20']
    """
    now = _kst(now)
    day = session_on_or_before(now)
    return day if final_at(day) <= now else previous_session(day)


def answer_expires(newest: Day, now: datetime) -> datetime | None:
    """Tell when an answer that holds sessions up to `newest` can next change.

    Parameters
    ----------
    newest : date or str
        The newest session the answer can hold. A day without trading means the session before it.
    now : datetime
        With a zone: when the answer was given.

    Returns
    -------
    datetime or None
        Before 08:00 of that session: its 08:00. Until its close: a minute after `now`. Then its 20:10. After
        that None: never.

    Examples
    --------
    >>> f'{answer_expires("2026-11-20", datetime(2026, 11, 20, 15, 30, tzinfo=KST)):%d %H:%M}'
    '20 20:10'
    >>> answer_expires("2026-11-19", datetime(2026, 11, 20, 15, 30, tzinfo=KST))
    """
    now, session = _kst(now), session_on_or_before(newest)
    if now >= final_at(session):
        return None
    if now < _at(session, PRE_OPEN):
        return _at(session, PRE_OPEN)
    if now < session_times(session)[1]:
        return now + MINUTE
    return final_at(session)


def snapshot_expires(now: datetime) -> datetime:
    """Tell when an answer without a date (quote, stock information, daily sheet) can next change.

    Parameters
    ----------
    now : datetime
        With a zone: when the answer was given.

    Returns
    -------
    datetime
        As `answer_expires` for today's session; without one, or when it is final, 08:00 of the next.

    Examples
    --------
    >>> f"{snapshot_expires(datetime(2026, 11, 20, 20, 10, tzinfo=KST)):%a %H:%M}"
    'Mon 08:00'
    """
    now = _kst(now)
    return answer_expires(now, now) or _at(next_session(now), PRE_OPEN)


def list_expires(now: datetime) -> datetime:
    """Tell when the stock list can next change: the next 08:00 of a session day, strictly after `now`.

    Parameters
    ----------
    now : datetime
        With a zone: when the list was given.

    Returns
    -------
    datetime

    Examples
    --------
    >>> f"{list_expires(datetime(2026, 11, 20, 7, 59, tzinfo=KST)):%a %H:%M}"
    'Fri 08:00'
    """
    now = _kst(now)
    if is_session(now) and now < _at(now.date(), PRE_OPEN):
        return _at(now.date(), PRE_OPEN)
    return _at(next_session(now), PRE_OPEN)


def complete_mask(
    labels: npt.NDArray[np.datetime64], freq: str, retrieved: datetime
) -> npt.NDArray[np.bool_]:
    """Mark the bars that were complete when they were retrieved.

    A bar of a day or less is complete when its day is final; a week, month or year when its last session is.

    Parameters
    ----------
    labels : numpy.ndarray of datetime64
        Bar labels in Korean time, without a zone: any time of the day, any day of the week, month or year.
    freq : {"1d", "1w", "1mo", "1y", "min", "tick"}
    retrieved : datetime
        With a zone.

    Returns
    -------
    numpy.ndarray of bool
        False where the label is missing.

    Examples
    --------
    >>> labels = np.array(["2026-11-18", "2026-11-19", "2026-11-20"], dtype="datetime64[us]")
    >>> complete_mask(labels, "1d", datetime(2026, 11, 20, 20, 9, tzinfo=KST)).tolist()
    [True, True, False]
    """
    final = last_final(retrieved)
    unfinished = next_session(final)  # every period before the one that holds this session is complete
    match freq:
        case "1d" | "min" | "tick":
            running = final + DAY
        case "1w":
            running = unfinished - unfinished.weekday() * DAY
        case "1mo":
            running = unfinished.replace(day=1)
        case "1y":
            running = unfinished.replace(month=1, day=1)
        case _:
            raise ValueError(f"freq is one of 1d, 1w, 1mo, 1y, min, tick, not {freq!r}")
    return labels < np.datetime64(running)


@cache
def _closures(year: int) -> frozenset[date]:
    """Days of a year without trading (weekends are extra)."""
    from holidays import financial_holidays  # 50 ms: only who asks for a session pays it

    return frozenset(financial_holidays("XKRX", years=year)) | {day for day in CLOSED if day.year == year}


def _day(day: Day) -> date:
    """Read what a caller means by a day."""
    if isinstance(day, date) and not pd.isna(day):
        if isinstance(day, datetime):
            return (day.astimezone(KST) if day.tzinfo else day).date()
        return day
    try:
        return date.fromisoformat(str(day))
    except ValueError:
        raise ValueError(f"not a day: {day!r}; write '2026-11-20' or '20261120'") from None


def _kst(now: datetime) -> datetime:
    """Give a moment in Korean time; refuse one whose zone is unknown."""
    if now.tzinfo is None:
        raise ValueError(f"{now!r} has no zone; try datetime.now(KST)")
    return now.astimezone(KST)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, KST)
