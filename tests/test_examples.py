"""Every example of the manual becomes a frame, and the sandbox answers what the manual asks.

The examples are replies of the vendor's development server of 2024 and 2025 with the names replaced: right in form, so
that they show keys, spellings and signs; what they contradict of themselves is listed.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import kiwoom_research as kr
from kiwoom_research import frames
from kiwoom_research.endpoints import QUERIES, Call
from kiwoom_research.errors import DataError
from kiwoom_research.sandbox import Sandbox
from kiwoom_research.sandbox.market.base import Stock
from kiwoom_research.sandbox.market.synthetic import SyntheticMarket
from kiwoom_research.sandbox.replies.producers import answer

from .conftest import client_of

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 20, 21, 30, tzinfo=SEOUL)

# Cells of the examples that are not what their key says: (example, key)
UNREADABLE = {
    ("ka10001_m", "250hgst_pric_dt"),  # values stand five keys too early (protocol.md 7.1)
    ("ka10001_m", "250lwst_pric_dt"),
    ("ka10018_m", "pred_pre_sig"),  # 60 and 114
    ("ka10039_old", "netprps_amt"),  # keys that the older edition does not have
    ("ka10039_old", "buy_amt"),
    ("ka10039_old", "sell_amt"),
    ("ka10084_m", "stex_tp"),
    ("ka20004_old", "pred_pre"),
    ("ka20004_old", "pred_pre_sig"),
    ("ka20005_old", "acc_trde_qty"),
}
# examples that show another call's reply
ANOTHER = {"ka10082_old", "ka20005_m", "ka90003_m"}
NO_ROWS = {"ka10040_m", "ka10040_old"}  # the list of brokers that left is empty


def requested(call: Call, examples: dict[str, str]) -> dict[str, str]:
    """The request body of an example: what the manual prints, or the default where it prints no choice."""
    body = {param.raw: param.code(param.default) for param in call.params if param.default is not None}
    for param in call.params:
        text = examples.get(param.raw, "")
        if text and (not param.choices or text in param.choices.values()):
            body[param.raw] = text
    return body


@pytest.fixture(scope="module")
def printed(test_data: Path) -> dict[str, dict[str, str]]:
    """The request that the manual prints for each call."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    with (test_data / "reference" / "fields.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["direction"] == "request" and row["example"]:
                found[row["api_id"]][row["element"]] = row["example"]
    found["ka01301"] = {"arn_grp_id": "004"}  # newer than the list
    return {call.id: requested(call, found[call.id]) for call in QUERIES.values()}


@pytest.mark.filterwarnings("ignore::kiwoom_research.errors.DataWarning")
def test_every_example_becomes_a_frame(test_data: Path, printed: dict[str, dict[str, str]]) -> None:
    """Every part of every example decodes; the cells that cannot be read are those listed above."""
    unreadable: set[tuple[str, str]] = set()
    without_rows: set[str] = set()
    seen = set()
    for file in sorted((test_data / "reference" / "manual_examples").glob("*.json")):
        call = QUERIES[file.stem.partition("_")[0]]
        reply = json.loads(file.read_text(encoding="utf-8"))
        if file.stem in ANOTHER:
            with pytest.raises(DataError, match="no list of rows"):
                frames.build(call.table(printed[call.id]), [reply], request=printed[call.id], retrieved=NOW)
            continue
        seen.add(call.id)
        for part in call.parts:
            table = call.table(printed[call.id], part)
            frame = frames.build(table, [reply], request=printed[call.id], retrieved=NOW)
            unreadable |= {(file.stem, cell["key"]) for cell in frame.attrs.get("unreadable", ())}
            if not len(frame):
                without_rows.add(file.stem)
    assert len(seen) > 125
    assert unreadable == UNREADABLE
    assert without_rows == NO_ROWS


# --- the sandbox -------------------------------------------------------------------------------------

# what the manual's examples name and the market of the sandbox does not hold
UNKNOWN = {"069500": "005930", "039490": "005930"}
# What has no rows: of the few stocks, at this hour, or of what the manual asks and this market has not got.
EMPTY = {
    "ka10017",  # none is at its limit that day
    "ka10029",  # there is no auction
    "ka10039",  # no such broker
    "ka10054",  # the stock of the example had no interruption
    "ka30005",  # no ELW on an index
    "ka40003",  # a share has no NAV
    "ka90002",  # no such theme
    "ka01301",  # no such list
}
EIGHTH = 8  # a ranking goes over all stocks for each choice


class FewStocks(SyntheticMarket):
    """The market of a sandbox with every eighth of its stocks."""

    @property
    def stocks(self) -> dict[str, Stock]:
        """Code -> stock."""
        every = sorted(super().stocks.items())
        return {code: stock for at, (code, stock) in enumerate(every) if at % EIGHTH == 0 or code == "005930"}


@pytest.fixture(scope="module")
def market() -> FewStocks:
    """A small market."""
    return FewStocks()


def variations(call: Call, body: dict[str, str]) -> Iterator[dict[str, str]]:
    """A request, and the same with every other choice of each parameter; of ticks and minutes the last one."""
    yield body
    for param in call.params:
        codes = [code for code in param.choices.values() if code != body.get(param.raw)]
        for code in codes[-1:] if param.raw == "tic_scope" else codes:
            yield {**body, param.raw: code}


@pytest.mark.parametrize("call", [pytest.param(call, id=call.id) for call in QUERIES.values()])
def test_the_sandbox_answers_every_choice(
    call: Call, market: FewStocks, printed: dict[str, dict[str, str]]
) -> None:
    """The manual's request and every choice of each parameter get a reply; each table reads one without a fault."""
    body = {key: UNKNOWN.get(text, text) for key, text in printed[call.id].items()}
    read = set()
    for request in variations(call, body):
        page = answer(market, call, request, "", NOW)
        assert call.fits(page.body), request
        for part in call.parts:
            table = call.table(request, part)
            if (part, *table.when.items()) not in read:
                read.add((part, *table.when.items()))
                frame = frames.build(table, [page.body], request=request, retrieved=NOW, strict=True)
                assert len(frame) or call.id in EMPTY, (part, request)


def test_every_call_over_http(
    shared_box: Sandbox, tmp_path: Path, printed: dict[str, dict[str, str]]
) -> None:
    """Paths, required fields and envelope are right: `kr.query` gets a frame of every call from the server."""
    with client_of(shared_box, tmp_path) as client:
        for call in QUERIES.values():
            body = {key: UNKNOWN.get(text, text) for key, text in printed[call.id].items()}
            known = {param.raw for param in call.params}
            frame = kr.query(call.id, client=client, **{k: v for k, v in body.items() if k in known and v})
            assert list(frame.columns) == list(call.table(body).columns), call.id
