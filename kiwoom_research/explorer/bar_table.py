"""The table of bars: sortable, with a choice of columns, and as a CSV file."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd

from ..charts.format import format_price
from ..data.files import csv_bytes
from .html import CLASSES, button, tag
from .load import ChartData

MAX_ROWS = 300
DEFAULT_COLUMNS = ("open", "high", "low", "close", "change", "volume", "value")
TITLES = {
    "open": "시가", "high": "고가", "low": "저가", "close": "종가", "official_close": "공식 종가", "volume": "거래량",
    "value": "거래대금", "change": "전일대비", "change_pct": "등락률", "direction": "방향", "turnover": "회전율",
    "complete": "확정", "official_close_source": "공식 종가 출처",
}  # fmt: skip


class BarTable:
    """How the user wants to see the bars.

    Attributes
    ----------
    sort : str
        The column by which the rows are sorted; empty for the time.
    ascending : bool
        The direction of the sort.
    columns : list of str
        The columns shown.
    chooses_columns : bool
        Whether the choice of columns is open.
    """

    def __init__(self) -> None:
        self.sort = ""
        self.ascending = False
        self.columns = list(DEFAULT_COLUMNS)
        self.chooses_columns = False

    def change(self, action: str, column: str) -> None:
        """Sort by a column (again: the other way round), show or hide it, or open and close their choice."""
        if action == "sort":
            self.ascending = not self.ascending if column == self.sort else False
            self.sort = column
        elif action == "columns":
            self.chooses_columns = not self.chooses_columns
        elif column in self.columns:
            self.columns.remove(column)
        else:
            self.columns.append(column)

    def render(self, chart: ChartData) -> str:
        """Render the bars of a chart, at most `MAX_ROWS` of them."""
        bars = chart.bars
        available = [column for column in DEFAULT_COLUMNS if column in bars.columns]
        available += [
            column for column in bars.columns if not column.endswith("_sign") and column not in available
        ]
        columns = [column for column in available if column in self.columns]
        shown = self._sorted(bars).iloc[:MAX_ROWS]
        cells = [[f"<th scope='row'>{text}</th>" for text in _times(shown)]]
        cells += [_cells(shown, column) for column in columns]
        rows = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True))
        heads = "".join(self._head(column) for column in ("", *columns))
        count = f"{len(bars):,}행" if len(bars) <= MAX_ROWS else f"{len(bars):,}행 중 {MAX_ROWS}행"
        units = "포인트, 주, 원" if bars.attrs.get("units", {}).get("close") == "points" else "원, 주"
        tools = (
            tag("span", f"{count} · {units}")
            + button(
                "열 선택", "columns", "보여 줄 열을 고릅니다", aria_expanded=str(self.chooses_columns).lower()
            )
            + button("CSV 내려받기", "csv", "모든 행과 열을 담은 CSV 파일", class_="kr-csv")
        )
        choices = self._render_choices(available) if self.chooses_columns else ""
        return (
            tag("div", tools, class_="kr-tools") + choices
            + '<div class="kr-scroll" tabindex="0" role="region" aria-label="시세 표"><table class="kr-table">'
            + f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        )  # fmt: skip

    def _sorted(self, bars: pd.DataFrame) -> pd.DataFrame:
        if self.sort in bars.columns:
            return bars.sort_values(self.sort, ascending=self.ascending, kind="stable")
        return bars if self.ascending else bars.iloc[::-1]

    def _head(self, column: str) -> str:
        sorted_by = column == self.sort
        arrow = (" ▲" if self.ascending else " ▼") if sorted_by else ""
        title = column_title(column) if column else "시각"
        label = button(title + arrow, "sort", f"{title}(으)로 정렬", data_value=column)
        order = ("ascending" if self.ascending else "descending") if sorted_by else None
        return tag("th", label, scope="col", aria_sort=order)

    def _render_choices(self, available: list[str]) -> str:
        chips = "".join(
            button(
                column_title(column), "column", f"열 {column}", data_value=column,
                aria_pressed=str(column in self.columns).lower(),
            )
            for column in available
        )  # fmt: skip
        return tag("div", chips, class_="kr-group kr-columns", role="group", aria_label="보여 줄 열")


def bars_to_csv(chart: ChartData) -> tuple[str, bytes]:
    """Return name and content of the CSV file of a chart: every row, every column, and the code."""
    request = chart.request
    return f"{request.code}_{request.freq}.csv", csv_bytes(chart.bars, request.code)


def column_title(column: str) -> str:
    """Return the Korean title of a column, or its name."""
    return TITLES.get(column, column)


def _times(bars: pd.DataFrame) -> list[str]:
    form = "%Y-%m-%d" if bars.index.name == "date" else "%m-%d %H:%M"
    if bars.index.nlevels > 1:
        form += ":%S"
    return list(pd.DatetimeIndex(bars.index.get_level_values(0)).strftime(form))


def _cells(bars: pd.DataFrame, column: str) -> list[str]:
    series = bars[column]
    if series.dtype == bool:
        return [f"<td>{'✓' if value else '–'}</td>" for value in series]
    if not pd.api.types.is_numeric_dtype(series):
        return [f"<td>{'-' if pd.isna(value) else escape(str(value))}</td>" for value in series]
    values = series.to_numpy(np.float64)
    if column in ("change", "change_pct"):
        signs = np.sign(np.nan_to_num(values))
    elif f"{column}_sign" in bars:
        signs = bars[f"{column}_sign"].to_numpy(np.float64)
    else:
        return [f"<td>{format_price(value)}</td>" for value in values]
    return [
        f'<td class="{CLASSES[int(sign)]}">{format_price(value)}</td>'
        for value, sign in zip(values, signs, strict=True)
    ]
