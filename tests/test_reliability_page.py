"""docs/RELIABILITY.md names the test behind every promise: each of them exists, and none of ours is left out."""

import ast
import re
from pathlib import Path

import pytest

from kiwoom_research import errors
from kiwoom_research.client import Client
from kiwoom_research.client.adapter import BACKOFF_FIRST, BACKOFF_MAX, SERVICE_TRIES, TRIES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "RELIABILITY.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/(?:store/)?test_\w+\.py)(?:::(\w+))?`", PAGE)
# The files that exist for this page: it has to name each of their tests, or say here why not.
OURS = ("faults", "processes", "threads", "surroundings", "secrets", "fuzz", "store/safety", "store/holes")
LEFT_OUT = {
    "test_token_about_to_end": "a token's last minutes are no broken surroundings",
    "test_the_walker_finds_what_is_walkable": "shows that the walker of the tests is right",
    "test_a_store_of_another_place_is_whole": "a copy is a copy",
    "test_token_like": "shows that a pattern of the tests is right",
    "test_frames_can_be_shown_and_sent": "one word of the page: pickles",
}


def functions_of(file: str) -> set[str]:
    """The test functions of a file, without importing it."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def sections() -> dict[str, str]:
    """Heading -> text."""
    parts = re.split(r"^## (.*)$", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_named_test_exists(file: str, name: str) -> None:
    """A test that the page names is there."""
    assert (ROOT / file).is_file()
    assert not name or name in functions_of(file)


@pytest.mark.parametrize("heading", sections())
def test_every_section_names_its_tests(heading: str) -> None:
    """No promise without a test."""
    assert re.search(r"`tests/(?:store/)?test_\w+\.py", sections()[heading])


@pytest.mark.parametrize("which", OURS)
def test_every_test_is_named(which: str) -> None:
    """No test of these files without its promise."""
    *folder, name = which.split("/")
    file = "/".join(["tests", *folder, f"test_{name}.py"])
    named = {name for found, name in NAMED if found == file}
    assert functions_of(file) - named - set(LEFT_OUT) == set()


def test_names_and_numbers() -> None:
    """The errors and counts on the page are those of the code."""
    named = set(re.findall(r"`(\w+Error)`", PAGE)) - {"ValueError"}
    assert len(named) > 4
    assert all(issubclass(getattr(errors, name), errors.KiwoomError) for name in named)
    table = dict(re.findall(r"^\| (.*?) \|.*\| (\S+) \|$", sections()["Faults"], re.MULTILINE))
    assert int(table["the maintenance page"]) == TRIES
    assert int(table["`return_code` 7 (heals within minutes)"]) == SERVICE_TRIES + 1
    pauses = [min(BACKOFF_MAX, BACKOFF_FIRST * 2**at) for at in range(TRIES - 1)]
    assert f"from {pauses[0]:g} s to" in " ".join(PAGE.split())
    assert f"{pauses[-1]:g} s and add up to {sum(pauses):g} s at most" in " ".join(PAGE.split())
    assert callable(Client.stats)
