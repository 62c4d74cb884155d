"""``/api/dostk/rkinfo``: rankings of the running or the last session, best first."""

from dataclasses import replace

from ..kinds import (
    AVERAGE, CHANGE, CODE, COUNT, DATE, DIRECTED_PRICE, DIRECTION, GROSS_MONEY, GROSS_SHARES, MONEY,
    NET_SHARES, PERCENT, PRICE, PROPORTION, SHARES, TEXT, TIME,
)
from .finality import ESTIMATES
from .params import (
    BROKER, CODE_ASKED, CREDIT, DOUBLED, END, EXCHANGE, HUNDRED_MILLIONS, INFERRED, MANUAL, MARKET, MILLION,
    MIN_VOLUME, PLAIN_2, PLUS, PLUS_2, PRICE_LIMITS, RECORDED, SOLD, START, STOCK, TEN_MILLION, THOUSAND,
    UNIT, VENUE, WITHOUT, only, won,
)
from .table import Call, Field, Param, Table, family

PATH = "/api/dostk/rkinfo"

_HEAD = (
    Field("stk_cd", "code", CODE, "종목코드", note="with _AL when both venues were asked"),
    Field("stk_nm", "name", TEXT, "종목명"),
    Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
    Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
    Field("pred_pre", "change", CHANGE, "전일대비"),
    Field("flu_rt", "change_pct", PERCENT, "등락률"),
)

SURGE = Call(
    id="ka10023", path=PATH, title="거래량급증요청", english="ranking by surge of volume", page_rows=200,
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
            Field("sdnin_qty", "surge", NET_SHARES, "급증량", wire=PLUS, note="volume - previous_volume"),
            Field("sdnin_rt", "surge_pct", PERCENT, "급증률", note="surge / previous_volume"),
        )),
    ),
)

CHANGES = Call(
    id="ka10027", path=PATH, title="전일대비등락률상위요청", english="ranking by change", page_rows=100,
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
            Field("cnt", "streak", COUNT, "횟수", optional=True, note="sessions in a row, by its name", evidence=INFERRED),
        )),
    ),
)

VOLUMES = Call(
    id="ka10030", path=PATH, title="당일거래량상위요청", english="ranking by volume", page_rows=100,
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
            Field("opmr_trde_qty", "regular_volume", SHARES, "장중거래량", optional=True, note="of the regular session; unit not documented, as of the next eleven", evidence=INFERRED),
            Field("opmr_pred_rt", "regular_volume_ratio", PROPORTION, "장중전일비", optional=True, evidence=INFERRED),
            Field("opmr_trde_rt", "regular_turnover", PERCENT, "장중거래회전율", optional=True, evidence=INFERRED),
            Field("opmr_trde_amt", "regular_value_raw", COUNT, "장중거래금액", optional=True, note="as sent", evidence=INFERRED),
            Field("af_mkrt_trde_qty", "after_volume", SHARES, "장후거래량", optional=True, evidence=INFERRED),
            Field("af_mkrt_pred_rt", "after_volume_ratio", PROPORTION, "장후전일비", optional=True, evidence=INFERRED),
            Field("af_mkrt_trde_rt", "after_turnover", PERCENT, "장후거래회전율", optional=True, evidence=INFERRED),
            Field("af_mkrt_trde_amt", "after_value_raw", COUNT, "장후거래금액", optional=True, note="as sent", evidence=INFERRED),
            Field("bf_mkrt_trde_qty", "before_volume", SHARES, "장전거래량", optional=True, evidence=INFERRED),
            Field("bf_mkrt_pred_rt", "before_volume_ratio", PROPORTION, "장전전일비", optional=True, evidence=INFERRED),
            Field("bf_mkrt_trde_rt", "before_turnover", PERCENT, "장전거래회전율", optional=True, evidence=INFERRED),
            Field("bf_mkrt_trde_amt", "before_value_raw", COUNT, "장전거래금액", optional=True, note="as sent", evidence=INFERRED),
        )),
    ),
)

