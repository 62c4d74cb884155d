"""The parts of the explorer load on their own: each shows what it has, what it waits for, or why it failed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..client.waits import Wait, WaitMonitor
from ..data.connection import default_client
from ..errors import KiwoomError, NetworkError, RequestCancelled
from .debounce import Debouncer, MakeTimer, Ticket
from .messages import DisplayError

if TYPE_CHECKING:
    from ..client import Client

log = logging.getLogger("kiwoom_research")

T = TypeVar("T")
Fetch = Callable[["Client", bool], T]
"""Takes the client to use and whether to ask the server even if the cache has a good answer."""


@dataclass(frozen=True)
class Runtime:
    """What the parts of one explorer share.

    Attributes
    ----------
    client : Client or None
        The client of the explorer; None for the one made by `connect`.
    pool : Executor
        Runs the requests.
    lock : RLock
        Held while something is shown.
    timer : callable
        Makes the timers of the debouncers.
    """

    client: Client | None
    pool: Executor
    lock: Any
    timer: MakeTimer


class Part(Generic[T]):
    """Loads one part: cached data at once, then what the server has if the cached data has expired.

    Parameters
    ----------
    runtime : Runtime
        Where it runs.
    on_change : callable
        Called, with the lock held, whenever one of the attributes has changed.
    quiet : float
        Requests that follow one another faster than this [s] are debounced.

    Attributes
    ----------
    value : T or None
        What was loaded last.
    error : Exception or None
        Why the last request failed.
    wait : Wait or None
        What the current request waits for.
    is_loading, is_cancelled : bool
        Whether a request is running, and whether the user has cancelled it.
    """

    def __init__(self, runtime: Runtime, on_change: Callable[[], None], quiet: float = 0.12) -> None:
        self._runtime = runtime
        self._on_change = on_change
        self._debouncer = Debouncer(runtime.pool, runtime.lock, quiet, runtime.timer)
        self._monitor: WaitMonitor | None = None
        self.value: T | None = None
        self.error: Exception | None = None
        self.wait: Wait | None = None
        self.is_loading = False
        self.is_cancelled = False

    @property
    def idle(self) -> threading.Event:
        """Set while nothing is loading."""
        return self._debouncer.idle

    def load(self, fetch: Fetch[T], *, refresh: bool = False) -> None:
        """Load anew; a request that is still running is abandoned, the old value stays until the new one is there."""
        with self._runtime.lock:
            self._abandon()
            self.error, self.wait, self.is_loading, self.is_cancelled = None, None, True, False
            monitor = self._monitor = WaitMonitor(lambda wait: None)
            self._debouncer.submit(lambda ticket: self._run(ticket, monitor, fetch, refresh))
            self._on_change()

    def cancel(self) -> None:
        """Stop loading, at the wish of the user."""
        with self._runtime.lock:
            if self.is_loading:
                self._abandon()
                self._debouncer.cancel()
                self.is_loading, self.is_cancelled, self.wait = False, True, None
                self._on_change()

    def clear(self) -> None:
        """Forget the value and stop loading."""
        with self._runtime.lock:
            self._abandon()
            self._debouncer.cancel()
            self.value, self.error, self.wait = None, None, None
            self.is_loading = self.is_cancelled = False

    def close(self) -> None:
        """Stop loading for good."""
        self._abandon()
        self._debouncer.close()

    def _abandon(self) -> None:
        if self._monitor is not None:
            self._monitor.cancel()

    def _run(self, ticket: Ticket, monitor: WaitMonitor, fetch: Fetch[T], refresh: bool) -> None:
        monitor.notify = lambda wait: self._show(ticket, wait=wait)
        try:
            client = default_client(self._runtime.client)
            if not refresh:
                if self._from_cache(ticket, fetch, client.from_cache(fresh=True)):
                    return
                self._from_cache(ticket, fetch, client.from_cache())
            with monitor:
                value = fetch(client, refresh)
            self._show(ticket, value=value, error=None, wait=None, is_loading=False)
        except RequestCancelled:
            return  # whoever cancelled it has shown so
        except Exception as error:
            self._show(ticket, error=error, wait=None, is_loading=False)

    def _from_cache(self, ticket: Ticket, fetch: Fetch[T], view: Client) -> bool:
        """Show what the cache has; return whether nothing more is needed."""
        fresh = not view.settings.offline
        try:
            value = fetch(view, False)
        except DisplayError:
            if fresh:
                raise
            return False
        except KiwoomError:
            return False
        self._show(ticket, value=value, is_loading=not fresh)
        return fresh

    def _show(self, ticket: Ticket, **state: Any) -> None:
        def apply() -> None:
            for name, value in state.items():
                setattr(self, name, value)
            try:
                self._on_change()
            except Exception as error:  # a worker thread must not print into somebody's cell
                log.debug("the explorer cannot show a part", exc_info=error)
                raise

        ticket.show(apply)


def is_cache_miss(error: Exception, client: Client) -> bool:
    """Whether a request failed only because this view of a client may not ask the server."""
    return isinstance(error, NetworkError) and error.cause == "offline" and not client.settings.offline


def load_optional(request: Callable[[], T], client: Client) -> T | None:
    """Return what a request gives, or None if it fails: the rest is worth showing without it."""
    try:
        return request()
    except KiwoomError as error:
        if is_cache_miss(error, client):
            raise
        log.debug("%s: %s", type(error).__name__, error)
        return None
