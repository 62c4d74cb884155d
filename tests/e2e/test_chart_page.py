"""The live chart under pointer, wheel, fingers and keys: pages written by ``chart.save``, opened from a file."""

import base64
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from nbconvert import HTMLExporter
from PIL import Image

import kiwoom_research as kr
from kiwoom_research.charts.theme import DARK, LIGHT

from ..test_charts import FOUR, days, pixels, shapes
from .browser import chromium

ODD_TITLE = """삼성전자 <b>"$A$"</b> & 'x' </script><img src=x onerror=alert(1)>"""
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for all pages."""
    with chromium() as made:
        yield made


class Opened:
    """A page with a live chart, and what its script said."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def settle(self) -> None:
        """Wait until everything is drawn and described."""
        self.page.evaluate(FRAMES)
        self.page.wait_for_timeout(250)  # longer than the chart waits before it describes itself

    def visible(self) -> tuple[int, int]:
        """Numbers of the first and the last bar in view."""
        self.settle()
        first, last = self.page.locator(".kr-live").get_attribute("data-visible").split()
        return int(first), int(last)

    def box(self) -> dict[str, float]:
        """Where the panes are."""
        return self.page.locator(".kr-surface").bounding_box()

    def at(self, share: float, down: float = 100) -> tuple[float, float]:
        """A point of the panes: a share of their width, so many pixels below their top."""
        box = self.box()
        return box["x"] + share * (box["width"] - 70), box["y"] + down

    def values(self) -> str:
        """The line of values of the bar under the crosshair."""
        self.page.evaluate(FRAMES)
        return " ".join(self.page.locator(".kr-values > span").all_inner_texts())

    def canvas(self) -> np.ndarray:
        """The lower canvas, height x width x RGB."""
        address = self.page.evaluate(
            "() => document.querySelector('.kr-surface canvas').toDataURL('image/png')"
        )
        picture = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
        return np.asarray(picture.convert("RGB"))


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """A function that saves a chart as a page and opens the file."""
    contexts = []

    def show(
        chart: Any, *, width: int = 900, scale: float = 1, dark: bool = False, touch: bool = False
    ) -> Opened:
        path = chart.save(tmp_path / f"chart{len(contexts)}.html")
        context = browser.new_context(
            viewport={"width": width, "height": 700}, device_scale_factor=scale, has_touch=touch,
            color_scheme="dark" if dark else "light",
        )  # fmt: skip
        contexts.append(context)
        window = Opened(context.new_page())
        window.page.goto(path.as_uri())
        window.page.locator(".kr-live[data-visible]").wait_for(timeout=20_000)
        return window

    yield show
    for context in contexts:
        context.close()


def whole(count: int = 300) -> pd.DataFrame:
    """Daily bars of whole won."""
    return days(count).round()


# --- pictures --------------------------------------------------------------------------------------


def test_a_saved_page_needs_nothing(opened: Callable[..., Opened], tmp_path: Path) -> None:
    """It is one file, asks for nothing outside, and shows a canvas full of bars."""
    bars = whole()
    window = opened(kr.chart(bars, title="삼성전자"))
    assert window.visible() == (0, 299)
    assert [url for url in window.requests if not url.startswith("file://")] == []
    assert len(window.requests) == 1
    assert not window.errors
    text = (tmp_path / "chart0.html").read_text(encoding="utf-8")
    assert not re.search(r"(src|href)\s*=\s*[\"']?\s*https?:|@import|\burl\(", text)


@pytest.mark.parametrize("style", ["korean", "western"])
def test_colours_are_those_of_the_picture(opened: Callable[..., Opened], style: str) -> None:
    """At the middle of each body stands the colour that `plot` gives it, and there are as many columns of volume."""
    bars = whole(80).assign(volume=1e6)  # columns as high as the pane
    window = opened(kr.chart(bars, averages=(), style=style))
    window.settle()
    canvas = window.canvas()
    figure = kr.plot(bars, averages=(), style=style)
    picture, axes = pixels(figure), figure.axes[0]
    middles = body_columns(canvas, style)
    assert len(middles) == len(bars) == len(shapes(figure, "bodies"))
    for at, (x, colour) in enumerate(middles):
        price = bars[["open", "close"]].iloc[at].mean()
        px, py = axes.transData.transform((at + 0.2, price)).round().astype(int)
        assert np.abs(picture[-py, px].astype(int) - colour.astype(int)).max() <= 2, (at, x)


