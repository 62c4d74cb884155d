"""The command ``kiwoom-research``, as a user types it."""

import builtins
import getpass
import itertools
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pandas as pd
import pytest
import requests

import kiwoom_research as kr
from kiwoom_research import cli, commands
from kiwoom_research.config import Keys, stored_keys
from kiwoom_research.sandbox import Sandbox

from .test_config import MemoryKeyring

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def environment(box: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keys of `box` in the environment, and folders of the test's own."""
    monkeypatch.setenv("KIWOOM_APPKEY", box.appkey)
    monkeypatch.setenv("KIWOOM_SECRETKEY", box.secretkey)
    monkeypatch.setenv("KIWOOM_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("KIWOOM_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryKeyring]:
    """An empty keyring in memory, and no keys in the environment."""
    for name in ("KIWOOM_APPKEY", "KIWOOM_SECRETKEY"):
        monkeypatch.delenv(name)
    before, made = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """What the user types at the hidden prompts."""
    given = iter(answers)
    monkeypatch.setattr(getpass, "getpass", lambda prompt="": next(given))
    monkeypatch.setattr(builtins, "input", lambda *_: pytest.fail("a key was asked for in plain sight"))


# --- pulling -------------------------------------------------------------------------------------


def test_info(box: Sandbox, capsys: Capture) -> None:
    """One line a field with its unit."""
    assert cli.main(["info", "005930", "--server", box.url]) == 0
    out = capsys.readouterr().out
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert lines["code"].endswith(" 005930")
    assert "삼성전자(가상)" in lines["name"]
    assert "KRW" in lines["price"]
    assert "shares" in lines["listed_shares"]
    assert len(lines) == 45
    assert "nan" not in out.lower()


def test_info_of_two(box: Sandbox, capsys: Capture) -> None:
    """Several codes side by side, under their codes."""
    assert cli.main(["info", "005930", "A000660", "--server", box.url]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.split() == ["code", "005930", "000660"]
    assert second.split() == ["name", "삼성전자(가상)", "SK하이닉스(가상)"]


def test_bars_to_csv(box: Sandbox, tmp_path: Path, capsys: Capture) -> None:
    """The file holds the frame, row for row, with the code, and Excel can read it."""
    out = tmp_path / "out.csv"
    asked = [
        "bars",
        "005930",
        "--freq",
        "1d",
        "--start",
        "2024-01-01",
        "--out",
        str(out),
        "--server",
        box.url,
    ]
    assert cli.main(asked) == 0
    said = capsys.readouterr()
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")  # the mark by which Excel knows UTF-8
    kept = pd.read_csv(out, index_col="date", parse_dates=["date"], dtype={"code": str})
    assert set(kept["code"]) == {"005930"}
    with kr.connect(box.url, cache_dir=tmp_path / "other") as client:
        frame = kr.get_bars("005930", start="2024-01-01", client=client)
    assert said.out == f"{len(frame)} bars written to {out}\n"
    assert said.err == ""
    assert kept.index.tolist() == frame.index.tolist()
    for column in ("open", "close", "volume", "value", "close_sign", "complete"):
        assert kept[column].tolist() == frame[column].tolist()


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        (["--freq", "5min", "--pages", "2"], "time"), (["--freq", "1w", "--raw"], "date"), (["--freq", "tick"], "seq"),
        (["--start", "2026-11-02", "--end", "20261113"], "date"),
    ],
)  # fmt: skip
def test_bars_printed(options: list[str], columns: str, box: Sandbox, capsys: Capture) -> None:
    """Without --out the bars are printed, long ones cut in the middle."""
    assert cli.main(["bars", "005930", *options, "--server", box.url]) == 0
    said = capsys.readouterr()
    assert columns in said.out
    assert "close" in said.out
    assert len(said.out.splitlines()) < 60
    assert ("truncated" in said.err) is ("--start" not in options)


