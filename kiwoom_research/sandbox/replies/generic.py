"""The reply of any call that has no producer of its own: what the market knows, and the rest drawn by kind.

What is drawn depends on the seed of the market, the call, the column and the row only, so that a page is always the
same. Of a replayed market nothing is drawn: what its files do not know is blank.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from itertools import islice
from typing import Any

import numpy as np

from ...calendar import previous_session, session_on_or_before
from ...endpoints import Field, Table
from ...endpoints.sector import PATH as SECTOR_LISTS
from ...endpoints.stock_info import SECTOR_CODES
from ...kinds import Choice, Flag, Moment, Number
from ..market.bars import newest, on_tick, period_starts, periods, until
from .encode import encode_record
from .indices import index_codes, index_quote
from .quotes import known_facts
from .request import Page, Request, table_for

ROWS = 40  # rows of a list that is not one of days or minutes; fewer than any page
SESSIONS = 5  # whose minutes are kept
FIRST_DAY = date(2016, 1, 4)
CLOSE = time(15, 30)
MINUTES_A_DAY = 381  # the auction of the close included
PRICES = ("open", "high", "low", "close")
CHANGES = ("change", "level_change")
# Codes that the market does not hold and the server knows: gold, rights and warrants.
ELSEWHERE = re.compile(r"M0402\d{4}|J\w{8}|5\d(?!\d{4})\w{4}", re.ASCII)
BROKERS = {
    "003": ("한국투자증권", "domestic"),
    "017": ("KB증권", "domestic"),
    "030": ("삼  성", "domestic"),
    "033": ("JP모간서울", "foreign"),
    "045": ("골드만삭스", "foreign"),
    "050": ("키움증권", "domestic"),
    "802": ("BTI증권", "former"),
}

Facts = dict[str, Any]


def generic_reply(request: Request) -> Page:
    """Every part of a call's reply, one page."""
    if request.call.id.startswith("kt") and request.symbol.startswith(
        "A"
    ):  # these calls put an A before a code
        request = replace(request, body={**request.body, "stk_cd": request.symbol[1:]})
    if request.symbol and not request.stock() and not ELSEWHERE.fullmatch(request.symbol):
        request.refuse_unknown()
        return _unknown_stock(request)
    body: dict[str, Any] = {}
    count, key = 1, ""
    for part in request.call.parts:
        table = table_for(request.call, request.body, part)
        if not table.rows:
            body |= encode_record(table, _complete_row(request, table, "", _of_the_request(request)))
            continue
        first = int(request.position(r"{}(\d+)") or 0)
        lines = list(islice(_labelled_rows(request, table), first, first + request.call.page_rows + 1))
        if len(lines) > request.call.page_rows:
            key = f"{request.symbol}{first + request.call.page_rows}"
        rows = [
            encode_record(table, _complete_row(request, table, label, facts))
            for label, facts in lines[: request.call.page_rows]
        ]
        body[table.rows], count = rows, len(rows)
    return Page(body, key, count)


def _unknown_stock(request: Request) -> Page:
    """The reply about a stock that does not exist: blank fields, lists without rows."""
    body: dict[str, Any] = {}
    for part in request.call.parts:
        table = table_for(request.call, request.body, part)
        if table.rows:
            body[table.rows] = []
        else:
            body |= encode_record(table, {})
    return Page(body, count=0 if any(table.rows for table in request.call.tables) else 1)


def _of_the_request(request: Request) -> Facts:
    """What is known of the stock or index that the request names."""
    if request.stock():
        return known_facts(request)
    return index_quote(request, request.body["inds_cd"]) if "inds_cd" in request.body else {}


def _labelled_rows(request: Request, table: Table) -> Iterator[tuple[str, Facts]]:
    """The rows of a list, newest or first one first: a label that tells them apart, and what is known of each."""
    label = table.index[0] if table.index else ""
    invented = request.market.invented
    names = {field.name for field in table.fields}
    if label == "date":
        yield from _session_rows(request, table.freq)
    elif label == "time":
        yield from _minute_rows(request) if invented else ()
    elif "code" not in names:
        facts = _of_the_request(request)
        for at in range(ROWS if invented else 0):
            yield str(at), facts
    elif request.symbol:
        yield request.symbol, {"code": request.symbol} | _of_the_request(request)
    elif "broker_type" in names:
        for code, (name, kind) in BROKERS.items():
            yield code, {"code": code, "name": name, "broker_type": kind}
    elif request.call.path == SECTOR_LISTS or request.call.id == SECTOR_CODES.id:
        for code in index_codes(request.market, _param_word(request, "market") == "kosdaq"):
            yield code, index_quote(request, code)
    else:
        venue = {"2": "_NX", "3": "_AL"}.get(request.body.get("stex_tp", ""), "")
        for code in _listed_codes(request, venue):
            one = replace(request, body={"stk_cd": code + venue})
            yield code, known_facts(one)


def _listed_codes(request: Request, venue: str) -> Iterator[str]:
    """Stocks that are listed, of the market that the request names."""
    wanted = {"kospi": ("0",), "kosdaq": ("10",)}.get(str(_param_word(request, "market")), ())
    day = request.market.quote_day(request.now)
    listed = (
        code
        for code, stock in sorted(request.market.stocks.items())
        if stock.is_listed(day) and (not wanted or stock.market in wanted) and (not venue or stock.nxt)
    )
    return islice(listed, ROWS)


