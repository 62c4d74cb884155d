"""Corporate actions found in prices: splits, consolidations, rights and bonus issues, spin-offs, reductions.

The exchange sets a base price for the first session after such an event. Where the official close of the session
before is known, base price over official close is the ratio; the base price is close minus change. Since 2026-09-14
the daily close is not the official one, and a page of the adjusted chart, held against the raw bars, shows the events.
Earlier prices are multiplied by the ratio, earlier volumes divided by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from .. import calendar

PRICE_LIMIT = 0.301  # a move beyond the daily price limit hides an event
RATIO_TOLERANCE = 0.0002  # base price ratio against adjusted chart: 41 of 42 events of real data agree
MIN_EVENT = 0.005  # a smaller step of adjusted over raw price is taken for rounding
PRICE_EPS = 1e-6  # prices are floored; a product that should be whole must not fall below it

TICK_EDGES, TICKS = (2_000, 5_000, 20_000, 50_000, 200_000, 500_000), (1, 5, 10, 50, 100, 500, 1_000)  # [KRW]

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


def known_closes(raw: pd.DataFrame, witness: Mapping[Any, float], *, fund: bool) -> Numbers:
    """The official close of each raw bar of one code [KRW]; missing where it is not known.

    Before 2026-09-14 and of funds it is the close; of a session without a trade it is that session's own base price;
    of others it is what ``witness`` (date to price) says. The next session's base price is what is to be judged, and no
    witness here.
    """
    close, base = raw["close"].to_numpy(), (raw["close"] - raw["change"]).to_numpy()
    days = pd.DatetimeIndex(raw.index)
    seen = np.array([witness.get(day, np.nan) for day in days], dtype="float64") if witness else np.nan
    is_close = (days < pd.Timestamp(calendar.LONG_DAY)) | fund
    return np.select([is_close, raw["volume"].to_numpy() == 0], [close, base], seen)


def detect(raw: pd.DataFrame, official: Numbers | None = None) -> list[Event]:
    """The events that base prices show, oldest first; the first bar has no bar to compare with.

    ``official`` is the official close of each bar, missing where it is not known; without it every close is official.
    """
    close, change = raw["close"].to_numpy(), raw["change"].to_numpy()
    base, before = (close - change)[1:], (close if official is None else official)[:-1]
    at = (base != before) & (base > 0) & (before > 0)  # a missing change or close is no event
    days = pd.DatetimeIndex(raw.index)[1:][at]
    return [Event(day.date(), float(ratio)) for day, ratio in zip(days, base[at] / before[at], strict=True)]


def candidates(raw: pd.DataFrame, official: Numbers) -> list[Event]:
    """Days whose base price lies outside low to high of the bar before, whose official close is not known.

    Their ratios are those to the close, and are only near the true ones.
    """
    close, low, high = (raw[name].to_numpy() for name in ("close", "low", "high"))
    base = (close - raw["change"].to_numpy())[1:]
    at = np.isnan(official[:-1]) & (base > 0) & ((base < low[:-1]) | (base > high[:-1]))
    days = pd.DatetimeIndex(raw.index)[1:][at]
    return [
        Event(day.date(), float(ratio)) for day, ratio in zip(days, base[at] / close[:-1][at], strict=True)
    ]


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
    """Events after a comparison with the adjusted chart, and notes on where they disagreed.

    ``witness`` is False where the adjusted chart steps on ordinary days too: it then says nothing.
    """

    events: list[Event]
    notes: list[str]
    witness: bool = True


def reconcile(
    raw: pd.DataFrame, adjusted: pd.DataFrame, events: Sequence[Event], official: Numbers | None = None
) -> Reconciliation:
    """Compare events with one page of the adjusted chart of the same code.

    Parameters
    ----------
    raw, adjusted : pandas.DataFrame
        Daily bars; days that both have are compared. The adjusted page is adjusted to its newest day.
    events : sequence of Event
        The events in the raw bars.
    official : array, optional
        As in `detect`.

    Returns
    -------
    Reconciliation
        The events, each with its ratio in the adjusted page. Where the two differ by more than rounding to the
        won explains, the adjusted page wins: the events of its days are replaced, and notes say so.
    """
    bars = _compared(raw, adjusted, raw["close"].to_numpy() if official is None else official)
    days, own, served = bars.days, bars.own, bars.served
    if len(days) < 2:
        return Reconciliation(list(events), [])
    if official is not None and bars.step_daily():
        return Reconciliation(
            list(events), ["the adjusted chart steps on ordinary days too and proves nothing"], False
        )
    inside = [e for e in events if days[0] < np.datetime64(e.date) <= days[-1]]
    outside = [e for e in events if e not in inside]
    low, high = _factor_bounds(own * factors(days, inside), served, _rounding(days, inside))
    if low.max() <= high.min():  # one scale explains every day, so the events are right
        checked = [Event(e.date, e.ratio, e.source, _step_at(days, own, served, e.date)) for e in inside]
        return Reconciliation(sorted([*outside, *checked], key=_day), [])
    fitted = _steps(bars)
    notes = []
    by_day = {e.date: e for e in fitted}
    for e in inside:
        shown = _step_at(days, own, served, e.date)
        agrees = abs(shown / e.ratio - 1) <= 5 * RATIO_TOLERANCE
        if e.date not in by_day:
            fitted.append(Event(e.date, 1.0, "adjusted", shown))  # stored, so that it is not requested again
        elif agrees:  # a base price over a close is exact
            fitted[fitted.index(by_day[e.date])] = Event(e.date, e.ratio, e.source, shown)
        if not agrees:
            notes.append(
                f"{e.date}: ratio {e.ratio:.6g} from the daily change, {shown:.6g} from the adjusted chart, which wins"
            )
    for e in by_day.values():
        if all(e.date != other.date for other in inside):
            notes.append(f"{e.date}: only the adjusted chart shows an event, ratio {e.ratio:.6g}")
    return Reconciliation(sorted([*outside, *fitted], key=_day), notes)


class Compared(NamedTuple):
    """The days on which raw bars and an adjusted page both have a price."""

    days: Numbers
    own: Numbers
    served: Numbers
    low: Numbers
    high: Numbers
    base: Numbers
    official: Numbers

    def step_daily(self) -> bool:
        """Whether the adjusted closes step by base price over last price on days that are ordinary by their base price.

        On such days a chart that is adjusted for corporate actions alone does not step.
        """
        base, before = self.base[1:], self.own[:-1]
        ordinary = np.isnan(self.official[:-1]) & (base >= self.low[:-1]) & (base <= self.high[:-1])
        expected = base / before
        step = (self.served[:-1] / before) / (self.served[1:] / self.own[1:])
        telling = ordinary & (np.abs(expected - 1) >= MIN_EVENT)
        rounding = 1.5 / self.served[:-1] + 1.5 / self.served[1:]
        matching = telling & (np.abs(step / expected - 1) <= rounding)
        return bool(matching.sum() * 2 > telling.sum())


def _compared(raw: pd.DataFrame, adjusted: pd.DataFrame, official: Numbers) -> Compared:
    """The days of both with a price, oldest first."""
    both = raw[["close", "low", "high"]].assign(base=raw["close"] - raw["change"], official=official)
    both = both.join(adjusted["close"].rename("served"), how="inner")
    both = both[(both["close"] > 0) & (both["served"] > 0)]
    names = ("close", "served", "low", "high", "base", "official")
    return Compared(both.index.to_numpy(), *(both[name].to_numpy() for name in names))


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


def _steps(bars: Compared) -> list[Event]:
    """Events fitted to an adjusted chart: the factor is constant between them, prices agree within a won.

    Each day bounds the factor, because prices are rounded to the won. Going back from the newest day, a stretch
    ends where no single factor explains the next day too. A step below `MIN_EVENT` is taken for rounding:
    prices that were rounded after each of several events are that inexact.
    """
    lows, highs = _factor_bounds(bars.own, bars.served)
    low, high, end = 0.0, np.inf, len(bars.days)
    stretches: list[tuple[int, int]] = []  # first day and the one behind the last, newest stretch first
    for at in range(len(bars.days) - 1, -1, -1):
        below, above = float(lows[at]), float(highs[at])
        if max(low, below) > min(high, above):
            stretches.append((at + 1, end))
            low, high, end = 0.0, np.inf, at + 1
        low, high = max(low, below), min(high, above)
    stretches.append((0, end))
    found = []
    newer = _middle(*_bounds_of(bars, *stretches[0]))
    for (first, _), older in pairwise(stretches):
        low, high = _bounds_of(bars, *older)
        factor = _middle(low, high)
        if abs(factor / newer - 1) >= MIN_EVENT:
            ratio = _exact(bars, first, low / newer, high / newer) or factor / newer
            found.append(Event(pd.Timestamp(bars.days[first]).date(), ratio, "adjusted", factor / newer))
            factor = newer * ratio
        newer = factor
    return found[::-1]


def _bounds_of(bars: Compared, first: int, end: int) -> tuple[float, float]:
    """Bounds of the factor of a stretch: exact ones where prices are rounded down to the won, as the broker does."""
    own, served = bars.own[first:end], bars.served[first:end]
    low, high = float((served / own).max()), float(((served + 1) / own).min())
    if low < high:
        return low, high
    lows, highs = _factor_bounds(own, served)
    return float(lows.max()), float(highs.min())


def _exact(bars: Compared, at: int, low: float, high: float) -> float | None:
    """The ratio as base price over official close, if these bounds leave only one price for what is not known."""
    base, official = bars.base[at], bars.official[at - 1]
    if (
        base == bars.own[at - 1]
    ):  # of a session without an event, or against the close before: it says nothing
        base = np.nan
    if not np.isnan(official) and not np.isnan(base):
        return float(base / official) if low <= base / official <= high else None
    if not np.isnan(base):
        price = _only_price(base / high, base / low)
        return price and float(base / price)
    price = None if np.isnan(official) else _only_price(official * low, official * high)
    return price and float(price / official)


def _only_price(low: float, high: float) -> float | None:
    """The price between two bounds, if there is only one: in whole won, or of several the only one on a tick."""
    whole = np.arange(np.ceil(low), np.floor(high) + 1)
    if len(whole) > 1:
        whole = whole[whole % np.array(TICKS)[np.searchsorted(TICK_EDGES, whole, side="right")] == 0]
    return float(whole[0]) if len(whole) == 1 else None


def _middle(low: float, high: float) -> float:
    return 1.0 if low <= 1 <= high else (low + high) / 2
