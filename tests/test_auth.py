"""The token: issued once, kept privately, renewed early, revoked on request, never shown."""

import json
import os
import subprocess
import sys
import threading
import time
import warnings
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock

import kiwoom_research as kr
from kiwoom_research import errors
from kiwoom_research.calendar import KST
from kiwoom_research.client import Client, token
from kiwoom_research.client.token import Token
from kiwoom_research.config import settings
from kiwoom_research.endpoints import call as call_of
from kiwoom_research.sandbox import Sandbox

from .conftest import FakeClock
from .tiny import ISSUED, OK, TOKEN, Said, tiny_client

INFO = call_of("ka10001")
BODY = {"stk_cd": "005930"}


def ask(client: Client) -> None:
    """One request past the cache."""
    client.call(INFO, BODY, refresh=True)


def issues(box: Sandbox) -> int:
    """How often a token was issued, by the server's log."""
    return int((box.requests()["call"] == "/oauth2/token").sum())


def token_file(folder: Path) -> Path:
    """The one token file of a state folder."""
    (file,) = (folder / "state" / "tokens").glob("*.json")
    return file


def sharing(box: Sandbox, folder: Path, fake_clock: FakeClock | None = None) -> Client:
    """A client of a sandbox whose state folder is below `folder`; each has a cache of its own."""
    made = settings(box, cache_dir=folder / f"cache-{time.monotonic_ns()}")
    return Client(replace(made, state_dir=folder / "state"), clock=fake_clock)


@pytest.fixture
def now() -> FakeClock:
    """An injected clock that begins now: the sandbox's tokens live by the computer's clock."""
    fake_clock = FakeClock()
    fake_clock.seconds = time.time()
    return fake_clock


# --- once ----------------------------------------------------------------------------------------


def test_nothing_is_issued_before_something_is_asked(box: Sandbox, tmp_path: Path) -> None:
    """A client alone asks for no token."""
    with sharing(box, tmp_path) as client:
        assert client.tokens.current() is None
        assert not kr.token_status(client=client)["issued"]
    assert issues(box) == 0


def test_two_clients_share_a_token(box: Sandbox, tmp_path: Path) -> None:
    """The second client of a state folder uses the first one's token."""
    with sharing(box, tmp_path) as one, sharing(box, tmp_path) as other:
        ask(one)
        ask(other)
        assert one.tokens.token().value == other.tokens.token().value
    assert issues(box) == 1


