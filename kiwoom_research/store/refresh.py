"""The evening refresh: today's bar of every stock of a market from quotes, 100 stocks per request.

A quote that fails any check is not stored; the bar is downloaded from the daily chart instead.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import calendar
from ..bulk.estimate import summary
from ..data.choices import StockMarket
from ..data.fetch import PageSequence, stack
from ..data.stocks import MARKETS, get_stocks
from ..endpoints.chart import DAY
from ..endpoints.stock_info import QUOTES
from ..errors import KiwoomError
from .gaps import find_gaps, gap_costs
from .manifest import Manifest
from .metadata import with_delisted, with_rows, with_stocks
from .reader import Reader
from .schema import CHART, PRICES, QUOTE, to_arrow
from .update import update_codes

if TYPE_CHECKING:
    from ..client import Client

log = logging.getLogger("kiwoom_research")

CHECKED = 20  # stocks that a refresh compares with their chart

# reasons for which a stock is pulled from the chart
NEW, BEHIND, ACTION, CHECK = "new", "not current", "base price is not the previous close", "check"
DELISTED = "delisted, and not current"


def session_to_refresh(now: datetime) -> date:
    """The session that quotes show now and whose numbers are final.

    Raises
    ------
    KiwoomError
        Today's session is not final yet; the message says when it will be.
    """
    today = now.astimezone(calendar.KST)
    begun = calendar.is_session(today) and today.time() >= calendar.PRE_OPEN
    shown = today.date() if begun else calendar.previous_session(today)
    final = calendar.final_at(shown, QUOTES.finality)
    if final is None or final > today:
        hour = "%H:%M" if final and final.date() == shown else "%H:%M on %Y-%m-%d"
        until = calendar.last_final(today, QUOTES.finality)
        raise KiwoomError(
            f"the session of {shown} is final at {final:{hour}} Korean time (now {today:%H:%M}); refresh then."
            f" update() works now, up to {until}, and costs one request per stock that is behind",
            retryable=True,
        )
    return shown


def fetch_quotes(codes: Sequence[str], client: Client) -> tuple[pd.DataFrame, datetime]:
    """Quotes of all codes (ka10095, 100 per request), and the server's time of the first of them.

    An unknown code has ``found`` False.
    """
    size = QUOTES.page_rows
    bodies = [{"stk_cd": "|".join(codes[at : at + size])} for at in range(0, len(codes), size)]
    replies = [client.call(QUOTES, body) for body in bodies]
    quotes = stack([PageSequence(QUOTES.table({}), [reply]).to_frame() for reply in replies])
    return quotes, min(reply.retrieved for reply in replies)


def rejection_reasons(quotes: pd.DataFrame, session: date, closes: pd.Series, until: pd.Series) -> pd.Series:
    """Why a quote is not stored as the bar of a session; empty where it is stored.

    Parameters
    ----------
    quotes : pandas.DataFrame
        Index ``code``.
    session : date
    closes : pandas.Series
        Stored close [KRW] of the previous session by code; missing where there is none.
    until : pandas.Series
        The last session up to which each code is stored; missing for a code that is not stored.
    """
    before = pd.Timestamp(calendar.previous_session(session))
    behind = ~(until.reindex(quotes.index) == before)
    close = closes.reindex(quotes.index)
    untraded = _untraded(quotes)
    open_, high, low, price = (quotes[name] for name in ("open", "high", "low", "price"))
    valid = untraded | (
        (low > 0)
        & (low <= open_)
        & (low <= price)
        & (high >= open_)
        & (high >= price)
        & (quotes["volume"] > 0)
    )
    reasons = [
        (until.reindex(quotes.index).isna(), NEW),
        (behind, BEHIND),
        (~quotes["found"], "no quote"),
        (quotes["session"] != pd.Timestamp(session), "the quote belongs to another session"),
        (close.isna() | quotes["base_price"].isna(), "no close to compare the base price with"),
        (quotes["base_price"] != close, ACTION),
        (~valid | ~(price > 0), "impossible prices"),
        (quotes[["volume", "value", "change"]].isna().any(axis=1), "volume or value is missing"),
    ]
    masks, texts = zip(*reasons, strict=True)
    return pd.Series(
        np.select([np.asarray(mask, dtype=bool) for mask in masks], list(texts), ""), quotes.index
    )


def _untraded(quotes: pd.DataFrame) -> pd.Series:
    """Whether a stock did not trade: its quote has open 0 where the chart has open = high = low = close."""
    return (quotes["volume"] == 0) & (quotes["open"] == 0)


def quotes_to_bars(quotes: pd.DataFrame, session: date, shares: pd.Series) -> pd.DataFrame:
    """Quotes as the daily bars of a session, in the columns of the chart.

    Parameters
    ----------
    shares : pandas.Series
        Listed shares by code: turnover [%] is volume over listed shares.
    """
    untraded = _untraded(quotes).to_numpy()
    frame = pd.DataFrame(index=quotes.index)
    for name in PRICES:
        source = "price" if name == "close" else name
        frame[name] = np.where(untraded, quotes["price"], quotes[source])
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
    return frame[list(DAY.tables[0].columns)]


def draw_sample(codes: Sequence[str], session: date, size: int) -> list[str]:
    """Codes to compare with their chart: different codes every session, the same codes for one session."""
    chance = random.Random(session.toordinal())
    return sorted(chance.sample(sorted(codes), min(size, len(codes))))


@dataclass(frozen=True, slots=True)
class MarketScan:
    """Stock list and quotes of a market, compared with what is stored."""

    session: date
    listing: pd.DataFrame
    quotes: pd.DataFrame
    reasons: pd.Series  # why a stock is pulled from the chart; empty where its quote is stored
    delisted: list[str]

    @property
    def from_chart(self) -> list[str]:
        """Codes that are pulled from the chart."""
        return sorted(self.reasons.index[self.reasons != ""])

    @property
    def from_quotes(self) -> list[str]:
        """Codes whose quote is stored as their bar."""
        return sorted(self.reasons.index[self.reasons == ""])


def scan_market(reader: Reader, manifest: Manifest, market: StockMarket | None, client: Client) -> MarketScan:
    """Request the list and the quotes of a market, or of the stored codes; stocks that are current are left out.

    Quotes are judged by the time that the server gives them: the clock of this computer may be wrong.
    """
    session = session_to_refresh(client.now())
    listing = get_stocks(market or "all", client=client)
    pulls, stocks = reader.table(manifest, "pulls"), reader.table(manifest, "stocks")
    until = pulls[pulls["freq"] == "1d"].set_index("code")["until"]
    if market is None:
        of_list = stocks[stocks["code"].isin(until.index)]
        listing = listing[listing.index.isin(until.index)]
        missing = sorted(set(of_list["code"][of_list["delisted"].isna()]) - set(listing.index))
    else:
        missing = missing_codes(stocks, listing, market, client)
    wanted = sorted(set(listing.index) - set(until.index[until >= pd.Timestamp(session)]))
    if not (wanted or missing):
        return MarketScan(session, listing, pd.DataFrame(), pd.Series(dtype="str"), [])
    # a stock that is in no list and has no quote is delisted
    quotes, retrieved = fetch_quotes([*wanted, *missing], client)
    shown = session_to_refresh(retrieved)
    if shown != session:
        raise KiwoomError(
            f"this computer's clock says that the quotes are of {session}, the server says {shown}: set the clock",
        )
    delisted = [code for code in missing if not quotes.at[code, "found"]]
    before = calendar.previous_session(session).isoformat()
    stored = reader.bars(manifest, "1d", columns=["close"], start=before, end=before)
    closes, quotes = stored["close"].droplevel("date"), quotes.loc[wanted]
    reasons = rejection_reasons(quotes, session, closes, until)
    late = [code for code in delisted if until.get(code, pd.NaT) < pd.Timestamp(before)]
    reasons = pd.concat([reasons, pd.Series(DELISTED, index=late)]) if late else reasons
    behind = int((reasons == BEHIND).sum())
    if behind > CHECKED:
        log.warning(
            "%d stocks missed a session and are pulled from the chart, one request each; a refresh on every evening"
            " costs one per 100 stocks",
            behind,
        )
    return MarketScan(session, listing, quotes, reasons, delisted)


def missing_codes(stocks: pd.DataFrame, listing: pd.DataFrame, market: str, client: Client) -> list[str]:
    """Stocks of a market that the store knows and that are in no stock list any more."""
    of_market = stocks["market"].isin(set(listing["market"])) & stocks["delisted"].isna()
    missing = set(stocks["code"][of_market]) - set(listing.index)
    if missing and MARKETS[market][1]:  # a list without funds does not say that funds are delisted
        missing -= set(get_stocks("all", client=client).index)
    return sorted(missing)


def plan_scan(reader: Reader, scan: MarketScan, client: Client) -> pd.Series:
    """The cost of the stocks that are pulled from the chart."""
    manifest = reader.folder.read_manifest()
    pulls, stocks = reader.table(manifest, "pulls"), reader.table(manifest, "stocks")
    gaps = find_gaps(scan.from_chart, "1d", None, client.now(), pulls, stocks)
    return summary(client, gap_costs(gaps, "1d", client), among=len(_reported_codes(scan)))


def _reported_codes(scan: MarketScan) -> pd.Index:
    """The stocks of the list, and the delisted ones that are completed."""
    return scan.listing.index.union(scan.from_chart, sort=False).rename("code")


def store_quotes(reader: Reader, scan: MarketScan) -> None:
    """Store the accepted quotes and the stock list."""
    folder = reader.folder
    manifest = folder.read_manifest().next_generation()
    manifest = with_stocks(folder, manifest, scan.listing)
    manifest = with_delisted(folder, manifest, dict.fromkeys(scan.delisted, scan.session))
    if codes := scan.from_quotes:
        bars = quotes_to_bars(scan.quotes.loc[codes], scan.session, scan.listing["listed_shares"])
        with closing(reader.cursor()) as cursor:
            cursor.register("quotes", to_arrow(bars, pd.Index(codes), "1d", QUOTE))
            manifest = folder.with_bars(manifest, "1d", "quotes", cursor)
        pulls = reader.table(manifest, "pulls")
        pulls = pulls[(pulls["freq"] == "1d") & pulls["code"].isin(codes)]
        manifest = with_rows(folder, manifest, "pulls", pulls.assign(until=pd.Timestamp(scan.session)))
    folder.commit(manifest)


def apply_scan(
    reader: Reader, scan: MarketScan, check: int, client: Client, *, progress: bool
) -> pd.DataFrame:
    """Store the quotes of a scan, pull the other stocks, and compare some quotes with their chart."""
    cost = plan_scan(reader, scan, client)
    log.info(
        "%s: %d quotes stored, %d codes pulled from the chart: %d requests, %s",
        scan.session, len(scan.from_quotes), len(scan.from_chart), cost["requests"], cost["time"],
    )  # fmt: skip
    store_quotes(reader, scan)
    checked = draw_sample(scan.from_quotes, scan.session, check)
    details = pd.concat(
        [
            update_codes(reader, scan.from_chart, "1d", None, client, progress=progress),
            update_codes(reader, checked, "1d", None, client, progress=progress, recheck=True),
        ]
    )
    codes = _reported_codes(scan)
    report = pd.DataFrame(index=codes)
    pulled, quoted = codes.isin([*scan.from_chart, *checked]), codes.isin(scan.from_quotes)
    report["source"] = np.select([pulled, quoted], [CHART, QUOTE], "")
    report["reason"] = scan.reasons.reindex(codes).fillna("").mask(codes.isin(checked), CHECK)
    for name, column in details.items():
        default: Any = "" if name in ("note", "error") else 0
        report[name] = column.reindex(codes).fillna(default).astype(column.dtype)
    report["bars"] = report["bars"].mask(quoted, 1)
    return report
