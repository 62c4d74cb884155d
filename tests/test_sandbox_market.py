"""The sandbox's markets and the replies made of them."""

import itertools
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kiwoom_research import calendar
from kiwoom_research.calendar import KST
from kiwoom_research.endpoints import QUERIES
from kiwoom_research.endpoints.table import Field
from kiwoom_research.kinds import KINDS, Moment, Number
from kiwoom_research.sandbox.market import Market, ReplayMarket, SyntheticMarket
from kiwoom_research.sandbox.market.bars import on_tick, scaled, tick_size
from kiwoom_research.sandbox.replies.encode import OLD_TAIL, encode_column
from kiwoom_research.sandbox.replies.producers import PRODUCERS, Options, Page, Refusal, answer

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=KST)
CHARTS = ("ka10081", "ka10082", "ka10083", "ka10094", "ka10080", "ka10079")
# one of each sort: split, odd code, preferred, fund, KONEX, limit up, limit down, consolidation, halt,
# split within the kept minutes, hardly traded, IPO, delisted
SAMPLE = (
    "005930", "0900J0", "800075", "820010", "860010", "850010", "850020", "850030", "850040", "850050", "850070",
    "850090", "850100",
)  # fmt: skip


@pytest.fixture(scope="module")
def market() -> SyntheticMarket:
    return SyntheticMarket()


def ask(market: Market, api_id: str, key: str = "", now: datetime = NOW, **body: str) -> Page:
    return answer(market, QUERIES[api_id], body, key, now)


def rows(page: Page, api_id: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = page.body[QUERIES[api_id].tables[0].rows]
    return found


def walk(market: Market, api_id: str, now: datetime = NOW, **body: str) -> list[list[dict[str, str]]]:
    """All pages of a call."""
    page = ask(market, api_id, now=now, **body)
    pages = [rows(page, api_id)]
    while page.next_key:
        assert len(page.next_key) <= 50
        page = ask(market, api_id, page.next_key, now, **body)
        pages.append(rows(page, api_id))
    return pages


def flat(pages: list[list[dict[str, str]]]) -> list[dict[str, str]]:
    return [row for page in pages for row in page]


def at(clock: str, day: str = "2026-11-20") -> datetime:
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=KST)


# --- the invented market ---------------------------------------------------------------------------------


def test_a_market_has_enough_stocks(market: SyntheticMarket) -> None:
    kinds = pd.Series([stock.market for stock in market.stocks.values()]).value_counts()
    assert len(market.codes) >= 300
    assert kinds.to_dict().keys() == {"0", "10", "50", "8", "60", "6"}
    assert len({stock.name for stock in market.stocks.values()}) == len(market.codes)
    assert any(not code.isdigit() for code in market.codes)
    assert market.history("800010").time[0] == np.datetime64("2016-11-21")
    assert (market.history("005930").time < np.datetime64("2026-11-21")).sum() > 6000  # ten pages


def test_invented_codes_and_names_are_nobodys(market: SyntheticMarket, test_data: Path) -> None:
    listed = pd.read_csv(test_data / "data/listing/krx_2026-03-20.csv", dtype=str)
    gone = pd.read_csv(test_data / "data/listing/delisting_2026-03-20.csv", dtype=str)
    codes, names = {*listed["Code"], *gone["Symbol"]}, {*listed["Name"], *gone["Name"]}
    real = [code for code in market.codes if code in codes]
    assert real == ["000660", "005930", "035420", "035720"]
    assert all(market.stocks[code].name.endswith("(가상)") for code in real)
    assert not names & {stock.name for stock in market.stocks.values()}


def test_the_daily_bars_of_every_stock_are_possible(market: SyntheticMarket) -> None:
    for code in market.codes:
        bars, fund = market.history(code), market.stocks[code].fund
        traded = bars.volume > 0
        assert bars.size
        assert (np.diff(bars.time) > np.timedelta64(0)).all()
        assert (bars.low <= np.minimum(bars.open, bars.close)).all(), code
        assert (np.maximum(bars.open, bars.close) <= bars.high).all(), code
        assert (bars.value >= bars.low * bars.volume).all()
        assert (bars.value <= bars.high * bars.volume).all()
        for price in (bars.open, bars.high, bars.low, bars.close):
            assert (price % tick_size(price, fund) == 0).all(), code
            assert (price <= bars.base * 1.3 + 1e-6).all(), code
            assert (price >= bars.base * 0.7 - 1e-6).all(), code
        still = (bars.open == bars.high) & (bars.high == bars.low) & (bars.low == bars.close)
        assert still[~traded].all()
        assert (bars.close == bars.base)[~traded].all()
        assert (bars.volume <= bars.shares).all()
        assert (bars.volume[traded] >= 40).all()
        follows = bars.base[1:] == bars.close[:-1]
        events = np.flatnonzero(np.diff(market.factors(code)))
        assert np.flatnonzero(~follows).tolist() == events.tolist(), code


def test_returns_are_those_of_a_market(market: SyntheticMarket) -> None:
    moves = []
    for code in ("005930", "000660", "800010", "800020", "800050", "800060", "850110", "850120"):
        bars = market.history(code)
        moves.append(pd.Series(np.log(bars.close / bars.base), bars.time))
    frame = pd.concat(moves, axis=1)
    assert frame.std().between(0.012, 0.035).all()
    assert 0.1 < frame.corr().to_numpy()[np.triu_indices(len(moves), 1)].mean() < 0.6


def test_the_same_seed_is_the_same_market(market: SyntheticMarket) -> None:
    def prints(market: SyntheticMarket) -> list[str]:
        bars = (market.history("800010"), market.session("005930", date(2026, 11, 20)))
        return [blake2b(np.stack(b[1:7]).tobytes(), digest_size=6).hexdigest() for b in bars]

    assert prints(market) == prints(SyntheticMarket()) == ["3783e87f71b6", "29ade79fc3bf"]
    other = SyntheticMarket(2)
    assert prints(other) != prints(market)
    assert other.fingerprint != market.fingerprint
    assert other.stocks == market.stocks


