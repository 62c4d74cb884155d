"""An unsigned request and the key under which its reply is cached."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

import requests

from ..calendar import KST
from ..config import Server
from ..endpoints import Call
from .secrets import Secrets


class CacheableRequest(requests.PreparedRequest):
    """One unsigned request, with what the cache has to know about it."""

    table: Call
    body_json: Mapping[str, str]
    next_key: str
    page: int
    part: str
    server: str
    key: str
    now: datetime
    arrived: datetime  # when the reply came, by the market's clock
    expires: datetime | None
    loopback: bool
    clock_is_wrong: bool

    @property
    def code(self) -> str:
        """The code or codes, else the market, that the request is about."""
        return self.body_json.get("stk_cd", self.body_json.get("mrkt_tp", ""))

    @property
    def label(self) -> str:
        """Call and code, for the log."""
        return f"{self.table.id} {self.body_json.get('stk_cd', '')}".rstrip()


def prepare(
    server: Server,
    table: Call,
    body: Mapping[str, str] | Secrets,
    *,
    now: datetime,
    next_key: str = "",
    page: int = 1,
    part: str = "",
) -> CacheableRequest:
    """Prepare a request. Neither cookies nor ``.netrc`` nor a token get in."""
    sent, shown = (body.reveal(), {}) if isinstance(body, Secrets) else (body, body)
    text = json.dumps(sent, ensure_ascii=False, separators=(",", ":"))
    del sent  # a traceback with locals must not show it
    headers = {
        "Content-Type": "application/json;charset=UTF-8",
        "User-Agent": "kiwoom_research",
        "api-id": table.id,
    }
    if next_key:
        headers |= {"cont-yn": "Y", "next-key": next_key}
    request = CacheableRequest()
    request.prepare(method="POST", url=server.url + table.path, headers=headers, data=text.encode())
    request.table, request.body_json, request.next_key, request.page = table, shown, next_key, page
    request.part = part
    request.server, request.loopback = server.name, server.loopback
    request.now = request.arrived = request.expires = now
    request.clock_is_wrong = False
    request.key = cache_key(server.name, table, shown, next_key)
    return request


def cache_key(server: str, table: Call, body: Mapping[str, str], next_key: str) -> str:
    """The key under which the reply to a request is kept."""
    parts = (server, table.path, table.id, json.dumps(body, sort_keys=True), next_key)
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def header_time(headers: Mapping[str, str]) -> datetime | None:
    """The ``Date`` header as Korean time; None when there is no plausible one."""
    try:
        shown = parsedate_to_datetime(headers["Date"]).astimezone(KST)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return shown if 1990 <= shown.year < 2200 else None
