"""One client: asks a call, follows its pages, knows the market's time."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import orjson
import pandas as pd

from . import calendar
from .calendar import KST
from .config import Settings
from .endpoints import Endpoint
from .endpoints.chart import key_date
from .errors import NetworkError
from .frames import rows_of
from .http_cache import Ask, HttpCache, ask, session
from .transport import KiwoomAdapter, RealWall, Wall, market_time

log = logging.getLogger("kiwoom_research")

TIMEOUT = (5.0, 30.0)  # seconds to connect, seconds to answer


@dataclass(frozen=True, slots=True)
class Reply:
    """One page: the parsed body, where the next one begins, and when the server said it."""

    body: dict[str, Any]
    next_key: str
    retrieved: datetime
    cached: bool


class Client:
    """Asks one server with one key pair, through one cache.

    Made by `kiwoom_research.connect`. Safe to use from several threads.

    Parameters
    ----------
    settings : Settings
        Server, keys and folders.
    wall : Wall, optional
        The clock that waits and retries use.
    timeout : tuple of float, optional
        Seconds to connect and seconds to answer.
    """

    def __init__(
        self, settings: Settings, *, wall: Wall | None = None, timeout: tuple[float, float] = TIMEOUT
    ) -> None:
        self.settings = settings
        self.server = settings.server
        self._wall = wall or RealWall()
        self._adapter = KiwoomAdapter(settings, self._wall, timeout)
        self.tokens = self._adapter.tokens
        self.cache = HttpCache(settings.cache_dir)
        self._session = session(self.cache)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.mount(self.server.url, self._adapter)
        self._hits = 0
        self._lock = threading.Lock()
        self._clock: datetime | None = None
        if not settings.offline:
            self.cache.purge(self.server.name, self.now())
            self.cache.keep_small()

    def __repr__(self) -> str:
        offline = ", offline" if self.settings.offline else ""
        return f"<kiwoom_research.Client {self.server.name} {self.server.url}{offline}>"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections and the cache file."""
        self._session.close()
        self.cache.close()

    # --- time ------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The market's time in Korea.

        The wall clock; of a server on this machine the time that server shows, or showed last.
        """
        if self.server.loopback:
            shown = None if self.settings.offline else self._adapter.clock()
            if shown is not None:
                if shown != self._clock:
                    self.cache.seen(self.server.name, shown)
                    self._clock = shown
                return shown
            known = self._clock or self.cache.last_seen(self.server.name)
            if known is not None:
                return known
        return datetime.fromtimestamp(self._wall.time(), KST)

    # --- asking ----------------------------------------------------------------------------------

    def call(self, table: Endpoint, body: Mapping[str, str], *, refresh: bool = False) -> Reply:
        """Ask for the first page.

        Parameters
        ----------
        table : Endpoint
            What to ask.
        body : mapping
            The request body; all values are text.
        refresh : bool
            Ask the server even when the cache has a good answer. If that fails the old answer stays stored.

        Raises
        ------
        KiwoomError
            What the broker, the network or the reply did wrong.
        """
        return self._page(table, body, "", 1, self.now(), refresh)

    def pages(self, table: Endpoint, body: Mapping[str, str], *, refresh: bool = False) -> Iterator[Reply]:
        """Ask page after page, newest first, for as long as the server has more and the caller wants more.

        Ends when the server says so, when its key stops moving, or when a page is empty; in the last two
        cases the last reply still has a ``next_key``, so that the caller knows the history was cut.
        """
        now = self.now()
        key, number, asked_anew = "", 1, False
        while True:
            # behind a first page that was asked anew, a key without a date may point elsewhere than before
            stale = asked_anew and not key_date(key)
            reply = self._page(table, body, key, number, now, refresh or stale)
            asked_anew = asked_anew or not reply.cached
            yield reply
            if not reply.next_key:
                return
            if reply.next_key == key or (table.rows and not rows_of(table, reply.body)):
                log.warning("%s page %d: the server's key does not move on; stopped", table.id, number)
                return
            key, number = reply.next_key, number + 1

    def _page(
        self, table: Endpoint, body: Mapping[str, str], key: str, number: int, now: datetime, refresh: bool
    ) -> Reply:
        expires = _expires(table, body, key, now)
        question = ask(self.server, table, body, now=now, expires=expires, next_key=key, page=number)
        started = time.perf_counter()
        response = self._send(question, refresh)
        cached = bool(getattr(response, "from_cache", False))
        with self._lock:
            self._hits += cached
        took = 1000 * (time.perf_counter() - started)
        code = body.get("stk_cd", "")
        log.debug("%s %s page %d: %.0f ms%s", table.id, code, number, took, " cached" * cached)
        more = response.headers.get("next-key", "") if response.headers.get("cont-yn") == "Y" else ""
        return Reply(orjson.loads(response.content), more, market_time(response.headers) or now, cached)

    def _send(self, question: Ask, refresh: bool) -> Any:
        if self.settings.offline:
            if not self.cache.holds(question):
                raise NetworkError(
                    f"{question.table.id} {question.body_json.get('stk_cd', '')}: not in the cache, and this"
                    " client is offline",
                    api_id=question.table.id,
                    retryable=False,
                )
            return self._session.send(question)
        anew = refresh or not self.cache.fresh(question)
        return self._session.send(question, force_refresh=anew, allow_redirects=False)

    # --- about itself ----------------------------------------------------------------------------

    def stats(self) -> pd.Series:
        """What this client did so far.

        Returns
        -------
        pandas.Series
            ``requests`` sent (tokens included), ``cache_hits``, ``waits`` for the request limit, ``retries``.
        """
        counts: Counter[str] = self._adapter.counts
        return pd.Series(
            {
                "requests": counts["requests"],
                "cache_hits": self._hits,
                "waits": counts["waits"],
                "retries": counts["retries"],
            },
            name=self.server.name,
        )


def _expires(table: Endpoint, body: Mapping[str, str], key: str, now: datetime) -> datetime | None:
    """When an answer ends, in market time; None when it stays."""
    if table.expiry == "list":
        return calendar.list_expires(now)
    if table.expiry == "snapshot":
        return calendar.snapshot_expires(now)
    newest = key_date(key)
    if newest is None and body.get("base_dt"):
        newest = min(datetime.strptime(body["base_dt"], "%Y%m%d").date(), calendar.last_begun(now))
    if newest is None:
        return calendar.snapshot_expires(now)
    return calendar.answer_expires(newest, now)
