"""Files as people have them, replayed: encodings, other programs' column names, and nothing made up."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research import calendar
from kiwoom_research.client.client import Client
from kiwoom_research.sandbox import Sandbox
from kiwoom_research.sandbox.market.files import read_file

from .conftest import client_of

Replay = Callable[..., Client]

PYKRX = """날짜,시가,고가,저가,종가,거래량,거래대금,등락률
2026-11-18,70000,71000,69500,70500,1000,70400000,0.71
2026-11-19,70500,71500,70100,71200,1100,78100000,0.99
2026-11-20,71200,71900,70800,71000,900,64200000,-0.28
"""
PYKRX_DAY = """티커,시가,고가,저가,종가,거래량,거래대금,등락률
005930,71200,71900,70800,71000,900,64200000,-0.28
000660,300000,305000,299000,301000,50,15050000,0.33
"""
FDR = """Date,Open,High,Low,Close,Volume,Change
2026-11-18,70000,71000,69500,70500,1000,0.0071
2026-11-19,70500,71500,70100,71200,1100,0.0099
2026-11-20,71200,71900,70800,71000,900,-0.0028
"""
CLOSES = [70500.0, 71200.0, 71000.0]


@pytest.fixture
def replay(tmp_path: Path) -> Iterator[Replay]:
    """A client of a sandbox that replays files."""
    opened: list[Sandbox | Client] = []

    def start(**files: object) -> Client:
        box = Sandbox(rate=None, **files)  # type: ignore[arg-type]
        client = client_of(box, tmp_path / f"client{len(opened)}")
        opened.extend((client, box))
        return client

    yield start
    for one in opened:
        one.close()


def saved(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    """A file with a text."""
    (folder / name).write_text(text, encoding=encoding)
    return folder / name


# --- what people have --------------------------------------------------------------------------------


def test_a_csv_of_korean_excel(replay: Replay, test_data: Path) -> None:
    """cp949: three rows, and the name in Korean."""
    client = replay(bars=test_data / "cases" / "bars_cp949.csv")
    bars = kr.get_bars("005930", start="2026-01-01", client=client)
    assert bars["close"].tolist() == CLOSES
    assert bars["open"].tolist() == [70000.0, 70500.0, 71200.0]
    assert bars["volume"].tolist() == [1000.0, 1100.0, 900.0]
    assert kr.get_stocks("all", client=client)["name"].tolist() == ["가나전자"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize(
    ("name", "text"), [("005930.csv", PYKRX), ("pykrx_005930_2026.csv", PYKRX), ("005930.csv", FDR)]
)
def test_exports_of_pykrx_and_finance_data_reader(
    replay: Replay, tmp_path: Path, name: str, text: str, encoding: str
) -> None:
    """The code stands in the file's name; the ratio in Change is no change in won."""
    client = replay(bars=saved(tmp_path, name, text, encoding))
    bars = kr.get_bars("005930", start="2026-01-01", client=client)
    assert bars["close"].tolist() == CLOSES
    assert bars["change"].tolist()[1:] == [700.0, -200.0]
    if text is PYKRX:
        assert bars["value"].tolist() == [70_000_000.0, 78_000_000.0, 64_000_000.0]  # the wire has millions
    else:
        assert bars["value"].isna().all()


def test_a_whole_market_of_one_day(replay: Replay, tmp_path: Path) -> None:
    """get_market_ohlcv of a day: the codes in the rows, the day in the file's name."""
    for day in ("20261119", "20261120"):
        saved(tmp_path, f"krx_{day}.csv", PYKRX_DAY)
    client = replay(bars=[tmp_path / "krx_20261119.csv", tmp_path / "krx_20261120.csv"])
    bars = kr.get_bars("000660", start="2026-01-01", client=client)
    assert bars.index.strftime("%Y-%m-%d").tolist() == ["2026-11-19", "2026-11-20"]
    assert bars["close"].tolist() == [301000.0, 301000.0]


