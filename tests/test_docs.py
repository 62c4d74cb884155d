"""What is written is true: FIELDS.md, docstrings, README, changelog, environment.yml."""

import ast
import contextlib
import doctest
import importlib
import importlib.util
import inspect
import io
import logging
import os
import pkgutil
import re
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import kiwoom_research as kr
from kiwoom_research.data import arguments, connection
from kiwoom_research.endpoints import CATALOGUE, QUERIES
from kiwoom_research.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.ko.md")
# pages whose Python blocks run in order
WITH_EXAMPLES = tuple(
    f"docs/{name}.md" for name in ("charts", "from-pykrx", "gallery", "scale", "trading-day")
)

SECTION = re.compile(r"^(\w+)\n-+$", re.MULTILINE)
CALL = re.compile(r"\b(?:ka|au)\d{5}\b")

FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(kr, name) for name in kr.__all__ if inspect.isfunction(getattr(kr, name))
}
METHODS = {
    f"{owner}.{name}": getattr(made, name)
    for owner, made in {"cache": type(kr.cache), "Client": kr.Client, "Sandbox": kr.Sandbox}.items()
    for name, member in vars(made).items()
    if not name.startswith("_") and inspect.isfunction(member)
}
# What a function asks of others to refuse.
CHECKS = {name for name, _ in inspect.getmembers(arguments, inspect.isfunction)} | {"unknown"}


def text(name: str) -> str:
    """A file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def project() -> dict[str, Any]:
    """The project table of pyproject.toml."""
    return dict(tomllib.loads(text("pyproject.toml"))["project"])


def sections(function: Callable[..., Any]) -> dict[str, str]:
    """Sections of a numpydoc docstring; the text before them is under an empty name."""
    parts = SECTION.split(inspect.getdoc(function) or "")
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Examples ask the sandbox, unhurried, with a cache and a folder of their own."""
    shared, rate = Sandbox.shared(), Sandbox.shared().rate
    shared.rate = None
    monkeypatch.setenv("KIWOOM_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(connection, "_default", None)
    monkeypatch.chdir(tmp_path)
    logger = logging.getLogger("kiwoom_research")
    level = logger.level
    yield
    logger.setLevel(level)
    shared.rate = rate
    if connection._default is not None:
        connection._default.close()


# --- FIELDS.md ---------------------------------------------------------------------------------------


def test_fields_page_is_current() -> None:
    """FIELDS.md is what ``make fields`` would write."""
    done = subprocess.run(
        [sys.executable, "-m", "kiwoom_research.endpoints"],
        cwd=ROOT, env={**os.environ, "PYTHONUTF8": "1"}, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert text("FIELDS.md") == done.stdout, "run `make fields`"


# --- docstrings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstring_has_its_sections(name: str) -> None:
    """Parameters if there are any, Returns, Raises where it raises, Examples; each parameter is named."""
    function = FUNCTIONS[name]
    found = sections(function)
    assert found[""].strip(), "no summary"
    parameters = inspect.signature(function).parameters
    named = set()
    for line in found.get("Parameters", "").splitlines():
        if line and not line.startswith(" "):
            named |= {part.strip(" *") for part in line.partition(" : ")[0].split(",")}
    assert named == set(parameters)
    assert "Returns" in found
    assert ">>> " in found.get("Examples", "")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstring_says_what_is_raised(name: str) -> None:
    """A function that raises, or has its arguments checked, has a section that says what."""
    function = FUNCTIONS[name]
    raises = sections(function).get("Raises", "")
    body = ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function))))
    for node in body:
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            said = ast.unparse(node.exc.func)
            made_elsewhere = said.islower() and raises  # a function that returns the exception
            assert made_elsewhere or said in raises, f"{said} is raised and not documented"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CHECKS:
            assert raises, f"{node.func.id}() raises and there is no section Raises"


@pytest.mark.parametrize("name", METHODS)
def test_methods_are_documented(name: str) -> None:
    """Public methods of what people hold in their hands have a docstring that names the parameters."""
    function = METHODS[name]
    said = inspect.getdoc(function) or ""
    assert said
    for parameter in list(inspect.signature(function).parameters)[1:]:
        assert re.search(rf"\b{parameter}\b", said), f"{parameter} is not mentioned"


# What takes a client asks the broker; `query` asks whatever it is told to, `market_phase` wants only the time.
ASKING = [name for name, made in FUNCTIONS.items() if "client" in inspect.signature(made).parameters]
ASKING = [name for name in ASKING if name not in ("query", "market_phase")]


