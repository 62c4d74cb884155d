"""The unpleasant, on request: which calls go wrong, and what that does to a page."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ...endpoints import CATALOGUE, QUERIES, Endpoint
from ...kinds import SATURATED, Number
from ..replies.producers import Page
from .error_codes import CODES

KINDS = {
    "429": "refused for speed",
    "500": "server error with an HTML body",
    "502": "gateway error with an HTML body",
    "drop": "the connection closes without an answer",
    "slow": "the answer comes after `seconds`",
    "half": "half of the body, then the connection closes",
    "html": "the maintenance page, HTTP 200",
    "rc7": "the service error that heals by itself, [4007]",
    "token": "the token dies early: this call and those after it are answered 8005",
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
STUCK, EMPTY = "SANDBOX-KEY-THAT-NEVER-MOVES", "SANDBOX-KEY-OF-EMPTY-PAGES"

Rows = list[dict[str, str]]


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
            raise ValueError(f"no fault {self.kind!r}; there are {kinds} and the published error codes")
        if self.call is not None:
            paths = {table.path: table.id for table in CATALOGUE.values() if table.id not in QUERIES}
            self.call = paths.get(self.call, self.call)
            if self.call not in CATALOGUE:
                raise ValueError(f"no call {self.call!r}; there are {', '.join(CATALOGUE)}")
        for name, good in {
            "n": self.n is None or (type(self.n) is int and self.n >= 1),
            "after": type(self.after) is int and self.after >= 0,
            "rows": type(self.rows) is int and self.rows >= 1,
            "seconds": isinstance(self.seconds, (int, float)) and self.seconds >= 0,
            "rate": isinstance(self.rate, (int, float)) and 0 < self.rate <= 1,
        }.items():
            if not good:
                raise ValueError(f"{name} of a fault cannot be {getattr(self, name)!r}")

    def matches(self, call: str) -> bool:
        """Whether a call counts for it; without ``call`` every market-data call does, token calls do not."""
        return call in QUERIES if self.call is None else call == self.call


class Faults:
    """The faults still to come, oldest first; a call meets one at most. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault."""
        with self._lock:
            self._pending.append(fault)

    def heal(self) -> None:
        """Forget all that is still to come."""
        with self._lock:
            self._pending.clear()

    def pending(self) -> list[dict[str, Any]]:
        """The faults still to come, as keyword arguments of `Fault`."""
        with self._lock:
            return [asdict(fault) for fault in self._pending]

    def take(self, call: str) -> Fault | None:
        """The fault that this call meets; for the others it is one of the calls they let pass."""
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


def spoil(fault: Fault, table: Endpoint, page: Page, sent: str, before: Callable[[], Page | None]) -> Page:
    """A page as a fault leaves it; ``sent`` is the next-key it was asked with."""
    if fault.kind == "key":
        return replace(page, next_key=sent or STUCK)
    if fault.kind == "endless":
        return empty(table, page) if table.rows else page
    rows = _rows(table, page.body)
    chance = random.Random(f"{table.id} {sent} {len(rows)}")  # the same page spoils the same way
    match fault.kind:
        case "overlap" if sent and table.rows and (previous := before()):
            rows = _rows(table, previous.body)[-fault.rows :] + rows
        case "blank":
            values = [f.raw for f in table.fields if f.name not in ("code", *table.index)]
            _change(rows, values, fault.rate, chance, lambda text: "")
        case "sentinel" if table.rows:
            keys = rows[0] if rows else {f.raw: "" for f in table.fields if not f.request}
            rows = [*rows, dict.fromkeys(keys, "")]
        case "saturated":
            full = [f.raw for f in table.fields if isinstance(f.kind, Number) and f.kind.saturates]
            _change(rows, full, fault.rate, chance, lambda text: f"{SATURATED[0]:.0f}")
        case "double_minus":
            true = [f.raw for f in table.fields if isinstance(f.kind, Number) and not f.kind.marked]
            _change(rows, true, 1.0, chance, lambda text: f"-{text}" if text.startswith("-") else text)
    if table.rows:
        return replace(page, body={**page.body, table.rows: rows}, count=len(rows))
    return replace(page, body=rows[0])


def empty(table: Endpoint, page: Page) -> Page:
    """An empty page that promises more."""
    return replace(page, body={**page.body, table.rows: []}, count=0, next_key=EMPTY)


def _rows(table: Endpoint, body: Mapping[str, Any]) -> Rows:
    """Copies of the rows of a reply; the reply itself when it is flat."""
    return [dict(row) for row in body[table.rows]] if table.rows else [dict(body)]


def _change(
    rows: Rows, keys: list[str], rate: float, chance: random.Random, new: Callable[[str], str]
) -> None:
    """Change fields at a rate, and at least one of them."""
    places = [(row, key) for row in rows for key in keys if key in row]
    hit = [place for place in places if chance.random() < rate] or places[:1]
    for row, key in hit:
        row[key] = new(row[key])
