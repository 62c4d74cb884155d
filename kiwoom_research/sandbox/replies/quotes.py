"""Replies with quotes of stocks, and the stock list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..market.bars import cut, limits, newest, seconds, tick_size, until
from .encode import DIRECTIONS, encode_record
from .request import Page, Refusal, Request

MANY_CODES = 100
LEVELS = range(1, 11)  # of an order book
YEAR_DAYS = 250  # "250일": bars of the highest and lowest price
ELW_ZEROS = ("parity", "gearing", "break_even", "capital_support", "conversion_ratio", "elw_strike")
MARKET_NAMES = {"0": "거래소", "10": "코스닥", "50": "코넥스", "8": "ETF", "60": "ETN", "6": "리츠"}
KOSPI_LIST = frozenset({"0", "8", "60", "6"})  # request 0 mixes shares, funds, notes and REITs
HALTED = "거래정지"


def quote_of(request: Request) -> dict[str, Any]:
    """Return what prices say of a stock at a moment, by our column names; empty if there is no such stock."""
    market, stock = request.market, request.stock()
    day = market.quote_day(request.now)
    if not stock or not stock.is_listed(day):
        return {}
    bars = market.daily(request.code, request.now, venue=request.venue)
    if not bars.size and request.venue:
        return {}
    volumes = [0, *bars.volume[-2:].tolist()]
    traded = bars.size and bars.time[-1] >= seconds(day)
    if not traded and (base := market.base(request.code, day)):  # today's session without a trade so far
        bar = newest(until(market.history(request.code), day)) | {"close": base, "volume": 0, "value": 0}
        volumes.append(0)
    elif bars.size:
        bar = newest(bars)
    else:
        return {}
    before = volumes[-2]
    if not bar["volume"]:
        bar |= {"open": 0, "high": 0, "low": 0}
    price, base = bar["close"], bar["base"]
    shares = round(bar["shares"] / 1000) * 1000  # as flo_stk shows them, so that mac recomputes from it
    quote = {
        **bar,
        "code": request.symbol,
        "name": stock.name,
        "session": bar["time"].date(),
        "price": price,
        "face_value": stock.face_value or None,
        "face_value_unit": "원",
        "listed_shares": bar["shares"] or None,
        "market_cap": shares * price or None,
        "capital": stock.face_value * shares or None,
        "volume_ratio": bar["volume"] / before * 100 if before else None,
    }
    if base:
        low, high = (int(limit) for limit in limits(base, stock.fund))
        change = price - base
        sign = int(np.sign(change)) * (2 if bar["volume"] and price in (low, high) else 1)
        quote |= {
            "base_price": base,
            "change": change,
            "change_pct": change / base * 100,
            "direction": str(DIRECTIONS[sign]),
            "lower_limit": low,
            "upper_limit": high,
            "collateral_price": base * 72 // 1000 * 10 if market.invented else None,
        }
    return quote


def with_facts(request: Request, quote: Mapping[str, Any]) -> dict[str, Any]:
    """Return a quote and what the market knows beyond prices."""
    facts = {**request.market.facts(request.code, quote["session"]), **quote}
    return facts if quote["volume"] or "strength" not in facts else facts | {"strength": 0}


def known_facts(request: Request) -> dict[str, Any]:
    """Return all that the market knows of a stock now; empty if there is no such stock."""
    quote = quote_of(request)
    return with_book(request, with_facts(request, quote)) if quote else {}


def _flat_page(request: Request, facts: Mapping[str, Any]) -> Page:
    """Return one flat record, blank for an unknown stock."""
    if not facts:
        request.refuse_unknown()
    return Page({**encode_record(request.table, facts)})


def stock_info(request: Request) -> Page:
    """ka10001."""
    quote = quote_of(request)
    if not quote:
        return _flat_page(request, {})
    facts, price = with_facts(request, quote), quote["price"]
    bars = cut(request.market.daily(request.code, request.now, venue=request.venue), slice(-YEAR_DAYS, None))
    this_year = cut(bars, bars.time >= np.datetime64(f"{quote['session'].year}-01-01"))
    if this_year.size:
        facts |= {"year_high": int(this_year.high.max()), "year_low": int(this_year.low.min())}
    for name, row in (("high", bars.high.argmax()), ("low", bars.low.argmin())) if bars.size else ():
        extreme = int(getattr(bars, name)[row])
        facts |= {
            f"{name}_250d": extreme,
            f"{name}_250d_date": bars.time[row].item(),
            f"{name}_250d_gap": (price - extreme) / extreme * 100,
        }
    for name, per_share in (("per", "eps"), ("pbr", "bps")):
        facts[name] = price / facts[per_share] if facts.get(per_share) else None
    if "float_ratio" in facts and facts["listed_shares"]:
        facts["float_shares"] = facts["listed_shares"] * facts["float_ratio"] / 100
    # the expected price lived in the single-price session; what it says since that is gone is not known
    hours = request.market.hours(quote["session"])
    auctions = not hours.after_market and hours.evening <= request.now < hours.end
    expected = auctions and quote["volume"] and "ask_size" in facts
    facts["expected_price"], facts["expected_volume"] = (
        (price, quote["volume"] // 1000) if expected else (0, 0)
    )
    return _flat_page(request, facts)


def session_so_far(request: Request) -> Page:
    """ka10006."""
    quote = quote_of(request)
    return _flat_page(request, with_facts(request, quote) if quote else {})


def many_quotes(request: Request) -> Page:
    """ka10095: one row per code in the order of the request, blank for an unknown one."""
    symbols = request.symbol.split("|")
    if len(symbols) > MANY_CODES:
        raise Refusal(5, "허용된 요청 개수를 초과하였습니다[1634]")
    page = []
    for symbol in symbols:
        one = replace(request, body={"stk_cd": symbol})
        quote = quote_of(one)
        row = encode_record(request.table, with_book(one, with_facts(one, quote)) if quote else {})
        page.append(row | {"elwexpr_dt": "00000000"} if quote else row)
    return Page({request.table.rows: page}, count=len(page))


def with_book(request: Request, facts: dict[str, Any]) -> dict[str, Any]:
    """Return a quote with times, ten levels of either side where orders are known, and the zeros of ELWs."""
    market = request.market
    hours, late = market.hours(facts["session"]), market.trades_late(request.code, facts["session"])
    orders_end = hours.end if late else hours.closing_price_end
    facts |= dict.fromkeys(ELW_ZEROS, 0) | {"quote_time": min(request.now, orders_end)}
    facts["trade_time"] = hours.closing if facts["volume"] else None
    if late or hours.opening <= request.now < hours.closing:
        bars = market.minutes(request.code, facts["session"], request.now)
        facts["trade_time"] = bars.time[-1].item() if bars.size else None
    if "ask_size" not in facts or not facts["volume"]:
        return facts
    fund, price = market.stocks[request.code].fund, facts["price"]
    # a buyer took the lowest ask, or a seller the highest bid
    bought = facts["last_volume"] > 0
    ask = price if bought else price + int(tick_size(price, fund))
    for level in LEVELS:
        facts[f"ask_{level}"] = ask if ask <= facts["upper_limit"] else 0
        ask += int(tick_size(ask, fund))
    bid = price - int(tick_size(price - 1, fund)) if bought else price
    for level in LEVELS:
        facts[f"bid_{level}"] = bid if bid >= facts["lower_limit"] else 0
        bid -= int(tick_size(bid - 1, fund))
    for side in ("ask", "bid"):
        facts[side] = facts[f"{side}_1"]
        facts |= _level_sizes(side, facts) | {f"after_{side}_size": 0, f"after_{side}_size_change": 0}
    return facts | {"expected_price": price, "expected_volume": facts["volume"] // 20}


def _level_sizes(side: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sizes of the ten levels: the best one is known, the rest of the total lies evenly behind it."""
    priced = [level for level in LEVELS if facts[f"{side}_{level}"]]
    rest = max(facts[f"{side}_size_total"] - facts[f"{side}_size"], 0)
    each, odd = divmod(int(rest), max(len(priced) - 1, 1))
    sizes = dict.fromkeys((f"{side}_size_{level}" for level in LEVELS), 0)
    sizes |= {f"{side}_size_{level}": each for level in priced[1:]}
    if priced:
        sizes[f"{side}_size_{priced[-1]}"] += odd
        sizes[f"{side}_size_{priced[0]}"] = int(facts[f"{side}_size"])
    changes = dict.fromkeys((f"{side}_size_change_{level}" for level in (*LEVELS, "total")), 0)
    return {**sizes, **changes, f"{side}_size_total": sum(sizes.values())}


