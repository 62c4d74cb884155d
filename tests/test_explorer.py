"""The explorer without a browser: events arrive as the page reports them, the server is the sandbox over HTTP."""

import gc
import io
import json
import re
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ipywidgets
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research import calendar
from kiwoom_research.charts import theme
from kiwoom_research.client import Client
from kiwoom_research.client.waits import Wait
from kiwoom_research.data import connection
from kiwoom_research.explorer import Explorer, codegen, html, messages, render
from kiwoom_research.explorer.chart_request import CHOICES, FREQS, SWITCHES
from kiwoom_research.explorer.controls import SHORTCUTS, TABS
from kiwoom_research.explorer.front import FRAME, Front
from kiwoom_research.explorer.stylesheet import STYLE_SHEET
from kiwoom_research.explorer.watchlist import DamagedFile, Watchlist
from kiwoom_research.sandbox import Sandbox

from .conftest import FakeClock, client_of

PNG = b"\x89PNG"
SAMSUNG, HYNIX, KAKAO, HALTED, WARNED = "005930", "000660", "035720", "850040", "850060"


class Here(Executor):
    """Does everything at once, in the thread that asks."""

    def submit(self, task: Callable[..., Any], /, *given: Any, **named: Any) -> "Future[Any]":
        """Run a task; what it raises is raised here."""
        done: Future[Any] = Future()
        done.set_result(task(*given, **named))
        return done


class AtOnce:
    """A timer that does not wait."""

    def __init__(self, seconds: float, action: Callable[[], None]) -> None:
        self.start = action

    def cancel(self) -> None:
        """There is nothing to cancel any more."""


class Later(Executor):
    """Does what it was asked when the test says so."""

    def __init__(self) -> None:
        self.tasks: list[Callable[[], Any]] = []

    def submit(self, task: Callable[..., Any], /, *given: Any, **named: Any) -> "Future[Any]":
        """Keep a task."""
        self.tasks.append(lambda: task(*given, **named))
        return Future()

    def go_on(self) -> None:
        """Run all tasks, also those that they submit."""
        while self.tasks:
            self.tasks.pop(0)()


