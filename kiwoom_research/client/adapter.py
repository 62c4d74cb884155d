"""What happens below the cache: sign, wait for the throttle, send, judge, try again.

The cached session hands an unsigned question to `KiwoomAdapter`. The adapter copies it, adds the token to
the copy and hands the answer back with the unsigned question, so nothing secret can reach the disk. Answers
that are not good raise here, below the cache: a failed refresh then leaves the old entry alone.
"""

from __future__ import annotations

import hashlib
import logging
import os
import random
import time
import warnings
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Lock, local
from typing import Any, Protocol

import orjson
import requests
import urllib3
from filelock import FileLock, Timeout
from requests.adapters import HTTPAdapter

from ..calendar import KST
from ..config import Settings
from ..endpoints import Endpoint
from ..errors import (  # fmt: skip
    DEAD_TOKEN,
    SERVICE,
    DataError,
    KiwoomError,
    MaintenanceError,
    NetworkError,
    RateLimitError,
    broker_error,
)
from .cache import Ask, ask
from .token import Hidden, Token, Tokens

log = logging.getLogger("kiwoom_research")

TRIES = 5  # in all, for what the network, the server or the limit did
SERVICE_TRIES = 2  # of return_code 7: it heals within minutes or not at all
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds; doubled each time, then half of it by chance
# 5 requests evenly over a second still put 6 into some second when the network jitters; 2.5 % more room than
# the limit and what `Throttle` learns from late answers keep a one-second window clean (tests/test_processes.py)
ROOM = 1.025
FEW, RECENT = 10, 40  # answers: with fewer nothing is usual yet; what was usual before these counts no more
LONGEST_LINE = 60.0  # seconds that a request can have to wait for those before it
KEPT = 4  # windows of requests that are remembered, those that wait in line included
POOL = 16  # connections kept
SLOWEST, LARGEST = 4, 64_000_000  # an answer takes so many time-outs at most, and so many bytes
CLOCKS_AGREE = timedelta(minutes=10)


