"""What each command of ``kiwoom-research`` does."""

from __future__ import annotations

import argparse
import getpass
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pandas as pd

from . import data
from .bulk.pull import pull
from .config import Keys, forget_keys, keep_keys
from .data.files import check_suffix, write_frame
from .data.names import code_of
from .display import korean, show
from .endpoints import QUERIES
from .errors import KiwoomError
from .live_check import QUESTIONS, add_answers, answer_table, ask_live, read_answers

if TYPE_CHECKING:
    from .sandbox import Sandbox


def _info(given: argparse.Namespace) -> None:
    _check_out(given)
    with data.connect(given.server) as client:
        frame = data.get_info(given.codes if len(given.codes) > 1 else given.codes[0], client=client)
    if given.out is None:
        _print_across(frame)
    else:
        _write(frame, given, "stocks")


def _bars(given: argparse.Namespace) -> None:
    _check_out(given)
    several = len(given.codes) > 1
    if several and (given.pages is not None or given.freq == "tick"):
        raise ValueError("--pages and --freq tick: for one code; use --start with several")
    days = {"start": given.start, "end": given.end, "adjusted": not given.raw}
    with data.connect(given.server) as client:
        if several:
            frame = pull(given.codes, given.freq, **days, client=client)
        else:
            code = code_of(given.codes[0], client)
            bars = data.get_bars(code, given.freq, **days, pages=given.pages, client=client)
            frame = pd.concat({code: bars}, names=["code"])
            frame.attrs = bars.attrs
    _show(frame, given, "bars")
    if frame.attrs["truncated"]:
        print("truncated; use --start or --pages for more", file=sys.stderr)


def _flows(given: argparse.Namespace) -> None:
    _check_out(given)
    with data.connect(given.server) as client:
        frame = pull(given.codes, what=given.what, start=given.start, end=given.end, client=client)
    _show(frame, given, "rows")


def _quotes(given: argparse.Namespace) -> None:
    _check_out(given)
    with data.connect(given.server) as client:
        codes = given.codes[0] if len(given.codes) == 1 else given.codes
        frame = data.get_quotes(codes, client=client)
    _show(frame, given, "stocks", QUOTE_COLUMNS)


def _ranking(given: argparse.Namespace) -> None:
    _check_out(given)
    options = {"sessions": given.sessions, "without": given.without, "pages": given.pages}
    with data.connect(given.server) as client:
        frame = data.get_ranking(given.by, given.market, **options, client=client)
    _show(frame, given, "stocks")


def _find(given: argparse.Namespace) -> None:
    _check_out(given)
    with data.connect(given.server) as client:
        frame = data.find(given.text, client=client)
    if frame.empty:
        raise ValueError(f"no stock has {given.text!r} in its name or code")
    _show(frame, given, "stocks", FIND_COLUMNS)


def _plot(given: argparse.Namespace) -> None:
    from .charts import plot  # loads matplotlib

    with data.connect(given.server) as client:
        bars = data.get_bars(given.code, given.freq, start=given.start, end=given.end, client=client)
    if bars.empty:
        raise ValueError(f"{given.code}: there are no bars in that range")
    try:
        plot(bars, title=given.code, last=given.last).savefig(given.picture, dpi=120)
    except ValueError as error:  # a suffix that matplotlib does not know
        raise ValueError(f"{given.picture}: {error}") from None
    print(f"{given.picture}: {len(bars)} bars of {given.code}")


def _cache(given: argparse.Namespace) -> None:
    with data.connect(given.server) as client:
        if given.what == "clear":
            removed = client.cache.clear(call=given.call, code=given.code)
            print(f"{removed:,} answers removed")
            return
        info = client.cache.info({client.server.name: client.now()})
    for name, wanted in (("call", given.call), ("code", given.code)):
        info = info if wanted is None else info[info[name] == wanted]
    print(info.to_string(max_rows=60) if len(info) else "nothing is cached")


QUOTE_COLUMNS = ["name", "price", "change", "change_pct", "volume", "value", "ask", "bid"]
FIND_COLUMNS = ["name", "market", "type", "sector", "listed_shares", "state"]


def _check_out(given: argparse.Namespace) -> None:
    """Refuse a file that cannot be written before anything is asked."""
    if given.out is not None:
        check_suffix(given.out)


