"""The bars of a chart: what the controls chose becomes requests, and their answers frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import calendar, data
from ..data.choices import BarFreq
from ..endpoints.chart import MINUTES
from ..errors import UnknownCodeError
from . import messages
from .messages import DisplayError

if TYPE_CHECKING:
    from ..client import Client

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


@dataclass(frozen=True, slots=True)
class ChartRequest:
    """A chart as the controls describe it."""

    code: str
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


@dataclass(frozen=True, slots=True)
class ChartData:
    """The frames of a chart.

    Attributes
    ----------
    history : pandas.DataFrame
        The bars shown and enough older ones for every moving average to start at the first bar shown.
    bars : pandas.DataFrame
        The bars shown.
    others : dict
        Name -> code and bars of the stocks to compare with.
    ended : bool
        Whether the period had no trades, so that the period before the last trade is shown instead.
    """

    request: ChartRequest
    range: DateRange
    name: str
    history: pd.DataFrame
    bars: pd.DataFrame
    others: Mapping[str, tuple[str, pd.DataFrame]]
    ended: bool

    def equals(self, other: ChartData | None) -> bool:
        """Whether both hold the same answers to the same request."""
        return other is not None and self._identity() == other._identity()

    def _identity(self) -> tuple[Any, ...]:
        frames = (self.history, *(frame for _, frame in self.others.values()))
        return self.request, self.name, [frame.attrs for frame in frames]


def load_chart(
    request: ChartRequest, name: str, others: Mapping[str, str], client: Client, refresh: bool
) -> ChartData:
    """Request the bars of a chart; KiwoomError when that fails, DisplayError when there are none."""
    kwargs: dict[str, Any] = {"adjusted": request.adjusted, "client": client, "refresh": refresh}
    days = date_range(request, pd.Timestamp(calendar.last_begun(client.now())))
    history, bars = _history(request, days, kwargs)
    ended = not bars["close"].notna().any()
    if ended:  # halted, delisted, or a replay of the past
        newest = data.get_bars(request.code, request.freq, **kwargs)["close"].dropna()
        if newest.empty:
            intraday = request.freq == "tick" or request.freq.endswith("min")
            raise DisplayError(messages.NO_INTRADAY_DATA if intraday else messages.NEVER_TRADED)
        days = date_range(request, newest.index[-1].tz_localize(None).normalize())
        history, bars = _history(request, days, kwargs)
    compared = {}
    for other, code in others.items():
        try:
            frame = data.get_bars(code, request.freq, start=days.first, **kwargs)
        except UnknownCodeError:
            raise DisplayError(messages.comparison_unknown(other)) from None
        if not frame["close"].notna().any():
            raise DisplayError(messages.comparison_untraded(other))
        compared[other] = (code, frame)
    return ChartData(request, days, name, history, bars, compared, ended)


def _history(
    request: ChartRequest, days: DateRange, kwargs: Mapping[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the bars with the warm-up of the averages, and those of the period alone."""
    history = data.get_bars(request.code, request.freq, start=days.requested, **kwargs)
    return history, history if days.first is None else history.loc[days.first :]
