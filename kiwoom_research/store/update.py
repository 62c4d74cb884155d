"""Incremental update: find gaps, download them code by code, merge them into the store."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import calendar
from ..bulk.estimate import listing_dates
from ..bulk.workers import failure_record, run_jobs
from ..data.arguments import When, moment
from ..data.bars import FREQS, bars_request
from ..data.fetch import fetch
from ..errors import ConfigError, KiwoomError
from .disk import remove
from .download import REPORT, CodeResult, download_code
from .folder import sql_files
from .gaps import Gap, default_since, find_gaps, gap_costs
from .judgement import Known
from .manifest import Manifest
from .metadata import fund_codes, with_delisted, with_rows
from .official import COLUMNS, official_rows, trusted_closes, with_official
from .query import empty_frame
from .reader import Reader
from .staging import staged
from .verify import missing_sessions

if TYPE_CHECKING:
    from ..client import Client

COMPARED = timedelta(days=30)  # a store whose market is not known is compared over so long
MERGE_BARS = 2_000_000  # staged bars that start a merge


def update_codes(
    reader: Reader,
    codes: Sequence[str],
    freq: str,
    since: date | None,
    client: Client,
    *,
    progress: bool,
    new_since: date | None = None,
    check: bool = True,
) -> pd.DataFrame:
    """Download what codes lack and merge it as it comes.

    ``check``: hold daily bars against a page of the adjusted chart in any case, one request a code.

    Returns
    -------
    pandas.DataFrame
        One row per code that was pulled: ``bars, changed, events, note, error``.
    """
    gaps = gaps_of(reader, codes, freq, since, client, new_since=new_since)
    return download_gaps(reader, gaps, freq, client, progress=progress, check=check)


def gaps_of(
    reader: Reader,
    codes: Sequence[str],
    freq: str,
    since: date | None,
    client: Client,
    *,
    new_since: date | None = None,
) -> dict[str, Gap]:
    """What codes lack: days behind and before what is stored, and holes in it."""
    manifest = reader.folder.read_manifest()
    pulls, stocks = reader.table(manifest, "pulls"), reader.table(manifest, "stocks")
    missing = missing_sessions(reader, manifest, freq)
    holes = {str(code): [day.date() for day in own] for code, own in missing.groupby("code")["date"]}
    return find_gaps(codes, freq, since, client.now(), pulls, stocks, new_since=new_since, holes=holes)


def download_gaps(
    reader: Reader,
    gaps: Mapping[str, Gap],
    freq: str,
    client: Client,
    *,
    progress: bool,
    check: bool = True,
) -> pd.DataFrame:
    """Download these gaps; see `update_codes`."""
    manifest = reader.folder.read_manifest()
    known = known_of(reader, manifest, gaps)
    stored = _stored_bars(reader, manifest, freq, gaps, known)
    listed = reader.table(manifest, "stocks").set_index("code")["listed"].dropna()
    listed_on = listing_dates(client) | {str(code): day.date() for code, day in listed.items()}
    empty = empty_frame(freq).droplevel("code")

    def job(code: str, client: Client) -> CodeResult:
        own, listed = stored.get(code, empty), listed_on.get(code)
        return download_code(
            code, freq, gaps[code], client, own, known[code], listed, reader.folder, check=check
        )

    rows: dict[str, dict[str, Any]] = {}
    waiting = 0
    try:
        costs = gap_costs(gaps, freq, client, check=check)
        with closing(run_jobs(client, costs, job, progress=progress, title=f"update {freq}")) as outcomes:
            for code, outcome in outcomes:
                if isinstance(outcome, KiwoomError):
                    failed = failure_record(code, outcome)
                    rows[code] = dict(zip(REPORT, (0, 0, 0, failed["message"], failed["error"]), strict=True))
                    continue
                rows[code] = outcome.report
                waiting += outcome.bars
                if waiting >= MERGE_BARS:
                    merge_staged(reader)
                    waiting = 0
    finally:
        merge_staged(reader)
    return report_of(rows)


def report_of(rows: Mapping[str, dict[str, Any]]) -> pd.DataFrame:
    """The report of these codes."""
    report = pd.DataFrame.from_dict(dict(rows), orient="index", columns=list(REPORT))
    return report.astype(REPORT).rename_axis("code").sort_index()


def claim_market(reader: Reader, client: Client) -> None:
    """Make sure that the store holds bars of the client's market, which an empty store is given for good.

    Raises
    ------
    ConfigError
        It holds bars of another one, or bars that this one does not have.
    """
    folder = reader.folder
    manifest = folder.read_manifest()
    market = client.market
    if manifest.market == market:
        return
    if manifest.market:
        raise ConfigError(
            f"{folder.url} holds bars of {manifest.market}, and this client asks {market}: choose another folder"
        )
    if manifest.of("1d"):
        _compare_with_server(reader, manifest, client)
    folder.commit(replace(manifest.next_generation(), market=market))


def _compare_with_server(reader: Reader, manifest: Manifest, client: Client) -> None:
    """Compare the last bars of one code with the server's: nobody knows whose bars these are."""
    pulls = reader.table(manifest, "pulls")
    newest = pulls[pulls["freq"] == "1d"].sort_values(["until", "code"]).iloc[-1]
    code, until = str(newest["code"]), newest["until"].date()
    start = calendar.session_on_or_before(until - COMPARED)
    request = bars_request(code, "1d", start=start, end=until, adjusted=False, client=client)
    theirs = fetch(request).frame["close"]
    ours = reader.bars(manifest, "1d", codes=[code], start=start.isoformat())["close"].droplevel("code")
    shared = ours.index.intersection(theirs.index)
    if not len(shared) or (ours[shared] != theirs[shared]).any():
        raise ConfigError(
            f"{reader.folder.url} holds other bars of {code} than {client.market} has: choose another folder"
        )


