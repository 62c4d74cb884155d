"""``get_ranking``: lists of the session, best first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from ..endpoints import Call, Word
from ..endpoints.params import MARKET, VENUE
from ..endpoints.ranking import CHANGES, SURGE, VALUES, VOLUMES
from ..endpoints.stock_info import EXTREMES, LIMITS
from .arguments import count, one_of
from .choices import Exclusion, ListedMarket, RankingName, RankingPeriod, Venue
from .connection import default_client
from .fetch import each_once_by_venue, fetch_pages

if TYPE_CHECKING:
    from ..client import Client

PERIODS = (5, 10, 20, 60, 250)
NEW = ("new_high", "new_low")
LEFT_OUT = ("supervised", "preferred", "etf", "funds")


class _Ranking(NamedTuple):
    """A call and the words that make it this ranking."""

    call: Call
    words: dict[str, Word]


RANKINGS = {
    "volume": _Ranking(VOLUMES, {"sort": "volume"}),
    "turnover": _Ranking(VOLUMES, {"sort": "turnover"}),
    "value": _Ranking(VALUES, {}),
    "gainers": _Ranking(CHANGES, {"sort": "gain_pct"}),
    "losers": _Ranking(CHANGES, {"sort": "loss_pct"}),
    "new_high": _Ranking(EXTREMES, {"extreme": "high"}),
    "new_low": _Ranking(EXTREMES, {"extreme": "low"}),
    "limit_up": _Ranking(LIMITS, {"move": "limit_up"}),
    "limit_down": _Ranking(LIMITS, {"move": "limit_down"}),
    "volume_surge": _Ranking(SURGE, {"sort": "growth_pct"}),
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
    sessions: RankingPeriod = 250,
    pages: int = 1,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """The stocks that lead a list of the running or the last session, best first.

    Kiwoom calls: ka10030 당일거래량상위요청, ka10032 거래대금상위요청, ka10027 전일대비등락률상위요청,
    ka10016 신고저가요청, ka10017 상하한가요청, ka10023 거래량급증요청.

    Parameters
    ----------
    by : str
        ``volume``, ``turnover`` (ka10030), ``value`` (ka10032), ``gainers``, ``losers`` (ka10027), ``new_high``,
        ``new_low`` (ka10016), ``limit_up``, ``limit_down`` (ka10017), ``volume_surge`` (ka10023: growth in %
        against the session before, from 5,000 shares on).
    market : str
        ``all``, ``kospi`` or ``kosdaq``; with their funds and notes.
    without : str, optional
        Leave out ``supervised`` (관리종목) or, where the call can, ``preferred``, ``etf`` or ``funds`` (ETF and ETN).
    min_price, min_volume, min_value : int, optional
        Only from so many won, shares, won traded on: the steps that the call has, which an error names. The server
        filters, so that a page holds what is wanted. ``value`` knows none of these.
    venue : str
        ``krx``, ``nxt`` or ``both``; codes of ``both`` end in ``_AL``.
    sessions : int
        For ``new_high`` and ``new_low``: 5, 10, 20, 60 or 250 sessions.
    pages : int
        At most so many pages of about 100 stocks.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row a stock, index ``code``, in the order of the ranking: name, price [KRW] with sign, direction, change
        [KRW], change_pct [%] (both of the last price, of up to 20:00, against the official close of the session before),
        volume [shares], and what the call has besides (see FIELDS.md).
        ``attrs["truncated"]`` says that there are more.

    Raises
    ------
    ValueError
        No such ranking, market, venue or period; a filter that this ranking does not have.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> top = kr.get_ranking("value", market="kosdaq")
    >>> bool(top["value"].is_monotonic_decreasing)
    True
    """
    one_of(by, tuple(RANKINGS), "by")
    one_of(market, tuple(MARKET.choices), "market")
    one_of(venue, tuple(VENUE.choices), "venue")
    one_of(sessions, PERIODS, "sessions")
    most = count(pages, "pages")
    call, words = RANKINGS[by]
    given: dict[str, Word | None] = {"market": market, "venue": venue, **words}
    if by in NEW:
        given["sessions"] = sessions
    given |= _filters(by, call, without, min_price, min_volume, min_value)
    body = {}
    for param in call.params:
        word = given.get(param.name, param.default)
        if word is not None:
            body[param.raw] = param.code(word)
    using = default_client(client)
    sequence = fetch_pages(using, call, body, most, None, refresh)
    labels = {"server": using.server.name, "ranking": by, "market": market, "truncated": bool(sequence.more)}
    # a stock that moved while the pages came is on two of them: the first place counts
    return each_once_by_venue(sequence.to_frame(), labels)


def _filters(
    by: str,
    call: Call,
    without: Exclusion | None,
    min_price: int | None,
    min_volume: int | None,
    min_value: int | None,
) -> dict[str, Word | None]:
    """The filters as words of the call's parameters; ValueError names the steps that a filter has."""
    filters = {"without": without, "min_price": min_price, "min_volume": min_volume, "min_value": min_value}
    found: dict[str, Word | None] = {}
    for name, value in filters.items():
        if value is not None:
            steps = filter_steps(call, name)
            if not steps:
                raise ValueError(f"{name}: the ranking by {by} has no such filter")
            one_of(value, tuple(steps), name)
            found["price" if name == "min_price" else name] = steps[value]
    return found


def filter_steps(call: Call, name: str) -> dict[object, Word]:
    """What a caller may say for a filter of a call, and the word of the call's parameter."""
    raw = "price" if name == "min_price" else name
    choices: tuple[Word, ...] = tuple(next((param.choices for param in call.params if param.name == raw), {}))
    if name == "without":
        return {word: word for word in choices if word in LEFT_OUT}
    steps = ((word[0] if isinstance(word, tuple) and word[1] is None else word, word) for word in choices)
    return {int(step): word for step, word in steps if isinstance(step, (int, float)) and step}
