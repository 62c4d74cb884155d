"""What a store lacks and what is damaged in it: the SQL behind `Store.coverage` and `Store.verify`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any

import pandas as pd

from .. import calendar
from ..errors import StoreError
from ..frames import TEXT_DTYPE
from .corporate_actions import Event
from .folder import Folder
from .manifest import DataFile, Manifest
from .reader import Reader
from .schema import OFFICIAL, time_column

RATIO_SLACK = 0.001  # a ratio fitted to prices that are rounded to the won is not exact
PROBLEMS = ["file", "code", "date", "problem"]

NO_BARS = "SELECT NULL::VARCHAR AS code, NULL::DATE AS day, 0 AS volume WHERE false"

# expected days: from the first pulled or listed day to the last pulled or listed one
DAYS_WANTED = """
    SELECT s.code, d.day FROM spans s LEFT JOIN edges e USING (code), sessions d
    WHERE d.day BETWEEN greatest(s.since, coalesce(s.listed, e.first)) AND s.until
      AND (s.delisted IS NULL OR d.day <= coalesce(e.last, s.since))"""
# expected minutes: days with trades, from the first day that is stored
MINUTES_WANTED = """
    SELECT d.code, d.date AS day FROM {days} d JOIN edges e USING (code) JOIN spans s USING (code)
    WHERE d.volume > 0 AND d.date BETWEEN e.first AND s.until"""
# a stock without volume on its last bar is halted: some halts leave no bars
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


def missing_sessions(reader: Reader, manifest: Manifest, freq: str) -> pd.DataFrame:
    """Sessions without a bar: ``code, date``. See `Store.coverage`."""
    pulls, stocks = reader.table(manifest, "pulls"), reader.table(manifest, "stocks")
    spans = pulls[pulls["freq"] == freq].merge(stocks[["code", "listed", "delisted"]], how="left", on="code")
    files, days = reader.sql(manifest.of(freq)), reader.sql(manifest.of("1d"))
    at = time_column(freq)
    rows: list[tuple[str, date]] = []
    if len(spans) and (freq == "1d" or days):
        bars = f"SELECT code, {at}::DATE AS day, sum(volume) AS volume FROM {files} GROUP BY ALL"
        wanted = DAYS_WANTED if freq == "1d" else MINUTES_WANTED.format(days=days)
        with closing(reader.cursor()) as cursor:
            cursor.register("spans", _spans(spans))
            cursor.register("sessions", _sessions(spans))
            rows = cursor.execute(MISSING.format(bars=bars if files else NO_BARS, wanted=wanted)).fetchall()
    frame = pd.DataFrame(rows, columns=["code", "date"])
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[us]")
    return frame.astype({"code": TEXT_DTYPE})


def _spans(spans: pd.DataFrame) -> Any:
    """The days between which each code was pulled, and between which it was listed."""
    import pyarrow as pa

    days = {
        name: pa.array(spans[name].to_numpy().astype("datetime64[D]"), pa.date32(), from_pandas=True)
        for name in ("since", "until", "listed", "delisted")
    }
    return pa.table({"code": pa.array(spans["code"].tolist(), pa.string()), **days})


def _sessions(spans: pd.DataFrame) -> Any:
    """The sessions of the exchange in these spans."""
    import pyarrow as pa

    days = calendar.sessions_in_range(spans["since"].min().date(), spans["until"].max().date())
    return pa.table({"day": pa.array(days.to_numpy().astype("datetime64[D]"), pa.date32())})


def find_problems(reader: Reader, manifest: Manifest) -> pd.DataFrame:
    """Damage and contradictions: ``file, code, date, problem``. See `Store.verify`."""
    broken = damaged_files(reader.folder, manifest)
    rows: list[dict[str, Any]] = [{"file": path, "problem": text} for path, text in broken.items()]
    sound = [file for file in manifest.files if file.path not in broken]
    with closing(reader.cursor()) as cursor:
        for file in sound:
            rows += [{"file": file.path, **row} for row in _problems_of_file(reader.folder, file, cursor)]
        companies = {"events", "former"}
        readable = not any(
            manifest.tables[name].path in broken for name in companies & manifest.tables.keys()
        )
        for freq in sorted({file.freq for file in sound}):
            bars = reader.sql([file for file in sound if file.freq == freq])
            rows += _duplicates(bars, time_column(freq), cursor)
            if freq == "1d":
                rows += _odd_days(bars, cursor)
            if freq == "1d" and readable:
                former = reader.table(manifest, "former")
                begins = {
                    (str(code), day.date())
                    for code, day in zip(former["code"], former["delisted"], strict=True)
                }
                cursor.register("funds", reader.funds(manifest))
                rows += _event_problems(bars, reader.events(manifest), begins, cursor)
    problems = pd.DataFrame(rows, columns=PROBLEMS)
    problems["date"] = pd.to_datetime(problems["date"]).astype("datetime64[us]")
    problems = problems.astype(dict.fromkeys(("file", "code", "problem"), TEXT_DTYPE))
    pulls = manifest.tables.get("pulls")
    if pulls is not None and pulls.path not in broken:
        problems.attrs["unchecked"] = _unchecked(
            reader, manifest, [file for file in sound if file.freq == "1d"]
        )
    return problems


def damaged_files(folder: Folder, manifest: Manifest) -> dict[str, str]:
    """The files that are gone or not as they were written, and which of the two."""
    found = {}
    for path, expected in manifest.checksums.items():
        try:
            folder.forget(path)
            folder.check(path, expected)
        except StoreError as error:
            found[path] = str(error)
    return found


def _problems_of_file(folder: Folder, file: DataFile, cursor: Any) -> Iterator[dict[str, Any]]:
    at = time_column(file.freq)
    count, disordered = cursor.execute(f"""
        SELECT count(*), count(*) FILTER (WHERE NOT ordered) FROM (
            SELECT coalesce(lag((code, {at})) OVER (ORDER BY file_row_number) < (code, {at}), true) AS ordered
            FROM {folder.sql([file], "file_row_number=true")})
    """).fetchall()[0]
    if count != file.rows:
        yield {"problem": f"{count} rows, the manifest says {file.rows}"}
    if disordered:
        yield {"problem": f"{disordered} rows out of order"}
    if file.freq == OFFICIAL:
        return
    wrong = cursor.execute(f"""
        SELECT code, {at} FROM {folder.sql([file])}
        WHERE NOT (low <= open AND low <= close AND high >= open AND high >= close AND low > 0)
           OR volume < 0 OR code IS NULL OR {at} IS NULL OR year({at}) <> {file.year}
    """).fetchall()
    for code, day in wrong:
        yield {"code": code, "date": day, "problem": "impossible prices or volume"}


def _duplicates(bars: str, at: str, cursor: Any) -> list[dict[str, Any]]:
    rows = cursor.execute(
        f"SELECT code, {at}, count(*) AS n FROM {bars} GROUP BY ALL HAVING n > 1"
    ).fetchall()
    return [{"code": code, "date": day, "problem": f"{count} bars"} for code, day, count in rows]


def _odd_days(bars: str, cursor: Any) -> list[dict[str, Any]]:
    """Days with bars that are no sessions."""
    days = [day for (day,) in cursor.execute(f"SELECT DISTINCT date FROM {bars} ORDER BY 1").fetchall()]
    # until 1998 Saturdays were sessions, and the calendar does not know the closures before 2000
    odd = [day for day in days if day.year >= 2000 and not calendar.is_session(day)]
    return [{"date": day, "problem": "bars on a day that is no session"} for day in odd]


def _event_problems(
    bars: str, events: dict[str, list[Event]], begins: set[tuple[str, date]], cursor: Any
) -> list[dict[str, Any]]:
    """Events that the bars show and the table lacks, or the other way round.

    Only where the close before is the official one: until the first day of the long day, and of funds.

    ``begins``: codes and days from which on another company has the code; its first bar has none before it.
    """
    close_is_official = f"(date <= DATE '{calendar.LONG_DAY}' OR code IN (SELECT code FROM funds))"
    shown = cursor.execute(f"""
        SELECT code, date, (close - change) / before, day_before, volume_before FROM (
            SELECT code, date, close, change, lag(close) OVER own AS before, lag(date) OVER own AS day_before,
                lag(volume) OVER own AS volume_before
            FROM {bars} WINDOW own AS (PARTITION BY code ORDER BY date))
        WHERE close - change <> before AND close > change AND before > 0 AND {close_is_official}
    """).fetchall()
    funds = {code for (code,) in cursor.execute("SELECT code FROM funds").fetchall()}
    known = {(code, event.date): event for code, own in events.items() for event in own}
    rows = []
    for code, day, ratio, before, volume in shown:
        if any(code == other and before < begin <= day for other, begin in begins):
            continue
        if volume != 0 and calendar.previous_session(day) > before and (code, day) not in known:
            continue  # behind a hole, which coverage() names
        event = known.pop((code, day), None)
        if event is None:
            rows.append(
                {
                    "code": code,
                    "date": day,
                    "problem": f"an event of ratio {ratio:.6g} is missing in the table",
                }
            )
        elif event.source != "adjusted" and abs(event.ratio / ratio - 1) > 1e-9:
            rows.append(
                {"code": code, "date": day, "problem": f"ratio {event.ratio:.6g}, the bars say {ratio:.6g}"}
            )
    rows += [
        {"code": code, "date": day, "problem": "the bars show no such event"}
        for (code, day), event in known.items()
        if event.source != "adjusted" and (day <= calendar.LONG_DAY or code in funds)
    ]
    late = {
        (code, day): event
        for (code, day), event in known.items()
        if day > calendar.LONG_DAY and code not in funds and event.source != "adjusted"
    }
    return rows + _impossible_ratios(bars, late, cursor)


def _impossible_ratios(bars: str, events: dict[tuple[str, date], Event], cursor: Any) -> list[dict[str, Any]]:
    """Events whose ratio makes an official close that is no price of the session before."""
    import pyarrow as pa

    if not events:
        return []
    table = {"code": [code for code, _ in events], "date": [day for _, day in events]}
    cursor.register("late_events", pa.table({**table, "ratio": [event.ratio for event in events.values()]}))
    found = cursor.execute(f"""
        SELECT code, date, ratio FROM (
            SELECT code, date, close - change AS base, lag(low) OVER own AS low, lag(high) OVER own AS high
            FROM {bars} SEMI JOIN late_events USING (code) WINDOW own AS (PARTITION BY code ORDER BY date))
        JOIN late_events USING (code, date)
        WHERE ratio <> 1 AND NOT base / ratio BETWEEN low * (1 - {RATIO_SLACK}) AND high * (1 + {RATIO_SLACK})
    """).fetchall()
    text = "the bars show no such event: ratio {:.6g} makes no price of the session before"
    return [{"code": code, "date": day, "problem": text.format(ratio)} for code, day, ratio in found]


def _unchecked(reader: Reader, manifest: Manifest, files: list[DataFile]) -> int:
    """How many bars lie after the last session up to which the corporate actions of their code are beyond doubt."""
    import pyarrow as pa

    pulls = reader.table(manifest, "pulls")
    own = pulls[pulls["freq"] == "1d"]
    checked = own["checked"].to_numpy().astype("datetime64[D]")
    codes = pa.array(own["code"].tolist(), pa.string())
    if not files:
        return 0
    with closing(reader.cursor()) as cursor:
        cursor.register(
            "spans", pa.table({"code": codes, "checked": pa.array(checked, pa.date32(), from_pandas=True)})
        )
        count: int = cursor.execute(
            f"SELECT count(*) FROM {reader.sql(files)} b JOIN spans s USING (code)"
            " WHERE s.checked IS NULL OR b.date > s.checked"
        ).fetchall()[0][0]
    return count
