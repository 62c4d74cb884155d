"""``python -m kiwoom_research.endpoints`` prints FIELDS.md."""

from collections.abc import Iterator

from . import CATALOGUE
from .table import Endpoint, Field

INTRO = """# Fields

Every call of the catalogue: Kiwoom's key, our column, its kind and unit. Made by `make fields` from
`kiwoom_research/endpoints/`; a test compares. Prices marked with ± have a companion column `<name>_sign`
(-1, 0, +1 against the previous close). `scale` is Kiwoom's unit over ours and is applied already.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRO, *(line for table in CATALOGUE.values() for line in _section(table))])


def _section(table: Endpoint) -> Iterator[str]:
    yield f"## {table.id} {table.title}"
    yield ""
    yield f"`POST {table.path}`" + (f", {table.page_rows} rows a page" if table.rows else ", one record")
    if table.note:
        yield ""
        yield table.note
    yield ""
    yield "| parameter | needed | values | |"
    yield "|---|---|---|---|"
    for param in table.params:
        yield f"| `{param.raw}` | {'yes' if param.required else 'no'} | {' '.join(param.values)} | {_cell(param.note)} |"
    yield ""
    if table.fields:
        yield "| Kiwoom | 이름 | column | kind | unit | scale | note |"
        yield "|---|---|---|---|---|---|---|"
        yield from map(_row, table.fields)
        yield ""


def _row(field: Field) -> str:
    notes = [field.note, "from the request" * field.request, "may be absent" * field.optional]
    cells = (
        f"`{field.raw}`",
        field.title,
        f"`{field.name}`" + " ±" * field.signed,
        field.kind.name,
        field.kind.unit,
        "" if field.scale == 1 else f"{field.scale:,}",
        "; ".join(filter(None, dict.fromkeys(notes))),
    )
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(page())
