"""The SQLite file of the cache: a table of replies, as a storage of requests-cache.

An entry holds the body of a reply and six of its headers, compressed, with a checksum: no request header ever
reaches the disk, and reading a shared file runs no code.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import requests
from requests_cache.backends.base import BaseStorage
from requests_cache.models.response import CachedResponse

from .request import CacheableRequest

KEPT_HEADERS = ("Content-Type", "Date", "api-id", "cont-yn", "next-key", "resp-cnt")
# The value comes last: SQLite then reads all other columns without it, and most from an index alone.
LAYOUT = """
CREATE TABLE IF NOT EXISTS pages (
    key TEXT PRIMARY KEY, server TEXT, call TEXT, code TEXT, page INTEGER, created REAL, expires REAL,
    size INTEGER, next_key TEXT, value BLOB
);
CREATE INDEX IF NOT EXISTS pages_by_expiry ON pages (server, expires);
CREATE INDEX IF NOT EXISTS pages_by_code ON pages (server, call, code, created, expires, size);
CREATE TABLE IF NOT EXISTS server_times (server TEXT PRIMARY KEY, shown REAL);
CREATE TABLE IF NOT EXISTS unknown_codes (
    server TEXT, code TEXT, reason TEXT, until REAL, PRIMARY KEY (server, code)
);
"""


class UnreadableEntry(KeyError):
    """There is an entry, but it is not one that this package wrote."""


class ResponseTable(BaseStorage[str, Any]):
    """The table of replies. A storage of requests-cache whose values can be queried by what they are about.

    It is used by one thread at a time; `HttpCache` sees to that.
    """

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__(serializer=None)
        self._path = path
        self._seconds = seconds  # to wait for another process that writes
        self._link: sqlite3.Connection | None = None
        self._process = os.getpid()
        self._inherited: list[sqlite3.Connection] = []
        with self.connection() as link:
            link.execute("PRAGMA journal_mode=WAL").fetchall()
            for statement in LAYOUT.split(";"):
                link.execute(statement)

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """The connection of this process, opened when it is first used."""
        if self._process != os.getpid():
            # a child may not even close what it inherited: that could take the file from under its parent
            self._inherited += [self._link] if self._link else []
            self._link, self._process = None, os.getpid()
        if self._link is None:
            link = sqlite3.connect(
                self._path, timeout=self._seconds, isolation_level=None, check_same_thread=False
            )
            link.text_factory = lambda raw: raw.decode("utf-8", "replace")
            link.execute("PRAGMA secure_delete=ON").fetchall()
            link.execute("PRAGMA synchronous=NORMAL")  # in WAL mode no crash can damage the file
            self._link = link
        yield self._link

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self.connection() as link:
            link.execute("BEGIN IMMEDIATE")
            try:
                yield link
                link.execute("COMMIT")
            except BaseException:
                if link.in_transaction:
                    link.execute("ROLLBACK")
                raise

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows."""
        with self.connection() as link:
            return link.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the connection; the next use opens another one."""
        if self._link is not None and self._process == os.getpid():
            self._link.close()
        self._link = None

    # --- one entry -------------------------------------------------------------------------------

    def put(self, request: CacheableRequest, response: requests.Response, outdated: str = "") -> None:
        """Store the reply to a request, replacing an older one; the entry of another key goes with it."""
        expires = request.expires.timestamp() if request.expires else None
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        value = pack({"key": request.key, "expires": expires, "headers": headers}, response.content)
        more = response.headers.get("next-key", "") if response.headers.get("cont-yn") == "Y" else ""
        row = (
            request.key, request.server, request.table.id, request.code, request.page,
            request.arrived.timestamp(), expires, len(value), more, value,
        )  # fmt: skip
        with self._transaction() as link:
            if outdated:
                link.execute("DELETE FROM pages WHERE key=?", (outdated,))
            link.execute(f"INSERT OR REPLACE INTO pages VALUES ({','.join('?' * len(row))})", row)

    def __getitem__(self, key: str) -> CachedResponse:
        rows = self.query("SELECT expires, value FROM pages WHERE key=?", key)
        if not rows:
            raise KeyError(key)
        expires, value = rows[0]
        try:
            head, body = unpack(value)
            if head["key"] != key or head["expires"] != expires:
                raise ValueError
            response = CachedResponse(status_code=200, content=body, encoding="utf-8")
            response.headers.update({str(name): str(text) for name, text in head["headers"].items()})
        except (zlib.error, ValueError, TypeError, KeyError, AttributeError):
            raise UnreadableEntry(key) from None
        return response

    def __setitem__(self, key: str, response: requests.Response) -> None:
        assert isinstance(response.request, CacheableRequest)
        assert response.request.key == key
        self.put(response.request, response)

    def __delitem__(self, key: str) -> None:
        if not self.query("DELETE FROM pages WHERE key=? RETURNING key", key):
            raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter([row[0] for row in self.query("SELECT key FROM pages")])

    def __len__(self) -> int:
        return int(self.query("SELECT COUNT(*) FROM pages")[0][0])


def pack(head: dict[str, Any], body: bytes) -> bytes:
    """The value of an entry: one line of JSON about the reply, then its body as it came, compressed."""
    return zlib.compress(orjson.dumps(head) + b"\n" + body, 1)


def unpack(value: bytes) -> tuple[dict[str, Any], bytes]:
    """The two parts of a value; zlib.error, ValueError or TypeError when it is none."""
    head, newline, body = zlib.decompress(value).partition(b"\n")
    if not newline:
        raise ValueError("no head")
    return orjson.loads(head), body