@pytest.mark.parametrize("code", SAMPLE)
def test_minutes_add_up_to_their_day(market: SyntheticMarket, code: str) -> None:
    history = market.history(code)
    days = [
        "2017-01-02", "2018-05-03", "2018-05-04", "2023-11-16", "2024-03-29", "2026-01-02", "2026-06-12",
        "2026-06-15", "2026-11-18", "2026-11-19", "2026-11-20",
    ]  # fmt: skip
    for day in map(date.fromisoformat, days):
        bars = market.session(code, day)
        row = int(np.searchsorted(history.time, np.datetime64(day)))
        known = row < history.size and history.time[row] == np.datetime64(day)
        if not known or not history.volume[row]:
            assert not bars.size
            continue
        opening, close = calendar.session_times(day)
        clock = bars.time - np.datetime64(opening.replace(tzinfo=None))
        regular = bars.time <= np.datetime64(close.replace(tzinfo=None))
        assert clock[0] >= np.timedelta64(0)
        assert (np.diff(bars.time) > np.timedelta64(0)).all()
        assert bars.open[0] == history.open[row]
        assert bars.close[-1] == history.close[row]
        assert bars.high.max() == history.high[row]
        assert bars.low.min() == history.low[row]
        assert bars.volume.min() > 0
        assert bars.volume.sum() <= history.volume[row]
        assert bars.volume[regular].sum() < history.volume[row]
        assert (bars.low <= np.minimum(bars.open, bars.close)).all()
        assert (np.maximum(bars.open, bars.close) <= bars.high).all()
        assert (bars.base == history.base[row]).all()
        auction = bars.time == np.datetime64(close.replace(tzinfo=None))
        assert auction.sum() == 1
        assert (bars.high == bars.low)[auction].all()
        quiet = (bars.time > np.datetime64((close - timedelta(minutes=11)).replace(tzinfo=None))) & ~auction
        assert not (quiet & regular).any()

        trades = market.trades(code, day)
        minute = trades.time.astype("datetime64[m]").astype("datetime64[s]")
        assert (np.diff(trades.time) >= np.timedelta64(0)).all()
        assert trades.volume.min() > 0
        frame = pd.DataFrame({"at": minute, "price": trades.close, "volume": trades.volume}).groupby("at")
        prices = frame["price"].agg(["first", "max", "min", "last"])
        parts = (bars.open, bars.high, bars.low, bars.close)
        for made, told in zip(prices.to_numpy().T, parts, strict=True):
            assert (made == told[regular]).all()
        assert (frame["volume"].sum().to_numpy() == bars.volume[regular]).all()
        assert (trades.close % tick_size(trades.close, market.stocks[code].fund) == 0).all()


def test_a_quiet_stock_has_minutes_without_a_bar(market: SyntheticMarket) -> None:
    assert 3 <= market.session("850070", date(2026, 11, 20)).size < 200
    assert market.session("005930", date(2026, 11, 18)).size == 382


def test_adjusted_is_raw_times_the_splits_to_come(market: SyntheticMarket) -> None:
    for code, day, ratio in (
        ("005930", "20180504", 50),
        ("035420", "20181012", 5),
        ("035720", "20210415", 5),
    ):
        raw = walk(market, "ka10081", stk_cd=code, base_dt="20261120", upd_stkpc_tp="0")
        adjusted = walk(market, "ka10081", stk_cd=code, base_dt="20261120", upd_stkpc_tp="1")
        for before, after in zip(flat(raw), flat(adjusted), strict=True):
            by = ratio if before["dt"] < day else 1
            for key in ("open_pric", "high_pric", "low_pric", "cur_prc"):
                assert int(before[key]) == int(after[key]) * by
            assert int(before["trde_qty"]) * by == int(after["trde_qty"])
            assert before["trde_prica"] == after["trde_prica"]
        halted = [row for row in flat(raw) if row["dt"] < day][:3]
        assert {row["trde_qty"] for row in halted} == {"0"}
        assert len({row["cur_prc"] for row in halted}) == 1
        asked = {"stk_cd": code, "base_dt": halted[0]["dt"]}
        assert walk(market, "ka10081", **asked, upd_stkpc_tp="1") == walk(
            market, "ka10081", **asked, upd_stkpc_tp="0"
        )


def test_a_consolidation_scales_up(market: SyntheticMarket) -> None:
    now, then = ("20261120", "20220614")
    asked = {"stk_cd": "850030", "upd_stkpc_tp": "1"}
    after = {row["dt"]: row for page in walk(market, "ka10081", base_dt=now, **asked) for row in page}
    before = {row["dt"]: row for page in walk(market, "ka10081", base_dt=then, **asked) for row in page}
    for day, row in before.items():
        assert int(after[day]["cur_prc"]) == 10 * int(row["cur_prc"])
        assert 10 * int(after[day]["trde_qty"]) == int(row["trde_qty"])


def test_prices_stop_at_the_limit(market: SyntheticMarket) -> None:
    for code, day, sign in (("850010", "20261118", "1"), ("850020", "20261119", "4")):
        first = rows(ask(market, "ka10081", stk_cd=code, base_dt=day, upd_stkpc_tp="1"), "ka10081")[0]
        assert (first["dt"], first["pred_pre_sig"]) == (day, sign)
        quote = ask(market, "ka10001", now=at("18:30", f"{day[:4]}-{day[4:6]}-{day[6:]}"), stk_cd=code).body
        limit = quote["upl_pric"] if sign == "1" else quote["lst_pric"]
        assert quote["cur_prc"] == limit
        assert quote["pre_sig"] == sign


# --- the running session ---------------------------------------------------------------------------------

CLOCKS = (
    "09:00:05",
    "09:00:40",
    "09:01",
    "10:17:30",
    "15:19:59",
    "15:25",
    "15:30",
    "16:00",
    "17:15",
    "18:00",
    "20:30",
)


