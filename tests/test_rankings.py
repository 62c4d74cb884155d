"""Rankings, flows, sectors and indices: recorded replies in won and shares, parameters, and the sandbox's market."""

import json
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
from kiwoom_research.data.rankings import RANKINGS, filter_steps, options_of
from kiwoom_research.endpoints import QUERIES
from kiwoom_research.sandbox import Sandbox

from .conftest import client_of

# --- recorded replies -----------------------------------------------------------------------------

MILLION = 1_000_000
# file -> when, what was asked, keys that were not recorded but are not optional, and the numbers by hand
RECORDED: dict[str, tuple[str, dict[str, str], Any, dict[str, Any]]] = {
    "ka10008_1": ("2025-10-29 21:26", {"stk_cd": "005930"}, "2025-10-27", {
        "foreign_holding": 52.36, "volume": 22_169_970, "foreign_change": 8_230_623, "complete": True}),
    "ka10014_1": ("2026-07-07 20:30", {"stk_cd": "005930"}, "2026-07-07", {
        "close": 296_000, "close_sign": -1, "change": -22_000, "change_pct": -6.92, "volume": 32_421_032,
        "short_volume": 1_388_296, "short_volume_sum": 31_227_619, "short_ratio": 4.28,
        "short_value": 409_605_540_000, "short_price": 295_042, "direction": "down"}),
    "ka10027_1": ("2026-07-05 12:00", {}, "222160", {
        "stock_class": "14", "name": "NPX", "price": 140, "price_sign": 1, "change": 46, "change_pct": 48.94,
        "volume": 3_789_445}),
    "ka10030_1": ("2026-07-05 12:00", {}, "252670", {
        "price": 75, "price_sign": -1, "change": -9, "change_pct": -10.71, "volume": np.nan,
        "value": 1_209_973 * MILLION}),
    "ka10032_1": ("2026-07-05 12:00", {}, "005930", {
        "price": 309_500, "price_sign": 1, "change": 23_500, "change_pct": 8.22, "volume": 31_520_538,
        "value": 9_454_829 * MILLION, "rank": np.nan}),
    # asked for money: 298,953 won a share where the exchange counted 4,369,649 net shares of institutions
    "ka10059_1": ("2026-07-05 12:00", {"stk_cd": "005930", "amt_qty_tp": "1", "trde_tp": "0"}, "2026-07-03", {
        "close": 309_500, "close_sign": 1, "volume": 31_520_538, "individual_net_value": -918_447 * MILLION,
        "foreign_net_value": -387_249 * MILLION, "institution_net_value": 1_306_315 * MILLION,
        "securities_net_value": 630_551 * MILLION, "insurance_net_value": 45_465 * MILLION,
        "trust_net_value": 534_454 * MILLION, "other_finance_net_value": -2_672 * MILLION,
        "bank_net_value": 4_487 * MILLION, "pension_net_value": 58_691 * MILLION,
        "private_fund_net_value": 35_339 * MILLION, "state_net_value": 0, "company_net_value": 6_929 * MILLION,
        "resident_foreign_net_value": -7_548 * MILLION}),
    "ka10059_2": ("2026-08-05 12:00", {"amt_qty_tp": "2", "trde_tp": "0", "unit_tp": "1"}, "2026-08-03", {
        "foreign_net": -3_923_675, "resident_foreign_net": 27_186, "institution_net": -5_039_954,
        "individual_net": 8_658_155}),
    "ka20001_1": ("2026-07-09 20:30", {"inds_cd": "001"}, "001", {
        "level": 7_246.79, "level_sign": -1, "level_change": -409.52, "change_pct": -5.35,
        "volume": 501_071_000, "value": 42_465_431 * MILLION, "traded_stocks": 912, "rising": 125,
        "open_level": 7_452.48, "high_level": 7_791.66, "high_level_sign": 1, "low_level": 7_186.21,
        "high_52w_date": pd.Timestamp("2026-06-19"), "low_52w_gap": 138.97}),
    "ka20002_1": ("2026-07-09 20:30", {}, "000050", {
        "name": "경방", "price": 8_180, "price_sign": -1, "open": 8_300, "open_sign": 0, "high": 8_400,
        "high_sign": 1, "low": 8_110, "ask": 8_180, "bid": 8_160, "volume": 34_020}),
    "ka10032_3": ("2026-10-01 20:30", {}, "000660_AL", {
        "rank": 1, "previous_rank": 2, "name": "SK하이닉스", "price": 1_841_000, "price_sign": 1, "direction": "up",
        "change": 8_000, "change_pct": 0.44, "ask": 1_842_000, "bid": 1_841_000, "volume": 2_911_335,
        "previous_volume": 3_274_713, "value": 5_359_250 * MILLION}),
    "ka20003_2": ("2026-08-05 10:50", {"inds_cd": "001"}, "003", {
        "name": "중형주", "level": 3_902.20, "level_sign": 1, "change_pct": 2.74, "limit_ups": 0, "rising": 160,
        "unchanged": 5, "falling": 31, "limit_downs": 0}),
    "ka20006_1": ("2026-07-21 20:30", {"inds_cd": "001"}, "2026-07-20", {
        "open": 6_643.58, "high": 6_814.86, "low": 6_472.80, "close": 6_516.27, "close_sign": -1,
        "volume": 345_825_000, "value": 29_690_576 * MILLION}),
}  # fmt: skip


