"""Finds the stock that a typed text means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .. import data
from ..data.arguments import stock_code
from ..data.connection import default_client
from ..data.stocks import matching
from ..errors import KiwoomError
from . import messages
from .messages import DisplayError

if TYPE_CHECKING:
    from ..client import Client


class StockFinder:
    """Searches the stock list, which is parsed once a day.

    Parameters
    ----------
    client : Client, optional
        The client of the explorer.
    """

    def __init__(self, client: Client | None) -> None:
        self._client = client
        self._stocks: tuple[object, pd.DataFrame] | None = None

    def stocks(self) -> pd.DataFrame:
        """Return the stock list of the day."""
        client = default_client(self._client)
        key = (client, client.now().date())
        if self._stocks is None or self._stocks[0] != key:
            self._stocks = (key, data.get_stocks("all", client=client))
        return self._stocks[1]

    def search(self, text: str, limit: int) -> pd.DataFrame:
        """Return the best matches of a text."""
        return matching(self.stocks(), text).head(limit)

    def resolve(self, text: str) -> str:
        """Return the code of the best match, else the text itself when it is a code; DisplayError otherwise."""
        problem: Exception = DisplayError(messages.no_match(text))
        try:
            found = self.search(text, 1)
            if len(found):
                return str(found.index[0])
        except KiwoomError as error:  # a code is understood without the list
            problem = error
        try:
            return stock_code(text)
        except ValueError:
            raise problem from None

    def name_of(self, code: str) -> str:
        """Return the name of a code, or the code when the list does not have it."""
        return str(self.stocks()["name"].get(code, code))