OUT = {
    "info": (["info", "005930", "000660"], lambda c: kr.get_info(["005930", "000660"], client=c)),
    "quotes": (["quotes", "005930", "삼성전자(가상)", "000660"], lambda c: kr.get_quotes(["005930", "000660"], client=c)),
    "bars": (
        ["bars", "000660", "005930", "--start", "2026-10-01"],
        lambda c: kr.pull(["005930", "000660"], start="2026-10-01", progress=False, client=c),
    ),
    "minutes": (
        ["bars", "005930", "--freq", "30min", "--start", "2026-11-18"],
        lambda c: kr.pull("005930", "30min", start="2026-11-18", progress=False, client=c),
    ),
    "flows": (
        ["flows", "005930", "--start", "2026-10-01", "--what", "short"],
        lambda c: kr.pull("005930", what="short", start="2026-10-01", progress=False, client=c),
    ),
    "ranking": (
        ["ranking", "foreign_sold", "--sessions", "5"],
        lambda c: kr.get_ranking("foreign_sold", sessions=5, client=c),
    ),
    "find": (["find", "전자"], lambda c: kr.find("전자", client=c)),
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".feather", ".xlsx"])
@pytest.mark.parametrize("name", OUT)
def test_files_hold_the_frames(name: str, suffix: str, box: Sandbox, tmp_path: Path, capsys: Capture) -> None:
    """Every command writes the frame of its function, in the format of the suffix."""
    arguments, ask = OUT[name]
    out = tmp_path / f"frame{suffix}"
    assert cli.main([*arguments, "--out", str(out), "--server", box.url]) == 0
    with kr.connect(box.url, cache_dir=tmp_path / "other") as client:
        frame = ask(client)
    assert f"{len(frame)} " in capsys.readouterr().out
    if suffix == ".csv":
        pd.testing.assert_frame_equal(kr.read_csv(out), frame)
    elif suffix == ".parquet":
        pd.testing.assert_frame_equal(pd.read_parquet(out), frame, check_index_type=False)
    elif suffix == ".feather":
        plain = frame.reset_index()
        assert pd.read_feather(out).columns.tolist() == plain.columns.tolist()
    else:
        sheet = pd.read_excel(out, dtype={"code": str})
        assert sheet["code"].tolist() == frame.index.get_level_values("code").tolist()


@pytest.mark.parametrize(
    "arguments",
    [asked for asked, _ in OUT.values() if asked[0] != "info"],
    ids=[name for name in OUT if name != "info"],
)
def test_frames_are_printed(arguments: list[str], box: Sandbox, capsys: Capture) -> None:
    """Without a file the first and last rows are printed."""
    assert cli.main([*arguments, "--server", box.url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 3 < len(lines) < 140
    assert any(word in lines[0] for word in ("name", "open", "close"))


def test_plot_writes_a_picture(box: Sandbox, tmp_path: Path, capsys: Capture) -> None:
    """A chart in the format of the suffix."""
    out = tmp_path / "chart.svg"
    assert cli.main(["plot", "005930", str(out), "--last", "60", "--server", box.url]) == 0
    assert "<svg" in out.read_text(encoding="utf-8")
    assert "600 bars of 005930" in capsys.readouterr().out


def test_cache_is_shown_and_emptied(capsys: Capture) -> None:
    """What the cache holds; clearing says how many answers went."""
    cli.main(["bars", "005930", "--server", "sandbox"])
    capsys.readouterr()
    assert cli.main(["cache", "info", "--server", "sandbox"]) == 0
    assert "ka10081" in capsys.readouterr().out
    assert cli.main(["cache", "clear", "--call", "ka10081", "--server", "sandbox"]) == 0
    assert capsys.readouterr().out == "1 answers removed\n"
    cli.main(["cache", "clear", "--server", "sandbox"])
    capsys.readouterr()
    cli.main(["cache", "info", "--server", "sandbox"])
    assert "nothing is cached" in capsys.readouterr().out


def test_options_reach_the_call(box: Sandbox) -> None:
    """--raw and --pages are what the server is asked."""
    cli.main(["bars", "035720", "--start", "2021-01-01", "--end", "2021-12-01", "--raw", "--server", box.url])
    cli.main(["bars", "035720", "--pages", "2", "--server", box.url])
    asked = box.requests().groupby("call")["page"].get_group("ka10081").tolist()
    assert asked == [1, 1, 2]


def test_sandbox_by_name(capsys: Capture) -> None:
    """--server sandbox needs no keys of anybody."""
    assert cli.main(["info", "000660", "--server", "sandbox"]) == 0
    assert "SK하이닉스(가상)" in capsys.readouterr().out


# --- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["info", "999999"], 1, "no such stock: 999999"),
        (["info", "5930"], 2, "code: expected six characters"),
        (["bars", "005930", "--freq", "7min"], 2, "freq: expected one of"),
        (["bars", "005930", "--start", "someday"], 2, "start: expected a date"),
        (["bars", "005930", "--start", "2024-01-02", "--end", "2024-01-01"], 2, "is after end"),
        (["bars", "005930", "--pages", "0"], 2, "pages: expected a positive integer"),
        (["bars", "999999"], 1, "no such stock: 999999 (kiwoom-research find NAME looks codes up)"),
        (
            ["bars", "005930", "--out", "bars.txt"],
            2,
            "bars.txt: expected a name that ends in .csv, .parquet, .feather, .xlsx",
        ),
        (["bars", "005930", "000660", "--pages", "2"], 2, "--pages and --freq tick: for one code"),
        (["find", "no stock of this name"], 2, "no stock has 'no stock of this name' in its name or code"),
        (["ranking", "gains"], 2, "near it: gainers"),
        (["ranking", "value", "--sessions", "5"], 2, "sessions: the ranking by value has no such option"),
        (["plot", "005930", "chart.gif2"], 2, "chart.gif2: "),
        (["bars", "005930", "--out", "/no/such/folder/out.csv"], 2, "/no/such/folder"),
    ],
)
def test_mistakes(arguments: list[str], status: int, said: str, box: Sandbox, capsys: Capture) -> None:
    """One line that says what is wrong, a status, and no traceback."""
    assert cli.main([*arguments, "--server", box.url]) == status
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err


