"""The calculating parts of the live chart's renderer, in Chromium, against numpy, pandas and the Python charts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kiwoom_research.charts
from kiwoom_research.charts.candles import volume_by_price
from kiwoom_research.charts.format import format_amount, format_percent, format_price
from kiwoom_research.charts.interactive.page import SCRIPTS, script
from kiwoom_research.charts.interactive.source import ChartSource

from ..test_charts import FOUR, days, minutes, random_bars, ticks
from .browser import chromium

FOLDER = Path(kiwoom_research.charts.__file__).parent / "interactive"
ORIGIN = "http://renderer.invalid/"


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A page that can import the modules of the renderer; nothing leaves the browser."""
    with chromium() as browser:
        made = browser.new_page()

        def serve(route: Any) -> None:
            name = route.request.url.removeprefix(ORIGIN)
            if name.endswith(".js"):
                route.fulfill(
                    body=(FOLDER / name).read_text(encoding="utf-8"), content_type="text/javascript"
                )
            else:
                route.fulfill(body="<!DOCTYPE html><title>renderer</title>", content_type="text/html")

        made.route(f"{ORIGIN}**", serve)
        made.goto(ORIGIN)
        yield made


def run(page: Any, modules: str, body: str, given: Any = None) -> Any:
    """The result of some lines of JavaScript that use modules of the renderer."""
    loading = "".join(f"const {name} = await import('/{name}.js');" for name in modules.split())
    return page.evaluate(f"async (given) => {{ {loading} {body} }}", given)


def payload_of(bars: pd.DataFrame, **options: Any) -> list[int]:
    """The payload of a chart as numbers that can be handed to the page."""
    return list(ChartSource(bars, **options).payload())


# --- numbers ---------------------------------------------------------------------------------------


def test_numbers_are_written_as_in_python(page: Any) -> None:
    """Prices, amounts and percentages of any size read the same in the picture and in the live chart."""
    random = np.random.default_rng(1)
    values = [
        0.0,
        0.5,
        950,
        9_999,
        999_999,
        99_999_999,
        99_994_999,
        999_999_999_999,
        -2_500_000,
        1e12,
        12.34,
        61.237,
    ]
    values += list(random.normal(0, 1, 200) * 10 ** random.uniform(-1, 13, 200))
    found = run(
        page, "format",
        "return given.map((v) => [format.formatPrice(v), format.formatAmount(v), format.formatPercent(v)]);",
        [float(value) for value in values],
    )  # fmt: skip
    expected = [[format_price(v), format_amount(v, True), format_percent(v)] for v in values]
    assert found == expected


def test_a_missing_number_is_a_dash(page: Any) -> None:
    """And minus zero is zero."""
    found = run(
        page,
        "format",
        "return [format.formatPrice(NaN), format.formatPrice(0), format.formatChange(-3, 123)];",
    )
    assert found == ["-", "0", "▼3 (−2.44%)"]


# --- scales ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("log", [False, True])
def test_a_scale_and_its_inverse(page: Any, log: bool) -> None:
    """The low is at the bottom, the high at the top, and every pixel leads back to its value."""
    found = run(
        page, "scales",
        """const s = scales.makeScale(100, 1600, 10, 410, given);
        return [s.y(100), s.y(1600), s.y(400), ...[10, 123, 410].map((y) => s.y(s.value(y)))];""",
        log,
    )  # fmt: skip
    assert found == pytest.approx([410, 10, 210 if log else 330, 10, 123, 410])


def test_ranges_leave_room_and_are_never_empty(page: Any) -> None:
    """Free pixels above and below are kept; equal and unknown values have a range as well."""
    found = run(
        page, "scales",
        """return [scales.padRange(0, 80, 100, 10, 10), scales.padRange(50, 50, 100, 0, 0),
        scales.padRange(Infinity, -Infinity, 100, 5, 5)];""",
    )  # fmt: skip
    assert found == [[-10, 90], [49.5, 50.5], [1, 2]]


def test_ticks_are_round_and_few(page: Any) -> None:
    """Steps of 1, 2, 2.5 or 5 times a power of ten, inside of the range, not more than asked for."""
    random = np.random.default_rng(2)
    ranges = [[low, low + span, most] for low, span, most in zip(
        random.normal(0, 1e5, 100).tolist(), (10 ** random.uniform(-2, 9, 100)).tolist(), [2, 4, 7, 12] * 25, strict=True
    )]  # fmt: skip
    found = run(page, "scales", "return given.map((r) => scales.linearTicks(...r));", ranges)
    for (low, high, most), values in zip(ranges, found, strict=True):
        assert len(values) <= most + 1
        assert all(low <= value <= high for value in values)
        if len(values) > 2:
            steps = np.diff(values)
            assert np.allclose(steps, steps[0])
            mantissa = float(f"{steps[0]:.6e}".split("e")[0])
            assert any(np.isclose(mantissa, step) for step in (1, 2, 2.5, 5))


