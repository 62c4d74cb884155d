"""Stocks and markets as people type them: by code, by name, a market in any case or in Korean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from ..endpoints.stock_info import STOCK_LIST
from .arguments import Codes, listed, stock_code
from .choices import StockMarket
from .stocks import MARKETS, get_stocks, market_word, matching, plain_name

if TYPE_CHECKING:
    from ..client import Client

LIKE_A_CODE = re.compile(
    r"[A-Z]?\d[0-9A-Za-z]{3,}|.*[:_.].*|[^0-9A-Za-z가-힣]+.*"
)  # a misspelt code is no name
SHOWN = 5  # candidates in an error


def code_of(code: object, client: Client | None) -> str:
    """A stock code as Kiwoom writes it, from a code or a name; ValueError with the candidates of another text.

    A name is understood if it is the whole name of one stock, or if only one stock's name holds it. It costs the stock
    list, which is cached for the day; a code costs nothing.
    """
    try:
        return stock_code(code)
    except ValueError:
        if not _may_be_name(code):
            raise
    text = str(code)
    found = matching(get_stocks("all", client=client), text)
    whole = found[[plain_name(str(name)) == plain_name(text) for name in found["name"]]]
    chosen = whole if len(whole) == 1 else found
    if len(chosen) == 1:
        return str(chosen.index[0])
    if not len(found):
        raise ValueError(f"code: no stock has a name like {text!r}, and it is no code such as '005930'")
    names = ", ".join(f"{code} {name}" for code, name in found["name"].head(SHOWN).items())
    raise ValueError(
        f"code: {len(found)} stocks have a name like {text!r}: {names}{', ...' * (len(found) > SHOWN)}; give one code"
    )


def codes_of(codes: Codes, client: Client) -> list[str]:
    """Stock codes from codes or names, or of a market such as "kospi" or "코스닥"; each once, in the order given."""
    if market := _market_of(codes):
        return get_stocks(market, client=client).index.tolist()
    return list(dict.fromkeys(code_of(code, client) for code in listed(codes)))


def codes_of_cached_list(codes: Codes, client: Client) -> list[str]:
    """`codes_of` without a request; ValueError where a list of stocks would have to be asked for."""
    market = _market_of(codes)
    several = [] if market else listed(codes)
    lists = MARKETS[market or "all"][0] if market or any(map(_may_be_name, several)) else ()
    if any(client.cached_next_key(STOCK_LIST, {"mrkt_tp": name}) is None for name in lists):
        raise ValueError(
            "codes: names and markets are looked up in the list of stocks, and a plan sends nothing:"
            f" load it with kr.get_stocks({market or 'all'!r}) first"
        )
    return codes_of(market or several, client)  # type: ignore[arg-type]


def _market_of(codes: Codes) -> StockMarket | None:
    """The market that is meant instead of codes, if one is."""
    market = market_word(codes) if isinstance(codes, str) else None
    return cast(StockMarket, market) if market in MARKETS else None


def _may_be_name(code: object) -> bool:
    """Whether a text is no code and no misspelt one either."""
    if not isinstance(code, str) or not any(letter.isalpha() for letter in code):
        return False
    try:
        stock_code(code)
    except ValueError:
        return not LIKE_A_CODE.fullmatch(code.strip())
    return False
