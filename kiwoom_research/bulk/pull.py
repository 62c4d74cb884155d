"""``plan`` and ``pull``: bars and flows of many codes, estimated before and downloaded with progress."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast, get_args

import numpy as np
import pandas as pd

from .. import frames
from ..data.arguments import Codes, When, frequency, one_of
from ..data.bars import FREQS, bars_request
from ..data.choices import ErrorHandling, FreqSpelling, PullFreq, PullWhat, StoredFreq
from ..data.connection import default_client
from ..data.fetch import BarsRequest, fetch
from ..data.investors import DAILY, days_request
from ..data.names import codes_of, codes_of_cached_list
from ..endpoints import Table
from ..errors import KiwoomError, PartialPull
from .estimate import Cost, chart_cost, listing_dates, summary, warn_if_cache_too_small
from .workers import failure_record, run_jobs

if TYPE_CHECKING:
    from ..client import Client


class HasPlan(Protocol):
    """A `Store`, which lies above this package."""

    def plan(
        self, codes: Codes, freq: StoredFreq = "1d", *, since: When = None, client: Client | None = None
    ) -> pd.Series:
        """Return what an update would cost."""


PULL_FREQS = tuple(freq for freq in FREQS if freq != "tick")


def plan(
    codes: Codes,
    freq: PullFreq | FreqSpelling = "1d",
    *,
    what: PullWhat = "bars",
    start: When = None,
    end: When = None,
    adjusted: bool = True,
    store: HasPlan | None = None,
    client: Client | None = None,
) -> pd.Series:
    """What a pull would cost, before anything is sent.

    Asks nothing. Counted are the calls of `pull`: ka10080 주식분봉차트조회요청, ka10081 주식일봉차트조회요청,
    ka10082 주식주봉차트조회요청, ka10083 주식월봉차트조회요청, ka10094 주식년봉차트조회요청, ka10059
    종목별투자자기관별요청, ka10008 주식외국인종목별매매동향, ka10014 공매도추이요청, ka10013 신용매매동향요청, ka20068
    대차거래추이요청(종목별), ka90013 종목일별프로그램매매추이요청.

    Parameters
    ----------
    codes : str or iterable of str
        Codes, or a frame whose index holds them.
    freq, what, start, end, adjusted
        As in `pull`.
    store : Store, optional
        Cost of ``store.update(codes, freq, since=start)`` instead, given what is stored.
    client : Client, optional
        Another client than the one of `connect`.

    Returns
    -------
    pandas.Series
        ``codes``; ``done`` [codes] that need no request; ``requests`` still to be sent, counted from the
        calendar (a code listed later than `start` needs fewer, and does so here when the stock list is in the
        cache); ``cached`` [requests] answered from the cache; ``rate`` [requests/s] of this server; ``time``,
        the shortest it can take. A warning says when the cache is too small for the pages of the pull.

    Raises
    ------
    ValueError
        An argument that cannot be.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> int(kr.plan(["005930", "000660"], start="2017-01-01")["codes"])
    2
    """
    client = default_client(client).frozen()
    if store is not None:
        one_of(what, ("bars",), "what")
        return store.plan(codes, cast(StoredFreq, freq), since=start, client=client)
    freq = cast(PullFreq, frequency(freq, PULL_FREQS))
    _check_what(what, freq, adjusted)
    wanted = codes_of_cached_list(codes, client)
    costs = _costs(wanted, partial(_request, what, freq, start, end, adjusted, client), client)
    warn_if_cache_too_small(client, FREQS[freq] if what == "bars" else DAILY[what], costs)
    return summary(client, costs)


def pull(
    codes: Codes,
    freq: PullFreq | FreqSpelling = "1d",
    *,
    what: PullWhat = "bars",
    start: When = None,
    end: When = None,
    adjusted: bool = True,
    progress: bool = True,
    on_error: ErrorHandling = "collect",
    client: Client | None = None,
) -> pd.DataFrame:
    """Bars of many codes in one long frame, or who traded them.

    Ctrl-C keeps every page that came: run the same again and it continues. So does a pull that failed.

    Kiwoom calls: ka10080 주식분봉차트조회요청, ka10081 주식일봉차트조회요청, ka10082 주식주봉차트조회요청,
    ka10083 주식월봉차트조회요청, ka10094 주식년봉차트조회요청; of flows those that `plan` names.

    Parameters
    ----------
    codes : str or iterable of str
        Codes, or a frame whose index holds them, such as ``get_stocks("kospi")``.
    freq : str
        As in `get_bars`, without ``tick``.
    what : {"bars", "investors", "foreign", "short", "credit", "lending", "program"}
        Bars, or what `get_investors`, `get_foreign`, `get_short`, `get_credit`, `get_lending` and `get_program` give by
        day; for these `freq` and `adjusted` stay as they are.
    start, end : date, datetime or text, optional
        As in `get_bars`; without `start` one page a code.
    adjusted : bool
        As in `get_bars`. All codes are adjusted as of the same session, also when the pull runs past midnight.
    progress : bool
        Show a bar with the time left, in a notebook or a terminal.
    on_error : {"collect", "raise"}
        What becomes of codes that failed. ``collect``: one warning, and ``attrs["failed"]`` lists them.
        ``raise``: `PartialPull` at the end, which holds the frame too.
    client : Client, optional
        Another client than the one of `connect`.

    Returns
    -------
    pandas.DataFrame
        Index (``code``, ``date`` or ``time``), sorted; columns as in `get_bars`. ``attrs["failed"]`` has one
        record for each code that failed: ``code, error, retryable, message``; make a frame of it with
        ``pd.DataFrame``.

    Raises
    ------
    PartialPull
        Some codes failed and ``on_error="raise"``.
    ValueError
        An argument that cannot be; nothing is sent.

    Notes
    -----
    Codes that do not exist are remembered until the stock list changes (the next morning) and not asked for
    again. When 8 codes in a row fail, or the key is refused, nothing more is sent; the codes left are listed
    as failed with error ``Skipped``.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> frame = kr.pull(["000660", "005930"], start="2026-11-16", progress=False)
    >>> frame.loc["005930"].shape[0], list(frame.index.names)
    (5, ['code', 'date'])
    >>> kr.pull(["000660", "005930"], what="foreign", start="2026-11-16", progress=False)["foreign_shares"].shape
    (10,)
    """
    freq = cast(PullFreq, frequency(freq, PULL_FREQS))
    _check_what(what, freq, adjusted)
    one_of(on_error, ("collect", "raise"), "on_error")
    client = default_client(client).frozen()
    wanted = sorted(codes_of(codes, client))
    costs = _costs(wanted, partial(_request, what, freq, start, end, adjusted, client), client)

    def job(code: str, client: Client) -> pd.DataFrame:
        return fetch(_request(what, freq, start, end, adjusted, client, code)).frame

    done: dict[str, pd.DataFrame] = {}
    failed: list[dict[str, Any]] = []
    with closing(run_jobs(client, costs, job, progress=progress, title=f"{what} {freq}")) as outcomes:
        for code, outcome in outcomes:
            if isinstance(outcome, KiwoomError):
                failed.append(failure_record(code, outcome))
            else:
                done[code] = outcome
    shape = _request(what, freq, start, end, adjusted, client, wanted[0])
    frame = long_frame(
        {code: done[code] for code in wanted if code in done},
        shape.call.table(shape.body),
        client.now(),
    )
    frame.attrs |= {"server": client.server.name, "freq": freq, "failed": failed}
    frame.attrs["adjusted"] = bool(adjusted) if what == "bars" else None
    if failed and on_error == "raise":
        raise PartialPull(frame, failures_frame(failed))
    if failed:
        warnings.warn(
            f"{failure_summary(failed, len(wanted))}; .attrs['failed'] says why", UserWarning, stacklevel=2
        )
    return frame


def _check_what(what: str, freq: str, adjusted: bool) -> None:
    one_of(what, get_args(PullWhat), "what")
    if what != "bars" and (freq != "1d" or adjusted is not True):
        raise ValueError(f"freq, adjusted: those of bars; {what!r} comes by day and as it was traded")


def _request(
    what: str, freq: str, start: When, end: When, adjusted: bool, client: Client, code: str
) -> BarsRequest:
    """The request for one code, not yet sent."""
    if what == "bars":
        return bars_request(code, freq, start=start, end=end, adjusted=adjusted, client=client)
    return days_request(DAILY[what], code, start=start, end=end, client=client)


def _costs(codes: Sequence[str], request_of: Callable[[str], BarsRequest], client: Client) -> dict[str, Cost]:
    """The cost of each code."""
    unknown = client.cache.unknown_codes(client.server.name, client.now())
    listed, costs = listing_dates(client), {}
    for code in codes:
        request = request_of(code)
        costs[code] = Cost(0) if code in unknown else chart_cost(client, request, listed.get(code[:6]))
    return costs


def failures_frame(records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The table of failures: ``code, error, retryable, message``."""
    return pd.DataFrame(records, columns=["code", "error", "retryable", "message"]).astype(
        {"retryable": bool}
    )


