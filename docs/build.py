"""Build the site of ``make docs`` into build/site: the pages of the repository, the notebooks, the reference.

The pages are copied as they lie, so that their links stay right; links to code and notebooks become links to what the
site has of them. Nothing is fetched. ``python -m http.server -d build/site`` shows the site.
"""

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import nbformat
import yaml
from nbconvert import MarkdownExporter

import kiwoom_research as kr

ROOT = Path(__file__).parents[1]
BUILD = Path(os.environ.get("KIWOOM_DOCS_BUILD", ROOT / "build"))
PAGES = BUILD / "pages"
TOP = ("README.md", "README.ko.md", "FIELDS.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s#:]+)(#[^)]*)?\)")
# Packages of the reference, in the order of the menu, and what a reader calls them.
GROUPS = {
    "data": "Data", "bulk": "Many codes", "store": "Store", "screening": "Screening", "indicators": "Indicators",
    "backtest": "Backtests", "charts": "Charts", "display": "Showing", "explorer": "Explorer", "calendar": "Calendar",
    "sandbox": "Sandbox", "client": "Client", "errors": "Errors",
}  # fmt: skip


def gather() -> None:
    """Copy the pages of the repository, notebooks as Markdown, and write the pages of the reference."""
    shutil.rmtree(PAGES, ignore_errors=True)
    for name in TOP:
        put(Path(name), (ROOT / name).read_text(encoding="utf-8"))
    for page in (ROOT / "docs").rglob("*.md"):
        put(page.relative_to(ROOT), page.read_text(encoding="utf-8"))
    shutil.copytree(
        ROOT / "docs" / "pictures", PAGES / "docs" / "pictures", ignore=shutil.ignore_patterns("*.py")
    )
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook(file)
    put(Path("notebooks/README.md"), (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8"))
    reference()


def put(page: Path, text: str) -> None:
    """Write a page whose links lead to what the site has, or say the name where it has nothing."""

    def link(found: re.Match[str]) -> str:
        shown, target, anchor = found[1], found[2], found[3] or ""
        path = (page.parent / target).as_posix()
        if target.endswith(".ipynb"):
            return f"[{shown}]({target.removesuffix('.ipynb')}.md{anchor})"
        if target.endswith((".py", "LICENSE")) or not (ROOT / path).exists():
            return f"`{shown}`" if "`" not in shown else shown
        return found[0]

    (PAGES / page).parent.mkdir(parents=True, exist_ok=True)
    (PAGES / page).write_text(LINK.sub(link, text), encoding="utf-8")


def notebook(file: Path) -> None:
    """A notebook with its stored outputs, as a page and its pictures."""
    body, resources = MarkdownExporter().from_notebook_node(nbformat.read(file, as_version=4))
    folder = PAGES / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in resources["outputs"].items():
        (folder / f"{file.stem}_{name}").write_bytes(picture)
        body = body.replace(f"]({name})", f"]({file.stem}_{name})")
    put(Path("notebooks") / f"{file.stem}.md", re.sub(r"<style.*?</style>", "", body, flags=re.DOTALL))


def reference() -> None:
    """One page for each package, with everything that `kiwoom_research` offers of it."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in sorted(kr.__all__):
        thing = getattr(kr, name)
        module = getattr(thing, "__module__", "")
        if module.startswith("kiwoom_research.") and hasattr(thing, "__qualname__"):
            found[module.split(".")[1]].append(f"{module}.{thing.__qualname__}")
    assert set(found) <= set(GROUPS), f"GROUPS lacks {set(found) - set(GROUPS)}"
    for group, names in found.items():
        text = f"# {GROUPS[group]}\n\n" + "".join(f"::: {name}\n\n" for name in names)
        put(Path("reference") / f"{group}.md", text)


def menu() -> Path:
    """The configuration with the pages that were made here in its menu."""
    config = yaml.safe_load((ROOT / "docs" / "mkdocs.yml").read_text(encoding="utf-8"))
    pages = sorted((PAGES / "notebooks").glob("[0-9]*.md"))
    made = [group for group in GROUPS if (PAGES / "reference" / f"{group}.md").exists()]
    menus = {
        "Notebooks": ["notebooks/README.md", *(f"notebooks/{page.name}" for page in pages)],
        "Reference": [{GROUPS[group]: f"reference/{group}.md"} for group in made],
    }
    decisions = sorted((PAGES / "docs" / "decisions").glob("[0-9]*.md"))
    for entry in config["nav"]:
        for title in entry:
            entry[title] = menus.get(title, entry[title])
        if "Project" in entry:
            entry["Project"] += [{"All decisions": [f"docs/decisions/{page.name}" for page in decisions]}]
    config |= {"docs_dir": "pages", "site_dir": "site"}
    config["plugins"][1]["mkdocstrings"]["handlers"]["python"]["paths"] = [str(ROOT)]
    written = BUILD / "mkdocs.yml"
    written.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    return written


if __name__ == "__main__":
    gather()
    command = [sys.executable, "-m", "mkdocs", "build", "-q", "-f", str(menu())]
    quiet = {
        **os.environ,
        "NO_MKDOCS_2_WARNING": "1",
    }  # that the theme has a successor: docs/decisions/0014-site.md
    sys.exit(subprocess.run(command, env=quiet, check=False).returncode)
