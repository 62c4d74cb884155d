"""``/api/dostk/elw``: equity-linked warrants."""

from ..kinds import (
    CHANGE, CODE, COUNT, DATE, DIRECTED_PRICE, DIRECTION, GROSS_SHARES, MONEY, NET_SHARES, PERCENT,
    PRICE, PROPORTION, RATIO, SHARES, TEXT, TIME,
)
from .params import (
    BARE, BASE_DATE, CODE_ASKED, DOUBLED, DOUBLED_2, ELW, HUNDREDTH, INFERRED, MILLION, MILLIONTH, PLAIN_2,
    PLAIN_3, PLAIN_4, PLAIN_6, PLUS, PLUS_2, SOLD, THOUSAND,
)
from .table import Call, Field, Param, Table

PATH = "/api/dostk/elw"

ELW_GREEKS_DAILY = Call(
    id="ka10048", path=PATH, title="ELW일별민감도지표요청", english="sensitivities of an ELW by day", page_rows=100,
    note="The date is 000000 in the manual's example. Volatility is hundredfold and the Greeks are millionfold on the wire.",
    params=(ELW,),
    tables=(
        Table(row="day", rows="elwdaly_snst_ix", index=(), fields=(
            Field("dt", "date_raw", TEXT, "일자", note="as sent"),
            Field("iv", "implied_volatility", PERCENT, "IV", HUNDREDTH, wire=BARE, evidence=INFERRED),
            Field("delta", "delta", RATIO, "델타", MILLIONTH, evidence=INFERRED),
            Field("gam", "gamma", RATIO, "감마", MILLIONTH, evidence=INFERRED),
            Field("theta", "theta", RATIO, "쎄타", MILLIONTH, evidence=INFERRED),
            Field("vega", "vega", RATIO, "베가", MILLIONTH, evidence=INFERRED),
            Field("law", "rho", RATIO, "로", MILLIONTH, evidence=INFERRED),
            Field("lp", "lp_holding", PERCENT, "LP", HUNDREDTH, evidence=INFERRED),
        )),
    ),
)

