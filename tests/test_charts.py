"""Charts: what is drawn is compared with the bars, read back from collections, texts and pixels."""

import io
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.text import Text

import kiwoom_research as kr
from kiwoom_research.charts import candles, fonts, heatmaps
from kiwoom_research.charts.format import format_amount
from kiwoom_research.charts.time_axis import TimeAxis
from kiwoom_research.errors import ConfigError

RED, BLUE, GREY, GREEN = "#e0313f", "#1f66d6", "#7d8793", "#0b9a78"

# --- bars ----------------------------------------------------------------------------------------


def random_bars(index: pd.Index, seed: int = 1) -> pd.DataFrame:
    """A random walk of whole won under an index."""
    random = np.random.default_rng(seed)
    close = np.round(70_000 * np.exp(np.cumsum(random.normal(0, 0.02, len(index)))))
    before = np.append(70_000, close[:-1])
    high = np.maximum(before, close) + random.integers(0, 900, len(index))
    low = np.minimum(before, close) - random.integers(0, 900, len(index))
    volume = random.integers(1_000, 9_000_000, len(index)).astype(float)
    columns = {"open": before, "high": high, "low": low, "close": close, "volume": volume}
    return pd.DataFrame(columns, index=index)


def days(count: int, end: str = "2026-11-20") -> pd.DataFrame:
    """Daily bars on weekdays."""
    return random_bars(pd.DatetimeIndex(pd.bdate_range(end=end, periods=count), name="date"))


def minutes(*dates: str, every: int = 5) -> pd.DataFrame:
    """Minute bars of whole sessions, 09:00 to 15:30."""
    parts = [
        pd.date_range(f"{day} 09:00", f"{day} 15:30", freq=f"{every}min", tz="Asia/Seoul") for day in dates
    ]
    return random_bars(pd.DatetimeIndex(np.concatenate(parts), name="time").tz_convert("Asia/Seoul"))


def ticks(count: int) -> pd.DataFrame:
    """Single trades, several in a second."""
    times = pd.Timestamp("2026-11-20 10:00", tz="Asia/Seoul") + pd.to_timedelta(np.arange(count) // 3, "s")
    index = pd.MultiIndex.from_arrays([times, np.arange(count) % 3], names=["time", "seq"])
    bars = random_bars(index)
    return bars.assign(open=bars["close"], high=bars["close"], low=bars["close"])


FOUR = pd.DataFrame(
    {
        "open": [100.0, 110.0, 105.0, 105.0],
        "high": [115.0, 112.0, 105.0, 130.0],
        "low": [95.0, 101.0, 105.0, 104.0],
        "close": [110.0, 105.0, 105.0, 120.0],
        "volume": [10.0, 30.0, 0.0, 20.0],
    },
    index=pd.DatetimeIndex(["2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"], name="date"),
)  # up, down, halted, up


# --- reading a figure ------------------------------------------------------------------------------


def shapes(figure: Figure, label: str, axes: int = 0) -> np.ndarray:
    """Vertices of a collection, one row a shape; a closing vertex is left out."""
    return pieces(figure, label, axes)[0]


def faces(figure: Figure, label: str, axes: int = 0) -> list[str]:
    """Colour of each shape as a hexadecimal number."""
    return pieces(figure, label, axes)[1]


def pieces(figure: Figure, label: str, axes: int) -> tuple[np.ndarray, list[str]]:
    """Shapes and colours of a collection, from left to right; one path holds all of a colour."""
    (found,) = [c for c in figure.axes[axes].collections if c.get_label() == label]
    colours = found.get_facecolor() if len(found.get_facecolor()) else found.get_edgecolor()
    shapes: list[np.ndarray] = []
    hexes: list[str] = []
    for at, path in enumerate(found.get_paths()):
        starts = np.flatnonzero(path.codes == path.MOVETO)
        for first, last in zip(starts, [*starts[1:], len(path.codes)], strict=True):
            closed = path.codes[last - 1] == path.CLOSEPOLY
            shapes.append(path.vertices[first : last - closed])
            hexes.append(to_hex(colours[at % len(colours)]))
    order = range(len(shapes))
    if label in ("wicks", "bodies", "volume", "histogram"):
        order = sorted(order, key=lambda at: shapes[at][:, 0].mean())
    return np.array([shapes[at] for at in order]), [hexes[at] for at in order]


def line(figure: Figure, label: str, axes: int = 0) -> np.ndarray:
    """The values of a line."""
    (found,) = [line for line in figure.axes[axes].lines if line.get_label() == label]
    return np.asarray(found.get_ydata(), dtype=float)


def drawn(figure: Figure) -> FigureCanvasAgg:
    """A canvas on which the figure has been drawn."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas


def pixels(figure: Figure) -> np.ndarray:
    """The picture, height x width x RGB."""
    return np.asarray(drawn(figure).buffer_rgba())[:, :, :3].copy()


def tick_texts(figure: Figure) -> list[str]:
    """Labels of the time axis, left to right."""
    drawn(figure)
    return [label.get_text() for label in figure.axes[-1].get_xticklabels()]


def visible_texts(figure: Figure) -> list[Text]:
    """Every text that is really drawn, in a figure that has been."""
    found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    for axes in figure.axes:
        for axis, on in (
            (axes.xaxis, ("labelbottom", "labeltop")),
            (axes.yaxis, ("labelleft", "labelright")),
        ):
            which = axis.get_tick_params(which="major")
            for tick in axis.get_major_ticks():
                for label in (tick.label1, tick.label2):
                    low, high = sorted(axis.get_view_interval())
                    shown = any(which.get(name) for name in on) and low <= tick.get_loc() <= high
                    if not shown and label in found:
                        found.remove(label)
    return found


def words_in(figure: Figure) -> str:
    """All texts of a figure."""
    drawn(figure)
    return " | ".join(text.get_text() for text in visible_texts(figure))


# --- fonts ---------------------------------------------------------------------------------------


@pytest.fixture
def font_list(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Matplotlib's list of fonts without any Hangul in it, given back afterwards; nothing is remembered."""
    bare = [entry for entry in fontManager.ttflist if not fonts.has_hangul(entry.fname)]
    monkeypatch.setattr(fontManager, "ttflist", bare)
    monkeypatch.setattr(fonts.font_manager, "findSystemFonts", list)
    monkeypatch.delenv(fonts.VARIABLE, raising=False)
    fonts._hangul_font.cache_clear()
    yield
    fonts._hangul_font.cache_clear()


@pytest.fixture
def english(font_list: None, caplog: pytest.LogCaptureFixture) -> None:
    """A machine without a Hangul font, the hint already given."""
    fonts.font_families()
    caplog.clear()


@pytest.fixture
def hangul(tmp_path: Path) -> Path:
    """A font file with a box for every letter that charts write."""
    letters = [
        chr(code) for code in (*range(0x20, 0x7F), *range(0xAC00, 0xD7A4), 0x2212, 0x25B2, 0x25BC, 0x25A0)
    ]
    names = [".notdef", *(f"u{ord(letter):04X}" for letter in letters)]
    pen = TTGlyphPen(None)
    for at, corner in enumerate([(50, 0), (50, 700), (450, 700), (450, 0)]):
        (pen.lineTo if at else pen.moveTo)(corner)
    pen.closePath()
    box = pen.glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): f"u{ord(letter):04X}" for letter in letters})
    builder.setupGlyf(dict.fromkeys(names, box))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (500, 50)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Box Hangul", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "NanumGothic.ttf")
    return tmp_path / "NanumGothic.ttf"


