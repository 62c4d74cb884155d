"""``get_info``, ``get_quotes``, ``get_today``: one row a stock, as of now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .. import frames
from ..endpoints.market_condition import BOOK, TODAY
from ..endpoints.stock_info import INFO, QUOTES
from ..errors import UnknownCodeError
from .arguments import Codes
from .connection import default_client
from .fetch import snapshot, stack, unknown, warn_unknown
from .names import code_of, codes_of

if TYPE_CHECKING:
    from ..client import Client


def get_info(codes: Codes, *, client: Client | None = None, refresh: bool = False) -> pd.DataFrame:
    """What a stock is: valuation, limits, year and 250-session highs and lows, today's quote.

    Kiwoom call: ka10001 주식기본정보요청, one request a code.

    Parameters
    ----------
    codes : str or iterable of str
        One code or several; each is requested once. ``A005930``, ``KRX:005930``, small letters, full-width digits and
        blanks around are understood, here and in every other function; a number such as 5930 is not.
    client : Client, optional
        Another client than the one of `connect`.
    refresh : bool
        Ask the server even when the cache has a good answer.

    Returns
    -------
    pandas.DataFrame
        One row a code, index ``code``, all 45 fields of the call (see FIELDS.md). Prices [KRW] are
        magnitudes with ``<name>_sign`` companions against ``base_price``; ``listed_shares`` and
        ``float_shares`` [shares]; ``market_cap``, ``revenue`` ... [KRW]; rates [%].

    Raises
    ------
    UnknownCodeError
        The one requested code does not exist. Of several, an unknown one is a row of missing values with
        ``found`` False and one warning names them.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> info = kr.get_info("005930")
    >>> bool(info["price"].between(info["lower_limit"], info["upper_limit"]).all())
    True
    """
    using = default_client(client)
    wanted = codes_of(codes, using)
    parts = []
    for code in wanted:
        try:
            part = snapshot(using, INFO, {"stk_cd": code}, refresh)
        except UnknownCodeError:
            if isinstance(codes, str):
                raise
            table = INFO.tables[0]
            blank = {field.raw: "" for field in table.fields}
            part = frames.build(table, [blank], request={"stk_cd": code}, retrieved=using.now())
        parts.append(part)
    frame = stack(parts)
    if isinstance(codes, str):
        if not frame["found"].iloc[0]:
            raise unknown(wanted[0], INFO)
        frame.attrs["code"] = wanted[0]
        return frame
    warn_unknown(frame)
    return frame


def get_quotes(codes: Codes, *, client: Client | None = None, refresh: bool = False) -> pd.DataFrame:
    """Quotes of any number of stocks: price, session so far, five levels of the book.

    Kiwoom call: ka10095 지정종목 정보요청, 100 codes a request.

    Parameters
    ----------
    codes : str or iterable of str
        Codes; each appears once, in the order of its first mention.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row a code, index ``code``. Prices [KRW] with signs, ``volume`` [shares], ``value`` and
        ``market_cap`` [KRW], ``found``. ``change`` [KRW] and ``change_pct`` [%] are the last price, of up to 20:00,
        against the official close of the session before. An unknown code is a row of missing values with ``found`` False,
        and one warning names them.

    Raises
    ------
    ValueError
        A code that cannot be one.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.get_quotes(["000660", "005930"]).index.tolist()
    ['000660', '005930']
    """
    using = default_client(client)
    wanted = codes_of(codes, using)
    size = QUOTES.page_rows
    frame = stack(
        [
            snapshot(using, QUOTES, {"stk_cd": "|".join(wanted[at : at + size])}, refresh)
            for at in range(0, len(wanted), size)
        ]
    )
    warn_unknown(frame)
    return frame


def get_today(code: str, *, client: Client | None = None, refresh: bool = False) -> pd.DataFrame:
    """Today's session so far, or the last one when the market is closed.

    Kiwoom call: ka10006 주식시분요청.

    Parameters
    ----------
    code : str
        One code, or the name of a stock.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row, index ``code``: ``session``, open, high, low, close [KRW] with signs, ``volume`` [shares],
        ``value`` [KRW], ``change`` [KRW], ``change_pct`` [%], ``strength`` [%]. Before the first trade
        open, high and low are 0 and close is the previous close, as the broker sends it.

    Raises
    ------
    UnknownCodeError
        There is no such stock.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.get_today("005930")["session"].dt.strftime("%Y-%m-%d").tolist()
    ['2026-11-20']
    """
    using = default_client(client)
    code = code_of(code, using)
    frame = snapshot(using, TODAY, {"stk_cd": code}, refresh)
    if frame["session"].isna().all() and frame["close"].isna().all():
        raise unknown(code, TODAY)
    frame.attrs["code"] = code
    return frame


LEVELS = range(1, 11)
BOOK_COLUMNS = ("bid", "bid_size", "bid_size_change", "ask", "ask_size", "ask_size_change")


def get_orderbook(code: str, *, client: Client | None = None, refresh: bool = False) -> pd.DataFrame:
    """Order book of a stock: ten prices on either side with their sizes.

    Kiwoom call: ka10004 주식호가요청. ``query("ka10004")`` gives the same as one row, with the totals.

    Parameters
    ----------
    code : str
        One code; with ``_NX`` the book of NXT.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Ten rows, index ``level``, the best price first: ``bid`` and ``ask`` [KRW; missing where there is no order]
        with signs, ``bid_size`` and ``ask_size`` [shares], ``bid_size_change`` and ``ask_size_change`` [shares].
        ``attrs["quote_time"]`` is the time of day of the book, ``HH:MM:SS``.

    Raises
    ------
    UnknownCodeError
        There is no such stock.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> book = kr.get_orderbook("005930")
    >>> len(book), bool(book["bid"].max() < book["ask"].min())
    (10, True)
    """
    using = default_client(client)
    code = code_of(code, using)
    row = snapshot(using, BOOK, {"stk_cd": code}, refresh)
    flat = row.loc[code]
    if pd.isna(flat["ask_1"]) and pd.isna(flat["bid_1"]):
        raise unknown(code, BOOK)
    columns = {name: [flat[f"{name}_{level}"] for level in LEVELS] for name in BOOK_COLUMNS}
    book = pd.DataFrame(columns, pd.Index(LEVELS, name="level"), dtype="float64")
    for side in ("bid", "ask"):
        book[f"{side}_sign"] = np.array([flat[f"{side}_{level}_sign"] for level in LEVELS], dtype="int8")
        book[side] = book[side].where(book[side] > 0)
    units = {name: BOOK.tables[0].units[f"{name}_1"] for name in BOOK_COLUMNS}
    book.attrs = {**row.attrs, "code": code, "units": units, "quote_time": str(flat["quote_time"])[-8:]}
    return book
