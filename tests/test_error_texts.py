"""Every error text of the package in one snapshot, to be read as a whole when one of them changes.

``pytest tests/test_error_texts.py --snapshot-update`` writes it; the review is the point: each text says what was expected,
what came, and what to do.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from syrupy.assertion import SnapshotAssertion

PACKAGE = Path(__file__).parents[1] / "kiwoom_research"
RAISED = re.compile(
    r"\w*(?:Error|Warning|Pull|Cancelled)|_?refuse|warn_user"
)  # refuse() raises, warn_user() warns


def template(node: ast.expr) -> str:
    """A text as it is written, with the names of what is put into it."""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            part.value if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"  # type: ignore[attr-defined]
            for part in node.values
        )
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return template(node.left) + template(node.right)
    return f"{{{ast.unparse(node)}}}"


def texts(file: Path) -> Iterator[str]:
    """The errors and warnings of a module, in the order in which they are written."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        written = [
            argument
            for argument in node.args
            if isinstance(argument, (ast.JoinedStr, ast.Constant, ast.BinOp))
        ]
        said = [text for text in map(template, written) if re.search(r"[a-z]{2} [a-z{]", text)]
        if RAISED.fullmatch(name) and said:
            yield f"{name}: {max(said, key=len)}"


def test_error_texts(snapshot: SnapshotAssertion) -> None:
    """All of them, by module."""
    found = {
        file.relative_to(PACKAGE).as_posix(): sorted(set(texts(file)))
        for file in sorted(PACKAGE.rglob("*.py"))
    }
    found = {module: lines for module, lines in found.items() if lines}
    assert sum(map(len, found.values())) > 100
    assert found == snapshot
