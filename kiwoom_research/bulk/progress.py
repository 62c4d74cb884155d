"""Progress bar of a pull, with the time left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from .estimate import Cost

if TYPE_CHECKING:
    from ..client import Client

BAR_FORMAT = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} codes [{elapsed}{postfix}]"


@dataclass
class Progress:
    """Codes done, and the time left, which is counted in requests: cached codes take no time, others do."""

    client: Client
    costs: Mapping[str, Cost]
    bar: Any = None
    clock: Callable[[], float] = monotonic

    def __post_init__(self) -> None:
        self._left = sum(cost.requests for cost in self.costs.values())
        self._expected = 0  # requests that were expected of the codes done
        self._sent = 0  # requests that they took
        self._busy = 0.0  # seconds in which requests were sent
        self._last = self._requests(), self.clock()

    def done(self, code: str) -> None:
        """Count one more code."""
        cost = self.costs[code].requests
        self._expected += cost
        self._left -= cost
        (sent, at), self._last = self._last, (self._requests(), self.clock())
        if self._last[0] > sent:
            self._sent += self._last[0] - sent
            self._busy += self._last[1] - at
        if self.bar is not None:
            self.bar.set_postfix_str(self.left(), refresh=False)
            self.bar.update()

    def left(self) -> str:
        """The time left, from what the codes done took and what was expected of them."""
        rate = self.client.server.rate
        pace = max(1 / rate if rate else 0.0, self._busy / self._sent if self._sent else 0.0)
        more = self._left * (self._sent / self._expected if self._sent and self._expected else 1)
        return f"{timedelta(seconds=round(more * pace))} left"

    def _requests(self) -> int:
        return int(self.client.stats()["requests"])


@contextmanager
def progress_bar(client: Client, costs: Mapping[str, Cost], shown: bool, title: str) -> Iterator[Progress]:
    """The progress of a pull, shown as a bar or not."""
    if not shown or not costs:
        yield Progress(client, costs)
        return
    from tqdm.auto import tqdm

    with tqdm(total=len(costs), desc=title, bar_format=BAR_FORMAT) as bar:
        yield Progress(client, costs, bar)