def test_threads_issue_once(box: Sandbox, tmp_path: Path) -> None:
    """Eight threads of two clients that begin together: one issue."""
    with sharing(box, tmp_path) as one, sharing(box, tmp_path) as other:
        threads = [threading.Thread(target=ask, args=(client,)) for client in (one, other) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert issues(box) == 1
    assert len(box.requests()) == 9


def test_file_is_private(box: Sandbox, tmp_path: Path) -> None:
    """Token file 0600 in a folder 0700, and nothing left over from writing it."""
    with sharing(box, tmp_path) as client:
        ask(client)
    file = token_file(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert {path.suffix for path in file.parent.iterdir()} == {".json", ".lock"}


def test_open_folder_is_tightened(box: Sandbox, tmp_path: Path) -> None:
    """A token folder that others could read is closed."""
    folder = tmp_path / "state" / "tokens"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    with sharing(box, tmp_path) as client:
        ask(client)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_file_name_shows_no_key(box: Sandbox, tmp_path: Path) -> None:
    """The file is named by a hash; it holds the token and its end, and no key."""
    with sharing(box, tmp_path) as client:
        ask(client)
    file = token_file(tmp_path)
    assert "sandbox" not in file.name
    assert set(json.loads(file.read_text())) == {"token", "expires"}
    assert box.appkey not in file.read_text()
    assert box.secretkey not in file.read_text()


def test_keys_and_servers_have_tokens_of_their_own(tmp_path: Path) -> None:
    """Another key or another server is another token."""
    with Sandbox() as one, Sandbox() as other:
        for box in (one, other):
            with sharing(box, tmp_path) as client:
                ask(client)
        assert issues(one) == issues(other) == 1
    assert len(list((tmp_path / "state" / "tokens").glob("*.json"))) == 2


def test_without_a_folder(box: Sandbox, tmp_path: Path) -> None:
    """Without a state folder the token lives in memory."""
    made = replace(settings(box, cache_dir=tmp_path), state_dir=None)
    with Client(made) as client:
        ask(client)
        ask(client)
    assert issues(box) == 1


def test_cached_answers_need_no_token(box: Sandbox, tmp_path: Path) -> None:
    """What is in the cache is answered without a token."""
    made = settings(box, cache_dir=tmp_path)
    with Client(replace(made, state_dir=tmp_path / "one")) as client:
        client.call(INFO, BODY)
    with Client(replace(made, state_dir=tmp_path / "two")) as client:
        assert client.call(INFO, BODY).cached
    assert issues(box) == 1
    assert not (tmp_path / "two").exists()


# --- its life ------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])
def test_expiry_is_korean_time(zone: str, tmp_path: Path) -> None:
    """20260302010203 is 2026-03-01 16:02:03 UTC on every machine."""
    code = f"""
from datetime import datetime
from pathlib import Path
from kiwoom_research.client.token import TokenManager
from kiwoom_research.config import Keys, Server, Settings
made = Settings(Server("x", "https://x.invalid", 1), Keys("a", "b"), None, Path({str(tmp_path)!r}))
reply = {{"token": "abc", "expires_dt": "20260302010203", "return_code": 0}}
clock = datetime.fromisoformat("2026-03-01T00:00:00+00:00").timestamp()
first = TokenManager(made, lambda table, body: reply, lambda: clock)
first.token()
second = TokenManager(made, None, lambda: clock)  # reads the file: None could not be called
for tokens in (first, second):
    print(tokens.token().expires.timestamp(), end=" ")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TZ": zone},
    )
    moment = datetime.fromisoformat("2026-03-01T16:02:03+00:00").timestamp()
    assert [float(part) for part in done.stdout.split()] == [moment, moment]


def test_renewed_ten_minutes_early(box: Sandbox, tmp_path: Path, now: FakeClock) -> None:
    """Used until ten minutes before its end, then another one is asked for."""
    with sharing(box, tmp_path, now) as client:
        ask(client)
        end = client.tokens.token().expires
        now.seconds = (end - timedelta(minutes=10, seconds=1)).timestamp()
        ask(client)
        assert issues(box) == 1
        now.seconds = (end - timedelta(minutes=10)).timestamp()
        ask(client)
        assert issues(box) == 2


def test_a_new_process_does_not_use_an_old_file(box: Sandbox, tmp_path: Path, now: FakeClock) -> None:
    """A file whose token ends within ten minutes is not used."""
    with sharing(box, tmp_path, now) as client:
        ask(client)
        end = client.tokens.token().expires
    now.seconds = end.timestamp() - 300
    with sharing(box, tmp_path, now) as client:
        ask(client)
    assert issues(box) == 2


def test_token_killed_early(box: Sandbox, tmp_path: Path) -> None:
    """A dead token is dropped from file and memory; the other client takes the new one from the file."""
    with sharing(box, tmp_path) as one, sharing(box, tmp_path) as other:
        ask(one)
        ask(other)
        old = one.tokens.token().value
        box.fail("token")
        ask(one)
        ask(other)  # still holds the dead one, is refused once, and finds the new one in the file
        new = json.loads(token_file(tmp_path).read_text())["token"]
        assert {one.tokens.token().value, other.tokens.token().value} == {new}
        assert new != old
    assert issues(box) == 2


def test_aged_on_the_server(box: Sandbox, tmp_path: Path) -> None:
    """Two days on the server's side: 8005, one renewal, the right answer."""
    with sharing(box, tmp_path) as client:
        ask(client)
        box.advance(days=2)
        ask(client)
    assert issues(box) == 2
    assert box.requests()["return_code"].tolist() == [0, 0, 3, 0, 0]


def test_status(box: Sandbox, tmp_path: Path, now: FakeClock) -> None:
    """token_status() says whether and until when, and never the token."""
    with sharing(box, tmp_path, now) as client:
        status = kr.token_status(client=client)
        assert status.index.tolist() == ["server", "issued", "good", "expires", "remaining"]
        assert (status["issued"], status["good"]) == (False, False)
        assert status["expires"] is pd.NaT
        ask(client)
        status = kr.token_status(client=client)
        assert (status["issued"], status["good"]) == (True, True)
        assert str(status["expires"].tz) == "Asia/Seoul"
        assert pd.Timedelta(hours=23, minutes=59) < status["remaining"] <= pd.Timedelta(hours=24)
        assert client.tokens.token().value not in status.to_string()
        now.seconds += 86400
        assert (kr.token_status(client=client)["issued"], kr.token_status(client=client)["good"]) == (
            True,
            False,
        )
    assert issues(box) == 1


def test_revoke(box: Sandbox, tmp_path: Path) -> None:
    """The server ends the token, file and memory forget it, the next request has a new one."""
    with sharing(box, tmp_path) as client:
        assert kr.revoke_token(client=client) is False
        ask(client)
        old = client.tokens.token().value
        assert kr.revoke_token(client=client) is True
        assert not list((tmp_path / "state" / "tokens").glob("*.json"))
        assert client.tokens.current() is None
        ask(client)
        assert client.tokens.token().value != old
    assert box.requests()["call"].tolist() == [
        "/oauth2/token",
        "ka10001",
        "/oauth2/revoke",
        "/oauth2/token",
        "ka10001",
    ]


def test_revoke_from_the_file(box: Sandbox, tmp_path: Path) -> None:
    """A new process can revoke what an earlier one issued."""
    with sharing(box, tmp_path) as client:
        ask(client)
    with sharing(box, tmp_path) as client:
        assert kr.revoke_token(client=client) is True
        assert kr.revoke_token(client=client) is False


def test_revoke_that_fails(box: Sandbox, tmp_path: Path) -> None:
    """What the broker says against it is an AuthError; a dead token is not asked for again in between."""
    with sharing(box, tmp_path) as client:
        ask(client)
        box.fail("8001", call="au10002")
        with pytest.raises(errors.AuthError):
            kr.revoke_token(client=client)
    assert issues(box) == 1


@pytest.mark.parametrize("code", ["8001", "8020", "8030", "8050"])
def test_refused_keys(code: str, box: Sandbox, tmp_path: Path) -> None:
    """Wrong keys, keys of the other world, an unregistered address: AuthError at once, no file."""
    box.fail(code, None, call="au10001")
    with sharing(box, tmp_path) as client, pytest.raises(errors.AuthError, match=code):
        ask(client)
    assert box.requests()["call"].tolist() == ["/oauth2/token"]
    assert not list((tmp_path / "state" / "tokens").glob("*.json"))


def test_busy_token_endpoint(box: Sandbox, tmp_path: Path, now: FakeClock) -> None:
    """The token endpoint has a limit too: 429 and a 500 are waited out."""
    box.fail("429", call="au10001")
    box.fail("500", call="au10001")
    with sharing(box, tmp_path, now) as client:
        ask(client)
    assert box.requests()["call"].tolist() == ["/oauth2/token"] * 3 + ["ka10001"]
    assert len(now.pauses) == 2


@pytest.mark.parametrize(
    "reply",
    [
        {**ISSUED, "expires_dt": "2026-11-21 10:00:00"},
        {**ISSUED, "expires_dt": ""},
        {**ISSUED, "expires_dt": None},
        {**ISSUED, "expires_dt": "00000000000000"},
        {**ISSUED, "expires_dt": "20261399999999"},
        {**ISSUED, "token": ""},
        {**ISSUED, "token": None},
        {**ISSUED, "token": "two\r\nlines"},
        {**ISSUED, "token": "한글"},
        {**ISSUED, "token": ["x"]},
        {**OK},
        {**OK, "expires_dt": "29991231235959"},
    ],
)
def test_unusable_issue(reply: dict[str, object], tmp_path: Path, fake_clock: FakeClock) -> None:
    """An issue without a usable token or end is a DataError, and nothing is kept of it."""
    with (
        tiny_client(tmp_path, lambda _: Said(OK), issue=Said(reply), clock=fake_clock) as (server, client),
        pytest.raises(errors.DataError, match="au10001"),
    ):
        client.call(INFO, BODY)
    assert server.data == []
    assert not list((tmp_path / "state" / "tokens").glob("*.json"))


def test_token_type_does_not_matter(tmp_path: Path) -> None:
    """`bearer` or `Bearer`, more keys or fewer: the token is what counts."""
    reply = {"token": TOKEN, "expires_dt": "29991231235959", "return_code": "0", "token_type": "bearer"}
    with tiny_client(tmp_path, lambda _: Said({**OK, "stk_cd": "005930"}), issue=Said(reply)) as (
        server,
        client,
    ):
        client.call(INFO, BODY)
    assert server.data[0].headers["authorization"] == f"Bearer {TOKEN}"


# --- a broken file -------------------------------------------------------------------------------

GOOD_END = "2999-01-01T00:00:00+09:00"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b"4711",
        b"{}",
        b'{"token": "x"}',
        b'{"token": 5, "expires": "2999-01-01T00:00:00+09:00"}',
        b'{"token": "", "expires": "2999-01-01T00:00:00+09:00"}',
        b'{"token": "a\\r\\nb", "expires": "2999-01-01T00:00:00+09:00"}',
        b'{"token": "x", "expires": "2999-01-01T00:00:00"}',
        b'{"token": "x", "expires": "tomorrow"}',
        b'{"token": "x", "expires": 5}',
    ],
)
def test_garbage_file(content: bytes, box: Sandbox, tmp_path: Path) -> None:
    """One warning, a new token, and the file is sound again."""
    with sharing(box, tmp_path) as client:
        ask(client)
    file = token_file(tmp_path)
    file.write_bytes(content)
    with sharing(box, tmp_path) as client:
        with pytest.warns(RuntimeWarning, match="token file cannot be read") as warned:
            ask(client)
        assert len(warned) == 1
        ask(client)
    with sharing(box, tmp_path) as client:
        ask(client)
    assert issues(box) == 2
    assert file.stat().st_mode & 0o777 == 0o600