ELW_GREEKS = Call(
    id="ka10050", path=PATH, title="ELW민감도지표요청", english="sensitivities of an ELW", page_rows=100,
    note="Volatility is hundredfold and the Greeks are millionfold on the wire.",
    params=(ELW,),
    tables=(
        Table(row="moment", rows="elwsnst_ix_array", index=(), fields=(
            Field("cntr_tm", "time_of_day", TIME, "체결시간"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("elwtheory_pric", "theoretical_price", PRICE, "ELW이론가", HUNDREDTH, note="hundredfold by the manual; 4 beside a price of 5 in its example, so perhaps plain", evidence=INFERRED),
            Field("iv", "implied_volatility", PERCENT, "IV", HUNDREDTH, wire=BARE, evidence=INFERRED),
            Field("delta", "delta", RATIO, "델타", MILLIONTH, evidence=INFERRED),
            Field("gam", "gamma", RATIO, "감마", MILLIONTH, evidence=INFERRED),
            Field("theta", "theta", RATIO, "쎄타", MILLIONTH, evidence=INFERRED),
            Field("vega", "vega", RATIO, "베가", MILLIONTH, evidence=INFERRED),
            Field("law", "rho", RATIO, "로", MILLIONTH, evidence=INFERRED),
            Field("lp", "lp_holding", PERCENT, "LP", HUNDREDTH, evidence=INFERRED),
        )),
    ),
)

ELW_JUMPS = Call(
    id="ka30001", path=PATH, title="ELW가격급등락요청", english="ELWs with sudden price jumps", page_rows=100,
    params=(
        Param("flu_tp", "move", "등락구분", {"up": "1", "down": "2"}, default="up"),
        Param("tm_tp", "against", "시간구분", {"minutes": "1", "sessions": "2"}, default="minutes"),
        Param("tm", "ago", "시간", note="how many minutes or sessions ago"),
        Param("trde_qty_tp", "min_volume", "거래량구분", {0: "0", **{n * 1_000: str(n) for n in (10, 50, 100, 300, 500, 1_000)}}, default=0),
        Param("isscomp_cd", "issuer", "발행사코드", note="code of the issuer; 000000000000 for all"),
        Param("bsis_aset_cd", "underlying", "기초자산코드", note="201 KOSPI200, 150 KOSDAQ150, or a stock code; 000000000000 for all"),
        Param("rght_tp", "right", "권리구분", {"all": "000", "call": "001", "put": "002", "dc": "003", "dp": "004", "ex": "005", "knock_out_call": "006", "knock_out_put": "007"}, default="all"),
        Param("lpcd", "lp", "LP코드", note="code of the liquidity provider; 000000000000 for all"),
        Param("trde_end_elwskip", "skip_ended", "거래종료ELW제외", {True: "1", False: "0"}, default=False, note="leaves out ELWs that no longer trade"),
    ),
    tables=(
        Table(row="ELW", rows="elwpric_jmpflu", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("rank", "rank", COUNT, "순위", evidence=INFERRED),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("trde_end_elwbase_pric", "jump_base", PRICE, "거래종료ELW기준가", note="price at the earlier time"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("base_pre", "jump", CHANGE, "기준대비", wire=BARE, note="price - jump_base"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("jmp_rt", "jump_pct", PERCENT, "급등율", note="jump / jump_base"),
        )),
        Table(row="whole list", part="summary", index=(), fields=(
            Field("base_pric_tm", "base_time_text", TEXT, "기준가시간", note="such as 기준가(11/21)"),
        )),
    ),
)

ELW_BROKER_TOP = Call(
    id="ka30002", path=PATH, title="거래원별ELW순매매상위요청", english="ranking of ELWs by one broker's net trading", page_rows=100,
    params=(
        Param("isscomp_cd", "issuer", "발행사코드", note="code of the broker"),
        Param("trde_qty_tp", "min_volume", "거래량구분", {0: "0", **{n * 1_000: str(n) for n in (5, 10, 50, 100, 500, 1_000)}}, default=0),
        Param("trde_tp", "side", "매매구분", {"net_bought": "1", "net_sold": "2"}, default="net_bought"),
        Param("dt", "sessions", "기간", {n: str(n) for n in (1, 5, 10, 40, 60)}, default=5),
        Param("trde_end_elwskip", "skip_ended", "거래종료ELW제외", {True: "1", False: "0"}, default=False, note="leaves out ELWs that no longer trade"),
    ),
    tables=(
        Table(row="ELW", rows="trde_ori_elwnettrde_upper", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("stkpc_flu", "period_change", CHANGE, "주가등락", wire=DOUBLED, evidence=INFERRED),
            Field("flu_rt", "period_change_pct", PERCENT, "등락율"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("netprps", "net", NET_SHARES, "순매수", wire=DOUBLED, note="bought - sold"),
            Field("buy_trde_qty", "bought", GROSS_SHARES, "매수거래량", wire=PLUS),
            Field("sel_trde_qty", "sold", GROSS_SHARES, "매도거래량", wire=SOLD, note="the minus on the wire is the side"),
        )),
    ),
)

ELW_LP_DAYS = Call(
    id="ka30003", path=PATH, title="ELWLP보유일별추이요청", english="ELW holdings of the liquidity provider by day", page_rows=100,
    params=(
        Param("bsis_aset_cd", "elw", "기초자산코드", note="code of the ELW; the key says underlying"),
        BASE_DATE,
    ),
    tables=(
        Table(rows="elwlpposs_daly_trnsn", index=("date",), freq="1d", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
            Field("pre_tp", "direction", DIRECTION, "대비구분", evidence=INFERRED),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
            Field("chg_qty", "lp_change", NET_SHARES, "변동수량"),
            Field("lprmnd_qty", "lp_shares", SHARES, "LP보유수량"),
            Field("wght", "lp_holding", PERCENT, "비중"),
        )),
    ),
)

ELW_DISPARITIES = Call(
    id="ka30004", path=PATH, title="ELW괴리율요청", english="ELWs by disparity from their theoretical price", page_rows=100,
    params=(
        Param("isscomp_cd", "issuer", "발행사코드", note="code of the issuer; 000000000000 for all"),
        Param("bsis_aset_cd", "underlying", "기초자산코드", note="201 KOSPI200, 150 KOSDAQ150, or a stock code; 000000000000 for all"),
        Param("rght_tp", "right", "권리구분", {"all": "000", "call": "001", "put": "002", "dc": "003", "dp": "004", "ex": "005", "knock_out_call": "006", "knock_out_put": "007"}, default="all"),
        Param("lpcd", "lp", "LP코드", note="code of the liquidity provider; 000000000000 for all"),
        Param("trde_end_elwskip", "skip_ended", "거래종료ELW제외", {True: "1", False: "0"}, default=False, note="leaves out ELWs that no longer trade"),
    ),
    tables=(
        Table(row="ELW", rows="elwdispty_rt", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("isscomp_nm", "issuer", TEXT, "발행사명"),
            Field("sqnc", "series", TEXT, "회차"),
            Field("base_aset_nm", "underlying", TEXT, "기초자산명"),
            Field("rght_tp", "right", TEXT, "권리구분"),
            Field("dispty_rt", "disparity", PERCENT, "괴리율", HUNDREDTH, evidence=INFERRED),
            Field("basis", "theory_gap", CHANGE, "베이시스", wire=PLUS_2, note="price - theoretical_price; the manual says percent"),
            Field("srvive_dys", "days_left", COUNT, "잔존일수", evidence=INFERRED),
            Field("theory_pric", "theoretical_price", PRICE, "이론가", HUNDREDTH, evidence=INFERRED),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pre_tp", "direction", DIRECTION, "대비구분"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("stk_nm", "name", TEXT, "종목명"),
        )),
    ),
)

