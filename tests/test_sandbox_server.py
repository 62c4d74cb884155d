"""The sandbox over plain `http.client`: held against the recorded bodies, never against our own client."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kiwoom_research.calendar import KST
from kiwoom_research.endpoints import CATALOGUE
from kiwoom_research.errors import ConfigError, embedded_code
from kiwoom_research.sandbox import Sandbox
from kiwoom_research.sandbox.server.error_codes import CODES
from kiwoom_research.sandbox.server.faults import KINDS
from kiwoom_research.sandbox.server.unserved import UNSERVED

CHART, STKINFO = "/api/dostk/chart", "/api/dostk/stkinfo"
DAY = {"stk_cd": "005930", "base_dt": "20261120", "upd_stkpc_tp": "1"}
ROWS = "stk_dt_pole_chart_qry"


class Answer(NamedTuple):
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Ticker:
    """A monotonic clock that moves when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Caller:
    """A client of one virtual host that keeps its connection."""

    def __init__(self, url: str, appkey: str, secretkey: str) -> None:
        self.address = url.removeprefix("http://")
        self.keys = {"appkey": appkey, "secretkey": secretkey}
        self.link = http.client.HTTPConnection(self.address, timeout=20)
        self.token = ""

    def send(self, method: str, path: str, body: Any = None, headers: Any = None) -> Answer:
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given = {"Content-Type": "application/json;charset=UTF-8"} if headers is None else dict(headers)
        self.link.request(method, path, raw, given)
        got = self.link.getresponse()
        return Answer(got.status, got.headers, got.read())

    def issue(self, **changes: str) -> Answer:
        body = {"grant_type": "client_credentials", **self.keys, **changes}
        answer = self.send("POST", "/oauth2/token", body)
        self.token = answer.json.get("token", self.token) if answer.status == 200 else self.token
        return answer

    def ask(self, api_id: str, body: Any, path: str = CHART, key: str = "", **changes: Any) -> Answer:
        if not self.token:
            self.issue()
        headers: dict[str, str | None] = {
            "Content-Type": "application/json;charset=UTF-8",
            "authorization": f"Bearer {self.token}",
            "api-id": api_id,
            **({"cont-yn": "Y", "next-key": key} if key else {}),
            **{name.replace("_", "-"): value for name, value in changes.items()},
        }
        return self.send("POST", path, body, {k: v for k, v in headers.items() if v is not None})

    def day(self, key: str = "", **changes: Any) -> Answer:
        return self.ask("ka10081", DAY, key=key, **changes)


def real(box: Sandbox) -> Caller:
    return Caller(box.url, box.appkey, box.secretkey)


def mock(box: Sandbox) -> Caller:
    return Caller(box.mock_url, box.mock_appkey, box.mock_secretkey)


@pytest.fixture
def ticker() -> Ticker:
    return Ticker()


@pytest.fixture
def box(ticker: Ticker) -> Iterator[Sandbox]:
    with Sandbox(monotonic=ticker) as box:
        yield box


@pytest.fixture
def free() -> Iterator[Sandbox]:
    """Without a rate limit."""
    with Sandbox(rate=None, mock_rate=None) as box:
        yield box


@pytest.fixture(scope="module")
def steady() -> Iterator[Sandbox]:
    """One for many small tests, so that its market is made once."""
    with Sandbox(rate=None, mock_rate=None) as box:
        yield box


@pytest.fixture
def recorded(test_data: Path) -> Callable[..., tuple[int, Any]]:
    def read(name: str, **changes: str) -> tuple[int, Any]:
        text = (test_data / "recorded" / f"{name}.json").read_text("utf-8")
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        content = json.loads(text)
        return content["http_status"], content["body"]

    return read


def code(answer: Answer) -> str:
    return embedded_code(answer.json["return_msg"])


# --- against the recordings ------------------------------------------------------------------------


def test_refusals_are_the_recorded_bodies(box: Sandbox, recorded: Callable[..., Any]) -> None:
    a, b = real(box), mock(box)
    a.issue()
    b.issue()

    def same(answer: Answer, name: str, **changes: str) -> None:
        assert (answer.status, answer.json) == recorded(name, **changes), name

    same(a.issue(secretkey="wrong"), "errors_bad_key_token_endpoint")
    same(a.issue(appkey="", secretkey=""), "errors_bad_key_token_endpoint")
    absent = a.send("POST", "/oauth2/token", {"grant_type": "client_credentials"})
    same(absent, "errors_key_missing_token_endpoint")
    same(a.issue(**b.keys), "errors_key_wrong_mode_token_endpoint")
    same(a.day(authorization=None), "errors_missing_authorization")
    same(a.ask("ka10081", {**DAY, "base_dt": ""}), "errors_missing_param", qry_tp="base_dt")
    same(a.day(authorization="Bearer garbage"), "errors_token_invalid")
    wrong = a.ask("ka10081", DAY, "/api/us/mrkcond")
    same(wrong, "errors_wrong_uri", usa10099="ka10081")
    codes = "|".join(["005930"] * 101)
    same(a.ask("ka10095", {"stk_cd": codes}, STKINFO), "errors_batch_too_many_ka10095")
    same(b.ask("ka01690", {}, "/api/dostk/acnt"), "errors_mock_unsupported_gateway_ka01690")
    same(b.ask("kt00002", {}, "/api/dostk/acnt"), "errors_mock_unsupported_backend_kt00002")
    assert a.ask("kt00002", {}, "/api/dostk/acnt").json["return_code"] == 1

    box.fail("1902", call="ka10001")
    same(a.ask("ka10001", {"stk_cd": "118970"}, STKINFO), "errors_unknown_stock")
    box.fail("8050", call="au10001")
    same(a.issue(), "errors_ip_not_registered")
    box.fail("8010")
    same(a.day(), "errors_ip_differs_from_token_ip")
    box.fail("429", call="au10001")
    same(a.issue(), "429_token_endpoint")
    for _ in range(5):
        assert a.ask("ka10080", {"stk_cd": "005930", "tic_scope": "1", "upd_stkpc_tp": "1"}).status == 200
    sixth = a.ask("ka10080", {"stk_cd": "005930", "tic_scope": "1", "upd_stkpc_tp": "1"})
    same(sixth, "429_real_ka10080")
    b.ask("ka10001", {"stk_cd": "005930"}, STKINFO)
    same(b.ask("ka10001", {"stk_cd": "005930"}, STKINFO), "429_mock_kt10001", kt10001="ka10001")


