"""Korean equities in pandas, over the Kiwoom Securities REST API.

>>> import kiwoom_research as kr
>>> _ = kr.connect("sandbox")
>>> kr.get_bars("005930", pages=1).shape
(600, 14)
"""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from .backtest import cost_table, costs, tax_table, to_ohlcv, to_panel, to_returns
from .data import (
    cache,
    connect,
    find,
    get_bars,
    get_daily,
    get_foreign,
    get_index,
    get_info,
    get_investors,
    get_minutes,
    get_orderbook,
    get_quotes,
    get_ranking,
    get_sector,
    get_sector_stocks,
    get_sectors,
    get_short,
    get_stocks,
    get_today,
    market_phase,
    query,
    revoke_token,
    sessions,
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
from .screening import Screen, ScreenHistory, feature_table, features, screen, screen_history

if TYPE_CHECKING:
    from .bulk.pull import plan, pull
    from .charts import compare, heatmap, plot, plot_coverage, plot_funnel
    from .client import Client
    from .explorer import explore
    from .sandbox import Sandbox
    from .store import Store

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
    "Screen",
    "ScreenHistory",
    "Store",
    "UnknownCodeError",
    "cache",
    "compare",
    "connect",
    "cost_table",
    "costs",
    "explore",
    "feature_table",
    "features",
    "find",
    "get_bars",
    "get_daily",
    "get_foreign",
    "get_index",
    "get_info",
    "get_investors",
    "get_minutes",
    "get_orderbook",
    "get_quotes",
    "get_ranking",
    "get_sector",
    "get_sector_stocks",
    "get_sectors",
    "get_short",
    "get_stocks",
    "get_today",
    "heatmap",
    "market_phase",
    "plan",
    "plot",
    "plot_coverage",
    "plot_funnel",
    "pull",
    "query",
    "revoke_token",
    "screen",
    "screen_history",
    "sessions",
    "tax_table",
    "to_ohlcv",
    "to_panel",
    "to_returns",
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
    if name in ("compare", "heatmap", "plot", "plot_coverage", "plot_funnel"):
        from . import charts

        return getattr(charts, name)
    if name == "explore":
        from .explorer import explore

        return explore
    if name in ("plan", "pull"):
        from . import bulk

        return getattr(bulk, name)
    if name == "Store":
        from .store import Store

        return Store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
