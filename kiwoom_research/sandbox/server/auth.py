"""The two virtual hosts of a sandbox, and the tokens they issue, check and revoke."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..clock import MarketClock
from .error_codes import SUCCESS, published_refusal

TOKEN_LIFE = timedelta(hours=24)


@dataclass(slots=True, eq=False)
class VirtualHost:
    """The host with the real rules or the one with the mock rules, each with keys of its own.

    ``rate`` is the number of calls per second, app key and API ID; None is no limit. ``published_rate`` is
    what Kiwoom publishes for this host.
    """

    name: str
    appkey: str
    secretkey: str
    rate: float | None
    published_rate: int

    @property
    def rate_label(self) -> str:
        """The limit as a refusal prints it."""
        return f"{self.published_rate if self.rate is None else self.rate:g}"


class TokenService:
    """Issue, check and revoke tokens. Thread-safe.

    A second issue returns the living token with the same expiry, as measured. For a server on which a second
    issue kills the first token, as two projects reported, use ``fail("token", None, call="au10001")``.
    """

    def __init__(self, hosts: tuple[VirtualHost, ...], clock: MarketClock) -> None:
        self._hosts = hosts
        self._clock = clock
        self._lock = threading.Lock()
        self._living: dict[str, tuple[str, datetime]] = {}  # host name -> token and its expiry

    def check_token_request(self, host: VirtualHost, body: Mapping[str, str]) -> None:
        """Refuse what ``/oauth2/token`` refuses."""
        if not body.get("grant_type"):
            raise published_refusal("8011")
        if body["grant_type"] != "client_credentials":
            raise published_refusal("8012")
        self._check_keys(host, body)

    def issue(self, host: VirtualHost) -> dict[str, object]:
        """Return the reply of ``/oauth2/token``, its keys in the recorded order."""
        now = self._clock.wall()
        with self._lock:
            token, expiry = self._living.get(host.name, ("", now))
            if expiry <= now:
                token, expiry = secrets.token_urlsafe(64), now + TOKEN_LIFE
                self._living[host.name] = token, expiry
        return {
            "expires_dt": f"{expiry:%Y%m%d%H%M%S}",
            "return_msg": SUCCESS,
            "token_type": "Bearer",
            "return_code": 0,
            "token": token,
        }

    def check_revocation_request(self, host: VirtualHost, body: Mapping[str, str]) -> None:
        """Refuse what ``/oauth2/revoke`` refuses."""
        self._check_keys(host, body)
        if not body.get("token"):
            raise published_refusal("8016")
        self._check_token(host, body["token"])

    def revoke(self, host: VirtualHost) -> dict[str, object]:
        """Revoke the host's token and return the reply of ``/oauth2/revoke``."""
        self.expire_token(host)
        return {"return_code": 0, "return_msg": SUCCESS}

    def authorize(self, host: VirtualHost, authorization: str | None) -> None:
        """Check the ``authorization`` header, in the order of the codes 1513 to 1516, then the token."""
        if not (words := (authorization or "").split()):
            raise published_refusal("1513")
        scheme, *rest = words
        if len(rest) > 1:
            raise published_refusal("1514")
        if scheme.lower() != "bearer":
            raise published_refusal("1515" if rest else "1514")
        if not rest:
            raise published_refusal("1516")
        self._check_token(host, rest[0])

    def expire_token(self, host: VirtualHost) -> None:
        """End the life of the host's token before its expiry."""
        with self._lock:
            self._living.pop(host.name, None)

    def valid_tokens(self) -> list[str]:
        """Return the tokens that are accepted now, so that a test can look for them where none may be."""
        with self._lock:
            return [token for token, _ in self._living.values()]

    def _check_keys(self, host: VirtualHost, body: Mapping[str, str]) -> None:
        if "appkey" not in body or "secretkey" not in body:
            raise published_refusal("8020")
        given = body["appkey"], body["secretkey"]
        if given == (host.appkey, host.secretkey):
            return
        foreign = any(given == (other.appkey, other.secretkey) for other in self._hosts)
        raise published_refusal("8030" if foreign else "8001")

    def _check_token(self, host: VirtualHost, token: str) -> None:
        now = self._clock.wall()
        with self._lock:
            owners = [
                name for name, (known, expiry) in self._living.items() if known == token and now < expiry
            ]
        if not owners:
            raise published_refusal("8005")
        if owners != [host.name]:
            raise published_refusal("8031")