def test_real_exports_of_others(test_data: Path) -> None:
    """Files that others published: FinanceDataReader, Yahoo, and the exchange's list."""
    folder = test_data / "data"
    for name in ("fdr_naver_005930.csv", "yahoo_raw_adj_kospi_005930.csv"):
        kind, frame = read_file(folder / "longhist" / name)
        theirs = pd.read_csv(folder / "longhist" / name)
        assert kind == "adjusted"
        assert set(frame["code"]) == {"005930"}
        assert frame["close"].tolist() == theirs["Close"].tolist()
        assert frame["date"].tolist() == theirs["Date"].tolist()
        assert "change" not in frame
    kind, frame = read_file(folder / "listing" / "krx_2026-03-20.csv")
    assert kind == "stocks"  # a list, although it has prices and its name has a day
    assert frame["Code"].iloc[0] == "005930"


def test_parquet_with_the_days_in_the_index(replay: Replay, tmp_path: Path) -> None:
    """What ``fdr.DataReader(...).to_parquet()`` writes."""
    pytest.importorskip("pyarrow")
    frame = pd.read_csv(saved(tmp_path, "text.csv", FDR), index_col="Date", parse_dates=True)
    frame.to_parquet(tmp_path / "005930.parquet")
    client = replay(bars=tmp_path / "005930.parquet")
    assert kr.get_bars("005930", start="2026-01-01", client=client)["close"].tolist() == CLOSES


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("5930", "005930"),
        ("A005930", "005930"),
        ("0001A0", "0001A0"),
        ("660", "000660"),
        ("A0001A", "A0001A"),
    ],
)
def test_codes_that_lost_their_zeros(tmp_path: Path, given: str, code: str) -> None:
    """Excel takes zeros away, the exchange puts an A before a code."""
    text = f"date,code,open,high,low,close,volume\n2026-11-20,{given},1,2,1,2,10\n"
    _, frame = read_file(saved(tmp_path, "bars.csv", text))
    assert frame["code"].tolist() == [code]


@pytest.mark.parametrize(
    "day", ["20261120", "2026-11-20", "2026/11/20", "2026-11-20 00:00:00", "2026/11/20 0:00"]
)
def test_days_in_other_spellings(replay: Replay, tmp_path: Path, day: str) -> None:
    text = f'date,code,open,high,low,close,volume\n{day},005930,1,2,1,2,"1,000"\n'
    client = replay(bars=saved(tmp_path, "bars.csv", text))
    bars = kr.get_bars("005930", start="2026-01-01", client=client)
    assert bars.index.tolist() == [pd.Timestamp("2026-11-20")]
    assert bars["volume"].tolist() == [1000.0]


def test_what_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"005930\.csv"):
        read_file(saved(tmp_path, "export.csv", PYKRX))  # no code anywhere
    (tmp_path / "broken.csv").write_bytes(b"date,code\n\xff\xff\xff,1\n")
    with pytest.raises(ValueError, match="cp949"):
        read_file(tmp_path / "broken.csv")


# --- nothing is made up ------------------------------------------------------------------------------


@pytest.fixture
def bare(replay: Replay, tmp_path: Path) -> Client:
    """A file with nothing but date, code, four prices and volume."""
    lines = ["date,code,open,high,low,close,volume"]
    days = calendar.sessions_in_range("2026-08-03", "2026-11-20")
    for at, day in enumerate(days):
        for code, price, volume in (("000020", 9000, 100), ("005930", 70000, 5000), ("900000", 500, 90000)):
            close = price + 10 * at
            lines.append(f"{day:%Y-%m-%d},{code},{close},{close + 20},{close - 20},{close},{volume + at}")
    return replay(bars=saved(tmp_path, "bare.csv", "\n".join(lines)))


def test_value_shares_and_collateral_stay_missing(bare: Client) -> None:
    """They stood there before as close x volume, 0 and 72 % of the base price."""
    bars = kr.get_bars("005930", start="2026-01-01", client=bare)
    assert bars[["value", "turnover"]].isna().all().all()
    for freq in ("1w", "1mo"):
        assert kr.get_bars("005930", freq, start="2026-01-01", client=bare)["value"].isna().all()
    stocks = kr.get_stocks("all", client=bare)
    assert stocks["listed_shares"].isna().all()
    assert stocks["previous_close"].notna().all()
    quotes = kr.get_quotes(["005930", "000020"], client=bare)
    assert quotes[["value", "listed_shares", "market_cap"]].isna().all().all()
    assert (quotes["price"] > 0).all()
    info = kr.get_info("005930", client=bare)
    assert info[["collateral_price", "market_cap", "listed_shares", "eps"]].isna().all().all()
    assert kr.get_today("005930", client=bare)["value"].isna().all()
    assert kr.get_foreign("005930", client=bare)["foreign_shares"].isna().all()
    assert kr.get_investors("005930", client=bare)["individual_net"].isna().all()


