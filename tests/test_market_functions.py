"""Trades, brokers, programmes, funds, themes, interruptions, flows, gold, ELWs, watchlists: what has to hold of each.

The sandbox answers over HTTP; the numbers it must agree with are those of other calls (bars, quotes, flows of stocks).
"""

import json
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research import frames
from kiwoom_research.calendar import KST
from kiwoom_research.client import Client
from kiwoom_research.endpoints import QUERIES
from kiwoom_research.sandbox import Sandbox

from .conftest import client_of

MILLION = 1_000_000


@pytest.fixture(scope="module")
def reader(shared_box: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A client that only reads."""
    with client_of(shared_box, tmp_path_factory.mktemp("functions")) as made:
        yield made


# --- trades -------------------------------------------------------------------------------------------


def test_trades_of_a_session_are_its_minutes(reader: Client) -> None:
    """All trades, oldest first: their shares add up to the minute bars, and the sums of the day grow by them."""
    trades = kr.get_trades("000660", pages=None, client=reader)
    minutes = kr.get_minutes("000660", client=reader)
    minutes = minutes[minutes.index.normalize() == "2026-11-20"]
    times = trades.index.get_level_values("time")
    assert trades.index.is_monotonic_increasing
    assert trades.index.is_unique
    assert str(times.tz) == "Asia/Seoul"
    each = trades["trade_volume"].abs().groupby(times.floor("min")).sum()
    assert (each == minutes["volume"].loc[each.index]).all()
    assert len(each) == len(minutes)
    assert (trades["volume"].diff().iloc[1:] == trades["trade_volume"].abs().iloc[1:]).all()
    assert trades["volume"].iloc[0] == abs(trades["trade_volume"].iloc[0])
    assert not trades.attrs["truncated"]
    assert trades["price"].iloc[-1] == kr.get_quotes("000660", client=reader)["price"].iloc[0]


def test_sides_and_strength_of_trades(reader: Client) -> None:
    """A buyer takes the ask, a seller the bid; strength is what was bought in percent of what was sold."""
    trades = kr.get_trades("005930", pages=None, client=reader)
    bought = trades["trade_volume"] > 0
    assert 0 < bought.mean() < 1
    assert (trades["price"] == trades["ask"].where(bought, trades["bid"])).all()
    assert (trades["bid"] < trades["ask"]).all()
    buying = trades["trade_volume"].clip(lower=0).cumsum()
    selling = -trades["trade_volume"].clip(upper=0).cumsum()
    late = selling > 0
    assert np.allclose(trades["strength"][late], (100 * buying / selling)[late], atol=0.006)
    assert (trades["change"] == trades["price"] - 97_800).all()  # the official close of the day before


def test_the_newest_page_and_the_session_before(reader: Client) -> None:
    """One page has the newest hundred; minutes are the last trade of each, with the shares of all."""
    page = kr.get_trades("005930", client=reader)
    whole = kr.get_trades("005930", pages=None, client=reader)
    assert len(page) == 100
    assert page.attrs["truncated"]
    pd.testing.assert_frame_equal(page.reset_index(drop=True), whole.tail(100).reset_index(drop=True))
    before = kr.get_trades("005930", day="previous", by="minute", pages=None, client=reader)
    times = before.index.get_level_values("time")
    assert set(times.normalize().tz_localize(None)) == {pd.Timestamp("2026-11-19")}
    bars = kr.get_minutes("005930", pages=2, client=reader).loc[times.floor("min")]
    assert len(bars) > 500
    assert before["trade_volume"].tolist() == bars["volume"].tolist()
    assert before["price"].tolist() == bars["close"].tolist()


def test_trades_while_they_are_made(box: Sandbox, client: Client) -> None:
    """In the morning there are those so far, and before the opening those of the day before."""
    box.set_clock("2026-11-20 09:05:30")
    trades = kr.get_trades("005930", pages=None, client=client)
    assert trades.index[0][0] == pd.Timestamp("2026-11-20 09:00", tz="Asia/Seoul")
    assert trades.index[-1][0] <= pd.Timestamp("2026-11-20 09:05:30", tz="Asia/Seoul")
    box.set_clock("2026-11-20 07:00")
    early = kr.get_trades("005930", client=client)
    assert early.index[-1][0].date().isoformat() == "2026-11-19"
    box.set_clock("2026-11-20 08:30")
    assert kr.get_trades("005930", client=client, refresh=True).empty
    before = kr.get_trades("005930", day="previous", client=client, refresh=True)
    assert before.index[-1][0].date().isoformat() == "2026-11-19"
    assert before["price"].iloc[-1] == early["price"].iloc[-1]
    box.set_clock("2026-11-19 09:30")  # the exam day opens at 10:00
    late = kr.get_trades("005930", day="previous", client=client, refresh=True)
    assert late.index[-1][0].date().isoformat() == "2026-11-18"


# --- brokers ------------------------------------------------------------------------------------------


def test_brokers_share_the_volume(reader: Client) -> None:
    """The five largest of either side, best first, together not more than the volume."""
    brokers = kr.get_brokers("005930", client=reader)
    volume = kr.get_quotes("005930", client=reader)["volume"].iloc[0]
    for side in ("sold", "bought"):
        assert brokers[side].is_monotonic_decreasing
        assert 0.5 * volume < brokers[side].sum() <= volume
    assert brokers["seller_code"].is_unique
    own = kr.get_ranking("broker_bought", broker=brokers["buyer_code"].iloc[0], sessions=0, client=reader)
    if "005930" in own.index:
        assert own.loc["005930", "bought"] == brokers["bought"].iloc[0]


# --- volatility interruptions ---------------------------------------------------------------------------


def test_interruptions_are_moves_of_ten_percent(reader: Client) -> None:
    """A stock is on the list exactly when its price went ten percent from that of the last auction."""
    stopped = kr.get_volatility_interruptions(client=reader)
    assert len(stopped) > 0
    assert (stopped["static_gap"].abs() >= 9.9).all()
    assert (stopped["vi_end"] - stopped["vi_time"] == pd.Timedelta(minutes=2)).all()
    assert stopped["vi_time"].is_monotonic_decreasing
    expected = {}
    for code in kr.get_stocks("all", client=reader).index:
        minutes = kr.get_minutes(code, client=reader)
        day = minutes[minutes.index.normalize() == "2026-11-20"]
        regular, evening = day.between_time("09:00", "15:30"), day.between_time("15:31", "20:00")
        for part, base in ((evening, regular["close"].tail(1)), (regular, regular["open"].head(1))):
            far = (part["high"] >= 1.1 * base.sum()) | (part["low"] <= 0.9 * base.sum())
            if far.any():
                expected[code] = far.idxmax()
    assert set(stopped["code"]) == set(expected)
    for row in stopped.itertuples():
        moment = expected[row.code]
        assert row.vi_time == moment - moment.normalize(), row.code
        bar = kr.get_minutes(str(row.code), client=reader).loc[moment]
        assert bar["low"] <= row.vi_price <= bar["high"] or bar["open"] in (bar["high"], bar["low"])


def test_interruptions_of_both_venues_join(reader: Client) -> None:
    """Codes are plain, and the venue of each row is a word."""
    both = kr.get_volatility_interruptions(venue="both", client=reader)
    assert set(both["code"]) <= set(kr.get_stocks("all", client=reader).index)
    assert set(both["venue"]) <= {"krx", "nxt"}
    assert both.attrs["session"] == "2026-11-20"


# --- programmes -----------------------------------------------------------------------------------------


def test_programme_of_a_stock_chains(reader: Client) -> None:
    """Net is bought less sold, its change is against the session before, money is shares at the close."""
    program = kr.get_program("000660", start="2026-06-01", client=reader)
    assert (program["program_net"] == program["program_bought"] - program["program_sold"]).all()
    assert (program["program_net"].diff() == program["program_net_change"]).iloc[1:].all()
    assert (program[["program_sold", "program_bought"]].max(axis=1) <= program["volume"]).all()
    worth = program["program_net"] * program["close"]
    assert np.allclose(program["program_net_value"], worth, atol=MILLION)
    bars = kr.get_bars("000660", start="2026-06-01", adjusted=False, client=reader)
    assert (program["close"] == bars["close"]).all()
    assert (program["volume"] == bars["volume"]).all()


def test_programme_of_a_market_is_the_sum_of_its_stocks(reader: Client) -> None:
    """Every share of KOSPI, summed; arbitrage and the rest are the whole."""
    market = kr.get_program("kospi", start="2026-11-18", end="2026-11-19", client=reader)
    codes = kr.get_sector_stocks("kospi", client=reader).index
    stocks = kr.pull(
        codes, what="program", start="2026-11-18", end="2026-11-19", progress=False, client=reader
    )
    sums = stocks.groupby("date")[["program_sold", "program_bought", "program_net_value"]].sum()
    for side in ("sold", "bought"):
        whole = market[f"arbitrage_{side}"] + market[f"non_arbitrage_{side}"]
        assert np.allclose(whole, sums[f"program_{side}"], atol=1_000)
    assert np.allclose(market["program_net_value"], sums["program_net_value"], atol=len(codes) * MILLION)
    net = market["arbitrage_net_value"] + market["non_arbitrage_net_value"]
    assert (market["program_net_value"] == net).all()


def test_programme_through_the_session_ends_with_the_day(reader: Client) -> None:
    """The last row of a session is the row of the day, of a stock and of a market."""
    times = kr.get_program("005930", "time", client=reader)
    day = kr.get_program("005930", client=reader).iloc[-1]
    assert times["program_sold"].is_monotonic_increasing
    assert times["program_net"].iloc[-1] == day["program_net"]
    assert (
        0.9 * day["volume"] < times["volume"].iloc[-1] <= day["volume"]
    )  # without trading at the closing price
    assert np.allclose(times["program_net"].diff().iloc[1:], times["program_net_change"].iloc[1:])
    market = kr.get_program("kosdaq", "time", end="2026-11-18", client=reader)
    whole = kr.get_program("kosdaq", end="2026-11-18", client=reader).iloc[-1]
    assert market.index[-1] == pd.Timestamp("2026-11-18 15:30", tz="Asia/Seoul")
    assert market["program_net_value"].iloc[-1] == whole["program_net_value"]
    assert times.index.names == ["time", "seq"]
    with pytest.raises(ValueError, match="start, period: expected none with by='time'"):
        kr.get_program("005930", "time", start="2026-11-18", client=reader)


def test_markets_of_programmes_have_the_codes_of_the_exchange(box: Sandbox, client: Client) -> None:
    """KOSPI is P00101 and KOSDAQ P10102: the manual's list has their last four digits only."""
    for market, code in (("kospi", "P00101"), ("kosdaq", "P10102")):
        assert not kr.get_program(market, client=client).empty
        assert not kr.get_program(market, "time", pages=1, client=client).empty
        assert not kr.get_ranking("program_sold", market, client=client).empty  # type: ignore[arg-type]
        for api_id in ("ka90010", "ka90005", "ka90003"):
            assert QUERIES[api_id].param("market").code(market) == code


# --- ETFs -------------------------------------------------------------------------------------------------


def test_funds_stand_near_their_value(reader: Client) -> None:
    """Every ETF of the stock list, with the price of the quotes, and the last row of its history."""
    funds = kr.get_etfs(client=reader)
    assert set(funds.index) == set(kr.get_stocks("etf", client=reader).index)
    quotes = kr.get_quotes(funds.index, client=reader)
    assert (funds["close"] == quotes["price"]).all()
    assert (funds["nav_gap"].abs() <= 0.5).all()
    assert funds["nav_gap"].nunique() > 5
    assert np.allclose(funds["nav_gap"], 100 * (funds["close"] / funds["nav"] - 1), atol=0.006)
    for code in funds.index[:3]:
        history = kr.get_etf_history(code, pages=2, client=reader)
        last = history.iloc[-1]
        assert (last["nav"], last["close"]) == (funds.loc[code, "nav"], funds.loc[code, "close"])
        assert history.index.is_monotonic_increasing
        assert len(history) > 100
        bars = kr.get_bars(code, adjusted=False, client=reader)
        assert (history["close"] == bars["close"].loc[history.index]).all()
    assert kr.get_etf("005930", client=reader)["index_name"].isna().all()


def test_a_value_that_is_not_made_yet_is_missing(box: Sandbox, client: Client) -> None:
    """While the session runs the broker sends 0 for its NAV; a gap of 0 would say that the price is right."""
    box.set_clock("2026-11-20 10:00")
    history = kr.get_etf_history("820010", client=client)
    assert history.index[-1] == pd.Timestamp("2026-11-20")
    assert history[["nav", "nav_gap", "nav_index_gap"]].iloc[-1].isna().all()
    assert history["nav"].iloc[:-1].gt(0).all()
    with pytest.raises(ValueError, match="pages: expected a positive integer, got 0"):
        kr.get_etfs(pages=0, client=client)


# --- themes -------------------------------------------------------------------------------------------------


def test_a_theme_did_as_its_stocks_did(reader: Client) -> None:
    """Its return is the mean of theirs, its counts are theirs, and it is found by a stock and by a name."""
    themes = kr.get_themes(days=20, client=reader)
    assert themes["period_return"].is_monotonic_decreasing
    for code in themes.index[:4]:
        stocks = kr.get_theme_stocks(code, days=20, client=reader)
        theme = themes.loc[code]
        assert theme["stocks"] == len(stocks)
        assert theme["rising"] == (stocks["change_pct"] > 0).sum()
        assert theme["change_pct"] == pytest.approx(stocks["change_pct"].mean(), abs=0.01)
        assert theme["period_return"] == pytest.approx(stocks["period_return"].mean(), abs=0.01)
        by_name = kr.get_theme_stocks(theme["theme"], days=20, client=reader)
        pd.testing.assert_frame_equal(by_name, stocks)
    mine = kr.get_themes(stock="005930", client=reader)
    assert 1 <= len(mine) <= 2
    assert all("005930" in kr.get_theme_stocks(code, client=reader).index for code in mine.index)
    worst = kr.get_themes(by="loss_pct", client=reader)
    assert worst["change_pct"].is_monotonic_increasing
    first = kr.get_theme_stocks(themes.index[0], days=20, client=reader).index[0]
    closes = kr.get_bars(first, client=reader)["close"]
    found = kr.get_theme_stocks(themes.index[0], days=20, client=reader).loc[first, "period_return"]
    assert found == pytest.approx(100 * (closes.iloc[-1] / closes.iloc[-21] - 1), abs=0.01)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda c: kr.get_themes(days=100, client=c), "days: expected 1 to 99, got 100"),
        (lambda c: kr.get_themes("로봇", stock="005930", client=c), "name, stock: give one of them"),
        (lambda c: kr.get_theme_stocks("반도체", client=c), "several themes have '반도체' in their names: "),
        (lambda c: kr.get_theme_stocks("우주여행", client=c), "no theme has '우주여행' in its name"),
        (lambda c: kr.get_theme_stocks("999", client=c), "no theme has the code '999'"),
        (lambda c: kr.get_theme_stocks(242, client=c), "theme: expected a code such as '242'"),
    ],
)
def test_themes_that_cannot_be(ask: Any, message: str, reader: Client) -> None:
    """The message says what to type."""
    with pytest.raises(ValueError, match=message):
        ask(reader)


