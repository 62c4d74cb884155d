"""When a number of a session is final, and when an answer of the server can next change."""

from datetime import date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from .moments import ONE_DAY, Day, as_date, as_kst, at
from .trading_day import session_times
from .trading_days import is_session, next_session, previous_session, session_on_or_before

PRE_OPEN = time(8, 0)
"""NXT's pre-market opens: the first moment at which a snapshot of the new day can differ."""
FINAL = time(20, 10)
"""Volume and value stand too: NXT closes at 20:00, also on an exam day (Herald Business, 2025-11-13)."""

MINUTE = timedelta(minutes=1)


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
    >>> from kiwoom_research.calendar import KST
    >>> final_at("2026-11-20").isoformat()
    '2026-11-20T20:10:00+09:00'
    """
    return at(as_date(session), FINAL)


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
    >>> from kiwoom_research.calendar import KST
    >>> is_final("2026-11-20", datetime(2026, 11, 20, 20, 9, tzinfo=KST))
    False
    """
    return final_at(session) <= as_kst(now)


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
    >>> from kiwoom_research.calendar import KST
    >>> [f"{last_final(datetime(2026, 11, 20, 20, minute, tzinfo=KST))}" for minute in (9, 10)]
    ['2026-11-19', '2026-11-20']
    """
    now = as_kst(now)
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
    >>> from kiwoom_research.calendar import KST
    >>> f'{answer_expires("2026-11-20", datetime(2026, 11, 20, 15, 30, tzinfo=KST)):%d %H:%M}'
    '20 20:10'
    >>> answer_expires("2026-11-19", datetime(2026, 11, 20, 15, 30, tzinfo=KST))
    """
    now, session = as_kst(now), session_on_or_before(newest)
    if now >= final_at(session):
        return None
    if now < at(session, PRE_OPEN):
        return at(session, PRE_OPEN)
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
    >>> from kiwoom_research.calendar import KST
    >>> f"{snapshot_expires(datetime(2026, 11, 20, 20, 10, tzinfo=KST)):%a %H:%M}"
    'Mon 08:00'
    """
    now = as_kst(now)
    return answer_expires(now, now) or at(next_session(now), PRE_OPEN)


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
    >>> from kiwoom_research.calendar import KST
    >>> f"{list_expires(datetime(2026, 11, 20, 7, 59, tzinfo=KST)):%a %H:%M}"
    'Fri 08:00'
    """
    now = as_kst(now)
    if is_session(now) and now < at(now.date(), PRE_OPEN):
        return at(now.date(), PRE_OPEN)
    return at(next_session(now), PRE_OPEN)


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
    >>> from kiwoom_research.calendar import KST
    >>> labels = np.array(["2026-11-18", "2026-11-19", "2026-11-20"], dtype="datetime64[us]")
    >>> complete_mask(labels, "1d", datetime(2026, 11, 20, 20, 9, tzinfo=KST)).tolist()
    [True, True, False]
    """
    final = last_final(retrieved)
    unfinished = next_session(final)  # every period before the one that holds this session is complete
    match freq:
        case "1d" | "min" | "tick":
            running = final + ONE_DAY
        case "1w":
            running = unfinished - unfinished.weekday() * ONE_DAY
        case "1mo":
            running = unfinished.replace(day=1)
        case "1y":
            running = unfinished.replace(month=1, day=1)
        case _:
            raise ValueError(f"freq is one of 1d, 1w, 1mo, 1y, min, tick, not {freq!r}")
    return labels < np.datetime64(running)
