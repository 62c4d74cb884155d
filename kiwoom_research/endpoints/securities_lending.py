"""``/api/dostk/slb``: stock lent and repaid."""

from dataclasses import replace

from ..kinds import CODE, DATE, MONEY, NET_SHARES, PERCENT, SHARES, TEXT
from .finality import LENDING
from .params import BARE, END, EXCHANGE, HUNDREDTH, INFERRED, MILLION, RECORDED, START, STOCK
from .table import Call, Field, Param, Table

PATH = "/api/dostk/slb"

MARKET_LENDING = Call(
    id="ka10068", path=PATH, title="대차거래추이요청", english="securities lending of the market by day", page_rows=100, finality=LENDING,
    note="Today's row is zeros until the evening.",
    params=(
        replace(START, required=False),
        replace(END, required=False),
        Param("all_tp", "rows", "전체구분", {"all": "1"}, default="all"),
    ),
    tables=(
        Table(rows="dbrt_trde_trnsn", index=("date",), freq="1d", evidence=RECORDED, fields=(
            Field("dt", "date", DATE, "일자"),
            Field("dbrt_trde_cntrcnt", "lent", SHARES, "대차거래체결주수"),
            Field("dbrt_trde_rpy", "repaid", SHARES, "대차거래상환주수"),
            Field("dbrt_trde_irds", "lending_change", NET_SHARES, "대차거래증감", note="lent - repaid"),
            Field("rmnd", "lending_balance", SHARES, "잔고주수"),
            Field("remn_amt", "lending_value", MONEY, "잔고금액", MILLION),
        )),
    ),
)

LENDING_TOP = Call(
    id="ka10069", path=PATH, title="대차거래상위10종목요청", english="stocks lent most", page_rows=10,
    note="The ten stocks lent most, and in part \"summary\" their sums; the ratios of the summary were seen to be absent.",
    params=(
        START,
        replace(END, required=False),
        EXCHANGE,
    ),
    tables=(
        Table(rows="dbrt_trde_upper_10stk", fields=(
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("dbrt_trde_cntrcnt", "lent", SHARES, "대차거래체결주수"),
            Field("dbrt_trde_rpy", "repaid", SHARES, "대차거래상환주수"),
            Field("rmnd", "lending_balance", SHARES, "잔고주수"),
            Field("remn_amt", "lending_value", MONEY, "잔고금액", MILLION),
        )),
        Table(row="whole list", part="summary", index=(), fields=(
            Field("dbrt_trde_cntrcnt_sum", "lent_sum", SHARES, "대차거래체결주수합"),
            Field("dbrt_trde_rpy_sum", "repaid_sum", SHARES, "대차거래상환주수합"),
            Field("rmnd_sum", "lending_balance_sum", SHARES, "잔고주수합"),
            Field("remn_amt_sum", "lending_value_sum", MONEY, "잔고금액합", MILLION),
            Field("dbrt_trde_cntrcnt_rt", "lent_pct", PERCENT, "대차거래체결주수비율", HUNDREDTH, optional=True, wire=BARE, note="of the market", evidence=INFERRED),
            Field("dbrt_trde_rpy_rt", "repaid_pct", PERCENT, "대차거래상환주수비율", HUNDREDTH, optional=True, wire=BARE, evidence=INFERRED),
            Field("rmnd_rt", "lending_balance_pct", PERCENT, "잔고주수비율", HUNDREDTH, optional=True, wire=BARE, evidence=INFERRED),
            Field("remn_amt_rt", "lending_value_pct", PERCENT, "잔고금액비율", HUNDREDTH, optional=True, wire=BARE, evidence=INFERRED),
        )),
    ),
)

STOCK_LENDING = Call(
    id="ka20068", path=PATH, title="대차거래추이요청(종목별)", english="securities lending of a stock by day", page_rows=100, finality=LENDING,
    note="Today's row is zeros until the evening.",
    params=(
        replace(START, required=False),
        replace(END, required=False),
        Param("all_tp", "rows", "전체구분", {"stock": "0"}, required=False),
        STOCK,
    ),
    tables=(
        Table(rows="dbrt_trde_trnsn", index=("date",), freq="1d", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("dbrt_trde_cntrcnt", "lent", SHARES, "대차거래체결주수"),
            Field("dbrt_trde_rpy", "repaid", SHARES, "대차거래상환주수"),
            Field("dbrt_trde_irds", "lending_change", NET_SHARES, "대차거래증감", note="lent - repaid"),
            Field("rmnd", "lending_balance", SHARES, "잔고주수"),
            Field("remn_amt", "lending_value", MONEY, "잔고금액", MILLION),
        )),
    ),
)

LENDING_STOCKS = Call(
    id="ka90012", path=PATH, title="대차거래내역요청", english="securities lending by stock", page_rows=100,
    params=(
        Param("dt", "end", "일자", kind=DATE),
        EXCHANGE,
    ),
    tables=(
        Table(rows="dbrt_trde_prps", fields=(
            Field("stk_nm", "name", TEXT, "종목명"),
            Field("stk_cd", "code", CODE, "종목코드"),
            Field("dbrt_trde_cntrcnt", "lent", SHARES, "대차거래체결주수"),
            Field("dbrt_trde_rpy", "repaid", SHARES, "대차거래상환주수"),
            Field("rmnd", "lending_balance", SHARES, "잔고주수"),
            Field("remn_amt", "lending_value", MONEY, "잔고금액", MILLION),
        )),
    ),
)
