"""The stored official closes since 2026-09-14: what was read, from where, and when it was first seen."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date
from typing import Any

import pandas as pd

from .. import calendar
from ..official_close import MINUTE_BAR, NEXT_BASE, NONE, READ
from .manifest import Manifest
from .reader import Reader
from .schema import OFFICIAL

log = logging.getLogger("kiwoom_research")

COLUMNS = ["code", "date", "price", "source", "first_seen"]
TRUSTED = (MINUTE_BAR, READ)  # what a base price is held against
BEST_FIRST = (MINUTE_BAR, READ, NEXT_BASE, NONE)


def official_rows(codes: Any, days: Any, prices: Any, source: Any, seen: Any) -> pd.DataFrame:
    """Official closes as rows to store; those before 2026-09-14 are the bars' closes.

    ``seen`` are times with a zone. Each of the five is one value for all rows, or one per row.
    """
    rows = pd.DataFrame({"code": codes, "date": days, "price": prices, "source": source, "first_seen": seen})
    rows["date"] = pd.to_datetime(rows["date"])
    rows["first_seen"] = pd.to_datetime(rows["first_seen"]).dt.tz_convert(calendar.KST).dt.tz_localize(None)
    return rows[(rows["date"] >= pd.Timestamp(calendar.LONG_DAY)) & rows["price"].notna()][COLUMNS]


def read_official(
    reader: Reader, manifest: Manifest, codes: Iterable[str], start: str | None = None
) -> pd.DataFrame:
    """The stored official closes of these codes, from a day on: ``code, date, price, source, first_seen``."""
    files = [file for file in manifest.of(OFFICIAL) if start is None or file.span[1] >= start]
    if not files:
        none = pd.DataFrame({name: [] for name in COLUMNS})
        return none.astype({"date": "datetime64[us]", "price": "float64", "first_seen": "datetime64[us]"})
    import pyarrow as pa

    since = "" if start is None else f" WHERE date >= DATE '{start}'"
    with closing(reader.cursor()) as cursor:
        cursor.register("wanted", pa.table({"code": pa.array(list(codes), pa.string())}))
        rows: pd.DataFrame = cursor.sql(f"FROM {reader.sql(files)} SEMI JOIN wanted USING (code){since}").df()
    return rows.astype({"date": "datetime64[us]", "price": "float64", "first_seen": "datetime64[us]"})


def trusted_closes(
    reader: Reader, manifest: Manifest, codes: Iterable[str]
) -> dict[str, dict[pd.Timestamp, float]]:
    """What base prices are held against, by code and day: official closes from a minute bar or read at the close."""
    rows = read_official(reader, manifest, codes)
    rows = rows[rows["source"].isin(TRUSTED)]
    found: dict[str, dict[pd.Timestamp, float]] = {}
    for code, day, price in zip(rows["code"], rows["date"], rows["price"], strict=True):
        found.setdefault(code, {})[day] = price
    return found


def with_official(
    reader: Reader,
    manifest: Manifest,
    rows: pd.DataFrame,
    events: Iterable[tuple[str, date]] = (),
) -> tuple[Manifest, int]:
    """The manifest after official closes were added, and how many of them differ from what was stored.

    Of two sources the better one counts, of two readings of one source the first; a difference is logged, never
    swapped in silence. A base price of an event's day is not the close before: ``events`` take such closes back.
    """
    back = pd.DataFrame(
        [(code, pd.Timestamp(calendar.previous_session(day)), None, NONE, pd.NaT) for code, day in events],
        columns=COLUMNS,
    )
    rows = rows[~pd.MultiIndex.from_frame(rows[["code", "date"]]).isin(pd.MultiIndex.from_frame(back[["code", "date"]]))
                | rows["source"].isin(TRUSTED)]  # fmt: skip
    first = min([*rows["date"], *back["date"]], default=None)
    if first is None:
        return manifest, 0
    codes = sorted({*rows["code"], *back["code"]})
    old = read_official(reader, manifest, codes, f"{first:%Y-%m-%d}").set_index(["code", "date"])
    taken_back = pd.MultiIndex.from_frame(back[["code", "date"]])
    written = old[old.index.isin(taken_back) & (old["source"] == NEXT_BASE)].assign(
        price=float("nan"), source=NONE
    )
    new = rows.drop_duplicates(["code", "date"], keep="last").set_index(["code", "date"])
    both = new.join(old.add_suffix("_old"))
    rank = {source: place for place, source in enumerate(BEST_FIRST)}
    now, then = (both[name].map(rank).astype("float64") for name in ("source", "source_old"))
    better = now < then
    differs = both["price_old"].notna() & (both["price"] != both["price_old"])
    for row in both.assign(better=better)[differs].reset_index().itertuples():
        log.warning(
            "%s %s: official close %.0f (%s), now %.0f (%s)%s",
            row.code, f"{row.date:%Y-%m-%d}", row.price_old, row.source_old, row.price, row.source,
            "" if row.better else "; the first is kept",
        )  # fmt: skip
    fresh = new[(both["source_old"].isna() | better).to_numpy()]
    written = pd.concat([part for part in (written, fresh) if len(part)] or [written])
    if len(written):
        with closing(reader.cursor()) as cursor:
            cursor.register("closes", _to_arrow(written.reset_index()))
            manifest = reader.folder.with_bars(manifest, OFFICIAL, "closes", cursor)
    return manifest, int(differs.sum())


def _to_arrow(rows: pd.DataFrame) -> Any:
    import pyarrow as pa

    columns: Mapping[str, Any] = {
        "code": pa.array(rows["code"].tolist(), pa.string()),
        "date": pa.array(rows["date"].to_numpy().astype("datetime64[D]"), pa.date32()),
        "price": pa.array(rows["price"].to_numpy(dtype="float64"), from_pandas=True).cast(pa.int32()),
        "source": pa.array(rows["source"].tolist(), pa.string()),
        "first_seen": pa.array(rows["first_seen"].to_numpy().astype("datetime64[us]")),
    }
    return pa.table(columns)