ELW_SEARCH = Call(
    id="ka30005", path=PATH, title="ELW조건검색요청", english="search for ELWs", page_rows=100,
    params=(
        Param("isscomp_cd", "issuer", "발행사코드", note="code of the issuer; 000000000000 for all"),
        Param("bsis_aset_cd", "underlying", "기초자산코드", note="201 KOSPI200, 150 KOSDAQ150, or a stock code; 000000000000 for all"),
        Param("rght_tp", "right", "권리구분", {"all": "0", "call": "1", "put": "2", "dc": "3", "dp": "4", "ex": "5", "knock_out_call": "6", "knock_out_put": "7"}, default="all"),
        Param("lpcd", "lp", "LP코드", note="code of the liquidity provider; 000000000000 for all"),
        Param("sort_tp", "sort", "정렬구분", {"none": "0", "gain_pct": "1", "gain": "2", "loss_pct": "3", "loss": "4", "volume": "5", "value": "6", "days_left": "7"}, default="none"),
    ),
    tables=(
        Table(row="ELW", rows="elwcnd_qry", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("isscomp_nm", "issuer", TEXT, "발행사명"),
            Field("sqnc", "series", TEXT, "회차"),
            Field("base_aset_nm", "underlying", TEXT, "기초자산명"),
            Field("rght_tp", "right", TEXT, "권리구분"),
            Field("expr_dt", "elw_expiry", DATE, "만기일"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pre_tp", "direction", DIRECTION, "대비구분"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("trde_qty_pre", "volume_ratio", PROPORTION, "거래량대비"),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
            Field("pred_trde_qty", "previous_volume", SHARES, "전일거래량"),
            Field("sel_bid", "ask", DIRECTED_PRICE, "매도호가"),
            Field("buy_bid", "bid", DIRECTED_PRICE, "매수호가"),
            Field("prty", "parity", PERCENT, "패리티", wire=PLAIN_2, evidence=INFERRED),
            Field("gear_rt", "gearing", PERCENT, "기어링비율", wire=PLAIN_2),
            Field("pl_qutr_rt", "break_even", PERCENT, "손익분기율"),
            Field("cfp", "capital_support", PERCENT, "자본지지점", wire=PLAIN_2, evidence=INFERRED),
            Field("theory_pric", "theoretical_price", PRICE, "이론가", HUNDREDTH, note="hundredfold by the manual's older example", evidence=INFERRED),
            Field("innr_vltl", "implied_volatility", PERCENT, "내재변동성", HUNDREDTH, wire=BARE, note="hundredfold by the manual's older example", evidence=INFERRED),
            Field("delta", "delta", RATIO, "델타", MILLIONTH, note="millionfold by the manual's older example", evidence=INFERRED),
            Field("lvrg", "leverage", RATIO, "레버리지", wire=PLAIN_6, note="gearing x delta", evidence=INFERRED),
            Field("exec_pric", "elw_strike", PRICE, "행사가격", wire=PLAIN_2),
            Field("cnvt_rt", "conversion_ratio", PERCENT, "전환비율", wire=PLAIN_4, evidence=INFERRED),
            Field("lpposs_rt", "lp_holding", PERCENT, "LP보유비율"),
            Field("pl_qutr_pt", "break_even_price", PRICE, "손익분기점", wire=PLUS_2, evidence=INFERRED),
            Field("fin_trde_dt", "last_trading_day", DATE, "최종거래일"),
            Field("flo_dt", "listing_date", DATE, "상장일"),
            Field("lpinitlast_suply_dt", "lp_last_supply", DATE, "LP초종공급일"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("srvive_dys", "days_left", COUNT, "잔존일수", evidence=INFERRED),
            Field("dispty_rt", "disparity", PERCENT, "괴리율", wire=DOUBLED_2),
            Field("lpmmcm_nm", "lp", TEXT, "LP회원사명"),
            Field("lpmmcm_nm_1", "lp_1", TEXT, "LP회원사명1"),
            Field("lpmmcm_nm_2", "lp_2", TEXT, "LP회원사명2"),
            Field("xraymont_cntr_qty_arng_trde_tp", "xray_liquidation", TEXT, "Xray순간체결량정리매매구분", note="as sent"),
            Field("xraymont_cntr_qty_profa_100tp", "xray_margin_100", TEXT, "Xray순간체결량증거금100구분", note="as sent"),
        )),
    ),
)

ELW_CHANGES = Call(
    id="ka30009", path=PATH, title="ELW등락율순위요청", english="ranking of ELWs by change", page_rows=100,
    params=(
        Param("sort_tp", "sort", "정렬구분", {"gain_pct": "1", "gain": "2", "loss_pct": "3", "loss": "4"}, default="gain_pct"),
        Param("rght_tp", "right", "권리구분", {"all": "000", "call": "001", "put": "002", "dc": "003", "dp": "004", "knock_out_call": "006", "knock_out_put": "007"}, default="all"),
        Param("trde_end_skip", "skip_ended", "거래종료제외", {True: "1", False: "0"}, default=False, note="leaves out ELWs that no longer trade"),
    ),
    tables=(
        Table(row="ELW", rows="elwflu_rt_rank", fields=(
            Field("rank", "rank", COUNT, "순위", evidence=INFERRED),
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("sel_req", "ask_size", SHARES, "매도잔량"),
            Field("buy_req", "bid_size", SHARES, "매수잔량"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
        )),
    ),
)

ELW_BOOK_TOP = Call(
    id="ka30010", path=PATH, title="ELW잔량순위요청", english="ranking of ELWs by orders waiting", page_rows=100,
    params=(
        Param("sort_tp", "sort", "정렬구분", {"net_bid": "1", "net_ask": "2"}, default="net_bid"),
        Param("rght_tp", "right", "권리구분", {"all": "000", "call": "001", "put": "002", "dc": "003", "dp": "004", "knock_out_call": "006", "knock_out_put": "007"}, default="all"),
        Param("trde_end_skip", "skip_ended", "거래종료제외", {True: "1", False: "0"}, default=False, note="leaves out ELWs that no longer trade"),
    ),
    tables=(
        Table(row="ELW", rows="elwreq_rank", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("rank", "rank", COUNT, "순위", evidence=INFERRED),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("sel_req", "ask_size", SHARES, "매도잔량"),
            Field("buy_req", "bid_size", SHARES, "매수잔량"),
            Field("netprps_req", "net_size", NET_SHARES, "순매수잔량", note="bid_size - ask_size"),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
        )),
    ),
)

ELW_PROXIMITY = Call(
    id="ka30011", path=PATH, title="ELW근접율요청", english="ELWs near their strike price", page_rows=100,
    note="What the ELW is on and the ELW itself; an index among them is in points.",
    params=(ELW,),
    tables=(
        Table(row="ELW", rows="elwalacc_rt", index=(), fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가", wire=PLUS_2, note="of an index: points, with decimals"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비", wire=PLUS_2),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("alacc_rt", "proximity", PERCENT, "근접율", wire=PLAIN_2),
        )),
    ),
)

