"""``/api/dostk/mrkcond``: the daily sheet and today's session."""

from itertools import product

from ..kinds import (
    CHANGE, CODE, COUNT, DATE, DIRECTED_PRICE, DIRECTION, GRAMS, GROSS_MONEY, GROSS_SHARES, INDEX,
    LONG_DATE, MONEY, NET_SHARES, PERCENT, POINTS, PRICE, PROPORTION, SHARES, TEXT, TIME,
)
from .finality import DAILY_SHEETS, ESTIMATES, LIKE_BARS
from .params import (
    BASE_DATE, BROKER, CODE_ASKED, DOUBLED, END, EXCHANGE, GOLD, HUNDREDTH, INFERRED, MANUAL, MARKET, MILLION,
    PLAIN_2, PLUS, PLUS_2, RECORDED, SIDE, SIDES, START, STOCK, THOUSAND, TICK_SCOPE, UNIT, VENUE, WHO,
)
from .table import Call, Field, Param, Table, family

PATH = "/api/dostk/mrkcond"

DAILY_SHEET = Call(
    id="ka10005", path=PATH, title="주식일주월시분요청", english="daily bars and foreign flows of a stock", page_rows=30, finality=DAILY_SHEETS,
    note="Daily rows only, whatever the name says. Whether they are adjusted is not known.",
    params=(STOCK,),
    tables=(
        Table(rows="stk_ddwkmm", index=("date",), freq="1d", marks="newest", fields=(
            Field("date", "date", DATE, "날짜"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("close_pric", "close", DIRECTED_PRICE, "종가"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION, optional=True),
            Field("pre", "change", CHANGE, "대비", optional=True, note="newest row only, as are those below"),
            Field("flu_rt", "change_pct", PERCENT, "등락률", optional=True),
            Field("cntr_str", "strength", PERCENT, "체결강도", wire=PLAIN_2, optional=True, evidence=INFERRED),
            Field("for_poss", "foreign_holding", PERCENT, "외인보유", optional=True),
            Field("for_wght", "foreign_weight", PERCENT, "외인비중", optional=True),
            Field("for_netprps", "foreign_net", NET_SHARES, "외인순매수", optional=True, evidence=INFERRED),
            Field("orgn_netprps", "institution_net", NET_SHARES, "기관순매수", optional=True, note="blank so far", evidence=INFERRED),
            Field("ind_netprps", "individual_net", NET_SHARES, "개인순매수", optional=True, note="blank so far", evidence=INFERRED),
            Field("frgn", "foreign_broker_net", NET_SHARES, "외국계", optional=True, note="blank so far"),
            Field("crd_remn_rt", "credit_balance", PERCENT, "신용잔고율", optional=True, note="blank so far", evidence=INFERRED),
            Field("prm", "program_net", NET_SHARES, "프로그램", optional=True, note="blank so far"),
        )),
    ),
)

TODAY = Call(
    id="ka10006", path=PATH, title="주식시분요청", english="session so far of a stock", finality=LIKE_BARS,
    note="One flat record: the session so far. Some editions of the manual show a list; both are read.",
    params=(STOCK,),
    tables=(
        Table(fields=(
            Field("stk_cd", "code", CODE, "종목코드", request=True, note="from the request"),
            Field("date", "session", DATE, "날짜"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가", note="0 before the first trade"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("close_pric", "close", DIRECTED_PRICE, "종가"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
            Field("pre", "change", CHANGE, "대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("cntr_str", "strength", PERCENT, "체결강도", wire=PLAIN_2),
        )),
    ),
)

BOOK = Call(
    id="ka10004", path=PATH, title="주식호가요청", english="order book",
    note="Level 1 has keys of its own. One venue's book: _AL is ignored. Sizes are 0 outside the session.",
    params=(STOCK,),
    tables=(
        Table(evidence=RECORDED, fields=(
            Field("stk_cd", "code", CODE, "종목코드", request=True, note="from the request"),
            Field("bid_req_base_tm", "quote_time", TIME, "호가잔량기준시간", note="HHMMSS; the manual says YYYYMMDD"),
            *(field for raw, side, title in (("sel", "ask", "매도"), ("buy", "bid", "매수")) for field in (
                Field(f"{raw}_fpr_bid", f"{side}_1", DIRECTED_PRICE, f"{title}최우선호가"),
                Field(f"{raw}_fpr_req", f"{side}_size_1", SHARES, f"{title}최우선잔량"),
                Field(f"{raw}_1th_pre_req_pre", f"{side}_size_change_1", NET_SHARES, f"{title}1차선잔량대비"),
                *family(range(2, 11),
                    Field(f"{raw}_{{n}}th_pre_bid", f"{side}_{{n}}", DIRECTED_PRICE, f"{title}{{n}}차선호가"),
                    Field(f"{raw}_{{n}}th_pre_req", f"{side}_size_{{n}}", SHARES, f"{title}{{n}}차선잔량"),
                    Field(f"{raw}_{{n}}th_pre_req_pre", f"{side}_size_change_{{n}}", NET_SHARES, f"{title}{{n}}차선잔량대비")),
                Field(f"tot_{raw}_req", f"{side}_size_total", SHARES, f"총{title}잔량"),
                Field(f"tot_{raw}_req_jub_pre", f"{side}_size_change_total", NET_SHARES, f"총{title}잔량직전대비"),
                Field(f"ovt_{raw}_req", f"after_{side}_size", SHARES, f"시간외{title}잔량"),
                Field(f"ovt_{raw}_req_pre", f"after_{side}_size_change", NET_SHARES, f"시간외{title}잔량대비"))),
        )),
    ),
)

QUOTE_SHEET = Call(
    id="ka10007", path=PATH, title="시세표성정보요청", english="quote with order book",
    note="The quote and ten levels of the order book.",
    params=(STOCK,),
    tables=(
        Table(many=True, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("date", "session", DATE, "날짜", evidence=RECORDED),
            Field("tm", "time_of_day", TIME, "시간", evidence=RECORDED),
            Field("pred_close_pric", "previous_close", PRICE, "전일종가"),
            Field("pred_trde_qty", "previous_volume", SHARES, "전일거래량"),
            Field("upl_pric", "upper_limit", DIRECTED_PRICE, "상한가"),
            Field("lst_pric", "lower_limit", DIRECTED_PRICE, "하한가"),
            Field("pred_trde_prica", "previous_value", MONEY, "전일거래대금", MILLION),
            Field("flo_stkcnt", "listed_shares", SHARES, "상장주식수", THOUSAND, evidence=INFERRED, note="the manual says shares; its example is that of ka10001, in thousands"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가", evidence=RECORDED),
            Field("smbol", "direction", DIRECTION, "부호", evidence=RECORDED),
            Field("flu_rt", "change_pct", PERCENT, "등락률", evidence=RECORDED),
            Field("pred_rt", "volume_ratio", PROPORTION, "전일비", note="volume in % of the previous session's, as elsewhere"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("cntr_qty", "last_volume", NET_SHARES, "체결량"),
            Field("trde_qty", "volume", SHARES, "거래량", evidence=RECORDED),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
            Field("exp_cntr_pric", "expected_price", DIRECTED_PRICE, "예상체결가"),
            Field("exp_cntr_qty", "expected_volume", SHARES, "예상체결량"),
            Field("exp_sel_pri_bid", "expected_ask", DIRECTED_PRICE, "예상매도우선호가"),
            Field("exp_buy_pri_bid", "expected_bid", DIRECTED_PRICE, "예상매수우선호가"),
            Field("trde_strt_dt", "trading_start", DATE, "거래시작일"),
            Field("exec_pric", "elw_strike", PRICE, "행사가격"),
            Field("hgst_pric", "record_high", DIRECTED_PRICE, "최고가", note="of which period is not documented"),
            Field("lwst_pric", "record_low", DIRECTED_PRICE, "최저가"),
            Field("hgst_pric_dt", "record_high_date", DATE, "최고가일"),
            Field("lwst_pric_dt", "record_low_date", DATE, "최저가일"),
            *family(range(1, 11), Field("sel_{n}bid", "ask_{n}", DIRECTED_PRICE, "매도{n}호가", evidence=RECORDED)),
            *family(range(1, 11), Field("buy_{n}bid", "bid_{n}", DIRECTED_PRICE, "매수{n}호가", evidence=RECORDED)),
            *family(range(1, 11), Field("sel_{n}bid_req", "ask_size_{n}", SHARES, "매도{n}호가잔량", evidence=RECORDED)),
            *family(range(1, 11), Field("buy_{n}bid_req", "bid_size_{n}", SHARES, "매수{n}호가잔량", evidence=RECORDED)),
            *family(range(1, 11), Field("sel_{n}bid_jub_pre", "ask_size_change_{n}", NET_SHARES, "매도{n}호가직전대비")),
            *family(range(1, 11), Field("buy_{n}bid_jub_pre", "bid_size_change_{n}", NET_SHARES, "매수{n}호가직전대비")),
            *family(range(1, 6), Field("sel_{n}bid_cnt", "ask_orders_{n}", COUNT, "매도{n}호가건수", evidence=INFERRED)),
            *family(range(1, 6), Field("buy_{n}bid_cnt", "bid_orders_{n}", COUNT, "매수{n}호가건수", evidence=INFERRED)),
            *family(range(1, 11), Field("lpsel_{n}bid_req", "lp_ask_size_{n}", SHARES, "LP매도{n}호가잔량")),
            *family(range(1, 11), Field("lpbuy_{n}bid_req", "lp_bid_size_{n}", SHARES, "LP매수{n}호가잔량")),
            Field("tot_buy_req", "bid_size_total", SHARES, "총매수잔량", evidence=RECORDED),
            Field("tot_sel_req", "ask_size_total", SHARES, "총매도잔량", evidence=RECORDED),
            Field("tot_buy_cnt", "bid_orders_total", COUNT, "총매수건수", evidence=INFERRED),
            Field("tot_sel_cnt", "ask_orders_total", COUNT, "총매도건수", evidence=INFERRED),
        )),
    ),
)

WARRANT_QUOTES = Call(
    id="ka10011", path=PATH, title="신주인수권전체시세요청", english="quotes of subscription rights", page_rows=100,
    note="Codes have nine characters.",
    params=(
        Param("newstk_recvrht_tp", "kind", "신주인수권구분", {"all": "00", "warrant": "05", "subscription_right": "07"}, default="all"),
    ),
    tables=(
        Table(rows="newstk_recvrht_mrpr", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호", evidence=INFERRED),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("fpr_sel_bid", "ask", DIRECTED_PRICE, "최우선매도호가"),
            Field("fpr_buy_bid", "bid", DIRECTED_PRICE, "최우선매수호가"),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
        )),
    ),
)

INSTITUTION_STOCKS = Call(
    id="ka10044", path=PATH, title="일별기관매매종목요청", english="stocks that institutions traded", page_rows=100,
    params=(
        START,
        END,
        Param("trde_tp", "side", "매매구분", {"net_sold": "1", "net_bought": "2"}, default="net_bought"),
        EXCHANGE,
        VENUE,
    ),
    tables=(
        Table(rows="daly_orgn_trde_stk", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("netprps_qty", "institution_net", NET_SHARES, "순매수수량", 100),
            Field("netprps_amt", "institution_net_value", MONEY, "순매수금액", MILLION),
            Field("prsm_avg_pric", "average_price", PRICE, "", note="estimated average of their trades", evidence=INFERRED),
            Field("cur_prc", "price", DIRECTED_PRICE, "", evidence=INFERRED),
            Field("avg_pric_pre", "price_gap", CHANGE, "", wire=DOUBLED, note="price - average_price", evidence=INFERRED),
            Field("pre_rt", "price_gap_pct", PERCENT, "", evidence=INFERRED),
        )),
    ),
)

INSTITUTION_DAYS = Call(
    id="ka10045", path=PATH, title="종목별기관매매추이요청", english="institutional and foreign flows of a stock by day", page_rows=100,
    params=(
        STOCK,
        START,
        END,
        Param("orgn_prsm_unp_tp", "institution_side", "기관추정단가구분", {"bought": "1", "sold": "2"}, default="bought", note="side of the estimated average price"),
        Param("for_prsm_unp_tp", "foreign_side", "외인추정단가구분", {"bought": "1", "sold": "2"}, default="bought", note="side of the estimated average price"),
    ),
    tables=(
        Table(rows="stk_orgn_trde_trnsn", index=("date",), freq="1d", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("close_pric", "close", DIRECTED_PRICE, "종가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("orgn_dt_acc", "institution_net_sum", NET_SHARES, "기관기간누적", note="since start; came with six decimals", evidence=INFERRED),
            Field("orgn_daly_nettrde_qty", "institution_net", NET_SHARES, "기관일별순매매수량"),
            Field("for_dt_acc", "foreign_net_sum", NET_SHARES, "외인기간누적", note="since start; came with six decimals", evidence=INFERRED),
            Field("for_daly_nettrde_qty", "foreign_net", NET_SHARES, "외인일별순매매수량"),
            Field("limit_exh_rt", "foreign_exhaustion", PERCENT, "한도소진율"),
        )),
        Table(part="summary", fields=(
            CODE_ASKED,
            Field("orgn_prsm_avg_pric", "institution_price", PRICE, "기관추정평균가", note="estimated average"),
            Field("for_prsm_avg_pric", "foreign_price", PRICE, "외인추정평균가", note="estimated average"),
        )),
    ),
)

STRENGTH = Call(
    id="ka10046", path=PATH, title="체결강도추이시간별요청", english="execution strength of a stock through the day", page_rows=60,
    params=(STOCK,),
    tables=(
        Table(row="moment", rows="cntr_str_tm", index=(), evidence=RECORDED, fields=(
            Field("cntr_tm", "time_of_day", TIME, "체결시간"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "trade_volume", NET_SHARES, "거래량", note="negative when a seller took the bid"),
            Field("acc_trde_prica", "value", MONEY, "누적거래대금", MILLION),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("cntr_str", "strength", PERCENT, "체결강도", wire=PLAIN_2),
            Field("cntr_str_5min", "strength_5min", PERCENT, "체결강도5분", wire=PLAIN_2),
            Field("cntr_str_20min", "strength_20min", PERCENT, "체결강도20분", wire=PLAIN_2),
            Field("cntr_str_60min", "strength_60min", PERCENT, "체결강도60분", wire=PLAIN_2),
            Field("stex_tp", "venue", TEXT, "거래소구분"),
        )),
    ),
)

STRENGTH_DAYS = Call(
    id="ka10047", path=PATH, title="체결강도추이일별요청", english="execution strength of a stock by day", page_rows=60,
    note="The keys of the averages say minutes; they are of 5, 20 and 60 days.",
    params=(STOCK,),
    tables=(
        Table(rows="cntr_str_daly", index=("date",), freq="1d", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "trade_volume", NET_SHARES, "거래량", note="blank so far"),
            Field("acc_trde_prica", "value", MONEY, "누적거래대금", MILLION),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("cntr_str", "strength", PERCENT, "체결강도", wire=PLAIN_2),
            Field("cntr_str_5min", "strength_5d", PERCENT, "체결강도5일", wire=PLAIN_2),
            Field("cntr_str_20min", "strength_20d", PERCENT, "체결강도20일", wire=PLAIN_2),
            Field("cntr_str_60min", "strength_60d", PERCENT, "체결강도60일", wire=PLAIN_2),
        )),
    ),
)