def test_without_a_font_everything_is_latin(font_list: None, caplog: pytest.LogCaptureFixture) -> None:
    """Labels are English, letters that no font has become boxes, and the hint comes once; matplotlib is silent."""
    with caplog.at_level(logging.WARNING):
        figure = kr.plot(days(200), title="삼성전자", panes=["volume"], events={"2026-11-02": "실적"})
        text = words_in(figure) + words_in(kr.compare({"카카오": days(30)}))
    assert set(text) - set(map(chr, range(128))) <= set("−▲▼□")
    assert "□□□□" in text
    assert "Volume" in text
    assert [record.getMessage() for record in caplog.records] == [fonts.HINT]


def test_with_a_font_labels_are_korean(
    font_list: None, hangul: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """KIWOOM_RESEARCH_FONT names a file: every text asks for its family first, tick labels too."""
    monkeypatch.setenv(fonts.VARIABLE, str(hangul))
    figure = kr.plot(days(200), title="삼성전자")
    text = words_in(figure)
    assert "삼성전자" in text
    assert "거래량" in text
    assert "월" in "".join(tick_texts(figure))
    assert {tuple(found.get_fontfamily()) for found in visible_texts(figure)} == {
        ("Box Hangul", "DejaVu Sans")
    }
    assert not caplog.records


def test_a_font_that_matplotlib_has_not_listed_yet_is_found(
    font_list: None, hangul: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A font installed after matplotlib wrote its list is found among the system's files."""
    monkeypatch.setattr(fonts.font_manager, "findSystemFonts", lambda: [str(hangul)])
    assert fonts.font_families() == ("Box Hangul", "DejaVu Sans")


def test_a_family_name_without_hangul_is_not_taken(font_list: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What calls itself Malgun Gothic but cannot write Hangul is no answer."""
    dejavu = next(entry for entry in fontManager.ttflist if entry.name == "DejaVu Sans")
    fake = type(dejavu)(fname=dejavu.fname, name="Malgun Gothic")
    monkeypatch.setattr(fontManager, "ttflist", [*fontManager.ttflist, fake])
    assert fonts.font_families() == ("DejaVu Sans",)


@pytest.mark.parametrize("wanted", ["/no/such/font.ttf", "No Such Family", "DejaVu Sans"])
def test_a_wrong_font_variable_is_named(
    font_list: None, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    """A font that is not there or has no Hangul is an error that names the variable."""
    monkeypatch.setenv(fonts.VARIABLE, wanted)
    with pytest.raises(ConfigError, match=f"{fonts.VARIABLE}.*{wanted}"):
        kr.plot(FOUR)


# --- candles -------------------------------------------------------------------------------------


def test_bodies_and_wicks_are_the_bars() -> None:
    """Every wick runs from low to high, every body from open to close, at places 0, 1, 2, ..."""
    bars = days(300)
    figure = kr.plot(bars)
    wicks, bodies = shapes(figure, "wicks"), shapes(figure, "bodies")
    places = np.arange(len(bars))
    assert (wicks[:, :, 0] == places[:, None]).all()
    assert (wicks[:, :, 1] == bars[["low", "high"]].to_numpy()).all()
    assert (bodies[:, :, 1].min(axis=1) == bars[["open", "close"]].min(axis=1)).all()
    assert (bodies[:, :, 1].max(axis=1) == bars[["open", "close"]].max(axis=1)).all()
    assert np.allclose(bodies[:, :, 0].mean(axis=1), places)
    assert np.ptp(bodies[:, :, 0], axis=1).max() < 1


def test_volume_stands_below() -> None:
    """The volume pane has one column a bar from zero up, in the colour of its candle."""
    figure = kr.plot(FOUR)
    columns = shapes(figure, "volume", axes=1)
    assert (columns[:, :, 1].max(axis=1) == FOUR["volume"]).all()
    assert (columns[:, :, 1].min(axis=1) == 0).all()
    assert faces(figure, "volume", axes=1) == faces(figure, "bodies")


@pytest.mark.parametrize(
    ("style", "colours"), [("korean", [RED, BLUE, GREY, RED]), ("western", [GREEN, RED, GREY, GREEN])]
)
def test_colours(style: str, colours: list[str]) -> None:
    """Red is up in Korea, green in the west; a bar that ends where it began is grey."""
    assert faces(kr.plot(FOUR, style=style), "bodies") == colours


def hue(colour: str) -> str:
    """Which of the primary colours a hexadecimal number is nearest to."""
    parts = dict(zip(("red", "green", "blue"), to_rgb(colour), strict=True))
    return max(parts, key=lambda name: parts[name])


def contrast(one: str, other: str) -> float:
    """Ratio of the luminances of two colours, as WCAG defines it."""

    def luminance(colour: str) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("style", "up", "down"), [("korean", "red", "blue"), ("western", "green", "red")])
def test_colours_of_every_theme(theme: str, style: str, up: str, down: str) -> None:
    """Up and down have the hues of their market in both themes, on candles and on signals, and can be seen."""
    signals = pd.Series([1, -1], index=FOUR.index[:2])
    figure = kr.plot(FOUR, theme=theme, style=style, signals=signals)
    rising, falling, *_ = faces(figure, "bodies")
    assert (hue(rising), hue(falling)) == (up, down)
    marks = {
        c.get_label(): to_hex(c.get_facecolor()[0])
        for c in figure.axes[0].collections
        if c.get_label() in ("buy", "sell")
    }
    assert marks == {"buy": rising, "sell": falling}
    background = to_hex(figure.axes[0].get_facecolor())
    assert min(contrast(rising, background), contrast(falling, background)) > 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pixels(theme: str) -> None:
    """In the middle of each body the picture has its colour; in a corner, the background."""
    figure = kr.plot(FOUR, averages=(), theme=theme)
    picture, axes = pixels(figure), figure.axes[0]
    for place, colour in ((0, faces(figure, "bodies")[0]), (1, faces(figure, "bodies")[1])):
        middle = FOUR[["open", "close"]].iloc[place].mean()
        x, y = axes.transData.transform((place + 0.2, middle)).round().astype(int)
        red, green, blue = picture[-y, x]
        assert f"#{red:02x}{green:02x}{blue:02x}" == colour
    assert (picture[0, 0].mean() > 250) == (theme == "light")


def test_columns_end_at_whole_pixels() -> None:
    """Many columns of equal height: across their middle there is their colour and the pane's, no blend."""
    bars = days(600).assign(open=1.0, low=1.0, close=2.0, high=2.0, volume=100.0)
    figure = kr.plot(bars, averages=())
    picture, axes = pixels(figure), figure.axes[1]
    (left, y), (right, _) = axes.transData.transform([(0, 55), (599, 55)]).round().astype(int)
    across = picture[-y, left:right]
    red = [to_hex(pixel / 255) == RED for pixel in across]
    assert sum(red) > 300
    assert (across.min(axis=1) > 230).sum() + sum(red) == len(across)  # the others are background and grid


def test_nights_and_weekends_take_no_room() -> None:
    """Friday and Monday, 15:30 and the next 09:00 are as far apart as any two bars."""
    for bars in (days(40), minutes("2026-11-19", "2026-11-20")):
        assert (np.diff(shapes(kr.plot(bars), "wicks")[:, 0, 0]) == 1).all()


def test_a_missing_price_leaves_its_place_free() -> None:
    """Bars with a missing price are not drawn; the others stay where they are."""
    bars = FOUR.copy()
    bars.loc[bars.index[1], "high"] = np.nan
    figure = kr.plot(bars, averages=(1,))
    assert shapes(figure, "wicks")[:, 0, 0].tolist() == [0, 2, 3]
    assert line(figure, "MA1").tolist() == FOUR["close"].tolist()


def test_zero_prices_of_a_halt_are_the_close() -> None:
    """Open, high and low 0, as the exchange reports a halt, are drawn at the close, not down to zero."""
    bars = FOUR.copy()
    bars.loc[bars.index[2], ["open", "high", "low"]] = 0.0
    figure = kr.plot(bars)
    assert (shapes(figure, "bodies")[2, :, 1] == 105).all()
    assert figure.axes[0].get_ylim()[0] > 90


def test_heikin_ashi() -> None:
    """Four bars calculated by hand."""
    bars = candles.heikin_ashi(FOUR)
    assert bars["close"].tolist() == [105.0, 107.0, 105.0, 114.75]
    assert bars["open"].tolist() == [105.0, 105.0, 106.0, 105.5]
    assert bars["high"].tolist() == [115.0, 112.0, 106.0, 130.0]
    assert bars["low"].tolist() == [95.0, 101.0, 105.0, 104.0]
    figure = kr.plot(FOUR, kind="heikin-ashi")
    assert shapes(figure, "wicks")[3, :, 1].tolist() == [104.0, 130.0]
    assert "120" in words_in(figure)  # the last price is the real one


def test_heikin_ashi_goes_on_after_a_gap() -> None:
    """A missing bar stays missing and does not blank what follows."""
    bars = FOUR.copy()
    bars.iloc[1, :4] = np.nan
    averaged = candles.heikin_ashi(bars)
    assert averaged.iloc[1].isna().all()
    assert averaged["open"].iloc[2] == 105.0


def test_single_trades_are_a_line() -> None:
    """Ticks have no candles: a line through the prices, one point a trade."""
    bars = ticks(60)
    figure = kr.plot(bars)
    assert line(figure, "close").tolist() == bars["close"].tolist()
    assert not [c for c in figure.axes[0].collections if c.get_label() == "bodies"]


def test_many_trades_are_a_thin_line() -> None:
    """So that the averages are not buried; and RSI and MACD are known of trades as well."""
    pytest.importorskip("talib")
    for count, width in ((300, 1.5), (301, 0.8)):
        figure = kr.plot(ticks(count), overlays="bollinger", panes=["rsi", "macd"])
        (close,) = [line for line in figure.axes[0].lines if line.get_label() == "close"]
        assert close.get_linewidth() == width
        assert np.isfinite(line(figure, "RSI", 1)).sum() == count - 14


def test_a_line_needs_the_close_only() -> None:
    """Index values without open, high, low and volume can be drawn."""
    bars = FOUR[["close"]]
    figure = kr.plot(bars, kind="line", panes=())
    assert line(figure, "close").tolist() == FOUR["close"].tolist()
    assert len(figure.axes) == 1


# --- lines and panes -------------------------------------------------------------------------------


def test_averages() -> None:
    """Simple means; those longer than the bars are left out; the legend has the newest value."""
    figure = kr.plot(FOUR, averages=(2, 4, 5))
    assert line(figure, "MA2")[1:].tolist() == [107.5, 105.0, 112.5]
    assert np.isnan(line(figure, "MA2")[0])
    assert "MA2 112.5" in words_in(figure)
    assert "MA4 110" in words_in(figure)
    assert "MA5" not in words_in(figure)


def test_last_shows_less_but_calculates_from_all() -> None:
    """With `last` the averages are known from the first bar that is shown."""
    bars = days(200)
    figure = kr.plot(bars, last=20, averages=(120,))
    assert len(shapes(figure, "wicks")) == 20
    assert line(figure, "MA120")[0] == pytest.approx(bars["close"].iloc[61:181].mean())


def test_last_may_be_a_number_of_numpy() -> None:
    """Whole numbers of every kind, also those that have no negative."""
    for last in (np.int64(50), np.uint8(50)):
        assert len(shapes(kr.plot(days(60), last=last), "wicks")) == 50


def test_a_far_average_does_not_press_the_bars_flat() -> None:
    """The bars keep most of the height when an average is far away; own lines are always inside."""
    bars = days(200).assign(close=np.linspace(1000, 100_000, 200))
    bars = bars.assign(open=bars["close"], high=bars["close"] + 10, low=bars["close"] - 10)
    figure = kr.plot(bars, last=20, averages=(120,))
    low, high = figure.axes[0].get_ylim()
    assert np.ptp(bars["close"].tail(20)) / (high - low) > 0.5
    far = pd.Series(20_000.0, index=bars.index, name="stop")
    assert kr.plot(bars, last=20, overlays=far).axes[0].get_ylim()[0] < 20_000


def test_bollinger() -> None:
    """Mean and two population deviations of 20 closes, calculated with numpy."""
    pytest.importorskip("talib")
    bars = days(60)
    figure = kr.plot(bars, overlays="bollinger")
    closes = bars["close"].to_numpy()[-20:]
    assert line(figure, "upper")[-1] == pytest.approx(closes.mean() + 2 * closes.std())
    assert line(figure, "lower")[-1] == pytest.approx(closes.mean() - 2 * closes.std())
    (shade,) = [c for c in figure.axes[0].collections if c.get_label() == "fill"]
    assert shade.get_paths()[0].vertices[:, 1].max() == pytest.approx(np.nanmax(line(figure, "upper")))


def test_rsi_and_macd_panes() -> None:
    """Wilder's RSI and the difference of two averages, calculated here without TA-Lib."""
    pytest.importorskip("talib")
    bars = days(400)
    figure = kr.plot(bars, panes=["rsi", "macd"], last=50)
    change = bars["close"].diff().iloc[1:]
    gain, loss = (float(side.iloc[:14].mean()) for side in (change.clip(lower=0), -change.clip(upper=0)))
    for step in change.iloc[14:]:
        gain, loss = (gain * 13 + max(step, 0)) / 14, (loss * 13 + max(-step, 0)) / 14
    assert line(figure, "RSI", axes=1)[-1] == pytest.approx(100 - 100 / (1 + gain / loss))
    assert figure.axes[1].get_ylim() == (0, 100)
    slow, fast = (bars["close"].ewm(span=span, adjust=False).mean().iloc[-1] for span in (26, 12))
    assert line(figure, "MACD", axes=2)[-1] == pytest.approx(fast - slow, rel=1e-6)
    heights = shapes(figure, "histogram", axes=2)[:, :, 1]
    both = line(figure, "MACD", axes=2) - line(figure, "signal", axes=2)
    assert np.allclose(heights.min(axis=1) + heights.max(axis=1), both)


def test_own_values_and_order_of_panes() -> None:
    """Series and frames of the user's own get panes, in the order asked, on one time axis."""
    bars = days(50)
    value = (bars["close"] * bars["volume"]).rename("value")
    figure = kr.plot(bars, panes=[value, "volume", value.tail(10).to_frame("recent")])
    assert line(figure, "value", axes=1).tolist() == value.tolist()
    assert len(shapes(figure, "volume", axes=2)) == 50
    assert np.isnan(line(figure, "recent", axes=3)[:40]).all()
    assert {axes.get_xlim() for axes in figure.axes} == {figure.axes[0].get_xlim()}
    lower = [axes.get_position().y0 for axes in figure.axes]
    assert lower == sorted(lower, reverse=True)


def test_profile_by_hand() -> None:
    """Ten shares over 95 to 115, thirty over 101 to 112, twenty over 104 to 130, in steps of ten."""
    shares = candles.volume_by_price(FOUR, np.array([90.0, 100.0, 110.0, 120.0, 130.0]))
    first = 10 * np.array([5, 10, 5, 0]) / 20
    second = 30 * np.array([0, 9, 2, 0]) / 11
    fourth = 20 * np.array([0, 6, 10, 10]) / 26
    assert np.allclose(shares, first + second + fourth)


def test_profile_keeps_all_volume() -> None:
    """Nothing is lost or counted twice, at the highest price and on step edges neither."""
    bars = pd.concat([days(100), FOUR.assign(open=70_000.0, high=70_000.0, low=70_000.0, close=70_000.0)])
    edges = np.unique([bars["low"].min(), 70_000.0, 71_000.0, bars["high"].max()])
    assert candles.volume_by_price(bars, edges).sum() == pytest.approx(bars["volume"].sum())
    top = bars.assign(low=bars["high"].max(), high=bars["high"].max())
    assert candles.volume_by_price(top, edges)[-1] == bars["volume"].sum()


def test_profile_is_drawn_at_its_prices() -> None:
    """The widest step is the one with the most volume and stands where that was traded."""
    bars = days(30)
    busy = bars.index[bars["volume"].argmax()]
    bars.loc[busy, "volume"] = 1e9
    steps = shapes(kr.plot(bars, profile=True), "profile")
    widest = steps[steps[:, :, 0].max(axis=1).argmax()][:, 1]
    assert bars.loc[busy, "low"] <= widest.mean() <= bars.loc[busy, "high"]


# --- marks ---------------------------------------------------------------------------------------


def offsets(figure: Figure, label: str) -> np.ndarray:
    """Where the marks of one kind are."""
    (found,) = [c for c in figure.axes[0].collections if c.get_label() == label]
    return np.asarray(found.get_offsets())


def test_signals() -> None:
    """Marks to buy stand at the low, marks to sell at the high; zero, missing and outside are none."""
    when = ["2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20", "2020-01-02", "2030-01-02"]
    signals = pd.Series([1, -1, 0, np.nan, 1, -1], index=pd.to_datetime(when))
    figure = kr.plot(FOUR, signals=signals)
    assert offsets(figure, "buy").tolist() == [[0, 95]]
    assert offsets(figure, "sell").tolist() == [[1, 112]]
    words_in(kr.plot(FOUR, signals=signals.iloc[:0]))  # none at all


def test_events_stand_at_the_bar_that_holds_them() -> None:
    """A Wednesday falls into the weekly bar of its Monday; a time with a zone is read in Seoul."""
    weeks = random_bars(pd.DatetimeIndex(pd.date_range("2026-09-07", periods=8, freq="7D"), name="date"))
    assert TimeAxis(weeks.index).positions("events", ["2026-09-16", "2026-09-07", "2026-09-06", "2026-11-02"]).tolist() == [
        1, 0, -1, -1,
    ]  # fmt: skip
    bars = minutes("2026-11-20")
    stamp = pd.Timestamp("2026-11-20 00:07", tz="UTC")
    assert TimeAxis(bars.index).positions("events", [stamp]).tolist() == [1]


def test_event_labels_do_not_cover_one_another() -> None:
    """Events on neighbouring days are stacked, and those at the edges stay inside."""
    bars = days(100)
    events = {day: f"quarterly results {at}" for at, day in enumerate(bars.index[[0, 1, 2, 60, 61, 98, 99]])}
    figure = kr.plot(bars, events=events)
    canvas = drawn(figure)
    found = [text for text in visible_texts(figure) if text.get_text().startswith("quarterly")]
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in found]
    assert len(boxes) == 7
    pane = figure.axes[0].get_window_extent()
    assert all(pane.x0 <= box.x0 and box.x1 <= pane.x1 for box in boxes)
    assert not any(a.overlaps(b) for at, a in enumerate(boxes) for b in boxes[:at])


# --- axes ----------------------------------------------------------------------------------------


def test_ticks_of_days(english: None) -> None:
    """Labels stand where weeks and months begin and say what is new."""
    assert tick_texts(kr.plot(days(10, end="2026-01-08"))) == [
        "12/26", "29", "30", "31", "2026", "2", "5", "6", "7", "8",
    ]  # fmt: skip
    assert tick_texts(kr.plot(days(45), figsize=(12, 6))) == [
        "9/21", "28", "Oct", "12", "19", "26", "Nov", "9", "16",
    ]  # fmt: skip


def test_ticks_of_minutes(english: None) -> None:
    """Two sessions: full hours, and the date where a session begins."""
    assert tick_texts(kr.plot(minutes("2026-11-19", "2026-11-20"), figsize=(12, 6))) == [
        "11/19", "10:00", "11:00", "12:00", "13:00", "14:00",  # 15:00 would touch the date
        "11/20", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00",
    ]  # fmt: skip


def test_the_end_of_a_day_leaves_the_next_its_label(english: None) -> None:
    """One bar of the 19th before a whole 20th: the label is that of the 20th; with room for both, both."""
    bars = minutes("2026-11-19", "2026-11-20")
    assert tick_texts(kr.plot(bars, last=80, figsize=(12, 6)))[:2] == ["11/20", "09:30"]
    assert tick_texts(kr.plot(bars, last=100, figsize=(12, 6)))[:4] == ["11/19", "14:30", "15:00", "11/20"]


def test_ticks_of_trades(english: None) -> None:
    """Seconds only where ticks are less than a minute apart."""
    assert tick_texts(kr.plot(ticks(180), figsize=(6, 4))) == ["11/20", "10:00:15", "10:00:30", "10:00:45"]
    assert tick_texts(kr.plot(ticks(3600), figsize=(6, 4)))[1:] == ["10:05", "10:10", "10:15"]


def test_ticks_of_years(english: None) -> None:
    """Forty years of months and eleven of years."""
    months = random_bars(pd.DatetimeIndex(pd.date_range("1986-01-01", "2026-11-01", freq="MS"), name="date"))
    assert tick_texts(kr.plot(months)) == [
        "1986",
        "1990",
        "1995",
        "2000",
        "2005",
        "2010",
        "2015",
        "2020",
        "2025",
    ]
    years = random_bars(pd.DatetimeIndex(pd.date_range("2016-01-01", periods=11, freq="YS"), name="date"))
    assert tick_texts(kr.plot(years)) == [str(year) for year in range(2016, 2027)]


def test_ticks_follow_the_view(english: None) -> None:
    """After zooming into a month the labels are days."""
    bars = days(600)
    figure = kr.plot(bars)
    assert "2026" in tick_texts(figure)
    figure.axes[0].set_xlim(560, 570)
    labels = tick_texts(figure)
    assert set(labels) >= {"28", "29", "30", "Oct"}


def test_log_prices() -> None:
    """Doubling takes the same height everywhere; ticks are 1, 2, 5 or finer, none missing its label."""
    bars = days(300)
    close = np.geomspace(1000, 64_000, 300)
    bars = bars.assign(open=close, close=close, high=close * 1.01, low=close * 0.99)
    figure = kr.plot(bars, log=True)
    drawn(figure)
    to_pixels = figure.axes[0].transData.transform
    heights = [to_pixels((0, value))[1] for value in (2000, 4000, 8000)]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1])
    values = figure.axes[0].get_yticks()
    assert {float(f"{value:e}".split("e")[0]) for value in values} <= {1, 1.5, 2, 3, 5, 7}
    assert len(values) >= 5