def body_columns(canvas: np.ndarray, style: str) -> list[tuple[int, np.ndarray]]:
    """Middle and colour of each column of the volume pane, read from the row of pixels at its foot."""
    row = canvas[-26].astype(int)
    up, down = (np.array(to_rgb(colour)) * 255 for colour in (
        (LIGHT.up, LIGHT.down) if style == "korean" else ("#0b9a78", "#e0313f")
    ))  # fmt: skip
    coloured = np.minimum(np.abs(row - up).max(axis=1), np.abs(row - down).max(axis=1)) <= 2
    edges = np.flatnonzero(np.diff(np.concatenate([[0], coloured.astype(int), [0]])))
    return [((a + b) // 2, canvas[-26, (a + b) // 2]) for a, b in edges.reshape(-1, 2)]


@pytest.mark.parametrize("scale", [1, 1.5, 2, 3])
def test_sharp_at_any_pixel_ratio(opened: Callable[..., Opened], scale: float) -> None:
    """The canvas has a pixel for each of the screen's, and bodies have no blended edge."""
    window = opened(kr.chart(whole(40), averages=()), scale=scale)
    window.settle()
    canvas, box = window.canvas(), window.box()
    assert canvas.shape[:2] == (round(box["height"] * scale), round(box["width"] * scale))
    row = canvas[-round(26 * scale), : round((box["width"] - 75) * scale)]
    known = [LIGHT.background, LIGHT.grid, LIGHT.frame, LIGHT.up, LIGHT.down, LIGHT.flat]
    allowed = {tuple(np.round(np.array(to_rgb(colour)) * 255).astype(int)) for colour in known}
    assert set(map(tuple, row.tolist())) <= allowed


@pytest.mark.parametrize("width", [480, 900, 1900])
def test_the_chart_is_as_wide_as_its_page(opened: Callable[..., Opened], width: int) -> None:
    """And after the window changes, with all bars still in view and nothing cut off."""
    window = opened(kr.chart(whole(), title="삼성전자 005930", overlays=(), panes=["volume"]), width=width)
    for now in (width, width - 120, width + 60):
        window.page.set_viewport_size({"width": now, "height": 700})
        window.settle()
        assert window.page.locator(".kr-live").bounding_box()["width"] == now
        assert window.visible() == (0, 299)
        assert window.canvas().shape[1] == round(window.box()["width"])
    assert window.page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def test_100_000_bars_have_no_gaps(opened: Callable[..., Opened]) -> None:
    """Every pixel column between the first and the last bar has a colour of a candle."""
    index = pd.date_range("2020-01-01", periods=100_000, freq="min", tz="Asia/Seoul", name="time")
    bars = pd.DataFrame(np.tile(whole(500).to_numpy(), (200, 1)), columns=whole(5).columns, index=index)
    window = opened(kr.chart(bars, averages=(5,), panes=()))
    window.page.locator(".kr-live").press("0")
    assert window.visible() == (0, 99_999)
    canvas = window.canvas().astype(int)[:-24, : round(window.box()["width"]) - 80]
    candle = np.zeros(canvas.shape[:2], bool)
    for colour in (LIGHT.up, LIGHT.down, LIGHT.flat):
        candle |= np.abs(canvas - np.array(to_rgb(colour)) * 255).max(axis=2) <= 2
    columns = (candle.sum(axis=0) > 20).astype(int)
    filled = np.flatnonzero(columns)
    assert columns[filled[0] : filled[-1] + 1].all()
    assert len(filled) > 0.95 * canvas.shape[1]


def test_one_bar_and_none_in_range(opened: Callable[..., Opened]) -> None:
    """A single bar is drawn narrow; prices that are all missing leave the panes empty."""
    window = opened(kr.chart(FOUR.tail(1)))
    assert window.visible() == (0, 0)
    (bar,) = body_columns(window.canvas(), "korean")
    assert not opened(kr.chart(FOUR * np.nan)).errors
    assert bar[0] > 0


# --- theme -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("theme", "page_dark", "dark"), [
    ("auto", False, False), ("auto", True, True), ("light", True, False), ("dark", False, True),
])  # fmt: skip
def test_theme(opened: Callable[..., Opened], theme: str, page_dark: bool, dark: bool) -> None:
    """Unless it is told, the chart is as light or dark as the page around it."""
    window = opened(kr.chart(whole(), theme=theme), dark=page_dark)
    window.settle()
    background = np.round(np.array(to_rgb((DARK if dark else LIGHT).background)) * 255)
    assert window.canvas()[0, 0].tolist() == background.tolist()


