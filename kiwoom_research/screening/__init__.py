"""Bars -> features -> hits, as of a date. Pure: asks nobody and reads no clock.

`features` makes one row a code out of bars of many codes, `screen` applies rules to it, `screen_history` does
both for every session of a store. `FEATURES` is the one list of what there is, with definition and unit.
"""

from .feature_list import FEATURES, Feature, feature_table
from .features import features
from .history import ScreenHistory, screen_history
from .rules import Screen, screen

__all__ = [
    "FEATURES",
    "Feature",
    "Screen",
    "ScreenHistory",
    "feature_table",
    "features",
    "screen",
    "screen_history",
]
