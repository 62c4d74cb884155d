"""The main job on real input: KRX history through the sandbox, over HTTP, and back out of `get_bars`.

The files were collected by others; what they say is compared row for row.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox

from .conftest import client_of

DAILY = "adj_daily_all_20231205_20250617.parquet"
RAW = "krx_raw_daily_all_20240102-0213_20250102-0211.parquet"
PAIRS = "raw_vs_adj_pairs_252codes.parquet"
MINUTES = "minute_1m_krx_20250901_20260116.parquet"
OHLC = ["open", "high", "low", "close"]
MILLION = 1_000_000


def some(codes: pd.Series, first: str, count: int = 20) -> list[str]:
    """`first` and `count` others, spread evenly over what there is."""
    others = [code for code in sorted(codes.unique()) if code != first]
    return [first, *others[:: len(others) // count][:count]]


def replaying(folder: Path, **files: Path) -> Iterator[tuple[Client, Sandbox]]:
    """A client of a sandbox that replays files."""
    with Sandbox(rate=None, mock_rate=None, **files) as box, client_of(box, folder) as client:
        yield client, box


def as_kiwoom(rows: pd.DataFrame) -> pd.DataFrame:
    """KRX rows as Kiwoom shows them: a halted day stands at its close."""
    rows = rows.copy()
    halted = rows["open"] == 0
    for name in ("open", "high", "low"):
        rows.loc[halted, name] = rows.loc[halted, "close"]
    return rows


def sign(values: pd.Series) -> pd.Series:
    """-1, 0, +1."""
    return np.sign(values.fillna(0)).astype("int8")


# --- days ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def days(test_data: Path) -> pd.DataFrame:
    """The adjusted daily file as it is."""
    return pd.read_parquet(test_data / "data" / DAILY)


@pytest.fixture(scope="module")
def daily(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, Sandbox]]:
    """A sandbox that replays the adjusted daily file."""
    yield from replaying(tmp_path_factory.mktemp("daily"), bars=test_data / "data" / DAILY)


def test_days_equal_the_file(daily: tuple[Client, Sandbox], days: pd.DataFrame) -> None:
    """005930 and 20 codes: prices, volume, change and signs of every row, over all pages."""
    client, _ = daily
    halted = 0
    for code in some(days["code"], "005930"):
        rows = days[days["code"] == code].sort_values("date")
        expected = as_kiwoom(rows).set_index(pd.DatetimeIndex(pd.to_datetime(rows["date"]), name="date"))
        frame = kr.get_bars(code, start="2000-01-01", client=client)
        assert frame.index.equals(expected.index), code
        for name in [*OHLC, "volume"]:
            assert (frame[name] == expected[name]).all(), (code, name)
        before = expected["close"].shift()
        for name in OHLC:
            assert (frame[f"{name}_sign"] == sign(expected[name] - before)).iloc[1:].all(), (code, name)
        assert (frame["change"] == expected["close"].diff()).iloc[1:].all(), code
        assert frame["complete"].all()
        assert not frame.attrs["truncated"]
        halted += int((rows["open"] == 0).sum())
    assert halted, "no halted day among the codes: the test shows less than it says"


def test_a_window_is_a_slice(daily: tuple[Client, Sandbox]) -> None:
    """start and end cut the same rows out of the same history."""
    client, _ = daily
    whole = kr.get_bars("005930", start="2000-01-01", client=client)
    part = kr.get_bars("005930", start="2024-03-01", end="2024-06-28", client=client)
    pd.testing.assert_frame_equal(part, whole.loc["2024-03-01":"2024-06-28"])
    assert len(part) > 70


def test_raw_values_and_turnover(test_data: Path, tmp_path: Path) -> None:
    """The raw file: value within half a million won, market cap and shares as listed."""
    rows = pd.read_parquet(test_data / "data" / RAW)
    for client, _ in replaying(tmp_path, bars=test_data / "data" / RAW):
        for code in some(rows["code"], "005930"):
            own = rows[rows["code"] == code].sort_values("date")
            expected = as_kiwoom(own).set_index(pd.DatetimeIndex(pd.to_datetime(own["date"]), name="date"))
            frame = kr.get_bars(code, start="2000-01-01", adjusted=False, client=client)
            assert frame.index.equals(expected.index), code
            for name in [*OHLC, "volume"]:
                assert (frame[name] == expected[name]).all(), (code, name)
            assert ((frame["value"] - expected["value"]).abs() <= MILLION / 2).all(), code


def test_adjusted_and_raw_are_both_served(test_data: Path, tmp_path: Path) -> None:
    """The pairs file: closes equal in both modes."""
    pairs = pd.read_parquet(test_data / "data" / PAIRS)
    code = "000040"
    own = pairs[pairs["code"] == code].sort_values("date")
    for client, _ in replaying(tmp_path, bars=test_data / "data" / PAIRS):
        for adjusted, suffix in ((True, "adj"), (False, "raw")):
            frame = kr.get_bars(code, start="2000-01-01", adjusted=adjusted, client=client)
            assert frame["close"].tolist() == own[f"close_{suffix}"].astype(float).tolist()


# --- minutes -------------------------------------------------------------------------------------


def test_minutes_equal_the_file(test_data: Path, tmp_path: Path) -> None:
    """000660 and 20 codes: every bar of the days that are whole in the file."""
    rows = pd.read_parquet(test_data / "data" / MINUTES)
    with Sandbox(rate=None, bars=test_data / "data" / MINUTES, clock="2026-01-19 20:30") as box:
        for at, code in enumerate(some(rows["code"], "000660")):
            with client_of(box, tmp_path / str(at)) as client:
                frame = kr.get_bars(code, "1min", start="2025-09-01", client=client)
            own = rows[rows["code"] == code]
            whole = own.groupby("date")[["from_open", "has_close"]].transform("all").all(axis=1)
            own = own[whole].sort_values(["date", "time"])
            if own.empty:
                continue
            label = pd.to_datetime(own["date"] + own["time"], format="%Y%m%d%H%M%S")
            expected = as_kiwoom(own).set_index(
                pd.DatetimeIndex(label, name="time").tz_localize("Asia/Seoul")
            )
            # minutes without a trade are fillers of the collector; Kiwoom leaves them out
            expected = expected[expected["volume"] > 0]
            got = frame.loc[frame.index.isin(expected.index)]
            assert got.index.equals(expected.index), code
            for name in [*OHLC, "volume"]:
                assert (got[name] == expected[name]).all(), (code, name)


def test_the_environment_names_a_file(
    test_data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """KIWOOM_SANDBOX_BARS makes connect("sandbox") a replay."""
    file = tmp_path / "bars.csv"
    days = pd.read_parquet(test_data / "data" / DAILY, filters=[("code", "==", "005930")])
    days.to_csv(file, index=False)
    monkeypatch.setenv("KIWOOM_SANDBOX_BARS", str(file))
    monkeypatch.setattr(Sandbox, "_shared", {})
    with kr.connect("sandbox", cache_dir=tmp_path / "cache") as client:
        frame = kr.get_bars("005930", start="2025-01-01", client=client)
    assert frame["close"].iloc[-1] == days.sort_values("date")["close"].iloc[-1]
    Sandbox.shared().close()


# --- files of the long day --------------------------------------------------------------------------------

WEEK = ["2026-11-09", "2026-11-10", "2026-11-11", "2026-11-12", "2026-11-13", "2026-11-16"]
LAST, OFFICIAL = [100, 102, 104, 103, 105, 107], [101, 102, 103, 105, 104, 106]


def test_official_closes_of_a_file_are_the_base_prices(tmp_path: Path) -> None:
    """By hand: each change is against the official close before, which the frame tells again, all but the newest."""
    rows = [
        f"{day},005930,100,110,95,{last},1000,{official}"
        for day, last, official in zip(WEEK, LAST, OFFICIAL, strict=True)
    ]
    file = tmp_path / "days.csv"
    file.write_text("\n".join(["date,code,open,high,low,close,volume,official_close", *rows]))
    with Sandbox(rate=None, bars=file) as box, client_of(box, tmp_path) as client:
        bars = kr.get_bars("005930", adjusted=False, client=client)
        assert f"{box.now():%Y-%m-%d %H:%M}" == "2026-11-16 21:30"
    assert bars["close"].tolist() == LAST
    assert bars["change"].tolist()[1:] == [102 - 101, 104 - 102, 103 - 103, 105 - 105, 107 - 104]
    assert bars["official_close"].tolist()[:-1] == OFFICIAL[:-1]
    assert bars["official_close_source"].tolist() == ["next_base"] * 5 + ["none"]


def test_minutes_of_an_evening_are_replayed(tmp_path: Path) -> None:
    """By hand: days of minutes close with the evening, the next change is against the auction, and at 17:00 it runs."""
    times = ["09:00", "15:30", "16:00", "19:59"]
    prices = {"2026-11-12": [100, 101, 102, 104], "2026-11-13": [103, 102, 105, 106]}
    rows = [
        f"{day},{time},005930,{price},{price},{price},{price},10"
        for day in prices
        for time, price in zip(times, prices[day], strict=True)
    ]
    file = tmp_path / "minutes.csv"
    file.write_text("\n".join(["date,time,code,open,high,low,close,volume", *rows]))
    with Sandbox(rate=None, bars=file) as box, client_of(box, tmp_path) as client:
        days = kr.get_bars("005930", adjusted=False, client=client)
        minutes = kr.get_bars("005930", "1min", adjusted=False, client=client)
        asked = kr.get_bars("005930", adjusted=False, official_close="minute", client=client)
        box.set_clock("2026-11-13 17:00")
        running = kr.get_bars("005930", adjusted=False, client=client).iloc[-1]
    assert days["close"].tolist() == [104, 106]
    assert days["change"].iloc[1] == 106 - 101
    assert minutes.index.strftime("%H:%M").tolist() == times * 2
    assert asked["official_close"].tolist() == [101, 102]
    assert (running["close"], running["complete"]) == (105, False)