def test_logarithmic_ticks(page: Any) -> None:
    """1, 2, 5 and the like over decades; linear ones within a small range."""
    wide, narrow = run(
        page, "scales", "return [scales.logTicks(900, 70000, 8), scales.logTicks(900, 1100, 5)];"
    )
    assert wide == [1000, 2000, 5000, 10000, 20000, 50000]
    assert narrow == [900, 950, 1000, 1050, 1100]


def test_labels_are_moved_apart(page: Any) -> None:
    """In order, a height apart, and none below the last place."""
    found = run(page, "scales", "return scales.spread([50, 52, 51, 98], 10, 100);")
    assert found == pytest.approx([50, 70, 60, 98])
    assert run(page, "scales", "return scales.spread([95, 99], 10, 100);") == [90, 100]


def test_panes_fill_the_height(page: Any) -> None:
    """One below the other with a gap, in the proportions of their weights; a height leads to its pane."""
    panes, hits = run(
        page, "scales",
        """const panes = scales.stackPanes(500, [3, 1, 1], 5);
        return [panes, [0, 293, 296, 299, 499].map((y) => scales.paneAt(panes, y))];""",
    )  # fmt: skip
    assert panes == [{"top": 0, "bottom": 294}, {"top": 299, "bottom": 397}, {"top": 402, "bottom": 500}]
    assert hits == [0, 0, -1, 1, 2]


# --- the view --------------------------------------------------------------------------------------


def test_zoom_leaves_the_anchor_in_place(page: Any) -> None:
    """The position under the pointer stays there, in and out, until a limit is reached."""
    found = run(
        page, "view",
        """const shown = new view.View(1000, 800); shown.show(400, 600);
        const x = 300, at = shown.position(x), seen = [];
        for (const factor of [0.8, 0.5, 1.7, 0.9]) { shown.zoom(factor, at); seen.push(shown.position(x) - at); }
        return seen;""",
    )  # fmt: skip
    assert found == pytest.approx([0] * 4, abs=1e-9)


def test_the_view_has_limits(page: Any) -> None:
    """It neither zooms in to less than five bars nor out beyond all, nor pans into the void."""
    found = run(
        page, "view",
        """const shown = new view.View(1000, 800), seen = [];
        shown.zoom(1e-9, 500); seen.push(shown.span);
        shown.zoom(1e9, 500); seen.push(shown.span);
        shown.show(900, 999); shown.pan(1e6); seen.push(shown.left < 1000, shown.right > 1000);
        shown.pan(-1e6); seen.push(shown.right > 0, shown.left < 0);
        const few = new view.View(1, 800); seen.push(few.span >= 12, few.left < 0, few.right > 1);
        new view.View(0, 800).range().forEach((end) => seen.push(end === 0));
        return seen;""",
    )  # fmt: skip
    assert found[:2] == [5, 1042]
    assert all(found[2:])


@pytest.mark.parametrize(
    ("count", "first", "last"), [(300, 0, 299), (100_000, 0, 99_999), (100_000, 42_000, 43_111)]
)
def test_hit_test(page: Any, count: int, first: int, last: int) -> None:
    """Every pixel belongs to the bar that is drawn there, and bars stand on whole pixels in order."""
    wrong, whole, ordered = run(
        page, "view",
        """const [count, first, last] = given; const shown = new view.View(count, 877); shown.show(first, last);
        let wrong = 0; const [begin, end] = shown.range();
        for (let x = Math.max(0, shown.edge(begin)); x < Math.min(877, shown.edge(end)); x++) {
            const i = shown.barAt(x);
            const dense = shown.step < 1;
            if (dense ? shown.edge(i) !== x : shown.edge(i) > x || shown.edge(i + 1) <= x) wrong++;
        }
        let whole = true, ordered = true;
        for (let i = begin; i < end; i++) {
            whole &&= Number.isInteger(shown.edge(i));
            ordered &&= shown.edge(i + 1) >= shown.edge(i);
        }
        return [wrong, whole, ordered];""",
        [count, first, last],
    )  # fmt: skip
    assert (wrong, whole, ordered) == (0, True, True)


# --- thinning --------------------------------------------------------------------------------------


