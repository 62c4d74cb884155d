"""Replies that say who trades a stock: foreigners, short sellers, kinds of investors.

An invented market draws them per code and day; a replayed one knows what its files know, and all else is blank.
Since 2026-09-14 the numbers of an invented session come late, as they do on the real server. A delisted stock has no rows.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import numpy as np

from ...calendar import KST, is_session, previous_session
from ..market.bars import Bars, Column, cut, joined, seconds, until
from .encode import encode_bars, encode_column, encode_rows, encode_times
from .generic import generic_reply
from .request import Page, Request

# What the parts of "institutions" take of what institutions buy; the state takes the rest.
PARTS = {
    "securities_net": 0.34, "insurance_net": 0.06, "trust_net": 0.22, "other_finance_net": 0.02,
    "bank_net": 0.04, "pension_net": 0.2, "private_fund_net": 0.12,
}  # fmt: skip
# When the numbers of a session come, measured by one source from 2026-09-14 on; all are whole with the sums of the day.
FLOWS_OF_REGULAR_HOURS, FLOWS_OF_EVENING, SHORT_SALES, LENDING = (
    time(15, 40),
    time(20, 5),
    time(18, 5),
    time(20, 5),
)
REGULAR_PART = 0.93  # of the flows of a day, without those of its evening
SHORT_BY_EVENING = 0.97  # of the short sales of a day
# Holdings of a few large stocks are corrected in the morning after.
CORRECTIONS = {"005930": 45_960, "000660": 30_660}
CORRECTED = time(7, 5)
GROSS_FACTOR = 3  # who ends up with one share more has bought two and sold one


def foreign_holdings(request: Request) -> Page:
    """ka10008: what foreigners hold, 50 sessions a page; from midnight on with a row of the coming session."""
    bars, key = days_page(request, request.now.date(), with_coming=True)
    found = encode_bars(request.table, bars)
    if bars.size:
        found |= encode_numbers(request, foreign_paths(request, bars))
    return Page({request.table.rows: encode_rows(request.table, found, bars.size)}, key, bars.size)


def investor_flows(request: Request) -> Page:
    """ka10059: net, bought or sold by kind of investor, in shares, thousand shares or million won."""
    bars, key = days_page(request, day_written(request.body.get("dt", ""), request.now.date()))
    found = encode_bars(request.table, bars)
    if bars.size:
        change = np.where(bars.base > 0, bars.change / np.maximum(bars.base, 1) * 100, np.nan)
        found |= encode_numbers(request, {"change_pct": change, **_sided_flows(request, bars)})
    return Page({request.table.rows: encode_rows(request.table, found, bars.size)}, key, bars.size)


def short_sales(request: Request) -> Page:
    """ka10014: short sales of a range of days."""
    bars, key, first = days_between(request)
    if is_late(request, bars) and request.now.time() < SHORT_SALES:
        bars = cut(bars, slice(-1))
    found = encode_bars(request.table, bars)
    if bars.size:
        known = np.where(bars.base > 0, bars.change / np.maximum(bars.base, 1) * 100, np.nan)
        found |= encode_numbers(request, {"change_pct": known, **_shorts(request, bars, first)})
    return Page({request.table.rows: encode_rows(request.table, found, bars.size)}, key, bars.size)


def credit_balances(request: Request) -> Page:
    """ka10013: margin loans, or stock lent to sell, of a stock; the row of a session comes with the next one."""
    last = min(
        day_written(request.body.get("dt", ""), request.now.date()), previous_session(request.now.date())
    )
    bars, key = days_page(request, last)
    found = encode_bars(request.table, bars)
    if bars.size and request.market.invented:
        what = f"credit {request.body.get('qry_tp', '')}"
        opened, repaid, balance, value = _balances(request, request.code, bars.time, what, 0.01)
        found |= encode_numbers(
            request,
            {
                "credit_opened": opened,
                "credit_repaid": repaid,
                "credit_change": opened - repaid,
                "credit_shares": balance,
                "credit_value": value,
                "credit_opened_pct": 100 * opened / np.maximum(bars.volume, 1),
                "credit_balance": 100 * balance / bars.shares,
            },
        )
    return Page({request.table.rows: encode_rows(request.table, found, bars.size)}, key, bars.size)


def lending_balances(request: Request) -> Page:
    """ka20068 and ka10068: stock lent and repaid, of a stock or of all of them."""
    if not request.market.invented:
        return generic_reply(request)
    whole = "stk_cd" not in request.body
    codes = [*request.market.codes] if whole else [request.code]
    asked = replace(request, body={**request.body, "stk_cd": codes[0]}) if whole else request
    bars, key, _ = days_between(asked)
    found = encode_bars(request.table, bars)
    if bars.size:
        of_each = [lending_of_days(request, code, bars.time) for code in codes]
        balances = np.sum(of_each, axis=0)
        if is_late(request, bars) and request.now.time() < LENDING:
            balances[:, -1] = 0
        lent, repaid, balance, value = balances
        found |= encode_numbers(
            request,
            {
                "lent": lent,
                "repaid": repaid,
                "lending_change": lent - repaid,
                "lending_balance": balance,
                "lending_value": value,
            },
        )
    return Page({request.table.rows: encode_rows(request.table, found, bars.size)}, key, bars.size)


def lending_of_days(request: Request, code: str, days: Column) -> Column:
    """What was lent, repaid and open of a stock on these days, and its value."""
    return _balances(request, code, days, "lending", 0.02)


def _balances(request: Request, code: str, days: Column, what: str, level: float) -> Column:
    """What was opened, repaid and open of a stock on these days, and its value; 0 without a bar.

    Each balance is the one before plus the change.
    """
    bars = until(request.market.history(code), request.now.date())
    path = np.cumsum(draws(request, bars, what, 1.0, code))
    mean = (path - np.append(np.zeros(min(20, path.size)), path[:-20])) / 20
    balance = np.rint(bars.shares * level * (1 + 0.8 * mean))
    change = np.diff(balance, prepend=balance[:1])
    turned = np.rint(bars.volume * level / 5)
    opened, repaid = turned + np.maximum(change, 0), turned + np.maximum(-change, 0)
    at = np.minimum(np.searchsorted(bars.time, days), bars.size - 1)
    known = np.array([opened, repaid, balance, balance * bars.close])[:, at]
    return np.where(np.isin(days, bars.time), known, 0.0)


def days_between(request: Request) -> tuple[Bars, str, np.datetime64]:
    """Daily bars of the days that were asked for, the key of the next page, and the first of these days."""
    bars, key = days_page(request, day_written(request.body.get("end_dt", ""), request.now.date()))
    first = np.datetime64(day_written(request.body.get("strt_dt", ""), date.min))
    inside = bars.time >= first
    return (bars, key, first) if inside.all() else (cut(bars, inside), "", first)


def days_page(request: Request, last: date, with_coming: bool = False) -> tuple[Bars, str]:
    """Daily bars as traded up to a day, one page of them, and the key of the next page."""
    begin = request.moment(r"{}(\d{{8}})", "%Y%m%d")
    stock, today = request.stock(), request.now.date()
    if stock is None or not stock.is_listed(today):
        return cut(request.market.daily(request.market.codes[0], request.now), slice(0)), ""
    bars = request.market.daily(request.code, request.now, adjusted=False, venue=request.venue)
    if with_coming and _is_before_opening(request, bars):
        coming = cut(bars, slice(-1, None))
        nothing = coming.volume * 0
        bars = joined([bars, coming._replace(time=np.full(1, seconds(today)), volume=nothing, value=nothing)])
    bars = until(bars, np.datetime64(last) if begin is None else begin)
    first = max(bars.size - request.call.page_rows, 0)
    key = f"{request.symbol}{encode_times(bars.time[first - 1 : first])[0]}" if first else ""
    return cut(bars, slice(first, None)), key


def is_late(request: Request, bars: Bars) -> bool:
    """Whether the newest row is of today, and its numbers are not whole yet."""
    today = request.now.date()
    hours = request.market.hours(today)
    of_today = bars.size > 0 and bars.time[-1] == seconds(today)
    return request.market.invented and hours.after_market and of_today and request.now < hours.sums_whole


def _is_before_opening(request: Request, bars: Bars) -> bool:
    """Whether the coming session is today's, and already has a row."""
    hours = request.market.hours(request.now.date())
    held = is_session(request.now.date()) and hours.after_market and request.now < hours.opening
    return request.market.invented and held and bars.size > 0