class ByHand:
    """Timers that go off when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Any] = []

    def __call__(self, seconds: float, action: Callable[[], None]) -> Any:
        """Make one."""
        timers = self

        class Timer:
            def start(self) -> None:
                timers.waiting.append(self)

            def cancel(self) -> None:
                if self in timers.waiting:
                    timers.waiting.remove(self)

            run = staticmethod(action)

        return Timer()

    def go_off(self) -> None:
        """All that still wait."""
        waiting, self.waiting = self.waiting, []
        for timer in waiting:
            timer.run()


Make = Callable[..., Explorer]
Messages = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A watchlist of the test's own."""
    monkeypatch.setenv("KIWOOM_STATE_DIR", str(tmp_path / "own"))
    return tmp_path / "own"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Messages:
    """The messages that the browser gets."""
    messages: Messages = []

    def send(self: Front, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        messages.append({**content, "buffers": buffers})

    monkeypatch.setattr(Front, "send", send)
    return messages


@pytest.fixture
def make(sent: Messages) -> Iterator[Make]:
    """Makes explorers that do everything at once."""
    made: list[Explorer] = []

    def explorer(code: str | None, client: Client | None, **options: Any) -> Explorer:
        made.append(Explorer(code, client, **{"pool": Here(), "timer": AtOnce, **options}))
        return made[-1]

    yield explorer
    for screen in made:
        screen.close()


@pytest.fixture
def reader(shared_box: Sandbox, tmp_path: Path) -> Iterator[Client]:
    """A client of the sandbox that only answers."""
    with client_of(shared_box, tmp_path) as made:
        yield made


@pytest.fixture
def screen(make: Make, reader: Client) -> Explorer:
    """An explorer with 삼성전자."""
    return make(SAMSUNG, reader)


@pytest.fixture
def hasty(box: Sandbox, tmp_path: Path) -> Iterator[Client]:
    """A client that does not wait before it tries again."""
    with client_of(box, tmp_path, clock=FakeClock()) as made:
        yield made


def picture(screen: Explorer) -> bytes:
    """The chart as it is shown; empty while it is hidden."""
    return b"" if screen.image.layout.display == "none" else bytes(screen.image.value)


def text_of(html: str) -> str:
    """What somebody reads."""
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", html)).strip()


def facts(html: str) -> dict[str, str]:
    """Labels and values of a list of facts."""
    return dict(re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", html))


def until(happened: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    for _ in range(3000):
        if happened():
            return
        time.sleep(0.01)
    pytest.fail("it did not happen")


# --- what is shown ------------------------------------------------------------------------------------


def test_it_opens(screen: Explorer, reader: Client) -> None:
    """Chart, price with arrow and colour, key figures, origin and age; nothing is still awaited."""
    assert picture(screen).startswith(PNG)
    assert screen.bars is not None
    assert screen.bars.index[-1] == pd.Timestamp("2026-11-20")
    info = kr.get_info(SAMSUNG, client=reader).iloc[0]
    assert text_of(screen.front.headline) == (
        f"삼성전자(가상) 005930 · 코스피 {info['price']:,.0f} ▼300 (−0.31%)"
    )
    assert "kr-price kr-down" in screen.front.headline
    shown = facts(screen.front.info)
    assert shown["PER"] == f"{info['per']}배"
    assert shown["시가총액"] == "577조원"
    held = kr.get_foreign(SAMSUNG, client=reader)["foreign_holding"].iloc[-1]
    assert shown["외국인 보유"] == f"{held}%"
    assert "52주 범위 58,700 106,700" in text_of(screen.front.info)
    left = re.search(r"left:([\d.]+)%", screen.front.info)
    assert left
    assert float(left[1]) == pytest.approx(100 * (97_500 - 58_700) / (106_700 - 58_700), abs=0.05)
    assert text_of(screen.front.actions).endswith("가상 데이터 2026-11-20 21:30 기준 · 방금")
    assert (screen.front.overlay, screen.front.notice) == ("", "")


def test_nothing_picked(make: Make, reader: Client) -> None:
    """Without a code the start panel offers the market in place of the chart; the star does nothing."""
    screen = make(None, reader)
    assert (screen.code, screen.bars, screen.source) == ("", None, "")
    assert picture(screen) == b""
    assert "별명(삼전)" in screen.front.overlay
    screen.handle({"do": "star"})
    assert screen.watchlist.codes == []


@pytest.mark.parametrize("freq", FREQS.values())
def test_every_interval_and_period(screen: Explorer, freq: str) -> None:
    """Each gives a chart of its bars, from the first day of the period on."""
    screen.handle({"do": "set", "name": "freq", "value": freq})
    assert screen.request.period == CHOICES[freq][1]
    lengths = []
    for period in CHOICES[freq][0]:
        screen.handle({"do": "set", "name": "period", "value": period})
        assert screen.front.notice == ""
        assert screen.bars is not None
        assert screen.chart is not None
        assert screen.chart.request.period == period
        assert screen.bars.attrs["freq"] == freq
        lengths.append(len(screen.bars))
        first = screen.chart.range.first
        if first is not None:
            day = screen.bars.index[0].tz_localize(None) if "min" in freq else screen.bars.index[0]
            assert day >= pd.Timestamp(first)
    assert lengths == sorted(set(lengths))
    assert picture(screen).startswith(PNG)


@pytest.mark.parametrize("freq", ["1min", "60min", "1d", "1w"])
def test_averages_are_known_from_the_first_bar(screen: Explorer, freq: str) -> None:
    """There are at least 119 bars before the first that is shown."""
    screen.choose(freq=freq)
    assert screen.chart is not None
    assert len(screen.chart.history) - len(screen.chart.bars) >= 119


def test_choices_change_the_picture(screen: Explorer) -> None:
    """Each switch, kind, colour and theme gives another picture, and switching back the first one."""
    first, seen = picture(screen), {picture(screen)}
    for name in SWITCHES:
        if name != "adjusted":
            screen.handle({"do": "toggle", "name": name})
            assert picture(screen) not in seen
            seen.add(picture(screen))
            screen.handle({"do": "toggle", "name": name})
            assert picture(screen) == first
    for name, value, usual in (
        ("kind", "line", "candles"),
        ("kind", "heikin-ashi", "candles"),
        ("style", "western", "korean"),
    ):
        screen.handle({"do": "set", "name": name, "value": value})
        assert picture(screen) not in seen
        seen.add(picture(screen))
        screen.handle({"do": "set", "name": name, "value": usual})
    assert picture(screen) == first


def test_a_value_that_is_not_offered(screen: Explorer) -> None:
    """The name of the choice and what it takes are in the error; the chart stays as it is."""
    with pytest.raises(ValueError, match=r"^period: expected one of 1개월, .*, got '30년'$"):
        screen.choose(period="30년")
    with pytest.raises(ValueError, match=r"^freq: expected one of tick, 1min"):
        screen.choose(freq="2min")
    assert screen.request.period == "1년"
    assert screen.chart is not None


def test_the_theme_follows_the_page_until_it_is_chosen(screen: Explorer) -> None:
    """A dark page makes explorer and chart dark; a theme that was chosen does not follow the page any more."""
    light = picture(screen)
    screen.handle({"do": "page-theme", "dark": True})
    assert screen.front.dark
    assert picture(screen) != light
    screen.handle({"do": "theme", "value": "light"})
    assert not screen.front.dark
    assert picture(screen) == light
    screen.handle({"do": "page-theme", "dark": False})
    screen.handle({"do": "theme", "value": "dark"})
    assert screen.front.dark
    assert 'theme="dark"' in screen.source
    screen.handle({"do": "theme", "value": "auto"})
    assert not screen.front.dark
    screen.choose(style="western")
    assert screen.front.western
    for colour in (theme.LIGHT.up, theme.DARK.background, *theme.STYLES["western"]["dark"]):
        assert colour in STYLE_SHEET


def test_adjusted_or_not(make: Make, client: Client) -> None:
    """As traded, a split is a jump; adjusted it is none."""
    screen = make(KAKAO, client)
    screen.choose(period="10년")
    assert screen.bars is not None
    adjusted = screen.bars["close"]
    screen.handle({"do": "toggle", "name": "adjusted"})
    assert screen.bars.attrs["adjusted"] is False
    assert not screen.bars["close"].equals(adjusted)


# --- truth --------------------------------------------------------------------------------------------


def test_a_halted_stock(make: Make, reader: Client) -> None:
    """It carries a badge and shows the price that it is held at; the session without trades is dashes, not 0."""
    screen = make(HALTED, reader)
    assert '<span class="kr-status kr-stop">거래정지</span>' in screen.front.headline
    held = kr.get_bars(HALTED, client=reader)["close"].iloc[-1]
    shown = facts(screen.front.info)
    assert shown["정지 가격"] == f"{held:,.0f}원"
    assert [shown[name] for name in ("시가", "고가", "저가")] == ["-", "-", "-"]
    assert f"{held:,.0f}" in screen.front.headline
    screen.open_tab("info")
    assert facts(screen.front.content)["시가"] == "-"
    assert "거래정지" in facts(screen.front.content)["상태"]


def test_a_stock_under_warning(make: Make, reader: Client) -> None:
    """The exchange's warning is a badge, named once although two columns say it."""
    assert text_of(make(WARNED, reader).front.headline).count("투자경고") == 1
    assert "kr-status" not in make(SAMSUNG, reader).front.headline


@pytest.mark.parametrize(
    ("state", "audit", "warning", "badges"),
    [
        ("증거금40%", "정상", "none", []),
        ("증거금100%|관리종목|거래정지", "거래정지", "none", ["관리", "거래정지"]),
        ("증거금100%", "투자주의환기종목", "none", ["환기"]),
        ("증거금100%|단기과열", "단기과열", "risk", ["투자위험", "단기과열"]),
        ("증거금100%", "정상", "liquidation", ["정리매매"]),
        ("", None, "none", []),
    ],
)
def test_badges(state: str, audit: str | None, warning: str, badges: list[str]) -> None:
    """Severe ones first, each once; missing values are no badge."""
    row = pd.Series({"state": state, "audit": audit, "warning": warning})
    assert [label for label, _ in html.status_badges(row)] == badges


def test_replayed_prices_are_called_so(make: Make, tmp_path: Path) -> None:
    """Real history that is served again is neither invented nor current; what the file lacks is a dash."""
    with replayed(tmp_path, "2026-11-20") as box, client_of(box, tmp_path) as client:
        screen = make(SAMSUNG, client)
        assert screen.chart is not None
        assert "과거 데이터 재생" in screen.front.actions
        assert facts(screen.front.info)["PER"] == "-"


def test_every_origin_has_its_words() -> None:
    """Only the real server is called real."""
    labels = {
        name: messages.describe_origin(name, loopback)[0]
        for name, loopback in (
            ("real", False), ("mock", False), ("sandbox-1", True), ("sandbox-replay-1", True),
            ("127.0.0.1:1", True), ("host", False),
        )
    }  # fmt: skip
    assert len(set(labels.values())) == len(labels)
    assert [name for name, label in labels.items() if "실제" in label] == ["real"]


# --- comparison and indices -----------------------------------------------------------------------------


def test_compare(screen: Explorer) -> None:
    """Names, codes and indices, separated by commas; the stock itself is not compared with itself."""
    before = picture(screen)
    screen.handle({"do": "set", "name": "others", "value": " 000660, 카카오, 삼성전자, 코스피"})
    assert screen.chart is not None
    assert {code for code, _ in screen.chart.others.values()} == {HYNIX, KAKAO, "001"}
    assert list(screen.chart.others)[-1] == "코스피"
    assert picture(screen) != before
    assert screen.front.notice == ""
    screen.choose(others="")
    assert picture(screen) == before


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("999999", "비교 ‘999999’: 없는 종목입니다."),
        ("카카오뱅", "비교 ‘카카오뱅’: ‘카카오뱅’에 맞는 종목이나 지수가 없습니다."),
    ],
)
def test_one_wrong_name_in_a_comparison(typed: str, said: str, screen: Explorer) -> None:
    """A note names it; the chart, the other comparisons and the stocks after this one stay."""
    screen.choose(others=f"000660, {typed}")
    assert said in text_of(screen.front.notice)
    assert picture(screen).startswith(PNG)
    assert screen.chart is not None
    assert list(screen.chart.others) == ["SK하이닉스(가상)"]
    screen.pick(KAKAO)
    assert said in text_of(screen.front.notice)
    assert picture(screen).startswith(PNG)
    assert screen.chart.request.code == KAKAO
    screen.choose(others="000660")
    assert screen.front.notice == ""


def test_ticks_and_minutes_that_cannot_be_compared(screen: Explorer) -> None:
    """Ticks with a stock and minutes with an index are noted beside a chart of the stock alone."""
    screen.choose(freq="tick", others="000660")
    assert "틱은 비교할 수 없습니다" in screen.front.notice
    assert screen.chart is not None
    assert screen.chart.others == {}
    screen.choose(freq="5min", others="000660, 코스닥")
    assert "비교 ‘코스닥’: 지수는 일봉만 볼 수 있습니다." in text_of(screen.front.notice)
    assert list(screen.chart.others) == ["SK하이닉스(가상)"]


def test_an_index(make: Make, reader: Client) -> None:
    """An index has a level, its stocks that rise and fall, daily bars, and none of the tabs of a stock."""
    screen = make("001", reader)
    level = kr.get_sector("kospi", client=reader).iloc[0]
    assert text_of(screen.front.headline).startswith(f"코스피 001 · 지수 {level['level']:,.0f}")
    assert facts(screen.front.info)["하락"] == f"{level['falling']:.0f}종목"
    assert screen.bars is not None
    assert screen.bars["close"].iloc[-1] == level["level"]
    assert picture(screen).startswith(PNG)
    disabled = set(re.findall(r'data-value="(\w+)"[^>]*aria-disabled="true"', screen.front.tabs))
    assert disabled == {"flows", "info"}
    assert 'kr.get_index("001", start=' in screen.source
    screen.handle({"do": "star"})
    assert screen.watchlist.codes == []


def test_from_minutes_to_an_index(screen: Explorer) -> None:
    """Indices have daily bars, and no tab of a stock stays open."""
    screen.choose(freq="5min")
    screen.open_tab("flows")
    screen.pick("101")
    assert (screen.request.freq, screen.tab) == ("1d", "chart")
    assert picture(screen).startswith(PNG)


# --- tabs ---------------------------------------------------------------------------------------------


def rows_of(screen: Explorer) -> list[str]:
    """The rows of the table, as text."""
    return [text_of(row) for row in re.findall("<tr>(.*?)</tr>", screen.front.content)][1:]


def test_table(screen: Explorer) -> None:
    """The newest bar first, in the colours of its direction; nothing is rendered before somebody looks."""
    assert screen.front.content == ""
    screen.handle({"do": "tab", "value": "table"})
    assert picture(screen) == b""
    assert screen.bars is not None
    assert len(rows_of(screen)) == len(screen.bars)
    assert rows_of(screen)[0].startswith("2026-11-20 97,600 98,100 96,600 97,500 −300 22,092,363")
    assert '<td class="kr-down">97,500</td>' in screen.front.content
    screen.pick(HYNIX)
    assert "311,500" in rows_of(screen)[0]
    screen.handle({"do": "tab", "value": "chart"})
    assert screen.front.content == ""
    assert picture(screen).startswith(PNG)


def test_table_is_sorted(screen: Explorer) -> None:
    """A click on a column sorts all bars by it, largest first; a second one turns the order."""
    screen.open_tab("table")
    screen.handle({"do": "sort", "value": "volume"})
    assert screen.bars is not None
    largest = screen.bars["volume"].nlargest(3)
    assert [row[:10] for row in rows_of(screen)[:3]] == [f"{day:%Y-%m-%d}" for day in largest.index]
    assert re.findall('aria-sort="(.*?)"', screen.front.content) == ["descending"]
    screen.handle({"do": "sort", "value": "volume"})
    assert rows_of(screen)[0][:10] == f"{screen.bars['volume'].idxmin():%Y-%m-%d}"
    screen.handle({"do": "sort", "value": ""})
    assert rows_of(screen)[0][:10] == "2026-11-20"


def test_columns_are_chosen(screen: Explorer) -> None:
    """Every column of the frame can be shown and hidden, except the signs, which are the colours."""
    screen.open_tab("table")
    assert "회전율" not in screen.front.content
    screen.handle({"do": "columns"})
    assert screen.bars is not None
    offered = re.findall(r'data-do="column"[^>]*data-value="(.*?)"', screen.front.content)
    assert sorted(offered) == sorted(column for column in screen.bars.columns if not column.endswith("_sign"))
    for column in ("turnover", "complete"):
        screen.handle({"do": "column", "value": column})
    screen.handle({"do": "column", "value": "open"})
    screen.handle({"do": "columns"})
    heads = [text_of(head) for head in re.findall('<th scope="col".*?</th>', screen.front.content)]
    assert heads == ["시각 ▼", "고가", "저가", "종가", "전일대비", "거래량", "거래대금", "회전율", "확정"]


def test_long_tables_are_cut_and_say_so(screen: Explorer) -> None:
    """Three hundred rows are shown; the sort takes all of them into account."""
    screen.choose(period="10년")
    screen.open_tab("table")
    assert screen.bars is not None
    assert f"{len(screen.bars):,}행 중 300행" in screen.front.content
    assert len(rows_of(screen)) == 300
    screen.handle({"do": "sort", "value": "close"})
    assert rows_of(screen)[0][:10] == f"{screen.bars['close'].idxmax():%Y-%m-%d}"


def test_csv(screen: Explorer, sent: Messages) -> None:
    """The file holds every row and column and the code, readable for Excel and for pandas."""
    screen.choose(freq="5min")
    screen.open_tab("table")
    screen.handle({"do": "csv"})
    message = sent[-1]
    assert (message["kind"], message["name"], message["type"]) == ("file", "005930_5min.csv", "text/csv")
    (content,) = message["buffers"]
    assert content.startswith(b"\xef\xbb\xbf")
    again = pd.read_csv(io.BytesIO(content), index_col="time", parse_dates=True, dtype={"code": str})
    assert (again.pop("code") == SAMSUNG).all()
    assert screen.bars is not None
    assert again.columns.tolist() == screen.bars.columns.tolist()
    assert again["close"].tolist() == screen.bars["close"].tolist()
    assert (again.index == screen.bars.index).all()


def test_flows(screen: Explorer, reader: Client) -> None:
    """Who buys: the newest day and the total of the days shown, one bar a day, with its date and shares."""
    screen.open_tab("flows")
    net = kr.get_investors(SAMSUNG, pages=1, client=reader)["foreign_net"].tail(60)
    shown = screen.front.content
    assert text_of(shown).count("60일 합계") == 3
    assert f"<title>{net.index[0]:%Y-%m-%d} {f'{net.iloc[0]:,.0f}'.replace('-', '−')}주</title>" in shown
    assert shown.count('<path class="kr-line"') == 5
    held = kr.get_foreign(SAMSUNG, client=reader)["foreign_holding"].iloc[-1]
    assert f"보유율 {held:.2f}%" in shown
    ratio = kr.get_short(SAMSUNG, client=reader)["short_ratio"].iloc[-1]
    assert f"거래량의 {ratio:.2f}%" in shown


def test_one_section_of_a_tab_fails(make: Make, box: Sandbox, hasty: Client) -> None:
    """The others stand; trying again brings it back."""
    screen = make(SAMSUNG, hasty)
    box.fail("500", None, call="ka10014")
    screen.open_tab("flows")
    sections = screen.front.content.split('<div class="kr-card">')[1:]
    assert ["HTTP 500" in section for section in sections] == [False, False, True]
    assert [section.count("<svg") for section in sections] == [3, 1, 0]
    box.clear_faults()
    screen.handle({"do": "refresh"})
    assert screen.front.content.count("<svg") == 5


def test_info(screen: Explorer, reader: Client) -> None:
    """Every group of facts, in won, shares and percent, with the listing."""
    screen.open_tab("info")
    shown, info = facts(screen.front.content), kr.get_info(SAMSUNG, client=reader).iloc[0]
    assert shown["상한가"] == f"{info['upper_limit']:,.0f}"
    assert shown["결산월"] == "12월"
    assert shown["상장일"] == "1975-06-11"
    assert shown["업종"] == "전기/전자"
    assert not re.search(r"\bnan\b", text_of(screen.front.content), re.IGNORECASE)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens(tab: str, screen: Explorer) -> None:
    """Each is marked as open and shows something."""
    screen.handle({"do": "tab", "value": tab})
    assert re.findall(r'data-value="(\w+)"[^>]*aria-selected="true"', screen.front.tabs) == [tab]
    assert picture(screen) if tab == "chart" else screen.front.content


# --- the code -----------------------------------------------------------------------------------------


def ran(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is known after the code has run as it stands, in a new session."""
    shared, rate = Sandbox.shared(), Sandbox.shared().rate
    shared.rate = None
    monkeypatch.setattr(connection, "_default", None)
    monkeypatch.setenv("KIWOOM_CACHE_DIR", str(tmp_path / "lines"))
    names: dict[str, Any] = {}
    try:
        exec(source, names)
    finally:
        shared.rate = rate
        if connection._default is not None:
            connection._default.close()
    return names


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"freq": "1w", "bollinger": True, "rsi": True, "macd": True},
        {"freq": "5min", "kind": "line", "averages": False},
        {"freq": "60min", "period": "6개월", "profile": True},
        {"freq": "tick"},
        {"freq": "1y", "style": "western"},
        {"period": "5년", "adjusted": False, "volume": False, "log": True},
        {"others": "하이닉스, 035720", "freq": "1w", "log": True},
        {"others": "코스피, 카카오", "adjusted": False},
    ],
    ids=str,
)
def test_the_code_gives_the_same(
    screen: Explorer, chosen: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run in a new session, the code gives this frame, these frames to compare with, and this chart."""
    screen.choose(**chosen)
    screen.open_tab("code")
    shown = re.search("<pre[^>]*>(.*?)</pre>", screen.front.content, re.DOTALL)
    assert shown
    assert shown[1].replace("&quot;", '"').replace("&#x27;", "'").replace("&gt;", ">") == screen.source
    source = screen.source.replace("kr.plot(", "figure = kr.plot(").replace(
        "kr.compare(", "figure = kr.compare("
    )
    names = ran(source, tmp_path, monkeypatch)
    assert screen.chart is not None
    pd.testing.assert_frame_equal(names["bars"], screen.chart.bars)
    assert names["bars"].attrs["adjusted"] == screen.chart.bars.attrs["adjusted"]
    for name, (_, frame) in screen.chart.others.items():
        pd.testing.assert_frame_equal(names["compared"][name], frame)
    panes = sum(chosen.get(name, name == "volume") for name in ("volume", "rsi", "macd"))
    assert len(names["figure"].axes) == 1 + (0 if screen.chart.others else panes)


def test_the_code_says_where(screen: Explorer) -> None:
    """The code connects where the explorer is connected; another server is left to the reader."""
    assert screen.chart is not None
    for server, said in (
        ("real", 'kr.connect("real")'),
        ("mock", 'kr.connect("mock")'),
        ("127.0.0.1:8490", "# "),
    ):
        chart = screen.chart.__class__(
            **{name: getattr(screen.chart, name) for name in screen.chart.__slots__} | {"server": server}
        )
        assert codegen.generate_code(chart, "삼성전자").splitlines()[2].startswith(said)


def test_the_code_of_another_sandbox(make: Make, tmp_path: Path) -> None:
    """A market of another seed is not the one that connect("sandbox") gives."""
    with Sandbox(seed=7, rate=None) as other, client_of(other, tmp_path) as client:
        assert make(SAMSUNG, client).source.splitlines()[2].startswith("# 같은 샌드박스")


# --- searching ----------------------------------------------------------------------------------------


class Typist:
    """Types into the search box of an explorer, as the page reports it."""

    def __init__(self, screen: Explorer, sent: Messages) -> None:
        self._screen = screen
        self._sent = sent
        self._number = 0

    def types(self, text: str, do: str = "search") -> dict[str, Any]:
        """Send a text; returns the last reply to it."""
        self._number += 1
        self._screen.handle({"do": do, "text": text, "number": self._number})
        replies = [message for message in self._sent if message.get("number") == self._number]
        assert {message["kind"] for message in replies} == {"hits"}
        return replies[-1]

    def finds(self, text: str) -> list[str]:
        """The codes that a text brings."""
        return re.findall(r'role="option" data-code="(.*?)"', self.types(text)["html"])

    def enters(self, text: str) -> dict[str, Any]:
        """Type a text and press Enter before anything was found."""
        return self.types(text, "submit")


@pytest.fixture
def typist(screen: Explorer, sent: Messages) -> Typist:
    """A typist before 삼성전자."""
    return Typist(screen, sent)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("삼성전자", SAMSUNG),
        ("ㅅㅅㅈㅈ", SAMSUNG),
        ("삼서", SAMSUNG),
        ("삼전", SAMSUNG),
        ("하닉", HYNIX),
        ("naver", "035420"),
        ("0006", HYNIX),
        ("하이", HYNIX),
        ("코스피", "001"),
        ("KOSDAQ", "101"),
        ("코스피 200", "201"),
    ],
)
def test_search(screen: Explorer, typist: Typist, text: str, code: str) -> None:
    """Names, parts, initial consonants, codes, nicknames and indices; Enter takes the first."""
    assert typist.finds(text)[0] == code
    assert typist.enters(text)["picked"]
    assert screen.code == code
    assert code in screen.front.headline


