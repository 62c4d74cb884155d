"""Marks on the prices: signals, events and volume by price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.transforms import ScaledTranslation

from . import candles
from .panes import Pane
from .theme import POINTS, text_width, words
from .time_axis import Timeline

STEPS = 40  # of the volume by price
REACH = 0.22  # of the width, for the step with the most volume
DISTANCE = 0.13  # of a signal from its bar, inches


def signals(pane: Pane, time: Timeline, drawn: pd.DataFrame, given: pd.Series | None) -> float:
    """Triangles below what to buy and above what to sell; returns the inches they need."""
    if given is None:
        return 0.0
    values = given.to_numpy(np.float64)
    places = time.places("signals", given.index.get_level_values(0))
    look, axes = pane.look, pane.axes
    scale = axes.figure.dpi_scale_trans
    for chosen, column, marker, colour, away in (
        (values > 0, "low", "^", look.up, -DISTANCE),
        (values < 0, "high", "v", look.down, DISTANCE),
    ):
        at = places[chosen & (places >= 0)]
        prices = drawn[column if column in drawn else "close"].to_numpy(np.float64)[at]
        axes.scatter(
            at, prices, s=78, marker=marker, c=colour, edgecolors=look.back, linewidths=0.8, zorder=6,
            transform=axes.transData + ScaledTranslation(0, away, scale), clip_on=True,
            label="buy" if away < 0 else "sell",
        )  # fmt: skip
    return DISTANCE + 0.1


def events(pane: Pane, time: Timeline, given: Mapping[Any, str] | pd.Series | None) -> float:
    """Texts at the foot of the pane, a dotted line up from each; returns the inches they need."""
    if given is None or not len(given):
        return 0.0
    look, axes = pane.look, pane.axes
    texts = [
        look.name(str(text)) for text in (given.values if isinstance(given, pd.Series) else given.values())
    ]
    when = given.index.get_level_values(0) if isinstance(given, pd.Series) else list(given)
    first, last = axes.get_xlim()
    line = look.points * 1.7 / POINTS
    ends: list[float] = []  # of the last text in each row, inches
    for place, text in sorted(zip(time.places("events", when).tolist(), texts, strict=True)):
        if place < 0:
            continue
        at = (place - first) / (last - first) * pane.width
        half = text_width(look, text) / 2 + 0.06
        middle = min(max(at, half), pane.width - half)
        row = next((row for row, end in enumerate(ends) if middle - half > end), len(ends))
        ends[row : row + 1] = [middle + half]
        shift = ScaledTranslation(middle - at, 0.12 + row * line, axes.figure.dpi_scale_trans)
        axes.axvline(place, color=look.faint, linewidth=0.8, linestyle=(0, (1, 2)), marker="None", zorder=2.4)
        axes.text(
            place, 0, text, ha="center", va="center", transform=axes.get_xaxis_transform() + shift, zorder=7,
            bbox={"boxstyle": "round,pad=0.25", "facecolor": look.back, "edgecolor": look.accent, "linewidth": 0.8},
            **words(look, look.points - 1, color=look.accent),
        )  # fmt: skip
    return len(ends) * line


def profile(pane: Pane, bars: pd.DataFrame, log: bool) -> None:
    """Volume by price from the left edge; the step with the most of it stands out."""
    low, high = float(bars["low"].min()), float(bars["high"].max())
    if not low < high:
        return
    edges = np.geomspace(low, high, STEPS + 1) if log and low > 0 else np.linspace(low, high, STEPS + 1)
    shares = candles.profile(bars, edges)
    reach = REACH * shares / (shares.max() or 1.0)
    gap = 0.1 * np.diff(edges)
    colours = np.tile(to_rgba(pane.look.faint, 0.22), (STEPS, 1))
    colours[shares.argmax()] = to_rgba(pane.look.lines[0], 0.55)
    pane.axes.add_collection(
        PolyCollection(
            candles.rectangles(np.zeros(STEPS), reach, edges[:-1] + gap, edges[1:] - gap),
            facecolors=colours, edgecolors="none", label="profile", zorder=2,
            transform=pane.axes.get_yaxis_transform(),
        ),
        autolim=False,
    )  # fmt: skip
