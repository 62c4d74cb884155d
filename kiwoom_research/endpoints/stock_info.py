"""``/api/dostk/stkinfo``: what a stock is, what it costs now, and which stocks there are."""

from dataclasses import replace
from itertools import product

from ..kinds import (
    CHANGE, CODE, COUNT, DATE, DIRECTED_PRICE, DIRECTION, FLAG, GROSS_SHARES, MONEY, NET_SHARES,
    PERCENT, PRICE, PROPORTION, RATIO, SHARES, TEXT, TIME, TIME_OR_NONE, Spelling, choice,
)
from .finality import CREDIT as CREDIT_DATES
from .finality import BARS, INVESTOR_FLOWS, LISTS
from .params import (
    BARE, BROKER, CODE_ASKED, CREDIT, DOUBLED, END, EXCHANGE, HUNDREDTH, HUNDRED_MILLION, HUNDRED_MILLIONS,
    INFERRED, MANUAL, MARKET, MILLION, MIN_VOLUME, PLAIN_1, PLAIN_2, PLAIN_4, PLUS, PLUS_2, PRICE_LIMITS,
    RECORDED, ROUND_TO, SIDE, SIDES, SOLD, START, STOCK, THOUSAND, UNIT, UNITS, VENUE, WIDE, WITHOUT, flows,
    only, won,
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

BROKER_TYPE = choice("BROKER_TYPE", "what a broker is", {"0": "domestic", "1": "foreign", "2": "former"})

INFO = Call(
    id="ka10001", path=PATH, title="주식기본정보요청", english="stock facts", finality=BARS,
    note="The manual's example is shifted by five fields from high_pric on.",
    params=(STOCK,),
    tables=(
        Table(evidence=RECORDED, many=True, fields=(
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
            Field("mac_wght", "market_cap_weight", PERCENT, "시가총액비중", note="always blank so far", evidence=INFERRED),
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
    id="ka10095", path=PATH, title="지정종목 정보요청", english="quotes of several stocks", page_rows=100, finality=BARS,
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
            Field("pred_trde_qty_pre", "volume_ratio", PROPORTION, "전일거래량대비", evidence=INFERRED),
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
            Field("pri_sel_cnt", "ask_orders", COUNT, "우선매도건수", evidence=INFERRED),
            Field("pri_buy_cnt", "bid_orders", COUNT, "우선매수건수", evidence=INFERRED),
            Field("tot_sel_req", "ask_size_total", SHARES, "총매도잔량"),
            Field("tot_buy_req", "bid_size_total", SHARES, "총매수잔량"),
            Field("tot_sel_cnt", "ask_orders_total", COUNT, "총매도건수", note="negative ones were seen: perhaps a change", evidence=INFERRED),
            Field("tot_buy_cnt", "bid_orders_total", COUNT, "총매수건수", evidence=INFERRED),
            Field("prty", "parity", PERCENT, "패리티", wire=PLAIN_2, note="ELW only, as are the next six"),
            Field("gear", "gearing", PERCENT, "기어링", wire=PLAIN_2),
            Field("pl_qutr", "break_even", PERCENT, "손익분기", wire=PLAIN_2),
            Field("cap_support", "capital_support", PERCENT, "자본지지", wire=PLAIN_2),
            Field("elwexec_pric", "elw_strike", PRICE, "ELW행사가"),
            Field("cnvt_rt", "conversion_ratio", PERCENT, "전환비율", wire=PLAIN_4),
            Field("elwexpr_dt", "elw_expiry", DATE, "ELW만기일"),
            Field("cntr_engg", "open_interest", COUNT, "미결제약정", note="derivatives only, as are those below", evidence=INFERRED),
            Field("cntr_pred_pre", "open_interest_change", COUNT, "미결제전일대비", evidence=INFERRED),
            Field("theory_pric", "theoretical_price", PRICE, "이론가", evidence=INFERRED),
            Field("innr_vltl", "implied_volatility", PERCENT, "내재변동성", wire=PLAIN_2, evidence=INFERRED),
            Field("delta", "delta", RATIO, "델타", evidence=INFERRED),
            Field("gam", "gamma", RATIO, "감마", evidence=INFERRED),
            Field("theta", "theta", RATIO, "쎄타", evidence=INFERRED),
            Field("vega", "vega", RATIO, "베가", evidence=INFERRED),
            Field("law", "rho", RATIO, "로", evidence=INFERRED),
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
    id="ka10099", path=PATH, title="종목정보 리스트", english="list of stocks", page_rows=5000, finality=LISTS,
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
    id="ka10100", path=PATH, title="종목정보 조회", english="listing of a stock", finality=LISTS,
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
    id="ka10016", path=PATH, title="신고저가요청", english="new highs and lows", page_rows=100,
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
    id="ka10017", path=PATH, title="상하한가요청", english="stocks at the price limits", page_rows=100,
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
            Field("cnt", "streak", COUNT, "횟수", note="sessions in a row, by its name", evidence=INFERRED),
        )),
    ),
)

INVESTORS = Call(
    id="ka10059", path=PATH, title="종목별투자자기관별요청", english="investor flows of a stock by day", page_rows=100, finality=INVESTOR_FLOWS,
    note="Money columns end in _value and are rounded to a million won; institution is the sum of the eight behind it.",
    params=(
        Param("dt", "end", "일자", kind=DATE, note="newest session wanted"),
        STOCK,
        UNIT,
        SIDE,
        ROUND_TO,
    ),
    tables=tuple(
        Table(rows="stk_invsr_orgn", index=("date",), freq="1d", when={**unit, "trde_tp": code}, fields=(
            Field("dt", "date", DATE, "일자"),
            Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율", HUNDREDTH, optional=True, note="+38 is 0.38 %", evidence=INFERRED),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("acc_trde_prica", "value", MONEY, "누적거래대금", MILLION, optional=True),
            *flows(side, suffix, kind, scale),
        ))
        for (side, code), (unit, suffix, kind, scale) in product(SIDES.items(), UNITS)
    ),
)

MOST_VIEWED = Call(
    id="ka00198", path=PATH, title="실시간종목조회순위", english="stocks looked up most", page_rows=20,
    note="Twenty stocks that users look at most; also answered on holidays.",
    params=(
        Param("qry_tp", "period", "구분", {"1min": "1", "10min": "2", "1h": "3", "session": "4", "30s": "5"}, default="session", note="refreshed about once a minute for 1min, every ten minutes for 10min"),
    ),
    tables=(
        Table(rows="item_inq_rank", evidence=RECORDED, fields=(
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("bigd_rank", "rank", COUNT, "빅데이터 순위"),
            Field("rank_chg", "rank_change", COUNT, "순위 등락", wire=PLUS, note="against the ranking before; blank or 0 without a change"),
            Field("rank_chg_sign", "rank_move", TEXT, "순위 등락 부호", note="+ and - as sent; N is not documented"),
            Field("past_curr_prc", "price", DIRECTED_PRICE, "과거 현재가", note="at the time of the ranking"),
            Field("base_comp_sign", "direction", DIRECTION, "기준가 대비 부호"),
            Field("base_comp_chgr", "change_pct", PERCENT, "기준가 대비 등락율"),
            Field("prev_base_sign", "direction_since", DIRECTION, "직전 기준 대비 부호", note="against the ranking before"),
            Field("prev_base_chgr", "change_pct_since", PERCENT, "직전 기준 대비 등락율", note="against the ranking before"),
            Field("dt", "session", DATE, "일자"),
            Field("tm", "time_of_day", TIME, "시간"),
            Field("stk_cd", "code", CODE, "종목코드"),
        )),
    ),
)

BROKERS = Call(
    id="ka10002", path=PATH, title="주식거래원요청", english="brokers of a stock today",
    note="The five brokers that sold most and the five that bought most; names keep their inner blanks.",
    params=(STOCK,),
    tables=(
        Table(many=True, evidence=RECORDED, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("flu_smbol", "direction", DIRECTION, "등락부호"),
            Field("base_pric", "base_price", PRICE, "기준가"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            *family(range(1, 6),
                Field("sel_trde_ori_nm_{n}", "seller_{n}", TEXT, "매도거래원명{n}"),
                Field("sel_trde_ori_{n}", "seller_{n}_code", CODE, "매도거래원{n}", evidence=MANUAL, note="ka10102 lists the brokers"),
                Field("sel_trde_qty_{n}", "seller_{n}_volume", GROSS_SHARES, "매도거래량{n}", wire=SOLD, note="the minus on the wire is the side"),
                Field("buy_trde_ori_nm_{n}", "buyer_{n}", TEXT, "매수거래원명{n}"),
                Field("buy_trde_ori_{n}", "buyer_{n}_code", CODE, "매수거래원{n}", evidence=MANUAL),
                Field("buy_trde_qty_{n}", "buyer_{n}_volume", GROSS_SHARES, "매수거래량{n}", wire=PLUS),
            ),)),
    ),
)

TRADES = Call(
    id="ka10003", path=PATH, title="체결정보요청", english="trades of a stock", page_rows=30,
    note="Newest trade first. The value is in won here, in million won in ka10084.",
    params=(STOCK,),
    tables=(
        Table(row="trade", rows="cntr_infr", index=(), evidence=RECORDED, fields=(
            Field("tm", "time_of_day", TIME, "시간"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("pre_rt", "change_pct", PERCENT, "대비율"),
            Field("pri_sel_bid_unit", "ask", DIRECTED_PRICE, "우선매도호가단위"),
            Field("pri_buy_bid_unit", "bid", DIRECTED_PRICE, "우선매수호가단위"),
            Field("cntr_trde_qty", "trade_volume", NET_SHARES, "체결거래량", note="negative when a seller took the bid"),
            Field("sign", "direction", DIRECTION, "sign"),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량", note="since the open"),
            Field("acc_trde_prica", "value", MONEY, "누적거래대금", note="since the open"),
            Field("cntr_str", "strength", PERCENT, "체결강도", wire=PLAIN_2),
            Field("stex_tp", "venue", TEXT, "거래소구분"),
        )),
    ),
)

CREDIT_TREND = Call(
    id="ka10013", path=PATH, title="신용매매동향요청", english="margin credit of a stock by day", page_rows=100, finality=CREDIT_DATES,
    note="Rows of a deal date come a session late. Values are at acquisition cost: use the shares.",
    params=(
        STOCK,
        Param("dt", "end", "일자", kind=DATE),
        Param("qry_tp", "kind", "조회구분", {"loan": "1", "short_lending": "2"}, default="loan", note="credit bought with a loan, or stock borrowed to sell"),
    ),
    tables=(
        Table(rows="crd_trde_trend", index=("date",), freq="1d", evidence=RECORDED, fields=(
            Field("dt", "date", DATE, "일자"),
            Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("new", "credit_opened", SHARES, "신규", note="the manual says million; the recorded figures are single shares"),
            Field("rpya", "credit_repaid", SHARES, "상환"),
            Field("remn", "credit_shares", SHARES, "잔고"),
            Field("amt", "credit_value", MONEY, "금액", MILLION, note="at acquisition cost"),
            Field("pre", "credit_change", NET_SHARES, "대비", note="opened - repaid"),
            Field("shr_rt", "credit_opened_pct", PERCENT, "공여율", wire=PLAIN_2),
            Field("remn_rt", "credit_balance", PERCENT, "잔고율"),
        )),
    ),
)

DAILY_DETAIL = Call(
    id="ka10015", path=PATH, title="일별거래상세요청", english="volume of a stock by session and day", page_rows=100,
    note="Volume before, in and after the regular session; from start on, newest first.",
    params=(
        STOCK,
        replace(START, name="end", note="newest session wanted"),
    ),
    tables=(
        Table(rows="daly_trde_dtl", index=("date",), freq="1d", fields=(
            Field("dt", "date", DATE, "일자", evidence=RECORDED),
            Field("close_pric", "close", DIRECTED_PRICE, "종가", evidence=RECORDED),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호", evidence=RECORDED),
            Field("pred_pre", "change", CHANGE, "전일대비", evidence=RECORDED),
            Field("flu_rt", "change_pct", PERCENT, "등락율", evidence=RECORDED),
            Field("trde_qty", "volume", SHARES, "거래량", evidence=RECORDED),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION, evidence=RECORDED),
            Field("bf_mkrt_trde_qty", "before_volume", SHARES, "장전거래량", evidence=RECORDED),
            Field("bf_mkrt_trde_wght", "before_volume_pct", PERCENT, "장전거래비중", evidence=RECORDED),
            Field("opmr_trde_qty", "regular_volume", SHARES, "장중거래량", evidence=RECORDED),
            Field("opmr_trde_wght", "regular_volume_pct", PERCENT, "장중거래비중", evidence=RECORDED),
            Field("af_mkrt_trde_qty", "after_volume", SHARES, "장후거래량", evidence=RECORDED),
            Field("af_mkrt_trde_wght", "after_volume_pct", PERCENT, "장후거래비중", evidence=RECORDED),
            Field("tot_3", "total_3_raw", COUNT, "합계3", optional=True, note="as sent", evidence=INFERRED),
            Field("prid_trde_qty", "period_volume", SHARES, "기간중거래량", optional=True, evidence=INFERRED),
            Field("cntr_str", "strength", PERCENT, "체결강도", wire=PLAIN_2, note="blank in every reply seen", evidence=INFERRED),
            Field("for_poss", "foreign_holding", PERCENT, "외인보유", note="blank in every reply seen", evidence=INFERRED),
            Field("for_wght", "foreign_weight", PERCENT, "외인비중", note="blank in every reply seen", evidence=INFERRED),
            Field("for_netprps", "foreign_net", NET_SHARES, "외인순매수", note="blank in every reply seen", evidence=INFERRED),
            Field("orgn_netprps", "institution_net", NET_SHARES, "기관순매수", note="blank in every reply seen", evidence=INFERRED),
            Field("ind_netprps", "individual_net", NET_SHARES, "개인순매수", note="blank in every reply seen", evidence=INFERRED),
            Field("frgn", "foreign_broker_net", NET_SHARES, "외국계", note="blank in every reply seen", evidence=INFERRED),
            Field("crd_remn_rt", "credit_balance", PERCENT, "신용잔고율", note="blank in every reply seen", evidence=INFERRED),
            Field("prm", "program_net", NET_SHARES, "프로그램", note="blank in every reply seen", evidence=INFERRED),
            Field("bf_mkrt_trde_prica", "before_value", MONEY, "장전거래대금", MILLION, optional=True),
            Field("bf_mkrt_trde_prica_wght", "before_value_pct", PERCENT, "장전거래대금비중", optional=True),
            Field("opmr_trde_prica", "regular_value", MONEY, "장중거래대금", MILLION, optional=True),
            Field("opmr_trde_prica_wght", "regular_value_pct", PERCENT, "장중거래대금비중", optional=True),
            Field("af_mkrt_trde_prica", "after_value", MONEY, "장후거래대금", MILLION, optional=True),
            Field("af_mkrt_trde_prica_wght", "after_value_pct", PERCENT, "장후거래대금비중", optional=True),
        )),
    ),
)

NEAR_EXTREMES = Call(
    id="ka10018", path=PATH, title="고저가근접요청", english="stocks near their high or low", page_rows=100,
    note="Direction codes outside 1 to 5 occur and count as unreadable.",
    params=(
        Param("high_low_tp", "extreme", "고저구분", {"high": "1", "low": "2"}, default="high"),
        Param("alacc_rt", "within_pct", "근접율", {"0.5": "05", "1.0": "10", "1.5": "15", "2.0": "20", "2.5": "25", "3.0": "30"}, default="1.0", note="percent of the price"),
        MARKET,
        MIN_VOLUME,
        Param("stk_cnd", "without", "종목조건", only(WITHOUT, "0 1 3 5 6 7 8"), default="nothing"),
        CREDIT,
        VENUE,
    ),
    tables=(
        Table(rows="high_low_pric_alacc", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("sel_bid", "ask", DIRECTED_PRICE, "매도호가"),
            Field("buy_bid", "bid", DIRECTED_PRICE, "매수호가"),
            Field("tdy_high_pric", "high", DIRECTED_PRICE, "당일고가"),
            Field("tdy_low_pric", "low", DIRECTED_PRICE, "당일저가"),
        )),
    ),
)

