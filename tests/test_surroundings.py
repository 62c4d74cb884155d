"""Broken surroundings: a full disk, a cache of another version, odd folders, a wrong clock, a bare environment.

One warning at most for each thing that does not work, right data, and never a crash on import. What is not here
is in tests/test_http_cache.py (corrupt, locked, read-only) and tests/test_auth.py (the token file).
"""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.calendar import KST
from kiwoom_research.client import Client
from kiwoom_research.client.cache import FILE
from kiwoom_research.config import Keys, Server, Settings
from kiwoom_research.endpoints import call as call_of
from kiwoom_research.sandbox import Sandbox

from .conftest import FakeClock, client_of
from .tiny import BAR, BARS, BODY, ISSUED, TOKEN, Asked, Said, Tiny

PACKAGE = Path(kr.__file__).parent
DAY = call_of("ka10081")
posix = pytest.mark.skipif(os.name != "posix", reason="a matter of POSIX")


def right(frame: pd.DataFrame) -> None:
    """600 days without a hole."""
    assert len(frame) == 600
    assert frame["close"].notna().all()


def data_calls(box: Sandbox) -> int:
    """How often the server was asked for data."""
    return int(box.requests()["call"].str.startswith("ka").sum())


# --- a disk without room ---------------------------------------------------------------------------

PULL = """
import sys, warnings
url, name, appkey, secretkey, cache, state = sys.argv[1:]
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    from pathlib import Path
    import kiwoom_research as kr
    from kiwoom_research.client import Client
    from kiwoom_research.config import Keys, Server, Settings
    made = Settings(Server(name, url, 1000), Keys(appkey, secretkey), Path(cache), Path(state))
    {limit}
    with Client(made) as client:
        frames = [kr.get_bars("005930", pages=3, client=client), kr.get_info("005930", client=client)]
        again = [kr.get_bars("005930", pages=3, client=client), kr.get_info("005930", client=client)]
assert all(one.equals(other) for one, other in zip(frames, again))
assert len(frames[0]) == 1800 and frames[0]["close"].notna().all()
for one in warned:
    print(one.category.__name__, str(one.message).replace("\\n", " "))
"""
LIMIT = """
    import resource, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes}, {bytes}))
"""
SUBJECTS = ("the cache", "the token", "the request limit", "tokens are kept")


def pull(box: Sandbox, folder: Path, limit: str = "") -> list[str]:
    """Pull in another process; its warnings."""
    done = subprocess.run(
        [sys.executable, "-c", PULL.format(limit=limit.strip()), box.url, f"far-{box.name}", box.appkey,
         box.secretkey, str(folder / "cache"), str(folder / "state")],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


def once_each(warned: list[str]) -> bool:
    """Whether every warning is about a thing of its own."""
    about = [[subject for subject in SUBJECTS if subject in line] for line in warned]
    return all(line.startswith("RuntimeWarning") for line in warned) and len(set(map(str, about))) == len(
        about
    )


@posix
@pytest.mark.parametrize("room", [0, 60_000])
def test_no_file_may_grow(room: int, box: Sandbox, tmp_path: Path) -> None:
    """No file may be larger than 0 or 60 kB: one warning a thing, right data, and sound files afterwards."""
    warned = pull(box, tmp_path, LIMIT.format(bytes=room))
    assert any("the cache" in line for line in warned)
    assert once_each(warned), warned
    before = data_calls(box)
    for needed in (4, 0):  # the disk has room again: nothing is broken, no warning
        with Client(both(box, tmp_path)) as client:
            assert len(kr.get_bars("005930", pages=3, client=client)) == 1800
            kr.get_info("005930", client=client)
        assert data_calls(box) - before <= needed
        before = data_calls(box)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 128 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k,mode=700", "tmpfs", str(folder)], capture_output=True
    )
    if made.returncode:
        pytest.skip("no right to mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="mounts a file system: Linux and root"
)
def test_full_disk(box: Sandbox, small_disk: Path) -> None:
    """ENOSPC in the middle of a pull: one warning a thing, right data."""
    warned = pull(box, small_disk)
    assert any("the cache" in line and "full" in line for line in warned)
    assert once_each(warned), warned


# --- a cache of another version ----------------------------------------------------------------------

