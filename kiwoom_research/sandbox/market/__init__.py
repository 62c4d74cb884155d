"""The two markets a sandbox can serve: invented (`SyntheticMarket`) or real (`ReplayMarket`)."""

from .base import Market, Stock
from .replay import ReplayMarket
from .synthetic import SyntheticMarket

__all__ = ["Market", "ReplayMarket", "Stock", "SyntheticMarket"]
