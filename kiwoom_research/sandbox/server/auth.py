"""Who may ask, and how often: keys, tokens and the rate limit of the two virtual hosts."""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..clock import MarketClock
from .error_codes import SUCCESS, refused

LIFE = timedelta(hours=24)


@dataclass(slots=True, eq=False)
class Host:
    """One virtual host: the real or the mock rules, with keys of its own.

    ``rate`` is the number of calls per second, app key and API ID; None is no limit.
    """

    name: str
    appkey: str
    secretkey: str
    rate: float | None
    published: int

    @property
    def told(self) -> str:
        """The limit as the refusal tells it."""
        return f"{self.published if self.rate is None else self.rate:g}"


class Tokens:
    """Issue, check and revoke tokens. Thread-safe.

    A second issue returns the living token with the same expiry, as measured; with ``rotate`` it kills that
    token and returns a fresh one, as two projects reported.
    """

    def __init__(self, hosts: tuple[Host, ...], clock: MarketClock, rotate: bool = False) -> None:
        self.rotate = rotate
        self._hosts = hosts
        self._clock = clock
        self._lock = threading.Lock()
        self._living: dict[str, tuple[str, datetime]] = {}  # host name -> token and its end

    def check_issue(self, host: Host, body: Mapping[str, str]) -> None:
        """Refuse what ``/oauth2/token`` refuses."""
        if not body.get("grant_type"):
            raise refused("8011")
        if body["grant_type"] != "client_credentials":
            raise refused("8012")
        self._keys(host, body)

    def issue(self, host: Host) -> dict[str, object]:
        """The reply of ``/oauth2/token``, in the recorded order of its keys."""
        now = self._clock.wall()
        with self._lock:
            token, end = self._living.get(host.name, ("", now))
            if self.rotate or end <= now:
                token, end = secrets.token_urlsafe(64), now + LIFE
                self._living[host.name] = token, end
        return {
            "expires_dt": f"{end:%Y%m%d%H%M%S}",
            "return_msg": SUCCESS,
            "token_type": "Bearer",
            "return_code": 0,
            "token": token,
        }

    def check_revoke(self, host: Host, body: Mapping[str, str]) -> None:
        """Refuse what ``/oauth2/revoke`` refuses."""
        self._keys(host, body)
        if not body.get("token"):
            raise refused("8016")
        self._alive(host, body["token"])

    def revoke(self, host: Host) -> dict[str, object]:
        """The reply of ``/oauth2/revoke``."""
        self.kill(host)
        return {"return_code": 0, "return_msg": SUCCESS}

    def admit(self, host: Host, authorization: str | None) -> None:
        """Check the ``authorization`` header, in the order of the codes 1513 to 1516, then the token."""
        if not (words := (authorization or "").split()):
            raise refused("1513")
        scheme, *rest = words
        if len(rest) > 1:
            raise refused("1514")
        if scheme.lower() != "bearer":
            raise refused("1515" if rest else "1514")
        if not rest:
            raise refused("1516")
        self._alive(host, rest[0])

    def kill(self, host: Host) -> None:
        """End the host's token early."""
        with self._lock:
            self._living.pop(host.name, None)

    def _keys(self, host: Host, body: Mapping[str, str]) -> None:
        if "appkey" not in body or "secretkey" not in body:
            raise refused("8020")
        given = body["appkey"], body["secretkey"]
        if given == (host.appkey, host.secretkey):
            return
        foreign = any(given == (other.appkey, other.secretkey) for other in self._hosts)
        raise refused("8030" if foreign else "8001")

    def _alive(self, host: Host, token: str) -> None:
        now = self._clock.wall()
        with self._lock:
            owners = [name for name, (known, end) in self._living.items() if known == token and now < end]
        if not owners:
            raise refused("8005")
        if owners != [host.name]:
            raise refused("8031")


class RateLimit:
    """At most ``rate`` calls in any second per app key and API ID. Thread-safe.

    ``burst`` above 1 lets ``burst - 1`` more calls come at once, while over a longer time ``rate`` still
    holds: at most ``rate + burst - 1`` calls in any ``(rate + burst - 1) / rate`` seconds. Refused calls do
    not count.
    """

    def __init__(self, burst: int = 1, monotonic: Callable[[], float] = time.monotonic) -> None:
        if burst < 1:
            raise ValueError(f"burst is at least 1, not {burst}")
        self.burst = burst
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, str], deque[float]] = {}

    def allows(self, host: Host, api_id: str) -> bool:
        """Whether one more call may pass now; if so it counts."""
        if host.rate is None:
            return True
        size = max(1, math.floor(host.rate)) + self.burst - 1
        now = self._monotonic()
        with self._lock:
            calls = self._calls.setdefault((host.appkey, api_id), deque())
            while calls and now - calls[0] >= size / host.rate:
                calls.popleft()
            if len(calls) >= size:
                return False
            calls.append(now)
            return True