def test_sectors_are_found_beside_stocks(typist: Typist, reader: Client) -> None:
    """A sector comes after the stocks whose names match, with its market."""
    sectors = kr.get_sectors("kospi", client=reader)
    code = sectors.index[sectors["name"] == "제약"][0]
    found = typist.finds("제약")
    assert found[-1] != found[0]
    assert code in found
    assert "코스피 업종" in typist.types("제약")["html"]


def test_a_nickname_of_a_stock_that_is_not_listed(typist: Typist) -> None:
    """삼바 is not in the invented market, and nothing else is called so."""
    assert typist.finds("삼바") == []


def test_no_match_is_said_while_typing(screen: Explorer, typist: Typist) -> None:
    """What nobody is called is said below the box, typed or entered, and the chart stays."""
    for reply in (typist.types("<b>없는 이름"), typist.enters("<b>없는 이름")):
        assert "‘&lt;b&gt;없는 이름’에 맞는 종목이나 지수가 없습니다." in reply["html"]
        assert "picked" not in reply
    assert screen.code == SAMSUNG
    assert picture(screen).startswith(PNG)


def test_the_empty_box_offers_the_market(screen: Explorer, typist: Typist) -> None:
    """Recent and watched stocks, indices with their levels, rankings and sectors, all to be picked."""
    screen.handle({"do": "star"})
    screen.pick(HYNIX)
    html = typist.types("")["html"]
    titles = re.findall(r'role="group" aria-label="(.*?)"', html)
    assert titles == [
        "최근 본 종목", "관심 종목", "지수", "거래대금 상위", "상승률 상위", "하락률 상위", "업종 상승률 상위",
    ]  # fmt: skip
    options = re.findall(r'role="option" data-code="(.*?)"', html)
    assert options[:5] == [HYNIX, SAMSUNG, SAMSUNG, "001", "101"]
    assert html.count("kr-quote") == 2 + 4 * 5
    assert set(re.findall(r'aria-selected="(.*?)"', html)) == {"false"}


