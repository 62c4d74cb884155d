"""What an expression of a rule is worth: values that can be missing, operators and functions on them."""

from __future__ import annotations

import ast
import operator
import unicodedata
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, NoReturn

import numpy as np
import pandas as pd

from ..kinds import Column

ValueKind = Literal["number", "text", "day", "truth"]
NOUNS = {"number": "a number", "text": "a text", "day": "a day", "truth": "true or false"}


class RuleValue(NamedTuple):
    """The value of an expression: one entry per row, or a single one for a constant."""

    kind: ValueKind
    data: Column
    known: Column  # False where the value is missing


def refuse(name: str, text: str, where: ast.expr | int, reason: str) -> NoReturn:
    """Raise the ValueError of a rule, with a mark under the character."""
    at = where if isinstance(where, int) else where.col_offset
    before = "".join("\u3000" if unicodedata.east_asian_width(c) in "WF" else " " for c in text[:at])
    raise ValueError(f"rule {name!r}, character {at + 1}: {reason}\n  {text}\n  {before}^") from None


ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
LOGIC: dict[type[ast.operator], type[ast.boolop]] = {ast.BitAnd: ast.And, ast.BitOr: ast.Or}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class Function(NamedTuple):
    """A function of rules: how it is written, the kinds of its arguments (None: any), and what it calculates."""

    signature: str
    kinds: tuple[ValueKind | None, ...]
    apply: Callable[..., RuleValue]


def _numeric(function: Callable[[Column], Column]) -> Callable[[RuleValue, Column | None], RuleValue]:
    def apply(value: RuleValue, groups: Column | None) -> RuleValue:
        return _number(function(value.data), value.known)

    return apply


def _rank(value: RuleValue, groups: Column | None) -> RuleValue:
    if value.data.ndim == 0:
        return value._replace(data=np.asarray(1.0))
    numbers = pd.Series(np.where(value.known, value.data, np.nan))
    grouped = numbers if groups is None else numbers.groupby(groups)
    return _number(grouped.rank(ascending=False, method="min").to_numpy(), value.known)


def _isna(value: RuleValue, groups: Column | None) -> RuleValue:
    return RuleValue("truth", ~value.known, np.ones_like(value.known))


def _startswith(value: RuleValue, prefix: RuleValue, groups: Column | None) -> RuleValue:
    starts = np.frompyfunc(lambda text, start: str(text).startswith(start), 2, 1)
    return RuleValue("truth", np.asarray(starts(value.data, prefix.data), bool), value.known & prefix.known)


FUNCTIONS: dict[str, Function] = {
    "abs": Function("abs(number)", ("number",), _numeric(np.abs)),
    "sqrt": Function("sqrt(number)", ("number",), _numeric(np.sqrt)),
    "log": Function("log(number)", ("number",), _numeric(np.log)),
    "rank": Function("rank(number)", ("number",), _rank),
    "isna": Function("isna(column)", (None,), _isna),
    "startswith": Function("startswith(text, 'prefix')", ("text", "text"), _startswith),
}
SIGNATURES = ", ".join(function.signature for function in FUNCTIONS.values())


def _number(data: Column, known: Column) -> RuleValue:
    """A number that is missing where it is not finite, such as after a division by zero."""
    data = np.asarray(data)
    return RuleValue("number", data, known & np.isfinite(data))


def column_value(table: pd.DataFrame, name: str) -> RuleValue:
    """A column of a table, or a level of its index."""
    values = table[name] if name in table else pd.Series(table.index.get_level_values(name))
    known = values.notna().to_numpy()
    if pd.api.types.is_bool_dtype(values.dtype):
        return RuleValue("truth", values.fillna(False).to_numpy(bool), known)
    if pd.api.types.is_numeric_dtype(values.dtype):
        return _number(values.to_numpy(np.float64, na_value=np.nan), known)
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_localize(None)
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return RuleValue("day", values.to_numpy("datetime64[us]"), known)
    return RuleValue("text", values.to_numpy(object), known)


