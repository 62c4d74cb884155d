"""Below the cache: what is sent, how fast, how often again, and that no secret gets out."""

import gzip
import logging
import pickle
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import kiwoom_research as kr
from kiwoom_research import errors
from kiwoom_research.client import Client
from kiwoom_research.client.throttle import SystemClock, Throttle
from kiwoom_research.config import Keys, Server, Settings, settings
from kiwoom_research.endpoints import call as call_of
from kiwoom_research.sandbox import Sandbox

from .conftest import FakeClock, client_of
from .tiny import APPKEY, BARS, BODY, OK, SECRETKEY, TOKEN, Asked, Said, tiny_client

DAY, INFO = call_of("ka10081"), call_of("ka10001")


def bars(_: Asked) -> Said:
    return Said(BARS)


def data_calls(box: Sandbox) -> list[str]:
    """What the server was asked, tokens aside."""
    return [call for call in box.requests()["call"] if not call.startswith("/oauth2")]


@pytest.fixture
def waiting(box: Sandbox, tmp_path: Path, fake_clock: FakeClock) -> Iterator[Client]:
    """A client that waits on an injected clock."""
    with client_of(box, tmp_path, clock=fake_clock) as made:
        yield made


# --- what is sent --------------------------------------------------------------------------------


def test_headers_on_the_wire(tmp_path: Path) -> None:
    """Exactly the protocol's headers; nothing of requests-cache, no cookie, no body of requests' own."""
    with tiny_client(tmp_path, bars) as (server, client):
        client.call(DAY, BODY)
        client.call(DAY, BODY, refresh=True)
    for asked in server.data:
        sent = {name.lower(): value for name, value in asked.headers.items()}
        assert sent.pop("authorization") == f"Bearer {TOKEN}"
        assert sent.pop("api-id") == "ka10081"
        assert sent.pop("content-type") == "application/json;charset=UTF-8"
        assert sent.pop("user-agent") == "kiwoom_research"
        assert set(sent) <= {"host", "content-length", "accept-encoding"}
        assert asked.body == BODY
    assert len(server.data) == 2


def test_token_request_on_the_wire(tmp_path: Path) -> None:
    """The token call carries the keys in its body and no authorization."""
    with tiny_client(tmp_path, bars) as (server, client):
        client.call(DAY, BODY)
    issue = server.asked[0]
    assert issue.path == "/oauth2/token"
    assert issue.body == {
        "grant_type": "client_credentials",
        "appkey": APPKEY,
        "secretkey": SECRETKEY,
    }
    assert "authorization" not in {name.lower() for name in issue.headers}


def test_continuation_on_the_wire(tmp_path: Path) -> None:
    """Page 2 has the same body and the key of page 1 in its headers."""

    def answer(asked: Asked) -> Said:
        more = asked.headers.get("cont-yn") != "Y"
        return Said(
            BARS, {"cont-yn": "Y", "next-key": "A0059302024061800010000"} if more else {"cont-yn": "N"}
        )

    with tiny_client(tmp_path, answer) as (server, client):
        assert len(list(client.pages(DAY, BODY))) == 2
    first, second = server.data
    assert first.body == second.body == BODY
    assert "cont-yn" not in first.headers
    assert "next-key" not in first.headers
    assert (second.headers["cont-yn"], second.headers["next-key"]) == ("Y", "A0059302024061800010000")


def test_netrc_and_proxy_are_not_for_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment does not see loopback requests, and .netrc gives no password away."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password netrc-password\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with tiny_client(tmp_path, bars) as (server, client):
        client.call(DAY, BODY)
    assert all("Basic" not in asked.headers.get("authorization", "") for asked in server.asked)


def test_every_scheme_leaves_through_the_adapter(tmp_path: Path) -> None:
    """No address can slip past signing, throttle and retries to the plain adapter of requests."""
    with tiny_client(tmp_path, bars) as (_, client):
        adapters = {id(client._session.get_adapter(f"{scheme}://x.invalid/")) for scheme in ("http", "https")}
    assert adapters == {id(client._adapter)}


def test_redirect_is_not_followed(tmp_path: Path) -> None:
    """A redirect is an error: following it would carry a token elsewhere."""
    said = Said(b"", {"Location": "http://127.0.0.1:9/"}, 302)
    with (
        tiny_client(tmp_path, lambda _: said) as (server, client),
        pytest.raises(errors.NetworkError, match="HTTP 302") as caught,
    ):
        client.call(DAY, BODY)
    assert not caught.value.retryable
    assert len(server.data) == 1


