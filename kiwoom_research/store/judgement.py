"""Which corporate actions raw bars hold: base prices, held against pages of the adjusted chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import official_close
from ..data.catalog import query
from ..endpoints.chart import DAY
from .corporate_actions import (
    Event,
    behind_holes,
    candidates,
    detect,
    known_closes,
    reconcile,
    unexplained_jumps,
)

if TYPE_CHECKING:
    from ..client import Client

CHECKED_AFTER = timedelta(days=7)  # an event is checked on a page that ends a few sessions later


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of one code before its bars are judged.

    Attributes
    ----------
    events : sequence of Event
        Its corporate actions.
    closes : mapping
        Its official closes from a minute bar or read at the close, by day.
    fund : bool
        Whether it is an ETF or ETN, whose close is the official one.
    checked : date, optional
        The last session up to which its corporate actions are beyond doubt.
    """

    events: Sequence[Event] = ()
    closes: Mapping[Any, float] = field(default_factory=dict)
    fund: bool = False
    checked: date | None = None

    def judged_from(self, start: date, end: date | None) -> date:
        """Where the bars begin that are judged with a range: what was never checked is judged with the newest one."""
        return min(start, self.checked or start) if end is None else start


@dataclass(slots=True)
class Judgement:
    """Events that are new or other than known, the session up to which nothing is in doubt, and notes."""

    events: list[Event]
    checked: date | None
    notes: list[str]


def judge(
    code: str,
    raw: pd.DataFrame,
    settled: pd.Index,
    known: Known,
    client: Client,
    target: date,
    *,
    always: bool,
) -> Judgement:
    """Judge the raw daily bars of one code.

    Parameters
    ----------
    raw : pandas.DataFrame
        The bars, oldest first.
    settled : pandas.Index
        Days that were stored before; jumps between two of them are no news.
    target : date
        The session as of which the adjusted chart is requested.
    always : bool
        Request a page of the adjusted chart in any case, and more of them where changes are missing or prove silent.
        Otherwise only where base prices raise a doubt.
    """
    old = {event.date: event for event in known.events}
    official = known_closes(raw, known.closes, fund=known.fund)
    days = pd.DatetimeIndex(raw.index)
    found = [event for event in detect(raw, official) if event.date not in old]
    sure = known.checked or date.min
    suspects = [e for e in candidates(raw, official) if e.date not in old and e.date > sure]
    was_stored = days.isin(settled)
    calm = {day.date() for day in days[1:][was_stored[1:] & was_stored[:-1]]}
    doubts = {e.date for e in (*found, *suspects)}
    doubts |= {day for day in unexplained_jumps(raw) if day not in calm and day not in old}
    uncertain = behind_holes(raw)
    inside = [e for e in known.events if len(days) and days[0] < pd.Timestamp(e.date) <= days[-1]]
    current = sorted([*(e for e in found if e.date not in uncertain), *inside], key=lambda e: e.date)
    judgement, witness = Judgement([], known.checked, []), True
    base = target if always and len(raw) > 1 else None
    if always and len(raw) == 1 and known.checked is None:
        judgement.checked = days[0].date()  # there is nothing before it
    while witness and (base or doubts):
        end = base or min(target, max(doubts) + CHECKED_AFTER)
        page = query(DAY.id, client=client, stk_cd=code, base_dt=f"{end:%Y%m%d}", upd_stkpc_tp="1")
        here = np.asarray(days <= pd.Timestamp(end))
        result = reconcile(raw[here], page, current, official[here])
        witness = result.witness
        judgement.notes += result.notes
        oldest = page.index[0].date() if len(page) else date.min
        if witness:
            silent = _silent(result.events, current, official, days)
            current = result.events
            if len(page) and (oldest <= sure or oldest <= days[0].date() or base):
                judgement.checked = max(judgement.checked or date.min, min(end, days[-1].date()))
            more = always and len(page) and (silent or _changes_tell_nothing(raw, official, oldest))
            base = oldest if more and days[0].date() < oldest < end else None
        doubts = {day for day in doubts if day <= oldest and day < end}
    if not witness:
        current += [e for e in suspects if e.date not in uncertain]
        judgement.notes += [
            f"{e.date}: the base price lies outside low to high of the session before; the ratio {e.ratio:.6g} is to"
            " the last price, not to the official close"
            for e in suspects
        ]
    judgement.events = [event for event in current if old.get(event.date) != event]
    return judgement


def _silent(
    after: Sequence[Event], before: Sequence[Event], official: np.ndarray[Any, Any], days: pd.DatetimeIndex
) -> bool:
    """Whether the page shows an event that the change of its day should have shown and did not."""
    named = {event.date for event in before}
    new = days.get_indexer(pd.DatetimeIndex([e.date for e in after if e.date not in named]))
    return bool((~np.isnan(official[new - 1])).any())


def _changes_tell_nothing(raw: pd.DataFrame, official: np.ndarray[Any, Any], day: date) -> bool:
    """Whether bars up to a day lack their change, or changes are against the close and not the base price."""
    lacking = bool(raw["change"].iloc[1:][raw.index[1:] <= pd.Timestamp(day)].isna().any())
    return lacking or official_close.changes_are_to_the_close(raw, np.isnan(official))
