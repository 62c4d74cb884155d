"""Which server, whose keys, which folders; and `connect`."""

import os
import subprocess
import sys
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keyring
import keyring.backend
import keyring.errors
import pytest

import kiwoom_research as kr
from kiwoom_research import config
from kiwoom_research.config import MOCK, REAL, Keys, Server, is_loopback, settings
from kiwoom_research.data import connection
from kiwoom_research.sandbox import Sandbox

KEYS = Keys("my-app-key", "my-secret-key")


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring that lives in memory; `broken` makes every use an error."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.broken = False

    def _check(self) -> None:
        if self.broken:
            raise keyring.errors.KeyringLocked("locked")

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        if (service, username) not in self.kept:
            raise keyring.errors.PasswordDeleteError("not there")
        del self.kept[service, username]


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    """A keyring of the test's own."""
    before, made = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a new process: nobody has connected yet."""
    monkeypatch.setattr(connection, "_default", None)


# --- the server ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "server"),
    [
        ("real", REAL),
        ("mock", MOCK),
        ("https://api.kiwoom.com", REAL),
        ("https://api.kiwoom.com/", REAL),
        ("HTTPS://MOCKAPI.kiwoom.com", MOCK),
        ("https://mockapi.kiwoom.com:443/", MOCK),
        ("https://host.example", Server("host.example", "https://host.example", 5)),
        ("https://host.example:8443/", Server("host.example:8443", "https://host.example:8443", 5)),
        ("http://127.0.0.1:8490", Server("127.0.0.1:8490", "http://127.0.0.1:8490", 5)),
        ("http://localhost:8490", Server("localhost:8490", "http://localhost:8490", 5)),
        ("http://[::1]:8490", Server("[::1]:8490", "http://[::1]:8490", 5)),
    ],
)
def test_server(where: str, server: Server) -> None:
    """Names, addresses of the two hosts (with their own limits), other addresses."""
    assert settings(where, KEYS).server == server


@pytest.mark.parametrize(
    "where",
    [
        "http://api.kiwoom.com", "http://192.168.0.5:8490", "http://0.0.0.0:1", "http://10.0.0.1",
        "http://localhost.example.com", "http://127.0.0.1.example.com", "http://example.com/127.0.0.1",
        "http://127.1", "http://[::2]:80",
    ],
)  # fmt: skip
def test_plain_http_is_for_loopback_only(where: str) -> None:
    """Keys and tokens never travel unencrypted."""
    with pytest.raises(ValueError, match="plain http is for this machine only"):
        settings(where, KEYS)


@pytest.mark.parametrize(
    "where",
    ["", " ", "reel", "REAL", "api.kiwoom.com", "ftp://127.0.0.1", "https://", "https:///path", "https://a b",
     "https://host:port", "https://host:99999", "http://[::1", "https://*", "https://.a", "javascript:alert(1)",
     "https://api.kiwoom.com\n.evil", "https://\u0430pi.kiwoom.com", None, 5, b"real", ["real"], object()],
)  # fmt: skip
def test_no_server(where: object) -> None:
    """What names no server is a ValueError that says what does."""
    with pytest.raises(ValueError, match=r"expected 'real', 'mock', 'sandbox'"):
        settings(where, KEYS)


@pytest.mark.parametrize(
    "where",
    ["https://user:hunter2@host.example", "http://127.0.0.1@evil.example", "https://host/?key=hunter2", "ftp://user:hunter2@host",
     "https://host#hunter2"],
)  # fmt: skip
def test_no_password_in_an_address(where: str) -> None:
    """An address with a password is refused without repeating it."""
    with pytest.raises(ValueError, match="no user, password, query or fragment") as caught:
        settings(where, KEYS)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "local"),
    [("http://127.0.0.1", True), ("http://127.9.9.9:5", True), ("http://[::1]:5", True), ("http://localhost", True),
     ("http://LOCALHOST:80", True), ("https://api.kiwoom.com", False), ("http://127.0.0.1.x", False), ("http://", False)],
)  # fmt: skip
def test_is_loopback(url: str, local: bool) -> None:
    """What counts as this machine."""
    assert is_loopback(url) is local


def test_any_object_of_the_right_shape() -> None:
    """A Sandbox is not the only thing to connect to."""
    box = SimpleNamespace(url="http://127.0.0.1:1", name="sandbox-x", rate=None, appkey="a", secretkey="b")
    made = settings(box)
    assert made.server == Server("sandbox-x", "http://127.0.0.1:1", None)
    assert made.keys == Keys("a", "b")


# --- the keys ------------------------------------------------------------------------------------


def test_keys_from_arguments_come_first(monkeypatch: pytest.MonkeyPatch, ring: MemoryKeyring) -> None:
    """Arguments, then environment, then keyring."""
    config.keep_keys("real", Keys("ring-app", "ring-secret"))
    assert settings("real").keys == Keys("ring-app", "ring-secret")
    monkeypatch.setenv("KIWOOM_APPKEY", "env-app")
    monkeypatch.setenv("KIWOOM_SECRETKEY", " env-secret\n")
    assert settings("real").keys == Keys("env-app", "env-secret")
    assert settings("real", KEYS).keys == KEYS


def test_keyring_keeps_real_and_mock_apart(ring: MemoryKeyring) -> None:
    """Keys of one host are not those of the other."""
    config.keep_keys("mock", KEYS)
    assert not settings("real").keys
    assert settings("mock").keys == KEYS
    assert config.forget_keys("mock") is True
    assert config.forget_keys("mock") is False
    assert ring.kept == {}


def test_half_a_pair_in_the_keyring_is_none(ring: MemoryKeyring) -> None:
    """One key alone in the keyring is no pair."""
    ring.set_password("kiwoom_research", "real appkey", "x")
    assert not config.stored_keys("real")


def test_locked_keyring(ring: MemoryKeyring) -> None:
    """A keyring that cannot be used reads as empty, and says so when asked to keep."""
    ring.broken = True
    assert not config.stored_keys("real")
    assert config.forget_keys("real") is False
    with pytest.raises(kr.ConfigError, match="no usable keyring") as caught:
        config.keep_keys("real", KEYS)
    assert_hidden(caught.value)


def assert_hidden(error: BaseException, *secrets: str) -> None:
    """No key in an error, its causes, or the locals of its frames below the test itself."""
    seen: BaseException | None = error
    while seen is not None:
        frames = seen.__traceback__.tb_next if seen.__traceback__ else None
        told = traceback.TracebackException(type(seen), seen, frames, capture_locals=True)
        text = "".join(told.format(chain=False)) + repr(seen)
        for secret in secrets or ("my-app-key", "my-secret-key"):
            assert secret not in text
        seen = seen.__cause__ or seen.__context__


@pytest.mark.parametrize("name", ["KIWOOM_APPKEY", "KIWOOM_SECRETKEY"])
def test_half_a_pair_in_the_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One variable without the other is a mistake worth saying."""
    monkeypatch.setenv(name, "my-app-key")
    with pytest.raises(kr.ConfigError, match="come as a pair") as caught:
        settings("real")
    assert_hidden(caught.value)


