"""The cache: what reaches the disk, what never does, when an answer ends, and what a broken disk does."""

import base64
import random
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research import errors
from kiwoom_research.calendar import KST
from kiwoom_research.client import Client, cache
from kiwoom_research.client.cache import FILE, HttpCache
from kiwoom_research.config import Keys, settings
from kiwoom_research.endpoints import call as call_of
from kiwoom_research.endpoints.oauth import ISSUE
from kiwoom_research.sandbox import Sandbox

from .conftest import FakeClock, client_of
from .tiny import BAR, BARS, BODY, Asked, Said, tiny_client

DAY, SHEET, TODAY = call_of("ka10081"), call_of("ka10005"), call_of("ka10006")


def data_calls(box: Sandbox) -> int:
    """How often the server was asked for data."""
    return int(box.requests()["call"].str.startswith("ka").sum())


def stored(folder: Path) -> list[tuple[Any, ...]]:
    """The rows of the file by SQLite alone, values decompressed."""
    with closing(sqlite3.connect(folder / "cache" / FILE)) as link:
        rows = link.execute(
            "SELECT key, value, expires, server, call, code, page, created FROM pages"
        ).fetchall()
    rows = [(key, opened(value), *rest) for key, value, *rest in rows]
    return [(key, {"headers": head["headers"], "body": body}, *rest) for key, (head, body), *rest in rows]


def opened(value: bytes) -> tuple[dict[str, Any], bytes]:
    """The two parts of a stored value: a line of JSON about the reply, and its body."""
    head, _, body = zlib.decompress(value).partition(b"\n")
    return orjson.loads(head), body


def bytes_of(folder: Path) -> bytes:
    """Every byte of every file of a folder, and every value of the cache decompressed."""
    raw = b"".join(
        path.read_bytes() + path.name.encode() for path in sorted(folder.rglob("*")) if path.is_file()
    )
    for path in folder.rglob("*.sqlite"):
        with closing(sqlite3.connect(path)) as link:
            for (value,) in link.execute("SELECT value FROM pages"):
                raw += zlib.decompress(value)
    return raw


def spellings(secret: str) -> Iterator[bytes]:
    """A secret as it is, and as careless code would write it."""
    raw = secret.encode()
    yield from (
        raw,
        raw.upper(),
        raw.lower(),
        raw[::-1],
        raw.hex().encode(),
        urllib.parse.quote(secret).encode(),
    )
    for shift in range(3):  # base64 of a text depends on where in it the secret begins
        yield base64.b64encode(b"x" * shift + raw)[4:-4]
        yield base64.urlsafe_b64encode(b"x" * shift + raw)[4:-4]
    yield raw.decode().encode("utf-16-le")


# --- secrets -------------------------------------------------------------------------------------


def test_no_secret_on_disk(box: Sandbox, tmp_path: Path) -> None:
    """No file of the cache folder, write-ahead log included, holds a key or a token in any spelling."""
    with client_of(box, tmp_path) as client:
        kr.get_bars("005930", pages=2, client=client)
        kr.get_info("005930", client=client)
        kr.get_quotes(["005930", "000660"], client=client)
        box.fail("token")
        kr.get_daily("005930", client=client)
        box.fail("8050")
        with pytest.raises(errors.AuthError):
            kr.get_today("005930", client=client)
        token = client.tokens.token().value
        open_files = bytes_of(tmp_path / "cache")
        assert (tmp_path / "cache" / f"{FILE}-wal").stat().st_size > 0
    for raw in (open_files, bytes_of(tmp_path / "cache")):
        assert "삼성전자".encode() in raw  # the search does see inside the values
        for secret in (token, box.appkey, box.secretkey):
            for spelling in spellings(secret):
                assert spelling not in raw
        assert b"uthorization" not in raw
        assert b"Bearer" not in raw


def test_token_calls_are_not_stored(box: Sandbox, tmp_path: Path) -> None:
    """Issue and revoke never reach the cache, although they are JSON with return_code 0."""
    with client_of(box, tmp_path) as client:
        kr.get_today("005930", client=client)
        keys = {"appkey": box.appkey, "secretkey": box.secretkey}
        client.call(ISSUE, {"grant_type": "client_credentials", **keys})  # not even by hand
        client.tokens.revoke()
    assert [row[4] for row in stored(tmp_path)] == ["ka10006"]


def test_only_six_headers_are_stored(tmp_path: Path) -> None:
    """Set-Cookie and whatever else a server sends stay out of the file, and out of the next request."""
    headers = {"Set-Cookie": "JSESSIONID=tiny-cookie; Path=/", "X-Secret": "tiny-header", "Vary": "*"}
    with tiny_client(tmp_path, lambda _: Said(BARS, headers)) as (server, client):
        client.call(DAY, BODY)
        client.call(DAY, BODY, refresh=True)
        assert not client._session.cookies
        assert client.call(DAY, BODY).cached
        raw = bytes_of(tmp_path / "cache")
    assert b"tiny-cookie" not in raw
    assert b"tiny-header" not in raw
    assert all("cookie" not in {name.lower() for name in asked.headers} for asked in server.asked)
    ((_, kept, *_),) = stored(tmp_path)
    assert set(kept["headers"]) <= {"Content-Type", "Date", "api-id", "cont-yn", "next-key", "resp-cnt"}


def test_folder_is_private(box: Sandbox, tmp_path: Path) -> None:
    """Folder 0700 and files 0600: what one pulls is nobody else's business."""
    with client_of(box, tmp_path) as client:
        kr.get_today("005930", client=client)
        assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
        for path in (tmp_path / "cache").iterdir():
            assert path.stat().st_mode & 0o077 == 0, path


# --- the key -------------------------------------------------------------------------------------


def test_page_2_is_page_2(box: Sandbox, tmp_path: Path) -> None:
    """The same body with another next-key is another answer, also from the disk."""
    with client_of(box, tmp_path) as client:
        asked = kr.get_bars("005930", pages=3, client=client)
    with client_of(box, tmp_path) as client:
        again = kr.get_bars("005930", pages=3, client=client)
        assert client.stats()["cache_hits"] == 3
    assert asked.index.is_unique
    assert len(asked) == 1800
    pd.testing.assert_frame_equal(asked, again)
    pages = {row[6]: row[1]["body"] for row in stored(tmp_path)}
    firsts = [orjson.loads(pages[page])["stk_dt_pole_chart_qry"][0]["dt"] for page in (1, 2, 3)]
    assert firsts == sorted(firsts, reverse=True)
    assert len(set(firsts)) == 3


def test_ka10006_is_not_ka10005(box: Sandbox, tmp_path: Path) -> None:
    """Two calls share URL and body and differ in a header only."""
    with client_of(box, tmp_path) as client:
        assert kr.get_daily("005930", client=client).shape[0] == 30
        assert kr.get_today("005930", client=client).shape[0] == 1
        assert kr.get_daily("005930", client=client).shape[0] == 30
    assert sorted(row[4] for row in stored(tmp_path)) == ["ka10005", "ka10006"]
    assert data_calls(box) == 2