def test_log_of_a_small_range_has_ticks() -> None:
    """Within one decade the labels are round prices, not powers of ten."""
    figure = kr.plot(days(60), log=True)
    drawn(figure)
    values = figure.axes[0].get_yticks()
    assert len(values) >= 4
    assert (np.asarray(values) % 500 == 0).all()


def test_last_price() -> None:
    """A line across and a tag on the axis at the newest close, in the colour of its change."""
    figure = kr.plot(FOUR.assign(change=[0.0, 0, 0, -3]))
    drawn(figure)
    (tag,) = [text for text in figure.axes[0].texts if text.get_text() == "120"]
    assert tag.get_position() == (1, 120)
    assert to_hex(tag.get_bbox_patch().get_facecolor()) == BLUE  # what the broker says, not the bar before
    assert "▼3 (−2.44%)" in words_in(figure)
    assert "▲15 (+14.29%)" in words_in(kr.plot(FOUR))


def test_a_change_without_a_price_is_not_shown(english: None) -> None:
    """A missing close has no change, and prices that are all missing no numbers on their axis."""
    known = FOUR.assign(change=-800.0)
    said = words_in(kr.plot(known.assign(close=[110.0, 105.0, 105.0, np.nan])))
    assert "▼" not in said
    assert "nan" not in said
    figure = kr.plot((FOUR * np.nan).assign(change=-800.0))
    drawn(figure)
    assert "▼" not in words_in(figure)
    assert list(figure.axes[0].get_yticks()) == []


