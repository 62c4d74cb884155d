"""Small charts as SVG: bars above and below zero, with a line; they follow the colours of the explorer."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd

WIDTH, HEIGHT = 600.0, 110.0  # units of the view box, stretched to the width of the column


def render_series(
    labels: Sequence[str], *, bars: pd.Series | None = None, line: pd.Series | None = None, title: str = ""
) -> str:
    """Render bars, a line, or both, each on a scale of its own; missing values leave gaps.

    Parameters
    ----------
    labels : sequence of str
        What the tooltip says for each position.
    bars, line : pandas.Series, optional
        Values by position.
    title : str
        What a screen reader says.
    """
    parts = []
    if bars is not None:
        parts.append(_bars(bars.to_numpy(np.float64), labels))
    if line is not None:
        parts.append(_line(line.to_numpy(np.float64)))
    return (
        f'<svg class="kr-svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none" role="img"'
        f' aria-label="{escape(title, quote=True)}">{"".join(parts)}</svg>'
    )


def _bars(values: np.ndarray, labels: Sequence[str]) -> str:
    """Rectangles from zero; the tooltip of each covers the whole height."""
    known = values[np.isfinite(values)]
    high, low = max(known.max(initial=0.0), 0.0), min(known.min(initial=0.0), 0.0)
    scale = (HEIGHT - 4) / (high - low) if high > low else 0.0
    zero, step = 2 + high * scale, WIDTH / max(len(values), 1)
    drawn = [f'<line class="kr-zero" x1="0" x2="{WIDTH:g}" y1="{zero:.1f}" y2="{zero:.1f}"/>']
    for at, (value, label) in enumerate(zip(values, labels, strict=True)):
        left = at * step
        tip = f"<title>{escape(label)}</title>"
        if np.isfinite(value):
            top, tall = (zero - value * scale, value * scale) if value > 0 else (zero, -value * scale)
            colour = "kr-up" if value > 0 else "kr-down"
            drawn.append(
                f'<rect class="{colour}" x="{left + 0.1 * step:.1f}" y="{top:.1f}" width="{0.8 * step:.1f}"'
                f' height="{tall:.1f}"/>'
            )
        drawn.append(
            f'<rect class="kr-tip" x="{left:.1f}" y="0" width="{step:.1f}" height="{HEIGHT:g}">{tip}</rect>'
        )
    return "".join(drawn)


def _line(values: np.ndarray) -> str:
    """A line through the middle of each position, broken where values are missing."""
    known = values[np.isfinite(values)]
    if not len(known):
        return ""
    low, high = known.min(), known.max()
    scale = (HEIGHT - 8) / (high - low) if high > low else 0.0
    step = WIDTH / len(values)
    path, pen = [], "M"
    for at, value in enumerate(values):
        if np.isfinite(value):
            path.append(f"{pen}{(at + 0.5) * step:.1f} {HEIGHT - 4 - (value - low) * scale:.1f}")
            pen = "L"
        else:
            pen = "M"
    return f'<path class="kr-line" d="{"".join(path)}"/>'