def test_connection_is_kept(shared_box: Sandbox, tmp_path: Path) -> None:
    """Ten calls use one connection."""
    with client_of(shared_box, tmp_path) as client:
        for number in range(10):
            client.call(INFO, {"stk_cd": f"{800000 + 10 * number}"})
        pool = client._adapter.poolmanager.connection_from_url(shared_box.url)
        assert pool.num_connections == 1


def test_forked_child_gets_connections_of_its_own(box: Sandbox, tmp_path: Path) -> None:
    """Two processes on one connection would read each other's answers: the child opens one of its own."""
    code = f"""
import os, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from kiwoom_research.client import Client
from kiwoom_research.config import Keys, Server, Settings
import kiwoom_research as kr
where = Server("forked", {box.url!r}, None)
keys, folder = Keys({box.appkey!r}, {box.secretkey!r}), Path({str(tmp_path)!r})
client = Client(Settings(where, keys, folder / "cache", folder / "state"))

def port_after(code):
    assert len(kr.get_bars(code, client=client)) == 600
    return client._adapter.poolmanager.connection_from_url({box.url!r}).pool.queue[-1].sock.getsockname()[1]

before = port_after("005930")
if os.fork() == 0:
    os._exit(port_after("035420") == before)
bad = os.wait()[1] or port_after("000660") != before
os._exit(bool(bad))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    assert data_calls(box) == ["ka10081"] * 3


# --- again or not --------------------------------------------------------------------------------

RETRIED = ["429", "500", "502", "drop", "half", "html"]
FAULT_ERRORS = {
    "429": errors.RateLimitError,
    "500": errors.NetworkError,
    "502": errors.NetworkError,
    "drop": errors.NetworkError,
    "half": errors.NetworkError,
    "html": errors.MaintenanceError,
}


@pytest.mark.parametrize("kind", RETRIED)
def test_fault_heals(
    kind: str, box: Sandbox, waiting: Client, fake_clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault that passes costs two more requests, bounded waits and a log line each, and no data."""
    caplog.set_level(logging.INFO, "kiwoom_research")
    box.fail(kind, 2)
    frame = kr.get_bars("005930", client=waiting)
    assert len(frame) == 600
    assert data_calls(box) == ["ka10081"] * 3
    first, second = fake_clock.pauses
    assert 0.25 <= first <= 0.5
    assert 0.5 <= second <= 1.0
    lines = [record.message for record in caplog.records if "again in" in record.message]
    assert len(lines) == 2
    assert all(line.startswith("ka10081 page 1: ") for line in lines)
    assert waiting.stats()["retries"] == 2


@pytest.mark.parametrize("kind", RETRIED)
def test_fault_that_stays(kind: str, box: Sandbox, waiting: Client, fake_clock: FakeClock) -> None:
    """A fault that stays is a typed error after five requests and at most 7.5 seconds of waiting."""
    box.fail(kind, None)
    with pytest.raises(FAULT_ERRORS[kind]) as caught:
        kr.get_bars("005930", client=waiting)
    assert type(caught.value) is FAULT_ERRORS[kind]
    assert caught.value.retryable
    assert caught.value.api_id == "ka10081"
    assert data_calls(box) == ["ka10081"] * 5
    assert sum(fake_clock.pauses) <= 7.5
    assert all(
        0.5 <= pause / longest <= 1 for pause, longest in zip(fake_clock.pauses, (0.5, 1, 2, 4), strict=True)
    )


@pytest.mark.parametrize("fails", [1, 2])
def test_service_error_heals(fails: int, box: Sandbox, waiting: Client) -> None:
    """return_code 7 is asked again, at most twice."""
    box.fail("rc7", fails)
    kr.get_info("005930", client=waiting)
    assert data_calls(box) == ["ka10001"] * (fails + 1)


def test_service_error_that_stays(box: Sandbox, waiting: Client) -> None:
    """return_code 7 a third time is the error of the broker, marked as worth a later try."""
    box.fail("rc7", None)
    with pytest.raises(errors.RequestError) as caught:
        kr.get_info("005930", client=waiting)
    assert data_calls(box) == ["ka10001"] * 3
    assert (caught.value.return_code, caught.value.code, caught.value.retryable) == (7, "4007", True)


def test_service_errors_do_not_multiply_with_others(box: Sandbox, waiting: Client) -> None:
    """Mixed faults share one budget."""
    box.script({1: "rc7", 2: "500", 3: "rc7", 4: "drop", 5: "429", 6: "500"})
    with pytest.raises(kr.KiwoomError):
        kr.get_info("005930", client=waiting)
    assert len(data_calls(box)) <= 5


