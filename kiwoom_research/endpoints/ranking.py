"""``/api/dostk/rkinfo``: rankings of the running or the last session, best first."""

from dataclasses import replace

from ..kinds import CHANGE, CODE, COUNT, DIRECTED_PRICE, DIRECTION, MONEY, NET_SHARES, PERCENT, PROPORTION, SHARES, TEXT, Spelling
from .params import CREDIT, MARKET, MILLION, MIN_VOLUME, PLAIN_2, PRICE_LIMITS, VENUE, WITHOUT, only, won
from .table import Call, Field, Param, Table

PATH = "/api/dostk/rkinfo"

# least values traded that several rankings know, in hundred millions of won
HUNDRED_MILLIONS = {
    "e1": "10",
    "e3": "30",
    "e5": "50",
    "e10": "100",
    "e30": "300",
    "e50": "500",
    "e100": "1000",
    "e300": "3000",
    "e500": "5000",
}

_HEAD = (
    Field("stk_cd", "code", CODE, "종목코드", note="with _AL when both venues were asked"),
    Field("stk_nm", "name", TEXT, "종목명"),
    Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
    Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
    Field("pred_pre", "change", CHANGE, "전일대비"),
    Field("flu_rt", "change_pct", PERCENT, "등락률"),
)

SURGE = Call(
    id="ka10023", path=PATH, title="거래량급증요청", page_rows=200,
    params=(
        MARKET,
        Param("sort_tp", "sort", "정렬구분", {"growth": "1", "growth_pct": "2", "decline": "3", "decline_pct": "4"}, default="growth_pct"),
        Param("tm_tp", "against", "시간구분", {"minutes": "1", "session": "2"}, default="session", note="minutes ago, or the session before"),
        Param("trde_qty_tp", "min_volume", "거래량구분", {n * 1_000: str(n) for n in (5, 10, 50, 100, 200, 300, 500, 1_000)}, default=5_000),
        Param("tm", "minutes", "시간", required=False, note="how many minutes ago; with tm_tp 1 only"),
        Param("stk_cnd", "without", "종목조건", {**only(WITHOUT, "0 1 3 11"), "all_but_supervised": "4", **only(WITHOUT, "5 6 13 12 7 8 9"), "etn": "17", "etf": "14", "funds": "18", "spac": "15", "funds_spac": "20"}, default="nothing"),
        Param("pric_tp", "price", "가격구분", {"any": "0", (50_000, None): "2", (10_000, None): "5", (5_000, None): "6", (1_000, None): "8", (100_000, None): "9"}, default="any"),
        VENUE,
    ),
    tables=(
        Table(rows="trde_qty_sdnin", fields=(
            *_HEAD,
            Field("prev_trde_qty", "previous_volume", SHARES, "이전거래량"),
            Field("now_trde_qty", "volume", SHARES, "현재거래량"),
            Field("sdnin_qty", "surge", NET_SHARES, "급증량", wire=Spelling(plus=True), note="volume - previous_volume"),
            Field("sdnin_rt", "surge_pct", PERCENT, "급증률", note="surge / previous_volume"),
        )),
    ),
)

CHANGES = Call(
    id="ka10027", path=PATH, title="전일대비등락률상위요청", page_rows=100,
    params=(
        MARKET,
        Param("sort_tp", "sort", "정렬구분", {"gain_pct": "1", "gain": "2", "loss_pct": "3", "loss": "4", "flat": "5"}, default="gain_pct"),
        replace(MIN_VOLUME, raw="trde_qty_cnd", title="거래량조건"),
        Param("stk_cnd", "without", "종목조건", {**only(WITHOUT, "0 1 4 3 5 6 7 8 9 11 12 13 14 15"), "funds": "16"}, default="nothing"),
        CREDIT,
        PRICE_LIMITS,
        Param("pric_cnd", "price", "가격조건", {"any": "0", (None, 1_000): "1", (1_000, 2_000): "2", (2_000, 5_000): "3", (5_000, 10_000): "4", (10_000, None): "5", (1_000, None): "8", (None, 10_000): "10"}, default="any"),
        Param("trde_prica_cnd", "min_value", "거래대금조건", won(m30="3", m50="5", **HUNDRED_MILLIONS), default=0),
        VENUE,
    ),
    tables=(
        Table(rows="pred_pre_flu_rt_upper", fields=(
            Field("stk_cls", "stock_class", TEXT, "종목분류", note="0, 14, ...: not documented"),
            *_HEAD,
            Field("sel_req", "ask_size", SHARES, "매도잔량", optional=True),
            Field("buy_req", "bid_size", SHARES, "매수잔량", optional=True),
            Field("now_trde_qty", "volume", SHARES, "현재거래량"),
            Field("cntr_str", "strength", PERCENT, "체결강도", wire=PLAIN_2, optional=True),
            Field("cnt", "streak", COUNT, "횟수", optional=True, note="sessions in a row, by its name"),
        )),
    ),
)

