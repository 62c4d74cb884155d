"""The explorer without a notebook: widgets are set as a browser would set them, the server is the sandbox over HTTP."""

import base64
import io
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research import calendar
from kiwoom_research.charts import theme
from kiwoom_research.client import Client
from kiwoom_research.data import connection
from kiwoom_research.explorer import Explorer, codegen, html, load, messages, render
from kiwoom_research.explorer.watchlist import DamagedFile, Watchlist
from kiwoom_research.explorer.widget import TABLE
from kiwoom_research.sandbox import Sandbox

from .conftest import FakeClock, client_of

PNG = b"\x89PNG"
SAMSUNG, HYNIX, KAKAO = "005930", "000660", "035720"


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


class ByHand:
    """Timers that go off when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Any] = []
        self.begun = 0

    def __call__(self, seconds: float, action: Callable[[], None]) -> Any:
        """Make one."""
        timers = self

        class Timer:
            def start(self) -> None:
                timers.begun += 1
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


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A watchlist of the test's own."""
    monkeypatch.setenv("KIWOOM_STATE_DIR", str(tmp_path / "own"))
    return tmp_path / "own"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes screens that do everything at once."""
    made: list[Explorer] = []

    def explorer(code: str | None, client: Client | None, **how: Any) -> Explorer:
        made.append(Explorer(code, client, **{"pool": Here(), "timer": AtOnce, **how}))
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
    """A screen with 삼성전자."""
    return make(SAMSUNG, reader)


def enter(screen: Explorer, text: str) -> None:
    """Type into the search box and press Enter, as the front end reports it."""
    screen.search.field.value = text
    screen.search.field._handle_custom_msg({"event": "submit"}, [])


def hits(screen: Explorer) -> list[str]:
    """What the search box offers."""
    if screen.search.hit_list.layout.display == "none":
        return []
    return [hit.description for hit in screen.search.hits if hit.layout.display != "none"]


def picture(screen: Explorer) -> bytes:
    """The chart as it is shown."""
    return bytes(screen.image.value)


def text_of(html: str) -> str:
    """What somebody reads."""
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", html)).strip()


def parts(widget: Any) -> Iterator[Any]:
    """A widget and everything inside."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts(child)


# --- what is shown ------------------------------------------------------------------------------------


def test_it_opens(screen: Explorer, reader: Client) -> None:
    """Chart, price with arrow and colour, figures of the stock, origin and age; nothing is still awaited."""
    assert picture(screen).startswith(PNG)
    assert screen.bars is not None
    assert screen.bars.index[-1] == pd.Timestamp("2026-11-20")
    info = kr.get_info(SAMSUNG, client=reader).iloc[0]
    assert f"{info['price']:,.0f}" in screen.headline.value
    assert "▼800 (−0.82%)" in screen.headline.value
    assert "kr-down" in screen.headline.value
    said = text_of(screen.panel.value)
    assert f"PER {info['per']}배" in said
    assert "시가총액 574조원" in said
    held = kr.get_foreign(SAMSUNG, client=reader)["foreign_holding"].iloc[-1]
    assert f"외국인 보유 {held}%" in said
    assert "52주 범위 58,700 106,700" in said
    left = re.search(r"left:([\d.]+)%", screen.panel.value)
    assert left
    assert float(left[1]) == pytest.approx(100 * (97_000 - 58_700) / (106_700 - 58_700), abs=0.05)
    assert "가상 데이터" in screen.badge.value
    assert "2026-11-20 21:30 기준 · 방금" in screen.badge.value
    assert "kr-loading" not in screen._dom_classes
    assert screen.message.value == ""


def test_nothing_picked(make: Make, reader: Client) -> None:
    """Without a code there is a hint, and nothing is asked."""
    screen = make(None, reader)
    assert screen.code == ""
    assert screen.bars is None
    assert screen.image.layout.display == "none"
    assert screen.hint.layout.display != "none"
    screen.watchlist.star.click()
    assert not screen.watchlist.rows