class Evaluator:
    """Evaluates a checked syntax tree on the columns of a table."""

    def __init__(self, name: str, text: str, values: dict[str, RuleValue], groups: Column | None) -> None:
        self.name, self.text, self.values, self.groups = name, text, values, groups

    def evaluate(self, node: ast.expr) -> RuleValue:
        with np.errstate(all="ignore"):
            return self._evaluate(node)

    def _evaluate(self, node: ast.expr) -> RuleValue:
        match node:
            case ast.Name(id=name):
                return self.values[name]
            case ast.Constant():
                return self._constant(node)
            case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
                value = self._expect(operand, "truth")
                return RuleValue("truth", ~value.data, value.known)
            case ast.UnaryOp(op=op, operand=operand):
                value = self._expect(operand, "number")
                return value._replace(data=-value.data) if isinstance(op, ast.USub) else value
            case ast.BoolOp(op=op, values=nodes):
                return self._combine(type(op), nodes)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in LOGIC:
                return self._combine(LOGIC[type(op)], [left, right])
            case ast.BinOp(left=left, op=op, right=right):
                a, b = self._expect(left, "number"), self._expect(right, "number")
                return _number(ARITHMETIC[type(op)](a.data, b.data), a.known & b.known)
            case ast.Compare():
                return self._compare(node)
            case ast.Call(func=ast.Name(id=name), args=nodes):
                function = FUNCTIONS[name]
                pairs = zip(nodes, function.kinds, strict=True)
                arguments = [self._expect(argument, kind) for argument, kind in pairs]
                return function.apply(*arguments, self.groups)
        raise AssertionError(f"unchecked node {node!r}")

    def _constant(self, node: ast.Constant) -> RuleValue:
        known = np.asarray(True)
        if isinstance(node.value, bool):
            return RuleValue("truth", np.asarray(node.value), known)
        if isinstance(node.value, str):
            return RuleValue("text", np.asarray(node.value, dtype=object), known)
        try:
            return _number(np.asarray(float(node.value)), known)  # type: ignore[arg-type]
        except OverflowError:
            self._refuse(node, "expected a smaller number")

    def _expect(self, node: ast.expr, kind: ValueKind | None) -> RuleValue:
        value = self._evaluate(node)
        if kind is not None and value.kind != kind:
            hint = "; put comparisons in parentheses, or write 'and', 'or', 'not'" if kind == "truth" else ""
            self._refuse(node, f"expected {NOUNS[kind]}, got {NOUNS[value.kind]}{hint}")
        return value

    def _combine(self, op: type[ast.boolop], nodes: list[ast.expr]) -> RuleValue:
        """And, or: known as soon as one operand decides, whatever the missing ones are."""
        values = [self._expect(node, "truth") for node in nodes]
        true = [value.data & value.known for value in values]
        false = [~value.data & value.known for value in values]
        if op is ast.And:
            all_true, any_false = _reduce(np.logical_and, true), _reduce(np.logical_or, false)
            return RuleValue("truth", all_true, all_true | any_false)
        any_true, all_false = _reduce(np.logical_or, true), _reduce(np.logical_and, false)
        return RuleValue("truth", any_true, any_true | all_false)

    def _compare(self, node: ast.Compare) -> RuleValue:
        """A comparison, or a chain of them: 1 < x < 5 is 1 < x and x < 5."""
        true, known, false = np.asarray(True), np.asarray(True), np.asarray(False)
        left = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(op, (ast.In, ast.NotIn)):
                value = self._is_in(left, right, negated=isinstance(op, ast.NotIn))
            else:
                a, b = self._alike(left, right)
                value = RuleValue("truth", _compared(COMPARISONS[type(op)], a, b), a.known & b.known)
            false = false | (~value.data & value.known)
            true, known, left = true & value.data & value.known, known & value.known, right
        return RuleValue("truth", true, known | false)

    def _alike(self, left: ast.expr, right: ast.expr) -> tuple[RuleValue, RuleValue]:
        """Both sides of a comparison, a text beside a day read as a day."""
        a, b = self._evaluate(left), self._evaluate(right)
        if {a.kind, b.kind} == {"day", "text"}:
            a, b = self._as_day(left, a), self._as_day(right, b)
        if a.kind != b.kind:
            self._refuse(right, f"cannot compare {NOUNS[a.kind]} with {NOUNS[b.kind]}")
        return a, b

    def _as_day(self, node: ast.expr, value: RuleValue) -> RuleValue:
        if value.kind == "day":
            return value
        try:
            day = pd.Timestamp(str(value.data)) if value.data.ndim == 0 else pd.NaT
        except ValueError:
            day = pd.NaT
        if pd.isna(day):
            self._refuse(node, "expected a day such as '2024-01-02'")
        return RuleValue("day", np.asarray(day.to_datetime64().astype("datetime64[us]")), value.known)

    def _is_in(self, left: ast.expr, right: ast.expr, *, negated: bool) -> RuleValue:
        assert isinstance(right, (ast.List, ast.Tuple, ast.Set))
        value, found = self._evaluate(left), np.asarray(False)
        for element in right.elts:
            a, b = self._alike(left, element)
            found = found | _compared(operator.eq, a, b)
        return RuleValue("truth", ~found if negated else found, value.known)

    def _refuse(self, node: ast.expr, reason: str) -> NoReturn:
        refuse(self.name, self.text, node, reason)


def _reduce(function: np.ufunc, arrays: list[Column]) -> Column:
    """Combine arrays of which some are single values."""
    return np.asarray(function.reduce(np.broadcast_arrays(*arrays)))


def _compared(op: Callable[[Any, Any], Any], a: RuleValue, b: RuleValue) -> Column:
    """Compare two values of one kind; missing texts compare as empty ones, which `known` excludes."""
    if a.kind == "text":
        return np.asarray(op(np.where(a.known, a.data, ""), np.where(b.known, b.data, "")), dtype=bool)
    return np.asarray(op(a.data, b.data), dtype=bool)
