"""From a request to a reply, without sockets: order of checks, faults, pages and the access log."""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import Message
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from ...endpoints import CATALOGUE, QUERIES, Endpoint, oauth
from ..clock import MarketClock
from ..replies.producers import Options, Page, Refused, answer
from .auth import Host, RateLimit, Tokens
from .error_codes import CODES, SUCCESS, refused, status, transient
from .faults import EMPTY, PAGE_FAULTS, STUCK, Fault, Faults, empty, spoil

log = logging.getLogger("kiwoom_research.sandbox")

JSON = "application/json;charset=UTF-8"
HTML = "text/html;charset=UTF-8"

# Account calls that the mock host refuses (protocol.md 9): all that the sandbox knows of accounts.
ACCOUNT = "/api/dostk/acnt"
REFUSED_BY_GATEWAY = frozenset({"ka01690"})
REFUSED_BY_BACK_END = frozenset({"kt00002", "kt00005", "kt00012", "kt00015", "kt00016", "kt00017"})
BACK_END = "[2000](RC9000:모의투자에서는 해당업무가 제공되지 않습니다.)"

TOKEN_CALLS = {table.path: table for table in (oauth.ISSUE, oauth.REVOKE)}
PATHS = {table.id: table.path for table in CATALOGUE.values()} | dict.fromkeys(
    REFUSED_BY_GATEWAY | REFUSED_BY_BACK_END, ACCOUNT
)

MAINTENANCE = """<!DOCTYPE html>
<html lang="ko"><head><meta charset="UTF-8"><title>서비스 중단 안내</title></head><body>
<h1>시스템작업으로 인한 서비스 중단 안내</h1>
<p>보다 나은 서비스를 위한 시스템작업으로 서비스 이용이 일시 중단됩니다. (가상)</p>
<p>1. 중단 일시 : {:%Y-%m-%d} 00:00 ~ 06:00</p>
<p>2. 중단 내용 : 키움 REST API 전체 서비스</p>
</body></html>
"""
BLOCKED = "<html><head><title>Request Blocked</title></head><body>Request Blocked</body></html>"
BROKEN = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"


Items = tuple[tuple[str, str], ...]
"""A request body that can be a key."""


class Call(NamedTuple):
    """A request as the checks see it; ``body`` is None when it is no JSON object of plain values."""

    host: Host
    path: str
    api_id: str
    headers: Message
    key: str
    body: dict[str, str] | None

    @property
    def stock(self) -> str:
        """What it asks about."""
        return (self.body or {}).get("stk_cd", "")

    def walk(self, key: str) -> tuple[object, ...]:
        """What a page is remembered by."""
        return self.host.name, self.api_id, key, *sorted((self.body or {}).items())


@dataclass(slots=True)
class Reply:
    """What goes back: ``cut`` is ``half`` or ``drop`` when it does not go back whole."""

    body: bytes
    status: int = 200
    type: str = JSON
    api_id: str = ""
    next_key: str = ""
    count: int = 0
    return_code: int | None = None
    cut: str = ""
    seconds: float = 0.0


class Asked(NamedTuple):
    """One line of the access log."""

    time: datetime
    call: str
    code: str
    page: int
    status: int
    return_code: int | None
    host: str
    fault: str


class Encoded(NamedTuple):
    """A page as it goes over the wire."""

    body: bytes
    next_key: str
    rows: int