VOLUMES = Call(
    id="ka10030", path=PATH, title="당일거래량상위요청", page_rows=100,
    note="Volumes above 4,294,967,294 shares are cut to 32 bits on the wire: missing here.",
    params=(
        MARKET,
        Param("sort_tp", "sort", "정렬구분", {"volume": "1", "turnover": "2", "value": "3"}, default="volume"),
        Param("mang_stk_incls", "without", "관리종목포함", {**only(WITHOUT, "0 1 3 11"), "all_but_supervised": "4", **only(WITHOUT, "5 6 13 12 7 8 9 14 15"), "funds": "16"}, default="nothing"),
        Param("crd_tp", "credit", "신용구분", {"all": "0", "any_group": "9", "group_a": "1", "group_b": "2", "group_c": "3", "group_d": "4", "short_lending": "8"}, default="all"),
        Param("trde_qty_tp", "min_volume", "거래량구분", {0: "0", **{n * 1_000: str(n) for n in (5, 10, 50, 100, 200, 300, 1_000)}, "500": "500"}, default=0, note="500 is five million shares in the manual, between 300 and 1,000 thousand: not known"),
        Param("pric_tp", "price", "가격구분", {"any": "0", (None, 1_000): "1", (1_000, None): "2", (1_000, 2_000): "3", (2_000, 5_000): "4", (5_000, None): "5", (5_000, 10_000): "6", (None, 10_000): "10", (10_000, None): "7", (50_000, None): "8", (100_000, None): "9"}, default="any"),
        Param("trde_prica_tp", "min_value", "거래대금구분", won(m10="1", m30="3", m50="4", **HUNDRED_MILLIONS), default=0),
        Param("mrkt_open_tp", "phase", "장운영구분", {"all": "0", "regular": "1", "before": "2", "after": "3"}, default="all"),
        VENUE,
    ),
    tables=(
        Table(rows="tdy_trde_qty_upper", fields=(
            *_HEAD,
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("pred_rt", "volume_ratio", PROPORTION, "전일비", optional=True, note="volume in % of the previous session's"),
            Field("trde_tern_rt", "turnover", PERCENT, "거래회전율", optional=True, note="the manual's example does not recompute"),
            Field("trde_amt", "value", MONEY, "거래금액", MILLION),
            Field("opmr_trde_qty", "regular_volume", SHARES, "장중거래량", optional=True, note="of the regular session; unit not documented, as of the next eleven"),
            Field("opmr_pred_rt", "regular_volume_ratio", PROPORTION, "장중전일비", optional=True),
            Field("opmr_trde_rt", "regular_turnover", PERCENT, "장중거래회전율", optional=True),
            Field("opmr_trde_amt", "regular_value_raw", COUNT, "장중거래금액", optional=True, note="as sent"),
            Field("af_mkrt_trde_qty", "after_volume", SHARES, "장후거래량", optional=True),
            Field("af_mkrt_pred_rt", "after_volume_ratio", PROPORTION, "장후전일비", optional=True),
            Field("af_mkrt_trde_rt", "after_turnover", PERCENT, "장후거래회전율", optional=True),
            Field("af_mkrt_trde_amt", "after_value_raw", COUNT, "장후거래금액", optional=True, note="as sent"),
            Field("bf_mkrt_trde_qty", "before_volume", SHARES, "장전거래량", optional=True),
            Field("bf_mkrt_pred_rt", "before_volume_ratio", PROPORTION, "장전전일비", optional=True),
            Field("bf_mkrt_trde_rt", "before_turnover", PERCENT, "장전거래회전율", optional=True),
            Field("bf_mkrt_trde_amt", "before_value_raw", COUNT, "장전거래금액", optional=True, note="as sent"),
        )),
    ),
)

VALUES = Call(
    id="ka10032", path=PATH, title="거래대금상위요청", page_rows=100,
    note="Volumes above 4,294,967,294 shares are cut to 32 bits on the wire: missing here.",
    params=(
        MARKET,
        Param("mang_stk_incls", "without", "관리종목포함", {"supervised": "0", "nothing": "1"}, default="nothing"),
        VENUE,
    ),
    tables=(
        Table(rows="trde_prica_upper", fields=(
            _HEAD[0],
            Field("now_rank", "rank", COUNT, "현재순위", optional=True),
            Field("pred_rank", "previous_rank", COUNT, "전일순위", optional=True),
            *_HEAD[1:],
            Field("sel_bid", "ask", DIRECTED_PRICE, "매도호가", optional=True),
            Field("buy_bid", "bid", DIRECTED_PRICE, "매수호가", optional=True),
            Field("now_trde_qty", "volume", SHARES, "현재거래량"),
            Field("pred_trde_qty", "previous_volume", SHARES, "전일거래량", optional=True),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
        )),
    ),
)
