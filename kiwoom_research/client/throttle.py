"""The request limit: even spacing of requests, shared by all processes of the machine."""

from __future__ import annotations

import hashlib
import os
import time
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from threading import Lock, local
from typing import Protocol

from filelock import FileLock, Timeout

from ..config import Settings
from ..errors import warn_user
from .waits import Wait, report, sleep

# Five requests spread evenly over a second still put six into some second when the network jitters. 2.5 % more
# spacing than the limit asks for, and what `Throttle` learns from late answers, keep every one-second window
# clean (tests/test_processes.py).
MARGIN = 1.025
MIN_SAMPLES, SAMPLE_WINDOW = 10, 40  # answers before a usual delay is known; answers that it is taken from
MAX_QUEUE_SECONDS = 60.0  # longest a request may queue; a later slot in the state file is stale
WINDOWS_KEPT = 4  # windows of requests that the state file remembers, waiting requests included


class Clock(Protocol):
    """A clock that can wait; tests inject one that does not really wait."""

    def time(self) -> float:
        """Seconds since the epoch."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The clock of the machine."""

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        sleep(seconds)


class Throttle:
    """Even spacing of the requests of one app key and one call.

    A small file for each key and call holds the time of the next free slot and the times at which the last
    requests left or were answered. A slot is taken under a file lock and waited for outside it; the operating
    system releases the lock of a process that dies.

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
        slot, waited = self._take_slot(api_id), 0.0
        while (pause := slot - self._clock.time()) > 0:
            if pause > 2 * MAX_QUEUE_SECONDS:  # the clock was set back
                slot = self._take_slot(api_id)
                continue
            report(Wait("limit", api_id, pause))
            self._clock.sleep(pause)
            waited += pause
            slot = self._recheck_slot(api_id, slot)
        self._this_thread.slot = slot
        return waited

    def answered(self, api_id: str) -> None:
        """Record that the request for which this thread waited last has been answered."""
        if self._spacing:
            slot = self._this_thread.slot
            counted = slot + self._delay(api_id, max(0.0, self._clock.time() - slot))
            self._update(
                api_id, lambda times: [*times[:1], *(counted if t == slot else t for t in times[1:])]
            )

    def _delay(self, api_id: str, duration: float) -> float:
        """How much later than usual the server may have counted a request that took this long."""
        with self._lock:
            recent = self._durations[api_id]
            recent.append(duration)
            return duration - min(recent) if len(recent) > MIN_SAMPLES else duration

    def _take_slot(self, api_id: str) -> float:
        """Reserve the next free slot."""
        slot = self._clock.time()

        def take(times: list[float]) -> list[float]:
            nonlocal slot
            now = slot = self._clock.time()
            # a file from before the clock was set back must not stop everybody for hours
            free, *last = [t if t <= now + MAX_QUEUE_SECONDS else 0.0 for t in times] or [0.0]
            slot = max(now, free)
            if len(last) >= self._count:
                slot = max(slot, last[-self._count] + self._window)
            return [slot + self._spacing, *[*last, slot][-WINDOWS_KEPT * self._count :]]

        self._update(api_id, take)
        return slot

    def _recheck_slot(self, api_id: str, slot: float) -> float:
        """The slot again, or a later one if an earlier request turned out to be answered late."""

        def recheck(times: list[float]) -> list[float]:
            nonlocal slot
            free, *last = times or [0.0]
            at = max((place for place, moment in enumerate(last) if moment == slot), default=0)
            if at >= self._count and last[at - self._count] + self._window > slot:
                last[at] = slot = last[at - self._count] + self._window
            return [max(free, slot + self._spacing), *last]

        self._update(api_id, recheck)
        return slot

    def _update(self, api_id: str, change: Callable[[list[float]], list[float]]) -> None:
        """Change the times kept for a call: its next free slot, then when its last requests left."""
        name = hashlib.blake2b(
            f"{self._settings.server.url}\0{self._settings.keys.app}\0{api_id}".encode(), digest_size=12
        ).hexdigest()
        with self._lock:
            if self._folder is not None:
                try:
                    self._update_file(self._folder / name, change)
                    return
                except (OSError, Timeout) as error:
                    self._folder = None
                    warn_user(f"the request limit is kept by this process alone ({error})")
            self._in_memory[name] = change(self._in_memory.get(name, []))

    def _update_file(self, path: Path, change: Callable[[list[float]], list[float]]) -> None:
        """Change the times in a state file, under its lock."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(path.with_suffix(".lock"), timeout=5, mode=0o600):
            try:
                times = list(map(float, path.read_text("ascii").split()))
            except (FileNotFoundError, ValueError):
                times = []
            new = path.with_suffix(".new")  # a process that is killed here leaves the old times intact
            new.write_text(" ".join(map(repr, change(times))), "ascii")
            os.replace(new, path)
