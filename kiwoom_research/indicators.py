"""Technical indicators: bars in, columns out.

Bars are those of one code, or of many codes with the index (``code``, ``date``); each code is calculated on its own.
Rows must be in time order, oldest first. A row without a price is skipped, and missing in the result. The first rows,
for which an indicator does not have enough bars, are missing too. Recursive averages (RSI, ATR, MACD, EMA) depend a
little on where the history begins.

On a session without a trade the exchange writes open, high and low as 0: here they count as the close. RSI and
stochastic of a price that does not move are missing, because both divide by its movement.

All but `sma` need TA-Lib: ``pip install "kiwoom_research[screen]"``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from .kinds import Column
from .untraded import fill_untraded

__all__ = ["atr", "bollinger", "ema", "macd", "obv", "rsi", "sma", "stochastic"]

ArrayFunction = Callable[..., tuple[Column, ...]]
"""Arrays without missing values in, one array per output back."""


def sma(bars: pd.DataFrame, period: int = 20, *, column: str = "close") -> pd.Series:
    """Simple moving average.

    Parameters
    ----------
    bars : pandas.DataFrame
        Bars of one code or of many, oldest first.
    period : int
        Number of bars.
    column : str
        The column to average.

    Returns
    -------
    pandas.Series
        ``ma_<period>`` in the unit of the column.

    Raises
    ------
    ValueError
        A missing column, a period below 2, or rows out of order.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bars = kr.get_bars("005930", start="2026-06-01")
    >>> bool(np.isclose(sma(bars, 5).iloc[-1], bars["close"].tail(5).mean()))
    True
    """
    _check_periods(period)
    return _one(bars, f"ma_{period}", [column], lambda values: moving_average(values, period))


def ema(bars: pd.DataFrame, period: int = 20, *, column: str = "close") -> pd.Series:
    """Exponential moving average, started with the simple average of the first `period` bars.

    Parameters
    ----------
    bars, period, column
        As in `sma`.

    Returns
    -------
    pandas.Series
        ``ema_<period>`` in the unit of the column.

    Raises
    ------
    ValueError
        As in `sma`.
    ImportError
        TA-Lib is not installed.
    """
    _check_periods(period)
    lib = talib()
    return _one(bars, f"ema_{period}", [column], lambda values: lib.EMA(values, period))


def rsi(bars: pd.DataFrame, period: int = 14) -> pd.Series:
    """Wilder's relative strength index (RSI).

    Parameters
    ----------
    bars, period
        As in `sma`.

    Returns
    -------
    pandas.Series
        ``rsi_<period>``, 0 to 100; missing where the last `period` closes did not change.

    Raises
    ------
    ValueError, ImportError
        As in `ema`.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bool(rsi(kr.get_bars("005930")).dropna().between(0, 100).all())
    True
    """
    _check_periods(period)
    return _one(bars, f"rsi_{period}", ["close"], lambda close: wilder_rsi(close, period))


def atr(bars: pd.DataFrame, period: int = 14) -> pd.Series:
    """Wilder's average true range (ATR).

    Parameters
    ----------
    bars, period
        As in `sma`.

    Returns
    -------
    pandas.Series
        ``atr_<period>`` [KRW].

    Raises
    ------
    ValueError, ImportError
        As in `ema`.
    """
    _check_periods(period)
    columns = ["high", "low", "close"]
    return _one(bars, f"atr_{period}", columns, lambda h, lo, c: wilder_atr(h, lo, c, period))


def macd(bars: pd.DataFrame, fast: int = 12, slow: int = 26, signal: int = 9) -> pd.DataFrame:
    """Moving average convergence and divergence (MACD).

    Parameters
    ----------
    bars
        As in `sma`.
    fast, slow, signal : int
        Bars of the two exponential averages, and of the average of their difference.

    Returns
    -------
    pandas.DataFrame
        ``macd`` (fast average - slow average), ``macd_signal`` (its average) and ``macd_hist`` (the difference of
        the two) [KRW].

    Raises
    ------
    ValueError
        As in `sma`, or `fast` is not below `slow`.
    ImportError
        TA-Lib is not installed.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> macd(kr.get_bars("005930")).columns.tolist()
    ['macd', 'macd_signal', 'macd_hist']
    """
    _check_periods(fast, slow, signal)
    if fast >= slow:
        raise ValueError(f"fast: expected fewer bars than slow, got {fast} and {slow}")
    names = ["macd", "macd_signal", "macd_hist"]
    return _frame(bars, names, ["close"], lambda close: macd_lines(close, fast, slow, signal))


def bollinger(bars: pd.DataFrame, period: int = 20, width: float = 2.0) -> pd.DataFrame:
    """Bollinger bands.

    Parameters
    ----------
    bars, period
        As in `sma`.
    width : float
        Distance of the bands from the average, in standard deviations of the last `period` closes.

    Returns
    -------
    pandas.DataFrame
        ``bb_upper``, ``bb_middle``, ``bb_lower`` [KRW].

    Raises
    ------
    ValueError, ImportError
        As in `ema`.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bands = bollinger(kr.get_bars("005930")).dropna()
    >>> bool((bands["bb_upper"] >= bands["bb_lower"]).all())
    True
    """
    _check_periods(period)
    names = ["bb_upper", "bb_middle", "bb_lower"]
    return _frame(bars, names, ["close"], lambda close: bollinger_bands(close, period, width))


def stochastic(bars: pd.DataFrame, period: int = 14, slow: int = 3, signal: int = 3) -> pd.DataFrame:
    """Slow stochastic oscillator.

    Parameters
    ----------
    bars, period
        As in `sma`.
    slow, signal : int
        Bars of the simple averages: of %K, and of %D over the averaged %K.

    Returns
    -------
    pandas.DataFrame
        ``stoch_k`` and ``stoch_d``, 0 to 100; missing where they need a bar whose last `period` bars have one price.

    Raises
    ------
    ValueError, ImportError
        As in `ema`.
    """
    _check_periods(period)
    columns, names = ["high", "low", "close"], ["stoch_k", "stoch_d"]
    return _frame(bars, names, columns, lambda h, lo, c: slow_stochastic(h, lo, c, period, slow, signal))


def obv(bars: pd.DataFrame) -> pd.Series:
    """On-balance volume (OBV): volume is added on rising closes and subtracted on falling ones.

    Parameters
    ----------
    bars
        As in `sma`.

    Returns
    -------
    pandas.Series
        ``obv`` [shares]; only its changes have a meaning.

    Raises
    ------
    ValueError, ImportError
        As in `ema`.
    """
    return _one(bars, "obv", ["close", "volume"], talib().OBV)


# --- on arrays without missing values ---------------------------------------------------------------


def talib() -> Any:
    """Import TA-Lib; the ImportError says how to install it."""
    try:
        import talib
    except ImportError as error:
        raise ImportError('indicators need TA-Lib: pip install "kiwoom_research[screen]"') from error
    return talib


def moving_average(values: Column, period: int) -> Column:
    """Return the mean of the last `period` values along the last axis; missing until there are so many."""
    averages = np.full(values.shape, np.nan)
    if values.shape[-1] >= period:
        averages[..., period - 1 :] = sliding_window_view(values, period, axis=-1).mean(axis=-1)
    return averages


def wilder_rsi(close: Column, period: int) -> Column:
    """Return Wilder's RSI; TA-Lib gives 0, "oversold", where the price has not moved."""
    moved = np.append(False, close[1:] != close[:-1])
    return np.where(_any_of_last(moved, period), talib().RSI(close, period), np.nan)


