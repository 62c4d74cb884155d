"""The calendar against recorded sessions, recorded minute bars and tables worked out by hand."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from kiwoom_research import calendar
from kiwoom_research.calendar import KST

# The week of most tables below: Thursday 2026-11-19 is the exam day (10:00-16:30), 20 an ordinary Friday.
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    """Read '2026-11-20 09:00' as Korean time."""
    return datetime.fromisoformat(text).replace(tzinfo=KST)


def moment(value: datetime) -> str:
    """Write a moment the way the tables below do; fails on one that is not in Korean time."""
    assert value.utcoffset() == timedelta(hours=9)
    return f"{value:%Y-%m-%d %H:%M}"


# ------------------------------------------------------------------------------------------ recorded sessions


def recorded_sessions(test_data: Path) -> pd.DatetimeIndex:
    file = pd.read_csv(test_data / "data" / "calendar" / "krx_trading_days_2010_2026.csv")
    days = pd.DatetimeIndex(file["date"])
    return days[days <= pd.Timestamp("2026-09-11")]  # a plan after that


def test_every_day_since_2010_matches_the_recorded_sessions(test_data: Path) -> None:
    """All 6,098 days, weekends included, are session or not as recorded."""
    recorded = recorded_sessions(test_data)
    assert calendar.sessions("2010-01-01", "2026-09-11").tolist() == recorded.tolist()
    days = pd.date_range("2010-01-01", "2026-09-11")
    wrong = [day for day in days if calendar.is_session(day) != (day in recorded)]
    assert wrong == []


def test_every_recorded_weekday_closure_is_closed(test_data: Path) -> None:
    """The closures file is a second source: it names the days, the other one leaves them out."""
    closures = pd.read_csv(test_data / "data" / "calendar" / "krx_weekday_closures_2010_2026.csv")["date"]
    closures = closures[closures <= "2026-09-11"]
    assert len(closures) == 246
    assert not any(map(calendar.is_session, closures))


@pytest.mark.parametrize(
    ("file", "start", "end"),
    [
        ("fdr_naver_005930.csv", "2000-08-25", "2009-12-31"),
        ("quantkang_adj_005930_D.csv", "2000-01-01", "2009-12-31"),
    ],
)
def test_days_of_2000_to_2009_match_the_bars_of_samsung(
    test_data: Path, file: str, start: str, end: str
) -> None:
    """Before the recorded calendar the bars of a stock that was not halted in those years are the witness."""
    days = pd.DatetimeIndex(pd.read_csv(test_data / "data" / "longhist" / file, dtype=str).iloc[:, 0])
    days = days[(days >= pd.Timestamp(start)) & (days <= pd.Timestamp(end))]
    assert calendar.sessions(start, end).tolist() == days.tolist()


def test_first_and_last_minutes_match_the_recorded_bars(test_data: Path) -> None:
    """Two of 54 days open late in the bars: 2025-11-13 (exam) and 2026-01-02 (first session)."""
    pytest.importorskip("pyarrow")
    file = test_data / "data" / "minute_1m_krx_20250901_20260116.parquet"
    bars = pd.read_parquet(file, columns=["date", "time"]).groupby("date")["time"].agg(["min", "max"])
    assert len(bars) == 54
    for day, first, last in bars.itertuples():
        opening, close = calendar.session_times(day)
        assert f"{opening:%H%M%S}" == first, day
        # The closing auction prints at the close itself; the file lacks that bar of 2025-11-13.
        assert f"{close - MINUTE if day == '20251113' else close:%H%M%S}" == last, day


# ------------------------------------------------------------------------------------------------------- days


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-19", True),  # exam day: late, not closed
        ("2026-11-20", True),
        ("2026-11-21", False),  # Saturday
        ("2026-11-22", False),  # Sunday
        ("2026-06-02", True),
        ("2026-06-03", False),  # local elections; exchange_calendars 4.13.2 has a session
        ("2026-07-17", False),  # Constitution Day, a holiday again; the same
        ("2026-05-01", False),  # Labour Day
        ("2026-12-30", True),
        ("2026-12-31", False),  # the year's last weekday
        ("2027-01-01", False),
        ("2027-01-04", True),
        ("2022-12-30", False),  # the year's last weekday, New Year's Eve being a Saturday
        ("2000-12-28", False),  # our own row
        ("1997-11-22", False),  # a Saturday with trading: the known limit
        ("1980-01-07", True),  # no data: a weekday
        ("2150-06-01", True),
    ],
)
def test_is_session(day: str, expected: bool) -> None:
    """Text in both spellings, dates and timestamps say the same."""
    spellings = (day, day.replace("-", ""), date.fromisoformat(day), pd.Timestamp(day), at(day))
    assert [calendar.is_session(each) for each in spellings] == [expected] * 5


def test_a_moment_means_its_day_in_seoul() -> None:
    """Friday 16:00 in London is Saturday 01:00 in Seoul."""
    assert calendar.is_session(datetime(2026, 11, 20, 14, 59, tzinfo=UTC))
    assert not calendar.is_session(datetime(2026, 11, 20, 15, 0, tzinfo=UTC))


@pytest.mark.parametrize("day", ["2026-13-01", "20261132", "2026/11/20", "today", "", pd.NaT, None])
def test_what_is_no_day_is_refused(day: str) -> None:
    """ValueError names what was typed; NaT must not search for ever."""
    with pytest.raises(ValueError, match="not a day"):
        calendar.next_session(day)


@pytest.mark.parametrize(
    ("day", "before", "after", "on_or_before"),
    [
        ("2026-11-20", "2026-11-19", "2026-11-23", "2026-11-20"),  # Friday
        ("2026-11-21", "2026-11-20", "2026-11-23", "2026-11-20"),  # Saturday
        ("2026-11-23", "2026-11-20", "2026-11-24", "2026-11-23"),  # Monday
        ("2026-06-03", "2026-06-02", "2026-06-04", "2026-06-02"),
        ("2026-07-17", "2026-07-16", "2026-07-20", "2026-07-16"),
        ("2026-12-30", "2026-12-29", "2027-01-04", "2026-12-30"),
        ("2026-12-31", "2026-12-30", "2027-01-04", "2026-12-30"),
        ("2027-01-04", "2026-12-30", "2027-01-05", "2027-01-04"),
        ("2025-10-05", "2025-10-02", "2025-10-10", "2025-10-02"),  # a week of Chuseok
    ],
)
def test_neighbours(day: str, before: str, after: str, on_or_before: str) -> None:
    """Strictly before, strictly after, and the day itself where it is a session; plain dates."""
    found = (calendar.previous_session(day), calendar.next_session(day), calendar.session_on_or_before(day))
    assert found == tuple(map(date.fromisoformat, (before, after, on_or_before)))
    assert {type(each) for each in found} == {date}


def test_sessions_is_an_index_of_labels() -> None:
    """Both ends count, the label is naive and in microseconds, nothing and a single day work."""
    found = calendar.sessions(date(2026, 6, 1), "20260604")
    assert found.equals(pd.DatetimeIndex(["2026-06-01", "2026-06-02", "2026-06-04"], dtype="datetime64[us]"))
    for index, length in [
        (found, 3),
        (calendar.sessions("2026-06-04", "2026-06-01"), 0),
        (calendar.sessions("2026-06-03", "2026-06-03"), 0),
        (calendar.sessions("2026-06-04", "2026-06-04"), 1),
        (calendar.sessions("1990-01-01", "1990-01-07"), 5),
    ]:
        assert (len(index), index.name, str(index.dtype)) == (length, "date", "datetime64[us]")


def test_sessions_agrees_with_is_session_over_all_years() -> None:
    """The vectorised and the single path are one calendar."""
    days = pd.date_range("1999-06-01", "2101-06-30", freq="D")
    assert calendar.sessions(days[0], days[-1]).tolist() == [day for day in days if calendar.is_session(day)]


# ------------------------------------------------------------------------------------------------------ times


@pytest.mark.parametrize(
    ("day", "opening", "close"),
    [
        ("2026-11-18", "09:00", "15:30"),
        ("2026-11-19", "10:00", "16:30"),  # exam
        ("2026-11-20", "09:00", "15:30"),
        ("2025-11-13", "10:00", "16:30"),  # exam
        ("2020-12-03", "10:00", "16:30"),  # exam in December, in the year of the pandemic
        ("2020-11-19", "09:00", "15:30"),
        ("2017-11-16", "10:00", "16:30"),  # exam put off a week, market late on both days
        ("2017-11-23", "10:00", "16:30"),
        ("2026-01-02", "10:00", "15:30"),  # first session
        ("2026-01-05", "09:00", "15:30"),
        ("2027-01-04", "10:00", "15:30"),  # first session
        ("2016-08-01", "09:00", "15:30"),
        ("2016-07-29", "09:00", "15:00"),
        ("2015-11-12", "10:00", "16:00"),  # exam
        ("2016-01-04", "10:00", "15:00"),  # first session
        ("2000-05-22", "09:00", "15:00"),
        ("1995-06-01", "09:00", "15:00"),  # the stand-in
    ],
)
def test_session_times(day: str, opening: str, close: str) -> None:
    """Hours by date, exam days and first sessions of a year."""
    times = tuple(map(moment, calendar.session_times(day)))
    assert times == (f"{day} {opening}", f"{day} {close}")


@pytest.mark.parametrize("day", ["2026-11-21", "2026-06-03", "2026-12-31"])
def test_a_closed_day_has_no_times(day: str) -> None:
    """It is the caller's mistake, by name."""
    with pytest.raises(ValueError, match=f"{day} is not a session"):
        calendar.session_times(day)


