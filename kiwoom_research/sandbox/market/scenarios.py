"""What is not left to chance in the invented market: prices, shares, events, jumps and halts of single stocks.

====== ==========================================================================================
code   what happens (the same for every seed)
====== ==========================================================================================
005930 split 1:50 on 2018-05-04 after a halt of three sessions
035420 split 1:5 on 2018-10-12
035720 split 1:5 on 2021-04-15
850010 closes at the upper limit on 2026-11-18
850020 closes at the lower limit on 2026-11-19, the exam day
850030 consolidation on 2022-06-15: ten shares become one after a halt of 15 sessions
850040 halted from 2026-10-30 to 2027-01-29
850050 split 1:2 on 2026-06-15, within the minutes that are kept
850060 three days at the upper limit from 2026-11-05, and under warning
850070 hardly traded, most minutes have no bar; overheated
850090 listed on 2026-10-15
850100 delisted after 2024-03-29
850210 rights issue, ex-rights on 2026-03-12 (base 0.962 of the close), new shares listed on 2026-04-07
850220 bonus issue of one new share for each, ex-rights on 2025-07-10, new shares listed on 2025-08-01
850230 spin-off on 2026-05-18 (base 0.76 of the close) after a halt of 20 sessions
850240 capital reduction on 2025-10-20: five shares become one after a halt of 15 sessions
850250 rights issue, ex-rights on 2026-10-20 (base 0.96), with the after-market open
850260 bonus issue of one new share for two, ex-rights on 2026-10-28, new shares listed on 2026-11-16
850270 split 1:5 on 2026-11-03 after a halt of three sessions, with the after-market open
820120 an ETF whose daily volume does not fit 32 bits
====== ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

START = date(2016, 11, 21)
LONG_AGO = date(2000, 1, 4)  # where two histories begin, so that ten pages of days can be walked
END = date(2028, 12, 29)
# Prices and shares of a stock are drawn as of this day; the standing clock shows it first.
ANCHOR = date(2026, 11, 20)


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """A corporate action on its ex-day.

    ``price`` is the new base price over the last official close, ``shares`` the number of shares after over before;
    they are listed on ``listed``, on the ex-day itself without it. ``halt`` is how many sessions before it are not
    traded.
    """

    kind: str
    day: date
    price: float
    shares: float
    halt: int = 0
    listed: date | None = None

    @property
    def shares_from(self) -> date:
        """The first day with the new number of shares."""
        return self.listed or self.day


def _split(day: date, into: float, halt: int = 3) -> ScheduledEvent:
    """One share becomes several; a number below one is a consolidation."""
    return ScheduledEvent("split" if into > 1 else "consolidation", day, 1 / into, into, halt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is planned for one stock; prices are those of some days, adjusted as of the end."""

    since: date = START
    prices: Mapping[date, float] = field(default_factory=dict)
    shares: int = 0
    turnover: float = 0.0
    events: tuple[ScheduledEvent, ...] = ()
    jumps: Mapping[date, float] = field(default_factory=dict)
    halts: tuple[tuple[date, date], ...] = ()


CHANCE = Scenario()
LONG_DAY_ONLY = frozenset({"850210", "850220", "850230", "850240", "850250", "850260", "850270"})
"""Stocks whose scenario is played only with the after-market open."""
SCENARIOS = {
    "005930": Scenario(
        since=LONG_AGO,
        prices={
            LONG_AGO: 6_100, START: 32_000, date(2018, 5, 4): 52_000, date(2021, 1, 11): 88_000, ANCHOR: 97_000,
        },
        shares=5_919_637_922,
        turnover=0.0027,
        events=(_split(date(2018, 5, 4), 50),),
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
        events=(_split(date(2018, 10, 12), 5),),
    ),
    "035720": Scenario(
        prices={START: 15_400, date(2021, 4, 15): 112_000, ANCHOR: 47_000},
        shares=442_030_330,
        turnover=0.006,
        events=(_split(date(2021, 4, 15), 5),),
    ),
    "850010": Scenario(jumps={date(2026, 11, 18): 1.36}),
    "850020": Scenario(jumps={date(2026, 11, 19): 0.66}),
    "850030": Scenario(events=(_split(date(2022, 6, 15), 0.1, halt=15),)),
    "850040": Scenario(halts=((date(2026, 10, 30), date(2027, 1, 29)),)),
    "850050": Scenario(events=(_split(date(2026, 6, 15), 2),)),
    "850060": Scenario(jumps={date(2026, 11, 5): 1.36, date(2026, 11, 6): 1.36, date(2026, 11, 9): 1.33}),
    "850070": Scenario(turnover=0.000002),
    "850210": Scenario(
        events=(ScheduledEvent("rights issue", date(2026, 3, 12), 0.962, 1.25, listed=date(2026, 4, 7)),)
    ),
    "850220": Scenario(
        events=(ScheduledEvent("bonus issue", date(2025, 7, 10), 1 / 2, 2, listed=date(2025, 8, 1)),)
    ),
    "850230": Scenario(events=(ScheduledEvent("spin-off", date(2026, 5, 18), 0.76, 0.62, halt=20),)),
    "850240": Scenario(events=(ScheduledEvent("capital reduction", date(2025, 10, 20), 5, 1 / 5, halt=15),)),
    "850250": Scenario(
        events=(ScheduledEvent("rights issue", date(2026, 10, 20), 0.96, 1.2, listed=date(2026, 11, 12)),)
    ),
    "850260": Scenario(
        events=(ScheduledEvent("bonus issue", date(2026, 10, 28), 2 / 3, 1.5, listed=date(2026, 11, 16)),)
    ),
    "850270": Scenario(events=(_split(date(2026, 11, 3), 5),)),
    # so cheap and so busy that its daily volume does not fit 32 bits
    "820120": Scenario(prices={START: 480, ANCHOR: 96}, shares=9_000_000_000, turnover=0.35),
}  # fmt: skip
