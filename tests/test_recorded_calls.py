"""Replies recorded from the real server, call by call: one row of each written by hand from the JSON, in won and shares.

The recordings of calls with functions of their own are in test_recorded.py and test_rankings.py. Many of these lack
keys, as their sources published them; what is there is compared, and nothing may be there that is not written here.
"""

import json
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from kiwoom_research import frames
from kiwoom_research.endpoints import QUERIES
from kiwoom_research.errors import DataWarning

SEOUL = ZoneInfo("Asia/Seoul")
MILLION = 1_000_000
HUNDRED_MILLION = 100_000_000


def clock(text: str) -> pd.Timedelta:
    """A time of day."""
    return pd.Timedelta(text)


def recorded(folder: Path, name: str, when: str, part: str = "", **request: str) -> pd.DataFrame:
    """The frame of a recording; the cells that its source left out are the only ones that may be unreadable."""
    reply = json.loads((folder / "recorded" / f"{name}.json").read_text(encoding="utf-8"))
    table = QUERIES[name.partition("_")[0]].table(request, part)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        retrieved = datetime.fromisoformat(when).replace(tzinfo=SEOUL)
        frame = frames.build(table, [reply], request=request, retrieved=retrieved)
    odd = [cell for cell in frame.attrs.get("unreadable", ()) if not cell["text"].startswith("lacking")]
    assert not odd
    return frame


def assert_row(frame: pd.DataFrame, at: Any, signs: str, values: dict[str, Any]) -> None:
    """Assert that a row holds exactly these values; ``signs`` names columns with their sign behind them."""
    row = frame.iloc[at] if isinstance(at, int) else frame.loc[at]
    given = {f"{sign[:-1]}_sign": {"+": 1, "-": -1}[sign[-1]] for sign in signs.split()}
    assert {*values, *given} <= {*frame.columns}
    wrong = {}
    for name in frame.columns:
        want = given.get(name, 0) if name.endswith("_sign") else values.get(name)
        missing = want is None and (pd.isna(row[name]) or name in ("complete", "found"))
        if not missing and row[name] != want:
            wrong[name] = (row[name], want)
    assert not wrong, f"column: (frame, by hand) {wrong}"


def flows(text: str, suffix: str, scale: int) -> dict[str, float]:
    """Values by name, written as ``"individual 3 foreign -2"``."""
    words = text.split()
    return {
        f"{name}{suffix}": int(number) * scale for name, number in zip(words[::2], words[1::2], strict=True)
    }


