"""The catalogue: every Kiwoom call the package knows, one `Call` each.

The client reads a table forwards, the sandbox backwards, FIELDS.md prints it.
"""

from . import (
    chart, elw, etf, foreign_institution, market_condition, oauth, ranking, sector, securities_lending, short_selling,
    stock_info, theme, watchlist,
)
from .table import Call, Evidence, Field, Param, Table, Word, bounds, family, spoken

__all__ = [
    "CATALOGUE",
    "CATEGORIES",
    "QUERIES",
    "STORED",
    "Call",
    "Evidence",
    "Field",
    "Param",
    "Table",
    "Word",
    "bounds",
    "call",
    "family",
    "spoken",
]

# The manual's categories, each a module, in the order of the pages.
_MODULES = (
    oauth, stock_info, market_condition, chart, ranking, foreign_institution, short_selling, securities_lending,
    sector, theme, etf, elw, watchlist,
)
CATEGORIES: dict[str, str] = {
    call.id: module.__name__.rpartition(".")[2].replace("_", " ")
    for module in _MODULES
    for call in vars(module).values()
    if isinstance(call, Call)
}
CATALOGUE: dict[str, Call] = {
    call.id: call for module in _MODULES for call in vars(module).values() if isinstance(call, Call)
}
# Read-only: what may be asked by name. What is personal among it is never stored.
QUERIES: dict[str, Call] = {k: v for k, v in CATALOGUE.items() if v not in vars(oauth).values()}
STORED: dict[str, Call] = {k: v for k, v in QUERIES.items() if v.finality}


def call(api_id: str) -> Call:
    """The market-data call of an id; ValueError says where they are listed."""
    try:
        return QUERIES[api_id]
    except KeyError:
        raise ValueError(
            f"api_id: expected a call of kr.catalog(), such as 'ka10081', got {api_id!r}"
        ) from None