def test_the_running_bar_grows_into_the_day(market: SyntheticMarket) -> None:
    seen = []
    for clock in CLOCKS:
        body = {"stk_cd": "005930", "base_dt": "20261120", "upd_stkpc_tp": "1"}
        bar = rows(ask(market, "ka10081", now=at(clock), **body), "ka10081")[0]
        today = ask(market, "ka10006", now=at(clock), stk_cd="005930").body
        minutes = rows(
            ask(market, "ka10080", now=at(clock), stk_cd="005930", tic_scope="1", upd_stkpc_tp="1"), "ka10080"
        )
        assert bar["dt"] == today["date"] == "20261120"
        assert (bar["cur_prc"], bar["trde_qty"]) == (today["close_pric"].lstrip("+-"), today["trde_qty"])
        assert minutes[0]["cntr_tm"] <= f"20261120{clock.replace(':', ''):0<6}"
        if clock < "16:00":
            assert minutes[0]["acc_trde_qty"] == bar["trde_qty"]
        prices = [int(bar[key]) for key in ("high_pric", "low_pric", "trde_qty")]
        assert float(bar["trde_prica"]) <= (prices[0] * prices[2]) / 1e6 + 1
        seen.append(prices)
    highs, lows, volumes = np.array(seen).T
    assert (np.diff(highs) >= 0).all()
    assert (np.diff(lows) <= 0).all()
    assert (np.diff(volumes) >= 0).all()
    assert (
        volumes[-2]
        == volumes[-1]
        == market.history("005930").volume[
            np.searchsorted(market.history("005930").time, np.datetime64("2026-11-20"))
        ]
    )


def test_before_the_first_trade_a_quote_is_flat_and_there_is_no_row(market: SyntheticMarket) -> None:
    close = rows(ask(market, "ka10081", stk_cd="005930", base_dt="20261119", upd_stkpc_tp="1"), "ka10081")[0]
    for clock, day in (("08:00", "20261120"), ("08:59:59", "20261120"), ("07:59", "20261119")):
        now = at(clock)
        today = ask(market, "ka10006", now=now, stk_cd="005930").body
        assert today["date"] == day
        if day == "20261120":
            assert [today[key] for key in ("open_pric", "high_pric", "low_pric", "trde_qty")] == ["0"] * 4
            assert (today["close_pric"], today["pre"]) == (close["cur_prc"], "0")
        for api_id in ("ka10081", "ka10005"):
            body = {"stk_cd": "005930", "base_dt": "20261120", "upd_stkpc_tp": "1"}
            assert "20261119" in rows(ask(market, api_id, now=now, **body), api_id)[0].values()


def test_a_late_opening_is_late(market: SyntheticMarket) -> None:
    body = {"stk_cd": "005930", "tic_scope": "1", "upd_stkpc_tp": "1"}
    assert ask(market, "ka10006", now=at("09:30", "2026-11-19"), stk_cd="005930").body["trde_qty"] == "0"
    for day, first, last in (("20261119", "1000", "1619 1630 1635"), ("20260102", "1000", "1519 1530 1535")):
        found = rows(ask(market, "ka10080", base_dt=day, **body), "ka10080")
        clocks = sorted(row["cntr_tm"][8:12] for row in found if row["cntr_tm"][:8] == day)
        assert clocks[0] == first
        assert clocks[-3:] == last.split()


def test_a_halted_stock(market: SyntheticMarket) -> None:
    quote = ask(market, "ka10001", stk_cd="850040").body
    assert [quote[key] for key in ("high_pric", "open_pric", "low_pric", "trde_qty")] == ["0"] * 4
    assert quote["cur_prc"] == quote["base_pric"]
    assert quote["pre_sig"] == "3"
    bar = rows(ask(market, "ka10081", stk_cd="850040", base_dt="20261120", upd_stkpc_tp="1"), "ka10081")[0]
    assert {bar[key] for key in ("open_pric", "high_pric", "low_pric", "cur_prc")} == {quote["cur_prc"]}
    found = rows(ask(market, "ka10080", stk_cd="850040", tic_scope="1", upd_stkpc_tp="1"), "ka10080")
    assert found[0]["cntr_tm"][:8] == "20261029"
    listed = ask(market, "ka10100", stk_cd="850040").body
    assert listed["auditInfo"] == "거래정지"
    assert listed["state"].endswith("|거래정지")


# --- pages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("api_id", ["ka10081", "ka10082", "ka10083", "ka10094"])
@pytest.mark.parametrize("adjusted", ["0", "1"])
def test_pages_of_long_bars_join(market: SyntheticMarket, api_id: str, adjusted: str) -> None:
    call = QUERIES[api_id]
    pages = walk(market, api_id, stk_cd="005930", base_dt="20261120", upd_stkpc_tp=adjusted)
    assert [len(page) for page in pages[:-1]] == [call.page_rows] * (len(pages) - 1)
    days = [row["dt"] for row in flat(pages)]
    assert days == sorted(set(days), reverse=True)
    history = market.history("005930")
    sessions = pd.DatetimeIndex(history.time[history.time <= np.datetime64("2026-11-20")])
    period = {
        "1d": sessions,
        "1w": sessions.to_period("W"),
        "1mo": sessions.to_period("M"),
        "1y": sessions.year,
    }
    firsts = sessions.to_series().groupby(period[call.tables[0].freq]).first()
    assert days[::-1] == firsts.dt.strftime("%Y%m%d").tolist()


def test_the_key_names_the_first_row_not_yet_sent(market: SyntheticMarket) -> None:
    body = {"stk_cd": "005930_AL", "base_dt": "20261120", "upd_stkpc_tp": "1", "tic_scope": "5"}
    page = ask(market, "ka10081", **body)
    assert (
        page.next_key
        == f"A005930_AL{rows(ask(market, 'ka10081', page.next_key, **body), 'ka10081')[0]['dt']}00010000"
    )
    page = ask(market, "ka10080", **body)
    after = rows(ask(market, "ka10080", page.next_key, **body), "ka10080")[0]["cntr_tm"]
    assert page.next_key == f"A005930_AL{after}00010000"
    for key in ("A00593020261120153000", "A005930_AL2026132015300000010000", "nonsense"):
        with pytest.raises(Refusal, match=r"\[1517:") as refused:
            ask(market, "ka10080", key, **body)
        assert refused.value.return_code == 2


