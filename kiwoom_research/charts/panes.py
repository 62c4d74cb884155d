"""A pane of a chart: its value axis, its legend, and the built-in panes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, Locator, MaxNLocator, NullLocator
from matplotlib.transforms import ScaledTranslation

from . import candles
from .content import ChartContent
from .format import format_amount, format_price
from .layout import INSET, LINE_HEIGHT, POINTS, LabelSpec, draw_legend, text_kwargs
from .studies import PaneContent, Study
from .theme import Floats, Theme

SHORTEST_AVERAGE = 4.0  # points an average must span; a shorter one would cover the candles it averages
CROWDED = 300  # bars, above which a thick line would hide the averages
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


# --- content --------------------------------------------------------------------------------------


def draw_pane(pane: Pane, item: PaneContent, content: ChartContent) -> None:
    """Draw one of the panes below the prices."""
    theme = pane.theme
    title = [LabelSpec(item.title, theme.muted)] if item.title else []
    used = pane.legend(title + draw_studies(pane, item, content))
    columns = [study.values[content.rows] for study in item.studies]
    if item.limits:
        pane.axes.axhspan(
            *item.levels, color=theme.named(item.studies[0].colour), alpha=0.07, linewidth=0, zorder=1
        )
    for level in item.levels:
        pane.horizontal_line(level, theme.muted)
    low, high = finite_range(*columns)
    if any(study.shape == "columns" for study in item.studies):
        low, high = min(low, 0.0), max(high, 0.0)
        pane.horizontal_line(0, theme.frame, dashes=(1, 0))
    if item.limits:
        pane.set_limits(*item.limits)
        pane.axes.yaxis.set_major_locator(
            FixedLocator([item.levels[0], 50, item.levels[1]] if pane.height > 0.8 else [50])
        )
        return
    if item.unit == "amount" and not high:  # nothing was traded
        high = 1.0
    below = 0.0 if low == 0 and high > 0 else 0.05
    pane.set_limits(
        low, high, above=used + 0.04, below=below, form=lambda value, _: format_unit(value, item.unit, theme)
    )
    if not np.isfinite(finite_range(*columns)).all() or not any(
        np.nan_to_num(values).any() for values in columns
    ):
        pane.axes.yaxis.set_major_locator(NullLocator())


def draw_studies(pane: Pane, item: PaneContent, content: ChartContent) -> list[LabelSpec]:
    """Draw the studies of a pane and return their legend, with the newest values."""
    theme, axes = pane.theme, pane.axes
    studies = [(study, study.values[content.rows]) for study in item.studies]
    labels = []
    for upper, lower in item.fills:
        shade_between(pane, studies[upper][1], studies[lower][1], item.studies[upper], item.studies[lower])
    grouped = [study for study, _ in studies if study.shape == "columns"]
    for study, values in studies:
        colour = theme.foreground if study.colour in ("candle", "sign") else theme.named(study.colour)
        if study.shape == "columns":
            rise = colour if isinstance(study.colour, int) else _column_signs(study, values, content)
            place = (grouped.index(study), len(grouped))
            candles.draw_columns(axes, theme, values, rise, label=study.name, alpha=study.alpha, place=place)
        elif not study.period or study.period * candles.bar_pitch(axes) > SHORTEST_AVERAGE:
            few = study.shape == "area" and len(values) <= CROWDED
            candles.draw_line(axes, values, colour, label=study.name, width=1.5 if few else study.width)
        if study.label is not None:
            text = format_unit(last_known(values), item.unit, theme)
            labels.append(LabelSpec(f"{theme.drawable(study.label)} {text}".strip(), colour))
    return labels


def _column_signs(study: Study, values: Floats, content: ChartContent) -> Floats:
    """The sign of each column's colour: that of the value, or that of the candle."""
    if study.colour == "sign":
        return values
    bars = content.bars.iloc[content.rows]
    return (bars["close"] - bars["open"]).to_numpy(np.float64) if "open" in bars else np.zeros(len(bars))


def shade_between(pane: Pane, upper: Floats, lower: Floats, above: Study, below: Study) -> None:
    """Shade the area between two lines: in their colour, or as rising and falling by which one is above."""
    theme = pane.theme
    sides = ((above.colour, upper >= lower), (below.colour, upper < lower))
    if above.colour == below.colour:
        sides = ((above.colour, np.ones(len(upper), bool)),)  # type: ignore[assignment]
    for colour, where in sides:
        pane.axes.fill_between(
            np.arange(len(upper)), upper, lower, where=where & np.isfinite(upper + lower), interpolate=True,
            facecolor=theme.named(colour), edgecolor="none", alpha=0.08, label="fill", zorder=1.5,
        )  # fmt: skip


def format_unit(value: float, unit: str, theme: Theme) -> str:
    """A value as its pane writes it: prices in full, amounts and large values of the caller's own abbreviated."""
    if unit == "amount" or (unit == "value" and abs(value) >= 1e6):
        return format_amount(value, theme.korean)
    return format_price(value)


def last_known(values: Floats) -> float:
    """The newest value that is not missing; NaN if all are."""
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else float("nan")


def finite_range(*columns: Floats) -> tuple[float, float]:
    """Smallest and largest finite value; NaN if there is none."""
    together = np.concatenate(columns) if columns else np.empty(0)
    known = together[np.isfinite(together)]
    return (float(known.min()), float(known.max())) if len(known) else (float("nan"), float("nan"))
