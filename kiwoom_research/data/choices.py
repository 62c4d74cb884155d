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
    "volume", "turnover", "value", "gainers", "losers", "gainers_since_open", "losers_since_open",
    "gainers_in_minutes", "losers_in_minutes", "gainers_expected", "losers_expected", "gainers_single_price",
    "losers_single_price", "new_high", "new_low", "near_high", "near_low", "limit_up", "limit_down",
    "volume_surge", "volume_high", "previous_volume", "previous_value", "low_per", "high_per", "low_pbr",
    "high_pbr", "low_roe", "high_roe", "bids", "asks", "bids_surge", "asks_surge", "bid_ratio_surge",
    "credit", "lending", "foreign_bought", "foreign_sold", "foreign_streak_bought", "foreign_streak_sold",
    "foreign_limit", "foreign_brokers_bought", "foreign_brokers_sold", "broker_bought", "broker_sold",
    "both_bought", "both_sold", "investor_bought", "investor_sold", "estimated_bought", "estimated_sold",
    "program_bought", "program_sold", "viewed",
]  # fmt: skip
Exclusion = Literal["supervised", "preferred", "etf", "funds"]
RankingInvestor = Literal[
    "foreign", "institution", "individual", "foreign_brokers", "securities", "insurance", "trust", "private_fund",
    "other_finance", "bank", "pension", "state", "company",
]  # fmt: skip

FlowUnit = Literal["shares", "won"]
CreditKind = Literal["loan", "short_lending"]
ErrorHandling = Literal["collect", "raise"]

TradesDay = Literal["today", "previous"]
TradesBy = Literal["trade", "minute"]
ProgramBy = Literal["day", "time"]
StreakSessions = Literal[1, 3, 5, 10, 20, 120]
StreakSide = Literal["bought", "sold"]
ThemeSort = Literal["period_gain", "period_loss", "gain_pct", "loss_pct"]
GoldKind = Literal["1kg", "100g"]
GoldFreq = Literal["tick", MinuteFreq, "1d", "1w", "1mo"]
ElwRight = Literal["all", "call", "put"]
PullWhat = Literal["bars", "investors", "foreign", "short", "credit", "lending", "program"]
