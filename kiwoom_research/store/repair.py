"""Repair: rebuild a manifest from the files of a store, and pull again what damaged files held."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import ConfigError, StoreError
from .corporate_actions import detect, known_closes
from .disk import checksum, store_errors
from .folder import Folder, sql_files
from .gaps import Gap
from .manifest import DataFile, Manifest, TableFile
from .metadata import COLUMNS, event_row, with_rows
from .reader import Reader
from .schema import DATASETS, OFFICIAL, STORED_FREQS, time_column
from .update import download_gaps, known_of
from .verify import damaged_files

if TYPE_CHECKING:
    from ..client import Client

log = logging.getLogger("kiwoom_research")

ASIDE = "damaged"  # where files go that are damaged
BARS_NAME = re.compile(r"bars/freq=(\w+)/year=(\d{4})/(\d{6})\.parquet")
TABLE_NAME = re.compile(r"tables/(\w+)-(\d{6})\.parquet")
RENAMED = {"through": "until", "filled": "first_stored"}  # columns of the first edition


def repair(reader: Reader, client: Client, *, progress: bool) -> pd.DataFrame:
    """Put damaged files aside and pull the bars of their years again; the caller is the only writer."""
    folder = reader.folder
    manifest = folder.read_manifest()
    broken = damaged_files(folder, manifest)
    lost = [file for file in manifest.files if file.path in broken]
    tables = {name: file for name, file in manifest.tables.items() if file.path not in broken}
    kept = tuple(file for file in manifest.files if file.path not in broken)
    if not broken:
        return download_gaps(reader, {}, "1d", client, progress=False)
    for path, text in broken.items():
        log.warning("%s", text)
        _put_aside(folder, path)
    mended = replace(manifest.next_generation(), files=kept, tables=tables)
    mended = _with_lost_tables(reader, mended, manifest.tables.keys() - tables.keys(), lost)
    folder.commit(mended)
    parts = []
    for freq in STORED_FREQS:
        gaps = _gaps_of(reader, mended, freq, [file for file in lost if file.freq == freq])
        if gaps:
            parts.append(download_gaps(reader, gaps, freq, client, progress=progress))
    return pd.concat(parts) if parts else download_gaps(reader, {}, "1d", client, progress=False)


def _put_aside(folder: Folder, path: str) -> None:
    place = folder.path / path
    if place.exists():
        aside = folder.path / ASIDE / path.replace("/", "-")
        aside.parent.mkdir(exist_ok=True)
        os.replace(place, aside)


def _gaps_of(reader: Reader, manifest: Manifest, freq: str, lost: list[DataFile]) -> dict[str, Gap]:
    """What each code lacks after these files are gone: its days of their years."""
    pulls = reader.table(manifest, "pulls")
    gaps: dict[str, Gap] = {}
    for row in pulls[pulls["freq"] == freq].to_dict("records"):
        since, until = row["since"].date(), row["until"].date()
        ranges = []
        for file in lost:
            first, last = max(since, date(file.year, 1, 1)), min(until, date(file.year, 12, 31))
            if first <= last and file.codes[0] <= row["code"] <= file.codes[1]:
                ranges.append((first, last))
        if ranges:
            gaps[row["code"]] = Gap(
                since,
                until,
                tuple(sorted(set(ranges))),
                stored=True,
                first=since,
                first_stored=row["first_stored"],
            )
    return gaps


def _with_lost_tables(reader: Reader, manifest: Manifest, names: set[str], lost: list[DataFile]) -> Manifest:
    """The manifest with tables made again from the bars that are left; names come with the next stock list."""
    folder = reader.folder
    if "pulls" in names:
        found = [*_spans(reader, manifest)]
        # of a damaged year only the first and last code and day are known
        found += [
            {"freq": file.freq, "code": code, "since": file.span[0], "until": file.span[1]}
            for file in lost
            for code in file.codes
        ]
        frame = pd.DataFrame(found, columns=list(COLUMNS["pulls"]))
        if len(frame):
            frame[["since", "until"]] = frame[["since", "until"]].apply(pd.to_datetime)
            both = frame.groupby(["freq", "code"]).agg({"since": "min", "until": "max"}).reset_index()
            manifest = with_rows(folder, manifest, "pulls", both.reindex(columns=list(COLUMNS["pulls"])))
    if "events" in names:
        manifest = with_rows(folder, manifest, "events", _detected(reader, manifest))
    return manifest


def _spans(reader: Reader, manifest: Manifest) -> Iterator[dict[str, Any]]:
    """The first and last day of each code in the bars."""
    with closing(reader.cursor()) as cursor:
        for freq in sorted({file.freq for file in manifest.files} - {OFFICIAL}):
            at = time_column(freq)
            for code, first, last in cursor.execute(
                f"SELECT code, min({at})::DATE, max({at})::DATE FROM {reader.sql(manifest.of(freq))} GROUP BY 1"
            ).fetchall():
                yield {"freq": freq, "code": code, "since": first, "until": last}


def _detected(reader: Reader, manifest: Manifest) -> list[dict[str, Any]]:
    """The corporate actions that the stored bars show; others come with the next check of their code."""
    bars = reader.bars(manifest, "1d", columns=["close", "change", "volume"])
    known = known_of(reader, manifest, bars.index.get_level_values("code").unique())
    found = []
    for name, own in bars.groupby(level="code", sort=False):
        code, raw = str(name), own.droplevel("code")
        events = detect(raw, known_closes(raw, known[code].closes, fund=known[code].fund))
        found += [event_row(code, event) for event in events]
    return found


# --- recover ---------------------------------------------------------------------------------------


def recover(folder: Folder, reader: Reader) -> Manifest:
    """Write a manifest for the files of a folder; files that cannot be read are put aside.

    Where two files hold the same bar, the one of the later write counts.
    """
    with folder.writing(anew=True):
        manifest, generation = _market_of(folder), 0
        files: list[tuple[int, str, int, Path]] = []
        tables: dict[str, tuple[int, str]] = {}
        replaced: list[DataFile] = []
        for place in sorted([*folder.path.glob("bars/*/*/*.parquet"), *folder.path.glob("tables/*.parquet")]):
            path = place.relative_to(folder.path).as_posix()
            bars, table = BARS_NAME.fullmatch(path), TABLE_NAME.fullmatch(path)
            if bars and bars[1] in DATASETS:
                files.append((int(bars[3]), bars[1], int(bars[2]), place))
            elif table and table[1] in COLUMNS:
                tables[table[1]] = max(tables.get(table[1], (0, "")), (int(table[2]), path))
        if not files:
            raise ConfigError(f"{folder.url} holds no bars of a store, so there is nothing to recover")
        generation = 1 + max([*(number for number, *_ in files), *(number for number, _ in tables.values())])
        manifest = replace(manifest, generation=generation)
        with closing(reader.cursor()) as cursor:
            for freq, year in sorted({(freq, year) for _, freq, year, _ in files}):
                own = sorted(file for file in files if file[1:3] == (freq, year))
                found, merged = _year_of(folder, own, freq, year, generation, cursor)
                manifest = replace(manifest, files=(*manifest.files, *found))
                replaced += merged
        for name, (_, path) in tables.items():
            manifest = _with_table_of(folder, manifest, name, path)
        missing = {"pulls", "events"} - manifest.tables.keys()
        manifest = _with_lost_tables(reader, manifest, missing, [])
        folder.commit(manifest, before=Manifest(files=tuple(replaced)))
    return manifest


def _market_of(folder: Folder) -> Manifest:
    """Whose bars they are, if the manifest there is says so."""
    try:
        return Manifest(market=folder.read_manifest().market)
    except (StoreError, ConfigError):
        return Manifest()


def _year_of(
    folder: Folder,
    files: list[tuple[int, str, int, Path]],
    freq: str,
    year: int,
    generation: int,
    cursor: Any,
) -> tuple[list[DataFile], list[DataFile]]:
    """The file of a year, and the files that were merged into it; of a bar the later write counts."""
    sound: list[tuple[int, DataFile]] = []
    for number, _, _, place in files:
        try:
            with store_errors(str(place)):
                sound.append((number, folder.describe_file(place, freq, year, cursor)))
        except (StoreError, AttributeError) as error:  # a file without a row has no first day
            log.warning("%s cannot be read and is put aside (%s)", place, error)
            _put_aside(folder, place.relative_to(folder.path).as_posix())
    if len(sound) < 2:
        return [file for _, file in sound], []
    at = time_column(freq)
    parts = " UNION ALL BY NAME ".join(
        f"SELECT *, {number} AS written FROM {sql_files([folder.address(file.path)])}"
        for number, file in sound
    )
    query = (
        f"SELECT * EXCLUDE (written) FROM ({parts}) QUALIFY row_number() OVER"
        f" (PARTITION BY code, {at} ORDER BY written DESC) = 1"
    )
    return [folder.write_year(query, freq, year, generation, cursor)], [file for _, file in sound]


def _with_table_of(folder: Folder, manifest: Manifest, name: str, path: str) -> Manifest:
    """The manifest with a table as it lies there, its columns under their present names."""
    place = folder.path / path
    try:
        with store_errors(str(place)):
            frame = pd.read_parquet(place).rename(columns=RENAMED)
            table = frame.reindex(columns=list(COLUMNS[name])).astype(COLUMNS[name])
    except (StoreError, ValueError, TypeError) as error:
        log.warning("%s cannot be read and is put aside (%s)", place, error)
        _put_aside(folder, path)
        return manifest
    if list(frame.columns) == list(COLUMNS[name]):
        return replace(manifest, tables={**manifest.tables, name: TableFile(path, checksum(place))})
    return folder.with_table(manifest, name, table)
