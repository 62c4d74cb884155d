"""The site of ``make docs``: it builds, nothing in it comes from elsewhere, and the search knows the functions."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kiwoom_research as kr

ROOT = Path(__file__).parents[1]
FETCHED = re.compile(
    r"<(?:script|img|iframe)\b[^>]*\bsrc=\"(?:https?:)?//|<link\b[^>]*rel=\"(?:stylesheet|preconnect)\"[^>]*href=\"(?:https?:)?//"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built from a copy of the repository's pages."""
    pytest.importorskip("material")
    place = tmp_path_factory.mktemp("site")
    environment = {**os.environ, "KIWOOM_DOCS_BUILD": str(place)}
    done = subprocess.run(
        [sys.executable, "docs/build.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return place / "site"


def test_nothing_is_fetched(site: Path) -> None:
    """No script, style, picture or frame of another host on any page."""
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    assert [page.name for page in pages if FETCHED.search(page.read_text(encoding="utf-8"))] == []


def test_the_search_knows_what_there_is(site: Path) -> None:
    """Every public function has its entry, and the pages are there."""
    entries = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))["docs"]
    titles = {re.sub(r"<[^>]+>|\s.*", "", entry["title"]) for entry in entries}
    functions = {name for name in kr.__all__ if name.startswith("get_")}
    assert functions <= titles
    assert any("액면분할" in entry["text"] or "공매도" in entry["text"] for entry in entries)
    for page in (
        "index",
        "README.ko",
        "FIELDS",
        "CHANGELOG",
        "docs/which-close",
        "notebooks/06_catalog",
        "reference/store",
    ):
        assert (site / f"{page}.html").is_file(), page
