"""Charts: a frame in, a matplotlib Figure out. Nothing is fetched, nothing is shown, rcParams stay as they are.

`terminal` is the trading screen of one stock (`candles`, `panes` and `marks` are its parts, `timeline` its time
axis), `comparison` several stocks from a common start, `heatmaps` and `tables` are pictures of tables (`grid` is
what they share); `looks` holds colours and letters, `fonts` finds a font with Hangul.
"""

from .comparison import compare
from .coverage import plot_coverage, plot_funnel
from .heatmaps import heatmap
from .price_chart import plot

__all__ = ["compare", "heatmap", "plot", "plot_coverage", "plot_funnel"]
