"""Finds stocks and indices by name, code, initial consonants or nickname."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from .. import data
from ..data.connection import default_client
from ..data.stocks import matching
from ..errors import KiwoomError
from . import messages
from .instruments import INDICES, is_index, parse_code
from .messages import DisplayError

if TYPE_CHECKING:
    from ..client import Client

MAX_STOCKS, MAX_SECTORS = 8, 3  # matches shown

NICKNAMES = {
    "삼전": "005930", "삼전우": "005935", "하닉": "000660", "하이닉스": "000660", "엘솔": "373220", "엔솔": "373220",
    "삼바": "207940", "현차": "005380", "셀트": "068270", "네버": "035420", "카카": "035720", "카뱅": "323410",
    "카페이": "377300", "포홀": "005490", "포철": "005490", "엘화": "051910", "삼스디": "006400", "에코프로비엠": "247540",
    "에코비엠": "247540", "포퓨엠": "003670", "한에어": "012450", "한화에어로": "012450", "두빌": "034020",
    "두에빌": "034020", "현중": "329180", "한오션": "042660", "삼물": "028260", "현모비": "012330", "엘전": "066570",
    "스퀘어": "402340", "슼": "034730", "슼이노": "096770", "크래프톤": "259960", "엔씨": "036570", "한전": "015760",
    "알테": "196170", "흐붕": "028300",
}  # fmt: skip
"""What traders call stocks. A nickname counts only where the stock list has its code."""
INDEX_NAMES = {
    "코스피": "001", "kospi": "001", "종합": "001", "코스닥": "101", "kosdaq": "101", "코스피200": "201", "kospi200": "201",
    "코스닥150": "150", "kosdaq150": "150", "krx100": "701",
}  # fmt: skip


class Match(NamedTuple):
    """One result of a search."""

    code: str
    name: str
    market: str


class Finder:
    """Searches the stock list and the list of indices, each read once a day.

    Parameters
    ----------
    client : Client, optional
        The client of the explorer.
    """

    def __init__(self, client: Client | None) -> None:
        self._client = client
        self._loading = threading.Lock()
        self._day: object = None
        self._stocks: pd.DataFrame | None = None
        self._sectors: pd.DataFrame | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether a search needs no request."""
        return self._stocks is not None and self._day == self._today()

    def _today(self) -> object:
        client = default_client(self._client)
        return client, client.now().date()

    def stocks(self) -> pd.DataFrame:
        """Return the stock list of the day; KiwoomError when it cannot be had."""
        with self._loading:  # two searches at once need one request
            today = self._today()
            if self._stocks is None or self._day != today:
                client = default_client(self._client)
                self._stocks = data.get_stocks("all", client=client)
                self._sectors = _load_sectors(client)
                self._day = today
            return self._stocks

    def search(self, text: str) -> list[Match]:
        """Return the best matches: nicknames and main indices, stocks, then sectors."""
        stocks = self.stocks()
        known = {nickname: code for nickname, code in NICKNAMES.items() if code in stocks.index}
        codes = [*_startswith(known, text), *_startswith(INDEX_NAMES, text)]
        codes += matching(stocks, text).index[:MAX_STOCKS].tolist()
        if self._sectors is not None:
            codes += matching(self._sectors, text).index[:MAX_SECTORS].tolist()
        return [self.describe(code) for code in dict.fromkeys(codes)]

    def resolve(self, text: str) -> str:
        """Return the code of the best match, else the text itself if it is a code; DisplayError otherwise."""
        problem: Exception = DisplayError(messages.no_match(text))
        try:
            found = self.search(text)
            if found:
                return found[0].code
        except KiwoomError as error:  # a code is understood without the list
            problem = error
        try:
            return parse_code(text)
        except ValueError:
            raise problem from None

    def describe(self, code: str) -> Match:
        """Return name and market of a code as far as they are known; nothing is requested."""
        if is_index(code):
            if code in INDICES or self._sectors is None or code not in self._sectors.index:
                return Match(code, INDICES.get(code, code), "index")
            sector = self._sectors.loc[code]
            return Match(code, str(sector["name"]), str(sector["market"]))
        row = self.row(code)
        return Match(code, code, "") if row is None else Match(code, str(row["name"]), str(row["market"]))

    def row(self, code: str) -> pd.Series | None:
        """Return the row of the stock list, if the list is loaded and has the stock; nothing is requested."""
        plain = code.split("_")[0]  # one listing, whatever the venue
        return None if self._stocks is None else row_of(self._stocks, plain)


def row_of(frame: pd.DataFrame, code: str) -> pd.Series | None:
    """Return the row of a code, or None."""
    return frame.loc[[code]].iloc[0] if code in frame.index else None


def _load_sectors(client: Client) -> pd.DataFrame | None:
    """Return the names of all indices; None when they cannot be had, since stocks are found without them."""
    frames = []
    for market in ("kospi", "kosdaq"):
        try:
            try:  # a name does not age as a level does
                frame = data.get_sectors(market, client=client.from_cache())
            except KiwoomError:
                frame = data.get_sectors(market, client=client)
        except KiwoomError:
            return None
        frames.append(frame[["name"]].assign(market=f"{market}_sector"))
    sectors = pd.concat(frames)
    return sectors.assign(listed_shares=0.0, previous_close=0.0)


def _startswith(names: dict[str, str], text: str) -> list[str]:
    """Return the codes of the names that begin with a text, exact ones first."""
    wanted = "".join(text.split()).casefold()
    exact = [code for name, code in names.items() if name == wanted]
    begun = [code for name, code in names.items() if len(wanted) > 1 and name.startswith(wanted)]
    return [*exact, *begun]
