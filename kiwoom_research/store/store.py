"""`Store`: years of bars of many codes in a folder, kept current, adjusted when they are read."""

from __future__ import annotations

import warnings
from datetime import date
from typing import TYPE_CHECKING, cast

import pandas as pd

from .. import calendar
from ..bulk.estimate import summary
from ..data.arguments import Codes, When, moment, one_of, stock_codes
from ..data.bars import FREQS
from ..data.choices import StockMarket, StoredFreq
from ..data.connection import default_client
from ..data.stocks import MARKETS, get_stocks
from .contents import StoreContents
from .gaps import default_since, find_gaps, gap_costs
from .metadata import with_stocks
from .refresh import CHECKED, apply_scan, missing_codes, plan_scan, scan_market
from .schema import STORED_FREQS
from .update import merge_staged, update_codes

if TYPE_CHECKING:
    from ..client import Client


class Store(StoreContents):
    """Bars of many codes over many years in a folder, right also after a split.

    Stored are bars as traded and a table of corporate actions; adjusted prices are made when bars are read.
    Readers never wait for a writer; there is one writer at a time.

    Needs the extra ``kiwoom_research[store]`` (pyarrow, duckdb).

    Parameters
    ----------
    path : path or URL
        Folder of the store; the first `update` makes it. An address that fsspec knows can be read, not written.

    Raises
    ------
    ConfigError
        The folder holds something else, or a store of another edition.

    Examples
    --------
    >>> import tempfile
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> store = kr.Store(tempfile.mkdtemp())
    >>> _ = store.update(["005930", "035720"], since="2020-01-01", progress=False)
    >>> bars = store.bars("035720", start="2021-04-01", end="2021-04-30")
    >>> int(bars["close"].pct_change().abs().max() < 0.3)  # split one into five on the 15th
    1
    """

    def __repr__(self) -> str:
        return f"<kiwoom_research.Store {self._reader.folder.url}>"

    def plan(
        self, codes: Codes, freq: StoredFreq = "1d", *, since: When = None, client: Client | None = None
    ) -> pd.Series:
        """Return what `update` would cost, given what is stored and cached; no bars are requested.

        Parameters
        ----------
        codes, freq, since, client
            As in `update`. The codes of a market are requested if neither the store nor the cache knows them.

        Returns
        -------
        pandas.Series
            As `kiwoom_research.plan`. Each new corporate action costs one request more.
        """
        one_of(freq, STORED_FREQS, "freq")
        begin, client = _parse_day(since), default_client(client).frozen()
        manifest = self._reader.folder.read_manifest()
        pulls, stocks = (self._reader.table(manifest, name) for name in ("pulls", "stocks"))
        wanted = self._resolve(codes, client)
        gaps = find_gaps(wanted, freq, begin, client.now(), pulls, stocks)
        return summary(client, gap_costs(gaps, freq, client), among=len(wanted))

    def update(
        self,
        codes: Codes = "all",
        freq: StoredFreq = "1d",
        *,
        since: When = None,
        progress: bool = True,
        client: Client | None = None,
    ) -> pd.DataFrame:
        """Pull what the store lacks up to the last final session.

        A crash loses at most the codes in flight; run it again to continue. Kiwoom calls: ka10081
        주식일봉차트조회요청, ka10080 주식분봉차트조회요청; ka10099 종목정보 리스트 for a market.

        Parameters
        ----------
        codes : str or iterable of str
            Codes, or a market of `get_stocks`: ``all``, ``stocks``, ``kospi``, ...
        freq : str
            ``1d``, or minutes (days are then updated too: they show corporate actions).
        since : date or text, optional
            First day to store. Without it stored codes are brought up to date, and new ones begin ten years
            ago (minutes: about one year, as far back as the server keeps them).
        progress : bool
            Show a progress bar with the time left.
        client : Client, optional
            A client other than the one of `connect`.

        Returns
        -------
        pandas.DataFrame
            One row per code that was pulled, index ``code``: ``bars`` that are new, stored bars that
            ``changed``, new ``events``, ``note``, ``error`` (empty on success).

        Raises
        ------
        ConfigError
            Another process is writing.
        ValueError
            An invalid argument.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> report = store.update(["005930", "000660"], since="2026-11-02", progress=False)
        >>> report["bars"].tolist()
        [15, 15]
        """
        one_of(freq, STORED_FREQS, "freq")
        begin, client = _parse_day(since), default_client(client).frozen()
        reader = self._reader
        with reader.folder.writing():
            merge_staged(reader, client)  # left by an interrupted update
            wanted = self._resolve(codes, client, remember=True)
            if freq == "1d":
                report = update_codes(reader, wanted, freq, begin, client, progress=progress)
            else:
                first = begin or default_since(freq, calendar.last_final(client.now(), FREQS[freq].finality))
                days = update_codes(reader, wanted, "1d", first, client, progress=progress)
                report = update_codes(reader, wanted, freq, begin, client, progress=progress)
                report["events"] = days["events"].reindex(report.index, fill_value=0)
                for name in ("note", "error"):  # without its days the events of a code are not known
                    failed = days["error"].reindex(report.index, fill_value="") != ""
                    report[name] = report[name].mask(failed, days[name])
        _warn_of_failures(report)
        return report

    def plan_refresh(self, market: StockMarket = "stocks", *, client: Client | None = None) -> pd.Series:
        """Return what `refresh` would pull from the chart; list and quotes are requested and stay in the cache.

        Parameters
        ----------
        market, client
            As in `refresh`.

        Returns
        -------
        pandas.Series
            As `kiwoom_research.plan`, of the stocks that are pulled one by one. The check comes on top.

        Raises
        ------
        KiwoomError
            Today's session is not final yet; the message says when it will be.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> store.plan_refresh("etf")[["codes", "done"]].tolist()  # nothing is stored yet
        [12, 0]
        """
        one_of(market, tuple(MARKETS), "market")
        client = default_client(client).frozen()
        scan = scan_market(self._reader, self._reader.folder.read_manifest(), market, client)
        return plan_scan(self._reader, scan, client)

    def refresh(
        self,
        market: StockMarket = "stocks",
        *,
        check: int = CHECKED,
        progress: bool = True,
        client: Client | None = None,
    ) -> pd.DataFrame:
        """Bring a whole market to the session that ended today, with about 30 requests.

        Today's bars come from quotes, 100 stocks per request. Pulled from the chart one by one are only: stocks
        whose base price is not the stored close (a corporate action), new listings, stocks that are not
        current to the previous session, and stocks whose quote fails a check. Stocks that are no longer listed
        are marked as delisted; their bars stay.

        Kiwoom calls: ka10099 종목정보 리스트, ka10095 지정종목 정보요청, ka10081 주식일봉차트조회요청.

        Parameters
        ----------
        market : str
            As in `get_stocks`.
        check : int
            So many stocks, different ones every session, are also pulled from the chart and compared.
        progress : bool
            Show a progress bar while stocks are pulled one by one.
        client : Client, optional
            A client other than the one of `connect`.

        Returns
        -------
        pandas.DataFrame
            One row per stock, index ``code``: ``source`` (``quote``; ``chart`` if it was pulled; empty if it was
            current), the ``reason`` for which it was pulled, ``bars``, ``changed``, ``events``, ``note`` and
            ``error`` as in `update`.

        Raises
        ------
        KiwoomError
            Today's session is not final yet; the message says when it will be.
        ConfigError
            Another process is writing.

        Notes
        -----
        Bars from quotes have the ``source`` ``quote``. The next pull of the stock from the chart overwrites them
        and reports differences.
        """
        one_of(market, tuple(MARKETS), "market")
        client, reader = default_client(client).frozen(), self._reader
        with reader.folder.writing():
            merge_staged(reader, client)
            scan = scan_market(reader, reader.folder.read_manifest(), market, client)
            report = apply_scan(reader, scan, check, client, progress=progress)
        _warn_of_failures(report)
        return report

    def _resolve(self, codes: Codes, client: Client, *, remember: bool = False) -> list[str]:
        """The codes themselves, or those of a market, whose names and listing dates can be remembered.

        Stored stocks of the market that were delisted since belong to it: their last bars are still wanted.
        """
        if not (isinstance(codes, str) and codes in MARKETS):
            return sorted(stock_codes(codes))
        listing = get_stocks(cast(StockMarket, codes), client=client)
        folder = self._reader.folder
        manifest = folder.read_manifest()
        pulls, stocks = (self._reader.table(manifest, name) for name in ("pulls", "stocks"))
        missing = set(missing_codes(stocks, listing, codes, client)) & set(pulls["code"])
        if remember:
            folder.commit(with_stocks(folder, manifest.next_generation(), listing))
        return sorted({*listing.index, *missing})


def _parse_day(since: When) -> date | None:
    stamp = moment(since, "since")
    return None if stamp is None else stamp.date()


def _warn_of_failures(report: pd.DataFrame) -> None:
    failed = report[report["error"] != ""]
    if len(failed):
        first = f"the first {failed.index[0]}: {failed['note'].iloc[0]}"
        warnings.warn(f"{len(failed)} codes failed, {first}", UserWarning, stacklevel=3)
