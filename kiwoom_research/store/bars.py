"""The bars of a store: as a pandas frame, lazily for Polars, as an Arrow table, in parts for Dask."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, get_args, overload

import pandas as pd

from ..data.arguments import Codes, When, frequency, one_of, stock_codes, window
from ..data.choices import FreqSpelling, StoredFreq
from ..errors import ConfigError, warn_user
from .dask_frame import dask_bars
from .manifest import Manifest
from .metadata import fund_codes
from .polars_scan import scan_bars
from .query import empty_frame, stored_columns
from .reader import Reader
from .schema import OFFICIAL, STORED_FREQS, arrow_schema, time_column

if TYPE_CHECKING:
    import polars
    import pyarrow
    from dask.dataframe import DataFrame as DaskFrame

BarsForm = Literal["pandas", "polars", "arrow"]


class _BarsRequest(NamedTuple):
    """Which bars are wanted."""

    codes: list[str] | None
    freq: str
    columns: list[str]
    start: str | None
    end: str | None


class StoreBars:
    """The bars of a `Store`."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._reader = Reader(path)
        self._reader.folder.read_manifest()

    @overload
    def bars(
        self,
        codes: Codes | None = ...,
        start: When = ...,
        end: When = ...,
        freq: StoredFreq | FreqSpelling = ...,
        adjusted: bool = ...,
        *,
        columns: Sequence[str] | None = ...,
        as_: Literal["pandas"] = ...,
    ) -> pd.DataFrame: ...

    @overload
    def bars(
        self,
        codes: Codes | None = ...,
        start: When = ...,
        end: When = ...,
        freq: StoredFreq | FreqSpelling = ...,
        adjusted: bool = ...,
        *,
        columns: Sequence[str] | None = ...,
        as_: Literal["polars"],
    ) -> polars.DataFrame: ...

    @overload
    def bars(
        self,
        codes: Codes | None = ...,
        start: When = ...,
        end: When = ...,
        freq: StoredFreq | FreqSpelling = ...,
        adjusted: bool = ...,
        *,
        columns: Sequence[str] | None = ...,
        as_: Literal["arrow"],
    ) -> pyarrow.Table: ...

    def bars(
        self,
        codes: Codes | None = None,
        start: When = None,
        end: When = None,
        freq: StoredFreq | FreqSpelling = "1d",
        adjusted: bool = True,
        *,
        columns: Sequence[str] | None = None,
        as_: BarsForm = "pandas",
    ) -> pd.DataFrame | polars.DataFrame | pyarrow.Table:
        """Return stored bars.

        Parameters
        ----------
        codes : str or iterable of str, optional
            All stored codes if absent.
        start, end : date, datetime or text, optional
            As in `get_bars`.
        freq : str
            ``1d`` or minutes (``1min``, ``3min``, ...).
        adjusted : bool
            True: adjusted to the newest stored session, prices rounded down to the won as the broker does.
            False: as traded.
        columns : sequence of str, optional
            Only these columns.
        as_ : {"pandas", "polars", "arrow"}
            A pandas frame, a Polars frame, or an Arrow table. The last two have code and date (or time, Korean, without a
            zone) as their first columns, and the same values; missing is null. `scan` reads less.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or pyarrow.Table
            Index (``code``, ``date`` or ``time``), sorted; columns as in `get_bars`: open, high, low, close
            [KRW] with signs, ``volume`` [shares], ``value`` [KRW], ``change`` [KRW], ``turnover`` [%],
            ``complete`` (always True: only complete bars are stored), and ``source``: ``chart`` or ``quote``
            (see `refresh`).

        Raises
        ------
        ValueError
            An invalid argument.

        Warns
        -----
        UserWarning
            Codes that are not stored; they have no rows.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> _ = store.update("005930", since="2026-11-02", progress=False)
        >>> store.bars("005930", start="2026-11-16").shape
        (5, 18)
        """
        one_of(as_, get_args(BarsForm), "as_")
        request = self._request(codes, start, end, freq, columns)
        if as_ != "pandas":
            rows = self._reader.read(lambda manifest: self._sorted_rows(manifest, request, adjusted))
            return rows if as_ == "arrow" else _polars().from_arrow(rows)
        frame = self._reader.read(
            lambda manifest: self._reader.bars(
                manifest,
                request.freq,
                adjusted=adjusted,
                columns=request.columns,
                codes=request.codes,
                start=request.start,
                end=request.end,
            )
        )
        frame.attrs = {"freq": request.freq, "adjusted": bool(adjusted)}
        absent = set(request.codes or ()) - set(frame.index.get_level_values("code").unique())
        if absent:
            self._warn_of_unknown(absent, request.freq)
        return frame

    def scan(
        self,
        codes: Codes | None = None,
        start: When = None,
        end: When = None,
        freq: StoredFreq | FreqSpelling = "1d",
        adjusted: bool = True,
        *,
        columns: Sequence[str] | None = None,
    ) -> polars.LazyFrame:
        """Return stored bars as a lazy Polars frame: what a query does not need is not read.

        Filters and the choice of columns reach the files, and adjusted prices are made only where they are asked for.
        The bars come in no order. Needs polars: ``kiwoom_research[polars]``.

        Parameters
        ----------
        codes, start, end, freq, adjusted, columns
            As in `bars`.

        Returns
        -------
        polars.LazyFrame
            ``code``, ``date`` (or ``time``: Korean time, without a zone) and the columns of `bars`, with the same values;
            missing is null. Prices and shares are whole numbers, as they are stored. Collect it before the store is written
            again: its files are those of now.

        Raises
        ------
        ValueError
            An invalid argument.
        ConfigError
            Polars is not installed; a store that is not in a folder of this machine.

        Examples
        --------
        >>> import tempfile
        >>> import kiwoom_research as kr
        >>> import polars as pl
        >>> _ = kr.connect("sandbox")
        >>> store = kr.Store(tempfile.mkdtemp())
        >>> _ = store.update(["005930", "000660"], since="2026-11-02", progress=False)
        >>> busy = store.scan().filter(pl.col("volume") > 10_000_000).group_by("code").len().collect()
        >>> busy.columns
        ['code', 'len']
        """
        library = _polars()
        request = self._request(codes, start, end, freq, columns)

        found: polars.LazyFrame = self._reader.read(
            lambda manifest: self._lazy(library, manifest, request, adjusted)
        )
        return found

    def dask(
        self,
        freq: StoredFreq | FreqSpelling = "1d",
        adjusted: bool = True,
        *,
        columns: Sequence[str] | None = None,
        partitions: int | None = None,
    ) -> DaskFrame:
        """Return the same bars as a Dask DataFrame, for what does not fit into one machine.

        Each partition holds all years of some codes, so that a screen over the history of each stock is one
        ``map_partitions`` without a shuffle. Workers read the folder themselves: its path must be theirs too.

        Needs the extra ``kiwoom_research[dask]``.

        Parameters
        ----------
        freq, adjusted, columns
            As in `bars`.
        partitions : int, optional
            How many; about one per million bars if absent.

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
        freq = cast(StoredFreq, frequency(freq, STORED_FREQS))
        wanted = list(columns or stored_columns(freq))
        for name in wanted:
            one_of(name, stored_columns(freq), "columns")
        return dask_bars(self._reader, freq, adjusted, wanted, partitions)

    # --- inside ----------------------------------------------------------------------------------

    def _request(
        self, codes: Codes | None, start: When, end: When, freq: str, columns: Sequence[str] | None
    ) -> _BarsRequest:
        """What was asked for, checked."""
        wanted = None if codes is None else sorted(stock_codes(codes))
        plain = frequency(freq, STORED_FREQS)
        first, last = window(start, end)
        for name in columns or ():
            one_of(name, stored_columns(plain), "columns")
        return _BarsRequest(
            wanted,
            plain,
            list(columns or stored_columns(plain)),
            None if first is None else first.isoformat(),
            None if last is None else last.isoformat(),
        )

    def _relation(self, cursor: Any, manifest: Manifest, request: _BarsRequest, adjusted: bool) -> Any:
        return self._reader.relation(
            cursor,
            manifest,
            request.freq,
            request.columns,
            adjusted=adjusted,
            codes=request.codes,
            start=request.start,
            end=request.end,
        )

    def _lazy(self, library: Any, manifest: Manifest, request: _BarsRequest, adjusted: bool) -> Any:
        """A lazy frame of the files that can hold what was asked for."""
        folder, reader = self._reader.folder, self._reader
        if folder.filesystem is not None:
            raise ConfigError(
                f"scan reads folders of this machine, and {folder.url} is none; bars() reads it"
            )
        chosen = [
            [
                file
                for file in manifest.of(data)
                if file.overlaps(request.codes, None, request.start, request.end)
            ]
            for data in (request.freq, OFFICIAL)
        ]
        for file in [*chosen[0], *chosen[1]]:
            folder.check(file.path, file.checksum)
        files, official = ([folder.address(file.path) for file in part] for part in chosen)
        if not files:
            return library.from_arrow(self._empty_rows(request)).lazy()
        events = reader.table(manifest, "events").iloc[: None if adjusted else 0]
        if request.codes is not None:
            events = events[events["code"].isin(request.codes)]
        bars = scan_bars(
            library,
            files,
            request.freq,
            request.columns,
            events=events,
            former=reader.table(manifest, "former") if len(events) else events,
            official=official,
            funds=fund_codes(reader.table(manifest, "stocks")),
        )
        label = library.col(time_column(request.freq))
        kind = bars.collect_schema()[time_column(request.freq)]
        if request.codes is not None:
            bars = bars.filter(library.col("code").is_in(request.codes))
        for text, inside in ((request.start, label.ge), (request.end, label.le)):
            if text is not None:
                bars = bars.filter(inside(library.lit(pd.Timestamp(text)).cast(kind)))
        return bars

    def _sorted_rows(self, manifest: Manifest, request: _BarsRequest, adjusted: bool) -> Any:
        """Bars as an Arrow table."""
        with closing(self._reader.cursor()) as cursor:
            rows = self._relation(cursor, manifest, request, adjusted)
            if rows is None:
                return self._empty_rows(request)
            return rows.order(f"code, {time_column(request.freq)}").to_arrow_table()

    def _empty_rows(self, request: _BarsRequest) -> Any:
        """A table without rows."""
        import pyarrow as pa

        frame = empty_frame(request.freq)[request.columns].reset_index()
        table = pa.Table.from_pandas(frame, preserve_index=False)
        label = time_column(request.freq)
        return table.set_column(1, label, table[label].cast(arrow_schema(request.freq).field(label).type))

    def _warn_of_unknown(self, absent: set[str], freq: str) -> None:
        """Name the codes that are not stored at all."""
        if unknown := sorted(absent - set(self._reader.stored_codes().get(freq, ()))):
            few = f"{', '.join(unknown[:5])}{' ...' * (len(unknown) > 5)}"
            warn_user(
                f"not stored as {freq} bars: {few}; update() with these codes downloads them", UserWarning
            )


def _polars() -> Any:
    try:
        import polars
    except ImportError:
        raise ConfigError("this needs polars: pip install 'kiwoom_research[polars]'") from None
    return polars
