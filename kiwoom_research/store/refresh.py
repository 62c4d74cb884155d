"""The evening refresh: one bar for every stock of a market out of quotes, 100 stocks a request.

A quote that is not beyond doubt is no bar: its stock is pulled from the chart.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from .. import calendar
from ..bulk.errand import Errand
from ..bulk.estimate import summary
from ..data.fetch import snapshot, stack
from ..data.stocks import MARKETS, get_stocks
from ..endpoints.chart import DAY
from ..endpoints.stock_info import QUOTES
from ..errors import KiwoomError
from .manifest import Snapshot
from .metadata import with_delisted, with_rows, with_stocks
from .reader import Shelf
from .schema import CHART, PRICES, QUOTE, to_arrow
from .update import bring, costs, needs

log = logging.getLogger("kiwoom_research")

CHECKED = 20  # stocks a refresh compares with their chart

NEW, BEHIND, ACTION, CHECK = "new", "not current", "base price is not the previous close", "check"
GONE = "not listed any more, and not current"


def settled_session(now: datetime) -> date:
    """The session that quotes show now and that can no longer change.

    Raises
    ------
    KiwoomError
        Today's session is not final; the message says when it will be.
    """
    today = now.astimezone(calendar.KST)
    begun = calendar.is_session(today) and today.time() >= calendar.PRE_OPEN
    if begun and not calendar.is_final(today, today):
        raise KiwoomError(
            f"the session of {today:%Y-%m-%d} is final at {calendar.final_at(today):%H:%M} Korean time"
            f" (now {today:%H:%M}); refresh then",
            retryable=True,
        )
    return calendar.last_final(today)


def ask_quotes(codes: Sequence[str], errand: Errand) -> pd.DataFrame:
    """Quotes of all codes, ka10095, 100 a request; an unknown one is a row with ``found`` False."""
    size = QUOTES.page_rows
    return stack(
        [
            snapshot(errand.client, QUOTES, {"stk_cd": "|".join(codes[at : at + size])}, False)
            for at in range(0, len(codes), size)
        ]
    )


def doubts(quotes: pd.DataFrame, session: date, closes: pd.Series, through: pd.Series) -> pd.Series:
    """Why a quote is not taken as the bar of the session; empty where it is.

    Parameters
    ----------
    quotes : pandas.DataFrame
        Index ``code``.
    session : date
    closes : pandas.Series
        Stored close [KRW] of the session before, by code; missing where there is none.
    through : pandas.Series
        The last session up to which each code is stored; missing for a code that is not.
    """
    before = pd.Timestamp(calendar.previous_session(session))
    behind = ~(through.reindex(quotes.index) == before)
    close = closes.reindex(quotes.index)
    still = _still(quotes)
    open_, high, low, price = (quotes[name] for name in ("open", "high", "low", "price"))
    whole = still | (
        (low > 0)
        & (low <= open_)
        & (low <= price)
        & (high >= open_)
        & (high >= price)
        & (quotes["volume"] > 0)
    )
    reasons = [
        (through.reindex(quotes.index).isna(), NEW),
        (behind, BEHIND),
        (~quotes["found"], "no quote"),
        (quotes["session"] != pd.Timestamp(session), "the quote is of another session"),
        (close.isna() | quotes["base_price"].isna(), "no close to compare with"),
        (quotes["base_price"] != close, ACTION),
        (~whole | ~(price > 0), "prices that cannot be"),
        (quotes[["volume", "value", "change"]].isna().any(axis=1), "volume or value is missing"),
    ]
    why = np.select([np.asarray(mask, dtype=bool) for mask, _ in reasons], [text for _, text in reasons], "")
    return pd.Series(why, index=quotes.index)


def _still(quotes: pd.DataFrame) -> pd.Series:
    """Whether a stock did not trade: the quote has open 0, the chart open = high = low = close."""
    return (quotes["volume"] == 0) & (quotes["open"] == 0)


def as_bars(quotes: pd.DataFrame, session: date, shares: pd.Series) -> pd.DataFrame:
    """Quotes as daily bars of a session, one a code, in the columns of the chart.

    Parameters
    ----------
    shares : pandas.Series
        Listed shares by code: turnover [%] is volume over them.
    """
    still = _still(quotes).to_numpy()
    frame = pd.DataFrame(index=quotes.index)
    for name in PRICES:
        source = "price" if name == "close" else name
        frame[name] = np.where(still, quotes["price"], quotes[source])
    for name in ("volume", "value", "change", "direction"):
        frame[name] = quotes[name]
    listed = shares.reindex(quotes.index).to_numpy(dtype="float64")
    with np.errstate(divide="ignore", invalid="ignore"):
        frame["turnover"] = np.where(
            listed > 0, np.round(quotes["volume"].to_numpy() / listed * 100, 2), np.nan
        )
    base = quotes["base_price"].to_numpy()
    for name in PRICES:
        frame[f"{name}_sign"] = np.sign(frame[name].to_numpy() - base).astype("int8")
    frame["complete"] = True
    frame.index = pd.DatetimeIndex([session] * len(frame), name="date").as_unit("us")
    return frame[list(DAY.columns)]


def sample(codes: Sequence[str], session: date, size: int) -> list[str]:
    """Codes to be compared with their chart: others every session, the same ones for the same session."""
    chance = random.Random(session.toordinal())
    return sorted(chance.sample(sorted(codes), min(size, len(codes))))


@dataclass(frozen=True, slots=True)
class Look:
    """A market as list and quotes show it, held against what is stored."""

    session: date
    listing: pd.DataFrame
    quotes: pd.DataFrame
    why: pd.Series  # why a stock is pulled from the chart; empty where the quote is taken
    gone: list[str]  # not listed any more

    @property
    def apart(self) -> list[str]:
        """Stocks that are pulled from the chart."""
        return sorted(self.why.index[self.why != ""])

    @property
    def taken(self) -> list[str]:
        """Stocks whose quote is their bar."""
        return sorted(self.why.index[self.why == ""])


def look(shelf: Shelf, snapshot: Snapshot, market: str, errand: Errand) -> Look:
    """Ask for the list and the quotes of a market. Stocks that are current already are left out."""
    session = settled_session(errand.now())
    listing = get_stocks(market, client=errand.client)
    pulls, stocks = shelf.table(snapshot, "pulls"), shelf.table(snapshot, "stocks")
    through = pulls[pulls["freq"] == "1d"].set_index("code")["through"]
    missing = vanished(stocks, listing, market, errand)
    wanted = sorted(set(listing.index) - set(through.index[through >= pd.Timestamp(session)]))
    if not (wanted or missing):
        return Look(session, listing, pd.DataFrame(), pd.Series(dtype="str"), [])
    # a stock that is in no list and has no quote is gone
    quotes = ask_quotes([*wanted, *missing], errand)
    gone = [code for code in missing if not quotes.at[code, "found"]]
    before = calendar.previous_session(session).isoformat()
    stored = shelf.bars(snapshot, "1d", columns=["close"], start=before, end=before)
    closes, quotes = stored["close"].droplevel("date"), quotes.loc[wanted]
    why = doubts(quotes, session, closes, through)
    late = [code for code in gone if through.get(code, pd.NaT) < pd.Timestamp(before)]
    why = pd.concat([why, pd.Series(GONE, index=late)]) if late else why
    return Look(session, listing, quotes, why, gone)


def vanished(stocks: pd.DataFrame, listing: pd.DataFrame, market: str, errand: Errand) -> list[str]:
    """Stocks of a market that a store knows and that are in no list any more."""
    of_market = stocks["market"].isin(set(listing["market"])) & stocks["delisted"].isna()
    absent = set(stocks["code"][of_market]) - set(listing.index)
    if absent and MARKETS[market][1]:  # a list without funds does not say that they are gone
        absent -= set(get_stocks("all", client=errand.client).index)
    return sorted(absent)


def plan(shelf: Shelf, seen: Look, errand: Errand) -> pd.Series:
    """What pulling the stocks one by one would cost."""
    snapshot = shelf.folder.snapshot()
    pulls, stocks = shelf.table(snapshot, "pulls"), shelf.table(snapshot, "stocks")
    wanted = needs(seen.apart, "1d", None, errand.now(), pulls, stocks)
    return summary(errand.inner, costs(wanted, "1d", errand), among=len(_codes(seen)))


def _codes(seen: Look) -> pd.Index:
    """What a refresh reports on: the stocks of the list, and those that are gone and must be completed."""
    return seen.listing.index.union(seen.apart, sort=False).rename("code")


def put(shelf: Shelf, seen: Look) -> None:
    """Store the quotes that are bars, and the stock list."""
    snapshot = shelf.folder.snapshot().next()
    snapshot = with_stocks(shelf.folder, snapshot, seen.listing)
    snapshot = with_delisted(shelf.folder, snapshot, dict.fromkeys(seen.gone, seen.session))
    if seen.taken:
        bars = as_bars(seen.quotes.loc[seen.taken], seen.session, seen.listing["listed_shares"])
        with closing(shelf.cursor()) as cursor:
            cursor.register("quotes", to_arrow(bars, pd.Index(seen.taken), "1d", QUOTE))
            snapshot = shelf.folder.with_bars(snapshot, "1d", "quotes", cursor)
        pulls = shelf.table(snapshot, "pulls")
        pulls = pulls[(pulls["freq"] == "1d") & pulls["code"].isin(seen.taken)]
        snapshot = with_rows(
            shelf.folder, snapshot, "pulls", pulls.assign(through=pd.Timestamp(seen.session))
        )
    shelf.folder.commit(snapshot)


def refresh(shelf: Shelf, seen: Look, check: int, errand: Errand, *, progress: bool) -> pd.DataFrame:
    """Store what was seen, pull the rest, and compare some quotes with their chart."""
    cost = plan(shelf, seen, errand)
    log.info(
        "%s: %d quotes stored, %d codes pulled one by one: %d requests, %s",
        seen.session, len(seen.taken), len(seen.apart), cost["requests"], cost["time"],
    )  # fmt: skip
    put(shelf, seen)
    checked = sample(seen.taken, seen.session, check)
    parts = [
        bring(shelf, seen.apart, "1d", None, errand, progress=progress),
        bring(shelf, checked, "1d", None, errand, progress=progress, again=True),
    ]
    codes = _codes(seen)
    report = pd.DataFrame(index=codes)
    pulled = codes.isin([*seen.apart, *checked])
    report["source"] = np.select([pulled, codes.isin(seen.taken)], [CHART, QUOTE], "")
    report["why"] = seen.why.reindex(codes).fillna("").mask(codes.isin(checked), CHECK)
    details = pd.concat(parts)
    for name, column in details.items():
        nothing: Any = "" if name in ("note", "error") else 0
        report[name] = column.reindex(codes).fillna(nothing).astype(column.dtype)
    report["bars"] = report["bars"].mask(codes.isin(seen.taken), 1)
    return report