INVESTORS_NOW = Call(
    id="ka10063", path=PATH, title="장중투자자별매매요청", english="estimated flows in the session by stock", page_rows=800, finality=ESTIMATES,
    note="Estimates in the session, rounded to a thousand shares, never final: they can have the opposite sign of the final flows.",
    params=(
        MARKET,
        Param("amt_qty_tp", "unit", "금액수량구분", {"both": "1"}, default="both"),
        Param("invsr", "investor", "투자자별", {"foreign": "6", "institution": "7", "trust": "1", "insurance": "0", "bank": "2", "pension": "3", "state": "4", "company": "5"}, default="foreign"),
        Param("frgn_all", "foreign_brokers", "외국계전체", {True: "1", False: "0"}, default=False, note="all foreign brokers"),
        Param("smtm_netprps_tp", "together", "동시순매수구분", {True: "1", False: "0"}, default=False, note="bought by foreigners and institutions alike"),
        VENUE,
    ),
    tables=(
        Table(rows="opmr_invsr_trde", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("netprps_amt", "estimated_net_value", MONEY, "순매수금액", MILLION),
            Field("prev_netprps_amt", "estimated_net_value_before", MONEY, "이전순매수금액", MILLION),
            Field("buy_amt", "estimated_bought_value", GROSS_MONEY, "매수금액", MILLION),
            Field("netprps_amt_irds", "estimated_net_value_change", MONEY, "순매수금액증감", MILLION),
            Field("buy_amt_irds", "estimated_bought_value_change", MONEY, "매수금액증감", MILLION),
            Field("sell_amt", "estimated_sold_value", GROSS_MONEY, "매도금액", MILLION),
            Field("sell_amt_irds", "estimated_sold_value_change", MONEY, "매도금액증감", MILLION),
            Field("netprps_qty", "estimated_net", NET_SHARES, "순매수수량"),
            Field("prev_pot_netprps_qty", "estimated_net_before", NET_SHARES, "이전시점순매수수량"),
            Field("netprps_irds", "estimated_net_change", NET_SHARES, "순매수증감"),
            Field("buy_qty", "estimated_bought", GROSS_SHARES, "매수수량"),
            Field("buy_qty_irds", "estimated_bought_change", NET_SHARES, "매수수량증감"),
            Field("sell_qty", "estimated_sold", GROSS_SHARES, "매도수량"),
            Field("sell_qty_irds", "estimated_sold_change", NET_SHARES, "매도수량증감"),
        )),
    ),
)

