"""Annotations on the price pane: signals, events, volume by price."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TypeAlias

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.transforms import ScaledTranslation

from .candles import rectangles, volume_by_price
from .layout import POINTS, text_kwargs, text_width
from .panes import Pane
from .time_axis import TimeAxis

PRICE_STEPS = 40  # of the volume by price
PROFILE_WIDTH = 0.22  # of the pane, for the price step with the most volume
SIGNAL_OFFSET = 0.13  # of a signal from its bar, inches


def draw_signals(pane: Pane, time: TimeAxis, drawn: pd.DataFrame, signals: pd.Series | None) -> float:
    """Triangles below the bars to buy at and above the bars to sell at; returns the inches they need."""
    if signals is None:
        return 0.0
    values = signals.to_numpy(np.float64)
    positions = time.positions("signals", signals.index.get_level_values(0))
    theme, axes = pane.theme, pane.axes
    scale = axes.figure.dpi_scale_trans
    for chosen, column, marker, colour, offset in (
        (values > 0, "low", "^", theme.up, -SIGNAL_OFFSET),
        (values < 0, "high", "v", theme.down, SIGNAL_OFFSET),
    ):
        x = positions[chosen & (positions >= 0)]
        prices = drawn[column if column in drawn else "close"].to_numpy(np.float64)[x]
        axes.scatter(
            x, prices, s=78, marker=marker, c=colour, edgecolors=theme.background, linewidths=0.8, zorder=6,
            transform=axes.transData + ScaledTranslation(0, offset, scale), clip_on=True,
            label="buy" if offset < 0 else "sell",
        )  # fmt: skip
    return SIGNAL_OFFSET + 0.1


Events: TypeAlias = Mapping[str, str] | Mapping[date, str] | Mapping[pd.Timestamp, str] | pd.Series
"""Time -> text."""


def draw_events(pane: Pane, time: TimeAxis, events: Events | None) -> float:
    """Texts at the foot of the pane, each with a dotted line; returns the inches they need."""
    if events is None or not len(events):
        return 0.0
    theme, axes = pane.theme, pane.axes
    texts = [
        theme.drawable(str(text))
        for text in (events.values if isinstance(events, pd.Series) else events.values())
    ]
    times = events.index.get_level_values(0) if isinstance(events, pd.Series) else list(events)
    first, last = axes.get_xlim()
    line_height = theme.points * 1.7 / POINTS
    row_ends: list[float] = []  # right end of the last text in each row, inches
    for position, text in sorted(zip(time.positions("events", times).tolist(), texts, strict=True)):
        if position < 0:
            continue
        at = (position - first) / (last - first) * pane.width
        half = text_width(theme, text) / 2 + 0.06
        centre = min(max(at, half), pane.width - half)
        row = next((row for row, end in enumerate(row_ends) if centre - half > end), len(row_ends))
        row_ends[row : row + 1] = [centre + half]
        shift = ScaledTranslation(centre - at, 0.12 + row * line_height, axes.figure.dpi_scale_trans)
        axes.axvline(
            position, color=theme.muted, linewidth=0.8, linestyle=(0, (1, 2)), marker="None", zorder=2.4
        )
        axes.text(
            position, 0, text, ha="center", va="center", transform=axes.get_xaxis_transform() + shift, zorder=7,
            bbox={"boxstyle": "round,pad=0.25", "facecolor": theme.background, "edgecolor": theme.accent,
                  "linewidth": 0.8},
            **text_kwargs(theme, theme.points - 1, color=theme.accent),
        )  # fmt: skip
    return len(row_ends) * line_height


def draw_volume_profile(pane: Pane, bars: pd.DataFrame, log: bool) -> None:
    """Volume by price along the left edge, with the busiest price step highlighted."""
    low, high = float(bars["low"].min()), float(bars["high"].max())
    if not low < high:
        return
    steps = PRICE_STEPS + 1
    edges = np.geomspace(low, high, steps) if log and low > 0 else np.linspace(low, high, steps)
    shares = volume_by_price(bars, edges)
    reach = PROFILE_WIDTH * shares / (shares.max() or 1.0)
    gap = 0.1 * np.diff(edges)
    colours = np.tile(to_rgba(pane.theme.muted, 0.22), (PRICE_STEPS, 1))
    colours[shares.argmax()] = to_rgba(pane.theme.lines[0], 0.55)
    pane.axes.add_collection(
        PolyCollection(
            rectangles(np.zeros(PRICE_STEPS), reach, edges[:-1] + gap, edges[1:] - gap),
            facecolors=colours, edgecolors="none", label="profile", zorder=2,
            transform=pane.axes.get_yaxis_transform(),
        ),
        autolim=False,
    )  # fmt: skip
