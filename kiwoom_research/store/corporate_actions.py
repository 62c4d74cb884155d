"""Splits, consolidations, rights, bonus issues, spin-offs, capital reductions: how prices before them scale.

Pure. The exchange sets a base price for the first session after such an event. Kiwoom's daily change is
against it, so the raw chart alone tells the ratio: base price over previous close, where base price is close
minus change. Prices before the event are multiplied by the ratio, volumes divided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

LIMIT = 0.301  # no price moves further in a session; one that did had an event that the change hides
ROUGH = 0.0002  # ratios of base prices and of adjusted prices agree that well (41 of 42 events of real data)
LEAST_STEP = 0.005
WON = 1e-6  # prices are floored; a product that should be whole must not fall below it

Numbers = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One corporate action: what earlier prices are multiplied by.

    ``source`` is ``base price`` when close minus change gave the ratio, ``adjusted`` when the adjusted chart
    overruled it. ``adjusted_ratio`` is what the adjusted chart shows; NaN when it was not asked.
    """

    date: date
    ratio: float
    source: str = "base price"
    adjusted_ratio: float = np.nan


def found_in(raw: pd.DataFrame) -> list[Event]:
    """The events in raw daily bars of one code, oldest first; the first bar has nothing to compare with."""
    close, change = raw["close"].to_numpy(), raw["change"].to_numpy()
    base, before = (close - change)[1:], close[:-1]
    at = (base != before) & (base > 0) & (before > 0)  # a missing change is no event
    days = pd.DatetimeIndex(raw.index)[1:][at]
    return [Event(day.date(), float(ratio)) for day, ratio in zip(days, base[at] / before[at], strict=True)]


def jumps(raw: pd.DataFrame) -> list[date]:
    """Days whose close cannot have come from the close before: beyond the price limit, and no event says why.

    Whether Kiwoom's change is against the base price in raw mode is not recorded. If it were not, this is
    what would show of a split.
    """
    close, change = raw["close"].to_numpy(), raw["change"].to_numpy()
    against = close - np.where(np.isnan(change), np.nan, change)
    against = np.where(np.isnan(against), np.append(np.nan, close[:-1]), against)
    with np.errstate(invalid="ignore", divide="ignore"):
        far = np.abs(close[1:] / against[1:] - 1) > LIMIT
    return [day.date() for day in pd.DatetimeIndex(raw.index)[1:][far]]


def factors(days: Numbers, events: Sequence[Event]) -> Numbers:
    """What the price of each day is multiplied by, as of the newest event."""
    product = np.ones(len(days))
    for event in events:
        product[days < np.datetime64(event.date)] *= event.ratio
    return product


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an adjusted page says about the events within it."""

    events: list[Event]
    notes: list[str]


def compare(raw: pd.DataFrame, adjusted: pd.DataFrame, events: Sequence[Event]) -> Verdict:
    """Hold events against one page of the adjusted chart of the same code.

    Parameters
    ----------
    raw, adjusted : pandas.DataFrame
        Daily bars; those of days that both have count. The adjusted page is as of its newest day.
    events : sequence of Event
        What the raw bars say.

    Returns
    -------
    Verdict
        The events, each with the ratio that the adjusted page shows. Where the two disagree by more than the
        won to which prices are rounded, the adjusted page wins: events of its days are replaced, and the notes
        say so.
    """
    shared = raw.index.intersection(adjusted.index)
    if len(shared) < 2:
        return Verdict(list(events), [])
    days = shared.to_numpy()
    own, served = raw.loc[shared, "close"].to_numpy(), adjusted.loc[shared, "close"].to_numpy()
    good = (own > 0) & (served > 0)
    days, own, served = days[good], own[good], served[good]
    if len(days) < 2:
        return Verdict(list(events), [])
    inside = [e for e in events if days[0] < np.datetime64(e.date) <= days[-1]]
    outside = [e for e in events if e not in inside]
    low, high = _between(own * factors(days, inside), served, _rounding(days, inside))
    if low.max() <= high.min():  # one scale explains every day, so the steps are right
        checked = [Event(e.date, e.ratio, e.source, _jump(days, own, served, e.date)) for e in inside]
        return Verdict(sorted([*outside, *checked], key=_day), [])
    fitted = _steps(days, own, served)
    notes = []
    by_day = {e.date: e for e in fitted}
    for e in inside:
        shown = _jump(days, own, served, e.date)
        if e.date not in by_day:
            fitted.append(Event(e.date, 1.0, "adjusted", shown))  # remembered, so that it is not asked again
        if abs(shown / e.ratio - 1) > 5 * ROUGH:
            notes.append(
                f"{e.date}: the change says ratio {e.ratio:.6g}, the adjusted chart {shown:.6g}, which wins"
            )
    for e in by_day.values():
        if all(e.date != other.date for other in inside):
            notes.append(f"{e.date}: only the adjusted chart shows an event, ratio {e.ratio:.6g}")
    return Verdict(sorted([*outside, *fitted], key=_day), notes or ["the adjusted chart has other closes"])


def _rounding(days: Numbers, events: Sequence[Event]) -> Numbers:
    """By how much a price that was rounded after each event can differ from one that was rounded once."""
    lost = np.zeros(len(days))
    for event in sorted(events, key=_day):
        before = days < np.datetime64(event.date)
        lost[before] = lost[before] * event.ratio + 1
    return np.maximum(lost - 1, 0)


def _between(own: Numbers, served: Numbers, lost: Numbers | float = 0.0) -> tuple[Numbers, Numbers]:
    """Between what the factor of each day lies: prices are floored, and the base price is rounded too."""
    slack = 0.5 + ROUGH * served + lost
    return (served - slack) / own, (served + 1 + slack) / own


def _day(event: Event) -> date:
    return event.date


def _jump(days: Numbers, own: Numbers, served: Numbers, day: date) -> float:
    """The step of adjusted over raw price at a day."""
    at = int(np.searchsorted(days, np.datetime64(day)))
    return float((served[at - 1] / own[at - 1]) / (served[at] / own[at]))


def _steps(days: Numbers, own: Numbers, served: Numbers) -> list[Event]:
    """Events fitted to an adjusted chart: factors constant between them, prices within a won.

    Every day says in what interval the factor lies, because prices are rounded to the won. Going back from
    the newest day, a stretch ends where no one factor explains the next day too. A step of less than half a
    percent is taken for rounding: prices that were rounded after each of several events are that rough.
    """
    stretches: list[tuple[int, float]] = []  # first day and factor, newest stretch first
    lows, highs = _between(own, served)
    low, high, begin = 0.0, np.inf, len(days) - 1
    for at in range(len(days) - 1, -1, -1):
        below, above = float(lows[at]), float(highs[at])
        if max(low, below) > min(high, above):
            stretches.append((begin, _middle(low, high)))
            low, high = 0.0, np.inf
        low, high, begin = max(low, below), min(high, above), at
    stretches.append((begin, _middle(low, high)))
    return [
        Event(pd.Timestamp(days[first]).date(), older / newer, "adjusted", older / newer)
        for (first, newer), (_, older) in pairwise(stretches)
        if abs(older / newer - 1) >= LEAST_STEP
    ][::-1]


def _middle(low: float, high: float) -> float:
    return 1.0 if low <= 1 <= high else (low + high) / 2
