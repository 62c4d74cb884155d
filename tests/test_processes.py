"""Several processes, and processes that die: one cache, one token, one limit, nothing lost, nobody blocked."""

import heapq
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.client.cache import FILE
from kiwoom_research.client.throttle import Throttle
from kiwoom_research.config import Keys, Server, Settings
from kiwoom_research.sandbox import Sandbox

from .conftest import FakeClock

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX word")

# What every script of this module begins with. The address is not known to be a sandbox: state goes to
# KIWOOM_STATE_DIR as it does for the broker's server, and warnings (such as "database is locked") are errors.
HEAD = """
import hashlib, os, sys, warnings
warnings.simplefilter("error")
import pandas as pd
import kiwoom_research as kr
url, name, appkey, secretkey, cache, number = sys.argv[1:]
number = int(number)

def unhurried():
    from pathlib import Path
    from kiwoom_research.client import Client
    from kiwoom_research.config import Keys, Server, Settings
    state = Path(os.environ["KIWOOM_STATE_DIR"])
    return Client(Settings(Server(name, url, None), Keys(appkey, secretkey), Path(cache), state))

def say(*what):
    print(*what, flush=True)
"""


@contextmanager
def process(script: str, box: Sandbox, folder: Path, number: int = 0) -> Iterator[subprocess.Popen[str]]:
    """A Python process that runs a script against a sandbox; it does not outlive the block."""
    file = folder / "script.py"
    text = HEAD + script
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
    made = subprocess.Popen(
        [sys.executable, str(file), box.url, f"far-{box.name}", box.appkey, box.secretkey,
         str(folder / "cache"), str(number)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "KIWOOM_STATE_DIR": str(folder / "state")},
    )  # fmt: skip
    try:
        yield made
    finally:
        if made.poll() is None:
            made.kill()
        made.communicate()


def go(made: subprocess.Popen[str]) -> None:
    """Let a process pass its next ``input()``."""
    assert made.stdin is not None
    made.stdin.write("\n")
    made.stdin.flush()


def line(made: subprocess.Popen[str]) -> str:
    """The next line a process says; what it complains of when it has ended instead."""
    assert made.stdout is not None
    said = made.stdout.readline()
    if not said:
        _, complaint = made.communicate()
        pytest.fail(complaint[-3000:])
    return said.strip()