NO_REQUEST: dict[str, str] = {}
# recording, Korean time, request, row, signs, values
ROWS: list[tuple[str, str, dict[str, str], Any, str, dict[str, Any]]] = [
    ("ka00198_1", "2026-10-05 17:00", {"qry_tp": "4"}, "043260", "price+", {
        "name": "성호전자", "rank": 3, "rank_change": 3, "rank_move": "+", "price": 31_400, "direction": "up",
        "change_pct": 10.18, "direction_since": "flat", "change_pct_since": 0, "session": pd.Timestamp(2026, 10, 5),
        "time_of_day": clock("17:00:00"),
    }),
    ("ka01300_1", "2026-07-06 12:00", NO_REQUEST, 1, "", {"group_code": "003", "group_name": "그룹B"}),
    ("ka01301_1", "2026-07-06 12:00", {"arn_grp_id": "004"}, "000660", "", {"bookmark": "1", "bookmark_color": "red"}),
    ("ka10002_1", "2026-07-10 12:00", {"stk_cd": "005930"}, "005930", "price+", {
        "name": "삼성전자", "price": 296_000, "direction": "up", "base_price": 278_000, "change": 18_000, "change_pct": 6.47,
        "seller_1": "삼  성", "seller_1_volume": 1_725_746, "buyer_1": "KB증권", "buyer_1_volume": 1_323_258,
        "seller_2": "키움증권", "seller_2_volume": 1_317_620, "buyer_2": "BNK증권", "buyer_2_volume": 1_278_441,
        "seller_3": "BNK증권", "seller_3_volume": 1_219_839, "buyer_3": "JP모간서울", "buyer_3_volume": 1_139_224,
        "seller_4": "KB증권", "seller_4_volume": 1_105_920, "buyer_4": "삼  성", "buyer_4_volume": 925_386,
        "seller_5": "JP모간서울", "seller_5_volume": 915_820, "buyer_5": "한국투자증권", "buyer_5_volume": 919_016,
        "found": True,
    }),
    ("ka10003_1", "2026-08-19 16:28", {"stk_cd": "006360"}, 1, "price+ ask+ bid+", {
        "time_of_day": clock("15:59:11"), "price": 34_950, "change": 800, "change_pct": 2.34, "ask": 35_000, "bid": 34_950,
        "trade_volume": -7, "direction": "up", "volume": 2_837_469, "value": 98_031_297_900, "strength": 123.73,
        "venue": "KRX",
    }),
    ("ka10013_3", "2026-08-03 16:20", {"stk_cd": "005930_AL", "qry_tp": "2"}, "2026-07-31", "close+", {
        "close": 259_000, "direction": "up", "change": 52_000, "volume": 115_963_226, "credit_opened": 15_329,
        "credit_repaid": 14_271, "credit_shares": 5_665, "credit_value": 994 * MILLION, "credit_change": 1_058,
        "credit_opened_pct": 0.02, "credit_balance": 0, "complete": True,
    }),
    ("ka10015_1", "2026-08-03 12:00", {"stk_cd": "005930"}, "2026-07-01", "close-", {
        "close": 314_500, "direction": "down", "change": -19_500, "change_pct": -5.84, "volume": 24_968_382,
        "value": 8_016_068 * MILLION, "before_volume": 49, "before_volume_pct": 0, "regular_volume": 24_696_701,
        "regular_volume_pct": 98.91, "after_volume": 271_632, "after_volume_pct": 1.08, "complete": True,
    }),
    ("ka10019_1", "2026-07-08 12:00", {"flu_tp": "1"}, "214330", "price+", {
        "stock_class": "25", "name": "금호에이치티", "direction": "limit up", "change": 2_080, "change_pct": 29.93,
        "jump_base": 2_555, "price": 9_030, "jump": 6_475, "volume": 578_745, "jump_pct": 253.42,
    }),
    ("ka10020_2", "2026-08-03 10:43", {"mrkt_tp": "001"}, "252670", "price+", {
        "name": "KODEX 200선물인버스2X", "price": 97, "change": 15, "ask_size_total": 982_301_127,
        "bid_size_total": 1_135_634_250, "net_size": 153_333_123, "bid_to_ask": 115.61,
    }),
    ("ka10020_2", "2026-08-03 10:43", {"mrkt_tp": "001"}, "251340", "price-", {
        "name": "KODEX 코스닥150선물인버스", "price": 2_725, "change": -155, "volume": 25_772_603, "ask_size_total": 238_261,
        "bid_size_total": 1_019_747, "net_size": 781_486, "bid_to_ask": 428.00,
    }),
    ("ka10021_1", "2026-08-03 10:43", {"mrkt_tp": "001"}, "252670", "price+", {
        "name": "KODEX 200선물인버스2X", "price": 96, "change": 14, "previous_book_size": 1_097_435_534,
        "book_size": 1_136_311_219, "surge": 38_875_685, "surge_pct": 3.54,
    }),
    ("ka10021_1", "2026-08-03 10:43", {"mrkt_tp": "001"}, "252420", "price+", {
        "name": "RISE 200선물인버스2X", "price": 101, "change": 10, "previous_book_size": 953_423, "book_size": 1_278_304,
        "surge": 324_881, "surge_pct": 34.08, "bid_size_total": 867_914,
    }),
    ("ka10022_1", "2026-08-03 10:43", {"mrkt_tp": "001"}, "465770", "price-", {
        "name": "STX그린로지스", "price": 2_930, "change": -170, "previous_bid_to_ask": 164.40, "bid_to_ask": 2_368.06,
        "bid_to_ask_surge": 2_203.66, "ask_size_total": 811, "bid_size_total": 19_205,
    }),
    ("ka10024_1", "2026-08-04 15:20", {"stex_tp": "3"}, "004870_AL", "price+ ask+ bid+", {
        "name": "티웨이홀딩스", "price": 1_399, "direction": "up", "change": 151, "change_pct": 12.10,
        "volume_high": 2_155_799, "volume": 5_043_444, "ask": 1_455, "bid": 1_367,
    }),
    ("ka10025_1", "2026-08-03 17:00", {"stex_tp": "3"}, 1, "price-", {
        "code": "580060_AL", "name": "KB 레버리지 미국채 10년 ETN", "price": 20_815, "direction": "down", "change": -65,
        "change_pct": -0.31, "volume": 4, "band_low": 22_683, "band_high": 22_939, "band_volume": 75, "band_pct": 70.75,
    }),
    ("ka10026_3", "2026-08-03 16:20", {"pertp": "5", "stex_tp": "3"}, "377030_AL", "price- ask-", {
        "name": "비트맥스", "roe": -774.04, "price": 1_451, "direction": "down", "change": -35, "change_pct": -2.36,
        "volume": 14_163, "ask": 1_451,
    }),
    ("ka10028_1", "2026-08-04 15:20", {"mrkt_tp": "001"}, "001820_AL", "price+ open+ high+ low-", {
        "name": "삼화콘덴서", "price": 77_600, "direction": "up", "change": 3_100, "change_pct": 4.16, "open": 79_400,
        "high": 79_400, "low": 74_000, "open_change_pct": -2.27, "volume": 328_064, "strength": 98.03,
    }),
    ("ka10029_1", "2026-08-03 10:43", {"sort_tp": "1"}, "226340", "expected_price+", {
        "name": "본느", "expected_price": 2_180, "base_price": 1_677, "expected_change_pct": 29.99,
        "expected_volume": 15_754, "ask_size": 0, "bid_size": 3_974_580,
    }),
    ("ka10033_1", "2026-08-04 12:00", {"stex_tp": "3"}, "003610_AL", "price+", {
        "stock_info": "28", "name": "방림", "price": 5_420, "direction": "up", "change": 130, "change_pct": 2.46,
        "credit_ratio": 6.19, "ask_size": 9_934, "bid_size": 26_700, "volume": 109_044,
    }),
    ("ka10034_1", "2026-08-04 12:00", {"trde_tp": "1"}, "005930_AL", "price+ ask+ bid+", {
        "rank": 2, "name": "삼성전자", "price": 241_000, "direction": "up", "change": 1_500, "ask": 241_000, "bid": 240_500,
        "volume": 49_478_158, "foreign_net": -5_322_679, "foreign_room": 3_121_194_857,
    }),
    ("ka10035_1", "2026-08-07 18:20", {"trde_tp": "2"}, "073240_AL", "price-", {
        "name": "금호타이어", "price": 7_810, "direction": "down", "change": -130, "foreign_net_1": 585_560,
        "foreign_net_2": 2_345_780, "foreign_net_3": 1_165_767, "foreign_net_sum": 4_097_107, "foreign_exhaustion": 9.60,
    }),
    ("ka10037_1", "2026-08-04 12:00", {"trde_tp": "1"}, "000660_AL", "price+", {
        "rank": 3, "name": "SK하이닉스", "price": 1_596_000, "direction": "up", "change": 21_000, "change_pct": 1.33,
        "foreign_broker_sold": 2_569_218, "foreign_broker_bought": 1_495_516, "foreign_broker_net": -1_073_702,
        "foreign_broker_net_value": -1_704_399 * MILLION, "volume": 4_271_088, "value": 6_800_000 * MILLION,
    }),
    ("ka10046_1", "2026-07-29 16:00", {"stk_cd": "005930"}, 0, "price-", {
        "time_of_day": clock("15:59:00"), "price": 208_500, "change": -11_500, "direction": "down", "change_pct": -5.23,
        "trade_volume": 53, "value": 12_931_102 * MILLION, "volume": 61_720_290, "strength": 106.92,
        "strength_5min": 106.92, "strength_20min": 106.91, "strength_60min": 104.30, "venue": "KRX",
    }),
    ("ka10051_2", "2026-08-03 14:05", {"mrkt_tp": "0", "amt_qty_tp": "0"}, "001_AL", "level-", {
        "name": "종합(KOSPI)", "level": 6_241.19, "direction": "down", "level_change": -354.26, "change_pct": -5.37,
        "volume": 219_079_000,
        **flows(
            "securities -21123 insurance 463 trust -16 bank 67 merchant_bank 242 pension -940 company 458 "
            "individual 55317 foreign -34512 resident_foreign 166 state 0 private_fund -121 institution -21429",
            "_net_value", HUNDRED_MILLION,
        ),
    }),
    ("ka10054_1", "2026-07-10 14:00", {"mrkt_tp": "000"}, 0, "", {
        "code": "006200", "name": "한국전자홀딩스", "volume": 22_092, "vi_price": 2_525, "dynamic_gap": 0,
        "vi_time": clock("13:33:01"), "vi_type": "정적", "dynamic_base": 0, "static_base": 2_295, "static_gap": 10.02,
        "open_change_pct": 10.02, "vi_count": 1, "venue": "KRX",
    }),
    ("ka10054_1", "2026-07-10 14:00", {"mrkt_tp": "000"}, 1, "", {
        "code": "000950", "name": "전방", "volume": 3_971, "vi_price": 28_300, "dynamic_gap": 0,
        "vi_time": clock("13:28:10"), "vi_end": clock("13:30:28"), "vi_type": "정적", "dynamic_base": 0,
        "static_base": 25_700, "static_gap": 10.12,
        "open_change_pct": 10.12, "vi_count": 2, "venue": "KRX",
    }),
    ("ka10064_1", "2026-08-05 10:33", {"amt_qty_tp": "1", "trde_tp": "0"}, 2, "", {
        "time_of_day": clock("09:57:00"), "estimated_foreign_net_value": 96_974 * MILLION,
        "estimated_institution_net_value": -52_807 * MILLION, "estimated_trust_net_value": -35_815 * MILLION,
        "estimated_pension_net_value": -16_645 * MILLION,
    }),
    ("ka10065_1", "2026-08-06 16:40", {"trde_tp": "2", "amt_qty_tp": "2"}, "069540", "", {
        "name": "빛과전자", "estimated_sold": 8_801_000, "estimated_bought": 7_526_000, "estimated_net": -1_275_000,
    }),
    ("ka10066_1", "2026-08-04 09:50", {"amt_qty_tp": "1", "trde_tp": "0"}, "005930_AL", "price-", {
        "name": "삼성전자", "price": 232_250, "direction": "down", "change": -7_250, "change_pct": -3.03,
        "volume": 16_360_116,
        **{
            f"last_session_{name}": value
            for name, value in flows(
                "individual 3091558 foreign -1420473 institution -1633978 securities -1245238 insurance 12527 "
                "trust -309348 other_finance 2130 bank 1563 pension -32557 private_fund -63056 state 0 company -46314",
                "_net_value", MILLION,
            ).items()
        },
    }),
    ("ka10068_1", "2026-07-10 18:00", {"all_tp": "1"}, "2026-07-09", "", {
        "lent": 42_259_532, "repaid": 31_358_924, "lending_change": 10_900_608, "lending_balance": 2_945_947_410,
        "lending_value": 161_880_803 * MILLION, "complete": True,
    }),
    ("ka10084_1", "2026-08-19 16:28", {"stk_cd": "006360"}, 0, "price+ ask+ bid+", {
        "time_of_day": clock("15:59:50"), "price": 34_950, "change": 800, "change_pct": 2.34, "ask": 35_000, "bid": 34_950,
        "trade_volume": -129, "direction": "up", "volume": 2_837_598, "value": 98_036 * MILLION, "strength": 123.72,
        "venue": "KRX",
    }),
    ("ka10086_1", "2026-08-03 12:00", {"stk_cd": "005930", "indc_tp": "0"}, "2026-07-01", "open+ high+ low- close-", {
        "open": 334_500, "high": 339_000, "low": 311_500, "close": 314_500, "change_pct": -5.84, "volume": 24_968_382,
        "value": 8_016_068 * MILLION, "credit_ratio": 0.42, "individual_net": 5_183_205, "institution_net": -1_855_765,
        "foreign_net": -4_821_937, "program_net": -4_429_313, "complete": True,
    }),
    ("ka10098_1", "2026-07-26 12:00", {"sort_base": "1"}, "199730", "single_price+", {
        "rank": 2, "name": "바이오인프라", "single_price": 1_725, "single_direction": "up", "single_change": 156,
        "single_change_pct": 9.94, "single_ask_size_total": 0, "single_bid_size_total": 42_543, "single_volume": 4_197,
        "single_value": 7 * MILLION, "day_close": 1_569, "day_change_pct": -16.10,
    }),
    ("ka10102_1", "2026-08-04 12:00", NO_REQUEST, "040", "", {"name": "H S B C", "broker_type": "foreign"}),
    ("ka10102_1", "2026-08-04 12:00", NO_REQUEST, "802", "", {"name": "BTI증권", "broker_type": "former"}),
    ("ka10131_1", "2026-07-21 12:00", {"dt": "5", "mrkt_tp": "001"}, "000660", "", {
        "rank": 1, "name": "SK하이닉스", "period_change_pct": -0.49, "institution_net_value": 434_409 * MILLION,
        "institution_net": 173_929, "institution_streak": 1, "institution_streak_net": 366_154,
        "institution_streak_net_value": 682_104 * MILLION, "foreign_net": 624_814, "foreign_net_value": 1_291_749 * MILLION,
        "foreign_streak": -1, "foreign_streak_net": -234_680, "foreign_streak_net_value": -433_996 * MILLION,
        "net": 798_743, "net_value": 1_726_158 * MILLION, "total_streak": 1, "total_streak_net": 131_474,
        "total_streak_net_value": 248_108 * MILLION,
    }),
    # signed against the row before, which closed at 6,761.83
    ("ka20005_1", "2026-07-22 08:00", {"inds_cd": "001"}, "2026-07-21 15:30", "high+ low- close-", {
        "open": 6_761.83, "high": 6_762.17, "low": 6_747.73, "close": 6_747.95, "volume": 11_730_000,
        "volume_so_far": 391_092_000, "complete": True,
    }),
    # against 4,020.55 - 26.04 = 3,994.51
    ("ka20005_3", "2025-12-20 12:00", {"inds_cd": "001"}, "2025-12-19 15:30", "open+ high+ low+ close+", {
        "open": 4_030.68, "high": 4_034.20, "low": 4_020.55, "close": 4_020.55, "volume": 47_296_000,
        "volume_so_far": 442_664_000, "change": 26.04, "direction": "up", "complete": True,
    }),
    ("ka40002_1", "2026-07-06 12:00", {"stk_cd": "069500"}, "069500", "", {
        "name": "KODEX 200", "index_name": "KOSPI200", "etf_tax": "비과세", "etn_tax": "비과세",
    }),
    ("ka40009_1", "2026-07-06 12:00", {"stk_cd": "069500"}, 0, "", {"listed_shares": 216_000_000, "base_price": 116_865}),
    ("ka50010_1", "2026-08-04 19:00", {"stk_cd": "M04020000"}, 2, "price+ ask+ bid+", {
        "price": 186_380, "change": 130, "change_pct": 0.07, "grams": 6_046, "value": 1_123_574_080, "trade_grams": -2,
        "time_of_day": clock("14:08:23"), "direction": "up", "ask": 186_380, "bid": 186_370, "volume_ratio": 50.32,
        "trade_to_previous": 0.01, "strength": 105.89,
    }),
    ("ka90001_1", "2026-07-07 12:00", {"stex_tp": "1"}, 1, "", {
        "theme_code": "280", "theme": "미디어_방송광고", "stocks": 7, "direction": "down", "change_pct": -3.26, "rising": 1,
        "falling": 5, "period_return": 35.29, "main_stocks": "제일기획, KNN",
    }),
    ("ka90003_1", "2026-07-10 09:01", {"amt_qty_tp": "1"}, "006400", "price+", {
        "rank": 2, "name": "삼성SDI", "price": 412_000, "direction": "up", "change": 10_500, "change_pct": 2.62,
        "volume": 27_626, "program_sold_value": 2_365 * MILLION, "program_bought_value": 5_976 * MILLION,
        "program_net_value": 3_610 * MILLION,
    }),
    ("ka90005_1", "2026-07-24 10:01", {"mrkt_tp": "P00101"}, 0, "kospi200+", {
        "time_of_day": clock("10:01:00"), "arbitrage_sold_value": 83_765 * MILLION,
        "arbitrage_bought_value": 28_309 * MILLION, "arbitrage_net_value": -55_456 * MILLION,
        "non_arbitrage_sold_value": 2_750_114 * MILLION, "non_arbitrage_bought_value": 1_859_256 * MILLION,
        "non_arbitrage_net_value": -890_858 * MILLION, "program_sold_value": 2_833_879 * MILLION,
        "program_bought_value": 1_887_565 * MILLION, "program_net_value": -946_314 * MILLION, "kospi200": 1_089.70,
        "basis": 5.20,
    }),
    ("ka90007_1", "2026-08-14 18:00", {"amt_qty_tp": "1"}, "2026-08-14", "kospi200+", {
        "kospi200": 1_084.97, "basis": 1.53, "arbitrage_net_value": -239_707 * MILLION,
        "arbitrage_net_value_sum": -239_707 * MILLION, "non_arbitrage_net_value": 50_602 * MILLION,
        "non_arbitrage_net_value_sum": 50_602 * MILLION, "program_net_value": -189_105 * MILLION,
        "program_net_value_sum": -189_105 * MILLION,
    }),
    ("ka90007_2", "2026-08-26 18:00", {"amt_qty_tp": "1"}, "2026-08-26", "", {
        "arbitrage_net_value": 167_762 * MILLION, "non_arbitrage_net_value": -1_167_884 * MILLION,
        "program_net_value": -1_000_122 * MILLION,
    }),
    ("ka90009_1", "2026-07-21 12:00", {"amt_qty_tp": "1"}, 0, "", {
        "foreign_net_sell_code": "000660", "foreign_net_sell_name": "SK하이닉스",
        "foreign_net_sell_value": -184_440 * MILLION, "foreign_net_sell": -101_000, "foreign_net_buy_code": "005930",
        "foreign_net_buy_name": "삼성전자", "foreign_net_buy_value": 668_210 * MILLION, "foreign_net_buy": 2_580_000,
        "institution_net_sell_code": "069500", "institution_net_sell_name": "KODEX 200",
        "institution_net_sell_value": -91_480 * MILLION, "institution_net_sell": -853_000,
        "institution_net_buy_code": "000660", "institution_net_buy_name": "SK하이닉스",
        "institution_net_buy_value": 682_110 * MILLION, "institution_net_buy": 367_000,
    }),
    ("ka90010_1", "2026-07-24 10:01", {"mrkt_tp": "P00101"}, "2026-07-23", "kospi200+", {
        "arbitrage_sold_value": 447_085 * MILLION, "arbitrage_bought_value": 404_333 * MILLION,
        "arbitrage_net_value": -42_751 * MILLION, "non_arbitrage_sold_value": 7_850_176 * MILLION,
        "non_arbitrage_bought_value": 9_650_306 * MILLION, "non_arbitrage_net_value": 1_800_131 * MILLION,
        "program_sold_value": 8_297_260 * MILLION, "program_bought_value": 10_054_640 * MILLION,
        "program_net_value": 1_757_380 * MILLION, "kospi200": 1_126.33, "basis": 6.17, "complete": True,
    }),
    ("ka90013_1", "2026-07-24 16:00", {"stk_cd": "005930"}, "2026-07-24", "close-", {
        "close": 259_500, "direction": "down", "change": -10_500, "change_pct": -3.89, "volume": 4_821_554,
        "program_sold_value": 452_674 * MILLION, "program_bought_value": 253_203 * MILLION,
        "program_net_value": -199_471 * MILLION, "program_net_value_change": -381_473 * MILLION,
        "program_sold": 1_731_277, "program_bought": 968_686, "program_net": -762_591, "program_net_change": -1_434_275,
        "venue": "KRX",
    }),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "when", "request_", "at", "signs", "values"),
    [pytest.param(*row, id=f"{row[0]}-{row[3]}") for row in ROWS],
)
def test_recorded_row(
    name: str,
    when: str,
    request_: dict[str, str],
    at: Any,
    signs: str,
    values: dict[str, Any],
    test_data: Path,
) -> None:
    """A recorded row becomes the values written by hand."""
    assert_row(recorded(test_data, name, when, **request_), at, signs, values)