# published without some of their columns: those are no columns to compare
CUT = {"ka10059_2", "ka20003_2"}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_replies(name: str, test_data: Path) -> None:
    """A reply of the real server becomes the numbers worked out by hand."""
    when, request, label, expected = RECORDED[name]
    reply = json.loads((test_data / "recorded" / f"{name}.json").read_text(encoding="utf-8"))
    retrieved = datetime.fromisoformat(when).replace(tzinfo=KST)
    table = QUERIES[name[:7]].table(request, "summary" if name.startswith("ka20001") else "")
    if name in CUT:
        blank = {field.raw: "" for field in table.fields}
        reply[table.rows] = [{**blank, **row} for row in reply[table.rows]]
    frame = frames.build(table, [reply], request=request, retrieved=retrieved, strict=True)
    row = frame.loc[label]
    found = {column: row[column] for column in expected}
    assert all(
        found[column] == value or (value != value and pd.isna(found[column]))
        for column, value in expected.items()
    ), found


def test_recorded_numbers_hang_together(test_data: Path) -> None:
    """Institutions are the sum of their kinds, a short sale's value its volume times its price, all but rounding."""

    def row(name: str) -> dict[str, str]:
        reply = json.loads((test_data / "recorded" / f"{name}.json").read_text(encoding="utf-8"))
        return dict(next(value for value in reply.values() if isinstance(value, list))[0])

    investors = {key: int(text) for key, text in row("ka10059_1").items() if key not in ("dt", "pre_sig")}
    parts = ("fnnc_invt", "insrnc", "invtrt", "etc_fnnc", "bank", "penfnd_etc", "samo_fund", "natn")
    assert sum(investors[part] for part in parts) == investors["orgn"]
    sides = ("ind_invsr", "frgnr_invsr", "orgn", "etc_corp", "natfor")
    assert sum(investors[side] for side in sides) == 0
    short = row("ka10014_1")
    assert int(short["shrts_qty"]) * int(short["shrts_avg_pric"]) / 1000 == pytest.approx(
        int(short["shrts_trde_prica"]), rel=1e-5
    )


# --- rankings of the sandbox ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def reader(shared_box: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A client that only reads."""
    with client_of(shared_box, tmp_path_factory.mktemp("rankings")) as made:
        yield made


# what each ranking is sorted by: the highest first, or with a minus the lowest
KEYS = {
    "volume": "volume", "turnover": "turnover", "value": "value", "gainers": "change_pct", "losers": "-change_pct",
    "volume_surge": "surge_pct", "gainers_since_open": "open_change_pct", "losers_since_open": "-open_change_pct",
    "gainers_in_minutes": "jump_pct", "losers_in_minutes": "-jump_pct", "gainers_single_price": "single_change_pct",
    "losers_single_price": "-single_change_pct", "previous_volume": "previous_volume", "low_per": "-per",
    "high_per": "per", "low_pbr": "-pbr", "high_pbr": "pbr", "low_roe": "-roe", "high_roe": "roe", "bids": "net_size",
    "asks": "-net_size", "bids_surge": "surge", "asks_surge": "surge", "bid_ratio_surge": "bid_to_ask_surge",
    "credit": "credit_ratio", "lending": "lent", "foreign_bought": "foreign_net", "foreign_sold": "-foreign_net",
    "foreign_streak_bought": "foreign_net_sum", "foreign_streak_sold": "-foreign_net_sum",
    "foreign_limit": "foreign_exhaustion_change", "foreign_brokers_bought": "foreign_broker_net_value",
    "foreign_brokers_sold": "-foreign_broker_net_value", "broker_bought": "net", "broker_sold": "-net",
    "both_bought": "net", "both_sold": "-net", "investor_bought": "net", "investor_sold": "-net",
    "estimated_bought": "estimated_net", "estimated_sold": "-estimated_net", "program_bought": "program_net",
    "program_sold": "-program_net", "viewed": "-rank",
}  # fmt: skip
ALL_STEPS = ("volume", "gainers", "new_high")  # of the others the first and the last step of each filter
ONE_SIDED = {by for by in KEYS if by.endswith(("_bought", "_sold"))} | {"gainers", "losers", "bids", "asks"}


def needed(by: str) -> dict[str, Any]:
    """The options that a ranking cannot do without."""
    known = options_of(by)
    one_market = "market" in known and "all" not in known["market"].choices
    return {**({"market": "kospi"} if one_market else {}), **({"broker": "050"} if "broker" in known else {})}


