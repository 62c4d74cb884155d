"""Pictures of tables: what a store lacks, what a screen removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from . import candles
from . import theme as looks
from .grid import HEADER, area, inches_of, mesh, name_lines
from .theme import LEFT, headline, number, text_width, words

ROW = 0.17  # least height of a code in the coverage picture, inches


class HasCoverage(Protocol):
    """A store, or whatever else says which sessions it lacks."""

    def coverage(self) -> pd.DataFrame: ...


class HasFunnel(Protocol):
    """What `screen` found, or whatever else has such a funnel."""

    @property
    def funnel(self) -> pd.DataFrame: ...


def plot_coverage(
    store: HasCoverage | pd.DataFrame,
    *,
    title: str = "",
    style: str = "korean",
    theme: str = "light",
    size: Sequence[float] = (10, 6),
) -> Figure:
    """Show which sessions a store lacks: the codes that lack most, by month, or by day within three months.

    Parameters
    ----------
    store : Store or pandas.DataFrame
        A store, whose daily bars are looked at, or a frame with one row for each code and session without a
        bar: ``code`` and ``date`` (columns or index levels), such as ``store.coverage("1min")``.
    title : str
    style, theme, size
        As in `plot`.

    Returns
    -------
    matplotlib.figure.Figure
        Where nothing is missing, a figure that says so.

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
    inches = looks.sheet_size(size)
    look = looks.look(style, theme, inches)
    missing = store if isinstance(store, pd.DataFrame) else store.coverage()
    table = _columns("store", missing, ("code", "date"))
    figure = looks.sheet(look, inches)
    heading = title or look.word("빠진 거래일", "Missing sessions")
    if table.empty:
        headline(figure, look, heading, [(look.word("없음", "none"), look.faint)])
        return figure
    days = pd.DatetimeIndex(table["date"]).tz_localize(None)
    daily = (days.max() - days.min()).days <= 92
    spans = days.to_period("D" if daily else "M")
    counts = pd.crosstab(table["code"].astype(str).to_numpy(), spans)
    every = pd.period_range(spans.min(), spans.max(), freq="D" if daily else "M")
    if daily:  # no exchange opens on a weekend
        every = every[every.day_of_week < 5]
    counts = counts.reindex(columns=every, fill_value=0)
    room = max(1, int((inches[1] - HEADER - 0.5) / ROW))
    worst = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index[:room]]
    entries = [
        (look.word(f"{len(table):,}일", f"{len(table):,} sessions"), look.ink),
        (look.word(f"{len(counts):,}종목", f"{len(counts):,} codes"), look.ink),
    ]
    if len(worst) < len(counts):
        most = look.word(f"많이 빠진 {len(worst)}종목만 표시", f"the {len(worst)} with most are shown")
        entries.append((most, look.faint))
    headline(figure, look, heading, entries)

    rows = [str(code) for code in worst.index]
    axes = area(figure, look, LEFT + max(text_width(look, text) for text in rows) + 0.08, HEADER + 0.22)
    values = worst.to_numpy(np.float64)
    ramp = LinearSegmentedColormap.from_list("missing", [look.grid, look.lines[0], look.up])
    mesh(axes, look, values, ramp, Normalize(0, values.max()))
    axes.set_xlim(0, values.shape[1])
    axes.set_ylim(len(rows), 0)
    name_lines(axes, look, "y", rows)
    form = "%m-%d" if daily else "%Y-%m" if len(every) <= 24 else "%Y"
    names = ["" if form == "%Y" and span.month > 1 else span.strftime(form) for span in every]
    name_lines(axes, look, "x", names)
    return figure


# --- a screen -------------------------------------------------------------------------------------


def plot_funnel(
    screen: HasFunnel | pd.DataFrame,
    *,
    title: str = "",
    style: str = "korean",
    theme: str = "light",
    size: Sequence[float] = (10, 6),
) -> Figure:
    """Show how many codes each rule of a screen left, removed, or could not judge.

    Parameters
    ----------
    screen : Screen or pandas.DataFrame
        What `kr.screen` found, or its funnel: one row a rule, in order, its name in the index; ``left`` (passed
        this rule and all before it), ``failed``, ``missing`` (the rule had no data for them) [codes].
    title : str
    style, theme, size
        As in `plot`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        No rule, or a missing column.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> table = pd.DataFrame({"close": [900.0, 70_000.0], "per": [5.0, 12.0]}, index=["000010", "005930"])
    >>> found = kr.screen(table, {"price": "close > 1000", "cheap": "per < 15"})
    >>> figure = kr.plot_funnel(found)
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['price', 'cheap']
    """
    inches = looks.sheet_size(size)
    look = looks.look(style, theme, inches)
    funnel = screen if isinstance(screen, pd.DataFrame) else screen.funnel
    table = _columns("screen", funnel, ("left", "failed", "missing"))
    if table.empty:
        raise ValueError("screen: no rules")
    figure = looks.sheet(look, inches)
    kinds = (
        ("left", look.word("통과", "left"), look.accent),
        ("failed", look.word("탈락", "failed"), look.faint),
        ("missing", look.word("자료 없음", "no data"), look.lines[0]),
    )
    heading = [("■ " + word, colour) for _, word, colour in kinds]
    headline(figure, look, title or look.word("조건 검색", "Screen"), heading)
    rules = [look.name(str(rule)) for rule in table.index]
    left = LEFT + max(text_width(look, text) for text in rules) + 0.08
    axes = area(figure, look, min(left, inches[0] / 2), HEADER)
    counts = table[["left", "failed", "missing"]].to_numpy(np.float64)
    most = counts.sum(axis=1).max() or 1.0
    results = [f"{number(line[0])} / {number(line.sum())}" for line in counts]
    width = inches_of(axes)[0] - max(text_width(look, text) for text in results) - 0.1
    axes.set_xlim(0, most * inches_of(axes)[0] / width)
    axes.set_ylim(len(rules), 0)
    name_lines(axes, look, "y", rules)
    begin = np.zeros(len(rules))
    y = np.arange(float(len(rules)))
    for at, (name, _, colour) in enumerate(kinds):
        share = counts[:, at]
        axes.add_collection(
            PolyCollection(
                candles.rectangles(begin, begin + share, y + 0.16, y + 0.84),
                facecolors=colour, edgecolors=look.back, linewidths=0.8, label=name,
            ),
            autolim=False,
        )  # fmt: skip
        for row in range(len(rules)):
            text = number(share[row])
            if share[row] and text_width(look, text) + 0.1 < share[row] / most * width:
                axes.text(
                    begin[row] + share[row] / 2, row + 0.5, text, ha="center", va="center",
                    **words(look, color=look.on(colour)),
                )  # fmt: skip
        begin = begin + share
    for row, text in enumerate(results):
        axes.text(
            begin[row] + 0.06 * most / width,
            row + 0.5,
            text,
            ha="left",
            va="center",
            **words(look, color=look.faint),
        )
    return figure


def _columns(argument: str, table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """A frame with these columns, wherever they are; ValueError for those that are nowhere."""
    levels = [name for name in table.index.names if name in names and name not in table]
    found = table.reset_index(level=levels) if levels else table
    lacking = [name for name in names if name not in found]
    if lacking:
        raise ValueError(f"{argument}: no column {', '.join(lacking)}")
    return found
