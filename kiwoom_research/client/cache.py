"""The HTTP cache: requests-cache over SQLite, with the market's idea of "still good".

What is stored of an answer is its body and six headers, as compressed JSON: no request header ever
reaches the disk, and reading a shared file runs no code. When an entry ends is market time, kept in the
entry's row: the wall clock that requests-cache would ask means nothing to a sandbox whose clock stands still.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sqlite3
import tempfile
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import requests
from filelock import FileLock
from requests_cache import NEVER_EXPIRE, CachedSession
from requests_cache.backends.sqlite import SQLiteCache, SQLiteDict
from requests_cache.models.response import CachedResponse
from requests_cache.serializers import SerializerPipeline, Stage

from ..calendar import KST, list_expires
from ..config import Server
from ..endpoints import QUERIES, Endpoint
from ..endpoints.chart import key_date
from ..errors import warn_user

log = logging.getLogger("kiwoom_research")

FILE = "http-1.sqlite"  # a new layout gets a new name: an older version never reads it
CAP = 1_000_000_000  # bytes
LOCK_SECONDS = 10.0
KEPT_HEADERS = ("Content-Type", "Date", "api-id", "cont-yn", "next-key", "resp-cnt")


class CacheableRequest(requests.PreparedRequest):
    """One unsigned question, with what the cache has to know about it."""

    table: Endpoint
    body_json: Mapping[str, str]
    next_key: str
    page: int
    server: str
    key: str
    now: datetime
    expires: datetime | None

    @property
    def label(self) -> str:
        """Call and code, for the log."""
        return f"{self.table.id} {self.body_json.get('stk_cd', '')}".rstrip()


def prepare(
    server: Server,
    table: Endpoint,
    body: Mapping[str, str],
    *,
    now: datetime,
    expires: datetime | None,
    next_key: str = "",
    page: int = 1,
) -> CacheableRequest:
    """Prepare a question. Neither cookies nor ``.netrc`` nor a token get in."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    headers = {
        "Content-Type": "application/json;charset=UTF-8",
        "User-Agent": "kiwoom_research",
        "api-id": table.id,
    }
    if next_key:
        headers |= {"cont-yn": "Y", "next-key": next_key}
    made = CacheableRequest()
    made.prepare(method="POST", url=server.url + table.path, headers=headers, data=text.encode())
    made.table, made.body_json, made.next_key, made.page = table, body, next_key, page
    made.server, made.now, made.expires = server.name, now, expires
    made.key = key_of(server.name, table, body, next_key)
    return made


def key_of(server: str, table: Endpoint, body: Mapping[str, str], next_key: str) -> str:
    """Where the answer to a question is kept."""
    parts = (server, table.path, table.id, json.dumps(body, sort_keys=True), next_key)
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def _dumps(response: requests.Response) -> bytes:
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    kept = {"headers": headers, "body": response.content.decode("utf-8")}
    return zlib.compress(json.dumps(kept, ensure_ascii=False).encode(), 1)


def _loads(data: bytes) -> CachedResponse:
    """The answer again; KeyError, so a miss, when it cannot be read."""
    try:
        kept = json.loads(zlib.decompress(data))
        response = CachedResponse(status_code=200, content=kept["body"].encode(), encoding="utf-8")
        response.headers.update(kept["headers"])
    except (zlib.error, ValueError, TypeError, AttributeError, RecursionError) as error:
        log.warning("a cache entry cannot be read and is asked for again (%s)", type(error).__name__)
        raise KeyError from None
    return response


SERIALIZER = SerializerPipeline([Stage(dumps=_dumps, loads=_loads)], "kiwoom_research", is_binary=True)