# --- flows of the market -------------------------------------------------------------------------------------


def test_sector_flows_add_up_to_the_market(reader: Client) -> None:
    """The market is the sum of its sectors, all sides are 0 together, and a stock's flows are among them."""
    for market, whole in (("kospi", "001"), ("kosdaq", "101")):
        flows = kr.get_market_flows(market, day="2026-11-19", unit="shares", client=reader)  # type: ignore[arg-type]
        sides = ["individual_net", "foreign_net", "institution_net", "company_net", "resident_foreign_net"]
        assert (flows[sides].sum(axis=1).abs() <= 3_000).all()
        parts = flows.drop(
            index=[code for code in flows.index if code in (whole, "002", "003", "004", "150")]
        )
        assert abs(parts["foreign_net"].sum() - flows.loc[whole, "foreign_net"]) <= 1_000 * len(flows)
        codes = kr.get_sector_stocks(market, client=reader).index
        stocks = kr.pull(
            codes, what="investors", start="2026-11-19", end="2026-11-19", progress=False, client=reader
        )
        assert abs(stocks["foreign_net"].sum() - flows.loc[whole, "foreign_net"]) <= 1_000
        assert abs(stocks["institution_net"].sum() - flows.loc[whole, "institution_net"]) <= 1_000
    won = kr.get_market_flows("kosdaq", day="2026-11-19", client=reader)
    worth = (stocks["foreign_net"] * stocks["close"]).sum()
    assert abs(won.loc["101", "foreign_net_value"] - worth) <= 100 * MILLION


