"""From a received call to its reply, without sockets: order of checks, pages and the access log."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from dataclasses import replace
from datetime import datetime
from email.message import Message
from functools import lru_cache
from typing import NamedTuple

import orjson

from ...endpoints import CATALOGUE, QUERIES, Call, oauth
from ..clock import MarketClock
from ..market import Market
from ..replies.producers import Options, Page, Refusal, answer
from ..replies.request import table_for
from .auth import TokenService, VirtualHost
from .error_codes import published_refusal
from .faults import Fault, FaultQueue, corrupt_page, corrupt_reply, needs_corruption, preempt
from .messages import (
    TOKEN_CALLS,
    EncodedPage,
    HttpReply,
    ReceivedCall,
    encode_page,
    read_call,
    refusal_reply,
    too_many_requests,
)
from .rate_limit import RateLimiter
from .unserved import REFUSED_BY_BACK_END, REFUSED_BY_GATEWAY, UNSERVED

log = logging.getLogger("kiwoom_research.sandbox")

PATHS = {api.id: api.path for api in CATALOGUE.values()}
LOG_LENGTH = 100_000
KNOWN_PAGES = 50_000
BACK_END = "[2000](RC9000:모의투자에서는 해당업무가 제공되지 않습니다.)"

Items = tuple[tuple[str, str], ...]
"""A request body that can be a key of the page cache."""


class LogEntry(NamedTuple):
    """One line of the access log."""

    time: datetime
    call: str
    code: str
    page: int
    status: int
    return_code: int | None
    host: str
    fault: str


class Gateway:
    """Everything of the server except HTTP itself. Thread-safe."""

    def __init__(
        self, market: Market, options: Options, clock: MarketClock, tokens: TokenService, limiter: RateLimiter
    ) -> None:
        self.faults = FaultQueue()
        self.tokens = tokens
        self._log: deque[LogEntry] = deque(maxlen=LOG_LENGTH)
        self._market = market
        self._options = options
        self._clock = clock
        self._limiter = limiter
        # One page at a time: nothing is lost under the interpreter's lock, and no market need be thread-safe.
        self._lock = threading.RLock()
        self._encoded = lru_cache(maxsize=128)(self._encode)
        self._page_numbers: OrderedDict[tuple[object, ...], int] = OrderedDict()

    @property
    def fingerprint(self) -> str:
        """The market, whatever its clock shows: two sandboxes of one market have the same bars."""
        return self._market.fingerprint

    def reply(self, host: VirtualHost, path: str, headers: Message, raw: bytes) -> HttpReply:
        """Answer one POST request."""
        call = read_call(host, path, headers, raw)
        fault = self.faults.take(call.api_id)
        page = self._page_number(call)
        try:
            reply = (fault and self._preempt(fault, call)) or (
                self._token_reply(call) if path in TOKEN_CALLS else self._data_reply(call, fault)
            )
        except Refusal as refused:
            reply = refusal_reply(refused)
        except Exception as error:  # a bug of the sandbox: one line in the log, and an error of the protocol
            log.error("the sandbox failed on %s: %s: %s", call.api_id, type(error).__name__, error)
            log.debug("its traceback", exc_info=True)
            reply = refusal_reply(
                published_refusal("1999", reason=f"sandbox: {type(error).__name__}: {error}")
            )
        if fault:
            corrupt_reply(fault, reply)
        if call.api_id.isascii() and call.api_id.isalnum():  # it becomes a header
            reply.api_id = call.api_id
        self._record(call, page, reply, fault.kind if fault else "")
        return reply

    def entries(self) -> list[LogEntry]:
        """Return the access log, oldest first."""
        with self._lock:
            return list(self._log)

    def _preempt(self, fault: Fault, call: ReceivedCall) -> HttpReply | None:
        return preempt(fault, call, self._clock.now(), lambda: self.tokens.expire_token(call.host))

    def _token_reply(self, call: ReceivedCall) -> HttpReply:
        body = _json_body(call)
        issuing = call.api_id == oauth.ISSUE.id
        if issuing:
            self.tokens.check_token_request(call.host, body)
        else:
            self.tokens.check_revocation_request(call.host, body)
        if not self._limiter.allows(call.host, call.api_id):
            raise too_many_requests(call)
        content = self.tokens.issue(call.host) if issuing else self.tokens.revoke(call.host)
        return HttpReply(orjson.dumps(content), return_code=0)

    def _data_reply(self, call: ReceivedCall, fault: Fault | None) -> HttpReply:
        """Check path and API ID, authorization, token, support, required fields and rate, in this order."""
        api_id = call.api_id
        if not api_id:
            raise published_refusal("1501")
        if api_id in PATHS and PATHS[api_id] != call.path:
            raise published_refusal("1504", api_id=api_id, uri=call.path)
        if api_id not in PATHS and api_id not in UNSERVED:
            raise published_refusal("1505", api_id=api_id)
        self.tokens.authorize(call.host, call.headers.get("authorization"))
        if api_id not in QUERIES:
            raise _not_served(call)
        api, body = QUERIES[api_id], _json_body(call)
        for param in api.params:
            if param.required and not body.get(param.raw):
                raise published_refusal("1511", param=param.raw)
        if not self._limiter.allows(call.host, api_id):
            raise too_many_requests(call)
        now = self._clock.now()
        # Unknown fields are ignored silently, as measured.
        items = tuple((param.raw, body[param.raw]) for param in api.params if param.raw in body)
        with self._lock:
            if needs_corruption(fault, call.key):
                rows = table_for(api, dict(items))
                page = corrupt_page(
                    fault, rows, call.key, lambda key, old: self._page(api, items, key, now, old)
                )
                content = encode_page(rows.rows, page)
            else:
                content = self._encoded(api_id, items, call.key, now)
        return HttpReply(content.body, next_key=content.next_key, rows=content.rows, return_code=0)

    def _encode(self, api_id: str, items: Items, key: str, now: datetime) -> EncodedPage:
        api = QUERIES[api_id]
        return encode_page(api.tables[0].rows, self._page(api, items, key, now))

    def _page(self, api: Call, items: Items, key: str, now: datetime, old: bool = False) -> Page:
        options = replace(self._options, old_schema=True) if old else self._options
        return answer(self._market, api, dict(items), key, now, options)

    def _page_number(self, call: ReceivedCall) -> int:
        """Return the number of the page a call asks for; 0 for a key that this sandbox did not give."""
        return self._page_numbers.get(call.page_key(call.key), 0) if call.key else 1

    def _record(self, call: ReceivedCall, page: int, reply: HttpReply, fault: str) -> None:
        """Write a call into the access log, and remember the number of the page its next-key leads to."""
        status = 0 if reply.cut == "drop" else reply.status
        name = call.path if call.path in TOKEN_CALLS else call.api_id
        now, host, code = self._clock.now(), call.host.name, call.stock
        with self._lock:
            self._log.append(LogEntry(now, name, code, page, status, reply.return_code, host, fault))
            if reply.next_key:
                moved = page > 0 and reply.next_key != call.key
                self._page_numbers[call.page_key(reply.next_key)] = page + moved
                if len(self._page_numbers) > KNOWN_PAGES:
                    self._page_numbers.popitem(last=False)


def _json_body(call: ReceivedCall) -> dict[str, str]:
    """Return the body if it is JSON, whatever the content type says: nothing is known against that."""
    if call.body is None:
        raise published_refusal("1517", param="body", reason="JSON object가 아닙니다")
    return call.body


def _not_served(call: ReceivedCall) -> Refusal:
    """Return the refusal of a real call that is no market data."""
    if call.host.name == "mock" and call.api_id in REFUSED_BY_GATEWAY:
        return published_refusal("8104")
    if call.host.name == "mock" and call.api_id in REFUSED_BY_BACK_END:
        return Refusal(20, BACK_END)
    what = f"{call.api_id} ({UNSERVED.get(call.api_id, 'not market data')})"
    return Refusal(
        1, f"sandbox: {what} is a call of the real server; this sandbox serves read-only market data only"
    )
