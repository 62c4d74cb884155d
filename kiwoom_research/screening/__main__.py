"""``python -m kiwoom_research.screening`` prints docs/FEATURES.md."""

from .feature_list import LENGTH, feature_table

INTRO = f"""# Features

What `kr.features` makes of daily bars, one row a code, and what rules of `kr.screen` can speak of. Made by
`make fields` from `kiwoom_research/screening/catalogue.py`; a test compares. A feature is missing, never guessed,
where there are too few bars; at most the last {LENGTH} bars of a code are looked at. Percent are percent points. RSI,
ATR, MACD and Bollinger bands are TA-Lib's.
"""

if __name__ == "__main__":
    print(INTRO)
    print(feature_table())
