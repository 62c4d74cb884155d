"""The sandbox's day since 2026-09-14: trades until 20:00, sums and flows that are late, and the world before."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from kiwoom_research.calendar import KST, LONG_DAY
from kiwoom_research.endpoints import QUERIES
from kiwoom_research.sandbox.market import SyntheticMarket
from kiwoom_research.sandbox.market.bars import Bars, cut
from kiwoom_research.sandbox.market.hours import session_hours
from kiwoom_research.sandbox.market.scenarios import LONG_DAY_ONLY, SCENARIOS
from kiwoom_research.sandbox.replies.producers import answer

FIRST = np.datetime64(LONG_DAY)
SHARES, FUNDS = ("005930", "0900J0", "840010", "850210"), ("820010", "830010")


@pytest.fixture(scope="module")
def market() -> SyntheticMarket:
    return SyntheticMarket(long_day=True)


@pytest.fixture(scope="module")
def before() -> SyntheticMarket:
    """The world before the after-market."""
    return SyntheticMarket()


def at(clock: str, day: str = "2026-11-20") -> datetime:
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=KST)


def row(bars: Bars, day: str) -> dict[str, int]:
    """One day as plain numbers."""
    (found,) = np.flatnonzero(bars.time == np.datetime64(day))
    return {name: int(column[found]) for name, column in bars._asdict().items() if name != "time"}


def long_days(bars: Bars) -> Bars:
    """The days since the after-market opened that the standing clock has seen."""
    return cut(bars, (bars.time >= FIRST) & (bars.time <= np.datetime64("2026-11-20")) & (bars.volume > 0))


# --- the day as a whole ------------------------------------------------------------------------------


def test_four_closes_in_five_are_not_the_official_ones(market: SyntheticMarket) -> None:
    """Gap, share and size as they were measured on the real market."""
    gaps, shares = [], []
    for code in market.codes:
        if market.stocks[code].market in ("0", "10"):
            days = long_days(market.history(code))
            gaps += np.abs(days.close / days.official - 1).tolist()
            regular = long_days(market.regular(code))
            shares += (1 - regular.volume / days.volume).tolist()
    assert len(gaps) > 10_000
    differ = np.array([gap for gap in gaps if gap])
    assert 0.76 < len(differ) / len(gaps) < 0.83  # 17.8 to 22 % of the closes are equal
    assert 0.003 < np.median(differ) < 0.005  # 0.34 to 0.44 %
    assert 0.03 < np.quantile(gaps, 0.99) < 0.055  # 4.4 to 5.1 %
    assert differ.max() <= 0.3
    assert 0.02 < np.mean(shares) < 0.05  # 3.1 %


def test_funds_trade_as_before(market: SyntheticMarket, before: SyntheticMarket) -> None:
    for code in FUNDS:
        for mine, old in zip(market.history(code), before.history(code), strict=True):
            assert (mine == old).all()


def test_the_official_close_and_the_base_are_those_of_the_world_before(
    market: SyntheticMarket, before: SyntheticMarket
) -> None:
    """No later trade moves the official close; the next day's base follows it and not the last trade."""
    for code in sorted(set(market.codes) - LONG_DAY_ONLY):
        mine, old = market.history(code), before.history(code)
        assert (mine.official == old.close).all()
        for name in ("time", "open", "volume", "base", "shares"):
            assert (getattr(mine, name) == getattr(old, name)).all(), (code, name)
        early = mine.time < FIRST
        for name in ("high", "low", "close", "value", "limit"):
            assert (getattr(mine, name) == getattr(old, name))[early].all(), (code, name)
        assert (mine.high >= old.high).all()
        assert (mine.low <= old.low).all()
    days = long_days(market.history("000660"))
    follows = days.base[1:] == days.official[:-1]
    assert follows.all()
    assert (days.base[1:] != days.close[:-1]).mean() > 0.5


def test_the_after_market_stays_within_the_limits_of_the_day(market: SyntheticMarket) -> None:
    """30 % from the previous official close, in the evening as well."""
    for code in market.codes:
        days = long_days(market.history(code))
        assert (days.high <= days.base * 1.3).all()
        assert (days.low >= days.base * 0.7).all()


def test_a_weekly_bar_closes_with_the_last_trade(market: SyntheticMarket) -> None:
    from kiwoom_research.sandbox.market.bars import periods

    days = cut(market.history("005930"), market.history("005930").time <= np.datetime64("2026-11-20"))
    week = periods(days, "1w")
    assert week.close[-1] == days.close[-1] != days.official[-1]
    assert week.official[-1] == days.official[-1]


