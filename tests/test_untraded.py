"""Sessions without a trade, in the two spellings in which they occur."""

from pathlib import Path

import numpy as np
import pandas as pd

from kiwoom_research.untraded import fill_untraded, is_untraded

BARS = pd.DataFrame(
    {
        "open": [100.0, 0.0, 105.0, 0.0, np.nan],
        "close": [105.0, 105.0, 105.0, 105.0, np.nan],
        "volume": [10.0, 0.0, 0.0, 300.0, np.nan],
    },
    index=["traded", "halted, exchange", "halted, Kiwoom", "halted with a block trade", "no bar"],
)


def test_both_spellings() -> None:
    """Volume 0, or an open of 0 although a block changed hands; a missing bar is not a bar without a trade."""
    assert is_untraded(BARS).tolist() == [False, True, True, True, False]
    assert is_untraded({"volume": BARS["volume"].to_numpy()}).tolist() == [False, True, True, False, False]


def test_prices_are_the_close() -> None:
    """The exchange's zeros become the close, everything else stays."""
    filled = fill_untraded(BARS["open"].to_numpy(), BARS["close"].to_numpy())
    assert filled[:4].tolist() == [100.0, 105.0, 105.0, 105.0]
    assert np.isnan(filled[4])


def test_real_bars(test_data: Path) -> None:
    """In real bars of the exchange, open is 0 exactly where high and low are, and volume 0 never has a range."""
    bars = pd.read_parquet(test_data / "data" / "adj_daily_all_20231205_20250617.parquet")
    idle = is_untraded(bars)
    assert 0 < idle.sum() < len(bars) / 10
    assert ((bars["open"] == 0) == ((bars["high"] == 0) & (bars["low"] == 0))).all()
    filled = {
        name: fill_untraded(bars[name].to_numpy(), bars["close"].to_numpy()) for name in ("high", "low")
    }
    assert (filled["high"][idle] == filled["low"][idle]).all()
    assert (filled["low"] > 0).all()
