"""Replies about programme trading: of a stock or of a market, by day or through the day.

A market is the sum of its stocks. An invented stock has a part of its volume traded by programmes; of a replayed market
nothing is known.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np

from ...calendar import session_on_or_before
from ..market.bars import Bars, Column, seconds
from ..market.base import Market
from .encode import encode_bars, encode_record, encode_rows, encode_times
from .generic import generic_reply
from .indices import index_closes, index_members
from .investors import day_written, days_page, encode_numbers
from .request import Page, Request

Facts = dict[str, Any]

SHARE, TILT = 0.12, 0.06  # of the volume: what programmes sell and buy at least, and what one side has more
ARBITRAGE = 0.1  # of all programmes
MARKETS = {"P00101": "001", "P10102": "101"}  # KOSPI and KOSDAQ at KRX, and their indices


def program_volumes(market: Market, code: str, bars: Bars) -> tuple[Column, Column]:
    """Shares that programmes sold and bought of a stock on each day."""
    net = np.rint(bars.volume * market.draws(code, bars.time, "program", TILT))
    level = np.rint(bars.volume * SHARE)
    return level + np.maximum(-net, 0), level + np.maximum(net, 0)


def stock_days(request: Request) -> Page:
    """ka90013: a stock by day; the change of a day is its net less that of the session before."""
    if not request.market.invented:
        return generic_reply(request)
    last = day_written(request.body.get("date", ""), request.now.date())
    bars, key = days_page(request, last)
    found = encode_bars(request.table, bars)
    if bars.size:
        days = request.market.daily(request.code, request.now, adjusted=False, venue=request.venue)
        sold, bought = program_volumes(request.market, request.code, days)
        at = np.searchsorted(days.time, bars.time)
        net = bought - sold
        moved, moved_value = np.diff(net, prepend=0.0), np.diff(net * days.close, prepend=0.0)
        known = np.where(bars.base > 0, bars.change / np.maximum(bars.base, 1) * 100, np.nan)
        found |= encode_numbers(
            request,
            {
                "change_pct": known,
                **_sides(sold[at], bought[at], bars.close),
                "program_net_change": moved[at],
                "program_net_value_change": moved_value[at],
            },
        )
        found["venue"] = ["KRX"] * bars.size
    return Page({request.table.rows: encode_rows(request.table, found, bars.size)}, key, bars.size)


def _sides(sold: Column, bought: Column, price: Column) -> dict[str, Column]:
    return {
        "program_sold": sold,
        "program_bought": bought,
        "program_net": bought - sold,
        "program_sold_value": sold * price,
        "program_bought_value": bought * price,
        "program_net_value": (bought - sold) * price,
    }


def stock_times(request: Request) -> Page:
    """ka90008: a stock through its session, minute by minute, newest first; sums since the opening."""
    day = session_on_or_before(day_written(request.body.get("date", ""), request.now.date()))
    minutes = request.market.minutes(request.code, day, request.now) if request.stock() else None
    if not request.market.invented or minutes is None:
        return generic_reply(request)
    whole = request.market.history(request.code)
    at = whole.time == seconds(day)
    sold, bought = (column[at] for column in program_volumes(request.market, request.code, whole))
    so_far = minutes.volume.cumsum()
    late = request.now >= request.market.hours(day).end and minutes.size
    of_day = so_far[-1] if late else request.market.session(request.code, day).volume.sum()
    part = so_far / max(int(of_day), 1)
    base = request.market.base(request.code, day)
    lines = []
    before = 0.0
    for row in range(minutes.size):
        price = int(minutes.close[row])
        amounts = {
            name: float(column[0])
            for name, column in _sides(
                np.rint(sold * part[row]), np.rint(bought * part[row]), np.asarray(price)
            ).items()
        }
        lines.append(
            _of_moment(minutes.time[row].item(), price, base)
            | amounts
            | {
                "volume": int(so_far[row]),
                "program_net_change": amounts["program_net"] - before,
                "program_net_value_change": (amounts["program_net"] - before) * price,
                "venue": "KRX",
            }
        )
        before = amounts["program_net"]
    return _page_of_lines(request, lines)


def _of_moment(moment: datetime, price: int, base: int) -> Facts:
    return {
        "time_of_day": _time_of_day(moment),
        "price": price,
        "base_price": base,
        "change": price - base,
        "change_pct": 100 * (price - base) / base if base else None,
        "direction": "up" if price > base else "down" if price < base else "flat",
    }


def _time_of_day(moment: datetime) -> timedelta:
    return moment - datetime.combine(moment.date(), datetime.min.time())


def _page_of_lines(request: Request, lines: list[Facts]) -> Page:
    """One page of lines that come oldest first; the key is the number of rows that are left."""
    end = min(int(request.position(r"{}(\d+)") or len(lines)), len(lines))
    first = max(end - request.call.page_rows, 0)
    page = [encode_record(request.table, facts) for facts in lines[first:end][::-1]]
    return Page({request.table.rows: page}, f"{request.symbol}{first}" if first else "", len(page))


# --- a market ---------------------------------------------------------------------------------------


def market_days(request: Request) -> Page:
    """ka90010: a market by day, newest first."""
    if not request.market.invented:
        return generic_reply(request)
    if request.body.get("mrkt_tp") not in MARKETS:
        return Page({request.table.rows: []}, count=0)
    days, sums = _market_sums(request)
    last = seconds(day_written(request.body.get("date", ""), request.now.date()))
    begin = request.moment(r"{}(\d{{8}})", "%Y%m%d")
    end = int(np.searchsorted(days, last if begin is None else begin, "right"))
    first = max(end - request.call.page_rows, 0)
    index = index_closes(request, "201")
    page = []
    for row in range(end - 1, first - 1, -1):
        day = days[row].item().date()
        facts: Facts = {name: float(column[row]) for name, column in sums.items()}
        facts |= {"date": day, "kospi200": index.get(day), "basis": 0.0}
        page.append(encode_record(request.table, facts))
    key = encode_times(days[first - 1 : first])[0] if first else ""
    return Page({request.table.rows: page}, key, len(page))


def market_times(request: Request) -> Page:
    """ka90005: a market through its session, every minute of the regular hours, newest first."""
    if not request.market.invented:
        return generic_reply(request)
    if request.body.get("mrkt_tp") not in MARKETS:
        return Page({request.table.rows: []}, count=0)
    days, sums = _market_sums(request)
    day = session_on_or_before(day_written(request.body.get("date", ""), request.now.date()))
    rows = np.flatnonzero(days == seconds(day))
    opening, steps = request.market.hours(day).opening, _minutes_begun(request, day)
    index = index_closes(request, "201").get(day)
    lines = []
    for step in range(1, steps + 1) if rows.size else ():
        facts: Facts = {name: float(np.rint(column[rows[0]] * step / steps)) for name, column in sums.items()}
        moment = (opening + timedelta(minutes=step)).replace(tzinfo=None)
        lines.append(facts | {"time_of_day": _time_of_day(moment), "kospi200": index, "basis": 0.0})
    return _page_of_lines(request, lines)


def _minutes_begun(request: Request, day: date) -> int:
    """How many minutes of the regular hours of a day have passed."""
    hours = request.market.hours(day)
    passed = min(max(request.now, hours.opening), hours.closing) - hours.opening
    return int(passed / timedelta(minutes=1))


def _market_sums(request: Request) -> tuple[Column, dict[str, Column]]:
    """Days of a market and the sums of its stocks; of the running day the part of its hours that has passed."""
    days, *whole = _sums_of_days(request.market, MARKETS[request.body["mrkt_tp"]])
    today = request.now.date()
    end = int(np.searchsorted(days, seconds(today), "right"))
    hours = request.market.hours(today)
    part = np.ones(end)
    if end and days[end - 1] == seconds(today):
        part[-1] = _minutes_begun(request, today) / ((hours.closing - hours.opening) / timedelta(minutes=1))
        if not part[-1]:
            end -= 1
    return days[:end], _market_columns(*(column[:end] * part[:end] for column in whole))


@lru_cache(maxsize=4)
def _sums_of_days(market: Market, index: str) -> tuple[Column, Column, Column, Column, Column]:
    """Days, shares sold and bought, and their money, of all stocks of an index; future included."""
    _, members = index_members(market)[index]
    histories = {code: market.history(code) for code in members}
    days = np.unique(np.concatenate([bars.time for bars in histories.values()]))
    sold, bought, sold_value, bought_value = np.zeros((4, len(days)))
    for code, bars in histories.items():
        at = np.searchsorted(days, bars.time)
        sells, buys = program_volumes(market, code, bars)
        sold[at] += sells
        bought[at] += buys
        sold_value[at] += sells * bars.close
        bought_value[at] += buys * bars.close
    return days, sold, bought, sold_value, bought_value


def _market_columns(
    sold: Column, bought: Column, sold_value: Column, bought_value: Column
) -> dict[str, Column]:
    """The columns of a market's row: arbitrage, the rest, and the money of both."""
    columns: dict[str, Column] = {}
    for kind in ("arbitrage", "non_arbitrage"):
        for unit, scale, sells, buys in (
            ("", 1_000, sold, bought),
            ("_value", 1_000_000, sold_value, bought_value),
        ):
            parts = {}
            for side, whole in (("sold", sells), ("bought", buys)):
                arbitrage = np.rint(whole * ARBITRAGE / scale) * scale
                rest = np.rint(whole / scale) * scale - arbitrage
                parts[side] = arbitrage if kind == "arbitrage" else rest
            columns |= {f"{kind}_{side}{unit}": column for side, column in parts.items()}
            columns[f"{kind}_net{unit}"] = parts["bought"] - parts["sold"]
    for side in ("sold", "bought", "net"):
        columns[f"program_{side}_value"] = (
            columns[f"arbitrage_{side}_value"] + columns[f"non_arbitrage_{side}_value"]
        )
    return columns
