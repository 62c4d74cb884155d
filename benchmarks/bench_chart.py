"""The live chart beside the picture of `plot`, an empty canvas and, where its folder is at hand, an earlier experiment.

Headless Chromium on this machine, without a notebook and without a kernel: what the browser does is timed there, what Python
does here. Each figure is the median of rounds that take turns. Run with

    pytest benchmarks/bench_chart.py -s
"""

import base64
import io
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.charts.interactive import page as chart_page
from tests.e2e.browser import chromium

ROUNDS = 7
FEW, MANY = 600, 100_000
# waits for the first coloured pixel of the largest canvas
WAIT = """async () => {
    for (let frame = 0; frame < 600; frame++) {
        await new Promise(requestAnimationFrame);
        const canvas = [...document.querySelectorAll("canvas")].sort((a, b) => b.width - a.width)[0];
        if (!canvas || canvas.width < 200) continue;
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        for (let at = 0; at < data.length; at += 4)
            if (data[at + 3] > 0 && Math.abs(data[at] - data[at + 2]) > 60) return true;
    }
    return false;
}"""
# renders a widget from its code, until its first candle is seen [ms]
FIRST_PIXEL = (
    f"""async ([code, values, buffer]) => {{ const seen = {WAIT};"""
    + """
    document.body.innerHTML = '<div id="el" style="width:1000px"></div>';
    const bytes = Uint8Array.from(atob(buffer), (letter) => letter.charCodeAt(0));
    const held = { ...values, data: new DataView(bytes.buffer), _payload: new DataView(bytes.buffer) };
    const model = { get: (name) => held[name], set() {}, save_changes() {}, on() {}, off() {}, send() {} };
    const module = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    const began = performance.now();
    await module.default.render({ model, el: document.querySelector("#el") });
    return (await seen()) ? performance.now() - began : NaN;
}"""
)
# the output of a cell: until its picture is seen, and until the live chart has taken its place [ms]
OUTPUT = (
    f"""async (html) => {{ const seen = {WAIT};"""
    + """
    document.body.innerHTML = ''; const began = performance.now();
    const output = document.createRange().createContextualFragment(html.replace(/<script>[^]*/, ""));
    document.body.append(output); await document.querySelector("img").decode();
    await new Promise(requestAnimationFrame); const picture = performance.now() - began;
    document.body.append(document.createRange().createContextualFragment("<script>" + html.split("<script>")[1]));
    return (await seen()) ? [picture, performance.now() - began] : [NaN, NaN];
}"""
)
EMPTY = """export default { render({ el }) {
    const canvas = el.appendChild(document.createElement("canvas"));
    canvas.width = 1000; canvas.height = 480;
    const context = canvas.getContext("2d");
    const draw = () => { context.fillStyle = "#fff"; context.fillRect(0, 0, 1000, 480);
        context.fillStyle = "#e0313f"; context.fillRect(0, 0, 4, 4); };
    el.addEventListener("pointermove", () => requestAnimationFrame(draw)); draw();
} };"""
# gaps between frames while the pointer drags [ms]
WATCH = """() => { window.gaps = []; window.go = true; let last = performance.now();
    (function frame() { const now = performance.now(); gaps.push(now - last); last = now;
        if (window.go) requestAnimationFrame(frame); })(); }"""
STOP = "() => { window.go = false; const s = gaps.slice(2).sort((a, b) => a - b); return s[Math.floor(s.length * 0.95)]; }"
SHOW_PNG = """async (address) => {
    document.body.innerHTML = ''; const began = performance.now();
    const image = new Image(); image.src = address; await image.decode(); document.body.append(image);
    await new Promise(requestAnimationFrame); return performance.now() - began; }"""