@pytest.mark.parametrize("freq", load.FREQS.values())
def test_every_interval_and_period(screen: Explorer, reader: Client, freq: str) -> None:
    """Each gives a chart of its bars, from the first day of the period on."""
    screen.controls.freq.value = freq
    assert screen.controls.period.value == load.CHOICES[freq][1]
    lengths = []
    for period in screen.controls.period.options:
        screen.controls.period.value = period
        assert screen.message.value == ""
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
    screen.controls.freq.value = freq
    assert screen.chart is not None
    assert len(screen.chart.history) - len(screen.chart.bars) >= 119


def test_marks_change_the_picture(screen: Explorer) -> None:
    """Each switch, kind, colour and theme gives another picture, and switching back the first one."""
    made = screen.controls
    first, seen = picture(screen), {picture(screen)}
    for mark in made.switches.values():
        mark.value = not mark.value
        assert picture(screen) not in seen
        seen.add(picture(screen))
        mark.value = not mark.value
        assert picture(screen) == first
    for control, value, usual in (
        (made.kind, "line", "candles"), (made.kind, "heikin-ashi", "candles"),
        (made.style, "western", "korean"), (made.dark, True, False),
    ):  # fmt: skip
        control.value = value
        assert picture(screen) not in seen
        seen.add(picture(screen))
        control.value = usual
    assert picture(screen) == first


def test_the_screen_wears_the_colours_of_the_chart(screen: Explorer) -> None:
    """Dark and western are classes of the whole screen, and the sheet has the colours of the charts."""
    screen.controls.dark.value = True
    screen.controls.style.value = "western"
    assert {"kr-dark", "kr-western"} <= set(screen._dom_classes)
    screen.controls.dark.value = False
    assert "kr-dark" not in screen._dom_classes
    sheet = screen.children[0].value
    for colour in (theme.LIGHT.up, theme.DARK.background, *theme.STYLES["western"]["dark"]):
        assert colour in sheet


def test_adjusted_or_not(make: Make, box: Sandbox, client: Client) -> None:
    """As traded, a split is a jump; adjusted it is none."""
    screen = make(KAKAO, client)
    screen.controls.period.value = "10년"
    assert screen.bars is not None
    adjusted = screen.bars["close"]
    screen.controls.adjusted.value = False
    assert screen.bars.attrs["adjusted"] is False
    assert not screen.bars["close"].equals(adjusted)


def test_compare(screen: Explorer) -> None:
    """Names and codes, separated by commas, from a common start; the stock itself is not compared with itself."""
    before = picture(screen)
    screen.controls.others.value = "000660, 카카오, 삼성전자"
    assert screen.chart is not None
    assert {code for code, _ in screen.chart.others.values()} == {HYNIX, KAKAO}
    assert picture(screen) != before
    screen.controls.others.value = ""
    assert picture(screen) == before


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("999999", "비교: ‘999999’은(는) 없는 종목입니다."),
        ("없는종목", "비교: ‘없는종목’에 맞는 종목이 없습니다."),
    ],
)
def test_compare_with_what_there_is_not(typed: str, said: str, screen: Explorer) -> None:
    """A slip in the box of comparisons says which name is meant and leaves the figures of the stock."""
    screen.controls.others.value = typed
    assert said in screen.message.value
    assert "시가총액" in screen.panel.value
    assert "보여 줄 차트가 없습니다" in screen.hint.value


def test_table(screen: Explorer) -> None:
    """The newest bar first, in the colours of its direction; nothing is made before somebody looks."""
    assert screen.table.value == ""
    screen.tabs.selected_index = 1
    assert screen.bars is not None
    rows = re.findall("<tr>(.*?)</tr>", screen.table.value)
    assert len(rows) == len(screen.bars) + 1
    assert text_of(rows[1]).startswith("2026-11-20 97,600 98,100 96,600 97,000 −800 22,092,363")
    assert '<td class="kr-down">97,000</td>' in rows[1]
    screen.pick(HYNIX)
    assert "312,000" in screen.table.value


