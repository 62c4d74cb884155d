"""The request limit: even spacing of requests, shared by all processes of the machine."""

from __future__ import annotations

import hashlib
import os
import time
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from math import isfinite
from pathlib import Path
from threading import Lock, local
from typing import NamedTuple, Protocol

from filelock import FileLock, Timeout

from ..config import Settings
from ..errors import warn_user
from .waits import Wait, report, sleep

# Five requests spread evenly over a second still put six into some second when the network jitters. 2.5 % more
# spacing than the limit asks for, and what `Throttle` learns from late answers, keep every one-second window
# clean (tests/test_processes.py).
MARGIN = 1.025
MIN_SAMPLES, SAMPLE_WINDOW = 10, 40  # answers before a usual delay is known; answers that it is taken from
WINDOWS_KEPT = 4  # how long a request that left is remembered
LATE = 0.1  # of the spacing: who wakes up so much later than its slot leaves now, not then
CLOCK_PRECISION = 1e-6  # seconds
MAX_QUEUE_SECONDS = 60.0  # longest a request may queue; a later slot in the state file is stale


class Clock(Protocol):
    """A clock that can wait; tests inject one that does not really wait."""

    def time(self) -> float:
        """Seconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds since some moment that is the same for all processes; setting the clock does not change it."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The clock of the machine."""

    def time(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        sleep(seconds)


class RequestSlot(NamedTuple):
    """One request in the state file: when it leaves, and when the server counts it at the latest [s]."""

    leaves: float
    counted: float


class Throttle:
    """Even spacing of the requests of one app key and one call.

    A small file for each key and call lists the requests that wait or left lately. A slot is taken under a file
    lock and waited for outside it; the operating system releases the lock of a process that dies.

    The server counts a request at some moment between departure and answer; a new connection or a busy machine
    makes that 50 ms and more. A request whose answer took longer than the fastest recent one may have been
    counted that much later, so with a limit of 5/s the sixth request leaves one second after the first one's
    slot plus that delay. While few answers are known, all of the time counts as delay; a request that is not
    answered yet has none.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        rate = settings.server.rate or 0.0
        self._spacing = MARGIN / rate if rate else 0.0
        self._count = max(1, int(rate))  # requests in one window
        self._window = MARGIN * self._count / rate if rate else 0.0  # seconds
        self._clock = clock
        self._folder = settings.state_dir / "throttle" if settings.state_dir else None
        self._settings = settings
        self._in_memory: dict[str, list[float]] = {}
        self._durations: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=SAMPLE_WINDOW))
        self._this_thread = local()
        self._lock = Lock()

    def wait(self, api_id: str) -> float:
        """Wait for the next slot of a call; returns the seconds waited."""
        if not self._spacing:
            return 0.0
        waited = 0.0
        slot, due = self._take_slot(api_id)
        while not due:
            pause = max(0.0, slot - self._clock.monotonic())
            report(Wait("limit", api_id, pause))
            self._clock.sleep(pause)
            waited += pause
            slot, due = self._recheck_slot(api_id, slot)
        self._this_thread.slot = slot
        return waited

    def answered(self, api_id: str) -> None:
        """Record that the request for which this thread waited last has been answered."""
        if self._spacing:
            slot = self._this_thread.slot
            counted = slot + self._delay(api_id, max(0.0, self._clock.monotonic() - slot))
            self._update(
                api_id,
                lambda now, known: [r._replace(counted=counted) if r.leaves == slot else r for r in known],
            )

    def _delay(self, api_id: str, duration: float) -> float:
        """How much later than usual the server may have counted a request that took this long."""
        with self._lock:
            recent = self._durations[api_id]
            recent.append(duration)
            return duration - min(recent) if len(recent) > MIN_SAMPLES else duration

    def _take_slot(self, api_id: str) -> tuple[float, bool]:
        """Reserve the slot behind all others; whether its moment has come already."""
        slot, due = 0.0, False

        def take(now: float, known: list[RequestSlot]) -> list[RequestSlot]:
            nonlocal slot, due
            slot = max(now, self._earliest(known))
            due = slot <= now + CLOCK_PRECISION
            return [*known, RequestSlot(slot, slot)]

        self._update(api_id, take)
        return slot, due

    def _recheck_slot(self, api_id: str, slot: float) -> tuple[float, bool]:
        """The slot again, or a later one if a request before it left or was answered late; whether it is due.

        A request leaves only after its slot was found due under the lock. So slots that are not due yet check
        themselves again, and keep clear of those that are.
        """
        due = False

        def recheck(now: float, known: list[RequestSlot]) -> list[RequestSlot]:
            nonlocal slot, due
            others = list(known)
            with suppress(ValueError):
                del others[[request.leaves for request in known].index(slot)]
            before = [request for request in others if request.leaves <= max(slot, now)]
            slot = max(slot, self._earliest(before))
            if slot < now - LATE * self._spacing:
                slot = now
            due = slot <= now + CLOCK_PRECISION
            return [*others, RequestSlot(slot, slot)]

        self._update(api_id, recheck)
        return slot, due

    def _earliest(self, before: list[RequestSlot]) -> float:
        """The earliest moment for a request behind others."""
        moments = [r.leaves + self._spacing for r in before[-1:]]
        moments += [
            r.counted + self._window for r in before[-self._count :][:1] if len(before) >= self._count
        ]
        return max(moments, default=0.0)

    def _update(self, api_id: str, change: Callable[[float, list[RequestSlot]], list[RequestSlot]]) -> None:
        """Change the known requests of a call, sorted by when they leave."""
        name = hashlib.blake2b(
            f"{self._settings.server.url}\0{self._settings.keys.app}\0{api_id}".encode(), digest_size=12
        ).hexdigest()

        def updated(numbers: list[float]) -> list[float]:
            now = self._clock.monotonic()
            known = sorted(change(now, self._current(now, numbers)))
            return [moment for request in known for moment in request]

        with self._lock:
            if self._folder is not None:
                try:
                    _update_file(self._folder / name, updated)
                    return
                except (OSError, Timeout) as error:
                    self._folder = None
                    warn_user(f"the request limit is kept by this process alone ({error})")
            self._in_memory[name] = updated(self._in_memory.get(name, []))

    def _current(self, now: float, numbers: list[float]) -> list[RequestSlot]:
        """The requests that still count, from the numbers of a state file."""
        if len(numbers) % 2 or not all(map(isfinite, numbers)):
            return []
        known = [RequestSlot(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
        # an answer may still be to come; what lies far ahead is from before the machine was restarted
        oldest, newest = now - WINDOWS_KEPT * self._window, now + MAX_QUEUE_SECONDS
        return [request for request in sorted(known) if oldest < max(request) <= newest]


def _update_file(path: Path, change: Callable[[list[float]], list[float]]) -> None:
    """Change the numbers in a state file, under its lock."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FileLock(path.with_suffix(".lock"), timeout=5, mode=0o600):
        try:
            numbers = list(map(float, path.read_text("ascii").split()))
        except (FileNotFoundError, ValueError):
            numbers = []
        new = path.with_suffix(".new")  # a process that is killed here leaves the old numbers intact
        new.write_text(" ".join(map(repr, change(numbers))), "ascii")
        os.replace(new, path)
