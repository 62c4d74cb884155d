"""The fault matrix: what a request can meet x where in a pull it meets it x which function pulls.

In every cell the frame is that of an undisturbed pull, or there is a typed error and the pages paid for are
in the cache: the next pull asks for the missing ones only. Requests and waits are counted and bounded.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research import errors
from kiwoom_research.client import Client
from kiwoom_research.client.adapter import SERVICE_TRIES, TRIES
from kiwoom_research.client.client import TIMEOUT
from kiwoom_research.config import settings
from kiwoom_research.endpoints import QUERIES
from kiwoom_research.sandbox import Sandbox
from kiwoom_research.sandbox.server import error_codes

from .conftest import FakeClock

# --- the three sides of the matrix -----------------------------------------------------------------


class Ending(NamedTuple):
    """How a fault that stays ends: the error and how many requests it takes to say so."""

    error: type[kr.KiwoomError]
    requests: int
    heals: bool = True  # whether asking again can help, within the pull or later


STAYS = {
    "429": Ending(errors.RateLimitError, TRIES),
    "500": Ending(errors.NetworkError, TRIES),
    "502": Ending(errors.NetworkError, TRIES),
    "drop": Ending(errors.NetworkError, TRIES),
    "slow": Ending(errors.NetworkError, TRIES),
    "half": Ending(errors.NetworkError, TRIES),
    "html": Ending(errors.MaintenanceError, TRIES),
    "rc7": Ending(errors.RequestError, SERVICE_TRIES + 1),
    "token": Ending(errors.AuthError, 2),
    "1634": Ending(errors.RequestError, 1, heals=False),
}
# An answer with return_code 0 that is not as it should be: no error, and what becomes of it is below.
SPOILT = ("key", "overlap", "blank", "schema", "text_code")
FAULTS = (*STAYS, *SPOILT)


class Asks(NamedTuple):
    """A pull of several requests: its call and how many it takes."""

    call: str
    requests: int
    pull: Callable[..., pd.DataFrame]


CODES = [str(801710 + 10 * at) for at in range(10)]
MANY = [str(800050 + 10 * at) for at in range(95)]
PULLS = {
    "get_daily": Asks("ka10005", 10, lambda **how: kr.get_daily("005930", 10, **how)),
    "get_minutes": Asks("ka10080", 10, lambda **how: kr.get_minutes("005930", pages=10, **how)),
    "get_bars": Asks("ka10081", 10, lambda **how: kr.get_bars("801710", start="1990-01-01", **how)),
    "get_info": Asks("ka10001", 10, lambda **how: kr.get_info(CODES, **how)),
    "get_quotes": Asks("ka10095", 10, lambda **how: kr.get_quotes(MANY, **how)),
}
# Client and server read the size of a page from the same table. With these the pulls above take ten requests,
# get_bars to the first bar of its stock, and the matrix half a minute instead of three.
PAGE_ROWS = {"ka10005": 30, "ka10080": 90, "ka10081": 250, "ka10095": 10}
PAGED = ("get_daily", "get_minutes", "get_bars")
PLACES = {"first page": 1, "page 4": 4, "last page": 0}

CELLS = [(fault, place, name) for fault in FAULTS for place in PLACES for name in PULLS]
NO_PAGE_BEFORE = "the first page has none before it to repeat rows of"
NO_PAGES = "each request is a question of its own; there is no page before to repeat rows of"
NO_OLD_ROWS = "only chart rows had another schema before mid 2025"
CANNOT_EXIST = {
    **{("overlap", "first page", name): NO_PAGE_BEFORE for name in PAGED},
    **{("overlap", place, name): NO_PAGES for place in PLACES for name in ("get_info", "get_quotes")},
    **{
        ("schema", place, name): NO_OLD_ROWS
        for place in PLACES
        for name in ("get_daily", "get_info", "get_quotes")
    },
}


# --- the means -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def market() -> Iterator[Sandbox]:
    """One sandbox for all cells, without a request limit and with short pages; each cell heals it."""
    sizes = {call: QUERIES[call].page_rows for call in PAGE_ROWS}
    try:
        short_pages(PAGE_ROWS)
        with Sandbox(rate=None) as box:
            yield box
    finally:
        short_pages(sizes)


def short_pages(sizes: dict[str, int]) -> None:
    """Set the rows of a page in the tables, which are frozen."""
    for call, rows in sizes.items():
        object.__setattr__(QUERIES[call], "page_rows", rows)


@pytest.fixture(scope="module")
def undisturbed(market: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """What every pull gives when nothing goes wrong, and how many requests that takes."""
    frames = {}
    with client(market, tmp_path_factory.mktemp("undisturbed")) as calm:
        for name, (call, requests, _) in PULLS.items():
            frames[name] = pull(name, calm)
            assert pages(market, call) == requests
    return frames


@pytest.fixture(autouse=True)
def healed(market: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every cell starts with a sound server, which can also say [1634] to any call."""
    monkeypatch.setitem(error_codes.CODES, "1634", (5, ""))
    yield
    market.clear_faults()


