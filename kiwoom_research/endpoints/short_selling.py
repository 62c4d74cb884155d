"""``/api/dostk/shsa``: short selling."""

from ..kinds import CHANGE, DATE, DIRECTION, MARKED, MONEY, PERCENT, PRICE, SHARES
from .stock_info import CODE_PARAM, THOUSAND
from .table import Endpoint, Field, Param

SHORT = Endpoint(
    id="ka10014",
    path="/api/dostk/shsa",
    title="공매도추이요청",
    params=(
        CODE_PARAM,
        Param("tm_tp", "0 one day, 1 a range", required=False, values=("0", "1")),
        Param("strt_dt", "first day, YYYYMMDD"),
        Param("end_dt", "last day, YYYYMMDD"),
    ),
    rows="shrts_trnsn",
    index=("date",),
    freq="1d",
    page_rows=100,
    fields=(
        Field("dt", "date", DATE, title="일자"),
        Field("close_pric", "close", MARKED, title="종가"),
        Field("pred_pre_sig", "direction", DIRECTION, title="전일대비기호"),
        Field("pred_pre", "change", CHANGE, title="전일대비"),
        Field("flu_rt", "change_pct", PERCENT, title="등락율"),
        Field("trde_qty", "volume", SHARES, title="거래량"),
        Field("shrts_qty", "short_volume", SHARES, title="공매도량"),
        Field(
            "ovr_shrts_qty",
            "short_volume_sum",
            SHARES,
            title="누적공매도량",
            note="from the first day asked on",
        ),
        Field("trde_wght", "short_ratio", PERCENT, title="매매비중", note="short_volume / volume"),
        Field("shrts_trde_prica", "short_value", MONEY, THOUSAND, title="공매도거래대금"),
        Field("shrts_avg_pric", "short_price", PRICE, title="공매도평균가"),
    ),
)
