"""Download what one code lacks: pull it, find corporate actions, reconcile it with what is stored, stage it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import calendar
from ..data.bars import FREQS, auction_closes, bars_request
from ..data.fetch import FUND_TYPES, fetch, is_fund, is_listed
from ..endpoints.stock_info import LISTING
from ..errors import UnknownCodeError
from ..official_close import COLUMN, MINUTE_BAR, NEXT_BASE, SOURCE
from .corporate_actions import Event
from .folder import Folder
from .gaps import Gap
from .judgement import Known, judge
from .metadata import event_row
from .query import empty_frame
from .schema import CHART, PRICES, to_arrow
from .staging import stage

if TYPE_CHECKING:
    from ..client import Client

log = logging.getLogger("kiwoom_research")

AUCTION_FREQS = tuple(f"{n}min" for n in (1, 3, 5, 10, 15, 30))  # one of their bars begins at 15:30

REPORT = {"bars": "int64", "changed": "int64", "events": "int64", "note": "object", "error": "object"}


@dataclass(slots=True)
class CodeResult:
    """What the download of one code brought."""

    bars: int = 0
    changed: int = 0
    events: list[Event] = field(default_factory=list)
    checked: date | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def report(self) -> dict[str, Any]:
        """A row of the report."""
        events = sum(event.ratio != 1 for event in self.events)
        values = (self.bars, self.changed, events, "; ".join(self.notes), "")
        return dict(zip(REPORT, values, strict=True))

    def note(self, code: str) -> dict[str, Any]:
        """What is staged beside the bars of a code, for a result that brought nothing but events."""
        return {
            "code": code,
            "checked": self.checked and self.checked.isoformat(),
            "events": [event_row(code, event) for event in self.events],
            "stock": None,
            "official": [],
            "delisted": None,
        }


def download_code(
    code: str,
    freq: str,
    gap: Gap,
    client: Client,
    stored: pd.DataFrame,
    known: Known,
    listed: date | None,
    folder: Folder,
    *,
    check: bool = True,
) -> CodeResult:
    """Download what one code lacks and stage it.

    Parameters
    ----------
    stored : pandas.DataFrame
        The stored raw bars of the code in the ranges of the gap.
    known : Known
        What the store knows of its corporate actions and official closes.
    listed : date, optional
        Its listing date, where the store or a cached stock list knows it.
    check : bool
        Hold daily bars against a page of the adjusted chart in any case, not only where base prices raise a doubt.
    """
    target = calendar.last_final(client.now(), FREQS[freq].finality)
    result, since, parts = CodeResult(checked=known.checked if freq == "1d" else None), gap.since, []
    known = replace(known, fund=known.fund or (freq == "1d" and is_fund(client, code)))
    stock, official = None, [pd.Series(dtype="float64")]
    if freq == "1d" and not (gap.listing_known or gap.stored):
        stock = {"code": code, "listed": listed.isoformat()} if listed else _stock(code, client)
        if stock is not None and known.fund:
            stock |= {"type": FUND_TYPES[0]}
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
        result.changed += count_changes(stored, bars, result.notes)
        if freq == "1d":
            around = stored.loc[pd.Timestamp(known.judged_from(start, end)) : pd.Timestamp(end or target)]
            around = around[~around.index.isin(whole.index)]
            raw = pd.concat([around[bars.columns], whole]).sort_index() if len(around) else whole
            fresh = gap.was_never_stored(start, end)
            as_of = min(target, end or target)
            judgement = judge(code, raw, stored.index, known, client, as_of, always=check and fresh)
            result.events += judgement.events
            result.notes += judgement.notes
            result.checked = judgement.checked if end is None else result.checked
            official.append(bars[COLUMN][(bars[SOURCE] == NEXT_BASE).to_numpy()])
        elif freq in AUCTION_FREQS:
            official.append(auction_closes(bars))
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
        **result.note(code),
        "freq": freq,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "hole_tries": tries,
        "stock": stock,
        "first_stored": None if pd.isna(gap.first_stored) else gap.first_stored.isoformat(),
        "official": [[str(day), price] for part in official for day, price in part.items()],
        "official_source": NEXT_BASE if freq == "1d" else MINUTE_BAR,
        "seen": client.now().isoformat(),
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
    listed = None if pd.isna(day) else str(day)[:10]
    return {"code": code, "name": name, "type": row["type"][0], "listed": listed}


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


def count_changes(stored: pd.DataFrame, bars: pd.DataFrame, notes: list[str]) -> int:
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
