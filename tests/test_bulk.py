"""Many codes at once: `plan` and `pull` over real HTTP, with faults, Ctrl-C and the request limit."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.bulk.estimate import Cost
from kiwoom_research.bulk.progress import Progress
from kiwoom_research.bulk.workers import MAX_WORKERS, SCALE_EVERY, run_jobs
from kiwoom_research.client import Client
from kiwoom_research.sandbox import Sandbox

from .conftest import FakeClock, client_of

CODES = ["005930", "000660", "035420", "035720", "850010", "850020", "850030", "850050", "850060", "850070"]


def asked(box: Sandbox, call: str = "ka10081") -> pd.DataFrame:
    """The requests of one call so far."""
    requests = box.requests()
    return requests[requests["call"] == call]


# --- the frame -----------------------------------------------------------------------------------


def test_is_get_bars_of_each_code(client: Client) -> None:
    """One sorted frame whose parts equal what `get_bars` gives, types and columns included."""
    frame = kr.pull(CODES, start="2021-01-04", progress=False, client=client)
    assert list(frame.index.names) == ["code", "date"]
    assert frame.index.is_monotonic_increasing
    assert frame.index.get_level_values("code").unique().tolist() == sorted(CODES)
    for code in CODES:
        single = kr.get_bars(code, start="2021-01-04", client=client)
        pd.testing.assert_frame_equal(frame.loc[code], single)
    assert frame.attrs["failed"] == []
    assert not frame.attrs["truncated"]
    assert "code" not in frame.attrs


def test_minutes_have_a_time_in_seoul(client: Client) -> None:
    """Minute bars come with index (code, time)."""
    frame = kr.pull(["000660", "005930"], "5min", start="2026-11-19", progress=False, client=client)
    assert list(frame.index.names) == ["code", "time"]
    assert str(frame.index.levels[1].dtype) == "datetime64[us, Asia/Seoul]"
    pd.testing.assert_frame_equal(
        frame.loc["005930"], kr.get_bars("005930", "5min", start="2026-11-19", client=client)
    )


def test_takes_a_stock_list(client: Client) -> None:
    """The frame of `get_stocks` is a list of codes."""
    funds = kr.get_stocks("etf", client=client)
    frame = kr.pull(funds, start="2026-11-20", progress=False, client=client)
    assert frame.index.get_level_values("code").tolist() == sorted(funds.index)


def test_nothing_in_the_range(client: Client) -> None:
    """No bars at all is a frame of the contract without rows."""
    frame = kr.pull(["850090", "005930"], start="1970-01-05", end="1970-01-09", progress=False, client=client)
    whole = kr.pull("005930", start="2026-11-20", progress=False, client=client)
    assert frame.empty
    assert list(frame.index.names) == ["code", "date"]
    pd.testing.assert_series_equal(frame.dtypes, whole.dtypes)


@pytest.mark.parametrize(
    "arguments",
    [
        {"codes": []},
        {"codes": 5930},
        {"freq": "tick"},
        {"freq": "2min"},
        {"on_error": "ignore"},
        {"start": "2026-02-01", "end": "2026-01-01"},
        {"adjusted": "yes"},
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(
    client: Client, box: Sandbox, arguments: dict[str, Any]
) -> None:
    """Mistakes of the caller are ValueErrors and cost nothing."""
    given = {"codes": CODES, "progress": False, "client": client, **arguments}
    with pytest.raises(ValueError, match=r"\w"):
        kr.pull(**given)
    assert box.requests().empty


def test_one_session_for_all_codes(client: Client, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pull that runs into the next session stays with the one it began in."""
    pages = Client.pages

    def slow(self: Client, *given: Any, **named: Any) -> Iterator[Any]:
        yield from pages(self, *given, **named)
        box.set_clock("2026-11-23 10:00")

    monkeypatch.setattr(Client, "pages", slow)
    frame = kr.pull(CODES, start="2026-11-16", progress=False, client=client)
    assert frame.attrs["base_date"] == "2026-11-20"
    assert set(frame.groupby("code").size()) == {5}


