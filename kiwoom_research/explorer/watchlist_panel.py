"""The watchlist beside the chart: one row for each watched stock, with its price and change."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .. import data
from ..charts.format import format_percent, format_price
from . import messages
from .html import ARROWS, CLASSES, button, render_message, tag
from .search import Finder, row_of
from .watchlist import DamagedFile, Watchlist

if TYPE_CHECKING:
    from ..client import Client

MAX_QUOTES = 100  # codes in one request of ka10095


class WatchlistPanel:
    """The watched codes as this explorer shows them.

    Parameters
    ----------
    watchlist : Watchlist
        The file behind the panel.
    finder : Finder
        Knows the names of stocks.

    Attributes
    ----------
    codes : list of str
        The watched codes, in the order of the file.
    """

    def __init__(self, watchlist: Watchlist, finder: Finder) -> None:
        self._watchlist = watchlist
        self._finder = finder
        self._problem = ""
        self._quotes: pd.DataFrame | None = None
        self.codes: list[str] = []
        try:
            self.codes = watchlist.codes()
        except DamagedFile:
            self._problem = messages.WATCHLIST_DAMAGED
        except OSError:
            self._problem = messages.WATCHLIST_UNREADABLE

    def toggle(self, code: str) -> None:
        """Add a code to the list, or remove it."""
        watched = code in self.codes
        self._problem = ""
        try:
            self.codes = self._watchlist.remove(code) if watched else self._watchlist.add(code)
        except OSError:  # the folder is not writable, or another process holds the lock
            others = [other for other in self.codes if other != code]
            self.codes = others if watched else [*others, code]
            self._problem = messages.WATCHLIST_NOT_SAVED

    def neighbour(self, code: str, step: int) -> str:
        """Return the watched code that comes `step` rows after another one; empty for an empty list."""
        if not self.codes:
            return ""
        at = self.codes.index(code) + step if code in self.codes else min(step, 0)
        return self.codes[at % len(self.codes)]

    def load(self, client: Client, refresh: bool) -> pd.DataFrame | None:
        """Request names and prices of the watched stocks, in one request."""
        codes = self.codes[:MAX_QUOTES]
        if not codes:
            return None
        # unlike get_quotes, query does not warn about delisted codes
        return data.query("ka10095", stk_cd="|".join(codes), client=client, refresh=refresh)

    def show_quotes(self, quotes: pd.DataFrame | None) -> None:
        """Show these prices from now on."""
        self._quotes = quotes

    def render(self, current: str) -> str:
        """Render the list; the row of the current stock is marked."""
        rows = "".join(self._render_row(code, code == current) for code in self.codes)
        empty = "" if rows else tag("div", messages.WATCHLIST_EMPTY, class_="kr-faint")
        steps = button("▴", "neighbour", "이전 관심 종목", data_key="k", data_value=-1) + button(
            "▾", "neighbour", "다음 관심 종목", data_key="j", data_value=1
        )
        title = tag("div", "관심 종목" + (steps if rows else ""), class_="kr-card-title")
        return tag("div", title + empty + rows, class_="kr-card kr-list") + render_message(self._problem)

    def _render_row(self, code: str, current: bool) -> str:
        quote = None if self._quotes is None else row_of(self._quotes, code)
        name = self._finder.describe(code).name
        if name == code and quote is not None and isinstance(quote["name"], str):
            name = quote["name"]
        go = tag(
            "button", tag("span", escape(name), class_="kr-row-name") + render_quote(quote), type="button",
            data_do="pick", data_code=code, class_="kr-go", title=f"{name} {code}",
            aria_current="true" if current else None,
        )  # fmt: skip
        drop = button("✕", "star", f"{name} 관심 목록에서 빼기", data_code=code, class_="kr-drop")
        return tag("div", go + drop, class_="kr-row", data_id=code)


def render_quote(quote: pd.Series | None) -> str:
    """Render price and percent change of a stock."""
    if quote is None or not bool(quote["found"]) or not np.isfinite(quote["price"]):
        return tag("span", "-", class_="kr-quote kr-flat")
    return render_level(float(quote["price"]), float(quote["change_pct"]), int(quote["price_sign"]))


def render_level(value: float, change_pct: float, sign: int) -> str:
    """Render a price or an index level with its change in percent."""
    text = f"{format_price(value)}<br>{ARROWS[sign]} {format_percent(change_pct)}"
    return tag("span", text, class_=f"kr-quote {CLASSES[sign]}")
