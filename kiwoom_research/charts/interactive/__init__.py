"""The live price chart: bars in, an output or a widget that can be zoomed and panned.

`chart` computes what `plot` would draw (`..content`, `..studies`), `payload` packs it for the browser, `page` puts it
into HTML together with the renderer (the ``.js`` files and ``chart.css``), `widget` hands it to anywidget.
"""

from .chart import chart
from .output import LiveChart

__all__ = ["LiveChart", "chart"]
