"""What a table consists of: `Param`, `Field` and `Endpoint`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..kinds import Kind, Number


@dataclass(frozen=True, slots=True)
class Param:
    """One key of the request body."""

    raw: str
    note: str
    required: bool = True
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One key of the reply and the column it becomes.

    ``scale`` is Kiwoom's unit over ours, ``optional`` says that some replies lack the key,
    ``request`` that the value is taken from the request body instead of the reply.
    """

    raw: str
    name: str
    kind: Kind
    scale: float = 1
    optional: bool = False
    note: str = ""
    title: str = ""
    request: bool = False

    @property
    def signed(self) -> bool:
        """Whether the column has a companion ``<name>_sign``."""
        return isinstance(self.kind, Number) and self.kind.marked


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Endpoint:
    """One Kiwoom call.

    Attributes
    ----------
    id, path, title : str
        ``api-id``, URL path and Korean name.
    params : tuple of Param
        The request body, in the order in which the server checks it.
    fields : tuple of Field
        The columns, in the order of the frame; those named in ``index`` become the index.
    rows : str
        JSON key of the list of rows, newest first; empty when the reply itself is the only row.
    index : tuple of str
        Names of the index levels.
    freq : str
        Bar frequency (``tick``, ``min``, ``1d``, ``1w``, ``1mo``, ``1y``); empty when it is no bar table.
    page_rows : int
        Rows of a full page.
    marks : str
        Which prices carry their direction on the wire: ``all``, ``none``, or ``newest`` (all prices of the
        newest row, only the close of older ones).
    expiry : str
        How long an answer is good: ``session`` (until its newest session is final), ``snapshot``,
        ``list`` (a day), ``never stored``.
    dated_key : bool
        Whether ``next-key`` names a date, so that a page keeps its place when newer rows arrive.
    many : bool
        Whether a frame may hold many codes; an unknown one is then a row with ``found`` False.
    columns : tuple of str
        The frame's columns: values, then signs, then ``complete`` or ``found``.
    units : dict
        Unit of each column that has one.
    """

    id: str
    path: str
    title: str
    params: tuple[Param, ...]
    fields: tuple[Field, ...]
    rows: str = ""
    index: tuple[str, ...] = ("code",)
    freq: str = ""
    page_rows: int = 1
    marks: str = "all"
    expiry: str = "snapshot"
    dated_key: bool = False
    many: bool = False
    note: str = ""
    columns: tuple[str, ...] = field(init=False)
    units: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        values = [f for f in self.fields if f.name not in self.index]
        signs = [f"{f.name}_sign" for f in self.fields if f.signed]
        extra = ["complete"] if self.freq else ["found"] if self.many else []
        object.__setattr__(self, "columns", (*(f.name for f in values), *signs, *extra))
        object.__setattr__(self, "units", {f.name: f.kind.unit for f in values if f.kind.unit})

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
