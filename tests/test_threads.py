"""One client, several threads: the default client too, with faults, dead tokens and a cache that breaks."""

import shutil
import sqlite3
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.client.cache import FILE
from kiwoom_research.config import settings
from kiwoom_research.data import connection
from kiwoom_research.sandbox import Sandbox

from .conftest import FakeClock, client_of

THREADS = 8
CODES = [str(801010 + 10 * at) for at in range(8)]
PULLS: list[Callable[..., pd.DataFrame]] = [
    *(partial(kr.get_info, code) for code in CODES),
    *(partial(kr.get_bars, code, "1w", pages=2) for code in CODES[:3]),
    *(partial(kr.get_daily, code, 3) for code in CODES[:3]),
    partial(kr.get_minutes, CODES[0], 60),
    partial(kr.get_quotes, CODES),
    partial(kr.get_stocks, "etn"),
    partial(kr.find, "하이닉스"),
]


@pytest.fixture(autouse=True)
def nobody_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a new process; the default client of other tests is back afterwards."""
    monkeypatch.setattr(connection, "_default", None)


def together(tasks: list[Callable[[], Any]], threads: int = THREADS) -> list[Any]:
    """Results of tasks that begin at the same moment, in their order; the first error is raised."""
    ready = threading.Barrier(threads)
    with ThreadPoolExecutor(threads, initializer=ready.wait) as pool:
        return [future.result(60) for future in [pool.submit(task) for task in tasks]]


def issues(log: pd.DataFrame) -> int:
    """How often the server issued a token."""
    return int((log["call"] == "/oauth2/token").sum())


@pytest.fixture(scope="module")
def market() -> Iterator[Sandbox]:
    """One sandbox for the module: making a market takes longer than asking it."""
    with Sandbox(rate=None) as box:
        yield box


@pytest.fixture
def box(market: Sandbox) -> Sandbox:
    """The sandbox of the module, sound and with nobody's token."""
    market.clear_faults()
    return market


