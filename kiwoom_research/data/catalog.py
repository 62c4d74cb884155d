"""``catalog`` and ``query``: find a call of Kiwoom's manual, and ask it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from ..endpoints import CATEGORIES, QUERIES, Call, Param
from ..endpoints import call as call_of
from ..frames import TEXT_DTYPE
from ..kinds import CODE, DATE
from .arguments import count, moment, stock_code
from .connection import default_client
from .fetch import fetch_pages
from .rankings import RANKINGS

if TYPE_CHECKING:
    from ..client import Client


# The functions that ask a call; `get_ranking` knows its own.
FUNCTIONS = {
    "ka01300": "get_watchlist", "ka01301": "get_watchlist", "ka10001": "get_info", "ka10002": "get_brokers",
    "ka10004": "get_orderbook", "ka10005": "get_daily", "ka10006": "get_today", "ka10008": "get_foreign",
    "ka10013": "get_credit", "ka10014": "get_short", "ka10051": "get_market_flows",
    "ka10054": "get_volatility_interruptions", "ka10059": "get_investors", "ka10068": "get_lending",
    "ka10079": "get_bars", "ka10080": "get_bars, get_minutes", "ka10081": "get_bars", "ka10082": "get_bars",
    "ka10083": "get_bars", "ka10084": "get_trades", "ka10094": "get_bars", "ka10095": "get_quotes",
    "ka10099": "get_stocks, find", "ka10131": "get_flow_streaks", "ka20001": "get_sector", "ka20002": "get_sector_stocks",
    "ka20003": "get_sectors", "ka20004": "get_index", "ka20005": "get_index", "ka20006": "get_index",
    "ka20007": "get_index", "ka20008": "get_index", "ka20019": "get_index", "ka20068": "get_lending",
    "ka30005": "get_elw", "ka40002": "get_etf", "ka40003": "get_etf_history", "ka40004": "get_etfs",
    "ka50079": "get_gold", "ka50080": "get_gold", "ka50081": "get_gold", "ka50082": "get_gold", "ka50083": "get_gold",
    "ka50100": "get_gold_quote", "ka90001": "get_themes", "ka90002": "get_theme_stocks", "ka90005": "get_program",
    "ka90008": "get_program", "ka90010": "get_program", "ka90013": "get_program",
}  # fmt: skip


def catalog(text: str = "") -> pd.DataFrame:
    """Find calls of Kiwoom's manual by Korean or English words; nothing is requested.

    Parameters
    ----------
    text : str
        Words that all have to occur in a call: in its ID, names, category or functions, or in the names or Korean
        titles of its parameters and columns. Without it, all calls.

    Returns
    -------
    pandas.DataFrame
        Index ``api_id``; first the calls with the words in ID, names or category. ``title`` and ``english`` (the
        names), ``category``, ``functions`` (those of this package that ask it; `query` asks every call), ``row`` (what a
        row of its frame is; several for several frames), ``parts`` (the names of its other frames), ``parameters``
        (those without a default first), and ``evidence``: on how many fields each kind of evidence rests, such as
        ``recorded 12, inferred 3``.

    See Also
    --------
    describe : The parameters and columns of one call.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> kr.catalog("공매도")["english"].to_dict()
    {'ka10014': 'short selling of a stock by day'}
    >>> len(kr.catalog())
    138
    """
    words = text.casefold().split()
    named, mentioned = [], []
    for call in QUERIES.values():
        names = " ".join(
            (call.id, call.title, call.english, CATEGORIES[call.id], _functions(call))
        ).casefold()
        if all(word in names for word in words):
            named.append(call)
        elif all(word in f"{names} {_vocabulary(call)}" for word in words):
            mentioned.append(call)
    rows = [_summary(call) for call in (*named, *mentioned)]
    index = pd.Index([call.id for call in (*named, *mentioned)], dtype=TEXT_DTYPE, name="api_id")
    columns = ["title", "english", "category", "functions", "row", "parts", "parameters", "evidence"]
    return pd.DataFrame(rows, index=index, columns=columns, dtype=TEXT_DTYPE)


def _vocabulary(call: Call) -> str:
    """The names and titles of a call's parameters and columns."""
    texts = [text for param in call.params for text in (param.name, param.title)]
    texts += [text for table in call.tables for field in table.fields for text in (field.name, field.title)]
    return " ".join(texts).casefold()