@pytest.mark.parametrize(("code", "said"), [("8050", "8050"), ("8001", "8001")])
def test_refusals(code: str, said: str, box: Sandbox, capsys: Capture) -> None:
    """What the broker says is printed in its own words, without a key."""
    box.fail(code, None)
    assert cli.main(["info", "005930", "--server", box.url]) == 1
    err = capsys.readouterr().err
    assert said in err
    assert box.appkey not in err


@pytest.mark.parametrize(
    ("server", "said"),
    [("reel", "expected 'real'"), ("http://far.example", "plain http is for this machine only")],
)
def test_bad_server(server: str, said: str, capsys: Capture) -> None:
    """An address that cannot be one."""
    assert cli.main(["info", "005930", "--server", server]) == 2
    assert said in capsys.readouterr().err


def test_without_keys(ring: MemoryKeyring, capsys: Capture) -> None:
    """Two lines on how to get keys, status 1; nothing is sent to the real server."""
    assert cli.main(["info", "005930"]) == 1
    err = capsys.readouterr().err.splitlines()
    assert len(err) == 2
    assert "kiwoom-research login" in err[0]
    assert "sandbox" in err[1]


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["info"], ["bars"], ["bars", "005930", "--pages", "x"], ["--version-of"]]
)
def test_usage(arguments: list[str], capsys: Capture) -> None:
    """A command line that cannot be parsed shows the usage, status 2."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert "usage: kiwoom-research" in capsys.readouterr().err


def test_version(capsys: Capture) -> None:
    """The version of the installed package, as the package itself says it."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"kiwoom-research {kr.__version__}\n"


@pytest.mark.parametrize("command", ["", "demo", "sandbox", "login", "logout", "info", "bars"])
def test_help(command: str, capsys: Capture) -> None:
    """Every command explains itself, and none places orders."""
    with pytest.raises(SystemExit) as stopped:
        cli.main([*command.split(), "--help"])
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert "usage: kiwoom-research" in out
    assert command or "never places orders" in " ".join(out.split())


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is status 130 without a traceback."""

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands.data, "connect", interrupt)
    assert cli.main(["info", "005930"]) == 130


# --- login and logout ----------------------------------------------------------------------------


def test_login(ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Typed unseen, kept in the keyring, never printed."""
    typed(monkeypatch, " typed-app-key\n", "typed-secret-key ")
    assert cli.main(["login"]) == 0
    said = capsys.readouterr()
    assert "typed-" not in said.out + said.err
    assert stored_keys("real") == Keys("typed-app-key", "typed-secret-key")
    assert not stored_keys("mock")


