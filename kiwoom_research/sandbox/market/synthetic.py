"""An invented market: a few hundred stocks over twelve years, the same for the same seed on any machine.

====== ==========================================================================================
code   what happens (the same for every seed)
====== ==========================================================================================
005930 split 1:50 on 2018-05-04 after a halt of three sessions
035420 split 1:5 on 2018-10-12
035720 split 1:5 on 2021-04-15
850010 closes at the upper limit on 2026-11-18
850020 closes at the lower limit on 2026-11-19, the exam day
850030 ten shares become one on 2022-06-15 after a halt of 15 sessions
850040 halted from 2026-10-30 to 2027-01-29
850050 split 1:2 on 2026-06-15, within the minutes that are kept
850060 three days at the upper limit from 2026-11-05, and under warning
850070 hardly traded, most minutes have no bar; overheated
850090 listed on 2026-10-15
850100 delisted after 2024-03-29
820120 an ETF whose daily volume does not fit 32 bits
====== ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import blake2b

import numpy as np

from ...calendar import session_times, sessions_in_range
from .bars import (
    EMPTY,
    Bars,
    Column,
    Ints,
    at_limit,
    cut,
    limits,
    on_tick,
    seconds,
    tick_size,
    until,
    whole_won,
)
from .base import Market, Stock
from .securities import LISTING

START = date(2016, 11, 21)
LONG_AGO = date(2000, 1, 4)  # where two histories begin, so that ten pages of days can be walked
END = date(2028, 12, 29)
# Prices and shares of a stock are drawn as of this day; the standing clock shows it first.
ANCHOR = date(2026, 11, 20)
EDITION = 1  # of the generator: another number is another market

QUIET, BUSY = 4, 9  # trades in a minute: this many and up to so many more
LEAST = 40  # shares a day, enough for every price of the day to have a trade


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """A split (``ratio`` 0.02 is one into fifty) or a consolidation, after a halt of some sessions."""

    day: date
    ratio: float
    halt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is not left to chance: adjusted prices on some days, shares, events, jumps and halts."""

    since: date = START
    prices: Mapping[date, float] | None = None
    shares: int = 0
    turnover: float = 0.0
    events: tuple[ScheduledEvent, ...] = ()
    jumps: Mapping[date, float] | None = None
    halts: tuple[tuple[date, date], ...] = ()


SCENARIOS = {
    "005930": Scenario(
        since=LONG_AGO,
        prices={
            LONG_AGO: 6_100, START: 32_000, date(2018, 5, 4): 52_000, date(2021, 1, 11): 88_000, ANCHOR: 97_000,
        },
        shares=5_919_637_922,
        turnover=0.0027,
        events=(ScheduledEvent(date(2018, 5, 4), 1 / 50, 3),),
    ),
    "000660": Scenario(
        since=LONG_AGO,
        prices={LONG_AGO: 21_000, START: 42_000, date(2021, 3, 2): 144_000, ANCHOR: 312_000},
        shares=712_702_365,
        turnover=0.005,
    ),
    "035420": Scenario(
        prices={START: 156_000, date(2021, 7, 26): 440_000, ANCHOR: 236_000},
        shares=156_852_638,
        turnover=0.005,
        events=(ScheduledEvent(date(2018, 10, 12), 1 / 5, 3),),
    ),
    "035720": Scenario(
        prices={START: 15_400, date(2021, 4, 15): 112_000, ANCHOR: 47_000},
        shares=442_030_330,
        turnover=0.006,
        events=(ScheduledEvent(date(2021, 4, 15), 1 / 5, 3),),
    ),
    "850010": Scenario(jumps={date(2026, 11, 18): 1.36}),  # limit up
    "850020": Scenario(jumps={date(2026, 11, 19): 0.66}),  # limit down, on the exam day
    "850030": Scenario(events=(ScheduledEvent(date(2022, 6, 15), 10.0, 15),)),  # ten shares into one
    "850040": Scenario(halts=((date(2026, 10, 30), date(2027, 1, 29)),)),  # halted now
    "850050": Scenario(events=(ScheduledEvent(date(2026, 6, 15), 1 / 2, 3),)),  # split within the kept minutes
    "850060": Scenario(jumps={date(2026, 11, 5): 1.36, date(2026, 11, 6): 1.36, date(2026, 11, 9): 1.33}),
    "850070": Scenario(turnover=0.000002),  # hardly traded: most minutes have no bar
    # so cheap and so busy that its daily volume does not fit 32 bits
    "820120": Scenario(prices={START: 480, ANCHOR: 96}, shares=9_000_000_000, turnover=0.35),
}  # fmt: skip


