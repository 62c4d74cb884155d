"""Keep codes current: what is missing, pull it, check it, put it down."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import calendar
from ..bulk.errand import Errand
from ..bulk.estimate import Cost, chart_cost, listing_dates
from ..bulk.pull import get_and_cut
from ..bulk.workers import each, failure
from ..data.bars import FREQS, chart
from ..data.catalog import query
from ..endpoints.chart import DAY
from ..endpoints.stock_info import STOCK
from ..errors import KiwoomError, UnknownCodeError
from ..frames import blank, rows_of
from .corporate_actions import Event, compare, found_in, jumps
from .manifest import Folder, Snapshot, parquet
from .metadata import event_row, events_by_code, with_delisted, with_rows
from .query import nothing
from .reader import Shelf
from .schema import CHART, PRICES, to_arrow

if TYPE_CHECKING:
    from ..client import Client

log = logging.getLogger("kiwoom_research")

OVERLAP = 20  # sessions that are pulled again and compared; they are in the same page
AFTER = timedelta(days=7)  # an event is checked as of a few sessions later
FOLD_BARS = 2_000_000  # pulled bars that wait in incoming/ before they are merged
KEPT = timedelta(days=372)  # minutes: the server keeps about a year
LISTS_CHANGE = timedelta(hours=8)  # of the day
TEN_YEARS = 10

Window = tuple[date, date | None]


@dataclass(frozen=True, slots=True)
class Need:
    """What a code lacks: windows to be pulled, and from when on it is covered afterwards."""

    since: date
    windows: tuple[Window, ...]
    stored: bool
    filled: pd.Timestamp  # the session of the first fill; NaT of a store that is older than this note


REPORT = {"bars": "int64", "changed": "int64", "events": "int64", "note": "object", "error": "object"}


@dataclass(slots=True)
class Landed:
    """What became of one code."""

    bars: int = 0
    changed: int = 0
    events: list[Event] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def report(self) -> dict[str, Any]:
        """A row of the report."""
        values = (self.bars, self.changed, len(self.events), "; ".join(self.notes), "")
        return dict(zip(REPORT, values, strict=True))


def default_since(freq: str, target: date) -> date:
    """How far back a code goes that was never pulled: ten years of days, all minutes that the server keeps."""
    if freq != "1d":
        return target - KEPT
    return date(target.year - TEN_YEARS, target.month, min(target.day, 28))


def fill_session(now: datetime) -> date:
    """The first session whose stocks are all in the lists of this moment: lists change at 08:00."""
    return calendar.session_on_or_before(now - LISTS_CHANGE)


def needs(
    codes: Sequence[str],
    freq: str,
    since: date | None,
    now: datetime,
    pulls: pd.DataFrame,
    stocks: pd.DataFrame,
    *,
    again: bool = False,
) -> dict[str, Need]:
    """What each code lacks up to the last final session; codes that lack nothing are absent unless `again`."""
    target, today = calendar.last_final(now), pd.Timestamp(fill_session(now))
    gone = stocks.dropna(subset="delisted").set_index("code")["delisted"]
    last = {code: min(target, calendar.previous_session(day)) for code, day in gone.items()}
    known = {row["code"]: row for row in pulls[pulls["freq"] == freq].to_dict("records")}
    found = {}
    for code in codes:
        row = known.get(code)
        if row is None:
            begin = since or default_since(freq, target)
            if begin <= target:
                found[code] = Need(begin, ((begin, None),), stored=False, filled=today)
            continue
        covered, through = row["since"].date(), row["through"].date()
        windows: list[Window] = []
        if since is not None and since < covered:
            # reaches into what is stored, to see an event in between
            windows.append((since, _after(covered, 3)))
        if through < last.get(code, target) or again:
            windows.append((_overlap(freq, through, covered), None))
        if windows:
            begin = min(since or covered, covered)
            found[code] = Need(begin, tuple(windows), stored=True, filled=row["filled"])
    return found


@cache
def _overlap(freq: str, through: date, covered: date) -> date:
    if freq != "1d":
        return through
    return max(calendar.sessions(through - timedelta(days=60), through)[-OVERLAP].date(), covered)


@cache
def _after(day: date, sessions: int) -> date:
    for _ in range(sessions):
        day = calendar.next_session(day)
    return day


def costs(wanted: Mapping[str, Need], freq: str, errand: Errand) -> dict[str, Cost]:
    """Requests each code needs; the checks of its events come on top."""
    listed, found = listing_dates(errand), {}
    for code, need in wanted.items():
        parts = [
            chart_cost(
                chart(code, freq, start=start, end=end, adjusted=False, client=errand.client),
                errand,
                listed.get(code),
            )
            for start, end in need.windows
        ]
        found[code] = Cost(sum(part.requests for part in parts), sum(part.cached for part in parts))
    return found


def pull_code(
    code: str,
    freq: str,
    need: Need,
    errand: Errand,
    stored: pd.DataFrame,
    known: Sequence[Event],
    folder: Folder,
) -> Landed:
    """Pull what a code lacks, look for events, compare with what is stored, and put it down.

    Parameters
    ----------
    stored : pandas.DataFrame
        Raw bars of the code within the windows, as they are stored now.
    known : sequence of Event
        Events of the code that are stored.
    """
    target = calendar.last_final(errand.now())
    found, since, parts = Landed(), need.since, []
    for start, end in need.windows:
        asked = chart(code, freq, start=start, end=end, adjusted=False, client=errand.client)
        try:
            bars, cut = get_and_cut(asked)
        except UnknownCodeError:
            if not need.stored:
                raise
            bars, cut = nothing(freq).droplevel("code"), False
            found.notes.append("the broker does not know it any more: its last bars may be missing")
        bars = bars[bars["complete"].to_numpy()]
        holes = _holes(bars, stored)
        if len(holes):
            found.notes.append(f"{len(holes)} bars came with blank fields; what was stored stays")
        whole = pd.concat([bars.drop(holes), stored.loc[holes, bars.columns]]).sort_index()
        bars = bars.drop(holes)
        if cut:
            since = max(since, bars.index[0].date() if len(bars) else target)
            found.notes.append(f"the server had no bars before {since}")
        found.changed += _differences(stored, bars, found.notes)
        if freq == "1d":
            found.events += _events(code, whole, stored, known, errand, target, found.notes)
        parts.append(bars)
    bars = pd.concat(parts) if len(parts) > 1 else parts[0]
    bars = bars[~bars.index.duplicated(keep="last")]
    newest = bars.index.append(stored.index).max()
    upto_today = need.windows[-1][1] is None
    delisted = _delisted(code, newest, target, errand) if freq == "1d" and upto_today else None
    found.bars = int((~bars.index.isin(stored.index)).sum())
    note = {
        "code": code,
        "freq": freq,
        "since": since.isoformat(),
        "through": target.isoformat(),
        "filled": None if pd.isna(need.filled) else need.filled.isoformat(),
        "events": [event_row(code, event) for event in found.events],
        "delisted": delisted and delisted.isoformat(),
    }
    folder.land(freq, code, to_arrow(bars, code, freq, CHART), note)
    for text in found.notes:
        log.warning("%s: %s", code, text)
    return found


def _delisted(code: str, newest: Any, target: date, errand: Errand) -> date | None:
    """The day a stock was gone, if its bars end early and the broker does not know it any more."""
    if pd.isna(newest) or newest.date() >= target:
        return None
    row = rows_of(STOCK, errand.call(STOCK, {"stk_cd": code[:6]}).body)[0]
    return calendar.next_session(newest) if blank(STOCK, row) else None


def _holes(bars: pd.DataFrame, stored: pd.DataFrame) -> pd.Index:
    """Bars that lack what the stored ones have: a blank field is no correction."""
    shared = bars.index.intersection(stored.index)
    lost = (bars.loc[shared].isna() & stored.loc[shared, bars.columns].notna()).any(axis=1)
    return shared[lost.to_numpy()]


def _differences(stored: pd.DataFrame, part: pd.DataFrame, notes: list[str]) -> int:
    """Compare the overlap; a pull from the chart replaces what is stored."""
    shared = stored.index.intersection(part.index)
    before, after = stored.loc[shared], part.loc[shared]
    changed = np.zeros(len(shared), dtype=bool)
    for name in (*PRICES, "volume", *(["value"] if "value" in part else [])):
        old, new = before[name].to_numpy(), after[name].to_numpy()
        differs = (old != new) & ~(np.isnan(old) & np.isnan(new))
        told = zip(shared[differs], old[differs], before["source"][differs], new[differs], strict=True)
        notes += [
            f"{at} {name}: {a:.0f} was stored ({source}), the chart has {b:.0f}" for at, a, source, b in told
        ]
        changed |= differs
    return int(changed.sum())


def _events(
    code: str,
    raw: pd.DataFrame,
    stored: pd.DataFrame,
    known: Sequence[Event],
    errand: Errand,
    target: date,
    notes: list[str],
) -> list[Event]:
    """New events of a window, each held against one page of the adjusted chart."""
    old = {event.date: event for event in known}
    events = [event for event in found_in(raw) if event.date not in old]
    there = stored.index
    days = pd.DatetimeIndex(raw.index)
    both = days.isin(there)[1:] & days.isin(there)[:-1]
    settled = {day.date() for day in days[1:][both]}
    doubts = {e.date for e in events} | {day for day in jumps(raw) if day not in settled and day not in old}
    inside = [e for e in known if len(days) and days[0] < pd.Timestamp(e.date) <= days[-1]]
    current = sorted([*events, *inside], key=lambda e: e.date)
    while doubts:
        newest = max(doubts)
        base = min(target, newest + AFTER)
        page = query(DAY.id, client=errand.client, stk_cd=code, base_dt=f"{base:%Y%m%d}", upd_stkpc_tp="1")
        oldest = page.index[0].date() if len(page) else newest
        verdict = compare(raw[raw.index <= pd.Timestamp(base)], page, current)
        current = verdict.events
        notes += verdict.notes
        doubts = {day for day in doubts if day <= oldest and day != newest}
    return [event for event in current if old.get(event.date) != event]


# --- putting it together -------------------------------------------------------------------------


def fold(shelf: Shelf) -> dict[str, list[str]]:
    """Merge what waits in ``incoming/`` into the store; returns the codes by frequency."""
    folder = shelf.folder
    waiting = folder.landed()
    if not waiting:
        return {}
    notes = list(waiting.values())
    snapshot = folder.snapshot().next()
    with closing(shelf.cursor()) as cursor:
        for freq in sorted({note["freq"] for note in notes}):
            files = [str(place) for place, note in waiting.items() if note["freq"] == freq]
            snapshot = folder.with_bars(snapshot, freq, parquet(files), cursor)
    snapshot = with_rows(folder, snapshot, "events", [row for note in notes for row in note["events"]])
    snapshot = with_rows(folder, snapshot, "pulls", notes)
    gone = {note["code"]: date.fromisoformat(note["delisted"]) for note in notes if note["delisted"]}
    snapshot = with_delisted(folder, snapshot, gone)
    folder.commit(snapshot)
    for place in waiting:
        place.unlink(missing_ok=True)
    done: dict[str, list[str]] = {}
    for note in notes:
        done.setdefault(note["freq"], []).append(note["code"])
    return done


def merge(shelf: Shelf, client: Client) -> None:
    """Merge what waits; what is stored is no longer needed in the cache of answers."""
    for freq, codes in fold(shelf).items():
        client.cache.release(FREQS[freq].id, codes, client.server.name)


def bring(
    shelf: Shelf,
    codes: Sequence[str],
    freq: str,
    since: date | None,
    errand: Errand,
    *,
    progress: bool,
    again: bool = False,
) -> pd.DataFrame:
    """Pull what codes lack and merge it as it comes; with `again` the last sessions of all of them.

    Returns
    -------
    pandas.DataFrame
        One row a code that was pulled: ``bars, changed, events, note, error``.
    """
    snapshot = shelf.folder.snapshot()
    pulls = shelf.table(snapshot, "pulls")
    stocks = shelf.table(snapshot, "stocks")
    wanted = needs(codes, freq, since, errand.now(), pulls, stocks, again=again)
    stored = _stored(shelf, snapshot, freq, wanted)
    known = events_by_code(shelf.table(snapshot, "events"))
    empty = nothing(freq).droplevel("code")

    def job(code: str, errand: Errand) -> Landed:
        own = stored.get(code, empty)
        return pull_code(code, freq, wanted[code], errand, own, known.get(code, ()), shelf.folder)

    rows: dict[str, dict[str, Any]] = {}
    waiting = 0
    try:
        title = f"update {freq}"
        prices = costs(wanted, freq, errand)
        with closing(each(errand, prices, job, progress=progress, title=title)) as outcomes:
            for code, outcome in outcomes:
                if isinstance(outcome, KiwoomError):
                    told = failure(code, outcome)
                    rows[code] = dict(zip(REPORT, (0, 0, 0, told["message"], told["error"]), strict=True))
                    continue
                rows[code] = outcome.report
                waiting += outcome.bars
                if waiting >= FOLD_BARS:
                    merge(shelf, errand.inner)
                    waiting = 0
    finally:
        merge(shelf, errand.inner)
    report = pd.DataFrame.from_dict(rows, orient="index", columns=list(REPORT))
    return report.astype(REPORT).rename_axis("code").sort_index()


def _stored(
    shelf: Shelf, snapshot: Snapshot, freq: str, wanted: Mapping[str, Need]
) -> dict[str, pd.DataFrame]:
    """Raw bars that are stored within the windows, by code."""
    windows = [(c, *window) for c, need in wanted.items() if need.stored for window in need.windows]
    if not windows:
        return {}
    frame = shelf.bars(snapshot, freq, windows=windows)
    return {str(code): own.droplevel("code") for code, own in frame.groupby(level="code", sort=False)}
