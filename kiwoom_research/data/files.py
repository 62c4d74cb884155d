"""Frames as files that other programs read, and ``read_csv``, which reads the CSV files back as they were."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from ..endpoints import QUERIES
from ..errors import ConfigError
from ..frames import SEOUL, TEXT_DTYPE
from ..official_close import COLUMN, SIGN, SOURCE

SUFFIXES = (".csv", ".parquet", ".feather", ".xlsx")
NEEDS = {".parquet": "store", ".feather": "store", ".xlsx": "excel"}  # the extra with the library for it
LABELS = {"code": "text", "date": "datetime64[us]"}
# columns that functions make, and no call has
MADE = {
    "found": "bool", "venue": "text", "seq": "int64", "source": "text", COLUMN: "float64", SIGN: "int8", SOURCE: "text",
}  # fmt: skip


def csv_bytes(frame: pd.DataFrame, code: str = "") -> bytes:
    """Encode a frame as a CSV file that Excel and pandas both read: UTF-8 with a byte order mark, and a code column."""
    indexed = pd.concat({code: frame}, names=["code"]) if code else frame
    return indexed.to_csv().encode("utf-8-sig")  # without the mark Excel shows Hangul as Latin letters


def write_frame(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a frame in the format of the file's suffix.

    Raises
    ------
    ValueError
        A suffix that is none of .csv, .parquet, .feather and .xlsx.
    ConfigError
        The library for it is not installed.
    """
    file = Path(path)
    suffix = check_suffix(file)
    if suffix == ".csv":
        file.write_bytes(csv_bytes(frame))
        return
    try:
        if suffix == ".parquet":
            frame.to_parquet(file)
        elif suffix == ".feather":
            frame.reset_index().to_feather(file)
        else:
            _without_zone(frame.reset_index()).to_excel(file, index=False)
    except ImportError as error:
        extra = NEEDS[suffix]
        raise ConfigError(f"{suffix} needs more: pip install 'kiwoom_research[{extra}]' ({error})") from None


def check_suffix(path: str | os.PathLike[str]) -> str:
    """The suffix of a file in small letters; ValueError lists those that can be written."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{path}: expected a name that ends in {', '.join(SUFFIXES)}")
    return suffix


def _without_zone(frame: pd.DataFrame) -> pd.DataFrame:
    """Times in Korean clock time, which is what a spreadsheet can hold."""
    zoned = frame.select_dtypes("datetimetz").columns
    return frame.assign(**{name: frame[name].dt.tz_localize(None) for name in zoned})


def read_csv(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a CSV file that this package wrote: codes keep their zeros, columns their types, labels are the index.

    Parameters
    ----------
    path : path
        A file of ``kiwoom-research bars ... --out x.csv`` and its siblings, of the explorer, or of ``frame.to_csv()``.

    Returns
    -------
    pandas.DataFrame
        The frame as it was written, with ``code`` in the index where the file has it. `attrs` are not in a file.

    Raises
    ------
    ValueError
        A file without a header, or with a cell that its column cannot hold.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "quotes.csv"
    >>> quotes = kr.get_quotes(["005930", "000660"])
    >>> quotes.to_csv(file)
    >>> kr.read_csv(file).equals(quotes)
    True
    """
    try:
        texts = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except pd.errors.EmptyDataError:
        raise ValueError(f"{path}: expected a CSV file with a header, got an empty one") from None
    columns = {str(name): _typed(str(name), column, path) for name, column in texts.items()}
    frame = pd.DataFrame(columns, columns=list(texts.columns))
    labels = _leading_labels(list(map(str, texts.columns)))
    return frame.set_index(labels) if labels else frame


def _leading_labels(columns: list[str]) -> list[str]:
    """The columns that were the index: a code and a date, or a time with its number, or one of these."""
    found = []
    for name in columns[:3]:
        if name not in ("code", "date", "time", "seq", "theme_code", "group_code"):
            break
        found.append(name)
    return found


def _typed(name: str, texts: Any, path: Any) -> Any:
    """A column of text with the type that a column of this name has."""
    blank = texts == ""
    kind: Any = _dtypes().get(name, "")
    try:
        if name == "time":
            return pd.to_datetime(texts).dt.tz_convert(SEOUL).dt.as_unit("us")
        if kind == "bool":
            return texts.map({"True": True, "False": False}).astype("bool")
        if kind.startswith("datetime64"):
            return pd.to_datetime(texts.mask(blank)).astype(kind)
        if kind.startswith("timedelta64"):
            return pd.to_timedelta(texts.mask(blank)).astype(kind)
        if kind == "text":
            return texts.mask(blank).astype(TEXT_DTYPE)
        return pd.to_numeric(texts.mask(blank)).astype(kind or "float64")
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: column {name}: {error}") from None


@cache
def _dtypes() -> dict[str, str]:
    """The type of every column there is, by its name."""
    found: dict[str, str] = {}
    for call in QUERIES.values():
        for table in call.tables:
            for field in table.fields:
                found[field.name] = field.kind.dtype
                if field.signed:
                    found[f"{field.name}_sign"] = "int8"
    return found | LABELS | MADE | {"complete": "bool"}
