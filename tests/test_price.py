"""Which close screens and backtests calculate with: three sessions of the long day by hand."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox

from .conftest import client_of

NO = np.nan
DAYS = pd.DatetimeIndex(["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-20"], name="date").as_unit("us")
# two ordinary days, a day without a trade, and tonight, whose official close nobody has recorded
LAST, OFFICIAL = [101.0, 104.0, 105.0, 108.0], [100.0, 105.0, NO, NO]
UNKNOWN = "^one official close is not known, and the last price, of up to 20:00, stands in"


def bars(official: list[float] | None = OFFICIAL) -> pd.DataFrame:
    """Bars of one code, whose third session has no trade."""
    frame = pd.DataFrame(
        {
            "open": 102.0,
            "high": 110.0,
            "low": 99.0,
            "close": LAST,
            "volume": [5.0, 6.0, 0.0, 8.0],
            "complete": True,
        },
        index=DAYS,
    )
    return frame if official is None else frame.assign(official_close=official)


def of_code(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with the index of many codes."""
    return pd.concat({"005930": frame}, names=["code"])


Ask = Callable[..., Any]
FUNCTIONS: dict[str, Ask] = {
    "features": lambda frame, **given: kr.features(of_code(frame), **given),
    "to_ohlcv": kr.to_ohlcv,
    "to_panel": kr.to_panel,
    "to_returns": kr.to_returns,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_warning_counts_what_is_not_known(name: str) -> None:
    """Only tonight's: the session without a trade has no evening. It points at the caller's line."""
    with pytest.warns(UserWarning, match=UNKNOWN) as told:
        FUNCTIONS[name](bars())
    assert len(told) == 1
    assert told[0].filename == __file__
    for silent in ({"price": "last"}, {"fallback": None}):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            FUNCTIONS[name](bars(), **silent)
            FUNCTIONS[name](bars(None))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_cannot_be_chosen(name: str) -> None:
    """A price or a fallback that there is not is refused with those there are."""
    with pytest.raises(ValueError, match=r"price: expected one of official, last, got 'close'"):
        FUNCTIONS[name](bars(), price="close")
    with pytest.raises(ValueError, match=r"fallback: expected 'last' or None, got 'official'"):
        FUNCTIONS[name](bars(), fallback="official")


@pytest.mark.filterwarnings("ignore:one official close")
def test_ohlcv_by_hand() -> None:
    """The official close; where it is not known the last price, marked, or nothing; the bar is as traded."""
    frame = kr.to_ohlcv(bars())
    assert frame["Close"].tolist() == [
        100,
        105,
        105,
        108,
    ]  # the session without a trade holds the close before
    assert frame["CloseIsLast"].tolist() == [False, False, False, True]
    assert frame["High"].tolist() == [110, 110, 105, 110]
    missing = kr.to_ohlcv(bars(), fallback=None)
    assert missing["Close"].tolist()[:3] == [100, 105, 105]
    assert np.isnan(missing["Close"].iloc[-1])
    assert missing["Volume"].iloc[-1] == 8
    assert not missing["CloseIsLast"].any()
    assert kr.to_ohlcv(bars(), price="last")["Close"].tolist() == [101, 104, 105, 108]
    assert "CloseIsLast" not in kr.to_ohlcv(bars(None))
    assert kr.to_ohlcv(bars(None))["Close"].tolist() == [101, 104, 105, 108]


@pytest.mark.filterwarnings("ignore:one official close")
def test_panel_and_returns_by_hand() -> None:
    """The panel of closes, where they are last prices, and the returns between them."""
    both = pd.concat({"005930": bars(), "069500": bars(LAST)}, names=["code"])
    assert kr.to_panel(both)["005930"].tolist() == [100, 105, 105, 108]
    assert kr.to_panel(both)["069500"].tolist() == [101, 104, 105, 108]
    marks = kr.to_panel(both, "close_is_last")
    assert marks["005930"].tolist() == [False, False, False, True]
    assert not marks["069500"].any()
    assert kr.to_returns(bars())["returns"].tolist() == pytest.approx([0.05, 0, 3 / 105])
    assert kr.to_returns(bars(), price="last")["returns"].tolist() == pytest.approx(
        [3 / 101, 1 / 104, 3 / 105]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert kr.to_panel(both, "volume")["005930"].tolist() == [5, 6, 0, 8]  # says nothing about closes


@pytest.mark.filterwarnings("ignore:one official close")
def test_features_by_hand() -> None:
    """Returns and levels of official closes; the code whose close stands in is marked; tomorrow adds nothing else."""
    table = kr.features(of_code(bars()))
    assert table.loc["005930", ["close", "return_1d", "close_is_last"]].tolist() == pytest.approx(
        [108, 300 / 105, True]
    )
    second = kr.features(of_code(bars()), asof="2026-11-17").loc["005930"]
    assert second[["close", "return_1d", "close_is_last"]].tolist() == pytest.approx([105, 5, False])
    pd.testing.assert_frame_equal(
        kr.features(of_code(bars().iloc[:2])), kr.features(of_code(bars()), asof="2026-11-17")
    )
    missing = kr.features(of_code(bars()), fallback=None).loc["005930"]
    assert np.isnan([missing["close"], missing["return_1d"]]).all()
    assert missing[["bars", "volume"]].tolist() == [4, 8]
    assert kr.features(of_code(bars()), price="last").loc["005930", "close"] == 108


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, kr.Store]]:
    """A store of three shares and a fund, filled on the evening of 2026-11-20, whose closes nobody recorded."""
    folder: Path = tmp_path_factory.mktemp("evening")
    with Sandbox(rate=None) as box, client_of(box, folder) as client:
        kr.get_stocks("etf", client=client)
        store = kr.Store(folder / "store")
        store.update(
            ["005930", "000660", "035420", "820010"], since="2026-01-02", progress=False, client=client
        )
        yield client, store