def test_book_and_quote(test_data: Path) -> None:
    """ka10007: price, totals and ten levels, every price below the previous close."""
    row = recorded(test_data, "ka10007_1", "2026-08-04 14:05", stk_cd="005930_AL").loc["005930_AL"]
    assert (row["name"], row["session"], row["time_of_day"]) == (
        "삼성전자",
        pd.Timestamp(2026, 8, 4),
        clock("14:04:52"),
    )
    assert (row["price"], row["direction"], row["change_pct"], row["volume"]) == (
        230_750,
        "down",
        -3.65,
        37_580_265,
    )
    assert [row[f"ask_{n}"] for n in range(1, 11)] == list(range(231_000, 236_000, 500))
    assert [row[f"bid_{n}"] for n in range(1, 11)] == list(range(230_500, 225_500, -500))
    asks = [31_774, 33_970, 29_867, 28_614, 34_088, 29_409, 43_688, 41_210, 55_159, 28_080]
    bids = [35_963, 196_057, 124_696, 229_210, 198_085, 313_576, 249_096, 203_734, 105_003, 130_806]
    assert [row[f"ask_size_{n}"] for n in range(1, 11)] == asks
    assert [row[f"bid_size_{n}"] for n in range(1, 11)] == bids
    assert (row["ask_size_total"], row["bid_size_total"]) == (sum(asks), sum(bids)) == (355_859, 1_786_226)
    assert {row[f"{name}_sign"] for name in ("price", "ask_1", "ask_10", "bid_1", "bid_10")} == {-1}


