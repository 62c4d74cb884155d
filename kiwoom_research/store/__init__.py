"""`Store`: the bar history of a whole market as Parquet files, right also after a split.

Raw bars and a table of events are kept; adjusted prices are made when they are read. An event therefore
rewrites nothing, and bars pulled on different days never mix scales.
"""

from .store import Store

__all__ = ["Store"]
