"""The trading day: its phases by venue and date, and which of them a moment lies in. Nothing here reads a clock."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .moments import Day, as_date, as_kst, at
from .phase_rules import (
    CLOSED,
    EXAM,
    EXAM_DAYS,
    FIRST,
    ORDINARY,
    PHASE_RULES,
    PRECEDENCE,
    SHIFTS,
    UNKNOWN,
    VENUES,
)
from .trading_days import is_session, previous_session, session_on_or_before


class Phase(NamedTuple):
    """One phase of one session; start and end are None when they are not known."""

    venue: str
    name: str
    start: datetime | None
    end: datetime | None
    evidence: str


def venue_of(code: str) -> str:
    """The venue that a stock code asks for.

    Parameters
    ----------
    code : str
        With ``_NX`` for NXT or ``_AL`` for both venues.

    Returns
    -------
    {"krx", "nxt", "both"}

    Examples
    --------
    >>> venue_of("005930"), venue_of("005930_NX"), venue_of("005930_AL")
    ('krx', 'nxt', 'both')
    """
    return {"_NX": "nxt", "_AL": "both"}.get(code[6:], "krx")


def day_kind(session: Day) -> str:
    """Tell an ordinary session from an exam day and from the first session of a year.

    Parameters
    ----------
    session : date or str

    Returns
    -------
    {"ordinary", "exam day", "first session of the year"}

    Examples
    --------
    >>> day_kind("2026-11-19"), day_kind("2027-01-04")
    ('exam day', 'first session of the year')
    """
    day = as_date(session)
    if day in EXAM_DAYS:
        return EXAM
    return FIRST if previous_session(day).year < day.year else ORDINARY


def day_phases(session: Day, venue: str = "both") -> tuple[Phase, ...]:
    """List the phases of a session in the order of `PHASE_RULES`.

    Parameters
    ----------
    session : date or str
    venue : {"krx", "nxt", "both"}

    Returns
    -------
    tuple of Phase

    Raises
    ------
    ValueError
        If the day is not a session, or there is no such venue.

    Examples
    --------
    >>> [(phase.name, f"{phase.start:%H:%M}") for phase in day_phases("2026-11-20", "nxt")]
    [('pre_market', '08:00'), ('regular', '09:00'), ('after_market', '15:40')]
    """
    day = as_date(session)
    if venue not in VENUES:
        raise ValueError(f"venue: expected one of {', '.join(VENUES)}, got {venue!r}")
    if not is_session(day):
        raise ValueError(f"{day} is not a session of the Korea Exchange")
    return tuple(phase for phase in _phases(day) if venue in (phase.venue, "both"))


@lru_cache(maxsize=10_000)
def _phases(day: date) -> tuple[Phase, ...]:
    kind = day_kind(day)
    shifts = {(shift.venue, shift.phase): shift for shift in SHIFTS if shift.kind == kind}
    found = []
    for rule in PHASE_RULES:
        shift = shifts.get((rule.venue, rule.phase))
        if not rule.since <= day <= rule.until or (shift and not shift.held):
            continue
        if shift is None:
            phase = Phase(rule.venue, rule.phase, at(day, rule.start), at(day, rule.end), rule.evidence)
        elif shift.start is None or shift.end is None:
            phase = Phase(rule.venue, rule.phase, None, None, shift.evidence)
        else:
            start = at(day, rule.start) + timedelta(hours=shift.start)
            end = at(day, rule.end) + timedelta(hours=shift.end)
            phase = Phase(rule.venue, rule.phase, start, end, shift.evidence)
        found.append(phase)
    return tuple(found)


def phase_at(now: datetime, venue: str = "krx") -> str:
    """Name the phase of a moment.

    Parameters
    ----------
    now : datetime
        With a zone.
    venue : {"krx", "nxt", "both"}

    Returns
    -------
    str
        A name of `PHASES`; ``"closed"`` between and outside of them; ``"unknown"`` after the close of a session
        one of whose later phases has hours that are not known.

    Examples
    --------
    >>> from kiwoom_research.calendar import KST
    >>> phase_at(datetime(2026, 11, 20, 17, 0, tzinfo=KST)), phase_at(datetime(2026, 9, 11, 17, 0, tzinfo=KST))
    ('after_market', 'single_price')
    """
    now = as_kst(now)
    if not is_session(now):
        if venue not in VENUES:
            raise ValueError(f"venue: expected one of {', '.join(VENUES)}, got {venue!r}")
        return CLOSED
    phases = day_phases(now, venue)
    running = {phase.name for phase in phases if phase.start and phase.end and phase.start <= now < phase.end}
    if running:
        return min(running, key=PRECEDENCE.index)
    if now >= session_times(now)[1] and not all(phase.start for phase in phases):
        return UNKNOWN
    return CLOSED


def hours_known(session: Day) -> bool:
    """Say whether the hours of every phase of a session are known.

    Parameters
    ----------
    session : date or str

    Returns
    -------
    bool

    Examples
    --------
    >>> hours_known("2026-11-19"), hours_known("2025-11-13")
    (False, True)
    """
    return all(phase.start for phase in day_phases(session))


def session_times(session: Day) -> tuple[datetime, datetime]:
    """Tell when a session opens and closes.

    Parameters
    ----------
    session : date or str

    Returns
    -------
    tuple of datetime
        Open and close of the regular session of the Korea Exchange, in Korean time.

    Raises
    ------
    ValueError
        If the day is not a session.

    Examples
    --------
    >>> [f"{t:%H:%M}" for t in session_times("2026-11-19")]
    ['10:00', '16:30']
    """
    regular = next(phase for phase in day_phases(session, "krx") if phase.name == "regular")
    assert regular.start is not None
    assert regular.end is not None
    return regular.start, regular.end


def last_begun(now: datetime, venue: str = "krx") -> date:
    """Find the last session in which a venue has begun to trade: its regular session, or NXT's pre-market.

    Parameters
    ----------
    now : datetime
        With a zone.
    venue : {"krx", "nxt", "both"}

    Returns
    -------
    datetime.date

    Examples
    --------
    >>> from kiwoom_research.calendar import KST
    >>> last_begun(datetime(2026, 11, 19, 9, 30, tzinfo=KST))  # the exam day opens at 10:00
    datetime.date(2026, 11, 18)
    >>> last_begun(datetime(2026, 11, 20, 8, 0, tzinfo=KST), "nxt")
    datetime.date(2026, 11, 20)
    """
    now = as_kst(now)
    day = session_on_or_before(now)
    trading = [phase.start for phase in day_phases(day, venue) if phase.name in ("pre_market", "regular")]
    begun = min(filter(None, trading), default=session_times(day)[0])
    return day if begun <= now else previous_session(day)


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
    >>> from kiwoom_research.calendar import KST
    >>> [is_open(datetime(2026, 11, 20, 15, minute, tzinfo=KST)) for minute in (29, 30)]
    [True, False]
    """
    now = as_kst(now)
    if not is_session(now):
        return False
    opening, close = session_times(now)
    return opening <= now < close