NEWER = (
    "CREATE TABLE pages (key TEXT PRIMARY KEY, value BLOB, expires REAL, server TEXT, call TEXT, code TEXT,"
    " page INTEGER, created REAL, colour TEXT)"
)
OLDER = "CREATE TABLE pages (key TEXT PRIMARY KEY, value BLOB, expires REAL, server TEXT, call TEXT)"
FOREIGN = "CREATE TABLE responses (key TEXT PRIMARY KEY, value BLOB, expires INTEGER)"


@pytest.mark.parametrize(
    ("layout", "warnings_given"), [(NEWER, 1), (OLDER, 1), (FOREIGN, 0)], ids=["newer", "older", "foreign"]
)
def test_layout_of_another_version(layout: str, warnings_given: int, box: Sandbox, tmp_path: Path) -> None:
    """Our file with other columns: one warning, right data, and the file stays as it was."""
    (tmp_path / "cache").mkdir()
    with closing(sqlite3.connect(tmp_path / "cache" / FILE)) as link, link:
        link.execute(layout)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with client_of(box, tmp_path) as client:
            right(kr.get_bars("005930", client=client))
            right(kr.get_bars("005930", client=client))
    assert len(warned) == warnings_given
    with closing(sqlite3.connect(tmp_path / "cache" / FILE)) as link:
        assert layout in {row[0] for row in link.execute("SELECT sql FROM sqlite_master")}


def test_files_of_other_versions_are_left_alone(box: Sandbox, tmp_path: Path) -> None:
    """A layout has its own file name: what lies beside is neither read nor removed."""
    (tmp_path / "cache").mkdir()
    others = [tmp_path / "cache" / name for name in ("http-0.sqlite", "http-1.sqlite", "http_cache.sqlite")]
    for other in others:
        other.write_bytes(b"of another version")
    with client_of(box, tmp_path) as client:
        right(kr.get_bars("005930", client=client))
        kr.get_info("005930", client=client)
        client.cache.clear(None, None, None)
    assert [other.read_bytes() for other in others] == [b"of another version"] * 3


# --- folders -----------------------------------------------------------------------------------------


def both(box: Sandbox, folder: Path) -> Settings:
    """Cache and state below one folder, as for a server that is not known to be a sandbox."""
    keys = Keys(box.appkey, box.secretkey)
    return Settings(Server(f"far-{box.name}", box.url, 1000), keys, folder / "cache", folder / "state")


@pytest.mark.parametrize(
    "name", ["a/b/c", "캐시 폴더", "with space", "100%", "a?b#c&d=e", "quote'\"", "-rf", ";drop", "ünïcödé"]
)
def test_odd_folder_names(name: str, box: Sandbox, tmp_path: Path) -> None:
    """Folders that do not exist yet, of any name: made, private, and used."""
    for _ in range(2):
        with Client(both(box, tmp_path / name)) as client:
            right(kr.get_bars("005930", client=client))
            assert client.cache.working
    assert data_calls(box) == 1
    assert (tmp_path / name / "cache" / FILE).exists()


def test_folders_that_went_away(box: Sandbox, tmp_path: Path) -> None:
    """Removed between two runs: made again, without a word."""
    for _ in range(2):
        with Client(both(box, tmp_path)) as client:
            right(kr.get_bars("005930", client=client))
        shutil.rmtree(tmp_path / "cache")
        shutil.rmtree(tmp_path / "state")
    assert box.requests()["call"].tolist() == ["/oauth2/token", "ka10081"] * 2


@posix
def test_state_folder_that_goes_away(box: Sandbox, tmp_path: Path) -> None:
    """Removed while a client is at work: the token it holds is enough, and a dead one is renewed."""
    with Client(both(box, tmp_path)) as client:
        kr.get_info("005930", client=client)
        shutil.rmtree(tmp_path / "state")
        right(kr.get_bars("005930", client=client))
        shutil.rmtree(tmp_path / "state")
        box.fail("token")
        right(kr.get_bars("000660", client=client))