def test_theme_follows_the_page_while_it_is_open(opened: Callable[..., Opened]) -> None:
    """As when the operating system goes dark at night."""
    window = opened(kr.chart(whole()))
    before = window.canvas()[0, 0].tolist()
    window.page.emulate_media(color_scheme="dark")
    window.settle()
    assert (before, window.canvas()[0, 0].tolist()) == ([255, 255, 255], [18, 22, 31])


# --- pointer, wheel and fingers ----------------------------------------------------------------------


def test_crosshair_snaps_to_bars(opened: Callable[..., Opened]) -> None:
    """Wherever the pointer is, the values are those of the bar below it, in won and shares, in every pane."""
    pytest.importorskip("talib")
    bars = whole()
    bars["official_close"] = bars["close"] + np.where(np.arange(300) % 2, 0, 100)
    net = pd.Series(np.arange(300) * 1_234_567.0, index=bars.index, name="외국인 순매수")
    window = opened(kr.chart(bars, averages=(20,), panes=["volume", "rsi", ("bars", net)]))
    seen = set()
    for share in (0.2, 0.5, 0.77):
        window.page.mouse.move(*window.at(share))
        text = window.values()
        at = bars.index.get_loc(pd.Timestamp(text[:10]))
        seen.add(at)
        bar = bars.iloc[at]
        for name in ("open", "high", "low", "close", "volume"):
            assert f"{bar[name]:,.0f}" in text, (name, text)
        before = bars["official_close"].iloc[at - 1]
        assert f"{abs(bar['close'] / before - 1) * 100:.2f}%" in text
        assert ("공식 종가" in text) == (at % 2 == 0)
        legends = window.page.locator(".kr-legend").all_inner_texts()
        assert f"{bars['close'].iloc[at - 19 : at + 1].mean():,.0f}" in legends[0]
        assert f"{bar['volume']:,.0f}" in legends[1]
        assert f"{kr.indicators.rsi(bars).iloc[at]:.2f}".rstrip("0") in legends[2]
        assert f"{net.iloc[at]:,.0f}" in legends[3]
    assert len(seen) == 3
    window.page.mouse.move(5, 5)
    assert window.values().startswith("2026-11-20")  # without a pointer, the newest


def test_drag_pans_and_nothing_else(opened: Callable[..., Opened]) -> None:
    """A bar stays under the pointer while it is dragged, and as many bars remain in view."""
    window = opened(kr.chart(whole(2000), last=200))
    first, last = window.visible()
    x, y = window.at(0.5)
    window.page.mouse.move(x, y)
    held = window.values()[:10]
    window.page.mouse.down()
    window.page.mouse.move(x + 150, y + 40, steps=8)
    assert window.values()[:10] == held
    window.page.mouse.up()
    now = window.visible()
    assert now[0] < first - 20
    assert abs((now[1] - now[0]) - (last - first)) <= 4  # there was room beside the newest bar


