"""When the numbers of a session are final, and until when an answer of the server is good.

The hours are data of each call (`kiwoom_research.endpoints.finality`); here they are worked out for a session.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from ..endpoints import Call
from ..endpoints.chart import key_date
from ..endpoints.finality import LISTS, MORNING, Finality, FinalityGroup, FinalityRule, Hour
from .moments import ONE_DAY, Day, as_date, as_kst, at
from .phase_rules import LONG_DAY
from .trading_day import hours_known, last_begun, venue_of
from .trading_days import is_session, next_session, previous_session, session_on_or_before

PRE_OPEN = time(8, 0)
"""NXT's pre-market opens, and lists are those of the day."""

PROVISIONAL = timedelta(minutes=1)
"""How long an answer is good while its numbers can change."""


def rule_for(group: FinalityGroup, session: Day) -> FinalityRule:
    """The rule of a group of numbers that holds for a session."""
    day = as_date(session)
    return next(rule for rule in group.rules if rule.since <= day)


def moment_of(hour: Hour, session: Day) -> datetime:
    """The moment that an hour of finality means for a session."""
    day = as_date(session)
    for _ in range(hour.sessions):
        day = next_session(day)
    return at(day, hour.clock)


def final_at(session: Day, finality: Finality) -> datetime | None:
    """Tell when the numbers of a session stop changing.

    Parameters
    ----------
    session : date or str
        Not checked against the calendar: broker histories hold bars of old Saturdays.
    finality : tuple of FinalityGroup
        Of a call, or of some of its groups; the latest of them counts.

    Returns
    -------
    datetime or None
        None for numbers that are never final. Where the hours of a session are not known (an exam day since
        2026-09-14) not before 08:00 of the next session.

    Examples
    --------
    >>> from kiwoom_research.endpoints.finality import BARS, UNKNOWN
    >>> [f"{final_at('2026-11-20', groups):%d %H:%M}" for groups in (BARS, UNKNOWN)]
    ['20 21:05', '23 08:00']
    """
    day = as_date(session)
    hours = [rule_for(group, day).final for group in finality]
    moments = [moment_of(hour, day) for hour in hours if hour is not None]
    if not moments or len(moments) < len(hours):
        return None
    if day >= LONG_DAY and is_session(day) and not hours_known(day):
        moments.append(moment_of(MORNING, day))
    return max(moments)


def is_final(session: Day, now: datetime, finality: Finality) -> bool:
    """Say whether the numbers of a session can no longer change.

    Parameters
    ----------
    session : date or str
    now : datetime
        With a zone.
    finality : tuple of FinalityGroup

    Returns
    -------
    bool

    Examples
    --------
    >>> from kiwoom_research.calendar import KST
    >>> from kiwoom_research.endpoints.finality import BARS
    >>> is_final("2026-11-20", datetime(2026, 11, 20, 21, 4, tzinfo=KST), BARS)
    False
    """
    moment = final_at(session, finality)
    return moment is not None and moment <= as_kst(now)


def last_final(now: datetime, finality: Finality) -> date:
    """Find the newest session whose numbers can no longer change.

    Parameters
    ----------
    now : datetime
        With a zone.
    finality : tuple of FinalityGroup

    Returns
    -------
    datetime.date

    Raises
    ------
    ValueError
        If the numbers are never final.

    Examples
    --------
    >>> from kiwoom_research.calendar import KST
    >>> from kiwoom_research.endpoints.finality import BARS
    >>> [f"{last_final(datetime(2026, 11, 20, 21, minute, tzinfo=KST), BARS)}" for minute in (4, 5)]
    ['2026-11-19', '2026-11-20']
    """
    now = as_kst(now)
    day = session_on_or_before(now)
    if final_at(day, finality) is None:
        raise ValueError(f"{', '.join(group.name for group in finality)}: never final")
    while not is_final(day, now, finality):
        day = previous_session(day)
    return day


def answer_expires(newest: Day, arrived: datetime, finality: Finality) -> datetime | None:
    """Tell when an answer that holds sessions up to `newest` can next change.

    Parameters
    ----------
    newest : date or str
        The newest session the answer can hold. A day without trading means the session before it.
    arrived : datetime
        With a zone: when the answer arrived.
    finality : tuple of FinalityGroup

    Returns
    -------
    datetime or None
        A minute after it arrived while that session is not final; then None: never.

    Examples
    --------
    >>> from kiwoom_research.calendar import KST
    >>> from kiwoom_research.endpoints.finality import BARS
    >>> f'{answer_expires("2026-11-20", datetime(2026, 11, 20, 15, 35, tzinfo=KST), BARS):%d %H:%M}'
    '20 15:36'
    >>> answer_expires("2026-11-19", datetime(2026, 11, 20, 15, 35, tzinfo=KST), BARS) is None  # the exam day
    True
    """
    arrived = as_kst(arrived)
    return None if is_final(session_on_or_before(newest), arrived, finality) else arrived + PROVISIONAL