INVESTORS_AFTER_CLOSE = Call(
    id="ka10066", path=PATH, title="장마감후투자자별매매요청", english="flows after the close by stock", page_rows=100, finality=ESTIMATES,
    note="Two days in one row: the price is today's, the flows are those of the last session that has ended. institution is the sum of the seven behind it.",
    params=(
        MARKET,
        UNIT,
        SIDE,
        VENUE,
    ),
    tables=tuple(
        Table(rows="opaf_invsr_trde", when={"amt_qty_tp": unit, "trde_tp": code}, evidence=RECORDED if (unit, code) == ("1", "0") else MANUAL, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가", note="now"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("trde_qty", "volume", SHARES, "거래량", note="now"),
            *(Field(raw, f"last_session_{name}_{side}{suffix}", kind, title, scale) for raw, name, title in WHO[:-1]),
        ))
        for (side, code), (unit, suffix, kind, scale) in product(SIDES.items(), (("1", "_value", MONEY, MILLION), ("2", "", NET_SHARES, 1)))),
)

BROKER_STOCK_DAYS = Call(
    id="ka10078", path=PATH, title="증권사별종목매매동향요청", english="flows of a broker in a stock by day", page_rows=100,
    params=(
        BROKER,
        STOCK,
        START,
        END,
    ),
    tables=(
        Table(rows="sec_stk_trde_trend", index=("date",), freq="1d", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("netprps_qty", "net", NET_SHARES, "순매수수량", note="bought - sold"),
            Field("buy_qty", "bought", GROSS_SHARES, "매수수량"),
            Field("sell_qty", "sold", GROSS_SHARES, "매도수량"),
        )),
    ),
)