class Wall(Protocol):
    """The wall clock, so that tests need not wait."""

    def time(self) -> float:
        """Seconds since the epoch."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class RealWall:
    """The machine's own clock."""

    def time(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Throttle:
    """Even spacing of the requests of one key and one call, shared by all processes of the machine.

    A small file per key and call holds when the next request may leave and when the last ones left or were
    answered. A slot is taken under a file lock and waited for outside it; the operating system frees the lock
    of a process that dies.

    When the server counts a request is between its leaving and its answer: a new connection or a busy machine
    makes that 50 ms and more. A request whose answer took longer than the fastest of the last ones may have been
    counted so much later, so the sixth of 5 a second leaves a second after the first one's slot and that delay.
    While few answers are known all of the time counts as delay; none does while there is no answer yet.
    """

    def __init__(self, settings: Settings, wall: Wall) -> None:
        rate = settings.server.rate or 0.0
        self._spacing = ROOM / rate if rate else 0.0
        self._count = max(1, int(rate))  # requests in
        self._window = ROOM * self._count / rate if rate else 0.0  # seconds
        self._wall = wall
        self._folder = settings.state_dir / "throttle" if settings.state_dir else None
        self._settings = settings
        self._own: dict[str, list[float]] = {}
        self._took: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=RECENT))
        self._mine = local()
        self._lock = Lock()

    def wait(self, api_id: str) -> float:
        """Wait for this call's next slot; returns the seconds waited."""
        if not self._spacing:
            return 0.0
        slot, waited = self._slot(api_id), 0.0
        while (pause := slot - self._wall.time()) > 0:
            if pause > 2 * LONGEST_LINE:  # the clock was set back
                slot = self._slot(api_id)
                continue
            self._wall.sleep(pause)
            waited += pause
            slot = self._still(api_id, slot)
        self._mine.slot = slot
        return waited

    def answered(self, api_id: str) -> None:
        """Note that what this thread waited for last has been answered."""
        if self._spacing:
            slot = self._mine.slot
            counted = slot + self._delay(api_id, max(0.0, self._wall.time() - slot))
            self._change(
                api_id, lambda moments: [*moments[:1], *(counted if m == slot else m for m in moments[1:])]
            )

    def _delay(self, api_id: str, took: float) -> float:
        """How much later than usual the server may have counted a request whose answer took so long."""
        with self._lock:
            recent = self._took[api_id]
            recent.append(took)
            return took - min(recent) if len(recent) > FEW else took

    def _slot(self, api_id: str) -> float:
        slot = self._wall.time()

        def take(moments: list[float]) -> list[float]:
            nonlocal slot
            now = slot = self._wall.time()
            # a file from before the clock was set back must not stop everybody for hours
            free, *last = [m if m <= now + LONGEST_LINE else 0.0 for m in moments] or [0.0]
            slot = max(now, free)
            if len(last) >= self._count:
                slot = max(slot, last[-self._count] + self._window)
            return [slot + self._spacing, *[*last, slot][-KEPT * self._count :]]

        self._change(api_id, take)
        return slot

    def _still(self, api_id: str, slot: float) -> float:
        """The slot again, or a later one if what left before it was answered late since it was taken."""

        def look(moments: list[float]) -> list[float]:
            nonlocal slot
            free, *last = moments or [0.0]
            at = max((place for place, moment in enumerate(last) if moment == slot), default=0)
            if at >= self._count and last[at - self._count] + self._window > slot:
                last[at] = slot = last[at - self._count] + self._window
            return [max(free, slot + self._spacing), *last]

        self._change(api_id, look)
        return slot

    def _change(self, api_id: str, change: Callable[[list[float]], list[float]]) -> None:
        """Change the moments of a call: when the next request may leave, then when the last ones left."""
        name = hashlib.blake2b(
            f"{self._settings.server.url}\0{self._settings.keys.app}\0{api_id}".encode(), digest_size=12
        ).hexdigest()
        with self._lock:
            if self._folder is not None:
                try:
                    self._change_shared(self._folder / name, change)
                    return
                except (OSError, Timeout) as error:
                    self._folder = None
                    _warn(f"the request limit is kept by this process alone ({error})")
            self._own[name] = change(self._own.get(name, []))

    def _change_shared(self, path: Path, change: Callable[[list[float]], list[float]]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(path.with_suffix(".lock"), timeout=5, mode=0o600):
            try:
                moments = list(map(float, path.read_text("ascii").split()))
            except (FileNotFoundError, ValueError):
                moments = []
            new = path.with_suffix(".new")  # a process that is killed here leaves the old moments
            new.write_text(" ".join(map(repr, change(moments))), "ascii")
            os.replace(new, path)


class KiwoomAdapter(HTTPAdapter):
    """Sends signed copies of unsigned questions."""

    def __init__(self, settings: Settings, wall: Wall, timeout: tuple[float, float]) -> None:
        super().__init__(pool_maxsize=POOL)
        self._process = os.getpid()
        self._settings = settings
        self._wall = wall
        self._timeout = timeout
        self._surroundings = surroundings(settings.server.url) if not settings.server.loopback else {}
        self._throttle = Throttle(settings, wall)
        self.tokens = Tokens(settings, self._exchange, wall.time)
        self.counts: Counter[str] = Counter()
        self._counting = Lock()
        self._clock_is_wrong = False

    # --- what requests calls ---------------------------------------------------------------------

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Answer one question or raise a `KiwoomError`."""
        assert isinstance(request, Ask)
        if self._settings.offline:
            raise NetworkError(
                f"{request.table.id} {request.body_json.get('stk_cd', '')}: not in the cache, and this"
                " client is offline",
                api_id=request.table.id,
                retryable=False,
            )
        secret = request.table.path.startswith("/oauth2/")
        tried: Counter[str] = Counter()
        while True:
            token = None if secret else self.tokens.token()
            try:
                return self._once(request, token)
            except KiwoomError as error:
                tried[_reason(error)] += 1
                if error.code in DEAD_TOKEN and token and tried["token"] == 1:
                    log.info("%s: the token was refused, asking for a new one", request.table.id)
                    self.tokens.drop(token)
                elif self._hopeless(error, tried):
                    raise
                else:
                    self._pause(request, error, sum(tried.values()))
                self._count("retries")

    def clock(self) -> datetime | None:
        """The time the server shows, asked without a key; None when it does not answer."""
        self._survive_fork()
        try:
            reply = self.poolmanager.urlopen(
                "HEAD", self._settings.server.url + "/", retries=False, timeout=self._timeout[0]
            )
        except urllib3.exceptions.HTTPError:
            return None
        return market_time(reply.headers)

    # --- one attempt -----------------------------------------------------------------------------

    # Nothing is raised while a frame on the stack, or the error behind it, holds a secret: tracebacks are
    # printed, with locals and causes, into notebooks and logs.

    def _once(self, request: Ask, token: Token | None) -> requests.Response:
        self._survive_fork()
        table = request.table
        signed = request.copy()
        # requests-cache leaves notes of its own in these two
        signed.headers.pop("Cache-Control", None)
        signed.headers.pop("X-ACTUAL-NO-CACHE", None)
        if token:
            signed.headers["authorization"] = f"Bearer {token.value}"
        waited = self._throttle.wait(table.id)
        if waited:
            self._count("waits")
            log.info("%s page %d: waited %.2f s for the request limit", table.id, request.page, waited)
        self._count("requests")
        problem: BaseException | None
        started = time.perf_counter()
        try:
            response = super().send(signed, timeout=self._timeout, **self._surroundings)
            response._content = self._without_secrets(self._body(response), token)
            problem = judge(table, response.status_code, response.content)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            problem = NetworkError(_why(table, self._settings.server.url, error), api_id=table.id)
        except KeyboardInterrupt:
            problem = KeyboardInterrupt()
        took = 1000 * (time.perf_counter() - started)
        self._throttle.answered(table.id)
        outcome = f" {type(problem).__name__}" if problem else ""
        log.debug("%s page %d: %.0f ms%s", request.about, request.page, took, outcome)
        if problem is not None:
            raise problem
        response.request = request
        if not self._settings.server.loopback:
            self._compare_clocks(request, response)
        return response

    def _body(self, response: requests.Response) -> bytes:
        """All of an answer. The time-out of a socket ends silence, not an answer that never ends."""
        ends, parts, size = time.monotonic() + SLOWEST * self._timeout[1], [], 0
        while part := response.raw.read1(decode_content=True):
            parts.append(part)
            size += len(part)
            if size > LARGEST or time.monotonic() > ends:
                response.raw.close()
                raise requests.Timeout
        return b"".join(parts)

    def _exchange(self, table: Endpoint, body: Mapping[str, str]) -> Mapping[str, Any]:
        now = datetime.fromtimestamp(self._wall.time(), KST)
        question = ask(self._settings.server, table, body, now=now, expires=now)
        return Hidden(orjson.loads(self.send(question).content))

    def _without_secrets(self, content: bytes, token: Token | None) -> bytes:
        """An answer that repeats what it was sent must carry it neither into an error nor into the cache."""
        keys = self._settings.keys
        for sent in (keys.app, keys.secret, token.value if token else ""):
            if len(sent) >= 12:  # a real key has 43 characters, a token 86
                content = content.replace(sent.encode(), b"***")
        return content

    def _compare_clocks(self, request: Ask, response: requests.Response) -> None:
        """With a wrong clock the question names another day than meant, and its answer would never end."""
        said, now = market_time(response.headers), datetime.fromtimestamp(self._wall.time(), KST)
        if said is None or abs(now - said) <= CLOCKS_AGREE:
            return
        request.expires = request.now
        with self._counting:
            known, self._clock_is_wrong = self._clock_is_wrong, True
        if not known:
            side = "ahead of" if now > said else "behind"
            off = timedelta(seconds=round(abs(now - said).total_seconds()))
            _warn(
                f"this computer's clock is {off} {side} {self._settings.server.name}'s: until it is right,"
                ' "today" may be another day and answers are asked for again each time'
            )

    def _count(self, what: str) -> None:
        with self._counting:  # += of a Counter loses counts between threads
            self.counts[what] += 1

    def _survive_fork(self) -> None:
        """Two processes on one connection would read each other's answers."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self.init_poolmanager(POOL, POOL)
            self.proxy_manager = {}

    # --- again or not ----------------------------------------------------------------------------

    @staticmethod
    def _hopeless(error: KiwoomError, tried: Counter[str]) -> bool:
        if not error.retryable:
            return True
        if error.return_code == SERVICE:
            return tried["service"] > SERVICE_TRIES
        return sum(tried.values()) >= TRIES

    def _pause(self, request: Ask, error: KiwoomError, tries: int) -> None:
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (tries - 1))
        pause = longest * (0.5 + random.random() / 2)
        log.info("%s page %d: %s; again in %.1f s", request.table.id, request.page, error, pause)
        self._wall.sleep(pause)