def test_wrong_token_in_the_file(box: Sandbox, tmp_path: Path) -> None:
    """A sound file with a token the server does not know heals like a dead token."""
    with sharing(box, tmp_path) as client:
        ask(client)
    token_file(tmp_path).write_text(json.dumps({"token": "stranger", "expires": GOOD_END}))
    with sharing(box, tmp_path) as client:
        ask(client)
    assert json.loads(token_file(tmp_path).read_text())["token"] != "stranger"


def test_world_readable_file(box: Sandbox, tmp_path: Path) -> None:
    """A file that others can read is tightened with one warning, and used."""
    with sharing(box, tmp_path) as client:
        ask(client)
    token_file(tmp_path).chmod(0o644)
    with sharing(box, tmp_path) as client:
        with pytest.warns(RuntimeWarning, match="tightened to 0600") as warned:
            ask(client)
        assert len(warned) == 1
    assert token_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert issues(box) == 1


@pytest.mark.parametrize("place", ["state", "state/tokens"])
def test_folder_that_cannot_be_used(place: str, box: Sandbox, tmp_path: Path) -> None:
    """A file in place of the folder: one warning, the token lives in memory."""
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("x")
    box.rate = None
    with sharing(box, tmp_path) as client:
        with pytest.warns(RuntimeWarning, match="kept in memory only") as warned:
            ask(client)
        assert len(warned) == 1
        ask(client)
    assert issues(box) == 1


