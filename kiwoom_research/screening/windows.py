"""Rows of many codes in order, and the last of them as windows; no copy of the frame is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from ..indicators import apply_ignoring_nan
from .feature_list import Column, Function, Windows

Day = str | date | pd.Timestamp | np.datetime64

NEEDED = ("open", "high", "low", "close", "volume")
GIVEN = ("value", "turnover", "complete")  # where the bars have them
TEXT = pd.Series(["text"]).dtype  # str from pandas 3 on, object before
HOW_TO_JOIN = 'pd.concat({code: kr.get_bars(code) for code in codes}, names=["code"])'


@dataclass(frozen=True)
class Rows:
    """The rows of a frame sorted by code and day.

    ``order`` are their places in the frame (None: as they are), ``day`` their days as places in ``days``, which is
    ascending; the rows of code ``i`` are those from ``starts[i]`` to before ``stops[i]``.
    """

    codes: pd.Index
    days: Column
    order: Column | None
    day: Column
    starts: Column
    stops: Column

    def until(self, last: np.datetime64) -> Rows:
        """The same without the days after `last`."""
        end = np.searchsorted(self.days, last, "right")
        if end == len(self.days):
            return self
        bounds = zip(self.starts.tolist(), self.stops.tolist(), strict=True)
        stops = [first + int(self.day[first:stop].searchsorted(end)) for first, stop in bounds]
        return replace(self, stops=np.array(stops, np.int64))

    def newest(self) -> Column:
        """The last day of each code; NaT without a row."""
        found = np.full(len(self.codes), "NaT", "datetime64[us]")
        any_rows = self.stops > self.starts
        found[any_rows] = self.days[self.day[self.stops[any_rows] - 1]]
        return found

    def windows(self, frame: pd.DataFrame, names: Sequence[str], length: int) -> Windows:
        """The last `length` rows of each code."""
        at = self.stops[:, None] - np.arange(length, 0, -1)
        inside = at >= self.starts[:, None]
        found = {}
        places = np.where(inside, at, 0)
        if self.order is not None and len(self.order):
            places = self.order[places]
        for name in names:
            column = frame[name].to_numpy()
            filled = column[places] if len(column) else np.empty(places.shape)
            found[name] = np.where(inside, filled, np.nan).astype(np.float64)
        lengths = inside.sum(axis=1).tolist()

        def newest(window: Windows, function: Function, needs: Sequence[str], outputs: int) -> Column:
            made = np.full((outputs, len(lengths)), np.nan)
            for row, size in enumerate(lengths):
                if size:
                    last = [window[name][row, -size:] for name in needs]
                    made[:, row] = apply_ignoring_nan(function, outputs, last)[:, -1]
            return made

        return Windows(found, newest)


def in_order(frame: pd.DataFrame, what: str, column: str) -> Rows:
    """The rows of a frame that have a value in `column`; ValueError when code or day are missing or twice."""
    numbers, names = _labels(frame, "code", what)
    labels, dates = _labels(frame, "date", what)
    moments = pd.DatetimeIndex(pd.to_datetime(dates))
    if moments.tz is not None or (moments != moments.normalize()).any():
        raise ValueError(f"{what}: days are needed, and these are times; resample or pull freq='1d'")
    # ranks instead of texts and days: comparing 6.75 million codes takes a second
    code, names = _ranks(numbers, names)
    day, calendar = _ranks(labels, moments)
    ascending = (code[1:] > code[:-1]) | ((code[1:] == code[:-1]) & (day[1:] > day[:-1]))
    order = None
    if not ascending.all():
        order = np.lexsort((day, code))
        code, day = code[order], day[order]
    twice = np.flatnonzero((code[1:] == code[:-1]) & (day[1:] == day[:-1]))
    if len(twice):
        which = f"{names[code[twice[0]]]} has {str(calendar[day[twice[0]]])[:10]}"
        raise ValueError(f"{what}: {which} more than once ({len(twice)} such rows)")
    bounds = np.searchsorted(code, np.arange(len(names) + 1, dtype=np.int32))
    days = np.asarray(calendar, dtype="datetime64[us]")
    rows = Rows(names.astype(TEXT).rename("code"), days, order, day, bounds[:-1], bounds[1:])
    present = pd.notna(frame[column]).to_numpy()
    return rows if present.all() else _only(rows, present if order is None else present[order])


def _ranks(numbers: Column, labels: pd.Index) -> tuple[Column, pd.Index]:
    """Numbers that stand for labels, such that they ascend with them; and the labels in that order."""
    if labels.is_monotonic_increasing:
        return np.asarray(numbers, dtype=np.int32), labels
    place = np.argsort(labels.to_numpy())
    rank = np.empty(len(place), np.int32)
    rank[place] = np.arange(len(place))
    return rank[numbers], labels[place]


def _only(rows: Rows, wanted: Column) -> Rows:
    """Some of the rows, and their days."""
    before = np.append(0, np.cumsum(wanted))
    used, day = np.unique(rows.day[wanted], return_inverse=True)
    order = np.flatnonzero(wanted) if rows.order is None else rows.order[wanted]
    starts, stops = before[rows.starts], before[rows.stops]
    return Rows(rows.codes, rows.days[used], order, day.astype(np.int32), starts, stops)


def _labels(frame: pd.DataFrame, name: str, what: str) -> tuple[Column, pd.Index]:
    """One label of every row: as a number, and what the numbers stand for; every one of them occurs."""
    index = frame.index
    if isinstance(index, pd.MultiIndex) and name in index.names:
        at = index.names.index(name)
        codes, level = np.asarray(index.codes[at]), index.levels[at]
        used = (
            np.bincount(codes, minlength=len(level))[: len(level)] > 0
            if len(codes)
            else np.zeros(len(level), bool)
        )
        if (codes < 0).any():
            raise ValueError(f"{what}: a row has no {name}")
        return (codes, level) if used.all() else ((np.cumsum(used) - 1)[codes], level[used])
    values = index if index.name == name else frame.get(name)
    if values is None:
        hint = f"; for frames of one code each: {HOW_TO_JOIN}" if name == "code" else ""
        raise ValueError(f"{what}: no {name!r}, neither in the index nor as a column{hint}")
    numbers, found = pd.factorize(values)
    if (numbers < 0).any():
        raise ValueError(f"{what}: a row has no {name}")
    return numbers, pd.Index(found)


def day_of(value: Day, name: str) -> np.datetime64:
    """A day as the caller means it."""
    try:
        stamp = pd.Timestamp(value)
        if pd.isna(stamp):
            raise ValueError
    except (ValueError, TypeError):
        raise ValueError(f"{name}: expected a day such as '2024-01-02', got {value!r}") from None
    return np.datetime64(stamp.date(), "us")
