"""From one call to one frame: follow the pages, stop in time, say what was cut."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import frames
from ..decode import decode, is_blank, rows_of
from ..endpoints import Call, Table
from ..endpoints.stock_info import LISTING
from ..errors import DataError, UnknownCodeError
from ..frames import TEXT_DTYPE

VENUES = {"": "krx", "NX": "nxt", "AL": "both"}

if TYPE_CHECKING:
    from ..client import Client, Reply


@dataclass
class PageSequence:
    """Pages of one call on their way to a frame."""

    call: Call
    body: dict[str, str]
    replies: list[Reply]
    part: str = ""

    @property
    def table(self) -> Table:
        """The table of its rows."""
        return self.call.table(self.body, self.part)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The parsed pages, newest first."""
        return [reply.body for reply in self.replies]

    @property
    def keys(self) -> list[str]:
        """The key that led to each page; empty for the first."""
        return ["", *(reply.next_key for reply in self.replies[:-1])]

    @property
    def retrieved(self) -> datetime:
        """When the newest page was given."""
        return self.replies[0].retrieved

    @property
    def more(self) -> str:
        """The key behind the last page; empty where the history ends."""
        return self.replies[-1].next_key


def follow(
    client: Client,
    call: Call,
    body: dict[str, str],
    pages: int | None,
    back_to: pd.Timestamp | None,
    refresh: bool,
    part: str = "",
) -> PageSequence:
    """Follow the pages until there are enough of them, or one reaches back to a time; without either one."""
    pull = PageSequence(call, body, [], part)
    for number, reply in enumerate(client.pages(call, body, refresh=refresh), start=1):
        pull.replies.append(reply)
        if pages is not None and number >= pages:
            break
        if back_to is None and pages is None:
            break
        try:
            if back_to is not None and _reaches(pull.table, reply.body, back_to):
                break
        except DataError:
            client.forget(call, body, pull.keys[-1:])
            raise
    return pull


def framed(client: Client, pull: PageSequence) -> pd.DataFrame:
    """The frame of a pull. A page that cannot be read is not kept, so that the next pull asks for it again."""
    try:
        return frames.build(
            pull.table, pull.bodies, request=pull.body, retrieved=pull.retrieved, more=pull.more
        )
    except DataError:
        for key, page in zip(pull.keys, pull.bodies, strict=True):
            try:
                frames.build(pull.table, [page], request=pull.body, retrieved=pull.retrieved)
            except DataError:
                client.forget(pull.call, pull.body, [key])
        raise


def _reaches(table: Table, body: dict[str, Any], back_to: pd.Timestamp) -> bool:
    """Whether nothing from a time on can lie behind a page; pages are newest first."""
    rows = [row for row in rows_of(table, body) if not is_blank(table, row)]
    if not rows:
        return False
    oldest = decode(table, {table.rows: rows[-1:]}, {}).columns[table.index[0]][0]
    # more ticks of that second may follow, but no second bar of that label
    return bool(
        oldest < np.datetime64(back_to) or (table.freq != "tick" and oldest == np.datetime64(back_to))
    )


def bars(
    client: Client,
    call: Call,
    body: dict[str, str],
    *,
    pages: int | None,
    start: pd.Timestamp | None,
    end: pd.Timestamp | None,
    refresh: bool,
    labels: dict[str, Any],
) -> pd.DataFrame:
    """The bars of a call, cut to what was asked."""
    return bars_and_cut(
        client, call, body, pages=pages, start=start, end=end, refresh=refresh, labels=labels
    )[0]


def bars_and_cut(
    client: Client,
    call: Call,
    body: dict[str, str],
    *,
    pages: int | None,
    start: pd.Timestamp | None,
    end: pd.Timestamp | None,
    refresh: bool,
    labels: dict[str, Any],
) -> tuple[pd.DataFrame, bool]:
    """The bars of a call, and whether the server had more of what was asked."""
    back_to = end if start is None and pages is None else start
    pull = follow(client, call, body, pages, back_to, refresh)
    if not any(not is_blank(pull.table, row) for page in pull.bodies for row in rows_of(pull.table, page)):
        # the newest page of an index holds the last session: without rows there is no such index
        if "inds_cd" in body:
            raise no_index(body["inds_cd"], call)
        _must_exist(client, body["stk_cd"], call)
    frame = framed(client, pull)
    cut = bool(pull.more) and not (start is not None and _reaches(pull.table, pull.bodies[-1], start))
    attrs: dict[Any, Any] = {
        **frame.attrs,
        "code": body.get("stk_cd") or body["inds_cd"],
        "server": client.server.name,
        "truncated": cut,
        **labels,
    }
    if start is not None or end is not None:
        times = _times(frame)
        keep = np.ones(len(frame), dtype=bool)
        if start is not None:
            keep &= times >= np.datetime64(start)
        if end is not None:
            keep &= times <= np.datetime64(end)
        if not keep.all():
            frame = frame[keep]
    frame.attrs = attrs
    return frame, cut


def _times(frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Bar labels as naive Korean times."""
    index = frame.index.get_level_values(0)
    assert isinstance(index, pd.DatetimeIndex)
    return (index.tz_localize(None) if index.tz is not None else index).to_numpy()


def _must_exist(client: Client, code: str, call: Call) -> None:
    """Tell "no such stock" from "nothing in that range": one cached ka10100 decides."""
    row = rows_of(LISTING.tables[0], client.call(LISTING, {"stk_cd": code[:6]}).body)[0]
    if is_blank(LISTING.tables[0], row):
        raise unknown(code, call)


def unknown(code: str, call: Call) -> UnknownCodeError:
    return UnknownCodeError(
        f"{call.id}: no such stock: {code} (kr.find('name') looks codes up)", api_id=call.id
    )


def no_index(code: str, call: Call) -> UnknownCodeError:
    return UnknownCodeError(
        f"{call.id}: no such index: {code} (kr.get_sectors('kospi') lists them)", api_id=call.id
    )


def snapshot(client: Client, call: Call, body: dict[str, str], refresh: bool, part: str = "") -> pd.DataFrame:
    reply = client.call(call, body, refresh=refresh)
    frame = framed(client, PageSequence(call, body, [reply], part))
    frame.attrs["server"] = client.server.name
    return frame


def stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    if len(parts) == 1:
        return parts[0]
    frame = pd.concat(parts)
    frame.attrs = dict(parts[0].attrs)
    return frame


def each_once(frame: pd.DataFrame, labels: Mapping[Any, Any]) -> pd.DataFrame:
    """The first row of each stock, its code plain and its venue a column, with these labels besides its own.

    Lists of both venues name a stock ``005930_AL``; as an index that would match no other frame.
    """
    attrs: dict[Any, Any] = {**frame.attrs, **labels}
    parts = [str(code).partition("_") for code in frame.index]
    frame = frame.set_axis(pd.Index([code for code, _, _ in parts], dtype=TEXT_DTYPE, name="code"))
    venues = [VENUES.get(suffix, suffix) for _, _, suffix in parts]
    frame["venue"] = pd.Index(venues, dtype=TEXT_DTYPE)
    frame = frame[~frame.index.duplicated()]
    frame.attrs = attrs
    return frame


def warn_unknown(frame: pd.DataFrame) -> None:
    unknown = frame.index[~frame["found"]].tolist()
    if unknown:
        warnings.warn(f"no such stock: {', '.join(unknown)}", UserWarning, stacklevel=3)
