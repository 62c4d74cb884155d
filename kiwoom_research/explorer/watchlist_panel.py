"""The watchlist panel: one row per watched stock with its price and change, and the button that adds one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import pandas as pd

from . import html, messages
from .controls import button, with_classes
from .watchlist import DamagedFile, Watchlist

TITLE = '<div class="kr-list-title">관심 종목</div>'
EMPTY = f'{TITLE}<div class="kr-list-title">{messages.WATCHLIST_EMPTY}</div>'


class WatchlistPanel:
    """The rows of the watchlist and the star button.

    Parameters
    ----------
    watchlist : Watchlist
        The file behind the panel.
    pick : callable
        Called with the code of a row that is clicked.
    on_change : callable
        Called after a row was added or removed.

    Attributes
    ----------
    box, note, star : Widget
        The rows, the message about the file, and the button.
    rows : dict
        Code -> row, in the order of the file.
    """

    def __init__(
        self, watchlist: Watchlist, pick: Callable[[str], None], on_change: Callable[[], None]
    ) -> None:
        self._watchlist = watchlist
        self._pick = pick
        self._on_change = on_change
        self._current = ""
        self._title = widgets.HTML()
        self.box = with_classes(widgets.VBox(), "list")
        self.note = widgets.HTML()
        self.star = button("☆ 관심", "관심 목록에 넣거나 뺍니다", "watch")
        self.star.on_click(lambda _: self.watch(self._current, self._current not in self.rows))
        self.rows: dict[str, Any] = {}
        codes: list[str] = []
        try:
            codes = watchlist.codes()
        except DamagedFile:
            self.note.value = html.render_message(messages.WATCHLIST_DAMAGED)
        except OSError:
            self.note.value = html.render_message(messages.WATCHLIST_UNREADABLE)
        self._show_rows(codes)

    def watch(self, code: str, watched: bool) -> None:
        """Add a code to the list or remove it."""
        if not code:
            return
        self.note.value = ""
        try:
            codes = self._watchlist.add(code) if watched else self._watchlist.remove(code)
        except OSError:  # the folder is not writable, or another process holds the lock
            others = [other for other in self.rows if other != code]
            codes = [*others, code] if watched else others
            self.note.value = html.render_message(messages.WATCHLIST_NOT_SAVED)
        self._show_rows(codes)
        self._on_change()

    def highlight(self, code: str) -> None:
        """Mark the row of the stock that the explorer shows."""
        self._current = code
        watched = code in self.rows
        self.star.description = "★ 관심" if watched else "☆ 관심"
        (self.star.add_class if watched else self.star.remove_class)("mod-active")
        for other, row in self.rows.items():
            (row.add_class if other == code else row.remove_class)("kr-here")

    def show_quotes(self, quotes: pd.DataFrame) -> None:
        """Fill in names and prices."""
        for code, row in self.rows.items():
            if code in quotes.index:
                quote = quotes.loc[code]
                go, price, _ = row.children
                go.description = str(quote["name"]) if isinstance(quote["name"], str) else code
                price.value = html.render_quote(quote)

    def _show_rows(self, codes: list[str]) -> None:
        kept = {code: self.rows[code] for code in codes if code in self.rows}
        for code in self.rows.keys() - kept.keys():
            for part in (*self.rows[code].children, self.rows[code]):
                part.close()
        self.rows = {code: kept.get(code) or self._make_row(code) for code in codes}
        self._title.value = TITLE if codes else EMPTY
        self.box.children = (self._title, *self.rows.values())
        self.highlight(self._current)

    def _make_row(self, code: str) -> Any:
        go = button(code, f"{code} 보기", "go")
        go.on_click(lambda _: self._pick(code))
        drop = button("✕", f"{code} 관심 목록에서 빼기", "drop")
        drop.on_click(lambda _: self.watch(code, False))
        return with_classes(widgets.HBox([go, widgets.HTML(), drop]), "row")
