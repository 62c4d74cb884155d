"""`plot_coverage`: which sessions are missing from a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from . import layout
from .grid import HEADER, bare_axes, draw_cells, label_cells, require_columns
from .layout import LEFT, LabelSpec, draw_headline, text_width
from .theme import ColourStyle, ThemeName, resolve_theme

ROW = 0.17  # least height of a row, inches


class HasCoverage(Protocol):
    """A store, or anything else that lists its missing sessions."""

    def coverage(self) -> pd.DataFrame: ...


def plot_coverage(
    store: HasCoverage | pd.DataFrame,
    *,
    title: str = "",
    style: ColourStyle = "korean",
    theme: ThemeName = "light",
    figsize: Sequence[float] = (10, 6),
) -> Figure:
    """Show which sessions are missing from a store: by month, or by day if they lie within three months.

    Parameters
    ----------
    store : Store or pandas.DataFrame
        A store, whose daily bars are examined, or a frame with one row per code and missing session:
        ``code`` and ``date`` (columns or index levels), such as ``store.coverage("1min")``.
    title : str
    style, theme, figsize
        As in `plot`.

    Returns
    -------
    matplotlib.figure.Figure
        The codes that miss most; a figure that says so if nothing is missing.

    Raises
    ------
    ValueError
        A missing column.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> days = pd.to_datetime(["2026-10-01", "2026-10-02", "2026-11-03"])
    >>> frame = pd.DataFrame({"code": ["005930", "005930", "000660"], "date": days})
    >>> [label.get_text() for label in kr.plot_coverage(frame).axes[0].get_yticklabels()]
    ['005930', '000660']
    """
    inches = layout.check_figsize(figsize)
    chosen = resolve_theme(style, theme, inches)
    missing = store if isinstance(store, pd.DataFrame) else store.coverage()
    table = require_columns("store", missing, ("code", "date"))
    figure = layout.new_figure(chosen, inches)
    heading = title or chosen.label("빠진 거래일", "Missing sessions")
    if table.empty:
        draw_headline(figure, chosen, heading, [LabelSpec(chosen.label("없음", "none"), chosen.muted)])
        return figure
    days = pd.DatetimeIndex(table["date"]).tz_localize(None)
    daily = (days.max() - days.min()).days <= 92
    spans = days.to_period("D" if daily else "M")
    counts = pd.crosstab(table["code"].astype(str).to_numpy(), spans)
    every = pd.period_range(spans.min(), spans.max(), freq="D" if daily else "M")
    if daily:  # the exchange is closed on weekends
        every = every[every.day_of_week < 5]
    counts = counts.reindex(columns=every, fill_value=0)
    room = max(1, int((inches[1] - HEADER - 0.5) / ROW))
    worst = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index[:room]]
    labels = [
        LabelSpec(chosen.label(f"{len(table):,}일", f"{len(table):,} sessions"), chosen.foreground),
        LabelSpec(chosen.label(f"{len(counts):,}종목", f"{len(counts):,} codes"), chosen.foreground),
    ]
    if len(worst) < len(counts):
        note = chosen.label(f"많이 빠진 {len(worst)}종목만 표시", f"only the {len(worst)} worst are shown")
        labels.append(LabelSpec(note, chosen.muted))
    draw_headline(figure, chosen, heading, labels)

    rows = [str(code) for code in worst.index]
    left = LEFT + max(text_width(chosen, text) for text in rows) + 0.08
    axes = bare_axes(figure, chosen, left, HEADER + 0.22)
    values = worst.to_numpy(np.float64)
    ramp = LinearSegmentedColormap.from_list("missing", [chosen.grid, chosen.lines[0], chosen.up])
    draw_cells(axes, chosen, values, ramp, Normalize(0, values.max()))
    axes.set_xlim(0, values.shape[1])
    axes.set_ylim(len(rows), 0)
    label_cells(axes, chosen, "y", rows)
    form = "%m-%d" if daily else "%Y-%m" if len(every) <= 24 else "%Y"
    names = ["" if form == "%Y" and span.month > 1 else span.strftime(form) for span in every]
    label_cells(axes, chosen, "x", names)
    return figure
