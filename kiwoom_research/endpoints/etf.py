"""``/api/dostk/etf``: exchange-traded funds."""

from ..kinds import (
    CHANGE, CODE, COUNT, DATE, DIRECTED_PRICE, DIRECTION, INDEX, MONEY, NET_SHARES, PERCENT, POINTS,
    PRICE, RATIO, SHARES, TEXT, TIME,
)
from .finality import LISTS
from .params import (
    CODE_ASKED, DOUBLED, HUNDREDTH, INFERRED, MILLION, PLAIN_2, PLUS_2, RECORDED, SOLD, STOCK, THOUSAND,
    VENUE,
)
from .table import Call, Field, Param, Table

PATH = "/api/dostk/etf"

ETF_RETURNS = Call(
    id="ka40001", path=PATH, title="ETF수익율요청", english="return of an ETF", page_rows=100,
    params=(
        STOCK,
        Param("etfobjt_idex_cd", "index", "ETF대상지수코드", note="code of the index that it tracks, such as 207"),
        Param("dt", "period", "기간", {"1w": "0", "1mo": "1", "6mo": "2", "1y": "3"}, default="1mo"),
    ),
    tables=(
        Table(row="ETF", rows="etfprft_rt_lst", index=(), fields=(
            Field("etfprft_rt", "nav_return", PERCENT, "ETF수익률", note="of the ETF, by its title"),
            Field("cntr_prft_rt", "price_return", PERCENT, "체결수익률", note="of its price, by its title"),
            Field("for_netprps_qty", "foreign_net", NET_SHARES, "외인순매수수량", evidence=INFERRED),
            Field("orgn_netprps_qty", "institution_net", NET_SHARES, "기관순매수수량", evidence=INFERRED),
        )),
    ),
)

ETF_INFO = Call(
    id="ka40002", path=PATH, title="ETF종목정보요청", english="facts of an ETF", finality=LISTS,
    note="A share gets its name and blanks.",
    params=(STOCK,),
    tables=(
        Table(row="ETF", evidence=RECORDED, fields=(
            CODE_ASKED,
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("etfobjt_idex_nm", "index_name", TEXT, "ETF대상지수명"),
            Field("wonju_pric", "underlying_price", PRICE, "원주가격", evidence=INFERRED),
            Field("etftxon_type", "etf_tax", TEXT, "ETF과세유형"),
            Field("etntxon_type", "etn_tax", TEXT, "ETN과세유형"),
        )),
    ),
)

