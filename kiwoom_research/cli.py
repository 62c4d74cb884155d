"""The command ``kiwoom-research``: its arguments, and the exit status.

What the commands do is in `commands`, which is imported when one runs: ``--help`` needs no pandas.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ._version import __version__
from .errors import KiwoomError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 1 if the broker refused, 2 if an argument is wrong."""
    given = _parser().parse_args(arguments)
    from .commands import COMMANDS

    try:
        COMMANDS[given.command](given)
    except KiwoomError as error:
        print(_for_shells(str(error)), file=sys.stderr)
        return 1
    except (ValueError, OSError) as error:
        print(_for_shells(str(error)), file=sys.stderr)
        return 2
    except EOFError:
        print("expected input, got none", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


# What a message names in Python, and the command that does the same.
COMMANDS_FOR = {
    "kr.find('name')": "kiwoom-research find NAME",
    "kr.catalog()": "kiwoom-research catalog",
    "kr.query('ka10102')": "kiwoom-research describe ka10102",
}


def _for_shells(message: str) -> str:
    """A message with commands instead of functions."""
    for function, command in COMMANDS_FOR.items():
        message = message.replace(function, command)
    return message


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kiwoom-research",
        description="Korean equities over the Kiwoom REST API. Read-only: it never places orders.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(command=name)
        return made

    demo = command("demo", "show the package on an invented market; needs no keys")
    demo.add_argument("--out", type=Path, default=Path("demo.png"), help="file for the chart")

    box = command("sandbox", "run the sandbox server until Ctrl-C")
    box.add_argument("--port", type=int, default=8490, help="port on 127.0.0.1 (0: any free one)")
    box.add_argument(
        "--bars", type=Path, help="replay this Parquet or CSV file instead of the invented market"
    )
    box.add_argument("--seed", type=int, default=1, help="seed of the invented market")
    box.add_argument("--clock", help='market time (KST) such as "2026-11-19 10:30", or real to let it run')
    box.add_argument(
        "--rate",
        type=_rate,
        default=5,
        help="calls per second, key and API ID under the real rules, or none (default: 5)",
    )
    box.add_argument(
        "--burst", type=float, help="number of calls that pass at once (default: those of one second)"
    )
    box.add_argument("--latency", type=float, default=0, help="delay of every reply in seconds (default: 0)")
    box.add_argument(
        "--no-bot-filter", action="store_true", help="do not refuse the default User-Agent of aiohttp"
    )
    box.epilog = (
        "The market clock stands still without --clock real, until you move it: the running sandbox prints how."
        " It serves HTTP calls; there is no WebSocket."
    )

    for name, text in (
        ("login", "save app key and secret key in the keyring of the operating system"),
        ("logout", "delete the keys from the keyring and revoke the token"),
    ):
        made = command(name, text)
        made.add_argument("--mock", action="store_true", help="for the keys of the paper-trading host")

    info = command("info", "print name, price, shares and ratios of stocks")
    info.add_argument("codes", nargs="+", metavar="code", help="codes or names, such as 005930 or 삼성전자")
    _output_options(info)

    quotes = command("quotes", "print how stocks stand: price, change, volume, best bid and ask")
    quotes.add_argument("codes", nargs="+", metavar="code", help="codes, names, or a market such as kosdaq")
    _output_options(quotes)

    bars = command("bars", "print the bars of stocks, or write them to a file")
    bars.add_argument(
        "codes", nargs="+", metavar="code", help="codes or names; several are pulled one after another"
    )
    bars.add_argument("--freq", default="1d", help="tick, 1min ... 60min, 1d, 1w, 1mo, 1y")
    bars.add_argument("--start", help="first day, such as 2024-01-01")
    bars.add_argument("--end", help="last day")
    bars.add_argument("--pages", type=int, help="largest number of pages (of one code)")
    bars.add_argument("--raw", action="store_true", help="prices as traded, not adjusted for splits")
    _output_options(bars)

    flows = command("flows", "print who bought less who sold of a stock, day by day")
    flows.add_argument("codes", nargs="+", metavar="code", help="codes or names")
    flows.add_argument(
        "--what",
        default="investors",
        choices=["investors", "foreign", "short", "credit", "lending", "program"],
        help="default: investors",
    )
    flows.add_argument("--start", help="first day, such as 2024-01-01")
    flows.add_argument("--end", help="last day")
    _output_options(flows)

    ranking = command("ranking", "print the stocks that lead a list, such as gainers")
    ranking.add_argument(
        "by", nargs="?", default="value", help="such as value, gainers, foreign_bought (default: value)"
    )
    ranking.add_argument("--market", default="all", help="all, kospi or kosdaq (default: all)")
    ranking.add_argument(
        "--sessions", type=int, help="over how many sessions, where the ranking has a period"
    )
    ranking.add_argument("--without", help="leave out supervised, preferred, etf or funds")
    ranking.add_argument("--pages", type=int, default=1, help="largest number of pages of about 100 stocks")
    _output_options(ranking)

    find = command("find", "look stocks up by name, initial consonants or code")
    find.add_argument("text", help="such as 삼성, ㅅㅅㅈㅈ or 0059")
    _output_options(find)

    plot = command("plot", "draw a chart of a stock and write it to a picture")
    plot.add_argument("code", help="a code or a name")
    plot.add_argument("picture", type=Path, help="file such as chart.png, .svg or .pdf")
    plot.add_argument("--freq", default="1d", help="as for bars")
    plot.add_argument("--start", help="first day, such as 2024-01-01")
    plot.add_argument("--end", help="last day")
    plot.add_argument("--last", type=int, help="only so many bars")
    _server_option(plot)

    cached = command("cache", "print what the cache holds, or empty it")
    cached.add_argument("what", choices=["info", "clear"])
    cached.add_argument("--call", help="only answers of this call, such as ka10081")
    cached.add_argument("--code", help="only answers about this stock")
    _server_option(cached)

    catalog = command("catalog", "find calls of Kiwoom's manual by Korean or English words")
    catalog.add_argument(
        "words", nargs="*", metavar="word", help="such as short or 공매도 (default: all calls)"
    )

    describe = command("describe", "print the parameters and columns of a call")
    describe.add_argument("call", help="its ID, such as ka10027")

    check = command(
        "check-live", "ask the real server what nobody has measured yet; at most 60 requests, read-only"
    )
    check.add_argument(
        "--answers",
        type=Path,
        default=Path("check-live.jsonl"),
        help="file to which the answers of every run are added (default: check-live.jsonl)",
    )
    check.epilog = (
        "Run it at 16:10, 18:10, 20:10 and 21:10 of a session and at 07:10 of the next morning: it asks what can be"
        " asked at that hour and prints the answers of all runs as one Markdown table, without a key or token."
    )
    _server_option(check)

    update = command("update", "update a store of bars up to the last final session")
    update.add_argument("--store", type=Path, required=True, help="folder of the store")
    update.add_argument(
        "--market", help="all, stocks, kospi, kosdaq, etf, etn, konex (default: what the store holds)"
    )
    update.add_argument("--code", nargs="+", help="codes to update instead of a market")
    update.add_argument(
        "--freq", help="1d, 1min ... 60min (default: what the store holds; days in a new one)"
    )
    update.add_argument(
        "--since", help="first day (default: ten years ago; minutes: all that the server has)"
    )
    update.add_argument(
        "--quotes",
        action="store_true",
        help="take today's daily bars from quotes, 100 stocks per request",
    )
    update.add_argument("--plan", action="store_true", help="only print the number of requests and the time")
    _server_option(update)

    store = command("store", "print the contents of a store")
    store.add_argument("what", choices=["info"])
    store.add_argument("folder", type=Path)
    return parser


def _rate(text: str) -> float | None:
    """Parse a rate; ``none`` means no limit."""
    return None if text.lower() == "none" else float(text)


def _output_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, help="write to this file instead of printing: .csv, .parquet, .feather or .xlsx"
    )
    parser.add_argument(
        "--korean", action="store_true", help="Korean headings in the file, for people it is handed to"
    )
    _server_option(parser)


def _server_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server", default="real", help="real, mock, sandbox or an address (default: real)")