@pytest.mark.parametrize(
    ("value", "korean", "english"),
    [
        (99_999_999, "1억", "100M"),
        (99_994_999, "9,999만", "100M"),
        (999_999, "100만", "1M"),
        (-2_500_000, "−250만", "−2.5M"),
        (999_999_999_999, "1조", "1T"),
        (9_999, "9,999", "10K"),
    ],
)
def test_amounts(value: float, korean: str, english: str) -> None:
    """What is rounded up to the next unit is written in it; a minus is a minus."""
    assert (format_amount(value, True), format_amount(value, False)) == (korean, english)


def test_headline_of_a_running_bar(english: None) -> None:
    """A day that is not complete says so; a minute day that a page cut does not."""
    assert "running" in words_in(kr.plot(FOUR.assign(complete=[True, True, True, False])))
    assert "running" not in words_in(kr.plot(FOUR.assign(complete=True)))
    assert "running" not in words_in(kr.plot(minutes("2026-11-20").assign(complete=False)))


def test_title_falls_back_to_the_code(client: Any) -> None:
    """Bars of the sandbox carry their code; their picture has all rows."""
    bars = kr.get_bars("005930", pages=1, client=client)
    figure = kr.plot(bars)
    assert words_in(figure).startswith("005930") or "| 005930" in words_in(figure)
    assert len(shapes(figure, "wicks")) == len(bars) == 600
    minutes = kr.get_minutes("005930", 5, client=client)
    assert len(shapes(kr.plot(minutes, figsize=(14, 6)), "wicks")) == len(minutes) == 900


