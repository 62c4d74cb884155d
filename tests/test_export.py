"""Frames for backtest engines by hand, on real halts and delistings, and in the engines themselves."""

from datetime import date
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.backtest import cost_table, costs, to_ohlcv, to_panel, to_returns
from kiwoom_research.backtest.trading_costs import COMMISSION, TAXES, TaxedMarket

NO = np.nan
DAYS = pd.DatetimeIndex(["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"], name="date")
DAYS = DAYS.as_unit("us")


def bars(closes: list[float], volumes: list[float], days: pd.DatetimeIndex = DAYS) -> pd.DataFrame:
    """Bars of one code; open, high and low around the close, 0 where there was no trade."""
    close, volume = np.array(closes), np.array(volumes)
    traded = volume > 0
    return pd.DataFrame(
        {
            "open": np.where(traded, close - 1, 0.0),
            "high": np.where(traded, close + 2, 0.0),
            "low": np.where(traded, close - 3, 0.0),
            "close": close,
            "volume": volume,
            "value": close * volume,
            "complete": True,
        },
        index=days,
    )


HALTED = bars([100, 100, 104, 105, 106], [10, 0, 30, 40, 50])
LATE = bars([50, 51, 52], [1, 2, 3], DAYS[2:])  # listed on the third day
GONE = bars([70, 71], [1, 2], DAYS[:2])  # delisted after the second
HOLED = bars([20, 21, 22, 23], [5, 6, 7, 8], DAYS[[0, 1, 3, 4]])  # no row on the third day
BOTH = pd.concat({"halted": HALTED, "late": LATE, "gone": GONE, "holed": HOLED}, names=["code"])


# --- one code -------------------------------------------------------------------------------------


def test_hold_by_hand() -> None:
    """On the halted day all four prices are the last close and nothing is traded."""
    frame = to_ohlcv(HALTED)
    assert frame.columns.tolist() == ["Open", "High", "Low", "Close", "Volume"]
    assert frame.loc["2026-11-17"].tolist() == [100, 100, 100, 100, 0]
    assert frame.loc["2026-11-18"].tolist() == [103, 106, 101, 104, 30]
    assert (frame.dtypes == "float64").all()
    assert frame.index.equals(DAYS)


def test_drop_and_missing_by_hand() -> None:
    """The halted day is left out, or there without values."""
    assert to_ohlcv(HALTED, gaps="drop").index.equals(DAYS[[0, 2, 3, 4]])
    missing = to_ohlcv(HALTED, gaps="missing")
    assert missing.loc["2026-11-17"].isna().all()
    assert missing.drop("2026-11-17").equals(to_ohlcv(HALTED, gaps="drop").astype(float))


def test_sessions_show_missing_rows() -> None:
    """A session of the calendar without a row is a gap like any other, but only between first and last bar."""
    calendar = kr.calendar.sessions_in_range("2026-11-01", "2026-11-30")
    assert to_ohlcv(HOLED).index.equals(DAYS[[0, 1, 3, 4]])
    held = to_ohlcv(HOLED, sessions=calendar)
    assert held.index.equals(DAYS)
    assert held.loc["2026-11-18"].tolist() == [21, 21, 21, 21, 0]
    assert to_ohlcv(HOLED, sessions=calendar, gaps="missing").loc["2026-11-18"].isna().all()
    assert to_ohlcv(HOLED, sessions=calendar, gaps="drop").index.equals(DAYS[[0, 1, 3, 4]])


def test_the_running_session_is_left_out() -> None:
    """A bar that is not complete is no bar for a backtest."""
    running = HALTED.copy()
    running.iloc[-1, running.columns.get_loc("complete")] = False
    assert to_ohlcv(running).index.equals(DAYS[:4])
    assert len(to_panel(running)) == 4


def test_minutes_lose_their_zone() -> None:
    """Engines want wall-clock time: the index is Korean time without a zone."""
    times = pd.DatetimeIndex(["2026-11-20 09:00", "2026-11-20 09:01"], name="time").tz_localize("Asia/Seoul")
    frame = to_ohlcv(HALTED.iloc[[0, 2]].set_index(times))
    assert frame.index.tolist() == [pd.Timestamp("2026-11-20 09:00"), pd.Timestamp("2026-11-20 09:01")]
    assert frame.index.name == "time"