def test_wheel_zooms_with_the_focus_else_the_page_scrolls(opened: Callable[..., Opened]) -> None:
    """Without focus a hint says how; with Ctrl it zooms at once; the bar under the pointer stays."""
    window = opened(kr.chart(whole(1000)))
    window.page.evaluate("() => { document.body.style.height = '3000px'; }")
    x, y = window.at(0.7)
    window.page.mouse.move(x, y)
    before = window.visible()
    window.page.mouse.wheel(0, 200)
    window.page.wait_for_function("() => window.scrollY > 100")
    assert window.visible() == before
    assert window.page.locator(".kr-hint.kr-shown").count() == 1
    window.page.evaluate("() => window.scrollTo(0, 0)")
    window.page.mouse.click(x, y)
    held = window.values()[:10]
    for _ in range(5):
        window.page.mouse.wheel(0, -120)
    zoomed = window.visible()
    assert zoomed[1] - zoomed[0] < 0.6 * (before[1] - before[0])
    assert window.values()[:10] == held
    assert window.page.evaluate("() => window.scrollY") == 0
    window.page.mouse.wheel(-200, 0)  # sideways
    assert window.visible()[0] < zoomed[0]
    window.page.locator(".kr-live").press("Escape")
    window.page.locator(".kr-live").press("Escape")
    assert window.page.evaluate("() => document.activeElement === document.body")
    window.page.keyboard.down("Control")
    window.page.mouse.wheel(0, -120)
    window.page.keyboard.up("Control")
    assert np.diff(window.visible())[0] < zoomed[1] - zoomed[0]


def test_double_click_and_buttons(opened: Callable[..., Opened]) -> None:
    """The buttons zoom in and out; a double click and one of the buttons show everything."""
    window = opened(kr.chart(whole(500), last=100))
    part = window.visible()
    window.page.locator(".kr-tools button").nth(1).click()
    closer = window.visible()
    assert closer[1] - closer[0] < part[1] - part[0]
    window.page.locator(".kr-tools button").nth(0).click()
    window.page.locator(".kr-tools button").nth(0).click()
    assert np.diff(window.visible())[0] > part[1] - part[0]
    window.page.mouse.dblclick(*window.at(0.4))
    assert window.visible() == (0, 499)
    window.page.locator(".kr-tools button").nth(1).click()
    window.page.locator(".kr-tools button").nth(2).click()
    assert window.visible() == (0, 499)


def test_shift_drag_selects(opened: Callable[..., Opened]) -> None:
    """The range says its return, high, low and volume; a click lets it go."""
    bars = whole()
    window = opened(kr.chart(bars))
    before = window.visible()
    window.page.keyboard.down("Shift")
    window.page.mouse.move(*window.at(0.6))
    window.page.mouse.down()
    window.page.mouse.move(*window.at(0.3), steps=5)
    window.page.mouse.up()
    window.page.keyboard.up("Shift")
    window.page.evaluate(FRAMES)
    text = " ".join(window.page.locator(".kr-summary > span").all_inner_texts())
    first, last = re.findall(r"\d{4}-\d\d-\d\d", text)
    part = bars.loc[first:last]
    assert 80 < len(part) < 100
    assert f"{len(part)}봉" in text
    change = 100 * (part["close"].iloc[-1] / part["close"].iloc[0] - 1)
    assert f"수익률 {'+' if change > 0 else '−'}{abs(change):,.2f}%" in text
    assert f"고가 {part['high'].max():,.0f}" in text
    assert f"저가 {part['low'].min():,.0f}" in text
    assert window.visible() == before
    window.page.mouse.click(*window.at(0.8))
    window.page.evaluate(FRAMES)
    assert not window.page.locator(".kr-summary").is_visible()


def test_pinch_zooms(opened: Callable[..., Opened]) -> None:
    """Two fingers that move apart bring the bars between them closer."""
    window = opened(kr.chart(whole(500)), touch=True)
    before = window.visible()
    session = window.page.context.new_cdp_session(window.page)

    def fingers(kind: str, *shares: float) -> None:
        points = [dict(zip("xy", window.at(share), strict=True)) for share in shares]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 0.45, 0.55)
    for step in (0.05, 0.1, 0.2):
        fingers("touchMove", 0.45 - step, 0.55 + step)
    fingers("touchEnd")
    now = window.visible()
    assert now[1] - now[0] < 0.4 * (before[1] - before[0])
    assert now[0] < 250 < now[1]


