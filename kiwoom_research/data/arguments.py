"""What the caller typed, checked before anything is sent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from ..frames import SEOUL
from .choices import FREQ_SPELLINGS

Codes = str | Iterable[str]
When = str | date | datetime | pd.Timestamp | np.datetime64 | None


PERIOD = re.compile(r"(\d+) ?(d|w|mo|y)", re.ASCII)
PERIODS = {"d": "days", "w": "weeks", "mo": "months", "y": "years"}
YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)|^\d{8}")
# six characters; nine of some rights and warrants of the stock list, such as J0036221D
CODE = re.compile(r"(?:\d[0-9A-Z]{5}|[A-Z]\d{7}[A-Z])(?:_NX|_AL)?")
VENUE_PREFIXES = {"KRX": "", "NXT": "_NX", "SOR": "_AL"}
# spellings of other programs: A005930 and Q530107, 005930.KS, the ISIN KR7005930003
PREFIXED = re.compile(r"[AQ](\d[0-9A-Z]{5})")
YAHOO = re.compile(r"(\d[0-9A-Z]{5})\.K[SQ]")
ISIN = re.compile(r"KR[7G](\d[0-9A-Z]{5})\d{3}")


def stock_code(code: object) -> str:
    """A stock code as Kiwoom writes it.

    Small letters, full-width digits and blanks around are understood, and the spellings of other programs:
    ``A005930``, ``Q530107``, ``KRX:005930``, ``NXT:005930_NX``, ``SOR:005930``, ``005930.KS``, ``247540.KQ`` and the ISIN
    ``KR7005930003``.

    Raises
    ------
    ValueError
        It is no text of six characters (and perhaps ``_NX`` or ``_AL``), or prefix and suffix name two venues.

    Examples
    --------
    >>> stock_code(" krx:005930_al"), stock_code("005930.KS"), stock_code("NXT:005930")
    ('005930_AL', '005930', '005930_NX')
    """
    if isinstance(code, (list, tuple, set, frozenset, np.ndarray, pd.Index, pd.Series)):
        raise ValueError(
            f"code: expected one code as text, got {len(code)} values; kr.pull takes several codes for bars, kr.get_quotes"
            " for quotes"
        )
    if not isinstance(code, str):
        hint = (
            f", such as {str(code).zfill(6)!r}"
            if isinstance(code, int) and not isinstance(code, bool)
            else ""
        )
        raise ValueError(f"code: expected text of six characters{hint}, got {code!r}")
    venue, _, plain = unicodedata.normalize("NFKC", code).strip().upper().rpartition(":")
    base, underscore, suffix = plain.partition("_")
    for spelling in (PREFIXED, YAHOO, ISIN):
        if found := spelling.fullmatch(base):
            base = found[1]
    ending = f"_{suffix}" if underscore else VENUE_PREFIXES.get(venue, "")
    agrees = not venue or (venue in VENUE_PREFIXES and (venue == "KRX" or ending == VENUE_PREFIXES[venue]))
    if not (agrees and plain.isascii() and CODE.fullmatch(base + ending)):
        raise ValueError(
            f"code: expected six characters such as '005930' (or '005930_NX', '005930_AL'), got {code!r}"
        )
    return base + ending


def stock_codes(codes: Codes) -> list[str]:
    """Codes in the order given, each once."""
    return list(dict.fromkeys(stock_code(code) for code in listed(codes)))


def listed(codes: Codes) -> list[object]:
    """What was given as codes, one by one and not checked; of a frame its index."""
    if isinstance(codes, str):
        return [codes]
    if isinstance(codes, (int, float, bytes, bytearray, memoryview)) or not isinstance(codes, Iterable):
        raise ValueError(f"codes: expected a code or several, got {codes!r}")
    found: list[object] = list(codes.index if isinstance(codes, pd.DataFrame) else codes)
    if not found:
        raise ValueError("codes: expected at least one")
    return found


def moment(value: When | int, name: str) -> pd.Timestamp | None:
    """A date or time as a naive Korean Timestamp; None stays None.

    Everything pandas reads that names its year with four digits, and ``20240102`` as text or as a number. A
    time with a zone is converted. A missing value (NaT, empty text) is an error: as "no limit" it would ask for
    something else than meant.
    """
    if value is None:
        return None
    if isinstance(value, (bool, float)):
        raise ValueError(f"{name}: expected a date such as '2024-01-02', got {value!r}")
    if isinstance(value, (int, np.integer)):
        value = str(value)
        if len(value) != 8:
            raise ValueError(f"{name}: expected a date such as '2024-01-02' or 20240102, got {value}")
    if isinstance(value, str):
        value = unicodedata.normalize("NFKC", value).strip()
        if not YEAR.search(value):  # "240102", "10:30" and "now" are other days than meant
            raise ValueError(f"{name}: expected a date such as '2024-01-02', got {value!r}")
    span = _span(value)
    try:
        stamp = pd.Timestamp(value) if span is None else span.start_time
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"{name}: expected a date such as '2024-01-02', got {value!r}") from None
    if pd.isna(stamp):
        raise ValueError(f"{name}: expected a date such as '2024-01-02', got {value!r}")
    if not 1900 <= stamp.year <= 2200:
        raise ValueError(f"{name}: the year of {value!r} is not between 1900 and 2200")
    if stamp.tzinfo is not None:
        stamp = stamp.tz_convert(SEOUL).tz_localize(None)
    return stamp


def _span(value: object) -> pd.Period | None:
    """The week, month, quarter or year that a value names without a day."""
    if isinstance(value, np.datetime64):
        value = str(value)
    if isinstance(value, str):
        try:
            value = pd.Period(unicodedata.normalize("NFKC", value).strip())
        except (ValueError, TypeError, OverflowError):
            return None
    if not isinstance(value, pd.Period):
        return None
    return value if value.freqstr[0] in "WMQY" else None


def window(start: When, end: When) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """Start and end; an end without a time is the end of its day, of its month, quarter or year."""
    first, last = moment(start, "start"), moment(end, "end")
    span = _span(end)
    if span is not None:
        last = span.end_time.floor("us")
    elif last is not None and last == last.normalize():
        last = last + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)
    if first is not None and last is not None and first > last:
        raise ValueError(f"start {start!r} is after end {end!r}")
    return first, last


def start_of(period: object, start: When, end: When, newest: date) -> When:
    """The start that a caller named, or the one that a period before the end means: ``1y``, ``6mo``, ``2w``, ``30d``.

    Without an end the period ends with the newest session.

    Raises
    ------
    ValueError
        A period that is none, or one beside a start.

    Examples
    --------
    >>> start_of("6mo", None, "2024-08-31", date(2026, 11, 20))
    Timestamp('2024-02-29 00:00:00')
    """
    if period is None:
        return start
    if start is not None:
        raise ValueError("start, period: give one of them")
    found = PERIOD.fullmatch(period) if isinstance(period, str) else None
    if not found or not 1 <= int(found[1]) <= 9_999:
        raise ValueError(
            f"period: expected a number with d, w, mo or y, such as '1y' or '6mo', got {period!r}"
        )
    last = moment(end, "end")
    day = pd.Timestamp(newest) if last is None else last.normalize()
    offset: dict[str, Any] = {PERIODS[found[2]]: int(found[1])}
    return day - pd.DateOffset(**offset)


def count(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name}: expected a positive integer, got {value!r}")
    return int(value)


def page_limit(pages: int | None) -> int | None:
    """A number of pages; None is no limit."""
    return None if pages is None else count(pages, "pages")


def frequency(value: object, allowed: Sequence[str]) -> str:
    """A frequency in its own spelling: ``5m`` is ``5min``, ``1h`` ``60min``, ``W`` ``1w``, ``ME`` ``1mo``.

    Raises
    ------
    ValueError
        It is not one of those allowed; ``m`` alone can be a minute or a month.

    Examples
    --------
    >>> frequency("1m", ("1min", "1mo")), frequency("1M", ("1min", "1mo"))
    ('1min', '1mo')
    """
    if isinstance(value, str) and value == "m":
        raise ValueError("freq: 'm' can be a minute or a month; type '1min' or '1mo'")
    plain = FREQ_SPELLINGS.get(value, value) if isinstance(value, str) else value
    if not isinstance(plain, str) or plain not in allowed:
        raise ValueError(f"freq: expected one of {', '.join(allowed)}, got {value!r}")
    return plain


def one_of(value: object, allowed: Sequence[object], name: str) -> None:
    # 1.0 and True are equal to 1, yet Kiwoom would be sent their text
    if not isinstance(value, (str, int, np.integer)) or isinstance(value, bool) or value not in allowed:
        raise ValueError(f"{name}: expected one of {', '.join(map(str, allowed))}, got {value!r}")