def _flows_seen(request: Request) -> float:
    """Which part of today's flows has been reported: those of the regular hours first, those of the evening at last."""
    hours, now = request.market.hours(request.now.date()), request.now
    if now.time() < FLOWS_OF_REGULAR_HOURS:
        return REGULAR_PART * max(0.0, min(1.0, (now - hours.opening) / (hours.closing - hours.opening)))
    evening = datetime.combine(now.date(), FLOWS_OF_EVENING, KST)
    return REGULAR_PART + (1 - REGULAR_PART) * max(0.0, (now - evening) / (hours.sums_whole - evening))


def day_written(text: str, otherwise: date) -> date:
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return otherwise


def encode_numbers(request: Request, values: dict[str, Column]) -> dict[str, list[str]]:
    """Columns of numbers as the table writes them, blank where missing."""
    made = {}
    for name, column in values.items():
        known = ~np.isnan(column)
        wire = encode_column(request.table.field(name), np.where(known, column, 0.0))
        made[name] = [text if there else "" for text, there in zip(wire, known.tolist(), strict=True)]
    return made


def _daily_numbers(request: Request, bars: Bars, name: str) -> Column:
    """A number that the market knows of every session, such as net buying; NaN where it does not."""
    days = bars.time.astype("datetime64[D]").tolist()
    return np.array([request.market.facts(request.code, day).get(name, np.nan) for day in days])


