"""The explorer widget: connects what the user does to requests, and what they bring to the page."""

from __future__ import annotations

import threading
from concurrent import futures
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import pandas as pd

from .. import calendar
from ..data.connection import default_client
from ..errors import KiwoomError
from . import codegen, controls, html, messages, render
from .bar_table import BarTable, bars_to_csv
from .cell import close_on_rerun
from .chart_request import ChartRequest, change_request
from .chart_view import ChartPart, is_current, render_badge, render_notice, render_overlay
from .debounce import MakeTimer, daemon_timer
from .front import Front
from .instruments import is_index, parse_code
from .load import ChartData, load_chart
from .messages import explain_error
from .parts import Part, Runtime
from .search import Finder
from .search_panel import SearchPanel
from .summary import load_holding, load_summary, render_summary_facts, render_summary_headline
from .tabs import TabView
from .watchlist import open_list
from .watchlist_panel import WatchlistPanel

if TYPE_CHECKING:
    from ..client import Client

THREADS = 8  # so that slow requests for an abandoned chart do not block the next one


class Explorer(widgets.VBox):  # type: ignore[misc]
    """The widget that `explore` returns.

    Parameters
    ----------
    code : str, optional
        The stock or index to show first.
    client : Client, optional
        The client to use instead of the one made by `connect`.
    pool : futures.Executor, optional
        Runs the requests; by default a thread pool of its own.
    timer : callable, optional
        Makes the timers of the debouncers, such as `threading.Timer`.

    Attributes
    ----------
    code : str
        What was picked; empty before the first pick.
    request : ChartRequest
        The chart that the controls describe.
    front : Front
        What the browser shows.
    """

    def __init__(
        self,
        code: str | None = None,
        client: Client | None = None,
        *,
        pool: futures.Executor | None = None,
        timer: MakeTimer = daemon_timer,
    ) -> None:
        self._pool = pool or futures.ThreadPoolExecutor(THREADS, "kiwoom-explorer")
        self._lock = threading.RLock()
        self._closed = False
        runtime = self._runtime = Runtime(client, self._pool, self._lock, timer)
        self.request = ChartRequest()
        self.tab = "chart"
        self.theme = "auto"
        self._page_is_dark = False
        self._shows_help = False

        self.finder = Finder(client)
        self.watchlist = WatchlistPanel(open_list("watchlist", client), self.finder)
        self.table = BarTable()
        self._chart: ChartPart = Part(runtime, self._show_chart)
        self._summary: Part[pd.Series] = Part(runtime, self._show_summary)
        self._holding: Part[pd.Series | None] = Part(runtime, self._show_summary)
        self._quotes: Part[pd.DataFrame | None] = Part(runtime, self._show_watchlist)
        self._parts: tuple[Part[Any], ...] = (self._chart, self._summary, self._holding, self._quotes)
        self._tabs = TabView(runtime, self._show_content)

        self.front = Front()
        self.image = widgets.Image(format="png")
        self.image.add_class("kr-chart")
        self._grid = widgets.Box([self.front, self.image])
        self._grid.add_class("kr-grid")
        super().__init__([self._grid])
        self.add_class("kr-explorer")
        self.search = SearchPanel(
            self.finder, self.watchlist, open_list("recent", client), runtime, self.front.send, self.pick
        )
        self.front.on_msg(lambda _, content, __: self.handle(content))
        close_on_rerun(self.close)
        self._start(code)

    def _start(self, code: str | None) -> None:
        """Show the first stock, or the start panel."""
        self._names = self._pool.submit(self.search.prefetch, self._show_everything)
        if code := code or next(iter(self.watchlist.codes), ""):
            self.pick(code)
        else:
            self._show_everything()

    def __repr__(self) -> str:
        return f"<kiwoom_research.Explorer {self.code or 'nothing picked'}>"

    # --- for Python ----------------------------------------------------------------------------------

    @property
    def code(self) -> str:
        """What was picked; empty before the first pick."""
        return self.request.code

    @property
    def chart(self) -> ChartData | None:
        """The chart shown; None while there is none."""
        value = self._chart.value
        return None if value is None else value[0]

    @property
    def bars(self) -> pd.DataFrame | None:
        """The bars shown; None while there are none."""
        return None if self.chart is None else self.chart.bars

    @property
    def source(self) -> str:
        """Python code that gives the same frame and chart; empty while there is no chart."""
        if self.chart is None:
            return ""
        return codegen.generate_code(self.chart, self.finder.describe(self.code).name)

    def pick(self, code: str) -> None:
        """Show another stock or index; ValueError for a text that is the code of neither."""
        code = parse_code(code)
        with self._lock:
            if self._closed:
                return
            for part in (self._chart, self._summary, self._holding):
                part.clear()
            self.request = replace(self.request, code=code)
            if is_index(code):
                self.request = replace(self.request, freq="1d", period="1년")
                self.tab = "chart" if self.tab in controls.STOCK_TABS else self.tab
            self.image.layout.display = "none"  # nothing of the stock before under the name of this one
            self._show_actions()
            self._pool.submit(self.search.remember, code)
            self._load()

    def choose(self, **choices: Any) -> None:
        """Change the chart, such as ``choose(freq="1w", rsi=True)``; ValueError for a value that is not offered."""
        with self._lock:
            for name, value in choices.items():
                self.request = change_request(self.request, name, value)
            self._load_chart()

    def open_tab(self, tab: str) -> None:
        """Open a tab: ``chart``, ``table``, ``flows``, ``info`` or ``code``."""
        with self._lock:
            self.tab = tab
            self.front.tabs = controls.render_tabs(self.tab, self.code)
            self._load_tab()
            self._show_chart()

    def refresh(self) -> None:
        """Ask the server for everything shown, whatever the cache has."""
        self._load(refresh=True)

    def wait(self, seconds: float = 60) -> Explorer:
        """Wait until everything is loaded, at most so many seconds for each part, and return the widget."""
        futures.wait([self._names], seconds)
        for part in (*self._parts, *self._tabs.parts):
            part.idle.wait(seconds)
        return self

    def close(self) -> None:
        """Cancel running requests, end the threads and remove the widget from the page."""
        self._closed = True
        for part in self._parts:
            part.close()
        self._tabs.close()
        self.search.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        for child in (self.front, self.image, self._grid):
            child.layout.close()
            child.close()
        self.layout.close()
        super().close()

    # --- what the browser reports ----------------------------------------------------------------------

    def handle(self, event: dict[str, Any]) -> None:
        """Do what the user asked for in the browser."""
        with self._lock:
            if self._closed:
                return
            match event:
                case {"do": "search", "text": str(text), "number": int(number)}:
                    self.search.search(text, number)
                case {"do": "submit", "text": str(text), "number": int(number)}:
                    self.search.submit(text, number)
                case {"do": "pick", "code": str(code)}:
                    self.pick(code)
                case {"do": "set", "name": "others", "value": str(text)}:
                    self.choose(others=text.strip())
                case {"do": "set", "name": str(name), "value": value}:
                    self.choose(**{name: value})
                case {"do": "toggle", "name": str(name)}:
                    self.choose(**{name: not getattr(self.request, name)})
                case {"do": "tab", "value": str(tab)}:
                    self.open_tab(tab)
                case {"do": "star"}:
                    self.star(event.get("code", self.code))
                case {"do": "refresh"}:
                    self.refresh()
                case {"do": "cancel"}:
                    self.cancel()
                case {"do": "neighbour", "value": step}:
                    self.pick(self.watchlist.neighbour(self.code, int(step)) or self.code)
                case {"do": "auto", "value": seconds}:
                    self.front.refresh_seconds = float(seconds)
                    self._show_actions()
                case {"do": "tick"}:
                    self._tick()
                case {"do": "theme", "value": str(theme)}:
                    self.theme = theme
                    self._change_theme()
                case {"do": "page-theme", "dark": bool(dark)}:
                    self._page_is_dark = dark
                    self._change_theme()
                case {"do": "help"}:
                    self._shows_help = not self._shows_help
                    self.front.help = controls.render_help() if self._shows_help else ""
                case {"do": "sort" | "column" | "columns" as action}:
                    self.table.change(action, str(event.get("value", "")))
                    self._show_content()
                case {"do": "csv"} if self.chart is not None:
                    name, content = bars_to_csv(self.chart)
                    self.front.send({"kind": "file", "name": name, "type": "text/csv"}, [content])

    def star(self, code: str) -> None:
        """Put a stock into the watchlist, or take it out."""
        if code and not is_index(code):
            self.watchlist.toggle(code)
            self._quotes.load(self.watchlist.load)
            self._show_actions()

    def cancel(self) -> None:
        """Stop everything that is being loaded."""
        for part in self._parts:
            part.cancel()
        self._tabs.cancel()

    def _tick(self) -> None:
        """Refresh what is shown if the market is open, and tell the browser when that is done."""
        try:
            is_open = calendar.is_open(default_client(self._runtime.client).now())
        except KiwoomError:
            is_open = False
        if is_open and self.code:
            self._load(refresh=True)
            self._pool.submit(lambda: (self.wait(), self.front.send({"kind": "ticked"})))
        else:
            self.front.send({"kind": "ticked"})

    # --- loading ---------------------------------------------------------------------------------------

    def _load(self, *, refresh: bool = False) -> None:
        """Load everything about the stock that was picked."""
        with self._lock:
            if self._closed or not self.code:
                return
            code = self.code
            self._summary.load(partial(load_summary, code), refresh=refresh)
            self._holding.load(partial(load_holding, code), refresh=refresh)
            self._load_chart(refresh=refresh)
            self._quotes.load(self.watchlist.load, refresh=refresh)
            self._load_tab(refresh=refresh)
            self._show_everything()

    def _load_chart(self, *, refresh: bool = False) -> None:
        self._apply_theme()
        self.front.toolbar = controls.render_toolbar(self.request)
        if self.code and not self._closed:
            self._chart.load(partial(self._fetch_chart, self.request), refresh=refresh)

    def _fetch_chart(self, request: ChartRequest, client: Client, refresh: bool) -> tuple[ChartData, bytes]:
        chart = load_chart(request, self.finder, client, refresh)
        shown = self._chart.value
        if shown is not None and chart.equals(shown[0]):
            return chart, shown[1]
        return render.draw(chart)

    def _load_tab(self, *, refresh: bool = False) -> None:
        if self.code and not self._closed:
            self._tabs.open(self.tab, self.code, refresh=refresh)

    # --- display ---------------------------------------------------------------------------------------

    def _show_everything(self) -> None:
        with self.front.hold_sync():
            self.front.toolbar = controls.render_toolbar(self.request)
            self.front.tabs = controls.render_tabs(self.tab, self.code)
            self._show_actions()
            self._show_summary()
            self._show_watchlist()
            self._show_chart()

    def _apply_theme(self) -> None:
        """Give page and chart the chosen theme, or that of the page around them."""
        dark = self._page_is_dark if self.theme == "auto" else self.theme == "dark"
        self.front.dark = dark
        self.front.western = self.request.style == "western"
        self.request = replace(self.request, theme="dark" if dark else "light")

    def _change_theme(self) -> None:
        before = self.request.theme
        self._apply_theme()
        if self.request.theme != before:
            self._load_chart()
        self._show_actions()

    def _show_actions(self) -> None:
        watched = self.code in self.watchlist.codes
        client = None if self.chart is None else default_client(self._runtime.client)
        badge = "" if self.chart is None or client is None else render_badge(self.chart, client)
        self.front.actions = controls.render_actions(
            self.code, watched, self.theme, self.front.refresh_seconds, badge
        )

    def _show_summary(self) -> None:
        """Show the headline and the key figures as far as they are known."""
        if not self.code:
            self.front.headline, self.front.info = "", ""
            return
        part, match = self._summary, self.finder.describe(self.code)
        badges = html.status_badges(self.finder.row(self.code))
        if part.value is not None:
            self.front.headline = render_summary_headline(part.value, match, badges)
            self.front.info = render_summary_facts(part.value, self._holding.value, badges)
            return
        price = html.price_skeleton() if part.is_loading else ""
        self.front.headline = html.render_headline(
            match.name, match.code, match.market, html.render_badges(badges), price, ""
        )
        if part.is_loading:
            self.front.info = html.key_figures_skeleton()
        elif part.error is not None:
            self.front.info = html.render_card(html.render_note(explain_error(part.error)))
        else:
            self.front.info = html.render_card(html.render_note(messages.CANCELLED))

    def _show_watchlist(self) -> None:
        if self._quotes.value is not None:
            self.watchlist.show_quotes(self._quotes.value)
        self.front.watchlist = self.watchlist.render(self.code)

    def _show_chart(self) -> None:
        """Show the chart, what it waits for, or why there is none."""
        part = self._chart
        chart = self.chart
        current = is_current(part, self.request)
        visible = self.tab == "chart" and chart is not None and (current or part.is_loading)
        with self.front.hold_sync():
            if visible and part.value is not None and self.image.value is not part.value[1]:
                self.image.value = part.value[1]
            self.image.layout.display = None if visible else "none"
            self.front.overlay = self._render_overlay() if self.tab == "chart" else ""
            self.front.notice = render_notice(part, self.request)
            self._show_actions()
            self._show_content()

    def _render_overlay(self) -> str:
        return render_overlay(self._chart, self.request) if self.code else self.search.render_start()

    def _show_content(self) -> None:
        """Show the open tab; a table of thousands of cells is not rendered before it is looked at."""
        chart = self.chart
        if self.tab == "chart":
            self.front.content = ""
        elif self.tab in ("table", "code"):
            if chart is None or not is_current(self._chart, self.request):
                self.front.content = self._render_overlay()
            elif self.tab == "table":
                self.front.content = self.table.render(chart)
            else:
                self.front.content = html.render_code(self.source)
        else:
            self.front.content = self._tabs.render()
