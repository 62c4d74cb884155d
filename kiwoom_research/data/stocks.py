"""``get_stocks`` and ``find``: which stocks there are."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..endpoints.stock_info import STOCK_LIST
from ..endpoints.watchlist import WATCHLIST, WATCHLISTS
from .arguments import one_of
from .choices import StockMarket
from .connection import default_client
from .fetch import each_once, snapshot, stack

if TYPE_CHECKING:
    from ..client import Client

# market -> requests of ka10099 and the types to keep of each
MARKETS: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "kospi": (("0",), frozenset({"share", "reit"})),
    "kosdaq": (("10",), frozenset({"share", "reit"})),
    "stocks": (("0", "10"), frozenset({"share", "reit"})),
    "etf": (("8",), frozenset()),
    "etn": (("60",), frozenset()),
    "konex": (("50",), frozenset()),
    "all": (("0", "10"), frozenset()),
}


MARKET_WORDS = {
    "코스피": "kospi",
    "유가증권": "kospi",
    "코스닥": "kosdaq",
    "코넥스": "konex",
    "주식": "stocks",
    "전체": "all",
}


def market_word(market: object) -> object:
    """A market in any case or in Korean as `MARKETS` has it; anything else as it is."""
    if not isinstance(market, str):
        return market
    text = _plain(market)
    word = MARKET_WORDS.get(text, text)
    return word if word in MARKETS else market


def get_stocks(
    market: StockMarket = "stocks", *, client: Client | None = None, refresh: bool = False
) -> pd.DataFrame:
    """The list of what is listed.

    Kiwoom call: ka10099 종목정보 리스트, one or two requests, asked once a day.

    Parameters
    ----------
    market : str
        ``kospi`` or ``kosdaq`` (shares with preferred ones and REITs), ``stocks`` (both), ``etf``, ``etn``,
        ``konex``, or ``all`` (everything in the KOSPI and KOSDAQ lists, each code once).
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row a stock, index ``code``: name, market (the list it came from), type, ``listed_shares``
        [shares], ``previous_close`` [KRW], listing_date, sector, size, state, warning, nxt and more.

    Raises
    ------
    ValueError
        No such market.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.get_stocks("kospi").loc["005930", "name"]
    '삼성전자(가상)'
    """
    word = market_word(market)
    one_of(word, tuple(MARKETS), "market")
    using = default_client(client)
    requests, types = MARKETS[str(word)]
    frame = stack([snapshot(using, STOCK_LIST, {"mrkt_tp": request}, refresh) for request in requests])
    labels = {**frame.attrs, "market": word}
    if types:
        frame = frame[frame["type"].isin(types)]
    return each_once(frame, labels)


def find(text: str, *, client: Client | None = None, refresh: bool = False) -> pd.DataFrame:
    """Look stocks up by name or code.

    Kiwoom call: ka10099 종목정보 리스트 (cached for the day).

    Parameters
    ----------
    text : str
        A name or code, or a part of one; blanks and case do not matter, nothing in it is a pattern. Initial
        consonants will do (``"ㅅㅅㅈㅈ"``, ``"삼ㅅ"``), and so will an unfinished last syllable (``"삼서"``).
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Rows of ``get_stocks("all")``: exact matches first, then beginnings, then what holds the text, then
        initial consonants; of equals the larger company first.

    Raises
    ------
    ValueError
        Nothing to look for.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.find("하이닉스")["name"].tolist()
    ['SK하이닉스(가상)']
    >>> kr.find("ㅅㅅㅈㅈ")["name"].tolist()
    ['삼성전자(가상)']
    """
    if not isinstance(text, str) or not _plain(text):
        raise ValueError(f"text: expected a name or a code, got {text!r}")
    return matching(get_stocks("all", client=client, refresh=refresh), text)


def matching(stocks: pd.DataFrame, text: str) -> pd.DataFrame:
    """Rows of a stock list that a text can mean, best first, as `find` gives them; none of an empty text."""
    wanted = _plain(text)
    names = [_plain(str(name)) for name in stocks["name"]]
    ranks = np.array(
        [_rank(wanted, name, code) for name, code in zip(names, stocks.index, strict=True)], dtype=int
    )
    size = (stocks["listed_shares"] * stocks["previous_close"]).fillna(0).to_numpy(np.float64)
    order = np.lexsort((-size, ranks))
    found = stocks.iloc[order[ranks[order] < _NO_MATCH]]
    found.attrs = dict(stocks.attrs)
    return found


def plain_name(text: str) -> str:
    """A name as names are compared: without blanks, case and the mark of the sandbox's borrowed names."""
    return _plain(text).removesuffix("(가상)")


