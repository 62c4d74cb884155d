"""Reports what a request is waiting for, and lets another thread cancel the wait.

Whoever runs requests wraps them in ``with monitor:``; everything the same thread requests inside is reported to
that `WaitMonitor`. Without one nothing is reported, and a wait is a plain sleep.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Literal

from ..errors import KiwoomError, RequestCancelled


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait of a request.

    Attributes
    ----------
    reason : {"limit", "retry", "reply"}
        The request limit, the pause before another attempt, or the reply of the server.
    api_id : str
        The call that waits.
    seconds : float
        How long the pause lasts; 0 for a reply, which takes as long as it takes.
    error : KiwoomError or None
        Why the request is repeated.
    """

    reason: Literal["limit", "retry", "reply"]
    api_id: str
    seconds: float = 0.0
    error: KiwoomError | None = None


class WaitMonitor:
    """Receives the waits of the requests made inside of it, and can cancel them.

    Parameters
    ----------
    notify : callable
        Called with each `Wait` before it begins, in the thread of the request.

    Examples
    --------
    >>> waits = []
    >>> with WaitMonitor(waits.append):
    ...     report(Wait("limit", "ka10081", 0.2))
    >>> waits[0].seconds
    0.2
    """

    def __init__(self, notify: Callable[[Wait], None]) -> None:
        self.notify = notify
        self.cancelled = threading.Event()
        self._tokens: list[Token[WaitMonitor | None]] = []

    def cancel(self) -> None:
        """End the current pause and send no further request; a reply under way is not interrupted."""
        self.cancelled.set()

    def __enter__(self) -> WaitMonitor:
        self._tokens.append(_current.set(self))
        return self

    def __exit__(self, *_: object) -> None:
        _current.reset(self._tokens.pop())


_current: ContextVar[WaitMonitor | None] = ContextVar("wait_monitor", default=None)


def report(wait: Wait) -> None:
    """Report a wait to the monitor of this thread; RequestCancelled if it was cancelled."""
    monitor = _current.get()
    if monitor is not None:
        if monitor.cancelled.is_set():
            raise RequestCancelled
        monitor.notify(wait)


def sleep(seconds: float) -> None:
    """Sleep until the time is over or the monitor of this thread is cancelled."""
    monitor = _current.get()
    if monitor is None:
        time.sleep(seconds)
    elif monitor.cancelled.wait(seconds):
        raise RequestCancelled
