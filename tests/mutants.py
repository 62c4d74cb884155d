"""``python -m tests.mutants``: plant mistakes one at a time, and print those that no test notices.

Two kinds. In the tables of the calls: a scale times ten, another kind, the names of two fields exchanged, a sign dropped;
in each case only the witnesses (hand-made replies, recordings, the manual) are run. In the code: comparisons, constants and
logic of modules that decide what is right, with the tests of each module. Tables are mutated in a child of a process that
has collected the witnesses once; code in a copy of the repository. A seeded sample, so that two runs say the same.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kiwoom_research import kinds
from kiwoom_research.endpoints import CATEGORIES, QUERIES, Call, Field, Table
from kiwoom_research.kinds import Number

ROOT = Path(__file__).parents[1]
WITNESSES = [
    "tests/test_wire.py",
    "tests/test_recorded.py",
    "tests/test_recorded_calls.py",
    "tests/test_tables.py",
    "tests/test_examples.py::test_every_example_becomes_a_frame",
    "tests/test_spelling.py::test_every_cell_is_written_as_it_came",
]

# --- tables -----------------------------------------------------------------------------------------

OTHER_KIND = {
    "CODE": kinds.COUNT,
    "TEXT": kinds.COUNT,
    "DATE": kinds.TEXT,
    "TIME": kinds.TEXT,
    "PRICE": kinds.SHARES,
    "DIRECTED_PRICE": kinds.PRICE,
    "AVERAGE": kinds.SHARES,
    "CHANGE": kinds.NET_SHARES,
    "MONEY": kinds.SHARES,
    "GROSS_MONEY": kinds.MONEY,
    "SHARES": kinds.MONEY,
    "NET_SHARES": kinds.MONEY,
    "GROSS_SHARES": kinds.NET_SHARES,
    "COUNT": kinds.SHARES,
    "PERCENT": kinds.RATIO,
    "PROPORTION": kinds.PERCENT,
    "RATIO": kinds.PERCENT,
    "INDEX": kinds.PRICE,
    "POINTS": kinds.CHANGE,
    "DIRECTION": kinds.TEXT,
    "GRAMS": kinds.SHARES,
}


def scaled(field: Field) -> Field | None:
    """The same number, ten times too large."""
    return replace(field, scale=field.scale * 10) if isinstance(field.kind, Number) else None


def swapped(field: Field) -> Field | None:
    """Another kind, in most cases with another unit."""
    other = OTHER_KIND.get(field.kind.name)
    return replace(field, kind=other) if other else None


def unsigned(field: Field) -> Field | None:
    """A number with a sign becomes a magnitude."""
    kind = field.kind
    signed = (
        isinstance(kind, Number)
        and not kind.magnitude
        and kind.name in ("CHANGE", "PERCENT", "NET_SHARES", "POINTS")
    )
    return replace(field, kind=replace(kind, magnitude=True)) if signed else None


ALONE: dict[str, Callable[[Field], Field | None]] = {
    "scale times ten": scaled,
    "another kind": swapped,
    "sign dropped": unsigned,
}
EXCHANGED = "two fields exchanged"


@dataclass(frozen=True)
class TableMutant:
    """A mistake in one line of a table; the tables of a call that share the line share the mistake."""

    call: Call
    table: Table
    field: Field
    what: str

    def __str__(self) -> str:
        return f"{self.call.id} {self.table.part} {self.field.raw} ({self.field.name}): {self.what}"

    def plant(self) -> None:
        """Change the tables of this process."""
        for table in self.call.tables:
            if (table.rows, table.part) == (self.table.rows, self.table.part):
                fields = self._changed(table)
                made = replace(table, fields=fields)
                for name in ("fields", "columns", "units"):
                    object.__setattr__(table, name, getattr(made, name))

    def _changed(self, table: Table) -> tuple[Field, ...]:
        at = next((n for n, field in enumerate(table.fields) if field.raw == self.field.raw), None)
        if at is None:
            return table.fields
        fields = list(table.fields)
        if self.what == EXCHANGED:
            one, two = fields[at], fields[partner(table, at)]
            fields[at] = replace(one, name=two.name)
            fields[partner(table, at)] = replace(two, name=one.name)
        else:
            fields[at] = ALONE[self.what](fields[at]) or fields[at]
        return tuple(fields)


def partner(table: Table, at: int) -> int:
    """The next field of the same kind, or -1."""
    kind = table.fields[at].kind
    later = (n for n in range(at + 1, len(table.fields)) if table.fields[n].kind == kind)
    return next(later, -1)


def table_mutants() -> Iterator[TableMutant]:
    """Every mutant of every line of a table."""
    for call in QUERIES.values():
        seen = set()
        for table in call.tables:
            for at, field in enumerate(table.fields):
                key = (table.rows, table.part, field.raw)
                if field.request or key in seen:
                    continue
                seen.add(key)
                if partner(table, at) > 0 and field.name not in table.index:
                    yield TableMutant(call, table, field, EXCHANGED)
                for what, change in ALONE.items():
                    if change(field) is not None:
                        yield TableMutant(call, table, field, what)


class Runner:
    """Runs the collected witnesses once for each mutant, in a child process, until one fails."""

    def __init__(self, mutants: list[TableMutant]) -> None:
        self.mutants = mutants
        self.killed: dict[int, bool] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of the usual loop."""
        assert self._passes(session, None), "the witnesses fail without a mutant"
        for number, mutant in enumerate(self.mutants):
            self.killed[number] = not self._passes(session, mutant)
        return True

    def _passes(self, session: pytest.Session, mutant: TableMutant | None) -> bool:
        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        status = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            if mutant:
                mutant.plant()
            own = mutant.call.id if mutant else ""
            items = sorted(session.items, key=lambda item: own not in item.nodeid)
            status = 0
            for item in items:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                if session.testsfailed:
                    status = 1
                    break
        finally:
            os._exit(status)


