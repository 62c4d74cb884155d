"""Generates the Python code that reproduces what the explorer shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..data.connection import gives_sandbox
from .load import ChartData
from .render import compare_options, plot_options


def generate_code(chart: ChartData, server: str) -> str:
    """Return Python code that gives the same frame, named `bars`, and the same chart."""
    request, days = chart.request, chart.range
    kwargs: dict[str, Any] = {}
    if days.first is not None:
        kwargs["end"] = f"{chart.bars.index[-1]:%Y-%m-%d}"
    if not request.adjusted:
        kwargs["adjusted"] = False

    def bars(code: str, start: str | None) -> str:
        begin = {} if start is None else {"start": start}
        freq = [] if request.freq == "1d" else [_literal(request.freq)]
        return _call("kr.get_bars", [code, *freq], {**begin, **kwargs})

    code = _literal(request.code)
    text = ["import kiwoom_research as kr", "", _connection(server)]
    if chart.others:
        others = ", ".join(f"{_literal(name)}: {_literal(code)}" for name, (code, _) in chart.others.items())
        text += [f"bars = {bars(code, days.first)}", f"others = {{{others}}}"]
        text += [f"compared = {{name: {bars('code', days.first)} for name, code in others.items()}}"]
        both = f"{{{_literal(chart.name)}: bars, **compared}}"
        text += [_call("kr.compare", [both], compare_options(request))]
    elif days.first is None:
        text += [f"bars = {bars(code, None)}", _call("kr.plot", ["bars"], plot_options(request, chart.name))]
    else:
        text += ["# 차트의 이동평균이 처음부터 이어지도록 더 앞에서부터 받습니다"]
        text += [f"history = {bars(code, days.requested)}", f"bars = history.loc[{_literal(days.first)} :]"]
        text += [_call("kr.plot", ["history", "last=len(bars)"], plot_options(request, chart.name))]
    return "\n".join(text) + "\n"


def _call(name: str, first: list[str], kwargs: Mapping[str, Any]) -> str:
    arguments = [*first, *(f"{key}={_literal(value)}" for key, value in kwargs.items())]
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
