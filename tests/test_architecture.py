"""The shape of the package: who may import whom, what an import costs, what no file may say."""

import ast
import importlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import kiwoom_research as kr

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "kiwoom_research"

# Imports point down: a module imports from lines above its own, and from its own package.
LAYERS = (
    ("_version", "errors"),
    ("kinds",),
    ("untraded",),
    ("official_close",),
    ("endpoints",),
    ("calendar", "config"),
    ("decode", "display"),
    ("frames",),
    ("client",),
    ("data",),
    ("bulk",),
    ("store",),
    ("explorer", "live_check", "testing"),
    ("commands",),
    ("cli",),
)
# Beside the layers. What each may import of the package; a user joins them.
APART = {
    "indicators": {"kinds", "untraded"},
    "screening": {"kinds", "untraded", "official_close", "calendar", "indicators"},
    "charts": {"errors", "untraded", "indicators"},
    "backtest": {"kinds", "untraded", "official_close"},
    "sandbox": {"errors", "kinds", "endpoints", "calendar"},
}
# The layers from which what stands apart may be used.
MAY_USE = {
    "explorer": {"charts"},
    "testing": {"sandbox"},
    "commands": {"charts", "sandbox"},
}
# Inside a function only: (module, what it imports).
JOINED_IN_FUNCTIONS = {("data.connection", "sandbox"): 'connect("sandbox") starts one'}
PURE = {"indicators", "screening", "charts", "backtest"}
PURE_MAY_LOAD = {"numpy", "pandas", "matplotlib", "talib", "anywidget", "traitlets"}
OPTIONAL = {"talib", "duckdb", "pyarrow", "polars", "dask", "fsspec"}  # extras: inside functions only
HEAVY = ("matplotlib", "ipywidgets", "anywidget", "duckdb", "holidays", "keyring", "tqdm", "dask", "polars")
LONGEST = 400  # lines of a module, docstrings counted
# What is still too long, and names that still exist twice: entries leave these lists and do not come back.
TOO_LONG: set[str] = set()
REPEATED_NAMES: set[str] = set()

# Distributions by what is imported of them.
IMPORTED_AS = {"ta-lib": "talib", "dask[dataframe]": "dask"}


class Import(NamedTuple):
    """One import: in which module, of what, at which line, whether a function or only the type checker runs it."""

    module: str
    target: str
    line: int
    late: bool
    typing: bool


