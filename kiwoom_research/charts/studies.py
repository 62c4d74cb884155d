"""What a chart shows besides the candles: averages, bands and indicator panes, as values per bar.

`plot` draws them with matplotlib and `chart` sends them to the browser, so that both show the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from .. import indicators
from .ichimoku import ichimoku
from .theme import Floats

Values: TypeAlias = "pd.Series | pd.DataFrame"
Drawable: TypeAlias = "str | Values | tuple[Literal['line', 'bars'], Values]"
"""The name of a built-in indicator, or values of the caller's own, as lines or as bars."""

CLOUD = ("span_a", "span_b")


@dataclass(frozen=True)
class Study:
    """A series of values on a chart, one per bar.

    `colour` is the number of a line colour, the name of a colour of the theme, ``"candle"`` for that of the bar, or
    ``"sign"`` for rising above zero and falling below. `label` stands before the value in the legend; None keeps the
    study out of it. `period` is the number of bars it averages, 0 for
    what is no average; `average` tells moving averages, which need not be in view as a whole.
    """

    name: str
    values: Floats
    colour: int | str
    label: str | None = ""
    shape: Literal["line", "area", "columns"] = "line"
    period: int = 0
    average: bool = False
    alpha: float = 1.0
    width: float = 1.0


@dataclass(frozen=True)
class PaneContent:
    """What one pane shows: its studies, thresholds, fixed limits, and pairs of studies with a shaded area between."""

    studies: tuple[Study, ...]
    title: str = ""
    unit: Literal["price", "amount", "value"] = "value"
    levels: tuple[float, ...] = ()
    limits: tuple[float, float] | None = None
    fills: tuple[tuple[int, int], ...] = ()


def label_in(korean: bool, hangul: str, english: str) -> str:
    """The Korean label, or the English one where it cannot be drawn."""
    return hangul if korean else english


# --- over the prices ------------------------------------------------------------------------------


def price_studies(
    bars: pd.DataFrame, averages: Sequence[int], overlays: Sequence[Drawable], korean: bool
) -> PaneContent:
    """Averages, bands and the caller's own lines over the prices."""
    studies = [
        Study(f"MA{period}", average_of_closes(bars, period), at, f"MA{period}", period=period, average=True)
        for at, period in enumerate(period for period in averages if period <= bars["close"].count())
    ]
    fills: list[tuple[int, int]] = []
    for item in overlays:
        begin = len(studies)
        if isinstance(item, str):
            studies += _BUILT_IN_OVERLAYS[item](bars, korean)
            names = [study.name for study in studies[begin:]]
            pair = ("upper", "lower") if "upper" in names else CLOUD
            fills.append((begin + names.index(pair[0]), begin + names.index(pair[1])))
        else:
            studies += _own_studies(bars, item, begin)
    return PaneContent(tuple(studies), unit="price", fills=tuple(fills))


def average_of_closes(bars: pd.DataFrame, period: int) -> Floats:
    """The simple moving average of the closes that are known."""

    def average(close: Floats) -> tuple[Floats]:
        return (indicators.moving_average(close, period),)

    return np.asarray(indicators.apply_ignoring_nan(average, 1, [column(bars, "close")])[0])


def _bollinger(bars: pd.DataFrame, korean: bool) -> list[Study]:
    table = indicators.bollinger(bars)
    high, low = label_in(korean, "상단", "high"), label_in(korean, "하단", "low")
    return [
        Study("upper", column(table, "bb_upper"), "accent", f"BB(20,2) {high}", period=20, width=0.8),
        Study("lower", column(table, "bb_lower"), "accent", low, period=20, width=0.8),
    ]


def _ichimoku(bars: pd.DataFrame, korean: bool) -> list[Study]:
    table = ichimoku(bars)
    labels = {
        "conversion": label_in(korean, "전환", "Conv"), "base": label_in(korean, "기준", "Base"),
        "span_a": label_in(korean, "선행1", "Span A"), "span_b": label_in(korean, "선행2", "Span B"),
        "lagging": label_in(korean, "후행", "Lag"),
    }  # fmt: skip
    colours: tuple[int | str, ...] = (0, 2, "up", "down", "muted")
    return [
        Study(name, column(table, name), colour, label, width=0.8)
        for (name, label), colour in zip(labels.items(), colours, strict=True)
    ]


