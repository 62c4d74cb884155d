"""The frame contract, once, over every call of the catalogue: through the sandbox, over HTTP.

What a frame must be is spelled out here from the rules, not taken from the tables' own ``columns``. The same
file runs on pandas 2.2 and 3.
"""

import ast
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client
from kiwoom_research.data.products import GOLD
from kiwoom_research.data.rankings import RANKINGS, options_of
from kiwoom_research.endpoints import QUERIES, Table
from kiwoom_research.kinds import Choice
from kiwoom_research.sandbox import Sandbox

from .conftest import client_of

PACKAGE = Path(kr.__file__).parent

# --- the rules -----------------------------------------------------------------------------------

TEXT = "str" if int(pd.__version__.split(".")[0]) >= 3 else "object"
SEOUL_TIMES = "datetime64[us, Asia/Seoul]"
LONG_DAY = pd.Timestamp("2026-09-14")  # since then the close of a day is the last price of its evening
DTYPES = {
    "CODE": TEXT, "TEXT": TEXT, "FLAG": "bool",
    "DATE": "datetime64[us]", "LONG_DATE": "datetime64[us]", "TIMESTAMP": SEOUL_TIMES,
    "TIME": "timedelta64[us]", "TIME_OR_NONE": "timedelta64[us]",
}  # fmt: skip
MEASURED = {  # float64, and what they are measured in
    "PRICE": "KRW", "DIRECTED_PRICE": "KRW", "AVERAGE": "KRW", "CHANGE": "KRW", "MONEY": "KRW", "GROSS_MONEY": "KRW",
    "SHARES": "shares", "NET_SHARES": "shares", "GROSS_SHARES": "shares", "GRAMS": "g",
    "COUNT": "count", "PERCENT": "%", "PROPORTION": "%", "RATIO": "times",
    "INDEX": "points", "POINTS": "points",
}  # fmt: skip
OTHER_UNITS = {
    "DATE": "day", "LONG_DATE": "day", "TIMESTAMP": "time, Asia/Seoul",
    "TIME": "time of day, KST", "TIME_OR_NONE": "time of day, KST",
}  # fmt: skip
AGAINST_THE_PREVIOUS_CLOSE = {"DIRECTED_PRICE", "INDEX"}
BAR = ["open", "high", "low", "close", "volume"]
PRICES = BAR[:4]
FREQS = {"tick", "min", "1d", "1w", "1mo", "1y"}

# What a parameter is asked with; else the first of its values. A parameter without values needs a line here.
FULL = {
    "amt_qty_tp": "2", "unit_tp": "1", "stk_cd": "005930", "inds_cd": "001", "base_dt": "20261120", "upd_stkpc_tp": "1",
    "updown_tp": "2", "dt": "20261120", "qry_dt": "20261120", "strt_dt": "20261001", "end_dt": "20261120",
    "date": "20261120", "tm": "10", "tm_tp": "1", "prps_cnctr_rt": "50", "prpscnt": "10", "mmcm_cd": "003",
    "skip_stk": "000000000", "min_trde_qty": "0", "max_trde_qty": "0", "min_trde_prica": "0", "max_trde_prica": "0",
    "rank_strt": "0", "rank_end": "10", "isscomp_cd": "000000000000", "bsis_aset_cd": "005930", "lpcd": "000000000000",
    "etfobjt_idex_cd": "207", "date_tp": "10", "thema_grp_cd": "101", "arn_grp_id": "000",
}  # fmt: skip
FUND = "820010"
OTHER = {"ka40002": FUND, "ka40003": FUND, "ka10054": "800430"}  # calls that know nothing of the other stock
NOTHING = {**FULL, "stk_cd": "999999", "mrkt_tp": "7"}  # no such stock; a list that is empty

# Replies of every sort: what is asked, and which faults the page has.
SORTS: dict[str, tuple[dict[str, str], dict[str, float]]] = {
    "full": (FULL, {}),
    "nothing": (NOTHING, {}),
    "no longer kept": ({**FULL, "base_dt": "20200102"}, {}),
    "blank": (FULL, {"blank": 1.0}),
    "half blank": (FULL, {"blank": 0.5}),
    "sentinel": (FULL, {"sentinel": 1.0}),
    "old rows": (FULL, {"schema": 1.0}),
    "saturated": (FULL, {"saturated": 1.0}),
    "double minus": (FULL, {"double_minus": 1.0}),
}