def _show(
    frame: pd.DataFrame, given: argparse.Namespace, what: str, columns: list[str] | None = None
) -> None:
    """Print the first and last rows, or write the file that was asked for."""
    if given.out is not None:
        _write(frame, given, what)
        return
    shown = frame if columns is None else frame[columns]
    codes = frame.index.get_level_values("code") if "code" in frame.index.names else frame.index
    if shown.index.nlevels > 1 and codes.nunique() == 1:
        shown = shown.droplevel("code")
    print(show(shown, 20))


def _write(frame: pd.DataFrame, given: argparse.Namespace, what: str) -> None:
    write_frame(korean(frame) if given.korean else frame, given.out)
    print(f"{len(frame)} {what} written to {given.out}")


def _catalog(given: argparse.Namespace) -> None:
    found = data.catalog(" ".join(given.words))
    if found.empty:
        raise ValueError(f"no call has the words {' '.join(given.words)}; without words, catalog lists all")
    for api_id, title, english in zip(found.index, found["title"], found["english"], strict=True):
        print(f"{api_id}  {english} ({title})")


def _describe(given: argparse.Namespace) -> None:
    print(data.describe(given.call))


def _check_live(given: argparse.Namespace) -> None:
    earlier = read_answers(given.answers)
    with data.connect(given.server) as client:
        found = ask_live(client)
    add_answers(given.answers, found)
    print(answer_table([*earlier, *found]))
    print(f"\n{len(found)} of {len(QUESTIONS)} questions asked, kept in {given.answers}", file=sys.stderr)


def _update(given: argparse.Namespace) -> None:
    from .store import Store

    store, codes = Store(given.store), given.code or given.market
    if given.quotes and (given.code or given.since or given.freq not in (None, "1d")):
        raise ValueError("--quotes: expected a market and daily bars, got --code, --since or --freq")
    with data.connect(given.server) as client:
        if given.plan:
            if given.quotes:
                plan = store.plan_refresh(given.market, client=client)
            else:
                plan = store.plan(codes, given.freq, since=given.since, client=client)
            print(plan.to_string())
            return
        if given.quotes:
            report = store.refresh(given.market, client=client)
        else:
            report = store.update(codes, given.freq, since=given.since, client=client)
    failed = report[report["error"] != ""]
    print(
        f"{report['bars'].sum():,} bars of {len(report)} codes, {report['events'].sum()} events: {given.store}"
    )
    for code, note in report["note"][report["note"] != ""].items():
        print(f"{code}: {note}", file=sys.stderr)
    if len(failed):
        raise KiwoomError(f"{len(failed)} codes failed; run the command again to continue")


def _store_info(given: argparse.Namespace) -> None:
    from .store import Store

    if not (given.folder / "manifest.json").is_file():
        raise ValueError(f"expected a store, got {given.folder} without a manifest.json")
    store = Store(given.folder)
    info = store.info()
    print(info.to_string())
    print(f"{info['rows'].sum():,} bars, {info['bytes'].sum() / 1e6:,.1f} MB, {len(store.events())} events")


def _login(given: argparse.Namespace) -> None:
    server = "mock" if given.mock else "real"
    print(f"Keys of the {server} host, from openapi.kiwoom.com; what you type is not shown.")
    keys = Keys(getpass.getpass("app key: ").strip(), getpass.getpass("secret key: ").strip())
    if not keys:
        raise ValueError("login: expected both keys, got one or none")
    keep_keys(server, keys)
    print("Saved in the keyring. Try them: kiwoom-research info 005930")


def _logout(given: argparse.Namespace) -> None:
    server = "mock" if given.mock else "real"
    try:
        with data.connect(server) as client:
            if client.settings.keys and data.revoke_token(client=client):
                print("Token revoked.")
    except KiwoomError as error:
        print(f"The token could not be revoked: {error}", file=sys.stderr)
    print("Keys deleted." if forget_keys(server) else "No keys in the keyring.")


def _sandbox(given: argparse.Namespace) -> None:
    from .sandbox import Sandbox

    if given.bars is not None and not given.bars.exists():
        raise ValueError(f"--bars: expected a file, got {given.bars}, which does not exist")
    options = {"rate": given.rate, "burst": given.burst, "latency": given.latency}
    options |= {"clock": given.clock} if given.clock else {}
    with Sandbox(
        seed=given.seed, bars=given.bars, port=given.port, bot_filter=not given.no_bot_filter, **options
    ) as box:
        print(_how_to_connect(box), flush=True)
        with suppress(KeyboardInterrupt):
            box.wait()
    print("\nSandbox stopped.")


