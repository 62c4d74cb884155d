"""What a change of the stock costs when everything is cached, as a multiple of drawing the chart (at most 1.5).

From the pick to the last part of the screen: four answers out of the cache, headline, panel, watchlist and chart. Without
the front end, and without the moment in which it waits for another click. Processor time, both in turn and the best of each,
so that a busy machine does not decide. Run with

    pytest benchmarks/bench_explorer.py -s
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

import kiwoom_research as kr
from kiwoom_research.explorer import Explorer, render

ROUNDS = 15
CODES = ("005930", "000660")


class Here(Executor):
    """Does everything at once, in the thread that asks."""

    def submit(self, task: Callable[..., Any], /, *given: Any, **named: Any) -> "Future[Any]":
        """Run a task."""
        done: Future[Any] = Future()
        done.set_result(task(*given, **named))
        return done


class AtOnce:
    """A timer that does not wait."""

    def __init__(self, seconds: float, action: Callable[[], None]) -> None:
        self.start = action

    def cancel(self) -> None:
        """There is nothing to cancel."""


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Explorer]:
    """A screen that has shown both stocks and watches them."""
    monkeypatch.setenv("KIWOOM_STATE_DIR", str(tmp_path / "state"))
    with kr.Sandbox(rate=None) as box, kr.connect(box, cache_dir=tmp_path / "cache") as client:
        made = Explorer(None, client, pool=Here(), timer=AtOnce)
        for code in CODES:
            made.pick(code)
            made.star(code)
        yield made
        made.close()


def test_another_stock(screen: Explorer) -> None:
    """Pick one and the other, and draw the same chart with nothing around it."""
    whole = picture = float("inf")
    for at in range(ROUNDS):
        begin = time.process_time()
        screen.pick(CODES[at % 2])
        whole = min(whole, time.process_time() - begin)
        assert screen.chart is not None
        begin = time.process_time()
        render.draw_png(screen.chart)
        picture = min(picture, time.process_time() - begin)
    print(
        f"\npicture {1e3 * picture:.0f} ms, change of the stock {1e3 * whole:.0f} ms: {whole / picture:.2f} times"
    )
    assert whole / picture <= 1.5
