"""Replies that rank stocks: by volume, value, change, surge, new extremes and limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from ...endpoints import Word, bounds
from ...endpoints.ranking import (
    BOOK_SURGE,
    BOOK_TOP,
    CHANGES,
    CREDIT_RATIOS,
    EXPECTED_CHANGES,
    RATIO_SURGE,
    SINGLE_PRICE_CHANGES,
    SURGE,
    VALUES,
    VOLUMES,
    VOLUMES_BEFORE,
)
from ...endpoints.stock_info import (
    EXTREMES,
    JUMPS,
    LIMITS,
    MOST_VIEWED,
    NEAR_EXTREMES,
    OPEN_CHANGES,
    VALUATIONS,
    VOLUME_HIGHS,
)
from ...kinds import SATURATED
from ..market.bars import Bars, cut, on_tick
from ..market.base import Stock
from .encode import encode_record
from .quotes import KOSPI_LIST, quote_of, with_book, with_facts
from .request import Page, Request

Facts = dict[str, Any]
Ranked = Iterator[tuple[float, Facts]]  # what a stock is sorted by, and its facts

LISTS = {"000": KOSPI_LIST | {"10"}, "001": KOSPI_LIST, "101": frozenset({"10"})}
VENUES = {"1": "", "2": "_NX", "3": "_AL"}
SHARES, ETF, ETN = ("0", "10"), "8", "60"
SUPERVISED = "관리종목"  # a word of a stock's state
COMMON = "0"  # the last character of a common share's code
AUCTION = timedelta(minutes=10)  # before the opening and the close
VIEWED = 20  # stocks that users look at most
SINGLE_PRICE_REACH = 0.02  # how far the single-price session goes from the close
SHORTEST = 5  # sessions of a new high


def ranking(request: Request) -> Page:
    """The calls of `SELECTIONS`: stocks ranked by price, volume, orders or worth."""
    select = SELECTIONS[request.call.id]
    best = sorted(select(request), key=lambda pair: (-pair[0], pair[1]["code"]))
    lines = [facts for _, facts in (best[:VIEWED] if request.call is MOST_VIEWED else best)]
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


def quotes_to_rank(request: Request) -> Iterator[tuple[Facts, Bars]]:
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
    without = param_word(request, "without")
    common = stock.market not in SHARES or code[-1] == COMMON
    return (
        (without in ("supervised", "preferred_supervised") and SUPERVISED in stock.state)
        or (without == "all_but_supervised" and SUPERVISED not in stock.state)
        or (without in ("preferred", "preferred_supervised") and not common)
        or (without in ("etf", "funds", "funds_spac") and stock.market == ETF)
        or (without in ("etn", "funds", "funds_spac") and stock.market == ETN)
    )


def param_word(request: Request, name: str) -> Word | None:
    """Return what the request says for a parameter, as a word of the catalogue."""
    param = next((param for param in request.call.params if param.name == name), None)
    return param.word(request.body.get(param.raw, "")) if param else None


def _bounds_of_request(request: Request) -> Iterator[tuple[str, float, float]]:
    """Yield the bounds within which price, volume and value must lie."""
    for name, parameter in (("price", "price"), ("volume", "min_volume"), ("value", "min_value")):
        word = param_word(request, parameter)
        if word is not None:
            low, high = bounds(word)
            if low or high is not None:
                yield name, low or 0, np.inf if high is None else high


def _by_volume(request: Request) -> Ranked:
    for facts, _ in quotes_to_rank(request):
        turnover = facts["volume"] / facts["listed_shares"] * 100 if facts["listed_shares"] else 0.0
        by: dict[str, float] = {"1": facts["volume"], "2": turnover, "3": facts["value"]}
        if facts["volume"]:
            rank = by.get(request.body.get("sort_tp", ""), by["1"])
            yield 0.0 if np.isnan(rank) else rank, facts | {"turnover": turnover}


def _by_value(request: Request) -> Ranked:
    for facts, _ in quotes_to_rank(request):
        if facts["value"] > 0:  # NaN is not
            yield facts["value"], facts


def _by_change(request: Request) -> Ranked:
    name, side = {"2": ("change", 1), "3": ("change_pct", -1), "4": ("change", -1), "5": ("change", 0)}.get(
        request.body.get("sort_tp", ""), ("change_pct", 1)
    )
    for facts, _ in quotes_to_rank(request):
        change: float | None = facts.get(name)
        if change is not None and facts["volume"] and np.sign(change) == side:
            yield change * side, facts


def _by_surge(request: Request) -> Ranked:
    by_shares, grows = (
        request.body.get("sort_tp", "") in ("1", "3"),
        request.body.get("sort_tp", "") in ("1", "2"),
    )
    for facts, _ in quotes_to_rank(request):
        before, now = facts["previous_volume"], facts["volume"]
        if not before or (now > before) != grows:
            continue
        surge = now - before
        facts |= {"surge": surge, "surge_pct": surge / before * 100}
        yield abs(surge if by_shares else facts["surge_pct"]), facts


def _at_extreme(request: Request) -> Ranked:
    high, by_close = request.body.get("ntl_tp") != "2", request.body.get("high_low_close_tp") == "2"
    period = request.body.get("dt", "")
    sessions = int(period) if period.isdigit() else SHORTEST
    for facts, bars in quotes_to_rank(request):
        past = cut(bars, slice(-sessions, None))
        if not facts["volume"] or not past.size:
            continue
        top, bottom = (past.close, past.close) if by_close else (past.high, past.low)
        if (top[-1] == top.max()) if high else (bottom[-1] == bottom.min()):
            facts |= {"period_high": int(past.high.max()), "period_low": int(past.low.min())}
            yield facts["change_pct"] * (1 if high else -1), facts


def _at_limit(request: Request) -> Ranked:
    wanted = request.body.get("updown_tp")
    for facts, bars in quotes_to_rank(request):
        before = int(bars.limit[-2]) if bars.size > 1 else 0
        if (wanted == {1: "6", -1: "7"}.get(before)) or (
            facts["volume"] and facts.get("direction") == wanted
        ):
            yield (0.0 if request.body.get("sort_tp") == "1" else facts["change_pct"]), facts


def _near_extreme(request: Request) -> Ranked:
    """Stocks within some percent of today's high or low."""
    high = request.body.get("high_low_tp") != "2"
    within = float(str(param_word(request, "within_pct") or "1.0"))
    for facts, _ in quotes_to_rank(request):
        if facts["volume"]:
            gap = 100 * (facts["high"] / facts["price"] - 1 if high else 1 - facts["low"] / facts["price"])
            if gap <= within:
                yield -gap, facts


