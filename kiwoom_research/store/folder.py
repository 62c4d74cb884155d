"""The folder of a store: reading its files, and committing a new manifest.

::

    manifest.json
    bars/freq=1d/year=2026/000012.parquet      sorted by code and time
    tables/events-000012.parquet               events, pulls, stocks, former
    staging/1d-005930.parquet                  pulled, not merged yet
    staging/drafts.txt                         files of a write that no manifest names yet

Nothing is deleted but what a manifest of this store named, and what a write of this store began.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ConfigError, StoreError
from .disk import checksum, put_in_place, remove, replace_file, store_errors, sync
from .manifest import NAME, DataFile, Manifest, TableFile, parse_manifest
from .schema import time_column

ROW_GROUP = 32_768  # rows: small enough that one code is found without reading the others
FULL = 4_000_000  # rows from which on a file is left alone when new bars come
LOCK = "write.lock"
DRAFTS = "staging/drafts.txt"


class Folder:
    """A store's folder: a local path, or for reading only any address that fsspec knows."""

    def __init__(self, place: str | os.PathLike[str]) -> None:
        self.url = os.fspath(place)
        self.filesystem: Any = None
        self._checked: dict[str, tuple[int, int, str]] = {}
        if not self.url.strip():
            raise ValueError("path: expected the folder of a store, got an empty text")
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

    def check(self, path: str, expected: str) -> None:
        """Compare a file with its checksum, once for each state of the file; StoreError names a damaged one.

        Files elsewhere than on this machine are not read for this: their storage has checksums of its own.
        """
        if self.filesystem is not None:
            return
        place = self.path / path
        try:
            stat = place.stat()
            state = (stat.st_size, stat.st_mtime_ns, expected)
            if self._checked.get(path) == state:
                return
            found = checksum(place)
        except FileNotFoundError:
            raise StoreError(f"{place} is gone: Store.repair() pulls its bars again") from None
        if found != expected:
            raise StoreError(f"{place} is damaged: Store.repair() pulls its bars again")
        self._checked[path] = state

    def forget(self, path: str) -> None:
        """Compare a file with its checksum again, whatever its size and time say."""
        self._checked.pop(path, None)

    def sql(self, files: Iterable[DataFile], *options: str) -> str:
        """Data files as an SQL table, each compared with its checksum first."""
        files = list(files)
        for file in files:
            self.check(file.path, file.checksum)
        return sql_files([self.address(file.path) for file in files], *options)

    def read_manifest(self) -> Manifest:
        """The manifest as it is now; an empty one for a folder that is empty or does not exist.

        Raises
        ------
        ConfigError
            There is something else in the folder, or a store of another edition.
        StoreError
            The manifest is damaged, or gone while the files are there.
        """
        try:
            with store_errors(self.address(NAME)), self.open(NAME) as file:
                content = file.read()
        except StoreError as error:
            if not isinstance(error.__cause__, (FileNotFoundError, NotADirectoryError)):
                raise
            self._must_be_empty()
            return Manifest()
        return parse_manifest(content, self.address(NAME))

    def _must_be_empty(self) -> None:
        """Refuse a folder without a manifest that holds anything else than the beginnings of a write."""
        if self.filesystem is not None:
            raise ConfigError(f"{self.url} holds no store: it has no {NAME}")
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise ConfigError(f"{self.url} is a file: a store is a folder")
        with store_errors(self.url):
            found = sorted(place.name for place in self.path.iterdir() if place.name not in (LOCK, "staging"))
            bars = {place.relative_to(self.path).as_posix() for place in self.path.glob("bars/*/*/*.parquet")}
        if bars - self.drafts():
            raise ConfigError(
                f"{self.url} holds bars and no {NAME}: Store.recover({self.url!r}) rebuilds it from the files"
            )
        if [name for name in found if name != f"{Path(NAME).stem}.tmp" and not self._is_bare(name)]:
            raise ConfigError(
                f"{self.url} holds something other than a store: {', '.join(found[:5])}; choose another folder,"
                f" or Store.recover({self.url!r}) if bars of a store are among it"
            )

    def _is_bare(self, name: str) -> bool:
        """Whether an entry is a folder that a first write had begun: without a file that counts."""
        files = [place for place in (self.path / name).rglob("*") if place.is_file()]
        drafts = self.drafts()
        return name in ("bars", "tables") and all(
            place.suffix == ".tmp" or place.relative_to(self.path).as_posix() in drafts for place in files
        )

    def open(self, name: str) -> Any:
        """A file of the folder, opened for reading."""
        where = self.address(name)
        return open(where, "rb") if self.filesystem is None else self.filesystem.open(where, "rb")

    # --- writing ---------------------------------------------------------------------------------

    @contextmanager
    def writing(self, *, anew: bool = False) -> Iterator[None]:
        """Be the only writer; ConfigError when another process is, StoreError when the disk cannot hold it.

        ``anew``: whatever the manifest says, and if there is none.
        """
        from filelock import FileLock, Timeout

        with store_errors(self.url):
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / LOCK, timeout=0)
            try:
                lock.acquire()
            except Timeout:
                raise ConfigError(f"{self.url} is being written by another process; it can be read") from None
            try:
                if not anew:
                    self._remove_drafts()
                yield
            finally:
                lock.release()

    def drafts(self) -> set[str]:
        """The files that a write began and that no manifest named yet."""
        try:
            return set((self.path / DRAFTS).read_text(encoding="utf-8").split("\n")) - {""}
        except (FileNotFoundError, UnicodeDecodeError):
            return set()

    def _remove_drafts(self) -> None:
        """Remove what a write that was killed left behind; never a file that the manifest names."""
        drafts = self.drafts()
        if drafts:
            kept = self.read_manifest().checksums.keys()
            # only where this store writes, whatever the list says
            own = {
                name for name in drafts - kept if name.startswith(("bars/", "tables/")) and ".." not in name
            }
            for name in own:
                remove(self.path / name)
                remove((self.path / name).with_suffix(".tmp"))
        remove(self.path / DRAFTS)

    def _draft(self, name: str) -> Path:
        """Where to write a new file; it is noted before it exists."""
        notes = self.path / DRAFTS
        notes.parent.mkdir(parents=True, exist_ok=True)
        with notes.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")
        sync(notes)
        place = self.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def commit(self, manifest: Manifest, before: Manifest | None = None) -> None:
        """Make a manifest the current one, and remove the files that only the one before it named."""
        before = self.read_manifest() if before is None else before
        kept = manifest.checksums.keys()
        gone = {*before.checksums, *before.dropped} - kept
        for place in {
            (self.path / name).parent for name in kept
        }:  # folders that are new, up to the store's own
            for folder in (place, *place.parents[: len(place.relative_to(self.path).parts)]):
                sync(folder)
        replace_file(self.path / NAME, replace(manifest, dropped=tuple(sorted(gone))).to_json())
        still = tuple(sorted(name for name in gone if not remove(self.path / name)))
        if gone and not still:
            replace_file(self.path / NAME, replace(manifest, dropped=()).to_json())
        remove(self.path / DRAFTS)

    def with_table(self, manifest: Manifest, name: str, frame: pd.DataFrame) -> Manifest:
        """Write a small table; the manifest with it."""
        path = f"tables/{name}-{manifest.generation:06}.parquet"
        place = self._draft(path)
        frame.to_parquet(place.with_suffix(".tmp"))
        put_in_place(place.with_suffix(".tmp"), place)
        return replace(manifest, tables={**manifest.tables, name: TableFile(path, checksum(place))})

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
                f"SELECT * FROM {self.sql(old)} o"
                f" WHERE NOT EXISTS (SELECT 1 FROM ({fresh}) n WHERE n.code = o.code AND n.{at} = o.{at})"
                f" UNION ALL BY NAME {fresh}"
            )
        file = self.write_year(query, freq, year, manifest.generation, connection)
        return replace(manifest, files=(*(f for f in manifest.files if f not in old), file))

    def _repeats(self, file: DataFile, fresh: str, at: str, connection: Any) -> bool:
        """Whether some of the new rows are in a file already."""
        found = connection.execute(
            f"SELECT 1 FROM {self.sql([file])} o SEMI JOIN ({fresh}) n USING (code, {at}) LIMIT 1"
        ).fetchall()
        return bool(found)

    def write_year(self, query: str, freq: str, year: int, generation: int, connection: Any) -> DataFile:
        """Write the bars of a query as the file of a year."""
        at = time_column(freq)
        place = self._draft(f"bars/freq={freq}/year={year}/{generation:06}.parquet")
        draft = place.with_suffix(".tmp")
        connection.execute(
            f"COPY ({query} ORDER BY code, {at}) TO {sql_text(str(draft))}"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
        )
        put_in_place(draft, place)
        return self.describe_file(place, freq, year, connection)

    def describe_file(self, place: Path, freq: str, year: int, connection: Any) -> DataFile:
        """What the manifest says of a file of bars."""
        at = time_column(freq)
        rows, first, last, begin, end = connection.execute(
            f"SELECT count(*), min(code), max(code), min({at})::DATE, max({at})::DATE FROM {sql_files([str(place)])}"
        ).fetchall()[0]
        return DataFile(
            place.relative_to(self.path).as_posix(), freq, year, rows, place.stat().st_size,
            (first, last), (begin.isoformat(), end.isoformat()), checksum(place),
        )  # fmt: skip


def sql_text(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def sql_files(files: Sequence[str], *options: str) -> str:
    """Parquet files as an SQL table; a name is a name and no pattern."""
    listed = ", ".join(sql_text("".join(PATTERNS.get(letter, letter) for letter in file)) for file in files)
    return f"read_parquet({', '.join([f'[{listed}]', 'hive_partitioning=false', *options])})"


PATTERNS = {"[": "[[]", "?": "[?]", "*": "[*]"}  # what DuckDB reads as a pattern, and how to say it literally
