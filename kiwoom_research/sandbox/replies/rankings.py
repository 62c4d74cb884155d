"""Replies that go over many stocks: rankings, sectors and their indices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ...endpoints import Word, bounds
from ...endpoints.chart import INDEX_DAY
from ...endpoints.ranking import CHANGES, SURGE, VALUES, VOLUMES
from ...endpoints.stock_info import EXTREMES, LIMITS
from ...kinds import SATURATED
from ..market.bars import Bars, Column, cut
from ..market.base import Market, Stock, hours
from .encode import DIRECTIONS, digits, record
from .quotes import KOSPI_LIST, YEAR_DAYS
from .quotes import _book as book
from .quotes import _facts as facts_of
from .quotes import _quote as quote_of
from .request import Asked, Page

Facts = dict[str, Any]

LISTS = {"000": KOSPI_LIST | {"10"}, "001": KOSPI_LIST, "101": frozenset({"10"})}
VENUES = {"1": "", "2": "_NX", "3": "_AL"}
SHARES, ETF, ETN = ("0", "10"), "8", "60"
SUPERVISED, COMMON = (
    "관리종목",
    "0",
)  # a word of a stock's state, and the last letter of a common share's code
START = 1_000.0  # points of every index on the first day of the data
SIZES = ("대형주", "중형주", "소형주")
SHORTEST = 5  # sessions of a new high
AFTER_HOURS = timedelta(minutes=150)


# --- rankings -------------------------------------------------------------------------------------


def ranking(asked: Asked) -> Page:
    """ka10016, ka10017, ka10023, ka10027, ka10030, ka10032."""
    choose = CHOOSE[asked.call.id]
    best = sorted(choose(asked), key=lambda pair: (-pair[0], pair[1]["code"]))
    lines = [facts for _, facts in best]
    return _page(asked, [replace_volume(facts) | {"rank": at} for at, facts in enumerate(lines, start=1)])


def _page(asked: Asked, lines: Sequence[Facts]) -> Page:
    """One page of a list; the key is the number of the row that the next one begins with."""
    first = int(asked.position(r"{}(\d+)") or 0)
    last = first + asked.call.page_rows
    page = [record(asked.table, _whole(asked, facts)) for facts in lines[first:last]]
    key = f"{asked.symbol}{last}" if last < len(lines) else ""
    return Page({asked.table.rows: page}, key, len(page))


def _whole(asked: Asked, facts: Facts) -> Facts:
    """Facts with the best bid and ask: only the rows of the page need them."""
    one = replace(asked, body={"stk_cd": facts["code"]})
    facts = {**book(one, facts_of(one, facts)), "stock_class": "0", "streak": 1}
    if not facts["volume"]:
        facts |= {"ask": 0, "bid": 0}
    return facts


def replace_volume(facts: Facts) -> Facts:
    """The volume as 32 bits hold it."""
    return facts | {"volume": min(facts["volume"], int(SATURATED[0]))}


def _stocks(asked: Asked) -> Iterator[tuple[Facts, Bars]]:
    """Quote and history of every stock that the request is about."""
    suffix = VENUES.get(asked.body.get("stex_tp", ""), "")
    day = asked.market.quote_day(asked.now)
    for code, stock in asked.market.stocks.items():
        listed = stock.market in LISTS.get(asked.body.get("mrkt_tp", ""), ()) and stock.is_listed(day)
        if not listed or _left_out(asked, code, stock) or (suffix == "_NX" and not stock.nxt):
            continue
        one = replace(asked, body={"stk_cd": code + suffix})
        if quote := quote_of(one):
            bars = asked.market.daily(code, asked.now, venue=suffix.strip("_"))
            if not bars.size:
                continue
            before = (
                bars.volume[:-1] if bars.time[-1] == np.datetime64(quote["session"], "s") else bars.volume
            )
            quote["previous_volume"] = int(before[-1]) if before.size else 0
            if all(low <= quote[name] < high for name, low, high in _limits(asked)):
                yield quote, bars


def _left_out(asked: Asked, code: str, stock: Stock) -> bool:
    """Whether the request wants to do without such stocks."""
    without = _word(asked, "without")
    common = stock.market not in SHARES or code[-1] == COMMON
    return (
        (without in ("supervised", "preferred_supervised") and SUPERVISED in stock.state)
        or (without == "all_but_supervised" and SUPERVISED not in stock.state)
        or (without in ("preferred", "preferred_supervised") and not common)
        or (without in ("etf", "funds", "funds_spac") and stock.market == ETF)
        or (without in ("etn", "funds", "funds_spac") and stock.market == ETN)
    )


def _word(asked: Asked, name: str) -> Word | None:
    """What the request says for a parameter, as a word of the catalogue."""
    param = next((param for param in asked.call.params if param.name == name), None)
    return param.word(asked.body.get(param.raw, "")) if param else None


def _limits(asked: Asked) -> Iterator[tuple[str, float, float]]:
    """From and below how much price, volume and value must lie."""
    for name, parameter in (("price", "price"), ("volume", "min_volume"), ("value", "min_value")):
        word = _word(asked, parameter)
        if word is not None:
            low, high = bounds(word)
            yield name, low or 0, np.inf if high is None else high


def _by_volume(asked: Asked) -> Iterator[tuple[float, Facts]]:
    for facts, _ in _stocks(asked):
        turnover = facts["volume"] / facts["listed_shares"] * 100 if facts["listed_shares"] else 0.0
        by: dict[str, float] = {"1": facts["volume"], "2": turnover, "3": facts["value"]}
        if facts["volume"]:
            yield by.get(asked.body.get("sort_tp", ""), by["1"]), facts | {"turnover": turnover}


def _by_value(asked: Asked) -> Iterator[tuple[float, Facts]]:
    for facts, _ in _stocks(asked):
        if facts["value"]:
            yield facts["value"], facts


def _by_change(asked: Asked) -> Iterator[tuple[float, Facts]]:
    name, side = {"2": ("change", 1), "3": ("change_pct", -1), "4": ("change", -1), "5": ("change", 0)}.get(
        asked.body.get("sort_tp", ""), ("change_pct", 1)
    )
    for facts, _ in _stocks(asked):
        change: float | None = facts.get(name)
        if change is not None and facts["volume"] and np.sign(change) == side:
            yield change * side, facts


def _by_surge(asked: Asked) -> Iterator[tuple[float, Facts]]:
    by_shares, grows = (
        asked.body.get("sort_tp", "") in ("1", "3"),
        asked.body.get("sort_tp", "") in ("1", "2"),
    )
    for facts, _ in _stocks(asked):
        before, now = facts["previous_volume"], facts["volume"]
        if not before or (now > before) != grows:
            continue
        surge = now - before
        facts |= {"surge": surge, "surge_pct": surge / before * 100}
        yield abs(surge if by_shares else facts["surge_pct"]), facts


def _at_extreme(asked: Asked) -> Iterator[tuple[float, Facts]]:
    high, by_close = asked.body.get("ntl_tp") != "2", asked.body.get("high_low_close_tp") == "2"
    period = asked.body.get("dt", "")
    sessions = int(period) if period.isdigit() else SHORTEST
    for facts, bars in _stocks(asked):
        past = cut(bars, slice(-sessions, None))
        if not facts["volume"] or not past.size:
            continue
        top, bottom = (past.close, past.close) if by_close else (past.high, past.low)
        if (top[-1] == top.max()) if high else (bottom[-1] == bottom.min()):
            facts |= {"period_high": int(past.high.max()), "period_low": int(past.low.min())}
            yield facts["change_pct"] * (1 if high else -1), facts


def _at_limit(asked: Asked) -> Iterator[tuple[float, Facts]]:
    wanted = asked.body.get("updown_tp")
    for facts, bars in _stocks(asked):
        before = int(bars.limit[-2]) if bars.size > 1 else 0
        if (wanted == {1: "6", -1: "7"}.get(before)) or (
            facts["volume"] and facts.get("direction") == wanted
        ):
            yield (0.0 if asked.body.get("sort_tp") == "1" else facts["change_pct"]), facts


CHOOSE: dict[str, Callable[[Asked], Iterator[tuple[float, Facts]]]] = {
    VOLUMES.id: _by_volume,
    VALUES.id: _by_value,
    CHANGES.id: _by_change,
    SURGE.id: _by_surge,
    EXTREMES.id: _at_extreme,
    LIMITS.id: _at_limit,
}


# --- sectors --------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def groups(market: Market) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Code -> name and members of every index: the markets, the sizes, the sectors."""
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