def test_recent_stocks_outlive_the_session(
    make: Make, screen: Explorer, reader: Client, sent: Messages, own_state: Path
) -> None:
    """The latest first, each once, indices too; the file keeps twenty."""
    for code in (HYNIX, "001", HYNIX, KAKAO):
        screen.pick(code)
    assert json.loads((own_state / "recent-sandbox.json").read_text()) == [SAMSUNG, "001", HYNIX, KAKAO]
    again = Typist(make(None, reader), sent)
    assert again.finds("")[:4] == [KAKAO, HYNIX, "001", SAMSUNG]
    for at in range(30):
        Watchlist(own_state / "recent-sandbox.json").touch(f"{at:06}", 20)
    assert len(Watchlist(own_state / "recent-sandbox.json").codes()) == 20


def test_the_market_fails_and_the_rest_stands(
    make: Make, box: Sandbox, hasty: Client, sent: Messages
) -> None:
    """A ranking that the server refuses is left out of the start panel."""
    screen = make(SAMSUNG, hasty)
    box.fail("1511", None, call="ka10027")
    html = Typist(screen, sent).types("")["html"]
    assert re.findall(r'role="group" aria-label="(.*?)"', html) == [
        "최근 본 종목", "지수", "거래대금 상위", "업종 상승률 상위",
    ]  # fmt: skip
    box.fail("500", None)
    box.advance(days=3)
    html = Typist(screen, sent).types("")["html"]
    assert "최근 본 종목" in html
    assert "HTTP 500" in html


def test_the_first_search_says_that_it_loads(
    make: Make, box: Sandbox, client: Client, sent: Messages
) -> None:
    """While the list is on its way the box says so, and the matches follow; later searches need no list."""
    with ThreadPoolExecutor(4) as pool:
        box.fail("slow", 2, seconds=0.5, call="ka10099")
        screen = make(None, client, pool=pool)
        screen.handle({"do": "search", "text": "삼성", "number": 1})
        until(lambda: any(message.get("final") for message in sent))
        replies = [message for message in sent if message.get("number") == 1]
        assert [reply["final"] for reply in replies] == [False, True]
        assert "종목 목록을 받는 중" in replies[0]["html"]
        assert SAMSUNG in replies[1]["html"]
        screen.handle({"do": "search", "text": "삼성", "number": 2})
        until(lambda: sent[-1].get("number") == 2)
        assert sent[-1]["final"]
    assert lists_given(box) == 2


