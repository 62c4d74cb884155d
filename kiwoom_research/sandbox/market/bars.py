"""Bars as columns, and the exchange's arithmetic on them: ticks, limits, adjustment, longer bars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Ints = NDArray[np.int64]


class Bars(NamedTuple):
    """Bars or trades, oldest first: columns of one length, whole won and whole shares.

    ``time`` is the start of the bar in Korean time, at midnight for bars of a day or longer. ``base`` is the
    price the change is measured against and ``shares`` the number of listed shares; 0 where they are not
    known; ``value`` is NaN where it is not known. ``limit`` is 1 where the close stands at the upper limit, -1 at the
    lower one. ``official`` is the close of the regular session, against which the next day's changes are measured;
    ``close`` is the last trade of the day.
    """

    time: Column
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    value: Column
    base: Ints
    shares: Ints
    limit: Ints
    official: Ints

    @property
    def size(self) -> int:
        """How many bars there are; ``len`` of a tuple is the number of its columns."""
        return int(self.time.size)

    @property
    def change(self) -> Ints:
        """Close against the base price; 0 where that is not known."""
        return np.where(self.base > 0, self.close - self.base, 0)


EMPTY = Bars(np.empty(0, "datetime64[s]"), *(np.empty(0, np.int64) for _ in Bars._fields[1:]))


def seconds(moment: date | np.datetime64) -> np.datetime64:
    """A day or time as the bars count it; a zone is dropped."""
    if isinstance(moment, datetime):
        moment = moment.replace(tzinfo=None)
    exact: np.datetime64 = np.datetime64(moment).astype("datetime64[s]")
    return exact


def cut(bars: Bars, rows: slice | Column) -> Bars:
    """Some of the rows."""
    return Bars(*(column[rows] for column in bars))


def newest(bars: Bars) -> dict[str, Any]:
    """The last bar as plain numbers by name."""
    return {name: column[-1].item() for name, column in bars._asdict().items()}


def until(bars: Bars, last: date | np.datetime64) -> Bars:
    """The rows up to a day or time, included."""
    return cut(bars, slice(int(np.searchsorted(bars.time, seconds(last), "right"))))


def joined(parts: Sequence[Bars]) -> Bars:
    """Bars one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Bars(*map(np.concatenate, zip(*parts, strict=True))) if parts else EMPTY


def grouped(bars: Bars, starts: Column) -> Bars:
    """Longer bars, each beginning at one of the rows ``starts``."""
    if not bars.size:
        return bars
    ends = np.append(starts[1:], bars.size) - 1
    return Bars(
        bars.time[starts],
        bars.open[starts],
        np.maximum.reduceat(bars.high, starts),
        np.minimum.reduceat(bars.low, starts),
        bars.close[ends],
        np.add.reduceat(bars.volume, starts),
        np.add.reduceat(bars.value, starts),
        bars.base[starts],
        bars.shares[ends],
        bars.limit[ends],
        bars.official[ends],
    )


def run_starts(labels: Column) -> Column:
    """The rows at which a label differs from the one before it."""
    return np.flatnonzero(np.append(True, labels[1:] != labels[:-1])) if labels.size else labels.astype(int)


def period_starts(times: Column, freq: str) -> Column:
    """The rows of daily bars at which a week, month or year begins; with ``1d`` every row."""
    days = times.astype("datetime64[D]")
    match freq:
        case "1w":
            return run_starts((days.astype(np.int64) + 3) // 7)  # 1970-01-01 was a Thursday
        case "1mo":
            return run_starts(days.astype("datetime64[M]"))
        case "1y":
            return run_starts(days.astype("datetime64[Y]"))
        case _:
            return run_starts(days)


def periods(bars: Bars, freq: str) -> Bars:
    """Weeks, months or years of daily bars, labelled with their first session; ``1d`` changes nothing."""
    if freq == "1d":
        return bars
    longer = grouped(bars, period_starts(bars.time, freq))
    return longer._replace(limit=np.zeros_like(longer.limit))  # the limit belongs to a day


def scaled(bars: Bars, factor: float | Column) -> Bars:
    """Adjusted bars: prices times a factor, down to the won; volume and shares divided by it."""

    def price(column: Ints) -> Ints:
        return whole_won(column * factor)

    def count(column: Ints) -> Ints:
        return np.asarray(np.rint(column / factor), np.int64)

    return bars._replace(
        open=price(bars.open),
        high=price(bars.high),
        low=price(bars.low),
        close=price(bars.close),
        base=price(bars.base),
        official=price(bars.official),
        volume=count(bars.volume),
        shares=count(bars.shares),
    )


def whole_won(prices: Column) -> Ints:
    """Prices down to the won; a millionth below it is rounding, not a price."""
    return np.asarray(np.floor(prices + 1e-6), np.int64)


# --- ticks and limits ----------------------------------------------------------------------------

# Price steps of the exchange since 2023-01-25: below 2,000 won by 1, below 5,000 by 5, and so on.
STEPS = np.array([2_000, 5_000, 20_000, 50_000, 200_000, 500_000])
TICKS = np.array([1, 5, 10, 50, 100, 500, 1_000])
FUND_STEPS, FUND_TICKS = np.array([2_000]), np.array([1, 5])


def tick_size(price: Column | float, fund: bool = False) -> Column:
    """The step of a price; ETFs and ETNs (``fund``) have their own table.

    >>> tick_size(np.array([1999, 2000, 34150, 500000])).tolist()
    [1, 5, 50, 1000]
    """
    steps, ticks = (FUND_STEPS, FUND_TICKS) if fund else (STEPS, TICKS)
    return np.asarray(ticks[np.searchsorted(steps, price, "right")])


def on_tick(price: Column, fund: bool = False) -> Ints:
    """The nearest price that can be traded, at least one won."""
    tick = tick_size(price, fund)
    return np.asarray(np.maximum(np.rint(price / tick) * tick, 1), np.int64)


def limits(base: Column | int, fund: bool = False) -> tuple[Ints, Ints]:
    """Lowest and highest price of a day: 30 % from the base price, brought inside to the tick.

    >>> low, high = limits(np.array([34150]))
    >>> low.tolist(), high.tolist()
    ([23950], [44350])
    """
    low, high = np.asarray(-(-base * 7 // 10)), np.asarray(base * 13 // 10)
    low_tick, high_tick = tick_size(low, fund), tick_size(high, fund)
    return -(-low // low_tick) * low_tick, high // high_tick * high_tick


def at_limit(close: Column, base: Column, fund: bool = False) -> Ints:
    """1 where a close stands at the upper limit, -1 at the lower one, 0 elsewhere or without a base."""
    low, high = limits(base, fund)
    up, down = (close >= high) & (high > base), (close <= low) & (low < base)
    return np.where(base > 0, up.astype(np.int64) - down.astype(np.int64), 0)