def merge_staged(reader: Reader) -> None:
    """Merge what is staged into the store."""
    folder = reader.folder
    files = staged(folder)
    if not files:
        return
    notes = list(files.values())
    manifest = folder.read_manifest().next_generation()
    freqs = sorted({note["freq"] for note in notes})
    with closing(reader.cursor()) as cursor:
        for freq in freqs:
            own = [str(place) for place, note in files.items() if note["freq"] == freq]
            manifest = folder.with_bars(manifest, freq, sql_files(own), cursor)
    manifest = merge_notes(reader, manifest, notes)
    folder.commit(manifest)
    for place in files:
        remove(place)


def merge_notes(reader: Reader, manifest: Manifest, notes: Sequence[dict[str, Any]]) -> Manifest:
    """The manifest after what pulls found besides bars: events, official closes, stocks, and what was pulled."""
    folder = reader.folder
    events = [row for note in notes for row in note["events"]]
    manifest = with_rows(folder, manifest, "events", events)
    found = [
        (note["code"], day, price, note["official_source"], datetime.fromisoformat(note["seen"]))
        for note in notes
        for day, price in note["official"]
    ]
    rows = official_rows(*zip(*found, strict=True)) if found else pd.DataFrame(columns=COLUMNS)
    days = [(row["code"], date.fromisoformat(row["date"])) for row in events if row["ratio"] != 1]
    late = [(code, day) for code, day in days if day > calendar.LONG_DAY]
    manifest, _ = with_official(reader, manifest, rows, late)
    manifest = with_rows(folder, manifest, "pulls", notes)
    manifest = with_rows(folder, manifest, "stocks", [note["stock"] for note in notes if note["stock"]])
    delisted = {note["code"]: date.fromisoformat(note["delisted"]) for note in notes if note["delisted"]}
    return with_delisted(folder, manifest, delisted)


def known_of(reader: Reader, manifest: Manifest, codes: Collection[str]) -> dict[str, Known]:
    """What the store knows of the corporate actions and official closes of these codes."""
    events, closes = reader.events(manifest), trusted_closes(reader, manifest, codes)
    pulls, stocks = reader.table(manifest, "pulls"), reader.table(manifest, "stocks")
    checked = pulls[pulls["freq"] == "1d"].set_index("code")["checked"]
    until = {str(code): day.date() for code, day in checked.dropna().items()}
    funds = set(fund_codes(stocks))
    return {
        code: Known(events.get(code, ()), closes.get(code, {}), code in funds, until.get(code))
        for code in codes
    }


def _stored_bars(
    reader: Reader, manifest: Manifest, freq: str, gaps: Mapping[str, Gap], known: Mapping[str, Known]
) -> dict[str, pd.DataFrame]:
    """The stored raw bars in the ranges of gaps, by code; days from the last one that is beyond doubt."""
    ranges = []
    for code, gap in gaps.items():
        for start, end in gap.ranges if gap.stored else ():
            ranges.append((code, known[code].judged_from(start, end) if freq == "1d" else start, end))
    if not ranges:
        return {}
    frame = reader.bars(manifest, freq, ranges=ranges)
    return {str(code): own.droplevel("code") for code, own in frame.groupby(level="code", sort=False)}


def update_parts(freq: str, client: Client) -> list[tuple[str, date | None]]:
    """The frequencies that an update of one pulls, and where new codes begin: minutes need their days."""
    if freq == "1d":
        return [("1d", None)]
    first = default_since(freq, calendar.last_final(client.now(), FREQS[freq].finality))
    return [("1d", first), (freq, first)]


def with_days(minutes: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """The report of minutes with the events of their days; without its days the events of a code are not known."""
    minutes["events"] = days["events"].reindex(minutes.index, fill_value=0)
    for name in ("note", "error"):
        failed = days["error"].reindex(minutes.index, fill_value="") != ""
        minutes[name] = minutes[name].mask(failed, days[name])
    return minutes


def parse_since(since: When) -> date | None:
    """The day of the argument ``since``."""
    stamp = moment(since, "since")
    return None if stamp is None else stamp.date()


def warn_of_failures(report: pd.DataFrame) -> None:
    """One warning for the codes of a report that failed."""
    failed = report[report["error"] != ""]
    if len(failed):
        first = f"the first {failed.index[0]}: {failed['note'].iloc[0]}"
        warnings.warn(f"{len(failed)} codes failed, {first}", UserWarning, stacklevel=3)
