"""``/api/dostk/frgnistt``: what foreigners hold."""

from ..kinds import CHANGE, DATE, FLOW, MARKED, PERCENT, SHARES
from .stock_info import CODE_PARAM
from .table import Endpoint, Field

FOREIGN = Endpoint(
    id="ka10008",
    path="/api/dostk/frgnistt",
    title="주식외국인종목별매매동향",
    params=(CODE_PARAM,),
    rows="stk_frgnr",
    index=("date",),
    freq="1d",
    page_rows=50,
    note="chg_qty is the change of what is held, not what was bought on the exchange.",
    fields=(
        Field("dt", "date", DATE, title="일자"),
        Field("close_pric", "close", MARKED, optional=True, title="종가"),
        Field("pred_pre", "change", CHANGE, optional=True, title="전일대비"),
        Field("trde_qty", "volume", SHARES, title="거래량"),
        Field("chg_qty", "foreign_change", FLOW, title="변동수량"),
        Field("poss_stkcnt", "foreign_shares", SHARES, optional=True, title="보유주식수"),
        Field("wght", "foreign_holding", PERCENT, title="비중", note="of listed shares"),
        Field("gain_pos_stkcnt", "foreign_room", SHARES, optional=True, title="취득가능주식수"),
        Field("frgnr_limit", "foreign_limit", SHARES, optional=True, title="외국인한도"),
        Field("frgnr_limit_irds", "foreign_limit_change", FLOW, optional=True, title="외국인한도증감"),
        Field("limit_exh_rt", "foreign_exhaustion", PERCENT, optional=True, title="한도소진률"),
    ),
)
