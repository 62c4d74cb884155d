"""The live chart in JupyterLab: as the output of a cell, reopened without a kernel, and as a widget."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from .browser import CONNECTED, SECONDS, TOKEN, browser_path, chromium, jupyter_lab, sync_api

NAME = "chart.ipynb"
CELLS = [
    'import kiwoom_research as kr\nkr.connect("sandbox")\nbars = kr.get_bars("005930", start="2025-01-02")',
    'kr.chart(bars, title="삼성전자 <b>$", panes=["rsi"])',
    "live = kr.chart(bars, widget=True)\nlive",
]
LIVE = ".kr-live[data-visible]"
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the notebook."""
    folder = tmp_path_factory.mktemp("lab") / "home"
    (folder / "root").mkdir(parents=True)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, folder / "root" / NAME)
    return folder


@pytest.fixture(scope="module")
def page(root: Path) -> Iterator[Any]:
    """A window of JupyterLab with the notebook, all of whose cells were run."""
    browser_path()
    with jupyter_lab(root) as address, chromium() as browser:
        made = browser.new_page(viewport={"width": 1300, "height": 1500})
        made.outside = []
        made.on("request", lambda request: made.outside.append(request.url))
        made.goto(f"{address}/lab/tree/{NAME}?token={TOKEN}&reset")
        made.wait_for_function(CONNECTED, timeout=90 * SECONDS)
        command(made, "notebook:run-all-cells")
        made.locator(LIVE).nth(1).wait_for(timeout=90 * SECONDS)
        yield made
        if folder := os.environ.get("KIWOOM_SCREENSHOTS"):
            made.screenshot(path=f"{folder}/chart in the lab.png")


def command(page: Any, name: str, **arguments: Any) -> None:
    """Run a command of JupyterLab."""
    page.evaluate(f"() => window.jupyterapp.commands.execute({name!r}, {json.dumps(arguments)})")


def cells(page: Any) -> int:
    """How many cells the notebook has."""
    count = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.cells.length")
    return int(count)


def test_both_charts_are_alive(page: Any) -> None:
    """The output of a cell and the widget: canvases instead of a picture, a title that is text, a crosshair."""
    assert page.locator(LIVE).count() == 2
    assert page.locator("img.kr-picture").count() == 0
    chart = page.locator(LIVE).first
    assert "삼성전자 <b>$" in chart.inner_text()
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.evaluate(FRAMES)
    assert "거래량" in chart.inner_text() or "Volume" in chart.inner_text()
    ours = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
    assert [url for url in page.outside if not url.startswith(ours)] == []


def test_keys_stay_in_the_chart(page: Any) -> None:
    """What moves the chart, and letters that are shortcuts of the notebook (d d deletes a cell, b adds one)."""
    chart = page.locator(LIVE).first
    chart.focus()
    before, count = chart.get_attribute("data-visible"), cells(page)
    for key in ("ArrowLeft", "+", "+", "d", "d", "b", "a", "x", "m"):
        chart.press(key)
    sync_api.expect(chart).not_to_have_attribute("data-visible", before, timeout=5 * SECONDS)
    assert cells(page) == count
    chart.press("0")
    page.evaluate(FRAMES)


def test_the_notebook_can_be_saved_from_the_chart(page: Any, root: Path) -> None:
    """Ctrl+S is the browser's and the notebook's, also while the chart has the focus."""
    file = root / "root" / NAME
    assert "data-kr-chart" not in file.read_text(encoding="utf-8")
    page.locator(LIVE).first.focus()
    page.keyboard.press("Control+s")
    page.wait_for_function(
        "() => !window.jupyterapp.shell.currentWidget.context.model.dirty", timeout=30 * SECONDS
    )
    assert "data-kr-chart" in file.read_text(encoding="utf-8")


def test_the_theme_of_the_lab(page: Any) -> None:
    """Both charts follow JupyterLab's dark theme and come back."""

    def background() -> list[int]:
        """The brightness of the upper left corner of each chart."""
        shots = [page.locator(LIVE).nth(number) for number in range(2)]
        return [
            shot.evaluate("e => getComputedStyle(e).backgroundColor.match(/[0-9]+/g).map(Number)[0]")
            for shot in shots
        ]

    assert min(background()) > 200
    command(page, "apputils:change-theme", theme="JupyterLab Dark")
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'", timeout=30 * SECONDS)
    page.wait_for_function(
        f"() => [...document.querySelectorAll('{LIVE}')].every(e =>"
        " Number(getComputedStyle(e).backgroundColor.match(/[0-9]+/g)[0]) < 90)",
        timeout=10 * SECONDS,
    )
    command(page, "apputils:change-theme", theme="JupyterLab Light")
    page.wait_for_function(
        f"() => [...document.querySelectorAll('{LIVE}')].every(e =>"
        " Number(getComputedStyle(e).backgroundColor.match(/[0-9]+/g)[0]) > 200)",
        timeout=30 * SECONDS,
    )


def test_a_widget_shows_another_stock_in_place(page: Any) -> None:
    """`show` exchanges the bars of the chart that is there."""
    widget = page.locator(LIVE).nth(1)
    before = widget.inner_text()
    page.evaluate(
        """async () => {
            const kernel = window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
            await kernel.requestExecute({code: 'live.show(kr.get_bars("000660", start="2025-01-02"))'}).done;
        }"""
    )
    sync_api.expect(widget).not_to_have_text(before, timeout=20 * SECONDS)
    assert page.locator(LIVE).count() == 2


def test_a_reopened_notebook_is_alive_without_a_kernel(page: Any) -> None:
    """Nothing is run again: the output of the cell is a chart, and the widget's a line that no kernel answers."""
    command(page, "docmanager:save")
    page.wait_for_function(
        "() => !window.jupyterapp.shell.currentWidget.context.model.dirty", timeout=30 * SECONDS
    )
    page.evaluate(
        "async () => { await window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown(); }"
    )
    page.reload()
    chart = page.locator(LIVE).first
    chart.wait_for(timeout=60 * SECONDS)
    assert page.locator(LIVE).count() == 1
    before = chart.get_attribute("data-visible")
    chart.press("ArrowLeft")
    chart.press("+")
    sync_api.expect(chart).not_to_have_attribute("data-visible", before, timeout=5 * SECONDS)
