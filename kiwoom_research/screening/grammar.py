"""The language of rules: comparisons and arithmetic on columns, parsed with Python's grammar and an allow-list.

A rule is never executed as Python. Its syntax tree may hold columns, numbers, texts, arithmetic, comparisons,
``and``, ``or``, ``not`` and the functions of `FUNCTIONS`. Everything else is a `ValueError` that points at the
character.
"""

from __future__ import annotations

import ast
import difflib
import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import pandas as pd

from ..kinds import Column
from .evaluation import (
    ARITHMETIC,
    COMPARISONS,
    FUNCTIONS,
    LOGIC,
    NOUNS,
    SIGNATURES,
    Evaluator,
    column_value,
    refuse,
)

LONGEST_RULE = 1000  # characters
SYNTAX_HINTS = {
    "@": "; write the value itself, f'close > {limit}', instead of @limit",
    "=": "; compare with ==",
}
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`([^`]+)`")  # a backtick inside a text quotes nothing


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that has been parsed: an expression on columns that is true, false or missing in each row."""

    name: str
    text: str
    columns: tuple[str, ...]
    tree: ast.expr

    def evaluate(self, table: pd.DataFrame, groups: Column | None = None) -> tuple[Column, Column]:
        """Return where the rule is true and where it is known; `rank` ranks within each group of rows."""
        values = {name: column_value(table, name) for name in self.columns}
        try:
            result = Evaluator(self.name, self.text, values, groups).evaluate(self.tree)
        except RecursionError:
            raise ValueError(
                f"rule {self.name!r}: expected an expression that is less deeply nested"
            ) from None
        if result.kind != "truth":
            refuse(self.name, self.text, 0, f"expected a comparison, got {NOUNS[result.kind]}")
        known = np.broadcast_to(result.known, len(table))
        return np.broadcast_to(result.data, len(table)) & known, known

    def require_columns(self, available: Iterable[str], explain: Callable[[str], str] | None = None) -> None:
        """Raise a ValueError that points at the first column that is not available, with the nearest names."""
        available = list(available)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and node.id in self.columns and node.id not in available:
                hint = (explain(node.id) if explain else "") or nearest(node.id, available)
                refuse(self.name, self.text, node, f"no column {node.id!r}; {hint}")


def nearest(name: str, available: list[str]) -> str:
    """Return a hint with the available names that are most like a name."""
    near = difflib.get_close_matches(name, available, n=3, cutoff=0.5)
    return f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(available)}"


# --- parsing ----------------------------------------------------------------------------------------


def parse_rule(name: str, rule: object) -> Rule:
    """Parse a rule, and refuse what is not part of the language."""
    if not isinstance(rule, str) or not rule.strip():
        raise ValueError(f"rule {name!r}: expected an expression such as 'close > ma_60', got {rule!r}")
    text = re.sub(r"\s", " ", rule).strip()
    if len(text) > LONGEST_RULE:
        raise ValueError(f"rule {name!r}: expected at most {LONGEST_RULE} characters, got {len(text)}")
    for at, character in enumerate(text):
        if character == "\\" or not character.isprintable():
            refuse(name, text, at, f"{character!r} is not part of a rule")
    quoted = {match.start(): match[1] for match in QUOTED.finditer(text) if match[1]}
    try:
        tree = _parse(QUOTED.sub(_as_identifier, text))
        columns = _Checker(name, text, quoted).check(tree)
    except SyntaxError as error:
        at = max(0, min((error.offset or 1) - 1, len(text)))
        hint = SYNTAX_HINTS.get(text[at : at + 1], "")
        refuse(name, text, at, f"{error.msg}{hint}")
    except (RecursionError, MemoryError):
        raise ValueError(f"rule {name!r}: expected an expression that is less deeply nested") from None
    if not columns:
        refuse(name, text, 0, "expected a comparison of at least one column")
    return Rule(name, text, columns, tree)


def _parse(source: str) -> ast.expr:
    """Return the syntax tree, with positions in characters instead of bytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Python's tokenizer, about "5and"
        tree = ast.parse(source, mode="eval").body
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            node.col_offset = len(source.encode()[: node.col_offset].decode())
    return tree


def _as_identifier(match: re.Match[str]) -> str:
    """Stand in for a quoted column with an identifier of the same length, so that positions stay."""
    return "_" * len(match[0]) if match[1] else match[0]


class _Checker:
    """Checks a syntax tree against the language, and collects the columns."""

    def __init__(self, name: str, text: str, quoted: dict[int, str]) -> None:
        self.name, self.text, self.quoted = name, text, quoted
        self.columns: dict[str, None] = {}

    def check(self, tree: ast.expr) -> tuple[str, ...]:
        self._check(tree)
        return tuple(self.columns)

    def _check(self, node: ast.expr) -> None:
        match node:
            case ast.Name():
                node.id = self.quoted.get(node.col_offset, node.id)
                self.columns[node.id] = None
            case ast.Constant(value=bool() | int() | float() | str()):
                pass
            case ast.UnaryOp(operand=operand):
                self._check(operand)
            case ast.BoolOp(values=values):
                for value in values:
                    self._check(value)
            case ast.BinOp(left=left, op=op, right=right):
                if type(op) not in ARITHMETIC and type(op) not in LOGIC:
                    self._refuse(node, f"the operator of {ast.unparse(node)!r} is not part of a rule")
                self._check(left)
                self._check(right)
            case ast.Compare():
                self._check_compare(node)
            case ast.Call():
                self._check_call(node)
            case ast.Attribute(attr=attribute):
                self._refuse(node, f"'.{attribute}' is not part of a rule; the functions are {SIGNATURES}")
            case _:
                self._refuse(node, f"{ast.unparse(node)!r} is not part of a rule")

    def _check_compare(self, node: ast.Compare) -> None:
        self._check(node.left)
        for op, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(op, (ast.In, ast.NotIn)):
                constants = isinstance(right, (ast.List, ast.Tuple, ast.Set)) and right.elts
                if not constants or not all(_is_constant(element) for element in constants):
                    self._refuse(right, "expected a list of values after 'in', such as ['kospi', 'kosdaq']")
            elif type(op) in COMPARISONS:
                self._check(right)
            else:
                self._refuse(node, "'is' is not part of a rule; compare with ==, or use isna(column)")

    def _check_call(self, node: ast.Call) -> None:
        if not isinstance(node.func, ast.Name):
            self._check(node.func)
            self._refuse(node, f"expected a function: {SIGNATURES}")
        function = FUNCTIONS.get(node.func.id)
        if function is None:
            self._refuse(node, f"there is no function {node.func.id!r}; the functions are {SIGNATURES}")
        if node.keywords or len(node.args) != len(function.kinds):
            self._refuse(node, f"expected {function.signature}")
        for argument in node.args:
            self._check(argument)

    def _refuse(self, node: ast.expr, reason: str) -> NoReturn:
        refuse(self.name, self.text, node, reason)


def _is_constant(node: ast.expr) -> bool:
    """Return whether a node is a number or a text; a negative number is an operator and a number."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str))
