"""Indicators against the published formulas, written here in plain Python, and their manners with odd bars."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kiwoom_research import indicators

Made = Callable[[pd.DataFrame], pd.Series | pd.DataFrame]

MADE: dict[str, Made] = {
    "sma": indicators.sma,
    "ema": indicators.ema,
    "rsi": indicators.rsi,
    "atr": indicators.atr,
    "macd": indicators.macd,
    "bollinger": indicators.bollinger,
    "stochastic": indicators.stochastic,
    "obv": indicators.obv,
}
EACH = pytest.mark.parametrize("make", MADE.values(), ids=MADE.keys())


def some_bars(size: int = 120, seed: int = 1) -> pd.DataFrame:
    """Bars of one invented code."""
    random = np.random.default_rng(seed)
    close = np.round(10_000 * np.exp(np.cumsum(random.normal(0, 0.02, size))))
    opening = np.round(close * np.exp(random.normal(0, 0.01, size)))
    frame = pd.DataFrame(
        {
            "open": opening,
            "high": np.maximum(opening, close) + 50,
            "low": np.minimum(opening, close) - 40,
            "close": close,
            "volume": random.integers(1, 10**6, size).astype(float),
        },
        index=pd.date_range("2026-01-05", periods=size, freq="B", name="date"),
    )
    return frame


def wilder(values: list[float], period: int) -> list[float]:
    """Wilder's average: the mean of the first values, then one part in `period` of each new one."""
    average = sum(values[:period]) / period
    found = [average]
    for value in values[period:]:
        average += (value - average) / period
        found.append(average)
    return found


def test_sma_by_hand() -> None:
    """The mean of the last closes, missing before there are enough."""
    bars = pd.DataFrame({"close": [1.0, 2.0, 6.0, 3.0]})
    assert indicators.sma(bars, 3).tolist()[2:] == [3.0, pytest.approx(11 / 3)]
    assert indicators.sma(bars, 3).isna().tolist() == [True, True, False, False]
    assert indicators.sma(bars, 3).name == "ma_3"


def test_sma_of_another_column() -> None:
    """Volume can be averaged as well."""
    bars = some_bars(30)
    expected = bars["volume"].rolling(5).mean()
    pd.testing.assert_series_equal(indicators.sma(bars, 5, column="volume"), expected, check_names=False)


def test_rsi_against_wilders_own_words() -> None:
    """100 - 100 / (1 + average gain / average loss), both averages Wilder's."""
    bars = some_bars()
    moves = bars["close"].diff().dropna().tolist()
    gains = wilder([max(move, 0.0) for move in moves], 14)
    losses = wilder([max(-move, 0.0) for move in moves], 14)
    expected = [100 - 100 / (1 + gain / loss) for gain, loss in zip(gains, losses, strict=True)]
    found = indicators.rsi(bars)
    assert found.isna().sum() == 14
    assert np.allclose(found.dropna(), expected)


def test_atr_against_the_formula() -> None:
    """Wilder's average of the largest of three ranges."""
    bars = some_bars()
    before = bars["close"].shift()
    ranges = pd.concat(
        [bars["high"] - bars["low"], (bars["high"] - before).abs(), (bars["low"] - before).abs()], axis=1
    ).max(axis=1)
    found = indicators.atr(bars)
    assert found.isna().sum() == 14
    assert np.allclose(found.dropna(), wilder(ranges.tolist()[1:], 14))


def test_macd_against_the_formula() -> None:
    """Difference of two exponential averages, far from the beginning where every seed is forgotten."""
    bars = some_bars(900)
    close = bars["close"]
    line = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
    signal = line.ewm(span=9, adjust=False).mean()
    found = indicators.macd(bars).iloc[-300:]
    assert np.allclose(found["macd"], line.iloc[-300:], atol=1e-6)
    assert np.allclose(found["macd_signal"], signal.iloc[-300:], atol=1e-6)
    assert np.allclose(found["macd_hist"], found["macd"] - found["macd_signal"])