JUMPS = Call(
    id="ka10019", path=PATH, title="가격급등락요청", english="sudden price jumps", page_rows=200,
    note="Sorted by jump_pct. Pages do not end by themselves.",
    params=(
        Param("mrkt_tp", "market", "시장구분", {"all": "000", "kospi": "001", "kosdaq": "101", "kospi200": "201"}, default="all"),
        Param("flu_tp", "move", "등락구분", {"up": "1", "down": "2"}, default="up"),
        Param("tm_tp", "against", "시간구분", {"minutes": "1", "sessions": "2"}, default="minutes"),
        Param("tm", "ago", "시간", note="how many minutes or sessions ago"),
        MIN_VOLUME,
        Param("stk_cnd", "without", "종목조건", only(WITHOUT, "0 1 3 5 6 7 8"), default="nothing"),
        CREDIT,
        Param("pric_cnd", "price", "가격조건", {"any": "0", (None, 1_000): "1", (1_000, 2_000): "2", (2_000, 3_000): "3", (5_000, 10_000): "4", (10_000, None): "5", (1_000, None): "8"}, default="any"),
        PRICE_LIMITS,
        VENUE,
    ),
    tables=(
        Table(rows="pric_jmpflu", evidence=RECORDED, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_cls", "stock_class", TEXT, "종목분류"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("base_pric", "jump_base", PRICE, "기준가", note="price at the earlier time"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("base_pre", "jump", CHANGE, "기준대비", wire=BARE, note="price - jump_base"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("jmp_rt", "jump_pct", PERCENT, "급등률", note="jump / jump_base"),
        )),
    ),
)

