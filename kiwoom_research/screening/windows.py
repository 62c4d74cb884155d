"""Bars of many codes as windows: for each code, one value per session of the exchange."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from .. import calendar, official_close
from ..indicators import ArrayFunction, apply_ignoring_nan
from ..kinds import Column
from ..official_close import ClosingPrice, Fallback
from ..untraded import fill_untraded, is_untraded

Day = str | date | pd.Timestamp | np.datetime64
LastValues = Callable[["Windows", ArrayFunction, Sequence[str], int], Column]

PRICES = ("open", "high", "low", "close")
CALENDAR_BEGINS = np.datetime64("2000-01-01", "us")  # the calendar knows the closures from here on
HOW_TO_JOIN = 'pd.concat({code: kr.get_bars(code) for code in codes}, names=["code"])'


class Windows:
    """Matrices with one window of sessions per row, newest last; a value is missing where there was no bar.

    The rows are either the last sessions of many codes, or the sessions before each session of one code.
    """

    def __init__(self, columns: dict[str, Column], last_values: LastValues) -> None:
        self._columns = columns
        self._last_values = last_values
        self._computed: dict[str, list[Column]] = {}

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __setitem__(self, name: str, column: Column) -> None:
        self._columns[name] = column

    def indicator(
        self, key: str, function: ArrayFunction, columns: Sequence[str], outputs: int = 1
    ) -> list[Column]:
        """Return the outputs of an indicator at the end of every window; they are calculated once per key."""
        if key not in self._computed:
            self._computed[key] = list(self._last_values(self, function, columns, outputs))
        return self._computed[key]


@dataclass(frozen=True)
class SortedRows:
    """The rows of a frame sorted by code and session, without a copy of the frame.

    Attributes
    ----------
    codes : pandas.Index
        The codes, sorted.
    sessions : numpy.ndarray
        The sessions of the exchange from the first row to the last, and other days that have a row; ascending.
    order : numpy.ndarray or None
        Position of each sorted row in the frame; None if the frame is sorted already.
    session : numpy.ndarray
        Position in `sessions` of each sorted row.
    starts, stops : numpy.ndarray
        The sorted rows of code ``i`` are those from ``starts[i]`` to before ``stops[i]``.
    """

    codes: pd.Index
    sessions: Column
    order: Column | None
    session: Column
    starts: Column
    stops: Column

    def until(self, last: np.datetime64) -> SortedRows:
        """Return the rows up to a day."""
        end = np.searchsorted(self.sessions, last, "right")
        if end == len(self.sessions):
            return self
        bounds = zip(self.starts.tolist(), self.stops.tolist(), strict=True)
        stops = [start + int(self.session[start:stop].searchsorted(end)) for start, stop in bounds]
        return replace(self, sessions=self.sessions[:end], stops=np.array(stops, np.int64))

    def last_sessions(self) -> Column:
        """Return the last session of each code; NaT for a code without rows."""
        found = np.full(len(self.codes), "NaT", "datetime64[us]")
        has_rows = self.stops > self.starts
        found[has_rows] = self.sessions[self.session[self.stops[has_rows] - 1]]
        return found

    def matrices(self, frame: pd.DataFrame, names: Sequence[str], length: int) -> dict[str, Column]:
        """Return columns as matrices: one row per code, the last `length` sessions; missing without a row.

        The first place holds the last value up to that session.
        """
        row = self.stops[:, None] - np.arange(length, 0, -1)
        exists = row >= self.starts[:, None]
        row, code = row[exists], np.nonzero(exists)[0]
        place = np.maximum(self.session[row] - (len(self.sessions) - length), 0)
        source = row if self.order is None else self.order[row]
        found = {}
        for name in names:
            found[name] = np.full((len(self.codes), length), np.nan)
            found[name][code, place] = frame[name].to_numpy()[
                source
            ]  # of several at one place the last one stays
        return found

    def windows(
        self, frame: pd.DataFrame, names: Sequence[str], length: int, price: ClosingPrice, fallback: Fallback
    ) -> Windows:
        """Return the last `length` sessions of the exchange for each code, with the close that is asked for."""
        # one session more, because the bar before the window may begin a halt
        columns = self.matrices(frame, names, length + 1)
        columns["close"], stands_in = official_close.choose_closes(columns, price)
        columns = carry_through_halts(mark_traded(columns))
        chosen = official_close.without_stand_ins(
            official_close.ChosenCloses(columns["close"], stands_in), fallback
        )
        columns |= {"close": chosen.price, official_close.STAND_IN: chosen.stands_in}

        def last_values(w: Windows, function: ArrayFunction, needed: Sequence[str], outputs: int) -> Column:
            found = np.full((outputs, len(self.codes)), np.nan)
            for at in np.flatnonzero(self.stops > self.starts):
                found[:, at] = apply_ignoring_nan(function, outputs, [w[name][at] for name in needed])[:, -1]
            return found

        return Windows({name: column[:, 1:] for name, column in columns.items()}, last_values)


def mark_traded(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Return the columns with prices for sessions without a trade, and a column that says whether one had a trade."""
    close = columns["close"]
    filled = {
        name: fill_untraded(column, close) if name in PRICES else column for name, column in columns.items()
    }
    return {**filled, "traded": np.where(np.isnan(close), np.nan, ~is_untraded(columns))}


