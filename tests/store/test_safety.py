"""A store touches only what is its own, holds bars of one market, and finds every flipped bit."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox
from kiwoom_research.store import disk
from kiwoom_research.store.folder import Folder
from kiwoom_research.store.metadata import with_stocks

from ..conftest import client_of
from .conftest import CODES, adopt, krx_days, quiet, replay


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, locks aside, with its content."""
    return {
        str(place.relative_to(folder)): place.read_bytes()
        for place in sorted(folder.rglob("*"))
        if place.is_file() and place.name != "write.lock"
    }


# --- what is not its own -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["notes.txt", "tables/prices.parquet", "bars/a/b/c.csv", "bars/2024.parquet", "data/x"]
)
def test_a_folder_that_holds_something_else_is_refused(name: str, reader: Client, tmp_path: Path) -> None:
    """The message says what was found; nothing is changed, by opening or by an update."""
    folder = tmp_path / "mine"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("ten years of work")
    before = tree(folder)
    with pytest.raises(
        kr.ConfigError, match=rf"something other than a store: {name.split('/')[0]}; choose another"
    ):
        kr.Store(folder)
    assert tree(folder) == before


@pytest.mark.parametrize("path", ["", "  "])
def test_an_empty_path_is_refused(path: str) -> None:
    """It would be the working folder."""
    with pytest.raises(ValueError, match="expected the folder of a store"):
        kr.Store(path)