VALUES = Call(
    id="ka10032", path=PATH, title="거래대금상위요청", english="ranking by value traded", page_rows=100,
    note="Volumes above 4,294,967,294 shares are cut to 32 bits on the wire: missing here.",
    params=(
        MARKET,
        Param("mang_stk_incls", "without", "관리종목포함", {"supervised": "0", "nothing": "1"}, default="nothing"),
        VENUE,
    ),
    tables=(
        Table(evidence=RECORDED, rows="trde_prica_upper", fields=(
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

BOOK_TOP = Call(
    id="ka10020", path=PATH, title="호가잔량상위요청", english="ranking by orders waiting in the book", page_rows=200,
    note="Before the opening 200 rows of zeros come in the order of codes.",
    params=(
        EXCHANGE,
        Param("sort_tp", "sort", "정렬구분", {"net_bid": "1", "net_ask": "2", "bid_ratio": "3", "ask_ratio": "4"}, default="net_bid"),
        Param("trde_qty_tp", "min_volume", "거래량구분", only(MIN_VOLUME.choices, "0000 0010 0050 0100"), default=0),
        Param("stk_cnd", "without", "종목조건", only(WITHOUT, "0 1 5 6 7 8 9"), default="nothing"),
        CREDIT,
        VENUE,
    ),
    tables=(
        Table(rows="bid_req_upper", evidence=RECORDED, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호", evidence=MANUAL),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("tot_sel_req", "ask_size_total", SHARES, "총매도잔량"),
            Field("tot_buy_req", "bid_size_total", SHARES, "총매수잔량"),
            Field("netprps_req", "net_size", NET_SHARES, "순매수잔량", note="bid_size_total - ask_size_total"),
            Field("buy_rt", "bid_to_ask", PROPORTION, "매수비율", wire=PLAIN_2, note="bid_size_total in % of ask_size_total"),
        )),
    ),
)

BOOK_SURGE = Call(
    id="ka10021", path=PATH, title="호가잔량급증요청", english="ranking by surge of orders in the book", page_rows=200,
    params=(
        EXCHANGE,
        Param("trde_tp", "side", "매매구분", {"bid": "1", "ask": "2"}, default="bid"),
        Param("sort_tp", "sort", "정렬구분", {"surge": "1", "surge_pct": "2"}, default="surge"),
        Param("tm_tp", "minutes", "시간구분", note="how many minutes ago"),
        Param("trde_qty_tp", "min_volume", "거래량구분", {n * 1_000: str(n) for n in (1, 5, 10, 50, 100)}, default=1_000),
        Param("stk_cnd", "without", "종목조건", only(WITHOUT, "0 1 5 6 7 8 9"), default="nothing"),
        VENUE,
    ),
    tables=(
        Table(rows="bid_req_sdnin", evidence=RECORDED, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호", evidence=MANUAL),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("int", "previous_book_size", SHARES, "기준량", note="of the side asked"),
            Field("now", "book_size", SHARES, "현재"),
            Field("sdnin_qty", "surge", NET_SHARES, "급증수량", note="book_size - previous_book_size"),
            Field("sdnin_rt", "surge_pct", PERCENT, "급증률", note="surge / previous_book_size"),
            Field("tot_buy_qty", "bid_size_total", SHARES, "총매수량", note="cut to 31 bits on the wire: missing here"),
        )),
    ),
)

RATIO_SURGE = Call(
    id="ka10022", path=PATH, title="잔량율급증요청", english="ranking by surge of the bid-to-ask ratio", page_rows=200,
    params=(
        EXCHANGE,
        Param("rt_tp", "side", "비율구분", {"bid": "1", "ask": "2"}, default="bid"),
        Param("tm_tp", "minutes", "시간구분", note="how many minutes ago"),
        Param("trde_qty_tp", "min_volume", "거래량구분", {n * 1_000: str(n) for n in (5, 10, 50, 100)}, default=5_000),
        Param("stk_cnd", "without", "종목조건", only(WITHOUT, "0 1 5 6 7 8 9"), default="nothing"),
        VENUE,
    ),
    tables=(
        Table(rows="req_rt_sdnin", evidence=RECORDED, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호", evidence=MANUAL),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("int", "previous_bid_to_ask", PROPORTION, "기준률", wire=PLUS_2),
            Field("now_rt", "bid_to_ask", PROPORTION, "현재비율", wire=PLUS_2, note="bid_size_total in % of ask_size_total"),
            Field("sdnin_rt", "bid_to_ask_surge", PERCENT, "급증률", note="bid_to_ask - previous_bid_to_ask; cut to 32 bits on the wire: missing here"),
            Field("tot_sel_req", "ask_size_total", SHARES, "총매도잔량"),
            Field("tot_buy_req", "bid_size_total", SHARES, "총매수잔량"),
        )),
    ),
)

EXPECTED_CHANGES = Call(
    id="ka10029", path=PATH, title="예상체결등락률상위요청", english="ranking by change of the expected price", page_rows=100,
    note="Empty outside the hours of an auction. ETNs can have a base that the wire does not tell.",
    params=(
        MARKET,
        Param("sort_tp", "sort", "정렬구분", {"gain_pct": "1", "gain": "2", "flat": "3", "loss_pct": "4", "loss": "5", "volume": "6", "limit_up": "7", "limit_down": "8"}, default="gain_pct"),
        Param("trde_qty_cnd", "min_volume", "거래량조건", {0: "0", **{n * 1_000: str(n) for n in (3, 5, 10, 50, 100)}}, default=0),
        Param("stk_cnd", "without", "종목조건", {**only(WITHOUT, "0 1 3 5 6 7 8 9 11 12 13 14 15"), "all_but_supervised": "4", "funds": "16"}, default="nothing"),
        Param("crd_cnd", "credit", "신용조건", {"all": "0", "any_group": "9", "group_a": "1", "group_b": "2", "group_c": "3", "group_d": "4", "group_e": "7", "short_lending": "8", "not_over_limit": "5"}, default="all"),
        Param("pric_cnd", "price", "가격조건", {"any": "0", (None, 1_000): "1", (1_000, 2_000): "2", (2_000, 5_000): "3", (5_000, 10_000): "4", (10_000, None): "5", (1_000, None): "8", (None, 10_000): "10"}, default="any"),
        VENUE,
    ),
    tables=(
        Table(rows="exp_cntr_flu_rt_upper", evidence=RECORDED, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("exp_cntr_pric", "expected_price", DIRECTED_PRICE, "예상체결가"),
            Field("base_pric", "base_price", PRICE, "기준가"),
            Field("pred_pre_sig", "expected_direction", DIRECTION, "전일대비기호", evidence=MANUAL),
            Field("pred_pre", "expected_change", CHANGE, "전일대비", note="expected_price - base_price", evidence=MANUAL),
            Field("flu_rt", "expected_change_pct", PERCENT, "등락률", note="two minus signs occur"),
            Field("exp_cntr_qty", "expected_volume", SHARES, "예상체결량"),
            Field("sel_req", "ask_size", SHARES, "매도잔량"),
            Field("sel_bid", "ask", DIRECTED_PRICE, "매도호가", evidence=MANUAL),
            Field("buy_bid", "bid", DIRECTED_PRICE, "매수호가", evidence=MANUAL),
            Field("buy_req", "bid_size", SHARES, "매수잔량"),
        )),
    ),
)