DAILY_FLOWS = Call(
    id="ka10086", path=PATH, title="일별주가요청", english="daily prices and flows of a stock", page_rows=20,
    note="Prices and flows of each day; asked for days before the first one it answers with empty pages without end.",
    params=(
        STOCK,
        Param("qry_dt", "end", "조회일자", kind=DATE, note="newest session wanted"),
        Param("indc_tp", "unit", "표시구분", {"shares": "0", "won": "1"}, default="shares", note="of the flows; foreign_net is in shares whatever it says"),
    ),
    tables=tuple(
        Table(rows="daly_stkpc", index=("date",), freq="1d", when={"indc_tp": code}, fields=(
            Field("date", "date", DATE, "날짜", evidence=RECORDED),
            Field("open_pric", "open", DIRECTED_PRICE, "시가", evidence=RECORDED),
            Field("high_pric", "high", DIRECTED_PRICE, "고가", evidence=RECORDED),
            Field("low_pric", "low", DIRECTED_PRICE, "저가", evidence=RECORDED),
            Field("close_pric", "close", DIRECTED_PRICE, "종가", evidence=RECORDED),
            Field("trde_qty", "volume", SHARES, "거래량", evidence=RECORDED),
            Field("amt_mn", "value", MONEY, "금액(백만)", MILLION, evidence=RECORDED),
            Field("pred_rt", "change", CHANGE, "전일비", note="won, not percent"),
            Field("flu_rt", "change_pct", PERCENT, "등락률", evidence=RECORDED),
            Field("crd_rt", "credit_ratio", PERCENT, "신용비", wire=PLAIN_2, evidence=RECORDED),
            Field("ind_netprps", f"individual_net{suffix}", kind, "개인순매수", scale, wire=DOUBLED, evidence=known),
            Field("orgn_netprps", f"institution_net{suffix}", kind, "기관순매수", scale, wire=DOUBLED, evidence=known),
            Field("for_netprps", "foreign_net", NET_SHARES, "외인순매수", evidence=RECORDED, wire=DOUBLED, note="shares whatever the unit"),
            Field("ind", f"individual_net_again{suffix}", kind, "개인", scale, wire=DOUBLED, note="repeats individual_net"),
            Field("orgn", f"institution_net_again{suffix}", kind, "기관", scale, wire=PLUS, note="repeats institution_net"),
            Field("for_qty", f"foreign_net_again{suffix}", kind, "외인수량", scale, wire=DOUBLED, note="repeats foreign_net, in the unit asked"),
            Field("frgn", f"foreign_broker_net{suffix}", kind, "외국계", scale),
            Field("prm", f"program_net{suffix}", kind, "프로그램", scale, wire=DOUBLED, evidence=known),
            Field("for_rt", "foreign_ratio", PERCENT, "외인비", note="repeats foreign_holding"),
            Field("for_poss", "foreign_holding", PERCENT, "외인보유"),
            Field("for_wght", "foreign_weight", PERCENT, "외인비중"),
            Field("crd_remn_rt", "credit_balance", PERCENT, "신용잔고율"),
        ))
        for code, suffix, kind, scale, known in (("0", "", NET_SHARES, 1, RECORDED), ("1", "_value", MONEY, MILLION, MANUAL))),
)

