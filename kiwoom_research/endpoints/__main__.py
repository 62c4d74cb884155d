"""``python -m kiwoom_research.endpoints`` prints FIELDS.md."""

from collections.abc import Iterable, Iterator
from datetime import date

from ..kinds import Choice, Kind
from . import CATALOGUE
from .finality import LISTS, columns_of
from .table import Call, Field, Param, Table, spoken

INTRO = """# Fields

Every call of the catalogue: Kiwoom's key, our column, its kind and unit. Made by `make fields` from
`kiwoom_research/endpoints/`; a test compares. Prices marked with ± have a companion column `<name>_sign`
(-1, 0, +1 against the previous close) behind the columns listed here. `scale` is Kiwoom's unit over ours and is
applied already. `change` and `change_pct` of a stock are its last price, of up to 20:00 since 2026-09-14, against the day's
base price, which is the official close of the session before; the official change of a day is `official_close` against
that base price. Bar frames end in `complete`, frames of several codes in `found`. `known from` says how the meaning
of a field is known: a recorded reply, the manual, or inferred. When the numbers of a day stop changing, and
[kinds](#kinds), are at the end.
"""

OFFICIAL = """Made from these: `official_close` [KRW], `official_close_sign` and `official_close_source` (`close`, `minute_1530`,
`read_at_close`, `next_base`, `none`): the price of the closing auction, which since 2026-09-14 the close no longer is."""

FINALITY_HEADS = ("numbers", "since", "regular part", "final", "corrected until", "basis", "note", "evidence")
FINALITY_INTRO = """When a number of a session no longer changes, Korean time; `kr.finality()` gives the same for each call.
Since 2026-09-14 nothing of an exam day is final before 08:00 of the next session. The regular part is an hour later then.
"""


def page() -> str:
    """The whole page."""
    sections = (line for call in CATALOGUE.values() for line in _section(call))
    return "\n".join([INTRO, *sections, *_finality_table(), *_kinds()])


def _section(call: Call) -> Iterator[str]:
    yield f"## {call.id} {call.title}"
    yield ""
    yield f"{call.english.capitalize() if call.english[1:2].islower() else call.english}: `POST {call.path}`{_size(call)}"
    if call.note:
        yield ""
        yield call.note
    yield ""
    yield from _grid(("parameter", "keyword", "이름", "needed", "choices", "note"), map(_param, call.params))
    yield from _finality(call)
    several = len(call.tables) > 1
    for table in call.tables:
        if table.fields:
            if several:
                yield f"### {call.id} {_name(table)}"
                yield ""
            heads = ("Kiwoom", "이름", "column", "kind", "unit", "scale", "known from", "note")
            if table.index:
                yield f"Index {' and '.join(f'`{name}`' for name in table.index)}."
                yield ""
            yield from _grid(heads, map(_field, table.fields))
            if table.official:
                yield OFFICIAL
                yield ""


def _finality(call: Call) -> Iterator[str]:
    """When its numbers stop changing, by groups of columns."""
    told = []
    for group, columns in columns_of(call.finality, call.columns):
        rule = group.rules[0]
        rest = group is call.finality[-1]
        names = (
            "all" if len(call.finality) == 1 else "others" if rest else ", ".join(f"`{c}`" for c in columns)
        )
        told.append(
            f"{names} {rule.final or 'never'}{'' if rule.basis == 'measured' else f' ({rule.basis})'}"
        )
    if told:
        yield f"[Final](#finality): {'; '.join(told)}."
        yield ""


def _finality_table() -> Iterator[str]:
    groups = dict.fromkeys(group for call in CATALOGUE.values() for group in call.finality)
    yield "## Finality"
    yield ""
    yield FINALITY_INTRO
    rows = []
    for group in groups:
        for rule in group.rules:
            since = "always" if rule.since == date.min else f"{rule.since}"
            hours = (
                str(rule.regular_final or ""),
                str(rule.final or "never"),
                str(rule.corrected_until or ""),
            )
            rows.append((group.name, since, *hours, rule.basis, rule.note, rule.evidence))
    yield from _grid(FINALITY_HEADS, rows)


def _size(call: Call) -> str:
    if not any(table.rows for table in call.tables):
        return ", one record"
    return ", the whole list in one page" if call.finality is LISTS else f", {call.page_rows} rows a page"


def _name(table: Table) -> str:
    """What tells a table from its siblings: its part, or the request that it answers."""
    part = f"part `{table.part}`" if table.part else f"list `{table.rows}`" if table.rows else "record"
    when = ", ".join(f"`{raw}={code}`" for raw, code in table.when.items())
    return f"{part}, when {when}" if when else part


def _param(param: Param) -> Iterable[str]:
    default = "" if param.default is None else f"; without it: {spoken(param.default)}"
    words = ", ".join(f"{spoken(word)} `{code}`" for word, code in param.choices.items())
    return (
        f"`{param.raw}`",
        f"`{param.name}`",
        param.title,
        "yes" if param.required else "no",
        words + default,
        param.note,
    )


def _field(field: Field) -> Iterable[str]:
    return (
        f"`{field.raw}`",
        field.title,
        f"`{field.name}`" + " ±" * field.signed,
        field.kind.name,
        field.kind.unit,
        "" if field.scale == 1 else f"{field.scale:,}",
        str(field.evidence),
        field.remarks,
    )


def _kinds() -> Iterator[str]:
    used: dict[str, Kind] = {}
    for call in CATALOGUE.values():
        for table in call.tables:
            for field in table.fields:
                used.setdefault(field.kind.name, field.kind)
    yield "## Kinds"
    yield ""
    rows = ((kind.name, kind.dtype, kind.unit, _meaning(kind)) for kind in used.values())
    yield from _grid(("kind", "dtype", "unit", "meaning"), sorted(rows))


def _meaning(kind: Kind) -> str:
    words = kind.words.items() if isinstance(kind, Choice) else ()
    return ": ".join(filter(None, [kind.meaning, ", ".join(f"{code} {word}" for code, word in words)]))


def _grid(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
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
