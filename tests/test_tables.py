"""The endpoint tables against themselves, the manual's field list and the recorded replies.

Every list of exceptions here is literal and exact: an exception that is no longer one fails as well.
"""

import csv
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiwoom_research import endpoints
from kiwoom_research.endpoints import CATALOGUE, QUERIES, Call, Evidence, Field, Table
from kiwoom_research.kinds import KINDS, Choice, Number

Row = dict[str, str]

EVERY = [(call, table) for call in CATALOGUE.values() for table in call.tables]
TABLES = [pytest.param(table, id=f"{call.id}-{at}") for at, (call, table) in enumerate(EVERY)]
CALLS = [pytest.param(call, id=call.id) for call in QUERIES.values()]

# --- what the manual's list does not say, or says wrongly -------------------------------------------

# protocol.md 2: the token calls are not in the manual's list of market data
TOKEN_CALLS = {
    "au10001": ("/oauth2/token", "접근토큰 발급", ("grant_type", "appkey", "secretkey")),
    "au10002": ("/oauth2/revoke", "접근토큰폐기", ("appkey", "secretkey", "token")),
}
NOT_IN_THE_LIST = {
    ("ka10099", "kind"): "undocumented; in the recorded rows (A or Q)",
    ("ka10100", "kind"): "undocumented; protocol.md 7.5 gives ka10100 the fields of ka10099, hence optional",
}
CHARTS = ("ka10079", "ka10080", "ka10081", "ka10082", "ka10083", "ka10094")
INDEX_CHARTS = ("ka20004", "ka20005", "ka20006", "ka20007", "ka20008", "ka20019")
OHLC_COLUMNS = ("open", "high", "low", "close")
OHLC = ("open_pric", "high_pric", "low_pric", "cur_prc")
NOT_IN_THE_TABLE = {
    **{("", chart, "stk_cd"): "the code as it was asked, once beside the rows" for chart in CHARTS},
    **{("", chart, "inds_cd"): "the code as it was asked, once beside the rows" for chart in INDEX_CHARTS},
    ("", "ka10079", "last_tic_cnt"): "beside the rows; blank in every reply seen",
    ("", "ka01300", "rtcd"): "an older form of return_code",
    ("", "ka01301", "rtcd"): "an older form of return_code",
    **{
        ("inds_dt_pole_qry", "ka20005", raw): "the manual shows the example of ka20006 there"
        for raw in (*OHLC, "dt", "trde_qty", "trde_prica")
    },
    **{
        ("prm_trde_trnsn", "ka90003", raw): "the manual shows the example of ka90005 there"
        for raw in (
            "cntr_tm", "kospi200", "basis", "all_sel", "all_buy", "all_netprps",
            *(f"{kind}_trde_{side}" for kind in ("dfrt", "ndiffpro") for side in ("sel", "buy", "netprps")),
            *(f"{kind}_trde_{side}_qty" for kind in ("dfrt", "ndiffpro") for side in ("sell", "buy", "netprps")),
        )
    },
    ("gds_tic_chart_qry", "ka50079", "dt"): "repeats cntr_tm",
    ("gds_tic_chart_qry", "ka50091", "dt"): "repeats cntr_tm",
    ("gds_min_chart_qry", "ka50080", "dt"): "repeats cntr_tm",
    ("gds_min_chart_qry", "ka50092", "dt"): "repeats cntr_tm",
    ("gds_min_chart_qry", "ka50080", "pred_pre_sig"): "blank; pred_pre has a sign of its own",
}  # fmt: skip
# in recorded rows, but no values
SEPARATORS = {("ka90009", "pipe1"), ("ka90009", "pipe2"), ("ka90009", "pipe3")}
# the unit depends on the request, which the list does not say
INVESTORS = (
    "ind_invsr", "frgnr_invsr", "orgn", "fnnc_invt", "insrnc", "invtrt", "etc_fnnc", "bank", "penfnd_etc",
    "samo_fund", "natn", "etc_corp", "natfor",
)  # fmt: skip
BY_REQUEST = {
    ("ka10059", "natn"): "an investor like the twelve beside it",
    ("ka10061", "natn"): "an investor like the twelve beside it",
    **{("ka10060", raw): "the list knows million won only" for raw in INVESTORS},
    **{("ka10062", f"{who}nettrde_qty"): "shares or thousands of them" for who in ("orgn_", "for_", "")},
    **{("ka90003", f"prm_{side}_amt"): "shares when shares are asked" for side in ("sell", "buy", "netprps")},
}
# What calls_facts.md and protocol.md hold against the list's units and scales, or add to them.
OTHERWISE = {
    ("ka10007", "flo_stkcnt"): "thousand shares, as ka10001 gives the same figure",
    **{
        ("ka10013", raw): "recorded: single shares, and million won"
        for raw in ("new", "rpya", "remn", "amt", "pre")
    },
    **{("ka10051", raw): "hundredfold integers" for raw in ("cur_prc", "pred_pre", "flu_rt")},
    ("ka10051", "trde_qty"): "thousand shares",
    ("ka10058", "netslmt_qty"): "hundred shares: amount / average price, beside the volume",
    ("ka10058", "netslmt_amt"): "million won",
    ("ka10060", "acc_trde_prica"): "the volume in shares",
    ("ka10062", "orgn_nettrde_avg_pric"): "won",
    ("ka10062", "for_nettrde_avg_pric"): "won",
    ("ka20004", "trde_qty"): "thousand shares, as in ka20006",
    ("ka20004", "pred_pre"): "hundredfold like the prices beside it",
    ("ka20005", "trde_qty"): "thousand shares, as in ka20006",
    ("ka20005", "acc_trde_qty"): "thousand shares: the last one of a day is the volume of ka20006",
    ("ka20005", "pred_pre"): "hundredfold: 2604 on a day of +26.04",
    ("ka20008", "trde_prica"): "million won, as in ka20007",
    ("ka30004", "basis"): "won: price - theoretical price",
    ("ka30005", "theory_pric"): "hundredfold",
    ("ka30005", "innr_vltl"): "hundredfold",
    ("ka30005", "delta"): "millionfold",
    ("ka30005", "trde_qty_pre"): "printed with two decimals: a ratio like its namesakes",
    ("ka30012", "elwinnr_vltl"): "hundredfold",
    ("ka30012", "stkcnt"): "thousand shares, not thousand won",
    ("ka40009", "stkcnt"): "thousand shares, by the size of the recorded fund",
    ("ka50012", "trde_qty"): "grams: value / price",
    ("ka50082", "acc_trde_prica"): "cut to seven digits: as sent",
    ("ka90005", "kospi200"): "hundredfold",
}
# parameters whose values differ from the codes of the list
VALUES = {
    "stex_tp": {"1", "2", "3"},  # 3, both venues: protocol.md 6.13
    "inds_cd": set(),  # sectors have more codes than the list; ka20003 tells them
    "bsis_aset_cd": set(),  # any stock is an underlying
}
VALUES_OF = {
    ("ka10131", "netslmt_tp"): {"1", "2"},  # 1 works too
    ("ka90003", "mrkt_tp"): {"P00101", "P10102"},  # the manual writes their last four digits
    ("ka90004", "mrkt_tp"): {"P00101", "P10102"},
    ("kt20016", "mrkt_deal_tp"): {"%", "1", "0"},  # % is in the example
}
# rows of before mid 2025 ended in these, always blank (protocol.md 7.4)
OLD_TAIL = {
    "upd_stkpc_tp", "upd_rt", "bic_inds_tp", "sm_inds_tp", "stk_infr", "upd_stkpc_event", "pred_close_pric",
}  # fmt: skip
BESIDE_THE_ROWS = {
    "return_code",
    "return_msg",
    "returnCode",
    "returnMsg",
    "stk_cd",
    "inds_cd",
    "last_tic_cnt",
}

