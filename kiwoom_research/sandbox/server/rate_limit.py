"""How many calls pass: a token bucket as the real server seems to have, or a strict sliding window."""

from __future__ import annotations

import math
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Literal, TypeAlias

from .auth import VirtualHost

LimiterName: TypeAlias = Literal["bucket", "window"]

ROUNDING = 1e-6
"""A client that sends one call every 0.2 s by its own clock is not refused for the last bit of a float."""


class RateLimiter(ABC):
    """Decide whether a call passes, per app key and API ID. Thread-safe; refused calls do not count."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()

    def allows(self, host: VirtualHost, api_id: str) -> bool:
        """Return whether one more call passes now; if so, it counts."""
        if host.rate is None:
            return True
        with self._lock:
            return self._take((host.appkey, api_id), host.rate, self._monotonic())

    @abstractmethod
    def _take(self, caller: tuple[str, str], rate: float, now: float) -> bool: ...


class TokenBucket(RateLimiter):
    """A bucket of ``burst`` calls, refilled at the rate; ``burst`` is one second of calls unless given.

    This fits every published measurement of the real limit: serial calls 0.05 s apart are not refused within
    12 pages, calls without a pause are refused at page 8 to 11 (protocol.md section 4).
    """

    def __init__(self, burst: float | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(monotonic)
        if burst is not None and not 1 <= burst < math.inf:
            raise ValueError(f"burst: expected at least one call, got {burst!r}")
        self._burst = burst
        self._levels: dict[tuple[str, str], tuple[float, float]] = {}  # calls left, and when that was

    def _take(self, caller: tuple[str, str], rate: float, now: float) -> bool:
        size = self._burst or max(1.0, rate)
        level, since = self._levels.get(caller, (size, now))
        level = min(size, level + (now - since) * rate)
        passes = level >= 1 - ROUNDING
        self._levels[caller] = (level - passes, now)
        return passes


class SlidingWindow(RateLimiter):
    """At most ``rate`` calls in any one second, stricter than any published measurement.

    A client that passes here passes on whatever shape the real limit has.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(monotonic)
        self._passed: dict[tuple[str, str], deque[float]] = {}

    def _take(self, caller: tuple[str, str], rate: float, now: float) -> bool:
        size = max(1, math.floor(rate))
        passed = self._passed.setdefault(caller, deque())
        while passed and now - passed[0] >= size / rate:
            passed.popleft()
        if len(passed) >= size:
            return False
        passed.append(now)
        return True


def rate_limiter(name: LimiterName, burst: float | None, monotonic: Callable[[], float]) -> RateLimiter:
    """Return the limiter of a name; only the bucket knows a burst."""
    match name:
        case "bucket":
            return TokenBucket(burst, monotonic)
        case "window" if burst is None:
            return SlidingWindow(monotonic)
        case "window":
            raise ValueError("burst: the sliding window has none; leave it out, or use limiter='bucket'")
    raise ValueError(f"limiter: expected 'bucket' or 'window', got {name!r}")
