"""``period`` instead of ``start``, in every function of a series."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox

from .conftest import client_of

SERIES: dict[str, Callable[..., pd.DataFrame]] = {
    "bars": lambda **given: kr.get_bars("005930", **given),
    "weeks": lambda **given: kr.get_bars("005930", "1w", **given),
    "minutes": lambda **given: kr.get_bars("005930", "60min", **given),
    "index": lambda **given: kr.get_index("kospi", **given),
    "investors": lambda **given: kr.get_investors("005930", **given),
    "foreign": lambda **given: kr.get_foreign("005930", **given),
    "short": lambda **given: kr.get_short("005930", **given),
    "credit": lambda **given: kr.get_credit("005930", **given),
    "lending": lambda **given: kr.get_lending("005930", **given),
    "program": lambda **given: kr.get_program("005930", **given),
    "etf": lambda **given: kr.get_etf_history("820010", **given),
    "gold": lambda **given: kr.get_gold(**given),
}


@pytest.fixture(scope="module")
def reader(shared_box: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client that only reads; its market's newest session is 2026-11-20."""
    with client_of(shared_box, tmp_path_factory.mktemp("period")) as made:
        yield made


@pytest.mark.parametrize("name", SERIES)
def test_a_period_is_a_start(name: str, reader: Client) -> None:
    """Before the newest session, or before the end that is asked for."""
    ask = SERIES[name]
    pd.testing.assert_frame_equal(
        ask(period="1mo", client=reader), ask(start="2026-10-20", client=reader), check_flags=False
    )
    ended: dict[str, Any] = {"end": "2026-10-30", "client": reader}
    pd.testing.assert_frame_equal(ask(period="2w", **ended), ask(start="2026-10-16", **ended))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"period": "1m"}, "period: expected a number with d, w, mo or y, such as '1y' or '6mo', got '1m'"),
        ({"period": "ytd"}, "got 'ytd'"),
        ({"period": 5}, "got 5"),
        ({"period": "0d"}, "got '0d'"),
        ({"period": "1y", "start": "2026-01-01"}, "start, period: give one of them"),
    ],
)
def test_periods_that_cannot_be(given: dict[str, Any], message: str, reader: Client) -> None:
    """Said before anything is sent; ``1m`` could be a minute or a month."""
    for ask in SERIES.values():
        with pytest.raises(ValueError, match=message):
            ask(**given, client=reader)
