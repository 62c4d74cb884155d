"""Generates the Python code that reproduces what the explorer shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..data.connection import gives_sandbox
from .instruments import is_index
from .load import ChartData
from .render import compare_options, plot_options

WARM_UP_COMMENT = "# 차트의 이동평균이 처음부터 이어지도록 더 앞에서부터 받습니다"


def generate_code(chart: ChartData, name: str) -> str:
    """Return Python code that gives the same frame, named `bars`, and the same chart."""
    request, days = chart.request, chart.range
    options = {"title": f"{name} {request.code}", **plot_options(request)}
    lines = ["import kiwoom_research as kr", "", _connect(chart.server)]
    if chart.others:
        lines += [f"bars = {_get_bars(chart, request.code, days.first)}", "compared = {"]
        lines.append(f"    {_literal(name)}: bars,")
        lines += [
            f"    {_literal(other)}: {_get_bars(chart, code, days.first)},"
            for other, (code, _) in chart.others.items()
        ]
        lines += ["}", _call("kr.compare", ["compared"], compare_options(request))]
    elif days.first is None:
        lines.append(f"bars = {_get_bars(chart, request.code, None)}")
        lines.append(_call("kr.plot", ["bars"], options))
    else:
        lines += [WARM_UP_COMMENT, f"history = {_get_bars(chart, request.code, days.requested)}"]
        lines.append(f"bars = history.loc[{_literal(days.first)} :]")
        lines.append(_call("kr.plot", ["history", "last=len(bars)"], options))
    return "\n".join(lines) + "\n"


def _get_bars(chart: ChartData, code: str, start: str | None) -> str:
    """Return the call that gives the bars of a stock or an index."""
    request = chart.request
    kwargs: dict[str, Any] = {} if start is None else {"start": start}
    if chart.range.first is not None:
        kwargs["end"] = f"{chart.bars.index[-1]:%Y-%m-%d}"
    if is_index(code):
        return _call("kr.get_index", [_literal(code)], kwargs)
    if not request.adjusted:
        kwargs["adjusted"] = False
    freq = [] if request.freq == "1d" else [_literal(request.freq)]
    return _call("kr.get_bars", [_literal(code), *freq], kwargs)


def _call(name: str, positional: list[str], kwargs: Mapping[str, Any]) -> str:
    arguments = [*positional, *(f"{key}={_literal(value)}" for key, value in kwargs.items())]
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= 88 or name.startswith("kr.get_"):
        return line
    return "\n".join([f"{name}(", *(f"    {argument}," for argument in arguments), ")"])


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (str, list)) else repr(value)


def _connect(server: str) -> str:
    if server.startswith("sandbox") and gives_sandbox(server):
        return 'kr.connect("sandbox")'
    if server.startswith("sandbox"):  # another seed, another file
        return "# 같은 샌드박스에 연결합니다: kr.connect(kr.Sandbox(...))"
    if server in ("real", "mock"):
        return f'kr.connect("{server}")'
    return "# 같은 서버에 연결합니다: kr.connect(...)"
