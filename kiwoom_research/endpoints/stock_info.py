"""``/api/dostk/stkinfo``: what a stock is, what it costs now, and which stocks there are."""

from ..kinds import (  # fmt: skip
    CHANGE,
    CODE,
    COUNT,
    DATE,
    DIRECTION,
    FLAG,
    FLOW,
    MARKED,
    MONEY,
    PERCENT,
    PRICE,
    RATE,
    RATE1,
    RATIO,
    SHARES,
    TEXT,
    TIME,
    choice,
)
from .table import Endpoint, Field, Param

PATH = "/api/dostk/stkinfo"
THOUSAND, MILLION, EOK = 1_000, 1_000_000, 100_000_000

CODE_PARAM = Param("stk_cd", "stock code; suffix _NX for NXT, _AL for both venues")

MARKET = choice(
    "MARKET",
    "the list a stock was asked from",
    {
        "0": "kospi", "10": "kosdaq", "8": "etf", "60": "etn", "50": "konex", "6": "reit", "3": "elw", "30": "k-otc",
        "70": "loss-limited etn", "90": "volatility etn", "2": "infrastructure fund", "4": "mutual fund",
        "5": "warrant", "7": "subscription right", "9": "high-yield fund", "80": "gold",
    },
)  # fmt: skip
TYPE = choice(
    "TYPE",
    "what is listed",
    {
        "0": "share", "10": "share", "50": "share", "30": "share", "6": "reit", "8": "etf", "60": "etn", "70": "etn",
        "90": "etn", "2": "infrastructure fund", "3": "elw", "4": "mutual fund", "5": "warrant",
        "7": "subscription right", "9": "high-yield fund", "80": "gold",
    },
)  # fmt: skip
WARNING = choice(
    "WARNING",
    "the exchange's warning",
    {"0": "none", "1": "etf caution", "2": "liquidation", "3": "overheated", "4": "risk", "5": "warning"},
)

INFO = Endpoint(
    id="ka10001",
    path=PATH,
    title="주식기본정보요청",
    params=(CODE_PARAM,),
    many=True,
    note="The manual's example is shifted by five fields from high_pric on.",
    fields=(
        Field("stk_cd", "code", CODE, title="종목코드"),
        Field("stk_nm", "name", TEXT, title="종목명"),
        Field("setl_mm", "fiscal_month", COUNT, title="결산월"),
        Field("fav", "face_value", PRICE, title="액면가", note="in the unit of face_value_unit"),
        Field("cap", "capital", MONEY, EOK, title="자본금"),
        Field(
            "flo_stk", "listed_shares", SHARES, THOUSAND, title="상장주식", note="the manual's unit is wrong"
        ),
        Field("crd_rt", "credit_ratio", PERCENT, title="신용비율"),
        Field("oyr_hgst", "year_high", MARKED, title="연중최고"),
        Field("oyr_lwst", "year_low", MARKED, title="연중최저"),
        Field("mac", "market_cap", MONEY, EOK, title="시가총액", note="rounded to 100 million won"),
        Field("mac_wght", "market_cap_weight", PERCENT, title="시가총액비중", note="always blank so far"),
        Field("for_exh_rt", "foreign_exhaustion", PERCENT, title="외인소진률"),
        Field("repl_pric", "collateral_price", PRICE, title="대용가"),
        Field("per", "per", RATIO, title="PER", note="price / eps; blank for ETFs"),
        Field("eps", "eps", MONEY, title="EPS", note="per share"),
        Field("roe", "roe", RATE1, title="ROE"),
        Field("pbr", "pbr", RATIO, title="PBR", note="price / bps"),
        Field("ev", "ev", RATIO, title="EV", note="EV/EBITDA by its size"),
        Field("bps", "bps", MONEY, title="BPS", note="per share"),
        Field("sale_amt", "revenue", MONEY, EOK, title="매출액"),
        Field("bus_pro", "operating_profit", MONEY, EOK, title="영업이익"),
        Field("cup_nga", "net_income", MONEY, EOK, title="당기순이익"),
        Field("250hgst", "high_250d", MARKED, title="250최고"),
        Field("250lwst", "low_250d", MARKED, title="250최저"),
        Field("high_pric", "high", MARKED, title="고가"),
        Field("open_pric", "open", MARKED, title="시가", note="0 before the first trade"),
        Field("low_pric", "low", MARKED, title="저가"),
        Field("upl_pric", "upper_limit", MARKED, title="상한가"),
        Field("lst_pric", "lower_limit", MARKED, title="하한가"),
        Field("base_pric", "base_price", PRICE, title="기준가", note="what the signs are against"),
        Field("exp_cntr_pric", "expected_price", MARKED, title="예상체결가"),
        Field("exp_cntr_qty", "expected_volume", SHARES, title="예상체결수량"),
        Field("250hgst_pric_dt", "high_250d_date", DATE, title="250최고가일"),
        Field(
            "250hgst_pric_pre_rt",
            "high_250d_gap",
            PERCENT,
            title="250최고가대비율",
            note="(price - high) / high",
        ),
        Field("250lwst_pric_dt", "low_250d_date", DATE, title="250최저가일"),
        Field("250lwst_pric_pre_rt", "low_250d_gap", PERCENT, title="250최저가대비율"),
        Field("cur_prc", "price", MARKED, title="현재가"),
        Field("pre_sig", "direction", DIRECTION, title="대비기호"),
        Field("pred_pre", "change", CHANGE, title="전일대비"),
        Field("flu_rt", "change_pct", PERCENT, title="등락율"),
        Field("trde_qty", "volume", SHARES, title="거래량"),
        Field(
            "trde_pre",
            "volume_ratio",
            PERCENT,
            title="거래대비",
            note="volume in % of the previous session's",
        ),
        Field("fav_unit", "face_value_unit", TEXT, title="액면가단위"),
        Field(
            "dstr_stk", "float_shares", SHARES, THOUSAND, title="유통주식", note="the manual's unit is wrong"
        ),
        Field("dstr_rt", "float_ratio", RATE1, title="유통비율"),
    ),
)

