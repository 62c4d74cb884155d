"""What a store holds beside bars: corporate actions, codes, missing sessions and damage."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, cast

import pandas as pd

from ..data.arguments import Codes, frequency, stock_codes
from ..data.choices import FreqSpelling, StoredFreq
from ..frames import TEXT_DTYPE
from .bars import StoreBars
from .folder import sql_text
from .manifest import Manifest
from .reader import ATTEMPTS
from .schema import OFFICIAL, STORED_FREQS
from .verify import find_problems, missing_sessions

if TYPE_CHECKING:
    pass


class StoreContents(StoreBars):
    """The reading half of `Store`; it never waits for a writer."""

    def events(self, codes: Codes | None = None) -> pd.DataFrame:
        """Return corporate actions: splits, consolidations, rights and bonus issues, spin-offs, reductions.

        Parameters
        ----------
        codes : str or iterable of str, optional
            All stored codes if absent.

        Returns
        -------
        pandas.DataFrame
            ``code``; ``date``, the first session at the new price; ``ratio``, the factor of all earlier prices
            (base price over official close); ``source``: ``base price``, or ``adjusted`` where only the adjusted
            chart shows it, or disagreed and won; ``adjusted_ratio``, the
            ratio in the adjusted chart, as exact as prices rounded to the won allow.

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
        events = self._reader.read(lambda manifest: self._reader.table(manifest, "events"))
        events = events[
            events["ratio"] != 1
        ]  # what an adjusted chart refuted is kept, so that it is not asked again
        if codes is not None:
            events = events[events["code"].isin(stock_codes(codes))]
        return events.reset_index(drop=True)

    def codes(self, freq: StoredFreq | FreqSpelling = "1d") -> pd.DataFrame:
        """Return what is known of each stored code.

        Parameters
        ----------
        freq : str
            ``1d`` or minutes.

        Returns
        -------
        pandas.DataFrame
            Index ``code``, sorted: ``name``, ``market`` and ``listed`` where a stock list had them;
            ``delisted``, the first day without the stock; ``since`` and ``until``, the first and last day that
            was pulled; ``first_stored``, the session at which the code was first stored; ``checked``, the last session
            up to which corporate actions are beyond doubt (`verify` counts those after it). A code that another
            company had before has a row for each.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> _ = store.update("005930", since="2026-11-02", progress=False)
        >>> store.codes()["first_stored"].dt.strftime("%Y-%m-%d").to_dict()
        {'005930': '2026-11-20'}
        """
        freq = cast(StoredFreq, frequency(freq, STORED_FREQS))

        def read(manifest: Manifest) -> pd.DataFrame:
            pulls, stocks, former = (
                self._reader.table(manifest, name) for name in ("pulls", "stocks", "former")
            )
            now = pulls.merge(stocks, how="left", on="code")
            both = pd.concat([former, now], ignore_index=True) if len(former) else now
            return both[both["freq"] == freq]

        table = self._reader.read(read).set_index("code").sort_index(kind="stable")
        table.index = table.index.astype(TEXT_DTYPE)
        table = table.astype(dict.fromkeys(("name", "market"), TEXT_DTYPE))
        return table[["name", "market", "listed", "delisted", "since", "until", "first_stored", "checked"]]

    def unbiased_from(self, codes: Codes | None = None) -> pd.Timestamp | None:
        """Return the first session from which on the store is free of survivorship bias.

        That is the session of the first fill: a code that was delisted earlier is not in the store. A code that
        was added later although it was already listed moves the day to its own first fill, because it is in the
        store only for having survived until then. A code that was listed later does not.

        Parameters
        ----------
        codes : str or iterable of str, optional
            All stored codes if absent.

        Returns
        -------
        pandas.Timestamp or None
            None when nothing is stored, or when the session of a first fill is not known.

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
        stored = self.codes()["first_stored"]
        if codes is not None:
            stored = stored[stored.index.isin(stock_codes(codes))]
        if stored.empty or stored.isna().any():
            return None
        late = stored[stored > stored.min()]
        first_days = self._reader.read(lambda manifest: self._first_days(manifest, late.index))
        survivors = late[first_days.reindex(late.index) < stored.min()]
        return pd.Timestamp(survivors.max() if len(survivors) else stored.min())

    def info(self) -> pd.DataFrame:
        """Return what is stored, by frequency and year.

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
        return self._reader.read(self._info)

    def coverage(self, freq: StoredFreq | FreqSpelling = "1d") -> pd.DataFrame:
        """Return the sessions that are missing, by code.

        Expected are the sessions of the exchange from the first pulled day of a code, or its listing, to the
        last pulled day, or its delisting. Sessions of a halt, which follow a bar without volume, are not
        missing. Minutes are expected on days with trades, from the first day that is stored.

        Parameters
        ----------
        freq : str
            ``1d`` or minutes.

        Returns
        -------
        pandas.DataFrame
            ``code``, ``date``: one row per missing session.

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
        freq = cast(StoredFreq, frequency(freq, STORED_FREQS))
        return self._reader.read(lambda manifest: missing_sessions(self._reader, manifest, freq))

    def verify(self) -> pd.DataFrame:
        """Read every file and return what is wrong.

        Files that are gone or not as they were written (every file has a checksum), bars out of order or duplicated,
        impossible prices, bars on days that are no sessions, corporate actions that do not fit the bars. `repair`
        mends files. What is not wrong but unchecked is counted apart: bars after the last session up to which the
        corporate actions of their code are beyond doubt.

        Returns
        -------
        pandas.DataFrame
            ``file``, ``code``, ``date``, ``problem``; empty when nothing is wrong. ``attrs["unchecked"]`` counts the
            unchecked bars; `refresh` checks some codes every evening, those first that were not for longest.

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
        folder = self._reader.folder
        for _ in range(ATTEMPTS):
            manifest = folder.read_manifest()
            found = self._reader.read(lambda manifest: find_problems(self._reader, manifest))
            if found.empty or folder.read_manifest() == manifest:
                break  # what a writer replaces in the meantime is no damage
        return found

    # --- inside ----------------------------------------------------------------------------------

    def _info(self, manifest: Manifest) -> pd.DataFrame:
        rows = []
        for freq, year in sorted(
            {(file.freq, file.year) for file in manifest.files if file.freq != OFFICIAL}
        ):
            files = [file for file in manifest.of(freq) if file.year == year]
            rows.append(
                {
                    "freq": freq,
                    "year": year,
                    "rows": sum(file.rows for file in files),
                    "codes": len(self._reader.bars_per_code(files)),
                    "first": pd.Timestamp(min(file.span[0] for file in files)),
                    "last": pd.Timestamp(max(file.span[1] for file in files)),
                    "files": len(files),
                    "bytes": sum(file.bytes for file in files),
                }
            )
        columns = ["freq", "year", "rows", "codes", "first", "last", "files", "bytes"]
        return pd.DataFrame(rows, columns=columns).set_index(["freq", "year"])

    def _first_days(self, manifest: Manifest, codes: pd.Index) -> pd.Series:
        """The first stored day of each of these codes."""
        bars = self._reader.sql(manifest.of("1d"))
        rows: list[tuple[str, date]] = []
        if bars and len(codes):
            listed = ", ".join(map(sql_text, codes))
            with closing(self._reader.cursor()) as cursor:
                rows = cursor.execute(
                    f"SELECT code, min(date) FROM {bars} WHERE code IN ({listed}) GROUP BY 1"
                ).fetchall()
        return pd.Series(dict(rows), dtype="datetime64[us]")
