"""The hours of a session as the sandbox keeps them: the calendar's, and an invented evening where nobody knows it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import NamedTuple

from ...calendar import KST, LONG_DAY, Phase, day_phases, is_session

HALF_HOUR = timedelta(minutes=30)
TWO_HOURS = timedelta(hours=2)
ROUND = timedelta(minutes=10)  # of the single-price session: one auction each
CLOSING_PRICE_BAR = timedelta(minutes=5)  # after the close: the label of the bar of closing-price trading

# When the sums of a day are whole. Measured by one source on some 2,650 stocks a day from 2026-09-14 on.
SUMS_WHOLE = time(21, 5)


class SessionHours(NamedTuple):
    """One session: the regular hours, and what trades in the evening.

    ``after_market`` tells a continuous after-market (since 2026-09-14) from ten-minute auctions. ``sums_whole`` is
    when volume and value of the day stop growing.
    """

    opening: datetime
    closing: datetime
    evening: datetime
    end: datetime
    after_market: bool
    sums_whole: datetime

    @property
    def closing_price_end(self) -> datetime:
        """When trading at the closing price is over."""
        return self.closing + HALF_HOUR

    @property
    def auctions(self) -> int:
        """How many ten-minute auctions the evening has."""
        return int((self.end - self.evening) / ROUND)


@lru_cache(maxsize=10_000)
def session_hours(day: date, long_day: bool = True) -> SessionHours:
    """Return the hours of a day; the usual ones on a day that only the data calls a session.

    ``long_day=False`` is the world before 2026-09-14. An exam day since then has an ordinary after-market from half
    an hour after its close to 20:00, which is invented: the exchange's own hours of that evening are not known.
    """
    phases = {phase.name: phase for phase in day_phases(day, "krx")} if is_session(day) else {}
    opening, closing = _times(phases.get("regular"), day, time(9), time(15, 30))
    if long_day and day >= LONG_DAY:
        evening, end = _times(phases.get("after_market"), day, *_ordinary_after_market())
        evening, whole = max(evening, closing + HALF_HOUR), datetime.combine(day, SUMS_WHOLE, KST)
        return SessionHours(opening, closing, evening, end, True, whole)
    evening, end = closing + HALF_HOUR, closing + HALF_HOUR + TWO_HOURS
    if "single_price" in phases:
        evening, end = _times(phases["single_price"], day, time(16), time(18))
    return SessionHours(opening, closing, evening, end, False, end)


@cache
def _ordinary_after_market() -> tuple[time, time]:
    first = next(phase for phase in day_phases(LONG_DAY, "krx") if phase.name == "after_market")
    assert first.start is not None
    assert first.end is not None
    return first.start.time(), first.end.time()


def _times(phase: Phase | None, day: date, start: time, end: time) -> tuple[datetime, datetime]:
    """Return the hours of a phase, or the given ones where they are not known."""
    if phase is None or phase.start is None or phase.end is None:
        return datetime.combine(day, start, KST), datetime.combine(day, end, KST)
    return phase.start, phase.end