def test_one_code_of_many() -> None:
    """A frame of one code with the code in its index is fine, of several it is not."""
    assert to_ohlcv(BOTH.loc[["halted"]]).equals(to_ohlcv(HALTED))
    with pytest.raises(ValueError, match=r"got 4; choose one with bars\.loc\[code\]"):
        to_ohlcv(BOTH)


# --- many codes -----------------------------------------------------------------------------------


HOLD = [[70, 100, 20, NO], [71, 100, 21, NO], [NO, 104, 21, 50], [NO, 105, 22, 51], [NO, 106, 23, 52]]
MISSING = [[70, 100, 20, NO], [71, NO, 21, NO], [NO, 104, NO, 50], [NO, 105, 22, 51], [NO, 106, 23, 52]]
DROP = [HOLD[0], HOLD[3], HOLD[4]]


@pytest.mark.parametrize(
    ("gaps", "rows", "expected"),
    [("hold", [0, 1, 2, 3, 4], HOLD), ("missing", [0, 1, 2, 3, 4], MISSING), ("drop", [0, 3, 4], DROP)],
)
def test_panel_by_hand(gaps: str, rows: list[int], expected: list[list[float]]) -> None:
    """Halts and holes by the policy; nothing before a listing or after a delisting, whatever the policy."""
    codes = pd.Index(["gone", "halted", "holed", "late"], name="code")
    hand = pd.DataFrame(expected, index=DAYS[rows], columns=codes, dtype="float64")
    pd.testing.assert_frame_equal(to_panel(BOTH, gaps=gaps), hand, check_column_type=False, check_freq=False)


def test_panel_of_other_fields() -> None:
    """On a held day prices are the last close, volume and value are 0."""
    assert to_panel(BOTH, "open").loc["2026-11-17", "halted"] == 100
    assert to_panel(BOTH, "open").loc["2026-11-18", "halted"] == 103
    assert to_panel(BOTH, "volume").loc["2026-11-18", "holed"] == 0
    assert to_panel(BOTH, "value").loc["2026-11-17", "halted"] == 0
    assert np.isnan(to_panel(BOTH, "volume").loc["2026-11-20", "gone"])


def test_returns_by_hand() -> None:
    """Close over close before; a halt returns 0 and then all at once."""
    returns = to_returns(BOTH)
    assert returns.index.equals(DAYS[1:])
    assert returns["halted"].tolist() == pytest.approx([0, 0.04, 1 / 104, 1 / 105])
    assert returns["late"].isna().tolist() == [True, True, False, False]
    assert to_returns(BOTH, gaps="missing")["halted"].isna().tolist() == [True, True, False, False]
    one = to_returns(HALTED, gaps="drop")
    assert one.columns.tolist() == ["returns"]
    assert one["returns"].tolist() == pytest.approx([0.04, 1 / 104, 1 / 105])


def test_order_and_form_of_the_bars_do_not_matter() -> None:
    """Shuffled rows, or code and date as columns, make the same panel."""
    panel = to_panel(BOTH)
    pd.testing.assert_frame_equal(to_panel(BOTH.sample(frac=1, random_state=2)), panel)
    pd.testing.assert_frame_equal(to_panel(BOTH.reset_index()), panel)


# --- input that cannot be -------------------------------------------------------------------------


def test_empty_bars() -> None:
    """No rows in, no rows out."""
    assert to_ohlcv(HALTED.iloc[:0]).shape == (0, 5)
    assert to_panel(BOTH.iloc[:0]).shape == (0, 0)
    assert len(to_returns(HALTED.iloc[:0])) == 0
    assert len(to_ohlcv(HALTED.iloc[:1])) == 1
    assert len(to_returns(HALTED.iloc[:1])) == 0