def _param_word(request: Request, name: str) -> object:
    param = next((param for param in request.call.params if param.name == name), None)
    return param.word(request.body.get(param.raw, "")) if param else None


def _minute_rows(request: Request) -> Iterator[tuple[str, Facts]]:
    """The minutes of the last sessions, newest first."""
    now = request.now.replace(tzinfo=None)
    day = session_on_or_before(min(_date_param(request, "end") or now.date(), now.date()))
    for _ in range(SESSIONS):
        for minute in range(MINUTES_A_DAY):
            moment = datetime.combine(day, CLOSE) - timedelta(minutes=minute)
            if moment <= now:
                yield f"{moment:%Y%m%d%H%M}", {"time": moment}
        day = previous_session(day)


def _session_rows(request: Request, freq: str) -> Iterator[tuple[str, Facts]]:
    """Sessions of the range that the request names, newest first, with the stock's bar of each."""
    start, end = (_date_param(request, name) for name in ("start", "end"))
    last = min(end or request.now.date(), request.now.date())
    if request.stock():
        bars = until(
            request.market.daily(request.code, request.now, adjusted=False, venue=request.venue), last
        )
        bars = periods(bars, freq)
        for size in range(bars.size, 0, -1):
            bar = newest(bars._replace(**{name: column[:size] for name, column in bars._asdict().items()}))
            day = bar["time"].date()
            if start and day < start:
                return
            yield f"{day:%Y%m%d}", _with_change(bar | {"date": day, "price": bar["close"]})
        return
    if not request.market.invented:
        return
    sessions = []
    day = session_on_or_before(last)
    while day >= (start or FIRST_DAY):
        sessions.append(day)
        day = previous_session(day)
    days = np.array(sessions[::-1], dtype="datetime64[s]")
    for row in period_starts(days, freq)[::-1]:
        day = days[row].item().date()
        yield f"{day:%Y%m%d}", {"date": day}


def _with_change(bar: Facts) -> Facts:
    base = bar["base"]
    if not base:
        return bar
    change = bar["close"] - base
    return bar | {"base_price": base, "change": change, "change_pct": change / base * 100}


def _date_param(request: Request, name: str) -> date | None:
    param = next((param for param in request.call.params if param.name == name), None)
    try:
        return datetime.strptime(request.body.get(param.raw, ""), "%Y%m%d").date() if param else None
    except ValueError:
        return None


# --- what is not known -----------------------------------------------------------------------------


def _complete_row(request: Request, table: Table, label: str, known: Facts) -> Facts:
    """A row's facts: those that are known, the others drawn so that they agree with one another."""
    if not request.market.invented:
        return known
    facts = {name: value for name, value in known.items() if name != "direction"}

    def draw(name: str) -> float:
        seed = f"{request.market.stream}/{request.call.id}/{table.part}/{name}/{label}/{request.symbol}"
        return int.from_bytes(blake2b(seed.encode(), digest_size=7).digest(), "little") / 2**56

    for field in table.fields:
        if not field.request and facts.get(field.name) is None:
            facts[field.name] = _draw(request, field, draw, facts)
    names = {field.name for field in table.fields}
    if names.issuperset(PRICES) and not known.keys() & set(PRICES):
        low, *middle, high = sorted(facts[name] for name in PRICES)
        facts |= dict(zip(PRICES, (middle[0], high, low, middle[1]), strict=True))
    change = next((facts[name] for name in CHANGES if name in facts), 0)
    facts["direction"] = "up" if change > 0 else "down" if change < 0 else "flat"
    return facts


def _draw(request: Request, field: Field, draw: Callable[[str], float], facts: Facts) -> Any:
    """A value of a field's kind."""
    kind, chance = field.kind, draw(field.name)
    if isinstance(kind, Choice):
        words = list(kind.words.values())
        return words[int(chance * len(words))]
    if isinstance(kind, Flag):
        return chance < 0.5
    if isinstance(kind, Moment):
        return _draw_moment(request, kind, chance)
    if not isinstance(kind, Number):
        codes = request.market.codes
        return codes[int(chance * len(codes))] if kind.name == "CODE" else field.title
    price = facts.get("price") or facts.get("close") or 10_000
    even = 2 * chance - 1  # between -1 and 1
    sizes = {
        "PRICE": float(on_tick(np.asarray(price * (1 + even / 20)))),
        "DIRECTED_PRICE": float(on_tick(np.asarray(price * (1 + even / 20)))),
        "CHANGE": float(round(price * even / 20)),
        "INDEX": 1_000 + 2_000 * chance,
        "POINTS": 50 * even,
        "PERCENT": 10 * even,
        "PROPORTION": 100 * chance,
        "RATIO": 10 * chance,
        "AVERAGE": float(on_tick(np.asarray(price * (1 + even / 20)))),
        "COUNT": float(int(100 * chance)),
        "NET_SHARES": float(int(100_000 * even)),
    }
    return sizes.get(kind.name, float(int(1_000_000 * chance)) * max(field.scale, 1))


def _draw_moment(request: Request, kind: Moment, chance: float) -> Any:
    """A session, a second of the last session, or a time of day."""
    day = session_on_or_before(request.now.date() - timedelta(days=int(30 * chance)))
    if kind.width == 8:
        return day
    second = timedelta(hours=9, seconds=int(23_400 * chance))
    return second if kind.width == 6 else datetime.combine(day, time()) + second
