"""One odd cell is one odd cell: what a reply holds that cannot be read is missing, counted and named; the rest stays."""

import json
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research import frames
from kiwoom_research.calendar import KST
from kiwoom_research.endpoints import QUERIES
from kiwoom_research.errors import DataWarning

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=KST)
WIRE = Path(__file__).parent / "wire"


def build(api_id: str, reply: dict[str, Any], *, strict: bool = False, **request: str) -> pd.DataFrame:
    """The frame of a reply."""
    table = QUERIES[api_id].table(request)
    return frames.build(table, [reply], request=request, retrieved=NOW, strict=strict)


def quiet(api_id: str, reply: dict[str, Any], **request: str) -> tuple[pd.DataFrame, list[str]]:
    """The frame of a reply and what was warned about."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = build(api_id, reply, **request)
    assert all(issubclass(w.category, DataWarning) for w in caught)
    return frame, [str(w.message) for w in caught]


def reply_of(case: str, page: str = "reply") -> dict[str, Any]:
    """A reply of tests/wire, or one page of it."""
    return json.loads((WIRE / case / f"{page}.json").read_text(encoding="utf-8"))


# --- lists ---------------------------------------------------------------------------------------


def test_odd_rows_of_the_stock_list(test_data: Path) -> None:
    """The other rows stay whatever one row holds; one warning at most, with the call and the key."""
    cases = json.loads((test_data / "cases" / "odd_rows_ka10099.json").read_text(encoding="utf-8"))
    assert len(cases) > 5
    warned = 0
    for name, rows in cases.items():
        frame, messages = quiet("ka10099", {"list": rows}, mrkt_tp="0")
        assert "005930" in frame.index, name
        assert frame.loc["005930", "listed_shares"] == 5_919_637_922, name
        assert len(messages) <= 1, name
        assert all(message.startswith("ka10099: ") for message in messages), name
        assert len(frame.attrs.get("unreadable", ())) == 0 or messages, name
        warned += len(messages)
        if messages:
            with pytest.raises(kr.DataError, match="ka10099"):
                build("ka10099", {"list": rows}, strict=True, mrkt_tp="0")
    assert warned >= 3


def test_an_unknown_type_stays_as_its_text() -> None:
    """A choice that nobody knows is its code, counted; it is no reason to lose the market."""
    reply = reply_of("ka10099")
    reply["list"][0]["marketCode"] = "100"
    frame, (message,) = quiet("ka10099", reply, mrkt_tp="0")
    assert frame["type"].iloc[0] == "100"
    assert "'marketCode' (type)" in message
    assert "'100'" in message


# --- quotes --------------------------------------------------------------------------------------

# what one of a thousand codes says instead, and what becomes of the cell
ODD_QUOTES: dict[str, tuple[Any, str, Any]] = {
    "elwexpr_dt": ("0", "elw_expiry", pd.NaT),
    "cntr_tm": ("900", "trade_time", pd.NaT),
    "prty": ("*", "parity", np.nan),
    "dt": ("0", "session", pd.NaT),
    "cur_prc": (None, "price", np.nan),
    "lst_pric": ("-", "lower_limit", np.nan),
}


def thousand(changes: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A reply about a thousand codes, the 501st with other cells."""
    row = reply_of("ka10095")["atn_stk_infr"][0]
    codes = [f"{number:06}" for number in range(1, 1_001)]
    rows = [{**row, "stk_cd": code} for code in codes]
    rows[500] |= changes
    return {"atn_stk_infr": rows}, codes


@pytest.mark.parametrize("key", ODD_QUOTES)
def test_one_odd_cell_of_a_thousand_quotes(key: str) -> None:
    """A thousand rows, that cell missing, one warning that names call, code, key and text."""
    text, column, value = ODD_QUOTES[key]
    reply, codes = thousand({key: text})
    frame, (message,) = quiet("ka10095", reply, stk_cd="|".join(codes))
    assert len(frame) == 1_000
    assert frame["found"].all()
    assert pd.isna(frame.loc["000501", column])
    assert value is pd.NaT or np.isnan(value)
    assert frame[column].isna().sum() in (1, 1_000)  # a column that is blank in the reply stays blank
    for part in ("ka10095: one cell", repr(key), f"({column})", "000501", repr(str(text))):
        assert part in message
    assert frame.attrs["unreadable"] == [{"code": "000501", "key": key, "column": column, "text": str(text)}]
    with pytest.raises(kr.DataError, match=key):
        build("ka10095", reply, strict=True, stk_cd="|".join(codes))


