"""A pane of a chart: its value axis, its legend, and the built-in panes."""

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
from .format import format_amount, format_price
from .layout import INSET, LINE_HEIGHT, POINTS, LabelSpec, draw_legend, text_kwargs
from .theme import Floats, Theme

Drawable: TypeAlias = "str | pd.Series | pd.DataFrame"
"""The name of a built-in indicator, or values of the caller's own."""

LOW = 0.6  # inches; in a lower pane the legend overlaps the data


class ValueLocator(Locator):
    """Ticks at round values, as many as fit, with none beside an edge or under an axis tag."""

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
        for most in range(room, room + 4):  # with few values, all of them may be beside an edge
            values = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(vmin, vmax)
            found = self._free(list(values), vmin, vmax)
            if len(found) > 1:
                break
        return found

    def _free(self, values: Sequence[float], low: float, high: float) -> list[float]:
        """The values that are neither beside an edge nor under a tag."""
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
    """Axes with the value axis on the right and a legend in the upper left, and their size in inches."""

    def __init__(self, axes: Axes, theme: Theme) -> None:
        self.axes = axes
        self.theme = theme
        box = axes.get_position()
        inches = cast(Figure, axes.figure).get_size_inches()
        self.width, self.height = float(inches[0] * box.width), float(inches[1] * box.height)
        self.locator = ValueLocator(self.height)

    def legend(self, labels: Sequence[LabelSpec]) -> float:
        """Draw a legend; returns the inches it takes from the top."""
        if not labels:
            return 0.0
        rows = draw_legend(self.axes, self.theme, labels, self.width, opaque=self.height < LOW)
        return INSET + rows * LINE_HEIGHT * self.theme.points / POINTS

    def set_limits(
        self,
        low: float,
        high: float,
        *,
        above: float = 0.0,
        below: float = 0.0,
        log: bool = False,
        form: Callable[[float, object], str] = format_price,
    ) -> None:
        """Show `low` to `high`, with `above` and `below` inches of free space around them."""
        known = bool(np.isfinite(low + high))
        if not known:
            low, high = 1.0, 2.0
        if low == high:
            slack = abs(low) * 0.01 or 1.0
            low, high = low - slack, high + slack
        shrink = min(
            1.0, 0.4 * self.height / max(above + below, 0.001)
        )  # a low pane keeps most of its height for data
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
        self.locator.log = log
        # without data, labels would be invented prices
        self.axes.yaxis.set_major_locator(self.locator if known else NullLocator())
        self.axes.yaxis.set_minor_locator(NullLocator())
        self.axes.yaxis.set_major_formatter(FuncFormatter(form))

    def horizontal_line(self, value: float, colour: str, *, dashes: tuple[float, float] = (4, 3)) -> None:
        """A horizontal line across the pane."""
        self.axes.axhline(
            value, color=colour, linewidth=0.8, linestyle=(0, dashes), marker="None", zorder=2.5
        )

    def axis_tag(self, value: float, text: str, colour: str, *, up: float = 0.0) -> None:
        """A label on the value axis, `up` inches above its value, replacing the tick it would cover."""
        to_pixels = self.axes.transData
        shown = to_pixels.transform((0, value))[1] + up * self.axes.figure.dpi
        self.locator.tags.append(float(to_pixels.inverted().transform((0, shown))[1]))
        where = self.axes.get_yaxis_transform() + ScaledTranslation(
            4 / POINTS, up, self.axes.figure.dpi_scale_trans
        )
        self.axes.text(
            1, value, text, transform=where, va="center", ha="left", zorder=9,
            bbox={"boxstyle": "square,pad=0.22", "facecolor": colour, "edgecolor": colour, "linewidth": 0.5},
            **text_kwargs(self.theme, color=self.theme.contrast(colour)),
        )  # fmt: skip


# --- built-in panes -------------------------------------------------------------------------------


