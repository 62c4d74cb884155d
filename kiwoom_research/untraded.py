"""Sessions without a trade: how to recognise one, and which prices it has."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .kinds import Column


def is_untraded(bars: Mapping[str, Column] | pd.DataFrame) -> Column:
    """Return for each bar whether nothing was traded: its volume or one of open and close is 0.

    The exchange's files write open, high and low of such a session as 0, also when a block was traded beside
    the book; Kiwoom writes volume 0 and repeats the close. Columns that `bars` lacks do not count.
    """
    zeros = [np.asarray(bars[name]) == 0 for name in ("volume", "open", "close") if name in bars]
    return np.asarray(np.logical_or.reduce(zeros))


def fill_untraded(prices: Column, close: Column) -> Column:
    """Return open, high or low with the exchange's 0 replaced by the close."""
    return np.where(prices == 0, close, prices)
