"""A screen over a store of 2,700 codes x 2,500 sessions beside plain pandas: time, rows read, memory.

Goals: a one-day screen of a store loads only the sessions it needs and takes at most a sixth of plain pandas
(read all, groupby, rolling, last row), features at most half; less than 1 GiB. Every case runs in a process of its
own, so that the peak of memory is its own; both sides in the same run, twice each. Run with

    python benchmarks/bench_screen.py            or   pytest benchmarks/bench_screen.py

``CODES``, ``SESSIONS`` and ``ROUNDS`` in the environment make it smaller.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

CODES = int(os.environ.get("CODES", "2700"))
SESSIONS = int(os.environ.get("SESSIONS", "2500"))
ROUNDS = int(os.environ.get("ROUNDS", "2"))
GIB = 1024**3
LAST = "2026-11-20"

COLUMNS = ["open", "high", "low", "close", "volume", "value", "turnover"]
RULES = {
    "liquid": "value_20d > 5e9",
    "trend": "close > ma_60 and ma_20 > ma_60",
    "year": "high_250d_gap > -25",
    "move": "return_20d > 5 and volume_surge > 1.5",
}


def make(folder: Path) -> None:
    """A store with days of many codes, and a few corporate actions of each hundredth."""
    import pyarrow as pa

    from kiwoom_research.store.metadata import with_rows
    from kiwoom_research.store.reader import Reader
    from kiwoom_research.store.schema import arrow_schema

    random = np.random.default_rng(0)
    days = pd.bdate_range(end=LAST, periods=SESSIONS).to_numpy("datetime64[D]")
    codes = np.array([f"{number * 10:06d}" for number in range(1, CODES + 1)])
    close = 20_000 * np.exp(np.cumsum(random.normal(0, 0.02, (CODES, SESSIONS)), axis=1))
    close = np.round(np.clip(close, 100, 3e6))
    opening = np.round(close * np.exp(random.normal(0, 0.008, close.shape)))
    volume = np.round(random.lognormal(11, 1.2, close.shape))
    columns = {
        "open": opening, "high": np.maximum(opening, close) + 10, "low": np.minimum(opening, close) - 10,
        "close": close, "volume": volume, "value": volume * close, "turnover": volume / 1e7,
    }  # fmt: skip
    reader = Reader(folder)
    years = days.astype("datetime64[Y]").astype(int) + 1970
    with reader.folder.writing(), closing(reader.cursor()) as cursor:
        manifest = reader.folder.read_manifest().next_generation()
        for year in np.unique(years):
            inside = years == year
            size = int(inside.sum())
            made = {
                "code": np.repeat(codes, size), "date": np.tile(days[inside], CODES),
                **{name: column[:, inside].ravel() for name, column in columns.items()},
                "direction": np.full(size * CODES, "flat"), "source": np.full(size * CODES, "chart"),
            }  # fmt: skip
            nothing = np.zeros(size * CODES)
            rows = [pa.array(made.get(field.name, nothing)).cast(field.type) for field in arrow_schema("1d")]
            cursor.register("made", pa.Table.from_arrays(rows, schema=arrow_schema("1d")))
            manifest = reader.folder.with_bars(manifest, "1d", "made", cursor)
        events = {"code": codes[::100], "date": LAST, "ratio": 1.0, "source": "base price"}
        manifest = with_rows(reader.folder, manifest, "events", pd.DataFrame(events))
        reader.folder.commit(manifest)


class Counted:
    """A store that counts the rows it gives."""

    def __init__(self, folder: Path) -> None:
        import kiwoom_research as kr

        self.store = kr.Store(folder)
        self.rows = 0

    def bars(self, *given: Any, **named: Any) -> pd.DataFrame:
        """As `kiwoom_research.Store.bars`."""
        frame = self.store.bars(*given, **named)
        self.rows += len(frame)
        return frame

    def events(self, codes: Any = None) -> pd.DataFrame:
        """As `kiwoom_research.Store.events`."""
        return self.store.events(codes)


# --- the cases: each returns how many hits, how many rows it read --------------------------------------


def one_day(folder: Path) -> tuple[int, int]:
    """Ours: `screen_history` of one session."""
    import kiwoom_research as kr

    store = Counted(folder)
    return len(kr.screen_history(store, RULES, LAST, LAST).hits), store.rows


def one_day_plain(folder: Path) -> tuple[int, int]:
    """Plain pandas: read the folder, groupby, rolling, last row, the same four rules."""
    bars = pd.read_parquet(
        folder / "bars" / "freq=1d", columns=["code", "date", "high", "close", "volume", "value"]
    )
    bars = bars.sort_values(["code", "date"], ignore_index=True)
    group = bars.groupby("code", sort=False)

    def rolled(name: str, n: int, how: str) -> np.ndarray[Any, Any]:
        return np.asarray(getattr(group[name].rolling(n), how)().to_numpy())

    bars["value_20d"], bars["ma_20"], bars["ma_60"] = (
        rolled("value", 20, "mean"), rolled("close", 20, "mean"), rolled("close", 60, "mean"),
    )  # fmt: skip
    bars["high_250d_gap"] = 100 * (bars["close"] / rolled("high", 250, "max") - 1)
    bars["return_20d"] = 100 * group["close"].pct_change(20)
    bars["before"] = group["volume"].shift()
    bars["volume_surge"] = (
        bars["volume"] / bars.groupby("code", sort=False)["before"].rolling(20).mean().to_numpy()
    )
    table = bars.groupby("code", sort=False).tail(1)
    for rule in RULES.values():
        table = table.query(rule)
    return len(table), len(bars)


def all_features(folder: Path) -> tuple[int, int]:
    """Ours: every feature of `features` from all bars in memory; reading is not timed."""
    import kiwoom_research as kr

    store = Counted(folder)
    bars = store.bars(columns=COLUMNS)
    global started
    started = time.perf_counter()
    return len(kr.features(bars)), store.rows


def features_memory(folder: Path) -> tuple[int, int]:
    """What `features` takes on top of the bars, in MiB (printed as hits); slower, because every block is traced."""
    import tracemalloc

    import kiwoom_research as kr

    store = Counted(folder)
    bars = store.bars(columns=COLUMNS)
    tracemalloc.start()
    kr.features(bars)
    return tracemalloc.get_traced_memory()[1] // 2**20, store.rows


def all_features_plain(folder: Path) -> tuple[int, int]:
    """The same features with groupby and rolling (TA-Lib by groupby.apply, as usual)."""
    import talib

    store = Counted(folder)
    bars = store.bars(columns=COLUMNS)
    global started
    started = time.perf_counter()
    group = bars.groupby(level="code", sort=False)
    made = {}

    def rolled(column: pd.Series, n: int, how: str) -> np.ndarray[Any, Any]:
        return np.asarray(getattr(column.groupby(level="code", sort=False).rolling(n), how)().to_numpy())

    def last(values: Any) -> Any:
        return (
            pd.Series(np.asarray(values), index=bars.index)
            .groupby(level="code", sort=False)
            .tail(1)
            .to_numpy()
        )

    close, high, low, volume, value = (bars[name] for name in ("close", "high", "low", "volume", "value"))
    for n in (1, 5, 20, 60, 120, 250):
        made[f"return_{n}d"] = last(100 * group["close"].pct_change(n))
    daily = group["close"].pct_change()
    for n in (20, 60):
        made[f"volatility_{n}d"] = last(rolled(daily, n, "std") * np.sqrt(250))
    for n in (5, 20, 60):
        made[f"value_{n}d"] = last(rolled(value, n, "mean"))
    for n in (5, 20, 60, 120):
        made[f"ma_{n}"] = last(rolled(close, n, "mean"))
    made["volume_surge"] = last(volume.to_numpy() / rolled(group["volume"].shift(), 20, "mean"))
    made["untraded_20d"] = last(rolled((volume == 0).astype(float), 20, "sum"))
    made["high_250d"], made["low_250d"] = last(rolled(high, 250, "max")), last(rolled(low, 250, "min"))
    made["gap"] = last(100 * (bars["open"] / group["close"].shift() - 1))
    up = (group["close"].diff() > 0).astype(int)
    made["up_days"] = last(up.groupby([up.index.get_level_values(0), (up == 0).cumsum()]).cumsum())

    def indicators(frame: pd.DataFrame) -> pd.Series:
        h, lo, c = (frame[name].to_numpy() for name in ("high", "low", "close"))
        line, signal, hist = talib.MACD(c)
        upper, _, lower = talib.BBANDS(c, 20, 2.0, 2.0)
        found = (
            talib.RSI(c, 14)[-1],
            talib.ATR(h, lo, c, 14)[-1],
            line[-1],
            signal[-1],
            hist[-1],
            upper[-1],
            lower[-1],
        )
        return pd.Series(found)

    return len(group[["high", "low", "close"]].apply(indicators)), store.rows


def history(folder: Path) -> tuple[int, int]:
    """Ours: the screen on every session of the last two years."""
    import kiwoom_research as kr

    store = Counted(folder)
    return len(kr.screen_history(store, RULES, "2024-11-21", LAST).hits), store.rows


CASES = {
    f.__name__: f
    for f in (one_day, one_day_plain, all_features, all_features_plain, features_memory, history)
}  # fmt: skip
started = 0.0


def measured(case: str, folder: Path) -> dict[str, float]:
    """A case in a process of its own; the best of some rounds."""
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        done = subprocess.run(
            [sys.executable, __file__, case, str(folder)], capture_output=True, text=True, check=True
        )
        seconds, peak, hits, rows = map(float, done.stdout.split())
        if not best or seconds < best["seconds"]:
            best = {"seconds": seconds, "peak": peak, "hits": hits, "rows": rows}
    return best


def run(case: str, folder: Path) -> None:
    """Print seconds, peak bytes, hits and rows of one case."""
    global started
    started = time.perf_counter()
    hits, rows = CASES[case](folder)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(seconds, peak, hits, rows)


def report() -> dict[str, dict[str, float]]:
    """All cases on one set of files."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "store"
        subprocess.run([sys.executable, __file__, "make", str(folder)], check=True)
        found = {case: measured(case, folder) for case in CASES}
    print(f"\n{CODES:,} codes x {SESSIONS:,} sessions")
    for case, numbers in found.items():
        print(
            f"{case:20} {numbers['seconds']:7.2f} s {numbers['peak'] / GIB:6.2f} GiB"
            f" {numbers['rows']:12,.0f} rows read {numbers['hits']:8,.0f} hits"
        )
    return found


def test_screen() -> None:
    """The ratios that were asked for."""
    found = report()
    assert found["one_day"]["hits"] == found["one_day_plain"]["hits"]
    assert found["one_day"]["rows"] <= CODES * 310  # a year of sessions and what a year of days has more
    if SESSIONS >= 2000:
        assert found["one_day"]["seconds"] <= found["one_day_plain"]["seconds"] / 6
    assert found["all_features"]["seconds"] <= found["all_features_plain"]["seconds"] / 2
    assert found["one_day"]["peak"] < GIB
    assert found["features_memory"]["hits"] < 1024
    assert found["history"]["peak"] < GIB


if __name__ == "__main__":
    if len(sys.argv) > 1:
        (make(Path(sys.argv[2])) if sys.argv[1] == "make" else run(sys.argv[1], Path(sys.argv[2])))
    else:
        report()
