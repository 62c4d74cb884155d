"""Replies about indices and sectors: their days, how they stand now, and the stocks they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..market.bars import Bars, Column, cut, period_starts
from ..market.base import Market
from .encode import DIRECTIONS, encode_record, encode_times, wire_fields
from .quotes import YEAR_DAYS, quote_of
from .rankings import VENUES, list_page
from .request import Page, Request

Facts = dict[str, Any]

START = 1_000.0  # points of every index on the first day of the data
SIZES = ("대형주", "중형주", "소형주")


@lru_cache(maxsize=8)
def index_members(market: Market) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return name and members of every index by its code: the markets, the sizes, the sectors."""
    shares = {code: stock for code, stock in sorted(market.stocks.items()) if stock.market in ("0", "10")}
    kospi = {code: stock for code, stock in shares.items() if stock.market == "0"}
    kosdaq = {code: stock for code, stock in shares.items() if stock.market == "10"}
    found = {"001": ("종합(KOSPI)", tuple(kospi)), "101": ("종합(KOSDAQ)", tuple(kosdaq))}
    for number, size in enumerate(SIZES, start=2):
        found[f"{number:03d}"] = (size, tuple(code for code, stock in kospi.items() if stock.size == size))
    for first, listed in ((5, kospi), (103, kosdaq)):
        for number, sector in enumerate(
            sorted({stock.sector for stock in listed.values()} - {""}), start=first
        ):
            members = tuple(code for code, stock in listed.items() if stock.sector == sector)
            found[f"{number:03d}"] = (sector, members)
    large = tuple(code for code, stock in kospi.items() if stock.size == SIZES[0])
    found |= {"201": ("KOSPI200", large), "150": ("KOSDAQ 150", tuple(kosdaq)), "701": ("KRX100", large)}
    return {code: group for code, group in sorted(found.items()) if group[1]}


class IndexBars(NamedTuple):
    """Daily bars of an index, oldest first, in points; ``base`` is the close before, volume in shares."""

    time: Column
    open: Column
    high: Column
    low: Column
    close: Column
    base: Column
    volume: Column
    value: Column


def _select(bars: IndexBars, rows: slice | Column) -> IndexBars:
    return IndexBars(*(column[rows] for column in bars))


@lru_cache(maxsize=128)
def index_with_future(market: Market, members: tuple[str, ...]) -> IndexBars:
    """Return the index of some stocks, future included."""
    return _chain([market.regular_prices(code) for code in members], START)


def _chain(histories: Sequence[Bars], start: float) -> IndexBars:
    """Chain each day's capitalisation over that of its base prices."""
    known = [cut(bars, (bars.base > 0) & (bars.shares > 0)) for bars in histories]
    days = np.unique(np.concatenate([np.empty(0, "datetime64[s]"), *(bars.time for bars in known)]))
    total = {name: np.zeros(len(days)) for name in IndexBars._fields[1:]}
    for bars in known:
        at = np.searchsorted(days, bars.time)
        for name, sums in total.items():
            weight = 1 if name in ("volume", "value") else bars.shares
            sums[at] += getattr(bars, name).astype(np.float64) * weight
    before = start * np.append(1.0, np.cumprod(total["close"] / total["base"]))[: len(days)]
    points = {name: before * total[name] / total["base"] for name in ("open", "high", "low", "close", "base")}
    return IndexBars(days, **points, volume=total["volume"], value=total["value"])


def _visible(request: Request, code: str) -> IndexBars:
    """Return an index as far as it can be seen; empty for a code that is none."""
    _, members = index_members(request.market).get(code, ("", ()))
    today = request.now.date()
    whole = index_with_future(request.market, members)
    past = _select(whole, whole.time <= np.datetime64(today, "s"))
    running = len(past.time) and past.time[-1] == np.datetime64(today, "s")
    if running and request.now < request.market.hours(today).sums_whole:
        own = [request.market.regular_prices(member, request.now) for member in members]
        of_day = [cut(bars, bars.time == np.datetime64(today, "s")) for bars in own]
        before = _select(past, slice(-1))
        day = _chain(of_day, float(past.base[-1]))
        past = IndexBars(*map(np.concatenate, zip(before, day, strict=True)))
    return past


def index_closes(request: Request, code: str) -> dict[date, float]:
    """Return the close of an index by session, as far as it can be seen."""
    bars = _visible(request, code)
    days = bars.time.astype("datetime64[D]").tolist()
    return dict(zip(days, np.round(bars.close, 2).tolist(), strict=True))


def _two_decimals(value: float) -> float:
    return round(value, 2)


