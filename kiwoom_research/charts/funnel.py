"""`plot_funnel`: how many codes each rule of a screen left over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from . import layout
from .candles import rectangles
from .format import format_price
from .grid import HEADER, axes_size, bare_axes, label_cells, require_columns
from .layout import LEFT, LabelSpec, draw_headline, text_kwargs, text_width
from .theme import ColourStyle, ThemeName, resolve_theme


class HasFunnel(Protocol):
    """The result of `screen`, or anything else with such a funnel."""

    @property
    def funnel(self) -> pd.DataFrame: ...


def plot_funnel(
    screen: HasFunnel | pd.DataFrame,
    *,
    title: str = "",
    style: ColourStyle = "korean",
    theme: ThemeName = "light",
    figsize: Sequence[float] = (10, 6),
) -> Figure:
    """Show how many codes each rule of a screen passed, rejected, or could not judge.

    Parameters
    ----------
    screen : Screen or pandas.DataFrame
        The result of `kr.screen`, or its funnel: one row per rule, in order, with the name in the index;
        ``left`` (passed this rule and all before it), ``failed``, ``missing`` (no data for the rule) [codes].
    title : str
    style, theme, figsize
        As in `plot`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        No rules, or a missing column.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> table = pd.DataFrame({"close": [900.0, 70_000.0], "per": [5.0, 12.0]}, index=["000010", "005930"])
    >>> found = kr.screen(table, {"price": "close > 1000", "cheap": "per < 15"})
    >>> figure = kr.plot_funnel(found)
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['price', 'cheap']
    """
    inches = layout.check_figsize(figsize)
    chosen = resolve_theme(style, theme, inches)
    funnel = screen if isinstance(screen, pd.DataFrame) else screen.funnel
    table = require_columns("screen", funnel, ("left", "failed", "missing"))
    if table.empty:
        raise ValueError("screen: expected at least one rule, got none")
    figure = layout.new_figure(chosen, inches)
    kinds = (
        ("left", chosen.label("통과", "left"), chosen.accent),
        ("failed", chosen.label("탈락", "failed"), chosen.muted),
        ("missing", chosen.label("자료 없음", "no data"), chosen.lines[0]),
    )
    legend = [LabelSpec(f"■ {label}", colour) for _, label, colour in kinds]
    draw_headline(figure, chosen, title or chosen.label("조건 검색", "Screen"), legend)
    rules = [chosen.drawable(str(rule)) for rule in table.index]
    left = LEFT + max(text_width(chosen, text) for text in rules) + 0.08
    axes = bare_axes(figure, chosen, min(left, inches[0] / 2), HEADER)
    counts = table[["left", "failed", "missing"]].to_numpy(np.float64)
    most = counts.sum(axis=1).max() or 1.0
    results = [f"{format_price(row[0])} / {format_price(row.sum())}" for row in counts]
    width = axes_size(axes)[0] - max(text_width(chosen, text) for text in results) - 0.1
    axes.set_xlim(0, most * axes_size(axes)[0] / width)
    axes.set_ylim(len(rules), 0)
    label_cells(axes, chosen, "y", rules)
    begin = np.zeros(len(rules))
    y = np.arange(float(len(rules)))
    for at, (name, _, colour) in enumerate(kinds):
        share = counts[:, at]
        axes.add_collection(
            PolyCollection(
                rectangles(begin, begin + share, y + 0.16, y + 0.84),
                facecolors=colour, edgecolors=chosen.background, linewidths=0.8, label=name,
            ),
            autolim=False,
        )  # fmt: skip
        for row in range(len(rules)):
            text = format_price(share[row])
            if share[row] and text_width(chosen, text) + 0.1 < share[row] / most * width:
                axes.text(
                    begin[row] + share[row] / 2, row + 0.5, text, ha="center", va="center",
                    **text_kwargs(chosen, color=chosen.contrast(colour)),
                )  # fmt: skip
        begin = begin + share
    for row, text in enumerate(results):
        font = text_kwargs(chosen, color=chosen.muted)
        axes.text(begin[row] + 0.06 * most / width, row + 0.5, text, ha="left", va="center", **font)
    return figure