SINGLE_PRICE_QUOTE = Call(
    id="ka10087", path=PATH, title="시간외단일가요청", english="single-price session of a stock after hours",
    note="The single-price session ended on 2026-09-11; what the call says since then is not known. Prices are signed against the day's close.",
    params=(STOCK,),
    tables=(
        Table(evidence=RECORDED, fields=(
            CODE_ASKED,
            Field("bid_req_base_tm", "quote_time", TIME, "호가잔량기준시간", note="16:00:00 all evening"),
            *family(range(1, 6), Field("ovt_sigpric_sel_bid_{n}", "single_ask_{n}", DIRECTED_PRICE, "시간외단일가_매도호가{n}")),
            *family(range(1, 6), Field("ovt_sigpric_buy_bid_{n}", "single_bid_{n}", DIRECTED_PRICE, "시간외단일가_매수호가{n}")),
            *family(range(1, 6), Field("ovt_sigpric_sel_bid_qty_{n}", "single_ask_size_{n}", SHARES, "시간외단일가_매도호가수량{n}")),
            *family(range(1, 6), Field("ovt_sigpric_buy_bid_qty_{n}", "single_bid_size_{n}", SHARES, "시간외단일가_매수호가수량{n}")),
            *family(range(1, 6), Field("ovt_sigpric_sel_bid_jub_pre_{n}", "single_ask_size_change_{n}", NET_SHARES, "시간외단일가_매도호가직전대비{n}")),
            *family(range(1, 6), Field("ovt_sigpric_buy_bid_jub_pre_{n}", "single_bid_size_change_{n}", NET_SHARES, "시간외단일가_매수호가직전대비{n}")),
            Field("ovt_sigpric_sel_bid_tot_req", "single_ask_size_total", SHARES, "시간외단일가_매도호가총잔량"),
            Field("ovt_sigpric_buy_bid_tot_req", "single_bid_size_total", SHARES, "시간외단일가_매수호가총잔량"),
            Field("sel_bid_tot_req_jub_pre", "ask_size_change_total", NET_SHARES, "매도호가총잔량직전대비"),
            Field("sel_bid_tot_req", "ask_size_total", SHARES, "매도호가총잔량"),
            Field("buy_bid_tot_req", "bid_size_total", SHARES, "매수호가총잔량"),
            Field("buy_bid_tot_req_jub_pre", "bid_size_change_total", NET_SHARES, "매수호가총잔량직전대비"),
            Field("ovt_sel_bid_tot_req_jub_pre", "after_ask_size_change", NET_SHARES, "시간외매도호가총잔량직전대비"),
            Field("ovt_sel_bid_tot_req", "after_ask_size", SHARES, "시간외매도호가총잔량", note="of the closing-price session"),
            Field("ovt_buy_bid_tot_req", "after_bid_size", SHARES, "시간외매수호가총잔량", note="of the closing-price session"),
            Field("ovt_buy_bid_tot_req_jub_pre", "after_bid_size_change", NET_SHARES, "시간외매수호가총잔량직전대비"),
            Field("ovt_sigpric_cur_prc", "single_price", DIRECTED_PRICE, "시간외단일가_현재가"),
            Field("ovt_sigpric_pred_pre_sig", "single_direction", DIRECTION, "시간외단일가_전일대비기호"),
            Field("ovt_sigpric_pred_pre", "single_change", CHANGE, "시간외단일가_전일대비", note="against the day's close"),
            Field("ovt_sigpric_flu_rt", "single_change_pct", PERCENT, "시간외단일가_등락률", note="against the day's close"),
            Field("ovt_sigpric_acc_trde_qty", "single_volume", SHARES, "시간외단일가_누적거래량"),
        )),
    ),
)