def test_csv(screen: Explorer) -> None:
    """The link holds every column of what is shown, readable for Excel."""
    screen.controls.freq.value = "5min"
    screen.tabs.selected_index = 1
    link = re.search(
        r'download="([^"]+)" href="data:text/csv;charset=utf-8;base64,([^"]+)"', screen.table.value
    )
    assert link
    assert link[1] == "005930_5min.csv"
    held = base64.b64decode(link[2])
    assert held.startswith(b"\xef\xbb\xbf")
    again = pd.read_csv(io.BytesIO(held), index_col="time", parse_dates=True, dtype={"code": str})
    assert (again.pop("code") == SAMSUNG).all()
    assert screen.bars is not None
    assert again.columns.tolist() == screen.bars.columns.tolist()
    assert again["close"].tolist() == screen.bars["close"].tolist()
    assert (again.index == screen.bars.index).all()


# --- the lines ----------------------------------------------------------------------------------------


def ran(lines: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is known after the lines have run as they stand, in a new session."""
    shared, rate = Sandbox.shared(), Sandbox.shared().rate
    shared.rate = None
    monkeypatch.setattr(connection, "_default", None)
    monkeypatch.setenv("KIWOOM_CACHE_DIR", str(tmp_path / "lines"))
    names: dict[str, Any] = {}
    try:
        exec(lines, names)
    finally:
        shared.rate = rate
        if connection._default is not None:
            connection._default.close()
    return names


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"freq": "1w", "bollinger": True, "rsi": True, "macd": True, "dark": True},
        {"freq": "5min", "kind": "line", "averages": False},
        {"freq": "60min", "period": "6개월", "profile": True},
        {"freq": "tick"},
        {"freq": "1y", "style": "western"},
        {"period": "5년", "adjusted": False, "volume": False, "log": True},
        {"others": "하이닉스, 035720", "freq": "1w", "log": True},
    ],
    ids=str,
)
def test_lines_give_the_same(
    screen: Explorer, chosen: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run in a new session, the lines give this frame, these frames to compare with, and this chart."""
    for name, value in chosen.items():
        control = screen.controls.switches.get(name) or getattr(screen.controls, name)
        control.value = value
    screen.tabs.selected_index = 2
    assert text_of(screen.code_page.value.replace("&quot;", '"').replace("&#x27;", "'")).endswith(
        text_of(screen.source)
    )
    lines = screen.source.replace("kr.plot(", "figure = kr.plot(").replace(
        "kr.compare(", "figure = kr.compare("
    )
    names = ran(lines, tmp_path, monkeypatch)
    assert screen.chart is not None
    pd.testing.assert_frame_equal(names["bars"], screen.chart.bars)
    assert names["bars"].attrs["adjusted"] == screen.chart.bars.attrs["adjusted"]
    for name, (_, frame) in screen.chart.others.items():
        pd.testing.assert_frame_equal(names["compared"][name], frame)
    panes = (
        0
        if screen.chart.others
        else sum(chosen.get(name, name == "volume") for name in ("volume", "rsi", "macd"))
    )
    assert len(names["figure"].axes) == 1 + panes


def test_lines_say_where(screen: Explorer) -> None:
    """The lines connect where the screen is connected; another server is left to the reader."""
    assert screen.chart is not None
    for server, said in (
        ("real", 'kr.connect("real")'), ("mock", 'kr.connect("mock")'), ("127.0.0.1:8490", "# "),
    ):  # fmt: skip
        assert codegen.generate_code(screen.chart, server).splitlines()[2].startswith(said)


def test_lines_of_another_sandbox(make: Make, tmp_path: Path) -> None:
    """A market of another seed is not the one that connect("sandbox") gives."""
    with Sandbox(seed=7, rate=None) as other, client_of(other, tmp_path) as client:
        assert make(SAMSUNG, client).source.splitlines()[2].startswith("# 같은 샌드박스")


# --- searching ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("삼성전자", SAMSUNG),
        ("ㅅㅅㅈㅈ", SAMSUNG),
        ("삼서", SAMSUNG),
        ("naver", "035420"),
        ("0006", HYNIX),
        ("하이", HYNIX),
    ],
)
def test_search(screen: Explorer, text: str, code: str) -> None:
    """Names, parts of them, initial consonants and codes; Enter takes the first, and the list goes away."""
    screen.search.field.value = text
    assert code in hits(screen)[0]
    enter(screen, text)
    assert screen.code == code
    assert hits(screen) == []
    assert screen.search.field.value == ""
    assert code in screen.headline.value


