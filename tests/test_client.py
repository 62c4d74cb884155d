"""One client: pages, the market's time, threads, and what it says about itself."""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research import errors
from kiwoom_research.calendar import KST
from kiwoom_research.client import Client
from kiwoom_research.config import settings
from kiwoom_research.endpoints import call as call_of
from kiwoom_research.sandbox import Sandbox

from .conftest import FakeClock, client_of
from .tiny import BODY, OK, Asked, Said, Tiny, tiny_client

DAY, MINUTE = call_of("ka10081"), call_of("ka10080")


def data_calls(box: Sandbox) -> list[str]:
    """What the server was asked, tokens aside."""
    return [call for call in box.requests()["call"] if not call.startswith("/oauth2")]


@pytest.fixture(scope="module")
def warm_box() -> Iterator[Sandbox]:
    """A sandbox that keeps its pages warm for many tests, each of which leaves it without faults."""
    with Sandbox(rate=None) as box:
        yield box


@pytest.fixture(scope="module")
def ten_pages(warm_box: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Ten pages of minutes as they are without faults."""
    with client_of(warm_box, tmp_path_factory.mktemp("ten")) as client:
        return kr.get_minutes("005930", pages=10, client=client)


@pytest.fixture
def warm(warm_box: Sandbox) -> Iterator[Sandbox]:
    """The warm sandbox without faults."""
    yield warm_box
    warm_box.clear_faults()


# --- pages ---------------------------------------------------------------------------------------

PULLS: dict[str, tuple[Callable[[Client], pd.DataFrame], str, int]] = {
    "minutes": (lambda c: kr.get_minutes("005930", pages=10, client=c), "ka10080", 900),
    "days": (lambda c: kr.get_bars("005930", pages=4, client=c), "ka10081", 600),
    "raw days": (lambda c: kr.get_bars("005930", pages=4, adjusted=False, client=c), "ka10081", 600),
    "weeks": (lambda c: kr.get_bars("005930", "1w", pages=3, client=c), "ka10082", 300),
    "ticks": (lambda c: kr.get_bars("005930", "tick", pages=5, client=c), "ka10079", 900),
    "sheet": (lambda c: kr.get_daily("005930", pages=10, client=c), "ka10005", 30),
}


@pytest.mark.parametrize("name", PULLS)
def test_pages_add_up(name: str, box: Sandbox, client: Client) -> None:
    """So many pages asked, that many times a page of rows out: ascending and unique, one request each."""
    pull, call, rows = PULLS[name]
    frame = pull(client)
    pages = box.requests().groupby("call")["page"].get_group(call).tolist()
    assert pages == list(range(1, len(pages) + 1))
    assert len(frame) == rows * len(pages)
    assert frame.index.is_monotonic_increasing
    assert frame.index.is_unique
    assert frame.attrs["truncated"] is True


@pytest.mark.filterwarnings(
    "ignore:.*the exchange is closed:kiwoom_research.DataWarning"
)  # the days are numbered
def test_one_base_date_on_every_page(tmp_path: Path) -> None:
    """Adjusted prices are adjusted as of base_dt: all pages of a pull send the same one."""

    def answer(asked: Asked) -> Said:
        key = asked.headers.get("next-key", "")
        page = int(key[9:17]) - 1 if key else 20261120
        row = {
            "dt": str(page),
            "cur_prc": "1",
            "open_pric": "1",
            "high_pric": "1",
            "low_pric": "1",
            "trde_qty": "1",
        }
        more = {"cont-yn": "Y", "next-key": f"_AL005930{page}0001"} if page > 20261111 else {"cont-yn": "N"}
        return Said({**OK, "stk_dt_pole_chart_qry": [{**row, "trde_prica": "1"}]}, more)

    with tiny_client(tmp_path, answer) as (server, client):
        frame = kr.get_bars("005930", start="2000-01-01", client=client)
        assert len(frame) == 10
    assert [asked.body for asked in server.data] == [BODY] * 10
    assert frame.attrs["base_date"] == "2026-11-20"


@pytest.mark.parametrize(
    ("kind", "after", "rows"),
    [
        ("key", 0, 600),  # page 2 repeats page 1
        ("key", 2, 1800),
        ("endless", 0, 0),
        ("endless", 2, 1200),
    ],
)
def test_history_that_does_not_end(
    kind: str, after: int, rows: int, box: Sandbox, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """A key that stands still and empty pages for ever: bounded requests, truncated, a line in the log."""
    box.fail(kind, None, call="ka10081", after=after)
    frame = kr.get_bars("005930", start="1980-01-01", client=client)
    assert len(frame) == rows
    assert frame.index.is_unique
    assert frame.attrs["truncated"] is True
    assert data_calls(box).count("ka10081") <= after + 2
    assert any("does not move on" in record.message for record in caplog.records)


def test_keys_that_go_round(tmp_path: Path) -> None:
    """Keys A, B, A: the circle is seen when it closes, and no page of it is kept."""
    circle = {"": "A", "A": "B", "B": "C", "C": "A"}
    days = {"": "20261120", "A": "20261119", "B": "20261118", "C": "20261117"}

    def answer(asked: Asked) -> Said:
        key = asked.headers.get("next-key", "")
        return Said(one_day(days[key]), {"cont-yn": "Y", "next-key": circle[key]})

    with tiny_client(tmp_path, answer) as (server, client):
        frame = kr.get_bars("005930", start="1980-01-01", client=client)
        assert len(server.data) == 4
        assert (len(frame), frame.attrs["truncated"]) == (4, True)
        kr.get_bars("005930", start="1980-01-01", client=client)
        assert len(server.data) == 7  # the first page is still good


def one_day(day: str, close: str = "1") -> dict[str, Any]:
    """An answer of ka10081 with one bar."""
    row = {"dt": day, "cur_prc": close, "trde_prica": "1", "trde_qty": "1"}
    return {**OK, "stk_dt_pole_chart_qry": [row | dict.fromkeys(("open_pric", "high_pric", "low_pric"), "1")]}


def test_the_same_page_under_ever_new_keys(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Keys that move on while the page does not: one request more, truncated, a line in the log."""

    def answer(asked: Asked) -> Said:
        number = int(asked.headers.get("next-key", "0"))
        return Said(one_day("20261120"), {"cont-yn": "Y", "next-key": str(number + 1)})

    with tiny_client(tmp_path, answer) as (server, client):
        frame = kr.get_bars("005930", start="1980-01-01", client=client)
        assert len(server.data) == 2
        assert (len(frame), frame.attrs["truncated"]) == (1, True)
    assert "does not move on" in caplog.text


@pytest.mark.filterwarnings(
    "ignore:.*the exchange is closed:kiwoom_research.DataWarning"
)  # the days are numbered
def test_a_page_that_cannot_be_read_is_asked_for_again(tmp_path: Path) -> None:
    """One wrong value in the middle ends the pull with an error that names it; the next pull goes on from that page."""
    spoilt = True

    def answer(asked: Asked) -> Said:
        day = asked.headers.get("next-key", "A00593020200108")[-8:]
        body = one_day(day, "ERR" if spoilt and day == "20200105" else "1")
        return Said(body, {"cont-yn": "Y", "next-key": f"A005930{int(day) - 1}"} if day[-1] > "1" else {})

    with tiny_client(tmp_path, answer) as (server, client):
        pull = partial(kr.get_bars, "005930", end="2020-01-08", adjusted=False, pages=8, client=client)
        with pytest.raises(errors.DataError, match="'ERR'"):
            pull()
        assert len(server.data) == 4  # nothing is asked for behind a page that cannot be used
        spoilt = False
        assert len(pull()) == 8
        keys = [asked.headers.get("next-key", "")[-8:] for asked in server.data[4:]]
        assert keys == ["20200105", "20200104", "20200103", "20200102", "20200101"]


@pytest.mark.parametrize("rows", [[5], [None], ["x"], [[1]]])
def test_rows_that_are_none(rows: list[Any], tmp_path: Path) -> None:
    """A list of something else than rows is our error and is not kept."""
    with tiny_client(tmp_path, lambda _: Said({**OK, "stk_dt_pole_chart_qry": rows})) as (server, client):
        for asked in (1, 2):
            with pytest.raises(errors.DataError, match="lacks what its table holds"):
                kr.get_bars("005930", end="2020-01-02", adjusted=False, client=client)
            assert len(server.data) == asked


@pytest.mark.parametrize("headers", [{"cont-yn": "Y", "next-key": ""}, {"cont-yn": "Y"}])
def test_more_without_a_key(headers: dict[str, str], tmp_path: Path) -> None:
    """cont-yn Y without a key: the history was cut, and the frame says so."""
    row = {
        "dt": "20261120",
        "cur_prc": "1",
        "open_pric": "1",
        "high_pric": "1",
        "low_pric": "1",
        "trde_qty": "1",
    }
    body = {**OK, "stk_dt_pole_chart_qry": [{**row, "trde_prica": "1"}]}
    with tiny_client(tmp_path, lambda _: Said(body, headers)) as (server, client):
        frame = kr.get_bars("005930", start="1980-01-01", client=client)
    assert len(server.data) == 1
    assert frame.attrs["truncated"] is True


@pytest.mark.parametrize(
    "headers", [{}, {"cont-yn": "N"}, {"cont-yn": "N", "next-key": "A0059302024061800010000"}]
)
def test_no_more(headers: dict[str, str], tmp_path: Path) -> None:
    """Without cont-yn Y the history has ended, whatever stands in next-key."""
    row = {
        "dt": "20261120",
        "cur_prc": "1",
        "open_pric": "1",
        "high_pric": "1",
        "low_pric": "1",
        "trde_qty": "1",
    }
    body = {**OK, "stk_dt_pole_chart_qry": [{**row, "trde_prica": "1"}]}
    with tiny_client(tmp_path, lambda _: Said(body, headers)) as (server, client):
        assert kr.get_bars("005930", start="1980-01-01", client=client).attrs["truncated"] is False
    assert len(server.data) == 1


def test_header_names_in_any_case(tmp_path: Path) -> None:
    """Cont-Yn and Next-Key are the same headers, fresh and from the cache."""
    row = {
        "dt": "20261120",
        "cur_prc": "1",
        "open_pric": "1",
        "high_pric": "1",
        "low_pric": "1",
        "trde_qty": "1",
    }
    body = {**OK, "stk_dt_pole_chart_qry": [{**row, "trde_prica": "1"}]}
    headers = {"Cont-Yn": "Y", "NEXT-KEY": "A0059302024061800010000"}
    with tiny_client(tmp_path, lambda _: Said(body, headers)) as (_, client):
        for cached in (False, True):
            reply = client.call(DAY, BODY)
            assert (reply.next_key, reply.cached) == ("A0059302024061800010000", cached)


@pytest.mark.parametrize("name", ["minutes", "days", "ticks", "sheet"])
@pytest.mark.parametrize("kind", ["overlap", "sentinel"])
def test_overlap_and_sentinel(name: str, kind: str, warm: Sandbox, tmp_path: Path) -> None:
    """Rows sent twice and blank rows at the end change nothing."""
    pull, call, _ = PULLS[name]
    with client_of(warm, tmp_path / "good") as client:
        right = pull(client)
    for after in (1, 3):
        warm.fail(kind, call=call, after=after)
    before = len(warm.requests())
    with client_of(warm, tmp_path / "bad") as client:
        found = pull(client)
    assert (warm.requests()["fault"][before:] == kind).sum() == 2
    assert found.index.is_unique
    pd.testing.assert_frame_equal(found, right)


def test_a_page_paid_for_is_not_lost(box: Sandbox, tmp_path: Path, fake_clock: FakeClock) -> None:
    """A pull that dies on page 7 of 10 asks only for the last four the next time."""
    box.fail("500", None, call="ka10080", after=6)
    with client_of(box, tmp_path, clock=fake_clock) as client, pytest.raises(errors.NetworkError):
        kr.get_minutes("005930", pages=10, client=client)
    box.clear_faults()
    before = len(box.requests())
    with client_of(box, tmp_path, clock=fake_clock) as client:
        frame = kr.get_minutes("005930", pages=10, client=client)
    assert len(frame) == 9000
    assert box.requests()["page"].tolist()[before:] == [7, 8, 9, 10]


@pytest.mark.parametrize("page", [1, 4, 10])
@pytest.mark.parametrize(
    "kind", ["429", "500", "drop", "half", "html", "rc7", "token", "text_code", "schema"]
)
def test_fault_on_a_page(
    kind: str, page: int, ten_pages: pd.DataFrame, warm: Sandbox, tmp_path: Path, fake_clock: FakeClock
) -> None:
    """One fault on the first, a middle or the last page: the pull is complete and right."""
    right = ten_pages
    before = len(data_calls(warm))
    warm.fail(kind, call="ka10080", after=page - 1)
    with client_of(warm, tmp_path / "bad", clock=fake_clock) as client:
        found = kr.get_minutes("005930", pages=10, client=client)
    assert len(data_calls(warm)) - before == (10 if kind in ("text_code", "schema") else 11)
    if kind != "schema":  # the old schema lacks columns
        pd.testing.assert_frame_equal(found, right)
    else:
        same = ["open", "high", "low", "close", "volume", "complete"]
        pd.testing.assert_frame_equal(found[same], right[same])
        assert found.columns.tolist() == right.columns.tolist()


def test_pages_stop_where_the_caller_stops(box: Sandbox, client: Client) -> None:
    """Nothing is asked ahead."""
    for number, reply in enumerate(client.pages(DAY, BODY), start=1):
        assert reply.next_key
        assert len(data_calls(box)) == number
        if number == 3:
            break
    assert len(data_calls(box)) == 3


# --- time ----------------------------------------------------------------------------------------


def test_now_is_the_sandbox_clock(box: Sandbox, client: Client) -> None:
    """Against a server on this machine the market's time is that server's, and moves with it."""
    assert client.now() == datetime(2026, 11, 20, 21, 30, tzinfo=KST)
    box.advance(days=3, minutes=5)
    assert client.now() == datetime(2026, 11, 23, 21, 35, tzinfo=KST)
    box.set_clock("2026-11-19 10:30")
    assert client.now() == datetime(2026, 11, 19, 10, 30, tzinfo=KST)
    assert box.requests().empty


def test_now_when_the_sandbox_is_gone(tmp_path: Path) -> None:
    """The time it showed last, also for a new offline client of the same cache."""
    with Sandbox() as box, client_of(box, tmp_path) as client:
        client.now()
    assert client.now() == datetime(2026, 11, 20, 21, 30, tzinfo=KST)
    with client_of(box, tmp_path, offline=True) as away:
        assert away.now() == datetime(2026, 11, 20, 21, 30, tzinfo=KST)


def test_now_of_a_far_server_is_the_wall(tmp_path: Path, fake_clock: FakeClock) -> None:
    """A server elsewhere does not set our clock."""
    with tiny_client(tmp_path, lambda _: Said(OK), far=True, clock=fake_clock) as (_, client):
        assert not client.server.loopback
        assert client.now() == datetime.fromtimestamp(fake_clock.seconds, KST)


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 99 Nov 2026 11:30:00 GMT", "0"])
def test_strange_date_header(date: str, tmp_path: Path, fake_clock: FakeClock) -> None:
    """A server without a legible clock: the wall clock counts."""
    with Tiny(lambda _: Said(OK)) as server:
        server.date = date
        with Client(server.settings(tmp_path), clock=fake_clock) as client:
            assert client.now() == datetime.fromtimestamp(fake_clock.seconds, KST)
        server.shutdown()


def test_retrieved_is_when_the_server_said_it(box: Sandbox, client: Client) -> None:
    """attrs say when an answer was given, not when it was read from the cache."""
    box.set_clock("2026-11-20 15:45")
    kr.get_bars("005930", client=client)
    box.set_clock("2026-11-20 15:45:59")
    again = kr.get_bars("005930", client=client)
    assert client.stats()["cache_hits"] == 1
    assert again.attrs["retrieved"] == "2026-11-20T15:45:00+09:00"
    assert not again["complete"].iloc[-1]


def test_a_bar_that_became_final_is_complete(box: Sandbox, client: Client) -> None:
    """Pulled at 15:45, at 20:10 and at 21:05: the session is complete only the last time."""
    box.set_clock("2026-11-20 15:45")
    assert not kr.get_bars("005930", client=client)["complete"].iloc[-1]
    box.set_clock("2026-11-20 20:10")
    assert not kr.get_bars("005930", client=client)["complete"].iloc[-1]
    box.set_clock("2026-11-20 21:05")
    assert kr.get_bars("005930", client=client)["complete"].all()


# --- threads and life ----------------------------------------------------------------------------


def test_threads_share_a_client(shared_box: Sandbox, tmp_path: Path) -> None:
    """Eight threads pull different codes through one client: every answer is of its code."""
    codes = ["005930", "000660", "035420", "035720", "800010", "800020", "800050", "800060"]
    with client_of(shared_box, tmp_path / "one") as client:
        right = {code: kr.get_bars(code, pages=2, client=client) for code in codes}
    found: dict[str, Any] = {}
    with client_of(shared_box, tmp_path / "two") as client:

        def pull(code: str) -> None:
            try:
                found[code] = kr.get_bars(code, pages=2, client=client)
            except BaseException as error:
                found[code] = error

        threads = [threading.Thread(target=pull, args=(code,)) for code in codes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.stats()["requests"] >= 16
    for code in codes:
        pd.testing.assert_frame_equal(found[code], right[code])


def test_stats(box: Sandbox, tmp_path: Path, fake_clock: FakeClock) -> None:
    """requests are those the server saw; hits, waits and retries are counted."""
    with client_of(box, tmp_path, clock=fake_clock) as client:
        assert client.stats().to_dict() == {"requests": 0, "cache_hits": 0, "waits": 0, "retries": 0}
        client.tokens.token()
        before = client.stats()["requests"]
        box.fail("500", 2)
        kr.get_bars("005930", pages=2, client=client)
        kr.get_bars("005930", pages=2, client=client)
        stats = client.stats()
        assert stats["requests"] - before == len(data_calls(box)) == 4
        assert (stats["cache_hits"], stats["retries"]) == (2, 2)
        assert stats.name == box.name


def test_one_debug_line_a_request(box: Sandbox, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Call, code, page, milliseconds, and whether it was cached."""
    caplog.set_level(logging.DEBUG, "kiwoom_research")
    kr.get_bars("005930", pages=2, client=client)
    kr.get_bars("005930", pages=2, client=client)
    lines = [r.message for r in caplog.records if r.name == "kiwoom_research" and "ka10081" in r.message]
    assert [line.split(":")[0] for line in lines] == ["ka10081 005930 page 1", "ka10081 005930 page 2"] * 2
    assert [line.endswith("cached") for line in lines] == [False, False, True, True]


def test_a_debug_line_for_what_fails(box: Sandbox, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """A request that fails has its line too, and so has the token's."""
    caplog.set_level(logging.DEBUG, "kiwoom_research")
    box.fail("1511", call="ka10006")
    with pytest.raises(errors.RequestError):
        kr.get_today("005930", client=client)
    lines = [r.message for r in caplog.records if r.name == "kiwoom_research" and r.levelname == "DEBUG"]
    assert [re.sub(r"\d+ ms", "", line) for line in lines] == [
        "au10001 page 1: ", "ka10006 005930 page 1:  RequestError",
    ]  # fmt: skip
    assert client.stats()["requests"] == 2


def test_a_frozen_client(box: Sandbox, client: Client) -> None:
    """It stays at its market time and shares cache and counters; cancelling it ends nothing but itself."""
    frozen = client.frozen()
    box.set_clock("2026-11-23 10:00")
    again = frozen.frozen()
    assert frozen.now() == again.now() == datetime(2026, 11, 20, 21, 30, tzinfo=KST)
    assert client.now() == datetime(2026, 11, 23, 10, tzinfo=KST)
    assert kr.get_bars("005930", client=frozen).attrs["base_date"] == "2026-11-20"
    pages = frozen.pages(MINUTE, {"stk_cd": "005930", "tic_scope": "1", "upd_stkpc_tp": "1"})
    next(pages)
    frozen.cancel()
    with pytest.raises(errors.RequestCancelled):
        next(pages)
    with pytest.raises(errors.RequestCancelled):
        kr.get_bars("005930", client=frozen)
    kr.get_bars("005930", client=again)
    kr.get_bars("005930", client=client)
    assert data_calls(box) == ["ka10081", "ka10080", "ka10081"]
    assert client.stats()["cache_hits"] == again.stats()["cache_hits"] == 1


def test_context_manager_and_repr(box: Sandbox, tmp_path: Path) -> None:
    """Usable with `with`; closing twice is no error."""
    with client_of(box, tmp_path) as client:
        assert repr(client) == f"<kiwoom_research.Client {box.name} {box.url}>"
    client.close()


def test_client_without_folders(box: Sandbox) -> None:
    """A client with neither cache nor state folder works and leaves nothing behind."""
    with Client(replace(settings(box), cache_dir=None, state_dir=None)) as client:
        folder = client.cache.folder
        assert len(kr.get_bars("005930", client=client)) == 600
    assert not folder.exists()


def test_answers_from_the_cache_only(box: Sandbox, client: Client) -> None:
    """Without a request: what is still good, or whatever is stored; what is missing is a NetworkError."""
    box.set_clock("2026-11-20 10:30")
    before = kr.get_today("005930", client=client)
    box.advance(minutes=30)
    asked = len(data_calls(box))
    with pytest.raises(kr.NetworkError, match="not in the cache"):
        kr.get_today("005930", client=client.from_cache(fresh=True))
    pd.testing.assert_frame_equal(kr.get_today("005930", client=client.from_cache()), before)
    with pytest.raises(kr.NetworkError, match="not in the cache"):
        kr.get_today("000660", client=client.from_cache())
    assert len(data_calls(box)) == asked
    now = kr.get_today("005930", client=client)
    pd.testing.assert_frame_equal(kr.get_today("005930", client=client.from_cache(fresh=True)), now)
