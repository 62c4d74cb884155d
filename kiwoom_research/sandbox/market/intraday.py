"""Minutes and trades behind an invented day, so that they add up to its open, high, low, close and volume."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .bars import Bars, Column, Ints, at_limit, on_tick, tick_size

QUIET, BUSY = 4, 9  # trades in a minute: this many and up to so many more
LEAST = 4 * QUIET  # shares enough for every price of a stretch of trading to be made by a trade


class Stretch(NamedTuple):
    """What a stretch of continuous trading comes to."""

    open: int
    high: int
    low: int
    close: int
    volume: int


def minute_path(random: np.random.RandomState, size: int, day: Stretch, fund: bool) -> tuple[Column, ...]:
    """Return open, high, low, close and volume of ``size`` minutes; minutes without a trade have volume 0.

    The price walks from the open to the close, stretched to the range. The last minute need not be traded: of the
    regular session the closing auction makes the close.
    """
    place = np.linspace(-1, 1, size)
    weights = (0.5 + 2 * place**4 + (place < -0.9)) * np.exp(random.normal(0, 0.6, size))
    volume = (weights / weights.sum() * (day.volume - 3 * QUIET)).astype(np.int64)

    steps = np.append(0, np.cumsum(random.normal(0, 1, size)))
    along = np.linspace(0, 1, size + 1)
    bridge = steps - steps[-1] * along
    spread = (day.high - day.low) / max(float(np.ptp(bridge)), 1e-9)
    path = day.open + (day.close - day.open) * along + bridge * spread
    path = np.clip(on_tick(path, fund), day.low, day.high)
    path[0] = day.open
    top, bottom = int(path[1:].argmax()), int(path[1:].argmin())
    for made in (0, top, bottom):  # where a price of the day is made there are trades enough to show it
        volume[made] += QUIET
    volume[0] += day.volume - volume.sum()
    first, last = path[:-1].copy(), path[1:].copy()
    first[volume == 1] = last[volume == 1]
    high, low = np.maximum(first, last), np.minimum(first, last)
    reach = np.where(volume < QUIET, 0, random.randint(0, 2, (2, size)))
    high = np.minimum(high + reach[0] * tick_size(high, fund), day.high)
    low = np.maximum(low - reach[1] * tick_size(low - 1, fund), day.low)
    high[top], low[bottom] = day.high, day.low
    return first, high, low, last, volume


def trades_of(minutes: Bars, auction: Column, random: np.random.RandomState, fund: bool) -> Bars:
    """Return the trades behind minute bars; ``auction`` marks those that are one single trade."""
    count = np.minimum(minutes.volume, QUIET + random.randint(0, BUSY, minutes.size))
    count[auction] = 1
    bar = np.repeat(np.arange(minutes.size), count)
    first = np.cumsum(count) - count
    size = len(bar)

    low, high = minutes.low[bar], minutes.high[bar]
    price = np.clip(on_tick(low + random.uniform(0, 1, size) * (high - low), fund), low, high)
    price[first], price[first + count - 1] = minutes.open, minutes.close
    full = count >= QUIET
    price[first[full] + 1], price[first[full] + 2] = minutes.high[full], minutes.low[full]

    weights = random.uniform(0, 1, size) ** 3
    spare = (minutes.volume - count)[bar] * weights / np.add.reduceat(weights, first)[bar]
    volume: Ints = 1 + spare.astype(np.int64)
    volume[first] += minutes.volume - np.add.reduceat(volume, first)
    second = np.sort(bar * 60 + np.where(auction[bar], 0, random.randint(0, 60, size))) - bar * 60
    second[0] = 0  # the opening auction
    base = minutes.base[bar]
    return Bars(
        minutes.time[bar] + second.astype("timedelta64[s]"), price, price, price, price, volume,
        price * volume, base, minutes.shares[bar], at_limit(price, base, fund), np.zeros_like(price),
    )  # fmt: skip
