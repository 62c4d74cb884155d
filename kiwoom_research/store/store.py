"""`Store`: years of bars of many codes in a folder, kept current, adjusted when they are read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

import pandas as pd

from ..bulk.estimate import Cost, summary
from ..data.arguments import Codes, When, frequency, stock_codes
from ..data.choices import FreqSpelling, StockMarket, StoredFreq
from ..data.connection import default_client
from ..data.stocks import MARKETS, get_stocks
from .evening import NOTHING_STORED, StoreEvening
from .gaps import gap_costs
from .metadata import with_stocks
from .reader import Reader
from .refresh import missing_codes
from .repair import recover, repair
from .schema import STORED_FREQS
from .update import (
    claim_market,
    gaps_of,
    merge_staged,
    parse_since,
    update_codes,
    update_parts,
    warn_of_failures,
    with_days,
)  # fmt: skip

if TYPE_CHECKING:
    from ..client import Client


class Store(StoreEvening):
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
    ValueError
        An empty path.
    ConfigError
        The folder holds something else, bars without a manifest (see `recover`), or a store of another edition.
    StoreError
        The manifest is damaged.

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

    @classmethod
    def recover(cls, path: str | os.PathLike[str]) -> Store:
        """Rebuild the manifest of a store from its files, and return the store.

        For a manifest that is lost or damaged, and for a store of the first edition. Files that cannot be read are
        moved to the folder ``damaged``, where nothing reads them. Nothing is requested. Where it is not known whose
        bars they are, the next `update` compares some of them with its server's and refuses one that has others.

        Parameters
        ----------
        path : path
            Folder of the store.

        Returns
        -------
        Store

        Raises
        ------
        ConfigError
            There are no bars of a store in the folder, or another process is writing.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> _ = kr.Store(folder).update("005930", since="2026-11-02", progress=False)
        >>> (folder / "manifest.json").unlink()
        >>> len(kr.Store.recover(folder).bars("005930"))
        15
        """
        reader = Reader(path)
        reader.cursor().close()  # says what is not installed
        recover(reader.folder, reader)
        return cls(path)

    def repair(self, *, progress: bool = True, client: Client | None = None) -> pd.DataFrame:
        """Pull again what damaged files held; they are moved to the folder ``damaged``.

        A damaged file costs the bars of its own frequency and year. Minutes of more than a year ago are not to be had
        any more: `coverage` names them afterwards. A damaged table of corporate actions is made again from the
        bars, one of pulled ranges from their first and last days; names come with the next stock list.

        Parameters
        ----------
        progress : bool
            Show a progress bar with the time left.
        client : Client, optional
            A client other than the one of `connect`.

        Returns
        -------
        pandas.DataFrame
            One row per code that was pulled, as `update`; empty when nothing is damaged.

        Raises
        ------
        ConfigError
            Another process is writing, or the store holds bars of another server.
        StoreError
            The disk cannot hold it.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> _ = store.update("005930", since="2026-11-02", progress=False)
        >>> len(store.repair(progress=False))
        0
        """
        client, reader = default_client(client).frozen(), self._reader
        with reader.folder.writing():
            claim_market(reader, client)
            report = repair(reader, client, progress=progress)
            merge_staged(reader)
        warn_of_failures(report)
        return report

    def plan(
        self,
        codes: Codes | None = None,
        freq: StoredFreq | FreqSpelling | None = None,
        *,
        since: When = None,
        check: bool = True,
        client: Client | None = None,
    ) -> pd.Series:
        """Return what `update` would cost, given what is stored and cached; no bars are requested.

        Parameters
        ----------
        codes, freq, since, check, client
            As in `update`. The codes of a market are requested if neither the store nor the cache knows them.

        Returns
        -------
        pandas.Series
            As `kiwoom_research.plan`, with the page of the adjusted chart that each code is held against. A corporate
            action before that page (600 sessions) costs one request more.
        """
        begin, client = parse_since(since), default_client(client).frozen()
        costs: dict[str, Cost] = {}
        every: set[str] = set()
        for own, wanted in self._chosen(codes, freq, client).items():
            every.update(wanted)
            for part, new_since in update_parts(own, client):
                gaps = gaps_of(self._reader, wanted, part, begin, client, new_since=new_since)
                for code, cost in gap_costs(gaps, part, client, check=check).items():
                    known = costs.get(code, Cost(0, 0))
                    costs[code] = Cost(known.requests + cost.requests, known.cached + cost.cached)
        return summary(client, costs, among=len(every))

    def update(
        self,
        codes: Codes | None = None,
        freq: StoredFreq | FreqSpelling | None = None,
        *,
        since: When = None,
        check: bool = True,
        progress: bool = True,
        client: Client | None = None,
    ) -> pd.DataFrame:
        """Pull what the store lacks up to the last final session, also sessions that are missing in between.

        A crash loses at most the codes in flight; run it again to continue. Kiwoom calls: ka10081
        주식일봉차트조회요청, ka10080 주식분봉차트조회요청; ka10099 종목정보 리스트 for a market.

        Parameters
        ----------
        codes : str or iterable of str
            Codes, or a market of `get_stocks`: ``all``, ``stocks``, ``kospi``, ... Without it what the store holds.
        freq : str
            ``1d``, or minutes (days are then updated too: they show corporate actions). Without it the frequencies that
            the store holds of these codes, days for new ones.
        since : date or text, optional
            First day to store. Without it stored codes are brought up to date, and new ones begin ten years
            ago (minutes: about one year, as far back as the server keeps them). With it, missing sessions from that day
            on are requested again however often they were requested in vain.
        check : bool
            Hold the daily bars of each code against one page of its adjusted chart, which shows corporate actions. False
            saves that request; since 2026-09-14 most base prices then say too little, and the sessions count as
            unchecked until `refresh` comes to them (`verify` counts them).
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
            Another process is writing, or the store holds bars of another server.
        StoreError
            A file is damaged (`repair` mends it), or the disk cannot hold the bars.
        ValueError
            An invalid argument, or no codes while nothing is stored.

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
        begin, client = parse_since(since), default_client(client).frozen()
        reader = self._reader
        if codes is None and not reader.stored_codes():
            raise ValueError(NOTHING_STORED)
        reports = []
        with reader.folder.writing():
            claim_market(reader, client)
            merge_staged(reader)  # left by an interrupted update
            for own, wanted in self._chosen(codes, freq, client, remember=True).items():
                days, *minutes = (
                    update_codes(
                        reader,
                        wanted,
                        part,
                        begin,
                        client,
                        new_since=new_since,
                        check=check,
                        progress=progress,
                    )
                    for part, new_since in update_parts(own, client)
                )
                reports.append(with_days(minutes[0], days) if minutes else days)
        report = pd.concat(reports)
        warn_of_failures(report)
        return report

    def _chosen(
        self, codes: Codes | None, freq: str | None, client: Client, *, remember: bool = False
    ) -> dict[str, list[str]]:
        """The codes to update, by frequency. Minutes include the days of their codes."""
        if freq is not None:
            freq = cast(StoredFreq, frequency(freq, STORED_FREQS))
        stored = self._reader.stored_codes()
        if codes is None:
            if freq is not None:
                stored = {freq: stored.get(freq, [])}
            if not any(stored.values()):
                raise ValueError(NOTHING_STORED)
            chosen = {own: self._resolve(wanted, client, remember=remember) for own, wanted in stored.items()}
        else:
            wanted = self._resolve(codes, client, remember=remember)
            if freq is not None:
                return {freq: wanted}
            chosen = {own: [code for code in wanted if code in set(held)] for own, held in stored.items()}
            chosen["1d"] = wanted
        minutes = {code for own, held in chosen.items() if own != "1d" for code in held}
        chosen["1d"] = [code for code in chosen.get("1d", []) if code not in minutes]
        return {own: held for own, held in chosen.items() if held}

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