@pytest.mark.parametrize("by", KEYS)
def test_rankings_are_in_order(by: str, reader: Client) -> None:
    """Best first, through two pages; who bought has bought, and who sold has sold."""
    frame = kr.get_ranking(by, pages=2, **needed(by), client=reader)
    assert len(frame) >= (10 if by == "lending" else 20)
    assert frame.index.is_unique
    column = KEYS[by].removeprefix("-")
    values = -frame[column] if KEYS[by] != column else frame[column]
    assert values.is_monotonic_decreasing
    assert by not in ONE_SIDED or (values >= 0).all()  # money is rounded to a million
    assert "price" not in frame or frame["price"].gt(0).all()


def test_every_ranking_has_its_order_tested() -> None:
    """All but those with a test of their own."""
    own = {
        "new_high",
        "new_low",
        "near_high",
        "near_low",
        "limit_up",
        "limit_down",
        "volume_high",
        "previous_value",
    }
    assert set(RANKINGS) - set(KEYS) == own | {"gainers_expected", "losers_expected"}


def test_expected_prices_are_those_of_an_auction(box: Sandbox, client: Client) -> None:
    """Before the opening and the close, and at no other time."""
    box.set_clock("2026-11-20 11:00")
    assert kr.get_ranking("gainers_expected", client=client).empty
    box.set_clock("2026-11-20 15:25")
    up = kr.get_ranking("gainers_expected", client=client)
    down = kr.get_ranking("losers_expected", client=client)
    assert up["expected_change_pct"].is_monotonic_decreasing
    assert down["expected_change_pct"].is_monotonic_increasing
    assert up["expected_change_pct"].min() > 0 > down["expected_change_pct"].max()
    assert (up["expected_price"] == up["base_price"] + up["expected_change"]).all()


def test_near_extremes_and_highest_volumes_are_those_of_the_bars(reader: Client) -> None:
    """Within one percent of the day's high or low; more shares than in any of the sessions before."""
    high, low = (kr.get_ranking(f"near_{side}", pages=9, client=reader) for side in ("high", "low"))
    assert (high["high"] <= high["price"] * 1.01 + 1e-9).all()
    assert (low["low"] >= low["price"] * 0.99 - 1e-9).all()
    everybody = kr.get_ranking("volume", pages=9, client=reader)
    rest = kr.get_quotes(everybody.index.difference(high.index), client=reader)
    assert (rest["high"] > rest["price"] * 1.01).all()
    record = kr.get_ranking("volume_high", sessions=5, client=reader)
    assert 0 < len(record) < len(everybody)
    for code in [*record.index[:3], "005930", "000660"]:
        past = kr.get_bars(code, client=reader)["volume"].tail(5)
        listed = past.iloc[-1] == past.max() and past.iloc[-1] >= 5_000
        assert (code in record.index) == listed, code


def test_previous_value_is_that_of_the_bars(reader: Client) -> None:
    """The volume of the session before at its close, best first."""
    frame = kr.get_ranking("previous_value", client=reader).head(5)
    worth = []
    for code in frame.index:
        day = kr.get_bars(code, adjusted=False, client=reader).iloc[-2]
        assert frame.loc[code, "previous_volume"] == day["volume"], code
        worth.append(day["volume"] * day["close"])
    assert worth == sorted(worth, reverse=True)


def test_foreign_rankings_are_those_of_the_flows(reader: Client) -> None:
    """Over five sessions: what the flows of the stock add up to; in a row: three sessions of the same side."""
    frame = kr.get_ranking("foreign_bought", sessions=5, client=reader)
    for code in frame.index[:3]:
        flows = kr.get_investors(code, client=reader)["foreign_net"]
        assert frame.loc[code, "foreign_net"] == flows.tail(5).sum(), code
    row = kr.get_ranking("foreign_streak_sold", client=reader)
    for code in row.index[:3]:
        days = kr.get_investors(code, client=reader)["foreign_net"].iloc[-4:-1]
        assert (days < 0).all(), code
        assert row.loc[code, ["foreign_net_3", "foreign_net_2", "foreign_net_1"]].tolist() == days.tolist()


def test_investor_rankings_over_days(reader: Client) -> None:
    """One kind of investor over the days asked: its flows, to a hundred shares."""
    days = {"start": "2026-11-16", "end": "2026-11-19", "client": reader}
    frame = kr.get_ranking("investor_sold", "kospi", investor="pension", **days)
    for code in frame.index[:3]:
        net = kr.get_investors(code, **days)["pension_net"].sum()
        assert abs(frame.loc[code, "net"] - net) <= 50, code
    both = kr.get_ranking("both_bought", **days)
    for code in both.index[:3]:
        flows = kr.get_investors(code, **days)[["institution_net", "foreign_net"]].sum()
        assert (flows > 0).all(), code
        assert both.loc[code, "net"] == flows.sum(), code


def test_brokers_rank_what_they_trade(reader: Client) -> None:
    """What a broker bought less what it sold; every broker has its own list."""
    lists = [kr.get_ranking("broker_bought", broker=broker, client=reader) for broker in ("003", "045")]
    for frame in lists:
        assert (frame["net"] == frame["bought"] - frame["sold"]).all()
    assert lists[0].index.tolist() != lists[1].index.tolist()
    with pytest.raises(ValueError, match="broker: the ranking by broker_sold needs one"):
        kr.get_ranking("broker_sold", client=reader)


