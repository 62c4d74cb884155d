"""Backtest input: bars in the shape that engines read, and the cost of a trade; nothing is requested."""

from .export import to_ohlcv, to_panel, to_returns
from .trading_costs import cost_table, costs, tax_table

__all__ = ["cost_table", "costs", "tax_table", "to_ohlcv", "to_panel", "to_returns"]