VOLUMES_BEFORE = Call(
    id="ka10031", path=PATH, title="전일거래량상위요청", english="ranking by volume of the last session", page_rows=100,
    note="The price is today's, the volume that of the session before.",
    params=(
        MARKET,
        Param("qry_tp", "sort", "조회구분", {"volume": "1", "value": "2"}, default="volume"),
        Param("rank_strt", "first", "순위시작", note="rank to begin with, from 0"),
        Param("rank_end", "last", "순위끝", note="rank to end with, to 100"),
        VENUE,
    ),
    tables=(
        Table(rows="pred_trde_qty_upper", fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("trde_qty", "previous_volume", SHARES, "거래량"),
        )),
    ),
)

CREDIT_RATIOS = Call(
    id="ka10033", path=PATH, title="신용비율상위요청", english="ranking by margin credit", page_rows=100,
    params=(
        MARKET,
        Param("trde_qty_tp", "min_volume", "거래량구분", {0: "0", **{n * 1_000: str(n) for n in (10, 50, 100, 200, 300, 500, 1_000)}}, default=0),
        Param("stk_cnd", "without", "종목조건", only(WITHOUT, "0 1 5 6 7 8 9"), default="nothing"),
        PRICE_LIMITS,
        CREDIT,
        VENUE,
    ),
    tables=(
        Table(rows="crd_rt_upper", evidence=RECORDED, fields=(
            Field("stk_infr", "stock_info", TEXT, "종목정보"),
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락률"),
            Field("crd_rt", "credit_ratio", PERCENT, "신용비율"),
            Field("sel_req", "ask_size", SHARES, "매도잔량"),
            Field("buy_req", "bid_size", SHARES, "매수잔량"),
            Field("now_trde_qty", "volume", SHARES, "현재거래량"),
        )),
    ),
)

