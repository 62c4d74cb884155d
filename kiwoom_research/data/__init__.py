"""The public functions: ask a call, get a DataFrame.

A new ``get_*`` goes where its kind lives: `quotes` (one row per stock), `bars`, `stocks` (lists), `rankings`,
`investors` (who trades), `indices` (markets and sectors).
"""

from .access import cache, revoke_token, token_status
from .bars import get_bars, get_daily, get_minutes
from .catalog import catalog, query
from .connection import connect
from .description import CallDescription, describe
from .indices import get_index, get_sector, get_sector_stocks, get_sectors
from .investors import get_credit, get_foreign, get_investors, get_lending, get_short
from .quotes import get_info, get_orderbook, get_quotes, get_today
from .rankings import get_ranking
from .stocks import find, get_stocks
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
    "get_credit",
    "get_daily",
    "get_foreign",
    "get_index",
    "get_info",
    "get_investors",
    "get_lending",
    "get_minutes",
    "get_orderbook",
    "get_quotes",
    "get_ranking",
    "get_sector",
    "get_sector_stocks",
    "get_sectors",
    "get_short",
    "get_stocks",
    "get_today",
    "market_phase",
    "query",
    "revoke_token",
    "sessions",
    "token_status",
]