ELW_DETAIL = Call(
    id="ka30012", path=PATH, title="ELW종목상세정보요청", english="contract of an ELW",
    note="The contract. Units of most fields are not documented.",
    params=(ELW,),
    tables=(
        Table(row="ELW", fields=(
            CODE_ASKED,
            Field("aset_cd", "underlying_code", TEXT, "자산코드"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("lpmmcm_nm", "lp", TEXT, "LP회원사명"),
            Field("lpmmcm_nm_1", "lp_1", TEXT, "LP회원사명1"),
            Field("lpmmcm_nm_2", "lp_2", TEXT, "LP회원사명2"),
            Field("elwrght_cntn", "right_text", TEXT, "ELW권리내용", note="may hold a line break"),
            Field("elwexpr_evlt_pric", "expiry_price_text", TEXT, "ELW만기평가가격", evidence=INFERRED),
            Field("elwtheory_pric", "theoretical_price", PRICE, "ELW이론가", HUNDREDTH, evidence=INFERRED),
            Field("dispty_rt", "disparity", PERCENT, "괴리율", wire=DOUBLED_2),
            Field("elwinnr_vltl", "implied_volatility", PERCENT, "ELW내재변동성", HUNDREDTH, wire=BARE, note="hundredfold in the manual's older example", evidence=INFERRED),
            Field("exp_rght_pric", "expected_right_price", PRICE, "예상권리가", wire=PLAIN_2, evidence=INFERRED),
            Field("elwpl_qutr_rt", "break_even", PERCENT, "ELW손익분기율", wire=DOUBLED_2),
            Field("elwexec_pric", "elw_strike", PRICE, "ELW행사가", wire=PLAIN_2, evidence=INFERRED),
            Field("elwcnvt_rt", "conversion_ratio", PERCENT, "ELW전환비율", wire=PLAIN_4, evidence=INFERRED),
            Field("elwcmpn_rt", "compensation_pct", PERCENT, "ELW보상율", wire=PLAIN_2),
            Field("elwpric_rising_part_rt", "participation_pct", PERCENT, "ELW가격상승참여율", wire=PLAIN_2),
            Field("elwrght_type", "right", TEXT, "ELW권리유형"),
            Field("elwsrvive_dys", "days_left", COUNT, "ELW잔존일수", evidence=INFERRED),
            Field("stkcnt", "listed_shares", SHARES, "상장주식수", THOUSAND, note="thousand shares, presumably; the manual says thousand won"),
            Field("elwlpord_pos", "lp_quotes", TEXT, "ELWLP주문가능"),
            Field("lpposs_rt", "lp_holding", PERCENT, "LP보유비율", wire=PLUS_2),
            Field("lprmnd_qty", "lp_shares", SHARES, "LP보유수량"),
            Field("elwspread", "spread", PERCENT, "ELW스프레드", wire=PLAIN_2, evidence=INFERRED),
            Field("elwprty", "parity", PERCENT, "ELW패리티", wire=PLAIN_2, evidence=INFERRED),
            Field("elwgear", "gearing", PERCENT, "ELW기어링", wire=PLAIN_2, evidence=INFERRED),
            Field("elwflo_dt", "listing_date", DATE, "ELW상장일"),
            Field("elwfin_trde_dt", "last_trading_day", DATE, "ELW최종거래일"),
            Field("expr_dt", "elw_expiry", DATE, "만기일"),
            Field("exec_dt", "exercise_date", DATE, "행사일"),
            Field("lpsuply_end_dt", "lp_last_supply", DATE, "LP공급종료일"),
            Field("elwpay_dt", "payment_date", DATE, "ELW지급일"),
            Field("elwinvt_ix_comput", "indicator_text", TEXT, "ELW투자지표산출"),
            Field("elwpay_agnt", "payment_agent", TEXT, "ELW지급대리인"),
            Field("elwappr_way", "settlement", TEXT, "ELW결재방법"),
            Field("elwrght_exec_way", "exercise", TEXT, "ELW권리행사방식"),
            Field("elwpblicte_orgn", "issuer", TEXT, "ELW발행기관"),
            Field("dcsn_pay_amt", "payment", PRICE, "확정지급액", wire=PLAIN_3, evidence=INFERRED),
            Field("kobarr", "knock_out_barrier", PRICE, "KO베리어", evidence=INFERRED),
            Field("iv", "implied_volatility_now", PERCENT, "IV", wire=PLUS_2, evidence=INFERRED),
            Field("clsprd_end_elwocr", "ended_early", TEXT, "종기종료ELW발생"),
            Field("bsis_aset_1", "underlying_1", TEXT, "기초자산1"),
            Field("bsis_aset_comp_rt_1", "underlying_1_pct", PERCENT, "기초자산구성비율1", wire=PLUS_2, evidence=INFERRED),
            Field("bsis_aset_2", "underlying_2", TEXT, "기초자산2"),
            Field("bsis_aset_comp_rt_2", "underlying_2_pct", PERCENT, "기초자산구성비율2", wire=PLUS_2, evidence=INFERRED),
            Field("bsis_aset_3", "underlying_3", TEXT, "기초자산3"),
            Field("bsis_aset_comp_rt_3", "underlying_3_pct", PERCENT, "기초자산구성비율3", wire=PLUS_2, evidence=INFERRED),
            Field("bsis_aset_4", "underlying_4", TEXT, "기초자산4"),
            Field("bsis_aset_comp_rt_4", "underlying_4_pct", PERCENT, "기초자산구성비율4", wire=PLUS_2, evidence=INFERRED),
            Field("bsis_aset_5", "underlying_5", TEXT, "기초자산5"),
            Field("bsis_aset_comp_rt_5", "underlying_5_pct", PERCENT, "기초자산구성비율5", wire=PLUS_2, evidence=INFERRED),
            Field("fr_dt", "evaluation_start", TEXT, "평가시작일자"),
            Field("to_dt", "evaluation_end", TEXT, "평가종료일자"),
            Field("fr_tm", "evaluation_start_time", TEXT, "평가시작시간"),
            Field("evlt_end_tm", "evaluation_end_time", TEXT, "평가종료시간"),
            Field("evlt_pric", "evaluation_price", PRICE, "평가가격", evidence=INFERRED),
            Field("evlt_fnsh_yn", "evaluated", TEXT, "평가완료여부"),
            Field("all_hgst_pric", "high_ever", PRICE, "전체최고가", wire=PLUS_2, evidence=INFERRED),
            Field("all_lwst_pric", "low_ever", PRICE, "전체최저가", wire=PLUS_2, evidence=INFERRED),
            Field("imaf_hgst_pric", "high_after", PRICE, "직후최고가", wire=PLUS_2, evidence=INFERRED),
            Field("imaf_lwst_pric", "low_after", PRICE, "직후최저가", wire=PLUS_2, evidence=INFERRED),
            Field("sndhalf_mrkt_hgst_pric", "high_second_half", PRICE, "후반장최고가", wire=PLUS_2, evidence=INFERRED),
            Field("sndhalf_mrkt_lwst_pric", "low_second_half", PRICE, "후반장최저가", wire=PLUS_2, evidence=INFERRED),
        )),
    ),
)