def wilder_atr(high: Column, low: Column, close: Column, period: int) -> Column:
    """Return Wilder's average true range."""
    return np.asarray(talib().ATR(high, low, close, period))


def macd_lines(close: Column, fast: int, slow: int, signal: int) -> tuple[Column, ...]:
    """Return MACD, its signal line and its histogram."""
    return tuple(talib().MACD(close, fast, slow, signal))


def bollinger_bands(close: Column, period: int, width: float) -> tuple[Column, ...]:
    """Return the upper, middle and lower Bollinger band."""
    return tuple(talib().BBANDS(close, period, width, width))


def slow_stochastic(
    high: Column, low: Column, close: Column, period: int, slow: int, signal: int
) -> tuple[Column, ...]:
    """Return %K and %D; TA-Lib gives 0, the bottom of the range, where there is no range."""
    lib = talib()
    flat = lib.MAX(high, period) == lib.MIN(low, period)
    k, d = lib.STOCH(high, low, close, period, slow, 0, signal, 0)
    return (
        np.where(_any_of_last(flat, slow), np.nan, k),
        np.where(_any_of_last(flat, slow + signal - 1), np.nan, d),
    )


def _any_of_last(mask: Column, n: int) -> Column:
    """Return whether a mask is true at any of the last `n` places."""
    total = np.append(0, np.cumsum(mask))
    return total[1:] > total[np.maximum(np.arange(1, len(mask) + 1) - n, 0)]


