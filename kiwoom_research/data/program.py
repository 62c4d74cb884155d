"""``get_program``: programme trading of a stock or of a market, by day or through the session."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from .. import calendar
from ..endpoints import Call
from ..endpoints.market_condition import PROGRAM_DAYS, PROGRAM_STOCK_DAYS, PROGRAM_STOCK_TIMES, PROGRAM_TIMES
from .arguments import When, moment, one_of, page_limit
from .choices import ProgramBy
from .connection import default_client
from .fetch import ALL_PAGES, fetch, fetch_pages, is_listed, unknown
from .investors import days_request
from .names import code_of
from .stocks import market_word
from .trades import through_session

if TYPE_CHECKING:
    from ..client import Client

MARKETS = ("kospi", "kosdaq")


def get_program(
    code: str = "kospi",
    by: ProgramBy = "day",
    *,
    start: When = None,
    end: When = None,
    period: str | None = None,
    pages: int | None = None,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """What programmes bought and sold of a stock or of a market.

    Kiwoom calls: ka90013 종목일별프로그램매매추이요청 (20 sessions a page), ka90008 종목시간별프로그램매매추이요청,
    ka90010 프로그램매매추이요청 일자별 and ka90005 프로그램매매추이요청 시간대별 (100 rows a page).

    Parameters
    ----------
    code : str
        One code, the name of a stock, or a market: ``kospi`` or ``kosdaq``.
    by : {"day", "time"}
        One row for each session, or the sums since the opening through one session.
    start, end, period, pages
        By day as in `get_bars`. By time `end` is the session (the last one without it), and `start` or `period` an
        error; without `pages` the whole of it.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Oldest first, index ``date``; by time (``time``, ``seq``) of a stock, whose rows are trades (some 4,000 a day, 100 a
        page), and ``time`` of a market (Asia/Seoul). Of a stock: close or price [KRW] with sign, direction,
        change, change_pct [%], volume, ``program_sold``, ``program_bought``, ``program_net``, ``program_net_change``
        (against the row before) [shares], the same as ``_value`` [KRW, rounded to a million]. Of a market:
        ``arbitrage_`` and ``non_arbitrage_`` with sold, bought and net [shares, rounded to a thousand], and as
        ``_value`` [KRW], ``program_sold_value``, ``program_bought_value``, ``program_net_value`` [KRW], kospi200
        [points] and basis [points; wrong columns of the broker for KOSDAQ].

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
    >>> program = kr.get_program("005930", start="2026-10-01")
    >>> bool((program["program_net"] == program["program_bought"] - program["program_sold"]).all())
    True
    >>> kr.get_program("kospi", "time").index[-1].strftime("%H:%M")
    '15:30'
    """
    one_of(by, ("day", "time"), "by")
    using, market = default_client(client), market_word(code)
    of_market = market in MARKETS
    if by == "day":
        call = PROGRAM_DAYS if of_market else PROGRAM_STOCK_DAYS
        words = {"market": str(market)} if of_market else {}
        return fetch(
            days_request(call, code, start=start, end=end, period=period, pages=pages, client=using, **words),
            refresh=refresh,
        ).frame
    if start is not None or period is not None:
        raise ValueError("start, period: expected none with by='time'; end says which session")
    most, day = page_limit(pages), moment(end, "end")
    given: dict[str, object] = {"market": market} if of_market else {"code": code_of(code, using)}
    begun = calendar.last_begun(using.now(), calendar.venue_of(str(given.get("code", ""))))
    session = begun if day is None else calendar.session_on_or_before(min(day.date(), begun))
    call = PROGRAM_TIMES if of_market else PROGRAM_STOCK_TIMES
    return _through_session(using, call, given, session, most, refresh)


def _through_session(
    client: Client,
    call: Call,
    given: dict[str, object],
    session: date,
    most: int | None,
    refresh: bool,
) -> pd.DataFrame:
    """The rows of a session, oldest first, labelled with their time."""
    body = call.body({**given, "end": f"{session:%Y%m%d}"})
    sequence = fetch_pages(client, call, body, ALL_PAGES if most is None else most, None, refresh)
    rows = sequence.to_frame()
    code = str(given.get("code", ""))
    if code and not len(rows) and not is_listed(client, code):
        raise unknown(code, call)
    frame = through_session(rows, session, call)
    frame.attrs |= {"server": client.server.name, "truncated": bool(sequence.more)}
    frame.attrs |= {"code": code} if code else {"market": given["market"]}
    return frame if code else frame.droplevel("seq")