def test_file_that_cannot_be_written(box: Sandbox, tmp_path: Path) -> None:
    """A directory in place of the token file: a warning, and the request is answered."""
    with sharing(box, tmp_path) as client:
        ask(client)
    file = token_file(tmp_path)
    file.unlink()
    file.mkdir()
    with warnings.catch_warnings(record=True) as warned, sharing(box, tmp_path) as client:
        warnings.simplefilter("always")
        ask(client)
        ask(client)
    assert [str(one.message)[:14] for one in warned if "token" in str(one.message)]
    assert not list(file.parent.glob(".new-*"))


def test_lock_held_by_a_sleeping_process(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever holds the lock for too long does not hold us up: a warning, and on without it."""
    with sharing(box, tmp_path) as client:
        ask(client)
    file = token_file(tmp_path)
    file.unlink()
    monkeypatch.setattr(token, "LOCK_SECONDS", 0.1)
    with FileLock(file.with_suffix(".lock")), sharing(box, tmp_path) as client:
        with pytest.warns(RuntimeWarning, match="another process holds"):
            ask(client)
        ask(client)


def test_lock_of_a_dead_process(box: Sandbox, tmp_path: Path) -> None:
    """A process that is killed while it holds the lock blocks nobody."""
    with sharing(box, tmp_path) as client:
        ask(client)
    lock = token_file(tmp_path).with_suffix(".lock")
    code = f"from filelock import FileLock; FileLock({str(lock)!r}).acquire(); print('held', flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.wait()
    started = time.monotonic()
    with sharing(box, tmp_path) as client:
        ask(client)
    assert time.monotonic() - started < 2
    for stream in (holder.stdin, holder.stdout):
        assert stream is not None
        stream.close()


# --- not shown -----------------------------------------------------------------------------------


def test_what_a_killed_process_left(box: Sandbox, tmp_path: Path) -> None:
    """A new token file that was never put in place is removed with the next one, and by revoke()."""
    with sharing(box, tmp_path) as client:
        ask(client)
        file = token_file(tmp_path)
        for end in (client.tokens.revoke, lambda: ask(client)):
            left = file.parent / f".new-{file.stem}-x"
            left.write_text('{"token": "sandbox-left"}')
            end()
            assert not left.exists()


def test_repr_shows_nothing(box: Sandbox, tmp_path: Path) -> None:
    """Token, settings, client, tokens, hidden bodies: no repr shows a secret."""
    with sharing(box, tmp_path) as client:
        ask(client)
        token = client.tokens.token()
        shown = [token, client, client.settings, client.settings.keys, client.tokens, client._adapter]
        shown.append(client.tokens._body(token=token.value))
        text = " ".join(f"{one!r} {one!s}" for one in shown)
        for secret in (token.value, box.appkey, box.secretkey):
            assert secret not in text
    assert "Token(expires=" in text


def test_good() -> None:
    """The ten minutes, to the second."""
    end = datetime(2026, 11, 21, 12, tzinfo=KST)
    token = Token("x", end)
    assert token.is_valid(end - timedelta(minutes=10, seconds=1))
    assert not token.is_valid(end - timedelta(minutes=10))
