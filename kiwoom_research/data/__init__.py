"""The public functions: ask a call, get a DataFrame.

A new ``get_*`` goes where its kind lives: `quotes` (one row per stock), `bars`, `stocks` (lists), `rankings`,
`investors` (who trades a stock), `market_flows` (who trades the market), `program`, `trades` (what happens in a
session), `indices` (markets and sectors), `themes`, `funds` (ETFs), `products` (gold and ELWs).
"""

from .access import cache, revoke_token, token_status
from .bars import get_bars, get_daily, get_minutes
from .catalog import catalog, query
from .connection import connect
from .description import CallDescription, describe
from .files import read_csv
from .funds import get_etf, get_etf_history, get_etfs
from .indices import get_index, get_sector, get_sector_stocks, get_sectors
from .investors import get_credit, get_foreign, get_investors, get_lending, get_short
from .market_flows import get_flow_streaks, get_market_flows
from .products import get_elw, get_gold, get_gold_quote
from .program import get_program
from .quotes import get_info, get_orderbook, get_quotes, get_today
from .rankings import get_ranking
from .stocks import find, get_stocks, get_watchlist
from .themes import get_theme_stocks, get_themes
from .trades import get_brokers, get_trades, get_volatility_interruptions
from .trading_day import finality, market_phase, sessions

__all__ = [
    "CallDescription",
    "cache",
    "catalog",
    "connect",
    "describe",
    "finality",
    "find",
    "get_bars",
    "get_brokers",
    "get_credit",
    "get_daily",
    "get_elw",
    "get_etf",
    "get_etf_history",
    "get_etfs",
    "get_flow_streaks",
    "get_foreign",
    "get_gold",
    "get_gold_quote",
    "get_index",
    "get_info",
    "get_investors",
    "get_lending",
    "get_market_flows",
    "get_minutes",
    "get_orderbook",
    "get_program",
    "get_quotes",
    "get_ranking",
    "get_sector",
    "get_sector_stocks",
    "get_sectors",
    "get_short",
    "get_stocks",
    "get_theme_stocks",
    "get_themes",
    "get_today",
    "get_trades",
    "get_volatility_interruptions",
    "get_watchlist",
    "market_phase",
    "query",
    "read_csv",
    "revoke_token",
    "sessions",
    "token_status",
]
