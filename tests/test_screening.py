"""Features against numbers worked out by hand and against plain pandas on real data."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.screening import FEATURES, feature_table, features, screen

NO = np.nan


def long(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Bars of many codes, index (``code``, ``date``)."""
    return pd.concat(parts, names=["code"])


def invented(size: int, seed: int, end: str = "2026-11-20") -> pd.DataFrame:
    """Bars of one code on weekdays up to a day."""
    random = np.random.default_rng(seed)
    close = np.round(10_000 * np.exp(np.cumsum(random.normal(0, 0.02, size))))
    opening = np.round(close * np.exp(random.normal(0, 0.01, size)))
    volume = random.integers(1, 10**6, size).astype(float)
    return pd.DataFrame(
        {
            "open": opening,
            "high": np.maximum(opening, close) + 50,
            "low": np.minimum(opening, close) - 40,
            "close": close,
            "volume": volume,
            "value": volume * close,
            "turnover": volume / 1e7,
            "complete": True,
        },
        index=pd.bdate_range(end=end, periods=size, name="date").as_unit("us"),
    )


@pytest.fixture(scope="module")
def real(test_data: Path) -> pd.DataFrame:
    """Two hundred real codes, 370 sessions; value is made up of close and volume."""
    bars = pd.read_parquet(test_data / "data" / "adj_daily_all_20231205_20250617.parquet")
    bars = bars[bars["code"].isin(bars["code"].unique()[::14])].copy()
    bars["date"] = pd.to_datetime(bars["date"])
    bars["value"] = bars["close"].astype(float) * bars["volume"]
    return bars.set_index(["code", "date"])[["open", "high", "low", "close", "volume", "value"]]


# --- by hand --------------------------------------------------------------------------------------

SIX = pd.DataFrame(
    {
        "open": [100.0, 101, 102, 99, 104, 109],
        "high": [105.0, 106, 107, 104, 109, 115],
        "low": [95.0, 96, 97, 94, 99, 105],
        "close": [100.0, 102, 101, 103, 105, 110],
        "volume": [10.0, 20, 0, 40, 50, 60],
        "value": [1000.0, 2040, 0, 4120, 5250, 6600],
        "turnover": [0.1, 0.2, 0.0, 0.4, 0.5, 0.6],
    },
    index=pd.DatetimeIndex(
        ["2026-11-13", "2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"], name="date"
    ),
)