def test_thinned_bars_are_the_extremes_of_their_pixel(page: Any) -> None:
    """Open of the first, close of the last, highest and lowest of each pixel column, counted from the newest bar."""
    bars = days(20_000, end="2080-01-01").round()
    bars.iloc[777] = np.nan
    found = run(
        page, "bars view thin",
        """const data = bars.decode(new Uint8Array(given)); const shown = new view.View(data.count, 800);
        const columns = thin.thinBars(data.drawn, ...shown.range(), shown);
        return [shown.step, columns];""",
        payload_of(bars, averages=()),
    )  # fmt: skip
    step, columns = found
    group = np.floor((np.arange(20_000) - 20_000) * step)
    known = bars[bars["open"].notna()].groupby(group[bars["open"].notna().to_numpy()])
    assert len(columns["x"]) == len(known) < 801
    assert columns["open"] == known["open"].first().tolist()
    assert columns["high"] == known["high"].max().tolist()
    assert columns["low"] == known["low"].min().tolist()
    assert columns["close"] == known["close"].last().tolist()
    assert set(np.diff(columns["x"])) == {1}


def test_panning_does_not_change_thinned_columns(page: Any) -> None:
    """After a pan of a few pixels the columns that both views have are the same: nothing flickers."""
    before, after = run(
        page, "bars view thin",
        """const data = bars.decode(new Uint8Array(given)); const shown = new view.View(data.count, 500);
        shown.show(5000, 15000);
        const columns = () => { const c = thin.thinBars(data.drawn, ...shown.range(), shown);
            return c.x.map((x, k) => [x, c.high[k], c.low[k]]).slice(2, -2); };
        const before = columns(); shown.pan(7 / shown.step); const after = columns();
        return [before, after];""",
        payload_of(days(20_000, end="2080-01-01"), averages=()),
    )  # fmt: skip
    moved = {x - 7: values for x, *values in before}
    common = [(values, moved[x]) for x, *values in after if x in moved]
    assert len(common) > 470
    assert all(a == b for a, b in common)


def test_thinned_lines_keep_first_lowest_highest_last(page: Any) -> None:
    """Per pixel, with a gap where a value is missing."""
    values = np.random.default_rng(3).normal(0, 1, 5000).astype(np.float32)
    values[2000:2100] = np.nan
    step, points = run(
        page, "view thin",
        """const shown = new view.View(given.length, 400), values = Float32Array.from(given, (v) => v ?? NaN);
        return [shown.step, thin.thinLine(values, 0, values.length, shown).map((v) => (v === v ? v : null))];""",
        [None if np.isnan(value) else float(value) for value in values],
    )  # fmt: skip
    series = pd.Series(values.astype(float))
    group = series.dropna().groupby(np.floor((series.dropna().index - 5000) * step))
    pairs = [pair for pair in zip(points[::2], points[1::2], strict=True) if pair[0] is not None]
    by_column = pd.DataFrame(pairs, columns=["x", "y"]).groupby("x")["y"]
    assert by_column.first().tolist() == group.first().tolist()
    assert by_column.last().tolist() == group.last().tolist()
    assert by_column.min().tolist() == group.min().tolist()
    assert by_column.max().tolist() == group.max().tolist()
    assert points[::2].count(None) == 1


def test_thinned_columns_keep_both_extremes(page: Any) -> None:
    """Net buying of one pixel reaches as far up and down as its bars do."""
    values = np.random.default_rng(4).normal(0, 1e9, 3000).round()
    step, columns = run(
        page, "view thin",
        """const shown = new view.View(given.length, 300);
        return [shown.step, thin.thinColumns(Float64Array.from(given), 0, given.length, shown)];""",
        values.tolist(),
    )  # fmt: skip
    group = pd.Series(values).groupby(np.floor((np.arange(3000) - 3000) * step))
    assert [column[2] for column in columns] == group.min().tolist()
    assert [column[3] for column in columns] == group.max().tolist()


def test_bands_break_where_lines_cross(page: Any) -> None:
    """An area rises while the first line is above, falls while it is below, and ends at a gap."""
    runs = run(
        page, "view thin",
        """const [a, b] = [[3, 3, 1, 1, NaN, 4], [2, 2, 2, 2, 2, 2]].map((v) => Float32Array.from(v));
        return thin.thinBand(a, b, 0, 6, new view.View(6, 600)).map((r) => [r.rising, r.points.length]);""",
    )  # fmt: skip
    assert runs == [[1, 2], [-1, 3], [1, 1]]


# --- data ------------------------------------------------------------------------------------------


