"""Crashes, readers and writers: nothing is lost, every reading is whole."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox
from kiwoom_research.store import check, download, update
from kiwoom_research.store.folder import Folder

from ..conftest import client_of
from .conftest import CODES, asked, process, quiet

CRASH = """
name, number = sys.argv[6], int(sys.argv[7])
owner = download if name == "stage" else Folder
real, calls = getattr(owner, name), []

def killed(*given):
    calls.append(name)
    if len(calls) == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given)

setattr(owner, name, killed)
store.update(codes, since="2024-01-02", progress=False)
"""
WRITE = """
update.MERGE_BARS = 1  # a new manifest after every code
print("ready", flush=True)
store.update(codes, since="2018-01-02", progress=False)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX word")
@pytest.mark.parametrize(
    ("where", "number", "lost"),
    [("stage", 4, 3), ("with_table", 1, 0), ("write_year", 1, 0), ("write_year", 3, 0), ("commit", 2, 0)],
)
def test_a_crash_loses_the_code_in_flight(
    box: Sandbox, tmp_path: Path, where: str, number: int, lost: int
) -> None:
    """kill -9 while a code is put down, or at any step of the merge: another process asks for what is missing alone."""
    codes = sorted(CODES)
    with process(CRASH, box, tmp_path, codes, where, number) as made:
        assert made.wait() == -signal.SIGKILL
    before = len(asked(box))
    store = kr.Store(tmp_path / "store")
    assert store.bars().empty  # whole or not at all
    with client_of(box, tmp_path) as client:
        report = quiet(store, codes, client, since="2024-01-02")
        assert report.index.tolist() == codes[len(codes) - lost :]
        assert not set(asked(box)["code"].iloc[before:]) & set(codes[: len(codes) - lost])
        expected = kr.pull(codes, start="2024-01-02", progress=False, client=client)
    pd.testing.assert_frame_equal(store.bars().drop(columns="source"), expected)
    assert not list((tmp_path / "store" / "staging").iterdir())
    assert not list((tmp_path / "store").rglob("*.tmp"))
    assert store.coverage().empty
    assert store.verify().empty


def test_readable_while_another_process_writes(box: Sandbox, store: kr.Store, tmp_path: Path) -> None:
    """Readings while another process merges code after code: each is whole; a second writer is told at once."""
    new = ["035420", "850010", "850020", "850070"]
    seen, refused = [], 0
    with process(WRITE, box, tmp_path, new) as made, client_of(box, tmp_path) as client:
        assert made.stdout
        assert made.stdout.readline() == "ready\n"
        while made.poll() is None:
            counts = store.bars(columns=["close"]).groupby("code").size()
            assert counts.loc[sorted(set(counts.index) & set(new))].nunique() <= 1
            seen.append(len(counts))
            try:
                quiet(store, "005930", client)
            except kr.ConfigError:
                refused += 1
        assert made.returncode == 0, made.stderr and made.stderr.read()
    assert seen == sorted(seen)
    assert len(set(seen)) > 2
    assert refused > 0
    assert set(store.bars().index.levels[0]) == {*CODES, *new}
    assert store.verify().empty


def test_merging_twice_changes_nothing(
    store: kr.Store, reader: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between the new manifest and the end of staging/ leaves bars that are merged once more."""
    monkeypatch.setattr(Path, "unlink", lambda self, missing_ok=False: None)
    quiet(store, "035420", reader, since="2018-01-02")
    before = store.bars()
    assert list((tmp_path / "store" / "staging").glob("*.parquet"))
    monkeypatch.undo()
    quiet(store, "035420", reader)
    assert not list((tmp_path / "store" / "staging").glob("*.parquet"))
    pd.testing.assert_frame_equal(store.bars(), before)
    files = list((tmp_path / "store").rglob("*.parquet"))
    assert len(files) == len(store.info()) + 3 + 1  # a file a year, three tables, the official closes of 2026


def test_readers_never_wait_and_see_whole_updates(
    store: kr.Store, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While codes are merged one by one, every reading is whole: no error, no half of a code, no code twice."""
    monkeypatch.setattr(update, "MERGE_BARS", 1)
    new = ["035420", "850010", "850020", "850070"]
    sizes = {"035420": 0}
    done, problems, seen = threading.Event(), [], set()

    def read() -> None:
        own = kr.Store(store._reader.folder.url)
        while not done.is_set():
            try:
                counts = own.bars(columns=["close"]).groupby("code").size()
            except Exception as error:
                problems.append(error)
                return
            seen.add(len(counts))
            sizes.update(counts.to_dict())
            if counts.loc[sorted(set(counts.index) & set(new))].nunique() > 1:
                problems.append(counts)

    thread = threading.Thread(target=read)
    thread.start()
    quiet(store, new, reader, since="2018-01-02")
    done.set()
    thread.join()
    assert problems == []
    assert store.verify().empty
    assert len(store.bars(columns=["close"]).groupby("code").size()) == len(CODES) + 4


def test_two_writers_never_meet(store: kr.Store, reader: Client) -> None:
    """A second writer is told so at once; reading goes on."""
    with store._reader.folder.writing():
        for write in (
            lambda: quiet(store, "035420", reader),
            lambda: store.refresh(client=reader, progress=False),
        ):
            with pytest.raises(kr.ConfigError, match="being written by another process"):
                write()
        assert len(store.bars("005930"))
        store.plan_refresh("etf", client=reader)
    assert len(quiet(store, "035420", reader, since="2026-11-02")) == 1


def test_ctrl_c_stores_what_came(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in an update merges the codes that are complete, and the next update asks for the others."""
    stage, staged = download.stage, []

    def pressed(folder: Folder, freq: str, code: str, *rest: Any) -> None:
        stage(folder, freq, code, *rest)
        staged.append(code)
        if len(staged) == 3:
            signal.raise_signal(signal.SIGINT)  # reaches the main thread, whatever it is waiting for

    monkeypatch.setattr(download, "stage", pressed)
    store = kr.Store(tmp_path / "store")
    with pytest.raises(KeyboardInterrupt):
        quiet(store, CODES, client, since="2026-01-02")
    there = store.bars().index.get_level_values("code").unique().tolist()
    assert there[:3] == sorted(CODES)[:3]
    assert there == staged
    monkeypatch.setattr(download, "stage", stage)
    rest = quiet(store, CODES, client, since="2026-01-02").index.tolist()
    assert [*there, *rest] == sorted(CODES)


def test_large_files_are_left_alone(store: kr.Store, reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """New bars go into a file of their own beside a large one, unless they replace some of its bars."""
    monkeypatch.setattr("kiwoom_research.store.folder.FULL", 1)
    before = {file.path for file in store._reader.folder.read_manifest().files}
    quiet(store, "035420", reader, since="2026-01-02")
    parts = store._reader.folder.read_manifest().files
    assert before < {file.path for file in parts}
    assert store.info().loc[("1d", 2026), "files"] == 2
    whole = store.bars()
    report = check.check_codes(store._reader, ["035420"], reader.frozen(), progress=False)
    assert report["bars"].tolist() == [0]
    assert store.info().loc[("1d", 2026), "files"] == 2
    pd.testing.assert_frame_equal(store.bars(), whole)
    assert store.verify().empty
