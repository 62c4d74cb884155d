"""One day in steps of five minutes against a witness: nothing stale is answered, nothing finished is asked again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.client import Client

from .witness import CODE, KST, Witness, clock

STEP = 5
DAYS = {"long": datetime(2026, 11, 24, tzinfo=KST), "before": datetime(2026, 9, 9, tzinfo=KST)}


class Question(NamedTuple):
    """A function of the package, what is true at the witness, and how many requests a day may cost."""

    ask: Callable[[Client], pd.DataFrame]
    truth: Callable[[Witness], dict[str, float]]
    requests: dict[str, int]


def bars(code: str, freq: str = "1d") -> Callable[[Client], pd.DataFrame]:
    return lambda client: kr.get_bars(code, freq, pages=1, client=client)


def day_bar(venue: str = "", opens: str = "09:00") -> Callable[[Witness], dict[str, float]]:
    """Yesterday's bar until the venue has opened, then today's."""

    def truth(witness: Witness) -> dict[str, float]:
        if witness.minute < clock(opens):
            return {"close": 50_000, "volume": 2_000}
        return {"close": witness.price(venue), "volume": witness.volume(venue)}

    return truth


def week_bar(witness: Witness) -> dict[str, float]:
    begun = witness.minute >= clock("09:00")
    return {"close": witness.price() if begun else 50_000, "volume": 10_000 + witness.volume() * begun}


def so_far(witness: Witness) -> dict[str, float]:
    return {"close": witness.price(), "volume": witness.volume()}


def last_trade(witness: Witness) -> dict[str, float]:
    if not witness.trades():
        return {"close": 50_000, "volume": 2_000}
    return {"close": witness.price(), "volume": witness.volume()}


def quote(venue: str = "") -> Callable[[Witness], dict[str, float]]:
    return lambda w: {"price": w.price(venue), "volume": w.volume(venue), "base_price": w.base()}


def sheet(witness: Witness) -> dict[str, float]:
    # rows of the coming day are there after midnight and are no rows before 08:00; this one is of the day before or after
    if not clock("08:00") <= witness.minute < clock("+08:00"):
        return {"close": 50_000, "volume": 2_000}
    return {"close": witness.price(), "volume": witness.volume()}


def flows(witness: Witness) -> dict[str, float]:
    if witness.minute < clock("09:00"):
        return {"close": 50_000, "foreign_net": 50}
    return {"close": witness.price(), "foreign_net": witness.foreign_net()}


def shorts(witness: Witness) -> dict[str, float]:
    return {"short_volume": witness.short_volume() or 3_000}


def index(witness: Witness) -> dict[str, float]:
    if witness.minute < clock("09:00"):
        return {"close": 2_500.0, "volume": 9_000_000}
    level, volume = witness.index()
    return {"close": level / 100, "volume": volume * 1_000}


def sector(witness: Witness) -> dict[str, float]:
    level, volume = witness.index()
    return {"level": level / 100, "volume": volume * 1_000}


# Requests from 00:00 to 08:55 of the next day, 396 steps, by hand. A dated answer: one for the day before, one in every
# step from the open (09:00; NXT 08:00) to the last one before it is final (21:00, or 20:05), one when it is final.
# An undated one: in every step to 21:00 or 20:05, once, and in every step from midnight on (108 of them).
DATED = {"long": 1 + 145 + 1, "before": 1 + 134 + 1}
DATED_NXT = {"long": 1 + 157 + 1 + 12, "before": 1 + 146 + 1 + 12}  # the next day begins at 08:00
UNDATED = {"long": 253 + 1 + 108, "before": 242 + 1 + 108}
# What waits for a later morning is asked for in every step; an index has a date, is final at 08:00 of the next day.
ALWAYS = {"long": 396, "before": 242 + 1 + 108}
INDEX = {"long": 97 + 276 + 1, "before": 1 + 134 + 1}

QUESTIONS = {
    "days": Question(bars(CODE), day_bar(), DATED),
    "days NXT": Question(bars(f"{CODE}_NX"), day_bar("_NX", "08:00"), DATED_NXT),
    "days both": Question(bars(f"{CODE}_AL"), day_bar("_AL", "08:00"), DATED_NXT),
    "weeks": Question(bars(CODE, "1w"), week_bar, DATED),
    "minutes": Question(bars(CODE, "1min"), last_trade, DATED),
    "ticks": Question(bars(CODE, "tick"), last_trade, UNDATED),
    "sheet": Question(lambda c: kr.get_daily(CODE, client=c), sheet, ALWAYS),
    "today": Question(lambda c: kr.get_today(CODE, client=c), so_far, UNDATED),
    "info": Question(lambda c: kr.get_info(CODE, client=c), quote(), UNDATED),
    "quotes": Question(lambda c: kr.get_quotes(CODE, client=c), quote(), UNDATED),
    "quotes NXT": Question(lambda c: kr.get_quotes(f"{CODE}_NX", client=c), quote("_NX"), UNDATED),
    "flows": Question(lambda c: kr.get_investors(CODE, pages=1, client=c), flows, DATED),
    "shorts": Question(lambda c: kr.get_short(CODE, client=c), shorts, DATED),
    "ranking": Question(
        lambda c: kr.get_ranking("volume", client=c),
        lambda w: {"price": w.price(), "volume": w.ranked_volume()},
        ALWAYS,
    ),
    "index": Question(lambda c: kr.get_index("kospi", pages=1, client=c), index, INDEX),
    "sector": Question(lambda c: kr.get_sector("kospi", client=c), sector, ALWAYS),
}


@pytest.fixture(params=DAYS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Witness, Client]]:
    """A witness of a Tuesday since, or a Wednesday before, the long day, and a client of it."""
    with Witness(request.param, DAYS[request.param]) as witness:
        with Client(witness.settings(tmp_path)) as client:
            yield request.param, witness, client
        witness.shutdown()


@pytest.mark.filterwarnings("ignore:.*have not begun are dropped:kiwoom_research.DataWarning")
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_day_in_steps_of_five_minutes(name: str, world: tuple[str, Witness, Client]) -> None:
    """The newest row is the witness's truth at every step, and finished numbers cost no request."""
    which, witness, client = world
    question = QUESTIONS[name]
    for minute in range(0, clock("+09:00"), STEP):
        witness.show(minute)
        row = question.ask(client).iloc[-1]
        truth = question.truth(witness)
        assert {column: row[column] for column in truth} == truth, f"{minute // 60:02}:{minute % 60:02}"
    calls = Counter(asked.headers["api-id"] for asked in witness.data)
    assert sum(calls.values()) == question.requests[which], calls