FOREIGN_TOP = Call(
    id="ka10034", path=PATH, title="외인기간별매매상위요청", english="ranking by foreign trading over a period", page_rows=100,
    params=(
        MARKET,
        Param("trde_tp", "side", "매매구분", {"net_sold": "1", "net_bought": "2", "net": "3"}, default="net_bought"),
        Param("dt", "sessions", "기간", {0: "0", 1: "1", 5: "5", 20: "20", 60: "60"}, default=1, note="0 today, 1 the session before, else so many sessions"),
        VENUE,
    ),
    tables=(
        Table(rows="for_dt_trde_upper", evidence=RECORDED, fields=(
            Field("rank", "rank", COUNT, "순위"),
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("sel_bid", "ask", DIRECTED_PRICE, "매도호가"),
            Field("buy_bid", "bid", DIRECTED_PRICE, "매수호가"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("netprps_qty", "foreign_net", NET_SHARES, "순매수량", wire=DOUBLED),
            Field("gain_pos_stkcnt", "foreign_room", SHARES, "취득가능주식수"),
        )),
    ),
)

FOREIGN_STREAKS = Call(
    id="ka10035", path=PATH, title="외인연속순매매상위요청", english="ranking by foreign trading in a row", page_rows=100,
    params=(
        MARKET,
        Param("trde_tp", "side", "매매구분", {"net_sold": "1", "net_bought": "2"}, default="net_bought"),
        Param("base_dt_tp", "from_day", "기준일구분", {"today": "0", "previous": "1"}, default="previous"),
        VENUE,
    ),
    tables=(
        Table(rows="for_cont_nettrde_upper", evidence=RECORDED, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("dm1", "foreign_net_1", NET_SHARES, "D-1", wire=PLUS, note="one session ago"),
            Field("dm2", "foreign_net_2", NET_SHARES, "D-2", wire=PLUS),
            Field("dm3", "foreign_net_3", NET_SHARES, "D-3", wire=PLUS),
            Field("tot", "foreign_net_sum", NET_SHARES, "합계", wire=PLUS, note="of the three"),
            Field("limit_exh_rt", "foreign_exhaustion", PERCENT, "한도소진율"),
            Field("pred_pre_1", "change_1", CHANGE, "전일대비1", optional=True, note="blank in every reply seen", evidence=INFERRED),
            Field("pred_pre_2", "change_2", CHANGE, "전일대비2", optional=True, evidence=INFERRED),
            Field("pred_pre_3", "change_3", CHANGE, "전일대비3", optional=True, evidence=INFERRED),
        )),
    ),
)

FOREIGN_LIMIT_TOP = Call(
    id="ka10036", path=PATH, title="외인한도소진율증가상위", english="ranking by growth of foreign holdings", page_rows=100,
    params=(
        MARKET,
        Param("dt", "sessions", "기간", {0: "0", 1: "1", 5: "5", 20: "20", 60: "60"}, default=1, note="0 today, 1 the session before, else so many sessions"),
        VENUE,
    ),
    tables=(
        Table(rows="for_limit_exh_rt_incrs_upper", fields=(
            Field("rank", "rank", COUNT, "순위", evidence=INFERRED),
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("poss_stkcnt", "foreign_shares", SHARES, "보유주식수"),
            Field("gain_pos_stkcnt", "foreign_room", SHARES, "취득가능주식수"),
            Field("base_limit_exh_rt", "previous_foreign_exhaustion", PERCENT, "기준한도소진율"),
            Field("limit_exh_rt", "foreign_exhaustion", PERCENT, "한도소진율"),
            Field("exh_rt_incrs", "foreign_exhaustion_change", PERCENT, "소진율증가", note="foreign_exhaustion - previous_foreign_exhaustion, within 0.01"),
        )),
    ),
)

FOREIGN_BROKERS_TOP = Call(
    id="ka10037", path=PATH, title="외국계창구매매상위요청", english="ranking by trading of foreign brokers", page_rows=100,
    params=(
        MARKET,
        Param("dt", "sessions", "기간", {0: "0", 1: "1", 5: "5", 20: "20", 60: "60"}, default=1, note="0 today, 1 the session before, else so many sessions"),
        Param("trde_tp", "side", "매매구분", {"net_bought": "1", "net_sold": "2", "bought": "3", "sold": "4"}, default="net_bought", note="other codes than in ka10034"),
        Param("sort_tp", "sort", "정렬구분", {"value": "1", "volume": "2"}, default="value"),
        VENUE,
    ),
    tables=(
        Table(rows="frgn_wicket_trde_upper", evidence=RECORDED, fields=(
            Field("rank", "rank", COUNT, "순위"),
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("sel_trde_qty", "foreign_broker_sold", GROSS_SHARES, "매도거래량", wire=SOLD, note="the minus on the wire is the side"),
            Field("buy_trde_qty", "foreign_broker_bought", GROSS_SHARES, "매수거래량", wire=PLUS),
            Field("netprps_trde_qty", "foreign_broker_net", NET_SHARES, "순매수거래량", wire=DOUBLED, note="bought - sold"),
            Field("netprps_prica", "foreign_broker_net_value", MONEY, "순매수대금", MILLION, wire=DOUBLED),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
        )),
    ),
)

