"""Replies made of bars: the charts and the daily sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from ...calendar import session_on_or_before
from ...endpoints.chart import DAY, MINUTES, TICK, TICKS
from ...kinds import SATURATED
from ..market.bars import Bars, Column, changes, cut, grouped, joined, newest, periods, scaled, seconds, until
from .encode import columns, digits, record, rows, texts
from .request import Asked, Page

TICK_SESSIONS = 3


def _chart(asked: Asked, found: Mapping[str, Sequence[str]] | None, size: int, next_key: str = "") -> Page:
    """A page of a chart; without columns one row of blanks, as the server says "no longer kept"."""
    if found is None:
        found, size = {}, 1
    page = rows(asked.table, found, size, asked.options.old_schema)
    body: dict[str, Any] = {"stk_cd": asked.symbol, asked.table.rows: page}
    if asked.call is TICK:
        body["last_tic_cnt"] = ""
    return Page(body, next_key, len(page))


def days(asked: Asked) -> Page:
    """ka10081, ka10082, ka10083, ka10094."""
    begin = asked.moment(r"A{}(\d{{8}})00010000", "%Y%m%d")
    if not asked.stock():
        return _chart(asked, {}, 0)
    bars = asked.market.daily(asked.code, asked.now, asked.base_day, asked.adjusted, asked.venue)
    bars = periods(bars, asked.table.freq)
    if begin is not None:
        bars = until(bars, begin)
    first = max(bars.size - asked.call.page_rows, 0)
    key = f"A{asked.symbol}{digits(bars.time[first - 1 : first])[0]}00010000" if first else ""
    bars = cut(bars, slice(first, None))
    if asked.call is DAY:  # the only chart in which large volumes are cut to 32 bits
        bars = bars._replace(volume=np.minimum(bars.volume, int(SATURATED[0])))
    return _chart(asked, columns(asked.table, bars), bars.size, key)


def minutes(asked: Asked) -> Page:
    """ka10080."""
    begin = asked.moment(r"A{}(\d{{14}})00010000", "%Y%m%d%H%M%S")
    if not asked.stock():
        return _chart(asked, {}, 0)
    interval = _choice(asked, MINUTES)
    base_day = asked.base_day
    last = seconds(base_day) if begin is None else begin
    kept = np.datetime64(session_on_or_before(_year_before(asked.now.date())))
    days = asked.market.minute_days(asked.code)
    days = days[np.searchsorted(days, kept) : np.searchsorted(days, last, "right")]

    parts: list[Bars] = []
    so_far: list[Column] = []
    count = 0
    for day in days[::-1].astype("datetime64[D]").tolist():
        bars = asked.market.minutes(asked.code, day, asked.now, asked.venue)
        if asked.adjusted and (factor := asked.market.factor(asked.code, day, base_day)) != 1:
            bars = scaled(bars, factor)
        bars = _longer(bars, day, interval)
        total = np.cumsum(bars.volume)
        if begin is not None:
            bars = until(bars, begin)
        parts.append(bars)
        so_far.append(total[: bars.size])
        count += bars.size
        if count > asked.call.page_rows:
            break
    if not count:
        return _chart(asked, None, 1)
    bars, total = joined(parts[::-1]), np.concatenate(so_far[::-1])
    first = max(count - asked.call.page_rows, 0)
    key = f"A{asked.symbol}{digits(bars.time[first - 1 : first], 14)[0]}00010000" if first else ""
    bars, total = cut(bars, slice(first, None)), total[first:]
    found = columns(asked.table, bars)
    found["volume_so_far"] = texts(asked.table.field("volume_so_far"), total)
    return _chart(asked, found, bars.size, key)


def _longer(bars: Bars, day: date, interval: int) -> Bars:
    """Minute bars on the clock grid from 09:00, also on a day that opens late."""
    if interval == 1 or not bars.size:
        return bars
    nine = seconds(day) + np.timedelta64(9, "h")
    step = np.timedelta64(interval * 60, "s")
    grid = nine + (bars.time - nine) // step * step
    starts = changes(grid)
    return grouped(bars, starts)._replace(time=grid[starts])


def ticks(asked: Asked) -> Page:
    """ka10079: the trades of the last sessions."""
    rest = asked.position(r"A{}\d{{8}}(\d+)")
    if not asked.stock():
        return _chart(asked, {}, 0)
    scope = _choice(asked, TICKS)
    today = np.datetime64(asked.now.date())
    days = asked.market.history(asked.code).time
    days = days[: np.searchsorted(days, today, "right")][-TICK_SESSIONS:].astype("datetime64[D]")
    parts = []
    for day in days.tolist():
        trades = asked.market.seen_trades(asked.code, day, asked.now, asked.venue)
        if asked.adjusted and (factor := asked.market.factor(asked.code, day, asked.now.date())) != 1:
            trades = scaled(trades, factor)
        starts = np.arange(0, trades.size, scope)
        last = np.append(starts[1:], trades.size) - 1
        # a bar of several trades carries the time of its last one
        parts.append(grouped(trades, starts)._replace(time=trades.time[last]) if trades.size else trades)
    bars = joined(parts)
    end = min(int(rest), bars.size) if rest else bars.size
    first = max(end - asked.call.page_rows, 0)
    key = f"A{asked.symbol}{digits(bars.time[first - 1 : first])[0]}{first}" if first else ""
    bars = cut(bars, slice(first, end))
    found = columns(asked.table, bars)
    found["change"] = [text.lstrip("+-") for text in found["change"]]
    return _chart(asked, found, bars.size, key)


def _choice(asked: Asked, allowed: Sequence[int]) -> int:
    """``tic_scope``; the server takes the smallest for one that it does not have."""
    scope = asked.body.get("tic_scope", "")
    return int(scope) if scope in map(str, allowed) else allowed[0]


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def sheet(asked: Asked) -> Page:
    """ka10005: as traded, the newest row full, older ones with prices and volume only."""
    begin = asked.moment(r"{}(\d{{8}})", "%Y%m%d")
    if not asked.stock():
        asked.unknown()
        return Page({asked.table.rows: rows(asked.table, {}, 1)})
    bars = asked.market.daily(asked.code, asked.now, adjusted=False, venue=asked.venue)
    if begin is not None:
        bars = until(bars, begin)
    first = max(bars.size - asked.call.page_rows, 0)
    key = f"{asked.symbol}{digits(bars.time[first - 1 : first])[0]}" if first else ""
    bars = cut(bars, slice(first, None))
    found = columns(asked.table, bars)
    known = ("date", "open", "high", "low", "close", "volume")
    page = rows(asked.table, {name: found[name] for name in known}, bars.size)
    for row in page:
        row |= {key: row[key].lstrip("+-") for key in ("open_pric", "high_pric", "low_pric")}
    if page and begin is None:
        page[0] = record(asked.table, _sheet_head(asked, newest(bars)))
    return Page({asked.table.rows: page}, key, len(page))


def _sheet_head(asked: Asked, bar: dict[str, Any]) -> dict[str, Any]:
    """The newest row of the daily sheet."""
    day, base = bar["time"].date(), bar["base"]
    facts = {**asked.market.facts(asked.code, day), **bar, "date": day}
    if base:
        change = bar["close"] - base
        facts |= {"base_price": base, "change": change, "change_pct": change / base * 100}
    return facts
