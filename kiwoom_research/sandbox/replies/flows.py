"""Replies about who trades, over a market: flows of its sectors, and streaks.

Both are the daily flows of the stocks, summed or counted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...calendar import session_on_or_before
from ..market.bars import Bars, Column, cut, seconds, until
from .encode import encode_record
from .generic import generic_reply
from .indices import index_codes, index_members, index_quote
from .investors import day_written, net_flows
from .rankings import VENUES, param_word, quotes_to_rank
from .request import Page, Request

Facts = dict[str, Any]

KINDS = (
    "securities", "insurance", "trust", "bank", "pension", "company", "individual", "foreign", "resident_foreign",
    "state", "private_fund", "institution",
)  # fmt: skip
LONGEST_STREAK = 20  # sessions
MERCHANT_BANK = "other_finance"  # the name of these in the flows of a stock


def stock_flows(request: Request, code: str, last: int, end: Any = None) -> tuple[Bars, dict[str, Column]]:
    """The last daily bars of a stock up to a day, and what every kind of investor bought less what it sold."""
    one = replace(request, body={**request.body, "stk_cd": code})
    bars = request.market.daily(code, request.now, adjusted=False)
    bars = cut(bars if end is None else until(bars, end), slice(-last, None))
    return bars, net_flows(one, bars) if bars.size else {}


def sector_flows(request: Request) -> Page:
    """ka10051: every index of a market with the flows of its stocks, in thousand shares or 100 million won."""
    if not request.market.invented:
        return generic_reply(request)
    kosdaq = param_word(request, "market") == "kosdaq"
    end = day_written(request.body.get("base_dt", ""), request.now.date())
    day = session_on_or_before(min(end, request.market.quote_day(request.now)))
    won = request.body.get("amt_qty_tp") != "1"
    of_stock: dict[str, Facts] = {}
    codes = index_codes(request.market, kosdaq)
    for code in index_members(request.market)["101" if kosdaq else "001"][1]:
        bars, flows = stock_flows(request, code, 1, end)
        if bars.size and bars.time[-1] == seconds(day):
            price = int(bars.close[-1]) if won else 1
            of_stock[code] = {name: float(column[-1]) * price for name, column in flows.items()}
    scale, suffix = (100_000_000, "_value") if won else (1_000, "")
    suffix_of_venue = VENUES.get(request.body.get("stex_tp", ""), "")
    page = []
    for index in codes:
        members = index_members(request.market)[index][1]
        facts: Facts = {}
        for kind in (*KINDS, MERCHANT_BANK):
            total = sum(of_stock[code][f"{kind}_net"] for code in members if code in of_stock)
            name = "merchant_bank" if kind == MERCHANT_BANK else kind
            facts[f"{name}_net{suffix}"] = round(total / scale) * scale
        quote = index_quote(request, index)
        page.append(encode_record(request.table, quote | facts | {"code": index + suffix_of_venue}))
    return Page({request.table.rows: page}, count=len(page))


def streaks(request: Request) -> Page:
    """ka10131: what institutions and foreigners bought over some sessions, and for how many sessions in a row."""
    if not request.market.invented:
        return generic_reply(request)
    word = param_word(request, "sessions")
    sessions = word if isinstance(word, int) else 20
    sign = -1 if request.body.get("netslmt_tp") == "1" else 1
    lines = []
    for quote, _ in quotes_to_rank(request):
        code = quote["code"].partition("_")[0]
        bars, flows = stock_flows(request, code, max(sessions, LONGEST_STREAK))
        if bars.size < 2:
            continue
        facts: Facts = {"code": quote["code"], "name": quote["name"]}
        start = int(bars.close[-min(sessions, bars.size - 1) - 1])
        facts["period_change_pct"] = 100 * (int(bars.close[-1]) / start - 1)
        for who in ("institution", "foreign"):
            net = flows[f"{who}_net"]
            facts |= _streak(who, net, bars.close, sessions)
        both = flows["institution_net"] + flows["foreign_net"]
        facts["net"] = float(both[-sessions:].sum())
        facts["net_value"] = float((both * bars.close)[-sessions:].sum())
        together = _streak("total", both, bars.close, sessions)
        facts |= {name: value for name, value in together.items() if "streak" in name}
        if np.sign(facts["net"]) == sign:
            lines.append(facts)
    by = "net" if request.body.get("amt_qty_tp") == "1" else "net_value"
    lines.sort(key=lambda facts: (-sign * facts[by], facts["code"]))
    ranked = [facts | {"rank": at} for at, facts in enumerate(lines, start=1)]
    first = int(request.position(r"{}(\d+)") or 0)
    last = first + request.call.page_rows
    page = [encode_record(request.table, facts) for facts in ranked[first:last]]
    return Page({request.table.rows: page}, f"{last}" if last < len(ranked) else "", len(page))


def _streak(who: str, net: Column, close: Column, sessions: int) -> Facts:
    """Net buying over the sessions, and over those in a row that end with the last; negative days for a sale."""
    sign = int(np.sign(net[-1]))
    other = np.flatnonzero(np.sign(net) != sign)
    days = len(net) - 1 - int(other[-1]) if other.size else len(net)
    days = days if sign else 0
    run = slice(len(net) - days, None)
    return {
        f"{who}_net": float(net[-sessions:].sum()),
        f"{who}_net_value": float((net * close)[-sessions:].sum()),
        f"{who}_streak": sign * days,
        f"{who}_streak_net": float(net[run].sum()) if days else 0.0,
        f"{who}_streak_net_value": float((net * close)[run].sum()) if days else 0.0,
    }
