"""Worker pool of a pull: grows until the rate limit is used up, stops after repeated failures."""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .. import calendar
from ..errors import AuthError, ConfigError, KiwoomError, RequestCancelled, UnknownCodeError
from .estimate import Cost
from .progress import progress_bar

if TYPE_CHECKING:
    from ..client import Client

log = logging.getLogger("kiwoom_research")

MAX_WORKERS = 8  # hide 1.4 s of latency at 5 requests a second
SCALE_EVERY = 2  # requests between two checks of whether the slots of the throttle are used
MAX_CONSECUTIVE_FAILURES = 8  # after so many the server is taken to refuse everything
SKIPPED = "Skipped"

T = TypeVar("T")


def run_jobs(
    client: Client,
    costs: Mapping[str, Cost],
    job: Callable[[str, Client], T],
    *,
    progress: bool,
    title: str,
) -> Generator[tuple[str, T | KiwoomError], None, None]:
    """Run a job for every code and yield each code with its result or error, in the order of completion.

    A worker is added whenever the throttle had slots that nobody used. Ends early, with an error for every
    remaining code, when the server refuses everything. Closing the generator (Ctrl-C does) ends all workers
    after the request that each of them is at.

    Parameters
    ----------
    client : Client
        Frozen at one market time, so that all codes are of the same session.
    costs : mapping
        The codes and the requests expected of each.
    job : callable
        ``job(code, client)`` with a client that can be cancelled.
    progress : bool
        Show a progress bar.
    title : str
        Its title.
    """
    cache, server, now = client.cache, client.server, client.now()
    unknown = cache.unknown_codes(server.name, now)
    existing = [code for code in costs if code not in unknown]
    with cache.protect(server.name, costs), progress_bar(client, costs, progress, title) as shown:
        for code in costs:
            if code in unknown:
                shown.done(code)
                yield code, UnknownCodeError(f"{unknown[code]} (remembered from today)")
        pool = _WorkerPool(client.frozen(), job, existing)
        try:
            for code, outcome in pool.outcomes():
                if isinstance(outcome, UnknownCodeError):
                    cache.remember_unknown(server.name, code, str(outcome), calendar.list_expires(now))
                shown.done(code)
                yield code, outcome
                pool.scale_up()
        except KeyboardInterrupt:
            log.warning(
                "stopped after %d of %d codes; run it again to continue", len(pool.done), len(existing)
            )
            raise
        finally:
            pool.stop()
        remaining = [code for code in existing if code not in pool.done]
        if remaining:
            log.warning("%s; %d codes are skipped", pool.refusal, len(remaining))
        for code in remaining:
            yield code, _skipped(pool.refusal)


class _WorkerPool(Generic[T]):
    """The threads of a pull."""

    def __init__(self, client: Client, job: Callable[[str, Client], T], codes: Sequence[str]) -> None:
        self.done: set[str] = set()
        self.refusal = ""  # why the server is taken to refuse everything
        self._client, self._job = client, job
        self._todo = deque(codes)
        self._results: SimpleQueue[tuple[str, T | BaseException] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._working = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._failures = 0  # without a success between them
        self._last: tuple[int, int, float] | None = None
        # without a limit nothing is gained by a second thread
        self._max_workers = MAX_WORKERS if client.server.rate else 1
        self._add()

    def outcomes(self) -> Iterator[tuple[str, T | KiwoomError]]:
        """Each code with its result or error; an exception that is no `KiwoomError` is a bug and is raised."""
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

    def scale_up(self) -> None:
        """Add workers if requests found free slots, which means that the limit was not used up.

        As many as the pace lacks: five times too slow needs five times the workers.
        """
        stats = self._client.stats()
        sent, waited, at = int(stats["requests"]), int(stats["waits"]), monotonic()
        if self._last is None:  # the token and the first request of all find their slots free
            self._last = sent, waited, at
        sent, waited, seconds = sent - self._last[0], waited - self._last[1], at - self._last[2]
        if sent < SCALE_EVERY:
            return
        self._last = self._last[0] + sent, self._last[1] + waited, at
        if sent - waited > 1:
            there = len(self._threads)
            needed = math.ceil(there * seconds * (self._client.server.rate or 0) / sent)
            for _ in range(min(max(needed, there + 1), self._max_workers, there + len(self._todo)) - there):
                self._add()
            log.debug(
                "%d of %d requests did not have to wait: %d threads", sent - waited, sent, len(self._threads)
            )

    def stop(self) -> None:
        """End all workers."""
        self._stopped.set()
        self._client.cancel()
        for thread in self._threads:
            thread.join()

    def _add(self) -> None:
        thread = threading.Thread(target=self._work, name=f"kiwoom-pull-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        self._working += 1
        thread.start()

    def _work(self) -> None:
        while not (self._stopped.is_set() or self.refusal):
            try:
                code = self._todo.popleft()
            except IndexError:
                break
            outcome: T | BaseException
            try:
                outcome = self._job(code, self._client)
            except RequestCancelled:
                break
            except BaseException as error:  # a bug must not leave the pull waiting for ever
                outcome = error
            self._count_failure(outcome)
            self._results.put((code, outcome))
            if isinstance(outcome, BaseException) and not isinstance(outcome, KiwoomError):
                break
        self._results.put(None)

    def _count_failure(self, outcome: object) -> None:
        """Notice a server that refuses everything: it is not sent 2,700 requests."""
        if isinstance(outcome, UnknownCodeError):
            return
        url = self._client.server.url
        with self._lock:
            self._failures = self._failures + 1 if isinstance(outcome, KiwoomError) else 0
            if isinstance(outcome, (AuthError, ConfigError)):
                self.refusal = f"{url} refuses this key: {outcome}"
            elif self._failures >= MAX_CONSECUTIVE_FAILURES:
                self.refusal = f"{url} failed {self._failures} times in a row: {outcome}"


def _skipped(reason: str) -> KiwoomError:
    error = KiwoomError(f"skipped: {reason}", retryable=True)
    error.code = SKIPPED
    return error


def failure_record(code: str, error: KiwoomError) -> dict[str, Any]:
    """One row of the table of failures: ``code, error, retryable, message``."""
    kind = SKIPPED if error.code == SKIPPED else type(error).__name__
    return {"code": code, "error": kind, "retryable": error.retryable, "message": str(error)}