def test_a_number_and_a_code_of_no_direction_are_no_reason_to_warn() -> None:
    """123 is 123; direction "0" says nothing, "43" is a plus."""
    reply, codes = thousand({"trde_qty": 123, "pred_pre_sig": "0"})
    frame, messages = quiet("ka10095", reply, stk_cd="|".join(codes))
    assert frame.loc["000501", "volume"] == 123
    assert pd.isna(frame.loc["000501", "direction"])
    assert messages == []
    reply, codes = thousand({"pred_pre_sig": "43"})
    frame, messages = quiet("ka10095", reply, stk_cd="|".join(codes))
    assert (frame.loc["000501", "direction"], messages) == ("up", [])


def test_odd_cells_of_one_stock() -> None:
    """ka10001 with four odd cells: the other 41 fields are right."""
    reply = reply_of("ka10001") | {"250hgst_pric_dt": "0", "pre_sig": "0", "setl_mm": "12월", "roe": "N/A"}
    frame, (message,) = quiet("ka10001", reply, stk_cd=reply["stk_cd"])
    row = frame.iloc[0]
    assert pd.isna(row["high_250d_date"])
    assert pd.isna(row["fiscal_month"])
    assert pd.isna(row["roe"])
    assert "3 cells" in message
    good = build("ka10001", reply_of("ka10001"), stk_cd=reply["stk_cd"]).iloc[0]
    same = [
        name for name in frame.columns if name not in ("high_250d_date", "fiscal_month", "roe", "direction")
    ]
    assert row[same].equals(good[same])


def test_the_manuals_shifted_example(test_data: Path) -> None:
    """The manual's own ka10001 example is read as far as it goes, and the warning says what is wrong with it."""
    example = test_data / "reference" / "manual_examples" / "ka10001_m.json"
    frame, (message,) = quiet("ka10001", json.loads(example.read_text(encoding="utf-8")), stk_cd="005930")
    assert len(frame) == 1
    assert "the manual's own example is shifted by five keys" in message


# --- bars ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "text"), [("dt", "2026112"), ("cur_prc", "n/a"), ("low_pric", "-")])
def test_a_bar_without_a_date_or_price_is_an_error(key: str, text: str) -> None:
    """What a bar cannot do without is an error of that code, never a guess."""
    reply = reply_of("ka10081", "reply_1")
    reply["stk_dt_pole_chart_qry"][1][key] = text
    with pytest.raises(kr.DataError, match=f"ka10081: cannot read '{text}' in '{key}'"):
        build("ka10081", reply, stk_cd=reply.get("stk_cd", ""))


def test_an_odd_volume_is_a_missing_volume() -> None:
    """Every other cell of a bar is missing where it cannot be read."""
    reply = reply_of("ka10081", "reply_1")
    reply["stk_dt_pole_chart_qry"][1]["trde_qty"] = "many"
    frame, (message,) = quiet("ka10081", reply, stk_cd=reply.get("stk_cd", ""))
    good = build("ka10081", reply_of("ka10081", "reply_1"))
    assert frame["volume"].isna().sum() == good["volume"].isna().sum() + 1
    assert frame["close"].notna().all()
    assert "'trde_qty'" in message


def test_a_price_that_no_row_has_is_an_error() -> None:
    """Bars without a single close are no bars; one row without it is a missing close."""
    reply = reply_of("ka10081", "reply_1")
    for row in reply["stk_dt_pole_chart_qry"]:
        row.pop("cur_prc")
    with pytest.raises(kr.DataError, match="no row has 'cur_prc'"):
        build("ka10081", reply)
    reply = reply_of("ka10081", "reply_1")
    reply["stk_dt_pole_chart_qry"][0].pop("cur_prc")
    frame, (message,) = quiet("ka10081", reply)
    assert frame["close"].isna().sum() == 1
    assert "lacking in 1 of" in message


# --- the question --------------------------------------------------------------------------------


def test_another_stocks_chart_is_refused() -> None:
    """A chart that names another stock is not taken for the one that was asked for."""
    reply = reply_of("ka10081", "reply_1") | {"stk_cd": "000660"}
    with pytest.raises(kr.DataError, match="expected the reply for 005930, got one for 000660"):
        build("ka10081", reply, stk_cd="005930")