def test_a_file_is_no_store(tmp_path: Path) -> None:
    """Neither is a file."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(kr.ConfigError, match="a store is a folder"):
        kr.Store(tmp_path / "file")


def test_neighbours_in_a_store_stay(store: kr.Store, reader: Client, tmp_path: Path) -> None:
    """Files that no manifest named are never removed, wherever in the folder they lie."""
    folder = tmp_path / "store"
    mine = [
        "notes.txt",
        "tables/own.parquet",
        "bars/freq=1d/year=2026/own.parquet",
        "bars/x/y/z.parquet",
        "staging/x",
    ]
    for name in mine:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")
    quiet(store, "035420", reader, since="2018-01-02")
    assert [name for name in mine if (folder / name).read_text() != "mine"] == []


def test_a_lost_manifest_is_no_empty_store(store: kr.Store, reader: Client, tmp_path: Path) -> None:
    """Bars without a manifest are refused; recover gives every row back."""
    folder = tmp_path / "store"
    bars, events, codes = store.bars(), store.events(), store.codes()
    (folder / "manifest.json").unlink()
    before = tree(folder)
    for open_it in (lambda: kr.Store(folder), lambda: quiet(store, "005930", reader)):
        with pytest.raises(kr.ConfigError, match=r"holds bars and no manifest.json: Store.recover\("):
            open_it()
    assert tree(folder) == before
    again = kr.Store.recover(folder)
    pd.testing.assert_frame_equal(again.bars(), bars)
    pd.testing.assert_frame_equal(again.events(), events)
    pd.testing.assert_frame_equal(again.codes(), codes)
    assert again.verify().empty
    assert quiet(again, CODES, reader).empty  # nothing has to be pulled again
    assert again._reader.folder.read_manifest().market == reader.market


@pytest.mark.parametrize("lost", ["events", "pulls", "stocks"])
def test_recover_without_a_table(lost: str, store: kr.Store, tmp_path: Path) -> None:
    """Actions and ranges come from the bars; names are lost."""
    folder = tmp_path / "store"
    bars, ratios = store.bars(), store.events()[["code", "date", "ratio"]]
    spans = store.codes()[["since", "until"]]
    next((folder / "tables").glob(f"{lost}-*")).unlink()
    (folder / "manifest.json").write_text("{")
    again = kr.Store.recover(folder)
    pd.testing.assert_frame_equal(again.bars(), bars)
    pd.testing.assert_frame_equal(again.events()[["code", "date", "ratio"]], ratios)
    pd.testing.assert_index_equal(again.codes().index, spans.index)
    assert (again.codes()["since"] >= spans["since"]).all()
    assert (again.codes()["until"] == spans["until"]).all()


def test_recover_takes_over_a_store_of_the_first_edition(
    store: kr.Store, reader: Client, tmp_path: Path
) -> None:
    """It is refused as it is, with what to do, and never changed; recover reads its tables under their new names."""
    folder = tmp_path / "store"
    bars = store.bars()
    for place in (folder / "tables").glob("pulls-*"):
        old = pd.read_parquet(place).drop(columns="hole_tries")
        old.rename(columns={"until": "through", "first_stored": "filled"}).to_parquet(place)
    (folder / "manifest.json").write_text(
        json.dumps({"layout": 1, "generation": 1, "files": [], "tables": {}})
    )
    before = tree(folder)
    with pytest.raises(kr.ConfigError, match=r"found 1, which another version wrote; Store.recover"):
        kr.Store(folder)
    with pytest.raises(kr.ConfigError, match="found 1"):
        quiet(store, "005930", reader)
    assert tree(folder) == before
    again = kr.Store.recover(folder)
    pd.testing.assert_frame_equal(again.bars(), bars)
    assert again.codes()["until"].notna().all()
    assert quiet(again, CODES, reader).empty


def test_recover_of_files_that_overlap(store: kr.Store, tmp_path: Path) -> None:
    """A file of an earlier write that was not removed yet: the bars of the later write count, each once."""
    folder = tmp_path / "store"
    bars = store.bars()
    newest = next((folder / "bars/freq=1d/year=2026").glob("*.parquet"))
    older = newest.with_name("000000.parquet")
    duckdb.sql(
        f"COPY (SELECT * REPLACE (close + 1 AS close) FROM read_parquet('{newest}', hive_partitioning=false)"
        f" WHERE code < '5') TO '{older}' (FORMAT parquet)"
    )
    (folder / "manifest.json").unlink()
    again = kr.Store.recover(folder)
    pd.testing.assert_frame_equal(again.bars(), bars)
    assert not older.exists()
    assert again.verify().empty


def test_nothing_to_recover(tmp_path: Path) -> None:
    """A folder of something else does not become a store."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(kr.ConfigError, match="no bars of a store"):
        kr.Store.recover(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not (tmp_path / "manifest.json").exists()


# --- one market --------------------------------------------------------------------------------------


def test_a_store_belongs_to_one_market(store: kr.Store, tmp_path: Path) -> None:
    """Another invented market is refused before anything is changed; the same one at another time is not."""
    before = tree(tmp_path / "store")
    with Sandbox(rate=None, seed=2) as other, client_of(other, tmp_path) as client:
        for write in (
            lambda: quiet(store, "005930", client),
            lambda: store.refresh(client=client, progress=False),
            lambda: store.repair(client=client, progress=False),
        ):
            with pytest.raises(
                kr.ConfigError, match=r"holds bars of synthetic-.*and this client asks synthetic-"
            ):
                write()
    assert tree(tmp_path / "store") == before
    with Sandbox(rate=None, clock="2026-11-24 21:30") as same, client_of(same, tmp_path / "same") as client:
        assert quiet(store, "005930", client)["bars"].tolist() == [2]
    with Sandbox(rate=None, port=0) as same, kr.Client(_by_address(same, tmp_path)) as client:
        assert client.market == store._reader.folder.read_manifest().market


def _by_address(box: Sandbox, folder: Path) -> Any:
    from kiwoom_research.config import Keys, settings

    return settings(box.url, Keys(box.appkey, box.secretkey), cache_dir=folder / "other")


def test_a_recovered_store_of_nobody_knows_whom(store: kr.Store, reader: Client, tmp_path: Path) -> None:
    """The first server that updates it must have its bars."""
    (tmp_path / "store" / "manifest.json").unlink()
    again = kr.Store.recover(tmp_path / "store")
    with Sandbox(rate=None, seed=2) as other, client_of(other, tmp_path / "other") as client:
        with pytest.raises(kr.ConfigError, match="holds other bars of"):
            quiet(again, CODES, client)
        assert quiet(again, CODES, reader).empty
        with pytest.raises(kr.ConfigError, match="holds bars of"):
            quiet(again, CODES, client)


# --- names that look like patterns -------------------------------------------------------------------


@pytest.mark.parametrize("odd", ["krx [2]", "krx ?", "krx *", "krx [!a]", "[[]"])
def test_a_folder_name_is_no_pattern(odd: str, reader: Client, tmp_path: Path) -> None:
    """Two stores whose names match each other as patterns keep their own bars."""
    plain = kr.Store(tmp_path / "krx 2")
    quiet(plain, "000660", reader, since="2026-11-02")
    strange = kr.Store(tmp_path / odd)
    quiet(strange, "005930", reader, since="2026-11-02")
    quiet(strange, "035420", reader, since="2026-11-02")
    assert strange.bars().index.levels[0].tolist() == ["005930", "035420"]
    assert plain.bars().index.levels[0].tolist() == ["000660"]
    assert strange.verify().empty


# --- damage ------------------------------------------------------------------------------------------


def flip(place: Path, chance: random.Random) -> None:
    """One bit of a file."""
    content = bytearray(place.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    place.write_bytes(bytes(content))


def read_everything(folder: Path, damaged: str, expected: tuple[pd.DataFrame, ...]) -> None:
    """Verify a store and read all of it."""
    store = kr.Store(folder)
    assert store.verify()["file"].dropna().tolist() == [damaged]
    for found, right in zip((store.events(), store.codes(), store.bars()), expected, strict=True):
        pd.testing.assert_frame_equal(found, right)


FLIPS = int(os.environ.get("KIWOOM_FLIPS", "40"))


def test_no_flipped_bit_is_silent(store: kr.Store, tmp_path: Path) -> None:
    """One bit at a time, in any file: every reading is right or says which file is damaged, and verify names it."""
    chance, folder = random.Random(7), tmp_path / "store"
    expected = store.events(), store.codes(), store.bars()
    bars = expected[2]
    names = sorted(name for name in tree(folder) if not name.startswith("staging"))
    spare = {name: (folder / name).read_bytes() for name in names}
    said = 0
    for _ in range(FLIPS):
        name = chance.choice(names)
        flip(folder / name, chance)
        with pytest.raises(kr.KiwoomError, match=Path(name).name):
            read_everything(folder, name, expected)
        said += 1
        (folder / name).write_bytes(spare[name])
    assert said == FLIPS
    pd.testing.assert_frame_equal(kr.Store(folder).bars(), bars)


@pytest.mark.parametrize("how", ["flip", "cut", "empty", "gone"])
@pytest.mark.parametrize("what", ["bars/freq=1d/year=2022", "tables/events", "tables/pulls"])
def test_repair(what: str, how: str, store: kr.Store, reader: Client, tmp_path: Path) -> None:
    """A damaged file costs its own year only and is pulled again; a table is made again from the bars."""
    folder = tmp_path / "store"
    bars, events = store.bars(), store.events()
    place = next(place for place in folder.rglob("*.parquet") if what in str(place))
    content = place.read_bytes()
    if how == "gone":
        place.unlink()
    else:
        place.write_bytes(
            {"flip": content[:99] + b"\xff" + content[100:], "cut": content[:500], "empty": b""}[how]
        )
    damaged = kr.Store(folder)
    if what.startswith("bars"):
        with pytest.raises(kr.StoreError, match=rf"{place.name} is (damaged|gone): Store.repair"):
            damaged.bars()
        kept = damaged.bars(start="2023-01-01", adjusted=False)
        assert len(kept) == (bars.index.get_level_values("date") >= "2023").sum()
    report = damaged.repair(client=reader, progress=False)
    assert (report["error"] == "").all()
    assert damaged.verify().empty
    pd.testing.assert_frame_equal(damaged.bars(), bars)
    pd.testing.assert_frame_equal(
        damaged.events()[["code", "date", "ratio"]], events[["code", "date", "ratio"]]
    )
    assert damaged.repair(client=reader, progress=False).empty
    aside = list((folder / "damaged").glob("*")) if how != "gone" else [place]
    assert len(aside) == 1


@pytest.mark.parametrize("content", [b"", b"PAR1", b"x" * 999])
def test_staging_that_is_damaged_blocks_nothing(
    content: bytes, store: kr.Store, reader: Client, tmp_path: Path
) -> None:
    """A power cut left half a file: its code is pulled again."""
    staging = tmp_path / "store" / "staging"
    staging.mkdir(exist_ok=True)
    (staging / "1d-035420-0123456789abcdef0123456789abcdef.parquet").write_bytes(content)
    (staging / "1d-035720.parquet").write_bytes(content)
    assert quiet(store, "035420", reader, since="2026-11-02")["bars"].tolist() == [15]
    assert not list(staging.glob("*.parquet"))


def test_files_are_on_the_disk_before_the_manifest(
    store: kr.Store, reader: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fsync of every file and of its folder comes before the manifest that names it takes its place."""
    done: list[str] = []
    real_sync, real_replace = os.fsync, os.replace

    def fsync(handle: int) -> None:
        done.append(os.readlink(f"/proc/self/fd/{handle}"))
        real_sync(handle)

    def replaced(source: Any, target: Any) -> None:
        if str(target).endswith("manifest.json"):
            manifest = json.loads(Path(source).read_text())["content"]
            for one in [*manifest["files"], *manifest["tables"].values()]:
                place = tmp_path / "store" / one["path"]
                if place.stat().st_mtime_ns > start:
                    synced.append(str(place) in done or str(place.with_suffix(".tmp")) in done)
                    synced.append(str(place.parent) in done)
            synced.append(str(source) in done)
        real_replace(source, target)

    start, synced = (tmp_path / "store" / "manifest.json").stat().st_mtime_ns, []
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replaced)
    quiet(store, "035420", reader, since="2025-01-02")
    assert len(synced) > 8
    assert all(synced)


def test_verify_tells_a_writer_from_damage(
    store: kr.Store, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another thread merges code after code, verify never finds a file that is only being replaced."""
    monkeypatch.setattr("kiwoom_research.store.update.MERGE_BARS", 1)
    done, found = threading.Event(), []

    def look() -> None:
        own = kr.Store(store._reader.folder.url)
        while not done.is_set():
            found.append(own.verify())

    thread = threading.Thread(target=look)
    thread.start()
    quiet(store, ["035420", "850010", "850020", "850070"], reader, since="2018-01-02")
    done.set()
    thread.join()
    assert found
    assert all(problems.empty for problems in found), next(p for p in found if len(p))


# --- errors ------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="limits of a process are a POSIX word")
def test_a_full_disk_is_a_store_error(box: Sandbox, tmp_path: Path) -> None:
    """No file may grow beyond 4,000 bytes: our error with the folder's name, and the store is what it was."""
    script = """
import resource, sys, kiwoom_research as kr
kr.connect(*sys.argv[1:4], cache_dir=sys.argv[4] + "/cache")
kr.get_bars("005930", start="2020-01-02", adjusted=False)
store = kr.Store(sys.argv[4] + "/store")
store.update("005930", since="2026-11-16", progress=False)
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
try:
    store.update("005930", since="2020-01-02", progress=False)
except kr.StoreError as error:
    print("StoreError", sys.argv[4] in str(error))
print(len(store.bars()))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, box.url, box.appkey, box.secretkey, str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["StoreError", "True", "5"], done.stderr


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (lambda: duckdb.sql("SELECT nothing"), kr.StoreError),
        (lambda: duckdb.sql("SELECT * FROM read_parquet('/nowhere/x.parquet')"), kr.StoreError),
        (lambda: Path("/nowhere/x").read_bytes(), kr.StoreError),
        (lambda: b"\xff".decode(), kr.StoreError),
        (lambda: 1 / 0, ZeroDivisionError),
    ],
)
def test_errors_of_others_become_ours(raised: Callable[[], Any], kind: type[Exception]) -> None:
    """DuckDB, Arrow and the system; a mistake of our own stays visible."""
    with (
        pytest.raises(kind, match="somewhere" if kind is kr.StoreError else "division"),
        disk.store_errors("somewhere"),
    ):
        raised()


def test_ctrl_c_inside_duckdb_is_ctrl_c() -> None:
    """DuckDB's word for it is not passed on."""
    with duckdb.connect() as connection:
        timer = threading.Timer(0.2, connection.interrupt)
        timer.start()
        with pytest.raises(KeyboardInterrupt), disk.store_errors("somewhere"):
            connection.execute(
                "SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b"
            ).fetchall()


# --- two companies with one code ---------------------------------------------------------------------


def test_a_code_that_comes_back_is_two_histories(tmp_path: Path) -> None:
    """The listing date separates them: both are in codes(), no event between them, and adjusted prices do not cross."""
    first = krx_days([8_000, 8_100, 8_200], [8_000, 8_000, 8_100])
    second = krx_days(
        [1_000, 1_010, 505, 510], [1_000, 1_000, 505, 505]
    )  # a split one into two on the third day
    second["date"] = pd.bdate_range("2024-05-07", periods=4).strftime("%Y%m%d")
    adjusted = second.assign(open=[500, 505, 505, 510], high=[500, 505, 505, 510], low=[500, 505, 505, 510])
    adjusted["close"] = [500, 505, 505, 510]
    store = kr.Store(tmp_path / "store")

    def listing(day: str, name: str) -> pd.DataFrame:
        return pd.DataFrame(
            {"name": [name], "market": ["kospi"], "type": ["share"], "listing_date": pd.to_datetime([day])},
            index=["005930"],
        )

    def fill(name: str, raw: pd.DataFrame, adj: pd.DataFrame, listed: str, clock: str) -> None:
        with (
            replay(tmp_path / name, raw, adj.drop(columns="market_cap"), clock) as box,
            client_of(box, tmp_path / name) as client,
        ):
            folder = store._reader.folder
            folder.path.mkdir(exist_ok=True)
            manifest = with_stocks(folder, folder.read_manifest().next_generation(), listing(listed, name))
            folder.commit(manifest)
            adopt(store, client)
            quiet(store, "005930", client, since="2024-01-02")

    fill("old", first, first, "2010-01-04", "2024-03-06 21:30")
    fill("new", second, adjusted, "2024-05-07", "2024-05-10 21:30")
    codes = store.codes()
    assert codes["name"].tolist() == ["old", "new"]
    assert codes["listed"].dt.strftime("%Y-%m-%d").tolist() == ["2010-01-04", "2024-05-07"]
    assert codes["until"].dt.strftime("%Y-%m-%d").tolist() == ["2024-03-06", "2024-05-10"]
    assert store.events()["date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-05-09"]
    assert store.bars(adjusted=False)["close"].tolist() == [8_000, 8_100, 8_200, 1_000, 1_010, 505, 510]
    assert store.bars()["close"].tolist() == [8_000, 8_100, 8_200, 500, 505, 505, 510]
    assert store.verify().empty
    assert store.coverage().empty


# --- killed at any moment ----------------------------------------------------------------------------

KILLS = int(os.environ.get("KIWOOM_KILLS", "6"))
WORK = """
import sys
import kiwoom_research as kr
kr.connect(*sys.argv[1:4], cache_dir=sys.argv[4] + "/cache")
store = kr.Store(sys.argv[4] + "/store")
print("ready", flush=True)
match sys.argv[5]:
    case "fill":
        store.update(["005930", "000660", "035420", "035720"], since="2024-01-02", progress=False)
    case "refresh":
        store.refresh(check=2, progress=False)
    case "repair":
        store.repair(progress=False)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX word")
@pytest.mark.parametrize("number", range(KILLS))
def test_killed_at_any_moment(number: int, tmp_path: Path) -> None:
    """kill -9 in the middle of a fill, a refresh or a repair: no row is lost, none is wrong, the next run finishes."""
    chance, codes = random.Random(number), ["000660", "005930", "035420", "035720"]
    work = ("fill", "refresh", "repair")[number % 3]
    with Sandbox(rate=None, clock="2026-11-17 21:30") as box, client_of(box, tmp_path) as client:
        folder = tmp_path / "store"
        if work != "fill":
            quiet(kr.Store(folder), codes, client, since="2024-01-02")
        if work == "refresh":
            box.set_clock("2026-11-18 21:30")
        if work == "repair":
            flip(next((folder / "bars/freq=1d/year=2025").glob("*.parquet")), chance)
        before = None if work == "repair" or work == "fill" else kr.Store(folder).bars()
        given = [box.url, box.appkey, box.secretkey, str(tmp_path), work]
        with subprocess.Popen(
            [sys.executable, "-c", WORK, *given], stdout=subprocess.PIPE, text=True
        ) as made:
            assert made.stdout
            assert made.stdout.readline() == "ready\n"
            with suppress(subprocess.TimeoutExpired):  # some finish before
                made.wait(chance.uniform(0, 0.5))
            made.send_signal(signal.SIGKILL)
        store = kr.Store(folder)
        expected = kr.pull(codes, start="2024-01-02", adjusted=False, progress=False, client=client)
        if work != "repair":
            there = store.bars(adjusted=False).drop(columns="source")
            right = expected.loc[there.index]
            # a base price that is not stored yet cannot say what the official close before it was
            unknown = there["official_close"].isna().to_numpy()
            assert unknown.sum() <= there.index.get_level_values("code").nunique()
            official = [column for column in there if column.startswith("official_close")]
            pd.testing.assert_frame_equal(there[~unknown], right[~unknown], check_dtype=False)
            pd.testing.assert_frame_equal(
                there.drop(columns=official), right.drop(columns=official), check_dtype=False
            )
            assert before is None or len(before) <= len(there)
            assert store.verify().empty
        store.repair(client=client, progress=False)
        quiet(store, codes, client, since="2024-01-02")
        pd.testing.assert_frame_equal(store.bars(adjusted=False).drop(columns="source"), expected)
        assert store.verify().empty


def test_a_store_of_another_place_is_whole(store: kr.Store, tmp_path: Path) -> None:
    """A copied folder is the same store."""
    shutil.copytree(tmp_path / "store", tmp_path / "copy")
    pd.testing.assert_frame_equal(kr.Store(tmp_path / "copy").bars(), store.bars())
    assert Folder(tmp_path / "copy").read_manifest() == Folder(tmp_path / "store").read_manifest()