# --- the day as it goes ------------------------------------------------------------------------------


def test_the_bar_of_a_share_through_the_day(market: SyntheticMarket) -> None:
    """Close and range move until 20:00, the official close stands from 15:30, sums are whole at 21:05."""
    seen = {}
    for clock in ("15:29", "15:30", "15:59", "16:30", "18:00", "19:59", "20:00", "21:04", "21:05", "23:00"):
        bars = market.daily("005930", at(clock), adjusted=False)
        assert bars.time[-1] == np.datetime64("2026-11-20")
        seen[clock] = row(bars, "2026-11-20")
    official = seen["15:30"]["close"]
    for clock, bar in seen.items():
        assert bar["official"] == (official if clock >= "15:30" else 0)
        assert bar["low"] <= bar["value"] / bar["volume"] <= bar["high"]
        assert bar["base"] == seen["15:30"]["base"]
    assert seen["15:59"]["close"] == official
    assert {seen[clock]["close"] for clock in ("16:30", "18:00", "19:59")} != {official}
    assert seen["20:00"]["close"] == seen["23:00"]["close"] != official
    volumes = [bar["volume"] for bar in seen.values()]
    assert volumes == sorted(volumes)
    assert (
        seen["15:30"]["volume"] == seen["15:59"]["volume"] < seen["16:30"]["volume"] < seen["19:59"]["volume"]
    )
    assert (
        seen["20:00"]["volume"]
        == seen["21:04"]["volume"]
        < seen["21:05"]["volume"]
        == seen["23:00"]["volume"]
    )
    short = 1 - seen["20:00"]["volume"] / seen["21:05"]["volume"]
    assert 0.005 < short < 0.06  # 5.5 % was measured
    assert row(market.history("005930"), "2026-11-20") == seen["23:00"]


def test_the_bar_of_a_fund_stands_from_its_close(market: SyntheticMarket) -> None:
    bars = [row(market.daily("820010", at(clock)), "2026-11-20") for clock in ("15:30", "18:00", "21:05")]
    for name in ("open", "high", "low", "close"):
        assert len({bar[name] for bar in bars}) == 1


def test_minutes_go_on_until_eight(market: SyntheticMarket) -> None:
    for code in SHARES:
        minutes = market.minutes(code, date(2026, 11, 20), at("21:00"))
        clocks = [str(time)[11:16] for time in minutes.time]
        evening = [clock for clock in clocks if clock >= "15:31"]
        assert clocks[0] == "09:00"
        assert "15:30" in clocks
        assert evening[0] >= "16:00"
        assert evening[-1] == "19:59"
    for code in FUNDS:
        minutes = market.minutes(code, date(2026, 11, 20), at("21:00"))
        assert str(minutes.time[-1])[11:16] == "15:30"
    past = market.minutes("005930", date(2026, 11, 18), at("21:00"))
    assert [str(time)[11:16] for time in past.time[380:384]] == ["15:30", "15:35", "16:00", "16:01"]


def test_the_running_minute_of_the_evening(market: SyntheticMarket) -> None:
    """At 17:00:30 the bar of 17:00 holds the trades so far; it grows until it is over."""
    whole = market.session("005930", date(2026, 11, 20))
    full = int(whole.volume[whole.time == np.datetime64("2026-11-20T17:00")][0])
    volumes = []
    for second in (1, 20, 40, 59):
        bars = market.minutes("005930", date(2026, 11, 20), at("17:00") + timedelta(seconds=second))
        stamp = str(bars.time[-1])[11:16]
        volumes.append(int(bars.volume[-1]) if stamp == "17:00" else 0)
    assert volumes == sorted(volumes)
    assert 0 < volumes[2] < full
    after = market.minutes("005930", date(2026, 11, 20), at("17:01"))
    assert int(after.volume[after.time == np.datetime64("2026-11-20T17:00")][0]) == full


def test_the_exam_day_has_an_ordinary_after_market(market: SyntheticMarket) -> None:
    """Half an hour after its late close until 20:00: invented, for nobody knows."""
    hours = session_hours(date(2026, 11, 19))
    assert [f"{time:%H:%M}" for time in hours[:4]] == ["10:00", "16:30", "17:00", "20:00"]
    minutes = market.session("005930", date(2026, 11, 19))
    evening = [str(time)[11:16] for time in minutes.time if str(time)[11:16] > "16:35"]
    assert (evening[0], evening[-1]) == ("17:00", "19:59")


