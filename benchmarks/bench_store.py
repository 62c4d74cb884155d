"""2,700 codes x 2,500 sessions: load, append a day, read one code, read all; and a whole market in one refresh.

Beside the store stand what people use instead: one frame in one file ("pandas"), and one file a code. Each
operation runs in a process of its own, so that the memory is its own. Run with

    pytest -s benchmarks/bench_store.py

The refresh replays a real evening and needs KIWOOM_TEST_DATA (default ../shared).
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

CODES, SESSIONS = 2_700, 2_500
# what an update also notes of a code, and these invented ones have not
NOTHING_ELSE = {
    "events": [], "official": [], "official_source": "next_base", "stock": None, "delisted": None, "hole_tries": 0,
    "first_stored": None, "seen": "2026-11-20T21:30:00+09:00",
}  # fmt: skip
COLUMNS = ["open", "high", "low", "close", "volume", "value"]


def bars(last: int | None = None) -> Iterator[tuple[str, pd.DataFrame]]:
    """Invented days, one code after the other: all but the last session, or only the last ones."""
    from kiwoom_research.calendar import sessions_in_range
    from kiwoom_research.endpoints.chart import DAY

    days = sessions_in_range("2016-01-04", "2026-11-20")[-SESSIONS:]
    for n in range(CODES):
        chance = np.random.default_rng(n)
        close = np.rint(20_000 * np.exp(np.cumsum(chance.normal(0, 0.02, SESSIONS)))).clip(100, 3_000_000)
        base = np.append(close[0], close[:-1])
        opening = np.rint(base * np.exp(chance.normal(0, 0.008, SESSIONS)))
        frame = pd.DataFrame({"open": opening, "close": close}, index=days)
        frame["high"], frame["low"] = frame.max(axis=1), frame.min(axis=1)
        frame["volume"] = np.rint(chance.lognormal(11, 1.2, SESSIONS))
        frame["value"] = np.rint(frame["volume"] * close / 1e6) * 1e6
        frame["change"], frame["turnover"] = close - base, np.round(chance.uniform(0, 3, SESSIONS), 2)
        frame["direction"] = np.where(close > base, "up", np.where(close < base, "down", "flat"))
        for name in ("open", "high", "low", "close"):
            frame[f"{name}_sign"] = np.sign(frame[name] - base).astype("int8")
        frame["complete"] = True
        rows = slice(None, -1) if last is None else slice(-last, None)
        columns = [name for name in DAY.tables[0].columns if name in frame]
        yield f"{n * 10:06}", frame[columns].iloc[rows]


# --- the store -----------------------------------------------------------------------------------


def load_store(folder: Path) -> Callable[[], object]:
    from kiwoom_research.store.reader import Reader
    from kiwoom_research.store.schema import CHART, to_arrow
    from kiwoom_research.store.staging import stage
    from kiwoom_research.store.update import MERGE_BARS, merge_staged

    reader = Reader(folder / "store")
    rows = ((code, to_arrow(frame, code, "1d", CHART)) for code, frame in bars())

    def load() -> float:
        spent, waiting = 0.0, 0
        with reader.folder.writing():
            for at, (code, table) in enumerate(rows, start=1):
                began = time.perf_counter()
                note = {"code": code, "freq": "1d", "since": "2016-01-04", "until": "2026-11-19"}
                stage(reader.folder, "1d", code, table, {**note, **NOTHING_ELSE})
                waiting += table.num_rows
                if waiting >= MERGE_BARS or at == CODES:
                    merge_staged(reader)
                    waiting = 0
                spent += time.perf_counter() - began
        return spent

    return load


def append_store(folder: Path) -> Callable[[], object]:
    from kiwoom_research.store.reader import Reader
    from kiwoom_research.store.schema import QUOTE, to_arrow

    reader = Reader(folder / "store")
    day = dict(bars(last=1))
    frame = pd.concat(day.values())
    codes = pd.Index(list(day))

    def append() -> None:
        with reader.folder.writing(), closing(reader.cursor()) as cursor:
            cursor.register("quotes", to_arrow(frame, codes, "1d", QUOTE))
            reader.folder.commit(
                reader.folder.with_bars(
                    reader.folder.read_manifest().next_generation(), "1d", "quotes", cursor
                )
            )

    return append


def one_store(folder: Path) -> Callable[[], object]:
    import kiwoom_research as kr

    store = kr.Store(folder / "store")
    store.bars("000050")
    return lambda: store.bars("013500")


def all_store(folder: Path) -> Callable[[], object]:
    import kiwoom_research as kr

    store = kr.Store(folder / "store")
    return lambda: store.bars(columns=COLUMNS)


def whole_store(folder: Path) -> Callable[[], object]:
    import kiwoom_research as kr

    store = kr.Store(folder / "store")
    return lambda: store.bars()


# --- plain pandas: one frame, one file -------------------------------------------------------------


def load_pandas(folder: Path) -> Callable[[], object]:
    parts = dict(bars())

    def load() -> None:
        pd.concat(parts, names=["code", "date"]).to_parquet(folder / "pandas.parquet")

    return load


def append_pandas(folder: Path) -> Callable[[], object]:
    day = pd.concat(dict(bars(last=1)), names=["code", "date"])

    def append() -> None:
        whole = pd.read_parquet(folder / "pandas.parquet")
        pd.concat([whole, day]).sort_index().to_parquet(folder / "pandas.parquet")

    return append


def one_pandas(folder: Path) -> Callable[[], object]:
    return lambda: pd.read_parquet(folder / "pandas.parquet").loc["013500"]


def all_pandas(folder: Path) -> Callable[[], object]:
    return lambda: pd.read_parquet(folder / "pandas.parquet", columns=COLUMNS)


# --- one file a code -------------------------------------------------------------------------------


def load_files(folder: Path) -> Callable[[], object]:
    (folder / "files").mkdir(exist_ok=True)

    def load() -> float:
        spent = 0.0
        for code, frame in bars():
            began = time.perf_counter()
            frame.to_parquet(folder / "files" / f"{code}.parquet")
            spent += time.perf_counter() - began
        return spent

    return load


def append_files(folder: Path) -> Callable[[], object]:
    day = dict(bars(last=1))

    def append() -> None:
        for code, row in day.items():
            file = folder / "files" / f"{code}.parquet"
            pd.concat([pd.read_parquet(file), row]).to_parquet(file)

    return append


def one_files(folder: Path) -> Callable[[], object]:
    return lambda: pd.read_parquet(folder / "files" / "013500.parquet")


def all_files(folder: Path) -> Callable[[], object]:
    def read() -> pd.DataFrame:
        files = sorted((folder / "files").iterdir())
        parts = {file.stem: pd.read_parquet(file, columns=COLUMNS) for file in files}
        return pd.concat(parts, names=["code", "date"])

    return read


OPERATIONS = [
    f"{what}_{where}" for where in ("store", "pandas", "files") for what in ("load", "append", "one", "all")
]


def measure(operation: str, folder: Path) -> dict[str, float]:
    """Seconds, peak memory and what it came on top of, in megabytes."""
    work = globals()[operation](folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    told = work()
    seconds = told if isinstance(told, float) else time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "peak": peak, "before": before}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.mark.parametrize("operation", [*OPERATIONS, "whole_store"])
def test_operation(benchmark: Any, folder: Path, operation: str) -> None:
    """One operation in a fresh process; `load` comes before the others of its kind."""

    def fresh() -> dict[str, float]:
        command = [sys.executable, __file__, operation, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return dict(json.loads(done.stdout.splitlines()[-1]))

    told = benchmark.pedantic(fresh, rounds=1)
    where = {"store": "store", "pandas": "pandas.parquet", "files": "files"}[operation.split("_")[1]]
    path = folder / where
    size = sum(
        file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()
    )
    benchmark.extra_info.update(told, megabytes=size / 1e6)
    print(
        f"\n{operation:14} {told['seconds']:8.3f} s   peak {told['peak']:5.0f} MB"
        f" ({told['before']:.0f} before)   {size / 1e6:.0f} MB on disk"
    )


def test_refresh_of_a_whole_market(benchmark: Any, tmp_path: Path) -> None:
    """A real evening (2025-01-24, ten corporate actions): how many requests, and how long without a limit."""
    import kiwoom_research as kr
    from kiwoom_research.client import Client
    from kiwoom_research.config import settings
    from kiwoom_research.sandbox import Sandbox

    given = os.environ.get("KIWOOM_TEST_DATA", Path(__file__).parents[2] / "shared")
    file = Path(given) / "data" / "krx_raw_daily_all_20240102-0213_20250102-0211.parquet"
    if not file.is_file():
        pytest.skip(f"{file} does not exist")
    raw = pd.read_parquet(file)
    raw = raw[raw["date"].between("20250102", "20250124")].drop(columns=["dept", "change_code"])
    raw.to_parquet(tmp_path / "raw.parquet")
    with (
        Sandbox(rate=None, raw=tmp_path / "raw.parquet", clock="2025-01-23 20:30") as box,
        Client(settings(box, cache_dir=tmp_path / "cache")) as client,
    ):
        store = kr.Store(tmp_path / "store")
        began = time.perf_counter()
        filled = store.update("stocks", since="2025-01-02", progress=False, client=client)
        first = time.perf_counter() - began
        box.set_clock("2025-01-24 20:30")
        before = len(box.requests())
        report = benchmark.pedantic(store.refresh, kwargs={"progress": False, "client": client}, rounds=1)
        sent = box.requests().iloc[before:]["call"].value_counts().to_dict()
    benchmark.extra_info.update(sent, codes=len(report))
    print(
        f"\nfirst fill: {len(filled)} codes in {first:.1f} s; refresh: {len(report)} codes, requests {sent}"
    )
    print(report["reason"].value_counts().to_string())


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
