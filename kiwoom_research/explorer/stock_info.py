"""The tab 정보: everything the broker says about a stock, in groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import data
from .html import format_number, format_shares, format_traded, format_won, render_facts, tag
from .search import row_of

if TYPE_CHECKING:
    from ..client import Client


def load_info(code: str, client: Client, refresh: bool) -> pd.Series:
    """Request the basic facts of a stock."""
    return data.get_info(code, client=client, refresh=refresh).iloc[0]


def render_quote_facts(row: pd.Series) -> str:
    """Render prices, limits and the expected price of an auction."""
    return render_facts(
        [
            ("현재가", format_number(row["price"], "원")),
            ("기준가", format_number(row["base_price"], "원")),
            ("시가", format_traded(row["open"])),
            ("고가", format_traded(row["high"])),
            ("저가", format_traded(row["low"])),
            ("상한가", format_number(row["upper_limit"])),
            ("하한가", format_number(row["lower_limit"])),
            ("예상체결가", format_traded(row["expected_price"])),
            ("거래량", format_shares(row["volume"])),
            ("전일 거래량 대비", format_number(row["volume_ratio"], "%")),
            ("연중 최고", format_number(row["year_high"])),
            ("연중 최저", format_number(row["year_low"])),
            ("250일 최고", _with_date(row, "high_250d")),
            ("250일 최저", _with_date(row, "low_250d")),
        ]
    )


def render_valuation_facts(row: pd.Series) -> str:
    """Render valuation and the last annual statement."""
    return render_facts(
        [
            ("시가총액", format_won(row["market_cap"])),
            ("PER", format_number(row["per"], "배")),
            ("PBR", format_number(row["pbr"], "배")),
            ("EV/EBITDA", format_number(row["ev"], "배")),
            ("EPS", format_number(row["eps"], "원")),
            ("BPS", format_number(row["bps"], "원")),
            ("ROE", format_number(row["roe"], "%")),
            ("매출액", format_won(row["revenue"])),
            ("영업이익", format_won(row["operating_profit"])),
            ("당기순이익", format_won(row["net_income"])),
            ("결산월", format_number(row["fiscal_month"], "월")),
        ]
    )


def render_share_facts(row: pd.Series) -> str:
    """Render shares, capital, and what foreigners and lenders hold."""
    return render_facts(
        [
            ("상장주식", format_shares(row["listed_shares"])),
            ("유통주식", format_shares(row["float_shares"])),
            ("유통비율", format_number(row["float_ratio"], "%")),
            ("액면가", format_number(row["face_value"])),
            ("자본금", format_won(row["capital"])),
            ("외국인 소진율", format_number(row["foreign_exhaustion"], "%")),
            ("신용비율", format_number(row["credit_ratio"], "%")),
            ("대용가", format_number(row["collateral_price"], "원")),
        ]
    )


def load_listing(code: str, client: Client, refresh: bool) -> pd.Series | None:
    """Request the stock list and return the row of the stock; None for a stock that it does not have."""
    stocks = data.get_stocks("all", client=client, refresh=refresh)
    plain = code.split("_")[0]
    return row_of(stocks, plain)


def render_listing(row: pd.Series) -> str:
    """Render how the exchange lists the stock."""
    listed = row["listing_date"]
    return render_facts(
        [
            ("시장", _text(row["market_name"])),
            ("업종", _text(row["sector"])),
            ("규모", _text(row["size"])),
            ("소속부", _text(row["company_class"])),
            ("상장일", "-" if pd.isna(listed) else f"{listed:%Y-%m-%d}"),
            ("상태", _text(row["state"]).replace("|", " · ")),
            ("감리", _text(row["audit"])),
            ("NXT 거래", "가능" if bool(row["nxt"]) else "불가"),
        ]
    )


def render_info(row: pd.Series) -> str:
    """Render all groups of facts side by side."""
    groups = {
        "시세": render_quote_facts,
        "가치와 실적": render_valuation_facts,
        "주식과 자본": render_share_facts,
    }
    return tag(
        "div",
        "".join(
            tag("div", tag("div", title, class_="kr-card-title") + render(row))
            for title, render in groups.items()
        ),
        class_="kr-columns-of-facts",
    )


SECTIONS = (("기본 정보", load_info, render_info), ("상장", load_listing, render_listing))


def _with_date(row: pd.Series, name: str) -> str:
    day = row[f"{name}_date"]
    date = "" if pd.isna(day) else f" ({day:%y-%m-%d})"
    return f"{format_number(row[name])}{date}"


def _text(value: Any) -> str:
    return "-" if pd.isna(value) or not str(value).strip() else str(value)
