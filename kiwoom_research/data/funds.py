"""ETFs: ``get_etf``, ``get_etfs``, ``get_etf_history``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..endpoints.etf import ETF_ALL, ETF_DAILY, ETF_INFO
from ..endpoints.params import VENUE
from .arguments import When, one_of, page_limit
from .choices import Venue
from .connection import default_client
from .fetch import ALL_PAGES, each_once_by_venue, fetch, fetch_pages, snapshot, unknown
from .investors import days_request
from .names import code_of

if TYPE_CHECKING:
    from ..client import Client

OF_NAV = ["nav", "nav_gap", "nav_index_gap"]


def get_etf(code: str, *, client: Client | None = None, refresh: bool = False) -> pd.DataFrame:
    """What an ETF tracks, and how it is taxed.

    Kiwoom call: ka40002 ETF종목정보요청.

    Parameters
    ----------
    code : str
        One code, or the name of a fund.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row, index ``code``: name, ``index_name``, ``underlying_price`` [KRW], ``etf_tax``, ``etn_tax``. A share that is
        no fund has its name only.

    Raises
    ------
    UnknownCodeError
        There is no such stock.

    See Also
    --------
    get_etf_history : Its net asset value (NAV) by day.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.get_etf("820010").loc["820010", "index_name"]
    'KOSPI 200'
    """
    using = default_client(client)
    code = code_of(code, using)
    frame = snapshot(using, ETF_INFO, {"stk_cd": code}, refresh)
    if frame["name"].isna().all():
        raise unknown(code, ETF_INFO)
    frame.attrs["code"] = code
    return frame


def get_etfs(
    *,
    venue: Venue = "krx",
    pages: int | None = None,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """Every ETF with its price, its net asset value (NAV) and how far one is from the other.

    Kiwoom call: ka40004 ETF전체시세요청.

    Parameters
    ----------
    venue : str
        ``krx``, ``nxt`` or ``both``.
    pages : int, optional
        At most so many pages; all of them without it.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row a fund, index ``code``: name, close [KRW] with sign, direction, change, change_pct [%], volume [shares],
        ``nav`` [KRW], ``nav_gap`` [close above the NAV, %; made here, the broker does not send it], tracking_error [%],
        index_name, and columns of the broker that repeat the fund's own numbers.
        ``attrs["truncated"]`` says that there are more.

    Raises
    ------
    ValueError
        No such venue, or a number of pages that cannot be.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> funds = kr.get_etfs()
    >>> bool(funds["nav_gap"].abs().max() < 1)
    True
    """
    one_of(venue, tuple(VENUE.choices), "venue")
    most, using = page_limit(pages), default_client(client)
    body = ETF_ALL.body({"venue": venue})
    sequence = fetch_pages(using, ETF_ALL, body, ALL_PAGES if most is None else most, None, refresh)
    labels = {"server": using.server.name, "truncated": bool(sequence.more)}
    frame = each_once_by_venue(sequence.to_frame(), labels)
    at = list(frame.columns).index("nav") + 1
    frame["nav"] = frame["nav"].where(frame["nav"] > 0)
    frame.insert(at, "nav_gap", (100 * (frame["close"] / frame["nav"] - 1)).round(2))
    frame.attrs["units"] = {**ETF_ALL.tables[0].units, "nav_gap": "%"}
    return frame


def get_etf_history(
    code: str,
    *,
    start: When = None,
    end: When = None,
    period: str | None = None,
    pages: int | None = None,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """An ETF by day: price, net asset value (NAV), the gap between them, and the index.

    Kiwoom call: ka40003 ETF일별추이요청, 100 sessions a page.

    Parameters
    ----------
    code : str
        One code, or the name of a fund.
    start, end, period, pages
        As in `get_bars`; a page has 100 sessions.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Index ``date``, oldest first: close [KRW] with sign, direction, change, change_pct [%], volume [shares],
        ``nav`` [KRW; missing for the running session, for which the broker sends 0], value [KRW], ``nav_gap`` and
        ``nav_index_gap`` [%], tracking_error [%], index_level and index_level_change [points], ``complete``. A share that
        is no fund has no rows.

    Raises
    ------
    UnknownCodeError
        There is no such stock.
    ValueError
        An argument that cannot be.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> history = kr.get_etf_history("820010", start="2026-10-01")
    >>> gap = 100 * (history["close"] / history["nav"] - 1)
    >>> bool((gap - history["nav_gap"]).abs().max() < 0.01)
    True
    """
    request = days_request(ETF_DAILY, code, start=start, end=end, period=period, pages=pages, client=client)
    frame = fetch(request, refresh=refresh).frame
    known = frame["nav"] > 0
    frame[OF_NAV] = frame[OF_NAV].where(known)
    return frame