# All bars share their columns, and an index has bars in points, gold in grams: where two rules meet.
IN_POINTS = dict.fromkeys(OHLC_COLUMNS, "INDEX") | {"change": "POINTS"}
IN_GRAMS = dict.fromkeys(("volume", "volume_so_far"), "GRAMS")
SAME_MEANING = {"LONG_DATE": "DATE"}  # with six zeros behind it

SCALES = {
    "100 million won": 100_000_000, "ten million": 10_000_000, "million won": 1_000_000, "thousand won": 1_000,
    "thousand shares": 1_000, "hundred shares": 100,
}  # fmt: skip
UNITS = {
    "won": "KRW", "thousand won": "KRW", "million won": "KRW", "ten million": "KRW", "100 million won": "KRW",
    "share": "shares", "hundred shares": "shares", "thousand shares": "shares", "percent": "%",
    "index point": "points", "count": "count",
}  # fmt: skip
GOLD_UNITS = {"share": "g", "thousand shares": "g"}
NO_UNIT = ("", "depends on request", "example only")
FORMATS = {
    "YYYYMMDD": "DATE", "HHMMSS": "TIME", "YYYYMMDDHHMMSS": "TIMESTAMP",
    "sign code 1=upper limit 2=up 3=flat 4=lower limit 5=down": "DIRECTION",
}  # fmt: skip
# in another format than the list's, which has none for most of these
OTHER_FORMATS = {
    ("ka10004", "bid_req_base_tm"): "TIME",
    ("ka00198", "prev_base_sign"): "DIRECTION",
    ("ka10011", "pred_pre_sig"): "DIRECTION",
    ("ka10040", "sel_scesn_tm"): "TIME",  # as in ka10053
    ("ka10040", "buy_scesn_tm"): "TIME",
    ("ka10054", "virelis_time"): "TIME_OR_NONE",  # recorded: 000000 while it lasts
    ("ka10062", "pre_sig"): "DIRECTION",
    ("ka10087", "ovt_sigpric_pred_pre_sig"): "DIRECTION",
    ("ka20005", "cntr_tm"): "TIMESTAMP",  # recorded
    ("ka30003", "pre_tp"): "DIRECTION",
    ("ka50082", "dt"): "LONG_DATE",  # a day with a time of zeros
    ("ka50083", "dt"): "LONG_DATE",
    ("ka50087", "exp_pre_sig"): "DIRECTION",
    ("ka50092", "pred_pre_sig"): "DIRECTION",
    ("ka50100", "pred_pre_sig"): "DIRECTION",
    ("ka90010", "cntr_tm"): "LONG_DATE",
}
# recorded with this many decimals where the list gives none, or another number
DECIMALS = {
    ("ka10001", "roe"): 1,
    ("ka10001", "per"): 2,
    ("ka10001", "pbr"): 2,
    ("ka10001", "ev"): 2,
}
DECIMALS_NOT_KEPT = {
    ("ka10051", "flu_rt"): "a hundredfold integer",
    **{
        ("ka30012", raw): "printed with two"
        for raw in ("iv", *(f"bsis_aset_comp_rt_{n}" for n in range(1, 6)))
    },
}
# protocol.md 6.3: which calls put a price's direction before it
MARKS = {
    "ignored": {"ka20004", "ka20005", "ka50080"},
    "none": {
        "ka10043",
        "ka50079",
        "ka50081",
        "ka50082",
        "ka50083",
        "ka50091",
        "ka10079",
        "ka10081",
        "ka10082",
        "ka10083",
        "ka10094",
        "ka20006",
        "ka20007",
        "ka20008",
        "ka20019",
    },
    "newest": {"ka10005"},
}


