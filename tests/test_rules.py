"""Rules: their language, their three answers, the funnel, and whatever is not a rule."""

import operator
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kiwoom_research.screening import Screen, screen

NO = np.nan

TABLE = pd.DataFrame(
    {
        "close": [900.0, 70_000, 5_000, 8_000, NO],
        "ma_60": [800.0, 60_000, 6_000, 7_000, 1.0],
        "per": [5.0, 12.0, NO, 30.0, 5.0],
        "pbr": [0.5, 1.5, 0.4, NO, 1.0],
        "market": ["kospi", "kospi", "kosdaq", None, "kosdaq"],
        "my column": [1.0, 2.0, 3.0, 4.0, 5.0],
        "name_of": ["x", "a`b`", "y", "z", "w"],
        "시장": ["코스피", "코스피", "코스닥", "코넥스", "코스닥"],
        "내 열": [1.0, 2.0, 3.0, 4.0, 5.0],
        "session": pd.DatetimeIndex(["2026-11-20"] * 4 + [None]),
    },
    index=pd.Index(["000010", "005930", "035720", "0009K0", "900110"], name="code"),
)


def passed(rule: str) -> list[object]:
    """What one rule says of the five codes: 1, 0 or None."""
    column = screen(TABLE, {"rule": rule}).passed["rule"]
    return [None if pd.isna(value) else int(value) for value in column]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("close > 1000", [0, 1, 1, 1, None]),
        ("not close > 1000", [1, 0, 0, 0, None]),
        ("close > ma_60 and per < 20", [1, 1, 0, 0, None]),  # false and missing is false
        ("per < 10 or pbr < 0.45", [1, 0, 1, None, 1]),  # true or missing is true
        ("1000 < close < 10000", [0, 0, 1, 1, None]),
        ("close / ma_60 > 1.1", [1, 1, 0, 1, None]),
        ("per in [5, 30]", [1, 0, None, 1, 1]),
        ("isna(per)", [0, 0, 1, 0, 0]),
        ("market == 'kospi'", [1, 1, 0, None, 0]),
        ("market != 'kospi'", [0, 0, 1, None, 1]),
        ("market in ['kosdaq']", [0, 0, 1, None, 1]),
        ("session >= '2026-11-20'", [1, 1, 1, 1, None]),
        ("`my column` >= 3", [0, 0, 1, 1, 1]),
        ("rank(close) <= 2", [0, 1, 0, 1, None]),
        ("log(close) > 8", [0, 1, 1, 1, None]),
        ("startswith(code, '00')", [1, 1, 0, 1, 0]),
        ("  close > 1000  ", [0, 1, 1, 1, None]),
        ("close >\n 1000", [0, 1, 1, 1, None]),
        ("session == '2026-11-20'", [1, 1, 1, 1, None]),
        ("session in ['2026-11-19', '2026-11-20']", [1, 1, 1, 1, None]),
        ("(close > 1000) & ~(per < 20)", [0, 0, None, 1, 0]),
        ("(close > 1000) | (per == 5)", [1, 1, 1, 1, 1]),
        ("per not in [5, 30]", [0, 1, None, 0, 0]),
        ("(close - 900) * 2 >= -1e3 and abs(-per) ** 2 > 25", [0, 1, None, 1, 0]),
        ("close / (pbr - 0.5) > 0", [None, 1, 0, None, None]),  # a division by zero is missing
        ("10 ** per > 0", [1, 1, None, 1, 1]),
        ("9 ** 9 ** 9 > close", [None, None, None, None, None]),  # too large for a number
        ("log(pbr - 1) < 0", [None, 1, None, None, None]),
        ("rank(-close) == 1", [1, 0, 0, 0, None]),
        ("market == \"kospi\" and name_of == 'a`b`'", [0, 1, 0, 0, 0]),
        ("`close` > 1000", [0, 1, 1, 1, None]),
        ("시장 == '코스피' and `내 열` > 1", [0, 1, 0, 0, 0]),
    ],
)
def test_rules(rule: str, expected: list[object]) -> None:
    """True, false, and neither where a value is missing that the rule needs."""
    assert passed(rule) == expected


