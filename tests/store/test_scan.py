"""The bars of a store as Polars and Arrow: the same values as the pandas frame, read lazily."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client

from .conftest import quiet

pl = pytest.importorskip("polars")


def in_pandas(frame: Any, label: str = "date") -> pd.DataFrame:
    """A Polars frame with the index of `Store.bars`."""
    return frame.sort("code", label).to_pandas().set_index(["code", label])


def assert_same(ours: pd.DataFrame, other: pd.DataFrame) -> None:
    """Labels, columns and every value; missing is missing."""
    assert list(ours.columns) == list(other.columns)
    assert ours.index.get_level_values(0).tolist() == other.index.get_level_values(0).tolist()
    labels = ours.index.get_level_values(1)
    labels = labels.tz_localize(None) if labels.tz is not None else labels
    assert (labels == other.index.get_level_values(1)).all()
    for name in ours:
        left, right = ours[name].to_numpy(), other[name].to_numpy()
        assert ((pd.isna(left) & pd.isna(right)) | (left == right)).all(), name


@pytest.mark.parametrize("adjusted", [True, False])
def test_values_are_those_of_the_frame(adjusted: bool, filled: tuple[Path, pd.DataFrame]) -> None:
    """Six codes with their splits, every column: lazily, as a Polars frame, as an Arrow table."""
    store = kr.Store(filled[0])
    ours = store.bars(adjusted=adjusted)
    assert len(ours) > 10_000
    assert set(ours["official_close_source"]) == {"close", "next_base", "none"}
    assert_same(ours, in_pandas(store.scan(adjusted=adjusted).collect()))
    whole = store.bars(adjusted=adjusted, as_="polars")
    assert whole.columns[:2] == ["code", "date"]
    assert whole.select("code", "date").equals(whole.select("code", "date").sort("code", "date"))
    assert_same(ours, in_pandas(whole))
    table = store.bars(adjusted=adjusted, as_="arrow")
    assert_same(ours, table.to_pandas().astype({"date": "datetime64[us]"}).set_index(["code", "date"]))


def test_a_part_is_a_part(filled: tuple[Path, pd.DataFrame]) -> None:
    """Codes, days and columns as in `bars`, and filters of Polars; adjusted prices are filtered as adjusted."""
    store = kr.Store(filled[0])
    asked: dict[str, Any] = {"start": "2021-04-01", "end": "2021-04-30", "columns": ["close", "volume"]}
    assert_same(store.bars("035720", **asked), in_pandas(store.scan("035720", **asked).collect()))
    ours = store.bars(columns=["close"])["close"]
    low = store.scan().filter(pl.col("close") < 30_000).group_by("code").len().sort("code").collect()
    expected = ours[ours < 30_000].groupby("code").size()
    assert dict(low.iter_rows()) == expected[expected > 0].to_dict()
    mean = store.scan().group_by("code").agg(pl.col("close").mean()).sort("code").collect()
    assert np.allclose(mean["close"], ours.groupby("code").mean())


def test_minutes_are_korean_time(store: kr.Store, reader: Client) -> None:
    """Their label is the clock of the frame without its zone."""
    quiet(store, "005930", reader, freq="30min", since="2026-11-16")
    ours = store.bars("005930", freq="30min")
    assert_same(ours, in_pandas(store.scan("005930", freq="30min").collect(), "time"))


def test_nothing_has_the_same_columns(filled: tuple[Path, pd.DataFrame], tmp_path: Path) -> None:
    """Codes that are not stored, and a store without bars: no rows, the same schema; the frame warns."""
    store = kr.Store(filled[0])
    schema = store.bars("005930", as_="polars").schema
    for nothing in (store.scan("999999").collect(), kr.Store(tmp_path / "new").scan().collect()):
        assert nothing.schema == schema
        assert nothing.is_empty()
    assert kr.Store(tmp_path / "new").bars(as_="arrow").num_rows == 0


def test_what_cannot_be(filled: tuple[Path, pd.DataFrame], monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown form or column, and Polars that is not installed, with what to type."""
    store = kr.Store(filled[0])
    with pytest.raises(ValueError, match="as_: expected one of pandas, polars, arrow, got 'dask'"):
        store.bars(as_="dask")  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="columns: expected one of open, high"):
        store.scan(columns=["price"])
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(kr.ConfigError, match=r"pip install 'kiwoom_research\[polars\]'"):
        store.scan()
