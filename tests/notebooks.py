"""The notebooks: what all of them keep to, and how they are run again (``make notebooks``).

The sandbox's market stands still, so that a second run writes the same bytes.
"""

import base64
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = {path.stem: path for path in sorted(FOLDER.glob("[0-9]*.ipynb"))}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
SECONDS = 120  # for one cell
MOST = 30  # cells

FIRST = ("import kiwoom_research as kr\n", 'kr.connect("sandbox")  # delete this line to use your own keys\n')
MARK = "# NBVAL_CHECK_OUTPUT\n"
WIDGET = "application/vnd.jupyter.widget-view+json"
# a folder or port of some machine, a progress bar
NOT_FOR_OTHERS = re.compile(r"(?<!\w)/(?:tmp|var|home|root|Users)/\w|\b[A-Z]:\\|127\.0\.0\.1|\d%\|")


def read(path: Path) -> NotebookNode:
    """A notebook as it is on the disk."""
    return nbformat.read(path, as_version=4)


# --- what they keep to --------------------------------------------------------------------------------


def problems(notebook: NotebookNode) -> Iterator[str]:
    """What is wrong with a notebook, one line each."""
    cells = notebook.cells
    if len(cells) > MOST:
        yield f"{len(cells)} cells, at most {MOST}"
    if cells[0].cell_type != "markdown" or not re.search(r"^\*\*.*\?\*\*$", cells[0].source, re.MULTILINE):
        yield "the first cell asks no **question?**"
    code = [(number, cell) for number, cell in enumerate(cells, 1) if cell.cell_type == "code"]
    for line in FIRST:
        if not code or line not in code[0][1].source + "\n":
            yield f"the first code cell lacks: {line.strip()}"
    for run, (number, cell) in enumerate(code, 1):
        if cells[number - 2].cell_type != "markdown" or number == 1:
            yield f"cell {number}: no prose before it"
        if cell.execution_count != run:
            yield f"cell {number}: its outputs are not those of one run from top to bottom"
        for said in _of_a_cell(cell):
            yield f"cell {number}: {said}"


def _of_a_cell(cell: NotebookNode) -> Iterator[str]:
    kinds = {kind for output in cell.outputs for kind in output.get("data", {"text": ""})}
    picture = any(kind.startswith("image/") for kind in kinds)
    marked = cell.source.startswith(MARK)
    if marked and picture:
        yield "a picture is not compared: take the mark away"
    if kinds and not picture and not marked:
        yield f"prints and is not compared: begin it with {MARK.strip()}"
    if marked and not kinds:
        yield "is to be compared and shows nothing"
    for output in cell.outputs:
        if output.output_type == "error":
            yield f"{output.ename}"
        if output.get("name") == "stderr":
            yield f"stderr: {output.text[:200]}"
        for text in [output.get("text", ""), *output.get("data", {}).values()]:
            if found := NOT_FOR_OTHERS.search(str(text)):
                yield f"shows {found[0]}"


# --- how they are run -----------------------------------------------------------------------------------


def surroundings(folder: Path, bars: Path | None = None) -> dict[str, str]:
    """An environment without keys, with folders of its own; `bars` are replayed instead of the invented market."""
    own = {
        "KIWOOM_CACHE_DIR": folder / "cache",
        "KIWOOM_STATE_DIR": folder / "state",
        "IPYTHONDIR": folder / "ipython",
        "JUPYTER_CONFIG_DIR": folder / "config",
        "JUPYTER_RUNTIME_DIR": folder / "runtime",
    }
    if bars is not None:
        own["KIWOOM_SANDBOX_BARS"] = bars
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KIWOOM_", "JPY_"))}
    kept["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    return kept | {name: str(path) for name, path in own.items()}


def executed(path: Path, env: dict[str, str]) -> NotebookNode:
    """The notebook with the outputs of a run in a fresh kernel; an exception in a cell is raised."""
    notebook = read(path)
    NotebookClient(notebook, timeout=SECONDS, record_timing=False).execute(cwd=str(path.parent), env=env)
    return notebook


def tidied(notebook: NotebookNode) -> str:
    """The text of a notebook without anything that differs between two runs."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook.nbformat_minor = 5
    for number, cell in enumerate(notebook.cells, 1):
        cell.id, cell.metadata = f"cell-{number:02}", {}
        if cell.cell_type == "code":
            # a widget lives with its kernel: what it leaves behind is the number it had there
            cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
            for output in cell.outputs:
                _tidy(output)
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def _tidy(output: NotebookNode) -> None:
    if "metadata" in output:  # but for the alt text of a picture
        output.metadata = {k: v for k, v in output.metadata.items() if k == "image/png"}
    if "image/png" in output.get("data", {}):
        output.data["image/png"] = smaller(output.data["image/png"])


def smaller(png: str) -> str:
    """The same picture in 256 colours: a third of the bytes, and nobody sees the difference."""
    picture, file = Image.open(io.BytesIO(base64.b64decode(png))), io.BytesIO()
    if picture.mode == "P":
        return png
    picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(file, "png", optimize=True)
    return base64.b64encode(file.getvalue()).decode("ascii")


def main(names: list[str]) -> None:
    """Rewrite those whose name begins with one of `names`, all without any."""
    for name, path in NOTEBOOKS.items():
        if names and not name.startswith(tuple(names)):
            continue
        print(name, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            text = tidied(executed(path, surroundings(Path(folder))))
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