def test_minutes_ago(reader: Client) -> None:
    """Against how many minutes ago: the price of that minute."""
    frame = kr.get_ranking("losers_in_minutes", minutes=30, client=reader)
    code = frame.index[0]
    minutes = kr.get_minutes(code, client=reader)["close"]
    assert frame.loc[code, "jump_base"] == minutes.iloc[-31]
    assert frame.loc[code, "jump"] == frame.loc[code, "price"] - minutes.iloc[-31]
    assert kr.get_ranking("volume_surge", minutes=10, client=reader).attrs["ranking"] == "volume_surge"


def test_ranking_by_value_is_that_of_the_quotes(reader: Client) -> None:
    """The first fifty by traded value are those of the quotes of the whole market."""
    everybody = kr.get_quotes(kr.get_stocks("all", client=reader), client=reader)
    frame = kr.get_ranking("value", client=reader).head(50)
    best = everybody.sort_values("value", ascending=False).head(50)
    assert set(frame.index) == set(best.index)
    same = everybody.loc[frame.index]
    for column in ("price", "price_sign", "change", "change_pct", "volume", "value"):
        assert (frame[column] == same[column]).all(), column
    assert frame["rank"].tolist() == list(range(1, 51))


def test_gainers_and_losers_are_two_sides(reader: Client) -> None:
    """Gainers rise and losers fall."""
    up, down = (kr.get_ranking(by, pages=5, client=reader) for by in ("gainers", "losers"))
    assert (up["change_pct"] > 0).all()
    assert (down["change_pct"] < 0).all()
    assert not set(up.index) & set(down.index)


def test_markets_are_told_by_name(reader: Client) -> None:
    """KOSPI and KOSDAQ are apart and together are all."""
    parts = {
        market: kr.get_ranking("volume", market, pages=9, client=reader)
        for market in ("kospi", "kosdaq", "all")
    }
    assert set(parts["kospi"].index) | set(parts["kosdaq"].index) == set(parts["all"].index)
    assert not set(parts["kospi"].index) & set(parts["kosdaq"].index)
    assert set(parts["kosdaq"].index) <= set(kr.get_stocks("kosdaq", client=reader).index)
    assert parts["all"].attrs["truncated"] is False
    assert kr.get_ranking("volume", client=reader).attrs["truncated"] is True


def test_new_highs_are_those_of_the_bars(reader: Client) -> None:
    """A stock is on the list exactly when today's high is the highest of the sessions asked."""
    frame = kr.get_ranking("new_high", sessions=20, client=reader)
    assert len(frame) > 3
    for code in [*frame.index[:3], "005930", "000660", "850070"]:
        last = kr.get_bars(code, client=reader).tail(20)
        is_high = last["high"].iloc[-1] == last["high"].max()
        assert (code in frame.index) == is_high, code
        if is_high:
            assert frame.loc[code, "period_high"] == last["high"].max()
            assert frame.loc[code, "period_low"] == last["low"].min()
    assert len(kr.get_ranking("new_high", sessions=250, client=reader)) < len(frame)


def test_limit_moves(box: Sandbox, client: Client) -> None:
    """The stock that closes at its upper limit is on the list of that day and not of the next one."""
    box.set_clock("2026-11-18 20:30")
    up = kr.get_ranking("limit_up", client=client)
    assert up.index.tolist() == ["850010"]
    assert up["direction"].tolist() == ["limit up"]
    assert up["ask"].tolist() == [0]  # nobody sells
    box.set_clock("2026-11-19 20:30")
    assert kr.get_ranking("limit_down", client=client).index.tolist() == ["850020"]
    assert kr.get_ranking("limit_up", client=client).empty


def test_both_venues(reader: Client) -> None:
    """Both venues: the venue is a column and the index joins with the stock list; what NXT trades comes on top."""
    both, krx = (kr.get_ranking("volume", venue=venue, pages=9, client=reader) for venue in ("both", "krx"))
    assert set(both["venue"]) == {"both"}
    assert set(krx["venue"]) == {"krx"}
    assert both.index.isin(kr.get_stocks("all", client=reader).index).all()
    assert (both.loc[krx.index, "volume"] >= krx["volume"]).all()
    nxt = kr.get_ranking("volume", venue="nxt", pages=9, client=reader)
    assert set(nxt["venue"]) == {"nxt"}
    assert 0 < len(nxt) < len(krx)


