"""The catalogue: every Kiwoom call the package knows, one table each.

The client reads a table forwards, the sandbox backwards, FIELDS.md prints it.
"""

from . import chart, foreign_institution, market_condition, oauth, ranking, sector, short_selling, stock_info
from .table import Endpoint, Field, Param

__all__ = ["CATALOGUE", "QUERIES", "Endpoint", "Field", "Param", "endpoint"]

CATALOGUE: dict[str, Endpoint] = {
    table.id: table
    for group in (
        oauth,
        stock_info,
        market_condition,
        chart,
        ranking,
        foreign_institution,
        short_selling,
        sector,
    )
    for table in vars(group).values()
    if isinstance(table, Endpoint)
}
# Read-only market data: what may be asked by name and what may be stored.
QUERIES: dict[str, Endpoint] = {k: v for k, v in CATALOGUE.items() if v.expiry != "never stored"}


def endpoint(api_id: str) -> Endpoint:
    """The table of a market-data call; ValueError names what there is."""
    try:
        return QUERIES[api_id]
    except KeyError:
        raise ValueError(f"api_id {api_id!r} is not in the catalogue: {', '.join(QUERIES)}") from None
