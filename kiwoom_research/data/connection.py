"""The client that every ``get_*`` uses unless told otherwise."""

from __future__ import annotations

import atexit
import os
import threading
from datetime import datetime
from typing import TYPE_CHECKING

from ..errors import ConfigError

if TYPE_CHECKING:  # the client loads requests-cache (70 ms): only when something is asked
    from ..client import Client
    from ..config import ServerObject

_default: Client | None = None
_guard = threading.RLock()


def connect(
    server: str | ServerObject = "real",
    appkey: str | None = None,
    secretkey: str | None = None,
    *,
    offline: bool = False,
    cache_dir: str | os.PathLike[str] | None = None,
    cache_size: int | None = None,
    strict: bool = False,
    bars: str | os.PathLike[str] | None = None,
    clock: str | datetime | None = None,
    rate: float | None = 5,
) -> Client:
    """Choose the server; the client made here is what every ``get_*`` uses from now on.

    Nothing is asked yet: a token is issued with the first request and renewed by itself.

    Parameters
    ----------
    server : str or Sandbox
        ``"real"``, ``"mock"`` (the broker's paper-trading host, one request a second), ``"sandbox"`` (an
        invented market on this machine, no keys needed), an ``https`` address, or a `Sandbox`.
    appkey, secretkey : str, optional
        Keys. Without them ``KIWOOM_APPKEY`` and ``KIWOOM_SECRETKEY``, then what ``kiwoom-research login``
        put into the keyring of the operating system.
    offline : bool
        Answer from the cache only, even with what is no longer fresh. Needs neither keys nor network.
    cache_dir : path, optional
        Folder of the cache. Without it ``KIWOOM_CACHE_DIR``, then ``cache/`` of a source checkout, then the
        user's cache folder. An address of this machine gets a temporary one.
    cache_size : int, optional
        Largest size of the cache [bytes], 1_000_000_000 without it. Beyond it the oldest pages go, but none that
        a running `pull` needs; `plan` warns when a pull is larger.
    strict : bool
        Make a `DataError` of every cell that cannot be read. Without it such a cell is missing, with a `DataWarning`.
    bars : path, optional
        With ``"sandbox"``: a Parquet or CSV file of real history to replay; without it the file that
        ``KIWOOM_SANDBOX_BARS`` names, if set.
    clock : str or datetime, optional
        With ``"sandbox"``: where the market's clock stands, in Korean time, or ``"real"``; without it what
        ``KIWOOM_SANDBOX_CLOCK`` says, if set.
    rate : float or None
        With ``"sandbox"``: calls a second; None lifts the limit, so that nobody has to wait for it.

    Returns
    -------
    Client

    Raises
    ------
    ValueError
        If `bars`, `clock` or `rate` is given and the server is not ``"sandbox"``, or a setting cannot be used.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> kr.connect("sandbox")  # doctest: +ELLIPSIS
    <kiwoom_research.Client sandbox-... http://127.0.0.1:...>
    >>> len(kr.get_bars("005930", start="2026-11-16"))
    5
    """
    from ..client import Client
    from ..config import Keys, settings

    global _default
    keys = None if appkey is None and secretkey is None else Keys(appkey or "", secretkey or "")
    appkey = secretkey = None  # a traceback with locals must not show them
    if isinstance(server, str) and server == "sandbox":
        from ..sandbox import Sandbox

        server = Sandbox.shared(bars=bars, clock=clock, rate=rate)
    elif bars is not None or clock is not None or rate != 5:
        raise ValueError('bars=, clock= and rate= go with connect("sandbox"); a Sandbox object has its own')
    client = Client(
        settings(server, keys, offline=offline, cache_dir=cache_dir, cache_size=cache_size, strict=strict)
    )
    with _guard:
        _default = client
    return client


def default_client(client: Client | None) -> Client:
    """The client to use; without `connect` the real server, if there are keys for it."""
    if client is not None:
        return client
    with _guard:  # threads that begin together share one
        if _default is None:
            from ..config import HOW_TO_GET_KEYS, stored_keys

            if not stored_keys("real"):
                raise ConfigError(HOW_TO_GET_KEYS)
            connect("real")
        assert _default is not None
        return _default


def connected() -> Client | None:
    """The client of `connect`, if there is one."""
    return _default


@atexit.register
def _close() -> None:
    if _default is not None:
        _default.close()


def gives_sandbox(name: str) -> bool:
    """Whether `connect` with ``"sandbox"`` gives the market of this name."""
    from ..sandbox import Sandbox

    return Sandbox.shared().name == name
