"""``catalog`` and ``describe`` against the lists of the manual."""

import csv
from html.parser import HTMLParser
from pathlib import Path

import pytest

import kiwoom_research as kr
from kiwoom_research import cli
from kiwoom_research.endpoints import QUERIES

from .test_tables import NOT_IN_THE_TABLE

# categories of endpoints.csv in our words; the user's own watchlists are newer than it
CATEGORIES = {"institution/foreigner": "foreign institution"}


def rows(test_data: Path, name: str) -> list[dict[str, str]]:
    """The lines of a reference file."""
    with (test_data / "reference" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_catalog_is_the_manual(test_data: Path) -> None:
    """Every call once, with the manual's name and category."""
    manual = {row["api_id"]: row for row in rows(test_data, "endpoints.csv")}
    found = kr.catalog()
    assert set(found.index) == {*manual, "ka01300", "ka01301"}
    assert found.index.is_unique
    for api_id, row in manual.items():
        ours = found.loc[api_id]
        assert ours["category"] == CATEGORIES.get(row["category"], row["category"])
        # the list has the titles of two editions: with blanks or without
        assert ours["title"].replace(" ", "") == row["korean_name"].replace(" ", ""), api_id
    assert (found[["english", "row", "evidence"]] != "").all(axis=None)
    assert found["english"].is_unique


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("공매도", ["ka10014"]),
        ("short selling", ["ka10014"]),
        ("KA10014", ["ka10014"]),
        ("테마", ["ka90001", "ka90002"]),
        ("order book", ["ka10004", "ka10007", "ka50101", "ka10020", "ka10021"]),
        ("nothing like it", []),
    ],
)
def test_words_find_calls(text: str, expected: list[str]) -> None:
    """Korean or English, in any case; all words have to occur."""
    found = kr.catalog(text)
    named = [api_id for api_id in found.index if api_id in expected]
    assert sorted(named) == sorted(expected)
    assert found.index[: len(expected)].tolist() == named  # before those that only mention them
    assert found.columns.tolist() == kr.catalog().columns.tolist()


def test_words_find_columns() -> None:
    """A word that no name has is looked for in parameters and columns, by our name and by the Korean title."""
    holders = {call.id for call in QUERIES.values() for table in call.tables if "strength" in table.columns}
    assert holders <= set(kr.catalog("strength").index)
    assert "ka10001" in kr.catalog("상장주식").index


def test_every_ranking_is_found() -> None:
    """The manual's whole category."""
    rankings = kr.catalog("ranking")
    assert set(rankings.index[rankings["category"] == "ranking"]) == {
        api_id for api_id, category in kr.catalog()["category"].items() if category == "ranking"
    }


@pytest.mark.parametrize("api_id", QUERIES)
def test_a_description_holds_the_manual(api_id: str, test_data: Path) -> None:
    """Every key of request and reply that the manual lists, and the codes of every choice by their words."""
    described = kr.describe(api_id)
    text = repr(described)
    listed = [row for row in rows(test_data, "fields.csv") if row["api_id"] == api_id]
    for row in listed:
        if row["element"].lower().startswith("return"):
            continue
        if row["direction"] == "request":
            assert row["element"] in set(described.parameters["kiwoom"])
        elif (row["list_key"], api_id, row["element"]) not in NOT_IN_THE_TABLE:
            assert row["element"] in text
    assert described.title in text
    for param in QUERIES[api_id].params:
        line = described.parameters.set_index("parameter").loc[param.name]
        assert (
            len(line["choices"].replace("1,0", "10").split(", ")) >= len(param.choices) or not param.choices
        )
    for frame in described.frames.values():
        assert frame["column"].is_unique
        assert set(frame["evidence"]) <= {"recorded", "manual", "inferred"}


class Page(HTMLParser):
    """Collects the cells of a page and checks that tags are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember an open tag."""
        if tag != "br":
            self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        """The tag that is open must be this one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Add to the cell."""
        if "td" in self.open:
            self.cells[-1] += data


@pytest.mark.parametrize("api_id", QUERIES)
def test_a_description_in_a_notebook(api_id: str) -> None:
    """Well-formed, with every cell that the frames have; what looks like a tag is shown as text."""
    described = kr.describe(api_id)
    page = Page()
    page.feed(described._repr_html_())
    assert page.open == []
    for frame in (described.parameters, *described.frames.values()):
        for texts in frame.to_numpy():
            assert {text for text in texts if text} <= set(page.cells)


def test_a_description_in_a_shell() -> None:
    """Columns stand under each other although a Hangul syllable is two columns wide."""
    text = repr(kr.describe("ka10014"))
    lines = text[text.index("  column") :].splitlines()
    at = [
        sum(2 if "가" <= letter <= "힣" else 1 for letter in line[: line.index(kind)])
        for line, kind in zip(lines[1:], ["DATE ", "DIRECTED_PRICE", "DIRECTION", "CHANGE"], strict=False)
    ]
    assert set(at) == {lines[0].index("kind")}
    assert max(map(len, repr(kr.describe("ka10027")).splitlines())) < 140


def test_a_description_says_when_numbers_are_final() -> None:
    """Short sales at 21:05, estimates never, watchlists not at all."""
    assert "short_volume, short_volume_sum" in kr.describe("ka10014").finality
    assert "21:05" in kr.describe("ka10014").finality
    for api_id in ("ka10063", "ka10065", "ka10066"):
        assert "never final" in kr.describe(api_id).finality
    assert "never stored" in kr.describe("ka01300").finality


def test_an_unknown_call() -> None:
    """The message says where the calls are listed."""
    with pytest.raises(ValueError, match=r"kr\.catalog\(\), such as 'ka10081', got 'ka99999'"):
        kr.describe("ka99999")


def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The same in a shell."""
    assert cli.main(["catalog", "공매도"]) == 0
    assert capsys.readouterr().out == "ka10014  short selling of a stock by day (공매도추이요청)\n"
    assert cli.main(["describe", "ka10027"]) == 0
    assert capsys.readouterr().out == f"{kr.describe('ka10027')!r}\n"
    assert cli.main(["describe", "ka99999"]) == 2
    assert "kiwoom-research catalog" in capsys.readouterr().err
    assert cli.main(["catalog", "nothing", "like", "it"]) == 2
    assert "nothing like it" in capsys.readouterr().err
