"""The summary of a stock or an index: its price in the headline, its key figures beside the chart."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import data
from . import html
from .instruments import is_index
from .parts import load_optional
from .search import Match

if TYPE_CHECKING:
    from ..client import Client


def load_summary(code: str, client: Client, refresh: bool) -> pd.Series:
    """Request price and key figures: a row of `get_info`, or of `get_sector` for an index."""
    kwargs: dict[str, Any] = {"client": client, "refresh": refresh}
    frame = data.get_sector(code, **kwargs) if is_index(code) else data.get_info(code, **kwargs)
    return frame.iloc[0]


def load_holding(code: str, client: Client, refresh: bool) -> pd.Series | None:
    """Request the newest row of foreign holdings; None for what has none, such as funds and indices."""
    if is_index(code):
        return None
    held = load_optional(partial(data.get_foreign, code, client=client, refresh=refresh), client)
    return None if held is None or held.empty else held.iloc[-1]


def render_summary_headline(row: pd.Series, match: Match, badges: list[tuple[str, str]]) -> str:
    """Render name, status and price."""
    name = match.name
    if name == match.code and isinstance(row.get("name"), str):  # the stock list is not there yet
        name = row["name"]
    price = (
        html.render_price(row, "level", "level_change") if "level" in row.index else html.render_price(row)
    )
    return html.render_headline(name, match.code, match.market, html.render_badges(badges), price, "")


def render_summary_facts(row: pd.Series, holding: pd.Series | None, badges: list[tuple[str, str]]) -> str:
    """Render the key figures."""
    if "level" in row.index:
        return html.render_index_facts(row)
    halted = any(label == "거래정지" for label, _ in badges)
    return html.render_stock_facts(row, holding, halted)
