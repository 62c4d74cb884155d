"""``get_investors``, ``get_foreign``, ``get_short``, ``get_credit``, ``get_lending``: who trades a stock, day by day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from .. import calendar
from ..endpoints.foreign_institution import FOREIGN
from ..endpoints.securities_lending import MARKET_LENDING, STOCK_LENDING
from ..endpoints.short_selling import SHORT
from ..endpoints.stock_info import CREDIT_TREND, INVESTORS
from .arguments import When, one_of, page_limit, window
from .choices import CreditKind, FlowUnit
from .connection import default_client
from .fetch import BarsRequest, fetch
from .names import code_of

if TYPE_CHECKING:
    from ..client import Client

UNITS = ("shares", "won")
RAW = {"adjusted": None, "freq": "1d"}
SHORT_DAYS = pd.Timedelta(days=60)


def _newest(client: Client, last: pd.Timestamp | None) -> date:
    """The newest session of an answer that is asked for from a day back."""
    begun = calendar.last_begun(client.now())
    return begun if last is None or last.date() >= begun else calendar.session_on_or_before(last.date())


def _days(
    client: Client, first: pd.Timestamp | None, last: pd.Timestamp | None
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The first and last day of an answer that is asked for by both; without them the last 60 days."""
    newest = pd.Timestamp(calendar.last_begun(client.now()))
    last = newest if last is None else min(last, newest)
    return last - SHORT_DAYS if first is None else first, last


