"""A market read from Parquet or CSV files: real history, served as the broker would serve it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from ...calendar import LONG_DAY, is_session, sessions_in_range
from .bars import EMPTY, Bars, Column, at_limit, cut, grouped, run_starts, scaled, seconds, until, whole_won
from .base import Market, Stock
from .files import BROKER, MILLION, PRICES, Source, columns_by_code, digest, find_files, read_file
from .hours import session_hours

LISTS = {"KOSPI": "0", "KOSDAQ": "10", "KOSDAQ GLOBAL": "10", "KONEX": "50", "ETF": "8", "ETN": "60"}
RECENT = 20  # sessions
EVENING = np.timedelta64(16 * 60 + 30, "m")  # later than any trade of regular hours, on exam days too
DAILY = (*PRICES, "official_close", "volume", "value", "shares", "change")
# What a file that is given under a name may hold.
ALLOWED = {
    "adjusted": {"adjusted", "raw", "broker"},
    "raw": {"adjusted", "raw", "broker"},
    "minutes": {"minutes"},
    "stocks": {"stocks"},
    "flows": {"flows"},
}


Columns: TypeAlias = Mapping[str, Column]


class Days(NamedTuple):
    """Daily bars of one code: as traded, adjusted as of the end, and the factor between them."""

    raw: Bars
    adjusted: Bars
    factors: Column


class ReplayMarket(Market):
    """Real history from files. What no file knows is missing: nothing is made up.

    Parameters
    ----------
    bars, adjusted, raw, minutes, stocks, flows : path, folder or list of paths, optional
        Parquet or CSV files (UTF-8 or cp949). What a file holds follows from its columns, so ``bars`` takes any of
        them; the other names say what it has to be. Daily files: ``date, code, open, high, low, close, volume``,
        adjusted unless they have ``market_cap`` or come as ``raw``; both in one as ``open_adj ... volume_raw``; the
        broker's ``dt, cur_prc, trde_qty ...``; or the column names of pykrx (``날짜, 시가 ...``) and FinanceDataReader
        (``Date, Open ...``). A missing code or date is taken from the file's name, as in ``005930.csv``. Optional
        columns are ``value, shares, change, official_close`` (won), ``name, market``. Minutes add ``time``, and ``acc_value,
        from_open, has_close`` if there are. Factors: ``date, code, factor`` (adjusted price over raw price, valid
        until the next row). Investor flows: ``foreign_hold, foreign_pct``. Stock list: ``Code, Name, Market``, and
        ``Stocks, ListingDate, Industry`` if there are.

    Raises
    ------
    ValueError
        A file that is missing or has other columns.

    Notes
    -----
    A day that only adjusted files know is served as traded, too. Open 0, the exchange's mark of a day without trading,
    becomes open = high = low = close. A change is against the session before (its ``official_close`` if the files have
    that), and missing where the files lack the session. Where they have official closes or trades of the evening since
    2026-09-14, shares trade until 20:00. For a code without daily bars, days are made from those minutes that are
    whole: from the open and with the close. Days of minutes that do not begin at the open are left out. Without a stock
    list the stocks come in the order of the value they trade, the largest first.
    """

    def __init__(
        self,
        bars: Source | None = None,
        *,
        adjusted: Source | None = None,
        raw: Source | None = None,
        minutes: Source | None = None,
        stocks: Source | None = None,
        flows: Source | None = None,
    ) -> None:
        super().__init__()
        sources = {
            "bars": bars, "adjusted": adjusted, "raw": raw, "minutes": minutes, "stocks": stocks, "flows": flows,
        }  # fmt: skip
        paths = [
            (role, file)
            for role, source in sources.items()
            if source is not None
            for file in find_files(source)
        ]
        frames: dict[str, list[pd.DataFrame]] = {}
        for role, path in paths:
            kind, frame = read_file(path)
            if kind not in ALLOWED.get(role, {kind}):
                raise ValueError(f"{path} was given as {role}=, but by its columns it is {kind}")
            for part, rows in _split_by_content(kind, frame, role):
                frames.setdefault(part, []).append(rows)
        self.fingerprint = f"replay-{digest(paths)}"
        self._adjusted_days = columns_by_code(frames.get("adjusted", []), DAILY)
        self._raw_days = columns_by_code(frames.get("raw", []), DAILY)
        self._given_factors = columns_by_code(frames.get("factors", []), ("factor",))
        self._minutes = columns_by_code(
            frames.get("minutes", []), (*PRICES, "volume", "acc_value", "has_close")
        )
        self._flows = columns_by_code(frames.get("flows", []), ("foreign_hold", "foreign_pct"))
        self._stocks, self._shares = _stock_list(frames)
        times = [
            part.columns["at"] for part in (self._adjusted_days, self._raw_days, self._minutes) if part.rows
        ]
        if not times:
            raise ValueError("no file with bars was given")
        days = np.concatenate(times).astype("datetime64[D]")
        self.end = days.max().item()
        self._sessions = np.asarray(sessions_in_range(days.min().item(), self.end), "datetime64[s]")
        self._days = lru_cache(maxsize=None)(self._read_days)
        self.long_day = self._knows_evenings()

    def _knows_evenings(self) -> bool:
        """Whether the files have official closes, or trades of the evening, since 2026-09-14."""
        for part in (self._adjusted_days, self._raw_days):
            recent = part.columns["at"] >= np.datetime64(LONG_DAY)
            if (recent & ~np.isnan(part.columns["official_close"])).any():
                return True
        at = self._minutes.columns["at"]
        return bool(((at >= np.datetime64(LONG_DAY)) & (at - at.astype("datetime64[D]") > EVENING)).any())

    @property
    def stocks(self) -> Mapping[str, Stock]:
        return self._stocks

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Every code: sorted if the files tell shares, else by traded value, the largest first."""
        known = sorted(self._stocks)
        if self._shares:
            return tuple(known)
        turnover = self._turnover()
        return tuple(sorted(known, key=lambda code: turnover.get(code, 0.0), reverse=True))

    def _turnover(self) -> dict[str, float]:
        """Return about what each stock trades, to order the stocks by; it is served nowhere."""
        found: dict[str, float] = {}
        for store in (self._minutes, self._adjusted_days, self._raw_days):
            amounts = store.columns["close"] * store.columns["volume"]
            found |= {code: float(amounts[rows][-RECENT:].mean()) for code, rows in store.rows.items()}
        return found

    def _history(self, code: str) -> Bars:
        return self._days(code).raw

    def _factors(self, code: str) -> Column:
        return self._days(code).factors

    def _scaled_history(self, code: str, basis: float) -> Bars:
        days = self._days(code)
        # as of the end it is the file itself, to the won
        return days.adjusted if basis == days.factors[-1] else scaled(days.raw, days.factors / basis)

    # --- days ------------------------------------------------------------------------------------

    def _read_days(self, code: str) -> Days:
        adjusted, raw = self._adjusted_days.of(code), self._raw_days.of(code)
        days = np.union1d(adjusted["at"], raw["at"])
        if not days.size:
            bars = self._from_minutes(code)
            return Days(bars, bars, np.ones(bars.size))
        factors = self._factors_between(code, days, adjusted, raw)
        fund, shares = self._stocks[code].fund, self._shares.get(code, 0)
        step = np.append(1.0, factors[:-1] / factors[1:])  # of the base price on the day of an event
        near = self._follows(days)
        return Days(
            _daily_bars(
                days, _fill_from_other(days, raw, adjusted, 1 / factors), near, step, shares * factors, fund
            ),
            _daily_bars(
                days,
                _fill_from_other(days, adjusted, raw, factors),
                near,
                np.ones(days.size),
                shares + 0 * factors,
                fund,
            ),
            factors,
        )

    def _factors_between(self, code: str, days: Column, adjusted: Columns, raw: Columns) -> Column:
        """Adjusted price over raw price of each day."""
        given = self._given_factors.of(code)
        if given["at"].size:
            return np.asarray(given["factor"][np.maximum(np.searchsorted(given["at"], days, "right") - 1, 0)])
        shared, left, right = np.intersect1d(adjusted["at"], raw["at"], return_indices=True)
        if not shared.size:
            return np.ones(days.size)
        steps = _constant_factors(adjusted["close"][left], raw["close"][right])
        return np.asarray(steps[np.maximum(np.searchsorted(shared, days, "right") - 1, 0)])

    def _follows(self, days: Column) -> Column:
        """Whether each day is the session after the day before it."""
        return np.append(False, np.diff(np.searchsorted(self._sessions, days)) <= 1)

    # --- minutes ---------------------------------------------------------------------------------

    def minute_days(self, code: str) -> Column:
        days = self._minutes.of(code)["at"].astype("datetime64[D]")
        return np.asarray(days[run_starts(days)].astype("datetime64[s]"))

    def _session(self, code: str, day: date) -> Bars:
        columns = self._minutes.of(code)
        first, last = np.searchsorted(columns["at"], [np.datetime64(day), np.datetime64(day) + 1])
        bars = _minute_bars({name: column[first:last] for name, column in columns.items()})
        base = np.full(bars.size, self.base(code, day))
        shares = np.full(bars.size, self._shares.get(code, 0))
        limit = at_limit(bars.close, base, self._stocks[code].fund)
        return bars._replace(base=base, shares=shares, limit=limit)

    def base(self, code: str, day: date) -> int:
        if known := super().base(code, day):
            return known
        before = until(self.history(code), np.datetime64(day) - 1)
        near = before.size and self._follows(np.array([before.time[-1], np.datetime64(day, "s")]))[1]
        return int(before.close[-1]) if near else 0

    def _from_minutes(self, code: str) -> Bars:
        """Days made of the minutes that are whole."""
        columns = self._minutes.of(code)
        if not columns["at"].size:
            return EMPTY
        day = columns["at"].astype("datetime64[D]").astype("datetime64[s]")
        starts = run_starts(day)
        whole = columns["has_close"][starts].astype(bool)  # NaN, where the file does not say, is True
        minutes = _minute_bars(columns)
        bars = grouped(minutes, starts)
        bars = bars._replace(official=_closes_of_auctions(minutes, day[starts], bars.close))
        near = self._follows(day[starts]) & np.append(False, whole[:-1])
        base = np.where(near, np.append(0, bars.official[:-1]), 0)
        limit = at_limit(bars.close, base, self._stocks[code].fund)
        shares = np.full(bars.size, self._shares.get(code, 0))
        return cut(bars._replace(time=day[starts], base=base, shares=shares, limit=limit), whole)

    # --- beyond prices ---------------------------------------------------------------------------

    def _facts(self, code: str, day: date) -> Mapping[str, float]:
        flows = self._flows.of(code)
        row = int(np.searchsorted(flows["at"], np.datetime64(day)))
        if row == flows["at"].size or flows["at"][row] != np.datetime64(day):
            return {}
        share, held = float(flows["foreign_pct"][row]), flows["foreign_hold"]
        facts = {"foreign_holding": share, "foreign_weight": share}
        if row and self._follows(flows["at"][row - 1 : row + 1])[1]:
            facts["foreign_net"] = float(held[row] - held[row - 1])
        return facts