@pytest.mark.parametrize(
    "change", [{"upd_stkpc_tp": "0"}, {"base_dt": "20261119"}, {"stk_cd": "000660"}, {"stk_cd": "005930_AL"}]
)
def test_body_is_part_of_the_key(change: dict[str, str], box: Sandbox, client: Client) -> None:
    """Adjusted is not raw, one date not the other, one venue not the other."""
    first = client.call(DAY, BODY)
    other = client.call(DAY, BODY | change)
    assert not first.cached
    assert not other.cached
    assert client.call(DAY, BODY).cached
    assert data_calls(box) == 2


def test_order_of_the_body_does_not_matter(box: Sandbox, client: Client) -> None:
    """The same question in another order of keys is the same question."""
    client.call(DAY, BODY)
    assert client.call(DAY, dict(reversed(BODY.items()))).cached


def test_servers_do_not_mix(tmp_path: Path) -> None:
    """Two sandboxes of different seeds share a folder and keep their answers apart."""
    with Sandbox(seed=1, rate=None) as one, Sandbox(seed=2, rate=None) as two:
        frames = []
        for box in (one, two, one, two):
            with client_of(box, tmp_path) as client:
                frames.append(kr.get_bars("005930", client=client))
        assert data_calls(one) == data_calls(two) == 1
    assert not frames[0].equals(frames[1])
    pd.testing.assert_frame_equal(frames[0], frames[2])
    pd.testing.assert_frame_equal(frames[1], frames[3])


# --- what may be stored --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["429", "500", "502", "drop", "half", "html", "rc7", "1902", "1511", "8050", "8104"]
)
def test_errors_are_not_stored(kind: str, box: Sandbox, tmp_path: Path, fake_clock: FakeClock) -> None:
    """An error leaves nothing behind, and the next question is asked."""
    with client_of(box, tmp_path, clock=fake_clock) as client:
        box.fail(kind, None)
        with pytest.raises(kr.KiwoomError):
            client.call(DAY, BODY)
        assert stored(tmp_path) == []
        box.clear_faults()
        assert not client.call(DAY, BODY).cached
        assert client.call(DAY, BODY).cached


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (Said(BARS, {"cont-yn": "N", "next-key": ""}), True),
        (Said(BARS), True),
        (Said(BARS, {"cont-yn": "Y", "next-key": "A0059302024061800010000", "resp-cnt": "1"}), True),
        (Said(BARS, {"cont-yn": "Y", "next-key": ""}), False),
        (Said(BARS, {"cont-yn": "Y"}), False),
        (Said({**BARS, "stk_dt_pole_chart_qry": []}, {"cont-yn": "Y", "next-key": "x", "resp-cnt": "0"}), False),
        (Said({**BARS, "stk_dt_pole_chart_qry": []}, {"cont-yn": "Y", "next-key": "x"}), False),
        (Said({**BARS, "stk_dt_pole_chart_qry": []}, {"cont-yn": "N", "next-key": ""}), True),
    ],
)  # fmt: skip
def test_poisoned_pages_are_not_stored(said: Said, kept: bool, tmp_path: Path) -> None:
    """A page that would end or repeat a history for ever is used once and forgotten."""
    with tiny_client(tmp_path, lambda _: said) as (_, client):
        client.call(DAY, BODY)
        assert client.call(DAY, BODY).cached is kept
    assert len(stored(tmp_path)) == kept


@pytest.mark.parametrize(("key", "kept"), [("", 0), ("SENT", 0), ("ANOTHER", 1)])
def test_poisoned_second_pages_are_not_stored(key: str, kept: int, tmp_path: Path) -> None:
    """A page whose key is the one that was sent, or is missing, is not stored behind a key either."""
    with tiny_client(tmp_path, lambda _: Said(BARS, {"cont-yn": "Y", "next-key": key})) as (_, client):
        client._page(DAY, BODY, "SENT", 2, client.now(), False)
    assert len(stored(tmp_path)) == kept


@pytest.mark.parametrize(("kind", "after"), [("key", 0), ("key", 2), ("endless", 0), ("endless", 2)])
def test_a_stuck_history_heals(kind: str, after: int, box: Sandbox, tmp_path: Path) -> None:
    """After a stuck key or an empty page the next pull has the whole history again."""
    with client_of(box, tmp_path) as client:
        whole = kr.get_bars("005930", start="2018-01-01", client=client, refresh=True)
        client.cache.clear(None, None, None)
        box.fail(kind, call="ka10081", after=after)
        short = kr.get_bars("005930", start="2018-01-01", client=client)
        assert short.attrs["truncated"]
        assert len(short) < len(whole)
        healed = kr.get_bars("005930", start="2018-01-01", client=client)
    pd.testing.assert_frame_equal(healed, whole)


@pytest.mark.parametrize("rows", [[], [{"dt": "", "cur_prc": ""}]])
def test_an_empty_history_is_believed_for_a_day(rows: list[dict[str, str]], tmp_path: Path) -> None:
    """A first page without bars of a time long past stays until the stock list changes, one with bars for ever."""

    def answer(_: Asked) -> Said:
        return Said(BARS if len(server.data) > 1 else {**BARS, "stk_dt_pole_chart_qry": rows})

    body = {"stk_cd": "005930", "base_dt": "20200102", "upd_stkpc_tp": "0"}
    with tiny_client(tmp_path, answer) as (server, client):
        for date, count in (
            ("Fri, 20 Nov 2026 11:30:00 GMT", 1),
            ("Sun, 22 Nov 2026 12:00:00 GMT", 1),
            ("Sun, 22 Nov 2026 23:00:01 GMT", 2),  # Monday, 08:00 in Korea
            ("Thu, 31 Dec 2026 12:00:00 GMT", 2),
        ):
            server.date = date
            client.call(DAY, body)
            assert len(server.data) == count, date


def test_offline_miss(box: Sandbox, tmp_path: Path) -> None:
    """Offline without an answer: a NetworkError that says so, nothing asked, no token."""
    with (
        client_of(box, tmp_path, offline=True) as client,
        pytest.raises(errors.NetworkError, match="offline") as caught,
    ):
        kr.get_info("005930", client=client)
    assert not caught.value.retryable
    assert box.requests().empty


def test_offline_needs_neither_token_nor_network(tmp_path: Path, fake_clock: FakeClock) -> None:
    """What was pulled once is there when the server is gone, the keys are gone and the day is another."""
    with Sandbox(rate=None) as box, client_of(box, tmp_path) as client:
        bars = kr.get_bars("005930", pages=2, client=client)
        minutes = kr.get_minutes("005930", client=client)
        info = kr.get_info("005930", client=client)
        stocks = kr.get_stocks(client=client)
    box.appkey = box.secretkey = ""  # type: ignore[misc]
    fake_clock.seconds += 90 * 86400
    with client_of(box, tmp_path, clock=fake_clock, offline=True) as client:
        assert repr(client).endswith("offline>")
        pd.testing.assert_frame_equal(kr.get_bars("005930", pages=2, client=client), bars)
        pd.testing.assert_frame_equal(kr.get_minutes("005930", client=client), minutes)
        pd.testing.assert_frame_equal(kr.get_info("005930", client=client), info)
        pd.testing.assert_frame_equal(kr.get_stocks(client=client), stocks)
        with pytest.raises(errors.NetworkError):
            kr.get_bars("005930", pages=3, client=client)
        with pytest.raises(errors.NetworkError):
            client.tokens._issue()
    assert fake_clock.pauses == []


