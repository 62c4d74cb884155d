"""CSV files of bars that Excel and pandas both read: UTF-8 with a byte order mark and a code column."""

from __future__ import annotations

import pandas as pd


def csv_bytes(bars: pd.DataFrame, code: str) -> bytes:
    """Encode the bars of one code as a CSV file."""
    indexed = pd.concat({code: bars}, names=["code"])
    return indexed.to_csv().encode("utf-8-sig")  # without the mark Excel shows Hangul as Latin letters