ETF_DAILY = Call(
    id="ka40003", path=PATH, title="ETF일별추이요청", english="ETF by day with NAV", page_rows=100,
    params=(STOCK,),
    tables=(
        Table(rows="etfdaly_trnsn", index=("date",), freq="1d", fields=(
            Field("cntr_dt", "date", DATE, "체결일자"),
            Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("pre_rt", "change_pct", PERCENT, "대비율"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("nav", "nav", PRICE, "NAV", wire=PLUS_2, note="0 for the running session", evidence=INFERRED),
            Field("acc_trde_prica", "value", MONEY, "누적거래대금", MILLION),
            Field("navidex_dispty_rt", "nav_index_gap", PERCENT, "NAV/지수괴리율"),
            Field("navetfdispty_rt", "nav_gap", PERCENT, "NAV/ETF괴리율", note="(price - nav) / nav"),
            Field("trace_eor_rt", "tracking_error", PERCENT, "추적오차율", HUNDREDTH, evidence=INFERRED),
            Field("trace_cur_prc", "index_level", INDEX, "추적현재가", HUNDREDTH, evidence=INFERRED),
            Field("trace_pred_pre", "index_level_change", POINTS, "추적전일대비", HUNDREDTH, evidence=INFERRED),
            Field("trace_pre_sig", "index_direction", DIRECTION, "추적대비기호"),
        )),
    ),
)

ETF_ALL = Call(
    id="ka40004", path=PATH, title="ETF전체시세요청", english="all ETFs with NAV", page_rows=300,
    params=(
        Param("txon_type", "tax", "과세유형", {"all": "0", "untaxed": "1", "holding_period": "2", "company": "3", "foreign": "4", "untaxed_foreign": "5"}, default="all"),
        Param("navpre", "nav", "NAV대비", {"all": "0", "above": "1", "below": "2"}, default="all", note="against the previous close"),
        Param("mngmcomp", "manager", "운용사", {"all": "0000", "samsung": "3020", "kiwoom": "3027", "mirae": "3191", "korea": "3228", "kb": "3023", "hanwha": "3022", "other": "9999"}, default="all"),
        Param("txon_yn", "taxed", "과세여부", {"all": "0", "yes": "1", "no": "2"}, default="all"),
        Param("trace_idex", "index", "추적지수", {"all": "0"}, default="all"),
        VENUE,
    ),
    tables=(
        Table(row="ETF", rows="etfall_mrpr", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_cls", "stock_class", TEXT, "종목분류"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("close_pric", "close", DIRECTED_PRICE, "종가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("pre_rt", "change_pct", PERCENT, "대비율"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("nav", "nav", PRICE, "NAV", wire=PLAIN_2, evidence=INFERRED),
            Field("trace_eor_rt", "tracking_error", PERCENT, "추적오차율"),
            Field("txbs", "tax_base_raw", COUNT, "과표기준", note="blank in every reply seen", evidence=INFERRED),
            Field("dvid_bf_base", "before_dividend_raw", COUNT, "배당전기준", note="blank in every reply seen", evidence=INFERRED),
            Field("pred_dvida", "previous_dividend_raw", COUNT, "전일배당금", note="blank in every reply seen", evidence=INFERRED),
            Field("trace_idex_nm", "index_name", TEXT, "추적지수명"),
            Field("drng", "multiple", TEXT, "배수", note="blank in every reply seen"),
            Field("trace_idex_cd", "index_code", TEXT, "추적지수코드", note="blank in every reply seen"),
            Field("trace_idex", "index_raw", COUNT, "추적지수", note="repeats the ETF's own close, not the index", evidence=INFERRED),
            Field("trace_flu_rt", "index_change_pct", PERCENT, "추적등락율", note="repeats the ETF's own change, not the index's"),
        )),
    ),
)

ETF_TIMES = Call(
    id="ka40006", path=PATH, title="ETF시간대별추이요청", english="ETF through the day", page_rows=100,
    params=(STOCK,),
    tables=(
        Table(row="moment", rows="etftisl_trnsn", index=(), fields=(
            Field("tm", "time_of_day", TIME, "시간"),
            Field("close_pric", "price", DIRECTED_PRICE, "종가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("nav", "nav", PRICE, "NAV", wire=PLAIN_2, evidence=INFERRED),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
            Field("navidex", "nav_index_gap", PERCENT, "NAV지수", note="(nav - 10 x index) / (10 x index) in the manual's example"),
            Field("navetf", "nav_gap", PERCENT, "괴리율", note="(price - nav) / price in the manual's example"),
            Field("trace", "tracking_error", PERCENT, "추적오차율"),
            Field("trace_idex", "index_level", INDEX, "추적지수", HUNDREDTH, evidence=INFERRED),
            Field("trace_idex_pred_pre", "index_level_change", POINTS, "추적지수전일대비", HUNDREDTH, evidence=INFERRED),
            Field("trace_idex_pred_pre_sig", "index_direction", DIRECTION, "추적지수전일대비기호"),
        )),
        Table(row="ETF", part="summary", fields=(
            CODE_ASKED,
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("etfobjt_idex_nm", "index_name", TEXT, "ETF대상지수명"),
            Field("wonju_pric", "underlying_price", PRICE, "원주가격", wire=SOLD, evidence=INFERRED),
            Field("etftxon_type", "etf_tax", TEXT, "ETF과세유형"),
            Field("etntxon_type", "etn_tax", TEXT, "ETN과세유형"),
        )),
    ),
)

ETF_TRADES = Call(
    id="ka40007", path=PATH, title="ETF시간대별체결요청", english="trades of an ETF", page_rows=100,
    params=(STOCK,),
    tables=(
        Table(row="trade", rows="etftisl_cntr_array", index=(), fields=(
            Field("cntr_tm", "time_of_day", TIME, "체결시간"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("trde_qty", "trade_volume", NET_SHARES, "거래량"),
            Field("stex_tp", "venue", TEXT, "거래소구분"),
        )),
        Table(row="ETF", part="summary", fields=(
            CODE_ASKED,
            Field("stk_cls", "stock_class", TEXT, "종목분류"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("etfobjt_idex_nm", "index_name", TEXT, "ETF대상지수명"),
            Field("etfobjt_idex_cd", "index_code", TEXT, "ETF대상지수코드"),
            Field("objt_idex_pre_rt", "index_change_pct", PERCENT, "대상지수대비율", wire=PLAIN_2, evidence=INFERRED),
            Field("wonju_pric", "underlying_price", PRICE, "원주가격", wire=SOLD, evidence=INFERRED),
        )),
    ),
)

ETF_DAYS = Call(
    id="ka40008", path=PATH, title="ETF일자별체결요청", english="investor flows of an ETF by day", page_rows=100,
    params=(STOCK,),
    tables=(
        Table(rows="etfnetprps_qty_array", index=("date",), freq="1d", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("cur_prc_n", "close", DIRECTED_PRICE, "현재가n"),
            Field("pre_sig_n", "direction", DIRECTION, "대비기호n"),
            Field("pred_pre_n", "change", CHANGE, "전일대비n"),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("for_netprps_qty", "foreign_net", NET_SHARES, "외인순매수수량", wire=DOUBLED),
            Field("orgn_netprps_qty", "institution_net", NET_SHARES, "기관순매수수량"),
        )),
        Table(row="ETF", part="summary", fields=(
            CODE_ASKED,
            Field("cntr_tm", "time_of_day", TIME, "체결시간"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("trde_qty", "trade_volume", NET_SHARES, "거래량", note="of the last trade"),
        )),
    ),
)

ETF_NAV = Call(
    id="ka40009", path=PATH, title="ETF시간대별NAV현황", english="NAV of an ETF through the day", page_rows=100,
    note="There is no time in it. The mock server fills listed_shares and base_price only.",
    params=(STOCK,),
    tables=(
        Table(row="moment", rows="etfnavarray", index=(), fields=(
            Field("nav", "nav", PRICE, "NAV", wire=PLAIN_2, evidence=INFERRED),
            Field("navpred_pre", "nav_change", CHANGE, "NAV전일대비", wire=PLUS_2, evidence=INFERRED),
            Field("navflu_rt", "nav_change_pct", PERCENT, "NAV등락율", evidence=INFERRED),
            Field("trace_eor_rt", "tracking_error", PERCENT, "추적오차율", evidence=INFERRED),
            Field("dispty_rt", "nav_gap", PERCENT, "괴리율", evidence=INFERRED),
            Field("stkcnt", "listed_shares", SHARES, "주식수", THOUSAND, note="thousand shares, by the size of the recorded fund", evidence=RECORDED),
            Field("base_pric", "base_price", PRICE, "기준가", evidence=RECORDED),
            Field("for_rmnd_qty", "foreign_shares", SHARES, "외인보유수량", evidence=INFERRED),
            Field("repl_pric", "collateral_price", PRICE, "대용가", evidence=INFERRED),
            Field("conv_pric", "conversion_price", PRICE, "환산가격", evidence=INFERRED),
            Field("drstk", "dr_ratio", RATIO, "DR/주", evidence=INFERRED),
            Field("wonju_pric", "underlying_price", PRICE, "원주가격", evidence=INFERRED),
        )),
    ),
)

ETF_FLOWS = Call(
    id="ka40010", path=PATH, title="ETF시간대별수급현황", english="investor flows of an ETF through the day", page_rows=100,
    params=(STOCK,),
    tables=(
        Table(row="moment", rows="etftisl_trnsn", index=(), fields=(
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("for_netprps", "foreign_net", NET_SHARES, "외인순매수", wire=DOUBLED),
        )),
    ),
)
