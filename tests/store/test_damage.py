"""What is missing and what is damaged: coverage and verify."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import kiwoom_research as kr
from kiwoom_research.client import Client

from .conftest import bless, quiet, without


def test_coverage_names_missing_sessions(store: kr.Store) -> None:
    """Bars that are gone are named by code and session; a halt and a late listing are not missing."""
    assert store.coverage().empty
    without(store, "code = '000660' AND date BETWEEN '2026-03-02' AND '2026-03-06'")
    missing = store.coverage()
    assert missing["code"].unique().tolist() == ["000660"]
    assert missing["date"].dt.strftime("%m-%d").tolist() == [
        "03-03",
        "03-04",
        "03-05",
        "03-06",
    ]  # 03-02 is a closure
    without(store, "code = '850050' AND date IN ('2026-06-11', '2026-06-12')")  # behind a bar without volume
    assert store.coverage()["code"].unique().tolist() == ["000660"]


def test_coverage_knows_listing_dates(client: Client, tmp_path: Path) -> None:
    """A market since January: 850090 was listed in October and lacks nothing; without its bars it lacks all since."""
    store = kr.Store(tmp_path / "store")
    kr.get_stocks("kosdaq", client=client)
    store._resolve("kosdaq", client.frozen(), remember=True)
    quiet(store, ["850090", "850010"], client, since="2026-01-02")
    assert store.coverage().empty
    without(store, "code = '850090'")
    missing = store.coverage()
    assert missing["code"].unique().tolist() == ["850090"]
    assert missing["date"].min() == pd.Timestamp("2026-10-15")
    assert len(missing) == 27


def test_verify_finds_damage(store: kr.Store, filled: tuple[Path, pd.DataFrame], tmp_path: Path) -> None:
    """A cut file, a missing one, bars out of order, impossible prices, an event that is missing in the table."""
    assert store.verify().empty
    files = sorted((tmp_path / "store" / "bars").rglob("*.parquet"))
    cut = files[0].read_bytes()
    files[0].write_bytes(cut[: len(cut) // 2])
    files[1].unlink()
    files[2].write_bytes(files[3].read_bytes())
    problems = store.verify()
    named = {Path(name).parent.name for name in problems["file"].dropna()}
    assert named == {files[at].parent.name for at in range(3)}
    assert problems["problem"].str.contains("is damaged").sum() == 2
    assert problems["problem"].str.contains("is gone").sum() == 1


def test_verify_reads_the_rows(store: kr.Store, tmp_path: Path) -> None:
    """Order, duplicates, prices and sessions are looked at, not only whether a file opens."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    file = next((tmp_path / "store" / "bars" / "freq=1d" / "year=2026").iterdir())
    good = pq.read_table(file, partitioning=None)

    def problems(table: Any) -> str:
        pq.write_table(table, file)
        bless(store)
        return " ".join(store.verify()["problem"])

    assert problems(good) == ""
    assert "out of order" in problems(good.take(pa.array(np.arange(good.num_rows)[::-1])))
    assert "2 bars" in problems(pa.concat_tables([good.slice(0, 1), good]))
    assert "rows, the manifest says" in problems(good.slice(1))
    at = good.column_names.index("high")
    assert "prices or volume" in problems(
        good.set_column(at, "high", pc.subtract(good["low"], pa.scalar(1, pa.int32())))
    )
    at = good.column_names.index("change")
    assert "is missing in the table" in problems(
        good.set_column(at, "change", pc.add(good["change"], pa.scalar(1, pa.int32())))
    )


def test_verify_compares_events_with_bars(store: kr.Store, tmp_path: Path) -> None:
    """An event with another ratio, and one that the bars do not show."""
    folder = store._reader.folder
    file = tmp_path / "store" / folder.read_manifest().tables["events"].path
    events = pd.read_parquet(file)
    wrong = pd.concat(
        [events.assign(ratio=events["ratio"] * 1.01), events.assign(date=pd.Timestamp("2026-11-20"))]
    )
    wrong.to_parquet(file)
    bless(store)
    problems = store.verify()["problem"]
    assert problems.str.contains("the bars say").sum() == 4
    assert problems.str.contains("the bars show no such event").sum() == 4
