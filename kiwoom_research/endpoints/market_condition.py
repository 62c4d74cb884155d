"""``/api/dostk/mrkcond``: the daily sheet and today's session."""

from ..kinds import CHANGE, CODE, DATE, FLOW, MARKED, MONEY, PERCENT, RATE, SHARES
from .stock_info import CODE_PARAM, MILLION
from .table import Endpoint, Field

PATH = "/api/dostk/mrkcond"

DAILY_SHEET = Endpoint(
    id="ka10005",
    path=PATH,
    title="주식일주월시분요청",
    params=(CODE_PARAM,),
    rows="stk_ddwkmm",
    index=("date",),
    freq="1d",
    page_rows=30,
    marks="newest",
    note="Daily rows only, whatever the name says. Whether they are adjusted is not known.",
    fields=(
        Field("date", "date", DATE, title="날짜"),
        Field("open_pric", "open", MARKED, title="시가"),
        Field("high_pric", "high", MARKED, title="고가"),
        Field("low_pric", "low", MARKED, title="저가"),
        Field("close_pric", "close", MARKED, title="종가"),
        Field("trde_qty", "volume", SHARES, title="거래량"),
        Field("trde_prica", "value", MONEY, MILLION, optional=True, title="거래대금"),
        Field(
            "pre", "change", CHANGE, optional=True, title="대비", note="newest row only, as are those below"
        ),
        Field("flu_rt", "change_pct", PERCENT, optional=True, title="등락률"),
        Field("cntr_str", "strength", RATE, optional=True, title="체결강도"),
        Field("for_poss", "foreign_holding", PERCENT, optional=True, title="외인보유"),
        Field("for_wght", "foreign_weight", PERCENT, optional=True, title="외인비중"),
        Field("for_netprps", "foreign_net", FLOW, optional=True, title="외인순매수"),
        Field(
            "orgn_netprps", "institution_net", FLOW, optional=True, title="기관순매수", note="blank so far"
        ),
        Field("ind_netprps", "individual_net", FLOW, optional=True, title="개인순매수", note="blank so far"),
        Field("frgn", "foreign_broker_net", FLOW, optional=True, title="외국계", note="blank so far"),
        Field(
            "crd_remn_rt", "credit_balance", PERCENT, optional=True, title="신용잔고율", note="blank so far"
        ),
        Field("prm", "program_net", FLOW, optional=True, title="프로그램", note="blank so far"),
    ),
)

TODAY = Endpoint(
    id="ka10006",
    path=PATH,
    title="주식시분요청",
    params=(CODE_PARAM,),
    note="One flat record: the session so far. Some editions of the manual show a list; both are read.",
    fields=(
        Field("stk_cd", "code", CODE, title="종목코드", note="from the request", request=True),
        Field("date", "session", DATE, title="날짜"),
        Field("open_pric", "open", MARKED, title="시가", note="0 before the first trade"),
        Field("high_pric", "high", MARKED, title="고가"),
        Field("low_pric", "low", MARKED, title="저가"),
        Field("close_pric", "close", MARKED, title="종가"),
        Field("trde_qty", "volume", SHARES, title="거래량"),
        Field("trde_prica", "value", MONEY, MILLION, title="거래대금"),
        Field("pre", "change", CHANGE, title="대비"),
        Field("flu_rt", "change_pct", PERCENT, title="등락률"),
        Field("cntr_str", "strength", RATE, title="체결강도"),
    ),
)