def test_six_sessions_by_hand() -> None:
    """What six sessions can tell, and that all else is missing."""
    row = features(long({"005930": SIX})).loc["005930"]
    assert row["session"] == pd.Timestamp("2026-11-20")
    assert row["complete"]
    assert row["traded"]
    expected = {
        "bars": 6, "close": 110, "volume": 60,
        "return_1d": 100 * 5 / 105, "return_5d": 10.0, "value_5d": (2040 + 0 + 4120 + 5250 + 6600) / 5,
        "turnover": 0.6, "ma_5": (102 + 101 + 103 + 105 + 110) / 5, "gap": 100 * 4 / 105, "up_days": 3,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == pytest.approx(expected)
    assert row.drop(["session", "complete", "traded", "close_is_last", *expected]).isna().all()


def test_one_row() -> None:
    """One bar has a close, a volume and nothing to compare them with."""
    row = features(long({"005930": SIX.tail(1)})).loc["005930"]
    assert row.dropna().index.tolist() == [
        "session",
        "bars",
        "complete",
        "traded",
        "close_is_last",
        "close",
        "volume",
        "turnover",
    ]


def flat_then(closes: list[float], flat: int = 251) -> pd.DataFrame:
    """Many sessions at 100 with volume 10, then others with volume 30; high and low one above and below."""
    close = np.array([100.0] * flat + closes)
    index = pd.bdate_range(end="2026-11-20", periods=len(close), name="date")
    volume = np.array([10.0] * flat + [30.0] * len(closes))
    frame = {"open": close, "high": close + 1, "low": close - 1, "close": close, "volume": volume}
    return pd.DataFrame({**frame, "value": close * volume}, index=index)


def test_a_year_by_hand() -> None:
    """A flat year and one jump: highs, lows, distances, order of averages, surge, volatility."""
    row = features(long({"a": flat_then([120.0])})).loc["a"]
    day = 0.2  # one return of 20 % among zeros
    deviation = day * np.sqrt((1 / 20) * (1 - 1 / 20) * 20 / 19)
    expected = {
        "high_250d": 121, "low_250d": 99, "high_250d_gap": 100 * (120 / 121 - 1),
        "low_250d_gap": 100 * (120 / 99 - 1), "return_250d": 20, "return_120d": 20, "return_60d": 20,
        "ma_20": 101, "ma_60": 100 + 20 / 60, "ma_120": 100 + 20 / 120, "ma_order": 1, "volume_surge": 3,
        "volatility_20d": 100 * deviation * np.sqrt(250), "up_days": 1, "untraded_20d": 0,
        "value_20d": (19 * 1000 + 3600) / 20,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == pytest.approx(expected)
    assert features(long({"a": flat_then([80.0])})).loc["a", "ma_order"] == -1
    assert features(long({"a": flat_then([])})).loc["a", "ma_order"] == 0


def test_too_few_bars_are_missing_not_guessed() -> None:
    """249 sessions have no 52-week high, 250 have, and 251 have the return over 250."""
    for size, high, moved in ((249, False, False), (250, True, False), (251, True, True)):
        row = features(long({"a": invented(size, 1)})).loc["a"]
        assert pd.notna(row["high_250d"]) == high
        assert pd.notna(row["return_250d"]) == moved


def test_halted_sessions() -> None:
    """Open, high and low 0 of a halted session stand at its close: no low of 0, no gap, no range."""
    bars = flat_then([])
    bars.loc[bars.index[-3:], ["open", "high", "low", "volume", "value"]] = 0.0
    row = features(long({"a": bars})).loc["a"]
    assert row["low_250d"] == 99
    assert row["gap"] == 0
    assert row["untraded_20d"] == 3
    assert row["volume_surge"] == 0


# --- sessions of the exchange ---------------------------------------------------------------------


def exchange_days(size: int) -> pd.DataFrame:
    """Bars of one code in the last sessions of the exchange, holidays left out."""
    days = kr.calendar.sessions_in_range("2025-01-02", "2026-11-20")[-size:]
    return invented(size, 5).set_axis(days)


def test_sessions_without_a_bar_are_sessions() -> None:
    """A hole of three sessions: "5 sessions before" is still the same day, and what needs a lost bar is missing."""
    whole = exchange_days(300)
    holed = whole.drop(whole.index[-7:-4])
    full, row = (features(long({"a": bars})).loc["a"] for bars in (whole, holed))
    for name in ("return_1d", "gap", "ma_order", "return_120d", "return_250d", "close", "atr_14"):
        lost = name in ("ma_order", "atr_14")
        assert pd.isna(row[name]) if lost else row[name] == full[name], name
    assert row["bars"] == 297
    five = whole["close"].iloc[-6]  # lost
    assert full["return_5d"] == pytest.approx(100 * (whole["close"].iloc[-1] / five - 1))
    lost = [
        "return_5d",
        "value_20d",
        "ma_20",
        "high_250d",
        "volatility_20d",
        "rsi_14",
        "macd",
        "bb_position",
        "volume_surge",
    ]
    assert row[lost].isna().all()
    assert row[["return_20d", "value_5d", "up_days"]].isna().tolist() == [False, True, False]


def test_a_hole_of_all_codes_is_one_too() -> None:
    """The calendar knows a session that is in nobody's bars; a bar on a day that it calls closed is a session."""
    whole = exchange_days(30)
    both = long({"a": whole.drop(whole.index[-3]), "b": whole.drop(whole.index[-3])})
    assert features(both)["return_5d"].tolist() == pytest.approx(
        2 * [100 * (whole["close"].iloc[-1] / whole["close"].iloc[-6] - 1)]
    )
    assert features(both)["return_20d"].notna().all()
    assert features(both)["value_5d"].isna().all()
    saturday = pd.concat([whole, whole.tail(1).set_axis([pd.Timestamp("2026-11-21")])]).rename_axis("date")
    assert features(long({"a": saturday})).loc["a", "return_1d"] == 0


def test_bars_before_the_calendar() -> None:
    """Before 2000 closures are not known: the sessions are those of the bars."""
    bars = invented(30, 1, end="1999-06-30").drop(pd.Timestamp("1999-06-08"))
    row = features(long({"a": bars})).loc["a"]
    assert row["return_20d"] == pytest.approx(100 * (bars["close"].iloc[-1] / bars["close"].iloc[-21] - 1))
    assert row["value_20d"] == pytest.approx(bars["value"].tail(20).mean())


@pytest.mark.parametrize("zeros", [True, False])
@pytest.mark.parametrize("length", [1, 30, 260])
def test_a_halt_is_the_same_with_and_without_its_bars(zeros: bool, length: int) -> None:
    """A halt with one bar each session, and one of which only the first bar came: the same features."""
    bars = exchange_days(400)
    halt = bars.index[-10 - length : -10]
    close = bars["close"].iloc[-11 - length]
    bars.loc[halt, ["open", "high", "low"]] = 0.0 if zeros else close
    bars.loc[halt, ["volume", "value", "turnover"]] = 0.0
    bars.loc[halt, "close"] = close
    with_bars = features(long({"a": bars})).drop(columns="bars")
    without = features(long({"a": bars.drop(halt[1:])})).drop(columns="bars")
    pd.testing.assert_frame_equal(without, with_bars)
    assert with_bars.loc["a", "untraded_20d"] == min(length, 10)
    assert with_bars.loc["a", "low_250d"] > 0


def test_a_halted_stock_is_no_hit() -> None:
    """Nobody can buy a halted stock: it is a hit only for a rule that speaks of it, and the funnel says so."""
    halted = flat_then([])
    halted.loc[halted.index[-1], ["open", "high", "low", "volume", "value"]] = 0.0
    table = features(long({"halted": halted, "traded": flat_then([])}))
    assert table["traded"].tolist() == [False, True]
    found = screen(table, {"price": "close > 50"})
    assert found.hits.index.tolist() == ["traded"]
    assert found.funnel.index.tolist() == ["traded", "price"]
    assert found.funnel.loc["traded", ["entered", "failed", "left"]].tolist() == [2, 1, 1]
    assert found.funnel.loc["price", "passes_alone"] == 2
    assert screen(table, {"halted": "not traded"}).hits.index.tolist() == ["halted"]
    both = screen(table, {"price": "close > 50 and (traded or not traded)"})
    assert both.hits.index.tolist() == ["halted", "traded"]
    assert both.funnel.index.tolist() == ["price"]
    plain_table = table.drop(columns="traded")
    assert len(screen(plain_table, {"price": "close > 50"})) == 2


# --- against plain pandas on real data ------------------------------------------------------------


def plain(bars: pd.DataFrame) -> pd.DataFrame:
    """The same features the usual way: groupby, rolling, last row."""
    zero = bars["open"] == 0
    bars = bars.astype(float).mask(zero & True, np.nan).where(~zero, bars.astype(float))
    for name in ("open", "high", "low"):
        bars[name] = bars[name].where(bars[name] != 0, bars["close"])
    group = bars.groupby(level="code")

    def rolled(column: pd.Series, n: int, how: str) -> pd.Series:
        return getattr(column.groupby(level="code").rolling(n), how)().droplevel(0)

    found = pd.DataFrame({"close": bars["close"], "volume": bars["volume"]})
    for n in (1, 5, 20, 60, 120, 250):
        found[f"return_{n}d"] = 100 * group["close"].pct_change(n)
    for n in (20, 60):
        found[f"volatility_{n}d"] = rolled(found["return_1d"], n, "std") * np.sqrt(250)
    for n in (5, 20, 60):
        found[f"value_{n}d"] = rolled(bars["value"], n, "mean")
    for n in (5, 20, 60, 120):
        found[f"ma_{n}"] = rolled(bars["close"], n, "mean")
    before = group["volume"].shift()
    found["volume_surge"] = bars["volume"] / rolled(before, 20, "mean").replace(0, np.nan)
    found["untraded_20d"] = rolled((bars["volume"] == 0).astype(float), 20, "sum")
    found["high_250d"], found["low_250d"] = rolled(bars["high"], 250, "max"), rolled(bars["low"], 250, "min")
    found["high_250d_gap"] = 100 * (bars["close"] / found["high_250d"] - 1)
    found["low_250d_gap"] = 100 * (bars["close"] / found["low_250d"] - 1)
    found["gap"] = 100 * (bars["open"] / group["close"].shift() - 1)
    spread = rolled(bars["close"], 20, "std") * np.sqrt(19 / 20)
    lower, upper = found["ma_20"] - 2 * spread, found["ma_20"] + 2 * spread
    found["bb_position"] = (bars["close"] - lower) / (upper - lower)
    return found.groupby(level="code").tail(1).droplevel("date").sort_index()


@pytest.mark.parametrize("asof", [None, "2025-01-31", "2024-12-31"])
def test_real_bars_against_plain_pandas(real: pd.DataFrame, asof: str | None) -> None:
    """Every feature that plain pandas can calculate, for every code with a bar on the day."""
    found = features(real, asof=asof)
    upto = real if asof is None else real[real.index.get_level_values("date") <= pd.Timestamp(asof)]
    last = upto.index.get_level_values("date").max()
    current = upto.xs(last, level="date").index
    expected = plain(upto).loc[current]
    assert len(current) > 180
    # a price that never moved has no band and plain pandas says so with rounding noise
    expected["bb_position"] = expected["bb_position"].where(expected["volatility_20d"] > 0)
    stuck = found.loc[current, "volatility_20d"] == 0
    assert found.loc[current[stuck], "bb_position"].isna().all()
    pd.testing.assert_frame_equal(
        found.loc[current, list(expected)], expected, check_names=False, rtol=1e-9, atol=1e-5
    )


def test_order_of_averages_on_real_bars(real: pd.DataFrame) -> None:
    """1 only when all four averages descend, -1 only when all ascend, else 0; each of them occurs."""
    table = features(real).dropna(subset=["ma_120"])
    averages = table[["ma_5", "ma_20", "ma_60", "ma_120"]].to_numpy()
    for code, values in zip(table.index, averages, strict=True):
        falling = int(values[0] > values[1] > values[2] > values[3])
        rising = int(values[0] < values[1] < values[2] < values[3])
        assert table.loc[code, "ma_order"] == falling - rising, code
    assert set(table["ma_order"]) == {-1, 0, 1}


def test_up_days_on_real_bars(real: pd.DataFrame) -> None:
    """Rising closes counted one by one, up to twenty."""
    found = features(real)["up_days"]
    for code in found.index[:40]:
        run = 0
        for up in real.loc[code, "close"].diff().iloc[:0:-1] > 0:
            if not up or run == 20:
                break
            run += 1
        assert found[code] == run, code


def test_talib_features_are_the_indicators(real: pd.DataFrame) -> None:
    """RSI, ATR and MACD of the last 251 bars, as `indicators` gives them."""
    found = features(real)
    last = real.groupby(level="code").tail(251)
    for name, made in (
        ("rsi_14", kr.indicators.rsi(last)),
        ("atr_14", kr.indicators.atr(last)),
        ("macd_signal", kr.indicators.macd(last)["macd_signal"]),
    ):
        expected = made.groupby(level="code").tail(1).droplevel("date")
        if name == "rsi_14":  # of a price that stands still TA-Lib says 0
            moved = last.groupby(level="code")["close"].agg(lambda close: close.tail(15).nunique() > 1)
            assert not moved.all()
            expected = expected.where(moved)
        pd.testing.assert_series_equal(found[name], expected, check_names=False, check_index_type=False)


# --- as of ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["2024-06-28", "2025-01-31", "2025-06-16"])
def test_the_future_changes_nothing(real: pd.DataFrame, day: str) -> None:
    """Features as of a day are the same bits whether later rows are there or not."""
    later, upto = features(real, asof=day), real[real.index.get_level_values("date") <= pd.Timestamp(day)]
    cut = features(upto)
    pd.testing.assert_frame_equal(later.loc[cut.index], cut, check_exact=True)
    assert (later.drop(cut.index)["bars"] == 0).all()  # not listed yet


def test_the_future_may_be_absurd(real: pd.DataFrame) -> None:
    """Later rows may even be nonsense."""
    day = pd.Timestamp("2025-01-31")
    absurd = real.astype(float)
    absurd.loc[absurd.index.get_level_values("date") > day] = -1e12
    pd.testing.assert_frame_equal(features(real, asof=day), features(absurd, asof=day), check_exact=True)


def test_more_history_changes_nothing() -> None:
    """Only the last 251 bars count: a longer pull gives the same bits, but for the number of bars."""
    bars = long({"a": invented(700, 1), "b": invented(700, 2)})
    short = bars.groupby(level="code").tail(251)
    drop = ["bars"]
    pd.testing.assert_frame_equal(features(bars).drop(columns=drop), features(short).drop(columns=drop))


def test_asof_a_day_without_session() -> None:
    """A Sunday means the Friday before."""
    bars = long({"a": invented(300, 1)})
    assert features(bars, asof="2026-11-15").equals(features(bars, asof="2026-11-13"))


def test_who_has_no_bar_that_day_is_missing() -> None:
    """A delisted code keeps its last session as a label and has no features, so that no rule passes it."""
    bars = long({"gone": invented(300, 1, end="2026-03-31"), "here": invented(300, 2)})
    table = features(bars)
    assert table.loc["gone", "session"] == pd.Timestamp("2026-03-31")
    assert not table.loc["gone", "complete"]
    assert not table.loc["gone", "traded"]
    assert table.loc["gone"].drop(["session", "bars", "complete", "traded", "close_is_last"]).isna().all()
    found = screen(table, {"any": "close > 0"})
    assert found.hits.index.tolist() == ["here"]
    assert found.funnel["failed"].to_dict() == {"traded": 1, "any": 0}
    asked = screen(table, {"any": "close > 0 and (traded or not traded)"})
    assert asked.funnel.loc["any", "missing"] == 1
    assert features(bars, asof="2026-03-31").loc["gone", "close"] > 0


def test_before_the_first_bar() -> None:
    """A code that is listed later is there without values; before all bars it is an error."""
    bars = long({"new": invented(20, 1), "old": invented(300, 2)})
    table = features(bars, asof="2026-06-30")
    assert pd.isna(table.loc["new", "session"])
    assert table.loc["new", "bars"] == 0
    with pytest.raises(ValueError, match="the first bar, or later"):
        features(bars, asof="2020-01-01")


def test_the_running_session_is_marked() -> None:
    """A bar that is not complete makes the features of its code so."""
    bars = invented(60, 1)
    bars.iloc[-1, bars.columns.get_loc("complete")] = False
    table = features(long({"a": bars, "b": invented(60, 2)}))
    assert table["complete"].tolist() == [False, True]


# --- info and foreign -----------------------------------------------------------------------------


def snapshot(**more: object) -> pd.DataFrame:
    """An info frame of two codes."""
    data = {"per": [8.0, NO], "market_cap": [5e12, 3e11], "listed_shares": [1e7, 2e7], "name": ["가", "나"]}
    return pd.DataFrame({**data, **more}, index=pd.Index(["a", "b"], name="code"))


def test_info_is_joined_by_code() -> None:
    """What the snapshot has of the list is copied; who is not in it is missing."""
    bars = long({code: invented(300, at) for at, code in enumerate("abc")})
    table = features(bars, info=snapshot())
    assert table["market_cap"].tolist()[:2] == [5e12, 3e11]
    assert table[["market_cap", "name"]].loc["c"].isna().all()
    assert "pbr" not in table
    with pytest.raises(ValueError, match=r"'pbr'; features\(bars, info=...\) makes it"):
        screen(table, {"book": "pbr < 1"})


def test_turnover_from_listed_shares() -> None:
    """Where the bars have no turnover it is volume over listed shares."""
    bars = long({"a": invented(30, 1).drop(columns="turnover")})
    assert features(bars)["turnover"].isna().all()
    table = features(bars, info=snapshot())
    assert table.loc["a", "turnover"] == pytest.approx(100 * table.loc["a", "volume"] / 1e7)


def test_info_is_not_used_for_the_past() -> None:
    """Today's market cap is no feature of last month: missing, with a warning."""
    bars = long({"a": invented(300, 1)})
    with pytest.warns(UserWarning, match="info is as of now, not of 2026-10-30"):
        table = features(bars, info=snapshot(), asof="2026-10-30")
    assert table["market_cap"].isna().all()
    assert features(bars, info=snapshot(), asof="2026-11-20")["market_cap"].notna().all()


def test_info_of_another_session_is_not_used() -> None:
    """Quotes say of which session they are: others do not count."""
    bars = long({"a": invented(300, 1), "b": invented(300, 2)})
    info = snapshot(session=pd.DatetimeIndex(["2026-11-20", "2026-11-19"]))
    assert features(bars, info=info)["market_cap"].isna().tolist() == [False, True]


def holdings(days: int, end: str = "2026-11-20") -> pd.DataFrame:
    """Foreign holding that rises by 0.1 a session up to 50 %."""
    index = pd.bdate_range(end=end, periods=days, name="date")
    return pd.DataFrame({"foreign_holding": 50 - 0.1 * np.arange(days)[::-1]}, index=index)


def test_foreign_change() -> None:
    """Percent points against 5 and 20 sessions before, known up to one session late, never from the future."""
    bars = long({code: invented(300, at) for at, code in enumerate("abc")})
    foreign = long({"a": holdings(30), "b": holdings(30, "2026-11-19"), "c": holdings(30, "2026-11-18")})
    table = features(bars, foreign=foreign)
    assert table["foreign_holding"].tolist()[:2] == [50.0, 50.0]
    assert table["foreign_change_5d"].tolist()[:2] == pytest.approx([0.5, 0.5])
    assert table["foreign_change_20d"].tolist()[:2] == pytest.approx([2.0, 2.0])
    assert table.loc["c", ["foreign_holding", "foreign_change_5d"]].isna().all()
    earlier = features(bars, foreign=foreign, asof="2026-11-13")
    assert earlier.loc["a", "foreign_holding"] == pytest.approx(49.5)


# --- input that cannot be, or is odd --------------------------------------------------------------


def test_shuffled_bars_are_sorted(real: pd.DataFrame) -> None:
    """The order of the rows does not matter."""
    shuffled = real.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(features(shuffled), features(real), check_exact=True)


def test_columns_instead_of_an_index(real: pd.DataFrame) -> None:
    """A frame straight from a file, with code and date as columns of text, gives the same."""
    plain_frame = real.reset_index()
    plain_frame["date"] = plain_frame["date"].dt.strftime("%Y%m%d")
    pd.testing.assert_frame_equal(features(plain_frame), features(real), check_exact=True)


def test_a_slice_keeps_only_its_codes(real: pd.DataFrame) -> None:
    """Codes that were cut away do not come back through the levels of the index."""
    some = real.index.levels[0][3:6]
    assert features(real[real.index.get_level_values("code").isin(some)]).index.tolist() == some.tolist()


def test_a_session_twice() -> None:
    """Which of two rows counts is not for us to choose."""
    bars = long({"005930": SIX})
    with pytest.raises(ValueError, match="got several for 005930 2026-11-17"):
        features(pd.concat([bars, bars.iloc[2:4]]))


def test_empty_frames() -> None:
    """No rows: no rows, with the same columns and types."""
    empty = features(long({"005930": SIX}).iloc[:0])
    full = features(long({"005930": SIX}))
    assert len(empty) == 0
    assert empty.dtypes.equals(full.dtypes)
    assert len(screen(empty, {"any": "close > 0"})) == 0
    with pytest.raises(ValueError, match="no column open"):
        features(pd.DataFrame())


def test_a_column_without_values() -> None:
    """Without volumes all that needs them is missing, and nothing else."""
    bars = invented(300, 1)
    bars["volume"] = NO
    row = features(long({"a": bars})).loc["a"]
    assert set(row.index[row.isna()]) == {"volume", "volume_surge", "untraded_20d"}
    bars = invented(300, 1)
    bars["close"] = NO
    row = features(long({"a": bars, "b": invented(300, 2)})).loc["a"]
    assert row["bars"] == 0
    assert row.drop(["bars", "complete", "traded", "close_is_last"]).isna().all()


def test_bars_of_one_code_say_how_to_join() -> None:
    """A frame of `get_bars` has no code; the message shows the line that helps."""
    with pytest.raises(ValueError, match=r"expected 'code'.*pd\.concat"):
        features(SIX)


def test_minutes_are_refused() -> None:
    """Minute bars are not sessions."""
    bars = SIX.set_index(SIX.index + pd.Timedelta(hours=9))
    with pytest.raises(ValueError, match="expected days, got times"):
        features(long({"a": bars}))
    with pytest.raises(ValueError, match="expected 'date'"):
        features(long({"a": bars.rename_axis("time")}))


@pytest.mark.parametrize("asof", ["yesterday", "2026-13-01", float("nan"), "NaT"])
def test_days_that_are_none(asof: object) -> None:
    """An `asof` that is no day."""
    with pytest.raises(ValueError, match="asof: expected a day"):
        features(long({"a": SIX}), asof=asof)  # type: ignore[arg-type]


def test_tables_that_cannot_be_info() -> None:
    """A code twice, or no code."""
    bars = long({"a": SIX})
    with pytest.raises(ValueError, match="info: expected one row per code, got several for a"):
        features(bars, info=pd.concat([snapshot(), snapshot()]))
    with pytest.raises(ValueError, match="info: expected the index 'code'"):
        features(bars, info=snapshot().reset_index())
    with pytest.raises(ValueError, match="no column foreign_holding"):
        features(bars, foreign=long({"a": SIX}))


# --- the list -------------------------------------------------------------------------------------


def test_the_list_is_what_is_calculated() -> None:
    """Every column is in the list once, in its order, with its unit in ``attrs``; the printed list has them all."""
    bars = long({"a": invented(300, 1)})
    given = pd.DataFrame(
        {f.name: [1.0] for f in FEATURES if f.source == "info"}, index=pd.Index(["a"], name="code")
    )
    table = features(bars, info=given, foreign=long({"a": holdings(30)}))
    assert table.columns.tolist() == [f.name for f in FEATURES]
    assert table.attrs == {"asof": "2026-11-20", "units": {f.name: f.unit for f in FEATURES if f.unit}}
    printed = feature_table().splitlines()
    assert len(printed) == len(FEATURES) + 2
    assert all(
        f"`{f.name}`" in line and f.definition in line for f, line in zip(FEATURES, printed[2:], strict=True)
    )
    assert all(f.definition and "\n" not in f.definition and len(f.definition) < 90 for f in FEATURES)


def test_the_printed_page_is_current() -> None:
    """docs/FEATURES.md is what ``make fields`` would write."""
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "kiwoom_research.screening"],
        cwd=root, env={**os.environ, "PYTHONUTF8": "1"}, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert (root / "docs" / "FEATURES.md").read_text(encoding="utf-8") == done.stdout, "run `make fields`"


def test_the_list_says_how_many_bars_are_needed() -> None:
    """With ``needs`` bars a feature is there, with one less it is not (TA-Lib's begin earlier)."""
    for feature in FEATURES:
        if feature.source == "bars" and feature.calculate and feature.needs not in (1, 251):
            enough, less = (features(long({"a": invented(n, 3)})) for n in (feature.needs, feature.needs - 1))
            assert enough[feature.name].notna().all(), feature.name
            if feature.name != "up_days":  # counts as far as it sees
                assert less[feature.name].isna().all(), feature.name


# --- screens of real bars -------------------------------------------------------------------------


def test_funnel_adds_up(real: pd.DataFrame) -> None:
    """Entered is failed, missing and left together, and left enters the next rule."""
    rules = {
        "liquid": "value_20d > 1e9",
        "trend": "close > ma_60 and ma_20 > ma_60",
        "year": "high_250d_gap > -20",
    }
    found = screen(features(real), rules)
    steps = found.funnel
    assert steps.index.tolist() == ["traded", *rules]
    assert 0 < steps.loc["traded", "failed"] < 30
    assert (steps["entered"] == steps["failed"] + steps["missing"] + steps["left"]).all()
    assert steps["entered"].tolist() == [len(found.passed), *steps["left"].tolist()[:-1]]
    assert steps["left"].iloc[-1] == len(found.hits) > 0
    table = features(real)
    by_hand = (
        (table["volume"] > 0)
        & (table["value_20d"] > 1e9)
        & (table["close"] > table["ma_60"])
        & (table["ma_20"] > table["ma_60"])
    )
    assert found.hits.index.equals(table.index[by_hand & (table["high_250d_gap"] > -20)])


def test_the_table_is_left_alone(real: pd.DataFrame) -> None:
    """Neither bars nor table are changed."""
    before, table = real.copy(), features(real)
    kept = table.copy()
    screen(table, {"any": "close > 0"}, sort="close", top=3)
    pd.testing.assert_frame_equal(table, kept)
    pd.testing.assert_frame_equal(real, before)