def test_offline_answers_what_has_expired(box: Sandbox, tmp_path: Path) -> None:
    """Offline even an answer that is no longer fresh is an answer."""
    box.set_clock("2026-11-20 10:30")
    with client_of(box, tmp_path) as client:
        today = kr.get_today("005930", client=client)
        box.set_clock("2026-11-20 15:00")
        client.now()  # the cache learns how late it is
    with client_of(box, tmp_path, offline=True) as client:
        pd.testing.assert_frame_equal(kr.get_today("005930", client=client), today)


def test_offline_of_a_far_server_stands_at_its_last_answer(tmp_path: Path, fake_clock: FakeClock) -> None:
    """base_dt of an offline pull is that of the last pull, or nothing would be found the next day."""
    with tiny_client(tmp_path, lambda _: Said(BARS), far=True, clock=fake_clock) as (server, client):
        fake_clock.seconds = datetime(2026, 11, 20, 21, 30, tzinfo=KST).timestamp()
        bars = kr.get_bars("005930", client=client)
        assert client.now() == datetime(2026, 11, 20, 21, 30, tzinfo=KST)
        fake_clock.seconds += 5 * 86400
        with Client(server.settings(tmp_path, far=True, offline=True), clock=fake_clock) as away:
            pd.testing.assert_frame_equal(kr.get_bars("005930", client=away), bars)
        assert len(server.data) == 1


def test_offline_with_an_unreadable_entry(box: Sandbox, tmp_path: Path) -> None:
    """Offline never asks, not even for an entry that turns out to be rubbish."""
    with client_of(box, tmp_path) as client:
        kr.get_today("005930", client=client)
    with closing(sqlite3.connect(tmp_path / "cache" / FILE)) as link, link:
        link.execute("UPDATE pages SET value=?", (b"rubbish",))
    asked = len(box.requests())
    with (
        client_of(box, tmp_path, offline=True) as client,
        pytest.warns(RuntimeWarning, match="cannot be read"),
        pytest.raises(errors.NetworkError, match="offline"),
    ):
        kr.get_today("005930", client=client)
    assert len(box.requests()) == asked


# --- again, or not -------------------------------------------------------------------------------


def test_a_new_client_asks_nothing_again(shared_box: Sandbox, tmp_path: Path) -> None:
    """The second client of a folder has everything, and needs no token for it."""
    pulls = (
        lambda c: kr.get_bars("005930", start="2020-01-01", client=c),
        lambda c: kr.get_minutes("005930", 5, 2, client=c),
        lambda c: kr.get_bars("005930", "tick", client=c),
        lambda c: kr.get_info(["005930", "000660"], client=c),
        lambda c: kr.get_quotes(["005930", "000660"], client=c),
        lambda c: kr.get_stocks(client=c),
        lambda c: kr.get_daily("005930", client=c),
        lambda c: kr.get_today("005930", client=c),
        lambda c: kr.find("하이닉스", client=c),
    )
    with client_of(shared_box, tmp_path) as client:
        first = [pull(client) for pull in pulls]
    before = len(shared_box.requests())
    with client_of(shared_box, tmp_path) as client:
        second = [pull(client) for pull in pulls]
        stats = client.stats()
    assert len(shared_box.requests()) == before
    assert stats["requests"] == 0
    for one, other in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one, other)
        assert one.attrs == other.attrs


def test_a_new_process_asks_nothing_again(box: Sandbox, tmp_path: Path) -> None:
    """The same across processes."""
    code = f"""
from pathlib import Path
from types import SimpleNamespace
import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.config import Keys, settings
box = SimpleNamespace(url={box.url!r}, name={box.name!r}, rate=None, appkey={box.appkey!r}, secretkey={box.secretkey!r})
with Client(settings(box, cache_dir={str(tmp_path / "cache")!r})) as client:
    print(len(kr.get_bars("005930", pages=2, client=client)), client.stats()["requests"])
"""
    said = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert said == [["1200", "3"], ["1200", "0"]]


def test_refresh_asks_and_replaces(tmp_path: Path) -> None:
    """refresh=True asks although the answer is good, and the new one is what is stored."""
    answers = iter(["100", "200"])

    def answer(_: Asked) -> Said:
        return Said({**BARS, "stk_dt_pole_chart_qry": [{**BAR, "cur_prc": next(answers)}]})

    def close(reply: Any) -> str:
        return str(reply.body["stk_dt_pole_chart_qry"][0]["cur_prc"])

    with tiny_client(tmp_path, answer) as (server, client):
        assert close(client.call(DAY, BODY)) == "100"
        assert close(client.call(DAY, BODY)) == "100"
        assert close(client.call(DAY, BODY, refresh=True)) == "200"
        assert close(client.call(DAY, BODY)) == "200"
    assert len(server.data) == 2
    assert len(stored(tmp_path)) == 1


@pytest.mark.parametrize("kind", ["429", "500", "drop", "half", "html", "rc7", "8050"])
def test_failed_refresh_keeps_the_old_answer(
    kind: str, box: Sandbox, tmp_path: Path, fake_clock: FakeClock
) -> None:
    """When a refresh fails the caller hears of it, and the old answer is still there, byte for byte."""
    with client_of(box, tmp_path, clock=fake_clock) as client:
        client.call(DAY, BODY)
        before = stored(tmp_path)
        box.fail(kind, None)
        with pytest.raises(kr.KiwoomError):
            client.call(DAY, BODY, refresh=True)
        assert stored(tmp_path) == before
        assert client.call(DAY, BODY).cached


def test_failed_renewal_of_an_expired_answer_keeps_it(
    box: Sandbox, tmp_path: Path, fake_clock: FakeClock
) -> None:
    """The same when the old answer had ended: the error is raised, the entry stays for offline use."""
    box.set_clock("2026-11-20 10:30")
    with client_of(box, tmp_path, clock=fake_clock) as client:
        kr.get_today("005930", client=client)
        box.advance(minutes=5)
        box.fail("500", None)
        with pytest.raises(errors.NetworkError):
            kr.get_today("005930", client=client)
        assert len(stored(tmp_path)) == 1


def test_refresh_asks_every_page(box: Sandbox, client: Client) -> None:
    """refresh=True of a pull renews all its pages."""
    kr.get_bars("005930", pages=3, client=client)
    kr.get_bars("005930", pages=3, client=client, refresh=True)
    assert data_calls(box) == 6


def test_pages_behind_a_renewed_first_page(box: Sandbox, client: Client) -> None:
    """Keys that name no date point elsewhere when rows were added: those pages are asked again too."""
    box.set_clock("2026-11-20 10:30")
    kr.get_daily("005930", 3, client=client)
    assert data_calls(box) == 3
    box.advance(minutes=2)
    kr.get_daily("005930", 3, client=client)
    assert data_calls(box) == 6
    kr.get_daily("005930", 3, client=client)
    assert data_calls(box) == 6