def test_single_price_session(test_data: Path) -> None:
    """ka10087: five levels of the single-price session, signed against the close of the day."""
    row = recorded(test_data, "ka10087_1", "2026-07-26 12:00", stk_cd="069500").loc["069500"]
    assert row["quote_time"] == clock("16:00:00")
    assert [row[f"single_ask_{n}"] for n in range(1, 6)] == [106_780, 106_785, 106_800, 106_805, 106_860]
    assert [row[f"single_bid_{n}"] for n in range(1, 6)] == [106_755, 106_750, 106_710, 106_700, 106_695]
    assert [row[f"single_ask_size_{n}"] for n in range(1, 6)] == [3, 20, 208, 10, 20]
    assert [row[f"single_bid_size_{n}"] for n in range(1, 6)] == [844, 2_745, 50, 2_815, 147]
    assert (row["single_ask_size_total"], row["single_bid_size_total"]) == (574, 6_775)
    assert (row["ask_size_total"], row["bid_size_total"]) == (15_786, 9_751)
    assert (row["after_ask_size"], row["after_bid_size"]) == (0, 10_959)
    assert (row["single_price"], row["single_change"], row["single_change_pct"]) == (106_755, 390, 0.37)
    assert (row["single_direction"], row["single_volume"], row["single_price_sign"]) == ("up", 34_069, 1)
    changes = [name for name in row.index if "_size_change" in name]
    assert len(changes) == 14
    assert (row[changes] == 0).all()