def test_streaks_are_those_of_the_flows(reader: Client) -> None:
    """Net over the sessions and the sessions in a row, worked out from the flows of each stock."""
    frame = kr.get_flow_streaks("kospi", sessions=5, client=reader)
    assert frame["net_value"].is_monotonic_decreasing
    assert (frame["net_value"] >= 0).all()
    for code in frame.index[:4]:
        net = kr.get_investors(code, client=reader)["foreign_net"]
        assert frame.loc[code, "foreign_net"] == net.tail(5).sum(), code
        days = 0
        for value in net.iloc[::-1]:
            if np.sign(value) != np.sign(net.iloc[-1]) or not value:
                break
            days += 1
        assert frame.loc[code, "foreign_streak"] == np.sign(net.iloc[-1]) * days, code
        assert frame.loc[code, "foreign_streak_net"] == net.tail(days).sum() if days else 0, code
    sold = kr.get_flow_streaks("kospi", side="sold", client=reader)
    assert sold["net_value"].is_monotonic_increasing
    assert (sold["net_value"] <= 0).all()


def test_sectors_of_both_venues_have_plain_codes(reader: Client) -> None:
    """The index joins with `get_sectors`; the venue is a column."""
    flows = kr.get_market_flows("kospi", venue="both", client=reader)
    assert set(flows.index) == set(kr.get_sectors("kospi", client=reader).index)
    assert set(flows["venue"]) == {"both"}