@pytest.mark.parametrize("code", ["1902", "1903"])
def test_unknown_stock_is_not_asked_again(
    code: str, box: Sandbox, waiting: Client, fake_clock: FakeClock
) -> None:
    """[1902] and [1903] are class 7 and final."""
    box.fail(code, None)
    with pytest.raises(errors.UnknownCodeError):
        kr.get_info("999999", client=waiting)
    assert data_calls(box) == ["ka10001"]
    assert fake_clock.pauses == []


def test_too_many_codes_is_not_asked_again(box: Sandbox, waiting: Client) -> None:
    """[1634] has the class of the rate limit and is about the question: never again."""
    codes = "|".join(f"{number:06d}" for number in range(101))
    with pytest.raises(errors.RequestError, match="1634") as caught:
        kr.query("ka10095", stk_cd=codes, client=waiting)
    assert data_calls(box) == ["ka10095"]
    assert not isinstance(caught.value, errors.RateLimitError)
    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("1511", errors.RequestError), ("1504", errors.RequestError), ("8001", errors.AuthError),
        ("8010", errors.AuthError), ("8050", errors.AuthError), ("8030", errors.AuthError),
        ("8104", errors.RequestError), ("1901", errors.RequestError), ("1517", errors.RequestError),
    ],
)  # fmt: skip
def test_refusals_are_final(code: str, error: type[Exception], box: Sandbox, waiting: Client) -> None:
    """What the broker refuses for a reason is asked once, and its own text is kept."""
    box.fail(code, None)
    with pytest.raises(error) as caught:
        kr.get_info("005930", client=waiting)
    again = 3 if code == "1901" else 1  # class 7
    assert data_calls(box) == ["ka10001"] * again
    assert caught.value.code == code  # type: ignore[attr-defined]
    assert f"[{code}" in str(caught.value)


def impatient(box: Sandbox, folder: Path, fake_clock: FakeClock) -> Client:
    """A client that waits 0.2 s for an answer."""
    made = replace(settings(box, cache_dir=folder / "cache"), state_dir=folder / "state")
    return Client(made, clock=fake_clock, timeout=(0.2, 0.2))


def test_timeouts_are_bounded(box: Sandbox, tmp_path: Path, fake_clock: FakeClock) -> None:
    """A server that does not answer costs five client time-outs."""
    box.fail("slow", None, seconds=30)
    started = time.monotonic()
    with (
        impatient(box, tmp_path, fake_clock) as client,
        pytest.raises(errors.NetworkError, match="in time"),
    ):
        client.call(INFO, {"stk_cd": "005930"})
    assert time.monotonic() - started < 2.5
    assert data_calls(box) == ["ka10001"] * 5


