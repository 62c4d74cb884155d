"""The list below the search box: matches of the text, or a start panel with the market while it is empty."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import data
from ..data.choices import RankingName
from ..errors import KiwoomError
from . import messages
from .html import MARKETS, render_note, tag
from .messages import explain_error
from .parts import Part, Runtime, load_optional
from .search import Finder, Match
from .watchlist import Watchlist
from .watchlist_panel import WatchlistPanel, render_level

if TYPE_CHECKING:
    from ..client import Client

RANKINGS: dict[RankingName, str] = {
    "value": "거래대금 상위",
    "gainers": "상승률 상위",
    "losers": "하락률 상위",
}
KEPT = 20  # recent codes
MAX_ROWS = 5  # of each section of the start panel
MAIN_INDICES = ("001", "101")

Market = dict[str, pd.DataFrame]


class SearchPanel:
    """Answers what is typed into the search box.

    Parameters
    ----------
    finder : Finder
        Finds stocks and indices.
    watchlist : WatchlistPanel
        Whose stocks are offered first while the box is empty.
    recent : Watchlist
        Where the codes that were looked at are kept, the latest last.
    runtime : Runtime
        Runs the searches.
    send : callable
        Sends a message to the browser.
    pick : callable
        Called with the code of what was found for a submitted text.
    """

    def __init__(
        self,
        finder: Finder,
        watchlist: WatchlistPanel,
        recent: Watchlist,
        runtime: Runtime,
        send: Callable[[dict[str, Any]], None],
        pick: Callable[[str], None],
    ) -> None:
        self._finder = finder
        self._watchlist = watchlist
        self._recent = recent
        self._runtime = runtime
        self._send = send
        self._pick = pick
        self._number = 0  # of the latest search
        self._shows_start = False
        self._market: Part[Market] = Part(runtime, self._market_changed)
        self._recent_codes: list[str] = []

    def search(self, text: str, number: int) -> None:
        """Send the matches of a text, or the start panel for an empty one."""
        self._number = number
        self._shows_start = not text.strip()
        if self._shows_start:
            self._market.load(load_market)  # from the cache, unless it has expired
            self._run(self._send_start)
        else:
            self._run(lambda: self._send_matches(text, number))

    def submit(self, text: str, number: int) -> None:
        """Pick the best match of a text."""
        self._number = number
        self._shows_start = False
        self._run(lambda: self._pick_best(text, number))

    def prefetch(self, on_loaded: Callable[[], None]) -> None:
        """Load what a search needs before somebody searches."""
        try:
            self._recent_codes = self._recent.codes()
            self._finder.stocks()
        except (KiwoomError, OSError, ValueError):
            return  # the search reports it when somebody searches
        on_loaded()

    def remember(self, code: str) -> None:
        """Put a code at the end of the list of recent ones."""
        try:
            self._recent_codes = self._recent.touch(code, KEPT)
        except OSError:  # a folder that cannot be written: the list of this session is enough
            self._recent_codes = [*(other for other in self._recent_codes if other != code), code]

    def close(self) -> None:
        """Stop loading."""
        self._market.close()

    def _run(self, job: Callable[[], None]) -> None:
        self._runtime.pool.submit(job)

    def _reply(self, number: int, text: str, html: str, *, final: bool = True) -> None:
        self._send({"kind": "hits", "number": number, "text": text, "html": html, "final": final})

    def _announce_loading(self, text: str, number: int) -> None:
        if not self._finder.is_loaded:
            self._reply(number, text, render_note(messages.LOADING_LIST), final=False)

    def _send_matches(self, text: str, number: int) -> None:
        try:
            self._announce_loading(text, number)
            found = self._finder.search(text)
            html = "".join(_option(match) for match in found) or render_note(messages.no_match(text))
        except Exception as error:
            html = render_note(explain_error(error))
        self._reply(number, text, html)

    def _pick_best(self, text: str, number: int) -> None:
        try:
            self._announce_loading(text, number)
            code = self._finder.resolve(text)
        except Exception as error:
            self._reply(number, text, render_note(explain_error(error)))
            return
        self._send({"kind": "hits", "number": number, "text": text, "picked": True})
        self._pick(code)

    # --- the start panel ---------------------------------------------------------------------------

    def _market_changed(self) -> None:
        if self._shows_start:
            self._send_start()

    def _send_start(self) -> None:
        self._reply(self._number, "", self.render_start())

    def render_start(self) -> str:
        """Render watched and recent stocks, indices and rankings."""
        market = self._market.value or {}
        watched = [self._finder.describe(code) for code in self._watchlist.codes[:MAX_ROWS]]
        recent = [self._finder.describe(code) for code in self._recent_codes[: -MAX_ROWS - 1 : -1]]
        sections = [
            _section("최근 본 종목", map(_option, recent)),
            _section("관심 종목", map(_option, watched)),
        ]
        for title, frame in market.items():
            sections.append(_section(title, (_market_option(code, row) for code, row in frame.iterrows())))
        html = "".join(sections)
        if self._market.is_loading and not market:
            html += render_note(messages.LOADING)
        elif self._market.error is not None:
            html += render_note(explain_error(self._market.error))
        return tag("div", escape(messages.SEARCH_HINT), class_="kr-faint kr-hint") + html


def load_market(client: Client, refresh: bool) -> Market:
    """Request the levels of the indices and the leading stocks."""
    kwargs: dict[str, Any] = {"client": client, "refresh": refresh}
    sectors = pd.concat([data.get_sectors(market, **kwargs) for market in ("kospi", "kosdaq")])
    main = sectors.index.isin(MAIN_INDICES)
    found: Market = {"지수": sectors[main]}
    for by, title in RANKINGS.items():
        ranking = load_optional(partial(data.get_ranking, by, **kwargs), client)
        if ranking is not None:
            found[title] = ranking.head(MAX_ROWS)
    found["업종 상승률 상위"] = sectors[~main].nlargest(MAX_ROWS, "change_pct")
    return found


def _section(title: str, options: Iterable[str]) -> str:
    html = "".join(options)
    head = tag("div", escape(title), class_="kr-card-title")
    return tag("div", head + html, role="group", aria_label=title, class_="kr-section") if html else ""


def _option(match: Match, quote: str = "") -> str:
    place = " · ".join(filter(None, (match.code, MARKETS.get(match.market, match.market))))
    content = tag("span", escape(match.name), class_="kr-option-name") + tag(
        "span", escape(place), class_="kr-code"
    )
    return tag(
        "div", content + quote, role="option", data_code=match.code, class_="kr-option", aria_selected="false"
    )


def _market_option(code: Any, row: pd.Series) -> str:
    column = "level" if "level" in row.index else "price"
    quote = render_level(float(row[column]), float(row["change_pct"]), int(row[f"{column}_sign"]))
    return _option(Match(str(code), str(row["name"]), ""), quote)