def minutes(count: int) -> pd.DataFrame:
    """Minute bars."""
    random = np.random.default_rng(1)
    index = pd.date_range("2024-01-02 09:00", periods=count, freq="min", tz="Asia/Seoul", name="time")
    close = np.round(70_000 * np.exp(np.cumsum(random.normal(0, 0.0005, count))))
    open_ = np.append(70_000, close[:-1])
    high, low = np.maximum(open_, close) + 50, np.minimum(open_, close) - 50
    volume = random.integers(1, 90_000, count).astype(float)
    return pd.DataFrame(
        {"open": open_, "high": high, "low": low, "close": close, "volume": volume}, index=index
    )


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A blank page that remembers what it requested."""
    with chromium() as browser:
        made = browser.new_page(viewport={"width": 1100, "height": 700})
        made.asked = []
        made.on("request", lambda request: made.asked.append(request.url))
        made.goto("about:blank")
        yield made


def ours(bars: pd.DataFrame) -> tuple[str, dict[str, Any], str]:
    """The code of our widget, what its model holds, and its bars."""
    widget = kr.chart(bars, widget=True)
    values = {"theme": "light", "_shown": [0, 0], "_keep_view": False, "_visible": [], "_selection": []}
    code = f"{chart_page.script()}\nexport default {{ render }};"
    return code, values, base64.b64encode(widget._payload).decode()


def experiment(bars: pd.DataFrame) -> tuple[str, dict[str, Any], str] | None:
    """The same of the experiment, if it lies in the folder of test data."""
    place = Path(os.environ.get("KIWOOM_TEST_DATA", "../shared")) / "prototypes" / "canvas" / "candles.js"
    if not place.is_file():
        return None
    seconds = bars.index.tz_localize(None).to_numpy().astype("datetime64[s]").astype("int64").astype("int32")
    prices = [bars[name].to_numpy("float32").tobytes() for name in ("open", "high", "low", "close")]
    packed = b"".join([bars["volume"].to_numpy("float64").tobytes(), seconds.tobytes(), *prices])
    values = {"averages": [5, 20, 60, 120], "title": "", "theme": "light", "show": 0, "height": 480}
    return place.read_text(encoding="utf-8"), values, base64.b64encode(packed).decode()


def test_bytes_a_bar() -> None:
    """28 bytes a bar, and 4 for each bar of an indicator."""
    sizes = {
        (count, averages): len(kr.chart(minutes(count), widget=True, averages=averages)._payload)
        for count in (1_000, 11_000)
        for averages in ((), (5,))
    }
    bar = (sizes[11_000, ()] - sizes[1_000, ()]) / 10_000
    indicator = (sizes[11_000, (5,)] - sizes[1_000, (5,)]) / 10_000 - bar
    print(f"\n{bar:.1f} bytes a bar, {indicator:.1f} a bar and indicator")
    assert bar <= 28.1
    assert indicator <= 4.1


@pytest.mark.parametrize("count", [FEW, MANY])
def test_until_the_first_candle(count: int, page: Any) -> None:
    """The output of a cell (its picture, then the live chart) and the widget, beside `plot` and the experiment."""
    bars = minutes(count)
    found: dict[str, list[float]] = {"plot": [], "picture": [], "live": [], "widget": [], "experiment": []}
    other = experiment(bars)
    for _ in range(ROUNDS):
        began = time.perf_counter()
        buffer = io.BytesIO()
        kr.plot(bars).savefig(buffer, format="png")
        python = 1000 * (time.perf_counter() - began)
        address = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
        found["plot"].append(python + page.evaluate(SHOW_PNG, address))
        began = time.perf_counter()
        html = kr.chart(bars)._repr_mimebundle_()[0]["text/html"]
        python = 1000 * (time.perf_counter() - began)
        picture, live = page.evaluate(OUTPUT, html)
        found["picture"].append(python + picture)
        found["live"].append(python + live)
        began = time.perf_counter()
        given = ours(bars)
        python = 1000 * (time.perf_counter() - began)
        found["widget"].append(python + page.evaluate(FIRST_PIXEL, list(given)))
        if other:
            found["experiment"].append(page.evaluate(FIRST_PIXEL, list(other)))
    shown = {name: statistics.median(values) for name, values in found.items() if values}
    browser = page.evaluate(FIRST_PIXEL, list(ours(bars)))
    print(
        f"\n{count:,} bars until seen [ms]: "
        + ", ".join(f"{name} {value:.0f}" for name, value in shown.items())
    )
    print(f"  of the widget's in the browser: {browser:.0f}")
    assert shown["widget"] <= shown["plot"]
    if other:
        ratio = browser / shown["experiment"]
        print(f"  in the browser over the experiment: {ratio:.2f} times")
        assert ratio <= 2
    assert [url for url in page.asked if not url.startswith(("about:", "data:", "blob:"))] == []


@pytest.mark.parametrize("count", [FEW, MANY])
def test_a_pan_frame(count: int, page: Any) -> None:
    """The slow frames (p95) of a drag over all bars, beside those over a canvas with nothing in it."""
    found: dict[str, list[float]] = {"empty": [], "chart": []}
    cases = {"empty": (EMPTY, {}, ""), "chart": ours(minutes(count))}
    for _ in range(3):
        for name, given in cases.items():
            page.evaluate(FIRST_PIXEL, list(given))
            page.mouse.move(600, 200)
            page.mouse.down()
            page.evaluate(WATCH)
            for step in range(120):
                page.mouse.move(600 - 3 * step, 200)
            found[name].append(page.evaluate(STOP))
            page.mouse.up()
    empty, chart = (statistics.median(found[name]) for name in ("empty", "chart"))
    print(
        f"\n{count:,} bars, p95 of a frame: empty {empty:.1f} ms, chart {chart:.1f} ms: {chart / empty:.2f} times"
    )
    assert chart / empty <= 1.2


def test_what_a_notebook_keeps() -> None:
    """The size of the output of a cell, of a year of days, and of what is in it besides the picture."""
    chart = kr.chart(minutes(250))
    data, _ = chart._repr_mimebundle_()
    picture = len(base64.b64encode(data["image/png"]))
    html, code = len(data["text/html"]), len(chart_page.script())
    print(
        f"\n250 bars: {html / 1e3:.0f} kB of HTML, {picture / 1e3:.0f} kB of it the picture, {code / 1e3:.0f} kB the code"
    )
    assert html - picture < 120_000
