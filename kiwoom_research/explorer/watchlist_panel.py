"""The watched stocks on the screen: a line each, with price and change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import pandas as pd

from . import html
from .controls import button, marked
from .watchlist import Damaged, Watchlist

TITLE = '<div class="kr-list-title">관심 종목</div>'
NONE_YET = TITLE + '<div class="kr-list-title">☆ 관심을 누르면 여기에 남습니다.</div>'


class Watching:
    """The list and the button that puts a stock into it.

    Parameters
    ----------
    kept : Watchlist
        The file behind it.
    pick : callable
        Called with the code of a line that is clicked.
    changed : callable
        Called when there is another line to fill.

    Attributes
    ----------
    box, note, star : Widget
        The list, what went wrong with its file, and the button.
    rows : dict
        Code -> line, in the order of the file.
    """

    def __init__(self, kept: Watchlist, pick: Callable[[str], None], changed: Callable[[], None]) -> None:
        self._kept = kept
        self._pick = pick
        self._changed = changed
        self._here = ""
        self._title = widgets.HTML()
        self.box = marked(widgets.VBox(), "list")
        self.note = widgets.HTML()
        self.star = button("☆ 관심", "관심 목록에 넣거나 뺍니다", "watch")
        self.star.on_click(lambda _: self.watch(self._here, self._here not in self.rows))
        self.rows: dict[str, Any] = {}
        codes: list[str] = []
        try:
            codes = kept.codes()
        except Damaged:
            self.note.value = html.message("관심 목록 파일이 손상되어 빈 목록으로 시작합니다.")
        except OSError:
            self.note.value = html.message("관심 목록 파일을 읽을 수 없습니다.")
        self._show(codes)

    def watch(self, code: str, wanted: bool) -> None:
        """Put a code into the list, or take it out."""
        if not code:
            return
        self.note.value = ""
        try:
            codes = self._kept.add(code) if wanted else self._kept.remove(code)
        except OSError:  # a folder that cannot be written, or a lock that somebody holds
            others = [other for other in self.rows if other != code]
            codes = [*others, code] if wanted else others
            self.note.value = html.message("관심 목록을 저장할 수 없어 이 화면에만 남습니다.")
        self._show(codes)
        self._changed()

    def mark(self, code: str) -> None:
        """Show which stock is looked at."""
        self._here = code
        watched = code in self.rows
        self.star.description = "★ 관심" if watched else "☆ 관심"
        (self.star.add_class if watched else self.star.remove_class)("mod-active")
        for other, row in self.rows.items():
            (row.add_class if other == code else row.remove_class)("kr-here")

    def fill(self, quotes: pd.DataFrame) -> None:
        """Show names and prices."""
        for code, row in self.rows.items():
            if code in quotes.index:
                quote = quotes.loc[code]
                go, price, _ = row.children
                go.description = str(quote["name"]) if isinstance(quote["name"], str) else code
                price.value = html.quote(quote)

    def _show(self, codes: list[str]) -> None:
        kept = {code: self.rows[code] for code in codes if code in self.rows}
        for code in self.rows.keys() - kept.keys():
            for part in (*self.rows[code].children, self.rows[code]):
                part.close()
        self.rows = {code: kept.get(code) or self._row(code) for code in codes}
        self._title.value = TITLE if codes else NONE_YET
        self.box.children = (self._title, *self.rows.values())
        self.mark(self._here)

    def _row(self, code: str) -> Any:
        go = button(code, f"{code} 보기", "go")
        go.on_click(lambda _: self._pick(code))
        drop = button("✕", f"{code} 관심 목록에서 빼기", "drop")
        drop.on_click(lambda _: self.watch(code, False))
        return marked(widgets.HBox([go, widgets.HTML(), drop]), "row")
