"""What the explorer can show: stocks by their six-character codes, indices by their three digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..data.arguments import stock_code
from ..data.indices import index_code
from ..data.names import code_of

if TYPE_CHECKING:
    from ..client import Client

INDICES = {
    "001": "코스피", "101": "코스닥", "201": "코스피200", "150": "코스닥150", "701": "KRX100", "002": "코스피 대형주",
    "003": "코스피 중형주", "004": "코스피 소형주",
}  # fmt: skip
"""The indices that are known without a request."""


def parse_code(text: str) -> str:
    """Return the code of a stock or an index; ValueError for a text that is neither."""
    try:
        return index_code(text)
    except ValueError:
        return stock_code(text)


def instrument_of(text: str, client: Client | None) -> str:
    """Return the code of an index, or that of a stock given by code or name; ValueError with candidates otherwise."""
    try:
        return index_code(text)
    except ValueError:
        return code_of(text, client)


def is_index(code: str) -> bool:
    """Whether a code is the code of an index."""
    return len(code) == 3
