"""``query``: any call of the catalogue, with Kiwoom's own names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..endpoints import Call, Param
from ..endpoints import call as call_of
from ..kinds import CODE, DATE
from .arguments import count, moment, stock_code
from .connection import default_client
from .fetch import fetch_pages

if TYPE_CHECKING:
    from ..client import Client


def query(
    api_id: str,
    *,
    part: str = "",
    pages: int = 1,
    client: Client | None = None,
    refresh: bool = False,
    **params: object,
) -> pd.DataFrame:
    """Ask any call of the catalogue, with words or with Kiwoom's own names and codes.

    Parameters
    ----------
    api_id : str
        Such as ``"ka10081"``; FIELDS.md lists them.
    part : str
        Which frame of the reply: the list (where there is one) without it, the other parts by name, such as
        ``"summary"``.
    pages : int
        At most so many pages.
    client, refresh
        As in `get_info`.
    **params : str, int or date
        The parameters, by our keyword or Kiwoom's key; a word or its code. One that has a default may be left out.

    Returns
    -------
    pandas.DataFrame
        The frame of that call, as its table says.

    Raises
    ------
    ValueError
        An unknown call or part, a parameter it does not have, one that is missing, or a value it does not take.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.query("ka10081", code="005930", end="2026-11-20").shape
    (600, 14)
    """
    call, most = call_of(api_id), count(pages, "pages")
    body = _body(call, params)
    call.table(body, part)  # a ValueError before anything is sent
    using = default_client(client)
    sequence = fetch_pages(using, call, body, most, None, refresh, part)
    frame = sequence.to_frame()
    frame.attrs |= {"server": using.server.name, "request": body, "truncated": bool(sequence.more)}
    return frame


def _body(call: Call, params: dict[str, object]) -> dict[str, str]:
    """The request body: what the caller named, defaults for the rest."""
    named = {name: param for param in call.params for name in (param.name, param.raw)}
    strange = sorted(set(params) - set(named))
    if strange:
        known = ", ".join(f"{param.name} ({param.raw})" for param in call.params)
        raise ValueError(f"{call.id} has no parameter {', '.join(strange)}; it has {known}")
    given: dict[str, object] = {}
    for name, value in params.items():
        if named[name].raw in given:
            raise ValueError(f"{named[name].raw}: given twice, also as {named[name].name}")
        given[named[name].raw] = value
    body = {}
    for param in call.params:
        value = given.get(param.raw, param.default)
        if value is None or value == "":
            if param.required:
                raise ValueError(f"{call.id} needs {param.name} ({param.raw}, {param.title}){_hint(param)}")
            continue
        body[param.raw] = param.code(value) if param.choices else _free(param, value)
    return body


def _hint(param: Param) -> str:
    return f": {param.note}" if param.note else ""


def _free(param: Param, value: object) -> str:
    """A value that is no choice, as text; dates as YYYYMMDD."""
    if param.kind is DATE:
        day = moment(value, param.name)  # type: ignore[arg-type]
        assert day is not None
        return f"{day:%Y%m%d}"
    if param.kind is CODE:
        return stock_code(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f"{param.name}: expected text, got {value!r}")
    return value
