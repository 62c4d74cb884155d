"""Check the arguments of a price chart and compute everything it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..untraded import fill_untraded, is_untraded
from .candles import heikin_ashi
from .studies import OVERLAYS, PANES, Drawable, PaneContent, Study, column, pane_content, price_studies
from .theme import Floats, check_choice
from .time_axis import Positions, TimeAxis

ChartKind: TypeAlias = Literal["candles", "line", "heikin-ashi"]
Events: TypeAlias = Mapping[str, str] | Mapping[date, str] | Mapping[pd.Timestamp, str] | pd.Series
"""Time -> text."""
Moment: TypeAlias = str | date | pd.Timestamp
"""A time; a text may name a whole day, month or year."""
KINDS = {
    "candles": ("open", "high", "low", "close"),
    "line": ("close",),
    "heikin-ashi": ("open", "high", "low", "close"),
}
"""Kinds of chart and the columns they need."""
PRICE_LIMIT = 0.305  # of a day, rounded up to the tick size


@dataclass(frozen=True)
class ChartContent:
    """Everything a price chart shows, for all of its bars; `first` to `last` (both included) are in view."""

    bars: pd.DataFrame
    drawn: pd.DataFrame
    time: TimeAxis
    kind: str
    title: str
    prices: PaneContent
    panes: tuple[PaneContent, ...]
    references: Floats
    signals: tuple[tuple[int, int], ...]
    events: tuple[tuple[int, str], ...]
    untraded: npt.NDArray[np.bool_]
    official: Floats
    profile: bool
    log: bool
    first: int
    last: int

    @property
    def change(self) -> float:
        """Change of the newest bar in view [KRW]."""
        return float(self.bars["close"].iloc[self.last] - self.references[self.last])

    @property
    def rows(self) -> slice:
        """The bars in view."""
        return slice(self.first, self.last + 1)


def build_content(
    bars: pd.DataFrame,
    *,
    kind: str,
    title: str,
    averages: Sequence[int],
    overlays: Sequence[Drawable] | Drawable,
    panes: Sequence[Drawable] | Drawable,
    signals: pd.Series | None,
    events: Events | None,
    profile: bool,
    log: bool,
    last: int | None,
    start: Moment | None,
    end: Moment | None,
    korean: bool,
) -> ChartContent:
    """The content of `plot` and of `chart`; ValueError for an argument that is invalid."""
    check_choice("kind", kind, KINDS)
    over, below = _as_list(overlays), _as_list(panes)
    _check(bars, kind, averages, over, below, profile)
    bars = _fill_untraded(bars)
    time = TimeAxis(bars.index)
    first, until = view_positions(bars.index, last, start, end)
    if kind == "candles" and time.ticks and not (bars["high"] > bars["low"]).any():
        kind = "line"  # single trades have no candles
    prices = price_studies(bars, averages, over, korean)
    if kind == "line":
        close = Study("close", column(bars, "close"), "accent", None, "area", width=0.8)
        fills = tuple((upper + 1, lower + 1) for upper, lower in prices.fills)
        prices = PaneContent((close, *prices.studies), unit="price", fills=fills)
    return ChartContent(
        bars=bars,
        drawn=heikin_ashi(bars) if kind == "heikin-ashi" else bars,
        time=time,
        kind=kind,
        title=title or str(bars.attrs.get("code", "")),
        prices=prices,
        panes=tuple(pane_content(bars, item, korean) for item in below),
        references=_references(bars),
        signals=_signals(time, signals),
        events=_events(time, events),
        untraded=np.broadcast_to(is_untraded(bars), len(bars)),
        official=_official_close(bars),
        profile=profile,
        log=log,
        first=first,
        last=until,
    )


# --- arguments ------------------------------------------------------------------------------------


def _as_list(items: Sequence[Drawable] | Drawable) -> list[Drawable]:
    if isinstance(items, (str, pd.Series, pd.DataFrame)) or _is_shaped(items):
        return [items]  # type: ignore[list-item]
    return list(items)


def _is_shaped(item: object) -> bool:
    """Whether it is a pair such as ("bars", values)."""
    return isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], (pd.Series, pd.DataFrame))


def _check(
    bars: pd.DataFrame,
    kind: str,
    averages: Sequence[int],
    over: Sequence[Drawable],
    below: Sequence[Drawable],
    profile: bool,
) -> None:
    if not isinstance(bars, pd.DataFrame):
        got = type(bars).__name__
        raise ValueError(f'bars: expected a DataFrame such as kr.get_bars("005930") returns, got {got}')
    if not len(bars):
        raise ValueError("bars: expected at least one bar, got none")
    needs: dict[str, None] = {}
    for argument, items, built_in in (("overlays", over, OVERLAYS), ("panes", below, PANES)):
        for item in items:
            if isinstance(item, str):
                needs |= dict.fromkeys(built_in[check_choice(argument, item, built_in)])
            else:
                _check_values(argument, item, bars.index)
    needs |= dict.fromkeys(KINDS[kind]) | dict.fromkeys(("low", "high", "volume") if profile else ())
    missing = [name for name in needs if name not in bars]
    if missing:
        raise ValueError(f"bars: no column {', '.join(missing)}")
    for period in averages:
        _check_count("averages", period)


def _check_values(argument: str, item: object, index: pd.Index) -> None:
    values = item
    if isinstance(item, tuple) and _is_shaped(item):
        check_choice(argument, item[0], ("line", "bars"))
        values = item[1]
    if not isinstance(values, (pd.Series, pd.DataFrame)):
        raise ValueError(
            f'{argument}: expected a name, a Series or a DataFrame, or ("bars", values), got {item!r}'
        )
    if not values.index.isin(index).any():
        raise ValueError(f"{argument}: expected values with the index of the bars, got none of their times")


def _check_count(argument: str, count: object) -> int:
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise ValueError(f"{argument}: expected a positive integer, got {count!r}")
    return int(count)


def view_positions(
    index: pd.Index, last: int | None, start: Moment | None, end: Moment | None
) -> tuple[int, int]:
    """Positions of the first and the last bar in view."""
    stamps = pd.DatetimeIndex(index.get_level_values(0))
    first, until = 0, len(stamps)
    try:
        rows = stamps.slice_indexer(_time_in_zone_of_bars(stamps, start), _time_in_zone_of_bars(stamps, end))
        first, until, _ = rows.indices(len(stamps))
    except (TypeError, ValueError) as error:
        raise ValueError(f"start, end: expected times, got {start!r} and {end!r} ({error})") from None
    if first >= until:
        raise ValueError(f"start, end: expected bars between {start} and {end}, got none")
    if last is not None:
        first = max(first, until - _check_count("last", last))
    return first, until - 1


def _time_in_zone_of_bars(stamps: pd.DatetimeIndex, when: Moment | None) -> Any:
    """A date or time as pandas slices by it, in the time zone of the bars; a text may name a whole day or month."""
    if when is None or isinstance(when, str):
        return when
    stamp = pd.Timestamp(when)
    if stamps.tz is None:
        return stamp if stamp.tz is None else stamp.tz_convert("Asia/Seoul").tz_localize(None)
    return stamp.tz_localize(stamps.tz) if stamp.tz is None else stamp.tz_convert(stamps.tz)


# --- contents -------------------------------------------------------------------------------------


def _fill_untraded(bars: pd.DataFrame) -> pd.DataFrame:
    """Draw a session without a trade at its close."""
    names = [name for name in ("open", "high", "low") if name in bars]
    close = bars["close"].to_numpy()
    return bars.assign(**{name: fill_untraded(bars[name].to_numpy(), close) for name in names})


def _references(bars: pd.DataFrame) -> Floats:
    """The price that the change of each bar refers to [KRW]: the broker's where it is plausible, else the last close.

    A change that fits neither the previous close nor the daily price limit belongs to other prices, such as those
    before the bars were adjusted or rescaled.
    """
    close = column(bars, "close")
    known = pd.Series(close).ffill().shift().to_numpy()
    if "official_close" in bars:
        official = column(bars, "official_close")
        known = pd.Series(np.where(np.isfinite(official), official, close)).ffill().shift().to_numpy()
    if "change" not in bars:
        return known
    told = close - column(bars, "change")
    with np.errstate(invalid="ignore"):
        plausible = (told == known) | (np.abs(close - told) <= PRICE_LIMIT * told)
    return np.where(plausible, told, known)


def _signals(time: TimeAxis, signals: pd.Series | None) -> tuple[tuple[int, int], ...]:
    """Position and sign of every buy (1) and sell (-1) within the bars."""
    if signals is None:
        return ()
    signs = np.sign(np.nan_to_num(signals.to_numpy(np.float64))).astype(int)
    positions = time.positions("signals", signals.index.get_level_values(0))
    return tuple(
        (at, sign) for at, sign in zip(positions.tolist(), signs.tolist(), strict=True) if sign and at >= 0
    )


def _events(time: TimeAxis, events: Events | None) -> tuple[tuple[int, str], ...]:
    """Position and text of every event within the bars, in order."""
    if events is None or not len(events):
        return ()
    texts = events.values if isinstance(events, pd.Series) else events.values()
    times = events.index.get_level_values(0) if isinstance(events, pd.Series) else list(events)
    positions: Positions = time.positions("events", times)
    found = [(at, str(text)) for at, text in zip(positions.tolist(), texts, strict=True) if at >= 0]
    return tuple(sorted(found))


def _official_close(bars: pd.DataFrame) -> Floats:
    """Official closes [KRW] where they differ from the close of the bar, else missing."""
    if "official_close" not in bars:
        return np.full(len(bars), np.nan)
    official, close = column(bars, "official_close"), column(bars, "close")
    return np.where(official != close, official, np.nan)
