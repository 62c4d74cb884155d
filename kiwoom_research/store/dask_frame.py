"""The bars of a store as a Dask DataFrame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from .query import empty_frame
from .reader import Reader

if TYPE_CHECKING:
    from dask.dataframe import DataFrame as DaskFrame

PARTITION_BARS = 1_000_000


def dask_bars(
    reader: Reader, freq: str, adjusted: bool, columns: Sequence[str], partitions: int | None
) -> DaskFrame:
    """The bars of all codes; each partition holds all years of some codes. See `Store.dask`."""
    from dask import dataframe

    dd: Any = dataframe  # its functions are made at run time, which type checkers do not see
    sizes = reader.read(lambda manifest: reader.bars_per_code(manifest.of(freq)))
    empty = empty_frame(freq)[list(columns)].reset_index(level=1)
    if sizes.empty:
        none: DaskFrame = dd.from_pandas(empty, npartitions=1)
        return none
    count = partitions or max(1, int(sizes.sum() // PARTITION_BARS))
    which = (sizes.cumsum() - 1) * count // sizes.sum()
    groups = [list(own.index) for _, own in sizes.groupby(which)]
    frame: DaskFrame = dd.from_map(
        _partition,
        [(group[0], group[-1]) for group in groups],
        url=reader.folder.url,
        freq=freq,
        adjusted=adjusted,
        columns=list(columns),
        meta=empty,
        divisions=(*(group[0] for group in groups), groups[-1][-1]),
    )
    return frame


def _partition(
    codes: tuple[str, str], *, url: str, freq: str, adjusted: bool, columns: list[str]
) -> pd.DataFrame:
    """One partition: all bars of the codes from one to another."""
    reader = Reader(url)
    frame = reader.read(
        lambda manifest: reader.bars(manifest, freq, adjusted=adjusted, columns=columns, between=codes)
    )
    return frame.reset_index(level=1)