def test_funnel_by_hand() -> None:
    """Who entered each rule, who failed, of whom nothing is known, who is left, who would pass alone."""
    rules = {"price": "close > 1000", "trend": "close > ma_60", "cheap": "per < 15"}
    found = screen(TABLE, rules)
    assert found.funnel.index.tolist() == list(rules)
    assert found.funnel["rule"].tolist() == list(rules.values())
    numbers = found.funnel[["entered", "failed", "missing", "left", "passes_alone"]].to_numpy().tolist()
    assert numbers == [[5, 1, 1, 3, 3], [3, 1, 0, 2, 3], [2, 1, 0, 1, 3]]
    assert found.hits.index.tolist() == ["005930"]
    assert found.passed.columns.tolist() == list(rules)
    assert found.passed.index.equals(TABLE.index)
    assert len(found) == 1


def test_sort_and_top() -> None:
    """Largest first, missing last, cut after the first ones; the funnel counts all."""
    everybody = {"any": "`my column` > 0"}
    assert screen(TABLE, everybody).hits.index.tolist() == TABLE.index.tolist()
    assert screen(TABLE, everybody, sort="per").hits.index.tolist()[-1] == "035720"
    found = screen(TABLE, everybody, sort="per", ascending=True, top=2)
    assert found.hits["per"].tolist() == [5.0, 5.0]
    assert found.hits.index.tolist() == ["000010", "900110"]
    assert found.funnel.loc["any", "left"] == 5


def test_hits_are_rows_of_the_table() -> None:
    """All columns, with the label of the table."""
    table = TABLE.copy()
    table.attrs = {"asof": "2026-11-20"}
    hits = screen(table, {"price": "close > 10000"}).hits
    pd.testing.assert_frame_equal(hits, TABLE.loc[["005930"]])
    assert hits.attrs == {"asof": "2026-11-20"}


@pytest.mark.parametrize(
    ("rule", "marked", "message"),
    [
        ("clos > 1", "clos", "no column 'clos'; did you mean close"),
        ("close > 1 and ma60 > 1", "ma60", "did you mean ma_60"),
        ("zzz > 1", "zzz", "there are close, ma_60, per"),
        ("close > `my colum`", "`my colum`", "did you mean my column"),
        ("코드 == '가나' or 시쟝 == '코스피'", "코드", "no column '코드'"),
        ("시장 == '코스피' or 시쟝 == '코스피'", "시쟝", "did you mean 시장"),
        ("close", "close", "expected a comparison, got a number"),
        ("close + 1", "close", "expected a comparison, got a number"),
        ("market", "market", "expected a comparison, got a text"),
        ("1 > 0", "1", "expected a comparison of at least one column"),
        ("close >", "", "invalid syntax"),
        ("close = 1", "=", "; compare with =="),
        ("(close > 1", "(", "was never closed"),
        ("close > @limit", "@limit", "; write the value itself"),
        ("close > 'a'", "'a'", "cannot compare a number with a text"),
        ("market in ['kospi', 5]", "5", "cannot compare a text with a number"),
        ("not close > 1 and per", "per", "expected true or false, got a number"),
        ("close > 1 & per < 2", "1", "put comparisons in parentheses"),
        ("-market > 1", "market", "expected a number, got a text"),
        ("close + (per > 1) > 1", "per", "expected a number, got true or false"),
        ("session > 'soon'", "'soon'", "expected a day such as"),
        ("session > market", "market", "expected a day such as"),
        ("session in ['2026-11-20', 'x']", "'x'", "expected a day such as"),
        ("close > 1" + 400 * "0", "1" + 400 * "0", "expected a smaller number"),
        ("close > 1 and\x00 per < 1", "\x00", "is not part of a rule"),
        ("market == 'a\\'", "\\", "is not part of a rule"),
        # functions
        ("foo(close) > 1", "foo", "there is no function 'foo'; the functions are abs(number), sqrt"),
        ("abs(close, 1) > 1", "abs", "expected abs(number)"),
        ("abs(x=close) > 1", "abs", "expected abs(number)"),
        ("abs(*close) > 1", "*close", "'*close' is not part of a rule"),
        ("abs(market) > 1", "market", "expected a number, got a text"),
        ("startswith(close, '1')", "close", "expected a text, got a number"),
        ("close(1) > 1", "close", "there is no function 'close'"),
        ("abs(close)(1) > 1", "abs", "expected a function"),
        # what a program can do, and a rule cannot
        ("per > 1 and close.foo > 1", "close.foo", "'.foo' is not part of a rule"),
        ("close.__class__ == 1", "close.__class__", "'.__class__' is not part of a rule"),
        ("__import__('os').system('true') == close", "__import__", "'.system' is not part of a rule"),
        ("().__class__.__bases__[0] == close", "()", "is not part of a rule"),
        ("open('x') == close", "open", "there is no function 'open'"),
        ("close[0] > 1", "close[0]", "'close[0]' is not part of a rule"),
        ("[c for c in close] == 1", "[c", "is not part of a rule"),
        ("(lambda: close) == 1", "lambda", "is not part of a rule"),
        ("f'{close}' == market", "f'", "is not part of a rule"),
        ("(x := close) > 1", "x", "is not part of a rule"),
        ("(1 if close else 2) > 1", "1 if", "is not part of a rule"),
        ("{1: close} == 1", "{", "is not part of a rule"),
        ("close is None", "close", "'is' is not part of a rule"),
        ("close == None", "None", "'None' is not part of a rule"),
        ("close > 1j", "1j", "'1j' is not part of a rule"),
        ("market == b'kospi'", "b'", "is not part of a rule"),
        ("close == ...", "...", "'...' is not part of a rule"),
        ("close << 1 > 1", "close", "the operator of 'close << 1' is not part of a rule"),
        ("close in per", "per", "expected a list of values after 'in'"),
        ("close in []", "[", "expected a list of values after 'in'"),
        ("close in [per]", "[", "expected a list of values after 'in'"),
        ("per > 1; close > 1", ";", "invalid syntax"),
        ("import os", "import", "invalid syntax"),
    ],
)
def test_rules_that_are_none(rule: str, marked: str, message: str) -> None:
    """The message says what is wrong, and its mark stands under the character."""
    with pytest.raises(ValueError, match="rule 'bad'") as caught:
        screen(TABLE, {"bad": rule})
    said, text, mark = str(caught.value).split("\n")
    assert message in said
    assert text == f"  {rule}"
    at = len(mark) - 3
    assert rule[at:].startswith(marked)
    assert said.startswith(f"rule 'bad', character {at + 1}: ")
    assert mark[2:-1] == "".join("\u3000" if character >= "가" else " " for character in rule[:at])