def get_investors(
    code: str,
    *,
    start: When = None,
    end: When = None,
    pages: int | None = None,
    unit: FlowUnit = "shares",
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """What individuals, foreigners and kinds of institutions bought less what they sold, day by day.

    Kiwoom call: ka10059 종목별투자자기관별요청, 100 sessions a page.

    Parameters
    ----------
    code : str
        One code, or the name of a stock.
    start, end, pages
        As in `get_bars`; a page has 100 sessions.
    unit : {"shares", "won"}
        Net shares, or net money; the columns of money end in ``_value``.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Index ``date``, oldest first: close [KRW] with sign, direction, change, change_pct [%], volume, value, and
        individual_net, foreign_net, institution_net (the sum of securities_net, insurance_net, trust_net,
        other_finance_net, bank_net, pension_net, private_fund_net, state_net), company_net,
        resident_foreign_net [shares], or the same with ``_value`` [KRW, rounded to a million]; ``complete``.

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
    >>> flows = kr.get_investors("005930", start="2026-11-02")
    >>> sides = ["individual_net", "foreign_net", "institution_net", "company_net", "resident_foreign_net"]
    >>> bool((flows[sides].sum(axis=1) == 0).all())
    True
    """
    (first, last), most = window(start, end), page_limit(pages)
    one_of(unit, UNITS, "unit")
    using = default_client(client)
    code = code_of(code, using)
    newest = _newest(using, last)
    amount = INVESTORS.param("unit").code(unit)
    body = {"dt": f"{newest:%Y%m%d}", "stk_cd": code, "amt_qty_tp": amount, "trde_tp": "0", "unit_tp": "1"}
    return fetch(BarsRequest(using, INVESTORS, body, first, last, most, RAW), refresh=refresh).frame


def get_foreign(
    code: str,
    *,
    start: When = None,
    end: When = None,
    pages: int | None = None,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """What foreigners hold of a stock, day by day.

    Kiwoom call: ka10008 주식외국인종목별매매동향, 50 sessions a page.

    Parameters
    ----------
    code : str
        One code, or the name of a stock.
    start, end, pages
        As in `get_bars`; a page has 50 sessions.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Index ``date``, oldest first: close [KRW] with sign, change, volume, ``foreign_change`` (of what is held, not
        what was bought on the exchange), ``foreign_shares`` [shares], ``foreign_holding`` [% of listed shares],
        ``foreign_room``, ``foreign_limit``, ``foreign_limit_change`` [shares], ``foreign_exhaustion`` [%],
        ``complete``. Of many codes: ``pd.concat({code: kr.get_foreign(code) for code in codes},
        names=["code"])``, which is what `features` takes.

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
    >>> held = kr.get_foreign("005930", pages=2)
    >>> len(held), bool(held["foreign_holding"].between(0, 100).all())
    (100, True)
    """
    (first, last), most, using = window(start, end), page_limit(pages), default_client(client)
    request = BarsRequest(using, FOREIGN, {"stk_cd": code_of(code, using)}, first, last, most, RAW)
    return fetch(request, refresh=refresh).frame


def get_short(
    code: str,
    *,
    start: When = None,
    end: When = None,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """Short sales of a stock, day by day.

    Kiwoom call: ka10014 공매도추이요청.

    Parameters
    ----------
    code : str
        One code, or the name of a stock.
    start, end : date, datetime or text, optional
        First and last day, both included; the last 60 days without them.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Index ``date``, oldest first: close [KRW] with sign, direction, change, change_pct [%], volume,
        ``short_volume``, ``short_volume_sum`` (from `start` on) [shares], ``short_ratio`` [% of volume],
        ``short_value`` [KRW], ``short_price`` (average) [KRW], ``complete``.

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
    >>> short = kr.get_short("005930", start="2026-11-02")
    >>> bool((short["short_volume"].cumsum() == short["short_volume_sum"]).all())
    True
    """
    first, last = window(start, end)
    using = default_client(client)
    first, last = _days(using, first, last)
    body = {
        "stk_cd": code_of(code, using),
        "tm_tp": "1",
        "strt_dt": f"{first:%Y%m%d}",
        "end_dt": f"{last:%Y%m%d}",
    }
    return fetch(BarsRequest(using, SHORT, body, first, last, None, RAW), refresh=refresh).frame


def get_credit(
    code: str,
    kind: CreditKind = "loan",
    *,
    start: When = None,
    end: When = None,
    pages: int | None = None,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """Margin credit of a stock, day by day: shares bought with a loan, or borrowed to be sold.

    Kiwoom call: ka10013 신용매매동향요청, 100 sessions a page. The row of a session comes with the next session.

    Parameters
    ----------
    code : str
        One code, or the name of a stock.
    kind : {"loan", "short_lending"}
        Shares bought with a loan (융자), or borrowed to be sold (대주).
    start, end, pages
        As in `get_bars`; a page has 100 sessions.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Index ``date``, oldest first: close [KRW] with sign, direction, change, volume, ``credit_opened``,
        ``credit_repaid``, ``credit_shares`` (the balance), ``credit_change`` (opened less repaid) [shares],
        ``credit_value`` [KRW, at acquisition cost: for sizes use the shares], ``credit_opened_pct`` [% of volume],
        ``credit_balance`` [% of listed shares], ``complete``.

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
    >>> credit = kr.get_credit("005930", start="2026-10-01")
    >>> bool((credit["credit_shares"].diff() == credit["credit_change"]).iloc[1:].all())
    True
    """
    (first, last), most = window(start, end), page_limit(pages)
    which = CREDIT_TREND.param("kind").code(kind)
    using = default_client(client)
    newest = _newest(using, last)
    body = {"stk_cd": code_of(code, using), "dt": f"{newest:%Y%m%d}", "qry_tp": which}
    return fetch(BarsRequest(using, CREDIT_TREND, body, first, last, most, RAW), refresh=refresh).frame


def get_lending(
    code: str | None = None,
    *,
    start: When = None,
    end: When = None,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """Stock lent and repaid (대차거래), day by day, of one stock or of the whole market.

    Kiwoom calls: ka20068 대차거래추이요청(종목별), ka10068 대차거래추이요청.

    Parameters
    ----------
    code : str, optional
        One code; the whole market without it.
    start, end : date, datetime or text, optional
        First and last day, both included; the last 60 days without them.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Index ``date``, oldest first: ``lent``, ``repaid``, ``lending_change`` (lent less repaid), ``lending_balance``
        [shares], ``lending_value`` (of the balance) [KRW], ``complete``.

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
    >>> lending = kr.get_lending("005930", start="2026-11-02")
    >>> bool((lending["lending_balance"].diff() == lending["lending_change"]).iloc[1:].all())
    True
    """
    first, last = window(start, end)
    using = default_client(client)
    first, last = _days(using, first, last)
    days = {"strt_dt": f"{first:%Y%m%d}", "end_dt": f"{last:%Y%m%d}"}
    call, whose = MARKET_LENDING, {"all_tp": "1"}
    if code is not None:
        call, whose = STOCK_LENDING, {"all_tp": "0", "stk_cd": code_of(code, using)}
    return fetch(BarsRequest(using, call, days | whose, first, last, None, RAW), refresh=refresh).frame
