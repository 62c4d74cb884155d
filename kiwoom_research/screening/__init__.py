"""Screening: features from bars, and the stocks that pass a set of rules, today or in every session of the past.

Frames in, frames out; nothing is requested, and no clock is read.
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
