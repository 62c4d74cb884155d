"""Replies about ELWs: calls and puts on the largest shares, at two strikes and two last days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from math import log, sqrt
from statistics import NormalDist
from typing import Any

from ...calendar import previous_session, session_on_or_before
from .encode import encode_record
from .generic import generic_reply
from .quotes import quote_of
from .request import Page, Request

Facts = dict[str, Any]

UNDERLYINGS = ("005930", "000660")
STRIKES = (0.95, 1.05)
MONTHS_AHEAD = (1, 3)
RATIO = 0.01  # shares for one ELW
VOLATILITY = 0.35
ALL = "000000000000"
SORTS = {
    "1": ("change_pct", -1),
    "3": ("change_pct", 1),
    "5": ("volume", -1),
    "6": ("value", -1),
    "7": ("days_left", 1),
}
NORMAL = NormalDist()


def elw_search(request: Request) -> Page:
    """ka30005: ELWs of an underlying, of one right or of all."""
    if not request.market.invented:
        return generic_reply(request)
    wanted, right = (
        request.body.get("bsis_aset_cd", ALL),
        {"1": "call", "2": "put"}.get(request.body.get("rght_tp", "")),
    )
    known = request.body.get("rght_tp", "0") in ("0", "1", "2")
    lines = [
        facts
        for code in UNDERLYINGS
        if wanted in (ALL, code) and known
        for facts in _series(request, code)
        if right in (None, facts["is"])
    ]
    if request.body.get("sort_tp") in SORTS:
        name, sign = SORTS[request.body["sort_tp"]]
        lines.sort(key=lambda facts: (sign * facts[name], facts["code"]))
    page = [encode_record(request.table, facts) for facts in lines[: request.call.page_rows]]
    return Page({request.table.rows: page}, count=len(page))


def _series(request: Request, underlying: str) -> Iterator[Facts]:
    quote = quote_of(replace(request, body={"stk_cd": underlying}))
    if not quote:
        return
    today, number = request.now.date(), 0
    for months in MONTHS_AHEAD:
        last = _last_day(today, months)
        for strike in STRIKES:
            for right in ("call", "put"):
                number += 1
                code = f"57{underlying[2]}{'ABCDEFGH'[number - 1]}{underlying[4:]}"
                yield _elw(quote, code, right, round(quote["base"] * strike, -2), last, (last - today).days)


def _last_day(today: date, months: int) -> date:
    """The second Thursday of a month to come, or the session before it."""
    month = today.month - 1 + months
    first = date(today.year + month // 12, month % 12 + 1, 1)
    return session_on_or_before(first + timedelta(days=(3 - first.weekday()) % 7 + 7))


def _elw(quote: Facts, code: str, right: str, strike: float, last: date, days: int) -> Facts:
    """One ELW at its theoretical price, to the tick of 5 won."""
    spot, sign = quote["price"], 1 if right == "call" else -1
    now, delta = _theoretical(spot, strike, days, sign)
    before, _ = _theoretical(quote["base"], strike, days + 1, sign)
    price, base = (max(5, round(value / 5) * 5) for value in (now, before))
    intrinsic = spot / strike if right == "call" else strike / spot
    volume = 1_000 * (1 + int(quote["volume"]) % 97)
    break_even = strike + sign * price / RATIO
    return {
        "is": right,
        "code": code,
        "name": f"키움{code[2:]}{quote['name']}{'콜' if right == 'call' else '풋'}",
        "issuer": "키움증권",
        "series": code[2:4],
        "underlying": quote["name"],
        "right": "콜" if right == "call" else "풋",
        "elw_expiry": last,
        "last_trading_day": previous_session(last),
        "listing_date": session_on_or_before(last - timedelta(days=180)),
        "lp_last_supply": previous_session(last),
        "days_left": days,
        "price": price,
        "base_price": base,
        "change": price - base,
        "change_pct": 100 * (price - base) / base,
        "direction": "up" if price > base else "down" if price < base else "flat",
        "volume": volume,
        "previous_volume": volume,
        "volume_ratio": 100.0,
        "value": volume * price,
        "ask": price + 5,
        "bid": max(price - 5, 5),
        "parity": 100 * intrinsic,
        "gearing": 100 * spot * RATIO / price,
        "break_even": 100 * sign * (break_even / spot - 1),
        "break_even_price": round(break_even),
        "capital_support": 100 * (break_even / spot - 1) / max(days / 365, 1 / 365),
        "theoretical_price": round(now, 2),
        "implied_volatility": 100 * VOLATILITY,
        "delta": delta,
        "leverage": spot * RATIO / price * delta,
        "elw_strike": strike,
        "conversion_ratio": 100 * RATIO,
        "lp_holding": 90.0,
        "disparity": 100 * (price / now - 1) if now else 0.0,
        "lp": "키움증권",
    }


def _theoretical(spot: float, strike: float, days: int, sign: int) -> tuple[float, float]:
    """Black and Scholes without interest: the price of one ELW, and its delta."""
    years = max(days, 1) / 365
    width = VOLATILITY * sqrt(years)
    upper = log(spot / strike) / width + width / 2
    worth = sign * (spot * NORMAL.cdf(sign * upper) - strike * NORMAL.cdf(sign * (upper - width)))
    return worth * RATIO, sign * NORMAL.cdf(sign * upper)