def test_click_on_a_hit(screen: Explorer) -> None:
    """A hit that is clicked is picked; the text taken back takes the hits away."""
    screen.search.field.value = "새벼"
    assert len(hits(screen)) == len(screen.search.hits)
    second = screen.search.hits[1]
    second.click()
    assert screen.code
    assert screen.code in second.description
    screen.search.field.value = "새"
    screen.search.field.value = " "
    assert hits(screen) == []


def test_no_hit(screen: Explorer) -> None:
    """What nobody is called is said, and the chart stays."""
    enter(screen, "<b>없는 이름")
    assert "‘&lt;b&gt;없는 이름’에 맞는 종목이 없습니다." in screen.message.value
    assert screen.code == SAMSUNG
    enter(screen, "카카오")
    assert screen.message.value == ""


def test_a_code_needs_no_list(make: Make, box: Sandbox, client: Client) -> None:
    """When the list cannot be had a code is still understood, and an own venue is none of its names."""
    box.fail("8050", None, call="ka10099")
    screen = make(None, client)
    screen.search.field.value = "카카"
    assert "거절" in screen.message.value
    enter(screen, "a005930")
    assert screen.code == SAMSUNG
    box.clear_faults()
    enter(screen, "005930_al")
    assert screen.code == "005930_AL"


def test_the_list_is_read_once_a_day(make: Make, box: Sandbox, client: Client) -> None:
    """Typing parses nothing and asks nothing; the next day there may be other stocks."""
    screen = make(None, client)
    for text in ("삼", "삼성", "삼성전", "카"):
        screen.search.field.value = text
    assert lists_given(box) == 2
    assert screen._finder.stocks() is screen._finder.stocks()
    box.advance(days=3)
    screen.search.field.value = "카카"
    assert lists_given(box) == 4


def lists_given(box: Sandbox) -> int:
    """How often the stock list was asked for and given."""
    asked = box.requests()
    return int(((asked["call"] == "ka10099") & (asked["return_code"] == 0)).sum())


# --- the newest wish counts -----------------------------------------------------------------------------


def test_typing_fast_searches_once(make: Make, reader: Client) -> None:
    """Each letter begins to wait anew; one search is made, for what stands there in the end."""
    timers = ByHand()
    screen = make(None, reader, timer=timers)
    for text in ("ㅅ", "사", "삼", "삼ㅅ", "삼성"):
        screen.search.field.value = text
    assert hits(screen) == []
    assert timers.begun == 5
    assert len(timers.waiting) == 1
    timers.go_off()
    assert hits(screen) == ["삼성전자(가상)   005930 · 코스피"]


def test_clicking_fast_asks_once(make: Make, box: Sandbox, client: Client) -> None:
    """Of many clicks only the last one's bars are asked for."""
    timers = ByHand()
    screen = make(SAMSUNG, client, timer=timers)
    for freq in ("1w", "1mo", "1y"):
        screen.controls.freq.value = freq
    screen.pick(HYNIX)
    screen.controls.freq.value = "1mo"
    assert "kr-loading" in screen._dom_classes
    timers.go_off()
    asked = box.requests()
    assert set(asked["call"][asked["call"].between("ka10079", "ka10094")]) == {"ka10083"}
    assert set(asked["code"]) <= {HYNIX, ""}
    assert screen.chart is not None
    assert (screen.chart.request.code, screen.chart.request.freq) == (HYNIX, "1mo")
    assert "kr-loading" not in screen._dom_classes