STOCK_BROKERS = Call(
    id="ka10038", path=PATH, title="종목별증권사순위요청", english="brokers of a stock over a period", page_rows=100,
    params=(
        STOCK,
        replace(START, required=False),
        replace(END, required=False),
        Param("qry_tp", "side", "조회구분", {"net_sold": "1", "net_bought": "2"}, default="net_bought"),
        Param("dt", "sessions", "기간", {1: "1", 5: "4", 10: "9", 20: "19", 40: "39", 60: "59", 120: "119"}, default=1, required=False, note="leave it out to use start and end"),
    ),
    tables=(
        Table(row="broker", rows="stk_sec_rank", index=(), fields=(
            Field("rank", "rank", COUNT, "순위", evidence=INFERRED),
            Field("mmcm_nm", "broker", TEXT, "회원사명"),
            Field("buy_qty", "bought", GROSS_SHARES, "매수수량", wire=PLUS),
            Field("sell_qty", "sold", GROSS_SHARES, "매도수량", wire=SOLD),
            Field("acc_netprps_qty", "net", NET_SHARES, "누적순매수수량", wire=PLUS),
        )),
        Table(part="summary", fields=(
            CODE_ASKED,
            Field("rank_1", "bought", GROSS_SHARES, "기간별 누적 매수량", wire=PLUS),
            Field("rank_2", "sold", GROSS_SHARES, "기간별 누적 매도량", wire=SOLD),
            Field("rank_3", "net", NET_SHARES, "기간별 누적 순매수", wire=PLUS, note="two different signs occur: the second one counts"),
            Field("prid_trde_qty", "period_volume", SHARES, "기간중거래량"),
        )),
    ),
)

BROKER_TOP = Call(
    id="ka10039", path=PATH, title="증권사별매매상위요청", english="ranking by trading of one broker", page_rows=100,
    params=(
        BROKER,
        Param("trde_qty_tp", "min_volume", "거래량구분", {0: "0", **{n * 1_000: str(n) for n in (5, 10, 50, 100, 500, 1_000)}}, default=0),
        Param("trde_tp", "side", "매매구분", {"net_bought": "1", "net_sold": "2"}, default="net_bought"),
        Param("dt", "sessions", "기간", {0: "0", 1: "1", 5: "5", 10: "10", 60: "60"}, default=1, note="0 today, 1 the session before, else so many sessions"),
        VENUE,
    ),
    tables=(
        Table(rows="sec_trde_upper", fields=(
            Field("rank", "rank", COUNT, "순위", evidence=INFERRED),
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("prid_stkpc_flu", "period_change", CHANGE, "기간중주가등락"),
            Field("flu_rt", "period_change_pct", PERCENT, "등락율"),
            Field("prid_trde_qty", "period_volume", SHARES, "기간중거래량"),
            Field("netprps", "net", NET_SHARES, "순매수", wire=PLUS, note="bought - sold"),
            Field("buy_trde_qty", "bought", GROSS_SHARES, "매수거래량", wire=PLUS),
            Field("sel_trde_qty", "sold", GROSS_SHARES, "매도거래량", wire=SOLD),
            Field("netprps_amt", "net_value", MONEY, "순매수금액", THOUSAND, wire=PLUS),
            Field("buy_amt", "bought_value", GROSS_MONEY, "매수금액", THOUSAND, wire=PLUS),
            Field("sell_amt", "sold_value", GROSS_MONEY, "매도금액", THOUSAND, wire=SOLD),
        )),
    ),
)