def client(
    box: Sandbox, folder: Path, fake_clock: FakeClock | None = None, *, patient: bool = True
) -> Client:
    """A client with its own cache; an impatient one gives up after 0.2 s."""
    timeout = TIMEOUT if patient else (0.2, 0.2)
    return Client(settings(box, cache_dir=folder), clock=fake_clock or FakeClock(), timeout=timeout)


def pull(name: str, using: Client, **how: bool) -> pd.DataFrame:
    """Ask."""
    return PULLS[name].pull(client=using, **how)


def pages(box: Sandbox, call: str, since: int = 0) -> int:
    """How many requests of a call the server has seen; no other data call may be among them."""
    seen = box.requests()["call"].iloc[since:]
    assert set(seen) <= {call, "/oauth2/token"} or not since
    return int((seen == call).sum())


def assert_same(frame: pd.DataFrame, right: pd.DataFrame) -> None:
    """Equal to the last value and label."""
    if not (frame.equals(right) and frame.index.equals(right.index)):
        pd.testing.assert_frame_equal(frame, right)  # says where
    assert (frame.dtypes == right.dtypes).all()
    assert frame.attrs == right.attrs


# --- the matrix ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "place", "name"), [cell for cell in CELLS if cell not in CANNOT_EXIST])
def test_fault_matrix(
    fault: str,
    place: str,
    name: str,
    market: Sandbox,
    undisturbed: dict[str, pd.DataFrame],
    fake_clock: FakeClock,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Complete and right, or a typed error with the pages paid for kept; bounded requests, no endless loop."""
    at = PLACES[place] or PULLS[name].requests
    right = undisturbed[name]
    if fault in STAYS:
        fails_then_heals(fault, at, name, market, right, fake_clock, tmp_path)
        return
    for lasts in (1, None) if at == 1 else (1,):  # that page alone, or every page
        with client(market, tmp_path / str(lasts), fake_clock) as using:
            since = len(market.requests())
            market.fail(fault, lasts, call=PULLS[name].call, after=at - 1)
            frame = pull(name, using)
            asked = pages(market, PULLS[name].call, since)
            market.clear_faults()
            {
                "key": stuck, "overlap": same, "text_code": same, "blank": holes, "schema": holes,
            }[fault](frame, right, name, at, asked, using, market)  # fmt: skip
    assert fake_clock.pauses == []
    if fault == "key" and name in PAGED and at < PULLS[name].requests:
        assert "does not move on" in caplog.text


def fails_then_heals(
    fault: str, at: int, name: str, market: Sandbox, right: pd.DataFrame, fake_clock: FakeClock, folder: Path
) -> None:
    """The fault stays: an error. Then it comes once more: the pull goes on where it was and is complete."""
    call, needed, _ = PULLS[name]
    error, tries, heals = STAYS[fault]
    since = len(market.requests())
    with client(market, folder, fake_clock, patient=fault != "slow") as using:
        market.fail(fault, None, call=call, after=at - 1, seconds=1)
        with pytest.raises(error) as caught:
            pull(name, using)
    assert type(caught.value) is error
    assert caught.value.api_id == call
    assert call in str(caught.value)
    assert caught.value.retryable is (heals and fault != "token")
    asked = pages(market, call, since)
    assert asked == at - 1 + tries or (fault == "slow" and asked >= at - 1 + tries)
    assert len(fake_clock.pauses) <= TRIES - 1 or fault == "slow"
    assert sum(fake_clock.pauses) <= 7.5 * (1 + (fault == "slow") * at)

    market.clear_faults()
    since = len(market.requests())
    with client(market, folder, fake_clock, patient=fault != "slow") as using:
        if heals:
            market.fail(fault, 1, call=call, seconds=1)
        assert_same(pull(name, using), right)
    asked = pages(market, call, since)
    missing = needed - (at - 1)
    assert asked == missing + heals or (fault == "slow" and missing < asked <= missing * TRIES)
    tokens = (market.requests()["call"].iloc[since:] == "/oauth2/token").sum()
    assert tokens <= (fault == "token") + 1


def same(
    frame: pd.DataFrame, right: pd.DataFrame, name: str, at: int, asked: int, using: Client, market: Sandbox
) -> None:
    """The fault shows in nothing, and the next pull asks for nothing."""
    assert_same(frame, right)
    assert asked == PULLS[name].requests
    since = len(market.requests())
    assert_same(pull(name, using), right)
    assert pages(market, PULLS[name].call, since) == 0


def stuck(
    frame: pd.DataFrame, right: pd.DataFrame, name: str, at: int, asked: int, using: Client, market: Sandbox
) -> None:
    """The newest part, marked as truncated; the page with the stuck key is asked for again and all is there."""
    needed = PULLS[name].requests
    if name not in PAGED:  # a snapshot has no next page: a key behind it means nothing
        same(frame, right, name, at, asked, using, market)
        return
    assert asked <= at + 1
    assert frame.attrs["truncated"]
    if at == needed:
        pd.testing.assert_frame_equal(frame, right)
    else:
        assert len(frame) == at * PAGE_ROWS[PULLS[name].call]
    known = right.iloc[-len(frame) :]
    columns = [column for column in frame if column != "complete"]
    # the oldest row has lost its reference, and the page's oldest day is cut
    pd.testing.assert_frame_equal(frame[columns].iloc[1:], known[columns].iloc[1:])
    since = len(market.requests())
    assert_same(pull(name, using), right)
    # where the key was followed, the page before is asked again too: it may be what leads into the dead end
    followed = at > 1 and (at < needed or name == "get_bars")
    assert pages(market, PULLS[name].call, since) == needed - (at - 1) + followed


def holes(
    frame: pd.DataFrame, right: pd.DataFrame, name: str, at: int, asked: int, using: Client, market: Sandbox
) -> None:
    """A blank is a missing value and nothing else: what is there is right, and a refresh brings the rest."""
    assert asked == PULLS[name].requests
    pd.testing.assert_index_equal(frame.index, right.index)
    assert list(frame.columns) == list(right.columns)
    assert (frame.dtypes == right.dtypes).all()
    lost = 0
    for column in frame:
        there = frame[column].notna().to_numpy()
        lost += int((~there & right[column].notna().to_numpy()).sum())
        if column.endswith("_sign"):
            there = frame[column].to_numpy() != 0
            there &= frame[column.removesuffix("_sign")].notna().to_numpy()
        if column == "official_close_source":  # a missing close has none, or has it from the next session
            there = frame["official_close"].notna().to_numpy() & frame["close"].notna().to_numpy()
        assert (frame[column].to_numpy()[there] == right[column].to_numpy()[there]).all(), column
    assert lost > 0
    assert_same(pull(name, using, refresh=True), right)


@pytest.mark.parametrize("cell", CANNOT_EXIST, ids="-".join)
def test_cells_that_cannot_exist(
    cell: tuple[str, str, str],
    market: Sandbox,
    undisturbed: dict[str, pd.DataFrame],
    fake_clock: FakeClock,
    tmp_path: Path,
) -> None:
    """The cells left out of the matrix: the server has no such answer, and asking it for one changes nothing."""
    fault, place, name = cell
    at = PLACES[place] or PULLS[name].requests
    with client(market, tmp_path, fake_clock) as using:
        since = len(market.requests())
        market.fail(fault, 1, call=PULLS[name].call, after=at - 1)
        assert_same(pull(name, using), undisturbed[name])
    assert pages(market, PULLS[name].call, since) == PULLS[name].requests
    assert np.array_equal(fake_clock.pauses, [])


def test_waits_and_retries_are_told(
    market: Sandbox, fake_clock: FakeClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """INFO for each wait and each retry, one DEBUG line a request, nothing else; the counts are those of stats()."""
    caplog.set_level(logging.DEBUG, "kiwoom_research")
    made = settings(market, cache_dir=tmp_path)
    with Client(replace(made, server=replace(made.server, rate=5)), clock=fake_clock) as using:
        using.tokens.token()
        caplog.clear()
        market.fail("500", call="ka10005", after=2)
        pull("get_daily", using)
        stats = using.stats()
    lines = [(line.levelname, line.message) for line in caplog.records if line.name == "kiwoom_research"]
    waits = [text for level, text in lines if level == "INFO" and "waited 0." in text]
    retries = [text for level, text in lines if level == "INFO" and "again in" in text]
    asked = [text for level, text in lines if level == "DEBUG"]
    assert (len(waits), len(retries), len(asked)) == (stats["waits"], 1, 11)
    assert [line for line in asked if "Error" in line] == [asked[2]]
    assert stats["retries"] == 1
    assert 8 <= len(waits) <= 10  # not before the first request, and not where the pause was longer
    assert len(lines) == len(waits) + len(retries) + len(asked)
    assert retries[0].startswith("ka10005 page 3: ka10005: HTTP 500")
    assert waits[0].startswith("ka10005 page 2: waited 0.2")


def test_the_matrix_is_whole() -> None:
    """15 faults, 3 places, 5 functions; every cell is run or listed with its reason."""
    assert len(FAULTS) == 15
    assert len(CELLS) == 225
    assert set(CANNOT_EXIST) < set(CELLS)
    assert all(CANNOT_EXIST.values())
    assert {requests for _, requests, _ in PULLS.values()} == {10}