# --- indices -------------------------------------------------------------------------------------------------


def test_minutes_of_an_index_end_where_its_day_ends(reader: Client) -> None:
    """The last minute closes at the day's close, and no minute leaves the day's range."""
    minutes = kr.get_index("kospi", "1min", pages=2, client=reader)
    days = kr.get_index("kospi", start="2026-11-16", client=reader)
    for day in ("2026-11-18", "2026-11-19", "2026-11-20"):
        bars, whole = minutes.loc[day], days.loc[day]
        assert bars["close"].iloc[-1] == whole["close"]
        assert bars["high"].max() <= whole["high"] + 0.01
        assert bars["low"].min() >= whole["low"] - 0.01
        assert bars["close"].nunique() > 100
    hourly = kr.get_index("kospi", "60min", client=reader).loc["2026-11-18"]
    fine = minutes.loc["2026-11-18"]
    assert hourly["high"].iloc[0] == fine["high"].iloc[:60].max()
    assert hourly["close"].iloc[0] == fine["close"].iloc[59]
    week = kr.get_index("kospi", "1w", client=reader).iloc[-1]
    assert (week["open"], week["close"]) == (days["open"].iloc[0], days["close"].iloc[-1])
    year = kr.get_index("kospi", "1y", client=reader).iloc[-1]
    assert year["close"] == days["close"].iloc[-1]
    ticks = kr.get_index("kospi", "tick", client=reader)
    assert ticks.index.names == ["time", "seq"]
    assert ticks["close"].iloc[-1] == days["close"].iloc[-1]


