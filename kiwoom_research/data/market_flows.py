"""Who trades the whole market: ``get_market_flows`` by sector, ``get_flow_streaks`` by stock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .. import calendar
from ..endpoints.foreign_institution import STREAKS
from ..endpoints.params import VENUE
from ..endpoints.sector import SECTOR_INVESTORS
from .arguments import When, count, moment, one_of
from .choices import FlowUnit, SectorMarket, StreakSessions, StreakSide, Venue
from .connection import default_client
from .fetch import each_once_by_venue, fetch_pages, snapshot
from .stocks import market_word

if TYPE_CHECKING:
    from ..client import Client

MARKETS = ("kospi", "kosdaq")


def get_market_flows(
    market: SectorMarket = "kospi",
    *,
    day: When = None,
    unit: FlowUnit = "won",
    venue: Venue = "krx",
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """What each kind of investor bought less what it sold in a session: the market, and each of its sectors.

    Kiwoom call: ka10051 업종별투자자순매수요청.

    Parameters
    ----------
    market : str
        ``kospi`` or ``kosdaq``.
    day : date, datetime or text, optional
        The session, or the one before a day without one; the last session without it.
    unit : {"won", "shares"}
        Net money (columns end in ``_value``), or net shares.
    venue : str
        ``krx``, ``nxt`` or ``both``.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row an index, index ``code`` (three digits): name, level [points] with sign, direction, level_change
        [points], change_pct [%], volume [shares, rounded to a thousand], and individual_net, foreign_net,
        institution_net (the sum of its kinds), securities_net, insurance_net, trust_net, bank_net,
        merchant_bank_net, pension_net, private_fund_net, state_net, company_net, resident_foreign_net [shares,
        rounded to a thousand], or the same with ``_value`` [KRW, rounded to 100 million]; venue. The levels are
        those of now, whatever the day.

    Raises
    ------
    ValueError
        An argument that cannot be.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> flows = kr.get_market_flows("kospi")
    >>> sides = ["individual", "foreign", "institution", "company", "resident_foreign"]
    >>> bool(abs(flows.loc["001", [f"{side}_net_value" for side in sides]].sum()) < 5e8)
    True
    """
    word = market_word(market)
    one_of(word, MARKETS, "market")
    one_of(unit, ("won", "shares"), "unit")
    one_of(venue, tuple(VENUE.choices), "venue")
    wanted, using = moment(day, "day"), default_client(client)
    begun = calendar.last_begun(using.now())
    session = begun if wanted is None else calendar.session_on_or_before(min(wanted.date(), begun))
    body = {
        "mrkt_tp": SECTOR_INVESTORS.param("market").code(word),
        "amt_qty_tp": SECTOR_INVESTORS.param("unit").code(unit),
        "base_dt": f"{session:%Y%m%d}",
        "stex_tp": VENUE.code(venue),
    }
    labels = {"market": word, "session": session.isoformat()}
    return each_once_by_venue(snapshot(using, SECTOR_INVESTORS, body, refresh), labels)


def get_flow_streaks(
    market: SectorMarket = "kospi",
    *,
    side: StreakSide = "bought",
    sessions: StreakSessions = 5,
    pages: int = 1,
    venue: Venue = "krx",
    client: Client | None = None,
    refresh: bool = False,
) -> pd.DataFrame:
    """The stocks that institutions and foreigners bought or sold most, and for how many sessions in a row.

    Kiwoom call: ka10131 기관외국인연속매매현황요청, 100 stocks a page.

    Parameters
    ----------
    market : str
        ``kospi`` or ``kosdaq``.
    side : {"bought", "sold"}
        What was bought most, or what was sold most.
    sessions : int
        Over how many sessions: 1, 3, 5, 10, 20 or 120.
    pages : int
        At most so many pages.
    venue : str
        ``krx``, ``nxt`` or ``both``.
    client, refresh
        As in `get_info`.

    Returns
    -------
    pandas.DataFrame
        One row a stock, index ``code``, in the order of the net money of both: rank, name, ``period_change_pct`` [%];
        ``institution_net``, ``foreign_net``, ``net`` [shares] and with ``_value`` [KRW] over the sessions;
        ``institution_streak``, ``foreign_streak``, ``total_streak`` [sessions in a row, negative for a sale], and with
        ``_net`` and ``_net_value`` what was traded in them; venue. ``attrs["truncated"]`` says that there are more.

    Raises
    ------
    ValueError
        An argument that cannot be.

    See Also
    --------
    get_investors : The flows of one stock by day.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> bought = kr.get_flow_streaks("kosdaq", sessions=10)
    >>> bool((bought["net"] == bought["institution_net"] + bought["foreign_net"]).all())
    True
    """
    word = market_word(market)
    one_of(word, MARKETS, "market")
    one_of(side, ("bought", "sold"), "side")
    one_of(sessions, tuple(n for n in STREAKS.param("sessions").choices if n != "range"), "sessions")
    one_of(venue, tuple(VENUE.choices), "venue")
    most, using = count(pages, "pages"), default_client(client)
    no_days = {"start": "", "end": ""}
    body = STREAKS.body(
        {"market": word, "side": f"net_{side}", "sessions": sessions, "venue": venue, **no_days}
    )
    sequence = fetch_pages(using, STREAKS, body, most, None, refresh)
    labels = {"server": using.server.name, "market": word, "truncated": bool(sequence.more)}
    return each_once_by_venue(sequence.to_frame(), labels)
