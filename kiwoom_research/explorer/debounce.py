"""Debounce: run only the most recent job and discard the results of older ones."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Protocol


class Timer(Protocol):
    """The part of `threading.Timer` that a debouncer uses."""

    def start(self) -> None:
        """Start the countdown."""

    def cancel(self) -> None:
        """Stop the countdown."""


MakeTimer = Callable[[float, Callable[[], None]], Timer]


def daemon_timer(seconds: float, action: Callable[[], None]) -> Timer:
    """Make a `threading.Timer` that does not keep the process alive."""
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    return timer


class Ticket:
    """The right of one job to show its result, valid until a newer job is submitted."""

    def __init__(self, debouncer: Debouncer, number: int) -> None:
        self._debouncer = debouncer
        self._number = number

    def is_current(self) -> bool:
        """Whether no newer job has been submitted."""
        return self._debouncer.number == self._number

    def show(self, action: Callable[..., None], *arguments: Any) -> bool:
        """Run `action` under the lock if the ticket is current; return whether it ran."""
        with self._debouncer.lock:
            if self.is_current():
                action(*arguments)
                return True
        return False


class Debouncer:
    """Runs the most recent job in a pool: the first of a series at once, the last one after a quiet period.

    Parameters
    ----------
    pool : Executor
        Runs the jobs; jobs that are already running are not interrupted.
    lock : RLock
        Held while a job shows a result and while a new job is submitted.
    seconds : float
        The quiet period: a job that follows another one so closely waits until no newer one comes for so long.
    timer : callable
        Makes the timers.
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
        self._submitted = -seconds  # when the last job was submitted
        self._closed = False

    def close(self) -> None:
        """Cancel the waiting job and accept no more."""
        with self.lock:
            self._closed = True
            self.cancel()

    def submit(self, job: Callable[[Ticket], None]) -> None:
        """Run a job; older jobs lose the right to show their results."""
        with self.lock:
            self.cancel()
            if self._closed:
                return
            self.idle.clear()
            ticket = Ticket(self, self.number)
            now = time.monotonic()
            follows, self._submitted = now - self._submitted < self._seconds, now
            if not follows:
                self._start(job, ticket)
                return
            self._waiting = self._timer(self._seconds, lambda: self._start(job, ticket))
            self._waiting.start()

    def cancel(self) -> None:
        """Drop the waiting job and invalidate the running ones."""
        with self.lock:
            self.number += 1
            self.idle.set()
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

    def _start(self, job: Callable[[Ticket], None], ticket: Ticket) -> None:
        with self.lock:
            if ticket.is_current():
                self._pool.submit(self._run, job, ticket)

    def _run(self, job: Callable[[Ticket], None], ticket: Ticket) -> None:
        if ticket.is_current():
            job(ticket)
        ticket.show(self.idle.set)
