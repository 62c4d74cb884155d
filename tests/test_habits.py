"""What people type from memory, with habits of pykrx, FinanceDataReader and yfinance: a result, or what to type instead."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox

from .conftest import client_of

WORKS = """
kr.get_bars("삼성전자(가상)", client=c)
kr.get_bars("005930.KS", period="1y", client=c)
kr.get_bars("A005930", start="20240101", end="20241231", client=c)
kr.get_bars("005930", start="2024", client=c)
kr.get_bars("005930", "D", client=c)
kr.get_bars("005930", "1wk", client=c)
kr.get_bars("005930", "1M", client=c)
kr.get_bars("005930", "5m", client=c)
kr.get_bars("005930", "1h", client=c)
kr.get_minutes("005930", 1, client=c)
kr.get_info("NAVER(가상)", client=c)
kr.get_quotes("KOSDAQ", client=c)
kr.get_quotes(["005930", "카카오(가상)"], client=c)
kr.get_stocks("코스피", client=c)
kr.get_stocks("ETF", client=c)
kr.find("삼성", client=c)
kr.find("ㅅㅅㅈㅈ", client=c)
kr.get_index("KOSPI", period="6mo", client=c)
kr.get_index("코스닥 전기/전자", client=c)
kr.get_sector_stocks("전기/전자", client=c)
kr.get_ranking("gainers", "코스닥", client=c)
kr.get_investors("005930", period="1mo", unit="won", client=c)
kr.get_foreign("005930", period="3mo", client=c)
kr.get_short("005930", period="30d", client=c)
kr.pull(["005930", "000660"], "1w", progress=False, client=c)
kr.to_ohlcv(kr.get_bars("005930", client=c), price="last")
kr.to_panel(kr.pull(["005930", "000660"], progress=False, client=c), price="last")
kr.show(kr.get_bars("005930", client=c))
kr.compare({"a": kr.get_bars("005930", client=c), "b": kr.get_bars("000660", client=c)})
""".strip().splitlines()

SAYS = {
    'kr.get_bars(["005930", "000660"], client=c)': "kr.pull takes several codes",
    "kr.get_bars(5930, client=c)": "such as '005930'",
    'kr.get_bars("5930", client=c)': "expected six characters such as '005930'",
    'kr.get_bars("005930", "m", client=c)': "'m' can be a minute or a month",
    'kr.get_bars("005930", interval="1d", client=c)': "unexpected keyword argument 'interval'",
    'kr.get_bars("005930", period="ytd", client=c)': "such as '1y' or '6mo'",
    'kr.get_bars("005930", start="240102", client=c)': "expected a date such as '2024-01-02'",
    'kr.get_bars("없는회사", client=c)': "no stock has",
    'kr.get_bars("전자", client=c)': "801810 별하늬전자",
    'kr.get_ranking("gains", client=c)': "near it: gainers",
    'kr.get_ranking("value", sessions=5, client=c)': "it has market, venue, without",
    'kr.get_sector_stocks("반도체", client=c)': "no sector is named '반도체'",
    'kr.get_stocks("KONEX2", client=c)': "expected one of kospi",
    'kr.plot("005930")': 'such as kr.get_bars("005930") returns',
    'kr.chart("005930")': 'such as kr.get_bars("005930") returns',
    'kr.compare(kr.get_bars("005930", client=c))': "kr.plot shows one",
    'kr.to_panel({"a": 1})': "expected a DataFrame, such as kr.get_bars or kr.pull return, got dict",
    'kr.to_ohlcv("005930")': "expected a DataFrame, such as kr.get_bars or kr.pull return, got '005930'",
    'kr.features("005930")': "such as kr.pull or Store.bars return, got '005930'",
    'kr.screen("005930", {"cheap": "per < 10"})': "such as kr.features returns, got '005930'",
    'kr.heatmap({"a": 1})': "expected a Series or a DataFrame of returns, got dict",
    'kr.show("005930")': "expected a DataFrame, got str",
}


@pytest.fixture(scope="module")
def reader(shared_box: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client that only reads."""
    with client_of(shared_box, tmp_path_factory.mktemp("habits")) as made:
        yield made


def typed(line: str, reader: Client) -> Any:
    """What a line gives."""
    return eval(line, {"kr": kr, "c": reader})


@pytest.mark.parametrize("line", WORKS)
def test_lines_that_work(line: str, reader: Client) -> None:
    """A frame with rows, a figure, or something to look at."""
    result = typed(line, reader)
    assert not isinstance(result, pd.DataFrame) or len(result)
    assert result is not None


@pytest.mark.parametrize("line", SAYS)
def test_lines_that_say_what_to_type(line: str, reader: Client) -> None:
    """One sentence that names what was expected; never an error from inside."""
    with pytest.raises((ValueError, TypeError, kr.KiwoomError)) as caught:
        typed(line, reader)
    assert SAYS[line] in str(caught.value)
    assert not isinstance(caught.value, TypeError) or "keyword argument" in str(caught.value)
