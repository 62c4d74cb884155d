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


NO_EVENTS = pd.DataFrame({"code": [], "date": pd.DatetimeIndex([]), "ratio": []})


class Frame:
    """A store that is a frame of raw bars, and remembers its requests."""

    def __init__(
        self, bars: pd.DataFrame, filled: str | None = None, events: pd.DataFrame = NO_EVENTS
    ) -> None:
        self.all, self.actions = bars, events
        self.asked: list[tuple[str, str, tuple[str, ...]]] = []
        if filled:
            self.unbiased_from = lambda codes: pd.Timestamp(filled)

    def bars(
        self, codes: Any = None, start: Any = None, end: Any = None, freq: str = "1d", adjusted: bool = True,
        *, columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:  # fmt: skip
        """The rows between two days."""
        assert (freq, adjusted) == ("1d", False)
        assert columns
        self.asked.append((start, end, tuple(columns)))
        days = self.all.index.get_level_values("date")
        found = self.all[(days >= pd.Timestamp(start)) & (days <= pd.Timestamp(end))]
        if codes is not None:
            found = found[found.index.get_level_values("code").isin(codes)]
        return found[[name for name in columns if name in found]]

    def events(self, codes: Any = None) -> pd.DataFrame:
        """The corporate actions of these codes."""
        return self.actions if codes is None else self.actions[self.actions["code"].isin(codes)]


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


@pytest.mark.parametrize("rules", [RULES, {"rank": "rank(return_20d) <= 20", **RULES}])
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
        assert funnel.index.tolist() == ["traded", *rules]


@pytest.mark.parametrize("name", sorted(COMPUTED))
def test_every_feature_is_that_of_the_table(real: pd.DataFrame, name: str) -> None:
    """Each feature, from only the columns that the list says it uses, equals `features` on three sessions."""
    codes = real.index.get_level_values("code").unique()[:25]
    some = real[real.index.get_level_values("code").isin(codes)]
    store = Frame(some)
    found = screen_history(
        store, {"all": f"{name} == {name} and (traded or not traded)"}, "2025-05-02", "2025-06-17"
    )
    assert set(store.asked[0][2]) == {
        "open",
        "close",
        "volume",
        "official_close",
        *COMPUTED[name].uses.split(),
    }
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
    assert columns == ("close", "open", "volume", "official_close")
    assert (end, last) == ("2024-12-31", "2025-02-03")
    for begin, first in ((start, "2024-12-02"), (later, "2025-01-01")):
        looked = kr.calendar.sessions_in_range(begin, pd.Timestamp(first) - pd.Timedelta(days=1))
        assert 19 <= len(looked) < 45


def test_a_year_back_is_enough_for_the_longest() -> None:
    """However holidays fall, 251 sessions fit between the first day read and the session."""
    store = Frame(
        pd.DataFrame(
            columns=["open", "close", "volume"],
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


# --- the scale of the day ----------------------------------------------------------------------------


def with_splits() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Raw bars of two codes over three years, one of them split twice and consolidated once, and these events."""
    days = kr.calendar.sessions_in_range("2023-01-02", "2025-12-30")
    random = np.random.default_rng(7)
    parts = {}
    events = [("split", "2024-03-04", 0.2), ("split", "2024-12-12", 0.0966), ("split", "2025-05-15", 10.0)]
    for code in ("plain", "split"):
        close = 900_000 * np.exp(np.cumsum(random.normal(0, 0.02, len(days))))
        volume = random.integers(1, 10**6, len(days)).astype(float)
        for name, day, ratio in events:
            if name == code:
                close[days >= day] *= ratio
                volume[days >= day] /= ratio
        close = np.round(close)
        opening = np.round(close * np.exp(random.normal(0, 0.01, len(days))))
        frame = {
            "open": opening, "high": np.maximum(opening, close) + 1, "low": np.minimum(opening, close) - 1,
            "close": close, "volume": np.round(volume), "value": close * volume, "turnover": volume / 1e7,
        }  # fmt: skip
        parts[code] = pd.DataFrame(frame, index=days)
    table = pd.DataFrame(events, columns=["code", "date", "ratio"])
    return pd.concat(parts, names=["code", "date"]), table.assign(date=pd.to_datetime(table["date"]))


def known_then(raw: pd.DataFrame, events: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The bars up to a day as the broker adjusted them then: down to the won, for the events up to that day."""
    bars = raw[raw.index.get_level_values("date") <= day].copy()
    code, date = bars.index.get_level_values("code"), bars.index.get_level_values("date")
    factor = np.ones(len(bars))
    for event in events[events["date"] <= day].itertuples():
        factor[(code == event.code) & (date < event.date)] *= event.ratio
    for name in ("open", "high", "low", "close"):
        bars[name] = np.floor(bars[name] * factor + 1e-6)
    bars["volume"] = np.floor(bars["volume"] / factor + 1e-6)
    return bars


def test_levels_are_those_of_their_day() -> None:
    """A price before a split is the price of that day: 900,000 won, not 9,000 after two later splits."""
    raw, events = with_splits()
    found = screen_history(
        Frame(raw, events=events), {"dear": "close >= 150000 and volume > 0"}, "2024-01-02", "2025-12-30"
    )
    close = raw["close"].swaplevel()
    expected = close[(close >= 150_000) & (close.index.get_level_values("date") >= "2024-01-02")].sort_index()
    assert found.hits.index.tolist() == expected.index.tolist()
    assert found.hits["close"].tolist() == expected.tolist()
    assert 50 < len(found.hits.xs("split", level="code")) < 400


@pytest.mark.parametrize("name", sorted(COMPUTED))
def test_every_feature_is_what_was_known_then(name: str) -> None:
    """In sessions before, between, on and after the events: the features of the bars as they were adjusted then."""
    raw, events = with_splits()
    rule = {"all": f"{name} == {name} and (traded or not traded)"}
    found = screen_history(Frame(raw, events=events), rule, "2024-01-02", "2025-12-30")
    for day in map(
        pd.Timestamp, ("2024-02-29", "2024-03-04", "2024-03-05", "2024-12-12", "2025-05-14", "2025-06-02")
    ):
        expected = features(known_then(raw, events, day))[name].dropna()
        pd.testing.assert_series_equal(
            found.hits.loc[day, name].sort_index(), expected, rtol=1e-6, atol=1e-3, check_freq=False
        )


def test_a_later_split_changes_nothing() -> None:
    """Hits up to a day are the same bits, whatever events come after it."""
    raw, events = with_splits()
    rules = {"level": "close > ma_60 and high_250d > 100000", "ratio": "return_20d > 0"}
    long = screen_history(Frame(raw, events=events), rules, "2024-01-02", "2025-12-30")
    for end in ("2024-03-01", "2024-12-11", "2025-05-14"):
        known = events[events["date"] <= end]
        short = screen_history(Frame(raw, events=known), rules, "2024-01-02", end)
        pd.testing.assert_frame_equal(long.hits.loc[:end], short.hits, check_exact=True)
        pd.testing.assert_frame_equal(long.funnel.loc[:end], short.funnel)


def test_a_split_in_a_store(client: Client, tmp_path: Path) -> None:
    """The sandbox's split of 2021-04-15: raw closes are hits before it, and the last session is as `Store.bars`."""
    pytest.importorskip("duckdb")
    store = kr.Store(tmp_path / "store")
    store.update("035720", since="2020-01-02", progress=False, client=client)
    raw = store.bars("035720", adjusted=False)["close"].droplevel("code")
    found = (
        screen_history(store, {"all": "traded or not traded"}, "2021-04-01", "2021-04-30")
        .hits["close"]
        .droplevel("code")
    )
    assert found.to_dict() == raw.loc["2021-04-01":"2021-04-30"].to_dict()
    assert found.loc["2021-04-14"] > 3 * found.loc["2021-04-15"]
    with pytest.warns(UserWarning, match="^one official close is not known"):
        table = features(store.bars("035720"))
    with pytest.warns(UserWarning, match="^one official close is not known"):
        now = screen_history(store, {"all": "high_250d > 0 and ma_120 > 0"}, "2026-11-20", "2026-11-20").hits
    pd.testing.assert_frame_equal(now.droplevel("date"), table[list(now)])


# --- a halt, survivorship, what cannot be -------------------------------------------------------------


def test_a_halt_without_bars() -> None:
    """A halt of which only the first bar came: no session of it is a hit, and later ones as with all its bars."""
    raw, _ = with_splits()
    plain = raw.loc[["plain"]].copy()
    days = plain.index.get_level_values("date")
    halt = days[(days >= "2024-05-02") & (days <= "2024-06-20")]
    rows = days.isin(halt)
    plain.loc[rows, ["open", "high", "low", "volume", "value", "turnover"]] = 0.0
    plain.loc[rows, "close"] = plain["close"].iloc[np.flatnonzero(rows)[0] - 1]
    short = plain[~rows | (days == halt[0])]
    rules = {"calm": "volatility_20d >= 0", "year": "high_250d_gap <= 0", "rsi": "rsi_14 > 0 or isna(rsi_14)"}
    whole, holed = (screen_history(Frame(bars), rules, "2024-04-01", "2024-12-30") for bars in (plain, short))
    assert not whole.hits.index.get_level_values("date").isin(halt).any()
    pd.testing.assert_frame_equal(holed.hits, whole.hits)
    lost = plain[~days.isin(days[(days >= "2024-05-02") & (days <= "2024-05-08")])]  # no halt: data is lost
    for bars, some in ((short, True), (lost, False)):
        found = screen_history(Frame(bars), {"year": "high_250d > 0"}, "2024-09-02", "2024-12-30")
        assert (len(found) > 0) == some


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
    told = screen_history(Frame(real), RULES, *span, first_stored="2025-06-02")
    assert told.unbiased_from == pd.Timestamp("2025-06-02")
    assert told.note.startswith("Free of survivorship bias")


def test_what_only_today_knows_is_refused(real: pd.DataFrame) -> None:
    """Market cap of today is no rule for last year, and a misspelt feature is named."""
    store = Frame(real)
    for feature in FEATURES:
        if feature.source != "bars":
            with pytest.raises(ValueError, match="is known as of today only"):
                screen_history(store, {"bad": f"{feature.name} > 1"}, "2025-06-02", "2025-06-03")
    with pytest.raises(ValueError, match="no column 'valeu_20d'; did you mean value_20d"):
        screen_history(store, {"bad": "valeu_20d > 1"}, "2025-06-02", "2025-06-03")
    with pytest.raises(ValueError, match="sort: no column"):
        screen_history(store, RULES, "2025-06-02", "2025-06-03", sort="valeu")
    with pytest.raises(ValueError, match="rules: expected names"):
        screen_history(store, {}, "2025-06-02", "2025-06-03")
    with pytest.raises(ValueError, match="start: expected a day up to end"):
        screen_history(store, RULES, "2025-06-03", "2025-06-02")
    with pytest.raises(ValueError, match="start: expected a day"):
        screen_history(store, RULES, "soon", "2025-06-02")
    with pytest.raises(ValueError, match="top requires sort="):
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
    with pytest.warns(UserWarning, match="official closes are not known"):
        today = screen(features(bars), RULES, sort="value_20d")
    with pytest.warns(UserWarning, match="official closes are not known"):
        found = screen_history(store, RULES, "2026-10-01", "2026-11-20", sort="value_20d")
    assert found.unbiased_from == pd.Timestamp("2026-11-20")  # the store was filled just now
    assert "before 2026-11-20, when the store was first filled, are absent" in found.note
    last = found.hits.loc["2026-11-20"] if pd.Timestamp("2026-11-20") in found.hits.index else None
    assert (last.index.tolist() if last is not None else []) == today.hits.index.tolist()
    assert found.funnel.loc["2026-11-20", "left"].tolist() == today.funnel["left"].tolist()
    assert found.funnel["entered"].max() == len(codes)
    assert np.isfinite(found.hits.to_numpy(float)).all()