def module_of(file: Path) -> str:
    """``data.pulls`` for kiwoom_research/data/fetch.py, ``data`` for its ``__init__``."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(file): file for file in sorted(PACKAGE.rglob("*.py"))}


def imports_of(module: str) -> Iterator[Import]:
    """Every import of a module; targets in the package begin with a dot."""
    file = FILES[module]
    package = module.split(".") if file.name == "__init__.py" else module.split(".")[:-1]

    def inside(names: list[str]) -> str:
        dotted = ".".join(filter(None, names))
        while dotted and dotted not in FILES:  # a name in a module, not a module
            dotted = dotted.rpartition(".")[0]
        return f".{dotted}"

    def walk(node: ast.AST, late: bool, typing: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    head, _, rest = alias.name.partition(".")
                    target = inside(rest.split(".")) if head == "kiwoom_research" else alias.name
                    yield Import(module, target, child.lineno, late, typing)
            elif isinstance(child, ast.ImportFrom):
                base = (child.module or "").split(".")
                if child.level:
                    up = package[: len(package) - child.level + 1]
                    targets = {inside([*up, *base, alias.name]) for alias in child.names}
                elif base[0] == "kiwoom_research":
                    targets = {inside([*base[1:], alias.name]) for alias in child.names}
                else:
                    targets = {child.module or ""}
                for target in sorted(targets):
                    yield Import(module, target, child.lineno, late, typing)
            else:
                function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
                checking = isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")
                yield from walk(child, late or function, typing or checking)

    yield from walk(ast.parse(file.read_text(encoding="utf-8")), late=False, typing=False)


IMPORTS = [found for module in FILES for found in imports_of(module)]


def top(module: str) -> str:
    """The module or package right under kiwoom_research."""
    return module.removeprefix(".").split(".")[0]


def level(module: str) -> int:
    """The line of `LAYERS` that a module stands in."""
    return next(at for at, line in enumerate(LAYERS) if top(module) in line)


# --- direction ---------------------------------------------------------------------------------------


def test_every_module_is_listed() -> None:
    """A new module has a place above before it has a line of code."""
    listed = {name for line in LAYERS for name in line} | set(APART)
    found = {top(module) for module in FILES} - {"", "__main__"}
    assert found - listed == set()
    assert not set(APART) & {name for line in LAYERS for name in line}


def test_imports_point_down() -> None:
    """No import goes up, sideways or into what stands apart, wherever in the file it is written."""
    wrong = []
    for found in IMPORTS:
        here, there = top(found.module), top(found.target)
        if not found.target.startswith(".") or here in ("", "__main__", there):
            continue
        if (found.module, there) in JOINED_IN_FUNCTIONS and found.late:
            continue
        if here in APART:
            allowed = there in APART[here]
        elif there in APART:
            allowed = there in MAY_USE.get(here, set())
        else:
            allowed = there != "" and level(there) < level(here)
        if not allowed:
            wrong.append(f"{found.module}:{found.line} imports {found.target[1:] or 'the package itself'}")
    assert not wrong, "\n".join(wrong)


def test_every_allowance_is_used() -> None:
    """What nothing imports any more is taken out of the lists."""
    inside = {(found.module, top(found.target)) for found in IMPORTS if found.target.startswith(".")}
    used = {(top(module), target) for module, target in inside}
    assert set(JOINED_IN_FUNCTIONS) <= inside
    for allowances in (APART, MAY_USE):
        allowed = {(module, target) for module, targets in allowances.items() for target in targets}
        assert allowed - used == set()
    outside = {found.target.split(".")[0] for found in IMPORTS}
    assert outside >= OPTIONAL
    assert {found.target.split(".")[0] for found in IMPORTS if top(found.module) in PURE} >= PURE_MAY_LOAD


def test_no_circles() -> None:
    """Modules do not import one another in a circle: not inside a package, not for the type checker alone."""
    graph: dict[str, set[str]] = {module: set() for module in FILES}
    for found in IMPORTS:
        target = found.target[1:]
        around = found.module == target or found.module.startswith(f"{target}.")
        if found.target.startswith(".") and not found.late and not around:
            graph[found.module].add(target)
    TopologicalSorter(graph).prepare()  # CycleError names the circle


def test_the_pure_modules_ask_nobody() -> None:
    """Indicators, screening, charts and export load numbers and pictures, and nothing that reaches out."""
    stdlib = sys.stdlib_module_names - {"socket", "http", "urllib", "subprocess", "sqlite3", "asyncio"}
    for found in IMPORTS:
        if top(found.module) in PURE and not found.target.startswith("."):
            assert found.target.split(".")[0] in PURE_MAY_LOAD | stdlib, f"{found.module}:{found.line}"


# --- what is imported --------------------------------------------------------------------------------


def distributions(requirements: list[str]) -> set[str]:
    """What the requirements are imported as."""
    names = {re.split(r"[ <>=!~;\[]", line, maxsplit=1)[0].lower() for line in requirements}
    return {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}


def test_third_parties_are_declared() -> None:
    """What the package imports is in pyproject.toml; extras are imported inside functions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime = distributions(project["dependencies"])
    for found in IMPORTS:
        name = found.target.split(".")[0]
        if not name or name in sys.stdlib_module_names or found.typing:
            continue
        if name in OPTIONAL:
            assert found.late, f"{found.module}:{found.line} loads the extra {name} at once"
        elif name == "urllib3":  # part of requests
            assert "requests" in runtime
        elif name == "numpy":  # part of pandas
            assert "pandas" in runtime
        elif found.module == "testing" and name == "pytest":  # which loads it
            continue
        elif name in ("IPython", "traitlets"):  # parts of ipywidgets
            assert "ipywidgets" in runtime
        else:
            assert name in runtime, f"{found.module}:{found.line} imports {name}, which nobody installs"


