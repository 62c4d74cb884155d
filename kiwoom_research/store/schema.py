"""The columns of a stored bar and their types on disk, as small as their values allow."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .. import official_close
from ..data.bars import FREQS
from ..endpoints import Table
from ..errors import DataError

STORED_FREQS = tuple(freq for freq in FREQS if freq == "1d" or freq.endswith("min"))
PRICES = ("open", "high", "low", "close")
COUNTS = ("volume", "volume_so_far")
CHART, QUOTE = "chart", "quote"  # the source of a row
OFFICIAL = "official"  # beside the frequencies: the official closes since 2026-09-14, kept like bars
DATASETS = (*STORED_FREQS, OFFICIAL)
MADE_WHEN_READ = {"complete", *official_close.COLUMNS}  # only complete bars are stored


def time_column(freq: str) -> str:
    """The column that holds the time of a bar."""
    return "date" if freq in ("1d", OFFICIAL) else "time"


def value_columns(table: Table) -> list[str]:
    """The stored columns of a bar besides code, time and source."""
    return [name for name in table.columns if name not in MADE_WHEN_READ]


def arrow_schema(freq: str) -> Any:
    """The columns and their types on disk. Minutes are Korean wall-clock times without a zone."""
    import pyarrow as pa

    table = FREQS[freq].tables[0]
    fields = [("code", pa.string()), (time_column(freq), pa.date32() if freq == "1d" else pa.timestamp("us"))]
    for name in value_columns(table):
        if name.endswith("_sign"):
            kind = pa.int8()
        elif name == "direction":
            kind = pa.string()
        elif name == "turnover":
            kind = pa.float64()
        else:
            kind = pa.int32() if name in PRICES or name == "change" else pa.int64()
        fields.append((name, kind))
    return pa.schema([*fields, ("source", pa.string())])


def to_arrow(frame: pd.DataFrame, code: str | pd.Index, freq: str, source: str) -> Any:
    """Turn bars (index ``date`` or ``time``) into rows to store; ``code`` is one code or one per row.

    Raises
    ------
    DataError
        A price or a volume is not a whole number.
    """
    import pyarrow as pa

    times = frame.index
    assert isinstance(times, pd.DatetimeIndex)
    clock = (times.tz_localize(None) if times.tz is not None else times).to_numpy()
    columns: list[Any] = []
    for field in arrow_schema(freq):
        name = field.name
        values: Any
        if name == "code":
            values = [code] * len(frame) if isinstance(code, str) else code.tolist()
        elif name == "source":
            values = [source] * len(frame)
        elif name == time_column(freq):
            values = clock.astype("datetime64[D]" if name == "date" else "datetime64[us]")
        else:
            values = frame[name].to_numpy()
        try:
            columns.append(pa.array(values, from_pandas=True).cast(field.type))
        except pa.ArrowInvalid as error:
            raise DataError(f"{name} cannot be stored: {error}") from None
    return pa.Table.from_arrays(columns, schema=arrow_schema(freq))
