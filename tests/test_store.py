"""The store: filled, refreshed, damaged and read again, over real HTTP; and held against real prices."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.bulk.errand import Errand
from kiwoom_research.calendar import KST
from kiwoom_research.cli import main
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox
from kiwoom_research.store import refresh, update
from kiwoom_research.store.corporate_actions import Event, detect, factors, reconcile, unexplained_jumps
from kiwoom_research.store.folder import Folder
from kiwoom_research.store.refresh import missing_codes

from .conftest import client_of

PAIRS = "raw_vs_adj_pairs_252codes.parquet"
RAW = "krx_raw_daily_all_20240102-0213_20250102-0211.parquet"
OHLC = ["open", "high", "low", "close"]
CODES = ["005930", "000660", "035720", "850030", "850050", "850060"]  # splits in 2018, 2021, 2022 and 2026
SINCE = "2018-01-02"


def asked(box: Sandbox, call: str = "ka10081") -> pd.DataFrame:
    """The requests of one call so far."""
    requests = box.requests()
    return requests[requests["call"] == call]


def quiet(store: kr.Store, codes: Any, client: Client, **given: Any) -> pd.DataFrame:
    """`Store.update` without a bar."""
    return store.update(codes, client=client, progress=False, **given)


@pytest.fixture(scope="module")
def filled(shared_box: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    """The folder of a store with six codes since 2018, and the report of its update; not to be changed."""
    folder = tmp_path_factory.mktemp("filled")
    with client_of(shared_box, folder) as client:
        report = quiet(kr.Store(folder / "store"), CODES, client, since=SINCE)
    return folder / "store", report


@pytest.fixture
def store(filled: tuple[Path, pd.DataFrame], tmp_path: Path) -> kr.Store:
    """A copy of it to be changed."""
    shutil.copytree(filled[0], tmp_path / "store")
    return kr.Store(tmp_path / "store")


@pytest.fixture
def reader(shared_box: Sandbox, tmp_path: Path) -> Iterator[Client]:
    """A client of the shared sandbox."""
    with client_of(shared_box, tmp_path) as client:
        yield client


# --- bars ----------------------------------------------------------------------------------------


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
    for empty in (store.bars("000020"), store.bars(start="2030-01-01"), kr.Store(tmp_path / "new").bars()):
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


# --- events --------------------------------------------------------------------------------------


def test_events_are_found_in_the_raw_pull(filled: tuple[Path, pd.DataFrame]) -> None:
    """Four splits and consolidations, each checked against one adjusted page."""
    folder, report = filled
    events = kr.Store(folder).events()
    assert dict(zip(events["code"], events["ratio"], strict=True)) == {
        "005930": 0.02, "035720": 0.2, "850030": 10.0, "850050": 0.5,
    }  # fmt: skip
    assert events["date"].dt.strftime("%Y-%m-%d").tolist() == [
        "2018-05-04",
        "2021-04-15",
        "2022-06-15",
        "2026-06-15",
    ]
    assert (events["source"] == "base price").all()
    np.testing.assert_allclose(events["adjusted_ratio"], events["ratio"], rtol=1e-9)
    assert report["events"].to_dict() == {code: int(code in set(events["code"])) for code in sorted(CODES)}


def test_one_adjusted_page_an_event(box: Sandbox, client: Client, tmp_path: Path) -> None:
    """The check costs one request for each code with an event."""
    store = kr.Store(tmp_path / "store")
    pages = store.plan(["005930", "000660"], since=SINCE, client=client)["requests"]
    quiet(store, ["005930", "000660"], client, since=SINCE)
    assert len(asked(box)) == pages + 1


def test_before_and_after_an_event_is_the_same(tmp_path: Path) -> None:
    """A store filled before a split and updated after it answers like one that was filled after it."""
    with Sandbox(rate=None, clock="2026-06-11 21:00") as box, client_of(box, tmp_path) as client:
        grown, fresh = kr.Store(tmp_path / "grown"), kr.Store(tmp_path / "fresh")
        quiet(grown, "850050", client, since="2026-01-02")
        assert grown.events().empty
        files = {file.path for file in Folder(tmp_path / "grown").read_manifest().files}
        before = grown.bars("850050")
        box.set_clock("2026-06-19 21:00")
        report = quiet(grown, "850050", client)
        assert report["events"].tolist() == [1]
        assert report["changed"].tolist() == [0]
        quiet(fresh, "850050", client, since="2026-01-02")
    for adjusted in (True, False):
        pd.testing.assert_frame_equal(grown.bars(adjusted=adjusted), fresh.bars(adjusted=adjusted))
    after = grown.bars("850050").loc[before.index]
    assert (after["close"] == np.floor(before["close"] / 2)).all()
    assert (after["volume"] == before["volume"] * 2).all()
    assert (after["value"] == before["value"]).all()
    assert files  # one year, one file: the new day is in it, the event in the table beside it


def test_an_older_start_finds_the_event_in_between(reader: Client, tmp_path: Path) -> None:
    """A history that is extended into the past knows an event on the first day it had before."""
    store, whole = kr.Store(tmp_path / "store"), kr.Store(tmp_path / "whole")
    quiet(store, "850050", reader, since="2026-06-15")  # the day of the split
    assert store.events().empty
    assert quiet(store, "850050", reader, since="2026-01-02")["events"].tolist() == [1]
    quiet(whole, "850050", reader, since="2026-01-02")
    pd.testing.assert_frame_equal(store.bars(), whole.bars())
    assert store.coverage().empty


def raw_days(closes: list[float], bases: list[float]) -> pd.DataFrame:
    """Days with a close and the base price it is measured against."""
    close = np.array(closes, dtype="float64")
    days = pd.DatetimeIndex(pd.bdate_range("2024-03-04", periods=len(closes)), name="date").as_unit("us")
    return pd.DataFrame({"close": close, "change": close - np.array(bases)}, index=days)


def test_ratio_is_base_price_over_previous_close() -> None:
    """The first day and a missing change are no events."""
    raw = raw_days([10_000, 2_100, 2_200, 2_300], [9_000, 2_000, 2_100, np.nan])
    assert detect(raw) == [Event(date(2024, 3, 5), 0.2)]
    assert np.allclose(factors(raw.index.to_numpy(), detect(raw)), [0.2, 1, 1, 1])


def test_a_jump_beyond_the_limit_is_a_doubt() -> None:
    """A close that the base price cannot lead to; one that it can is none."""
    assert unexplained_jumps(raw_days([10_000, 2_100, 2_200], [9_000, 10_000, 2_100])) == [date(2024, 3, 5)]
    assert unexplained_jumps(raw_days([10_000, 2_100, 2_200], [9_000, 2_000, 2_100])) == []
    assert unexplained_jumps(raw_days([10_000, 2_100, 2_200], [9_000, np.nan, np.nan])) == [date(2024, 3, 5)]
    assert (
        unexplained_jumps(raw_days([10_000, 13_000, 9_100], [9_000, 10_000, 13_000])) == []
    )  # limit up, limit down


def test_the_adjusted_chart_wins() -> None:
    """Two factors that no change shows are fitted to the won; an event that only the change shows is dismissed."""
    raw = raw_days(
        [30_050, 30_150, 10_020, 9_990, 5_000, 4_995, 5_010],
        [30_000, 30_050, 30_150, 10_020, 9_990, 5_000, 4_900],
    )
    days = raw.index.to_numpy()
    true = [Event(date(2024, 3, 6), 1 / 3), Event(date(2024, 3, 8), 0.5)]
    adjusted = pd.DataFrame({"close": np.floor(raw["close"] * factors(days, true))}, index=raw.index)
    verdict = reconcile(raw, adjusted, detect(raw))
    assert [(e.date, e.source) for e in verdict.events] == [
        (date(2024, 3, 6), "adjusted"), (date(2024, 3, 8), "adjusted"), (date(2024, 3, 12), "adjusted"),
    ]  # fmt: skip
    assert [e.ratio for e in verdict.events] == pytest.approx([1 / 3, 0.5, 1.0], rel=5e-4)
    assert len(verdict.notes) == 3


def test_rounding_is_no_disagreement() -> None:
    """Prices rounded to the won agree with the ratio of the base price, however low they are."""
    closes, bases = [305.0, 301, 299, 1_510, 1_500], [300.0, 305, 301, 1_495, 1_510]
    raw = raw_days(closes, bases)
    adjusted = pd.DataFrame(
        {"close": np.round(raw["close"] * factors(raw.index.to_numpy(), detect(raw)))}, index=raw.index
    )
    verdict = reconcile(raw, adjusted, detect(raw))
    assert verdict.notes == []
    assert verdict.events[0].ratio == 1495 / 299
    assert verdict.events[0].source == "base price"


def test_rounding_after_each_event_is_no_disagreement() -> None:
    """An adjusted chart floored after a bonus issue and again after a five-to-one merger, as files of KRX are."""
    closes, bases = [419.0, 400, 421, 388, 390, 1_950, 1_900], [410.0, 419, 400, 388, 388, 1_950, 1_950]
    raw = raw_days(closes, bases)
    events = detect(raw)
    assert [event.ratio for event in events] == [388 / 421, 5.0]
    served = raw["close"]
    for event in events:
        before = raw.index < pd.Timestamp(event.date)
        served = served.where(~before, np.floor(served * event.ratio + 1e-6))
    assert (served != np.floor(raw["close"] * factors(raw.index.to_numpy(), events) + 1e-6)).any()
    verdict = reconcile(raw, pd.DataFrame({"close": served}), events)
    assert verdict.notes == []
    assert [event.ratio for event in verdict.events] == [388 / 421, 5.0]


def replay(folder: Path, raw: pd.DataFrame, adjusted: pd.DataFrame, clock: str) -> Sandbox:
    """A sandbox that replays frames."""
    folder.mkdir(exist_ok=True)
    raw.to_parquet(folder / "raw.parquet")
    adjusted.to_parquet(folder / "adjusted.parquet")
    return Sandbox(rate=None, raw=folder / "raw.parquet", adjusted=folder / "adjusted.parquet", clock=clock)


def krx_days(closes: list[int], bases: list[int], code: str = "005930") -> pd.DataFrame:
    """Days from 2024-03-04 on as KRX writes them; bases are what changes are against."""
    days = pd.bdate_range("2024-03-04", periods=len(closes)).strftime("%Y%m%d")
    frame = pd.DataFrame({"date": days, "code": code, "name": code, "market": "KOSPI"})
    for name in OHLC:
        frame[name] = closes
    frame["volume"], frame["value"], frame["market_cap"] = 1_000, 50_000_000, 10**12
    frame["change"] = np.array(closes) - np.array(bases)
    frame["shares"] = 1_000_000
    return frame


def test_a_change_against_the_previous_close_hides_nothing(tmp_path: Path) -> None:
    """Were Kiwoom's raw change against the previous close, the adjusted page would still show the split."""
    closes = [50_000, 50_500, 10_200, 10_100, 10_150]
    raw = krx_days(closes, [49_000, 50_000, 50_500, 10_200, 10_100])
    adjusted = krx_days([10_000, 10_100, *closes[2:]], [9_800, 10_000, 10_100, 10_200, 10_100])
    box = replay(tmp_path / "files", raw, adjusted.drop(columns="market_cap"), "2024-03-08 20:30")
    with box, client_of(box, tmp_path) as client:
        store = kr.Store(tmp_path / "store")
        report = quiet(store, "005930", client, since="2024-03-04")
    assert "only the adjusted chart shows an event" in report["note"].iloc[0]
    assert store.events()["source"].tolist() == ["adjusted"]
    assert store.bars()["close"].tolist() == [10_000, 10_100, 10_200, 10_100, 10_150]
    assert store.verify()["problem"].tolist() == []


