"""Market data files as columns: what a file is, read and sorted once, sliced by code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from .bars import Column

Source: TypeAlias = str | Path | Sequence[str | Path]

SUFFIXES = (".parquet", ".csv")
MILLION = 1_000_000
PRICES = ("open", "high", "low", "close")
TEXTS = ("date", "dt", "time", "code", "Code", "name", "Name", "ListingDate")

# What a file is follows from the columns it must have; the first that fits.
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


@dataclass(frozen=True, slots=True)
class CodeColumns:
    """Columns sorted by code and time, and the rows of each code."""

    columns: dict[str, Column]
    rows: dict[str, slice]

    def of(self, code: str) -> dict[str, Column]:
        """The columns of one code; views, empty if it is not there."""
        rows = self.rows.get(code, slice(0))
        return {name: column[rows] for name, column in self.columns.items()}


def files(source: Source) -> list[Path]:
    """The files a source names: itself, those of a list, or those of a folder."""
    paths = [Path(source)] if isinstance(source, (str, Path)) else [Path(path) for path in source]
    found = [file for path in paths for file in _inside(path)]
    if not found:
        raise ValueError(f"no {' or '.join(SUFFIXES)} file in {', '.join(map(str, paths))}")
    return found


def _inside(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
    elif not path.is_file():
        raise ValueError(f"no such file or folder: {path}")
    elif path.suffix not in SUFFIXES:
        raise ValueError(f"{path} is neither {' nor '.join(SUFFIXES)}")
    else:
        yield path


def read(path: Path) -> tuple[str, pd.DataFrame]:
    """What a file is, one of `KINDS`, and its rows."""
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
    else:
        frame = pd.read_csv(path, dtype=dict.fromkeys(TEXTS, str), encoding="utf-8-sig", thousands=",")
    kind = next((kind for kind, needed in KINDS.items() if needed <= set(frame.columns)), None)
    if kind is None:
        known = "; ".join(f"{kind}: {', '.join(sorted(needed))}" for kind, needed in KINDS.items())
        has = ", ".join(map(str, frame.columns))
        raise ValueError(f"{path} has the columns {has}, which is none of {known}")
    return kind, frame


def digest(paths: Iterable[tuple[str, Path]]) -> str:
    """A short hash of what files were given as, and of their content."""
    content = blake2b(digest_size=8)
    for role, path in paths:
        content.update(f"{role} {path.stat().st_size} ".encode() + path.read_bytes())
    return content.hexdigest()


def columns_by_code(frames: Sequence[pd.DataFrame], names: Sequence[str]) -> CodeColumns:
    """Frames with ``code`` and ``date`` (and ``time``) as one sorted table with the named columns.

    A column that a frame lacks is NaN; of two rows for the same moment the later one counts.
    """
    if not frames:
        return CodeColumns({name: np.empty(0) for name in names} | {"at": np.empty(0, "datetime64[s]")}, {})
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
    """Days of ``20240102`` or ``2024-01-02``."""
    place, distinct = pd.factorize(texts)
    plain = [str(text)[:10].replace("-", "") for text in distinct]
    return np.asarray(pd.to_datetime(plain, format="%Y%m%d").to_numpy("datetime64[D]")[place])


def _seconds(texts: pd.Series) -> Column:
    """Times of day of ``090100``, ``09:01:00`` or ``0901``."""
    place, distinct = pd.factorize(texts)
    plain = [str(text).replace(":", "") for text in distinct]
    clock = np.array([int(text.zfill(4) + "00" if len(text) < 5 else text) for text in plain])
    seconds = clock // 10000 * 3600 + clock // 100 % 100 * 60 + clock % 100
    return np.asarray(seconds[place].astype("timedelta64[s]"))
