"""Parameters, units and spellings that many calls share."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..kinds import CODE, DATE, MONEY, NET_SHARES, Kind, Spelling
from .table import Evidence, Field, Param, Word

RECORDED, MANUAL, INFERRED = Evidence.RECORDED, Evidence.MANUAL, Evidence.INFERRED

THOUSAND, MILLION, TEN_MILLION, HUNDRED_MILLION = 1_000, 1_000_000, 10_000_000, 100_000_000
HUNDREDTH, MILLIONTH = 0.01, 0.000_001
PLAIN_1, PLAIN_2, PLAIN_3, PLAIN_4, PLAIN_6 = map(Spelling, (1, 2, 3, 4, 6))  # decimals without a plus sign
PLUS, PLUS_2 = Spelling(plus=True), Spelling(decimals=2, plus=True)
WIDE = Spelling(width=12)  # padded with zeros
SOLD = Spelling(side=True)  # a minus before what was sold
DOUBLED, DOUBLED_2 = Spelling(plus=True, doubled=True), Spelling(decimals=2, plus=True, doubled=True)
BARE = Spelling()

CODE_ASKED = Field("stk_cd", "code", CODE, "종목코드", request=True, note="from the request")

STOCK = Param("stk_cd", "code", "종목코드", kind=CODE, note="six characters; suffix _NX for NXT, _AL for both venues")
INDEX_CODE = Param("inds_cd", "index", "업종코드", note="001 KOSPI, 101 KOSDAQ, 150 KOSDAQ150, 201 KOSPI200, a sector, ... (ka10101 lists them)")
VENUE = Param("stex_tp", "venue", "거래소구분", {"krx": "1", "nxt": "2", "both": "3"}, default="krx")
MARKET = Param("mrkt_tp", "market", "시장구분", {"all": "000", "kospi": "001", "kosdaq": "101"}, default="all")
EXCHANGE = Param("mrkt_tp", "market", "시장구분", {"kospi": "001", "kosdaq": "101"}, default="kospi")
SECTOR_MARKET = Param("mrkt_tp", "market", "시장구분", {"kospi": "0", "kosdaq": "1", "kospi200": "2"}, default="kospi")
ADJUSTED = Param("upd_stkpc_tp", "adjusted", "수정주가구분", {True: "1", False: "0"}, default=True, note="adjusted as of base_dt, or as traded")
BASE_DATE = Param("base_dt", "end", "기준일자", kind=DATE, note="newest session wanted")
START = Param("strt_dt", "start", "시작일자", kind=DATE)
END = Param("end_dt", "end", "종료일자", kind=DATE)
BROKER = Param("mmcm_cd", "broker", "회원사코드", note="three digits; ka10102 lists them")
GOLD = Param("stk_cd", "code", "종목코드", note="M04020000 gold of 1 kg, M04020100 mini gold of 100 g")
GOLD_ADJUSTED = Param("upd_stkpc_tp", "adjusted", "수정주가구분", {True: "1", False: "0"}, default=True)
TICK_SCOPE = Param("tic_scope", "ticks", "틱범위", {n: str(n) for n in (1, 3, 5, 10, 30)}, default=1, note="trades per bar")
MINUTE_SCOPE = Param("tic_scope", "minutes", "분범위", {n: str(n) for n in (1, 3, 5, 10, 15, 30, 45, 60)}, default=1, note="minutes per bar")
ELW = Param("stk_cd", "code", "종목코드", kind=CODE, note="six characters, such as 57JBHH")
UNIT = Param("amt_qty_tp", "unit", "금액수량구분", {"won": "1", "shares": "2"}, default="shares")
SIDES = {"net": "0", "bought": "1", "sold": "2"}
SIDE = Param("trde_tp", "side", "매매구분", SIDES, default="net")
ROUND_TO = Param("unit_tp", "round_to", "단위구분", {1: "1", 1_000: "1000"}, default=1, note="shares only")

# The kinds of investor, as most calls key them, and what unit and rounding make of the same keys.
WHO = (
    ("ind_invsr", "individual", "개인투자자"),
    ("frgnr_invsr", "foreign", "외국인투자자"),
    ("orgn", "institution", "기관계"),
    ("fnnc_invt", "securities", "금융투자"),
    ("insrnc", "insurance", "보험"),
    ("invtrt", "trust", "투신"),
    ("etc_fnnc", "other_finance", "기타금융"),
    ("bank", "bank", "은행"),
    ("penfnd_etc", "pension", "연기금등"),
    ("samo_fund", "private_fund", "사모펀드"),
    ("natn", "state", "국가"),
    ("etc_corp", "company", "기타법인"),
    ("natfor", "resident_foreign", "내외국인"),
)
UNITS: tuple[tuple[dict[str, str], str, Kind, float], ...] = (  # when, suffix of the column, kind, scale
    ({"amt_qty_tp": "1"}, "_value", MONEY, MILLION),
    ({"amt_qty_tp": "2", "unit_tp": "1"}, "", NET_SHARES, 1),
    ({"amt_qty_tp": "2", "unit_tp": "1000"}, "", NET_SHARES, THOUSAND),
)

# Which stocks a ranking leaves out; a call has some of these.
WITHOUT: dict[Word, str] = {
    "nothing": "0",
    "supervised": "1",
    "preferred": "3",
    "preferred_supervised": "4",
    "liquidation": "11",
    "margin_100": "5",
    "all_but_margin_100": "6",
    "all_but_margin_60": "13",
    "all_but_margin_50": "12",
    "all_but_margin_40": "7",
    "all_but_margin_30": "8",
    "all_but_margin_20": "9",
    "etf": "14",
    "spac": "15",
}
CREDIT = Param("crd_cnd", "credit", "신용조건", {"all": "0", "group_a": "1", "group_b": "2", "group_c": "3", "group_d": "4", "group_e": "7", "any_group": "9"}, default="all")
MIN_VOLUME = Param("trde_qty_tp", "min_volume", "거래량구분", {0: "0000", 10_000: "0010", 50_000: "0050", 100_000: "0100", 150_000: "0150", 200_000: "0200", 300_000: "0300", 500_000: "0500", 1_000_000: "1000"}, default=0)
PRICE_LIMITS = Param("updown_incls", "limits", "상하한포함", {"without": "0", "with": "1"}, default="with", note="stocks at their price limit")

# least values traded that several rankings know, in hundred millions of won
HUNDRED_MILLIONS = {
    "e1": "10",
    "e3": "30",
    "e5": "50",
    "e10": "100",
    "e30": "300",
    "e50": "500",
    "e100": "1000",
    "e300": "3000",
    "e500": "5000",
}


def only(choices: Mapping[Any, str], codes: str) -> dict[Word, str]:
    """The choices whose codes a call has, in the call's order; codes are written with blanks between them."""
    words = {code: word for word, code in choices.items()}
    return {words[code]: code for code in codes.split()}


def won(**steps: str) -> dict[Word, str]:
    """Least values traded: ``won(m30="3", e1="10")`` is from 30 million won and from 100 million won on."""
    units = {"m": MILLION, "e": HUNDRED_MILLION}
    return {0: "0", **{int(step[1:]) * units[step[0]]: code for step, code in steps.items()}}


def flows(side: str, suffix: str, kind: Kind, scale: float, wire: Spelling | None = None) -> Iterator[Field]:
    """One column for each kind of investor."""
    return (Field(raw, f"{name}_{side}{suffix}", kind, title, scale, wire=wire) for raw, name, title in WHO)