def test_pages_behind_a_first_page_that_another_pull_renewed(box: Sandbox, client: Client) -> None:
    """Page 1 renewed alone, in a pull before: page 2 as it was then would leave a session out."""
    box.set_clock("2026-11-20 07:00")
    kr.get_daily("005930", 2, client=client)
    box.set_clock("2026-11-20 08:00:10")
    kr.get_daily("005930", 1, client=client)
    box.advance(seconds=20)
    frame = kr.get_daily("005930", 2, client=client)
    sessions = kr.get_bars("005930", client=client).index
    assert frame.index.equals(sessions[-len(frame) :])
    assert data_calls(box) == 5


def test_pages_behind_a_lost_first_page(box: Sandbox, tmp_path: Path) -> None:
    """The same when page 1 is gone and the pages behind it are still good."""
    with client_of(box, tmp_path) as client:
        kr.get_daily("005930", 3, client=client)
        with closing(sqlite3.connect(tmp_path / "cache" / FILE)) as link, link:
            link.execute("DELETE FROM pages WHERE page=1")
        kr.get_daily("005930", 3, client=client)
    assert box.requests().groupby("call")["page"].get_group("ka10005").tolist() == [1, 2, 3] * 2


def test_dated_pages_behind_a_renewed_first_page(box: Sandbox, client: Client) -> None:
    """Keys that name a date keep their place: only page 1 is asked again."""
    box.set_clock("2026-11-20 10:30")
    kr.get_bars("005930", pages=3, client=client)
    box.advance(minutes=2)
    kr.get_bars("005930", pages=3, client=client)
    assert box.requests().query("call == 'ka10081'")["page"].tolist() == [1, 2, 3, 1]


# --- when an answer ends -------------------------------------------------------------------------

# (asked at, still good at, no longer good at) by hand: numbers of a session move until 21:05 (the evening of the exam
# day 2026-11-19 is not known, so until 08:00 of the 20th), a row of the coming session may appear at midnight.
SNAPSHOT = [
    ("2026-11-20 06:00", "2026-11-20 06:00", "2026-11-20 06:01"),
    ("2026-11-20 10:30", "2026-11-20 10:30", "2026-11-20 10:31"),
    ("2026-11-20 15:35", "2026-11-20 15:35", "2026-11-20 15:36"),
    ("2026-11-20 20:10", "2026-11-20 20:10", "2026-11-20 20:11"),
    ("2026-11-20 21:04", "2026-11-20 21:04", "2026-11-20 21:05"),
    ("2026-11-20 21:05", "2026-11-22 23:59", "2026-11-23 00:00"),
    ("2026-11-21 12:00", "2026-11-22 23:59", "2026-11-23 00:00"),
    ("2026-11-19 16:30", "2026-11-19 16:30", "2026-11-19 16:31"),
    ("2026-11-19 21:05", "2026-11-19 21:05", "2026-11-19 21:06"),
    ("2026-12-30 21:05", "2027-01-03 23:59", "2027-01-04 00:00"),
    ("2026-09-11 20:09", "2026-09-11 20:09", "2026-09-11 20:10"),
    ("2026-09-11 20:10", "2026-09-13 23:59", "2026-09-14 00:00"),
]
LIST = [
    ("2026-11-20 06:00", "2026-11-20 07:59", "2026-11-20 08:00"),
    ("2026-11-20 10:30", "2026-11-23 07:59", "2026-11-23 08:00"),
    ("2026-11-21 12:00", "2026-11-23 07:59", "2026-11-23 08:00"),
]
BASE_DATE = [  # base_dt is the last session that has begun
    ("2026-11-20 10:30", "2026-11-20 10:30", "2026-11-20 10:31"),
    ("2026-11-20 15:35", "2026-11-20 15:35", "2026-11-20 15:36"),
    ("2026-11-20 21:04", "2026-11-20 21:04", "2026-11-20 21:05"),
    ("2026-11-20 21:05", "2026-11-23 08:59", "2026-11-23 09:00"),
    ("2026-11-21 12:00", "2026-11-23 08:59", "2026-11-23 09:00"),
    ("2026-11-23 07:00", "2026-11-23 08:59", "2026-11-23 09:00"),
    ("2026-11-18 21:05", "2026-11-19 09:59", "2026-11-19 10:00"),
    ("2026-11-19 21:05", "2026-11-19 21:05", "2026-11-19 21:06"),
    ("2026-11-20 08:00", "2026-11-20 08:59", "2026-11-20 09:00"),
    ("2026-12-30 21:05", "2027-01-04 09:59", "2027-01-04 10:00"),
    ("2026-09-10 20:10", "2026-09-11 08:59", "2026-09-11 09:00"),
]
UNKNOWN_HOUR = [  # nobody measured: 08:00 of the next session, where the numbers are already those of that one
    ("2026-11-20 21:05", "2026-11-20 21:05", "2026-11-20 21:06"),
    ("2026-11-21 12:00", "2026-11-21 12:00", "2026-11-21 12:01"),
]
UNKNOWN_BASE_DATE = [
    *UNKNOWN_HOUR,
    ("2026-11-23 07:59", "2026-11-23 07:59", "2026-11-23 08:00"),
    ("2026-11-23 08:00", "2026-11-23 08:59", "2026-11-23 09:00"),
]
PULLS = {
    "info": (lambda c: kr.get_info("005930", client=c), SNAPSHOT[2::3]),
    "quotes": (lambda c: kr.get_quotes("005930", client=c), SNAPSHOT[0::3]),
    "today": (lambda c: kr.get_today("005930", client=c), SNAPSHOT),
    "daily": (lambda c: kr.get_daily("005930", client=c), UNKNOWN_HOUR),
    "ranking": (lambda c: kr.get_ranking("value", client=c), UNKNOWN_HOUR),
    "index": (lambda c: kr.get_index("kospi", client=c), UNKNOWN_BASE_DATE),
    "flows": (lambda c: kr.get_investors("005930", client=c), BASE_DATE[2:6]),
    "foreign": (lambda c: kr.get_foreign("005930", client=c), UNKNOWN_HOUR),
    "short": (lambda c: kr.get_short("005930", client=c), BASE_DATE[2:6]),
    "list": (lambda c: kr.get_stocks("etn", client=c), LIST),
    "days": (lambda c: kr.get_bars("005930", client=c), BASE_DATE),
    "weeks": (lambda c: kr.get_bars("005930", "1w", client=c), BASE_DATE[1:3]),
    "years": (lambda c: kr.get_bars("005930", "1y", client=c), BASE_DATE[2:4]),
    "minutes": (lambda c: kr.get_minutes("005930", client=c), BASE_DATE),
}  # fmt: skip


@pytest.fixture(scope="module")
def moving_box() -> Iterator[Sandbox]:
    """A sandbox for tests that set its clock first."""
    with Sandbox(rate=None) as box:
        yield box


@pytest.mark.parametrize(
    ("name", "asked", "good", "ended"),
    [(name, *case) for name, (_, cases) in PULLS.items() for case in cases],
)
def test_expiry(name: str, asked: str, good: str, ended: str, moving_box: Sandbox, tmp_path: Path) -> None:
    """The server is asked again exactly from the moment its answer can differ."""
    pull, box = PULLS[name][0], moving_box
    with client_of(box, tmp_path) as client:
        box.set_clock(asked)
        pull(client)
        before = data_calls(box)
        box.set_clock(good + ":59")
        pull(client)
        assert data_calls(box) == before, f"asked again at {good}:59"
        box.set_clock(ended)
        pull(client)
        assert data_calls(box) == before + 1, f"not asked again at {ended}"


