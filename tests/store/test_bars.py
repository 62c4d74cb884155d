"""Stored bars over real HTTP: they are those of the broker."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox

from .conftest import CODES, OHLC, SINCE, quiet


@pytest.mark.parametrize("adjusted", [True, False])
@pytest.mark.parametrize("code", CODES)
def test_days_are_those_of_the_broker(store: kr.Store, reader: Client, code: str, adjusted: bool) -> None:
    """Every column equals what the broker answers in the same mode, in value and type."""
    expected = kr.get_bars(code, start=SINCE, adjusted=adjusted, client=reader)
    frame = store.bars(code, adjusted=adjusted).droplevel("code")
    assert frame.pop("source").eq("chart").all()
    pd.testing.assert_frame_equal(frame, expected)


@pytest.mark.parametrize("freq", ["1min", "30min"])
def test_minutes_are_those_of_the_broker(box: Sandbox, client: Client, tmp_path: Path, freq: str) -> None:
    """Minutes across a split, adjusted through the events that the days show."""
    box.set_clock("2026-06-19 20:30")
    store = kr.Store(tmp_path / "store")
    report = quiet(store, ["850050", "000660"], client, freq=freq, since="2026-06-08")
    assert report["events"].to_dict() == {"850050": 1, "000660": 0}
    for code in ("850050", "000660"):
        for adjusted in (True, False):
            expected = kr.get_bars(code, freq, start="2026-06-08", adjusted=adjusted, client=client)
            frame = store.bars(code, freq=freq, adjusted=adjusted).droplevel("code")
            pd.testing.assert_frame_equal(frame.drop(columns="source"), expected)
    assert store.coverage(freq).empty
    assert store.verify().empty


def test_one_frame_in_order(store: kr.Store) -> None:
    """All codes come in one sorted frame, with the columns of the contract and the origin of the row."""
    frame = store.bars()
    assert list(frame.index.names) == ["code", "date"]
    assert frame.index.is_monotonic_increasing
    assert frame.index.is_unique
    assert frame.index.get_level_values("code").unique().tolist() == sorted(CODES)
    assert frame["complete"].all()
    assert {str(frame[name].dtype) for name in [*OHLC, "volume", "value", "change", "turnover"]} == {
        "float64"
    }
    assert {str(frame[f"{name}_sign"].dtype) for name in OHLC} == {"int8"}
    assert frame.index.levels[1].dtype == "datetime64[us]"


def test_codes_that_are_not_stored_are_named(store: kr.Store) -> None:
    """One warning names them; a stored code without bars in the range is not among them."""
    with pytest.warns(UserWarning, match=r"^not stored as 1d bars: 999999; update\(\)") as said:
        frame = store.bars(["005930", "999999"])
    assert len(said) == 1
    assert frame.index.get_level_values("code").unique().tolist() == ["005930"]
    assert store.bars("005930", start="2027-01-01").empty
    with pytest.warns(UserWarning, match="not stored as 1min bars: 005930"):
        store.bars("005930", freq="1min")


def test_a_window_is_a_slice(store: kr.Store) -> None:
    """Codes, dates and columns cut the same rows out of the same frame."""
    whole = store.bars()
    part = store.bars(["850050", "005930"], "2026-06-10", "2026-06-16", columns=["close", "volume"])
    for code in ("005930", "850050"):
        expected = whole.loc[code].loc["2026-06-10":"2026-06-16", ["close", "volume"]]
        pd.testing.assert_frame_equal(part.loc[code], expected)
    assert len(part) == 10
    assert len(store.bars("005930", start="2026-06", end="2026-06")) == 21


def test_nothing_found_has_the_same_columns(store: kr.Store, tmp_path: Path) -> None:
    """A code, a time or a store without bars gives an empty frame of the same types."""
    whole = store.bars()
    with pytest.warns(UserWarning, match="000020"):
        unknown = store.bars("000020")
    for empty in (unknown, store.bars(start="2030-01-01"), kr.Store(tmp_path / "new").bars()):
        assert empty.empty
        pd.testing.assert_series_equal(empty.dtypes, whole.dtypes)
        assert list(empty.index.names) == ["code", "date"]
    assert kr.Store(tmp_path / "new").bars(freq="1min").index.names == ["code", "time"]


@pytest.mark.parametrize(
    "given",
    [
        {"freq": "1w"},
        {"freq": "tick"},
        {"codes": 5930},
        {"columns": ["last"]},
        {"start": "2026-02", "end": "2026-01"},
    ],
)
def test_bars_that_cannot_be(store: kr.Store, given: dict[str, Any]) -> None:
    """Mistakes of the caller are ValueErrors."""
    with pytest.raises(ValueError, match=r"\w"):
        store.bars(**given)


def test_info(store: kr.Store) -> None:
    """Rows, codes, days, files and bytes of each year."""
    info = store.info()
    assert info.index.names == ["freq", "year"]
    assert info["rows"].sum() == len(store.bars())
    assert (info["codes"] == 6).all()
    assert (info["files"] == 1).all()
    assert info["first"].min() == pd.Timestamp("2018-01-02")
    assert info["last"].max() == pd.Timestamp("2026-11-20")
    assert (info["bytes"] > 1000).all()
