"""What a live chart is made from: bars and options, which give its payload, its picture and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ..comparison import compare, rebase
from ..content import ChartContent, Moment, build_content, view_positions
from ..layout import NotebookFigure
from ..price_chart import draw_content, summarize
from ..theme import STYLES, check_choice, resolve_theme
from . import page
from .payload import chart_height, pack_comparison, pack_prices

THEMES = ("auto", "light", "dark")
MANY = 1000  # bars, above which only the newest are in view at first
IN_VIEW = 250
HEADER = 60  # of the live chart, CSS pixels
PICTURE_WIDTH = 10.0  # inches


@dataclass(frozen=True)
class ChartSource:
    """Bars and the options of `chart`, checked."""

    bars: Any
    kind: str = "candles"
    title: str = ""
    averages: Any = (5, 20, 60, 120)
    overlays: Any = ()
    panes: Any = ("volume",)
    signals: Any = None
    events: Any = None
    profile: bool = False
    log: bool = False
    last: int | None = None
    start: Moment | None = None
    end: Moment | None = None
    style: str = "korean"
    theme: str = "auto"
    height: int | None = None

    def __post_init__(self) -> None:
        check_choice("style", self.style, STYLES)
        check_choice("theme", self.theme, THEMES)
        if self.height is not None and not 100 <= self.height <= 10_000:
            raise ValueError(f"height: expected CSS pixels from 100 to 10,000, got {self.height!r}")
        if self.compares:
            only = ("bars", "title", "log", "style", "theme", "height")
            for field in fields(self):
                if field.name not in only and getattr(self, field.name) != field.default:
                    raise ValueError(
                        f"{field.name}: expected the bars of one stock to go with it, got several"
                    )
            _ = self.rebased
        else:
            _ = self.content

    @property
    def compares(self) -> bool:
        """Whether the bars are those of several stocks."""
        return isinstance(self.bars, Mapping)

    @cached_property
    def rebased(self) -> pd.DataFrame:
        """The closes of several stocks, each 100 at the first time that all of them share."""
        return rebase(self.bars)

    @cached_property
    def content(self) -> ChartContent:
        """What the chart shows, labelled in Korean: browsers have the fonts."""
        return self._content(korean=True)

    def _content(self, korean: bool) -> ChartContent:
        last = self.last
        if last is None and self.start is None and self.end is None and len(self.bars) > MANY:
            last = IN_VIEW
        return build_content(
            self.bars, kind=self.kind, title=self.title, averages=self.averages, overlays=self.overlays,
            panes=self.panes, signals=self.signals, events=self.events, profile=self.profile, log=self.log,
            last=last, start=self.start, end=self.end, korean=korean,
        )  # fmt: skip

    @property
    def index(self) -> pd.Index:
        """The times of the bars."""
        index = self.rebased.index if self.compares else self.content.bars.index
        return index.get_level_values(0)

    @property
    def pixels(self) -> int:
        """Height of the chart [CSS pixels]."""
        panes = 0 if self.compares else len(self.content.panes)
        return self.height or chart_height(panes)

    def payload(self, limit: int | None = None) -> bytes:
        """The chart for the browser, of its newest `limit` bars."""
        if self.compares:
            return pack_comparison(
                self.rebased, title=self.title or "수익률 비교", log=self.log, style=self.style, height=self.pixels,
                limit=limit,
            )  # fmt: skip
        return pack_prices(self.content, style=self.style, height=self.pixels, limit=limit)

    def figure(self) -> NotebookFigure:
        """The chart as a picture, as `plot` or `compare` draws it."""
        theme: Any = "dark" if self.theme == "dark" else "light"
        style: Any = self.style
        inches = (PICTURE_WIDTH, max(1.0, (self.pixels + HEADER) / 100))
        if self.compares:
            figure: Any = compare(
                self.bars, title=self.title, log=self.log, style=style, theme=theme, figsize=inches
            )
            figure.alt_text = self.alt
            return figure  # type: ignore[no-any-return]
        chosen = resolve_theme(style, theme, inches)
        content = self.content if chosen.korean else self._content(korean=False)
        return draw_content(content, chosen, inches)

    @property
    def alt(self) -> str:
        """What the chart shows, in one sentence."""
        if not self.compares:
            return summarize(self.content, korean=True)
        names = ", ".join(map(str, self.rebased))
        first, last = (f"{stamp:%Y-%m-%d}" for stamp in (self.index[0], self.index[-1]))
        return f"{self.title or '수익률 비교'} 차트, {first}부터 {last}까지: {names}"

    def positions(self, start: Moment | None, end: Moment | None) -> tuple[int, int]:
        """Positions of the first and last bar between two times."""
        return view_positions(self.index, None, start, end)

    def replaced(self, bars: Any, options: Mapping[str, Any]) -> ChartSource:
        """The same chart of other bars."""
        known = {field.name for field in fields(self)} - {"bars"}
        for name in options:
            check_choice("option", name, sorted(known))
        return replace(self, bars=bars, **{"title": "", **options})

    def save(self, path: str | Path) -> Path:
        """Write the chart as a page or as a picture."""
        path = Path(path)
        if path.suffix == ".html":
            text = page.html_page(self.payload(), self.alt, self.theme)
            path.write_text(text, encoding="utf-8", newline="\n")
        elif path.suffix == ".png":
            path.write_bytes(self.figure().to_png())
        else:
            raise ValueError(f"path: expected a name that ends in .html or .png, got {path.name!r}")
        return path
