"""What it costs to start: an import, ``kiwoom-research --help``, and ``info`` of a cached stock.

Processor time of fresh processes, the least of several, in turns, with .pyc files in place: without them every import
takes three times as long, so `PYTHONDONTWRITEBYTECODE` is taken out of their environment and the package compiled
first. Run with

    make bench            or
    pytest -s benchmarks/bench_import.py
"""

import compileall
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import kiwoom_research
from kiwoom_research.sandbox import Sandbox

RUNS = 9
EMPTY = ["-c", "pass"]
PANDAS = ["-c", "import pandas"]
HELP = ["-m", "kiwoom_research", "--help"]
LIMITS = {"import": 3.0, "help": 6.0, "info": 1.5}


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Write what .pyc files are missing."""
    compileall.compile_dir(Path(kiwoom_research.__file__).parent, quiet=1)


def took(arguments: list[str], **variables: str) -> float:
    """Seconds of processor time of one Python."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | variables
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(name: str, what: list[str], floor: list[str], **variables: str) -> None:
    """Hold one start against its floor."""
    runs = [(took(what, **variables), took(floor, **variables)) for _ in range(RUNS + 1)][1:]
    ours, theirs = (min(column) for column in zip(*runs, strict=True))
    print(
        f"\n{name}: {1000 * ours:.0f} ms, {ours / theirs:.1f}x its floor of {1000 * theirs:.0f} ms", end=" "
    )
    print(f"(limit {LIMITS[name]}x)")
    assert ours <= LIMITS[name] * theirs


def test_import() -> None:
    """``import kiwoom_research`` loads nothing yet: over an empty Python."""
    compare("import", ["-c", "import kiwoom_research"], EMPTY)


def test_help() -> None:
    """``--help`` over an empty Python."""
    compare("help", HELP, EMPTY)


def test_info_of_a_cached_stock(tmp_path: Path) -> None:
    """``info`` of a stock that is in the cache over ``import pandas``."""
    with Sandbox() as box:
        variables = {
            "KIWOOM_APPKEY": box.appkey,
            "KIWOOM_SECRETKEY": box.secretkey,
            "KIWOOM_CACHE_DIR": str(tmp_path / "cache"),
            "KIWOOM_STATE_DIR": str(tmp_path / "state"),
        }
        info = ["-m", "kiwoom_research", "info", "005930", "--server", box.url]
        compare("info", info, PANDAS, **variables)
        assert len([request for request in box.requests() if request["api_id"] == "ka10001"]) == 1
