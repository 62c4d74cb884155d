"""Two closes: a store in a world where the daily close is the 20:00 trade, held against what is true of that world."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.store.check import check_codes

from .conftest import quiet
from .two_closes import LONG_DAY, Meaning, Stock, World, sessions

DAYS = sessions("2026-06-01")
EVENTS = {
    "100010": {"2026-10-06": 0.96},  # rights issue
    "100020": {"2026-10-07": 0.76},  # spin-off
    "100030": {"2026-10-12": 0.5},  # bonus issue
    "100040": {"2026-10-13": 0.2},  # split
    "100050": {"2026-10-20": 5.0},  # reverse split after a halt
    "100060": {"2026-10-21": 3.3},  # reduction after a halt
    "100070": {"2026-10-01": 0.8, "2026-10-29": 0.5},  # two
    "100080": {"2026-07-06": 0.96, "2026-08-10": 0.5},  # before the long day
    "100090": {"2026-08-20": 0.76, "2026-10-15": 0.9},  # one of each
    "100100": {"2026-10-22": 0.985},  # its base price may lie inside the day before
}
HALTS = {
    "100050": ["2026-10-15", "2026-10-16", "2026-10-19"],
    "100060": ["2026-10-19", "2026-10-20"],
    "100110": ["2026-10-07", "2026-10-08"],
}


def acting() -> list[Stock]:
    """Stocks with corporate actions and halts, a new one, a fund, one that is delisted on the way."""
    made = [
        Stock(code, DAYS, EVENTS.get(code, {}), HALTS.get(code, ())) for code in sorted({*EVENTS, *HALTS})
    ]
    gone = Stock("100140", DAYS[DAYS <= "2026-10-23"], {"2026-10-14": 0.8})
    return [*made, Stock("100120", DAYS[DAYS >= "2026-10-08"]), Stock("100130", DAYS, fund=True), gone]


def calm(count: int) -> list[Stock]:
    """Stocks without a corporate action."""
    return [Stock(f"2{n:04}0", DAYS) for n in range(count)]


def events_of(stocks: list[Stock]) -> dict[tuple[str, str], float]:
    """What was planted, by code and day."""
    return {
        (stock.code, f"{day:%Y-%m-%d}"): ratio
        for stock in stocks
        for day, ratio in stock.ratios[stock.ratios != 1].items()
    }


def found_in(store: kr.Store) -> dict[tuple[str, str], float]:
    """The stored events, by code and day."""
    events = store.events()
    days = events["date"].dt.strftime("%Y-%m-%d")
    return dict(zip(zip(events["code"], days, strict=True), events["ratio"], strict=True))


def wrong_prices(store: kr.Store, stocks: list[Stock], first: str = "2026-06-01") -> dict[str, int]:
    """How many adjusted closes of each code are not the true ones, to the won."""
    bars = store.bars(columns=["close"])["close"]
    wrong = {}
    for stock in stocks:
        true = stock.adjusted(stock.days[-1])[first:]
        own = bars.loc[stock.code].reindex(true.index)
        wrong[stock.code] = int((own != true).sum())
    return {code: count for code, count in wrong.items() if count}


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[World, Client, kr.Store]]:
    """A server of the acting stocks, a client and an empty store; the parameter is the meaning of a change."""
    with World(acting(), meaning=getattr(request, "param", "base")) as server:
        with Client(server.settings(tmp_path)) as client:
            yield server, client, kr.Store(tmp_path / "store")
        server.shutdown()


@pytest.mark.parametrize("world", ["base", "close", "absent"], indirect=True)
def test_a_fill_finds_every_event(world: tuple[World, Client, kr.Store]) -> None:
    """Whatever a change is against, and without one: each event, each adjusted close to the won, and nothing else."""
    server, client, store = world
    stocks = list(server.stocks.values())
    report = quiet(store, list(server.stocks), client, since="2026-06-01")
    assert report["error"].eq("").all()
    planted, found = events_of(stocks), found_in(store)
    assert found.keys() == planted.keys()
    assert {key: found[key] / ratio for key, ratio in planted.items()} == pytest.approx(
        dict.fromkeys(planted, 1.0), rel=1e-12 if server.meaning == "base" else 1e-4
    )
    assert wrong_prices(store, stocks) == {}
    checked = store.verify()
    assert checked.empty
    assert checked.attrs["unchecked"] == 0


@pytest.mark.parametrize("meaning", ["base", "close", "absent"])
def test_events_behind_the_newest_page(meaning: Meaning, tmp_path: Path, test_data: Path) -> None:
    """Two pages of sessions: silent or missing changes are held against older pages of the adjusted chart too.

    Undecidable to the won: the ratio of an event since the long day without a base price, which the report names.
    """
    listed = pd.read_csv(test_data / "data/calendar/krx_trading_days_2010_2026.csv")["date"]
    days = pd.DatetimeIndex(listed).as_unit(DAYS.unit)
    days = days[(days >= "2022-01-03") & (days <= "2026-05-29")].union(DAYS[DAYS >= "2026-06-01"])
    events = {"2022-06-07": 0.96, "2023-05-09": 0.76, "2026-10-06": 0.9}
    stocks = [Stock("100210", days, events), Stock("100220", days)]
    with World(stocks, meaning=meaning) as server, Client(server.settings(tmp_path)) as client:
        store = kr.Store(tmp_path / "store")
        report = quiet(store, list(server.stocks), client, since="2022-01-03")
        server.shutdown()
    planted = events_of(stocks)
    assert found_in(store).keys() == planted.keys()
    assert store.verify().attrs["unchecked"] == 0
    wrong = wrong_prices(store, stocks, "2022-01-01")
    assert wrong == {} if meaning == "base" else sum(wrong.values()) <= 3
    assert "2026-10-06: only the adjusted chart shows an event" in report["note"]["100210"]


def test_two_hundred_calm_stocks(tmp_path: Path) -> None:
    """Raw pages plus one adjusted page each, and no event."""
    with World(calm(200)) as server, Client(server.settings(tmp_path)) as client:
        store = kr.Store(tmp_path / "store")
        planned = store.plan("kospi", since="2026-06-01", client=client)
        report = quiet(store, "kospi", client, since="2026-06-01")
        assert server.calls() == {"ka10081": 400, "ka10099": 1}
        assert planned["requests"] == 400
        server.shutdown()
    assert store.events().empty
    assert report["note"].eq("").all()


@pytest.mark.parametrize("world", ["base"], indirect=True)
def test_official_closes_of_frames_and_store(world: tuple[World, Client, kr.Store]) -> None:
    """Where one is given it is the true one, and it is given wherever the next base price is one of the day's prices."""
    server, client, store = world
    quiet(store, "all", client, since="2026-06-01")
    stored = store.bars(adjusted=False)
    for stock in server.listed():
        frame = kr.get_bars(stock.code, adjusted=False, client=client)
        true, ordinary = stock.bars["official"], (stock.ratios == 1).shift(-1, fill_value=False)
        own = stored.loc[stock.code]
        for bars in (frame, own):
            given = bars["official_close"]
            odd = (given != true) & given.notna()
            if bars is own:
                assert not odd.any(), stock.code
            else:  # a frame alone takes the base price of an event for a close if it is one of the day's prices
                assert set(true.index[odd]) <= set(true.index[~ordinary]), stock.code
            told = ordinary & (true.index >= LONG_DAY) & ~pd.Series(stock.fund, true.index)
            assert given[told & (stock.bars["volume"] > 0)].notna().all(), stock.code
            assert (bars.loc[:"2026-09-11", "official_close"] == bars.loc[:"2026-09-11", "close"]).all()
        known = own["official_close"].notna()
        signs = np.sign(own["official_close"] - (own["close"] - own["change"]))
        assert (own["official_close_sign"][known] == signs[known]).all()
    fund = stored.loc["100130"]
    assert (fund["official_close"] == fund["close"]).all()
    assert fund["official_close_source"].eq("close").all()
    newest = stored.groupby("code").tail(1).drop("100130", level="code")
    assert newest["official_close"].isna().all()
    assert newest["official_close_source"].eq("none").all()
    asked = kr.get_bars("100010", official_close="minute", client=client).iloc[-1]
    assert asked["official_close"] == server.stocks["100010"].bars["official"].iloc[-1]
    assert asked["official_close_source"] == "minute_1530"


