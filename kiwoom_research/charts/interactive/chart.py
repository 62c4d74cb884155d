"""`chart`: a price chart that can be zoomed and panned, with a crosshair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pandas as pd
from matplotlib.figure import Figure

from ..content import ChartKind, Events, Moment
from ..studies import Drawable
from ..theme import ColourStyle
from . import page
from .source import ChartSource

MOST_BARS = 5000  # in the output of a cell, which is stored with the notebook
PageTheme: TypeAlias = Literal["auto", "light", "dark"]
ChartBars: TypeAlias = "pd.DataFrame | Mapping[str, pd.DataFrame | pd.Series]"


class LiveChart:
    """A live chart as the output of a cell, made by `chart`.

    It stays alive in a saved notebook, an exported page or a mail attachment, without a kernel. Where no script
    runs, the picture of `plot` stands in its place.
    """

    _source: ChartSource

    def __init__(self, source: ChartSource | None = None) -> None:
        if source is not None:  # a widget has set its own before its base classes are initialised
            self._source = source

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        picture, alt = self._source.figure().to_png(), self._source.alt
        html = page.html_output(self._source.payload(MOST_BARS), picture, alt, self._source.theme)
        return (
            {"text/html": html, "image/png": picture, "text/plain": alt},
            {"image/png": {"alt": alt}},
        )

    def __repr__(self) -> str:
        return f"<LiveChart: {self._source.alt}>"

    def save(self, path: str | Path) -> Path:
        """Write the chart to a file: ``.html``, a page that is alive without a kernel, or ``.png``, a picture.

        Parameters
        ----------
        path : str or Path
            The page holds all bars, the renderer, and refers to nothing outside.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        ValueError
            Another suffix.
        """
        return self._source.save(path)

    def figure(self) -> Figure:
        """The same chart as a matplotlib figure.

        Returns
        -------
        matplotlib.figure.Figure
        """
        return self._source.figure()


def chart(
    bars: ChartBars,
    *,
    kind: ChartKind = "candles",
    title: str = "",
    averages: Sequence[int] = (5, 20, 60, 120),
    overlays: Sequence[Drawable] | Drawable = (),
    panes: Sequence[Drawable] | Drawable = ("volume",),
    signals: pd.Series | None = None,
    events: Events | None = None,
    profile: bool = False,
    log: bool = False,
    last: int | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    style: ColourStyle = "korean",
    theme: PageTheme = "auto",
    height: int | None = None,
    widget: bool = False,
) -> LiveChart:
    """Draw a chart that can be zoomed and panned, with the values of every bar under a crosshair.

    The wheel zooms when the chart has the focus or with Ctrl, two fingers pinch, dragging pans, a double click shows
    everything, dragging with Shift selects a range and shows its return, high, low and volume. Keys: arrows move the
    crosshair (with Shift they select), + and - zoom, Page Up and Page Down pan, Home and End go to the first and the
    last bar, 0 shows everything, Esc leaves.

    Parameters
    ----------
    bars : pandas.DataFrame or mapping
        Bars of one stock as in `plot`, or name -> bars of several to compare, as in `compare`.
    kind, title, averages, overlays, panes, signals, events, profile, log, style
        As in `plot`; of them only title, log and style go with several stocks. Volume by price is that of the bars
        in view.
    last, start, end
        The bars that are in view at first; the others can be reached. By default all of them, or the newest 250 of
        more than 1,000.
    theme : {"auto", "light", "dark"}
        ``"auto"`` follows the page around the chart.
    height : int, optional
        Height of the panes [CSS pixels]; the width follows the page.
    widget : bool
        A widget, for any number of bars, whose bars can be exchanged (``chart.show(bars)``) and which tells what is
        in view and selected. It needs a running kernel; otherwise the output holds the newest 5,000 bars and needs
        none.

    Returns
    -------
    LiveChart
        With ``widget=True`` a `ChartWidget`, which is one, too. A notebook shows it
        by itself. ``chart.save("x.html")`` writes a page, ``chart.save("x.png")`` a picture.

    Raises
    ------
    ValueError
        As in `plot` and `compare`, or an option that does not go with several stocks.
    ImportError
        An indicator without TA-Lib.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bars = kr.get_bars("005930", start="2026-06-01")
    >>> kr.chart(bars, title="삼성전자", averages=(5, 20))
    <LiveChart: 삼성전자 일봉 차트, 2026-06-01부터 2026-11-20까지 118봉, 마지막 종가 97,000>
    """
    source = ChartSource(
        bars, kind=kind, title=title, averages=averages, overlays=overlays, panes=panes, signals=signals,
        events=events, profile=profile, log=log, last=last, start=start, end=end, style=style, theme=theme,
        height=height,
    )  # fmt: skip
    if not widget:
        return LiveChart(source)
    from .widget import ChartWidget  # ipywidgets: a page without a kernel does without

    return ChartWidget(source)