VOLUME_HIGHS = Call(
    id="ka10024", path=PATH, title="거래량갱신요청", english="volume records", page_rows=200,
    note="In the order of codes.",
    params=(
        MARKET,
        Param("cycle_tp", "sessions", "주기구분", {n: str(n) for n in (5, 10, 20, 60, 250)}, default=20),
        Param("trde_qty_tp", "min_volume", "거래량구분", {n * 1_000: str(n) for n in (5, 10, 50, 100, 200, 300, 500, 1_000)}, default=5_000),
        VENUE,
    ),
    tables=(
        Table(rows="trde_qty_updt", evidence=RECORDED, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("prev_trde_qty", "volume_high", SHARES, "이전거래량", note="highest volume of a session before, within the sessions asked"),
            Field("now_trde_qty", "volume", SHARES, "현재거래량"),
            Field("sel_bid", "ask", DIRECTED_PRICE, "매도호가"),
            Field("buy_bid", "bid", DIRECTED_PRICE, "매수호가"),
        )),
    ),
)

PRICE_BANDS_HELD = Call(
    id="ka10025", path=PATH, title="매물대집중요청", english="price bands with heavy volume", page_rows=200,
    note="One row for each stock and price band, so a code can come more than once.",
    params=(
        MARKET,
        Param("prps_cnctr_rt", "concentration", "매물집중비율", note="least share of the volume in one band, in percent (0 to 100)"),
        Param("cur_prc_entry", "current", "현재가진입", {"any": "0", "inside": "1"}, default="any", note="whether the price has to be inside the band"),
        Param("prpscnt", "bands", "매물대수", note="into how many bands the range is cut"),
        Param("cycle_tp", "sessions", "주기구분", {n: str(n) for n in (50, 100, 150, 200, 250, 300)}, default=50),
        VENUE,
    ),
    tables=(
        Table(row="stock and price band", rows="prps_cnctr", index=(), evidence=RECORDED, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("now_trde_qty", "volume", SHARES, "현재거래량"),
            Field("pric_strt", "band_low", PRICE, "가격대시작"),
            Field("pric_end", "band_high", PRICE, "가격대끝"),
            Field("prps_qty", "band_volume", SHARES, "매물량"),
            Field("prps_rt", "band_pct", PROPORTION, "매물비", wire=PLUS_2, note="share of the volume that traded in the band"),
        )),
    ),
)

