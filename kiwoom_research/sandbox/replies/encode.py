"""Values as the wire writes them: the endpoint tables read backwards.

A table says under which key, in which unit and with which sign Kiwoom writes one of our columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from ...endpoints import Field, Table
from ...kinds import LONG_DATE, Moment, Number
from ..market.bars import Bars, Column

MARKS = np.array(["", "+", "-"])  # by sign; -1 is the last
# by sign, which is doubled at a limit: flat, up, limit up, limit down (-2), down (-1)
DIRECTIONS = np.array(["3", "2", "1", "4", "5"])
# A row of the wire begins with these keys where our table has another order: recorded, or a neighbour's [inferred].
_LONG_BARS = "cur_prc trde_qty trde_prica dt open_pric high_pric low_pric pred_pre pred_pre_sig trde_tern_rt"
_SHORT_BARS = "cur_prc trde_qty cntr_tm open_pric high_pric low_pric acc_trde_qty pred_pre pred_pre_sig"
_INDEX_BARS = "cur_prc trde_qty dt open_pric high_pric low_pric trde_prica"
_LISTING = (
    "code name listCount auditInfo regDay lastPrice state marketCode marketName upName upSizeName companyClassName"
    " orderWarning nxtEnable kind"
)
KEY_ORDER = {
    **dict.fromkeys(("ka10079", "ka10080"), _SHORT_BARS),
    **dict.fromkeys(("ka10081", "ka10082", "ka10083", "ka10094"), _LONG_BARS),
    **dict.fromkeys(("ka20006", "ka20007", "ka20008", "ka20019"), _INDEX_BARS),
    **dict.fromkeys(("ka10099", "ka10100"), _LISTING),
}
# Rows of before mid 2025 ended in these, all blank, instead of the optional keys of the table.
OLD_TAIL = (
    "upd_stkpc_tp", "upd_rt", "bic_inds_tp", "sm_inds_tp", "stk_infr", "upd_stkpc_event", "pred_close_pric",
)  # fmt: skip


def encode_times(times: Column, width: int = 8) -> list[str]:
    """Days (width 8) or seconds (14) as digits; by arithmetic, which is three times as quick as formatting."""
    days = times.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    month = months.astype(np.int64)
    number = (1970 + month // 12) * 10_000 + (month % 12 + 1) * 100 + (days - months).astype(np.int64) + 1
    if width == 14:
        second = (times - days).astype("timedelta64[s]").astype(np.int64)
        number = number * 1_000_000 + second // 3600 * 10_000 + second // 60 % 60 * 100 + second % 60
    return list(map(str, number.tolist()))


def encode_column(field: Field, values: Column, signs: Column | None = None) -> list[str]:
    """A column as Kiwoom writes it: `Kind.text` of each value, but quick for whole numbers and times."""
    kind, spelling = field.kind, field.spelling
    if isinstance(kind, Moment) and kind.width != 6:
        return encode_times(values.astype("datetime64[D]") if kind is LONG_DATE else values, kind.width)
    slow = spelling.width or spelling.side or spelling.doubled
    if not isinstance(kind, Number) or slow or (spelling.decimals and kind.directed):
        directions = [0] * len(values) if signs is None else signs.tolist()
        return list(map(field.text, values.tolist(), directions))
    if spelling.decimals:
        form, zero = f"%{'+' * spelling.plus}.{spelling.decimals}f", f"{0:.{spelling.decimals}f}"
        nothing = (f"+{zero}", f"-{zero}")
        wire = [form % value for value in (values / field.scale).tolist()]
        return [zero if text in nothing else text for text in wire]
    exact = field.scale == 1 and values.dtype.kind == "i"
    whole = values.tolist() if exact else np.rint(values / field.scale).astype(np.int64).tolist()
    if spelling.plus:
        return [f"+{value}" if value > 0 else str(value) for value in whole]
    if signs is None or not kind.directed:
        return list(map(str, whole))
    return [f"{mark}{value}" for mark, value in zip(MARKS[signs].tolist(), whole, strict=True)]


def encode_bars(table: Table, bars: Bars) -> dict[str, list[str]]:
    """Bars as texts, by our column names: those which the table has and bars can tell."""
    base_known, shares_known, value_known = bars.base > 0, bars.shares > 0, ~np.isnan(bars.value)
    values = bars._asdict() | {
        table.index[0]: bars.time,
        "value": bars.value if value_known.all() else np.nan_to_num(bars.value),
        "change": bars.change,
        "turnover": bars.volume / np.maximum(bars.shares, 1) * 100,
    }
    found = {}
    for field in table.fields:
        if field.name in values:
            column = values[field.name]
            signed = field.signed and table.marks != "none"
            signs = np.sign(column - bars.base) * base_known if signed else None
            found[field.name] = encode_column(field, column, signs)
    moves = np.where(bars.limit == 0, np.sign(bars.change), 2 * bars.limit)
    found["direction"] = _blank_unless(DIRECTIONS[moves].tolist(), base_known)
    for name, known in (("change", base_known), ("turnover", shares_known), ("value", value_known)):
        if name in found:
            found[name] = _blank_unless(found[name], known)
    return found


@cache
def wire_fields(table: Table) -> tuple[Field, ...]:
    """Return the fields of a reply in the order in which the server writes their keys."""
    first = KEY_ORDER.get(table.api_id, "").split()
    fields = [field for field in table.fields if not field.request]
    return tuple(sorted(fields, key=lambda f: first.index(f.raw) if f.raw in first else len(first)))


def _blank_unless(column: list[str], known: Column) -> list[str]:
    """A column, blank where it is not known."""
    if known.all():
        return column
    return [text if known else "" for text, known in zip(column, known.tolist(), strict=True)]


def encode_rows(
    table: Table, found: Mapping[str, Sequence[str]], size: int, old: bool = False
) -> list[dict[str, str]]:
    """Columns of text, oldest first, as rows of the table, newest first; columns not found are blank.

    ``old`` gives the keys of before mid 2025.
    """
    fields = [field for field in wire_fields(table) if not (old and field.optional)]
    blank = [""] * size
    wire = [found.get(field.name, blank)[::-1] for field in fields]
    keys = [field.raw for field in fields]
    if old:
        keys += OLD_TAIL
        wire += [blank] * len(OLD_TAIL)
    return [dict(zip(keys, row)) for row in zip(*wire, strict=True)]  # noqa: B905, same length by construction


def encode_record(table: Table, facts: Mapping[str, Any]) -> dict[str, str]:
    """Facts by our column names as one flat record; signs are against ``base_price``, missing is blank."""
    base = facts.get("base_price", 0)
    wire = {}
    for field in wire_fields(table):
        value = facts.get(field.name)
        sign = int(np.sign(value - base)) if field.signed and base and value else 0
        wire[field.raw] = field.text(value, sign)
    return wire