@posix
def test_folder_behind_a_link(box: Sandbox, tmp_path: Path) -> None:
    """A link to a folder is a folder."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with Client(both(box, tmp_path / "link")) as client:
        right(kr.get_bars("005930", client=client))
    assert (tmp_path / "elsewhere" / "cache" / FILE).exists()


@posix
@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777], ids=oct)
def test_umask(mask: int, box: Sandbox, tmp_path: Path) -> None:
    """Whatever the umask, what we make is for its owner, and the data are right."""
    before = os.umask(mask)
    try:
        with warnings.catch_warnings():
            if mask & 0o700:  # a folder that its own owner may not enter
                warnings.simplefilter("ignore", RuntimeWarning)
            with Client(both(box, tmp_path)) as client:
                right(kr.get_bars("005930", client=client))
    finally:
        os.umask(before)
    for folder in (tmp_path / "cache", tmp_path / "state" / "tokens", tmp_path / "state" / "throttle"):
        assert not folder.exists() or stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0, folder
    for file in (tmp_path / "cache").glob("*"):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file


# --- a wrong clock -----------------------------------------------------------------------------------

YEAR = timedelta(days=365).total_seconds()


@pytest.mark.parametrize("years", [-25, -1, 1, 25])
def test_wall_clock_years_off(years: int, box: Sandbox, tmp_path: Path, fake_clock: FakeClock) -> None:
    """By our clock each new token has ended or never will: one warning at most, one token, right data."""
    fake_clock.seconds = datetime.now(KST).timestamp() + years * YEAR
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with client_of(box, tmp_path, clock=fake_clock) as client:
            for code in ("005930", "000660", "035420"):
                right(kr.get_bars(code, client=client))
            box.fail("token")
            right(kr.get_bars("035720", client=client))
    assert [str(one.message)[:21] for one in warned] == (["the token just issued"] if years > 0 else [])
    assert (box.requests()["call"] == "/oauth2/token").sum() == 2
    assert (box.requests()["return_code"] == 3).sum() == 1


def test_token_about_to_end(tmp_path: Path, fake_clock: FakeClock) -> None:
    """In its last minutes the server gives the same token again: it is asked for once, not before each request."""
    end = datetime.fromtimestamp(fake_clock.seconds, KST) + timedelta(minutes=5)
    issue = Said({**ISSUED, "expires_dt": f"{end:%Y%m%d%H%M%S}"})
    with Tiny(lambda _: Said(BARS), issue) as server:
        with Client(server.settings(tmp_path), clock=fake_clock) as client:
            for _ in range(5):
                client.call(DAY, BODY, refresh=True)
        server.shutdown()
    assert [asked.path for asked in server.asked].count("/oauth2/token") == 1
    assert len(server.data) == 5


@pytest.mark.parametrize(
    ("off", "told"),
    [
        (timedelta(days=3), "3 days, 0:00:00 ahead of"),
        (timedelta(hours=-9), "9:00:00 behind"),
        (timedelta(minutes=9), ""),
        (timedelta(minutes=-9), ""),
    ],
)
def test_market_clock_of_a_far_server(
    off: timedelta, told: str, tmp_path: Path, fake_clock: FakeClock
) -> None:
    """Our clock is not the server's: one warning, and an answer to the wrong question does not stay."""
    fake_clock.seconds = (datetime(2026, 11, 20, 21, 30, tzinfo=KST) + off).timestamp()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with Tiny(lambda _: Said(BARS)) as server:
            for _ in range(2):
                with Client(server.settings(tmp_path, far=True), clock=fake_clock) as client:
                    for _ in range(2):
                        frame = kr.get_bars("005930", client=client)
                        assert frame["close"].tolist() == [100.0]
                        assert frame.attrs["retrieved"] == "2026-11-20T21:30:00+09:00"
            server.shutdown()
    assert len(server.data) == (4 if told else 1)
    assert len(warned) == (2 if told else 0)  # one a client
    assert all(f"clock is {told} tiny's" in str(one.message) for one in warned)


def test_clock_set_right_again(tmp_path: Path, fake_clock: FakeClock) -> None:
    """What was asked with the clock three days ahead is not found on that day."""
    friday = datetime(2026, 11, 20, 21, 30, tzinfo=KST).timestamp()
    bars = iter(["100", "200"])

    def answer(_: Asked) -> Said:
        return Said({**BARS, "stk_dt_pole_chart_qry": [{**BAR, "cur_prc": next(bars)}]})

    with Tiny(answer) as server:
        fake_clock.seconds = friday + 3 * 86400
        with (
            pytest.warns(RuntimeWarning, match="clock"),
            Client(server.settings(tmp_path, far=True), clock=fake_clock) as client,
        ):
            assert kr.get_bars("005930", client=client)["close"].iloc[-1] == 100
        server.date = "Mon, 23 Nov 2026 12:30:00 GMT"
        with Client(server.settings(tmp_path, far=True), clock=fake_clock) as client:
            assert kr.get_bars("005930", client=client)["close"].iloc[-1] == 200
        server.shutdown()
    assert server.data[0].body == server.data[1].body
    assert {asked.headers["authorization"] for asked in server.data} == {f"Bearer {TOKEN}"}