def test_a_code_needs_no_list(make: Make, box: Sandbox, client: Client, sent: Messages) -> None:
    """When the list cannot be had a code is still understood, and an own venue is none of its names."""
    box.fail("8050", None, call="ka10099")
    screen = make(None, client)
    typist = Typist(screen, sent)
    assert "거절" in typist.types("카카")["html"]
    typist.enters("a005930")
    assert screen.code == SAMSUNG
    assert "삼성전자(가상)" in screen.front.headline  # from the quote
    box.clear_faults()
    typist.enters("005930_al")
    assert screen.code == "005930_AL"
    assert "삼성전자(가상)" in screen.front.headline


def test_the_list_is_read_once_a_day(make: Make, box: Sandbox, client: Client, sent: Messages) -> None:
    """Typing parses nothing and asks nothing; the next day there may be other stocks."""
    screen = make(None, client)
    typist = Typist(screen, sent)
    for text in ("삼", "삼성", "삼성전", "카"):
        typist.types(text)
    assert lists_given(box) == 2
    assert screen.finder.stocks() is screen.finder.stocks()
    box.advance(days=3)
    typist.types("카카")
    assert lists_given(box) == 4


def lists_given(box: Sandbox) -> int:
    """How often the stock list was asked for and given."""
    asked = box.requests()
    return int(((asked["call"] == "ka10099") & (asked["return_code"] == 0)).sum())


def test_a_search_does_not_undo_an_enter(make: Make, box: Sandbox, client: Client, sent: Messages) -> None:
    """A letter that is typed while Enter is still being answered does not stop the pick."""
    with ThreadPoolExecutor(4) as pool:
        box.fail("slow", 2, seconds=0.3, call="ka10099")
        screen = make(None, client, pool=pool)
        screen.handle({"do": "submit", "text": "하이닉스", "number": 1})
        screen.handle({"do": "search", "text": "카", "number": 2})
        until(lambda: screen.chart is not None)
    assert screen.code == HYNIX


# --- the newest wish counts -----------------------------------------------------------------------------


def test_clicking_fast_asks_twice_at_most(make: Make, box: Sandbox, client: Client) -> None:
    """The first click is answered at once; of those that follow only the last one's bars are requested."""
    timers, pool = ByHand(), Later()
    screen = make(SAMSUNG, client, timer=timers, pool=pool)
    pool.go_on()
    before = len(box.requests())
    time.sleep(0.13)  # longer than the quiet period
    for freq in ("1w", "1mo", "1y"):
        screen.choose(freq=freq)
    screen.pick(HYNIX)
    screen.choose(freq="1mo")
    assert "차트를 받는 중" in screen.front.overlay
    pool.go_on()
    timers.go_off()
    pool.go_on()
    asked = box.requests().iloc[before:]
    assert set(asked["call"][asked["call"].between("ka10079", "ka10094")]) <= {"ka10082", "ka10083"}
    assert set(asked["code"][asked["call"] == "ka10083"]) == {HYNIX}
    assert screen.chart is not None
    assert (screen.chart.request.code, screen.chart.request.freq) == (HYNIX, "1mo")
    assert screen.front.overlay == ""


def test_a_slow_answer_comes_too_late(make: Make, box: Sandbox, client: Client) -> None:
    """The bars of the stock picked first arrive after those of the second, and are dropped."""
    with ThreadPoolExecutor(8) as pool:
        screen = make(None, client, pool=pool)
        until(lambda: screen.finder.is_loaded)
        box.fail("slow", seconds=4.0, call="ka10081")
        screen.pick(SAMSUNG)
        until(lambda: not box._gateway.faults.pending())  # the slow answer is on its way
        screen.pick(HYNIX)
        until(lambda: screen.chart is not None)
        shown, said = picture(screen), screen.front.headline
        assert screen.chart is not None
        assert screen.chart.request.code == HYNIX
        requested = screen.chart.range.requested
        with pytest.raises(kr.NetworkError):  # it is still on its way
            kr.get_bars(SAMSUNG, start=requested, client=client.from_cache())
    # the pool has ended: it did arrive
    assert len(kr.get_bars(SAMSUNG, start=requested, client=client.from_cache()))
    assert screen.chart.request.code == HYNIX
    assert (picture(screen), screen.front.headline) == (shown, said)
    assert "SK하이닉스" in said


def test_a_late_error_is_dropped(make: Make, box: Sandbox, client: Client) -> None:
    """What fails for a stock that nobody wants any more is not said."""
    with ThreadPoolExecutor(8) as pool:
        screen = make(None, client, pool=pool)
        box.fail("slow", seconds=1.0, call="ka10081")
        screen.pick("999999")
        until(lambda: not box._gateway.faults.pending())
        screen.pick(HYNIX)
    assert (screen.front.notice, screen.front.overlay) == ("", "")
    assert screen.chart is not None


def test_what_is_abandoned_sends_no_more_requests(make: Make, box: Sandbox, client: Client) -> None:
    """A stock that is left while its request is being repeated is not asked for again."""
    with ThreadPoolExecutor(8) as pool:
        screen = make(None, client, pool=pool)
        until(lambda: screen.finder.is_loaded)
        box.fail("500", None, call="ka10081")
        screen.pick(SAMSUNG)
        until(lambda: "ka10081" in set(box.requests()["call"]))
        box.clear_faults()
        screen.pick(HYNIX)
        until(lambda: screen.chart is not None)
    bars = box.requests()
    assert list(bars["code"][bars["call"] == "ka10081"]).count(SAMSUNG) == 1


def test_how_long_a_click_waits(make: Make, reader: Client) -> None:
    """The first of a series is shown at once, each that follows waits for a moment that nobody calls slow."""
    waits: list[float] = []

    class Noting(AtOnce):
        def __init__(self, seconds: float, action: Callable[[], None]) -> None:
            waits.append(seconds)
            super().__init__(seconds, action)

    screen = make(SAMSUNG, reader, pool=Later(), timer=Noting)
    assert waits == []
    for code in (HYNIX, KAKAO, SAMSUNG):
        screen.pick(code)
    assert len(waits) >= 3
    assert 0.05 <= min(waits) <= max(waits) <= 0.3


def test_a_hundred_fast_changes_end_on_the_last(reader: Client) -> None:
    """With real timers and threads, the last of many wishes is shown."""
    screen = kr.explore(SAMSUNG, client=reader)
    codes, freqs = (HYNIX, KAKAO, SAMSUNG, HALTED), ("1w", "1d", "1mo")
    for at in range(50):
        screen.pick(codes[at % 4])
        screen.choose(freq=freqs[at % 3])
    screen.pick(KAKAO)
    screen.choose(freq="1w", period="5년")
    screen.wait()
    assert screen.chart is not None
    assert screen.chart.request == screen.request
    assert (screen.chart.request.code, screen.chart.request.period) == (KAKAO, "5년")
    assert "카카오(가상)" in screen.front.headline
    assert screen.front.overlay == ""
    screen.close()


def test_wait_includes_the_names_of_stocks(box: Sandbox, tmp_path: Path) -> None:
    """The lines of code carry the name also where the list of stocks comes after the chart."""
    box.fail("slow", 1, call="ka10099", seconds=0.5)
    with client_of(box, tmp_path) as client:
        screen = kr.explore(SAMSUNG, client=client)
        assert 'title="삼성전자(가상) 005930"' in screen.wait().source
        screen.close()


# --- the cache ----------------------------------------------------------------------------------------


def test_what_is_cached_is_not_asked_again(make: Make, box: Sandbox, client: Client) -> None:
    """Going back to a stock costs no request and draws once."""
    screen = make(SAMSUNG, client)
    screen.pick(HYNIX)
    before, drawn = len(box.requests()), pictures(screen)
    screen.pick(SAMSUNG)
    assert len(box.requests()) == before
    assert len(drawn) == 1


