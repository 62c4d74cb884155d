"""What the ``holidays`` package knows of the exchange's closures, and what it lacks."""

from datetime import date

from holidays import financial_holidays

ADDED = {
    date(2000, 1, 3): "no bar of 005930 in two sources; not in holidays 0.109",
    date(2000, 12, 27): "no bar of 005930 in three sources; not in holidays 0.109",
    date(2000, 12, 28): "no bar of 005930 in three sources; not in holidays 0.109",
}
"""Closures that ``holidays`` does not know, with the evidence."""


def weekday_closures(year: int) -> frozenset[date]:
    """Weekdays of a year on which the exchange is closed."""
    known = financial_holidays("XKRX", years=year)
    return frozenset(day for day in [*known, *ADDED] if day.year == year and day.weekday() < 5)
