"""The explorer as somebody sees it: JupyterLab on this machine, headless Chromium, the notebook 05."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

if os.environ.get("KIWOOM_E2E") == "1":
    from playwright import sync_api
else:
    sync_api = pytest.importorskip("playwright.sync_api")

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "05_explorer.ipynb"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # there is no way out
]  # fmt: skip
TOKEN = "for-this-run"
SECONDS = 1000  # milliseconds
CONNECTED = """() => {
    const session = window.jupyterapp?.shell?.currentWidget?.context?.sessionContext?.session;
    return session?.kernel?.connectionStatus === 'connected';
}"""
ERRORS = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']"


def browser_path() -> str:
    """Where the browser is; without one the test is skipped, or fails where it has to run."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        return found
    message = "no Chromium on PATH (Debian: apt-get install chromium)"
    if os.environ.get("KIWOOM_E2E") == "1":
        pytest.fail(f"KIWOOM_E2E is 1 and there is {message}", pytrace=False)
    pytest.skip(message)


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """The address of a JupyterLab with folders of its own, and in its root a copy of the notebook."""
    browser_path()
    home = tmp_path / "lab"
    (home / "root").mkdir(parents=True)
    shutil.copy(NOTEBOOK, home / "root")
    own = ["JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR"]
    own += ["JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR", "KIWOOM_CACHE_DIR", "KIWOOM_STATE_DIR"]
    surroundings = {**os.environ, **{name: str(home / name.lower()) for name in own}}
    surroundings.pop("KIWOOM_SANDBOX_BARS", None)
    settings = home / "jupyterlab_settings_dir" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')  # nor does it ask
    port = free_port()
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={home / 'root'}", "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    log = home / "lab.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env=surroundings, start_new_session=True
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _answers(f"{address}/api/status?token={TOKEN}", server, log)
            yield address
        finally:
            _end(server)


def _answers(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server is there."""
    for _ in range(600):
        if server.poll() is not None:
            break
        with suppress(OSError), urllib.request.urlopen(address, timeout=1):
            return
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-3000:]}", pytrace=False)


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the server and its kernels: the session that was started here, nothing else."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(server.pid, kind)
        with suppress(subprocess.TimeoutExpired):
            server.wait(10)


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
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=SWITCHES)
        made = browser.new_page(viewport={"width": 1480, "height": 1160})
        window = Watched(made, tmp_path / "screenshots")
        try:
            made.goto(f"{lab}/lab/tree/{NOTEBOOK.name}?token={TOKEN}&reset")
            yield window
        finally:
            window.shot("at the end")
            browser.close()


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
