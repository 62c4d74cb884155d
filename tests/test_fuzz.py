"""Replies nobody would write: whatever comes back, it is a frame that keeps the contract or one of our errors."""

import copy
import json
import math
import random
import sqlite3
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kiwoom_research as kr
from kiwoom_research import frames
from kiwoom_research.calendar import KST
from kiwoom_research.client import Client
from kiwoom_research.client.cache import FILE
from kiwoom_research.client.request import prepare
from kiwoom_research.client.throttle import Throttle
from kiwoom_research.client.token import TokenManager
from kiwoom_research.config import Keys, Server, Settings
from kiwoom_research.endpoints import QUERIES, Table
from kiwoom_research.sandbox import Sandbox
from kiwoom_research.sandbox.replies.producers import Options, answer

from .conftest import FakeClock
from .test_contract import FULL, asked_with, assert_index, dtypes_of, expected_dtypes, table_of
from .tiny import DATE, ISSUED, OK, Asked, Said, Tiny

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=KST)
# when other calls have rows: in an auction, and when holdings are no copies any more
OTHER_TIMES = {
    "ka10029": datetime(2026, 11, 20, 15, 25, tzinfo=KST),
    "ka10036": datetime(2026, 11, 20, 21, 30, tzinfo=KST),
}
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
FEW = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=QUIET)
MANY = settings(FEW, max_examples=200)
OURS = (kr.KiwoomError,)
# odd cells are missing and said: what is said is tested in test_odd_cells.py
pytestmark = pytest.mark.filterwarnings("ignore::kiwoom_research.errors.DataWarning")

# --- rubbish -----------------------------------------------------------------------------------------

TEXTS = st.sampled_from(
    ["", " ", "0", "-0", "--0", "+", "-", "--", "+-1", "---1", "1e5", "1_000", "1,00", "1,000", ",", ".", "1.", ".5",
     "NaN", "nan", "inf", "-Infinity", "null", "None", "True", "0x10", "4294967295", "2147483647", "-2147483648",
     "9" * 18, "9" * 400, "0" * 400, "1." + "3" * 400, "１２３", "٣", "²", "Ⅷ", "1\u00a0000", "\u2212" + "5", "00000000",
     "99999999", "20261320", "20260230", "00010101", "99991231", "20261120", "20261120093000", "20261120246060",
     "00010101000000", "99991231235959", "888888", "240000", "\x00", "\ud7ff", "\ufeff5", "삼성전자", "a" * 5000, "<html>"]
)  # fmt: skip
PLAIN = st.one_of(
    TEXTS, st.text(max_size=12), st.none(), st.booleans(), st.integers(), st.floats(), st.just(10**30)
)
RUBBISH = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=6
)  # fmt: skip


@pytest.fixture(scope="module")
def pages() -> dict[str, dict[str, Any]]:
    """A right reply of every call, cut to eight rows."""
    market = Sandbox(rate=None)
    try:
        made = {}
        for call in QUERIES.values():
            body = _body(call.id)
            table = call.table(body)
            now = OTHER_TIMES.get(call.id, NOW)
            page = answer(market._gateway._market, call, body, "", now, Options())
            made[call.id] = {**page.body, **({table.rows: page.body[table.rows][:8]} if table.rows else {})}
        return copy.deepcopy(made)
    finally:
        market.close()


def _body(api_id: str) -> dict[str, str]:
    return asked_with(api_id, FULL)


@st.composite
def spoilt(draw: st.DrawFn, reply: dict[str, Any], table: Table) -> dict[str, Any]:
    """A reply with some of what can be wrong with it."""
    reply = copy.deepcopy(reply)
    rows = reply[table.rows] if table.rows else [reply]
    keys = [field.raw for field in table.fields if not field.request]
    for _ in range(draw(st.integers(0, 3))):
        row = draw(st.sampled_from(rows)) if rows else {}
        match draw(
            st.sampled_from(["text", "type", "drop", "add", "double", "shuffle", "row", "rows", "blank"])
        ):
            case "text":
                row[draw(st.sampled_from(keys))] = draw(TEXTS)
            case "type":
                row[draw(st.sampled_from(keys))] = draw(RUBBISH)
            case "drop":
                row.pop(draw(st.sampled_from(keys)), None)
            case "add":
                row[draw(st.text(max_size=5))] = draw(RUBBISH)
            case "double":
                rows.append(dict(row))
            case "shuffle":
                rows.sort(key=lambda row: hash(str(row)) % 97)
            case "row":
                rows.insert(draw(st.integers(0, len(rows))), draw(RUBBISH))
                rows = [row for row in rows if isinstance(row, dict)]
            case "rows" if table.rows:
                reply[table.rows] = draw(RUBBISH)
                rows = []
            case "blank":
                row.update(dict.fromkeys(row, ""))
    return reply


