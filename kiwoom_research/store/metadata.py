"""The three small tables of a store: events, what was pulled, stocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from .corporate_actions import Event
from .manifest import Folder, Snapshot

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
        "through": "datetime64[us]",
        "filled": "datetime64[us]",  # the session of its first fill
    },
    "stocks": {
        "code": "object",
        "name": "object",
        "market": "object",
        "listed": "datetime64[us]",
        "delisted": "datetime64[us]",
    },
}
KEYS = {"events": ["code", "date"], "pulls": ["freq", "code"], "stocks": ["code"]}


def read(folder: Folder, snapshot: Snapshot, name: str) -> pd.DataFrame:
    """A table; empty when there is none yet."""
    path = snapshot.tables.get(name)
    if path is None:
        return pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in COLUMNS[name].items()})
    with folder.open(path) as file:
        table = pd.read_parquet(file)
    return table.reindex(columns=list(COLUMNS[name])).astype(COLUMNS[name])  # an older one may lack a column


def events_by_code(events: pd.DataFrame) -> dict[str, list[Event]]:
    """The rows of the events table as events."""
    found: dict[str, list[Event]] = {}
    for row in events.to_dict("records"):
        found.setdefault(row["code"], []).append(
            Event(row["date"].date(), row["ratio"], row["source"], row["adjusted_ratio"])
        )
    return found


def event_row(code: str, event: Event) -> dict[str, Any]:
    """An event as a row of the events table that JSON can hold."""
    shown = None if np.isnan(event.adjusted_ratio) else event.adjusted_ratio
    return {
        "code": code,
        "date": event.date.isoformat(),
        "ratio": event.ratio,
        "source": event.source,
        "adjusted_ratio": shown,
    }


def with_rows(
    folder: Folder, snapshot: Snapshot, name: str, rows: pd.DataFrame | Sequence[Mapping[str, Any]]
) -> Snapshot:
    """The snapshot with rows added to a table; one replaces an older one of the same key."""
    kinds = COLUMNS[name]
    fresh = pd.DataFrame(list(rows) if not isinstance(rows, pd.DataFrame) else rows, columns=list(kinds))
    if fresh.empty:
        return snapshot
    for column, kind in kinds.items():
        if kind.startswith("datetime"):
            fresh[column] = pd.to_datetime(fresh[column])
    old = read(folder, snapshot, name)
    both = pd.concat([old, fresh.astype(kinds)], ignore_index=True) if len(old) else fresh.astype(kinds)
    both = both.drop_duplicates(KEYS[name], keep="last").sort_values(KEYS[name], ignore_index=True)
    return folder.with_table(snapshot, name, both)


def with_stocks(folder: Folder, snapshot: Snapshot, listing: pd.DataFrame) -> Snapshot:
    """The stocks after a look at a stock list."""
    fresh = pd.DataFrame(
        {
            "code": listing.index.to_numpy(),
            "name": listing["name"].to_numpy(),
            "market": listing["market"].to_numpy(),
            "listed": listing["listing_date"].to_numpy(),
            "delisted": np.full(len(listing), np.datetime64("NaT", "us")),
        }
    )
    return with_rows(folder, snapshot, "stocks", fresh)


def with_delisted(folder: Folder, snapshot: Snapshot, gone: Mapping[str, date]) -> Snapshot:
    """Mark stocks as not listed any more from a day on; nothing of them is removed."""
    known = {row["code"]: row for row in read(folder, snapshot, "stocks").to_dict("records")}
    blank = dict.fromkeys(COLUMNS["stocks"])
    rows = [{**blank, **known.get(code, {}), "code": code, "delisted": day} for code, day in gone.items()]
    return with_rows(folder, snapshot, "stocks", rows)