# --- gold and ELWs ---------------------------------------------------------------------------------------------


def test_gold_adds_up(reader: Client) -> None:
    """Minutes make the day, days make the week and the month; prices on the grid of 10 won; the quote is the last day."""
    days = kr.get_gold(pages=2, client=reader)
    assert (days[["open", "high", "low", "close"]] % 10 == 0).all(axis=None)
    assert (days["high"] >= days[["open", "close"]].max(axis=1)).all()
    assert (days["low"] <= days[["open", "close"]].min(axis=1)).all()
    minutes = kr.get_gold("1min", pages=2, client=reader).loc["2026-11-19"]
    day = days.loc["2026-11-19"]
    assert minutes["volume"].sum() == day["volume"]
    assert (minutes["open"].iloc[0], minutes["close"].iloc[-1]) == (day["open"], day["close"])
    assert (minutes["high"].max(), minutes["low"].min()) == (day["high"], day["low"])
    assert (minutes["volume_so_far"] == minutes["volume"].cumsum()).all()
    week = kr.get_gold("1w", client=reader).iloc[-1]
    assert week["volume"] == days.loc["2026-11-16":, "volume"].sum()
    assert kr.get_gold("1mo", client=reader)["close"].iloc[-1] == days["close"].iloc[-1]
    now = kr.get_gold_quote(client=reader).iloc[0]
    assert (now["price"], now["grams"]) == (days["close"].iloc[-1], days["volume"].iloc[-1])
    assert now["previous_close"] == days["close"].iloc[-2]
    mini = kr.get_gold(kind="100g", client=reader)
    assert mini.attrs["kind"] == "100g"
    assert not mini["close"].equals(days["close"].tail(len(mini)))


