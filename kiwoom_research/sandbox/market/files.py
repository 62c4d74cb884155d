"""Market data files as columns: recognised by their column names, read once, sorted, sliced by code."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from .bars import Column

PathText: TypeAlias = str | os.PathLike[str]
Source: TypeAlias = PathText | Sequence[PathText]

SUFFIXES = (".parquet", ".csv")
ENCODINGS = ("utf-8-sig", "cp949")  # the second is what Excel writes on a Korean Windows
MILLION = 1_000_000
PRICES = ("open", "high", "low", "close")

# What a file holds follows from the columns it must have; the first kind that fits.
KINDS: dict[str, frozenset[str]] = {
    "pairs": frozenset({"date", "code", *(f"{p}_{k}" for p in (*PRICES, "volume") for k in ("adj", "raw"))}),
    "minutes": frozenset({"date", "time", "code", *PRICES, "volume"}),
    "raw": frozenset({"date", "code", *PRICES, "volume", "market_cap"}),
    "adjusted": frozenset({"date", "code", *PRICES, "volume"}),
    "broker": frozenset({"code", "dt", "cur_prc", "trde_qty", "open_pric", "high_pric", "low_pric"}),
    "flows": frozenset({"date", "code", "foreign_hold", "foreign_pct"}),
    "factors": frozenset({"date", "code", "factor"}),
    "stocks": frozenset({"Code", "Name", "Market"}),
}
BROKER = {
    "dt": "date", "cur_prc": "close", "open_pric": "open", "high_pric": "high", "low_pric": "low",
    "trde_qty": "volume", "trde_prica": "value",
}  # fmt: skip
# Exports of pykrx and of the exchange's site (Korean), of FinanceDataReader and Yahoo (capitals). Their columns
# Change and 등락률 are ratios and per cent, not won, and stay out.
ALIASES = {
    "날짜": "date", "일자": "date", "Date": "date", "시간": "time", "Time": "time",
    "티커": "code", "종목코드": "code", "단축코드": "code", "Code": "code", "Symbol": "code", "ticker": "code",
    "종목명": "name", "Name": "name", "시장구분": "market", "Market": "market",
    "시가": "open", "고가": "high", "저가": "low", "종가": "close", "거래량": "volume", "거래대금": "value",
    "Open": "open", "High": "high", "Low": "low", "Close": "close", "Volume": "volume", "Amount": "value",
    "시가총액": "market_cap", "MarCap": "market_cap", "Marcap": "market_cap",
    "상장주식수": "shares", "Shares": "shares", "Stocks": "shares", "대비": "change",
}  # fmt: skip
TEXTS = frozenset({"date", "time", "code", "name", "market", "dt", "ListingDate"})
CODE_IN_NAME = re.compile(r"(?<![0-9A-Za-z])\d[0-9A-Z]{5}(?![0-9A-Za-z])")
DATE_IN_NAME = re.compile(r"(?<!\d)(?:19|20)\d\d-?[01]\d-?[0-3]\d(?!\d)")


@dataclass(frozen=True, slots=True)
class CodeColumns:
    """Columns sorted by code and time, and the rows of each code."""

    columns: dict[str, Column]
    rows: dict[str, slice]

    def of(self, code: str) -> dict[str, Column]:
        """Return the columns of one code as views; empty ones if it is not there."""
        rows = self.rows.get(code, slice(0))
        return {name: column[rows] for name, column in self.columns.items()}


def find_files(source: Source) -> list[Path]:
    """Return the files that a source names: itself, those of a list, or those of a folder."""
    paths = [Path(source)] if isinstance(source, (str, os.PathLike)) else [Path(path) for path in source]
    found = [file for path in paths for file in _files_in(path)]
    if not found:
        raise ValueError(f"no {' or '.join(SUFFIXES)} file in {', '.join(map(str, paths))}")
    return found


def _files_in(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
    elif not path.is_file():
        raise ValueError(f"no such file or folder: {path}")
    elif path.suffix not in SUFFIXES:
        raise ValueError(f"{path} is neither {' nor '.join(SUFFIXES)}")
    else:
        yield path


def read_file(path: Path) -> tuple[str, pd.DataFrame]:
    """Return what a file holds, one of `KINDS`, and its rows under our column names."""
    given = _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    renamed = _renamed(given)
    # A stock list has prices too, but no day: it is one unless a column tells the day.
    found = _recognised(renamed) or _as_stock_list(given) or _recognised(_completed(renamed, path))
    if found is None:
        known = "; ".join(f"{kind}: {', '.join(sorted(needed))}" for kind, needed in KINDS.items())
        raise ValueError(
            f"{path} has the columns {', '.join(map(str, given.columns))}, which is none of {known}."
            " The column names of pykrx and FinanceDataReader exports are understood as well; a missing code"
            " or date can stand in the name of the file, as in 005930.csv"
        )
    kind, frame = found
    key = "Code" if kind == "stocks" else "code"
    if (
        "change" in frame and (frame["change"] % 1 > 0).any()
    ):  # a ratio or per cent, as FinanceDataReader has it
        frame = frame.drop(columns="change")
    return kind, frame.assign(**{key: _six_characters(frame[key])})


def _recognised(frame: pd.DataFrame) -> tuple[str, pd.DataFrame] | None:
    columns = set(frame.columns)
    kind = next((kind for kind, needed in KINDS.items() if needed <= columns and kind != "stocks"), None)
    return (kind, frame) if kind else None


def _as_stock_list(frame: pd.DataFrame) -> tuple[str, pd.DataFrame] | None:
    return ("stocks", frame) if KINDS["stocks"] <= set(frame.columns) else None


def _renamed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame under our column names; of two columns that mean the same, the first counts."""
    taken = set(frame.columns)
    names: dict[str, str] = {}
    for column in frame.columns:
        name = ALIASES.get(column)
        if name and name not in taken:
            names[column] = name
            taken.add(name)
    return frame.rename(columns=names)


