"""The search box and the list of matches below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from . import html
from .controls import button, with_classes
from .debounce import Debouncer, Ticket
from .messages import explain_error
from .search import StockFinder

MAX_HITS = 8


class SearchPanel:
    """Searches while the user types and reports the stock that was picked.

    Parameters
    ----------
    finder : StockFinder
        Finds stocks.
    debouncer : Debouncer
        Runs the searches.
    pick : callable
        Called with the code of the stock picked.
    show_message : callable
        Called with a sentence when a search fails, with an empty text when a new one starts.

    Attributes
    ----------
    box, field, hits, hit_list : Widget
        The panel, its text field, and its buttons alone and as a list.
    """

    def __init__(
        self,
        finder: StockFinder,
        debouncer: Debouncer,
        pick: Callable[[str], None],
        show_message: Callable[[str], None],
    ) -> None:
        self._finder = finder
        self._debouncer = debouncer
        self._pick = pick
        self._show_message = show_message
        self.field = with_classes(
            widgets.Text(
                placeholder="이름 · 코드 · 초성 (예: ㅅㅅㅈㅈ)",
                tooltip="입력하면 아래에 후보가 나옵니다. Enter는 첫 번째 종목을 고릅니다.",
            ),
            "search",
        )
        self.hits = [button("", "이 종목 보기", "hit") for _ in range(MAX_HITS)]
        self.hit_list = with_classes(widgets.VBox(self.hits), "hits")
        self.box = with_classes(widgets.VBox([self.field, self.hit_list]), "find")
        self.field.observe(lambda change: self._typed(change["new"]), "value")
        self.field.on_msg(self._submitted)
        for hit in self.hits:
            hit.on_click(lambda clicked: self._clicked(clicked))
        self._show_hits([])

    def clear(self) -> None:
        """Empty the box and hide the matches."""
        self.field.value = ""
        self._show_hits([])

    def _typed(self, text: str) -> None:
        self._show_message("")
        if text.strip():
            self._debouncer.submit(lambda ticket: self._search(ticket, text))
        else:
            self._debouncer.cancel()
            self._show_hits([])

    def _submitted(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        """Pick the best match when Enter is pressed."""
        text = self.field.value
        if content.get("event") == "submit" and text.strip():
            self._debouncer.submit(lambda ticket: self._pick_best(ticket, text), immediately=True)

    def _clicked(self, hit: Any) -> None:
        self._pick(hit.code)
        self.field.focus()  # the clicked button is hidden now

    def _search(self, ticket: Ticket, text: str) -> None:
        try:
            found = self._finder.search(text, MAX_HITS)
        except Exception as error:
            ticket.show(self._show_message, explain_error(error))
            return
        ticket.show(self._show_hits, list(zip(found.index, found["name"], found["market"], strict=True)))

    def _pick_best(self, ticket: Ticket, text: str) -> None:
        try:
            code = self._finder.resolve(text)
        except Exception as error:
            ticket.show(self._show_message, explain_error(error))
            return
        ticket.show(self._pick, code)

    def _show_hits(self, found: list[tuple[str, str, str]]) -> None:
        for hit, row in zip(self.hits, [*found, *[None] * (MAX_HITS - len(found))], strict=True):
            if row is not None:
                code, name, market = row
                hit.description = f"{name}   {code} · {html.MARKETS.get(market, market)}"
                hit.code = code
            hit.layout.display = "none" if row is None else None
        self.hit_list.layout.display = None if found else "none"
