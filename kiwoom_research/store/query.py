"""The SQL that reads bars; adjusted prices are made in it by a join with the corporate actions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from .. import calendar
from ..bulk.pull import long_index
from ..data.bars import FREQS
from ..frames import TEXT_DTYPE, seoul
from ..official_close import CLOSE, COLUMN, COLUMNS, NONE, SIGN, SOURCE
from .corporate_actions import PRICE_EPS
from .folder import sql_text
from .schema import COUNTS, PRICES, arrow_schema, time_column

AS_STORED = ("direction", "source", SOURCE)  # text

IS_CLOSE = f"(b.date < DATE '{calendar.LONG_DAY}' OR u.code IS NOT NULL)"  # the close is the official one

Column = np.ndarray[Any, Any]


def stored_columns(freq: str) -> list[str]:
    """The columns of `Store.bars`: those of `get_bars` and the source of the row."""
    return [*FREQS[freq].tables[0].columns, "source"]


def factor_table(events: pd.DataFrame, former: pd.DataFrame) -> Any:
    """What the prices of each code are multiplied by, from one day until before another.

    The events of a company do not reach back to another that had the code before it, as ``former`` tells.
    """
    import pyarrow as pa

    ends = {code: own["delisted"].to_numpy().astype("datetime64[D]") for code, own in former.groupby("code")}
    parts = []
    for code, own in events.sort_values(["code", "date"]).groupby("code", sort=False):
        days, ratios = own["date"].to_numpy().astype("datetime64[D]"), own["ratio"].to_numpy()
        bounds = np.sort(np.append(np.datetime64("0001-01-01"), ends.get(str(code), days[:0])))
        company = np.searchsorted(bounds, days, side="right") - 1
        for number in np.unique(company):
            until = days[company == number]
            parts.append(
                pa.table(
                    {
                        "code": pa.array([str(code)] * len(until)),
                        "since": pa.array(np.append(bounds[number], until[:-1])),
                        "until": pa.array(until),
                        "factor": pa.array(np.cumprod(ratios[company == number][::-1])[::-1]),
                    }
                )
            )
    return pa.concat_tables(parts)


def range_table(ranges: Sequence[tuple[str, date, date | None]]) -> Any:
    """Ranges of days of single codes; a range without a last day has no end."""
    import pyarrow as pa

    codes, first, last = zip(*ranges, strict=True)
    ends = [day or date.max for day in last]
    return pa.table({"code": pa.array(codes), "first": pa.array(first), "last": pa.array(ends)})


def bars_sql(
    files: str,
    freq: str,
    columns: Sequence[str],
    *,
    adjusted: bool,
    codes: Sequence[str] | None = None,
    between: tuple[str, str] | None = None,
    in_ranges: bool = False,
    official: str = "",
    start: str | None = None,
    end: str | None = None,
) -> str:
    """The SQL that reads bars; ``adjusted`` needs the table ``factors``, ``in_ranges`` the table ``ranges``.

    ``official`` is the SQL of the table of official closes; with it the table ``funds`` is needed.
    """
    at = time_column(freq)
    chosen = ["b.code", f"b.{at}", *(f"{_expression(name, adjusted)} AS {name}" for name in columns)]
    where = []
    if codes is not None:
        where.append(f"b.code IN ({', '.join(map(sql_text, codes))})")
    if between is not None:
        where.append(f"b.code BETWEEN {sql_text(between[0])} AND {sql_text(between[1])}")
    if in_ranges:
        day = f"b.{at}::DATE"
        where.append(f"EXISTS (FROM ranges r WHERE r.code = b.code AND {day} BETWEEN r.first AND r.last)")
    kind = "DATE" if at == "date" else "TIMESTAMP"
    if start is not None:
        where.append(f"b.{at} >= {sql_text(start)}::{kind}")
    if end is not None:
        where.append(f"b.{at} <= {sql_text(end)}::{kind}")
    text = f"SELECT {', '.join(chosen)} FROM {files} b"
    if set(COLUMNS) & set(columns):
        known = official or "(SELECT NULL AS code, NULL::DATE AS date, NULL AS price, NULL AS source)"
        text += f" LEFT JOIN {known} o ON o.code = b.code AND o.date = b.date LEFT JOIN funds u ON u.code = b.code"
    if adjusted:
        text += f" LEFT JOIN factors f ON b.code = f.code AND b.{at} >= f.since AND b.{at} < f.until"
    if where:
        text += f" WHERE {' AND '.join(where)}"
    return text


def _expression(name: str, adjusted: bool) -> str:
    """A column of the frame as SQL. Signs do not depend on the scale of prices."""
    if name == "complete":
        return "true"
    if name == SOURCE:
        return f"CASE WHEN {IS_CLOSE} THEN '{CLOSE}' ELSE coalesce(o.source, '{NONE}') END"
    if name == SIGN:
        compared = "coalesce(sign(o.price - (b.close - b.change)), 0)"
        return f"CASE WHEN {IS_CLOSE} THEN b.close_sign ELSE {compared} END::TINYINT"
    if name == COLUMN:
        price = f"CASE WHEN {IS_CLOSE} THEN b.close ELSE o.price END"
        if not adjusted:
            return f"({price})::DOUBLE"
        return f"CASE WHEN f.factor IS NULL THEN {price} ELSE {_won(f'({price})')} END::DOUBLE"
    if name.endswith("_sign") or name in AS_STORED:
        return f"b.{name}"
    scaled = ""
    if name in PRICES:
        scaled = _won(f"b.{name}")
    elif name in COUNTS:
        scaled = f"floor(b.{name} / f.factor + {PRICE_EPS})"
    elif name == "change":
        scaled = f"{_won('b.close')} - {_won('(b.close - b.change)')}"
    if not adjusted or not scaled:
        return f"b.{name}::DOUBLE"
    return f"CASE WHEN f.factor IS NULL THEN b.{name} ELSE {scaled} END::DOUBLE"


def _won(price: str) -> str:
    """A price times the factor, rounded down to the won as the broker does."""
    return f"floor({price} * f.factor + {PRICE_EPS})"


def rows_to_frame(rows: Any, freq: str) -> pd.DataFrame:
    """The rows of a query as a frame sorted by code and time."""
    codes, which = _encode(rows.column("code"))
    clock, when = _encode(rows.column(time_column(freq)))
    place = which * np.int64(len(clock) or 1) + when
    # every file is sorted: a stable sort only merges them, cheaper than ORDER BY
    order = None if (place[1:] > place[:-1]).all() else np.argsort(place, kind="stable")

    def sorted_(column: Column) -> Column:
        return column if order is None else column[order]

    data: dict[str, Any] = {}
    for name in rows.column_names[2:]:
        column = rows.column(name)
        if name not in AS_STORED:
            data[name] = sorted_(column.to_numpy())
        elif TEXT_DTYPE == "str":
            data[name] = pd.array(column if order is None else column.take(order), dtype="str")
        else:
            data[name] = sorted_(column.to_pandas().fillna(np.nan).to_numpy())
    time = clock.astype("datetime64[us]")
    labels = pd.DatetimeIndex(time, name="date") if freq == "1d" else seoul(time).rename("time")
    return pd.DataFrame(data, index=long_index(sorted_(which), codes, sorted_(when), labels), copy=False)


def _encode(column: Any) -> tuple[Column, Column]:
    """The sorted unique values of a column, and for each row the position of its value among them."""
    import pyarrow as pa

    encoded = pa.chunked_array(column.chunks, column.type).combine_chunks().dictionary_encode()
    values = encoded.dictionary.to_numpy(zero_copy_only=False)
    order = np.argsort(values)
    places = np.empty(len(values), dtype=np.int64)
    places[order] = np.arange(len(values))
    return values[order], places[encoded.indices.to_numpy()]


def empty_frame(freq: str) -> pd.DataFrame:
    """A frame of stored bars without a row."""
    rows = arrow_schema(freq).empty_table()
    empty = np.empty(0, dtype=bool)
    frame = rows_to_frame(rows, freq).assign(complete=empty)
    if SOURCE in stored_columns(freq):
        frame[COLUMN], frame[SIGN], frame[SOURCE] = empty, empty.astype("int8"), frame["source"]
    plain = {name for name in frame.columns if name in AS_STORED or str(name).endswith("_sign")}
    return frame.astype({name: "float64" for name in frame.columns if name not in plain | {"complete"}})[
        stored_columns(freq)
    ]