MAIN_BROKERS = Call(
    id="ka10040", path=PATH, title="당일주요거래원요청", english="main brokers of a stock today", page_rows=100,
    note="Part \"summary\" has the five top sellers and buyers; the list, brokers that fell out of them, was empty in every reply seen.",
    params=(STOCK,),
    tables=(
        Table(row="broker that left the top five", rows="tdy_main_trde_ori", index=(), fields=(
            Field("sel_scesn_tm", "seller_exit_time", TIME, "매도이탈시간", evidence=INFERRED),
            Field("sell_qty", "sold", GROSS_SHARES, "매도수량", evidence=INFERRED),
            Field("sel_upper_scesn_ori", "seller", TEXT, "매도상위이탈원", note="a minus before the name marks a foreign house"),
            Field("buy_scesn_tm", "buyer_exit_time", TIME, "매수이탈시간", evidence=INFERRED),
            Field("buy_qty", "bought", GROSS_SHARES, "매수수량", evidence=INFERRED),
            Field("buy_upper_scesn_ori", "buyer", TEXT, "매수상위이탈원", note="a plus before the name marks a foreign house"),
            Field("qry_dt", "seller_code", TEXT, "조회일자", note="the title says date; it is the broker's code"),
            Field("qry_tm", "buyer_code", TEXT, "조회시간", note="the title says time; it is the broker's code"),
        )), Table(part="summary", fields=(
            CODE_ASKED,
            *family(range(1, 6),
                Field("sel_trde_ori_{n}", "seller_{n}", TEXT, "매도거래원{n}"),
                Field("sel_trde_ori_cd_{n}", "seller_{n}_code", CODE, "매도거래원코드{n}"),
                Field("sel_trde_ori_qty_{n}", "seller_{n}_volume", GROSS_SHARES, "매도거래원수량{n}", wire=SOLD, note="the minus on the wire is the side"),
                Field("sel_trde_ori_irds_{n}", "seller_{n}_change", NET_SHARES, "매도거래원별증감{n}", wire=PLUS),
                Field("buy_trde_ori_{n}", "buyer_{n}", TEXT, "매수거래원{n}"),
                Field("buy_trde_ori_cd_{n}", "buyer_{n}_code", CODE, "매수거래원코드{n}"),
                Field("buy_trde_ori_qty_{n}", "buyer_{n}_volume", GROSS_SHARES, "매수거래원수량{n}", wire=PLUS),
                Field("buy_trde_ori_irds_{n}", "buyer_{n}_change", NET_SHARES, "매수거래원별증감{n}", wire=PLUS),
            ),
            Field("frgn_sel_prsm_sum_chang", "foreign_broker_sold_change", NET_SHARES, "외국계매도추정합변동"),
            Field("frgn_sel_prsm_sum", "foreign_broker_sold", GROSS_SHARES, "외국계매도추정합", wire=SOLD, note="estimate: the foreign houses among the five"),
            Field("frgn_buy_prsm_sum", "foreign_broker_bought", GROSS_SHARES, "외국계매수추정합", wire=PLUS),
            Field("frgn_buy_prsm_sum_chang", "foreign_broker_bought_change", NET_SHARES, "외국계매수추정합변동", wire=PLUS),
        )),
    ),
)

NET_BUYERS = Call(
    id="ka10042", path=PATH, title="순매수거래원순위요청", english="ranking of net buying brokers of a stock", page_rows=100,
    params=(
        STOCK,
        replace(START, required=False),
        replace(END, required=False),
        Param("qry_dt_tp", "by", "조회기간구분", {"sessions": "0", "start": "1"}, default="sessions"),
        Param("pot_tp", "from_day", "시점구분", {"today": "0", "previous": "1"}, default="today"),
        Param("dt", "sessions", "기간", {n: str(n) for n in (5, 10, 20, 40, 60, 120)}, default=5, required=False, note="used with by sessions"),
        Param("sort_base", "sort", "정렬기준", {"close": "1", "date": "2"}, default="close"),
    ),
    tables=(
        Table(row="broker", rows="netprps_trde_ori_rank", index=(), fields=(
            Field("rank", "rank", COUNT, "순위", evidence=INFERRED),
            Field("mmcm_cd", "broker_code", CODE, "회원사코드", note="without the leading zeros that it has elsewhere"),
            Field("mmcm_nm", "broker", TEXT, "회원사명"),
        )),
    ),
)

BROKER_EXITS = Call(
    id="ka10053", path=PATH, title="당일상위이탈원요청", english="brokers that left today's top five of a stock", page_rows=100,
    note="Brokers that fell out of the five top sellers and buyers. Left and right half of a row have nothing to do with each other.",
    params=(STOCK,),
    tables=(
        Table(row="broker that left the top five", rows="tdy_upper_scesn_ori", index=(), fields=(
            Field("sel_scesn_tm", "seller_exit_time", TIME, "매도이탈시간"),
            Field("sell_qty", "sold", GROSS_SHARES, "매도수량"),
            Field("sel_upper_scesn_ori", "seller", TEXT, "매도상위이탈원", note="a minus before the name marks a foreign house"),
            Field("buy_scesn_tm", "buyer_exit_time", TIME, "매수이탈시간"),
            Field("buy_qty", "bought", GROSS_SHARES, "매수수량"),
            Field("buy_upper_scesn_ori", "buyer", TEXT, "매수상위이탈원", note="a plus before the name marks a foreign house"),
            Field("qry_dt", "seller_code", TEXT, "조회일자", note="the title says date; it is the broker's code"),
            Field("qry_tm", "buyer_code", TEXT, "조회시간", note="the title says time; it is the broker's code"),
        )),
    ),
)

