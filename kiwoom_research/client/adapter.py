"""Transport adapter below the cache: authenticate, rate-limit, send, check, retry.

The cached session hands an unsigned request to `KiwoomAdapter`. The adapter copies it, adds the token to the
copy and returns the response with the unsigned request attached, so that nothing secret can reach the disk.
Bad replies raise here, below the cache: a failed refresh leaves the old cache entry alone.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from ..calendar import KST
from ..config import Settings
from ..decode import decode
from ..endpoints import QUERIES, Call
from ..errors import DEAD_TOKEN, SERVICE, DataError, KiwoomError, NetworkCause, NetworkError, warn_user
from .check import check_reply, scrub
from .request import CacheableRequest, header_time, prepare
from .secrets import Secrets
from .throttle import Clock, Throttle
from .token import Token, TokenManager
from .waits import Wait, report

log = logging.getLogger("kiwoom_research")

TRIES = 5  # in all, after failures of the network, the server or the rate limit
SERVICE_TRIES = 2  # repeats after return_code 7: it heals within minutes or not at all
BACKOFF_FIRST, BACKOFF_MAX = 0.5, 8.0  # exponential backoff in seconds, with 50 % jitter
POOL_SIZE = 16  # connections kept open
MAX_TIMEOUTS, MAX_BYTES = 4, 64_000_000  # a reply takes at most so many time-outs, and so many bytes
CHUNK = 65_536  # bytes read at once
CLOCK_TOLERANCE = timedelta(minutes=10)


class _TooLarge(requests.RequestException):
    """The reply is larger than any of this broker's can be."""


