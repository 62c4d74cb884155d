"""The watchlist file: a small JSON list of codes that several sessions share."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from .. import config
from ..data.connection import default_client
from ..errors import KiwoomError
from .instruments import parse_code

if TYPE_CHECKING:
    from ..client import Client

LOCK_SECONDS = 5.0


class DamagedFile(ValueError):
    """The file exists but does not hold a list of codes."""


class Watchlist:
    """A JSON list of codes, oldest first.

    Parameters
    ----------
    path : Path
        The file; it and its folder are created with the first code.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def codes(self) -> list[str]:
        """Read the codes; DamagedFile when the file is not a list of codes, OSError when it cannot be read."""
        try:
            stored = json.loads(self.path.read_text("utf-8"))
            if not isinstance(stored, list):
                raise ValueError("not a list")
            return list(dict.fromkeys(map(parse_code, stored)))
        except FileNotFoundError:
            return []
        except (ValueError, RecursionError):  # not JSON, not UTF-8, or an entry that is not a code
            raise DamagedFile(f"{self.path.name} does not hold a watchlist") from None

    def add(self, code: str) -> list[str]:
        """Append a code and return all; OSError (also filelock's Timeout) when the file cannot be written."""
        return self._update(lambda codes: codes if code in codes else [*codes, code])

    def remove(self, code: str) -> list[str]:
        """Remove a code and return the rest; OSError when the file cannot be written."""
        return self._update(lambda codes: [other for other in codes if other != code])

    def touch(self, code: str, keep: int) -> list[str]:
        """Move a code to the end, keep only so many, and return them; OSError when the file cannot be written."""
        return self._update(lambda codes: [*(other for other in codes if other != code), code][-keep:])

    def _update(self, change: Callable[[list[str]], list[str]]) -> list[str]:
        """Read, change and replace the file under its lock, so that concurrent sessions lose nothing."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(self.path.with_suffix(".lock"), timeout=LOCK_SECONDS, mode=0o600):
            try:
                codes = change(self.codes())
            except DamagedFile:  # kept aside: its owner may want to repair it
                os.replace(self.path, self.path.with_suffix(".damaged"))
                codes = change([])
            new = self.path.with_suffix(f".{os.getpid()}")
            new.write_text(json.dumps(codes), "utf-8")
            os.replace(new, self.path)
        return codes


def open_list(name: str, client: Client | None) -> Watchlist:
    """Return a list of this user; sandboxes have one of their own, because their codes are invented."""
    try:
        invented = default_client(client).server.loopback
    except KiwoomError:
        invented = False
    return Watchlist(config.own_state_dir() / f"{name}{'-sandbox' * invented}.json")
