"""What only the real server can tell about the long day, asked on the user's own account; it reads and never orders."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from . import calendar, data
from .data.bars import auction_closes
from .errors import DataError, RequestError

if TYPE_CHECKING:
    from .client import Client

STOCK, FUND = "005930", "069500"  # a share that trades until 20:00, and an ETF that is thought not to
EXAM_DAY = date(2026, 11, 19)
MINUTES_KEPT = timedelta(days=366)
NO_TRADE = "no trade of that time is there"

ANY, CLOSED, NIGHT = "any hour", "16:05 to 08:00", "20:05 to 08:00"
BY_THE_HOUR = "18:10, 20:10, 21:10 and 07:10"


class Answer(NamedTuple):
    """The answer to one question: when it was given, what came, and whether that is what the package assumes."""

    question: str
    at: str
    answer: str
    assumed: str  # yes, no, or nothing where nothing is assumed or the numbers do not tell


class LiveFrames:
    """The frames that the questions read, each asked for once; at most 30 requests in all."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.now = client.now()
        self.session = pd.Timestamp(calendar.last_begun(self.now))

    def of_session(self, frame: pd.DataFrame, column: str) -> float:
        """A number of the newest session; missing without a row."""
        return float(frame[column].get(self.session, np.nan))

    @cached_property
    def days(self) -> pd.DataFrame:
        """Daily bars as traded."""
        return data.get_bars(STOCK, pages=1, adjusted=False, refresh=True, client=self.client)

    @cached_property
    def adjusted(self) -> pd.DataFrame:
        """Adjusted daily bars."""
        return data.get_bars(STOCK, pages=1, refresh=True, client=self.client)

    @cached_property
    def minutes(self) -> pd.DataFrame:
        """Minute bars of the newest sessions as traded."""
        return data.get_bars(STOCK, "1min", pages=2, adjusted=False, refresh=True, client=self.client)

    @cached_property
    def after_close(self) -> pd.Series:
        """For each minute of the newest session whether it is later than the closing auction."""
        today = self.minutes[_days(self.minutes) == self.session]
        return pd.Series(
            today.index > pd.Timestamp(calendar.session_times(self.session)[1]), index=today.index
        )

    @cached_property
    def official(self) -> float:
        """The closing auction's price of the newest session; missing if the minutes do not hold it."""
        return float(auction_closes(self.minutes).get(self.session, np.nan))

    @cached_property
    def quote(self) -> pd.Series:
        """The quote now."""
        return data.get_quotes(STOCK, refresh=True, client=self.client).iloc[0]


def _days(bars: pd.DataFrame) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(bars.index).tz_localize(None).normalize()


def _won(price: float) -> str:
    return "unknown" if np.isnan(price) else f"{price:,.0f}"


def _equal(one: float, other: float) -> str:
    """Yes or no; nothing where one is not known."""
    return "" if np.isnan([one, other]).any() else "yes" if one == other else "no"


def _close(live: LiveFrames) -> tuple[str, str]:
    close, last = live.of_session(live.days, "close"), float(live.quote["price"])
    text = f"close {_won(close)}, closing auction {_won(live.official)}, last price {_won(last)}"
    return text, "" if last == live.official else _equal(close, last)


def _evening_minutes(live: LiveFrames) -> tuple[str, str]:
    late = live.after_close
    newest = f", the newest at {late.index[-1]:%H:%M}" if len(late) else ""
    return f"{int(late.sum())} of {len(late)} bars after the close{newest}", "yes" if late.any() else "no"


def _range(live: LiveFrames) -> tuple[str, str]:
    today = live.minutes.loc[live.after_close.index]
    regular, late = (today[live.after_close.to_numpy() == side] for side in (False, True))
    high, low = live.of_session(live.days, "high"), live.of_session(live.days, "low")
    if not len(late) or not len(regular):
        return NO_TRADE, ""
    text = (
        f"bar {_won(low)} to {_won(high)}, regular hours {_won(regular['low'].min())} to"
        f" {_won(regular['high'].max())}, evening {_won(late['low'].min())} to {_won(late['high'].max())}"
    )
    wider = late["high"].max() > regular["high"].max() or late["low"].min() < regular["low"].min()
    whole = (low, high) == (today["low"].min(), today["high"].max())
    return text, "" if not wider else "yes" if whole else "no"


def _base_price(live: LiveFrames) -> tuple[str, str]:
    base = float(live.quote["base_price"])
    own = live.of_session(live.days, "close") - live.of_session(live.days, "change")
    text = (
        f"base price {_won(base)}, that of the session {_won(own)}, its closing auction {_won(live.official)}"
    )
    return text, "" if base == own else _equal(base, live.official)


