"""What is chosen on the screen, as frames, as a picture, and as the Python lines that give the same."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import calendar, charts, data
from ..data.connection import gives_sandbox
from ..endpoints.chart import MINUTES
from ..errors import UnknownCodeError

if TYPE_CHECKING:
    from ..client import Client

FREQS = {
    "틱": "tick",
    **{f"{minutes}분": f"{minutes}min" for minutes in MINUTES},
    "일": "1d",
    "주": "1w",
    "월": "1mo",
    "년": "1y",
}
"""Intervals by their label."""

PERIODS = {
    "최근": None,  # what one page holds
    "1일": pd.DateOffset(days=1),
    "1주": pd.DateOffset(weeks=1),
    "1개월": pd.DateOffset(months=1),
    "3개월": pd.DateOffset(months=3),
    "6개월": pd.DateOffset(months=6),
    **{f"{years}년": pd.DateOffset(years=years) for years in (1, 3, 5, 10, 20, 30)},
}
SHORT, MIDDLE, LONG = (
    ("1일", "1주", "1개월"),
    ("1주", "1개월", "3개월", "6개월"),
    ("1년", "3년", "5년", "10년"),
)
CHOICES: dict[str, tuple[tuple[str, ...], str]] = {
    "tick": (("최근",), "최근"),
    **{f"{n}min": (SHORT, "1주" if n == 5 else "1일") for n in (1, 3, 5)},
    **{f"{n}min": (MIDDLE, "1개월" if n > 15 else "1주") for n in (10, 15, 30, 45, 60)},
    "1d": (("1개월", "3개월", "6개월", *LONG), "1년"),
    "1w": ((*LONG, "20년"), "3년"),
    "1mo": (("5년", "10년", "20년", "30년"), "10년"),
    "1y": (("최근",), "최근"),
}
"""Periods that make sense for an interval, and the one to begin with."""

LONGEST_AVERAGE = 120  # bars
BEFORE = {"1d": pd.DateOffset(months=7), "1w": pd.DateOffset(months=30), "1mo": pd.DateOffset(years=10)}
"""How far back so many bars begin, holidays included."""

WIDTH, HEIGHT, PANE = 9.0, 4.6, 1.1  # inches


class Refused(Exception):
    """What is asked for cannot be shown; the text says why, in Korean."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is chosen on the screen."""

    code: str
    freq: str = "1d"
    period: str = "1년"
    adjusted: bool = True
    others: str = ""
    kind: str = "candles"
    averages: bool = True
    bollinger: bool = False
    profile: bool = False
    volume: bool = True
    rsi: bool = False
    macd: bool = False
    log: bool = False
    style: str = "korean"
    theme: str = "light"


@dataclass(frozen=True, slots=True)
class Window:
    """First day that is shown, first day that is asked for; None when it is what one page holds."""

    first: str | None
    asked: str | None


