"""One pane: its value axis, its legend, and what the built-in panes draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, Locator, MaxNLocator, NullLocator
from matplotlib.transforms import ScaledTranslation

from . import candles
from .theme import INSET, LINE, POINTS, Entry, Floats, Look, amount, legend, number, words

Drawn: TypeAlias = "str | pd.Series | pd.DataFrame"
"""The name of something built in, or values of the user's own."""

LOW = 0.6  # inches; in a pane that is lower, legend and data cover one another


class Levels(Locator):
    """Round values, as many as there is room for, none beside an edge or below a price tag."""

    def __init__(self, height: float, log: bool = False) -> None:
        self.height = height
        self.log = log
        self.tags: list[float] = []

    def __call__(self) -> list[float]:
        low, high = sorted(cast(Axis, self.axis).get_view_interval())
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Values between two limits."""
        room = max(2, int(self.height / 0.38))
        if self.log and vmin > 0 and vmax / vmin > 4:
            return self._free(self._decades(vmin, vmax, room), vmin, vmax)
        found: list[float] = []
        for most in range(room, room + 4):  # of few values all may stand beside an edge
            values = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(vmin, vmax)
            found = self._free(list(values), vmin, vmax)
            if len(found) > 1:
                break
        return found

    def _free(self, values: Sequence[float], low: float, high: float) -> list[float]:
        """Those that are neither beside an edge nor below a tag."""
        margin = 0.09 / self.height
        tags = [self._share(tag, low, high) for tag in self.tags]
        found = [(value, self._share(value, low, high)) for value in values]
        return [
            value
            for value, share in found
            if margin < share < 1 - margin and all(abs(share - tag) > 2 * margin for tag in tags)
        ]

    def _decades(self, low: float, high: float, room: int) -> list[float]:
        found: list[float] = []
        for steps in ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
            powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
            found = [step * 10.0**power for power in powers for step in steps]
            found = [value for value in found if low <= value <= high]
            if len(found) <= room:
                break
        return found

    def _share(self, value: float, low: float, high: float) -> float:
        if self.log and min(value, low) > 0:
            value, low, high = np.log(value), np.log(low), np.log(high)
        return float((value - low) / (high - low))


class Pane:
    """Axes with a value axis on the right and a legend in the upper left.

    It also knows its size in inches.
    """

    def __init__(self, axes: Axes, look: Look) -> None:
        self.axes = axes
        self.look = look
        box = axes.get_position()
        inches = cast(Figure, axes.figure).get_size_inches()
        self.width, self.height = float(inches[0] * box.width), float(inches[1] * box.height)
        self.levels = Levels(self.height)

    def legend(self, entries: Sequence[Entry]) -> float:
        """Draw coloured texts; returns the inches they take from the top."""
        if not entries:
            return 0.0
        lines = legend(self.axes, self.look, entries, self.width, covering=self.height < LOW)
        return INSET + lines * LINE * self.look.points / POINTS

    def limits(
        self,
        low: float,
        high: float,
        *,
        above: float = 0.0,
        below: float = 0.0,
        log: bool = False,
        form: Callable[[float, object], str] = number,
    ) -> None:
        """Show `low` to `high` between `above` and `below` inches that stay free."""
        known = bool(np.isfinite(low + high))
        if not known:
            low, high = 1.0, 2.0
        if low == high:
            slack = abs(low) * 0.01 or 1.0
            low, high = low - slack, high + slack
        shrink = min(1.0, 0.4 * self.height / max(above + below, 0.001))  # most of a low pane is for the data
        above, below = above * shrink, below * shrink
        free = self.height - above - below
        if log:
            self.axes.set_yscale("log")
            span = np.log(high / low)
            low, high = low * np.exp(-span * below / free), high * np.exp(span * above / free)
        else:
            span = high - low
            low, high = low - span * below / free, high + span * above / free
        self.axes.set_ylim(low, high)
        self.levels.log = log
        # labels where nothing is known would be invented prices
        self.axes.yaxis.set_major_locator(self.levels if known else NullLocator())
        self.axes.yaxis.set_minor_locator(NullLocator())
        self.axes.yaxis.set_major_formatter(FuncFormatter(form))

    def level(self, value: float, colour: str, *, dashes: tuple[float, float] = (4, 3)) -> None:
        """A horizontal line across the pane."""
        self.axes.axhline(
            value, color=colour, linewidth=0.8, linestyle=(0, dashes), marker="None", zorder=2.5
        )

    def tag(self, value: float, text: str, colour: str, *, up: float = 0.0) -> None:
        """A label on the value axis, `up` inches above its value, in place of the tick it would cover."""
        to_pixels = self.axes.transData
        shown = to_pixels.transform((0, value))[1] + up * self.axes.figure.dpi
        self.levels.tags.append(float(to_pixels.inverted().transform((0, shown))[1]))
        where = self.axes.get_yaxis_transform() + ScaledTranslation(
            4 / POINTS, up, self.axes.figure.dpi_scale_trans
        )
        self.axes.text(
            1, value, text, transform=where, va="center", ha="left", zorder=9,
            bbox={"boxstyle": "square,pad=0.22", "facecolor": colour, "edgecolor": colour, "linewidth": 0.5},
            **words(self.look, color=self.look.on(colour)),
        )  # fmt: skip


# --- what goes into a pane ------------------------------------------------------------------------


def volume_pane(pane: Pane, bars: pd.DataFrame) -> None:
    """Shares traded, in the colour of the candle."""
    look = pane.look
    volume = bars["volume"].to_numpy(np.float64)
    rise = (bars["close"] - bars["open"]).to_numpy(np.float64) if "open" in bars else np.zeros(len(bars))
    candles.columns(pane.axes, look, volume, rise, label="volume")
    newest = amount(last_known(volume), look.korean)
    used = pane.legend([(look.word("거래량", "Volume"), look.faint), (newest, look.ink)])
    most = float(np.nan_to_num(volume).max(initial=0.0))
    pane.limits(0, most or 1.0, above=used + 0.04, form=lambda value, _: amount(value, look.korean))
    if not most:
        pane.axes.yaxis.set_major_locator(NullLocator())


def rsi_pane(pane: Pane, values: Floats) -> None:
    """RSI with its usual limits 30 and 70."""
    look = pane.look
    colour = look.lines[2]
    pane.legend([("RSI(14)", look.faint), (number(last_known(values)), colour)])
    pane.axes.axhspan(30, 70, color=colour, alpha=0.07, linewidth=0, zorder=1)
    for limit in (30, 70):
        pane.level(limit, look.faint)
    candles.line(pane.axes, values, colour, label="RSI")
    pane.limits(0, 100)
    pane.axes.yaxis.set_major_locator(FixedLocator([30, 50, 70] if pane.height > 0.8 else [50]))


def macd_pane(pane: Pane, table: pd.DataFrame) -> None:
    """MACD, its signal line and the difference as columns.

    Parameters
    ----------
    table : pandas.DataFrame
        As `indicators.macd` gives it.
    """
    look = pane.look
    macd, signal, histogram = table.to_numpy(np.float64).T
    used = pane.legend(
        [
            ("MACD(12,26,9)", look.faint),
            (number(last_known(macd)), look.lines[0]),
            (look.word("시그널 ", "signal ") + number(last_known(signal)), look.lines[1]),
        ]
    )
    candles.columns(pane.axes, look, histogram, histogram, label="histogram", alpha=0.55)
    candles.line(pane.axes, macd, look.lines[0], label="MACD")
    candles.line(pane.axes, signal, look.lines[1], label="signal")
    pane.level(0, look.frame, dashes=(1, 0))
    pane.limits(*extent(macd, signal, histogram), above=used + 0.04, below=0.05)


def values_pane(pane: Pane, table: pd.DataFrame) -> None:
    """The user's own values, one line a column."""
    look = pane.look
    columns = [(str(name), table[name].to_numpy(np.float64)) for name in table]
    entries: list[Entry] = []
    for at, (name, values) in enumerate(columns):
        colour = look.lines[at % len(look.lines)]
        candles.line(pane.axes, values, colour, label=name)
        entries.append((f"{look.name(name)} {short(last_known(values), look)}", colour))
    used = pane.legend(entries)
    low, high = extent(*(values for _, values in columns))
    pane.limits(low, high, above=used + 0.04, below=0.05, form=lambda value, _: short(value, look))


