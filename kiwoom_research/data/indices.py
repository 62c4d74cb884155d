"""``get_sectors``, ``get_sector``, ``get_sector_stocks``, ``get_index``: markets and sectors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import pandas as pd

from .. import calendar
from ..endpoints import Call
from ..endpoints.chart import (
    INDEX_DAY,
    INDEX_MINUTE,
    INDEX_MONTH,
    INDEX_TICK,
    INDEX_WEEK,
    INDEX_YEAR,
    MINUTES,
)
from ..endpoints.params import VENUE
from ..endpoints.sector import SECTOR, SECTOR_STOCKS, SECTORS
from .arguments import When, count, frequency, one_of, page_limit, start_of, window
from .choices import BarFreq, FreqSpelling, SectorMarket, Venue
from .connection import default_client
from .fetch import BarsRequest, each_once_by_venue, fetch, fetch_pages, no_index, snapshot

if TYPE_CHECKING:
    from ..client import Client

NAMES = {
    "kospi": "001", "kospi_large": "002", "kospi_mid": "003", "kospi_small": "004", "kosdaq": "101",
    "kosdaq150": "150", "kospi200": "201", "krx100": "701",
}  # fmt: skip
MARKETS = ("kospi", "kosdaq")
HANGUL = re.compile("[가-힣]")
INDEX_FREQS = {
    "tick": INDEX_TICK,
    **{f"{n}min": INDEX_MINUTE for n in MINUTES},
    "1d": INDEX_DAY,
    "1w": INDEX_WEEK,
    "1mo": INDEX_MONTH,
    "1y": INDEX_YEAR,
}
# the request also wants the market, which the first digit of the code tells; KRX100 is asked as KOSPI
OF_DIGIT = {"1": "1", "2": "2", "3": "1"}


def index_code(index: object) -> str:
    """The three digits of an index; ValueError for what is neither digits nor a name."""
    if isinstance(index, str):
        plain = index.strip().casefold()
        if plain in NAMES or re.fullmatch(r"\d{3}", plain, re.ASCII):
            return NAMES.get(plain, plain)
    raise ValueError(
        f"index: expected one of {', '.join(NAMES)}, three digits such as '001', or the name of a sector, got {index!r}"
    )


def sector_code(index: object, client: Client) -> str:
    """The three digits of an index or of a sector's name, which the cached lists of both markets know.

    A name that both markets have is KOSPI's, unless ``코스닥`` stands before it. ValueError names what is near.
    """
    if not isinstance(index, str) or not HANGUL.search(index):
        return index_code(index)
    market, name = _market_before(_plain(index))
    every = {
        str(code): (listed, str(title))
        for listed in MARKETS
        for code, title in snapshot(client, SECTORS, {"inds_cd": NAMES[listed]}, False)["name"].items()
        if market in ("", listed)
    }
    for code, (_, title) in every.items():
        if _plain(title) == name:
            return code
    near = [f"{title} ({code}, {listed})" for code, (listed, title) in every.items() if name in _plain(title)]
    hint = f"; near it: {', '.join(near[:8])}" if near else "; kr.get_sectors('kospi') lists them"
    raise ValueError(f"index: no sector is named {index!r}{hint}")


def _market_before(name: str) -> tuple[str, str]:
    """The market that stands before the name of a sector, if one does, and the name."""
    for words, market in ((("코스피", "kospi"), "kospi"), (("코스닥", "kosdaq"), "kosdaq")):
        for word in words:
            if name.startswith(word) and name != word:
                return market, name.removeprefix(word)
    return "", name


def _plain(name: str) -> str:
    """A name without blanks, strokes and case."""
    return re.sub(r"[\s/·.&-]", "", name).casefold()


def get_sectors(
    market: SectorMarket = "kospi", *, client: Client | None = None, refresh: bool = False
) -> pd.DataFrame:
    """How every index of a market stands: the market itself, sizes, sectors.

    Kiwoom call: ka20003 전업종지수요청.

    Parameters
    ----------
    market : str
        ``kospi`` or ``kosdaq``.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row an index, index ``code`` (three digits): name, ``level`` [points] with sign, direction,
        ``level_change`` [points], change_pct [%], volume [shares], value [KRW], weight [%], how many stocks
        are at their upper limit, rising, unchanged, falling, at their lower limit, and listed.

    Raises
    ------
    ValueError
        No such market.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.get_sectors("kospi").loc["001", "name"]
    '종합(KOSPI)'
    """
    one_of(market, MARKETS, "market")
    return snapshot(default_client(client), SECTORS, {"inds_cd": NAMES[market]}, refresh)


def get_sector(index: str = "kospi", *, client: Client | None = None, refresh: bool = False) -> pd.DataFrame:
    """How one index stands: level, range of the session and of the year, rising and falling stocks.

    Kiwoom call: ka20001 업종현재가요청.

    Parameters
    ----------
    index : str
        ``kospi``, ``kosdaq``, ``kospi200``, ``kosdaq150``, ``krx100``, ``kospi_large``, ``kospi_mid``,
        ``kospi_small``, a code of `get_sectors`, or the name of a sector: ``전기/전자``, and of KOSDAQ
        ``코스닥 전기/전자``.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row, index ``code``: ``level``, ``open_level``, ``high_level``, ``low_level``, ``high_52w_level``,
        ``low_52w_level`` [points] with signs, ``level_change`` [points], change_pct and gaps [%], volume
        [shares], value [KRW], counts of stocks.

    Raises
    ------
    UnknownCodeError
        There is no such index.
    ValueError
        It cannot be one.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> now = kr.get_sector("kosdaq")
    >>> bool((now["low_level"] <= now["level"]).all())
    True
    """
    using = default_client(client)
    code = sector_code(index, using)
    frame = snapshot(using, SECTOR, _body(code), refresh, "summary")
    _raise_if_no_index(code, SECTOR, bool(frame["level"].notna().any()))
    return frame


def get_sector_stocks(
    index: str = "kospi",
    *,
    venue: Venue = "krx",
    pages: int | None = None,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """The stocks of an index with their quotes, in the order of their codes.

    Kiwoom call: ka20002 업종별주가요청, 100 stocks a page.

    Parameters
    ----------
    index : str
        As in `get_sector`.
    venue : str
        ``krx``, ``nxt`` or ``both``.
    pages : int, optional
        At most so many pages; all of them without it.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row a stock, index ``code``: name, price, open, high, low, ask, bid [KRW] with signs (0 where there was no
        trade), direction, change, change_pct [%], volume [shares]. ``attrs["truncated"]`` says that there are
        more.

    Raises
    ------
    UnknownCodeError
        There is no such index.
    ValueError
        It cannot be one.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> "005930" in kr.get_sector_stocks("kospi_large").index
    True
    """
    one_of(venue, tuple(VENUE.choices), "venue")
    most = 1_000 if pages is None else count(pages, "pages")
    using = default_client(client)
    code = sector_code(index, using)
    body = {**_body(code), "stex_tp": VENUE.code(venue)}
    sequence = fetch_pages(using, SECTOR_STOCKS, body, most, None, refresh)
    frame = sequence.to_frame()
    _raise_if_no_index(code, SECTOR_STOCKS, len(frame) > 0)
    return each_once_by_venue(
        frame, {"server": using.server.name, "sector": code, "truncated": bool(sequence.more)}
    )


def get_index(
    index: str = "kospi",
    freq: BarFreq | FreqSpelling = "1d",
    *,
    start: When = None,
    end: When = None,
    period: str | None = None,
    pages: int | None = None,
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """Bars of an index in points, from ticks to years.

    Kiwoom calls: ka20004 업종틱차트조회요청, ka20005 업종분봉조회요청, ka20006 업종일봉조회요청,
    ka20007 업종주봉조회요청, ka20008 업종월봉조회요청, ka20019 업종년봉조회요청.

    Parameters
    ----------
    index : str
        As in `get_sector`.
    freq : str
        As in `get_bars`.
    start, end, period, pages
        As in `get_bars`.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Index as in `get_bars`, oldest first: open, high, low, close [points] with signs against the close before,
        volume [shares, rounded to a thousand], value [KRW] from days up, ``complete``. The shape of `get_bars`: `plot`,
        `to_ohlcv` and the indicators take it.

    Raises
    ------
    UnknownCodeError
        There is no such index.
    ValueError
        An argument that cannot be.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kospi = kr.get_index("kospi", start="2026-01-01")
    >>> bool((kospi["low"] <= kospi["close"]).all()), kospi.attrs["units"]["close"]
    (True, 'points')
    """
    freq = cast(BarFreq, frequency(freq, tuple(INDEX_FREQS)))
    using, call, most = default_client(client), INDEX_FREQS[freq], page_limit(pages)
    code = sector_code(index, using)
    newest = calendar.last_begun(using.now())  # also with an early end: an index without rows there is one
    first, last = window(start_of(period, start, end, newest), end)
    body = {"inds_cd": code}
    if call in (INDEX_TICK, INDEX_MINUTE):
        body["tic_scope"] = freq.removesuffix("min") if call is INDEX_MINUTE else "1"
        if call is INDEX_MINUTE and last is not None and last.date() < newest:
            body["base_dt"] = f"{calendar.session_on_or_before(last.date()):%Y%m%d}"
    else:
        body["base_dt"] = f"{newest:%Y%m%d}"
    labels = {"freq": freq, "adjusted": None, "base_date": newest.isoformat()}
    return fetch(BarsRequest(using, call, body, first, last, most, labels), refresh=refresh).frame


def _raise_if_no_index(code: str, call: Call, found: bool) -> None:
    if not found:
        raise no_index(code, call)


def _body(code: str) -> dict[str, str]:
    return {"mrkt_tp": OF_DIGIT.get(code[0], "0"), "inds_cd": code}