def test_a_base_price_outside_the_day_is_no_official_close(world: tuple[World, Client, kr.Store]) -> None:
    """The day before a split into five: its base price is no price of that day, in a frame and in a store."""
    _, client, store = world
    quiet(store, "100040", client, since="2026-06-01")
    frame = kr.get_bars("100040", adjusted=False, client=client)
    for bars in (frame, store.bars("100040", adjusted=False).loc["100040"]):
        eve = bars.loc["2026-10-12"]
        assert np.isnan(eve["official_close"])
        assert eve["official_close_source"] == "none"
        assert eve["official_close_sign"] == 0


def test_a_change_against_the_close_tells_no_official_close(tmp_path: Path) -> None:
    """Then a base price is the 20:00 price, and nothing is taken for an official close."""
    with World(calm(3), meaning="close") as server, Client(server.settings(tmp_path)) as client:
        bars = kr.get_bars("200010", client=client)[LONG_DAY:]
        server.shutdown()
    assert bars["official_close"].isna().all()
    assert bars["official_close_source"].eq("none").all()


def evenings(
    server: World, store: kr.Store, client: Client, *, record: bool, check: int = 0
) -> list[dict[str, int]]:
    """Forty evenings by quotes; what each of them asked for."""
    costs = []
    for day in DAYS[DAYS >= LONG_DAY]:
        if record:
            server.show(f"{day:%Y-%m-%d} 15:35")
            assert store.record_close("all", client=client)["different"] == 0
        server.show(f"{day:%Y-%m-%d} 21:30")
        server.calls()
        report = store.refresh("all", client=client, check=check, progress=False)
        assert report["error"].eq("").all()
        costs.append(
            server.calls() | {"candidates": int(report["reason"].str.contains("outside low to high").sum())}
        )
    return costs