def test_login_mock(ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """--mock keeps the keys of the other host."""
    typed(monkeypatch, "a", "b")
    assert cli.main(["login", "--mock"]) == 0
    assert "mock" in capsys.readouterr().out
    assert stored_keys("mock") == Keys("a", "b")
    assert not stored_keys("real")


@pytest.mark.parametrize("answers", [("", "x"), ("x", ""), ("", ""), (" ", "x")])
def test_login_with_one_key(
    answers: tuple[str, str], ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Half a pair is not kept."""
    typed(monkeypatch, *answers)
    assert cli.main(["login"]) == 2
    assert "expected both keys" in capsys.readouterr().err
    assert ring.kept == {}


def test_login_without_a_keyring(
    ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A machine without a keyring is told of the environment variables."""
    ring.broken = True
    typed(monkeypatch, "typed-app-key", "typed-secret-key")
    assert cli.main(["login"]) == 1
    said = capsys.readouterr()
    assert "set KIWOOM_APPKEY and KIWOOM_SECRETKEY" in said.err
    assert "typed-" not in said.out + said.err


def test_login_without_input(ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """No terminal and no input: one line, no traceback."""

    def ended(prompt: str = "") -> str:
        raise EOFError

    monkeypatch.setattr(getpass, "getpass", ended)
    assert cli.main(["login"]) == 2
    assert capsys.readouterr().err == "expected input, got none\n"


def test_logout(ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """The keys are removed; the second time there is nothing to remove."""
    typed(monkeypatch, "a", "b", "c", "d")
    cli.main(["login"])
    cli.main(["login", "--mock"])
    assert cli.main(["logout"]) == 0
    assert "Keys deleted." in capsys.readouterr().out
    assert not stored_keys("real")
    assert stored_keys("mock")
    assert cli.main(["logout"]) == 0
    assert "No keys in the keyring" in capsys.readouterr().out


def test_logout_revokes_the_token(
    box: Sandbox, ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A living token is ended at the server before the keys go."""
    connect = commands.data.connect
    monkeypatch.setattr(commands.data, "connect", lambda server: connect(box.url))
    typed(monkeypatch, box.appkey, box.secretkey)
    cli.main(["login"])
    name = box.url.removeprefix("http://")
    for part, key in (("appkey", box.appkey), ("secretkey", box.secretkey)):
        ring.set_password("kiwoom_research", f"{name} {part}", key)
    cli.main(["info", "005930"])
    assert cli.main(["logout"]) == 0
    assert "Token revoked." in capsys.readouterr().out
    assert box.requests()["call"].tolist()[-1] == "/oauth2/revoke"
    assert not stored_keys("real")


def test_logout_when_the_server_refuses(
    box: Sandbox, ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """The keys go all the same, and the refusal is told."""
    connect = commands.data.connect
    monkeypatch.setattr(commands.data, "connect", lambda server: connect(box.url))
    name = box.url.removeprefix("http://")
    for where in (name, "real"):
        for part, key in (("appkey", box.appkey), ("secretkey", box.secretkey)):
            ring.set_password("kiwoom_research", f"{where} {part}", key)
    cli.main(["info", "005930"])
    box.fail("8001", None, call="au10002")
    assert cli.main(["logout"]) == 0
    said = capsys.readouterr()
    assert "could not be revoked" in said.err
    assert "Keys deleted." in said.out
    assert not stored_keys("real")


# --- demo and sandbox ----------------------------------------------------------------------------


def test_demo(tmp_path: Path, capsys: Capture) -> None:
    """Three frames with units, a chart, and a second run that asks the server nothing."""
    assert cli.main(["demo", "--out", str(tmp_path / "demo.png")]) == 0
    out = capsys.readouterr().out
    assert out.count(">>> kr.get_") == 3
    heads, units = out.split('>>> kr.get_bars("005930", start="2026-01-01")\n')[1].splitlines()[:2]
    assert heads.split()[:6] == ["date", "open", "high", "low", "close", "volume"]
    assert units.split()[:5] == ["KRW", "KRW", "KRW", "KRW", "shares"]
    assert "second run 0 (answered from the cache)" in out
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")


def test_only_the_demo_draws() -> None:
    """The other commands start without matplotlib, which takes longer to load than all the rest."""
    code = "import sys, kiwoom_research.cli; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_demo_needs_no_keys(ring: MemoryKeyring, tmp_path: Path, capsys: Capture) -> None:
    """Nor does it touch the keyring."""
    ring.broken = True
    assert cli.main(["demo", "--out", str(tmp_path / "demo.png")]) == 0
    assert "no keys" in capsys.readouterr().out


def test_sandbox_command(tmp_path: Path) -> None:
    """`sandbox --port 0` prints where it is, serves, and stops on Ctrl-C."""
    import re
    import signal

    run = subprocess.Popen(
        [sys.executable, "-m", "kiwoom_research", "sandbox", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert run.stdout is not None
        text = ""
        while "/_sandbox/requests" not in text:
            line = run.stdout.readline()
            assert line, run.communicate()[1]
            text += line
        found = re.search(r'kr\.connect\("(http://127\.0\.0\.1:\d+)", "(.+?)", "(.+?)"\)', text)
        assert found is not None
        with kr.connect(*found.groups(), cache_dir=tmp_path / "c") as client:
            assert len(kr.get_today("005930", client=client)) == 1
    finally:
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=20)
    assert run.returncode == 0, err
    assert "Sandbox stopped." in out
    assert "Traceback" not in err


def said_by_curl(line: str) -> str:
    """What the server says to a curl command that was printed."""
    words = shlex.split(line)
    options = dict(itertools.pairwise(words))
    headers = dict([options["-H"].split(": ")]) if "-H" in options else {}
    data = options["-d"].encode() if "-d" in options else None
    with urllib.request.urlopen(urllib.request.Request(words[-1], data, headers)) as answer:
        return str(answer.read().decode())


def test_sandbox_options(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each option of the command reaches the server, and the commands it prints do what they say."""
    seen: dict[str, Any] = {"waits": []}

    def wait(box: Sandbox) -> None:
        seen["clock"], seen["rate"], printed = box.now(), box.rate, capsys.readouterr().out
        seen["said"] = [said_by_curl(line) for line in printed.splitlines() if line.startswith("  curl")]
        seen["now"], seen["printed"] = box.now(), printed
        box.clear_faults()
        monkeypatch.setattr(box._closed, "wait", seen["waits"].append)
        body = {"grant_type": "client_credentials", "appkey": box.appkey, "secretkey": box.secretkey}
        headers = {"User-Agent": "Python/3.11 aiohttp/3.12.0"}
        asked = [requests.post(f"{box.url}/oauth2/token", json=body, headers=headers) for _ in range(4)]
        seen["statuses"] = [answer.status_code for answer in asked]

    monkeypatch.setattr(Sandbox, "wait", wait)
    options = ["--clock", "2026-11-19 10:30", "--rate", "0.001", "--burst", "3", "--latency", "0.5"]
    assert cli.main(["sandbox", "--port", "0", *options, "--no-bot-filter"]) == 0
    assert f"{seen['clock']:%Y-%m-%d %H:%M}" == "2026-11-19 10:30"
    assert (seen["now"] - seen["clock"]).days == 3
    assert ['"429"' in text for text in seen["said"]] == [False, True, False]
    assert seen["rate"] == 0.001
    assert seen["statuses"] == [200, 200, 200, 429]
    assert seen["waits"] == [0.5] * 4
    assert "no WebSocket" in seen["printed"]


def test_sandbox_without_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """``--rate none`` lifts the limit."""
    rates: list[float | None] = []
    monkeypatch.setattr(Sandbox, "wait", lambda box: rates.append(box.rate))
    assert cli.main(["sandbox", "--port", "0", "--rate", "none"]) == 0
    assert cli.main(["sandbox", "--port", "0"]) == 0
    assert rates == [None, 5]


def test_sandbox_help_names_the_clock_and_says_what_is_missing(capsys: Capture) -> None:
    """Whoever looks for streaming or for a running clock finds the answer in the help."""
    with pytest.raises(SystemExit):
        cli.main(["sandbox", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for words in (
        "--clock",
        "--clock real",
        "--rate",
        "--burst",
        "--latency",
        "--no-bot-filter",
        "no WebSocket",
    ):
        assert words in text


def test_sandbox_of_a_file_that_is_not_there(capsys: Capture) -> None:
    """A mistyped file is an error before anything is served."""
    assert cli.main(["sandbox", "--bars", "/no/such.parquet"]) == 2
    assert "expected a file, got /no/such.parquet" in capsys.readouterr().err


def test_sandbox_port_is_taken(box: Sandbox, capsys: Capture) -> None:
    """A port in use is one line."""
    assert cli.main(["sandbox", "--port", box.url.rpartition(":")[2]]) == 1
    assert "cannot listen" in capsys.readouterr().err


def test_module_is_the_command() -> None:
    """`python -m kiwoom_research` is the same program."""
    done = subprocess.run(
        [sys.executable, "-m", "kiwoom_research", "info", "5930", "--server", "sandbox"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("code: expected six characters")
    assert done.stdout == ""
