"""``/api/dostk/stkinfo``: what a stock is, what it costs now, and which stocks there are."""

from itertools import product

from ..kinds import (
    CHANGE, CODE, COUNT, DATE, DIRECTED_PRICE, DIRECTION, FLAG, MONEY, NET_SHARES, PERCENT, PRICE, PROPORTION, RATIO, SHARES, TEXT, TIME,
    Spelling, choice,
)
from .finality import BARS, INVESTOR_FLOWS, LISTS
from .params import (
    CREDIT,
    HUNDRED_MILLION,
    HUNDREDTH,
    MARKET,
    MILLION,
    MIN_VOLUME,
    PLAIN_1,
    PLAIN_2,
    PRICE_LIMITS,
    STOCK,
    THOUSAND,
    VENUE,
    WITHOUT,
    only,
)
from .table import Call, Field, Param, Table, family

PATH = "/api/dostk/stkinfo"

LISTED_ON = choice(
    "LISTED_ON",
    "the list a stock was asked from",
    {
        "0": "kospi", "10": "kosdaq", "8": "etf", "60": "etn", "50": "konex", "6": "reit", "3": "elw", "30": "k-otc",
        "70": "loss-limited etn", "90": "volatility etn", "2": "infrastructure fund", "4": "mutual fund",
        "5": "warrant", "7": "subscription right", "9": "high-yield fund", "80": "gold",
    },
)
TYPE = choice(
    "TYPE",
    "what is listed",
    {
        "0": "share", "10": "share", "50": "share", "30": "share", "6": "reit", "8": "etf", "60": "etn", "70": "etn",
        "90": "etn", "2": "infrastructure fund", "3": "elw", "4": "mutual fund", "5": "warrant",
        "7": "subscription right", "9": "high-yield fund", "80": "gold",
    },
)
WARNING = choice(
    "WARNING",
    "the exchange's warning",
    {"0": "none", "1": "etf caution", "2": "liquidation", "3": "overheated", "4": "risk", "5": "warning"},
)