@pytest.mark.parametrize(
    "keys",
    [("my-app-key", None), (None, "my-secret-key"), ("my-app-key", ""), ("", ""), (5, "my-secret-key"),
     (b"my-app-key", b"x")],
)  # fmt: skip
def test_half_a_pair_in_the_arguments(keys: tuple[str, str]) -> None:
    """Both keys or neither, and no trace of the one that was given."""
    with pytest.raises(ValueError, match="give both or neither") as caught:
        kr.connect("real", *keys)
    assert_hidden(caught.value)


def test_errors_of_connect_hide_the_keys(tmp_path: Path) -> None:
    """Whatever else is wrong with connect(), its frames show no key."""
    (tmp_path / "file").write_text("x")
    for where, folder in (("reel", None), ("http://far.example", None), ("real", tmp_path / "file")):
        with pytest.raises(ValueError, match=r"server|cache_dir") as caught:
            kr.connect(where, KEYS.app, KEYS.secret, cache_dir=folder)
        assert_hidden(caught.value)


@pytest.mark.parametrize(
    "where",
    ["PSandboxAppKeyOf43Characters0123456789abcdef", {"appkey": "PSandboxAppKey"}, ("PSandboxAppKey", "x"),
     ["PSandboxAppKey"]],
)  # fmt: skip
def test_keys_in_the_place_of_the_server(where: object) -> None:
    """Whoever gives the keys where the server belongs does not read them in the message."""
    with pytest.raises(ValueError, match="expected 'real'") as caught:
        kr.connect(where)
    assert "PSandbox" not in str(caught.value)


