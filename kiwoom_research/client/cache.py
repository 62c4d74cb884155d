"""The HTTP cache: requests-cache on an SQLite file, with expiry tied to trading sessions.

When an entry expires is market time, kept in the entry's row: the wall clock that requests-cache would ask means
nothing to a sandbox whose clock stands still.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import requests
from filelock import FileLock
from requests_cache import NEVER_EXPIRE, CachedSession
from requests_cache.backends.base import BaseCache
from requests_cache.models.response import CachedResponse

from ..calendar import KST, good_until, list_expires
from ..endpoints import STORED
from ..endpoints.chart import key_date
from ..errors import warn_user
from .request import CacheableRequest, cache_key, header_time
from .storage import ResponseTable, UnreadableEntry

log = logging.getLogger("kiwoom_research")

FILE = "http-2.sqlite"  # a new layout gets a new name: an older version never reads it
LOCK_SECONDS = 10.0
PUTS_BETWEEN_EVICTIONS = 200
EVICTED_AT_ONCE = 0.1  # of the cap: so that not every reply evicts another one
LONGEST_CLOSURE = timedelta(days=31)  # what is remembered of a code never holds longer

T = TypeVar("T")


class HttpCache(BaseCache):
    """The cache of one folder. If its file is unusable, it warns once and the client runs without a cache.

    Parameters
    ----------
    folder : Path, optional
        Without one, a temporary folder that ends with the cache.
    cap : int
        Bytes of replies that are kept; beyond them the oldest go.
    """

    responses: ResponseTable

    def __init__(self, folder: Path | None, cap: int) -> None:
        super().__init__("kiwoom_research")
        self._temporary = tempfile.TemporaryDirectory(prefix="kiwoom_research-") if folder is None else None
        self.folder = Path(self._temporary.name) if self._temporary else Path(folder or "")
        self.path = self.folder / FILE
        self.cap = cap
        self.working = True
        self._warned = False
        self._puts = 0
        self._protected: dict[int, tuple[str, list[str]]] = {}
        self._lock = threading.RLock()  # a connection closed under another thread's statement is a crash
        try:
            self._open()
        except (sqlite3.Error, OSError, TimeoutError) as error:
            self._disable(error)

    def _open(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # several processes that create a WAL file at once get "database is locked"
        with self._file_lock():
            try:
                self._connect()
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._recreate()

    def _recreate(self) -> None:
        """Put a damaged file aside, unless another process has done so; the caller holds the file lock."""
        if self.path.exists() and self.path.stat().st_ino == self._file_number:
            broken = self.path.with_suffix(".broken")
            os.replace(self.path, broken)
            for rest in ("-wal", "-shm"):
                Path(f"{self.path}{rest}").unlink(missing_ok=True)
            warn_user(f"the cache file was damaged; it is now {broken.name} and a new one is begun")
        self._connect()

    def _file_lock(self) -> FileLock:
        return FileLock(self.path.with_suffix(".lock"), timeout=LOCK_SECONDS, mode=0o600)

    def _connect(self) -> None:
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        self._file_number = self.path.stat().st_ino
        self.responses = ResponseTable(self.path, LOCK_SECONDS)

    # --- what requests-cache calls ---------------------------------------------------------------

    def get_response(self, key: str, default: Any = None) -> CachedResponse | None:
        """The stored reply, or None."""

        def get() -> Any:
            try:
                return self.responses[key]
            except UnreadableEntry:
                self._report_unreadable()
            except KeyError:
                pass
            return default

        response: CachedResponse | None = self._try(get, default)
        return response

    def save_response(self, response: requests.Response, cache_key: Any = None, expires: Any = None) -> None:
        """Store a reply unless it would poison later requests."""
        request = response.request
        if not self.working or not isinstance(request, CacheableRequest):
            return
        if not is_cacheable(request, response):
            return
        _judge(request, response)
        self._try(lambda: self.responses.put(request, response, _outdated(request, response)), None)
        self._puts += 1
        if self._puts % PUTS_BETWEEN_EVICTIONS == 0:
            self.evict()

    def delete(self, *keys: str, **_: Any) -> None:
        """Remove entries by key."""
        self._query("DELETE FROM pages WHERE key IN (SELECT value FROM json_each(?))", json.dumps(keys))

    def close(self) -> None:
        """Close the file; a temporary cache ends here."""
        with self._lock:
            if isinstance(self.responses, ResponseTable):
                self.responses.close()
        if self._temporary:
            self._temporary.cleanup()

    # --- what the client asks --------------------------------------------------------------------

    def is_fresh(self, request: CacheableRequest) -> bool:
        """Whether there is a reply that is good as of the request's market time.

        A reply from later than that is not: it comes from a sandbox whose clock stood elsewhere.
        """
        return self.next_key(request) is not None

    def next_key(self, request: CacheableRequest) -> str | None:
        """The ``next-key`` of a reply that is good, empty behind the last page; None without a good reply."""
        rows = self._query("SELECT created, expires, next_key FROM pages WHERE key=?", request.key)
        if not rows:
            return None
        created, expires, key = rows[0]
        if not (_is_number(created) and (expires is None or _is_number(expires)) and isinstance(key, str)):
            self._report_unreadable()
            return None
        now = request.now.timestamp()
        if created > now and not (expires is None and _ends(request, request.now) is None):
            return None  # of a market whose clock stood elsewhere; final numbers are the same at any time
        return key if expires is None or expires > now else None

    def page_bytes(self, call: str) -> float:
        """Average size of a stored page of a call; NaN when there is none."""
        rows = self._query("SELECT AVG(size) FROM pages WHERE call=?", call)
        return float(rows[0][0]) if rows and _is_number(rows[0][0]) else float("nan")

    def remember_unknown(self, server: str, code: str, reason: str, until: datetime) -> None:
        """Remember that a code does not exist, so that a bulk pull does not ask again."""
        self._query(
            "INSERT OR REPLACE INTO unknown_codes VALUES (?,?,?,?)", server, code, reason, until.timestamp()
        )

    def unknown_codes(self, server: str, now: datetime) -> dict[str, str]:
        """Codes that do not exist, and the broker's words for it."""
        rows = self._query(
            "SELECT code, reason FROM unknown_codes WHERE server=? AND until>? AND until<?",
            server, now.timestamp(), (now + LONGEST_CLOSURE).timestamp(),
        )  # fmt: skip
        return {str(code): str(reason) for code, reason in rows}

    def record_server_time(self, server: str, shown: datetime) -> None:
        """Remember the time that a server showed."""
        self._query("INSERT OR REPLACE INTO server_times VALUES (?,?)", server, shown.timestamp())

    def last_server_time(self, server: str) -> datetime | None:
        """The time that a server showed last."""
        rows = self._query("SELECT shown FROM server_times WHERE server=?", server)
        try:
            return datetime.fromtimestamp(rows[0][0], KST) if rows else None
        except (TypeError, ValueError, OverflowError, OSError):
            self._report_unreadable()
            return None

    def delete_expired(self, server: str, now: datetime) -> int:
        """Remove expired replies; returns how many went."""
        gone = self._query(
            "DELETE FROM pages WHERE server=? AND expires<=? RETURNING 1", server, now.timestamp()
        )
        return len(gone)

    @contextmanager
    def protect(self, server: str, codes: Iterable[str]) -> Iterator[None]:
        """While the block runs, no reply about these codes is evicted: a pull must not lose its own pages."""
        mine = (server, list(codes))
        with self._lock:
            self._protected[id(mine)] = mine
        try:
            yield
        finally:
            with self._lock:
                del self._protected[id(mine)]

    def evict(self) -> None:
        """Remove the oldest replies if there are more bytes than the cap allows."""
        used = self._query(
            "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count,"
            " pragma_freelist_count, pragma_page_size"
        )
        if used and used[0][0] <= self.cap:  # the usual case, without a look at any row
            return
        size = self._query("SELECT TOTAL(size) FROM pages")
        if not size or not _is_number(size[0][0]) or size[0][0] <= self.cap:
            return
        with self._lock:
            protected = [[server, code] for server, codes in self._protected.values() for code in codes]
        wanted = size[0][0] - self.cap * (1 - EVICTED_AT_ONCE)
        self._query(
            "DELETE FROM pages WHERE rowid IN ("
            " SELECT rowid FROM ("
            "  SELECT rowid, SUM(size) OVER (ORDER BY created, rowid) - size AS before FROM pages"
            "  WHERE (server, code) NOT IN ("
            "   SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)))"
            " WHERE before < ?)",
            json.dumps(protected), wanted,
        )  # fmt: skip

    def info(self, nows: Mapping[str, datetime]) -> pd.DataFrame:
        """One row for each server, call and code: pages, bytes, age of the oldest page, first expiry."""
        rows = self._query(
            "SELECT server, call, code, COUNT(*), TOTAL(size), MIN(created), MIN(expires)"
            " FROM pages GROUP BY server, call, code ORDER BY server, call, code"
        )
        frame = pd.DataFrame(rows, columns=["server", "call", "code", "pages", "bytes", "age", "expires"])
        numbers = frame[["bytes", "age", "expires"]].apply(pd.to_numeric, errors="coerce").astype("float64")
        numbers = numbers.where(numbers.abs() < 1e11)  # what nobody here wrote is missing
        wall = datetime.now(KST)
        now = pd.Series([nows.get(server, wall).timestamp() for server in frame["server"]], dtype="float64")
        frame["age"] = pd.to_timedelta(now - numbers["age"], unit="s").dt.round("s")
        ends = pd.to_datetime(numbers["expires"], unit="s", utc=True)
        frame["expires"] = ends.dt.tz_convert("Asia/Seoul").dt.round("s")
        frame["bytes"] = numbers["bytes"].fillna(0)
        return frame.astype({"pages": "int64", "bytes": "int64"})

    def clear(self, call: str | None = None, code: str | None = None, server: str | None = None) -> int:
        """Remove replies by call, code and server and shrink the file; returns how many went.

        Without a call it also forgets which codes do not exist.
        """
        # one reply of ka10095 holds many codes, joined by |
        gone = self._query(
            "DELETE FROM pages WHERE (? IS NULL OR call=?)"
            " AND (? IS NULL OR instr('|' || code || '|', '|' || ? || '|') > 0)"
            " AND (? IS NULL OR server=?) RETURNING 1",
            call, call, code, code, server, server,
        )  # fmt: skip
        if call is None:
            self._query(
                "DELETE FROM unknown_codes WHERE (? IS NULL OR code=?) AND (? IS NULL OR server=?)",
                code, code, server, server,
            )  # fmt: skip
        if gone:
            self._query("VACUUM")
            self._query("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(gone)

    def release(self, call: str, codes: Iterable[str], server: str) -> None:
        """Remove the replies of one call for codes that are kept elsewhere now; the file does not shrink."""
        self._query(
            "DELETE FROM pages WHERE server=? AND call=? AND code IN (SELECT value FROM json_each(?))",
            server, call, json.dumps(list(codes)),
        )  # fmt: skip

    # --- a file that breaks ----------------------------------------------------------------------

    def _query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._try(lambda: self.responses.query(sql, *values), [])

    def _try(self, action: Callable[[], T], otherwise: T) -> T:
        with self._lock:
            if not self.working:
                return otherwise
            try:
                return action()
            except (sqlite3.Error, OSError) as error:
                problem: Exception = error
            try:
                if _is_damage(problem):
                    self.responses.close()
                    with self._file_lock():
                        self._recreate()
                    return otherwise
            except (sqlite3.Error, OSError) as error:
                problem = error
            self._disable(problem)
            return otherwise

    def _disable(self, error: Exception) -> None:
        self.working = False
        warn_user(f"the cache {self.path} cannot be used ({error}); going on without it")

    def _report_unreadable(self) -> None:
        """Warn once that there are entries which nobody here wrote."""
        if self._warned:
            log.info("another entry of the cache cannot be read")
        else:
            self._warned = True
            warn_user(f"an entry of the cache {self.path} cannot be read; such entries are requested again")


def _ends(request: CacheableRequest, arrived: datetime) -> datetime | None:
    """Until when a reply would be good if it arrived at this time."""
    return good_until(request.table, request.body_json, request.next_key, arrived)


def _judge(request: CacheableRequest, response: requests.Response) -> None:
    """Note when a reply arrived and until when it is good: by its own time, not by when it was asked for."""
    shown = header_time(response.headers) or request.now
    if request.loopback:  # the market's clock is that of the server, and may have moved on meanwhile
        request.arrived = shown
    if request.clock_is_wrong:  # the request may name another day than meant
        return
    request.expires = _ends(request, shown)
    if request.expires is None and is_empty_history(request, response):
        request.expires = list_expires(shown)  # a gap at the broker must not stay for ever
    if response.page.unreadable:  # type: ignore[attr-defined]
        a_day_later = shown + timedelta(days=1)
        request.expires = min(request.expires or a_day_later, a_day_later)  # the broker may mend it


def _is_damage(error: Exception) -> bool:
    """Whether the file itself is broken; the subclasses are a lock, a full disk, a closed connection."""
    return type(error) is sqlite3.DatabaseError


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float))