VALUATIONS = Call(
    id="ka10026", path=PATH, title="고저PER요청", english="highest and lowest PER, PBR, ROE", page_rows=100,
    note="The key is per whatever was asked; the column is named for what it holds.",
    params=(
        Param("pertp", "sort", "PER구분", {"low_pbr": "1", "high_pbr": "2", "low_per": "3", "high_per": "4", "low_roe": "5", "high_roe": "6"}, default="low_per"),
        VENUE,
    ),
    tables=tuple(
        Table(rows="high_low_per", when={"pertp": code}, evidence=RECORDED, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("per", name, kind, "PER", wire=PLAIN_2, evidence=evidence),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("now_trde_qty", "volume", SHARES, "현재거래량"),
            Field("sel_bid", "ask", DIRECTED_PRICE, "매도호가"),
        ))
        for codes, name, kind, evidence in (("12", "pbr", RATIO, INFERRED), ("34", "per", RATIO, INFERRED), ("56", "roe", PERCENT, RECORDED)) for code in codes),
)

OPEN_CHANGES = Call(
    id="ka10028", path=PATH, title="시가대비등락률요청", english="change since the open", page_rows=100,
    note="sort was seen to change nothing.",
    params=(
        Param("sort_tp", "sort", "정렬구분", {"open": "1", "high": "2", "low": "3", "base": "4"}, default="open"),
        Param("trde_qty_cnd", "min_volume", "거래량조건", only(MIN_VOLUME.choices, "0000 0010 0050 0100 0500 1000"), default=0),
        MARKET,
        PRICE_LIMITS,
        Param("stk_cnd", "without", "종목조건", only(WITHOUT, "0 1 4 3 5 6 7 8 9"), default="nothing"),
        CREDIT,
        Param("trde_prica_cnd", "min_value", "거래대금조건", won(m30="3", m50="5", **HUNDRED_MILLIONS), default=0),
        Param("flu_cnd", "side", "등락조건", {"top": "1", "bottom": "2"}, default="top"),
        VENUE,
    ),
    tables=(
        Table(rows="open_pric_pre_flu_rt", evidence=RECORDED, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("open_pric_pre", "open_change_pct", PERCENT, "시가대비", note="(price - open) / open; the key says price"),
            Field("now_trde_qty", "volume", SHARES, "현재거래량"),
            Field("cntr_str", "strength", PERCENT, "체결강도", wire=PLAIN_2),
        )),
    ),
)

