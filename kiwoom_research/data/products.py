"""What trades beside shares and funds: gold (``get_gold``, ``get_gold_quote``) and ELWs (``get_elw``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .. import calendar
from ..endpoints.chart import GOLD_DAY, GOLD_MINUTE, GOLD_MONTH, GOLD_TICK, GOLD_WEEK, MINUTES
from ..endpoints.elw import ELW_SEARCH
from ..endpoints.market_condition import GOLD_QUOTE
from .arguments import When, frequency, one_of, page_limit, start_of, window
from .choices import ElwRight, FreqSpelling, GoldFreq, GoldKind
from .connection import default_client
from .fetch import ALL_PAGES, BarsRequest, fetch, fetch_pages, is_listed, snapshot, unknown
from .names import code_of

if TYPE_CHECKING:
    from ..client import Client

GOLD = {"1kg": "M04020000", "100g": "M04020100"}
GOLD_FREQS = {
    "tick": GOLD_TICK,
    **{f"{n}min": GOLD_MINUTE for n in MINUTES},
    "1d": GOLD_DAY,
    "1w": GOLD_WEEK,
    "1mo": GOLD_MONTH,
}
ALL_ELWS = "000000000000"
ELW_INDICES = {"kospi200": "201", "kosdaq150": "150"}


def get_gold(
    freq: GoldFreq | FreqSpelling = "1d",
    *,
    kind: GoldKind = "1kg",
    start: When = None,
    end: When = None,
    period: str | None = None,
    pages: int | None = None,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """Bars of the KRX gold market, from trades to months.

    Kiwoom calls: ka50081 금현물일봉차트조회요청, ka50082 금현물주봉차트조회요청, ka50083 금현물월봉차트조회요청,
    ka50080 금현물분봉차트조회요청, ka50079 금현물틱차트조회요청.

    Parameters
    ----------
    freq : str
        As in `get_bars`, without years.
    kind : {"1kg", "100g"}
        Gold bars of 1 kg, or mini gold of 100 g.
    start, end, period, pages
        As in `get_bars`.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        As in `get_bars`: open, high, low, close [KRW a gram] with signs, ``volume`` [grams], ``value`` [KRW] of days and
        months (of weeks ``value_raw``, which the broker cuts to seven digits), and what the call has besides (see
        FIELDS.md); ``complete``.

    Raises
    ------
    ValueError
        An argument that cannot be.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> gold = kr.get_gold(start="2026-01-01")
    >>> bool((gold["low"] <= gold["close"]).all()), gold.attrs["units"]["volume"]
    (True, 'g')
    """
    freq_ = frequency(freq, tuple(GOLD_FREQS))
    one_of(kind, tuple(GOLD), "kind")
    using, call, most = default_client(client), GOLD_FREQS[freq_], page_limit(pages)
    base = calendar.last_begun(using.now())
    first, last = window(start_of(period, start, end, base), end)
    given: dict[str, object] = {"code": GOLD[kind], "end": f"{base:%Y%m%d}", "ticks": 1}
    if call is GOLD_MINUTE:
        given["minutes"] = int(freq_.removesuffix("min"))
    labels = {"freq": freq_, "adjusted": True, "base_date": base.isoformat(), "kind": kind}
    return fetch(BarsRequest(using, call, call.body(given), first, last, most, labels), refresh=refresh).frame


def get_gold_quote(
    kind: GoldKind = "1kg", *, client: Client | None = None, refresh: bool = False
) -> pd.DataFrame:
    """How gold stands now.

    Kiwoom call: ka50100 금현물 시세정보.

    Parameters
    ----------
    kind : {"1kg", "100g"}
        As in `get_gold`.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row, index ``code``: ``price`` [KRW a gram; the close before and the change, the broker sends no price],
        direction, change, change_pct [%], ``grams`` [traded], open, high, low, limits [KRW] with signs,
        volume_ratio [% of the session before], previous_close [KRW].

    Raises
    ------
    ValueError
        No such kind.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> now = kr.get_gold_quote().iloc[0]
    >>> bool(now["low"] <= now["price"] <= now["high"])
    True
    """
    one_of(kind, tuple(GOLD), "kind")
    frame = snapshot(default_client(client), GOLD_QUOTE, {"stk_cd": GOLD[kind]}, refresh)
    frame.insert(0, "price", frame["previous_close"] + frame["change"])
    frame.attrs |= {"kind": kind, "units": {"price": "KRW", **GOLD_QUOTE.tables[0].units}}
    return frame


def get_elw(
    underlying: str | None = None,
    right: ElwRight = "all",
    *,
    pages: int | None = None,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """ELWs on a stock or an index: terms, price, theoretical price and sensitivities.

    Kiwoom call: ka30005 ELW조건검색요청, 100 a page.

    `query` has the whole contract of one: ka30012 ELW종목상세정보요청.

    Parameters
    ----------
    underlying : str, optional
        A code or the name of a stock, ``kospi200`` or ``kosdaq150``; all ELWs without it.
    right : {"all", "call", "put"}
        Which right.
    pages : int, optional
        At most so many pages; all of them without it.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row an ELW, index ``code``: name, issuer, underlying, right, elw_strike [KRW or points], elw_expiry,
        last_trading_day, days_left, conversion_ratio [%], price [KRW] with sign, change, change_pct [%], volume, value,
        ask, bid, theoretical_price [KRW], implied_volatility [%], delta, gearing, leverage, parity, break_even,
        disparity [%], and what the call has besides (see FIELDS.md). ``attrs["truncated"]`` says that there are more.

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
    >>> calls = kr.get_elw("005930", "call")
    >>> bool(calls["delta"].between(0, 1).all())
    True
    """
    one_of(right, ("all", "call", "put"), "right")
    most, using = page_limit(pages), default_client(client)
    asset = ALL_ELWS
    if underlying is not None:
        plain = underlying.strip().casefold() if isinstance(underlying, str) else underlying
        asset = ELW_INDICES[plain] if plain in ELW_INDICES else code_of(underlying, using)[:6]
    body = {
        "isscomp_cd": ALL_ELWS,
        "bsis_aset_cd": asset,
        "rght_tp": ELW_SEARCH.param("right").code(right),
        "lpcd": ALL_ELWS,
        "sort_tp": ELW_SEARCH.param("sort").code("none"),
    }
    sequence = fetch_pages(using, ELW_SEARCH, body, ALL_PAGES if most is None else most, None, refresh)
    frame = sequence.to_frame()
    if not len(frame) and len(asset) == 6 and not is_listed(using, asset):
        raise unknown(asset, ELW_SEARCH)
    frame.attrs |= {"server": using.server.name, "truncated": bool(sequence.more)}
    return frame
