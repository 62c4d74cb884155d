"""A chart as the controls describe it: the choices offered, and the days that a choice means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ..data.choices import BarFreq
from ..endpoints.chart import MINUTES

FREQS = {
    "틱": "tick",
    **{f"{minutes}분": f"{minutes}min" for minutes in MINUTES},
    "일": "1d",
    "주": "1w",
    "월": "1mo",
    "년": "1y",
}
"""Intervals by their label."""

PERIODS = {
    "최근": None,  # what one page holds
    "1일": pd.DateOffset(days=1),
    "1주": pd.DateOffset(weeks=1),
    "1개월": pd.DateOffset(months=1),
    "3개월": pd.DateOffset(months=3),
    "6개월": pd.DateOffset(months=6),
    **{f"{years}년": pd.DateOffset(years=years) for years in (1, 3, 5, 10, 20, 30)},
}
SHORT, MIDDLE, LONG = (
    ("1일", "1주", "1개월"),
    ("1주", "1개월", "3개월", "6개월"),
    ("1년", "3년", "5년", "10년"),
)
CHOICES: dict[str, tuple[tuple[str, ...], str]] = {
    "tick": (("최근",), "최근"),
    **{f"{n}min": (SHORT, "1주" if n == 5 else "1일") for n in (1, 3, 5)},
    **{f"{n}min": (MIDDLE, "1개월" if n > 15 else "1주") for n in (10, 15, 30, 45, 60)},
    "1d": (("1개월", "3개월", "6개월", *LONG), "1년"),
    "1w": ((*LONG, "20년"), "3년"),
    "1mo": (("5년", "10년", "20년", "30년"), "10년"),
    "1y": (("최근",), "최근"),
}
"""Periods offered for an interval, and the default."""

WARM_UP = {"1d": pd.DateOffset(months=7), "1w": pd.DateOffset(months=30), "1mo": pd.DateOffset(years=10)}
"""Time that holds the 120 bars of the longest average, holidays included."""

KINDS = {"캔들": "candles", "선": "line", "하이킨아시": "heikin-ashi"}
STYLES = {"한국식 색": "korean", "서양식 색": "western"}
SWITCHES = {
    "adjusted": ("수정주가", "액면분할 등을 반영한 주가"),
    "averages": ("이동평균", "이동평균선 5·20·60·120"),
    "bollinger": ("볼린저", "볼린저 밴드 (20, 2)"),
    "profile": ("매물대", "가격대별 거래량"),
    "volume": ("거래량", "거래량 창"),
    "rsi": ("RSI", "RSI(14) 창"),
    "macd": ("MACD", "MACD(12,26,9) 창"),
    "log": ("로그", "로그 가격축"),
}
"""Fields of a request that are switched on and off: label and tooltip."""

INDEX_FREQS = frozenset({"1d"})
"""Intervals that indices have."""


@dataclass(frozen=True, slots=True)
class ChartRequest:
    """A chart as the controls describe it."""

    code: str = ""
    freq: BarFreq = "1d"
    period: str = "1년"
    adjusted: bool = True
    others: str = ""
    kind: str = "candles"
    averages: bool = True
    bollinger: bool = False
    profile: bool = False
    volume: bool = True
    rsi: bool = False
    macd: bool = False
    log: bool = False
    style: str = "korean"
    theme: str = "light"


def change_request(request: ChartRequest, name: str, value: Any) -> ChartRequest:
    """Return a request with another value; ValueError for a value that is not offered.

    >>> change_request(ChartRequest("005930"), "freq", "1w").period
    '3년'
    """
    choices: dict[str, Any] = {
        "freq": CHOICES, "period": CHOICES[request.freq][0], "kind": KINDS.values(), "style": STYLES.values(),
        "theme": ("light", "dark"), **dict.fromkeys(SWITCHES, (True, False)),
    }  # fmt: skip
    if name in choices and value not in choices[name]:
        raise ValueError(f"{name}: expected one of {', '.join(map(str, choices[name]))}, got {value!r}")
    changed = replace(request, **{name: value})
    return replace(changed, period=CHOICES[value][1]) if name == "freq" else changed


@dataclass(frozen=True, slots=True)
class DateRange:
    """The first day shown and the first day requested; None for whatever the newest page holds."""

    first: str | None
    requested: str | None


def date_range(request: ChartRequest, last: pd.Timestamp) -> DateRange:
    """Return the days of the chosen period, counted back from `last`."""
    offset = PERIODS[request.period]
    if offset is None:
        return DateRange(None, None)
    first = last - offset + pd.Timedelta(days=1)
    if request.freq.endswith("min"):
        warm_up = pd.DateOffset(days=5 + int(request.freq.removesuffix("min")) // 2)
    else:
        warm_up = WARM_UP[request.freq]
    return DateRange(f"{first:%Y-%m-%d}", f"{first - warm_up:%Y-%m-%d}")
