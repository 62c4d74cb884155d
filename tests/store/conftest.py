"""What the tests of the store share: filled stores, replayed markets, other processes."""

import dataclasses
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox
from kiwoom_research.store.disk import checksum

from ..conftest import client_of

PAIRS = "raw_vs_adj_pairs_252codes.parquet"
RAW = "krx_raw_daily_all_20240102-0213_20250102-0211.parquet"
OHLC = ["open", "high", "low", "close"]
CODES = ["005930", "000660", "035720", "850030", "850050", "850060"]  # splits in 2018, 2021, 2022 and 2026
SINCE = "2018-01-02"


def asked(box: Sandbox, call: str = "ka10081") -> pd.DataFrame:
    """The requests of one call so far."""
    requests = box.requests()
    return requests[requests["call"] == call]


def quiet(store: kr.Store, codes: Any, client: Client, **given: Any) -> pd.DataFrame:
    """`Store.update` without a bar."""
    return store.update(codes, client=client, progress=False, **given)


@pytest.fixture(scope="module")
def filled(shared_box: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """The folder of a store with six codes since 2018, and the report of its update; not to be changed."""
    folder = tmp_path_factory.mktemp("filled")
    with client_of(shared_box, folder) as client:
        report = quiet(kr.Store(folder / "store"), CODES, client, since=SINCE)
    return folder / "store", report


@pytest.fixture
def store(filled: tuple[Path, pd.DataFrame], tmp_path: Path) -> kr.Store:
    """A copy of it to be changed."""
    shutil.copytree(filled[0], tmp_path / "store")
    return kr.Store(tmp_path / "store")


@pytest.fixture
def reader(shared_box: Sandbox, tmp_path: Path) -> Iterator[Client]:
    """A client of the shared sandbox."""
    with client_of(shared_box, tmp_path) as client:
        yield client


def replay(folder: Path, raw: pd.DataFrame, adjusted: pd.DataFrame, clock: str) -> Sandbox:
    """A sandbox that replays frames."""
    folder.mkdir(exist_ok=True)
    raw.to_parquet(folder / "raw.parquet")
    adjusted.to_parquet(folder / "adjusted.parquet")
    return Sandbox(rate=None, raw=folder / "raw.parquet", adjusted=folder / "adjusted.parquet", clock=clock)


def krx_days(closes: list[int], bases: list[int], code: str = "005930") -> pd.DataFrame:
    """Days from 2024-03-04 on as KRX writes them; bases are what changes are against."""
    days = pd.bdate_range("2024-03-04", periods=len(closes)).strftime("%Y%m%d")
    frame = pd.DataFrame({"date": days, "code": code, "name": code, "market": "KOSPI"})
    for name in OHLC:
        frame[name] = closes
    frame["volume"], frame["value"], frame["market_cap"] = 1_000, 50_000_000, 10**12
    frame["change"] = np.array(closes) - np.array(bases)
    frame["shares"] = 1_000_000
    return frame


PROCESS = """
import os, signal, sys
import kiwoom_research as kr
from kiwoom_research.store import download, update
from kiwoom_research.store.folder import Folder

url, app, secret, folder, codes = *sys.argv[1:5], sys.argv[5].split(",")
client = kr.connect(url, app, secret, cache_dir=folder + "/cache")
store = kr.Store(folder + "/store")
"""


def process(
    script: str, box: Sandbox, folder: Path, codes: list[str], *more: object
) -> subprocess.Popen[str]:
    """Another process with a client of a sandbox and a store in this folder."""
    given = [box.url, box.appkey, box.secretkey, str(folder), ",".join(codes), *map(str, more)]
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS + script, *given],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Path]]:
    """A sandbox at the evening of 2026-06-11 and a store of its KOSDAQ shares since May."""
    folder = tmp_path_factory.mktemp("evening")
    with Sandbox(rate=None, clock="2026-06-11 20:30") as box:
        with client_of(box, folder) as client:
            quiet(kr.Store(folder / "store"), "kosdaq", client, since="2026-05-18")
        yield box, folder / "store"


@pytest.fixture
def market(evening: tuple[Sandbox, Path], tmp_path: Path) -> Iterator[tuple[Sandbox, Client, kr.Store]]:
    """That sandbox at that evening, a client with an empty cache and a copy of the store."""
    box, folder = evening
    box.set_clock("2026-06-11 20:30")
    shutil.copytree(folder, tmp_path / "store")
    with client_of(box, tmp_path) as client:
        yield box, client, kr.Store(tmp_path / "store")


def without(store: kr.Store, condition: str) -> None:
    """Take bars out of a store's files; the manifest agrees with what is left."""
    import duckdb

    folder = store._reader.folder
    manifest = folder.read_manifest()
    files = []
    for part in manifest.files:
        file = folder.path / part.path
        rows = duckdb.sql(
            f"SELECT * FROM read_parquet('{file}', hive_partitioning=false) WHERE NOT ({condition})"
        )
        table = rows.to_arrow_table()
        import pyarrow.parquet as pq

        pq.write_table(table, file)
        files.append(dataclasses.replace(part, rows=table.num_rows, checksum=checksum(file)))
    (folder.path / "manifest.json").write_bytes(dataclasses.replace(manifest, files=tuple(files)).to_json())


def adopt(store: kr.Store, client: Client) -> None:
    """Make the client's market the store's own: a test replays the same days from two files."""
    folder = store._reader.folder
    if folder.path.exists():
        manifest = dataclasses.replace(folder.read_manifest(), market=client.market)
        (folder.path / "manifest.json").write_bytes(manifest.to_json())


def bless(store: kr.Store) -> None:
    """Give the manifest the checksums of the files as they are now."""
    folder = store._reader.folder
    manifest = folder.read_manifest()
    files = tuple(
        dataclasses.replace(one, checksum=checksum(folder.path / one.path)) for one in manifest.files
    )
    tables = {
        name: dataclasses.replace(one, checksum=checksum(folder.path / one.path))
        for name, one in manifest.tables.items()
    }
    made = dataclasses.replace(manifest, files=files, tables=tables)
    (folder.path / "manifest.json").write_bytes(made.to_json())