# --- what fails ----------------------------------------------------------------------------------


def test_failures_are_collected(client: Client, box: Sandbox) -> None:
    """By default one warning, and a record for each code that failed; the rest is there."""
    box.script({3: "1517"}, call="ka10081")
    with pytest.warns(UserWarning, match=r"1 of 10 codes failed, the first 035420: .*1517"):
        frame = kr.pull(CODES, start="2026-11-16", progress=False, client=client)
    assert frame.index.get_level_values("code").nunique() == 9
    (failed,) = frame.attrs["failed"]
    assert failed.keys() == {"code", "error", "retryable", "message"}
    assert (failed["code"], failed["error"], failed["retryable"]) == ("035420", "RequestError", False)


def test_failures_are_raised_at_the_end(client: Client, box: Sandbox) -> None:
    """With on_error="raise" a PartialPull holds the frame and the table of failures."""
    box.script({3: "1517", 4: "1517"}, call="ka10081")
    with pytest.raises(kr.PartialPull) as caught:
        kr.pull(CODES, start="2026-11-16", progress=False, on_error="raise", client=client)
    assert caught.value.failed.columns.tolist() == ["code", "error", "retryable", "message"]
    assert caught.value.failed["code"].tolist() == ["035420", "035720"]
    assert not caught.value.retryable
    assert caught.value.frame.index.get_level_values("code").nunique() == 8
    again = kr.pull(CODES, start="2026-11-16", progress=False, on_error="raise", client=client)
    assert again.index.get_level_values("code").nunique() == 10
    assert len(asked(box)) == 12


def partial_pull() -> None:
    """Raise a PartialPull; at the top of a module, so that another process can run it."""
    frame = pd.DataFrame({"close": [1.0]}, index=pd.Index(["005930"], name="code"))
    failed = pd.DataFrame({"code": ["000660"], "error": ["x"], "retryable": [True], "message": ["y"]})
    raise kr.PartialPull(frame, failed)