def test_the_tables_hold_together() -> None:
    """One exam a year since 2010, two days in 2017, all on sessions; hours newest first; evidence for all."""
    exams = list(calendar.CSAT_DAYS)
    assert exams == sorted(exams)
    assert [day.year for day in exams] == sorted([*range(2010, 2028), 2017])
    assert all(map(calendar.is_session, exams))
    assert all(day.weekday() == 3 for day in exams)  # since 2007 it is a Thursday
    assert {date(2025, 11, 13), date(2026, 11, 19)} < set(exams)
    since = [row.since for row in calendar.HOURS]
    assert since == sorted(since, reverse=True)
    assert since[-1] == date.min
    evidence = [row.evidence for row in calendar.HOURS]
    assert all([*evidence, *calendar.CSAT_DAYS.values(), *calendar.CLOSED.values()])


# One row per moment: what has begun, is it open, what is final, when do a snapshot and the stock list expire.
MOMENTS = [
    # now                begun         open   final         snapshot expires    list expires
    ("2026-11-19 07:59", "2026-11-18", False, "2026-11-18", "2026-11-19 08:00", "2026-11-19 08:00"),
    ("2026-11-19 08:00", "2026-11-18", False, "2026-11-18", "2026-11-19 08:01", "2026-11-20 08:00"),
    ("2026-11-19 09:30", "2026-11-18", False, "2026-11-18", "2026-11-19 09:31", "2026-11-20 08:00"),
    ("2026-11-19 10:00", "2026-11-19", True, "2026-11-18", "2026-11-19 10:01", "2026-11-20 08:00"),
    ("2026-11-19 15:30", "2026-11-19", True, "2026-11-18", "2026-11-19 15:31", "2026-11-20 08:00"),
    ("2026-11-19 16:29", "2026-11-19", True, "2026-11-18", "2026-11-19 16:30", "2026-11-20 08:00"),
    ("2026-11-19 16:30", "2026-11-19", False, "2026-11-18", "2026-11-19 20:10", "2026-11-20 08:00"),
    ("2026-11-19 16:40", "2026-11-19", False, "2026-11-18", "2026-11-19 20:10", "2026-11-20 08:00"),
    ("2026-11-19 20:10", "2026-11-19", False, "2026-11-19", "2026-11-20 08:00", "2026-11-20 08:00"),
    ("2026-11-20 00:00", "2026-11-19", False, "2026-11-19", "2026-11-20 08:00", "2026-11-20 08:00"),
    ("2026-11-20 08:59", "2026-11-19", False, "2026-11-19", "2026-11-20 09:00", "2026-11-23 08:00"),
    ("2026-11-20 09:00", "2026-11-20", True, "2026-11-19", "2026-11-20 09:01", "2026-11-23 08:00"),
    ("2026-11-20 15:29", "2026-11-20", True, "2026-11-19", "2026-11-20 15:30", "2026-11-23 08:00"),
    ("2026-11-20 15:30", "2026-11-20", False, "2026-11-19", "2026-11-20 20:10", "2026-11-23 08:00"),
    ("2026-11-20 16:40", "2026-11-20", False, "2026-11-19", "2026-11-20 20:10", "2026-11-23 08:00"),
    ("2026-11-20 20:09", "2026-11-20", False, "2026-11-19", "2026-11-20 20:10", "2026-11-23 08:00"),
    ("2026-11-20 20:10", "2026-11-20", False, "2026-11-20", "2026-11-23 08:00", "2026-11-23 08:00"),
    ("2026-11-21 11:00", "2026-11-20", False, "2026-11-20", "2026-11-23 08:00", "2026-11-23 08:00"),  # Sat
    ("2026-11-23 07:59", "2026-11-20", False, "2026-11-20", "2026-11-23 08:00", "2026-11-23 08:00"),
    ("2026-06-03 11:00", "2026-06-02", False, "2026-06-02", "2026-06-04 08:00", "2026-06-04 08:00"),  # shut
    ("2026-07-17 07:00", "2026-07-16", False, "2026-07-16", "2026-07-20 08:00", "2026-07-20 08:00"),
    ("2026-12-30 20:09", "2026-12-30", False, "2026-12-29", "2026-12-30 20:10", "2027-01-04 08:00"),
    ("2026-12-31 11:00", "2026-12-30", False, "2026-12-30", "2027-01-04 08:00", "2027-01-04 08:00"),
    ("2027-01-04 09:59", "2026-12-30", False, "2026-12-30", "2027-01-04 10:00", "2027-01-05 08:00"),
    ("2027-01-04 10:00", "2027-01-04", True, "2026-12-30", "2027-01-04 10:01", "2027-01-05 08:00"),
    ("2027-01-04 15:30", "2027-01-04", False, "2026-12-30", "2027-01-04 20:10", "2027-01-05 08:00"),
]


