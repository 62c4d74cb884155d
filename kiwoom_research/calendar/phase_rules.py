"""The hours of the trading day as data, each with its source and with what is not known.

A change of hours, a notice for an exam day or a new phase is one new row.
"""

from datetime import date, time, timedelta
from typing import NamedTuple

LONG_DAY = date(2026, 9, 14)
"""The exchange's after-market began: from here on it trades until 20:00, as NXT did before."""

VENUES = ("krx", "nxt", "both")
ORDINARY, EXAM, FIRST = "ordinary", "exam day", "first session of the year"
CLOSED, UNKNOWN = "closed", "unknown"


class PhaseRule(NamedTuple):
    """The ordinary hours of one phase at one venue, from a day on and up to a day."""

    venue: str
    phase: str
    since: date
    until: date
    start: time
    end: time
    evidence: str


PHASES = (
    "pre_market", "opening_auction", "regular", "closing_auction", "closing_price", "single_price", "after_market",
)  # fmt: skip
"""Every phase there is or was, in the order of the day."""

# Phases overlap: the closing auction is the end of the regular session, and two venues trade side by side. The first
# of these that runs gives a moment its name.
PRECEDENCE = (
    "closing_auction", "regular", "after_market", "pre_market", "single_price", "opening_auction", "closing_price",
)  # fmt: skip

_LONGER, _NXT = date(2016, 8, 1), date(2025, 3, 4)
_STILL = date.max
_EVE = LONG_DAY - timedelta(days=1)

# Not here because nothing dated was found: auctions and after-hours trading before 2016-08-01; the pre-open trades at
# the previous close (08:30-08:40), which lie within the opening auction; NXT's trades at the exchange's close
# (15:30-16:00). The exchange has no pre-market: the plan of January 2026 (07:00) is put off to about the end of 2027.
PHASE_RULES = (
    PhaseRule("krx", "opening_auction", _LONGER, date(2019, 4, 28), time(8), time(9),
              "an hour until 2019-04-26: BizTribune, 2019-04-03; eToday, 2019-04-29"),
    PhaseRule("krx", "opening_auction", date(2019, 4, 29), _STILL, time(8, 30), time(9),
              "half an hour: BizTribune, 2019-04-03; unchanged in three session tables of 2026-09"),
    PhaseRule("krx", "regular", date.min, date(2000, 5, 21), time(9), time(15),
              "stand-in: a lunch break, and before 1998-12-07 other hours"),
    PhaseRule("krx", "regular", date(2000, 5, 22), date(2016, 7, 31), time(9), time(15),
              "no lunch break any more: Dong-A Ilbo, 2000-05-12"),
    PhaseRule("krx", "regular", _LONGER, _STILL, time(9), time(15, 30),
              "half an hour longer: WOW TV, 2016-07-28; unchanged in six session tables of 2026-09"),
    PhaseRule("krx", "closing_auction", _LONGER, _STILL, time(15, 20), time(15, 30),
              "the last ten minutes of the regular session: six session tables of 2026-09"),
    PhaseRule("krx", "closing_price", _LONGER, _STILL, time(15, 40), time(16),
              "kept beside the after-market: Dong-A Ilbo, 2026-01-14; three session tables of 2026-09"),
    PhaseRule("krx", "single_price", _LONGER, _EVE, time(16), time(18),
              "ten-minute auctions; ended with the after-market: notices of brokers, six session tables"),
    PhaseRule("krx", "after_market", LONG_DAY, _STILL, time(16), time(20),
              "shares, not ETF or ETN: notices of brokers and six session tables of 2026-09; volumes measured to grow"),
    PhaseRule("nxt", "pre_market", _NXT, _STILL, time(8), time(8, 50),
              "News1, 2025-12-31; five session tables"),
    PhaseRule("nxt", "regular", _NXT, _STILL, time(9, 0, 30), time(15, 20),
              "Asia Economy, 2025-12-18; session tables"),
    PhaseRule("nxt", "after_market", _NXT, _STILL, time(15, 40), time(20),
              "orders from 15:30: a Kiwoom guide of 2025; session tables"),
)  # fmt: skip


