"""docs/architecture.md, docs/decisions, docs/glossary.md and CONTRIBUTING.md against the code."""

import ast
import re
from pathlib import Path

import pytest

from .module_map import PACKAGE, PAGE, ROOT, with_map

DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
GLOSSARY = ROOT / "docs" / "glossary.md"
PAGES = [PAGE, GLOSSARY, ROOT / "CONTRIBUTING.md", ROOT / "docs" / "decisions" / "README.md", *DECISIONS]


def test_the_map_is_current() -> None:
    """The map in architecture.md is what ``make fields`` would write, and every module says what it is."""
    page = PAGE.read_text(encoding="utf-8")
    assert with_map(page) == page, "run `make fields`"
    assert not re.findall(r"^- `[\w.]+`: *$", page, re.MULTILINE)
    assert page.count("\n- `") > 100


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_paths_exist(page: Path) -> None:
    """Links lead somewhere, and files that are named exist."""
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert target.startswith("https://") or (page.parent / target).exists(), target
    for path in re.findall(r"`((?:kiwoom_research|tests|docs)/[\w./]+)`", text):
        assert (ROOT / path).exists(), path


def test_modules_of_a_request_exist() -> None:
    """The modules that a request passes are named within the package."""
    text = PAGE.read_text(encoding="utf-8").split("## How a request travels")[1].split("\n## ")[0]
    paths = re.findall(r"`([\w/]+\.py)`", text)
    assert len(paths) > 10
    assert [path for path in paths if not (PACKAGE / path).is_file()] == []
    assert len(re.findall(r"^\d+\. ", text, re.MULTILINE)) == 10


def test_names_in_the_architecture_exist() -> None:
    """Where architecture.md says `NAME` of a file, the file has it."""
    rows = re.findall(r"`(\w+)` of\s+`(kiwoom_research/[\w/]+\.py)`", PAGE.read_text(encoding="utf-8"))
    assert len(rows) > 4
    for name, path in rows:
        assert re.search(rf"^(?:def )?{name}\b", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), (
            name
        )


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_decisions_have_one_form(page: Path) -> None:
    """Context, decision, consequence; short; in the list."""
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Consequence"]
    assert len(text.splitlines()) < 40
    title = text.splitlines()[0].removeprefix("# ")
    listed = (page.parent / "README.md").read_text(encoding="utf-8")
    assert f"- [{page.stem[:4]}]({page.name}) {title}\n" in listed


def test_decisions_are_numbered() -> None:
    """1, 2, 3, ... without a gap."""
    assert [int(page.stem[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))


# --- the glossary -------------------------------------------------------------------------------------


def entries() -> dict[str, set[str]]:
    """The words of the glossary, and what carries their name in the code."""
    found = {}
    for entry in re.split(r"^- ", GLOSSARY.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        code = set(re.findall(r"`([a-z_]+(?:\.\w+)+)`", entry))
        for word in re.findall(r"\*\*(.+?)\*\*", entry.split(":")[0]):
            found[word] = code
    return found


def names() -> dict[str, set[str]]:
    """Public classes and functions by their name as words: ``PriceChart`` is "price chart"."""
    found: dict[str, set[str]] = {}
    for file in PACKAGE.rglob("*.py"):
        module = ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
        if file.stem in ("__main__", "commands"):  # scripts
            continue
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
                words = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", node.name).lower()
                found.setdefault(words, set()).add(f"{module}.{node.name}")
    return found


def test_no_word_of_the_glossary_means_something_else() -> None:
    """A class or public function named by a word of the glossary is the one that the glossary names."""
    glossary, code = entries(), names()
    assert len(glossary) > 40
    everything = set().union(*code.values())
    for word, listed in glossary.items():
        carriers = code.get(word, set()) | code.get(f"{word}s", set())
        assert carriers - listed == set(), word
        assert listed - everything == set(), word


def test_the_glossary_is_sorted() -> None:
    """Words are found where they are looked for."""
    words = list(entries())
    assert words == sorted(words)