GOLD_TRADES = Call(
    id="ka50010", path=PATH, title="금현물체결추이", english="trades of gold", page_rows=100,
    note="Won per gram.",
    params=(GOLD,),
    tables=(
        Table(row="trade", rows="gold_cntr", index=(), evidence=RECORDED, fields=(
            Field("cntr_pric", "price", DIRECTED_PRICE, "체결가"),
            Field("pred_pre", "change", CHANGE, "전일 대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "grams", GRAMS, "누적 거래량", note="since the open"),
            Field("acc_trde_prica", "value", MONEY, "누적 거래대금"),
            Field("cntr_trde_qty", "trade_grams", GRAMS, "거래량(체결량)", note="negative when a seller took the bid"),
            Field("tm", "time_of_day", TIME, "체결시간"),
            Field("pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pri_sel_bid_unit", "ask", DIRECTED_PRICE, "매도호가"),
            Field("pri_buy_bid_unit", "bid", DIRECTED_PRICE, "매수호가"),
            Field("trde_pre", "volume_ratio", PROPORTION, "전일 거래량 대비 비율", wire=PLUS_2, note="in % of the previous session's; its sign says nothing"),
            Field("trde_tern_rt", "trade_to_previous", PROPORTION, "전일 거래량 대비 순간 거래량 비율", wire=PLUS_2, note="this trade in % of the previous session's volume: no turnover"),
            Field("cntr_str", "strength", PERCENT, "체결강도", wire=PLAIN_2),
        )),
    ),
)

GOLD_DAILY = Call(
    id="ka50012", path=PATH, title="금현물일별추이", english="gold by day", page_rows=100,
    params=(
        GOLD,
        BASE_DATE,
    ),
    tables=(
        Table(rows="gold_daly_trnsn", index=("date",), freq="1d", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("cur_prc", "close", DIRECTED_PRICE, "종가"),
            Field("trde_qty", "volume", GRAMS, "누적 거래량", note="grams: the manual's thousand shares do not fit the value"),
            Field("pred_pre", "change", CHANGE, "전일 대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("acc_trde_prica", "value", MONEY, "누적 거래대금(백만)", MILLION),
            Field("pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("orgn_netprps", "institution_net_grams", GRAMS, "기관 순매수 수량", THOUSAND, note="kilograms on the wire"),
            Field("for_netprps", "foreign_net_grams", GRAMS, "외국인 순매수 수량", THOUSAND),
            Field("ind_netprps", "individual_net_grams", GRAMS, "순매매량(개인)", THOUSAND),
        )),
    ),
)

GOLD_EXPECTED = Call(
    id="ka50087", path=PATH, title="금현물예상체결", english="expected price of gold", page_rows=100,
    params=(GOLD,),
    tables=(
        Table(row="moment", rows="gold_expt_exec", index=(), fields=(
            Field("exp_cntr_pric", "expected_price", DIRECTED_PRICE, "예상 체결가"),
            Field("exp_pred_pre", "expected_change", CHANGE, "예상 체결가 전일대비"),
            Field("exp_flu_rt", "expected_change_pct", PERCENT, "예상 체결가 등락율", note="two signs occur"),
            Field("exp_acc_trde_qty", "expected_grams", GRAMS, "예상 체결 수량(누적)", evidence=INFERRED),
            Field("exp_cntr_trde_qty", "expected_trade_grams", GRAMS, "예상 체결 수량", evidence=INFERRED),
            Field("exp_tm", "time_of_day", TIME, "예상 체결 시간"),
            Field("exp_pre_sig", "expected_direction", DIRECTION, "예상 체결가 전일대비기호", evidence=INFERRED),
            Field("stex_tp", "venue", TEXT, "거래소 구분"),
        )),
    ),
)

GOLD_QUOTE = Call(
    id="ka50100", path=PATH, title="금현물 시세정보", english="quote of gold",
    note="There is no current price in it: previous_close + change.",
    params=(GOLD,),
    tables=(
        Table(row="gold contract", fields=(
            CODE_ASKED,
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호", evidence=INFERRED),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "grams", GRAMS, "거래량", note="since the open"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("pred_rt", "volume_ratio", PROPORTION, "전일비", wire=PLUS_2, note="volume in % of the previous session's; its sign says nothing"),
            Field("upl_pric", "upper_limit", DIRECTED_PRICE, "상한가"),
            Field("lst_pric", "lower_limit", DIRECTED_PRICE, "하한가"),
            Field("pred_close_pric", "previous_close", PRICE, "전일종가"),
        )),
    ),
)

GOLD_BIDS = Call(
    id="ka50101", path=PATH, title="금현물 호가", english="order book of gold", page_rows=100,
    params=(
        GOLD,
        TICK_SCOPE,
    ),
    tables=(
        Table(row="price level", rows="gold_bid", index=(), fields=(
            Field("cntr_pric", "price", DIRECTED_PRICE, "체결가"),
            Field("pred_pre", "change", CHANGE, "전일 대비(원)"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "grams", GRAMS, "누적 거래량", note="since the open"),
            Field("acc_trde_prica", "value", MONEY, "누적 거래대금", MILLION),
            Field("cntr_trde_qty", "trade_grams", GRAMS, "거래량(체결량)", note="negative when a seller took the bid"),
            Field("tm", "time_of_day", TIME, "체결시간"),
            Field("pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pri_sel_bid_unit", "ask", DIRECTED_PRICE, "매도호가"),
            Field("pri_buy_bid_unit", "bid", DIRECTED_PRICE, "매수호가"),
            Field("trde_pre", "volume_ratio", PROPORTION, "전일 거래량 대비 비율", wire=PLUS_2, note="in % of the previous session's; its sign says nothing"),
            Field("trde_tern_rt", "trade_to_previous", PROPORTION, "전일 거래량 대비 순간 거래량 비율", wire=PLUS_2, note="this trade in % of the previous session's volume: no turnover"),
            Field("cntr_str", "strength", PERCENT, "체결강도", wire=PLAIN_2),
            Field("lpmmcm_nm_1", "knock_out", TEXT, "K.O 접근도", note="by its title; blank in the manual's example"),
            Field("stex_tp", "venue", TEXT, "거래소구분"),
        )),
    ),
)

PROGRAM_TIMES = Call(
    id="ka90005", path=PATH, title="프로그램매매추이요청 시간대별", english="programme trading of a market by time", page_rows=100,
    params=(
        Param("date", "end", "날짜", kind=DATE),
        Param("amt_qty_tp", "unit", "금액수량구분", {"won": "1", "shares": "2"}, default="won", note="both are in every row, whatever it says"),
        Param("mrkt_tp", "market", "시장구분", {"kospi": "P00101", "kosdaq": "P10102"}, default="kospi"),
        Param("min_tic_tp", "by", "분틱구분", {"tick": "0", "minute": "1"}, default="minute"),
        VENUE,
    ),
    tables=(
        Table(row="moment", rows="prm_trde_trnsn", index=(), evidence=RECORDED, fields=(
            Field("cntr_tm", "time_of_day", TIME, "체결시간"),
            Field("dfrt_trde_sel", "arbitrage_sold_value", MONEY, "차익거래매도", MILLION),
            Field("dfrt_trde_buy", "arbitrage_bought_value", MONEY, "차익거래매수", MILLION),
            Field("dfrt_trde_netprps", "arbitrage_net_value", MONEY, "차익거래순매수", MILLION, wire=DOUBLED),
            Field("ndiffpro_trde_sel", "non_arbitrage_sold_value", MONEY, "비차익거래매도", MILLION),
            Field("ndiffpro_trde_buy", "non_arbitrage_bought_value", MONEY, "비차익거래매수", MILLION),
            Field("ndiffpro_trde_netprps", "non_arbitrage_net_value", MONEY, "비차익거래순매수", MILLION, wire=DOUBLED),
            Field("dfrt_trde_sell_qty", "arbitrage_sold", SHARES, "차익거래매도수량", THOUSAND, evidence=MANUAL),
            Field("dfrt_trde_buy_qty", "arbitrage_bought", SHARES, "차익거래매수수량", THOUSAND, evidence=MANUAL),
            Field("dfrt_trde_netprps_qty", "arbitrage_net", NET_SHARES, "차익거래순매수수량", THOUSAND, evidence=MANUAL),
            Field("ndiffpro_trde_sell_qty", "non_arbitrage_sold", SHARES, "비차익거래매도수량", THOUSAND, evidence=MANUAL),
            Field("ndiffpro_trde_buy_qty", "non_arbitrage_bought", SHARES, "비차익거래매수수량", THOUSAND, evidence=MANUAL),
            Field("ndiffpro_trde_netprps_qty", "non_arbitrage_net", NET_SHARES, "비차익거래순매수수량", THOUSAND, evidence=MANUAL),
            Field("all_sel", "program_sold_value", MONEY, "전체매도", MILLION),
            Field("all_buy", "program_bought_value", MONEY, "전체매수", MILLION),
            Field("all_netprps", "program_net_value", MONEY, "전체순매수", MILLION, wire=DOUBLED),
            Field("kospi200", "kospi200", INDEX, "KOSPI200", HUNDREDTH, note="hundredfold here, plain in ka90010"),
            Field("basis", "basis", POINTS, "BASIS", wire=PLAIN_2),
        )),
    ),
)

ARBITRAGE_BALANCE = Call(
    id="ka90006", path=PATH, title="프로그램매매차익잔고추이요청", english="programme arbitrage balance by day", page_rows=100,
    note="Balance of arbitrage between stocks and futures.",
    params=(
        Param("date", "end", "날짜", kind=DATE),
        VENUE,
    ),
    tables=(
        Table(rows="prm_trde_dfrt_remn_trnsn", index=("date",), freq="1d", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("buy_dfrt_trde_qty", "long_arbitrage", SHARES, "매수차익거래수량", THOUSAND),
            Field("buy_dfrt_trde_amt", "long_arbitrage_value", MONEY, "매수차익거래금액", MILLION),
            Field("buy_dfrt_trde_irds_amt", "long_arbitrage_value_change", MONEY, "매수차익거래증감액", MILLION, note="against the session before"),
            Field("sel_dfrt_trde_qty", "short_arbitrage", SHARES, "매도차익거래수량", THOUSAND),
            Field("sel_dfrt_trde_amt", "short_arbitrage_value", MONEY, "매도차익거래금액", MILLION),
            Field("sel_dfrt_trde_irds_amt", "short_arbitrage_value_change", MONEY, "매도차익거래증감액", MILLION, note="against the session before"),
        )),
    ),
)

PROGRAM_SUMS = Call(
    id="ka90007", path=PATH, title="프로그램매매누적추이요청", english="programme trading of a market, cumulated", page_rows=100,
    note="Before the opening the newest row is zeros.",
    params=(
        Param("date", "end", "날짜", kind=DATE),
        UNIT,
        Param("mrkt_tp", "market", "시장구분", {"kospi": "0", "kosdaq": "1"}, default="kospi"),
        VENUE,
    ),
    tables=tuple(
        Table(rows="prm_trde_acc_trnsn", index=("date",), freq="1d", when={"amt_qty_tp": code}, evidence=evidence, fields=(
            Field("dt", "date", DATE, "일자"),
            Field("kospi200", "kospi200", INDEX, "KOSPI200"),
            Field("basis", "basis", POINTS, "BASIS", wire=PLAIN_2),
            Field("dfrt_trde_tdy", f"arbitrage_net{suffix}", kind, "차익거래당일", scale, wire=DOUBLED),
            Field("dfrt_trde_acc", f"arbitrage_net{suffix}_sum", kind, "차익거래누적", scale, wire=DOUBLED, note="from the first day asked on"),
            Field("ndiffpro_trde_tdy", f"non_arbitrage_net{suffix}", kind, "비차익거래당일", scale, wire=PLUS),
            Field("ndiffpro_trde_acc", f"non_arbitrage_net{suffix}_sum", kind, "비차익거래누적", scale, wire=PLUS),
            Field("all_tdy", f"program_net{suffix}", kind, "전체당일", scale),
            Field("all_acc", f"program_net{suffix}_sum", kind, "전체누적", scale, wire=DOUBLED),
        ))
        for code, suffix, kind, scale, evidence in (("1", "_value", MONEY, MILLION, RECORDED), ("2", "", NET_SHARES, THOUSAND, INFERRED))),
)

PROGRAM_STOCK_TIMES = Call(
    id="ka90008", path=PATH, title="종목시간별프로그램매매추이요청", english="programme trading of a stock by time", page_rows=100,
    note="Sums since the open, newest first; money and shares are in every row.",
    params=(
        Param("amt_qty_tp", "unit", "금액수량구분", {"won": "1", "shares": "2"}, default="won", note="both are in every row, whatever it says"),
        STOCK,
        Param("date", "end", "날짜", kind=DATE),
    ),
    tables=(
        Table(row="moment", rows="stk_tm_prm_trde_trnsn", index=(), fields=(
            Field("tm", "time_of_day", TIME, "시간"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("prm_sell_amt", "program_sold_value", MONEY, "프로그램매도금액", MILLION),
            Field("prm_buy_amt", "program_bought_value", MONEY, "프로그램매수금액", MILLION),
            Field("prm_netprps_amt", "program_net_value", MONEY, "프로그램순매수금액", MILLION, wire=DOUBLED),
            Field("prm_netprps_amt_irds", "program_net_value_change", MONEY, "프로그램순매수금액증감", MILLION, wire=PLUS),
            Field("prm_sell_qty", "program_sold", SHARES, "프로그램매도수량"),
            Field("prm_buy_qty", "program_bought", SHARES, "프로그램매수수량"),
            Field("prm_netprps_qty", "program_net", NET_SHARES, "프로그램순매수수량", wire=DOUBLED),
            Field("prm_netprps_qty_irds", "program_net_change", NET_SHARES, "프로그램순매수수량증감", wire=PLUS),
            Field("base_pric_tm", "base_time", TIME, "기준가시간", note="blank in every reply seen"),
            Field("dbrt_trde_rpy_sum", "repaid_sum", SHARES, "대차거래상환주수합", note="blank in every reply seen", evidence=INFERRED),
            Field("remn_rcvord_sum", "order_balance_sum", COUNT, "잔고수주합", note="blank in every reply seen", evidence=INFERRED),
            Field("stex_tp", "venue", TEXT, "거래소구분"),
        )),
    ),
)

PROGRAM_DAYS = Call(
    id="ka90010", path=PATH, title="프로그램매매추이요청 일자별", english="programme trading of a market by day", page_rows=100,
    note="For KOSDAQ kospi200 and basis were seen to be wrong columns.",
    params=(
        Param("date", "end", "날짜", kind=DATE),
        Param("amt_qty_tp", "unit", "금액수량구분", {"won": "1", "shares": "2"}, default="won", note="both are in every row, whatever it says"),
        Param("mrkt_tp", "market", "시장구분", {"kospi": "P00101", "kosdaq": "P10102"}, default="kospi"),
        Param("min_tic_tp", "by", "분틱구분", {"tick": "0", "minute": "1"}, default="minute"),
        VENUE,
    ),
    tables=(
        Table(rows="prm_trde_trnsn", index=("date",), freq="1d", evidence=RECORDED, fields=(
            Field("cntr_tm", "date", LONG_DATE, "체결시간"),
            Field("dfrt_trde_sel", "arbitrage_sold_value", MONEY, "차익거래매도", MILLION),
            Field("dfrt_trde_buy", "arbitrage_bought_value", MONEY, "차익거래매수", MILLION),
            Field("dfrt_trde_netprps", "arbitrage_net_value", MONEY, "차익거래순매수", MILLION),
            Field("ndiffpro_trde_sel", "non_arbitrage_sold_value", MONEY, "비차익거래매도", MILLION),
            Field("ndiffpro_trde_buy", "non_arbitrage_bought_value", MONEY, "비차익거래매수", MILLION),
            Field("ndiffpro_trde_netprps", "non_arbitrage_net_value", MONEY, "비차익거래순매수", MILLION, wire=PLUS),
            Field("dfrt_trde_sell_qty", "arbitrage_sold", SHARES, "차익거래매도수량", THOUSAND, evidence=MANUAL),
            Field("dfrt_trde_buy_qty", "arbitrage_bought", SHARES, "차익거래매수수량", THOUSAND, evidence=MANUAL),
            Field("dfrt_trde_netprps_qty", "arbitrage_net", NET_SHARES, "차익거래순매수수량", THOUSAND, evidence=MANUAL),
            Field("ndiffpro_trde_sell_qty", "non_arbitrage_sold", SHARES, "비차익거래매도수량", THOUSAND, evidence=MANUAL),
            Field("ndiffpro_trde_buy_qty", "non_arbitrage_bought", SHARES, "비차익거래매수수량", THOUSAND, evidence=MANUAL),
            Field("ndiffpro_trde_netprps_qty", "non_arbitrage_net", NET_SHARES, "비차익거래순매수수량", THOUSAND, wire=PLUS, evidence=MANUAL),
            Field("all_sel", "program_sold_value", MONEY, "전체매도", MILLION),
            Field("all_buy", "program_bought_value", MONEY, "전체매수", MILLION),
            Field("all_netprps", "program_net_value", MONEY, "전체순매수", MILLION),
            Field("kospi200", "kospi200", INDEX, "KOSPI200", note="plain here, hundredfold in ka90005"),
            Field("basis", "basis", POINTS, "BASIS", wire=PLAIN_2),
        )),
    ),
)

PROGRAM_STOCK_DAYS = Call(
    id="ka90013", path=PATH, title="종목일별프로그램매매추이요청", english="programme trading of a stock by day", page_rows=20,
    note="Money and shares are in every row.",
    params=(
        Param("amt_qty_tp", "unit", "금액수량구분", {"won": "1", "shares": "2"}, default="won", required=False, note="both are in every row, whatever it says"),
        STOCK,
        Param("date", "end", "날짜", kind=DATE, required=False),
    ),
    tables=(
        Table(rows="stk_daly_prm_trde_trnsn", index=("date",), freq="1d", evidence=RECORDED, fields=(
            Field("dt", "date", DATE, "일자"),
            Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("prm_sell_amt", "program_sold_value", MONEY, "프로그램매도금액", MILLION),
            Field("prm_buy_amt", "program_bought_value", MONEY, "프로그램매수금액", MILLION),
            Field("prm_netprps_amt", "program_net_value", MONEY, "프로그램순매수금액", MILLION, wire=DOUBLED),
            Field("prm_netprps_amt_irds", "program_net_value_change", MONEY, "프로그램순매수금액증감", MILLION, wire=DOUBLED, note="against the session before"),
            Field("prm_sell_qty", "program_sold", SHARES, "프로그램매도수량"),
            Field("prm_buy_qty", "program_bought", SHARES, "프로그램매수수량"),
            Field("prm_netprps_qty", "program_net", NET_SHARES, "프로그램순매수수량", wire=DOUBLED),
            Field("prm_netprps_qty_irds", "program_net_change", NET_SHARES, "프로그램순매수수량증감", wire=DOUBLED, note="against the session before"),
            Field("base_pric_tm", "base_time", TIME, "기준가시간", note="blank in every reply seen", evidence=MANUAL),
            Field("dbrt_trde_rpy_sum", "repaid_sum", SHARES, "대차거래상환주수합", note="blank in every reply seen", evidence=INFERRED),
            Field("remn_rcvord_sum", "order_balance_sum", COUNT, "잔고수주합", note="blank in every reply seen", evidence=INFERRED),
            Field("stex_tp", "venue", TEXT, "거래소구분"),
        )),
    ),
)
