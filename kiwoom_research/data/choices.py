"""Arguments that take one of a few words or numbers, as types."""

from __future__ import annotations

from typing import Literal

MinuteFreq = Literal["1min", "3min", "5min", "10min", "15min", "30min", "45min", "60min"]
PullFreq = Literal[MinuteFreq, "1d", "1w", "1mo", "1y"]
BarFreq = Literal["tick", PullFreq]
StoredFreq = Literal[MinuteFreq, "1d"]
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
ErrorHandling = Literal["collect", "raise"]
