"""The market of a sandbox: what it must know, and what of it can be seen at a moment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from ...calendar import KST, PRE_OPEN, is_session, previous_session
from .bars import EMPTY, Bars, Column, cut, grouped, joined, scaled, seconds, until
from .hours import CLOSING_PRICE_BAR, ROUND, SessionHours, session_hours

FUNDS = frozenset({"8", "60"})  # ETF and ETN: another tick table, no books
AFTER_MARKETS = frozenset({"0", "10", "6"})  # shares and REITs; of KONEX nobody knows
NXT_OPENED = date(2025, 3, 24)  # the first day with most of its stocks; 333 rows on 2026-08-03
FIRST = np.zeros(1, np.int64)  # where the only group of bars begins
MINUTE = np.timedelta64(60, "s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """One row of the stock list.

    ``market`` is Kiwoom's ``marketCode``: 0 KOSPI, 10 KOSDAQ, 50 KONEX, 8 ETF, 60 ETN, 6 REIT.
    """

    code: str
    name: str
    market: str = "0"
    sector: str = ""
    size: str = ""
    company_class: str = ""
    face_value: int = 0
    listed: date | None = None
    delisted: date | None = None
    audit: str = "정상"
    state: str = "증거금40%"
    warning: str = "0"
    nxt: bool = False
    share_class: str = "A"

    @property
    def fund(self) -> bool:
        """Whether it is an ETF or ETN."""
        return self.market in FUNDS

    def is_listed(self, day: date) -> bool:
        """Whether it is listed on a day."""
        return (self.listed is None or self.listed <= day) and (self.delisted is None or day <= self.delisted)


class Market(ABC):
    """Stocks and their bars; `SyntheticMarket` invents them, `ReplayMarket` reads them from files.

    A market knows its whole history, future included; methods that take ``now`` show what can be seen then.

    Parameters
    ----------
    long_day : bool
        Whether shares trade until 20:00 from 2026-09-14 on.

    Attributes
    ----------
    fingerprint : str
        The same for the same data.
    end : date
        Last session with data.
    """

    fingerprint: str
    end: date
    invented = False
    """Whether what no price tells may be made up."""

    def __init__(self, *, long_day: bool = False) -> None:
        self.long_day = long_day
        # one cache per object and thread-safe, which lru_cache on the methods would not be
        self.history = lru_cache(maxsize=None)(self._history)
        self.session = lru_cache(maxsize=1024)(self._session)
        self.trades = lru_cache(maxsize=64)(self._trades)
        self.facts = lru_cache(maxsize=4096)(self._facts)
        self.factors = lru_cache(maxsize=None)(self._factors)
        self._adjusted = lru_cache(maxsize=256)(self._scaled_history)

    # --- what a market has to say ----------------------------------------------------------------

    @property
    @abstractmethod
    def stocks(self) -> Mapping[str, Stock]:
        """Every stock there is, was or will be, by code."""

    @abstractmethod
    def _history(self, code: str) -> Bars:
        """Daily bars as traded, from listing to the end."""

    @abstractmethod
    def _factors(self, code: str) -> Column:
        """What each bar of the history is multiplied by when adjusted as of the end."""

    @abstractmethod
    def _session(self, code: str, day: date) -> Bars:
        """Minute bars of a whole session as traded; empty when there were none."""

    def minute_days(self, code: str) -> Column:
        """Days that may have minute bars."""
        return self.history(code).time

    def _trades(self, code: str, day: date) -> Bars:
        """The trades behind the minute bars; empty when they are not known."""
        return EMPTY

    def _facts(self, code: str, day: date) -> Mapping[str, float]:
        """What is known of a session beyond prices, by our column names."""
        return {}

    def regular(self, code: str) -> Bars:
        """Daily bars of the regular session only, without the after-market."""
        return self.history(code)

    def halted(self, code: str, day: date) -> bool:
        """Whether trading is known to be suspended on a day."""
        return False

    def nxt_share(self, code: str) -> int:
        """Volume on NXT in percent of that on KRX; 0 when it is not traded there or not known."""
        return 0

    # --- what can be seen ------------------------------------------------------------------------

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code, sorted."""
        return tuple(sorted(self.stocks))

    def stock(self, code: str) -> Stock | None:
        """The stock with a code, also one that is not listed any more; None if there never was one."""
        return self.stocks.get(code)

    @property
    def stream(self) -> str:
        """What the numbers that are drawn for a reply depend on."""
        return self.fingerprint

    def draws(self, code: str, times: Column, what: str, width: float) -> Column:
        """A number between -1 and 1 times `width` for each day; it depends on the market, the code and `what` only."""
        days = times.astype("datetime64[D]") - np.datetime64("2000-01-03")
        seed = blake2b(f"{self.stream}/{code}/{what}".encode(), digest_size=4).digest()
        drawn = np.random.RandomState(int.from_bytes(seed, "little")).uniform(-width, width, 12_000)
        return np.asarray(drawn[days.astype(np.int64)])

    def hours(self, day: date) -> SessionHours:
        """Return the hours of a session."""
        return session_hours(day, self.long_day)

    def seen_from(self, now: datetime) -> datetime:
        """A moment, or the end of the data if that is earlier."""
        return min(now.astimezone(KST), datetime.combine(self.end, time(23, 59, 59), KST))

    def quote_day(self, now: datetime) -> date:
        """The session that quotes are about: today's from 08:00 on, else the last one."""
        today = now.date()
        return today if is_session(today) and now.time() >= PRE_OPEN else previous_session(today)

    def factor(self, code: str, day: date, as_of: date) -> float:
        """What a price of one day is multiplied by when adjusted as of another."""
        factors = self.factors(code)
        if not factors.size:
            return 1.0
        of_day, of_base = (factors[max(self._row(code, when), 0)] for when in (day, as_of))
        return float(of_day / of_base)

    def _row(self, code: str, day: date) -> int:
        """The last row of the history up to a day; -1 before the first."""
        return int(np.searchsorted(self.history(code).time, seconds(day), "right")) - 1

    def daily(
        self, code: str, now: datetime, as_of: date | None = None, adjusted: bool = True, venue: str = ""
    ) -> Bars:
        """Daily bars up to a day, the running one as far as it has come.

        Parameters
        ----------
        code : str
        now : datetime
        as_of : date, optional
            Last day wanted and the day whose prices stay as they are; today if absent.
        adjusted : bool
        venue : {"", "NX", "AL"}
            KRX, NXT, or both together.
        """
        today = now.date()
        last = min(as_of or today, today)
        bars = self.history(code)
        if adjusted and bars.size:
            bars = self._adjusted(code, float(self.factors(code)[max(self._row(code, last), 0)]))
        bars = until(bars, last)
        if bars.size and bars.time[-1] == seconds(today):
            whole = cut(bars, slice(-1, None))
            running = self._running(code, whole, now)
            if running is not whole:
                bars = joined([cut(bars, slice(-1)), running])
        return self.on_venue(venue, code, bars)

    def minutes(self, code: str, day: date, now: datetime, venue: str = "") -> Bars:
        """Minute bars of a session as far as they can be seen."""
        bars = self.session(code, day)
        if bars.size and day >= now.date():
            closing, moment = seconds(self.hours(day).closing), seconds(now)
            auction, priced = bars.time == closing, bars.time == closing + np.timedelta64(CLOSING_PRICE_BAR)
            # the bar of closing-price trading only appears on past days
            done = np.where(auction, closing <= moment, (bars.time <= moment - MINUTE) & ~priced)
            begun = moment.astype("datetime64[m]").astype("datetime64[s]")
            bars = cut(bars, done)
            trades = self.seen_trades(code, day, now)
            trades = cut(trades, (trades.time >= begun) & (trades.time != closing))
            if trades.size:
                start = grouped(trades, FIRST)
                bars = joined([bars, start._replace(time=begun[None])])
        return self.on_venue(venue, code, bars)

    def seen_trades(self, code: str, day: date, now: datetime, venue: str = "") -> Bars:
        """Trades of a session as far as they can be seen."""
        return self.on_venue(venue, code, until(self.trades(code, day), now))

    def base(self, code: str, day: date) -> int:
        """The price a session's changes are measured against; 0 if it is not known."""
        bars, row = self.history(code), self._row(code, day)
        return int(bars.base[row]) if row >= 0 and bars.time[row] == seconds(day) else 0

    def _running(self, code: str, whole: Bars, now: datetime) -> Bars:
        """Today's bar at a moment, given what it will become."""
        hours = self.hours(now.date())
        if now >= hours.sums_whole or (now >= hours.opening and not whole.volume[0]):
            return whole
        bars = self.minutes(code, now.date(), now)
        if not bars.size:
            return self._without_minutes(code, whole, now, hours)
        seen = grouped(bars, FIRST)._replace(time=whole.time, base=whole.base, shares=whole.shares)
        if now < hours.closing:
            return seen
        if hours.after_market:  # what the minutes do not hold comes with the sums
            regular = until(self.regular(code), now.date())
            late = bars.time > seconds(hours.closing)
            early = _with_volume(cut(regular, slice(-1, None)), int(bars.volume[~late].sum()))
            return seen._replace(official=whole.official, value=early.value + bars.value[late].sum())
        auctions = max(int((now - hours.evening) / ROUND), 0)
        traded, volume = int(bars.volume.sum()), int(whole.volume[0])
        traded += max(volume - traded, 0) * auctions // max(hours.auctions, 1)
        return _with_volume(whole, traded)

    def trades_late(self, code: str, day: date) -> bool:
        """Return whether a stock trades in the after-market of a day; ETFs and ETNs do not."""
        stock = self.stock(code)
        return self.hours(day).after_market and stock is not None and stock.market in AFTER_MARKETS

    def regular_prices(self, code: str, now: datetime | None = None) -> Bars:
        """Daily bars as traded with the prices of the regular session, of which indices are made.

        Without ``now`` all of them, future included.
        """
        regular, shown = self.regular(code), self.history(code)
        if now is None:
            return regular._replace(volume=shown.volume, value=shown.value)
        shown = self.daily(code, now, adjusted=False)
        regular = cut(regular, slice(shown.size))
        prices = {name: getattr(regular, name).copy() for name in ("open", "high", "low", "close", "limit")}
        running = shown.size and shown.time[-1] == seconds(now.date())
        if running and now < self.hours(now.date()).closing:
            for name, column in prices.items():
                column[-1] = getattr(shown, name)[-1]
        return shown._replace(**prices)

    def _without_minutes(self, code: str, whole: Bars, now: datetime, hours: SessionHours) -> Bars:
        """Today's bar where no minutes are known: there is none until its last price is made."""
        late = self.trades_late(code, now.date())
        return whole if now >= (hours.end if late else hours.closing) else EMPTY

    def on_venue(self, venue: str, code: str, bars: Bars) -> Bars:
        """Bars of a venue: NXT trades a fixed part of what KRX trades, at the same prices."""
        if not venue:
            return bars
        share = np.where(bars.time >= seconds(NXT_OPENED), self.nxt_share(code), 0)
        volume = bars.volume * share // 100
        value = volume * (bars.value // np.maximum(bars.volume, 1))
        if venue == "AL":
            return bars._replace(volume=bars.volume + volume, value=bars.value + value)
        return cut(bars._replace(volume=volume, value=value), volume > 0)

    def _scaled_history(self, code: str, basis: float) -> Bars:
        factors = self.factors(code) / basis
        return scaled(self.history(code), factors) if (factors != 1).any() else self.history(code)


def _with_volume(whole: Bars, volume: int) -> Bars:
    """A day of which only a part of the volume is reported, at its average price."""
    value = whole.value[0]
    if not np.isnan(value):  # Python's integers: the product exceeds 64 bits
        value = volume * int(value) // int(whole.volume[0])
    return whole._replace(volume=np.array([volume]), value=np.array([value]))
