"""One client for a whole pull."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from ..endpoints import Endpoint

if TYPE_CHECKING:
    from ..client import Client, Reply


class Stopped(Exception):
    """The pull ended while this code was on its way."""


class Errand:
    """A client as one pull sees it: one moment for all its codes, and pages that end when the pull does."""

    def __init__(self, client: Client) -> None:
        self.inner = client
        self._now = client.now()
        self.stopped = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    @property
    def client(self) -> Client:
        """Itself, for functions that ask a `Client`."""
        return cast("Client", self)

    def now(self) -> datetime:
        """When the pull began: all codes are asked as of the same session."""
        return self._now

    def call(self, table: Endpoint, body: Mapping[str, str], *, refresh: bool = False) -> Reply:
        """As `Client.call`."""
        self._go_on()
        return self.inner.call(table, body, refresh=refresh)

    def pages(self, table: Endpoint, body: Mapping[str, str], *, refresh: bool = False) -> Iterator[Reply]:
        """As `Client.pages`."""
        for reply in self.inner.pages(table, body, refresh=refresh):
            yield reply
            self._go_on()

    def _go_on(self) -> None:
        if self.stopped.is_set():
            raise Stopped
