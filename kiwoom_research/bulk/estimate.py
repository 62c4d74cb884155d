"""What a pull costs, and how much of it is left."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import calendar
from ..client.request import prepare
from ..data.bars import Chart
from ..data.fetch import snapshot
from ..data.stocks import MARKETS
from ..endpoints import Endpoint
from ..endpoints.chart import DAY, MINUTE, MONTH, WEEK, key_date
from ..endpoints.stock_info import STOCKS
from ..errors import warn_user
from .errand import Errand

if TYPE_CHECKING:
    from ..client import Client


BYTES_PER_ROW = 45  # of a stored page of bars


@dataclass(slots=True)
class Cost:
    """Requests that a code needs still, and those that the cache answers."""

    requests: int
    cached: int = 0


def summary(client: Client, costs: Mapping[str, Cost], *, among: int | None = None) -> pd.Series:
    """The costs of many codes in one Series; with `among` they are some of so many, the others are done."""
    codes = len(costs) if among is None else among
    requests = sum(cost.requests for cost in costs.values())
    rate = client.server.rate
    return pd.Series(
        {
            "codes": codes,
            "done": codes - sum(cost.requests > 0 for cost in costs.values()),
            "requests": requests,
            "cached": sum(cost.cached for cost in costs.values()),
            "rate": rate or math.inf,
            "time": pd.Timedelta(seconds=math.ceil(requests / rate) if rate else 0),
        },
        name=client.server.name,
        dtype=object,
    )


def warn_if_too_large(client: Client, table: Endpoint, costs: Mapping[str, Cost]) -> None:
    """Warn when the cache cannot hold the pages of a pull."""
    pages = sum(cost.requests + cost.cached for cost in costs.values())
    known = client.cache.page_bytes(table.id)
    needed = pages * (table.page_rows * BYTES_PER_ROW if math.isnan(known) else known)
    if needed > client.cache.cap:
        warn_user(
            f"the pages of this pull need about {needed / 1e6:,.1f} MB, the cache keeps"
            f" {client.cache.cap / 1e6:,.1f} MB: give connect() a larger cache_size=, or a repeated pull sends"
            " requests again",
            UserWarning,
        )


def chart_cost(asked: Chart, errand: Errand, listed: date | None) -> Cost:
    """Follow the pages of a chart through the cache; what lies behind them is counted from the calendar."""
    back_to = asked.start if asked.start is not None else asked.end
    first = None if back_to is None else back_to.date()
    if listed and first:
        first = max(first, listed)
    key, cached = "", 0
    reached = errand.now().date()
    if base := asked.body.get("base_dt"):
        reached = datetime.strptime(base, "%Y%m%d").date()
    while True:
        question = prepare(
            errand.inner.server, asked.table, asked.body, now=errand.now(), expires=None, next_key=key
        )
        more = errand.inner.cache.next_key(question)
        if more is None:
            break
        cached += 1
        reached = key_date(more) or reached
        if not more or first is None or reached < first:
            return Cost(0, cached)
        key = more
    if first is None:
        return Cost(1, cached)
    return Cost(max(1, math.ceil(_count(asked, first, reached) / asked.table.page_rows)), cached)


def _count(asked: Chart, first: date, last: date) -> float:
    """How many bars there are from one day to another, at most."""
    days = max((last - first).days + 1, 1)
    match asked.table:
        case t if t is DAY:
            return len(calendar.sessions_in_range(first, last)) if first <= last else 1
        case t if t is MINUTE:
            kept = max(first, last - timedelta(days=366))  # the server keeps about a year
            sessions = len(calendar.sessions_in_range(kept, last)) if kept <= last else 1
            return sessions * (380 / int(asked.body["tic_scope"]) + 2)
        case t if t is WEEK:
            return days / 7 + 1
        case t if t is MONTH:
            return days / 30 + 1
    return days / 365 + 1


def listing_dates(errand: Errand) -> dict[str, date]:
    """Listing dates from those stock lists that are in the cache; nothing is asked."""
    found: dict[str, date] = {}
    for market in MARKETS["all"][0]:
        body = {"mrkt_tp": market}
        question = prepare(errand.inner.server, STOCKS, body, now=errand.now(), expires=None)
        if errand.inner.cache.next_key(question) is not None:
            days = snapshot(errand.client, STOCKS, body, False)["listing_date"].dropna()
            found |= {str(code): day.date() for code, day in days.items()}
    return found


@dataclass
class Progress:
    """A bar of codes whose time left is counted in requests: codes of the cache take no time, others do."""

    errand: Errand
    costs: Mapping[str, Cost]
    bar: Any = None
    clock: Callable[[], float] = monotonic

    def __post_init__(self) -> None:
        self._left = sum(cost.requests for cost in self.costs.values())
        self._expected = 0  # requests of the codes that are done, and how many it were
        self._sent = 0
        self._busy = 0.0  # seconds in which requests were sent
        self._seen = self._requests(), self.clock()

    def done(self, code: str) -> None:
        """One code more."""
        cost = self.costs[code].requests
        self._expected += cost
        self._left -= cost
        (sent, at), self._seen = self._seen, (self._requests(), self.clock())
        if self._seen[0] > sent:
            self._sent += self._seen[0] - sent
            self._busy += self._seen[1] - at
        if self.bar is not None:
            self.bar.set_postfix_str(self.left(), refresh=False)
            self.bar.update()

    def left(self) -> str:
        """The time left, from what the codes done so far took against what was expected of them."""
        rate = self.errand.inner.server.rate
        pace = max(1 / rate if rate else 0.0, self._busy / self._sent if self._sent else 0.0)
        more = self._left * (self._sent / self._expected if self._sent and self._expected else 1)
        return f"{timedelta(seconds=round(more * pace))} left"

    def _requests(self) -> int:
        return int(self.errand.inner.stats()["requests"])


@contextmanager
def progress_bar(errand: Errand, costs: Mapping[str, Cost], shown: bool, title: str) -> Iterator[Progress]:
    if not shown or not costs:
        yield Progress(errand, costs)
        return
    from tqdm.auto import tqdm

    form = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} codes [{elapsed}{postfix}]"
    with tqdm(total=len(costs), desc=title, bar_format=form) as bar:
        yield Progress(errand, costs, bar)
