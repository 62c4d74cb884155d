"""Who trades a stock, day by day: ``get_investors``, ``get_foreign``, ``get_short``, ``get_credit``, ``get_lending``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .. import calendar
from ..endpoints import Call, Word
from ..endpoints.foreign_institution import FOREIGN
from ..endpoints.market_condition import PROGRAM_STOCK_DAYS
from ..endpoints.securities_lending import MARKET_LENDING, STOCK_LENDING
from ..endpoints.short_selling import SHORT
from ..endpoints.stock_info import CREDIT_TREND, INVESTORS
from .arguments import When, one_of, page_limit, start_of, window
from .choices import CreditKind, FlowUnit
from .connection import default_client
from .fetch import BarsRequest, fetch
from .names import code_of

if TYPE_CHECKING:
    from ..client import Client

UNITS = ("shares", "won")
RAW = {"adjusted": None, "freq": "1d"}
SHORT_DAYS = pd.Timedelta(days=60)
# What `pull` takes besides bars, and the call behind it.
DAILY = {
    "investors": INVESTORS,
    "foreign": FOREIGN,
    "short": SHORT,
    "credit": CREDIT_TREND,
    "lending": STOCK_LENDING,
    "program": PROGRAM_STOCK_DAYS,
}

# Words that these calls need, and that no caller names.
FIXED: dict[str, dict[str, Word]] = {SHORT.id: {"period": "range"}, STOCK_LENDING.id: {"rows": "stock"}}


def days_request(
    call: Call,
    code: str,
    *,
    start: When = None,
    end: When = None,
    period: str | None = None,
    pages: int | None = None,
    client: Client | None = None,
    **words: Word,
) -> BarsRequest:
    """The request for what a stock has by day, not yet sent.

    A call that takes a newest day is asked from there back; one that takes a first day too, for the last 60 days
    unless the caller names one. ``words`` are those of the call's other parameters.
    """
    using, most = default_client(client), page_limit(pages)
    first, last = window(start_of(period, start, end, calendar.last_begun(using.now())), end)
    names = {param.name for param in call.params}
    begun = calendar.last_begun(using.now())
    newest = begun
    if last is not None and last.date() < begun:
        newest = last.date() if "start" in names else calendar.session_on_or_before(last.date())
    if "start" in names:
        last = pd.Timestamp(newest) if last is None else min(last, pd.Timestamp(begun))
        first = last - SHORT_DAYS if first is None else first
    given: dict[str, Word] = {"end": f"{newest:%Y%m%d}", **FIXED.get(call.id, {}), **words}
    if "code" in names:
        given["code"] = code_of(code, using)
    if first is not None:
        given["start"] = f"{first:%Y%m%d}"
    return BarsRequest(using, call, call.body(given), first, last, most, RAW)


def get_investors(
    code: str,
    *,
    start: When = None,
    end: When = None,
    period: str | None = None,
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
    start, end, period, pages
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
    one_of(unit, UNITS, "unit")
    request = days_request(
        INVESTORS, code, start=start, end=end, period=period, pages=pages, client=client, unit=unit
    )
    return fetch(request, refresh=refresh).frame


def get_foreign(
    code: str,
    *,
    start: When = None,
    end: When = None,
    period: str | None = None,
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
    start, end, period, pages
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
    request = days_request(FOREIGN, code, start=start, end=end, period=period, pages=pages, client=client)
    return fetch(request, refresh=refresh).frame


def get_short(
    code: str,
    *,
    start: When = None,
    end: When = None,
    period: str | None = None,
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
    period : str, optional
        As in `get_bars`.
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
    return fetch(
        days_request(SHORT, code, start=start, end=end, period=period, client=client), refresh=refresh
    ).frame


def get_credit(
    code: str,
    kind: CreditKind = "loan",
    *,
    start: When = None,
    end: When = None,
    period: str | None = None,
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
    start, end, period, pages
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
    request = days_request(
        CREDIT_TREND, code, start=start, end=end, period=period, pages=pages, client=client, kind=kind
    )
    return fetch(request, refresh=refresh).frame


def get_lending(
    code: str | None = None,
    *,
    start: When = None,
    end: When = None,
    period: str | None = None,
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
    period : str, optional
        As in `get_bars`.
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
    call = MARKET_LENDING if code is None else STOCK_LENDING
    request = days_request(
        call, "" if code is None else code, start=start, end=end, period=period, client=client
    )
    return fetch(request, refresh=refresh).frame