class SyntheticMarket(Market):
    """Invented stocks whose prices move together, with splits, halts, limit days, a delisting and an IPO.

    Parameters
    ----------
    seed : int
        Another seed is another market with the same stock list.
    """

    end = END
    invented = True

    def __init__(self, seed: int = 1) -> None:
        super().__init__()
        self.seed = seed
        self.fingerprint = f"synthetic-{EDITION}-{seed}"

    @property
    def stocks(self) -> Mapping[str, Stock]:
        return LISTING

    def _random(self, *what: object) -> np.random.RandomState:
        # RandomState because its streams are frozen: the same numbers in every version of numpy
        digest = blake2b("/".join(map(str, (EDITION, self.seed, *what))).encode(), digest_size=4).digest()
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

    def _path(self, stock: Stock, plan: Scenario, days: Column, random: np.random.RandomState) -> Column:
        """Price on every weekday in the scale of the end."""
        own = 0.002 if stock.fund else random.uniform(0.012, 0.022)
        common = self._drift[""][-len(days) :] * random.uniform(0.5, 1.4)
        moves = common + own * random.standard_t(5, len(days)) / 1.29
        if stock.sector:
            moves = moves + self._drift[stock.sector][-len(days) :]
        path = np.cumsum(np.clip(moves, -0.2, 0.2))
        end = np.exp(random.normal(9.7, 0.35) if stock.fund else random.normal(9.4, 1.1))
        prices = plan.prices or {START: end * np.exp(random.normal(-0.3, 0.5)), ANCHOR: end}
        at = np.searchsorted(days, np.array(list(prices), "datetime64[D]"))
        path += np.interp(np.arange(len(days)), at, np.log(list(prices.values())) - path[at])
        for day, jump in (plan.jumps or {}).items():
            path[np.searchsorted(days, np.datetime64(day)) :] += np.log(jump)
        return np.asarray(np.exp(path))

    def _history(self, code: str) -> Bars:
        stock, plan = LISTING[code], SCENARIOS.get(code, Scenario())
        random = self._random(code)
        weekdays = self._weekdays[np.searchsorted(self._weekdays, np.datetime64(plan.since) - 7) :]
        path = self._path(stock, plan, weekdays, random)
        draws = random.normal(0, 1, (4, len(path)))
        turnover = plan.turnover or np.exp(random.normal(-5.6, 0.8))
        shares = plan.shares or self._shares(code, path[np.searchsorted(weekdays, np.datetime64(ANCHOR))])

        # one session more than is listed, for the first base price
        first = max(stock.listed or plan.since, plan.since)
        begin = np.searchsorted(self._sessions, np.datetime64(first)) - 1
        end = np.searchsorted(self._sessions, np.datetime64(stock.delisted or END), "right")
        days = self._sessions[begin:end]
        rows = np.searchsorted(weekdays, days)
        gap, up, down, busy = draws[:, rows]
        ratio, halted = self._disturbed(days, plan)
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
        listed = np.asarray(np.rint(shares * to_come), np.int64)
        share = np.minimum(turnover * np.exp(0.4 * busy + 8 * np.abs(move)), 0.6)
        volume = np.where(halted, 0, np.maximum((listed * share).astype(np.int64), LEAST))
        volume -= volume % np.maximum(np.rint(to_come), 1).astype(np.int64)  # adjusted volume is whole, too
        value = volume * ((opening + high + low + close) // 4)
        limit = np.where(halted, 0, at_limit(close, base, stock.fund))
        bars = Bars(days, opening, high, low, close, volume, value, base, listed, limit)
        return cut(bars, slice(1, None))

    def _shares(self, code: str, price: float) -> int:
        """Listed shares, so that companies are worth 40 billion to 40 trillion won."""
        worth = np.exp(self._random(code, "worth").normal(27.2, 1.4))
        return max(int(worth / price) // 1000 * 1000 + 137, 500_137)

    def _disturbed(self, days: Column, plan: Scenario) -> tuple[Column, Column]:
        """Ratio of the event of each day (1 without), and which days are halted."""
        ratio, halted = np.ones(len(days)), np.zeros(len(days), bool)
        for event in plan.events:
            row = int(np.searchsorted(days, np.datetime64(event.day)))
            ratio[row] = event.ratio
            halted[row - event.halt : row] = True
        for first, last in plan.halts:
            halted |= (days >= np.datetime64(first)) & (days <= np.datetime64(last))
        return ratio, halted

    def _factors(self, code: str) -> Column:
        days = self.history(code).time
        factors = np.ones(len(days))
        for event in SCENARIOS.get(code, Scenario()).events:
            factors[days < np.datetime64(event.day)] *= event.ratio
        return factors

    # --- minutes and trades ----------------------------------------------------------------------

    def _session(self, code: str, day: date) -> Bars:
        history = self.history(code)
        row = int(np.searchsorted(history.time, np.datetime64(day)))
        if row == history.size or history.time[row] != np.datetime64(day) or not history.volume[row]:
            return EMPTY
        of_day = {name: int(column[row]) for name, column in history._asdict().items() if name != "time"}
        fund = LISTING[code].fund
        opening, closing = map(seconds, session_times(day))
        size = int((closing - opening) // np.timedelta64(60, "s")) - 10  # the last ten minutes collect orders
        random = self._random(code, day)

        # volume: a little after hours, some in the closing auction, the rest in a smile over the day
        late = max(1, int(of_day["volume"] * random.uniform(0.002, 0.012)))
        auction = max(1, int((of_day["volume"] - late) * random.uniform(0.04, 0.1)))
        running = of_day["volume"] - late - auction
        place = np.linspace(-1, 1, size)
        weights = (0.5 + 2 * place**4 + (place < -0.9)) * np.exp(random.normal(0, 0.6, size))
        volume = (weights / weights.sum() * (running - 3 * QUIET)).astype(np.int64)

        # price: a bridge from open to close, stretched to the range of the day
        steps = np.append(0, np.cumsum(random.normal(0, 1, size)))
        along = np.linspace(0, 1, size + 1)
        bridge = steps - steps[-1] * along
        spread = (of_day["high"] - of_day["low"]) / max(float(np.ptp(bridge)), 1e-9)
        path = of_day["open"] + (of_day["close"] - of_day["open"]) * along + bridge * spread
        path = np.clip(on_tick(path, fund), of_day["low"], of_day["high"])
        path[0] = of_day["open"]
        top, bottom = int(path[1:].argmax()), int(path[1:].argmin())
        for made in (0, top, bottom):  # where a price of the day is made there are trades enough to show it
            volume[made] += QUIET
        volume[0] += running - volume.sum()
        first, last = path[:-1].copy(), path[1:].copy()
        first[volume == 1] = last[volume == 1]
        high, low = np.maximum(first, last), np.minimum(first, last)
        reach = np.where(volume < QUIET, 0, random.randint(0, 2, (2, size)))
        high = np.minimum(high + reach[0] * tick_size(high, fund), of_day["high"])
        low = np.maximum(low - reach[1] * tick_size(low - 1, fund), of_day["low"])
        high[top], low[bottom] = of_day["high"], of_day["low"]

        traded = volume > 0
        minute = opening + np.arange(size) * np.timedelta64(60, "s")
        end = np.full(2, of_day["close"])  # closing auction, and trades at the closing price
        rows = len(end) if late // 2 else 1
        time, first, high, low, last, volume = (
            np.append(inside[traded], outside[:rows])
            for inside, outside in (
                (minute, closing + np.array([0, 300], "timedelta64[s]")),
                (first, end),
                (high, end),
                (low, end),
                (last, end),
                (volume, np.array([auction, late // 2])),
            )
        )
        base, shares = np.full(len(time), of_day["base"]), np.full(len(time), of_day["shares"])
        value = volume * (first + high + low + last) // 4
        return Bars(time, first, high, low, last, volume, value, base, shares, at_limit(last, base, fund))

    def _trades(self, code: str, day: date) -> Bars:
        minutes = self.session(code, day)
        if not minutes.size:
            return EMPTY
        fund = LISTING[code].fund
        random = self._random(code, day, "trades")
        # the bar after the auction is not part of the tick chart
        closing = seconds(session_times(day)[1])
        minutes = cut(minutes, minutes.time <= closing)
        auction = minutes.time == closing
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
        volume = 1 + spare.astype(np.int64)
        volume[first] += minutes.volume - np.add.reduceat(volume, first)
        second = np.sort(bar * 60 + np.where(auction[bar], 0, random.randint(0, 60, size))) - bar * 60
        second[0] = 0  # the opening auction
        base = minutes.base[bar]
        return Bars(
            minutes.time[bar] + second.astype("timedelta64[s]"), price, price, price, price, volume,
            price * volume, base, minutes.shares[bar], at_limit(price, base, fund),
        )  # fmt: skip

    # --- beyond prices ---------------------------------------------------------------------------

    def halted(self, code: str, day: date) -> bool:
        bars = until(self.history(code), day)
        return bars.size > 0 and not bars.volume[-1]

    def nxt_share(self, code: str) -> int:
        return int(self._random(code, "nxt").randint(20, 70)) if LISTING[code].nxt else 0

    def _facts(self, code: str, day: date) -> Mapping[str, float]:
        """Books, foreign holding, strength and order book sizes; constant but for those of the day."""
        stock, history = LISTING[code], self.history(code)
        row = max(int(np.searchsorted(history.time, np.datetime64(day), "right")) - 1, 0)
        shares, volume = int(history.shares[row]), int(history.volume[row])
        lasting, today = self._random(code, "books"), self._random(code, day, "facts")
        foreign = round(lasting.uniform(1, 55), 2)
        facts = {
            "foreign_exhaustion": foreign,
            "foreign_holding": foreign,
            "foreign_weight": foreign,
            "foreign_net": float(int(volume * today.uniform(-0.1, 0.1))),
            "strength": round(float(np.exp(today.normal(4.6, 0.25))), 2),
            "last_volume": float(today.randint(-200, 200) or 1),
            **{name: float(today.randint(100, 20_000)) for name in ("ask_size", "bid_size")},
            **{name: float(today.randint(20_000, 90_000)) for name in ("ask_size_total", "bid_size_total")},
        }
        if stock.fund:
            return facts
        row = min(int(np.searchsorted(history.time, np.datetime64(ANCHOR))), history.size - 1)
        worth = float(history.close[row]) * float(history.shares[row])
        net_income = worth / float(np.exp(lasting.normal(2.6, 0.6)))
        net_income *= 1 if lasting.uniform() < 0.85 else -0.4
        equity = worth / float(np.exp(lasting.normal(0.1, 0.5)))
        revenue = abs(net_income) * lasting.uniform(6, 25)
        return facts | {
            "fiscal_month": 12,
            "credit_ratio": round(lasting.uniform(0, 4), 2),
            "eps": round(net_income / shares),
            "bps": round(equity / shares),
            "roe": net_income / equity * 100,
            "ev": round(lasting.uniform(2, 14), 2),
            "revenue": revenue,
            "operating_profit": net_income * lasting.uniform(1.1, 1.6),
            "net_income": net_income,
            "float_ratio": round(lasting.uniform(30, 85), 1),
        }


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