class Shift(NamedTuple):
    """How a phase moves on a special day, in hours; None for hours that are not known, ``held`` False for no phase."""

    kind: str
    venue: str
    phase: str
    start: int | None
    end: int | None
    evidence: str
    held: bool = True


_EXAM_PRESS = "press before every exam since 2010, see EXAM_DAYS"
_LATE_NXT = "The Fact and Herald Business of 2025-11-13; later exams as that one [inferred]"
_OPENING = "press of 2008, 2013, 2016, 2021, 2022, 2025; minute bars of 2026-01-02 are 10:00 to 15:30"
_OPENING_NXT = "Asia Economy, 2025-12-18; later years as 2026 [inferred]"

SHIFTS = (
    Shift(EXAM, "krx", "opening_auction", 1, 1, "Newsis, 2018-11-14; Kyunghyang, 2024-10-31"),
    Shift(EXAM, "krx", "regular", 1, 1, _EXAM_PRESS),
    Shift(EXAM, "krx", "closing_auction", 1, 1, "with the regular session [inferred]"),
    Shift(EXAM, "krx", "closing_price", 1, 1, "from 16:40: Aju News, 2025-10-30"),
    Shift(
        EXAM,
        "krx",
        "single_price",
        1,
        0,
        "ends at 18:00 as always: Kyunghyang, 2022-11-16; The Fact, 2025-11-12",
    ),
    Shift(EXAM, "krx", "after_market", None, None, "the first one is 2026-11-19: no notice seen"),
    Shift(EXAM, "nxt", "pre_market", None, None, _LATE_NXT, held=False),
    Shift(EXAM, "nxt", "regular", 1, 1, _LATE_NXT),
    Shift(EXAM, "nxt", "after_market", 1, 0, _LATE_NXT),
    Shift(FIRST, "krx", "opening_auction", 1, 1, "Newspim, 2022-01-03"),
    Shift(FIRST, "krx", "regular", 1, 0, _OPENING),
    Shift(FIRST, "nxt", "pre_market", None, None, _OPENING_NXT, held=False),
    Shift(FIRST, "nxt", "regular", 1, 0, _OPENING_NXT),
)

# Korea Economic Daily, Newdaily, Chosun Biz, Hankyung Business and Dong-A Ilbo of 2000: as cited by
# exchange_calendars (xkrx_holidays.py), not read by us. The others were read.
EXAM_DAYS = {
    date(2010, 11, 18): "Korea Economic Daily, 2010-11-17",
    date(2011, 11, 10): "Korea Economic Daily, 2011-11-08",
    date(2012, 11, 8): "Korea Economic Daily, 2012-11-01",
    date(2013, 11, 7): "Korea Economic Daily, 2013-11-07",
    date(2014, 11, 13): "Newdaily, 2014-11-13; Aju News, 2014-11-13",
    date(2015, 11, 12): "Korea Economic Daily, 2015-11-11",
    date(2016, 11, 17): "Chosun Biz, 2016-11-03; Money S, 2016-11-17",
    date(2017, 11, 16): "exam put off by an earthquake, market late all the same: Kukmin Ilbo",
    date(2017, 11, 23): "the exam that was put off: Seoul Shinmun, 2017-11-15",
    date(2018, 11, 15): "Newsis, 2018-11-14",
    date(2019, 11, 14): "Korea Economic Daily, 2019-11-04",
    date(2020, 12, 3): "Korea Economic Daily, 2020-11-27",
    date(2021, 11, 18): "Dong-A Ilbo, 2021-11-04",
    date(2022, 11, 17): "Kyunghyang Shinmun, 2022-11-16",
    date(2023, 11, 16): "Hankyung Business, 2023-11-15",
    date(2024, 11, 14): "Korea Economic Daily, 2024-10-31",
    date(2025, 11, 13): "Aju News, 2025-10-30; minute bars are 10:00 to 16:29",
    date(2026, 11, 19): "exam day: News1, 2024-08; hours uncertain, KRX notice not seen",
    date(2027, 11, 18): "exam day: Kukmin Ilbo, 2025-08-29; hours uncertain, no KRX notice yet",
}
"""Days of the university entrance exam (CSAT) since 2010, with the evidence."""