def test_bars_that_cannot_be() -> None:
    """A session twice, no column, no time, ticks, no such policy or field."""
    with pytest.raises(ValueError, match="got several for halted 2026-11-17"):
        to_panel(pd.concat([BOTH, BOTH.iloc[1:2]]))
    with pytest.raises(ValueError, match="no column open, high"):
        to_ohlcv(HALTED.drop(columns=["open", "high"]))
    with pytest.raises(ValueError, match="no column value"):
        to_panel(BOTH.drop(columns="value"), "value")
    with pytest.raises(ValueError, match="expected 'date' or 'time'"):
        to_panel(HALTED.reset_index(drop=True))
    with pytest.raises(ValueError, match="gaps: expected one of hold, missing, drop"):
        to_panel(BOTH, gaps="fill")
    with pytest.raises(ValueError, match="field: expected one of open"):
        to_panel(BOTH, "turnover")
    ticks = HALTED.set_index(pd.MultiIndex.from_arrays([DAYS, range(5)], names=["time", "seq"]))
    with pytest.raises(ValueError, match="single trades"):
        to_ohlcv(ticks)


def test_a_column_without_values() -> None:
    """Without volumes an open of 0 still marks a halt; without closes there is nothing."""
    panel = to_panel(BOTH.assign(volume=NO), gaps="missing")
    assert panel[["halted", "holed"]].notna().sum().tolist() == [4, 4]
    assert to_panel(BOTH.assign(close=NO)).isna().all().all()


# --- real halts and delistings --------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(test_data: Path) -> pd.DataFrame:
    """The whole market, 370 sessions, as the file has it."""
    return pd.read_parquet(test_data / "data" / "adj_daily_all_20231205_20250617.parquet")


def test_real_panel(real: pd.DataFrame) -> None:
    """2,761 codes: held prices are the close before, and what was traded is as in the file."""
    panel, volume = to_panel(real), to_panel(real, "volume")
    days = pd.to_datetime(real["date"])
    assert panel.shape == (days.nunique(), real["code"].nunique())
    rows, columns = panel.index.get_indexer(days), panel.columns.get_indexer(real["code"])
    assert (panel.to_numpy()[rows, columns] == real["close"].to_numpy()).all()
    traded = volume.where(volume > 0)
    before = panel.shift()
    held = panel.notna() & traded.isna() & before.notna()
    assert held.sum().sum() > 10_000
    assert (panel.where(held) == before.where(held)).where(
        held, True
    ).mean().mean() > 0.999  # splits in a halt
    opening = to_panel(real, "open")
    assert (opening.where(panel.notna(), 1) > 0).all().all()  # no 0 of a halted day is left
    assert (opening.where(held) == panel.where(held)).where(held, True).all().all()


def test_delisted_codes_end(test_data: Path) -> None:
    """Who has no bar on the last day has no price there: nothing is held for ever."""
    raw = pd.read_parquet(test_data / "data" / "krx_raw_daily_all_20240102-0213_20250102-0211.parquet")
    last = raw.groupby("code")["date"].max()
    gone = last[last < raw["date"].max()].index
    panel = to_panel(raw)
    assert len(gone) > 20
    assert panel.iloc[-1][gone].isna().all()
    assert panel.iloc[-1].drop(gone).notna().all()


# --- engines --------------------------------------------------------------------------------------

CODES = ["005930", "000660", "035420", "035720"]


@pytest.fixture(scope="module")
def basket(real: pd.DataFrame) -> pd.DataFrame:
    """Four large stocks and one that was halted in between."""
    return real[real["code"].isin([*CODES, "000040"])]


