"""``/api/dostk/chart``: bars, newest first on the wire, pages joined by a key that names a date."""

import re
from dataclasses import replace
from datetime import date, datetime
from itertools import product

from ..kinds import (
    CHANGE, COUNT, DATE, DIRECTED_PRICE, DIRECTION, GRAMS, INDEX, LONG_DATE, MONEY, NET_SHARES,
    PERCENT, POINTS, SHARES, TIME, TIMESTAMP,
)
from .finality import BARS, ESTIMATES, INVESTOR_FLOWS, LIKE_BARS
from .params import (
    ADJUSTED, BARE, BASE_DATE, GOLD, GOLD_ADJUSTED, HUNDREDTH, INDEX_CODE, INFERRED, MARKET, MILLION,
    MINUTE_SCOPE, RECORDED, ROUND_TO, SIDE, SIDES, STOCK, THOUSAND, TICK_SCOPE, UNIT, UNITS, WHO, flows,
)
from .table import Call, Field, Param, Table

PATH = "/api/dostk/chart"

MINUTES, TICKS = tuple(MINUTE_SCOPE.choices), tuple(TICK_SCOPE.choices)
# Of the investors in the session there is no individual, and only some were recorded.
_SEEN = {"foreign", "institution", "trust", "pension"}
NOW_WHO = tuple(
    (raw, name, title, RECORDED if name in _SEEN else None)
    for raw, name, title in WHO if name in {*_SEEN, "insurance", "bank", "company", "state"}
)

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
    id="ka10079", path=PATH, title="주식틱차트조회요청", english="tick bars of a stock", page_rows=900, finality=LIKE_BARS,
    note="pred_pre is bare whatever its direction; many rows share a second.",
    params=(
        STOCK,
        TICK_SCOPE,
        ADJUSTED,
    ),
    tables=(
        Table(evidence=RECORDED, rows="stk_tic_chart_qry", index=("time", "seq"), freq="tick", marks="none", fields=(
            _TIME,
            *_OHLCV,
            *_CHANGE,
        )),
    ),
)

MINUTE = Call(
    id="ka10080", path=PATH, title="주식분봉차트조회요청", english="minute bars of a stock", page_rows=900, finality=LIKE_BARS,
    note="cntr_tm is the start of the bar; minutes without a trade are absent; about one year is kept.",
    params=(
        STOCK,
        MINUTE_SCOPE,
        ADJUSTED,
        replace(BASE_DATE, required=False, note="newest session wanted; without it the bars end now"),
    ),
    tables=(
        Table(evidence=RECORDED, rows="stk_min_pole_chart_qry", index=("time",), freq="min", fields=(
            _TIME,
            *_OHLCV,
            *_CHANGE,
            Field("acc_trde_qty", "volume_so_far", SHARES, "누적거래량", optional=True, note="since the open"),
        )),
    ),
)

DAY = Call(
    id="ka10081", path=PATH, title="주식일봉차트조회요청", english="daily bars of a stock", page_rows=600, finality=BARS,
    params=(STOCK, BASE_DATE, ADJUSTED),
    tables=(
        Table(rows="stk_dt_pole_chart_qry", index=("date",), freq="1d", marks="none", official=True, fields=(
            _DATE,
            *_OHLCV,
            Field("trde_prica", "value", MONEY, "거래대금", MILLION, note="rounded to a million won"),
            *_CHANGE,
            _TURNOVER,
        )),
    ),
)

WEEK = Call(
    id="ka10082", path=PATH, title="주식주봉차트조회요청", english="weekly bars of a stock", page_rows=300, finality=LIKE_BARS,
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
    id="ka10083", path=PATH, title="주식월봉차트조회요청", english="monthly bars of a stock", page_rows=240, finality=LIKE_BARS,
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
    id="ka10094", path=PATH, title="주식년봉차트조회요청", english="yearly bars of a stock", page_rows=30, finality=LIKE_BARS,
    note="dt is the first session of the year; no change, direction or turnover.",
    params=(STOCK, BASE_DATE, ADJUSTED),
    tables=(
        Table(evidence=RECORDED, rows="stk_yr_pole_chart_qry", index=("date",), freq="1y", marks="none", fields=(
            _DATE,
            *_OHLCV,
            _VALUE,
        )),
    ),
)