def test_numbers_beyond_float32_are_exact(page: Any) -> None:
    """Whole numbers of any size, two decimals of an index, and missing values arrive as they are."""
    bars = FOUR.assign(volume=[16_777_217.0, 123_456_789_013.0, 0.0, 9_007_199_254_740_991.0])
    bars = bars.assign(high=[16_777_217.0, 112.0, np.nan, 130.0])
    own = pd.Series([-98_765_432_101.0, np.inf, np.nan, 0.1], index=bars.index, name="own")
    volume, high, values = run(
        page, "bars",
        """const data = bars.decode(new Uint8Array(given)); const list = (v) => [...v].map((x) => x === x ? x : null);
        return [list(data.volume), list(data.high), list(data.columns['2.0'])];""",
        payload_of(bars, averages=(), panes=["volume", own]),
    )  # fmt: skip
    assert volume == [16_777_217, 123_456_789_013, 0, 9_007_199_254_740_991]
    assert high == [16_777_217, 112, None, 130]
    assert values == [-98_765_432_101, None, None, 0.1]


def test_times_are_those_of_the_bars(page: Any) -> None:
    """Wall-clock seconds of days before 1970, of minutes in Seoul and of trades; a time leads to its bar."""
    old = random_bars(pd.DatetimeIndex(pd.bdate_range("1956-03-05", periods=50), name="date"))
    for bars, unit in ((old, "day"), (minutes("2026-11-20"), "minute"), (ticks(10), "tick")):
        times = bars.index.get_level_values(0).tz_localize(None)
        seconds = ((times - pd.Timestamp("1970-01-01")) // pd.Timedelta("1s")).tolist()
        found, named, at = run(
            page, "bars",
            """const data = bars.decode(new Uint8Array(given)); const all = [...Array(data.count).keys()];
            const times = all.map((i) => data.time(i));
            return [times, data.header.unit, [data.at(times[3]), data.at(times[0] - 1), data.at(1e11)]];""",
            payload_of(bars),
        )  # fmt: skip
        assert (found, named) == (seconds, unit)
        last_of_its_second = max(k for k, second in enumerate(seconds) if second == seconds[3])
        assert at == [last_of_its_second, -1, len(bars) - 1]


def test_the_selected_range_is_summed_up(page: Any) -> None:
    """Return from the first close to the last, highest high, lowest low, volume of all: as pandas has them."""
    bars = days(300).round()
    found = run(page, "bars", "return bars.decode(new Uint8Array(given)).summary(50, 200);", payload_of(bars))
    part = bars.iloc[50:201]
    assert found["change"] == pytest.approx(100 * (part["close"].iloc[-1] / part["close"].iloc[0] - 1))
    assert (found["high"], found["low"]) == (part["high"].max(), part["low"].min())
    assert found["volume"] == part["volume"].sum()


@pytest.mark.parametrize("log", [False, True])
def test_volume_by_price_is_that_of_the_picture(page: Any, log: bool) -> None:
    """Each bar's volume spread evenly from its low to its high, on the same price steps."""
    bars = days(120).round()
    bars.iloc[10, 1:4] = bars.iloc[10, 0]  # traded at one price
    low, high = bars["low"].min(), bars["high"].max()
    found = run(
        page, "bars marks",
        """const data = bars.decode(new Uint8Array(given[0]));
        return [...marks.volumeByPrice(data, 0, data.count, given[1], given[2], 40, given[3]).shares];""",
        [payload_of(bars, averages=()), low, high, log],
    )  # fmt: skip
    edges = np.geomspace(low, high, 41) if log else np.linspace(low, high, 41)
    assert found == pytest.approx(volume_by_price(bars, edges).tolist(), rel=1e-6)


# --- the time axis ---------------------------------------------------------------------------------


TICKS = """const data = bars.decode(new Uint8Array(given[0])); const shown = new view.View(data.count, given[1]);
shown.show(...given[2]); const found = time_axis.timeTicks(data, time_axis.rankTimes(data), shown, 54);
return found.map((tick) => [tick.bar, tick.text]);"""


def tick_labels(page: Any, bars: pd.DataFrame, width: int, first: int, last: int) -> list[tuple[int, str]]:
    """Bars and texts of the ticks in a view."""
    found = run(page, "bars view time_axis", TICKS, [payload_of(bars, averages=()), width, [first, last]])
    return [(bar, text) for bar, text in found]


def test_ticks_of_two_years_are_months(page: Any) -> None:
    """Each stands at the first session of its month and says the month, or the year where one begins."""
    bars = days(530, end="2026-11-13")
    found = tick_labels(page, bars, 1800, 0, 529)
    months = bars.index.to_period("M")
    assert len(found) > 18
    for bar, text in found[1:]:
        assert months[bar] != months[bar - 1]
        at = bars.index[bar]
        assert text == (str(at.year) if at.month == 1 else f"{at.month}월")
    assert found[0] == (0, f"{bars.index[0]:%Y-%m}")


def test_ticks_of_minutes_are_days_and_hours(page: Any) -> None:
    """The date where a session begins, round times between, nothing closer than the room of a label."""
    bars = minutes("2026-11-18", "2026-11-19", "2026-11-20", every=1)
    found = tick_labels(page, bars, 900, 0, len(bars) - 1)
    assert {"11/19", "11/20"} <= set(dict(found).values())
    for bar, text in found:
        at = bars.index[bar]
        assert text in (f"{at:%H:%M}", f"{at.month}/{at.day}")
        assert text == f"{at:%H:%M}" or at.strftime("%H:%M") == "09:00"
    near = tick_labels(page, bars, 900, 700, 760)
    assert len(near) > 8
    assert {bars.index[bar].minute % 5 for bar, _ in near} == {0}


def test_ticks_of_decades_are_years(page: Any) -> None:
    """Fifty years of months in a narrow chart: years that can be divided by five."""
    bars = random_bars(pd.DatetimeIndex(pd.date_range("1976-01-01", periods=600, freq="MS"), name="date"))
    texts = [text for _, text in tick_labels(page, bars, 700, 0, 599)]
    assert texts[0] == "1976"
    assert all(int(text) % 5 == 0 for text in texts[1:])
    assert len(texts) > 6


def test_a_zoomed_view_of_days_says_days(page: Any) -> None:
    """Within a month the ticks are days, and the month stands where it begins."""
    bars = days(500)
    found = dict(tick_labels(page, bars, 900, 478, 488))
    for bar, text in found.items():
        at = bars.index[bar]
        first = bars.index[bar - 1].month != at.month
        assert text == (f"{at.month}월" if first else str(at.day))
    assert len(found) > 8


# --- the bundle ------------------------------------------------------------------------------------


def test_the_modules_are_short_and_become_one_script(page: Any) -> None:
    """In a module a name that is declared twice is a syntax error; what is bundled is what there is."""
    lengths = {path.stem: len(path.read_text(encoding="utf-8").splitlines()) for path in FOLDER.glob("*.js")}
    assert set(lengths) == set(SCRIPTS)
    assert max(lengths.values()) <= 300, lengths
    load = """async (text) => Object.keys(await import(URL.createObjectURL(
        new Blob([text], {type: 'text/javascript'}))))"""
    assert page.evaluate(load, f"{script()}\nexport {{ mount, render }};") == ["mount", "render"]


# --- the widget ------------------------------------------------------------------------------------


WIDGET = """async ([text, first, second]) => {
    const { render } = await import(URL.createObjectURL(new Blob([text], {type: 'text/javascript'})));
    // a buffer as a message brings it: bytes that begin in the middle of something
    const view = (bytes) => new DataView(Uint8Array.from([0, 0, 0, ...bytes]).buffer, 3);
    const state = {_payload: view(first), _keep_view: false, theme: 'light', _shown: [0, 0]}, told = {}, on = {};
    const model = {get: (name) => state[name], set: (name, value) => { told[name] = value; }, save_changes() {},
        on: (name, handle) => { on[name] = handle; }, off: (name) => { delete on[name]; }};
    const el = document.body.appendChild(document.createElement('div'));
    const clean = render({model, el});
    const wait = () => new Promise((done) => setTimeout(done, 400));
    const seen = [];
    await wait(); seen.push(el.querySelector('.kr-title').textContent, told._visible);
    state._shown = [10, 19]; on['change:_shown'](); await wait(); seen.push(told._visible);
    state._payload = view(second); state._keep_view = true; on['change:_payload'](); await wait();
    seen.push(el.querySelector('.kr-title').textContent, told._visible);
    clean(); seen.push(el.childElementCount, Object.keys(on).length);
    return seen;
}"""


def test_the_widget_reads_its_model_and_reports_back(page: Any) -> None:
    """It draws what the model holds, moves and exchanges bars when that changes, and leaves nothing behind."""
    bars = days(100)
    bundle = f"{script()}\nexport {{ render }};"
    later = bars.iloc[5:]  # the same days are five places further left
    found = page.evaluate(WIDGET, [bundle, payload_of(bars, title="one"), payload_of(later, title="two")])
    assert found[:2] == ["one", [0, 99]]
    assert found[2][0] <= 10
    assert found[2][1] >= 19
    assert found[3] == "two"
    assert abs(found[4][0] - (found[2][0] - 5)) <= 2
    assert abs(found[4][1] - (found[2][1] - 5)) <= 2
    assert found[5:] == [0, 0]
