"""The folder of a store: reading its files, staging pulled bars, and committing a new manifest.

::

    manifest.json
    bars/freq=1d/year=2026/000012.parquet      sorted by code and time
    tables/events-000012.parquet               events, pulls, stocks
    staging/1d-005930.parquet                  pulled, not merged yet

The bars of one code wait in ``staging/`` until they are merged: a crash loses the code in flight.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ConfigError
from .manifest import DataFile, Manifest, parse_manifest
from .schema import time_column

ROW_GROUP = 32_768  # rows: small enough that one code is found without reading the others
FULL = 4_000_000  # rows from which on a file is left alone when new bars come


class Folder:
    """A store's folder: a local path, or for reading only any address that fsspec knows."""

    def __init__(self, place: str | os.PathLike[str]) -> None:
        self.url = os.fspath(place)
        self.filesystem: Any = None
        if "://" in self.url and not self.url.startswith("file://"):
            import fsspec

            self.filesystem, _ = fsspec.core.url_to_fs(self.url)
            self.url = self.url.rstrip("/")
        else:
            self.url = str(Path(self.url.removeprefix("file://")).expanduser().absolute())

    @property
    def path(self) -> Path:
        """The folder on this machine; ConfigError when it is elsewhere."""
        if self.filesystem is not None:
            raise ConfigError(f"{self.url} can be read, not written: update a local folder and copy it there")
        return Path(self.url)

    # --- reading ---------------------------------------------------------------------------------

    def address(self, name: str) -> str:
        """Where a file of the folder is."""
        return f"{self.url}/{name}"

    def addresses(self, files: Iterable[DataFile]) -> list[str]:
        """Where data files are."""
        return [self.address(file.path) for file in files]

    def read_manifest(self) -> Manifest:
        """The manifest as it is now; an empty one when there is none.

        Raises
        ------
        ConfigError
            The manifest cannot be read, or belongs to another edition.
        """
        try:
            with self.open("manifest.json") as file:
                content = file.read()
        except FileNotFoundError:
            return Manifest()
        return parse_manifest(content, self.address("manifest.json"))

    def open(self, name: str) -> Any:
        """A file of the folder, opened for reading."""
        where = self.address(name)
        return open(where, "rb") if self.filesystem is None else self.filesystem.open(where, "rb")

    # --- writing ---------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer; ConfigError when another process is."""
        from filelock import FileLock, Timeout

        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / "write.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise ConfigError(f"{self.url} is being written by another process; it can be read") from None
        try:
            yield
        finally:
            lock.release()

    def commit(self, manifest: Manifest) -> None:
        """Make a manifest the current one and remove the files that it no longer names."""
        replace_file(self.path / "manifest.json", manifest.to_json())
        kept = {file.path for file in manifest.files} | set(manifest.tables.values())
        for file in [*self.path.glob("bars/*/*/*"), *self.path.glob("tables/*")]:
            if file.relative_to(self.path).as_posix() not in kept:
                with suppress(OSError):  # Windows keeps what somebody reads; the next commit tries again
                    file.unlink()

    def stage(self, freq: str, code: str, rows: Any, note: Mapping[str, Any]) -> None:
        """Write the pulled bars of one code, and what else the pull found, to ``staging/``."""
        import pyarrow.parquet as pq

        place = self.path / "staging" / f"{freq}-{code}.parquet"
        place.parent.mkdir(exist_ok=True)
        rows = rows.replace_schema_metadata({"kiwoom_research": json.dumps(note)})
        pq.write_table(rows, place.with_suffix(".tmp"), compression="zstd")
        os.replace(place.with_suffix(".tmp"), place)

    def staged(self) -> dict[Path, dict[str, Any]]:
        """The files in ``staging/`` and their notes."""
        import pyarrow.parquet as pq

        return {
            place: json.loads(pq.read_schema(place).metadata[b"kiwoom_research"])
            for place in sorted(self.path.glob("staging/*.parquet"))
        }

    def with_table(self, manifest: Manifest, name: str, frame: pd.DataFrame) -> Manifest:
        """Write a small table; the manifest with it."""
        path = f"tables/{name}-{manifest.generation:06}.parquet"
        place = self.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        frame.to_parquet(place.with_suffix(".tmp"))
        os.replace(place.with_suffix(".tmp"), place)
        return replace(manifest, tables={**manifest.tables, name: path})

    def with_bars(self, manifest: Manifest, freq: str, source: str, connection: Any) -> Manifest:
        """Merge bars into the years they belong to; a new row replaces the old one of its code and time.

        ``source`` is the SQL of a table of bars.
        """
        at = time_column(freq)
        connection.execute(f"CREATE TEMP TABLE new_rows AS SELECT * FROM {source}")
        try:
            years = connection.execute(f"SELECT DISTINCT year({at}) FROM new_rows ORDER BY 1").fetchall()
            for (year,) in years:
                manifest = self._with_year(manifest, freq, int(year), connection)
        finally:
            connection.execute("DROP TABLE new_rows")
        return manifest

    def _with_year(self, manifest: Manifest, freq: str, year: int, connection: Any) -> Manifest:
        at = time_column(freq)
        fresh = f"SELECT * FROM new_rows WHERE year({at}) = {year}"
        there = [file for file in manifest.of(freq) if file.year == year]
        old = [file for file in there if file.rows < FULL or self._repeats(file, fresh, at, connection)]
        query = fresh
        if old:
            query = (
                f"SELECT * FROM {sql_files(self.addresses(old))} o"
                f" WHERE NOT EXISTS (SELECT 1 FROM ({fresh}) n WHERE n.code = o.code AND n.{at} = o.{at})"
                f" UNION ALL BY NAME {fresh}"
            )
        file = self._write(query, freq, year, manifest.generation, connection)
        return replace(manifest, files=(*(f for f in manifest.files if f not in old), file))

    def _repeats(self, file: DataFile, fresh: str, at: str, connection: Any) -> bool:
        """Whether some of the new rows are in a file already."""
        found = connection.execute(
            f"SELECT 1 FROM {sql_files([self.address(file.path)])} o SEMI JOIN ({fresh}) n USING (code, {at}) LIMIT 1"
        ).fetchall()
        return bool(found)

    def _write(self, query: str, freq: str, year: int, generation: int, connection: Any) -> DataFile:
        at = time_column(freq)
        folder = self.path / "bars" / f"freq={freq}" / f"year={year}"
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / f"{generation:06}.parquet"
        draft = place.with_suffix(".tmp")
        connection.execute(
            f"COPY ({query} ORDER BY code, {at}) TO {sql_text(str(draft))}"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
        )
        os.replace(draft, place)
        rows, first, last, begin, end = connection.execute(
            f"SELECT count(*), min(code), max(code), min({at})::DATE, max({at})::DATE FROM {sql_files([str(place)])}"
        ).fetchall()[0]
        return DataFile(
            place.relative_to(self.path).as_posix(), freq, year, rows, place.stat().st_size,
            (first, last), (begin.isoformat(), end.isoformat()),
        )  # fmt: skip


def sql_text(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def sql_files(files: Sequence[str], *options: str) -> str:
    """Parquet files as an SQL table."""
    listed = ", ".join(map(sql_text, files))
    return f"read_parquet({', '.join([f'[{listed}]', 'hive_partitioning=false', *options])})"


def replace_file(place: Path, content: bytes) -> None:
    """Replace a file at once; after a power cut it holds either the old content or the new."""
    draft = place.with_suffix(".tmp")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, place)
