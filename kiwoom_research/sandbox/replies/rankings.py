"""Replies that rank stocks: by volume, value, change, surge, new extremes and limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...endpoints import Word, bounds
from ...endpoints.ranking import CHANGES, SURGE, VALUES, VOLUMES
from ...endpoints.stock_info import EXTREMES, LIMITS
from ...kinds import SATURATED
from ..market.bars import Bars, cut
from ..market.base import Stock
from .encode import encode_record
from .quotes import KOSPI_LIST, quote_of, with_book, with_facts
from .request import Page, Request

Facts = dict[str, Any]

LISTS = {"000": KOSPI_LIST | {"10"}, "001": KOSPI_LIST, "101": frozenset({"10"})}
VENUES = {"1": "", "2": "_NX", "3": "_AL"}
SHARES, ETF, ETN = ("0", "10"), "8", "60"
SUPERVISED = "관리종목"  # a word of a stock's state
COMMON = "0"  # the last character of a common share's code
SHORTEST = 5  # sessions of a new high


def ranking(request: Request) -> Page:
    """ka10016, ka10017, ka10023, ka10027, ka10030, ka10032."""
    select = SELECTIONS[request.call.id]
    best = sorted(select(request), key=lambda pair: (-pair[0], pair[1]["code"]))
    lines = [facts for _, facts in best]
    return list_page(
        request, [_capped_volume(facts) | {"rank": at} for at, facts in enumerate(lines, start=1)]
    )


def list_page(request: Request, lines: Sequence[Facts]) -> Page:
    """Return one page of a list; the next-key is the number of the row that the next one begins with."""
    first = int(request.position(r"{}(\d+)") or 0)
    last = first + request.call.page_rows
    page = [encode_record(request.table, _with_best_prices(request, facts)) for facts in lines[first:last]]
    key = f"{request.symbol}{last}" if last < len(lines) else ""
    return Page({request.table.rows: page}, key, len(page))


def _with_best_prices(request: Request, facts: Facts) -> Facts:
    """Return facts with the best bid and ask, which only the rows of the page need."""
    one = replace(request, body={"stk_cd": facts["code"]})
    facts = with_book(one, with_facts(one, facts))
    if request.market.invented:
        facts |= {"stock_class": "0", "streak": 1}
    if not facts["volume"]:
        facts |= {"ask": 0, "bid": 0}
    return facts


def _capped_volume(facts: Facts) -> Facts:
    """Return facts with the volume as 32 bits hold it."""
    return facts | {"volume": min(facts["volume"], int(SATURATED[0]))}


def _candidates(request: Request) -> Iterator[tuple[Facts, Bars]]:
    """Yield quote and history of every stock that the request is about."""
    suffix = VENUES.get(request.body.get("stex_tp", ""), "")
    day = request.market.quote_day(request.now)
    for code, stock in request.market.stocks.items():
        listed = stock.market in LISTS.get(request.body.get("mrkt_tp", ""), ()) and stock.is_listed(day)
        if not listed or _excluded(request, code, stock) or (suffix == "_NX" and not stock.nxt):
            continue
        one = replace(request, body={"stk_cd": code + suffix})
        if quote := quote_of(one):
            bars = request.market.daily(code, request.now, venue=suffix.strip("_"))
            if not bars.size:
                continue
            before = (
                bars.volume[:-1] if bars.time[-1] == np.datetime64(quote["session"], "s") else bars.volume
            )
            quote["previous_volume"] = int(before[-1]) if before.size else 0
            if all(low <= quote[name] < high for name, low, high in _bounds_of_request(request)):
                yield quote, bars


def _excluded(request: Request, code: str, stock: Stock) -> bool:
    """Return whether the request leaves such stocks out."""
    without = _param_word(request, "without")
    common = stock.market not in SHARES or code[-1] == COMMON
    return (
        (without in ("supervised", "preferred_supervised") and SUPERVISED in stock.state)
        or (without == "all_but_supervised" and SUPERVISED not in stock.state)
        or (without in ("preferred", "preferred_supervised") and not common)
        or (without in ("etf", "funds", "funds_spac") and stock.market == ETF)
        or (without in ("etn", "funds", "funds_spac") and stock.market == ETN)
    )


def _param_word(request: Request, name: str) -> Word | None:
    """Return what the request says for a parameter, as a word of the catalogue."""
    param = next((param for param in request.call.params if param.name == name), None)
    return param.word(request.body.get(param.raw, "")) if param else None


def _bounds_of_request(request: Request) -> Iterator[tuple[str, float, float]]:
    """Yield the bounds within which price, volume and value must lie."""
    for name, parameter in (("price", "price"), ("volume", "min_volume"), ("value", "min_value")):
        word = _param_word(request, parameter)
        if word is not None:
            low, high = bounds(word)
            if low or high is not None:
                yield name, low or 0, np.inf if high is None else high


def _by_volume(request: Request) -> Iterator[tuple[float, Facts]]:
    for facts, _ in _candidates(request):
        turnover = facts["volume"] / facts["listed_shares"] * 100 if facts["listed_shares"] else 0.0
        by: dict[str, float] = {"1": facts["volume"], "2": turnover, "3": facts["value"]}
        if facts["volume"]:
            rank = by.get(request.body.get("sort_tp", ""), by["1"])
            yield 0.0 if np.isnan(rank) else rank, facts | {"turnover": turnover}


def _by_value(request: Request) -> Iterator[tuple[float, Facts]]:
    for facts, _ in _candidates(request):
        if facts["value"] > 0:  # NaN is not
            yield facts["value"], facts


def _by_change(request: Request) -> Iterator[tuple[float, Facts]]:
    name, side = {"2": ("change", 1), "3": ("change_pct", -1), "4": ("change", -1), "5": ("change", 0)}.get(
        request.body.get("sort_tp", ""), ("change_pct", 1)
    )
    for facts, _ in _candidates(request):
        change: float | None = facts.get(name)
        if change is not None and facts["volume"] and np.sign(change) == side:
            yield change * side, facts


def _by_surge(request: Request) -> Iterator[tuple[float, Facts]]:
    by_shares, grows = (
        request.body.get("sort_tp", "") in ("1", "3"),
        request.body.get("sort_tp", "") in ("1", "2"),
    )
    for facts, _ in _candidates(request):
        before, now = facts["previous_volume"], facts["volume"]
        if not before or (now > before) != grows:
            continue
        surge = now - before
        facts |= {"surge": surge, "surge_pct": surge / before * 100}
        yield abs(surge if by_shares else facts["surge_pct"]), facts


def _at_extreme(request: Request) -> Iterator[tuple[float, Facts]]:
    high, by_close = request.body.get("ntl_tp") != "2", request.body.get("high_low_close_tp") == "2"
    period = request.body.get("dt", "")
    sessions = int(period) if period.isdigit() else SHORTEST
    for facts, bars in _candidates(request):
        past = cut(bars, slice(-sessions, None))
        if not facts["volume"] or not past.size:
            continue
        top, bottom = (past.close, past.close) if by_close else (past.high, past.low)
        if (top[-1] == top.max()) if high else (bottom[-1] == bottom.min()):
            facts |= {"period_high": int(past.high.max()), "period_low": int(past.low.min())}
            yield facts["change_pct"] * (1 if high else -1), facts


def _at_limit(request: Request) -> Iterator[tuple[float, Facts]]:
    wanted = request.body.get("updown_tp")
    for facts, bars in _candidates(request):
        before = int(bars.limit[-2]) if bars.size > 1 else 0
        if (wanted == {1: "6", -1: "7"}.get(before)) or (
            facts["volume"] and facts.get("direction") == wanted
        ):
            yield (0.0 if request.body.get("sort_tp") == "1" else facts["change_pct"]), facts


SELECTIONS: dict[str, Callable[[Request], Iterator[tuple[float, Facts]]]] = {
    VOLUMES.id: _by_volume,
    VALUES.id: _by_value,
    CHANGES.id: _by_change,
    SURGE.id: _by_surge,
    EXTREMES.id: _at_extreme,
    LIMITS.id: _at_limit,
}
