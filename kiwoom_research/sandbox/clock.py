"""The market clock, which stands until it is told to move, and the wall clock that tokens live by."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from ..calendar import KST

DEFAULT = "2026-11-20 21:30"
"""A Friday evening after a session that is final, so that committed examples stay true."""
REAL = "real"


def _computer() -> datetime:
    return datetime.now(KST)


class MarketClock:
    """Two clocks in Korean time: `now` for the market, `wall` for tokens. Thread-safe.

    ``wall`` follows the computer's clock plus whatever `advance` added, because foreign clients compare
    ``expires_dt`` with their own clock. ``now`` stands still unless it was set to ``"real"``.
    """

    def __init__(self, start: str | datetime = DEFAULT, computer: Callable[[], datetime] = _computer) -> None:
        self._computer = computer
        self._lock = threading.Lock()
        self._added = timedelta()
        self._ahead = timedelta()
        self._stands: datetime | None = None
        self.set(start)

    def now(self) -> datetime:
        """The market's time, to the second."""
        with self._lock:
            return self._now()

    def wall(self) -> datetime:
        """The time that tokens live by, to the second."""
        with self._lock:
            return (self._computer() + self._added).replace(microsecond=0)

    def advance(self, step: timedelta) -> datetime:
        """Move both clocks forward; the market's new time."""
        if step < timedelta():
            raise ValueError("advance moves forward; set_clock moves anywhere")
        with self._lock:
            _served(self._now() + step)
            self._added += step
            if self._stands is None:
                self._ahead += step
            else:
                self._stands += step
            return self._now()

    def set(self, when: str | datetime) -> datetime:
        """Set the market's clock: a time (Korean if it has no zone), or ``"real"``; the market's new time."""
        stands = None if when == REAL else _moment(when)
        with self._lock:
            self._stands, self._ahead = stands, timedelta()
            return self._now()

    def _now(self) -> datetime:
        now = self._computer() + self._ahead if self._stands is None else self._stands
        return now.replace(microsecond=0)


def _moment(when: str | datetime) -> datetime:
    if not isinstance(when, datetime):
        try:
            when = datetime.fromisoformat(when)
        except (TypeError, ValueError):
            raise ValueError(f"not a time: {when!r}; write '2026-11-20 21:30' or 'real'") from None
    return _served(when.astimezone(KST) if when.tzinfo else when.replace(tzinfo=KST))


def _served(when: datetime) -> datetime:
    """Refuse a time for which no calendar is known; the ends of datetime have no HTTP date either."""
    if not 1980 <= when.year <= 2100:
        raise ValueError(f"{when:%Y-%m-%d} is outside of the years 1980 to 2100")
    return when
