"""The output of a cell: a picture that the live chart replaces where scripts run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
from matplotlib.figure import Figure

from . import page
from .source import ChartSource

MOST_BARS = 5000  # in the output of a cell, which is stored with the notebook
ChartBars: TypeAlias = "pd.DataFrame | Mapping[str, pd.DataFrame | pd.Series]"


class LiveChart:
    """A live chart as the output of a cell, made by `chart`.

    It stays alive in a saved notebook, an exported page or a mail attachment, without a kernel. Where no script
    runs, the picture of `plot` stands in its place.
    """

    _source: ChartSource

    def __init__(self, source: ChartSource | None = None) -> None:
        if source is not None:  # a widget has set its own before its base classes are initialised
            self._source = source

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        picture, alt = self._source.figure().to_png(), self._source.alt
        html = page.html_output(self._source.payload(MOST_BARS), picture, alt, self._source.theme)
        return (
            {"text/html": html, "image/png": picture, "text/plain": alt},
            {"image/png": {"alt": alt}},
        )

    def __repr__(self) -> str:
        return f"<LiveChart: {self._source.alt}>"

    def save(self, path: str | Path) -> Path:
        """Write the chart to a file: ``.html``, a page that is alive without a kernel, or ``.png``, a picture.

        Parameters
        ----------
        path : str or Path
            The page holds all bars, the renderer, and refers to nothing outside.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        ValueError
            Another suffix.
        """
        return self._source.save(path)

    def figure(self) -> Figure:
        """The same chart as a matplotlib figure.

        Returns
        -------
        matplotlib.figure.Figure
        """
        return self._source.figure()