@pytest.mark.parametrize("name", ASKING)
def test_docstring_names_its_call(name: str) -> None:
    """The Kiwoom call behind a function is in its docstring, each with the title of the catalogue."""
    said = " ".join((inspect.getdoc(FUNCTIONS[name]) or "").split())
    calls = set(CALL.findall(said))
    assert calls
    for call in calls:
        assert f"{call} {CATALOGUE[call].title}" in said


def test_every_call_is_documented() -> None:
    """Each call has its section in FIELDS.md; the READMEs say how many there are and where."""
    sections = text("FIELDS.md").splitlines()
    assert [call.id for call in CATALOGUE.values() if f"## {call.id} {call.title}" not in sections] == []
    for name in READMES:
        assert str(len(QUERIES)) in text(name)
        assert "FIELDS.md" in text(name)


def documented_modules() -> list[str]:
    """Modules with examples; ``__main__`` ones would run."""
    names = [kr.__name__]
    names += [
        m.name for m in pkgutil.walk_packages(kr.__path__, "kiwoom_research.") if "__main__" not in m.name
    ]
    found = []
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec and spec.origin and ">>> " in Path(spec.origin).read_text(encoding="utf-8"):
            found.append(name)
    return found


@pytest.mark.parametrize("name", documented_modules())
def test_examples_run(name: str, sandbox: None) -> None:
    """Every example of a module's docstrings gives what it shows."""
    module = importlib.import_module(name)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert not result.failed, out.getvalue()


def test_examples_are_found() -> None:
    """The list of modules above is not empty by mistake."""
    assert {"kiwoom_research.data.bars", "kiwoom_research.kinds"} <= set(documented_modules())


# --- README ------------------------------------------------------------------------------------------

BLOCK = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)