def _list(live: LiveFrames) -> tuple[str, str]:
    price = float(
        data.get_stocks("kospi", refresh=True, client=live.client)["previous_close"].get(STOCK, np.nan)
    )
    close = live.of_session(live.days, "close")
    return f"{_won(price)}, closing auction {_won(live.official)}, last price {_won(close)}", ""


def _adjusted(live: LiveFrames) -> tuple[str, str]:
    both = live.adjusted["close"].to_frame("adjusted").join(live.days["close"].rename("raw"), how="inner")
    both = both[both.index >= pd.Timestamp(calendar.LONG_DAY)]
    steps = int(((both["adjusted"] / both["raw"]).diff().abs() > 1e-3).sum())
    text = f"{steps} steps of adjusted over raw in {len(both)} sessions since 2026-09-14"
    return text, "" if len(both) < 2 else "yes" if steps == 0 else "no" if steps > 2 else ""


def _change(live: LiveFrames) -> tuple[str, str]:
    base = live.days["close"] - live.days["change"]
    pairs = pd.DataFrame({"base": base, "before": live.days["close"].shift()}).dropna()
    pairs = pairs[pairs.index > pd.Timestamp(calendar.LONG_DAY)]
    same = int((pairs["base"] == pairs["before"]).sum())
    text = f"the base price is the close before on {same} of {len(pairs)} sessions since 2026-09-14"
    return text, "" if len(pairs) < 5 else "yes" if same < len(pairs) / 2 else "no"


def _week(live: LiveFrames) -> tuple[str, str]:
    week = float(data.get_bars(STOCK, "1w", pages=1, refresh=True, client=live.client)["close"].iloc[-1])
    close = live.of_session(live.days, "close")
    return f"week {_won(week)}, day {_won(close)}", _equal(week, close)


def _kin(live: LiveFrames) -> tuple[str, str]:
    daily = live.of_session(data.get_daily(STOCK, pages=1, refresh=True, client=live.client), "close")
    today = float(data.get_today(STOCK, refresh=True, client=live.client)["close"].iloc[0])
    close = live.of_session(live.days, "close")
    text = f"ka10005 {_won(daily)}, ka10006 {_won(today)}, ka10081 {_won(close)}"
    return text, "yes" if {_equal(daily, close), _equal(today, close)} == {"yes"} else "no"


def _fund(live: LiveFrames) -> tuple[str, str]:
    bars = data.get_bars(FUND, "1min", pages=1, adjusted=False, refresh=True, client=live.client)
    today = bars[_days(bars) == live.session]
    if today.empty:
        return NO_TRADE, ""
    late = today.index[-1] > pd.Timestamp(calendar.session_times(live.session)[1]) + pd.Timedelta(minutes=30)
    return f"newest bar of {FUND} at {today.index[-1]:%H:%M}", "no" if late else "yes"


def _numbers(frame: pd.DataFrame, *columns: str) -> str:
    """The newest row in words."""
    if frame.empty:
        return "no row"
    row = frame.iloc[-1]
    return f"{frame.index[-1]:%Y-%m-%d}: " + ", ".join(f"{name} {row[name]:,.10g}" for name in columns)


def _holdings(live: LiveFrames) -> tuple[str, str]:
    frame = data.get_foreign(STOCK, pages=1, refresh=True, client=live.client)
    return _numbers(frame, "foreign_change", "foreign_shares"), ""


def _flows(live: LiveFrames) -> tuple[str, str]:
    frame = data.get_investors(STOCK, pages=1, refresh=True, client=live.client)
    return _numbers(frame, "foreign_net", "institution_net", "individual_net"), ""


def _shorts(live: LiveFrames) -> tuple[str, str]:
    start = live.session - pd.Timedelta(days=14)
    return _numbers(data.get_short(STOCK, start=start, refresh=True, client=live.client), "short_volume"), ""


def _lending(live: LiveFrames) -> tuple[str, str]:
    found = []
    for code in (STOCK, None):
        start = live.session - pd.Timedelta(days=14)
        frame = data.get_lending(code, start=start, refresh=True, client=live.client)
        found.append(f"{code or 'all'} {_numbers(frame, 'lent', 'repaid', 'lending_balance')}")
    return "; ".join(found), ""


def _credit(live: LiveFrames) -> tuple[str, str]:
    return _numbers(data.get_credit(STOCK, pages=1, refresh=True, client=live.client), "credit_shares"), ""


def _sums(live: LiveFrames) -> tuple[str, str]:
    index = data.get_sector("kospi", refresh=True, client=live.client).iloc[0]
    return f"{STOCK} {live.quote['volume']:,.0f}, KOSPI {index['volume']:,.0f} at {index['level']:,.2f}", ""


