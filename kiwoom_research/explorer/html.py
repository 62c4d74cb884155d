"""Frames as HTML: the headline, the panel about the stock, the table, the lines of code."""

from __future__ import annotations

import base64
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from ..charts.theme import amount, number, percent

MOST_ROWS = 300
COLUMNS = {
    "open": "시가", "high": "고가", "low": "저가", "close": "종가", "change": "전일대비", "volume": "거래량",
    "value": "거래대금",
}  # fmt: skip
MARKETS = {"kospi": "코스피", "kosdaq": "코스닥", "konex": "코넥스", "etf": "ETF", "etn": "ETN"}
ARROWS = {1: "▲", -1: "▼", 0: ""}
CLASSES = {1: "kr-up", -1: "kr-down", 0: "kr-flat"}


def won(value: float) -> str:
    """An amount of money, short."""
    return "-" if not np.isfinite(value) else f"{amount(value, True)}원"


def known(value: float, unit: str = "") -> str:
    """A number with its unit; a dash when it is missing."""
    return f"{number(value)}{unit}" if np.isfinite(value) else "-"


def change(row: pd.Series, price: str = "price") -> str:
    """Arrow, change and percent in the colour of their direction."""
    value, share, sign = float(row["change"]), float(row["change_pct"]), int(row[f"{price}_sign"])
    if not np.isfinite(value):
        return '<span class="kr-change kr-flat">-</span>'
    text = f"{ARROWS[sign]}{number(abs(value))} ({percent(share)})"
    return f'<span class="kr-change {CLASSES[sign]}">{text}</span>'


def headline(code: str, name: str, row: pd.Series | None) -> str:
    """Name, code, price and change; the price is missing while it is on its way."""
    text = f'<span class="kr-name">{escape(name)}</span><span class="kr-code">{escape(code)}</span>'
    if row is not None and np.isfinite(float(row["price"])):
        colour = CLASSES[int(row["price_sign"])]
        text += f'<span class="kr-price {colour}">{number(float(row["price"]))}</span>{change(row)}'
    return f'<div class="kr-headline">{text}</div>'


def panel(row: pd.Series | None, foreign: pd.Series | None, otherwise: str = "") -> str:
    """What the stock is: market value, valuation, the range of a year, what foreigners hold."""
    if row is None:
        return f'<div class="kr-card kr-empty">{escape(otherwise)}</div>'
    facts = [
        ("시가총액", won(row["market_cap"])),
        ("PER", known(row["per"], "배")),
        ("PBR", known(row["pbr"], "배")),
        ("EPS", known(row["eps"], "원")),
        ("ROE", known(row["roe"], "%")),
        ("시가", known(row["open"])),
        ("고가", known(row["high"])),
        ("저가", known(row["low"])),
        ("거래량", f"{amount(row['volume'], True)}주" if np.isfinite(row["volume"]) else "-"),
    ]
    if foreign is not None:
        facts.append(("외국인 보유", known(foreign["foreign_holding"], "%")))
    facts.append(("외국인 소진율", known(row["foreign_exhaustion"], "%")))
    cells = "".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in facts)
    return f'<div class="kr-card">{_year(row)}<dl class="kr-facts">{cells}</dl></div>'


def _year(row: pd.Series) -> str:
    """Where the price stands between lowest and highest of 250 sessions."""
    low, high, price = (float(row[name]) for name in ("low_250d", "high_250d", "price"))
    if not np.isfinite(low + high + price) or high <= low:
        return ""
    at = min(max(100 * (price - low) / (high - low), 0), 100)
    return (
        f'<div class="kr-range" title="최근 250거래일 최저 {number(low)}, 최고 {number(high)}">'
        f'<div class="kr-range-title">52주 범위</div><div class="kr-track"><i style="left:{at:.1f}%"></i></div>'
        f'<div class="kr-ends"><span>{number(low)}</span><span>{number(high)}</span></div></div>'
    )


# --- the table -----------------------------------------------------------------------------------


def table(bars: pd.DataFrame, name: str, freq: str) -> str:
    """The newest bars first, and all of them as a CSV file to download."""
    columns = [column for column in COLUMNS if column in bars]
    newest = bars.iloc[::-1].iloc[:MOST_ROWS]
    form = "%Y-%m-%d" if newest.index.name == "date" else "%m-%d %H:%M"
    if newest.index.nlevels > 1:
        form += ":%S"
    times = pd.DatetimeIndex(newest.index.get_level_values(0)).strftime(form)
    cells = [[f"<th scope='row'>{time}</th>" for time in times]]
    cells += [_cells(newest, column) for column in columns]
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True))
    heads = "".join(f"<th scope='col'>{COLUMNS[column]}</th>" for column in columns)
    count = f"{len(bars):,}행" if len(bars) <= MOST_ROWS else f"{len(bars):,}행 중 최근 {MOST_ROWS}행"
    return (
        f'<div class="kr-tools"><span>{count} · 원, 주</span>{csv_link(bars, name, freq)}</div>'
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
        return [f"<td>{number(value)}</td>" for value in values]
    return [
        f'<td class="{CLASSES[int(sign)]}">{number(value)}</td>'
        for value, sign in zip(values, signs, strict=True)
    ]


def csv_link(bars: pd.DataFrame, code: str, freq: str) -> str:
    """All columns as a file inside the link: nothing to serve, so it works in every front end."""
    text = bars.to_csv().encode("utf-8-sig")  # Excel takes Hangul for Latin without the mark
    held = base64.b64encode(text).decode("ascii")
    name = escape(f"{code}_{freq}.csv", quote=True)
    return (
        f'<a class="kr-csv" download="{name}" href="data:text/csv;charset=utf-8;base64,{held}"'
        f' title="모든 열을 담은 CSV 파일">CSV 내려받기</a>'
    )


def code(lines: str) -> str:
    """Lines to copy: one click selects them all."""
    return (
        '<div class="kr-tools"><span>이 화면의 데이터와 차트를 그대로 만드는 코드입니다. '
        "누르면 전체가 선택됩니다 (Ctrl+C로 복사).</span></div>"
        f'<pre class="kr-lines" tabindex="0" aria-label="파이썬 코드">{escape(lines)}</pre>'
    )


def quote(row: Any) -> str:
    """Price and percent of a watched stock."""
    if not bool(row["found"]) or not np.isfinite(row["price"]):
        return '<span class="kr-quote kr-flat">-</span>'
    sign = int(row["price_sign"])
    share = percent(float(row["change_pct"]))
    return f'<span class="kr-quote {CLASSES[sign]}">{number(row["price"])}<br>{ARROWS[sign]} {share}</span>'


def message(text: str) -> str:
    """A sentence that stands out; empty without a text."""
    return f'<div class="kr-message" role="alert">{escape(text)}</div>' if text else ""
