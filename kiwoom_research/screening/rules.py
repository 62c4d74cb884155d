"""Screening of one session: which codes pass every rule, and how many each rule removes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..kinds import Column
from .feature_list import FEATURES
from .grammar import Rule, nearest, parse_rule

SOURCES = {feature.name: feature.source for feature in FEATURES}
TRADED = "traded"
COUNTS = ("entered", "failed", "missing", "left", "passes_alone")


@dataclass(frozen=True, repr=False)
class Screen:
    """The result of `screen`.

    Attributes
    ----------
    hits : pandas.DataFrame
        The rows of the table that pass every rule, sorted, at most `top` of them.
    passed : pandas.DataFrame
        One row per code of the table, one column per rule: True, False, or missing where a value is missing that the
        rule needs (pandas' ``boolean``).
    funnel : pandas.DataFrame
        One row per rule, in the order given: ``rule`` (the expression), ``entered`` (codes that passed all earlier
        rules), ``failed``, ``missing``, ``left``, and ``passes_alone`` (codes of the whole table that pass this rule)
        [codes].
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
    """Find the codes that pass every rule, and count what each rule removes.

    A stock that did not trade in the session, such as a halted one, is no hit: if the table has the column
    ``traded``, the rule ``traded`` comes first. To find such stocks, use ``traded`` in a rule of your own
    (``{"halted": "not traded"}``).

    Parameters
    ----------
    table : pandas.DataFrame
        One row per code, such as from `features`.
    rules : mapping of str to str
        Name -> expression that is true for the codes to keep:
        ``{"liquid": "value_20d > 5e9", "trend": "close > ma_60 and ma_20 > ma_60"}``. See the notes.
    sort : str, optional
        Column to rank the hits by, largest first; missing values come last, equal ones keep the order of the table.
    ascending : bool
        Smallest first.
    top : int, optional
        Keep only this many hits; needs `sort`.

    Returns
    -------
    Screen
        ``hits``, ``passed`` and ``funnel``.

    Raises
    ------
    ValueError
        No rules, something in a rule that is not part of the language (the message points at the character), a
        missing column (the message names the nearest ones), or a code that occurs twice.

    Notes
    -----
    A rule consists of columns (also the index, by its name; unusual names in backticks), numbers, texts,
    ``+ - * / // % **``, ``< <= > >= == !=``, ``in [...]``, ``and``, ``or``, ``not`` and the functions ``abs(x)``,
    ``sqrt(x)``, ``log(x)``, ``rank(x)`` (1 for the largest value of the session; equal values share the best rank),
    ``isna(x)`` and ``startswith(text, 'prefix')``. It is parsed and never executed as Python.

    A comparison with a missing value is neither true nor false: ``per < 10 or pbr < 1`` is true for a code with
    ``pbr`` 0.5 and no ``per``, and missing for one with ``pbr`` 3 and no ``per``. A division by zero is missing.

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
    if not isinstance(table, pd.DataFrame):
        raise ValueError(
            f"table: expected a DataFrame with one row a code, such as kr.features returns, got {table!r}"
        )
    for what, labels in (("columns", table.columns), ("codes", table.index)):
        if labels.has_duplicates:
            repeated = ", ".join(map(str, labels[labels.duplicated()].unique()[:5]))
            raise ValueError(f"table: expected different {what}, got several of {repeated}")
    available = [*map(str, table.columns), *(str(name) for name in table.index.names if name)]
    parsed = parse_rules(rules, sort, top, available)
    for rule in parsed.values():
        rule.require_columns(available, _how_to_get)
    if sort is not None and sort not in available:
        raise ValueError(f"sort: no column {sort!r}; {_how_to_get(sort) or nearest(sort, available)}")
    passed = evaluate_rules(table, parsed)
    counts, left = count_funnel(passed, np.zeros(len(table), int), 1)
    funnel = pd.DataFrame(
        {"rule": [rule.text for rule in parsed.values()], **counts}, index=pd.Index(list(parsed))
    )
    hits = table[left]
    hits.attrs = dict(table.attrs)
    if sort is not None:
        hits = hits.sort_values(sort, ascending=ascending, kind="stable", na_position="last")
        hits = hits if top is None else hits.head(top)
    return Screen(hits, passed, funnel)


def parse_rules(
    rules: Mapping[str, str], sort: str | None, top: int | None, available: list[str]
) -> dict[str, Rule]:
    """Parse the rules; put "traded" first if it is available and no rule uses it. Check `top`."""
    if not isinstance(rules, Mapping) or not rules:
        example = "{'liquid': 'value_20d > 5e9'}"
        raise ValueError(f"rules: expected names and expressions such as {example}, got {rules!r}")
    if top is not None:
        if isinstance(top, bool) or not isinstance(top, (int, np.integer)) or top < 1:
            raise ValueError(f"top: expected a positive integer, got {top!r}")
        if sort is None:
            raise ValueError("top requires sort=, the column to rank by")
    parsed = {name: parse_rule(name, rule) for name, rule in rules.items()}
    uses_traded = TRADED in rules or any(TRADED in rule.columns for rule in parsed.values())
    if uses_traded or TRADED not in available:
        return parsed
    return {TRADED: parse_rule(TRADED, TRADED), **parsed}


def _how_to_get(column: str) -> str:
    source = SOURCES.get(column, "bars")
    return "" if source == "bars" else f"features(bars, {source}=...) makes it"


def evaluate_rules(
    table: pd.DataFrame, rules: Mapping[str, Rule], groups: Column | None = None
) -> pd.DataFrame:
    """Evaluate every rule on every row: True, False or missing."""
    passed = {}
    for name, rule in rules.items():
        true, known = rule.evaluate(table, groups)
        passed[name] = pd.arrays.BooleanArray(true, ~known)
    return pd.DataFrame(passed, index=table.index)


def count_funnel(passed: pd.DataFrame, groups: Column, size: int) -> tuple[dict[str, Column], Column]:
    """Count what each rule removes in each of `size` groups of rows, and return which rows are left.

    Each count holds the groups of the first rule, then those of the second, and so on.
    """

    def count(rows: Column) -> Column:
        return np.bincount(groups[rows], minlength=size)

    left, counts = np.ones(len(passed), bool), []
    for name in passed:
        missing = passed[name].isna().to_numpy()
        true = passed[name].fillna(False).to_numpy(bool)
        entered, unknown, alone = count(left), count(left & missing), count(true)
        left = left & true
        remaining = count(left)
        counts.append((entered, entered - unknown - remaining, unknown, remaining, alone))
    return dict(zip(COUNTS, map(np.concatenate, zip(*counts, strict=True)), strict=True)), left
