"""What a caller means by a day and by a moment: everything becomes Korean time."""

from datetime import date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pandas as pd

Day: TypeAlias = date | str
"""A date, a pandas timestamp, ``"2026-11-20"`` or ``"20261120"``; a datetime with a zone means its day in Seoul."""

KST = ZoneInfo("Asia/Seoul")
ONE_DAY = timedelta(days=1)


def as_date(day: Day) -> date:
    """The date that a caller means by a day."""
    if isinstance(day, date) and not pd.isna(day):
        if isinstance(day, datetime):
            return (day.astimezone(KST) if day.tzinfo else day).date()
        return day
    try:
        return date.fromisoformat(str(day))
    except ValueError:
        raise ValueError(f"not a day: {day!r}; write '2026-11-20' or '20261120'") from None


def as_kst(now: datetime) -> datetime:
    """A moment in Korean time; one without a zone is refused."""
    if now.tzinfo is None:
        raise ValueError(f"{now!r} has no zone; try datetime.now(KST)")
    return now.astimezone(KST)


def at(day: date, clock: time) -> datetime:
    """The moment at which the clock of a day shows a time."""
    return datetime.combine(day, clock, KST)
