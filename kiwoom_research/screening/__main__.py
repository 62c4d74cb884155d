"""``python -m kiwoom_research.screening`` prints docs/FEATURES.md."""

from .feature_list import feature_table

INTRO = """# Features

`kr.features` calculates these for each code from daily bars, and rules of `kr.screen` use them by name. `make fields`
writes this page from `kiwoom_research/screening/feature_list.py`; a test compares the two.

"n sessions" are sessions of the exchange. A halt counts with its last close and no volume. A feature is missing, never
guessed, where history is too short or a session in between has no bar. Percentages are percent points. RSI, ATR, MACD
and Bollinger bands are calculated by TA-Lib from the last 251 sessions.
"""

if __name__ == "__main__":
    print(INTRO)
    print(feature_table())
