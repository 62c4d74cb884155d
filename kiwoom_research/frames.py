"""Decoded pages and a table -> a DataFrame that meets the frame contract.

Columns stay arrays until one DataFrame is built at the end. That is four to five times faster than building
frames of text and converting them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from . import calendar, official_close
from .decode import Columns, Decoded, Unreadable, decode, equal
from .endpoints import Table
from .endpoints.chart import key_date
from .endpoints.finality import columns_of
from .errors import DataError, DataWarning
from .kinds import DIRECTION_SIGN, TIMESTAMP, Column

TEXT_DTYPE = "str" if int(pd.__version__.split(".")[0]) >= 3 else "object"
SEOUL = "Asia/Seoul"
LAST_SUMMER_TIME = np.datetime64("1988-10-10", "us")  # from here on Korea is UTC+9 without exception
NINE_HOURS = np.timedelta64(9, "h")


def build(
    table: Table,
    pages: Sequence[Mapping[str, Any]],
    *,
    request: Mapping[str, str] | None = None,
    retrieved: datetime,
    more: str = "",
    strict: bool = False,
) -> pd.DataFrame:
    """The contract frame of parsed replies: `decode` each of them, then `assemble`."""
    decoded = [decode(table, page, request or {}, strict=strict) for page in pages]
    return assemble(table, decoded, retrieved=retrieved, more=more)


def assemble(
    table: Table,
    pages: Sequence[Decoded],
    *,
    retrieved: datetime,
    more: str = "",
    venue: str = "krx",
    is_fund: Callable[[], bool] | None = None,
) -> pd.DataFrame:
    """Build the contract frame of one or several pages.

    Parameters
    ----------
    table : Table
        What was asked.
    pages : sequence of Decoded
        Decoded pages in the order in which they came, newest rows first.
    retrieved : datetime
        Market time of the first page, with a time zone; decides ``complete``.
    more : str
        ``next-key`` behind the last page; empty when the history ended there.
    venue : str
        Of the code: ``krx``, ``nxt`` or ``both``. The official close is one of ``krx``.
    is_fund : callable, optional
        Says whether the code is known to be an ETF or ETN, which the after-market does not trade; called only where the
        rows do not tell.

    Raises
    ------
    DataError
        A bar without a date or time.

    Warns
    -----
    DataWarning
        Cells that could not be read; rows of a session that has not begun, which are dropped; bars of days on which
        the calendar says that the exchange is closed, which are kept.
    """
    parts = [page.columns for page in pages] or [decode(table, {table.rows: []}, {}).columns]
    if table.freq == "tick":
        parts = _without_overlap(parts)
    columns = parts[0] if len(parts) == 1 else {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
    columns = _ascending(columns, table) if table.freq else dict(columns)
    if table.freq:
        columns = _without_future(table, columns, retrieved)
    reference = _split_signs(table, columns)
    if table.official:
        _add_official(columns, venue, is_fund)
    if table.freq:
        _drop_copies(table, columns, retrieved)
        columns["complete"] = _complete(table, columns, retrieved, more)
    frame = _frame(table, columns)
    frame.attrs = {
        "endpoint": table.api_id,
        "retrieved": retrieved.astimezone(calendar.KST).isoformat(timespec="seconds"),
        "units": dict(table.units),
    }
    if reference:
        frame.attrs["sign_reference"] = reference
    if table.freq in ("1d", "min", "tick"):
        closed = _closed_days(columns[table.index[0]])
        if closed:
            frame.attrs["closed_days"] = closed
            warnings.warn(
                f"{table.api_id}: bars of days on which the calendar says that the exchange is closed are kept:"
                f" {', '.join(closed[:5])}{' ...' * (len(closed) > 5)}; .attrs['closed_days'] lists all",
                DataWarning,
                stacklevel=2,
            )
    odd = [cell for page in pages for cell in page.unreadable]
    if odd:
        frame.attrs["unreadable"] = [cell._asdict() for cell in odd]
        warnings.warn(unreadable_message(table, odd), DataWarning, stacklevel=2)
    return frame


def unreadable_message(table: Table, odd: Sequence[Unreadable]) -> str:
    """Say which cells of a call could not be read: how many, the first one, and what the catalogue notes about it."""
    first = odd[0]
    count = "one cell" if len(odd) == 1 else f"{len(odd)} cells"
    note = next((field.note for field in table.fields if field.raw == first.key), "")
    return (
        f"{table.api_id}: {count} could not be read and count as missing, the first in {first.key!r}"
        f" ({first.column}) of {first.code or 'a row'}: {first.text!r}{f' ({note})' * bool(note)};"
        " .attrs['unreadable'] lists all"
    )


# --- order ---------------------------------------------------------------------------------------


def _without_overlap(parts: Sequence[Columns]) -> list[Columns]:
    """Drop the head of a tick page that repeats the tail of the page before it.

    Ticks have no key: several equal trades in one second are real. Only a run that holds at least two
    different rows is proof of a repetition.
    """
    kept = [parts[0]]
    for part in parts[1:]:
        repeated = _repeated(kept[-1], part)
        kept.append({name: column[repeated:] for name, column in part.items()})
    return kept


def _repeated(before: Columns, after: Columns) -> int:
    size, length = len(after["time"]), len(before["time"])
    if not size or not length:
        return 0

    starts = np.logical_and.reduce([equal(column, after[name][0]) for name, column in before.items()])
    for start in np.flatnonzero(starts):
        run = length - int(start)
        if run > size:
            continue
        same = all(equal(column[start:], after[name][:run]).all() for name, column in before.items())
        varied = any(not equal(column[start:], column[start]).all() for column in before.values())
        if same and varied:
            return run
    return 0


def _ascending(columns: Columns, table: Table) -> Columns:
    """Oldest first; of bars with the same label the one that came first on the wire stays."""
    columns = {name: column[::-1] for name, column in columns.items()}
    labels = columns[table.index[0]]
    if np.isnat(labels).any():
        raise DataError(f"{table.api_id}: a row has no {table.fields[0].raw!r}", api_id=table.api_id)
    if table.freq == "tick":
        order = np.argsort(labels, kind="stable")
    elif (labels[1:] > labels[:-1]).all():
        return columns
    else:
        order = np.argsort(labels, kind="stable")
        ordered = labels[order]
        order = order[np.append(ordered[1:] != ordered[:-1], True)]  # the wire's first is the last here
    return {name: column[order] for name, column in columns.items()}


# --- days ----------------------------------------------------------------------------------------


def _without_future(table: Table, columns: Columns, retrieved: datetime) -> Columns:
    """Drop rows of a session that has not begun, such as those that a server shows after midnight.

    A row of today stays on a day that the calendar calls closed: then the calendar is wrong.
    """
    labels = columns[table.index[0]]
    begun = calendar.last_begun(retrieved, "both")
    today = retrieved.astimezone(calendar.KST).date()
    last = max(begun, today) if not calendar.is_session(today) else begun
    late = labels >= np.datetime64(last) + np.timedelta64(1, "D")
    if not late.any():
        return columns
    warnings.warn(
        f"{table.api_id}: rows of sessions that have not begun are dropped: {int(late.sum())}, the first of"
        f" {str(labels[late][0])[:10]} (the last session that has begun is {begun})",
        DataWarning,
        stacklevel=3,
    )
    return {name: column[~late] for name, column in columns.items()}


def _closed_days(labels: Column) -> list[str]:
    """The days among the labels on which the exchange is known to be closed."""
    days = labels.astype("datetime64[D]")
    return [str(day) for day in np.unique(days[calendar.closed_mask(days)])]


# --- signs ---------------------------------------------------------------------------------------


def _split_signs(table: Table, columns: Columns) -> str:
    """Turn marked prices into magnitudes and sign columns; returns which rule gave the signs."""
    signed = [f.name for f in table.fields if f.signed]
    if not signed:
        return ""
    marked = {name: columns.pop(f"{name} marked") for name in signed}
    # without a marker a price stands where the reference stands
    wire = {name: np.where(marked[name], _sign(columns[name]), np.int8(0)) for name in signed}
    columns.update({name: np.abs(columns[name]) for name in signed})
    if table.marks == "all":
        columns.update({f"{name}_sign": wire[name] for name in signed})
        _true_change(columns)
        return "wire marker"
    reference, rule = _reference(table, columns)
    by_wire = [n for n in signed if not (table.marks == "newest" and n == "close")]
    row_marked = np.logical_or.reduce([marked[name] for name in by_wire]) & (table.marks != "ignored")
    if table.marks == "newest":
        columns["close_sign"] = wire["close"]
        # a reference on the wrong side of a marked close is none (a corporate action lies between)
        reference = np.where(_sign(columns["close"] - reference) == wire["close"], reference, np.nan)
    for name in by_wire:
        columns[f"{name}_sign"] = np.where(row_marked, wire[name], _sign(columns[name] - reference))
    if row_marked.any() or table.marks == "newest":
        rule = "wire marker; " + rule
    return rule


def _sign(values: Column) -> Column:
    signs: Column = (values > 0).astype(np.int8) - (values < 0).astype(np.int8)
    return signs


def _true_change(columns: Columns) -> Column | None:
    """Give a bare change the sign of its direction; returns the direction as -1, 0, +1 or NaN."""
    if "direction" not in columns or "change" not in columns:
        return None
    # a missing word gives None, which numpy reads as NaN
    direction = np.array(list(map(DIRECTION_SIGN.get, columns["direction"])), dtype=np.float64)
    change = columns["change"]
    columns["change"] = np.where((direction < 0) & (change > 0), -change, change)
    return direction


def _reference(table: Table, columns: Columns) -> tuple[Column, str]:
    """What each row's prices are compared with, and the rule in words."""
    close = columns["close"]
    before = np.full(len(close), np.nan)
    before[1:] = close[:-1]
    before[before == 0] = np.nan
    if table.official:  # the close before may be the last price of the evening, which is no base price
        before[columns["date"] > np.datetime64(calendar.LONG_DAY)] = np.nan
    change = columns.get("change")
    if change is None:
        return before, "previous row's close"
    direction = _true_change(columns)
    if direction is None:
        against = close - change
    else:  # a minus tells the direction by itself, no sign may be a plus or none
        down = np.where(np.isnan(direction) & (change < 0), -1.0, direction)
        against = close - np.abs(change) * down
    known = ~np.isnan(against)
    if known.all():
        return against, "change and direction"
    rule = "change and direction; previous row's close" if known.any() else "previous row's close"
    return np.where(known, against, before), rule


