"""Replies about the minutes and ticks of an index: those of its stocks, summed."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...calendar import previous_session, session_on_or_before
from ..market.bars import Column, cut
from ..market.base import Market
from .encode import encode_record
from .indices import START, index_members, index_with_future
from .request import Page, Request

MINUTE = np.timedelta64(60, "s")
SESSIONS = 5  # whose minutes are kept


class _Minutes(NamedTuple):
    """Minutes of an index in points, oldest first; volume in shares, and what it has come to since the opening."""

    time: Column
    open: Column
    high: Column
    low: Column
    close: Column
    volume: Column
    so_far: Column


@lru_cache(maxsize=16)
def _minutes_of_day(market: Market, code: str, day: date) -> _Minutes:
    """Every minute of the regular hours of a day: its stocks at their prices, those without a trade at their last one."""
    _, members = index_members(market)[code]
    whole = index_with_future(market, members)
    at = np.flatnonzero(whole.time == np.datetime64(day, "s"))
    hours = market.hours(day)
    opening, closing = (np.datetime64(m.replace(tzinfo=None), "s") for m in (hours.opening, hours.closing))
    times = np.arange(opening, closing + MINUTE, MINUTE)
    sums = {name: np.zeros(len(times)) for name in ("open", "high", "low", "close", "volume", "base")}
    for member in members:
        regular = market.regular_prices(member)
        row = np.flatnonzero(
            (regular.time == np.datetime64(day, "s")) & (regular.base > 0) & (regular.shares > 0)
        )
        if not row.size:
            continue
        bars = market.session(member, day)
        bars = cut(bars, bars.time <= closing)
        shares, before = int(regular.shares[row[0]]), int(regular.base[row[0]])
        last = np.searchsorted(bars.time, times, "right") - 1
        held = np.where(last < 0, before, bars.close[np.maximum(last, 0)] if bars.size else before)
        if not regular.volume[row[0]]:
            held = held * 0 + int(regular.close[row[0]])
        made = (
            (last >= 0) & (bars.time[np.maximum(last, 0)] == times)
            if bars.size
            else np.zeros(len(times), bool)
        )
        for name in ("open", "high", "low", "close"):
            traded = getattr(bars, name)[np.maximum(last, 0)] if bars.size else held
            sums[name] += np.where(made, traded, held) * shares
        sums["base"] += before * shares
        sums["volume"] += np.where(made, bars.volume[np.maximum(last, 0)] if bars.size else 0, 0)
    base = float(whole.base[at[0]]) if at.size else START
    opened, high, low, close = (base * sums[name] / sums["base"] for name in ("open", "high", "low", "close"))
    return _Minutes(times, opened, high, low, close, sums["volume"], sums["volume"].cumsum())


def index_minutes(request: Request) -> Page:
    """ka20005 and ka20004: minutes of an index, or the level at the end of each as its ticks; the last sessions."""
    code = request.body.get("inds_cd", "")
    if not request.market.invented or code not in index_members(request.market):
        return Page({"inds_cd": code, request.table.rows: []}, count=0)
    now = np.datetime64(request.now.replace(tzinfo=None), "s")
    scope = request.body.get("tic_scope", "")
    step = int(scope) if scope.isdigit() and int(scope) else 1
    ticks = request.table.freq == "tick"
    day = session_on_or_before(request.base_day)
    parts = []
    for _ in range(SESSIONS):
        minutes = _minutes_of_day(request.market, code, day)
        seen = int(np.searchsorted(minutes.time, now - (0 if day < request.now.date() else 60), "right"))
        parts.append(_grouped(_Minutes(*(column[:seen] for column in minutes)), step, ticks))
        day = previous_session(day)
    whole = _Minutes(*map(np.concatenate, zip(*parts[::-1], strict=True)))
    end = min(int(request.position(r"{}(\d+)") or len(whole.time)), len(whole.time))
    first = max(end - request.call.page_rows, 0)
    page = []
    for row in range(end - 1, first - 1, -1):
        facts = {
            name: float(getattr(whole, name)[row]) for name in ("open", "high", "low", "close", "volume")
        }
        facts |= {"time": whole.time[row].item(), "volume_so_far": float(whole.so_far[row])}
        page.append(encode_record(request.table, facts))
    return Page({"inds_cd": code, request.table.rows: page}, str(first) if first else "", len(page))


def _grouped(minutes: _Minutes, step: int, ticks: bool) -> _Minutes:
    """Minutes on a grid of some minutes from the opening, or ticks of which some are one."""
    if ticks:
        points = (minutes.close,) * 4
        minutes = minutes._replace(**dict(zip(("open", "high", "low", "close"), points, strict=True)))
    if not len(minutes.time):
        return minutes
    starts = np.arange(0, len(minutes.time), step)
    ends = np.append(starts[1:], len(minutes.time)) - 1
    return _Minutes(
        minutes.time[ends if ticks else starts],
        minutes.open[starts],
        np.maximum.reduceat(minutes.high, starts),
        np.minimum.reduceat(minutes.low, starts),
        minutes.close[ends],
        np.add.reduceat(minutes.volume, starts),
        minutes.so_far[ends],
    )
