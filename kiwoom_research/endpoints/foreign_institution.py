"""``/api/dostk/frgnistt``: what foreigners hold."""

from ..kinds import CHANGE, DATE, DIRECTED_PRICE, NET_SHARES, PERCENT, SHARES
from .finality import FOREIGN_HOLDINGS
from .params import STOCK
from .table import Call, Field, Table

FOREIGN = Call(
    id="ka10008", path="/api/dostk/frgnistt", title="주식외국인종목별매매동향", page_rows=50, finality=FOREIGN_HOLDINGS,
    note="chg_qty is the change of what is held, not what was bought on the exchange.",
    params=(STOCK,),
    tables=(
        Table(rows="stk_frgnr", index=("date",), freq="1d", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("close_pric", "close", DIRECTED_PRICE, "종가", optional=True),
            Field("pred_pre", "change", CHANGE, "전일대비", optional=True),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("chg_qty", "foreign_change", NET_SHARES, "변동수량"),
            Field("poss_stkcnt", "foreign_shares", SHARES, "보유주식수", optional=True),
            Field("wght", "foreign_holding", PERCENT, "비중", note="of listed shares"),
            Field("gain_pos_stkcnt", "foreign_room", SHARES, "취득가능주식수", optional=True),
            Field("frgnr_limit", "foreign_limit", SHARES, "외국인한도", optional=True),
            Field("frgnr_limit_irds", "foreign_limit_change", NET_SHARES, "외국인한도증감", optional=True),
            Field("limit_exh_rt", "foreign_exhaustion", PERCENT, "한도소진률", optional=True),
        )),
    ),
)