def test_a_change_in_the_overlap_is_reported(tmp_path: Path) -> None:
    """A bar that the broker corrected replaces the stored one, and the report says what it was."""
    first = krx_days([50_000, 50_500, 50_600], [49_000, 50_000, 50_500])
    later = krx_days([50_000, 50_500, 50_650, 50_700], [49_000, 50_000, 50_500, 50_650])
    store = kr.Store(tmp_path / "store")
    for name, frame, clock in (("a", first, "2024-03-06 20:30"), ("b", later, "2024-03-07 20:30")):
        adjusted = frame.drop(columns="market_cap")
        with (
            replay(tmp_path / name, frame, adjusted, clock) as box,
            client_of(box, tmp_path / name) as client,
        ):
            report = quiet(store, "005930", client, since="2024-03-04")
    assert report["changed"].tolist() == [1]
    assert "2024-03-06" in report["note"].iloc[0]
    assert "close: stored 50600 (chart), now 50650 in the chart" in report["note"].iloc[0]
    assert store.bars()["close"].tolist() == [50_000, 50_500, 50_650, 50_700]


def test_a_blank_field_is_no_correction(box: Sandbox, client: Client, tmp_path: Path) -> None:
    """A page with holes does not take away what is stored; new bars come with what there is."""
    store = kr.Store(tmp_path / "store")
    quiet(store, "000660", client, since="2026-10-01")
    before = store.bars()
    box.set_clock("2026-11-23 20:30")
    box.script({1: "blank"}, call="ka10081")
    report = quiet(store, "000660", client)
    assert "bars came with blank fields; the stored ones are kept" in report["note"].iloc[0]
    pd.testing.assert_frame_equal(store.bars().iloc[:-1], before)
    assert report["bars"].tolist() == [1]


