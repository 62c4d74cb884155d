"""The time axis: bars stand side by side, so nights, weekends and holidays take no room.

A bar's place is its number, counted from 0. Ticks stand where a new year, month, week, day or hour begins.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, Locator

from .theme import POINTS, Look

Places = npt.NDArray[np.int64]
Times = npt.NDArray[np.datetime64]

SECONDS = (1, 5, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14400)
CALENDAR = ("day", "week", "month", "quarter", "half", "year", "2 years", "5 years", "10 years")
MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12, "2 years": 24, "5 years": 60, "10 years": 120}
CLOSEST = 0.8  # of the usual distance of two labels
CLOSEST_MONTHS = 0.6  # February is short, and so are the labels; a month left out looks like a mistake
FEWEST = 12  # bars the width is made for, so that one bar is no barn door
ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Timeline:
    """The times of bars and their places on the axis.

    Parameters
    ----------
    index : pandas.Index
        ``date``, ``time`` or (``time``, ``seq``), ascending.

    Raises
    ------
    ValueError
        The index holds no times, or not in ascending order, or those of several stocks.
    """

    def __init__(self, index: pd.Index) -> None:
        if index.nlevels > 1 and "code" in index.names and len(index):
            code = index.get_level_values("code")[0]
            raise ValueError(f'bars: choose one stock, bars.loc["{code}"]')
        stamps = index.get_level_values(0)
        if not isinstance(stamps, pd.DatetimeIndex):
            raise ValueError(f"bars: the index must hold times, not {stamps.dtype}")
        if not stamps.is_monotonic_increasing or stamps.hasnans:
            raise ValueError("bars: the times in the index must be known and ascending")
        # the clock on the wall: ticks are read by people
        self.times: Times = stamps.tz_localize(None).to_numpy().astype("datetime64[us]")
        self.zone = stamps.tz
        self.intraday = bool((self.times != self.times.astype("datetime64[D]")).any())
        self.ticks = index.nlevels > 1

    def __len__(self) -> int:
        return len(self.times)

    def places(self, argument: str, when: list[Any] | pd.Index) -> Places:
        """The bar that holds each moment, -1 outside: the last one that begins at or before it."""
        try:
            if len(when) and pd.api.types.is_numeric_dtype(pd.Index(when)):
                raise TypeError("numbers")
            stamps = pd.DatetimeIndex(when)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{argument}: expected times, got {error}") from None
        if stamps.tz is not None:
            stamps = stamps.tz_convert(self.zone or "Asia/Seoul").tz_localize(None)
        moments = stamps.to_numpy().astype("datetime64[us]")
        found = np.searchsorted(self.times, moments, side="right") - 1
        return np.where(moments < self.times[-1] + self.step(), found, -1)

    def step(self) -> np.timedelta64:
        """The usual distance between two bars; a day for a single one."""
        if len(self) < 2:
            return np.timedelta64(1, "D")
        return np.timedelta64(int(np.median(np.diff(self.times).astype(np.int64))), "us")

    def label(self, place: int) -> str:
        """The whole time of one bar."""
        form = "%Y-%m-%d %H:%M:%S" if self.ticks else "%Y-%m-%d %H:%M" if self.intraday else "%Y-%m-%d"
        return pd.Timestamp(self.times[place]).strftime(form)

    def unit(self, look: Look) -> str:
        """What one bar is: day, week, 5 minutes; empty for a single bar."""
        if self.ticks:
            return look.word("틱", "tick")
        if len(self) < 2:
            return ""
        minutes = int(self.step() / np.timedelta64(1, "m"))
        if self.intraday:
            return look.word(f"{minutes}분봉", f"{minutes}m")
        days = minutes // 1440
        for most, korean, english in ((4, "일봉", "1D"), (10, "주봉", "1W"), (100, "월봉", "1M")):
            if days <= most:
                return look.word(korean, english)
        return look.word("년봉", "1Y")

    # --- ticks -----------------------------------------------------------------------------------

    def levels(self) -> tuple[int | str, ...]:
        """What ticks can be spaced by, finest first; nothing finer than the bars."""
        if self.intraday:
            return (*SECONDS, *CALENDAR)
        days = int(self.step() / np.timedelta64(1, "D"))
        return CALENDAR[CALENDAR.index("year" if days > 300 else "month" if days > 25 else "day") :]

    def starts(self, level: int | str) -> Places:
        """Bars with which a new span of that level begins."""
        if isinstance(level, int):
            spans = self.times.astype(np.int64) // (level * 1_000_000)
        elif level in MONTHS:
            spans = self.times.astype("datetime64[M]").astype(np.int64) // MONTHS[level]
        else:
            days = self.times.astype("datetime64[D]").astype(np.int64)
            # 1970-01-01 was a Thursday; a new month begins a new span also within a week
            months = self.times.astype("datetime64[M]").astype(np.int64)
            spans = days if level == "day" else (days + 3) // 7 + months
        return np.flatnonzero(spans[1:] != spans[:-1]) + 1

    def tick_places(self, first: float, last: float, room: float) -> tuple[int | str, list[int]]:
        """What ticks between two positions are spaced by, and their places, as many as `room` labels allow.

        A label of a year goes before that of a month, that of a month before that of a day.
        """
        level: int | str = "year"
        inside: Places = np.arange(0)
        for level in self.levels():
            starts = self.starts(level)
            inside = starts[(starts >= first) & (starts <= last)]
            if len(inside) * CLOSEST <= room:
                break
        if first <= 0:
            inside = np.append(inside, 0)  # says when it begins
        apart = (last - first) / max(room, 1) * (CLOSEST_MONTHS if level in MONTHS else CLOSEST)
        taken: list[int] = []
        for place in sorted(inside.tolist(), key=lambda place: (-self.rank(place), place)):
            if all(abs(place - other) >= apart for other in taken):
                taken.append(place)
        return level, sorted(taken)

    def rank(self, place: int) -> int:
        """4 for the first bar of a year, 3 of a month, 2 of a day, 1 of what is shown, else 0.

        What is shown can begin with the last minutes of a day: the next day's label goes before theirs.
        """
        if place == 0:
            return 1 if self.intraday else 0
        before, here = self.times[place - 1 : place + 1]
        for rank, unit in ((4, "Y"), (3, "M"), (2, "D")):
            if before.astype(f"datetime64[{unit}]") != here.astype(f"datetime64[{unit}]"):
                return rank
        return 0

    def tick_label(self, place: int, level: int | str, look: Look) -> str:
        """The part of the time that is new at a tick."""
        at = pd.Timestamp(self.times[place])
        rank = self.rank(place)
        if place == 0 and level in MONTHS:
            return at.strftime("%Y" if MONTHS[str(level)] >= 12 else "%Y-%m")
        if rank == 4:
            return str(at.year)
        if rank == 3:
            return look.word(f"{at.month}월", ENGLISH_MONTHS[at.month - 1])
        if rank == 2 or place == 0:
            return f"{at.month}/{at.day}" if self.intraday or place == 0 else str(at.day)
        return at.strftime("%H:%M:%S" if isinstance(level, int) and level < 60 else "%H:%M")

    def draw(self, axes: Axes, look: Look) -> None:
        """Give an x axis these times."""
        slack = max(1.0, 0.012 * len(self), (FEWEST - len(self)) / 2)
        axes.set_xlim(-slack, len(self) - 1 + slack)
        ticks = TimeTicks(self, look.points)

        def label(value: float, _: object) -> str:
            place = round(value)
            return self.tick_label(place, ticks.level, look) if 0 <= place < len(self) else ""

        axes.xaxis.set_major_locator(ticks)
        axes.xaxis.set_major_formatter(FuncFormatter(label))


class TimeTicks(Locator):
    """Ticks of a `Timeline` for what is in view, also after zooming."""

    def __init__(self, timeline: Timeline, points: float) -> None:
        self.timeline = timeline
        self.points = points
        self.level: int | str = "day"

    def __call__(self) -> list[int]:
        first, last = sorted(cast(Axis, self.axis).get_view_interval())
        return self.tick_values(first, last)

    def tick_values(self, vmin: float, vmax: float) -> list[int]:
        """Places between two positions."""
        axes = cast(Axis, self.axis).axes
        inches = axes.get_window_extent().width / axes.figure.dpi
        room = inches / (6 * self.points / POINTS)
        self.level, places = self.timeline.tick_places(vmin, vmax, room)
        return places
