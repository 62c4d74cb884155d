"""The check of stored bars: one page of the adjusted chart of a code, held against what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import calendar
from ..bulk.estimate import Cost
from ..bulk.workers import failure_record, run_jobs
from ..data.bars import bars_request
from ..data.fetch import fetch
from ..endpoints.chart import DAY
from ..errors import KiwoomError
from .download import REPORT, CodeResult, count_changes
from .judgement import Known, judge
from .reader import Reader
from .schema import CHART, to_arrow
from .staging import stage
from .update import known_of, merge_staged, report_of

if TYPE_CHECKING:
    from ..client import Client

COMPARED_BARS = 20  # of a page, the newest: a corporate action since then ends the comparison


def check_codes(reader: Reader, codes: Sequence[str], client: Client, *, progress: bool) -> pd.DataFrame:
    """Hold one page of the adjusted chart of each code against its stored bars; a report as `update_codes`."""
    manifest = reader.folder.read_manifest()
    known, pulls = known_of(reader, manifest, codes), reader.table(manifest, "pulls")
    days = pulls[pulls["freq"] == "1d"].to_dict("records")
    rows: dict[str, dict[Any, Any]] = {str(row["code"]): row for row in days}
    target = calendar.last_final(client.now(), DAY.finality)
    first = date(target.year - 3, 1, 1).isoformat()  # a page holds 600 sessions
    bars = reader.bars(manifest, "1d", codes=sorted(codes), start=first)
    stored = {str(code): own.droplevel("code") for code, own in bars.groupby(level="code", sort=False)}

    def job(code: str, client: Client) -> CodeResult:
        return _check_code(code, stored[code], rows[code], known[code], client, target, reader)

    found: dict[str, dict[str, Any]] = {}
    try:
        costs = {code: Cost(1) for code in codes}
        with closing(run_jobs(client, costs, job, progress=progress, title="check")) as outcomes:
            for code, outcome in outcomes:
                if isinstance(outcome, KiwoomError):
                    failed = failure_record(code, outcome)
                    found[code] = dict(
                        zip(REPORT, (0, 0, 0, failed["message"], failed["error"]), strict=True)
                    )
                else:
                    found[code] = outcome.report
    finally:
        merge_staged(reader)
    return report_of(found)


def _check_code(
    code: str,
    stored: pd.DataFrame,
    row: dict[Any, Any],
    known: Known,
    client: Client,
    target: date,
    reader: Reader,
) -> CodeResult:
    """Check one code and stage what is new."""
    result = CodeResult(checked=known.checked)
    raw = stored.drop(columns="source")
    judgement = judge(code, raw, stored.index, known, client, target, always=True)
    result.events, result.notes, result.checked = judgement.events, judgement.notes, judgement.checked
    newest = max((e.date for e in (*known.events, *result.events) if e.ratio != 1), default=date.min)
    start = max(newest, stored.index[-COMPARED_BARS:][0].date())
    page = fetch(bars_request(code, "1d", start=start, end=target, adjusted=True, client=client)).frame
    page = page[page["complete"] & page.index.isin(stored.index)]
    result.changed = count_changes(stored, page, result.notes)
    note = {
        **result.note(code),
        "freq": "1d",
        **{name: row[name].isoformat() for name in ("since", "until")},
        "first_stored": None if pd.isna(row["first_stored"]) else row["first_stored"].isoformat(),
        "hole_tries": row["hole_tries"],
    }
    stage(reader.folder, "1d", code, to_arrow(page, code, "1d", CHART), note)
    return result
