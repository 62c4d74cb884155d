"""What a chart costs, as a multiple of the same figure without anything in it (asked for: at most 2.5).

Processor time, both figures in turn and the best of each, so that a busy machine does not decide. Run with

    pytest benchmarks/bench_charts.py -s
"""

import io
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import kiwoom_research as kr

ROUNDS = 25


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    """600 daily bars."""
    random = np.random.default_rng(1)
    index = pd.DatetimeIndex(pd.bdate_range(end="2026-11-20", periods=600), name="date")
    close = np.round(70_000 * np.exp(np.cumsum(random.normal(0, 0.02, 600))))
    open_ = np.append(70_000, close[:-1])
    high, low = np.maximum(open_, close) + 500, np.minimum(open_, close) - 500
    volume = random.integers(1, 9_000_000, 600).astype(float)
    return pd.DataFrame(
        {"open": open_, "high": high, "low": low, "close": close, "volume": volume}, index=index
    )


def empty() -> Figure:
    """Two panes of the same size with nothing in them."""
    figure = Figure(figsize=(10, 6), dpi=100)
    figure.subplots(2, 1, sharex=True, height_ratios=(3.2, 1))
    return figure


def seconds(*makers: Callable[[], Figure], save: bool) -> list[float]:
    """The best processor time of each, with or without making a PNG."""
    best = [float("inf")] * len(makers)
    for _ in range(ROUNDS):
        for at, make in enumerate(makers):
            begin = time.process_time()
            figure = make()
            if save:
                figure.savefig(io.BytesIO(), format="png")
            best[at] = min(best[at], time.process_time() - begin)
    return best


def test_600_candles_to_png(bars: pd.DataFrame) -> None:
    """From the frame to the PNG, four averages and the volume included."""
    plain, chart = seconds(empty, lambda: kr.plot(bars, title="005930"), save=True)
    print(f"\nempty {1e3 * plain:.0f} ms, 600 candles {1e3 * chart:.0f} ms: {chart / plain:.2f} times")
    assert chart / plain <= 2.5


def test_building_the_figure(bars: pd.DataFrame) -> None:
    """Building costs less than the PNG of an empty figure, and less than 50 ms."""
    plain, built = seconds(empty, lambda: kr.plot(bars, title="005930"), save=False)
    (png,) = seconds(empty, save=True)
    print(
        f"\nempty {1e3 * plain:.0f} ms, 600 candles {1e3 * built:.0f} ms, PNG of the empty one {1e3 * png:.0f} ms"
    )
    assert built < 0.05


def test_ten_times_the_bars(bars: pd.DataFrame) -> None:
    """6,000 bars cost at most 2.5 times 600: they are collections, not one artist each."""
    index = pd.DatetimeIndex(pd.bdate_range(end="2026-11-20", periods=6000), name="date")
    many = pd.DataFrame(np.tile(bars.to_numpy(), (10, 1)), columns=bars.columns, index=index)
    few, lots = seconds(lambda: kr.plot(bars), lambda: kr.plot(many), save=True)
    print(f"\n600 bars {1e3 * few:.0f} ms, 6,000 bars {1e3 * lots:.0f} ms: {lots / few:.2f} times")
    assert lots / few <= 2.5


def test_100_000_candles_over_a_line(bars: pd.DataFrame) -> None:
    """100,000 candles to PNG cost at most 1.5 times matplotlib's line through as many points."""
    index = pd.date_range("2020-01-01", periods=100_000, freq="1min", name="time")
    many = pd.DataFrame(np.tile(bars.to_numpy(), (167, 1))[:100_000], columns=bars.columns, index=index)

    def one_line() -> Figure:
        figure = empty()
        figure.axes[0].plot(many["close"].to_numpy())
        return figure

    plain, chart = seconds(one_line, lambda: kr.plot(many), save=True)
    print(
        f"\n100,000 points {1e3 * plain:.0f} ms, 100,000 candles {1e3 * chart:.0f} ms: {chart / plain:.2f} times"
    )
    assert chart / plain <= 1.5