@pytest.mark.parametrize("by", RANKINGS)
def test_filters(by: str, reader: Client) -> None:
    """What a filter leaves is what it would leave of the whole list, and the order stays."""
    base = needed(by)
    whole = kr.get_ranking(by, pages=9, **base, client=reader)
    stocks = kr.get_stocks("all", client=reader).loc[whole.index]
    asked = kr.get_quotes(whole.index if len(whole) else ["005930"], client=reader)
    now = asked.reindex(whole.index)
    funds = stocks["type"].isin(["etf", "etn"])
    kept = {
        ("without", "preferred"): funds | (stocks["type"] == "reit") | whole.index.str.endswith("0"),
        ("without", "etf"): stocks["type"] != "etf",
        ("without", "funds"): ~funds,
        ("without", "supervised"): ~stocks["state"].str.contains("관리종목"),
    }
    narrower = 0
    for name in ("without", "min_price", "min_volume", "min_value"):
        steps = list(filter_steps(RANKINGS[by].call, name))
        for value in steps if by in ALL_STEPS else {*steps[:1], *steps[-1:]}:
            if name != "without":
                column = {"min_price": now["price"], "min_volume": now["volume"], "min_value": now["value"]}
                kept[name, value] = column[name] >= value if name in column else None
            given: dict[str, Any] = {name: value}
            frame = kr.get_ranking(by, **given, pages=9, **base, client=reader)
            assert frame.index.tolist() == whole.index[kept[name, value]].tolist(), (name, value)
            narrower += len(frame) < len(whole)
    filters = [name for name in options_of(by) if name.startswith(("without", "min_"))]
    assert narrower or not filters or len(whole) == 0 or by == "value"


def test_filters_that_a_ranking_lacks(reader: Client) -> None:
    """Said before anything is sent, with the steps there are."""
    for by, given, message in (
        (
            "value",
            {"min_price": 1000},
            "min_price: the ranking by value has no such option; it has market, venue, without",
        ),
        ("new_high", {"without": "etf"}, "without: expected one of supervised, preferred"),
        ("volume", {"min_volume": 7}, "min_volume: expected one of 5000, 10000"),
        ("gainers", {"min_value": 100_000_000.0}, "min_value: expected one of 30000000, 50000000, 100000000"),
    ):
        with pytest.raises(ValueError, match=message):
            kr.get_ranking(by, **given, client=reader)  # type: ignore[arg-type]


def test_every_request_is_complete(reader: Client, shared_box: Sandbox) -> None:
    """Every ranking sends every parameter its call requires, with a value that the call has."""
    for by, (call, words, defaults) in RANKINGS.items():
        for param in call.params:
            word = {**defaults, **words}.get(param.name, param.default)
            known = word is not None or param.name in ("broker", "start", "end")
            assert not param.required or known, (by, param.raw)
            assert word is None or not param.choices or word in param.choices, (by, param.raw)
        assert set(words) | set(defaults) <= {param.name for param in call.params}


