"""Korean equities in pandas, over the Kiwoom Securities REST API.

>>> import kiwoom_research as kr
>>> _ = kr.connect("sandbox")
>>> kr.get_bars("005930", pages=1).shape
(600, 14)
"""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from .data import (
    cache,
    connect,
    find,
    get_bars,
    get_daily,
    get_info,
    get_minutes,
    get_quotes,
    get_stocks,
    get_today,
    query,
    revoke_token,
    token_status,
)
from .errors import (
    AuthError,
    ConfigError,
    DataError,
    KiwoomError,
    MaintenanceError,
    NetworkError,
    PartialPull,
    RateLimitError,
    RequestError,
    UnknownCodeError,
)

if TYPE_CHECKING:
    from .charts import plot
    from .client import Client
    from .sandbox import Sandbox

__version__ = version("kiwoom_research")

__all__ = [
    "AuthError",
    "Client",
    "ConfigError",
    "DataError",
    "KiwoomError",
    "MaintenanceError",
    "NetworkError",
    "PartialPull",
    "RateLimitError",
    "RequestError",
    "Sandbox",
    "UnknownCodeError",
    "cache",
    "connect",
    "find",
    "get_bars",
    "get_daily",
    "get_info",
    "get_minutes",
    "get_quotes",
    "get_stocks",
    "get_today",
    "plot",
    "query",
    "revoke_token",
    "token_status",
]


def __getattr__(name: str) -> Any:
    # what loads more than pandas and requests is imported when it is first named
    if name == "Client":
        from .client import Client

        return Client
    if name == "Sandbox":
        from .sandbox import Sandbox

        return Sandbox
    if name == "plot":
        from .charts import plot

        return plot
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
