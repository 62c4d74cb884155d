"""Replies and a table -> a DataFrame that meets the contract.

Texts become columns page by page and column by column; one DataFrame is built at the end. That is four
to five times faster than building frames of text and converting them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from . import calendar
from .endpoints import Endpoint, Field
from .endpoints.chart import key_date
from .errors import DataError
from .kinds import DIRECTION_SIGN, STAMP, Column, Unreadable

TEXT_DTYPE = "str" if int(pd.__version__.split(".")[0]) >= 3 else "object"
SEOUL = "Asia/Seoul"
LAST_SUMMER_TIME = np.datetime64("1988-10-10", "us")  # from here on Korea is UTC+9 without exception
NINE_HOURS = np.timedelta64(9, "h")

PLUS_MINUS = frozenset("+-")

Columns = dict[str, Column]


def build(
    table: Endpoint,
    pages: Sequence[Mapping[str, Any]],
    *,
    request: Mapping[str, str] | None = None,
    retrieved: datetime,
    more: str = "",
) -> pd.DataFrame:
    """Build the contract frame of one pull.

    Parameters
    ----------
    table : Endpoint
        What was asked.
    pages : sequence of mapping
        Parsed replies in the order in which they came, newest rows first.
    request : mapping, optional
        The request body: some columns are what was asked for.
    retrieved : datetime
        Market time of the first page, with a time zone; decides ``complete``.
    more : str
        ``next-key`` behind the last page; empty when the history ended there.

    Raises
    ------
    DataError
        A missing key or a text that is not of its kind; the message names call, key and text.
    """
    parts = [read(table, page, request or {}) for page in pages] or [read(table, {table.rows: []}, {})]
    if table.freq == "tick":
        parts = _without_overlap(parts)
    columns = parts[0] if len(parts) == 1 else {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
    if table.freq:
        columns = _ascending(columns, table)
    reference = _split_signs(table, columns)
    if table.freq:
        columns["complete"] = _complete(table, columns, retrieved, more)
    frame = _frame(table, columns)
    frame.attrs = {
        "endpoint": table.id,
        "retrieved": retrieved.astimezone(calendar.KST).isoformat(timespec="seconds"),
        "units": dict(table.units),
    }
    if reference:
        frame.attrs["sign_reference"] = reference
    return frame


# --- texts -> columns ----------------------------------------------------------------------------


def rows_of(table: Endpoint, page: Any) -> list[dict[str, Any]]:
    """The rows of a parsed reply; DataError when it does not have the shape of its table."""
    if not isinstance(page, dict):
        raise DataError(f"{table.id}: the reply is not a JSON object", api_id=table.id)
    rows: Any = page.get(table.rows)
    if not table.rows:  # one flat record; some editions of the manual show a list instead
        flat = any(f.raw in page for f in table.fields if not f.request)
        rows = [page] if flat else next((v for v in page.values() if isinstance(v, list)), None) or [page]
    if not isinstance(rows, list) or not set(map(type, rows)) <= {dict}:
        raise DataError(f"{table.id}: the reply has no list of rows under {table.rows!r}", api_id=table.id)
    return rows


def blank(table: Endpoint, row: Mapping[str, Any]) -> bool:
    """Whether a row says nothing: every field of the table blank or absent."""
    return all(row.get(f.raw, "") == "" for f in table.fields if not f.request)


@cache
def _reader(table: Endpoint) -> tuple[list[Field], itemgetter[Any]]:
    """The fields that come from a row, and what takes their texts out of it."""
    fields = [f for f in table.fields if not f.request]
    return fields, itemgetter(*(f.raw for f in fields))


def read(table: Endpoint, page: Mapping[str, Any], request: Mapping[str, str]) -> Columns:
    """One reply as columns, in wire order; marked prices still carry their sign."""
    rows = rows_of(table, page)
    if table.many:
        rows = _as_asked(table, rows, request.get("stk_cd", ""))
    fields, get = _reader(table)
    try:
        texts = list(zip(*map(get, rows), strict=True))
        if texts and "" in texts[0]:
            raise KeyError
    except KeyError:  # an old row schema, or a blank row such as those that close some histories
        if table.rows and not table.many:
            rows = [row for row in rows if not blank(table, row)]
        texts = [_texts(table, f, rows) for f in fields]
    columns: Columns = {}
    for field, column in zip(fields, texts or [()] * len(fields), strict=True):
        columns[field.name] = _column(table, field, column)
        if field.signed:
            columns[f"{field.name} marked"] = _markers(column)
    for field in table.fields:
        if field.request:
            columns[field.name] = _column(table, field, (request.get(field.raw, ""),) * len(rows))
    if table.many:
        columns["found"] = np.array([not blank(table, {**r, "stk_cd": ""}) for r in rows], dtype=bool)
    return columns


def _texts(table: Endpoint, field: Field, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    if not field.optional and any(field.raw not in row for row in rows):
        raise DataError(f"{table.id}: a row lacks {field.raw!r} ({field.name})", api_id=table.id)
    return tuple(row.get(field.raw, "") for row in rows)


def _column(table: Endpoint, field: Field, texts: Sequence[str]) -> Column:
    try:
        values = field.kind.column(texts)
    except Unreadable as error:
        raise DataError(
            f"{table.id}: {field.raw!r} ({field.name}) says {error.text!r}, which is no {field.kind.name}",
            api_id=table.id,
        ) from None
    if field.scale == 1:
        return values
    # dividing by a whole number is exact where multiplying by its inverse is not
    return values * field.scale if field.scale > 1 else values / round(1 / field.scale)


def _markers(texts: Sequence[str]) -> Column:
    together = "".join(texts)
    if "+" not in together and "-" not in together:
        return np.zeros(len(texts), dtype=bool)
    if " " in together:
        texts = [text.strip() for text in texts]
    return np.array([text[:1] in PLUS_MINUS for text in texts], dtype=bool)


def _as_asked(table: Endpoint, rows: list[dict[str, Any]], asked: str) -> list[dict[str, Any]]:
    """Rows in the order asked, a blank one for each code that did not come back."""
    codes = asked.split("|") if asked else [str(row.get("stk_cd", "")) for row in rows]
    # an answer may echo 005930 for 005930_AL
    found = {str(row["stk_cd"])[:6]: row for row in rows if row.get("stk_cd")}
    strangers = set(found) - {code[:6] for code in codes}
    if strangers:
        raise DataError(f"{table.id}: rows for codes nobody asked for: {sorted(strangers)}", api_id=table.id)
    if len(rows) == len(codes):
        picked = [row if row.get("stk_cd") else {} for row in rows]
        if any(r and str(r["stk_cd"])[:6] != c[:6] for r, c in zip(picked, codes, strict=True)):
            picked = [found.get(code[:6], {}) for code in codes]
    else:
        picked = [found.get(code[:6], {}) for code in codes]
    empty = {f.raw: "" for f in table.fields}
    return [{**(row or empty), "stk_cd": code} for row, code in zip(picked, codes, strict=True)]


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

    def equal(a: Column, b: Any) -> Column:
        return np.asarray((a == b) | ((a != a) & (b != b)), dtype=bool)

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


def _ascending(columns: Columns, table: Endpoint) -> Columns:
    """Oldest first; of bars with the same label the one that came first on the wire stays."""
    columns = {name: column[::-1] for name, column in columns.items()}
    labels = columns[table.index[0]]
    if np.isnat(labels).any():
        raise DataError(f"{table.id}: a row has no {table.fields[0].raw!r}", api_id=table.id)
    if table.freq == "tick":
        order = np.argsort(labels, kind="stable")
    elif (labels[1:] > labels[:-1]).all():
        return columns
    else:
        order = np.argsort(labels, kind="stable")
        ordered = labels[order]
        order = order[np.append(ordered[1:] != ordered[:-1], True)]  # the wire's first is the last here
    return {name: column[order] for name, column in columns.items()}


# --- signs ---------------------------------------------------------------------------------------


def _split_signs(table: Endpoint, columns: Columns) -> str:
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
    reference, rule = _reference(columns)
    by_wire = [n for n in signed if not (table.marks == "newest" and n == "close")]
    row_marked = np.logical_or.reduce([marked[name] for name in by_wire])
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


def _reference(columns: Columns) -> tuple[Column, str]:
    """What each row's prices are compared with, and the rule in words."""
    close = columns["close"]
    before = np.full(len(close), np.nan)
    before[1:] = close[:-1]
    before[before == 0] = np.nan
    change = columns.get("change")
    if change is None:
        return before, "previous row's close"
    direction = _true_change(columns)
    against = close - change if direction is None else close - np.abs(change) * direction
    known = ~np.isnan(against)
    if known.all():
        return against, "change and direction"
    rule = "change and direction; previous row's close" if known.any() else "previous row's close"
    return np.where(known, against, before), rule


# --- frame ---------------------------------------------------------------------------------------


def _complete(table: Endpoint, columns: Columns, retrieved: datetime, more: str) -> Column:
    labels = columns[table.index[0]]
    complete = calendar.complete_mask(labels, table.freq, retrieved)
    if more and table.freq in ("min", "tick") and len(labels):
        days = labels.astype("datetime64[D]")
        behind = key_date(more)
        if behind is None or np.datetime64(behind, "D") >= days[0]:
            complete = complete & (days != days[0])  # the page ended inside its oldest day
    return complete


def _frame(table: Endpoint, columns: Columns) -> pd.DataFrame:
    data: dict[str, Any] = {name: columns[name] for name in table.columns}
    for field in table.fields:
        if field.name not in data:
            continue
        if field.kind.dtype == "text" and TEXT_DTYPE == "str":
            data[field.name] = pd.array(data[field.name], dtype="str")
        elif field.kind is STAMP:
            data[field.name] = seoul(data[field.name])
    return pd.DataFrame(data, index=_index(table, columns), copy=False)


def _index(table: Endpoint, columns: Columns) -> pd.Index | None:
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
