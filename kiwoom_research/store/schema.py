"""What a stored bar is: the columns of its endpoint, as small as they go."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..data.bars import FREQS
from ..endpoints import Endpoint
from ..errors import DataError

STORED_FREQS = tuple(freq for freq in FREQS if freq == "1d" or freq.endswith("min"))
PRICES = ("open", "high", "low", "close")
COUNTS = ("volume", "volume_so_far")
CHART, QUOTE = "chart", "quote"  # where a row came from


def label(freq: str) -> str:
    """Name of the column that holds a bar's time."""
    return "date" if freq == "1d" else "time"


def value_columns(table: Endpoint) -> list[str]:
    """The stored columns of a bar besides code, label and source: the contract's, all of them complete."""
    return [name for name in table.columns if name != "complete"]


def arrow_schema(freq: str) -> Any:
    """Column types on disk. Minute labels are Korean wall-clock times without a zone."""
    import pyarrow as pa

    table = FREQS[freq]
    fields = [("code", pa.string()), (label(freq), pa.date32() if freq == "1d" else pa.timestamp("us"))]
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
    """Bars, index ``date`` or ``time``, as rows to be stored; `code` is theirs, or one for each of them.

    Raises
    ------
    DataError
        A price or a volume that is no whole number.
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
        elif name == label(freq):
            values = clock.astype("datetime64[D]" if name == "date" else "datetime64[us]")
        else:
            values = frame[name].to_numpy()
        try:
            columns.append(pa.array(values, from_pandas=True).cast(field.type))
        except pa.ArrowInvalid as error:
            raise DataError(f"{name} cannot be stored: {error}") from None
    return pa.Table.from_arrays(columns, schema=arrow_schema(freq))
