"""What is shown around and on top of the chart: origin and age of its data, notes, waiting states, errors."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, TypeAlias

from . import messages
from .chart_request import ChartRequest
from .html import chart_skeleton, render_message, render_wait
from .load import ChartData
from .messages import explain_error
from .parts import Part

if TYPE_CHECKING:
    from ..client import Client

ChartPart: TypeAlias = Part[tuple[ChartData, bytes]]


def is_current(part: ChartPart, request: ChartRequest) -> bool:
    """Whether the chart that was loaded last is the one that the controls describe."""
    return part.value is not None and part.value[0].request == request


def render_overlay(part: ChartPart, request: ChartRequest) -> str:
    """Render what covers the chart: a skeleton, a spinner, an error, or nothing."""
    if part.is_loading:
        wait = render_wait(part.wait, messages.LOADING_CHART)
        return wait if part.value is not None else chart_skeleton() + wait
    if is_current(part, request):
        return ""
    text = messages.CANCELLED if part.error is None else explain_error(part.error)
    return render_message(text, retry=True)


def render_notice(part: ChartPart, request: ChartRequest) -> str:
    """Render what the user should know about the chart that is shown."""
    if part.value is None or not is_current(part, request):
        return ""
    texts = list(part.value[0].notes)
    if part.error is not None:
        texts.insert(0, f"{explain_error(part.error)} {messages.SHOWING_STORED}")
    return "".join(map(render_message, texts))


def render_badge(chart: ChartData, client: Client) -> str:
    """Render where the data comes from and how old it is."""
    label, about = messages.describe_origin(client.server.name, client.server.loopback)
    retrieved = chart.history.attrs["retrieved"]
    age = messages.format_age(retrieved, client.now())
    return (
        f'<span class="kr-origin" title="{escape(about, quote=True)}">{escape(label)}</span>'
        f'<span class="kr-age">{messages.format_time(retrieved)} 기준 · {age}</span>'
    )