def asked_with(api_id: str, chosen: dict[str, str]) -> dict[str, str]:
    """A request body: what is required, and of the rest what is chosen."""
    body = {}
    for param in QUERIES[api_id].params:
        codes = list(param.choices.values())
        value = chosen.get(param.raw)
        if value == FULL["stk_cd"]:
            value = OTHER.get(api_id, value)
        if value is None or (codes and value not in codes):
            value = codes[0] if codes and param.required else None
        assert value is not None or not param.required, f"{api_id}: FULL needs a line for {param.raw}"
        if value is not None:
            body[param.raw] = value
    return body


def table_of(api_id: str, part: str = "") -> Table:
    """The table that a full request is answered with."""
    return QUERIES[api_id].table(asked_with(api_id, FULL), part)


def named(table: Table) -> str:
    """A table as a test names it."""
    return f"{table.api_id}-{table.part}".rstrip("-")


EVERY = [table_of(call.id, part) for call in QUERIES.values() for part in call.parts]
TABLES = [pytest.param(table, id=named(table)) for table in EVERY]
# Every sort for the calls that functions of their own stand on, these for the rest: the suite stays quick.
FEW = ("full", "nothing", "blank")
HISTORIES = [pytest.param(table, id=named(table)) for table in EVERY if table.freq]
BARS = [pytest.param(t, id=named(t)) for t in EVERY if t.freq and any(f.name == "open" for f in t.fields)]


def expected_dtypes(table: Table) -> dict[str, str]:
    """Column -> dtype in order: values as in the table, then the signs, then the flag."""
    values = {f.name: f.kind for f in table.fields if f.name not in table.index}
    rules = {**DTYPES, **dict.fromkeys(MEASURED, "float64")}
    dtypes = {name: TEXT if isinstance(kind, Choice) else rules[kind.name] for name, kind in values.items()}
    signed = [f.name for f in table.fields if f.kind.name in AGAINST_THE_PREVIOUS_CLOSE]
    if table.api_id == "ka10081":
        dtypes |= {"official_close": "float64", "official_close_source": TEXT, "official_close_sign": "int8"}
    dtypes |= {f"{name}_sign": "int8" for name in signed}
    if table.freq:
        dtypes["complete"] = "bool"
    elif table.many:
        dtypes["found"] = "bool"
    return dtypes


def expected_units(table: Table) -> dict[str, str]:
    """Column -> unit, for every column that has one."""
    units = {**MEASURED, **OTHER_UNITS}
    values = [f for f in table.fields if f.name not in table.index]
    official = {"official_close": "KRW"} if table.api_id == "ka10081" else {}
    return {f.name: units[f.kind.name] for f in values if f.kind.name in units} | official


def dtypes_of(frame: pd.DataFrame) -> dict[str, str]:
    """Column -> dtype, in order."""
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


# --- frames --------------------------------------------------------------------------------------

Ask = Callable[[Table, str], pd.DataFrame]


@pytest.fixture(scope="module")
def market() -> Iterator[Sandbox]:
    """A sandbox whose pages this module spoils."""
    with Sandbox(rate=None) as box:
        yield box


