"""Corporate actions found in prices: splits, consolidations, rights and bonus issues, spin-offs, reductions.

The exchange sets a base price for the first session after such an event. Kiwoom's daily change is measured
against it, so the raw chart alone gives the ratio: base price over previous close, where the base price is close
minus change. Earlier prices are multiplied by the ratio, earlier volumes divided by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from .. import calendar

PRICE_LIMIT = 0.301  # a move beyond the daily price limit hides an event
RATIO_TOLERANCE = 0.0002  # base price ratio against adjusted chart: 41 of 42 events of real data agree
MIN_EVENT = 0.005  # a smaller step of adjusted over raw price is taken for rounding
PRICE_EPS = 1e-6  # prices are floored; a product that should be whole must not fall below it

Numbers = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One corporate action: the ratio that earlier prices are multiplied by.

    ``source`` is ``base price`` when close minus change gave the ratio, ``adjusted`` when the adjusted chart
    overruled it. ``adjusted_ratio`` is the ratio in the adjusted chart; NaN when that was not requested.
    """

    date: date
    ratio: float
    source: str = "base price"
    adjusted_ratio: float = np.nan


def detect(raw: pd.DataFrame) -> list[Event]:
    """The events in raw daily bars of one code, oldest first; the first bar has no bar to compare with."""
    close, change = raw["close"].to_numpy(), raw["change"].to_numpy()
    base, before = (close - change)[1:], close[:-1]
    at = (base != before) & (base > 0) & (before > 0)  # a missing change is no event
    days = pd.DatetimeIndex(raw.index)[1:][at]
    return [Event(day.date(), float(ratio)) for day, ratio in zip(days, base[at] / before[at], strict=True)]


def behind_holes(raw: pd.DataFrame) -> set[date]:
    """Days before which a session is missing: their change says nothing about the bar before them.

    A bar without volume before them is of a halt, which some charts leave out.
    """
    days = pd.DatetimeIndex(raw.index)
    if len(days) < 2:
        return set()
    sessions = calendar.sessions_in_range(days[0].date(), days[-1].date())
    place = sessions.searchsorted(days)
    gap = (np.diff(place) > 1) & (raw["volume"].to_numpy()[:-1] != 0)
    return {day.date() for day in days[1:][gap]}


def unexplained_jumps(raw: pd.DataFrame) -> list[date]:
    """Days whose close is beyond the price limit of its base price.

    Whether Kiwoom's change is against the base price in raw mode is not recorded. If it is not, a split shows
    as such a jump.
    """
    close, change = raw["close"].to_numpy(), raw["change"].to_numpy()
    against = close - np.where(np.isnan(change), np.nan, change)
    against = np.where(np.isnan(against), np.append(np.nan, close[:-1]), against)
    with np.errstate(invalid="ignore", divide="ignore"):
        far = np.abs(close[1:] / against[1:] - 1) > PRICE_LIMIT
    return [day.date() for day in pd.DatetimeIndex(raw.index)[1:][far]]


def factors(days: Numbers, events: Sequence[Event]) -> Numbers:
    """The factor that adjusts the price of each day to the newest event."""
    product = np.ones(len(days))
    for event in events:
        product[days < np.datetime64(event.date)] *= event.ratio
    return product


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Events after a comparison with the adjusted chart, and notes on where they disagreed."""

    events: list[Event]
    notes: list[str]


def reconcile(raw: pd.DataFrame, adjusted: pd.DataFrame, events: Sequence[Event]) -> Reconciliation:
    """Compare events with one page of the adjusted chart of the same code.

    Parameters
    ----------
    raw, adjusted : pandas.DataFrame
        Daily bars; days that both have are compared. The adjusted page is adjusted to its newest day.
    events : sequence of Event
        The events in the raw bars.

    Returns
    -------
    Reconciliation
        The events, each with its ratio in the adjusted page. Where the two differ by more than rounding to the
        won explains, the adjusted page wins: the events of its days are replaced, and notes say so.
    """
    shared = raw.index.intersection(adjusted.index)
    if len(shared) < 2:
        return Reconciliation(list(events), [])
    days = shared.to_numpy()
    own, served = raw.loc[shared, "close"].to_numpy(), adjusted.loc[shared, "close"].to_numpy()
    good = (own > 0) & (served > 0)
    days, own, served = days[good], own[good], served[good]
    if len(days) < 2:
        return Reconciliation(list(events), [])
    inside = [e for e in events if days[0] < np.datetime64(e.date) <= days[-1]]
    outside = [e for e in events if e not in inside]
    low, high = _factor_bounds(own * factors(days, inside), served, _rounding(days, inside))
    if low.max() <= high.min():  # one scale explains every day, so the events are right
        checked = [Event(e.date, e.ratio, e.source, _step_at(days, own, served, e.date)) for e in inside]
        return Reconciliation(sorted([*outside, *checked], key=_day), [])
    fitted = _steps(days, own, served)
    notes = []
    by_day = {e.date: e for e in fitted}
    for e in inside:
        shown = _step_at(days, own, served, e.date)
        if e.date not in by_day:
            fitted.append(Event(e.date, 1.0, "adjusted", shown))  # stored, so that it is not requested again
        if abs(shown / e.ratio - 1) > 5 * RATIO_TOLERANCE:
            notes.append(
                f"{e.date}: ratio {e.ratio:.6g} from the daily change, {shown:.6g} from the adjusted chart, which wins"
            )
    for e in by_day.values():
        if all(e.date != other.date for other in inside):
            notes.append(f"{e.date}: only the adjusted chart shows an event, ratio {e.ratio:.6g}")
    return Reconciliation(
        sorted([*outside, *fitted], key=_day), notes or ["the adjusted chart has different closes"]
    )


def _rounding(days: Numbers, events: Sequence[Event]) -> Numbers:
    """How far a price rounded after each event can be from a price rounded once."""
    lost = np.zeros(len(days))
    for event in sorted(events, key=_day):
        before = days < np.datetime64(event.date)
        lost[before] = lost[before] * event.ratio + 1
    return np.maximum(lost - 1, 0)


def _factor_bounds(own: Numbers, served: Numbers, lost: Numbers | float = 0.0) -> tuple[Numbers, Numbers]:
    """Lower and upper bound of the factor of each day: prices and base prices are rounded."""
    slack = 0.5 + RATIO_TOLERANCE * served + lost
    return (served - slack) / own, (served + 1 + slack) / own


def _day(event: Event) -> date:
    return event.date


def _step_at(days: Numbers, own: Numbers, served: Numbers, day: date) -> float:
    """The step of adjusted over raw price at a day."""
    at = int(np.searchsorted(days, np.datetime64(day)))
    return float((served[at - 1] / own[at - 1]) / (served[at] / own[at]))


def _steps(days: Numbers, own: Numbers, served: Numbers) -> list[Event]:
    """Events fitted to an adjusted chart: the factor is constant between them, prices agree within a won.

    Each day bounds the factor, because prices are rounded to the won. Going back from the newest day, a stretch
    ends where no single factor explains the next day too. A step below `MIN_EVENT` is taken for rounding:
    prices that were rounded after each of several events are that inexact.
    """
    stretches: list[tuple[int, float]] = []  # first day and factor, newest stretch first
    lows, highs = _factor_bounds(own, served)
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
        if abs(older / newer - 1) >= MIN_EVENT
    ][::-1]


def _middle(low: float, high: float) -> float:
    return 1.0 if low <= 1 <= high else (low + high) / 2
