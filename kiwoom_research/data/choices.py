"""Arguments that take one of a few words or numbers, as types."""

from __future__ import annotations

from typing import Literal

MinuteFreq = Literal["1min", "3min", "5min", "10min", "15min", "30min", "45min", "60min"]
PullFreq = Literal[MinuteFreq, "1d", "1w", "1mo", "1y"]
BarFreq = Literal["tick", PullFreq]
StoredFreq = Literal[MinuteFreq, "1d"]
# Other spellings: m is a minute, M a month, as on charts and in pandas.
FreqSpelling = Literal[
    "1m", "3m", "5m", "10m", "15m", "30m", "45m", "60m", "min", "1h", "h", "D", "1D", "d", "W", "1W", "w", "1wk",
    "M", "1M", "ME", "Y", "1Y", "YE", "y",
]  # fmt: skip
FREQ_SPELLINGS: dict[str, BarFreq] = {
    "1m": "1min", "3m": "3min", "5m": "5min", "10m": "10min", "15m": "15min", "30m": "30min", "45m": "45min",
    "60m": "60min", "min": "1min", "1h": "60min", "h": "60min",
    "D": "1d", "1D": "1d", "d": "1d", "W": "1w", "1W": "1w", "w": "1w", "1wk": "1w",
    "M": "1mo", "1M": "1mo", "ME": "1mo", "Y": "1y", "1Y": "1y", "YE": "1y", "y": "1y",
}  # fmt: skip
MinuteInterval = Literal[1, 3, 5, 10, 15, 30, 45, 60]
Hours = Literal["all", "regular"]
TickCount = Literal[1, 3, 5, 10, 30]

StockMarket = Literal["kospi", "kosdaq", "stocks", "etf", "etn", "konex", "all"]
ListedMarket = Literal["all", "kospi", "kosdaq"]
SectorMarket = Literal["kospi", "kosdaq"]
Venue = Literal["krx", "nxt", "both"]

RankingName = Literal[
    "volume", "turnover", "value", "gainers", "losers",
    "new_high", "new_low", "limit_up", "limit_down", "volume_surge",
]  # fmt: skip
Exclusion = Literal["supervised", "preferred", "etf", "funds"]
RankingPeriod = Literal[5, 10, 20, 60, 250]

FlowUnit = Literal["shares", "won"]
CreditKind = Literal["loan", "short_lending"]
ErrorHandling = Literal["collect", "raise"]
