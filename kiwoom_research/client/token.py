"""The access token: issued once, shared by all processes through a file, renewed early, revoked on request.

It is never printed, logged or put into an exception.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..calendar import KST
from ..config import HOW_TO_GET_KEYS, Settings, is_header_safe
from ..endpoints.oauth import ISSUE, REVOKE
from ..errors import ConfigError, DataError, warn_user
from ..kinds import TIMESTAMP, ParseError
from .secrets import Secrets

log = logging.getLogger("kiwoom_research")

RENEW_BEFORE = timedelta(minutes=10)  # the official client renews 600 s before the end
LOCK_SECONDS = 30.0

Send = Callable[[Any, Secrets], Secrets]


@dataclass(frozen=True, slots=True)
class Token:
    """A token and when it expires."""

    value: str = field(repr=False)
    expires: datetime

    def is_valid(self, now: datetime) -> bool:
        """Whether it stays valid for a while yet."""
        return now + RENEW_BEFORE < self.expires


class TokenManager:
    """The token of one key pair on one server.

    Parameters
    ----------
    settings : Settings
        Keys, server and the folder that holds the token file.
    send : callable
        ``send(table, body)`` sends an unsigned request and returns the parsed reply.
    time : callable
        Seconds since the epoch: a token lives by the wall clock, whatever the market clock says.
    """

    def __init__(self, settings: Settings, send: Send, time: Callable[[], float]) -> None:
        self._settings = settings
        self._send = send
        self._time = time
        self._held: Token | None = None
        self._warned_of_clock = False
        self._kept_until_refused: Token | None = None  # about to expire when it was issued
        self._threads = threading.RLock()
        name = hashlib.blake2b(
            f"{settings.server.url}\0{settings.keys.app}".encode(), digest_size=16
        ).hexdigest()
        self._file = settings.state_dir / "tokens" / f"{name}.json" if settings.state_dir else None

    def now(self) -> datetime:
        """Wall-clock time in Korea, where ``expires_dt`` counts."""
        return datetime.fromtimestamp(self._time(), KST)

    def token(self) -> Token:
        """A valid token, issued if need be; ConfigError without keys."""
        held = self._held
        if held and self._is_usable(held):
            return held
        if not self._settings.keys:
            raise ConfigError(HOW_TO_GET_KEYS)
        with self._lock():
            held = self._held  # another thread may have been here first
            if not (held and self._is_usable(held)):
                held = self._read()
            if not (held and self._is_usable(held)):
                held = self._issue()
                self._write(held)
            self._held = held
        return held

    def _is_usable(self, token: Token) -> bool:
        last = self._kept_until_refused
        return token.is_valid(self.now()) or (last is not None and last.value == token.value)

    def invalidate(self, refused: Token) -> None:
        """Forget a token the server refused, unless another process has renewed it already."""
        with self._lock():
            if self._held and self._held.value == refused.value:
                self._held = None
            if self._kept_until_refused and self._kept_until_refused.value == refused.value:
                self._kept_until_refused = None
            kept = self._read()
            if kept and kept.value == refused.value and self._file:
                self._file.unlink(missing_ok=True)

    def current(self) -> Token | None:
        """The token at hand, from memory or the file; nothing is sent."""
        return self._held or self._read()

    def revoke(self) -> bool:
        """Revoke the token at the server; False when there was none."""
        with self._lock():
            token = self.current()
            if token is None:
                return False
            self._send(REVOKE, self._body(token=token.value))
            self._held = None
            if self._file:
                self._file.unlink(missing_ok=True)
                _remove_leftovers(self._file)
        return True

    def _issue(self) -> Token:
        reply = self._send(ISSUE, self._body(grant_type="client_credentials"))
        if not is_header_safe(reply.get("token")):
            raise DataError("au10001: the reply holds no usable token", api_id=ISSUE.id)
        expires = reply.get("expires_dt")
        try:
            end = TIMESTAMP.column([str(expires)])[0].item()
        except ParseError:
            end = None
        if end is None:
            raise DataError(f"au10001: cannot read expires_dt {expires!r}", api_id=ISSUE.id)
        log.info("token issued by %s, good until %s KST", self._settings.server.name, end)
        token = Token(reply["token"], end.replace(tzinfo=KST))
        # the server gives the same token until it ends: asking before each request would not make it newer
        self._kept_until_refused = None if token.is_valid(self.now()) else token
        if token.expires <= self.now() and not self._warned_of_clock:
            self._warned_of_clock = True
            warn_user(
                f"the token just issued ended at {end} KST by this computer's clock, which must be wrong;"
                " it is used until the server refuses it"
            )
        return token

    def _body(self, **more: str) -> Secrets:
        keys = self._settings.keys
        return Secrets({"appkey": keys.app, "secretkey": keys.secret, **more})

    # --- the file --------------------------------------------------------------------------------

    @contextmanager
    def _lock(self) -> Iterator[None]:
        acquired = self._threads.acquire(timeout=LOCK_SECONDS)  # without a folder there is no other lock
        try:
            with self._file_lock():
                yield
        finally:
            if acquired:
                self._threads.release()

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        lock = None
        if self._file is not None:
            try:
                lock = self._acquire(self._file)
            except Timeout:  # the worst that follows is a second issue, which gives the same token
                warn_user("another process holds the token file; going on without waiting any longer")
            except OSError as error:
                warn_user(
                    f"tokens are kept in memory only: {self._file.parent} cannot be used ({error.strerror})"
                )
                self._file = None
        try:
            yield
        finally:
            if lock:
                lock.release()

    @staticmethod
    def _acquire(file: Path) -> Any:
        folder = file.parent
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.name == "posix" and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
        lock = FileLock(file.with_suffix(".lock"), mode=0o600)
        lock.acquire(timeout=LOCK_SECONDS)
        return lock

    def _read(self) -> Token | None:
        if self._file is None:
            return None
        try:
            if os.name == "posix" and self._file.stat().st_mode & 0o077:
                self._file.chmod(0o600)
                warn_user("the token file could be read by other users of this machine; tightened to 0600")
            kept = Secrets(json.loads(self._file.read_text("utf-8")))
            expires = datetime.fromisoformat(kept["expires"])
            if not is_header_safe(kept["token"]) or expires.tzinfo is None:
                raise ValueError
            return Token(kept["token"], expires)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass  # the warning is not given in here: that error may hold the file's text
        warn_user("the token file cannot be read; a token is asked for again")
        return None

    def _write(self, token: Token) -> None:
        if self._file is None:
            return
        try:
            _remove_leftovers(self._file)
            _write_private(self._file, token)
        except OSError as error:
            warn_user(f"the token is kept in memory only ({error.strerror})")


def _remove_leftovers(path: Path) -> None:
    """Remove the files of processes that were killed while they wrote."""
    for left in path.parent.glob(f".new-{path.stem}-*"):
        left.unlink(missing_ok=True)


def _write_private(path: Path, token: Token) -> None:
    """Write atomically a file that only its owner can read."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".new-{path.stem}-")  # created 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"token": token.value, "expires": token.expires.isoformat()}, file)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
