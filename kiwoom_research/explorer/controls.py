"""The controls of the explorer: interval, period, indicators, style and comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as widgets

from .load import CHOICES, FREQS, ChartRequest

KINDS = {"캔들": "candles", "선": "line", "하이킨아시": "heikin-ashi"}
STYLES = {"한국식 (빨강 상승)": "korean", "서양식 (초록 상승)": "western"}
SWITCHES = {
    "averages": ("이동평균", "이동평균선 5·20·60·120", True),
    "bollinger": ("볼린저", "볼린저 밴드 (20, 2)", False),
    "profile": ("매물대", "가격대별 거래량", False),
    "volume": ("거래량", "거래량 창", True),
    "rsi": ("RSI", "RSI(14) 창", False),
    "macd": ("MACD", "MACD(12,26,9) 창", False),
    "log": ("로그", "로그 가격축", False),
}


def with_classes(widget: Any, *names: str) -> Any:
    """Add CSS classes to a widget and return it."""
    for name in names:
        widget.add_class(f"kr-{name}")
    return widget


def button(text: str, tooltip: str, *names: str) -> Any:
    """Make a button with a tooltip."""
    return with_classes(widgets.Button(description=text, tooltip=tooltip), *names)


class Controls:
    """All controls, and the chart request they describe.

    Parameters
    ----------
    on_change : callable
        Called when the user asked for another chart.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._quiet = False
        self.refresh = button("새로고침", "저장된 값을 쓰지 않고 서버에 다시 묻습니다", "refresh")
        self.freq = with_classes(
            widgets.ToggleButtons(
                options=list(FREQS.items()), value="1d", style={"button_width": "auto"},
                tooltips=[f"{label}봉" if label != "틱" else "체결 틱" for label in FREQS],
            ),
            "freq",
        )  # fmt: skip
        self.period = with_classes(
            widgets.ToggleButtons(style={"button_width": "auto"}, tooltip="기간"), "period", "split"
        )
        self.adjusted = with_classes(
            widgets.ToggleButton(value=True, description="수정주가", tooltip="액면분할 등을 반영한 주가"),
            "adjusted",
        )
        self.switches = {
            name: with_classes(widgets.ToggleButton(value=on, description=text, tooltip=tooltip), name)
            for name, (text, tooltip, on) in SWITCHES.items()
        }
        self.kind = _dropdown(KINDS, "차트 종류", "kind", "92px")
        self.style = _dropdown(STYLES, "오르고 내림의 색", "style", "146px")
        self.dark = with_classes(widgets.ToggleButton(description="어둡게", tooltip="어두운 화면"), "theme")
        self.others = with_classes(
            widgets.Text(
                placeholder="비교: 000660, 카카오",
                tooltip="쉼표로 나눈 이름이나 코드. Enter를 누르면 시작을 100으로 맞추어 비교합니다.",
                continuous_update=False,
            ),
            "compare",
        )
        self._update_periods()
        for control in self._observed():
            control.observe(self._value_changed, "value")
        self.freq.observe(self._freq_changed, "value")

    def _observed(self) -> Iterator[Any]:
        yield from (self.period, self.adjusted, self.kind, self.style, self.dark, self.others)
        yield from self.switches.values()

    def _update_periods(self) -> None:
        choices, default = CHOICES[self.freq.value]
        self._quiet = True  # new options and a new value are one change
        try:
            self.period.options = choices
            self.period.value = default
        finally:
            self._quiet = False

    def _freq_changed(self, _: Any) -> None:
        self._update_periods()
        self._on_change()

    def _value_changed(self, _: Any) -> None:
        if not self._quiet:
            self._on_change()

    def request(self, code: str) -> ChartRequest:
        """Return the chosen chart of a stock."""
        return ChartRequest(
            code,
            freq=self.freq.value,
            period=self.period.value,
            adjusted=self.adjusted.value,
            others=self.others.value.strip(),
            kind=self.kind.value,
            style=self.style.value,
            theme="dark" if self.dark.value else "light",
            **{name: switch.value for name, switch in self.switches.items()},
        )

    def boxes(self) -> tuple[Any, Any]:
        """Return the two toolbars above the chart."""
        first = widgets.HBox([self.freq, self.period])
        switches = with_classes(widgets.HBox([self.adjusted, *self.switches.values(), self.dark]), "marks")
        second = widgets.HBox([switches, self.kind, self.style, self.others])
        return with_classes(first, "bar"), with_classes(second, "bar")


def _dropdown(options: dict[str, str], tooltip: str, name: str, width: str) -> Any:
    made = widgets.Dropdown(options=list(options.items()), tooltip=tooltip, layout={"width": width})
    return with_classes(made, name)