def value_of(panel: pd.DataFrame, capital: float, rates: kr.costs) -> float:  # type: ignore[valid-type]
    """What is left when everything is bought in equal parts on the first day and sold on the last."""
    part = capital / panel.shape[1]
    first, last = panel.iloc[0], panel.iloc[-1]
    shares = np.floor(part / (first * (1 + rates.buy)))
    spent = (shares * first * (1 + rates.buy)).sum()
    return float(capital - spent + (shares * last * (1 - rates.sell)).sum())


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::pandas.errors.PerformanceWarning", "ignore:.*inplace.*")
def test_bt_runs_on_a_panel_with_korean_costs(basket: pd.DataFrame) -> None:
    """bt buys an equal basket, holds it through a halt and sells it: the same won as by hand, tax included."""
    bt = pytest.importorskip("bt")
    panel = to_panel(basket)
    assert panel.notna().all().all()
    days = panel.index
    rates = costs("kospi", "2025-06-17")

    class Orders(bt.Algo):  # type: ignore[misc]
        """Buys the first day, sells the last one."""

        def __call__(self, target: Any) -> bool:
            if target.now == days[0]:
                for code in panel:
                    target.allocate(10_000_000 / panel.shape[1], code)
            if target.now == days[-1]:
                target.flatten()
            return True

    test = bt.Backtest(
        bt.Strategy("hold", [Orders()]), panel, initial_capital=10_000_000, commissions=rates,
        integer_positions=True, progress_bar=False,
    )  # fmt: skip
    result = bt.run(test)
    # bt starts with a day of its own before the first; its last value is in won on a base of 100
    final = result.prices.iloc[-1, 0] / 100 * 10_000_000
    assert final == pytest.approx(value_of(panel, 10_000_000, rates), abs=1.0)
    free = value_of(panel, 10_000_000, costs("etf", commission=0))
    assert free - final > 0.0015 * 10_000_000 * 0.5  # the tax was paid


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_backtesting_py_runs_on_ohlcv(basket: pd.DataFrame) -> None:
    """backtesting.py (never shipped: AGPL) buys and sells one stock: the same won as by hand."""
    engine = pytest.importorskip("backtesting", reason="backtesting.py is not installed")
    frame = to_ohlcv(basket[basket["code"] == "005930"])
    rates = costs("kospi", "2025-06-17")

    class Hold(engine.Strategy):  # type: ignore[misc,name-defined]
        """In on the second bar, out at the end."""

        def init(self) -> None:
            """Nothing to prepare."""

        def next(self) -> None:
            """One order of a hundred shares."""
            if len(self.data) == 2:
                self.buy(size=100)

    stats = engine.Backtest(
        frame, Hold, cash=10_000_000, commission=rates.each_way, finalize_trades=True
    ).run()
    entry, end = frame["Open"].iloc[2], frame["Open"].iloc[-1]  # it trades at the next open
    by_hand = 10_000_000 + 100 * (end - entry) - 100 * (end + entry) * rates.each_way
    assert stats["Equity Final [$]"] == pytest.approx(by_hand, abs=1.0)


@pytest.mark.filterwarnings("ignore")
def test_quantstats_takes_returns(basket: pd.DataFrame) -> None:
    """quantstats, where installed, calculates on `to_returns` as it is."""
    quantstats = pytest.importorskip("quantstats", reason="quantstats is not installed")
    returns = to_returns(basket[basket["code"] == "005930"].drop(columns="code"))["returns"]
    total = quantstats.stats.comp(returns)
    close = basket.loc[basket["code"] == "005930", "close"]
    assert total == pytest.approx(close.iloc[-1] / close.iloc[0] - 1)
    assert np.isfinite(quantstats.stats.sharpe(returns))


@pytest.mark.filterwarnings("ignore")
def test_vectorbt_runs_on_a_panel_with_a_cost_table(basket: pd.DataFrame) -> None:
    """vectorbt, where installed, buys on the first day and sells on the last: the same won as by hand, tax included."""
    vectorbt = pytest.importorskip("vectorbt", reason="vectorbt is not installed")
    panel = to_panel(basket[basket["code"].isin(CODES)])
    fees = cost_table(panel.index)
    size = pd.DataFrame(0.0, panel.index, panel.columns)
    size.iloc[0], size.iloc[-1] = 10.0, -10.0
    rates = pd.DataFrame({code: fees["buy"].where(size[code] >= 0, fees["sell"]) for code in panel})
    folio = vectorbt.Portfolio.from_orders(panel, size, fees=rates, init_cash=10_000_000)
    buy, sell = fees["buy"].iloc[0], fees["sell"].iloc[-1]
    by_hand = 10_000_000 + 10 * (panel.iloc[-1] * (1 - sell) - panel.iloc[0] * (1 + buy))
    assert folio.final_value().tolist() == pytest.approx(by_hand.tolist())