INDEX_DAY = Call(
    id="ka20006", path=PATH, title="업종일봉조회요청", english="daily bars of an index", page_rows=600,
    note="Index points are hundredfold integers, volume is in thousand shares although the manual says shares.",
    params=(INDEX_CODE, BASE_DATE),
    tables=(
        Table(evidence=RECORDED, rows="inds_dt_pole_qry", index=("date",), freq="1d", marks="none", fields=(
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

INVESTOR_CHART = Call(
    id="ka10060", path=PATH, title="종목별투자자기관별차트요청", english="investor flows of a stock by day, for charts", page_rows=100, finality=INVESTOR_FLOWS,
    note="As ka10059, to net of 2009; institution was seen to differ from the sum of its parts in old rows. What the manual calls value is the volume.",
    params=(
        Param("dt", "end", "일자", kind=DATE, note="newest session wanted"),
        STOCK,
        UNIT,
        SIDE,
        ROUND_TO,
    ),
    tables=tuple(
        Table(rows="stk_invsr_orgn_chart", index=("date",), freq="1d", when={**unit, "trde_tp": code}, fields=(
            Field("dt", "date", DATE, "일자"),
            Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
            Field("pred_pre", "change", CHANGE, "전일대비"),
            Field("acc_trde_prica", "volume", SHARES, "누적거래대금", note="the title says value; it is the volume in shares, whatever the unit"),
            *flows(side, suffix, kind, scale),
        ))
        for (side, code), (unit, suffix, kind, scale) in product(SIDES.items(), UNITS)),
)

INVESTORS_NOW_CHART = Call(
    id="ka10064", path=PATH, title="장중투자자별매매차트요청", english="estimated flows in the session of a stock, for charts", page_rows=100, finality=ESTIMATES,
    note="Estimates in the session, cumulated, at irregular times, never final. There is no individual.",
    params=(
        MARKET,
        UNIT,
        SIDE,
        STOCK,
    ),
    tables=tuple(
        Table(row="moment", rows="opmr_invsr_trde_chart", index=(), when={"amt_qty_tp": unit, "trde_tp": code}, fields=(
            Field("tm", "time_of_day", TIME, "시간", evidence=RECORDED),
            *(Field(raw, f"estimated_{name}_{side}{suffix}", kind, title, scale, evidence=known if (unit, code) == ("1", "0") else INFERRED) for raw, name, title, known in NOW_WHO),
        ))
        for (side, code), (unit, suffix, kind, scale) in product(SIDES.items(), (("1", "_value", MONEY, MILLION), ("2", "", NET_SHARES, 1)))),
)

INDEX_TICK = Call(
    id="ka20004", path=PATH, title="업종틱차트조회요청", english="tick bars of an index", page_rows=900,
    note="Signs before the prices say nothing: within one row they differ.",
    params=(
        INDEX_CODE,
        TICK_SCOPE,
    ),
    tables=(
        Table(rows="inds_tic_chart_qry", index=("time", "seq"), freq="tick", marks="ignored", fields=(
            Field("cntr_tm", "time", TIMESTAMP, "체결시간"),
            Field("open_pric", "open", INDEX, "시가", HUNDREDTH),
            Field("high_pric", "high", INDEX, "고가", HUNDREDTH),
            Field("low_pric", "low", INDEX, "저가", HUNDREDTH),
            Field("cur_prc", "close", INDEX, "현재가", HUNDREDTH),
            Field("trde_qty", "volume", SHARES, "거래량", THOUSAND, note="as in ka20006"),
            Field("pred_pre", "change", POINTS, "전일대비", HUNDREDTH, wire=BARE, evidence=INFERRED),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비 기호"),
        )),
    ),
)

INDEX_MINUTE = Call(
    id="ka20005", path=PATH, title="업종분봉조회요청", english="minute bars of an index", page_rows=900,
    note="cntr_tm is the start of the bar. Signs before the prices say nothing: within one row they differ.",
    params=(
        INDEX_CODE,
        MINUTE_SCOPE,
        replace(BASE_DATE, required=False),
    ),
    tables=(
        Table(rows="inds_min_pole_qry", index=("time",), freq="min", marks="ignored", evidence=RECORDED, fields=(
            Field("cntr_tm", "time", TIMESTAMP, "체결시간"),
            Field("open_pric", "open", INDEX, "시가", HUNDREDTH),
            Field("high_pric", "high", INDEX, "고가", HUNDREDTH),
            Field("low_pric", "low", INDEX, "저가", HUNDREDTH),
            Field("cur_prc", "close", INDEX, "현재가", HUNDREDTH),
            Field("trde_qty", "volume", SHARES, "거래량", THOUSAND, note="as in ka20006"),
            Field("acc_trde_qty", "volume_so_far", SHARES, "누적거래량", THOUSAND, note="since the open; the manual says shares"),
            Field("pred_pre", "change", POINTS, "전일대비", HUNDREDTH, optional=True, wire=BARE),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비 기호", optional=True),
        )),
    ),
)

INDEX_WEEK = Call(
    id="ka20007", path=PATH, title="업종주봉조회요청", english="weekly bars of an index", page_rows=300,
    note="dt is the first session of the week.",
    params=(
        INDEX_CODE,
        BASE_DATE,
    ),
    tables=(
        Table(rows="inds_stk_pole_qry", index=("date",), freq="1w", marks="none", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("open_pric", "open", INDEX, "시가", HUNDREDTH),
            Field("high_pric", "high", INDEX, "고가", HUNDREDTH),
            Field("low_pric", "low", INDEX, "저가", HUNDREDTH),
            Field("cur_prc", "close", INDEX, "현재가", HUNDREDTH),
            Field("trde_qty", "volume", SHARES, "거래량", THOUSAND),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
        )),
    ),
)

INDEX_MONTH = Call(
    id="ka20008", path=PATH, title="업종월봉조회요청", english="monthly bars of an index", page_rows=240,
    note="dt is the first session of the month; the running month carries the day it was asked.",
    params=(
        INDEX_CODE,
        BASE_DATE,
    ),
    tables=(
        Table(rows="inds_mth_pole_qry", index=("date",), freq="1mo", marks="none", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("open_pric", "open", INDEX, "시가", HUNDREDTH),
            Field("high_pric", "high", INDEX, "고가", HUNDREDTH),
            Field("low_pric", "low", INDEX, "저가", HUNDREDTH),
            Field("cur_prc", "close", INDEX, "현재가", HUNDREDTH),
            Field("trde_qty", "volume", SHARES, "거래량", THOUSAND),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION, evidence=INFERRED),
        )),
    ),
)

INDEX_YEAR = Call(
    id="ka20019", path=PATH, title="업종년봉조회요청", english="yearly bars of an index", page_rows=40,
    note="dt is the first session of the year.",
    params=(
        INDEX_CODE,
        BASE_DATE,
    ),
    tables=(
        Table(rows="inds_yr_pole_qry", index=("date",), freq="1y", marks="none", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("open_pric", "open", INDEX, "시가", HUNDREDTH),
            Field("high_pric", "high", INDEX, "고가", HUNDREDTH),
            Field("low_pric", "low", INDEX, "저가", HUNDREDTH),
            Field("cur_prc", "close", INDEX, "현재가", HUNDREDTH),
            Field("trde_qty", "volume", SHARES, "거래량", THOUSAND),
            Field("trde_prica", "value", MONEY, "거래대금", MILLION),
        )),
    ),
)