def test_every_recorded_refusal_is_compared_above(test_data: Path) -> None:
    compared = Path(__file__).read_text("utf-8")
    # Orders are not served; ka10029's text is of the generation before March 2026.
    beyond = {"errors_mock_market_closed_order", "errors_mock_tick_size_order", "429_mock_ka10029"}
    folder = test_data / "recorded"
    for file in [*folder.glob("errors_*.json"), *folder.glob("429_*.json")]:
        assert file.stem in beyond or f'"{file.stem}"' in compared


def test_headers_are_the_recorded_ones(box: Sandbox, test_data: Path) -> None:
    recorded = json.loads((test_data / "recorded" / "headers_ka10080_1.json").read_text("utf-8"))
    dump = recorded["response_headers"]
    answer = real(box).day()
    assert set(answer.headers) == set(dump)
    varying = {"Date", "api-id", "next-key", "resp-cnt"}
    assert {k: v for k, v in answer.headers.items() if k not in varying} == {
        k: v for k, v in dump.items() if k not in varying
    }
    assert answer.headers["api-id"] == "ka10081"
    assert answer.headers["resp-cnt"] == "600"


def test_token_reply_is_the_recorded_one(box: Sandbox, test_data: Path) -> None:
    dump = json.loads((test_data / "recorded" / "au10001_1.json").read_text("utf-8"))
    answer = real(box).issue()
    got = answer.json
    assert list(got) == list(dump)
    for key in ("return_msg", "token_type", "return_code"):
        assert got[key] == dump[key]
    assert len(got["token"]) == len(dump["token"]) == 86
    assert set(got["token"]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert "정상적으로".encode() in answer.body


# --- tokens ----------------------------------------------------------------------------------------


def test_token_lives_a_day_of_the_wall_clock(free: Sandbox) -> None:
    a = real(free)
    before = datetime.now(KST).replace(tzinfo=None)
    first = a.issue().json
    end = datetime.strptime(first["expires_dt"], "%Y%m%d%H%M%S")
    assert timedelta(hours=24, seconds=-1) <= end - before <= timedelta(hours=24, seconds=60)
    assert a.issue().json == first
    free.set_clock("2030-01-02 09:00")  # the market's clock does not age a token
    free.advance(minutes=24 * 60 - 2)
    assert a.issue().json == first
    assert a.day().json["return_code"] == 0
    free.advance(minutes=3)
    assert code(a.day()) == "8005"
    assert a.issue().json["token"] != first["token"]


def test_a_second_issue_can_kill_the_first_token() -> None:
    """The fault ``token`` on the token call is the server on which a second issue kills the first token."""
    with Sandbox(rate=None) as box:
        box.fail("token", None, call="au10001")
        a = real(box)
        first = a.issue().json["token"]
        second = a.issue().json["token"]
        assert first != second
        assert code(a.day(authorization=f"Bearer {first}")) == "8005"
        assert a.day(authorization=f"Bearer {second}").json["return_code"] == 0


def test_revoke_kills(free: Sandbox, test_data: Path) -> None:
    a = real(free)
    token = a.issue().json["token"]
    assert code(a.send("POST", "/oauth2/revoke", a.keys)) == "8016"
    assert code(a.send("POST", "/oauth2/revoke", {**a.keys, "secretkey": "x", "token": token})) == "8001"
    assert code(a.send("POST", "/oauth2/revoke", {**a.keys, "token": "x"})) == "8005"
    done = a.send("POST", "/oauth2/revoke", {**a.keys, "token": token})
    assert done.json == {"return_code": 0, "return_msg": "정상적으로 처리되었습니다"}
    assert code(a.day(authorization=f"Bearer {token}")) == "8005"
    assert a.issue().json["token"] != token


def test_worlds_are_apart(free: Sandbox) -> None:
    a, b = real(free), mock(free)
    a.issue()
    token = b.issue().json["token"]
    answer = a.day(authorization=f"Bearer {token}")
    assert (code(answer), answer.json["return_code"]) == ("8031", 3)
    assert b.day().json["return_code"] == 0
    assert free.requests()["host"].tolist() == ["real", "mock", "real", "mock"]


def test_grant_type_comes_first(box: Sandbox) -> None:
    a = real(box)
    assert code(a.send("POST", "/oauth2/token", {})) == "8011"
    assert code(a.issue(grant_type="password")) == "8012"


def test_only_content_type_is_needed_for_a_token(box: Sandbox) -> None:
    a = real(box)
    body = {"grant_type": "client_credentials", **a.keys}
    answer = a.send("POST", "/oauth2/token", body, {"Content-Type": "application/json"})
    assert answer.json["return_code"] == 0


# --- the order of checks ---------------------------------------------------------------------------


def test_order_of_checks(box: Sandbox) -> None:
    a = real(box)
    nothing: dict[str, str] = {}
    story = [
        a.ask("", nothing, "/api/nowhere", authorization=None),
        a.ask("ka99999", nothing, "/api/nowhere", authorization=None),
        a.ask("ka10081", nothing, "/api/nowhere", authorization=None),
        a.ask("ka10081", nothing, authorization=None),
        a.ask("ka10081", nothing, authorization="secret"),
        a.ask("ka10081", nothing, authorization="Bearer a b"),
        a.ask("ka10081", nothing, authorization="Basic abc"),
        a.ask("ka10081", nothing, authorization="Bearer"),
        a.ask("ka10081", nothing, authorization="Bearer dead"),
        a.ask("ka10081", b"{not json"),
        a.ask("ka10081", nothing),
    ]
    expected = [
        "1501",
        "1505",
        "1504",
        "1513",
        "1514",
        "1514",
        "1515",
        "1516",
        "8005",
        "1517",
        "1511",
    ]
    assert [code(answer) for answer in story] == expected
    assert {answer.status for answer in story} == {200}
    assert [answer.json["return_code"] for answer in story] == [CODES[c][0] for c in expected]
    assert list(story[0].json) == ["return_msg", "return_code"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_json_is_read_whatever_its_content_type(free: Sandbox, content_type: str | None) -> None:
    a = real(free)
    assert a.day(Content_Type=content_type).json["return_code"] == 0
    body = {"grant_type": "client_credentials", **a.keys}
    headers = {"Content-Type": content_type} if content_type else {}
    assert a.send("POST", "/oauth2/token", body, headers).json["return_code"] == 0


def test_a_real_call_that_is_not_served_is_no_typo(free: Sandbox) -> None:
    a, b = real(free), mock(free)
    typo = a.ask("kt99999", {}, "/api/dostk/ordr")
    assert code(typo) == "1505"
    for api_id, path, what in (
        ("kt10000", "/api/dostk/ordr", "orders"),
        ("kt00018", "/api/dostk/acnt", "accounts"),
        ("ka10172", "/api/dostk/websocket", "WebSocket"),
        ("ka01690", "/api/dostk/acnt", "accounts"),
    ):
        answer = a.ask(api_id, {}, path)
        assert (answer.status, answer.json["return_code"], code(answer)) == (200, 1, "")
        assert all(word in answer.json["return_msg"] for word in ("sandbox", api_id, what, "real server"))
    assert "does not serve" not in b.ask("ka01690", {}, "/api/dostk/acnt").json["return_msg"]  # recorded
    assert code(a.ask("kt10000", {}, "/api/dostk/ordr", authorization=None)) == "1513"


def test_calls_that_are_served_are_not_listed_as_missing() -> None:
    assert not UNSERVED.keys() & CATALOGUE.keys()


def test_a_websocket_is_refused_by_name(free: Sandbox) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    answer = real(free).send("GET", "/api/dostk/websocket", headers=upgrade)
    assert answer.status == 501
    assert "no WebSocket" in answer.json["error"]


def test_required_fields_are_named_one_at_a_time_in_the_manuals_order(box: Sandbox) -> None:
    a = real(box)
    body: dict[str, Any] = {}
    for name in ("stk_cd", "base_dt", "upd_stkpc_tp"):
        assert a.ask("ka10081", body).json["return_msg"].endswith(f"파라미터={name}]")
        body[name] = None  # as good as absent
        assert a.ask("ka10081", body).json["return_msg"].endswith(f"파라미터={name}]")
        body[name] = DAY[name]
    assert a.ask("ka10081", {**body, "strt_dt": "unknown fields are ignored"}).json["return_code"] == 0
    assert box.requests()["status"].tolist()[1:] == [200] * 7  # refused before the rate is looked at


# --- rate ------------------------------------------------------------------------------------------


def statuses(ticker: Ticker, moments: Iterable[float], ask: Callable[[], Answer]) -> list[int]:
    """The HTTP status of a call at each of some moments."""
    found = []
    for moment in moments:
        ticker.now = moment
        found.append(ask().status)
    return found


def test_rate_is_a_bucket_per_key_and_call(box: Sandbox, ticker: Ticker) -> None:
    a, b = real(box), mock(box)
    a.issue(), b.issue()
    assert [a.day().status for _ in range(5)] == [200] * 5
    refused = a.day()
    assert (refused.status, refused.json["return_code"]) == (429, 5)
    assert refused.json["return_msg"].endswith("유량=5, API ID=ka10081]")
    assert "Retry-After" not in refused.headers
    assert a.ask("ka10001", {"stk_cd": "005930"}, STKINFO).status == 200  # another call
    assert b.day().status == 200  # another key
    assert b.day().status == 429
    assert statuses(ticker, [0.19, 0.2, 0.2, 0.59, 0.6], a.day) == [429, 200, 429, 200, 200]
    assert statuses(ticker, [9.0] * 6, a.day) == [200] * 5 + [429]  # no more than full
    assert statuses(ticker, [9.9, 10.0, 10.5, 11.0], b.day) == [200, 429, 429, 200]
    box.rate = None
    assert a.day().status == 200


@pytest.mark.parametrize(
    ("pause", "pages", "first_refusal"),
    [(0.3, 12, None), (0.15, 12, None), (0.05, 12, None), (0.0, 30, range(8, 12))],
)
@pytest.mark.parametrize("latency", [0.09, 0.11])
def test_the_limit_that_was_measured(
    box: Sandbox, ticker: Ticker, pause: float, pages: int, first_refusal: range | None, latency: float
) -> None:
    """protocol.md 4: serial pages with a pause are not refused; without one, page 8 to 11 is."""
    seen = statuses(ticker, [page * (latency + pause) for page in range(pages)], real(box).day)
    assert seen.index(429) + 1 in first_refusal if first_refusal else seen == [200] * pages


def test_one_call_every_fifth_of_a_second_is_never_refused(box: Sandbox, ticker: Ticker) -> None:
    """A client that paces itself by its own clock, which does not fall on the sandbox's."""
    a = real(box)
    moments = [7.3]
    while len(moments) < 200:
        moments.append(moments[-1] + 0.2)  # with the rounding errors of a sum
    assert statuses(ticker, moments, a.day) == [200] * 200


def test_a_burst_is_a_larger_bucket_at_the_same_rate(ticker: Ticker) -> None:
    with Sandbox(burst=2, monotonic=ticker) as box:
        b = mock(box)
        assert statuses(ticker, [0, 0, 0, 0.9, 1.0, 1.0, 3.0, 3.0, 3.0], b.day) == [
            200, 200, 429, 429, 200, 429, 200, 200, 429,
        ]  # fmt: skip


def test_the_strict_window_lets_five_pass_in_any_second(ticker: Ticker) -> None:
    with Sandbox(limiter="window", monotonic=ticker) as box:
        a, b = real(box), mock(box)
        assert statuses(ticker, [0, 0.3, 0.3, 0.3, 0.9, 0.99], a.day) == [200] * 5 + [429]
        assert statuses(ticker, [0.99, 1.5], b.day) == [200, 429]
        assert statuses(ticker, [1.5, 1.5, 1.5, 1.5, 1.5], a.day) == [200] * 4 + [429]
        assert statuses(ticker, [2.0, 2.4], a.day) == [200, 429]


def test_token_endpoint_is_limited_too(box: Sandbox, ticker: Ticker) -> None:
    b = mock(box)

    def revoke() -> int:
        return b.send("POST", "/oauth2/revoke", {**b.keys, "token": b.token}).status

    assert [b.issue().status for _ in range(2)] == [200, 429]
    assert revoke() == 200
    ticker.now = 1.0
    assert [b.issue().status, revoke()] == [200, 200]
    ticker.now = 1.5
    box.mock_rate = None
    assert b.issue().status == 200
    box.mock_rate = 1
    assert revoke() == 429
    assert b.day().json["return_code"] == 0  # it was refused for speed, so that the token lives


@pytest.mark.parametrize(
    "setting",
    [{"rate": 0}, {"mock_rate": -1}, {"burst": 0}, {"burst": float("inf")}, {"limiter": "bukcet"},
     {"limiter": "window", "burst": 2}, {"latency": -1}],
)  # fmt: skip
def test_senseless_limits(setting: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"rate|burst|limiter|latency"):
        Sandbox(**setting)


# --- paging ----------------------------------------------------------------------------------------


def walk(a: Caller) -> list[Answer]:
    pages: list[Answer] = []
    key = ""
    while not pages or key:
        pages.append(a.day(key))
        key = pages[-1].headers["next-key"]
        assert (pages[-1].headers["cont-yn"] == "Y") == bool(key)
    return pages


def test_pages_join(free: Sandbox) -> None:
    pages = walk(real(free))
    dates = [row["dt"] for page in pages for row in page.json[ROWS]]
    assert len(pages) > 3
    assert dates == sorted(set(dates), reverse=True)
    assert dates[0] == "20261120"
    assert all(page.headers["resp-cnt"] == str(len(page.json[ROWS])) for page in pages)
    assert [len(page.json[ROWS]) for page in pages[:-1]] == [600] * (len(pages) - 1)
    assert free.requests()["page"].tolist()[1:] == list(range(1, len(pages) + 1))


def test_a_key_counts_only_with_cont_yn(free: Sandbox) -> None:
    a = real(free)
    first = a.day()
    key = first.headers["next-key"]
    assert a.day(cont_yn="N", next_key="").body == first.body
    assert a.day(cont_yn="N", next_key=key).body == first.body
    assert a.day(key).body != first.body


# --- faults ----------------------------------------------------------------------------------------


def test_a_story_of_faults(free: Sandbox) -> None:
    a = real(free)
    free.script({2: "500", 3: "429", 5: "drop"}, call="ka10081")
    statuses = []
    for _ in range(6):
        try:
            statuses.append(a.day().status)
        except http.client.RemoteDisconnected:
            statuses.append(0)
        a.ask("ka10001", {"stk_cd": "005930"}, STKINFO)
    assert statuses == [200, 500, 429, 200, 0, 200]
    log = free.requests()
    assert log[log["call"] == "ka10081"]["status"].tolist() == statuses
    assert log[log["call"] == "ka10081"]["fault"].tolist() == ["", "500", "429", "", "drop", ""]
    assert (log[log["call"] == "ka10001"]["status"] == 200).all()


def test_faults_queue_skip_and_heal(free: Sandbox) -> None:
    a = real(free)
    free.fail("502", after=1)
    free.fail("500", 2)
    assert [a.day().status for _ in range(4)] == [500, 502, 500, 200]
    free.fail("500", None)
    assert [a.day().status for _ in range(3)] == [500] * 3
    assert a.issue().status == 200  # token calls only when named
    free.clear_faults()
    assert a.day().status == 200
    free.fail("500", call="/oauth2/token")
    assert a.issue().status == 500


def test_maintenance_page(free: Sandbox) -> None:
    a = real(free)
    free.fail("html")
    answer = a.day()
    text = answer.body.decode()
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html;charset=UTF-8"
    assert all(words in text for words in ("시스템작업", "서비스 중단", "1. 중단 일시", "2. 중단 내용"))
    assert "api-id" not in answer.headers


def test_service_error_and_dead_token(free: Sandbox) -> None:
    a = real(free)
    free.fail("rc7")
    text = "서비스를 처리하는 중에 오류가 발생했습니다[4007]"
    assert a.day().json == {"return_msg": text, "return_code": 7}
    free.fail("token")
    assert [code(a.day()), code(a.day())] == ["8005", "8005"]
    a.token = ""
    assert a.day().json["return_code"] == 0


def test_half_a_body(free: Sandbox) -> None:
    a = real(free)
    whole = a.day()
    free.fail("half")
    with pytest.raises(http.client.IncompleteRead):
        a.day()
    a.link.close()
    assert a.day().body == whole.body


def test_slow_answer_arrives_and_close_does_not_wait_for_it(free: Sandbox) -> None:
    a = real(free)
    whole = a.day()
    free.fail("slow", seconds=0.001)
    assert a.day().body == whole.body
    free.fail("slow", seconds=3600)
    a.link.request("POST", CHART, json.dumps(DAY), {"api-id": "ka10081", "Content-Type": "application/json"})
    free.close()
    with pytest.raises(http.client.RemoteDisconnected):
        a.link.getresponse()


def test_latency_makes_every_answer_late(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    with Sandbox(rate=None, latency=0.25) as box:
        monkeypatch.setattr(box._closed, "wait", waits.append)  # nothing waits for real
        a = real(box)
        a.issue()
        box.fail("slow", seconds=2)
        assert [a.day().status for _ in range(2)] == [200, 200]
        assert a.send("GET", "/_sandbox/clock").status == 200
        monkeypatch.undo()
    assert waits == [0.25, 2.25, 0.25]


def test_keys_that_do_not_move(free: Sandbox) -> None:
    a = real(free)
    pages = walk(a)
    second = pages[0].headers["next-key"]
    free.fail("key")
    stuck = a.day()
    assert stuck.body == pages[0].body
    key = stuck.headers["next-key"]
    assert [a.day(key).headers["next-key"] for _ in range(2)] == [key, key]
    free.fail("key")
    assert a.day(second).headers["next-key"] == second
    assert a.day(second).headers["next-key"] == pages[1].headers["next-key"]


def test_endless_empty_pages(free: Sandbox) -> None:
    a = real(free)
    free.fail("endless")
    key = ""
    for _ in range(3):
        answer = a.day(key)
        key = answer.headers["next-key"]
        assert (answer.json[ROWS], answer.headers["cont-yn"], answer.headers["resp-cnt"]) == ([], "Y", "0")


def test_overlap(free: Sandbox) -> None:
    a = real(free)
    pages = walk(a)[:3]
    free.fail("overlap", rows=7)
    rows = a.day(pages[1].headers["next-key"]).json[ROWS]
    assert rows == pages[1].json[ROWS][-7:] + pages[2].json[ROWS]
    free.fail("overlap")
    assert a.day().body == pages[0].body  # nothing before a first page


def test_spoiled_fields(free: Sandbox) -> None:
    a = real(free)
    good = a.day().json[ROWS]

    def spoiled(kind: str, **settings: Any) -> Any:
        free.fail(kind, **settings)
        return a.day().json

    rows = spoiled("blank", rate=0.3)[ROWS]
    fields = [row[key] for row in rows for key in row if key != "dt"]
    assert 0.2 < sum(text == "" for text in fields) / len(fields) < 0.4
    assert [row["dt"] for row in rows] == [row["dt"] for row in good]
    assert spoiled("sentinel")[ROWS] == [*good, dict.fromkeys(good[0], "")]
    rows = spoiled("saturated")[ROWS]
    assert any(row["trde_qty"] == "4294967295" for row in rows)
    assert [row["cur_prc"] for row in rows] == [row["cur_prc"] for row in good]
    rows = spoiled("double_minus")[ROWS]
    before, after = ([row["pred_pre"] for row in some] for some in (good, rows))
    assert after == [f"-{text}" if text.startswith("-") else text for text in before] != before
    content = spoiled("text_code")
    assert (content["return_code"], content[ROWS]) == ("0", good)
    assert a.day().json[ROWS] == good


def test_old_schema_ends_as_recorded(free: Sandbox, test_data: Path) -> None:
    a = real(free)
    free.fail("schema")
    row = a.day().json[ROWS][0]
    recorded = json.loads((test_data / "recorded" / "ka10081_1.json").read_text("utf-8"))[ROWS][0]
    assert list(row)[-7:] == list(recorded)[-7:]
    assert set(row) == set(recorded)


@pytest.mark.parametrize("kind", [*KINDS, *CODES])
def test_every_fault_on_every_shape(steady: Sandbox, kind: str) -> None:
    a = real(steady)
    calls = [
        ("ka10081", DAY, CHART),
        ("ka10001", {"stk_cd": "005930"}, STKINFO),
        ("ka10099", {"mrkt_tp": "10"}, STKINFO),
    ]
    for api_id, body, path in calls:
        a.ask(api_id, body, path)
        steady.fail(kind, call=api_id, seconds=0)
        try:
            answer = a.ask(api_id, body, path)
        except (http.client.RemoteDisconnected, http.client.IncompleteRead):
            assert kind in ("drop", "half")
            a.link.close()
            a.token = ""
            continue
        assert answer.headers["Content-Type"].startswith("text/html") or "return_code" in answer.json
        if kind in CODES:
            assert code(answer) == kind
            assert "{" not in answer.json["return_msg"]
        a.token = ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "flood"}, {"kind": "500", "n": 0}, {"kind": "500", "n": "2"}, {"kind": "500", "call": "ka1"},
        {"kind": "500", "after": -1}, {"kind": "slow", "seconds": -1}, {"kind": "blank", "rate": 2},
        {"kind": "overlap", "rows": 0},
    ],
)  # fmt: skip
def test_senseless_faults(free: Sandbox, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fault|call"):
        free.fail(**wrong)
    answer = real(free).send("POST", "/_sandbox/faults", wrong)
    assert answer.status == 400
    assert answer.json["error"]
    with pytest.raises(ValueError, match="no fault"):
        free.script({1: "500", 2: "flood"})
    assert real(free).send("GET", "/_sandbox/faults").json == []


# --- clock, log and control ------------------------------------------------------------------------


def test_clock_stands_and_moves(free: Sandbox) -> None:
    a = real(free)
    assert free.now() == datetime(2026, 11, 20, 21, 30, tzinfo=KST)
    assert parsedate_to_datetime(a.send("HEAD", "/").headers["Date"]) == free.now()
    assert free.advance(days=3, minutes=1, seconds=5) == datetime(2026, 11, 23, 21, 31, 5, tzinfo=KST)
    assert parsedate_to_datetime(a.day().headers["Date"]) == free.now()
    assert free.set_clock("2026-11-19 10:30").isoformat() == "2026-11-19T10:30:00+09:00"
    assert free.set_clock(datetime(2026, 11, 19, 1, 30, tzinfo=UTC)).hour == 10
    free.set_clock("real")
    assert abs(free.now() - datetime.now(KST)) < timedelta(minutes=1)
    assert abs(free.advance(days=1) - datetime.now(KST) - timedelta(days=1)) < timedelta(minutes=1)
    with pytest.raises(ValueError, match="forward"):
        free.advance(days=-1)
    with pytest.raises(ValueError, match="not a time"):
        free.set_clock("yesterday")
    for far in ("0001-01-01", "9999-12-31 23:59"):
        with pytest.raises(ValueError, match="1980 to 2100"):
            free.set_clock(far)
    with pytest.raises(ValueError, match="1980 to 2100"):
        free.advance(days=100_000)


def test_head_and_get_of_the_root_are_free_and_unlisted(box: Sandbox) -> None:
    a = real(box)
    for _ in range(7):
        answer = a.send("HEAD", "/")
        assert (answer.status, answer.body, answer.headers["Server"]) == (200, b"", box.name)
    page = a.send("GET", "/").json
    assert (page["server"], page["url"]) == (box.name, box.url)
    assert "key" not in json.dumps(page)
    assert box.requests().empty
    assert box.requests().columns[:5].tolist() == ["time", "call", "code", "page", "status"]


def test_log(free: Sandbox) -> None:
    a = real(free)
    key = a.day().headers["next-key"]
    a.day(key)
    a.day("A0059301990010100010000")
    a.ask("ka10001", {}, STKINFO)
    log = free.requests()
    assert log["call"].tolist() == ["/oauth2/token", "ka10081", "ka10081", "ka10081", "ka10001"]
    assert log["code"].tolist() == ["", "005930", "005930", "005930", ""]
    assert log["page"].tolist() == [1, 1, 2, 0, 1]
    assert log["return_code"].iloc[[0, 1, 2, 4]].tolist() == [0, 0, 0, 2]
    assert str(log["time"].dtype) == "datetime64[us, Asia/Seoul]"
    assert (log["time"] == free.now()).all()
    assert a.send("GET", "/_sandbox/requests").json[-1]["call"] == "ka10001"
    assert not any(secret in log.to_csv() for secret in (free.appkey, free.secretkey, a.token))


def test_control_from_another_process(free: Sandbox) -> None:
    a = real(free)
    assert (
        a.send("POST", "/_sandbox/clock", {"advance": {"days": 1}}).json["now"] == "2026-11-21T21:30:00+09:00"
    )
    assert free.now().day == 21
    assert (
        a.send("POST", "/_sandbox/clock", {"set": "2026-11-19 10:30"}).json["now"] == free.now().isoformat()
    )
    assert free.now().day == 19
    assert a.send("GET", "/_sandbox/clock").json == {"now": free.now().isoformat()}
    assert a.send("POST", "/_sandbox/faults", {"kind": "500", "n": 2}).json[0]["n"] == 2
    assert a.send("POST", "/_sandbox/faults", {"script": {"1": "502"}, "call": "ka10081"}).status == 200
    assert [a.day().status for _ in range(3)] == [500, 500, 502]
    a.send("POST", "/_sandbox/faults", {"kind": "500", "n": None})
    assert a.send("DELETE", "/_sandbox/faults").json == []
    assert a.day().status == 200
    wrong = [{}, {"advance": {"years": 1}}, {"advance": 3}, {"set": "soon"}, {"set": 3}, [], b"{"]
    assert [a.send("POST", "/_sandbox/clock", body).status for body in wrong] == [400] * len(wrong)
    wrong = [{}, {"kind": "500", "m": 1}, {"script": 3}, {"script": {"x": "500"}}, {"script": {"0": "500"}}]
    assert [a.send("POST", "/_sandbox/faults", body).status for body in wrong] == [400] * len(wrong)
    assert a.send("POST", "/_sandbox/nothing", {}).status == 404
    assert len(free.requests()) == 5


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Host": "evil.example"}, 403),  # its name leads to 127.0.0.1: DNS rebinding
        ({"Host": "[broken"}, 403),
        ({"Content-Type": "text/plain"}, 415),  # what a form or a script can send without being asked
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "text/plain; application/json"}, 415),
    ],
)
def test_a_web_page_cannot_reach_the_control_api(free: Sandbox, changes: dict[str, str], status: int) -> None:
    a = real(free)
    before = free.now()
    headers = {"Content-Type": "application/json", **changes}
    answer = a.send("POST", "/_sandbox/clock", {"advance": {"days": 1}}, headers)
    assert answer.status == status
    assert next(iter(changes.values())) in answer.json["error"]
    assert free.now() == before
    if status == 403:
        assert a.send("GET", "/_sandbox/requests", headers=changes).status == 403
        assert a.send("DELETE", "/_sandbox/faults", headers=changes).status == 403


