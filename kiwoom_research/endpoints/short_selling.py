"""``/api/dostk/shsa``: short selling."""

from ..kinds import CHANGE, DATE, DIRECTED_PRICE, DIRECTION, MONEY, PERCENT, PRICE, SHARES
from .finality import SHORT_SALES
from .params import RECORDED, STOCK, THOUSAND
from .table import Call, Field, Param, Table

SHORT = Call(
    id="ka10014", path="/api/dostk/shsa", title="공매도추이요청", english="short selling of a stock by day", page_rows=100, finality=SHORT_SALES,
    params=(
        STOCK,
        Param("tm_tp", "period", "시간구분", {"day": "0", "range": "1"}, required=False),
        Param("strt_dt", "start", "시작일자", kind=DATE),
        Param("end_dt", "end", "종료일자", kind=DATE),
    ),
    tables=(
        Table(evidence=RECORDED, rows="shrts_trnsn", index=("date",), freq="1d", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("close_pric", "close", DIRECTED_PRICE, "종가"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("flu_rt", "change_pct", PERCENT, "등락율"),
            Field("trde_qty", "volume", SHARES, "거래량"),
            Field("shrts_qty", "short_volume", SHARES, "공매도량"),
            Field("ovr_shrts_qty", "short_volume_sum", SHARES, "누적공매도량", note="from the first day asked on"),
            Field("trde_wght", "short_ratio", PERCENT, "매매비중", note="short_volume / volume"),
            Field("shrts_trde_prica", "short_value", MONEY, "공매도거래대금", THOUSAND),
            Field("shrts_avg_pric", "short_price", PRICE, "공매도평균가"),
        )),
    ),
)
