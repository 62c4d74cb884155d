"""The witnesses in ``tests/wire``: small replies and the frames they must become, both written by hand.

Every folder is named by its call, with ``-<case>`` after it where one call has several. The expected CSV has
the column names in its first row (index first), the dtypes in its second; a blank cell is missing.
"""

import csv
import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kiwoom_research import frames
from kiwoom_research.endpoints import QUERIES, call

WIRE = Path(__file__).parent / "wire"
CASES = sorted(folder.name for folder in WIRE.iterdir() if folder.is_dir())
TEXT = "str" if int(pd.__version__.split(".")[0]) >= 3 else "object"
SNAPSHOT = {"retrieved": "2026-11-20T21:30:00+09:00", "more": ""}


def values(texts: list[str], dtype: str) -> pd.Series:
    """The cells of one column of the CSV."""
    if dtype == "text":
        return pd.Series([text or np.nan for text in texts], dtype=TEXT)
    if dtype == "float64":
        return pd.Series([float(text or "nan") for text in texts], dtype=dtype)
    if dtype == "bool":
        return pd.Series([{"True": True, "False": False}[text] for text in texts], dtype=dtype)
    if dtype == "date":
        return pd.Series(np.array([text or "NaT" for text in texts], dtype="datetime64[us]"))
    if dtype == "time":
        return pd.Series(np.array(texts, dtype="datetime64[us]")).dt.tz_localize("Asia/Seoul")
    if dtype == "clock":  # a time of day
        return pd.Series(pd.to_timedelta([text or None for text in texts])).astype("timedelta64[us]")
    assert dtype in ("int8", "int64", "row"), dtype
    dtype = "int64" if dtype == "row" else dtype
    return pd.Series([int(text) for text in texts], dtype=dtype)


def expected(folder: Path) -> pd.DataFrame:
    """The frame of ``expected.csv``."""
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        names, dtypes, *rows = csv.reader(file)
    assert all(len(row) == len(names) for row in (dtypes, *rows)), f"{folder.name}: ragged expected.csv"
    columns = {
        name: values([row[i] for row in rows], dtype)
        for i, (name, dtype) in enumerate(zip(names, dtypes, strict=True))
    }
    levels = names[:2] if names[1] == "seq" else names[:1]
    if names[0] == "row":  # a frame without an index of its own
        return pd.DataFrame({name: column for name, column in columns.items() if name != "row"})
    data = {name: column.to_numpy() for name, column in columns.items() if name not in levels}
    if len(levels) == 2:
        index: pd.Index = pd.MultiIndex.from_arrays([columns[name] for name in levels], names=levels)
    else:
        index = pd.Index(columns[levels[0]], name=levels[0])
    frame = pd.DataFrame(data, index=index)
    texts = {name for name, dtype in zip(names, dtypes, strict=True) if dtype == "text"}
    return frame.astype(dict.fromkeys(texts - set(levels), TEXT))


def load(folder: Path, name: str) -> dict:
    """One JSON file of a folder."""
    return json.loads((folder / name).read_text(encoding="utf-8"))


def build(folder: Path) -> pd.DataFrame:
    """The frame which the package makes of a folder's replies."""
    meta = load(folder, "meta.json") if (folder / "meta.json").exists() else SNAPSHOT
    request = load(folder, "request.json")
    return frames.build(
        call(folder.name.partition("-")[0]).table(request, meta.get("part", "")),
        [load(folder, path.name) for path in sorted(folder.glob("reply*.json"))],
        request=request,
        retrieved=datetime.fromisoformat(meta["retrieved"]),
        more=meta["more"],
        strict=True,
    )


@pytest.mark.parametrize("case", CASES)
def test_reply_becomes_the_frame_written_by_hand(case: str) -> None:
    """A reply becomes its expected frame: values, signs, dtypes, order of columns and rows, index."""
    pd.testing.assert_frame_equal(build(WIRE / case), expected(WIRE / case), check_exact=True)


def test_every_call_has_a_witness(test_data: Path) -> None:
    """Every call has a folder here, a recorded reply (test_recorded_calls.py) or an example in the manual.

    The examples are replies of the vendor's development server: test_examples.py decodes each of them.
    """
    recorded = {path.stem.partition("_")[0] for path in (test_data / "recorded").glob("k*_*.json")}
    printed = {
        path.stem.partition("_")[0] for path in (test_data / "reference/manual_examples").glob("*.json")
    }
    missing = sorted(set(QUERIES) - {case.partition("-")[0] for case in CASES} - recorded - printed)
    assert not missing, f"no folder in tests/wire for {', '.join(missing)}"


@pytest.mark.parametrize("case", CASES)
def test_every_witness_names_its_source(case: str) -> None:
    """Every folder belongs to a call and says from which facts it was written."""
    assert case.partition("-")[0] in QUERIES
    assert (WIRE / case / "SOURCE").read_text(encoding="utf-8").strip()


def test_today_in_a_list_is_the_same_row() -> None:
    """ka10006 as a list of one row, as some editions of the manual show it, is the flat record."""
    folder = WIRE / "ka10006-trading"
    flat = load(folder, "reply.json")
    envelope = {key: flat.pop(key) for key in ("return_code", "return_msg")}
    frame = frames.build(
        QUERIES["ka10006"].tables[0],
        [{"stk_mmwkdd": [flat], **envelope}],
        request=load(folder, "request.json"),
        retrieved=datetime.fromisoformat(SNAPSHOT["retrieved"]),
    )
    pd.testing.assert_frame_equal(frame, expected(folder), check_exact=True)
