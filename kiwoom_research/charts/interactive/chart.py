"""`chart`: a price chart that can be zoomed and panned, with a crosshair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, overload

import pandas as pd

from ..content import ChartKind, Events, Moment
from ..studies import Drawable
from ..theme import ColourStyle
from .output import ChartBars, LiveChart
from .source import ChartSource

if TYPE_CHECKING:
    from .widget import ChartWidget

PageTheme: TypeAlias = Literal["auto", "light", "dark"]


@overload
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
    widget: Literal[True],
) -> ChartWidget: ...


@overload
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
    widget: Literal[False] = False,
) -> LiveChart: ...


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
    <LiveChart: 삼성전자 일봉 차트, 2026-06-01부터 2026-11-20까지 118봉, 마지막 종가 97,500>
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
