"""What the parts of a store share: its folder, its tables, and a way to ask DuckDB."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from typing import Any, TypeVar

import pandas as pd

from ..errors import ConfigError
from . import metadata, query
from .manifest import Folder, Snapshot, parquet

T = TypeVar("T")

ATTEMPTS = 5  # a writer may remove a file between reading the manifest and opening it


class Shelf:
    """The inside of a `Store`. Safe to use from several threads."""

    def __init__(self, place: str | os.PathLike[str]) -> None:
        self.folder = Folder(place)
        self._guard = threading.Lock()
        self._connected: Any = None

    def cursor(self) -> Any:
        """A connection of DuckDB for one question."""
        with self._guard:
            if self._connected is None:
                try:
                    import duckdb
                    import pyarrow  # noqa: F401
                except ImportError:
                    raise ConfigError(
                        "the store needs pyarrow and duckdb: pip install 'kiwoom_research[store]'"
                    ) from None
                self._connected = duckdb.connect()
                if self.folder.filesystem is not None:
                    self._connected.register_filesystem(self.folder.filesystem)
            return self._connected.cursor()

    def read(self, job: Callable[[Snapshot], T]) -> T:
        """Run a job that reads; again when a writer removed a file in the middle of it."""
        self.cursor().close()  # says what is not installed
        import duckdb

        for _ in range(ATTEMPTS):
            snapshot = self.folder.snapshot()
            try:
                return job(snapshot)
            except (duckdb.IOException, FileNotFoundError):
                if self.folder.snapshot() == snapshot:
                    raise
        return job(self.folder.snapshot())

    def table(self, snapshot: Snapshot, name: str) -> pd.DataFrame:
        """One of the small tables."""
        return metadata.read(self.folder, snapshot, name)

    def files(self, snapshot: Snapshot, freq: str) -> str:
        """The bars of a frequency as a table in SQL; empty text when there are none."""
        parts = snapshot.of(freq)
        return parquet(query.addresses(self.folder, parts)) if parts else ""

    def bars(
        self,
        snapshot: Snapshot,
        freq: str,
        *,
        adjusted: bool = False,
        columns: Sequence[str] | None = None,
        codes: Sequence[str] | None = None,
        between: tuple[str, str] | None = None,
        windows: Sequence[tuple[str, date, date | None]] = (),
        start: str | None = None,
        end: str | None = None,
    ) -> pd.DataFrame:
        """Bars as a frame.

        ``codes`` are these codes, ``between`` all from one to another, ``windows`` are days of single codes.
        """
        wanted = list(columns or query.columns_of(freq))
        parts = [part for part in snapshot.of(freq) if part.meets(codes, between, start, end)]
        if not parts:
            return query.nothing(freq)[wanted]
        events = self.table(snapshot, "events").iloc[: None if adjusted else 0]
        if codes is not None:
            events = events[events["code"].isin(codes)]
        with closing(self.cursor()) as cursor:
            if windows:
                cursor.register("windows", query.window_table(windows))
            if len(events):
                cursor.register("factors", query.factor_table(events))
            text = query.query(
                query.addresses(self.folder, parts),
                freq,
                wanted,
                adjusted=len(events) > 0,
                codes=codes,
                between=between,
                windowed=bool(windows),
                start=start,
                end=end,
            )
            return query.to_frame(cursor.sql(text).to_arrow_table(), freq)
