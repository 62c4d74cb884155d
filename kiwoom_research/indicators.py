"""Technical indicators through TA-Lib (extra ``[screen]``): bars in, columns out.

Bars are those of one code, or of many with the index (``code``, ``date``); then every code is calculated by
itself. Rows must be in time order, oldest first. A row without a price is left out of the calculation and
missing in the result; so are the first rows, for which an indicator has not enough bars. The first bars after
those depend on where the history begins (recursive averages: RSI, ATR, MACD, EMA).

A session without a trade comes from the exchange with open, high and low 0: here they count as the close.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Column = NDArray[Any]


def talib() -> Any:
    """TA-Lib, or an `ImportError` that says how to get it."""
    try:
        import talib
    except ImportError as error:
        raise ImportError('indicators need TA-Lib: pip install "kiwoom_research[screen]"') from error
    return talib


def sma(bars: pd.DataFrame, period: int = 20, *, column: str = "close") -> pd.Series:
    """Simple moving average.

    Parameters
    ----------
    bars : pandas.DataFrame
        Bars of one code or of many, see the module.
    period : int
        Bars.
    column : str
        What is averaged.

    Returns
    -------
    pandas.Series
        ``ma_<period>`` in the unit of the column.

    Raises
    ------
    ValueError
        A column that is not there, or a period below 2.
    ImportError
        TA-Lib is not installed.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bars = kr.get_bars("005930", start="2026-06-01")
    >>> bool(np.isclose(sma(bars, 5).iloc[-1], bars["close"].tail(5).mean()))
    True
    """
    lib = talib()
    return _one(bars, f"ma_{period}", [column], lambda x: lib.SMA(x, period), period)


def ema(bars: pd.DataFrame, period: int = 20, *, column: str = "close") -> pd.Series:
    """Exponential moving average, begun with the simple average of the first `period` bars.

    Parameters
    ----------
    bars, period, column
        As in `sma`.

    Returns
    -------
    pandas.Series
        ``ema_<period>`` in the unit of the column.
    """
    lib = talib()
    return _one(bars, f"ema_{period}", [column], lambda x: lib.EMA(x, period), period)


def rsi(bars: pd.DataFrame, period: int = 14) -> pd.Series:
    """Relative strength index of Wilder.

    Parameters
    ----------
    bars, period
        As in `sma`.

    Returns
    -------
    pandas.Series
        ``rsi_<period>``, 0 to 100.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bool(rsi(kr.get_bars("005930")).dropna().between(0, 100).all())
    True
    """
    lib = talib()
    return _one(bars, f"rsi_{period}", ["close"], lambda close: lib.RSI(close, period), period)


def atr(bars: pd.DataFrame, period: int = 14) -> pd.Series:
    """Average true range of Wilder.

    Parameters
    ----------
    bars, period
        As in `sma`.

    Returns
    -------
    pandas.Series
        ``atr_<period>`` [KRW].
    """
    lib = talib()
    needs = ["high", "low", "close"]
    return _one(bars, f"atr_{period}", needs, lambda h, lo, c: lib.ATR(h, lo, c, period), period)


def macd(bars: pd.DataFrame, fast: int = 12, slow: int = 26, signal: int = 9) -> pd.DataFrame:
    """Moving average convergence and divergence.

    Parameters
    ----------
    bars
        As in `sma`.
    fast, slow, signal : int
        Bars of the two averages and of the average of their difference.

    Returns
    -------
    pandas.DataFrame
        ``macd`` (fast average - slow one), ``macd_signal`` (its average), ``macd_hist`` (their difference) [KRW].

    Raises
    ------
    ValueError
        A period below 2, or `fast` not below `slow`.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> macd(kr.get_bars("005930")).columns.tolist()
    ['macd', 'macd_signal', 'macd_hist']
    """
    lib = talib()
    if fast >= slow:
        raise ValueError(f"fast: expected less than slow, got {fast} and {slow}")
    names = ["macd", "macd_signal", "macd_hist"]
    return _frame(bars, names, ["close"], lambda c: lib.MACD(c, fast, slow, signal), fast, slow, signal)


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

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bands = bollinger(kr.get_bars("005930")).dropna()
    >>> bool((bands["bb_upper"] >= bands["bb_lower"]).all())
    True
    """
    lib = talib()
    names = ["bb_upper", "bb_middle", "bb_lower"]
    return _frame(bars, names, ["close"], lambda c: lib.BBANDS(c, period, width, width), period)


