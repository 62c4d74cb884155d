"""Replies about themes: groups of stocks that are talked of together, and how they did over some days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import numpy as np

from ..market.base import Market
from .encode import encode_record
from .generic import generic_reply
from .quotes import known_facts
from .rankings import VENUES, list_page
from .request import Page, Request

Facts = dict[str, Any]

THEMES = {
    "101": "반도체_장비", "102": "반도체_소재부품", "115": "2차전지_소재", "116": "2차전지_장비", "141": "AI_데이터센터",
    "152": "로봇_산업용", "203": "바이오_신약", "204": "바이오_의료기기", "242": "자동차_전장", "280": "미디어_콘텐츠",
    "311": "조선_기자재", "322": "방위산업", "357": "화장품", "401": "원자력_발전", "455": "게임_모바일",
}  # fmt: skip
LONGEST = 99  # days of a period


def theme_members(market: Market) -> dict[str, list[str]]:
    """Return the stocks of every theme; a stock is in one or two of them."""
    found: dict[str, list[str]] = {code: [] for code in THEMES}
    codes = list(THEMES)
    for code, stock in sorted(market.stocks.items()):
        if stock.market in ("0", "10"):
            first, second = blake2b(f"{market.stream}/theme/{code}".encode(), digest_size=2).digest()
            for theme in {codes[first % len(codes)], codes[second % len(codes)]}:
                found[theme].append(code)
    return found


def theme_groups(request: Request) -> Page:
    """ka90001: themes, sorted by their return over a period or by their change today."""
    if not request.market.invented or (request.symbol and not request.stock()):
        return generic_reply(request)
    lines = []
    for code, members in theme_members(request.market).items():
        by = request.body.get("qry_tp")
        if by == "1" and request.body.get("thema_nm", "") not in THEMES[code]:
            continue
        if by == "2" and request.code not in members:
            continue
        quotes = list(_quotes(request, members))
        if quotes:
            lines.append(_group(code, quotes))
    name, sign = {
        "2": ("period_return", 1),
        "3": ("change_pct", -1),
        "4": ("change_pct", 1),
    }.get(request.body.get("flu_pl_amt_tp", ""), ("period_return", -1))
    lines.sort(key=lambda facts: (sign * facts[name], facts["theme_code"]))
    page = [encode_record(request.table, facts) for facts in lines[: request.call.page_rows]]
    return Page({request.table.rows: page}, count=len(page))


def theme_stocks(request: Request) -> Page:
    """ka90002: the stocks of a theme, and in the summary how all of them did."""
    members = theme_members(request.market).get(request.body.get("thema_grp_cd", ""), [])
    if not request.market.invented:
        return generic_reply(request)
    quotes = sorted(_quotes(request, members), key=lambda facts: (-facts["change_pct"], facts["code"]))
    page = list_page(request, quotes)
    summary = request.call.table(request.body, "summary")
    whole = _group("", quotes) if quotes else {}
    return replace(page, body={**encode_record(summary, whole), **page.body})


def _group(code: str, quotes: list[Facts]) -> Facts:
    """A theme: the mean of its stocks, rounded as theirs are."""
    moves = [round(facts["change_pct"], 2) for facts in quotes]
    mean = float(np.mean(moves))
    biggest = sorted(quotes, key=lambda facts: -facts["value"])[:2]
    return {
        "theme_code": code,
        "theme": THEMES.get(code, ""),
        "stocks": len(quotes),
        "direction": "up" if mean > 0 else "down" if mean < 0 else "flat",
        "change_pct": mean,
        "rising": sum(move > 0 for move in moves),
        "falling": sum(move < 0 for move in moves),
        "period_return": float(np.mean([round(facts["period_return"], 2) for facts in quotes])),
        "main_stocks": ", ".join(facts["name"] for facts in biggest),
    }


def _quotes(request: Request, codes: list[str]) -> Iterator[Facts]:
    """Quotes of stocks with their return over the days that are asked for."""
    suffix = VENUES.get(request.body.get("stex_tp", ""), "")
    text = request.body.get("date_tp", "")
    days = min(int(text), LONGEST) if text.isdigit() and int(text) else 1
    for code in codes:
        stock = request.market.stocks[code]
        if suffix == "_NX" and not stock.nxt:
            continue
        facts = known_facts(replace(request, body={"stk_cd": code + suffix}))
        if facts and facts.get("change_pct") is not None:
            closes = request.market.daily(code, request.now).close[-days - 1 :]
            yield facts | {
                "period_return": 100 * (facts["price"] / int(closes[0]) - 1) if closes.size else 0.0
            }