# --- the witnesses ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def listed(test_data: Path) -> dict[str, list[Row]]:
    """fields.csv by call, and new_calls.csv in the same form."""
    found = defaultdict(list)
    with (test_data / "reference" / "fields.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["api_id"]].append(row)
    blank = dict.fromkeys(("unit", "format", "signed", "decimals", "codes", "list_key"), "")
    for row in new_calls(test_data):
        if row["type"] == "LIST":
            blank["list_key"] = row["element"]
        else:
            within = blank["list_key"] if row["depth"] == "1" else ""
            found[row["api_id"]].append(
                {
                    **blank,
                    "api_id": row["api_id"],
                    "direction": row["side"],
                    "element": row["element"],
                    "korean_name": row["label"],
                    "required": row["required"],
                    "scale": "1",
                    "list_key": within,
                }
            )
    return found


def new_calls(folder: Path) -> list[Row]:
    """The calls that are newer than the list, as new_calls.csv has them."""
    with (folder / "reference" / "new_calls.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def calls(test_data: Path) -> dict[str, Row]:
    """endpoints.csv by call, and new_calls.csv in the same form."""
    with (test_data / "reference" / "endpoints.csv").open(encoding="utf-8", newline="") as file:
        found = {row["api_id"]: row for row in csv.DictReader(file)}
    for row in new_calls(test_data):
        call = {"category": "watchlist", "korean_name": row["title"], "path": row["path"], "list_keys": ""}
        found.setdefault(row["api_id"], call)
        if row["type"] == "LIST":
            found[row["api_id"]]["list_keys"] = row["element"]
    return found


@pytest.fixture(scope="module")
def recorded(test_data: Path) -> dict[str, set[str]]:
    """Keys of the recorded rows, by call."""
    found: dict[str, set[str]] = defaultdict(set)
    for call in QUERIES.values():
        for file in (test_data / "recorded").glob(f"{call.id}_*.json"):
            body = json.loads(file.read_text(encoding="utf-8"))
            for table in call.tables:
                for row in body[table.rows] if table.rows else [body]:
                    found[call.id] |= set(row)
    return found


def is_gold(api_id: str) -> bool:
    """Whether a call is about gold, which is counted in grams."""
    return api_id.startswith("ka50") or api_id == "ka52301"


def responses(rows: list[Row]) -> dict[tuple[str, str], Row]:
    """The rows of a call's reply, by list and key; the envelope is no row."""
    envelope = {"return_code", "return_msg", "returnCode", "returnMsg"}
    return {
        (r["list_key"], r["element"]): r
        for r in rows
        if r["direction"] == "response" and r["element"] not in envelope
    }


def pairs(listed: dict[str, list[Row]]) -> Iterator[tuple[Table, Field, Row]]:
    """Every field that both a table and the list have."""
    for call in QUERIES.values():
        rows = responses(listed[call.id])
        for table in call.tables:
            for field in table.fields:
                if not field.request and (table.rows, field.raw) in rows:
                    yield table, field, rows[table.rows, field.raw]


# --- the tables alone -------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_keys_and_columns_are_unique(table: Table) -> None:
    """No key and no column twice in a table, and no sign column that hides a field."""
    for names in ([f.raw for f in table.fields], [f.name for f in table.fields], table.columns):
        assert len(set(names)) == len(list(names))
    assert set(table.index) <= {f.name for f in table.fields} | {"seq"}


def test_one_name_one_meaning() -> None:
    """A column name has one kind, and with it one dtype and one unit, in every table."""
    meanings = defaultdict(set)
    for call, table in EVERY:
        for field in table.fields:
            special = IN_POINTS if call.id in INDEX_CHARTS else IN_GRAMS if is_gold(call.id) else {}
            if field.name in special:
                assert field.kind.name == special[field.name]
            else:
                meanings[field.name].add(SAME_MEANING.get(field.kind.name, field.kind.name))
    assert {name: kinds for name, kinds in meanings.items() if len(kinds) > 1} == {}


def test_every_kind_is_one_of_the_set() -> None:
    """Kinds are a closed set; choices are the only ones that a table may add."""
    for call, table in EVERY:
        for field in table.fields:
            assert field.kind in KINDS or isinstance(field.kind, Choice), (call.id, field.raw)


MODULES = {
    "stock info": "stock_info", "market condition": "market_condition", "chart": "chart", "ranking": "ranking",
    "institution/foreigner": "foreign_institution", "short selling": "short_selling", "sector": "sector",
    "securities lending": "securities_lending", "theme": "theme", "etf": "etf", "elw": "elw", "watchlist": "watchlist",
}  # fmt: skip


def test_every_call_is_in_the_module_of_its_category(calls: dict[str, Row]) -> None:
    """A call stands in the module that is named for its category in the manual."""
    for call in CATALOGUE.values():
        module = MODULES[calls[call.id]["category"]] if call.id in QUERIES else "oauth"
        assert call in vars(getattr(endpoints, module)).values(), call.id


def test_which_prices_carry_their_direction() -> None:
    """The calls whose charts are unsigned, and the one whose newest row alone is signed."""
    found = {call.id: table.marks for call in QUERIES.values() for table in call.tables}
    for marks, ids in MARKS.items():
        assert {api_id for api_id, said in found.items() if said == marks} == ids & set(found), marks


# --- against the manual's list ----------------------------------------------------------------------


def test_every_call_is_in_the_list(calls: dict[str, Row]) -> None:
    """Path, title and key of the rows are those of endpoints.csv; the token calls are compared here."""
    for call in CATALOGUE.values():
        if call.id in TOKEN_CALLS:
            assert (call.path, call.title, tuple(p.raw for p in call.params)) == TOKEN_CALLS[call.id]
            assert all(param.required for param in call.params)
            continue
        row = calls[call.id]
        lists = set(filter(None, row["list_keys"].split(";")))
        assert (call.path, call.title) == (row["path"], row["korean_name"]), call.id
        assert {table.rows for table in call.tables if table.rows} == lists, call.id


@pytest.mark.parametrize("call", CALLS)
def test_parameters(call: Call, listed: dict[str, list[Row]]) -> None:
    """The request body: keys in the order of the list, which are required, which codes they take."""
    rows = [row for row in listed[call.id] if row["direction"] == "request"]
    assert [(p.raw, p.required) for p in call.params] == [
        (row["element"], row["required"] == "Y") for row in rows
    ]
    for param, row in zip(call.params, rows, strict=True):
        assert param.default is None or param.default in param.choices, param.raw
        if "=" in row["codes"]:
            codes = {code.strip().partition("=")[0] for code in row["codes"].split(";")}
            assert set(param.choices.values()) in (
                codes,
                VALUES.get(param.raw),
                VALUES_OF.get((call.id, param.raw)),
            ), param.raw


def test_a_default_is_a_choice_and_names_are_unique() -> None:
    """No keyword or key twice in a call, no code under two words, and every default is one of the words."""
    for call in QUERIES.values():
        names = [name for param in call.params for name in {param.raw, param.name}]
        assert len(names) == len(set(names)), call.id
        for param in call.params:
            codes = list(param.choices.values())
            assert len(codes) == len(set(codes)), (call.id, param.raw)


def test_every_key_was_seen(listed: dict[str, list[Row]], recorded: dict[str, set[str]]) -> None:
    """Every key of a table is in the list or in a recorded reply."""
    unseen = {
        (call.id, field.raw)
        for call, table in EVERY
        for field in table.fields
        if call.id in QUERIES
        and not field.request
        and (table.rows, field.raw) not in responses(listed[call.id])
    }
    assert unseen == set(NOT_IN_THE_LIST)
    assert "kind" in recorded["ka10099"]
    optional = {field.raw for field in QUERIES["ka10100"].tables[0].fields if field.optional}
    assert optional == {"kind"}


def test_nothing_listed_is_left_out(listed: dict[str, list[Row]]) -> None:
    """Every key of a reply in the list is in a table of its call."""
    left_out = {
        (rows, call.id, raw)
        for call in QUERIES.values()
        for rows, raw in responses(listed[call.id])
        if (rows, raw) not in {(t.rows, f.raw) for t in call.tables for f in t.fields if not f.request}
    }
    assert left_out == set(NOT_IN_THE_TABLE)


def test_nothing_recorded_is_left_out(recorded: dict[str, set[str]]) -> None:
    """Every key of a recorded row is in a table, but for the blank tail of the old row schema."""
    for call in QUERIES.values():
        lists = {table.rows for table in call.tables}
        fields = {f.raw for table in call.tables for f in table.fields}
        beyond = recorded[call.id] - fields - BESIDE_THE_ROWS - lists
        beyond -= {raw for api_id, raw in SEPARATORS if api_id == call.id}
        assert beyond <= OLD_TAIL, call.id
        assert not beyond or any(lists), call.id


def test_requested_columns_are_parameters() -> None:
    """A column that is taken from the request names one of the call's parameters."""
    for call, table in EVERY:
        requested = {field.raw for field in table.fields if field.request}
        assert requested <= {param.raw for param in call.params}, call.id


def test_every_combination_of_choices_has_a_table() -> None:
    """Whatever the parameters say, exactly one table of each part answers."""
    for call in QUERIES.values():
        keys = {raw for table in call.tables for raw in table.when}
        params = [param for param in call.params if param.raw in keys]
        for codes in itertools.product(*(param.choices.values() for param in params)):
            body = dict(zip([param.raw for param in params], codes, strict=True))
            for part in call.parts:
                fitting = [t for t in call.tables if t.part == part and t.when.items() <= body.items()]
                assert len(fitting) == 1, (call.id, body)


# --- meaning ----------------------------------------------------------------------------------------


def test_titles(listed: dict[str, list[Row]]) -> None:
    """Korean names are those of the list."""
    for table, field, row in pairs(listed):
        listed_name = row["korean_name"].replace(" ", "").removesuffix("(종가)")
        if listed_name:
            assert field.title.replace(" ", "") == listed_name, (table.api_id, field.raw)


# A Korean word of the field and what our column then says; both as patterns.
WORDS = {
    "시가(?!총액|대비)": "open",
    "고가": "high",
    "저가": "low",
    "상한": "upper|limit",
    "하한": "lower|limit",
    "기준가(?!대비)": "base",
    "최고": "high",
    "최저": "low",
    "52주|250": "52w|250d|year|high|low",
    "연중": "year",
    "외국|외인": "foreign",
    "기관계|기관순매|^기관$": "institution",
    "개인": "individual",
    "보험": "insurance",
    "투신": "trust",
    "은행": "bank",
    "연기금|기금": "pension|fund",
    "국가": "state",
    "기타법인": "company",
    "사모": "private",
    "프로그램": "program",
    "비차익": "non_arbitrage",
    "^차익": "(?<!non_)arbitrage",
    "공매도": "short",
    "매도거래원|매도증권사|매도회원사": "seller|sell|sold",
    "매수거래원|매수증권사|매수회원사": "buyer|buy|bought",
    "매도호가|매도.*잔량": "ask",
    "매수호가|(?<!순)매수.*잔량": "bid",
    "순매(?!.*(평균|일수))": "net",
    "증감|(?<!내재)변동|대비$": "change|gap|against|pre|surge|ratio|jump|volatility",
    "괴리": "gap|disparity",
    "추적": "track|index|gap",
    "금액|대금": "value|money|amount|deposit|premium|support|sum",
    "(수량|주식수|주수)(?!.*율)": "^(?!.*(value|price|pct)).*$",
    "상환": "repaid|repay|redempt|balance",
    "대차.*체결|체결주수": "lent|loan",
    "잔고(?!금액)": "balance|remaining|holding|outstanding|credit_shares",
    "비중": "weight|ratio|share|holding|pct",
    "시작|개시": "start|begin|first|from|low",
    "종료(?!ELW)|마감": "end|close|last|to",
    "시간(?!외)": "time|session|hour|date",
    "일자|날짜": "date|session|day|start|end|expiry",
    "평균(?!가대비)": "average|mean|price",
    "종목명": "name|stock",
    "종목코드": "code|stock|symbol",
    "순위": "rank",
    "거래량": "volume|grams|trad|sold|bought|net|size",
    "행사가|전환가": "strike|exercise|conversion",
    "델타": "delta",
    "감마": "gamma",
    "쎄타|세타": "theta",
    "베가": "vega",
    "로$": "rho",
    "상장": "listed|listing",
    "회전율": "turnover",
    "신용(?!융자|한도|보증)": "credit|margin",
    "NAV": "nav",
    "발행": "issuer",
    "기초자산": "underlying",
    "내재변동|^IV$": "implied_volatility",
    "이론가": "theor",
    "패리티": "parity",
    "기어링": "gearing",
    "레버리지": "leverage",
    "손익분기": "break_even",
    "자본지지": "capital_support",
    "전환비율": "conversion",
    "LP": "lp",
    "만기": "expiry",
    "지급": "payment",
    "잔존": "left",
    "평가(?!가격$)|평가완료": "evaluat|expiry",
    "전일거래량(?!대비)": "previous",
    "현재가(?!대비)": "price|close|level",
    "증거금": "margin",
}
OTHER_WORDS = {
    ("ka10060", "acc_trde_prica"),  # volume under the key of the value, as recorded
    ("ka10065", "buy_qty"), ("ka10065", "sel_qty"), ("ka10086", "for_qty"),  # amount or number, as the request says
    ("ka90003", "prm_buy_amt"), ("ka90003", "prm_netprps_amt"), ("ka90003", "prm_sell_amt"),
    ("ka10040", "qry_dt"), ("ka10040", "qry_tm"), ("ka10053", "qry_dt"), ("ka10053", "qry_tm"),  # codes under keys of dates
}  # fmt: skip


def test_columns_say_what_the_korean_names_say() -> None:
    """Words of the field stand in the name of the column: two columns cannot be exchanged unnoticed."""
    wrong = set()
    for call, table in EVERY:
        for field in table.fields:
            title = field.title.replace(" ", "")
            level = re.search(r"(?<![0-9.])(10|[1-9])(?=차|순위|호가|잔량|$)", title)
            said = [ours for korean, ours in WORDS.items() if re.search(korean, title)]
            said += [rf"(?<![0-9]){level.group(1)}(?![0-9])"] if level else []
            if not field.request and not all(re.search(ours, field.name) for ours in said):
                wrong.add((call.id, field.raw))
    assert wrong == OTHER_WORDS


# How a Korean name ends, and the units that such a field can have.
ENDINGS = {
    "(평균가|호가[0-9]*|시가|고가|저가|현재가|종가|기준가|체결가|상한가|하한가|행사가|단가)": "KRW|points",
    "(율|비중|강도)": "%|times",
    "(수량|잔량|거래량|체결량|주수|주식수)": "shares|g",
    "(일수|횟수|종목수)": "count|day",
    "(금액|대금|총액)": "KRW",
    "명": "",
}
OTHER_UNITS = {
    ("ka10060", "acc_trde_prica"), ("ka10065", "buy_qty"), ("ka10086", "for_qty"),  # as the request says
    ("ka90003", "prm_buy_amt"), ("ka90003", "prm_netprps_amt"), ("ka90003", "prm_sell_amt"),
    ("kt20016", "crd_assr_rt"),  # text with its sign
}  # fmt: skip


def test_units_are_those_of_the_korean_names() -> None:
    """A price is in won or points, a rate in percent, a name is text; a unit that nobody knows is marked as raw."""
    wrong = set()
    for call, table in EVERY:
        for field in table.fields:
            title = field.title.replace(" ", "")
            fits = (
                re.fullmatch(unit, field.kind.unit)
                for end, unit in ENDINGS.items()
                if re.search(f"{end}$", title)
            )
            text = title.endswith("명") and field.kind.name != "TEXT"
            if not field.name.endswith("_raw") and (text or not all(fits)):
                wrong.add((call.id, field.raw))
    assert wrong == OTHER_UNITS


def differs(table: Table, field: Field, row: Row) -> bool:
    """Whether unit or scale of a field are not those of the list."""
    if row["unit"] in NO_UNIT:
        return row["unit"] == "" and field.scale != float(row["scale"])
    units = {**UNITS, **(GOLD_UNITS if is_gold(table.api_id) else {})}
    scale = SCALES.get(row["unit"], 1) * float(row["scale"])
    return field.scale != scale or field.kind.unit != units.get(row["unit"])


def test_units_and_scales(listed: dict[str, list[Row]]) -> None:
    """Unit and scale are those of the list, but where the server was seen to differ or the request decides."""
    found = {(table.api_id, field.raw) for table, field, row in pairs(listed) if differs(table, field, row)}
    assert found == set(OTHERWISE) | set(BY_REQUEST)


def test_dates_times_and_directions(listed: dict[str, list[Row]]) -> None:
    """Keys with a format have the kind that reads it, and no other key has."""
    for table, field, row in pairs(listed):
        if (table.api_id, field.raw) in OTHER_FORMATS:
            assert field.kind.name == OTHER_FORMATS[table.api_id, field.raw]
        elif row["format"] in FORMATS:
            assert field.kind.name == FORMATS[row["format"]], (table.api_id, field.raw)
        else:
            assert field.kind.name not in FORMATS.values(), (table.api_id, field.raw)


def test_decimals(listed: dict[str, list[Row]]) -> None:
    """A number is written with the decimals that the list gives, or that were recorded."""
    wrong: dict[tuple[str, str], tuple[int, int]] = {}
    for table, field, row in pairs(listed):
        given = int(row["decimals"] or 0) or DECIMALS.get((table.api_id, field.raw), 0)
        if given and isinstance(field.kind, Number) and field.spelling.decimals != given:
            wrong[table.api_id, field.raw] = (field.spelling.decimals, given)
    assert set(wrong) == set(DECIMALS_NOT_KEPT), wrong


def test_codes_of_choices(listed: dict[str, list[Row]]) -> None:
    """A choice has a word for every code of the list."""
    for table, field, row in pairs(listed):
        if isinstance(field.kind, Choice) and "=" in row["codes"]:
            codes = {part.strip().partition("=")[0] for part in row["codes"].split(";")}
            assert {*field.kind.words, *field.kind.blanks} >= codes, (table.api_id, field.raw)


# Numbers without a unit in the manual that need no guess: their neighbours of the same kind have one.
UNIT_OF_NEIGHBOURS = {
    ("ka10059", "natn"), ("ka10061", "natn"),  # one investor of twelve
    ("ka10081", "pred_pre"), ("ka10082", "pred_pre"), ("ka10083", "pred_pre"),  # of the close beside it
}  # fmt: skip


def test_what_the_manual_does_not_say_is_inferred(listed: dict[str, list[Row]]) -> None:
    """A number for which it has neither unit nor format was recorded, or is marked as inferred."""
    silent = {
        (table.api_id, field.raw)
        for table, field, row in pairs(listed)
        if not row["unit"] and not row["format"] and isinstance(field.kind, Number)
        and field.evidence is Evidence.MANUAL
    }  # fmt: skip
    assert silent == UNIT_OF_NEIGHBOURS


def test_what_is_marked_recorded_was_recorded(test_data: Path) -> None:
    """A field marked as recorded says something in a recorded reply of its call."""
    claimed = {
        (call.id, field.raw)
        for call, table in EVERY
        for field in table.fields
        if field.evidence is Evidence.RECORDED and not field.request
    }
    said = set()
    for file in (test_data / "recorded").glob("k*.json"):
        api_id = file.stem.partition("_")[0]
        if api_id not in QUERIES:
            continue
        body = json.loads(file.read_text(encoding="utf-8"))
        for table in QUERIES[api_id].tables:
            for row in body.get(table.rows, []) if table.rows else [body]:
                said |= {(api_id, key) for key, text in row.items() if text != ""}
    assert len(claimed) > 200
    assert claimed <= said, sorted(claimed - said)