class Levels(NamedTuple):
    """Daily bars of an index, oldest first, in points; ``base`` is the close before, volume in shares."""

    time: Column
    open: Column
    high: Column
    low: Column
    close: Column
    base: Column
    volume: Column
    value: Column


def _some(levels: Levels, rows: slice | Column) -> Levels:
    return Levels(*(column[rows] for column in levels))


@lru_cache(maxsize=128)
def _past(market: Market, members: tuple[str, ...]) -> Levels:
    """The index of some stocks, future included."""
    return _levels([market.history(code) for code in members], START)


def _levels(histories: Sequence[Bars], start: float) -> Levels:
    """Each day's capitalisation over that of its base prices, one day after the other."""
    known = [cut(bars, (bars.base > 0) & (bars.shares > 0)) for bars in histories]
    days = np.unique(np.concatenate([np.empty(0, "datetime64[s]"), *(bars.time for bars in known)]))
    total = {name: np.zeros(len(days)) for name in Levels._fields[1:]}
    for bars in known:
        at = np.searchsorted(days, bars.time)
        for name, sums in total.items():
            weight = 1 if name in ("volume", "value") else bars.shares
            sums[at] += getattr(bars, name).astype(np.float64) * weight
    before = start * np.append(1.0, np.cumprod(total["close"] / total["base"]))[: len(days)]
    points = {name: before * total[name] / total["base"] for name in ("open", "high", "low", "close", "base")}
    return Levels(days, **points, volume=total["volume"], value=total["value"])