@pytest.fixture(scope="module")
def reader(market: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of it that asks nothing while the market has a fault."""
    with client_of(market, tmp_path_factory.mktemp("contract")) as made:
        yield made


@pytest.fixture(scope="module")
def ask(market: Sandbox, reader: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """A frame of each call and each sort of reply, asked once; spoilt pages stay out of the reader's cache."""
    frames: dict[tuple[str, str], pd.DataFrame] = {}
    with client_of(market, tmp_path_factory.mktemp("spoilt")) as other:

        def asked(table: Table, sort: str) -> pd.DataFrame:
            key = (named(table), sort)
            if key not in frames:
                params, faults = SORTS[sort]
                for fault, rate in faults.items():
                    market.fail(fault, call=table.api_id, rate=rate)
                given = asked_with(table.api_id, params)
                using = other if faults else reader
                try:
                    frames[key] = kr.query(
                        table.api_id, part=table.part, client=using, refresh=bool(faults), **given
                    )
                finally:
                    market.clear_faults()
            return frames[key]

        yield asked


def ranked(by: str) -> Callable[[Client], pd.DataFrame]:
    """Ask for a ranking, with the options it cannot do without."""
    known = options_of(by)
    given: dict[str, Any] = {"broker": "050"} if "broker" in known else {}
    if "market" in known and "all" not in known["market"].choices:
        given["market"] = "kospi"
    return lambda client: kr.get_ranking(by, **given, client=client)


# The public way to the same frames, by the call behind it.
PUBLIC: dict[str, list[tuple[str, Callable[[Client], pd.DataFrame]]]] = {
    "ka10001": [("get_info", lambda c: kr.get_info("005930", client=c))],
    "ka10005": [("get_daily", lambda c: kr.get_daily("005930", pages=3, client=c))],
    "ka10006": [("get_today", lambda c: kr.get_today("005930", client=c))],
    "ka10079": [
        ("get_bars", lambda c: kr.get_bars("005930", "tick", pages=2, client=c)),
        ("get_bars", lambda c: kr.get_bars("005930", "tick", ticks=30, client=c)),
    ],
    "ka10080": [
        ("get_minutes", lambda c: kr.get_minutes("005930", 5, pages=2, client=c)),
        ("get_bars", lambda c: kr.get_bars("005930", "60min", start="2026-10-01", client=c)),
    ],
    "ka10081": [
        ("get_bars", lambda c: kr.get_bars("005930", pages=3, client=c)),
        ("get_bars", lambda c: kr.get_bars("005930", adjusted=False, pages=3, client=c)),
        ("get_bars", lambda c: kr.get_bars("005930", start="1990-01-01", end="1990-12-31", client=c)),
    ],
    "ka10082": [("get_bars", lambda c: kr.get_bars("005930", "1w", pages=2, client=c))],
    "ka10083": [("get_bars", lambda c: kr.get_bars("005930", "1mo", client=c))],
    "ka10094": [("get_bars", lambda c: kr.get_bars("005930", "1y", client=c))],
    "ka10008": [("get_foreign", lambda c: kr.get_foreign("005930", pages=2, client=c))],
    "ka10013": [("get_credit", lambda c: kr.get_credit("005930", "short_lending", client=c))],
    "ka10068": [("get_lending", lambda c: kr.get_lending(client=c))],
    "ka20068": [("get_lending", lambda c: kr.get_lending("005930", client=c))],
    "ka10014": [("get_short", lambda c: kr.get_short("005930", client=c))],
    "ka10016": [("get_ranking", lambda c: kr.get_ranking("new_low", client=c))],
    "ka10017": [("get_ranking", lambda c: kr.get_ranking("limit_up", client=c))],
    "ka10023": [("get_ranking", lambda c: kr.get_ranking("volume_surge", client=c))],
    "ka10027": [("get_ranking", lambda c: kr.get_ranking("losers", client=c))],
    **{
        call.id: [("get_ranking", ranked(by))]
        for by, (call, words, _) in RANKINGS.items()
        if words.get("sort", "low_pbr") in ("low_pbr", "net_bid", "gain_pct", "value")  # one of each call
    },
    "ka10051": [("get_market_flows", lambda c: kr.get_market_flows("kosdaq", client=c))],
    "ka10054": [("get_volatility_interruptions", lambda c: kr.get_volatility_interruptions(client=c))],
    "ka10131": [("get_flow_streaks", lambda c: kr.get_flow_streaks("kosdaq", side="sold", client=c))],
    "ka20004": [("get_index", lambda c: kr.get_index("kospi", "tick", client=c))],
    "ka20005": [("get_index", lambda c: kr.get_index("kospi", "5min", client=c))],
    "ka20007": [("get_index", lambda c: kr.get_index("kospi", "1w", client=c))],
    "ka20008": [("get_index", lambda c: kr.get_index("kospi", "1mo", client=c))],
    "ka20019": [("get_index", lambda c: kr.get_index("kospi", "1y", client=c))],
    "ka30005": [("get_elw", lambda c: kr.get_elw(client=c))],
    "ka40002": [("get_etf", lambda c: kr.get_etf("820010", client=c))],
    "ka40003": [("get_etf_history", lambda c: kr.get_etf_history("820010", client=c))],
    "ka50079": [("get_gold", lambda c: kr.get_gold("tick", client=c))],
    "ka50080": [("get_gold", lambda c: kr.get_gold("5min", kind="100g", client=c))],
    "ka50081": [("get_gold", lambda c: kr.get_gold(pages=2, client=c))],
    "ka50082": [("get_gold", lambda c: kr.get_gold("1w", client=c))],
    "ka50083": [("get_gold", lambda c: kr.get_gold("1mo", client=c))],
    "ka90002": [("get_theme_stocks", lambda c: kr.get_theme_stocks("방위산업", client=c))],
    "ka90010": [("get_program", lambda c: kr.get_program("kosdaq", client=c))],
    "ka90013": [("get_program", lambda c: kr.get_program("005930", client=c))],
    "ka10030": [("get_ranking", lambda c: kr.get_ranking("volume", client=c))],
    "ka10032": [("get_ranking", lambda c: kr.get_ranking("value", pages=2, client=c))],
    "ka10059": [("get_investors", lambda c: kr.get_investors("005930", pages=2, client=c))],
    "ka20001": [("get_sector", lambda c: kr.get_sector("kospi", client=c))],
    "ka20002": [("get_sector_stocks", lambda c: kr.get_sector_stocks("kospi", client=c))],
    "ka20003": [("get_sectors", lambda c: kr.get_sectors("kosdaq", client=c))],
    "ka20006": [("get_index", lambda c: kr.get_index("kospi", pages=2, client=c))],
    "ka10095": [("get_quotes", lambda c: kr.get_quotes(["005930", "000660"], client=c))],
    "ka10099": [
        ("get_stocks", lambda c: kr.get_stocks("all", client=c)),
        ("get_stocks", lambda c: kr.get_stocks("etf", client=c)),
        ("find", lambda c: kr.find("no stock of this name", client=c)),
    ],
}
# lists of a venue have it as a column, and plain codes as index
OF_A_VENUE = {*(call.id for call, _, _ in RANKINGS.values()), "ka10051", "ka20002", "ka10131", "ka90002"}
# frames of another shape than the call behind them; their own tests say which
RESHAPED = {
    "get_brokers", "get_etfs", "get_gold_quote", "get_orderbook", "get_themes", "get_trades", "get_watchlist",
}  # fmt: skip
# one ranking stands for all of them
THOROUGH = PUBLIC.keys() - {ranking.call.id for ranking in RANKINGS.values()} | {"ka10030"}
SORTED = [
    pytest.param(table, sort, id=f"{named(table)}-{sort.replace(' ', '-')}")
    for table in EVERY
    for sort in (SORTS if table.api_id in THOROUGH else FEW)
]
WAYS = [
    pytest.param(
        table_of(api_id, "summary" if name == "get_sector" else ""), make, id=f"{api_id}-{name}-{at}"
    )
    for api_id, ways in PUBLIC.items()
    for at, (name, make) in enumerate(ways)
]


# --- 1 and 2: columns and dtypes --------------------------------------------------------------------


@pytest.mark.parametrize(("table", "sort"), SORTED)
def test_columns_and_dtypes(table: Table, sort: str, ask: Ask) -> None:
    """All columns in order with their dtypes, whatever the reply holds."""
    assert list(dtypes_of(ask(table, sort)).items()) == list(expected_dtypes(table).items())


@pytest.mark.parametrize(("table", "make"), WAYS)
def test_columns_and_dtypes_of_public_functions(
    table: Table, make: Callable[[Client], pd.DataFrame], reader: Client
) -> None:
    """The functions people call give the same columns as the call behind them, and an index to match."""
    frame = make(reader)
    expected = expected_dtypes(table) | ({"venue": TEXT} if table.api_id in OF_A_VENUE else {})
    assert list(dtypes_of(frame).items()) == list(expected.items())
    assert_index(table, frame)
    assert_attrs(table, frame)


def test_every_public_function_is_among_them() -> None:
    """Every ``get_*`` is asked above."""
    asked = {name for ways in PUBLIC.values() for name, _ in ways} | RESHAPED
    missing = {name for name in kr.__all__ if name.startswith("get_")} - asked
    assert not missing, f"PUBLIC needs a line for {', '.join(sorted(missing))}"


@pytest.mark.parametrize("table", BARS)
def test_bars_share_their_columns(table: Table, ask: Ask) -> None:
    """Every bar frame begins with open, high, low, close, volume and ends with four signs and ``complete``."""
    columns = list(ask(table, "full").columns)
    assert table.freq in FREQS
    assert columns[:5] == BAR
    assert columns[-5:] == [*(f"{name}_sign" for name in PRICES), "complete"]


def test_sorts_show_what_they_say(ask: Ask) -> None:
    """The replies above are what they are named: full, without rows, blank."""
    for table in EVERY:
        values = [f.name for f in table.fields if f.name not in table.index and f.kind.name in MEASURED]
        full, nothing, blank = (ask(table, sort) for sort in ("full", "nothing", "blank"))
        no_auction = table.api_id == "ka10029"  # its rows are those of an auction, and it is evening
        assert no_auction or not values or full[values].notna().any().any(), table.api_id
        labelled = table.index or any(f.name == "code" and not f.request for f in table.fields)
        kept = len(full) if labelled or not table.rows else 0
        assert len(blank) == kept, named(table)  # a row of a list that has no label says nothing
        assert table.part or blank[values].isna().all().all(), table.api_id  # the fault blanks the list
        other = asked_with(table.api_id, NOTHING) != asked_with(table.api_id, FULL)
        if other and table.api_id != "ka10101":  # 7 is a list of sectors there
            assert nothing.empty or nothing[values].isna().all().all(), table.api_id
            assert nothing.empty == bool(table.rows) or table.many, table.api_id
    assert ask(table_of("ka10080"), "no longer kept").empty
    assert (ask(table_of("ka10001"), "double minus").dtypes == ask(table_of("ka10001"), "full").dtypes).all()


# --- 3: signs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("table", "sort"), SORTED)
def test_signs(table: Table, sort: str, ask: Ask) -> None:
    """-1, 0 or +1 beside a magnitude; 0 where the price is missing; the rule is said."""
    frame = ask(table, sort)
    signed = [name.removesuffix("_sign") for name in frame if name.endswith("_sign")]
    for name in signed:
        assert set(frame[f"{name}_sign"].unique()) <= {-1, 0, 1}, name
        assert (frame.loc[frame[name].isna(), f"{name}_sign"] == 0).all(), name
        assert not (frame[name] < 0).any(), name
    assert bool(signed) == ("sign_reference" in frame.attrs)


def test_no_reference_no_sign(ask: Ask) -> None:
    """The first row of a history without its own change has nothing to be compared with."""
    year = ask(table_of("ka10094"), "full")
    assert (year.iloc[0][[f"{name}_sign" for name in PRICES]] == 0).all()
    assert (year["close_sign"].iloc[1:] == np.sign(year["close"].diff().iloc[1:])).all()
    assert year.attrs["sign_reference"] == "previous row's close"


# --- 4: index ----------------------------------------------------------------------------------------


def assert_index(table: Table, frame: pd.DataFrame) -> None:
    """Names, types, zone, unit and order of an index."""
    index = frame.index
    assert index.is_unique
    if not table.index:
        assert isinstance(index, pd.RangeIndex)
        return
    if not table.freq:
        assert index.names == ["code"]
        assert str(index.dtype) == TEXT
        codes = [code for code in index if isinstance(code, str) and len(code) >= 3]
        assert len(codes) == len(index), "a row without a code"
        return
    times = index.get_level_values(0)
    assert isinstance(times, pd.DatetimeIndex)
    assert times.is_monotonic_increasing
    assert not times.isna().any()
    assert times.unit == "us"
    if table.freq == "tick":
        assert isinstance(index, pd.MultiIndex)
        assert index.names == ["time", "seq"]
        assert str(times.dtype) == SEOUL_TIMES
        seq = index.get_level_values("seq")
        assert str(seq.dtype) == "int64"
        counted = [at for _, group in itertools.groupby(times) for at, _ in enumerate(group)]
        assert seq.tolist() == counted
    elif table.freq == "min":
        assert index.names == ["time"]
        assert str(index.dtype) == SEOUL_TIMES
    else:
        assert index.names == ["date"]
        assert str(index.dtype) == "datetime64[us]"
        assert (times == times.normalize()).all()


# The one reply that does not say whom it is about; asked only to learn whether there is such a stock.
UNLABELLED = ("ka10100", "nothing")


@pytest.mark.parametrize(("table", "sort"), SORTED)
def test_index(table: Table, sort: str, ask: Ask) -> None:
    """Snapshots by code; bars ascending and unique, days without a zone, times in Seoul, microseconds."""
    frame = ask(table, sort)
    if (table.api_id, sort) == UNLABELLED:
        assert frame.index.isna().all()
        return
    assert_index(table, frame)


def test_codes_keep_their_zeros(reader: Client) -> None:
    """Codes are text with zeros in front, also in a row that nothing is known of."""
    with pytest.warns(UserWarning, match="999999"):
        quotes = kr.get_quotes(["000660", "999999", "005930"], client=reader)
    assert quotes.index.tolist() == ["000660", "999999", "005930"]
    assert quotes["found"].tolist() == [True, False, True]
    unknown = quotes.loc["999999"].drop([name for name in quotes if quotes[name].dtype in ("int8", "bool")])
    assert unknown.isna().all()
    assert {"000660", "005930"} <= set(kr.get_stocks(client=reader).index)


def test_snapshots_concatenate(reader: Client) -> None:
    """Several snapshots are one table, and the same table that asking for several gives."""
    codes = ["005930", "000660", "035420"]
    together = pd.concat([kr.get_info(code, client=reader) for code in codes])
    pd.testing.assert_frame_equal(together, kr.get_info(codes, client=reader))
    assert together.index.name == "code"
    quotes = pd.concat([kr.get_quotes(code, client=reader) for code in codes])
    pd.testing.assert_frame_equal(quotes, kr.get_quotes(codes, client=reader))


# --- 5 and 6: units, labels, flags -------------------------------------------------------------------


def assert_attrs(table: Table, frame: pd.DataFrame) -> None:
    """The label: JSON values, what was asked, when, of whom, in which units."""
    assert json.loads(json.dumps(frame.attrs)) == frame.attrs
    assert frame.attrs["endpoint"] == table.api_id
    assert frame.attrs["server"].startswith("sandbox")
    assert frame.attrs["retrieved"] == "2026-11-20T21:30:00+09:00"
    assert frame.attrs["units"] == expected_units(table)
    if table.freq:
        assert isinstance(frame.attrs["truncated"], bool)
    if table.freq and "request" not in frame.attrs:  # a history of a get_ function
        of_the_market = table.api_id in ("ka10068", "ka90010")
        assert frame.attrs.get("code") in (
            (None,) if of_the_market else ("005930", "001", FUND, *GOLD.values())
        )
        if "upd_stkpc_tp" in {param.raw for param in QUERIES[table.api_id].params}:
            assert frame.attrs["adjusted"] in (True, False)
            assert frame.attrs["base_date"] == "2026-11-20"


@pytest.mark.parametrize(("table", "sort"), SORTED)
def test_label_and_units(table: Table, sort: str, ask: Ask) -> None:
    """``attrs`` is a small label of JSON values with the unit of every measured column."""
    frame = ask(table, sort)
    assert_attrs(table, frame)
    assert set(frame.select_dtypes("float64").columns) <= set(frame.attrs["units"])


# Labels that are shown to a person or carried on to another label; nothing is computed from them.
SHOWN = {
    ("commands", "endpoint"): "which table's titles to print",
    ("commands", "truncated"): "a line that says so",
    ("commands", "units"): "printed",
    ("display", "units"): "printed",
    ("charts", "code"): "the title of a chart",
    ("bulk", "truncated"): "the label of the stacked frame",
    ("explorer", "units"): "which units to print",
    ("explorer", "retrieved"): "how old the chart is",
}


def test_no_code_reads_the_label() -> None:
    """What computation needs is a column or an index level: nothing looks a key of ``attrs`` up."""
    found = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Subscript(value=ast.Attribute(attr="attrs"), slice=key, ctx=ast.Load()):
                    pass
                case ast.Call(
                    func=ast.Attribute(value=ast.Attribute(attr="attrs"), attr="get"), args=[key, *_]
                ):
                    pass
                case _:
                    continue
            found.add((file.relative_to(PACKAGE).with_suffix("").parts[0], ast.literal_eval(key)))
    assert found - set(SHOWN) == set()


# calls of which somebody knows that a day is final in the evening; of the others nobody does, so they wait for the morning
FINAL_IN_THE_EVENING = {
    "ka10014", "ka10059", "ka10060", "ka10068", "ka10079", "ka10080", "ka10081", "ka10082", "ka10083", "ka10094", "ka20068",
}  # fmt: skip


@pytest.mark.parametrize("table", HISTORIES)
def test_complete(table: Table, ask: Ask) -> None:
    """In the evening of a Friday its day and week are whole where that is known, its month, year and a cut day not."""
    complete = ask(table, "full")["complete"]
    settled = table.api_id in FINAL_IN_THE_EVENING
    if table.freq in ("tick", "min"):
        days = complete.index.get_level_values(0).normalize()
        assert not complete[days == days[0]].any()
        assert (complete[(days == days[-1]) & (days != days[0])] == settled).all()
        assert complete[(days != days[0]) & (days != days[-1])].all()
    else:
        assert complete.iloc[:-1].all() or table.api_id == "ka10013"  # credit comes two sessions later
        past = table.api_id == "ka10015"  # asked for days before
        assert complete.iloc[-1] == (table.freq in ("1d", "1w") and (settled or past))


def test_complete_while_the_market_runs(box: Sandbox, client: Client) -> None:
    """During a session its bar is not complete, and the minutes of the day before are."""
    box.set_clock("2026-11-18 11:00")
    day, minutes = kr.get_bars("005930", client=client), kr.get_minutes("005930", 5, client=client)
    assert day.index[-1] == pd.Timestamp("2026-11-18")
    assert not day["complete"].iloc[-1]
    assert day["complete"].iloc[:-1].all()
    assert minutes.index[-1] >= pd.Timestamp("2026-11-18 10:50", tz="Asia/Seoul")
    assert not minutes["complete"].iloc[-1]
    assert minutes.loc["2026-11-17", "complete"].all()
    assert minutes.attrs["truncated"]


# --- the market itself -------------------------------------------------------------------------------

# a large one, one that splits, one that is consolidated, one at its limit, one halted, one hardly traded
CODES = ["005930", "850050", "850030", "850010", "850040", "850070"]
HALF_A_MILLION = 500_000
HALF_OF_100_MILLION = 50_000_000


def assert_bar_invariants(frame: pd.DataFrame, rounding: float, price_rounding: float = 0.0) -> None:
    """Prices within the bar, and the average price of its trades too."""
    for name in ("open", "close"):
        assert (frame["low"] <= frame[name]).all(), name
        assert (frame[name] <= frame["high"]).all(), name
    assert (frame["volume"] >= 0).all()
    if "value" in frame:
        traded = frame[frame["volume"] > 0]
        low, high = traded["low"] - price_rounding, traded["high"] + price_rounding
        assert (traded["value"] + rounding >= low * traded["volume"]).all()
        assert (traded["value"] - rounding <= high * traded["volume"]).all()


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("adjusted", [True, False])
def test_days(code: str, adjusted: bool, reader: Client) -> None:
    """Daily bars: prices, value in won, change and signs against the session before."""
    frame = kr.get_bars(code, start="2016-01-01", adjusted=adjusted, client=reader)
    assert_bar_invariants(frame, HALF_A_MILLION, price_rounding=adjusted)
    before = frame["close"] - frame["change"]  # the base price of the day
    known = before.notna()
    assert known.sum() >= len(frame) - 1
    for name in PRICES:
        assert (frame[f"{name}_sign"] == np.sign(frame[name] - before).fillna(0)).all(), name
    moved = (frame["close"].diff() - frame["change"]).abs() > 1
    moved &= (
        frame.index <= LONG_DAY
    )  # later base prices are official closes, not the last prices of the evening
    if adjusted:  # no event is left in adjusted prices: base price and previous close are one
        assert not moved.any()
    else:
        assert moved.sum() == {"850050": 1, "850030": 1, "005930": 1}.get(code, 0)
    words = {1: {"up", "limit up"}, 0: {"flat"}, -1: {"down", "limit down"}}
    for sign, rows in frame.loc[known].groupby("close_sign"):
        assert set(rows["direction"]) <= words[int(sign)]
    minutes = kr.get_bars(
        code, "1min", start="2026-11-16", end="2026-11-18", adjusted=adjusted, client=reader
    )
    auctions = minutes["close"].at_time("15:30")
    auctions.index = auctions.index.normalize().tz_localize(None)
    assert len(auctions) == (0 if code == "850040" else 3)  # a halted stock has no trades
    assert np.array_equal(frame["official_close"].loc[auctions.index], auctions)


@pytest.mark.parametrize("freq", ["1w", "1mo", "1y"])
def test_long_bars(freq: str, reader: Client) -> None:
    """Weeks, months and years hold the days between their labels, to the won."""
    days = kr.get_bars("005930", start="2016-01-01", client=reader)
    long = kr.get_bars("005930", freq, start="2016-01-01", client=reader)
    assert_bar_invariants(long, rounding=0, price_rounding=1)
    period = {"1w": "W", "1mo": "M", "1y": "Y"}[freq]
    groups = days.groupby(days.index.to_period(period))
    days_of = groups.agg(
        open=("open", "first"), high=("high", "max"), low=("low", "min"), close=("close", "last"),
        volume=("volume", "sum"), value=("value", "sum"),
    )  # fmt: skip
    assert long.index.tolist() == [group.index[0] for _, group in groups]
    for name in BAR:
        assert np.array_equal(long[name], days_of[name]), name
    sessions = groups.size().to_numpy()
    assert (np.abs(long["value"].to_numpy() - days_of["value"].to_numpy()) <= HALF_A_MILLION * sessions).all()
    signs = np.sign(long["close"].diff()).iloc[1:]
    before = np.array([group.index[-1] < LONG_DAY for _, group in groups])[
        :-1
    ]  # whose close is the official one
    assert np.array_equal(long["close_sign"].iloc[1:][before], signs[before])


@pytest.mark.parametrize("freq", ["tick", "1min", "5min", "60min"])
def test_bars_within_days(freq: str, reader: Client) -> None:
    """Minutes and ticks stay within their day, add up to it, and are signed against the day before."""
    days = kr.get_bars("005930", adjusted=False, client=reader)
    short = kr.get_bars("005930", freq, pages=2, adjusted=False, client=reader)
    assert_bar_invariants(short, rounding=0)
    times = short.index.get_level_values(0)
    assert isinstance(times, pd.DatetimeIndex)
    day = times.tz_localize(None).normalize()
    assert (short["low"] >= days["low"].reindex(day).to_numpy()).all()
    assert (short["high"] <= days["high"].reindex(day).to_numpy()).all()
    assert (short["volume"] > 0).all()  # a minute without a trade is absent
    before = (days["close"] - days["change"]).reindex(day).to_numpy()
    for name in PRICES:
        assert (short[f"{name}_sign"] == np.sign(short[name] - before)).all(), name
    assert (short["change"] == short["close"] - before).all()
    whole = short[day > day[0]]
    if freq != "tick":
        by_day = whole.groupby(whole.index.tz_localize(None).normalize())["volume"]
        assert (by_day.cumsum() == whole["volume_so_far"]).all()
        assert (by_day.sum() <= days["volume"].reindex(by_day.sum().index)).all()


@pytest.mark.parametrize("code", CODES[:-2])
def test_snapshots_agree(code: str, reader: Client) -> None:
    """Info, quotes, today and the last day tell one story, with market cap = price x shares."""
    info, quote = kr.get_info(code, client=reader).loc[code], kr.get_quotes(code, client=reader).loc[code]
    today = kr.get_today(code, client=reader).loc[code]
    day = kr.get_bars(code, adjusted=False, client=reader).iloc[-1]
    sheet = kr.get_daily(code, client=reader).iloc[-1]
    for name in ("open", "high", "low", "volume", "change"):
        assert info[name] == quote[name] == today[name] == day[name] == sheet[name], name
    for name in ("open", "high", "low"):
        signs = {int(row[f"{name}_sign"]) for row in (info, quote, today, day, sheet)}
        assert signs == {int(np.sign(info[name] - info["base_price"]))}, name
    assert info["price"] == quote["price"] == today["close"] == day["close"] == sheet["close"]
    assert quote["value"] == today["value"] == day["value"] == sheet["value"]
    for row in (info, quote):
        cap = row["price"] * row["listed_shares"]
        assert abs(row["market_cap"] - cap) <= HALF_OF_100_MILLION
        assert row["price"] - row["base_price"] == row["change"]
        assert row["change_pct"] == round(row["change"] / row["base_price"] * 100, 2)
        assert row["lower_limit"] <= row["low"] <= row["high"] <= row["upper_limit"]
    assert info["low_250d"] <= info["year_low"] <= info["year_high"] <= info["high_250d"]
    assert info["float_shares"] <= info["listed_shares"]


def test_order_book(reader: Client) -> None:
    """Asks rise, bids fall, and the best ask is above the best bid."""
    quotes = kr.get_quotes(["005930", "000660", "035420", "035720"], client=reader)
    asks, bids = ([f"{side}_{level}" for level in range(1, 6)] for side in ("ask", "bid"))
    book = quotes[[*bids[::-1], *asks]]
    assert (book.gt(0)).all().all()
    assert (np.diff(book.to_numpy(), axis=1) > 0).all()
    assert (quotes["ask"] == quotes["ask_1"]).all()
    assert (quotes["bid"] == quotes["bid_1"]).all()


def test_list_and_quotes_agree(reader: Client) -> None:
    """The list's previous close is the base of the quotes, its share count theirs but for the rounding."""
    stocks = kr.get_stocks("kospi", client=reader)
    quotes = kr.get_quotes(stocks, client=reader)
    assert quotes["found"].all()
    listed = stocks["listed_shares"].to_numpy()
    assert (np.abs(quotes["listed_shares"].to_numpy() - listed) <= 500).all()
    known = quotes["base_price"].notna().to_numpy()
    assert (quotes["base_price"][known] == stocks["previous_close"][known]).all()


def test_text_is_text(ask: Ask) -> None:
    """Text columns hold text, in what the pandas at hand calls text."""
    stocks = ask(table_of("ka10099"), "full")
    for name in ("name", "market", "type", "state", "warning"):
        assert stocks[name].map(type).eq(str).all(), name
