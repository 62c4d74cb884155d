"""``get_ranking``: lists of the session, best first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from .. import calendar
from ..endpoints import Call, Param, Word
from ..endpoints.finality import LENDING
from ..endpoints.params import MARKET, VENUE
from ..endpoints.ranking import (
    BOOK_SURGE,
    BOOK_TOP,
    BOTH_NET,
    BROKER_TOP,
    CHANGES,
    CREDIT_RATIOS,
    EXPECTED_CHANGES,
    FOREIGN_BROKERS_TOP,
    FOREIGN_LIMIT_TOP,
    FOREIGN_STREAKS,
    FOREIGN_TOP,
    INVESTORS_NOW_TOP,
    RATIO_SURGE,
    SINGLE_PRICE_CHANGES,
    SURGE,
    VALUES,
    VOLUMES,
    VOLUMES_BEFORE,
)
from ..endpoints.securities_lending import LENDING_TOP
from ..endpoints.stock_info import (
    EXTREMES,
    INVESTOR_STOCKS,
    JUMPS,
    LIMITS,
    MOST_VIEWED,
    NEAR_EXTREMES,
    OPEN_CHANGES,
    PROGRAM_TOP,
    VALUATIONS,
    VOLUME_HIGHS,
)
from .arguments import When, count, moment, one_of, window
from .choices import Exclusion, ListedMarket, RankingInvestor, RankingName, Venue
from .connection import default_client
from .fetch import each_once_by_venue, fetch_pages
from .stocks import market_word

if TYPE_CHECKING:
    from ..client import Client

FILTERS = ("without", "min_")
BROKER_CODE = re.compile(r"\d{3}", re.ASCII)
LEFT_OUT = ("supervised", "preferred", "etf", "funds")
# Options of `get_ranking` whose parameter has another name.
PARAMETERS = {"min_price": ("price",), "minutes": ("minutes", "ago")}
OPTIONS = (
    "market", "venue", "without", "min_price", "min_volume", "min_value", "sessions", "minutes", "investor", "broker",
    "start", "end",
)  # fmt: skip


class _Ranking(NamedTuple):
    """A call, the words that make it this ranking, and those that hold where the caller names none."""

    call: Call
    words: dict[str, Word]
    defaults: Mapping[str, Word] = MappingProxyType({})


BOUGHT: dict[str, Word] = {"side": "net_bought"}
SOLD: dict[str, Word] = {"side": "net_sold"}
AGO: dict[str, Word] = {"minutes": "5"}
FIRST_HUNDRED: dict[str, Word] = {"first": "0", "last": "100"}
RANKINGS = {
    "volume": _Ranking(VOLUMES, {"sort": "volume"}),
    "turnover": _Ranking(VOLUMES, {"sort": "turnover"}),
    "value": _Ranking(VALUES, {}),
    "gainers": _Ranking(CHANGES, {"sort": "gain_pct"}),
    "losers": _Ranking(CHANGES, {"sort": "loss_pct"}),
    "gainers_since_open": _Ranking(OPEN_CHANGES, {"side": "top"}),
    "losers_since_open": _Ranking(OPEN_CHANGES, {"side": "bottom"}),
    "gainers_in_minutes": _Ranking(JUMPS, {"move": "up", "against": "minutes"}, {"ago": "5"}),
    "losers_in_minutes": _Ranking(JUMPS, {"move": "down", "against": "minutes"}, {"ago": "5"}),
    "gainers_expected": _Ranking(EXPECTED_CHANGES, {"sort": "gain_pct"}),
    "losers_expected": _Ranking(EXPECTED_CHANGES, {"sort": "loss_pct"}),
    "gainers_single_price": _Ranking(SINGLE_PRICE_CHANGES, {"sort": "gain_pct"}),
    "losers_single_price": _Ranking(SINGLE_PRICE_CHANGES, {"sort": "loss_pct"}),
    "new_high": _Ranking(EXTREMES, {"extreme": "high"}),
    "new_low": _Ranking(EXTREMES, {"extreme": "low"}),
    "near_high": _Ranking(NEAR_EXTREMES, {"extreme": "high"}),
    "near_low": _Ranking(NEAR_EXTREMES, {"extreme": "low"}),
    "limit_up": _Ranking(LIMITS, {"move": "limit_up"}),
    "limit_down": _Ranking(LIMITS, {"move": "limit_down"}),
    "volume_surge": _Ranking(SURGE, {"sort": "growth_pct"}),
    "volume_high": _Ranking(VOLUME_HIGHS, {}),
    "previous_volume": _Ranking(VOLUMES_BEFORE, {"sort": "volume"}, FIRST_HUNDRED),
    "previous_value": _Ranking(VOLUMES_BEFORE, {"sort": "value"}, FIRST_HUNDRED),
    "low_per": _Ranking(VALUATIONS, {"sort": "low_per"}),
    "high_per": _Ranking(VALUATIONS, {"sort": "high_per"}),
    "low_pbr": _Ranking(VALUATIONS, {"sort": "low_pbr"}),
    "high_pbr": _Ranking(VALUATIONS, {"sort": "high_pbr"}),
    "low_roe": _Ranking(VALUATIONS, {"sort": "low_roe"}),
    "high_roe": _Ranking(VALUATIONS, {"sort": "high_roe"}),
    "bids": _Ranking(BOOK_TOP, {"sort": "net_bid"}),
    "asks": _Ranking(BOOK_TOP, {"sort": "net_ask"}),
    "bids_surge": _Ranking(BOOK_SURGE, {"side": "bid"}, AGO),
    "asks_surge": _Ranking(BOOK_SURGE, {"side": "ask"}, AGO),
    "bid_ratio_surge": _Ranking(RATIO_SURGE, {"side": "bid"}, AGO),
    "credit": _Ranking(CREDIT_RATIOS, {}),
    "lending": _Ranking(LENDING_TOP, {}),
    "foreign_bought": _Ranking(FOREIGN_TOP, BOUGHT),
    "foreign_sold": _Ranking(FOREIGN_TOP, SOLD),
    "foreign_streak_bought": _Ranking(FOREIGN_STREAKS, BOUGHT),
    "foreign_streak_sold": _Ranking(FOREIGN_STREAKS, SOLD),
    "foreign_limit": _Ranking(FOREIGN_LIMIT_TOP, {}),
    "foreign_brokers_bought": _Ranking(FOREIGN_BROKERS_TOP, BOUGHT),
    "foreign_brokers_sold": _Ranking(FOREIGN_BROKERS_TOP, SOLD),
    "broker_bought": _Ranking(BROKER_TOP, BOUGHT),
    "broker_sold": _Ranking(BROKER_TOP, SOLD),
    "both_bought": _Ranking(BOTH_NET, BOUGHT),
    "both_sold": _Ranking(BOTH_NET, SOLD),
    "investor_bought": _Ranking(INVESTOR_STOCKS, BOUGHT),
    "investor_sold": _Ranking(INVESTOR_STOCKS, SOLD),
    "estimated_bought": _Ranking(INVESTORS_NOW_TOP, BOUGHT),
    "estimated_sold": _Ranking(INVESTORS_NOW_TOP, SOLD),
    "program_bought": _Ranking(PROGRAM_TOP, BOUGHT),
    "program_sold": _Ranking(PROGRAM_TOP, SOLD),
    "viewed": _Ranking(MOST_VIEWED, {}),
}


def get_ranking(
    by: RankingName = "value",
    market: ListedMarket = "all",
    *,
    without: Exclusion | None = None,
    min_price: int | None = None,
    min_volume: int | None = None,
    min_value: int | None = None,
    venue: Venue = "krx",
    sessions: int | None = None,
    minutes: int | None = None,
    investor: RankingInvestor | None = None,
    broker: str | None = None,
    start: When = None,
    end: When = None,
    pages: int = 1,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """The stocks that lead a list of the running or the last session, best first.

    Kiwoom calls: ka10030 당일거래량상위요청, ka10032 거래대금상위요청, ka10027 전일대비등락률상위요청,
    ka10028 시가대비등락률요청, ka10019 가격급등락요청, ka10029 예상체결등락률상위요청,
    ka10098 시간외단일가등락율순위요청, ka10016 신고저가요청, ka10018 고저가근접요청, ka10017 상하한가요청,
    ka10023 거래량급증요청, ka10024 거래량갱신요청, ka10031 전일거래량상위요청, ka10026 고저PER요청,
    ka10020 호가잔량상위요청, ka10021 호가잔량급증요청, ka10022 잔량율급증요청, ka10033 신용비율상위요청,
    ka10069 대차거래상위10종목요청, ka10034 외인기간별매매상위요청, ka10035 외인연속순매매상위요청,
    ka10036 외인한도소진율증가상위, ka10037 외국계창구매매상위요청, ka10039 증권사별매매상위요청,
    ka10062 동일순매매순위요청, ka10058 투자자별일별매매종목요청, ka10065 장중투자자별매매상위요청,
    ka90003 프로그램순매수상위50요청, ka00198 실시간종목조회순위.

    Parameters
    ----------
    by : str
        What leads the list.

        - Trading: ``volume``, ``turnover`` (ka10030), ``value`` (ka10032), ``previous_volume``, ``previous_value`` (of
          the session before, ka10031), ``volume_surge`` (growth in % against the session before, or against some
          `minutes` ago; from 5,000 shares on; ka10023), ``volume_high`` (the highest volume of some `sessions`, in the
          order of codes; ka10024), ``viewed`` (what users of the broker look at; ka00198).
        - Price: ``gainers``, ``losers`` (ka10027), ``gainers_since_open``, ``losers_since_open`` (ka10028),
          ``gainers_in_minutes``, ``losers_in_minutes`` (ka10019), ``gainers_expected``, ``losers_expected`` (in an
          auction, ka10029), ``gainers_single_price``, ``losers_single_price`` (the session that ended on 2026-09-11,
          ka10098), ``new_high``, ``new_low`` (ka10016), ``near_high``, ``near_low`` (within 1 % of today's, ka10018),
          ``limit_up``, ``limit_down`` (ka10017).
        - Worth: ``low_per``, ``high_per``, ``low_pbr``, ``high_pbr``, ``low_roe``, ``high_roe`` (ka10026).
        - Orders: ``bids``, ``asks`` (ka10020), ``bids_surge``, ``asks_surge`` (ka10021), ``bid_ratio_surge`` (ka10022).
        - Who trades: ``foreign_bought``, ``foreign_sold`` (ka10034), ``foreign_streak_bought``,
          ``foreign_streak_sold`` (ka10035), ``foreign_limit`` (growth of holdings, ka10036), ``foreign_brokers_bought``,
          ``foreign_brokers_sold`` (ka10037), ``both_bought``, ``both_sold`` (foreigners and institutions alike,
          ka10062), ``investor_bought``, ``investor_sold`` (one kind of investor, ka10058), ``estimated_bought``,
          ``estimated_sold`` (the same while trading runs, ka10065), ``broker_bought``, ``broker_sold`` (one broker,
          ka10039), ``program_bought``, ``program_sold`` (ka90003), ``credit`` (ka10033), ``lending`` (ka10069).
    market : str
        ``all``, ``kospi`` or ``kosdaq``; with their funds and notes. ``bids``, ``asks`` and their surges, ``investor_``,
        ``program_`` and ``lending`` are of one market only, which has to be named.
    without : str, optional
        Leave out ``supervised`` (관리종목) or, where the call can, ``preferred``, ``etf`` or ``funds`` (ETF and ETN).
    min_price, min_volume, min_value : int, optional
        Only from so many won, shares, won traded on: the steps that the call has, which an error names. The server
        filters, so that a page holds what is wanted.
    venue : str
        ``krx``, ``nxt`` or ``both``.
    sessions : int, optional
        Over how many sessions; each ranking has its own steps, which an error names. Where they have 0, it is today, and 1
        (the default) the session before: the prices beside it are today's.
    minutes : int, optional
        Against how many minutes ago; 5 without it, where a ranking needs it.
    investor : str, optional
        Whose trading: ``foreign`` (the default), ``institution``, ``individual``, ``pension`` and other kinds.
    broker : str, optional
        The three digits of a broker, which ``broker_bought`` and ``broker_sold`` need.
    start, end : date, datetime or text, optional
        First and last day of a ranking over a period; the last session without them, of ``lending`` the last one that is
        written. Of ``both_bought`` and ``both_sold`` trust the money: whether the shares come in ones or thousands is not
        settled.
    pages : int
        At most so many pages of about 100 stocks (some rankings have 10 to 200).
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row a stock, index ``code``, in the order of the ranking: name, price [KRW] with sign, direction, change
        [KRW], change_pct [%] (both of the last price, of up to 20:00, against the official close of the session before),
        volume [shares], and what the call has instead or besides (see FIELDS.md).
        ``attrs["truncated"]`` says that there are more.

    Raises
    ------
    ValueError
        No such ranking, market, venue or period; an option that this ranking does not have, with those it has.

    See Also
    --------
    get_flow_streaks : Who bought or sold how many sessions in a row.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> top = kr.get_ranking("value", market="kosdaq")
    >>> bool(top["value"].is_monotonic_decreasing)
    True
    >>> held = kr.get_ranking("foreign_bought", sessions=20)
    >>> bool(held["foreign_net"].is_monotonic_decreasing)
    True
    """
    if by not in RANKINGS:
        near = get_close_matches(str(by), RANKINGS, n=3, cutoff=0.5)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise ValueError(f"by: expected one of {', '.join(RANKINGS)}, got {by!r}{hint}")
    most = count(pages, "pages")
    call, words, defaults = RANKINGS[by]
    given: dict[str, object] = {
        "market": market_word(market), "venue": venue, "without": without, "min_price": min_price,
        "min_volume": min_volume, "min_value": min_value, "sessions": sessions, "minutes": minutes,
        "investor": investor, "broker": broker, "start": start, "end": end,
    }  # fmt: skip
    said = {**defaults, **words, **_said(by, given)}
    window(start, end)  # an error where the first day is after the last one
    using = default_client(client)
    newest = calendar.last_begun(using.now())
    if by == "lending" and not calendar.is_final(newest, using.now(), LENDING):
        newest = calendar.previous_session(newest)  # until then its rows are zeros
    last = f"{newest:%Y%m%d}"
    body = call.body({"start": last, "end": last, **said})
    sequence = fetch_pages(using, call, body, most, None, refresh)
    days = {name: body[raw] for name, raw in (("start", "strt_dt"), ("end", "end_dt")) if raw in body}
    labels = {
        **days,
        "server": using.server.name,
        "ranking": by,
        "market": given["market"],
        "truncated": bool(sequence.more),
    }
    # a stock that moved while the pages came is on two of them: the first place counts
    return each_once_by_venue(sequence.to_frame(), labels)


def options_of(by: RankingName) -> dict[str, Param]:
    """The options that a ranking has, with the parameters of its call."""
    call, words, _ = RANKINGS[by]
    params = {param.name: param for param in call.params if param.name not in words}
    found = {name: params[raw] for name in OPTIONS for raw in PARAMETERS.get(name, (name,)) if raw in params}
    return {
        name: param
        for name, param in found.items()
        if not name.startswith(FILTERS) or filter_steps(call, name)
    }


def _said(by: RankingName, given: Mapping[str, object]) -> dict[str, Word]:
    """What the caller named, as words of the call's parameters; ValueError says what there is instead."""
    known, said = options_of(by), {}
    for name, everywhere in (("market", MARKET), ("venue", VENUE)):
        one_of(given[name], tuple(everywhere.choices), name)
        if name in known and given[name] not in known[name].choices:
            one = " or ".join(map(repr, known[name].choices))
            raise ValueError(f"{name}: the ranking by {by} is of one {name} only; type {name}={one}")
    for name, value in given.items():
        if value is None or (name not in known and value in ("all", "krx")):
            continue
        if name not in known:
            raise ValueError(f"{name}: the ranking by {by} has no such option; it has {', '.join(known)}")
        said[known[name].name] = _word(RANKINGS[by].call, name, known[name], value)
    if "broker" in known and "broker" not in said:
        raise ValueError(
            f"broker: the ranking by {by} needs one, such as '050'; kr.query('ka10102') lists them"
        )
    if by == "volume_surge" and "minutes" in said:
        said["against"] = "minutes"
    return said


def _word(call: Call, name: str, param: Param, value: object) -> Word:
    """One option as a word of its parameter."""
    if name.startswith(FILTERS):
        steps = filter_steps(call, name)
        one_of(value, tuple(steps), name)
        return steps[value]
    if name in ("start", "end"):
        day = moment(value, name)  # type: ignore[arg-type]
        assert day is not None
        return f"{day:%Y%m%d}"
    if name == "minutes":
        return str(count(value, name))
    if name == "broker" and not (isinstance(value, str) and BROKER_CODE.fullmatch(value)):
        raise ValueError(f"broker: expected three digits such as '050', got {value!r}")
    if param.choices:
        one_of(value, tuple(param.choices), name)
    return value  # type: ignore[return-value]


def filter_steps(call: Call, name: str) -> dict[object, Word]:
    """What a caller may say for a filter of a call, and the word of the call's parameter."""
    raw = PARAMETERS.get(name, (name,))
    choices: tuple[Word, ...] = tuple(next((param.choices for param in call.params if param.name in raw), {}))
    if name == "without":
        return {word: word for word in choices if word in LEFT_OUT}
    steps = ((word[0] if isinstance(word, tuple) and word[1] is None else word, word) for word in choices)
    return {int(step): word for step, word in steps if isinstance(step, (int, float)) and step}
