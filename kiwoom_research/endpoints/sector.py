"""``/api/dostk/sect``: indices of markets and sectors, and what they consist of."""

from dataclasses import replace

from ..kinds import (
    CHANGE, CODE, COUNT, DATE, DIRECTED_PRICE, DIRECTION, INDEX, MONEY, NET_SHARES, PERCENT, POINTS,
    SHARES, TEXT, TIME,
)
from .finality import LIKE_BARS
from .params import (
    BARE, BASE_DATE, CODE_ASKED, HUNDREDTH, HUNDRED_MILLION, INDEX_CODE, INFERRED, MILLION, PLUS, RECORDED,
    SECTOR_MARKET, STOCK, THOUSAND, VENUE,
)
from .table import Call, Field, Param, Table

PATH = "/api/dostk/sect"

# The kinds of investor as the flows of sectors key them.
SECTOR_WHO = (
    ("sc", "securities", "증권"),
    ("insrnc", "insurance", "보험"),
    ("invtrt", "trust", "투신"),
    ("bank", "bank", "은행"),
    ("jnsinkm", "merchant_bank", "종신금"),
    ("endw", "pension", "기금"),
    ("etc_corp", "company", "기타법인"),
    ("ind", "individual", "개인"),
    ("frgnr", "foreign", "외국인"),
    ("native_trmt_frgnr", "resident_foreign", "내국인대우외국인"),
    ("natn", "state", "국가"),
    ("samo_fund", "private_fund", "사모펀드"),
    ("orgn", "institution", "기관계"),
)
_COUNTS = (
    Field("upl", "limit_ups", COUNT, "상한"),
    Field("rising", "rising", COUNT, "상승"),
    Field("stdns", "unchanged", COUNT, "보합"),
    Field("fall", "falling", COUNT, "하락"),
    Field("lst", "limit_downs", COUNT, "하한"),
)

