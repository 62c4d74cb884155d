"""The same rules on every session of a store: a first look at what a screen would have found."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from ..indicators import apply_ignoring_nan
from .feature_list import COMPUTED, Column, Feature, Function, Windows
from .rules import BACKTICKED, columns_of, judged, must_have, top_of
from .windows import TEXT, Day, Rows, day_of, in_order

ZEROED = ("open", "high", "low")  # 0 on a session without a trade
DAYS_A_SESSION, MORE_DAYS = 1.6, 25  # 251 sessions are 375 days; a long holiday is ten


class HasBars(Protocol):
    """What can be screened: `kiwoom_research.Store`, or anything that gives bars in its way.

    If it has a method ``unbiased_from(codes)``, that says from when on the result is free of survivorship bias.
    """

    def bars(
        self,
        codes: Any = None,
        start: Any = None,
        end: Any = None,
        freq: str = "1d",
        adjusted: bool = True,
        *,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Bars with the index (``code``, ``date``)."""


@dataclass(frozen=True, repr=False)
class ScreenHistory:
    """What `screen_history` found.

    Attributes
    ----------
    hits : pandas.DataFrame
        Index (``date``, ``code``): every code that passed on every session, with the features that the rules use.
    funnel : pandas.DataFrame
        Index (``date``, ``rule``): ``entered``, ``failed``, ``missing``, ``left``, ``alone`` as in `Screen`.
    unbiased_from : pandas.Timestamp or None
        The first session that is free of survivorship bias, that of the store's first fill (see
        `Store.unbiased_from`); None if the store does not say when that was.
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
    store: HasBars,
    rules: Mapping[str, str],
    start: Day,
    end: Day,
    *,
    codes: Any = None,
    sort: str | None = None,
    ascending: bool = False,
    top: int | None = None,
    filled: Day | None = None,
) -> ScreenHistory:
    """Screen every session of a store.

    Each session sees the bars up to it and nothing later. Codes that were delisted before the store was first
    filled are not in it: for sessions before that the result is too good, and says so.

    Parameters
    ----------
    store : Store
        Its adjusted daily bars are read (through DuckDB), a year at a time, only the columns that the rules need.
    rules : mapping of str to str
        As in `screen`, on features made of bars; what `info` and `foreign` give is known of today only. A rule
        that calls something (``value_20d.rank() > 100``) is calculated session by session.
    start, end : date or text
        First and last session, both included.
    codes : iterable of str, optional
        Only these codes.
    sort, ascending, top
        As in `screen`, for every session by itself.
    filled : date or text, optional
        When the store was first filled, if it does not know itself.

    Returns
    -------
    ScreenHistory
        ``hits``, ``funnel``, ``unbiased_from`` and ``note``.

    Raises
    ------
    ValueError
        As in `screen`; `start` after `end`.

    Notes
    -----
    RSI, ATR and MACD begin at least 251 bars before a session, as in `features`; what lies before that
    differs by less than a millionth.

    Examples
    --------
    >>> import tempfile
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> store = kr.Store(tempfile.mkdtemp())
    >>> _ = store.update(["005930", "035720", "000660"], since="2024-01-02", progress=False)
    >>> found = kr.screen_history(store, {"trend": "close > ma_60"}, "2026-11-01", "2026-11-20", filled="2026-11-20")
    >>> found.funnel["entered"].unique().tolist(), found.unbiased_from.isoformat()[:10]
    ([3], '2026-11-20')
    """
    wanted = _wanted(rules, sort, top)
    first, last = day_of(start, "start"), day_of(end, "end")
    if first > last:
        raise ValueError(f"start {start!r} is after end {end!r}")
    names = sorted({name for feature in wanted for name in feature.uses.split()} | {"close"})
    back = int(max(feature.needs for feature in wanted) * DAYS_A_SESSION) + MORE_DAYS
    parts = []
    for begin, until in _years(first, last):
        bars = store.bars(
            codes, _text(begin - np.timedelta64(back, "D")), _text(until), "1d", True, columns=names
        )
        parts.append(_screened(_table(bars, names, wanted, begin), rules, sort, ascending, top))
    hits = pd.concat([part[0] for part in parts])
    funnel = pd.concat([part[1] for part in parts])
    told = getattr(store, "unbiased_from", None)
    since = filled if filled is not None or told is None else told(codes)
    unbiased = pd.Timestamp(since).normalize() if since is not None else None
    return ScreenHistory(hits, funnel, unbiased, _note(unbiased, first))


def _wanted(rules: Mapping[str, str], sort: str | None, top: int | None) -> list[Feature]:
    """The features that rules and order need."""
    top_of(rules, sort, top)
    known = [*COMPUTED, "code", "date"]
    asked = {"close": "close"}
    for name, rule in rules.items():
        for column in columns_of(name, rule):
            must_have(column, known, f"rule {name!r}", historical=True)
            asked[column] = column
    if sort is not None:
        must_have(sort, list(COMPUTED), "sort", historical=True)
        asked[sort] = sort
    return [COMPUTED[name] for name in asked if name in COMPUTED]


def _years(first: np.datetime64, last: np.datetime64) -> Iterator[tuple[np.datetime64, np.datetime64]]:
    """The years from one day to another, the first and the last one cut."""
    for year in range(pd.Timestamp(first).year, pd.Timestamp(last).year + 1):
        yield (
            max(first, np.datetime64(f"{year}-01-01", "us")),
            min(last, np.datetime64(f"{year}-12-31", "us")),
        )


def _text(day: np.datetime64) -> str:
    return str(day)[:10]


def _table(
    bars: pd.DataFrame, names: Sequence[str], wanted: Sequence[Feature], begin: np.datetime64
) -> pd.DataFrame:
    """Features of every code on every session from a day on, index (``date``, ``code``)."""
    rows = in_order(bars, "bars", "close")
    columns = {name: bars[name].to_numpy(np.float64) for name in names}
    if rows.order is not None:
        columns = {name: column[rows.order] for name, column in columns.items()}
    for name in ZEROED:
        if name in columns:
            columns[name] = np.where(columns[name] == 0, columns["close"], columns[name])
    inside = rows.day >= np.searchsorted(rows.days, begin)
    made = {feature.name: np.empty(int(inside.sum())) for feature in wanted}
    length = max(feature.needs for feature in wanted)
    at = 0
    for start, stop in zip(rows.starts.tolist(), rows.stops.tolist(), strict=True):
        seen = inside[start:stop]
        size = int(seen.sum())
        if size:
            window = _sliding({name: column[start:stop] for name, column in columns.items()}, length, size)
            for feature in wanted:
                assert feature.how
                with np.errstate(divide="ignore", invalid="ignore"):
                    column = feature.how(window, feature.n)
                made[feature.name][at : at + size] = np.where(np.isfinite(column), column, np.nan)
        at += size
    return pd.DataFrame(made, index=_index(rows, inside), copy=False).sort_index()


def _sliding(columns: Mapping[str, Column], length: int, size: int) -> Windows:
    """The windows that end at each of the last `size` rows of one code."""
    padded = {name: np.append(np.full(length - 1, np.nan), column) for name, column in columns.items()}
    views = {name: sliding_window_view(column, length)[-size:] for name, column in padded.items()}

    def newest(_: Windows, function: Function, needs: Sequence[str], outputs: int) -> Column:
        return apply_ignoring_nan(function, outputs, [columns[name] for name in needs])[:, -size:]

    return Windows(views, newest)


def _index(rows: Rows, inside: Column) -> pd.MultiIndex:
    numbers = np.repeat(np.arange(len(rows.codes)), rows.stops - rows.starts)
    used, labels = np.unique(rows.day[inside], return_inverse=True)
    levels: Any = [pd.DatetimeIndex(rows.days[used]), rows.codes.astype(TEXT)]
    places: Any = [labels, numbers[inside]]
    return pd.MultiIndex(levels=levels, codes=places, names=["date", "code"], verify_integrity=False)


def _screened(
    table: pd.DataFrame, rules: Mapping[str, str], sort: str | None, ascending: bool, top: int | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hits and funnel of some sessions."""
    if len(table) and any(map(_calls, rules.values())):
        passed = pd.concat([judged(day, rules) for _, day in table.groupby(level="date")])
    else:
        passed = judged(table, rules)
    true = {name: passed[name].fillna(False).to_numpy(bool) for name in rules}
    missing = {name: passed[name].isna().to_numpy() for name in rules}
    assert isinstance(table.index, pd.MultiIndex)
    dates, days = table.index.levels[0], np.asarray(table.index.codes[0])

    def count(rows: Column) -> Column:
        return np.bincount(days[rows], minlength=len(dates))

    left, lines = np.ones(len(table), bool), []
    for name in rules:
        entered, unknown = count(left), count(left & missing[name])
        left = left & true[name]
        remaining = count(left)
        columns = [entered, entered - unknown - remaining, unknown, remaining, count(true[name])]
        labels = pd.MultiIndex.from_product([dates, [name]], names=["date", "rule"])
        numbers = dict(zip(("entered", "failed", "missing", "left", "alone"), columns, strict=True))
        lines.append(pd.DataFrame(numbers, index=labels))
    order = pd.MultiIndex.from_product([dates, list(rules)], names=["date", "rule"])
    hits = table[left]
    if sort is not None:
        hits = hits.sort_values(
            ["date", sort], ascending=[True, ascending], kind="stable", na_position="last"
        )
        hits = hits.groupby(level="date").head(top) if top is not None else hits
    return hits, pd.concat(lines).reindex(order)


def _calls(rule: str) -> bool:
    """Whether a rule calls something, which may look at all codes of a session."""
    tree = ast.parse(BACKTICKED.sub("_quoted_", rule.strip()), mode="eval")
    return any(isinstance(node, ast.Call) for node in ast.walk(tree))


def _note(unbiased: pd.Timestamp | None, first: np.datetime64) -> str:
    if unbiased is None:
        return (
            "Survivorship: codes delisted before the store was first filled are absent, and the store does not say"
            " when that was (filled=): treat every session as too good."
        )
    if np.datetime64(unbiased) <= first:
        return f"Free of survivorship bias: the store was first filled on {unbiased:%Y-%m-%d}."
    return (
        f"Survivorship: codes delisted before {unbiased:%Y-%m-%d}, when the store was first filled, are absent;"
        " sessions before that day are too good, those from it on are free of that bias."
    )