def assert_contract(table: Table, frame: Any) -> None:
    """Columns, dtypes, index, signs and magnitudes of the contract; no infinity."""
    assert list(dtypes_of(frame).items()) == list(expected_dtypes(table).items())
    assert list(frame.index.names) == list(table.index or [None])
    if table.freq:
        assert_index(table, frame)
    numbers = frame.select_dtypes("float64").to_numpy()
    assert not np.isinf(numbers).any()
    for sign in [name for name in frame if name.endswith("_sign")]:
        price = sign.removesuffix("_sign")
        assert set(frame[sign]) <= {-1, 0, 1}
        assert not (frame[price] < 0).any()
        assert (frame.loc[frame[price].isna(), sign] == 0).all()
    assert json.loads(json.dumps(frame.attrs)) == frame.attrs


# --- straight into frames --------------------------------------------------------------------------------


@pytest.mark.parametrize("call", QUERIES)
def test_build(call: str, pages: dict[str, dict[str, Any]]) -> None:
    """frames.build of one to three spoilt pages: a contract frame or a DataError that names the call."""
    table, kept = table_of(call), 0
    refused: list[str] = []

    @FEW
    @given(st.data())
    def run(data: st.DataObject) -> None:
        nonlocal kept
        replies = [
            data.draw(spoilt(pages[call], table))
            for _ in range(data.draw(st.integers(1, 3 if table.freq else 1)))
        ]
        body = _body(call)
        try:
            frame = frames.build(
                table, replies, request=body, retrieved=NOW, more=data.draw(st.sampled_from(["", "x"]))
            )
        except kr.DataError as error:
            refused.append(str(error))
            return
        kept += 1
        assert_contract(table, frame)

    run()
    assert kept > 2  # rubbish is refused, and not everything is
    assert all(text.startswith(call) for text in refused)


@pytest.mark.parametrize("call", QUERIES)
def test_build_of_anything(call: str) -> None:
    """The same with replies that never were right."""
    table = table_of(call)

    @FEW
    @given(RUBBISH, RUBBISH)
    def run(reply: Any, rows: Any) -> None:
        for page in (reply, {table.rows or "x": rows}, {table.rows or "x": [rows]}):
            try:
                frame = frames.build(table, [page], request={"stk_cd": "005930"}, retrieved=NOW)
            except kr.DataError:
                continue
            assert_contract(table, frame)

    run()


# --- one thing wrong -------------------------------------------------------------------------------------

ODD = ["*", "N/A", "12월", "1_000", "--", "20261320", "٣", "\x00", "99:99"]
TRIALS = 16  # for each call


