"""The Ichimoku cloud (일목균형표): five lines, each moved to where a chart draws it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from .theme import Floats

CONVERSION, BASE, SPAN_B = 9, 26, 52  # bars
AHEAD = BASE - 1  # the spans are drawn 26 bars ahead, counting the bar they belong to


def ichimoku(bars: pd.DataFrame) -> pd.DataFrame:
    """The lines of the cloud with the index of `bars`; what reaches beyond the last bar is left out.

    Parameters
    ----------
    bars : pandas.DataFrame
        high, low, close [KRW] of one stock, ascending.

    Returns
    -------
    pandas.DataFrame
        ``conversion``, ``base``, ``span_a``, ``span_b`` (the row's values come from 25 bars earlier), ``lagging``
        (the close of 25 bars later) [KRW].

    Examples
    --------
    >>> days = pd.date_range("2026-01-01", periods=80)
    >>> bars = pd.DataFrame({"high": np.arange(80.0) + 1, "low": np.arange(80.0), "close": np.arange(80.0)}, days)
    >>> ichimoku(bars).iloc[-1].tolist()  # 9 bars: (71 + 80) / 2
    [75.5, 67.0, 46.25, 29.0, nan]
    """
    high, low, close = (bars[name].to_numpy(np.float64) for name in ("high", "low", "close"))
    conversion, base = _centre(high, low, CONVERSION), _centre(high, low, BASE)
    return pd.DataFrame(
        {
            "conversion": conversion,
            "base": base,
            "span_a": _shift((conversion + base) / 2, AHEAD),
            "span_b": _shift(_centre(high, low, SPAN_B), AHEAD),
            "lagging": _shift(close, -AHEAD),
        },
        index=bars.index,
    )


def _centre(high: Floats, low: Floats, period: int) -> Floats:
    """Midway between the highest high and the lowest low of the last `period` bars that have both."""
    known = np.isfinite(high + low)
    values = np.full(len(high), np.nan)
    if known.sum() >= period:
        highest = sliding_window_view(high[known], period).max(axis=-1)
        lowest = sliding_window_view(low[known], period).min(axis=-1)
        values[np.flatnonzero(known)[period - 1 :]] = (highest + lowest) / 2
    return values


def _shift(values: Floats, bars: int) -> Floats:
    moved = np.full(len(values), np.nan)
    if bars >= 0:
        moved[bars:] = values[: len(values) - bars]
    else:
        moved[:bars] = values[-bars:]
    return moved
