"""Annotations on the price pane: signals, events, official closes, sessions without trades, volume by price."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.transforms import ScaledTranslation

from .candles import bar_pitch, rectangles, volume_by_price
from .content import ChartContent
from .format import format_price
from .layout import POINTS, LabelSpec, text_kwargs, text_width
from .panes import Pane

PRICE_STEPS = 40  # of the volume by price
PROFILE_WIDTH = 0.22  # of the pane, for the price step with the most volume
LEAST_PITCH = 2.5  # points per bar, below which official closes cannot be told from the bars
SIGNAL_OFFSET = 0.13  # of a signal from its bar, inches


def draw_untraded(pane: Pane, content: ChartContent) -> None:
    """Shade the sessions without a trade."""
    untraded = np.concatenate([[False], content.untraded[content.rows], [False]])
    edges = np.flatnonzero(untraded[1:] != untraded[:-1])
    for first, end in edges.reshape(-1, 2):
        pane.axes.axvspan(
            first - 0.5,
            end - 0.5,
            color=pane.theme.muted,
            alpha=0.12,
            linewidth=0,
            label="untraded",
            zorder=1,
        )


def draw_official(pane: Pane, content: ChartContent) -> list[LabelSpec]:
    """A dash at each official close that differs from the close; returns a legend with the newest one."""
    official = content.official[content.rows]
    x = np.flatnonzero(np.isfinite(official)).astype(float)
    if not len(x):
        return []
    if bar_pitch(pane.axes) > LEAST_PITCH:
        dashes = np.stack(
            [np.column_stack([x + side, official[x.astype(int)]]) for side in (-0.5, 0.5)], axis=1
        )
        pane.axes.add_collection(
            LineCollection(
                list(dashes), colors=pane.theme.foreground, linewidths=1.2, label="official close", zorder=5
            ),
            autolim=False,
        )
    name = pane.theme.label("공식 종가", "official close")
    newest = official[-1]
    return [
        LabelSpec(
            f"– {name} {format_price(newest)}" if np.isfinite(newest) else f"– {name}", pane.theme.foreground
        )
    ]


def draw_signals(pane: Pane, content: ChartContent) -> float:
    """Triangles below the bars to buy at and above the bars to sell at; returns the inches they need."""
    if not content.signals:
        return 0.0
    theme, axes = pane.theme, pane.axes
    drawn = content.drawn
    scale = axes.figure.dpi_scale_trans
    for chosen, name, marker, colour, offset in (
        (1, "low", "^", theme.up, -SIGNAL_OFFSET),
        (-1, "high", "v", theme.down, SIGNAL_OFFSET),
    ):
        at = [bar for bar, sign in content.signals if sign == chosen and content.first <= bar <= content.last]
        prices = drawn[name if name in drawn else "close"].to_numpy(np.float64)[at]
        axes.scatter(
            np.array(at, dtype=int) - content.first, prices, s=78, marker=marker, c=colour,
            edgecolors=theme.background, linewidths=0.8, zorder=6,
            transform=axes.transData + ScaledTranslation(0, offset, scale), clip_on=True,
            label="buy" if chosen > 0 else "sell",
        )  # fmt: skip
    return SIGNAL_OFFSET + 0.1


def draw_events(pane: Pane, content: ChartContent) -> float:
    """Texts at the foot of the pane, each with a dotted line; returns the inches they need."""
    theme, axes = pane.theme, pane.axes
    first, last = axes.get_xlim()
    line_height = theme.points * 1.7 / POINTS
    row_ends: list[float] = []  # right end of the last text in each row, inches
    for bar, event in content.events:
        if not content.first <= bar <= content.last:
            continue
        position, text = bar - content.first, theme.drawable(event)
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