def short(value: float, look: Look) -> str:
    """A value of the user's own, in few letters."""
    return amount(value, look.korean) if abs(value) >= 1e6 else number(value)


def bollinger(pane: Pane, table: pd.DataFrame) -> None:
    """The outer two of `indicators.bollinger` with the room between them shaded."""
    colour = pane.look.accent
    upper, lower = table["bb_upper"].to_numpy(np.float64), table["bb_lower"].to_numpy(np.float64)
    known = np.isfinite(upper + lower)
    x = np.flatnonzero(known).astype(float)
    outline = np.concatenate([np.column_stack([x, upper[known]]), np.column_stack([x, lower[known]])[::-1]])
    if len(outline):
        pane.axes.add_collection(
            PolyCollection([outline], facecolors=colour, edgecolors="none", alpha=0.08, label="bollinger"),
            autolim=False,
        )
    for name, values in (("upper", upper), ("lower", lower)):
        candles.line(pane.axes, values, colour, label=name, width=0.8)


def last_known(values: Floats) -> float:
    """The newest value that is not missing; NaN when all are."""
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else float("nan")


def extent(*columns: Floats) -> tuple[float, float]:
    """Smallest and largest value, missing ones apart; NaN when there are none."""
    together = np.concatenate(columns) if columns else np.empty(0)
    known = together[np.isfinite(together)]
    return (float(known.min()), float(known.max())) if len(known) else (float("nan"), float("nan"))
