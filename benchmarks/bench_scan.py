"""`Store.scan` beside a raw Polars scan of the same files, 6.75 million bars; `bars` as Arrow and Polars beside pandas.

    pytest -s benchmarks/bench_scan.py

Best of seven in one process, alternating. The selective filter takes a few milliseconds, of which the manifest, the small
tables and the checks of the files are a fixed part.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench_store import append_store, load_store

pl = pytest.importorskip("polars")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of 2,700 codes and 2,500 sessions."""
    made = tmp_path_factory.mktemp("scan")
    load_store(made)()
    append_store(made)()
    return made / "store"


QUERIES: dict[str, Callable[[Any], Any]] = {
    "few rows": lambda lf: lf.filter(pl.col("close") > 1_000_000).select("code", "date", "close"),
    "half of the rows": lambda lf: lf.filter(pl.col("volume") > 60_000).select("code", "date", "close"),
    "mean of each code": lambda lf: lf.group_by("code").agg(pl.col("close").mean()),
    "one code": lambda lf: lf.filter(pl.col("code") == "013500").select("date", "open", "close"),
}


def best(*jobs: Callable[[], Any], rounds: int = 7) -> list[float]:
    """The best time of each job, in turns."""
    times: list[list[float]] = [[] for _ in jobs]
    for _ in range(rounds):
        for own, job in zip(times, jobs, strict=True):
            began = time.perf_counter()
            job()
            own.append(time.perf_counter() - began)
    return [min(own) for own in times]


@pytest.mark.parametrize("name", QUERIES)
def test_scan_beside_raw_polars(name: str, folder: Path, benchmark: Any) -> None:
    """The same query through the store and on the files."""
    import kiwoom_research as kr

    store, query = kr.Store(folder), QUERIES[name]
    files = sorted(map(str, (folder / "bars" / "freq=1d").rglob("*.parquet")))
    raw, stored, adjusted = best(
        lambda: query(pl.scan_parquet(files)).collect(),
        lambda: query(store.scan(adjusted=False)).collect(),
        lambda: query(store.scan()).collect(),
    )
    benchmark.extra_info.update(raw=raw, stored=stored, adjusted=adjusted)
    benchmark.pedantic(lambda: None, rounds=1)
    print(
        f"\n{name:18} raw {raw * 1e3:7.1f} ms   scan {stored * 1e3:7.1f} ms ({stored / raw:.2f}x)"
        f"   adjusted {adjusted * 1e3:7.1f} ms ({adjusted / raw:.2f}x)"
    )
    assert stored < 2.5 * raw