class Pages(SQLiteDict):
    """The table of answers. Unlike its parent it never waits for ever and never hides a failed write."""

    _process = os.getpid()

    def init_db(self) -> None:
        self.close()
        with self.connection(commit=True) as connection:
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS {self.table_name}"
                " (key TEXT PRIMARY KEY, value BLOB, expires REAL,"
                " server TEXT, call TEXT, code TEXT, page INTEGER, created REAL)"
            )
            connection.execute("CREATE TABLE IF NOT EXISTS clocks (server TEXT PRIMARY KEY, seen REAL)")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS dead"
                " (server TEXT, code TEXT, why TEXT, until REAL, PRIMARY KEY (server, code))"
            )

    @contextmanager
    def connection(self, commit: bool = False) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._process != os.getpid():  # a connection does not survive a fork
                self._connection, self._process = None, os.getpid()
        with super().connection(commit) as connection:
            yield connection

    @contextmanager
    def _acquire_sqlite_lock(self) -> Iterator[None]:
        with self._lock:
            connection = self._connection
            assert connection is not None
            connection.execute("BEGIN IMMEDIATE")  # waits as long as busy_timeout says
            self._active_transaction = True
            try:
                yield
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            finally:
                self._active_transaction = False

    def put(self, question: CacheableRequest, response: requests.Response) -> None:
        """Store the answer to a question, replacing an older one.

        A key that names no date counts rows: behind a new page it points elsewhere than before, so what was
        kept there goes.
        """
        value = _dumps(response)
        expires = question.expires.timestamp() if question.expires else None
        code = question.body_json.get("stk_cd", question.body_json.get("mrkt_tp", ""))
        row = (question.key, value, expires, question.server, question.table.id, code, question.page)
        behind = response.headers.get("next-key", "") if response.headers.get("cont-yn") == "Y" else ""
        with self.connection(commit=True) as connection:
            if behind and not key_date(behind):
                gone = key_of(question.server, question.table, question.body_json, behind)
                connection.execute(f"DELETE FROM {self.table_name} WHERE key=?", (gone,))
            connection.execute(
                f"INSERT OR REPLACE INTO {self.table_name} VALUES (?,?,?,?,?,?,?,?)",
                (*row, question.now.timestamp()),
            )

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows."""
        with self.connection(commit=not sql.startswith("SELECT")) as connection:
            return connection.execute(sql.format(table=self.table_name), values).fetchall()


class HttpCache(SQLiteCache):
    """The cache of one folder. When its file cannot be used it says so once and steps aside."""

    responses: Pages

    def __init__(self, folder: Path | None) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="kiwoom_research-") if folder is None else None
        self.folder = Path(self._temporary.name) if self._temporary else Path(folder or "")
        self.working = True
        self._puts = 0
        self._threads = threading.RLock()  # a connection closed under another thread's statement is a crash
        super(SQLiteCache, self).__init__(cache_name="kiwoom_research")
        self.path = self.folder / FILE
        try:
            self._open()
        except (sqlite3.Error, OSError, TimeoutError) as error:
            self._step_aside(error)

    def _open(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # several processes that create a WAL file at once get "database is locked"
        with self._alone():
            try:
                self._connect()
            except sqlite3.DatabaseError as error:
                if not _damaged(error):
                    raise
                self._begin_anew()

    def _begin_anew(self) -> None:
        """Put a damaged file out of the way, unless another process has done so; needs the lock."""
        if self.path.exists() and self.path.stat().st_ino == self._file_number:
            broken = self.path.with_suffix(".broken")
            os.replace(self.path, broken)
            for rest in ("-wal", "-shm"):
                Path(f"{self.path}{rest}").unlink(missing_ok=True)
            warn_user(f"the cache file was damaged; it is now {broken.name} and a new one is begun")
        self._connect()

    def _alone(self) -> Any:
        return FileLock(self.path.with_suffix(".lock"), timeout=LOCK_SECONDS, mode=0o600)

    def _connect(self) -> None:
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        self._file_number = self.path.stat().st_ino
        self.responses = Pages(
            self.path, "pages", wal=True, busy_timeout=int(LOCK_SECONDS * 1000), serializer=SERIALIZER
        )

    # --- what requests-cache calls ---------------------------------------------------------------

    def get_response(self, key: str, default: Any = None) -> Any:
        """The stored answer, or None."""
        return self._try(lambda: self.responses.get(key), default)

    def save_response(self, response: requests.Response, cache_key: Any = None, expires: Any = None) -> None:
        """Store an answer unless it would poison later pulls."""
        question = response.request
        if (
            not self.working
            or not isinstance(question, CacheableRequest)
            or not worth_keeping(question, response)
        ):
            return
        if question.expires is None and _says_nothing(question, response):
            question.expires = list_expires(question.now)  # a hole of the broker must not stay for ever
        self._try(lambda: self.responses.put(question, response), None)
        self._puts += 1
        if self._puts % 200 == 0:
            self.keep_small()

    def delete(self, *keys: str, **_: Any) -> None:
        """Forget entries by key."""
        self._try(lambda: self.responses.bulk_delete(keys), None)

    def close(self) -> None:
        """Close the file; a temporary cache ends here."""
        with self._threads:
            if isinstance(self.responses, Pages):
                self.responses.close()
        if self._temporary:
            self._temporary.cleanup()

    # --- what the client asks --------------------------------------------------------------------

    def fresh(self, question: CacheableRequest) -> bool:
        """Whether there is an answer that is still good in market time."""
        rows = self._rows("SELECT expires FROM {table} WHERE key=?", question.key)
        return bool(rows) and (rows[0][0] is None or rows[0][0] > question.now.timestamp())

    def next_key(self, question: CacheableRequest) -> str | None:
        """The ``next-key`` of an answer that is still good, empty behind the last page; None without one."""
        rows = self._rows(
            "SELECT value FROM {table} WHERE key=? AND (expires IS NULL OR expires>?)",
            question.key, question.now.timestamp(),
        )  # fmt: skip
        try:
            # the headers come first (see _dumps): a few hundred bytes of the answer tell
            head = zlib.decompressobj().decompress(rows[0][0], 4000).decode("utf-8", "ignore") if rows else ""
            headers = json.JSONDecoder().raw_decode(head, head.index("{", 1))[0] if head else None
        except (zlib.error, ValueError, TypeError, RecursionError):
            return None
        if headers is None:
            return None
        return str(headers.get("next-key", "")) if headers.get("cont-yn") == "Y" else ""

    def bury(self, server: str, code: str, why: str, until: datetime) -> None:
        """Remember that there is no such stock, so that a bulk pull does not ask again."""
        self._rows("INSERT OR REPLACE INTO dead VALUES (?,?,?,?)", server, code, why, until.timestamp())

    def dead(self, server: str, now: datetime) -> dict[str, str]:
        """Stocks that do not exist, and how the broker said it."""
        rows = self._rows("SELECT code, why FROM dead WHERE server=? AND until>?", server, now.timestamp())
        return dict(rows)

    def seen(self, server: str, when: datetime) -> None:
        """Remember the time a server showed."""
        self._rows("INSERT OR REPLACE INTO clocks VALUES (?,?)", server, when.timestamp())

    def last_seen(self, server: str) -> datetime | None:
        """The time a server showed last."""
        rows = self._rows("SELECT seen FROM clocks WHERE server=?", server)
        return datetime.fromtimestamp(rows[0][0], KST) if rows else None

    def purge(self, server: str, now: datetime) -> int:
        """Remove what is no longer good; returns how many answers went."""
        gone = self._rows(
            "DELETE FROM {table} WHERE server=? AND expires<=? RETURNING key", server, now.timestamp()
        )
        return len(gone)

    def keep_small(self, cap: int = CAP) -> None:
        """Remove the oldest answers while the file is larger than ``cap`` bytes."""
        for _ in range(100):
            size = self._rows("SELECT SUM(LENGTH(value)), COUNT(*) FROM {table}")
            if not size or not size[0][1] or size[0][0] <= cap:
                return
            oldest = max(1, int(size[0][1] * (1 - cap / size[0][0])))
            self._rows(
                "DELETE FROM {table} WHERE key IN (SELECT key FROM {table} ORDER BY created LIMIT ?)", oldest
            )

    def info(self, nows: Mapping[str, datetime]) -> pd.DataFrame:
        """One row per server, call and code: pages, bytes, age of the oldest page, first end."""
        rows = self._rows(
            "SELECT server, call, code, COUNT(*), SUM(LENGTH(value)), MIN(created), MIN(expires)"
            " FROM {table} GROUP BY server, call, code ORDER BY server, call, code"
        )
        frame = pd.DataFrame(rows, columns=["server", "call", "code", "pages", "bytes", "age", "expires"])
        wall = datetime.now(KST)
        now = pd.Series([nows.get(server, wall).timestamp() for server in frame["server"]], dtype="float64")
        frame["age"] = pd.to_timedelta(now - frame["age"].astype("float64"), unit="s").dt.round("s")
        ends = pd.to_datetime(frame["expires"].astype("float64"), unit="s", utc=True)
        frame["expires"] = ends.dt.tz_convert("Asia/Seoul").dt.round("s")
        return frame.astype({"pages": "int64", "bytes": "int64"})

    def forget(self, call: str | None, code: str | None, server: str | None) -> int:
        """Remove answers by call, code and server and give their room back; returns how many went.

        Without a call also forget which stocks do not exist.
        """
        # one answer of ka10095 holds many codes, joined by |
        gone = self._rows(
            "DELETE FROM {table} WHERE (? IS NULL OR call=?)"
            " AND (? IS NULL OR instr('|' || code || '|', '|' || ? || '|') > 0)"
            " AND (? IS NULL OR server=?) RETURNING key",
            call, call, code, code, server, server,
        )  # fmt: skip
        if call is None:
            self._rows(
                "DELETE FROM dead WHERE (? IS NULL OR code=?) AND (? IS NULL OR server=?)",
                code, code, server, server,
            )  # fmt: skip
        if gone:
            self._try(self._shrink, None)
        return len(gone)

    def release(self, call: str, codes: Iterable[str], server: str) -> None:
        """Remove the answers of one call for codes that are kept elsewhere now; the file does not shrink."""
        self._rows(
            "DELETE FROM {table} WHERE call=? AND server=? AND code IN (SELECT value FROM json_each(?))",
            call, server, json.dumps(list(codes)),
        )  # fmt: skip

    def _shrink(self) -> None:
        self.responses.vacuum()
        with self.responses.connection() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return list(self._try(lambda: self.responses.rows(sql, *values), []))

    def _try(self, action: Any, otherwise: Any) -> Any:
        with self._threads:
            if not self.working:
                return otherwise
            try:
                return action()
            except (sqlite3.Error, OSError) as error:
                problem: Exception = error
            try:
                if _damaged(problem):
                    self.responses.close()
                    with self._alone():
                        self._begin_anew()
                    return otherwise
            except (sqlite3.Error, OSError) as error:
                problem = error
            self._step_aside(problem)
            return otherwise

    def _step_aside(self, error: Exception) -> None:
        self.working = False
        warn_user(f"the cache {self.path} cannot be used ({error}); going on without it")


def _damaged(error: Exception) -> bool:
    """Whether the file itself is broken; the subclasses are a lock, a full disk, a closed connection."""
    return type(error) is sqlite3.DatabaseError


def worth_keeping(question: CacheableRequest, response: requests.Response) -> bool:
    """Whether an answer may be stored: no token, and no page that would end or repeat a history for ever."""
    if question.table.id not in QUERIES:
        return False
    if response.headers.get("cont-yn") != "Y":
        return True
    if response.headers.get("next-key", "") in ("", question.next_key):
        return False
    rows = question.table.rows
    return not rows or bool(orjson.loads(response.content)[rows])


def _says_nothing(question: CacheableRequest, response: requests.Response) -> bool:
    """Whether a history begins without a row, or with one whose fields are all blank."""
    if question.page > 1 or not question.table.rows:
        return False
    return not any(any(row.values()) for row in orjson.loads(response.content)[question.table.rows])


def session(cache: HttpCache) -> CachedSession:
    """A session that answers from the cache; whether an entry is still good is the caller's business."""
    return CachedSession(
        backend=cache,
        allowable_methods=("POST",),
        allowable_codes=(200,),
        key_fn=_key,
        expire_after=NEVER_EXPIRE,
    )


def _key(request: Any, **_: Any) -> str:
    return str(request.key)