@pytest.mark.parametrize("interval", [1, 3, 5, 10, 15, 30, 45, 60])
@pytest.mark.parametrize("code", ["000660", "850050"])
def test_pages_of_minutes_join_on_the_grid(market: SyntheticMarket, interval: int, code: str) -> None:
    body = {"stk_cd": code, "tic_scope": str(interval), "upd_stkpc_tp": "1"}
    pages, page = [], ask(market, "ka10080", **body)
    pages.append(rows(page, "ka10080"))
    while page.next_key and len(pages) < 8:
        page = ask(market, "ka10080", page.next_key, **body)
        pages.append(rows(page, "ka10080"))
    assert all(len(rows) == 900 for rows in pages[:-1])
    found = flat(pages)[::-1]
    stamps = pd.to_datetime([row["cntr_tm"] for row in found])
    assert stamps.is_monotonic_increasing
    assert stamps.is_unique
    assert ((stamps.hour * 60 + stamps.minute - 540) % interval == 0).all()

    first = np.flatnonzero(stamps.normalize() != stamps[0].normalize())[0]
    expected = []
    for day in pd.unique(stamps[first:].date):
        bars = market.session(code, day)
        factor = market.factor(code, day, NOW.date())
        bars = scaled(bars, factor) if factor != 1 else bars
        keep = bars.time <= np.datetime64("2026-11-20T15:30")  # the running day has no bar after the auction
        frame = pd.DataFrame(
            {name: getattr(bars, name)[keep] for name in ("open", "high", "low", "close", "volume")}
        )
        nine = pd.Timestamp(day) + pd.Timedelta("9h")
        grid = nine + (pd.DatetimeIndex(bars.time[keep]) - nine) // pd.Timedelta(
            minutes=interval
        ) * pd.Timedelta(minutes=interval)
        grouped = frame.groupby(grid).agg(
            {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
        )
        grouped["so_far"] = grouped["volume"].cumsum()
        expected.append(grouped)
    wanted = pd.concat(expected)
    keys = ("open_pric", "high_pric", "low_pric", "cur_prc", "trde_qty", "acc_trde_qty")
    got = np.array([[abs(int(row[key])) for key in keys] for row in found[first:]])
    assert stamps[first:].tolist() == wanted.index.tolist()
    assert (got == wanted.to_numpy()).all()


def test_clocks_of_a_day(market: SyntheticMarket) -> None:
    for interval, bars, last in (
        (1, 382, "1535"),
        (5, 78, "1535"),
        (10, 39, "1530"),
        (45, 9, "1500"),
        (60, 7, "1500"),
    ):
        body = {"stk_cd": "005930", "tic_scope": str(interval), "upd_stkpc_tp": "1", "base_dt": "20261118"}
        found = [row["cntr_tm"] for row in rows(ask(market, "ka10080", **body), "ka10080")]
        clocks = [stamp[8:12] for stamp in found if stamp.startswith("20261118")]
        assert (len(clocks), clocks[0], clocks[-1]) == (bars, last, "0900")


def test_minutes_are_kept_for_a_year(market: SyntheticMarket) -> None:
    body = {"stk_cd": "005930", "tic_scope": "60", "upd_stkpc_tp": "1"}
    assert walk(market, "ka10080", **body)[-1][-1]["cntr_tm"] == "20251120090000"
    page = ask(market, "ka10080", base_dt="20251119", **body)
    (blank,) = rows(page, "ka10080")
    assert set(blank.values()) == {""}
    assert page.next_key == ""
    later = at("20:30", "2026-11-30")
    assert walk(market, "ka10080", now=later, **body)[-1][-1]["cntr_tm"][:8] == "20251128"


@pytest.mark.parametrize("scope", [1, 30])
def test_pages_of_ticks_join(market: SyntheticMarket, scope: int) -> None:
    pages = walk(market, "ka10079", stk_cd="000660", tic_scope=str(scope), upd_stkpc_tp="1")
    found = flat(pages)[::-1]
    assert [len(page) for page in pages[:-1]] == [900] * (len(pages) - 1)
    assert {row["cntr_tm"][:8] for row in found} == {"20261118", "20261119", "20261120"}
    days = [market.trades("000660", date(2026, 11, day)) for day in (18, 19, 20)]
    assert len(found) == sum(-(-bars.size // scope) for bars in days)
    assert sum(int(row["trde_qty"]) for row in found) == sum(int(bars.volume.sum()) for bars in days)
    assert not any(row["pred_pre"].startswith(("+", "-")) for row in found)


def test_the_sheet_is_full_in_its_newest_row_only(market: SyntheticMarket) -> None:
    pages = walk(market, "ka10005", stk_cd="035420")
    days = [row["date"] for row in flat(pages)]
    assert days == sorted(set(days), reverse=True)
    assert days[0] == "20261120"
    assert days[-1] == "20161121"
    assert {len(page) for page in pages[:-1]} == {30}
    newest, *older = flat(pages)
    blank = {"orgn_netprps", "ind_netprps", "frgn", "crd_remn_rt", "prm"}
    assert {key for key, value in newest.items() if not value} == blank
    base = int(older[0]["close_pric"].lstrip("+-"))
    for key in ("open_pric", "high_pric", "low_pric", "close_pric"):
        value = int(newest[key].lstrip("+-"))
        assert newest[key][0] == ("+" if value > base else "-" if value < base else str(value)[0])
    filled = {"date", "open_pric", "high_pric", "low_pric", "close_pric", "trde_qty"}
    for row, before in itertools.pairwise(older):
        assert {key for key, value in row.items() if value} == filled
        assert row["open_pric"].isdigit()
        assert row["high_pric"].isdigit()
        assert row["low_pric"].isdigit()
        if row["date"] != "20181012":  # the day of a split
            close, last = int(row["close_pric"].lstrip("+-")), int(before["close_pric"].lstrip("+-"))
            assert row["close_pric"][0] == ("+" if close > last else "-" if close < last else str(close)[0])


def test_base_dates_snap(market: SyntheticMarket) -> None:
    for api_id in ("ka10081", "ka10080"):
        key = "dt" if api_id == "ka10081" else "cntr_tm"
        for asked, newest in (("20260101", "20251230"), ("20300101", "20261120"), ("20261115", "20261113")):
            body = {"stk_cd": "005930", "base_dt": asked, "upd_stkpc_tp": "1", "tic_scope": "1"}
            assert rows(ask(market, api_id, **body), api_id)[0][key].startswith(newest)


# --- quotes and lists ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code", ["005930", "800010", "850010", "850090", "820010", "830010", "840010", "860010"]
)
def test_stock_information_recomputes(market: SyntheticMarket, code: str) -> None:
    info = ask(market, "ka10001", stk_cd=code).body
    price, base = abs(int(info["cur_prc"])), int(info["base_pric"])
    fund = market.stocks[code].fund
    assert int(info["mac"]) == round(int(info["flo_stk"]) * 1000 * price / 1e8)
    assert int(info["pred_pre"]) == price - base
    assert float(info["flu_rt"]) == pytest.approx((price - base) / base * 100, abs=0.0051)
    for key, exact in (("upl_pric", base * 1.3), ("lst_pric", base * 0.7)):
        limit = abs(int(info[key]))
        assert limit % tick_size(limit, fund) == 0
        assert abs(limit - exact) < tick_size(exact, fund)
    assert abs(int(info["lst_pric"])) >= base * 0.7
    assert abs(int(info["upl_pric"])) <= base * 1.3
    bars = rows(ask(market, "ka10081", stk_cd=code, base_dt="20261120", upd_stkpc_tp="1"), "ka10081")
    highs = {row["dt"]: int(row["high_pric"]) for row in bars[:250]}
    lows = {row["dt"]: int(row["low_pric"]) for row in bars[:250]}
    assert abs(int(info["250hgst"])) == max(highs.values()) == highs[info["250hgst_pric_dt"]]
    assert abs(int(info["250lwst"])) == min(lows.values()) == lows[info["250lwst_pric_dt"]]
    assert float(info["250hgst_pric_pre_rt"]) == pytest.approx(
        (price / max(highs.values()) - 1) * 100, abs=0.0051
    )
    assert abs(int(info["oyr_hgst"])) == max(high for day, high in highs.items() if day > "2026")
    assert info["trde_qty"] == bars[0]["trde_qty"]
    books = ("per", "eps", "roe", "pbr", "ev", "bps", "sale_amt", "bus_pro", "cup_nga")
    if fund:
        assert [info[key] for key in books] == [""] * len(books)
    else:
        assert float(info["per"]) == pytest.approx(price / int(info["eps"]), abs=0.0051)
        assert float(info["pbr"]) == pytest.approx(price / int(info["bps"]), abs=0.0051)
        share = int(info["dstr_stk"]) / int(info["flo_stk"]) * 100
        assert float(info["dstr_rt"]) == pytest.approx(share, abs=0.06)


def test_quotes_come_in_the_order_asked(market: SyntheticMarket) -> None:
    codes = ["850020", "999999", "005930", "0900J0", "005930_AL"]
    found = rows(ask(market, "ka10095", stk_cd="|".join(codes)), "ka10095")
    assert [row["stk_cd"] for row in found] == ["850020", "", "005930", "0900J0", "005930_AL"]
    assert set(found[1].values()) == {""}
    for row in (found[0], found[2], found[3]):
        info = ask(market, "ka10001", stk_cd=row["stk_cd"]).body
        for key in ("cur_prc", "base_pric", "upl_pric", "lst_pric", "trde_qty", "mac", "high_pric"):
            assert row[key] == info[key]
        asks = [abs(int(row[f"sel_{level}th_bid"])) for level in range(1, 6)]
        bids = [abs(int(row[f"buy_{level}th_bid"])) for level in range(1, 6)]
        assert sorted(asks) == asks
        assert sorted(bids, reverse=True) == bids
        assert bids[0] < asks[0]
        assert abs(int(row["cur_prc"])) == (asks if not row["cntr_qty"].startswith("-") else bids)[0]
    assert len(rows(ask(market, "ka10095", stk_cd="|".join(market.codes[:100])), "ka10095")) == 100
    with pytest.raises(Refusal, match=r"\[1634\]") as refused:
        ask(market, "ka10095", stk_cd="|".join(market.codes[:101]))
    assert refused.value.return_code == 5


def test_the_book_ends_at_the_limit(market: SyntheticMarket) -> None:
    found = rows(ask(market, "ka10095", now=at("18:30", "2026-11-18"), stk_cd="850010"), "ka10095")[0]
    upper = abs(int(found["upl_pric"]))
    assert abs(int(found["cur_prc"])) == upper
    assert all(abs(int(found[f"sel_{level}th_bid"])) <= upper for level in range(1, 6))


def test_the_stock_list(market: SyntheticMarket) -> None:
    lists = {
        kind: rows(ask(market, "ka10099", mrkt_tp=kind), "ka10099")
        for kind in ("0", "10", "8", "60", "50", "6")
    }
    types = {kind: {row["marketCode"] for row in found} for kind, found in lists.items()}
    assert types.pop("0") == {"0", "8", "60", "6"}
    assert all(found == {kind} for kind, found in types.items())
    assert rows(ask(market, "ka10099", mrkt_tp="3"), "ka10099") == []
    everything = {row["code"]: row for found in lists.values() for row in found}
    assert set(market.codes) - everything.keys() == {"850100"}  # delisted
    assert "850090" not in {
        row["code"]
        for row in rows(ask(market, "ka10099", now=at("20:30", "2026-10-14"), mrkt_tp="10"), "ka10099")
    }
    for code in ("005930", "0900K0", "850090"):
        row = everything[code]
        assert row == ask(market, "ka10100", stk_cd=code).body
        info = ask(market, "ka10001", stk_cd=code).body
        assert len(row["listCount"]) == 16
        assert round(int(row["listCount"]) / 1000) == int(info["flo_stk"])
        assert row["lastPrice"] == f"{int(info['base_pric']):08d}"
    assert everything["850060"]["orderWarning"] == "5"
    assert everything["830010"]["kind"] == "Q"


def test_a_listing_day_and_a_delisting(market: SyntheticMarket) -> None:
    morning = ask(market, "ka10001", now=at("08:30", "2026-10-15"), stk_cd="850090").body
    assert morning["cur_prc"] == morning["base_pric"] != ""
    assert morning["250hgst"] == ""
    assert not any(ask(market, "ka10001", now=at("20:30", "2026-10-14"), stk_cd="850090").body.values())
    assert not any(ask(market, "ka10001", stk_cd="850100").body.values())
    assert not any(ask(market, "ka10100", stk_cd="850100").body.values())
    chart = rows(ask(market, "ka10081", stk_cd="850100", base_dt="20261120", upd_stkpc_tp="1"), "ka10081")
    assert chart[0]["dt"] == "20240329"


@pytest.mark.parametrize("code", ["999999", "KRX:005930", "A005930", "005930_al", ""])
def test_an_unknown_stock_is_blank(market: SyntheticMarket, code: str) -> None:
    for api_id in ("ka10001", "ka10006", "ka10100"):
        page = ask(market, api_id, stk_cd=code)
        assert set(page.body.values()) == {""}
        with pytest.raises(Refusal, match=r"\[1902:"):
            answer(market, QUERIES[api_id], {"stk_cd": code}, "", NOW, Options(unknown="1902"))
    for api_id in CHARTS:
        page = ask(market, api_id, stk_cd=code, base_dt="20261120", tic_scope="1", upd_stkpc_tp="1")
        assert (rows(page, api_id), page.body["stk_cd"], page.count) == ([], code, 0)


def test_venues_add_up(market: SyntheticMarket) -> None:
    body = {"base_dt": "20261120", "upd_stkpc_tp": "1", "tic_scope": "5"}
    for api_id, key in (("ka10081", "dt"), ("ka10080", "cntr_tm")):
        krx, nxt, both = (
            {row[key]: row for row in rows(ask(market, api_id, stk_cd=f"005930{venue}", **body), api_id)}
            for venue in ("", "_NX", "_AL")
        )
        assert nxt
        assert krx.keys() == both.keys()
        for stamp, row in both.items():
            parts = [int(part[stamp]["trde_qty"]) for part in (krx, nxt) if stamp in part]
            assert sum(parts) == int(row["trde_qty"])
    days = flat(walk(market, "ka10081", stk_cd="005930_NX", base_dt="20260803", upd_stkpc_tp="1"))
    assert (len(days), days[-1]["dt"]) == (333, "20250324")
    unlisted = next(code for code in market.codes if not market.stocks[code].nxt)
    assert not any(ask(market, "ka10001", stk_cd=f"{unlisted}_NX").body.values())
    assert ask(market, "ka10001", stk_cd="005930_AL").body["stk_cd"] == "005930_AL"


def test_heavy_volumes_saturate_in_the_daily_chart_only(market: SyntheticMarket) -> None:
    asked = {"stk_cd": "820120", "base_dt": "20261120", "upd_stkpc_tp": "1"}
    assert any(row["trde_qty"] == "4294967295" for row in rows(ask(market, "ka10081", **asked), "ka10081"))
    assert any(int(row["trde_qty"]) > 4294967295 for row in rows(ask(market, "ka10082", **asked), "ka10082"))


# --- shape ------------------------------------------------------------------------------------------------


def test_every_call_is_answered_with_every_key_of_its_table(market: SyntheticMarket) -> None:
    assert PRODUCERS.keys() <= QUERIES.keys()
    body = {"stk_cd": "005930", "base_dt": "20261120", "upd_stkpc_tp": "1", "tic_scope": "1", "mrkt_tp": "10"}
    for api_id, call in QUERIES.items():
        table = call.tables[0]
        page = ask(market, api_id, **body)
        flat = {key: value for key, value in page.body.items() if not isinstance(value, list)}
        found = rows(page, api_id) if table.rows else [flat]
        assert page.count == len(found)
        keys = {field.raw for field in table.fields if not field.request}
        for row in found:
            assert row.keys() == keys
            assert all(isinstance(value, str) for value in row.values())
        adjustable = any(param.raw == "upd_stkpc_tp" for param in call.params)
        gold = table.rows.startswith("gds_")
        if adjustable and not gold and api_id in PRODUCERS:  # the charts of stocks
            old = answer(market, call, body, "", NOW, Options(old_schema=True))
            plain = {field.raw for field in table.fields if not field.optional}
            assert all(row.keys() == plain | set(OLD_TAIL) for row in rows(old, api_id))
            assert all(not any(row[key] for key in OLD_TAIL) for row in rows(old, api_id))
    assert ask(market, "ka10079", **body).body["last_tic_cnt"] == ""


@pytest.mark.parametrize(
    ("name", "api_id", "whole"),
    [
        ("ka10001_1", "ka10001", True),
        ("ka10095_1", "ka10095", True),
        ("ka10099_1", "ka10099", True),
        ("ka10079_1", "ka10079", True),
        ("ka10080_1", "ka10080", True),
        ("ka10094_1", "ka10094", True),
        ("ka10005_1", "ka10005", False),
        ("ka10080_2", "ka10080", False),
        ("ka10081_3", "ka10081", False),
    ],
)
def test_rows_have_the_keys_that_were_recorded(
    market: SyntheticMarket, test_data: Path, name: str, api_id: str, whole: bool
) -> None:
    recorded = json.loads((test_data / "recorded" / f"{name}.json").read_text())
    body = {"stk_cd": "005930", "base_dt": "20261120", "upd_stkpc_tp": "1", "tic_scope": "5", "mrkt_tp": "10"}
    page = ask(market, api_id, **body)
    envelope = {"return_code", "return_msg"}
    table = QUERIES[api_id].tables[0]
    theirs = (
        recorded[table.rows][0] if table.rows else {k: v for k, v in recorded.items() if k not in envelope}
    )
    ours = rows(page, api_id)[0] if table.rows else page.body
    assert theirs.keys() == ours.keys() if whole else theirs.keys() <= ours.keys()
    if whole and table.rows:
        assert recorded.keys() - envelope == page.body.keys() - {"last_tic_cnt"}


def keys_in_order(reply: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Every key of a reply and of the first row of its lists, as they come."""
    for key, value in reply.items():
        if key not in ("return_code", "return_msg"):
            yield prefix + key
            if isinstance(value, list) and value:
                yield from keys_in_order(value[0], f"{key}.")


@pytest.mark.parametrize(
    "name",
    # whole bodies and verbatim rows only: of excerpts the publisher may have changed the order
    ["ka10001_1", "ka10014_1", "ka10079_1", "ka10080_1", "ka10080_3", "ka10081_1", "ka10094_1", "ka10095_1",
     "ka10099_1", "ka20001_1", "ka20002_1", "ka20006_1"],
)  # fmt: skip
def test_keys_come_in_the_recorded_order(market: SyntheticMarket, test_data: Path, name: str) -> None:
    """Programs that save rows or name columns by position find them where the server puts them."""
    recorded = json.loads((test_data / "recorded" / f"{name}.json").read_text())
    body = {"stk_cd": "005930", "base_dt": "20261120", "upd_stkpc_tp": "1", "tic_scope": "5", "mrkt_tp": "10"}
    body |= {"inds_cd": "001", "strt_dt": "20261101", "end_dt": "20261120", "stex_tp": "1"}
    old = Options(old_schema=name in ("ka10080_3", "ka10081_1"))
    page = answer(market, QUERIES[name.partition("_")[0]], body, "", NOW, old)
    ours, theirs = list(keys_in_order(page.body)), list(keys_in_order(recorded))
    shared = [key for key in ours if key in theirs]
    assert len(shared) > 6
    assert shared == theirs


@pytest.mark.parametrize(("name", "api_id"), [("ka10080_3", "ka10080"), ("ka10081_1", "ka10081")])
def test_old_rows_have_the_keys_that_were_recorded(
    market: SyntheticMarket, test_data: Path, name: str, api_id: str
) -> None:
    recorded = json.loads((test_data / "recorded" / f"{name}.json").read_text())
    body = {"stk_cd": "005930", "base_dt": "20261120", "upd_stkpc_tp": "1", "tic_scope": "5"}
    page = answer(market, QUERIES[api_id], body, "", NOW, Options(old_schema=True))
    assert rows(page, api_id)[0].keys() == recorded[QUERIES[api_id].tables[0].rows][0].keys()


def test_columns_of_text_are_what_the_kind_says() -> None:
    random = np.random.RandomState(3)
    numbers = np.append(
        random.randint(-(10**9), 10**9, 200), [0, 1, -1, 499_999, 500_000, 1_500_000, -500_000]
    )
    for kind in KINDS:
        if isinstance(kind, Number):
            for scale in (1, 1_000, 1_000_000):
                field = Field("raw", "name", kind, scale=scale)
                signs = np.sign(numbers - 5) if kind.directed else None
                values = np.abs(numbers) if kind.directed or kind.magnitude else numbers
                directions = [0] * len(values) if signs is None else signs.tolist()
                told = [
                    kind.text(v / scale, field.spelling, sign)
                    for v, sign in zip(values, directions, strict=True)
                ]
                assert encode_column(field, values, signs) == told, kind.name
        if isinstance(kind, Moment) and kind.width != 6:
            stamps = np.datetime64("2016-11-21", "s") + np.abs(numbers) // 10
            assert encode_column(Field("raw", "name", kind), stamps) == [kind.text(stamp) for stamp in stamps]


def test_ticks_of_the_exchange() -> None:
    assert on_tick(np.array([1999.4, 1999.6, 4997.0, 34173.0, 0.2])).tolist() == [1999, 2000, 4995, 34150, 1]
    assert on_tick(np.array([1999.6, 34173.0]), fund=True).tolist() == [2000, 34175]


# --- replay ----------------------------------------------------------------------------------------------

DAILY = """date,code,name,market,open,high,low,close,volume
20240103,000020,동화약품,KOSPI,0,0,0,9000,0
20240102,000020,동화약품,KOSPI,9100,9200,8900,9000,1000
2024-01-05,000020,동화약품,KOSPI,9000,9900,9000,9900,1234567
20240102,0000J0,가나다,KOSDAQ,10,11,10,11,100
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "daily.csv").write_text(DAILY)
    return tmp_path


def daily(market: Market, code: str, base: str = "20261120", adjusted: str = "1") -> list[list[str]]:
    found = rows(ask(market, "ka10081", stk_cd=code, base_dt=base, upd_stkpc_tp=adjusted), "ka10081")
    keys = ("dt", "open_pric", "high_pric", "low_pric", "cur_prc", "trde_qty", "trde_prica", "pred_pre")
    return [[row[key] for key in keys] for row in found]


def test_a_daily_file_is_served_as_it_is(files: Path) -> None:
    market = ReplayMarket(files / "daily.csv")
    expected = [
        ["20240105", "9000", "9900", "9000", "9900", "1234567", "", ""],  # the fourth is not in the file
        ["20240103", "9000", "9000", "9000", "9000", "0", "", "0"],  # halted
        ["20240102", "9100", "9200", "8900", "9000", "1000", "", ""],
    ]
    assert daily(market, "000020") == daily(market, "000020", adjusted="0") == expected
    assert daily(market, "000020", base="20240104") == expected[1:]
    assert (market.end, market.codes) == (date(2024, 1, 5), ("000020", "0000J0"))
    assert rows(ask(market, "ka10080", stk_cd="000020", tic_scope="1", upd_stkpc_tp="1"), "ka10080") == [
        dict.fromkeys((f.raw for f in QUERIES["ka10080"].tables[0].fields), "")
    ]
    assert rows(ask(market, "ka10079", stk_cd="000020", tic_scope="1", upd_stkpc_tp="1"), "ka10079") == []
    info = ask(market, "ka10001", stk_cd="0000J0").body
    assert (info["stk_nm"], info["cur_prc"], info["eps"], info["mac"]) == ("가나다", "11", "", "")
    assert [row["code"] for row in rows(ask(market, "ka10099", mrkt_tp="10"), "ka10099")] == ["0000J0"]


def test_the_future_of_a_file_is_not_seen(files: Path) -> None:
    market = ReplayMarket(files)
    body = {"stk_cd": "000020", "base_dt": "20261120", "upd_stkpc_tp": "1"}
    assert (
        rows(ask(market, "ka10081", now=at("12:00", "2024-01-05"), **body), "ka10081")[0]["dt"] == "20240103"
    )
    assert (
        rows(ask(market, "ka10081", now=at("15:30", "2024-01-05"), **body), "ka10081")[0]["dt"] == "20240105"
    )


def test_raw_and_adjusted_files_meet(tmp_path: Path) -> None:
    columns = ["date", "code", "open", "high", "low", "close", "volume"]
    raw = [("20240102", 2000, 100), ("20240103", 2040, 110), ("20240104", 1030, 250), ("20240105", 1000, 200)]
    part = [("20240103", 1020, 220), ("20240104", 1030, 250), ("20240105", 1000, 200), ("20240108", 990, 10)]
    for name, source in (("raw", raw), ("adjusted", part)):
        frame = pd.DataFrame(
            [(day, "000020", p, p + 5, p - 5, p, v) for day, p, v in source], columns=columns
        )
        frame.to_parquet(tmp_path / f"{name}.parquet")
    market = ReplayMarket(adjusted=tmp_path / "adjusted.parquet", raw=tmp_path / "raw.parquet")
    assert [row[4:6] for row in daily(market, "000020")] == [
        ["990", "10"], ["1000", "200"], ["1030", "250"], ["1020", "220"], ["1000", "200"],
    ]  # fmt: skip
    unadjusted = [["2040", "110"], ["2000", "100"]]
    assert [row[4:6] for row in daily(market, "000020", base="20240103")] == unadjusted
    assert [row[4:6] for row in daily(market, "000020", adjusted="0")][-2:] == unadjusted
    assert [row[7] for row in daily(market, "000020", adjusted="0")] == ["-10", "-30", "+10", "+40", ""]

    factors = pd.DataFrame({"date": ["20240102", "20240104"], "code": "000020", "factor": [0.5, 1.0]})
    factors.to_csv(tmp_path / "factors.csv", index=False)
    other = ReplayMarket([tmp_path / "factors.csv"], raw=tmp_path / "raw.parquet")
    assert [row[4:6] for row in daily(other, "000020")] == [row[4:6] for row in daily(market, "000020")[1:]]
    assert other.fingerprint != market.fingerprint


def test_days_are_made_of_whole_minutes(tmp_path: Path) -> None:
    lines = ["date,time,code,open,high,low,close,volume,acc_value,from_open,has_close"]
    for day, begins, ends in (("20240102", True, True), ("20240103", False, True), ("20240104", True, True)):
        lines += [
            f"{day},100000,000020,100,105,99,101,10,1000,{begins},{ends}",
            f"{day},100100,000020,101,103,101,103,5,1510,{begins},{ends}",
            f"{day},153000,000020,104,104,104,104,20,3590,{begins},{ends}",
        ]
    lines += ["20240105,090000,000020,104,106,104,105,7,735,True,False"]
    (tmp_path / "minutes.csv").write_text("\n".join(lines))
    market = ReplayMarket(minutes=tmp_path / "minutes.csv")
    assert daily(market, "000020") == [
        ["20240104", "100", "105", "99", "104", "35", "0", ""],
        ["20240102", "100", "105", "99", "104", "35", "0", ""],
    ]
    found = rows(ask(market, "ka10080", stk_cd="000020", tic_scope="1", upd_stkpc_tp="1"), "ka10080")
    assert [(row["cntr_tm"][6:12], row["cur_prc"], row["acc_trde_qty"]) for row in found] == [
        ("050900", "+105", "7"),
        ("041530", "104", "35"), ("041001", "103", "15"), ("041000", "101", "10"),
        ("021530", "104", "35"), ("021001", "103", "15"), ("021000", "101", "10"),
    ]  # fmt: skip


def test_lists_and_flows(files: Path) -> None:
    (files / "list.csv").write_text(
        "Code,Name,Market,Stocks,ListingDate\n000020,새이름,KOSPI,1000000,1976-03-24\n"
    )
    (files / "flows.csv").write_text(
        "date,code,foreign_hold,foreign_pct\n20240102,000020,500.0,5.0\n20240103,000020,450.0,4.5\n"
    )
    market = ReplayMarket(files / "daily.csv", stocks=files / "list.csv", flows=files / "flows.csv")
    listed = ask(market, "ka10100", stk_cd="000020").body
    assert (listed["name"], listed["listCount"], listed["regDay"]) == (
        "새이름",
        "0000000001000000",
        "19760324",
    )
    sheet = rows(ask(market, "ka10005", now=at("20:30", "2024-01-03"), stk_cd="000020"), "ka10005")[0]
    assert (sheet["for_wght"], sheet["for_netprps"]) == ("+4.50", "-50")
    turnover = rows(ask(market, "ka10081", stk_cd="000020", base_dt="20240102", upd_stkpc_tp="1"), "ka10081")[
        0
    ]
    assert turnover["trde_tern_rt"] == "+0.10"


def test_files_that_cannot_be_used_are_named(files: Path) -> None:
    (files / "odd.csv").write_text("Date,Open\n1,2\n")
    (files / "text.txt").write_text("")
    for source, why in (("none.parquet", "no such file"), ("odd.csv", "Date, Open"), ("text.txt", "neither")):
        with pytest.raises(ValueError, match=why):
            ReplayMarket(files / source)
    with pytest.raises(ValueError, match="given as minutes="):
        ReplayMarket(minutes=files / "daily.csv")
    (files / "list.csv").write_text("Code,Name,Market\n000020,이름,KOSPI\n")
    with pytest.raises(ValueError, match="no file with bars"):
        ReplayMarket(stocks=files / "list.csv")


def test_the_whole_market_loads_row_for_row(test_data: Path) -> None:
    path = test_data / "data" / "adj_daily_all_20231205_20250617.parquet"
    market = ReplayMarket(path)
    frame = pd.read_parquet(path)
    for code in ("005930", "000020", "950220"):
        theirs = frame[frame["code"] == code].iloc[::-1]
        still = theirs["open"] == 0
        for name in ("open", "high", "low"):
            theirs.loc[still, name] = theirs["close"]
        ours = np.array([[int(value) for value in row[1:6]] for row in daily(market, code)])
        assert (ours == theirs[["open", "high", "low", "close", "volume"]].to_numpy()).all()


def test_pairs_answer_as_of_any_day(test_data: Path) -> None:
    market = ReplayMarket(test_data / "data" / "raw_vs_adj_pairs_252codes.parquet")
    frame = pd.read_parquet(test_data / "data" / "raw_vs_adj_pairs_252codes.parquet")
    split = [code for code in market.codes if len(set(market.factors(code))) == 2][:20]
    for code in split:
        theirs = frame[frame["code"] == code].iloc[::-1]
        assert [int(row[4]) for row in daily(market, code)] == theirs["close_adj"].tolist()
        assert [int(row[4]) for row in daily(market, code, adjusted="0")] == theirs["close_raw"].tolist()
        factors = market.factors(code)
        day = market.history(code).time[int(np.flatnonzero(np.diff(factors))[0])]
        base = str(day)[:10].replace("-", "")
        before = theirs[theirs["date"] <= base]
        assert [int(row[4]) for row in daily(market, code, base=base)] == before["close_raw"].tolist()
