"""Frames as people read them: arrows, thousands and units, in text and HTML, in English and Korean."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.display import GROUP
from kiwoom_research.sandbox import Sandbox

from .conftest import client_of


@pytest.fixture(scope="module")
def reader(shared_box: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client that only reads."""
    with client_of(shared_box, tmp_path_factory.mktemp("display")) as made:
        yield made


def bars() -> pd.DataFrame:
    """Three bars by hand: one up, one down, one without a price."""
    days = pd.DatetimeIndex(["2026-11-18", "2026-11-19", "2026-11-20"], name="date")
    frame = pd.DataFrame(
        {
            "close": [98300.0, 97800.0, np.nan],
            "change": [1500.0, -500.0, 0.0],
            "volume": [22_227_247.0, 11_532_548.0, 0.0],
            "complete": [True, True, False],
            "close_sign": np.array([1, -1, 0], dtype="int8"),
        },
        index=days,
    )
    frame.attrs["units"] = {"close": "KRW", "change": "KRW", "volume": "shares"}
    return frame


def test_text_by_hand() -> None:
    """Dates without hours, thousands, an arrow beside a price, a sign before a change, a dash where nothing is."""
    assert str(kr.show(bars())) == (
        "date           close  change      volume  complete\n"
        "                 KRW     KRW      shares\n"
        "2026-11-18  ▲ 98,300  +1,500  22,227,247       yes\n"
        "2026-11-19  ▼ 97,800    -500  11,532,548       yes\n"
        "2026-11-20         –       0           0        no\n"
        "\n"
        "3 rows, 5 columns"
    )


def test_korean_by_hand() -> None:
    """Titles of the manual, Korean units and words; Hangul takes two columns of a terminal."""
    lines = str(kr.show(bars(), lang="ko")).splitlines()
    assert lines[0].split() == ["일자", "종가", "전일대비", "거래량", "확정"]
    assert lines[1].split() == ["원", "원", "주"]
    assert lines[2].endswith("예")
    assert lines[-1] == "3행 · 5열"
    renamed = kr.korean(bars())
    assert renamed.columns.tolist() == ["종가", "전일대비", "거래량", "확정", "종가 부호"]
    assert renamed.index.name == "일자"
    assert bars().columns.tolist() == ["close", "change", "volume", "complete", "close_sign"]


def test_html_says_signs_twice() -> None:
    """A colour never stands alone: there is an arrow or a sign beside it; texts are escaped."""
    html = kr.show(bars().assign(name="<b>&"))._repr_html_()
    marked = re.findall(r'<td class="kr-(up|down)">(.)', html)
    assert marked == [("up", "▲"), ("up", "+"), ("down", "▼"), ("down", "-")]
    assert "&lt;b&gt;&amp;" in html
    assert "<b>" not in html
    assert "close_sign" not in html
    assert "[data-jp-theme-light" in html
    assert "prefers-color-scheme: dark" in html


def test_many_rows_and_columns() -> None:
    """The first and the last rows with dots between, and groups of columns below one another; a single row as a list."""
    wide = pd.DataFrame({f"c{at}": np.arange(100.0) for at in range(GROUP + 2)})
    tables = str(kr.show(wide, rows=4)).split("\n\n")
    assert len(tables) == 3  # two groups and the caption
    labels = [line.split()[0] for line in tables[0].splitlines()[1:]]
    assert labels == ["0", "1", "…", "98", "99"]
    assert tables[1].splitlines()[0].split() == [f"c{GROUP}", f"c{GROUP + 1}"]
    one = str(kr.show(bars().head(1))).splitlines()
    assert one[1].split() == ["close", "KRW", "▲", "98,300"]
    assert str(kr.show(bars().head(0))).endswith("0 rows, 5 columns")


def test_what_functions_give_can_be_shown(reader: Client) -> None:
    """Frames with two index levels, times, and more than eighty columns; every number is there."""
    for frame in (
        kr.get_minutes("005930", 5, client=reader),
        kr.get_bars("005930", "tick", client=reader),
        kr.get_info("005930", client=reader),
        kr.get_quotes(["005930", "000660"], client=reader),
        kr.get_ranking("foreign_bought", client=reader),
        kr.pull(["005930", "000660"], what="investors", start="2026-11-16", progress=False, client=reader),
        kr.get_trades("005930", client=reader),
    ):
        for lang in ("en", "ko"):
            shown = kr.show(frame, lang=lang)  # type: ignore[arg-type]
            assert not re.search(r"\bnan\b", str(shown).lower())
            assert shown._repr_html_().count("<table>") >= 1
        renamed = kr.korean(frame)
        assert renamed.columns.is_unique
        assert not set(renamed.columns) & {"close", "volume", "price"}
    quote = str(kr.show(kr.get_quotes("005930", client=reader)))
    assert "▼ 97,500" in quote


def test_pretty_shows_our_frames_and_no_others(reader: Client) -> None:
    """In a notebook our frames get our tables until it is turned off; other frames keep those of pandas."""
    with pytest.raises(RuntimeError, match=r"kr\.show\(frame\) works everywhere"):
        kr.pretty()
    shell = InteractiveShell.instance()
    try:
        table: Any = shell.display_formatter.formatters["text/html"]
        ours, other = kr.get_bars("005930", client=reader), pd.DataFrame({"mine": [1]})
        kr.pretty()
        assert "kr-show" in table(ours)
        assert "kr-show" not in table(other)
        kr.pretty(lang="ko")
        assert "종가" in table(ours)
        kr.pretty(False)
        assert "kr-show" not in table(ours)
    finally:
        InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: kr.show([1, 2]), "frame: expected a DataFrame, got list"),  # type: ignore[arg-type]
        (lambda: kr.show(bars(), rows=1), "rows: expected 2 or more, got 1"),
        (lambda: kr.show(bars(), lang="de"), "lang: expected one of en, ko, got 'de'"),  # type: ignore[arg-type]
        (lambda: kr.korean("005930"), "frame: expected a DataFrame, got str"),  # type: ignore[arg-type]
        (lambda: kr.pretty(lang="de"), "lang: expected one of en, ko, got 'de'"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_shown(ask: Any, message: str) -> None:
    """Said with what was given."""
    with pytest.raises(ValueError, match=message):
        ask()