def _exam_day(live: LiveFrames) -> tuple[str, str]:
    if not EXAM_DAY <= live.now.date() < EXAM_DAY + MINUTES_KEPT:
        return "the server keeps minutes for about a year", ""
    bars = data.get_bars(
        STOCK, "1min", end=EXAM_DAY, pages=1, adjusted=False, refresh=True, client=live.client
    )
    own = bars[_days(bars) == pd.Timestamp(EXAM_DAY)]
    return (NO_TRADE if own.empty else f"{len(own)} bars, the newest at {own.index[-1]:%H:%M}"), ""


class Question(NamedTuple):
    """What is asked, at which hours, and how."""

    text: str
    hours: str
    ask: Callable[[LiveFrames], tuple[str, str]]


QUESTIONS = (
    Question("The close of a daily bar is the last price of the evening", NIGHT, _close),
    Question("A plain code has minute bars until 20:00", NIGHT, _evening_minutes),
    Question("High and low of a daily bar take in the evening", NIGHT, _range),
    Question("The base price becomes the closing auction's price; when?", NIGHT, _base_price),
    Question("Which close is that of the stock list?", NIGHT, _list),
    Question("The adjusted chart leaves ordinary days alone", ANY, _adjusted),
    Question("The change of a daily bar is against the base price", ANY, _change),
    Question("The close of the running week is that of the day", CLOSED, _week),
    Question("ka10005 and ka10006 have the close of ka10081", CLOSED, _kin),
    Question("An ETF does not trade after the close", NIGHT, _fund),
    Question(f"Foreign holdings, by the hour ({BY_THE_HOUR})", CLOSED, _holdings),
    Question(f"Net buying, by the hour ({BY_THE_HOUR})", CLOSED, _flows),
    Question(f"Short sales, by the hour ({BY_THE_HOUR})", CLOSED, _shorts),
    Question(f"Stock lending, by the hour ({BY_THE_HOUR})", CLOSED, _lending),
    Question(f"Margin loans, by the hour ({BY_THE_HOUR})", CLOSED, _credit),
    Question(f"Volumes of the day, by the hour ({BY_THE_HOUR})", CLOSED, _sums),
    Question("The last minute bar of the exam day's evening, 2026-11-19", ANY, _exam_day),
)


def may_ask(hours: str, now: datetime) -> bool:
    """Whether a question of these hours tells anything now."""
    if hours == ANY:
        return True
    session = calendar.last_begun(now)
    begins = datetime.combine(session, time(20, 5), calendar.KST)
    if hours == CLOSED:
        begins = calendar.session_times(session)[1] + timedelta(minutes=35)
    ends = datetime.combine(calendar.next_session(session), time(8), calendar.KST)
    return begins <= now < ends


def ask_live(client: Client) -> list[Answer]:
    """Ask what can be asked at this hour; a question that the server refuses has its message for an answer."""
    live = LiveFrames(client)
    found = []
    for question in QUESTIONS:
        if not may_ask(question.hours, live.now):
            continue
        try:
            text, assumed = question.ask(live)
        except (RequestError, DataError) as error:
            text, assumed = f"{type(error).__name__}: {error}", ""
        found.append(Answer(question.text, f"{live.now:%Y-%m-%d %H:%M}", text, assumed))
    return found


def read_answers(file: Path) -> list[Answer]:
    """The answers of earlier runs, one JSON object a line; ValueError for a file of something else."""
    if not file.exists():
        return []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        return [Answer(**json.loads(line)) for line in lines if line.strip()]
    except (ValueError, TypeError):
        raise ValueError(
            f"{file}: expected the answers of earlier runs of check-live, got another file"
        ) from None


def add_answers(file: Path, answers: Iterable[Answer]) -> None:
    """Append answers to those of earlier runs."""
    with file.open("a", encoding="utf-8") as out:
        out.writelines(json.dumps(answer._asdict(), ensure_ascii=False) + "\n" for answer in answers)


def answer_table(answers: Iterable[Answer]) -> str:
    """All answers as a Markdown table in the order of the questions, and the hours of what has no answer yet."""
    answers = list(answers)
    lines = ["| question | asked at (KST) | answer | as assumed |", "|---|---|---|---|"]
    for question in QUESTIONS:
        given = [answer for answer in answers if answer.question == question.text]
        for answer in given or [Answer(question.text, f"ask at {question.hours}", "", "")]:
            lines.append(f"| {' | '.join(text.replace('|', '/') for text in answer)} |")
    return "\n".join(lines)