def test_running_session_is_not_frozen(box: Sandbox, tmp_path: Path) -> None:
    """Minutes pulled in the session, after the close and on Saturday: the last has all of Friday."""
    with client_of(box, tmp_path) as client:
        ends = []
        for moment in ("2026-11-20 10:30", "2026-11-20 15:45", "2026-11-21 10:00"):
            box.set_clock(moment)
            frame = kr.get_minutes("005930", client=client)
            ends.append((f"{frame.index[-1]:%d %H:%M}", bool(frame["complete"].iloc[-1])))
    assert ends[0][0] in ("20 10:29", "20 10:30")
    assert ends[0][1] is False
    assert ends[1] == ("20 15:30", False)
    assert ends[2][0] >= "20 15:30"
    assert ends[2][1] is True


@pytest.mark.parametrize("base", ["20261123", "20261121", "20991231"])
def test_a_base_date_ahead_of_the_market(base: str, box: Sandbox, client: Client) -> None:
    """A future base_dt acts as today, so its answer is another one when that day comes."""
    first = kr.query("ka10081", stk_cd="005930", base_dt=base, upd_stkpc_tp="1", client=client)
    box.set_clock("2026-11-24 21:00")
    later = kr.query("ka10081", stk_cd="005930", base_dt=base, upd_stkpc_tp="1", client=client)
    assert f"{first.index[-1]:%Y%m%d}" == "20261120"
    assert f"{later.index[-1]:%Y%m%d}" == {"20261121": "20261120", "20261123": "20261123"}.get(
        base, "20261124"
    )


def test_a_base_date_before_its_open(box: Sandbox, client: Client) -> None:
    """Today's date asked for before today's open does not freeze yesterday's answer under it."""
    box.set_clock("2026-11-20 08:30")
    kr.query("ka10081", stk_cd="005930", base_dt="20261120", upd_stkpc_tp="1", client=client)
    box.set_clock("2026-11-20 21:05")
    later = kr.query("ka10081", stk_cd="005930", base_dt="20261120", upd_stkpc_tp="1", client=client)
    assert f"{later.index[-1]:%Y%m%d}" == "20261120"
    assert later["complete"].iloc[-1]


def test_adjusted_pages_without_a_base_date_end_with_the_day(box: Sandbox, tmp_path: Path) -> None:
    """They are adjusted as of the day of asking: a later split must not meet yesterday's pages."""
    with client_of(box, tmp_path) as client:
        for adjusted in (True, False):
            kr.get_bars("005930", "tick", pages=2, adjusted=adjusted, client=client)
    ends = {(orjson.loads(row[1]["body"])["return_code"], row[6], row[2]) for row in stored(tmp_path)}
    monday = datetime(2026, 11, 23, 8, tzinfo=KST).timestamp()
    second = [expires for _, page, expires in ends if page == 2]
    assert set(second) <= {monday, None}
    assert monday in second


# --- housekeeping --------------------------------------------------------------------------------


def test_purge_at_start(box: Sandbox, tmp_path: Path) -> None:
    """A new client removes what has ended, and only of its own server."""
    with client_of(box, tmp_path) as client:
        kr.get_bars("005930", client=client)
        kr.get_today("005930", client=client)
        kr.get_stocks("etn", client=client)
    assert len(stored(tmp_path)) == 3
    with closing(sqlite3.connect(tmp_path / "cache" / FILE)) as link, link:
        link.execute(
            "INSERT INTO pages (key, value, expires, server, call, code, page, created)"
            " SELECT 'x', value, 1.0, 'real', call, code, page, created FROM pages"
            " WHERE call='ka10006'"
        )
    box.set_clock("2026-11-23 08:00")
    with client_of(box, tmp_path):
        pass
    left = {(row[3], row[4]) for row in stored(tmp_path)}
    assert left == {("real", "ka10006"), (box.name, "ka10081")}


def test_start_without_a_network_keeps_what_offline_needs(
    box: Sandbox, fake_clock: FakeClock, tmp_path: Path
) -> None:
    """What has ended since the server last answered stays until it answers again."""
    with client_of(box, tmp_path) as client:
        kr.get_today("005930", client=client)
    then = datetime(2026, 11, 20, 10, tzinfo=KST).timestamp()
    with closing(sqlite3.connect(tmp_path / "cache" / FILE)) as link, link:
        link.execute("UPDATE pages SET server='real', expires=?", (then + 60,))
        link.execute("DELETE FROM server_times")
        link.execute("INSERT INTO server_times VALUES ('real', ?)", (then,))
    fake_clock.seconds = then + 86_400
    real = replace(settings("real", Keys("sandbox", "sandbox"), cache_dir=tmp_path / "cache"), state_dir=None)
    with Client(real, clock=fake_clock):
        assert len(stored(tmp_path)) == 1
    with Client(replace(real, offline=True), clock=fake_clock) as offline:
        assert offline.now().timestamp() == then
    with closing(sqlite3.connect(tmp_path / "cache" / FILE)) as link, link:
        link.execute("UPDATE server_times SET shown=?", (then + 3600,))
    with Client(real, clock=fake_clock):
        assert stored(tmp_path) == []


def test_offline_does_not_purge(box: Sandbox, tmp_path: Path) -> None:
    """An offline client keeps what has ended: it is all it has."""
    with client_of(box, tmp_path) as client:
        kr.get_today("005930", client=client)
        box.set_clock("2026-12-23 08:00")
        client.now()
    with client_of(box, tmp_path, offline=True) as client:
        assert f"{client.now():%m-%d}" == "12-23"
    assert len(stored(tmp_path)) == 1


def test_cap(box: Sandbox, tmp_path: Path) -> None:
    """Over the cap the oldest answers go first."""
    with client_of(box, tmp_path) as client:
        for code in ("005930", "000660", "035420", "035720"):
            kr.get_bars(code, client=client)
            box.advance(seconds=1)
        sizes = client.cache.info({})["bytes"]
        client.cache.cap = int(sizes.sum() - sizes.min() / 2)
        client.cache.evict()
        assert set(client.cache.info({})["code"]) == {"000660", "035420", "035720"}
        client.cache.cap = int(sizes.max() * 1.5)
        client.cache.evict()
        assert set(client.cache.info({})["code"]) == {"035720"}
        client.cache.cap = 0
        client.cache.evict()
        assert client.cache.info({}).empty