# --- real prices ---------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["2024", "2025"])
def real(
    request: pytest.FixtureRequest, test_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[kr.Store, pd.DataFrame]:
    """A store of the 252 codes with a corporate action, pulled raw and adjusted, and what it must give."""
    folder = tmp_path_factory.mktemp(f"real{request.param}")
    pairs = pd.read_parquet(test_data / "data" / PAIRS)
    pairs = pairs[pairs["date"].str[:4] == request.param]
    raw = pd.read_parquet(test_data / "data" / RAW, filters=[("code", "in", pairs["code"].unique().tolist())])
    raw = raw[raw["date"].str[:4] == request.param].drop(columns=["dept", "change_code"])
    names = {f"{name}_adj": name for name in [*OHLC, "volume"]}
    adjusted = pairs.rename(columns=names)[["date", "code", "name", "market", *OHLC, "volume"]]
    last = pairs["date"].max()
    clock = f"{last[:4]}-{last[4:6]}-{last[6:]} 20:30"
    with replay(folder / "files", raw, adjusted, clock) as box, client_of(box, folder) as client:
        store = kr.Store(folder / "store")
        report = quiet(store, pairs["code"].unique(), client, since=f"{request.param}-01-01")
    assert report["error"].eq("").all()
    assert report["note"].eq("").all()  # the adjusted chart disagrees nowhere
    return store, pairs.assign(date=pd.to_datetime(pairs["date"]).astype("datetime64[us]"))


def test_real_prices_after_an_event(real: tuple[kr.Store, pd.DataFrame]) -> None:
    """Codes whose event lies within the file: close and volume equal, others at most a won lower in the file."""
    store, pairs = real
    events = store.events()
    year = pairs["date"].dt.year.iloc[0]
    assert len(events) == {2024: 15, 2025: 19}[year]
    assert (events["ratio"] / events["adjusted_ratio"] - 1).abs().max() < 0.0002
    newest = pairs.groupby("code")[["close_adj", "close_raw"]].last()
    as_of_end = newest.index[newest["close_adj"] == newest["close_raw"]]  # no event after the file ends
    codes = sorted(set(events["code"]) & set(as_of_end))
    assert len(codes) == {2024: 13, 2025: 16}[year]
    both = store.bars(codes).reset_index().merge(pairs, on=["code", "date"], validate="1:1")
    traded = both[both["open_raw"] > 0]
    assert (traded["close"] == traded["close_adj"]).all()
    assert (traded["volume"] == traded["volume_adj"]).all()
    for name in OHLC:
        assert (traded[f"{name}_adj"] - traded[name]).isin([-1, 0]).all(), name
    scaled = both[both["date"] < both["code"].map(events.groupby("code")["date"].max())]
    assert len(scaled) > 100


def test_real_prices_with_a_constant_factor(real: tuple[kr.Store, pd.DataFrame]) -> None:
    """All other codes: one factor, that of later events, explains every close.

    To the won, or where several events follow to what rounding after each of them can make.
    """
    store, pairs = real
    both = store.bars(columns=["close"]).reset_index().merge(pairs, on=["code", "date"], validate="1:1")
    assert both["code"].nunique() == pairs["code"].nunique()
    for code, own in both.groupby("code"):
        factor = own["close_adj"].iloc[-1] / own["close"].iloc[-1]
        slack = 1 + np.ceil(factor)
        low = ((own["close_adj"] - slack) / own["close"]).max()
        high = ((own["close_adj"] + 1 + slack) / own["close"]).min()
        assert low <= high, code


def test_samsung_across_its_split(test_data: Path, tmp_path: Path) -> None:
    """005930 before 2018-05-04 as the broker adjusted it in 2020, from raw prices and the ratio alone."""
    rows = pd.read_parquet(
        test_data / "data" / "kiwoom_opt10081_adj_subset_asof20200622.parquet",
        filters=[("code", "==", "005930")],
    )
    rows = rows.set_index(pd.to_datetime(rows["dt"])).sort_index()
    if rows.empty or rows.index[0] > pd.Timestamp("2018-05-03"):
        pytest.skip("the file does not reach back to the split")
    before = rows[rows.index < pd.Timestamp("2018-05-04")]
    raw = before["cur_prc"] * 50
    assert (
        np.floor(raw * factors(raw.index.to_numpy(), [Event(date(2018, 5, 4), 53_000 / 2_650_000)]) + 1e-6)
        == before["cur_prc"]
    ).all()


# --- what may be stored --------------------------------------------------------------------------


def test_nothing_is_final_before_ten_past_eight(box: Sandbox, client: Client, tmp_path: Path) -> None:
    """The running session and the evening before 20:10 are left out, then they come."""
    store = kr.Store(tmp_path / "store")
    for clock, last in (("14:00", 19), ("20:09", 19), ("20:10", 20)):
        box.set_clock(f"2026-11-20 {clock}")
        for freq in ("1d", "30min"):
            quiet(store, "005930", client, freq=freq, since="2026-11-16")
            newest = store.bars(freq=freq).index[-1][1]
            assert newest.day == last, (clock, freq)


def test_a_minute_day_is_stored_whole(box: Sandbox, client: Client, tmp_path: Path) -> None:
    """When the server breaks off in the middle of a day, that day is left out and the history begins later."""
    box.fail("key", 1, call="ka10080", after=1)
    store = kr.Store(tmp_path / "store")
    report = quiet(store, "005930", client, freq="1min", since="2026-11-02")
    assert "the server had no bars before" in report["note"].iloc[0]
    frame = store.bars("005930", freq="1min")
    days = frame.groupby(frame.index.get_level_values("time").normalize()).size()
    assert (days >= 380).all()
    assert 3 <= len(days) < 15
    assert store.plan("005930", "1min", since="2026-11-02", client=client)["requests"] >= 1
    quiet(store, "005930", client, freq="1min", since="2026-11-02")
    assert store.bars("005930", freq="1min").index[0][1].day == 2


def test_pages_leave_the_cache(box: Sandbox, client: Client, tmp_path: Path) -> None:
    """Once the bars of a code are stored its pages are gone; those of other codes stay."""
    kr.get_bars("000660", client=client)
    quiet(kr.Store(tmp_path / "store"), "005930", client, freq="30min", since="2026-10-01")
    rows = client.cache.info({})
    assert rows["code"][rows["call"].isin(["ka10080", "ka10081"])].tolist() == ["000660"]


def test_only_what_is_missing_is_asked(box: Sandbox, client: Client, tmp_path: Path) -> None:
    """A current store costs nothing, a day later one request a code, and the plan says so."""
    store = kr.Store(tmp_path / "store")
    quiet(store, ["005930", "000660"], client, since="2026-01-02")
    plan = store.plan(["005930", "000660"], client=client)
    assert (plan["requests"], plan["done"]) == (0, 2)
    sent = len(box.requests())
    assert quiet(store, ["005930", "000660"], client).empty
    assert len(box.requests()) == sent
    box.set_clock("2026-11-24 20:30")
    plan = kr.plan(["005930", "000660", "035420"], start="2026-01-02", store=store, client=client)
    assert (plan["codes"], plan["requests"], plan["done"]) == (3, 3, 0)
    report = quiet(store, ["005930", "000660"], client)
    assert report["bars"].tolist() == [2, 2]
    assert len(box.requests()) == sent + 2


def test_failures_are_in_the_report(client: Client, box: Sandbox, tmp_path: Path) -> None:
    """A code that fails is a row of the report and one warning; the next update gets it."""
    store = kr.Store(tmp_path / "store")
    box.script({1: "1517"}, call="ka10081")
    with pytest.warns(UserWarning, match="2 codes failed, the first 000660"):
        report = quiet(store, ["005930", "000660", "099999"], client, since="2026-11-02")
    assert report["error"].to_dict() == {"000660": "RequestError", "005930": "", "099999": "UnknownCodeError"}
    assert report["bars"].to_dict() == {"000660": 0, "005930": 15, "099999": 0}
    with pytest.warns(UserWarning, match="1 codes failed, the first 099999"):
        report = quiet(store, ["005930", "000660", "099999"], client, since="2026-11-02")
    assert report["bars"].to_dict() == {"000660": 15, "099999": 0}


# --- crashes, readers, writers -------------------------------------------------------------------

PROCESS = """
import os, signal, sys
import kiwoom_research as kr
from kiwoom_research.store import update
from kiwoom_research.store.folder import Folder

url, app, secret, folder, codes = *sys.argv[1:5], sys.argv[5].split(",")
client = kr.connect(url, app, secret, cache_dir=folder + "/cache")
store = kr.Store(folder + "/store")
"""
CRASH = """
name, number = sys.argv[6], int(sys.argv[7])
real, calls = getattr(Folder, name), []

def killed(self, *given):
    calls.append(name)
    if len(calls) == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, *given)

setattr(Folder, name, killed)
store.update(codes, since="2024-01-02", progress=False)
"""
WRITE = """
update.MERGE_BARS = 1  # a new manifest after every code
print("ready", flush=True)
store.update(codes, since="2018-01-02", progress=False)
"""


def process(
    script: str, box: Sandbox, folder: Path, codes: list[str], *more: object
) -> subprocess.Popen[str]:
    """Another process with a client of a sandbox and a store in this folder."""
    given = [box.url, box.appkey, box.secretkey, str(folder), ",".join(codes), *map(str, more)]
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS + script, *given],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX word")
@pytest.mark.parametrize(
    ("where", "number", "lost"),
    [("stage", 4, 3), ("with_table", 1, 0), ("_write", 1, 0), ("_write", 3, 0), ("commit", 1, 0)],
)
def test_a_crash_loses_the_code_in_flight(
    box: Sandbox, tmp_path: Path, where: str, number: int, lost: int
) -> None:
    """kill -9 while a code is put down, or at any step of the merge: another process asks for what is missing alone."""
    codes = sorted(CODES)
    with process(CRASH, box, tmp_path, codes, where, number) as made:
        assert made.wait() == -signal.SIGKILL
    before = len(asked(box))
    store = kr.Store(tmp_path / "store")
    assert store.bars().empty  # whole or not at all
    with client_of(box, tmp_path) as client:
        report = quiet(store, codes, client, since="2024-01-02")
        assert report.index.tolist() == codes[len(codes) - lost :]
        assert not set(asked(box)["code"].iloc[before:]) & set(codes[: len(codes) - lost])
        expected = kr.pull(codes, start="2024-01-02", progress=False, client=client)
    pd.testing.assert_frame_equal(store.bars().drop(columns="source"), expected)
    assert not list((tmp_path / "store" / "staging").iterdir())
    assert not list((tmp_path / "store").rglob("*.tmp"))
    assert store.coverage().empty
    assert store.verify().empty