# --- every variant is legible ---------------------------------------------------------------------


def nan_bars() -> pd.DataFrame:
    """Bars with gaps, and one in the closes alone."""
    bars = days(60)
    bars.iloc[10:14] = np.nan
    bars.iloc[30, 3] = np.nan
    return bars


def halted() -> pd.DataFrame:
    """A long halt without volume."""
    bars = days(60)
    bars.iloc[20:40, :4] = bars["close"].iloc[19]
    bars.iloc[20:40, 4] = 0
    return bars


FLAT = FOUR.assign(open=100.0, high=100.0, low=100.0, close=100.0, volume=0.0)
EVENTS = {"2026-11-02": "results", "2026-11-03": "ex-dividend"}
VARIANTS: dict[str, Callable[[], Figure]] = {
    "600 days": lambda: kr.plot(days(600), title="Samsung Electronics 005930"),
    "60 days, small": lambda: kr.plot(days(60), title="Samsung Electronics 005930", figsize=(5, 3)),
    "600 days, large": lambda: kr.plot(days(600), title="Samsung", figsize=(19, 10)),
    "two days": lambda: kr.plot(minutes("2026-11-19", "2026-11-20")),
    "two days, small": lambda: kr.plot(minutes("2026-11-19", "2026-11-20"), figsize=(5, 3)),
    "ticks": lambda: kr.plot(ticks(900)),
    "one row": lambda: kr.plot(FOUR.tail(1)),
    "one tick": lambda: kr.plot(ticks(1)),
    "flat": lambda: kr.plot(FLAT, profile=True, log=True),
    "zero": lambda: kr.plot(FLAT * 0, profile=True),
    "halted": lambda: kr.plot(halted(), profile=True, overlays="bollinger"),
    "gaps": lambda: kr.plot(nan_bars(), panes=["volume", "rsi", "macd"], profile=True),
    "nothing known": lambda: kr.plot(FOUR * np.nan, log=True, profile=True),
    "log": lambda: kr.plot(days(2000), log=True),
    "everything": lambda: kr.plot(
        days(300), title="Samsung", last=150, overlays="bollinger", panes=["volume", "rsi", "macd"],
        events=EVENTS, signals=pd.Series([1, -1], index=days(9).index[:2]), profile=True, figsize=(12, 9),
        theme="dark",
    ),
    "a very long title": lambda: kr.plot(days(60), title="Samsung Electronics " * 9),
    "cheap and dear": lambda: kr.plot(days(60)[["open", "high", "low", "close"]] * 1e6, panes=()),
    "pennies": lambda: kr.plot(days(60) / 1e5),
    "heikin-ashi": lambda: kr.plot(days(120), kind="heikin-ashi", style="western"),
    "comparison": lambda: kr.compare({f"code {at}": days(100) * at for at in range(1, 9)}),
    "comparison, small": lambda: kr.compare({"A": days(99), "B": random_bars(days(99).index, 2)}, figsize=(5, 3)),
    "grid": lambda: kr.heatmap(pd.DataFrame(np.arange(-30.0, 30).reshape(10, 6))),
    "grid with many columns": lambda: kr.heatmap(
        pd.DataFrame(np.eye(70, 120), columns=pd.bdate_range("2026-01-01", periods=120))
    ),
    "tiles": lambda: kr.heatmap(pd.Series(np.linspace(-5, 5, 40), index=[f"sector {at}" for at in range(40)])),
    "coverage": lambda: kr.plot_coverage(
        pd.DataFrame({"code": [f"{at:06d}" for at in range(200)], "date": pd.bdate_range("2020-01-01", periods=200)})
    ),
    "funnel": lambda: kr.plot_funnel(
        pd.DataFrame({"left": [900, 3], "failed": [1700, 890], "missing": [100, 7]}, index=["liquid", "close to high"])
    ),
}  # fmt: skip