BROKER_DAYS = Call(
    id="ka10043", path=PATH, title="거래원매물대분석요청", english="one broker in one stock by day", page_rows=100,
    note="What one broker traded in one stock, day by day.",
    params=(
        STOCK,
        START,
        END,
        Param("qry_dt_tp", "by", "조회기간구분", {"sessions": "0", "start": "1"}, default="start"),
        Param("pot_tp", "from_day", "시점구분", {"today": "0", "previous": "1"}, default="today"),
        Param("dt", "sessions", "기간", {n: str(n) for n in (5, 10, 20, 40, 60, 120)}, default=20, note="used with by sessions"),
        Param("sort_base", "sort", "정렬기준", {"close": "1", "date": "2"}, default="date", note="frames are ascending by date whatever it says"),
        BROKER,
        VENUE,
    ),
    tables=(
        Table(rows="trde_ori_prps_anly", index=("date",), freq="1d", marks="none", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("close_pric", "close", DIRECTED_PRICE, "종가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비", wire=DOUBLED),
            Field("sel_qty", "sold", GROSS_SHARES, "매도량"),
            Field("buy_qty", "bought", GROSS_SHARES, "매수량"),
            Field("netprps_qty", "net", NET_SHARES, "순매수수량"),
            Field("trde_qty_sum", "broker_volume", SHARES, "거래량합", note="sold + bought"),
            Field("trde_wght", "broker_volume_ratio", PERCENT, "거래비중", note="every day is divided by one and the same number: no share of that day's volume"),
        )),
    ),
)