@pytest.mark.parametrize("rule", ["", "  ", 5, None, ["close > 1"]])
def test_rules_without_text(rule: object) -> None:
    """A rule is a text."""
    with pytest.raises(ValueError, match="rule 'bad': expected an expression such as"):
        screen(TABLE, {"bad": rule})  # type: ignore[dict-item]


def test_a_rule_is_no_program(tmp_path: Path) -> None:
    """What a column can do in Python, a rule cannot: here, write a file."""
    target = tmp_path / "written"
    for rule in (f"close.to_csv({str(target)!r}) == 1", f"close.to_frame().to_csv({str(target)!r}) == 1"):
        with pytest.raises(ValueError, match="is not part of a rule"):
            screen(TABLE, {"bad": rule})
    assert not target.exists()


def test_rules_that_are_too_much() -> None:
    """Length and depth have a limit, which ends in the same kind of error."""
    with pytest.raises(ValueError, match="at most 1000 characters"):
        screen(TABLE, {"bad": "close > 1" + 1000 * " + 1"})
    for rule in (
        "(" * 400 + "close" + ")" * 400 + " > 1",
        "-" * 900 + "close > 1",
        "not " * 240 + "close > 1",
    ):
        with suppress(ValueError):
            screen(TABLE, {"deep": rule})


TOKENS = (
    ["close", "per", "market", "session", "traded", "`my column`", "1", "0", "'kospi'", "9" * 20],
    ["abs", "rank", "isna", "startswith", "lambda", "if", "and", "or", "not", "in", "<", ">=", "==", "!="],
    [
        "+",
        "-",
        "*",
        "/",
        "%",
        "**",
        "&",
        "|",
        "~",
        ".",
        "(",
        ")",
        "[",
        "]",
        ",",
        "@",
        "`",
        "'",
        ":",
        "가",
        "\\",
        "\0",
    ],
)


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from([token for line in TOKENS for token in line]), max_size=12),
    st.sampled_from(["", " ", "\n"]),
)
def test_any_text_is_a_rule_or_a_value_error(tokens: list[str], between: str) -> None:
    """Whatever is typed gives an answer for every row, or a ValueError that names the rule."""
    said = ""
    try:
        found = screen(TABLE, {"typed": between.join(tokens)}).passed["typed"]
    except ValueError as error:
        said = str(error)
    if said:
        assert said.startswith("rule 'typed'")
    else:
        assert found.dtype == "boolean"
        assert len(found) == len(TABLE)


