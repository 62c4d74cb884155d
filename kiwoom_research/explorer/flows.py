"""The tab 수급: who buys and sells a stock, what foreigners hold, how much is sold short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .. import data
from ..charts.format import format_amount, format_percent
from .html import format_number, tag
from .svg import render_series

if TYPE_CHECKING:
    from ..client import Client

SESSIONS = 60
INVESTORS = {"individual_net": "개인", "foreign_net": "외국인", "institution_net": "기관"}


def load_investors(code: str, client: Client, refresh: bool) -> pd.DataFrame:
    """Request the daily net buying of individuals, foreigners and institutions."""
    return data.get_investors(code, pages=1, client=client, refresh=refresh).tail(SESSIONS)


def render_investors(frame: pd.DataFrame) -> str:
    """Render net buying as bars and its running total as a line, one chart for each kind of investor."""
    return "".join(
        _render_chart(
            frame, name, bars=frame[column], line=frame[column].cumsum(), unit="주",
            summary=f"{len(frame)}일 합계 {_signed(frame[column].sum())}주",
        )
        for column, name in INVESTORS.items()
    )  # fmt: skip


def load_foreign(code: str, client: Client, refresh: bool) -> pd.DataFrame:
    """Request what foreigners hold, day by day."""
    return data.get_foreign(code, pages=2, client=client, refresh=refresh).tail(SESSIONS)


def render_foreign(frame: pd.DataFrame) -> str:
    """Render the daily change of foreign holdings as bars and the share they hold as a line."""
    held = frame["foreign_holding"].dropna()
    summary = f"보유율 {held.iloc[-1]:.2f}%" if len(held) else ""
    return _render_chart(
        frame,
        "보유 변동",
        bars=frame["foreign_change"],
        line=frame["foreign_holding"],
        unit="주",
        summary=summary,
    )


def load_short(code: str, client: Client, refresh: bool) -> pd.DataFrame:
    """Request the short sales of the last sessions."""
    return data.get_short(code, client=client, refresh=refresh).tail(SESSIONS)


def render_short(frame: pd.DataFrame) -> str:
    """Render the shares sold short as bars and their share of the volume as a line."""
    ratio = frame["short_ratio"].dropna()
    summary = f"거래량의 {format_percent(ratio.iloc[-1]).lstrip('+')}" if len(ratio) else ""
    return _render_chart(
        frame, "공매도량", bars=frame["short_volume"], line=frame["short_ratio"], unit="주", summary=summary
    )


SECTIONS = (
    ("투자자별 순매수", load_investors, render_investors),
    ("외국인 보유", load_foreign, render_foreign),
    ("공매도", load_short, render_short),
)


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + format_amount(value, True)


def _render_chart(
    frame: pd.DataFrame, name: str, *, bars: pd.Series, line: pd.Series, unit: str, summary: str
) -> str:
    """Render one chart with its name, newest value and summary; provisional days are named as such."""
    if frame.empty:
        return ""
    dates = [f"{day:%Y-%m-%d}" for day in frame.index]
    marks = ["" if complete else " (잠정)" for complete in frame["complete"]]
    labels = [
        f"{date}{mark} {format_number(value, unit)}"
        for date, mark, value in zip(dates, marks, bars, strict=True)
    ]
    newest = bars.iloc[-1]
    latest = (
        f"{dates[-1][5:]}{marks[-1]} {_signed(newest)}{unit}" if pd.notna(newest) else f"{dates[-1][5:]} -"
    )
    colour = "kr-up" if newest > 0 else "kr-down" if newest < 0 else "kr-flat"
    head = (
        tag("span", name, class_="kr-series-name") + tag("span", latest, class_=colour)
        + tag("span", summary, class_="kr-faint")
    )  # fmt: skip
    ends = tag("span", dates[0]) + tag("span", dates[-1])
    return tag(
        "div",
        tag("div", head, class_="kr-series-head")
        + render_series(labels, bars=bars, line=line, title=f"{name} {latest} {summary}")
        + tag("div", ends, class_="kr-ends"),
        class_="kr-series",
    )  # fmt: skip