INFO = Call(
    id="ka10001", path=PATH, title="주식기본정보요청", finality=BARS,
    note="The manual's example is shifted by five fields from high_pric on.",
    params=(STOCK,),
    tables=(
        Table(many=True, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("setl_mm", "fiscal_month", COUNT, "결산월"),
            Field("fav", "face_value", PRICE, "액면가", note="in the unit of face_value_unit"),
            Field("cap", "capital", MONEY, "자본금", HUNDRED_MILLION),
            Field("flo_stk", "listed_shares", SHARES, "상장주식", THOUSAND, note="the manual's unit is wrong"),
            Field("crd_rt", "credit_ratio", PERCENT, "신용비율"),
            Field("oyr_hgst", "year_high", DIRECTED_PRICE, "연중최고"),
            Field("oyr_lwst", "year_low", DIRECTED_PRICE, "연중최저"),
            Field("mac", "market_cap", MONEY, "시가총액", HUNDRED_MILLION, note="rounded to 100 million won"),
            Field("mac_wght", "market_cap_weight", PERCENT, "시가총액비중", note="always blank so far"),
            Field("for_exh_rt", "foreign_exhaustion", PERCENT, "외인소진률"),
            Field("repl_pric", "collateral_price", PRICE, "대용가"),
            Field("per", "per", RATIO, "PER", note="price / eps; blank for ETFs"),
            Field("eps", "eps", MONEY, "EPS", note="per share"),
            Field("roe", "roe", PERCENT, "ROE", wire=PLAIN_1),
            Field("pbr", "pbr", RATIO, "PBR", note="price / bps"),
            Field("ev", "ev", RATIO, "EV", note="EV/EBITDA by its size"),
            Field("bps", "bps", MONEY, "BPS", note="per share"),
            Field("sale_amt", "revenue", MONEY, "매출액", HUNDRED_MILLION),
            Field("bus_pro", "operating_profit", MONEY, "영업이익", HUNDRED_MILLION),
            Field("cup_nga", "net_income", MONEY, "당기순이익", HUNDRED_MILLION),
            Field("250hgst", "high_250d", DIRECTED_PRICE, "250최고"),
            Field("250lwst", "low_250d", DIRECTED_PRICE, "250최저"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가", note="0 before the first trade"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("upl_pric", "upper_limit", DIRECTED_PRICE, "상한가"),
            Field("lst_pric", "lower_limit", DIRECTED_PRICE, "하한가"),
            Field("base_pric", "base_price", PRICE, "기준가", note="what the signs are against"),
            Field("exp_cntr_pric", "expected_price", DIRECTED_PRICE, "예상체결가"),
            Field("exp_cntr_qty", "expected_volume", SHARES, "예상체결수량"),
            Field("250hgst_pric_dt", "high_250d_date", DATE, "250최고가일", note="the manual\'s own example is shifted by five keys from high_pric on: real replies are not"),
            Field("250hgst_pric_pre_rt", "high_250d_gap", PERCENT, "250최고가대비율", note="(price - high) / high"),
            Field("250lwst_pric_dt", "low_250d_date", DATE, "250최저가일"),
            Field("250lwst_pric_pre_rt", "low_250d_gap", PERCENT, "250최저가대비율"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("trde_pre", "volume_ratio", PROPORTION, "거래대비", note="volume in % of the previous session's"),
            Field("fav_unit", "face_value_unit", TEXT, "액면가단위"),
            Field("dstr_stk", "float_shares", SHARES, "유통주식", THOUSAND, note="the manual's unit is wrong"),
            Field("dstr_rt", "float_ratio", PERCENT, "유통비율", wire=PLAIN_1),
        )),
    ),
)

QUOTES = Call(
    id="ka10095", path=PATH, title="지정종목 정보요청", page_rows=100, finality=BARS,
    note="An unknown code comes back as a row of blanks in its place; more than 100 codes are refused [1634].",
    params=(Param("stk_cd", "codes", "종목코드", note="up to 100 stock codes joined by |"),),
    tables=(
        Table(rows="atn_stk_infr", many=True, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("base_pric", "base_price", PRICE, "기준가"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
            Field("cntr_qty", "last_volume", NET_SHARES, "체결량", note="last trade; negative when a seller took the bid"),
            Field("cntr_str", "strength", PERCENT, "체결강도", wire=PLAIN_2, note="buyers' volume in % of sellers'"),
            Field("pred_trde_qty_pre", "volume_ratio", PROPORTION, "전일거래량대비"),
            Field("sel_bid", "ask", DIRECTED_PRICE, "매도호가"),
            Field("buy_bid", "bid", DIRECTED_PRICE, "매수호가"),
            *family(range(1, 6), Field("sel_{n}th_bid", "ask_{n}", DIRECTED_PRICE, "매도{n}차호가")),
            *family(range(1, 6), Field("buy_{n}th_bid", "bid_{n}", DIRECTED_PRICE, "매수{n}차호가")),
            Field("upl_pric", "upper_limit", DIRECTED_PRICE, "상한가"),
            Field("lst_pric", "lower_limit", DIRECTED_PRICE, "하한가"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("close_pric", "close", DIRECTED_PRICE, "종가"),
            Field("cntr_tm", "trade_time", TIME, "체결시간"),
            Field("exp_cntr_pric", "expected_price", DIRECTED_PRICE, "예상체결가"),
            Field("exp_cntr_qty", "expected_volume", SHARES, "예상체결량"),
            Field("cap", "capital", MONEY, "자본금", HUNDRED_MILLION),
            Field("fav", "face_value", PRICE, "액면가"),
            Field("mac", "market_cap", MONEY, "시가총액", HUNDRED_MILLION),
            Field("stkcnt", "listed_shares", SHARES, "주식수", THOUSAND),
            Field("bid_tm", "quote_time", TIME, "호가시간"),
            Field("dt", "session", DATE, "일자"),
            Field("pri_sel_req", "ask_size", SHARES, "우선매도잔량"),
            Field("pri_buy_req", "bid_size", SHARES, "우선매수잔량"),
            Field("pri_sel_cnt", "ask_orders", COUNT, "우선매도건수"),
            Field("pri_buy_cnt", "bid_orders", COUNT, "우선매수건수"),
            Field("tot_sel_req", "ask_size_total", SHARES, "총매도잔량"),
            Field("tot_buy_req", "bid_size_total", SHARES, "총매수잔량"),
            Field("tot_sel_cnt", "ask_orders_total", COUNT, "총매도건수", note="negative ones were seen: perhaps a change"),
            Field("tot_buy_cnt", "bid_orders_total", COUNT, "총매수건수"),
            Field("prty", "parity", PERCENT, "패리티", wire=PLAIN_2, note="ELW only, as are the next six"),
            Field("gear", "gearing", PERCENT, "기어링", wire=PLAIN_2),
            Field("pl_qutr", "break_even", PERCENT, "손익분기", wire=PLAIN_2),
            Field("cap_support", "capital_support", PERCENT, "자본지지", wire=PLAIN_2),
            Field("elwexec_pric", "elw_strike", PRICE, "ELW행사가"),
            Field("cnvt_rt", "conversion_ratio", PERCENT, "전환비율", wire=Spelling(decimals=4)),
            Field("elwexpr_dt", "elw_expiry", DATE, "ELW만기일"),
            Field("cntr_engg", "open_interest", COUNT, "미결제약정", note="derivatives only, as are those below"),
            Field("cntr_pred_pre", "open_interest_change", COUNT, "미결제전일대비"),
            Field("theory_pric", "theoretical_price", PRICE, "이론가"),
            Field("innr_vltl", "implied_volatility", PERCENT, "내재변동성", wire=PLAIN_2),
            Field("delta", "delta", RATIO, "델타"),
            Field("gam", "gamma", RATIO, "감마"),
            Field("theta", "theta", RATIO, "쎄타"),
            Field("vega", "vega", RATIO, "베가"),
            Field("law", "rho", RATIO, "로"),
        )),
    ),
)

_MASTER = (
    Field("code", "code", CODE, "종목코드"),
    Field("name", "name", TEXT, "종목명"),
    Field("marketCode", "type", TYPE, "시장구분코드"),
    Field("listCount", "listed_shares", SHARES, "상장주식수", wire=Spelling(width=16)),
    Field("lastPrice", "previous_close", PRICE, "전일종가", wire=Spelling(width=8)),
    Field("regDay", "listing_date", DATE, "상장일"),
    Field("upName", "sector", TEXT, "업종명"),
    Field("upSizeName", "size", TEXT, "회사크기분류"),
    Field("companyClassName", "company_class", TEXT, "회사분류", note="blank for KOSPI"),
    Field("marketName", "market_name", TEXT, "시장명"),
    Field("state", "state", TEXT, "종목상태", note="joined by |"),
    Field("auditInfo", "audit", TEXT, "감리구분"),
    Field("orderWarning", "warning", WARNING, "투자유의종목여부"),
    Field("nxtEnable", "nxt", FLAG, "NXT가능여부"),
    Field("kind", "share_class", TEXT, "", optional=True, note="undocumented: A or Q"),
)

STOCK_LIST = Call(
    id="ka10099", path=PATH, title="종목정보 리스트", page_rows=5000, finality=LISTS,
    note="Request 0 also holds the ETFs, ETNs and REITs; the type is in marketCode. One page.",
    params=(
        Param("mrkt_tp", "market", "시장구분", {word: code for code, word in LISTED_ON.words.items()}, default="kospi"),
    ),
    tables=(
        Table(rows="list", fields=(
            *_MASTER[:2],
            Field("mrkt_tp", "market", LISTED_ON, "시장구분", request=True, note="what was asked for"),
            *_MASTER[2:],
        )),
    ),
)

LISTING = Call(
    id="ka10100", path=PATH, title="종목정보 조회", finality=LISTS,
    params=(Param("stk_cd", "code", "종목코드", kind=CODE, note="six characters, without a venue"),),
    tables=(Table(fields=_MASTER),),
)

# --- lists of the session, and who traded ----------------------------------------------------------

_HEAD = (
    Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
    Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
    Field("pred_pre", "change", CHANGE, "전일대비"),
    Field("flu_rt", "change_pct", PERCENT, "등락률"),
    Field("trde_qty", "volume", SHARES, "거래량"),
)

EXTREMES = Call(
    id="ka10016", path=PATH, title="신고저가요청", page_rows=100,
    params=(
        MARKET,
        Param("ntl_tp", "extreme", "신고저구분", {"high": "1", "low": "2"}, default="high"),
        Param("high_low_close_tp", "by", "고저종구분", {"high_low": "1", "close": "2"}, default="high_low"),
        Param("stk_cnd", "without", "종목조건", only(WITHOUT, "0 1 3 5 6 7 8"), default="nothing"),
        MIN_VOLUME,
        CREDIT,
        PRICE_LIMITS,
        Param("dt", "sessions", "기간", {n: str(n) for n in (5, 10, 20, 60, 250)}, default=250),
        VENUE,
    ),
    tables=(
        Table(rows="ntl_pric", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            *_HEAD,
            Field("pred_trde_qty_pre_rt", "volume_ratio", PROPORTION, "전일거래량대비율", note="volume in % of the previous session's; the minus is a colour"),
            Field("sel_bid", "ask", DIRECTED_PRICE, "매도호가"),
            Field("buy_bid", "bid", DIRECTED_PRICE, "매수호가"),
            Field("high_pric", "period_high", PRICE, "고가", note="of the period, by its place in the list"),
            Field("low_pric", "period_low", PRICE, "저가"),
        )),
    ),
)

LIMITS = Call(
    id="ka10017", path=PATH, title="상하한가요청", page_rows=100,
    params=(
        MARKET,
        Param("updown_tp", "move", "상하한구분", {"limit_up": "1", "up": "2", "flat": "3", "limit_down": "4", "down": "5", "limit_up_before": "6", "limit_down_before": "7"}, default="limit_up", note="before: the session before"),
        Param("sort_tp", "sort", "정렬구분", {"code": "1", "streak": "2", "change_pct": "3"}, default="change_pct"),
        Param("stk_cnd", "without", "종목조건", {**only(WITHOUT, "0 1 3 4 5 6 7 8 9"), "preferred_supervised_alert": "10"}, default="nothing"),
        MIN_VOLUME,
        CREDIT,
        Param("trde_gold_tp", "price", "매매금구분", {"any": "0", (None, 1_000): "1", (1_000, 2_000): "2", (2_000, 3_000): "3", (5_000, 10_000): "4", (10_000, None): "5", (1_000, None): "8"}, default="any"),
        VENUE,
    ),
    tables=(
        Table(rows="updown_pric", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_infr", "stock_info", TEXT, "종목정보", note="not documented"),
            Field("stk_nm", "name", TEXT, "종목명"),
            *_HEAD,
            Field("pred_trde_qty", "previous_volume", SHARES, "전일거래량"),
            Field("sel_req", "ask_size", SHARES, "매도잔량"),
            Field("sel_bid", "ask", DIRECTED_PRICE, "매도호가"),
            Field("buy_bid", "bid", DIRECTED_PRICE, "매수호가"),
            Field("buy_req", "bid_size", SHARES, "매수잔량"),
            Field("cnt", "streak", COUNT, "횟수", note="sessions in a row, by its name"),
        )),
    ),
)

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
SIDES = {"net": "0", "bought": "1", "sold": "2"}
UNITS = (  # what amt_qty_tp and unit_tp make of the same keys: suffix of the column, kind, scale
    ({"amt_qty_tp": "1"}, "_value", MONEY, MILLION),
    ({"amt_qty_tp": "2", "unit_tp": "1"}, "", NET_SHARES, 1),
    ({"amt_qty_tp": "2", "unit_tp": "1000"}, "", NET_SHARES, THOUSAND),
)

