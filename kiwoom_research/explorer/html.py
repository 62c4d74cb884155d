"""Renders the HTML of the explorer's header and side: headline, badges, key figures, messages, waiting states."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from ..charts.format import format_amount, format_percent, format_price
from ..client.waits import Wait
from . import messages

MARKETS = {
    "kospi": "코스피", "kosdaq": "코스닥", "konex": "코넥스", "etf": "ETF", "etn": "ETN", "index": "지수",
    "kospi_sector": "코스피 업종", "kosdaq_sector": "코스닥 업종",
}  # fmt: skip
ARROWS = {1: "▲", -1: "▼", 0: ""}
CLASSES = {1: "kr-up", -1: "kr-down", 0: "kr-flat"}

STATES = {
    "거래정지": ("거래정지", "stop"), "관리종목": ("관리", "stop"), "투자주의환기종목": ("환기", "warn"),
    "환기종목": ("환기", "warn"), "단기과열": ("단기과열", "warn"), "정리매매": ("정리매매", "stop"),
    "투자위험": ("투자위험", "stop"), "투자경고": ("투자경고", "warn"), "투자주의": ("투자주의", "warn"),
    "불성실공시": ("불성실공시", "warn"),
}  # fmt: skip
"""Words of the stock list's state and audit columns: badge and colour."""
WARNINGS = {
    "etf caution": ("투자유의", "warn"), "liquidation": ("정리매매", "stop"), "overheated": ("단기과열", "warn"),
    "risk": ("투자위험", "stop"), "warning": ("투자경고", "warn"),
}  # fmt: skip


def tag(name: str, content: str = "", **attributes: Any) -> str:
    """Render an element; the content is HTML, attribute values are escaped, ``_`` becomes ``-``.

    >>> tag("button", "일", class_="kr-on", data_value="1d", hidden=None)
    '<button class="kr-on" data-value="1d">일</button>'
    """
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{shown}>{content}</{name}>"


def button(label: str, action: str, title: str, **attributes: Any) -> str:
    """Render a button that reports an action; the label is text."""
    key = attributes.get("data_key")
    hint = f"{title} ({key})" if key else title
    return tag(
        "button", escape(label), type="button", data_do=action, title=hint, aria_label=title, **attributes
    )


# --- numbers ---------------------------------------------------------------------------------------


def format_won(value: float) -> str:
    """Format an amount of money with a Korean unit."""
    return "-" if not np.isfinite(value) else f"{format_amount(value, True)}원"


def format_shares(value: float) -> str:
    """Format a number of shares with a Korean unit."""
    return "-" if not np.isfinite(value) else f"{format_amount(value, True)}주"


def format_number(value: float, unit: str = "") -> str:
    """Format a number with its unit; a dash when it is missing."""
    return f"{format_price(value)}{unit}" if np.isfinite(value) else "-"


def format_traded(value: float) -> str:
    """Format a price of today's session; a dash before the first trade, for which the server sends 0."""
    return format_number(value) if value else "-"


def render_change(change: float, change_pct: float, sign: int) -> str:
    """Render arrow, change and percent in the colour of the direction."""
    if not np.isfinite(change):
        return tag("span", "-", class_="kr-change kr-flat")
    text = f"{ARROWS[sign]}{format_price(abs(change))} ({format_percent(change_pct)})"
    return tag("span", text, class_=f"kr-change {CLASSES[sign]}")


# --- the headline -----------------------------------------------------------------------------------


def status_badges(row: pd.Series | None) -> list[tuple[str, str]]:
    """Return the badges of a row of the stock list, most severe first: label and colour class."""
    if row is None:
        return []
    words = [word.strip() for column in ("state", "audit") for word in str(row[column]).split("|")]
    found = [STATES[word] for word in words if word in STATES]
    if str(row["warning"]) in WARNINGS:
        found.append(WARNINGS[str(row["warning"])])
    return sorted(dict.fromkeys(found), key=lambda badge: badge[1] != "stop")


def render_badges(badges: Iterable[tuple[str, str]]) -> str:
    """Render status badges such as 거래정지."""
    return "".join(tag("span", escape(label), class_=f"kr-status kr-{kind}") for label, kind in badges)


def render_headline(name: str, code: str, market: str, badges: str, price: str, note: str) -> str:
    """Render the name of the stock, its badges, and its price as it is known so far."""
    place = " · ".join(filter(None, (code, MARKETS.get(market, market))))
    return (
        tag("span", escape(name), class_="kr-name") + tag("span", escape(place), class_="kr-code") + badges
        + tag("span", price, class_="kr-prices") + tag("span", note, class_="kr-price-note")
    )  # fmt: skip


def render_price(row: pd.Series, price: str = "price", change: str = "change") -> str:
    """Render the price and its change."""
    if not np.isfinite(float(row[price])):
        return tag("span", "-", class_="kr-price kr-flat")
    sign = int(row[f"{price}_sign"])
    shown = tag("span", format_price(float(row[price])), class_=f"kr-price {CLASSES[sign]}")
    return shown + render_change(float(row[change]), float(row["change_pct"]), sign)


def price_skeleton() -> str:
    """Render the place of a price that is being loaded."""
    return tag("span", "", class_="kr-skeleton kr-skeleton-price")


# --- key figures ------------------------------------------------------------------------------------


def render_facts(facts: Iterable[tuple[str, str]]) -> str:
    """Render labels and values."""
    cells = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in facts)
    return tag("dl", cells, class_="kr-facts")