def test_elws_are_worth_what_they_can_be(reader: Client) -> None:
    """No arbitrage: a call gains and a put loses with the strike's distance, delta has the sign of the right."""
    every = kr.get_elw(client=reader)
    assert every.index.is_unique
    calls, puts = (kr.get_elw("삼성전자(가상)", right, client=reader) for right in ("call", "put"))  # type: ignore[arg-type]
    assert set(calls.index) | set(puts.index) == set(kr.get_elw("005930", client=reader).index)
    assert (calls["delta"] > 0).all()
    assert (puts["delta"] < 0).all()
    for _, series in calls.groupby("elw_expiry"):
        assert series.sort_values("elw_strike")["theoretical_price"].is_monotonic_decreasing
    for _, series in puts.groupby("elw_expiry"):
        assert series.sort_values("elw_strike")["theoretical_price"].is_monotonic_increasing
    assert (every["price"] % 5 == 0).all()
    assert (every["days_left"] == (every["elw_expiry"] - pd.Timestamp("2026-11-20")).dt.days).all()
    assert kr.get_elw("kospi200", client=reader).empty
    assert kr.get_elw("005930_NX", client=reader).index.equals(kr.get_elw("005930", client=reader).index)
    for ask in (
        lambda: kr.get_elw("999999", client=reader),
        lambda: kr.get_themes(stock="999999", client=reader),
    ):
        with pytest.raises(kr.UnknownCodeError, match="no such stock: 999999"):
            ask()


# --- watchlists --------------------------------------------------------------------------------------------


def test_watchlists_by_name(reader: Client) -> None:
    """The lists, the stocks of one by name or digits, and a message that names them."""
    lists = kr.get_watchlist(client=reader)
    assert lists.index.tolist() == ["000", "001"]
    first = kr.get_watchlist("관심종목", client=reader)
    assert first.index.tolist() == ["005930", "000660", "820010"]
    pd.testing.assert_frame_equal(kr.get_watchlist("000", client=reader), first)
    with pytest.raises(
        ValueError, match=r"there is no list named '성장주'; yours are 관심종목 \(000\), 배당 \(001\)"
    ):
        kr.get_watchlist("성장주", client=reader)


# --- many codes ------------------------------------------------------------------------------------------------

GETS = {
    "investors": kr.get_investors, "foreign": kr.get_foreign, "short": kr.get_short, "credit": kr.get_credit,
    "lending": kr.get_lending, "program": kr.get_program,
}  # fmt: skip


@pytest.mark.parametrize("what", GETS)
def test_flows_of_many_codes(what: Any, client: Client) -> None:
    """One long frame of what the function of one code gives; planned before, free after; failures are listed."""
    days = {"start": "2026-06-01", "end": "2026-11-18"}
    codes = ["000660", "005930"]
    before = kr.plan(codes, what=what, **days, client=client)
    with pytest.warns(UserWarning, match="1 of 3 codes failed, the first 999999"):
        frame = kr.pull([*codes, "999999"], what=what, **days, progress=False, client=client)
    after = kr.plan(codes, what=what, **days, client=client)
    assert before["requests"] > 0
    assert after["requests"] == 0
    assert after["cached"] == before["requests"]
    assert [record["code"] for record in frame.attrs["failed"]] == ["999999"]
    for code in codes:
        one = GETS[what](code, **days, client=client)  # type: ignore[operator]
        pd.testing.assert_frame_equal(frame.loc[code], one)
    with pytest.raises(ValueError, match=f"freq, adjusted: those of bars; '{what}' comes by day"):
        kr.pull(codes, "5min", what=what, client=client)


def test_what_can_be_pulled(client: Client, tmp_path: Path) -> None:
    """Said before anything is sent."""
    with pytest.raises(
        ValueError, match="what: expected one of bars, investors, foreign, short, credit, lending, program"
    ):
        kr.pull(["005930"], what="trades", client=client)  # type: ignore[arg-type]
    store = kr.Store(tmp_path / "store")
    with pytest.raises(ValueError, match="what: expected one of bars, got 'short'"):
        kr.plan(["005930"], what="short", store=store, client=client)


# --- examples of the manual, by hand -------------------------------------------------------------------------------

