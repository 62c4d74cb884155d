"""What is invented about a stock beyond its prices: books, foreign holding, strength and order book sizes."""

from __future__ import annotations

import numpy as np

Facts = dict[str, float]


def facts_of_day(lasting: np.random.RandomState, today: np.random.RandomState, volume: int) -> Facts:
    """Return foreign holding, strength and order book sizes of a day, by our column names."""
    foreign = round(lasting.uniform(1, 55), 2)
    return {
        "foreign_exhaustion": foreign,
        "foreign_holding": foreign,
        "foreign_weight": foreign,
        "foreign_net": float(int(volume * today.uniform(-0.1, 0.1))),
        "strength": round(float(np.exp(today.normal(4.6, 0.25))), 2),
        "last_volume": float(today.randint(-200, 200) or 1),
        **{name: float(today.randint(100, 20_000)) for name in ("ask_size", "bid_size")},
        **{name: float(today.randint(20_000, 90_000)) for name in ("ask_size_total", "bid_size_total")},
    }


def books(lasting: np.random.RandomState, worth: float, shares: int) -> Facts:
    """Return earnings, equity and the like of a company of a market value, by our column names."""
    net_income = worth / float(np.exp(lasting.normal(2.6, 0.6)))
    net_income *= 1 if lasting.uniform() < 0.85 else -0.4
    equity = worth / float(np.exp(lasting.normal(0.1, 0.5)))
    revenue = abs(net_income) * lasting.uniform(6, 25)
    return {
        "fiscal_month": 12,
        "credit_ratio": round(lasting.uniform(0, 4), 2),
        "eps": round(net_income / shares),
        "bps": round(equity / shares),
        "roe": net_income / equity * 100,
        "ev": round(lasting.uniform(2, 14), 2),
        "revenue": revenue,
        "operating_profit": net_income * lasting.uniform(1.1, 1.6),
        "net_income": net_income,
        "float_ratio": round(lasting.uniform(30, 85), 1),
    }
