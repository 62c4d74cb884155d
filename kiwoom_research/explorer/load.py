"""Loads the bars of a chart and of what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import calendar, data
from ..data.choices import BarFreq
from ..errors import KiwoomError
from . import messages
from .chart_request import INDEX_FREQS, ChartRequest, DateRange, date_range
from .instruments import is_index
from .messages import DisplayError, explain_error
from .parts import is_cache_miss
from .search import Finder

if TYPE_CHECKING:
    from ..client import Client


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
        Name -> code and bars of what the chart is compared with.
    notes : tuple of str
        What could not be compared or drawn, in Korean.
    server : str
        Name of the server that the bars come from.
    """

    request: ChartRequest
    range: DateRange
    name: str
    history: pd.DataFrame
    bars: pd.DataFrame
    others: Mapping[str, tuple[str, pd.DataFrame]]
    notes: tuple[str, ...]
    server: str

    def equals(self, other: ChartData | None) -> bool:
        """Whether both hold the same answers to the same request."""
        return other is not None and self._identity() == other._identity()

    def _identity(self) -> tuple[Any, ...]:
        frames = (self.history, *(frame for _, frame in self.others.values()))
        return self.request, self.name, self.notes, [frame.attrs for frame in frames]


def load_chart(request: ChartRequest, finder: Finder, client: Client, refresh: bool) -> ChartData:
    """Request the bars of a chart; KiwoomError when that fails, DisplayError when there are none.

    What cannot be compared becomes a note and does not stand in the way of the chart.
    """
    kwargs = {"adjusted": request.adjusted, "client": client, "refresh": refresh}
    days = date_range(request, pd.Timestamp(calendar.last_begun(client.now())))
    history = _get_bars(request.code, request.freq, days.requested, kwargs)
    bars = _shown(history, days)
    notes = []
    if not _is_traded(bars):  # halted, delisted, or a replay of the past: the period before the last trade
        newest = _get_bars(request.code, request.freq, None, kwargs)["close"].dropna()
        if newest.empty:
            intraday = request.freq == "tick" or request.freq.endswith("min")
            raise DisplayError(messages.NO_INTRADAY_DATA if intraday else messages.NEVER_TRADED)
        days = date_range(request, newest.index[-1].tz_localize(None).normalize())
        history = _get_bars(request.code, request.freq, days.requested, kwargs)
        bars = _shown(history, days)
        notes.append(messages.last_traded(bars.index[-1]))
    others, missing = _load_others(request, days, finder, kwargs)
    name = finder.describe(request.code).name
    server = client.server.name
    return ChartData(request, days, name, history, bars, others, (*notes, *missing), server)


def _load_others(
    request: ChartRequest, days: DateRange, finder: Finder, kwargs: Mapping[str, Any]
) -> tuple[dict[str, tuple[str, pd.DataFrame]], list[str]]:
    """Return what the chart is compared with, and a note for whatever cannot be."""
    found: dict[str, tuple[str, pd.DataFrame]] = {}
    notes: list[str] = []
    texts = list(filter(None, map(str.strip, request.others.split(","))))
    if texts and request.freq == "tick":
        return {}, [messages.NO_TICK_COMPARISON]
    for text in texts:
        name = text
        try:
            code = finder.resolve(text)
            if code == request.code:
                continue
            name = finder.describe(code).name
            frame = _get_bars(code, request.freq, days.first, kwargs)
            if not _is_traded(frame):
                raise DisplayError(messages.UNTRADED_IN_PERIOD)
        except (DisplayError, KiwoomError) as error:
            if is_cache_miss(error, kwargs["client"]):
                raise
            notes.append(messages.comparison_failed(name, explain_error(error)))
        else:
            found[name] = (code, frame)
    return found, notes


def _get_bars(code: str, freq: BarFreq, start: str | None, kwargs: Mapping[str, Any]) -> pd.DataFrame:
    """Request the bars of a stock or an index."""
    if not is_index(code):
        return data.get_bars(code, freq, start=start, **kwargs)
    if freq not in INDEX_FREQS:
        raise DisplayError(messages.INDEX_FREQS_ONLY)
    return data.get_index(code, start=start, client=kwargs["client"], refresh=kwargs["refresh"])


def _shown(history: pd.DataFrame, days: DateRange) -> pd.DataFrame:
    return history if days.first is None else history.loc[days.first :]


def _is_traded(bars: pd.DataFrame) -> bool:
    return bool(bars["close"].notna().any())
