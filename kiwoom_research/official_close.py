"""The official close: the price of the closing auction, which since 2026-09-14 the daily close no longer is.

The broker's daily close has been the last trade of the after-market (20:00) since then, and is never restated. The
next session's base price is the official close, unless a corporate action lies between the two sessions.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from .kinds import Column
from .untraded import is_untraded

COLUMN, SIGN, SOURCE = "official_close", "official_close_sign", "official_close_source"
COLUMNS = (COLUMN, SOURCE, SIGN)  # in the order of a frame

# where an official close is from, the best first
CLOSE = "close"  # before 2026-09-14, and of funds: the close of the bar
MINUTE_BAR = "minute_1530"  # the minute bar of the closing auction
READ = "read_at_close"  # a quote read between 15:31 and 15:59
NEXT_BASE = "next_base"  # the next session's base price
NONE = "none"  # not known

ClosingPrice = Literal["official", "last"]
"""Which close to calculate with: the official one, or the last price of the day."""
Fallback = Literal["last"] | None
"""What stands in for an official close that is not known: the last price, or nothing."""
STAND_IN = "close_is_last"  # the column that marks where the last price stands in

ENOUGH = 5  # so many base prices that equal the close before them are no chance: one close in five is the official one


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
    close, low, high = (np.asarray(bars[name], np.float64) for name in ("close", "low", "high"))
    after, differs = _next_base(bars, followed & ~is_close)
    known = followed & ~is_close & (after >= low) & (after <= high)
    if _none_differs(differs):
        known[:] = False  # they say nothing about the official close
    price = np.select([is_close, known], [close, after], np.nan)
    return OfficialCloses(price, np.select([is_close, known], [CLOSE, NEXT_BASE], NONE).astype(object))


def changes_are_to_the_close(bars: pd.DataFrame | dict[str, Column], rows: Column) -> bool:
    """Whether every base price after these rows, whose close is not the official one, equals that close."""
    return _none_differs(_next_base(bars, rows)[1])


def _none_differs(differs: Column) -> bool:
    return len(differs) >= ENOUGH and not differs.any()


def trades_after_the_close(bars: pd.DataFrame | dict[str, Column], rows: Column) -> bool:
    """Whether most base prices differ from the close before them: then the code is no fund."""
    _, differs = _next_base(bars, rows)
    return len(differs) >= ENOUGH and differs.mean() > 0.5


def _next_base(bars: pd.DataFrame | dict[str, Column], rows: Column) -> tuple[Column, Column]:
    """The base price after each row; and for those of ``rows`` that can tell, whether it differs from their close."""
    close, change, volume = (np.asarray(bars[name], np.float64) for name in ("close", "change", "volume"))
    after = np.append((close - change)[1:], np.nan)
    compared = rows & (volume > 0) & ~np.isnan(after) & ~np.isnan(close)
    return after, (after != close)[compared]


class ChosenCloses(NamedTuple):
    """Closes to calculate with [KRW], and where the last price stands in for an official close that is not known."""

    price: Column
    stands_in: Column


def choose_closes(bars: Mapping[str, Column], price: ClosingPrice) -> ChosenCloses:
    """The closes that ``price`` asks for; bars without ``official_close`` are taken as they are.

    A session without a trade has no evening either: its close needs no stand-in.
    """
    close = np.asarray(bars["close"], np.float64)
    if price == "last" or COLUMN not in bars:
        return ChosenCloses(close, np.zeros(close.shape, dtype=bool))
    official = np.asarray(bars[COLUMN], np.float64)
    unknown = np.isnan(official) & ~np.isnan(close) & ~is_untraded(bars)
    return ChosenCloses(np.where(np.isnan(official), close, official), unknown)


def without_stand_ins(closes: ChosenCloses, fallback: Fallback) -> ChosenCloses:
    """The same, missing instead of stood in for, if ``fallback`` is None."""
    if fallback is not None:
        return closes
    return ChosenCloses(np.where(closes.stands_in, np.nan, closes.price), np.zeros_like(closes.stands_in))


def check_closes(price: str, fallback: str | None) -> None:
    """ValueError for a ``price`` or ``fallback`` that there is not."""
    if price not in get_args(ClosingPrice):
        raise ValueError(f"price: expected one of {', '.join(get_args(ClosingPrice))}, got {price!r}")
    if fallback not in ("last", None):
        raise ValueError(f"fallback: expected 'last' or None, got {fallback!r}")


def warn_of_stand_ins(count: int, stacklevel: int) -> None:
    """Say for how many official closes the last price stands in, and how to get them."""
    if count:
        closes = "one official close is not known" if count == 1 else f"{count} official closes are not known"
        warnings.warn(
            f"{closes}, and the last price, of up to 20:00, stands in: get_bars(official_close='minute') asks for that of"
            " the newest session, Store.record_close() reads all of them at 15:31 to 15:59; fallback=None leaves them"
            " missing, price='last' takes last prices everywhere",
            UserWarning,
            stacklevel=stacklevel + 1,
        )