def regular_mask(labels: npt.NDArray[np.datetime64], venue: str = "krx") -> npt.NDArray[np.bool_]:
    """Mark the bars that begin in the regular session of their day, the closing auction included.

    Parameters
    ----------
    labels : numpy.ndarray of datetime64
        Starts of bars in Korean time, without a zone.
    venue : {"krx", "nxt", "both"}

    Returns
    -------
    numpy.ndarray of bool
        True for every bar of a day that is not a session.

    Examples
    --------
    >>> labels = np.array(["2026-11-20T08:59", "2026-11-20T15:30", "2026-11-20T16:00"], dtype="datetime64[us]")
    >>> regular_mask(labels).tolist()
    [False, True, False]
    """
    mask = np.ones(len(labels), dtype=bool)
    days = labels.astype("datetime64[D]")
    for day in np.unique(days).tolist():
        if is_session(day):
            spans = [p for p in day_phases(day, venue) if p.name == "regular" and p.start and p.end]
            if not spans:
                continue
            opening = min(np.datetime64(p.start.replace(second=0, tzinfo=None)) for p in spans if p.start)
            close = max(np.datetime64(p.end.replace(tzinfo=None)) for p in spans if p.end)
            mask &= (days != day) | ((labels >= opening) & (labels <= close))
    return mask
