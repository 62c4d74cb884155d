"""No app key, secret key or token gets out, whatever goes wrong: disk, logs, errors, locals, output, notebooks.

Single failures are in tests/test_transport.py; here are all of the sandbox's faults, on data and on token calls,
and everything that they leave behind is searched, in any spelling.
"""

import copy
import inspect
import json
import logging
import os
import pickle
import re
import secrets
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research import cli
from kiwoom_research.client import Client
from kiwoom_research.client.secrets import Secrets
from kiwoom_research.config import Keys, Server, Settings
from kiwoom_research.endpoints import QUERIES
from kiwoom_research.sandbox import Sandbox
from kiwoom_research.sandbox.server.error_codes import CODES
from kiwoom_research.sandbox.server.faults import KINDS

from .conftest import FakeClock
from .test_http_cache import bytes_of, spellings
from .test_transport import told
from .tiny import APPKEY, OK, SECRETKEY, TOKEN, Said, tiny_client

ROOT = Path(__file__).parents[1]
# one published code of each class and group; the rest take the same way
FAULTS = [
    *(kind for kind in KINDS if kind != "slow"),
    *sorted({(code[:2], said[0]): code for code, said in CODES.items()}.values()),
]
PULLS: list[Callable[[Client], Any]] = [
    lambda c: kr.get_info("005930", client=c, refresh=True),
    lambda c: kr.get_bars("005930", pages=2, client=c, refresh=True),
    lambda c: kr.get_quotes(["005930", "000660"], client=c, refresh=True),
]


class Realistic(Sandbox):
    """A sandbox whose keys look like Kiwoom's: 43 characters nobody else says."""

    appkey, secretkey = secrets.token_urlsafe(32), secrets.token_urlsafe(32)


class Vault:
    """What must not be seen. Its repr shows nothing: the frames of a test are part of a traceback."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._known = {box.appkey, box.secretkey}

    def look(self) -> None:
        """Note the token that the server has out now."""
        self._known |= set(self._box._gateway.tokens.valid_tokens())

    def __len__(self) -> int:
        return len(self._known)

    def assert_not_in(self, text: str | bytes, what: str) -> None:
        """No spelling of a secret in it; a failure says where and not what."""
        raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        leaks = sum(spelling in raw for one in self._known for spelling in spellings(one))
        assert not leaks, f"{what} shows {leaks} secrets"


@pytest.fixture(scope="module")
def box() -> Iterator[Realistic]:
    """One for the module, healed by each test."""
    with Realistic(rate=None) as made:
        yield made


@pytest.fixture
def vault(box: Realistic) -> Iterator[Vault]:
    """The secrets of the sandbox."""
    box.clear_faults()
    yield Vault(box)
    box.clear_faults()


def made(box: Sandbox, folder: Path) -> Settings:
    """Folders as for the broker's server."""
    server, keys = Server(f"far-{box.name}", box.url, None), Keys(box.appkey, box.secretkey)
    return Settings(server, keys, folder / "cache", folder / "state")


def misfortunes(box: Sandbox, client: Client, call: str | None, vault: Vault) -> Iterator[BaseException]:
    """Every fault before every pull; the errors they cause."""
    pulls = [lambda c: kr.revoke_token(client=c)] if call == "au10002" else PULLS
    for fault in FAULTS:
        for pull in pulls:
            box.clear_faults()
            if call:  # a new token
                client.tokens.token()
                vault.look()
                client.tokens.invalidate(client.tokens.token())
            if call == "au10002":
                client.tokens.token()
            box.fail(fault, None, call=call)
            try:
                pull(client)
            except kr.KiwoomError as error:
                yield error
            vault.look()


