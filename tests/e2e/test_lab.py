"""The explorer as somebody sees it: JupyterLab on this machine, headless Chromium, the notebook 05."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .browser import CONNECTED, SECONDS, TOKEN, browser_path, chromium, jupyter_lab, sync_api

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "05_explorer.ipynb"
ERRORS = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """The address of a JupyterLab with a copy of the notebook."""
    browser_path()
    (tmp_path / "lab" / "root").mkdir(parents=True)
    shutil.copy(NOTEBOOK, tmp_path / "lab" / "root")
    with jupyter_lab(tmp_path / "lab") as address:
        yield address


class Watched:
    """A page, and what it asked for that is not on this machine."""

    def __init__(self, page: Any, folder: Path) -> None:
        self.page = page
        self.outside: list[str] = []
        self.broken: list[str] = []
        self._folders = [folder]
        if os.environ.get("KIWOOM_SCREENSHOTS"):
            self._folders.append(Path(os.environ["KIWOOM_SCREENSHOTS"]))
        page.on("request", self._asked)
        page.on("pageerror", lambda error: self.broken.append(str(error)))

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self.outside.append(request.url)

    def shot(self, name: str, part: str = "") -> None:
        """A picture of the page as it is now, or of a part of it."""
        shown = self.page.locator(part) if part else self.page
        for folder in self._folders:
            folder.mkdir(parents=True, exist_ok=True)
            shown.screenshot(path=str(folder / f"{name}.png"))

    def run_all(self) -> None:
        """Run every cell and wait for the chart."""
        self.page.wait_for_function(CONNECTED, timeout=90 * SECONDS)
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.locator("img.kr-chart").wait_for(state="visible", timeout=90 * SECONDS)


@pytest.fixture
def watched(lab: str, tmp_path: Path) -> Iterator[Watched]:
    """A browser window with the notebook."""
    with chromium() as browser:
        made = browser.new_page(viewport={"width": 1480, "height": 1160})
        window = Watched(made, tmp_path / "screenshots")
        made.goto(f"{lab}/lab/tree/{NOTEBOOK.name}?token={TOKEN}&reset")
        yield window
        window.shot("at the end")


def test_explorer_in_jupyterlab(watched: Watched, lab: str) -> None:
    """Search by name, pick, change the interval, watch; after a reload it is still watched, and nothing went out."""
    page, expect = watched.page, sync_api.expect
    watched.run_all()
    headline = page.locator(".kr-headline")
    expect(headline).to_contain_text("삼성전자(가상)", timeout=30 * SECONDS)
    expect(page.locator(".kr-origin")).to_have_text("가상 데이터")
    expect(page.locator(".kr-facts")).to_contain_text("시가총액", timeout=30 * SECONDS)
    page.locator(".kr-explorer").scroll_into_view_if_needed()
    watched.shot("1 opened")

    search = page.locator("input.kr-search")
    search.click()
    search.press_sequentially("ㅋㅋㅇ", delay=30)
    expect(page.locator(".kr-option").first).to_contain_text("카카오(가상)", timeout=20 * SECONDS)
    watched.shot("2 searched")
    search.fill("")
    search.press_sequentially("하이닉스", delay=30)
    chart = page.locator("img.kr-chart")
    before = chart.get_attribute("src")
    search.press("Enter")
    expect(headline).to_contain_text("SK하이닉스(가상)", timeout=20 * SECONDS)
    expect(chart).not_to_have_attribute("src", before or "", timeout=20 * SECONDS)
    expect(page.locator(".kr-hits")).to_be_hidden()

    before = chart.get_attribute("src")
    page.locator("[data-value='1w']").click()
    expect(chart).not_to_have_attribute("src", before or "", timeout=20 * SECONDS)
    page.locator("button.kr-star").click()
    row = page.locator(".kr-row", has_text="SK하이닉스(가상)")
    expect(row).to_be_visible(timeout=20 * SECONDS)
    expect(row.locator(".kr-quote")).to_contain_text("%")
    watched.shot("3 watched")

    before = chart.get_attribute("src")
    for _ in range(2):  # from the theme of the page to light, then to dark
        page.locator("button.kr-theme").click()
    expect(page.locator(".kr-explorer.kr-dark")).to_be_visible()
    expect(chart).not_to_have_attribute("src", before or "", timeout=20 * SECONDS)
    watched.shot("4 dark")
    page.locator("[role=tab][data-value=table]").click()
    watched.shot("5 table")
    with page.expect_download() as download:
        page.locator("button.kr-csv").click()
    assert download.value.suggested_filename == "000660_1w.csv"
    page.locator("[role=tab][data-value=code]").click()
    expect(page.locator("pre.kr-source")).to_contain_text('kr.get_bars("000660", "1w"')
    watched.shot("6 code")

    page.reload()
    watched.run_all()
    expect(row.locator(".kr-quote")).to_contain_text("%", timeout=30 * SECONDS)
    expect(page.locator(".kr-facts")).to_contain_text("외국인 보유", timeout=30 * SECONDS)
    watched.shot("7 reloaded")
    expect(page.locator(".kr-wait")).to_have_count(0, timeout=20 * SECONDS)
    watched.shot("explorer", ".kr-explorer")  # the one in docs/pictures
    assert page.locator(ERRORS).count() == 0
    assert not watched.outside
    assert not watched.broken