@pytest.mark.parametrize("key", ["my-app-key\xff", "my-app-key\n", "my-app-key\udcff", "앱키 my-app-key"])
def test_keys_that_cannot_be_sent(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is no ASCII text is refused before it is tried: the error of trying would show it."""
    with pytest.raises(ValueError, match="ASCII text") as typed:
        kr.connect("real", key, "my-secret-key")
    assert_hidden(typed.value)
    if key.strip().isascii() or "\udcff" in key:
        return
    monkeypatch.setenv("KIWOOM_APPKEY", key)
    monkeypatch.setenv("KIWOOM_SECRETKEY", "my-secret-key")
    with pytest.raises(kr.ConfigError, match="ASCII text") as found:
        settings("real")
    assert_hidden(found.value)


def test_keyring_of_other_people_that_breaks(ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a keyring raises: one warning and no keys, and half a pair is never left in it."""
    monkeypatch.setattr(ring, "get_password", lambda *_: {}["D-Bus"])
    with pytest.warns(RuntimeWarning, match=r"keyring .* cannot be used \(KeyError\)"):
        assert not config.stored_keys("real")
    kept = ring.set_password

    def first_only(service: str, username: str, password: str) -> None:
        if "secret" in username:
            raise OSError("full")
        kept(service, username, password)

    monkeypatch.setattr(ring, "set_password", first_only)
    with pytest.raises(kr.ConfigError, match=r"no usable keyring \(OSError\)"):
        config.keep_keys("real", KEYS)
    assert ring.kept == {}


def test_repr_hides_keys(tmp_path: Path) -> None:
    """No repr of settings or client shows a key."""
    made = settings("real", KEYS, cache_dir=tmp_path)
    assert "my-" not in repr(made) + str(made) + repr(KEYS)
    with kr.connect("https://host.example", KEYS.app, KEYS.secret, cache_dir=tmp_path) as client:
        assert repr(client) == "<kiwoom_research.Client host.example https://host.example>"


# --- without keys --------------------------------------------------------------------------------


def test_first_call_without_keys(no_default: None) -> None:
    """Two lines: how to get keys, how to do without."""
    with pytest.raises(kr.ConfigError) as caught:
        kr.get_bars("005930")
    keys, sandbox = str(caught.value).splitlines()
    assert "openapi.kiwoom.com" in keys
    assert "kiwoom-research login" in keys
    assert "KIWOOM_APPKEY" in keys
    assert "KIWOOM_SECRETKEY" in keys
    assert 'kr.connect("sandbox")' in sandbox


def test_connect_real_without_keys(no_default: None, tmp_path: Path) -> None:
    """connect() itself asks nothing and is no error; the first call is, and nothing is sent."""
    with kr.connect("real", cache_dir=tmp_path) as client:
        with pytest.raises(kr.ConfigError, match="No Kiwoom keys"):
            kr.get_info("005930")
        assert client.stats()["requests"] == 0


def test_synthetic_data_never_stands_in(no_default: None) -> None:
    """No function falls back to the sandbox by itself."""
    for call in (
        lambda: kr.get_info("005930"), lambda: kr.get_stocks(), lambda: kr.find("삼성"), lambda: kr.cache.info(),
        lambda: kr.token_status(), lambda: kr.get_quotes("005930"), lambda: kr.get_today("005930"),
        lambda: kr.get_daily("005930"), lambda: kr.get_minutes("005930"), lambda: kr.revoke_token(),
        lambda: kr.query("ka10001", stk_cd="005930"),
    ):  # fmt: skip
        with pytest.raises(kr.ConfigError):
            call()


def test_default_client_is_the_last_connected(box: Sandbox, tmp_path: Path) -> None:
    """connect() returns the client that the functions use from then on."""
    with kr.connect(box, cache_dir=tmp_path) as client:
        kr.get_today("005930")
        asked = client.stats()["requests"]
        assert asked == len(box.requests()) > 0
        with kr.connect(box, cache_dir=tmp_path / "other") as other:
            kr.get_today("005930")
            assert other.stats()["requests"] == 1
        assert client.stats()["requests"] == asked


def test_connect_sandbox(tmp_path: Path) -> None:
    """One sandbox a process, under its own name, with keys of its own; the environment's are not used."""
    with (
        kr.connect("sandbox", cache_dir=tmp_path) as client,
        kr.connect("sandbox", cache_dir=tmp_path) as again,
    ):
        assert client.server == again.server
        assert client.server.name.startswith("sandbox-")
        assert client.server.loopback
        assert "삼성전자(가상)" in kr.get_stocks("kospi")["name"].tolist()


# --- folders -------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", [5, b"x", "", " ", "a\0b", ["x"], True])
def test_no_cache_folder(folder: Any) -> None:
    """What is no folder is a ValueError that names the argument."""
    with pytest.raises(ValueError, match=r"^cache_dir"):
        settings("real", KEYS, cache_dir=folder)


def test_home_in_folder_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ~ is the home folder, typed or in a variable."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("KIWOOM_STATE_DIR", "~/state")
    monkeypatch.setenv("KIWOOM_CACHE_DIR", "~/kept")
    made = settings("real", KEYS)
    assert (made.cache_dir, made.state_dir) == (tmp_path / "kept", tmp_path / "state")
    assert settings("real", KEYS, cache_dir="~/typed").cache_dir == tmp_path / "typed"


def test_cache_variable_that_names_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, box: Sandbox
) -> None:
    """Nothing was typed, so it is no ValueError: one warning, and it works without a cache."""
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("KIWOOM_CACHE_DIR", str(tmp_path / "file"))
    with pytest.warns(RuntimeWarning, match="cannot be used") as warned:
        assert len(kr.get_bars("005930", client=kr.connect(box))) == 600
    assert len(warned) == 1


