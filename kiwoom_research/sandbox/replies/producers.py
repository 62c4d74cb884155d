"""Which function answers which call: the endpoint tables read backwards.

A producer finds bars or facts by our column names; the table says under which key, in which unit and with which
sign Kiwoom would write them. A call that is not in `PRODUCERS` is answered from its tables alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from ...endpoints import Call
from ...endpoints.chart import (
    DAY,
    GOLD_DAY,
    GOLD_MINUTE,
    GOLD_MONTH,
    GOLD_TICK,
    GOLD_WEEK,
    INDEX_DAY,
    INDEX_MINUTE,
    INDEX_MONTH,
    INDEX_TICK,
    INDEX_WEEK,
    INDEX_YEAR,
    MINUTE,
    MONTH,
    TICK,
    WEEK,
    YEAR,
)
from ...endpoints.elw import ELW_SEARCH
from ...endpoints.etf import ETF_ALL, ETF_DAILY, ETF_INFO
from ...endpoints.foreign_institution import FOREIGN, STREAKS
from ...endpoints.market_condition import (
    DAILY_SHEET,
    GOLD_QUOTE,
    PROGRAM_DAYS,
    PROGRAM_STOCK_DAYS,
    PROGRAM_STOCK_TIMES,
    PROGRAM_TIMES,
    TODAY,
)
from ...endpoints.sector import SECTOR, SECTOR_INVESTORS, SECTOR_STOCKS, SECTORS
from ...endpoints.securities_lending import LENDING_TOP, MARKET_LENDING, STOCK_LENDING
from ...endpoints.short_selling import SHORT
from ...endpoints.stock_info import (
    BROKERS,
    CREDIT_TREND,
    INFO,
    INVESTORS,
    LISTING,
    QUOTES,
    STOCK_LIST,
    TRADES,
    TRADES_OF_DAY,
    VI_TRIGGERS,
)
from ...endpoints.theme import THEME_STOCKS, THEMES
from ...endpoints.watchlist import WATCHLIST, WATCHLISTS
from ..market.base import Market
from . import (
    bars,
    elw,
    etf,
    flow_rankings,
    flows,
    generic,
    gold,
    index_minutes,
    indices,
    investors,
    program,
    quotes,
    rankings,
    themes,
    trades,
    watchlists,
)
from .request import Options, Page, Refusal, Request

PLAIN = Options()
__all__ = ["PRODUCERS", "Options", "Page", "Refusal", "answer"]

PRODUCERS: dict[str, Callable[[Request], Page]] = {
    INFO.id: quotes.stock_info,
    DAILY_SHEET.id: bars.daily_sheet,
    TODAY.id: quotes.session_so_far,
    TICK.id: bars.chart_ticks,
    MINUTE.id: bars.chart_minutes,
    DAY.id: bars.chart_days,
    WEEK.id: bars.chart_days,
    MONTH.id: bars.chart_days,
    YEAR.id: bars.chart_days,
    QUOTES.id: quotes.many_quotes,
    STOCK_LIST.id: quotes.stock_list,
    LISTING.id: quotes.stock_listing,
    FOREIGN.id: investors.foreign_holdings,
    SHORT.id: investors.short_sales,
    INVESTORS.id: investors.investor_flows,
    CREDIT_TREND.id: investors.credit_balances,
    **dict.fromkeys((STOCK_LENDING.id, MARKET_LENDING.id), investors.lending_balances),
    **dict.fromkeys(rankings.SELECTIONS, rankings.ranking),
    SECTOR.id: indices.index_summary,
    SECTOR_STOCKS.id: indices.index_stocks,
    SECTORS.id: indices.all_indices,
    **dict.fromkeys((INDEX_DAY.id, INDEX_WEEK.id, INDEX_MONTH.id, INDEX_YEAR.id), indices.index_bars),
    **dict.fromkeys((INDEX_MINUTE.id, INDEX_TICK.id), index_minutes.index_minutes),
    **dict.fromkeys((TRADES.id, TRADES_OF_DAY.id), trades.day_trades),
    BROKERS.id: trades.stock_brokers,
    VI_TRIGGERS.id: trades.interruptions,
    **dict.fromkeys(flow_rankings.SELECTIONS, flow_rankings.flow_ranking),
    LENDING_TOP.id: flow_rankings.lending_ranking,
    SECTOR_INVESTORS.id: flows.sector_flows,
    STREAKS.id: flows.streaks,
    PROGRAM_STOCK_DAYS.id: program.stock_days,
    PROGRAM_STOCK_TIMES.id: program.stock_times,
    PROGRAM_DAYS.id: program.market_days,
    PROGRAM_TIMES.id: program.market_times,
    ETF_INFO.id: etf.fund_info,
    ETF_DAILY.id: etf.fund_days,
    ETF_ALL.id: etf.all_funds,
    THEMES.id: themes.theme_groups,
    THEME_STOCKS.id: themes.theme_stocks,
    **dict.fromkeys((GOLD_DAY.id, GOLD_WEEK.id, GOLD_MONTH.id), gold.gold_bars),
    **dict.fromkeys((GOLD_MINUTE.id, GOLD_TICK.id), gold.gold_minutes),
    GOLD_QUOTE.id: gold.gold_quote,
    ELW_SEARCH.id: elw.elw_search,
    WATCHLISTS.id: watchlists.watchlists,
    WATCHLIST.id: watchlists.watchlist,
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
    Refusal
        More than 100 codes, a key that is none of this call, or an unknown stock under ``unknown="1902"``.
    """
    produce = PRODUCERS.get(call.id, generic.generic_reply)
    return produce(Request(market, call, body, next_key, market.seen_from(now), options))