def snapshot_expires(arrived: datetime, finality: Finality) -> datetime:
    """Tell when an answer without a date (quote, stock information, ranking) can next change.

    Parameters
    ----------
    arrived : datetime
        With a zone: when the answer arrived.
    finality : tuple of FinalityGroup

    Returns
    -------
    datetime
        A minute after it arrived while the last session is not final. Then 00:00 of the next session: from
        midnight on a row of the coming day may appear, and at an hour that is not known the base price rolls.

    Examples
    --------
    >>> from kiwoom_research.calendar import KST
    >>> from kiwoom_research.endpoints.finality import BARS
    >>> f"{snapshot_expires(datetime(2026, 11, 20, 21, 5, tzinfo=KST), BARS):%a %H:%M}"
    'Mon 00:00'
    """
    arrived = as_kst(arrived)
    return answer_expires(arrived, arrived, finality) or at(next_session(arrived), time(0))


def list_expires(now: datetime) -> datetime:
    """Tell when the stock list can next change: the next 08:00 of a session day, strictly after `now`.

    Parameters
    ----------
    now : datetime
        With a zone: when the list arrived.

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


def good_until(call: Call, body: Mapping[str, str], next_key: str, arrived: datetime) -> datetime | None:
    """Tell until when an answer is good, in market time.

    Parameters
    ----------
    call : Call
    body : mapping
        The request.
    next_key : str
        The key that led to the page; empty for the first one.
    arrived : datetime
        With a zone: when the answer arrived, by the server's clock.

    Returns
    -------
    datetime or None
        None when it stays.
    """
    if call.finality is LISTS:
        return list_expires(arrived)
    asked = body.get(call.last_day, "")
    newest = key_date(next_key) or _day_of(asked)
    begun = last_begun(arrived, venue_of(body.get("stk_cd", "")))
    if newest is None or newest > begun:  # tomorrow the same question has another answer
        return snapshot_expires(arrived, call.finality)
    expires = answer_expires(newest, arrived, call.finality)
    if expires is None and not asked and body.get("upd_stkpc_tp") == "1":
        return list_expires(arrived)  # adjusted as of today: the next session can bring a split
    return expires


def _day_of(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None


def complete_mask(
    labels: npt.NDArray[np.datetime64], freq: str, retrieved: datetime, finality: Finality
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
    finality : tuple of FinalityGroup

    Returns
    -------
    numpy.ndarray of bool
        False where the label is missing.

    Examples
    --------
    >>> from kiwoom_research.calendar import KST
    >>> from kiwoom_research.endpoints.finality import BARS
    >>> labels = np.array(["2026-11-18", "2026-11-19", "2026-11-20"], dtype="datetime64[us]")
    >>> complete_mask(labels, "1d", datetime(2026, 11, 20, 21, 4, tzinfo=KST), BARS).tolist()
    [True, True, False]
    """
    if final_at(retrieved, finality) is None:
        return np.zeros(len(labels), dtype=bool)
    final = last_final(retrieved, finality)
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
            raise ValueError(f"freq: expected one of 1d, 1w, 1mo, 1y, min, tick, got {freq!r}")
    return labels < np.datetime64(running)


def copied_mask(
    labels: npt.NDArray[np.datetime64], retrieved: datetime, group: FinalityGroup
) -> npt.NDArray[np.bool_]:
    """Mark the rows that could still repeat the session before when they were retrieved.

    Parameters
    ----------
    labels : numpy.ndarray of datetime64
        Days in Korean time, without a zone.
    retrieved : datetime
        With a zone.
    group : FinalityGroup

    Returns
    -------
    numpy.ndarray of bool

    Examples
    --------
    >>> from kiwoom_research.calendar import KST
    >>> from kiwoom_research.endpoints.finality import HOLDINGS
    >>> labels = np.array(["2026-11-19", "2026-11-20"], dtype="datetime64[us]")
    >>> copied_mask(labels, datetime(2026, 11, 20, 21, 4, tzinfo=KST), HOLDINGS).tolist()
    [False, True]
    """
    if group.copied_until is None:
        return np.zeros(len(labels), dtype=bool)
    now = as_kst(retrieved)
    first = max(now.date() if now.time() < group.copied_until.clock else now.date() + ONE_DAY, LONG_DAY)
    return labels >= np.datetime64(first)
