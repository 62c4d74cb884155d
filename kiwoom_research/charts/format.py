"""Numbers as charts print them: prices, large amounts, percentages."""

from __future__ import annotations

from itertools import pairwise

import numpy as np


def format_price(value: float, _: object = None) -> str:
    """A price or an index level, with decimals only where they carry information.

    >>> format_price(97000.0), format_price(95432.41), format_price(61.237), format_price(0.5)
    ('97,000', '95,432', '61.24', '0.5')
    """
    if not np.isfinite(value):
        return "-"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}".rstrip("0").rstrip(".")
    return text.replace("-", "−")


KOREAN_UNITS = ((1e12, "조"), (1e8, "억"), (1e4, "만"))
ENGLISH_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))


def format_amount(value: float, korean: bool) -> str:
    """Shares or won in units of 만, 억 and 조, or of K, M, B and T.

    >>> format_amount(12467623, True), format_amount(12467623, False)
    ('1,247만', '12.5M')
    >>> format_amount(950, True), format_amount(-12467623, True)
    ('950', '−1,247만')
    """
    units: tuple[tuple[float, str], ...] = KOREAN_UNITS if korean else ENGLISH_UNITS
    for (unit, name), (smaller, _) in pairwise((*units, (1.0, ""))):
        if abs(value) >= unit - smaller / 2:  # a value that would round to 10,000만 is written as 1억
            scaled = value / unit
            text = f"{scaled:,.0f}" if abs(scaled) >= 100 else f"{scaled:.3g}"
            return text.replace("-", "−") + name
    return format_price(value)


def format_percent(value: float) -> str:
    """A change in percent with its sign.

    >>> format_percent(0.9365), format_percent(-2), format_percent(0)
    ('+0.94%', '−2.00%', '0.00%')
    """
    return ("−" if value < 0 else "+" if value > 0 else "") + f"{abs(value):,.2f}%"