def index_quote(request: Request, code: str) -> Facts:
    """Return how an index stands now, by our column names; empty for a code that is none."""
    bars = _visible(request, code)
    if not len(bars.time):
        return {}
    name, members = index_members(request.market)[code]
    level, base = _two_decimals(float(bars.close[-1])), _two_decimals(float(bars.base[-1]))
    day = request.market.quote_day(request.now)
    moves, traded, ups, downs = [], 0, 0, 0
    for member in members:
        own = request.market.regular_prices(member, request.now)
        if own.size and own.time[-1] == bars.time[-1] and own.volume[-1]:
            traded += 1
            moves.append(int(np.sign(own.change[-1])))
            ups, downs = ups + int(own.limit[-1] == 1), downs + int(own.limit[-1] == -1)
    listed = sum(request.market.stocks[member].is_listed(day) for member in members)
    return {
        "code": code,
        "name": name,
        "base_price": base,
        "level": level,
        "direction": str(DIRECTIONS[int(np.sign(level - base))]),
        "level_change": level - base,
        "change_pct": (level - base) / base * 100,
        "volume": round(float(bars.volume[-1]) / 1_000) * 1_000,
        "value": float(bars.value[-1]),
        "traded_stocks": traded,
        "traded_ratio": traded / max(listed, 1) * 100,
        "open_level": _two_decimals(float(bars.open[-1])),
        "high_level": _two_decimals(float(bars.high[-1])),
        "low_level": _two_decimals(float(bars.low[-1])),
        "limit_ups": ups,
        "rising": moves.count(1),
        "unchanged": moves.count(0),
        "falling": moves.count(-1),
        "limit_downs": downs,
        "listed_stocks": listed,
    } | _year_extremes(_select(bars, slice(-YEAR_DAYS, None)), level)


def _year_extremes(bars: IndexBars, level: float) -> Facts:
    found: Facts = {}
    for name, column, row in (("high", bars.high, bars.high.argmax()), ("low", bars.low, bars.low.argmin())):
        extreme = _two_decimals(float(column[row]))
        found |= {
            f"{name}_52w_level": extreme,
            f"{name}_52w_date": bars.time[row].item(),
            f"{name}_52w_gap": (level - extreme) / extreme * 100,
        }
    return found


def index_summary(request: Request) -> Page:
    """ka20001: how one index stands; its two ticks are those of the close."""
    facts = index_quote(request, request.body.get("inds_cd", ""))
    body: Facts = {**encode_record(request.call.table(request.body, "summary"), facts)}
    closing = encode_record(request.table, facts | {"tick_volume": 0, "venue": "KRX"}) if facts else {}
    ticks = [closing | {"tm_n": label} for label in ("999999", "888888") if facts]
    return Page(body | {request.table.rows: ticks}, count=len(ticks))


def all_indices(request: Request) -> Page:
    """ka20003: every index of a market."""
    kosdaq = request.body.get("inds_cd") == "101"
    codes = index_codes(request.market, kosdaq)
    page = [encode_record(request.table, index_quote(request, code)) for code in codes]
    return Page({request.table.rows: page}, count=len(page))


def index_stocks(request: Request) -> Page:
    """ka20002: the stocks of an index in the order of their codes."""
    _, members = index_members(request.market).get(request.body.get("inds_cd", ""), ("", ()))
    suffix = VENUES.get(request.body.get("stex_tp", ""), "")
    quotes = (quote_of(replace(request, body={"stk_cd": code + suffix})) for code in members)
    return list_page(request, [quote for quote in quotes if quote])


def index_codes(market: Market, kosdaq: bool) -> list[str]:
    """Return the codes of a market's own index and of its sectors."""
    return [code for code in index_members(market) if (code[0] == "1") == kosdaq and code[0] in "01"]


def _periods(bars: IndexBars, freq: str) -> IndexBars:
    """Weeks, months or years of an index's days, labelled with their first session."""
    starts = period_starts(bars.time, freq)
    if not len(starts):
        return bars
    ends = np.append(starts[1:], len(bars.time)) - 1
    return IndexBars(
        bars.time[starts],
        bars.open[starts],
        np.maximum.reduceat(bars.high, starts),
        np.minimum.reduceat(bars.low, starts),
        bars.close[ends],
        bars.base[starts],
        np.add.reduceat(bars.volume, starts),
        np.add.reduceat(bars.value, starts),
    )


def index_bars(request: Request) -> Page:
    """ka20006 and its kin of weeks, months and years: index points without the decimal point, volume in thousand shares."""
    code = request.body.get("inds_cd", "")
    begin = request.moment(r"{}" + code + r"(\d{{8}})", "%Y%m%d") if code.isalnum() else None
    bars = _visible(request, code)
    last = np.datetime64(request.base_day) if begin is None else begin
    bars = _periods(_select(bars, bars.time <= last), request.table.freq)
    size = len(bars.time)
    first = max(size - request.call.page_rows, 0)
    key = f"{code}{encode_times(bars.time[first - 1 : first])[0]}" if first else ""
    bars = _select(bars, slice(first, None))
    wire: dict[str, Column | list[str]] = {"date": encode_times(bars.time)}
    for name in ("open", "high", "low", "close"):
        wire[name] = np.rint(getattr(bars, name) * 100).astype(np.int64)
    wire["volume"] = np.rint(bars.volume / 1_000).astype(np.int64)
    millions = np.rint(bars.value / 1_000_000).tolist()
    wire["value"] = [f"{value:.0f}" if value == value else "" for value in millions]
    page = [
        {field.raw: str(wire[field.name][row]) for field in wire_fields(request.table)}
        for row in range(len(bars.time) - 1, -1, -1)
    ]
    return Page({"inds_cd": code, request.table.rows: page}, key, len(page))
