"""What is missing is known, said, seen by coverage, requested again, and healed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research import calendar
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox
from kiwoom_research.store.gaps import HOLE_TRIES

from ..conftest import FakeClock
from ..tiny import BAR, OK, Asked, Said, Tiny
from .conftest import asked, quiet

WIRE = Path(__file__).parents[1] / "wire"
SESSIONS = [f"{day:%Y%m%d}" for day in calendar.sessions_in_range("2026-06-01", "2026-11-20")]
CODE = "005930"


def bar(day: str, **more: str) -> dict[str, str]:
    """A daily bar whose price is the number of its session."""
    price = str(1_000 + SESSIONS.index(day))
    prices = dict.fromkeys(("cur_prc", "open_pric", "high_pric", "low_pric"), price)
    return {**BAR, **prices, "dt": day, "pred_pre": "+1", "pred_pre_sig": "2", **more}


class Broker:
    """A server of one stock that gives some of its bars: `spoil` says which, until the next answer is right again."""

    def __init__(self) -> None:
        self.spoil: Callable[[list[dict[str, str]]], list[dict[str, str]]] | None = None
        self.listing = json.loads((WIRE / "ka10100" / "reply.json").read_text(encoding="utf-8"))

    def __call__(self, asked: Asked) -> Said:
        call = asked.headers["api-id"]
        if call == "ka10100":
            return Said({**OK, **self.listing, "code": CODE, "regDay": "20200102"})
        assert call == "ka10081"
        base = asked.body["base_dt"]
        rows = [bar(day) for day in reversed(SESSIONS) if day <= base]
        return Said({**OK, "stk_cd": CODE, "stk_dt_pole_chart_qry": self.spoil(rows) if self.spoil else rows})


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[tuple[Broker, Tiny, Client, kr.Store]]:
    """The server, a client of it that keeps nothing, and an empty store."""
    answer = Broker()
    with Tiny(answer) as server, Client(server.settings(tmp_path)) as client:
        yield answer, server, client, kr.Store(tmp_path / "store")
        server.shutdown()


def only(days: list[str]) -> Callable[[list[dict[str, str]]], list[dict[str, str]]]:
    """These days and no others."""
    return lambda rows: [row for row in rows if row["dt"] in days]


def unreadable(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """One volume is no number."""
    return [{**row, "trde_qty": "n/a"} if row["dt"] == SESSIONS[50] else row for row in rows]


SPOILT = {
    "empty": (only([]), SESSIONS),
    "five of them": (only(SESSIONS[-5:]), SESSIONS[:-5]),
    "thirty are missing": (only(SESSIONS[:40] + SESSIONS[70:]), SESSIONS[40:70]),
    "the newest are missing": (only(SESSIONS[:-2]), SESSIONS[-2:]),
    "a volume is unreadable": (unreadable, SESSIONS[50:51]),
}


@pytest.mark.filterwarnings("ignore:.*could not be read:kiwoom_research.DataWarning")
@pytest.mark.parametrize("how", SPOILT)
def test_a_hole_is_seen_and_healed(how: str, broker: tuple[Broker, Tiny, Client, kr.Store]) -> None:
    """An answer that is short, without an error: the report says so, coverage names the days, the next update heals."""
    answer, server, client, store = broker
    answer.spoil, missing = SPOILT[how]
    report = quiet(store, CODE, client, since="2026-06-01")
    assert (
        f"{len(missing)} sessions have no bar, the first {pd.Timestamp(missing[0]).date()}"
        in report["note"].iloc[0]
    )
    holes = store.coverage()
    assert holes["code"].eq(CODE).all()
    assert holes["date"].dt.strftime("%Y%m%d").tolist() == missing
    assert len(store.bars()) == len(SESSIONS) - len(missing)
    answer.spoil = None
    client.cache.clear()  # as the next morning, when a page with a hole is no longer good
    assert store.plan(client=client)["requests"] == 1
    sent = len(server.data)
    healed = quiet(store, CODE, client)
    assert len(server.data) - sent == 1
    assert healed["bars"].tolist() == [len(missing)]
    assert store.coverage().empty
    assert store.bars()["close"].tolist() == [1_000 + number for number in range(len(SESSIONS))]
    assert quiet(store, CODE, client).empty


def test_a_hole_that_stays_is_not_requested_for_ever(broker: tuple[Broker, Tiny, Client, kr.Store]) -> None:
    """The server has no bar of that day: after some updates only since= requests it again."""
    answer, server, client, store = broker
    answer.spoil = only(SESSIONS[:40] + SESSIONS[41:])
    quiet(store, CODE, client, since="2026-06-01")
    for _ in range(HOLE_TRIES):
        client.cache.clear()
        assert len(quiet(store, CODE, client)) == 1
    client.cache.clear()
    sent = len(server.data)
    assert quiet(store, CODE, client).empty
    assert len(server.data) == sent
    assert store.coverage()["date"].dt.strftime("%Y%m%d").tolist() == [SESSIONS[40]]
    assert quiet(store, CODE, client, since="2026-10-01").empty  # the hole lies before
    answer.spoil = None
    assert quiet(store, CODE, client, since="2026-06-01")["bars"].tolist() == [1]
    assert store.coverage().empty


def test_days_before_the_listing_are_no_holes(broker: tuple[Broker, Tiny, Client, kr.Store]) -> None:
    """A code that was named by itself has a listing date too: what lies before it is not missing."""
    answer, _, client, store = broker
    quiet(store, CODE, client, since="2026-06-01")
    assert store.codes()["listed"].tolist() == [pd.Timestamp("2020-01-02")]
    answer.spoil = only(SESSIONS[20:])
    store = kr.Store(store._reader.folder.path.with_name("young"))
    client.cache.clear()
    report = quiet(store, CODE, client, since="2026-06-01")
    assert "20 sessions have no bar" in report["note"].iloc[0]  # it was listed in 2020: these are missing
    assert len(store.coverage()) == 20


# --- what is held ------------------------------------------------------------------------------------


def test_an_empty_store_wants_to_be_told(client: Client, box: Sandbox, tmp_path: Path) -> None:
    """Filling a whole market has to be said."""
    store = kr.Store(tmp_path / "store")
    for call in (store.update, store.refresh):
        with pytest.raises(ValueError, match="holds nothing yet: name codes, or a market"):
            call(progress=False, client=client)  # type: ignore[operator]
    for plan in (store.plan, store.plan_refresh):
        with pytest.raises(ValueError, match="holds nothing yet"):
            plan(client=client)  # type: ignore[operator]
    assert len(box.requests()) == 0


def test_update_and_refresh_keep_what_is_held(client: Client, box: Sandbox, tmp_path: Path) -> None:
    """Codes and frequencies of the store, and nothing else; the plan is what is sent."""
    store = kr.Store(tmp_path / "store")
    quiet(store, ["005930", "000660"], client, freq="30min", since="2026-11-02")
    quiet(store, ["035720"], client, since="2026-11-02")
    box.set_clock("2026-11-24 21:30")
    planned = store.plan(client=client)
    before = len(asked(box)) + len(asked(box, "ka10080"))
    report = store.update(progress=False, client=client)
    assert set(report.index) == {"005930", "000660", "035720"}
    sent = len(asked(box)) + len(asked(box, "ka10080")) - before
    refused = (box.requests()["return_code"] == 3).sum()  # the token ended with the day
    assert (
        sent - refused == planned["requests"] == 8
    )  # days, adjusted page and minutes of two codes, days and page of one
    assert planned["codes"] == 3
    assert store.codes().index.tolist() == ["000660", "005930", "035720"]
    assert store.codes("30min").index.tolist() == ["000660", "005930"]
    box.set_clock("2026-11-25 21:30")
    before = len(box.requests())
    report = store.refresh(check=0, progress=False, client=client)
    assert report["source"].to_dict() == dict.fromkeys(["000660", "005930", "035720"], "quote")
    calls = box.requests()["call"].iloc[before:]
    assert set(calls[calls != "/oauth2/token"]) == {"ka10099", "ka10095"}
    assert len(store.codes()) == 3


def test_a_plan_of_minutes_counts_their_days(client: Client, box: Sandbox, tmp_path: Path) -> None:
    """Every code of minutes needs its days, which show corporate actions."""
    store = kr.Store(tmp_path / "store")
    planned = store.plan(["005930", "000660"], "30min", since="2026-11-02", client=client)
    quiet(store, ["005930", "000660"], client, freq="30min", since="2026-11-02")
    sent = box.requests()["call"].isin(["ka10080", "ka10081", "ka10100"]).sum()
    assert planned["requests"] == sent == 8


# --- a clock that is wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "message"),
    [
        (
            "Fri, 20 Nov 2026 05:00:00 GMT",
            "the session of 2026-11-20 is final at",
        ),  # 14:00, the session is running
        ("Thu, 19 Nov 2026 23:30:00 GMT", "the session of 2026-11-20 is final at"),  # 08:30
    ],
)
@pytest.mark.filterwarnings("ignore:this computer's clock")
def test_a_clock_that_is_ahead_makes_nothing_final(date: str, message: str, tmp_path: Path) -> None:
    """The computer says 21:30, the server an earlier hour: quotes of the running session are no bars."""
    listing = json.loads((WIRE / "ka10099" / "reply.json").read_text(encoding="utf-8"))
    quotes = json.loads((WIRE / "ka10095" / "reply.json").read_text(encoding="utf-8"))
    row = {**listing["list"][0], "code": CODE, "regDay": "20200102"}

    def answer(asked: Asked) -> Said:
        match asked.headers["api-id"]:
            case "ka10099":
                return Said({**OK, "list": [row] if asked.body["mrkt_tp"] == "0" else []})
            case "ka10095":
                wanted = asked.body["stk_cd"].split("|")
                one = {**quotes["atn_stk_infr"][0], "dt": "20261120", "cntr_tm": "140000"}
                return Said({**OK, "atn_stk_infr": [{**one, "stk_cd": code} for code in wanted]})
        return Said(
            {**OK, "stk_cd": CODE, "stk_dt_pole_chart_qry": [bar(day) for day in reversed(SESSIONS[:-1])]}
        )

    clock = FakeClock()
    clock.seconds = pd.Timestamp("2026-11-20 21:30", tz="Asia/Seoul").timestamp()
    with Tiny(answer) as server, Client(server.settings(tmp_path, far=True), clock=clock) as client:
        server.date = date
        store = kr.Store(tmp_path / "store")
        with pytest.raises(kr.KiwoomError, match=message) as caught:
            store.refresh("kospi", progress=False, client=client, check=0)
        assert "update() works now" in str(caught.value)
        assert store.bars().empty
        server.shutdown()
