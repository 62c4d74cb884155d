"""Renders HTML: the headline, the information panel, the bar table, quotes, messages and code."""

from __future__ import annotations

import base64
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from ..charts.format import format_amount, format_percent, format_price
from ..data.csv_export import csv_bytes
from . import messages

MAX_ROWS = 300
COLUMNS = {
    "open": "시가", "high": "고가", "low": "저가", "close": "종가", "change": "전일대비", "volume": "거래량",
    "value": "거래대금",
}  # fmt: skip
MARKETS = {"kospi": "코스피", "kosdaq": "코스닥", "konex": "코넥스", "etf": "ETF", "etn": "ETN"}
ARROWS = {1: "▲", -1: "▼", 0: ""}
CLASSES = {1: "kr-up", -1: "kr-down", 0: "kr-flat"}


def format_won(value: float) -> str:
    """Format an amount of money with a Korean unit."""
    return "-" if not np.isfinite(value) else f"{format_amount(value, True)}원"


def format_number(value: float, unit: str = "") -> str:
    """Format a number with its unit; a dash when it is missing."""
    return f"{format_price(value)}{unit}" if np.isfinite(value) else "-"


def render_change(row: pd.Series, price: str = "price") -> str:
    """Render arrow, change and percent in the colour of the direction."""
    value, share, sign = float(row["change"]), float(row["change_pct"]), int(row[f"{price}_sign"])
    if not np.isfinite(value):
        return '<span class="kr-change kr-flat">-</span>'
    text = f"{ARROWS[sign]}{format_price(abs(value))} ({format_percent(share)})"
    return f'<span class="kr-change {CLASSES[sign]}">{text}</span>'


def render_headline(code: str, name: str, row: pd.Series | None) -> str:
    """Render name, code, price and change; without a row the price is left out."""
    text = f'<span class="kr-name">{escape(name)}</span><span class="kr-code">{escape(code)}</span>'
    if row is not None and np.isfinite(float(row["price"])):
        colour = CLASSES[int(row["price_sign"])]
        text += (
            f'<span class="kr-price {colour}">{format_price(float(row["price"]))}</span>{render_change(row)}'
        )
    return f'<div class="kr-headline">{text}</div>'


def render_info(row: pd.Series | None, foreign: pd.Series | None, placeholder: str = "") -> str:
    """Render market value, valuation, 52-week range and foreign holding; without a row, `placeholder`."""
    if row is None:
        return f'<div class="kr-card kr-empty">{escape(placeholder)}</div>'
    facts = [
        ("시가총액", format_won(row["market_cap"])),
        ("PER", format_number(row["per"], "배")),
        ("PBR", format_number(row["pbr"], "배")),
        ("EPS", format_number(row["eps"], "원")),
        ("ROE", format_number(row["roe"], "%")),
        ("시가", format_number(row["open"])),
        ("고가", format_number(row["high"])),
        ("저가", format_number(row["low"])),
        ("거래량", f"{format_amount(row['volume'], True)}주" if np.isfinite(row["volume"]) else "-"),
    ]
    if foreign is not None:
        facts.append(("외국인 보유", format_number(foreign["foreign_holding"], "%")))
    facts.append(("외국인 소진율", format_number(row["foreign_exhaustion"], "%")))
    cells = "".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in facts)
    return f'<div class="kr-card">{_year(row)}<dl class="kr-facts">{cells}</dl></div>'


def _year(row: pd.Series) -> str:
    """Render the position of the price between the low and the high of 250 sessions."""
    low, high, price = (float(row[name]) for name in ("low_250d", "high_250d", "price"))
    if not np.isfinite(low + high + price) or high <= low:
        return ""
    at = min(max(100 * (price - low) / (high - low), 0), 100)
    return (
        f'<div class="kr-range" title="최근 250거래일 최저 {format_price(low)}, 최고 {format_price(high)}">'
        f'<div class="kr-range-title">52주 범위</div><div class="kr-track"><i style="left:{at:.1f}%"></i></div>'
        f'<div class="kr-ends"><span>{format_price(low)}</span><span>{format_price(high)}</span></div></div>'
    )


# --- the table -----------------------------------------------------------------------------------


def render_bars(bars: pd.DataFrame, code: str, freq: str) -> str:
    """Render the newest bars as a table, newest first, with a link to download all of them as CSV."""
    columns = [column for column in COLUMNS if column in bars]
    newest = bars.iloc[::-1].iloc[:MAX_ROWS]
    form = "%Y-%m-%d" if newest.index.name == "date" else "%m-%d %H:%M"
    if newest.index.nlevels > 1:
        form += ":%S"
    times = pd.DatetimeIndex(newest.index.get_level_values(0)).strftime(form)
    cells = [[f"<th scope='row'>{time}</th>" for time in times]]
    cells += [_cells(newest, column) for column in columns]
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True))
    heads = "".join(f"<th scope='col'>{COLUMNS[column]}</th>" for column in columns)
    count = f"{len(bars):,}행" if len(bars) <= MAX_ROWS else f"{len(bars):,}행 중 최근 {MAX_ROWS}행"
    return (
        f'<div class="kr-tools"><span>{count} · 원, 주</span>{render_csv_link(bars, code, freq)}</div>'
        f'<div class="kr-scroll" tabindex="0" role="region" aria-label="시세 표">'
        f"<table class='kr-table'><thead><tr><th scope='col'>시각</th>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _cells(bars: pd.DataFrame, column: str) -> list[str]:
    values = bars[column].to_numpy(np.float64)
    if column == "change":
        signs = np.sign(np.nan_to_num(values))
    elif f"{column}_sign" in bars:
        signs = bars[f"{column}_sign"].to_numpy(np.float64)
    else:
        return [f"<td>{format_price(value)}</td>" for value in values]
    return [
        f'<td class="{CLASSES[int(sign)]}">{format_price(value)}</td>'
        for value, sign in zip(values, signs, strict=True)
    ]


def render_csv_link(bars: pd.DataFrame, code: str, freq: str) -> str:
    """Render a link that holds the whole CSV file, so that no server is needed to download it."""
    encoded = base64.b64encode(csv_bytes(bars, code)).decode("ascii")
    name = escape(f"{code}_{freq}.csv", quote=True)
    return (
        f'<a class="kr-csv" download="{name}" href="data:text/csv;charset=utf-8;base64,{encoded}"'
        f' title="모든 열을 담은 CSV 파일">CSV 내려받기</a>'
    )


def render_code(source: str) -> str:
    """Render Python code that one click selects as a whole."""
    return (
        f'<div class="kr-tools"><span>{messages.CODE_HINT}</span></div>'
        f'<pre class="kr-lines" tabindex="0" aria-label="파이썬 코드">{escape(source)}</pre>'
    )


def render_quote(row: Any) -> str:
    """Render price and percent change of a watched stock."""
    if not bool(row["found"]) or not np.isfinite(row["price"]):
        return '<span class="kr-quote kr-flat">-</span>'
    sign = int(row["price_sign"])
    share = format_percent(float(row["change_pct"]))
    return f'<span class="kr-quote {CLASSES[sign]}">{format_price(row["price"])}<br>{ARROWS[sign]} {share}</span>'


def render_message(text: str) -> str:
    """Render a sentence as an alert; empty without a text."""
    return f'<div class="kr-message" role="alert">{escape(text)}</div>' if text else ""


def render_hint(text: str) -> str:
    """Render a quiet sentence in place of the chart."""
    return f'<div class="kr-hint">{escape(text)}</div>'