def test_a_screen_of_the_evening_is_not_empty(evening: tuple[Client, kr.Store]) -> None:
    """Hits with a mark and one warning; without a fallback tonight's shares are missing, and the fund is there."""
    _, store = evening
    rules = {"any": "close > 0"}
    with pytest.warns(UserWarning, match="^3 official closes are not known"):
        found = kr.screen(kr.features(store.bars()), rules)
    assert found.hits["close_is_last"].to_dict() == {
        "000660": True,
        "005930": True,
        "035420": True,
        "820010": False,
    }
    assert kr.screen(kr.features(store.bars(), fallback=None), rules).hits.index.tolist() == ["820010"]
    with pytest.warns(UserWarning, match="^3 official closes are not known") as told:
        history = kr.screen_history(store, rules, "2026-11-18", "2026-11-20")
    assert told[0].filename == __file__
    marked = history.hits["close_is_last"].groupby("date").sum()
    assert marked.tolist() == [0, 0, 3]
    assert len(kr.screen_history(store, rules, "2026-11-18", "2026-11-20", fallback=None).hits) == 9


def test_history_is_made_of_official_closes(evening: tuple[Client, kr.Store]) -> None:
    """By the minutes: the close of each session is the auction's price, with price="last" the evening's."""
    client, store = evening
    minutes = kr.get_bars("005930", "1min", start="2026-11-17", end="2026-11-18", client=client)["close"]
    auction, late = minutes.at_time("15:30").tolist(), minutes.groupby(minutes.index.date).last().tolist()
    assert auction != late
    for given, expected in (({}, auction), ({"price": "last"}, late)):
        found = kr.screen_history(
            store, {"any": "close > 0"}, "2026-11-17", "2026-11-18", codes="005930", **given
        )
        assert found.hits["close"].tolist() == expected


def test_a_close_left_missing_is_not_replaced_by_an_older_one() -> None:
    """After a close that nobody knows, a session without a bar has none either; the next close ends it."""
    three = bars([100.0, NO, NO, 108.0]).drop(DAYS[2])
    missing = kr.to_ohlcv(three, fallback=None, sessions=DAYS)["Close"]
    assert missing.index.equals(DAYS)
    assert np.isnan(missing.iloc[1:3]).all()
    assert missing.iloc[[0, 3]].tolist() == [100, 108]
    held = kr.to_panel(of_code(three), fallback=None, sessions=DAYS)["005930"]
    assert held.isna().tolist() == [False, True, True, False]