BROKER_TRADES = Call(
    id="ka10052", path=PATH, title="거래원순간거래량요청", english="large trades of a broker", page_rows=100,
    note="Large trades of one broker as they happen.",
    params=(
        BROKER,
        replace(STOCK, required=False, note="with market stock only"),
        Param("mrkt_tp", "market", "시장구분", {"all": "0", "kospi": "1", "kosdaq": "2", "stock": "3"}, default="all"),
        Param("qty_tp", "min_trade", "수량구분", {0: "0", **{n * 1_000: str(n) for n in (1, 2, 10, 30, 50, 100)}}, default=0),
        Param("pric_tp", "price", "가격구분", {"any": "0", (None, 1_000): "1", (1_000, None): "8", (1_000, 2_000): "2", (2_000, 5_000): "3", (5_000, 10_000): "4", (10_000, None): "5"}, default="any"),
        VENUE,
    ),
    tables=(
        Table(row="trade", rows="trde_ori_mont_trde_qty", index=(), fields=(
            Field("tm", "time_of_day", TIME, "시간"),
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("trde_ori_nm", "broker", TEXT, "거래원명"),
            Field("tp", "side", TEXT, "구분", note="-매도 sold, +매수 bought"),
            Field("mont_trde_qty", "trade_volume", NET_SHARES, "순간거래량", note="negative when sold"),
            Field("acc_netprps", "net", NET_SHARES, "누적순매수", note="so far in the session"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비", wire=BARE),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
        )),
    ),
)

VI_TRIGGERS = Call(
    id="ka10054", path=PATH, title="변동성완화장치발동종목요청", english="volatility interruptions (VI)", page_rows=100,
    note="Volatility interruptions; a stock can come more than once.",
    params=(
        MARKET,
        Param("bf_mkrt_tp", "phase", "장전구분", {"all": "0", "regular": "1", "single_price": "2"}, default="all"),
        replace(STOCK, required=False),
        Param("motn_tp", "kind", "발동구분", {"all": "0", "static": "1", "dynamic": "2", "both": "3"}, default="all"),
        Param("skip_stk", "skip", "제외종목", note="nine digits, 1 leaves a group out; 000000000 leaves out none"),
        Param("trde_qty_tp", "use_volume", "거래량구분", {False: "0", True: "1"}, default=False),
        Param("min_trde_qty", "min_volume", "최소거래량", note="shares, with use_volume"),
        Param("max_trde_qty", "max_volume", "최대거래량", note="shares, with use_volume"),
        Param("trde_prica_tp", "use_value", "거래대금구분", {False: "0", True: "1"}, default=False),
        Param("min_trde_prica", "min_value", "최소거래대금", note="million won, with use_value"),
        Param("max_trde_prica", "max_value", "최대거래대금", note="million won, with use_value"),
        Param("motn_drc", "move", "발동방향", {"all": "0", "up": "1", "down": "2"}, default="all"),
        VENUE,
    ),
    tables=(
        Table(row="volatility interruption", rows="motn_stk", index=(), evidence=RECORDED, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("motn_pric", "vi_price", PRICE, "발동가격"),
            Field("dynm_dispty_rt", "dynamic_gap", PERCENT, "동적괴리율"),
            Field("trde_cntr_proc_time", "vi_time", TIME, "매매체결처리시각"),
            Field("virelis_time", "vi_end", TIME_OR_NONE, "VI해제시각", note="000000 on the wire while it lasts"),
            Field("viaplc_tp", "vi_type", TEXT, "VI적용구분", note="정적 static, 동적 dynamic, 동적+정적 both"),
            Field("dynm_stdpc", "dynamic_base", PRICE, "동적기준가격", note="0 without a dynamic interruption"),
            Field("static_stdpc", "static_base", PRICE, "정적기준가격"),
            Field("static_dispty_rt", "static_gap", PERCENT, "정적괴리율", note="(vi_price - static_base) / static_base"),
            Field("open_pric_pre_flu_rt", "open_change_pct", PERCENT, "시가대비등락률"),
            Field("vimotn_cnt", "vi_count", COUNT, "VI발동횟수"),
            Field("stex_tp", "venue", TEXT, "거래소구분"),
        )),
    ),
)

