"""The calendar against recorded sessions, recorded minute bars and tables worked out by hand."""

import itertools
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from holidays import financial_holidays

import kiwoom_research as kr
from kiwoom_research import calendar
from kiwoom_research.calendar import KST, closures, holidays_package, phase_rules
from kiwoom_research.calendar.closures import CLOSURES
from kiwoom_research.client import Client
from kiwoom_research.config import settings
from kiwoom_research.sandbox import Sandbox

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
    assert calendar.sessions_in_range("2010-01-01", "2026-09-11").tolist() == recorded.tolist()
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
    assert calendar.sessions_in_range(start, end).tolist() == days.tolist()


def test_the_closures_are_those_of_holidays() -> None:
    """The table in the package is what ``holidays`` says today, and what ``make closures`` would write."""
    assert list(CLOSURES) == list(range(2000, max(CLOSURES) + 1))
    assert max(CLOSURES) >= 2027
    for year in CLOSURES:
        known = [day for day in financial_holidays("XKRX", years=year) if day.weekday() < 5]
        added = [day for day in holidays_package.ADDED if day.year == year]
        assert sorted(f"{day:%m%d}" for day in [*known, *added]) == CLOSURES[year].split()
    source = Path(closures.__file__).read_text(encoding="utf-8")
    command = [sys.executable, "-m", "kiwoom_research.calendar", str(max(CLOSURES))]
    root = Path(calendar.__file__).parents[2]
    assert subprocess.run(command, check=True, capture_output=True, text=True, cwd=root).stdout == source


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


def test_sessions_in_range_is_an_index_of_labels() -> None:
    """Both ends count, the label is naive and in microseconds, nothing and a single day work."""
    found = calendar.sessions_in_range(date(2026, 6, 1), "20260604")
    assert found.equals(pd.DatetimeIndex(["2026-06-01", "2026-06-02", "2026-06-04"], dtype="datetime64[us]"))
    for index, length in [
        (found, 3),
        (calendar.sessions_in_range("2026-06-04", "2026-06-01"), 0),
        (calendar.sessions_in_range("2026-06-03", "2026-06-03"), 0),
        (calendar.sessions_in_range("2026-06-04", "2026-06-04"), 1),
        (calendar.sessions_in_range("1990-01-01", "1990-01-07"), 5),
    ]:
        assert (len(index), index.name, str(index.dtype)) == (length, "date", "datetime64[us]")


def test_sessions_in_range_agrees_with_is_session_over_all_years() -> None:
    """The vectorised and the single path are one calendar."""
    days = pd.date_range("1999-06-01", "2101-06-30", freq="D")
    assert calendar.sessions_in_range(days[0], days[-1]).tolist() == [
        day for day in days if calendar.is_session(day)
    ]


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
    """One exam a year since 2010, two days in 2017, all on sessions; evidence for every row of every table."""
    exams = list(calendar.EXAM_DAYS)
    assert exams == sorted(exams)
    assert [day.year for day in exams] == sorted([*range(2010, 2028), 2017])
    assert all(map(calendar.is_session, exams))
    assert all(day.weekday() == 3 for day in exams)  # since 2007 it is a Thursday
    assert {date(2025, 11, 13), date(2026, 11, 19)} < set(exams)
    evidence = [row.evidence for row in (*phase_rules.PHASE_RULES, *phase_rules.SHIFTS)]
    assert all([*evidence, *calendar.EXAM_DAYS.values(), *holidays_package.ADDED.values()])
    assert set(phase_rules.PRECEDENCE) == set(calendar.PHASES)
    assert {rule.phase for rule in phase_rules.PHASE_RULES} == set(calendar.PHASES)


def test_rules_of_a_phase_follow_one_another() -> None:
    """One venue's phase has one rule a day, and what has been written about a special day names a phase of it."""
    for venue in ("krx", "nxt"):
        for phase in calendar.PHASES:
            rules = [rule for rule in phase_rules.PHASE_RULES if (rule.venue, rule.phase) == (venue, phase)]
            for before, after in itertools.pairwise(rules):
                assert before.until + timedelta(days=1) == after.since
    shifted = {(shift.venue, shift.phase) for shift in phase_rules.SHIFTS}
    assert shifted <= {(rule.venue, rule.phase) for rule in phase_rules.PHASE_RULES}