def _add_official(columns: Columns, venue: str, is_fund: Callable[[], bool] | None) -> None:
    """Add what these rows say about the official close."""
    days, close = columns["date"].astype("datetime64[D]"), columns["close"]
    followed, is_close = _followed(days), (days < np.datetime64(calendar.LONG_DAY)) & ~np.isnan(close)
    if venue != "krx":
        is_close[:] = False
    elif is_fund and not is_close.all():
        tells = official_close.trades_after_the_close(columns, followed & ~is_close)
        if not tells and is_fund():
            is_close = ~np.isnan(close)
    price, source = official_close.from_bars(columns, followed, is_close)
    base = close - columns["change"]
    columns[official_close.COLUMN], columns[official_close.SOURCE] = price, source
    columns[official_close.SIGN] = np.where(price == close, columns["close_sign"], _sign(price - base))


def _followed(days: Column) -> Column:
    """Whether the next row is the next session."""
    if not len(days):
        return np.zeros(0, dtype=bool)
    sessions = calendar.sessions_in_range(days[0].astype(object), days[-1].astype(object))
    return np.append(np.diff(sessions.searchsorted(days)) == 1, False)


# --- frame ---------------------------------------------------------------------------------------


def _drop_copies(table: Table, columns: Columns, retrieved: datetime) -> None:
    """Numbers that repeat the session before, because those of the day are not there yet, are missing."""
    for group, own in columns_of(table.finality, tuple(columns)):
        if group.copied_mark in columns:
            copied = calendar.copied_mask(columns[table.index[0]], retrieved, group)
            copied &= columns[group.copied_mark] == 0
            if copied.any():
                numbers = [name for name in own if columns[name].dtype == np.float64]
                columns.update({name: np.where(copied, np.nan, columns[name]) for name in numbers})


