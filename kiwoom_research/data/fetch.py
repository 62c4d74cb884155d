"""Fetch one call as one frame: follow its pages until the start is reached, and report what was cut off."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from .. import calendar, frames
from ..decode import BAR_PRICES, Decoded, equal
from ..endpoints import Call, Table
from ..endpoints.stock_info import LISTING, STOCK_LIST
from ..errors import DataError, UnknownCodeError
from ..frames import TEXT_DTYPE

log = logging.getLogger("kiwoom_research")

VENUES = {"": "krx", "NX": "nxt", "AL": "both"}
LISTS_WITH_FUNDS = ("0", "8", "60")  # of ka10099: KOSPI, ETF, ETN
FUND_TYPES = ("etf", "etn")
ALL_PAGES = 10_000  # more than any list has

if TYPE_CHECKING:
    from ..client import Client, Reply


@dataclass(frozen=True, slots=True)
class BarsRequest:
    """Bars of one stock or index: the call, its body, which of its bars are wanted, and the labels of the frame."""

    client: Client
    call: Call
    body: dict[str, str]
    start: pd.Timestamp | None
    end: pd.Timestamp | None
    pages: int | None
    labels: dict[str, Any]


class BarsResult(NamedTuple):
    """A frame, whether the server has more of what was requested, and the columns with cells that could not be read."""

    frame: pd.DataFrame
    truncated: bool
    unreadable: frozenset[str]


@dataclass(frozen=True, slots=True)
class PageSequence:
    """The pages of one request, newest first, before they are joined to a frame."""

    table: Table
    replies: list[Reply]
    venue: str = "krx"
    is_fund: Callable[[], bool] | None = None

    @property
    def more(self) -> str:
        """The key behind the last page; empty where the history ends."""
        return self.replies[-1].next_key

    def to_frame(self) -> pd.DataFrame:
        """Join the pages to a frame that meets the contract."""
        pages = [reply.page for reply in self.replies]
        return frames.assemble(
            self.table,
            pages,
            retrieved=self.replies[0].retrieved,
            more=self.more,
            venue=self.venue,
            is_fund=self.is_fund,
        )


def fetch_pages(
    client: Client,
    call: Call,
    body: dict[str, str],
    pages: int | None,
    back_to: pd.Timestamp | None,
    refresh: bool,
    part: str = "",
) -> PageSequence:
    """Follow the pages until there are enough of them, or one reaches back to a time; without either one.

    Two pages that give the same bar other prices are of two adjustments: a corporate action lies between the moments
    at which they were requested. Then all pages are requested again.
    """
    table, code = call.table(body, part), body.get("stk_cd", "")
    venue = calendar.venue_of(code) if code else "krx"
    sequence = PageSequence(table, [], venue, partial(is_fund, client, code) if table.official else None)
    for number, reply in enumerate(client.pages(call, body, refresh=refresh, part=part), start=1):
        if sequence.replies and _contradict(sequence.table, sequence.replies[-1].page, reply.page):
            if refresh or client.settings.offline:
                raise DataError(
                    f"{call.id}: two pages give the same bar other prices; a corporate action may have come between"
                    " them, so try again",
                    api_id=call.id,
                    retryable=True,
                )
            log.info("%s: two pages give the same bar other prices; all are requested again", call.id)
            return fetch_pages(client, call, body, pages, back_to, True, part)
        sequence.replies.append(reply)
        if pages is not None and number >= pages:
            break
        if back_to is None and pages is None:
            break
        if back_to is not None and _reaches(sequence.table, reply.page, back_to):
            break
    return sequence


def _contradict(table: Table, newer: Decoded, older: Decoded) -> bool:
    """Whether two pages hold the same bar with other prices."""
    if table.freq in ("", "tick") or not (newer.size and older.size):
        return False
    label = table.index[0]
    _, left, right = np.intersect1d(newer.columns[label], older.columns[label], return_indices=True)
    prices = BAR_PRICES & newer.columns.keys()
    return any(
        not equal(np.abs(newer.columns[name][left]), np.abs(older.columns[name][right])).all()
        for name in prices
    )


def _reaches(table: Table, page: Decoded, back_to: pd.Timestamp) -> bool:
    """Whether nothing from a time on can lie behind a page; pages are newest first."""
    if not page.size:
        return False
    oldest = page.columns[table.index[0]][-1]
    # more ticks of that second may follow, but no second bar of that label
    return bool(
        oldest < np.datetime64(back_to) or (table.freq != "tick" and oldest == np.datetime64(back_to))
    )


def fetch(request: BarsRequest, *, refresh: bool = False) -> BarsResult:
    """The bars of a request, cut to its range."""
    client, call, body, start, end = request.client, request.call, request.body, request.start, request.end
    back_to = end if start is None and request.pages is None else start
    sequence = fetch_pages(client, call, body, request.pages, back_to, refresh)
    if not any(reply.page.size for reply in sequence.replies):
        # the newest page of an index holds the last session: without rows there is no such index
        if "inds_cd" in body:
            raise no_index(body["inds_cd"], call)
        if "stk_cd" in body:
            _raise_if_unlisted(client, body["stk_cd"], call)
    frame = sequence.to_frame()
    code = body.get("stk_cd") or body.get("inds_cd")  # lists of the whole market have none
    last = sequence.replies[-1].page
    truncated = bool(sequence.more) and not (start is not None and _reaches(sequence.table, last, start))
    attrs: dict[Any, Any] = {
        **frame.attrs,
        **({"code": code} if code else {}),
        "server": client.server.name,
        "truncated": truncated,
        **request.labels,
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
    odd = frozenset(cell.column for reply in sequence.replies for cell in reply.page.unreadable)
    return BarsResult(frame, truncated, odd)


def _times(frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Bar labels as naive Korean times."""
    index = frame.index.get_level_values(0)
    assert isinstance(index, pd.DatetimeIndex)
    return (index.tz_localize(None) if index.tz is not None else index).to_numpy()


