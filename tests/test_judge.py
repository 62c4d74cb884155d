"""Somebody else's client is the judge of the sandbox: what it gets is what our client gets.

kiwoom-client (MIT) lives in an environment of its own, ``.venv-judge``, which `make test` makes.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import kiwoom_research as kr
from kiwoom_research.sandbox import Sandbox

from .conftest import ROOT, client_of

FOLDER = ROOT / ".venv-judge"
ENVELOPE = {"return_code", "return_msg", "cont-yn", "next-key"}  # the last two it adds from the headers
PYTHON = next((p for p in (FOLDER / "bin" / "python", FOLDER / "Scripts" / "python.exe") if p.exists()), None)


@pytest.fixture(scope="module")
def box() -> Any:
    """A sandbox for the judge, without a request limit."""
    with Sandbox(rate=None) as box:
        yield box


@pytest.fixture(scope="module")
def seen(box: Sandbox) -> dict[str, Any]:
    """What kiwoom-client says about the sandbox."""
    if PYTHON is None:
        reason = "no .venv-judge with kiwoom-client: `make test` makes it"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    script = Path(__file__).parent / "judge" / "foreign_client.py"
    command = [str(PYTHON), str(script), box.url, box.appkey, box.secretkey]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


def test_it_logs_in_and_reads_info(seen: dict[str, Any]) -> None:
    """A token is issued and the 45 fields of ka10001 arrive."""
    assert {"token", "expires_dt"} <= set(seen["login"])
    assert seen["info"]["stk_nm"] == "삼성전자(가상)"
    assert len(set(seen["info"]) - ENVELOPE) == 45


def test_it_walks_ten_pages(seen: dict[str, Any], box: Sandbox, tmp_path: Path) -> None:
    """Ten pages of days: newest first, no day twice, and the same closes and volumes as ours."""
    days = [row["dt"] for row in seen["days"]]
    assert len(days) == 6000
    assert days == sorted(set(days), reverse=True)
    with client_of(box, tmp_path) as client:
        ours = kr.get_bars("005930", pages=10, client=client)
    assert [f"{day:%Y%m%d}" for day in ours.index] == days[::-1]
    assert ours["close"].tolist() == [float(row["cur_prc"]) for row in seen["days"]][::-1]
    assert ours["volume"].tolist() == [float(row["trde_qty"]) for row in seen["days"]][::-1]


def test_it_meets_an_unknown_code(seen: dict[str, Any]) -> None:
    """An unknown stock is a success whose fields are all blank."""
    assert {value for key, value in seen["unknown"].items() if key not in ENVELOPE} == {""}


@pytest.mark.parametrize("kind", ["token", "429"])
def test_it_lives_through_trouble(seen: dict[str, Any], kind: str) -> None:
    """A dead token and a refusal for speed are understood and overcome."""
    assert seen[kind] == "SK하이닉스(가상)"


def test_it_understands_errors(seen: dict[str, Any]) -> None:
    """A missing field and a wrong key reach the user with the broker's words."""
    assert "1511" in seen["missing"]
    assert "base_dt" in seen["missing"]
    assert "8001" in seen["wrong key"]