def test_a_slow_answer_comes_too_late(make: Make, box: Sandbox, client: Client) -> None:
    """The bars of the stock picked first arrive after those of the second, and are dropped."""
    box.fail("slow", seconds=1.5, call="ka10081")
    with ThreadPoolExecutor(4) as pool:
        screen = make(None, client, pool=pool)
        screen.pick(SAMSUNG)
        until(lambda: not box._gateway.faults.pending())  # the slow answer is on its way
        screen.pick(HYNIX)
        until(lambda: screen.chart is not None)
        shown, said = picture(screen), screen.headline.value
        assert screen.chart is not None
        assert screen.chart.request.code == HYNIX
        with pytest.raises(kr.NetworkError):  # it is still on its way
            kr.get_bars(SAMSUNG, start=screen.chart.range.requested, client=client.from_cache())
    # the pool has ended: it did arrive
    assert len(kr.get_bars(SAMSUNG, start=screen.chart.range.requested, client=client.from_cache()))
    assert screen.chart.request.code == HYNIX
    assert (picture(screen), screen.headline.value) == (shown, said)
    assert "SK하이닉스" in said


def test_a_late_error_is_dropped(make: Make, box: Sandbox, client: Client) -> None:
    """What fails for a stock that nobody wants any more is not said."""
    box.fail("slow", seconds=1.0, call="ka10001")
    with ThreadPoolExecutor(4) as pool:
        screen = make(None, client, pool=pool)
        screen.pick("999999")
        until(lambda: not box._gateway.faults.pending())
        screen.pick(HYNIX)
    assert screen.message.value == ""
    assert screen.chart is not None


def until(happened: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    for _ in range(3000):
        if happened():
            return
        time.sleep(0.01)
    pytest.fail("it did not happen")


def test_a_real_timer_and_real_threads(reader: Client) -> None:
    """With everything as a notebook has it: the last of many wishes is shown, and `close` ends the threads."""
    screen = kr.explore(SAMSUNG, client=reader)
    for code in (HYNIX, KAKAO, SAMSUNG, HYNIX):
        screen.pick(code)
        screen.controls.period.value = "6개월" if code == KAKAO else "3년"
    assert screen.wait(60).chart is not None
    assert screen.chart is not None
    assert screen.chart.request.code == HYNIX
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("kiwoom-explorer")]
    assert threads
    screen.pick(KAKAO)
    screen.close()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert screen.chart is None  # what was on its way was not shown


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
    screen.badge.observe(lambda change: badges.append(text_of(change["new"])), "value")
    box.advance(minutes=95)
    screen.pick(SAMSUNG)
    assert drawn == ["10:30", "12:05"]
    assert badges[0] == ""  # nothing of the stock before
    assert badges[1].endswith("2026-11-20 10:30 기준 · 1시간 전")
    assert badges[-1].endswith("2026-11-20 12:05 기준 · 방금")


def test_nothing_of_the_stock_before(screen: Explorer) -> None:
    """Under a new headline there is neither picture nor table nor lines of another stock while it is waited for."""
    seen: list[tuple[Any, ...]] = []

    def note(_: Any) -> None:
        seen.append((screen.image.layout.visibility, screen.table.value, screen.source, screen.badge.value))

    screen.tabs.selected_index = TABLE
    assert screen.table.value
    screen.headline.observe(note, "value")
    screen.pick(HYNIX)
    assert seen[0] == ("hidden", "", "", "")
    assert screen.image.layout.visibility is None
    assert HYNIX in screen.source
    assert f"{HYNIX}_1d.csv" in screen.table.value


