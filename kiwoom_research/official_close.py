"""The official close: the price of the closing auction, which since 2026-09-14 the daily close no longer is.

The broker's daily close has been the last trade of the after-market (20:00) since then, and is never restated. The
next session's base price is the official close, unless a corporate action lies between the two sessions.
"""

from __future__ import annotations

import warnings
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from .kinds import Column

Price = Literal["official", "last"]
Fallback = Literal["last"] | None

COLUMN, SIGN, SOURCE = "official_close", "official_close_sign", "official_close_source"

# where an official close is from, the best first
CLOSE = "close"  # before 2026-09-14, and of funds: the close of the bar
MINUTE_BAR = "minute_1530"  # the minute bar of the closing auction
READ = "read_at_close"  # a quote read between 15:31 and 15:59
NEXT_BASE = "next_base"  # the next session's base price
NONE = "none"  # not known
SOURCES = (CLOSE, MINUTE_BAR, READ, NEXT_BASE, NONE)

ENOUGH = 5  # so many base prices that equal the close before them are no chance: one close in five is the official one

HOW_TO_KNOW = (
    'Store.record_close() at 15:31 to 15:59, or get_bars(official_close="minute"), gets the official ones'
)


class OfficialCloses(NamedTuple):
    """Official closes [KRW], missing where they are not known, and their sources."""

    price: Column
    source: Column


def from_bars(bars: pd.DataFrame | dict[str, Column], followed: Column, is_close: Column) -> OfficialCloses:
    """The official closes that the daily bars of one code give themselves, oldest first.

    Parameters
    ----------
    bars : mapping
        close, low, high, change [KRW] and volume.
    followed : array of bool
        Whether the next row is the next session.
    is_close : array of bool
        Whether the close of the row is the official one.
    """
    close, low, high, volume = (
        np.asarray(bars[name], np.float64) for name in ("close", "low", "high", "volume")
    )
    base = close - np.asarray(bars["change"], np.float64)
    after = np.append(base[1:], np.nan)
    known = followed & ~is_close & (after >= low) & (after <= high)
    compared = followed & ~is_close & (volume > 0) & ~np.isnan(after) & ~np.isnan(close)
    if compared.sum() >= ENOUGH and (after == close)[compared].all():
        known[:] = False  # these changes are against the close before, and say nothing about the official one
    price = np.select([is_close, known], [close, after], np.nan)
    return OfficialCloses(price, np.select([is_close, known], [CLOSE, NEXT_BASE], NONE).astype(object))


def check_price(price: str, fallback: str | None) -> None:
    """Refuse what the arguments ``price`` and ``fallback`` cannot be."""
    if price not in get_args(Price):
        raise ValueError(f"price: expected one of official, last, got {price!r}")
    if fallback not in ("last", None):
        raise ValueError(f"fallback: expected 'last' or None, got {fallback!r}")


def chosen_close(
    bars: pd.DataFrame, price: str, fallback: str | None, *, stacklevel: int = 3
) -> tuple[Column, Column]:
    """The close that was asked for, and where the last price stands in for an official close that is not known.

    Bars without the column ``official_close`` have one close. One warning counts the substitutes.
    """
    close = bars["close"].to_numpy(np.float64)
    if price == "last" or COLUMN not in bars:
        return close, np.zeros(len(bars), dtype=bool)
    official = bars[COLUMN].to_numpy(np.float64)
    absent = np.isnan(official) & ~np.isnan(close)
    if fallback is None:
        return official, np.zeros(len(bars), dtype=bool)
    if absent.any():
        warn_of_fallback(int(absent.sum()), stacklevel=stacklevel + 1)
    return np.where(absent, close, official), absent


def warn_of_fallback(count: int, *, stacklevel: int) -> None:
    """One warning for the prices that stand in for official closes."""
    warnings.warn(
        f"{count} official closes are not known, and the last price (of up to 20:00) stands in for them: {HOW_TO_KNOW},"
        " and fallback=None leaves them missing",
        UserWarning,
        stacklevel=stacklevel,
    )
