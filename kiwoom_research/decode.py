"""One parsed reply -> columns: what each text means, and which could not be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from .endpoints import Field, Table
from .errors import DataError
from .kinds import Choice, Column, ParseError

PLUS_MINUS = frozenset("+-")
BAR_PRICES = frozenset({"open", "high", "low", "close"})

Columns = dict[str, Column]


class Unreadable(NamedTuple):
    """A cell that could not be read: whose it is, under which key, in which column, and what it says."""

    code: str
    key: str
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """One page as columns in wire order; marked prices still carry their sign.

    ``rows`` counts what came, ``size`` the rows that say something.
    """

    columns: Columns
    size: int
    rows: int
    unreadable: tuple[Unreadable, ...] = ()

    def repeats(self, other: Decoded) -> bool:
        """Whether both pages hold the same rows."""
        return self.size == other.size and all(
            equal(column, other.columns[name]).all() for name, column in self.columns.items()
        )


def equal(a: Column, b: Any) -> Column:
    """Where two columns, or a column and a value, agree; missing agrees with missing."""
    return np.asarray((a == b) | ((a != a) & (b != b)), dtype=bool)


def rows_of(table: Table, page: Any) -> list[dict[str, Any]]:
    """The rows of a parsed reply; DataError when it does not have the shape of its table."""
    if not isinstance(page, dict):
        raise DataError(f"{table.api_id}: the reply is not a JSON object", api_id=table.api_id)
    rows: Any = page.get(table.rows)
    if not table.rows:  # one flat record; some editions of the manual show a list instead
        flat = any(f.raw in page for f in table.fields if not f.request)
        rows = [page] if flat else next((v for v in page.values() if isinstance(v, list)), None) or [page]
    if not isinstance(rows, list) or not set(map(type, rows)) <= {dict}:
        raise DataError(
            f"{table.api_id}: the reply has no list of rows under {table.rows!r}", api_id=table.api_id
        )
    return rows


def is_blank(table: Table, row: Mapping[str, Any]) -> bool:
    """Whether a row says nothing: every field of the table blank or absent."""
    return all(row.get(f.raw, "") == "" for f in table.fields if not f.request)


@cache
def _reader(table: Table) -> tuple[list[Field], Callable[[Mapping[str, Any]], Any]]:
    """The fields that come from a row, and what takes their texts out of it."""
    fields = [f for f in table.fields if not f.request]
    first, *others = (f.raw for f in fields)
    # of one key alone itemgetter gives the bare value
    return fields, itemgetter(first, *others) if others else lambda row: (row[first],)


def decode(table: Table, page: Any, request: Mapping[str, str], *, strict: bool = False) -> Decoded:
    """One parsed reply as columns.

    A cell that cannot be read, or that its row lacks, is missing and listed; ``strict`` makes it an error.

    Raises
    ------
    DataError
        The reply is not of this table's shape or another stock's; the date, time or price of a bar cannot be
        read; with ``strict``, anything cannot. The message names call, key and text.
    """
    rows = rows_of(table, page)
    came = len(rows)
    if table.rows and not table.many:
        _hold_against(table, page, request)
    if table.many:
        rows = _align_to_request(table, rows, request.get("stk_cd", ""))
    fields, get = _reader(table)
    odd: list[Unreadable] = []
    try:
        texts = list(zip(*map(get, rows), strict=True))
        if texts and "" in texts[0]:
            raise KeyError
    except KeyError:  # an old row schema, or a blank row such as those that close some histories
        if table.rows and not table.many:
            rows = [row for row in rows if not is_blank(table, row)]
        texts = [_texts(table, f, rows, odd) for f in fields]
    columns: Columns = {}
    for field, column in zip(fields, texts or [()] * len(fields), strict=True):
        try:
            values = field.kind.column(column)
        except ParseError:
            values = _readable(table, field, column, rows, request, odd)
        columns[field.name] = _scaled(field, values)
        if field.signed:
            columns[f"{field.name} marked"] = _markers(column)
    for field in table.fields:
        if field.request:
            columns[field.name] = field.kind.column((request.get(field.raw, ""),) * len(rows))
    if table.many:
        columns["found"] = np.array([not is_blank(table, {**r, "stk_cd": ""}) for r in rows], dtype=bool)
    if odd:
        _judge(table, odd, strict)
    return Decoded(columns, len(rows), came, tuple(odd))


def _texts(
    table: Table, field: Field, rows: Sequence[Mapping[str, Any]], odd: list[Unreadable]
) -> tuple[Any, ...]:
    """The texts of one field; a key that rows lack is blank."""
    if not field.optional:
        lacking = sum(field.raw not in row for row in rows)
        bar = table.freq and field.name in {*BAR_PRICES, *table.index}
        if lacking and bar and lacking == len(rows):
            raise DataError(f"{table.api_id}: no row has {field.raw!r} ({field.name})", api_id=table.api_id)
        if lacking:
            odd.append(Unreadable("", field.raw, field.name, f"lacking in {lacking} of {len(rows)} rows"))
    return tuple(row.get(field.raw, "") for row in rows)


def _readable(
    table: Table,
    field: Field,
    texts: Sequence[Any],
    rows: Sequence[Mapping[str, Any]],
    request: Mapping[str, str],
    odd: list[Unreadable],
) -> Column:
    """A column with an odd cell: what can be read, the rest missing (an unknown choice stays as its text)."""
    clean: list[str] = []
    kept: dict[int, str] = {}
    for at, text in enumerate(texts):
        plain = (
            str(text) if type(text) in (int, float) else text
        )  # a number that is no text is still a number
        try:
            field.kind.column((plain,))
            clean.append(plain)
        except ParseError:
            code = rows[at].get("stk_cd") or rows[at].get("code") or request.get("stk_cd", "")
            odd.append(Unreadable(str(code), field.raw, field.name, str(text)))
            if isinstance(field.kind, Choice) and isinstance(text, str):
                kept[at] = text.strip()
            clean.append("")
    values = field.kind.column(clean)
    for at, text in kept.items():
        values[at] = text
    return values


def _judge(table: Table, odd: Sequence[Unreadable], strict: bool) -> None:
    """Whether a page with odd cells can be used at all; DataError if not."""
    for cell in odd:
        of_a_bar = table.freq and cell.column in {*BAR_PRICES, *table.index}
        if strict or (of_a_bar and not cell.text.startswith("lacking")):
            kind = next(f.kind for f in table.fields if f.name == cell.column)
            raise DataError(
                f"{table.api_id}: cannot read {cell.text!r} in {cell.key!r} ({cell.column}) as {kind.name}",
                api_id=table.api_id,
            )


def _scaled(field: Field, values: Column) -> Column:
    if field.scale == 1:
        return values
    # dividing by a whole number is exact where multiplying by its inverse is not
    return values * field.scale if field.scale > 1 else values / round(1 / field.scale)


def _markers(texts: Sequence[Any]) -> Column:
    """Which texts begin with a sign."""
    try:
        together = "".join(texts)
    except TypeError:
        texts = ["" if text is None else str(text) for text in texts]
        together = "".join(texts)
    if "+" not in together and "-" not in together:
        return np.zeros(len(texts), dtype=bool)
    if " " in together:
        texts = [text.strip() for text in texts]
    return np.array([text[:1] in PLUS_MINUS for text in texts], dtype=bool)


def _hold_against(table: Table, page: Mapping[str, Any], request: Mapping[str, str]) -> None:
    """A reply that names another stock or index than the request is refused."""
    for key in ("stk_cd", "inds_cd"):
        wanted, came = request.get(key, ""), page.get(key, "")
        if wanted and isinstance(came, str) and came and came.partition("_")[0] != wanted.partition("_")[0]:
            raise DataError(
                f"{table.api_id}: expected the reply for {wanted}, got one for {came}", api_id=table.api_id
            )


def _align_to_request(table: Table, rows: list[dict[str, Any]], joined: str) -> list[dict[str, Any]]:
    """Rows in the order of the request, a blank one for each code that did not come back.

    A row belongs to the code it names, with its venue. A server may echo 005930 for 005930_AL: where as many
    rows came as were requested, such a row belongs to its place.
    """
    codes = joined.split("|") if joined else [str(row.get("stk_cd", "")) for row in rows]
    named = {str(row["stk_cd"]): row for row in rows if row.get("stk_cd")}
    strangers = {code.partition("_")[0] for code in named} - {code.partition("_")[0] for code in codes}
    if strangers:
        raise DataError(
            f"{table.api_id}: the reply contains codes that were not requested: {sorted(strangers)}",
            api_id=table.api_id,
        )
    in_place = len(rows) == len(codes) and all(
        not row.get("stk_cd") or str(row["stk_cd"]) in (code, code.partition("_")[0])
        for row, code in zip(rows, codes, strict=True)
    )
    bases = [code.partition("_")[0] for code in codes]
    empty = {f.raw: "" for f in table.fields}
    found = []
    for at, code in enumerate(codes):
        if in_place:
            row = rows[at] if rows[at].get("stk_cd") else {}
        else:
            alone = bases.count(bases[at]) == 1
            row = named.get(code) or (named.get(bases[at]) if alone else None) or {}
        found.append({**(row or empty), "stk_cd": code})
    return found