def test_an_answer_that_does_not_end(tmp_path: Path, fake_clock: FakeClock) -> None:
    """A byte now and then keeps a socket awake for ever: that is an answer too late."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()

        def serve(link: socket.socket) -> None:
            with link, suppress(OSError):
                link.recv(65536)
                link.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while not done.wait(0.05):
                    link.sendall(b"1\r\n \r\n")

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        made = Settings(Server("endless", url, None), Keys("sandbox", "sandbox"), tmp_path, None)
        with Client(made, clock=fake_clock, timeout=(0.2, 0.2)) as client:
            with pytest.raises(errors.NetworkError, match="in time"):
                client.call(INFO, {"stk_cd": "005930"})
            assert client.stats()["requests"] == 5
        done.set()


def compressed(text: bytes, times: int) -> bytes:
    """A text many times over, compressed without making it."""
    made = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(made.compress(text) for _ in range(times)), made.flush()])


@pytest.mark.parametrize("encoding", ["identity", "gzip", "gzip, gzip"])
def test_an_answer_that_is_too_large(encoding: str, tmp_path: Path, fake_clock: FakeClock) -> None:
    """It says so after one request, and a gigabyte behind a few kilobytes never gets into memory."""
    body = b" " * 70_000_000 if encoding == "identity" else compressed(b" " * 1_000_000, 1_000)
    if encoding == "gzip, gzip":
        body = gzip.compress(body)
        assert len(body) < 10_000
    said = Said(body, {"Content-Encoding": encoding})
    with tiny_client(tmp_path, lambda _: said, clock=fake_clock) as (server, client):
        tracemalloc.start()
        with pytest.raises(errors.DataError, match=r"ka10001: the reply has more than 64 MB"):
            client.call(INFO, {"stk_cd": "005930"})
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(server.data) == 1
    assert peak < 250_000_000


def test_one_timeout_heals(box: Sandbox, tmp_path: Path, fake_clock: FakeClock) -> None:
    """One answer too late is one more request."""
    box.fail("slow", seconds=30)
    with impatient(box, tmp_path, fake_clock) as client:
        assert kr.get_info("005930", client=client)["price"].notna().all()
    assert data_calls(box) == ["ka10001"] * 2


def test_nobody_listens(tmp_path: Path, fake_clock: FakeClock) -> None:
    """A port without a server is a NetworkError without a bare requests exception."""
    with Sandbox() as gone:
        pass
    with (
        Client(settings(gone, cache_dir=tmp_path), clock=fake_clock) as client,
        pytest.raises(errors.NetworkError, match="no connection to") as caught,
    ):
        kr.get_info("005930", client=client)
    assert caught.value.__cause__ is None
    assert len(fake_clock.pauses) == 4


@pytest.mark.parametrize(
    ("said", "error", "retried"),
    [
        (Said(b"", status=401), errors.NetworkError, False),
        (Said(b"<html>Request Blocked</html>", status=400), errors.NetworkError, False),
        (Said(b"<html>null</html>", status=503), errors.NetworkError, True),
        (Said(b'{"return_code": 0, "return_msg"'), errors.NetworkError, True),
        (Said(b"[]"), errors.DataError, False),
        (Said(b"null"), errors.DataError, False),
        (Said({"return_msg": "x"}), errors.DataError, False),
        (Said({"return_code": None}), errors.DataError, False),
        (Said({"return_code": "abc"}), errors.DataError, False),
        (Said({"return_code": []}), errors.DataError, False),
        (Said({**OK}), errors.DataError, False),
        (Said({**OK, "stk_dt_pole_chart_qry": {}}), errors.DataError, False),
        (Said({**OK, "stk_dt_pole_chart_qry": None}), errors.DataError, False),
        (Said(BARS, status=500), errors.NetworkError, True),
        (Said(BARS, status=404), errors.NetworkError, False),
        (Said({"error": "gone"}, status=502), errors.NetworkError, True),
        (Said({"return_code": 5, "return_msg": "[1700:x]"}, status=429), errors.RateLimitError, True),
        (Said(b"slow down", status=429), errors.NetworkError, True),
        (Said(BARS, status=429), errors.RateLimitError, True),
        (Said({"return_code": 20, "return_msg": "[2000](RC9000:x)"}), errors.RequestError, False),
        (Said({"return_code": 3, "return_msg": "x"}), errors.AuthError, False),
        (Said(BARS, cut=True), errors.NetworkError, True),
        (Said({"return_code": 1999, "return_msg": "x"}, status=500), errors.NetworkError, True),
        (Said({"return_code": 3, "return_msg": "[8005:x]"}, status=502), errors.NetworkError, True),
        (Said(BARS, status=408), errors.NetworkError, True),
        (Said(b"", status=408), errors.NetworkError, True),
        (Said({**BARS, "return_code": 0.5}), errors.DataError, False),
        (Said({**BARS, "return_code": 0.99}), errors.DataError, False),
        (Said({**BARS, "return_code": False}), errors.DataError, False),
        (Said(b'{"return_code": 0 "return_msg": "x"}'), errors.DataError, False),
        (Said(b"\xff\xfe"), errors.NetworkError, True),
        (Said(b"[" * 5000), errors.NetworkError, True),
    ],
)  # fmt: skip
def test_strange_answers(
    said: Said, error: type[Exception], retried: bool, tmp_path: Path, fake_clock: FakeClock
) -> None:
    """Whatever the server says, it becomes one of our errors; the number of requests is bounded."""
    with tiny_client(tmp_path, lambda _: said, clock=fake_clock) as (server, client):
        with pytest.raises(error):
            client.call(DAY, BODY)
        held = client.cache.info({})
    assert len(server.data) == (5 if retried else 1)
    assert held.empty


@pytest.mark.parametrize("code", [0, "0", "0000", " 0"])
def test_text_return_code(code: object, tmp_path: Path) -> None:
    """return_code is a number or its text."""
    with tiny_client(tmp_path, lambda _: Said({**BARS, "return_code": code})) as (_, client):
        assert client.call(DAY, BODY).body["stk_cd"] == "005930"


def test_a_reply_that_is_whole_and_no_json(tmp_path: Path, fake_clock: FakeClock) -> None:
    """The manual's own au10001 example lacks a comma: one request, and what came is shown without the token."""
    said = Said(f'{{"expires_dt":"20241107083713","token":"{TOKEN}" "return_code":0}}'.encode())
    with tiny_client(tmp_path, bars, issue=said, clock=fake_clock) as (server, client):
        with pytest.raises(errors.DataError, match=r'expected JSON.*"expires_dt":"20241107083713"') as caught:
            client.call(DAY, BODY)
        assert len(server.asked) == 1
    assert TOKEN not in str(caught.value)