INVESTORS = Call(
    id="ka10059", path=PATH, title="종목별투자자기관별요청", page_rows=100, finality=INVESTOR_FLOWS,
    note="Money columns end in _value and are rounded to a million won; institution is the sum of the eight behind it.",
    params=(
        Param("dt", "end", "일자", kind=DATE, note="newest session wanted"),
        STOCK,
        Param("amt_qty_tp", "unit", "금액수량구분", {"won": "1", "shares": "2"}, default="shares"),
        Param("trde_tp", "side", "매매구분", SIDES, default="net"),
        Param("unit_tp", "round_to", "단위구분", {1: "1", 1_000: "1000"}, default=1, note="shares only"),
    ),
    tables=tuple(
        Table(rows="stk_invsr_orgn", index=("date",), freq="1d", when={**unit, "trde_tp": code}, fields=(
            Field("dt", "date", DATE, "일자"),
            Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율", HUNDREDTH, optional=True, note="+38 is 0.38 %"),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("acc_trde_prica", "value", MONEY, "누적거래대금", MILLION, optional=True),
            *(Field(raw, f"{name}_{side}{suffix}", kind, title, scale) for raw, name, title in WHO),
        ))
        for (side, code), (unit, suffix, kind, scale) in product(SIDES.items(), UNITS)
    ),
)