@pytest.mark.parametrize("call", [None, "au10001", "au10002"], ids=["data", "issue", "revoke"])
def test_every_fault(
    call: str | None,
    box: Realistic,
    vault: Vault,
    tmp_path: Path,
    fake_clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After every fault: errors with causes and locals, logs at DEBUG, warnings, reprs, both folders."""
    caplog.set_level(logging.DEBUG)
    errors = 0
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with Client(made(box, tmp_path), clock=fake_clock) as client:
            for error in misfortunes(box, client, call, vault):
                errors += 1
                vault.assert_not_in(told(error), f"the traceback of {type(error).__name__}")
            box.clear_faults()
            shown = [client, client.settings, client.tokens, client._adapter, client.cache, client._session]
            shown += [
                client.tokens.token(),
                client.stats(),
                kr.token_status(client=client),
                client.cache.info({}),
            ]
            frame = kr.get_bars("005930", client=client)
            shown += [frame, frame.attrs]
            vault.look()
            vault.assert_not_in(" ".join(f"{one!r} {one!s}" for one in shown), "a repr")
            vault.assert_not_in(bytes_of(tmp_path / "cache"), "the open cache")
    assert errors > (15 if call == "au10002" else 45)
    assert len(vault) >= 3
    vault.assert_not_in(caplog.text, "the log")
    vault.assert_not_in(" ".join(str(one.message) for one in warned), "a warning")
    vault.assert_not_in(bytes_of(tmp_path / "cache"), "the cache")
    state = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    vault.assert_not_in(" ".join(map(str, tmp_path.rglob("*"))), "a file name")
    for path in state:
        if path.suffix != ".json":
            vault.assert_not_in(path.read_bytes(), path.name)
    (kept,) = (path for path in state if path.suffix == ".json")
    assert set(json.loads(kept.read_text())) == {"token", "expires"}
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    for secret in (box.appkey, box.secretkey):
        assert secret not in kept.read_text()


def test_the_search_finds(box: Realistic, vault: Vault) -> None:
    """The search above would find a secret, plain, reversed and encoded."""
    for spelling in spellings(box.secretkey):
        with pytest.raises(AssertionError, match="shows"):
            vault.assert_not_in(b"... " + spelling + b" ...", "it")


# --- a broker that repeats what it was sent ------------------------------------------------------------

KEYS = f"실패사유=appkey {APPKEY}, secretkey {SECRETKEY}"
ECHO = f"[8003:{KEYS}, Bearer {TOKEN}]"
ECHOES = {
    "auth": Said({"return_code": 3, "return_msg": ECHO}),
    "service": Said({"return_code": 7, "return_msg": ECHO}),
    "rate": Said({"return_code": 5, "return_msg": ECHO}, status=429),
    "500": Said({"return_code": 20, "return_msg": ECHO}, status=500),
    "rows": Said({**OK, "stk_dt_pole_chart_qry": [{"dt": ECHO}]}),
    "issue": Said({"return_code": 3, "return_msg": f"[8001:{KEYS}]"}),
}


@pytest.mark.parametrize("name", ECHOES)
def test_echo(name: str, tmp_path: Path, fake_clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """What the broker repeats of the keys and the token reaches no error, no log and no file."""
    caplog.set_level(logging.DEBUG)
    ask = tiny_client(
        tmp_path, lambda _: ECHOES[name], issue=ECHOES[name] if name == "issue" else None, clock=fake_clock
    )
    with ask as (_, client):
        with pytest.raises(kr.KiwoomError) as caught:
            kr.get_bars("005930", client=client)
        assert "실패사유" in str(caught.value) or name == "rows"  # the broker's own words are still there
        seen = told(caught.value) + caplog.text + repr(bytes_of(tmp_path / "cache"))
        leaks = [shown for shown in (APPKEY, SECRETKEY, TOKEN) if shown in seen]
        assert len(leaks) == 0


def escaped(secret: str) -> str:
    """Every letter as an escape of JSON."""
    return "".join(f"\\u{ord(letter):04X}" for letter in secret)


WAYS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "escaped": escaped,
    "one letter escaped": lambda secret: escaped(secret[0]) + secret[1:],
    "as in an address": lambda secret: secret.replace("-", "%2D"),
}


@pytest.mark.parametrize("secret", [APPKEY, SECRETKEY, TOKEN])
@pytest.mark.parametrize("way", WAYS)
def test_echo_in_any_spelling(way: str, secret: str, tmp_path: Path, fake_clock: FakeClock) -> None:
    """In a good reply, its body and its headers: the cache and the frame do not hold it."""
    shown = WAYS[way](secret)
    text = f'{{"return_code": 0, "return_msg": "{shown}", "stk_cd": "005930", "stk_nm": "{shown}", "cur_prc": "100"}}'
    body = text.encode()
    said = Said(body, {"X-Echo": shown.replace("\\", "")})
    with tiny_client(tmp_path, lambda _: said, clock=fake_clock) as (_, client):
        reply = client.call(QUERIES["ka10001"], {"stk_cd": "005930"})
        again = client.call(QUERIES["ka10001"], {"stk_cd": "005930"})
    assert again.cached
    assert reply.body["stk_nm"] == again.body["stk_nm"] == "***"
    seen = (repr(reply) + repr(bytes_of(tmp_path / "cache"))).lower()
    leaks = [spelling for spelling in (secret, shown) if spelling.lower() in seen]
    assert len(leaks) == 0


def walked(value: object, depth: int = 8) -> Iterator[object]:
    """All that a reporter of errors would find: what mappings, sequences and objects hold."""
    yield value
    if depth == 0 or isinstance(value, (str, bytes, int)):
        return
    inside: list[object] = list(getattr(value, "__dict__", {}).values())
    inside += [getattr(value, name, None) for name in getattr(type(value), "__slots__", ())]
    with suppress(Exception):
        inside += list(value.values())  # type: ignore[attr-defined]
    with suppress(Exception):
        inside += list(value)  # type: ignore[call-overload]
    for one in inside:
        yield from walked(one, depth - 1)


def test_what_holds_a_token_reply_shows_nothing() -> None:
    """No walker, printer or serializer finds what is read by name."""
    held = Secrets({"token": TOKEN, "expires_dt": "29991231235959"})
    assert held["token"] == held.get("token") == TOKEN
    assert held.get("absent") is None
    assert not isinstance(held, (Mapping, Sequence))
    found = " ".join(repr(one) for one in walked(held)) + str(held) + format(held)
    leaks = TOKEN in found
    assert not leaks
    for store in (pickle.dumps, copy.deepcopy, json.dumps, list, dict):
        with pytest.raises(TypeError):
            store(held)
    with pytest.raises(TypeError):
        vars(held)


def test_the_walker_finds_what_is_walkable() -> None:
    """The test above would see a dict."""
    assert TOKEN in list(walked({"reply": [{"token": TOKEN}]}))


# --- output of a process --------------------------------------------------------------------------------

SCRIPT = """
import logging, sys
logging.basicConfig(level=logging.DEBUG)
import kiwoom_research as kr
kr.connect(sys.argv[1], cache_dir=sys.argv[2])
kr.get_info("005930")
"""


@pytest.mark.parametrize("fault", ["8050", "8001"])
def test_output_of_a_process_that_dies(fault: str, box: Realistic, vault: Vault, tmp_path: Path) -> None:
    """An uncaught error in a script with keys in its environment and logging at DEBUG."""
    box.fail(fault, None, call="au10001" if fault == "8001" else None)
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "ignore", "-c", SCRIPT, box.url, str(tmp_path / "cache")],
        capture_output=True,
        env={**os.environ, "KIWOOM_APPKEY": box.appkey, "KIWOOM_SECRETKEY": box.secretkey,
             "KIWOOM_STATE_DIR": str(tmp_path / "state")},
    )  # fmt: skip
    vault.look()
    assert done.returncode == 1
    assert b"AuthError" in done.stderr
    assert b"DEBUG" in done.stderr
    vault.assert_not_in(done.stdout + done.stderr, "the output")


@pytest.mark.parametrize("command", [["info", "005930"], ["bars", "005930"]])
@pytest.mark.parametrize("fault", ["8001", "8050", ""])
def test_output_of_the_command(
    command: list[str],
    fault: str,
    box: Realistic,
    vault: Vault,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The command line says what went wrong and no key."""
    monkeypatch.setenv("KIWOOM_APPKEY", box.appkey)
    monkeypatch.setenv("KIWOOM_SECRETKEY", box.secretkey)
    monkeypatch.setenv("KIWOOM_STATE_DIR", str(tmp_path))
    if fault:
        box.fail(fault, None, call="au10001" if fault == "8001" else None)
    assert cli.main([*command, "--server", box.url]) == (1 if fault else 0)
    vault.look()
    said = "".join(capfd.readouterr())
    assert (fault or ("close" if command[0] == "bars" else "005930")) in said
    vault.assert_not_in(said, "the output")


# --- what nobody can switch on or off -------------------------------------------------------------------


def test_no_option_takes_a_key_or_switches_checks_off() -> None:
    """No public parameter turns certificates off; no command takes a key, which the process list would show."""
    functions = [getattr(kr, name) for name in kr.__all__ if callable(getattr(kr, name))]
    names = {name for one in [*functions, Client, Settings, Server] for name in _parameters(one)}
    assert "refresh" in names
    assert not names & {"verify", "ssl", "tls", "cert", "insecure", "verify_ssl", "proxies", "session"}
    options = re.findall(r"--[\w-]+", inspect.getsource(cli))
    assert not [option for option in options if re.search("key|secret|token|insecure|verify|pass", option)]


def _parameters(one: Any) -> list[str]:
    with suppress(ValueError):
        return list(inspect.signature(one).parameters)
    return []


def test_verify_is_no_parameter_of_a_call(box: Realistic, vault: Vault, tmp_path: Path) -> None:
    """What is passed on to the broker is checked against the table first; nothing is sent."""
    with Client(made(box, tmp_path)) as client:
        before = len(box.requests())
        for name in ("verify", "proxies", "timeout"):
            with pytest.raises(ValueError, match=name):
                kr.query("ka10001", stk_cd="005930", client=client, **{name: ""})
        with pytest.raises(TypeError):
            kr.connect(box, verify=False)  # type: ignore[call-arg]
    assert len(box.requests()) == before


# --- what is committed -----------------------------------------------------------------------------------

TOKEN_LIKE = re.compile(r"(?<![\w/+.-])[\w-]{40,90}(?![\w/+=.-])")
OWN = re.compile(r"[a-f0-9]{40,64}|[a-z_]+|[A-Z_]+|[-_=]+|test_\w+")


def test_notebook_outputs() -> None:
    """No committed notebook shows a bearer header, a key of the environment or anything that looks like a token."""
    for path in [*(ROOT / "notebooks").rglob("*.ipynb"), *(ROOT / "docs").rglob("*.ipynb")]:
        if ".ipynb_checkpoints" in path.parts:
            continue
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                text = json.dumps(
                    {k: v for k, v in output.get("data", {}).items() if not k.startswith("image/")}
                )
                text += json.dumps(output.get("text", "")) + json.dumps(output.get("traceback", ""))
                assert "Bearer" not in text, path
                assert not re.search(r"appkey|secretkey|APPKEY|SECRETKEY", text), path
                found = [one for one in TOKEN_LIKE.findall(text) if not OWN.fullmatch(one)]
                assert not found, f"{path}: looks like a token: {found[0][:6]}..."


def test_token_like() -> None:
    """The pattern above knows a token of the recorded length when it sees one."""
    for _ in range(20):
        assert TOKEN_LIKE.fullmatch(secrets.token_urlsafe(64))
        assert not OWN.fullmatch(secrets.token_urlsafe(64))


def test_frames_can_be_shown_and_sent(box: Realistic, vault: Vault, tmp_path: Path) -> None:
    """A pickled frame or error, as dask and multiprocessing send them, holds no secret."""
    import pickle

    with Client(made(box, tmp_path)) as client:
        frame = kr.get_info("005930", client=client)
        box.fail("8050")
        with pytest.raises(kr.AuthError) as caught:
            kr.get_today("005930", client=client)
        vault.look()
    error = pickle.dumps(caught.value)
    vault.assert_not_in(pickle.dumps(frame) + error, "a pickle")
    again = pickle.loads(error)
    assert (type(again), str(again), vars(again)) == (kr.AuthError, str(caught.value), vars(caught.value))
    assert isinstance(frame, pd.DataFrame)