def test_hours_of_both_worlds() -> None:
    def evening(day: str, long_day: bool = True) -> tuple[str, str, bool]:
        hours = session_hours(date.fromisoformat(day), long_day)
        return f"{hours.evening:%H:%M}", f"{hours.end:%H:%M}", hours.after_market

    assert evening("2026-09-11") == ("16:00", "18:00", False)
    assert evening("2026-09-14") == ("16:00", "20:00", True)
    assert evening("2026-09-14", long_day=False) == ("16:00", "18:00", False)
    assert evening("2025-11-13") == ("17:00", "18:00", False)  # an exam day
    assert evening("2010-03-02") == ("15:30", "17:30", False)
    assert evening("2026-11-21") == ("16:00", "20:00", True)  # a Saturday that only data calls a session


def test_single_price_auctions_are_over_at_six(before: SyntheticMarket, market: SyntheticMarket) -> None:
    """Before the after-market volume grows in twelve auctions and the close stands."""
    for world, day in ((before, "2026-11-20"), (market, "2026-09-11")):
        bars = [
            row(world.daily("005930", at(clock, day), adjusted=False), day)
            for clock in ("15:30", "16:05", "16:15", "17:55", "18:00", "21:30")
        ]
        assert len({bar["close"] for bar in bars}) == 1
        volumes = [bar["volume"] for bar in bars]
        assert volumes == sorted(volumes)
        assert volumes[0] == volumes[1] < volumes[2] < volumes[3] <= volumes[4] == volumes[5]


# --- corporate actions -------------------------------------------------------------------------------

EVENTS = [(code, event) for code, scenario in SCENARIOS.items() for event in scenario.events]


def test_every_kind_of_corporate_action_is_there() -> None:
    kinds = {event.kind for _, event in EVENTS}
    assert kinds == {"split", "consolidation", "rights issue", "bonus issue", "spin-off", "capital reduction"}
    late = {event.kind for _, event in EVENTS if event.day >= LONG_DAY}
    assert {"split", "rights issue", "bonus issue"} <= late


@pytest.mark.parametrize(("code", "event"), EVENTS, ids=[f"{code}-{event.kind}" for code, event in EVENTS])
def test_a_corporate_action_moves_base_factor_and_shares(
    market: SyntheticMarket, code: str, event: object
) -> None:
    from kiwoom_research.sandbox.market.scenarios import ScheduledEvent

    assert isinstance(event, ScheduledEvent)
    bars, factors = market.history(code), market.factors(code)
    ex = int(np.searchsorted(bars.time, np.datetime64(event.day)))
    assert bars.time[ex] == np.datetime64(event.day)
    assert bars.base[ex] == pytest.approx(bars.official[ex - 1] * event.price, abs=1)
    assert factors[ex - 1] / factors[ex] == pytest.approx(event.price)
    assert bars.volume[ex] > 0
    assert not bars.volume[ex - event.halt : ex].any()
    new = int(np.searchsorted(bars.time, np.datetime64(event.shares_from)))
    assert bars.shares[new] / bars.shares[new - 1] == pytest.approx(event.shares, rel=1e-6)
    if event.listed:  # new shares come weeks after the ex-day
        assert new > ex
        assert bars.shares[ex] == bars.shares[ex - 1]


# --- numbers that come late: hours and rules as measured of the real server ------------------------------

FLOW_BODY = {"dt": "20261120", "amt_qty_tp": "2", "trde_tp": "0", "unit_tp": "1"}
SPAN = {"strt_dt": "20261101", "end_dt": "20261130", "tm_tp": "1", "all_tp": "1"}


def rows_at(
    market: SyntheticMarket,
    api_id: str,
    clock: str,
    day: str = "2026-11-20",
    code: str = "005930",
    **body: str,
) -> list[dict[str, str]]:
    """The rows of a reply at a moment, newest first."""
    call = QUERIES[api_id]
    page = answer(market, call, {"stk_cd": code, **body}, "", at(clock, day))
    rows: list[dict[str, str]] = page.body[call.tables[0].rows]
    return rows