def wait_until(what: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def own(box: Sandbox, folder: Path) -> Client:
    """A client of this process with the folders of the scripts."""
    server, keys = Server(f"far-{box.name}", box.url, None), Keys(box.appkey, box.secretkey)
    return Client(Settings(server, keys, folder / "cache", folder / "state"))


def asked(box: Sandbox, call: str) -> list[int]:
    """The page numbers of a call, in the order in which the server saw them."""
    log = box.requests()
    return [int(page) for page in log["page"][log["call"] == call]]


def assert_sound(folder: Path) -> None:
    """The cache is a whole database, and no file was put aside as broken."""
    assert not list((folder / "cache").glob("*.broken"))
    with closing(sqlite3.connect(folder / "cache" / FILE)) as link:
        assert link.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


# --- four at once ----------------------------------------------------------------------------------

FOUR = """
import json
from functools import partial
client = kr.connect(url, appkey, secretkey, cache_dir=cache)
assert client.server.rate == 5

codes = [str(801010 + 10 * at) for at in range(100)]

def pulls(number):
    "25 pulls of eleven calls; no other number makes one of them, and all begin with the same call."
    mine = codes[25 * number : 25 * number + 25]
    made = [partial(kr.get_info, code) for code in mine[:4]]
    made += [partial(kr.get_today, code) for code in mine[4:8]]
    made += [partial(kr.get_quotes, [mine[at], mine[at + 1]]) for at in (0, 2, 4)]
    made += [partial(kr.get_daily, code) for code in mine[8:10]]
    made += [partial(kr.get_bars, mine[10 + at], freq) for at, freq in enumerate(("1d", "1w", "1mo", "1y", "tick"))]
    made += [partial(kr.get_bars, mine[15 + at], freq) for at, freq in enumerate(("1d", "1w", "1mo", "1y"))]
    made += [partial(kr.get_minutes, mine[20], minutes) for minutes in (1, 5)]
    made += [partial(kr.query, "ka10100", stk_cd=mine[21])]
    assert len(made) == 25
    return made

def digest(frame):
    rows = pd.util.hash_pandas_object(frame).to_numpy().tobytes()
    return hashlib.sha256(rows + json.dumps([list(frame), frame.attrs]).encode()).hexdigest()

say("ready")
input()
say(json.dumps([digest(pull()) for pull in pulls(number)]))
input()
before = client.stats()["requests"]
say(json.dumps([digest(pull()) for pull in pulls((number + 1) % 4)]))
assert client.stats()["requests"] == before
say(before)
"""


def test_four_processes(tmp_path: Path) -> None:
    """4 x 25 different pulls at the server's real limit: one token, zero 429, one cache, no warning, right data."""
    with Sandbox(rate=5, limiter="window") as box:
        running = [process(FOUR, box, tmp_path, number) for number in range(4)]
        with running[0] as one, running[1] as two, running[2] as three, running[3] as four:
            group = (one, two, three, four)
            assert [line(made) for made in group] == ["ready"] * 4
            box.fail("slow", call="au10001", seconds=0.5)  # nobody may ask for a second one meanwhile
            for made in group:
                go(made)
            first = [json.loads(line(made)) for made in group]
            log = box.requests()
            for made in group:
                go(made)
            second = [json.loads(line(made)) for made in group]
            sent = [int(line(made)) for made in group]
            assert [made.wait(20) for made in group] == [0] * 4
        calls = log["call"].value_counts()
        assert (log["status"] == 200).all()
        assert (log["return_code"] == 0).all()
        assert calls["/oauth2/token"] == 1
        assert len(log) == sum(sent) == 101
        assert len(calls) == 12
        assert calls["ka10001"] == 16  # four processes, one call, at once
        # nobody asks again for what another process has, and both have the same answer
        assert len(box.requests()) == len(log)
        assert second == [*first[1:], first[0]]
        assert_sound(tmp_path)
        folders = [tmp_path / "state" / name for name in ("tokens", "throttle")]
        assert all(folder.stat().st_mode & 0o777 == 0o700 for folder in folders)
        (token,) = folders[0].glob("*.json")
        assert set(json.loads(token.read_text())) == {"token", "expires"}
        for slot in folders[1].iterdir():
            assert slot.suffix == ".lock" or all(map(float, slot.read_text().split()))


SLOTS = """
import json
from pathlib import Path
from kiwoom_research.config import Keys, Server, Settings
from kiwoom_research.client.throttle import SystemClock, Throttle
made = Settings(Server("x", "https://x.invalid", 100), Keys("a", "b"), None, Path(os.environ["KIWOOM_STATE_DIR"]))
throttle = Throttle(made, SystemClock())
say("ready")
input()
say(json.dumps([throttle._take_slot("ka10081")[0] for _ in range(100)]))
"""


def test_four_processes_take_slots(box: Sandbox, tmp_path: Path) -> None:
    """400 slots, taken as fast as four processes can: no two of them closer than the limit allows."""
    running = [process(SLOTS, box, tmp_path, number) for number in range(4)]
    with running[0] as one, running[1] as two, running[2] as three, running[3] as four:
        group = (one, two, three, four)
        assert [line(made) for made in group] == ["ready"] * 4
        for made in group:
            go(made)
        slots = sorted(slot for made in group for slot in json.loads(line(made)))
    assert len(slots) == 400
    assert min(after - before for before, after in pairwise(slots)) > 0.01


BUSY = """
import json, random, threading, time
from pathlib import Path
from kiwoom_research.client.throttle import Throttle
from kiwoom_research.config import Keys, Server, Settings

class Fast:
    "A clock that runs thirty times as fast as the machine's."
    def monotonic(self): return 30 * time.monotonic()
    time = monotonic
    def sleep(self, seconds): time.sleep(seconds / 30)

made = Settings(Server("x", "https://x.invalid", 5), Keys("a", "b"), None, Path(os.environ["KIWOOM_STATE_DIR"]))
throttle, clock, slots = Throttle(made, Fast()), Fast(), []

def requests(seed):
    chance = random.Random(seed)
    for _ in range(4):
        throttle.wait("ka10081")
        slots.append(throttle._this_thread.slot)
        clock.sleep(chance.uniform(0, 0.8))
        throttle.answered("ka10081")

threads = [threading.Thread(target=requests, args=(8 * number + at,)) for at in range(8)]
say("ready")
input()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
say(json.dumps(slots))
"""


def test_slots_of_four_processes_with_eight_threads(box: Sandbox, tmp_path: Path) -> None:
    """Answers that come sooner or later move slots, but never two of them closer together than the spacing."""
    running = [process(BUSY, box, tmp_path, number) for number in range(4)]
    with running[0] as one, running[1] as two, running[2] as three, running[3] as four:
        group = (one, two, three, four)
        assert [line(made) for made in group] == ["ready"] * 4
        for made in group:
            go(made)
        slots = sorted(slot for made in group for slot in json.loads(line(made)))
    assert len(slots) == 128
    assert min(after - before for before, after in pairwise(slots)) > 0.2


def test_a_late_answer_moves_the_window(tmp_path: Path, fake_clock: FakeClock) -> None:
    """Six requests never lie within a second of each other, also when the first of them took 0.3 s to arrive."""
    made = Settings(Server("x", "https://x.invalid", 5), Keys("a", "b"), None, tmp_path)
    one, other = Throttle(made, fake_clock), Throttle(made, fake_clock)  # as two processes
    one.wait("ka10081")
    fake_clock.seconds += 0.3  # a new connection
    arrived = [fake_clock.time()]
    one.answered("ka10081")
    for _ in range(10):
        other.wait("ka10081")
        arrived.append(fake_clock.time())
        other.answered("ka10081")
    assert all(sixth - first >= 1 for first, sixth in zip(arrived, arrived[5:], strict=False))
    assert arrived[-1] - arrived[0] < 2.2


class Planned:
    """A wall clock of a simulation: who sleeps is told, and leaves later."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0
        self.pause = 0.0

    def time(self) -> float:
        """Seconds since the epoch."""
        return self.now + self.pause

    monotonic = time

    def sleep(self, seconds: float) -> None:
        """Note it."""
        self.pause += seconds


def counted(folder: Path, workers: int, latency: float, jitter: float, requests: int = 400) -> list[float]:
    """When a server would count the requests of so many workers, each with a throttle as if in its own process.

    It counts a request anywhere between its leaving and its answer; the first of each worker takes 0.2 s longer.
    """
    wall, chance, moments = Planned(), random.Random(4711), []
    made = Settings(Server("x", "https://x.invalid", 5), Keys("a", "b"), None, folder)
    throttles = [Throttle(made, wall) for _ in range(workers)]
    line = [(wall.now, "ask", worker) for worker in range(workers)]
    fresh = set(range(workers))
    while len(moments) < requests:
        wall.now, what, worker = heapq.heappop(line)
        wall.pause = 0.0
        if what == "ask":
            throttles[worker].wait("ka10081")
            late = chance.uniform(0, jitter) + (0.2 if worker in fresh else 0.0)
            fresh.discard(worker)
            moments.append(wall.time() + latency / 2 + late)
            heapq.heappush(line, (wall.time() + latency + late, "answered", worker))
        else:
            throttles[worker].answered("ka10081")
            heapq.heappush(line, (wall.now, "ask", worker))
    return sorted(moments)


@pytest.mark.parametrize(("workers", "latency"), [(1, 0.02), (2, 0.1), (3, 0.4), (5, 0.9)])
def test_a_steady_latency_costs_nothing(tmp_path: Path, workers: int, latency: float) -> None:
    """However far away the server is: 97 % of the limit, and no six requests within a second of each other."""
    moments = counted(tmp_path, workers, latency, jitter=0.0)
    assert all(sixth - first > 1 for first, sixth in zip(moments, moments[5:], strict=False))
    known = moments[100:]  # by then every one of them knows what is usual
    assert (len(known) - 1) / (known[-1] - known[0]) / 5 > 0.97


@pytest.mark.parametrize(
    ("workers", "latency", "jitter"), [(1, 0.05, 0.1), (3, 0.1, 0.2), (4, 0.3, 0.3), (5, 0.2, 0.05)]
)
def test_an_unsteady_latency_is_kept_clear_of(
    tmp_path: Path, workers: int, latency: float, jitter: float
) -> None:
    """Requests that are counted now sooner, now later: still no six within a second."""
    moments = counted(tmp_path, workers, latency, jitter)
    assert all(sixth - first > 1 for first, sixth in zip(moments, moments[5:], strict=False))


def test_an_answer_that_comes_while_others_wait(
    tmp_path: Path, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sixth has its slot already when the first one's answer turns out to be late: it waits once more."""
    made = Settings(Server("x", "https://x.invalid", 5), Keys("a", "b"), None, tmp_path)
    began, line = fake_clock.time(), [Throttle(made, fake_clock) for _ in range(6)]
    for throttle in line[:5]:
        throttle.wait("ka10081")
    sleep = fake_clock.sleep

    def first_is_answered(seconds: float) -> None:
        sleep(seconds)
        monkeypatch.setattr(fake_clock, "sleep", sleep)
        line[0].answered("ka10081")

    monkeypatch.setattr(fake_clock, "sleep", first_is_answered)
    assert line[5].wait("ka10081") == pytest.approx(1.23)
    assert fake_clock.time() - began == pytest.approx(2.05)


# --- kill -9 ---------------------------------------------------------------------------------------

THIRTY = """
client = unhurried()
kr.get_minutes("005930", pages=30, client=client) if number else kr.get_daily("005930", 30, client=client)
"""
PAGES = 30
SHEET, MINUTES = "ka10005", "ka10080"  # keys that name no date, keys that do


def test_killed_in_the_middle(box: Sandbox, tmp_path: Path) -> None:
    """kill -9 while page 13 of 30 is on its way: the next pull asks for pages 13 to 30 and no other."""
    box.fail("slow", call=MINUTES, after=12, seconds=60)
    with process(THIRTY, box, tmp_path, 1) as made:
        wait_until(lambda: len(asked(box, MINUTES)) == 13)
        made.send_signal(signal.SIGKILL)
        assert made.wait(10) == -signal.SIGKILL
    assert asked(box, MINUTES) == list(range(1, 14))
    with own(box, tmp_path) as client:
        frame = kr.get_minutes("005930", pages=PAGES, client=client)
        right = kr.get_minutes("005930", pages=PAGES, client=client, refresh=True)
    assert asked(box, MINUTES)[13:] == [*range(13, PAGES + 1), *range(1, PAGES + 1)]
    assert (box.requests()["call"] == "/oauth2/token").sum() == 1  # its token was kept as well
    pd.testing.assert_frame_equal(frame, right)
    assert_sound(tmp_path)


def test_killed_again_and_again(box: Sandbox, tmp_path: Path) -> None:
    """kill -9 at any moment, also while a page is being stored: at most that one page is asked for twice."""
    for stop in (5, 12, 21):
        with process(THIRTY, box, tmp_path) as made:
            wait_until(lambda stop=stop: max(asked(box, SHEET), default=0) >= stop or made.poll() is not None)
            made.send_signal(signal.SIGKILL)
            made.wait(10)
    with own(box, tmp_path) as client:
        frame = kr.get_daily("005930", PAGES, client=client)
        right = kr.get_daily("005930", PAGES, client=client, refresh=True)
    pd.testing.assert_frame_equal(frame, right)
    pages = asked(box, SHEET)[:-PAGES]
    assert sorted(set(pages)) == list(range(1, PAGES + 1))
    assert all(later - earlier in (0, 1) for earlier, later in pairwise(pages))
    assert len(pages) <= PAGES + 3
    assert_sound(tmp_path)


# --- a process that dies while it holds a lock -------------------------------------------------------

HOLDS_THE_TOKEN = """
kr.get_today("005930", client=unhurried())
"""
HOLDS_A_SLOT = """
from pathlib import Path
from filelock import FileLock
from kiwoom_research.config import Keys, Server, Settings
from kiwoom_research.client.throttle import SystemClock, Throttle
state = Path(os.environ["KIWOOM_STATE_DIR"])
throttle = Throttle(Settings(Server("far", url, 5), Keys(appkey, secretkey), None, state), SystemClock())
throttle.wait("ka10006")
(slot,) = (file for file in (state / "throttle").iterdir() if file.suffix != ".lock")
with FileLock(slot.with_suffix(".lock")):
    say("held")
    input()
"""
HOLDS_THE_CACHE_FOLDER = """
from pathlib import Path
from filelock import FileLock
client = unhurried()
with FileLock(client.cache.path.with_suffix(".lock")):
    say("held")
    input()
"""
HOLDS_THE_DATABASE = """
import sqlite3
client = unhurried()
kr.get_info("005930", client=client)
link = sqlite3.connect(client.cache.path, isolation_level=None)
link.execute("BEGIN IMMEDIATE")
link.execute("DELETE FROM pages")
say("held")
input()
"""


def test_dies_while_it_is_issued_a_token(box: Sandbox, tmp_path: Path) -> None:
    """The holder of the token lock is killed in the middle of an issue: the next process is done in a second."""
    box.fail("slow", call="au10001", seconds=60)
    with process(HOLDS_THE_TOKEN, box, tmp_path) as made:
        wait_until(lambda: len(box.requests()) == 1)
        assert list((tmp_path / "state" / "tokens").glob("*.lock"))
        kill(made)
        assert_nobody_waits(box, tmp_path)
    assert box.requests()["call"].tolist() == ["/oauth2/token", "/oauth2/token", "ka10006"]


@pytest.mark.parametrize(
    "script", [HOLDS_A_SLOT, HOLDS_THE_CACHE_FOLDER, HOLDS_THE_DATABASE], ids=["slot", "folder", "database"]
)
def test_dies_while_it_holds_a_lock(script: str, box: Sandbox, tmp_path: Path) -> None:
    """The same for the request limit, the opening of the cache, and a transaction of the cache."""
    with process(script, box, tmp_path) as made:
        assert line(made) == "held"
        kill(made)
        assert_nobody_waits(box, tmp_path)
    if script == HOLDS_THE_DATABASE:  # what the dead process had begun never happened
        before = len(box.requests())
        with own(box, tmp_path) as client:
            kr.get_info("005930", client=client)
        assert len(box.requests()) == before


def kill(made: subprocess.Popen[str]) -> None:
    """kill -9; the process is gone when this returns."""
    made.send_signal(signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        made.wait(10)
    assert made.returncode == -signal.SIGKILL


def assert_nobody_waits(box: Sandbox, folder: Path) -> None:
    """A pull right after the death, through the same folders and with a limit, takes less than a second."""
    server, keys = Server(f"far-{box.name}", box.url, 5), Keys(box.appkey, box.secretkey)
    started = time.monotonic()
    with Client(Settings(server, keys, folder / "cache", folder / "state")) as client:
        assert kr.get_today("005930", client=client)["close"].notna().all()
        assert client.cache.working
    assert time.monotonic() - started < 1