QUOTES = Endpoint(
    id="ka10095",
    path=PATH,
    title="지정종목 정보요청",
    params=(Param("stk_cd", "up to 100 stock codes joined by |"),),
    rows="atn_stk_infr",
    page_rows=100,
    many=True,
    note="An unknown code comes back as a row of blanks in its place; more than 100 codes are refused [1634].",
    fields=(
        Field("stk_cd", "code", CODE, title="종목코드"),
        Field("stk_nm", "name", TEXT, title="종목명"),
        Field("cur_prc", "price", MARKED, title="현재가"),
        Field("base_pric", "base_price", PRICE, title="기준가"),
        Field("pred_pre", "change", CHANGE, title="전일대비"),
        Field("pred_pre_sig", "direction", DIRECTION, title="전일대비기호"),
        Field("flu_rt", "change_pct", PERCENT, title="등락율"),
        Field("trde_qty", "volume", SHARES, title="거래량"),
        Field("trde_prica", "value", MONEY, MILLION, title="거래대금"),
        Field(
            "cntr_qty",
            "last_volume",
            FLOW,
            title="체결량",
            note="last trade; negative when a seller took the bid",
        ),
        Field("cntr_str", "strength", RATE, title="체결강도", note="buyers' volume in % of sellers'"),
        Field("pred_trde_qty_pre", "volume_ratio", PERCENT, title="전일거래량대비"),
        Field("sel_bid", "ask", MARKED, title="매도호가"),
        Field("buy_bid", "bid", MARKED, title="매수호가"),
        Field("sel_1th_bid", "ask_1", MARKED, title="매도1차호가"),
        Field("sel_2th_bid", "ask_2", MARKED, title="매도2차호가"),
        Field("sel_3th_bid", "ask_3", MARKED, title="매도3차호가"),
        Field("sel_4th_bid", "ask_4", MARKED, title="매도4차호가"),
        Field("sel_5th_bid", "ask_5", MARKED, title="매도5차호가"),
        Field("buy_1th_bid", "bid_1", MARKED, title="매수1차호가"),
        Field("buy_2th_bid", "bid_2", MARKED, title="매수2차호가"),
        Field("buy_3th_bid", "bid_3", MARKED, title="매수3차호가"),
        Field("buy_4th_bid", "bid_4", MARKED, title="매수4차호가"),
        Field("buy_5th_bid", "bid_5", MARKED, title="매수5차호가"),
        Field("upl_pric", "upper_limit", MARKED, title="상한가"),
        Field("lst_pric", "lower_limit", MARKED, title="하한가"),
        Field("open_pric", "open", MARKED, title="시가"),
        Field("high_pric", "high", MARKED, title="고가"),
        Field("low_pric", "low", MARKED, title="저가"),
        Field("close_pric", "close", MARKED, title="종가"),
        Field("cntr_tm", "trade_time", TIME, title="체결시간"),
        Field("exp_cntr_pric", "expected_price", MARKED, title="예상체결가"),
        Field("exp_cntr_qty", "expected_volume", SHARES, title="예상체결량"),
        Field("cap", "capital", MONEY, EOK, title="자본금"),
        Field("fav", "face_value", PRICE, title="액면가"),
        Field("mac", "market_cap", MONEY, EOK, title="시가총액"),
        Field("stkcnt", "listed_shares", SHARES, THOUSAND, title="주식수"),
        Field("bid_tm", "quote_time", TIME, title="호가시간"),
        Field("dt", "session", DATE, title="일자"),
        Field("pri_sel_req", "ask_size", SHARES, title="우선매도잔량"),
        Field("pri_buy_req", "bid_size", SHARES, title="우선매수잔량"),
        Field("pri_sel_cnt", "ask_orders", COUNT, title="우선매도건수"),
        Field("pri_buy_cnt", "bid_orders", COUNT, title="우선매수건수"),
        Field("tot_sel_req", "ask_size_total", SHARES, title="총매도잔량"),
        Field("tot_buy_req", "bid_size_total", SHARES, title="총매수잔량"),
        Field(
            "tot_sel_cnt",
            "ask_orders_total",
            COUNT,
            title="총매도건수",
            note="negative ones were seen: perhaps a change",
        ),
        Field("tot_buy_cnt", "bid_orders_total", COUNT, title="총매수건수"),
        Field("prty", "parity", RATE, title="패리티", note="ELW only, as are the next six"),
        Field("gear", "gearing", RATE, title="기어링"),
        Field("pl_qutr", "break_even", RATE, title="손익분기"),
        Field("cap_support", "capital_support", RATE, title="자본지지"),
        Field("elwexec_pric", "elw_strike", PRICE, title="ELW행사가"),
        Field("cnvt_rt", "conversion_ratio", RATE, title="전환비율"),
        Field("elwexpr_dt", "elw_expiry", DATE, title="ELW만기일"),
        Field(
            "cntr_engg",
            "open_interest",
            COUNT,
            title="미결제약정",
            note="derivatives only, as are those below",
        ),
        Field("cntr_pred_pre", "open_interest_change", COUNT, title="미결제전일대비"),
        Field("theory_pric", "theoretical_price", PRICE, title="이론가"),
        Field("innr_vltl", "implied_volatility", RATE, title="내재변동성"),
        Field("delta", "delta", RATIO, title="델타"),
        Field("gam", "gamma", RATIO, title="감마"),
        Field("theta", "theta", RATIO, title="쎄타"),
        Field("vega", "vega", RATIO, title="베가"),
        Field("law", "rho", RATIO, title="로"),
    ),
)