def test_a_message_cannot_forge_a_log_line(
    tmp_path: Path, fake_clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Line breaks and escapes of a broker's message are blanks in errors and logs."""
    caplog.set_level(logging.DEBUG, "kiwoom_research")
    said = Said({"return_code": 7, "return_msg": "x\nCRITICAL root: pay\r\x1b[31m\u2028now"})
    with (
        tiny_client(tmp_path, lambda _: said, clock=fake_clock) as (_, client),
        pytest.raises(errors.RequestError, match="x CRITICAL root: pay") as caught,
    ):
        client.call(DAY, BODY)
    for text in (str(caught.value), *(record.message for record in caplog.records)):
        assert text.isprintable()


# --- the dead token ------------------------------------------------------------------------------


def test_dead_token_is_renewed_once(
    box: Sandbox, waiting: Client, fake_clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """HTTP 200, return_code 3, [8005: one new token, the same question again, no waiting."""
    caplog.set_level(logging.INFO, "kiwoom_research")
    kr.get_info("005930", client=waiting)
    box.fail("token")
    assert len(kr.get_bars("005930", pages=3, client=waiting)) == 1800
    log = box.requests()
    assert (log["call"] == "/oauth2/token").sum() == 2
    assert log["call"].tolist()[2:] == ["ka10081", "/oauth2/token", "ka10081", "ka10081", "ka10081"]
    assert fake_clock.pauses == []
    assert any("token was refused" in record.message for record in caplog.records)


def test_dead_token_twice_is_an_error(box: Sandbox, waiting: Client) -> None:
    """A second refusal in a row is an AuthError and not a loop."""
    box.fail("token", None)
    with pytest.raises(errors.AuthError, match="8005") as caught:
        kr.get_info("005930", client=waiting)
    assert data_calls(box) == ["ka10001"] * 2
    assert not caught.value.retryable
    box.clear_faults()
    assert kr.get_info("005930", client=waiting)["found"].all()


# --- the throttle --------------------------------------------------------------------------------


def throttle_of(folder: Path, rate: float | None, wall: object) -> Throttle:
    made = Settings(Server("x", "https://x.invalid", rate), Keys("a", "b"), None, folder)
    return Throttle(made, wall)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [5, 1])
def test_spacing(rate: int, tmp_path: Path, fake_clock: FakeClock) -> None:
    """Requests leave evenly, never more than the rate in any second, and hardly slower than allowed."""
    throttle, leaves = throttle_of(tmp_path, rate, fake_clock), []
    for _ in range(3 * rate + 1):
        throttle.wait("ka10081")
        leaves.append(fake_clock.time())
    assert all(later - earlier >= 1 / rate for earlier, later in pairwise(leaves))
    assert all(sum(start <= leave < start + 1 for leave in leaves) <= rate for start in leaves)
    assert leaves[-1] - leaves[0] <= 3 * 1.05


def test_each_call_has_its_own_limit(tmp_path: Path, fake_clock: FakeClock) -> None:
    """The limit counts per TR: another call does not wait."""
    throttle = throttle_of(tmp_path, 1, fake_clock)
    assert throttle.wait("ka10081") == 0
    assert throttle.wait("ka10080") == 0
    assert throttle.wait("ka10081") == pytest.approx(1.025)


def test_no_limit_no_files(tmp_path: Path, fake_clock: FakeClock) -> None:
    """Without a limit nothing waits and nothing is written."""
    throttle = throttle_of(tmp_path, None, fake_clock)
    assert [throttle.wait("ka10081") for _ in range(5)] == [0] * 5
    assert not (tmp_path / "throttle").exists()


def test_two_throttles_interleave(tmp_path: Path, fake_clock: FakeClock) -> None:
    """Two processes that share the folder share the limit."""
    one, other = (throttle_of(tmp_path, 5, fake_clock) for _ in range(2))
    leaves = []
    for number in range(10):
        (one if number % 2 else other).wait("ka10081")
        leaves.append(fake_clock.time())
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(leaves))


def test_slots_of_waiting_requests_differ(tmp_path: Path, fake_clock: FakeClock) -> None:
    """Requests that arrive together each get a slot of their own."""
    throttle = throttle_of(tmp_path, 5, fake_clock)
    slots = [throttle._take_slot("ka10081")[0] for _ in range(4)]
    assert slots == pytest.approx([fake_clock.time() + 0.205 * number for number in range(4)])


def test_other_keys_have_another_limit(tmp_path: Path, fake_clock: FakeClock) -> None:
    """The limit counts per app key; the key is not legible in the folder."""
    for app in ("first-app-key", "second-app-key"):
        made = Settings(Server("x", "https://x.invalid", 1), Keys(app, "b"), None, tmp_path)
        assert Throttle(made, fake_clock).wait("ka10081") == 0
    assert not any(
        "app-key" in path.name or b"app-key" in path.read_bytes()
        for path in (tmp_path / "throttle").iterdir()
    )


