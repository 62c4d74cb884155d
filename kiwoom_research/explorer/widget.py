"""`Explorer`: the widget, and who does what when something is clicked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import pandas as pd

from .. import config, data
from ..data.arguments import stock_code
from ..data.connection import default_client
from ..data.stocks import matching
from ..errors import DataError, KiwoomError, NetworkError, RequestError, UnknownCodeError
from . import html, load, messages
from .controls import MOST_HITS, Controls, marked
from .debounce import Latest, MakeTimer, Turn, daemon_timer
from .load import Answer, Question, Refused
from .stylesheet import SHEET
from .watchlist import Watchlist
from .watchlist_panel import Watching

if TYPE_CHECKING:
    from ..client import Client

log = logging.getLogger("kiwoom_research")

TYPING, CLICKING = 0.15, 0.12  # seconds in which a newer wish replaces an older one
THREADS = 4  # slow answers that are no longer wanted must not hold up the next
MOST_QUOTES = 100  # codes in one request of ka10095
CHART, TABLE, CODE = 0, 1, 2
HINT = '<div class="kr-hint">이름, 코드 또는 초성으로 종목을 찾으세요.</div>'
NO_CHART = '<div class="kr-hint">보여 줄 차트가 없습니다.</div>'


def explore(code: str | None = None, *, client: Client | None = None) -> Explorer:
    """Look at stocks in a notebook: search, chart, figures, table, watchlist.

    The widget shows what the cache has at once and asks the server when that is no longer good. What goes wrong
    is said in the widget. It uses core ipywidgets only.

    Kiwoom calls: ka10099 종목정보 리스트 (search), ka10001 주식기본정보요청, ka10008 주식외국인종목별매매동향,
    ka10095 지정종목 정보요청 (watchlist), and for the chart ka10079 주식틱차트조회요청, ka10080
    주식분봉차트조회요청, ka10081 주식일봉차트조회요청, ka10082 주식주봉차트조회요청, ka10083
    주식월봉차트조회요청 or ka10094 주식년봉차트조회요청.

    Parameters
    ----------
    code : str, optional
        The stock to begin with; without it the first of the watchlist.
    client : Client, optional
        Another client than the one of `connect`.

    Returns
    -------
    Explorer
        An ipywidgets box. ``.code`` is what was picked, ``.bars`` the frame that is shown, ``.lines`` the Python
        that gives the same; ``.close()`` ends its threads.

    Raises
    ------
    ValueError
        `code` cannot be one.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> screen = kr.explore("005930")
    >>> screen.code
    '005930'
    >>> screen.close()
    """
    return Explorer(None if code is None else stock_code(code), client)


class Explorer(widgets.VBox):  # type: ignore[misc]
    """The widget that `explore` makes.

    Parameters
    ----------
    code : str, optional
        The stock to begin with.
    client : Client, optional
        Another client than the one of `connect`.
    pool : Executor, optional
        Where requests are made; threads of its own without it.
    timer : callable, optional
        Makes what waits for a newer wish, such as `threading.Timer`.

    Attributes
    ----------
    code : str
        What was picked; empty when nothing is.
    answer : Answer or None
        What is shown.
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
        self._wanted = Latest(self._pool, self._lock, CLICKING, timer)
        self._typed = Latest(self._pool, self._lock, TYPING, timer)
        self._priced = Latest(self._pool, self._lock, CLICKING, timer)
        self._stocks: tuple[object, pd.DataFrame] | None = None
        self.code = ""
        self.answer: Answer | None = None
        self.lines = ""
        self._known = ""  # whose figures are in the panel

        self.controls = Controls(self._changed)
        self.image = marked(widgets.Image(format="png"), "chart")
        self.badge = marked(widgets.HTML(), "badge")
        self.headline = widgets.HTML()
        self.panel = widgets.HTML()
        self.message = widgets.HTML()
        self.table = widgets.HTML()
        self.code_page = widgets.HTML()
        self.hint = widgets.HTML(HINT)
        self.tabs = widgets.Tab(
            [widgets.VBox([self.hint, self.image]), self.table, self.code_page],
            titles=("차트", "표", "코드"),
        )
        self.watching = Watching(Watchlist(self._file()), self.pick, self._watched)
        super().__init__(self._parts())
        marked(self, "explorer")
        self._listen()
        self._show_hits([])
        self.image.layout.display = "none"
        if code := code or next(iter(self.watching.rows), ""):
            self.pick(code)

    def _parts(self) -> list[Any]:
        made = self.controls
        find = marked(widgets.VBox([made.search, made.hit_list]), "find")
        top = marked(widgets.HBox([find, self.watching.star, made.refresh, self.badge]), "top")
        left = marked(widgets.VBox([marked(self.tabs, "tabs")]), "left")
        side = marked(widgets.VBox([self.panel, self.watching.box, self.watching.note]), "side")
        main = marked(widgets.HBox([left, side]), "main")
        return [widgets.HTML(SHEET), top, self.headline, self.message, *made.boxes(), main]

    def _listen(self) -> None:
        made = self.controls
        made.search.observe(lambda change: self._search(change["new"]), "value")
        made.search.on_msg(self._entered)
        for hit in made.hits:
            hit.on_click(lambda clicked: self._hit(clicked))
        made.refresh.on_click(lambda _: self._changed(refresh=True))
        self.tabs.observe(lambda _: self._fill_tab(), "selected_index")

    def __repr__(self) -> str:
        return f"<kiwoom_research.Explorer {self.code or 'nothing picked'}>"

    def wait(self, seconds: float = 60) -> Explorer:
        """Wait until what was picked is shown, for as many seconds at most; returns the widget."""
        self._wanted.idle.wait(seconds)
        return self

    def close(self) -> None:
        """Forget what is on its way, end the threads, and take the widget away."""
        for jobs in (self._wanted, self._typed, self._priced):
            jobs.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        for child in self.children:
            _close(child)
        super().close()

    @property
    def bars(self) -> pd.DataFrame | None:
        """The bars that are shown; None while there are none."""
        return None if self.answer is None else self.answer.bars

    # --- picking ---------------------------------------------------------------------------------

    def pick(self, code: str) -> None:
        """Show another stock; ValueError when it cannot be a code."""
        code = stock_code(code)
        with self._lock:
            self.code = code
            self._show_nothing()
            self.image.layout.visibility = "hidden"  # it keeps its place: the page must not jump
            self._known = ""
            self.controls.search.value = ""
            self._show_hits([])
            self.headline.value = html.headline(code, "", None)
            self.panel.value = html.panel(None, None, "종목 정보를 기다리는 중…")
            self.watching.mark(code)
            self._changed()

    def _changed(self, *, refresh: bool = False) -> None:
        """Something else is wanted: whatever is on its way is dropped, and the new is asked for in a moment."""
        with self._lock:
            self._dress()
            self.message.value = ""
            if not self.code:
                return
            question = self.controls.question(self.code)
            self.add_class("kr-loading")
            self._wanted.run(lambda turn: self._answer(turn, question, refresh))
            self._priced.run(lambda turn: self._price(turn, refresh))

    def _dress(self) -> None:
        """The colours of the screen follow those of the chart."""
        for name, on in (
            ("kr-dark", self.controls.dark.value),
            ("kr-western", self.controls.style.value == "western"),
        ):
            (self.add_class if on else self.remove_class)(name)

    # --- searching -------------------------------------------------------------------------------

    def _search(self, text: str) -> None:
        self.message.value = ""
        if text.strip():
            self._typed.run(lambda turn: self._find(turn, text, first=False))
        else:
            self._typed.drop()
            self._show_hits([])

    def _entered(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        """Enter in the search box takes the first hit of what stands there now."""
        text = self.controls.search.value
        if content.get("event") == "submit" and text.strip():
            self._typed.run(lambda turn: self._find(turn, text, first=True), at_once=True)

    def _find(self, turn: Turn, text: str, first: bool) -> None:
        try:
            if not first:
                found = matching(self._all_stocks(), text).head(MOST_HITS)
                turn.show(
                    self._show_hits, list(zip(found.index, found["name"], found["market"], strict=True))
                )
                return
            turn.show(self.pick, self._meant(text))
        except Exception as error:
            turn.show(self._say, _reason(error))

    def _meant(self, text: str) -> str:
        """The code of the best hit, else the text itself when it is a code."""
        problem: Exception = Refused(f"‘{text.strip()}’에 맞는 종목이 없습니다.")
        try:
            found = matching(self._all_stocks(), text)
            if len(found):
                return str(found.index[0])
        except KiwoomError as error:  # without the list a code will still do
            problem = error
        try:
            return stock_code(text)
        except ValueError:
            raise problem from None

    def _all_stocks(self) -> pd.DataFrame:
        """The stock list, parsed once a day."""
        client = default_client(self._client)
        key = (client, client.now().date())
        if self._stocks is None or self._stocks[0] != key:
            self._stocks = (key, data.get_stocks("all", client=client))
        return self._stocks[1]

    def _show_hits(self, found: list[tuple[str, str, str]]) -> None:
        made = self.controls
        for hit, row in zip(made.hits, [*found, *[None] * (MOST_HITS - len(found))], strict=True):
            if row is not None:
                code, name, market = row
                hit.description = f"{name}   {code} · {html.MARKETS.get(market, market)}"
                hit.code = code
            hit.layout.display = "none" if row is None else None
        made.hit_list.layout.display = None if found else "none"

    def _hit(self, clicked: Any) -> None:
        self.pick(clicked.code)
        self.controls.search.focus()  # the button that had it is gone

    # --- the watchlist ---------------------------------------------------------------------------

    def _file(self) -> Path:
        """Invented codes do not belong beside real ones."""
        try:
            invented = default_client(self._client).server.loopback
        except KiwoomError:
            invented = False
        return config.own_state_dir() / f"watchlist{'-sandbox' * invented}.json"

    def _watched(self) -> None:
        self._priced.run(lambda turn: self._price(turn, False), at_once=True)

    def _price(self, turn: Turn, refresh: bool) -> None:
        """Names and prices of what is watched, in one request."""
        codes = list(self.watching.rows)[:MOST_QUOTES]
        if not codes:
            return
        try:
            # get_quotes would warn of codes that are no longer listed
            quotes = data.query("ka10095", stk_cd="|".join(codes), client=self._client, refresh=refresh)
        except Exception as error:  # the chart says what is wrong
            log.debug("prices of the watchlist: %s", type(error).__name__)
            return
        turn.show(self.watching.fill, quotes)

    # --- asking ----------------------------------------------------------------------------------

    def _answer(self, turn: Turn, question: Question, refresh: bool) -> None:
        """What the cache has, at once; then what the server says, if that is too old."""
        try:
            client = default_client(self._client)
            if refresh or not self._from_cache(turn, question, client.from_cache(fresh=True)):
                if not refresh:
                    self._from_cache(turn, question, client.from_cache())
                if turn.current():
                    self._ask(turn, question, client, refresh)
        except Exception as error:
            turn.show(self._fail, self._why(error), question)
        turn.show(self.remove_class, "kr-loading")

    def _from_cache(self, turn: Turn, question: Question, view: Client) -> bool:
        """Show what the cache has; whether that is everything."""
        try:
            self._ask(turn, question, view, False)
        except KiwoomError:
            return False
        return True

    def _ask(self, turn: Turn, question: Question, client: Client, refresh: bool) -> None:
        code = question.code
        info: pd.Series | None = None
        try:
            frame = data.get_info(code, client=client, refresh=refresh)
            info = frame.iloc[0]
        except UnknownCodeError:
            raise
        except (DataError, RequestError) as error:  # the chart may still be had
            log.debug("%s: %s", code, error)
        name = str(info["name"]) if info is not None and isinstance(info["name"], str) else code
        turn.show(self._show_info, code, name, info, None)
        answer = load.ask(question, name, self._others(question), client, refresh)
        if turn.current():
            self._draw(turn, answer, client)
        foreign = self._foreign(code, client, refresh)
        turn.show(self._show_info, code, name, info, foreign)

    def _foreign(self, code: str, client: Client, refresh: bool) -> pd.Series | None:
        try:
            held = data.get_foreign(code, client=client, refresh=refresh)
        except KiwoomError as error:
            # funds have none; a server that fails here has given all the rest. What only the cache lacks is asked for
            if not (error.retryable or isinstance(error, (DataError, RequestError))):
                raise
            log.debug("%s: %s", code, error)
            return None
        return None if held.empty else held.iloc[-1]

    def _others(self, question: Question) -> dict[str, str]:
        """Name -> code of what to compare with."""
        if question.others and question.freq == "tick":
            raise Refused("틱은 비교할 수 없습니다. 다른 간격을 고르세요.")
        found = {}
        for text in filter(None, map(str.strip, question.others.split(","))):
            try:
                code = self._meant(text)
            except Refused as error:
                raise Refused(f"비교: {error}") from None
            if code != question.code:
                found[str(self._all_stocks()["name"].get(code, code))] = code
        return found

    # --- showing ---------------------------------------------------------------------------------

    def _draw(self, turn: Turn, answer: Answer, client: Client) -> None:
        if answer.same(self.answer):
            turn.show(self._show_origin, answer, client)
            return
        with self._drawing:  # two cores: a picture that is no longer wanted must not slow down the next
            if not turn.current():
                return
            png = load.picture(answer)
        turn.show(self._show_chart, answer, png, client)

    def _show_chart(self, answer: Answer, png: bytes, client: Client) -> None:
        self.answer = answer
        self.lines = load.lines(answer, client.server.name)
        self.image.value = png
        self.image.layout.display = self.image.layout.visibility = None
        self.hint.layout.display = "none"
        self._show_origin(answer, client)
        if answer.ended:
            self._say(f"최근에는 거래가 없습니다. 마지막 거래는 {answer.bars.index[-1]:%Y-%m-%d}입니다.")
        self._fill_tab()

    def _show_origin(self, answer: Answer, client: Client) -> None:
        label, about = messages.origin(client.server.name, client.server.loopback)
        retrieved = answer.history.attrs["retrieved"]
        age = messages.age(retrieved, default_client(self._client).now())
        self.badge.value = (
            f'<span class="kr-origin" title="{escape(about, quote=True)}">{escape(label)}</span>'
            f'<span class="kr-age">{messages.moment(retrieved)} 기준 · {age}</span>'
        )

    def _show_info(self, code: str, name: str, info: pd.Series | None, foreign: pd.Series | None) -> None:
        self._known = code
        self.headline.value = html.headline(code, name, info)
        self.panel.value = html.panel(info, foreign, "종목 정보가 없습니다.")

    def _fill_tab(self) -> None:
        """A table of thousands of cells is made when somebody looks at it."""
        answer, at = self.answer, self.tabs.selected_index
        if answer is None:
            self.table.value = self.code_page.value = ""
        elif at == TABLE:
            self.table.value = html.table(answer.bars, answer.question.code, answer.question.freq)
        elif at == CODE:
            self.code_page.value = html.code(self.lines)

    def _say(self, text: str) -> None:
        self.message.value = html.message(text)

    def _fail(self, text: str, question: Question) -> None:
        """Say what went wrong; the chart stays only if it is the one that was asked for."""
        if self.answer is not None and self.answer.question == question:
            self._say(f"{text} 저장해 둔 값을 보여 줍니다.")
            return
        self._say(text)
        self._show_nothing()
        self.image.layout.display = "none"
        self.hint.value, self.hint.layout.display = NO_CHART, None
        if self._known != question.code:
            self.panel.value = html.panel(None, None, "종목 정보가 없습니다.")

    def _show_nothing(self) -> None:
        """Neither table nor lines of what was shown may stand under another headline."""
        self.answer, self.lines = None, ""
        self.badge.value = ""
        self._fill_tab()

    def _why(self, error: Exception) -> str:
        if isinstance(error, NetworkError) and default_client(self._client).settings.offline:
            return "저장된 값이 없습니다. 오프라인으로 연결해서 서버에 묻지 않습니다."
        return _reason(error)


def _close(widget: Any) -> None:
    """Close a widget with everything in it; ipywidgets closes the outermost only."""
    for child in getattr(widget, "children", ()):
        _close(child)
    for part in (getattr(widget, "style", None), widget.layout, widget):
        if part is not None:
            part.close()


def _reason(error: Exception) -> str:
    if isinstance(error, Refused):
        return str(error)
    log.debug("the explorer says %s", type(error).__name__, exc_info=error)
    return messages.plain(error)