Row = dict[str, float | None]
Answer = Callable[[Row], float | bool | None]
ROWS = [
    {"close": close, "per": per, "pbr": pbr}
    for close in (900.0, 5000.0, None)
    for per in (5.0, -5.0, None)
    for pbr in (0.0, 0.5, None)
]


def both(left: tuple[str, Answer], op: str, right: tuple[str, Answer]) -> tuple[str, Answer]:
    """An expression of two others, and what it is worth in one row, in plain Python."""
    (text, a), (other, b) = left, right

    def answer(row: Row) -> float | bool | None:
        x, y = a(row), b(row)
        if op == "and" and (x is False or y is False):
            return False
        if op == "or" and (x is True or y is True):
            return True
        if x is None or y is None or (op == "/" and y == 0):
            return None
        return PYTHON[op](x, y)

    return f"({text} {op} {other})", answer


PYTHON: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "and": lambda x, y: x and y, "or": lambda x, y: x or y,
}  # fmt: skip
COLUMNS = st.sampled_from([(name, operator.itemgetter(name)) for name in ("close", "per", "pbr")])
CONSTANTS = st.integers(0, 10).map(lambda n: (str(n), lambda row: float(n)))
NUMBERS = st.recursive(
    COLUMNS | CONSTANTS,
    lambda inner: st.builds(both, inner, st.sampled_from("+-*/"), inner),
    max_leaves=4,
)
TRUTHS = st.recursive(
    st.builds(both, NUMBERS, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBERS),
    lambda inner: (
        st.builds(both, inner, st.sampled_from(["and", "or"]), inner)
        | inner.map(
            lambda one: (f"not {one[0]}", lambda row: None if one[1](row) is None else not one[1](row))
        )
    ),
    max_leaves=4,
)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TRUTHS)
def test_rules_against_plain_python(rule: tuple[str, Answer]) -> None:
    """Random rules, row by row, against Python with None for what is missing."""
    text, answer = rule
    table = pd.DataFrame(ROWS, dtype=float)
    assume(any(name in text for name in table))
    found = screen(table, {"rule": text}).passed["rule"]
    assert [None if pd.isna(value) else bool(value) for value in found] == [answer(row) for row in ROWS]


# --- arguments, order, funnel -------------------------------------------------------------------------


def test_calls_that_cannot_be() -> None:
    """No rules, a code twice, a column twice, a sort that is not there, a top without a sort."""
    rules = {"any": "close > 0"}
    for wrong in ({}, "close > 0", ["close > 0"], None):
        with pytest.raises(ValueError, match="rules: expected names"):
            screen(TABLE, wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="different codes, got several of 000010"):
        screen(pd.concat([TABLE, TABLE.head(1)]), rules)
    with pytest.raises(ValueError, match="different columns, got several of close"):
        screen(TABLE[["close", "per", "close"]], rules)
    with pytest.raises(ValueError, match="sort: no column 'prr'; did you mean per"):
        screen(TABLE, rules, sort="prr")
    with pytest.raises(ValueError, match="top requires sort="):
        screen(TABLE, rules, top=3)
    for top in (0, -1, 2.5, True):
        with pytest.raises(ValueError, match="top: expected a positive integer"):
            screen(TABLE, rules, sort="per", top=top)  # type: ignore[arg-type]


def test_a_table_without_rows() -> None:
    """Nothing in, nothing out, and a funnel of zeros."""
    found = screen(TABLE.iloc[:0], {"price": "close > 1", "cheap": "per < 15"})
    assert len(found) == 0
    assert (found.funnel[["entered", "failed", "missing", "left", "passes_alone"]] == 0).all().all()


def test_screen_shows_itself() -> None:
    """How many, the funnel and the hits, in a terminal and in a notebook."""
    found = screen(TABLE, {"price": "close > 10000"})
    assert isinstance(found, Screen)
    assert repr(found).startswith("1 of 5 codes\n")
    assert "close > 10000" in repr(found)
    assert "close &gt; 10000" in found._repr_html_()
