"""`Sandbox`: a Kiwoom server on 127.0.0.1 over an invented or a replayed market."""

from __future__ import annotations

import atexit
import hashlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import ClassVar, Literal

import pandas as pd

from ..errors import ConfigError
from .clock import DEFAULT, MarketClock
from .market import ReplayMarket, SyntheticMarket
from .market.files import Source
from .replies.producers import Options
from .server.auth import TokenService, VirtualHost
from .server.faults import Fault
from .server.gateway import Gateway, LogEntry
from .server.listener import LOOPBACK, Listener, ServerContext
from .server.rate_limit import LimiterName, rate_limiter

BARS = "KIWOOM_SANDBOX_BARS"  # environment: the file that the shared sandbox replays
CLOCK = "KIWOOM_SANDBOX_CLOCK"  # where its market's clock stands
REAL_RATE, MOCK_RATE = 5, 1


class Sandbox:
    """A Kiwoom server of your own on 127.0.0.1, without an account and without the network.

    It answers the calls of the catalogue as the real server does: token, headers, paging, order of checks,
    error texts, rate limits. Its market clock stands still until you move it. It listens on the loopback
    address only and has no WebSocket.

    Parameters
    ----------
    seed : int
        Seed of the invented market.
    long_day : bool
        Whether invented shares trade until 20:00 from 2026-09-14 on, as on the real exchange; False is the world before.
    bars, adjusted, raw, minutes, stocks, flows : path, optional
        Files with real history to replay instead; see `kiwoom_research.sandbox.market.ReplayMarket`.
    port : int
        Port of `url`; the next port serves `mock_url`. 0 takes any two free ports.
    clock : str or datetime, optional
        Where the market's clock stands, in Korean time; ``"real"`` follows the computer's clock. Without it the
        invented market stands at 2026-11-20 21:30, a replay at 21:30 of its last session.
    rate, mock_rate : float or None
        Calls per second, app key and API ID under the real and the mock rules; None is no limit.
    burst : float, optional
        How many calls pass at once before the rate applies; one second's worth of calls unless given.
    limiter : {"bucket", "window"}
        ``"bucket"`` refills at the rate, as the measurements of the real server suggest; ``"window"`` lets no
        more than the rate pass in any one second, which is stricter.
    latency : float
        Seconds that every answer takes longer.
    unknown : {"blank", "1902"}
        What quote calls answer for an unknown stock: blank fields, or the error.
    bot_filter : bool
        Refuse the default User-Agent of aiohttp with an HTML page, as the real gateway was seen to do.
    monotonic : callable
        The clock of the rate limit, in seconds.

    Attributes
    ----------
    url, mock_url : str
        Base URLs under the real and the mock rules.
    appkey, secretkey, mock_appkey, mock_secretkey : str
        The keys of each; they open nothing but this sandbox.
    name : str
        Identifies everything that decides the answers: market, options and package version.

    Raises
    ------
    ConfigError
        If the port is taken.

    Examples
    --------
    >>> with Sandbox(seed=7) as box:
    ...     box.fail("429", 2, call="ka10081")
    ...     box.advance(days=3).date().isoformat()
    '2026-11-23'
    """

    appkey, secretkey = "sandbox-appkey", "sandbox-secretkey"
    mock_appkey, mock_secretkey = "sandbox-mock-appkey", "sandbox-mock-secretkey"

    _shared: ClassVar[dict[tuple[object, ...], Sandbox]] = {}
    _sharing = threading.Lock()

    def __init__(
        self,
        *,
        seed: int = 1,
        long_day: bool = True,
        bars: Source | None = None,
        adjusted: Source | None = None,
        raw: Source | None = None,
        minutes: Source | None = None,
        stocks: Source | None = None,
        flows: Source | None = None,
        port: int = 0,
        clock: str | datetime | None = None,
        rate: float | None = REAL_RATE,
        mock_rate: float | None = MOCK_RATE,
        burst: float | None = None,
        limiter: LimiterName = "bucket",
        latency: float = 0,
        unknown: Literal["blank", "1902"] = "blank",
        bot_filter: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        files = {"bars": bars, "adjusted": adjusted, "raw": raw, "minutes": minutes}
        files |= {"stocks": stocks, "flows": flows}
        replayed = any(file is not None for file in files.values())
        market = ReplayMarket(**files) if replayed else SyntheticMarket(seed, long_day=long_day)
        options = Options(unknown=unknown)
        kind = "sandbox-replay" if replayed else "sandbox"  # a label that invented prices never carry
        self.name = f"{kind}-{_digest(market.fingerprint, repr(options), _version())}"
        self._clock = MarketClock(clock or (f"{market.end} 21:30" if replayed else DEFAULT))
        self._real = VirtualHost("real", self.appkey, self.secretkey, _checked_rate(rate), REAL_RATE)
        mock_keys = self.mock_appkey, self.mock_secretkey
        self._mock = VirtualHost("mock", *mock_keys, _checked_rate(mock_rate), MOCK_RATE)
        tokens = TokenService((self._real, self._mock), self._clock)
        limit = rate_limiter(limiter, burst, monotonic)
        self._gateway = Gateway(market, options, self._clock, tokens, limit)
        context = ServerContext(self.name, self._gateway, self._clock, bot_filter, _checked_latency(latency))
        self._closed = context.closed
        self._listeners = _listen(context, {self._real: port, self._mock: port + 1 if port else 0})
        self.url, self.mock_url = (listener.url for listener in self._listeners)
        context.urls.update(url=self.url, mock_url=self.mock_url)

    @classmethod
    def shared(
        cls,
        *,
        bars: Source | None = None,
        clock: str | datetime | None = None,
        rate: float | None = REAL_RATE,
    ) -> Sandbox:
        """Return the one sandbox of this process with these settings, started on first use and closed at exit.

        Parameters
        ----------
        bars : path, optional
            File to replay; without it the one that ``KIWOOM_SANDBOX_BARS`` names, if set.
        clock : str or datetime, optional
            Where the market's clock stands at first; without it what ``KIWOOM_SANDBOX_CLOCK`` says, if set.
        rate : float or None
            Calls per second, app key and API ID; None is no limit.

        Examples
        --------
        >>> Sandbox.shared() is Sandbox.shared()
        True
        """
        bars = bars if bars is not None else os.environ.get(BARS) or None
        clock = clock if clock is not None else os.environ.get(CLOCK) or None
        settings = str(bars), str(clock), rate
        with cls._sharing:
            box = cls._shared.get(settings)
            if box is None or box._closed.is_set():
                box = cls._shared[settings] = cls(bars=bars, clock=clock, rate=rate)
                atexit.register(box.close)
            return box

    @property
    def rate(self) -> float | None:
        """Calls per second, app key and API ID under the real rules; None is no limit."""
        return self._real.rate

    @rate.setter
    def rate(self, rate: float | None) -> None:
        self._real.rate = _checked_rate(rate)

    @property
    def mock_rate(self) -> float | None:
        """Calls per second, app key and API ID under the mock rules; None is no limit."""
        return self._mock.rate

    @mock_rate.setter
    def mock_rate(self, rate: float | None) -> None:
        self._mock.rate = _checked_rate(rate)

    # --- the clock -------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the market's time, in Korean time."""
        return self._clock.now()

    def advance(self, *, days: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        """Move the market's clock forward; tokens age as well.

        Parameters
        ----------
        days, minutes, seconds : float
            How far.

        Returns
        -------
        datetime
            The market's new time.

        Raises
        ------
        ValueError
            If it would move back; `set_clock` does that.

        Examples
        --------
        >>> with Sandbox() as box:
        ...     f"{box.advance(minutes=5):%H:%M}"
        '21:35'
        """
        return self._clock.advance(timedelta(days=days, minutes=minutes, seconds=seconds))

    def set_clock(self, when: str | datetime) -> datetime:
        """Set the market's clock; tokens do not age.

        Parameters
        ----------
        when : str or datetime
            Korean time if it has no zone; ``"real"`` follows the computer's clock from now on.

        Returns
        -------
        datetime
            The market's new time.

        Raises
        ------
        ValueError
            If it is not a time.

        Examples
        --------
        >>> with Sandbox() as box:
        ...     box.set_clock("2026-11-19 10:30").isoformat()  # the late opening of an exam day
        '2026-11-19T10:30:00+09:00'
        """
        return self._clock.set(when)

    # --- faults and the access log -----------------------------------------------------------------

    def fail(
        self,
        kind: str,
        n: int | None = 1,
        *,
        call: str | None = None,
        after: int = 0,
        seconds: float = 1.0,
        rate: float = 0.1,
        rows: int = 5,
    ) -> None:
        """Let the next calls go wrong.

        Parameters
        ----------
        kind : str
            One of `kiwoom_research.sandbox.server.faults.KINDS`, such as ``"429"``, ``"drop"``, ``"html"`` or
            ``"overlap"``, or a published error code such as ``"8050"``.
        n : int or None
            How many calls; None is every call until `clear_faults`.
        call : str, optional
            Only this API ID. Without it every market-data call counts and token calls (``au10001``) do not.
        after : int
            How many matching calls succeed first.
        seconds : float
            How late a ``slow`` answer is.
        rate : float
            Share of the fields that ``blank`` and ``saturated`` change.
        rows : int
            How many rows of the page before ``overlap`` sends again.

        Raises
        ------
        ValueError
            If there is no such fault, or a number is out of range.

        Examples
        --------
        >>> with Sandbox() as box:
        ...     box.fail("429", 2)
        ...     box.fail("slow", seconds=3, call="ka10080", after=1)
        """
        self._gateway.faults.add(Fault(kind, n, call, after, seconds, rate, rows))

    def script(self, plan: Mapping[int, str], *, call: str | None = None) -> None:
        """Let calls go wrong by their number, counted from now on, the next one being 1.

        Parameters
        ----------
        plan : mapping
            Kind of fault by the number of the call.
        call : str, optional
            Count only calls of this API ID.

        Examples
        --------
        >>> with Sandbox() as box:
        ...     box.script({4: "500", 7: "drop"}, call="ka10081")
        """
        self._gateway.faults.script(plan, call)

    def clear_faults(self) -> None:
        """Drop every fault that has not struck yet."""
        self._gateway.faults.clear()

    def requests(self) -> pd.DataFrame:
        """Return the access log, oldest first: one row per call, the last 100,000.

        Returns
        -------
        pandas.DataFrame
            ``time`` (market clock), ``call`` (API ID, or the path of a token call), ``code`` (stock),
            ``page`` (1 is a first page, 2 its first continuation, 0 a key this sandbox did not give),
            ``status`` (HTTP; 0 when the connection was dropped), ``return_code``, ``host`` and ``fault``.

        Examples
        --------
        >>> with Sandbox() as box:
        ...     len(box.requests())
        0
        """
        log = pd.DataFrame(self._gateway.entries(), columns=list(LogEntry._fields))
        counts = dict.fromkeys(("page", "status"), "int64")
        return log.astype({"time": "datetime64[us, Asia/Seoul]", "return_code": "Int64", **counts})

    def wait(self) -> None:
        """Serve until `close` or Ctrl-C."""
        try:
            while not self._closed.wait(1):  # without a limit Ctrl-C would not get through on Windows
                pass
        except KeyboardInterrupt:
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Stop serving and free the ports; a second time does nothing."""
        self._closed.set()
        for listener in self._listeners:
            listener.stop()
        self._listeners = ()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._closed.is_set() else f"mock rules at {self.mock_url}"
        return f"<Sandbox {self.url}, {state}, {self.now():%Y-%m-%d %H:%M} KST>"


def _listen(context: ServerContext, ports: Mapping[VirtualHost, int]) -> tuple[Listener, ...]:
    """Open both ports, or neither."""
    listeners: list[Listener] = []
    for host, port in ports.items():
        try:
            listeners.append(Listener(context, host, port))
        except (OSError, OverflowError) as error:
            for listener in listeners:
                listener.server_close()
            raise ConfigError(f"cannot listen on {LOOPBACK}:{port}: {error}") from error
    for listener in listeners:
        listener.start()
    return tuple(listeners)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _version() -> str:
    try:
        return version("kiwoom_research")
    except PackageNotFoundError:  # a source tree that is not installed
        return "0"


def _checked_rate(rate: float | None) -> float | None:
    if rate is not None and not rate > 0:
        raise ValueError(f"rate: expected a positive number or None, got {rate!r}")
    return rate


def _checked_latency(latency: float) -> float:
    if not 0 <= latency < 3600:
        raise ValueError(f"latency: expected seconds from 0 on, got {latency!r}")
    return latency
