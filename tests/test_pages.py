"""How pages become one frame: where they meet, where they contradict each other, and how long odd ones are kept."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research import frames
from kiwoom_research.calendar import KST
from kiwoom_research.client import Client
from kiwoom_research.data import connection
from kiwoom_research.endpoints import QUERIES
from kiwoom_research.sandbox import Sandbox

from .tiny import BAR, OK, Asked, Said, Tiny, tiny_client

SPLIT = 5
NEWEST = ["20261120", "20261119", "20261118", "20261117"]
OLDEST = ["20261118", "20261117", "20261116", "20261113"]  # two days are on both pages


def page(days: list[str], price: int) -> dict[str, Any]:
    """Daily bars of one price."""
    prices = dict.fromkeys(("cur_prc", "open_pric", "high_pric", "low_pric"), str(price))
    return {
        **OK,
        "stk_cd": "005930",
        "stk_dt_pole_chart_qry": [{**BAR, **prices, "pred_pre": "0", "dt": day} for day in days],
    }


def two_pages(prices: Callable[[int], tuple[int, int]]) -> Callable[[Asked], Said]:
    """Answers whose prices depend on how often the first page was requested."""
    pulls = 0

    def answer(asked: Asked) -> Said:
        nonlocal pulls
        if "next-key" in asked.headers:
            return Said(page(OLDEST, prices(pulls)[1]))
        pulls += 1
        return Said(page(NEWEST, prices(pulls)[0]), {"cont-yn": "Y", "next-key": "A00593020261116"})

    return answer


def test_a_split_between_two_pages_starts_the_pull_again(tmp_path: Path) -> None:
    """The first page is of before the split, the second of after it: both come once more, on one base."""
    old, new = 105, 105 // SPLIT
    answer = two_pages(lambda pull: (old, new) if pull == 1 else (new, new))
    with tiny_client(tmp_path, answer) as (server, client):
        bars = kr.get_bars("005930", start="2026-11-13", client=client)
        assert len(server.data) == 4
        assert (bars["close"] == new).all()
        assert len(bars) == 6
        again = kr.get_bars("005930", start="2026-11-13", client=client)
        assert len(server.data) == 4  # the cache has the pages of the second pull
    pd.testing.assert_frame_equal(bars, again)


def test_pages_that_contradict_each_other_twice_are_an_error(tmp_path: Path) -> None:
    """No frame of two bases, whatever the server does; the error may be tried again."""
    with tiny_client(tmp_path, two_pages(lambda _: (105, 21))) as (server, client):
        with pytest.raises(kr.DataError, match="ka10081: two pages give the same bar other prices") as caught:
            kr.get_bars("005930", start="2026-11-13", client=client)
        assert len(server.data) == 4
        assert caught.value.retryable
        with pytest.warns(UserWarning, match="1 of 1 codes failed"):
            several = kr.pull(["005930"], start="2026-11-13", progress=False, client=client)
    assert [one["error"] for one in several.attrs["failed"]] == ["DataError"]


def test_pages_that_agree_cost_no_request_more(tmp_path: Path) -> None:
    """An overlap of equal bars is an overlap."""
    with tiny_client(tmp_path, two_pages(lambda _: (105, 105))) as (server, client):
        assert len(kr.get_bars("005930", start="2026-11-13", client=client)) == 6
        assert len(server.data) == 2


@pytest.mark.parametrize("codes", [["000660", "005930"], ["005930", "035420"], ["000660", "035420"]])
def test_truncated_when_only_one_code_was_cut(codes: list[str], tmp_path: Path) -> None:
    """The server promises more of 005930 and does not give it: a frame with that code in it was cut."""

    def answer(asked: Asked) -> Said:
        code = asked.body["stk_cd"]
        said = {**page(NEWEST, 100), "stk_cd": code}
        return Said(said, {"cont-yn": "Y", "next-key": ""} if code == "005930" else {})

    with tiny_client(tmp_path, answer) as (_, client):
        frame = kr.pull(codes, start="2020-01-02", progress=False, client=client)
    assert frame.attrs["truncated"] == ("005930" in codes)
    assert len(frame) == 8


# --- one page --------------------------------------------------------------------------------------


def test_of_two_rows_with_one_label_the_first_stays() -> None:
    """The newest row comes first; a second one of that day is older."""
    reply = page(["20261120", "20261119"], 100)
    reply["stk_dt_pole_chart_qry"].insert(
        1, {**reply["stk_dt_pole_chart_qry"][0], "cur_prc": "90", "low_pric": "90"}
    )
    table = QUERIES["ka10081"].table({})
    frame = frames.build(table, [reply], retrieved=datetime(2026, 11, 20, 21, 30, tzinfo=KST))
    assert frame["close"].tolist() == [100, 100]
    assert frame.index.is_unique


def ticks(*prices: int) -> dict[str, Any]:
    """Trades of one second, newest first."""
    row = {
        "cur_prc": "0", "trde_qty": "7", "cntr_tm": "20261120153000", "open_pric": "100", "high_pric": "100",
        "low_pric": "100", "pred_pre": "0", "pred_pre_sig": "3",
    }  # fmt: skip
    return {"stk_tic_chart_qry": [{**row, "cur_prc": str(price)} for price in prices]}


@pytest.mark.parametrize(
    ("newer", "older", "closes"),
    [
        # one equal trade on both sides of a border is no proof that it is the same one
        ((103, 102, 101), (101, 100), [100, 101, 101, 102, 103]),
        ((102, 101, 101), (101, 101, 100), [100, 101, 101, 101, 101, 102]),
        # a run with two different trades is
        ((103, 102, 101), (102, 101, 100), [100, 101, 102, 103]),
        ((103, 101, 101, 102), (101, 101, 102, 99), [99, 102, 101, 101, 103]),
    ],
)
def test_equal_trades_at_a_page_border(
    newer: tuple[int, ...], older: tuple[int, ...], closes: list[int]
) -> None:
    """Only a repetition that cannot be chance is dropped."""
    table = QUERIES["ka10079"].table({})
    frame = frames.build(
        table, [ticks(*newer), ticks(*older)], retrieved=datetime(2026, 11, 20, 21, 30, tzinfo=KST)
    )
    assert frame["close"].tolist() == closes
    assert frame.index.get_level_values("seq").tolist() == list(range(len(closes)))


# --- odd cells in the cache ------------------------------------------------------------------------

BASE = {"stk_cd": "005930", "base_dt": "20260102", "upd_stkpc_tp": "0"}
OLD = ["20260102", "20251230"]


def test_an_answer_with_an_unreadable_cell_is_kept_for_a_day(tmp_path: Path) -> None:
    """Final numbers are kept for ever; those with a hole only until the broker can have mended it."""
    spoilt = page(OLD, 100)
    spoilt["stk_dt_pole_chart_qry"][1]["trde_qty"] = "n/a"
    call = QUERIES["ka10081"]

    def request(server: Tiny, now: datetime) -> bool:
        server.date = now.astimezone().strftime("%a, %d %b %Y %H:%M:%S %z")
        with Client(server.settings(tmp_path)) as client:
            return client.call(call, BASE).cached

    answers = [spoilt, page(OLD, 100)]
    with Tiny(lambda _: Said(answers[min(len(server.data), 2) - 1])) as server:
        start = datetime(2026, 11, 20, 21, 30, tzinfo=KST)
        assert not request(server, start)
        assert request(server, start + timedelta(hours=23))
        assert not request(server, start + timedelta(hours=25))  # the good one
        assert request(server, start + timedelta(days=300))
        server.shutdown()


def test_strict_makes_an_error_of_an_unreadable_cell(tmp_path: Path) -> None:
    """Nothing is stored, and a page that an earlier client stored is an error too."""
    spoilt = page(OLD, 100)
    spoilt["stk_dt_pole_chart_qry"][1]["trde_qty"] = "n/a"
    with Tiny(lambda _: Said(spoilt)) as server:
        with Client(replace(server.settings(tmp_path), strict=True)) as strict:
            for asked in (1, 2):
                with pytest.raises(kr.DataError, match="cannot read 'n/a' in 'trde_qty' \\(volume\\)"):
                    strict.call(QUERIES["ka10081"], BASE)
                assert len(server.data) == asked
        with Client(server.settings(tmp_path)) as lenient, pytest.warns(kr.DataWarning, match="one cell"):
            bars = kr.get_bars("005930", end="2026-01-02", pages=1, adjusted=False, client=lenient)
        assert bars["volume"].isna().tolist() == [True, False]
        with (
            Client(replace(server.settings(tmp_path), strict=True)) as strict,
            pytest.raises(kr.DataError, match="cannot read 'n/a'"),
        ):
            kr.get_bars("005930", end="2026-01-02", pages=1, adjusted=False, client=strict)
        server.shutdown()


def test_strict_is_an_argument_of_connect(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is off unless asked for."""
    monkeypatch.setattr(connection, "_default", None)
    assert not kr.connect(box).settings.strict
    assert kr.connect(box, strict=True).settings.strict


def test_strict_and_lenient_agree_on_every_clean_example(test_data: Path) -> None:
    """Every recording that the package reads without a warning reads the same strictly."""
    from .test_spelling import examples

    tried = 0
    for call in QUERIES.values():
        for _, body in examples(test_data, call):
            for table in call.tables:
                if not table.fits(body):
                    continue
                retrieved = datetime(2026, 11, 20, 21, 30, tzinfo=KST)
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    try:
                        lenient = frames.build(table, [body], retrieved=retrieved)
                    except kr.DataError:
                        continue
                if caught or "unreadable" in lenient.attrs:
                    continue
                pd.testing.assert_frame_equal(
                    lenient, frames.build(table, [body], retrieved=retrieved, strict=True)
                )
                tried += 1
    assert tried > 100, tried
