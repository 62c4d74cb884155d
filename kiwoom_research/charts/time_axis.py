"""An ordinal time axis: bars side by side, without gaps for nights, weekends and holidays.

The position of a bar is its number, counted from 0. Ticks mark where a year, month, week, day or hour begins.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, Locator

from .layout import POINTS
from .theme import Theme

Positions = npt.NDArray[np.int64]
Times = npt.NDArray[np.datetime64]

SECONDS = (1, 5, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14400)
CALENDAR = ("day", "week", "month", "quarter", "half", "year", "2 years", "5 years", "10 years")
MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12, "2 years": 24, "5 years": 60, "10 years": 120}
CLOSEST = 0.8  # least distance of two labels, in average distances
CLOSEST_MONTHS = 0.6  # February is short, and a missing month would look like a mistake
FEWEST = 12  # minimum bars on the axis, so that a few bars stay narrow
ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class TimeAxis:
    """The times of bars and their positions on the axis.

    Parameters
    ----------
    index : pandas.Index
        ``date``, ``time`` or (``time``, ``seq``), ascending.

    Raises
    ------
    ValueError
        The index holds no times, is not ascending, or has the times of several stocks.
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
        # wall-clock time, which is what tick labels show
        self.times: Times = stamps.tz_localize(None).to_numpy().astype("datetime64[us]")
        self.zone = stamps.tz
        self.intraday = bool((self.times != self.times.astype("datetime64[D]")).any())
        self.ticks = index.nlevels > 1

    def __len__(self) -> int:
        return len(self.times)

    def positions(self, argument: str, times: list[Any] | pd.Index) -> Positions:
        """The last bar that begins at or before each time; -1 for times outside of the bars."""
        try:
            if len(times) and pd.api.types.is_numeric_dtype(pd.Index(times)):
                raise TypeError("numbers")
            stamps = pd.DatetimeIndex(times)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{argument}: expected times, got {error}") from None
        if stamps.tz is not None:
            stamps = stamps.tz_convert(self.zone or "Asia/Seoul").tz_localize(None)
        moments = stamps.to_numpy().astype("datetime64[us]")
        found = np.searchsorted(self.times, moments, side="right") - 1
        return np.where(moments < self.times[-1] + self.step(), found, -1)

    def step(self) -> np.timedelta64:
        """Median distance between two bars; a day if there is only one."""
        if len(self) < 2:
            return np.timedelta64(1, "D")
        return np.timedelta64(int(np.median(np.diff(self.times).astype(np.int64))), "us")

    def time_label(self, position: int) -> str:
        """Date and time of one bar."""
        form = "%Y-%m-%d %H:%M:%S" if self.ticks else "%Y-%m-%d %H:%M" if self.intraday else "%Y-%m-%d"
        return pd.Timestamp(self.times[position]).strftime(form)

    def interval_label(self, korean: bool) -> str:
        """The interval of the bars, such as 일봉 or 5분봉; empty for a single bar."""
        if self.ticks:
            return "틱" if korean else "tick"
        if len(self) < 2:
            return ""
        minutes = int(self.step() / np.timedelta64(1, "m"))
        if self.intraday:
            return f"{minutes}분봉" if korean else f"{minutes}m"
        days = minutes // 1440
        for most, hangul, english in ((4, "일봉", "1D"), (10, "주봉", "1W"), (100, "월봉", "1M")):
            if days <= most:
                return hangul if korean else english
        return "년봉" if korean else "1Y"

    # --- ticks -----------------------------------------------------------------------------------

    def label_units(self) -> tuple[int | str, ...]:
        """Spacings of ticks, finest first and none finer than the bars: seconds or a calendar unit."""
        if self.intraday:
            return (*SECONDS, *CALENDAR)
        days = int(self.step() / np.timedelta64(1, "D"))
        return CALENDAR[CALENDAR.index("year" if days > 300 else "month" if days > 25 else "day") :]

    def unit_starts(self, unit: int | str) -> Positions:
        """Bars with which a new year, month, ... begins."""
        if isinstance(unit, int):
            spans = self.times.astype(np.int64) // (unit * 1_000_000)
        elif unit in MONTHS:
            spans = self.times.astype("datetime64[M]").astype(np.int64) // MONTHS[unit]
        else:
            days = self.times.astype("datetime64[D]").astype(np.int64)
            # 1970-01-01 was a Thursday; a new month also starts a new span within its week
            months = self.times.astype("datetime64[M]").astype(np.int64)
            spans = days if unit == "day" else (days + 3) // 7 + months
        return np.flatnonzero(spans[1:] != spans[:-1]) + 1

    def tick_positions(self, first: float, last: float, room: float) -> tuple[int | str, list[int]]:
        """The spacing and the positions of ticks between two positions, with room for `room` labels.

        Where labels collide, a year is kept before a month and a month before a day.
        """
        unit: int | str = "year"
        inside: Positions = np.arange(0)
        for unit in self.label_units():
            starts = self.unit_starts(unit)
            inside = starts[(starts >= first) & (starts <= last)]
            if len(inside) * CLOSEST <= room:
                break
        if first <= 0:
            inside = np.append(inside, 0)  # shows where the bars begin
        spacing = (last - first) / max(room, 1) * (CLOSEST_MONTHS if unit in MONTHS else CLOSEST)
        taken: list[int] = []
        for position in sorted(inside.tolist(), key=lambda position: (-self.rank(position), position)):
            if all(abs(position - other) >= spacing for other in taken):
                taken.append(position)
        return unit, sorted(taken)

    def rank(self, position: int) -> int:
        """4 for the first bar of a year, 3 of a month, 2 of a day, 1 for the first intraday bar shown, else 0.

        The bars shown may begin with the last minutes of a day; the label of the next day is more important.
        """
        if position == 0:
            return 1 if self.intraday else 0
        before, here = self.times[position - 1 : position + 1]
        for rank, unit in ((4, "Y"), (3, "M"), (2, "D")):
            if before.astype(f"datetime64[{unit}]") != here.astype(f"datetime64[{unit}]"):
                return rank
        return 0

    def tick_label(self, position: int, unit: int | str, theme: Theme) -> str:
        """The part of the time that changes at a tick."""
        at = pd.Timestamp(self.times[position])
        rank = self.rank(position)
        if position == 0 and unit in MONTHS:
            return at.strftime("%Y" if MONTHS[str(unit)] >= 12 else "%Y-%m")
        if rank == 4:
            return str(at.year)
        if rank == 3:
            return theme.label(f"{at.month}월", ENGLISH_MONTHS[at.month - 1])
        if rank == 2 or position == 0:
            return f"{at.month}/{at.day}" if self.intraday or position == 0 else str(at.day)
        return at.strftime("%H:%M:%S" if isinstance(unit, int) and unit < 60 else "%H:%M")

    def apply(self, axes: Axes, theme: Theme) -> None:
        """Make these times the x axis of `axes`."""
        slack = max(1.0, 0.012 * len(self), (FEWEST - len(self)) / 2)
        axes.set_xlim(-slack, len(self) - 1 + slack)
        locator = TimeLocator(self, theme.points)

        def label(value: float, _: object) -> str:
            position = round(value)
            return self.tick_label(position, locator.unit, theme) if 0 <= position < len(self) else ""

        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(FuncFormatter(label))


class TimeLocator(Locator):
    """Ticks of a `TimeAxis` for the current view, also after zooming."""

    def __init__(self, time: TimeAxis, points: float) -> None:
        self.time = time
        self.points = points
        self.unit: int | str = "day"

    def __call__(self) -> list[int]:
        first, last = sorted(cast(Axis, self.axis).get_view_interval())
        return self.tick_values(first, last)

    def tick_values(self, vmin: float, vmax: float) -> list[int]:
        """Ticks between two positions."""
        axes = cast(Axis, self.axis).axes
        inches = axes.get_window_extent().width / axes.figure.dpi
        room = inches / (6 * self.points / POINTS)
        self.unit, positions = self.time.tick_positions(vmin, vmax, room)
        return positions
