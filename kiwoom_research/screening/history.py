"""Screening of every session of a store: what a screen would have found in the past."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from .. import official_close
from ..indicators import ArrayFunction, apply_ignoring_nan
from ..kinds import Column
from ..official_close import ClosingPrice, Fallback
from .feature_list import COMPUTED, Feature
from .grammar import Rule, nearest
from .rules import COUNTS, SOURCES, TRADED, count_funnel, evaluate_rules, parse_rules
from .windows import PRICES, Day, SortedRows, Windows, carry_through_halts, mark_traded, parse_day, sort_rows

DAYS_PER_SESSION, EXTRA_DAYS = 1.6, 25  # 251 sessions are about 375 days; a long holiday is ten
WON = 1e-6  # prices are floored to the won; a product that should be whole must not fall below it
ALWAYS_READ = ("open", "close", "volume")


class BarStore(Protocol):
    """What `screen_history` can read: a `kiwoom_research.Store`, or an object with the same methods.

    An optional method ``unbiased_from(codes)`` returns the first session that is free of survivorship bias.
    """

    def bars(
        self,
        codes: Iterable[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        freq: Any = "1d",
        adjusted: bool = True,
        *,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return bars with the index (``code``, ``date``); ``official_close`` may be absent."""

    def events(self, codes: Iterable[str] | None = None) -> pd.DataFrame:
        """Return corporate actions: ``code``, ``date`` and ``ratio``, by which earlier prices are multiplied."""


@dataclass(frozen=True, repr=False)
class ScreenHistory:
    """The result of `screen_history`.

    Attributes
    ----------
    hits : pandas.DataFrame
        Index (``date``, ``code``): every code that passed in each session, with the features that the rules use.
    funnel : pandas.DataFrame
        Index (``date``, ``rule``): ``entered``, ``failed``, ``missing``, ``left``, ``passes_alone`` as in `Screen`.
    unbiased_from : pandas.Timestamp or None
        The first session that is free of survivorship bias (see `Store.unbiased_from`); None if it is unknown.
    note : str
        The same in words.
    """

    hits: pd.DataFrame
    funnel: pd.DataFrame
    unbiased_from: pd.Timestamp | None
    note: str

    def __len__(self) -> int:
        return len(self.hits)

    def __repr__(self) -> str:
        sessions = self.funnel.index.get_level_values("date").nunique()
        return f"{len(self.hits)} hits in {sessions} sessions\n{self.note}\n\n{self.hits}"


def screen_history(
    store: BarStore,
    rules: Mapping[str, str],
    start: Day,
    end: Day,
    *,
    codes: str | Iterable[str] | None = None,
    sort: str | None = None,
    ascending: bool = False,
    top: int | None = None,
    first_stored: Day | None = None,
    price: ClosingPrice = "official",
    fallback: Fallback = "last",
) -> ScreenHistory:
    """Screen every session of a store.

    A session sees only what was known then: the bars up to it, and the corporate actions up to it. So levels
    (``close >= 150000``, ``volume``) are in the scale of their own day: prices as traded, earlier ones adjusted for
    the splits in between. A later split changes no hit. Ratios and returns do not depend on the scale.

    Codes that were delisted before the store was first filled are absent. The result of earlier sessions is therefore
    too good; ``unbiased_from`` and ``note`` say from when on it is not.

    Parameters
    ----------
    store : Store
        Its raw daily bars are read year by year, only the columns that the rules need, and its corporate actions.
    rules : mapping of str to str
        As in `screen`, on features made of bars. Features made of `info` and `foreign` are known as of today only.
    start, end : date or text
        First and last session, both included.
    codes : str or iterable of str, optional
        Only these codes.
    sort, ascending, top
        As in `screen`, in each session.
    first_stored : date or text, optional
        When the store was first filled, if it does not know.
    price, fallback
        As in `features`. ``price="official"`` reads the column ``official_close`` of the store.

    Returns
    -------
    ScreenHistory
        ``hits``, ``funnel``, ``unbiased_from`` and ``note``.

    Raises
    ------
    ValueError
        As in `screen`, or `start` after `end`.

    Warns
    -----
    UserWarning
        Official closes are not known, and last prices stand in; ``close_is_last`` in ``hits`` marks their sessions.

    Notes
    -----
    RSI, ATR and MACD are calculated from at least 251 sessions. They differ from those of `features` by less than a
    millionth, because their recursive averages may start earlier here.

    Examples
    --------
    >>> import tempfile
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> store = kr.Store(tempfile.mkdtemp())
    >>> _ = store.update(["005930", "035720", "000660"], since="2024-01-02", progress=False)
    >>> found = kr.screen_history(store, {"trend": "close > ma_60"}, "2026-11-02", "2026-11-19", first_stored="2026-11-20")
    >>> found.funnel["entered"].unique().tolist(), found.unbiased_from.isoformat()[:10]
    ([3], '2026-11-20')
    """
    official_close.check_closes(price, fallback)
    needed = _needed_features(rules, sort, top)
    parsed, wanted = needed.rules, needed.features
    first, last = parse_day(start, "start"), parse_day(end, "end")
    if first > last:
        raise ValueError(f"start: expected a day up to end, {str(last)[:10]}, got {str(first)[:10]}")
    names = sorted({name for feature in wanted for name in feature.uses.split()} | set(ALWAYS_READ))
    names += [official_close.COLUMN] if price == "official" else []
    back = int(max(feature.needs for feature in wanted) * DAYS_PER_SESSION) + EXTRA_DAYS
    chosen = [codes] if isinstance(codes, str) else codes if codes is None else list(codes)
    events = _events_by_code(store.events(chosen))
    hits, funnels, stand_ins = [], [], 0
    for begin, until in _years(first, last):
        read_from = str(begin - np.timedelta64(back, "D"))[:10]
        bars = store.bars(chosen, read_from, str(until)[:10], "1d", False, columns=names)
        table = _features(bars, wanted, begin, events, price, fallback)
        stand_ins += int(table[official_close.STAND_IN].sum())
        found, funnel = _screen_sessions(table, parsed, sort, ascending, top)
        hits.append(found)
        funnels.append(funnel)
    official_close.warn_of_stand_ins(stand_ins, stacklevel=2)
    known = getattr(store, "unbiased_from", None)
    since = first_stored if first_stored is not None or known is None else known(chosen)
    unbiased = None if since is None else pd.Timestamp(since).normalize()
    return ScreenHistory(pd.concat(hits), pd.concat(funnels), unbiased, _note(unbiased, first))