def test_bollinger_against_the_formula() -> None:
    """Mean and twice the deviation of the last twenty closes (of all of them, not of a sample)."""
    bars = some_bars()
    middle, spread = bars["close"].rolling(20).mean(), bars["close"].rolling(20).std(ddof=0)
    found = indicators.bollinger(bars)
    assert np.allclose(found["bb_upper"].dropna(), (middle + 2 * spread).dropna())
    assert np.allclose(found["bb_lower"].dropna(), (middle - 2 * spread).dropna())


def test_stochastic_and_obv_against_the_formula() -> None:
    """%K is the place of the close in the range; on-balance volume adds and takes off volumes."""
    bars = some_bars()
    low, high = bars["low"].rolling(14).min(), bars["high"].rolling(14).max()
    slow = (100 * (bars["close"] - low) / (high - low)).rolling(3).mean()
    found = indicators.stochastic(bars)
    assert np.allclose(found["stoch_k"].dropna(), slow.reindex(found["stoch_k"].dropna().index))
    assert np.allclose(found["stoch_d"].dropna(), slow.rolling(3).mean().dropna())
    balance = (np.sign(bars["close"].diff()).fillna(0) * bars["volume"]).cumsum()
    assert np.allclose(indicators.obv(bars).diff().dropna(), balance.diff().dropna())


def standing_still() -> pd.DataFrame:
    """Thirty bars that move, twenty at one price, thirty that move again."""
    bars = some_bars(80)
    bars.iloc[30:50, :4] = bars["close"].iloc[29]
    return bars


def test_rsi_of_a_price_that_stands_still() -> None:
    """Where the last 14 closes did not change there are neither gains nor losses: missing, not 0 or a stale value."""
    bars = standing_still()
    found = indicators.rsi(bars)
    assert found.index[found.isna()].tolist() == [*bars.index[:14], *bars.index[43:50]]
    flat = bars.assign(close=100.0)
    assert indicators.rsi(flat).isna().all()


def test_stochastic_of_a_price_that_stands_still() -> None:
    """Without a range there is no place in it: %K is missing while one of its three bars has none, %D two longer."""
    bars = standing_still()
    low, high = bars["low"].rolling(14).min(), bars["high"].rolling(14).max()
    fast = 100 * (bars["close"] - low) / (high - low)
    assert fast.iloc[43:50].isna().all()
    slow = fast.rolling(3).mean()
    found = indicators.stochastic(bars)
    seen = found["stoch_d"].first_valid_index()
    assert np.allclose(found.loc[seen:, "stoch_k"], slow.loc[seen:], equal_nan=True)
    assert np.allclose(found.loc[seen:, "stoch_d"], slow.rolling(3).mean().loc[seen:], equal_nan=True)
    assert found["stoch_k"].iloc[42:52].isna().tolist() == [False] + 9 * [True]
    assert found["stoch_d"].iloc[42:55].isna().tolist() == [False] + 11 * [True] + [False]
    one_price = pd.DataFrame(dict.fromkeys(bars.columns, 100.0), index=bars.index)
    assert indicators.stochastic(one_price).isna().all().all()


@EACH
def test_each_code_by_itself(make: Made) -> None:
    """A code's column is the same whether it is asked alone or among others."""
    parts = {"000660": some_bars(90, 1), "005930": some_bars(70, 2)}
    together = make(pd.concat(parts, names=["code"]))
    for code, bars in parts.items():
        assert together.loc[code].equals(make(bars))


@EACH
def test_the_future_changes_nothing(make: Made) -> None:
    """More bars behind do not change what was known before."""
    bars = some_bars(120)
    assert make(bars).iloc[:80].equals(make(bars.iloc[:80]))