def run_tables(count: int, seed: int) -> None:
    """Mutate the tables and print, by category, how many mutants are killed."""
    groups: dict[tuple[str, str], list[TableMutant]] = defaultdict(list)
    for mutant in table_mutants():
        groups[CATEGORIES[mutant.call.id], mutant.what].append(mutant)
    draw = random.Random(seed)
    chosen = [mutant for group in groups.values() for mutant in draw.sample(group, min(count, len(group)))]
    runner = Runner(chosen)
    options = ["-o", "addopts=", "-p", "no:terminal", "-p", "no:cacheprovider"]
    pytest.main([*options, *(str(ROOT / name) for name in WITNESSES)], plugins=[runner])
    assert runner.killed, "no witness was collected"
    tried, dead = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for number, mutant in enumerate(chosen):
        for key in ((CATEGORIES[mutant.call.id], ""), ("", mutant.what), ("", "")):
            tried[key] += 1
            dead[key] += runner.killed[number]
        if not runner.killed[number]:
            print(f"  survived: {mutant} [{mutant.field.evidence}]")
    for key in sorted(tried):
        print(
            f"{' '.join(key).strip() or 'all tables':22} {dead[key]:4} of {tried[key]:4}  {dead[key] / tried[key]:.0%}"
        )


# --- code -------------------------------------------------------------------------------------------

