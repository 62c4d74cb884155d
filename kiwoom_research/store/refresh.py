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
from ..bulk.estimate import Cost, summary
from ..data.choices import StockMarket
from ..data.fetch import PageSequence, stack
from ..data.stocks import MARKETS, get_stocks
from ..endpoints.chart import DAY
from ..endpoints.stock_info import QUOTES
from ..errors import KiwoomError
from ..official_close import CLOSE, COLUMN, NEXT_BASE, SOURCE
from .check import check_codes
from .gaps import find_gaps, gap_costs
from .manifest import Manifest
from .metadata import with_delisted, with_rows, with_stocks
from .official import TRUSTED, official_rows, with_official
from .reader import Reader
from .schema import CHART, PRICES, QUOTE, to_arrow, value_columns
from .update import update_codes

if TYPE_CHECKING:
    from ..client import Client

log = logging.getLogger("kiwoom_research")

CHECKED = 10  # stocks that a refresh holds against their adjusted chart

# reasons for which a stock is pulled from the chart
NEW, BEHIND, ACTION, CHECK = "new", "not current", "base price is not the official close", "check"
CANDIDATE = (
    "base price outside low to high"  # of the session before: its quote is stored, its adjusted chart decides
)
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


def fetch_quotes(
    codes: Sequence[str], client: Client, *, refresh: bool = False
) -> tuple[pd.DataFrame, datetime, datetime]:
    """Quotes of all codes (ka10095, 100 per request), and the server's time of the first and of the last of them.

    An unknown code has ``found`` False.
    """
    size = QUOTES.page_rows
    bodies = [{"stk_cd": "|".join(codes[at : at + size])} for at in range(0, len(codes), size)]
    replies = [client.call(QUOTES, body, refresh=refresh) for body in bodies]
    quotes = stack([PageSequence(QUOTES.table({}), [reply]).to_frame() for reply in replies])
    times = [reply.retrieved for reply in replies]
    return quotes, min(times), max(times)


def previous_official_close(before: pd.DataFrame) -> pd.Series:
    """The official close [KRW] of the session before by code, where something other than a base price tells it.

    ``before``: the stored raw bars of that session, index ``code``. A session without a trade has its own base price.
    """
    known = before[COLUMN].where(before[SOURCE].isin([CLOSE, *TRUSTED]))
    return known.where(before["volume"] != 0, before["close"] - before["change"])


def is_candidate(quotes: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """Whether a base price is no price of the session before, whose official close is not known."""
    bars = before.reindex(quotes.index)
    base, unknown = quotes["base_price"], previous_official_close(before).reindex(quotes.index).isna()
    return unknown & ((base < bars["low"]) | (base > bars["high"]))


def rejection_reasons(
    quotes: pd.DataFrame, session: date, before: pd.DataFrame, until: pd.Series
) -> pd.Series:
    """Why a quote is not stored as the bar of a session; empty where it is stored.

    Parameters
    ----------
    quotes : pandas.DataFrame
        Index ``code``.
    session : date
    before : pandas.DataFrame
        Stored raw bars of the previous session, index ``code``.
    until : pandas.Series
        The last session up to which each code is stored; missing for a code that is not stored.
    """
    behind = ~(until.reindex(quotes.index) == pd.Timestamp(calendar.previous_session(session)))
    close, official = (
        before["close"].reindex(quotes.index),
        previous_official_close(before).reindex(quotes.index),
    )
    untraded = _quoted_without_trade(quotes)
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
        (official.notna() & (quotes["base_price"] != official), ACTION),
        (~valid | ~(price > 0), "impossible prices"),
        (quotes[["volume", "value", "change"]].isna().any(axis=1), "volume or value is missing"),
    ]
    masks, texts = zip(*reasons, strict=True)
    return pd.Series(
        np.select([np.asarray(mask, dtype=bool) for mask in masks], list(texts), ""), quotes.index
    )


def _quoted_without_trade(quotes: pd.DataFrame) -> pd.Series:
    """Whether a stock did not trade: its quote has open 0 where the chart has open = high = low = close."""
    return (quotes["volume"] == 0) & (quotes["open"] == 0)


def quotes_to_bars(quotes: pd.DataFrame, session: date, shares: pd.Series) -> pd.DataFrame:
    """Quotes as the daily bars of a session, in the columns of the chart.

    Parameters
    ----------
    shares : pandas.Series
        Listed shares by code: turnover [%] is volume over listed shares.
    """
    untraded = _quoted_without_trade(quotes).to_numpy()
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
    frame.index = pd.DatetimeIndex([session] * len(frame), name="date").as_unit("us")
    return frame[value_columns(DAY.tables[0])]


def draw_sample(codes: Sequence[str], checked: pd.Series, session: date, size: int) -> list[str]:
    """Codes to hold against their adjusted chart: those first that have not been for longest, others by chance.

    The same codes for one session. ``checked``: the last session up to which each code is beyond doubt.
    """
    chance = random.Random(session.toordinal())
    drawn = sorted(codes)
    chance.shuffle(drawn)
    oldest = checked.reindex(drawn).sort_values(kind="stable", na_position="first")
    return sorted(oldest.index[:size])


