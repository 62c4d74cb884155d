"""The plugin for other people's tests: the example of its page runs, and the network is refused."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
REFUSED = """
import socket

import pytest


def test_elsewhere(kiwoom_client):
    with pytest.raises(RuntimeError, match="this test asked 192.0.2.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_without_the_client():
    assert "checked" not in socket.socket.connect.__qualname__
"""


def pytest_of(folder: Path) -> str:
    """What pytest says of the tests in a folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    return done.stdout + done.stderr


def test_the_page_runs(tmp_path: Path) -> None:
    """Its two blocks are a conftest.py and three tests."""
    line, tests = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "conftest.py").write_text(line, encoding="utf-8")
    (tmp_path / "test_mine.py").write_text(tests, encoding="utf-8")
    assert "3 passed" in pytest_of(tmp_path)


def test_the_network_is_refused(tmp_path: Path) -> None:
    """While the fixture is there, and no longer."""
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["kiwoom_research.testing"]\n', encoding="utf-8")
    (tmp_path / "test_network.py").write_text(REFUSED, encoding="utf-8")
    assert "2 passed" in pytest_of(tmp_path)
