"""`check-live`: what it asks, at which hours, against a server whose true answers were written by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kiwoom_research.calendar import KST
from kiwoom_research.cli import main
from kiwoom_research.client import Client
from kiwoom_research.errors import AuthError
from kiwoom_research.live_check import (
    QUESTIONS,
    add_answers,
    answer_table,
    ask_live,
    may_ask,
    read_answers,
)  # fmt: skip
from kiwoom_research.sandbox import Sandbox

from .conftest import client_of
from .tiny import Asked, Said
from .witness import Witness, clock

DAY = datetime(2026, 11, 17, tzinfo=KST)
AUCTION, LAST = 53_900, 56_300  # by hand: 390 and 630 trades above 50,000 in steps of 10


class LiveWitness(Witness):
    """The witness with the bars of the closing auction and the evening, and what else is asked."""

    refused = ""

    def _answer(self, asked: Asked) -> Said:
        if asked.headers["api-id"] == self.refused:
            return Said({"return_code": 20, "return_msg": "[2000](REQUEST_FAILED:조회할 수 없습니다)"})
        return super()._answer(asked)

    def _bar(self, time: str, price: int, day: datetime | None = None) -> dict[str, str]:
        return self._row(
            "ka10080", cntr_tm=f"{day or self.day:%Y%m%d}{time}", cur_prc=price, open_pric=price, high_pric=price,
            low_pric=price, trde_qty=1,
        )  # fmt: skip

    def ka10080(self, body: dict[str, str]) -> dict[str, Any]:
        rows = [self._bar("153000", AUCTION), self._bar("153000", 50_000, self.before)]
        if body["stk_cd"] != "069500" and self.world == "long" and self.minute >= clock("20:00"):
            rows.insert(0, self._bar("195900", LAST))
        return {"stk_cd": body["stk_cd"], "stk_min_pole_chart_qry": rows}

    def ka10099(self, body: dict[str, str]) -> dict[str, Any]:
        rows = [
            self._row(
                "ka10099",
                code="005930",
                name="witness",
                lastPrice=AUCTION,
                marketCode="0",
                marketName="거래소",
            )
        ]
        return {"list": rows if body["mrkt_tp"] == "0" else []}

    def ka20068(self, body: dict[str, str]) -> dict[str, Any]:
        return {
            "dbrt_trde_trnsn": [self._row("ka20068", dt=f"{self.day:%Y%m%d}", dbrt_trde_cntrcnt=3, rmnd=9)]
        }

    def ka10068(self, body: dict[str, str]) -> dict[str, Any]:
        return {
            "dbrt_trde_trnsn": [self._row("ka10068", dt=f"{self.day:%Y%m%d}", dbrt_trde_cntrcnt=5, rmnd=11)]
        }

    def ka10013(self, body: dict[str, str]) -> dict[str, Any]:
        return {"crd_trde_trend": [self._row("ka10013", dt=f"{self.before:%Y%m%d}", remn=7)]}


@contextmanager
def live(tmp_path: Path, world: str = "long", at: str = "21:30") -> Iterator[tuple[LiveWitness, Client]]:
    """A witness at a time of its day, and a client of it."""
    with LiveWitness(world, DAY) as server:
        server.show(clock(at))
        with Client(server.settings(tmp_path)) as client:
            yield server, client
        server.shutdown()


def answers(client: Client) -> dict[str, tuple[str, str]]:
    """Answer and verdict, by question."""
    return {given.question: (given.answer, given.assumed) for given in ask_live(client)}


CLOSE, MINUTES, _, _, LIST, _, CHANGE, WEEK, KIN, FUND, HOLDINGS, FLOWS, _, LENDING, CREDIT, SUMS, _ = (
    question.text for question in QUESTIONS
)


def test_the_long_day_is_told(tmp_path: Path) -> None:
    """By hand: the close is the price of 20:00, the auction's is 2,400 lower, the fund ends at 15:30."""
    with live(tmp_path) as (server, client):
        found = answers(client)
        assert len(server.data) <= 60 - 1  # and a token
    assert len(found) == len(QUESTIONS) == 17
    assert found[CLOSE] == ("close 56,300, closing auction 53,900, last price 56,300", "yes")
    assert found[MINUTES] == ("1 of 2 bars after the close, the newest at 19:59", "yes")
    assert found[LIST] == ("53,900, closing auction 53,900, last price 56,300", "")
    assert found[WEEK] == ("week 56,300, day 56,300", "yes")
    assert found[KIN] == ("ka10005 56,300, ka10006 56,300, ka10081 56,300", "yes")
    assert found[FUND] == ("newest bar of 069500 at 15:30", "yes")
    assert found[HOLDINGS] == ("2026-11-17: foreign_change 500, foreign_shares 1,000,500", "")
    assert found[FLOWS][0].startswith(
        "2026-11-17: foreign_net 39,820, "
    )  # 390 + 10 minutes, less what came late
    assert found[CREDIT] == ("2026-11-16: credit_shares 7", "")
    assert found[LENDING][0].startswith("005930 2026-11-17: lent 3, ")
    assert found[SUMS][0].startswith("005930 650,420, KOSPI ")


