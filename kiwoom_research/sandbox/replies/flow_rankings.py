"""Rankings by who trades: the stocks that somebody bought, sold or lent most.

All of them are the daily numbers of the stocks, summed and sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ...endpoints.ranking import (
    BOTH_NET,
    BROKER_TOP,
    FOREIGN_BROKERS_TOP,
    FOREIGN_LIMIT_TOP,
    FOREIGN_STREAKS,
    FOREIGN_TOP,
    INVESTORS_NOW_TOP,
)
from ...endpoints.securities_lending import LENDING_TOP
from ...endpoints.stock_info import INVESTOR_STOCKS, PROGRAM_TOP
from ..market.bars import Bars, Column, cut, seconds, until
from .encode import encode_record
from .flows import stock_flows
from .generic import BROKERS, generic_reply
from .investors import day_written, foreign_paths, lending_of_days, net_flows
from .program import program_volumes
from .rankings import list_page, param_word, quotes_to_rank
from .request import Page, Request
from .trades import broker_volumes

Facts = dict[str, Any]
Ranked = Iterator[tuple[float, Facts]]  # what a stock is sorted by, and its facts

TOP_LENT = 10


def _sessions_asked(request: Request) -> tuple[int, int]:
    """How many sessions are asked for, and how many of the newest are left out; 0 is today, 1 the session before."""
    word = param_word(request, "sessions")
    if word == 0:
        return 1, 0
    return (1, 1) if word == 1 else (int(word) if isinstance(word, int) else 1, 0)


def _side(request: Request) -> int:
    return -1 if param_word(request, "side") in ("net_sold", "sold") else 1


def _over_sessions(request: Request, quote: Facts) -> tuple[Bars, dict[str, Column]]:
    count, skipped = _sessions_asked(request)
    code = quote["code"].partition("_")[0]
    bars, flows = stock_flows(request, code, count + skipped)
    rows = slice(0, count if skipped else None)
    return cut(bars, rows), {name: column[rows] for name, column in flows.items()}


def _foreign(request: Request) -> Ranked:
    sign = _side(request)
    for quote, _ in quotes_to_rank(request):
        bars, flows = _over_sessions(request, quote)
        net = float(flows["foreign_net"].sum()) if bars.size else 0.0
        if np.sign(net) == sign:
            room = quote["listed_shares"] * 0.5 if quote["listed_shares"] else 0
            yield sign * net, quote | {"foreign_net": net, "foreign_room": round(room)}


def _foreign_streak(request: Request) -> Ranked:
    sign, skipped = _side(request), request.body.get("base_dt_tp") != "0"
    for quote, _ in quotes_to_rank(request):
        _, flows = stock_flows(request, quote["code"].partition("_")[0], 3 + skipped)
        net = flows.get("foreign_net", np.zeros(0))
        net = net[:-1] if skipped else net
        if len(net) == 3 and (np.sign(net) == sign).all():
            by_day = {f"foreign_net_{at}": float(value) for at, value in enumerate(net[::-1], start=1)}
            yield sign * float(net.sum()), quote | by_day | {"foreign_net_sum": float(net.sum())}


def _foreign_limit(request: Request) -> Ranked:
    count, skipped = _sessions_asked(request)
    for quote, _ in quotes_to_rank(request):
        code = quote["code"].partition("_")[0]
        bars = cut(request.market.daily(code, request.now, adjusted=False), slice(-count - skipped - 1, None))
        if bars.size < 2:
            continue
        held = foreign_paths(replace(request, body={"stk_cd": code}), bars)
        now, before = float(held["foreign_exhaustion"][-1 - skipped]), float(held["foreign_exhaustion"][0])
        facts = {
            "foreign_shares": float(held["foreign_shares"][-1]),
            "foreign_room": float(held["foreign_room"][-1]),
            "previous_foreign_exhaustion": before,
            "foreign_exhaustion": now,
            "foreign_exhaustion_change": now - before,
        }
        if now > before:
            yield now - before, quote | facts


def _of_brokers(request: Request, quote: Facts, brokers: list[str]) -> tuple[Bars, Column, Column]:
    count, skipped = _sessions_asked(request)
    code = quote["code"].partition("_")[0]
    bars = cut(request.market.daily(code, request.now, adjusted=False), slice(-count - skipped, None))
    bars = cut(bars, slice(0, count if skipped else None))
    volumes = broker_volumes(replace(request, body={"stk_cd": code}), bars)
    sold, bought = (np.sum([volumes[broker][side] for broker in brokers], axis=0) for side in (0, 1))
    return bars, sold, bought


def _foreign_brokers(request: Request) -> Ranked:
    side = param_word(request, "side")
    foreign = [code for code, (_, kind) in BROKERS.items() if kind == "foreign"]
    for quote, _ in quotes_to_rank(request):
        bars, sold, bought = _of_brokers(request, quote, foreign)
        net = float((bought - sold).sum())
        facts = quote | {
            "foreign_broker_sold": float(sold.sum()),
            "foreign_broker_bought": float(bought.sum()),
            "foreign_broker_net": net,
            "foreign_broker_net_value": float(((bought - sold) * bars.close).sum()),
        }
        keys = {"net_bought": net, "net_sold": -net, "bought": float(bought.sum()), "sold": float(sold.sum())}
        worth = facts["foreign_broker_net_value"] if request.body.get("sort_tp") == "1" else 0.0
        key = {"net_bought": worth, "net_sold": -worth}.get(str(side), 0.0) or keys[str(side)]
        if key > 0:
            yield key, facts


def _one_broker(request: Request) -> Ranked:
    broker, sign = request.body.get("mmcm_cd", ""), _side(request)
    for quote, _ in quotes_to_rank(replace(request, body={**request.body, "mrkt_tp": "000"})):
        if broker not in BROKERS:
            return
        bars, sold, bought = _of_brokers(request, quote, [broker])
        net = float((bought - sold).sum())
        if np.sign(net) != sign:
            continue
        value = float(((bought - sold) * bars.close).sum())
        yield (
            sign * net,
            quote
            | {
                "period_change": int(bars.close[-1] - bars.base[0]),
                "period_change_pct": 100 * (int(bars.close[-1]) / max(int(bars.base[0]), 1) - 1),
                "period_volume": int(bars.volume.sum()),
                "net": net,
                "bought": float(bought.sum()),
                "sold": float(sold.sum()),
                "net_value": value,
                "bought_value": float((bought * bars.close).sum()),
                "sold_value": float((sold * bars.close).sum()),
            },
        )


def _between_days(request: Request, code: str) -> tuple[Bars, dict[str, Column]]:
    """Bars and flows of the days that are asked for."""
    today = request.now.date()
    end = day_written(request.body.get("end_dt", ""), today)
    first = seconds(day_written(request.body.get("strt_dt", ""), today))
    bars = until(request.market.daily(code, request.now, adjusted=False), end)
    bars = cut(bars, bars.time >= first)
    return bars, net_flows(replace(request, body={**request.body, "stk_cd": code}), bars) if bars.size else {}


def _investor(request: Request) -> Ranked:
    sign, who = _side(request), param_word(request, "investor")
    for quote, _ in quotes_to_rank(request):
        bars, flows = _between_days(request, quote["code"].partition("_")[0])
        net = flows.get(f"{who}_net", np.zeros(0))
        total = float(np.rint(net.sum() / 100) * 100)
        if np.sign(total) != sign:
            continue
        average = float(abs((net * bars.close).sum() / total)) if total else 0.0
        yield (
            sign * total,
            quote
            | {
                "net": total,
                "net_value": float((net * bars.close).sum()),
                "average_price": round(average),
                "price_gap": quote["price"] - round(average),
                "price_gap_pct": 100 * (quote["price"] / round(average) - 1) if round(average) else 0.0,
                "period_volume": int(bars.volume.sum()),
            },
        )


def _both(request: Request) -> Ranked:
    sign, by_value = _side(request), request.body.get("sort_cnd") == "2"
    for quote, _ in quotes_to_rank(request):
        bars, flows = _between_days(request, quote["code"].partition("_")[0])
        facts: Facts = {}
        for who in ("institution", "foreign"):
            net = flows.get(f"{who}_net", np.zeros(0))
            facts[f"{who}_net"] = float(net.sum())
            facts[f"{who}_net_value"] = float((net * bars.close).sum())
            facts[f"{who}_average"] = (
                round(abs(facts[f"{who}_net_value"] / facts[f"{who}_net"])) if net.sum() else 0
            )
        if np.sign(facts["institution_net"]) == np.sign(facts["foreign_net"]) == sign:
            facts["net"] = facts["institution_net"] + facts["foreign_net"]
            facts["net_value"] = facts["institution_net_value"] + facts["foreign_net_value"]
            yield sign * facts["net_value" if by_value else "net"], quote | facts


def _estimated(request: Request) -> Ranked:
    """Estimates through the session: the flows of the day rounded to a thousand shares."""
    sign, who = _side(request), param_word(request, "investor")
    won = request.body.get("amt_qty_tp") == "1"
    for quote, _ in quotes_to_rank(request):
        bars, flows = stock_flows(request, quote["code"].partition("_")[0], 1)
        net = flows.get(f"{who}_net", np.zeros(0))
        total = float(np.rint(net.sum() / 1_000) * 1_000)
        if np.sign(total) != sign:
            continue
        price = int(bars.close[-1]) if won else 1
        turned = abs(total)
        sides = {"net": total, "bought": (turned + max(total, 0)) * 1.0, "sold": turned + max(-total, 0)}
        suffix = "_value" if won else ""
        yield (
            sign * total * price,
            quote | {f"estimated_{side}{suffix}": amount * price for side, amount in sides.items()},
        )


def _program(request: Request) -> Ranked:
    sign, won = _side(request), request.body.get("amt_qty_tp") == "1"
    market = {"P00101": "001", "P10102": "101"}.get(request.body.get("mrkt_tp", ""), "")
    for quote, bars in quotes_to_rank(replace(request, body={**request.body, "mrkt_tp": market})):
        code = quote["code"].partition("_")[0]
        day = cut(bars, slice(-1, None))
        sold, bought = (float(column[0]) for column in program_volumes(request.market, code, day))
        price, suffix = (quote["price"], "_value") if won else (1, "")
        if np.sign(bought - sold) == sign:
            amounts = {"sold": sold, "bought": bought, "net": bought - sold}
            yield (
                sign * (bought - sold) * price,
                quote | {f"program_{side}{suffix}": amount * price for side, amount in amounts.items()},
            )


def _lending(request: Request) -> Ranked:
    for quote, _ in quotes_to_rank(request):
        code = quote["code"].partition("_")[0]
        bars, _ = _between_days(request, code)
        if bars.size:
            lent, repaid, balance, value = lending_of_days(request, code, bars.time)
            yield (
                float(lent.sum()),
                quote
                | {
                    "lent": float(lent.sum()),
                    "repaid": float(repaid.sum()),
                    "lending_balance": float(balance[-1]),
                    "lending_value": float(value[-1]),
                },
            )


def lending_ranking(request: Request) -> Page:
    """ka10069: the ten stocks lent most over some days, and in the summary their sums."""
    page = flow_ranking(request)
    if not request.market.invented:
        return page
    rows = page.body[request.table.rows][:TOP_LENT]
    ranked = sorted(_lending(request), key=lambda pair: (-pair[0], pair[1]["code"]))[:TOP_LENT]
    names = ("lent", "repaid", "lending_balance", "lending_value")
    sums = {f"{name}_sum": sum(facts[name] for _, facts in ranked) for name in names}
    summary = encode_record(request.call.table(request.body, "summary"), sums)
    return Page({**summary, request.table.rows: rows}, count=len(rows))


def flow_ranking(request: Request) -> Page:
    """The stocks that somebody bought, sold or lent most."""
    if not request.market.invented:
        return generic_reply(request)
    select = SELECTIONS[request.call.id]
    best = sorted(select(request), key=lambda pair: (-pair[0], pair[1]["code"]))
    return list_page(request, [facts | {"rank": at} for at, (_, facts) in enumerate(best, start=1)])


SELECTIONS: dict[str, Callable[[Request], Ranked]] = {
    FOREIGN_TOP.id: _foreign,
    FOREIGN_STREAKS.id: _foreign_streak,
    FOREIGN_LIMIT_TOP.id: _foreign_limit,
    FOREIGN_BROKERS_TOP.id: _foreign_brokers,
    BROKER_TOP.id: _one_broker,
    INVESTOR_STOCKS.id: _investor,
    BOTH_NET.id: _both,
    INVESTORS_NOW_TOP.id: _estimated,
    PROGRAM_TOP.id: _program,
    LENDING_TOP.id: _lending,
}