_NO_MATCH = 5
_LEADS = "ᄀᄁᄂᄃᄄᄅᄆᄇᄈᄉᄊᄋᄌᄍᄎᄏᄐᄑᄒ"  # as NFKC leaves a consonant that was typed alone
_TAILS = 28  # syllables that differ in their last consonant only


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _rank(wanted: str, name: str, code: str) -> int:
    code = code.casefold()
    if not wanted:
        return _NO_MATCH
    if wanted in (name, code, f"a{code}"):
        return 0
    if name.startswith(wanted) or code.startswith(wanted):
        return 1
    if wanted in name or wanted in code:
        return 2
    if wanted[-1] < "가" and not any(letter in _LEADS for letter in wanted):
        return _NO_MATCH  # nothing unfinished in it
    at = next((at for at in range(len(name) - len(wanted) + 1) if _begun(wanted, name[at:])), None)
    return _NO_MATCH if at is None else 3 if at == 0 else 4


def _begun(wanted: str, name: str) -> bool:
    """Whether a name begins like that, a lone consonant meaning any syllable that begins with it."""
    last = len(wanted) - 1
    return all(
        letter == other or _unfinished(letter, other, at == last)
        for at, (letter, other) in enumerate(zip(wanted, name, strict=False))
    )


def _unfinished(letter: str, syllable: str, last: bool) -> bool:
    if not "가" <= syllable <= "힣":
        return False
    number = ord(syllable) - ord("가")
    if letter in _LEADS:
        return _LEADS.index(letter) == number // (21 * _TAILS)
    typed = ord(letter) - ord("가")
    return last and typed >= 0 and typed % _TAILS == 0 and typed == number - number % _TAILS


def get_watchlist(
    name: str | None = None, *, client: Client | None = None, refresh: bool = False
) -> pd.DataFrame:
    """The lists of stocks that you keep at the broker, or the stocks of one of them.

    Kiwoom calls: ka01300 관심종목 그룹 리스트 조회, ka01301 관심종목 그룹 상세 조회.

    Parameters
    ----------
    name : str, optional
        The name of a list, or its three digits; the lists themselves without it.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        Without a name one row a list, index ``group_code``: ``group_name``. Else one row a stock, index ``code``:
        bookmark, bookmark_color; `get_quotes` and `pull` take the frame as it is.

    Raises
    ------
    ValueError
        No list of that name; the message names those there are.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.get_watchlist()["group_name"].tolist()
    ['관심종목', '배당']
    >>> kr.get_quotes(kr.get_watchlist("배당")).index.tolist()
    ['000660', '850010']
    """
    using = default_client(client)
    rows = snapshot(using, WATCHLISTS, {}, refresh)
    groups = rows.set_index("group_code")
    groups.attrs = rows.attrs
    if name is None:
        return groups
    found = [code for code, title in groups["group_name"].items() if name in (code, title)]
    if len(found) != 1:
        kept = ", ".join(f"{title} ({code})" for code, title in groups["group_name"].items())
        problem = "several lists are named" if found else "there is no list named"
        raise ValueError(f"name: {problem} {name!r}; yours are {kept or 'none'}")
    return each_once(snapshot(using, WATCHLIST, {"arn_grp_id": str(found[0])}, refresh), {"group": found[0]})