BOTH_NET = Call(
    id="ka10062", path=PATH, title="동일순매매순위요청", english="stocks that foreigners and institutions traded alike", page_rows=100,
    note="Stocks that foreigners and institutions both bought or sold. The manual gives the average prices in million won: they are won.",
    params=(
        START,
        replace(END, required=False),
        MARKET,
        Param("trde_tp", "side", "매매구분", {"net_bought": "1", "net_sold": "2"}, default="net_bought"),
        Param("sort_cnd", "sort", "정렬조건", {"volume": "1", "value": "2"}, default="volume"),
        Param("unit_tp", "round_to", "단위구분", {1: "1", 1_000: "1000"}, default=1),
        VENUE,
    ),
    tables=tuple(
        Table(rows="eql_nettrde_rank", when={"unit_tp": code}, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("rank", "rank", COUNT, "순위", evidence=INFERRED),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "price", DIRECTED_PRICE, "현재가"),
            Field("pre_sig", "direction", DIRECTION, "대비기호", evidence=INFERRED),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("acc_trde_qty", "volume", SHARES, "누적거래량"),
            Field("orgn_nettrde_qty", "institution_net", NET_SHARES, "기관순매매수량", scale, wire=PLUS),
            Field("orgn_nettrde_amt", "institution_net_value", MONEY, "기관순매매금액", MILLION),
            Field("orgn_nettrde_avg_pric", "institution_average", AVERAGE, "기관순매매평균가", note="won; value / net"),
            Field("for_nettrde_qty", "foreign_net", NET_SHARES, "외인순매매수량", scale, wire=PLUS),
            Field("for_nettrde_amt", "foreign_net_value", MONEY, "외인순매매금액", MILLION, wire=PLUS),
            Field("for_nettrde_avg_pric", "foreign_average", AVERAGE, "외인순매매평균가", note="won; value / net"),
            Field("nettrde_qty", "net", NET_SHARES, "순매매수량", scale, wire=PLUS),
            Field("nettrde_amt", "net_value", MONEY, "순매매금액", MILLION, wire=PLUS),
        ))
        for code, scale in (("1", 1), ("1000", THOUSAND))),
)

INVESTORS_NOW_TOP = Call(
    id="ka10065", path=PATH, title="장중투자자별매매상위요청", english="ranking by estimated flows in the session", page_rows=100, finality=ESTIMATES,
    note="Estimates in the session, rounded to a thousand shares, never final. Some kinds of investor answer with no rows.",
    params=(
        Param("trde_tp", "side", "매매구분", {"net_bought": "1", "net_sold": "2"}, default="net_bought"),
        MARKET,
        Param("orgn_tp", "investor", "기관구분", {"foreign": "9000", "foreign_brokers": "9100", "securities": "1000", "trust": "3000", "other_finance": "5000", "bank": "4000", "insurance": "2000", "pension": "6000", "state": "7000", "company": "7100", "institution": "9999"}, default="foreign"),
        replace(UNIT, required=False),
    ),
    tables=tuple(
        Table(rows="opmr_invsr_trde_upper", when={"amt_qty_tp": code}, evidence=evidence, fields=(
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("sel_qty", f"estimated_sold{suffix}", gross, "매도금액/매도량", scale, wire=SOLD, note="the minus on the wire is the side"),
            Field("buy_qty", f"estimated_bought{suffix}", gross, "매수금액/매수량", scale, wire=PLUS),
            Field("netslmt", f"estimated_net{suffix}", net, "순매수/순매도", scale, wire=PLUS, note="bought - sold, whatever the key says"),
        ))
        for code, suffix, gross, net, scale, evidence in (("1", "_value", GROSS_MONEY, MONEY, MILLION, MANUAL), ("2", "", GROSS_SHARES, NET_SHARES, 1, RECORDED))),
)

