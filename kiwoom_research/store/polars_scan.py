"""The bars of a store as a lazy Polars frame: the SQL of `query` in the words of Polars.

Polars reads the files itself, so that its filters skip what they do not need. Numbers keep the types of the files, whole
numbers mostly, because a conversion would hide the columns' ranges from the filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from .. import calendar
from ..official_close import CLOSE, COLUMN, COLUMNS, NONE, SIGN, SOURCE
from .corporate_actions import PRICE_EPS
from .query import factor_table
from .schema import COUNTS, PRICES, time_column


def scan_bars(
    pl: Any,
    files: Sequence[str],
    freq: str,
    columns: Sequence[str],
    *,
    events: pd.DataFrame,
    former: pd.DataFrame,
    official: Sequence[str],
    funds: Sequence[str],
) -> Any:
    """Files of bars as a lazy frame; ``events`` are the corporate actions by which prices are adjusted, or none.

    ``official`` are the files of recorded official closes, ``funds`` the codes whose close is the official one.
    """
    at = time_column(freq)
    bars = pl.scan_parquet(files, hive_partitioning=False)
    if set(COLUMNS) & set(columns):
        bars = _with_official(pl, bars, official, funds)
    if len(events):
        moved = events["code"].unique().tolist()
        still = bars.filter(~pl.col("code").is_in(moved))
        bars = pl.concat([still, _adjusted(pl, bars.filter(pl.col("code").is_in(moved)), events, former, at)])
    return bars.with_columns(complete=pl.lit(True)).select("code", at, *columns)


def _with_official(pl: Any, bars: Any, files: Sequence[str], funds: Sequence[str]) -> Any:
    """Bars of days with the official close, its sign and where it is from."""
    if files:
        known = pl.scan_parquet(files, hive_partitioning=False)
        known = known.select("code", "date", official_price="price", official_from="source")
        bars = bars.join(known, on=["code", "date"], how="left")
    else:
        bars = bars.with_columns(official_price=pl.lit(None, pl.Int32), official_from=pl.lit(None, pl.String))
    is_close = (pl.col("date") < calendar.LONG_DAY) | pl.col("code").is_in(list(funds))
    compared = (
        (pl.col("official_price") - (pl.col("close") - pl.col("change"))).sign().fill_null(0).cast(pl.Int8)
    )
    return bars.with_columns(
        pl.when(is_close).then("close").otherwise("official_price").alias(COLUMN),
        pl.when(is_close).then("close_sign").otherwise(compared).alias(SIGN),
        pl.when(is_close)
        .then(pl.lit(CLOSE))
        .otherwise(pl.col("official_from").fill_null(NONE))
        .alias(SOURCE),
    ).drop("official_price", "official_from")


def _adjusted(pl: Any, bars: Any, events: pd.DataFrame, former: pd.DataFrame, at: str) -> Any:
    """Bars of codes that had corporate actions, adjusted for those that came after each bar."""
    schema = bars.collect_schema()
    factors = (
        pl.from_arrow(factor_table(events, former)).lazy().with_columns(pl.col("since").cast(schema[at]))
    )
    bars = bars.sort("code", at).join_asof(
        factors.sort("code", "since"),
        left_on=at,
        right_on="since",
        by="code",
        strategy="backward",
        check_sortedness=False,  # each code is sorted, which Polars cannot check
    )
    factor = pl.when(pl.col(at) < pl.col("until")).then(pl.col("factor")).otherwise(1.0)

    def won(price: Any, like: str) -> Any:
        return (price * factor + PRICE_EPS).floor().cast(schema[like])

    made = [won(pl.col(name), name).alias(name) for name in (*PRICES, COLUMN) if name in schema]
    made += [
        (pl.col(name) / factor + PRICE_EPS).floor().cast(schema[name]).alias(name)
        for name in COUNTS
        if name in schema
    ]
    if "change" in schema:
        before = won(pl.col("close") - pl.col("change"), "close")
        made.append((won(pl.col("close"), "close") - before).alias("change"))
    return bars.with_columns(made).select(schema.names())