@pytest.mark.parametrize("seconds", [0.1, 1, 30, 59, 61, 7200, 1e9])
def test_clock_set_back(seconds: float, tmp_path: Path, fake_clock: FakeClock) -> None:
    """A clock that was set back makes nobody wait longer than a slot, and the spacing is kept."""
    one, other = (throttle_of(tmp_path, 5, fake_clock) for _ in range(2))
    fake_clock.seconds += seconds
    one.wait("ka10081")
    fake_clock.seconds -= seconds
    assert [other.wait("ka10081") for _ in range(3)] == pytest.approx([0.205] * 3)


@pytest.mark.parametrize("seconds", [1, 30, 3600])
def test_clock_set_back_while_waiting(seconds: float, tmp_path: Path) -> None:
    """A clock that is set back during a wait does not make it longer."""

    class Back(FakeClock):
        def sleep(self, pause: float) -> None:
            super().sleep(pause)
            if len(self.pauses) == 1:
                self.seconds -= seconds

    clock = Back()
    throttle = throttle_of(tmp_path, 5, clock)
    for _ in range(4):
        throttle.wait("ka10081")
    assert clock.pauses == pytest.approx([0.205] * 3)


def test_restart_of_the_machine(tmp_path: Path) -> None:
    """Moments of before a restart, when the monotonic clock showed more, do not stop anybody."""
    before, after = FakeClock(), FakeClock()
    after._passed = 5.0
    throttle_of(tmp_path, 5, before).wait("ka10081")
    throttle = throttle_of(tmp_path, 5, after)
    assert [throttle.wait("ka10081") for _ in range(2)] == pytest.approx([0, 0.205])


def test_killed_while_a_moment_is_written(tmp_path: Path, fake_clock: FakeClock) -> None:
    """What a killed process left of a new state file is not read: the moments of before still hold."""
    throttle = throttle_of(tmp_path, 5, fake_clock)
    throttle.wait("ka10081")
    (file,) = (path for path in (tmp_path / "throttle").iterdir() if path.suffix == "")
    file.with_suffix(".new").write_text("")
    assert throttle.wait("ka10081") == pytest.approx(0.205)
    assert sorted(path.suffix for path in (tmp_path / "throttle").iterdir()) == ["", ".lock"]


@pytest.mark.parametrize("rest", ["", "garbage", "nan", "inf", "-inf", "1e400", "ÿ", "0.0\n0.0"])
def test_damaged_throttle_file(rest: str, tmp_path: Path, fake_clock: FakeClock) -> None:
    """Whatever stands in the state file, the next request leaves now and the one after it waits."""
    throttle = throttle_of(tmp_path, 5, fake_clock)
    throttle.wait("ka10081")
    (file,) = (path for path in (tmp_path / "throttle").iterdir() if path.suffix != ".lock")
    file.write_bytes(rest.encode("utf-8"))
    assert throttle.wait("ka10081") == 0
    assert throttle.wait("ka10081") == pytest.approx(0.205)


def test_throttle_without_a_folder(tmp_path: Path, fake_clock: FakeClock) -> None:
    """A state folder that cannot be used: one warning, and this process keeps the limit alone."""
    (tmp_path / "state").write_text("a file in place of the folder")
    throttle = throttle_of(tmp_path / "state", 5, fake_clock)
    with pytest.warns(RuntimeWarning, match="request limit is kept by this process alone") as warned:
        waits = [throttle.wait("ka10081") for _ in range(3)]
    assert len(warned) == 1
    assert waits == pytest.approx([0, 0.205, 0.205])


def test_throttle_is_private(tmp_path: Path, fake_clock: FakeClock) -> None:
    """The throttle's folder is for its owner only."""
    throttle_of(tmp_path / "state", 5, fake_clock).wait("ka10081")
    assert (tmp_path / "state" / "throttle").stat().st_mode & 0o077 == 0


def test_server_sees_no_excess(tmp_path: Path) -> None:
    """Against a server that counts 5 in any second, ten pages in real time give not one 429."""
    with Sandbox(rate=5, limiter="window") as box, client_of(box, tmp_path) as client:
        frame = kr.get_minutes("005930", pages=8, client=client)
        assert len(frame) == 7200
        assert (box.requests()["status"] == 200).all()
        assert client.stats()["waits"] >= 6