SECTOR = Call(
    id="ka20001", path=PATH, title="업종현재가요청", english="index now",
    note='The list holds the newest 20 ticks of the index; part "summary" is the index itself.',
    params=(SECTOR_MARKET, INDEX_CODE),
    tables=(
        Table(row="moment", rows="inds_cur_prc_tm", index=(), fields=(
            Field("tm_n", "time_of_day", TIME, "시간n", note="888888 and 999999 stand for the close"),
            Field("cur_prc_n", "level", INDEX, "현재가n"),
            Field("pred_pre_sig_n", "direction", DIRECTION, "전일대비기호n"),
            Field("pred_pre_n", "level_change", POINTS, "전일대비n"),
            Field("flu_rt_n", "change_pct", PERCENT, "등락률n"),
            Field("trde_qty_n", "tick_volume", SHARES, "거래량n", THOUSAND),
            Field("acc_trde_qty_n", "volume", SHARES, "누적거래량n", THOUSAND, note="since the open"),
            Field("stex_tp", "venue", TEXT, "거래소구분", optional=True, note="in the manual's example only"),
        )),
        Table(row="index", evidence=RECORDED, part="summary", fields=(
            Field("inds_cd", "code", CODE, "업종코드", request=True, note="from the request"),
            Field("cur_prc", "level", INDEX, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "level_change", POINTS, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("trde_qty", "volume", SHARES, "거래량", THOUSAND),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
            Field("trde_frmatn_stk_num", "traded_stocks", COUNT, "거래형성종목수"),
            Field("trde_frmatn_rt", "traded_ratio", PERCENT, "거래형성비율"),
            Field("open_pric", "open_level", INDEX, "시가"),
            Field("high_pric", "high_level", INDEX, "고가"),
            Field("low_pric", "low_level", INDEX, "저가"),
            *_COUNTS,
            Field("52wk_hgst_pric", "high_52w_level", INDEX, "52주최고가"),
            Field("52wk_hgst_pric_dt", "high_52w_date", DATE, "52주최고가일"),
            Field("52wk_hgst_pric_pre_rt", "high_52w_gap", PERCENT, "52주최고가대비율"),
            Field("52wk_lwst_pric", "low_52w_level", INDEX, "52주최저가"),
            Field("52wk_lwst_pric_dt", "low_52w_date", DATE, "52주최저가일"),
            Field("52wk_lwst_pric_pre_rt", "low_52w_gap", PERCENT, "52주최저가대비율"),
        )),
    ),
)

SECTOR_STOCKS = Call(
    id="ka20002", path=PATH, title="업종별주가요청", english="stocks of a sector", page_rows=100, finality=LIKE_BARS,
    note="In the order of codes. A halted stock has open, high and low 0.",
    params=(SECTOR_MARKET, INDEX_CODE, VENUE),
    tables=(
        Table(evidence=RECORDED, rows="inds_stkpc", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("now_trde_qty", "volume", SHARES, "현재거래량"),
            Field("sel_bid", "ask", DIRECTED_PRICE, "매도호가"),
            Field("buy_bid", "bid", DIRECTED_PRICE, "매수호가"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
        )),
    ),
)

SECTORS = Call(
    id="ka20003", path=PATH, title="전업종지수요청", english="all indices of a market", page_rows=40,
    params=(Param("inds_cd", "market", "업종코드", {"kospi": "001", "kosdaq": "101"}, default="kospi"),),
    tables=(
        Table(row="index", rows="all_inds_idex", fields=(
            Field("stk_cd", "code", CODE, "종목코드", note="code of the sector"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "level", INDEX, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호"),
            Field("pred_pre", "level_change", POINTS, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("trde_qty", "volume", SHARES, "거래량", THOUSAND),
            Field("wght", "weight", PERCENT, "비중", note="blank in the manual's example"),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
            *_COUNTS,
            Field("flo_stk_num", "listed_stocks", COUNT, "상장종목수"),
        )),
    ),
)

SECTOR_PROGRAM = Call(
    id="ka10010", path=PATH, title="업종프로그램요청", english="programme trading of a sector",
    note="What its keys hold is not what they say: in the manual's example the net volume is not bought - sold. All values are as sent.",
    params=(STOCK,),
    tables=(
        Table(row="sector", fields=(
            CODE_ASKED,
            Field("dfrt_trst_sell_qty", "arbitrage_sold_raw", COUNT, "차익위탁매도수량", evidence=INFERRED),
            Field("dfrt_trst_sell_amt", "arbitrage_sold_value_raw", COUNT, "차익위탁매도금액", evidence=INFERRED),
            Field("dfrt_trst_buy_qty", "arbitrage_bought_raw", COUNT, "차익위탁매수수량", evidence=INFERRED),
            Field("dfrt_trst_buy_amt", "arbitrage_bought_value_raw", COUNT, "차익위탁매수금액", evidence=INFERRED),
            Field("dfrt_trst_netprps_qty", "arbitrage_net_raw", COUNT, "차익위탁순매수수량", evidence=INFERRED),
            Field("dfrt_trst_netprps_amt", "arbitrage_net_value_raw", COUNT, "차익위탁순매수금액", evidence=INFERRED),
            Field("ndiffpro_trst_sell_qty", "non_arbitrage_sold_raw", COUNT, "비차익위탁매도수량", evidence=INFERRED),
            Field("ndiffpro_trst_sell_amt", "non_arbitrage_sold_value_raw", COUNT, "비차익위탁매도금액", evidence=INFERRED),
            Field("ndiffpro_trst_buy_qty", "non_arbitrage_bought_raw", COUNT, "비차익위탁매수수량", evidence=INFERRED),
            Field("ndiffpro_trst_buy_amt", "non_arbitrage_bought_value_raw", COUNT, "비차익위탁매수금액", evidence=INFERRED),
            Field("ndiffpro_trst_netprps_qty", "non_arbitrage_net_raw", COUNT, "비차익위탁순매수수량", evidence=INFERRED),
            Field("ndiffpro_trst_netprps_amt", "non_arbitrage_net_value_raw", COUNT, "비차익위탁순매수금액", evidence=INFERRED),
            Field("all_dfrt_trst_sell_qty", "all_arbitrage_sold_raw", COUNT, "전체차익위탁매도수량", evidence=INFERRED),
            Field("all_dfrt_trst_sell_amt", "all_arbitrage_sold_value_raw", COUNT, "전체차익위탁매도금액", evidence=INFERRED),
            Field("all_dfrt_trst_buy_qty", "all_arbitrage_bought_raw", COUNT, "전체차익위탁매수수량", evidence=INFERRED),
            Field("all_dfrt_trst_buy_amt", "all_arbitrage_bought_value_raw", COUNT, "전체차익위탁매수금액", evidence=INFERRED),
            Field("all_dfrt_trst_netprps_qty", "all_arbitrage_net_raw", COUNT, "전체차익위탁순매수수량", evidence=INFERRED),
            Field("all_dfrt_trst_netprps_amt", "all_arbitrage_net_value_raw", COUNT, "전체차익위탁순매수금액", evidence=INFERRED),
        )),
    ),
)

SECTOR_INVESTORS = Call(
    id="ka10051", path=PATH, title="업종별투자자순매수요청", english="investor flows by sector", page_rows=40,
    note="Level, change and rate are hundredfold integers and the volume is in thousand shares, whatever the manual says. With value the flows are in 100 million won.",
    params=(
        Param("mrkt_tp", "market", "시장구분", {"kospi": "0", "kosdaq": "1"}, default="kospi"),
        Param("amt_qty_tp", "unit", "금액수량구분", {"won": "0", "shares": "1"}, default="won"),
        replace(BASE_DATE, required=False),
        VENUE,
    ),
    tables=tuple(
        Table(row="sector", rows="inds_netprps", when={"amt_qty_tp": code}, evidence=evidence, fields=(
            Field("inds_cd", "code", CODE, "업종코드", note="code of the sector, with _AL when both venues were asked"),
            Field("inds_nm", "name", TEXT, "업종명"),
            Field("cur_prc", "level", INDEX, "현재가", HUNDREDTH),
            Field("pre_smbol", "direction", DIRECTION, "대비부호"),
            Field("pred_pre", "level_change", POINTS, "전일대비", HUNDREDTH),
            Field("flu_rt", "change_pct", PERCENT, "등락율", HUNDREDTH, wire=BARE),
            Field("trde_qty", "volume", SHARES, "거래량", THOUSAND),
            *(Field(f"{raw}_netprps", f"{name}_net{suffix}", kind, f"{title}순매수", scale, wire=PLUS) for raw, name, title in SECTOR_WHO),
        ))
        for code, suffix, kind, scale, evidence in (("0", "_value", MONEY, HUNDRED_MILLION, RECORDED), ("1", "", NET_SHARES, THOUSAND, INFERRED))),
)

SECTOR_DAYS = Call(
    id="ka20009", path=PATH, title="업종현재가일별요청", english="index by day", page_rows=100,
    note="The list holds the days; part \"summary\" is the index now.",
    params=(
        SECTOR_MARKET,
        INDEX_CODE,
    ),
    tables=(
        Table(rows="inds_cur_prc_daly_rept", index=("date",), freq="1d", fields=(
            Field("dt_n", "date", DATE, "일자n"),
            Field("cur_prc_n", "level", INDEX, "현재가n"),
            Field("pred_pre_sig_n", "direction", DIRECTION, "전일대비기호n"),
            Field("pred_pre_n", "level_change", POINTS, "전일대비n"),
            Field("flu_rt_n", "change_pct", PERCENT, "등락률n"),
            Field("acc_trde_qty_n", "volume", SHARES, "누적거래량n", THOUSAND),
        )),
        Table(row="index", part="summary", fields=(
            Field("inds_cd", "code", CODE, "업종코드", request=True, note="from the request"),
            Field("cur_prc", "level", INDEX, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "level_change", POINTS, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("trde_qty", "volume", SHARES, "거래량", THOUSAND),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
            Field("trde_frmatn_stk_num", "traded_stocks", COUNT, "거래형성종목수"),
            Field("trde_frmatn_rt", "traded_ratio", PERCENT, "거래형성비율"),
            Field("open_pric", "open_level", INDEX, "시가"),
            Field("high_pric", "high_level", INDEX, "고가"),
            Field("low_pric", "low_level", INDEX, "저가"),
            Field("upl", "limit_ups", COUNT, "상한"),
            Field("rising", "rising", COUNT, "상승"),
            Field("stdns", "unchanged", COUNT, "보합"),
            Field("fall", "falling", COUNT, "하락"),
            Field("lst", "limit_downs", COUNT, "하한"),
            Field("52wk_hgst_pric", "high_52w_level", INDEX, "52주최고가"),
            Field("52wk_hgst_pric_dt", "high_52w_date", DATE, "52주최고가일"),
            Field("52wk_hgst_pric_pre_rt", "high_52w_gap", PERCENT, "52주최고가대비율"),
            Field("52wk_lwst_pric", "low_52w_level", INDEX, "52주최저가"),
            Field("52wk_lwst_pric_dt", "low_52w_date", DATE, "52주최저가일"),
            Field("52wk_lwst_pric_pre_rt", "low_52w_gap", PERCENT, "52주최저가대비율"),
        )),
    ),
)
