"""Draws the chart of the explorer."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import charts
from . import messages
from .chart_request import ChartRequest
from .load import ChartData

WIDTH, HEIGHT, PANE = 9.0, 4.6, 1.1  # inches


def draw_png(chart: ChartData) -> bytes:
    """Draw a chart as a PNG file."""
    request = chart.request
    if chart.others:
        bars = {chart.name: chart.bars, **{name: bars for name, (_, bars) in chart.others.items()}}
        figure = charts.compare(bars, figsize=(WIDTH, HEIGHT + PANE), **compare_options(request))
    else:
        height = HEIGHT + PANE * (request.rsi + request.macd + request.volume)
        figure = charts.plot(
            chart.history, last=len(chart.bars), figsize=(WIDTH, height), **plot_options(request)
        )
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def compare_options(request: ChartRequest) -> dict[str, Any]:
    """Return the arguments of `kr.compare` that differ from its defaults."""
    return _without_defaults({"log": request.log, "style": request.style, "theme": request.theme})


def plot_options(request: ChartRequest) -> dict[str, Any]:
    """Return the arguments of `kr.plot` that differ from its defaults."""
    panes = [pane for pane in ("volume", "rsi", "macd") if getattr(request, pane)]
    chosen = {
        "kind": request.kind,
        "averages": None if request.averages else (),
        "overlays": "bollinger" if request.bollinger else None,
        "panes": None if panes == ["volume"] else panes,
        "profile": request.profile,
        "log": request.log,
        "style": request.style,
        "theme": request.theme,
    }
    return _without_defaults(chosen)


def _without_defaults(chosen: Mapping[str, Any]) -> dict[str, Any]:
    defaults = (None, False, "candles", "korean", "light")
    return {
        name: value for name, value in chosen.items() if not any(value is o or value == o for o in defaults)
    }


def draw(chart: ChartData) -> tuple[ChartData, bytes]:
    """Draw a chart; without TA-Lib the indicators that need it are left out, and a note says so."""
    try:
        return chart, draw_png(chart)
    except ImportError:
        plain = replace(chart.request, rsi=False, macd=False, bollinger=False)
        drawn = replace(chart, request=plain, notes=(*chart.notes, messages.TALIB_MISSING))
        return replace(drawn, request=chart.request), draw_png(drawn)