class _Needed(NamedTuple):
    rules: dict[str, Rule]
    features: list[Feature]


def _needed_features(rules: Mapping[str, str], sort: str | None, top: int | None) -> _Needed:
    """Parse the rules, and list the features that they and the order use."""
    available = [*COMPUTED, TRADED, "code", "date"]
    parsed = parse_rules(rules, sort, top, available)
    names = {"close": None}
    for rule in parsed.values():
        rule.require_columns(available, _explain)
        names |= dict.fromkeys(rule.columns)
    if sort is not None:
        if sort not in COMPUTED:
            raise ValueError(f"sort: no column {sort!r}; {_explain(sort) or nearest(sort, list(COMPUTED))}")
        names[sort] = None
    return _Needed(parsed, [COMPUTED[name] for name in names if name in COMPUTED])


def _explain(column: str) -> str:
    return "" if SOURCES.get(column, "bars") == "bars" else "it is known as of today only, not for the past"


def _years(first: np.datetime64, last: np.datetime64) -> Iterator[tuple[np.datetime64, np.datetime64]]:
    """Yield the years from one day to another, the first and the last one cut."""
    for year in range(pd.Timestamp(first).year, pd.Timestamp(last).year + 1):
        yield (
            max(first, np.datetime64(f"{year}-01-01", "us")),
            min(last, np.datetime64(f"{year}-12-31", "us")),
        )


# --- features of every session ----------------------------------------------------------------------


class _Events(NamedTuple):
    """The corporate actions of one code, oldest first."""

    days: Column
    ratios: Column


NO_EVENTS = _Events(np.empty(0, "datetime64[us]"), np.empty(0))


def _events_by_code(events: pd.DataFrame) -> dict[str, _Events]:
    events = events[events["ratio"] != 1].sort_values(["code", "date"])
    days = pd.DatetimeIndex(events["date"]).to_numpy("datetime64[us]")
    ratios = events["ratio"].to_numpy(np.float64)
    return {
        str(code): _Events(days[rows], ratios[rows]) for code, rows in events.groupby("code").indices.items()
    }


def _features(
    bars: pd.DataFrame,
    wanted: Sequence[Feature],
    begin: np.datetime64,
    events: Mapping[str, _Events],
    price: ClosingPrice,
    fallback: Fallback,
) -> pd.DataFrame:
    """Calculate the features of every code in every session from a day on; index (``date``, ``code``)."""
    rows = sort_rows(bars, "bars", "close")
    columns = {str(name): bars[name].to_numpy(np.float64) for name in bars}
    if rows.order is not None:
        columns = {name: column[rows.order] for name, column in columns.items()}
    columns["close"], columns[official_close.STAND_IN] = official_close.choose_closes(columns, price)
    columns.pop(official_close.COLUMN, None)
    columns = mark_traded(columns)
    inside = rows.session >= np.searchsorted(rows.sessions, begin)
    table = {feature.name: np.empty(len(inside)) for feature in wanted}
    for code, start, stop in zip(rows.codes, rows.starts.tolist(), rows.stops.tolist(), strict=True):
        if start == stop or not inside[stop - 1]:
            continue
        session = rows.session[start:stop]
        at = session - session[0]
        first = int(at[inside[start:stop]][0])
        own = {name: column[start:stop] for name, column in columns.items()}
        if at[-1] >= len(at):
            own = carry_through_halts({name: _spread(column, at) for name, column in own.items()})
        # after halts are filled, so that a close that is left missing is no halt
        own["close"] = _closes(own, fallback).price
        known = events.get(code, NO_EVENTS)
        steps = np.searchsorted(rows.sessions[session[0] : session[-1] + 1], known.days)
        found = _features_of_code(own, wanted, first, steps, known.ratios)
        for name, column in found.items():
            table[name][start:stop] = column[at]
    marks = _closes(columns, fallback).stands_in[inside]
    traded = columns["traded"][inside] == 1
    data = {name: column[inside] for name, column in table.items()} | {
        TRADED: traded,
        official_close.STAND_IN: marks,
    }
    return pd.DataFrame(data, index=_date_and_code(rows, inside), copy=False).sort_index()