def stock_list(request: Request) -> Page:
    """ka10099: a whole market in one page."""
    wanted = request.body.get("mrkt_tp", "")
    markets = KOSPI_LIST if wanted == "0" else {wanted}
    day = request.market.quote_day(request.now)
    page = [
        _listing_row(replace(request, body={"stk_cd": code}))
        for code in request.market.codes
        if (stock := request.market.stocks[code]).market in markets and stock.is_listed(day)
    ]
    return Page({request.table.rows: page}, count=len(page))


def stock_listing(request: Request) -> Page:
    """ka10100."""
    stock = request.stock()
    if not stock or request.venue or not stock.is_listed(request.market.quote_day(request.now)):
        return _flat_page(request, {})
    return Page({**_listing_row(request)})


def _listing_row(request: Request) -> dict[str, str]:
    """Return one row of the stock list."""
    stock, quote = request.market.stocks[request.code], quote_of(request)
    halted = bool(quote) and request.market.halted(request.code, quote["session"])
    row = encode_record(
        request.table,
        {
            "code": stock.code,
            "name": stock.name,
            "type": stock.market,
            "listed_shares": quote.get("listed_shares"),
            "previous_close": quote.get("base"),
            "listing_date": stock.listed,
            "sector": stock.sector,
            "size": stock.size,
            "company_class": stock.company_class,
            "market_name": MARKET_NAMES[stock.market],
            "state": f"{stock.state}|{HALTED}" if halted else stock.state,
            "audit": HALTED if halted else stock.audit,
            "warning": stock.warning,
            "nxt": stock.nxt,
            "share_class": stock.share_class,
        },
    )
    return row
