"""``query``: any call of the catalogue, with Kiwoom's own names."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from ..endpoints import Endpoint, endpoint
from .arguments import count
from .connection import default_client
from .fetch import follow, framed

if TYPE_CHECKING:
    from ..client import Client


def query(
    api_id: str, *, pages: int = 1, client: Client | None = None, refresh: bool = False, **params: str
) -> pd.DataFrame:
    """Ask any call of the catalogue with Kiwoom's own parameter names.

    Parameters
    ----------
    api_id : str
        Such as ``"ka10081"``; FIELDS.md lists them.
    pages : int
        At most so many pages.
    client, refresh
        As in `get_info`.
    **params : str
        The request body.

    Returns
    -------
    pandas.DataFrame
        The frame of that call, as its table says.

    Raises
    ------
    ValueError
        An unknown call, a parameter it does not have, one that is missing, or a value it does not take.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.query("ka10081", stk_cd="005930", base_dt="20261120", upd_stkpc_tp="1").shape
    (600, 14)
    """
    table, most = endpoint(api_id), count(pages, "pages")
    body = _body(table, params)
    using = default_client(client)
    pull = follow(using, table, body, most, None, refresh)
    frame = framed(using, pull)
    frame.attrs |= {"server": using.server.name, "request": body, "truncated": bool(pull.more)}
    return frame


def _body(table: Endpoint, params: dict[str, str]) -> dict[str, str]:
    known = {param.raw: param for param in table.params}
    strange = sorted(set(params) - set(known))
    if strange:
        raise ValueError(f"{table.id} has no parameter {', '.join(strange)}; it has {', '.join(known)}")
    for param in table.params:
        value = params.get(param.raw, "")
        if not isinstance(value, str) or not value.isprintable():
            raise ValueError(f"{param.raw}: expected text, got {value!r}")
        if param.required and not value:
            raise ValueError(f"{table.id} needs {param.raw} ({param.note})")
        if value and param.values and value not in param.values:
            raise ValueError(f"{param.raw}: expected one of {', '.join(param.values)}, got {value!r}")
        if value and param.raw == "base_dt" and not _is_date(value):
            raise ValueError(f"base_dt: expected a date as YYYYMMDD, got {value!r}")
    return {raw: params[raw] for raw in known if params.get(raw)}


def _is_date(text: str) -> bool:
    try:
        return len(text) == 8 and bool(datetime.strptime(text, "%Y%m%d"))
    except ValueError:
        return False
