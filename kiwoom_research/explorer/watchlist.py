"""The codes somebody watches, in a small file that several sessions share."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from ..data.arguments import stock_codes

LOCK_SECONDS = 5.0


class Damaged(ValueError):
    """The file is there and holds no watchlist."""


class Watchlist:
    """A JSON list of codes, oldest first.

    Parameters
    ----------
    path : Path
        The file; it and its folder appear with the first code.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def codes(self) -> list[str]:
        """What is watched; Damaged when the file is no list of codes, OSError when it cannot be read."""
        try:
            kept = json.loads(self.path.read_text("utf-8"))
            return stock_codes(kept) if isinstance(kept, list) and kept else _empty(kept)
        except FileNotFoundError:
            return []
        except (ValueError, RecursionError):  # no JSON, no UTF-8, or something that is no code
            raise Damaged(f"{self.path.name} holds no watchlist") from None

    def add(self, code: str) -> list[str]:
        """Watch one more; returns all. OSError (also filelock's Timeout) when it cannot be written."""
        return self._change(lambda codes: [*codes, *([] if code in codes else [code])])

    def remove(self, code: str) -> list[str]:
        """Watch one less; returns all that are left."""
        return self._change(lambda codes: [other for other in codes if other != code])

    def _change(self, change: Callable[[list[str]], list[str]]) -> list[str]:
        """Read again, change, write: what another session added meanwhile stays."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(self.path.with_suffix(".lock"), timeout=LOCK_SECONDS, mode=0o600):
            try:
                codes = change(self.codes())
            except Damaged:  # somebody may want to look at it
                os.replace(self.path, self.path.with_suffix(".damaged"))
                codes = change([])
            new = self.path.with_suffix(f".{os.getpid()}")
            new.write_text(json.dumps(codes), "utf-8")
            os.replace(new, self.path)
        return codes


def _empty(kept: object) -> list[str]:
    if kept != []:
        raise ValueError("not a list")
    return []