def frame_and_messages(table: Table, reply: dict[str, Any], body: dict[str, str]) -> tuple[Any, list[str]]:
    """The frame of a reply and what was warned about."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = frames.build(table, [reply], request=body, retrieved=NOW)
    return frame, [str(one.message) for one in caught]


def differing(one: Any, other: Any) -> dict[str, int]:
    """How many cells of each column differ; what is derived from several columns does not count."""
    names = [name for name in one if not name.endswith("_sign")]
    equal = {name: one[name].eq(other[name]) | (one[name].isna() & other[name].isna()) for name in names}
    return {name: int((~same).sum()) for name, same in equal.items() if not same.all()}


@pytest.mark.parametrize("call", QUERIES)
def test_one_thing_wrong(call: str, pages: dict[str, dict[str, Any]]) -> None:
    """An odd text, a key that lacks, another order, a blank row, another stock: the rest stays right."""
    table, body, draw = table_of(call), _body(call), random.Random(call)
    clean, messages = frame_and_messages(table, pages[call], body)
    assert messages == []
    pd.testing.assert_frame_equal(
        clean, frames.build(table, [pages[call]], request=body, retrieved=NOW, strict=True)
    )
    fields = [field for field in table.fields if not field.request]
    bar = {"open", "high", "low", "close", *table.index} if table.freq else set()
    for _ in range(TRIALS):
        reply = copy.deepcopy(pages[call])
        rows = reply[table.rows] if table.rows else [reply]
        field, row = draw.choice(fields), draw.choice(rows)
        match draw.choice(["text", "lack", "order", "blank", "stranger"]):
            case "text" | "lack" as what:
                text = draw.choice(ODD)
                if what == "text":
                    row[field.raw] = text
                else:
                    row.pop(field.raw, None)
                try:
                    frame, messages = frame_and_messages(table, reply, body)
                except kr.DataError as error:
                    refused = str(error)
                else:
                    refused = ""
                if refused:  # without it there is no bar, or the row is of a code that nobody asked for
                    alone = what == "lack" and len(rows) == 1
                    assert field.name in bar or (table.many and field.name == "code") or alone, (
                        field.raw,
                        what,
                    )
                    assert refused.startswith(call)
                    continue
                assert len(messages) <= 1
                unread = frame.attrs.get("unreadable", [])
                assert bool(messages) == bool(unread)
                assert all(cell["key"] == field.raw for cell in unread)
                if field.name not in table.index:
                    derived = {"change"} if field.name == "direction" else set()
                    changed = differing(frame, clean)
                    assert changed.keys() <= {field.name} | derived
                    assert set(changed.values()) <= {1}
            case "order" if table.freq not in ("", "tick"):
                draw.shuffle(rows)
                pd.testing.assert_frame_equal(frame_and_messages(table, reply, body)[0], clean)
            case "blank" if table.rows and not table.many:
                rows.append(dict.fromkeys(rows[0], ""))
                pd.testing.assert_frame_equal(frame_and_messages(table, reply, body)[0], clean)
            case "stranger" if table.rows and not table.many and "stk_cd" in body and "stk_cd" in reply:
                reply["stk_cd"] = "999999"
                with pytest.raises(kr.DataError, match="got one for 999999"):
                    frame_and_messages(table, reply, body)


# --- over the wire ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tiny, Client]]:
    """A server that says what an example wants, and one client of it on an injected clock."""
    with Tiny(lambda _: Said(b"")) as server, Client(
        server.settings(tmp_path_factory.mktemp("tiny")), clock=FakeClock(), timeout=(2, 2)
    ) as client:  # fmt: skip
        yield server, client
        server.shutdown()


CALLS: dict[str, Callable[[Client], Any]] = {
    "ka10001": lambda c: kr.get_info("005930", client=c, refresh=True),
    "ka10005": lambda c: kr.get_daily("005930", 3, client=c, refresh=True),
    "ka10006": lambda c: kr.get_today("005930", client=c, refresh=True),
    "ka10079": lambda c: kr.get_bars("005930", "tick", pages=3, client=c, refresh=True),
    "ka10080": lambda c: kr.get_minutes("005930", 5, 3, client=c, refresh=True),
    "ka10081": lambda c: kr.get_bars("005930", start="2020-01-01", client=c, refresh=True),
    "ka10094": lambda c: kr.get_bars("005930", "1y", end="2010", client=c, refresh=True),
    "ka10095": lambda c: kr.get_quotes("005930", client=c, refresh=True),
    "ka10099": lambda c: kr.get_stocks("all", client=c, refresh=True),
}
KEYS = st.one_of(
    st.sampled_from(
        ["", "A0059302024061800010000", "A00593099999999", "A00593020261399", " ", "x" * 60, "\xa0x", "\x85"]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=20),
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "cont-yn": st.sampled_from(["Y", "N", "y", "", "YES", "Y,Y"]),
        "next-key": KEYS,
        "Content-Type": st.sampled_from(["application/json;charset=UTF-8", "text/html", "", "x", "text/x;charset=utf-16"]),
        "resp-cnt": st.sampled_from(["0", "-1", "x", "9" * 30]),
        "Cache-Control": st.sampled_from(["no-store", "max-age=0", "max-age=99999999"]),
        "Set-Cookie": st.just("a=b; Max-Age=1000000"),
        "ETag": st.just('"x"'),
    },
)  # fmt: skip


def swallow(pull: Callable[[Client], Any], client: Client) -> Any:
    """What a pull returns, or None for one of our errors. An unknown stock is named by a UserWarning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no such stock", UserWarning)
        try:
            return pull(client)
        except OURS:
            return None