_MASTER = (
    Field("code", "code", CODE, title="종목코드"),
    Field("name", "name", TEXT, title="종목명"),
    Field("marketCode", "type", TYPE, title="시장구분코드"),
    Field("listCount", "listed_shares", SHARES, title="상장주식수"),
    Field("lastPrice", "previous_close", PRICE, title="전일종가"),
    Field("regDay", "listing_date", DATE, title="상장일"),
    Field("upName", "sector", TEXT, title="업종명"),
    Field("upSizeName", "size", TEXT, title="회사크기분류"),
    Field("companyClassName", "company_class", TEXT, title="회사분류", note="blank for KOSPI"),
    Field("marketName", "market_name", TEXT, title="시장명"),
    Field("state", "state", TEXT, title="종목상태", note="joined by |"),
    Field("auditInfo", "audit", TEXT, title="감리구분"),
    Field("orderWarning", "warning", WARNING, title="투자유의종목여부"),
    Field("nxtEnable", "nxt", FLAG, title="NXT가능여부"),
    Field("kind", "share_class", TEXT, optional=True, title="", note="undocumented: A or Q"),
)

STOCKS = Endpoint(
    id="ka10099",
    path=PATH,
    title="종목정보 리스트",
    params=(Param("mrkt_tp", "market", values=tuple(MARKET.words)),),
    rows="list",
    page_rows=5000,
    expiry="list",
    note="Request 0 also holds the ETFs, ETNs and REITs; the type is in marketCode. One page.",
    fields=(
        *_MASTER[:2],
        Field("mrkt_tp", "market", MARKET, title="시장구분", note="what was asked for", request=True),
        *_MASTER[2:],
    ),
)