# --- costs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("market", "day", "percent"),
    [
        # the last trade date of the old rate and the first of the new one: notices of the depository and of brokers
        ("kospi", "2019-05-29", 0.30), ("kospi", "2019-05-30", 0.25),
        ("kosdaq", "2020-12-28", 0.25), ("kosdaq", "2020-12-29", 0.23),
        ("kospi", "2022-12-27", 0.23), ("kospi", "2022-12-28", 0.20),
        ("kospi", "2023-12-26", 0.20), ("kospi", "2023-12-27", 0.18),
        ("kosdaq", "2024-12-26", 0.18), ("kosdaq", "2024-12-27", 0.15),
        ("kospi", "2025-12-26", 0.15), ("kospi", "2025-12-29", 0.20), ("kosdaq", "2026-11-20", 0.20),
        ("kospi", "2001-08-03", 0.30), ("konex", "2019-05-29", 0.30), ("konex", "2019-05-30", 0.10),
        ("etf", "2026-11-20", 0.0), ("etn", "2010-01-04", 0.0),
    ],
)  # fmt: skip
def test_taxes(market: str, day: str, percent: float) -> None:
    """The rate of a trade date, on the sale only."""
    rates = costs(market, day, commission=0)
    assert rates.sell == pytest.approx(percent / 100)
    assert rates.buy == 0


def test_new_rates_begin_two_sessions_before_the_year() -> None:
    """The law counts settlement, two sessions after the trade: every year's first day follows from the calendar."""
    for tax in TAXES:
        if tax.since.year > 2019:
            settled = kr.calendar.next_session(kr.calendar.next_session(tax.since))
            before = kr.calendar.next_session(
                kr.calendar.next_session(kr.calendar.previous_session(tax.since))
            )
            assert (before.year, settled.year) == (tax.since.year, tax.since.year + 1), tax


def test_every_rate_has_a_source() -> None:
    """Rows are dated, ascending within a market, sourced, and the printed table has them all."""
    table = kr.tax_table()
    assert len(table) == len(TAXES)
    assert table["source"].str.len().min() > 10
    for market in get_args(TaxedMarket):
        rows = [tax for tax in TAXES if tax.market == market]
        assert [tax.since for tax in rows] == sorted({tax.since for tax in rows})
    assert all(isinstance(tax.since, date) and 0 <= tax.pct <= 0.3 for tax in TAXES)


def test_costs_of_a_trade() -> None:
    """Commission on both sides in won, tax on the sale; without a day the newest rates."""
    rates = costs("kospi", "2025-06-02", commission=0.015)
    assert rates(10, 70_000) == pytest.approx(105)
    assert rates(-10, 70_000) == pytest.approx(105 + 1_050)
    assert rates.each_way == pytest.approx((0.00015 + 0.00165) / 2)
    assert costs() == costs("kospi", "2030-01-01")
    assert costs().buy == pytest.approx(COMMISSION / 100)


def test_cost_table() -> None:
    """One row a session, with the rate of its day."""
    days = kr.calendar.sessions_in_range("2024-12-20", "2025-01-10")
    table = cost_table(days, "kospi", commission=0.01)
    assert table.index.equals(days)
    for day, row in table.iterrows():
        rates = costs("kospi", day, commission=0.01)  # type: ignore[arg-type]
        assert (row["buy"], row["sell"]) == pytest.approx((rates.buy, rates.sell))
    assert table["sell"].nunique() == 2


def test_costs_that_cannot_be() -> None:
    """Markets, days and commissions that are none."""
    with pytest.raises(ValueError, match="market: expected one of kospi"):
        costs("nasdaq")
    with pytest.raises(ValueError, match="expected 1997-01-01 or later, got"):
        costs("kospi", "1990-01-01")
    with pytest.raises(ValueError, match="expected 2013-07-01 or later, got"):
        cost_table(pd.DatetimeIndex(["2010-01-04", "2020-01-02"]), "konex")
    for commission in (-0.1, 15, NO):
        with pytest.raises(ValueError, match="commission: expected a percentage"):
            costs(commission=commission)
