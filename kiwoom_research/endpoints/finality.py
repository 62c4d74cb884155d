"""When the numbers of a session stop changing, as data: one row per group of numbers and period of time.

A `Call` has a `Finality`: groups of columns, each with the rules that hold, newest first. `kiwoom_research.calendar`
works them out for a session; FIELDS.md and ``kr.finality()`` print them. A better measurement is a changed row here.

Almost every hour was measured by one careful project (Nochiski/Quant_study: about 2,650 stocks every evening, compared
with the exchange's own file in the morning). Where nobody measured, a number is final at 08:00 of the next session.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Hour:
    """A time of the day, so many sessions after the session that a number is about."""

    clock: time
    sessions: int = 0

    def __str__(self) -> str:
        later = {0: "", 1: " of the next session"}.get(self.sessions, f", {self.sessions} sessions later")
        return f"{self.clock:%H:%M}{later}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalityRule:
    """What holds for the sessions from a day on.

    Attributes
    ----------
    since : date
        The first session.
    final : Hour or None
        When the number no longer changes; None for one that is an estimate for ever.
    regular_final : Hour or None
        When the part of the regular session is final; later trades are added to it. An hour later on an exam day.
    corrected_until : Hour or None
        The latest hour at which a correction was seen.
    basis : str
        ``measured``, ``inferred`` from a related call, or ``not known``.
    note, evidence : str
        What happens before, and who saw it.
    """

    since: date
    final: Hour | None
    regular_final: Hour | None = None
    corrected_until: Hour | None = None
    basis: str
    note: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalityGroup:
    """Columns that become final together.

    Attributes
    ----------
    name : str
    columns : tuple of str
        Names of columns in any call. The last group of a call has all columns besides that no group names.
    rules : tuple of FinalityRule
        Newest first; the last one holds for all sessions before.
    copied_until : Hour or None
        Until then the row of a session repeats the numbers of the session before: they are missing, not the same.
    copied_mark : str
        The column that is 0 in such a row.
    """

    name: str
    columns: tuple[str, ...] = ()
    rules: tuple[FinalityRule, ...]
    copied_until: Hour | None = None
    copied_mark: str = ""


Finality: TypeAlias = tuple[FinalityGroup, ...]

LONG_DAY = date(2026, 9, 14)  # the exchange's after-market began

MORNING = Hour(time(8), 1)
EVENING = Hour(time(21, 5))
CLOSE = Hour(time(15, 30))

_QS = "Quant_study, 2026-09 and 2026-10"

BEFORE = FinalityRule(
    since=date.min, final=Hour(time(20, 10)), basis="inferred",
    note="NXT trades until 20:00, the exchange's single-price auctions end at 18:00",
    evidence="NXT's hours: News1, 2025-12-31; flows of 2026-09-10 did not change 18:10-22:05: Quant_study",
)  # fmt: skip

PRICES = FinalityGroup(
    name="prices",
    columns=(
        "open", "high", "low", "close", "price", "last_price", "change", "change_pct", "direction",
        "open_level", "high_level", "low_level",
    ),
    rules=(
        FinalityRule(
            since=LONG_DAY, regular_final=CLOSE, final=Hour(time(20)), basis="measured",
            note="the official close at 15:30, from 16:00 on the last trade of the after-market",
            evidence=f"never restated: {_QS}, 4 calls; high and low were not measured",
        ),
        BEFORE,
    ),
)  # fmt: skip
TOTALS = FinalityGroup(
    name="volume and value",
    columns=("volume", "value", "turnover", "volume_so_far"),
    rules=(
        FinalityRule(
            since=LONG_DAY, final=EVENING, basis="measured",
            note="up to 5.5 % short at 20:05-20:22",
            evidence=f"{_QS}: volume equals the exchange's on 2,649 of 2,649 stocks; value is inferred",
        ),
        BEFORE,
    ),
)  # fmt: skip
NET_FLOWS = FinalityGroup(
    name="net flows",
    rules=(
        FinalityRule(
            since=LONG_DAY, regular_final=Hour(time(15, 40)), final=EVENING, basis="measured",
            note="constant from 15:40 to 20:05, then the after-market is added",
            evidence=f"{_QS}: 3 stocks on 3 days every five minutes, 19 readings from 00:05 on unchanged",
        ),
        BEFORE,
    ),
)  # fmt: skip
HOLDINGS = FinalityGroup(
    name="foreign holdings",
    rules=(
        FinalityRule(
            since=LONG_DAY, final=Hour(time(7, 10), 1), corrected_until=Hour(time(7, 5), 1), basis="measured",
            note="until 21:05 the row repeats the session before with change 0",
            evidence=f"{_QS}: 99.0 % of 2,602 rows repeat at 09:20; 2 of 42 large caps corrected 06:05-07:05",
        ),
        BEFORE,
    ),
    copied_until=EVENING,
    copied_mark="foreign_change",
)  # fmt: skip
SHORTED = FinalityGroup(
    name="short sales",
    rules=(
        FinalityRule(
            since=LONG_DAY, final=EVENING, basis="measured",
            note="no row means no short sale that day",
            evidence=f"{_QS}: there at 18:10 before 2026-09-14, read at 21:05 since; what the after-market adds is not known",
        ),
        BEFORE,
    ),
)  # fmt: skip
LENT = FinalityGroup(
    name="lending",
    rules=(
        FinalityRule(
            since=LONG_DAY, final=EVENING, basis="measured",
            note="zeros until 20:05",
            evidence=f"{_QS}: one evening (2026-09-10); the day before never changed",
        ),
        BEFORE,
    ),
)  # fmt: skip
CREDITED = FinalityGroup(
    name="credit",
    rules=(
        FinalityRule(
            since=LONG_DAY, final=Hour(time(8), 3), basis="not known",
            note="the row of a deal date appears two sessions later; the hour is not known",
            evidence=f"{_QS}: the newest row is a session old",
        ),
        BEFORE,
    ),
)  # fmt: skip
ESTIMATED = FinalityGroup(
    name="estimates of the session",
    rules=(
        FinalityRule(
            since=date.min, final=None, basis="measured",
            note="rounded, may have the opposite sign; never replaced by the true number",
            evidence=f"{_QS}",
        ),
    ),
)  # fmt: skip
UNMEASURED = FinalityGroup(
    name="not known",
    rules=(
        FinalityRule(
            since=LONG_DAY, final=MORNING, basis="not known",
            note="nobody measured when these stop changing",
        ),
        BEFORE,
    ),
)  # fmt: skip
LISTED = FinalityGroup(
    name="list",
    rules=(
        FinalityRule(
            since=date.min, final=Hour(time(8)), basis="measured",
            note="a list is of the day; it changes once, before 08:00",
            evidence=f"{_QS}: new listings are in it at 06:00",
        ),
    ),
)  # fmt: skip


def inferred(group: FinalityGroup, of: str) -> FinalityGroup:
    """The same hours for a call that nobody measured, because it shows the numbers of another one."""
    rules = tuple(
        rule if rule is BEFORE else replace(rule, basis="inferred", evidence=f"as {of}; not measured")
        for rule in group.rules
    )
    return replace(group, rules=rules)


BARS: Finality = (PRICES, TOTALS)
LIKE_BARS: Finality = (inferred(PRICES, "ka10081"), inferred(TOTALS, "ka10081"))
DAILY_SHEETS: Finality = (*LIKE_BARS, UNMEASURED)
INVESTOR_FLOWS: Finality = (PRICES, TOTALS, NET_FLOWS)
FOREIGN_HOLDINGS: Finality = (PRICES, TOTALS, HOLDINGS)
SHORT_SALES: Finality = (PRICES, TOTALS, SHORTED)
LENDING: Finality = (LENT,)
CREDIT: Finality = (CREDITED,)
ESTIMATES: Finality = (ESTIMATED,)
UNKNOWN: Finality = (UNMEASURED,)
LISTS: Finality = (LISTED,)
NEVER_STORED: Finality = ()


def columns_of(finality: Finality, columns: Sequence[str]) -> Iterator[tuple[FinalityGroup, tuple[str, ...]]]:
    """The groups of a call, each with its columns among those of a table; groups without one are left out."""
    named = {name for group in finality for name in group.columns}
    for number, group in enumerate(finality, start=1):
        rest = number == len(finality)
        own = tuple(name for name in columns if name in group.columns or (rest and name not in named))
        if own:
            yield group, own
