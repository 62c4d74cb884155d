"""The token and the cache of the default client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..endpoints import QUERIES
from .arguments import one_of, stock_code
from .connection import default_client

if TYPE_CHECKING:
    from ..client import Client


def token_status(*, client: Client | None = None) -> pd.Series:
    """Whether there is a token and until when; never the token itself, and nothing is asked.

    Kiwoom call behind the token: au10001 접근토큰 발급.

    Parameters
    ----------
    client : Client, optional
        Another client than the one of `connect`.

    Returns
    -------
    pandas.Series
        ``server``, ``issued`` (bool), ``good`` (bool), ``expires`` (Asia/Seoul), ``remaining``.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> _ = kr.get_today("005930", refresh=True)
    >>> bool(kr.token_status()["good"])
    True
    """
    using = default_client(client)
    token, now = using.tokens.current(), using.tokens.now()
    return pd.Series(
        {
            "server": using.server.name,
            "issued": token is not None,
            "good": token is not None and token.is_valid(now),
            "expires": pd.Timestamp(token.expires) if token else pd.NaT,
            "remaining": pd.Timedelta(token.expires - now).floor("s") if token else pd.NaT,
        },
        name="token",
    )


def revoke_token(*, client: Client | None = None) -> bool:
    """Have the broker end the token at once; the next request issues a new one.

    Kiwoom call: au10002 접근토큰폐기.

    Parameters
    ----------
    client : Client, optional
        Another client than the one of `connect`.

    Returns
    -------
    bool
        False when there was no token.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> _ = kr.get_today("005930", refresh=True)
    >>> kr.revoke_token()
    True
    """
    return default_client(client).tokens.revoke()


class Cache:
    """The cache of the default client, as ``kr.cache``."""

    def info(self) -> pd.DataFrame:
        """What the cache holds.

        Returns
        -------
        pandas.DataFrame
            One row per server, call and code: ``pages``, ``bytes`` on disk, ``age`` of the oldest page,
            ``expires`` (market time at which the first page ends; NaT when all stay).

        Examples
        --------
        >>> import kiwoom_research as kr
        >>> _ = kr.connect("sandbox")
        >>> _ = kr.get_today("005930")
        >>> "ka10006" in set(kr.cache.info()["call"])
        True
        """
        using = default_client(None)
        return using.cache.info({using.server.name: using.now()})

    def clear(self, *, call: str | None = None, code: str | None = None, server: str | None = None) -> int:
        """Remove answers from the cache and give their room back.

        What a bulk pull remembers of codes that do not exist goes too, unless `call` is given.

        Parameters
        ----------
        call, code, server : str, optional
            Only answers of this call (``"ka10081"``), this stock, this server; all of them without. Lists of
            markets and of indices have no stock: clear them by their call (``"ka10099"``).

        Returns
        -------
        int
            How many pages went.

        Raises
        ------
        ValueError
            No such call, or a code that cannot be one.
        """
        if call is not None:
            one_of(call, tuple(QUERIES), "call")
        if server is not None and not (isinstance(server, str) and server.isprintable()):
            raise ValueError(f"server: expected the name of a server, got {server!r}")
        plain = None if code is None else stock_code(code)
        return default_client(None).cache.clear(call, plain, server)

    def __repr__(self) -> str:
        return "<kiwoom_research cache: .info(), .clear()>"


cache = Cache()
