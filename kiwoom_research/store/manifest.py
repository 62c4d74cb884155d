"""The files of a store: which ones count, and how they change.

``manifest.json`` names every file that counts. Files never change once written; a write makes new ones and
then replaces the manifest, so that a reader sees all of it or nothing. What a new manifest no longer names
is removed. Bars of one code wait in ``incoming/`` until they are merged: a crash loses the code in flight.

::

    manifest.json
    bars/freq=1d/year=2026/000012.parquet      sorted by code and time
    tables/events-000012.parquet               events, what was pulled, stocks
    incoming/1d-005930.parquet                 pulled, not merged yet
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ConfigError
from .schema import label

LAYOUT = 1
GROUP_ROWS = 32_768  # rows of a row group: small enough that one code is found without reading the others
LARGE = 4_000_000  # rows from which on a file is left alone when new bars come


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file of bars."""

    path: str
    freq: str
    year: int
    rows: int
    bytes: int
    codes: tuple[str, str]
    span: tuple[str, str]

    def meets(
        self,
        codes: Sequence[str] | None,
        between: tuple[str, str] | None,
        start: str | None,
        end: str | None,
    ) -> bool:
        """Whether it can hold bars of these codes (or of all between two) from one time to another."""
        if (start and self.span[1] < start[:10]) or (end and self.span[0] > end[:10]):
            return False
        first, last = self.codes
        if between is not None and (between[1] < first or between[0] > last):
            return False
        return codes is None or any(first <= code <= last for code in codes)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a store holds at one moment."""

    generation: int = 0
    parts: tuple[Part, ...] = ()
    tables: Mapping[str, str] = field(default_factory=dict)

    def next(self) -> Snapshot:
        """The one to begin a write with."""
        return replace(self, generation=self.generation + 1)

    def of(self, freq: str) -> list[Part]:
        """The files of one frequency."""
        return [part for part in self.parts if part.freq == freq]


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

    def address(self, name: str) -> str:
        """Where a file of the folder is."""
        return f"{self.url}/{name}"

    # --- reading ---------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """What the manifest says now; nothing when there is none.

        Raises
        ------
        ConfigError
            The manifest cannot be read, or was written by a newer version.
        """
        try:
            text = self._text("manifest.json")
        except FileNotFoundError:
            return Snapshot()
        try:
            told = json.loads(text)
            if told["layout"] != LAYOUT:
                raise ConfigError(f"{self.url} has layout {told['layout']}; this version reads {LAYOUT}")
            parts = tuple(
                Part(**{**part, "codes": tuple(part["codes"]), "span": tuple(part["span"])})
                for part in told["parts"]
            )
            return Snapshot(told["generation"], parts, told["tables"])
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{self.address('manifest.json')} cannot be read: {error}") from None

    def open(self, name: str) -> Any:
        """A file of the folder, to be read."""
        where = self.address(name)
        return open(where, "rb") if self.filesystem is None else self.filesystem.open(where, "rb")

    def _text(self, name: str) -> str:
        with self.open(name) as file:
            return str(file.read(), "utf-8")

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

    def commit(self, snapshot: Snapshot) -> None:
        """Make a snapshot the one that counts and remove the files that no longer do."""
        told = {
            "layout": LAYOUT,
            "generation": snapshot.generation,
            "parts": [asdict(part) for part in snapshot.parts],
            "tables": dict(snapshot.tables),
        }
        write_whole(self.path / "manifest.json", json.dumps(told, indent=1).encode())
        kept = {part.path for part in snapshot.parts} | set(snapshot.tables.values())
        for file in [*self.path.glob("bars/*/*/*"), *self.path.glob("tables/*")]:
            if file.relative_to(self.path).as_posix() not in kept:
                with suppress(OSError):  # Windows keeps what somebody reads; the next commit tries again
                    file.unlink()

    def land(self, freq: str, code: str, rows: Any, note: Mapping[str, Any]) -> None:
        """Put the bars of one code down, with what else was learned."""
        import pyarrow.parquet as pq

        place = self.path / "incoming" / f"{freq}-{code}.parquet"
        place.parent.mkdir(exist_ok=True)
        rows = rows.replace_schema_metadata({"kiwoom_research": json.dumps(note)})
        pq.write_table(rows, place.with_suffix(".tmp"), compression="zstd")
        os.replace(place.with_suffix(".tmp"), place)

    def landed(self) -> dict[Path, dict[str, Any]]:
        """What waits in ``incoming/``: files and their notes."""
        import pyarrow.parquet as pq

        return {
            place: json.loads(pq.read_schema(place).metadata[b"kiwoom_research"])
            for place in sorted(self.path.glob("incoming/*.parquet"))
        }

    def with_table(self, snapshot: Snapshot, name: str, frame: pd.DataFrame) -> Snapshot:
        """Write a small table; the snapshot with it."""
        path = f"tables/{name}-{snapshot.generation:06}.parquet"
        place = self.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        frame.to_parquet(place.with_suffix(".tmp"))
        os.replace(place.with_suffix(".tmp"), place)
        return replace(snapshot, tables={**snapshot.tables, name: path})

    def with_bars(self, snapshot: Snapshot, freq: str, source: str, connection: Any) -> Snapshot:
        """Merge bars into the years they belong to; a new row replaces the old one of its code and time.

        ``source`` is the SQL of a table of bars.
        """
        at = label(freq)
        connection.execute(f"CREATE TEMP TABLE new_rows AS SELECT * FROM {source}")
        try:
            years = connection.execute(f"SELECT DISTINCT year({at}) FROM new_rows ORDER BY 1").fetchall()
            for (year,) in years:
                snapshot = self._with_year(snapshot, freq, int(year), connection)
        finally:
            connection.execute("DROP TABLE new_rows")
        return snapshot

    def _with_year(self, snapshot: Snapshot, freq: str, year: int, connection: Any) -> Snapshot:
        at = label(freq)
        fresh = f"SELECT * FROM new_rows WHERE year({at}) = {year}"
        there = [part for part in snapshot.of(freq) if part.year == year]
        old = [part for part in there if part.rows < LARGE or self._repeats(part, fresh, at, connection)]
        query = fresh
        if old:
            files = [self.address(part.path) for part in old]
            query = (
                f"SELECT * FROM {parquet(files)} o"
                f" WHERE NOT EXISTS (SELECT 1 FROM ({fresh}) n WHERE n.code = o.code AND n.{at} = o.{at})"
                f" UNION ALL BY NAME {fresh}"
            )
        part = self._write(query, freq, year, snapshot.generation, connection)
        return replace(snapshot, parts=(*(p for p in snapshot.parts if p not in old), part))

    def _repeats(self, part: Part, fresh: str, at: str, connection: Any) -> bool:
        """Whether some of the new rows are in a file already."""
        found = connection.execute(
            f"SELECT 1 FROM {parquet([self.address(part.path)])} o SEMI JOIN ({fresh}) n USING (code, {at}) LIMIT 1"
        ).fetchall()
        return bool(found)

    def _write(self, query: str, freq: str, year: int, generation: int, connection: Any) -> Part:
        at = label(freq)
        folder = self.path / "bars" / f"freq={freq}" / f"year={year}"
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / f"{generation:06}.parquet"
        draft = place.with_suffix(".tmp")
        connection.execute(
            f"COPY ({query} ORDER BY code, {at}) TO {literal(str(draft))}"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {GROUP_ROWS})"
        )
        os.replace(draft, place)
        rows, first, last, begin, end = connection.execute(
            f"SELECT count(*), min(code), max(code), min({at})::DATE, max({at})::DATE FROM {parquet([str(place)])}"
        ).fetchall()[0]
        return Part(
            place.relative_to(self.path).as_posix(), freq, year, rows, place.stat().st_size,
            (first, last), (begin.isoformat(), end.isoformat()),
        )  # fmt: skip


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def parquet(files: Sequence[str], *options: str) -> str:
    """Parquet files as a table in SQL."""
    listed = ", ".join(map(literal, files))
    return f"read_parquet({', '.join([f'[{listed}]', 'hive_partitioning=false', *options])})"


def write_whole(place: Path, content: bytes) -> None:
    """Replace a file by another at once; also after a power cut it is one of the two."""
    draft = place.with_suffix(".tmp")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, place)