def _how_to_connect(box: Sandbox) -> str:
    """What to paste to connect a client to a sandbox."""
    return f"""\
Sandbox on this machine only (127.0.0.1). Market time: {box.now():%Y-%m-%d %H:%M} KST. Stop it with Ctrl-C.

  base URL, real rules    {box.url}
  base URL, mock rules    {box.mock_url}
  keys, real rules        {box.appkey}  {box.secretkey}
  keys, mock rules        {box.mock_appkey}  {box.mock_secretkey}

kiwoom_research:
  kr.connect("{box.url}", "{box.appkey}", "{box.secretkey}")

kwcli, the official client:
  export PRD={box.url} MOCK={box.mock_url}
  export APP_KEY={box.appkey} APP_SECRET={box.secretkey}
  export APP_KEY_MOCK={box.mock_appkey} APP_SECRET_MOCK={box.mock_secretkey}
  export KIWOOM_TOKEN_STORE=memory

kiwoom-client:
  KiwoomAPI("{box.appkey}", "{box.secretkey}", base_url="{box.url}")

Move the clock, inject a fault, show the access log (there is no WebSocket):
  curl -s -H "Content-Type: application/json" -d '{{"advance": {{"days": 3}}}}' {box.url}/_sandbox/clock
  curl -s -H "Content-Type: application/json" -d '{{"kind": "429", "n": 2}}' {box.url}/_sandbox/faults
  curl -s {box.url}/_sandbox/requests"""


def _demo(given: argparse.Namespace) -> None:
    from .charts import plot  # loads matplotlib
    from .sandbox import Sandbox

    box = Sandbox.shared()
    print("An invented market on this machine; no keys, no network.\n")
    client = data.connect("sandbox")
    before = len(box.requests())
    bars = _three_frames(aloud=True)
    first = len(box.requests()) - before
    plot(bars, title="005930").savefig(given.out, dpi=120)
    client.close()
    data.connect("sandbox")
    _three_frames(aloud=False)
    second = len(box.requests()) - before - first
    print(f"Chart: {given.out}")
    print(f"Requests to the server: first run {first}, second run {second} (answered from the cache).")


def _three_frames(*, aloud: bool) -> pd.DataFrame:
    info, minutes = data.get_info("005930"), data.get_minutes("005930", 5)
    bars = data.get_bars("005930", start="2026-01-01")
    if aloud:
        print('>>> kr.get_info("005930")')
        _print_across(info)
        print('\n>>> kr.get_minutes("005930", 5)')
        print(show(minutes, 6))
        print('\n>>> kr.get_bars("005930", start="2026-01-01")')
        print(show(bars, 6))
        print()
    return bars


def _print_across(frame: pd.DataFrame) -> None:
    """Print one line per field: name, unit and the value of each stock."""
    call = QUERIES[frame.attrs["endpoint"]]
    table = call.tables[-1]  # the flat part, where there is a list too
    many = len(frame) > 1
    print(f"{'code':41} " + "".join(f"{code:>22}" if many else code for code in frame.index))
    for field in table.fields:
        if field.name not in frame:
            continue
        texts = [_value(frame, code, field.name) for code in frame.index]
        values = "".join(f"{text:>22}" if many else text for text in texts)
        print(f"{field.name:22} {field.kind.unit:18} {values}")


def _value(frame: pd.DataFrame, code: str, name: str) -> str:
    value: Any = frame.at[code, name]
    sign: Any = frame.at[code, f"{name}_sign"] if f"{name}_sign" in frame else 0
    return _text(value) + {1: " ▲", -1: " ▼", 0: ""}[int(sign)]


def _text(value: Any) -> str:
    if pd.isna(value):
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


COMMANDS = {
    "bars": _bars,
    "cache": _cache,
    "catalog": _catalog,
    "check-live": _check_live,
    "demo": _demo,
    "describe": _describe,
    "find": _find,
    "flows": _flows,
    "info": _info,
    "login": _login,
    "logout": _logout,
    "plot": _plot,
    "quotes": _quotes,
    "ranking": _ranking,
    "sandbox": _sandbox,
    "store": _store_info,
    "update": _update,
}