@pytest.mark.parametrize("zone", ["Asia/Seoul", "UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize(("now", "begun", "is_open", "final", "snapshot", "stock_list"), MOMENTS)
def test_moments(
    zone: str, now: str, begun: str, is_open: bool, final: str, snapshot: str, stock_list: str
) -> None:
    """The clock of the caller may stand in any zone, with summer time or without."""
    here = at(now).astimezone(ZoneInfo(zone))
    assert calendar.last_begun(here).isoformat() == begun
    assert calendar.is_open(here) is is_open
    assert calendar.last_final(here).isoformat() == final
    assert moment(calendar.snapshot_expires(here)) == snapshot
    assert moment(calendar.list_expires(here)) == stock_list


def test_seconds_around_the_edges() -> None:
    """Open counts, close does not, final does, 08:00 is over at 08:00:00."""
    second = timedelta(seconds=1)
    opening, close = calendar.session_times("2026-11-20")
    assert [calendar.is_open(t) for t in (opening - second, opening, close - second, close)] == [0, 1, 1, 0]
    assert calendar.last_final(calendar.final_at("2026-11-20") - second) == date(2026, 11, 19)
    assert moment(calendar.list_expires(at("2026-11-20 08:00") - second)) == "2026-11-20 08:00"
    assert calendar.snapshot_expires(opening + second) == opening + second + MINUTE


def test_pandas_timestamps_tell_the_time() -> None:
    """A clock that hands out Timestamps works."""
    now = pd.Timestamp("2026-11-20 06:29", tz="UTC")
    assert calendar.is_open(now)
    assert calendar.last_begun(now) == date(2026, 11, 20)
    assert moment(calendar.snapshot_expires(now)) == "2026-11-20 15:30"


@pytest.mark.parametrize(
    ("session", "now", "expected"),
    [
        ("2026-11-20", "2026-11-20 20:09", False),
        ("2026-11-20", "2026-11-20 20:10", True),
        ("2026-11-19", "2026-11-20 09:00", True),
        ("2026-11-23", "2026-11-20 20:10", False),
        ("1997-11-22", "2026-11-20 09:00", True),  # a bar of an old Saturday
    ],
)
def test_is_final(session: str, now: str, expected: bool) -> None:
    """20:10 of its own day, on exam days as on others."""
    assert calendar.is_final(session, at(now)) is expected
    assert moment(calendar.final_at(session)) == f"{session} 20:10"


@pytest.mark.parametrize(
    ("newest", "now", "expires"),
    [
        ("2026-11-20", "2026-11-19 20:10", "2026-11-20 08:00"),  # asked the evening before
        ("2026-11-20", "2026-11-20 07:59", "2026-11-20 08:00"),
        ("2026-11-20", "2026-11-20 08:00", "2026-11-20 08:01"),
        ("2026-11-20", "2026-11-20 09:00", "2026-11-20 09:01"),
        ("2026-11-20", "2026-11-20 15:29", "2026-11-20 15:30"),
        ("2026-11-20", "2026-11-20 15:30", "2026-11-20 20:10"),
        ("2026-11-20", "2026-11-20 16:40", "2026-11-20 20:10"),
        ("2026-11-20", "2026-11-20 20:09", "2026-11-20 20:10"),
        ("2026-11-20", "2026-11-20 20:10", None),
        ("2026-11-20", "2026-11-21 11:00", None),
        ("2026-11-19", "2026-11-20 11:00", None),
        ("2026-11-19", "2026-11-19 15:30", "2026-11-19 15:31"),  # exam: still open
        ("2026-11-19", "2026-11-19 16:30", "2026-11-19 20:10"),
        ("2026-11-23", "2026-11-21 11:00", "2026-11-23 08:00"),
        ("2026-11-21", "2026-11-21 11:00", None),  # Saturday means Friday
        ("2026-11-22", "2026-11-20 15:30", "2026-11-20 20:10"),
        ("2026-06-03", "2026-06-03 11:00", None),  # elections mean Tuesday
        ("2027-01-04", "2026-12-30 20:10", "2027-01-04 08:00"),
        ("2027-01-04", "2027-01-04 09:30", "2027-01-04 09:31"),
        ("1997-11-22", "2026-11-20 11:00", None),
    ],
)
def test_answer_expires(newest: str, now: str, expires: str | None) -> None:
    """A finished session stays; a running one lives a minute; in between the next edge counts."""
    for here in (at(now), at(now).astimezone(ZoneInfo("America/New_York"))):
        found = calendar.answer_expires(newest, here)
        assert (None if found is None else moment(found)) == expires


def test_nothing_expires_in_the_past() -> None:
    """Every quarter of an hour around an election, an exam and a year end: expiry is later than now."""
    for start in ("2026-05-29", "2026-11-16", "2026-12-28"):
        for step in range(14 * 24 * 4):
            now = at(start) + step * 15 * MINUTE
            newest = calendar.last_begun(now)
            expires = calendar.answer_expires(newest, now)
            assert (expires is None) == (newest == calendar.last_final(now))
            later = [calendar.snapshot_expires(now), calendar.list_expires(now), expires]
            assert all(each > now for each in later if each is not None)


@pytest.mark.parametrize(
    "ask",
    [
        calendar.last_begun,
        calendar.is_open,
        calendar.last_final,
        calendar.snapshot_expires,
        calendar.list_expires,
        lambda now: calendar.is_final("2026-11-20", now),
        lambda now: calendar.answer_expires("2026-11-20", now),
        lambda now: calendar.complete_mask(np.array([], dtype="datetime64[us]"), "1d", now),
    ],
)
def test_a_clock_without_a_zone_is_refused(ask) -> None:  # type: ignore[no-untyped-def]
    """Guessing the zone would be silently wrong outside of Korea."""
    with pytest.raises(ValueError, match="has no zone"):
        ask(datetime(2026, 11, 20, 9, 0))


# --------------------------------------------------------------------------------------------- complete bars


def mask(labels: list[str], freq: str, retrieved: str) -> list[bool]:
    found = calendar.complete_mask(np.array(labels, dtype="datetime64[us]"), freq, at(retrieved))
    assert found.dtype == np.bool_
    return list(map(bool, found))


DAYS = ["1997-11-22", "2026-11-18", "2026-11-19", "2026-11-20"]
WEEKS = ["2026-11-09", "2026-11-16", "2026-11-23"]
MONTHS = ["2026-10-01", "2026-11-02", "2026-12-01"]
YEARS = ["2025-01-02", "2026-01-02", "2027-01-04"]


@pytest.mark.parametrize(
    ("freq", "labels", "retrieved", "expected"),
    [
        ("1d", DAYS, "2026-11-19 20:09", [1, 1, 0, 0]),
        ("1d", DAYS, "2026-11-19 20:10", [1, 1, 1, 0]),
        ("1d", DAYS, "2026-11-20 16:40", [1, 1, 1, 0]),
        ("1d", DAYS, "2026-11-20 20:10", [1, 1, 1, 1]),
        ("1d", DAYS, "2026-11-21 11:00", [1, 1, 1, 1]),
        ("min", ["2026-11-19 16:30", "2026-11-20 09:00", "2026-11-20 15:30"], "2026-11-20 20:09", [1, 0, 0]),
        ("min", ["2026-11-19 16:30", "2026-11-20 09:00", "2026-11-20 19:59"], "2026-11-20 20:10", [1, 1, 1]),
        ("tick", ["2026-11-19 19:59:59", "2026-11-20 00:00:00"], "2026-11-20 09:00", [1, 0]),
        ("1w", WEEKS, "2026-11-19 23:00", [1, 0, 0]),
        ("1w", WEEKS, "2026-11-20 20:09", [1, 0, 0]),
        ("1w", WEEKS, "2026-11-20 20:10", [1, 1, 0]),
        ("1w", WEEKS, "2026-11-22 11:00", [1, 1, 0]),
        ("1w", ["2026-07-13", "2026-07-20"], "2026-07-16 20:10", [1, 0]),  # Friday is a holiday
        ("1w", ["2026-07-13", "2026-07-20"], "2026-07-16 20:09", [0, 0]),
        ("1w", ["2026-06-01", "2026-06-04"], "2026-06-02 20:10", [0, 0]),  # Wednesday is
        ("1w", ["2025-09-29", "2025-10-10"], "2025-10-05 11:00", [1, 0]),  # a week of one session
        ("1w", ["2025-09-29", "2025-10-10"], "2025-10-10 20:10", [1, 1]),
        ("1w", ["2026-12-28", "2027-01-04"], "2026-12-30 20:10", [1, 0]),  # over the year end
        ("1mo", MONTHS, "2026-11-27 20:10", [1, 0, 0]),
        ("1mo", MONTHS, "2026-11-30 20:09", [1, 0, 0]),
        ("1mo", MONTHS, "2026-11-30 20:10", [1, 1, 0]),
        ("1mo", ["2026-10-01", "2026-10-06"], "2026-10-30 20:10", [1, 1]),  # the 31st is a Saturday
        ("1mo", MONTHS, "2026-12-30 20:10", [1, 1, 1]),  # the 31st is closed
        ("1y", YEARS, "2026-12-30 20:09", [1, 0, 0]),
        ("1y", YEARS, "2026-12-30 20:10", [1, 1, 0]),
        ("1y", YEARS, "2027-01-04 15:30", [1, 1, 0]),
    ],
)
def test_complete_mask(freq: str, labels: list[str], retrieved: str, expected: list[int]) -> None:
    """A bar is complete when the last session in it is final."""
    assert mask(labels, freq, retrieved) == [bool(each) for each in expected]


@pytest.mark.parametrize(("freq", "period"), [("1d", "D"), ("1w", "W-SUN"), ("1mo", "M"), ("1y", "Y")])
def test_complete_mask_means_the_last_session_of_the_period_is_final(freq: str, period: str) -> None:
    """The rule as written, computed the long way round with pandas periods, over three years of evenings."""
    days = calendar.sessions("2024-12-16", "2027-02-26")
    last_in_period = pd.Series(days, index=days).groupby(days.to_period(period)).transform("max")
    for retrieved in pd.date_range("2025-01-01 20:10", "2027-01-15 20:10", freq="D", tz=KST):
        final = pd.Timestamp(calendar.last_final(retrieved))
        expected = (last_in_period <= final).to_numpy()
        np.testing.assert_array_equal(calendar.complete_mask(days.to_numpy(), freq, retrieved), expected)


def test_complete_mask_of_nothing_and_of_missing_labels() -> None:
    """Empty stays empty, a missing label is never complete, other units of numpy work."""
    assert mask([], "1d", "2026-11-20 20:10") == []
    assert mask(["NaT", "2026-11-20"], "1w", "2026-11-20 20:10") == [False, True]
    labels = np.array(["2026-11-19", "2026-11-20"], dtype="datetime64[ns]")
    assert calendar.complete_mask(labels, "1d", at("2026-11-20 15:30")).tolist() == [True, False]


def test_complete_mask_refuses_an_unknown_frequency() -> None:
    """The message lists what is known."""
    with pytest.raises(ValueError, match="freq is one of 1d, 1w, 1mo, 1y, min, tick, not '1h'"):
        mask([], "1h", "2026-11-20 20:10")


# ----------------------------------------------------------------------------------------------------- import


def test_import_does_not_load_holidays() -> None:
    """Only who asks for a session pays for it."""
    code = """if True:
        import sys
        from kiwoom_research import calendar
        assert "holidays" not in sys.modules
        calendar.is_session("2026-11-20")
        assert "holidays" in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(calendar.__file__).parents[2])
