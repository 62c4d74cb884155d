"""``python -m kiwoom_research.endpoints`` prints FIELDS.md."""

from collections.abc import Iterable, Iterator

from ..kinds import Choice, Kind
from . import CATALOGUE
from .table import Endpoint, Field

INTRO = """# Fields

Every call of the catalogue: Kiwoom's key, our column, its kind and unit. Made by `make fields` from
`kiwoom_research/endpoints/`; a test compares. Prices marked with ± have a companion column `<name>_sign`
(-1, 0, +1 against the previous close) behind the columns listed here. `scale` is Kiwoom's unit over ours and is
applied already. Bar frames end in `complete`, frames of several codes in `found`. [Kinds](#kinds) are at the end.
"""


def page() -> str:
    """The whole page."""
    sections = (line for table in CATALOGUE.values() for line in _section(table))
    return "\n".join([INTRO, *sections, *_kinds()])


def _section(table: Endpoint) -> Iterator[str]:
    yield f"## {table.id} {table.title}"
    yield ""
    size = f", {table.page_rows} rows a page" if table.rows else ", one record"
    if table.rows and table.expiry == "list":
        size = ", the whole list in one page"
    index = f", index {' and '.join(f'`{name}`' for name in table.index)}" if table.index else ""
    yield f"`POST {table.path}`{size}{index}"
    if table.note:
        yield ""
        yield table.note
    yield ""
    yield from _table(
        ("parameter", "needed", "values", "meaning"),
        ((f"`{p.raw}`", "yes" if p.required else "no", " ".join(p.values), p.note) for p in table.params),
    )
    if table.fields:
        yield from _table(
            ("Kiwoom", "이름", "column", "kind", "unit", "scale", "note"), map(_field, table.fields)
        )


def _field(field: Field) -> Iterable[str]:
    notes = [field.note, "from the request" * field.request, "may be absent" * field.optional]
    return (
        f"`{field.raw}`",
        field.title,
        f"`{field.name}`" + " ±" * field.signed,
        field.kind.name,
        field.kind.unit,
        "" if field.scale == 1 else f"{field.scale:,}",
        "; ".join(filter(None, dict.fromkeys(notes))),
    )


def _kinds() -> Iterator[str]:
    used: dict[str, Kind] = {}
    for table in CATALOGUE.values():
        for field in table.fields:
            used.setdefault(field.kind.name, field.kind)
    yield "## Kinds"
    yield ""
    rows = ((kind.name, kind.dtype, kind.unit, _meaning(kind)) for kind in used.values())
    yield from _table(("kind", "dtype", "unit", "meaning"), sorted(rows))


def _meaning(kind: Kind) -> str:
    words = kind.words.items() if isinstance(kind, Choice) else ()
    return ": ".join(filter(None, [kind.meaning, ", ".join(f"{code} {word}" for code, word in words)]))


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    heads = tuple(heads)
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        yield f"| {' | '.join(map(_escaped, row))} |"
    yield ""


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


if __name__ == "__main__":
    print(page().rstrip())
