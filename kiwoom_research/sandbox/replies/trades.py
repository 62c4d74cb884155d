"""Replies about the trading of a session: its trades, its brokers, its volatility interruptions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from ...calendar import KST, previous_session
from ..market.bars import Bars, Column, cut, on_tick, run_starts, tick_size, until
from .encode import encode_record
from .generic import BROKERS, generic_reply
from .investors import draws
from .quotes import quote_of
from .rankings import list_page, quotes_to_rank
from .request import Page, Request

Facts = dict[str, Any]

PLACES = range(1, 6)
INTERRUPTED = 1.1  # a price so far from that of the last auction interrupts trading
INTERRUPTION = timedelta(minutes=2)


def day_trades(request: Request) -> Page:
    """ka10003 and ka10084: trades of a session, newest first; strength is what buyers took in % of what sellers gave."""
    quote = quote_of(request)
    if not request.market.invented or not quote:
        return generic_reply(request)
    day = quote["session"]
    if request.body.get("tdy_pred") == "2":
        day = previous_session(day)
    trades = request.market.seen_trades(request.code, day, request.now, request.venue)
    bought = np.where(np.diff(trades.close, prepend=trades.open[:1]) >= 0, trades.volume, 0)
    rows = _numbered(trades, bought)
    if request.body.get("tic_min") == "1":
        rows = _by_minute(trades, rows)
    if (until_minute := request.body.get("tm", "")).isdigit():
        rows = [row for row in rows if f"{row['time']:%H%M}" <= until_minute]
    end = min(int(request.position(r"{}(\d+)") or len(rows)), len(rows))
    first = max(end - request.call.page_rows, 0)
    fund = request.market.stocks[request.code].fund
    base = request.market.base(request.code, day)
    page = [encode_record(request.table, _of_trade(row, base, fund)) for row in rows[first:end][::-1]]
    return Page({request.table.rows: page}, f"{request.symbol}{first}" if first else "", len(page))


def _numbered(trades: Bars, bought: Column) -> list[Facts]:
    """Trades oldest first, with the sums of the session so far."""
    volume, value, buying = trades.volume.cumsum(), trades.value.cumsum(), bought.cumsum()
    strength = 100 * buying / np.maximum(volume - buying, 1)
    signed = np.where(bought > 0, trades.volume, -trades.volume)
    columns = (trades.time, trades.close, signed, volume, value, strength)
    names = ("time", "price", "trade_volume", "volume", "value", "strength")
    return [dict(zip(names, row, strict=True)) for row in zip(*(c.tolist() for c in columns), strict=True)]


def _by_minute(trades: Bars, rows: list[Facts]) -> list[Facts]:
    """The last trade of every minute, with the volume of all of them."""
    if not rows:
        return []
    starts = run_starts(trades.time.astype("datetime64[m]"))
    ends = np.append(starts[1:], len(rows)) - 1
    volumes = np.add.reduceat(trades.volume, starts).tolist()
    return [rows[end] | {"trade_volume": volume} for end, volume in zip(ends.tolist(), volumes, strict=True)]


def _of_trade(row: Facts, base: int, fund: bool) -> Facts:
    """The columns of a trade: who took the price is who met the other side's best order."""
    price, bought = row["price"], row["trade_volume"] > 0
    tick = int(tick_size(price, fund))
    midnight = datetime.combine(row["time"].date(), datetime.min.time())
    return row | {
        "time_of_day": row["time"] - midnight,
        "base_price": base,
        "change": price - base,
        "change_pct": 100 * (price - base) / base,
        "direction": "up" if price > base else "down" if price < base else "flat",
        "ask": price if bought else price + tick,
        "bid": price - int(tick_size(price - 1, fund)) if bought else price,
        "venue": "KRX",
    }


# --- brokers ------------------------------------------------------------------------------------------


