"""The closed set of value kinds: what a Kiwoom text means, in both directions.

A `Kind` says which dtype and unit a column has and turns texts into a column (`Kind.column`, used by the
client) and a value into text (`Kind.text`, used by the sandbox). Blank is missing, ``"0"`` is zero,
zero-padded and thousands-separated numbers parse, saturated integers are missing. A text that does not
parse raises `ParseError`; nothing is coerced.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]


class ParseError(ValueError):
    """A text that is not of its kind."""

    def __init__(self, text: object) -> None:
        super().__init__(text)  # the text itself, so that it survives pickle
        self.text = text

    def __str__(self) -> str:
        return f"cannot read {self.text!r}"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the wire writes a number.

    ``plus``: a plus sign before positive ones; ``side``: a minus before positive ones, which are sales;
    ``doubled``: a second minus before negative ones; ``width``: padded with zeros.
    """

    decimals: int = 0
    plus: bool = False
    width: int = 0
    side: bool = False
    doubled: bool = False


INTEGER = Spelling()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value.

    Attributes
    ----------
    name : str
        How the tables call it.
    dtype : str
        ``float64``, ``bool``, ``datetime64[us]``, ``timedelta64[us]`` or ``text`` (pandas' text dtype).
    unit : str
        Unit of the column; empty for text.
    meaning : str
        One line for the documentation.
    """

    name: str
    dtype: str
    unit: str
    meaning: str

    def column(self, texts: Sequence[str]) -> Column:
        """Texts of the wire as one column; raises `ParseError`."""
        raise NotImplementedError

    def text(self, value: Any, spelling: Spelling = INTEGER, sign: int = 0) -> str:
        """A value as Kiwoom writes it; missing is blank."""
        raise NotImplementedError


def missing(value: Any) -> bool:
    """Whether a scalar is None, NaN or NaT."""
    return value is None or bool(value != value)


# --- numbers -------------------------------------------------------------------------------------

PLAIN = b"0123456789+-."
# The last sign is the value, one before it is a colour: "--714" is -714.
NUMBER = re.compile(r"[+-]?([+-]?)((?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d*)?|\.\d+)", re.ASCII)
SATURATED = (4294967295.0, 2147483647.0)  # uint32 and int32 at their end: "too large to say"
CUT_RATES = (21474836.0, 21474836.47, 21474836.48)  # int32 as hundredths
CUT_AVERAGES = (2147483.0, 2147483.647, 2147483.648)  # int32 as thousandths


def number(text: str) -> float:
    """One number of the wire; NaN for blank.

    >>> number("--714"), number("000007913"), number("1,234"), number("+34950")
    (-714.0, 7913.0, 1234.0, 34950.0)
    """
    text = text.strip()
    if not text:
        return math.nan
    found = NUMBER.fullmatch(text)
    if not found:
        raise ParseError(text)
    inner, digits = found.groups()
    negative = inner == "-" if inner else text[0] == "-"
    value = float(digits.replace(",", ""))
    return -value if negative else value


@dataclass(frozen=True, slots=True)
class Number(Kind):
    """A number.

    ``magnitude``: a sign on the wire is a colour and is dropped. ``directed``: a price whose sign on the wire is
    its direction. ``saturates``: the largest 32-bit integers stand for "too large to say"; ``cut`` are the sizes
    that stand for it where the server cut a number with decimals to 32 bits.
    """

    magnitude: bool = False
    directed: bool = False
    saturates: bool = False
    cut: tuple[float, ...] = ()

    def column(self, texts: Sequence[str]) -> Column:
        try:
            plain = not "".join(texts).encode().translate(None, PLAIN)
        except (TypeError, UnicodeEncodeError):
            raise ParseError(_first_odd(texts)) from None
        values: Column | None = None
        if plain:  # float() accepts more than Kiwoom's numbers ("nan", "1e5", "1_0"), hence the test above
            with suppress(ValueError):
                values = np.fromiter(map(float, texts), np.float64, len(texts))
        if values is None:
            values = np.fromiter(map(number, texts), np.float64, len(texts))
        if not np.isfinite(values).all() and np.isinf(values).any():
            raise ParseError(texts[int(np.isinf(values).argmax())])
        if self.saturates:
            size = np.abs(values)
            values[(size == SATURATED[0]) | (size == SATURATED[1])] = np.nan
        for end in self.cut:
            values[np.abs(values) == end] = np.nan
        if self.magnitude:
            np.abs(values, out=values)
        return values + 0.0  # -0.0 becomes 0.0

    def text(self, value: Any, spelling: Spelling = INTEGER, sign: int = 0) -> str:
        if missing(value):
            return ""
        if self.directed:
            return ("", "+", "-")[sign] + _digits(abs(value), spelling)
        plain = _digits(value, spelling)
        if not float(plain):
            return plain
        if value > 0:
            return "+" * spelling.plus + "-" * spelling.side + plain
        return "-" * spelling.doubled + plain


def _digits(value: float, spelling: Spelling) -> str:
    if math.isinf(value):
        raise ValueError("Kiwoom cannot write an infinite number")
    text = f"{value:0{spelling.width}.{spelling.decimals}f}"
    return text.lstrip("-") if not float(text) else text


def _first_odd(texts: Sequence[object]) -> object:
    return next((t for t in texts if not isinstance(t, str) or not t.isascii()), "")


# --- text ----------------------------------------------------------------------------------------


def _strip(texts: Sequence[str]) -> list[str]:
    try:
        return list(map(str.strip, texts))
    except TypeError:
        raise ParseError(_first_odd(texts)) from None


def _objects(values: Sequence[object]) -> Column:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """Text as it came, without the blanks around it."""

    def column(self, texts: Sequence[str]) -> Column:
        return _objects([t or np.nan for t in _strip(texts)])

    def text(self, value: Any, spelling: Spelling = INTEGER, sign: int = 0) -> str:
        return "" if missing(value) else str(value)


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """A code of the wire as a word; ``blanks`` are codes that say nothing."""

    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    blanks: frozenset[str] = frozenset()

    def column(self, texts: Sequence[str]) -> Column:
        words: dict[str, Any] = {**dict.fromkeys(("", *self.blanks), np.nan), **self.words}
        try:
            return _objects([words[t] for t in _strip(texts)])
        except KeyError as error:
            raise ParseError(error.args[0]) from None

    def text(self, value: Any, spelling: Spelling = INTEGER, sign: int = 0) -> str:
        if missing(value):
            return ""
        if value in self.words:
            return str(value)
        for code, word in self.words.items():
            if word == value:
                return code
        raise ValueError(f"{self.name} has no word {value!r}")


@dataclass(frozen=True, slots=True)
class Flag(Kind):
    """``Y`` is True; ``N`` and blank are False."""

    def column(self, texts: Sequence[str]) -> Column:
        plain = _strip(texts)
        for text in plain:
            if text not in ("Y", "N", ""):
                raise ParseError(text)
        return np.array([text == "Y" for text in plain], dtype=bool)

    def text(self, value: Any, spelling: Spelling = INTEGER, sign: int = 0) -> str:
        return "" if missing(value) else "Y" if value else "N"


# --- dates and times -----------------------------------------------------------------------------

TENS = 10 ** np.arange(13, -1, -1, dtype=np.int64)  # what each of 14 digits is worth


@dataclass(frozen=True, slots=True)
class Moment(Kind):
    """Fixed-width digits; ``width`` 8 is a day, 14 a second of a day, 6 a time of day."""

    width: int = 8
    form: str = "%Y%m%d"
    blanks: frozenset[str] = frozenset()

    def column(self, texts: Sequence[str]) -> Column:
        with suppress(TypeError):  # the usual page: nothing blank, nothing odd
            together = "".join(texts)
            digits = together.isascii() and together.isdecimal() and set(map(len, texts)) == {self.width}
            if digits and self.blanks.isdisjoint(texts):
                wide = np.frombuffer(together.encode(), dtype=np.uint8).reshape(-1, self.width)
                return self._read((wide - np.uint8(48)) @ TENS[-self.width :], texts)
        plain = _strip(texts)
        known = [text for text in plain if text and text not in self.blanks]
        for text in known:
            if len(text) != self.width or not (text.isascii() and text.isdecimal()):
                raise ParseError(text)
        values = self._read(np.array(list(map(int, known)), dtype=np.int64), known)
        if len(known) == len(plain):
            return values
        column = np.full(len(plain), "NaT", dtype=values.dtype)
        column[[bool(text) and text not in self.blanks for text in plain]] = values
        return column

    def _read(self, digits: Column, texts: Sequence[str]) -> Column:
        values: Column
        days, clock = digits, None
        if self.width == 14:
            days, clock = digits // 1_000_000, digits % 1_000_000
        elif self.width == 6:
            days, clock = digits, digits
        good = np.ones(len(digits), dtype=bool)
        seconds = None
        if clock is not None:
            hour, minute, second = clock // 10000, clock // 100 % 100, clock % 100
            good &= (hour < 24) & (minute < 60) & (second < 60)
            seconds = (hour * 3600 + minute * 60 + second).astype("timedelta64[s]")
        if self.width == 6:
            assert seconds is not None
            values = seconds.astype("timedelta64[us]")
        else:
            year, month, day = days // 10000, days // 100 % 100, days % 100
            first = ((year - 1970) * 12 + (month - 1)).astype("datetime64[M]")
            dates = first.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
            good &= (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1)
            good &= dates.astype("datetime64[M]") == first
            values = dates.astype("datetime64[us]")
            if seconds is not None:
                values = values + seconds
        if not good.all():
            raise ParseError(texts[int((~good).argmax())])
        return values

    def text(self, value: Any, spelling: Spelling = INTEGER, sign: int = 0) -> str:
        if missing(value):
            return ""
        if isinstance(value, np.datetime64):
            value = value.astype("datetime64[us]").item()
        if isinstance(value, np.timedelta64):
            value = value.astype("timedelta64[us]").item()
        if isinstance(value, timedelta):
            value = datetime.min + value
        if not isinstance(value, date):
            raise TypeError(f"{self.name} needs a date or a time, got {type(value).__name__}")
        # strftime writes the year 987 as "987"
        year = f"{value.year:04d}"
        return value.strftime(self.form.replace("%Y", year))


# --- the set -------------------------------------------------------------------------------------

CODE = Text("CODE", "text", "", "stock code; keeps its zeros, is not all digits")
TEXT = Text("TEXT", "text", "", "text as it came")
FLAG = Flag("FLAG", "bool", "", "Y is True, N and blank are False")
LONG_DATE = Moment("LONG_DATE", "datetime64[us]", "day", "day and six zeros", 14, "%Y%m%d000000")
DATE = Moment("DATE", "datetime64[us]", "day", "day, no time zone", 8, "%Y%m%d", frozenset({"00000000"}))
TIME = Moment(
    "TIME", "timedelta64[us]", "time of day, KST", "time of day", 6, "%H%M%S", frozenset({"888888", "999999"})
)
NEVER = frozenset({"000000"})
TIME_OR_NONE = Moment(
    "TIME_OR_NONE", TIME.dtype, TIME.unit, "time of day; zeros mean none", 6, TIME.form, NEVER
)
TIMESTAMP = Moment(
    "TIMESTAMP", "datetime64[us]", "time, Asia/Seoul", "second of a day in Korea", 14, "%Y%m%d%H%M%S"
)

PRICE = Number("PRICE", "float64", "KRW", "price without a direction", magnitude=True)
DIRECTED_PRICE = Number(
    "DIRECTED_PRICE", "float64", "KRW", "price; its sign on the wire is a direction", directed=True
)
CHANGE = Number("CHANGE", "float64", "KRW", "change of a price, true sign")
MONEY = Number("MONEY", "float64", "KRW", "amount of money, true sign", saturates=True)
SHARES = Number("SHARES", "float64", "shares", "number of shares", saturates=True)
NET_SHARES = Number(
    "NET_SHARES", "float64", "shares", "net shares, true sign; the last sign counts", saturates=True
)
_SIDE = "bought or sold; a sign on the wire is the side"
GROSS_SHARES = Number("GROSS_SHARES", "float64", "shares", f"shares {_SIDE}", magnitude=True, saturates=True)
GROSS_MONEY = Number("GROSS_MONEY", "float64", "KRW", f"money {_SIDE}", magnitude=True, saturates=True)
AVERAGE = Number("AVERAGE", "float64", "KRW", "average price of trades", magnitude=True, cut=CUT_AVERAGES)
GRAMS = Number("GRAMS", "float64", "g", "grams of gold, true sign", saturates=True)
COUNT = Number("COUNT", "float64", "count", "a plain count", saturates=True)
PERCENT = Number("PERCENT", "float64", "%", "percent points, true sign", cut=CUT_RATES)
PROPORTION = Number(
    "PROPORTION",
    "float64",
    "%",
    "one number in percent of another; a sign on the wire is a colour",
    magnitude=True,
    cut=CUT_RATES,
)
RATIO = Number("RATIO", "float64", "times", "a multiple")
INDEX = Number(
    "INDEX", "float64", "points", "index points; its sign on the wire is a direction", directed=True
)

POINTS = Number("POINTS", "float64", "points", "change of an index, true sign")


def choice(name: str, meaning: str, words: Mapping[str, str]) -> Choice:
    """A kind whose wire codes stand for words."""
    return Choice(name, "text", "", meaning, words)


DIRECTION = Choice(
    "DIRECTION",
    "text",
    "",
    "where the price stands against the previous close",
    # 43 is the letter "+" as a number: index bars were sent with it
    {"1": "limit up", "2": "up", "3": "flat", "4": "limit down", "5": "down", "43": "up"},
    frozenset({"0"}),
)
# the sign each direction gives to a bare change
DIRECTION_SIGN = {"limit up": 1, "up": 1, "flat": 0, "limit down": -1, "down": -1}

KINDS: tuple[Kind, ...] = (
    CODE, TEXT, FLAG, DATE, LONG_DATE, TIME, TIME_OR_NONE, TIMESTAMP, PRICE, DIRECTED_PRICE, AVERAGE, CHANGE, MONEY,
    GROSS_MONEY, SHARES, NET_SHARES, GROSS_SHARES, GRAMS, COUNT, PERCENT, PROPORTION, RATIO, INDEX, POINTS, DIRECTION,
)  # fmt: skip