def _seen(asked: Asked, code: str) -> Levels:
    """An index as far as it can be seen; empty for a code that is none."""
    _, members = groups(asked.market).get(code, ("", ()))
    today = asked.now.date()
    whole = _past(asked.market, members)
    past = _some(whole, whole.time <= np.datetime64(today, "s"))
    running = len(past.time) and past.time[-1] == np.datetime64(today, "s")
    if running and asked.now < hours(today)[1] + AFTER_HOURS:
        own = [asked.market.daily(member, asked.now, adjusted=False) for member in members]
        of_day = [cut(bars, bars.time == np.datetime64(today, "s")) for bars in own]
        before = _some(past, slice(-1))
        day = _levels(of_day, float(past.base[-1]))
        past = Levels(*map(np.concatenate, zip(before, day, strict=True)))
    return past


def _points(value: float) -> float:
    return round(value, 2)


def _standing(asked: Asked, code: str) -> Facts:
    """How an index stands, by our column names; empty for a code that is none."""
    bars = _seen(asked, code)
    if not len(bars.time):
        return {}
    name, members = groups(asked.market)[code]
    level, base = _points(float(bars.close[-1])), _points(float(bars.base[-1]))
    day = asked.market.quote_day(asked.now)
    moves, traded, ups, downs = [], 0, 0, 0
    for member in members:
        own = asked.market.daily(member, asked.now, adjusted=False)
        if own.size and own.time[-1] == bars.time[-1] and own.volume[-1]:
            traded += 1
            moves.append(int(np.sign(own.change[-1])))
            ups, downs = ups + int(own.limit[-1] == 1), downs + int(own.limit[-1] == -1)
    listed = sum(asked.market.stocks[member].is_listed(day) for member in members)
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
        "open_level": _points(float(bars.open[-1])),
        "high_level": _points(float(bars.high[-1])),
        "low_level": _points(float(bars.low[-1])),
        "limit_ups": ups,
        "rising": moves.count(1),
        "unchanged": moves.count(0),
        "falling": moves.count(-1),
        "limit_downs": downs,
        "listed_stocks": listed,
    } | _year(_some(bars, slice(-YEAR_DAYS, None)), level)


def _year(bars: Levels, level: float) -> Facts:
    found: Facts = {}
    for name, column, row in (("high", bars.high, bars.high.argmax()), ("low", bars.low, bars.low.argmin())):
        extreme = _points(float(column[row]))
        found |= {
            f"{name}_52w_level": extreme,
            f"{name}_52w_date": bars.time[row].item(),
            f"{name}_52w_gap": (level - extreme) / extreme * 100,
        }
    return found


def sector(asked: Asked) -> Page:
    """ka20001: how one index stands; the ticks beside it are the two that stand for the close."""
    facts = _standing(asked, asked.body.get("inds_cd", ""))
    body: Facts = {**record(asked.call.table(asked.body, "summary"), facts)}
    closing = record(asked.table, facts | {"tick_volume": 0, "venue": "KRX"}) if facts else {}
    ticks = [closing | {"tm_n": label} for label in ("999999", "888888") if facts]
    return Page(body | {asked.table.rows: ticks}, count=len(ticks))


def sectors(asked: Asked) -> Page:
    """ka20003: every index of a market."""
    kosdaq = asked.body.get("inds_cd") == "101"
    codes = [code for code in groups(asked.market) if (code[0] == "1") == kosdaq and code[0] in "01"]
    page = [record(asked.table, _standing(asked, code)) for code in codes]
    return Page({asked.table.rows: page}, count=len(page))


def sector_stocks(asked: Asked) -> Page:
    """ka20002: the stocks of an index in the order of their codes."""
    _, members = groups(asked.market).get(asked.body.get("inds_cd", ""), ("", ()))
    suffix = VENUES.get(asked.body.get("stex_tp", ""), "")
    quotes = (quote_of(replace(asked, body={"stk_cd": code + suffix})) for code in members)
    return _page(asked, [quote for quote in quotes if quote])


def index_days(asked: Asked) -> Page:
    """ka20006: index points without the decimal point, volume in thousand shares."""
    code = asked.body.get("inds_cd", "")
    begin = asked.moment(r"{}" + code + r"(\d{{8}})", "%Y%m%d") if code.isalnum() else None
    bars = _seen(asked, code)
    last = np.datetime64(asked.base_day) if begin is None else begin
    bars = _some(bars, bars.time <= last)
    size = len(bars.time)
    first = max(size - INDEX_DAY.page_rows, 0)
    key = f"{code}{digits(bars.time[first - 1 : first])[0]}" if first else ""
    bars = _some(bars, slice(first, None))
    wire: dict[str, Column | list[str]] = {"date": digits(bars.time)}
    for name in ("open", "high", "low", "close"):
        wire[name] = np.rint(getattr(bars, name) * 100).astype(np.int64)
    wire["volume"] = np.rint(bars.volume / 1_000).astype(np.int64)
    wire["value"] = np.rint(bars.value / 1_000_000).astype(np.int64)
    page = [
        {field.raw: str(wire[field.name][row]) for field in asked.table.fields}
        for row in range(len(bars.time) - 1, -1, -1)
    ]
    return Page({"inds_cd": code, asked.table.rows: page}, key, len(page))
