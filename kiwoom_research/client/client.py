"""One client: asks a call, follows its pages, knows the market's time."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import orjson
import pandas as pd

from ..calendar import KST
from ..config import Settings
from ..decode import Decoded, decode
from ..endpoints import Call
from ..errors import RequestCancelled
from .adapter import KiwoomAdapter
from .cache import HttpCache, cached_session
from .request import CacheableRequest, cache_key, header_time, prepare
from .throttle import Clock, SystemClock

log = logging.getLogger("kiwoom_research")

TIMEOUT = (5.0, 30.0)  # seconds to connect, seconds to answer
NO_KEY = "?"  # stands for the key of a page that promises more and does not say where


@dataclass(frozen=True, slots=True)
class Reply:
    """One page: the parsed body, its decoded rows, where the next one begins, and when the server said it."""

    body: dict[str, Any]
    page: Decoded
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
    clock : Clock, optional
        The wall clock, which waits and retries use too.
    timeout : tuple of float, optional
        Seconds to connect and seconds to answer.
    """

    def __init__(
        self, settings: Settings, *, clock: Clock | None = None, timeout: tuple[float, float] = TIMEOUT
    ) -> None:
        self.settings = settings
        self.server = settings.server
        self._clock = clock or SystemClock()
        self._timeout = timeout
        self.cache = HttpCache(settings.cache_dir, settings.cache_size)
        self._open(settings)
        self._frozen_at: datetime | None = None
        self._cancelled = threading.Event()
        self._shown_time: datetime | None = None
        if not settings.offline:
            now = self.now()
            # what has ended since the server last answered is all that an offline client would have
            self.cache.delete_expired(self.server.name, self.cache.last_server_time(self.server.name) or now)
            self.cache.evict()

    def _open(self, settings: Settings) -> None:
        self._adapter = KiwoomAdapter(settings, self._clock, self._timeout)
        self.tokens = self._adapter.tokens
        self._session = cached_session(self.cache)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):  # no request may find another way out
            self._session.mount(scheme, self._adapter)

    def from_cache(self, *, fresh: bool = False) -> Client:
        """This client once more, answering from the same cache only.

        It ends with this client: it has no connection of its own to close.

        Parameters
        ----------
        fresh : bool
            Only with what is still good; without it everything that is stored will do, as offline.
        """
        view, offline = copy(self), replace(self.settings, offline=True)
        if not fresh:
            view.settings, view._shown_time = offline, None
        view._open(offline)
        return view

    def frozen(self) -> Client:
        """This client once more, frozen at the present market time: all that it requests is of one session.

        `cancel` ends it. It shares connections, cache and counters with this client.
        """
        view = copy(self)
        view._frozen_at, view._cancelled = self.now(), threading.Event()
        return view

    def cancel(self) -> None:
        """End a frozen client: its next request raises `RequestCancelled`; one under way is not interrupted."""
        self._cancelled.set()

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

        The wall clock; of a server on this machine the time that server shows. Offline the time at which the
        server answered last: what was asked then is what the cache can answer.
        """
        if self._frozen_at is not None:
            return self._frozen_at
        offline = self.settings.offline
        if self.server.loopback and not offline:
            shown = self._adapter.server_time()
            if shown is not None:
                if shown != self._shown_time:
                    self.cache.record_server_time(self.server.name, shown)
                    self._shown_time = shown
                return shown
        if self.server.loopback or offline:
            known = self._shown_time or self.cache.last_server_time(self.server.name)
            if known is not None:
                return known
        return datetime.fromtimestamp(self._clock.time(), KST)

    @property
    def market(self) -> str:
        """Whose numbers this client gets: ``real``, ``mock``, the market of a sandbox, or an address."""
        return (self._adapter.sandbox_market() if self.server.loopback else "") or self.server.name

    # --- asking ----------------------------------------------------------------------------------

    def call(self, table: Call, body: Mapping[str, str], *, refresh: bool = False, part: str = "") -> Reply:
        """Request the first page.

        Parameters
        ----------
        table : Call
            The call.
        body : mapping
            The request body; all values are text.
        refresh : bool
            Request it even when the cache has a good reply; if that fails, the old one stays in the cache.
        part : str
            Which part of the reply to decode.

        Raises
        ------
        KiwoomError
            What the broker, the network or the reply did wrong.
        """
        return self._page(table, body, "", 1, self.now(), refresh, part)

    def pages(
        self, table: Call, body: Mapping[str, str], *, refresh: bool = False, part: str = ""
    ) -> Iterator[Reply]:
        """Request page after page, newest first, for as long as the server has more and the caller wants more.

        ``table``, ``body``, ``refresh`` and ``part`` are those of `call`. Ends when the server says so, when its key does
        not move on, or when a page is empty or the one before it once more; in these cases the last reply still
        has a ``next_key``, so that the caller knows the history was cut.
        """
        now = self.now()
        before, key, number = "", "", 1
        known = {NO_KEY}
        last: Decoded | None = None
        is_list = bool(table.table(body, part).rows)
        while True:
            reply = self._page(table, body, key, number, now, refresh, part)
            yield reply
            if not reply.next_key:
                return
            page = reply.page
            stuck = is_list and (not page.rows or (last is not None and page.repeats(last)))
            if reply.next_key in known or stuck:
                log.warning("%s page %d: the server does not move on; stopped", table.id, number)
                self.forget(table, body, {before, key})  # what led here would lead here for ever
                return
            before, key, number, last = key, reply.next_key, number + 1, page
            known.add(key)

    def cached_next_key(self, table: Call, body: Mapping[str, str], key: str = "") -> str | None:
        """Find the next page's key in the cache, without a request.

        Parameters
        ----------
        table, body
            As in `call`.
        key : str
            The ``next-key`` that led to the page; empty for the first.

        Returns
        -------
        str or None
            The ``next-key`` behind a page that the cache can answer, empty behind the last; None if it cannot.
        """
        request = prepare(self.server, table, body, now=self.now(), next_key=key)
        return self.cache.next_key(request)

    def forget(self, table: Call, body: Mapping[str, str], keys: Iterable[str]) -> None:
        """Remove pages of a question from the cache.

        Parameters
        ----------
        table, body
            As in `call`.
        keys : iterable of str
            The ``next-key`` that led to each page; empty for the first one.
        """
        self.cache.delete(*(cache_key(self.server.name, table, body, key) for key in keys))

    def _page(
        self,
        table: Call,
        body: Mapping[str, str],
        key: str,
        number: int,
        now: datetime,
        refresh: bool,
        part: str = "",
    ) -> Reply:
        if self._cancelled.is_set():
            raise RequestCancelled
        question = prepare(self.server, table, body, now=now, next_key=key, page=number, part=part)
        started = time.perf_counter()
        response = self._send(question, refresh)
        cached = bool(getattr(response, "from_cache", False))
        if cached:  # what is sent is told below the cache
            took = 1000 * (time.perf_counter() - started)
            log.debug("%s page %d: %.0f ms cached", question.label, number, took)
            self._adapter.count("cache_hits")
        more = response.headers.get("next-key") or NO_KEY if response.headers.get("cont-yn") == "Y" else ""
        said = header_time(response.headers) or now
        if not cached and not self.server.loopback:
            self.cache.record_server_time(self.server.name, said)
        parsed, page = self._decoded(question, response)
        return Reply(parsed, page, more, said, cached)

    def _decoded(self, question: CacheableRequest, response: Any) -> tuple[dict[str, Any], Decoded]:
        """The body and the rows of a reply: those of a new one were parsed below the cache."""
        if hasattr(response, "page"):
            return response.parsed, response.page
        parsed = orjson.loads(response.content)
        table, strict = question.table.table(question.body_json, question.part), self.settings.strict
        return parsed, decode(table, parsed, question.body_json, strict=strict)

    def _send(self, question: CacheableRequest, refresh: bool) -> Any:
        anew = not self.settings.offline and (refresh or not self.cache.is_fresh(question))
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
                "cache_hits": counts["cache_hits"],
                "waits": counts["waits"],
                "retries": counts["retries"],
            },
            name=self.server.name,
        )
