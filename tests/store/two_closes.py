"""A world whose daily close is since 2026-09-14 the last trade of 20:00, with planted corporate actions.

It is drawn without the package: sessions from a list of holidays, prices from a random walk, ratios as planted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from kiwoom_research.endpoints import QUERIES

from ..tiny import OK, Asked, Said, Tiny

KST = ZoneInfo("Asia/Seoul")
LONG_DAY = pd.Timestamp("2026-09-14")
HOLIDAYS = ["2026-09-24", "2026-09-25", "2026-10-05", "2026-10-09", "2026-08-17", "2026-07-17", "2026-06-03"]
LAST = "2026-11-13"  # the fortieth session of the long day; the exam day of November is after it

Meaning = Literal["base", "close", "absent"]


def sessions(first: str) -> pd.DatetimeIndex:
    """Weekdays that are no holidays; before June 2026 only to have enough of them."""
    return pd.bdate_range(first, LAST).difference(pd.to_datetime(HOLIDAYS))


def on_tick(price: Any) -> Any:
    """A price on the exchange's grid."""
    edges, ticks = [2_000, 5_000, 20_000, 50_000, 200_000, 500_000], [1, 5, 10, 50, 100, 500, 1_000]
    tick = np.array(ticks)[np.searchsorted(edges, price, side="right")]
    return np.maximum(np.round(np.asarray(price) / tick) * tick, 1).astype(int)


@dataclass
class Stock:
    """One stock: its sessions, prices as traded and what is true of them."""

    code: str
    days: pd.DatetimeIndex
    events: Mapping[str, float] = field(
        default_factory=dict
    )  # first session at the new price -> ratio asked for
    halted: Sequence[str] = ()
    fund: bool = False
    start: int = 50_000

    def __post_init__(self) -> None:
        random = np.random.default_rng(int(self.code[:4], 36))
        rows, official, last_close = [], self.start, self.start
        for day in self.days:
            name = f"{day:%Y-%m-%d}"
            base = int(on_tick(official * self.events[name])) if name in self.events else official
            if name in self.halted:
                rows.append((base, base, base, base, base, base, 0, official, last_close))
                official = last_close = base
                continue
            close = int(on_tick(base * np.exp(random.normal(0, 0.02))))
            opened = int(on_tick(base * np.exp(random.normal(0, 0.01))))
            last = close
            if day >= LONG_DAY and not self.fund and random.random() > 0.2:
                last = int(on_tick(close * np.exp(random.normal(0, 0.012))))
            high = int(on_tick(max(opened, close, last) * (1 + abs(random.normal(0, 0.004)))))
            low = int(on_tick(min(opened, close, last) * (1 - abs(random.normal(0, 0.004)))))
            high, low = max(high, opened, close, last), min(low, opened, close, last)
            rows.append((base, opened, high, low, last, close, 1_000_000, official, last_close))
            official, last_close = close, last
        names = [
            "base",
            "open",
            "high",
            "low",
            "close",
            "official",
            "volume",
            "official_before",
            "close_before",
        ]
        self.bars = pd.DataFrame(rows, self.days, columns=names)
        self.bars.loc[self.days[0], ["official_before", "close_before"]] = self.bars["base"].iloc[0]

    @property
    def ratios(self) -> pd.Series:
        """Base price over official close before, of each session; 1 on an ordinary day."""
        return self.bars["base"] / self.bars["official_before"]

    def adjusted(self, as_of: pd.Timestamp, *, daily: bool = False) -> pd.Series:
        """Closes as the broker adjusts them to a day; ``daily``: by the steps of ordinary days too."""
        bars = self.bars[self.bars.index <= as_of]
        steps = bars["base"] / bars["close_before"] if daily else self.ratios[bars.index]
        later = steps[::-1].cumprod()[::-1].shift(-1, fill_value=1.0)
        return pd.Series(np.floor(bars["close"] * later + 1e-6), bars.index)


