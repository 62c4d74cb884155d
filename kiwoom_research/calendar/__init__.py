"""The trading calendar of the Korea Exchange: trading days, their hours, and when a number is final."""

from .finality import (
    PRE_OPEN,
    answer_expires,
    complete_mask,
    final_at,
    is_final,
    last_final,
    list_expires,
    snapshot_expires,
)
from .moments import KST
from .trading_day import (
    EXAM_DAYS,
    LONG_DAY,
    PHASES,
    VENUES,
    Phase,
    day_kind,
    day_phases,
    hours_known,
    is_open,
    last_begun,
    phase_at,
    session_times,
)
from .trading_days import (
    is_session,
    next_session,
    previous_session,
    session_on_or_before,
    sessions_in_range,
)

__all__ = [
    "EXAM_DAYS",
    "KST",
    "LONG_DAY",
    "PHASES",
    "PRE_OPEN",
    "VENUES",
    "Phase",
    "answer_expires",
    "complete_mask",
    "day_kind",
    "day_phases",
    "final_at",
    "hours_known",
    "is_final",
    "is_open",
    "is_session",
    "last_begun",
    "last_final",
    "list_expires",
    "next_session",
    "phase_at",
    "previous_session",
    "session_on_or_before",
    "session_times",
    "sessions_in_range",
    "snapshot_expires",
]