def test_options_that_a_ranking_lacks(reader: Client) -> None:
    """An option is an error where the call has no such parameter, with those that it has; a near name is told."""
    for given, message in (
        ({"by": "value", "sessions": 5}, "sessions: the ranking by value has no such option; it has market, venue"),
        ({"by": "low_per", "market": "kospi"}, "market: the ranking by low_per has no such option; it has venue"),
        ({"by": "credit", "investor": "foreign"}, "investor: the ranking by credit has no such option; it has market"),
        ({"by": "bids"}, "market: the ranking by bids is of one market only; type market='kospi' or 'kosdaq'"),
        ({"by": "estimated_sold", "investor": "foreigner"}, "investor: expected one of foreign, foreign_brokers"),
        ({"by": "broker_sold", "broker": "키움"}, "broker: expected three digits such as '050'"),
        ({"by": "gains"}, "got 'gains'; near it: gainers"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            kr.get_ranking(**given, client=reader)


@pytest.mark.parametrize(
    "wrong",
    [{"by": "beauty"}, {"market": "101"}, {"market": "etf"}, {"venue": "all"}, {"sessions": 30}, {"pages": 0}, {"by": None}],
)  # fmt: skip
def test_rankings_that_cannot_be(wrong: dict[str, Any], reader: Client) -> None:
    """Refused before anything is sent, with what there is."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        kr.get_ranking(**wrong, client=reader)


# --- flows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("get", [kr.get_investors, kr.get_foreign], ids=["investors", "foreign"])
def test_flow_pages_join(get: Any, reader: Client) -> None:
    """Pages follow each other without gap or overlap, and agree with the daily bars."""
    frame = get("005930", pages=3, client=reader)
    bars = kr.get_bars("005930", adjusted=False, client=reader)
    assert len(frame) in (150, 300)
    expected = bars.loc[frame.index]
    assert frame.index.equals(bars.index[-len(frame) :])
    for column in ("close", "close_sign", "volume", "change"):
        assert (frame[column] == expected[column]).all(), column


def test_investors_add_up(reader: Client) -> None:
    """Who buys buys from somebody: all sides are 0 together, institutions the sum of their kinds."""
    flows = kr.get_investors("000660", start="2026-06-01", end="2026-10-30", client=reader)
    assert flows.index[0] == pd.Timestamp("2026-06-01")
    assert flows.index[-1] == pd.Timestamp("2026-10-30")
    sides = ["individual_net", "foreign_net", "institution_net", "company_net", "resident_foreign_net"]
    assert (flows[sides].sum(axis=1) == 0).all()
    parts = ["securities", "insurance", "trust", "other_finance", "bank", "pension", "private_fund", "state"]
    assert (flows[[f"{part}_net" for part in parts]].sum(axis=1) == flows["institution_net"]).all()
    assert (flows["foreign_net"].abs() <= flows["volume"]).all()
    assert flows["change_pct"].iloc[1:].round(2).tolist() == pytest.approx(
        (100 * flows["change"] / (flows["close"] - flows["change"])).iloc[1:].round(2).tolist(), abs=0.011
    )


def test_investors_in_won(reader: Client) -> None:
    """The same days in money: other columns, won, about shares times price."""
    shares = kr.get_investors("005930", start="2026-10-01", client=reader)
    won = kr.get_investors("005930", start="2026-10-01", unit="won", client=reader)
    assert "foreign_net" not in won
    assert won.attrs["units"]["foreign_net_value"] == "KRW"
    assert (won["foreign_net_value"] % MILLION == 0).all()
    assert np.allclose(won["foreign_net_value"], shares["foreign_net"] * shares["close"], atol=MILLION)


def test_foreign_holding_is_the_sum_of_its_changes(reader: Client) -> None:
    """What is held today is what was held yesterday and the change; percent is of the limit."""
    held = kr.get_foreign("000660", pages=2, client=reader)
    moved = held["foreign_shares"].diff().iloc[1:]
    assert np.allclose(moved, held["foreign_change"].iloc[1:], atol=2)
    assert (held["foreign_shares"] + held["foreign_room"] == held["foreign_limit"]).all()
    percent = 100 * held["foreign_shares"] / held["foreign_limit"]
    assert np.allclose(held["foreign_holding"], percent, atol=0.006)


def test_foreign_change_of_many_codes_is_a_feature(reader: Client) -> None:
    """Frames of several codes go into `features` as they are."""
    codes = ["005930", "000660"]
    bars = pd.concat({code: kr.get_bars(code, client=reader) for code in codes}, names=["code"])
    foreign = pd.concat({code: kr.get_foreign(code, client=reader) for code in codes}, names=["code"])
    table = kr.features(bars, info=kr.get_quotes(codes, client=reader), foreign=foreign, price="last")
    for code in codes:
        held = foreign.loc[code, "foreign_holding"]
        assert table.loc[code, "foreign_change_20d"] == pytest.approx(held.iloc[-1] - held.iloc[-21])
    assert table["market_cap"].gt(0).all()


def test_short_sales(reader: Client) -> None:
    """The sum runs from the first day asked; value is volume times price; percent is of the volume."""
    short = kr.get_short("005930", start="2026-09-01", end="2026-10-30", client=reader)
    assert short.index[0] == pd.Timestamp("2026-09-01")
    assert short.index[-1] == pd.Timestamp("2026-10-30")
    assert (short["short_volume"].cumsum() == short["short_volume_sum"]).all()
    assert np.allclose(short["short_value"], short["short_volume"] * short["short_price"], atol=1000)
    assert np.allclose(short["short_ratio"], 100 * short["short_volume"] / short["volume"], atol=0.006)
    assert 30 < len(kr.get_short("005930", client=reader)) < 60


@pytest.mark.parametrize("kind", ["loan", "short_lending"])
def test_credit_chains(kind: Any, reader: Client) -> None:
    """Each balance is the one before plus what was opened less what was repaid; the newest session has no row yet."""
    credit = kr.get_credit("035720", kind, pages=3, client=reader)
    assert len(credit) == 300
    assert credit.index[-1] == pd.Timestamp("2026-11-19")
    assert (credit["credit_opened"] - credit["credit_repaid"] == credit["credit_change"]).all()
    assert (credit["credit_shares"].diff() == credit["credit_change"]).iloc[1:].all()
    assert (credit[["credit_opened", "credit_repaid", "credit_shares"]] >= 0).all().all()
    assert credit["credit_balance"].between(0, 5).all()
    bars = kr.get_bars("035720", adjusted=False, client=reader)
    assert (credit["close"] == bars["close"].reindex(credit.index)).all()
    assert (credit["volume"] == bars["volume"].reindex(credit.index)).all()


def test_kinds_of_credit(reader: Client) -> None:
    """The two kinds are different numbers, and another word is refused before anything is sent."""
    loan, lent = (
        kr.get_credit("005930", kind, client=reader)["credit_shares"] for kind in ("loan", "short_lending")
    )
    assert (loan != lent).any()
    with pytest.raises(ValueError, match="kind: expected one of loan"):
        kr.get_credit("005930", "margin", client=reader)  # type: ignore[arg-type]


def test_lending_chains_and_adds_up(reader: Client) -> None:
    """Each balance follows from the one before, and the market is the sum of its stocks."""
    days = {"start": "2026-11-02", "end": "2026-11-20", "client": reader}
    market = kr.get_lending(**days)
    listed = [kr.get_stocks(name, client=reader).index for name in ("all", "konex")]
    stocks = {code: kr.get_lending(code, **days) for code in listed[0].union(listed[1])}
    assert len(market) == 15
    for lending in (market, *stocks.values()):
        assert (lending["lent"] - lending["repaid"] == lending["lending_change"]).all()
        old = lending["lending_balance"].shift() > 0
        assert (lending["lending_balance"].diff() == lending["lending_change"])[old].all()
    total = pd.concat(stocks).groupby(level=1)[["lent", "repaid", "lending_balance", "lending_value"]].sum()
    assert (total["lending_balance"] == market["lending_balance"]).all()
    assert (total["lent"] == market["lent"]).all()
    np.testing.assert_allclose(total["lending_value"], market["lending_value"], atol=1e6 * len(stocks))


def test_flows_of_nobody(reader: Client) -> None:
    """An unknown stock is said; one without rows in the range gives an empty frame."""
    for get in (kr.get_investors, kr.get_foreign, kr.get_short, kr.get_credit, kr.get_lending):
        with pytest.raises(kr.UnknownCodeError, match="999999"):
            get("999999", client=reader)
        empty = get("850090", end="2020-01-31", start="2020-01-02", client=reader)  # listed in 2026
        assert empty.empty
        assert "complete" in empty
    with pytest.raises(ValueError, match="unit: expected one of shares, won"):
        kr.get_investors("005930", unit="dollar", client=reader)
    with pytest.raises(ValueError, match="pages"):
        kr.get_foreign("005930", pages=0, client=reader)


def test_query_never_mixes_units(reader: Client) -> None:
    """Asked for money, thousands or one side, the same keys are other columns or are scaled."""
    body = {"stk_cd": "005930", "dt": "20261120"}
    shares = kr.query("ka10059", client=reader, amt_qty_tp="2", unit_tp="1", **body)
    thousands = kr.query("ka10059", client=reader, unit="shares", round_to=1_000, **body)
    won = kr.query("ka10059", client=reader, unit="won", **body)
    bought = kr.query("ka10059", client=reader, side="bought", **body)
    sold = kr.query("ka10059", client=reader, side="sold", **body)
    assert len(shares) == 100
    assert (shares["foreign_net"] - thousands["foreign_net"]).abs().max() <= 500
    assert (thousands["foreign_net"] % 1_000 == 0).all()
    assert "foreign_net" not in won
    assert (won["foreign_net_value"] - shares["foreign_net"] * shares["close"]).abs().max() <= 500_000
    assert won.attrs["units"]["foreign_net_value"] == "KRW"
    assert (bought["foreign_bought"] - sold["foreign_sold"] - shares["foreign_net"]).abs().max() <= 1


# --- sectors and indices --------------------------------------------------------------------------


def test_sectors_agree_with_their_index(reader: Client) -> None:
    """The list, the single index and its daily bars tell one story."""
    sectors = kr.get_sectors("kospi", client=reader)
    for code in ("001", "002", sectors.index[-1]):
        one, bars = kr.get_sector(code, client=reader).loc[code], kr.get_index(code, client=reader)
        row, day = sectors.loc[code], bars.iloc[-1]
        assert row["level"] == one["level"] == day["close"]
        assert one["level_change"] == pytest.approx(day["close"] - bars["close"].iloc[-2])
        assert one["level_sign"] == day["close_sign"] == np.sign(one["level_change"])
        for name in ("open", "high", "low"):
            assert one[f"{name}_level"] == day[name]
        assert row["volume"] == one["volume"] == day["volume"]
        assert row["rising"] + row["unchanged"] + row["falling"] == one["traded_stocks"]
        assert one["high_52w_level"] == bars["high"].tail(250).max()
    assert set(kr.get_sectors("kosdaq", client=reader).index.str[0]) == {"1"}


def test_index_bars_are_bars(reader: Client) -> None:
    """Low <= open, close <= high; signs against the close before; pages join; indicators and exports take them."""
    bars = kr.get_index("kosdaq", pages=2, client=reader)
    assert len(bars) == 1200
    assert (bars[["open", "close"]].min(axis=1) >= bars["low"] - 0.005).all()
    assert (bars[["open", "close"]].max(axis=1) <= bars["high"] + 0.005).all()
    assert (bars["close_sign"].iloc[1:] == np.sign(bars["close"].diff().iloc[1:])).all()
    assert bars.attrs["units"]["close"] == "points"
    window = kr.get_index("kosdaq", start="2025-01-01", end="2025-06-30", client=reader)
    pd.testing.assert_frame_equal(window, bars.loc["2025-01-01":"2025-06-30"], check_flags=False)
    assert bars.index[~bars["complete"]].strftime("%m-%d").tolist() == [
        "11-20"
    ]  # final at 08:00, nobody knows better
    assert len(kr.to_ohlcv(bars)) == 1199
    assert kr.indicators.rsi(bars).dropna().between(0, 100).all()


def test_index_moves_with_its_stocks(tmp_path: Path) -> None:
    """The index of the day is its members' capitalisation over that of their base prices, at the close."""
    with Sandbox(rate=None, clock="2026-11-20 15:35") as box, client_of(box, tmp_path) as client:
        members = kr.get_sector_stocks("kospi_large", client=client)
        info = kr.get_stocks("kospi", client=client).loc[members.index]
        one = kr.get_sector("kospi_large", client=client)
        box.set_clock("2026-11-20 20:05")
        later = kr.get_sector("kospi_large", client=client)
    worth = members["price"] * info["listed_shares"]
    before = (members["price"] - members["change"]) * info["listed_shares"]
    assert one["change_pct"].iloc[0] == pytest.approx(100 * (worth.sum() / before.sum() - 1), abs=0.01)
    assert later["change_pct"].iloc[0] == one["change_pct"].iloc[0]  # the after-market has no index


def test_sector_stocks_are_all_of_them(reader: Client) -> None:
    """All pages without asking for them, in the order of codes, with the prices of the quotes."""
    stocks = kr.get_sector_stocks("kospi", client=reader)
    assert len(stocks) > 200
    assert stocks.index.is_monotonic_increasing
    assert stocks.attrs["truncated"] is False
    assert len(kr.get_sector_stocks("001", pages=1, client=reader)) == 100
    quotes = kr.get_quotes(stocks.index[:100], client=reader)
    for column in ("price", "open", "high", "low", "volume"):
        assert (stocks[column].head(100) == quotes[column]).all(), column


def test_indices_that_are_none(reader: Client) -> None:
    """Three digits that are no index are unknown; what cannot be one is refused, with the names there are."""
    for get in (kr.get_sector, kr.get_sector_stocks, kr.get_index):
        with pytest.raises(kr.UnknownCodeError, match="no such index: 999"):
            get("999", client=reader)
        for wrong in ("nasdaq", "1", 1, None, "0011"):
            with pytest.raises(ValueError, match="index: expected one of kospi"):
                get(wrong, client=reader)
    with pytest.raises(ValueError, match="market: expected one of kospi, kosdaq"):
        kr.get_sectors("101", client=reader)
    assert kr.get_index("kospi", end="1990-01-31", client=reader).empty


def test_an_index_while_the_market_runs(box: Sandbox, client: Client) -> None:
    """During a session the index stands within its range so far and its bar is not complete."""
    box.set_clock("2026-11-18 11:00")
    now, bars = (
        kr.get_sector("kospi_large", client=client).iloc[0],
        kr.get_index("kospi_large", client=client),
    )
    assert bars.index[-1] == pd.Timestamp("2026-11-18")
    assert not bars["complete"].iloc[-1]
    assert now["level"] == bars["close"].iloc[-1]
    box.set_clock("2026-11-18 20:30")
    end = kr.get_index("kospi_large", client=client).iloc[-1]
    assert end["low"] <= bars["low"].iloc[-1]
    assert end["high"] >= bars["high"].iloc[-1]
    assert end["volume"] > bars["volume"].iloc[-1]


def test_a_replayed_market_invents_nothing(test_data: Path, tmp_path: Path) -> None:
    """Without share counts there is no index, without investors' files their columns are blank; prices are there."""
    file = test_data / "data" / "kiwoom_opt10081_adj_subset_asof20200622.parquet"
    with Sandbox(bars=file, rate=None) as replay, client_of(replay, tmp_path) as using:
        code = kr.get_stocks("all", client=using).index[0]
        flows = kr.get_investors(code, client=using)
        assert flows["close"].gt(0).all()
        assert flows[["individual_net", "foreign_net", "institution_net"]].isna().all().all()
        assert kr.get_ranking("value", client=using)["value"].is_monotonic_decreasing
        with pytest.raises(kr.UnknownCodeError, match="no such index"):
            kr.get_index("kospi", client=using)


def test_sectors_by_name(reader: Client) -> None:
    """A sector by its name, with or without strokes and blanks; KOSDAQ's with the market before it; near names are told."""
    codes = kr.get_sectors("kospi", client=reader)["name"]
    own = codes.index[codes == "전기/전자"][0]
    for name in ("전기/전자", "전기전자", " 전기 전자 ", "코스피 전기/전자"):
        pd.testing.assert_frame_equal(
            kr.get_sector_stocks(name, client=reader), kr.get_sector_stocks(own, client=reader)
        )
    other = kr.get_index("코스닥 전기/전자", client=reader)
    assert other.attrs["code"][0] == "1"
    assert kr.get_sector("제약", client=reader).index.tolist() == codes.index[codes == "제약"].tolist()
    with pytest.raises(
        ValueError,
        match=r"no sector is named '전기'; near it: 전기/전자 \(\d+, kospi\), 전기",
    ):
        kr.get_sector_stocks("전기", client=reader)
    with pytest.raises(ValueError, match=r"no sector is named '우주'; kr\.get_sectors"):
        kr.get_index("우주", client=reader)
