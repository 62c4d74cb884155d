"""`Store`: the public side of a store."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from contextlib import closing, nullcontext
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import calendar
from ..bulk.errand import Errand
from ..bulk.estimate import summary
from ..data.arguments import Codes, When, moment, one_of, stock_codes, window
from ..data.connection import default_client
from ..data.stocks import MARKETS, get_stocks
from ..frames import TEXT_DTYPE
from . import query, refresh, update, verify
from .manifest import Snapshot, literal, parquet
from .metadata import with_stocks
from .reader import Shelf
from .schema import STORED_FREQS

if TYPE_CHECKING:
    from ..client import Client

DASK_BARS = 1_000_000  # bars of a partition


class Store:
    """Bars of many codes over many years in a folder, right also after a split.

    Kept are bars as traded and a table of events; adjusted prices are made when bars are read. Readers never
    wait for a writer; two writers never meet.

    Needs the extra ``kiwoom_research[store]`` (pyarrow, duckdb).

    Parameters
    ----------
    path : path or URL
        Folder of the store, made by the first `update`. For reading only, an address that fsspec knows.

    Raises
    ------
    ConfigError
        The folder holds something else, or what a newer version wrote.

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

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._shelf = Shelf(path)
        self._shelf.folder.snapshot()

    def __repr__(self) -> str:
        return f"<kiwoom_research.Store {self._shelf.folder.url}>"

    # --- reading ---------------------------------------------------------------------------------

    def bars(
        self,
        codes: Codes | None = None,
        start: When = None,
        end: When = None,
        freq: str = "1d",
        adjusted: bool = True,
        *,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Stored bars.

        Parameters
        ----------
        codes : str or iterable of str, optional
            All codes that are stored if absent.
        start, end : date, datetime or text, optional
            As in `get_bars`.
        freq : str
            ``1d`` or minutes (``1min``, ``3min``, ...).
        adjusted : bool
            Adjusted as of the newest stored session, prices down to the won as the broker does; False: as traded.
        columns : sequence of str, optional
            Only these.

        Returns
        -------
        pandas.DataFrame
            Index (``code``, ``date`` or ``time``), sorted; columns as in `get_bars`: open, high, low, close
            [KRW] with signs, ``volume`` [shares], ``value`` [KRW], ``change`` [KRW], ``turnover`` [%],
            ``complete`` (always True: nothing else is stored), and ``source``: ``chart`` or ``quote`` (see
            `refresh`).

        Raises
        ------
        ValueError
            An argument that cannot be.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> _ = store.update("005930", since="2026-11-02", progress=False)
        >>> store.bars("005930", start="2026-11-16").shape
        (5, 15)
        """
        asked = None if codes is None else sorted(stock_codes(codes))
        one_of(freq, STORED_FREQS, "freq")
        first, last = window(start, end)
        for name in columns or ():
            one_of(name, query.columns_of(freq), "columns")
        frame = self._shelf.read(
            lambda snapshot: self._shelf.bars(
                snapshot,
                freq,
                adjusted=adjusted,
                columns=columns,
                codes=asked,
                start=None if first is None else first.isoformat(),
                end=None if last is None else last.isoformat(),
            )
        )
        frame.attrs = {"freq": freq, "adjusted": bool(adjusted)}
        return frame

    def events(self, codes: Codes | None = None) -> pd.DataFrame:
        """Corporate actions: splits, consolidations, rights and bonus issues, spin-offs, capital reductions.

        Parameters
        ----------
        codes : str or iterable of str, optional
            All codes if absent.

        Returns
        -------
        pandas.DataFrame
            ``code``; ``date``, the first session at the new price; ``ratio``, what prices before it are
            multiplied by: base price over previous close; ``source``, ``base price`` or, where the adjusted
            chart said otherwise and won, ``adjusted`` (a ratio of 1 then means that there was no event);
            ``adjusted_ratio``, what the adjusted chart shows, to the won that prices are rounded to.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> _ = store.update("035720", since="2021-01-04", progress=False)
        >>> store.events()[["code", "ratio"]].values.tolist()
        [['035720', 0.2]]
        """
        events = self._shelf.read(lambda snapshot: self._shelf.table(snapshot, "events"))
        if codes is not None:
            events = events[events["code"].isin(stock_codes(codes))]
        return events.reset_index(drop=True)

    def codes(self, freq: str = "1d") -> pd.DataFrame:
        """What is known of each code that is stored.

        Parameters
        ----------
        freq : str
            ``1d`` or minutes.

        Returns
        -------
        pandas.DataFrame
            Index ``code``, sorted: ``name``, ``market`` and ``listed`` where a stock list told; ``delisted``, the
            first day without it; ``since`` and ``through``, the days it was pulled from and to; ``filled``, the
            session at which it was stored first.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> _ = store.update("005930", since="2026-11-02", progress=False)
        >>> store.codes()["filled"].dt.strftime("%Y-%m-%d").to_dict()
        {'005930': '2026-11-20'}
        """
        one_of(freq, STORED_FREQS, "freq")

        def read(snapshot: Snapshot) -> pd.DataFrame:
            pulls, stocks = (self._shelf.table(snapshot, name) for name in ("pulls", "stocks"))
            return pulls[pulls["freq"] == freq].merge(stocks, how="left", on="code")

        table = self._shelf.read(read).set_index("code").sort_index()
        table.index = table.index.astype(TEXT_DTYPE)
        table = table.astype(dict.fromkeys(("name", "market"), TEXT_DTYPE))
        return table[["name", "market", "listed", "delisted", "since", "through", "filled"]]

    def unbiased_from(self, codes: Codes | None = None) -> pd.Timestamp | None:
        """The first session from which on no code is missing for having been delisted before it was stored.

        That of the first fill. A code that was added later, although it was listed then, is in the store because
        it was still there: it moves the day to its own first fill. A code that was listed later does not.

        Parameters
        ----------
        codes : str or iterable of str, optional
            All codes if absent.

        Returns
        -------
        pandas.Timestamp or None
            None when nothing is stored, or the store does not know.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> _ = store.update("005930", since="2020-01-02", progress=False)
        >>> store.unbiased_from()
        Timestamp('2026-11-20 00:00:00')
        """
        filled = self.codes()["filled"]
        if codes is not None:
            filled = filled[filled.index.isin(stock_codes(codes))]
        if filled.empty or filled.isna().any():
            return None
        late = filled[filled > filled.min()]
        begins = self._shelf.read(lambda snapshot: self._begins(snapshot, late.index))
        there = late[begins.reindex(late.index) < filled.min()]
        return pd.Timestamp(there.max() if len(there) else filled.min())

    # --- writing ---------------------------------------------------------------------------------

    def plan(
        self, codes: Codes, freq: str = "1d", *, since: When = None, client: Client | None = None
    ) -> pd.Series:
        """What `update` would cost, given what is stored and cached; nothing is sent.

        Parameters
        ----------
        codes, freq, since, client
            As in `update`; a market is taken from the store or the cache, and asked for if neither knows it.

        Returns
        -------
        pandas.Series
            As `kiwoom_research.plan`. The check of each new event is one request more.
        """
        one_of(freq, STORED_FREQS, "freq")
        begin, errand = _day(since), Errand(default_client(client))
        snapshot = self._shelf.folder.snapshot()
        pulls, stocks = (self._shelf.table(snapshot, name) for name in ("pulls", "stocks"))
        asked = self._codes(codes, errand)
        wanted = update.needs(asked, freq, begin, errand.now(), pulls, stocks)
        return summary(errand.inner, update.costs(wanted, freq, errand), among=len(asked))

    def update(
        self,
        codes: Codes = "all",
        freq: str = "1d",
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
            ``1d``, or minutes (then days are kept current too: they show the events).
        since : date or text, optional
            First day wanted. Without it codes that are stored are brought forward, others begin ten years
            ago (minutes: about one year, what the server keeps).
        progress : bool
            Show a bar with the time left.
        client : Client, optional
            Another client than the one of `connect`.

        Returns
        -------
        pandas.DataFrame
            One row a code that was pulled, index ``code``: ``bars`` new ones, ``changed`` ones in the overlap,
            ``events`` new ones, ``note``, ``error`` (empty when it went well).

        Raises
        ------
        ConfigError
            Another process is writing.
        ValueError
            An argument that cannot be.

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
        begin, errand = _day(since), Errand(default_client(client))
        with self._shelf.folder.writing():
            update.merge(self._shelf, errand.inner)  # what an update before this one left behind
            asked = self._codes(codes, errand, remember=True)
            if freq == "1d":
                report = update.bring(self._shelf, asked, freq, begin, errand, progress=progress)
            else:
                first = begin or update.default_since(freq, calendar.last_final(errand.now()))
                days = update.bring(self._shelf, asked, "1d", first, errand, progress=progress)
                report = update.bring(self._shelf, asked, freq, begin, errand, progress=progress)
                report["events"] = days["events"].reindex(report.index, fill_value=0)
                for name in ("note", "error"):  # without its days the events of a code are not known
                    failed = days["error"].reindex(report.index, fill_value="") != ""
                    report[name] = report[name].mask(failed, days[name])
        _warn(report)
        return report

    def refresh(
        self,
        market: str = "stocks",
        *,
        check: int = refresh.CHECKED,
        plan: bool = False,
        progress: bool = True,
        client: Client | None = None,
    ) -> Any:
        """Bring a whole market to the session that ended today, with about 30 requests.

        Today's bars come from quotes, 100 stocks a request. Pulled from the chart one by one are only: stocks
        whose base price is not the stored close (a corporate action), new listings, stocks that are not
        current to the session before, and stocks whose quote is no bar beyond doubt. Stocks that are no longer
        listed are marked, their bars stay.

        Kiwoom calls: ka10099 종목정보 리스트, ka10095 지정종목 정보요청, ka10081 주식일봉차트조회요청.

        Parameters
        ----------
        market : str
            As in `get_stocks`.
        check : int
            So many stocks, others every session, are pulled from the chart too and compared.
        plan : bool
            Only say what would be pulled one by one; asks for the list and the quotes, which stay in the cache.
        progress : bool
            Show a bar while stocks are pulled one by one.
        client : Client, optional
            Another client than the one of `connect`.

        Returns
        -------
        pandas.DataFrame
            One row a stock, index ``code``: ``source`` (``quote``; ``chart`` if it was pulled; empty if it was
            current), ``why`` it was pulled, ``bars``, ``changed``, ``events``, ``note`` and ``error`` as in
            `update`. With `plan`, a Series as of `kiwoom_research.plan`.

        Raises
        ------
        KiwoomError
            Today's session is not final yet; the message says when it will be.
        ConfigError
            Another process is writing.

        Notes
        -----
        Bars from quotes have ``source`` ``quote``. The next pull of the stock from the chart overwrites them
        and reports what differs.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> store.refresh("etf", plan=True)[["codes", "done"]].tolist()  # nothing is stored yet
        [12, 0]
        """
        one_of(market, tuple(MARKETS), "market")
        errand, folder = Errand(default_client(client)), self._shelf.folder
        with nullcontext() if plan else folder.writing():
            if not plan:
                update.merge(self._shelf, errand.inner)
            seen = refresh.look(self._shelf, folder.snapshot(), market, errand)
            if plan:
                return refresh.plan(self._shelf, seen, errand)
            report = refresh.refresh(self._shelf, seen, check, errand, progress=progress)
        _warn(report)
        return report

    # --- about itself ----------------------------------------------------------------------------

    def info(self) -> pd.DataFrame:
        """What is stored.

        Returns
        -------
        pandas.DataFrame
            Index (``freq``, ``year``): ``rows``, ``codes``, ``first`` and ``last`` day, ``files``, ``bytes``.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> _ = store.update("005930", since="2026-11-02", progress=False)
        >>> int(store.info().loc[("1d", 2026), "rows"])
        15
        """

        return self._shelf.read(self._info)

    def coverage(self, freq: str = "1d") -> pd.DataFrame:
        """Which sessions are missing for which code.

        Wanted are the sessions of the exchange from the day a code was pulled from, or its listing, to the day
        it was pulled up to, or its delisting. Not missing are sessions of a halt: those behind a bar without
        volume. Of minutes, only days that had trades are wanted, from the first one that is stored.

        Parameters
        ----------
        freq : str
            ``1d`` or minutes.

        Returns
        -------
        pandas.DataFrame
            ``code``, ``date``: one row for each session that is missing.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> _ = store.update("005930", since="2026-01-02", progress=False)
        >>> len(store.coverage())
        0
        """
        one_of(freq, STORED_FREQS, "freq")

        return self._shelf.read(lambda snapshot: verify.coverage(self._shelf, snapshot, freq))

    def verify(self) -> pd.DataFrame:
        """Read every file and say what is wrong.

        Files that cannot be read or are not what the manifest says, bars out of order or twice, prices that
        cannot be, bars of days that are no sessions, events that do not fit the bars.

        Returns
        -------
        pandas.DataFrame
            ``file``, ``code``, ``date``, ``problem``; empty when all is well.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> _ = store.update("005930", since="2018-01-02", progress=False)
        >>> len(store.verify())
        0
        """

        return self._shelf.read(lambda snapshot: verify.verify(self._shelf, snapshot))

    def dask(
        self,
        freq: str = "1d",
        adjusted: bool = True,
        *,
        columns: Sequence[str] | None = None,
        partitions: int | None = None,
    ) -> Any:
        """The same bars as a Dask DataFrame, for what does not fit into one machine.

        Each partition holds all years of some codes, so that a screen over the history of each stock is one
        ``map_partitions`` without a shuffle. Workers read the folder themselves: its path must be theirs too.

        Needs the extra ``kiwoom_research[dask]``.

        Parameters
        ----------
        freq, adjusted, columns
            As in `bars`.
        partitions : int, optional
            How many; about one for a million bars if absent.

        Returns
        -------
        dask.dataframe.DataFrame
            Index ``code``, sorted, divisions known; a column ``date`` or ``time``, then those of `bars`.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> _ = store.update(["005930", "000660"], since="2026-11-02", progress=False)
        >>> store.dask(columns=["close"]).groupby("code").size().compute().tolist()
        [15, 15]
        """
        from dask import dataframe

        dd: Any = dataframe

        one_of(freq, STORED_FREQS, "freq")
        wanted = list(columns or query.columns_of(freq))
        for name in wanted:
            one_of(name, query.columns_of(freq), "columns")
        sizes = self._shelf.read(lambda snapshot: self._sizes(snapshot, freq))
        empty = query.nothing(freq)[wanted].reset_index(level=1)
        if sizes.empty:
            return dd.from_pandas(empty, npartitions=1)
        count = partitions or max(1, int(sizes.sum() // DASK_BARS))
        which = (sizes.cumsum() - 1) * count // sizes.sum()
        groups = [list(own.index) for _, own in sizes.groupby(which)]
        return dd.from_map(
            _partition,
            [(group[0], group[-1]) for group in groups],
            url=self._shelf.folder.url,
            freq=freq,
            adjusted=adjusted,
            columns=wanted,
            meta=empty,
            divisions=(*(group[0] for group in groups), groups[-1][-1]),
        )

    # --- inside ----------------------------------------------------------------------------------

    def _codes(self, codes: Codes, errand: Errand, *, remember: bool = False) -> list[str]:
        """Codes, or those of a market; its names and listing dates are worth remembering.

        Stocks of the market that are stored and were delisted since belong to it: their last bars are wanted.
        """
        if not (isinstance(codes, str) and codes in MARKETS):
            return sorted(stock_codes(codes))
        listing = get_stocks(codes, client=errand.client)
        folder = self._shelf.folder
        snapshot = folder.snapshot()
        pulls, stocks = (self._shelf.table(snapshot, name) for name in ("pulls", "stocks"))
        gone = set(refresh.vanished(stocks, listing, codes, errand)) & set(pulls["code"])
        if remember:
            folder.commit(with_stocks(folder, snapshot.next(), listing))
        return sorted({*listing.index, *gone})

    def _info(self, snapshot: Snapshot) -> pd.DataFrame:
        rows = []
        for freq, year in sorted({(part.freq, part.year) for part in snapshot.parts}):
            parts = [part for part in snapshot.of(freq) if part.year == year]
            rows.append(
                {
                    "freq": freq,
                    "year": year,
                    "rows": sum(part.rows for part in parts),
                    "codes": len(self._sizes(snapshot, freq, year)),
                    "first": pd.Timestamp(min(part.span[0] for part in parts)),
                    "last": pd.Timestamp(max(part.span[1] for part in parts)),
                    "files": len(parts),
                    "bytes": sum(part.bytes for part in parts),
                }
            )
        columns = ["freq", "year", "rows", "codes", "first", "last", "files", "bytes"]
        return pd.DataFrame(rows, columns=columns).set_index(["freq", "year"])

    def _begins(self, snapshot: Snapshot, codes: pd.Index) -> pd.Series:
        """The first day of each of these codes."""
        files = self._shelf.files(snapshot, "1d")
        rows: list[tuple[str, date]] = []
        if files and len(codes):
            asked = ", ".join(map(literal, codes))
            with closing(self._shelf.cursor()) as cursor:
                rows = cursor.execute(
                    f"SELECT code, min(date) FROM {files} WHERE code IN ({asked}) GROUP BY 1"
                ).fetchall()
        return pd.Series(dict(rows), dtype="datetime64[us]")

    def _sizes(self, snapshot: Snapshot, freq: str, year: int | None = None) -> pd.Series:
        """How many bars each code has."""
        parts = [part for part in snapshot.of(freq) if year is None or part.year == year]
        if not parts:
            return pd.Series(dtype="int64")
        files = parquet(query.addresses(self._shelf.folder, parts))
        with closing(self._shelf.cursor()) as cursor:
            rows = cursor.execute(f"SELECT code, count(*) FROM {files} GROUP BY 1 ORDER BY 1").fetchall()
        return pd.Series(dict(rows), dtype="int64")


def _partition(
    codes: tuple[str, str], *, url: str, freq: str, adjusted: bool, columns: list[str]
) -> pd.DataFrame:
    """One task of `Store.dask`: all bars of the codes from one to another."""
    shelf = Shelf(url)
    frame = shelf.read(
        lambda snapshot: shelf.bars(snapshot, freq, adjusted=adjusted, columns=columns, between=codes)
    )
    return frame.reset_index(level=1)


def _day(since: When) -> date | None:
    stamp = moment(since, "since")
    return None if stamp is None else stamp.date()


def _warn(report: pd.DataFrame) -> None:
    failed = report[report["error"] != ""]
    if len(failed):
        first = f"the first {failed.index[0]}: {failed['note'].iloc[0]}"
        warnings.warn(f"{len(failed)} codes failed, {first}", UserWarning, stacklevel=3)
