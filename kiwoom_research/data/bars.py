"""``get_bars``, ``get_minutes``, ``get_daily``: bars of one stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import numpy as np
import pandas as pd

from .. import calendar
from ..endpoints import Call
from ..endpoints.chart import DAY, MINUTE, MINUTES, MONTH, TICK, TICKS, WEEK, YEAR
from ..endpoints.market_condition import DAILY_SHEET
from ..official_close import COLUMN, MINUTE_BAR, NONE, SIGN, SOURCE
from .arguments import When, count, frequency, one_of, page_limit, start_of, window
from .choices import BarFreq, FreqSpelling, Hours, MinuteFreq, MinuteInterval, TickCount
from .connection import default_client
from .fetch import BarsRequest, fetch
from .names import code_of

if TYPE_CHECKING:
    from ..client import Client

FREQS: dict[str, Call] = {
    "tick": TICK,
    **{f"{n}min": MINUTE for n in MINUTES},
    "1d": DAY,
    "1w": WEEK,
    "1mo": MONTH,
    "1y": YEAR,
}


def get_daily(
    code: str, pages: int = 1, *, client: Client | None = None, refresh: bool = False
) -> pd.DataFrame:
    """The broker's daily sheet: 30 sessions a page, newest filled best.

    For backtests use `get_bars`: here it is not known whether prices are adjusted, and of older rows most
    columns but open, high, low, close and volume are blank.

    Kiwoom call: ka10005 주식일주월시분요청 (daily only, whatever its name says).

    Parameters
    ----------
    code : str
        One code, or the name of a stock.
    pages : int
        How many pages of 30 sessions.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Index ``date``, oldest first. open, high, low, close [KRW] with signs, ``volume`` [shares], ``value``
        [KRW], change, change_pct [%], strength [%], foreign_holding and foreign_weight [%], net buying
        [shares], ``complete``. ``attrs["adjusted"]`` is None; ``attrs["truncated"]`` says that there is more.

    Raises
    ------
    UnknownCodeError
        There is no such stock.
    ValueError
        `pages` is not a positive integer.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> len(kr.get_daily("005930", pages=2))
    60
    """
    most, using = count(pages, "pages"), default_client(client)
    body, labels = {"stk_cd": code_of(code, using)}, {"adjusted": None, "freq": "1d"}
    request = BarsRequest(using, DAILY_SHEET, body, None, None, most, labels)
    return fetch(request, refresh=refresh).frame


def get_minutes(
    code: str,
    interval: MinuteInterval = 1,
    pages: int = 1,
    *,
    adjusted: bool = True,
    hours: Hours = "all",
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """Minute bars, 900 a page, back to about one year.

    Kiwoom call: ka10080 주식분봉차트조회요청.

    Parameters
    ----------
    code : str
        One code, or the name of a stock.
    interval : int
        Minutes a bar: 1, 3, 5, 10, 15, 30, 45 or 60.
    pages : int
        How many pages of 900 bars.
    adjusted : bool
        Prices adjusted for splits and the like, as of the last session.
    hours : {"all", "regular"}
        As in `get_bars`.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        As `get_bars` with ``freq=f"{interval}min"``.

    Raises
    ------
    UnknownCodeError
        There is no such stock.
    ValueError
        An interval or number of pages that does not exist.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.get_minutes("005930", 5).index[-1].strftime("%H:%M")
    '19:55'
    """
    one_of(interval, MINUTES, "interval")
    freq = cast(MinuteFreq, f"{interval:d}min")
    return get_bars(code, freq, pages=pages, adjusted=adjusted, hours=hours, client=client, refresh=refresh)


def get_bars(
    code: str,
    freq: BarFreq | FreqSpelling = "1d",
    *,
    start: When = None,
    end: When = None,
    period: str | None = None,
    pages: int | None = None,
    adjusted: bool = True,
    ticks: TickCount = 1,
    hours: Hours = "all",
    official_close: Literal["minute"] | None = None,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """Bars of one stock, from ticks to years.

    Kiwoom calls: ka10079 주식틱차트조회요청, ka10080 주식분봉차트조회요청, ka10081 주식일봉차트조회요청,
    ka10082 주식주봉차트조회요청, ka10083 주식월봉차트조회요청, ka10094 주식년봉차트조회요청.

    Parameters
    ----------
    code : str
        One code, or the name of a stock; ``_NX`` and ``_AL`` choose NXT or both venues.
    freq : str
        ``tick``, ``1min``, ``3min``, ``5min``, ``10min``, ``15min``, ``30min``, ``45min``, ``60min``, ``1d``,
        ``1w``, ``1mo``, ``1y``; also as on charts and in pandas: ``5m``, ``1h``, ``D``, ``W``, ``M`` or ``ME``, ``Y``.
        ``1m`` is a minute, ``1M`` a month, and ``m`` alone an error.
    start, end : date, datetime or text, optional
        First and last label, both included; anything pandas reads that names its year with four digits, also
        20240102. An end without a time is
        the whole day, ``"2024-01"`` the whole month, ``"2024"`` the whole year. Pages are followed back to
        `start`, with an `end` alone to the page that holds it.
    period : str, optional
        Instead of `start`: ``"1y"``, ``"6mo"``, ``"2w"`` or ``"30d"`` before `end`, or before the newest session.
    pages : int, optional
        At most so many pages (600 days, 900 minutes or ticks, 300 weeks, 240 months, 30 years each). Without
        `start` and `pages`: one.
    adjusted : bool
        Adjusted for splits and the like **as of the last session**, also when `end` lies before it, so that
        windows pulled on one day never mix scales. False: as traded.
    ticks : int
        Trades a bar for ``freq="tick"``: 1, 3, 5, 10 or 30.
    hours : {"all", "regular"}
        Of minute bars: all that there are, or only those that begin in the regular session of their venue, the
        closing auction's own bar (15:30; 16:30 on an exam day) included. The pages are the same.
    official_close : {"minute"}, optional
        Of daily bars: ask for the minutes of the newest session too (one request), whose bar of the closing auction is
        its official close; nothing else tells it in the evening.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Oldest first. Index ``date`` (first session of the week, month or year), or ``time`` (Asia/Seoul,
        start of the bar), or (``time``, ``seq``) for ticks, which keeps every trade of a second. open, high,
        low, close [KRW] with signs, ``volume`` [shares], ``value`` [KRW] from days up, ``change`` [KRW]
        against the base price, ``direction``, ``turnover`` [%] (a year lacks these three), ``complete``
        (False while the session or the period runs, and for a minute day that a page boundary cut). ``attrs``:
        code, adjusted, base_date, truncated (there is more than was asked), sign_reference, units.

        Days also have ``official_close`` [KRW], its sign and ``official_close_source``, because since 2026-09-14 the
        close is the last trade of up to 20:00. The sources: ``close`` (before that day, and of funds in a list that
        is cached), ``minute_1530`` (the closing auction's minute bar), ``next_base`` (the next session's base price,
        if it lies within low and high; in adjusted bars this takes for granted that their change is adjusted too),
        ``none`` (not known, and missing). Of ``_NX`` and ``_AL`` it is that of the plain code.

    Raises
    ------
    UnknownCodeError
        There is no such stock. A stock without bars in the range gives an empty frame.
    ValueError
        An argument that cannot be; nothing is sent.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bars = kr.get_bars("035720", start="2021-01-01", end="2021-12-31")
    >>> bool((bars["low"] <= bars["close"]).all()), bars.attrs["base_date"]
    (True, '2026-11-20')
    """
    one_of(hours, ("all", "regular"), "hours")
    request = bars_request(
        code,
        freq,
        start=start,
        end=end,
        period=period,
        pages=pages,
        adjusted=adjusted,
        ticks=ticks,
        client=client,
    )
    if hours == "regular" and request.call is not MINUTE:
        raise ValueError(f"hours: 'regular' is for minute bars, and freq is {freq!r}")
    if official_close not in (None, "minute"):
        raise ValueError(f"official_close: expected 'minute' or None, got {official_close!r}")
    if official_close and request.call is not DAY:
        raise ValueError(f"official_close: 'minute' is for daily bars, and freq is {freq!r}")
    frame = fetch(request, refresh=refresh).frame
    if official_close:
        _ask_minutes(frame, request)
    if hours == "all":
        return frame
    labels = pd.DatetimeIndex(frame.index).tz_localize(None).to_numpy()
    regular = frame[calendar.regular_mask(labels, calendar.venue_of(request.body["stk_cd"]))]
    regular.attrs = {**frame.attrs, "hours": hours}
    return regular


def _ask_minutes(frame: pd.DataFrame, request: BarsRequest) -> None:
    """Put the closing auction's minute bar into the newest row, if its official close is not known."""
    if not len(frame) or frame[SOURCE].iloc[-1] != NONE:
        return
    newest, adjusted = frame.index[-1], request.labels["adjusted"]
    code = request.body["stk_cd"][:6]
    asked = bars_request(code, "1min", start=newest, end=newest, adjusted=adjusted, client=request.client)
    minutes = fetch(asked).frame
    auction = auction_closes(minutes[minutes["complete"].to_numpy()])
    if len(auction):
        price = auction.iloc[0]
        base = frame["close"].iloc[-1] - frame["change"].iloc[-1]
        row = frame.index[-1:]
        frame.loc[row, [COLUMN, SOURCE]] = [price, MINUTE_BAR]
        frame.loc[row, SIGN] = np.int8(np.sign(np.nan_to_num(price - base)))


