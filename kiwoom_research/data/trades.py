"""What happens in a session: ``get_trades``, ``get_brokers``, ``get_volatility_interruptions``."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .. import calendar
from ..endpoints import Call
from ..endpoints.params import MARKET, VENUE
from ..endpoints.stock_info import BROKERS, TRADES_OF_DAY, VI_TRIGGERS
from ..frames import SEOUL, TEXT_DTYPE
from .arguments import one_of, page_limit
from .choices import ListedMarket, TradesBy, TradesDay, Venue
from .connection import default_client
from .fetch import ALL_PAGES, fetch_pages, is_listed, snapshot, unknown
from .names import code_of
from .stocks import market_word

if TYPE_CHECKING:
    from ..client import Client

PLACES = range(1, 6)
NOTHING_LEFT_OUT = "000000000"


def get_trades(
    code: str,
    *,
    day: TradesDay = "today",
    by: TradesBy = "trade",
    pages: int | None = 1,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """The trades of a session with their side, and how strong buyers were.

    Kiwoom call: ka10084 당일전일체결요청, 100 trades a page, the newest ones first.

    Parameters
    ----------
    code : str
        One code, or the name of a stock; ``_NX`` and ``_AL`` choose NXT or both venues.
    day : {"today", "previous"}
        The running session (the last one, when none runs), or the one before it. The server's day begins at 08:00:
        from then until the opening there are no trades of today yet.
    by : {"trade", "minute"}
        One row for each trade, or for each minute.
    pages : int or None
        At most so many pages; None for the whole session.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Oldest first, index (``time``, ``seq``) in Asia/Seoul: price [KRW] with sign, change [KRW], change_pct [%], ask,
        bid [KRW] with signs, ``trade_volume`` [shares; negative where a seller took the bid], direction, ``volume``
        [shares] and ``value`` [KRW, rounded to a million] of the session so far, ``strength`` [bought in % of sold],
        venue. ``attrs["truncated"]`` says that there are earlier ones.

    Raises
    ------
    UnknownCodeError
        There is no such stock.
    ValueError
        An argument that cannot be.

    See Also
    --------
    get_bars : With ``freq="tick"`` the trades of several sessions, without side and strength.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> trades = kr.get_trades("005930")
    >>> len(trades), bool(trades["volume"].is_monotonic_increasing)
    (100, True)
    """
    one_of(day, ("today", "previous"), "day")
    one_of(by, ("trade", "minute"), "by")
    most, using = page_limit(pages), default_client(client)
    code = code_of(code, using)
    words = {
        "tdy_pred": TRADES_OF_DAY.param("session").code(day),
        "tic_min": TRADES_OF_DAY.param("by").code("tick" if by == "trade" else by),
    }
    body = {"stk_cd": code, **words}
    sequence = fetch_pages(using, TRADES_OF_DAY, body, ALL_PAGES if most is None else most, None, refresh)
    rows = sequence.to_frame()
    if not len(rows) and not is_listed(using, code):
        raise unknown(code, TRADES_OF_DAY)
    session = _quote_day(sequence.replies[0].retrieved)
    if day == "previous":
        session = calendar.previous_session(session)
    trades = through_session(rows, session, TRADES_OF_DAY)
    trades.attrs |= {"code": code, "server": using.server.name, "truncated": bool(sequence.more)}
    return trades


def _quote_day(now: datetime) -> date:
    """The session that the server calls today: it turns its day at 08:00."""
    begun = now.time() >= calendar.PRE_OPEN
    return calendar.session_on_or_before(now.date()) if begun else calendar.previous_session(now.date())


def through_session(rows: pd.DataFrame, session: date, call: Call) -> pd.DataFrame:
    """Rows of a session that come newest first and have a time of day, as oldest first with (``time``, ``seq``)."""
    frame = rows[::-1].drop(columns="time_of_day")
    if "venue" in frame:
        frame["venue"] = frame["venue"].str.lower()
    times = pd.DatetimeIndex(pd.Timestamp(session) + rows["time_of_day"][::-1].array).tz_localize(SEOUL)
    nth = pd.Series(times).groupby(times.to_numpy()).cumcount()
    frame.index = pd.MultiIndex.from_arrays(
        [times.as_unit("us"), nth.to_numpy(np.int64)], names=["time", "seq"]
    )
    units = {name: unit for name, unit in call.tables[0].units.items() if name != "time_of_day"}
    frame.attrs = {**rows.attrs, "units": units, "session": session.isoformat()}
    return frame


def get_brokers(code: str, *, client: Client | None = None, refresh: bool = False) -> pd.DataFrame:
    """The brokers (거래원) through which most of a stock was sold and bought in this session.

    Kiwoom call: ka10002 주식거래원요청. ``query("ka10002", code=code)`` gives the same as one row, with the quote.

    Parameters
    ----------
    code : str
        One code, or the name of a stock.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Five rows, index ``rank`` from 1: ``seller``, ``seller_code``, ``sold`` and ``buyer``, ``buyer_code``, ``bought``
        [shares]. The two sides of a row have nothing to do with each other.

    Raises
    ------
    UnknownCodeError
        There is no such stock.

    See Also
    --------
    get_ranking : ``broker_bought`` and ``broker_sold``: what one broker traded most.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> brokers = kr.get_brokers("005930")
    >>> len(brokers), bool(brokers["bought"].is_monotonic_decreasing)
    (5, True)
    """
    using = default_client(client)
    code = code_of(code, using)
    row = snapshot(using, BROKERS, {"stk_cd": code}, refresh)
    flat = row.loc[code]
    if pd.isna(flat["price"]):
        raise unknown(code, BROKERS)
    columns: dict[str, pd.Index] = {}
    for who, amount in (("seller", "sold"), ("buyer", "bought")):
        columns[who] = pd.Index([flat[f"{who}_{place}"] for place in PLACES], dtype=TEXT_DTYPE)
        columns[f"{who}_code"] = pd.Index([flat[f"{who}_{place}_code"] for place in PLACES], dtype=TEXT_DTYPE)
        columns[amount] = pd.Index([flat[f"{who}_{place}_volume"] for place in PLACES], dtype="float64")
    brokers = pd.DataFrame(columns).set_axis(pd.Index(PLACES, name="rank"))
    brokers.attrs = {**row.attrs, "code": code, "units": {"sold": "shares", "bought": "shares"}}
    brokers.attrs.pop("sign_reference", None)
    return brokers


def get_volatility_interruptions(
    market: ListedMarket = "all",
    *,
    venue: Venue = "krx",
    pages: int | None = None,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """Stocks whose trading was interrupted in this session because of their volatility (VI, 변동성완화장치).

    Kiwoom call: ka10054 변동성완화장치발동종목요청, 100 rows a page.

    Parameters
    ----------
    market : str
        ``all``, ``kospi`` or ``kosdaq``.
    venue : str
        ``krx``, ``nxt`` or ``both``.
    pages : int, optional
        At most so many pages; all of them without it.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row for each interruption, the newest first: code, name, volume [shares], ``vi_price`` [KRW], ``vi_time`` and
        ``vi_end`` [time of day; missing while it lasts], ``vi_type`` (정적, 동적 or both), the base prices [KRW] with how
        far the price was from them [%], ``open_change_pct`` [%], ``vi_count`` (the how many-th of the session), venue.
        A stock can come more than once. ``attrs["session"]`` is the day, ``attrs["truncated"]`` says that there are more.

    Raises
    ------
    ValueError
        No such market or venue.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> stopped = kr.get_volatility_interruptions()
    >>> bool((stopped["static_gap"].abs() >= 9.5).all())
    True
    """
    word = market_word(market)
    one_of(word, tuple(MARKET.choices), "market")
    one_of(venue, tuple(VENUE.choices), "venue")
    most, using = page_limit(pages), default_client(client)
    no_limits = dict.fromkeys(("min_volume", "max_volume", "min_value", "max_value"), "0")
    body = VI_TRIGGERS.body(
        {"market": word, "venue": venue, "skip": NOTHING_LEFT_OUT, "code": "", **no_limits}
    )
    sequence = fetch_pages(using, VI_TRIGGERS, body, ALL_PAGES if most is None else most, None, refresh)
    frame = sequence.to_frame()
    frame["code"] = pd.Index([str(code).partition("_")[0] for code in frame["code"]], dtype=TEXT_DTYPE)
    frame["venue"] = frame["venue"].str.lower()
    session = _quote_day(sequence.replies[0].retrieved)
    frame.attrs |= {"server": using.server.name, "market": word, "session": session.isoformat()}
    frame.attrs["truncated"] = bool(sequence.more)
    return frame
