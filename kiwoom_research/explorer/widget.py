"""The explorer widget: it lays out the parts and connects clicks to requests and requests to the display."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Executor, ThreadPoolExecutor
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import pandas as pd

from .. import config, data
from ..data.arguments import stock_code
from ..data.connection import default_client
from ..errors import DataError, KiwoomError, NetworkError, RequestError, UnknownCodeError
from . import codegen, html, load, messages, render
from .controls import Controls, with_classes
from .debounce import Debouncer, MakeTimer, Ticket, daemon_timer
from .load import ChartData, ChartRequest
from .messages import DisplayError, explain_error
from .search import StockFinder
from .search_panel import SearchPanel
from .stylesheet import STYLE_TAG
from .watchlist import Watchlist
from .watchlist_panel import WatchlistPanel

if TYPE_CHECKING:
    from ..client import Client

log = logging.getLogger("kiwoom_research")

TYPING, CLICKING = 0.15, 0.12  # quiet periods [s]
THREADS = 4  # so that slow requests for an abandoned chart do not block the next one
MAX_QUOTES = 100  # codes in one request of ka10095
CHART, TABLE, CODE = 0, 1, 2  # tabs


def explore(code: str | None = None, *, client: Client | None = None) -> Explorer:
    """Open the stock explorer: search, chart, key figures, table and watchlist in one widget.

    Cached data is shown at once and replaced when the server has newer data. Errors are shown inside the widget.

    Kiwoom calls: ka10099 종목정보 리스트 (search), ka10001 주식기본정보요청, ka10008 주식외국인종목별매매동향,
    ka10095 지정종목 정보요청 (watchlist), and for the chart ka10079 주식틱차트조회요청, ka10080
    주식분봉차트조회요청, ka10081 주식일봉차트조회요청, ka10082 주식주봉차트조회요청, ka10083
    주식월봉차트조회요청 or ka10094 주식년봉차트조회요청.

    Parameters
    ----------
    code : str, optional
        The stock to show first; by default the first one of the watchlist.
    client : Client, optional
        The client to use instead of the one made by `connect`.

    Returns
    -------
    Explorer
        An ipywidgets box. ``.code`` is the stock shown, ``.bars`` its frame, ``.source`` the Python code that
        gives the same frame and chart; ``.close()`` ends its threads.

    Raises
    ------
    ValueError
        `code` is not a stock code.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> explorer = kr.explore("005930")
    >>> explorer.code
    '005930'
    >>> explorer.close()
    """
    return Explorer(None if code is None else stock_code(code), client)


class Explorer(widgets.VBox):  # type: ignore[misc]
    """The widget that `explore` returns.

    Parameters
    ----------
    code : str, optional
        The stock to show first.
    client : Client, optional
        The client to use instead of the one made by `connect`.
    pool : Executor, optional
        Runs the requests; by default a thread pool of its own.
    timer : callable, optional
        Makes the timers of the debouncers, such as `threading.Timer`.

    Attributes
    ----------
    code : str
        The stock that was picked; empty before the first pick.
    chart : ChartData or None
        What is shown.
    source : str
        Python code that gives the same frame and chart.
    """

    def __init__(
        self,
        code: str | None = None,
        client: Client | None = None,
        *,
        pool: Executor | None = None,
        timer: MakeTimer = daemon_timer,
    ) -> None:
        self._client = client
        self._pool = pool or ThreadPoolExecutor(THREADS, "kiwoom-explorer")
        self._lock = threading.RLock()
        self._drawing = threading.Lock()
        self._charts = Debouncer(self._pool, self._lock, CLICKING, timer)
        self._quotes = Debouncer(self._pool, self._lock, CLICKING, timer)
        self._searches = Debouncer(self._pool, self._lock, TYPING, timer)
        self._finder = StockFinder(client)
        self.code = ""
        self.chart: ChartData | None = None
        self.source = ""
        self._info_code = ""  # the stock in the information panel

        self.controls = Controls(self._request_chart)
        self.search = SearchPanel(self._finder, self._searches, self.pick, self.show_message)
        self.image = with_classes(widgets.Image(format="png"), "chart")
        self.badge = with_classes(widgets.HTML(), "badge")
        self.headline = widgets.HTML()
        self.panel = widgets.HTML()
        self.message = widgets.HTML()
        self.table = widgets.HTML()
        self.code_page = widgets.HTML()
        self.hint = widgets.HTML(html.render_hint(messages.SEARCH_HINT))
        self.tabs = widgets.Tab(
            [widgets.VBox([self.hint, self.image]), self.table, self.code_page],
            titles=("차트", "표", "코드"),
        )
        self.watchlist = WatchlistPanel(Watchlist(self._watchlist_file()), self.pick, self._request_quotes)
        super().__init__(self._parts())
        with_classes(self, "explorer")
        self._connect_events()
        self.image.layout.display = "none"
        if code := code or next(iter(self.watchlist.rows), ""):
            self.pick(code)

    def _parts(self) -> list[Any]:
        controls = self.controls
        top = with_classes(
            widgets.HBox([self.search.box, self.watchlist.star, controls.refresh, self.badge]), "top"
        )
        left = with_classes(widgets.VBox([with_classes(self.tabs, "tabs")]), "left")
        side = with_classes(widgets.VBox([self.panel, self.watchlist.box, self.watchlist.note]), "side")
        main = with_classes(widgets.HBox([left, side]), "main")
        return [widgets.HTML(STYLE_TAG), top, self.headline, self.message, *controls.boxes(), main]

    def _connect_events(self) -> None:
        self.controls.refresh.on_click(lambda _: self._request_chart(refresh=True))
        self.tabs.observe(lambda _: self._fill_tab(), "selected_index")

    def __repr__(self) -> str:
        return f"<kiwoom_research.Explorer {self.code or 'nothing picked'}>"

    def wait(self, seconds: float = 60) -> Explorer:
        """Wait until the chart is shown, at most so many seconds, and return the widget."""
        self._charts.idle.wait(seconds)
        return self

    def close(self) -> None:
        """Cancel running requests, end the threads and remove the widget from the page."""
        for jobs in (self._charts, self._searches, self._quotes):
            jobs.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        for child in self.children:
            _close(child)
        super().close()

    @property
    def bars(self) -> pd.DataFrame | None:
        """The bars shown; None while there are none."""
        return None if self.chart is None else self.chart.bars

    # --- picking a stock ---------------------------------------------------------------------------------

    def pick(self, code: str) -> None:
        """Show another stock; ValueError when the text is not a stock code."""
        code = stock_code(code)
        with self._lock:
            self.code = code
            self._clear_chart()
            self.image.layout.visibility = "hidden"  # hidden, not removed: the page must not jump
            self._info_code = ""
            self.search.clear()
            self.headline.value = html.render_headline(code, "", None)
            self.panel.value = html.render_info(None, None, messages.LOADING_INFO)
            self.watchlist.highlight(code)
            self._request_chart()

    def _request_chart(self, *, refresh: bool = False) -> None:
        """Cancel the running requests and submit one for the chart that the controls describe."""
        with self._lock:
            self._apply_theme()
            self.message.value = ""
            if not self.code:
                return
            request = self.controls.request(self.code)
            self.add_class("kr-loading")
            self._charts.submit(lambda ticket: self._load(ticket, request, refresh))
            self._quotes.submit(lambda ticket: self._load_quotes(ticket, refresh))

    def _apply_theme(self) -> None:
        """Give the explorer the colours of its chart."""
        for name, on in (
            ("kr-dark", self.controls.dark.value),
            ("kr-western", self.controls.style.value == "western"),
        ):
            (self.add_class if on else self.remove_class)(name)

    # --- watchlist ---------------------------------------------------------------------------

    def _watchlist_file(self) -> Path:
        """Return the watchlist file; sandboxes have one of their own, because their codes are invented."""
        try:
            invented = default_client(self._client).server.loopback
        except KiwoomError:
            invented = False
        return config.own_state_dir() / f"watchlist{'-sandbox' * invented}.json"

    def _request_quotes(self) -> None:
        self._quotes.submit(lambda ticket: self._load_quotes(ticket, False), immediately=True)

    def _load_quotes(self, ticket: Ticket, refresh: bool) -> None:
        """Load names and prices of the watchlist in one request."""
        codes = list(self.watchlist.rows)[:MAX_QUOTES]
        if not codes:
            return
        try:
            # unlike get_quotes, query does not warn about delisted codes
            quotes = data.query("ka10095", stk_cd="|".join(codes), client=self._client, refresh=refresh)
        except Exception as error:  # the chart reports what is wrong
            log.debug("watchlist quotes: %s", type(error).__name__)
            return
        ticket.show(self.watchlist.show_quotes, quotes)

    # --- loading ----------------------------------------------------------------------------------

    def _load(self, ticket: Ticket, request: ChartRequest, refresh: bool) -> None:
        """Show cached data at once, then fresh data from the server where the cached data has expired."""
        try:
            client = default_client(self._client)
            if refresh or not self._load_from_cache(ticket, request, client.from_cache(fresh=True)):
                if not refresh:
                    self._load_from_cache(ticket, request, client.from_cache())
                if ticket.is_current():
                    self._load_parts(ticket, request, client, refresh)
        except Exception as error:
            ticket.show(self.show_error, self._explain(error), request)
        ticket.show(self.remove_class, "kr-loading")

    def _load_from_cache(self, ticket: Ticket, request: ChartRequest, view: Client) -> bool:
        """Show what the cache has; return whether that was everything."""
        try:
            self._load_parts(ticket, request, view, False)
        except KiwoomError:
            return False
        return True

    def _load_parts(self, ticket: Ticket, request: ChartRequest, client: Client, refresh: bool) -> None:
        code = request.code
        info: pd.Series | None = None
        try:
            frame = data.get_info(code, client=client, refresh=refresh)
            info = frame.iloc[0]
        except UnknownCodeError:
            raise
        except (DataError, RequestError) as error:  # the chart may still be available
            log.debug("%s: %s", code, error)
        name = str(info["name"]) if info is not None and isinstance(info["name"], str) else code
        ticket.show(self._show_info, code, name, info, None)
        chart = load.load_chart(request, name, self._others(request), client, refresh)
        if ticket.is_current():
            self._draw(ticket, chart, client)
        foreign = self._foreign(code, client, refresh)
        ticket.show(self._show_info, code, name, info, foreign)

    def _foreign(self, code: str, client: Client, refresh: bool) -> pd.Series | None:
        try:
            held = data.get_foreign(code, client=client, refresh=refresh)
        except KiwoomError as error:
            # funds have no such data, and the rest is worth showing without it; a cache miss must be requested
            if not (error.retryable or isinstance(error, (DataError, RequestError))):
                raise
            log.debug("%s: %s", code, error)
            return None
        return None if held.empty else held.iloc[-1]

    def _others(self, request: ChartRequest) -> dict[str, str]:
        """Return name -> code of the stocks to compare with."""
        if request.others and request.freq == "tick":
            raise DisplayError(messages.NO_TICK_COMPARISON)
        found = {}
        for text in filter(None, map(str.strip, request.others.split(","))):
            try:
                code = self._finder.resolve(text)
            except DisplayError as error:
                raise DisplayError(messages.comparison_failed(error)) from None
            if code != request.code:
                found[self._finder.name_of(code)] = code
        return found

    # --- display ---------------------------------------------------------------------------------

    def _draw(self, ticket: Ticket, chart: ChartData, client: Client) -> None:
        if chart.equals(self.chart):
            ticket.show(self._show_origin, chart, client)
            return
        with self._drawing:  # one at a time: an abandoned drawing must not slow down the next
            if not ticket.is_current():
                return
            png = render.draw_png(chart)
        ticket.show(self._show_chart, chart, png, client)

    def _show_chart(self, chart: ChartData, png: bytes, client: Client) -> None:
        self.chart = chart
        self.source = codegen.generate_code(chart, client.server.name)
        self.image.value = png
        self.image.layout.display = self.image.layout.visibility = None
        self.hint.layout.display = "none"
        self._show_origin(chart, client)
        if chart.ended:
            self.show_message(messages.last_traded(chart.bars.index[-1]))
        self._fill_tab()

    def _show_origin(self, chart: ChartData, client: Client) -> None:
        label, about = messages.describe_origin(client.server.name, client.server.loopback)
        retrieved = chart.history.attrs["retrieved"]
        age = messages.format_age(retrieved, default_client(self._client).now())
        self.badge.value = (
            f'<span class="kr-origin" title="{escape(about, quote=True)}">{escape(label)}</span>'
            f'<span class="kr-age">{messages.format_time(retrieved)} 기준 · {age}</span>'
        )

    def _show_info(self, code: str, name: str, info: pd.Series | None, foreign: pd.Series | None) -> None:
        self._info_code = code
        self.headline.value = html.render_headline(code, name, info)
        self.panel.value = html.render_info(info, foreign, messages.NO_INFO)

    def _fill_tab(self) -> None:
        """Render the open tab; a table of thousands of cells is not rendered before it is looked at."""
        chart, at = self.chart, self.tabs.selected_index
        if chart is None:
            self.table.value = self.code_page.value = ""
        elif at == TABLE:
            self.table.value = html.render_bars(chart.bars, chart.request.code, chart.request.freq)
        elif at == CODE:
            self.code_page.value = html.render_code(self.source)

    def show_message(self, text: str) -> None:
        """Show a sentence above the chart."""
        self.message.value = html.render_message(text)

    def show_error(self, text: str, request: ChartRequest) -> None:
        """Show an error; the chart stays only if it is the requested one."""
        if self.chart is not None and self.chart.request == request:
            self.show_message(f"{text} {messages.SHOWING_STORED}")
            return
        self.show_message(text)
        self._clear_chart()
        self.image.layout.display = "none"
        self.hint.value, self.hint.layout.display = html.render_hint(messages.NO_CHART), None
        if self._info_code != request.code:
            self.panel.value = html.render_info(None, None, messages.NO_INFO)

    def _clear_chart(self) -> None:
        """Remove chart, table and code: they must not appear under the headline of another stock."""
        self.chart, self.source = None, ""
        self.badge.value = ""
        self._fill_tab()

    def _explain(self, error: Exception) -> str:
        if isinstance(error, NetworkError) and default_client(self._client).settings.offline:
            return messages.OFFLINE
        return explain_error(error)


def _close(widget: Any) -> None:
    """Close a widget and everything in it; ipywidgets closes only the outermost one."""
    for child in getattr(widget, "children", ()):
        _close(child)
    for part in (getattr(widget, "style", None), widget.layout, widget):
        if part is not None:
            part.close()
