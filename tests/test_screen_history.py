"""Every session of a store screened, against `screen` of each single session."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.screening import FEATURES, features, screen, screen_history
from kiwoom_research.screening.feature_list import COMPUTED

RULES = {"liquid": "value_20d > 1e9", "trend": "close > ma_60 and ma_20 > ma_60", "cool": "rsi_14 < 60"}


class Frame:
    """A store that is a frame, and remembers what it was asked."""

    def __init__(self, bars: pd.DataFrame, filled: str | None = None) -> None:
        self.all = bars
        self.asked: list[tuple[str, str, tuple[str, ...]]] = []
        if filled:
            self.unbiased_from = lambda codes: pd.Timestamp(filled)

    def bars(
        self, codes: Any = None, start: Any = None, end: Any = None, freq: str = "1d", adjusted: bool = True,
        *, columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:  # fmt: skip
        """The rows between two days."""
        assert (freq, adjusted) == ("1d", True)
        assert columns
        self.asked.append((start, end, tuple(columns)))
        days = self.all.index.get_level_values("date")
        found = self.all[(days >= pd.Timestamp(start)) & (days <= pd.Timestamp(end))]
        if codes is not None:
            found = found[found.index.get_level_values("code").isin(codes)]
        return found[list(columns)]


@pytest.fixture(scope="module")
def real(test_data: Path) -> pd.DataFrame:
    """A hundred real codes; value is made up of close and volume, turnover of volume."""
    bars = pd.read_parquet(test_data / "data" / "adj_daily_all_20231205_20250617.parquet")
    bars = bars[bars["code"].isin(bars["code"].unique()[::27])].copy()
    bars["date"] = pd.to_datetime(bars["date"])
    bars["value"] = bars["close"].astype(float) * bars["volume"]
    bars["turnover"] = bars["volume"] / 1e7
    return bars.set_index(["code", "date"])[["open", "high", "low", "close", "volume", "value", "turnover"]]


def sessions_of(bars: pd.DataFrame, start: str, end: str) -> pd.DatetimeIndex:
    """The sessions between two days."""
    days = bars.index.get_level_values("date").unique().sort_values()
    return pd.DatetimeIndex(days[(days >= start) & (days <= end)])


@pytest.mark.parametrize("rules", [RULES, {"rank": "return_20d.rank(ascending=False) <= 20", **RULES}])
def test_every_session_is_what_screen_says(real: pd.DataFrame, rules: dict[str, str]) -> None:
    """Hits, order and funnel of each session, over a change of year, rules across codes included."""
    found = screen_history(Frame(real), rules, "2024-12-20", "2025-01-20", sort="return_20d", top=3)
    sessions = sessions_of(real, "2024-12-20", "2025-01-20")
    assert found.funnel.index.get_level_values("date").unique().tolist() == sessions.tolist()
    assert len(sessions) > 15
    for day in sessions:
        # who has no bar that day is missing for `screen`, and not there in the history
        table = features(real, asof=day)
        single = screen(table[table["session"] == day], rules, sort="return_20d", top=3)
        hits = found.hits.loc[day] if day in found.hits.index else found.hits.iloc[:0].droplevel("date")
        assert hits.index.tolist() == single.hits.index.tolist(), day
        pd.testing.assert_frame_equal(hits, single.hits[list(hits)], rtol=1e-6, check_exact=False)
        funnel = found.funnel.loc[day]
        assert funnel.to_numpy().tolist() == single.funnel[list(funnel)].to_numpy().tolist()
        assert funnel.index.tolist() == list(rules)


@pytest.mark.parametrize("name", sorted(COMPUTED))
def test_every_feature_is_that_of_the_table(real: pd.DataFrame, name: str) -> None:
    """Each feature, from only the columns that the list says it uses, equals `features` on three sessions."""
    codes = real.index.get_level_values("code").unique()[:25]
    some = real[real.index.get_level_values("code").isin(codes)]
    store = Frame(some)
    found = screen_history(store, {"all": f"{name} == {name}"}, "2025-05-02", "2025-06-17")
    assert set(store.asked[0][2]) == {"close", *COMPUTED[name].uses.split()}
    for day in ("2025-05-02", "2025-05-27", "2025-06-17"):
        expected = features(some, asof=day)[name].dropna()
        # recursive averages begin a little earlier in the history: the difference is forgotten by then
        pd.testing.assert_series_equal(
            found.hits.loc[day, name].sort_index(), expected, rtol=1e-5, atol=1e-3, check_freq=False
        )


def test_only_what_is_needed_is_read(real: pd.DataFrame) -> None:
    """A year at a time, back for as many sessions as the rules look at, only their columns."""
    store = Frame(real)
    screen_history(store, {"trend": "close > ma_20"}, "2024-12-02", "2025-02-03")
    (start, end, columns), (later, last, _) = store.asked
    assert columns == ("close",)
    assert (end, last) == ("2024-12-31", "2025-02-03")
    for begin, first in ((start, "2024-12-02"), (later, "2025-01-01")):
        looked = kr.calendar.sessions_in_range(begin, pd.Timestamp(first) - pd.Timedelta(days=1))
        assert 19 <= len(looked) < 45


def test_a_year_back_is_enough_for_the_longest() -> None:
    """However holidays fall, 251 sessions fit between the first day read and the session."""
    store = Frame(
        pd.DataFrame(
            columns=["close"],
            index=pd.MultiIndex.from_arrays([[], pd.DatetimeIndex([])], names=["code", "date"]),
            dtype=float,
        )
    )
    for first in pd.date_range("2010-01-04", "2026-12-01", freq="97D"):
        screen_history(store, {"year": "return_250d > 0"}, first, first)
        begin = pd.Timestamp(store.asked[-1][0])
        assert len(kr.calendar.sessions_in_range(begin, first)) > 251, first


def test_the_future_changes_nothing(real: pd.DataFrame) -> None:
    """Sessions up to a day are the same whether the store goes on or not."""
    days = real.index.get_level_values("date")
    short = screen_history(Frame(real[days <= "2025-03-03"]), RULES, "2025-02-03", "2025-03-03")
    long = screen_history(Frame(real), RULES, "2025-02-03", "2025-04-30")
    pd.testing.assert_frame_equal(long.hits.loc[:"2025-03-03"], short.hits)
    pd.testing.assert_frame_equal(long.funnel.loc[:"2025-03-03"], short.funnel)


def test_survivorship_is_said(real: pd.DataFrame) -> None:
    """From the first fill on the result is free of the bias; before it, and where it is not known, it says so."""
    span = ("2025-06-02", "2025-06-10")
    unknown = screen_history(Frame(real), RULES, *span)
    assert unknown.unbiased_from is None
    assert "treat every session as too good" in unknown.note
    early = screen_history(Frame(real, filled="2025-06-05"), RULES, *span)
    assert early.unbiased_from == pd.Timestamp("2025-06-05")
    assert "before 2025-06-05, when the store was first filled, are absent" in early.note
    assert early.note in repr(early)
    told = screen_history(Frame(real), RULES, *span, filled="2025-06-02")
    assert told.unbiased_from == pd.Timestamp("2025-06-02")
    assert told.note.startswith("Free of survivorship bias")


def test_what_only_today_knows_is_refused(real: pd.DataFrame) -> None:
    """Market cap of today is no rule for last year, and a misspelt feature is named."""
    store = Frame(real)
    for feature in FEATURES:
        if feature.source != "bars":
            with pytest.raises(ValueError, match="is known of today only"):
                screen_history(store, {"bad": f"{feature.name} > 1"}, "2025-06-02", "2025-06-03")
    with pytest.raises(ValueError, match="no column 'valeu_20d'; did you mean value_20d"):
        screen_history(store, {"bad": "valeu_20d > 1"}, "2025-06-02", "2025-06-03")
    with pytest.raises(ValueError, match="sort: no column"):
        screen_history(store, RULES, "2025-06-02", "2025-06-03", sort="valeu")
    with pytest.raises(ValueError, match="rules: expected names"):
        screen_history(store, {}, "2025-06-02", "2025-06-03")
    with pytest.raises(ValueError, match="is after end"):
        screen_history(store, RULES, "2025-06-03", "2025-06-02")
    with pytest.raises(ValueError, match="start: expected a day"):
        screen_history(store, RULES, "soon", "2025-06-02")
    with pytest.raises(ValueError, match="top: the first of what"):
        screen_history(store, RULES, "2025-06-02", "2025-06-03", top=3)
    assert not store.asked


def test_nothing_there(real: pd.DataFrame) -> None:
    """Days without sessions, and codes that are not stored: no hits, and a funnel without rows."""
    for span, codes in ((("2025-06-14", "2025-06-15"), None), (("2025-06-02", "2025-06-03"), ["999999"])):
        found = screen_history(Frame(real), RULES, *span, codes=codes, sort="close")
        assert len(found) == 0
        assert len(found.funnel) == 0
        assert found.hits.index.names == ["date", "code"]


def test_a_store_of_the_sandbox(client: Client, tmp_path: Path) -> None:
    """Three lines from a store to hits of today and of every session before, through DuckDB."""
    pytest.importorskip("duckdb")
    codes = ["005930", "000660", "035420", "035720", "850030", "850040", "0900J0"]
    store = kr.Store(tmp_path / "store")
    store.update(codes, since="2024-06-03", progress=False, client=client)
    bars = store.bars(start="2025-06-02")
    today = screen(features(bars), RULES, sort="value_20d")
    found = screen_history(store, RULES, "2026-10-01", "2026-11-20", sort="value_20d")
    assert found.unbiased_from == pd.Timestamp("2026-11-20")  # the store was filled just now
    assert "before 2026-11-20, when the store was first filled, are absent" in found.note
    last = found.hits.loc["2026-11-20"] if pd.Timestamp("2026-11-20") in found.hits.index else None
    assert (last.index.tolist() if last is not None else []) == today.hits.index.tolist()
    assert found.funnel.loc["2026-11-20", "left"].tolist() == today.funnel["left"].tolist()
    assert found.funnel["entered"].max() == len(codes)
    assert np.isfinite(found.hits.to_numpy()).all()
