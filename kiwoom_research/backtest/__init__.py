"""Frames in the shape that backtest engines expect, and what a trade costs. Frames in, frames out: nobody is asked."""

from .export import to_ohlcv, to_panel, to_returns
from .trading_costs import cost_table, costs, tax_table

__all__ = ["cost_table", "costs", "tax_table", "to_ohlcv", "to_panel", "to_returns"]