class Gateway:
    """Everything of the server but HTTP itself. Thread-safe."""

    def __init__(
        self, market: Any, options: Options, clock: MarketClock, tokens: Tokens, limit: RateLimit
    ) -> None:
        self.faults = Faults()
        self._asked: deque[Asked] = deque(maxlen=100_000)
        self._market = market
        self._options = options
        self._clock = clock
        self._tokens = tokens
        self._limit = limit
        # One page at a time: nothing is lost under the interpreter's lock, and no market need be thread-safe.
        self._lock = threading.RLock()
        self._encoded = lru_cache(maxsize=128)(self._encode)
        self._numbers: OrderedDict[tuple[object, ...], int] = OrderedDict()

    def reply(self, host: Host, path: str, headers: Message, raw: bytes) -> Reply:
        """Answer one POST request."""
        call = _read(host, path, headers, raw)
        fault = self.faults.take(call.api_id)
        page = self._number(call)
        try:
            reply = (fault and self._early(fault, call)) or (
                self._token(call) if path in TOKEN_CALLS else self._data(call, fault)
            )
        except Refused as refusal:
            reply = _refusal(refusal)
        except Exception as error:  # our own mistake: said in one line, and in the protocol's own words
            log.error("the sandbox failed on %s: %s: %s", call.api_id, type(error).__name__, error)
            log.debug("its traceback", exc_info=True)
            reply = _refusal(refused("1999", reason=f"sandbox: {type(error).__name__}: {error}"))
        if fault:
            _damage(reply, fault)
        if call.api_id.isascii() and call.api_id.isalnum():  # it becomes a header
            reply.api_id = call.api_id
        self._note(call, page, reply, fault.kind if fault else "")
        return reply

    def asked(self) -> list[Asked]:
        """The access log, oldest first."""
        with self._lock:
            return list(self._asked)

    def _early(self, fault: Fault, call: Call) -> Reply | None:
        """The reply of a fault that comes before every check."""
        match fault.kind:
            case "429":
                return _refusal(_too_fast(call))
            case "500":
                return Reply(BROKEN.format("500 Internal Server Error").encode(), 500, HTML)
            case "502":
                return Reply(BROKEN.format("502 Bad Gateway").encode(), 502, HTML)
            case "html":
                return Reply(MAINTENANCE.format(self._clock.now()).encode(), 200, HTML)
            case "rc7":
                return _refusal(transient())
            case "drop":
                return Reply(b"")
            case "token":
                self._tokens.kill(call.host)
            case code if code in CODES:
                return _refusal(
                    refused(
                        code,
                        api_id=call.api_id,
                        uri=call.path,
                        code=call.stock,
                        rate=call.host.told,
                        reason="sandbox",
                    )
                )
        return None

    def _token(self, call: Call) -> Reply:
        body = _checked(call)
        issuing = call.api_id == oauth.ISSUE.id
        if issuing:
            self._tokens.check_issue(call.host, body)
        else:
            self._tokens.check_revoke(call.host, body)
        if not self._limit.allows(call.host, call.api_id):
            raise _too_fast(call)
        content = self._tokens.issue(call.host) if issuing else self._tokens.revoke(call.host)
        return Reply(orjson.dumps(content), return_code=0)

    def _data(self, call: Call, fault: Fault | None) -> Reply:
        """Path and API ID, authorization, token, mock support, required fields, rate, data: in this order."""
        api_id, key = call.api_id, call.key
        if not api_id:
            raise refused("1501")
        if api_id not in PATHS:
            raise refused("1505", api_id=api_id)
        if PATHS[api_id] != call.path:
            raise refused("1504", api_id=api_id, uri=call.path)
        self._tokens.admit(call.host, call.headers.get("authorization"))
        if api_id not in QUERIES:
            raise _no_account(call)
        table, body = QUERIES[api_id], _checked(call)
        for param in table.params:
            if param.required and not body.get(param.raw):
                raise refused("1511", param=param.raw)
        if not self._limit.allows(call.host, api_id):
            raise _too_fast(call)
        now = self._clock.now()
        # Unknown fields are ignored silently, as measured.
        items = tuple((param.raw, body[param.raw]) for param in table.params if param.raw in body)
        with self._lock:
            if key == EMPTY or (fault and fault.kind in PAGE_FAULTS):
                content = self._spoiled(table, items, key, now, fault)
            else:
                content = self._encoded(api_id, items, "" if key == STUCK else key, now)
        if key == STUCK:
            content = content._replace(next_key=STUCK)
        return Reply(content.body, next_key=content.next_key, count=content.rows, return_code=0)

    def _encode(self, api_id: str, items: Items, key: str, now: datetime) -> Encoded:
        table = QUERIES[api_id]
        return _encode(table, self._page(table, items, key, now))

    def _page(self, table: Endpoint, items: Items, key: str, now: datetime, old: bool = False) -> Page:
        options = replace(self._options, old_schema=True) if old else self._options
        return answer(self._market, table, dict(items), key, now, options)

    def _spoiled(
        self, table: Endpoint, items: Items, key: str, now: datetime, fault: Fault | None
    ) -> Encoded:
        def before() -> Page | None:
            # The key does not say where the page before began: walk there from the first one.
            page = self._page(table, items, "", now)
            while page.next_key not in ("", key):
                page = self._page(table, items, page.next_key, now)
            return page if page.next_key else None

        old = bool(fault and fault.kind == "schema")
        page = self._page(table, items, "" if key in (STUCK, EMPTY) else key, now, old)
        if key == EMPTY:
            page = empty(table, page)
        if fault and fault.kind in PAGE_FAULTS:
            page = spoil(fault, table, page, key, before)
        return _encode(table, page)

    def _number(self, call: Call) -> int:
        """Which page of its walk a call asks for; 0 for a key that this sandbox did not give."""
        return self._numbers.get(call.walk(call.key), 0) if call.key else 1

    def _note(self, call: Call, page: int, reply: Reply, fault: str) -> None:
        """Write a call into the access log, and remember which page its next-key leads to."""
        status = 0 if reply.cut == "drop" else reply.status
        what = call.path if call.path in TOKEN_CALLS else call.api_id
        now, host, code = self._clock.now(), call.host.name, call.stock
        with self._lock:
            self._asked.append(Asked(now, what, code, page, status, reply.return_code, host, fault))
            if reply.next_key:
                moved = page > 0 and reply.next_key != call.key
                self._numbers[call.walk(reply.next_key)] = page + moved
                if len(self._numbers) > 50_000:
                    self._numbers.popitem(last=False)