@pytest.fixture(scope="module")
def right(market: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> list[pd.DataFrame]:
    """What one thread gets."""
    with client_of(market, tmp_path_factory.mktemp("right")) as client:
        return [pull(client=client) for pull in PULLS]


def assert_right(frames: list[pd.DataFrame], right: list[pd.DataFrame]) -> None:
    """Frame by frame equal."""
    for frame, expected in zip(frames, right, strict=True):
        pd.testing.assert_frame_equal(frame, expected)


def test_default_client(box: Sandbox, right: list[pd.DataFrame], tmp_path: Path) -> None:
    """The default client in eight threads: every frame is right, one token, each page asked once, counts agree."""
    with kr.connect(box, cache_dir=tmp_path) as client:
        client.tokens.revoke()
        since, before = len(box.requests()), client.stats()["requests"]
        assert_right(together(list(PULLS)), right)
        log, stats = box.requests().iloc[since:], client.stats()
        assert issues(log) == 1
        stocks = log[log["code"] != ""]
        assert not stocks.duplicated(["call", "code", "page"]).any()
        assert stats["requests"] - before == len(log)
        assert stats["cache_hits"] == stats["retries"] == 0
        assert_right(together(list(PULLS)), right)
        assert len(box.requests()) == since + len(log)
        assert client.stats()["cache_hits"] == len(log) - 1


def test_the_same_question_at_once(box: Sandbox, tmp_path: Path) -> None:
    """Eight threads ask the same: eight equal frames, and never more requests than askers."""
    with kr.connect(box, cache_dir=tmp_path) as client:
        client.tokens.revoke()
        since = len(box.requests())
        frames = together([partial(kr.get_bars, "005930")] * THREADS)
        assert_right(frames, [frames[0]] * THREADS)
        calls = box.requests()["call"].iloc[since:].value_counts()
        assert 1 <= calls["ka10081"] <= THREADS
        assert calls["/oauth2/token"] == 1


@pytest.mark.parametrize("kinds", [["429", "500", "502"], ["drop", "half", "html"]], ids="/".join)
@pytest.mark.parametrize("refresh", [False, True])
def test_faults_among_threads(
    refresh: bool, kinds: list[str], box: Sandbox, right: list[pd.DataFrame], tmp_path: Path
) -> None:
    """Four faults, of every passing kind, whichever thread meets them: every frame is right."""
    with Client(settings(box, cache_dir=tmp_path), clock=Calm()) as client:
        since = len(box.requests())
        box.script({4 * at: kinds[at % 3] for at in range(1, 5)})  # a fifth in a row would be an error
        assert_right(together([partial(pull, client=client, refresh=refresh) for pull in PULLS]), right)
        assert client.stats()["retries"] == (box.requests()["fault"].iloc[since:] != "").sum() == 4


class Calm(FakeClock):
    """A clock for several threads: waiting lets the others go first."""

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        time.sleep(0)


@pytest.mark.parametrize("folder", [True, False], ids=["shared file", "memory only"])
@pytest.mark.parametrize("rotate", [False, True], ids=["same token", "rotating"])
def test_dead_token_among_threads(
    rotate: bool, folder: bool, box: Sandbox, right: list[pd.DataFrame], tmp_path: Path
) -> None:
    """The token dies under eight threads: it is renewed once, also where a second issue kills the first token."""
    if rotate:
        box.fail("token", None, call="au10001")
    made = settings(box, cache_dir=tmp_path / "cache")
    with Client(replace(made, state_dir=tmp_path / "state" if folder else None)) as client:
        since = len(box.requests())
        for number in (1, 2, 3):
            if number > 1:
                box.fail("token")
            frames = together([partial(pull, client=client, refresh=True) for pull in PULLS[:8]])
            assert_right(frames, right[:8])
            assert issues(box.requests().iloc[since:]) == number


def test_connect_while_others_pull(box: Sandbox, right: list[pd.DataFrame], tmp_path: Path) -> None:
    """connect() in the middle: each pull is answered by one server, wholly."""
    with Sandbox(seed=2, rate=None) as other:
        one = kr.connect(box, cache_dir=tmp_path)
        two = kr.connect(other, cache_dir=tmp_path)
        expected = {box.name: kr.get_bars("005930", pages=3, client=one)}
        expected[other.name] = kr.get_bars("005930", pages=3, client=two)

        def switch() -> pd.DataFrame:
            kr.connect(box if time.monotonic_ns() % 2 else other, cache_dir=tmp_path)
            return kr.get_bars("005930", pages=3, refresh=True)

        frames = together([switch] * 16)
    for frame in frames:
        pd.testing.assert_frame_equal(frame, expected[frame.attrs["server"]])


def test_default_client_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Threads that ask before anybody connected share one client."""
    monkeypatch.setenv("KIWOOM_APPKEY", "some-app-key")
    monkeypatch.setenv("KIWOOM_SECRETKEY", "some-secret-key")
    monkeypatch.setenv("KIWOOM_CACHE_DIR", str(tmp_path))
    clients = together([partial(connection.default_client, None)] * THREADS)
    assert len(set(map(id, clients))) == 1
    clients[0].close()


# --- a cache that breaks under threads -----------------------------------------------------------------


@pytest.fixture
def noted() -> Iterator[list[warnings.WarningMessage]]:
    """Every warning of every thread."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        yield seen


def full(client: Client, folder: Path) -> None:
    """No room: the database may not grow."""
    with client.cache.responses.connection() as link:
        (pages,) = link.execute("PRAGMA page_count").fetchone()
        link.execute(f"PRAGMA max_page_count={pages}").fetchone()


def damaged(client: Client, folder: Path) -> None:
    """Rubbish in place of the pages of the file."""
    with closing(sqlite3.connect(folder / FILE)) as link:
        link.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with (folder / FILE).open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(100)
        file.write(b"\xab" * (size - 100))


def gone(client: Client, folder: Path) -> None:
    """The folder is removed."""
    shutil.rmtree(folder)


def closed(client: Client, folder: Path) -> None:
    """Somebody closed the file."""
    client.cache.close()


@pytest.mark.parametrize("breaks", [full, damaged, gone, closed])
def test_cache_breaks_under_threads(
    breaks: Callable[[Client, Path], None],
    box: Sandbox,
    right: list[pd.DataFrame],
    tmp_path: Path,
    noted: list[warnings.WarningMessage],
) -> None:
    """One warning at most, not one a thread; the data are right."""
    with client_of(box, tmp_path) as client:
        kr.get_bars("005930", pages=3, client=client)
        breaks(client, tmp_path / "cache")
        assert_right(together([partial(pull, client=client) for pull in PULLS]), right)
    messages = {str(warning.message) for warning in noted if issubclass(warning.category, RuntimeWarning)}
    assert len([w for w in noted if issubclass(w.category, RuntimeWarning)]) <= 1, messages