def pictures(screen: Explorer) -> list[str]:
    """When the answers of the pictures were given, as they are shown from now on."""
    shown: list[str] = []

    def note(_: Any) -> None:
        assert screen.chart is not None
        shown.append(screen.chart.history.attrs["retrieved"][11:16])

    screen.image.observe(note, "value")
    return shown


def test_old_answers_first_then_new_ones(make: Make, box: Sandbox, client: Client) -> None:
    """While the market is open the old picture is there at once, and the new one follows."""
    box.set_clock("2026-11-20 10:30")
    screen = make(SAMSUNG, client)
    screen.pick(HYNIX)
    drawn, badges = pictures(screen), []
    screen.front.observe(lambda change: badges.append(text_of(change["new"]).split("?")[-1]), "actions")
    box.advance(minutes=95)
    screen.pick(SAMSUNG)
    assert drawn == ["10:30", "12:05"]
    assert badges[0] == ""  # nothing of the stock before
    assert " 가상 데이터 2026-11-20 10:30 기준 · 1시간 전" in badges
    assert badges[-1].endswith("2026-11-20 12:05 기준 · 방금")


def test_nothing_of_the_stock_before(screen: Explorer) -> None:
    """Under a new headline there is neither picture nor table nor code of another stock, but a skeleton."""
    seen: list[tuple[Any, ...]] = []

    def note(change: Any) -> None:
        if "005930" not in change["new"]:
            seen.append((picture(screen), screen.chart, screen.source))

    screen.front.observe(note, "headline")
    screen.pick(HYNIX)
    assert seen[0] == (b"", None, "")
    assert HYNIX in screen.source


def test_the_name_is_there_before_the_price(make: Make, box: Sandbox, client: Client) -> None:
    """The stock list is cached, so name, code and badges appear with the click, the rest as a skeleton."""
    pool = Later()
    screen = make(SAMSUNG, client, pool=pool)
    pool.go_on()
    screen.pick(HALTED)
    assert "850040" in text_of(screen.front.headline)
    assert "거래정지" in screen.front.headline
    assert "kr-skeleton-price" in screen.front.headline
    assert "kr-skeleton" in screen.front.info
    assert "kr-chart-skeleton" in screen.front.overlay
    assert 'data-do="cancel"' in screen.front.overlay


def test_what_only_a_side_figure_lacks(make: Make, box: Sandbox, hasty: Client) -> None:
    """The call of foreign holdings fails for good: chart and figures are there, and nothing is called old."""
    box.fail("500", None, call="ka10008")
    screen = make(SAMSUNG, hasty)
    assert screen.chart is not None
    assert screen.front.notice == ""
    assert "시가총액" in screen.front.info
    assert "외국인 보유" not in screen.front.info