def test_cache_folder_of_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argument, then KIWOOM_CACHE_DIR, then cache/ beside pyproject.toml."""
    monkeypatch.delenv("KIWOOM_CACHE_DIR")
    root = Path(config.__file__).parents[1]
    assert settings("real", KEYS).cache_dir == root / "cache"
    monkeypatch.setenv("KIWOOM_CACHE_DIR", "/somewhere/else")
    assert settings("real", KEYS).cache_dir == Path("/somewhere/else")
    assert settings("real", KEYS, cache_dir="/here").cache_dir == Path("/here")


def test_cache_folder_of_an_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a checkout around it: the user's cache folder."""
    monkeypatch.delenv("KIWOOM_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(config, "__file__", str(tmp_path / "site-packages" / "kiwoom_research" / "config.py"))
    folder = settings("real", KEYS).cache_dir
    assert folder is not None
    assert folder.name == "kiwoom_research"
    assert "site-packages" not in folder.parts


def test_server_on_this_machine_gets_a_temporary_cache(box: Sandbox) -> None:
    """An address may be another server tomorrow; a sandbox has a name that says what it holds."""
    assert settings("http://127.0.0.1:8490", KEYS).cache_dir is None
    assert settings(box).cache_dir == Path(os.environ["KIWOOM_CACHE_DIR"])


def test_tokens_are_never_in_the_checkout(
    monkeypatch: pytest.MonkeyPatch, box: Sandbox, tmp_path: Path
) -> None:
    """Tokens live in the user's own folder; those of a sandbox end with the process."""
    monkeypatch.delenv("KIWOOM_STATE_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    root = Path(config.__file__).parents[1]
    for where in ("real", "mock", "https://host.example"):
        folder = settings(where, KEYS).state_dir
        assert folder is not None
        assert not folder.is_relative_to(root)
        assert folder.is_absolute()
    own = settings(box).state_dir
    assert own is not None
    assert own != folder
    assert own.stat().st_mode & 0o777 == 0o700


NO_HOME = """
import pwd, warnings
def nobody(uid):
    raise KeyError(uid)
pwd.getpwuid = nobody
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    import kiwoom_research as kr
    from kiwoom_research import config
    config.__file__ = "/usr/lib/somewhere/config.py"  # installed, not a checkout
    kr.connect("https://127.0.0.1:9", "a", "b").close()
    with kr.connect("sandbox") as client:
        print(len(kr.get_bars("005930")))
    print(config.settings("real", config.Keys("a", "b")).state_dir.is_absolute())
said = [str(one.message)[:14] for one in warned if one.category is RuntimeWarning]
print(said)
"""


def test_no_home(tmp_path: Path) -> None:
    """A user without home folder and without a name: import works, one warning, right data, no "~" folder."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("KIWOOM", "XDG", "HOME"))
    }
    done = subprocess.run(
        [sys.executable, "-c", NO_HOME], capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr[-1500:]
    rows, state, warned = done.stdout.splitlines()
    assert rows == "600"
    assert state == "True"
    assert warned == "['no home folder']"
    assert list(tmp_path.iterdir()) == []


def test_import_asks_nothing_and_writes_nothing(tmp_path: Path) -> None:
    """import kiwoom_research opens no file of ours, no socket, no keyring."""
    code = """
import sys
seen = []
sys.addaudithook(lambda event, args: seen.append(event) if event.startswith(("socket.", "sqlite3.")) else None)
import kiwoom_research
print(seen, "keyring" in sys.modules, "requests_cache" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.split("] ")[1].split() == ["False", "False"]
    assert "connect" not in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_no_warning_with_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a home there is nothing to warn of."""
    monkeypatch.delenv("KIWOOM_STATE_DIR")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        settings("real", KEYS)
