"""Replies about ETFs: what they track, their net asset value (NAV) by day, all of them beside one another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..market.bars import Bars, Column, seconds
from ..market.base import Market, Stock
from .encode import encode_bars, encode_rows
from .generic import generic_reply
from .investors import days_page, encode_numbers
from .quotes import known_facts, quote_of
from .rankings import ETF, VENUES, list_page
from .request import Page, Request

GAP = 0.004  # the farthest that a price is from its NAV
INDICES = {"200": "KOSPI 200", "코스닥150": "KOSDAQ 150"}  # by the name of a fund without its brand
LEVEL = 0.01  # points of the index for a won of NAV


def _asset_values(market: Market, code: str, bars: Bars) -> Column:
    """NAV of a fund on each day, in won with two decimals."""
    return np.asarray(np.round(bars.close / (1 + market.draws(code, bars.time, "nav", GAP)), 2))


def _index_of(stock: Stock) -> str:
    """The index that a fund tracks: what its name says after the brand."""
    plain = stock.name.partition(" ")[2]
    return INDICES.get(plain, plain)


def _is_etf(request: Request) -> bool:
    stock = request.stock()
    return request.market.invented and stock is not None and stock.market == ETF


def fund_info(request: Request) -> Page:
    """ka40002: what a fund tracks and how it is taxed; of a share its name only."""
    page = generic_reply(request)
    stock = request.stock()
    if stock is None or not request.market.invented:
        return page
    fund = stock.market == ETF
    known: dict[str, Any] = {
        "stk_nm": stock.name,
        "etfobjt_idex_nm": _index_of(stock) if fund else "",
        "wonju_pric": str(quote_of(request).get("price", "")) if fund else "",
        "etftxon_type": "보유기간과세" if fund else "",
        "etntxon_type": "",
    }
    return replace(page, body={key: known.get(key, text) for key, text in page.body.items()})


def fund_days(request: Request) -> Page:
    """ka40003: a fund by day with its NAV, and how far price and index are from it."""
    if not _is_etf(request):
        return Page({request.table.rows: []}, count=0)
    bars, key = days_page(request, request.now.date())
    found = encode_bars(request.table, bars)
    if bars.size:
        nav = _asset_values(request.market, request.code, bars)
        running = bars.time == seconds(request.now.date())
        if request.now < request.market.hours(request.now.date()).closing:
            nav = np.where(running, 0.0, nav)  # it comes with the close
        level = np.round(nav * LEVEL, 2)
        known = np.where(bars.base > 0, bars.change / np.maximum(bars.base, 1) * 100, np.nan)
        found |= encode_numbers(
            request,
            {
                "change_pct": known,
                "nav": nav,
                "nav_gap": np.where(nav > 0, 100 * (bars.close - nav) / np.maximum(nav, 1), 0.0),
                "nav_index_gap": np.where(
                    nav > 0, 100 * (nav * LEVEL - level) / np.maximum(level, 0.01), 0.0
                ),
                "tracking_error": np.abs(request.market.draws(request.code, bars.time, "error", 0.5)),
                "index_level": level,
                "index_level_change": np.diff(level, prepend=level[:1]),
            },
        )
        moves = np.sign(np.diff(level, prepend=level[:1])).astype(int)
        found["index_direction"] = [{1: "2", 0: "3", -1: "5"}[move] for move in moves.tolist()]
    return Page({request.table.rows: encode_rows(request.table, found, bars.size)}, key, bars.size)


def all_funds(request: Request) -> Page:
    """ka40004: every ETF with its NAV; the columns about the index repeat those of the fund, as on the real server."""
    if not request.market.invented:
        return generic_reply(request)
    suffix = VENUES.get(request.body.get("stex_tp", ""), "")
    day = request.market.quote_day(request.now)
    lines = []
    for code, stock in sorted(request.market.stocks.items()):
        if stock.market != ETF or not stock.is_listed(day) or (suffix == "_NX" and not stock.nxt):
            continue
        one = replace(request, body={"stk_cd": code + suffix})
        facts = known_facts(one)
        if not facts:
            continue
        bars = request.market.daily(code, request.now, adjusted=False)
        nav = float(_asset_values(request.market, code, bars)[-1])
        error = float(abs(request.market.draws(code, bars.time[-1:], "error", 0.5)[0]))
        extra = {
            "nav": nav,
            "tracking_error": error,
            "index_name": _index_of(stock),
            "index_change_pct": facts.get("change_pct"),
        }
        lines.append(
            facts | {"close": facts["price"], "stock_class": "19", **extra, "index_raw": facts["price"]}
        )
    return list_page(request, lines)
