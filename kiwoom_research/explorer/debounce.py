"""Of many jobs only the newest counts: it waits a moment for a newer one, and what comes late is dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Protocol


class Timer(Protocol):
    """What `threading.Timer` makes."""

    def start(self) -> None:
        """Begin to wait."""

    def cancel(self) -> None:
        """Wait no longer."""


MakeTimer = Callable[[float, Callable[[], None]], Timer]


def daemon_timer(seconds: float, action: Callable[[], None]) -> Timer:
    """A `threading.Timer` that keeps no process alive."""
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    return timer


class Turn:
    """One job's right to show something, until a newer job begins."""

    def __init__(self, latest: Latest, number: int) -> None:
        self._latest = latest
        self._number = number

    def current(self) -> bool:
        """Whether no newer job has begun."""
        return self._latest.number == self._number

    def show(self, action: Callable[..., None], *arguments: Any) -> bool:
        """Do it unless a newer job has begun; nothing newer begins meanwhile."""
        with self._latest.lock:
            if self.current():
                action(*arguments)
                return True
        return False


class Latest:
    """Runs jobs in a pool, the newest only.

    Parameters
    ----------
    pool : Executor
        Where jobs run; so many may be on their way at once as it has threads.
    lock : RLock
        Held while a job shows something and while a new one begins.
    seconds : float
        How long a job waits for a newer one.
    timer : callable
        Makes what waits.
    """

    def __init__(self, pool: Executor, lock: Any, seconds: float, timer: MakeTimer) -> None:
        self.number = 0
        self.lock = lock
        self.idle = threading.Event()
        self.idle.set()
        self._pool = pool
        self._seconds = seconds
        self._timer = timer
        self._waiting: Timer | None = None
        self._closed = False

    def close(self) -> None:
        """Run nothing any more."""
        with self.lock:
            self._closed = True
            self.drop()

    def run(self, job: Callable[[Turn], None], *, at_once: bool = False) -> None:
        """Run a job soon; whatever was asked before is no longer wanted."""
        with self.lock:
            self.drop()
            if self._closed:
                return
            self.idle.clear()
            turn = Turn(self, self.number)
            if at_once:
                self._begin(job, turn)
                return
            self._waiting = self._timer(self._seconds, lambda: self._begin(job, turn))
            self._waiting.start()

    def drop(self) -> None:
        """Want nothing any more."""
        with self.lock:
            self.number += 1
            self.idle.set()
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

    def _begin(self, job: Callable[[Turn], None], turn: Turn) -> None:
        with self.lock:
            if turn.current():
                self._pool.submit(self._run, job, turn)

    def _run(self, job: Callable[[Turn], None], turn: Turn) -> None:
        if turn.current():
            job(turn)
        turn.show(self.idle.set)
