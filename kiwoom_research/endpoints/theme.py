"""``/api/dostk/thme``: groups of stocks with a common theme."""

from dataclasses import replace

from ..kinds import CHANGE, CODE, COUNT, DIRECTED_PRICE, DIRECTION, PERCENT, SHARES, TEXT
from .params import RECORDED, STOCK, VENUE
from .table import Call, Field, Param, Table

PATH = "/api/dostk/thme"

THEMES = Call(
    id="ka90001", path=PATH, title="테마그룹별요청", english="themes", page_rows=100,
    note="main_stocks are names joined by commas.",
    params=(
        Param("qry_tp", "by", "검색구분", {"all": "0", "theme": "1", "stock": "2"}, default="all"),
        replace(STOCK, required=False, note="with by stock"),
        Param("date_tp", "days", "날짜구분", note="length of the period, 1 to 99 days"),
        Param("thema_nm", "name", "테마명", required=False, note="with by theme"),
        Param("flu_pl_amt_tp", "sort", "등락수익구분", {"period_gain": "1", "period_loss": "2", "gain_pct": "3", "loss_pct": "4"}, default="period_gain"),
        VENUE,
    ),
    tables=(
        Table(row="theme", rows="thema_grp", index=(), evidence=RECORDED, fields=(
            Field("thema_grp_cd", "theme_code", TEXT, "테마그룹코드"),
            Field("thema_nm", "theme", TEXT, "테마명"),
            Field("stk_num", "stocks", COUNT, "종목수"),
            Field("flu_sig", "direction", DIRECTION, "등락기호"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("rising_stk_num", "rising", COUNT, "상승종목수"),
            Field("fall_stk_num", "falling", COUNT, "하락종목수"),
            Field("dt_prft_rt", "period_return", PERCENT, "기간수익률"),
            Field("main_stk", "main_stocks", TEXT, "주요종목"),
        )),
    ),
)

THEME_STOCKS = Call(
    id="ka90002", path=PATH, title="테마구성종목요청", english="stocks of a theme", page_rows=100,
    params=(
        Param("date_tp", "days", "날짜구분", required=False, note="length of the period, 1 to 99 days"),
        Param("thema_grp_cd", "theme", "테마그룹코드", note="code of the theme, as ka90001 gives it"),
        VENUE,
    ),
    tables=(
        Table(rows="thema_comp_stk", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("flu_sig", "direction", DIRECTION, "등락기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("sel_bid", "ask", DIRECTED_PRICE, "매도호가"),
            Field("sel_req", "ask_size", SHARES, "매도잔량"),
            Field("buy_bid", "bid", DIRECTED_PRICE, "매수호가"),
            Field("buy_req", "bid_size", SHARES, "매수잔량"),
            Field("dt_prft_rt_n", "period_return", PERCENT, "기간수익률n"),
        )),
        Table(row="theme", part="summary", index=(), fields=(
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("dt_prft_rt", "period_return", PERCENT, "기간수익률"),
        )),
    ),
)
