"""What a store lacks: for each code the ranges of days that an update has to pull."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from .. import calendar
from ..bulk.estimate import Cost, chart_cost, listing_dates
from ..data.bars import FREQS, bars_request
from ..endpoints.stock_info import LISTING

if TYPE_CHECKING:
    from ..client import Client

OVERLAP = 20  # sessions that are pulled again and compared; they are on the same page
MINUTES_KEPT = timedelta(days=372)  # the server keeps about one year of minutes
LIST_CHANGE = timedelta(hours=8)  # time of day at which the stock list changes
DEFAULT_YEARS = 10
HOLE_TRIES = 3  # updates that request a hole again in vain; a session may have no bar for good

DateRange = tuple[date, date | None]


@dataclass(frozen=True, slots=True)
class Gap:
    """What a code lacks: ranges of days to pull, and the days between which it is stored afterwards."""

    since: date
    until: date
    ranges: tuple[DateRange, ...]
    stored: bool
    first: date  # where what is stored begins; for a new code the first day to pull
    first_stored: pd.Timestamp  # the session at which the code was first stored
    holes: tuple[date, ...] = ()  # sessions inside what is stored that have no bar
    hole_tries: int = 0  # how often they were requested in vain
    listing_known: bool = True  # or it is requested with the first bars

    def was_never_stored(self, start: date, end: date | None) -> bool:
        """Whether a range holds sessions that were never stored, other than holes."""
        return end is None or self.since == start < self.first


def default_since(freq: str, target: date) -> date:
    """Where the history of a new code begins: ten years ago, for minutes as far back as the server keeps them."""
    if freq != "1d":
        return target - MINUTES_KEPT
    return date(target.year - DEFAULT_YEARS, target.month, min(target.day, 28))


def fill_session(now: datetime) -> date:
    """The session of the current stock list, which changes at 08:00."""
    return calendar.session_on_or_before(now - LIST_CHANGE)


def find_gaps(
    codes: Sequence[str],
    freq: str,
    since: date | None,
    now: datetime,
    pulls: pd.DataFrame,
    stocks: pd.DataFrame,
    *,
    new_since: date | None = None,
    holes: Mapping[str, Sequence[date]] | None = None,
) -> dict[str, Gap]:
    """What each code lacks up to the last final session.

    ``new_since`` is where codes begin that are not stored, if ``since`` does not say so. Holes (sessions without a bar, by
    code) are requested again, `HOLE_TRIES` times, and whenever ``since`` says so.
    """
    target, today = calendar.last_final(now, FREQS[freq].finality), pd.Timestamp(fill_session(now))
    delisted = stocks.dropna(subset="delisted").set_index("code")["delisted"]
    last = {code: min(target, calendar.previous_session(day)) for code, day in delisted.items()}
    listed = {code: day.date() for code, day in stocks.set_index("code")["listed"].dropna().items()}
    known = {row["code"]: row for row in pulls[pulls["freq"] == freq].to_dict("records")}
    gaps = {}
    for code in codes:
        row = known.get(code)
        if row is None:
            begin = max(since or new_since or default_since(freq, target), listed.get(code, date.min))
            if begin <= target:
                gaps[code] = Gap(
                    begin,
                    target,
                    ((begin, None),),
                    stored=False,
                    first=begin,
                    first_stored=today,
                    listing_known=code in listed,
                )
            continue
        first, until, tries = (
            row["since"].date(),
            row["until"].date(),
            int(row["hole_tries"] or 0) if row["hole_tries"] == row["hole_tries"] else 0,
        )
        ranges: list[DateRange] = []
        if since is not None and since < first:
            # reaches into what is stored, to see a corporate action in between
            ranges.append((since, _after(first, 3)))
        again = (holes or {}).get(code, ()) if since is not None or tries < HOLE_TRIES else ()
        again = tuple(day for day in again if since is None or day >= since)
        if again:
            ranges.append((calendar.previous_session(again[0]), calendar.next_session(again[-1])))
        if until < last.get(code, target):
            ranges.append((_overlap(freq, until, first), None))
            until = target
        if ranges:
            begin = min(since or first, first)
            gaps[code] = Gap(
                begin, until, tuple(ranges), stored=True, first=first, first_stored=row["first_stored"],
                holes=again, hole_tries=tries,
            )  # fmt: skip
    return gaps


@cache
def _overlap(freq: str, until: date, first: date) -> date:
    if freq != "1d":
        return until
    return max(calendar.sessions_in_range(until - timedelta(days=60), until)[-OVERLAP].date(), first)


@cache
def _after(day: date, sessions: int) -> date:
    for _ in range(sessions):
        day = calendar.next_session(day)
    return day


def gap_costs(gaps: Mapping[str, Gap], freq: str, client: Client, *, check: bool = True) -> dict[str, Cost]:
    """Requests that each code needs; corporate actions behind the first adjusted page come on top.

    ``check``: with the page of the adjusted chart that is held against daily bars.
    """
    listed, costs = listing_dates(client), {}
    for code, gap in gaps.items():
        parts = [
            chart_cost(
                client,
                bars_request(code, freq, start=start, end=end, adjusted=False, client=client),
                listed.get(code),
            )
            for start, end in gap.ranges
        ]
        if freq == "1d" and check:
            page = chart_cost(client, bars_request(code, freq, pages=1, client=client), listed.get(code))
            begins = listed.get(code, gap.since)  # one bar alone is held against nothing
            parts += [
                page
                for first, end in gap.ranges
                if gap.was_never_stored(first, end) and max(first, begins) < gap.until
            ]
        asks = freq == "1d" and not (gap.listing_known or gap.stored or code in listed)
        if asks:
            is_cached = client.cached_next_key(LISTING, {"stk_cd": code}) is not None
            parts.append(Cost(int(not is_cached), int(is_cached)))
        costs[code] = Cost(sum(part.requests for part in parts), sum(part.cached for part in parts))
    return costs
