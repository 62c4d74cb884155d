"""The live chart without a browser: what it sends, what it says, what it refuses."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kiwoom_research as kr
from kiwoom_research.charts.interactive.payload import column_type, count_decimals
from kiwoom_research.charts.interactive.source import ChartSource
from kiwoom_research.charts.interactive.widget import ChartWidget

from .test_charts import FOUR, days


def header(payload: bytes) -> dict[str, object]:
    """The JSON at the head of a payload."""
    return dict(json.loads(payload[4 : 4 + int.from_bytes(payload[:4], "little")]))


def test_a_bar_takes_28_bytes_and_an_indicator_4() -> None:
    """Prices, time and volume at most 28; every average 4 more."""
    bars = days(5000).round()
    payloads = [ChartSource(bars, averages=averages).payload() for averages in ((), (5,), (5, 20))]
    sizes = [(len(payload) - 4 - int.from_bytes(payload[:4], "little")) / 5000 for payload in payloads]
    assert 24 <= sizes[0] <= 28
    assert np.diff(sizes).tolist() == [4, 4]


def test_numbers_take_the_width_they_need() -> None:
    """float32 as far as it writes the same digits."""
    assert column_type(np.array([16_777_216.0, np.nan]), 0) == "<f4"
    assert column_type(np.array([16_777_217.0]), 0) == "<f8"
    assert column_type(np.array([2_745.12, 2_600.55]), 2) == "<f4"
    assert column_type(np.array([2_745_000.12]), 2) == "<f8"
    assert [count_decimals(np.array([value])) for value in (70_000.0, 2_745.12, 1.234, 0.1234)] == [
        0,
        2,
        3,
        4,
    ]


def test_an_output_holds_the_newest_5000_bars_and_says_so() -> None:
    """A picture inside of the HTML and beside it, with an alt text; older bars are left out aloud."""
    bars = days(5200, end="2045-11-20")
    data, metadata = kr.chart(bars, title="삼성전자", last=50)._repr_mimebundle_()  # type: ignore[attr-defined]
    assert data["image/png"][:4] == b"\x89PNG"
    assert data["text/html"].count("<img") == 1
    assert metadata["image/png"]["alt"] == data["text/plain"]
    found = header(ChartSource(bars, last=50).payload(5000))
    assert (found["count"], found["omitted"], found["visible"]) == (5000, "이전 200봉 생략", [4950, 4999])
    assert header(ChartSource(bars).payload())["visible"] == [4950, 5199]  # the newest 250 of many


def test_save(tmp_path: Path) -> None:
    """A page or a picture by the suffix; another one is refused."""
    chart = kr.chart(FOUR, title="a")
    assert chart.save(tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    assert chart.save(tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(ValueError, match=r"path: expected a name that ends in .html or .png, got 'a.svg'"):
        chart.save(tmp_path / "a.svg")


def test_a_widget_exchanges_its_bars() -> None:
    """Other bars in place, options that stay, what the browser reports as times; a mistake changes nothing."""
    widget = kr.chart(days(30), averages=(5,), widget=True)
    assert isinstance(widget, ChartWidget)
    before = widget._payload
    widget.show(FOUR, title="b", keep_view=True)
    assert header(widget._payload)["title"] == "b"
    assert header(widget._payload)["count"] == 4
    assert widget._keep_view
    widget._visible = [1, 3]
    widget._selection = [0, 1]
    assert widget.visible == (FOUR.index[1], FOUR.index[3])
    assert widget.selection == (FOUR.index[0], FOUR.index[1])
    widget.show_period("2026-11-18", "2026-11-19")
    assert widget._shown == [1, 2]
    now = widget._payload
    with pytest.raises(ValueError, match="panes: expected one of"):
        widget.show(days(30), panes="vwap")
    with pytest.raises(ValueError, match="option: expected one of"):
        widget.show(days(30), colour="red")
    assert widget._payload == now != before


WRONG = {
    "theme": ({"theme": "blue"}, "theme: expected one of auto, light, dark"),
    "style": ({"style": "us"}, "style: expected one of korean, western"),
    "height": ({"height": 5}, "height: expected CSS pixels"),
    "pane": ({"panes": "atr"}, "panes: expected one of volume"),
    "average": ({"averages": (0,)}, "averages: expected a positive integer"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments_are_named(name: str) -> None:
    """A ValueError when the chart is made, not when it is shown."""
    options, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        kr.chart(FOUR, **options)


def test_several_stocks_take_few_options() -> None:
    """What goes with the bars of one stock is refused, not dropped."""
    both = {"a": FOUR, "b": FOUR["close"]}
    assert header(ChartSource(both).payload())["kind"] == "comparison"
    with pytest.raises(ValueError, match="overlays: expected the bars of one stock"):
        kr.chart(both, overlays="bollinger")
    with pytest.raises(ValueError, match="bars: expected a DataFrame"):
        kr.chart(pd.Series([1.0]))  # type: ignore[arg-type]
