"""Rules on a table: which code passed which, and how many each removed."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .feature_list import FEATURES

SOURCES = {f.name: f.source for f in FEATURES}
BACKTICKED = re.compile(r"`([^`]*)`")
EQUAL = re.compile(r"[=!]=|\bin\b")


@dataclass(frozen=True, repr=False)
class Screen:
    """What `screen` found.

    Attributes
    ----------
    hits : pandas.DataFrame
        The rows of the table that pass every rule, sorted, at most `top` of them.
    passed : pandas.DataFrame
        One row a code of the table, one column a rule: True, False, or missing where a value is missing that
        the rule needs (pandas' ``boolean``).
    funnel : pandas.DataFrame
        One row a rule, in the order given: ``rule`` (the expression), ``entered`` (codes that passed all rules
        before it), ``failed``, ``missing``, ``left``, and ``alone`` (codes of the whole table that pass it) [codes].
    """

    hits: pd.DataFrame
    passed: pd.DataFrame
    funnel: pd.DataFrame

    def __len__(self) -> int:
        return len(self.hits)

    def __repr__(self) -> str:
        return f"{self._title()}\n{self.funnel}\n\n{self.hits}"

    def _repr_html_(self) -> str:
        return f"<p>{self._title()}</p>{self.funnel.to_html()}{self.hits.to_html(max_rows=30)}"

    def _title(self) -> str:
        return f"{len(self.hits)} of {len(self.passed)} codes"


def screen(
    table: pd.DataFrame,
    rules: Mapping[str, str],
    *,
    sort: str | None = None,
    ascending: bool = False,
    top: int | None = None,
) -> Screen:
    """Keep the codes that pass every rule, and say what each rule did.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a code, such as from `features`.
    rules : mapping of str to str
        Name -> pandas expression on the columns (and the index by its name), true where a code is to stay:
        ``{"liquid": "value_20d > 5e9", "trend": "close > ma_60 and ma_20 > ma_60"}``.
    sort : str, optional
        Column to sort the hits by, largest first; missing ones last, equal ones in the order of the table.
    ascending : bool
        Smallest first.
    top : int, optional
        At most so many hits; needs `sort`.

    Returns
    -------
    Screen
        ``hits``, ``passed`` and ``funnel``.

    Raises
    ------
    ValueError
        No rules, an expression that pandas cannot read or that gives no true and false, a column that is not
        there (the nearest ones are named), a code that is in the table twice.

    Notes
    -----
    A comparison with a missing value is neither true nor false: ``per < 10 or pbr < 1`` passes a code with
    ``pbr`` 0.5 and no ``per``, and is missing, not failed, for one with ``pbr`` 3 and no ``per``. A rule on a text
    or a date that is missing is missing.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> table = pd.DataFrame(
    ...     {"close": [900.0, 70_000.0, 5_000.0], "per": [5.0, 12.0, float("nan")]},
    ...     index=pd.Index(["000010", "005930", "035720"], name="code"),
    ... )
    >>> found = kr.screen(table, {"price": "close > 1000", "cheap": "per < 15"})
    >>> found.hits.index.tolist()
    ['005930']
    >>> found.funnel[["entered", "failed", "missing", "left"]]
           entered  failed  missing  left
    price        3       1        0     2
    cheap        2       0        1     1
    """
    check(table, rules, sort, top)
    passed = judged(table, rules)
    hits = table[(passed.fillna(False)).all(axis=1).to_numpy(bool)]
    hits.attrs = dict(table.attrs)
    return Screen(best(hits, sort, ascending, top), passed, funnel(passed, rules))


def check(table: pd.DataFrame, rules: Mapping[str, str], sort: str | None, top: int | None) -> None:
    """Refuse what cannot be meant before anything is calculated."""
    top_of(rules, sort, top)
    for what, labels in (("columns", table.columns), ("codes", table.index)):
        if labels.has_duplicates:
            raise ValueError(
                f"table: {what} more than once: {', '.join(map(str, labels[labels.duplicated()].unique()[:5]))}"
            )
    known = [*map(str, table.columns), *(str(name) for name in table.index.names if name)]
    for name, rule in rules.items():
        for column in columns_of(name, rule):
            must_have(column, known, f"rule {name!r}")
    if sort is not None:
        must_have(sort, known, "sort")


def top_of(rules: object, sort: str | None, top: int | None) -> None:
    """Refuse rules that are none, and a top that is none."""
    if not isinstance(rules, Mapping) or not rules:
        example = "{'liquid': 'value_20d > 5e9'}"
        raise ValueError(f"rules: expected names and expressions such as {example}, got {rules!r}")
    if top is not None:
        if isinstance(top, bool) or not isinstance(top, (int, np.integer)) or top < 1:
            raise ValueError(f"top: expected a whole number from 1 on, got {top!r}")
        if sort is None:
            raise ValueError("top: the first of what? name a column with sort=")


def _members(rule: str) -> set[str]:
    """Columns that are looked for in a list, which knows no third answer."""
    tree = ast.walk(ast.parse(BACKTICKED.sub("_quoted_", rule.strip()), mode="eval"))
    looked = [
        node.left
        for node in tree
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn))
    ]
    return {node.id for left in looked for node in ast.walk(left) if isinstance(node, ast.Name)}


def columns_of(name: str, rule: object) -> list[str]:
    """The columns that a rule speaks of, in order."""
    if not isinstance(rule, str) or not rule.strip():
        raise ValueError(f"rule {name!r}: expected an expression such as 'close > ma_60', got {rule!r}")
    if "@" in rule:
        raise ValueError(
            f"rule {name!r} ({rule}): write the value itself, f'close > {{limit}}', instead of @limit"
        )
    quoted: list[str] = BACKTICKED.findall(rule)
    try:
        tree = ast.parse(BACKTICKED.sub("_quoted_", rule.strip()), mode="eval")
    except SyntaxError as error:
        raise ValueError(f"rule {name!r} ({rule}): {error.msg}") from None
    functions = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    plain = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in functions]
    return list(dict.fromkeys([*(column for column in plain if column != "_quoted_"), *quoted]))


def must_have(column: str, known: Iterable[str], what: str, historical: bool = False) -> None:
    """ValueError that names the nearest columns, or what a feature is made from."""
    known = list(known)
    if column in known:
        return
    if SOURCES.get(column, "bars") != "bars" and historical:
        raise ValueError(f"{what}: {column!r} is known of today only; the history has what is made of bars")
    if SOURCES.get(column, "bars") != "bars":
        raise ValueError(f"{what}: no column {column!r}; features(bars, {SOURCES[column]}=...) makes it")
    near = difflib.get_close_matches(column, known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(known)}"
    raise ValueError(f"{what}: no column {column!r}; {hint}")


def judged(table: pd.DataFrame, rules: Mapping[str, str]) -> pd.DataFrame:
    """Every rule on every row: True, False or missing."""
    return pd.DataFrame({name: _judge(table, name, rule) for name, rule in rules.items()}, index=table.index)


def _judge(table: pd.DataFrame, name: str, rule: str) -> pd.Series:
    missing, unknown = np.zeros(len(table), bool), np.zeros(len(table), bool)
    data = {}
    for column in columns_of(name, rule):
        values = (
            table[column] if column in table else table.index.get_level_values(column).to_series(table.index)
        )
        if pd.api.types.is_float_dtype(values.dtype):
            values = values.astype("Float64")  # its comparisons know a third answer
        if pd.api.types.is_datetime64_any_dtype(values.dtype) and EQUAL.search(rule):
            # pandas looks for the text among the dates, and finds it nowhere
            raise ValueError(f"rule {name!r} ({rule}): compare days with <, <=, >= and > only")
        unknown |= values.isna().to_numpy()
        if values.dtype != "Float64" or column in _members(rule):
            missing |= values.isna().to_numpy()
        data[column] = values
    try:
        found = pd.DataFrame(data, index=table.index).eval(rule.strip(), engine="python")
    except TypeError:
        raise ValueError(f"rule {name!r} ({rule}): numbers and text do not compare") from None
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        NameError,
        RuntimeError,
        SyntaxError,
        ValueError,
    ) as error:
        raise ValueError(f"rule {name!r} ({rule}): {error}") from None
    if not isinstance(found, pd.Series) or not pd.api.types.is_bool_dtype(found.dtype):
        raise ValueError(
            f"rule {name!r} ({rule}): expected true or false for every row; compare it with something"
        )
    if found.dtype == bool:  # of a function that knows no third answer, such as rank() before pandas 3
        missing |= unknown & ~found.to_numpy()
    return found.astype("boolean").mask(missing)


def funnel(passed: pd.DataFrame, rules: Mapping[str, str]) -> pd.DataFrame:
    """How many rows each rule removed, in order."""
    left = np.ones(len(passed), bool)
    lines = []
    for name, rule in rules.items():
        true = passed[name].fillna(False).to_numpy(bool)
        missing = passed[name].isna().to_numpy()
        entered = int(left.sum())
        unknown = int((left & missing).sum())
        left = left & true
        remaining = int(left.sum())
        lines.append((rule, entered, entered - unknown - remaining, unknown, remaining, int(true.sum())))
    names = ["rule", "entered", "failed", "missing", "left", "alone"]
    return pd.DataFrame(lines, columns=names, index=pd.Index(list(rules), name=None))


def best(hits: pd.DataFrame, sort: str | None, ascending: bool, top: int | None) -> pd.DataFrame:
    """Hits in order, the first of them."""
    if sort is None:
        return hits
    hits = hits.sort_values(sort, ascending=ascending, kind="stable", na_position="last")
    return hits.head(top) if top is not None else hits
