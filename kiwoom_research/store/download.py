"""Download what one code lacks: pull it, find corporate actions, reconcile it with what is stored, stage it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import calendar
from ..data.bars import FREQS, bars_request
from ..data.catalog import query
from ..data.fetch import fetch, is_listed
from ..endpoints.chart import DAY
from ..endpoints.stock_info import LISTING
from ..errors import UnknownCodeError
from .corporate_actions import Event, behind_holes, detect, reconcile, unexplained_jumps
from .folder import Folder
from .gaps import Gap
from .metadata import event_row
from .query import empty_frame
from .schema import CHART, PRICES, to_arrow
from .staging import stage

if TYPE_CHECKING:
    from ..client import Client

log = logging.getLogger("kiwoom_research")

CHECKED_AFTER = timedelta(days=7)  # an event is checked on a page that ends a few sessions later

REPORT = {"bars": "int64", "changed": "int64", "events": "int64", "note": "object", "error": "object"}


@dataclass(slots=True)
class CodeResult:
    """What the download of one code brought."""

    bars: int = 0
    changed: int = 0
    events: list[Event] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def report(self) -> dict[str, Any]:
        """A row of the report."""
        values = (self.bars, self.changed, len(self.events), "; ".join(self.notes), "")
        return dict(zip(REPORT, values, strict=True))


def download_code(
    code: str,
    freq: str,
    gap: Gap,
    client: Client,
    stored: pd.DataFrame,
    known: Sequence[Event],
    listed: date | None,
    folder: Folder,
) -> CodeResult:
    """Download what one code lacks and stage it.

    Parameters
    ----------
    stored : pandas.DataFrame
        The stored raw bars of the code in the ranges of the gap.
    known : sequence of Event
        The stored corporate actions of the code.
    listed : date, optional
        Its listing date, where the store or a cached stock list knows it.
    """
    target = calendar.last_final(client.now(), FREQS[freq].finality)
    result, since, parts = CodeResult(), gap.since, []
    stock = None
    if freq == "1d" and not (gap.listing_known or gap.stored):
        stock = {"code": code, "listed": listed.isoformat()} if listed else _stock(code, client)
        if stock is not None and stock["listed"]:
            listed = date.fromisoformat(stock["listed"])
    for start, end in gap.ranges:
        request = bars_request(code, freq, start=start, end=end, adjusted=False, client=client)
        try:
            bars, cut, odd = fetch(request)
        except UnknownCodeError:
            if not gap.stored:
                raise
            bars, cut, odd = empty_frame(freq).droplevel("code"), False, frozenset()
            result.notes.append("the broker no longer knows this code: its last bars may be missing")
        bars = bars[bars["complete"].to_numpy()]
        unreadable = bars[sorted(odd & {*PRICES, "volume"})].isna().any(axis=1).to_numpy() & ~bars.index.isin(
            stored.index
        )
        if unreadable.any():
            result.notes.append(
                f"{int(unreadable.sum())} bars with an unreadable price or volume are left out"
            )
            bars = bars[~unreadable]
        blank_bars = _blanked(bars, stored)
        if len(blank_bars):
            result.notes.append(f"{len(blank_bars)} bars came with blank fields; the stored ones are kept")
        whole = pd.concat([bars.drop(blank_bars), stored.loc[blank_bars, bars.columns]]).sort_index()
        bars = bars.drop(blank_bars)
        if cut:
            since = max(since, bars.index[0].date() if len(bars) else target)
            result.notes.append(f"the server had no bars before {since}")
        result.changed += _count_changes(stored, bars, result.notes)
        if freq == "1d":
            result.events += _new_events(code, whole, stored, known, client, target, result.notes)
        parts.append(bars)
    bars = pd.concat(parts) if len(parts) > 1 else parts[0]
    bars = bars[~bars.index.duplicated(keep="last")]
    newest = bars.index.append(stored.index).max()
    until, tries = gap.until, gap.hole_tries
    if gap.holes:
        filled = np.isin(
            np.array(gap.holes, dtype="datetime64[D]"), bars.index.to_numpy().astype("datetime64[D]")
        )
        tries = 0 if filled.any() else tries + 1
    reaches_today = gap.ranges[-1][1] is None
    delisted = _delisted_since(code, newest, target, client) if freq == "1d" and reaches_today else None
    result.bars = int((~bars.index.isin(stored.index)).sum())
    if freq == "1d":
        missing = _missing(bars, stored, gap, max(since, listed or since), delisted)
        if missing:
            result.notes.append(
                f"{len(missing)} sessions have no bar, the first {missing[0]}: coverage() lists them, and update()"
                " requests them again"
            )
    note = {
        "code": code,
        "freq": freq,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "hole_tries": tries,
        "stock": stock,
        "first_stored": None if pd.isna(gap.first_stored) else gap.first_stored.isoformat(),
        "events": [event_row(code, event) for event in result.events],
        "delisted": delisted and delisted.isoformat(),
    }
    stage(folder, freq, code, to_arrow(bars, code, freq, CHART), note)
    for text in result.notes:
        log.warning("%s: %s", code, text)
    return result


def _stock(code: str, client: Client) -> dict[str, Any] | None:
    """Name, market and listing date of a code that was named by itself, not by a market."""
    row = client.call(LISTING, {"stk_cd": code}).page.columns
    if pd.isna(row["code"]).all():
        return None
    day = row["listing_date"][0]
    name = row["name"][0] if isinstance(row["name"][0], str) else None
    return {"code": code, "name": name, "listed": None if pd.isna(day) else str(day)[:10]}


def _missing(
    bars: pd.DataFrame, stored: pd.DataFrame, gap: Gap, since: date, delisted: date | None
) -> list[date]:
    """The sessions of the pulled ranges without a bar. Those behind a bar without volume are of a halt."""
    volumes = pd.concat([stored["volume"], bars["volume"]])
    volumes = volumes[~volumes.index.duplicated(keep="last")].sort_index()
    found = []
    for start, end in gap.ranges:
        last = min(end or gap.until, gap.until)
        if delisted is not None and len(volumes):
            last = min(last, volumes.index[-1].date())
        first = max(start, since)
        if first <= last:
            days = calendar.sessions_in_range(first, last)
            absent = days.difference(volumes.index)
            before = volumes.index.searchsorted(absent) - 1
            halted = (
                (before >= 0) & (volumes.to_numpy()[before] == 0)
                if len(volumes)
                else np.zeros(len(absent), bool)
            )
            found += [day.date() for day in absent[~halted]]
    return sorted(set(found))


def _delisted_since(code: str, newest: Any, target: date, client: Client) -> date | None:
    """The first day without a stock whose bars end early and that the broker no longer knows."""
    if pd.isna(newest) or newest.date() >= target:
        return None
    return None if is_listed(client, code) else calendar.next_session(newest)


def _blanked(bars: pd.DataFrame, stored: pd.DataFrame) -> pd.Index:
    """Bars with a missing value where the stored bar has one: a blank field is no correction."""
    shared = bars.index.intersection(stored.index)
    lost = (bars.loc[shared].isna() & stored.loc[shared, bars.columns].notna()).any(axis=1)
    return shared[lost.to_numpy()]


def _count_changes(stored: pd.DataFrame, bars: pd.DataFrame, notes: list[str]) -> int:
    """How many stored bars differ from the pulled ones, which replace them; notes say how."""
    shared = stored.index.intersection(bars.index)
    before, after = stored.loc[shared], bars.loc[shared]
    changed = np.zeros(len(shared), dtype=bool)
    for name in (*PRICES, "volume", *(["value"] if "value" in bars else [])):
        old, new = before[name].to_numpy(), after[name].to_numpy()
        differs = (old != new) & ~(np.isnan(old) & np.isnan(new))
        values = zip(shared[differs], old[differs], before["source"][differs], new[differs], strict=True)
        notes += [
            f"{at} {name}: stored {a:.0f} ({source}), now {b:.0f} in the chart" for at, a, source, b in values
        ]
        changed |= differs
    return int(changed.sum())


def _new_events(
    code: str,
    raw: pd.DataFrame,
    stored: pd.DataFrame,
    known: Sequence[Event],
    client: Client,
    target: date,
    notes: list[str],
) -> list[Event]:
    """New corporate actions in pulled bars, each compared with one page of the adjusted chart."""
    old = {event.date: event for event in known}
    found, uncertain = [event for event in detect(raw) if event.date not in old], behind_holes(raw)
    events = [event for event in found if event.date not in uncertain]
    days = pd.DatetimeIndex(raw.index)
    was_stored = days.isin(stored.index)
    settled = {day.date() for day in days[1:][was_stored[1:] & was_stored[:-1]]}
    unchecked = {e.date for e in found}
    unchecked |= {day for day in unexplained_jumps(raw) if day not in settled and day not in old}
    inside = [e for e in known if len(days) and days[0] < pd.Timestamp(e.date) <= days[-1]]
    current = sorted([*events, *inside], key=lambda e: e.date)
    while unchecked:
        newest = max(unchecked)
        base = min(target, newest + CHECKED_AFTER)
        page = query(DAY.id, client=client, stk_cd=code, base_dt=f"{base:%Y%m%d}", upd_stkpc_tp="1")
        oldest = page.index[0].date() if len(page) else newest
        result = reconcile(raw[raw.index <= pd.Timestamp(base)], page, current)
        current = result.events
        notes += result.notes
        unchecked = {day for day in unchecked if day <= oldest and day != newest}
    return [event for event in current if old.get(event.date) != event]