# By hand from the exchange's and NXT's hours: (day, venue) and the phases in the order of the day.
DAYS_BY_PHASE = [
    ("2026-11-20", "krx", "opening_auction 0830-0900, regular 0900-1530, closing_auction 1520-1530,"
     " closing_price 1540-1600, after_market 1600-2000"),
    ("2026-11-20", "nxt", "pre_market 0800-0850, regular 0900-1520, after_market 1540-2000"),
    ("2026-09-11", "krx", "opening_auction 0830-0900, regular 0900-1530, closing_auction 1520-1530,"
     " closing_price 1540-1600, single_price 1600-1800"),
    ("2026-09-11", "nxt", "pre_market 0800-0850, regular 0900-1520, after_market 1540-2000"),
    ("2026-09-14", "krx", "opening_auction 0830-0900, regular 0900-1530, closing_auction 1520-1530,"
     " closing_price 1540-1600, after_market 1600-2000"),
    ("2025-11-13", "krx", "opening_auction 0930-1000, regular 1000-1630, closing_auction 1620-1630,"
     " closing_price 1640-1700, single_price 1700-1800"),
    ("2025-11-13", "nxt", "regular 1000-1620, after_market 1640-2000"),
    ("2026-11-19", "krx", "opening_auction 0930-1000, regular 1000-1630, closing_auction 1620-1630,"
     " closing_price 1640-1700, after_market ?"),
    ("2027-01-04", "krx", "opening_auction 0930-1000, regular 1000-1530, closing_auction 1520-1530,"
     " closing_price 1540-1600, after_market 1600-2000"),
    ("2026-01-02", "nxt", "regular 1000-1520, after_market 1540-2000"),
    ("2025-03-03", "nxt", "closed"),
    ("2025-02-28", "nxt", ""),
    ("2019-04-26", "krx", "opening_auction 0800-0900, regular 0900-1530, closing_auction 1520-1530,"
     " closing_price 1540-1600, single_price 1600-1800"),
    ("2016-07-29", "krx", "regular 0900-1500"),
]  # fmt: skip


@pytest.mark.parametrize(("day", "venue", "expected"), DAYS_BY_PHASE)
def test_phases_of_a_day(day: str, venue: str, expected: str) -> None:
    """Phases by venue and date, exam days and first sessions included; a phase without known hours says so."""
    if expected == "closed":
        with pytest.raises(ValueError, match="is not a session"):
            calendar.day_phases(day, venue)
        return
    found = sorted(calendar.day_phases(day, venue), key=lambda phase: calendar.PHASES.index(phase.name))
    spans = [f"{p.name} {p.start:%H%M}-{p.end:%H%M}" if p.start and p.end else f"{p.name} ?" for p in found]
    assert ", ".join(spans) == expected
    assert {phase.venue for phase in found} <= {venue}
    both = calendar.day_phases(day)
    assert set(found) <= set(both)
    assert calendar.hours_known(day) == all(phase.start for phase in both) == (day != "2026-11-19")


def test_nxt_opens_half_a_minute_later() -> None:
    """09:00:30, and 10:00:30 on the first session of a year."""
    for day, opening in (("2026-11-20", "09:00:30"), ("2026-01-02", "10:00:30")):
        regular = next(phase for phase in calendar.day_phases(day, "nxt") if phase.name == "regular")
        assert f"{regular.start:%H:%M:%S}" == opening


def test_a_session_begins_at_its_venue() -> None:
    """NXT's pre-market begins its day at 08:00; an exam day and a first session have none."""
    for day, venue, begins in (
        ("2026-11-20", "krx", "09:00"),
        ("2026-11-20", "nxt", "08:00"),
        ("2026-11-20", "both", "08:00"),
        ("2026-11-19", "krx", "10:00"),
        ("2026-11-19", "both", "10:00"),
        ("2027-01-04", "nxt", "10:01"),
        ("2020-01-03", "nxt", "09:00"),  # before NXT was there
    ):
        opening = at(f"{day} {begins}")
        assert f"{calendar.last_begun(opening, venue)}" == day
        assert calendar.last_begun(opening - MINUTE, venue) == calendar.previous_session(day)


def test_regular_minutes() -> None:
    """Bars from the open to the closing auction's own bar; an exam day is an hour later; NXT ends at 15:20."""
    clocks = [
        "08:30",
        "08:59",
        "09:00",
        "09:30",
        "10:00",
        "15:19",
        "15:20",
        "15:30",
        "15:31",
        "16:00",
        "16:30",
        "16:31",
        "19:59",
    ]
    for day, venue, first, last in (
        ("2026-11-20", "krx", "09:00", "15:30"),
        ("2026-11-20", "both", "09:00", "15:30"),
        ("2026-11-20", "nxt", "09:00", "15:20"),
        ("2026-11-19", "krx", "10:00", "16:30"),
        ("2026-01-02", "krx", "10:00", "15:30"),
        ("2016-07-29", "krx", "09:00", "15:00"),
        ("2026-11-21", "krx", "00:00", "23:59"),  # no session: nothing is known, all stays
        ("2020-01-03", "nxt", "00:00", "23:59"),
    ):
        labels = np.array([f"{day}T{each}" for each in clocks], dtype="datetime64[us]")
        expected = [first <= each <= last for each in clocks]
        assert calendar.regular_mask(labels, venue).tolist() == expected, (day, venue)
    assert calendar.regular_mask(np.array([], dtype="datetime64[us]")).tolist() == []