def shown_by(code: str, names: dict[str, Any]) -> str:
    """What a block prints, without blanks at the ends of lines."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, names)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


@pytest.mark.parametrize("name", [*READMES, *WITH_EXAMPLES])
def test_readme_examples_run(name: str, sandbox: None) -> None:
    """The Python blocks run in order and print the text blocks behind them."""
    page = text(name)
    names: dict[str, Any] = {}
    for code, shown in BLOCK.findall(page):
        printed = shown_by(code, names)
        if not shown or shown == printed:
            continue
        if os.environ.get("KIWOOM_WRITE_README"):  # `make readme`, after the sandbox's market has changed
            page = page.replace(f"```text\n{shown}```", f"```text\n{printed}```")
            (ROOT / name).write_text(page, encoding="utf-8")
        else:
            assert printed.splitlines() == shown.splitlines(), "if this is right, run `make readme`"
    assert names


@pytest.mark.parametrize("name", READMES)
def test_first_screen(name: str) -> None:
    """Before anything else: one sentence, five lines of Python that need no keys, the two commands."""
    before, code = text(name).split("```python\n", 1)
    assert len(before.splitlines()) <= 8
    assert "sandbox" in code.split("```")[0]
    assert len([line for line in code.split("```")[0].splitlines() if line]) == 5
    top = "\n".join(text(name).splitlines()[:45])
    assert "make demo" in top
    assert "make test" in top
    assert "```powershell" in top


@pytest.mark.parametrize("name", READMES)
def test_function_table(name: str) -> None:
    """The table has one row for every function that asks, and names no function that there is not."""
    rows = [line for line in text(name).splitlines() if line.startswith("| ")]
    cells = [row.split("|")[2] for row in rows]
    for function in ASKING:
        assert sum(f"`{function}(" in cell for cell in cells) == 1, function
    for function in re.findall(r"`(\w+)\(", "\n".join(cells)):
        assert function in kr.__all__, f"{function} does not exist"


def test_catalog_names_the_functions() -> None:
    """`catalog` says of each call which functions ask it, and the docstrings of the functions say the same."""
    named = kr.catalog()["functions"]
    for api_id, functions in named.items():
        for function in re.findall(r"get_\w+|find", functions):
            assert api_id in (inspect.getdoc(FUNCTIONS[function]) or ""), (api_id, function)
    for name in ASKING:
        calls = re.search(r"Kiwoom calls?:(.*?)\n\s*\n", inspect.getdoc(FUNCTIONS[name]) or "", re.DOTALL)
        if calls and name.startswith("get_"):
            for api_id in set(re.findall(r"(ka\d{5}) [가-힣A-Z]", calls[1])):
                assert name in named[api_id], (api_id, name)


@pytest.mark.parametrize("name", READMES)
def test_readme_and_makefile_agree(name: str) -> None:
    """``make demo`` and ``make test`` exist, and the lines for Windows do the same."""
    makefile, page = text("Makefile"), text(name)
    recipes = dict(re.findall(r"^(\w+):.*\n((?:\t.*\n)+)", makefile, re.MULTILINE))
    demo, tests = re.findall(r"```powershell\n(.*)\n(.*)\n```", page)[0]
    assert "kiwoom-research demo" in recipes["demo"]
    assert "kiwoom-research demo" in demo
    assert "-m pytest" in recipes["test"]
    assert "-m pytest" in tests
    for line, extra in ((demo, "-e ."), (tests, '-e ".[dev]"')):
        assert f"pip install -c constraints.txt {extra}" in line
        assert f"-c constraints.txt {extra}".replace('"', "'") in makefile
    for target in re.findall(r"^make (\w+)", page, re.MULTILINE):
        assert target in recipes


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md"])
def test_links_lead_somewhere(name: str) -> None:
    """Links into the repository name files that exist, and so do paths in code spans."""
    page = text(name)
    for target in re.findall(r"\]\(([^)]+)\)", page):
        assert target.startswith("https://") or (ROOT / target).exists(), target
    for path in re.findall(r"`((?:kiwoom_research|tests)/[\w./]+)`", page):
        assert (ROOT / path).exists(), path


def test_commands_exist() -> None:
    """Every ``kiwoom-research`` command and option in the READMEs is one."""
    from kiwoom_research.cli import _parser

    actions = _parser()._subparsers._group_actions  # type: ignore[union-attr]
    commands = set(actions[0].choices or ())
    for page in map(text, (*READMES, "CHANGELOG.md", "CONTRIBUTING.md")):
        for line in re.findall(r"kiwoom-research ([a-z]+[^`\n]*)", page):
            command, *rest = line.split()
            assert command in commands, line
            for option in [word for word in rest if word.startswith("--")]:
                out = io.StringIO()
                with contextlib.redirect_stdout(out), pytest.raises(SystemExit):
                    _parser().parse_args([command, "--help"])
                assert option in out.getvalue(), line


# --- changelog, environment --------------------------------------------------------------------------


def test_changelog_has_this_version() -> None:
    """Unreleased on top, then the current version with its date."""
    headings = re.findall(r"^## (.*)$", text("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert re.fullmatch(rf"\[{re.escape(kr.__version__)}\] - \d{{4}}-\d\d-\d\d", headings[1])
    for function in re.findall(r"`(get_\w+|find|query|plot)`", text("CHANGELOG.md")):
        assert function in kr.__all__


def requirement(line: str) -> tuple[str, str]:
    """Name and version of a requirement, whichever way the blanks are."""
    found = re.match(r"([\w.-]+)\s*(.*)", line)
    assert found
    return found[1].lower(), found[2]


def test_conda_environment() -> None:
    """environment.yml asks for the runtime dependencies, in the same versions."""
    lines = re.findall(r"^  - ([a-z][\w-]* [<>=].*)$", text("environment.yml"), re.MULTILINE)
    conda = dict(map(requirement, lines))
    conda["matplotlib"] = conda.pop("matplotlib-base")
    python = conda.pop("python")
    assert python.startswith(project()["requires-python"])
    runtime = dict(map(requirement, project()["dependencies"]))
    extras = {name: conda.pop(name) for name in set(conda) - set(runtime)}
    assert conda == runtime
    optional = [line for group in project()["optional-dependencies"].values() for line in group]
    assert extras.items() <= dict(map(requirement, optional)).items()


def test_conda_environment_is_yaml() -> None:
    """environment.yml parses and names channels and dependencies."""
    yaml = pytest.importorskip("yaml")
    parsed = yaml.safe_load(text("environment.yml"))
    assert parsed["name"] == "kiwoom_research"
    assert parsed["channels"]
    names = {line.split()[0] for line in parsed["dependencies"] if isinstance(line, str)}
    assert {"python", "pandas", "matplotlib-base", "pip"} <= names


def test_constraints_cover_the_dependencies() -> None:
    """constraints.txt pins every direct dependency, inside what pyproject.toml allows."""
    pinned = dict(line.split("==") for line in text("constraints.txt").split())
    pinned = {name.lower(): version for name, version in pinned.items()}
    for name, wanted in map(requirement, project()["dependencies"]):
        assert name in pinned, name
        least = wanted.removeprefix(">=")
        assert list(map(int, pinned[name].split("."))) >= list(map(int, least.split("."))), name