def stochastic(bars: pd.DataFrame, period: int = 14, slow: int = 3, signal: int = 3) -> pd.DataFrame:
    """Slow stochastic oscillator.

    Parameters
    ----------
    bars, period
        As in `sma`.
    slow, signal : int
        Bars of the simple averages that make %K slow, and %D from %K.

    Returns
    -------
    pandas.DataFrame
        ``stoch_k``, ``stoch_d``, 0 to 100.
    """
    lib = talib()
    needs = ["high", "low", "close"]
    names = ["stoch_k", "stoch_d"]
    return _frame(
        bars, names, needs, lambda h, lo, c: lib.STOCH(h, lo, c, period, slow, 0, signal, 0), period
    )


def obv(bars: pd.DataFrame) -> pd.Series:
    """On-balance volume: volume added on rising and taken off on falling closes.

    Parameters
    ----------
    bars
        As in `sma`.

    Returns
    -------
    pandas.Series
        ``obv`` [shares]; only its changes mean something.
    """
    return _one(bars, "obv", ["close", "volume"], talib().OBV)


# --- from frames to arrays and back ---------------------------------------------------------------


def _one(
    bars: pd.DataFrame, name: str, needs: Sequence[str], function: Callable[..., Column], *periods: int
) -> pd.Series:
    return _frame(bars, [name], needs, lambda *columns: (function(*columns),), *periods)[name]


def _frame(
    bars: pd.DataFrame,
    names: Sequence[str],
    needs: Sequence[str],
    function: Callable[..., tuple[Column, ...]],
    *periods: int,
) -> pd.DataFrame:
    for period in periods:
        if isinstance(period, bool) or not isinstance(period, (int, np.integer)) or period < 2:
            raise ValueError(f"period: expected a whole number from 2 on, got {period!r}")
    lacking = [name for name in needs if name not in bars]
    if lacking:
        raise ValueError(f"bars: no column {', '.join(lacking)}")
    columns = prices(bars, needs)
    # behind the time of a single trade stands its number within the second
    level = next((name for name in ("date", "time") if name in bars.index.names), -1)
    times = bars.index.get_level_values(level)
    found = np.full((len(names), len(bars)), np.nan)
    for rows in blocks(bars.index):
        if not times[rows].is_monotonic_increasing:
            raise ValueError("bars: the rows are not in time order; sort_index() first")
        found[:, rows] = skipping(function, len(names), [column[rows] for column in columns])
    return pd.DataFrame(dict(zip(names, found, strict=True)), index=bars.index, copy=False)


def prices(bars: pd.DataFrame, needs: Sequence[str]) -> list[Column]:
    """Columns as float64; a 0 in open, high or low (no trade) as the close."""
    columns = [np.ascontiguousarray(bars[name], dtype=np.float64) for name in needs]
    for at, name in enumerate(needs):
        if name in ("open", "high", "low") and "close" in bars and not columns[at].all():
            columns[at] = np.where(columns[at] == 0, bars["close"].to_numpy(np.float64), columns[at])
    return columns


def blocks(index: pd.Index) -> Iterator[slice]:
    """The rows of each code; of a frame of one code all rows."""
    if index.nlevels == 1 or "code" not in index.names:
        yield slice(len(index))
        return
    assert isinstance(index, pd.MultiIndex)
    codes = np.asarray(index.codes[index.names.index("code")])
    starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1])) if len(codes) else np.empty(0, int)
    if len(starts) != len(np.unique(codes)):
        raise ValueError("bars: the rows of a code do not stand together; sort_index() first")
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(codes)], strict=True):
        yield slice(start, end)


def skipping(function: Callable[..., tuple[Column, ...]], outputs: int, columns: Sequence[Column]) -> Column:
    """A TA-Lib function on the rows where nothing is missing; TA-Lib itself would never recover from one."""
    known = np.logical_and.reduce([np.isfinite(column) for column in columns])
    found = np.full((outputs, len(known)), np.nan)
    if known.all() and len(known):
        found[:] = function(*columns)
    elif known.any():
        found[:, known] = function(*(column[known] for column in columns))
    return found