STOCK = Endpoint(
    id="ka10100",
    path=PATH,
    title="종목정보 조회",
    params=(Param("stk_cd", "stock code of six characters"),),
    expiry="list",
    fields=_MASTER,
)

# --- lists of the session, and who traded ----------------------------------------------------------


def codes(text: str) -> tuple[str, ...]:
    """The values of a parameter, written with blanks between them."""
    return tuple(text.split())


# Parameters that the rankings share; those of rkinfo too.
VENUE = Param("stex_tp", "1 KRX, 2 NXT, 3 both", values=("1", "2", "3"))
CREDIT = Param("crd_cnd", "credit group: 0 all", values=("0", "1", "2", "3", "4", "7", "9"))
TRADED = Param(
    "trde_qty_tp",
    "0000 all, 0010 from 10,000 shares, ... 1000 from a million",
    values=codes("0000 0010 0050 0100 0150 0200 0300 0500 1000"),
)
_WHICH = Param("mrkt_tp", "000 all, 001 KOSPI, 101 KOSDAQ", values=("000", "001", "101"))
_HEAD = (
    Field("cur_prc", "price", MARKED, title="현재가"),
    Field("pred_pre_sig", "direction", DIRECTION, title="전일대비기호"),
    Field("pred_pre", "change", CHANGE, title="전일대비"),
    Field("flu_rt", "change_pct", PERCENT, title="등락률"),
    Field("trde_qty", "volume", SHARES, title="거래량"),
)

EXTREMES = Endpoint(
    id="ka10016",
    path=PATH,
    title="신고저가요청",
    params=(
        _WHICH,
        Param("ntl_tp", "1 new highs, 2 new lows", values=("1", "2")),
        Param("high_low_close_tp", "1 by high and low, 2 by close", values=("1", "2")),
        Param("stk_cnd", "which stocks: 0 all, ...", values=("0", "1", "3", "5", "6", "7", "8")),
        TRADED,
        CREDIT,
        Param("updown_incls", "0 without those at their limit, 1 with them", values=("0", "1")),
        Param("dt", "of so many sessions", values=("5", "10", "20", "60", "250")),
        VENUE,
    ),
    rows="ntl_pric",
    page_rows=100,
    fields=(
        Field("stk_cd", "code", CODE, title="종목코드"),
        Field("stk_nm", "name", TEXT, title="종목명"),
        *_HEAD,
        Field(
            "pred_trde_qty_pre_rt",
            "volume_ratio",
            PERCENT,
            title="전일거래량대비율",
            note="in % of the previous session's, by its name",
        ),
        Field("sel_bid", "ask", MARKED, title="매도호가"),
        Field("buy_bid", "bid", MARKED, title="매수호가"),
        Field(
            "high_pric", "period_high", PRICE, title="고가", note="of the period, by its place in the list"
        ),
        Field("low_pric", "period_low", PRICE, title="저가"),
    ),
)

