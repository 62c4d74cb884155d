"""The parts of the screen that somebody clicks and types into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as widgets

from .load import CHOICES, FREQS, Question

MOST_HITS = 8
KINDS = {"캔들": "candles", "선": "line", "하이킨아시": "heikin-ashi"}
STYLES = {"한국식 (빨강 상승)": "korean", "서양식 (초록 상승)": "western"}
MARKS = {
    "averages": ("이동평균", "이동평균선 5·20·60·120", True),
    "bollinger": ("볼린저", "볼린저 밴드 (20, 2)", False),
    "profile": ("매물대", "가격대별 거래량", False),
    "volume": ("거래량", "거래량 창", True),
    "rsi": ("RSI", "RSI(14) 창", False),
    "macd": ("MACD", "MACD(12,26,9) 창", False),
    "log": ("로그", "로그 가격축", False),
}


def marked(widget: Any, *names: str) -> Any:
    """A widget with CSS classes."""
    for name in names:
        widget.add_class(f"kr-{name}")
    return widget


def button(text: str, tooltip: str, *names: str) -> Any:
    """A button that says what it does when pointed at."""
    return marked(widgets.Button(description=text, tooltip=tooltip), *names)


class Controls:
    """Everything that is chosen, and the question it makes.

    Parameters
    ----------
    changed : callable
        Called when another chart is wanted.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._quiet = False
        self.search = marked(
            widgets.Text(
                placeholder="이름 · 코드 · 초성 (예: ㅅㅅㅈㅈ)",
                tooltip="입력하면 아래에 후보가 나옵니다. Enter는 첫 번째 종목을 고릅니다.",
            ),
            "search",
        )
        self.hits = [button("", "이 종목 보기", "hit") for _ in range(MOST_HITS)]
        self.hit_list = marked(widgets.VBox(self.hits), "hits")
        self.refresh = button("새로고침", "저장된 값을 쓰지 않고 서버에 다시 묻습니다", "refresh")
        self.freq = marked(
            widgets.ToggleButtons(
                options=list(FREQS.items()), value="1d", style={"button_width": "auto"},
                tooltips=[f"{label}봉" if label != "틱" else "체결 틱" for label in FREQS],
            ),
            "freq",
        )  # fmt: skip
        self.period = marked(
            widgets.ToggleButtons(style={"button_width": "auto"}, tooltip="기간"), "period", "split"
        )
        self.adjusted = marked(
            widgets.ToggleButton(value=True, description="수정주가", tooltip="액면분할 등을 반영한 주가"),
            "adjusted",
        )
        self.marks = {
            name: marked(widgets.ToggleButton(value=on, description=text, tooltip=tooltip), name)
            for name, (text, tooltip, on) in MARKS.items()
        }
        self.kind = _dropdown(KINDS, "차트 종류", "kind", "92px")
        self.style = _dropdown(STYLES, "오르고 내림의 색", "style", "146px")
        self.dark = marked(widgets.ToggleButton(description="어둡게", tooltip="어두운 화면"), "theme")
        self.others = marked(
            widgets.Text(
                placeholder="비교: 000660, 카카오",
                tooltip="쉼표로 나눈 이름이나 코드. Enter를 누르면 시작을 100으로 맞추어 비교합니다.",
                continuous_update=False,
            ),
            "compare",
        )
        self._offer_periods()
        for control in self._choosing():
            control.observe(self._chosen, "value")
        self.freq.observe(self._freq_chosen, "value")

    def _choosing(self) -> Iterator[Any]:
        yield from (self.period, self.adjusted, self.kind, self.style, self.dark, self.others)
        yield from self.marks.values()

    def _offer_periods(self) -> None:
        choices, usual = CHOICES[self.freq.value]
        self._quiet = True  # other options and another value are one change
        try:
            self.period.options = choices
            self.period.value = usual
        finally:
            self._quiet = False

    def _freq_chosen(self, _: Any) -> None:
        self._offer_periods()
        self._changed()

    def _chosen(self, _: Any) -> None:
        if not self._quiet:
            self._changed()

    def question(self, code: str) -> Question:
        """What is chosen, for a code."""
        return Question(
            code,
            freq=self.freq.value,
            period=self.period.value,
            adjusted=self.adjusted.value,
            others=self.others.value.strip(),
            kind=self.kind.value,
            style=self.style.value,
            theme="dark" if self.dark.value else "light",
            **{name: mark.value for name, mark in self.marks.items()},
        )

    def boxes(self) -> tuple[Any, Any]:
        """The two bars above the chart."""
        first = widgets.HBox([self.freq, self.period])
        marks = marked(widgets.HBox([self.adjusted, *self.marks.values(), self.dark]), "marks")
        second = widgets.HBox([marks, self.kind, self.style, self.others])
        return marked(first, "bar"), marked(second, "bar")


def _dropdown(options: dict[str, str], tooltip: str, name: str, width: str) -> Any:
    made = widgets.Dropdown(options=list(options.items()), tooltip=tooltip, layout={"width": width})
    return marked(made, name)
