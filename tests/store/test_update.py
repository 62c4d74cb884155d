"""Updates: what is pulled, what may be stored, what the report says."""

from pathlib import Path

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox

from ..conftest import client_of
from .conftest import adopt, asked, krx_days, quiet, replay


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
            adopt(store, client)
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
    box.set_clock("2026-11-23 21:30")
    box.script({1: "blank"}, call="ka10081")
    report = quiet(store, "000660", client)
    assert "bars came with blank fields; the stored ones are kept" in report["note"].iloc[0]
    pd.testing.assert_frame_equal(store.bars().iloc[:-1], before)
    assert report["bars"].tolist() == [1]


def test_nothing_is_stored_before_it_is_final(box: Sandbox, client: Client, tmp_path: Path) -> None:
    """The running session and the evening before 21:05 are left out, then they come."""
    store = kr.Store(tmp_path / "store")
    for clock, last in (("14:00", 19), ("20:10", 19), ("21:04", 19), ("21:05", 20)):
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
    assert 2 <= len(days) < 15
    assert store.plan("005930", "1min", since="2026-11-02", client=client)["requests"] >= 1
    quiet(store, "005930", client, freq="1min", since="2026-11-02")
    assert store.bars("005930", freq="1min").index[0][1].day == 2


def test_pages_stay_in_the_cache(box: Sandbox, client: Client, tmp_path: Path) -> None:
    """What somebody else paid for is still there after an update of the same code, and costs nothing again."""
    kr.get_bars("005930", start="2020-01-02", adjusted=False, client=client)
    kr.get_bars("005930", start="2020-01-02", client=client)
    quiet(kr.Store(tmp_path / "store"), "005930", client, since="2026-10-01")
    sent = len(asked(box))
    kr.get_bars("005930", start="2020-01-02", adjusted=False, client=client)
    kr.get_bars("005930", start="2020-01-02", client=client)
    assert len(asked(box)) == sent


def test_only_what_is_missing_is_asked(box: Sandbox, client: Client, tmp_path: Path) -> None:
    """A current store costs nothing, a day later a page and the adjusted one of each code, and the plan says so."""
    store = kr.Store(tmp_path / "store")
    quiet(store, ["005930", "000660"], client, since="2026-01-02")
    plan = store.plan(["005930", "000660"], client=client)
    assert (plan["requests"], plan["done"]) == (0, 2)
    sent = len(box.requests())
    assert quiet(store, ["005930", "000660"], client).empty
    assert len(box.requests()) == sent
    box.set_clock("2026-11-24 21:30")
    plan = kr.plan(["005930", "000660", "035420"], start="2026-01-02", store=store, client=client)
    assert (plan["codes"], plan["requests"], plan["done"]) == (3, 7, 0)  # the listing date of the new one too
    report = quiet(store, ["005930", "000660"], client)
    assert report["bars"].tolist() == [2, 2]
    assert len(box.requests()) == sent + 4


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


def test_an_update_notices_a_delisting(client: Client, tmp_path: Path) -> None:
    """A code whose bars end early and that the broker does not list is delisted, not incomplete."""
    store = kr.Store(tmp_path / "store")
    quiet(store, ["850100", "005930"], client, since="2024-01-02")
    assert store.coverage().empty
    assert store.plan(["850100", "005930"], client=client)["requests"] == 0


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
        box.set_clock("2026-10-21 21:30")
        quiet(store, "000660", client, since="2026-09-01")
        assert store.unbiased_from() == pd.Timestamp("2026-10-21")
        assert store.unbiased_from(["005930", "850010"]) == pd.Timestamp("2026-10-13")
        quiet(store, "000660", client, freq="30min", since="2026-10-20")
        assert store.codes("30min").index.tolist() == ["000660"]
        found = kr.screen_history(store, {"any": "close > 0"}, "2026-10-01", "2026-10-20", price="last")
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