LIMITS = Endpoint(
    id="ka10017",
    path=PATH,
    title="상하한가요청",
    params=(
        _WHICH,
        Param(
            "updown_tp",
            "1 upper limit, 2 up, 3 flat, 4 lower limit, 5 down, 6 upper limit the session before, 7 lower",
            values=("1", "2", "3", "4", "5", "6", "7"),
        ),
        Param("sort_tp", "1 by code, 2 by sessions in a row, 3 by change", values=("1", "2", "3")),
        Param("stk_cnd", "which stocks: 0 all, ...", values=codes("0 1 3 4 5 6 7 8 9 10")),
        TRADED,
        CREDIT,
        Param("trde_gold_tp", "prices: 0 all, 8 from 1,000 won, ...", values=codes("0 1 2 3 4 5 8")),
        VENUE,
    ),
    rows="updown_pric",
    page_rows=100,
    fields=(
        Field("stk_cd", "code", CODE, title="종목코드"),
        Field("stk_infr", "stock_info", TEXT, title="종목정보", note="not documented"),
        Field("stk_nm", "name", TEXT, title="종목명"),
        *_HEAD,
        Field("pred_trde_qty", "previous_volume", SHARES, title="전일거래량"),
        Field("sel_req", "ask_size", SHARES, title="매도잔량"),
        Field("sel_bid", "ask", MARKED, title="매도호가"),
        Field("buy_bid", "bid", MARKED, title="매수호가"),
        Field("buy_req", "bid_size", SHARES, title="매수잔량"),
        Field("cnt", "streak", COUNT, title="횟수", note="sessions in a row, by its name"),
    ),
)

HUNDREDTH = 0.01

INVESTORS = Endpoint(
    id="ka10059",
    path=PATH,
    title="종목별투자자기관별요청",
    params=(
        Param("dt", "newest session wanted, YYYYMMDD"),
        CODE_PARAM,
        # with others the same keys are in another unit, or mean something else; get_investors knows them
        Param("amt_qty_tp", "2 shares", values=("2",)),
        Param("trde_tp", "0 bought less sold", values=("0",)),
        Param("unit_tp", "1 single shares", values=("1",)),
    ),
    rows="stk_invsr_orgn",
    index=("date",),
    freq="1d",
    page_rows=100,
    fields=(
        Field("dt", "date", DATE, title="일자"),
        Field("cur_prc", "close", MARKED, title="현재가"),
        Field("pre_sig", "direction", DIRECTION, title="대비기호"),
        Field("pred_pre", "change", CHANGE, title="전일대비"),
        Field(
            "flu_rt", "change_pct", PERCENT, HUNDREDTH, optional=True, title="등락율", note="+38 is 0.38 %"
        ),
        Field("acc_trde_qty", "volume", SHARES, title="누적거래량"),
        Field("acc_trde_prica", "value", MONEY, MILLION, optional=True, title="누적거래대금"),
        Field("ind_invsr", "individual_net", FLOW, title="개인투자자"),
        Field("frgnr_invsr", "foreign_net", FLOW, title="외국인투자자"),
        Field("orgn", "institution_net", FLOW, title="기관계", note="sum of the next eight"),
        Field("fnnc_invt", "securities_net", FLOW, title="금융투자"),
        Field("insrnc", "insurance_net", FLOW, title="보험"),
        Field("invtrt", "trust_net", FLOW, title="투신"),
        Field("etc_fnnc", "other_finance_net", FLOW, title="기타금융"),
        Field("bank", "bank_net", FLOW, title="은행"),
        Field("penfnd_etc", "pension_net", FLOW, title="연기금등"),
        Field("samo_fund", "private_fund_net", FLOW, title="사모펀드"),
        Field("natn", "state_net", FLOW, title="국가"),
        Field("etc_corp", "company_net", FLOW, title="기타법인"),
        Field("natfor", "resident_foreign_net", FLOW, title="내외국인"),
    ),
)