TRADE_SIZES = Call(
    id="ka10055", path=PATH, title="당일전일체결량요청", english="trades of today or of the last session", page_rows=100,
    params=(
        STOCK,
        Param("tdy_pred", "session", "당일전일", {"today": "1", "previous": "2"}, default="today"),
    ),
    tables=(
        Table(row="trade", rows="tdy_pred_cntr_qty", index=(), fields=(
            Field("cntr_tm", "time_of_day", TIME, "체결시간"),
            Field("cntr_pric", "price", DIRECTED_PRICE, "체결가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("cntr_qty", "trade_volume", NET_SHARES, "체결량", note="negative when a seller took the bid"),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("acc_trde_prica", "value", MONEY, "누적거래대금", MILLION),
        )),
    ),
)

INVESTOR_STOCKS = Call(
    id="ka10058", path=PATH, title="투자자별일별매매종목요청", english="stocks that an investor group traded", page_rows=100,
    note="Some combinations of market and investor answer with no rows.",
    params=(
        START,
        END,
        Param("trde_tp", "side", "매매구분", {"net_sold": "1", "net_bought": "2"}, default="net_bought"),
        EXCHANGE,
        Param("invsr_tp", "investor", "투자자구분", {"individual": "8000", "foreign": "9000", "securities": "1000", "trust": "3000", "private_fund": "3100", "other_finance": "5000", "bank": "4000", "insurance": "2000", "pension": "6000", "state": "7000", "company": "7100", "institution": "9999"}, default="foreign"),
        VENUE,
    ),
    tables=(
        Table(rows="invsr_daly_trde_stk", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("netslmt_qty", "net", NET_SHARES, "순매도수량", 100, wire=PLUS, note="hundred shares, by average_price and volume; the manual says shares", evidence=INFERRED),
            Field("netslmt_amt", "net_value", MONEY, "순매도금액", MILLION, wire=PLUS, note="million won, by average_price and volume; the manual says won", evidence=INFERRED),
            Field("prsm_avg_pric", "average_price", PRICE, "추정평균가"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("avg_pric_pre", "price_gap", CHANGE, "평균가대비", wire=DOUBLED, note="price - average_price"),
            Field("pre_rt", "price_gap_pct", PERCENT, "대비율", note="truncated, not rounded"),
            Field("dt_trde_qty", "period_volume", SHARES, "기간거래량"),
        )),
    ),
)

INVESTOR_SUMS = Call(
    id="ka10061", path=PATH, title="종목별투자자기관별합계요청", english="investor flows of a stock over a period",
    note="One row: the sums of a period.",
    params=(
        STOCK,
        START,
        END,
        UNIT,
        Param("trde_tp", "side", "매매구분", {"net": "0"}, default="net"),
        ROUND_TO,
    ),
    tables=tuple(
        Table(row="stock", rows="stk_invsr_orgn_tot", when=unit, index=(), fields=(
            CODE_ASKED,
            *flows("net", suffix, kind, scale, DOUBLED),
        ))
        for unit, suffix, kind, scale in UNITS),
)

TRADES_OF_DAY = Call(
    id="ka10084", path=PATH, title="당일전일체결요청", english="trades of today or of the last session with strength", page_rows=100,
    note="The value is in million won here, in won in ka10003.",
    params=(
        STOCK,
        Param("tdy_pred", "session", "당일전일", {"today": "1", "previous": "2"}, default="today"),
        Param("tic_min", "by", "틱분", {"tick": "0", "minute": "1"}, default="tick"),
        Param("tm", "at", "시간", required=False, note="HHMM, the newest time wanted"),
    ),
    tables=(
        Table(row="trade", rows="tdy_pred_cntr", index=(), evidence=RECORDED, fields=(
            Field("tm", "time_of_day", TIME, "시간"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("pre_rt", "change_pct", PERCENT, "대비율"),
            Field("pri_sel_bid_unit", "ask", DIRECTED_PRICE, "우선매도호가단위"),
            Field("pri_buy_bid_unit", "bid", DIRECTED_PRICE, "우선매수호가단위"),
            Field("cntr_trde_qty", "trade_volume", NET_SHARES, "체결거래량", note="negative when a seller took the bid"),
            Field("sign", "direction", DIRECTION, "전일대비기호"),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("acc_trde_prica", "value", MONEY, "누적거래대금", MILLION, note="since the open"),
            Field("cntr_str", "strength", PERCENT, "체결강도", wire=PLAIN_2),
            Field("stex_tp", "venue", TEXT, "거래소구분"),
        )),
    ),
)

SECTOR_CODES = Call(
    id="ka10101", path=PATH, title="업종코드 리스트", english="list of sectors", page_rows=40, finality=LISTS,
    params=(
        Param("mrkt_tp", "market", "시장구분", {"kospi": "0", "kosdaq": "1", "kospi200": "2", "kospi100": "4", "krx100": "7"}, default="kospi"),
    ),
    tables=(
        Table(row="sector", rows="list", fields=(
            Field("marketCode", "market_code", TEXT, "시장구분코드"),
            Field("code", "code", CODE, "코드", note="code of the sector"),
            Field("name", "name", TEXT, "업종명"),
            Field("group", "group", TEXT, "그룹", note="not documented"),
        )),
    ),
)

BROKER_LIST = Call(
    id="ka10102", path=PATH, title="회원사 리스트", english="list of brokers", page_rows=100, finality=LISTS,
    note="Names change over time and one of them stands for two codes.",
    params=(),
    tables=(
        Table(row="broker", rows="list", evidence=RECORDED, fields=(
            Field("code", "code", CODE, "코드", note="the exchange's member code"),
            Field("name", "name", TEXT, "업종명"),
            Field("gb", "broker_type", BROKER_TYPE, "구분", note="by the brokers that have it; not documented"),
        )),
    ),
)

PROGRAM_TOP = Call(
    id="ka90003", path=PATH, title="프로그램순매수상위50요청", english="ranking by programme net buying", page_rows=50,
    note="The keys say amount; they hold shares when shares were asked.",
    params=(
        Param("trde_upper_tp", "side", "매매상위구분", {"net_sold": "1", "net_bought": "2"}, default="net_bought"),
        UNIT,
        Param("mrkt_tp", "market", "시장구분", {"kospi": "P00101", "kosdaq": "P10102"}, default="kospi", note="the manual's list has the last four digits; of KRX, NXT has codes of its own"),
        VENUE,
    ),
    tables=tuple(
        Table(rows="prm_netprps_upper_50", when={"amt_qty_tp": code}, evidence=evidence, fields=(
            Field("rank", "rank", COUNT, "순위", evidence=INFERRED),
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("flu_sig", "direction", DIRECTION, "등락기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("prm_sell_amt", f"program_sold{suffix}", gross, "프로그램매도금액", scale),
            Field("prm_buy_amt", f"program_bought{suffix}", gross, "프로그램매수금액", scale),
            Field("prm_netprps_amt", f"program_net{suffix}", net, "프로그램순매수금액", scale, wire=PLUS, note="bought - sold"),
        ))
        for code, suffix, gross, net, scale, evidence in (("1", "_value", MONEY, MONEY, MILLION, RECORDED), ("2", "", SHARES, NET_SHARES, 1, MANUAL))),
)

PROGRAM_STOCKS = Call(
    id="ka90004", path=PATH, title="종목별프로그램매매현황요청", english="programme trading by stock", page_rows=100,
    params=(
        Param("dt", "end", "일자", kind=DATE),
        Param("mrkt_tp", "market", "시장구분", {"kospi": "P00101", "kosdaq": "P10102"}, default="kospi", note="the manual's list has the last four digits; of KRX, NXT has codes of its own"),
        VENUE,
    ),
    tables=(
        Table(rows="stk_prm_trde_prst", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("flu_sig", "direction", DIRECTION, "등락기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("buy_cntr_qty", "program_bought", SHARES, "매수체결수량", THOUSAND),
            Field("buy_cntr_amt", "program_bought_value", MONEY, "매수체결금액", MILLION),
            Field("sel_cntr_qty", "program_sold", SHARES, "매도체결수량", THOUSAND),
            Field("sel_cntr_amt", "program_sold_value", MONEY, "매도체결금액", MILLION),
            Field("netprps_prica", "program_net_value", MONEY, "순매수대금", MILLION),
            Field("all_trde_rt", "program_pct", PERCENT, "전체거래비율", note="of all trades, by its name"),
        )),
        Table(row="market", part="summary", index=(), fields=(
            Field("tot_1", "program_bought_sum", SHARES, "매수체결수량합계", THOUSAND),
            Field("tot_2", "program_bought_value_sum", MONEY, "매수체결금액합계", MILLION),
            Field("tot_3", "program_sold_sum", SHARES, "매도체결수량합계", THOUSAND),
            Field("tot_4", "program_sold_value_sum", MONEY, "매도체결금액합계", MILLION),
            Field("tot_5", "program_net_value_sum", MONEY, "순매수대금합계", MILLION),
            Field("tot_6", "total_6_raw", COUNT, "합계6", note="blank in the manual's example", evidence=INFERRED),
        )),
    ),
)

CREDIT_STOCKS = Call(
    id="kt20016", path=PATH, title="신용융자 가능종목요청", english="stocks that can be bought on margin credit", page_rows=100, finality=LISTS,
    note="Not on the mock server, which answers with an error.",
    params=(
        Param("crd_stk_grde_tp", "grade", "신용종목등급구분", {"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}, required=False, note="without it: every grade"),
        Param("mrkt_deal_tp", "market", "시장거래구분", {"all": "%", "kospi": "1", "kosdaq": "0"}, default="all"),
        Param("stk_cd", "code", "종목코드", required=False, note="with an A before the six characters"),
    ),
    tables=(
        Table(rows="crd_loan_pos_stk", fields=(
            Field("stk_cd", "code", CODE, "종목코드", note="with an A before the six characters"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("crd_assr_rt", "deposit_rate", TEXT, "신용보증금율", note="percent, with its sign"),
            Field("repl_pric", "collateral_price", PRICE, "대용가", wire=WIDE),
            Field("pred_close_pric", "previous_close", PRICE, "전일종가", wire=WIDE),
            Field("crd_limit_over_yn", "over_limit", FLAG, "신용한도초과여부", evidence=INFERRED),
            Field("crd_limit_over_txt", "over_limit_text", TEXT, "신용한도초과"),
        )),
        Table(row="whole list", part="summary", index=(), fields=(
            Field("crd_loan_able", "loan_allowed", TEXT, "신용융자가능여부", note="blank in the manual's example"),
        )),
    ),
)

CREDIT_ALLOWED = Call(
    id="kt20017", path=PATH, title="신용융자 가능문의", english="margin credit of a stock: whether it is offered", finality=LISTS,
    note="Not on the mock server.",
    params=(
        Param("stk_cd", "code", "종목코드", note="with an A before the six characters"),
    ),
    tables=(
        Table(fields=(
            CODE_ASKED,
            Field("crd_alow_yn", "credit_allowed", TEXT, "신용가능여부", note="a sentence, not Y or N"),
        )),
    ),
)
