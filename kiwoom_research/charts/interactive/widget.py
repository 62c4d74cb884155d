"""The live chart as a widget: any number of bars, another stock in place, and what is in view read back."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from ..content import Moment
from . import page
from .output import ChartBars, LiveChart
from .source import ChartSource


class ChartWidget(anywidget.AnyWidget, LiveChart):  # type: ignore[misc]
    """A live price chart whose bars can be exchanged, made by ``kr.chart(bars, widget=True)``.

    Attributes
    ----------
    visible : tuple of Timestamp
        First and last bar in view; empty until the chart has been drawn.
    selection : tuple of Timestamp
        First and last bar of the range that was selected with Shift and the pointer; empty without one.
    theme : {"auto", "light", "dark"}
        Colours; ``"auto"`` follows the page.
    """

    _esm = page.script() + "\nexport default { render };"
    _css = page.stylesheet()

    theme = traitlets.Enum(("auto", "light", "dark"), "auto").tag(sync=True)
    visible = traitlets.Tuple(())
    selection = traitlets.Tuple(())
    _payload = traitlets.Bytes(b"").tag(sync=True)
    _keep_view = traitlets.Bool(False).tag(sync=True)
    _shown = traitlets.List([0, 0]).tag(sync=True)
    _visible: traitlets.List[int] = traitlets.List([]).tag(sync=True)
    _selection: traitlets.List[int] = traitlets.List([]).tag(sync=True)

    def __init__(self, source: ChartSource) -> None:
        self._source = source
        super().__init__(_payload=source.payload(), theme=source.theme)

    @traitlets.observe("_visible", "_selection")
    def _read_back(self, change: Any) -> None:
        index = self._source.index
        bars = tuple(index[at] for at in change["new"] if at < len(index))
        self.set_trait(change["name"].removeprefix("_"), bars)

    def show(self, bars: ChartBars, *, keep_view: bool = False, **options: Any) -> None:
        """Show other bars in the place of these.

        Parameters
        ----------
        bars : pandas.DataFrame or mapping
            As in `chart`.
        keep_view : bool
            Stay at the period that is in view instead of fitting the new bars.
        **options
            Options of `chart` that change; the others stay. The title does not stay.

        Raises
        ------
        ValueError, ImportError
            As in `chart`; the chart then stays as it was.
        """
        self._source = self._source.replaced(bars, options)
        with self.hold_sync():
            self.set_trait("_keep_view", keep_view)
            self.set_trait("_payload", self._source.payload())
            self.set_trait("_selection", [])

    def show_period(self, start: Moment | None = None, end: Moment | None = None) -> None:
        """Bring the bars from `start` to `end` into view, both included; without them, all bars.

        Parameters
        ----------
        start, end : str, date or Timestamp, optional

        Raises
        ------
        ValueError
            No bar in that period, or something that is no time.
        """
        self._shown = list(self._source.positions(start, end))