def test_the_control_api_answers_this_machine(free: Sandbox) -> None:
    a = real(free)
    for headers in (
        {"Content-Type": "application/json; charset=utf-8"},
        {"Content-Type": "application/json", "Origin": free.url},
        {"Content-Type": "Application/JSON", "Host": "localhost:8490", "Origin": "http://localhost:8490"},
    ):
        assert a.send("POST", "/_sandbox/clock", {"advance": {"days": 1}}, headers).status == 200
    assert free.now().day == 23
    no_host = raw(free, b"GET /_sandbox/requests HTTP/1.0\r\n\r\n")
    assert b" 403 " in no_host


# --- clients that do not behave --------------------------------------------------------------------


def raw(box: Sandbox, sent: bytes, end: bool = False) -> bytes:
    """Everything that comes back until the connection closes."""
    host, port = box.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as link:
        link.sendall(sent)
        if end:
            link.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: link.recv(65536), b""))


POST = b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def test_malformed_requests_are_refused_cleanly(free: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    assert b" 413 " in raw(free, POST + b"Content-Length: 1000001\r\n\r\n" + b"x" * 1_000_001, end=True)
    assert b" 413 " in raw(free, POST + b"Transfer-Encoding: chunked\r\n\r\nF4241\r\n", end=True)
    assert b" 400 " in raw(free, POST + b"Content-Length: -1\r\n\r\n")
    assert b" 400 " in raw(free, POST + b"Content-Length: many\r\n\r\n")
    assert b" 400 " in raw(free, POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n")
    assert b" 400 " in raw(free, b"nonsense\r\n\r\n")
    assert b" 414 " in raw(free, b"GET /" + b"x" * 70_000, end=True)
    assert b" 431 " in raw(free, b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n")
    assert b" 405 " in raw(free, b"GET /api/dostk/chart HTTP/1.1\r\n\r\n")
    assert b" 501 " in raw(free, b"PUT / HTTP/1.1\r\n\r\n")
    assert raw(free, POST + b"Content-Length: 100\r\n\r\n{", end=True) == b""
    assert b" 400 " in raw(free, POST[:9], end=True)
    assert real(free).day().status == 200
    assert capfd.readouterr() == ("", "")


def test_bodies_that_are_no_object_of_texts(free: Sandbox) -> None:
    a = real(free)
    for body in (b"[]", b"3", b"\xff", b'{"stk_cd": ["005930"]}', b"{" * 5000):
        assert code(a.ask("ka10081", body)) == "1517"
    assert code(a.ask("ka10081", b"")) == "1511"
    assert a.ask("ka10081", {**DAY, "upd_stkpc_tp": 1}).json["return_code"] == 0


def test_chunked_request(free: Sandbox) -> None:
    a = real(free)
    body = json.dumps({"grant_type": "client_credentials", **a.keys}).encode()
    chunks = b"%x;a=b\r\n%b\r\n%x\r\n%b\r\n0\r\nx: y\r\n\r\n" % (9, body[:9], len(body) - 9, body[9:])
    close = b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b'"token_type":"Bearer"' in raw(free, POST + close + chunks)


def test_http_1_0(free: Sandbox) -> None:
    answer = raw(free, b"POST /oauth2/token HTTP/1.0\r\nContent-Type: application/json\r\n\r\n")
    assert b"Content-Length: " in answer
    assert answer.endswith(b'"return_code":2}')


def test_silent_clients_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiwoom_research.sandbox.server.listener._Handler.timeout", 0.05)
    with Sandbox() as box:
        assert raw(box, b"") == b""
        assert raw(box, POST + b"Content-Length: 100\r\n\r\n{") == b""


def test_default_agent_of_aiohttp_is_blocked(free: Sandbox) -> None:
    a = real(free)
    blocked = a.ask("ka10081", DAY, User_Agent="Python/3.11 aiohttp/3.12.0")
    assert blocked.status == 400
    assert b"Request Blocked" in blocked.body
    with Sandbox(rate=None, bot_filter=False) as box:
        assert real(box).ask("ka10081", DAY, User_Agent="Python/3.11 aiohttp/3.12.0").status == 200


def test_two_hundred_at_once(free: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    a = real(free)
    expected = a.day().body
    start = threading.Barrier(200)
    same: list[bool] = []

    def run() -> None:
        other = real(free)
        other.token = a.token
        start.wait()
        same.append(other.day().body == expected)

    threads = [threading.Thread(target=run) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert same == [True] * 200
    assert len(free.requests()) == 202
    assert capfd.readouterr() == ("", "")


def test_a_mistake_of_our_own_is_an_answer(free: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> Any:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("kiwoom_research.sandbox.server.gateway.answer", broken)
    answer = real(free).day()
    assert (answer.status, answer.json["return_code"], code(answer)) == (200, 7, "1999")
    assert "boom" in answer.json["return_msg"]


# --- life ------------------------------------------------------------------------------------------


def test_close_frees_the_port_and_ends_kept_connections() -> None:
    box = Sandbox()
    a = real(box)
    a.day()
    port = int(box.url.rpartition(":")[2])
    box.close()
    box.close()
    with pytest.raises(ConnectionError):
        a.day()
    assert "closed" in repr(box)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(ConfigError, match=f"127.0.0.1:{port}"):
            Sandbox(port=port)


def test_ports_are_side_by_side_and_loopback_only() -> None:
    for port in range(18700, 18800, 2):  # some may be taken
        with contextlib.suppress(ConfigError), Sandbox(port=port) as box:
            assert box.url == f"http://127.0.0.1:{port}"
            assert box.mock_url == f"http://127.0.0.1:{port + 1}"
            return
    pytest.fail("no two ports side by side are free")


def test_name_says_what_decides_the_answers() -> None:
    def name(**settings: Any) -> str:
        with Sandbox(**settings) as box:
            return box.name

    assert name() == name(clock="2026-01-02", rate=None) == name(seed=1)
    assert len({name(), name(seed=2), name(unknown="1902")}) == 3
    assert name().startswith("sandbox-")


def test_repr_shows_no_keys(box: Sandbox) -> None:
    assert box.url in repr(box)
    assert "key" not in repr(box)
    for key in (box.appkey, box.secretkey, box.mock_appkey, box.mock_secretkey):
        assert "sandbox" in key


def test_shared_is_one_per_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KIWOOM_SANDBOX_BARS", raising=False)
    one = Sandbox.shared()
    assert Sandbox.shared() is one
    one.close()
    two = Sandbox.shared()
    assert two is not one
    assert real(two).day().status == 200
    two.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_cleanly() -> None:
    # the address is told once the program waits: a signal before that would meet nobody
    program = """
import sys, threading, time
from kiwoom_research.sandbox import Sandbox
box, main = Sandbox(), threading.get_ident()
def waits():
    frame = sys._current_frames()[main]
    inner = frame.f_code.co_name
    while frame is not None and frame.f_code is not Sandbox.wait.__code__:
        frame = frame.f_back
    return frame is not None and inner == "wait"  # starting a thread waits as well, but not in there
def tell():
    while not waits():
        time.sleep(0.01)
    print(box.url, flush=True)
threading.Thread(target=tell, daemon=True).start()
box.wait()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        link = http.client.HTTPConnection(
            process.stdout.readline().strip().removeprefix("http://"), timeout=20
        )
        link.request("HEAD", "/")
        assert link.getresponse().read() == b""
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20) == ("", "")
        assert process.returncode == 0
        with pytest.raises(ConnectionError):
            http.client.HTTPConnection(link.host, link.port, timeout=20).request("HEAD", "/")
        link.close()


def test_wait_ends_with_close(box: Sandbox) -> None:
    waiting = threading.Thread(target=box.wait)
    waiting.start()
    box.close()
    waiting.join(20)
    assert not waiting.is_alive()
