"""A checked request, and the page that answers it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from ...endpoints import Call, Table
from ..market.bars import seconds
from ..market.base import Market, Stock

VENUES = ("", "_NX", "_AL")


def table_for(call: Call, body: Mapping[str, str], part: str = "") -> Table:
    """The table that answers a request; of parameters that it does not know the server takes the first one."""
    tables = [table for table in call.tables if table.part == part]
    return next((table for table in tables if table.when.items() <= body.items()), tables[0])


@dataclass(frozen=True, slots=True)
class Page:
    """A reply: the JSON object without code and message, the key of the next page, the number of rows."""

    body: dict[str, Any]
    next_key: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Options:
    """Behaviour in which the real server was seen to vary.

    ``old_schema`` gives the chart rows of before mid 2025. ``unknown`` is what quote calls answer to an
    unknown stock: ``"blank"`` fields, or the error ``"1902"``.
    """

    old_schema: bool = False
    unknown: str = "blank"


class Refusal(Exception):
    """The server refuses a request: the class of the error and its text."""

    def __init__(self, return_code: int, message: str) -> None:
        super().__init__(return_code, message)  # both, so that it survives pickle
        self.return_code = return_code
        self.message = message

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose fields were checked, with the market and the moment that answer it."""

    market: Market
    call: Call
    body: Mapping[str, str]
    next_key: str
    now: datetime
    options: Options

    @property
    def table(self) -> Table:
        """The table of the reply's rows, or of its only record."""
        return table_for(self.call, self.body)

    @property
    def symbol(self) -> str:
        """The code as it was sent, with the venue's suffix."""
        return self.body.get("stk_cd", "")

    @property
    def code(self) -> str:
        """The code without a suffix."""
        return self.symbol.partition("_")[0]

    @property
    def venue(self) -> str:
        """Empty for KRX, ``NX`` for NXT, ``AL`` for both."""
        return self.symbol.partition("_")[2]

    @property
    def adjusted(self) -> bool:
        """Whether adjusted prices are wanted."""
        return self.body.get("upd_stkpc_tp") == "1"

    @property
    def base_day(self) -> date:
        """The newest day of the reply: ``base_dt``, or today when that is absent, in the future or no date."""
        try:
            return min(datetime.strptime(self.body.get("base_dt", ""), "%Y%m%d").date(), self.now.date())
        except ValueError:
            return self.now.date()

    def stock(self) -> Stock | None:
        """The stock, listed or not; None if there is none or its suffix is no venue."""
        known = self.symbol in [self.code + venue for venue in VENUES]
        return self.market.stock(self.code) if known else None

    def position(self, pattern: str) -> str:
        """The digits of the next-key that say where the page begins; empty for the first page."""
        if not self.next_key:
            return ""
        found = re.fullmatch(pattern.format(re.escape(self.symbol)), self.next_key, re.ASCII)
        if not found:
            raise self._bad_key()
        return found[1]

    def moment(self, pattern: str, form: str) -> np.datetime64 | None:
        """The day or time in the next-key where the page begins; None for the first page."""
        text = self.position(pattern)
        try:
            return seconds(datetime.strptime(text, form)) if text else None
        except ValueError:
            raise self._bad_key() from None

    def _bad_key(self) -> Refusal:
        why = f"1517:입력 값 형식이 올바르지 않습니다. 파라미터=next-key 실패사유= {self.next_key}"
        return Refusal(2, f"입력 값 오류입니다[{why}]")

    def refuse_unknown(self) -> None:
        """Refuse an unknown stock if `Options.unknown` says so."""
        if self.options.unknown == "1902":
            why = f"1902:종목 정보가 없습니다. 입력한 종목코드 값을 확인바랍니다. 종목코드={self.symbol}"
            raise Refusal(7, f"서비스를 처리하는 중에 오류가 발생했습니다[{why}]")