@pytest.mark.parametrize("call", CALLS)
def test_spoilt_replies_over_the_wire(
    call: str, pages: dict[str, dict[str, Any]], tiny: tuple[Tiny, Client]
) -> None:
    """Public functions over loopback: a contract frame or one of our errors; requests stay bounded."""
    (server, client), table = tiny, table_of(call)

    @FEW
    @given(st.data())
    def run(data: st.DataObject) -> None:
        said = [
            Said(
                json.dumps({**OK, **data.draw(spoilt(pages[call], table))}).encode("utf-8", "replace"),
                data.draw(HEADERS),
            )
            for _ in range(2)
        ]
        server.answer = lambda asked: said[len(server.data) % 2]
        server.asked.clear()
        frame = swallow(CALLS[call], client)
        assert len(server.data) <= 12
        if frame is not None:
            assert_contract(table, frame)

    run()


BYTES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [b"", b"null", b"[]", b"{}", b"0", b'""', b"{", b"[" * 9_000, b'{"a":' * 4_000, b'{"return_code":1e400}',
         b'{"return_code":-0}', b'{"return_code":0.5}', b'{"return_code":true}', b'{"return_code":"' + b"9" * 5000 + b'"}',
         b'{"return_code":"\xd9\xa0"}', b'{"return_code":0,"return_code":3}', b'\xef\xbb\xbf{"return_code":0}',
         b'{"return_code":0,"return_msg":"\\ud800"}', '{"return_code":0}'.encode("utf-16"), b'{"return_code":NaN}',
         b'{"return_code":3,"return_msg":["[8005:x]"]}', b'{"return_code":99999999999999999999}', b"\x00" * 100]
    ),
    st.builds(lambda code, text: json.dumps({"return_code": code, "return_msg": text}).encode(), RUBBISH, RUBBISH),
    st.builds(
        lambda code, text: json.dumps({"return_code": code, "return_msg": text}).encode(),
        st.integers(-3, 30) | st.sampled_from(["0", "0000", "8005", "3", "5", "7"]),
        st.sampled_from(["[8005:x]", "[1902:x]", "[1634]", "[1700:x]", "[4007]", "[2000](RC9000:x)", "[", "[9:x]", "[80:"])
        | st.text(max_size=20),
    ),
)  # fmt: skip


def test_any_bytes_over_the_wire(tiny: tuple[Tiny, Client]) -> None:
    """Any body with any status and any headers: one of our errors, or a reply that has the shape of its table."""
    server, client = tiny
    table, body = QUERIES["ka10081"], {"stk_cd": "005930", "base_dt": "20261120", "upd_stkpc_tp": "1"}

    @MANY
    @given(
        BYTES,
        st.sampled_from([200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 429, 500, 503, 599]),
        HEADERS,
        st.booleans(),
    )
    def run(raw: bytes, status: int, headers: dict[str, str], cut: bool) -> None:
        server.answer = lambda _: Said(raw if status != 204 else b"", headers, status, cut)
        server.asked.clear()
        found: list[Any] = []
        swallow(lambda client: found.append(client.call(table, body, refresh=True)), client)
        assert len(server.data) <= 5
        assert all(table.fits(reply.body) for reply in found)

    run()


