"""The folder of a store, and the commands that use it."""

import json
import os
import sys
from pathlib import Path

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.cli import main
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox

from .conftest import CODES, quiet


def test_the_layout_others_can_read(store: kr.Store, tmp_path: Path) -> None:
    """Parquet by freq and year, sorted by code and day, codes as text with their zeros."""
    import duckdb

    pattern = f"{tmp_path}/store/bars/freq=1d/*/*.parquet"
    rows = duckdb.sql(
        f"SELECT code, date, year FROM read_parquet('{pattern}', hive_partitioning=true)"
    ).fetchall()
    assert {code for code, _, _ in rows} == set(CODES)
    assert all(day.year == year for _, day, year in rows)
    file = sorted((tmp_path / "store" / "bars").rglob("*.parquet"))[0]
    own = duckdb.sql(f"SELECT code, date FROM read_parquet('{file}', hive_partitioning=false)").fetchall()
    assert own == sorted(own)


def test_another_file_system_is_read_only(store: kr.Store, reader: Client, tmp_path: Path) -> None:
    """Any address of fsspec can be read; writing there is refused."""
    import fsspec

    fsspec.filesystem("memory").put(str(tmp_path / "store"), "/research/krx", recursive=True)
    there = kr.Store("memory://research/krx")
    pd.testing.assert_frame_equal(there.bars(), store.bars())
    pd.testing.assert_frame_equal(there.events(), store.events())
    assert there.verify().empty
    with pytest.raises(kr.ConfigError, match="can be read, not written"):
        quiet(there, "005930", reader)


def test_a_newer_layout_is_not_touched(store: kr.Store, reader: Client, tmp_path: Path) -> None:
    """What a newer version wrote, or what is no manifest, is refused, with what to do, and stays as it is."""
    manifest = tmp_path / "store" / "manifest.json"
    told = json.loads(manifest.read_text())
    for text in (json.dumps({**told, "layout": 99}), json.dumps({"layout": 2}), "{}", "no JSON"):
        manifest.write_text(text)
        kind = kr.ConfigError if "layout" in text else kr.StoreError
        with pytest.raises(kind, match="recover"):
            kr.Store(tmp_path / "store")
        with pytest.raises(kind, match="recover"):
            quiet(store, "005930", reader)
    assert manifest.read_text() == "no JSON"


def test_a_path_may_be_odd(reader: Client, tmp_path: Path) -> None:
    """Quotes, blanks and Korean letters in the path."""
    store = kr.Store(tmp_path / "it's 내 데이터 [1]")
    quiet(store, "005930", reader, since="2026-11-02")
    assert len(store.bars("005930")) == 15
    assert store.verify().empty


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without duckdb the first reading names the extra."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(kr.ConfigError, match=r"kiwoom_research\[store\]"):
        kr.Store(tmp_path).bars()


def test_command_line(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """update, update --quotes and store info, with exit statuses."""
    monkeypatch.setenv("KIWOOM_APPKEY", box.appkey)
    monkeypatch.setenv("KIWOOM_SECRETKEY", box.secretkey)
    folder = str(tmp_path / "store")
    update = ["update", "--server", box.url, "--store", folder, "--market", "etf"]
    assert main([*update, "--since", "2026-11-02", "--plan"]) == 0
    assert "requests" in capsys.readouterr().out
    assert not (tmp_path / "store").exists()
    assert main(["store", "info", folder]) == 2
    assert main(["update", "--server", box.url, "--store", folder]) == 2  # filling a market has to be said
    assert "the store holds nothing yet" in capsys.readouterr().err
    assert not (tmp_path / "store").exists()
    assert main([*update, "--freq", "1d", "--since", "2026-11-02"]) == 0
    assert "180 bars of 12 codes, 0 events" in capsys.readouterr().out
    box.set_clock("2026-11-23 21:05")
    assert main([*update, "--quotes"]) == 0
    assert "12 bars of 12 codes" in capsys.readouterr().out
    assert main(["store", "info", folder]) == 0
    assert "192 bars" in capsys.readouterr().out
    box.set_clock("2026-11-24 21:30")
    assert main(["update", "--server", box.url, "--store", folder]) == 0
    assert "12 bars of 12 codes" in capsys.readouterr().out
    box.set_clock("2026-11-25 12:00")
    assert main([*update, "--quotes"]) == 1
    assert "final at 21:05" in capsys.readouterr().err
    assert main([*update, "--quotes", "--freq", "1min"]) == 2
    assert os.listdir(tmp_path / "store")
