"""The cost of a trade in Korea: the tax on sales, by market and trade date, and the broker's commission."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

TaxedMarket = Literal["kospi", "kosdaq", "konex", "etf", "etn"]


class Tax(NamedTuple):
    """The tax on a sale, in percent of the price, from a trade date on."""

    since: date
    market: TaxedMarket
    pct: float
    source: str


# Securities transaction tax and, in KOSPI, 0.15 % special tax for rural development: paid by the seller alone.
# The law counts the day of settlement, two sessions after the trade (joseplus.com, 2019-05-27; edaily.co.kr,
# 2020-12-29), so a rate of 1 January begins on the last session but one of December.
_UNTIL_2019 = "hankyung.com 2001-08-03; unchanged from 1996 to 2019: hankookilbo.com 2019-05-21"
_2019 = "joseplus.com 2019-05-27, etnews.com 2019-05-21: trades from 30 May"
_2021 = "edaily.co.kr 2020-12-29: trades from that day"
_2023 = "2022-12-28 by msrpipelines.tistory.com; rates: studygov.kr 2026 ('back to those of 2023')"
_2024 = "rates: hygood.co.kr (Hanyang Securities) 2024-12-26, 'before'; day by the rule of settlement"
_2025 = "hygood.co.kr (Hanyang Securities), notice of 2024-12-26: trades from 27 December"
_2026 = "magazine.hankyung.com 2025-12-01, donga.com 2025-12-01; day by the rule of settlement"
TAXES = (
    Tax(date(1997, 1, 1), "kospi", 0.30, _UNTIL_2019),
    Tax(date(2019, 5, 30), "kospi", 0.25, _2019),
    Tax(date(2020, 12, 29), "kospi", 0.23, _2021),
    Tax(date(2022, 12, 28), "kospi", 0.20, _2023),
    Tax(date(2023, 12, 27), "kospi", 0.18, _2024),
    Tax(date(2024, 12, 27), "kospi", 0.15, _2025),
    Tax(date(2025, 12, 29), "kospi", 0.20, _2026),
    Tax(date(1997, 1, 1), "kosdaq", 0.30, _UNTIL_2019),
    Tax(date(2019, 5, 30), "kosdaq", 0.25, _2019),
    Tax(date(2020, 12, 29), "kosdaq", 0.23, _2021),
    Tax(date(2022, 12, 28), "kosdaq", 0.20, _2023),
    Tax(date(2023, 12, 27), "kosdaq", 0.18, _2024),
    Tax(date(2024, 12, 27), "kosdaq", 0.15, _2025),
    Tax(date(2025, 12, 29), "kosdaq", 0.20, _2026),
    Tax(date(2013, 7, 1), "konex", 0.30, "babytimes.co.kr 2019-05-27, 'before'; the market opened that day"),
    Tax(date(2019, 5, 30), "konex", 0.10, _2019 + "; not changed since"),
    Tax(date(1997, 1, 1), "etf", 0.0, "no transaction tax: kodex.com, FAQ"),
    Tax(date(1997, 1, 1), "etn", 0.0, "no transaction tax: kodex.com, FAQ"),
)
COMMISSION = 0.015  # %, buying or selling, Kiwoom online: ttimeeconomy.com 2014-07; contracts differ


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of a purchase and of a sale, as fractions of the value traded: 0.0015 is 0.15 %.

    An instance can be called with a quantity (negative for a sale) and a price. It returns the costs in won, which
    is what ``bt.Backtest`` expects as ``commissions``.
    """

    buy: float
    sell: float

    @property
    def each_way(self) -> float:
        """The mean of `buy` and `sell`, for engines with a single rate (``commission`` of backtesting.py)."""
        return (self.buy + self.sell) / 2

    def __call__(self, quantity: float, price: float) -> float:
        """Return the costs of a trade [KRW]."""
        return abs(quantity * price) * (self.sell if quantity < 0 else self.buy)