def _complete(table: Table, columns: Columns, retrieved: datetime, more: str) -> Column:
    labels = columns[table.index[0]]
    complete = calendar.complete_mask(labels, table.freq, retrieved, table.finality)
    if more and table.freq in ("min", "tick") and len(labels):
        days = labels.astype("datetime64[D]")
        behind = key_date(more)
        if behind is None or np.datetime64(behind, "D") >= days[0]:
            complete = complete & (days != days[0])  # the page ended inside its oldest day
    return complete


def _frame(table: Table, columns: Columns) -> pd.DataFrame:
    data: dict[str, Any] = {name: columns[name] for name in table.columns}
    if table.official and TEXT_DTYPE == "str":
        data[official_close.SOURCE] = pd.array(data[official_close.SOURCE], dtype="str")
    for field in table.fields:
        if field.name not in data:
            continue
        if field.kind.dtype == "text" and TEXT_DTYPE == "str":
            data[field.name] = pd.array(data[field.name], dtype="str")
        elif field.kind is TIMESTAMP:
            data[field.name] = seoul(data[field.name])
    return pd.DataFrame(data, index=_index(table, columns), copy=False)


def _index(table: Table, columns: Columns) -> pd.Index | None:
    if not table.index:
        return None
    name = table.index[0]
    if name == "time":
        times = seoul(columns["time"]).rename("time")
        if "seq" not in table.index:
            return times
        return pd.MultiIndex.from_arrays([times, _seq(columns["time"])], names=["time", "seq"])
    if name == "date":
        return pd.DatetimeIndex(columns["date"], name="date")
    return pd.Index(columns[name], dtype=TEXT_DTYPE, name=name)


def _seq(times: Column) -> Column:
    """Position of each row within its second, counted from the oldest."""
    position = np.arange(len(times))
    if not len(times):
        return position
    starts = np.append(True, times[1:] != times[:-1])
    return position - np.maximum.accumulate(np.where(starts, position, 0))


def seoul(clock: Column) -> pd.DatetimeIndex:
    """Wall-clock times of Korea as time-zone-aware times."""
    if len(clock) and np.nanmin(clock) < LAST_SUMMER_TIME:
        return pd.DatetimeIndex(clock).tz_localize(SEOUL, ambiguous=False, nonexistent="shift_forward")
    return pd.DatetimeIndex(clock - NINE_HOURS).tz_localize("UTC").tz_convert(SEOUL)
