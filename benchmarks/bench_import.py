"""How long `import kiwoom_research` takes beyond pandas and requests.

Medians of fresh processes, in turns, with .pyc files in place: without them every import takes three times as
long, so `PYTHONDONTWRITEBYTECODE` is taken out of their environment and the package compiled first. Run with

    make bench            or
    pytest -s benchmarks/bench_import.py
"""

import compileall
import os
import statistics
import subprocess
import sys
from pathlib import Path

import kiwoom_research

LIMIT = 120  # ms
RUNS = 15
TIMED = "from time import perf_counter as t; s = t(); {}; print(1000 * (t() - s))"
PLAIN = "import pandas, requests"
OURS = "import pandas, requests, kiwoom_research"


def took(what: str) -> float:
    """Milliseconds of one import in a new process."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", TIMED.format(what)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_import() -> None:
    """At most 120 ms more than pandas and requests."""
    compileall.compile_dir(Path(kiwoom_research.__file__).parent, quiet=1)
    for what in (PLAIN, OURS):
        took(what)  # writes what .pyc files are missing elsewhere
    runs = [(took(PLAIN), took(OURS)) for _ in range(RUNS)]
    plain, ours = (statistics.median(column) for column in zip(*runs, strict=True))
    print(f"\nimport: pandas and requests {plain:.0f} ms, with kiwoom_research {ours:.0f} ms:", end=" ")
    print(f"{ours - plain:.0f} ms more (limit {LIMIT})")
    assert ours - plain <= LIMIT


def test_first_use() -> None:
    """Naming the client loads requests-cache as well; printed, not judged."""
    more = statistics.median(took(f"{OURS}; kiwoom_research.Client") for _ in range(5))
    print(f"\nimport and kiwoom_research.Client: {more:.0f} ms in all")
