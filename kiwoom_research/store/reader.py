"""The reading side of a store that its operations share: DuckDB, the manifest, tables and bars."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from typing import Any, TypeVar

import pandas as pd

from ..errors import ConfigError, StoreError
from ..official_close import COLUMNS
from .corporate_actions import Event
from .disk import store_errors
from .folder import Folder
from .manifest import DataFile, Manifest
from .metadata import events_by_code, fund_codes, read_table
from .query import bars_sql, empty_frame, factor_table, range_table, rows_to_frame, stored_columns
from .schema import OFFICIAL

T = TypeVar("T")

ATTEMPTS = 5  # a writer may remove a file between reading the manifest and opening it


class Reader:
    """Read access to a store's folder. Safe to use from several threads."""

    def __init__(self, place: str | os.PathLike[str]) -> None:
        self.folder = Folder(place)
        self._lock = threading.Lock()
        self._connection: Any = None

    def cursor(self) -> Any:
        """A DuckDB connection for one query."""
        with self._lock:
            if self._connection is None:
                try:
                    import duckdb
                    import pyarrow  # noqa: F401
                except ImportError:
                    raise ConfigError(
                        "the store needs pyarrow and duckdb: pip install 'kiwoom_research[store]'"
                    ) from None
                self._connection = duckdb.connect()
                if self.folder.filesystem is not None:
                    self._connection.register_filesystem(self.folder.filesystem)
            return self._connection.cursor()

    def read(self, job: Callable[[Manifest], T]) -> T:
        """Run a job that reads; run it again when a writer removed a file in the middle of it."""
        self.cursor().close()  # says what is not installed
        for attempt in range(ATTEMPTS):
            manifest = self.folder.read_manifest()
            try:
                with store_errors(self.folder.url):
                    return job(manifest)
            except StoreError:
                if attempt == ATTEMPTS - 1 or self.folder.read_manifest() == manifest:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def table(self, manifest: Manifest, name: str) -> pd.DataFrame:
        """One of the small tables."""
        return read_table(self.folder, manifest, name)

    def stored_codes(self) -> dict[str, list[str]]:
        """The stored codes by frequency."""
        pulls = self.table(self.folder.read_manifest(), "pulls")
        return {str(freq): sorted(own) for freq, own in pulls.groupby("freq")["code"]}

    def events(self, manifest: Manifest) -> dict[str, list[Event]]:
        """The stored corporate actions by code."""
        return events_by_code(self.table(manifest, "events"))

    def sql(self, files: Sequence[DataFile]) -> str:
        """Data files as an SQL table; empty text when there are none."""
        return self.folder.sql(files) if files else ""

    def bars(
        self,
        manifest: Manifest,
        freq: str,
        *,
        adjusted: bool = False,
        columns: Sequence[str] | None = None,
        codes: Sequence[str] | None = None,
        between: tuple[str, str] | None = None,
        ranges: Sequence[tuple[str, date, date | None]] = (),
        start: str | None = None,
        end: str | None = None,
    ) -> pd.DataFrame:
        """Bars as a frame.

        ``codes`` are these codes, ``between`` all codes from one to another, ``ranges`` days of single codes.
        """
        wanted = list(columns or stored_columns(freq))
        with closing(self.cursor()) as cursor:
            if ranges:
                cursor.register("ranges", range_table(ranges))
            rows = self.relation(
                cursor,
                manifest,
                freq,
                wanted,
                adjusted=adjusted,
                codes=codes,
                between=between,
                in_ranges=bool(ranges),
                start=start,
                end=end,
            )
            return empty_frame(freq)[wanted] if rows is None else rows_to_frame(rows.to_arrow_table(), freq)

    def relation(
        self,
        cursor: Any,
        manifest: Manifest,
        freq: str,
        columns: Sequence[str],
        *,
        adjusted: bool,
        codes: Sequence[str] | None = None,
        between: tuple[str, str] | None = None,
        in_ranges: bool = False,
        start: str | None = None,
        end: str | None = None,
    ) -> Any:
        """Bars as a DuckDB relation in no order, not yet read; None when no file can hold them."""
        files = [file for file in manifest.of(freq) if file.overlaps(codes, between, start, end)]
        if not files:
            return None
        events = self.table(manifest, "events").iloc[: None if adjusted else 0]
        if codes is not None:
            events = events[events["code"].isin(codes)]
        if len(events):
            cursor.register("factors", factor_table(events, self.table(manifest, "former")))
        if set(COLUMNS) & set(columns):
            cursor.register("funds", self.funds(manifest))
        known = [file for file in manifest.of(OFFICIAL) if file.overlaps(codes, between, start, end)]
        sql = bars_sql(
            self.sql(files),
            freq,
            columns,
            adjusted=len(events) > 0,
            codes=codes,
            between=between,
            in_ranges=in_ranges,
            official=self.sql(known),
            start=start,
            end=end,
        )
        return cursor.sql(sql)

    def funds(self, manifest: Manifest) -> Any:
        """The codes of ETFs and ETNs."""
        import pyarrow as pa

        return pa.table({"code": pa.array(fund_codes(self.table(manifest, "stocks")), pa.string())})

    def bars_per_code(self, files: Sequence[DataFile]) -> pd.Series:
        """How many bars these files hold of each code."""
        if not files:
            return pd.Series(dtype="int64")
        with closing(self.cursor()) as cursor:
            rows = cursor.execute(
                f"SELECT code, count(*) FROM {self.sql(files)} GROUP BY 1 ORDER BY 1"
            ).fetchall()
        return pd.Series(dict(rows), dtype="int64")
