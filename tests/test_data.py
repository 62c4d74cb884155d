"""The public functions: what they take, what they ask, what they give."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research import errors
from kiwoom_research.client import Client
from kiwoom_research.data.arguments import moment, stock_code, stock_codes, window
from kiwoom_research.data.bars import FREQS
from kiwoom_research.data.choices import FREQ_SPELLINGS, FreqSpelling
from kiwoom_research.sandbox import Sandbox

from .conftest import FakeClock, client_of
from .tiny import OK, Said, Tiny, tiny_client


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a sandbox that no test may ask anything."""
    with Sandbox() as box, client_of(box, tmp_path_factory.mktemp("untouched")) as made:
        yield made
        assert box.requests().empty


@pytest.fixture(scope="module")
def reader(shared_box: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client for tests that only read; answers are shared."""
    with client_of(shared_box, tmp_path_factory.mktemp("reader")) as made:
        yield made


def calls(box: Sandbox) -> list[str]:
    """What the server was asked, tokens aside."""
    return [call for call in box.requests()["call"] if not call.startswith("/oauth2")]


# --- codes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("005930", "005930"), ("A005930", "005930"), ("a005930", "005930"), ("KRX:005930", "005930"),
        ("krx:005930", "005930"), ("KRX:A005930", "005930"), (" 005930 ", "005930"), ("005930\n", "005930"),
        ("００５９３０", "005930"), ("005930_NX", "005930_NX"), ("005930_al", "005930_AL"), ("A005930_AL", "005930_AL"),
        ("Q530107", "530107"), ("005930.KS", "005930"), ("247540.kq", "247540"), ("KR7005930003", "005930"),
        ("NXT:005930_NX", "005930_NX"), ("SOR:005930_AL", "005930_AL"), ("NXT:005930", "005930_NX"),
        ("sor:005930", "005930_AL"), ("J0036221D", "J0036221D"), ("KRX:005930_NX", "005930_NX"),
        ("0000J0", "0000J0"), ("0000j0", "0000J0"), ("Ａ００００Ｊ０", "0000J0"), ("03473K", "03473K"),
    ],
)  # fmt: skip
def test_good_codes(typed: str, code: str) -> None:
    """Where the intention is plain the code is understood."""
    assert stock_code(typed) == code


BAD_CODES: list[Any] = [
    "", " ", "5930", "05930", "0059300", "005930.T", "KOSDAQ:005930", "NXT:005930_AL", "005930_XX", "005930_",
    "_NX", "A00593", "005 930", "005930,000660", "005930|000660", "٠٠٥٩٣٠", "../etc", "'; DROP", "005930\x00",
    None, 5930, 5930.0, True, b"005930", ["005930"], ("005930",), np.int64(5930), float("nan"), pd.NA, object(),
]  # fmt: skip
ONE_CODE: dict[str, Callable[[Any, Client], Any]] = {
    "bars": lambda code, c: kr.get_bars(code, client=c),
    "minutes": lambda code, c: kr.get_minutes(code, client=c),
    "daily": lambda code, c: kr.get_daily(code, client=c),
    "today": lambda code, c: kr.get_today(code, client=c),
}


@pytest.mark.parametrize("name", ONE_CODE)
def test_bad_codes(name: str, box: Sandbox, client: Client) -> None:
    """Everything else is a ValueError that names the argument; nothing is sent."""
    for code in BAD_CODES:
        with pytest.raises(ValueError, match=r"^code: expected"):
            ONE_CODE[name](code, client)
    assert box.requests().empty


@pytest.mark.parametrize("function", [kr.get_info, kr.get_quotes])
def test_bad_lists_of_codes(function: Callable[..., Any], box: Sandbox, client: Client) -> None:
    """The same for lists, with one bad code among good ones, and for what is no list."""
    for codes in [*(c for c in BAD_CODES if isinstance(c, str)), None, 5, 5.0, True, [], (), pd.Series([], dtype=object),
                  ["005930", "5930"], ["005930", None], [5930], pd.Series([5930]), b"005930", object(), pd.NA,
                  iter([]), {}, ["005930", ["000660"]]]:  # fmt: skip
        with pytest.raises(ValueError, match=r"^codes?: expected"):
            function(codes, client=client)
    assert box.requests().empty


NO_NAMES = ["AAPL", "없는회사", "삼성전자우선주"]


def test_names_are_codes(box: Sandbox, client: Client) -> None:
    """Whole names, unique parts, any case; several of one code are one; the list costs its two requests once."""
    assert kr.get_bars("삼성전자", client=client).equals(kr.get_bars("005930", client=client))
    assert kr.get_quotes(["하이닉스", "005930", "SK 하이닉스"], client=client).index.tolist() == [
        "000660",
        "005930",
    ]
    assert kr.get_info("naver", client=client).index.tolist() == ["035420"]
    assert kr.get_foreign("카카오", client=client).equals(kr.get_foreign("035720", client=client))
    assert (box.requests()["call"] == "ka10099").sum() == 2
    for text in NO_NAMES:
        with pytest.raises(ValueError, match=f"^code: no stock has a name like '{text}'"):
            kr.get_bars(text, client=client)
    with pytest.raises(
        ValueError, match=r"^code: \d+ stocks have a name like '제약': .*, \.\.\.; give one code"
    ):
        kr.get_bars("제약", client=client)


def test_markets_in_any_case_and_in_korean(client: Client) -> None:
    """Wherever a market makes sense; a plan sends nothing, so it wants the list first."""
    kosdaq = kr.get_stocks("kosdaq", client=client)
    for word in ("KOSDAQ", "코스닥", " Kosdaq"):
        assert kr.get_stocks(word, client=client).equals(kosdaq)  # type: ignore[arg-type]
        assert kr.get_quotes(word, client=client).index.tolist() == kosdaq.index.tolist()
    with pytest.raises(
        ValueError, match=r"a plan sends nothing: load it with kr.get_stocks\('konex'\) first"
    ):
        kr.plan("konex", client=client)
    assert kr.plan("코스닥", client=client)["codes"] == len(kosdaq)
    years = kr.pull("kosdaq", "1y", start="2026-01-02", progress=False, client=client)
    assert years.index.get_level_values("code").nunique() == len(kosdaq)
    with pytest.raises(ValueError, match=r"market: expected one of kospi, kosdaq, .*, got 'KOSP'"):
        kr.get_stocks("KOSP", client=client)  # type: ignore[arg-type]


def test_number_gets_a_hint() -> None:
    """Whoever typed 5930 is told '005930'."""
    with pytest.raises(ValueError, match="such as '005930', got 5930"):
        stock_code(5930)


@pytest.mark.parametrize(
    ("typed", "freq"),
    [
        ("5m", "5min"),
        ("1h", "60min"),
        ("D", "1d"),
        ("W", "1w"),
        ("1m", "1min"),
        ("1M", "1mo"),
        ("ME", "1mo"),
        ("y", "1y"),
    ],
)
def test_frequencies_as_others_spell_them(typed: Any, freq: Any, client: Client) -> None:
    """A chart's or pandas' word gives the same bars, labelled with our own."""
    frame = kr.get_bars("005930", typed, client=client)
    pd.testing.assert_frame_equal(frame, kr.get_bars("005930", freq, client=client))
    assert frame.attrs["freq"] == freq


def test_every_spelling_is_in_the_type_and_the_table() -> None:
    """What a type checker accepts is what is understood, and no spelling hides a frequency of ours."""
    assert set(FREQ_SPELLINGS) == set(get_args(FreqSpelling))
    assert not set(FREQ_SPELLINGS) & set(FREQS)
    assert set(FREQ_SPELLINGS.values()) <= set(FREQS)
    for minutes in (1, 3, 5, 10, 15, 30, 45, 60):
        assert FREQ_SPELLINGS[f"{minutes}m"] == f"{minutes}min"


@pytest.mark.parametrize(
    "typed", [["005930", "000660"], ("005930",), pd.Series(["005930"]), np.array(["005930"])]
)
def test_several_codes_for_one(typed: Any, box: Sandbox, client: Client) -> None:
    """A function for one code names those that take several, before anything is sent."""
    with pytest.raises(ValueError, match=r"expected one code as text, got \d values; kr\.pull takes several"):
        kr.get_bars(typed, client=client)
    assert box.requests().empty


@pytest.mark.parametrize(
    "codes",
    [
        ["005930", "000660", "A005930", "krx:000660"],
        ("005930", "000660"),
        np.array(["005930", "000660"]),
        pd.Series(["005930", "000660"]),
        pd.Index(["005930", "000660"]),
        pd.DataFrame({"x": [1, 2]}, index=["005930", "000660"]),
        iter(["005930", "000660", "005930"]),
        dict.fromkeys(["005930", "000660"]),
    ],
)
def test_lists_of_codes(codes: Any) -> None:
    """Any iterable; duplicates count once, at their first place."""
    assert stock_codes(codes) == ["005930", "000660"]


# --- dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "when"),
    [
        ("2024-01-02", "2024-01-02"), ("20240102", "2024-01-02"), (20240102, "2024-01-02"), ("2024/1/2", "2024-01-02"),
        ("2024.01.02", "2024-01-02"), (" 2024-01-02 ", "2024-01-02"), ("２０２４-０１-０２", "2024-01-02"),
        ("2024", "2024-01-01"), ("2024-03", "2024-03-01"), ("2024Q2", "2024-04-01"), ("Feb 2024", "2024-02-01"),
        ("2 Jan 2024", "2024-01-02"), (pd.Period("2024-03"), "2024-03-01"), (np.int64(20240102), "2024-01-02"),
        (dt.date(2024, 1, 2), "2024-01-02"), (dt.datetime(2024, 1, 2, 9, 30), "2024-01-02 09:30"),
        (pd.Timestamp("2024-01-02"), "2024-01-02"), (np.datetime64("2024-01-02"), "2024-01-02"),
        ("2024-01-02 09:30", "2024-01-02 09:30"), ("2024-01-02T09:30:00+09:00", "2024-01-02 09:30"),
        ("2024-01-02T00:30:00Z", "2024-01-02 09:30"), (pd.Timestamp("2024-01-01 20:00", tz="UTC"), "2024-01-02 05:00"),
    ],
)  # fmt: skip
def test_good_dates(typed: Any, when: str) -> None:
    """Everything pandas reads, as Korean time."""
    assert moment(typed, "start") == pd.Timestamp(when)


BAD_DATES: list[Any] = [
    "", " ", "yesterday-ish", "2024-13-01", "2024-02-30", "삼일절", "NaT", "nan", "12", "0001-01-01",
    "9999-12-31", "240102", "10:30", "now", "today", "1/2/24", 2024, 202401, 202401021,
    0, -1, 1.5, float("nan"), True, pd.NaT, pd.NA, np.datetime64("NaT"), [],
    ["2024-01-02"], ("2024", "01"), {}, b"2024-01-02", object(), np.bool_(True), 10**20,
]  # fmt: skip


@pytest.mark.parametrize("name", ["start", "end"])
def test_bad_dates(name: str, box: Sandbox, client: Client) -> None:
    """What is no date is a ValueError that names the argument; a missing value is not "no limit"."""
    for value in BAD_DATES:
        with pytest.raises(ValueError, match=rf"^{name}: "):
            kr.get_bars("005930", client=client, **{name: value})
    assert box.requests().empty


@pytest.mark.parametrize(
    ("end", "last"),
    [
        ("2024-01-02", "2024-01-02 23:59:59.999999"), (20240102, "2024-01-02 23:59:59.999999"),
        (dt.date(2024, 1, 2), "2024-01-02 23:59:59.999999"), ("2024-01-02 10:30", "2024-01-02 10:30"),
        ("2024", "2024-12-31 23:59:59.999999"), ("2024-02", "2024-02-29 23:59:59.999999"),
        ("2024Q1", "2024-03-31 23:59:59.999999"), ("Jan 2024", "2024-01-31 23:59:59.999999"),
        ("２０２４－０３", "2024-03-31 23:59:59.999999"), (np.datetime64("2024-01"), "2024-01-31 23:59:59.999999"),
        (pd.Period("2024-03"), "2024-03-31 23:59:59.999999"), (np.datetime64("2024-01-05"), "2024-01-05 23:59:59.999999"),
        ("2023-12", "2023-12-31 23:59:59.999999"), ("2024/2", "2024-02-29 23:59:59.999999"),
    ],
)  # fmt: skip
def test_end_without_a_time(end: Any, last: str) -> None:
    """The whole day, month, quarter or year."""
    assert window(None, end) == (None, pd.Timestamp(last))


def test_start_after_end(box: Sandbox, client: Client) -> None:
    """A window that ends before it begins is a mistake; one day is not."""
    for start, end in (
        ("2024-01-03", "2024-01-02"),
        ("2024-01-02 10:00", "2024-01-02 09:00"),
        (20250101, "2024"),
    ):
        with pytest.raises(ValueError, match=r"start .* is after end"):
            kr.get_bars("005930", start=start, end=end, client=client)
    assert box.requests().empty
    assert window("2024-01-02", "2024-01-02")[0] == pd.Timestamp("2024-01-02")


# --- the other arguments -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: kr.get_bars("005930", pages=0, client=c), "pages: expected a positive integer, got 0"),
        (lambda c: kr.get_bars("005930", pages=-1, client=c), "pages: "),
        (lambda c: kr.get_bars("005930", pages="3", client=c), "pages: "),
        (lambda c: kr.get_bars("005930", pages=2.0, client=c), "pages: "),
        (lambda c: kr.get_bars("005930", pages=True, client=c), "pages: "),
        (lambda c: kr.get_minutes("005930", pages=None, interval=7, client=c), "interval: expected one of 1, 3, 5, 10"),
        (lambda c: kr.get_minutes("005930", interval=0, client=c), "interval: "),
        (lambda c: kr.get_minutes("005930", interval="5", client=c), "interval: "),
        (lambda c: kr.get_minutes("005930", interval=5.0, client=c), "interval: "),
        (lambda c: kr.get_minutes("005930", interval=True, client=c), "interval: "),
        (lambda c: kr.get_minutes("005930", interval=None, client=c), "interval: "),
        (lambda c: kr.get_minutes("005930", interval=np.array([1, 3]), client=c), "interval: "),
        (lambda c: kr.get_minutes("005930", pages="x", client=c), "pages: "),
        (lambda c: kr.get_daily("005930", pages=0, client=c), "pages: "),
        (lambda c: kr.get_daily("005930", pages=None, client=c), "pages: "),
        (lambda c: kr.get_bars("005930", "2h", client=c), "freq: expected one of tick, 1min"),
        (lambda c: kr.get_bars("005930", "m", client=c), "freq: 'm' can be a minute or a month"),
        (lambda c: kr.get_bars("005930", "7min", client=c), "freq: "),
        (lambda c: kr.get_bars("005930", "Q", client=c), "freq: "),
        (lambda c: kr.get_bars("005930", "", client=c), "freq: "),
        (lambda c: kr.get_bars("005930", None, client=c), "freq: "),
        (lambda c: kr.get_bars("005930", ["1d"], client=c), "freq: "),
        (lambda c: kr.get_bars("005930", pd.Series(["1d", "1w"]), client=c), "freq: "),
        (lambda c: kr.get_bars("005930", "tick", ticks=2, client=c), "ticks: expected one of 1, 3, 5, 10, 30"),
        (lambda c: kr.get_bars("005930", "tick", ticks=1.0, client=c), "ticks: "),
        (lambda c: kr.get_bars("005930", "tick", ticks="1", client=c), "ticks: "),
        (lambda c: kr.get_bars("005930", adjusted="no", client=c), "adjusted: expected True or False"),
        (lambda c: kr.get_bars("005930", adjusted=None, client=c), "adjusted: "),
        (lambda c: kr.get_bars("005930", adjusted=1, client=c), "adjusted: "),
        (lambda c: kr.get_minutes("005930", adjusted="1", client=c), "adjusted: "),
        (lambda c: kr.get_stocks("KOSP", client=c), "market: expected one of kospi, kosdaq"),
        (lambda c: kr.get_stocks("", client=c), "market: "),
        (lambda c: kr.get_stocks(None, client=c), "market: "),
        (lambda c: kr.get_stocks(0, client=c), "market: "),
        (lambda c: kr.find("", client=c), "text: expected a name or a code"),
        (lambda c: kr.find("  ", client=c), "text: "),
        (lambda c: kr.find(None, client=c), "text: "),
        (lambda c: kr.find(5930, client=c), "text: "),
        (lambda c: kr.query("ka99999", client=c), "ka99999"),
        (lambda c: kr.query("", client=c), r"expected a call of kr\.catalog"),
        (lambda c: kr.query("KA10081 ", client=c), r"expected a call of kr\.catalog"),
        (lambda c: kr.query("ka10081", stk_cd="005930", client=c), "ka10081 needs end .base_dt"),
        (lambda c: kr.query("ka10081", stk_cd="", base_dt="20261120", upd_stkpc_tp="1", client=c), "needs code .stk_cd"),
        (lambda c: kr.query("ka10001", stk_cd=5930, client=c), "code: expected text"),
        (lambda c: kr.query("ka10001", symbol="005930", client=c), "has no parameter symbol; it has code .stk_cd"),
        (lambda c: kr.query("ka10001", code="005930", stk_cd="005930", client=c), "given twice"),
        (lambda c: kr.query("ka10001", code="005930", part="book", client=c), "part: ka10001 has '', got 'book'"),
        (lambda c: kr.query("ka10027", market="nasdaq", client=c), "market: expected one of all .000., kospi .001., kosdaq"),
        (lambda c: kr.query("ka10081", code="005930", end="20261120", adjusted="2", client=c), "adjusted: expected"),
        (lambda c: kr.query("ka10081", stk_cd="005930", base_dt="20261340", upd_stkpc_tp="1", client=c), "end: "),
        (lambda c: kr.query("ka10081", stk_cd="005930", base_dt="today", upd_stkpc_tp="1", client=c), "end: "),
        (lambda c: kr.query("ka10001", stk_cd="005930", pages=0, client=c), "pages: "),
        (lambda c: kr.query("au10001", client=c), r"expected a call of kr\.catalog"),
    ],
)  # fmt: skip
def test_bad_arguments(call: Callable[[Client], Any], message: str, untouched: Client) -> None:
    """A ValueError that names the argument and what is allowed; nothing is sent."""
    with pytest.raises(ValueError, match=message):
        call(untouched)
    assert untouched.stats()["requests"] == 0


def test_unknown_keywords_are_errors(client: Client) -> None:
    """No keyword is swallowed."""
    for function in (kr.get_bars, kr.get_minutes, kr.get_daily, kr.get_today, kr.get_info, kr.get_quotes):
        with pytest.raises(TypeError, match="unexpected keyword"):
            function("005930", page=3, client=client)  # type: ignore[operator]
    for function in (kr.connect, kr.cache.clear):
        with pytest.raises(TypeError, match="unexpected keyword"):
            function(expire_after=3, verify=False)  # type: ignore[operator]


@pytest.mark.parametrize("name", [n for n in kr.__all__ if n.startswith("get_") or n in ("find", "query")])
def test_every_function_takes_client_and_refresh(name: str) -> None:
    """client= and refresh= are keyword-only everywhere."""
    parameters = inspect.signature(getattr(kr, name)).parameters
    for keyword, default in (("client", None), ("refresh", False)):
        assert parameters[keyword].kind is inspect.Parameter.KEYWORD_ONLY
        assert parameters[keyword].default is default


def test_numpy_numbers_are_numbers(reader: Client) -> None:
    """Numbers out of an array or a frame are as good as typed ones."""
    one = kr.get_minutes("005930", np.int64(5), np.int32(2), client=reader)
    pd.testing.assert_frame_equal(one, kr.get_minutes("005930", 5, 2, client=reader))
    kr.get_bars("005930", "tick", ticks=np.int64(3), adjusted=np.bool_(True), client=reader)


# --- bars ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("freq", "start"),
    [("1d", "2016-03-02"), ("1w", "2010-01-01"), ("1mo", "2004-01-01"), ("1y", "2002-01-01"), ("60min", "2026-10-01"),
     ("1min", "2026-11-12"), ("tick", "2026-11-19")],
)  # fmt: skip
def test_start_follows_pages(freq: str, start: str, reader: Client) -> None:
    """Everything from start on, nothing before it, not truncated, and no page more than needed."""
    frame = kr.get_bars("005930", freq, start=start, client=reader)
    labels = frame.index.get_level_values(0).tz_localize(None)
    assert labels[0] >= pd.Timestamp(start)
    assert labels[0] <= pd.Timestamp(start) + pd.Timedelta(days={"1w": 7, "1mo": 31, "1y": 366}.get(freq, 5))
    assert frame.attrs["truncated"] is False
    more = kr.get_bars("005930", freq, pages=40, client=reader)
    more = more[more.index.get_level_values(0).tz_localize(None) >= pd.Timestamp(start)]
    columns = [c for c in frame.columns if c != "complete"]
    pd.testing.assert_frame_equal(frame[columns], more[columns])


def test_start_on_a_page_boundary(box: Sandbox, client: Client) -> None:
    """A page that ends exactly at start is the last one."""
    page = kr.get_bars("005930", client=client)
    frame = kr.get_bars("005930", start=page.index[0], client=client)
    assert calls(box) == ["ka10081"]
    assert frame.attrs["truncated"] is False
    pd.testing.assert_frame_equal(frame, page)
    day_before = page.index[0] - pd.Timedelta(days=1)
    kr.get_bars("005930", start=day_before, client=client)
    assert calls(box) == ["ka10081"] * 2


def test_start_before_listing(reader: Client) -> None:
    """The history from its first bar: complete, so not truncated."""
    listed = kr.get_stocks("all", client=reader)["listing_date"]
    code = listed.idxmax()
    frame = kr.get_bars(code, start="1980-01-01", client=reader)
    assert frame.index[0] >= listed[code]
    assert frame.attrs["truncated"] is False


@pytest.mark.parametrize(
    ("start", "end"),
    [("2021-01-04", "2021-12-30"), ("2021-04-01", "2021-04-30"), ("2018-05-02", "2018-05-04"), ("2024-01-01", None),
     (None, "2021-04-14"), ("2026-11-20", "2026-11-20"), ("2026-11-21", None), ("2020-02-01", "2020-02-02")],
)  # fmt: skip
@pytest.mark.parametrize("code", ["035720", "005930"])
def test_window_is_a_slice_of_the_whole(
    code: str, start: str | None, end: str | None, reader: Client
) -> None:
    """end= in the past with adjusted=True asks as of today and cuts: windows never mix scales."""
    whole = kr.get_bars(code, start="2015-01-01", client=reader)
    frame = kr.get_bars(code, start=start, end=end, client=reader)
    right = whole.loc[start:end]
    assert frame.attrs["base_date"] == "2026-11-20"
    if start is None:
        assert len(frame) > 0
        right = right.tail(len(frame))
    pd.testing.assert_frame_equal(frame, right)


def test_windows_of_one_day_join_without_a_step(reader: Client) -> None:
    """Two windows on either side of a split are on the same scale."""
    before = kr.get_bars("035720", start="2021-04-01", end="2021-04-13", client=reader)
    after = kr.get_bars("035720", start="2021-04-14", end="2021-04-30", client=reader)
    assert abs(after["close"].iloc[0] / before["close"].iloc[-1] - 1) < 0.31
    raw = kr.get_bars("035720", start="2021-04-01", end="2021-04-30", adjusted=False, client=reader)["close"]
    assert (raw / raw.shift() < 0.5).sum() == 1


@pytest.mark.parametrize("code", ["035720", "005930"])
def test_raw_windows_are_slices_too(code: str, reader: Client) -> None:
    """Raw prices do not depend on the day of asking."""
    whole = kr.get_bars(code, start="2015-01-01", adjusted=False, client=reader)
    for end in ("2021-04-13", "2021-04-17", "2018-05-03"):
        frame = kr.get_bars(code, start="2017-01-01", end=end, adjusted=False, client=reader)
        columns = [c for c in frame.columns if not c.endswith("_sign")]
        pd.testing.assert_frame_equal(frame[columns], whole.loc["2017-01-01":end, columns])


def test_raw_with_an_early_end_saves_pages(box: Sandbox, client: Client) -> None:
    """Five years back: one page instead of three."""
    raw = kr.get_bars("005930", start="2021-01-04", end="2021-11-19", adjusted=False, client=client)
    assert len(calls(box)) == 1
    assert raw.attrs["base_date"] == "2021-11-19"
    kr.get_bars("005930", start="2021-01-04", end="2021-11-19", client=client)
    assert len(calls(box)) == 1 + 3


def test_raw_end_on_a_holiday(box: Sandbox, client: Client) -> None:
    """base_dt is the session on or before the end."""
    raw = kr.get_bars("005930", end="2021-01-03", adjusted=False, client=client)
    assert raw.attrs["base_date"] == "2020-12-30"
    assert raw.index[-1] == pd.Timestamp("2020-12-30")


def test_raw_weeks_with_an_early_end_keep_the_whole_week(reader: Client) -> None:
    """base_dt in the middle of a week would cut that week's bar short."""
    whole = kr.get_bars("005930", "1w", start="2020-01-01", adjusted=False, client=reader)
    frame = kr.get_bars("005930", "1w", start="2020-01-01", end="2021-03-16", adjusted=False, client=reader)
    pd.testing.assert_series_equal(frame["volume"], whole["volume"].loc[: frame.index[-1]])


def test_end_alone_reaches_the_page_that_holds_it(box: Sandbox, client: Client) -> None:
    """An end far back is not an empty frame: pages are followed to it."""
    frame = kr.get_bars("005930", end="2020-06-30", client=client)
    assert frame.index[-1] == pd.Timestamp("2020-06-30")
    assert frame.attrs["truncated"] is True
    assert len(calls(box)) == 3


def test_end_in_the_future(reader: Client) -> None:
    """A window that reaches into the future ends at the last bar."""
    frame = kr.get_bars("005930", start="2026-11-01", end="2030-01-01", client=reader)
    assert frame.index[-1] == pd.Timestamp("2026-11-20")


@pytest.mark.parametrize(
    ("start", "end"), [("2027-01-01", None), ("2026-11-21", "2026-11-22"), ("1960-01-01", "1960-12-31")]
)
@pytest.mark.parametrize("adjusted", [True, False])
@pytest.mark.parametrize("freq", ["1d", "1w", "1mo", "1y"])
def test_empty_range(freq: str, start: str, end: str | None, adjusted: bool, reader: Client) -> None:
    """No bars in the range: the contract frame without rows, same columns and dtypes."""
    full = kr.get_bars("005930", freq, adjusted=adjusted, client=reader)
    frame = kr.get_bars("005930", freq, start=start, end=end, adjusted=adjusted, client=reader)
    assert frame.empty
    assert frame.dtypes.to_dict() == full.dtypes.to_dict()
    assert frame.index.name == full.index.name
    assert frame.index.dtype == full.index.dtype
    assert set(frame.attrs) == set(full.attrs)


@pytest.mark.parametrize("freq", ["1min", "tick"])
def test_empty_range_of_minutes_and_ticks(freq: str, reader: Client) -> None:
    """The same within a day."""
    full = kr.get_bars("005930", freq, client=reader)
    frame = kr.get_bars("005930", freq, start="2026-11-20 20:01", end="2026-11-20 20:30", client=reader)
    assert frame.empty
    assert frame.dtypes.to_dict() == full.dtypes.to_dict()
    assert frame.index.names == full.index.names


def test_minutes_before_what_is_kept(box: Sandbox, client: Client) -> None:
    """Older than the year that is kept: an empty frame, not an unknown code; ka10100 is asked once."""
    frames = [
        kr.get_bars("005930", "1min", start=day, end=day, adjusted=False, client=client)
        for day in ("2020-01-06", "2020-01-07")
    ]
    assert all(frame.empty for frame in frames)
    assert frames[0].attrs["truncated"] is False
    assert calls(box).count("ka10100") == 1


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_truncated_by_pages(pages: int, reader: Client) -> None:
    """pages= ends a pull before start= is reached: truncated; after it: not."""
    frame = kr.get_bars("005930", start="2022-01-03", pages=pages, client=reader)
    reached = frame.index[0] == pd.Timestamp("2022-01-03")
    assert frame.attrs["truncated"] is not reached
    assert reached is (pages >= 2)


def test_as_many_pages_as_there_are(reader: Client) -> None:
    """pages=10**9 is the whole history."""
    frame = kr.get_bars("005930", "1mo", pages=10**9, client=reader)
    assert frame.attrs["truncated"] is False


def test_attrs(box: Sandbox, client: Client) -> None:
    """A small label of JSON values."""
    import json

    frame = kr.get_bars("035720", "1w", start="2025-01-01", adjusted=False, client=client)
    assert json.loads(json.dumps(frame.attrs)) == frame.attrs
    units = frame.attrs.pop("units")
    assert units["value"] == "KRW"
    assert frame.attrs.pop("sign_reference")
    assert frame.attrs == {
        "endpoint": "ka10082", "code": "035720", "adjusted": False, "base_date": "2026-11-20", "freq": "1w",
        "server": box.name, "retrieved": "2026-11-20T21:30:00+09:00", "truncated": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("when", "base"),
    [
        ("2026-11-21 12:00", "2026-11-20"),
        ("2026-11-23 08:59", "2026-11-20"),
        ("2026-11-23 09:00", "2026-11-23"),
        ("2026-11-19 09:59", "2026-11-18"),
    ],
)
def test_base_date_is_the_last_session_that_has_begun(
    when: str, base: str, box: Sandbox, client: Client
) -> None:
    """Saturday is answered by Friday's pages."""
    box.set_clock(when)
    frame = kr.get_bars("005930", client=client)
    assert frame.attrs["base_date"] == base
    assert f"{frame.index[-1]:%Y-%m-%d}" == base


def test_venues(reader: Client) -> None:
    """_AL is both venues, _NX the second one; the code stays in attrs."""
    frames = {s: kr.get_bars(f"005930{s}", start="2026-11-02", client=reader) for s in ("", "_NX", "_AL")}
    assert frames["_AL"].attrs["code"] == "005930_AL"
    both = frames[""]["volume"] + frames["_NX"]["volume"]
    pd.testing.assert_series_equal(frames["_AL"]["volume"], both)


def test_daily_sheet(reader: Client) -> None:
    """30 sessions a page; whether it is adjusted is not known and said so."""
    frame = kr.get_daily("005930", 2, client=reader)
    assert len(frame) == 60
    assert frame.attrs["adjusted"] is None
    assert frame.attrs["truncated"] is True


def test_minutes_are_bars(reader: Client) -> None:
    """get_minutes is get_bars with minutes."""
    pd.testing.assert_frame_equal(
        kr.get_minutes("005930", 30, 2, client=reader), kr.get_bars("005930", "30min", pages=2, client=reader)
    )


# --- unknown codes -------------------------------------------------------------------------------


@pytest.mark.parametrize("freq", ["1d", "1w", "1mo", "1y", "1min", "tick"])
def test_unknown_code_on_charts(freq: str, box: Sandbox, client: Client) -> None:
    """An empty first page and a blank ka10100: UnknownCodeError, and the second time nothing is asked."""
    for _ in range(2):
        with pytest.raises(errors.UnknownCodeError, match="no such stock: 999999") as caught:
            kr.get_bars("999999", freq, client=client)
    assert calls(box)[-1] == "ka10100"
    assert len(calls(box)) == 2
    assert not caught.value.retryable


@pytest.mark.parametrize("answers", ["blank", "1902"])
@pytest.mark.parametrize("name", [*ONE_CODE, "info"])
def test_unknown_code(name: str, answers: str, tmp_path: Path) -> None:
    """The same error whether the server answers blanks or [1902]."""
    call = ONE_CODE.get(name, lambda code, c: kr.get_info(code, client=c))
    with Sandbox(rate=None, unknown=answers) as box, client_of(box, tmp_path) as client:
        with pytest.raises(errors.UnknownCodeError) as caught:
            call("999999", client)
        assert isinstance(caught.value, errors.RequestError)
        assert len(calls(box)) <= 2


def test_unknown_venue_code(client: Client, tmp_path: Path) -> None:
    """ka10100 is asked for the bare code; the error names what was typed."""
    with pytest.raises(errors.UnknownCodeError, match="999999_AL"):
        kr.get_bars("999999_AL", client=client)
    with tiny_client(tmp_path, lambda _: Said({**OK, "stk_dt_pole_chart_qry": [], "code": "005930"})) as (
        server,
        c,
    ):
        assert kr.get_bars("005930_NX", client=c).empty
    assert [asked.body["stk_cd"] for asked in server.data] == ["005930_NX", "005930"]


@pytest.mark.parametrize("answers", ["blank", "1902"])
def test_unknown_among_many(answers: str, tmp_path: Path) -> None:
    """A row of missing values with found False, in its place, and one warning that names them all."""
    asked = ["005930", "999999", "000660", "999998"]
    with Sandbox(rate=None, unknown=answers) as box, client_of(box, tmp_path) as client:
        for function, price in ((kr.get_info, "price"), (kr.get_quotes, "price")):
            with pytest.warns(UserWarning, match="no such stock: 999999, 999998") as warned:
                frame = function(asked, client=client)
            assert len(warned) == 1
            assert warned[0].filename == __file__
            assert frame.index.tolist() == asked
            assert frame["found"].tolist() == [True, False, True, False]
            assert frame[price].isna().tolist() == [False, True, False, True]
            good = function(["005930"], client=client)
            assert frame.dtypes.to_dict() == good.dtypes.to_dict()
            assert (frame.loc["999999", [c for c in frame if c.endswith("_sign")]] == 0).all()


def test_one_unknown_in_a_list_is_a_row(client: Client) -> None:
    """A list of one is a list."""
    with pytest.warns(UserWarning, match="999999"):
        assert not kr.get_info(["999999"], client=client)["found"].any()
    with pytest.warns(UserWarning, match="999999"):
        assert not kr.get_quotes("999999", client=client)["found"].any()


# --- many codes ----------------------------------------------------------------------------------


def test_quotes_in_batches(shared_box: Sandbox, reader: Client) -> None:
    """Any number of codes, 100 a request, in the order asked, each once."""
    codes = kr.get_stocks("all", client=reader).index.tolist()
    shuffled = np.random.default_rng(1).permutation(codes).tolist()
    before = calls(shared_box).count("ka10095")
    frame = kr.get_quotes(shuffled + codes, client=reader)
    assert frame.index.tolist() == shuffled
    assert frame["found"].all()
    assert calls(shared_box).count("ka10095") - before == -(-len(codes) // 100)


def test_quotes_at_the_edge_of_a_batch(shared_box: Sandbox, reader: Client) -> None:
    """100 codes are one request, 101 are two."""
    codes = kr.get_stocks("stocks", client=reader).index.tolist()
    for size, requests in ((99, 1), (100, 1), (101, 2)):
        before = calls(shared_box).count("ka10095")
        assert kr.get_quotes(codes[:size], client=reader, refresh=True).index.tolist() == codes[:size]
        assert calls(shared_box).count("ka10095") - before == requests


def test_info_of_many(box: Sandbox, client: Client) -> None:
    """One request a code, one row a code, index code, all 45 fields."""
    frame = kr.get_info(["000660", "005930", "A000660"], client=client)
    assert frame.index.tolist() == ["000660", "005930"]
    assert frame.index.name == "code"
    assert calls(box) == ["ka10001", "ka10001"]
    values = [c for c in frame.columns if not c.endswith("_sign") and c != "found"]
    assert len(values) == 44  # and the code is the index
    pd.testing.assert_frame_equal(
        frame.loc[["005930"]], kr.get_info("005930", client=client), check_exact=True
    )


def test_quotes_and_info_agree(reader: Client) -> None:
    """Two calls about the same stock at the same time."""
    codes = ["005930", "000660", "035420"]
    info, quotes = kr.get_info(codes, client=reader), kr.get_quotes(codes, client=reader)
    for column in ("price", "volume", "change", "price_sign", "base_price"):
        pd.testing.assert_series_equal(info[column], quotes[column])


def test_today_accepts_record_and_list(tmp_path: Path) -> None:
    """Some editions of the manual show ka10006 as a list."""
    row = {"date": "20261120", "open_pric": "+101", "high_pric": "+102", "low_pric": "-98", "close_pric": "100",
           "pre": "0", "flu_rt": "0.00", "trde_qty": "5", "trde_prica": "1", "cntr_str": "99.50"}  # fmt: skip
    frames = []
    for body in ({**OK, **row}, {**OK, "stk_mnt": [row]}):
        with tiny_client(tmp_path / str(len(frames)), lambda _, body=body: Said(body)) as (_, client):
            frames.append(kr.get_today("005930", client=client))
    pd.testing.assert_frame_equal(*frames)
    assert frames[0].loc["005930", ["open", "high", "low", "close"]].tolist() == [101, 102, 98, 100]
    assert frames[0].loc["005930", ["open_sign", "high_sign", "low_sign", "close_sign"]].tolist() == [
        1,
        1,
        -1,
        0,
    ]


# --- lists ---------------------------------------------------------------------------------------


def test_stocks(shared_box: Sandbox, tmp_path: Path) -> None:
    """Each market holds what it says; `all` holds each code once; two requests serve four markets."""
    before = len(calls(shared_box))
    with client_of(shared_box, tmp_path) as client:
        frames = {m: kr.get_stocks(m, client=client) for m in ("kospi", "kosdaq", "stocks", "all")}
    assert calls(shared_box)[before:] == ["ka10099", "ka10099"]
    assert set(frames["kospi"].index).isdisjoint(frames["kosdaq"].index)
    assert sorted(frames["stocks"].index) == sorted([*frames["kospi"].index, *frames["kosdaq"].index])
    assert (frames["kospi"]["market"] == "kospi").all()
    assert (frames["kosdaq"]["market"] == "kosdaq").all()
    assert frames["stocks"]["type"].isin(["share", "reit"]).all()
    assert frames["all"].index.is_unique
    assert len(frames["all"]) > len(frames["stocks"]) >= 300
    for market, frame in frames.items():
        assert frame.attrs["market"] == market
        assert frame.index.name == "code"


def test_each_code_once(tmp_path: Path) -> None:
    """A code that both lists hold appears once, from the first."""
    row = {
        "code": "069500", "name": "x", "listCount": "1", "auditInfo": "정상", "regDay": "20021014", "lastPrice": "1",
        "state": "", "marketCode": "8", "marketName": "ETF", "upName": "", "upSizeName": "", "companyClassName": "",
        "orderWarning": "0", "nxtEnable": "N",
    }  # fmt: skip
    with tiny_client(tmp_path, lambda _: Said({**OK, "list": [row]})) as (server, client):
        frame = kr.get_stocks("all", client=client)
        assert kr.get_stocks("stocks", client=client).empty
    assert [asked.body["mrkt_tp"] for asked in server.data] == ["0", "10"]
    assert frame.index.tolist() == ["069500"]
    assert frame["market"].tolist() == ["kospi"]


@pytest.mark.parametrize("market", ["etf", "etn", "konex"])
def test_other_markets(market: str, reader: Client) -> None:
    """Funds and notes come from lists of their own."""
    frame = kr.get_stocks(market, client=reader)
    assert (frame["market"] == market).all()
    stocks = kr.get_stocks(client=reader)
    assert set(frame.index).isdisjoint(stocks.index)
    assert frame.dtypes.to_dict() == stocks.dtypes.to_dict()


@pytest.mark.parametrize("text", ["005930", "A005930", "삼성전자(가상)", " 삼성전자 (가상) ", "００５９３０"])
def test_find_exactly(text: str, reader: Client) -> None:
    """A whole name or code comes first."""
    assert kr.find(text, client=reader).index[0] == "005930"


def test_find_partly(reader: Client) -> None:
    """Beginnings before the rest; case and blanks do not matter; rows are those of the list."""
    found = kr.find("전자", client=reader)
    assert "005930" in found.index
    assert found["name"].str.contains("전자").all()
    assert kr.find("sk하이", client=reader).index.tolist() == ["000660"]
    assert kr.find("naver", client=reader).index.tolist() == ["035420"]
    assert set(kr.find("0059", client=reader).index) >= {"005930"}
    stocks = kr.get_stocks("all", client=reader)
    pd.testing.assert_frame_equal(found, stocks.loc[found.index])


@pytest.mark.parametrize("text", ["ㅅㅅㅈㅈ", "ㅅㅅ ㅈㅈ", "삼ㅅㅈㅈ", "삼성ㅈ", "삼서", "삼ㅅ", "ㅅ성전자"])
def test_find_by_initial_consonants(text: str, reader: Client) -> None:
    """A consonant alone is any syllable that begins with it; the last syllable may be unfinished."""
    assert kr.find(text, client=reader).index[0] == "005930"


@pytest.mark.parametrize(
    "text", ["ㅅㅈㅈ삼", "사성", "서성전자", "ㅆㅅㅈㅈ", "삼ㅏ", "ㄳ", "삼성전자(가상)ㅈ"]
)
def test_find_takes_no_other_letters(text: str, reader: Client) -> None:
    """A syllable in the middle is whole, a vowel alone is nothing, and nothing stands behind the end."""
    assert "005930" not in kr.find(text, client=reader).index


def test_find_in_order(reader: Client) -> None:
    """What begins with it, what holds it, what the consonants begin, what they are in; larger companies first."""
    found = kr.find("ㅎㅇㄴㅅ", client=reader)["name"].tolist()
    assert found[-1] == "SK하이닉스(가상)"
    assert all(name.startswith("한울녘") for name in found[:-1])
    found = kr.find("전자", client=reader)
    size = found["listed_shares"] * found["previous_close"]
    assert found.index[0] == "005930"
    assert size.is_monotonic_decreasing


@pytest.mark.parametrize(
    "text",
    [".*", "^", "[", "(", "%", "_", "' OR 1=1 --", "\\", "없는이름", "$", "{0}", "*", "?" * 1000, "\x00"],
)
def test_find_knows_no_patterns(text: str, reader: Client) -> None:
    """Nothing in the text is a pattern: what no name holds is not found, and the frame is empty."""
    found = kr.find(text, client=reader)
    stocks = kr.get_stocks("all", client=reader)
    plain = [text.replace(" ", "") in name.replace(" ", "") for name in stocks["name"]]
    assert len(found) == sum(plain)
    assert found.dtypes.to_dict() == stocks.dtypes.to_dict()


def test_find_asks_nothing_twice(shared_box: Sandbox, tmp_path: Path) -> None:
    """The list is cached for the day."""
    before = len(calls(shared_box))
    with client_of(shared_box, tmp_path) as client:
        for text in ("삼성", "SK", "005930"):
            kr.find(text, client=client)
    assert calls(shared_box)[before:] == ["ka10099", "ka10099"]


# --- query ---------------------------------------------------------------------------------------


def test_query_equals_the_named_function(reader: Client) -> None:
    """The same call by Kiwoom's own names."""
    frame = kr.query("ka10081", pages=2, stk_cd="005930", base_dt="20261120", upd_stkpc_tp="1", client=reader)
    pd.testing.assert_frame_equal(frame, kr.get_bars("005930", pages=2, client=reader))
    assert frame.attrs["request"] == {"stk_cd": "005930", "base_dt": "20261120", "upd_stkpc_tp": "1"}
    assert frame.attrs["truncated"] is True


def test_query_shares_the_cache(box: Sandbox, client: Client) -> None:
    """What get_today asked, query has."""
    kr.get_today("005930", client=client)
    kr.query("ka10006", stk_cd="005930", client=client)
    assert calls(box) == ["ka10006"]


# --- the running session -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "base"),
    [
        ("Fri, 20 Nov 2026 02:00:00 GMT", None),  # 11:00 in Korea
        ("Fri, 20 Nov 2026 12:04:59 GMT", None),
        ("Fri, 20 Nov 2026 12:05:00 GMT", "20261120"),
        ("Thu, 19 Nov 2026 23:59:59 GMT", "20261119"),
        ("Sat, 21 Nov 2026 02:00:00 GMT", "20261120"),
    ],
)
def test_only_the_running_session_is_asked_without_a_date(
    date: str, base: str | None, tmp_path: Path
) -> None:
    """Minutes of finished sessions are asked with base_dt, so that their pages stay."""
    row = {"cntr_tm": "20261119153000", "cur_prc": "1", "open_pric": "1", "high_pric": "1", "low_pric": "1"}
    body = {**OK, "stk_min_pole_chart_qry": [{**row, "trde_qty": "1"}]}
    with Tiny(lambda _: Said(body)) as server:
        server.date = date
        with Client(server.settings(tmp_path)) as client:
            kr.get_minutes("005930", 3, client=client)
        server.shutdown()
    assert server.data[0].body.get("base_dt") == base
    assert server.data[0].body["tic_scope"] == "3"


def test_minutes_of_the_running_session(box: Sandbox, client: Client, fake_clock: FakeClock) -> None:
    """In the session base_dt is left out, afterwards it is sent; the bars agree."""
    box.set_clock("2026-11-20 11:00")
    running = kr.get_minutes("005930", client=client)
    assert running.index[-1] <= pd.Timestamp("2026-11-20 11:00", tz="Asia/Seoul")
    today = running.index.date == dt.date(2026, 11, 20)
    assert not running["complete"][today].any()
    box.set_clock("2026-11-20 21:05")
    done = kr.get_minutes("005930", client=client)
    both = running.index[today][:-1].intersection(done.index)
    assert len(both) > 60
    pd.testing.assert_frame_equal(running.loc[both, ["open", "volume"]], done.loc[both, ["open", "volume"]])
    assert done["complete"][done.index.date == dt.date(2026, 11, 20)].all()


# --- the order book ---------------------------------------------------------------------------------


def test_order_book(client: Client) -> None:
    """Ten levels, the best first, on the tick grid around the price; sizes sum to the totals of the one-row frame."""
    book = kr.get_orderbook("005930", client=client)
    row = kr.query("ka10004", code="005930", client=client).loc["005930"]
    price = kr.get_quotes("005930", client=client).loc["005930", "price"]
    assert book.columns.tolist() == [
        "bid", "bid_size", "bid_size_change", "ask", "ask_size", "ask_size_change", "bid_sign", "ask_sign",
    ]  # fmt: skip
    assert (book.index.name, book.index.tolist()) == ("level", list(range(1, 11)))
    assert book["ask"].is_monotonic_increasing
    assert book["bid"].is_monotonic_decreasing
    assert price in (book.loc[1, "ask"], book.loc[1, "bid"])
    tick = 500 if price >= 200_000 else 100 if price >= 50_000 else 50
    assert (book["ask"].diff().dropna() == tick).all()
    assert (book["ask"] % tick == 0).all()
    for side in ("bid", "ask"):
        assert book[f"{side}_size"].sum() == row[f"{side}_size_total"]
        assert book[f"{side}_sign"].tolist() == [row[f"{side}_{n}_sign"] for n in range(1, 11)]
    assert book.attrs["units"]["bid"] == "KRW"
    assert book.attrs["units"]["ask_size"] == "shares"
    with pytest.raises(kr.UnknownCodeError, match="999999"):
        kr.get_orderbook("999999", client=client)


def test_regular_hours_of_minutes(reader: Client) -> None:
    """Bars from the open to the closing auction, and nothing after; the pages and all other columns are the same."""
    everything = kr.get_minutes("005930", client=reader)
    regular = kr.get_minutes("005930", hours="regular", client=reader)
    clocks = everything.index.strftime("%H:%M")
    friday = everything.index >= pd.Timestamp("2026-11-20", tz="Asia/Seoul")
    exam = ~friday & (everything.index >= pd.Timestamp("2026-11-19", tz="Asia/Seoul"))
    inside = (clocks >= "09:00") & (clocks <= "15:30")
    late = (clocks >= "10:00") & (clocks <= "16:30")
    pd.testing.assert_frame_equal(regular, everything[np.where(exam, late, inside)], check_flags=False)
    assert regular.attrs["hours"] == "regular"
    assert (clocks[exam] > "15:30").any()
    with pytest.raises(ValueError, match="is for minute bars"):
        kr.get_bars("005930", "1d", hours="regular", client=reader)
    with pytest.raises(ValueError, match="hours: expected one of all, regular"):
        kr.get_minutes("005930", hours="late", client=reader)  # type: ignore[arg-type]