# --- what recorded rows say about each other ---------------------------------------------------------


def test_sums_and_differences(test_data: Path) -> None:
    """Nets are bought less sold, changes are differences, ratios recompute, in every recorded row."""
    brokers = recorded(test_data, "ka10037_1", "2026-08-04 12:00", trde_tp="1")
    net = brokers["foreign_broker_bought"] - brokers["foreign_broker_sold"]
    assert (brokers["foreign_broker_net"] == net).all()
    price = brokers["foreign_broker_net_value"] / brokers["foreign_broker_net"]
    assert ((price / brokers["price"]).between(0.95, 1.05)).all()
    book = recorded(test_data, "ka10020_2", "2026-08-03 10:43", mrkt_tp="001")
    assert (book["net_size"] == book["bid_size_total"] - book["ask_size_total"]).all()
    assert (book["bid_to_ask"] - 100 * book["bid_size_total"] / book["ask_size_total"]).abs().max() <= 0.005
    surge = recorded(test_data, "ka10022_1", "2026-08-03 10:43", mrkt_tp="001")
    assert (
        surge["bid_to_ask_surge"] - surge["bid_to_ask"] + surge["previous_bid_to_ask"]
    ).abs().max() < 0.001
    lending = recorded(test_data, "ka10068_1", "2026-07-10 18:00", all_tp="1")
    assert (lending["lending_change"] == lending["lent"] - lending["repaid"]).all()
    credit = recorded(test_data, "ka10013_3", "2026-08-03 16:20", stk_cd="005930_AL", qry_tp="2")
    assert (credit["credit_change"] == credit["credit_opened"] - credit["credit_repaid"]).all()
    assert credit["credit_shares"].diff().iloc[1] == credit["credit_change"].iloc[1]
    opened = recorded(test_data, "ka10028_1", "2026-08-04 15:20", mrkt_tp="001")
    assert (opened["open_change_pct"] - 100 * (opened["price"] / opened["open"] - 1)).abs().max() <= 0.005
    trades = recorded(test_data, "ka10003_1", "2026-08-19 16:28", stk_cd="006360")
    assert (trades["volume"].diff(-1).dropna() == trades["trade_volume"].abs().iloc[:-1]).all()
    assert (
        trades["value"].diff(-1).dropna() == (trades["trade_volume"].abs() * trades["price"]).iloc[:-1]
    ).all()


