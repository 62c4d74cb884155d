"""``/api/dostk/chart``: bars, newest first on the wire, pages joined by a key that names a date."""

import re
from datetime import date, datetime

from ..kinds import CHANGE, DATE, DIRECTION, INDEX, MARKED, MONEY, PERCENT, SHARES, STAMP
from .stock_info import CODE_PARAM, HUNDREDTH, MILLION, THOUSAND
from .table import Endpoint, Field, Param

PATH = "/api/dostk/chart"

ADJUSTED = Param("upd_stkpc_tp", "1 adjusted as of base_dt, 0 as traded", values=("0", "1"))
BASE_DATE = Param("base_dt", "newest session wanted, YYYYMMDD")
MINUTES = (1, 3, 5, 10, 15, 30, 45, 60)
TICKS = (1, 3, 5, 10, 30)

_DATE = Field("dt", "date", DATE, title="일자")
_TIME = Field("cntr_tm", "time", STAMP, title="체결시간")
_OHLCV = (
    Field("open_pric", "open", MARKED, title="시가"),
    Field("high_pric", "high", MARKED, title="고가"),
    Field("low_pric", "low", MARKED, title="저가"),
    Field("cur_prc", "close", MARKED, title="현재가"),
    Field("trde_qty", "volume", SHARES, title="거래량"),
)
# Rows of before mid 2025 lack these keys and end in seven blank ones.
_CHANGE = (
    Field("pred_pre", "change", CHANGE, optional=True, title="전일대비"),
    Field("pred_pre_sig", "direction", DIRECTION, optional=True, title="전일대비기호"),
)
_TURNOVER = Field(
    "trde_tern_rt", "turnover", PERCENT, optional=True, title="거래회전율", note="volume / listed shares"
)
_VALUE = Field("trde_prica", "value", MONEY, title="거래대금", note="won here, million won in ka10081")

TICK = Endpoint(
    id="ka10079",
    path=PATH,
    title="주식틱차트조회요청",
    params=(CODE_PARAM, Param("tic_scope", "trades per bar", values=tuple(map(str, TICKS))), ADJUSTED),
    rows="stk_tic_chart_qry",
    index=("time", "seq"),
    freq="tick",
    page_rows=900,
    marks="none",
    expiry="session",
    dated_key=True,
    note="pred_pre is bare whatever its direction; many rows share a second.",
    fields=(_TIME, *_OHLCV, *_CHANGE),
)

MINUTE = Endpoint(
    id="ka10080",
    path=PATH,
    title="주식분봉차트조회요청",
    params=(
        CODE_PARAM,
        Param("tic_scope", "minutes per bar", values=tuple(map(str, MINUTES))),
        ADJUSTED,
        Param("base_dt", "newest session wanted, YYYYMMDD; now if absent", required=False),
    ),
    rows="stk_min_pole_chart_qry",
    index=("time",),
    freq="min",
    page_rows=900,
    expiry="session",
    dated_key=True,
    note="cntr_tm is the start of the bar; minutes without a trade are absent; about one year is kept.",
    fields=(
        _TIME,
        *_OHLCV,
        *_CHANGE,
        Field(
            "acc_trde_qty", "volume_so_far", SHARES, optional=True, title="누적거래량", note="since the open"
        ),
    ),
)

DAY = Endpoint(
    id="ka10081",
    path=PATH,
    title="주식일봉차트조회요청",
    params=(CODE_PARAM, BASE_DATE, ADJUSTED),
    rows="stk_dt_pole_chart_qry",
    index=("date",),
    freq="1d",
    page_rows=600,
    marks="none",
    expiry="session",
    dated_key=True,
    fields=(
        _DATE,
        *_OHLCV,
        Field("trde_prica", "value", MONEY, MILLION, title="거래대금", note="rounded to a million won"),
        *_CHANGE,
        _TURNOVER,
    ),
)

WEEK = Endpoint(
    id="ka10082",
    path=PATH,
    title="주식주봉차트조회요청",
    params=(CODE_PARAM, BASE_DATE, ADJUSTED),
    rows="stk_stk_pole_chart_qry",
    index=("date",),
    freq="1w",
    page_rows=300,
    marks="none",
    expiry="session",
    dated_key=True,
    note="dt is the first session of the week.",
    fields=(_DATE, *_OHLCV, _VALUE, *_CHANGE, _TURNOVER),
)

MONTH = Endpoint(
    id="ka10083",
    path=PATH,
    title="주식월봉차트조회요청",
    params=(CODE_PARAM, BASE_DATE, ADJUSTED),
    rows="stk_mth_pole_chart_qry",
    index=("date",),
    freq="1mo",
    page_rows=240,
    marks="none",
    expiry="session",
    dated_key=True,
    note="dt is the first session of the month.",
    fields=(_DATE, *_OHLCV, _VALUE, *_CHANGE, _TURNOVER),
)

YEAR = Endpoint(
    id="ka10094",
    path=PATH,
    title="주식년봉차트조회요청",
    params=(CODE_PARAM, BASE_DATE, ADJUSTED),
    rows="stk_yr_pole_chart_qry",
    index=("date",),
    freq="1y",
    page_rows=30,
    marks="none",
    expiry="session",
    dated_key=True,
    note="dt is the first session of the year; no change, direction or turnover.",
    fields=(_DATE, *_OHLCV, _VALUE),
)

# Codes of the manual and of protocol.md 7.9; the sectors have more (ka20003 lists them).
INDEX_CODE = Param("inds_cd", "001 KOSPI, 101 KOSDAQ, 150 KOSDAQ150, 201 KOSPI200, a sector, ...")

INDEX_DAY = Endpoint(
    id="ka20006",
    path=PATH,
    title="업종일봉조회요청",
    params=(INDEX_CODE, BASE_DATE),
    rows="inds_dt_pole_qry",
    index=("date",),
    freq="1d",
    page_rows=600,
    marks="none",
    expiry="session",
    note="Index points are hundredfold integers, volume is in thousand shares although the manual says shares.",
    fields=(
        _DATE,
        Field("open_pric", "open", INDEX, HUNDREDTH, title="시가"),
        Field("high_pric", "high", INDEX, HUNDREDTH, title="고가"),
        Field("low_pric", "low", INDEX, HUNDREDTH, title="저가"),
        Field("cur_prc", "close", INDEX, HUNDREDTH, title="현재가"),
        Field("trde_qty", "volume", SHARES, THOUSAND, title="거래량"),
        Field("trde_prica", "value", MONEY, MILLION, title="거래대금"),
    ),
)

# "A" + code (+ venue) + the first bar not yet sent + a count
NEXT_KEY = re.compile(r"A\w{6}(?:_NX|_AL)?(\d{8})")


def key_date(next_key: str) -> date | None:
    """The day a chart's ``next-key`` names; None when it names none.

    >>> key_date("A0059302022111700010000")
    datetime.date(2022, 11, 17)
    """
    found = NEXT_KEY.match(next_key)
    try:
        return datetime.strptime(found.group(1), "%Y%m%d").date() if found else None
    except ValueError:
        return None