def failure_summary(failed: Sequence[Mapping[str, Any]], count: int) -> str:
    """How many failed, and the first of them."""
    first = failed[0]
    return f"{len(failed)} of {count} codes failed, the first {first['code']}: {first['message']}"


def long_frame(parts: Mapping[str, pd.DataFrame], table: Table, now: datetime) -> pd.DataFrame:
    """Frames of single codes as one, index (``code``, label); contract columns also when there is nothing."""
    empty = frames.assemble(table, [], retrieved=now)
    stacked = [part for part in parts.values() if len(part)] or [empty]
    frame = pd.concat(stacked, ignore_index=True) if len(stacked) > 1 else stacked[0].reset_index(drop=True)
    sizes = [len(part) for part in parts.values()]
    labels = stacked[0].index.append([part.index for part in stacked[1:]])
    times = labels.unique().sort_values()
    codes = np.repeat(np.arange(len(sizes)), sizes)
    frame.index = long_index(codes, list(parts), times.get_indexer(labels), times)
    frame.attrs = dict(stacked[0].attrs)
    frame.attrs.pop("code", None)
    frame.attrs["truncated"] = any(part.attrs.get("truncated", False) for part in parts.values())
    return frame


def long_index(
    which: np.ndarray[Any, Any], codes: Any, when: np.ndarray[Any, Any], times: pd.Index
) -> pd.MultiIndex:
    """The index (``code``, label) of rows that belong to ``codes[which]`` and ``times[when]``; both sorted."""
    levels: list[Any] = [pd.Index(codes, dtype=frames.TEXT_DTYPE), times]
    places: list[Any] = [which, when]
    return pd.MultiIndex(levels, places, names=["code", times.name], verify_integrity=False)
