"""The store as a Dask DataFrame."""

import logging
from pathlib import Path

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client

from .conftest import quiet


def test_dask_gives_what_duckdb_gives(store: kr.Store, tmp_path: Path) -> None:
    """Two workers of a local cluster: the same bars, and the same screen, one partition at a time."""
    distributed = pytest.importorskip("distributed")
    logging.getLogger("distributed").setLevel(logging.ERROR)
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path)
    )
    with cluster, distributed.Client(cluster):
        frame = store.dask(columns=["close", "volume"], partitions=3)
        assert frame.npartitions == 3
        assert frame.known_divisions
        expected = store.bars(columns=["close", "volume"])
        pd.testing.assert_frame_equal(as_stored(frame.compute()), expected)
        highs = frame.map_partitions(highest, meta=pd.Series(dtype="float64", name="close")).compute()
    pd.testing.assert_series_equal(highs.sort_index(), highest(expected), check_index_type=False)


def as_stored(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame out of Dask, which has text types of its own, as the store gives it."""
    text = frame.select_dtypes("string").columns
    frame = frame.astype(dict.fromkeys(text, "str")).set_index(frame.columns[0], append=True)
    codes = frame.index.levels[0].astype("str")
    return frame.set_axis(frame.index.set_levels(codes, level=0))


def highest(bars: pd.DataFrame) -> pd.Series:
    """The highest 20-session mean of each code: needs the whole history of a code in one place."""
    mean = bars.groupby("code")["close"].rolling(20).mean().droplevel(0)
    return mean.groupby("code").max()


def test_dask_minutes_and_nothing(store: kr.Store, reader: Client, tmp_path: Path) -> None:
    """Minutes keep their zone; a store without any gives an empty frame of the same columns."""
    pytest.importorskip("dask")
    assert len(store.dask("1min").compute(scheduler="sync")) == 0
    quiet(store, ["850050", "000660"], reader, freq="30min", since="2026-11-16")
    frame = store.dask("30min").compute(scheduler="sync")
    pd.testing.assert_frame_equal(as_stored(frame), store.bars(freq="30min"))