@pytest.mark.filterwarnings("ignore:.*have not begun are dropped:kiwoom_research.DataWarning")
def test_foreign_holdings_through_a_day(world: tuple[str, Witness, Client]) -> None:
    """What repeats the day before is missing; what is there in the evening is provisional until the morning."""
    which, witness, client = world
    day = pd.Timestamp(f"{witness.day:%Y-%m-%d}")
    seen = {}
    for minute in range(0, clock("+09:00"), STEP):
        witness.show(minute)
        frame = kr.get_foreign(CODE, pages=1, client=client)
        assert (day in frame.index) == (minute >= clock("08:00"))
        if minute < clock("08:00"):
            continue
        row = frame.loc[day]
        change, held = witness.holdings()
        copied = which == "long" and minute < clock("21:05")
        expected = [np.nan, np.nan] if copied else [float(change), float(held)]
        np.testing.assert_array_equal(row[["foreign_change", "foreign_shares"]].astype(float), expected)
        assert row["close"] == witness.price()
        seen.setdefault(bool(row["complete"]), minute)
    assert seen[True] == clock("+07:10" if which == "long" else "20:10")
    assert len(witness.data) == (396 if which == "long" else 242 + 1 + 108)


def test_a_change_before_the_evening_is_provisional(tmp_path: Path) -> None:
    """A row whose change is not 0 is no copy: it is shown, and not complete."""
    with Witness("long", DAYS["long"]) as witness:
        witness.holdings = lambda: (321, 1_000_321)  # type: ignore[method-assign]
        witness.show(clock("14:00"))
        with Client(witness.settings(tmp_path)) as client:
            row = kr.get_foreign(CODE, pages=1, client=client).iloc[-1]
        witness.shutdown()
    assert (row["foreign_change"], row["foreign_shares"], bool(row["complete"])) == (321, 1_000_321, False)


def test_an_answer_is_judged_by_when_it_arrived(tmp_path: Path) -> None:
    """Asked at 21:04, answered at 21:05: final; the other way round an answer of 21:04 is not."""
    with Witness("long", DAYS["long"]) as witness, Client(witness.settings(tmp_path)) as client:
        answer = witness.answer
        witness.show(clock("21:04"))

        def late(asked: object) -> object:
            witness.show(clock("21:05"))  # while the request is under way
            return answer(asked)  # type: ignore[arg-type]

        witness.answer = late  # type: ignore[assignment]
        assert kr.get_bars(CODE, client=client)["complete"].iloc[-1]
        witness.answer = answer
        witness.show(clock("23:00"))
        kr.get_bars(CODE, client=client)
        assert len(witness.data) == 1
        witness.shutdown()


def test_an_answer_of_later_is_no_hit(tmp_path: Path) -> None:
    """A clock that is set back: quotes of the evening are not those of the morning, finished days are the same."""
    with Witness("long", DAYS["long"]) as witness, Client(witness.settings(tmp_path)) as client:
        witness.show(clock("+10:00"))
        assert kr.get_quotes(CODE, client=client)["price"].iloc[0] == 56_300
        witness.show(clock("10:00"))
        assert kr.get_quotes(CODE, client=client)["price"].iloc[0] == 50_600
        assert len(witness.data) == 2
        witness.shutdown()
