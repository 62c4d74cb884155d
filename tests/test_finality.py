"""When a number is final, worked out by hand from the hours that were measured, and what follows from it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from kiwoom_research import calendar
from kiwoom_research.calendar import KST
from kiwoom_research.endpoints.finality import (
    BARS,
    CREDIT,
    CREDITED,
    ESTIMATED,
    ESTIMATES,
    FOREIGN_HOLDINGS,
    HOLDINGS,
    LENT,
    NET_FLOWS,
    PRICES,
    SHORTED,
    TOTALS,
    UNKNOWN,
    UNMEASURED,
    Finality,
    FinalityGroup,
)

# Thursday 2026-11-19 is an exam day whose evening is not known, 20 an ordinary Friday, 2026-09-14 the first long day.


def at(text: str) -> datetime:
    """Read '2026-11-20 09:00' as Korean time."""
    return datetime.fromisoformat(text).replace(tzinfo=KST)


def moment(value: datetime | None) -> str:
    """Write a moment the way the tables below do; fails on one that is not in Korean time."""
    if value is None:
        return "never"
    assert value.utcoffset() == timedelta(hours=9)
    return f"{value:%Y-%m-%d %H:%M}"


# --- the hour ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "friday", "exam_day", "before"),
    [
        (PRICES, "2026-11-20 20:00", "2026-11-20 08:00", "2026-09-11 20:10"),
        (TOTALS, "2026-11-20 21:05", "2026-11-20 08:00", "2026-09-11 20:10"),
        (NET_FLOWS, "2026-11-20 21:05", "2026-11-20 08:00", "2026-09-11 20:10"),
        (SHORTED, "2026-11-20 21:05", "2026-11-20 08:00", "2026-09-11 20:10"),
        (LENT, "2026-11-20 21:05", "2026-11-20 08:00", "2026-09-11 20:10"),
        (HOLDINGS, "2026-11-23 07:10", "2026-11-20 08:00", "2026-09-11 20:10"),
        (UNMEASURED, "2026-11-23 08:00", "2026-11-20 08:00", "2026-09-11 20:10"),
        (CREDITED, "2026-11-25 08:00", "2026-11-24 08:00", "2026-09-11 20:10"),
        (ESTIMATED, "never", "never", "never"),
    ],
)
def test_hour_of_each_group(group: FinalityGroup, friday: str, exam_day: str, before: str) -> None:
    """An ordinary Friday, an exam day whose evening nobody knows, and a Friday before the long day."""
    found = [moment(calendar.final_at(day, (group,))) for day in ("2026-11-20", "2026-11-19", "2026-09-11")]
    assert found == [friday, exam_day, before]


def test_the_latest_group_counts() -> None:
    """A row is final when all of its numbers are; one that never is keeps the row open."""
    assert moment(calendar.final_at("2026-11-20", (PRICES, TOTALS))) == "2026-11-20 21:05"
    assert moment(calendar.final_at("2026-11-20", (TOTALS, HOLDINGS, PRICES))) == "2026-11-23 07:10"
    assert calendar.final_at("2026-11-20", (PRICES, ESTIMATED)) is None


def test_the_switch_is_by_date() -> None:
    """2026-09-11 was the last session with the old hours, 2026-09-14 the first with the new ones."""
    assert moment(calendar.final_at("2026-09-11", BARS)) == "2026-09-11 20:10"
    assert moment(calendar.final_at("2026-09-14", BARS)) == "2026-09-14 21:05"
    assert moment(calendar.final_at("1997-11-22", BARS)) == "1997-11-22 20:10"  # a bar of an old Saturday
    assert moment(calendar.final_at("2025-11-13", BARS)) == "2025-11-13 20:10"  # an exam day of before


def test_every_group_has_a_rule_for_every_day() -> None:
    """Rules are newest first and reach back for ever; what is measured or inferred says by whom or from what."""
    groups = [PRICES, TOTALS, NET_FLOWS, HOLDINGS, SHORTED, LENT, CREDITED, ESTIMATED, UNMEASURED]
    for group in groups:
        since = [rule.since for rule in group.rules]
        assert since == sorted(since, reverse=True)
        assert since[-1] == date.min
        for rule in group.rules:
            assert rule.basis in ("measured", "inferred", "not known")
            assert rule.evidence or rule.basis == "not known"
    assert {rule.since for group in groups for rule in group.rules} == {date.min, calendar.LONG_DAY}


# --- what is final, what expires -----------------------------------------------------------------

# One row per moment: the last final session of daily bars, and when a quote expires.
MOMENTS = [
    ("2026-11-18 21:05", "2026-11-18", "2026-11-19 00:00"),
    ("2026-11-19 00:00", "2026-11-18", "2026-11-19 00:01"),
    ("2026-11-19 16:30", "2026-11-18", "2026-11-19 16:31"),
    ("2026-11-19 21:05", "2026-11-18", "2026-11-19 21:06"),  # the evening of an exam day is not known
    ("2026-11-20 07:59", "2026-11-18", "2026-11-20 08:00"),
    ("2026-11-20 08:00", "2026-11-19", "2026-11-20 08:01"),
    ("2026-11-20 15:35", "2026-11-19", "2026-11-20 15:36"),
    ("2026-11-20 20:10", "2026-11-19", "2026-11-20 20:11"),
    ("2026-11-20 21:04", "2026-11-19", "2026-11-20 21:05"),
    ("2026-11-20 21:05", "2026-11-20", "2026-11-23 00:00"),
    ("2026-11-21 11:00", "2026-11-20", "2026-11-23 00:00"),
    ("2026-11-23 00:00", "2026-11-20", "2026-11-23 00:01"),
    ("2026-09-11 20:09", "2026-09-10", "2026-09-11 20:10"),
    ("2026-09-11 20:10", "2026-09-11", "2026-09-14 00:00"),
    ("2026-09-14 20:10", "2026-09-11", "2026-09-14 20:11"),
    ("2026-06-03 11:00", "2026-06-02", "2026-06-04 00:00"),  # elections
    ("2026-12-31 11:00", "2026-12-30", "2027-01-04 00:00"),
]


@pytest.mark.parametrize("zone", ["Asia/Seoul", "UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize(("now", "final", "snapshot"), MOMENTS)
def test_moments(zone: str, now: str, final: str, snapshot: str) -> None:
    """The clock of the caller may stand in any zone, with summer time or without."""
    here = at(now).astimezone(ZoneInfo(zone))
    assert str(calendar.last_final(here, BARS)) == final
    assert moment(calendar.snapshot_expires(here, BARS)) == snapshot
    assert calendar.is_final(final, here, BARS)
    assert not calendar.is_final(calendar.next_session(final), here, BARS)


@pytest.mark.parametrize(
    ("newest", "arrived", "expires"),
    [
        ("2026-11-20", "2026-11-20 08:00", "2026-11-20 08:01"),
        ("2026-11-20", "2026-11-20 15:30", "2026-11-20 15:31"),
        ("2026-11-20", "2026-11-20 21:04", "2026-11-20 21:05"),
        ("2026-11-20", "2026-11-20 21:05", "never"),
        ("2026-11-20", "2026-11-21 11:00", "never"),
        ("2026-11-19", "2026-11-20 07:59", "2026-11-20 08:00"),
        ("2026-11-19", "2026-11-20 08:00", "never"),
        ("2026-11-21", "2026-11-21 11:00", "never"),  # Saturday means Friday
        ("2026-06-03", "2026-06-03 11:00", "never"),  # elections mean Tuesday
        ("1997-11-22", "2026-11-20 11:00", "never"),
    ],
)
def test_answer_expires(newest: str, arrived: str, expires: str) -> None:
    """An answer lives a minute until its newest session is final, then for ever."""
    for here in (at(arrived), at(arrived).astimezone(ZoneInfo("America/New_York"))):
        assert moment(calendar.answer_expires(newest, here, BARS)) == expires


@pytest.mark.parametrize("finality", [BARS, UNKNOWN, FOREIGN_HOLDINGS, CREDIT, ESTIMATES])
def test_nothing_final_before_its_hour(finality: Finality) -> None:
    """Every five minutes around the switch, elections, an exam and a year end."""
    for start in ("2026-05-29", "2026-09-10", "2026-11-17", "2026-12-28"):
        for step in range(8 * 24 * 12):
            now = at(start) + step * timedelta(minutes=5)
            newest = calendar.last_begun(now)
            final = calendar.final_at(newest, finality)
            expires = calendar.answer_expires(newest, now, finality)
            assert (expires is None) == (final is not None and final <= now)
            snapshot = calendar.snapshot_expires(now, finality)
            assert snapshot > now
            if calendar.is_session(now) and (final is None or final > now):
                assert snapshot - now == timedelta(minutes=1)


@pytest.mark.parametrize(
    "ask",
    [
        lambda now: calendar.last_final(now, BARS),
        lambda now: calendar.snapshot_expires(now, BARS),
        lambda now: calendar.is_final("2026-11-20", now, BARS),
        lambda now: calendar.answer_expires("2026-11-20", now, BARS),
        lambda now: calendar.complete_mask(np.array([], dtype="datetime64[us]"), "1d", now, BARS),
        lambda now: calendar.copied_mask(np.array([], dtype="datetime64[us]"), now, HOLDINGS),
    ],
)
def test_a_clock_without_a_zone_is_refused(ask: Callable[[datetime], object]) -> None:
    """Guessing the zone would be silently wrong outside of Korea."""
    with pytest.raises(ValueError, match="has no zone"):
        ask(datetime(2026, 11, 20, 9, 0))


# --- complete bars -------------------------------------------------------------------------------


def mask(labels: list[str], freq: str, retrieved: str, finality: Finality = BARS) -> list[bool]:
    found = calendar.complete_mask(np.array(labels, dtype="datetime64[us]"), freq, at(retrieved), finality)
    assert found.dtype == np.bool_
    return list(map(bool, found))


DAYS = ["1997-11-22", "2026-11-18", "2026-11-19", "2026-11-20"]
WEEKS = ["2026-11-09", "2026-11-16", "2026-11-23"]
MONTHS = ["2026-10-01", "2026-11-02", "2026-12-01"]
YEARS = ["2025-01-02", "2026-01-02", "2027-01-04"]


@pytest.mark.parametrize(
    ("freq", "labels", "retrieved", "expected"),
    [
        ("1d", DAYS, "2026-11-19 21:05", [1, 1, 0, 0]),
        ("1d", DAYS, "2026-11-20 08:00", [1, 1, 1, 0]),
        ("1d", DAYS, "2026-11-20 21:04", [1, 1, 1, 0]),
        ("1d", DAYS, "2026-11-20 21:05", [1, 1, 1, 1]),
        ("1d", DAYS, "2026-11-21 11:00", [1, 1, 1, 1]),
        ("1d", ["2026-09-10", "2026-09-11", "2026-09-14"], "2026-09-11 20:10", [1, 1, 0]),
        ("1d", ["2026-09-10", "2026-09-11", "2026-09-14"], "2026-09-14 20:10", [1, 1, 0]),
        ("min", ["2026-11-19 16:30", "2026-11-20 09:00", "2026-11-20 15:30"], "2026-11-20 21:04", [1, 0, 0]),
        ("min", ["2026-11-19 16:30", "2026-11-20 09:00", "2026-11-20 19:59"], "2026-11-20 21:05", [1, 1, 1]),
        ("tick", ["2026-11-19 19:59:59", "2026-11-20 00:00:00"], "2026-11-20 09:00", [1, 0]),
        ("1w", WEEKS, "2026-11-19 23:00", [1, 0, 0]),
        ("1w", WEEKS, "2026-11-20 21:04", [1, 0, 0]),
        ("1w", WEEKS, "2026-11-20 21:05", [1, 1, 0]),
        ("1w", ["2026-07-13", "2026-07-20"], "2026-07-16 20:10", [1, 0]),  # Friday is a holiday
        ("1w", ["2026-07-13", "2026-07-20"], "2026-07-16 20:09", [0, 0]),
        ("1w", ["2026-06-01", "2026-06-04"], "2026-06-02 20:10", [0, 0]),  # Wednesday is
        ("1w", ["2025-09-29", "2025-10-10"], "2025-10-10 20:10", [1, 1]),  # a week of one session
        ("1w", ["2026-12-28", "2027-01-04"], "2026-12-30 21:05", [1, 0]),  # over the year end
        ("1mo", MONTHS, "2026-11-27 21:05", [1, 0, 0]),
        ("1mo", MONTHS, "2026-11-30 21:04", [1, 0, 0]),
        ("1mo", MONTHS, "2026-11-30 21:05", [1, 1, 0]),
        ("1mo", ["2026-10-01", "2026-11-02"], "2026-10-30 21:05", [1, 0]),  # the 31st is a Saturday
        ("1mo", MONTHS, "2026-12-30 21:05", [1, 1, 1]),  # the 31st is closed
        ("1y", YEARS, "2026-12-30 21:04", [1, 0, 0]),
        ("1y", YEARS, "2026-12-30 21:05", [1, 1, 0]),
        ("1y", YEARS, "2027-01-04 15:30", [1, 1, 0]),
    ],
)
def test_complete_mask(freq: str, labels: list[str], retrieved: str, expected: list[int]) -> None:
    """A bar is complete when the last session in it is final."""
    assert mask(labels, freq, retrieved) == [bool(each) for each in expected]


def test_complete_mask_of_other_groups() -> None:
    """Holdings wait for the morning, unknown calls for 08:00, credit for three sessions, estimates for ever."""
    days = ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"]
    assert mask(days, "1d", "2026-11-20 21:30", FOREIGN_HOLDINGS) == [True, True, True, True, False]
    assert mask(days, "1d", "2026-11-23 07:10", FOREIGN_HOLDINGS) == [True] * 5
    assert mask(days, "1d", "2026-11-23 07:59", UNKNOWN) == [True, True, True, True, False]
    assert mask(days, "1d", "2026-11-20 21:30", CREDIT) == [True, True, False, False, False]
    assert mask(days, "1d", "2027-11-20 21:30", ESTIMATES) == [False] * 5


@pytest.mark.parametrize(("freq", "period"), [("1d", "D"), ("1w", "W-SUN"), ("1mo", "M"), ("1y", "Y")])
def test_complete_mask_means_the_last_session_of_the_period_is_final(freq: str, period: str) -> None:
    """The rule as written, computed the long way round with pandas periods, over three years of evenings."""
    days = calendar.sessions_in_range("2024-12-16", "2027-02-26")
    last_in_period = pd.Series(days, index=days).groupby(days.to_period(period)).transform("max")
    for retrieved in pd.date_range("2025-01-01 21:05", "2027-01-15 21:05", freq="D", tz=KST):
        final = pd.Timestamp(calendar.last_final(retrieved, BARS))
        expected = (last_in_period <= final).to_numpy()
        np.testing.assert_array_equal(
            calendar.complete_mask(days.to_numpy(), freq, retrieved, BARS), expected
        )


def test_complete_mask_of_nothing_and_of_missing_labels() -> None:
    """Empty stays empty, a missing label is never complete, other units of numpy work."""
    assert mask([], "1d", "2026-11-20 21:05") == []
    assert mask(["NaT", "2026-11-20"], "1w", "2026-11-20 21:05") == [False, True]
    labels = np.array(["2026-11-19", "2026-11-20"], dtype="datetime64[ns]")
    assert calendar.complete_mask(labels, "1d", at("2026-11-20 15:30"), BARS).tolist() == [True, False]


def test_complete_mask_refuses_an_unknown_frequency() -> None:
    """The message lists what is known."""
    with pytest.raises(ValueError, match="freq: expected one of 1d, 1w, 1mo, 1y, min, tick, got '1h'"):
        mask([], "1h", "2026-11-20 21:05")


@pytest.mark.parametrize(
    ("retrieved", "expected"),
    [
        ("2026-11-20 06:00", [0, 1, 1]),  # the row of the coming session is there after midnight
        ("2026-11-20 21:04", [0, 1, 1]),
        ("2026-11-20 21:05", [0, 0, 1]),
        ("2026-11-21 12:00", [0, 0, 1]),
    ],
)
def test_copied_rows(retrieved: str, expected: list[int]) -> None:
    """Until 21:05 of a day its row of foreign holdings can be that of the day before."""
    labels = np.array(["2026-11-19", "2026-11-20", "2026-11-23"], dtype="datetime64[us]")
    found = calendar.copied_mask(labels, at(retrieved), HOLDINGS)
    assert found.tolist() == [bool(each) for each in expected]
    assert not calendar.copied_mask(labels, at(retrieved), NET_FLOWS).any()
    before = np.array(["2026-09-10", "2026-09-11"], dtype="datetime64[us]")
    assert not calendar.copied_mask(before, at("2026-09-11 09:20"), HOLDINGS).any()
