"""``/api/dostk/mrkcond``: the daily sheet and today's session."""

from ..kinds import CHANGE, CODE, DATE, DIRECTED_PRICE, MONEY, NET_SHARES, PERCENT, SHARES
from .params import MILLION, PLAIN_2, STOCK
from .table import Call, Field, Table

PATH = "/api/dostk/mrkcond"

DAILY_SHEET = Call(
    id="ka10005",
    path=PATH,
    title="주식일주월시분요청",
    page_rows=30,
    note="Daily rows only, whatever the name says. Whether they are adjusted is not known.",
    params=(STOCK,),
    tables=(
        Table(
            rows="stk_ddwkmm",
            index=("date",),
            freq="1d",
            marks="newest",
            fields=(
                Field("date", "date", DATE, "날짜"),
                Field("open_pric", "open", DIRECTED_PRICE, "시가"),
                Field("high_pric", "high", DIRECTED_PRICE, "고가"),
                Field("low_pric", "low", DIRECTED_PRICE, "저가"),
                Field("close_pric", "close", DIRECTED_PRICE, "종가"),
                Field("trde_qty", "volume", SHARES, "거래량"),
                Field("trde_prica", "value", MONEY, "거래대금", MILLION, optional=True),
                Field(
                    "pre", "change", CHANGE, "대비", optional=True, note="newest row only, as are those below"
                ),
                Field("flu_rt", "change_pct", PERCENT, "등락률", optional=True),
                Field("cntr_str", "strength", PERCENT, "체결강도", wire=PLAIN_2, optional=True),
                Field("for_poss", "foreign_holding", PERCENT, "외인보유", optional=True),
                Field("for_wght", "foreign_weight", PERCENT, "외인비중", optional=True),
                Field("for_netprps", "foreign_net", NET_SHARES, "외인순매수", optional=True),
                Field(
                    "orgn_netprps",
                    "institution_net",
                    NET_SHARES,
                    "기관순매수",
                    optional=True,
                    note="blank so far",
                ),
                Field(
                    "ind_netprps",
                    "individual_net",
                    NET_SHARES,
                    "개인순매수",
                    optional=True,
                    note="blank so far",
                ),
                Field("frgn", "foreign_broker_net", NET_SHARES, "외국계", optional=True, note="blank so far"),
                Field(
                    "crd_remn_rt", "credit_balance", PERCENT, "신용잔고율", optional=True, note="blank so far"
                ),
                Field("prm", "program_net", NET_SHARES, "프로그램", optional=True, note="blank so far"),
            ),
        ),
    ),
)

TODAY = Call(
    id="ka10006",
    path=PATH,
    title="주식시분요청",
    note="One flat record: the session so far. Some editions of the manual show a list; both are read.",
    params=(STOCK,),
    tables=(
        Table(
            fields=(
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
            )
        ),
    ),
)
