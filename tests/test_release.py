"""What a release says of itself is the same everywhere: version, date, licence."""

import re
import tomllib
from datetime import date
from importlib.metadata import metadata
from pathlib import Path

import kiwoom_research as kr

ROOT = Path(__file__).parents[1]


def text(name: str) -> str:
    """A file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


PROJECT = tomllib.loads(text("pyproject.toml"))["project"]
HEADINGS = re.findall(r"^## \[(.+?)\](?: - (\S+))?$", text("CHANGELOG.md"), re.MULTILINE)
RELEASES = [(version, day) for version, day in HEADINGS if version != "Unreleased"]


def test_one_version() -> None:
    """pyproject.toml, the installed package, the citation and the newest release of the changelog."""
    assert PROJECT["version"] == kr.__version__
    assert f"version: {PROJECT['version']}\n" in text("CITATION.cff")
    assert RELEASES[0][0] == PROJECT["version"]


def test_the_changelog_goes_back_in_time() -> None:
    """Unreleased changes first, then releases with ISO dates, each older and lower than the one before."""
    assert HEADINGS[0] in (("Unreleased", ""), RELEASES[0])
    assert [version for version, _ in HEADINGS].count("Unreleased") <= 1
    days = [date.fromisoformat(day) for _, day in RELEASES]
    assert days == sorted(days, reverse=True)
    numbers = [tuple(map(int, version.split("."))) for version, _ in RELEASES]
    assert numbers == sorted(set(numbers), reverse=True)


def test_the_licence() -> None:
    """MIT in pyproject.toml, the installed package, the citation and the file."""
    assert PROJECT["license"] == metadata("kiwoom_research")["License-Expression"] == "MIT"
    assert "license: MIT\n" in text("CITATION.cff")
    assert text("LICENSE").startswith("MIT License\n")
