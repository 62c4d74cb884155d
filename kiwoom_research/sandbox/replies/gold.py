"""Replies about the KRX gold market: bars of days and minutes that add up, trades, and the quote of the day."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np

from ...calendar import KST, sessions_in_range
from ..market.bars import EMPTY, Bars, cut, grouped, joined, newest, periods, seconds, until
from ..market.base import Market
from ..market.hours import session_hours
from ..market.intraday import Stretch, minute_path
from .encode import encode_bars, encode_record, encode_rows, encode_times
from .generic import generic_reply
from .request import Page, Request

KINDS = {
    "M04020000": 1.0,
    "M04020100": 1.01,
}  # gold of 1 kg and of 100 g, and the price of a gram beside the other
BEGAN = date(2014, 3, 24)
PRICE, STEP = 185_000.0, 10  # won for a gram at the end of the data, and the tick
LIMIT = 0.1
MINUTE_SESSIONS = 5
MINUTES = 391  # 09:00 to 15:30, the auction of the close included


def _random(market: Market, *what: object) -> np.random.RandomState:
    digest = blake2b("/".join(map(str, (market.stream, "gold", *what))).encode(), digest_size=4).digest()
    return np.random.RandomState(int.from_bytes(digest, "little"))


@lru_cache(maxsize=4)
def _history(market: Market, code: str) -> Bars:
    """Daily bars of gold from the first day to the end of the data."""
    days = sessions_in_range(BEGAN, market.end).to_numpy().astype("datetime64[s]")
    random = _random(market)
    path = np.cumsum(random.normal(0, 0.009, len(days)))
    close = np.rint(PRICE * KINDS[code] * np.exp(path - path[-1]) / STEP).astype(np.int64) * STEP
    base = np.append(close[0], close[:-1])
    opening = np.rint(base * (1 + random.normal(0, 0.003, len(days))) / STEP).astype(np.int64) * STEP
    reach = np.rint(np.abs(random.normal(0, 0.004, (2, len(days)))) * close / STEP).astype(np.int64) * STEP
    high, low = np.maximum(opening, close) + reach[0], np.minimum(opening, close) - reach[1]
    grams = np.exp(random.normal(12.0, 0.5, len(days))).astype(np.int64)
    nothing = np.zeros(len(days), np.int64)
    return Bars(
        days, opening, high, low, close, grams, grams * (high + low) // 2, base, nothing, nothing, nothing
    )


@lru_cache(maxsize=32)
def _minutes(market: Market, code: str, day: date) -> Bars:
    """The minutes of a whole day."""
    whole = _history(market, code)
    row = int(np.searchsorted(whole.time, seconds(day)))
    bar = cut(whole, slice(row, row + 1))
    stretch = Stretch(*(int(getattr(bar, name)[0]) for name in ("open", "high", "low", "close", "volume")))
    opening, high, low, close, volume = minute_path(_random(market, day), MINUTES, stretch, False)
    close[-1], high[-1], low[-1] = stretch.close, max(high[-1], stretch.close), min(low[-1], stretch.close)
    first = seconds(session_hours(day, False).opening)
    time = first + np.arange(MINUTES) * np.timedelta64(60, "s")
    nothing = np.zeros(MINUTES, np.int64)
    bars = Bars(
        time,
        opening,
        high,
        low,
        close,
        volume,
        volume * (high + low) // 2,
        nothing + bar.base[0],
        nothing,
        nothing,
        nothing,
    )
    return cut(bars, (bars.volume > 0) | (time == time[-1]))


def _seen_minutes(request: Request, day: date) -> Bars:
    """The minutes of a day that have begun."""
    return until(_minutes(request.market, request.symbol, day), request.now.astimezone(KST))


def _days(request: Request, last: date) -> Bars:
    """Daily bars up to a day, today's as far as it has come."""
    today = request.now.date()
    bars = until(_history(request.market, request.symbol), min(last, today))
    if bars.size and bars.time[-1] == seconds(today):
        minutes = _seen_minutes(request, today)
        running = cut(bars, slice(-1, None))
        so_far = (
            grouped(minutes, np.zeros(1, np.int64))._replace(time=running.time, base=running.base)
            if minutes.size
            else EMPTY
        )
        bars = joined([cut(bars, slice(-1)), so_far])
    return bars


def _known(request: Request) -> bool:
    return request.market.invented and request.symbol in KINDS


def gold_bars(request: Request) -> Page:
    """ka50081, ka50082, ka50083: days, weeks and months, as many as a page holds."""
    if not _known(request):
        return generic_reply(request)
    begin = request.moment(r"{}(\d{{8}})", "%Y%m%d")
    bars = periods(_days(request, request.base_day), request.table.freq)
    if begin is not None:
        bars = until(bars, begin)
    first = max(bars.size - request.call.page_rows, 0)
    key = f"{request.symbol}{encode_times(bars.time[first - 1 : first])[0]}" if first else ""
    bars = cut(bars, slice(first, None))
    return Page(
        {request.table.rows: encode_rows(request.table, encode_bars(request.table, bars), bars.size)},
        key,
        bars.size,
    )


def gold_minutes(request: Request) -> Page:
    """ka50080 and ka50079: minutes, or one trade for each of them; the last sessions."""
    if not _known(request):
        return generic_reply(request)
    scope = request.body.get("tic_scope", "")
    step = int(scope) if scope.isdigit() and int(scope) else 1
    tick = request.table.freq == "tick"
    days = _days(request, request.now.date()).time[-MINUTE_SESSIONS:].astype("datetime64[D]").tolist()
    parts, sums = [], []
    for day in days:
        bars = _seen_minutes(request, day)
        if tick:
            bars = bars._replace(open=bars.close, high=bars.close, low=bars.close)
        starts = np.arange(0, bars.size, step)
        parts.append(grouped(bars, starts)._replace(time=bars.time[starts]) if bars.size else bars)
        sums.append(parts[-1].volume.cumsum())
    bars, so_far = joined(parts), np.concatenate(sums)
    end = min(int(request.position(r"{}(\d+)") or bars.size), bars.size)
    first = max(end - request.call.page_rows, 0)
    bars = cut(bars, slice(first, end))
    found = encode_bars(request.table, bars)
    found["volume_so_far"] = [str(value) for value in so_far[first:end].tolist()]
    key = f"{request.symbol}{first}" if first else ""
    return Page({request.table.rows: encode_rows(request.table, found, bars.size)}, key, bars.size)


def gold_quote(request: Request) -> Page:
    """ka50100: how gold stands; the wire has no price, only the change from the close before."""
    if not _known(request):
        return generic_reply(request)
    bars = _days(request, request.now.date())
    bar = newest(bars)
    base, price = bar["base"], bar["close"]
    before = int(bars.volume[-2]) if bars.size > 1 else 0
    facts: dict[str, Any] = bar | {
        "base_price": base,
        "previous_close": base,
        "change": price - base,
        "change_pct": 100 * (price - base) / base,
        "direction": "up" if price > base else "down" if price < base else "flat",
        "grams": bar["volume"],
        "volume_ratio": 100 * bar["volume"] / before if before else 0.0,
        "upper_limit": int(base * (1 + LIMIT) // STEP * STEP),
        "lower_limit": int(-(-base * (1 - LIMIT) // STEP) * STEP),
    }
    return Page({**encode_record(request.table, facts)})
