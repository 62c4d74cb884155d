"""Charts: a frame in, a matplotlib Figure out.

`price_chart`, `comparison`, `heatmaps`, `coverage` and `funnel` are the public functions, one module each. They
are built from `panes`, `candles`, `annotations`, `time_axis` and `grid`, in the colours, places and wording of
`theme`, `layout`, `format` and `fonts`. Nothing is requested, nothing is shown, and rcParams are not changed.
"""

from .comparison import compare
from .coverage import plot_coverage
from .funnel import plot_funnel
from .heatmaps import heatmap
from .interactive import chart
from .price_chart import plot

__all__ = ["chart", "compare", "heatmap", "plot", "plot_coverage", "plot_funnel"]