def auction_closes(minutes: pd.DataFrame) -> pd.Series:
    """The official closes in minute bars since 2026-09-14: those of the closing auction's own bar, by day."""
    times = pd.DatetimeIndex(minutes.index)
    days = times.tz_localize(None).normalize()
    recent = np.asarray(days >= pd.Timestamp(calendar.LONG_DAY))
    ends = {day: calendar.session_times(day)[1] for day in days[recent].unique() if calendar.is_session(day)}
    at = recent & np.array([ends.get(day) == time for day, time in zip(days, times, strict=True)], dtype=bool)
    return pd.Series(minutes["close"].to_numpy()[at], index=days[at])


def bars_request(
    code: str,
    freq: str,
    *,
    start: When = None,
    end: When = None,
    period: str | None = None,
    pages: int | None = None,
    adjusted: bool = True,
    ticks: TickCount = 1,
    client: Client | None = None,
) -> BarsRequest:
    """The request behind `get_bars`, not yet sent; its parameters and errors are those of `get_bars`."""
    freq = frequency(freq, tuple(FREQS))
    one_of(ticks, TICKS, "ticks")
    if not isinstance(adjusted, (bool, np.bool_)):
        raise ValueError(f"adjusted: expected True or False, got {adjusted!r}")
    using, call = default_client(client), FREQS[freq]
    first, last = window(start_of(period, start, end, calendar.last_begun(using.now())), end)
    most = page_limit(pages)
    code = code_of(code, using)
    now = using.now()
    base = calendar.last_begun(now, calendar.venue_of(code))
    body = {"stk_cd": code, "upd_stkpc_tp": "1" if adjusted else "0"}
    # raw prices are the same as of any day, so an early end saves pages; of longer bars it would cut the last
    early = not adjusted and last is not None and call in (DAY, MINUTE) and last.date() < base
    if early and last is not None:
        base = calendar.session_on_or_before(last.date())
        if call is DAY and base >= calendar.LONG_DAY:
            base = calendar.next_session(base)  # its base price is the official close of the last day wanted
    if call is TICK:
        body["tic_scope"] = f"{ticks:d}"
    elif call is MINUTE:
        body["tic_scope"] = freq.removesuffix("min")
        if calendar.is_final(
            base, now, MINUTE.finality
        ):  # the running session is only in the answer without a date
            body["base_dt"] = f"{base:%Y%m%d}"
    else:
        body["base_dt"] = f"{base:%Y%m%d}"
    labels = {"freq": freq, "adjusted": bool(adjusted), "base_date": base.isoformat()}
    return BarsRequest(using, call, body, first, last, most, labels)
