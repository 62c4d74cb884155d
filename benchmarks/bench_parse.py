"""How long one reply of 600 days takes from bytes to frame, against the standard library's `json.loads` of them.

The limit is 2.5 times, measured side by side in one run. Run with

    make bench            or
    pytest -s benchmarks/bench_parse.py
"""

import gc
import http.client
import json
from collections.abc import Callable
from datetime import datetime
from time import perf_counter
from typing import Any

import orjson
import pandas as pd

from kiwoom_research import frames
from kiwoom_research.calendar import KST
from kiwoom_research.endpoints.chart import DAY
from kiwoom_research.sandbox import Sandbox

LIMIT = 2.5
ROUNDS = 400
ASKED = {"stk_cd": "005930", "base_dt": "20261120", "upd_stkpc_tp": "1"}
NOW = datetime(2026, 11, 20, 20, 30, tzinfo=KST)


def reply() -> bytes:
    """A full page of ka10081 as it comes over the wire."""
    with Sandbox(rate=None) as box:
        link = http.client.HTTPConnection(box.url.removeprefix("http://"))
        keys = {"grant_type": "client_credentials", "appkey": box.appkey, "secretkey": box.secretkey}
        link.request("POST", "/oauth2/token", json.dumps(keys), {"Content-Type": "application/json"})
        token = json.load(link.getresponse())["token"]
        signed = {
            "api-id": DAY.id,
            "authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        link.request("POST", DAY.path, json.dumps(ASKED), signed)
        body = link.getresponse().read()
        link.close()
    return body


def frame_of(body: bytes) -> pd.DataFrame:
    """What the client does with a page."""
    return frames.build(DAY, [orjson.loads(body)], request=ASKED, retrieved=NOW)


def side_by_side(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[float, float]:
    """Shortest of many alternating runs of each, in seconds: what else the machine does only adds."""
    best = [float("inf"), float("inf")]
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for at, work in enumerate((first, second)):
                started = perf_counter()
                work()
                best[at] = min(best[at], perf_counter() - started)
            gc.collect(0)
    finally:
        gc.enable()
    return best[0], best[1]


def test_600_rows_from_bytes_to_frame() -> None:
    """At most 2.5 times `json.loads`."""
    body = reply()
    frame = frame_of(body)
    assert len(frame) == 600
    assert tuple(frame.columns) == DAY.columns
    ours, plain = side_by_side(lambda: frame_of(body), lambda: json.loads(body))
    print(
        f"\n{len(body):,} bytes, 600 rows: frame {1000 * ours:.2f} ms, json.loads {1000 * plain:.2f} ms,"
        f" ratio {ours / plain:.2f} (limit {LIMIT})"
    )
    assert ours / plain <= LIMIT