def _split_by_content(kind: str, frame: pd.DataFrame, role: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """The tables that the rows of a file belong to."""
    match kind:
        case "pairs":
            for side, part in (("adj", "adjusted"), ("raw", "raw")):
                names = {f"{name}_{side}": name for name in (*PRICES, "volume")}
                yield part, frame.drop(columns=list(PRICES), errors="ignore").rename(columns=names)
        case "broker":
            frame = frame.rename(columns=BROKER)
            if "value" in frame:
                frame = frame.assign(value=frame["value"] * MILLION)
            yield ("raw" if role == "raw" else "adjusted"), frame
        case "adjusted" | "raw":
            yield (role if role in ("adjusted", "raw") else kind), frame
            if "factor" in frame:
                yield "factors", frame
        case "minutes":
            yield kind, frame[frame["from_open"]] if "from_open" in frame else frame
        case _:
            yield kind, frame


def _fill_from_other(days: Column, own: Columns, other: Columns, factor: Column) -> Columns:
    """One side's columns on every day; where it lacks one the other side's, brought to its scale."""
    here = np.isin(days, own["at"])
    rows = np.searchsorted(other["at"], days[~here])
    filled = {}
    for name in DAILY:
        column = np.empty(days.size)
        column[here] = own[name]
        scale = (
            factor if name in (*PRICES, "official_close", "change") else 1 if name == "value" else 1 / factor
        )
        column[~here] = other[name][rows] * (scale * np.ones(days.size))[~here]
        filled[name] = column
    return filled


def _daily_bars(
    days: Column, columns: Columns, near: Column, step: Column, shares: Column, fund: bool
) -> Bars:
    """Columns of a file as bars; ``near`` says where the base price is the close before, times ``step``."""
    close = whole_won(columns["close"])
    still = columns["open"] == 0
    opening, high, low = (
        np.where(still, close, whole_won(columns[name])) for name in ("open", "high", "low")
    )
    given = np.asarray(columns["official_close"], np.float64)
    official = np.where(np.isnan(given), close, whole_won(np.nan_to_num(given)))
    before = np.where(near, whole_won(np.append(0, official[:-1]) * step), 0)
    change = np.asarray(columns["change"], np.float64)
    known = ~np.isnan(change)
    base = np.where(known, close - np.nan_to_num(change), before)
    listed = np.where(np.isnan(columns["shares"]), shares, columns["shares"])
    base = whole_won(base)
    return Bars(
        days, opening, high, low, close, np.rint(columns["volume"]).astype(np.int64), _won(columns["value"]), base,
        np.rint(listed).astype(np.int64), at_limit(close, base, fund), official,
    )  # fmt: skip


def _minute_bars(columns: Columns) -> Bars:
    """Minutes of a file as bars without base price and shares."""
    prices = [columns[name].astype(np.int64) for name in PRICES]
    volume, total = columns["volume"].astype(np.int64), columns["acc_value"]
    first = run_starts(columns["at"].astype("datetime64[D]"))
    value = np.diff(total, prepend=0)
    value[first] = total[first]
    nothing = np.zeros(volume.size, np.int64)
    opening, high, low, close = prices
    return Bars(
        columns["at"], opening, high, low, close, volume, _won(value), nothing, nothing, nothing, nothing
    )


def _closes_of_auctions(minutes: Bars, days: Column, close: Column) -> Column:
    """The close of each day's closing auction since 2026-09-14; where there is no bar of it, the close of the day."""
    official = close.copy()
    for row, day in enumerate(days.astype("datetime64[D]").tolist()):
        if day >= LONG_DAY and is_session(day):
            closing = seconds(session_hours(day).closing)
            at = int(np.searchsorted(minutes.time, closing))
            if at < minutes.size and minutes.time[at] == closing:
                official[row] = minutes.close[at]
    return official


def _won(value: Column) -> Column:
    """Return amounts as whole won; as floats where some are missing."""
    return value if np.isnan(value).any() else np.rint(value).astype(np.int64)


def _constant_factors(adjusted: Column, raw: Column) -> Column:
    """Adjusted over raw price, constant between events although both prices are rounded to the won."""
    factors = np.ones(raw.size)
    begin, low, high = 0, 0.0, np.inf
    for row, (after, before) in enumerate(zip(adjusted.tolist(), raw.tolist(), strict=True)):
        if max(low, (after - 1) / before) > min(high, (after + 1) / before):  # no one factor explains both
            begin, low, high = row, 0.0, np.inf
        low, high = max(low, (after - 1) / before), min(high, (after + 1) / before)
        factors[begin : row + 1] = 1.0 if low <= 1 <= high else (low + high) / 2
    return factors


def _stock_list(frames: Mapping[str, list[pd.DataFrame]]) -> tuple[dict[str, Stock], dict[str, int]]:
    """The stock list, from names in the bars and from stock lists, and the listed shares where known."""
    stocks: dict[str, Stock] = {}
    for frame in [frame for part in frames for frame in frames[part] if part != "stocks"]:
        known = frame.drop_duplicates("code", keep="last")
        for row in known.to_dict("records"):
            code = str(row["code"])
            stock = stocks.get(code, Stock(code=code, name=code, state="", audit=""))
            name, market = _text_or_blank(row.get("name")), LISTS.get(_text_or_blank(row.get("market")))
            stocks[code] = replace(stock, name=name or stock.name, market=market or stock.market)
    shares: dict[str, int] = {}
    for frame in frames.get("stocks", []):
        for row in frame.to_dict("records"):
            code = str(row["Code"])
            stock = stocks.get(code, Stock(code=code, name=code, state="", audit=""))
            day = _text_or_blank(row.get("ListingDate"))
            stocks[code] = replace(
                stock,
                name=row["Name"],
                market=LISTS.get(row["Market"], stock.market),
                sector=_text_or_blank(row.get("Sector"))
                or _text_or_blank(row.get("Industry"))
                or stock.sector,
                listed=date.fromisoformat(day) if day else stock.listed,
            )
            if row.get("Stocks", 0) > 0:
                shares[code] = int(row["Stocks"])
    return stocks, shares


def _text_or_blank(value: object) -> str:
    return value if isinstance(value, str) else ""