def test_nothing_in_features_is_infinite(bare: Client) -> None:
    bars = pd.concat(
        {code: kr.get_bars(code, start="2026-01-01", client=bare) for code in ("005930", "000020")},
        names=["code"],
    )
    info = kr.get_info(["005930", "000020"], client=bare)
    table = kr.features(bars.reset_index(), info=info, price="last")
    numbers = table.select_dtypes("number")
    assert not np.isinf(numbers.to_numpy(dtype=float)).any()
    assert table["turnover"].isna().all()


def test_a_ranking_by_an_unknown_value_is_empty(bare: Client) -> None:
    assert kr.get_ranking("value", client=bare).empty
    assert len(kr.get_ranking("volume", client=bare)) == 3


def test_without_a_stock_list_the_largest_stock_is_found_first(
    bare: Client, replay: Replay, tmp_path: Path
) -> None:
    """By the value that is traded, since nobody knows shares."""
    assert kr.get_stocks("all", client=bare).index.tolist() == ["005930", "900000", "000020"]
    lines = ["date,code,name,open,high,low,close,volume"]
    for code, name, price in (
        ("000001", "삼성작은", 100),
        ("005930", "삼성전자", 70000),
        ("028260", "삼성물산", 200),
    ):
        lines += [f"2026-11-{day},{code},{name},{price},{price},{price},{price},1000" for day in (19, 20)]
    client = replay(bars=saved(tmp_path, "named.csv", "\n".join(lines)))
    assert kr.find("삼성", client=client)["name"].tolist()[0] == "삼성전자"


def test_a_call_without_a_producer_draws_nothing(bare: Client) -> None:
    """What the generic reply draws for an invented market stays blank in a replay."""
    book = kr.query("ka10004", stk_cd="005930", client=bare)
    assert book.select_dtypes("float64").isna().all().all()
    assert book["ask_1"].size == 1


# --- clock and connection ----------------------------------------------------------------------------


def test_a_replay_stands_on_the_evening_of_its_last_session(tmp_path: Path) -> None:
    with Sandbox(bars=saved(tmp_path, "005930.csv", PYKRX)) as box:
        assert f"{box.now():%Y-%m-%d %H:%M}" == "2026-11-20 21:30"
    with Sandbox(bars=saved(tmp_path, "005930.csv", PYKRX), clock="2026-11-19 12:00") as box:
        assert f"{box.now():%Y-%m-%d %H:%M}" == "2026-11-19 12:00"


def test_connect_takes_bars_clock_and_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments first, then the environment; one sandbox for the same settings."""
    monkeypatch.setattr(Sandbox, "_shared", {})
    file, cache = saved(tmp_path, "005930.csv", PYKRX), tmp_path / "cache"
    with kr.connect("sandbox", bars=file, rate=None, cache_dir=cache) as client:
        assert client.server.rate is None
        assert kr.get_bars("005930", start="2026-01-01")["close"].tolist() == CLOSES
    with kr.connect("sandbox", clock="2026-11-19 10:30", cache_dir=cache) as client:
        assert client.server.rate == 5
        assert f"{client.now():%Y-%m-%d %H:%M}" == "2026-11-19 10:30"
    monkeypatch.setenv("KIWOOM_SANDBOX_BARS", str(file))
    monkeypatch.setenv("KIWOOM_SANDBOX_CLOCK", "2026-11-18 21:30")
    with kr.connect("sandbox", cache_dir=cache) as client:
        assert kr.get_bars("005930", start="2026-01-01")["close"].tolist() == CLOSES[:1]
    assert Sandbox.shared() is Sandbox.shared()
    assert Sandbox.shared() is not Sandbox.shared(rate=None)
    for box in list(Sandbox._shared.values()):
        box.close()


@pytest.mark.parametrize("how", [{"bars": "x.csv"}, {"clock": "2026-11-19"}, {"rate": None}])
def test_settings_of_the_sandbox_go_with_the_sandbox(how: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="sandbox"):
        kr.connect("mock", "k" * 20, "s" * 20, **how)  # type: ignore[arg-type]
