"""Parameters, units and spellings that many calls share."""

from ..kinds import CODE, DATE, Spelling
from .table import Param, Word

THOUSAND, MILLION, HUNDRED_MILLION = 1_000, 1_000_000, 100_000_000
HUNDREDTH, MILLIONTH = 0.01, 0.000_001
PLAIN_1, PLAIN_2 = Spelling(decimals=1), Spelling(decimals=2)  # decimals without a plus sign

STOCK = Param("stk_cd", "code", "종목코드", kind=CODE, note="six characters; suffix _NX for NXT, _AL for both venues")
INDEX_CODE = Param("inds_cd", "index", "업종코드", note="001 KOSPI, 101 KOSDAQ, 150 KOSDAQ150, 201 KOSPI200, a sector, ... (ka10101 lists them)")
VENUE = Param("stex_tp", "venue", "거래소구분", {"krx": "1", "nxt": "2", "both": "3"}, default="krx")
MARKET = Param("mrkt_tp", "market", "시장구분", {"all": "000", "kospi": "001", "kosdaq": "101"}, default="all")
SECTOR_MARKET = Param("mrkt_tp", "market", "시장구분", {"kospi": "0", "kosdaq": "1", "kospi200": "2"}, default="kospi")
ADJUSTED = Param("upd_stkpc_tp", "adjusted", "수정주가구분", {True: "1", False: "0"}, default=True, note="adjusted as of base_dt, or as traded")
BASE_DATE = Param("base_dt", "end", "기준일자", kind=DATE, note="newest session wanted")

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


def only(choices: dict[Word, str], codes: str) -> dict[Word, str]:
    """The choices whose codes a call has, in the call's order; codes are written with blanks between them."""
    words = {code: word for word, code in choices.items()}
    return {words[code]: code for code in codes.split()}


def won(**steps: str) -> dict[Word, str]:
    """Least values traded: ``won(m30="3", e1="10")`` is from 30 million won and from 100 million won on."""
    units = {"m": MILLION, "e": HUNDRED_MILLION}
    return {0: "0", **{int(step[1:]) * units[step[0]]: code for step, code in steps.items()}}
