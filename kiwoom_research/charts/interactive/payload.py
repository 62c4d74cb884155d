"""Pack a chart for the browser: a JSON header and one typed array per column.

The layout is: length of the header (uint32), header, padding to eight bytes, columns of 8 bytes a value, columns of 4.
`bars.js` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..content import ChartContent
from ..studies import PaneContent, Study, column
from ..theme import STYLES, THEMES, Floats
from ..time_axis import TimeAxis

EXACT = 2.0**24  # up to here float32 holds every whole number
WEIGHTS = (3.2, 1.0)  # heights of the price pane and of another
PRICE_HEIGHT, PANE_HEIGHT = 380, 100  # CSS pixels

Header = dict[str, Any]


def chart_height(panes: int) -> int:
    """Height of the panes and the time axis of a chart with so many panes below the prices [CSS pixels]."""
    return PRICE_HEIGHT + PANE_HEIGHT * panes


def pack_prices(content: ChartContent, *, style: str, height: int, limit: int | None = None) -> bytes:
    """The payload of a price chart, of its newest `limit` bars if there are more."""
    total = len(content.bars)
    skip = max(0, total - limit) if limit is not None else 0
    rows = slice(skip, None)
    bars = content.bars.iloc[rows]
    prices = {name: column(bars, name) for name in ("open", "high", "low", "close", "volume") if name in bars}
    if content.kind == "heikin-ashi":
        names = ("open", "high", "low", "close")
        prices |= {f"drawn_{name}": column(content.drawn.iloc[rows], name) for name in names}
    close = prices["close"]
    known = pd.Series(close).ffill().shift().to_numpy()
    reference = np.where(content.references[rows] == known, np.nan, content.references[rows])
    for name, values in (("reference", reference), ("official", content.official[rows])):
        if np.isfinite(values[1:] if name == "reference" else values).any():
            prices[name] = values
    decimals = count_decimals(*(prices[name] for name in ("open", "high", "low", "close") if name in prices))
    panes, studies = _pack_panes((content.prices, *content.panes), rows, prices)
    panes[0] |= {"candles": content.kind != "line", "log": content.log, "profile": content.profile}
    panes[0]["extremes"] = _extremes(*(prices[name] for name in ("high", "low", "close") if name in prices))
    header: Header = {
        "kind": "line" if content.kind == "line" else "candles",
        "title": content.title,
        "decimals": decimals,
        "change": _number(content.bars["close"].iloc[-1] - content.references[-1]),
        "visible": [max(0, content.first - skip), max(0, content.last - skip)],
        "omitted": f"이전 {skip:,}봉 생략" if skip else "",
        "untraded": _runs(content.untraded[rows]),
        "signals": [[at - skip, sign] for at, sign in content.signals if at >= skip],
        "events": [[at - skip, text] for at, text in content.events if at >= skip],
        "height": height,
        "panes": panes,
    }
    time = TimeAxis(bars.index)
    return _encode(header | _time_header(time) | {"themes": themes(style)}, time, prices | studies, decimals)


def pack_comparison(
    rebased: pd.DataFrame, *, title: str, log: bool, style: str, height: int, limit: int | None = None
) -> bytes:
    """The payload of several stocks, each 100 at the first row; of the newest `limit` rows if there are more."""
    skip = max(0, len(rebased) - limit) if limit is not None else 0
    time = TimeAxis(rebased.index[skip:])
    lines = tuple(
        Study(str(name), rebased[name].interpolate(limit_area="inside").to_numpy(np.float64), at, str(name))
        for at, name in enumerate(rebased)
    )
    panes, studies = _pack_panes((PaneContent(lines, levels=(100,)),), slice(skip, None), {})
    panes[0] |= {"log": log}
    for study in panes[0]["studies"]:
        study["tagged"] = True
    header: Header = {
        "kind": "comparison",
        "title": title,
        "visible": [0, len(time) - 1],
        "omitted": f"이전 {skip:,}봉 생략" if skip else "",
        "untraded": [],
        "signals": [],
        "events": [],
        "height": height,
        "panes": panes,
    }
    return _encode(header | _time_header(time) | {"themes": themes(style)}, time, studies, 2)


def themes(style: str) -> dict[str, dict[str, Any]]:
    """The colours of both themes, for the browser to choose from."""
    chosen = {}
    for name, theme in THEMES.items():
        up, down = STYLES[style].get(name, (theme.up, theme.down))
        colours = asdict(theme) | {"up": up, "down": down}
        chosen[name] = {key: value for key, value in colours.items() if key not in ("families", "points")}
    return chosen


def count_decimals(*columns: Floats) -> int:
    """Decimals that prices are written with: none for whole won, else two, or up to four for small values."""
    together = np.concatenate(columns)
    known = together[np.isfinite(together)]
    return next((digits for digits in (0, 2, 3) if np.allclose(known, np.round(known, digits), 0, 1e-6)), 4)


def _time_header(time: TimeAxis) -> Header:
    seconds = time.times.astype("datetime64[s]").astype(np.int64)
    return {
        "start": int(seconds[0]),
        "unit": "tick" if time.ticks else "minute" if time.intraday else "day",
        "days": int(time.step() / np.timedelta64(1, "D")),
        "interval": time.interval_label(True),
    }


def _pack_panes(
    contents: Sequence[PaneContent], rows: slice, taken: Mapping[str, Floats]
) -> tuple[list[Header], dict[str, Floats]]:
    """Headers of the panes, and the columns of their studies that are not among the prices."""
    panes: list[Header] = []
    columns: dict[str, Floats] = {}
    for number, content in enumerate(contents):
        studies = []
        for at, study in enumerate(content.studies):
            shared = study.name in ("volume", "close") and study.name in taken
            name = study.name if shared else f"{number}.{at}"
            if not shared:
                columns[name] = study.values[rows]
            studies.append(
                {
                    "column": name, "label": study.label, "colour": study.colour, "shape": study.shape,
                    "period": study.period, "average": study.average, "alpha": study.alpha,
                }
            )  # fmt: skip
        values = [study.values[rows] for study in content.studies]
        lowest, highest = _extremes(*values) or (0.0, 0.0)
        panes.append(
            {
                "title": content.title, "unit": content.unit, "levels": list(content.levels),
                "limits": content.limits, "fills": [list(fill) for fill in content.fills], "studies": studies,
                "weight": WEIGHTS[min(number, 1)], "main": number == 0, "candles": False, "log": False,
                "profile": False, "extremes": [lowest, highest],
                "zeroBased": lowest >= 0 and any(study.shape == "columns" for study in content.studies),
            }
        )  # fmt: skip
    return panes, columns


def _encode(header: Header, time: TimeAxis, columns: Mapping[str, Floats], decimals: int) -> bytes:
    seconds = time.times.astype("datetime64[s]").astype(np.int64)
    arrays: dict[str, npt.NDArray[Any]] = {"time": (seconds - seconds[0]).astype("<u4")}
    for name, values in columns.items():
        arrays[name] = values.astype(column_type(values, decimals if "." not in name else 0))
    ordered = sorted(arrays.items(), key=lambda entry: -entry[1].itemsize)
    header = header | {
        "count": len(time), "columns": [[name, f"{array.dtype.kind}{array.itemsize}"] for name, array in ordered],
    }  # fmt: skip
    text = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + 4) % 8)
    return b"".join(
        [
            len(text).to_bytes(4, "little"),
            text,
            *(np.ascontiguousarray(array).tobytes() for _, array in ordered),
        ]
    )


def column_type(values: Floats, decimals: int) -> str:
    """float32 where every value is written the same as in float64, else float64."""
    known = values[np.isfinite(values)]
    if not len(known):
        return "<f4"
    narrow = known.astype(np.float32).astype(np.float64)
    same = np.abs(known).max() <= EXACT and np.array_equal(
        np.round(narrow, decimals), np.round(known, decimals)
    )
    return "<f4" if same else "<f8"


def _runs(mask: npt.NDArray[np.bool_]) -> list[list[int]]:
    """First and last position of every run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [[int(first), int(end) - 1] for first, end in edges.reshape(-1, 2)]


def _extremes(*columns: Floats) -> list[float]:
    together = np.concatenate([values[np.isfinite(values)] for values in columns]) if columns else np.empty(0)
    return [float(together.min()), float(together.max())] if len(together) else []


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
