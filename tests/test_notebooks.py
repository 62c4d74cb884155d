"""The notebooks run, show what is stored in them, and keep to the rules that all of them have."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from .notebooks import (
    FOLDER,
    MARK,
    MOST,
    NOTEBOOKS,
    SECONDS,
    executed,
    problems,
    read,
    surroundings,
    tidied,
)

ROOT = FOLDER.parent
KNOWN = ("005930", "000660", "035420", "035720")  # the codes that notebooks name


# --- they run ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_runs(name: str, tmp_path: Path) -> None:
    """Every cell runs, and those that print a frame print the one that is stored."""
    options = ["--nbval-lax", f"--nbval-cell-timeout={SECONDS}", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(NOTEBOOKS[name])],
        cwd=ROOT, env=surroundings(tmp_path), capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-6000:]}\nif this is right, run `make notebooks`"


@pytest.fixture(scope="module")
def real_bars(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Daily bars of sixty real stocks, those with most money traded on the last day among them."""
    every = pd.read_parquet(test_data / "data" / "adj_daily_all_20231205_20250617.parquet")
    # the file lacks the money traded, and a replay makes nothing up: rankings by value need a column
    every = every.assign(value=every["close"] * every["volume"])
    last = every[every["date"] == every["date"].max()]
    most = last["code"].loc[last["value"].nlargest(60).index]
    path = tmp_path_factory.mktemp("replay") / "bars.parquet"
    every[every["code"].isin([*most, *KNOWN])].to_parquet(path)
    return path


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_runs_on_real_data(name: str, real_bars: Path, tmp_path: Path) -> None:
    """With ``KIWOOM_SANDBOX_BARS`` the same cells run on replayed history."""
    executed(NOTEBOOKS[name], surroundings(tmp_path, real_bars))


# --- they keep to the rules -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_rules(name: str) -> None:
    """A question, the sandbox first, prose before every cell, outputs of one run that are fit for others to read."""
    assert list(problems(read(NOTEBOOKS[name]))) == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_nothing_of_one_run(name: str) -> None:
    """No times, no random ids, no kernel of somebody's machine: the file is as `make notebooks` leaves it."""
    stored = NOTEBOOKS[name].read_text(encoding="utf-8")
    assert tidied(read(NOTEBOOKS[name])) == stored, "run `make notebooks`"
    assert len(stored) < 1_000_000


def test_contents_page() -> None:
    """notebooks/README.md and the README of the project lead to all of them."""
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [name[:2] for name in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06", "07"]
    for name in NOTEBOOKS:
        assert f"]({name}.ipynb)" in page
    for readme in ("README.md", "README.ko.md"):
        assert "](notebooks/README.md)" in (ROOT / readme).read_text(encoding="utf-8")


MISTAKES: dict[str, tuple[Callable[[Any], object], str]] = {
    "too long": (lambda nb: nb.cells.extend([new_markdown_cell("more")] * MOST), "at most 30"),
    "no question": (lambda nb: nb.cells[0].update(source="# Quickstart"), "question"),
    "no sandbox": (lambda nb: nb.cells[1].update(source=MARK + "import kiwoom_research as kr"), 'kr.connect("sandbox")'),
    "no prose": (lambda nb: nb.cells.pop(2), "no prose"),
    "prose at the end": (lambda nb: nb.cells.insert(0, new_code_cell("1", execution_count=1)), "cell 1: no prose"),
    "not run": (lambda nb: nb.cells[3].update(execution_count=None), "one run"),
    "not compared": (lambda nb: nb.cells[3].update(source="bars"), "NBVAL_CHECK_OUTPUT"),
    "nothing to compare": (lambda nb: nb.cells[3].update(outputs=[]), "shows nothing"),
    "picture compared": (
        lambda nb: nb.cells[3].outputs.append(new_output("display_data", {"image/png": ""})), "picture",
    ),
    "stderr": (
        lambda nb: nb.cells[3].outputs.append(new_output("stream", name="stderr", text="Warning: old")), "stderr",
    ),
    "error": (lambda nb: nb.cells[3].outputs.append(new_output("error", ename="KeyError")), "KeyError"),
    "path": (lambda nb: nb.cells[3].outputs.append(new_output("stream", text="in /tmp/" + "x.py")), "shows /tmp"),
    "port": (
        lambda nb: nb.cells[3].outputs.append(new_output("stream", text="http://127.0.0.1:4711")), "127.0.0.1",
    ),
    "progress bar": (
        lambda nb: nb.cells[3].outputs.append(new_output("stream", text="bars 1d:  40%|####      | 2/5")), "40%"[1:],
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_rules_see_mistakes(mistake: str) -> None:
    """Each rule finds the notebook that breaks it."""
    spoil, said = MISTAKES[mistake]
    notebook = read(NOTEBOOKS["01_quickstart"])
    spoil(notebook)
    assert any(said in line for line in problems(notebook))