def test_a_running_pull_keeps_its_pages(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pull larger than the cap costs nothing the second time, and other pages make room for it."""
    monkeypatch.setattr(cache, "PUTS_BETWEEN_EVICTIONS", 1)
    codes = [f"80{n:03}0" for n in range(5, 25)]
    with Client(replace(settings(box, cache_dir=tmp_path / "cache", cache_size=200_000))) as client:
        kr.get_info("005930", client=client)
        box.advance(seconds=1)
        first = kr.pull(codes[:10], progress=False, client=client)
        box.advance(seconds=1)
        both = kr.pull(codes, progress=False, client=client)
        assert client.cache.info({})["bytes"].sum() > 200_000
        assert set(client.cache.info({})["code"]) == set(codes)
        before = data_calls(box)
        pd.testing.assert_frame_equal(kr.pull(codes, progress=False, client=client), both)
        assert data_calls(box) == before == 21
        kr.get_info("005930", client=client)
        assert client.cache.info({})["bytes"].sum() <= 200_000  # the pull is over
    assert len(first) < len(both)


def test_plan_says_when_the_cache_is_too_small(box: Sandbox, tmp_path: Path) -> None:
    """A pull whose pages need more room than the cap: the plan says how much."""
    codes = [f"80{n:03}0" for n in range(5, 25)]
    folder = tmp_path / "cache"
    with (
        Client(settings(box, cache_dir=folder, cache_size=200_000)) as client,
        pytest.warns(UserWarning, match=r"about 0\.5 MB, .* cache_size="),
    ):
        assert kr.plan(codes, client=client)["requests"] == 20
    with Client(settings(box, cache_dir=folder, cache_size=1_000_000)) as client:
        kr.plan(codes, client=client)
        kr.pull(codes[:2], progress=False, client=client)
        size = int(client.cache.info({})["bytes"].sum())
    with (
        Client(settings(box, cache_dir=folder, cache_size=9 * size)) as client,
        pytest.warns(UserWarning, match="cache_size="),
    ):
        kr.plan(codes, client=client)  # the pages that are there say how large one is
    with Client(settings(box, cache_dir=folder, cache_size=11 * size)) as client:
        kr.plan(codes, client=client)


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "1 GB", None])
def test_sizes_that_are_none(size: object, box: Sandbox) -> None:
    """cache_size is a number of bytes; without it there are a thousand million."""
    if size is None:
        assert settings(box).cache_size == 1_000_000_000
        return
    with pytest.raises(ValueError, match="cache_size: expected a positive integer"):
        kr.connect(box, cache_size=size)  # type: ignore[arg-type]


def test_no_page_is_read_to_open_or_describe_the_cache(box: Sandbox, tmp_path: Path) -> None:
    """Opening, info, expiry, eviction and release find their rows in an index: they do not scan the pages."""
    said: list[str] = []
    with client_of(box, tmp_path) as client:
        kr.get_bars("005930", client=client)
        with client.cache.responses.connection() as link:
            link.set_trace_callback(said.append)
            client.cache.info({})
            client.cache.delete_expired(box.name, client.now())
            client.cache.evict()
            client.cache.cap = 0
            client.cache.evict()
            client.cache.release("ka10081", ["005930"], box.name)
            link.set_trace_callback(None)
            statements = [sql for sql in said if " pages " in f"{sql} "]
            assert len(statements) == 5
            plans = [row[3] for sql in statements for row in link.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert [plan for plan in plans if plan.startswith("SCAN pages") and "COVERING INDEX" not in plan] == []


def test_an_answer_from_later_is_none(box: Sandbox, tmp_path: Path) -> None:
    """A sandbox that moved on and one that did not share a folder: each sees what its own clock allows."""
    with client_of(box, tmp_path) as client:
        friday = kr.get_quotes("005930", client=client)
        box.advance(days=3)
        monday = kr.get_quotes("005930", client=client)
        box.set_clock("2026-11-20 21:30")
        again = kr.get_quotes("005930", client=client)
    pd.testing.assert_frame_equal(again, friday)
    assert not monday.equals(friday)


def test_two_clients_of_one_file(box: Sandbox, tmp_path: Path) -> None:
    """What one stores the other finds at once; threads of both write together."""
    with client_of(box, tmp_path) as one, client_of(box, tmp_path) as other:
        codes = kr.get_stocks("kosdaq", client=one).index[:16].tolist()
        failed: list[BaseException] = []

        def pull(client: Client, some: list[str]) -> None:
            try:
                for code in some:
                    kr.get_bars(code, "1y", client=client)
            except BaseException as error:
                failed.append(error)

        threads = [
            threading.Thread(target=pull, args=(c, codes[at::4])) for at, c in enumerate((one, other) * 2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        asked = data_calls(box)
        for code in codes:
            kr.get_bars(code, "1y", client=other)
            kr.get_bars(code, "1y", client=one)
        assert data_calls(box) == asked


def test_four_processes_open_a_new_cache(tmp_path: Path) -> None:
    """Four processes that create the file at once: no "database is locked", no warning, one file."""
    code = f"""
import sys, warnings
from pathlib import Path
warnings.simplefilter("error")
import time
from kiwoom_research.client.cache import HttpCache
print("ready", flush=True)
begin = float(sys.stdin.readline())
for number in range(50):
    while time.time() < begin + 0.03 * number:
        pass
    cache = HttpCache(Path({str(tmp_path)!r}) / str(number), 1_000_000)
    assert cache.working
    cache.close()
"""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    made = [subprocess.Popen([sys.executable, "-c", code], text=True, **pipes) for _ in range(4)]  # type: ignore[call-overload]
    for one in made:
        assert one.stdout.readline() == "ready\n"
    begin = f"{time.time() + 0.1}\n"
    for one in made:
        one.stdin.write(begin)
        one.stdin.flush()
    for one in made:
        _, said = one.communicate(timeout=60)
        assert one.returncode == 0, said


# --- a broken disk -------------------------------------------------------------------------------


def right(client: Client, times: int = 1) -> None:
    """The data are right, with and without a cache."""
    for _ in range(times):
        frame = kr.get_bars("005930", client=client)
        assert len(frame) == 600
        assert frame["close"].notna().all()


def right_twice(box: Sandbox, folder: Path) -> bool:
    """A new client of a folder has right data twice; whether its cache works afterwards."""
    with Client(replace(settings(box, cache_dir=folder), state_dir=None)) as client:
        right(client, 2)
        assert client.cache.working or (
            client.cache.info({}).empty and client.cache.clear(None, None, None) == 0
        )
        return client.cache.working


@pytest.mark.parametrize(
    "rubbish", [b"garbage" * 1000, b"SQLite format 3\0" + b"\xff" * 8000], ids=["text", "head"]
)
def test_corrupt_file(rubbish: bytes, box: Sandbox, tmp_path: Path) -> None:
    """A file that is no database: one warning, it is kept beside, a new one works."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / FILE).write_bytes(rubbish)
    with pytest.warns(RuntimeWarning, match="cache file was damaged") as warned:
        assert right_twice(box, tmp_path / "cache")
    assert len(warned) == 1
    assert (tmp_path / "cache" / FILE).with_suffix(".broken").read_bytes() == rubbish
    assert data_calls(box) == 1
    with client_of(box, tmp_path) as client:
        right(client)
    assert data_calls(box) == 1


def test_file_that_breaks_in_the_middle(box: Sandbox, tmp_path: Path) -> None:
    """Rubbish behind a sound head: one warning, right data, and the next start has a sound file."""
    with client_of(box, tmp_path) as client:
        for code in ("005930", "000660", "035420"):
            kr.get_bars(code, client=client)
    file = tmp_path / "cache" / FILE
    whole = file.read_bytes()
    file.write_bytes(whole[:8192] + b"\xab" * (len(whole) - 8192))
    with pytest.warns(RuntimeWarning, match="cache file was damaged") as warned:
        right_twice(box, tmp_path / "cache")
    assert len(warned) == 1
    with client_of(box, tmp_path) as client:
        right(client)
        assert client.cache.working


def odd(column: str, value: object) -> Callable[[sqlite3.Connection], object]:
    """Put a value that we never write into a column of one entry."""
    return lambda link: link.execute(f"UPDATE pages SET {column}=? WHERE code='005930'", (value,))


ODD_ENTRIES = {
    "rubbish": odd("value", b"rubbish"),
    "list": odd("value", zlib.compress(b"[]")),
    "head is a list": odd("value", zlib.compress(b"[]\n{}")),
    "head of another": odd("value", zlib.compress(b'{"key": 5, "headers": 6}\n{}')),
    "empty": odd("value", b""),
    "null": odd("value", None),
    "text": odd("value", "text"),
    "number": odd("value", 5),
    "created text": odd("created", "yesterday"),
    "created bytes": odd("created", b"\xff"),
    "created null": odd("created", None),
    "expires text": odd("expires", "never"),
    "expires bytes": odd("expires", b"\xff"),
    "expires of another": odd("expires", 1e10),
    "expires too large": odd("expires", 1e300),
    "next key": odd("next_key", None),
    "next key bytes": odd("next_key", b"\xff"),
}


@pytest.mark.parametrize("name", ODD_ENTRIES)
def test_unreadable_entry(name: str, box: Sandbox, tmp_path: Path) -> None:
    """An entry that we did not write is requested again, with one warning a client; the others stay."""
    with client_of(box, tmp_path) as client:
        whole = kr.get_bars("005930", client=client)
        kr.get_bars("000660", client=client)

        def spoilt() -> pd.DataFrame:
            with closing(sqlite3.connect(tmp_path / "cache" / FILE)) as link, link:
                ODD_ENTRIES[name](link)
            before = data_calls(box)
            frame = kr.get_bars("005930", client=client)
            kr.get_bars("000660", client=client)
            assert data_calls(box) == before + 1
            return frame

        with pytest.warns(RuntimeWarning, match="cannot be read") as warned:
            frames = [spoilt() for _ in range(3)]
        assert len(warned) == 1
    for frame in frames:
        pd.testing.assert_frame_equal(frame, whole)


@pytest.mark.parametrize("value", ["text", b"\xff", None, 5, 1e300, -1e300, 2**62])
@pytest.mark.parametrize("column", ["server", "call", "code", "page", "created", "expires", "size"])
def test_odd_values_break_no_function(column: str, value: object, box: Sandbox, tmp_path: Path) -> None:
    """Whatever stands in a column of a sound file: opening, info, plan, eviction and clear go on."""
    with client_of(box, tmp_path) as client:
        whole = kr.get_bars("005930", client=client)
        kr.get_bars("000660", client=client)
    with closing(sqlite3.connect(tmp_path / "cache" / FILE)) as link, link:
        odd(column, value)(link)
        link.execute("UPDATE server_times SET shown=?", (value,))
        link.execute("INSERT INTO unknown_codes VALUES (?, '005930', ?, ?)", (box.name, value, value))
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with client_of(box, tmp_path) as client:
            assert client.cache.info({})["pages"].sum() <= 2
            assert kr.plan(["005930", "000660"], client=client)["codes"] == 2
            pd.testing.assert_frame_equal(kr.get_bars("005930", client=client), whole)
            client.cache.cap = 0
            client.cache.evict()
            client.cache.clear()
            assert client.cache.working
            assert client.cache.info({}).empty
    assert len(warned) <= 1


def test_flipped_bits(box: Sandbox, tmp_path: Path) -> None:
    """A seeded fuzz: 120 files with one bit flipped give right data or are put aside, with one warning at most."""
    with client_of(box, tmp_path) as client:
        whole = kr.get_bars("005930", pages=2, client=client)
    file = tmp_path / "cache" / FILE
    sound, chance = file.read_bytes(), random.Random(4711)
    for _ in range(120):
        at = chance.randrange(8 * len(sound))
        raw = bytearray(sound)
        raw[at // 8] ^= 1 << at % 8
        for left in (tmp_path / "cache").iterdir():
            left.unlink()
        file.write_bytes(raw)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            with client_of(box, tmp_path) as client:
                pd.testing.assert_frame_equal(kr.get_bars("005930", pages=2, client=client), whole)
                client.cache.info({})
        assert len(warned) <= 1, (at, [str(one.message) for one in warned])


def test_directory_in_place_of_the_file(box: Sandbox, tmp_path: Path) -> None:
    """The file cannot be opened: one warning, right data, no cache."""
    (tmp_path / "cache" / FILE).mkdir(parents=True)
    with pytest.warns(RuntimeWarning, match="going on without it") as warned:
        assert not right_twice(box, tmp_path / "cache")
    assert len(warned) == 1
    assert data_calls(box) == 2


def test_file_in_place_of_the_folder(box: Sandbox, tmp_path: Path) -> None:
    """What the caller typed is refused; what the environment says is a warning."""
    (tmp_path / "cache").write_text("x")
    with pytest.raises(ValueError, match="cache_dir"):
        settings(box, cache_dir=tmp_path / "cache")
    with pytest.raises(ValueError, match="cache_dir"):
        kr.connect(box, cache_dir=str(tmp_path / "cache"))
    with pytest.warns(RuntimeWarning, match="going on without it") as warned:
        assert not right_twice(box, Path(tmp_path / "cache" / "below"))
    assert len(warned) == 1


def test_read_only_file(box: Sandbox, tmp_path: Path) -> None:
    """A file system that refuses to write (root ignores permissions, /proc does not): one warning, right data."""
    if not Path("/proc/self").is_dir():
        pytest.skip("no /proc on this system")
    with pytest.warns(RuntimeWarning, match="going on without it") as warned:
        assert not right_twice(box, Path("/proc/self/kiwoom"))
    assert len(warned) == 1


def test_write_that_fails(box: Sandbox, tmp_path: Path) -> None:
    """A disk that fills up in the middle (SQLite is told a page limit): one warning, right data, no loss."""
    with client_of(box, tmp_path) as client:
        kr.get_today("005930", client=client)
        with client.cache.responses.connection() as link:
            (pages,) = link.execute("PRAGMA page_count").fetchone()
            link.execute(f"PRAGMA max_page_count={pages}").fetchone()
        with pytest.warns(RuntimeWarning, match="full") as warned:
            whole = kr.get_bars("005930", pages=3, client=client)
        right(client)
        assert len(whole) == 1800
        assert len(warned) == 1
    assert [row[4] for row in stored(tmp_path)] == ["ka10006"]


def test_locked_file(box: Sandbox, tmp_path: Path) -> None:
    """Another program holds the database: one warning after the busy time, then right data without it."""
    with client_of(box, tmp_path) as client:
        kr.get_today("005930", client=client)
        with client.cache.responses.connection() as link:
            link.execute("PRAGMA busy_timeout=100")
        with closing(sqlite3.connect(tmp_path / "cache" / FILE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.warns(RuntimeWarning, match="locked") as warned:
                right(client, 2)
            other.execute("ROLLBACK")
        assert len(warned) == 1


def test_file_of_another_version(box: Sandbox, tmp_path: Path) -> None:
    """A table of another shape under our name: one warning, right data."""
    (tmp_path / "cache").mkdir()
    with closing(sqlite3.connect(tmp_path / "cache" / FILE)) as link, link:
        link.execute("CREATE TABLE pages (something TEXT)")
    with pytest.warns(RuntimeWarning, match="going on without it") as warned:
        assert not right_twice(box, tmp_path / "cache")
    assert len(warned) == 1


def test_folder_that_goes_away(box: Sandbox, tmp_path: Path) -> None:
    """The folder is removed while a client is at work: the data stay right."""
    import shutil

    with client_of(box, tmp_path) as client:
        kr.get_today("005930", client=client)
        shutil.rmtree(tmp_path / "cache")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            right(client)
            right(client)


def test_temporary_cache_ends_with_its_client(box: Sandbox) -> None:
    """Without a folder the answers live as long as the client."""
    made = HttpCache(None, 1_000_000)
    folder = made.folder
    assert (folder / FILE).exists()
    made.close()
    assert not folder.exists()


# --- looking and clearing ------------------------------------------------------------------------


@pytest.fixture
def default(box: Sandbox, tmp_path: Path) -> Iterator[Client]:
    """The default client, of `box`."""
    with kr.connect(box, cache_dir=tmp_path / "cache") as made:
        yield made


def test_info(box: Sandbox, default: Client, tmp_path: Path) -> None:
    """One row a server, call and code with pages, bytes, age and end; the numbers are those of the file."""
    kr.get_bars("005930", pages=3)
    kr.get_today("005930")
    kr.get_stocks("etn")
    box.advance(minutes=90)
    info = kr.cache.info()
    assert info.columns.tolist() == ["server", "call", "code", "pages", "bytes", "age", "expires"]
    assert info["call"].tolist() == ["ka10006", "ka10081", "ka10099"]
    assert info["code"].tolist() == ["005930", "005930", "60"]
    assert info["pages"].tolist() == [1, 3, 1]
    assert (info["server"] == box.name).all()
    assert (info["age"] == timedelta(minutes=90)).all()
    midnight, monday = (pd.Timestamp(f"2026-11-23 {hour}", tz="Asia/Seoul") for hour in ("00:00", "08:00"))
    assert info["expires"].tolist() == [midnight, pd.NaT, monday]
    with closing(sqlite3.connect(tmp_path / "cache" / FILE)) as link:
        sizes = dict(link.execute("SELECT call, SUM(LENGTH(value)) FROM pages GROUP BY call"))
    assert info.set_index("call")["bytes"].to_dict() == sizes


def test_info_of_an_empty_cache(default: Client) -> None:
    """No rows, the same columns and dtypes."""
    info = kr.cache.info()
    assert info.empty
    assert info["pages"].dtype == info["bytes"].dtype == "int64"
    assert str(info["expires"].dtype).startswith("datetime64[")
    assert str(info["age"].dtype).startswith("timedelta64[")
    assert repr(kr.cache) == "<kiwoom_research cache: .info(), .clear()>"


def fill() -> None:
    kr.get_bars("005930", pages=2)
    kr.get_bars("000660")
    kr.get_today("005930")
    kr.get_quotes(["005930", "035420"])
    kr.get_quotes(["035420", "035720"])
    kr.get_stocks("etn")


@pytest.mark.parametrize(
    ("choice", "gone", "rest"),
    [
        ({}, 7, []),
        ({"call": "ka10081"}, 3, ["ka10006", "ka10095", "ka10095", "ka10099"]),
        ({"code": "005930"}, 4, ["ka10081", "ka10095", "ka10099"]),
        ({"code": " a005930"}, 4, ["ka10081", "ka10095", "ka10099"]),
        ({"call": "ka10081", "code": "000660"}, 1, ["ka10006", "ka10081", "ka10095", "ka10095", "ka10099"]),
        ({"code": "035720"}, 1, ["ka10006", "ka10081", "ka10081", "ka10095", "ka10099"]),
        ({"server": "real"}, 0, ["ka10006", "ka10081", "ka10081", "ka10095", "ka10095", "ka10099"]),
        ({"server": "x' OR '1'='1"}, 0, ["ka10006", "ka10081", "ka10081", "ka10095", "ka10095", "ka10099"]),
    ],
)  # fmt: skip
def test_clear(choice: dict[str, str], gone: int, rest: list[str], box: Sandbox, default: Client) -> None:
    """clear() removes what it says and nothing else; an answer that holds a code is an answer of the code."""
    fill()
    assert kr.cache.clear(**choice) == gone
    assert kr.cache.info()["call"].tolist() == rest
    if not choice:
        before = data_calls(box)
        fill()
        assert data_calls(box) == before + 7


def test_clear_removes_the_bytes(default: Client, tmp_path: Path) -> None:
    """What was cleared is neither in the file nor in its log, and the room is given back."""
    file = tmp_path / "cache" / FILE
    for code in ("005930", "000660", "035420", "035720"):
        kr.get_bars(code, pages=3)
    kr.get_info("005930")
    with closing(sqlite3.connect(file)) as link:
        values = [row[0] for row in link.execute("SELECT value FROM pages WHERE call='ka10081'")]

    def on_disk() -> bytes:
        return file.read_bytes() + Path(f"{file}-wal").read_bytes()

    assert all(value[:200] in on_disk() for value in values)
    before = len(on_disk())
    assert kr.cache.clear(call="ka10081") == 12
    left = on_disk()
    # a chunk of each value, away from the compressed head that all values share
    assert not any(
        value[at : at + 64] in left for value in values for at in range(100, len(value) - 64, 1000)
    )
    assert len(left) < before / 4
    assert kr.cache.info()["call"].tolist() == ["ka10001"]


def test_what_is_released_leaves_no_bytes(box: Sandbox, tmp_path: Path) -> None:
    """Rows that go are overwritten in the file, also where it does not shrink."""
    file = tmp_path / "cache" / FILE
    with client_of(box, tmp_path) as client:
        for code in ("005930", "000660"):
            kr.get_bars(code, client=client)
        with closing(sqlite3.connect(file)) as link:
            values = dict(link.execute("SELECT code, value FROM pages WHERE call='ka10081'").fetchall())
    with client_of(box, tmp_path) as client:
        client.cache.release("ka10081", ["005930"], box.name)
    left = file.read_bytes()
    assert values["000660"][5000:5064] in left
    assert not any(
        values["005930"][at : at + 64] in left for at in range(100, len(values["005930"]) - 64, 500)
    )


def test_clear_does_not_take_other_text(default: Client) -> None:
    """What cannot be a code, a call or a server is an error, not "everything", and the cache goes on."""
    fill()
    wrong: list[dict[str, Any]] = [
        *({"code": code} for code in ("5930", "%", "_", "", 0, [])),
        *({"call": call} for call in ("ka1008%", "x' OR '1'='1", "", 5, b"ka10081", ["ka10006"], pd.NA)),
        *({"server": server} for server in (5, ["real"], "\ud800")),
    ]
    for choice in wrong:
        with pytest.raises(ValueError, match=next(iter(choice))):
            kr.cache.clear(**choice)
    assert len(kr.cache.info()) == 6