# What the words of a day are, minute by minute: (from, krx, nxt, both)
LONG_FRIDAY = [
    ("00:00", "closed", "closed", "closed"),
    ("08:00", "closed", "pre_market", "pre_market"),
    ("08:30", "opening_auction", "pre_market", "pre_market"),
    ("08:50", "opening_auction", "closed", "opening_auction"),
    ("09:00", "regular", "closed", "regular"),
    ("09:01", "regular", "regular", "regular"),
    ("15:20", "closing_auction", "closed", "closing_auction"),
    ("15:30", "closed", "closed", "closed"),
    ("15:40", "closing_price", "after_market", "after_market"),
    ("16:00", "after_market", "after_market", "after_market"),
    ("20:00", "closed", "closed", "closed"),
]
FRIDAY_BEFORE = [
    (since, "single_price" if since == "16:00" else krx, nxt, both) for since, krx, nxt, both in LONG_FRIDAY
]
FRIDAY_BEFORE.insert(-1, ("18:00", "closed", "after_market", "after_market"))
EXAM_DAY = [
    ("00:00", "closed", "closed", "closed"),
    ("09:30", "opening_auction", "closed", "opening_auction"),
    ("10:00", "regular", "closed", "regular"),
    ("10:01", "regular", "regular", "regular"),
    ("16:20", "closing_auction", "closed", "closing_auction"),
    ("16:30", "unknown", "closed", "unknown"),
    ("16:40", "closing_price", "after_market", "after_market"),
    ("17:00", "unknown", "after_market", "after_market"),
    ("20:00", "unknown", "closed", "unknown"),
]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-20", LONG_FRIDAY),
        ("2026-09-14", LONG_FRIDAY),
        ("2026-09-11", FRIDAY_BEFORE),
        ("2026-11-19", EXAM_DAY),
        ("2026-11-21", [("00:00", "closed", "closed", "closed")]),
    ],
)
def test_market_phase_minute_by_minute(day: str, words: list[tuple[str, str, str, str]]) -> None:
    """1,440 minutes of a day at three venues, by the public function and in another zone."""
    for minute in range(24 * 60):
        clock = f"{minute // 60:02}:{minute % 60:02}"
        expected = next(row[1:] for row in reversed(words) if row[0] <= clock)
        assert tuple(kr.market_phase(f"{day} {clock}", venue) for venue in calendar.VENUES) == expected, clock
        if minute % 60 == 0:
            here = at(f"{day} {clock}").astimezone(ZoneInfo("America/New_York"))
            assert kr.market_phase(here) == expected[0]


def test_market_phase_of_the_market(tmp_path: Path) -> None:
    """Without a moment it is the market's now: a sandbox's clock, not the computer's."""
    with Sandbox() as box, Client(settings(box, cache_dir=tmp_path)) as client:
        for clock, phase in (("2026-11-20 15:45", "closing_price"), ("2026-09-10 16:05", "single_price")):
            box.set_clock(clock)
            assert kr.market_phase(client=client) == phase


@pytest.mark.parametrize("arguments", [("2026-11-20", "NYSE"), ("noon", "krx"), ("2026-11-21", "")])
def test_market_phase_refuses_what_it_does_not_know(arguments: tuple[str, str]) -> None:
    """A venue that does not exist, a text that is no moment."""
    with pytest.raises(ValueError, match="expected"):
        kr.market_phase(*arguments)


def test_sessions_is_a_frame_of_hours() -> None:
    """Trading days with their hours; one type per column whatever the days are."""
    frame = kr.sessions("2026-11-18", "2026-11-22")
    assert frame.index.equals(calendar.sessions_in_range("2026-11-18", "2026-11-22"))
    assert frame["open"].dt.strftime("%H:%M").tolist() == ["09:00", "10:00", "09:00"]
    assert frame["after_market_end"].dt.strftime("%H:%M").fillna("").tolist() == ["20:00", "", "20:00"]
    assert frame["not_known"].tolist() == ["", "after_market", ""]
    assert frame["kind"].tolist() == ["ordinary", "exam day", "ordinary"]
    assert "KRX notice not seen" in frame["source"].iloc[1]
    assert frame["single_price_start"].isna().all()
    assert kr.sessions("2026-09-11", "2026-09-11")["single_price_end"].iloc[0] == at("2026-09-11 18:00")
    both = kr.sessions("2026-11-20", "2026-11-20", venue="both").iloc[0]
    assert (both["pre_market_start"], both["after_market_start"]) == (
        at("2026-11-20 08:00"),
        at("2026-11-20 15:40"),
    )
    assert kr.sessions("2020-01-02", "2020-01-03", "nxt")["open"].isna().all()
    for other in (
        kr.sessions("2026-11-21", "2026-11-22"),
        kr.sessions("2009", "2026-02"),
        both.to_frame().T[:0],
    ):
        assert list(other.columns) == list(frame.columns)
    assert kr.sessions("2026-11-21", "2026-11-22").dtypes.equals(frame.dtypes)
    with pytest.raises(ValueError, match="expected a start and an end"):
        kr.sessions(None, "2026")


