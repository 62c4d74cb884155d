"""The evening refresh from quotes."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.calendar import KST
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox
from kiwoom_research.store import refresh
from kiwoom_research.store.refresh import missing_codes

from ..conftest import client_of
from .conftest import OHLC, PAIRS, RAW, asked, quiet, replay


def test_a_refresh_takes_few_requests(market: tuple[Sandbox, Client, kr.Store]) -> None:
    """List, quotes of 100 codes a request, 10 checks, and two for the code with a split; then it equals the chart."""
    box, client, store = market
    codes = store.info().loc[("1d", 2026), "codes"]
    for clock, apart in (("2026-06-12 20:10", 0), ("2026-06-15 20:30", 1), ("2026-06-17 01:00", 0)):
        box.set_clock(clock)
        before = len(box.requests())
        plan = store.plan_refresh("kosdaq", client=client)
        report = store.refresh("kosdaq", client=client, progress=False)
        sent = box.requests().iloc[before:]["call"].value_counts().drop("/oauth2/token", errors="ignore")
        assert (plan["codes"], plan["requests"]) == (codes, 2 * apart)
        assert sent.to_dict() == {"ka10099": 1, "ka10095": -(-codes // 100), "ka10081": 10 + 2 * apart}
        assert (report["bars"] == 1).all()
        assert report["note"].eq("").all()
        assert report["changed"].sum() == 0
        assert report["source"].value_counts().to_dict() == {"quote": codes - 10 - apart, "chart": 10 + apart}
        assert report["reason"][report["events"] > 0].to_dict() == (
            {"850050": "base price is not the official close"} if apart else {}
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
    box.set_clock("2026-10-15 21:30")  # 850090 is listed today; all others are behind
    plan = store.plan_refresh("kosdaq", client=client)
    assert plan["requests"] == plan["codes"]
    store.refresh("kosdaq", client=client, progress=False, check=0)
    assert len(store.bars("850090")) == 1
    box.set_clock("2026-10-16 21:30")
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
            assert 2 * len(report) == plan["requests"]  # with an adjusted page each
        else:
            planned = store.plan_refresh("kosdaq", client=client)
            report = store.refresh("kosdaq", client=client, progress=False, check=0)
            assert (report["source"] == "chart").sum() == planned["codes"] - planned["done"]
            assert planned["requests"] == len(report) + report["reason"].eq("new").sum()
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
    errand = reader.frozen()
    with store._reader.folder.writing():
        codes = store._resolve("all", errand, remember=True)
    stocks = store._reader.table(store._reader.folder.read_manifest(), "stocks")
    assert stocks["code"].tolist() == codes
    for market in ("kospi", "kosdaq", "stocks", "etf", "all"):
        listing = kr.get_stocks(market, client=reader)
        assert missing_codes(stocks, listing, market, errand) == []


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
    bars = store.bars(codes, start="2026-06-11", adjusted=False).droplevel("date")
    until = pd.Series(previous, index=codes)

    def why(quotes: pd.DataFrame, before: pd.DataFrame = bars, until: pd.Series = until) -> dict[str, str]:
        found = refresh.rejection_reasons(quotes, session, before, until)
        return found[found != ""].to_dict()

    assert quotes.at["850050", "volume"] == 0  # halted before its split
    assert why(quotes) == {}
    assert why(quotes.assign(session=previous)) == dict.fromkeys(
        codes, "the quote belongs to another session"
    )
    assert why(quotes.assign(session=pd.NaT)) == dict.fromkeys(codes, "the quote belongs to another session")
    assert why(quotes, bars.drop("850010")) == {"850010": "no close to compare the base price with"}
    assert why(quotes, bars.assign(official_close=bars["close"] + (bars.index == "850020"))) == {
        "850020": "base price is not the official close"
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
    checked = pd.Series(pd.Timestamp("2026-06-11"), index=codes)
    first = refresh.draw_sample(codes, checked, date(2026, 6, 12), 20)
    assert first == refresh.draw_sample(codes[::-1], checked, date(2026, 6, 12), 20)
    assert first != refresh.draw_sample(codes, checked, date(2026, 6, 15), 20)
    assert len(set(first)) == 20
    assert refresh.draw_sample(codes[:3], checked, date(2026, 6, 12), 20) == codes[:3]


def test_what_was_never_checked_comes_first() -> None:
    """Codes without a checked session, then those whose last one is the oldest."""
    codes = [f"{n:06}" for n in range(100)]
    checked = pd.Series(pd.Timestamp("2026-06-11"), index=codes)
    checked[["000007", "000003"]] = pd.Timestamp("2026-05-04")
    assert refresh.draw_sample(codes, checked.drop("000050"), date(2026, 6, 12), 3) == [
        "000003",
        "000007",
        "000050",
    ]
    assert "000050" in refresh.draw_sample(codes, checked.drop("000050"), date(2026, 6, 12), 1)


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
            pulled += report.index[report["reason"] == "base price is not the official close"].tolist()
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