def draw_volume_pane(pane: Pane, bars: pd.DataFrame) -> None:
    """Shares traded, in the colour of the candle."""
    theme = pane.theme
    volume = bars["volume"].to_numpy(np.float64)
    rise = (bars["close"] - bars["open"]).to_numpy(np.float64) if "open" in bars else np.zeros(len(bars))
    candles.draw_columns(pane.axes, theme, volume, rise, label="volume")
    newest = format_amount(last_known(volume), theme.korean)
    name = theme.label("거래량", "Volume")
    used = pane.legend([LabelSpec(name, theme.muted), LabelSpec(newest, theme.foreground)])
    most = float(np.nan_to_num(volume).max(initial=0.0))
    pane.set_limits(
        0, most or 1.0, above=used + 0.04, form=lambda value, _: format_amount(value, theme.korean)
    )
    if not most:
        pane.axes.yaxis.set_major_locator(NullLocator())


def draw_rsi_pane(pane: Pane, values: Floats) -> None:
    """The RSI with its usual thresholds 30 and 70."""
    theme = pane.theme
    colour = theme.lines[2]
    pane.legend([LabelSpec("RSI(14)", theme.muted), LabelSpec(format_price(last_known(values)), colour)])
    pane.axes.axhspan(30, 70, color=colour, alpha=0.07, linewidth=0, zorder=1)
    for threshold in (30, 70):
        pane.horizontal_line(threshold, theme.muted)
    candles.draw_line(pane.axes, values, colour, label="RSI")
    pane.set_limits(0, 100)
    pane.axes.yaxis.set_major_locator(FixedLocator([30, 50, 70] if pane.height > 0.8 else [50]))


def draw_macd_pane(pane: Pane, table: pd.DataFrame) -> None:
    """MACD, its signal line, and their difference as columns.

    Parameters
    ----------
    table : pandas.DataFrame
        The result of `indicators.macd`.
    """
    theme = pane.theme
    macd, signal, histogram = table.to_numpy(np.float64).T
    used = pane.legend(
        [
            LabelSpec("MACD(12,26,9)", theme.muted),
            LabelSpec(format_price(last_known(macd)), theme.lines[0]),
            LabelSpec(theme.label("시그널 ", "signal ") + format_price(last_known(signal)), theme.lines[1]),
        ]
    )
    candles.draw_columns(pane.axes, theme, histogram, histogram, label="histogram", alpha=0.55)
    candles.draw_line(pane.axes, macd, theme.lines[0], label="MACD")
    candles.draw_line(pane.axes, signal, theme.lines[1], label="signal")
    pane.horizontal_line(0, theme.frame, dashes=(1, 0))
    pane.set_limits(*finite_range(macd, signal, histogram), above=used + 0.04, below=0.05)


def draw_values_pane(pane: Pane, table: pd.DataFrame) -> None:
    """Values of the caller's own, one line per column."""
    theme = pane.theme
    columns = [(str(name), table[name].to_numpy(np.float64)) for name in table]
    labels: list[LabelSpec] = []
    for at, (name, values) in enumerate(columns):
        colour = theme.lines[at % len(theme.lines)]
        candles.draw_line(pane.axes, values, colour, label=name)
        labels.append(LabelSpec(f"{theme.drawable(name)} {format_value(last_known(values), theme)}", colour))
    used = pane.legend(labels)
    low, high = finite_range(*(values for _, values in columns))
    pane.set_limits(
        low, high, above=used + 0.04, below=0.05, form=lambda value, _: format_value(value, theme)
    )


def format_value(value: float, theme: Theme) -> str:
    """A value of the caller's own, abbreviated when it is large."""
    return format_amount(value, theme.korean) if abs(value) >= 1e6 else format_price(value)


def draw_bollinger(pane: Pane, table: pd.DataFrame) -> None:
    """The outer lines of `indicators.bollinger`, with the area between them shaded."""
    colour = pane.theme.accent
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
        candles.draw_line(pane.axes, values, colour, label=name, width=0.8)


def last_known(values: Floats) -> float:
    """The newest value that is not missing; NaN if all are."""
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else float("nan")


def finite_range(*columns: Floats) -> tuple[float, float]:
    """Smallest and largest finite value; NaN if there is none."""
    together = np.concatenate(columns) if columns else np.empty(0)
    known = together[np.isfinite(together)]
    return (float(known.min()), float(known.max())) if len(known) else (float("nan"), float("nan"))
