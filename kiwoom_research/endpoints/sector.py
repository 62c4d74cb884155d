"""``/api/dostk/sect``: indices of markets and sectors, and what they consist of."""

from ..kinds import CHANGE, CODE, COUNT, DATE, DIRECTION, INDEX, MARKED, MONEY, PERCENT, POINTS, SHARES, TEXT
from .chart import INDEX_CODE
from .stock_info import MILLION, THOUSAND
from .table import Endpoint, Field, Param

PATH = "/api/dostk/sect"

MARKET = Param("mrkt_tp", "0 KOSPI, 1 KOSDAQ, 2 KOSPI200", values=("0", "1", "2"))

_COUNTS = (
    Field("upl", "limit_ups", COUNT, title="상한"),
    Field("rising", "rising", COUNT, title="상승"),
    Field("stdns", "unchanged", COUNT, title="보합"),
    Field("fall", "falling", COUNT, title="하락"),
    Field("lst", "limit_downs", COUNT, title="하한"),
)

SECTOR = Endpoint(
    id="ka20001",
    path=PATH,
    title="업종현재가요청",
    params=(MARKET, INDEX_CODE),
    note="The reply also lists the last 20 ticks of the index (inds_cur_prc_tm); they are left out.",
    fields=(
        Field("inds_cd", "code", CODE, title="업종코드", note="from the request", request=True),
        Field("cur_prc", "level", INDEX, title="현재가"),
        Field("pred_pre_sig", "direction", DIRECTION, title="전일대비기호"),
        Field("pred_pre", "level_change", POINTS, title="전일대비"),
        Field("flu_rt", "change_pct", PERCENT, title="등락률"),
        Field("trde_qty", "volume", SHARES, THOUSAND, title="거래량"),
        Field("trde_prica", "value", MONEY, MILLION, title="거래대금"),
        Field("trde_frmatn_stk_num", "traded_stocks", COUNT, title="거래형성종목수"),
        Field("trde_frmatn_rt", "traded_ratio", PERCENT, title="거래형성비율"),
        Field("open_pric", "open_level", INDEX, title="시가"),
        Field("high_pric", "high_level", INDEX, title="고가"),
        Field("low_pric", "low_level", INDEX, title="저가"),
        *_COUNTS,
        Field("52wk_hgst_pric", "high_52w_level", INDEX, title="52주최고가"),
        Field("52wk_hgst_pric_dt", "high_52w_date", DATE, title="52주최고가일"),
        Field("52wk_hgst_pric_pre_rt", "high_52w_gap", PERCENT, title="52주최고가대비율"),
        Field("52wk_lwst_pric", "low_52w_level", INDEX, title="52주최저가"),
        Field("52wk_lwst_pric_dt", "low_52w_date", DATE, title="52주최저가일"),
        Field("52wk_lwst_pric_pre_rt", "low_52w_gap", PERCENT, title="52주최저가대비율"),
    ),
)

SECTOR_STOCKS = Endpoint(
    id="ka20002",
    path=PATH,
    title="업종별주가요청",
    params=(MARKET, INDEX_CODE, Param("stex_tp", "1 KRX, 2 NXT, 3 both", values=("1", "2", "3"))),
    rows="inds_stkpc",
    page_rows=100,
    note="In the order of codes. A halted stock has open, high and low 0.",
    fields=(
        Field("stk_cd", "code", CODE, title="종목코드"),
        Field("stk_nm", "name", TEXT, title="종목명"),
        Field("cur_prc", "price", MARKED, title="현재가"),
        Field("pred_pre_sig", "direction", DIRECTION, title="전일대비기호"),
        Field("pred_pre", "change", CHANGE, title="전일대비"),
        Field("flu_rt", "change_pct", PERCENT, title="등락률"),
        Field("now_trde_qty", "volume", SHARES, title="현재거래량"),
        Field("sel_bid", "ask", MARKED, title="매도호가"),
        Field("buy_bid", "bid", MARKED, title="매수호가"),
        Field("open_pric", "open", MARKED, title="시가"),
        Field("high_pric", "high", MARKED, title="고가"),
        Field("low_pric", "low", MARKED, title="저가"),
    ),
)

SECTORS = Endpoint(
    id="ka20003",
    path=PATH,
    title="전업종지수요청",
    params=(Param("inds_cd", "001 all of KOSPI, 101 all of KOSDAQ", values=("001", "101")),),
    rows="all_inds_idex",
    page_rows=40,
    fields=(
        Field("stk_cd", "code", CODE, title="종목코드", note="code of the sector"),
        Field("stk_nm", "name", TEXT, title="종목명"),
        Field("cur_prc", "level", INDEX, title="현재가"),
        Field("pre_sig", "direction", DIRECTION, title="대비기호"),
        Field("pred_pre", "level_change", POINTS, title="전일대비"),
        Field("flu_rt", "change_pct", PERCENT, title="등락률"),
        Field("trde_qty", "volume", SHARES, THOUSAND, title="거래량"),
        Field("wght", "weight", PERCENT, title="비중", note="blank in the manual's example"),
        Field("trde_prica", "value", MONEY, MILLION, title="거래대금"),
        *_COUNTS,
        Field("flo_stk_num", "listed_stocks", COUNT, title="상장종목수"),
    ),
)
