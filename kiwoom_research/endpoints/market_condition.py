"""``/api/dostk/mrkcond``: the daily sheet and today's session."""

from ..kinds import CHANGE, CODE, DATE, DIRECTED_PRICE, MONEY, NET_SHARES, PERCENT, SHARES, TIME
from .finality import DAILY_SHEETS, LIKE_BARS
from .params import MILLION, PLAIN_2, STOCK
from .table import Call, Field, Table, family

PATH = "/api/dostk/mrkcond"

DAILY_SHEET = Call(
    id="ka10005", path=PATH, title="주식일주월시분요청", page_rows=30, finality=DAILY_SHEETS,
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
            Field("cntr_str", "strength", PERCENT, "체결강도", wire=PLAIN_2, optional=True),
            Field("for_poss", "foreign_holding", PERCENT, "외인보유", optional=True),
            Field("for_wght", "foreign_weight", PERCENT, "외인비중", optional=True),
            Field("for_netprps", "foreign_net", NET_SHARES, "외인순매수", optional=True),
            Field("orgn_netprps", "institution_net", NET_SHARES, "기관순매수", optional=True, note="blank so far"),
            Field("ind_netprps", "individual_net", NET_SHARES, "개인순매수", optional=True, note="blank so far"),
            Field("frgn", "foreign_broker_net", NET_SHARES, "외국계", optional=True, note="blank so far"),
            Field("crd_remn_rt", "credit_balance", PERCENT, "신용잔고율", optional=True, note="blank so far"),
            Field("prm", "program_net", NET_SHARES, "프로그램", optional=True, note="blank so far"),
        )),
    ),
)

TODAY = Call(
    id="ka10006", path=PATH, title="주식시분요청", finality=LIKE_BARS,
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
    id="ka10004", path=PATH, title="주식호가요청",
    note="Level 1 has keys of its own. One venue's book: _AL is ignored. Sizes are 0 outside the session.",
    params=(STOCK,),
    tables=(
        Table(fields=(
            Field("stk_cd", "code", CODE, "종목코드", request=True, note="from the request"),
            Field("bid_req_base_tm", "quote_time", TIME, "호가잔량기준시간", note="HHMMSS; the manual says YYYYMMDD"),
            Field("sel_fpr_bid", "ask_1", DIRECTED_PRICE, "매도최우선호가"),
            Field("sel_fpr_req", "ask_size_1", SHARES, "매도최우선잔량"),
            Field("sel_1th_pre_req_pre", "ask_size_change_1", NET_SHARES, "매도1차선잔량대비"),
            *family(range(2, 11),
            Field("sel_{n}th_pre_bid", "ask_{n}", DIRECTED_PRICE, "매도{n}차선호가"),
            Field("sel_{n}th_pre_req", "ask_size_{n}", SHARES, "매도{n}차선잔량"),
            Field("sel_{n}th_pre_req_pre", "ask_size_change_{n}", NET_SHARES, "매도{n}차선잔량대비")),
            Field("buy_fpr_bid", "bid_1", DIRECTED_PRICE, "매수최우선호가"),
            Field("buy_fpr_req", "bid_size_1", SHARES, "매수최우선잔량"),
            Field("buy_1th_pre_req_pre", "bid_size_change_1", NET_SHARES, "매수1차선잔량대비"),
            *family(range(2, 11),
            Field("buy_{n}th_pre_bid", "bid_{n}", DIRECTED_PRICE, "매수{n}차선호가"),
            Field("buy_{n}th_pre_req", "bid_size_{n}", SHARES, "매수{n}차선잔량"),
            Field("buy_{n}th_pre_req_pre", "bid_size_change_{n}", NET_SHARES, "매수{n}차선잔량대비")),
            Field("tot_sel_req", "ask_size_total", SHARES, "총매도잔량"),
            Field("tot_sel_req_jub_pre", "ask_size_change_total", NET_SHARES, "총매도잔량직전대비"),
            Field("tot_buy_req", "bid_size_total", SHARES, "총매수잔량"),
            Field("tot_buy_req_jub_pre", "bid_size_change_total", NET_SHARES, "총매수잔량직전대비"),
            Field("ovt_sel_req", "after_ask_size", SHARES, "시간외매도잔량"),
            Field("ovt_sel_req_pre", "after_ask_size_change", NET_SHARES, "시간외매도잔량대비"),
            Field("ovt_buy_req", "after_bid_size", SHARES, "시간외매수잔량"),
            Field("ovt_buy_req_pre", "after_bid_size_change", NET_SHARES, "시간외매수잔량대비"),
        )),
    ),
)