def window(question: Question, last: pd.Timestamp) -> Window:
    """The days of a period that ends with some day."""
    offset = PERIODS[question.period]
    if offset is None:
        return Window(None, None)
    first = last - offset + pd.Timedelta(days=1)
    if question.freq.endswith("min"):
        before = pd.DateOffset(days=5 + int(question.freq.removesuffix("min")) // 2)
    else:
        before = BEFORE[question.freq]
    return Window(f"{first:%Y-%m-%d}", f"{first - before:%Y-%m-%d}")


@dataclass(frozen=True, slots=True)
class Answer:
    """Frames for a question.

    Attributes
    ----------
    history : pandas.DataFrame
        Bars from before the first that is shown on, so that averages are known from the first bar on.
    bars : pandas.DataFrame
        The bars that are shown.
    others : dict
        Name -> code and bars to compare with.
    ended : bool
        Whether there were no trades in the period, so that the one before the last trade is shown.
    """

    question: Question
    window: Window
    name: str
    history: pd.DataFrame
    bars: pd.DataFrame
    others: Mapping[str, tuple[str, pd.DataFrame]]
    ended: bool

    def same(self, other: Answer | None) -> bool:
        """Whether another answer was given to the same question at the same moment."""
        return other is not None and self._labels() == other._labels()

    def _labels(self) -> tuple[Any, ...]:
        frames = (self.history, *(frame for _, frame in self.others.values()))
        return self.question, self.name, [frame.attrs for frame in frames]


def ask(question: Question, name: str, others: Mapping[str, str], client: Client, refresh: bool) -> Answer:
    """Ask for the bars; KiwoomError, or Refused when there are none."""
    how: dict[str, Any] = {"adjusted": question.adjusted, "client": client, "refresh": refresh}
    days = window(question, pd.Timestamp(calendar.last_begun(client.now())))
    history, bars = _history(question, days, how)
    ended = not bars["close"].notna().any()
    if ended:  # halted, delisted, or a replay of the past
        newest = data.get_bars(question.code, question.freq, **how)["close"].dropna()
        if newest.empty:
            if question.freq == "tick" or question.freq.endswith("min"):
                raise Refused("이 간격의 자료가 없습니다. 일봉으로 보세요.")
            raise Refused("거래된 적이 없는 종목입니다.")
        days = window(question, newest.index[-1].tz_localize(None).normalize())
        history, bars = _history(question, days, how)
    compared = {}
    for other, code in others.items():
        try:
            frame = data.get_bars(code, question.freq, start=days.first, **how)
        except UnknownCodeError:
            raise Refused(f"비교: ‘{other}’은(는) 없는 종목입니다.") from None
        if not frame["close"].notna().any():
            raise Refused(f"{other}: 이 기간에는 거래가 없어 비교할 수 없습니다.")
        compared[other] = (code, frame)
    return Answer(question, days, name, history, bars, compared, ended)


def _history(question: Question, days: Window, how: Mapping[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bars from before the period on, and those of the period."""
    history = data.get_bars(question.code, question.freq, start=days.asked, **how)
    return history, history if days.first is None else history.loc[days.first :]


# --- the picture ---------------------------------------------------------------------------------


def picture(answer: Answer) -> bytes:
    """The chart as PNG."""
    question = answer.question
    if answer.others:
        bars = {answer.name: answer.bars, **{name: bars for name, (_, bars) in answer.others.items()}}
        figure = charts.compare(bars, size=(WIDTH, HEIGHT + PANE), **_compared(question))
    else:
        height = HEIGHT + PANE * (question.rsi + question.macd + question.volume)
        figure = charts.plot(
            answer.history, last=len(answer.bars), size=(WIDTH, height), **_plotted(question, answer.name)
        )
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _compared(question: Question) -> dict[str, Any]:
    return _without_defaults({"log": question.log, "style": question.style, "theme": question.theme})


def _plotted(question: Question, name: str) -> dict[str, Any]:
    panes = [pane for pane in ("volume", "rsi", "macd") if getattr(question, pane)]
    chosen = {
        "title": f"{name} {question.code}",
        "kind": question.kind,
        "averages": None if question.averages else (),
        "overlays": "bollinger" if question.bollinger else None,
        "panes": None if panes == ["volume"] else panes,
        "profile": question.profile,
        "log": question.log,
        "style": question.style,
        "theme": question.theme,
    }
    return _without_defaults(chosen)


def _without_defaults(chosen: Mapping[str, Any]) -> dict[str, Any]:
    usual = (None, False, "candles", "korean", "light")
    return {name: value for name, value in chosen.items() if not any(value is o or value == o for o in usual)}


# --- the lines -----------------------------------------------------------------------------------


def lines(answer: Answer, server: str) -> str:
    """Python that gives the same frame, as `bars`, and the same chart."""
    question, days = answer.question, answer.window
    how: dict[str, Any] = {}
    if days.first is not None:
        how["end"] = f"{answer.bars.index[-1]:%Y-%m-%d}"
    if not question.adjusted:
        how["adjusted"] = False

    def bars(code: str, start: str | None) -> str:
        begin = {} if start is None else {"start": start}
        freq = [] if question.freq == "1d" else [_literal(question.freq)]
        return _call("kr.get_bars", [code, *freq], {**begin, **how})

    code = _literal(question.code)
    text = ["import kiwoom_research as kr", "", _connection(server)]
    if answer.others:
        others = ", ".join(f"{_literal(name)}: {_literal(code)}" for name, (code, _) in answer.others.items())
        text += [f"bars = {bars(code, days.first)}", f"others = {{{others}}}"]
        text += [f"compared = {{name: {bars('code', days.first)} for name, code in others.items()}}"]
        both = f"{{{_literal(answer.name)}: bars, **compared}}"
        text += [_call("kr.compare", [both], _compared(question))]
    elif days.first is None:
        text += [f"bars = {bars(code, None)}", _call("kr.plot", ["bars"], _plotted(question, answer.name))]
    else:
        text += ["# 차트의 이동평균이 처음부터 이어지도록 더 앞에서부터 받습니다"]
        text += [f"history = {bars(code, days.asked)}", f"bars = history.loc[{_literal(days.first)} :]"]
        text += [_call("kr.plot", ["history", "last=len(bars)"], _plotted(question, answer.name))]
    return "\n".join(text) + "\n"


def _call(name: str, first: list[str], how: Mapping[str, Any]) -> str:
    arguments = [*first, *(f"{key}={_literal(value)}" for key, value in how.items())]
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= 88 or name == "kr.get_bars":
        return line
    return "\n".join([f"{name}(", *(f"    {argument}," for argument in arguments), ")"])


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (str, list)) else repr(value)


def _connection(server: str) -> str:
    if server.startswith("sandbox") and gives_sandbox(server):
        return 'kr.connect("sandbox")'
    if server.startswith("sandbox"):  # another seed, another file
        return "# 같은 샌드박스에 연결합니다: kr.connect(kr.Sandbox(...))"
    if server in ("real", "mock"):
        return f'kr.connect("{server}")'
    return "# 같은 서버에 연결합니다: kr.connect(...)"