def _read(host: Host, path: str, headers: Message, raw: bytes) -> Call:
    issuing = TOKEN_CALLS.get(path)
    api_id = issuing.id if issuing else headers.get("api-id", "").strip()
    key = headers.get("next-key", "") if headers.get("cont-yn", "").upper() == "Y" else ""
    return Call(host, path, api_id, headers, key, _object(raw))


def _object(raw: bytes) -> dict[str, str] | None:
    """The request body with its values as texts; None if it is no JSON object of plain values."""
    try:
        content = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(content, dict) or any(isinstance(value, (dict, list)) for value in content.values()):
        return None
    return {key: "" if value is None else str(value) for key, value in content.items()}


def _checked(call: Call) -> dict[str, str]:
    """The body, if the request says that it is JSON and it is."""
    if not call.headers.get("content-type", "").strip().lower().startswith("application/json"):
        raise refused("1512")
    if call.body is None:
        raise refused("1517", param="body", reason="JSON object가 아닙니다")
    return call.body


def _refusal(refusal: Refused) -> Reply:
    content = {"return_msg": refusal.message, "return_code": refusal.return_code}
    return Reply(orjson.dumps(content), status(refusal), return_code=refusal.return_code)


def _too_fast(call: Call) -> Refused:
    if call.api_id in QUERIES:
        return refused("1700", rate=call.host.told, api_id=call.api_id)
    return refused("1700", rate=call.api_id, api_id="{1}")  # recorded so: the token endpoint leaves a blank


def _no_account(call: Call) -> Refused:
    if call.host.name != "mock":
        return refused("1505", api_id=call.api_id)
    return refused("8104") if call.api_id in REFUSED_BY_GATEWAY else Refused(20, BACK_END)


def _encode(table: Endpoint, page: Page) -> Encoded:
    """Most calls end in code and message; the list masters put the message first."""
    if table.rows == "list":
        body = {"return_msg": SUCCESS, **page.body, "return_code": 0}
    else:
        body = {**page.body, "return_code": 0, "return_msg": SUCCESS}
    return Encoded(orjson.dumps(body), page.next_key, page.count)


def _damage(reply: Reply, fault: Fault) -> None:
    """What a fault does to a reply that is already there."""
    if fault.kind in ("half", "drop"):
        reply.cut = fault.kind
    elif fault.kind == "slow":
        reply.seconds = fault.seconds
    elif fault.kind == "text_code":
        reply.body = re.sub(rb'"return_code":(\d+)', rb'"return_code":"\1"', reply.body)