@pytest.mark.parametrize("letters", ["english", "what is here"])
@pytest.mark.parametrize("name", VARIANTS)
def test_texts_are_inside_and_apart(
    name: str, letters: str, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    """No text is cut off by the edge of the picture and no two cover one another; matplotlib stays silent."""
    if letters == "english":
        request.getfixturevalue("english")
    if name in ("halted", "gaps", "everything"):
        pytest.importorskip("talib")
    with caplog.at_level(logging.WARNING, logger="matplotlib"):
        figure = VARIANTS[name]()
        renderer = drawn(figure).get_renderer()
    texts = visible_texts(figure)
    boxes = [text.get_window_extent(renderer) for text in texts]
    width, height = figure.canvas.get_width_height()
    for text, box in zip(texts, boxes, strict=True):
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
        assert inside, f"{text.get_text()!r} is cut off"
    for at, (text, box) in enumerate(zip(texts, boxes, strict=True)):
        for other, beside in zip(texts[:at], boxes[:at], strict=True):
            touching = box.x0 < beside.x1 and beside.x0 < box.x1 and box.y0 < beside.y1 and beside.y0 < box.y1
            assert not touching, f"{text.get_text()!r} covers {other.get_text()!r}"
    assert not [record for record in caplog.records if record.name.startswith("matplotlib")]


@pytest.mark.parametrize("name", ["600 days", "60 days, small", "log", "own panes"])
def test_value_labels_stay_beside_their_pane(name: str) -> None:
    """No label on the value axis reaches over the edge of its pane into the next one."""
    bars = days(90)
    value = (bars["close"] * bars["volume"]).rename("value")
    figure = VARIANTS[name]() if name in VARIANTS else kr.plot(bars, panes=["volume", value, value])
    renderer = drawn(figure).get_renderer()
    shown = visible_texts(figure)
    for axes in figure.axes:
        pane = axes.get_window_extent()
        labels = [tick.label2 for tick in axes.yaxis.get_major_ticks() if tick.label2 in shown]
        assert labels
        for label in labels:
            box = label.get_window_extent(renderer)
            assert pane.y0 - 2 <= box.y0, label.get_text()
            assert box.y1 <= pane.y1 + 2, label.get_text()


def test_a_dollar_sign_is_a_dollar_sign() -> None:
    """What would be a formula, and a wrong one, is written as it is."""
    assert r"cheap $x^ $ \frac" in words_in(
        kr.plot(FOUR, title=r"cheap $x^ $ \frac", events={"2026-11-18": "$^$"})
    )


# --- matplotlib is left alone ---------------------------------------------------------------------


def test_rcparams_are_never_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    """No chart writes a parameter, not even for a moment, and all are as before."""
    before = dict(mpl.rcParams)

    def refuse(self: object, key: str, value: object) -> None:
        raise AssertionError(f"rcParams[{key!r}] was set")

    with monkeypatch.context() as patch:
        patch.setattr(mpl.RcParams, "__setitem__", refuse)
        for name in ("600 days", "comparison", "grid", "tiles", "coverage", "funnel"):
            VARIANTS[name]()
    for make in list(VARIANTS.values())[:6]:
        drawn(make())
    assert dict(mpl.rcParams) == before


def test_the_users_rcparams_do_not_show() -> None:
    """The picture is the same under a style that changes colours, sizes, grids and layout."""
    expected = pixels(kr.plot(days(100)))
    style = {
        "font.size": 30, "axes.facecolor": "black", "axes.grid": True, "lines.linewidth": 9, "lines.marker": "o",
        "xtick.direction": "in", "xtick.top": True, "axes.spines.top": False, "text.color": "red",
        "figure.constrained_layout.use": True, "figure.dpi": 300, "figure.facecolor": "green",
        "grid.linestyle": ":", "axes.linewidth": 7, "xtick.labelsize": 30, "ytick.color": "red",
        "axes.xmargin": 0.4, "legend.fontsize": 40,
    }  # fmt: skip
    with mpl.rc_context(style):
        picture = pixels(kr.plot(days(100)))
    assert (picture == expected).all()


def test_pyplot_is_not_involved() -> None:
    """A chart is drawn and saved without loading pyplot."""
    code = (
        "import sys, io, pandas as pd, kiwoom_research as kr\n"
        "bars = pd.DataFrame({'close': [1.0, 2.0]}, index=pd.to_datetime(['2026-11-19', '2026-11-20']))\n"
        "kr.plot(bars, kind='line', panes=()).savefig(io.BytesIO())\n"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_notebook_shows_the_figure() -> None:
    """The figure brings its own PNG, of the size that was asked for."""
    picture, metadata = kr.plot(FOUR, title="삼성전자", figsize=(5, 3))._repr_png_()  # type: ignore[attr-defined]
    assert metadata["alt"] == "삼성전자 일봉 차트, 2026-11-17부터 2026-11-20까지 4봉, 마지막 종가 120"
    assert metadata["alt"].encode() in picture
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(picture[at : at + 4], "big") for at in (16, 20)] == [500, 300]


def test_threads() -> None:
    """Several threads draw at once and get the picture that one gets."""
    bars = days(120)
    expected = pixels(kr.plot(bars))
    found: list[np.ndarray] = []

    def work() -> None:
        for _ in range(3):
            found.append(pixels(kr.plot(bars)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12
    assert all((picture == expected).all() for picture in found)


def test_bars_are_not_changed() -> None:
    """Drawing leaves the frame as it was."""
    bars = halted()
    before = bars.copy()
    drawn(kr.plot(bars, kind="heikin-ashi", profile=True))
    pd.testing.assert_frame_equal(bars, before)


# --- comparison -----------------------------------------------------------------------------------


def test_compare_starts_at_100() -> None:
    """Each close as a percentage of its own at the first day that all have; earlier days are left out."""
    index = FOUR.index
    one = pd.DataFrame({"close": [10.0, 20.0, 30.0, 40.0]}, index=index)
    two = pd.Series([5.0, np.nan, 4.0], index=index[1:], name="two")
    figure = kr.compare({"one": one, "two": two})
    assert line(figure, "one").tolist() == [100.0, 150.0, 200.0]
    assert line(figure, "two").tolist() == [100.0, 90.0, 80.0]  # a gap is bridged
    assert "one 200 (+100.00%)" in words_in(figure)
    assert "two 80 (−20.00%)" in words_in(figure)


@pytest.mark.filterwarnings("error")
def test_compare_of_unequal_times() -> None:
    """Days that only some have, in any order of the stocks."""
    late, early = FOUR["close"].iloc[1:], FOUR["close"].iloc[[0, 1, 3]]
    figure = kr.compare({"late": late, "early": early})
    assert line(figure, "late").tolist() == pytest.approx([100, 100, 100 * 120 / 105])
    assert line(figure, "early").tolist() == pytest.approx([100, 100 * 112.5 / 105, 100 * 120 / 105])


def test_compare_takes_a_frame_of_closes() -> None:
    """One line a column."""
    figure = kr.compare(pd.DataFrame({"one": FOUR["close"], "two": 2 * FOUR["close"]}))
    assert line(figure, "one").tolist() == line(figure, "two").tolist()


# --- heat maps ------------------------------------------------------------------------------------


def test_grid_colours_and_numbers() -> None:
    """Red above zero, blue below, the largest in full colour; a missing value is an empty cell."""
    table = pd.DataFrame([[4.0, -4.0], [0.0, np.nan]], index=["a", "b"], columns=["1", "2"])
    figure = kr.heatmap(table)
    assert [text.get_text() for text in figure.axes[0].texts] == ["+4.0", "−4.0", "+0.0"]
    picture, axes = pixels(figure), figure.axes[0]
    found = []
    for row, column in ((0, 0), (0, 1), (1, 1)):
        x, y = axes.transData.transform((column + 0.2, row + 0.2)).round().astype(int)
        found.append(to_hex(picture[-y, x] / 255))
    assert found == [RED, BLUE, "#ffffff"]


def test_limit_sets_where_colours_end() -> None:
    """Beyond the limit the colour stays the same."""
    values = pd.Series([10.0, 5.0, 1.0], index=["a", "b", "c"])
    first, second, third = faces(kr.heatmap(values, limit=5), "tiles")
    assert first == second == RED != third


def test_tiles_have_the_area_of_their_weight() -> None:
    """Areas are proportional, fill the room, and do not overlap."""
    room = heatmaps.Tile(0, 0, 9, 5)
    weights = [50.0, 20.0, 10.0, 5.0, 5.0, 3.0, 1.0, 0.5]
    tiles = list(heatmaps.squarify(weights, room))
    assert np.allclose([tile.width * tile.height for tile in tiles], np.array(weights) * 45 / sum(weights))
    for at, a in enumerate(tiles):
        assert a.left >= 0
        assert a.left + a.width <= 9 + 1e-9
        assert a.top + a.height <= 5 + 1e-9
        for b in tiles[:at]:
            wide = min(a.left + a.width, b.left + b.width) - max(a.left, b.left)
            tall = min(a.top + a.height, b.top + b.height) - max(a.top, b.top)
            assert min(wide, tall) < 1e-9
    assert max(max(t.width / t.height, t.height / t.width) for t in tiles) < 4


def test_groups_stand_together() -> None:
    """With two index levels the tiles of a group share its rectangle, named above it."""
    index = pd.MultiIndex.from_product([["tech", "banks"], ["x", "y"]])
    values = pd.Series([1.0, -1.0, 2.0, np.nan], index=index)
    figure = kr.heatmap(values, weights=pd.Series([5.0, 4.0, 8.0, 1.0], index=index))
    drawings = [c for c in figure.axes[0].collections if c.get_label() == "tiles"]
    assert [len(drawing.get_paths()) for drawing in drawings] == [2, 1]  # without a value there is no tile
    edges = [np.concatenate([path.vertices for path in drawing.get_paths()]) for drawing in drawings]
    apart = edges[0][:, 0].max() <= edges[1][:, 0].min() or edges[0][:, 1].max() <= edges[1][:, 1].min()
    assert apart
    assert {"tech", "banks"} <= {text.get_text() for text in figure.axes[0].texts}


# --- store and screen -----------------------------------------------------------------------------


def mesh_of(figure: Figure) -> np.ndarray:
    """The numbers behind the coloured cells."""
    (found,) = [c for c in figure.axes[0].collections if hasattr(c, "get_coordinates")]
    return np.asarray(found.get_array())


def names_of(figure: Figure) -> tuple[list[str], list[str]]:
    """Names of rows and columns."""
    drawn(figure)
    axes = figure.axes[0]
    return [t.get_text() for t in axes.get_yticklabels()], [t.get_text() for t in axes.get_xticklabels()]


def test_coverage_by_day() -> None:
    """Within three months one column a weekday, the code that lacks most first."""
    when = pd.to_datetime(["2026-11-12", "2026-11-13", "2026-11-16", "2026-11-13"])
    missing = pd.DataFrame({"code": ["000660", "005930", "005930", "000660"], "date": when})
    figure = kr.plot_coverage(missing.iloc[[0, 1, 2]])
    assert mesh_of(figure).tolist() == [[0, 1, 1], [1, 0, 0]]
    assert names_of(figure) == (["005930", "000660"], ["11-12", "11-13", "11-16"])
    by_index = kr.plot_coverage(missing.set_index(["code", "date"]))
    assert mesh_of(by_index).sum() == 4


def test_coverage_of_a_store(tmp_path: Path) -> None:
    """A store is asked for its daily bars; sessions taken out of one show."""

    class Gappy(kr.Store):
        def coverage(self, freq: str = "1d") -> pd.DataFrame:
            assert freq == "1d"
            return pd.DataFrame({"code": ["005930"], "date": pd.to_datetime(["2026-11-12"])})

    assert names_of(kr.plot_coverage(Gappy(tmp_path / "gappy"))) == (["005930"], ["11-12"])
    assert words_in(kr.plot_coverage(kr.Store(tmp_path / "new")))


def test_coverage_by_month() -> None:
    """Over a longer time the days of a month are counted together."""
    when = pd.to_datetime(["2025-01-02", "2025-01-03", "2026-03-04"])
    figure = kr.plot_coverage(pd.DataFrame({"code": "005930", "date": when}))
    counts = mesh_of(figure)[0]
    assert len(counts) == 15
    assert (counts[0], counts[14], counts.sum()) == (2, 1, 3)


def test_coverage_of_a_full_store(english: None) -> None:
    """Nothing missing is said, not an error."""
    empty = pd.DataFrame({"code": pd.Series(dtype=object), "date": pd.Series(dtype="datetime64[us]")})
    assert "none" in words_in(kr.plot_coverage(empty))


def test_funnel_of_a_screen() -> None:
    """Bars as long as the counts, one after the other, from a real screen."""
    table = pd.DataFrame(
        {"close": [900.0, 70_000.0, 5_000.0], "per": [5.0, 12.0, np.nan]},
        index=pd.Index(["000010", "005930", "035720"], name="code"),
    )
    found = kr.screen(table, {"price": "close > 1000", "cheap": "per < 15"})
    figure = kr.plot_funnel(found)
    assert words_in(kr.plot_funnel(found.funnel)) == words_in(figure)
    left, failed, missing = (shapes(figure, name)[:, :, 0] for name in ("left", "failed", "missing"))
    assert np.ptp(left, axis=1).tolist() == [2, 1]
    assert np.ptp(failed, axis=1).tolist() == [1, 0]
    assert np.ptp(missing, axis=1).tolist() == [0, 1]
    assert (failed.min(axis=1) == left.max(axis=1)).all()
    assert (missing.min(axis=1) == failed.max(axis=1)).all()
    assert names_of(figure)[0] == ["price", "cheap"]
    assert "1 / 2" in words_in(figure)
    squares = [to_hex(text.get_color()) for text in figure.texts if text.get_text().startswith("■")]
    bars = [to_hex(found.get_facecolor()[0]) for found in figure.axes[0].collections]
    assert squares == bars


# --- what cannot be -------------------------------------------------------------------------------

WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "no rows": (lambda: kr.plot(FOUR.iloc[:0]), "bars: expected at least one bar, got none"),
    "no high": (lambda: kr.plot(FOUR.drop(columns="high")), "bars: no column high"),
    "no volume": (lambda: kr.plot(FOUR.drop(columns="volume")), "bars: no column volume"),
    "no volume, profile": (
        lambda: kr.plot(FOUR.drop(columns="volume"), panes=(), profile=True), "bars: no column volume",
    ),
    "not ascending": (lambda: kr.plot(FOUR[::-1]), "bars: .* ascending"),
    "not times": (lambda: kr.plot(FOUR.reset_index(drop=True)), "bars: the index must hold times"),
    "several codes": (
        lambda: kr.plot(pd.concat({"005930": FOUR}, names=["code"])),
        r'bars: choose one stock, bars\.loc\["005930"\]',
    ),
    "compare a list": (lambda: kr.compare([FOUR, FOUR]), "bars: expected a mapping of names to bars, got list"),
    "kind": (lambda: kr.plot(FOUR, kind="candle"), "kind: expected one of candles, line, heikin-ashi, got 'candle'"),
    "style": (lambda: kr.plot(FOUR, style="us"), "style: expected one of korean, western"),
    "theme": (lambda: kr.plot(FOUR, theme="blue"), "theme: expected one of light, dark"),
    "pane": (
        lambda: kr.plot(FOUR, panes=["volume", "atr"]),
        "panes: expected one of volume, rsi, macd, stochastic, obv, got 'atr'",
    ),
    "pane shape": (lambda: kr.plot(FOUR, panes=[("dots", FOUR["close"])]), "panes: expected one of line, bars, got 'dots'"),
    "not a frame": (lambda: kr.plot("005930"), "bars: expected a DataFrame such as"),
    "start": (lambda: kr.plot(FOUR, start="soon"), "start, end: expected times, got 'soon'"),
    "nothing between": (lambda: kr.plot(FOUR, start="2027-01-01"), "start, end: expected bars between 2027-01-01"),
    "overlay": (lambda: kr.plot(FOUR, overlays="vwap"), "overlays: expected one of bollinger, ichimoku, got 'vwap'"),
    "overlay type": (lambda: kr.plot(FOUR, overlays=[5]), "overlays: expected a name"),
    "strange index": (lambda: kr.plot(FOUR, panes=pd.Series([1.0], index=[pd.Timestamp("1999-01-04")])), "panes: "),
    "average": (lambda: kr.plot(FOUR, averages=(0,)), "averages: "),
    "average type": (lambda: kr.plot(FOUR, averages=(2.5,)), "averages: "),
    "last": (lambda: kr.plot(FOUR, last=0), "last: "),
    "size": (lambda: kr.plot(FOUR, figsize=(1000, 600)), "figsize: "),
    "signals": (lambda: kr.plot(FOUR, signals=pd.Series([1, -1])), "signals: expected times"),
    "events": (lambda: kr.plot(FOUR, events={"soon": "results"}), "events: expected times"),
    "compare nothing": (lambda: kr.compare({}), "bars: expected at least one stock"),
    "compare no close": (lambda: kr.compare({"A": FOUR[["open"]]}), "bars: A has no column close"),
    "compare apart": (lambda: kr.compare({"A": FOUR[:2], "B": FOUR[2:]}), "bars: expected a time that all"),
    "compare ticks": (lambda: kr.compare({"A": ticks(5).droplevel("seq")}), "bars: A has a time more than once"),
    "heatmap nothing": (lambda: kr.heatmap(pd.Series([np.nan])), "values: expected at least one"),
    "heatmap limit": (lambda: kr.heatmap(pd.Series([1.0]), limit=0), "limit: "),
    "heatmap weights": (lambda: kr.heatmap(FOUR, weights=FOUR["close"]), "weights: expected a Series"),
    "heatmap no weight": (lambda: kr.heatmap(pd.Series([1.0]), weights=pd.Series([-1.0])), "weights: expected a positive"),
    "coverage": (lambda: kr.plot_coverage(FOUR), "store: no column code"),
    "funnel": (lambda: kr.plot_funnel(FOUR), "screen: no column left, failed, missing"),
    "funnel empty": (
        lambda: kr.plot_funnel(pd.DataFrame(columns=["left", "failed", "missing"])), "screen: expected at least one",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments_are_named(name: str) -> None:
    """A ValueError that names the argument and what is wrong with it."""
    make, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        make()


def test_without_talib_the_plain_chart_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Averages and volume need no extra; RSI says which one it needs."""
    monkeypatch.setitem(sys.modules, "talib", None)
    drawn(kr.plot(days(60)))
    with pytest.raises(ImportError, match=r"kiwoom_research\[screen\]"):
        kr.plot(days(60), panes="rsi")


def test_saving_as_vectors() -> None:
    """PDF and SVG work as well."""
    for form in ("pdf", "svg"):
        buffer = io.BytesIO()
        kr.plot(FOUR).savefig(buffer, format=form)
        assert buffer.tell() > 1000
