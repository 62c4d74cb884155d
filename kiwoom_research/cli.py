"""The command ``kiwoom-research``."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from . import data
from .config import Keys, forget_keys, keep_keys
from .data.arguments import stock_code
from .data.csv_export import csv_bytes
from .endpoints import QUERIES
from .errors import KiwoomError

if TYPE_CHECKING:
    from .sandbox import Sandbox


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (1: the broker refused, 2: a wrong argument)."""
    given = _parser().parse_args(arguments)
    try:
        given.run(given)
    except KiwoomError as error:
        print(error, file=sys.stderr)
        return 1
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except EOFError:
        print("no input", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kiwoom-research",
        description="Korean equities over the Kiwoom REST API: look, pull, try. It never places orders.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    demo = command("demo", _demo, "a first look on an invented market; needs no keys")
    demo.add_argument("--out", type=Path, default=Path("demo.png"), help="where the chart goes")

    box = command("sandbox", _sandbox, "run the sandbox server until Ctrl-C")
    box.add_argument("--port", type=int, default=8490, help="port on 127.0.0.1 (0: any free one)")
    box.add_argument(
        "--bars", type=Path, help="replay this Parquet or CSV file instead of the invented market"
    )
    box.add_argument("--seed", type=int, default=1, help="seed of the invented market")
    box.add_argument(
        "--clock",
        help='where the market clock stands (KST), such as "2026-11-19 10:30", or real to let it run',
    )
    box.add_argument(
        "--rate",
        type=_rate,
        default=5,
        help="calls a second, key and API ID under the real rules, or none (5)",
    )
    box.add_argument("--burst", type=float, help="how many calls pass at once (default: one second's worth)")
    box.add_argument("--latency", type=float, default=0, help="seconds that every answer takes longer (0)")
    box.add_argument(
        "--no-bot-filter", action="store_true", help="do not refuse the default User-Agent of aiohttp"
    )
    box.epilog = (
        "The market clock stands still until --clock real, or until you move it: the running sandbox prints how."
        " It serves HTTP calls; there is no WebSocket."
    )

    for name, run, text in (
        ("login", _login, "keep app key and secret key in the keyring of the operating system"),
        ("logout", _logout, "remove them and revoke the token"),
    ):
        made = command(name, run, text)
        made.add_argument("--mock", action="store_true", help="keys of the paper-trading host")

    info = command("info", _info, "what a stock is")
    info.add_argument("codes", nargs="+", metavar="code", help="six characters, such as 005930")
    _server_option(info)

    bars = command("bars", _bars, "bars of a stock, printed or written to a file")
    bars.add_argument("code", help="six characters, such as 005930")
    bars.add_argument("--freq", default="1d", help="tick, 1min ... 60min, 1d, 1w, 1mo, 1y")
    bars.add_argument("--start", help="first day, such as 2024-01-01")
    bars.add_argument("--end", help="last day")
    bars.add_argument("--pages", type=int, help="at most so many pages")
    bars.add_argument("--raw", action="store_true", help="as traded, not adjusted for splits")
    bars.add_argument("--csv", type=Path, help="write to this file instead of printing")
    _server_option(bars)

    update = command("update", _update, "bring a store of bars up to the last final session")
    update.add_argument("--store", type=Path, required=True, help="folder of the store")
    update.add_argument("--market", default="all", help="all, stocks, kospi, kosdaq, etf, etn, konex")
    update.add_argument("--code", nargs="+", help="these codes instead of a market")
    update.add_argument("--freq", default="1d", help="1d, 1min ... 60min")
    update.add_argument("--since", help="first day; without it ten years (minutes: what the server keeps)")
    update.add_argument(
        "--quotes",
        action="store_true",
        help="today's days out of quotes, 100 stocks a request (every evening)",
    )
    update.add_argument("--plan", action="store_true", help="only say what it would cost")
    _server_option(update)

    store = command("store", _store_info, "what a store holds")
    store.add_argument("what", choices=["info"])
    store.add_argument("folder", type=Path)
    return parser


def _rate(text: str) -> float | None:
    """A limit typed by a person; ``none`` lifts it."""
    return None if text.lower() == "none" else float(text)


def _server_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server", default="real", help="real, mock, sandbox or an address (default: real)")


# --- commands ------------------------------------------------------------------------------------


def _info(given: argparse.Namespace) -> None:
    with data.connect(given.server) as client:
        frame = data.get_info(given.codes if len(given.codes) > 1 else given.codes[0], client=client)
    _print_across(frame)


def _bars(given: argparse.Namespace) -> None:
    with data.connect(given.server) as client:
        frame = data.get_bars(
            given.code,
            given.freq,
            start=given.start,
            end=given.end,
            pages=given.pages,
            adjusted=not given.raw,
            client=client,
        )
    if given.csv is None:
        print(frame.to_string(max_rows=40))
    else:
        given.csv.write_bytes(csv_bytes(frame, stock_code(given.code)))
        print(f"{len(frame)} bars of {given.code} written to {given.csv}")
    if frame.attrs["truncated"]:
        print("there is more: ask with --start or --pages", file=sys.stderr)


def _update(given: argparse.Namespace) -> None:
    from .store import Store

    store, codes = Store(given.store), given.code or given.market
    if given.quotes and (given.code or given.since or given.freq != "1d"):
        raise ValueError("--quotes is for the days of a whole market: no --code, --since or --freq")
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
        raise KiwoomError(f"{len(failed)} codes failed; run it again to continue")


def _store_info(given: argparse.Namespace) -> None:
    from .store import Store

    if not (given.folder / "manifest.json").is_file():
        raise ValueError(f"there is no store in {given.folder}")
    store = Store(given.folder)
    info = store.info()
    print(info.to_string())
    print(f"{info['rows'].sum():,} bars, {info['bytes'].sum() / 1e6:,.1f} MB, {len(store.events())} events")


def _login(given: argparse.Namespace) -> None:
    server = "mock" if given.mock else "real"
    print(f"Keys of the {server} host, from openapi.kiwoom.com; nothing you type is shown.")
    keys = Keys(getpass.getpass("app key: ").strip(), getpass.getpass("secret key: ").strip())
    if not keys:
        raise ValueError("login: both keys are needed")
    keep_keys(server, keys)
    print("Kept in the keyring. `kiwoom-research info 005930` shows whether they work.")


def _logout(given: argparse.Namespace) -> None:
    server = "mock" if given.mock else "real"
    try:
        with data.connect(server) as client:
            if client.settings.keys and data.revoke_token(client=client):
                print("Token revoked.")
    except KiwoomError as error:
        print(f"The token could not be revoked: {error}", file=sys.stderr)
    print("Keys removed." if forget_keys(server) else "There were no keys in the keyring.")


def _sandbox(given: argparse.Namespace) -> None:
    from .sandbox import Sandbox

    if given.bars is not None and not given.bars.exists():
        raise ValueError(f"--bars: {given.bars} does not exist")
    options = {"rate": given.rate, "burst": given.burst, "latency": given.latency}
    options |= {"clock": given.clock} if given.clock else {}
    with Sandbox(
        seed=given.seed, bars=given.bars, port=given.port, bot_filter=not given.no_bot_filter, **options
    ) as box:
        print(_how_to_point(box), flush=True)
        with suppress(KeyboardInterrupt):
            box.wait()
    print("\nSandbox stopped.")


def _how_to_point(box: Sandbox) -> str:
    """What to paste to point a client at a sandbox."""
    return f"""\
Sandbox on this machine only (127.0.0.1). Its market stands at {box.now():%Y-%m-%d %H:%M} KST. Ctrl-C ends it.

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

Move its clock, make it fail, see its access log (there is no WebSocket):
  curl -s -H "Content-Type: application/json" -d '{{"advance": {{"days": 3}}}}' {box.url}/_sandbox/clock
  curl -s -H "Content-Type: application/json" -d '{{"kind": "429", "n": 2}}' {box.url}/_sandbox/faults
  curl -s {box.url}/_sandbox/requests"""


def _demo(given: argparse.Namespace) -> None:
    from .charts import plot  # matplotlib: the other commands start without it
    from .sandbox import Sandbox

    box = Sandbox.shared()
    print("An invented market on this machine; no keys, no network.\n")
    client = data.connect("sandbox")
    before = len(box.requests())
    bars = _three_frames(show=True)
    first = len(box.requests()) - before
    plot(bars, title="005930").savefig(given.out, dpi=120)
    client.close()
    data.connect("sandbox")
    _three_frames(show=False)
    second = len(box.requests()) - before - first
    print(f"Chart: {given.out}")
    print(f"Requests to the server: first run {first}, second run {second} (answered from the cache).")


def _three_frames(*, show: bool) -> pd.DataFrame:
    info, minutes = data.get_info("005930"), data.get_minutes("005930", 5)
    bars = data.get_bars("005930", start="2026-01-01")
    if show:
        print('>>> kr.get_info("005930")')
        _print_across(info)
        print('\n>>> kr.get_minutes("005930", 5)')
        _print_rows(minutes)
        print('\n>>> kr.get_bars("005930", start="2026-01-01")')
        _print_rows(bars)
        print()
    return bars


def _print_rows(frame: pd.DataFrame) -> None:
    """The last three rows, one line a column with its unit."""
    units = frame.attrs["units"]
    last = frame.tail(3)
    form = "%Y-%m-%d" if last.index.name == "date" else "%m-%d %H:%M"
    print(
        f"{frame.index.name:30}"
        + "".join(f"{label:>22}" for label in pd.DatetimeIndex(last.index).strftime(form))
    )
    for name, column in last.items():
        unit = f" [{units[name]}]" if name in units else ""
        print(f"{name}{unit}".ljust(30) + "".join(f"{_text(value):>22}" for value in column))
    first, newest = pd.DatetimeIndex(frame.index[[0, -1]]).strftime(form)
    print(f"{len(frame)} rows, {first} to {newest}")


def _print_across(frame: pd.DataFrame) -> None:
    """One line a field: name, unit and the value of each stock."""
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
