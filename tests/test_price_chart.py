"""What a price chart computes and how it draws long histories, halts, official closes and bars in panes."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import kiwoom_research as kr
from kiwoom_research.charts.content import build_content
from kiwoom_research.charts.ichimoku import ichimoku

from .test_charts import (
    BLUE,
    FOUR,
    RED,
    days,
    line,
    minutes,
    pixels,
    shapes,
    words_in,
)


def content_of(bars: pd.DataFrame, **options: object):
    """The content of a chart with nothing but what is asked for."""
    usual = {
        "kind": "candles", "title": "", "averages": (), "overlays": (), "panes": (), "signals": None, "events": None,
        "profile": False, "log": False, "last": None, "start": None, "end": None, "korean": True,
    }  # fmt: skip
    return build_content(bars, **(usual | options))


# --- what is in view -------------------------------------------------------------------------------


def places(figure: Figure) -> int:
    """How many candles are drawn."""
    return len(shapes(figure, "wicks"))


def test_start_and_end_are_both_included() -> None:
    """Texts, dates and timestamps; a month or a day may be named; averages come from all bars."""
    bars = days(300)
    figure = kr.plot(bars, start="2026-10", end="2026-10-30", averages=(60,))
    assert places(figure) == len(bars.loc["2026-10"]) == 22
    first = bars.index.get_loc(pd.Timestamp("2026-10-01"))
    assert line(figure, "MA60")[0] == pytest.approx(bars["close"].iloc[first - 59 : first + 1].mean())
    assert (
        places(kr.plot(bars, start=date(2026, 10, 1), end=pd.Timestamp("2026-10-30", tz="Asia/Seoul"))) == 22
    )
    assert places(kr.plot(bars, start="2026-10", last=5)) == 5
    both = minutes("2026-11-19", "2026-11-20")
    assert places(kr.plot(both, start="2026-11-20")) == len(both) / 2
    assert places(kr.plot(both, start=pd.Timestamp("2026-11-20 09:00"))) == len(both) / 2
    assert places(kr.plot(both, end="2026-11-19")) == len(both) / 2


def test_the_headline_is_about_the_newest_bar_in_view() -> None:
    """Price, change and date of the last bar shown, not of the last bar there is."""
    text = words_in(kr.plot(FOUR, end="2026-11-18"))
    assert "105" in text
    assert "▼5 (−4.55%)" in text
    assert "2026-11-18" in text


# --- long histories --------------------------------------------------------------------------------


def test_more_bars_than_pixels_are_thinned() -> None:
    """One column per pixel keeps the extremes, the first open and the last close; nothing between is lost."""
    bars = days(5000)
    bars.iloc[2500, bars.columns.get_loc("high")] = 999_999.0
    bars.iloc[3333, bars.columns.get_loc("low")] = 1.0
    figure = kr.plot(bars, averages=())
    width = figure.axes[0].get_window_extent().width
    wicks = shapes(figure, "wicks")
    assert 0.95 * width < len(wicks) <= width
    assert wicks[:, :, 1].max() == 999_999
    assert wicks[:, :, 1].min() == 1
    step = np.diff(wicks[:, 0, 0])
    assert np.allclose(step, step[0])
    volume = shapes(figure, "volume", axes=1)
    assert len(volume) == len(wicks)
    assert volume[:, :, 1].max() == bars["volume"].max()
    # the newest column holds the newest bars: its reach is theirs
    per_column = round(5000 / len(wicks))
    assert bars["high"].iloc[-per_column:].max() <= wicks[-1, :, 1].max() <= bars["high"].iloc[-8:].max()


def test_thinned_colours_are_first_open_against_last_close() -> None:
    """A falling half and a rising half are blue and red, whatever single bars do."""
    close = np.concatenate([np.linspace(9e4, 3e4, 5000), np.linspace(3e4, 8e4, 5000)])
    index = pd.DatetimeIndex(pd.date_range("2000-01-01", periods=10_000), name="date")
    up_and_down = np.where(np.arange(10_000) % 2, 60, -60)
    bars = pd.DataFrame({"open": close - up_and_down, "close": close, "volume": 1.0}, index=index)
    bars = bars.assign(high=bars[["open", "close"]].max(axis=1), low=bars[["open", "close"]].min(axis=1))
    figure = kr.plot(bars, averages=(), panes=())
    picture, axes = pixels(figure), figure.axes[0]
    for place, colour in ((2000, BLUE), (8000, RED)):
        x, y = axes.transData.transform((place, bars["close"].iloc[place])).astype(int)
        found = {to_hex(pixel / 255) for pixel in picture[-y - 2 : -y + 2, x - 8 : x + 8].reshape(-1, 3)}
        assert colour in found
        assert (BLUE if colour == RED else RED) not in found


def test_averages_too_short_to_see_are_not_drawn() -> None:
    """An average of less than a few pixels would cover the candles it averages; its value stays in the legend."""
    figure = kr.plot(days(4000), averages=(5, 120))
    assert [found.get_label() for found in figure.axes[0].lines if found.get_label().startswith("MA")] == [
        "MA120"
    ]
    assert "MA5 " in words_in(figure)


def test_a_thinned_line_keeps_its_extremes() -> None:
    """Of the values in one pixel the first, lowest, highest and last remain."""
    values = pd.Series(np.zeros(5000), index=days(5000).index, name="spike")
    values.iloc[1234], values.iloc[4321] = 7.0, -3.0
    figure = kr.plot(days(5000), panes=values)
    found = line(figure, "spike", axes=1)
    assert len(found) < 4000
    assert (found.max(), found.min()) == (7, -3)


# --- panes -----------------------------------------------------------------------------------------


def test_bars_in_a_pane() -> None:
    """Net buying as columns from zero, red above and blue below; two columns share the place of a bar."""
    bars = days(40)
    net = pd.Series(np.where(np.arange(40) % 2, 1e6, -2e6), index=bars.index, name="외국인")
    figure = kr.plot(bars, panes=[("bars", net), ("bars", pd.DataFrame({"a": net, "b": -net}))])
    columns = shapes(figure, "외국인", axes=1)
    columns = columns[np.argsort(columns[:, :, 0].mean(axis=1))]
    assert (columns[:, :, 1].max(axis=1) == np.maximum(net, 0)).all()
    assert (columns[:, :, 1].min(axis=1) == np.minimum(net, 0)).all()
    colours = {
        to_hex(found)
        for c in figure.axes[1].collections
        if c.get_label() == "외국인"
        for found in c.get_facecolor()
    }
    assert colours == {RED, BLUE}
    lefts = [
        min(path.vertices[:, 0].min() for path in c.get_paths())
        for c in figure.axes[2].collections if c.get_label() in ("a", "b")
    ]  # fmt: skip
    assert lefts[0] < lefts[1] < 0.36
    assert "외국인 100만" in words_in(figure)


def test_stochastic_obv_and_ichimoku_are_drawn() -> None:
    """Their lines are those of the indicators, on axes of their own or over the prices."""
    pytest.importorskip("talib")
    bars = days(200)
    figure = kr.plot(bars, overlays="ichimoku", panes=["stochastic", "obv"], last=60)
    assert np.allclose(
        line(figure, "%K", 1), kr.indicators.stochastic(bars)["stoch_k"].tail(60), equal_nan=True
    )
    assert np.allclose(line(figure, "OBV", 2), kr.indicators.obv(bars).tail(60))
    assert np.allclose(line(figure, "span_a"), ichimoku(bars)["span_a"].tail(60), equal_nan=True)
    assert figure.axes[1].get_ylim() == (0, 100)


def test_ichimoku_by_hand() -> None:
    """Midpoints of 9, 26 and 52 bars, the spans 25 bars later, the close 25 bars earlier."""
    bars = days(120)
    table = ichimoku(bars)
    high, low = bars["high"], bars["low"]
    assert table["conversion"].iloc[-1] == (high.iloc[-9:].max() + low.iloc[-9:].min()) / 2
    base = (high.iloc[-26:].max() + low.iloc[-26:].min()) / 2
    assert table["base"].iloc[-1] == base
    before = slice(120 - 25 - 52, 120 - 25)
    assert table["span_b"].iloc[-1] == (high.iloc[before].max() + low.iloc[before].min()) / 2
    assert table["span_a"].iloc[-1] == (table["conversion"].iloc[-26] + table["base"].iloc[-26]) / 2
    assert table["lagging"].iloc[-26] == bars["close"].iloc[-1]
    assert table["lagging"].iloc[-25:].isna().all()
    assert table["span_b"].iloc[: 51 + 25].isna().all()


# --- halts, official closes, changes -----------------------------------------------------------------


def test_halts_are_shaded() -> None:
    """A run of sessions without volume is one grey span, and the legend says what it is."""
    bars = days(60)
    bars.iloc[20:31, bars.columns.get_loc("volume")] = 0
    figure = kr.plot(bars)
    (span,) = [patch for patch in figure.axes[0].patches if patch.get_label() == "untraded"]
    box = span.get_bbox()
    assert (box.x0, box.x1) == (19.5, 30.5)
    assert "거래 없음" in words_in(figure) or "no trades" in words_in(figure)
    assert not [patch for patch in kr.plot(days(60)).axes[0].patches if patch.get_label() == "untraded"]


def test_official_closes_are_marked_where_they_differ() -> None:
    """A dash over the width of the bar; none where the last trade was at the official close or it is not known."""
    bars = FOUR.assign(official_close=[110.0, 107.0, np.nan, 118.0])
    figure = kr.plot(bars)
    (found,) = [c for c in figure.axes[0].collections if c.get_label() == "official close"]
    assert [path.vertices.tolist() for path in found.get_paths()] == [
        [[0.5, 107], [1.5, 107]], [[2.5, 118], [3.5, 118]],
    ]  # fmt: skip
    assert "118" in words_in(figure)
    assert not [c for c in kr.plot(FOUR).axes[0].collections if c.get_label() == "official close"]


def test_changes_are_the_brokers_where_they_fit_the_prices() -> None:
    """Else against the official close before, else against the close before."""
    assert content_of(FOUR).change == 15
    assert content_of(FOUR.assign(change=[0.0, 0, 0, -3])).change == -3  # the base price of an ex-date
    assert content_of(FOUR.assign(change=[0.0, 0, 0, 4_000])).change == 15  # of other prices
    assert content_of(FOUR.assign(change=[0.0, 0, 0, np.nan])).change == 15
    assert content_of(FOUR.assign(official_close=[110.0, 105, 104, 120])).change == 16
    tripled = FOUR.assign(close=[10.0, 20.0, 30.0, 90.0], change=[0.0, 10, 10, 60])
    assert content_of(tripled).change == 60  # beyond a day's limit, but what the prices say


def test_alt_text() -> None:
    """A sentence with name, interval, period, number of bars and last close."""
    figure = kr.plot(days(30), title="카카오", last=10)
    assert (
        figure.alt_text
        == f"카카오 일봉 차트, 2026-11-09부터 2026-11-20까지 10봉, 마지막 종가 {figure_close()}"
    )


def figure_close() -> str:
    """The last close of thirty days as a text."""
    return f"{days(30)['close'].iloc[-1]:,.0f}"


def test_thinning_leaves_out_bars_with_a_missing_price() -> None:
    """A gap of several pixels stays empty."""
    bars = days(5000)
    bars.iloc[2000:2100, 0] = np.nan
    x = shapes(kr.plot(bars), "wicks")[:, 0, 0]
    assert not ((x > 2005) & (x < 2095)).any()
    assert ((x > 1990) & (x < 2000)).any()