def _outdated(request: CacheableRequest, response: requests.Response) -> str:
    """The entry behind a new page that its key no longer leads to: a key without a date counts rows."""
    behind = response.headers.get("next-key", "") if response.headers.get("cont-yn") == "Y" else ""
    if not behind or key_date(behind):
        return ""
    return cache_key(request.server, request.table, request.body_json, behind)


def is_cacheable(request: CacheableRequest, response: requests.Response) -> bool:
    """Whether a reply may be stored: no token, and no page that would end or repeat a history for ever."""
    if request.table.id not in STORED:
        return False
    if response.headers.get("cont-yn") != "Y":
        return True
    if response.headers.get("next-key", "") in ("", request.next_key):
        return False
    rows = request.table.table(request.body_json, request.part).rows
    return not rows or bool(response.parsed[rows])  # type: ignore[attr-defined]


def is_empty_history(request: CacheableRequest, response: requests.Response) -> bool:
    """Whether a history begins without a row, or with one whose fields are all blank."""
    rows = request.table.table(request.body_json, request.part).rows
    if request.page > 1 or not rows:
        return False
    return not response.page.size  # type: ignore[attr-defined]


def cached_session(cache: HttpCache) -> CachedSession:
    """A session that answers from the cache; whether an entry is still good is the caller's business."""
    return CachedSession(
        backend=cache,
        allowable_methods=("POST",),
        allowable_codes=(200,),
        key_fn=lambda request, **_: request.key,
        expire_after=NEVER_EXPIRE,
    )