@pytest.mark.parametrize(("long_day", "assumed"), [(True, "yes"), (False, "no")])
def test_what_a_change_is_against_is_counted(long_day: bool, assumed: str, tmp_path: Path) -> None:
    """Where one close in five is the base price the change is against another one; where all are, it is not."""
    with Sandbox(rate=None, long_day=long_day) as box, client_of(box, tmp_path) as client:
        found = answers(client)
    assert found[CHANGE][1] == assumed
    assert found[CHANGE][0].endswith(" of 45 sessions since 2026-09-14")


def test_another_truth_is_told_too(tmp_path: Path) -> None:
    """A server whose daily close is the auction's price, and whose plain code has no evening: the package is wrong."""
    with live(tmp_path) as (server, client):
        server.ka10081, truth = lambda body: closed(truth(body)), server.ka10081  # type: ignore[method-assign]
        server.ka10080, minutes = lambda body: short(minutes(body)), server.ka10080  # type: ignore[method-assign]

        def closed(reply: dict[str, Any]) -> dict[str, Any]:
            reply["stk_dt_pole_chart_qry"][0]["cur_prc"] = str(AUCTION)
            return reply

        def short(reply: dict[str, Any]) -> dict[str, Any]:
            rows = reply["stk_min_pole_chart_qry"]
            return {
                **reply,
                "stk_min_pole_chart_qry": [row for row in rows if row["cntr_tm"][8:] <= "153000"],
            }

        found = answers(client)
    assert found[CLOSE] == ("close 53,900, closing auction 53,900, last price 56,300", "no")
    assert found[MINUTES] == ("0 of 1 bars after the close, the newest at 15:30", "no")
    assert found[KIN][1] == found[WEEK][1] == "no"


def test_a_refusal_is_an_answer(tmp_path: Path) -> None:
    """One call that the server refuses costs one answer, with the Korean message; wrong keys end the run."""
    with live(tmp_path) as (server, client):
        server.refused = "ka10059"
        found = answers(client)
    assert found[FLOWS][0].startswith("RequestError: ")
    assert "조회할 수 없습니다" in found[FLOWS][0]
    assert found[HOLDINGS][0].startswith("2026-11-17")
    with live(tmp_path / "other") as (server, client):
        server.issue = Said(
            {
                "return_code": 3,
                "return_msg": "인증에 실패했습니다[8001:App Key와 Secret Key 검증에 실패했습니다]",
            }
        )
        with pytest.raises(AuthError, match="8001"):
            ask_live(client)


@pytest.mark.parametrize(
    ("moment", "asked"),
    [
        ("2026-11-20 12:00", 3), ("2026-11-20 16:04", 3), ("2026-11-20 16:05", 11), ("2026-11-20 20:04", 11),
        ("2026-11-20 20:05", 17), ("2026-11-22 07:59", 17), ("2026-11-23 07:59", 17), ("2026-11-23 08:00", 3),
        ("2026-11-19 17:04", 3), ("2026-11-19 17:05", 11),
    ],
)  # fmt: skip
def test_hours(moment: str, asked: int) -> None:
    """By hand: in the session three questions, after it more, at 20:05 all, over the weekend until Monday at 08:00."""
    now = datetime.fromisoformat(moment).replace(tzinfo=KST)
    assert sum(may_ask(question.hours, now) for question in QUESTIONS) == asked


def test_runs_add_up_to_one_table_without_a_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two runs at two hours: one table in the order of the questions, both answers of what was asked twice."""
    file = tmp_path / "answers.jsonl"
    for hour in ("2026-11-20 18:10", "2026-11-20 21:30"):
        with Sandbox(rate=None, clock=hour) as box, client_of(box, tmp_path / hour[-5:-3]) as client:
            add_answers(file, ask_live(client))
            assert len(box.requests()) <= 60
            secrets = box.appkey, box.secretkey, "sandbox-"
    table = answer_table(read_answers(file))
    assert len(read_answers(file)) == 11 + 17
    lines = table.splitlines()
    assert len(lines) == 2 + 17 + 11
    assert [line.split(" | ")[1] for line in lines if HOLDINGS in line] == [
        "2026-11-20 18:10",
        "2026-11-20 21:30",
    ]
    assert not any(secret in table + file.read_text() for secret in secrets)
    assert "Bearer" not in table
    assert main(["check-live", "--server", "sandbox", "--answers", str(file)]) == 0
    said = capsys.readouterr()
    assert said.out.count(HOLDINGS) == 3
    assert said.err == f"\n17 of 17 questions asked, kept in {file}\n"


def test_what_is_open_says_when(tmp_path: Path) -> None:
    """Without an answer a question says at which hours; a file of something else is left alone."""
    assert "| ask at 20:05 to 08:00 |" in answer_table([])
    other = tmp_path / "notes.txt"
    other.write_text("mine\n")
    with pytest.raises(
        ValueError, match="expected the answers of earlier runs of check-live, got another file"
    ):
        read_answers(other)
    assert other.read_text() == "mine\n"