def foreign_paths(request: Request, bars: Bars) -> dict[str, Column]:
    change, share = (
        _daily_numbers(request, bars, "foreign_net"),
        _daily_numbers(request, bars, "foreign_holding"),
    )
    if request.market.invented:  # it knows today's share and every change: the path follows
        later = until(request.market.history(request.code), request.now.date())
        later = cut(later, later.time > bars.time[-1])
        held = share[-1] / 100 - (_daily_numbers(request, later, "foreign_net") / later.shares).sum()
        after = np.append((change / bars.shares)[::-1].cumsum()[::-1][1:], 0.0)
        share = np.clip(100 * (held - after), 0.01, 99.0)
    limit = np.where(bars.shares > 0, bars.shares, np.nan).astype(np.float64)
    held = np.rint(limit * share / 100)
    corrected = request.now.date() - timedelta(days=request.now.time() < CORRECTED)
    before = bars.time == seconds(corrected)
    if (
        request.market.invented
        and request.market.hours(corrected).after_market
        and not is_late(request, bars)
    ):
        missing = before * CORRECTIONS.get(request.code, 0)
        change, held = change - missing, held - missing
    if bars.size > 1 and (is_late(request, bars) or _is_before_opening(request, bars)):
        change[-1], held[-1], share[-1] = 0, held[-2], share[-2]  # a copy of the row before
    return {
        "foreign_change": change,
        "foreign_shares": held,
        "foreign_holding": share,
        "foreign_room": limit - held,
        "foreign_limit": limit,
        "foreign_limit_change": limit * 0,
        "foreign_exhaustion": share,
    }


def net_flows(request: Request, bars: Bars) -> dict[str, Column]:
    """Net shares of every kind of investor of an invented stock on these days; all sides are 0 together."""
    foreigners = _daily_numbers(request, bars, "foreign_net")
    seen = np.ones(bars.size)
    if is_late(request, bars):
        seen[-1] = _flows_seen(request)
    foreigners = np.rint(foreigners * seen)
    institutions = np.rint(bars.volume * draws(request, bars, "institutions", 0.08) * seen)
    company = np.rint(bars.volume * draws(request, bars, "companies", 0.01) * seen)
    resident = np.rint(bars.volume * draws(request, bars, "residents", 0.002) * seen)
    parts = {name: np.rint(institutions * part) for name, part in PARTS.items()}
    parts["state_net"] = institutions - np.sum(list(parts.values()), axis=0)
    return {
        "foreign_net": foreigners,
        "institution_net": institutions,
        **parts,
        "company_net": company,
        "resident_foreign_net": resident,
        "individual_net": -(foreigners + institutions + company + resident),
    }


def _sided_flows(request: Request, bars: Bars) -> dict[str, Column]:
    """Flows as the request wants them: net, bought or sold, in shares or won."""
    if request.market.invented:
        net = net_flows(request, bars)
    else:
        net = {"foreign_net": _daily_numbers(request, bars, "foreign_net")}
    when = request.table.when
    side = {"1": 1, "2": -1}.get(when["trde_tp"], 0)
    if side:
        net = {
            name: np.rint((GROSS_FACTOR * np.abs(column) + side * column) / 2) for name, column in net.items()
        }
    word = request.call.param("side").word(when["trde_tp"])
    sided = {name.replace("_net", f"_{word}"): column for name, column in net.items()}
    if when["amt_qty_tp"] == "1":
        return {f"{name}_value": column * bars.close for name, column in sided.items()}
    return sided


def _shorts(request: Request, bars: Bars, first: np.datetime64) -> dict[str, Column]:
    if not request.market.invented:
        return {}
    whole = request.market.history(request.code)
    whole = cut(whole, (whole.time >= first) & (whole.time <= bars.time[-1]))
    sold = np.rint(whole.volume * np.abs(draws(request, whole, "short", 0.05)))
    if is_late(request, bars):
        sold[-1] = np.rint(sold[-1] * SHORT_BY_EVENING)
    total = sold.cumsum()[-bars.size :]
    sold = sold[-bars.size :]
    price = np.rint((bars.high + bars.low) / 2)
    return {
        "short_volume": sold,
        "short_volume_sum": total,
        "short_ratio": 100 * sold / np.maximum(bars.volume, 1),
        "short_value": sold * price,
        "short_price": np.where(sold > 0, price, 0),
    }


def draws(request: Request, bars: Bars, what: str, width: float, code: str = "") -> Column:
    """A number between -1 and 1 times `width` for each day of a stock, the same whichever page it is on."""
    return request.market.draws(code or request.code, bars.time, what, width)