def _since_open(request: Request) -> Ranked:
    side = -1 if param_word(request, "side") == "bottom" else 1
    for facts, _ in quotes_to_rank(request):
        if facts["volume"]:
            change = 100 * (facts["price"] / facts["open"] - 1)
            yield side * change, facts | {"open_change_pct": change}


def _in_minutes(request: Request) -> Ranked:
    """Stocks whose price moved most against some minutes or sessions ago."""
    ago = request.body.get("tm", "")
    count = int(ago) if ago.isdigit() else 1
    side = -1 if param_word(request, "move") == "down" else 1
    for facts, bars in quotes_to_rank(request):
        if not facts["volume"]:
            continue
        base = int(bars.close[-min(count, bars.size - 1) - 1])
        if request.body.get("tm_tp") == "1":
            code, day = facts["code"].partition("_")[0], facts["session"]
            minutes = request.market.minutes(code, day, request.now)
            base = (
                int(minutes.close[-min(count, minutes.size - 1) - 1]) if minutes.size else facts["base_price"]
            )
        jump = facts["price"] - base
        if np.sign(jump) == side:
            facts |= {"jump_base": base, "jump": jump, "jump_pct": 100 * jump / base}
            yield side * facts["jump_pct"], facts


def _expected(request: Request) -> Ranked:
    """The prices that auctions are expected to make, while there is one; else nothing."""
    hours = request.market.hours(request.now.date())
    if not any(end - AUCTION <= request.now < end for end in (hours.opening, hours.closing)):
        return
    name, side = {"2": ("change", 1), "4": ("change_pct", -1), "5": ("change", -1)}.get(
        request.body.get("sort_tp", ""), ("change_pct", 1)
    )
    for facts, _ in quotes_to_rank(request):
        if facts["volume"] and np.sign(facts["change"]) == side:
            expected = {
                f"expected_{column}": facts[column]
                for column in ("change", "change_pct", "direction", "price")
            }
            yield side * facts[name], facts | expected | {"expected_volume": facts["volume"] // 20}


def _volume_high(request: Request) -> Ranked:
    """Stocks with the highest volume of some sessions, in the order of codes."""
    word = param_word(request, "sessions")
    sessions = word if isinstance(word, int) else SHORTEST
    for facts, bars in quotes_to_rank(request):
        past = bars.volume[-sessions:]
        if facts["volume"] and past.size and past[-1] == past.max():
            before = past[:-1].max() if past.size > 1 else 0
            yield 0.0, facts | {"volume_high": int(before)}


def _session_before(request: Request) -> Ranked:
    for facts, bars in quotes_to_rank(request):
        if facts["previous_volume"]:
            price = int(bars.close[-2]) if request.body.get("qry_tp") == "2" else 1
            yield facts["previous_volume"] * price, facts


def _by_worth(request: Request) -> Ranked:
    """The lowest or highest PER, PBR or ROE; those of losses count in no ranking by PER."""
    direction, _, name = str(param_word(request, "sort")).partition("_")
    for facts, _ in quotes_to_rank(replace(request, body={**request.body, "mrkt_tp": "000"})):
        one = with_facts(replace(request, body={"stk_cd": facts["code"]}), facts)
        per_share = one.get({"per": "eps", "pbr": "bps"}.get(name, "roe"))
        if not per_share or (name != "roe" and per_share <= 0):
            continue
        value = round(per_share if name == "roe" else facts["price"] / per_share, 2)
        yield value if direction == "high" else -value, facts | {name: value}


def _with_book(request: Request) -> Iterator[Facts]:
    """Quotes of stocks that have orders on both sides."""
    for facts, _ in quotes_to_rank(request):
        one = replace(request, body={"stk_cd": facts["code"]})
        book = with_book(one, with_facts(one, facts)) if facts["volume"] else facts
        if book.get("ask_size_total") and book.get("bid_size_total"):
            yield book


def _by_orders(request: Request) -> Ranked:
    by = str(param_word(request, "sort"))
    for facts in _with_book(request):
        asks, bids = facts["ask_size_total"], facts["bid_size_total"]
        keys = {
            "net_bid": bids - asks,
            "net_ask": asks - bids,
            "bid_ratio": bids / asks,
            "ask_ratio": asks / bids,
        }
        if by.endswith("ratio") or keys[by] > 0:
            yield keys[by], facts | {"net_size": bids - asks, "bid_to_ask": 100 * bids / asks}


def _by_order_surge(request: Request) -> Ranked:
    """Orders of one side against those of some minutes ago, which are some of them."""
    side, by_shares = str(param_word(request, "side")), request.body.get("sort_tp") != "2"
    for facts in _with_book(request):
        now = int(facts[f"{side}_size_total"])
        before = now * (50 + int(facts[f"{side}_size"]) % 49) // 100
        if before:
            pct = 100 * (now - before) / before
            facts |= {"previous_book_size": before, "book_size": now, "surge": now - before, "surge_pct": pct}
            yield now - before if by_shares else pct, facts


def _by_ratio_surge(request: Request) -> Ranked:
    side = -1 if param_word(request, "side") == "ask" else 1
    for facts in _with_book(request):
        now = round(100 * facts["bid_size_total"] / facts["ask_size_total"], 2)
        before = round(now * (100 - side * (int(facts["bid_size"]) % 49)) / 100, 2)
        facts |= {
            "bid_to_ask": now,
            "previous_bid_to_ask": before,
            "bid_to_ask_surge": round(now - before, 2),
        }
        yield side * facts["bid_to_ask_surge"], facts


def _by_credit(request: Request) -> Ranked:
    for facts, _ in quotes_to_rank(request):
        one = with_facts(replace(request, body={"stk_cd": facts["code"]}), facts)
        if one.get("credit_ratio") is not None:
            yield one["credit_ratio"], one


def _single_price(request: Request) -> Ranked:
    """The single-price session after hours, as if it were still held: a little off the close."""
    name, side = {
        "2": ("single_change", 1), "3": ("single_change_pct", -1), "4": ("single_change", -1)
    }.get(request.body.get("sort_base", ""), ("single_change_pct", 1))  # fmt: skip
    for facts, bars in quotes_to_rank(request):
        code, close = facts["code"], facts["price"]
        off = request.market.draws(code, bars.time[-1:], "single price", SINGLE_PRICE_REACH)[0]
        price = int(on_tick(np.asarray(close * (1 + off)), request.market.stocks[code].fund))
        if facts["volume"] and np.sign(price - close) == side:
            facts |= {
                "single_price": price,
                "single_change": price - close,
                "single_change_pct": 100 * (price - close) / close,
                "single_direction": "up" if price > close else "down",
                "single_volume": facts["volume"] // 1_000,
                "single_value": facts["volume"] // 1_000 * price,
                "day_close": close,
                "day_change_pct": facts["change_pct"],
                "base_price": close,
            }
            yield side * facts[name], facts


def _most_viewed(request: Request) -> Ranked:
    """What users look at most: what trades most."""
    for facts, _ in quotes_to_rank(replace(request, body={"mrkt_tp": "000"})):
        change = {"direction_since": "flat", "change_pct_since": 0.0, "rank_change": 0, "rank_move": ""}
        now = request.now
        seen = timedelta(hours=now.hour, minutes=now.minute)
        yield facts["value"], facts | change | {"time_of_day": seen}


SELECTIONS: dict[str, Callable[[Request], Ranked]] = {
    VOLUMES.id: _by_volume,
    VALUES.id: _by_value,
    CHANGES.id: _by_change,
    SURGE.id: _by_surge,
    EXTREMES.id: _at_extreme,
    LIMITS.id: _at_limit,
    NEAR_EXTREMES.id: _near_extreme,
    OPEN_CHANGES.id: _since_open,
    JUMPS.id: _in_minutes,
    EXPECTED_CHANGES.id: _expected,
    VOLUME_HIGHS.id: _volume_high,
    VOLUMES_BEFORE.id: _session_before,
    VALUATIONS.id: _by_worth,
    BOOK_TOP.id: _by_orders,
    BOOK_SURGE.id: _by_order_surge,
    RATIO_SURGE.id: _by_ratio_surge,
    CREDIT_RATIOS.id: _by_credit,
    SINGLE_PRICE_CHANGES.id: _single_price,
    MOST_VIEWED.id: _most_viewed,
}
