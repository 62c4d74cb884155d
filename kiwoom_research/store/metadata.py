"""The small tables of a store: corporate actions, pulled ranges, stocks, and companies that had a code before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ..data.fetch import FUND_TYPES
from .corporate_actions import Event
from .folder import Folder
from .manifest import Manifest

COLUMNS: dict[str, dict[str, str]] = {
    "events": {
        "code": "object",
        "date": "datetime64[us]",
        "ratio": "float64",
        "source": "object",
        "adjusted_ratio": "float64",
    },
    "pulls": {
        "freq": "object",
        "code": "object",
        "since": "datetime64[us]",
        "until": "datetime64[us]",
        "first_stored": "datetime64[us]",  # the session at which the code was first stored
        "hole_tries": "float64",  # how often its missing sessions were requested in vain
        "checked": "datetime64[us]",  # the last session up to which its corporate actions are beyond doubt
    },
    "stocks": {
        "code": "object",
        "name": "object",
        "market": "object",
        "type": "object",
        "listed": "datetime64[us]",
        "delisted": "datetime64[us]",
    },
    "former": {  # companies whose code another one has now
        "freq": "object",
        "code": "object",
        "name": "object",
        "market": "object",
        "listed": "datetime64[us]",
        "delisted": "datetime64[us]",
        "since": "datetime64[us]",
        "until": "datetime64[us]",
        "first_stored": "datetime64[us]",
    },
}
KEYS = {
    "events": ["code", "date"],
    "pulls": ["freq", "code"],
    "stocks": ["code"],
    "former": ["freq", "code", "delisted"],
}


def read_table(folder: Folder, manifest: Manifest, name: str) -> pd.DataFrame:
    """A table of the store; empty when it was never written."""
    table_file = manifest.tables.get(name)
    if table_file is None:
        return pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in COLUMNS[name].items()})
    folder.check(table_file.path, table_file.checksum)
    with folder.open(table_file.path) as file:
        table = pd.read_parquet(file)
    return table.reindex(columns=list(COLUMNS[name])).astype(COLUMNS[name])


def fund_codes(stocks: pd.DataFrame) -> list[str]:
    """The ETFs and ETNs in the table of stocks."""
    return stocks["code"][stocks["type"].isin(FUND_TYPES)].tolist()


def events_by_code(events: pd.DataFrame) -> dict[str, list[Event]]:
    """The rows of the events table as events."""
    found: dict[str, list[Event]] = {}
    for row in events.to_dict("records"):
        found.setdefault(row["code"], []).append(
            Event(row["date"].date(), row["ratio"], row["source"], row["adjusted_ratio"])
        )
    return found


def event_row(code: str, event: Event) -> dict[str, Any]:
    """An event as a row of the events table, as JSON values."""
    shown = None if np.isnan(event.adjusted_ratio) else event.adjusted_ratio
    return {
        "code": code,
        "date": event.date.isoformat(),
        "ratio": event.ratio,
        "source": event.source,
        "adjusted_ratio": shown,
    }


def with_rows(
    folder: Folder, manifest: Manifest, name: str, rows: pd.DataFrame | Sequence[Mapping[str, Any]]
) -> Manifest:
    """The manifest after rows were added to a table; a row replaces the one with the same key."""
    kinds = COLUMNS[name]
    new = pd.DataFrame(list(rows) if not isinstance(rows, pd.DataFrame) else rows, columns=list(kinds))
    if new.empty:
        return manifest
    for column, kind in kinds.items():
        if kind.startswith("datetime"):
            new[column] = pd.to_datetime(new[column])
    old = read_table(folder, manifest, name)
    both = pd.concat([old, new.astype(kinds)], ignore_index=True) if len(old) else new.astype(kinds)
    both = both.drop_duplicates(KEYS[name], keep="last").sort_values(KEYS[name], ignore_index=True)
    return folder.with_table(manifest, name, both)


def with_stocks(folder: Folder, manifest: Manifest, listing: pd.DataFrame) -> Manifest:
    """The manifest after the stocks of a stock list were added.

    A code whose listing date is after its last stored day belongs to another company now: the one before it moves
    to the table ``former``, and the code counts as not stored.
    """
    new = pd.DataFrame(
        {
            "code": listing.index.to_numpy(),
            "name": listing["name"].to_numpy(),
            "market": listing["market"].to_numpy(),
            "type": listing["type"].to_numpy(),
            "listed": listing["listing_date"].to_numpy(),
            "delisted": np.full(len(listing), np.datetime64("NaT", "us")),
        }
    )
    manifest = _with_former(folder, manifest, new.set_index("code")["listed"])
    return with_rows(folder, manifest, "stocks", new)


def _with_former(folder: Folder, manifest: Manifest, listed: pd.Series) -> Manifest:
    """The manifest after companies whose code another one has now moved to ``former``."""
    pulls, stocks = (read_table(folder, manifest, name) for name in ("pulls", "stocks"))
    both = pulls.merge(stocks, how="left", on="code")
    known = both["listed"].notna() & (both["code"].map(listed) > both["listed"])
    over = both["delisted"].fillna(both["until"] + pd.Timedelta(days=1))
    gone = known & (both["code"].map(listed) >= over)
    if not gone.any():
        return manifest
    moved = both[gone].assign(delisted=over[gone])
    manifest = with_rows(folder, manifest, "former", moved)
    return folder.with_table(manifest, "pulls", pulls[~gone.to_numpy()].reset_index(drop=True))


def with_delisted(folder: Folder, manifest: Manifest, delisted: Mapping[str, date]) -> Manifest:
    """The manifest after stocks were marked as delisted since a day; their bars stay."""
    known = {row["code"]: row for row in read_table(folder, manifest, "stocks").to_dict("records")}
    blank = dict.fromkeys(COLUMNS["stocks"])
    rows = [{**blank, **known.get(code, {}), "code": code, "delisted": day} for code, day in delisted.items()]
    return with_rows(folder, manifest, "stocks", rows)