def _closes(columns: Mapping[str, Column], fallback: Fallback) -> official_close.ChosenCloses:
    chosen = official_close.ChosenCloses(columns["close"], columns[official_close.STAND_IN] == 1)
    return official_close.without_stand_ins(chosen, fallback)


def _spread(column: Column, at: Column) -> Column:
    """Put values at their places; missing in between."""
    spread = np.full(at[-1] + 1, np.nan)
    spread[at] = column
    return spread


def _features_of_code(
    columns: Mapping[str, Column], wanted: Sequence[Feature], first: int, steps: Column, ratios: Column
) -> dict[str, Column]:
    """Calculate features in consecutive sessions from the place `first` on; before it they are missing.

    Prices before the place ``steps[i]`` are multiplied by ``ratios[i]``, but only as seen from that place on.
    """
    size = len(columns["close"])
    found = {feature.name: np.full(size, np.nan) for feature in wanted}
    edges = [first, *sorted({int(step) for step in steps if first < step < size}), size]
    for begin, end in pairwise(edges):
        factor = np.ones(end)
        for step, ratio in zip(steps, ratios, strict=True):
            if step <= begin:
                factor[:step] *= ratio
        windows = _windows_ending_at(
            {name: _in_scale(name, column[:end], factor) for name, column in columns.items()},
            max(feature.needs for feature in wanted),
            begin,
        )
        for feature in wanted:
            assert feature.calculate
            with np.errstate(divide="ignore", invalid="ignore"):
                column = feature.calculate(windows, feature.n)
            found[feature.name][begin:end] = np.where(np.isfinite(column), column, np.nan)
    return found


def _in_scale(name: str, column: Column, factor: Column) -> Column:
    """Adjust prices and volumes as the broker does: down to the won, and to the share."""
    if name not in (*PRICES, "volume") or (factor == 1).all():
        return column
    adjusted = np.floor((column / factor if name == "volume" else column * factor) + WON)
    return np.where(factor == 1, column, adjusted)


def _windows_ending_at(columns: Mapping[str, Column], length: int, begin: int) -> Windows:
    """Return the windows that end at the places from `begin` on, of one code."""
    padded = {name: np.append(np.full(length - 1, np.nan), column) for name, column in columns.items()}
    views = {name: sliding_window_view(column, length)[begin:] for name, column in padded.items()}

    def last_values(_: Windows, function: ArrayFunction, needed: Sequence[str], outputs: int) -> Column:
        return apply_ignoring_nan(function, outputs, [columns[name] for name in needed])[:, begin:]

    return Windows(views, last_values)


def _date_and_code(rows: SortedRows, inside: Column) -> pd.MultiIndex:
    numbers = np.repeat(np.arange(len(rows.codes)), rows.stops - rows.starts)
    used, labels = np.unique(rows.session[inside], return_inverse=True)
    levels: Any = [pd.DatetimeIndex(rows.sessions[used]), rows.codes]
    places: Any = [labels, numbers[inside]]
    return pd.MultiIndex(levels=levels, codes=places, names=["date", "code"], verify_integrity=False)


# --- hits and funnel --------------------------------------------------------------------------------


def _screen_sessions(
    table: pd.DataFrame, rules: Mapping[str, Rule], sort: str | None, ascending: bool, top: int | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return hits and funnel of some sessions."""
    assert isinstance(table.index, pd.MultiIndex)
    dates, session = table.index.levels[0], np.asarray(table.index.codes[0])
    counts, left = count_funnel(evaluate_rules(table, rules, session), session, len(dates))
    index = pd.MultiIndex.from_product([list(rules), dates], names=["rule", "date"]).swaplevel()
    order = pd.MultiIndex.from_product([dates, list(rules)], names=["date", "rule"])
    funnel = pd.DataFrame(counts, index=index, columns=list(COUNTS)).reindex(order)
    hits = table[left].drop(columns=TRADED)
    if sort is not None:
        hits = hits.sort_values(
            ["date", sort], ascending=[True, ascending], kind="stable", na_position="last"
        )
        if top is not None:
            hits = hits.groupby(level="date").head(top)
    return hits, funnel


def _note(unbiased: pd.Timestamp | None, first: np.datetime64) -> str:
    if unbiased is None:
        return (
            "Survivorship: codes delisted before the store was first filled are absent, and the store does not know"
            " when that was (first_stored=): treat every session as too good."
        )
    if np.datetime64(unbiased) <= first:
        return f"Free of survivorship bias: the store was first filled on {unbiased:%Y-%m-%d}."
    return (
        f"Survivorship: codes delisted before {unbiased:%Y-%m-%d}, when the store was first filled, are absent."
        " Sessions before that day are too good, later ones are free of this bias."
    )
