"""Fixtures of pytest for tests of your own: a sandbox, and a client of it that all functions use.

Put ``pytest_plugins = ["kiwoom_research.testing"]`` into your conftest.py. A test that takes ``kiwoom_client`` asks an
invented market on this machine, with a cache of its own; a connection to anywhere else is an error.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .client import Client
from .config import is_loopback
from .data.connection import connect
from .sandbox import Sandbox


@pytest.fixture
def kiwoom_sandbox() -> Iterator[Sandbox]:
    """A sandbox without a request limit; `Sandbox.fail`, `Sandbox.set_clock` and `Sandbox.advance` change it."""
    with Sandbox(rate=None) as box:
        yield box


@pytest.fixture
def kiwoom_client(
    kiwoom_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Client]:
    """The client of the sandbox that all functions use during the test; the network is refused."""
    monkeypatch.setattr(socket.socket, "connect", _only_here(socket.socket.connect))
    monkeypatch.setenv("KIWOOM_STATE_DIR", str(tmp_path / "kiwoom-state"))
    with connect(kiwoom_sandbox, cache_dir=tmp_path / "kiwoom-cache") as client:
        yield client


def _only_here(connect_to: Any) -> Any:
    """A socket's ``connect`` that reaches this machine only."""

    def checked(self: socket.socket, address: Any) -> Any:
        host = address[0] if isinstance(address, tuple) else ""
        if host and not is_loopback(f"http://[{host}]" if ":" in host else f"http://{host}"):
            raise RuntimeError(f"this test asked {host}; with kiwoom_client only the sandbox can be asked")
        return connect_to(self, address)

    return checked
