"""``describe``: what one call takes and gives, as text and as a page of a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from textwrap import wrap
from unicodedata import east_asian_width

import pandas as pd

from ..endpoints import CATEGORIES, Call, Field, Param, Table, spoken
from ..endpoints import call as call_of
from ..endpoints.finality import columns_of
from ..frames import TEXT_DTYPE
from .catalog import is_needed

PARAMETER_HEADS = ("parameter", "title", "choices", "default", "kiwoom", "note")
COLUMN_HEADS = ("column", "unit", "title", "kind", "evidence", "kiwoom", "note")
WRAP_AT = 60  # letters of one cell in a line of a terminal
STYLE = """<style>
.kr-call table { border-collapse: collapse; margin: .3em 0 1em; }
.kr-call th, .kr-call td { text-align: left; vertical-align: top; padding: .15em .7em; max-width: 34em; }
.kr-call th { border-bottom: 1px solid; font-weight: 600; }
.kr-call td { border-bottom: 1px solid rgba(128, 128, 128, .25); }
.kr-call code { white-space: nowrap; }
.kr-call .kr-call-inferred { font-style: italic; }
</style>"""


@dataclass(frozen=True, eq=False)
class CallDescription:
    """What one call takes and gives; a notebook shows it as tables, ``print`` as text.

    Attributes
    ----------
    api_id, title, english, category : str
        Kiwoom's ID, the Korean and the English name, the category of the manual.
    note : str
        What a reader has to know before using the call; may be empty.
    usage : str
        A line of Python with the parameters that have no default.
    finality : str
        When its numbers of a session are final, Korean time.
    parameters : pandas.DataFrame
        One row per parameter: ``parameter`` (our keyword), ``title``, ``choices`` (words, or empty for a free value),
        ``default``, ``kiwoom`` (the manual's key), ``note``.
    frames : dict of str to pandas.DataFrame
        What a row is (and ``part`` and request, where there are several) -> one row per column: ``column``,
        ``unit``, ``title``, ``kind``, ``evidence``, ``kiwoom``, ``note``. A ``±`` behind the name: ``<name>_sign``
        stands beside it.
    """

    api_id: str
    title: str
    english: str
    category: str
    note: str
    usage: str
    finality: str
    parameters: pd.DataFrame
    frames: dict[str, pd.DataFrame]

    def __repr__(self) -> str:
        blocks = [f"{self.api_id} {self.title}: {self.english} ({self.category})", self.usage]
        blocks += filter(None, [self.note, self.finality])
        if len(self.parameters):
            blocks.append("Parameters\n" + _plain(self.parameters))
        blocks += [f"{name}\n{_plain(frame)}" for name, frame in self.frames.items()]
        return "\n\n".join(blocks)

    def _repr_html_(self) -> str:
        parts = [
            STYLE,
            '<div class="kr-call">',
            f"<p><strong>{escape(self.api_id)} {escape(self.title)}</strong>",
            f"<br>{escape(self.english)} ({escape(self.category)})</p>",
            f"<p><code>{escape(self.usage)}</code></p>",
            *(f"<p>{escape(text)}</p>" for text in (self.note, self.finality) if text),
        ]
        if len(self.parameters):
            parts += ["<p><strong>Parameters</strong></p>", _table(self.parameters)]
        for name, frame in self.frames.items():
            parts += [f"<p><strong>{escape(name)}</strong></p>", _table(frame)]
        return "\n".join([*parts, "</div>"])


def describe(api_id: str) -> CallDescription:
    """Say what a call takes and gives: parameters with their choices, columns with units; nothing is requested.

    Parameters
    ----------
    api_id : str
        Such as ``"ka10027"``; `catalog` finds them.

    Returns
    -------
    CallDescription
        ``parameters`` and ``frames`` are DataFrames.

    Raises
    ------
    ValueError
        No such call.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> call = kr.describe("ka10014")
    >>> call.usage
    'kr.query("ka10014", code=..., start=..., end=...)'
    >>> call.parameters["parameter"].tolist()
    ['code', 'period', 'start', 'end']
    """
    call = call_of(api_id)
    frames: dict[str, pd.DataFrame] = {}
    for table in call.tables:
        frames[_heading(call, table)] = _frame(COLUMN_HEADS, map(_column, table.fields))
    return CallDescription(
        api_id=call.id,
        title=call.title,
        english=call.english,
        category=CATEGORIES[call.id],
        note=call.note,
        usage=_usage(call),
        finality=_finality(call),
        parameters=_frame(PARAMETER_HEADS, map(_parameter, call.params)),
        frames=frames,
    )


def _usage(call: Call) -> str:
    given = [f'"{call.id}"', *(f"{param.name}=..." for param in call.params if is_needed(param))]
    return f"kr.query({', '.join(given)})"


def _finality(call: Call) -> str:
    """When the numbers of a session are final, by groups of columns."""
    if not call.finality:
        return "Personal: an answer is never stored."
    groups = list(columns_of(call.finality, call.columns))
    told = []
    for group, columns in groups:
        rule = group.rules[0]
        whose = "all columns" if len(groups) == 1 else ", ".join(columns)
        hour = f"final {rule.final}" if rule.final else "never final"
        known = "" if rule.basis == "measured" else f" ({rule.basis})"
        told.append(f"{whose}: {hour}{known}")
    return "Numbers of a session: " + "; ".join(told) + "." if told else ""


def _heading(call: Call, table: Table) -> str:
    """What a row is, and what the caller has to say to get this frame."""
    by = ", ".join(table.index)
    heading = f"One row per {table.row}" if table.rows else f"One row: the {table.row}"
    said = [f'part="{table.part}"'] if table.part else []
    for raw, code in table.when.items():
        param = call.param(raw)
        word = param.word(code)
        said.append(f'{param.name}="{code if word is None else spoken(word)}"')
    return heading + (f", index {by}" if by else "") + (f" ({', '.join(said)})" if said else "")


def _parameter(param: Param) -> Iterator[str]:
    yield param.name
    yield param.title
    yield ", ".join(map(spoken, param.choices))
    yield "needed" if is_needed(param) else "" if param.default is None else spoken(param.default)
    yield param.raw
    yield param.note


def _column(field: Field) -> Iterator[str]:
    yield field.name + " ±" * field.signed
    yield field.kind.unit
    yield field.title
    yield field.kind.name
    yield str(field.evidence)
    yield field.raw
    yield field.remarks


def _frame(heads: tuple[str, ...], rows: Iterable[Iterable[str]]) -> pd.DataFrame:
    return pd.DataFrame([tuple(row) for row in rows], columns=list(heads), dtype=TEXT_DTYPE)


def _texts(frame: pd.DataFrame) -> list[list[str]]:
    """Heads and rows of a table of texts, without the columns that are empty."""
    used = [name for name in frame.columns if (frame[name] != "").any()]
    return [[str(name) for name in used], *([str(text) for text in row] for row in frame[used].to_numpy())]


def _plain(frame: pd.DataFrame) -> str:
    """A table of texts for a terminal, long ones wrapped."""
    rows = [[wrap(text, WRAP_AT) or [""] for text in row] for row in _texts(frame)]
    widths = [max(_width(line) for cell in cells for line in cell) for cells in zip(*rows, strict=True)]
    lines = (line for row in rows for line in zip_longest(*row, fillvalue=""))
    return "\n".join("  " + "  ".join(map(_padded, line, widths)).rstrip() for line in lines)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """How many columns of a terminal a text takes: a wide letter, such as a Hangul syllable, takes two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _table(frame: pd.DataFrame) -> str:
    heads, *rows = _texts(frame)
    body = "".join(f"<tr>{''.join(map(_cell, heads, row))}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{escape(head)}</th>' for head in heads)}</tr>{body}</table>"


def _cell(head: str, text: str) -> str:
    shown = escape(text)
    if head in ("parameter", "column", "kiwoom"):
        shown = f"<code>{shown}</code>"
    if text == "inferred":
        shown = f'<span class="kr-call-inferred">{shown}</span>'
    return f"<td>{shown}</td>"