THOUSAND = 1_000
# What the first row of an example says, read by hand: shares, won, percent and points. The examples are of the vendor's
# development server, so that some contradict themselves; the units are those of the manual and of calls that were recorded.
BY_HAND: dict[str, dict[str, Any]] = {
    "ka10031": {"code": "005930", "price": 81, "previous_volume": 0},
    "ka10036": {"foreign_room": 600_000, "foreign_exhaustion": 0, "foreign_exhaustion_change": 283.33},
    "ka10039": {"period_change": 9, "period_change_pct": 3.52, "period_volume": 17_608_995, "net": 406_895,
                "bought": 427_268, "sold": 20_373, "net_value": 119_706 * THOUSAND, "sold_value": 5_863 * THOUSAND},
    "ka10058": {"net": 446_400, "net_value": 25_467 * MILLION, "average_price": 57_056, "price": 61_300,
                "price_gap": 4_244, "price_gap_pct": 7.43, "period_volume": 1_554_171},
    "ka10062": {"institution_net": 2, "institution_average": 206_000, "foreign_net": 275, "foreign_net_value": 59 * MILLION,
                "net": 277, "net_value": 59 * MILLION},
    "ka10069": {"code": "005930", "lent": 1_209_600, "repaid": 0, "lending_balance": 1_505_173,
                "lending_value": 1_203 * MILLION},
    "ka20004": {"close": 3_881.93, "volume": 4 * THOUSAND, "change": 180.31},
    "ka20007": {"open": 2_510.64, "high": 2_527.33, "low": 2_499.18, "close": 2_521.27, "volume": 393_564 * THOUSAND,
                "value": 10_582_466 * MILLION},
    "ka20008": {"open": 3_806.58, "close": 4_054.07, "volume": 366 * THOUSAND, "value": 61_127 * MILLION},
    "ka20019": {"open": 2_400.87, "high": 4_090.75, "close": 3_879.23, "volume": 11_034_579 * THOUSAND},
    "ka20068": {"lent": 1_210_354, "repaid": 2_693_108, "lending_change": -1_482_754, "lending_balance": 98_242_435,
                "lending_value": 5_452_455 * MILLION},
    "ka30005": {"right": "콜", "price": 15, "parity": 90.1, "gearing": 2_267.53, "theoretical_price": 656.37,
                "implied_volatility": 20.15, "delta": 0.282426, "leverage": 640.409428, "elw_strike": 377.5,
                "elw_expiry": pd.Timestamp("2024-12-16"), "days_left": 21, "disparity": -97.71},
    "ka40003": {"close": 100_535, "nav": 0, "tracking_error": 0, "index_level": 0},
    "ka40004": {"name": "KODEX 200", "close": 24_200, "nav": 25_137.83, "index_name": "KOSPI100"},
    "ka50079": {"close": 152_390, "change": 710, "volume": 4},
    "ka50080": {"open": 142_180, "low": 142_170, "volume": 76, "volume_so_far": 98_963},
    "ka50081": {"open": 152_200, "high": 152_470, "close": 152_400, "volume": 3_739, "value": 570 * MILLION},
    "ka50082": {"close": 152_430, "volume": 567_619, "value_raw": 8_553_629},
    "ka50083": {"close": 152_430, "volume": 5_269_714, "value": 793_461_419_830},
    "ka50100": {"change": 870, "change_pct": 0.57, "grams": 16_326, "open": 152_200, "previous_close": 151_680,
                "volume_ratio": 5.36, "upper_limit": 166_840},
    "ka90002": {"code": "005930", "price": 57_800, "period_return": 0},
    "ka90008": {"price": 245_500, "volume": 104_006, "program_sold": 58_173, "program_net": -14_240,
                "program_net_change": 3_142, "program_sold_value": 14_245 * MILLION, "program_net_value": -3_472 * MILLION,
                "time_of_day": pd.Timedelta("15:30:29")},
}  # fmt: skip


@pytest.mark.parametrize("api_id", BY_HAND)
def test_examples_of_the_manual_by_hand(api_id: str, test_data: Path) -> None:
    """The newest row of a series, the first one of a list."""
    file = test_data / "reference" / "manual_examples" / f"{api_id}_m.json"
    reply = json.loads(file.read_text(encoding="utf-8"))
    request = {key: str(value) for key, value in reply.pop("_request", {}).items()}
    table = QUERIES[api_id].table(request)
    retrieved = datetime(2026, 11, 20, 21, 30, tzinfo=KST)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = frames.build(table, [reply], request=request, retrieved=retrieved)
    row = frame.reset_index().iloc[-1 if table.freq else 0]
    for name, value in BY_HAND[api_id].items():
        expected = pytest.approx(value) if isinstance(value, float) else value
        assert row[name] == expected, name