# --- from frames to arrays and back -----------------------------------------------------------------


def _check_periods(*periods: int) -> None:
    for period in periods:
        if isinstance(period, bool) or not isinstance(period, (int, np.integer)) or period < 2:
            raise ValueError(f"period: expected an integer of at least 2, got {period!r}")


def _one(bars: pd.DataFrame, name: str, columns: Sequence[str], function: Callable[..., Column]) -> pd.Series:
    return _frame(bars, [name], columns, lambda *arrays: (function(*arrays),))[name]


def _frame(
    bars: pd.DataFrame, names: Sequence[str], columns: Sequence[str], function: ArrayFunction
) -> pd.DataFrame:
    """Apply a function of arrays to each code and put the outputs beside the bars' index."""
    absent = [name for name in columns if name not in bars]
    if absent:
        raise ValueError(f"bars: no column {', '.join(absent)}")
    arrays = _arrays(bars, columns)
    # single trades have a second index level, the number within the second
    level = next((name for name in ("date", "time") if name in bars.index.names), -1)
    times = bars.index.get_level_values(level)
    outputs = np.full((len(names), len(bars)), np.nan)
    for rows in code_slices(bars.index):
        if not times[rows].is_monotonic_increasing:
            raise ValueError("bars: the rows are not in time order; sort_index() first")
        outputs[:, rows] = apply_ignoring_nan(function, len(names), [array[rows] for array in arrays])
    return pd.DataFrame(dict(zip(names, outputs, strict=True)), index=bars.index, copy=False)


def _arrays(bars: pd.DataFrame, columns: Sequence[str]) -> list[Column]:
    """Return columns as float64, prices of sessions without a trade filled with the close."""
    arrays = [np.ascontiguousarray(bars[name], dtype=np.float64) for name in columns]
    if "close" not in bars:
        return arrays
    close = bars["close"].to_numpy(np.float64)
    return [
        fill_untraded(array, close) if name in ("open", "high", "low") else array
        for name, array in zip(columns, arrays, strict=True)
    ]


def code_slices(index: pd.Index) -> Iterator[slice]:
    """Yield the rows of each code; for bars of one code, all rows."""
    if index.nlevels == 1 or "code" not in index.names:
        yield slice(len(index))
        return
    assert isinstance(index, pd.MultiIndex)
    codes = np.asarray(index.codes[index.names.index("code")])
    starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1])) if len(codes) else np.empty(0, int)
    if len(starts) != len(np.unique(codes)):
        raise ValueError("bars: the rows of a code are scattered; sort_index() first")
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(codes)], strict=True):
        yield slice(start, end)


def apply_ignoring_nan(function: ArrayFunction, outputs: int, columns: Sequence[Column]) -> Column:
    """Apply a function to the rows where nothing is missing; TA-Lib never recovers from a missing value."""
    known = np.logical_and.reduce([np.isfinite(column) for column in columns])
    found = np.full((outputs, len(known)), np.nan)
    if known.all() and len(known):
        found[:] = function(*columns)
    elif known.any():
        found[:, known] = function(*(column[known] for column in columns))
    return found
