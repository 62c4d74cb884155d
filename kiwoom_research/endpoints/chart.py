"""``/api/dostk/chart``: bars, newest first on the wire, pages joined by a key that names a date."""

import re
from dataclasses import replace
from datetime import date, datetime

from ..kinds import CHANGE, DATE, DIRECTED_PRICE, DIRECTION, INDEX, MONEY, PERCENT, SHARES, TIMESTAMP
from .finality import BARS, LIKE_BARS
from .params import ADJUSTED, BASE_DATE, HUNDREDTH, INDEX_CODE, MILLION, STOCK, THOUSAND
from .table import Call, Field, Param, Table

PATH = "/api/dostk/chart"

MINUTES = (1, 3, 5, 10, 15, 30, 45, 60)
TICKS = (1, 3, 5, 10, 30)

_DATE = Field("dt", "date", DATE, "일자")
_TIME = Field("cntr_tm", "time", TIMESTAMP, "체결시간")
_OHLCV = (
    Field("open_pric", "open", DIRECTED_PRICE, "시가"),
    Field("high_pric", "high", DIRECTED_PRICE, "고가"),
    Field("low_pric", "low", DIRECTED_PRICE, "저가"),
    Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
    Field("trde_qty", "volume", SHARES, "거래량"),
)
# Rows of before mid 2025 lack these keys and end in seven blank ones.
_CHANGE = (
    Field("pred_pre", "change", CHANGE, "전일대비", optional=True),
    Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호", optional=True),
)
_TURNOVER = Field("trde_tern_rt", "turnover", PERCENT, "거래회전율", optional=True, note="volume / listed shares")
_VALUE = Field("trde_prica", "value", MONEY, "거래대금", note="won here, million won in ka10081")

TICK = Call(
    id="ka10079", path=PATH, title="주식틱차트조회요청", page_rows=900, finality=LIKE_BARS,
    note="pred_pre is bare whatever its direction; many rows share a second.",
    params=(
        STOCK,
        Param("tic_scope", "ticks", "틱범위", {n: str(n) for n in TICKS}, default=1, note="trades per bar"),
        ADJUSTED,
    ),
    tables=(
        Table(rows="stk_tic_chart_qry", index=("time", "seq"), freq="tick", marks="none", fields=(
            _TIME,
            *_OHLCV,
            *_CHANGE,
        )),
    ),
)

MINUTE = Call(
    id="ka10080", path=PATH, title="주식분봉차트조회요청", page_rows=900, finality=LIKE_BARS,
    note="cntr_tm is the start of the bar; minutes without a trade are absent; about one year is kept.",
    params=(
        STOCK,
        Param("tic_scope", "minutes", "분범위", {n: str(n) for n in MINUTES}, default=1, note="minutes per bar"),
        ADJUSTED,
        replace(BASE_DATE, required=False, note="newest session wanted; without it the bars end now"),
    ),
    tables=(
        Table(rows="stk_min_pole_chart_qry", index=("time",), freq="min", fields=(
            _TIME,
            *_OHLCV,
            *_CHANGE,
            Field("acc_trde_qty", "volume_so_far", SHARES, "누적거래량", optional=True, note="since the open"),
        )),
    ),
)

DAY = Call(
    id="ka10081", path=PATH, title="주식일봉차트조회요청", page_rows=600, finality=BARS,
    params=(STOCK, BASE_DATE, ADJUSTED),
    tables=(
        Table(rows="stk_dt_pole_chart_qry", index=("date",), freq="1d", marks="none", fields=(
            _DATE,
            *_OHLCV,
            Field("trde_prica", "value", MONEY, "거래대금", MILLION, note="rounded to a million won"),
            *_CHANGE,
            _TURNOVER,
        )),
    ),
)

WEEK = Call(
    id="ka10082", path=PATH, title="주식주봉차트조회요청", page_rows=300, finality=LIKE_BARS,
    note="dt is the first session of the week.",
    params=(STOCK, BASE_DATE, ADJUSTED),
    tables=(
        Table(rows="stk_stk_pole_chart_qry", index=("date",), freq="1w", marks="none", fields=(
            _DATE,
            *_OHLCV,
            _VALUE,
            *_CHANGE,
            _TURNOVER,
        )),
    ),
)

MONTH = Call(
    id="ka10083", path=PATH, title="주식월봉차트조회요청", page_rows=240, finality=LIKE_BARS,
    note="dt is the first session of the month.",
    params=(STOCK, BASE_DATE, ADJUSTED),
    tables=(
        Table(rows="stk_mth_pole_chart_qry", index=("date",), freq="1mo", marks="none", fields=(
            _DATE,
            *_OHLCV,
            _VALUE,
            *_CHANGE,
            _TURNOVER,
        )),
    ),
)

YEAR = Call(
    id="ka10094", path=PATH, title="주식년봉차트조회요청", page_rows=30, finality=LIKE_BARS,
    note="dt is the first session of the year; no change, direction or turnover.",
    params=(STOCK, BASE_DATE, ADJUSTED),
    tables=(
        Table(rows="stk_yr_pole_chart_qry", index=("date",), freq="1y", marks="none", fields=(
            _DATE,
            *_OHLCV,
            _VALUE,
        )),
    ),
)

INDEX_DAY = Call(
    id="ka20006", path=PATH, title="업종일봉조회요청", page_rows=600,
    note="Index points are hundredfold integers, volume is in thousand shares although the manual says shares.",
    params=(INDEX_CODE, BASE_DATE),
    tables=(
        Table(rows="inds_dt_pole_qry", index=("date",), freq="1d", marks="none", fields=(
            _DATE,
            Field("open_pric", "open", INDEX, "시가", HUNDREDTH),
            Field("high_pric", "high", INDEX, "고가", HUNDREDTH),
            Field("low_pric", "low", INDEX, "저가", HUNDREDTH),
            Field("cur_prc", "close", INDEX, "현재가", HUNDREDTH),
            Field("trde_qty", "volume", SHARES, "거래량", THOUSAND),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
        )),
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