def test_threads_share_the_limit(tmp_path: Path) -> None:
    """Six threads at once: still not one 429, and the counters lose nothing."""
    with Sandbox(rate=5, limiter="window") as box, client_of(box, tmp_path) as client:
        threads = [
            threading.Thread(target=kr.get_info, args=(code,), kwargs={"client": client})
            for code in ("005930", "000660", "035420", "035720", "800010", "800020")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        log = box.requests()
        assert (log["status"] == 200).all()
        assert client.stats()["requests"] == len(log)


def test_429_waits_in_line_again(tmp_path: Path, fake_clock: FakeClock) -> None:
    """After a 429 the next try takes a slot of the throttle like any other."""
    with Sandbox(rate=5) as box, client_of(box, tmp_path, clock=fake_clock) as client:
        box.fail("429", 2, call="ka10001")
        client.call(INFO, {"stk_cd": "005930"})
        slots = sorted((Path(client.settings.state_dir or "") / "throttle").iterdir())
        assert slots
    assert len(fake_clock.pauses) >= 2


# --- nothing gets out ----------------------------------------------------------------------------


def told(error: BaseException) -> str:
    """Everything a traceback with locals shows of an error and of every error behind it."""
    shown, seen, queue = [], set(), [error]
    while queue:
        one = queue.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        shown.append("".join(traceback.TracebackException.from_exception(one, capture_locals=True).format()))
        shown.append(repr(one) + str(one) + repr(vars(one)))
        queue += [other for other in (one.__cause__, one.__context__) if other is not None]
    # the frames of the test itself do not count, nor does what pytest keeps in them
    return "\n".join(shown)


def assert_clean(text: str) -> None:
    for secret in (APPKEY, SECRETKEY, TOKEN):
        assert secret not in text, re.findall(f".*{secret}.*", text)[0][:300]


FAILURES = {
    "401": Said(b"", status=401),
    "500": Said(b"", status=500),
    "half": Said(BARS, cut=True),
    "html": Said("시스템작업".encode()),
    "no code": Said({"return_msg": "x"}),
    "dead token": Said({"return_code": 3, "return_msg": "[8005:Token이 유효하지 않습니다]"}),
    "bad ip": Said({"return_code": 3, "return_msg": "[8050:x]"}),
    "wrong shape": Said({**OK, "stk_dt_pole_chart_qry": 1}),
    "rate": Said({"return_code": 5, "return_msg": "[1700:x]"}, status=429),
    "redirect": Said(b"", {"Location": "http://127.0.0.1:9/"}, 302),
    "chunked": Said(b"zzzzzz", {"Transfer-Encoding": "chunked"}, cut=True),
    "gzip": Said(b"not gzip", {"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("name", FAILURES)
def test_no_secret_in_data_errors(
    name: str, tmp_path: Path, fake_clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Message, repr, fields, causes, tracebacks with locals, logs at DEBUG: no key, no token."""
    caplog.set_level(logging.DEBUG)
    with tiny_client(tmp_path, lambda _: FAILURES[name], clock=fake_clock) as (server, client):
        with pytest.raises(kr.KiwoomError) as caught:
            client.call(DAY, BODY)
        assert_clean(told(caught.value))
        assert_clean(
            repr(client) + repr(client.settings) + repr(client.tokens) + repr(client.tokens.current())
        )
        assert_clean(repr(client.stats()))
    assert server.data[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert_clean(caplog.text)


ISSUE_FAILURES = {
    "refused": Said({"return_code": 3, "return_msg": "인증에 실패했습니다[8001:App Key와 Secret Key 검증에 실패했습니다]"}),
    "500": Said(b"", status=500),
    "half": Said({**OK, "token": TOKEN, "expires_dt": "29991231235959"}, cut=True),
    "not JSON": Said(f'{{"token": "{TOKEN}"'.encode()),
    "no code": Said({"token": TOKEN, "expires_dt": "29991231235959"}),
    "no end": Said({**OK, "token": TOKEN}),
    "bad end": Said({**OK, "token": TOKEN, "expires_dt": "tomorrow"}),
    "blank end": Said({**OK, "token": TOKEN, "expires_dt": ""}),
    "no token": Said({**OK, "expires_dt": "29991231235959"}),
    "bad token": Said({**OK, "token": TOKEN + "\r\nX: y", "expires_dt": "29991231235959"}),
    "number": Said({**OK, "token": 4711, "expires_dt": "29991231235959"}),
}  # fmt: skip


@pytest.mark.parametrize("name", ISSUE_FAILURES)
def test_no_secret_in_token_errors(
    name: str, tmp_path: Path, fake_clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The same for the token call itself, whose body holds the keys and whose answer the token."""
    caplog.set_level(logging.DEBUG)
    with tiny_client(tmp_path, bars, issue=ISSUE_FAILURES[name], clock=fake_clock) as (server, client):
        with pytest.raises(kr.KiwoomError) as caught:
            client.call(DAY, BODY)
        assert_clean(told(caught.value))
    assert server.data == []
    assert_clean(caplog.text)


def test_no_secret_when_nobody_listens(tmp_path: Path, fake_clock: FakeClock) -> None:
    """A connection that cannot be made, with and without a token at hand."""
    with tiny_client(tmp_path, bars, clock=fake_clock) as (server, client):
        client.call(DAY, BODY)
        server.shutdown()
        server.server_close()
        client._adapter.poolmanager.clear()
        with pytest.raises(errors.NetworkError) as caught:
            client.call(INFO, {"stk_cd": "005930"})
        assert_clean(told(caught.value))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timer on this system")
def test_no_secret_when_interrupted(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a request: the interrupt arrives, and its traceback shows nothing."""
    held = threading.Event()

    def answer(_: Asked) -> Said:
        signal.setitimer(signal.ITIMER_REAL, 0.05)  # the request is out, its answer is not
        held.wait(5)
        return Said(BARS)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with tiny_client(tmp_path, answer) as (_, client):
            with pytest.raises(KeyboardInterrupt) as caught:
                client.call(DAY, BODY)
            held.set()
            assert_clean(told(caught.value))
    finally:
        signal.signal(signal.SIGALRM, before)


def test_no_secret_in_logs_of_a_good_pull(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not even the loggers of urllib3 and requests-cache at DEBUG show one."""
    caplog.set_level(logging.DEBUG)
    with tiny_client(tmp_path, bars) as (_, client):
        client.call(DAY, BODY)
        client.call(DAY, BODY)
    assert "urllib3" in caplog.text
    assert_clean(caplog.text)
    lines = [
        record
        for record in caplog.records
        if record.name == "kiwoom_research" and record.levelno == logging.DEBUG
    ]
    assert [line.message.split(":")[0] + line.message[-7:] for line in lines] == [
        "au10001 page 1" + lines[0].message[-7:],
        "ka10081 005930 page 1" + lines[1].message[-7:],
        "ka10081 005930 page 1 cached",
    ]


# --- certificates --------------------------------------------------------------------------------


def test_verification_cannot_be_switched_off(
    tmp_path: Path, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate nobody vouches for is refused, whatever the session's `verify` says."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # a bundle would be a `verify` of its own
        monkeypatch.delenv(name, raising=False)
    import ssl

    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
         "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("no openssl program")
    with tiny_client(tmp_path, bars) as (server, _):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        for host in ("127.0.0.1", "127.1"):  # the second is not known to be this machine
            where = Server("tls", f"https://{host}:{server.port}", None)
            with Client(Settings(where, Keys(APPKEY, SECRETKEY), None, None), clock=fake_clock) as client:
                client._session.verify = False
                with pytest.raises(errors.NetworkError, match=r"no trusted connection .* \(TLS\)") as caught:
                    client.call(DAY, BODY)
                assert_clean(told(caught.value))
        assert server.asked == []


def test_real_wall_is_the_machine() -> None:
    """The clock of real use is the machine's."""
    wall = SystemClock()
    before = time.time()
    wall.sleep(0)
    assert before <= wall.time() <= time.time()


@pytest.mark.parametrize(
    ("fault", "cause", "status"),
    [
        ("drop", "connection", None),
        ("half", "incomplete", None),
        ("500", "status", 500),
        ("slow", "timeout", None),
    ],
)
def test_a_network_error_names_its_cause(
    fault: str, cause: str, status: int | None, box: Sandbox, tmp_path: Path
) -> None:
    """What happened to the connection is an attribute, so that nobody has to read the text; it survives pickle."""
    made = replace(settings(box, cache_dir=tmp_path / "cache"), state_dir=tmp_path / "state")
    with Client(made) as client:
        kr.get_stocks(client=client)  # gets the token
    patience = 0.3 if cause == "timeout" else 30.0
    with Client(made, clock=FakeClock(), timeout=(30.0, patience)) as client:
        box.fail(fault, None, seconds=3.0, call=DAY.id)
        with pytest.raises(kr.NetworkError) as raised:
            client.call(DAY, BODY)
    for error in (raised.value, pickle.loads(pickle.dumps(raised.value))):
        assert (error.cause, error.status) == (cause, status)


def test_an_offline_client_names_its_cause(box: Sandbox, tmp_path: Path) -> None:
    """A request that only the server could answer."""
    with client_of(box, tmp_path, offline=True) as client, pytest.raises(kr.NetworkError) as raised:
        client.call(DAY, BODY)
    assert raised.value.cause == "offline"
