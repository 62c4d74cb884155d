"""An invented market: a few hundred stocks over twelve years, the same for the same seed on any machine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property, lru_cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from ...calendar import LONG_DAY, sessions_in_range
from .bars import (
    EMPTY,
    Bars,
    Column,
    Ints,
    at_limit,
    cut,
    joined,
    limits,
    on_tick,
    seconds,
    tick_size,
    until,
    whole_won,
)
from .base import AFTER_MARKETS, Market, Stock
from .fundamentals import books, facts_of_day
from .hours import CLOSING_PRICE_BAR, SessionHours
from .intraday import LEAST, Stretch, minute_path, trades_of
from .scenarios import ANCHOR, CHANCE, END, LONG_AGO, LONG_DAY_ONLY, SCENARIOS, START, Scenario
from .securities import LISTING

STREAM = 1  # of the random numbers: another number is another market
EDITION = 1  # of what is made of them: part of the name of a sandbox
LEAST_VOLUME = 40  # shares a day, enough for every price of the day to have a trade

# The after-market: measured gaps between its last trade and the official close have a median of 0.4 % and a 99th
# percentile of 4 to 5 %, one close in five does not differ, and it trades some 3 % of the day.
SAME_CLOSE = 0.2
GAP = 0.0048  # of a t distribution with two degrees of freedom
LARGE = 10_000_000_000_000  # won of market value from which sums are late by per cents


class SyntheticDays(NamedTuple):
    """Daily bars of one stock as shown, and what of them is the after-market."""

    shown: Bars
    regular: Bars
    after: Bars


class SyntheticMarket(Market):
    """Invented stocks whose prices move together, with corporate actions, halts, limit days, a delisting and an IPO.

    Parameters
    ----------
    seed : int
        Another seed is another market with the same stock list.
    long_day : bool
        Whether shares trade until 20:00 from 2026-09-14 on, as on the real exchange; False is the world before.
    """

    end = END
    invented = True

    def __init__(self, seed: int = 1, *, long_day: bool = False) -> None:
        super().__init__(long_day=long_day)
        self.seed = seed
        self.fingerprint = f"synthetic-{EDITION}-{seed}" + ("-long-day" if long_day else "")
        self._days = lru_cache(maxsize=None)(self._make_days)

    @property
    def stream(self) -> str:
        return f"synthetic-{STREAM}-{self.seed}"

    @property
    def stocks(self) -> Mapping[str, Stock]:
        return LISTING

    def _scenario(self, code: str) -> Scenario:
        return CHANCE if code in LONG_DAY_ONLY and not self.long_day else SCENARIOS.get(code, CHANCE)

    def _random(self, *what: object) -> np.random.RandomState:
        # RandomState because its streams are frozen: the same numbers in every version of numpy
        digest = blake2b("/".join(map(str, (STREAM, self.seed, *what))).encode(), digest_size=4).digest()
        return np.random.RandomState(int.from_bytes(digest, "little"))

    # --- days ------------------------------------------------------------------------------------

    @cached_property
    def _weekdays(self) -> Column:
        # Prices move on every weekday and sessions are picked from them, so that a closure announced later
        # removes one bar and leaves all others alone. A week earlier, for the first base price.
        days = np.arange(np.datetime64(LONG_AGO) - 7, np.datetime64(END) + 1)
        return days[np.is_busday(days)]

    @cached_property
    def _sessions(self) -> Column:
        return np.asarray(sessions_in_range(self._weekdays[0].item(), END), "datetime64[s]")

    @cached_property
    def _drift(self) -> dict[str, Column]:
        """Daily moves of the market ("") and of each sector."""
        size = len(self._weekdays)
        sectors = sorted({stock.sector for stock in LISTING.values()} - {""})
        return {
            "": self._random("market").normal(0, 0.009, size),
            **{sector: self._random("sector", sector).normal(0, 0.006, size) for sector in sectors},
        }

    def _path(self, stock: Stock, scenario: Scenario, days: Column, random: np.random.RandomState) -> Column:
        """Price on every weekday in the scale of the end."""
        own = 0.002 if stock.fund else random.uniform(0.012, 0.022)
        common = self._drift[""][-len(days) :] * random.uniform(0.5, 1.4)
        moves = common + own * random.standard_t(5, len(days)) / 1.29
        if stock.sector:
            moves = moves + self._drift[stock.sector][-len(days) :]
        path = np.cumsum(np.clip(moves, -0.2, 0.2))
        end = np.exp(random.normal(9.7, 0.35) if stock.fund else random.normal(9.4, 1.1))
        prices = scenario.prices or {START: end * np.exp(random.normal(-0.3, 0.5)), ANCHOR: end}
        at = np.searchsorted(days, np.array(list(prices), "datetime64[D]"))
        path += np.interp(np.arange(len(days)), at, np.log(list(prices.values())) - path[at])
        for day, jump in scenario.jumps.items():
            path[np.searchsorted(days, np.datetime64(day)) :] += np.log(jump)
        return np.asarray(np.exp(path))

    def _history(self, code: str) -> Bars:
        return self._days(code).shown

    def regular(self, code: str) -> Bars:
        return self._days(code).regular

    def _make_days(self, code: str) -> SyntheticDays:
        stock, scenario = LISTING[code], self._scenario(code)
        random = self._random(code)
        weekdays = self._weekdays[np.searchsorted(self._weekdays, np.datetime64(scenario.since) - 7) :]
        path = self._path(stock, scenario, weekdays, random)
        draws = random.normal(0, 1, (4, len(path)))
        turnover = scenario.turnover or np.exp(random.normal(-5.6, 0.8))
        shares = scenario.shares or self._shares(code, path[np.searchsorted(weekdays, np.datetime64(ANCHOR))])

        # one session more than is listed, for the first base price
        first = max(stock.listed or scenario.since, scenario.since)
        begin = np.searchsorted(self._sessions, np.datetime64(first)) - 1
        end = np.searchsorted(self._sessions, np.datetime64(stock.delisted or END), "right")
        days = self._sessions[begin:end]
        rows = np.searchsorted(weekdays, days)
        gap, up, down, busy = draws[:, rows]
        ratio, halted = _scheduled_events(days, scenario)
        to_come = np.append(np.cumprod(ratio[::-1])[::-1][1:], 1.0)  # of all later events
        close, base = _closes(on_tick(path[rows] / to_come, stock.fund), ratio, halted, stock.fund)
        low_limit, high_limit = limits(base, stock.fund)

        def traded(price: Column) -> Ints:
            return np.where(halted, close, np.clip(on_tick(price, stock.fund), low_limit, high_limit))

        move = np.log(close / base)
        width = 0.002 if stock.fund else 0.008
        opening = traded(base * np.exp(0.4 * move + 0.5 * width * gap))
        high = traded(np.maximum(opening, close) * np.exp(width * np.abs(up)))
        low = traded(np.minimum(opening, close) * np.exp(-width * np.abs(down)))
        listed = np.asarray(np.rint(shares * _shares_before(days, scenario)), np.int64)
        share = np.minimum(turnover * np.exp(0.4 * busy + 8 * np.abs(move)), 0.6)
        volume = np.where(halted, 0, np.maximum((listed * share).astype(np.int64), LEAST_VOLUME))
        volume -= volume % np.maximum(np.rint(to_come), 1).astype(np.int64)  # adjusted volume is whole, too
        limit = np.where(halted, 0, at_limit(close, base, stock.fund))
        value = volume * ((opening + high + low + close) // 4)
        whole = Bars(days, opening, high, low, close, volume, value, base, listed, limit, close)
        return self._with_after_market(code, cut(whole, slice(1, None)))

    def _with_after_market(self, code: str, whole: Bars) -> SyntheticDays:
        """Split days into regular session and after-market, and show both together."""
        row = int(np.searchsorted(whole.time, np.datetime64(LONG_DAY)))
        if not self.long_day or row == whole.size or LISTING[code].market not in AFTER_MARKETS:
            return SyntheticDays(whole, whole, cut(whole, slice(0)))
        before, long = cut(whole, slice(row)), cut(whole, slice(row, None))
        after = self._after_market(code, long)
        average = (long.open + long.high + long.low + long.close) // 4
        volume = long.volume - after.volume
        regular = long._replace(volume=volume, value=volume * average)
        late = after.volume > 0
        shown = long._replace(
            high=np.where(late, np.maximum(long.high, after.high), long.high),
            low=np.where(late, np.minimum(long.low, after.low), long.low),
            close=np.where(late, after.close, long.close),
            value=regular.value + after.value,
        )
        shown = shown._replace(limit=np.where(shown.volume > 0, at_limit(shown.close, shown.base), 0))
        return SyntheticDays(joined([before, shown]), joined([before, regular]), after)

    def _after_market(self, code: str, days: Bars) -> Bars:
        """The after-market of days of which the regular session is known; volume 0 where nobody trades."""
        random, size = self._random(code, "after-market"), days.size
        low_limit, high_limit = limits(days.base)
        official = days.official

        def traded(price: Column) -> Ints:
            return np.clip(on_tick(price), low_limit, high_limit)

        drawn = random.standard_t(2, size) * GAP
        close = traded(official * np.exp(np.clip(drawn, -0.26, 0.26)))
        other = traded(official + np.sign(drawn) * tick_size(official))
        close = np.where(close == official, other, close)  # four in five differ, by a tick at least
        same = (random.uniform(0, 1, size) < SAME_CLOSE) | (days.limit != 0)
        close = np.where(same, official, close)
        opening = traded(official + (close - official) * random.uniform(-0.3, 0.6, size))
        width = np.where(days.limit != 0, 0, 0.003)
        high = traded(np.maximum(opening, close) * np.exp(width * np.abs(random.normal(0, 1, size))))
        low = traded(np.minimum(opening, close) * np.exp(-width * np.abs(random.normal(0, 1, size))))
        volume = (days.volume * random.uniform(0.01, 0.06, size)).astype(np.int64)
        volume = np.where(volume < LEAST, 0, volume)
        value = volume * ((opening + high + low + close) // 4)
        return days._replace(open=opening, high=high, low=low, close=close, volume=volume, value=value)

    def _shares(self, code: str, price: float) -> int:
        """Listed shares, so that companies are worth 40 billion to 40 trillion won."""
        worth = np.exp(self._random(code, "worth").normal(27.2, 1.4))
        return max(int(worth / price) // 1000 * 1000 + 137, 500_137)

    def _factors(self, code: str) -> Column:
        days = self.history(code).time
        factors = np.ones(len(days))
        for event in self._scenario(code).events:
            factors[days < np.datetime64(event.day)] *= event.price
        return factors

    # --- minutes and trades ----------------------------------------------------------------------

    def _session(self, code: str, day: date) -> Bars:
        days = self._days(code)
        row = int(np.searchsorted(days.shown.time, np.datetime64(day)))
        known = row < days.shown.size and days.shown.time[row] == np.datetime64(day)
        if not known or not days.shown.volume[row]:
            return EMPTY
        hours, fund = self.hours(day), LISTING[code].fund
        random = self._random(code, day)
        regular = {
            name: int(column[row]) for name, column in days.regular._asdict().items() if name != "time"
        }

        # volume: a little at the closing price, some in the closing auction, the rest in a smile over the day
        late = max(1, int(regular["volume"] * random.uniform(0.002, 0.012)))
        auction = max(1, int((regular["volume"] - late) * random.uniform(0.04, 0.1)))
        running = regular["volume"] - late - auction
        running -= int(running * self._unreported(code, day))
        first = seconds(hours.opening)
        size = (
            int((seconds(hours.closing) - first) // np.timedelta64(60, "s")) - 10
        )  # then orders are collected
        stretch = Stretch(regular["open"], regular["high"], regular["low"], regular["close"], running)
        inside = minute_path(random, size, stretch, fund)
        closing = np.full(1, regular["close"])
        at = seconds(hours.closing)
        parts = [
            _minutes(first, inside),
            _minutes(at, (*[closing] * 4, np.array([auction]))),
            _minutes(at + np.timedelta64(CLOSING_PRICE_BAR), (*[closing] * 4, np.array([late // 2]))),
            *self._evening_minutes(code, day, hours),
        ]
        bars = joined([part for part in parts if part.size])
        base, shares = np.full(bars.size, regular["base"]), np.full(bars.size, regular["shares"])
        return bars._replace(base=base, shares=shares, limit=at_limit(bars.close, base, fund))

    def _evening_minutes(self, code: str, day: date, hours: SessionHours) -> list[Bars]:
        after = self._days(code).after
        row = int(np.searchsorted(after.time, np.datetime64(day)))
        if row == after.size or after.time[row] != np.datetime64(day) or not after.volume[row]:
            return []
        prices = (int(after._asdict()[name][row]) for name in Stretch._fields)
        size = int((hours.end - hours.evening).total_seconds()) // 60
        random = self._random(code, day, "after-market")
        first, high, low, last, volume = minute_path(random, size, Stretch(*prices), fund=False)
        if not volume[-1]:  # no auction makes the last price here
            volume[-1] = 1
            first[-1] = high[-1] = low[-1] = last[-1]
            volume[volume.argmax()] -= 1
        return [_minutes(seconds(hours.evening), (first, high, low, last, volume))]

    def _unreported(self, code: str, day: date) -> float:
        """The share of the volume that only the sums of 21:05 hold."""
        days = self.history(code)
        row = int(np.searchsorted(days.time, np.datetime64(day)))
        large = float(days.close[row]) * float(days.shares[row]) >= LARGE
        if not (large and self.trades_late(code, day)):
            return 0.0
        return float(self._random(code, day, "unreported").uniform(0.005, 0.055))

    def _trades(self, code: str, day: date) -> Bars:
        minutes, hours = self.session(code, day), self.hours(day)
        if not minutes.size:
            return EMPTY
        # the bar of closing-price trading is not part of the tick chart
        minutes = cut(minutes, minutes.time != seconds(hours.closing) + np.timedelta64(CLOSING_PRICE_BAR))
        auction = minutes.time == seconds(hours.closing)
        return trades_of(minutes, auction, self._random(code, day, "trades"), LISTING[code].fund)

    # --- beyond prices ---------------------------------------------------------------------------

    def halted(self, code: str, day: date) -> bool:
        bars = until(self.history(code), day)
        return bars.size > 0 and not bars.volume[-1]

    def nxt_share(self, code: str) -> int:
        return int(self._random(code, "nxt").randint(20, 70)) if LISTING[code].nxt else 0

    def _facts(self, code: str, day: date) -> Mapping[str, float]:
        """Books, foreign holding, strength and order book sizes; constant except for those of the day."""
        history, lasting = self.regular(code), self._random(code, "books")
        row = max(int(np.searchsorted(history.time, np.datetime64(day), "right")) - 1, 0)
        shares, volume = int(history.shares[row]), int(self.history(code).volume[row])
        facts = facts_of_day(lasting, self._random(code, day, "facts"), volume)
        if LISTING[code].fund:
            return facts
        row = min(int(np.searchsorted(history.time, np.datetime64(ANCHOR))), history.size - 1)
        worth = float(history.close[row]) * float(history.shares[row])
        return facts | books(lasting, worth, shares)


def _minutes(first: np.datetime64, columns: tuple[Column, ...]) -> Bars:
    """Minutes from one on as bars; those without a trade are left out."""
    opening, high, low, close, volume = columns
    time = first + np.arange(len(volume)) * np.timedelta64(60, "s")
    nothing = np.zeros(len(volume), np.int64)
    value = volume * (opening + high + low + close) // 4
    bars = Bars(time, opening, high, low, close, volume, value, nothing, nothing, nothing, nothing)
    return cut(bars, volume > 0)


def _scheduled_events(days: Column, scenario: Scenario) -> tuple[Column, Column]:
    """Price ratio of the event of each day (1 without one), and which days are halted."""
    ratio, halted = np.ones(len(days)), np.zeros(len(days), bool)
    for event in scenario.events:
        row = int(np.searchsorted(days, np.datetime64(event.day)))
        ratio[row] = event.price
        halted[row - event.halt : row] = True
    for first, last in scenario.halts:
        halted |= (days >= np.datetime64(first)) & (days <= np.datetime64(last))
    return ratio, halted


def _shares_before(days: Column, scenario: Scenario) -> Column:
    """Shares of each day over those of the end."""
    shares = np.ones(len(days))
    for event in scenario.events:
        shares[days < np.datetime64(event.shares_from)] /= event.shares
    return shares


def _closes(close: Ints, ratio: Column, halted: Column, fund: bool) -> tuple[Ints, Ints]:
    """Closing prices within the limits, held while halted, and the base prices they are measured against."""
    held = np.maximum.accumulate(np.where(halted, 0, np.arange(len(close))))
    close = close[held]
    while True:  # a price cut to its limit moves the next day's limits
        base = np.append(close[:1], whole_won(close[:-1] * ratio[1:]))
        bounded = np.clip(close, *limits(base, fund))[held]
        if (bounded == close).all():
            return close, base
        close = bounded
