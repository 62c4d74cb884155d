"""``/api/dostk/rkinfo``: rankings of the running or the last session, best first."""

from ..kinds import CHANGE, CODE, COUNT, DIRECTION, FLOW, MARKED, MONEY, PERCENT, RATE, SHARES, TEXT
from .stock_info import CREDIT, MILLION, TRADED, VENUE, codes
from .table import Endpoint, Field, Param

PATH = "/api/dostk/rkinfo"

MARKET = Param("mrkt_tp", "000 all, 001 KOSPI, 101 KOSDAQ", values=("000", "001", "101"))

_HEAD = (
    Field("stk_cd", "code", CODE, title="종목코드", note="with _AL when both venues were asked"),
    Field("stk_nm", "name", TEXT, title="종목명"),
    Field("cur_prc", "price", MARKED, title="현재가"),
    Field("pred_pre_sig", "direction", DIRECTION, title="전일대비기호"),
    Field("pred_pre", "change", CHANGE, title="전일대비"),
    Field("flu_rt", "change_pct", PERCENT, title="등락률"),
)

SURGE = Endpoint(
    id="ka10023",
    path=PATH,
    title="거래량급증요청",
    params=(
        MARKET,
        Param("sort_tp", "1 growth in shares, 2 in %, 3 and 4 the same of decline", values=("1", "2", "3", "4")),
        Param("tm_tp", "1 against minutes ago, 2 against the session before", values=("1", "2")),
        Param(
            "trde_qty_tp", "at least so many thousand shares",
            values=("5", "10", "50", "100", "200", "300", "500", "1000"),
        ),
        Param("tm", "minutes, for tm_tp 1", required=False),
        Param(
            "stk_cnd", "which stocks: 0 all, 18 without ETF and ETN, ...",
            values=codes("0 1 3 11 4 5 6 13 12 7 8 9 17 14 18 15 20"),
        ),
        Param("pric_tp", "prices: 0 all, 8 from 1,000 won, ...", values=("0", "2", "5", "6", "8", "9")),
        VENUE,
    ),
    rows="trde_qty_sdnin",
    page_rows=200,
    fields=(
        *_HEAD,
        Field("prev_trde_qty", "previous_volume", SHARES, title="이전거래량"),
        Field("now_trde_qty", "volume", SHARES, title="현재거래량"),
        Field("sdnin_qty", "surge", FLOW, title="급증량", note="volume - previous_volume"),
        Field("sdnin_rt", "surge_pct", PERCENT, title="급증률", note="surge / previous_volume"),
    ),
)  # fmt: skip

CHANGES = Endpoint(
    id="ka10027",
    path=PATH,
    title="전일대비등락률상위요청",
    params=(
        MARKET,
        Param(
            "sort_tp", "1 gain in %, 2 in won, 3 loss in %, 4 in won, 5 flat", values=("1", "2", "3", "4", "5")
        ),
        Param("trde_qty_cnd", TRADED.note, values=TRADED.values),
        Param(
            "stk_cnd", "which stocks: 0 all, 16 without ETF and ETN, ...",
            values=codes("0 1 4 3 5 6 7 8 9 11 12 13 14 15 16"),
        ),
        CREDIT,
        Param("updown_incls", "0 without those at their limit, 1 with them", values=("0", "1")),
        Param("pric_cnd", "prices: 0 all, 8 from 1,000 won, ...", values=("0", "1", "2", "3", "4", "5", "8", "10")),
        Param(
            "trde_prica_cnd", "traded value: 0 all, else at least so many million won x 10",
            values=codes("0 3 5 10 30 50 100 300 500 1000 3000 5000"),
        ),
        VENUE,
    ),
    rows="pred_pre_flu_rt_upper",
    page_rows=100,
    fields=(
        Field("stk_cls", "stock_class", TEXT, title="종목분류", note="0, 14, ...: not documented"),
        *_HEAD,
        Field("sel_req", "ask_size", SHARES, optional=True, title="매도잔량"),
        Field("buy_req", "bid_size", SHARES, optional=True, title="매수잔량"),
        Field("now_trde_qty", "volume", SHARES, title="현재거래량"),
        Field("cntr_str", "strength", RATE, optional=True, title="체결강도"),
        Field("cnt", "streak", COUNT, optional=True, title="횟수", note="sessions in a row, by its name"),
    ),
)  # fmt: skip