def test_refresh_asks_again(
    make: Make, box: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The button asks the server for everything, also what the cache has; the same answer is not drawn again."""
    screen = make(SAMSUNG, client)
    before = len(box.requests())
    monkeypatch.setattr(render, "draw_png", lambda chart: 1 / 0)
    screen.handle({"do": "refresh"})
    assert sorted(box.requests()["call"].iloc[before:]) == ["ka10001", "ka10008", "ka10081"]
    assert screen.front.notice == ""
    assert screen.chart is not None


def test_automatic_refresh_while_the_market_is_open(
    make: Make, box: Sandbox, client: Client, sent: Messages
) -> None:
    """A tick asks for everything anew and is answered when all of it is there; a closed market is left alone."""
    box.set_clock("2026-11-20 10:30")
    screen = make(SAMSUNG, client)
    screen.handle({"do": "auto", "value": "5"})
    assert screen.front.refresh_seconds == 5
    assert "⟳ 5초" in screen.front.actions
    box.advance(minutes=1)
    before = len(box.requests())
    screen.handle({"do": "tick"})
    assert sorted(box.requests()["call"].iloc[before:]) == ["ka10001", "ka10008", "ka10081"]
    assert sent[-1]["kind"] == "ticked"
    assert "10:31 기준" in screen.front.actions
    box.set_clock("2026-11-20 21:00")
    before = len(box.requests())
    screen.handle({"do": "tick"})
    assert len(box.requests()) == before
    assert sent[-1]["kind"] == "ticked"


def test_old_answers_stay_when_the_server_is_gone(make: Make, box: Sandbox, hasty: Client) -> None:
    """The chart that the cache has stays, with a sentence about it."""
    box.set_clock("2026-11-20 10:30")
    screen = make(SAMSUNG, hasty)
    screen.pick(HYNIX)
    box.advance(minutes=10)
    box.fail("drop", None)
    screen.pick(SAMSUNG)
    assert picture(screen).startswith(PNG)
    assert "연결할 수 없습니다" in screen.front.notice
    assert "저장해 둔 값을 보여 줍니다" in screen.front.notice
    assert "10분 전" in screen.front.actions


def test_offline(make: Make, box: Sandbox, client: Client, tmp_path: Path) -> None:
    """A client that is offline shows what there is, and says what there is not."""
    make(SAMSUNG, client)
    with client_of(box, tmp_path, offline=True) as offline:
        screen = make(SAMSUNG, offline)
        assert screen.chart is not None
        assert screen.front.notice == ""
        screen.choose(others="000660")
        assert picture(screen).startswith(PNG)
        assert "비교 ‘SK하이닉스(가상)’: 저장된 값이 없습니다" in screen.front.notice
        screen.choose(others="")
        screen.pick(HYNIX)
        assert "오프라인" in screen.front.overlay


# --- what goes wrong ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("drop", "서버에 연결할 수 없습니다"),
        ("500", "서버에 오류가 났습니다 (HTTP 500)"),
        ("half", "응답이 중간에 끊겼습니다"),
        ("html", "점검 중"),
        ("429", "요청이 너무 많아"),
        ("8050", "거절했습니다"),
        ("1511", "거절했습니다"),
    ],
)
def test_errors_in_plain_words(make: Make, box: Sandbox, hasty: Client, fault: str, said: str) -> None:
    """Each names the true cause in Korean; the old chart is gone, and the next one comes when it is over."""
    screen = make(SAMSUNG, hasty)
    box.fail(fault, None)
    screen.pick(HYNIX)
    assert said in screen.front.overlay
    assert 'role="alert"' in screen.front.overlay
    assert said in screen.front.info
    assert picture(screen) == b""
    assert (screen.bars, screen.source) == (None, "")
    assert "SK하이닉스(가상)" in screen.front.headline
    for tab in ("table", "code", "flows"):
        screen.open_tab(tab)
        assert said in screen.front.content
    screen.open_tab("chart")
    box.clear_faults()
    screen.handle({"do": "refresh"})
    assert (screen.front.overlay, screen.front.notice) == ("", "")
    assert screen.chart is not None
    assert screen.chart.request.code == HYNIX
    assert picture(screen).startswith(PNG)


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        (None, "차트를 받는 중…"),
        (Wait("limit", "ka10081", 0.2), "차트를 받는 중…"),
        (Wait("limit", "ka10081", 3.0), "요청 제한으로 3.0초 대기"),
        (Wait("reply", "ka10081"), "차트를 받는 중… "),
        (
            Wait("retry", "ka10081", 2.0, kr.RateLimitError("")),
            "요청이 많아 거절되어 2.0초 뒤에 다시 시도합니다",
        ),
        (
            Wait("retry", "ka10081", 2.0, kr.NetworkError("", cause="status", status=502)),
            "서버 오류(HTTP 502)로 2.0초 뒤에 다시 시도합니다",
        ),
        (
            Wait("retry", "ka10081", 2.0, kr.NetworkError("", cause="timeout")),
            "서버가 응답하지 않아 2.0초 뒤에 다시 시도합니다",
        ),
        (
            Wait("retry", "ka10081", 2.0, kr.MaintenanceError("")),
            "키움 서버가 점검 중이라 2.0초 뒤에 다시 시도합니다",
        ),
    ],
)
def test_what_it_waits_for(wait: Wait | None, said: str) -> None:
    """The spinner says why it turns and for how long; the browser counts the seconds down."""
    shown = html.render_wait(wait, messages.LOADING_CHART)
    shown = re.sub('<span data-countdown="(.*?)".*?</span>', r"\1", shown)
    assert re.sub("<[^>]*>", "", shown) == f"{said}취소"


def test_waits_are_shown_while_they_last(make: Make, box: Sandbox, client: Client) -> None:
    """A refused request says so while it waits; cancelled, it leaves a button to try again, and nothing runs on."""
    with ThreadPoolExecutor(8) as pool:
        screen = make(SAMSUNG, client, pool=pool)
        screen.wait()
        box.fail("429", None, call="ka10082")
        screen.choose(freq="1w")
        until(lambda: "요청이 많아 거절되어" in screen.front.overlay)
        assert "data-countdown" in screen.front.overlay
        screen.handle({"do": "cancel"})
        assert "취소했습니다" in screen.front.overlay
        assert 'data-do="refresh"' in screen.front.overlay
        sent_then = len(box.requests())
        box.clear_faults()
        screen.choose(freq="1d")
        screen.wait()
        assert picture(screen).startswith(PNG)
    assert "ka10082" not in set(box.requests()["call"].iloc[sent_then:])


def test_an_interval_that_fails_does_not_stay(make: Make, box: Sandbox, hasty: Client) -> None:
    """The weekly bars fail: the error takes the place of the chart, and the daily chart is back with a click."""
    screen = make(SAMSUNG, hasty)
    daily = picture(screen)
    box.fail("500", None, call="ka10082")
    screen.choose(freq="1w")
    assert "HTTP 500" in screen.front.overlay
    assert picture(screen) == b""
    screen.choose(freq="1d")
    assert screen.front.overlay == ""
    assert picture(screen) == daily


def test_unknown_code(screen: Explorer, typist: Typist) -> None:
    """No such stock is said; a text that cannot be a code is a ValueError of `explore`."""
    typist.enters("999999")
    assert "없는 종목입니다" in screen.front.overlay
    assert screen.bars is None
    with pytest.raises(ValueError, match="six characters"):
        kr.explore("00593")
    with pytest.raises(ValueError, match=r"^code: "):
        screen.pick("삼성")


def test_explore_takes_a_name(reader: Client) -> None:
    """A name is as good as a code; one that fits several stocks lists them."""
    explorer = kr.explore("하이닉스", client=reader)
    assert explorer.code == HYNIX
    explorer.close()
    with pytest.raises(ValueError, match="stocks have a name like '제약'"):
        kr.explore("제약", client=reader)


def test_no_keys(make: Make, monkeypatch: pytest.MonkeyPatch, sent: Messages) -> None:
    """Nobody is connected and there are no keys: how to get them, in the explorer."""
    monkeypatch.setattr(connection, "_default", None)
    screen = make(SAMSUNG, None)
    assert "kiwoom-research login" in screen.front.overlay
    assert "kr.connect(&quot;sandbox&quot;)" in screen.front.overlay
    assert "kiwoom-research login" in Typist(screen, sent).types("삼성")["html"]


def test_only_the_figures_fail(make: Make, box: Sandbox, hasty: Client) -> None:
    """A stock without figures still has its chart and its name."""
    box.fail("1511", None, call="ka10001")
    box.fail("1511", None, call="ka10008")
    screen = make(SAMSUNG, hasty)
    assert screen.chart is not None
    assert "거절" in screen.front.info
    assert text_of(screen.front.headline) == "삼성전자(가상) 005930 · 코스피"


def test_no_trades_any_more(make: Make, tmp_path: Path) -> None:
    """Of a stock that is no longer traded the time before its last trade is shown, and that is said."""
    with replayed(tmp_path, "2026-06-30") as box, client_of(box, tmp_path) as client:
        screen = make(HYNIX, client)
        screen.choose(period="1개월")
        assert "마지막 거래는 2026-06-30입니다" in screen.front.notice
        assert screen.bars is not None
        assert screen.bars.index[-1] == pd.Timestamp("2026-06-30")
        assert screen.bars.index[0] == pd.Timestamp("2026-06-01")
        assert 'end="2026-06-30")\nbars = history.loc["2026-05-31" :]' in screen.source
        screen.pick(SAMSUNG)
        assert screen.front.notice == ""
        screen.choose(others=HYNIX)
        assert f"비교 ‘{HYNIX}’: 이 기간에는 거래가 없습니다" in screen.front.notice
        assert picture(screen).startswith(PNG)


def replayed(tmp_path: Path, until: str) -> Sandbox:
    """A sandbox with two stocks of a file, one of them traded until some day."""
    tables = []
    for code, end in ((SAMSUNG, "2026-11-20"), (HYNIX, until)):
        days = calendar.sessions_in_range("2025-01-02", end)
        table = {"date": days, "code": code, "open": 100, "high": 110, "low": 90, "close": 105, "volume": 7}
        tables.append(pd.DataFrame(table))
    pd.concat(tables).to_csv(tmp_path / "bars.csv", index=False)
    return Sandbox(bars=tmp_path / "bars.csv", rate=None)


def test_without_talib(screen: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    """RSI is left out with a note that says what to install; the chart stays."""
    plain = picture(screen)
    monkeypatch.setitem(sys.modules, "talib", None)
    screen.choose(rsi=True)
    assert "TA-Lib" in screen.front.notice
    assert picture(screen) == plain
    screen.choose(rsi=False)
    assert screen.front.notice == ""


def test_what_nobody_thought_of(
    screen: Explorer, monkeypatch: pytest.MonkeyPatch, capfd: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """An unforeseen error is a sentence with its name, and nothing reaches the cell's output."""
    monkeypatch.setattr(render, "draw_png", lambda chart: 1 / 0)
    screen.pick(HYNIX)
    assert "예상하지 못한 오류입니다 (ZeroDivisionError)" in screen.front.overlay
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


# --- the watchlist ----------------------------------------------------------------------------------------


def watched(screen: Explorer) -> dict[str, str]:
    """Code -> what its row says."""
    rows = re.findall(r'<div class="kr-row" data-id="(.*?)">(.*?)</div>', screen.front.watchlist)
    return {code: text_of(row) for code, row in rows}


def test_watched_stocks_are_there_next_time(
    make: Make, screen: Explorer, reader: Client, own_state: Path
) -> None:
    """Star, star, another session: names and prices are there, the first is shown; a click takes one away."""
    screen.handle({"do": "star"})
    assert "★ 관심" in screen.front.actions
    screen.pick(HYNIX)
    assert "☆ 관심" in screen.front.actions
    screen.handle({"do": "star"})
    assert json.loads((own_state / "watchlist-sandbox.json").read_text()) == [SAMSUNG, HYNIX]
    again = make(None, reader)
    assert again.code == SAMSUNG
    assert watched(again)[HYNIX] == "SK하이닉스(가상) 311,500 ▲ +0.16% ✕"
    again.handle({"do": "pick", "code": HYNIX})
    assert re.search(r'data-code="000660"[^>]*aria-current="true"', again.front.watchlist)
    again.handle({"do": "star", "code": HYNIX})
    assert list(watched(again)) == [SAMSUNG]
    assert list(watched(make(None, reader))) == [SAMSUNG]


def test_stepping_through_the_watchlist(screen: Explorer) -> None:
    """The keys j and k go down and up, around the ends."""
    for code in (SAMSUNG, HYNIX, KAKAO):
        screen.star(code)
    codes = []
    for step in ("1", "1", "1", "-1"):
        screen.handle({"do": "neighbour", "value": step})
        codes.append(screen.code)
        marked = re.findall(r'data-code="(\w+)"[^>]*aria-current="true"', screen.front.watchlist)
        assert marked == [screen.code]  # this line and no other
    assert codes == [HYNIX, KAKAO, SAMSUNG, KAKAO]


def test_two_sessions_lose_nothing(make: Make, reader: Client) -> None:
    """What the other session added stays, and is seen with the next change."""
    first, second = make(SAMSUNG, reader), make(HYNIX, reader)
    first.handle({"do": "star"})
    second.handle({"do": "star"})
    assert second.watchlist.codes == [SAMSUNG, HYNIX]
    first.pick(KAKAO)
    first.handle({"do": "star"})
    assert first.watchlist.codes == [SAMSUNG, HYNIX, KAKAO]


WRITER = """
import sys
from pathlib import Path
from kiwoom_research.explorer.watchlist import Watchlist
kept = Watchlist(Path(sys.argv[1]))
print("ready", flush=True)
input()
for at in range(60):
    kept.add(f"{int(sys.argv[2]) * 100 + at:06}")
"""


def test_many_writers(tmp_path: Path) -> None:
    """Processes that write at the same moment lose nothing, and a reader never sees half a file."""
    file = tmp_path / "state" / "watchlist.json"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file), str(at)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for at in (1, 2)
    ]  # fmt: skip
    for writer in writers:
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.flush()
    while any(writer.poll() is None for writer in writers):
        Watchlist(file).codes()
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0]
    assert len(Watchlist(file).codes()) == 120
    assert {path.name for path in file.parent.iterdir()} <= {"watchlist.json", "watchlist.lock"}