def run(code: str) -> str:
    """The output of a fresh Python."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_by(statement: str) -> set[str]:
    """The packages outside the standard library that a statement loads in a fresh Python; what it prints is lost."""
    names = run(
        "import contextlib, io, sys\n"
        "before = set(sys.modules)\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    {statement}\n"
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    )
    return set(names.split()) - sys.stdlib_module_names


def test_an_import_loads_nothing() -> None:
    """``import kiwoom_research`` and ``kiwoom-research --help`` load no package but the lazy loader."""
    modules = "[name for name in sys.modules if name.startswith('kiwoom_research')]"
    assert run(f"import kiwoom_research, sys; print(*{modules})").split() == ["kiwoom_research"]
    assert loaded_by("import kiwoom_research") == {"kiwoom_research", "lazy_loader"}
    shown = loaded_by("import kiwoom_research.cli; kiwoom_research.cli.main(['--help'])")
    assert shown == {"kiwoom_research", "lazy_loader"}


def test_a_first_call_loads_nothing_heavy() -> None:
    """Naming a call loads pandas, and none of the packages that only some calls need."""
    loaded = loaded_by("import kiwoom_research as kr; kr.get_bars, kr.features, kr.to_ohlcv")
    assert "pandas" in loaded
    assert loaded & set(HEAVY) == set()


def test_every_module_imports_alone() -> None:
    """Each module can be the first that is imported, without a warning."""
    modules = [module for module in FILES if module and not module.endswith("__main__")]
    run(
        "import importlib, sys\n"
        f"for name in {modules!r}:\n"
        "    for loaded in [m for m in sys.modules if m.startswith('kiwoom_research')]:\n"
        "        del sys.modules[loaded]\n"
        "    importlib.import_module('kiwoom_research.' + name)"
    )


# --- names and sizes ---------------------------------------------------------------------------------


def stub() -> dict[str, str]:
    """The names of ``__init__.pyi``, and the module that each comes from ("" for a submodule)."""
    found: dict[str, str] = {}
    for node in ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8")).body:
        assert isinstance(node, ast.ImportFrom)
        assert node.level == 1
        for alias in node.names:
            assert alias.asname == alias.name, f"{alias.name} is not exported to type checkers"
            assert alias.name not in found, f"{alias.name} is there twice"
            found[alias.name] = node.module or ""
    return found


def test_public_names_are_those_of_the_stub() -> None:
    """What Python resolves, what a type checker sees and what ``__all__`` says is one list."""
    names = stub()
    assert kr.__all__ == sorted(names)
    assert dir(kr) == kr.__all__
    for name, module in names.items():
        source = importlib.import_module(f"kiwoom_research.{module or name}")
        assert getattr(kr, name) is (getattr(source, name) if module else source)
    with pytest.raises(AttributeError):
        _ = kr.no_such_name  # type: ignore[attr-defined]


def test_public_names_are_no_submodules() -> None:
    """``kr.name`` never changes its meaning when a submodule of that name is imported."""
    public = {name for name, module in stub().items() if module}
    assert public & {top(module) for module in FILES} == set()


def test_no_drawer_for_odds_and_ends() -> None:
    """A module is named for what it is about."""
    odd = {"util", "utils", "helper", "helpers", "common", "misc", "tools"}
    assert not odd & {part for module in FILES for part in module.split(".")}


def test_no_name_means_two_things() -> None:
    """A class, or a function that other modules may use, has a name of its own in the whole package."""
    places: dict[str, list[str]] = {}
    for module, file in FILES.items():
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            private = isinstance(node, ast.FunctionDef) and node.name.startswith("_")
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not private:
                places.setdefault(node.name, []).append(module)
    repeated = {name: modules for name, modules in places.items() if len(set(modules)) > 1}
    assert {name: modules for name, modules in repeated.items() if name not in REPEATED_NAMES} == {}
    assert set(repeated) >= REPEATED_NAMES


def test_modules_stay_readable() -> None:
    """A module that outgrows the limit becomes several; the tables of the calls may be long."""
    lengths = {
        module: len(file.read_text(encoding="utf-8").splitlines())
        for module, file in FILES.items()
        if top(module) != "endpoints"
    }
    long = {module: lines for module, lines in lengths.items() if lines > LONGEST}
    assert {module: lines for module, lines in long.items() if module not in TOO_LONG} == {}
    assert set(long) >= TOO_LONG


# --- what no file may say ----------------------------------------------------------------------------


def text_files() -> list[Path]:
    """Every text file that is or would be committed."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    if listing.returncode or not listing.stdout:
        pytest.skip("not a git checkout")
    names = [name for name in listing.stdout.split("\0") if name and not name.startswith(".venv")]
    files = [ROOT / name for name in names]
    return [file for file in files if file.is_file() and b"\0" not in file.read_bytes()]


def forbidden() -> list[str]:
    """Machine paths and hosts of package registries, put together here so that this file passes."""
    roots = ["ro" + "ot", "ho" + "me", "wo" + "rk", "Us" + "ers", "opt/wh" + "eels", "private/v" + "ar"]
    hosts = [
        "py" + "pi.org",
        "python" + "hosted.org",
        "ana" + "conda.org",
        "npm" + "js.org",
        "artif" + "actory",
    ]
    return [f"/{root}/" for root in roots] + ["C:" + "\\", *hosts]


def test_no_machine_path_and_no_registry() -> None:
    """No tracked file names a folder of somebody's machine or a host that packages come from."""
    found = [
        f"{file.relative_to(ROOT)}: {text}"
        for file in text_files()
        for text in forbidden()
        if text in file.read_text(encoding="utf-8", errors="replace")
    ]
    assert not found, "\n".join(found)


def test_the_version_is_the_installed_one() -> None:
    """pyproject.toml, the installed package and ``kr.__version__`` agree."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert kr.__version__ == project["version"] == importlib.metadata.version("kiwoom_research")