# One row per moment: what has begun, is it open, when does the stock list expire.
MOMENTS = [
    # now                begun         open   list expires
    ("2026-11-19 07:59", "2026-11-18", False, "2026-11-19 08:00"),
    ("2026-11-19 08:00", "2026-11-18", False, "2026-11-20 08:00"),
    ("2026-11-19 09:30", "2026-11-18", False, "2026-11-20 08:00"),
    ("2026-11-19 10:00", "2026-11-19", True, "2026-11-20 08:00"),
    ("2026-11-19 16:29", "2026-11-19", True, "2026-11-20 08:00"),
    ("2026-11-19 16:30", "2026-11-19", False, "2026-11-20 08:00"),
    ("2026-11-20 00:00", "2026-11-19", False, "2026-11-20 08:00"),
    ("2026-11-20 08:59", "2026-11-19", False, "2026-11-23 08:00"),
    ("2026-11-20 09:00", "2026-11-20", True, "2026-11-23 08:00"),
    ("2026-11-20 15:29", "2026-11-20", True, "2026-11-23 08:00"),
    ("2026-11-20 15:30", "2026-11-20", False, "2026-11-23 08:00"),
    ("2026-11-21 11:00", "2026-11-20", False, "2026-11-23 08:00"),  # Saturday
    ("2026-11-23 07:59", "2026-11-20", False, "2026-11-23 08:00"),
    ("2026-06-03 11:00", "2026-06-02", False, "2026-06-04 08:00"),  # elections
    ("2026-07-17 07:00", "2026-07-16", False, "2026-07-20 08:00"),
    ("2026-12-31 11:00", "2026-12-30", False, "2027-01-04 08:00"),
    ("2027-01-04 09:59", "2026-12-30", False, "2027-01-05 08:00"),
    ("2027-01-04 10:00", "2027-01-04", True, "2027-01-05 08:00"),
]


@pytest.mark.parametrize("zone", ["Asia/Seoul", "UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize(("now", "begun", "is_open", "stock_list"), MOMENTS)
def test_moments(zone: str, now: str, begun: str, is_open: bool, stock_list: str) -> None:
    """The clock of the caller may stand in any zone, with summer time or without."""
    here = at(now).astimezone(ZoneInfo(zone))
    assert calendar.last_begun(here).isoformat() == begun
    assert calendar.is_open(here) is is_open
    assert moment(calendar.list_expires(here)) == stock_list


def test_seconds_around_the_edges() -> None:
    """Open counts, close does not, 08:00 is over at 08:00:00."""
    second = timedelta(seconds=1)
    opening, close = calendar.session_times("2026-11-20")
    assert [calendar.is_open(t) for t in (opening - second, opening, close - second, close)] == [0, 1, 1, 0]
    assert moment(calendar.list_expires(at("2026-11-20 08:00") - second)) == "2026-11-20 08:00"


def test_pandas_timestamps_tell_the_time() -> None:
    """A clock that hands out Timestamps works."""
    now = pd.Timestamp("2026-11-20 06:29", tz="UTC")
    assert calendar.is_open(now)
    assert calendar.last_begun(now) == date(2026, 11, 20)


@pytest.mark.parametrize(
    "ask", [calendar.last_begun, calendar.is_open, calendar.phase_at, calendar.list_expires]
)
def test_a_clock_without_a_zone_is_refused(ask) -> None:  # type: ignore[no-untyped-def]
    """Guessing the zone would be silently wrong outside of Korea."""
    with pytest.raises(ValueError, match="has no zone"):
        ask(datetime(2026, 11, 20, 9, 0))


# ----------------------------------------------------------------------------------------------------- import


def test_only_a_year_beyond_the_table_loads_holidays() -> None:
    """Who asks for a session up to the end of the table pays nothing, backwards neither."""
    code = """if True:
        import sys
        from kiwoom_research import calendar
        from kiwoom_research.calendar.closures import CLOSURES
        beyond = max(CLOSURES) + 1
        calendar.sessions_in_range("1990-01-01", f"{beyond - 1}-12-31")
        assert "holidays" not in sys.modules
        calendar.is_session(f"{beyond}-01-04")
        assert "holidays" in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(calendar.__file__).parents[2])
