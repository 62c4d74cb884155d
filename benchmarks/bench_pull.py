"""How much of the allowed five requests a second a pull uses, by how far away the server is (asked for: 93 %).

200 requests of one page each, without a cache; when each arrived is read at the server. Takes three minutes. Run with

    pytest -s benchmarks/bench_pull.py
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kiwoom_research as kr
from kiwoom_research.bulk.workers import _Crew
from kiwoom_research.client import Client
from kiwoom_research.config import settings
from kiwoom_research.sandbox import Sandbox

RATE, REQUESTS = 5, 200


@pytest.fixture
def arrivals() -> list[float]:
    """When the server asked itself whether one more request may pass."""
    return []


@pytest.fixture
def box(arrivals: list[float]) -> Iterator[Sandbox]:
    """A server that counts over one second, and notes it."""

    def clock() -> float:
        arrivals.append(time.monotonic())
        return arrivals[-1]

    with Sandbox(rate=RATE, limiter="window", monotonic=clock) as box:
        yield box


# an answer after a second comes too late to tell when the server counted: see docs/RELIABILITY.md, Threads
@pytest.mark.parametrize(("latency", "least"), [(0.0, 0.93), (0.1, 0.93), (0.4, 0.93), (1.0, 0.8)])
def test_share_of_the_limit(
    benchmark: Any,
    box: Sandbox,
    arrivals: list[float],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    latency: float,
    least: float,
) -> None:
    """93 % of the limit, no request refused."""
    threads: set[str] = set()
    work = _Crew._work
    monkeypatch.setattr(
        _Crew, "_work", lambda crew: (threads.add(threading.current_thread().name), work(crew))[1]
    )
    codes = [f"80{n:03}0" for n in range(5, 201)] + [f"85{n:03}0" for n in range(11, 31)]
    with Client(settings(box, cache_dir=tmp_path)) as client:
        if latency:
            box.fail("slow", None, call="ka10081", seconds=latency)
        kr.pull(codes[200:], start="2026-11-20", progress=False, client=client)  # token, imports, histories
        arrivals.clear()
        given = {"start": "2026-11-20", "progress": False, "client": client}
        benchmark.pedantic(kr.pull, args=(codes[:REQUESTS],), kwargs=given, rounds=1)
    statuses = box.requests()["status"].tail(REQUESTS)
    share = (len(arrivals) - 1) / (arrivals[-1] - arrivals[0]) / RATE
    refused = int((statuses == 429).sum())
    benchmark.extra_info.update(share=share, refused=refused, threads=len(threads))
    print(f"\nlatency {latency:.1f} s: {share:.1%} of the limit, {len(threads)} threads, {refused} refused")
    assert len(arrivals) >= REQUESTS
    assert share >= least
    assert refused == 0 or latency >= 1
