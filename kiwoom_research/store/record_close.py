"""Read the official closes of a whole market while the price is still the closing auction's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from .. import calendar
from ..data.choices import StockMarket
from ..data.fetch import FUND_TYPES
from ..data.stocks import get_stocks
from ..errors import KiwoomError
from ..official_close import READ
from .metadata import fund_codes
from .official import official_rows, with_official
from .reader import Reader
from .refresh import fetch_quotes

if TYPE_CHECKING:
    from ..client import Client

AFTER, UNTIL = timedelta(minutes=1), timedelta(minutes=30)  # of the closing auction


def close_window(now: datetime) -> pd.Timestamp:
    """The session whose official close is the price now.

    Raises
    ------
    KiwoomError
        It is not the time; the message says when it is.
    """
    today = now.astimezone(calendar.KST)
    session = today.date()
    if not calendar.is_session(session):
        raise KiwoomError(
            f"the official close can be read at 15:31 to 15:59 of a session, and {session} is none;"
            f" the next is {calendar.next_session(session)}",
            retryable=True,
        )
    if session < calendar.LONG_DAY:
        raise KiwoomError(
            f"before {calendar.LONG_DAY} the daily close is the official close: nothing to record"
        )
    if not calendar.hours_known(session):
        raise KiwoomError(f"{session} is an exam day, and when its official close can be read is not known")
    close = calendar.session_times(session)[1]
    if not close + AFTER <= today < close + UNTIL:
        raise KiwoomError(
            f"the official close of {session} can be read from {close + AFTER:%H:%M} to before {close + UNTIL:%H:%M}"
            f" Korean time (now {today:%H:%M}); later, get_bars(official_close='minute') tells that of one stock",
            retryable=today < close,
        )
    return pd.Timestamp(session)


def read_closes(reader: Reader, market: StockMarket | None, client: Client) -> pd.Series:
    """Record the official closes of a market, or of the stored stocks; see `Store.record_close`."""
    folder = reader.folder
    manifest = folder.read_manifest()
    pulls, stocks = reader.table(manifest, "pulls"), reader.table(manifest, "stocks")
    gone = {*stocks["code"][stocks["delisted"].notna()], *fund_codes(stocks)}
    codes = set(pulls["code"][pulls["freq"] == "1d"]) - gone
    if market is not None:
        listing = get_stocks(market, client=client)
        codes = set(listing.index[~listing["type"].isin(FUND_TYPES)])
    wanted = sorted(codes)
    quotes, first, last = fetch_quotes(wanted, client, refresh=True)
    session = close_window(first)
    close_window(last)
    seen = quotes[(quotes["session"] == session) & (quotes["volume"] > 0) & (quotes["price"] > 0)]
    rows = official_rows(seen.index, session, seen["price"].to_numpy(), READ, first)
    manifest, different = with_official(reader, manifest.next_generation(), rows)
    folder.commit(manifest)
    return pd.Series(
        {
            "session": session.date().isoformat(),
            "stocks": len(wanted),
            "recorded": len(rows),
            "different": different,
        }
    )
