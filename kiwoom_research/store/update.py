"""Incremental update: find gaps, download them code by code, merge them into the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..bulk.workers import failure_record, run_jobs
from ..data.bars import FREQS
from ..errors import KiwoomError
from .download import REPORT, CodeResult, download_code
from .folder import sql_files
from .gaps import Gap, find_gaps, gap_costs
from .manifest import Manifest
from .metadata import with_delisted, with_rows
from .query import empty_frame
from .reader import Reader

if TYPE_CHECKING:
    from ..client import Client

MERGE_BARS = 2_000_000  # staged bars that start a merge


def update_codes(
    reader: Reader,
    codes: Sequence[str],
    freq: str,
    since: date | None,
    client: Client,
    *,
    progress: bool,
    recheck: bool = False,
) -> pd.DataFrame:
    """Download what codes lack and merge it as it comes; `recheck` pulls the last sessions of every code.

    Returns
    -------
    pandas.DataFrame
        One row per code that was pulled: ``bars, changed, events, note, error``.
    """
    manifest = reader.folder.read_manifest()
    pulls = reader.table(manifest, "pulls")
    stocks = reader.table(manifest, "stocks")
    gaps = find_gaps(codes, freq, since, client.now(), pulls, stocks, recheck=recheck)
    stored = _stored_bars(reader, manifest, freq, gaps)
    events = reader.events(manifest)
    empty = empty_frame(freq).droplevel("code")

    def job(code: str, client: Client) -> CodeResult:
        own = stored.get(code, empty)
        return download_code(code, freq, gaps[code], client, own, events.get(code, ()), reader.folder)

    rows: dict[str, dict[str, Any]] = {}
    waiting = 0
    try:
        costs = gap_costs(gaps, freq, client)
        with closing(run_jobs(client, costs, job, progress=progress, title=f"update {freq}")) as outcomes:
            for code, outcome in outcomes:
                if isinstance(outcome, KiwoomError):
                    failed = failure_record(code, outcome)
                    rows[code] = dict(zip(REPORT, (0, 0, 0, failed["message"], failed["error"]), strict=True))
                    continue
                rows[code] = outcome.report
                waiting += outcome.bars
                if waiting >= MERGE_BARS:
                    merge_staged(reader, client)
                    waiting = 0
    finally:
        merge_staged(reader, client)
    report = pd.DataFrame.from_dict(rows, orient="index", columns=list(REPORT))
    return report.astype(REPORT).rename_axis("code").sort_index()


def merge_staged(reader: Reader, client: Client | None = None) -> None:
    """Merge what is staged into the store; pages of stored bars leave the client's cache."""
    folder = reader.folder
    staged = folder.staged()
    if not staged:
        return
    notes = list(staged.values())
    manifest = folder.read_manifest().next_generation()
    freqs = sorted({note["freq"] for note in notes})
    with closing(reader.cursor()) as cursor:
        for freq in freqs:
            files = [str(place) for place, note in staged.items() if note["freq"] == freq]
            manifest = folder.with_bars(manifest, freq, sql_files(files), cursor)
    manifest = with_rows(folder, manifest, "events", [row for note in notes for row in note["events"]])
    manifest = with_rows(folder, manifest, "pulls", notes)
    delisted = {note["code"]: date.fromisoformat(note["delisted"]) for note in notes if note["delisted"]}
    manifest = with_delisted(folder, manifest, delisted)
    folder.commit(manifest)
    for place in staged:
        place.unlink(missing_ok=True)
    if client is not None:
        for freq in freqs:
            codes = [note["code"] for note in notes if note["freq"] == freq]
            client.cache.release(FREQS[freq].id, codes, client.server.name)


def _stored_bars(
    reader: Reader, manifest: Manifest, freq: str, gaps: Mapping[str, Gap]
) -> dict[str, pd.DataFrame]:
    """The stored raw bars in the ranges of gaps, by code."""
    ranges = [(code, *days) for code, gap in gaps.items() if gap.stored for days in gap.ranges]
    if not ranges:
        return {}
    frame = reader.bars(manifest, freq, ranges=ranges)
    return {str(code): own.droplevel("code") for code, own in frame.groupby(level="code", sort=False)}
