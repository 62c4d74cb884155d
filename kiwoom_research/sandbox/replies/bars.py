"""Replies with bars: the charts and the daily sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from ...calendar import session_on_or_before
from ...endpoints.chart import DAY, MINUTES, TICK, TICKS
from ...kinds import SATURATED
from ..market.bars import (
    Bars,
    Column,
    cut,
    grouped,
    joined,
    newest,
    periods,
    run_starts,
    scaled,
    seconds,
    until,
)
from .encode import encode_bars, encode_column, encode_record, encode_rows, encode_times
from .request import Page, Request

TICK_SESSIONS = 3


def _chart_page(
    request: Request, found: Mapping[str, Sequence[str]] | None, size: int, next_key: str = ""
) -> Page:
    """A page of a chart; without columns one row of blanks, as the server says "no longer kept"."""
    if found is None:
        found, size = {}, 1
    page = encode_rows(request.table, found, size, request.options.old_schema)
    body: dict[str, Any] = {"stk_cd": request.symbol, request.table.rows: page}
    if request.call is TICK:
        body["last_tic_cnt"] = ""
    return Page(body, next_key, len(page))


def chart_days(request: Request) -> Page:
    """ka10081, ka10082, ka10083, ka10094."""
    begin = request.moment(r"A{}(\d{{8}})00010000", "%Y%m%d")
    if not request.stock():
        return _chart_page(request, {}, 0)
    bars = request.market.daily(request.code, request.now, request.base_day, request.adjusted, request.venue)
    bars = periods(bars, request.table.freq)
    if begin is not None:
        bars = until(bars, begin)
    first = max(bars.size - request.call.page_rows, 0)
    key = f"A{request.symbol}{encode_times(bars.time[first - 1 : first])[0]}00010000" if first else ""
    bars = cut(bars, slice(first, None))
    if request.call is DAY:  # the only chart in which large volumes are cut to 32 bits
        bars = bars._replace(volume=np.minimum(bars.volume, int(SATURATED[0])))
    return _chart_page(request, encode_bars(request.table, bars), bars.size, key)


def chart_minutes(request: Request) -> Page:
    """ka10080."""
    begin = request.moment(r"A{}(\d{{14}})00010000", "%Y%m%d%H%M%S")
    if not request.stock():
        return _chart_page(request, {}, 0)
    interval = _interval(request, MINUTES)
    base_day = request.base_day
    last = seconds(base_day) if begin is None else begin
    kept = np.datetime64(session_on_or_before(_year_before(request.now.date())))
    days = request.market.minute_days(request.code)
    days = days[np.searchsorted(days, kept) : np.searchsorted(days, last, "right")]

    parts: list[Bars] = []
    so_far: list[Column] = []
    count = 0
    for day in days[::-1].astype("datetime64[D]").tolist():
        bars = request.market.minutes(request.code, day, request.now, request.venue)
        if request.adjusted and (factor := request.market.factor(request.code, day, base_day)) != 1:
            bars = scaled(bars, factor)
        bars = _on_clock_grid(bars, day, interval)
        total = np.cumsum(bars.volume)
        if begin is not None:
            bars = until(bars, begin)
        parts.append(bars)
        so_far.append(total[: bars.size])
        count += bars.size
        if count > request.call.page_rows:
            break
    if not count:
        return _chart_page(request, None, 1)
    bars, total = joined(parts[::-1]), np.concatenate(so_far[::-1])
    first = max(count - request.call.page_rows, 0)
    key = f"A{request.symbol}{encode_times(bars.time[first - 1 : first], 14)[0]}00010000" if first else ""
    bars, total = cut(bars, slice(first, None)), total[first:]
    found = encode_bars(request.table, bars)
    found["volume_so_far"] = encode_column(request.table.field("volume_so_far"), total)
    return _chart_page(request, found, bars.size, key)


def _on_clock_grid(bars: Bars, day: date, interval: int) -> Bars:
    """Minute bars on the clock grid from 09:00, also on a day that opens late."""
    if interval == 1 or not bars.size:
        return bars
    nine = seconds(day) + np.timedelta64(9, "h")
    step = np.timedelta64(interval * 60, "s")
    grid = nine + (bars.time - nine) // step * step
    starts = run_starts(grid)
    return grouped(bars, starts)._replace(time=grid[starts])


def chart_ticks(request: Request) -> Page:
    """ka10079: the trades of the last sessions."""
    rest = request.position(r"A{}\d{{8}}(\d+)")
    if not request.stock():
        return _chart_page(request, {}, 0)
    scope = _interval(request, TICKS)
    today = np.datetime64(request.now.date())
    days = request.market.history(request.code).time
    days = days[: np.searchsorted(days, today, "right")][-TICK_SESSIONS:].astype("datetime64[D]")
    parts = []
    for day in days.tolist():
        trades = request.market.seen_trades(request.code, day, request.now, request.venue)
        if request.adjusted and (factor := request.market.factor(request.code, day, request.now.date())) != 1:
            trades = scaled(trades, factor)
        starts = np.arange(0, trades.size, scope)
        last = np.append(starts[1:], trades.size) - 1
        # a bar of several trades carries the time of its last one
        parts.append(grouped(trades, starts)._replace(time=trades.time[last]) if trades.size else trades)
    bars = joined(parts)
    end = min(int(rest), bars.size) if rest else bars.size
    first = max(end - request.call.page_rows, 0)
    key = f"A{request.symbol}{encode_times(bars.time[first - 1 : first])[0]}{first}" if first else ""
    bars = cut(bars, slice(first, end))
    found = encode_bars(request.table, bars)
    found["change"] = [text.lstrip("+-") for text in found["change"]]
    return _chart_page(request, found, bars.size, key)


def _interval(request: Request, allowed: Sequence[int]) -> int:
    """``tic_scope``; the server takes the smallest for one that it does not have."""
    scope = request.body.get("tic_scope", "")
    return int(scope) if scope in map(str, allowed) else allowed[0]


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def daily_sheet(request: Request) -> Page:
    """ka10005: as traded, the newest row full, older ones with prices and volume only."""
    begin = request.moment(r"{}(\d{{8}})", "%Y%m%d")
    if not request.stock():
        request.refuse_unknown()
        return Page({request.table.rows: encode_rows(request.table, {}, 1)})
    bars = request.market.daily(request.code, request.now, adjusted=False, venue=request.venue)
    if begin is not None:
        bars = until(bars, begin)
    first = max(bars.size - request.call.page_rows, 0)
    key = f"{request.symbol}{encode_times(bars.time[first - 1 : first])[0]}" if first else ""
    bars = cut(bars, slice(first, None))
    found = encode_bars(request.table, bars)
    known = ("date", "open", "high", "low", "close", "volume")
    page = encode_rows(request.table, {name: found[name] for name in known}, bars.size)
    for row in page:
        row |= {key: row[key].lstrip("+-") for key in ("open_pric", "high_pric", "low_pric")}
    if page and begin is None:
        page[0] = encode_record(request.table, _newest_of_sheet(request, newest(bars)))
    return Page({request.table.rows: page}, key, len(page))


def _newest_of_sheet(request: Request, bar: dict[str, Any]) -> dict[str, Any]:
    """The newest row of the daily sheet."""
    day, base = bar["time"].date(), bar["base"]
    facts = {**request.market.facts(request.code, day), **bar, "date": day}
    if base:
        change = bar["close"] - base
        facts |= {"base_price": base, "change": change, "change_pct": change / base * 100}
    return facts