MODULES = {
    "kinds.py": ["test_kinds.py", "test_spelling.py", "test_wire.py"],
    "decode.py": ["test_decode_once.py", "test_odd_cells.py", "test_wire.py"],
    "frames.py": ["test_wire.py", "test_odd_cells.py", "test_contract.py"],
    "untraded.py": ["test_untraded.py"],
    "calendar/trading_day.py": ["test_calendar.py", "test_long_day.py"],
    "calendar/trading_days.py": ["test_calendar.py"],
    "calendar/finality.py": ["test_finality.py", "test_long_day.py"],
    "client/check.py": ["test_transport.py", "test_client.py"],
    "client/throttle.py": ["test_transport.py", "test_processes.py"],
    "client/cache.py": ["test_http_cache.py"],
    "data/fetch.py": ["test_data.py", "test_recorded.py"],
    "data/arguments.py": ["test_data.py"],
    "live_check.py": ["test_live_check.py"],
    "official_close.py": ["test_price.py", "test_recorded.py"],
    "bulk/estimate.py": ["test_bulk.py"],
    "store/corporate_actions.py": ["store/test_corporate_actions.py"],
    "store/gaps.py": ["store"],
    "screening/evaluation.py": ["test_rules.py"],
    "screening/history.py": ["test_screen_history.py"],
    "screening/feature_list.py": ["test_screening.py"],
    "indicators.py": ["test_indicators.py"],
    "backtest/trading_costs.py": ["test_export.py"],
}
COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitAnd: ast.BitOr}


def changes(tree: ast.AST) -> Iterator[tuple[int, str, Callable[[], None]]]:
    """Every change of a module: its line, what it is, and how to make it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
            other = COMPARISONS[type(node.ops[0])]
            yield (
                node.lineno,
                f"{type(node.ops[0]).__name__} to {other.__name__}",
                _setter(node.ops, 0, other()),
            )
        elif isinstance(node, ast.BoolOp):
            made: ast.boolop = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield node.lineno, f"to {type(made).__name__}", _attribute(node, "op", made)
        elif (
            isinstance(node, ast.BinOp)
            and type(node.op) in ARITHMETIC
            and not isinstance(node.left, ast.Constant)
        ):
            arithmetic = ARITHMETIC[type(node.op)]
            yield (
                node.lineno,
                f"{type(node.op).__name__} to {arithmetic.__name__}",
                _attribute(node, "op", arithmetic()),
            )
        elif isinstance(node, ast.Constant) and type(node.value) in (int, bool):
            value = not node.value if isinstance(node.value, bool) else node.value + 1
            yield node.lineno, f"{node.value} to {value}", _attribute(node, "value", value)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node.lineno, "not left out", _attribute(node, "op", ast.UAdd())


def _setter(values: list[ast.cmpop], at: int, value: ast.cmpop) -> Callable[[], None]:
    return lambda: values.__setitem__(at, value)


def _attribute(node: ast.AST, name: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, name, value)


def run_code(count: int, seed: int) -> None:
    """Mutate the code in a copy and print, by module, how many mutants are killed."""
    draw = random.Random(seed)
    total, dead = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        left_out = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis")
        shutil.copytree(ROOT, copy, ignore=left_out)
        for module, tests in MODULES.items():
            file = copy / "kiwoom_research" / module
            source = file.read_text(encoding="utf-8")
            sites = len(list(changes(ast.parse(source))))
            for site in sorted(draw.sample(range(sites), min(count, sites))):
                tree = ast.parse(source)
                line, what, make = list(changes(tree))[site]
                make()
                file.write_text(ast.unparse(tree), encoding="utf-8")
                killed = not _tests_pass(copy, tests)
                total, dead = total + 1, dead + killed
                if not killed:
                    print(f"  survived: {module}:{line} {what}: {source.splitlines()[line - 1].strip()}")
            file.write_text(source, encoding="utf-8")
    print(f"{'all code':22} {dead:4} of {total:4}  {dead / total:.0%}")


def _tests_pass(copy: Path, tests: list[str]) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--timeout=60"]
    try:
        done = subprocess.run(
            [*command, *(f"tests/{name}" for name in tests)],
            cwd=copy, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(copy)},
            capture_output=True, timeout=600, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main() -> None:
    """Read the arguments and run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--tables", type=int, default=10, help="mutants for each category and kind of mistake"
    )
    parser.add_argument("--code", type=int, default=3, help="mutants for each module")
    given = parser.parse_args()
    if given.tables:
        run_tables(given.tables, given.seed)
    if given.code:
        run_code(given.code, given.seed)


if __name__ == "__main__":
    main()
