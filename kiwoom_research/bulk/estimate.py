"""Estimate of a pull: requests and time, from the cache and the calendar; nothing is sent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from .. import calendar
from ..data.fetch import BarsRequest, snapshot
from ..data.investors import DAILY
from ..data.stocks import MARKETS
from ..endpoints import Call
from ..endpoints.chart import DAY, MINUTE, MONTH, WEEK, key_date
from ..endpoints.stock_info import STOCK_LIST
from ..errors import warn_user

if TYPE_CHECKING:
    from ..client import Client

BYTES_PER_ROW = 45  # of a stored page of bars
MINUTES_KEPT = timedelta(days=366)  # the server keeps minutes for about a year


@dataclass(slots=True)
class Cost:
    """Requests that a code still needs, and those that the cache answers."""

    requests: int
    cached: int = 0


def summary(client: Client, costs: Mapping[str, Cost], *, among: int | None = None) -> pd.Series:
    """The costs of many codes in one Series; with `among`, the other codes of that many need nothing."""
    codes = len(costs) if among is None else among
    requests = sum(cost.requests for cost in costs.values())
    rate = client.server.rate
    return pd.Series(
        {
            "codes": codes,
            "done": codes - sum(cost.requests > 0 for cost in costs.values()),
            "requests": requests,
            "cached": sum(cost.cached for cost in costs.values()),
            "rate": rate or math.inf,
            "time": pd.Timedelta(seconds=math.ceil(requests / rate) if rate else 0),
        },
        name=client.server.name,
        dtype=object,
    )


def warn_if_cache_too_small(client: Client, table: Call, costs: Mapping[str, Cost]) -> None:
    """Warn when the cache cannot hold the pages of a pull."""
    pages = sum(cost.requests + cost.cached for cost in costs.values())
    known = client.cache.page_bytes(table.id)
    needed = pages * (table.page_rows * BYTES_PER_ROW if math.isnan(known) else known)
    if needed > client.cache.cap:
        warn_user(
            f"the pages of this pull need about {needed / 1e6:,.1f} MB, the cache keeps"
            f" {client.cache.cap / 1e6:,.1f} MB: give connect() a larger cache_size=, or a repeated pull sends"
            " requests again",
            UserWarning,
        )


def chart_cost(client: Client, request: BarsRequest, listed: date | None) -> Cost:
    """Follow the pages of a chart through the cache; those behind them are counted from the calendar."""
    back_to = request.start if request.start is not None else request.end
    first = None if back_to is None else back_to.date()
    if listed and first:
        first = max(first, listed)
    key, cached = "", 0
    newest = reached = _newest(client, request)
    needed = _pages(request, first, newest) if first else 1
    while (more := client.cached_next_key(request.call, request.body, key)) is not None:
        cached += 1
        day = key_date(more)
        reached = day or reached
        far_enough = reached < first if first and day else cached >= needed  # some keys name no day
        if not more or first is None or far_enough:
            return Cost(0, cached)
        key = more
    if first is None:
        return Cost(1, cached)
    return Cost(_pages(request, first, reached) if reached < newest else max(needed - cached, 1), cached)


def _newest(client: Client, request: BarsRequest) -> date:
    """The newest day that a request asks for."""
    raw = next((param.raw for param in request.call.params if param.name == "end"), "")
    text = request.body.get(raw)
    return datetime.strptime(text, "%Y%m%d").date() if text else client.now().date()


def _pages(request: BarsRequest, first: date, last: date) -> int:
    """How many pages hold the bars from one day to another."""
    return max(1, math.ceil(_count(request, first, last) / request.call.page_rows))


def _count(request: BarsRequest, first: date, last: date) -> float:
    """How many bars there are at most from one day to another."""
    days = max((last - first).days + 1, 1)
    match request.call:
        case t if t is DAY or t in DAILY.values():
            return len(calendar.sessions_in_range(first, last)) if first <= last else 1
        case t if t is MINUTE:
            kept = max(first, last - MINUTES_KEPT)
            venue, scope = calendar.venue_of(request.body["stk_cd"]), int(request.body["tic_scope"])
            sessions = calendar.sessions_in_range(kept, last) if kept <= last else ()
            return sum(_trading_minutes(session.date(), venue) / scope + 2 for session in sessions) or 1
        case t if t is WEEK:
            return days / 7 + 1
        case t if t is MONTH:
            return days / 30 + 1
    return days / 365 + 1


@lru_cache(maxsize=3_000)
def _trading_minutes(session: date, venue: str) -> int:
    """In how many minutes of a session anything can trade; hours that are not known count as the ordinary evening."""
    ordinary = {(phase.venue, phase.name): phase for phase in calendar.day_phases(calendar.LONG_DAY, venue)}
    minutes: set[int] = set()
    for known in calendar.day_phases(session, venue):
        phase = known if known.start else ordinary[known.venue, known.name]
        if phase.start and phase.end and phase.name in ("pre_market", "regular", "after_market"):
            minutes |= set(
                range(phase.start.hour * 60 + phase.start.minute, phase.end.hour * 60 + phase.end.minute)
            )
    return len(minutes)


def listing_dates(client: Client) -> dict[str, date]:
    """Listing dates from the stock lists that are in the cache."""
    found: dict[str, date] = {}
    for market in MARKETS["all"][0]:
        body = {"mrkt_tp": market}
        if client.cached_next_key(STOCK_LIST, body) is not None:
            days = snapshot(client, STOCK_LIST, body, False)["listing_date"].dropna()
            found |= {str(code): day.date() for code, day in days.items()}
    return found