_BUILT_IN_OVERLAYS: dict[str, Callable[[pd.DataFrame, bool], list[Study]]] = {
    "bollinger": _bollinger,
    "ichimoku": _ichimoku,
}


# --- panes ----------------------------------------------------------------------------------------


def pane_content(bars: pd.DataFrame, item: Drawable, korean: bool) -> PaneContent:
    """The content of one pane below the prices."""
    if isinstance(item, str):
        return _BUILT_IN_PANES[item](bars, korean)
    return PaneContent(tuple(_own_studies(bars, item, 0)))


def _volume(bars: pd.DataFrame, korean: bool) -> PaneContent:
    title = label_in(korean, "거래량", "Volume")
    return PaneContent((Study("volume", column(bars, "volume"), "candle", "", "columns"),), title, "amount")


def _rsi(bars: pd.DataFrame, korean: bool) -> PaneContent:
    values = indicators.rsi(bars).to_numpy(np.float64)
    return PaneContent((Study("RSI", values, 2),), "RSI(14)", levels=(30, 70), limits=(0, 100))


def _macd(bars: pd.DataFrame, korean: bool) -> PaneContent:
    table = indicators.macd(bars)
    return PaneContent(
        (
            Study("histogram", column(table, "macd_hist"), "sign", None, "columns", alpha=0.55),
            Study("MACD", column(table, "macd"), 0),
            Study("signal", column(table, "macd_signal"), 1, label_in(korean, "시그널", "signal")),
        ),
        "MACD(12,26,9)",
    )


def _stochastic(bars: pd.DataFrame, korean: bool) -> PaneContent:
    table = indicators.stochastic(bars)
    studies = (Study("%K", column(table, "stoch_k"), 0, "%K"), Study("%D", column(table, "stoch_d"), 1, "%D"))
    title = label_in(korean, "스토캐스틱(14,3,3)", "Stochastic(14,3,3)")
    return PaneContent(studies, title, levels=(20, 80), limits=(0, 100))


def _obv(bars: pd.DataFrame, korean: bool) -> PaneContent:
    return PaneContent((Study("OBV", indicators.obv(bars).to_numpy(np.float64), 3),), "OBV", "amount")


_BUILT_IN_PANES: dict[str, Callable[[pd.DataFrame, bool], PaneContent]] = {
    "volume": _volume,
    "rsi": _rsi,
    "macd": _macd,
    "stochastic": _stochastic,
    "obv": _obv,
}

OVERLAYS: dict[str, tuple[str, ...]] = {"bollinger": ("close",), "ichimoku": ("high", "low", "close")}
PANES: dict[str, tuple[str, ...]] = {
    "volume": ("volume",),
    "rsi": ("close",),
    "macd": ("close",),
    "stochastic": ("high", "low", "close"),
    "obv": ("close", "volume"),
}
"""Built-in indicators and the columns they need."""


def _own_studies(bars: pd.DataFrame, item: Values | tuple[str, Values], first_colour: int) -> list[Study]:
    shape, values = item if isinstance(item, tuple) else ("line", item)
    table = (values.to_frame() if isinstance(values, pd.Series) else values).reindex(bars.index)
    single = shape == "bars" and table.shape[1] == 1
    return [
        Study(
            str(name), column(table, name), "sign" if single else first_colour + at, str(name),
            "columns" if shape == "bars" else "line",
        )
        for at, name in enumerate(table)
    ]  # fmt: skip


def column(table: pd.DataFrame, name: object) -> Floats:
    """A column as float64, infinite values as missing."""
    values = table[name].to_numpy(np.float64)
    return np.where(np.isfinite(values), values, np.nan)