def test_investors_sum_to_zero(test_data: Path) -> None:
    """What some bought others sold; institutions are the sum of their parts, within rounding."""
    sector = recorded(test_data, "ka10051_2", "2026-08-03 14:05", mrkt_tp="0", amt_qty_tp="0").iloc[0]
    whole = sum(sector[f"{who}_net_value"] for who in ("individual", "foreign", "institution", "company"))
    assert abs(whole + sector["resident_foreign_net_value"]) <= 2 * HUNDRED_MILLION
    parts = ("securities", "insurance", "trust", "bank", "merchant_bank", "pension", "private_fund", "state")
    assert (
        abs(sum(sector[f"{who}_net_value"] for who in parts) - sector["institution_net_value"])
        <= HUNDRED_MILLION
    )
    after = recorded(test_data, "ka10066_1", "2026-08-04 09:50", amt_qty_tp="1", trde_tp="0")
    parts = ("securities", "insurance", "trust", "other_finance", "bank", "pension", "private_fund", "state")
    institutions = sum(after[f"last_session_{who}_net_value"] for who in parts)
    assert (institutions - after["last_session_institution_net_value"]).abs().max() <= 2 * MILLION


def test_program_nets(test_data: Path) -> None:
    """Programme trading: bought less sold, and arbitrage with the rest is the whole."""
    times = recorded(test_data, "ka90005_1", "2026-07-24 10:01", mrkt_tp="P00101")
    days = recorded(test_data, "ka90010_1", "2026-07-24 10:01", mrkt_tp="P00101")
    for frame in (times, days):
        for kind in ("arbitrage", "non_arbitrage", "program"):
            net = frame[f"{kind}_bought_value"] - frame[f"{kind}_sold_value"]
            assert (net - frame[f"{kind}_net_value"]).abs().max() <= MILLION, kind
        both = frame["arbitrage_net_value"] + frame["non_arbitrage_net_value"]
        assert (both - frame["program_net_value"]).abs().max() <= MILLION
    assert times["kospi200"].iloc[0] == days["kospi200"].iloc[-1] == 1_089.70  # one moment, two spellings


def test_every_recording_has_a_row(test_data: Path) -> None:
    """Whatever is recorded of a call of the catalogue is compared here, in test_recorded.py or in test_rankings.py."""
    there = {
        p.stem for p in (test_data / "recorded").glob("k*_*.json") if p.stem.partition("_")[0] in QUERIES
    }
    elsewhere = {path.stem for path in (test_data / "recorded").glob("k*_*.json")} & ELSEWHERE
    assert there == {row[0] for row in ROWS} | {"ka10007_1", "ka10087_1"} | elsewhere


ELSEWHERE = {
    "ka10001_1", "ka10004_1", "ka10005_1", "ka10008_1", "ka10014_1", "ka10027_1", "ka10030_1", "ka10032_1", "ka10032_3",
    "ka10059_1", "ka10059_2", "ka10079_1", "ka10080_1", "ka10080_2", "ka10080_3", "ka10081_1", "ka10081_3", "ka10094_1",
    "ka10095_1", "ka10099_1", "ka20001_1", "ka20002_1", "ka20003_2", "ka20006_1",
}  # fmt: skip