def render_card(content: str, title: str = "") -> str:
    """Render a card of the side column or of a tab."""
    head = tag("div", escape(title), class_="kr-card-title") if title else ""
    return tag("div", head + content, class_="kr-card")


def render_stock_facts(row: pd.Series, foreign: pd.Series | None, halted: bool) -> str:
    """Render market value, valuation, 52-week range, today's session and foreign holding."""
    facts = [
        ("시가총액", format_won(row["market_cap"])),
        ("PER", format_number(row["per"], "배")),
        ("PBR", format_number(row["pbr"], "배")),
        ("EPS", format_number(row["eps"], "원")),
        ("ROE", format_number(row["roe"], "%")),
        ("시가", format_traded(row["open"])),
        ("고가", format_traded(row["high"])),
        ("저가", format_traded(row["low"])),
        ("거래량", format_shares(row["volume"])),
    ]
    if halted:
        facts.insert(0, ("정지 가격", format_number(row["price"], "원")))
    if foreign is not None:
        facts.append(("외국인 보유", format_number(foreign["foreign_holding"], "%")))
    facts.append(("외국인 소진율", format_number(row["foreign_exhaustion"], "%")))
    year = _range(row["low_250d"], row["high_250d"], row["price"])
    return render_card(year + render_facts(facts))


def render_index_facts(row: pd.Series) -> str:
    """Render the session and the year of an index, and how many of its stocks rise and fall."""
    facts = [
        ("시가", format_traded(row["open_level"])),
        ("고가", format_traded(row["high_level"])),
        ("저가", format_traded(row["low_level"])),
        ("상승", format_number(row["rising"], "종목")),
        ("보합", format_number(row["unchanged"], "종목")),
        ("하락", format_number(row["falling"], "종목")),
        ("거래량", format_shares(row["volume"])),
        ("거래대금", format_won(row["value"])),
    ]
    return render_card(
        _range(row["low_52w_level"], row["high_52w_level"], row["level"]) + render_facts(facts)
    )


def _range(low: float, high: float, price: float) -> str:
    """Render the position of a price between the low and the high of a year."""
    if not np.isfinite(low + high + price) or high <= low:
        return ""
    at = min(max(100 * (price - low) / (high - low), 0), 100)
    low_text, high_text = format_price(low), format_price(high)
    return (
        f'<div class="kr-range" title="52주 최저 {low_text}, 최고 {high_text}"><div class="kr-card-title">52주 범위</div>'
        f'<div class="kr-track"><i style="left:{at:.1f}%"></i></div>'
        f'<div class="kr-ends"><span>{low_text}</span><span>{high_text}</span></div></div>'
    )


def key_figures_skeleton() -> str:
    """Render the place of key figures that are being loaded."""
    lines = "".join('<i class="kr-skeleton"></i>' for _ in range(8))
    return render_card(
        tag("div", lines, class_="kr-skeleton-lines", role="status", aria_label=messages.LOADING)
    )


# --- messages and waiting -----------------------------------------------------------------------------


def render_message(text: str, *, retry: bool = False) -> str:
    """Render a sentence as an alert, with a button to try again; empty without a text."""
    if not text:
        return ""
    again = button(messages.RETRY, "refresh", messages.RETRY) if retry else ""
    return tag("div", tag("span", escape(text)) + again, class_="kr-message", role="alert")


def render_note(text: str) -> str:
    """Render a quiet sentence in place of content."""
    return tag("div", escape(text), class_="kr-note")


def render_wait(wait: Wait | None, what: str) -> str:
    """Render a spinner, what is being waited for, and a button to cancel; it appears after 150 ms."""
    return tag(
        "div",
        '<span class="kr-spinner"></span>'
        + tag("span", _describe_wait(wait, what))
        + button(messages.CANCEL, "cancel", messages.CANCEL, data_key="Escape"),
        class_="kr-wait", role="status",
    )  # fmt: skip


def _describe_wait(wait: Wait | None, what: str) -> str:
    """Describe a wait, with the seconds that are left or that have passed; the browser counts them."""
    if wait is None or (wait.reason == "limit" and wait.seconds < 1):
        return escape(what)
    if wait.reason == "reply":
        return f'{escape(what)} <span data-elapsed data-id="{escape(wait.api_id)}"></span>'
    seconds = f'<span data-countdown="{wait.seconds:.1f}" data-id="{id(wait)}"></span>'
    before, after = messages.describe_pause(wait)
    return f"{escape(before)}{seconds}{escape(after)}"


def chart_skeleton() -> str:
    """Render the outline of a chart that is being loaded."""
    heights = (38, 46, 41, 55, 62, 58, 70, 64, 52, 47, 56, 66, 74, 69, 60, 63, 72, 80, 76, 68)
    bars = "".join(f'<i style="height:{height}%"></i>' for height in heights)
    return tag("div", bars, class_="kr-chart-skeleton", aria_hidden="true")


def render_code(source: str) -> str:
    """Render Python code with a button that copies it."""
    copy = button(messages.COPY, "copy", messages.COPY, data_copied=messages.COPIED, class_="kr-copy")
    return tag("div", tag("span", messages.CODE_HINT) + copy, class_="kr-tools") + tag(
        "pre", escape(source), class_="kr-source", tabindex="0", aria_label="파이썬 코드"
    )