def _raise_if_unlisted(client: Client, code: str, call: Call) -> None:
    """Raise `UnknownCodeError` where an empty reply means "no such stock"; one cached ka10100 decides."""
    if not is_listed(client, code):
        raise unknown(code, call)


def is_listed(client: Client, code: str) -> bool:
    """Whether the broker knows a stock: its listing is not blank."""
    row = client.call(LISTING, {"stk_cd": code[:6]}).page.columns
    return not all(pd.isna(row[name]).all() for name in ("code", "name"))


def is_fund(client: Client, code: str) -> bool:
    """Whether a stock list in the cache says that a code is an ETF or ETN; nothing is requested."""
    lists = [(STOCK_LIST, {"mrkt_tp": market}) for market in LISTS_WITH_FUNDS]
    for call, body in [(LISTING, {"stk_cd": code[:6]}), *lists]:
        if client.cached_next_key(call, body) is not None:
            listed = client.call(call, body).page.columns
            here = np.flatnonzero(listed["code"] == code[:6])
            if len(here):
                return listed["type"][here[0]] in FUND_TYPES
    return False


def unknown(code: str, call: Call) -> UnknownCodeError:
    return UnknownCodeError(
        f"{call.id}: no such stock: {code} (kr.find('name') looks codes up)", api_id=call.id
    )


def no_index(code: str, call: Call) -> UnknownCodeError:
    return UnknownCodeError(
        f"{call.id}: no such index: {code} (kr.get_sectors('kospi') lists them)", api_id=call.id
    )


def snapshot(client: Client, call: Call, body: dict[str, str], refresh: bool, part: str = "") -> pd.DataFrame:
    reply = client.call(call, body, refresh=refresh, part=part)
    frame = PageSequence(call.table(body, part), [reply]).to_frame()
    frame.attrs["server"] = client.server.name
    return frame


def stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    if len(parts) == 1:
        return parts[0]
    frame = pd.concat(parts)
    frame.attrs = dict(parts[0].attrs)
    return frame


def each_once(frame: pd.DataFrame, labels: Mapping[Any, Any]) -> pd.DataFrame:
    """The first row of each code, with these labels besides its own."""
    attrs: dict[Any, Any] = {**frame.attrs, **labels}
    frame = frame[~frame.index.duplicated()]
    frame.attrs = attrs
    return frame


def each_once_by_venue(frame: pd.DataFrame, labels: Mapping[Any, Any]) -> pd.DataFrame:
    """The first row of each stock, its code plain and its venue a column, with these labels besides its own.

    Lists of both venues name a stock ``005930_AL``; as an index that would match no other frame.
    """
    parts = [str(code).partition("_") for code in frame.index]
    plain = frame.set_axis(pd.Index([code for code, _, _ in parts], dtype=TEXT_DTYPE, name="code"))
    venues = [VENUES.get(suffix, suffix) for _, _, suffix in parts]
    plain["venue"] = pd.Index(venues, dtype=TEXT_DTYPE)
    plain.attrs = frame.attrs
    return each_once(plain, labels)


def warn_unknown(frame: pd.DataFrame) -> None:
    unknown = frame.index[~frame["found"]].tolist()
    if unknown:
        warnings.warn(f"no such stock: {', '.join(unknown)}", UserWarning, stacklevel=3)
