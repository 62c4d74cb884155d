"""``get_themes``, ``get_theme_stocks``: groups of stocks that are talked of together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..endpoints.params import VENUE
from ..endpoints.theme import THEME_STOCKS, THEMES
from .arguments import count, one_of
from .choices import ThemeSort, Venue
from .connection import default_client
from .fetch import ALL_PAGES, each_once_by_venue, fetch_pages, is_listed, unknown
from .names import code_of

if TYPE_CHECKING:
    from ..client import Client

LONGEST = 99


def _days(days: object) -> str:
    number = count(days, "days")
    if number > LONGEST:
        raise ValueError(f"days: expected 1 to {LONGEST}, got {number}")
    return str(number)


def get_themes(
    name: str = "",
    *,
    stock: str | None = None,
    days: int = 10,
    by: ThemeSort = "period_gain",
    venue: Venue = "krx",
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """Themes such as 2차전지 or 방위산업, with their return over some days.

    Kiwoom call: ka90001 테마그룹별요청.

    Parameters
    ----------
    name : str
        Only themes with this in their names.
    stock : str, optional
        Only themes with this stock: a code or a name.
    days : int
        Days of the period, 1 to 99.
    by : {"period_gain", "period_loss", "gain_pct", "loss_pct"}
        What is first: the best or the worst over the period, or today.
    venue : str
        ``krx``, ``nxt`` or ``both``.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row a theme, index ``theme_code`` (text): ``theme``, ``stocks`` (how many), direction, change_pct [%], rising,
        falling (how many), ``period_return`` [%], ``main_stocks`` (names).

    Raises
    ------
    UnknownCodeError
        There is no such stock.
    ValueError
        An argument that cannot be; both a name and a stock.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> themes = kr.get_themes(days=5)
    >>> bool(themes["period_return"].is_monotonic_decreasing)
    True
    """
    one_of(by, tuple(THEMES.param("sort").choices), "by")
    one_of(venue, tuple(VENUE.choices), "venue")
    period = _days(days)
    if not isinstance(name, str):
        raise ValueError(f"name: expected text, got {name!r}")
    if name and stock is not None:
        raise ValueError("name, stock: give one of them")
    using = default_client(client)
    how = "stock" if stock is not None else "theme" if name else "all"
    body = {
        "qry_tp": THEMES.param("by").code(how),
        "stk_cd": "" if stock is None else code_of(stock, using),
        "date_tp": period,
        "thema_nm": name,
        "flu_pl_amt_tp": THEMES.param("sort").code(by),
        "stex_tp": VENUE.code(venue),
    }
    sequence = fetch_pages(using, THEMES, body, ALL_PAGES, None, refresh)
    rows = sequence.to_frame()
    code = body["stk_cd"]
    if code and not len(rows) and not is_listed(using, code):
        raise unknown(code, THEMES)
    frame = rows.set_index("theme_code")
    frame = frame[~frame.index.duplicated()]
    frame.attrs = {**rows.attrs, "server": using.server.name, "truncated": bool(sequence.more)}
    return frame


def get_theme_stocks(
    theme: str,
    *,
    days: int = 10,
    venue: Venue = "krx",
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """The stocks of a theme with their quotes, and their return over some days.

    Kiwoom call: ka90002 테마구성종목요청. Its part ``summary`` (``query("ka90002", part="summary")``) has the theme's
    own return.

    Parameters
    ----------
    theme : str
        The code of a theme, as `get_themes` gives it, or its name.
    days : int
        Days of the period, 1 to 99.
    venue : str
        ``krx``, ``nxt`` or ``both``.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row a stock, index ``code``: name, price [KRW] with sign, direction, change, change_pct [%], volume [shares],
        the best ask and bid [KRW] with signs and sizes [shares], ``period_return`` [%], venue.

    Raises
    ------
    ValueError
        An argument that cannot be; no such theme, or several of that name.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> stocks = kr.get_theme_stocks("방위산업")
    >>> bool(stocks.index.is_unique)
    True
    """
    one_of(venue, tuple(VENUE.choices), "venue")
    period, using = _days(days), default_client(client)
    if not isinstance(theme, str) or not theme.strip():
        raise ValueError(f"theme: expected a code such as '242', or a name, got {theme!r}")
    code = theme.strip() if theme.strip().isdigit() else _theme_code(theme.strip(), using)
    body = {"date_tp": period, "thema_grp_cd": code, "stex_tp": VENUE.code(venue)}
    sequence = fetch_pages(using, THEME_STOCKS, body, ALL_PAGES, None, refresh)
    labels = {"server": using.server.name, "theme": code, "truncated": bool(sequence.more)}
    frame = each_once_by_venue(sequence.to_frame(), labels)
    if not len(frame):
        raise ValueError(f"theme: no theme has the code {code!r}; kr.get_themes() lists them")
    return frame


def _theme_code(name: str, client: Client) -> str:
    """The code of the only theme that has this name, or this in its name."""
    found = get_themes(name, client=client)
    exact = found[found["theme"] == name]
    chosen = exact if len(exact) else found
    if len(chosen) != 1:
        several = ", ".join(f"{code} {text}" for code, text in chosen["theme"].head(5).items())
        raise ValueError(
            f"theme: several themes have {name!r} in their names: {several}"
            if several
            else f"theme: no theme has {name!r} in its name; kr.get_themes() lists them"
        )
    return str(chosen.index[0])