class World(Tiny):
    """The server. ``meaning`` is what a row's change is against; ``daily`` how the adjusted chart steps."""

    def __init__(
        self,
        stocks: Sequence[Stock],
        *,
        meaning: Meaning = "base",
        daily: bool = False,
        clock: str = f"{LAST} 21:30",
    ) -> None:
        super().__init__(self._answer)
        self.stocks = {stock.code: stock for stock in stocks}
        self.meaning, self.daily = meaning, daily
        self.show(clock)

    def show(self, clock: str) -> None:
        """Set the clock, Korean time."""
        self.now = pd.Timestamp(clock)
        when: datetime = self.now.to_pydatetime().replace(tzinfo=KST)
        self.date = format_datetime(when.astimezone(UTC), usegmt=True)

    def calls(self) -> dict[str, int]:
        """How often each call was asked; the counter begins anew."""
        names = pd.Series([asked.headers["api-id"] for asked in self.data], dtype="object")
        self.asked.clear()
        return dict(names.value_counts().sort_index())

    # --- on the wire -----------------------------------------------------------------------------

    def _answer(self, asked: Asked) -> Said:
        call = asked.headers["api-id"]
        if call == "ka10081":
            return self._ka10081(asked.body, asked.headers.get("next-key", ""))
        return Said({**getattr(self, f"_{call}")(asked.body), **OK})

    def _blank(self, call: str, **values: object) -> dict[str, str]:
        """A row of a call with these keys, all others blank."""
        table = QUERIES[call].tables[0]
        blank = dict.fromkeys((f.raw for f in table.fields if not f.request), "")
        assert values.keys() <= blank.keys()
        return {**blank, **{key: str(value) for key, value in values.items()}}

    def listed(self) -> list[Stock]:
        """The stocks that are listed on the day."""
        return [s for s in self.stocks.values() if s.days[0] <= self.now.normalize() <= s.days[-1]]

    def _master(self, call: str, stock: Stock) -> dict[str, str]:
        return self._blank(
            call, code=stock.code, name=f"stock {stock.code}", marketCode="8" if stock.fund else "0",
            regDay=f"{stock.days[0]:%Y%m%d}", listCount="0000010000000000", lastPrice="00050000",
        )  # fmt: skip

    def _ka10099(self, body: dict[str, str]) -> dict[str, Any]:
        wanted = self.listed() if body["mrkt_tp"] == "0" else []
        return {"list": [self._master("ka10099", stock) for stock in wanted]}

    def _ka10100(self, body: dict[str, str]) -> dict[str, Any]:
        return self._master("ka10100", self.stocks[body["stk_cd"]])

    def _ka10081(self, body: dict[str, str], key: str) -> Said:
        """600 sessions a page; the next-key holds the newest day of the next one."""
        stock, as_of = self.stocks[body["stk_cd"]], min(pd.Timestamp(body["base_dt"]), self.now.normalize())
        bars = stock.bars[stock.bars.index <= as_of]
        factor = np.ones(len(bars))
        if body["upd_stkpc_tp"] == "1":
            factor = (stock.adjusted(as_of, daily=self.daily) / bars["close"]).to_numpy()
        rows = []
        last = bars.index.get_loc(pd.Timestamp(key[7:15])) + 1 if key else len(bars)
        first = max(last - 600, 0)
        for (day, bar), scale in list(zip(bars.iterrows(), factor, strict=True))[first:last][::-1]:
            close, low, high, opened = (
                int(np.floor(bar[n] * scale + 1e-6)) for n in ("close", "low", "high", "open")
            )
            against = int(np.floor(bar["base" if self.meaning == "base" else "close_before"] * scale + 1e-6))
            row = {
                "dt": f"{day:%Y%m%d}", "cur_prc": close, "open_pric": opened, "high_pric": high, "low_pric": low,
                "trde_qty": int(bar["volume"] / scale), "trde_prica": int(bar["volume"] * bar["close"] / 1e6),
            }  # fmt: skip
            if self.meaning != "absent":
                change = close - against
                sign = 2 if change > 0 else 5 if change < 0 else 3
                row |= {"pred_pre": f"{change:+d}", "pred_pre_sig": sign, "trde_tern_rt": "+0.10"}
            rows.append({key: str(value) for key, value in row.items()})
        headers = {}
        if first:
            headers = {"cont-yn": "Y", "next-key": f"A{stock.code}{bars.index[first - 1]:%Y%m%d}00010000"}
        return Said({"stk_cd": stock.code, "stk_dt_pole_chart_qry": rows, **OK}, headers)

    def _ka10080(self, body: dict[str, str]) -> dict[str, Any]:
        stock, rows = self.stocks[body["stk_cd"]], []
        for clock, name in (("200000", "close"), ("153000", "official"), ("090000", "open")):
            price = int(stock.bars.at[pd.Timestamp(body["base_dt"]), name])
            rows.append({
                "cntr_tm": body["base_dt"] + clock, "trde_qty": "10", "pred_pre": "+0", "pred_pre_sig": "3",
                **dict.fromkeys(("cur_prc", "open_pric", "high_pric", "low_pric"), str(price)),
            })  # fmt: skip
        return {"stk_cd": stock.code, "stk_min_pole_chart_qry": rows}

    def _ka10095(self, body: dict[str, str]) -> dict[str, Any]:
        return {"atn_stk_infr": [self._quote(code) for code in body["stk_cd"].split("|")]}

    def _quote(self, code: str) -> dict[str, str]:
        stock = self.stocks[code]
        begun = stock.bars[stock.bars.index <= (self.now - pd.Timedelta(hours=8)).normalize()]
        if not len(begun) or stock not in self.listed():
            return self._blank("ka10095")
        bar, day = begun.iloc[-1], begun.index[-1]
        auction = "15:31" <= f"{self.now:%H:%M}" < "16:00" and day == self.now.normalize()
        price = int(bar["official" if auction else "close"])
        change = price - int(bar["base"])
        traded = bar["volume"] > 0
        return self._blank(
            "ka10095", stk_cd=code, stk_nm=f"stock {code}", cur_prc=price, base_pric=int(bar["base"]),
            pred_pre=f"{change:+d}", pred_pre_sig=2 if change > 0 else 5 if change < 0 else 3,
            trde_qty=int(bar["volume"]), trde_prica=int(bar["volume"] * bar["close"] / 1e6), dt=f"{day:%Y%m%d}",
            open_pric=int(bar["open"]) * traded, high_pric=int(bar["high"]) * traded, low_pric=int(bar["low"]) * traded,
        )  # fmt: skip