VOLUMES = Endpoint(
    id="ka10030",
    path=PATH,
    title="당일거래량상위요청",
    params=(
        MARKET,
        Param("sort_tp", "1 volume, 2 turnover, 3 value", values=("1", "2", "3")),
        Param(
            "mang_stk_incls", "which stocks: 0 all, 16 without ETF and ETN, ...",
            values=codes("0 1 3 11 4 5 6 13 12 7 8 9 14 15 16"),
        ),
        Param("crd_tp", "credit group: 0 all", values=("0", "9", "1", "2", "3", "4", "8")),
        Param(
            "trde_qty_tp", "0 all, else at least so many thousand shares",
            values=codes("0 5 10 50 100 200 300 500 1000"),
        ),
        Param("pric_tp", "prices: 0 all, 2 from 1,000 won, ...", values=codes("0 1 2 3 4 5 6 10 7 8 9")),
        Param(
            "trde_prica_tp", "traded value: 0 all, else at least so many million won x 10",
            values=codes("0 1 3 4 10 30 50 100 300 500 1000 3000 5000"),
        ),
        Param("mrkt_open_tp", "0 all, 1 session, 2 before it, 3 after it", values=("0", "1", "2", "3")),
        VENUE,
    ),
    rows="tdy_trde_qty_upper",
    page_rows=100,
    note="Volumes above 4,294,967,294 shares are cut to 32 bits on the wire: missing here.",
    fields=(
        *_HEAD,
        Field("trde_qty", "volume", SHARES, title="거래량"),
        Field("pred_rt", "volume_ratio", PERCENT, optional=True, title="전일비", note="volume in % of the previous session's"),
        Field("trde_tern_rt", "turnover", PERCENT, optional=True, title="거래회전율", note="the manual's example does not recompute"),
        Field("trde_amt", "value", MONEY, MILLION, title="거래금액"),
        Field("opmr_trde_qty", "regular_volume", SHARES, optional=True, title="장중거래량", note="of the regular session; unit not documented, as of the next eleven"),
        Field("opmr_pred_rt", "regular_volume_ratio", PERCENT, optional=True, title="장중전일비"),
        Field("opmr_trde_rt", "regular_turnover", PERCENT, optional=True, title="장중거래회전율"),
        Field("opmr_trde_amt", "regular_value_raw", COUNT, optional=True, title="장중거래금액", note="as sent"),
        Field("af_mkrt_trde_qty", "after_volume", SHARES, optional=True, title="장후거래량"),
        Field("af_mkrt_pred_rt", "after_volume_ratio", PERCENT, optional=True, title="장후전일비"),
        Field("af_mkrt_trde_rt", "after_turnover", PERCENT, optional=True, title="장후거래회전율"),
        Field("af_mkrt_trde_amt", "after_value_raw", COUNT, optional=True, title="장후거래금액", note="as sent"),
        Field("bf_mkrt_trde_qty", "before_volume", SHARES, optional=True, title="장전거래량"),
        Field("bf_mkrt_pred_rt", "before_volume_ratio", PERCENT, optional=True, title="장전전일비"),
        Field("bf_mkrt_trde_rt", "before_turnover", PERCENT, optional=True, title="장전거래회전율"),
        Field("bf_mkrt_trde_amt", "before_value_raw", COUNT, optional=True, title="장전거래금액", note="as sent"),
    ),
)  # fmt: skip

VALUES = Endpoint(
    id="ka10032",
    path=PATH,
    title="거래대금상위요청",
    params=(
        MARKET,
        Param("mang_stk_incls", "0 without stocks under supervision, 1 with them", values=("0", "1")),
        VENUE,
    ),
    rows="trde_prica_upper",
    page_rows=100,
    note="Volumes above 4,294,967,294 shares are cut to 32 bits on the wire: missing here.",
    fields=(
        _HEAD[0],
        Field("now_rank", "rank", COUNT, optional=True, title="현재순위"),
        Field("pred_rank", "previous_rank", COUNT, optional=True, title="전일순위"),
        *_HEAD[1:],
        Field("sel_bid", "ask", MARKED, optional=True, title="매도호가"),
        Field("buy_bid", "bid", MARKED, optional=True, title="매수호가"),
        Field("now_trde_qty", "volume", SHARES, title="현재거래량"),
        Field("pred_trde_qty", "previous_volume", SHARES, optional=True, title="전일거래량"),
        Field("trde_prica", "value", MONEY, MILLION, title="거래대금"),
    ),
)