def _read_parquet(path: Path) -> pd.DataFrame:
    frame = pd.read_parquet(path)
    return frame.reset_index() if any(name is not None for name in frame.index.names) else frame


def _read_csv(path: Path) -> pd.DataFrame:
    as_text = {*TEXTS, *(alias for alias, name in ALIASES.items() if name in TEXTS)}
    for encoding in ENCODINGS:
        try:
            return pd.read_csv(path, dtype=dict.fromkeys(as_text, str), encoding=encoding, thousands=",")
        except UnicodeDecodeError:
            continue
    raise ValueError(f"{path} is neither UTF-8 nor cp949 text; save it as CSV UTF-8")


def _completed(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Add a code or a date that only the file's name tells, and take an index without a name for the date."""
    first = str(frame.columns[0]) if len(frame.columns) else ""
    if "date" not in frame and first.startswith("Unnamed"):
        days = pd.to_datetime(frame[first].astype(str), errors="coerce", format="mixed")
        if days.notna().all() and (days.dt.year >= 1950).all():
            frame = frame.rename(columns={first: "date"})
    for name, pattern in (("code", CODE_IN_NAME), ("date", DATE_IN_NAME)):
        if name not in frame and len(found := pattern.findall(path.stem)) == 1:
            frame = frame.assign(**{name: found[0]})
    return frame


def _six_characters(codes: pd.Series) -> pd.Series:
    """Return codes with the zeros that Excel takes away and without the A that the exchange puts before them."""
    plain = codes.astype(str).str.strip().str.replace(r"^A(?=\w{6}$)", "", regex=True)
    return plain.where(~plain.str.fullmatch(r"\d{1,5}"), plain.str.zfill(6))


def digest(paths: Iterable[tuple[str, Path]]) -> str:
    """Return a short hash of what files were given as, and of their content."""
    content = blake2b(digest_size=8)
    for role, path in paths:
        content.update(f"{role} {path.name} {path.stat().st_size} ".encode() + path.read_bytes())
    return content.hexdigest()


def columns_by_code(frames: Sequence[pd.DataFrame], names: Sequence[str]) -> CodeColumns:
    """Return frames with ``code`` and ``date`` (and ``time``) as sorted columns of the given names.

    A column that a frame lacks is NaN; of two rows for the same moment the later one counts.
    """
    if not frames:
        empty = {name: np.empty(0) for name in names}
        return CodeColumns(empty | {"at": np.empty(0, "datetime64[s]")}, {})
    frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    code, codes = pd.factorize(frame["code"], sort=True)
    at = _days(frame["date"]).astype("datetime64[s]")
    if "time" in frame:
        at = at + _seconds(frame["time"])
    step = np.diff(code), np.diff(at).astype(np.int64)
    order: Column | slice = slice(None)
    if ((step[0] < 0) | (step[0] == 0) & (step[1] <= 0)).any():
        order = np.lexsort((at, code))
        last = np.append((np.diff(code[order]) != 0) | (np.diff(at[order]).astype(np.int64) != 0), True)
        order = order[last]
    unknown = np.full(len(at[order]), np.nan)
    columns = {name: np.asarray(frame[name])[order] if name in frame else unknown for name in names}
    bounds = np.searchsorted(code[order], np.arange(len(codes) + 1))
    rows = {str(name): slice(int(bounds[n]), int(bounds[n + 1])) for n, name in enumerate(codes)}
    return CodeColumns(columns | {"at": at[order]}, rows)


def _days(texts: pd.Series) -> Column:
    """Return the days of ``20240102``, ``2024-01-02``, ``2024/01/02`` or timestamps."""
    place, distinct = pd.factorize(texts)
    plain = [str(text)[:10].replace("-", "") for text in distinct]
    if all(len(text) == 8 and text.isdigit() for text in plain):
        days = pd.to_datetime(plain, format="%Y%m%d")
    else:  # 2026/11/20, 2026-1-5
        days = pd.to_datetime([str(text) for text in distinct], format="mixed")
    return np.asarray(days.to_numpy("datetime64[D]")[place])


def _seconds(texts: pd.Series) -> Column:
    """Return the times of day of ``090100``, ``09:01:00`` or ``0901``."""
    place, distinct = pd.factorize(texts)
    plain = [str(text).replace(":", "") for text in distinct]
    clock = np.array([int(text.zfill(4) + "00" if len(text) < 5 else text) for text in plain])
    seconds = clock // 10000 * 3600 + clock // 100 % 100 * 60 + clock % 100
    return np.asarray(seconds[place].astype("timedelta64[s]"))