@EACH
def test_a_missing_row_is_left_out(make: Made) -> None:
    """A row without prices is missing itself and spoils nothing after it."""
    bars = some_bars(100)
    holed = bars.astype(float)
    holed.iloc[60] = np.nan
    found, without = make(holed), make(bars.drop(bars.index[60]))
    assert np.asarray(
        found.iloc[60].isna() if isinstance(found, pd.DataFrame) else pd.isna(found.iloc[60])
    ).all()
    assert found.drop(bars.index[60]).equals(without)


@EACH
def test_nothing_and_almost_nothing(make: Made) -> None:
    """No rows, one row and a column without values are answers without values (volume can begin at once)."""
    assert len(make(some_bars(5).iloc[:0])) == 0
    one, blank = make(some_bars(1)), make(some_bars(60) * np.nan)
    assert np.asarray(blank.isna()).all()
    assert np.asarray(one.isna()).all() or one.name == "obv"


def test_a_day_without_a_trade_counts_as_its_close() -> None:
    """The exchange's zeros of a halted day are not a fall to nothing."""
    bars = some_bars(60)
    bars.loc[bars.index[40], "close"] = bars["close"].iloc[39]
    flat = bars.copy()
    flat.loc[bars.index[40], ["open", "high", "low"]] = bars["close"].iloc[40]
    bars.loc[bars.index[40], ["open", "high", "low", "volume"]] = 0.0
    assert indicators.atr(bars).equals(indicators.atr(flat))


@pytest.mark.parametrize("period", [1, 0, -3, 2.5, True, "14"])
def test_periods_that_cannot_be(period: object) -> None:
    """A period is a whole number from two on."""
    with pytest.raises(ValueError, match="period"):
        indicators.rsi(some_bars(), period)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["rsi", "macd", "bollinger"])
def test_single_trades(name: str) -> None:
    """Trades of one second have equal times; they are in order, and calculated like any bars."""
    bars = some_bars(60)
    times = pd.Timestamp("2026-11-20 10:00") + pd.to_timedelta(np.arange(60) // 3, "s")
    ticks = bars.set_axis(pd.MultiIndex.from_arrays([times, np.arange(60) % 3], names=["time", "seq"]))
    assert np.array_equal(MADE[name](ticks), MADE[name](bars), equal_nan=True)
    with pytest.raises(ValueError, match="time order"):
        MADE[name](ticks.iloc[::-1])


def test_bars_that_cannot_be() -> None:
    """Missing columns, shuffled rows and scattered codes are refused."""
    bars = some_bars(30)
    with pytest.raises(ValueError, match="no column high"):
        indicators.atr(bars.drop(columns="high"))
    with pytest.raises(ValueError, match="time order"):
        indicators.rsi(bars.iloc[::-1])
    with pytest.raises(ValueError, match="fewer bars than slow"):
        indicators.macd(bars, 26, 12)
    both = pd.concat({"a": bars, "b": bars}, names=["code"]).sort_index(level="date")
    with pytest.raises(ValueError, match="scattered"):
        indicators.rsi(both)


def test_without_talib_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named; the simple average needs none."""
    monkeypatch.setitem(__import__("sys").modules, "talib", None)
    with pytest.raises(ImportError, match=r"kiwoom_research\[screen\]"):
        indicators.rsi(some_bars())
    assert indicators.sma(some_bars()).notna().sum() == 101


def test_real_bars(test_data: Path) -> None:
    """Ten real codes: RSI within 0 and 100, ATR positive, and the bands around the average."""
    bars = pd.read_parquet(test_data / "data" / "adj_daily_all_20231205_20250617.parquet")
    bars = bars[bars["code"].isin(bars["code"].unique()[:10])].set_index(["code", "date"])
    assert indicators.rsi(bars).dropna().between(0, 100).all()
    assert (indicators.atr(bars).dropna() > 0).all()
    bands = indicators.bollinger(bars).dropna()
    assert (bands["bb_lower"] <= bands["bb_middle"]).all()
    assert (bands["bb_middle"] <= bands["bb_upper"]).all()
