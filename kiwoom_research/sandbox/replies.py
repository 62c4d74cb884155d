"""What a market answers to each Kiwoom call: the endpoint tables read backwards.

A producer finds bars or facts by our column names; the table says under which key, in which unit and with which
sign Kiwoom would write them. The next endpoint is one more function in `PRODUCERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from ..endpoints.chart import DAY, INDEX_DAY, MINUTE, MONTH, TICK, WEEK, YEAR
from ..endpoints.frgnistt import FOREIGN
from ..endpoints.mrkcond import DAILY_SHEET, TODAY
from ..endpoints.sect import SECTOR, SECTOR_STOCKS, SECTORS
from ..endpoints.shsa import SHORT
from ..endpoints.stkinfo import INFO, INVESTORS, QUOTES, STOCK, STOCKS
from ..endpoints.table import Endpoint
from . import bar_replies, flow_replies, list_replies, quote_replies
from .asked import Asked, Options, Page, Refused
from .exchange import Market

PLAIN = Options()
__all__ = ["PRODUCERS", "Options", "Page", "Refused", "answer"]

PRODUCERS: dict[str, Callable[[Asked], Page]] = {
    INFO.id: quote_replies.info,
    DAILY_SHEET.id: bar_replies.sheet,
    TODAY.id: quote_replies.today,
    TICK.id: bar_replies.ticks,
    MINUTE.id: bar_replies.minutes,
    DAY.id: bar_replies.days,
    WEEK.id: bar_replies.days,
    MONTH.id: bar_replies.days,
    YEAR.id: bar_replies.days,
    QUOTES.id: quote_replies.quotes,
    STOCKS.id: quote_replies.stocks,
    STOCK.id: quote_replies.stock,
    FOREIGN.id: flow_replies.foreign,
    SHORT.id: flow_replies.short,
    INVESTORS.id: flow_replies.investors,
    **dict.fromkeys(list_replies.CHOOSE, list_replies.ranking),
    SECTOR.id: list_replies.sector,
    SECTOR_STOCKS.id: list_replies.sector_stocks,
    SECTORS.id: list_replies.sectors,
    INDEX_DAY.id: list_replies.index_days,
}


def answer(
    market: Market,
    table: Endpoint,
    body: Mapping[str, str],
    next_key: str,
    now: datetime,
    options: Options = PLAIN,
) -> Page:
    """What the server answers.

    Parameters
    ----------
    market : Market
    table : Endpoint
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
    return PRODUCERS[table.id](Asked(market, table, body, next_key, market.seen_from(now), options))