def _reason(error: KiwoomError) -> str:
    if error.code in DEAD_TOKEN:
        return "token"
    return "service" if error.return_code == SERVICE else "network"


def judge(table: Endpoint, status: int, content: bytes) -> KiwoomError | None:
    """The error a reply deserves, with the broker's Korean text; None means it is good."""
    name = table.id
    try:
        reply = orjson.loads(content)
    except orjson.JSONDecodeError:
        text = content[:4000].decode("utf-8", "replace")
        if "시스템작업" in text or "서비스 중단" in text:
            return MaintenanceError(f"{name}: the broker is in maintenance (시스템작업)", api_id=name)
        retryable = status >= 500 or status in (200, 429)  # status 200 without JSON is half an answer
        return NetworkError(f"{name}: HTTP {status} without JSON", api_id=name, retryable=retryable)
    if not isinstance(reply, dict):
        return DataError(f"{name}: the reply is not a JSON object", api_id=name)
    message = str(reply.get("return_msg", ""))
    try:
        code = int(reply.get("return_code", ""))
    except (TypeError, ValueError):
        if status != 200:
            return NetworkError(f"{name}: HTTP {status}", api_id=name, retryable=status >= 500)
        return DataError(f"{name}: the reply has no return_code", api_id=name)
    if status == 429:
        return RateLimitError(f"{name}: {message}", api_id=name, return_code=code, code="1700")
    if code != 0:
        return broker_error(name, code, message)
    if status != 200:
        return NetworkError(f"{name}: HTTP {status}", api_id=name, retryable=status >= 500)
    if not table.fits(reply):
        missing = table.rows or "fields"
        return DataError(f"{name}: the reply lacks what its table holds ({missing})", api_id=name)
    return None


def surroundings(url: str) -> dict[str, Any]:
    """Proxy and certificate bundle of the user's environment; certificates are always checked."""
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return {"proxies": requests.utils.get_environ_proxies(url), "verify": bundle or True}


def market_time(headers: Mapping[str, str]) -> datetime | None:
    """The ``Date`` header as Korean time; None when there is none that can be true."""
    try:
        said = parsedate_to_datetime(headers["Date"]).astimezone(KST)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return said if 1990 <= said.year < 2200 else None


def _why(table: Endpoint, url: str, error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return f"{table.id}: no answer from {url} in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"{table.id}: {url} broke off in the middle of an answer"
    if isinstance(error, requests.exceptions.SSLError):
        return f"{table.id}: no trusted connection to {url} (TLS)"
    return f"{table.id}: no connection to {url} ({type(error).__name__})"


def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=4)
