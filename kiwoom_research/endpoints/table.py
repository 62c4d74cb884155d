"""The forms of the catalogue: a `Call` is one request, each of its `Table`s is one frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np

from .. import official_close
from ..kinds import DATE, TEXT, Kind, Number, Spelling
from .finality import UNKNOWN, Finality

Bounds = tuple[float | None, float | None]  # from, and below; None is open
Word = str | int | Bounds  # what a code means: a word, a threshold ("from 10,000"), a range


class Evidence(StrEnum):
    """How the meaning of a field is known; a recording beats the manual, the manual beats a guess."""

    RECORDED = "recorded"
    MANUAL = "manual"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class Param:
    """One key of the request body.

    Attributes
    ----------
    raw, name, title : str
        Kiwoom's key, our keyword, the Korean name.
    choices : mapping
        Word to code. The only place that explains a code: `query`, the ``get_*``, FIELDS.md and the sandbox read it.
    default : str, int or tuple, optional
        The word that is sent when the caller names none.
    required : bool
        Whether the server refuses a request without it.
    kind : Kind
        Kind of a free value: `DATE`, `CODE` or `TEXT`.
    note : str
        What the manual does not say, or says wrongly.
    """

    raw: str
    name: str
    title: str
    choices: Mapping[Any, str] = field(default_factory=dict, hash=False)
    default: Word | None = None
    required: bool = True
    kind: Kind = TEXT
    note: str = ""

    def code(self, value: object) -> str:
        """The code of the wire for a word, or for the code itself; ValueError lists the words."""
        if isinstance(value, np.generic):
            value = value.item()
        for word, code in self.choices.items():
            if value == code or (value == word and type(value) is type(word)):  # True is no 1
                return code
        words = ", ".join(f"{spoken(word)} ({code})" for word, code in self.choices.items())
        raise ValueError(f"{self.name}: expected one of {words}, got {value!r}")

    def word(self, code: str) -> Word | None:
        """The word of a code; None when the code has none."""
        return next((word for word, known in self.choices.items() if known == code), None)


def spoken(word: Word) -> str:
    """A word of a parameter as a reader sees it.

    >>> spoken("kospi"), spoken(10_000), spoken((1_000, None)), spoken((None, 1_000)), spoken((1_000, 2_000))
    ('kospi', '10000', 'from 1,000', 'below 1,000', '1,000 to 2,000')
    """
    if not isinstance(word, tuple):
        return str(word)
    low, high = word
    if high is None:
        return f"from {low:,}"
    return f"below {high:,}" if low is None else f"{low:,} to {high:,}"


def bounds(word: Word) -> Bounds:
    """What a threshold or a range admits: from how much, and below how much."""
    if isinstance(word, tuple):
        return word
    return (word, None) if isinstance(word, int) else (None, None)


# How the wire writes the numbers of a kind, unless a field says otherwise.
SPELLINGS = {
    "CHANGE": Spelling(plus=True),
    "PERCENT": Spelling(decimals=2, plus=True),
    "PROPORTION": Spelling(decimals=2),
    "RATIO": Spelling(decimals=2),
    "INDEX": Spelling(decimals=2),
    "POINTS": Spelling(decimals=2, plus=True),
}
PLAIN = Spelling()

# What a row of a bar table is, by its frequency.
BAR_ROWS = {"tick": "trade", "min": "minute", "1d": "day", "1w": "week", "1mo": "month", "1y": "year"}


@dataclass(frozen=True, slots=True)
class Field:
    """One key of the reply and the column it becomes.

    Attributes
    ----------
    raw, name : str
        Kiwoom's key and our column.
    kind : Kind
        What the value means.
    title : str
        The Korean name.
    scale : float
        Kiwoom's unit over ours.
    optional : bool
        Whether some replies lack the key.
    note : str
        What a reader has to know beyond title and unit.
    evidence : Evidence, optional
        How the meaning is known; that of the table without it.
    wire : Spelling, optional
        How the wire writes the number, where it differs from the kind's usual spelling.
    request : bool
        Whether the value is taken from the request body instead of the reply.
    """

    raw: str
    name: str
    kind: Kind
    title: str = ""
    scale: float = 1
    optional: bool = False
    note: str = ""
    evidence: Evidence | None = None
    wire: Spelling | None = None
    request: bool = False

    @property
    def signed(self) -> bool:
        """Whether the column has a companion ``<name>_sign``."""
        return isinstance(self.kind, Number) and self.kind.directed

    @property
    def spelling(self) -> Spelling:
        """How the wire writes it; an integer that counts hundredths or millionths has no decimals."""
        if self.wire is not None:
            return self.wire
        usual = SPELLINGS.get(self.kind.name, PLAIN)
        return replace(usual, decimals=0) if self.scale < 1 else usual

    @property
    def remarks(self) -> str:
        """What a reader has to know beyond title and unit, and why an inferred field means what it does."""
        guess = "unit by its name: the manual has none" * (self.evidence is Evidence.INFERRED and not self.note)
        absent = "may be absent" * self.optional
        asked = "from the request" * self.request
        return "; ".join(dict.fromkeys(filter(None, (self.note, guess, asked, absent))))

    def text(self, value: Any, sign: int = 0) -> str:
        """A value of the column as the wire writes it; missing is blank."""
        if isinstance(self.kind, Number) and value is not None:
            value = value / self.scale
        return self.kind.text(value, self.spelling, sign)


def family(numbers: Iterable[object], *fields: Field) -> Iterator[Field]:
    """Numbered keys: ``{n}`` in key, column and title, number by number.

    >>> [f.raw for f in family(range(1, 3), Field("sel_{n}bid", "ask_{n}", TEXT), Field("buy_{n}bid", "bid_{n}", TEXT))]
    ['sel_1bid', 'buy_1bid', 'sel_2bid', 'buy_2bid']
    """
    for n in numbers:
        for one in fields:
            yield replace(
                one, raw=one.raw.format(n=n), name=one.name.format(n=n), title=one.title.format(n=n)
            )


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Table:
    """One frame of a call's reply.

    Attributes
    ----------
    fields : tuple of Field
        The columns, in the order of the frame; those named in ``index`` become the index.
    rows : str
        JSON key of the list of rows, newest first; empty when the reply itself is the only row.
    row : str
        What a row is, in a noun; without it that of the frequency, or a stock.
    part : str
        Name of this frame among those of the reply; empty for the one that is meant when none is named.
    when : mapping
        The request values under which this table is the right one, where units or sides depend on the request.
    index : tuple of str
        Names of the index levels.
    freq : str
        Bar frequency (``tick``, ``min``, ``1d``, ``1w``, ``1mo``, ``1y``); empty when it is no bar table.
    marks : str
        Which prices carry their direction on the wire: ``all``, ``none``, ``newest`` (all prices of the
        newest row, only the close of older ones), or ``ignored`` (their signs say nothing).
    many : bool
        Whether a frame may hold many codes; an unknown one is then a row with ``found`` False.
    official : bool
        Whether the frame says, beside the close, what the official close was (daily bars of stocks).
    evidence : Evidence
        How the meaning of its fields is known, where a field does not say otherwise.
    api_id, finality
        Those of the call it belongs to.
    columns : tuple of str
        The frame's columns: values, then signs, then ``complete`` or ``found``.
    units : dict
        Unit of each column that has one.
    """

    fields: tuple[Field, ...]
    rows: str = ""
    row: str = ""
    part: str = ""
    when: Mapping[str, str] = field(default_factory=dict)
    index: tuple[str, ...] = ("code",)
    freq: str = ""
    marks: str = "all"
    many: bool = False
    official: bool = False
    evidence: Evidence = Evidence.MANUAL
    api_id: str = field(init=False, default="")
    finality: Finality = field(init=False, default=UNKNOWN)
    columns: tuple[str, ...] = field(init=False)
    units: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        fields = tuple(f if f.evidence else replace(f, evidence=self.evidence) for f in self.fields)
        values = [f for f in fields if f.name not in self.index]
        signs = [f"{f.name}_sign" for f in fields if f.signed]
        extra = ["complete"] if self.freq else ["found"] if self.many else []
        if self.official:
            signs = [*official_close.COLUMNS, *signs]
        row = self.row or BAR_ROWS.get(self.freq, "stock" if self.index == ("code",) else "")
        object.__setattr__(self, "row", row)
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "columns", (*(f.name for f in values), *signs, *extra))
        units = {f.name: f.kind.unit for f in values if f.kind.unit}
        object.__setattr__(self, "units", units | {official_close.COLUMN: "KRW"} if self.official else units)

    def fits(self, reply: Any) -> bool:
        """Whether a parsed reply has the shape of this table."""
        if not isinstance(reply, dict):
            return False
        if self.rows:
            rows = reply.get(self.rows)
            return isinstance(rows, list) and set(map(type, rows)) <= {dict}
        nested = any(isinstance(value, list) for value in reply.values())
        return nested or not self.fields or any(f.raw in reply for f in self.fields)

    def field(self, name: str) -> Field:
        """The field of a column."""
        return next(f for f in self.fields if f.name == name)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Call:
    """One request.

    Attributes
    ----------
    id, path, title, english : str
        ``api-id``, URL path, Korean and English name.
    params : tuple of Param
        The request body, in the order in which the server checks it.
    tables : tuple of Table
        The frames of its reply.
    page_rows : int
        Rows of a full page.
    finality : tuple of FinalityGroup
        When its numbers stop changing, by groups of columns: how long an answer is good and which bars are complete
        follow from it. Empty for a call that is no query, whose answers are never stored.
    note : str
        What a reader has to know before using the call.
    """

    id: str
    path: str
    title: str
    english: str
    params: tuple[Param, ...] = ()
    tables: tuple[Table, ...] = ()
    page_rows: int = 1
    finality: Finality = UNKNOWN
    note: str = ""

    def __post_init__(self) -> None:
        for table in self.tables:
            object.__setattr__(table, "api_id", self.id)
            object.__setattr__(table, "finality", self.finality)

    @property
    def last_day(self) -> str:
        """The key of the request that names the newest day of the answer; empty when there is none."""
        named = (p.raw for p in self.params if p.kind is DATE and p.name in ("end", "date"))
        return next(named, "")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of all its frames that come from the reply, each once."""
        names = (f.name for table in self.tables for f in table.fields if f.name not in table.index)
        return tuple(dict.fromkeys(names))

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of its frames, the one that is meant when none is named first."""
        return tuple(dict.fromkeys(table.part for table in self.tables))

    def table(self, body: Mapping[str, str], part: str = "") -> Table:
        """The table of a request's answer; ValueError names the parts there are, or says that none fits."""
        if part not in self.parts:
            names = ", ".join(repr(name) for name in self.parts)
            raise ValueError(f"part: {self.id} has {names}, got {part!r}")
        for table in self.tables:
            if table.part == part and table.when.items() <= body.items():
                return table
        raise ValueError(f"{self.id} has no table for {dict(body)}")

    def fits(self, reply: Any) -> bool:
        """Whether a parsed reply has the shape of one of its tables."""
        return any(table.fits(reply) for table in self.tables)

    def body(self, words: Mapping[str, Any]) -> dict[str, str]:
        """The request body for words by the names of parameters; the rest has its default, or is left out."""
        given = {param.raw: (param, words.get(param.name, param.default)) for param in self.params}
        return {
            raw: param.code(word) if param.choices else str(word)
            for raw, (param, word) in given.items()
            if word is not None
        }

    def param(self, name: str) -> Param:
        """The parameter of a keyword, or of Kiwoom's key."""
        return next(p for p in self.params if name in (p.name, p.raw))
