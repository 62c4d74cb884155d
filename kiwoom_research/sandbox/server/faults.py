"""Fault injection: every kind of fault, when it strikes, and what it does to a call, a page or a reply.

A new kind is one entry in `KINDS` and one case in `preempt`, `corrupt_page` or `corrupt_reply`.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from ...endpoints import CATALOGUE, QUERIES, Table
from ...kinds import SATURATED, Number
from ..replies.producers import Page
from .error_codes import CODES, published_refusal, transient
from .messages import HTML, HttpReply, ReceivedCall, refusal_reply, too_many_requests

KINDS = {
    "429": "refused for exceeding the rate limit",
    "500": "server error with an HTML body",
    "502": "gateway error with an HTML body",
    "drop": "the connection closes without an answer",
    "slow": "the answer comes after `seconds`",
    "half": "half of the body, then the connection closes",
    "html": "the maintenance page, HTTP 200",
    "rc7": "the service error that heals by itself, [4007]",
    "token": "the token dies early: this call and those after it are answered 8005; on `au10001`, a new token",
    "key": "next-key repeats the key that was sent; on a first page, a key that never moves",
    "endless": "an empty page with cont-yn Y, and so on for ever behind its key",
    "overlap": "the page starts with the last `rows` rows of the page before",
    "blank": "fields blank at `rate`, labels excepted",
    "sentinel": "a blank row at the end",
    "schema": "chart rows as they were before mid 2025",
    "text_code": 'return_code as the text "0"',
    "saturated": "volumes and amounts at 4294967295 at `rate`",
    "double_minus": "negative numbers written --123",
}
"""Every kind of fault; each published error code (``8050``, ``1902``, ...) is one more."""

PAGE_FAULTS = frozenset(
    {"key", "endless", "overlap", "blank", "sentinel", "schema", "saturated", "double_minus"}
)
STUCK_KEY, EMPTY_KEY = "SANDBOX-KEY-THAT-NEVER-MOVES", "SANDBOX-KEY-OF-EMPTY-PAGES"

MAINTENANCE = """<!DOCTYPE html>
<html lang="ko"><head><meta charset="UTF-8"><title>서비스 중단 안내</title></head><body>
<h1>시스템작업으로 인한 서비스 중단 안내</h1>
<p>보다 나은 서비스를 위한 시스템작업으로 서비스 이용이 일시 중단됩니다. (가상)</p>
<p>1. 중단 일시 : {:%Y-%m-%d} 00:00 ~ 06:00</p>
<p>2. 중단 내용 : 키움 REST API 전체 서비스</p>
</body></html>
"""
SERVER_ERROR = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
SERVER_ERRORS = {"500": "500 Internal Server Error", "502": "502 Bad Gateway"}

Rows = list[dict[str, str]]
PageMaker = Callable[[str, bool], Page]
"""The sound page under a next-key; the flag asks for the rows of before mid 2025."""


@dataclass(slots=True)
class Fault:
    """The next ``n`` matching calls go wrong, all of them if None, once the first ``after`` have passed."""

    kind: str
    n: int | None = 1
    call: str | None = None
    after: int = 0
    seconds: float = 1.0
    rate: float = 0.1
    rows: int = 5

    def __post_init__(self) -> None:
        if self.kind not in KINDS and self.kind not in CODES:
            kinds = ", ".join(KINDS)
            raise ValueError(
                f"no fault {self.kind!r}; use one of {kinds}, or a published error code such as '8050'"
            )
        if self.call is not None:
            paths = {call.path: call.id for call in CATALOGUE.values() if call.id not in QUERIES}
            self.call = paths.get(self.call, self.call)
            if self.call not in CATALOGUE:
                raise ValueError(f"no call {self.call!r}; use one of {', '.join(CATALOGUE)}")
        for name, good in {
            "n": self.n is None or (type(self.n) is int and self.n >= 1),
            "after": type(self.after) is int and self.after >= 0,
            "rows": type(self.rows) is int and self.rows >= 1,
            "seconds": isinstance(self.seconds, (int, float)) and self.seconds >= 0,
            "rate": isinstance(self.rate, (int, float)) and 0 < self.rate <= 1,
        }.items():
            if not good:
                raise ValueError(f"{name} of a fault cannot be {getattr(self, name)!r}")

    @property
    def spoils_pages(self) -> bool:
        """Whether it changes the content of a page."""
        return self.kind in PAGE_FAULTS

    def matches(self, call: str) -> bool:
        """Return whether a call can meet it; without ``call``, every market-data call can and token calls cannot."""
        return call in QUERIES if self.call is None else call == self.call


class FaultQueue:
    """The pending faults, oldest first; a call meets one at most. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault."""
        with self._lock:
            self._pending.append(fault)

    def script(self, plan: Mapping[int, str], call: str | None = None) -> None:
        """Queue faults by the number of the call that meets them, the next one being 1; all or none."""
        faults = [Fault(kind, call=call, after=number - 1) for number, kind in plan.items()]
        for fault in faults:
            self.add(fault)

    def clear(self) -> None:
        """Drop every pending fault."""
        with self._lock:
            self._pending.clear()

    def pending(self) -> list[dict[str, Any]]:
        """Return the pending faults as keyword arguments of `Fault`."""
        with self._lock:
            return [asdict(fault) for fault in self._pending]

    def take(self, call: str) -> Fault | None:
        """Return the fault that this call meets; for the others it counts as one that passes."""
        chosen: Fault | None = None
        with self._lock:
            for fault in self._pending:
                if not fault.matches(call):
                    continue
                if fault.after:
                    fault.after -= 1
                elif chosen is None:
                    chosen = replace(fault)
                    if fault.n is not None:
                        fault.n -= 1
            self._pending = [fault for fault in self._pending if fault.n != 0]
        return chosen


# --- before the checks -----------------------------------------------------------------------------


def preempt(
    fault: Fault, call: ReceivedCall, now: datetime, expire_token: Callable[[], None]
) -> HttpReply | None:
    """Return the reply of a fault that strikes before every check; None if the call goes on."""
    match fault.kind:
        case "429":
            return refusal_reply(too_many_requests(call))
        case "500" | "502":
            page = SERVER_ERROR.format(SERVER_ERRORS[fault.kind])
            return HttpReply(page.encode(), int(fault.kind), HTML)
        case "html":
            return HttpReply(MAINTENANCE.format(now).encode(), 200, HTML)
        case "rc7":
            return refusal_reply(transient())
        case "drop":
            return HttpReply(b"")
        case "token":
            expire_token()
        case code if code in CODES:
            values = {"api_id": call.api_id, "uri": call.path, "code": call.stock, "reason": "sandbox"}
            return refusal_reply(published_refusal(code, rate=call.host.rate_label, **values))
    return None


# --- pages -----------------------------------------------------------------------------------------


def needs_corruption(fault: Fault | None, key: str) -> bool:
    """Return whether the page under a next-key is not the sound one."""
    return key in (STUCK_KEY, EMPTY_KEY) or (fault is not None and fault.spoils_pages)


def corrupt_page(fault: Fault | None, table: Table, key: str, make: PageMaker) -> Page:
    """Return the page under a next-key as a fault leaves it, or one behind the key of an earlier fault."""
    page = make("" if key in (STUCK_KEY, EMPTY_KEY) else key, fault is not None and fault.kind == "schema")
    if key == STUCK_KEY:
        page = replace(page, next_key=STUCK_KEY)
    if key == EMPTY_KEY:
        page = _emptied(table, page)
    match fault.kind if fault else "":
        case "key":
            return replace(page, next_key=key or STUCK_KEY)
        case "endless":
            return _emptied(table, page) if table.rows else page
    return _with_rows(table, page, _corrupt_rows(fault, table, page, key, make)) if fault else page


def _corrupt_rows(fault: Fault, table: Table, page: Page, key: str, make: PageMaker) -> Rows:
    rows = _copied_rows(table, page.body)
    chance = random.Random(f"{table.api_id} {key} {len(rows)}")  # the same page is spoiled in the same way
    match fault.kind:
        case "overlap" if key and table.rows and (previous := _page_before(key, make)):
            return _copied_rows(table, previous.body)[-fault.rows :] + rows
        case "blank":
            values = [f.raw for f in table.fields if f.name not in ("code", *table.index)]
            _change_cells(rows, values, fault.rate, chance, lambda text: "")
        case "sentinel" if table.rows:
            keys = rows[0] if rows else {f.raw: "" for f in table.fields if not f.request}
            return [*rows, dict.fromkeys(keys, "")]
        case "saturated":
            full = [f.raw for f in table.fields if isinstance(f.kind, Number) and f.kind.saturates]
            _change_cells(rows, full, fault.rate, chance, lambda text: f"{SATURATED[0]:.0f}")
        case "double_minus":
            true = [f.raw for f in table.fields if isinstance(f.kind, Number) and not f.kind.directed]
            _change_cells(rows, true, 1.0, chance, _doubled)
    return rows


def _doubled(text: str) -> str:
    """A negative number with two minus signs, which some calls write anyway."""
    return f"-{text}" if text.startswith("-") and not text.startswith("--") else text


def _page_before(key: str, make: PageMaker) -> Page | None:
    """Return the page that leads to a next-key; a key does not say where that began, so walk from the first."""
    page = make("", False)
    while page.next_key not in ("", key):
        page = make(page.next_key, False)
    return page if page.next_key else None


def _emptied(table: Table, page: Page) -> Page:
    """Return an empty page that promises more."""
    return replace(page, body={**page.body, table.rows: []}, count=0, next_key=EMPTY_KEY)


def _with_rows(table: Table, page: Page, rows: Rows) -> Page:
    if table.rows:
        return replace(page, body={**page.body, table.rows: rows}, count=len(rows))
    return replace(page, body=rows[0])


def _copied_rows(table: Table, body: Mapping[str, Any]) -> Rows:
    """Return copies of the rows of a reply; of a flat reply, the reply itself as the one row."""
    return [dict(row) for row in body[table.rows]] if table.rows else [dict(body)]


def _change_cells(
    rows: Rows, keys: list[str], rate: float, chance: random.Random, new: Callable[[str], str]
) -> None:
    """Change cells at a rate, and at least one of them."""
    cells = [(row, key) for row in rows for key in keys if key in row]
    hit = [cell for cell in cells if chance.random() < rate] or cells[:1]
    for row, key in hit:
        row[key] = new(row[key])


# --- the finished reply ----------------------------------------------------------------------------


def corrupt_reply(fault: Fault, reply: HttpReply) -> None:
    """Change a finished reply as a fault does."""
    match fault.kind:
        case "half" | "drop":
            reply.cut = fault.kind
        case "slow":
            reply.seconds += fault.seconds
        case "text_code":
            reply.body = re.sub(rb'"return_code":(\d+)', rb'"return_code":"\1"', reply.body)
