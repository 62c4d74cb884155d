"""The map of modules in docs/architecture.md, written by ``python -m tests.module_map``."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "kiwoom_research"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- map: written by `make fields` -->\n", "<!-- end of the map -->\n"


def first_line(file: Path) -> str:
    """The first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split("\n")[0]


def module_map() -> str:
    """Every module with the first line of its docstring, packages as headings."""
    lines = []
    for folder in [
        PACKAGE,
        *sorted(path.parent for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE),
    ]:
        name = folder.relative_to(ROOT).as_posix()
        lines.append(f"\n**`{name}/`** {first_line(folder / '__init__.py')}\n")
        for file in sorted(folder.glob("*.py")):
            if file.name != "__init__.py":
                lines.append(f"- `{file.name}`: {first_line(file)}")
    return "\n".join(lines).lstrip("\n") + "\n"


def with_map(page: str) -> str:
    """The page with the map of today."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{module_map()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_map(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
