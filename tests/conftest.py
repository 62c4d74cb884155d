"""Fixtures of the whole test run."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kiwoom_research.client import Client
from kiwoom_research.config import settings
from kiwoom_research.sandbox import Sandbox

ROOT = Path(__file__).parents[1]


def pytest_configure() -> None:
    """A shell ignores SIGINT for what runs in its background: tests that interrupt themselves need it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The shared data folder: ``KIWOOM_TEST_DATA``, else ``../shared`` beside the repository."""
    given = os.environ.get("KIWOOM_TEST_DATA")
    folder = Path(given) if given else ROOT.parent / "shared"
    if folder.is_dir():
        return folder
    if given:
        pytest.fail(f"KIWOOM_TEST_DATA is set to {given}, which is no folder", pytrace=False)
    pytest.skip(f"no recorded data: KIWOOM_TEST_DATA is not set and {folder} does not exist")


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees the developer's keys, cache or tokens."""
    folder = tmp_path_factory.mktemp("kiwoom")
    for name in ("KIWOOM_APPKEY", "KIWOOM_SECRETKEY", "KIWOOM_SANDBOX_BARS", "KIWOOM_SANDBOX_CLOCK"):
        os.environ.pop(name, None)
    os.environ["KIWOOM_CACHE_DIR"] = str(folder / "cache")
    os.environ["KIWOOM_STATE_DIR"] = str(folder / "state")
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"


@pytest.fixture(scope="session")
def shared_box() -> Iterator[Sandbox]:
    """One unhurried sandbox for tests that only read; its clock must not be moved."""
    with Sandbox(rate=None, mock_rate=None) as box:
        yield box


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox of the test's own, without a request limit."""
    with Sandbox(rate=None, mock_rate=None) as box:
        yield box


class FakeClock:
    """A clock that only moves when somebody waits; ``pauses`` holds the waits.

    Setting `seconds` forward lets time pass; setting it back sets the clock of the machine.
    """

    def __init__(self) -> None:
        self._seconds = self._passed = 1_795_000_000.0
        self.pauses: list[float] = []

    @property
    def seconds(self) -> float:
        """What the clock shows, in seconds since the epoch."""
        return self._seconds

    @seconds.setter
    def seconds(self, value: float) -> None:
        self._passed += max(0.0, value - self._seconds)
        self._seconds = value

    def time(self) -> float:
        """Seconds since the epoch."""
        return self.seconds

    def monotonic(self) -> float:
        """Seconds that have passed."""
        return self._passed

    def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.pauses.append(seconds)
        self._seconds += seconds
        self._passed += seconds


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock to hand to a client."""
    return FakeClock()


def client_of(
    box: Sandbox, folder: Path, *, clock: FakeClock | None = None, offline: bool = False, strict: bool = True
) -> Client:
    """A client of a sandbox with cache and state of its own.

    State of its own: the token of an earlier test's sandbox that had the same port would cost a request.
    """
    made = settings(box, cache_dir=folder / "cache", offline=offline, strict=strict)
    return Client(replace(made, state_dir=folder / "state"), clock=clock)


@pytest.fixture
def client(box: Sandbox, tmp_path: Path) -> Iterator[Client]:
    """A client of `box` with an empty cache."""
    with client_of(box, tmp_path) as made:
        yield made