def test_readable_while_another_process_writes(box: Sandbox, store: kr.Store, tmp_path: Path) -> None:
    """Readings while another process merges code after code: each is whole; a second writer is told at once."""
    new = ["035420", "850010", "850020", "850070"]
    seen, refused = [], 0
    with process(WRITE, box, tmp_path, new) as made, client_of(box, tmp_path) as client:
        assert made.stdout
        assert made.stdout.readline() == "ready\n"
        while made.poll() is None:
            counts = store.bars(columns=["close"]).groupby("code").size()
            assert counts.loc[sorted(set(counts.index) & set(new))].nunique() <= 1
            seen.append(len(counts))
            try:
                quiet(store, "005930", client)
            except kr.ConfigError:
                refused += 1
        assert made.returncode == 0, made.stderr and made.stderr.read()
    assert seen == sorted(seen)
    assert len(set(seen)) > 2
    assert refused > 0
    assert set(store.bars().index.levels[0]) == {*CODES, *new}
    assert store.verify().empty


def test_merging_twice_changes_nothing(
    store: kr.Store, reader: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between the new manifest and the end of staging/ leaves bars that are merged once more."""
    monkeypatch.setattr(Path, "unlink", lambda self, missing_ok=False: None)
    quiet(store, "035420", reader, since="2018-01-02")
    before = store.bars()
    assert list((tmp_path / "store" / "staging").glob("*.parquet"))
    monkeypatch.undo()
    quiet(store, "035420", reader)
    assert not list((tmp_path / "store" / "staging").glob("*.parquet"))
    pd.testing.assert_frame_equal(store.bars(), before)
    files = list((tmp_path / "store").rglob("*.parquet"))
    assert len(files) == len(store.info()) + 2  # a file a year, and two tables


def test_readers_never_wait_and_see_whole_updates(
    store: kr.Store, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While codes are merged one by one, every reading is whole: no error, no half of a code, no code twice."""
    monkeypatch.setattr(update, "MERGE_BARS", 1)
    new = ["035420", "850010", "850020", "850070"]
    sizes = {"035420": 0}
    done, problems, seen = threading.Event(), [], set()

    def read() -> None:
        own = kr.Store(store._reader.folder.url)
        while not done.is_set():
            try:
                counts = own.bars(columns=["close"]).groupby("code").size()
            except Exception as error:
                problems.append(error)
                return
            seen.add(len(counts))
            sizes.update(counts.to_dict())
            if counts.loc[sorted(set(counts.index) & set(new))].nunique() > 1:
                problems.append(counts)

    thread = threading.Thread(target=read)
    thread.start()
    quiet(store, new, reader, since="2018-01-02")
    done.set()
    thread.join()
    assert problems == []
    assert store.verify().empty
    assert len(store.bars(columns=["close"]).groupby("code").size()) == len(CODES) + 4


def test_two_writers_never_meet(store: kr.Store, reader: Client) -> None:
    """A second writer is told so at once; reading goes on."""
    with store._reader.folder.writing():
        for write in (
            lambda: quiet(store, "035420", reader),
            lambda: store.refresh(client=reader, progress=False),
        ):
            with pytest.raises(kr.ConfigError, match="being written by another process"):
                write()
        assert len(store.bars("005930"))
        store.plan_refresh("etf", client=reader)
    assert len(quiet(store, "035420", reader, since="2026-11-02")) == 1


def test_ctrl_c_stores_what_came(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in an update merges the codes that are complete, and the next update asks for the others."""
    stage, staged = Folder.stage, []

    def pressed(self: Folder, freq: str, code: str, *rest: Any) -> None:
        stage(self, freq, code, *rest)
        staged.append(code)
        if len(staged) == 3:
            signal.raise_signal(signal.SIGINT)  # reaches the main thread, whatever it is waiting for

    monkeypatch.setattr(Folder, "stage", pressed)
    store = kr.Store(tmp_path / "store")
    with pytest.raises(KeyboardInterrupt):
        quiet(store, CODES, client, since="2026-01-02")
    there = store.bars().index.get_level_values("code").unique().tolist()
    assert there[:3] == sorted(CODES)[:3]
    assert there == staged
    monkeypatch.setattr(Folder, "stage", stage)
    rest = quiet(store, CODES, client, since="2026-01-02").index.tolist()
    assert [*there, *rest] == sorted(CODES)


def test_large_files_are_left_alone(store: kr.Store, reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """New bars go into a file of their own beside a large one, unless they replace some of its bars."""
    monkeypatch.setattr("kiwoom_research.store.folder.FULL", 1)
    before = {file.path for file in store._reader.folder.read_manifest().files}
    quiet(store, "035420", reader, since="2026-01-02")
    parts = store._reader.folder.read_manifest().files
    assert before < {file.path for file in parts}
    assert store.info().loc[("1d", 2026), "files"] == 2
    whole = store.bars()
    report = update.update_codes(
        store._reader, ["035420"], "1d", None, Errand(reader), progress=False, recheck=True
    )
    assert report["bars"].tolist() == [0]
    assert store.info().loc[("1d", 2026), "files"] == 2
    pd.testing.assert_frame_equal(store.bars(), whole)
    assert store.verify().empty


# --- the evening refresh -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Path]]:
    """A sandbox at the evening of 2026-06-11 and a store of its KOSDAQ shares since May."""
    folder = tmp_path_factory.mktemp("evening")
    with Sandbox(rate=None, clock="2026-06-11 20:30") as box:
        with client_of(box, folder) as client:
            quiet(kr.Store(folder / "store"), "kosdaq", client, since="2026-05-18")
        yield box, folder / "store"


@pytest.fixture
def market(evening: tuple[Sandbox, Path], tmp_path: Path) -> Iterator[tuple[Sandbox, Client, kr.Store]]:
    """That sandbox at that evening, a client with an empty cache and a copy of the store."""
    box, folder = evening
    box.set_clock("2026-06-11 20:30")
    shutil.copytree(folder, tmp_path / "store")
    with client_of(box, tmp_path) as client:
        yield box, client, kr.Store(tmp_path / "store")


def test_a_refresh_takes_few_requests(market: tuple[Sandbox, Client, kr.Store]) -> None:
    """List, quotes of 100 codes a request, 20 checks, and two for the code with a split; then it equals the chart."""
    box, client, store = market
    codes = store.info().loc[("1d", 2026), "codes"]
    for clock, apart in (("2026-06-12 20:10", 0), ("2026-06-15 20:30", 1), ("2026-06-17 01:00", 0)):
        box.set_clock(clock)
        before = len(box.requests())
        plan = store.plan_refresh("kosdaq", client=client)
        report = store.refresh("kosdaq", client=client, progress=False)
        sent = box.requests().iloc[before:]["call"].value_counts().drop("/oauth2/token", errors="ignore")
        assert (plan["codes"], plan["requests"]) == (codes, apart)
        assert sent.to_dict() == {"ka10099": 1, "ka10095": -(-codes // 100), "ka10081": 20 + 2 * apart}
        assert (report["bars"] == 1).all()
        assert report["note"].eq("").all()
        assert report["changed"].sum() == 0
        assert report["source"].value_counts().to_dict() == {"quote": codes - 20 - apart, "chart": 20 + apart}
        assert report["reason"][report["events"] > 0].to_dict() == (
            {"850050": "base price is not the previous close"} if apart else {}
        )
    assert store.events()["code"].tolist() == ["850050"]
    stored = store.bars()
    chart = kr.pull(stored.index.levels[0], start="2026-05-18", progress=False, client=client)
    assert set(stored.pop("source")) == {"chart", "quote"}
    pd.testing.assert_frame_equal(stored, chart)
    assert store.coverage().empty
    assert store.verify().empty


def test_a_refresh_waits_for_the_end_of_the_session(market: tuple[Sandbox, Client, kr.Store]) -> None:
    """From 08:00 to 20:10 of a session it refuses, says when, and asks nothing."""
    box, client, store = market
    sent = len(box.requests())
    for clock in ("2026-06-12 08:00", "2026-06-12 15:30", "2026-06-12 20:09"):
        box.set_clock(clock)
        with pytest.raises(kr.KiwoomError, match=r"session of 2026-06-12 is final at 20:10") as caught:
            store.refresh("kosdaq", client=client, progress=False)
        assert caught.value.retryable
    assert len(box.requests()) == sent


@pytest.mark.parametrize(
    ("clock", "session"),
    [("2026-06-12 20:10", 12), ("2026-06-13 12:00", 12), ("2026-06-15 07:59", 12), ("2026-06-12 07:00", 11)],
)
def test_the_session_of_a_quote(clock: str, session: int) -> None:
    """In the evening, at the weekend and before 08:00 quotes show the last session, which is final."""
    now = datetime.fromisoformat(clock).replace(tzinfo=KST)
    assert refresh.session_to_refresh(now) == date(2026, 6, session)


def test_a_current_store_is_left_alone(market: tuple[Sandbox, Client, kr.Store]) -> None:
    """On the same evening there is nothing to do."""
    box, client, store = market
    report = store.refresh("kosdaq", client=client, progress=False)
    assert report["bars"].sum() == 0
    assert asked(box, "ka10095").empty or report["source"].eq("").all()


def test_new_and_missing_codes_are_pulled(market: tuple[Sandbox, Client, kr.Store]) -> None:
    """A code that is not stored and one that missed a session are pulled from the chart, with all they lack."""
    box, client, store = market
    box.set_clock("2026-06-16 20:30")  # everything missed two sessions
    quiet(store, [c for c in store.bars().index.levels[0] if c != "850060"], client)
    box.set_clock("2026-06-17 20:30")
    report = store.refresh("kosdaq", client=client, progress=False, check=0)
    assert report["reason"][report["source"] == "chart"].to_dict() == {"850060": "not current"}
    assert report.at["850060", "bars"] == 4
    box.set_clock("2026-10-15 20:30")  # 850090 is listed today; all others are behind
    plan = store.plan_refresh("kosdaq", client=client)
    assert plan["requests"] == plan["codes"]
    store.refresh("kosdaq", client=client, progress=False, check=0)
    assert len(store.bars("850090")) == 1
    box.set_clock("2026-10-16 20:30")
    report = store.refresh("kosdaq", client=client, progress=False, check=0)
    assert report["source"].eq("quote").all()
    assert len(store.bars("850090")) == 2
    assert store.coverage().empty


def test_delistings_are_marked_not_deleted(tmp_path: Path) -> None:
    """A stock that left the list keeps its bars, is not asked for again and is not missing afterwards."""
    with Sandbox(rate=None, clock="2024-03-29 20:30") as box, client_of(box, tmp_path) as client:
        store = kr.Store(tmp_path / "store")
        codes = [*kr.get_stocks("kosdaq", client=client).index[:3], "850100"]
        quiet(store, "kosdaq", client, since="2024-03-25")
        before = store.bars("850100")
        assert len(before) == 5
        box.set_clock("2024-04-01 20:30")
        report = store.refresh("kosdaq", client=client, progress=False, check=0)
        assert "850100" not in report.index
        pd.testing.assert_frame_equal(store.bars("850100"), before)
        stocks = store._reader.table(store._reader.folder.read_manifest(), "stocks").set_index("code")
        assert stocks.at["850100", "delisted"] == pd.Timestamp("2024-04-01")
        assert stocks["delisted"].notna().sum() == 1
        sent = len(box.requests())
        assert quiet(store, "850100", client).empty
        assert len(box.requests()) == sent
        assert store.coverage().empty
        assert codes


def test_an_update_notices_a_delisting(client: Client, tmp_path: Path) -> None:
    """A code whose bars end early and that the broker does not list is delisted, not incomplete."""
    store = kr.Store(tmp_path / "store")
    quiet(store, ["850100", "005930"], client, since="2024-01-02")
    assert store.coverage().empty
    assert store.plan(["850100", "005930"], client=client)["requests"] == 0


@pytest.mark.parametrize("served", [True, False])
@pytest.mark.parametrize("by", ["refresh", "update"])
def test_a_delisting_while_nobody_looked(tmp_path: Path, by: str, served: bool) -> None:
    """Delisted a week after the last update: its last bars are pulled, if the broker still has them, and it is marked."""
    with Sandbox(rate=None, clock="2024-03-22 20:30") as box, client_of(box, tmp_path) as client:
        store = kr.Store(tmp_path / "store")
        quiet(store, "kosdaq", client, since="2024-03-18")
        box.set_clock("2024-04-05 20:30")
        if not served:
            box.script({1: "1902"}, call="ka10081")  # no such stock
            assert "the broker no longer knows this code" in quiet(store, "850100", client)["note"].iloc[0]
        plan = store.plan("kosdaq", client=client)
        if by == "update":
            report = quiet(store, "kosdaq", client)
            assert len(report) == plan["requests"]
        else:
            planned = store.plan_refresh("kosdaq", client=client)
            report = store.refresh("kosdaq", client=client, progress=False, check=0)
            assert (report["source"] == "chart").sum() == planned["requests"] == plan["requests"]
        assert report["error"].eq("").all()
        days = store.bars("850100").index.get_level_values("date")
        delisted = store.codes()["delisted"].dropna()
        if served:
            assert report.loc["850100", "bars"] == 5
            assert days[-1] == pd.Timestamp("2024-03-29")
            assert delisted.to_dict() == {"850100": pd.Timestamp("2024-04-01")}
        else:
            assert days[-1] == pd.Timestamp("2024-03-22")
            assert delisted.to_dict() == {"850100": pd.Timestamp("2024-03-25")}  # as far as one knows
        sent = len(box.requests())
        assert quiet(store, "kosdaq", client).empty
        assert (box.requests()["call"].iloc[sent:] != "ka10081").all()
        assert store.coverage().empty
        assert store.verify().empty


def test_funds_are_not_gone_because_a_list_lacks_them(reader: Client, tmp_path: Path) -> None:
    """A store that knows all of KOSPI, refreshed for stocks only: funds are neither asked for nor marked."""
    store = kr.Store(tmp_path / "store")
    errand = Errand(reader)
    with store._reader.folder.writing():
        codes = store._resolve("all", errand, remember=True)
    stocks = store._reader.table(store._reader.folder.read_manifest(), "stocks")
    assert stocks["code"].tolist() == codes
    for market in ("kospi", "kosdaq", "stocks", "etf", "all"):
        listing = kr.get_stocks(market, client=reader)
        assert missing_codes(stocks, listing, market, errand) == []


def test_minutes_of_a_delisted_stock_come_too(tmp_path: Path) -> None:
    """Its days are known to have ended; its minutes up to then are still pulled."""
    with Sandbox(rate=None, clock="2024-03-22 20:30") as box, client_of(box, tmp_path) as client:
        store = kr.Store(tmp_path / "store")
        quiet(store, "850100", client, freq="30min", since="2024-03-18")
        box.set_clock("2024-04-05 20:30")
        quiet(store, "850100", client)
        quiet(store, "850100", client, freq="30min")
        assert store.bars("850100", freq="30min").index[-1][1].strftime("%m-%d") == "03-29"
        assert quiet(store, "850100", client, freq="30min").empty


def test_the_first_fill_is_recorded(tmp_path: Path) -> None:
    """The session of each code's first fill stays; a code that is added late moves the day, a new listing does not."""
    with Sandbox(rate=None, clock="2026-10-13 08:30") as box, client_of(box, tmp_path) as client:
        store = kr.Store(tmp_path / "store")
        assert store.unbiased_from() is None
        assert store.codes().empty
        quiet(store, ["005930", "850010"], client, since="2026-09-01")
        # at 08:30 the lists of the 13th are there: who left them then is missing on the 12th already
        assert store.codes()["first_stored"].dt.day.tolist() == [13, 13]
        box.set_clock("2026-10-17 12:00")  # a Saturday; 850090 was listed on the 15th
        quiet(store, ["005930", "850010", "850090"], client, since="2026-09-01")
        quiet(store, "850010", client, since="2026-06-01")
        codes = store.codes()
        assert codes["first_stored"].dt.day.tolist() == [13, 13, 16]
        assert codes["since"].dt.month.tolist() == [9, 6, 9]
        assert codes["until"].dt.day.tolist() == [16, 16, 16]
        assert store.unbiased_from() == pd.Timestamp("2026-10-13")
        box.set_clock("2026-10-21 20:30")
        quiet(store, "000660", client, since="2026-09-01")
        assert store.unbiased_from() == pd.Timestamp("2026-10-21")
        assert store.unbiased_from(["005930", "850010"]) == pd.Timestamp("2026-10-13")
        quiet(store, "000660", client, freq="30min", since="2026-10-20")
        assert store.codes("30min").index.tolist() == ["000660"]
        found = kr.screen_history(store, {"any": "close > 0"}, "2026-10-01", "2026-10-20")
        assert found.unbiased_from == pd.Timestamp("2026-10-21")


def test_a_store_without_that_note(store: kr.Store, reader: Client) -> None:
    """A store that was filled before first fills were recorded is read, and does not claim to know."""
    folder = store._reader.folder
    with folder.writing():
        manifest = folder.read_manifest()
        pulls = store._reader.table(manifest, "pulls").drop(columns="first_stored")
        folder.commit(folder.with_table(manifest.next_generation(), "pulls", pulls))
    assert store.unbiased_from() is None
    quiet(store, "035420", reader, since="2026-11-02")
    assert store.codes()["first_stored"].notna().sum() == 1
    assert store.unbiased_from() is None
    assert store.unbiased_from("035420") == pd.Timestamp("2026-11-20")


def quotes_of(box: Sandbox, client: Client, codes: list[str]) -> pd.DataFrame:
    """Quotes of codes."""
    return kr.get_quotes(codes, client=client)


def test_a_quote_beyond_doubt(market: tuple[Sandbox, Client, kr.Store]) -> None:
    """Each reason for which a quote is not taken."""
    box, client, store = market
    box.set_clock("2026-06-12 20:30")
    codes = ["850010", "850020", "850030", "850050"]
    quotes = quotes_of(box, client, codes)
    session, previous = date(2026, 6, 12), pd.Timestamp("2026-06-11")
    closes = store.bars(codes, start="2026-06-11", adjusted=False)["close"].droplevel("date")
    until = pd.Series(previous, index=codes)

    def why(quotes: pd.DataFrame, closes: pd.Series = closes, until: pd.Series = until) -> dict[str, str]:
        found = refresh.rejection_reasons(quotes, session, closes, until)
        return found[found != ""].to_dict()

    assert quotes.at["850050", "volume"] == 0  # halted before its split
    assert why(quotes) == {}
    assert why(quotes.assign(session=previous)) == dict.fromkeys(
        codes, "the quote belongs to another session"
    )
    assert why(quotes.assign(session=pd.NaT)) == dict.fromkeys(codes, "the quote belongs to another session")
    assert why(quotes, closes=closes.drop("850010")) == {"850010": "no close to compare the base price with"}
    assert why(quotes, closes=closes + (closes.index == "850020")) == {
        "850020": "base price is not the previous close"
    }
    assert why(quotes, until=until.drop("850030")) == {"850030": "new"}
    assert why(quotes, until=until.where(until.index != "850030", previous - pd.Timedelta("1D"))) == {
        "850030": "not current"
    }
    assert why(quotes.assign(found=quotes.index != "850010")) == {"850010": "no quote"}
    first = quotes.index == "850010"
    for name, value in (("high", 1.0), ("low", 1e9), ("open", np.nan), ("price", 0.0), ("open", 0.0)):
        spoiled = quotes.assign(**{name: quotes[name].mask(first, value)})
        assert why(spoiled) == {"850010": "impossible prices"}, name
    for name in ("volume", "value"):
        assert "850010" in why(quotes.assign(**{name: quotes[name].mask(first, np.nan)})), name


def test_a_halted_stock_stands_at_its_close(market: tuple[Sandbox, Client, kr.Store]) -> None:
    """Volume 0 and open 0 become open = high = low = close, as the chart has it."""
    box, client, store = market
    box.set_clock("2026-06-12 20:30")
    store.refresh("kosdaq", client=client, progress=False, check=0)
    bar = store.bars("850050", start="2026-06-12", adjusted=False).iloc[0]
    assert bar["source"] == "quote"
    assert bar["volume"] == bar["value"] == 0
    assert {bar[name] for name in OHLC} == {bar["close"]}
    assert bar["close"] > 0
    assert not any(bar[f"{name}_sign"] for name in OHLC)


def test_a_quote_gives_way_to_the_chart(market: tuple[Sandbox, Client, kr.Store]) -> None:
    """The next pull of a stock from the chart overwrites the bar that came from its quote."""
    box, client, store = market
    box.set_clock("2026-06-12 20:30")
    store.refresh("kosdaq", client=client, progress=False, check=0)
    assert store.bars("850010", start="2026-06-11")["source"].tolist() == ["chart", "quote"]
    box.set_clock("2026-06-15 20:30")
    assert quiet(store, "850010", client)["changed"].tolist() == [0]
    assert store.bars("850010", start="2026-06-11")["source"].tolist() == ["chart"] * 3


def test_a_check_finds_a_wrong_quote(
    market: tuple[Sandbox, Client, kr.Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quote that is not what the chart has is reported by the check, and the chart's bar stays."""
    box, client, store = market
    box.set_clock("2026-06-12 20:30")
    quotes_to_bars = refresh.quotes_to_bars

    def wrong(*given: Any) -> pd.DataFrame:
        frame = quotes_to_bars(*given)
        return frame.assign(volume=frame["volume"] + 1)

    monkeypatch.setattr(refresh, "quotes_to_bars", wrong)
    report = store.refresh("kosdaq", client=client, progress=False, check=20)
    checked = report[report["reason"] == "check"]
    assert len(checked) == 20
    assert (checked["changed"] == 1).all()
    assert checked["note"].str.contains(r"volume: stored \d+ \(quote\), now \d+ in the chart").all()
    code = checked.index[0]
    expected = kr.get_bars(code, start="2026-06-12", client=client)["volume"].tolist()
    assert store.bars(code, start="2026-06-12")["volume"].tolist() == expected


def test_other_codes_every_session() -> None:
    """The sample is the same for a session and another one for the next."""
    codes = [f"{n:06}" for n in range(1000)]
    first = refresh.draw_sample(codes, date(2026, 6, 12), 20)
    assert first == refresh.draw_sample(codes[::-1], date(2026, 6, 12), 20)
    assert first != refresh.draw_sample(codes, date(2026, 6, 15), 20)
    assert len(set(first)) == 20
    assert refresh.draw_sample(codes[:3], date(2026, 6, 12), 20) == codes[:3]


def test_a_refresh_on_real_prices(test_data: Path, tmp_path: Path) -> None:
    """Twelve evenings of 2025 by quotes, corporate actions included, equal one pull of the chart at the end."""
    pairs = pd.read_parquet(test_data / "data" / PAIRS)
    pairs = pairs[pairs["date"].str[:4] == "2025"]
    acted = {
        "001500",
        "043090",
        "051780",
        "052300",
        "060560",
        "064960",
        "066910",
        "115450",
        "177350",
        "210120",
    }
    # a file adjusted for what came after its last day is not what a broker shows on that day
    newest = pairs.groupby("code")[["close_adj", "close_raw"]].last()
    pairs = pairs[pairs["code"].isin(newest.index[newest["close_adj"] == newest["close_raw"]])]
    whole = pairs.groupby("code")["date"].transform("size") == pairs["date"].nunique()
    codes = sorted(acted | set(pairs["code"][whole].unique()[:60]))
    raw = pd.read_parquet(test_data / "data" / RAW, filters=[("code", "in", codes)])
    raw = raw[raw["date"].str[:4] == "2025"].drop(columns=["dept", "change_code", "value"])
    sessions = sorted(raw["date"].unique())[-13:]
    names = {f"{name}_adj": name for name in [*OHLC, "volume"]}
    adjusted = pairs[pairs["code"].isin(codes)].rename(columns=names)[
        ["date", "code", "name", "market", *OHLC, "volume"]
    ]
    grown, fresh = kr.Store(tmp_path / "grown"), kr.Store(tmp_path / "fresh")
    with (
        replay(tmp_path / "files", raw, adjusted, f"{sessions[0]} 20:30") as box,
        client_of(box, tmp_path) as client,
    ):
        listed = kr.get_stocks("stocks", client=client).index
        quiet(grown, listed, client, since="2025-01-02")
        pulled = []
        for session in sessions[1:]:
            box.set_clock(f"{session} 20:30")
            report = grown.refresh("stocks", client=client, progress=False, check=2)
            pulled += report.index[report["reason"] == "base price is not the previous close"].tolist()
            assert report["note"].eq("").all(), report["note"][report["note"] != ""].to_dict()
        quiet(fresh, listed, client, since="2025-01-02")
    expected = fresh.events()
    expected = expected[expected["date"] > pd.Timestamp(sessions[0])]
    assert sorted(pulled) == sorted(expected["code"])  # those and no others were pulled one by one
    assert len(pulled) >= 5
    pd.testing.assert_frame_equal(grown.events(), fresh.events())
    pd.testing.assert_frame_equal(
        grown.bars().drop(columns=["source", "turnover"]), fresh.bars().drop(columns=["source", "turnover"])
    )


# --- what is missing, what is wrong --------------------------------------------------------------


def without(store: kr.Store, condition: str) -> None:
    """Take bars out of a store's files, behind its back but for the number of rows."""
    import duckdb

    folder = store._reader.folder
    told = json.loads((folder.path / "manifest.json").read_text())
    for part in told["files"]:
        file = folder.path / part["path"]
        rows = duckdb.sql(
            f"SELECT * FROM read_parquet('{file}', hive_partitioning=false) WHERE NOT ({condition})"
        )
        duckdb.sql("SELECT 1")
        table = rows.to_arrow_table()
        import pyarrow.parquet as pq

        pq.write_table(table, file)
        part["rows"] = table.num_rows
    (folder.path / "manifest.json").write_text(json.dumps(told))


def test_coverage_names_missing_sessions(store: kr.Store) -> None:
    """Bars that are gone are named by code and session; a halt and a late listing are not missing."""
    assert store.coverage().empty
    without(store, "code = '000660' AND date BETWEEN '2026-03-02' AND '2026-03-06'")
    missing = store.coverage()
    assert missing["code"].unique().tolist() == ["000660"]
    assert missing["date"].dt.strftime("%m-%d").tolist() == [
        "03-03",
        "03-04",
        "03-05",
        "03-06",
    ]  # 03-02 is a closure
    without(store, "code = '850050' AND date IN ('2026-06-11', '2026-06-12')")  # behind a bar without volume
    assert store.coverage()["code"].unique().tolist() == ["000660"]


def test_coverage_knows_listing_dates(client: Client, tmp_path: Path) -> None:
    """A market since January: 850090 was listed in October and lacks nothing; without its bars it lacks all since."""
    store = kr.Store(tmp_path / "store")
    kr.get_stocks("kosdaq", client=client)
    store._resolve("kosdaq", Errand(client), remember=True)
    quiet(store, ["850090", "850010"], client, since="2026-01-02")
    assert store.coverage().empty
    without(store, "code = '850090'")
    missing = store.coverage()
    assert missing["code"].unique().tolist() == ["850090"]
    assert missing["date"].min() == pd.Timestamp("2026-10-15")
    assert len(missing) == 27


def test_verify_finds_damage(store: kr.Store, filled: tuple[Path, pd.DataFrame], tmp_path: Path) -> None:
    """A cut file, a missing one, bars out of order, impossible prices, an event that is missing in the table."""
    assert store.verify().empty
    files = sorted((tmp_path / "store" / "bars").rglob("*.parquet"))
    cut = files[0].read_bytes()
    files[0].write_bytes(cut[: len(cut) // 2])
    files[1].unlink()
    files[2].write_bytes(files[3].read_bytes())
    problems = store.verify()
    named = {Path(name).parent.name for name in problems["file"].dropna()}
    assert named == {files[at].parent.name for at in range(3)}
    assert problems["problem"].str.contains("cannot be read").sum() == 2
    assert problems["problem"].str.contains("impossible prices or volume").any()  # of another year


def test_verify_reads_the_rows(store: kr.Store, tmp_path: Path) -> None:
    """Order, duplicates, prices and sessions are looked at, not only whether a file opens."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    file = next((tmp_path / "store" / "bars" / "freq=1d" / "year=2026").iterdir())
    good = pq.read_table(file, partitioning=None)

    def problems(table: Any) -> str:
        pq.write_table(table, file)
        return " ".join(store.verify()["problem"])

    assert problems(good) == ""
    assert "out of order" in problems(good.take(pa.array(np.arange(good.num_rows)[::-1])))
    assert "2 bars" in problems(pa.concat_tables([good.slice(0, 1), good]))
    assert "rows, the manifest says" in problems(good.slice(1))
    at = good.column_names.index("high")
    assert "prices or volume" in problems(
        good.set_column(at, "high", pc.subtract(good["low"], pa.scalar(1, pa.int32())))
    )
    at = good.column_names.index("change")
    assert "is missing in the table" in problems(
        good.set_column(at, "change", pc.add(good["change"], pa.scalar(1, pa.int32())))
    )


def test_verify_compares_events_with_bars(store: kr.Store, tmp_path: Path) -> None:
    """An event with another ratio, and one that the bars do not show."""
    folder = store._reader.folder
    file = tmp_path / "store" / folder.read_manifest().tables["events"]
    events = pd.read_parquet(file)
    wrong = pd.concat(
        [events.assign(ratio=events["ratio"] * 1.01), events.assign(date=pd.Timestamp("2026-11-20"))]
    )
    wrong.to_parquet(file)
    problems = store.verify()["problem"]
    assert problems.str.contains("the bars say").sum() == 4
    assert problems.str.contains("the bars show no such event").sum() == 4


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


# --- the folder ----------------------------------------------------------------------------------


def test_the_layout_others_can_read(store: kr.Store, tmp_path: Path) -> None:
    """Parquet by freq and year, sorted by code and day, codes as text with their zeros."""
    import duckdb

    pattern = f"{tmp_path}/store/bars/freq=1d/*/*.parquet"
    rows = duckdb.sql(
        f"SELECT code, date, year FROM read_parquet('{pattern}', hive_partitioning=true)"
    ).fetchall()
    assert {code for code, _, _ in rows} == set(CODES)
    assert all(day.year == year for _, day, year in rows)
    file = sorted((tmp_path / "store" / "bars").rglob("*.parquet"))[0]
    own = duckdb.sql(f"SELECT code, date FROM read_parquet('{file}', hive_partitioning=false)").fetchall()
    assert own == sorted(own)


def test_another_file_system_is_read_only(store: kr.Store, reader: Client, tmp_path: Path) -> None:
    """Any address of fsspec can be read; writing there is refused."""
    import fsspec

    fsspec.filesystem("memory").put(str(tmp_path / "store"), "/research/krx", recursive=True)
    there = kr.Store("memory://research/krx")
    pd.testing.assert_frame_equal(there.bars(), store.bars())
    pd.testing.assert_frame_equal(there.events(), store.events())
    assert there.verify().empty
    with pytest.raises(kr.ConfigError, match="can be read, not written"):
        quiet(there, "005930", reader)


def test_a_newer_layout_is_not_touched(store: kr.Store, reader: Client, tmp_path: Path) -> None:
    """What a newer version wrote, or what is no manifest, is a ConfigError."""
    manifest = tmp_path / "store" / "manifest.json"
    told = json.loads(manifest.read_text())
    for text in (json.dumps({**told, "layout": 99}), "{}", "no JSON"):
        manifest.write_text(text)
        with pytest.raises(kr.ConfigError):
            kr.Store(tmp_path / "store")
        with pytest.raises(kr.ConfigError):
            quiet(store, "005930", reader)
    assert manifest.read_text() == "no JSON"


def test_a_path_may_be_odd(reader: Client, tmp_path: Path) -> None:
    """Quotes, blanks and Korean letters in the path."""
    store = kr.Store(tmp_path / "it's 내 데이터 [1]")
    quiet(store, "005930", reader, since="2026-11-02")
    assert len(store.bars("005930")) == 15
    assert store.verify().empty


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without duckdb the first reading names the extra."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(kr.ConfigError, match=r"kiwoom_research\[store\]"):
        kr.Store(tmp_path).bars()


# --- dask ----------------------------------------------------------------------------------------


def test_dask_gives_what_duckdb_gives(store: kr.Store, tmp_path: Path) -> None:
    """Two workers of a local cluster: the same bars, and the same screen, one partition at a time."""
    distributed = pytest.importorskip("distributed")
    logging.getLogger("distributed").setLevel(logging.ERROR)
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path)
    )
    with cluster, distributed.Client(cluster):
        frame = store.dask(columns=["close", "volume"], partitions=3)
        assert frame.npartitions == 3
        assert frame.known_divisions
        expected = store.bars(columns=["close", "volume"])
        pd.testing.assert_frame_equal(as_stored(frame.compute()), expected)
        highs = frame.map_partitions(highest, meta=pd.Series(dtype="float64", name="close")).compute()
    pd.testing.assert_series_equal(highs.sort_index(), highest(expected), check_index_type=False)


def as_stored(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame out of Dask, which has text types of its own, as the store gives it."""
    text = frame.select_dtypes("string").columns
    frame = frame.astype(dict.fromkeys(text, "str")).set_index(frame.columns[0], append=True)
    codes = frame.index.levels[0].astype("str")
    return frame.set_axis(frame.index.set_levels(codes, level=0))


def highest(bars: pd.DataFrame) -> pd.Series:
    """The highest 20-session mean of each code: needs the whole history of a code in one place."""
    mean = bars.groupby("code")["close"].rolling(20).mean().droplevel(0)
    return mean.groupby("code").max()


def test_dask_minutes_and_nothing(store: kr.Store, reader: Client, tmp_path: Path) -> None:
    """Minutes keep their zone; a store without any gives an empty frame of the same columns."""
    pytest.importorskip("dask")
    assert len(store.dask("1min").compute(scheduler="sync")) == 0
    quiet(store, ["850050", "000660"], reader, freq="30min", since="2026-11-16")
    frame = store.dask("30min").compute(scheduler="sync")
    pd.testing.assert_frame_equal(as_stored(frame), store.bars(freq="30min"))


# --- the command line ----------------------------------------------------------------------------


def test_command_line(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """update, update --quotes and store info, with exit statuses."""
    monkeypatch.setenv("KIWOOM_APPKEY", box.appkey)
    monkeypatch.setenv("KIWOOM_SECRETKEY", box.secretkey)
    folder = str(tmp_path / "store")
    update = ["update", "--server", box.url, "--store", folder, "--market", "etf"]
    assert main([*update, "--since", "2026-11-02", "--plan"]) == 0
    assert "requests" in capsys.readouterr().out
    assert not (tmp_path / "store").exists()
    assert main(["store", "info", folder]) == 2
    assert main([*update, "--freq", "1d", "--since", "2026-11-02"]) == 0
    assert "180 bars of 12 codes, 0 events" in capsys.readouterr().out
    box.set_clock("2026-11-23 20:30")
    assert main([*update, "--quotes"]) == 0
    assert "12 bars of 12 codes" in capsys.readouterr().out
    assert main(["store", "info", folder]) == 0
    assert "192 bars" in capsys.readouterr().out
    box.set_clock("2026-11-24 12:00")
    assert main([*update, "--quotes"]) == 1
    assert "final at 20:10" in capsys.readouterr().err
    assert main([*update, "--quotes", "--freq", "1min"]) == 2
    assert os.listdir(tmp_path / "store")
