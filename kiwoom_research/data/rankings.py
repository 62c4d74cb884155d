"""``get_ranking``: lists of the session, best first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from ..endpoints import Endpoint
from ..endpoints.ranking import CHANGES, SURGE, VALUES, VOLUMES
from ..endpoints.stock_info import EXTREMES, LIMITS
from .arguments import count, one_of
from .connection import default_client
from .fetch import each_once, follow, framed

if TYPE_CHECKING:
    from ..client import Client

MARKETS = {"all": "000", "kospi": "001", "kosdaq": "101"}
VENUES = {"krx": "1", "nxt": "2", "both": "3"}
PERIODS = (5, 10, 20, 60, 250)
NEW = ("new_high", "new_low")


class _Ranking(NamedTuple):
    """A call, the parameters that make it this ranking, and that nothing is filtered out."""

    table: Endpoint
    params: dict[str, str]


_VOLUME = {
    "mang_stk_incls": "0", "crd_tp": "0", "trde_qty_tp": "0", "pric_tp": "0", "trde_prica_tp": "0",
    "mrkt_open_tp": "0",
}  # fmt: skip
_CHANGE = {
    "trde_qty_cnd": "0000", "stk_cnd": "0", "crd_cnd": "0", "updown_incls": "1", "pric_cnd": "0",
    "trde_prica_cnd": "0",
}  # fmt: skip
_EXTREME = {
    "high_low_close_tp": "1",
    "stk_cnd": "0",
    "trde_qty_tp": "0000",
    "crd_cnd": "0",
    "updown_incls": "1",
}
_LIMIT = {"sort_tp": "3", "stk_cnd": "0", "trde_qty_tp": "0000", "crd_cnd": "0", "trde_gold_tp": "0"}
RANKINGS = {
    "volume": _Ranking(VOLUMES, {"sort_tp": "1", **_VOLUME}),
    "turnover": _Ranking(VOLUMES, {"sort_tp": "2", **_VOLUME}),
    "value": _Ranking(VALUES, {"mang_stk_incls": "1"}),
    "gainers": _Ranking(CHANGES, {"sort_tp": "1", **_CHANGE}),
    "losers": _Ranking(CHANGES, {"sort_tp": "3", **_CHANGE}),
    "new_high": _Ranking(EXTREMES, {"ntl_tp": "1", **_EXTREME}),
    "new_low": _Ranking(EXTREMES, {"ntl_tp": "2", **_EXTREME}),
    "limit_up": _Ranking(LIMITS, {"updown_tp": "1", **_LIMIT}),
    "limit_down": _Ranking(LIMITS, {"updown_tp": "4", **_LIMIT}),
    "volume_surge": _Ranking(SURGE, {"sort_tp": "2", "tm_tp": "2", "trde_qty_tp": "5", "stk_cnd": "0", "pric_tp": "0"}),
}  # fmt: skip

# call -> filter -> Kiwoom's parameter, and its code for what may be asked [shares, KRW]
_FROM = {1_000 * n: f"{n:04}" for n in (10, 50, 100, 200, 300, 500, 1_000)}
_THOUSANDS = {1_000 * n: f"{n}" for n in (5, 10, 50, 100, 200, 300, 1_000)}
_WON = {10**8: "10", 10**9: "100", 5 * 10**9: "500", 10**10: "1000", 5 * 10**10: "5000"}
_NO = {"supervised": "1", "preferred": "3"}
FILTERS: dict[str, dict[str, tuple[str, dict[Any, str]]]] = {
    VOLUMES.id: {
        "without": ("mang_stk_incls", {**_NO, "etf": "14", "funds": "16"}),
        # code 500 is five million in the manual, between 300 and 1,000 thousand: not offered
        "min_volume": ("trde_qty_tp", _THOUSANDS),
        "min_price": ("pric_tp", {1_000: "2", 5_000: "5", 10_000: "7", 50_000: "8", 100_000: "9"}),
        "min_value": ("trde_prica_tp", _WON),
    },
    VALUES.id: {"without": ("mang_stk_incls", {"supervised": "0"})},
    CHANGES.id: {
        "without": ("stk_cnd", {**_NO, "etf": "14", "funds": "16"}),
        "min_volume": ("trde_qty_cnd", _FROM),
        "min_price": ("pric_cnd", {1_000: "8", 10_000: "5"}),
        "min_value": ("trde_prica_cnd", _WON),
    },
    SURGE.id: {
        "without": ("stk_cnd", {**_NO, "etf": "14", "funds": "18"}),
        "min_volume": ("trde_qty_tp", _THOUSANDS),
        "min_price": ("pric_tp", {1_000: "8", 5_000: "6", 10_000: "5", 50_000: "2", 100_000: "9"}),
    },
    EXTREMES.id: {"without": ("stk_cnd", _NO), "min_volume": ("trde_qty_tp", _FROM)},
    LIMITS.id: {
        "without": ("stk_cnd", _NO),
        "min_volume": ("trde_qty_tp", _FROM),
        "min_price": ("trde_gold_tp", {1_000: "8", 10_000: "5"}),
    },
}  # fmt: skip


def get_ranking(
    by: str = "value",
    market: str = "all",
    *,
    without: str | None = None,
    min_price: int | None = None,
    min_volume: int | None = None,
    min_value: int | None = None,
    venue: str = "krx",
    sessions: int = 250,
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
        [KRW], change_pct [%], volume [shares], and what the call has besides (see FIELDS.md).
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
    one_of(market, tuple(MARKETS), "market")
    one_of(venue, tuple(VENUES), "venue")
    one_of(sessions, PERIODS, "sessions")
    most = count(pages, "pages")
    using = default_client(client)
    table, params = RANKINGS[by]
    given = {"mrkt_tp": MARKETS[market], "stex_tp": VENUES[venue], **params}
    if by in NEW:
        given["dt"] = str(sessions)
    asked = {"without": without, "min_price": min_price, "min_volume": min_volume, "min_value": min_value}
    for name, value in asked.items():
        if value is not None:
            if name not in FILTERS[table.id]:
                raise ValueError(f"{name}: the ranking by {by} has no such filter")
            raw, there = FILTERS[table.id][name]
            one_of(value, tuple(there), name)
            given[raw] = there[value]
    body = {param.raw: given[param.raw] for param in table.params if param.raw in given}
    pull = follow(using, table, body, most, None, refresh)
    labels = {"server": using.server.name, "ranking": by, "market": market, "truncated": bool(pull.more)}
    # a stock that moved while the pages came is on two of them: the first place counts
    return each_once(framed(using, pull), labels)
