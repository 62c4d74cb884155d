"""A server whose numbers move by the clock, each at its own hours, so that a stale answer is seen at once.

It does not use the package's calendar: the hours below were written by hand from what was measured of the real server.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from kiwoom_research.endpoints import QUERIES

from .tiny import OK, Asked, Said, Tiny

KST = ZoneInfo("Asia/Seoul")
CODE = "005930"


def clock(text: str) -> int:
    """Minutes since midnight; "+" in front means the next day."""
    hours, minutes = map(int, text.removeprefix("+").split(":"))
    return 60 * hours + minutes + 1440 * text.startswith("+")


# When a trade a minute is made, by venue ("" is the exchange).
TRADING = {
    "long": {
        "": [("09:00", "15:30"), ("16:00", "20:00")],
        "_NX": [("08:00", "08:50"), ("09:01", "15:20"), ("15:40", "20:00")],
        "_AL": [("08:00", "08:50"), ("09:00", "15:30"), ("15:40", "20:00")],
    },
    "before": {
        "": [("09:00", "15:30")],
        "_NX": [("08:00", "08:50"), ("09:01", "15:20"), ("15:40", "20:00")],
        "_AL": [("08:00", "08:50"), ("09:00", "15:30"), ("15:40", "20:00")],
    },
}
# When the exchange trades without a new price: at the close, and before the long day in auctions.
SAME_PRICE = {"long": ("15:40", "16:00"), "before": ("15:40", "18:00")}


class Witness(Tiny):
    """One stock, one index, one day; ``minute`` counts from the midnight at which the day begins."""

    def __init__(self, world: str, day: datetime) -> None:
        super().__init__(self._answer)
        self.world = world
        self.day = day
        self.before = day - timedelta(days=1)
        self.after = day + timedelta(days=1)
        self.minute = 0
        self.show(0)

    def show(self, minute: int) -> None:
        """Set the clock."""
        self.minute = minute
        self.date = format_datetime((self.day + timedelta(minutes=minute)).astimezone(UTC), usegmt=True)

    def by(self, start: str, end: str) -> int:
        """Minutes of a span that are over."""
        return max(0, min(self.minute, clock(end)) - clock(start))

    # --- what is true now ------------------------------------------------------------------------

    def trades(self, venue: str = "") -> int:
        """Trades that moved the price."""
        return sum(self.by(start, end) for start, end in TRADING[self.world][venue])

    def price(self, venue: str = "") -> int:
        """The last price; 50,000 was yesterday's."""
        return 50_000 + 10 * self.trades(venue)

    def volume(self, venue: str = "") -> int:
        """Shares so far; since the long day the sum is late until 21:05."""
        late = self.by("20:05", "21:05") if self.world == "long" else 0
        return 1_000 * (self.trades(venue) + self.by(*SAME_PRICE[self.world])) + 7 * late

    def foreign_net(self) -> int:
        """Net buying; constant from 15:40 to 20:05, or until 18:10 of the days before."""
        if self.world == "long":
            return 100 * self.by("09:00", "15:40") - 3 * self.by("20:05", "21:05")
        return 100 * self.by("09:00", "18:10")

    def holdings(self) -> tuple[int, int]:
        """Change and shares held of the day; a copy of the day before until the evening."""
        if self.minute < clock("21:05" if self.world == "long" else "18:10"):
            return 0, 1_000_000
        corrected = self.by("+06:05", "+07:05") if self.world == "long" else 0
        return 500 + corrected, 1_000_500 + corrected

    def short_volume(self) -> int:
        """Short sales of the day; 0 is no row."""
        if self.minute < clock("18:05"):
            return 0
        return 4_000 + (self.by("18:05", "20:50") if self.world == "long" else 0)

    def index(self) -> tuple[int, int]:
        """Level in hundredths and volume in thousand shares; when they stop, nobody knows: late in the night."""
        late = 5 * self.by("22:00", "22:30") + self.by("+07:30", "+07:55") if self.world == "long" else 0
        return 250_000 + 10 * self.by("09:00", "15:30"), 9_000 + self.by("09:00", "18:00") + late

    def ranked_volume(self) -> int:
        """The volume of a ranking; when it stops, nobody knows: late in the night."""
        late = self.by("23:00", "23:30") + self.by("+07:30", "+07:55") if self.world == "long" else 0
        return self.volume() + late

    def base(self) -> int:
        """The price that changes are measured against; it rolls in the night."""
        return (
            49_000
            if self.minute < clock("03:10")
            else 50_000
            if self.minute < clock("+03:10")
            else self.price()
        )

    # --- on the wire -----------------------------------------------------------------------------

    def _answer(self, asked: Asked) -> Said:
        call = asked.headers["api-id"]
        return Said({**getattr(self, call)(asked.body), **OK})

    def _row(self, call: str, **values: Any) -> dict[str, str]:
        """A row of a call with these keys, all others blank."""
        for table in QUERIES[call].tables:
            blank = dict.fromkeys((field.raw for field in table.fields if not field.request), "")
            if values.keys() <= blank.keys():
                return {**blank, **{key: str(value) for key, value in values.items()}}
        raise AssertionError(f"{call} has no table with {', '.join(values)}")

    def _days(self, newest: str | None = None) -> list[tuple[datetime, bool]]:
        """The days of an answer, newest first, and whether each is the day that moves; none in the future."""
        moving = [(self.after, False)] if self.minute >= 1440 and newest is None else []
        if newest is None or newest >= f"{self.day:%Y%m%d}":
            moving.append((self.day, True))
        return [*moving, (self.before, False)]

    def _venue(self, body: dict[str, str]) -> str:
        return body["stk_cd"].removeprefix(CODE)

    def ka10081(self, body: dict[str, str]) -> dict[str, Any]:
        venue, rows = self._venue(body), []
        for day, moves in self._days(body["base_dt"]):
            price, volume = (self.price(venue), self.volume(venue)) if moves else (50_000, 2_000)
            rows.append(
                self._row(
                    "ka10081", dt=f"{day:%Y%m%d}", cur_prc=price, open_pric=50_000, high_pric=price,
                    low_pric=50_000, trde_qty=volume, trde_prica=volume,
                )
            )  # fmt: skip
        return {"stk_cd": body["stk_cd"], "stk_dt_pole_chart_qry": rows}

    def ka10082(self, body: dict[str, str]) -> dict[str, Any]:
        monday = self.day - timedelta(days=self.day.weekday())
        moves = body["base_dt"] >= f"{self.day:%Y%m%d}"
        price, volume = (self.price(), self.volume()) if moves else (50_000, 0)
        row = self._row(
            "ka10082", dt=f"{monday:%Y%m%d}", cur_prc=price, open_pric=50_000, high_pric=price, low_pric=50_000,
            trde_qty=10_000 + volume,
        )  # fmt: skip
        return {"stk_cd": body["stk_cd"], "stk_stk_pole_chart_qry": [row]}

    def _intraday(self, call: str, body: dict[str, str]) -> list[dict[str, str]]:
        """Yesterday's last bar, and today's one that is still written to."""
        venue, rows = self._venue(body), []
        begun = self.trades(venue) > 0 and body.get("base_dt", "99999999") >= f"{self.day:%Y%m%d}"
        if begun:
            rows.append((f"{self.day:%Y%m%d}090000", self.price(venue), self.volume(venue)))
        rows.append((f"{self.before:%Y%m%d}153000", 50_000, 2_000))
        return [
            self._row(
                call,
                cntr_tm=time,
                cur_prc=price,
                open_pric=50_000,
                high_pric=price,
                low_pric=50_000,
                trde_qty=volume,
            )
            for time, price, volume in rows
        ]

    def ka10080(self, body: dict[str, str]) -> dict[str, Any]:
        return {"stk_cd": body["stk_cd"], "stk_min_pole_chart_qry": self._intraday("ka10080", body)}

    def ka10079(self, body: dict[str, str]) -> dict[str, Any]:
        return {"stk_cd": body["stk_cd"], "stk_tic_chart_qry": self._intraday("ka10079", body)}

    def ka10005(self, body: dict[str, str]) -> dict[str, Any]:
        rows = []
        for day, moves in self._days():
            price, volume = (self.price(), self.volume()) if moves else (50_000, 2_000)
            rows.append(
                self._row(
                    "ka10005", date=f"{day:%Y%m%d}", close_pric=price, open_pric=50_000, high_pric=price,
                    low_pric=50_000, trde_qty=volume,
                )
            )  # fmt: skip
        return {"stk_ddwkmm": rows}

    def ka10006(self, body: dict[str, str]) -> dict[str, Any]:
        price = self.price()
        return self._row(
            "ka10006", date=f"{self.day:%Y%m%d}", close_pric=price, open_pric=50_000, high_pric=price,
            low_pric=50_000, trde_qty=self.volume(),
        )  # fmt: skip

    def ka10001(self, body: dict[str, str]) -> dict[str, Any]:
        return self._row(
            "ka10001", stk_cd=body["stk_cd"], stk_nm="witness", cur_prc=self.price(), trde_qty=self.volume(),
            base_pric=self.base(),
        )  # fmt: skip

    def ka10095(self, body: dict[str, str]) -> dict[str, Any]:
        venue = self._venue(body)
        row = self._row(
            "ka10095", stk_cd=body["stk_cd"], stk_nm="witness", cur_prc=self.price(venue),
            trde_qty=self.volume(venue), base_pric=self.base(),
        )  # fmt: skip
        return {"atn_stk_infr": [row]}

    def ka10059(self, body: dict[str, str]) -> dict[str, Any]:
        rows = []
        for day, moves in self._days(body["dt"]):
            price, volume, flow = (
                (self.price(), self.volume(), self.foreign_net()) if moves else (50_000, 2_000, 50)
            )
            rows.append(
                self._row(
                    "ka10059", dt=f"{day:%Y%m%d}", cur_prc=price, acc_trde_qty=volume, frgnr_invsr=flow,
                )
            )  # fmt: skip
        return {"stk_invsr_orgn": rows}

    def ka10008(self, body: dict[str, str]) -> dict[str, Any]:
        rows = []
        change, held = self.holdings()
        for day, moves in self._days():
            if moves:
                row = (self.price(), self.volume(), change, held)
            elif day == self.after:
                row = (self.price(), 0, 0, held)  # a copy of the day before
            else:
                row = (50_000, 2_000, 77, 1_000_000)
            rows.append(
                self._row(
                    "ka10008",
                    dt=f"{day:%Y%m%d}",
                    close_pric=row[0],
                    trde_qty=row[1],
                    chg_qty=row[2],
                    poss_stkcnt=row[3],
                )
            )
        return {"stk_frgnr": rows}

    def ka10014(self, body: dict[str, str]) -> dict[str, Any]:
        rows = []
        for day, moves in self._days(body["end_dt"]):
            short = self.short_volume() if moves else 3_000
            if short:
                rows.append(self._row("ka10014", dt=f"{day:%Y%m%d}", close_pric=50_000, shrts_qty=short))
        return {"shrts_trnsn": rows}

    def ka10030(self, body: dict[str, str]) -> dict[str, Any]:
        row = self._row(
            "ka10030", stk_cd=CODE, stk_nm="witness", cur_prc=self.price(), trde_qty=self.ranked_volume()
        )
        return {"tdy_trde_qty_upper": [row]}

    def ka20006(self, body: dict[str, str]) -> dict[str, Any]:
        rows = []
        for day, moves in self._days(body["base_dt"]):
            level, volume = self.index() if moves else (250_000, 9_000)
            rows.append(
                self._row(
                    "ka20006", dt=f"{day:%Y%m%d}", cur_prc=level, open_pric=250_000, high_pric=level,
                    low_pric=250_000, trde_qty=volume,
                )
            )  # fmt: skip
        return {"inds_cd": body["inds_cd"], "inds_dt_pole_qry": rows}

    def ka20001(self, body: dict[str, str]) -> dict[str, Any]:
        level, volume = self.index()
        return self._row("ka20001", cur_prc=f"{level / 100:.2f}", trde_qty=volume)
