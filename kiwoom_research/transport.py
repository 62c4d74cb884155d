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
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import orjson
import requests
import urllib3
from filelock import FileLock, Timeout
from requests.adapters import HTTPAdapter

from .auth import Hidden, Token, Tokens
from .calendar import KST
from .config import Settings
from .endpoints import Endpoint
from .errors import (
    DEAD_TOKEN,
    SERVICE,
    DataError,
    KiwoomError,
    MaintenanceError,
    NetworkError,
    RateLimitError,
    broker_error,
)  # fmt: skip
from .http_cache import Ask, ask

log = logging.getLogger("kiwoom_research")

TRIES = 5  # in all, for what the network, the server or the limit did
SERVICE_TRIES = 2  # of return_code 7: it heals within minutes or not at all
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds; doubled each time, then half of it by chance
# 5 requests evenly over a second still put 6 into some second when the network jitters;
# 2.5 % more room than the limit keeps a one-second window clean (tests/test_throttle.py)
ROOM = 1.025
POOL = 16  # connections kept


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

    A small file per key and call holds when the next request may leave. A slot is taken under a file lock
    and waited for outside it; the operating system frees the lock of a process that dies.
    """

    def __init__(self, settings: Settings, wall: Wall) -> None:
        self._spacing = ROOM / settings.server.rate if settings.server.rate else 0.0
        self._wall = wall
        self._folder = settings.state_dir / "throttle" if settings.state_dir else None
        self._settings = settings
        self._own: dict[str, float] = {}
        self._lock = Lock()

    def wait(self, api_id: str) -> float:
        """Wait for this call's next slot; returns the seconds waited."""
        if not self._spacing:
            return 0.0
        pause = self._slot(api_id) - self._wall.time()
        if pause <= 0:
            return 0.0
        self._wall.sleep(pause)
        return pause

    def _slot(self, api_id: str) -> float:
        name = hashlib.blake2b(
            f"{self._settings.server.url}\0{self._settings.keys.app}\0{api_id}".encode(), digest_size=12
        ).hexdigest()
        with self._lock:
            if self._folder is not None:
                try:
                    return self._shared_slot(self._folder / name)
                except (OSError, Timeout) as error:
                    self._folder = None
                    _warn(f"the request limit is kept by this process alone ({error})")
            slot = self._next(self._own.get(name, 0.0))
            self._own[name] = slot + self._spacing
            return slot

    def _shared_slot(self, path: Path) -> float:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(path.with_suffix(".lock"), timeout=5, mode=0o600):
            try:
                free = float(path.read_text("ascii"))
            except (FileNotFoundError, ValueError):
                free = 0.0
            slot = self._next(free)
            path.write_text(repr(slot + self._spacing), "ascii")
        return slot

    def _next(self, free: float) -> float:
        now = self._wall.time()
        # a file from before the clock was set back must not stop everybody for hours
        return now if free > now + 60 else max(now, free)


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
            log.debug("%s: waited %.2f s for the request limit", table.id, waited)
        self._count("requests")
        problem: BaseException | None
        try:
            response = super().send(signed, timeout=self._timeout, **self._surroundings)
            problem = judge(table, response.status_code, response.content)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            problem = NetworkError(_why(table, self._settings.server.url, error), api_id=table.id)
        except KeyboardInterrupt:
            problem = KeyboardInterrupt()
        if problem is not None:
            raise problem
        response.request = request
        response.cookies.clear()
        for name in ("Set-Cookie", "Vary"):
            response.headers.pop(name, None)
        return response

    def _exchange(self, table: Endpoint, body: Mapping[str, str]) -> Mapping[str, Any]:
        now = datetime.fromtimestamp(self._wall.time(), KST)
        question = ask(self._settings.server, table, body, now=now, expires=now)
        return Hidden(orjson.loads(self.send(question).content))

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
    """The ``Date`` header as Korean time."""
    try:
        return parsedate_to_datetime(headers["Date"]).astimezone(KST)
    except (KeyError, TypeError, ValueError):
        return None


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
