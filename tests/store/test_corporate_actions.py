"""Corporate actions: found in raw bars, checked against adjusted pages, held against real prices."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox
from kiwoom_research.store.corporate_actions import Event, detect, factors, reconcile, unexplained_jumps
from kiwoom_research.store.folder import Folder

from ..conftest import client_of
from .conftest import CODES, OHLC, PAIRS, RAW, SINCE, asked, krx_days, quiet, replay


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
    """The plan counts one adjusted page a code; an event that lies behind it costs another one."""
    store = kr.Store(tmp_path / "store")
    pages = store.plan(["005930", "000660"], since=SINCE, client=client)["requests"]
    quiet(store, ["005930", "000660"], client, since=SINCE)
    assert len(asked(box)) + len(asked(box, "ka10100")) == pages + 1


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
    prices = {"close": close, "low": close, "high": close}
    return pd.DataFrame({**prices, "change": close - np.array(bases)}, index=days)


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
