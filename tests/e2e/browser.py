"""Chromium and JupyterLab for the tests: how they are found, started and ended."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

if os.environ.get("KIWOOM_E2E") == "1":
    from playwright import sync_api
else:
    sync_api = pytest.importorskip("playwright.sync_api")

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


def browser_path() -> str:
    """The path of the browser; without one the test is skipped, or fails where it has to run."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        return found
    message = "no Chromium on PATH (Debian: apt-get install chromium)"
    if os.environ.get("KIWOOM_E2E") == "1":
        pytest.fail(f"KIWOOM_E2E is 1 and there is {message}", pytrace=False)
    pytest.skip(message)


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless browser."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=SWITCHES)
        try:
            yield browser
        finally:
            browser.close()


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def jupyter_lab(home: Path) -> Iterator[str]:
    """The address of a JupyterLab with folders of its own; its notebooks are those in ``home/root``."""
    (home / "root").mkdir(parents=True, exist_ok=True)
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
            _wait_for(f"{address}/api/status?token={TOKEN}", server, log)
            yield address
        finally:
            _end(server)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
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
