"""The tabs beside the chart: each is made of sections that load, wait and fail on their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from . import flows, messages, stock_info
from .html import render_card, render_message, render_note, render_wait
from .messages import explain_error
from .parts import Part, Runtime

if TYPE_CHECKING:
    from ..client import Client


@dataclass(frozen=True)
class Section:
    """One section of a tab.

    Attributes
    ----------
    title : str
        Its heading, in Korean.
    load : callable
        Takes code, client and refresh, returns what `render` takes.
    render : callable
        Returns HTML; an empty text when there is nothing to show.
    """

    title: str
    load: Callable[[str, Client, bool], Any]
    render: Callable[[Any], str]


SECTIONS: Mapping[str, tuple[Section, ...]] = {
    "flows": tuple(Section(*section) for section in flows.SECTIONS),
    "info": tuple(Section(*section) for section in stock_info.SECTIONS),
}


class TabView:
    """The sections of the open tab.

    Parameters
    ----------
    runtime : Runtime
        Where the sections are loaded.
    on_change : callable
        Called when there is something else to show.
    """

    def __init__(self, runtime: Runtime, on_change: Callable[[], None]) -> None:
        self._parts: dict[str, list[Part[Any]]] = {
            tab: [Part(runtime, on_change) for _ in sections] for tab, sections in SECTIONS.items()
        }
        self._shown = ("", "")  # tab and code
        self.tab = ""

    @property
    def parts(self) -> list[Part[Any]]:
        """The parts of the open tab."""
        return self._parts.get(self.tab, [])

    def open(self, tab: str, code: str, *, refresh: bool = False) -> None:
        """Show a tab of a stock, and load what is not there yet."""
        self.tab = tab
        if (tab, code) != self._shown:
            for part in self.parts:
                part.clear()
        self._shown = (tab, code)
        for part, section in zip(self.parts, SECTIONS.get(tab, ()), strict=True):
            part.load(partial(section.load, code), refresh=refresh)

    def cancel(self) -> None:
        """Stop loading."""
        for part in self.parts:
            part.cancel()

    def close(self) -> None:
        """Stop loading for good."""
        for parts in self._parts.values():
            for part in parts:
                part.close()

    def render(self) -> str:
        """Render the sections as they are now."""
        return "".join(
            _render_section(section, part)
            for section, part in zip(SECTIONS.get(self.tab, ()), self.parts, strict=True)
        )


def _render_section(section: Section, part: Part[Any]) -> str:
    if part.value is not None:
        content = section.render(part.value) or render_note(messages.NO_DATA)
        if part.error is not None:
            content = render_message(f"{explain_error(part.error)} {messages.SHOWING_STORED}") + content
    elif part.error is not None:
        content = render_message(explain_error(part.error), retry=True)
    elif part.is_cancelled:
        content = render_message(messages.CANCELLED, retry=True)
    elif part.is_loading:
        content = render_wait(part.wait, messages.LOADING)
    else:
        content = render_note(messages.NO_DATA)
    return render_card(content, section.title)