def test_forty_evenings_with_recorded_closes(world: tuple[World, Client, kr.Store]) -> None:
    """Who records the closes knows every event on its evening, exactly, and nothing is left unchecked."""
    server, client, store = world
    server.show("2026-09-11 21:30")
    quiet(store, "all", client, since="2026-06-01")
    evenings(server, store, client, record=True)
    stocks = list(server.stocks.values())
    planted = events_of(stocks)
    assert found_in(store) == pytest.approx(planted, rel=1e-12)
    assert wrong_prices(store, stocks) == {}
    assert store.verify().attrs["unchecked"] == 0
    bars = store.bars(adjusted=False)
    shares = bars.drop("100130", level="code")
    traded = shares[(shares.index.get_level_values("date") >= LONG_DAY) & (shares["volume"] > 0)]
    assert traded["official_close_source"].eq("read_at_close").all()
    for code, own in traded.groupby(level="code"):
        assert (
            own["official_close"].droplevel("code")
            == server.stocks[code].bars["official"][own.droplevel("code").index]
        ).all()


def test_forty_evenings_of_quotes_alone(world: tuple[World, Client, kr.Store]) -> None:
    """A base price outside the day before is looked into at once; one inside waits for the rotating check."""
    server, client, store = world
    server.show("2026-09-11 21:30")
    quiet(store, "all", client, since="2026-06-01")
    costs = evenings(server, store, client, record=False)
    stocks = list(server.stocks.values())
    assert all((cost["ka10099"], cost["ka10095"]) == (2, 1) for cost in costs)
    charts = [cost.get("ka10081", 0) - cost["candidates"] for cost in costs]
    days = DAYS[DAYS >= LONG_DAY].strftime("%m-%d")
    # the new stock; two that come back from a halt at another base price, each with its adjusted page
    assert {day: count for day, count in zip(days, charts, strict=True) if count} == {
        "10-08": 1,
        "10-20": 2,
        "10-21": 2,
    }
    assert 0 < sum(cost["candidates"] for cost in costs) < 15  # few of 520 ordinary days leave their range
    planted, found = events_of(stocks), found_in(store)
    inside = set(planted) - set(found)
    assert all(  # what was not found had a base price among the prices of the day before
        stock.bars["low"].shift()[day] <= stock.bars["base"][day] <= stock.bars["high"].shift()[day]
        for code, day in inside
        for stock in [server.stocks[code]]
    )
    assert (
        found.items()
        <= {**found, **{k: pytest.approx(v, rel=2e-5) for k, v in planted.items() if k in found}}.items()
    )
    assert set(found) <= set(planted)
    assert store.verify().attrs["unchecked"] > 0
    server.show("2026-11-13 22:00")
    with store._reader.folder.writing():
        check_codes(store._reader, list(server.stocks), client.frozen(), progress=False)
    assert found_in(store).keys() == planted.keys()
    assert wrong_prices(store, stocks) == {}
    assert store.verify().attrs["unchecked"] == 0