def _summary(call: Call) -> tuple[str, ...]:
    """The row of a call in `catalog`."""
    needed = sorted(call.params, key=lambda param: not is_needed(param))
    evidence = Counter(str(field.evidence) for table in call.tables for field in table.fields)
    return (
        call.title,
        call.english,
        CATEGORIES[call.id],
        _functions(call),
        _joined(table.row for table in call.tables),
        _joined(filter(None, call.parts)),
        _joined(param.name for param in needed),
        _joined(f"{kind} {count}" for kind, count in evidence.most_common()),
    )


def _functions(call: Call) -> str:
    """The functions that ask a call, as one types them."""
    rankings = (f'get_ranking("{by}")' for by, ranking in RANKINGS.items() if ranking.call is call)
    return FUNCTIONS.get(call.id) or ", ".join(rankings)


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))


def is_needed(param: Param) -> bool:
    """Whether the caller has to name a parameter."""
    return param.required and param.default is None


def query(
    api_id: str,
    *,
    part: str = "",
    pages: int = 1,
    client: Client | None = None,
    refresh: bool = False,
    **params: object,
) -> pd.DataFrame:
    """Ask any call of the catalogue, with words or with Kiwoom's own names and codes.

    Parameters
    ----------
    api_id : str
        Such as ``"ka10081"``; `catalog` finds them, `describe` says what one takes and gives.
    part : str
        Which frame of the reply: the list (where there is one) without it, the other parts by name, such as
        ``"summary"``.
    pages : int
        At most so many pages.
    client, refresh
        As in `get_info`.
    **params : str, int or date
        The parameters, by our keyword or Kiwoom's key; a word or its code. One that has a default may be left out.

    Returns
    -------
    pandas.DataFrame
        The frame of that call, as its table says.

    Raises
    ------
    ValueError
        An unknown call or part, a parameter it does not have, one that is missing, or a value it does not take.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.query("ka10081", code="005930", end="2026-11-20").shape
    (600, 17)
    """
    call, most = call_of(api_id), count(pages, "pages")
    body = _body(call, params)
    call.table(body, part)  # a ValueError before anything is sent
    using = default_client(client)
    sequence = fetch_pages(using, call, body, most, None, refresh, part)
    frame = sequence.to_frame()
    frame.attrs |= {"server": using.server.name, "request": body, "truncated": bool(sequence.more)}
    return frame


def _body(call: Call, params: dict[str, object]) -> dict[str, str]:
    """The request body: what the caller named, defaults for the rest."""
    named = {name: param for param in call.params for name in (param.name, param.raw)}
    strange = sorted(set(params) - set(named))
    if strange:
        known = ", ".join(f"{param.name} ({param.raw})" for param in call.params)
        raise ValueError(f"{call.id} has no parameter {', '.join(strange)}; it has {known}")
    given: dict[str, object] = {}
    for name, value in params.items():
        if named[name].raw in given:
            raise ValueError(f"{named[name].raw}: given twice, also as {named[name].name}")
        given[named[name].raw] = value
    body = {}
    for param in call.params:
        value = given.get(param.raw, param.default)
        if value is None or value == "":
            if param.required:
                raise ValueError(f"{call.id} needs {param.name} ({param.raw}, {param.title}){_hint(param)}")
            continue
        body[param.raw] = param.code(value) if param.choices else _free(param, value)
    return body


def _hint(param: Param) -> str:
    return f": {param.note}" if param.note else ""


def _free(param: Param, value: object) -> str:
    """A value that is no choice, as text; dates as YYYYMMDD."""
    if param.kind is DATE:
        day = moment(value, param.name)  # type: ignore[arg-type]
        assert day is not None
        return f"{day:%Y%m%d}"
    if param.kind is CODE:
        return stock_code(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f"{param.name}: expected text, got {value!r}")
    return value