@pytest.mark.parametrize(
    "garbage", [b"", b"{", b"\xff\xfe", b"{}", b"null", b'"005930"', b"[1]", b'["../x"]', b"[" * 100_000],
    ids=lambda text: repr(text[:8]),
)  # fmt: skip
def test_garbage_is_no_watchlist(make: Make, reader: Client, own_state: Path, garbage: bytes) -> None:
    """A damaged file is said once and kept aside when the next code is added."""
    file = own_state / "watchlist-sandbox.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(garbage)
    with pytest.raises(DamagedFile):
        Watchlist(file).codes()
    screen = make(SAMSUNG, reader)
    assert "손상되어" in screen.front.watchlist
    assert screen.chart is not None
    screen.handle({"do": "star"})
    assert "손상되어" not in screen.front.watchlist
    assert json.loads(file.read_text()) == [SAMSUNG]
    assert file.with_suffix(".damaged").read_bytes() == garbage


def test_a_folder_that_cannot_be_written(make: Make, reader: Client, own_state: Path) -> None:
    """It is watched on this screen alone, and the screen says so."""
    own_state.write_text("a file where the folder should be")
    screen = make(SAMSUNG, reader)
    screen.handle({"do": "star"})
    assert list(watched(screen)) == [SAMSUNG]
    assert "이 화면에만" in screen.front.watchlist
    screen.handle({"do": "star"})
    assert watched(screen) == {}


def test_real_and_invented_codes_stay_apart(
    make: Make, reader: Client, own_state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of the sandbox is not the one of the real server."""
    make(SAMSUNG, reader).handle({"do": "star"})
    monkeypatch.setattr(connection, "_default", None)
    assert make(None, None).watchlist.codes == []


def test_a_watched_stock_that_is_gone(make: Make, reader: Client, own_state: Path) -> None:
    """A code that is no longer listed keeps its row, without a price."""
    Watchlist(own_state / "watchlist-sandbox.json").add("999999")
    assert watched(make(SAMSUNG, reader))["999999"] == "999999 - ✕"


# --- nothing is left behind -------------------------------------------------------------------------------


def explorer_threads() -> list[threading.Thread]:
    """Threads of explorers that are still alive."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("kiwoom-explorer")]


def test_close(reader: Client) -> None:
    """Closing takes every widget and thread along, and a click that comes later does nothing."""
    before = set(ipywidgets.widget._instances)
    screen = kr.explore(SAMSUNG, client=reader)
    screen.wait()
    assert (
        len(set(ipywidgets.widget._instances) - before) == 8
    )  # front, image, grid, explorer, and their layouts
    screen.pick(KAKAO)
    screen.close()
    assert set(ipywidgets.widget._instances) == before
    until(lambda: not explorer_threads())
    assert not any("Timer" in type(thread).__name__ for thread in threading.enumerate())
    screen.pick(HYNIX)
    screen.handle({"do": "refresh"})
    assert screen.chart is None


def test_running_a_cell_again_closes_its_explorer(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the cell made before is closed when it runs again; explorers of other cells stay."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    cell = {"id": "one"}
    monkeypatch.setattr(shell, "get_parent", lambda: {"metadata": {"cellId": cell["id"]}}, raising=False)
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    made: list[Explorer] = []
    shell.user_ns["make"] = lambda: made.append(kr.explore(SAMSUNG, client=reader))
    for cell["id"] in ("one", "two", "one", "one"):
        shell.run_cell("make()", cell_id=cell["id"]).raise_error()
    assert [screen.comm is None for screen in made] == [True, False, True, False]
    for screen in made:
        screen.close()
    until(lambda: not explorer_threads())


def test_forty_explorers_leave_nothing(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened and closed one after the other: no thread, no widget, and no more memory than the first few took."""
    monkeypatch.setattr(render, "draw_png", lambda chart: bytes(60_000))

    def open_and_close() -> None:
        screen = kr.explore(SAMSUNG, client=reader)
        screen.wait()
        screen.close()

    before = set(ipywidgets.widget._instances)
    for _ in range(5):
        open_and_close()
    gc.collect()
    tracemalloc.start()
    for _ in range(10):
        open_and_close()
    until(lambda: not explorer_threads())
    gc.collect()
    first = tracemalloc.get_traced_memory()[0]
    for _ in range(25):
        open_and_close()
    until(lambda: not explorer_threads())
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - first
    tracemalloc.stop()
    assert set(ipywidgets.widget._instances) == before
    assert grown < 25 * 20_000  # a picture alone has 60 kB


# --- for everybody ----------------------------------------------------------------------------------------


def test_every_control_says_what_it_is(screen: Explorer) -> None:
    """Whatever can be focused has a name of its own, so that it can be found without eyes or mouse."""
    screen.handle({"do": "star"})
    screen.handle({"do": "help"})
    screen.open_tab("table")
    regions = ("actions", "toolbar", "tabs", "watchlist", "content", "help")
    shown = FRAME + "".join(getattr(screen.front, region) for region in regions)
    controls = re.findall(r"<(?:button|input|select)\b[^>]*>", shown)
    assert len(controls) > 50
    assert [one for one in controls if "aria-label=" not in one and "title=" not in one] == []


def test_keys_are_distinct_and_explained(screen: Explorer) -> None:
    """No key means two things, and the help names each of them."""
    screen.handle({"do": "star"})
    shown = FRAME + screen.front.actions + screen.front.toolbar + screen.front.tabs + screen.front.watchlist
    keys = re.findall('data-key="(.*?)"', shown)
    assert len(keys) == len(set(keys))
    screen.handle({"do": "help"})
    explained = {key for keys in SHORTCUTS for key in keys.split()}
    assert set(keys) <= explained
    assert all(text in screen.front.help for text in SHORTCUTS.values())
    screen.handle({"do": "help"})
    assert screen.front.help == ""


def test_names_are_text() -> None:
    """A name with signs of HTML in it is shown as it is."""
    assert "<b>" not in html.render_headline("<b>&", "<i>", "<u>", "", "", "")
    assert "<script>" not in html.render_message("<script>")
    assert "<b>" not in html.render_code("x = '<b>'")
    assert 'x="&quot;&lt;"' in html.tag("p", x='"<')


def test_no_pyplot_and_no_front_end() -> None:
    """Made in a plain Python: pyplot is not loaded, nothing is printed, and the sandbox need not exist."""
    code = (
        "import os, sys, tempfile; os.environ['KIWOOM_STATE_DIR'] = tempfile.gettempdir() + '/none'\n"
        "import kiwoom_research as kr\n"
        "screen = kr.explore(); screen.close()\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_repr_is_short(screen: Explorer) -> None:
    """Where no widget can be shown there is a name and not a page of HTML."""
    assert repr(screen) == "<kiwoom_research.Explorer 005930>"