GOLD_TICK = Call(
    id="ka50079", path=PATH, title="금현물틱차트조회요청", english="tick bars of gold", page_rows=900,
    params=(
        GOLD,
        TICK_SCOPE,
        GOLD_ADJUSTED,
    ),
    tables=(
        Table(rows="gds_tic_chart_qry", index=("time", "seq"), freq="tick", marks="none", fields=(
            Field("cntr_tm", "time", TIMESTAMP, "체결시간"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
            Field("trde_qty", "volume", GRAMS, "거래량"),
            Field("pred_pre", "change", CHANGE, "전일대비", wire=BARE),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
        )),
    ),
)

GOLD_MINUTE = Call(
    id="ka50080", path=PATH, title="금현물분봉차트조회요청", english="minute bars of gold", page_rows=900,
    note="Signs before the prices say nothing: within one row they differ.",
    params=(
        GOLD,
        MINUTE_SCOPE,
        replace(GOLD_ADJUSTED, required=False),
    ),
    tables=(
        Table(rows="gds_min_chart_qry", index=("time",), freq="min", marks="ignored", fields=(
            Field("cntr_tm", "time", TIMESTAMP, "체결시간"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
            Field("trde_qty", "volume", GRAMS, "거래량"),
            Field("pred_pre", "change", CHANGE, "전일대비", wire=BARE),
            Field("acc_trde_qty", "volume_so_far", GRAMS, "누적거래량", note="since the open"),
        )),
    ),
)

GOLD_DAY = Call(
    id="ka50081", path=PATH, title="금현물일봉차트조회요청", english="daily bars of gold", page_rows=600,
    params=(
        GOLD,
        BASE_DATE,
        GOLD_ADJUSTED,
    ),
    tables=(
        Table(rows="gds_day_chart_qry", index=("date",), freq="1d", marks="none", fields=(
            Field("dt", "date", DATE, "일자"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
            Field("acc_trde_qty", "volume", GRAMS, "누적 거래량"),
            Field("acc_trde_prica", "value", MONEY, "누적 거래대금", MILLION),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
        )),
    ),
)

GOLD_WEEK = Call(
    id="ka50082", path=PATH, title="금현물주봉차트조회요청", english="weekly bars of gold", page_rows=300,
    params=(
        GOLD,
        BASE_DATE,
        GOLD_ADJUSTED,
    ),
    tables=(
        Table(rows="gds_week_chart_qry", index=("date",), freq="1w", marks="none", fields=(
            Field("dt", "date", LONG_DATE, "일자"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
            Field("acc_trde_qty", "volume", GRAMS, "누적 거래량"),
            Field("acc_trde_prica", "value_raw", COUNT, "누적 거래대금", note="the first seven digits of the value: its size is not known"),
        )),
    ),
)

GOLD_MONTH = Call(
    id="ka50083", path=PATH, title="금현물월봉차트조회요청", english="monthly bars of gold", page_rows=240,
    params=(
        GOLD,
        BASE_DATE,
        GOLD_ADJUSTED,
    ),
    tables=(
        Table(rows="gds_month_chart_qry", index=("date",), freq="1mo", marks="none", fields=(
            Field("dt", "date", LONG_DATE, "일자"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("cur_prc", "close", DIRECTED_PRICE, "현재가"),
            Field("acc_trde_qty", "volume", GRAMS, "누적 거래량"),
            Field("acc_trde_prica", "value", MONEY, "누적 거래대금", note="won here, million won in ka50081"),
        )),
    ),
)

GOLD_TICK_TODAY = Call(
    id="ka50091", path=PATH, title="금현물당일틱차트조회요청", english="tick bars of gold today", page_rows=900,
    params=(
        GOLD,
        TICK_SCOPE,
    ),
    tables=(
        Table(rows="gds_tic_chart_qry", index=("time", "seq"), freq="tick", marks="none", fields=(
            Field("cntr_tm", "time", TIMESTAMP, "체결시간"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("cntr_pric", "close", DIRECTED_PRICE, "체결가"),
            Field("trde_qty", "volume", GRAMS, "거래량(체결량)"),
            Field("pred_pre", "change", CHANGE, "전일 대비(원)", wire=BARE),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호"),
        )),
    ),
)

GOLD_MINUTE_TODAY = Call(
    id="ka50092", path=PATH, title="금현물당일분봉차트조회요청", english="minute bars of gold today", page_rows=900,
    params=(
        GOLD,
        MINUTE_SCOPE,
    ),
    tables=(
        Table(rows="gds_min_chart_qry", index=("time",), freq="min", fields=(
            Field("cntr_tm", "time", TIMESTAMP, "체결시간"),
            Field("open_pric", "open", DIRECTED_PRICE, "시가"),
            Field("high_pric", "high", DIRECTED_PRICE, "고가"),
            Field("low_pric", "low", DIRECTED_PRICE, "저가"),
            Field("cntr_pric", "close", DIRECTED_PRICE, "체결가"),
            Field("trde_qty", "volume", GRAMS, "거래량(체결량)"),
            Field("pred_pre", "change", CHANGE, "전일 대비(원)"),
            Field("acc_trde_qty", "volume_so_far", GRAMS, "누적 거래량", note="since the open"),
            Field("acc_trde_prica", "value", MONEY, "누적 거래대금", MILLION, note="blank in the manual's example"),
            Field("pred_pre_sig", "direction", DIRECTION, "전일대비기호", evidence=INFERRED),
        )),
    ),
)