DATES = st.one_of(
    st.sampled_from(
        [DATE, "", "x", "0", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 20 Nov 2026 11:30:00",
         "Fri, 20 Nov 2026 11:30:00 -0000", "Fri, 20 Nov 2026 11:30:00 +9999", "Fri, 20 Nov 2026 25:61:61 GMT",
         "Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 20 Nov 1985 11:30:00 GMT", "Sat, 20 Nov 2100 11:30:00 GMT",
         "Sun, 20 Nov 2500 11:30:00 GMT", "20 Nov 26 11:30", "Fri, 20 Nov 2026 11:30:00 EST", "\xa0", "9" * 400]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
    st.datetimes().map(lambda when: when.strftime("%a, %d %b %Y %H:%M:%S GMT")),
)  # fmt: skip


def test_any_date_header(tiny: tuple[Tiny, Client], pages: dict[str, dict[str, Any]]) -> None:
    """Whatever the server says the time is: a frame or one of our errors."""
    server, client = tiny
    answers = {QUERIES[call].path + call: Said({**OK, **pages[call]}) for call in CALLS}

    def say(asked: Asked) -> Said:
        return answers[asked.path + {name.lower(): v for name, v in asked.headers.items()}["api-id"]]

    @MANY
    @given(DATES, st.sampled_from(["ka10001", "ka10006", "ka10080", "ka10081", "ka10099"]))
    def run(date: str, call: str) -> None:
        server.date, server.answer = date, say
        try:
            frame = swallow(CALLS[call], client)
            if frame is not None and (call != "ka10099"):
                assert_contract(table_of(call), frame)
        finally:
            server.date = DATE

    run()


def test_any_token_reply() -> None:
    """Whatever the token call answers: a token, or one of our errors."""
    made = Settings(Server("x", "https://x.invalid", None), Keys("a", "b"), None, None)

    @MANY
    @given(st.dictionaries(st.sampled_from(["token", "expires_dt", "token_type"]), RUBBISH), st.booleans())
    def run(reply: dict[str, Any], whole: bool) -> None:
        tokens = TokenManager(made, lambda *_: {**(ISSUED if whole else {}), **reply}, FakeClock().time)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                token = tokens.token()
            except OURS:
                return
        f"Bearer {token.value}".encode("ascii")
        assert token.expires.tzinfo is not None

    run()


# --- our own files ---------------------------------------------------------------------------------------

FILES = st.one_of(
    st.binary(max_size=80),
    RUBBISH.map(lambda value: json.dumps(value).encode()),
    st.sampled_from([b"[" * 9_000, b'{"a":' * 4_000, b"1" * 9_000, b"\xff" * 10, b"nan inf -inf", b"1 2 3 4 5 6 7 8 9"]),
    st.builds(
        lambda token, end: json.dumps({"token": token, "expires": end}).encode(),
        RUBBISH | st.just("x"),
        RUBBISH | st.datetimes().map(lambda when: when.isoformat() + "+09:00"),
    ),
)  # fmt: skip


def test_any_token_file(tmp_path: Path) -> None:
    """Whatever stands in the token file: it is read as a token or asked for again with one warning."""
    made = Settings(Server("x", "https://x.invalid", None), Keys("a", "b"), None, tmp_path)
    reply = {"token": "abc", "expires_dt": "29991231235959"}
    TokenManager(made, lambda *_: reply, FakeClock().time).token()
    (file,) = (tmp_path / "tokens").glob("*.json")

    @MANY
    @given(FILES)
    def run(content: bytes) -> None:
        file.write_bytes(content)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            token = TokenManager(made, lambda *_: reply, FakeClock().time).token()
        assert len(warned) <= 1
        assert token.value.isprintable()

    run()


def test_any_throttle_file(tmp_path: Path) -> None:
    """Whatever stands in the file of the request limit: nobody waits longer than a minute, and then evenly."""
    made = Settings(Server("x", "https://x.invalid", 5), Keys("a", "b"), None, tmp_path)
    Throttle(made, FakeClock()).wait("ka10081")
    (file,) = (path for path in (tmp_path / "throttle").iterdir() if path.suffix != ".lock")
    numbers = st.lists(st.floats() | st.floats(1_795_000_000 - 10, 1_795_000_000 + 100), max_size=8)

    @MANY
    @given(FILES | numbers.map(lambda found: " ".join(map(repr, found)).encode()))
    def run(content: bytes) -> None:
        file.write_bytes(content)
        throttle = Throttle(made, FakeClock())
        waits = [throttle.wait("ka10081") for _ in range(3)]
        assert all(map(math.isfinite, waits))
        assert waits[0] <= 62
        assert all(0.2 <= wait <= 62 for wait in waits[1:])

    run()


def test_any_cache_entry(tmp_path: Path, pages: dict[str, dict[str, Any]]) -> None:
    """Whatever stands in an entry of the cache: it is asked for again, and nothing else is."""
    table, body = QUERIES["ka10001"], {"stk_cd": "005930"}
    with Tiny(lambda _: Said({**OK, **pages["ka10001"]})) as server:
        with Client(server.settings(tmp_path), clock=FakeClock()) as client:
            right = client.call(table, body).body
            question = prepare(client.server, table, body, now=client.now())

            @MANY
            @given(FILES | FILES.map(zlib.compress) | st.sampled_from([None, "text", 5, 1.5]))
            def run(content: object) -> None:
                with closing(sqlite3.connect(tmp_path / "cache" / FILE)) as link, link:
                    link.execute("UPDATE pages SET value=?", (content,))
                client.cache.next_key(question)
                before = len(server.data)
                assert client.call(table, body).body == right
                assert len(server.data) == before + 1

            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                run()
            assert len(warned) == 1
        server.shutdown()