def test_an_adjusted_chart_that_steps_daily_is_no_witness(tmp_path: Path) -> None:
    """Then the report says so, no ordinary day becomes an event, and its sessions stay unchecked."""
    with World([*calm(20), *acting()], daily=True) as server, Client(server.settings(tmp_path)) as client:
        store = kr.Store(tmp_path / "store")
        report = quiet(store, [s.code for s in calm(20)], client, since="2026-06-01")
        assert store.events().empty
        assert report["note"].str.contains("steps on ordinary days too").all()
        assert store.verify().attrs["unchecked"] > 0
        split = quiet(store, "100040", client, since="2026-06-01")
        server.shutdown()
    assert "the ratio" in split["note"].iloc[0]
    assert store.events()["date"].dt.strftime("%Y-%m-%d").tolist() == ["2026-10-13"]


def test_update_without_a_check_says_what_it_did_not_look_at(world: tuple[World, Client, kr.Store]) -> None:
    """`check=False` saves one request a code, and the sessions are counted as unchecked."""
    server, client, store = world
    server.show("2026-09-11 21:30")
    quiet(store, "100110", client, since="2026-06-01")
    server.show("2026-09-22 21:30")
    server.calls()
    assert store.plan(check=False, client=client)["requests"] == 1
    quiet(store, None, client, check=False)
    assert server.calls()["ka10081"] == 1
    unchecked = store.verify().attrs["unchecked"]
    assert unchecked == 7
    assert store.codes()["checked"].dt.strftime("%Y-%m-%d").tolist() == ["2026-09-11"]


def test_closes_are_recorded_in_their_half_hour_only(world: tuple[World, Client, kr.Store]) -> None:
    """Outside of it the error says when, and nothing is sent."""
    server, client, store = world
    quiet(store, "100010", client, since="2026-10-01")
    for clock, words in (
        ("2026-11-13 15:30", "from 15:31 to before 16:00"),
        ("2026-11-13 16:00", "from 15:31 to before 16:00"),
        ("2026-11-14 15:40", "is none; the next is 2026-11-16"),
        ("2026-11-19 16:40", "is an exam day"),
        ("2026-09-11 15:40", "the daily close is the official close"),
    ):
        server.show(clock)
        kr.get_stocks("etf", client=client, refresh=True)  # the client learns the time
        server.calls()
        with pytest.raises(kr.KiwoomError, match=words):
            store.record_close(client=client)
        assert server.calls() == {}


def test_what_was_read_first_stays(
    world: tuple[World, Client, kr.Store], caplog: pytest.LogCaptureFixture
) -> None:
    """A second reading that differs is counted and logged, never swapped in silence."""
    server, client, store = world
    server.show("2026-11-12 21:30")
    quiet(store, "100010", client, since="2026-10-01")
    server.show("2026-11-13 15:35")
    assert store.record_close(client=client)["recorded"] == 1
    assert "official close" not in caplog.text  # nothing differs yet
    read = int(server.stocks["100010"].bars.at[pd.Timestamp("2026-11-13"), "official"])
    server.stocks["100010"].bars.loc["2026-11-13", "official"] += 50
    assert store.record_close(client=client)["different"] == 1
    assert "official close" in caplog.text
    assert "the first is kept" in caplog.text
    assert f"official close {read} (read_at_close), now {read + 50} (read_at_close)" in caplog.text
    server.show("2026-11-13 21:30")
    store.refresh(check=0, client=client, progress=False)
    day = store.bars("100010", start="2026-11-13", adjusted=False)
    assert day["official_close"].tolist() == [read]
    assert day["official_close_source"].tolist() == ["read_at_close"]