@pytest.mark.parametrize("order", [("005930", "005930_AL"), ("005930_AL", "005930")])
def test_venues_by_their_name(order: tuple[str, ...]) -> None:
    """A row belongs to the code it names, with its venue: one left out is missing, also in another order."""
    row = reply_of("ka10095")["atn_stk_infr"][0]
    prices = {"005930": "111", "005930_AL": "333"}
    rows = [{**row, "stk_cd": code, "cur_prc": prices[code]} for code in order]
    frame, messages = quiet("ka10095", {"atn_stk_infr": rows}, stk_cd="005930|005930_NX|005930_AL")
    assert frame["price"].tolist()[::2] == [111, 333]
    assert np.isnan(frame["price"].iloc[1])
    assert (frame["found"].tolist(), messages) == ([True, False, True], [])


def test_a_ratio_whose_minus_is_a_colour() -> None:
    """ka10016: 22,145 shares after 29,475 are 75.13 % of the volume before, written "-75.13"."""
    reply = reply_of("ka10016")
    reply["ntl_pric"][0] |= {"trde_qty": "22145", "pred_trde_qty_pre_rt": "-75.13"}
    frame = build("ka10016", reply)
    assert frame["volume_ratio"].iloc[0] == 75.13 == round(22_145 / 29_475 * 100, 2)


# --- days ----------------------------------------------------------------------------------------


def days(*labels: str) -> dict[str, Any]:
    """A reply of daily bars, newest first."""
    row = reply_of("ka10081", "reply_1")["stk_dt_pole_chart_qry"][0]
    return {"stk_cd": "005930", "stk_dt_pole_chart_qry": [{**row, "dt": label} for label in labels]}


@pytest.mark.parametrize(
    ("now", "kept"),
    [
        ("2026-11-20 00:10", ["2026-11-19"]),  # after midnight the server shows a row of the coming day
        ("2026-11-20 07:59", ["2026-11-19"]),
        ("2026-11-20 08:00", ["2026-11-19", "2026-11-20"]),  # NXT has begun
        ("2026-11-22 12:00", ["2026-11-19", "2026-11-20"]),
    ],
)
def test_rows_of_a_session_that_has_not_begun_are_dropped(now: str, kept: list[str]) -> None:
    """With a warning that says how many and which."""
    table = QUERIES["ka10081"].table({})
    retrieved = datetime.fromisoformat(now).replace(tzinfo=KST)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = frames.build(table, [days("20261120", "20261119")], retrieved=retrieved)
    assert frame.index.strftime("%Y-%m-%d").tolist() == kept
    messages = [str(w.message) for w in caught]
    if len(kept) == 1:
        assert messages == [
            "ka10081: rows of sessions that have not begun are dropped: 1, the first of 2026-11-20"
            " (the last session that has begun is 2026-11-19)"
        ]
    else:
        assert messages == []


def test_minutes_of_tomorrow_are_dropped() -> None:
    """The same for every kind of bar."""
    row = reply_of("ka10080", "reply_1")["stk_min_pole_chart_qry"][0]
    rows = [{**row, "cntr_tm": stamp} for stamp in ("20261123090000", "20261120153000", "20261120152900")]
    frame, (message,) = quiet("ka10080", {"stk_cd": "005930", "stk_min_pole_chart_qry": rows})
    assert frame.index.strftime("%d %H:%M").tolist() == ["20 15:29", "20 15:30"]
    assert "dropped: 1, the first of 2026-11-23" in message


def test_a_row_on_a_closed_day_is_kept() -> None:
    """The calendar may be wrong: the row stays, a warning names the day, and attrs lists it."""
    frame, (message,) = quiet("ka10081", days("20261120", "20261003", "20261002", "20260926"))
    assert len(frame) == 4
    assert frame.attrs["closed_days"] == ["2026-09-26", "2026-10-03"]  # a Saturday, and one that is a holiday
    assert "2026-09-26, 2026-10-03" in message


def test_today_on_a_closed_day_is_kept() -> None:
    """A bar of a Saturday on that Saturday: the exchange trades, whatever the calendar says."""
    table = QUERIES["ka10081"].table({})
    with pytest.warns(DataWarning, match="closed are kept: 2026-11-21"):
        frame = frames.build(
            table, [days("20261121", "20261120")], retrieved=datetime(2026, 11, 21, 12, tzinfo=KST)
        )
    assert len(frame) == 2