def test_the_value_axis_follows_what_is_in_view(opened: Callable[..., Opened]) -> None:
    """A spike outside of the view does not press the bars flat."""
    bars = whole(400)
    bars.iloc[10, 1] = 9_000_000.0
    window = opened(kr.chart(bars, averages=()))

    def height_of_candles() -> int:
        canvas = window.canvas().astype(int)[:340, :800]
        red = np.abs(canvas - np.array(to_rgb(LIGHT.up)) * 255).max(axis=2) <= 2
        rows = np.flatnonzero(red.sum(axis=1) > 5)  # more than the wick of the spike
        return int(rows[-1] - rows[0])

    pressed = height_of_candles()
    window.page.locator(".kr-live").press("End")
    for _ in range(4):
        window.page.locator(".kr-live").press("+")
    assert window.visible()[0] > 10
    assert height_of_candles() > 3 * pressed


# --- keys and screen readers -------------------------------------------------------------------------


def test_keys(opened: Callable[..., Opened]) -> None:
    """Arrows move the crosshair, + and - zoom, Home, End and pages go along, 0 shows everything, Esc leaves."""
    bars = whole(600)
    window = opened(kr.chart(bars, last=100))
    root = window.page.locator(".kr-live")
    window.page.keyboard.press("Tab")
    for _ in range(4):  # past the buttons, if they come first
        if window.page.evaluate("() => document.activeElement.className.includes('kr-live')"):
            break
        window.page.keyboard.press("Tab")
    outline = window.page.evaluate("() => getComputedStyle(document.querySelector('.kr-live')).outlineStyle")
    assert outline == "solid"
    shown = window.visible()
    for key, at in (("ArrowLeft", 599), ("ArrowLeft", 598), ("ArrowRight", 599), ("Home", 0), ("End", 599)):
        root.press(key)
        assert window.values()[:10] == f"{bars.index[at]:%Y-%m-%d}"
    assert f"{bars['close'].iloc[-1]:,.0f}" in window.page.locator("[aria-live]").inner_text()
    root.press("PageUp")
    assert window.visible()[0] < shown[0] - 50
    root.press("PageDown")
    root.press("+")
    closer = window.visible()
    assert closer[1] - closer[0] < shown[1] - shown[0]
    root.press("-")
    root.press("-")
    assert np.diff(window.visible())[0] > shown[1] - shown[0]
    root.press("0")
    assert window.visible() == (0, 599)
    root.press("End")
    for _ in range(3):
        root.press("Shift+ArrowLeft")
    window.page.evaluate(FRAMES)
    assert "4봉" in window.page.locator(".kr-summary").inner_text()
    for _ in range(3):
        root.press("Escape")
    assert window.page.evaluate("() => document.activeElement === document.body")
    window.page.evaluate(FRAMES)
    assert not window.page.locator(".kr-summary").is_visible()


def test_no_key_leaves_the_chart(opened: Callable[..., Opened]) -> None:
    """The page around hears no plain key; Tab and combinations with Ctrl stay the browser's."""
    window = opened(kr.chart(whole()))
    window.page.evaluate(
        "() => { window.heard = []; document.addEventListener('keydown', (e) => heard.push(e.key)); }"
    )
    root = window.page.locator(".kr-live")
    root.focus()
    for key in ("a", "b", "d", "d", "x", "ArrowUp", "ArrowLeft", "Enter", "Home", "0", "+"):
        root.press(key)
    assert window.page.evaluate("() => heard") == []
    root.press("Control+s")
    root.press("Tab")
    assert window.page.evaluate("() => heard") == ["Control", "s", "Tab"]


def test_screen_readers_get_a_sentence_and_a_table(opened: Callable[..., Opened]) -> None:
    """What is shown, and the newest bars in view in words."""
    bars = whole()
    window = opened(kr.chart(bars, title="카카오", start="2026-06-01", end="2026-06-30"))
    label = window.page.locator(".kr-live").get_attribute("aria-label")
    assert label.startswith("카카오 일봉 차트, 2026-05-")  # a little room on both sides
    assert f"마지막 종가 {bars['close'].iloc[-1]:,.0f}" in label
    window.page.locator(".kr-live").press("End")
    window.settle()
    rows = window.page.locator("table.kr-hidden tr").all_inner_texts()
    assert [row.split() for row in rows[:2]] == [
        ["시각", "시가", "고가", "저가", "종가", "거래량"],
        ["2026-11-20", *(f"{value:,.0f}" for value in bars.iloc[-1])],
    ]