@dataclass(frozen=True, slots=True)
class MarketScan:
    """Stock list and quotes of a market, compared with what is stored."""

    session: date
    listing: pd.DataFrame
    quotes: pd.DataFrame
    reasons: pd.Series  # why a stock is pulled from the chart; empty where its quote is stored
    delisted: list[str]
    before: pd.DataFrame  # stored raw bars of the previous session, index `code`

    @property
    def from_chart(self) -> list[str]:
        """Codes that are pulled from the chart."""
        return sorted(self.reasons.index[self.reasons != ""])

    @property
    def from_quotes(self) -> list[str]:
        """Codes whose quote is stored as their bar."""
        return sorted(self.reasons.index[self.reasons == ""])

    @property
    def candidates(self) -> list[str]:
        """Codes whose quote is stored and whose adjusted chart decides whether there was a corporate action."""
        if not self.from_quotes:
            return []
        odd = is_candidate(self.quotes.loc[self.from_quotes], self.before)
        return sorted(odd.index[odd])


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
        return MarketScan(session, listing, pd.DataFrame(), pd.Series(dtype="str"), [], pd.DataFrame())
    # a stock that is in no list and has no quote is delisted
    quotes, retrieved, _ = fetch_quotes([*wanted, *missing], client)
    shown = session_to_refresh(retrieved)
    if shown != session:
        raise KiwoomError(
            f"this computer's clock says that the quotes are of {session}, the server says {shown}: set the clock",
        )
    delisted = [code for code in missing if not quotes.at[code, "found"]]
    before = calendar.previous_session(session).isoformat()
    columns = ["low", "high", "close", "change", "volume", COLUMN, SOURCE]
    bars = reader.bars(manifest, "1d", columns=columns, start=before, end=before).droplevel("date")
    quotes = quotes.loc[wanted]
    reasons = rejection_reasons(quotes, session, bars, until)
    late = [code for code in delisted if until.get(code, pd.NaT) < pd.Timestamp(before)]
    reasons = pd.concat([reasons, pd.Series(DELISTED, index=late)]) if late else reasons
    behind = int((reasons == BEHIND).sum())
    if behind > CHECKED:
        log.warning(
            "%d stocks missed a session and are pulled from the chart, one request each; a refresh on every evening"
            " costs one per 100 stocks",
            behind,
        )
    return MarketScan(session, listing, quotes, reasons, delisted, bars)


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
    costs = gap_costs(gaps, "1d", client, check=False)
    certain = {code: gap for code, gap in gaps.items() if code in set(_held_against_adjusted(scan))}
    costs |= gap_costs(certain, "1d", client)
    costs |= dict.fromkeys(scan.candidates, Cost(1))
    return summary(client, costs, among=len(_reported_codes(scan)))


def _held_against_adjusted(scan: MarketScan) -> list[str]:
    """The codes pulled from the chart that one adjusted page is held against in any case."""
    return sorted(scan.reasons.index[scan.reasons.isin([NEW, ACTION])])


def _reported_codes(scan: MarketScan) -> pd.Index:
    """The stocks of the list, and the delisted ones that are completed."""
    return scan.listing.index.union(scan.from_chart, sort=False).rename("code")


def store_quotes(reader: Reader, scan: MarketScan, now: datetime) -> None:
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
        before, session = pd.Timestamp(calendar.previous_session(scan.session)), pd.Timestamp(scan.session)
        told = pulls["code"].map(previous_official_close(scan.before)).notna()
        checked = pulls["checked"].mask(told & (pulls["checked"] == before), session)
        manifest = with_rows(folder, manifest, "pulls", pulls.assign(until=session, checked=checked))
        bases = scan.quotes.loc[codes, "base_price"].drop(scan.candidates)
        rows = official_rows(bases.index, before, bases.to_numpy(), NEXT_BASE, now)
        manifest, _ = with_official(reader, manifest, rows)
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
    store_quotes(reader, scan, client.now())
    candidates, certain = scan.candidates, _held_against_adjusted(scan)
    others = [code for code in scan.from_chart if code not in set(certain)]
    pulls = reader.table(reader.folder.read_manifest(), "pulls")
    since = pulls[pulls["freq"] == "1d"].set_index("code")["checked"]
    checked = draw_sample(
        [c for c in scan.from_quotes if c not in set(candidates)], since, scan.session, check
    )
    details = pd.concat(
        [
            update_codes(reader, certain, "1d", None, client, progress=progress),
            update_codes(reader, others, "1d", None, client, progress=progress, check=False),
            check_codes(reader, [*candidates, *checked], client, progress=progress),
        ]
    )
    codes = _reported_codes(scan)
    report = pd.DataFrame(index=codes)
    pulled, quoted = codes.isin([*scan.from_chart, *checked]), codes.isin(scan.from_quotes)
    report["source"] = np.select([pulled, quoted], [CHART, QUOTE], "")
    reasons = scan.reasons.reindex(codes).fillna("").mask(codes.isin(checked), CHECK)
    report["reason"] = reasons.mask(codes.isin(candidates), CANDIDATE)
    for name, column in details.items():
        default: Any = "" if name in ("note", "error") else 0
        report[name] = column.reindex(codes).fillna(default).astype(column.dtype)
    report["bars"] = report["bars"].mask(quoted, 1)
    return report