def broker_volumes(request: Request, bars: Bars) -> dict[str, tuple[Column, Column]]:
    """What every broker sold and bought of a stock on each day; either side is the volume of the day."""
    found = {}
    for side in ("sold", "bought"):
        weights = np.array([1.01 + draws(request, bars, f"broker {code} {side}", 1.0) for code in BROKERS])
        parts = np.floor(bars.volume * weights / weights.sum(axis=0))
        parts[0] += bars.volume - parts.sum(axis=0)
        found[side] = parts
    return {code: (found["sold"][at], found["bought"][at]) for at, code in enumerate(BROKERS)}


def stock_brokers(request: Request) -> Page:
    """ka10002: the five brokers that sold most of a stock, and the five that bought most."""
    quote = quote_of(request)
    if not request.market.invented or not quote:
        return generic_reply(request)
    bars = cut(request.market.daily(request.code, request.now, venue=request.venue), slice(-1, None))
    volumes = broker_volumes(request, bars._replace(volume=bars.volume * 0 + quote["volume"]))
    facts: Facts = dict(quote)
    for who, at in (("seller", 0), ("buyer", 1)):
        best = sorted(volumes, key=lambda code: (-volumes[code][at][0], code))
        for place, code in zip(PLACES, best, strict=False):
            facts |= {
                f"{who}_{place}": BROKERS[code][0],
                f"{who}_{place}_code": code,
                f"{who}_{place}_volume": int(volumes[code][at][0]),
            }
    return Page({**encode_record(request.table, facts)})


# --- volatility interruptions -------------------------------------------------------------------------


def interruptions(request: Request) -> Page:
    """ka10054: stocks whose price went 10 % away from that of the last auction, newest first."""
    if not request.market.invented:
        return generic_reply(request)
    found = sorted(_interrupted(request), key=lambda facts: (facts["vi_time"], facts["code"]), reverse=True)
    return list_page(request, found)


def _interrupted(request: Request) -> Iterator[Facts]:
    wanted = request.body.get("stk_cd", "").partition("_")[0]
    for quote, _ in quotes_to_rank(request):
        code = quote["code"].partition("_")[0]
        # a range of less than that from low to high cannot hold a move of ten percent
        if wanted in ("", code) and quote["volume"] and quote["high"] >= quote["low"] * (INTERRUPTED - 0.01):
            yield from _first_interruption(request, quote, code, quote["session"])


def _first_interruption(request: Request, quote: Facts, code: str, day: date) -> Iterator[Facts]:
    """The first minute that was far enough from the opening auction or, in the evening, from the closing auction."""
    hours, fund = request.market.hours(day), request.market.stocks[code].fund
    minutes = request.market.minutes(code, day, request.now)
    regular = until(minutes, hours.closing)
    evening = cut(minutes, slice(regular.size, None))
    for bars, base in ((regular, quote["open"]), (evening, int(regular.close[-1]) if regular.size else 0)):
        upper = _ceil_tick(base * INTERRUPTED, fund)
        lower = int(on_tick(np.asarray(base * (2 - INTERRUPTED)), fund))
        rows = np.flatnonzero((bars.high >= upper) | (bars.low <= lower))
        if rows.size:
            break
    else:
        return
    begun = bars.time[rows[0]].item()
    rose = bars.high[rows[0]] >= upper
    if {"1": not rose, "2": rose}.get(request.body.get("motn_drc", ""), False):
        return
    price = upper if rose else lower
    midnight = datetime.combine(day, datetime.min.time())
    ended = begun + INTERRUPTION
    over = ended <= request.now.astimezone(KST).replace(tzinfo=None)
    yield quote | {
        "vi_price": price,
        "vi_time": begun - midnight,
        "vi_end": ended - midnight if over else timedelta(0),
        "vi_type": "정적",
        "dynamic_base": 0,
        "dynamic_gap": 0.0,
        "static_base": base,
        "static_gap": 100 * (price - base) / base,
        "open_change_pct": 100 * (price - quote["open"]) / quote["open"],
        "vi_count": 1,
        "venue": "NXT" if request.body.get("stex_tp") == "2" else "KRX",
    }


def _ceil_tick(price: float, fund: bool) -> int:
    """The lowest price on the tick grid that is not below a price."""
    near = int(on_tick(np.asarray(price), fund))
    return near if near >= price else near + int(tick_size(near, fund))