def test_a_partial_pull_comes_out_of_another_process() -> None:
    """Raised in a worker of a pool it arrives whole, and the pool goes on."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with pytest.raises(kr.PartialPull) as caught:
            pool.submit(partial_pull).result()
        assert pool.submit(max, 1, 2).result() == 2
    assert caught.value.frame.loc["005930", "close"] == 1
    assert caught.value.failed["code"].tolist() == ["000660"]
    assert caught.value.retryable


@pytest.mark.parametrize("unknown", ["blank", "1902"])
def test_dead_codes_are_remembered_for_the_day(tmp_path: Path, unknown: str) -> None:
    """A code that does not exist is asked for once a day, also by another client and another pull."""
    with Sandbox(rate=None, unknown=unknown) as box:
        for at in range(2):
            start = f"2026-11-{16 + at}"
            with client_of(box, tmp_path) as client:
                for call in ("ka10081", "ka10100"):  # the answers, not that there is no such stock
                    client.cache.clear(call, "099999", None)
                with pytest.warns(UserWarning, match="099999"):
                    frame = kr.pull(["005930", "099999"], start=start, progress=False, client=client)
            assert frame.attrs["failed"][0]["error"] == "UnknownCodeError"
            assert not frame.attrs["failed"][0]["retryable"]
            assert (asked(box)["code"] == "099999").sum() == 1
        box.set_clock("2026-11-23 08:00")
        with client_of(box, tmp_path) as client, pytest.warns(UserWarning, match="099999"):
            kr.pull(["005930", "099999"], start="2026-11-16", progress=False, client=client)
        assert (asked(box)["code"] == "099999").sum() == 2


def test_clearing_the_cache_forgets_dead_codes(client: Client, box: Sandbox) -> None:
    """After ``kr.cache.clear()`` a code that did not exist is asked for again; of another code or server it stays."""
    with pytest.warns(UserWarning, match="099999"):
        kr.pull("099999", start="2026-11-16", progress=False, client=client)
    name, now = client.server.name, client.now()
    assert list(client.cache.unknown_codes(name, now)) == ["099999"]
    client.cache.clear(None, "005930", None)
    client.cache.clear(None, None, "real")
    client.cache.clear("ka10081", None, None)
    assert list(client.cache.unknown_codes(name, now)) == ["099999"]
    client.cache.clear(None, "099999", None)
    assert client.cache.unknown_codes(name, now) == {}
    with pytest.warns(UserWarning, match="099999"):
        kr.pull("099999", start="2026-11-16", progress=False, client=client)
    assert len(asked(box)) == 2


def test_a_server_that_refuses_everything_is_left_alone(
    box: Sandbox, tmp_path: Path, fake_clock: FakeClock
) -> None:
    """After eight failures in a row nothing more is sent; every code is in the table of failures."""
    box.fail("500", None, call="ka10081")
    with client_of(box, tmp_path, clock=fake_clock) as client:
        codes = [f"85{n:03}0" for n in range(1, 41)]
        with pytest.raises(kr.PartialPull) as caught:
            kr.pull(codes, start="2026-11-16", progress=False, on_error="raise", client=client)
    assert asked(box)["code"].nunique() == 8
    failed = caught.value.failed.set_index("code")["error"]
    assert (failed == "NetworkError").sum() == 8
    assert (failed == "Skipped").sum() == 32
    assert caught.value.retryable
    assert caught.value.frame.empty


def test_single_failures_do_not_stop_a_pull(client: Client, box: Sandbox) -> None:
    """Failures with successes between them are no refusal, and unknown codes are none at all."""
    box.script({n: "1517" for n in range(1, 31) if n % 8}, call="ka10081")
    codes = [f"85{n:03}0" for n in range(11, 41)]
    unknown = [f"99{n:04}" for n in range(10)]  # sorted behind the others
    with pytest.warns(UserWarning, match="37 of 40 codes failed"):
        frame = kr.pull([*codes, *unknown], start="2026-11-20", progress=False, client=client)
    assert {record["error"] for record in frame.attrs["failed"]} == {"RequestError", "UnknownCodeError"}


def test_a_refused_key_stops_at_once(client: Client, box: Sandbox) -> None:
    """When the key is refused the next code would be refused as well."""
    box.fail("8010", None, call="ka10081")
    with pytest.warns(UserWarning, match="10 of 10"):
        frame = kr.pull(CODES, start="2026-11-16", progress=False, client=client)
    assert len(asked(box)) == 1
    assert [record["error"] for record in frame.attrs["failed"]] == ["AuthError", *["Skipped"] * 9]


def test_a_mistake_of_ours_is_no_failed_code(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no KiwoomError is raised, and no thread is left behind."""

    def broken(*given: Any, **named: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(Client, "pages", broken)
    with pytest.raises(ZeroDivisionError):
        kr.pull(CODES, start="2026-11-16", progress=False, client=client)
    assert threads() == []


# --- again ---------------------------------------------------------------------------------------


def threads() -> list[str]:
    """Threads of pulls that are still there."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("kiwoom-pull")]


def test_ctrl_c_keeps_everything(client: Client, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a code: threads end, and the next run asks only for what is missing."""
    call, pages = Client._page, []

    def pressed(self: Client, *given: Any, **named: Any) -> Any:
        page = call(self, *given, **named)
        pages.append(page)
        if len(pages) == 5:
            signal.raise_signal(signal.SIGINT)
        return page

    monkeypatch.setattr(Client, "_page", pressed)
    with pytest.raises(KeyboardInterrupt):
        kr.pull(CODES, start="2023-06-01", progress=False, client=client)
    assert threads() == []
    assert 5 <= len(asked(box)) < 10
    frame = kr.pull(CODES, start="2023-06-01", progress=False, client=client)
    assert frame.index.get_level_values("code").nunique() == 10
    assert not asked(box).duplicated(["code", "page"]).any()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to ignore")
def test_interrupting_tests_run_in_the_background() -> None:
    """A shell starts what runs in its background with SIGINT ignored; the test above is right there too."""
    test = f"{__file__}::{test_ctrl_c_keeps_everything.__name__}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=60", test]
    done = subprocess.run(
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_second_pull_asks_nothing(client: Client, box: Sandbox) -> None:
    """What is in the cache costs no request."""
    first = kr.pull(CODES, start="2021-01-04", progress=False, client=client)
    sent = len(box.requests())
    pd.testing.assert_frame_equal(kr.pull(CODES, start="2021-01-04", progress=False, client=client), first)
    assert len(box.requests()) == sent


# --- what it costs -------------------------------------------------------------------------------


def test_plan_is_right_and_asks_nothing(client: Client, box: Sandbox) -> None:
    """Requests and pages of a plan are those of the pull; afterwards everything is cached."""
    before = kr.plan(CODES, start="2023-06-01", client=client)
    assert box.requests().empty
    assert (before["codes"], before["done"], before["cached"]) == (10, 0, 0)
    kr.pull(CODES, start="2023-06-01", progress=False, client=client)
    assert before["requests"] == len(asked(box))
    after = kr.plan(CODES, start="2023-06-01", client=client)
    assert (after["done"], after["requests"], after["cached"]) == (10, 0, before["requests"])
    assert after["time"] == pd.Timedelta(0)


def test_plan_counts_what_a_shorter_pull_left_in_the_cache(client: Client) -> None:
    """Pages that an earlier pull brought are not counted again; the rest is."""
    kr.pull(CODES, progress=False, client=client)
    plan = kr.plan(CODES, start="2023-06-01", client=client)
    assert (plan["requests"], plan["cached"]) == (10, 10)


def test_plan_counts_pages_that_have_expired(client: Client, box: Sandbox) -> None:
    """Two evenings later the page of the newest bars is out of date, those behind it are not."""
    codes = ["005930", "000660"]
    kr.pull(codes, start="2022-01-03", progress=False, client=client)
    assert kr.plan(codes, start="2022-01-03", client=client)["requests"] == 0
    box.advance(days=4)
    planned = kr.plan(codes, start="2022-01-03", client=client)["requests"]
    answered = asked(box)["return_code"].eq(0)  # the token has expired too, and one request is refused
    kr.pull(codes, start="2022-01-03", progress=False, client=client)
    assert planned == asked(box)["return_code"].eq(0).sum() - answered.sum() > 0


def test_plan_knows_listing_dates_from_the_cache(client: Client) -> None:
    """A stock that was listed last month needs one page, if the stock list is there to say so."""
    assert kr.plan("850090", start="2023-06-01", client=client)["requests"] == 2
    kr.get_stocks("all", client=client)
    assert kr.plan("850090", start="2023-06-01", client=client)["requests"] == 1


@pytest.mark.parametrize(("freq", "requests"), [("1min", 18), ("60min", 1), ("1w", 1), ("1mo", 1), ("1y", 1)])
def test_plan_of_other_bars(client: Client, box: Sandbox, freq: str, requests: int) -> None:
    """The plan of every frequency is at least the truth and not much above it."""
    plan = kr.plan("005930", freq, start="2026-10-19", client=client)
    kr.pull("005930", freq, start="2026-10-19", progress=False, client=client)
    sent = len(box.requests()) - 1  # the token
    assert plan["requests"] == requests
    assert sent <= requests <= sent + 1


@pytest.mark.parametrize(("rate", "seconds"), [(5, 4), (1, 20)])
def test_plan_tells_the_time_at_the_limit(tmp_path: Path, rate: float, seconds: int) -> None:
    """Twenty requests take four seconds on the real host, twenty on the mock one."""
    with Sandbox(rate=rate) as box, client_of(box, tmp_path) as client:
        plan = kr.plan(CODES, start="2023-06-01", client=client)
    assert plan["rate"] == rate
    assert plan["time"] == pd.Timedelta(seconds=seconds)


def test_dead_codes_cost_nothing(client: Client) -> None:
    """A code that is known not to exist is not in the plan."""
    with pytest.warns(UserWarning, match="099999"):
        kr.pull("099999", start="2026-11-16", progress=False, client=client)
    assert kr.plan("099999", start="2023-06-01", client=client)["requests"] == 0


# --- the limit -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [5, 1])
def test_no_request_is_refused_for_speed(tmp_path: Path, fake_clock: FakeClock, rate: float) -> None:
    """A server that counts over one second refuses nothing, and 97 % of its limit is used."""
    with (
        Sandbox(rate=rate, limiter="window", monotonic=fake_clock.time) as box,
        client_of(box, tmp_path, clock=fake_clock) as client,
    ):
        began = fake_clock.time()
        kr.pull(CODES, start="2016-11-21", progress=False, client=client)
        taken = fake_clock.time() - began
    sent = len(asked(box))
    assert sent >= 40
    assert (asked(box)["status"] == 200).all()
    assert client.stats()["retries"] == 0
    assert (sent - 1) / rate <= taken <= (sent - 1) / rate / 0.97


@pytest.mark.parametrize(("free", "needed"), [(0, 1), (1, 1), (2, MAX_WORKERS)])
def test_threads_only_fill_free_slots(free: int, needed: int) -> None:
    """One thread suffices while requests have to wait for the limit; free slots bring more, up to eight."""
    stats, gate, names = Counter[str](), threading.Semaphore(), set()
    server = SimpleNamespace(name="", url="", rate=5)
    cache = SimpleNamespace(unknown_codes=lambda *_: {}, protect=lambda *_: nullcontext())
    fake: Any = SimpleNamespace(
        server=server,
        stats=lambda: stats,
        cache=cache,
        now=lambda: None,
        frozen=lambda: fake,
        cancel=lambda: None,
    )

    def job(code: str, client: Client) -> None:
        gate.acquire()
        names.add(threading.current_thread().name)
        stats["requests"] += 1
        stats["waits"] += stats["requests"] % SCALE_EVERY >= free

    codes = {f"{n:06}": Cost(1) for n in range(30 * SCALE_EVERY)}
    for _ in run_jobs(fake, codes, job, progress=False, title=""):
        gate.release()
    assert len(names) == needed
    assert threads() == []


# --- progress ------------------------------------------------------------------------------------


def test_progress_shows_codes_and_time(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    """A bar counts codes and ends at all of them."""
    kr.pull(CODES, start="2026-11-16", client=client)
    shown = capsys.readouterr().err
    assert "bars 1d: 100%" in shown
    assert "10/10 codes" in shown
    assert "0:00:00 left" in shown


def test_no_progress_no_output(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    """progress=False prints nothing."""
    kr.pull(CODES, start="2026-11-16", progress=False, client=client)
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""


def test_time_left_is_counted_in_requests() -> None:
    """Cached codes take no time; afterwards the pace measured decides, and what codes really needed."""
    sent, now = 0, 0.0
    fake: Any = SimpleNamespace(server=SimpleNamespace(rate=5), stats=lambda: {"requests": sent})
    codes = {f"{n:06}": Cost(0 if n < 100 else 5) for n in range(200)}
    shown = Progress(fake, codes, clock=lambda: now)
    assert shown.left() == "0:01:40 left"  # 500 requests, five a second
    for n in range(100):  # out of the cache, a tenth of a second each
        now += 0.1
        shown.done(f"{n:06}")
    assert shown.left() == "0:01:40 left"
    now, sent = now + 2, sent + 5  # twice as long as the limit asks for
    shown.done("000100")
    assert shown.left() == "0:03:18 left"  # 495 requests
    now, sent = now + 0.4, sent + 1  # listed lately: one page instead of five
    shown.done("000101")
    assert shown.left() == "0:01:58 left"  # 490 expected, six of ten are needed, 0.4 s each
