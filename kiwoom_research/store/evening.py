"""The evening of a store: the official closes at half past three, and the whole market from quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..data.arguments import one_of
from ..data.choices import StockMarket
from ..data.connection import default_client
from ..data.stocks import MARKETS
from .contents import StoreContents
from .record_close import close_window, read_closes
from .refresh import CHECKED, apply_scan, plan_scan, scan_market
from .update import claim_market, merge_staged, warn_of_failures

if TYPE_CHECKING:
    from ..client import Client

NOTHING_STORED = (
    "the store holds nothing yet: name codes, or a market such as 'kospi' (plan() says what it costs)"
)


class StoreEvening(StoreContents):
    """What `Store` does with a whole market in few requests."""

    def record_close(self, market: StockMarket | None = None, *, client: Client | None = None) -> pd.Series:
        """Read the official closes of a market between 15:31 and 15:59, with one request per 100 stocks.

        From 16:00 on the price is that of the after-market, and in the evening nothing but the minutes of each stock
        tells the official close. ETFs and ETNs are left out: the after-market does not trade them.

        Kiwoom calls: ka10095 지정종목 정보요청, and ka10099 종목정보 리스트 for a market.

        Parameters
        ----------
        market : str, optional
            As in `get_stocks`: also stocks that are not stored yet, such as today's new listings. Without it, the
            stored codes.
        client : Client, optional
            A client other than the one of `connect`.

        Returns
        -------
        pandas.Series
            ``session``; ``stocks`` that were asked for; ``recorded``; ``different``, how many differ from what was
            stored before (each is logged; the first one stays).

        Raises
        ------
        KiwoomError
            It is not the time; the message says when it is. The hours of an exam day are not known.
        ConfigError
            Another process is writing, or the store holds bars of another server.
        ValueError
            No market while nothing is stored, or there is no such market.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> from kiwoom_research.sandbox import Sandbox
        >>> with Sandbox(clock="2026-11-19 21:30") as box:
        ...     client = kr.connect(box.url, box.appkey, box.secretkey)
        ...     store = kr.Store(tempfile.mkdtemp())
        ...     _ = store.update(["005930", "000660"], since="2026-11-02", progress=False)
        ...     _ = box.set_clock("2026-11-20 15:40")
        ...     int(store.record_close()["recorded"])
        2
        """
        self._check_market(market)
        client, reader = default_client(client).frozen(), self._reader
        close_window(client.now())
        with reader.folder.writing():
            claim_market(reader, client)
            merge_staged(reader)
            return read_closes(reader, market, client)

    def plan_refresh(self, market: StockMarket | None = None, *, client: Client | None = None) -> pd.Series:
        """Return what `refresh` would pull from the chart; list and quotes are requested and stay in the cache.

        Parameters
        ----------
        market, client
            As in `refresh`.

        Returns
        -------
        pandas.Series
            As `kiwoom_research.plan`, of the stocks that are asked for one by one. The check comes on top.

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
        self._check_market(market)
        client = default_client(client).frozen()
        scan = scan_market(self._reader, self._reader.folder.read_manifest(), market, client)
        return plan_scan(self._reader, scan, client)

    def refresh(
        self,
        market: StockMarket | None = None,
        *,
        check: int = CHECKED,
        progress: bool = True,
        client: Client | None = None,
    ) -> pd.DataFrame:
        """Bring daily bars to the session that ended today, a whole market with about 55 requests.

        The cost: the stock lists, one request per 100 codes, one for each stock that needs its chart, one for each
        candidate, and `check`. Today's bars come from quotes. Pulled from the chart one by one are only: stocks
        whose base price is not the official close before, where that is known (a corporate action; one page of the
        adjusted chart is then held against it), new listings, stocks that are not
        current to the previous session (so a missed evening costs one request a stock), and stocks whose quote
        fails a test. Where the official close is not known, a base price outside low to high of the session before makes
        a candidate, whose adjusted chart decides; one inside is taken for an ordinary day's and the day counts as
        unchecked. Stocks that are no longer listed
        are marked as delisted; their bars stay. Bars from quotes have the ``source`` ``quote``; the next pull from the
        chart overwrites them and reports differences.

        Kiwoom calls: ka10099 종목정보 리스트, ka10095 지정종목 정보요청, ka10081 주식일봉차트조회요청.

        Parameters
        ----------
        market : str, optional
            As in `get_stocks`; stocks of it that are not stored yet are filled. Without it, the stored codes.
        check : int
            So many stocks, those first that were not checked for longest, are also held against one page of their
            adjusted chart: bars are compared, and corporate actions found.
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
            Another process is writing, or the store holds bars of another server.
        StoreError
            A file is damaged (`repair` mends it), or the disk cannot hold the bars.
        ValueError
            No market while nothing is stored.
        """
        self._check_market(market)
        client, reader = default_client(client).frozen(), self._reader
        with reader.folder.writing():
            claim_market(reader, client)
            merge_staged(reader)
            scan = scan_market(reader, reader.folder.read_manifest(), market, client)
            report = apply_scan(reader, scan, check, client, progress=progress)
        warn_of_failures(report)
        return report

    def _check_market(self, market: str | None) -> None:
        if market is not None:
            one_of(market, tuple(MARKETS), "market")
        elif not self._reader.stored_codes():
            raise ValueError(NOTHING_STORED)