def costs(
    market: TaxedMarket = "kospi",
    day: str | date | pd.Timestamp | None = None,
    *,
    commission: float = COMMISSION,
) -> Costs:
    """The costs of a trade on one day: commission on both sides, transaction tax on the sale.

    Parameters
    ----------
    market : {"kospi", "kosdaq", "konex", "etf", "etn"}
        The market of the stock.
    day : date or text, optional
        Day of the trade. Without it the newest tax rates apply.
    commission : float
        The broker's commission on either side [%]. It depends on your contract.

    Returns
    -------
    Costs
        ``buy`` and ``sell`` as fractions; callable for bt, ``each_way`` for backtesting.py.

    Raises
    ------
    ValueError
        An unknown market, a day before the first known rate, or a commission that is no percentage.

    Notes
    -----
    Slippage, the spread, and the capital gains tax of large holders are not included.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> rates = kr.costs("kospi", "2025-06-02", commission=0.015)
    >>> round(100 * rates.buy, 3), round(100 * rates.sell, 3)
    (0.015, 0.165)
    >>> round(rates(-10, 70_000))  # [KRW] for the sale of ten shares
    1155
    """
    rates = _rates(market)
    at = rates[-1].since if day is None else pd.Timestamp(day).date()
    valid = [tax for tax in rates if tax.since <= at]
    if not valid:
        raise ValueError(
            f"day: expected {rates[0].since} or later, got {at}; earlier taxes of {market} are unknown"
        )
    fee = _percent(commission)
    return Costs(fee, fee + valid[-1].pct / 100)


def cost_table(
    index: pd.DatetimeIndex, market: TaxedMarket = "kospi", *, commission: float = COMMISSION
) -> pd.DataFrame:
    """The costs of a trade on each of many days, for engines that take one rate per bar (vectorbt's ``fees``).

    Parameters
    ----------
    index : pandas.DatetimeIndex
        Days of the trades.
    market, commission
        As in `costs`.

    Returns
    -------
    pandas.DataFrame
        Columns ``buy`` and ``sell`` [fractions].

    Raises
    ------
    ValueError
        As in `costs`.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> days = pd.DatetimeIndex(["2025-12-26", "2025-12-29"])
    >>> kr.cost_table(days, commission=0)["sell"].tolist()
    [0.0015, 0.002]
    """
    rates = _rates(market)
    days = index.tz_localize(None) if index.tz is not None else index
    at = (
        np.searchsorted(
            np.array([t.since for t in rates], "datetime64[D]"), days.to_numpy("datetime64[D]"), "right"
        )
        - 1
    )
    if (at < 0).any():
        raise ValueError(
            f"index: expected {rates[0].since} or later, got {days.min():%Y-%m-%d};"
            f" earlier taxes of {market} are unknown"
        )
    fee = _percent(commission)
    tax = np.array([rate.pct for rate in rates])[at] / 100
    return pd.DataFrame({"buy": np.full(len(days), fee), "sell": fee + tax}, index=index)


def tax_table() -> pd.DataFrame:
    """The taxes on sales, with their sources.

    Returns
    -------
    pandas.DataFrame
        ``since`` (first trade date), ``market``, ``pct`` [%], ``source``.

    Examples
    --------
    >>> table = tax_table()
    >>> table[table["market"] == "kospi"]["pct"].tolist()
    [0.3, 0.25, 0.23, 0.2, 0.18, 0.15, 0.2]
    """
    return pd.DataFrame(TAXES).astype({"since": "datetime64[us]"})


def _rates(market: TaxedMarket) -> list[Tax]:
    if market not in get_args(TaxedMarket):
        raise ValueError(f"market: expected one of {', '.join(get_args(TaxedMarket))}, got {market!r}")
    return [tax for tax in TAXES if tax.market == market]


def _percent(commission: float) -> float:
    if not 0 <= commission < 10:
        raise ValueError(f"commission: expected a percentage such as {COMMISSION}, got {commission!r}")
    return commission / 100