# --- a bare environment ------------------------------------------------------------------------------

WORKS = """
import kiwoom_research as kr
client = kr.connect("sandbox")
assert len(kr.get_bars("005930")) == 600
print("right")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as installed: no source tree around it."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copytree(PACKAGE, folder / "kiwoom_research", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def bare(installed: Path, code: str = WORKS, **how: object) -> subprocess.CompletedProcess[str]:
    """Run a script with an empty environment; warnings are errors until the script says otherwise."""
    environment = {"PYTHONPATH": str(installed), **how.pop("env", {})}  # type: ignore[dict-item]
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, encoding="utf-8", errors="replace",
        env=environment, timeout=60, **how,
    )  # fmt: skip


@posix
@pytest.mark.parametrize(
    "env",
    [
        {"HOME": "{folder}/does/not/exist"},
        {"HOME": "{folder}", "LC_ALL": "C", "PYTHONUTF8": "0", "TZ": "No/Where"},
        {"HOME": "{folder}", "XDG_CACHE_HOME": "", "XDG_STATE_HOME": "", "KIWOOM_CACHE_DIR": "", "KIWOOM_STATE_DIR": ""},
    ],
    ids=["home missing", "ascii", "blank variables"],
)  # fmt: skip
def test_bare_environment(env: dict[str, str], installed: Path, tmp_path: Path) -> None:
    """Nearly no environment: import and data without a single warning."""
    given = {name: value.format(folder=tmp_path) for name, value in env.items()}
    done = bare(installed, env=given, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "right\n"), done.stderr[-1500:]


@posix
def test_home_that_cannot_be_written(installed: Path, tmp_path: Path) -> None:
    """A home where nothing can be made (a file stands in its place): one warning, right data."""
    (tmp_path / "home").write_text("no folder")
    code = "import warnings; warnings.simplefilter('always')\n" + WORKS
    done = bare(installed, code, env={"HOME": str(tmp_path / "home")}, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "right\n"), done.stderr[-1500:]
    assert done.stderr.count("RuntimeWarning") == 1
    assert "the cache" in done.stderr


@posix
def test_working_folder_that_is_gone(installed: Path, tmp_path: Path) -> None:
    """The current folder was removed under the process: import and data all the same."""
    code = f"import os, shutil; os.mkdir('gone'); os.chdir('gone'); shutil.rmtree('../gone')\n{WORKS}"
    # -P: with the current folder among its paths Python itself stumbles
    done = bare(installed, code, env={"HOME": str(tmp_path), "PYTHONSAFEPATH": "1"}, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "right\n"), done.stderr[-1500:]


@posix
def test_no_standard_streams(installed: Path, tmp_path: Path) -> None:
    """A daemon without stdin, stdout and stderr."""
    code = f"""
import os, sys
for number in (0, 1, 2):
    os.close(number)
sys.stdin = sys.stdout = sys.stderr = None
{WORKS.replace('print("right")', 'open("said", "w").write("right")')}
"""
    assert bare(installed, code, env={"HOME": str(tmp_path)}, cwd=tmp_path).returncode == 0
    assert (tmp_path / "said").read_text() == "right"


def test_import_when_there_is_nowhere_to_write() -> None:
    """import needs no folder at all, not even a temporary one."""
    code = (
        "import tempfile, os\n"
        "def refuse(*_, **__): raise OSError('no folder')\n"
        "os.mkdir = os.makedirs = tempfile.mkdtemp = tempfile.mkstemp = refuse\n"
        "import kiwoom_research as kr; print(kr.__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=tempfile.gettempdir()
    )
    assert (done.returncode, done.stdout) == (0, "kiwoom_research\n"), done.stderr[-1500:]
