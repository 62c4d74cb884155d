"""The public API as a type checker sees it from outside."""

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_overloads

import pytest

import kiwoom_research as kr
from kiwoom_research.backtest.trading_costs import TAXES, TaxedMarket
from kiwoom_research.bulk.pull import PULL_FREQS
from kiwoom_research.data import bars, choices, indices, investors, products, rankings, stocks
from kiwoom_research.endpoints.chart import MINUTES, TICKS
from kiwoom_research.endpoints.foreign_institution import STREAKS
from kiwoom_research.endpoints.params import MARKET, VENUE
from kiwoom_research.endpoints.theme import THEMES
from kiwoom_research.store.schema import STORED_FREQS

ROOT = Path(__file__).parents[1]
INVESTORS_RANKED = {
    word
    for by in ("investor_bought", "estimated_bought")
    for word in rankings.options_of(by)["investor"].choices
}
TYPING = ROOT / "tests" / "typing"


def mypy(file: Path) -> list[tuple[int, str]]:
    """What mypy reports of a file, as line and text."""
    command = [
        "--strict",
        "--ignore-missing-imports",
        "--follow-imports=silent",
        "--config-file=",
        "--no-pretty",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *command, str(file)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    found = re.findall(r"^.*?\.py:(\d+): error: (.*)$", done.stdout, re.MULTILINE)
    return [(int(line), text) for line, text in found]


def test_what_people_write_passes() -> None:
    """No error in code that uses the package as the documentation does."""
    assert mypy(TYPING / "uses.py") == []


def test_mistakes_are_found() -> None:
    """Each marked line is an error for mypy, and nothing else is."""
    file = TYPING / "mistakes.py"
    lines = file.read_text(encoding="utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, 1) if "# wrong: " in line}
    assert len(marked) > 15
    assert {line for line, _ in mypy(file)} == marked


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (choices.BarFreq, bars.FREQS),
        (choices.PullFreq, PULL_FREQS),
        (choices.StoredFreq, STORED_FREQS),
        (choices.MinuteInterval, MINUTES),
        (choices.TickCount, TICKS),
        (choices.StockMarket, stocks.MARKETS),
        (choices.ListedMarket, MARKET.choices),
        (choices.SectorMarket, indices.MARKETS),
        (choices.Venue, VENUE.choices),
        (choices.Venue, kr.calendar.VENUES),
        (choices.RankingName, rankings.RANKINGS),
        (choices.RankingInvestor, INVESTORS_RANKED),
        (choices.PullWhat, {"bars", *investors.DAILY}),
        (choices.StreakSessions, set(STREAKS.param("sessions").choices) - {"range"}),
        (choices.ThemeSort, THEMES.param("sort").choices),
        (choices.GoldKind, products.GOLD),
        (choices.GoldFreq, products.GOLD_FREQS),
        (choices.Exclusion, rankings.LEFT_OUT),
        (choices.FlowUnit, investors.UNITS),
        (TaxedMarket, {tax.market for tax in TAXES}),
    ],
)
def test_types_say_what_the_code_takes(words: object, known: object) -> None:
    """The words of a type are those that the code knows."""
    assert set(get_args(words)) == set(known)  # type: ignore[call-overload]


def annotations() -> Iterator[tuple[str, str]]:
    """Every annotation of public functions and methods."""
    holders = [kr.Store, kr.Sandbox, kr.Screen, kr.ScreenHistory]
    functions = {name: getattr(kr, name) for name in kr.__all__}
    for holder in holders:
        members = inspect.getmembers(holder, inspect.isfunction)
        functions |= {f"{holder.__name__}.{name}": made for name, made in members if name[0] != "_"}
        functions[holder.__name__] = holder.__init__
    for name, function in functions.items():
        if not inspect.isfunction(function):
            continue
        for number, form in enumerate(get_overloads(function) or [function]):
            signature = inspect.signature(form)
            for parameter in signature.parameters.values():
                if parameter.name != "self":
                    yield f"{name}({parameter.name}){number or ''}", str(parameter.annotation)
            yield f"{name}(){number or ''}", str(signature.return_annotation)


def test_nothing_public_is_any() -> None:
    """Every parameter and every result has a type."""
    found = dict(annotations())
    assert len(found) > 200
    vague = {place for place, text in found.items() if re.search(r"\bAny\b|_empty", text)}
    assert vague == set()


def test_a_function_returns_one_type() -> None:
    """A result is never one of two kinds of frame."""
    results = {place: text for place, text in annotations() if "()" in place}
    assert {place: text for place, text in results.items() if "|" in text.replace("| None", "")} == {}
