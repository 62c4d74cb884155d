"""The threads of a pull: as few as keep the throttle busy, and none when the server refuses everything."""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Generic, TypeVar

from .. import calendar
from ..errors import AuthError, ConfigError, KiwoomError, UnknownCodeError
from .errand import Errand, Stopped
from .estimate import Cost, progress_bar

log = logging.getLogger("kiwoom_research")

MOST_THREADS = 8  # hide 1.4 s of latency at 5 requests a second
LOOK = 2  # requests between two looks at whether the throttle's slots are used
REFUSALS = 8  # failures in a row after which the server is taken to refuse everything
NOT_ASKED = "NotAsked"

T = TypeVar("T")


def each(
    errand: Errand,
    costs: Mapping[str, Cost],
    job: Callable[[str, Errand], T],
    *,
    progress: bool,
    title: str,
) -> Generator[tuple[str, T | KiwoomError], None, None]:
    """Run a job for every code and yield what became of it, as it comes.

    A thread is added whenever the throttle had slots that nobody used. Ends early, with an error for every
    code left, when the server refuses everything. Closing the iterator (Ctrl-C does) ends all threads after
    the request each of them is at.
    """
    cache, server, now = errand.inner.cache, errand.inner.server, errand.now()
    dead = cache.unknown_codes(server.name, now)
    alive = [code for code in costs if code not in dead]
    with cache.protect(server.name, costs), progress_bar(errand, costs, progress, title) as shown:
        for code in costs:
            if code in dead:
                shown.done(code)
                yield code, UnknownCodeError(f"{dead[code]} (remembered from today)")
        crew = _Crew(errand, job, alive)
        try:
            for code, outcome in crew.outcomes():
                if isinstance(outcome, UnknownCodeError):
                    cache.remember_unknown(server.name, code, str(outcome), calendar.list_expires(now))
                shown.done(code)
                yield code, outcome
                crew.look()
        except KeyboardInterrupt:
            log.warning("stopped after %d of %d codes; run it again to continue", len(crew.done), len(alive))
            raise
        finally:
            crew.dismiss()
        left = [code for code in alive if code not in crew.done]
        if left:
            log.warning("%s; %d codes are not asked for", crew.refusal, len(left))
        for code in left:
            yield code, _not_asked(crew.refusal)


class _Crew(Generic[T]):
    """The threads of a pull."""

    def __init__(self, errand: Errand, job: Callable[[str, Errand], T], codes: Sequence[str]) -> None:
        self.done: set[str] = set()
        self.refusal = ""
        self._errand, self._job = errand, job
        self._todo = deque(codes)
        self._results: SimpleQueue[tuple[str, T | BaseException] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._working = 0
        self._lock = threading.Lock()
        self._row = 0  # failures without a success between them
        self._seen: tuple[int, int, float] | None = None
        # without a limit nothing is gained by a second thread
        self._most = MOST_THREADS if errand.inner.server.rate else 1
        self._add()

    def outcomes(self) -> Iterator[tuple[str, T | KiwoomError]]:
        """What became of each code, as it comes; what is no `KiwoomError` is a mistake and is raised."""
        while self._working:
            try:
                result = self._results.get(timeout=1)  # Windows cannot interrupt a wait without end
            except Empty:
                continue
            if result is None:
                self._working -= 1
                continue
            code, outcome = result
            if isinstance(outcome, BaseException) and not isinstance(outcome, KiwoomError):
                raise outcome
            self.done.add(code)
            yield code, outcome

    def look(self) -> None:
        """Add threads if requests found free slots: then the limit was not used up.

        As many as the pace lacks: five times too slow needs five times the threads.
        """
        stats = self._errand.inner.stats()
        sent, waited, at = int(stats["requests"]), int(stats["waits"]), monotonic()
        if self._seen is None:  # the token and the first request of all find their slots free
            self._seen = sent, waited, at
        sent, waited, took = sent - self._seen[0], waited - self._seen[1], at - self._seen[2]
        if sent < LOOK:
            return
        self._seen = self._seen[0] + sent, self._seen[1] + waited, at
        if sent - waited > 1:
            there = len(self._threads)
            needed = math.ceil(there * took * (self._errand.inner.server.rate or 0) / sent)
            for _ in range(min(max(needed, there + 1), self._most, there + len(self._todo)) - there):
                self._add()
            log.debug(
                "%d of %d requests did not have to wait: %d threads", sent - waited, sent, len(self._threads)
            )

    def dismiss(self) -> None:
        """End all threads."""
        self._errand.stopped.set()
        for thread in self._threads:
            thread.join()
        self._errand.stopped.clear()  # there may be another pull on the same errand

    def _add(self) -> None:
        thread = threading.Thread(target=self._work, name=f"kiwoom-pull-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        self._working += 1
        thread.start()

    def _work(self) -> None:
        while not (self._errand.stopped.is_set() or self.refusal):
            try:
                code = self._todo.popleft()
            except IndexError:
                break
            outcome: T | BaseException
            try:
                outcome = self._job(code, self._errand)
            except Stopped:
                break
            except BaseException as error:  # a mistake of ours must not leave the pull waiting for ever
                outcome = error
            self._judge(outcome)
            self._results.put((code, outcome))
            if isinstance(outcome, BaseException) and not isinstance(outcome, KiwoomError):
                break
        self._results.put(None)

    def _judge(self, outcome: object) -> None:
        """A server that refuses everything is not asked 2,700 times."""
        if isinstance(outcome, UnknownCodeError):
            return
        where = self._errand.inner.server.url
        with self._lock:
            self._row = self._row + 1 if isinstance(outcome, KiwoomError) else 0
            if isinstance(outcome, (AuthError, ConfigError)):
                self.refusal = f"{where} refuses this key: {outcome}"
            elif self._row >= REFUSALS:
                self.refusal = f"{where} failed {self._row} times in a row: {outcome}"


def _not_asked(why: str) -> KiwoomError:
    error = KiwoomError(f"not asked: {why}", retryable=True)
    error.code = NOT_ASKED
    return error


def failure(code: str, error: KiwoomError) -> dict[str, Any]:
    """One row of the table of failures."""
    kind = NOT_ASKED if error.code == NOT_ASKED else type(error).__name__
    return {"code": code, "error": kind, "retryable": error.retryable, "message": str(error)}
