"""What is missing and what is wrong: `Store.coverage` and `Store.verify` in SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any

import pandas as pd

from .. import calendar
from ..frames import TEXT_DTYPE
from .manifest import Folder, Part, Snapshot, parquet
from .metadata import events_by_code
from .query import addresses
from .reader import Shelf
from .schema import label

PROBLEMS = ["file", "code", "date", "problem"]

NO_BARS = "SELECT NULL::VARCHAR AS code, NULL::DATE AS day, 0 AS volume WHERE false"

# what there should be: days between being pulled or listed and being delisted
DAYS_WANTED = """
    SELECT s.code, d.day FROM spans s LEFT JOIN edges e USING (code), sessions d
    WHERE d.day BETWEEN greatest(s.since, coalesce(s.listed, e.first)) AND s.through
      AND (s.delisted IS NULL OR d.day <= coalesce(e.last, s.since))"""
# minutes of days that had trades, from the first day that the server still had
MINUTES_WANTED = """
    SELECT d.code, d.date AS day FROM {days} d JOIN edges e USING (code) JOIN spans s USING (code)
    WHERE d.volume > 0 AND d.date BETWEEN e.first AND s.through"""
# a stock that stood still on its last bar is halted: some halts leave no bars
MISSING = """
    WITH bars AS MATERIALIZED ({bars}),
    edges AS (SELECT code, min(day) AS first, max(day) AS last FROM bars GROUP BY code),
    wanted AS ({wanted}),
    missing AS (SELECT * FROM wanted ANTI JOIN bars USING (code, day)),
    before AS (
        SELECT m.code, m.day, b.volume
        FROM missing m ASOF LEFT JOIN bars b ON m.code = b.code AND m.day >= b.day
    )
    SELECT code, day FROM before WHERE volume IS NULL OR volume > 0 ORDER BY code, day"""


def coverage(shelf: Shelf, snapshot: Snapshot, freq: str) -> pd.DataFrame:
    """Sessions without a bar: ``code, date``. See `Store.coverage`."""
    pulls, stocks = shelf.table(snapshot, "pulls"), shelf.table(snapshot, "stocks")
    spans = pulls[pulls["freq"] == freq].merge(stocks[["code", "listed", "delisted"]], how="left", on="code")
    files, days, at = shelf.files(snapshot, freq), shelf.files(snapshot, "1d"), label(freq)
    rows: list[tuple[str, date]] = []
    if len(spans) and (freq == "1d" or days):
        bars = f"SELECT code, {at}::DATE AS day, sum(volume) AS volume FROM {files} GROUP BY ALL"
        wanted = DAYS_WANTED if freq == "1d" else MINUTES_WANTED.format(days=days)
        with closing(shelf.cursor()) as cursor:
            cursor.register("spans", _spans(spans))
            cursor.register("sessions", _sessions(spans))
            rows = cursor.execute(MISSING.format(bars=bars if files else NO_BARS, wanted=wanted)).fetchall()
    frame = pd.DataFrame(rows, columns=["code", "date"])
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[us]")
    return frame.astype({"code": TEXT_DTYPE})


def _spans(spans: pd.DataFrame) -> Any:
    """From when to when each code was pulled, and was listed."""
    import pyarrow as pa

    days = {
        name: pa.array(spans[name].to_numpy().astype("datetime64[D]"), pa.date32(), from_pandas=True)
        for name in ("since", "through", "listed", "delisted")
    }
    return pa.table({"code": pa.array(spans["code"].tolist(), pa.string()), **days})


def _sessions(spans: pd.DataFrame) -> Any:
    """The sessions of the exchange in that time."""
    import pyarrow as pa

    days = calendar.sessions(spans["since"].min().date(), spans["through"].max().date())
    return pa.table({"day": pa.array(days.to_numpy().astype("datetime64[D]"), pa.date32())})


def verify(shelf: Shelf, snapshot: Snapshot) -> pd.DataFrame:
    """What is wrong: ``file, code, date, problem``. See `Store.verify`."""
    import duckdb

    rows: list[dict[str, Any]] = []
    sound: list[Part] = []
    with closing(shelf.cursor()) as cursor:
        for part in snapshot.parts:
            try:
                found = list(_of_file(shelf.folder, part, cursor))
            except duckdb.Error as error:
                found = [{"problem": f"cannot be read: {error}"}]
            else:
                sound.append(part)
            rows += [{"file": part.path, **row} for row in found]
        for freq in sorted({part.freq for part in sound}):
            files = parquet(addresses(shelf.folder, [part for part in sound if part.freq == freq]))
            rows += _twice(files, label(freq), cursor)
            if freq == "1d":
                rows += _of_events(files, shelf.table(snapshot, "events"), cursor)
                rows += _of_days(files, cursor)
    told = pd.DataFrame(rows, columns=PROBLEMS)
    told["date"] = pd.to_datetime(told["date"]).astype("datetime64[us]")
    return told.astype(dict.fromkeys(("file", "code", "problem"), TEXT_DTYPE))


def _of_file(folder: Folder, part: Part, cursor: Any) -> Iterator[dict[str, Any]]:
    at, address = label(part.freq), folder.address(part.path)
    count, disordered = cursor.execute(f"""
        SELECT count(*), count(*) FILTER (WHERE NOT ordered) FROM (
            SELECT coalesce(lag((code, {at})) OVER (ORDER BY file_row_number) < (code, {at}), true) AS ordered
            FROM {parquet([address], "file_row_number=true")})
    """).fetchall()[0]
    if count != part.rows:
        yield {"problem": f"{count} rows, the manifest says {part.rows}"}
    if disordered:
        yield {"problem": f"{disordered} rows out of order"}
    # COLUMNS reads all of them, so that a damaged one shows
    wrong = cursor.execute(f"""
        SELECT code, {at} FROM (SELECT *, hash(COLUMNS(*)) FROM {parquet([address])})
        WHERE NOT (low <= open AND low <= close AND high >= open AND high >= close AND low > 0)
           OR volume < 0 OR code IS NULL OR {at} IS NULL OR year({at}) <> {part.year}
    """).fetchall()
    for code, day in wrong:
        yield {"code": code, "date": day, "problem": "prices or volume that cannot be"}


def _twice(files: str, at: str, cursor: Any) -> list[dict[str, Any]]:
    rows = cursor.execute(
        f"SELECT code, {at}, count(*) AS n FROM {files} GROUP BY ALL HAVING n > 1"
    ).fetchall()
    return [{"code": code, "date": day, "problem": f"{count} bars"} for code, day, count in rows]


def _of_days(files: str, cursor: Any) -> list[dict[str, Any]]:
    """Days with bars that are no sessions."""
    days = [day for (day,) in cursor.execute(f"SELECT DISTINCT date FROM {files} ORDER BY 1").fetchall()]
    # until 1998 Saturdays were sessions, and the calendar does not know the closures before 2000
    odd = [day for day in days if day.year >= 2000 and not calendar.is_session(day)]
    return [{"date": day, "problem": "bars of a day that is no session"} for day in odd]


def _of_events(files: str, events: pd.DataFrame, cursor: Any) -> list[dict[str, Any]]:
    """Events that the bars show and the table lacks, or the other way round."""
    shown = cursor.execute(f"""
        SELECT code, date, (close - change) / before FROM (
            SELECT code, date, close, change, lag(close) OVER (PARTITION BY code ORDER BY date) AS before
            FROM {files})
        WHERE close - change <> before AND close > change AND before > 0
    """).fetchall()
    known = {(code, event.date): event for code, own in events_by_code(events).items() for event in own}
    rows = []
    for code, day, ratio in shown:
        event = known.pop((code, day), None)
        if event is None:
            rows.append(
                {"code": code, "date": day, "problem": f"event of ratio {ratio:.6g} is not in the table"}
            )
        elif event.source != "adjusted" and abs(event.ratio / ratio - 1) > 1e-9:
            rows.append(
                {"code": code, "date": day, "problem": f"ratio {event.ratio:.6g}, the bars say {ratio:.6g}"}
            )
    rows += [
        {"code": code, "date": day, "problem": "the bars show no such event"}
        for (code, day), event in known.items()
        if event.source != "adjusted"
    ]
    return rows