def test_what_only_a_side_figure_lacks(make: Make, box: Sandbox, hasty: Client) -> None:
    """The call of foreign holdings fails for good: chart and figures are there, and nothing is called old."""
    box.fail("500", None, call="ka10008")
    screen = make(SAMSUNG, hasty)
    assert screen.chart is not None
    assert screen.message.value == ""
    assert "시가총액" in screen.panel.value
    assert "외국인 보유" not in screen.panel.value


def test_refresh_asks_again(
    make: Make, box: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The button asks the server for everything, also what the cache has; the same answer is not drawn again."""
    screen = make(SAMSUNG, client)
    before = len(box.requests())
    monkeypatch.setattr(render, "draw_png", lambda chart: 1 / 0)
    screen.controls.refresh.click()
    assert sorted(box.requests()["call"].iloc[before:]) == ["ka10001", "ka10008", "ka10081"]
    assert screen.message.value == ""


@pytest.fixture
def hasty(box: Sandbox, tmp_path: Path) -> Iterator[Client]:
    """A client that does not wait before it tries again."""
    with client_of(box, tmp_path, clock=FakeClock()) as made:
        yield made


def test_old_answers_stay_when_the_server_is_gone(make: Make, box: Sandbox, hasty: Client) -> None:
    """The chart that the cache has stays, with a sentence about it."""
    box.set_clock("2026-11-20 10:30")
    screen = make(SAMSUNG, hasty)
    screen.pick(HYNIX)
    box.advance(minutes=10)
    box.fail("drop", None)
    screen.pick(SAMSUNG)
    assert screen.chart is not None
    assert screen.image.layout.display != "none"
    assert "연결할 수 없습니다" in screen.message.value
    assert "저장해 둔 값을 보여 줍니다" in screen.message.value
    assert "10분 전" in screen.badge.value


def test_offline(make: Make, box: Sandbox, client: Client, tmp_path: Path) -> None:
    """A client that is offline shows what there is, and says what there is not."""
    make(SAMSUNG, client)
    with client_of(box, tmp_path, offline=True) as offline:
        screen = make(SAMSUNG, offline)
        assert screen.chart is not None
        screen.pick(HYNIX)
        assert "오프라인" in screen.message.value


# --- what goes wrong ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("drop", "서버에 연결할 수 없습니다"),
        ("500", "서버에 연결할 수 없습니다"),
        ("html", "점검 중"),
        ("429", "요청이 너무 많아"),
        ("8050", "거절했습니다"),
        ("1511", "거절했습니다"),
    ],
)
def test_errors_in_plain_words(make: Make, box: Sandbox, hasty: Client, fault: str, said: str) -> None:
    """Each says what to do in Korean; the old chart is gone, and the next one comes when it is over."""
    screen = make(SAMSUNG, hasty)
    box.fail(fault, None)
    screen.pick(HYNIX)
    assert said in screen.message.value
    assert "Traceback" not in screen.message.value
    assert screen.image.layout.display == "none"
    assert screen.bars is None
    assert screen.source == ""
    assert "kr-loading" not in screen._dom_classes
    box.clear_faults()
    screen.controls.refresh.click()
    assert screen.message.value == ""
    assert screen.chart is not None
    assert screen.chart.request.code == HYNIX
    assert screen.image.layout.display != "none"


def test_unknown_code(screen: Explorer) -> None:
    """No such stock is said; a text that cannot be a code is a ValueError of `explore`."""
    enter(screen, "999999")
    assert "없는 종목입니다" in screen.message.value
    assert screen.bars is None
    with pytest.raises(ValueError, match="six characters"):
        kr.explore("삼성전자")


def test_no_keys(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is connected and there are no keys: how to get them, in the screen."""
    monkeypatch.setattr(connection, "_default", None)
    screen = make(SAMSUNG, None)
    assert "kiwoom-research login" in screen.message.value
    assert "kr.connect(&quot;sandbox&quot;)" in screen.message.value
    screen.search.field.value = "삼성"
    assert "kiwoom-research login" in screen.message.value


def test_only_the_figures_fail(make: Make, box: Sandbox, hasty: Client) -> None:
    """A stock without figures still has its chart."""
    box.fail("1511", None, call="ka10001")
    box.fail("1511", None, call="ka10008")
    screen = make(SAMSUNG, hasty)
    assert screen.chart is not None
    assert "종목 정보가 없습니다" in screen.panel.value


def test_close(reader: Client) -> None:
    """Closing takes every part along, and a click that comes later does nothing."""
    screen = Explorer(SAMSUNG, reader)
    screen.wait()
    everything = list(parts(screen))
    assert len(everything) > 40
    screen.close()
    assert [part for part in everything if part.comm is not None] == []
    screen.pick(HYNIX)
    assert screen.chart is None
    assert not any("Timer" in type(thread).__name__ for thread in threading.enumerate())


def test_pick_of_no_code(screen: Explorer) -> None:
    """A name is no code."""
    with pytest.raises(ValueError, match=r"^code: "):
        screen.pick("삼성")


def test_no_trades_any_more(make: Make, tmp_path: Path) -> None:
    """Of a stock that is no longer traded the time before its last trade is shown, and that is said."""
    with replayed(tmp_path, "2026-06-30") as box, client_of(box, tmp_path) as client:
        screen = make(HYNIX, client)
        screen.controls.period.value = "1개월"
        assert "마지막 거래는 2026-06-30입니다" in screen.message.value
        assert screen.bars is not None
        assert screen.bars.index[-1] == pd.Timestamp("2026-06-30")
        assert screen.bars.index[0] == pd.Timestamp("2026-06-01")
        assert 'end="2026-06-30")\nbars = history.loc["2026-05-31" :]' in screen.source
        screen.pick(SAMSUNG)
        assert screen.message.value == ""
        screen.controls.others.value = HYNIX
        assert f"{HYNIX}: 이 기간에는 거래가 없어 비교할 수 없습니다" in screen.message.value


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
    """RSI says what to install; without it the chart is back."""
    monkeypatch.setitem(sys.modules, "talib", None)
    screen.controls.switches["rsi"].value = True
    assert "TA-Lib" in screen.message.value
    screen.controls.switches["rsi"].value = False
    assert screen.message.value == ""
    assert screen.chart is not None


def test_nothing_to_compare_with(screen: Explorer) -> None:
    """A name that nobody has, and ticks, are refused in words."""
    screen.controls.others.value = "없는이름"
    assert "‘없는이름’에 맞는 종목이 없습니다" in screen.message.value
    screen.controls.others.value = "000660"
    screen.controls.freq.value = "tick"
    assert "틱은 비교할 수 없습니다" in screen.message.value


def test_what_nobody_thought_of(
    screen: Explorer, monkeypatch: pytest.MonkeyPatch, capfd: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """An unforeseen error is a sentence with its name, and nothing reaches the cell's output."""
    monkeypatch.setattr(render, "draw_png", lambda chart: 1 / 0)
    screen.pick(HYNIX)
    assert "예상하지 못한 오류입니다 (ZeroDivisionError)" in screen.message.value
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


# --- where prices come from -------------------------------------------------------------------------------


def test_replayed_prices_are_called_so(make: Make, tmp_path: Path) -> None:
    """Real history that is served again is neither invented nor current; what the file lacks is a dash."""
    with replayed(tmp_path, "2026-11-20") as box, client_of(box, tmp_path) as client:
        screen = make(SAMSUNG, client)
        assert screen.chart is not None, screen.message.value
        assert "과거 데이터 재생" in screen.badge.value
        assert "PER -" in text_of(screen.panel.value)


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


# --- the watchlist ----------------------------------------------------------------------------------------


def test_watched_stocks_are_there_next_time(
    make: Make, screen: Explorer, reader: Client, own_state: Path
) -> None:
    """Star, star, another session: names and prices are there, the first is shown; a click takes one away."""
    screen.watchlist.star.click()
    assert screen.watchlist.star.description == "★ 관심"
    screen.pick(HYNIX)
    assert screen.watchlist.star.description == "☆ 관심"
    screen.watchlist.star.click()
    assert json.loads((own_state / "watchlist-sandbox.json").read_text()) == [SAMSUNG, HYNIX]
    again = make(None, reader)
    assert again.code == SAMSUNG
    go, price, drop = again.watchlist.rows[HYNIX].children
    assert go.description == "SK하이닉스(가상)"
    assert text_of(price.value) == "312,000 ▲ +0.32%"
    go.click()
    assert again.code == HYNIX
    drop.click()
    assert list(again.watchlist.rows) == [SAMSUNG]
    assert list(make(None, reader).watchlist.rows) == [SAMSUNG]


def test_two_sessions_lose_nothing(make: Make, reader: Client) -> None:
    """What the other session added stays, and is seen with the next change."""
    first, second = make(SAMSUNG, reader), make(HYNIX, reader)
    first.watchlist.star.click()
    second.watchlist.star.click()
    assert list(second.watchlist.rows) == [SAMSUNG, HYNIX]
    first.pick(KAKAO)
    first.watchlist.star.click()
    assert list(first.watchlist.rows) == [SAMSUNG, HYNIX, KAKAO]


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
    assert "손상되어" in screen.watchlist.note.value
    assert screen.chart is not None
    screen.watchlist.star.click()
    assert screen.watchlist.note.value == ""
    assert json.loads(file.read_text()) == [SAMSUNG]
    assert file.with_suffix(".damaged").read_bytes() == garbage


def test_a_folder_that_cannot_be_written(make: Make, reader: Client, own_state: Path) -> None:
    """It is watched on this screen alone, and the screen says so."""
    own_state.write_text("a file where the folder should be")
    screen = make(SAMSUNG, reader)
    screen.watchlist.star.click()
    assert list(screen.watchlist.rows) == [SAMSUNG]
    assert "이 화면에만" in screen.watchlist.note.value
    screen.watchlist.star.click()
    assert not screen.watchlist.rows


def test_real_and_invented_codes_stay_apart(
    make: Make, reader: Client, own_state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of the sandbox is not the one of the real server."""
    make(SAMSUNG, reader).watchlist.star.click()
    monkeypatch.setattr(connection, "_default", None)
    assert not make(None, None).watchlist.rows


def test_a_watched_stock_that_is_gone(make: Make, reader: Client, own_state: Path) -> None:
    """A code that is no longer listed keeps its line, without a price."""
    Watchlist(own_state / "watchlist-sandbox.json").add("999999")
    screen = make(SAMSUNG, reader)
    go, price, _ = screen.watchlist.rows["999999"].children
    assert go.description == "999999"
    assert text_of(price.value) == "-"


# --- for everybody ----------------------------------------------------------------------------------------


def test_every_control_says_what_it_is(screen: Explorer) -> None:
    """Whatever can be focused has a tooltip or an own text, so that it can be found without eyes or mouse."""
    screen.watchlist.star.click()
    kinds = {"Text", "Dropdown", "Button", "ToggleButton"}
    controls = [part for part in parts(screen) if type(part).__name__ in kinds]
    assert len(controls) > 20
    assert [part for part in controls if not part.tooltip] == []


def test_names_are_text() -> None:
    """A name with signs of HTML in it is shown as it is."""
    assert "<b>" not in html.render_headline("<i>", "<b>&", None)
    assert "<script>" not in html.render_message("<script>")
    assert "<b>" not in html.render_code("x = '<b>'")


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
    """Where no widget can be shown there is a name and not a page of CSS."""
    assert repr(screen) == "<kiwoom_research.Explorer 005930>"
