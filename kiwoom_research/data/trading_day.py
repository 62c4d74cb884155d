"""``sessions``, ``market_phase``, ``finality``: trading days and hours, and when numbers stop changing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import pandas as pd

from .. import calendar
from ..endpoints import QUERIES
from ..endpoints.finality import columns_of
from ..frames import SEOUL, TEXT_DTYPE
from . import connection
from .arguments import When, moment, one_of, window
from .choices import Venue

if TYPE_CHECKING:
    from ..client import Client


FINALITY_COLUMNS = (
    "title", "numbers", "columns", "since", "regular_final", "final", "corrected_until", "basis", "note", "evidence",
)  # fmt: skip


def sessions(start: When, end: When, venue: Venue = "krx") -> pd.DataFrame:
    """Trading days and their hours, by the calendar in the package; nothing is asked.

    Parameters
    ----------
    start, end : date, datetime or text
        First and last day, both included; ``"2026-11"`` and ``"2026"`` are the whole month and year.
    venue : {"krx", "nxt", "both"}
        The Korea Exchange, the alternative venue NXT (since 2025-03-04), or both together: then a phase begins
        with the first venue and ends with the last.

    Returns
    -------
    pandas.DataFrame
        Index ``date``. ``open`` and ``close`` of the regular session, then ``<phase>_start`` and
        ``<phase>_end`` of ``pre_market``, ``opening_auction``, ``closing_auction``, ``closing_price``,
        ``single_price`` (until 2026-09-11) and ``after_market`` (the exchange: from 2026-09-14), all
        Asia/Seoul; NaT where there is no such phase or its hours are not known. ``kind`` is ``ordinary``,
        ``exam day`` (an hour later) or ``first session of the year`` (opens an hour later); ``not_known`` names
        the phases whose hours are not known, ``source`` says where the hours of a special day come from.

    Raises
    ------
    ValueError
        No such venue, or a day that cannot be read.

    Notes
    -----
    Hours before 2016-08-01 are those of the regular session only; before 2000-05-22 they are a stand-in.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> days = kr.sessions("2026-11-18", "2026-11-20")
    >>> days["close"].dt.strftime("%H:%M").tolist(), days["not_known"].tolist()
    (['15:30', '16:30', '15:30'], ['', 'after_market', ''])
    """
    one_of(venue, calendar.VENUES, "venue")
    first, last = window(start, end)
    if first is None or last is None:
        raise ValueError("sessions: expected a start and an end, such as '2026-11-01', '2026-11-30'")
    days = calendar.sessions_in_range(first.date(), last.date())
    phases = [calendar.day_phases(day, venue) for day in days]
    hours: dict[str, list[datetime | None]] = {"open": [], "close": []}
    for name in calendar.PHASES:
        begin, end = ("open", "close") if name == "regular" else (f"{name}_start", f"{name}_end")
        spans = [_span(of_day, name) for of_day in phases]
        hours[begin], hours[end] = [span[0] for span in spans], [span[1] for span in spans]
    columns = {
        name: pd.DatetimeIndex(times).tz_localize(SEOUL).as_unit("us") for name, times in hours.items()
    }
    frame = pd.DataFrame(columns, index=days)
    texts = {
        "kind": [calendar.day_kind(day) for day in days],
        "not_known": [" ".join(phase.name for phase in of_day if phase.start is None) for of_day in phases],
        "source": [_source(day, of_day) for day, of_day in zip(days, phases, strict=True)],
    }
    for name, values in texts.items():
        frame[name] = pd.Series(values, index=days, dtype=TEXT_DTYPE)
    return frame


def _span(phases: Sequence[calendar.Phase], name: str) -> tuple[datetime | None, datetime | None]:
    """When a phase begins at its first venue and ends at its last, as naive Korean time."""
    starts = [phase.start.replace(tzinfo=None) for phase in phases if phase.name == name and phase.start]
    ends = [phase.end.replace(tzinfo=None) for phase in phases if phase.name == name and phase.end]
    return min(starts, default=None), max(ends, default=None)


def _source(day: pd.Timestamp, phases: Sequence[calendar.Phase]) -> str:
    """Where the hours of the regular session come from, and that the day is one of an exam."""
    regular = [phase.evidence for phase in phases if phase.name == "regular"]
    return "; ".join(filter(None, [calendar.EXAM_DAYS.get(day.date()), *regular[:1]]))


def market_phase(at: When = None, venue: Venue = "krx", *, client: Client | None = None) -> str:
    """Which part of the trading day it is.

    Nothing is asked, except that a sandbox (a server on this machine) is asked for the time of its market.

    Parameters
    ----------
    at : datetime or text, optional
        A moment; Korean time if it has no zone. Without it the market's now: that of the client, if there is one,
        else the computer's clock.
    venue : {"krx", "nxt", "both"}
        With ``both`` the phase in which more can be traded: ``regular`` before ``after_market``, that before
        ``pre_market``, and trading before auctions.
    client : Client, optional
        Whose market's now; without it the one of `connect`.

    Returns
    -------
    str
        ``pre_market``, ``opening_auction``, ``regular``, ``closing_auction``, ``closing_price``,
        ``single_price``, ``after_market``; ``closed`` between them and on days without trading; ``unknown``
        where nobody knows (after the close of an exam day since 2026-09-14).

    Raises
    ------
    ValueError
        No such venue, or a moment that cannot be read.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> kr.market_phase("2026-11-20 17:00"), kr.market_phase("2026-11-20 15:25", "nxt")
    ('after_market', 'closed')
    """
    one_of(venue, calendar.VENUES, "venue")
    when = moment(at, "at")
    if when is not None:
        now = when.tz_localize(SEOUL).to_pydatetime()
    else:
        using = client or connection.connected()
        now = using.now() if using else datetime.now(calendar.KST)
    return calendar.phase_at(now, venue)


def finality(call: str | None = None) -> pd.DataFrame:
    """When the numbers of each call stop changing; nothing is asked.

    This table decides how long the cache keeps an answer, which bars are ``complete``, and what a store takes.

    Parameters
    ----------
    call : str, optional
        One call, such as ``"ka10081"``; all of them without it.

    Returns
    -------
    pandas.DataFrame
        Index ``call``, one row per group of columns and period. ``title``; ``numbers``, the name of the group, and
        its ``columns``; ``since``, the first session (NaT: always); ``regular_final``, when the part of the regular
        session is final (an hour later on an exam day); ``final``; ``corrected_until``, the latest correction that
        was seen; ``basis``: ``measured``, ``inferred`` from a related call, or ``not known`` (then 08:00 of the
        next session); ``note`` and ``evidence``. Hours are those of Korea. Since 2026-09-14 nothing of an exam day
        is final before 08:00 of the next session, because its evening is not known.

    Raises
    ------
    ValueError
        No such call.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> hours = kr.finality("ka10059")
    >>> hours.loc[hours["numbers"] == "net flows", "final"].tolist()  # since 2026-09-14, and before
    ['21:05', '20:10']
    """
    if call is not None:
        one_of(call, tuple(QUERIES), "call")
    rows = []
    for asked in QUERIES.values() if call is None else [QUERIES[call]]:
        for group, columns in columns_of(asked.finality, asked.columns):
            for rule in group.rules:
                hours = [rule.regular_final, rule.final, rule.corrected_until]
                since = pd.NaT if rule.since == date.min else pd.Timestamp(rule.since)
                texts = ["" if hour is None else str(hour) for hour in hours]
                texts[1] = texts[1] or "never"
                words = [rule.basis, rule.note, rule.evidence]
                rows.append([asked.id, asked.title, group.name, " ".join(columns), since, *texts, *words])
    frame = pd.DataFrame(rows, columns=["call", *FINALITY_COLUMNS]).set_index("call")
    return frame.astype({name: TEXT_DTYPE for name in FINALITY_COLUMNS if name != "since"}).astype(
        {"since": "datetime64[us]"}
    )