def test_holdings_are_a_copy_until_five_past_nine_and_corrected_in_the_morning(
    market: SyntheticMarket, before: SyntheticMarket
) -> None:
    """The row of the day repeats the one before with change 0; two large stocks change once more at 07:05."""
    for clock in ("10:00", "18:10", "21:04"):
        today, yesterday, *_ = rows_at(market, "ka10008", clock)
        assert (today["dt"], today["chg_qty"]) == ("20261120", "0")
        assert today["poss_stkcnt"] == yesterday["poss_stkcnt"]
    whole = rows_at(market, "ka10008", "21:05")[0]
    assert int(whole["chg_qty"]) != 0
    corrected = rows_at(market, "ka10008", "07:05", "2026-11-21")[0]
    for key in ("chg_qty", "poss_stkcnt"):
        assert int(corrected[key]) - int(whole[key]) == 45_960
    other = [
        rows_at(market, "ka10008", *when, code="035420")[0] for when in (("21:05",), ("07:05", "2026-11-21"))
    ]
    assert other[0] == other[1]
    assert (
        rows_at(before, "ka10008", "17:30")[0]["chg_qty"]
        == rows_at(before, "ka10008", "21:05")[0]["chg_qty"]
        != "0"
    )


def test_the_coming_session_has_a_row_of_holdings_in_the_night(market: SyntheticMarket) -> None:
    """Dated the new day, a copy without a volume; nowhere else, and not on a Saturday."""
    coming, last, *_ = rows_at(market, "ka10008", "06:00", "2026-11-20")
    assert (coming["dt"], last["dt"]) == ("20261120", "20261119")
    assert (coming["chg_qty"], coming["trde_qty"]) == ("0", "0")
    assert coming["poss_stkcnt"] == last["poss_stkcnt"]
    assert rows_at(market, "ka10008", "06:00", "2026-11-21")[0]["dt"] == "20261120"
    assert rows_at(market, "ka10059", "06:00", **FLOW_BODY)[0]["dt"] == "20261119"


def test_flows_of_the_evening_come_between_five_past_eight_and_five_past_nine(
    market: SyntheticMarket,
) -> None:
    """Constant from 15:40 to 20:05, then moving; they balance at every moment."""
    seen = {}
    for clock in ("11:00", "15:40", "18:00", "20:05", "20:35", "21:05", "23:00"):
        row = rows_at(market, "ka10059", clock, **FLOW_BODY)[0]
        assert row["dt"] == "20261120"
        groups = [int(row[key]) for key in ("ind_invsr", "frgnr_invsr", "orgn", "etc_corp", "natfor")]
        assert sum(groups) == 0
        parts = ("fnnc_invt", "insrnc", "invtrt", "etc_fnnc", "bank", "penfnd_etc", "samo_fund", "natn")
        assert sum(int(row[key]) for key in parts) == int(row["orgn"])
        seen[clock] = groups[1]
    assert seen["15:40"] == seen["18:00"] == seen["20:05"]
    assert seen["21:05"] == seen["23:00"]
    assert abs(seen["11:00"]) < abs(seen["15:40"]) < abs(seen["20:35"]) < abs(seen["21:05"])


def test_short_sales_and_lending_come_in_the_evening(market: SyntheticMarket) -> None:
    """No row of short sales before 18:05, some until 21:05; lending is zeros until 20:05 and chains afterwards."""
    assert rows_at(market, "ka10014", "18:04", **SPAN)[0]["dt"] == "20261119"
    early, whole = (
        int(rows_at(market, "ka10014", clock, **SPAN)[0]["shrts_qty"]) for clock in ("18:05", "21:05")
    )
    assert 0 < early < whole
    today, yesterday, *_ = rows_at(market, "ka20068", "20:04", **SPAN)
    assert (today["dt"], int(today["dbrt_trde_irds"]), int(today["rmnd"])) == ("20261120", 0, 0)
    today = rows_at(market, "ka20068", "20:05", **SPAN)[0]
    assert int(today["rmnd"]) == int(yesterday["rmnd"]) + int(today["dbrt_trde_irds"]) > 0


def test_a_delisted_stock_has_no_rows(market: SyntheticMarket) -> None:
    """Flows, holdings, short sales and lending are gone with the stock; on its last day they are there."""
    span = {**SPAN, "strt_dt": "20240301", "end_dt": "20240430"}
    for api_id, body in (
        ("ka10008", {}),
        ("ka10059", {**FLOW_BODY, "dt": "20240329"}),
        ("ka10014", span),
        ("ka20068", span),
    ):
        assert rows_at(market, api_id, "21:30", "2024-03-29", code="850100", **body)
        assert not rows_at(market, api_id, "21:30", "2024-04-01", code="850100", **body)
