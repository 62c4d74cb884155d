"""What a market answers to each Kiwoom call: the endpoint tables read backwards.

A producer finds bars or facts by our column names; the table says under which key, in which unit and with which
sign Kiwoom would write them. A call that is not in `PRODUCERS`
is answered from its tables alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from ...endpoints import Call
from ...endpoints.chart import DAY, INDEX_DAY, MINUTE, MONTH, TICK, WEEK, YEAR
from ...endpoints.foreign_institution import FOREIGN
from ...endpoints.market_condition import DAILY_SHEET, TODAY
from ...endpoints.sector import SECTOR, SECTOR_STOCKS, SECTORS
from ...endpoints.short_selling import SHORT
from ...endpoints.stock_info import INFO, INVESTORS, LISTING, QUOTES, STOCK_LIST
from ..market.base import Market
from . import bars, generic, investors, quotes, rankings
from .request import Asked, Options, Page, Refused

PLAIN = Options()
__all__ = ["PRODUCERS", "Options", "Page", "Refused", "answer"]

PRODUCERS: dict[str, Callable[[Asked], Page]] = {
    INFO.id: quotes.info,
    DAILY_SHEET.id: bars.sheet,
    TODAY.id: quotes.today,
    TICK.id: bars.ticks,
    MINUTE.id: bars.minutes,
    DAY.id: bars.days,
    WEEK.id: bars.days,
    MONTH.id: bars.days,
    YEAR.id: bars.days,
    QUOTES.id: quotes.quotes,
    STOCK_LIST.id: quotes.stocks,
    LISTING.id: quotes.stock,
    FOREIGN.id: investors.foreign,
    SHORT.id: investors.short,
    INVESTORS.id: investors.investors,
    **dict.fromkeys(rankings.CHOOSE, rankings.ranking),
    SECTOR.id: rankings.sector,
    SECTOR_STOCKS.id: rankings.sector_stocks,
    SECTORS.id: rankings.sectors,
    INDEX_DAY.id: rankings.index_days,
}


def answer(
    market: Market,
    call: Call,
    body: Mapping[str, str],
    next_key: str,
    now: datetime,
    options: Options = PLAIN,
) -> Page:
    """What the server answers.

    Parameters
    ----------
    market : Market
    call : Call
        The call.
    body : mapping of str to str
        Checked: the required keys are there.
    next_key : str
        Key of the page wanted; empty for the first.
    now : datetime
        The market clock, with a zone.
    options : Options

    Returns
    -------
    Page

    Raises
    ------
    Refused
        More than 100 codes, a key that is none of this call, or an unknown stock under ``unknown="1902"``.
    """
    produce = PRODUCERS.get(call.id, generic.reply)
    return produce(Asked(market, call, body, next_key, market.seen_from(now), options))