def carry_through_halts(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Return the columns with a value for each session of a halt.

    A session without a bar belongs to a halt if the bar before it is one without a trade: its prices are the last
    close, its volume is 0. Any other session without a bar stays missing. The last axis are consecutive sessions.
    """
    no_bar = np.isnan(columns["close"])
    before = np.maximum.accumulate(np.where(no_bar, 0, np.arange(no_bar.shape[-1])), axis=-1)
    halted = no_bar & (np.take_along_axis(columns["traded"], before, axis=-1) == 0)
    last_close = np.take_along_axis(columns["close"], before, axis=-1)
    carried = dict.fromkeys(PRICES, last_close) | {"complete": np.ones(1)}
    return {name: np.where(halted, carried.get(name, 0.0), column) for name, column in columns.items()}


def sort_rows(frame: pd.DataFrame, what: str, column: str) -> SortedRows:
    """Sort the rows that have a value in `column`; ValueError if code or date are absent or repeated."""
    code_at, codes = _labels(frame, "code", what)
    day_at, dates = _labels(frame, "date", what)
    days = pd.DatetimeIndex(pd.to_datetime(dates))
    if days.tz is not None or (days != days.normalize()).any():
        raise ValueError(f"{what}: expected days, got times; resample them, or get bars with freq='1d'")
    # numbers instead of texts and days: comparing 6.75 million codes takes a second
    code, codes = _ranks(code_at, codes)
    day, days_index = _ranks(day_at, days)
    ascending = (code[1:] > code[:-1]) | ((code[1:] == code[:-1]) & (day[1:] > day[:-1]))
    order = None
    if not ascending.all():
        order = np.lexsort((day, code))
        code, day = code[order], day[order]
    repeated = np.flatnonzero((code[1:] == code[:-1]) & (day[1:] == day[:-1]))
    if len(repeated):
        first = f"{codes[code[repeated[0]]]} {str(days_index[day[repeated[0]]])[:10]}"
        raise ValueError(
            f"{what}: expected one row for each code and date, got several for {first} ({len(repeated)} rows too many)"
        )
    bounds = np.searchsorted(code, np.arange(len(codes) + 1, dtype=np.int32))
    starts, stops = bounds[:-1], bounds[1:]
    present = pd.notna(frame[column]).to_numpy()
    if not present.all():
        present = present if order is None else present[order]
        counts = np.append(0, np.cumsum(present))
        order = np.flatnonzero(present) if order is None else order[present]
        day, starts, stops = day[present], counts[starts], counts[stops]
    all_days = np.asarray(days_index, dtype="datetime64[us]")
    sessions = _sessions(all_days[np.unique(day)])
    session = np.searchsorted(sessions, all_days)[day].astype(np.int32)
    return SortedRows(codes.astype(str).rename("code"), sessions, order, session, starts, stops)


def _sessions(days: Column) -> Column:
    """Return the sessions of the exchange from the first to the last day, and these days."""
    known = days[days >= CALENDAR_BEGINS]
    if not len(known):
        return days
    first, last = (pd.Timestamp(day).date() for day in known[[0, -1]])
    return np.union1d(days, calendar.sessions_in_range(first, last).to_numpy())


def _ranks(numbers: Column, labels: pd.Index) -> tuple[Column, pd.Index]:
    """Return the labels sorted, and the numbers that then refer to them."""
    if labels.is_monotonic_increasing:
        return np.asarray(numbers, dtype=np.int32), labels
    place = np.argsort(labels.to_numpy())
    rank = np.empty(len(place), np.int32)
    rank[place] = np.arange(len(place))
    return rank[numbers], labels[place]


def _labels(frame: pd.DataFrame, name: str, what: str) -> tuple[Column, pd.Index]:
    """Return the label of every row as a number, and the labels; every label occurs."""
    index = frame.index
    if isinstance(index, pd.MultiIndex) and name in index.names:
        at = index.names.index(name)
        numbers, labels = np.asarray(index.codes[at]), index.levels[at]
        if (numbers < 0).any():
            raise ValueError(f"{what}: a row has no {name}")
        used = np.bincount(numbers, minlength=len(labels)) > 0
        return (numbers, labels) if used.all() else ((np.cumsum(used) - 1)[numbers], labels[used])
    values = index if index.name == name else frame.get(name)
    if values is None:
        hint = f"; for frames of one code each: {HOW_TO_JOIN}" if name == "code" else ""
        raise ValueError(f"{what}: expected {name!r} in the index or as a column{hint}")
    places, found = pd.factorize(values)
    if (places < 0).any():
        raise ValueError(f"{what}: a row has no {name}")
    return places, pd.Index(found)


def parse_day(value: Day, name: str) -> np.datetime64:
    """Return a day that the caller gave as a date or as text."""
    try:
        stamp = pd.Timestamp(value)
        if pd.isna(stamp):
            raise ValueError
    except (ValueError, TypeError):
        raise ValueError(f"{name}: expected a day such as '2024-01-02', got {value!r}") from None
    return np.datetime64(stamp.date(), "us")
