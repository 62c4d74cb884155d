"""What a request waits for is reported, and a wait can be cancelled from another thread."""

import threading
import time
from pathlib import Path

import pytest

import kiwoom_research as kr
from kiwoom_research.client.waits import Wait, WaitMonitor
from kiwoom_research.errors import RequestCancelled
from kiwoom_research.sandbox import Sandbox

from .conftest import FakeClock, client_of

SAMSUNG = "005930"


def test_every_wait_is_reported(box: Sandbox, tmp_path: Path) -> None:
    """The reply, the pause after a 429 with its error, and nothing for what the cache answers."""
    waits: list[Wait] = []
    with client_of(box, tmp_path, clock=FakeClock()) as client, WaitMonitor(waits.append):
        kr.get_stocks(client=client)  # gets the token
        waits.clear()
        box.fail("429", 2, call="ka10001")
        kr.get_info(SAMSUNG, client=client)
        assert [wait.reason for wait in waits] == ["reply", "retry", "reply", "retry", "reply"]
        assert {wait.api_id for wait in waits} == {"ka10001"}
        for wait in waits[1::2]:
            assert 0.25 <= wait.seconds <= 1.0
            assert isinstance(wait.error, kr.RateLimitError)
        waits.clear()
        kr.get_info(SAMSUNG, client=client)
        assert waits == []


def test_the_request_limit_is_reported(tmp_path: Path) -> None:
    """The second request of a call waits for its slot, and says for how long."""
    waits: list[Wait] = []
    with Sandbox() as box, client_of(box, tmp_path, clock=FakeClock()) as client, WaitMonitor(waits.append):
        kr.get_info([SAMSUNG, "000660"], client=client)
    limits = [wait for wait in waits if wait.reason == "limit"]
    assert [wait.api_id for wait in limits] == ["ka10001"]
    assert limits[0].seconds == pytest.approx(0.205, abs=0.02)


def test_cancel_ends_a_pause_and_sends_nothing_more(box: Sandbox, tmp_path: Path) -> None:
    """Cancelled in the longest pause: it ends at once, and no further request follows."""
    pausing = threading.Event()
    pauses: list[float] = []

    def notice(wait: Wait) -> None:
        if wait.reason == "retry":
            pauses.append(wait.seconds)
        if len(pauses) == 4:  # the longest, 2 to 4 seconds
            pausing.set()

    monitor = WaitMonitor(notice)
    raised: list[BaseException] = []
    box.fail("500", None, call="ka10001")

    def ask() -> None:
        try:
            with monitor, client_of(box, tmp_path) as client:
                kr.get_info(SAMSUNG, client=client)
        except RequestCancelled as error:
            raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert pausing.wait(30)
    began = time.monotonic()
    monitor.cancel()
    thread.join(30)
    assert time.monotonic() - began < pauses[-1] / 2
    assert len(raised) == 1
    assert list(box.requests()["call"]).count("ka10001") == 4


def test_a_cancelled_monitor_sends_nothing(box: Sandbox, tmp_path: Path) -> None:
    """Cancelled before it begins: no request; another request of the same thread, outside, is not touched."""
    monitor = WaitMonitor(lambda wait: None)
    monitor.cancel()
    with client_of(box, tmp_path) as client:
        with monitor, pytest.raises(RequestCancelled):
            kr.get_info(SAMSUNG, client=client)
        assert "ka10001" not in set(box.requests()["call"])
        assert len(kr.get_info(SAMSUNG, client=client)) == 1


def test_threads_have_their_own_monitor(box: Sandbox, tmp_path: Path) -> None:
    """What another thread requests meanwhile is neither reported nor cancelled."""
    waits: list[Wait] = []
    with client_of(box, tmp_path) as client, WaitMonitor(waits.append) as monitor:
        monitor.cancel()
        other = threading.Thread(target=kr.get_info, args=(SAMSUNG,), kwargs={"client": client})
        other.start()
        other.join(30)
    assert waits == []
    assert "ka10001" in set(box.requests()["call"])