def test_directions_are_not_told_by_colour_alone(opened: Callable[..., Opened]) -> None:
    """Changes carry an arrow and a sign, signals point up or down and are named."""
    bars = FOUR.copy()
    window = opened(kr.chart(bars, signals=pd.Series([1.0, -1.0], index=bars.index[:2])))
    root = window.page.locator(".kr-live")
    texts = []
    for key in ("Home", "ArrowRight", "ArrowRight"):
        root.press(key)
        texts.append(window.values())
    assert "▲ 매수" in texts[0]
    assert "▼5 (−4.55%)" in texts[1]
    assert "▼ 매도" in texts[1]
    assert "0 (0.00%)" in texts[2]
    assert "거래 없음" in texts[2]
    assert "▲15 (+14.29%)" in window.page.locator(".kr-headline").inner_text()


# --- texts -----------------------------------------------------------------------------------------


def test_titles_are_text(opened: Callable[..., Opened]) -> None:
    """Whatever is in a title, a name or an event is shown as it is and never becomes part of the page."""
    bars = whole()
    own = bars["close"].rename(ODD_TITLE)
    window = opened(kr.chart(bars, title=ODD_TITLE, panes=own, events={bars.index[-1]: ODD_TITLE}))
    assert window.page.locator(".kr-title").inner_text() == ODD_TITLE
    assert ODD_TITLE in window.page.locator(".kr-legend").nth(1).inner_text()
    assert ODD_TITLE in window.values()
    assert window.page.locator(".kr-live img, .kr-live b, .kr-live script").count() == 0
    assert ODD_TITLE in window.page.title()
    assert not window.errors


def test_compare(opened: Callable[..., Opened]) -> None:
    """Several stocks from 100 on, with value and return of each under the crosshair."""
    both = {"삼성전자": whole(100), "<카카오>": whole(100)["close"] * np.linspace(1, 2, 100)}
    window = opened(kr.chart(both))
    window.page.locator(".kr-live").press("Home")
    window.page.evaluate(FRAMES)
    assert window.page.locator(".kr-legend").inner_text().split("\n") == [
        "삼성전자 100 (0.00%)",
        "<카카오> 100 (0.00%)",
    ]
    window.page.locator(".kr-live").press("End")
    window.page.evaluate(FRAMES)
    change = 100 * (both["<카카오>"].iloc[-1] / both["<카카오>"].iloc[0] - 1)
    assert (
        f"({'+' if change > 0 else '−'}{abs(change):,.2f}%)" in window.page.locator(".kr-legend").inner_text()
    )


# --- a notebook without a kernel -------------------------------------------------------------------


def exported(chart: Any, folder: Path) -> Path:
    """A notebook with the output of a chart, as nbconvert exports it to a page."""
    data, metadata = chart._repr_mimebundle_()
    data = {**data, "image/png": base64.b64encode(data["image/png"]).decode()}
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("kr.chart(bars)", outputs=[output] * 2)]
    )
    path = folder / "notebook.html"
    path.write_text(HTMLExporter().from_notebook_node(notebook)[0], encoding="utf-8")
    return path


def test_an_exported_notebook_is_alive(browser: Any, tmp_path: Path) -> None:
    """Both outputs become charts; with the scripts turned off, both remain pictures with an alt text."""
    path = exported(kr.chart(whole(), title="삼성전자"), tmp_path)
    for scripts in (True, False):
        page = browser.new_context(java_script_enabled=scripts).new_page()
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        if scripts:
            page.locator(".kr-live[data-visible]").nth(1).wait_for()
            assert page.locator("img.kr-picture").count() == 0
            page.locator(".kr-live").nth(1).press("ArrowLeft")
            page.evaluate(FRAMES)
        else:
            assert page.locator(".kr-live").count() == 0
            picture = page.locator("img.kr-picture").first
            assert picture.is_visible()
            assert picture.get_attribute("alt").startswith("삼성전자 일봉 차트")
            assert picture.bounding_box()["width"] > 500
        page.context.close()