SINGLE_PRICE_CHANGES = Call(
    id="ka10098", path=PATH, title="시간외단일가등락율순위요청", english="ranking by change in the single-price session after hours", page_rows=100,
    note="The single-price session ended on 2026-09-11; what the call says since then is not known. Changes are against the day's close.",
    params=(
        MARKET,
        Param("sort_base", "sort", "정렬기준", {"gain_pct": "1", "gain": "2", "loss_pct": "3", "loss": "4", "flat": "5"}, default="gain_pct"),
        Param("stk_cnd", "without", "종목조건", {**only(WITHOUT, "0 1 3 4 5 6 7 8 9 12 13 14 15"), "liquidation": "2", "funds": "16", "etn": "17"}, default="nothing"),
        Param("trde_qty_cnd", "min_volume", "거래량조건", {0: "0", 100: "10", 500: "50", 5_000: "500", 10_000: "1000", 50_000: "5000", 100_000: "0000"}, default=0),
        Param("crd_cnd", "credit", "신용조건", {"all": "0", "any_group": "9", "group_a": "1", "group_b": "2", "group_c": "3", "group_d": "4", "group_e": "7", "short_lending": "8", "not_over_limit": "5"}, default="all"),
        Param("trde_prica", "min_value", "거래대금", {0: "0", **{n * MILLION: str(n) for n in (5, 10, 30, 50, 100, 300, 500, 1_000, 3_000, 5_000)}, 10_000 * MILLION: "0000"}, default=0),
    ),
    tables=(
        Table(rows="ovt_sigpric_flu_rt_rank", evidence=RECORDED, fields=(
            Field("rank", "rank", COUNT, "순위"),
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("cur_prc", "single_price", DIRECTED_PRICE, "현재가"),
            Field("pred_pre_sig", "single_direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "single_change", CHANGE, "전일대비", note="against the day's close"),
            Field("flu_rt", "single_change_pct", PERCENT, "등락률", note="against the day's close"),
            Field("sel_tot_req", "single_ask_size_total", SHARES, "매도총잔량"),
            Field("buy_tot_req", "single_bid_size_total", SHARES, "매수총잔량"),
            Field("acc_trde_qty", "single_volume", SHARES, "누적거래량"),
            Field("acc_trde_prica", "single_value", MONEY, "누적거래대금", MILLION, note="0 below half a million won"),
            Field("tdy_close_pric", "day_close", PRICE, "당일종가"),
            Field("tdy_close_pric_flu_rt", "day_change_pct", PERCENT, "당일종가등락률", note="of the day's close"),
        )),
    ),
)

FOREIGN_INSTITUTION_TOP = Call(
    id="ka90009", path=PATH, title="외국인기관매매상위요청", english="ranking by foreign and institutional trading", page_rows=15,
    note="Four rankings side by side: what stands in one row has nothing to do with each other. end is ignored without by_date.",
    params=(
        MARKET,
        Param("amt_qty_tp", "sort", "금액수량구분", {"value": "1", "volume": "2"}, default="value"),
        Param("qry_dt_tp", "by_date", "조회일자구분", {False: "0", True: "1"}, default=False),
        Param("date", "end", "날짜", kind=DATE, required=False),
        VENUE,
    ),
    tables=(
        Table(row="rank", rows="frgnr_orgn_trde_upper", index=(), evidence=RECORDED, fields=(
            Field("for_netslmt_stk_cd", "foreign_net_sell_code", CODE, "외인순매도종목코드"),
            Field("for_netslmt_stk_nm", "foreign_net_sell_name", TEXT, "외인순매도종목명"),
            Field("for_netslmt_amt", "foreign_net_sell_value", MONEY, "외인순매도금액", TEN_MILLION),
            Field("for_netslmt_qty", "foreign_net_sell", NET_SHARES, "외인순매도수량", THOUSAND),
            Field("for_netprps_stk_cd", "foreign_net_buy_code", CODE, "외인순매수종목코드"),
            Field("for_netprps_stk_nm", "foreign_net_buy_name", TEXT, "외인순매수종목명"),
            Field("for_netprps_amt", "foreign_net_buy_value", MONEY, "외인순매수금액", TEN_MILLION),
            Field("for_netprps_qty", "foreign_net_buy", NET_SHARES, "외인순매수수량", THOUSAND),
            Field("orgn_netslmt_stk_cd", "institution_net_sell_code", CODE, "기관순매도종목코드"),
            Field("orgn_netslmt_stk_nm", "institution_net_sell_name", TEXT, "기관순매도종목명"),
            Field("orgn_netslmt_amt", "institution_net_sell_value", MONEY, "기관순매도금액", TEN_MILLION),
            Field("orgn_netslmt_qty", "institution_net_sell", NET_SHARES, "기관순매도수량", THOUSAND),
            Field("orgn_netprps_stk_cd", "institution_net_buy_code", CODE, "기관순매수종목코드"),
            Field("orgn_netprps_stk_nm", "institution_net_buy_name", TEXT, "기관순매수종목명"),
            Field("orgn_netprps_amt", "institution_net_buy_value", MONEY, "기관순매수금액", TEN_MILLION),
            Field("orgn_netprps_qty", "institution_net_buy", NET_SHARES, "기관순매수수량", THOUSAND),
        )),
    ),
)
