"""How many answers a second the sandbox gives for a page of 600 rows (asked for: 300 on one core).

Client and server share the process, so that the server alone is faster than what is printed. Run with

    pytest benchmarks/bench_sandbox.py            or, on one core,
    taskset -c 0 pytest benchmarks/bench_sandbox.py
"""

import http.client
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from kiwoom_research.sandbox import Sandbox

Link = tuple[http.client.HTTPConnection, dict[str, str]]


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with Sandbox(rate=None) as box:
        connection = http.client.HTTPConnection(box.url.removeprefix("http://"))
        keys = {"grant_type": "client_credentials", "appkey": box.appkey, "secretkey": box.secretkey}
        connection.request("POST", "/oauth2/token", json.dumps(keys), {"Content-Type": "application/json"})
        token = json.load(connection.getresponse())["token"]
        yield (
            connection,
            {"api-id": "ka10081", "authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )


def ask(link: Link, base_dt: str) -> bytes:
    body = {"stk_cd": "005930", "base_dt": base_dt, "upd_stkpc_tp": "1"}
    link[0].request("POST", "/api/dostk/chart", json.dumps(body), link[1])
    return link[0].getresponse().read()


def test_600_rows_asked_again(benchmark: Any, link: Link) -> None:
    """The page is kept in its encoded form."""
    page = benchmark.pedantic(ask, (link, "20261120"), rounds=1000, warmup_rounds=1)
    assert page.count(b'"dt"') == 600


def test_600_rows_never_asked_before(benchmark: Any, link: Link) -> None:
    """Every page is built and encoded."""
    days = itertools.cycle(f"2026{month:02}{day:02}" for month in range(1, 11) for day in range(1, 29))
    page = benchmark.pedantic(lambda: ask(link, next(days)), rounds=250)  # fewer than there are days
    assert page.count(b'"dt"') == 600
