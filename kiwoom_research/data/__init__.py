"""The public functions: ask a call, get a DataFrame.

A new ``get_*`` goes where its kind lives: `snapshots` (one row a stock), `histories` (bars), `lists`.
"""

from .access import cache, revoke_token, token_status
from .calls import query
from .default import connect
from .histories import get_bars, get_daily, get_minutes
from .lists import find, get_stocks
from .snapshots import get_info, get_quotes, get_today

__all__ = [
    "cache",
    "connect",
    "find",
    "get_bars",
    "get_daily",
    "get_info",
    "get_minutes",
    "get_quotes",
    "get_stocks",
    "get_today",
    "query",
    "revoke_token",
    "token_status",
]
