"""`plot`: the price chart of one stock as a still picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from . import candles, layout
from .annotations import draw_events, draw_official, draw_signals, draw_untraded, draw_volume_profile
from .content import ChartContent, ChartKind, Events, Moment, build_content
from .format import format_percent, format_price
from .layout import LabelSpec, NotebookFigure, text_width
from .panes import Pane, draw_pane, draw_studies, finite_range
from .studies import Drawable
from .theme import ColourStyle, Theme, ThemeName, resolve_theme
from .time_axis import TimeAxis

HEADER = 0.46  # height of the line above the panes, inches


def plot(
    bars: pd.DataFrame,
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
    theme: ThemeName = "light",
    figsize: Sequence[float] = (10, 6),
) -> Figure:
    """Draw the bars of one stock as a trading screen does, without gaps for nights and holidays.

    It requests nothing and does not involve pyplot: a notebook displays the figure by itself.

    Parameters
    ----------
    bars : pandas.DataFrame
        Bars of one stock, such as those of `get_bars`, ascending: open, high, low, close [KRW], volume [shares].
    kind : {"candles", "line", "heikin-ashi"}
        ``"line"`` needs the close only; single trades are always drawn this way. ``"heikin-ashi"`` draws
        averaged candles, while legend, averages and last price remain those of the real bars.
    title : str
        Name of the stock; by default the code in ``bars.attrs``, if there is one.
    averages : sequence of int
        Simple moving averages of the close over so many bars; those longer than the bars are left out.
    overlays : name, Series or DataFrame, or several of them
        Drawn over the prices: ``"bollinger"`` (20 bars, 2 standard deviations), ``"ichimoku"`` (9, 26, 52), or
        values of your own [KRW] with the index of `bars`, one line per column.
    panes : name, Series or DataFrame, or several of them
        Below the prices, from top to bottom: ``"volume"``, ``"rsi"`` (14), ``"macd"`` (12, 26, 9),
        ``"stochastic"`` (14, 3, 3), ``"obv"``, or values of your own with the index of `bars`: lines, or bars
        from zero as ``("bars", values)``. The indicators need TA-Lib
        (``pip install kiwoom_research[screen]``).
    signals : pandas.Series, optional
        Time -> number: a buy mark below the bar where positive, a sell mark above it where negative.
    events : mapping or pandas.Series, optional
        Time -> text, shown at the last bar that begins at or before that time. Signals and events outside of
        the bars are not drawn.
    profile : bool
        Volume by price on the left: the volume of each bar spread evenly from its low to its high.
    log : bool
        Logarithmic price axis.
    last : int, optional
        Show only so many of the newest bars; averages and indicators are computed from all of them.
    start, end : str, date or Timestamp, optional
        Show only the bars from `start` to `end`, both included; averages are computed from all bars.
    style : {"korean", "western"}
        Red for rising and blue for falling, or green for rising and red for falling.
    theme : {"light", "dark"}
    figsize : (float, float)
        Width and height in inches of 100 pixels.

    Returns
    -------
    matplotlib.figure.Figure
        The first axes hold the prices, followed by one for each pane. Collections are labelled ``wicks``,
        ``bodies``, ``volume``, ``histogram``, ``profile``. More bars than pixels are thinned to one column per
        pixel, without bodies, and averages that are too short to be told from the prices are left out. Sessions
        without a trade are shaded; a dash marks the official close (column ``official_close``) where it differs.
        ``figure.alt_text`` says in one sentence what is shown. Not registered with pyplot, so there is nothing
        to close.

    Raises
    ------
    ValueError
        No bars, a missing column, an index that is not ascending in time, or an invalid argument; the message
        names it.
    ImportError
        Bollinger bands, RSI or MACD without TA-Lib.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bars = kr.get_bars("005930", start="2026-01-01")
    >>> figure = kr.plot(bars, overlays="bollinger", panes=["volume"], last=120)
    >>> len(figure.axes)
    2
    """
    inches = layout.check_figsize(figsize)
    chosen = resolve_theme(style, theme, inches)
    content = build_content(
        bars, kind=kind, title=title, averages=averages, overlays=overlays, panes=panes, signals=signals,
        events=events, profile=profile, log=log, last=last, start=start, end=end, korean=chosen.korean,
    )  # fmt: skip
    return draw_content(content, chosen, inches)


def draw_content(content: ChartContent, theme: Theme, inches: tuple[float, float]) -> NotebookFigure:
    """The figure of a price chart."""
    shown, drawn = content.bars.iloc[content.rows], content.drawn.iloc[content.rows]
    time = TimeAxis(shown.index)
    figure = layout.new_figure(theme, inches)
    figure.alt_text = summarize(content, theme.korean)
    prices = [drawn[name].to_numpy(np.float64) for name in _price_columns(content)]
    right = max(0.62, text_width(theme, format_price(finite_range(*prices)[1])) + 0.16)
    weights = [3.2] + [1.0] * len(content.panes)
    axes, *rest = layout.stack_axes(figure, theme, weights, HEADER, right)
    time.apply(axes, theme)
    _draw_header(figure, theme, content, time)
    pane = Pane(axes, theme)
    used = _draw_prices(pane, content)
    event_height = draw_events(pane, content)
    signal_height = draw_signals(pane, content)
    pane.set_limits(
        *_price_range(content), log=content.log,
        above=used + 0.08 + signal_height, below=0.12 + event_height + signal_height,
    )  # fmt: skip
    if content.kind == "line":
        candles.fill_below(axes, prices[0], theme.accent)
    if content.profile:
        draw_volume_profile(pane, shown, content.log)
    _draw_last_price(pane, float(shown["close"].iloc[-1]), content.change)
    for item, below in zip(content.panes, rest, strict=True):
        draw_pane(Pane(below, theme), item, content)
    return figure


def _price_columns(content: ChartContent) -> tuple[str, ...]:
    return ("close",) if content.kind == "line" else ("open", "high", "low", "close")


def summarize(content: ChartContent, korean: bool) -> str:
    """What a price chart shows, in one sentence."""
    time, last = content.time, content.last
    bars = content.last - content.first + 1
    begin, until = time.time_label(content.first), time.time_label(last)
    close = format_price(float(content.bars["close"].iloc[last]))
    interval = time.interval_label(korean)
    if korean:
        return f"{content.title} {interval} 차트, {begin}부터 {until}까지 {bars:,}봉, 마지막 종가 {close}".strip()
    return f"{content.title} {interval} chart, {begin} to {until}, {bars:,} bars, last close {close}".strip()


# --- the line above the panes ---------------------------------------------------------------------


def _draw_header(figure: NotebookFigure, theme: Theme, content: ChartContent, time: TimeAxis) -> None:
    """Name, last price and its change, and as much about the newest bar as fits."""
    newest = content.bars.iloc[content.last]
    close, change = float(newest["close"]), content.change
    price = format_price(close)
    if np.isfinite(change) and close != change:
        arrow = "▲" if change > 0 else "▼" if change < 0 else ""
        price += f"  {arrow}{format_price(abs(change))} ({format_percent(100 * change / (close - change))})"
    when = f"{content.time.interval_label(theme.korean)} {time.time_label(len(time) - 1)}".strip()
    # minutes and ticks are also incomplete where a page ends within a day
    if "complete" in newest and not time.intraday and not newest["complete"]:
        when += theme.label(" 진행 중", " running")
    labels = [LabelSpec(price, theme.change_colour(change)), LabelSpec(when, theme.muted)]
    letters = {"open": theme.label("시", "O"), "high": theme.label("고", "H"), "low": theme.label("저", "L")}
    if set(letters) <= set(content.bars):
        prices = (f"{letter} {format_price(newest[name])}" for name, letter in letters.items())
        labels.append(LabelSpec("  ".join(prices), theme.muted))
    layout.draw_headline(figure, theme, content.title, labels)


# --- the prices -----------------------------------------------------------------------------------


def _draw_prices(pane: Pane, content: ChartContent) -> float:
    """Candles or a line, averages and overlays; returns the height of the legend in inches."""
    draw_untraded(pane, content)
    if content.kind != "line":
        drawn = content.drawn.iloc[content.rows]
        prices = (drawn[name].to_numpy(np.float64) for name in _price_columns(content))
        candles.draw_candles(pane.axes, pane.theme, *prices)
    labels = draw_studies(pane, content.prices, content)
    labels += draw_official(pane, content)
    if content.untraded[content.rows].any():
        labels.append(LabelSpec("■ " + pane.theme.label("거래 없음", "no trades"), pane.theme.muted))
    return pane.legend(labels)


def _price_range(content: ChartContent) -> tuple[float, float]:
    """Lowest and highest price shown; a distant average is cut off so that it does not flatten the bars."""
    drawn = content.drawn.iloc[content.rows]
    columns = [drawn[name].to_numpy(np.float64) for name in _price_columns(content)]
    studies = content.prices.studies
    columns += [study.values[content.rows] for study in studies if not study.average]
    averages = [study.values[content.rows] for study in studies if study.average]
    if content.log:  # a band can reach below zero
        columns = [values[values > 0] for values in columns]
    low, high = finite_range(*columns)
    lowest, highest = finite_range(*columns, *averages)
    margin = (high - low) / 4
    return max(lowest, low - margin), min(highest, high + margin)


def _draw_last_price(pane: Pane, close: float, change: float) -> None:
    if np.isfinite(close):
        colour = pane.theme.change_colour(change)
        pane.horizontal_line(close, colour)
        pane.axis_tag(close, format_price(close), colour)