class KiwoomAdapter(HTTPAdapter):
    """Sends signed copies of unsigned requests."""

    def __init__(self, settings: Settings, clock: Clock, timeout: tuple[float, float]) -> None:
        super().__init__(pool_maxsize=POOL_SIZE)
        self._process = os.getpid()
        self._settings = settings
        self._clock = clock
        self._timeout = timeout
        self._environment = environment_settings(settings.server.url) if not settings.server.loopback else {}
        self._throttle = Throttle(settings, clock)
        self.tokens = TokenManager(settings, self._send_token_call, clock.time)
        self.counts: Counter[str] = Counter()
        self._counting = Lock()
        self._clock_is_wrong = False

    # --- what requests calls ---------------------------------------------------------------------

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Answer one request or raise a `KiwoomError`."""
        assert isinstance(request, CacheableRequest)
        if self._settings.offline:
            raise NetworkError(
                f"{request.table.id} {request.body_json.get('stk_cd', '')}: not in the cache, and this"
                " client is offline",
                api_id=request.table.id,
                retryable=False,
                cause="offline",
            )
        is_token_call = request.table.path.startswith("/oauth2/")
        tried: Counter[str] = Counter()
        while True:
            token = None if is_token_call else self.tokens.token()
            try:
                return self._send_once(request, token)
            except KiwoomError as error:
                tried[_budget(error)] += 1
                if error.code in DEAD_TOKEN and token and tried["token"] == 1:
                    log.info("%s: the token was refused, asking for a new one", request.table.id)
                    self.tokens.invalidate(token)
                elif self._gives_up(error, tried):
                    raise
                else:
                    self._back_off(request, error, sum(tried.values()))
                self.count("retries")

    def server_time(self) -> datetime | None:
        """The time the server shows, read without a key; None when it does not answer."""
        return header_time(self._head())

    def sandbox_market(self) -> str:
        """The market of a sandbox on this machine; empty if the server is none or does not answer."""
        return self._head().get("Sandbox-Market", "")

    def _head(self) -> Mapping[str, str]:
        """The headers of the server's front page, which needs no key; none when it does not answer."""
        self._survive_fork()
        try:
            reply = self.poolmanager.urlopen(
                "HEAD", self._settings.server.url + "/", retries=False, timeout=self._timeout[0]
            )
        except urllib3.exceptions.HTTPError:
            return {}
        headers: Mapping[str, str] = reply.headers
        return headers

    # --- one attempt -----------------------------------------------------------------------------

    # Nothing is raised while a frame on the stack, or the error behind it, holds a secret: tracebacks are
    # printed, with locals and causes, into notebooks and logs.

    def _send_once(self, request: CacheableRequest, token: Token | None) -> requests.Response:
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
            self.count("waits")
            log.info("%s page %d: waited %.2f s for the request limit", table.id, request.page, waited)
        report(Wait("reply", table.id))
        self.count("requests")
        problem: BaseException | None
        started = time.perf_counter()
        try:
            response = super().send(signed, timeout=self._timeout, **self._environment)
            response._content = self._read_body(response)
            self._scrub(response, token)
            parsed = check_reply(table, response.status_code, response.content)
            problem = _attach(request, response, parsed, self._settings.strict)
        except _TooLarge:
            problem = DataError(
                f"{table.id}: the reply has more than {MAX_BYTES // 1_000_000} MB, which none of the broker's has",
                api_id=table.id,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            problem = _network_error(table, self._settings.server.url, error)
        except KeyboardInterrupt:
            problem = KeyboardInterrupt()
        milliseconds = 1000 * (time.perf_counter() - started)
        self._throttle.answered(table.id)
        outcome = f" {type(problem).__name__}" if problem else ""
        log.debug("%s page %d: %.0f ms%s", request.label, request.page, milliseconds, outcome)
        if problem is not None:
            raise problem
        response.request = request
        if not self._settings.server.loopback:
            self._compare_clocks(request, response)
        return response

    def _read_body(self, response: requests.Response) -> bytes:
        """The whole body. The time-out of a socket ends silence, but not a reply that never ends."""
        deadline, parts, size = time.monotonic() + MAX_TIMEOUTS * self._timeout[1], [], 0
        while part := response.raw.read1(CHUNK, decode_content=True):  # no compressed part can grow beyond it
            parts.append(part)
            size += len(part)
            if size > MAX_BYTES:
                response.raw.close()
                raise _TooLarge
            if time.monotonic() > deadline:
                response.raw.close()
                raise requests.Timeout
        return b"".join(parts)

    def _send_token_call(self, table: Call, body: Secrets) -> Secrets:
        now = datetime.fromtimestamp(self._clock.time(), KST)
        request = prepare(self._settings.server, table, body, now=now)
        return Secrets(self.send(request).parsed)  # type: ignore[attr-defined]

    def _scrub(self, response: requests.Response, token: Token | None) -> None:
        """Blank out our own secrets: a reply that echoes them must not carry them into an error or the cache."""
        keys = self._settings.keys
        for secret in (keys.app, keys.secret, token.value if token else ""):
            response._content = scrub(response.content, secret)
            for name, value in response.headers.items():
                clean = scrub(value.encode("latin-1", "replace"), secret).decode("latin-1")
                if clean != value:
                    response.headers[name] = clean

    def _compare_clocks(self, request: CacheableRequest, response: requests.Response) -> None:
        """With a wrong clock the request names another day than meant, and its reply would never expire."""
        shown, now = header_time(response.headers), datetime.fromtimestamp(self._clock.time(), KST)
        if shown is None or abs(now - shown) <= CLOCK_TOLERANCE:
            return
        request.clock_is_wrong = True
        with self._counting:
            known, self._clock_is_wrong = self._clock_is_wrong, True
        if not known:
            side = "ahead of" if now > shown else "behind"
            off = timedelta(seconds=round(abs(now - shown).total_seconds()))
            warn_user(
                f"this computer's clock is {off} {side} {self._settings.server.name}'s: until it is right,"
                ' "today" may be another day and answers are asked for again each time'
            )

    def count(self, what: str) -> None:
        """Count one more request, wait, retry or cache hit."""
        with self._counting:  # += of a Counter loses counts between threads
            self.counts[what] += 1

    def _survive_fork(self) -> None:
        """Give a forked child connections of its own: two processes on one would read each other's replies."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self.init_poolmanager(POOL_SIZE, POOL_SIZE)
            self.proxy_manager = {}

    # --- retry -----------------------------------------------------------------------------------

    @staticmethod
    def _gives_up(error: KiwoomError, tried: Counter[str]) -> bool:
        if not error.retryable:
            return True
        if error.return_code == SERVICE:
            return tried["service"] > SERVICE_TRIES
        return sum(tried.values()) >= TRIES

    def _back_off(self, request: CacheableRequest, error: KiwoomError, tries: int) -> None:
        longest = min(BACKOFF_MAX, BACKOFF_FIRST * 2 ** (tries - 1))
        pause = longest * (0.5 + random.random() / 2)
        log.info("%s page %d: %s; again in %.1f s", request.table.id, request.page, error, pause)
        report(Wait("retry", request.table.id, pause, error))
        self._clock.sleep(pause)


def _budget(error: KiwoomError) -> str:
    """Which budget of retries an error uses."""
    if error.code in DEAD_TOKEN:
        return "token"
    return "service" if error.return_code == SERVICE else "network"


def environment_settings(url: str) -> dict[str, Any]:
    """Proxy and certificate bundle of the user's environment; certificates are always verified."""
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return {"proxies": requests.utils.get_environ_proxies(url), "verify": bundle or True}


def _attach(
    request: CacheableRequest, response: requests.Response, parsed: dict[str, Any] | KiwoomError, strict: bool
) -> KiwoomError | None:
    """Hand a good reply on with its parsed body and decoded page; returns the error of one that is not good.

    A body is parsed and decoded once, here below the cache: a page that cannot be decoded never reaches it.
    """
    if isinstance(parsed, KiwoomError):
        return parsed
    response.parsed = parsed  # type: ignore[attr-defined]
    if request.table.id in QUERIES:
        table = request.table.table(request.body_json, request.part)
        try:
            page = decode(table, parsed, request.body_json, strict=strict)
        except DataError as error:
            return error
        response.page = page  # type: ignore[attr-defined]
    return None


def _network_error(table: Call, url: str, error: Exception) -> NetworkError:
    """A failure of the network in one sentence, without the texts of other libraries."""
    cause: NetworkCause
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        cause, text = "timeout", f"no answer from {url} in time"
    elif isinstance(error, (requests.exceptions.ChunkedEncodingError, urllib3.exceptions.ProtocolError)):
        cause, text = "incomplete", f"{url} broke off in the middle of an answer"
    elif isinstance(error, requests.exceptions.SSLError):
        cause, text = "tls", f"no trusted connection to {url} (TLS)"
    else:
        cause, text = "connection", f"no connection to {url} ({type(error).__name__})"
    return NetworkError(f"{table.id}: {text}", api_id=table.id, cause=cause)
