"""What a sandbox's market must know, and what of it can be seen at a moment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import numpy as np

from ...calendar import KST, PRE_OPEN, is_session, previous_session, session_times
from .bars import EMPTY, Bars, Column, cut, grouped, joined, scaled, seconds, until

FUNDS = frozenset({"8", "60"})  # ETF and ETN: another tick table, no books
NXT_OPENED = date(2025, 3, 24)  # the first day with most of its stocks; 333 rows on 2026-08-03
MINUTE = timedelta(minutes=1)
FIRST = np.zeros(1, np.int64)  # where the only group of bars begins
AUCTIONS = 12  # after hours one price every ten minutes, from 30 to 150 minutes after the close


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


def hours(day: date) -> tuple[datetime, datetime]:
    """Open and close of a session; the usual ones on a day that only the data calls a session."""
    if is_session(day):
        return session_times(day)
    return datetime.combine(day, time(9), KST), datetime.combine(day, time(15, 30), KST)


class Market(ABC):
    """Stocks and their bars; `SyntheticMarket` invents them, `ReplayMarket` reads them from files.

    A market knows its whole history, future included; methods that take ``now`` show what can be seen then.

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

    def __init__(self) -> None:
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
        return self._on(venue, code, bars)

    def minutes(self, code: str, day: date, now: datetime, venue: str = "") -> Bars:
        """Minute bars of a session as far as they can be seen."""
        bars = self.session(code, day)
        if bars.size and day >= now.date():
            close, moment = seconds(hours(day)[1]), seconds(now)
            # the bar of closing-price trading only appears on past days
            done = (bars.time <= moment - 60) & (bars.time < close) | (bars.time == close) & (close <= moment)
            begun = moment.astype("datetime64[m]").astype("datetime64[s]")
            bars = cut(bars, done)
            if begun < close:
                trades = self.seen_trades(code, day, now)
                trades = cut(trades, trades.time >= begun)
                if trades.size:
                    start = grouped(trades, FIRST)
                    bars = joined([bars, start._replace(time=begun[None])])
        return self._on(venue, code, bars)

    def seen_trades(self, code: str, day: date, now: datetime, venue: str = "") -> Bars:
        """Trades of a session as far as they can be seen."""
        return self._on(venue, code, until(self.trades(code, day), now))

    def base(self, code: str, day: date) -> int:
        """The price a session's changes are measured against; 0 if it is not known."""
        bars, row = self.history(code), self._row(code, day)
        return int(bars.base[row]) if row >= 0 and bars.time[row] == seconds(day) else 0

    def _running(self, code: str, whole: Bars, now: datetime) -> Bars:
        """Today's bar, given what it will become."""
        opening, close = hours(now.date())
        after_hours = (now - close - 30 * MINUTE) // (10 * MINUTE)
        if after_hours >= AUCTIONS or (now >= opening and not whole.volume[0]):
            return whole
        bars = self.minutes(code, now.date(), now)
        if not bars.size:
            return whole if now >= close else EMPTY
        if now < close:
            return grouped(bars, FIRST)._replace(time=whole.time, base=whole.base, shares=whole.shares)
        traded, volume = int(bars.volume.sum()), int(whole.volume[0])
        traded += max(volume - traded, 0) * max(after_hours, 0) // AUCTIONS
        value = whole.value[0]
        if not np.isnan(
            value
        ):  # at the average price of the day; Python's integers, for the product exceeds 64 bits
            value = traded * int(value) // volume
        return whole._replace(volume=np.array([traded]), value=np.array([value]))

    def _on(self, venue: str, code: str, bars: Bars) -> Bars:
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
