"""The value kinds: what Kiwoom's texts mean, in both directions."""

import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from kiwoom_research.endpoints import Field
from kiwoom_research.kinds import (  # fmt: skip
    AVERAGE,
    CHANGE,
    CODE,
    COUNT,
    DATE,
    DIRECTED_PRICE,
    DIRECTION,
    DIRECTION_SIGN,
    FLAG,
    GRAMS,
    GROSS_MONEY,
    GROSS_SHARES,
    INDEX,
    KINDS,
    LONG_DATE,
    MONEY,
    NET_SHARES,
    PERCENT,
    PRICE,
    PROPORTION,
    RATIO,
    SHARES,
    TEXT,
    TIME,
    TIME_OR_NONE,
    TIMESTAMP,
    Choice,
    Kind,
    Number,
    ParseError,
    Spelling,
)

NUMBERS = [kind for kind in KINDS if isinstance(kind, Number)]
CHOICES = [kind for kind in KINDS if isinstance(kind, Choice)]
TIMES = [DATE, LONG_DATE, TIME, TIME_OR_NONE, TIMESTAMP]
TEXTS = [CODE, TEXT]
SATURATING = [MONEY, GROSS_MONEY, SHARES, NET_SHARES, GROSS_SHARES, GRAMS, COUNT]
SATURATED = ("4294967295", "2147483647")
by_name = {"ids": lambda kind: kind.name}


def one(kind: Kind, text: Any) -> Any:
    """The value of one text."""
    column = kind.column([text])
    assert len(column) == 1
    return column[0]


def is_missing(value: Any) -> bool:
    """Whether a value is NaN or NaT."""
    return bool(value != value)


def meaning(text: str) -> float | None:
    """What a text means as a number by protocol.md 6; None when it is none. Written without the package."""
    text = text.strip()
    if not text:
        return math.nan
    sign = ""
    for _ in range(2):  # a colour and a sign; the last one counts
        if text[:1] in ("+", "-"):
            sign, text = text[0], text[1:]
    whole, dot, decimals = text.partition(".")
    groups = whole.split(",")
    if len(groups) > 1 and not (1 <= len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])):
        return None
    if not all(groups) or set("".join(groups) + decimals) - set("0123456789"):
        return None
    value = float(Decimal("".join(groups) + dot + decimals))
    return -value if sign == "-" else value


# --- written by hand -----------------------------------------------------------------------------

NUMBER_CASES = [
    ("", math.nan), (" ", math.nan), ("0", 0), ("-0", 0), ("+0", 0), ("--0", 0), ("0.00", 0),
    ("-0.00", 0), ("714", 714), ("+714", 714), ("-714", -714), ("--714", -714), ("+-5", -5),
    ("-+5", 5), ("++5", 5), ("000007913", 7_913), ("-000007913", -7_913),
    ("0000000086375184", 86_375_184), ("00000267", 267), ("1,234", 1_234), ("-1,234", -1_234),
    ("--1,234", -1_234), ("12,345,678", 12_345_678), ("1,234.50", 1_234.5), (" 12 ", 12),
    ("12\n", 12), ("+2.34", 2.34), ("-22.07", -22.07), ("2.0", 2),
    ("5312819.000000", 5_312_819), ("341878475645200", 341_878_475_645_200),
    ("2147483648", 2_147_483_648), ("4294967296", 4_294_967_296),
]  # fmt: skip

NO_NUMBERS = [
    "1e5", "1E5", "nan", "NaN", "inf", "-inf", "Infinity", "1_000", "1,23", "12,34",
    "1234,567", ",123", "1,,234", "1,234,56", "---5", "+", "-", "--", ".", "-.",
    ",", "1.2.3", "1-2", "5-", "5+", "- 5", "1 2", "0x10", "1.5e3", "１２３", "٣٤", "१२", "²",
    "½", "Ⅻ", "−5", "10%", "원", "1,234원", "null", "None", "N", "\x00", "12\x00", "\ud800",
    "1a", "9" * 400,
]  # fmt: skip

NO_DATES = [
    "2026-11-20", "20261301", "20260230", "20261100", "20250229", "2026112", "202611200",
    "20261120 1", "2026112a", "２０２６１１２０", "+2026112", "-2026112", "2_261120",
    "00001120", "12345678", "nan", "NaT", "today",
]  # fmt: skip
NO_TIMES = [
    "240000", "236000", "235960", "9000", "090", "09:00:00", "０９００００", "+90000",
    "9_0000", "NaT", "999998",
]  # fmt: skip
NO_STAMPS = [
    "20261120", "20261120240000", "20261120236000", "20261120090060", "20260230090000",
    "2026112009000", "2026-11-20 09:00", "２０２６１１２００９００００", "20261120T90000",
    "202611200900000",
]  # fmt: skip


@pytest.mark.parametrize("kind", NUMBERS, **by_name)
@pytest.mark.parametrize(("text", "value"), NUMBER_CASES)
def test_number_cases(kind: Number, text: str, value: float) -> None:
    """Blank is missing, "0" and "-0" are zero, padding and separators parse, the last sign is the value."""
    if kind.magnitude:  # a sign on the wire is a colour
        value = abs(value)
    got = one(kind, text)
    assert got == value or (math.isnan(got) and math.isnan(value))
    assert not (got == 0 and np.signbit(got)), "no negative zero"


@pytest.mark.parametrize("kind", NUMBERS, **by_name)
@pytest.mark.parametrize("text", NO_NUMBERS)
def test_no_numbers(kind: Number, text: str) -> None:
    """What Python reads as a number but Kiwoom does not write, and plain garbage, raises ParseError."""
    with pytest.raises(ParseError):
        kind.column([text])


@pytest.mark.parametrize("kind", KINDS, **by_name)
@pytest.mark.parametrize("odd", [None, 5, 5.0, 0, True, b"5", ["5"], math.nan, Decimal(5)], ids=repr)
def test_what_is_no_text(kind: Kind, odd: Any) -> None:
    """JSON null, numbers and booleans in place of a text raise ParseError, alone and among texts."""
    good = {"text": "", "float64": "1", "bool": "Y"}.get(kind.dtype, "")
    for texts in ([odd], [good, odd], [odd, good], [good, odd, good]):
        with pytest.raises(ParseError):
            kind.column(texts)


@pytest.mark.parametrize("kind", SATURATING, **by_name)
@pytest.mark.parametrize(
    "text", [*SATURATED, *(f"-{t}" for t in SATURATED), "4,294,967,295", "0004294967295"]
)
def test_saturated_is_missing(kind: Number, text: str) -> None:
    """The ends of uint32 and int32 mean "too large to say", among other values too."""
    column = kind.column(["1", text, "4294967294"])
    assert is_missing(column[1])
    assert column[[0, 2]].tolist() == [1, 4_294_967_294]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (DATE, "20261120", "2026-11-20"),
        (DATE, "19560303", "1956-03-03"),
        (DATE, "20240229", "2024-02-29"),
        (DATE, "99991231", "9999-12-31"),
        (DATE, " 20261120 ", "2026-11-20"),
        (DATE, "", "NaT"),
        (DATE, "00000000", "NaT"),
        (TIMESTAMP, "20261120153000", "2026-11-20T15:30:00"),
        (TIMESTAMP, "20261120000000", "2026-11-20T00:00:00"),
        (TIMESTAMP, "19880508003000", "1988-05-08T00:30:00"),
        (TIMESTAMP, "", "NaT"),
    ],
)
def test_date_cases(kind: Kind, text: str, value: str) -> None:
    """Days and seconds; blank and eight zeros are no date."""
    column = kind.column([text])
    assert column.dtype == "datetime64[us]"
    np.testing.assert_array_equal(column, np.array([value], dtype="datetime64[us]"))


@pytest.mark.parametrize(
    ("text", "value"),
    [("155950", timedelta(hours=15, minutes=59, seconds=50)), ("000000", timedelta(0)), ("", None),
     ("888888", None), ("999999", None), ("085959", timedelta(hours=8, minutes=59, seconds=59))],
)  # fmt: skip
def test_time_cases(text: str, value: timedelta | None) -> None:
    """Times of day; blank and the sentinels after the close are none."""
    column = TIME.column([text])
    assert column.dtype == "timedelta64[us]"
    assert is_missing(column[0]) if value is None else column[0] == np.timedelta64(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *((DATE, text) for text in NO_DATES),
        *((TIME, text) for text in NO_TIMES),
        *((TIMESTAMP, t) for t in NO_STAMPS),
    ],
)
def test_no_dates(kind: Kind, text: str) -> None:
    """What no calendar or clock shows raises ParseError, also beside good ones."""
    for texts in ([text], ["", text]):
        with pytest.raises(ParseError):
            kind.column(texts)


@pytest.mark.parametrize(
    ("text", "word", "sign"),
    [("1", "limit up", 1), ("2", "up", 1), ("3", "flat", 0), ("4", "limit down", -1), ("5", "down", -1)],
)
def test_direction_cases(text: str, word: str, sign: int) -> None:
    """The five sign codes (protocol.md 6.7)."""
    assert one(DIRECTION, text) == word
    assert DIRECTION_SIGN[word] == sign
    assert DIRECTION.text(word) == text


@pytest.mark.parametrize("text", ["6", "12", "up", "+", "02", "５"])
def test_no_directions(text: str) -> None:
    """Any other code raises ParseError."""
    with pytest.raises(ParseError):
        DIRECTION.column(["2", text])


def test_flag_cases() -> None:
    """Y is True, N and blank are False, nothing else is a flag."""
    assert FLAG.column(["Y", "N", ""]).tolist() == [True, False, False]
    for text in ("y", "n", "1", "0", "YES", "Ｙ"):
        with pytest.raises(ParseError):
            FLAG.column([text])


@pytest.mark.parametrize("text", ["005930", "000050", "0000J0", "00104K", "005930_NX", "005930_AL"])
def test_codes_stay_as_they_are(text: str) -> None:
    """Codes keep their zeros and letters in both directions."""
    assert one(CODE, text) == CODE.text(text) == text


@pytest.mark.parametrize(
    ("kind", "value", "sign", "text"),
    [
        (DIRECTED_PRICE, 34_950.0, 1, "+34950"), (DIRECTED_PRICE, 33_050.0, -1, "-33050"),
        (DIRECTED_PRICE, 267.0, 0, "267"), (DIRECTED_PRICE, 0.0, 0, "0"), (PRICE, 34_150.0, 0, "34150"),
        (CHANGE, 800.0, 0, "+800"), (CHANGE, -28_500.0, 0, "-28500"), (CHANGE, 0.0, 0, "0"),
        (PERCENT, 2.34, 0, "+2.34"), (PERCENT, -22.07, 0, "-22.07"), (PERCENT, 0.0, 0, "0.00"),
        (PERCENT, 0.001, 0, "0.00"), (PERCENT, -0.001, 0, "0.00"), (RATIO, 31.98, 0, "31.98"),
        (NET_SHARES, -714.0, 0, "-714"), (SHARES, 2_837_598.0, 0, "2837598"),
        (MONEY, 29_911.0, 0, "29911"), (COUNT, 12.0, 0, "12"),
        (INDEX, 4_120.55, 1, "+4120.55"), (DATE, date(2026, 11, 20), 0, "20261120"),
        (TIMESTAMP, datetime(2026, 11, 20, 15, 30), 0, "20261120153000"),
        (TIME, timedelta(hours=15, minutes=59, seconds=50), 0, "155950"), (FLAG, True, 0, "Y"),
        (FLAG, False, 0, "N"),
    ],
)  # fmt: skip
def test_as_the_server_writes_it(kind: Kind, value: Any, sign: int, text: str) -> None:
    """A value is written the way the recordings show."""
    assert Field("raw", "name", kind).text(value, sign) == text


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        (Field("cntr_str", "strength", PERCENT, wire=Spelling(decimals=2)), 123.72, "123.72"),
        (Field("roe", "roe", PERCENT, wire=Spelling(decimals=1)), 75.7, "75.7"),
        (Field("flu_rt", "change_pct", PERCENT, scale=0.01), 0.38, "+38"),
        (Field("flu_rt", "change_pct", PERCENT, scale=0.01), -3.2, "-320"),
        (Field("cur_prc", "close", INDEX, scale=0.01), 6894.23, "689423"),
        (Field("delta", "delta", RATIO, scale=0.000_001), 0.282426, "282426"),
        (Field("listCount", "shares", SHARES, wire=Spelling(width=16)), 7_913, "0000000000007913"),
        (Field("flo_stk", "shares", SHARES, scale=1_000), 85_581_000, "85581"),
    ],
)
def test_as_a_field_spells_it(field: Field, value: float, text: str) -> None:
    """The spelling belongs to the field: decimals, padding, and integers that count hundredths."""
    assert field.text(value) == text
    assert one(field.kind, text) * field.scale == pytest.approx(value)


@pytest.mark.parametrize("kind", KINDS, **by_name)
@pytest.mark.parametrize("value", [None, math.nan, np.datetime64("NaT")], ids=["None", "nan", "NaT"])
def test_missing_comes_back_missing(kind: Kind, value: Any) -> None:
    """Missing is written so that it is read as missing; a flag knows only True and False."""
    got = one(kind, kind.text(value))
    assert not got if kind is FLAG else is_missing(got)


@pytest.mark.parametrize("kind", KINDS, **by_name)
def test_dtype_does_not_depend_on_content(kind: Kind) -> None:
    """No rows, blank rows and full rows have the kind's dtype."""
    samples = {"float64": "1", "bool": "Y", "text": "2"}
    full = samples.get(kind.dtype) or {8: "20261120", 14: "20261120090000", 6: "090000"}[kind.width]
    want = object if kind.dtype == "text" else np.dtype(kind.dtype)
    for texts in ([], [""], ["", ""], [full], [full, ""], ["", full]):
        column = kind.column(texts)
        assert (column.dtype, len(column)) == (want, len(texts))


def undecided(text: str) -> bool:
    """Whether a text is like ``.5``, which nobody recorded: readable or not, but always the same."""
    return re.fullmatch(r"[+-]{0,2}\.[0-9]+", text.strip()) is not None


# --- properties ----------------------------------------------------------------------------------

number_like = st.text(alphabet="0123456789+-.,", max_size=14)
digits = st.text(alphabet="0123456789", min_size=1, max_size=15)
whole = st.integers(-(10**15), 10**15).map(float)
finite = st.floats(-1e12, 1e12, allow_nan=False)


def read(kind: Number, text: str) -> float | None:
    """The number of one text; None if ParseError. Anything else that is raised fails the test."""
    try:
        return float(one(kind, text))
    except ParseError:
        return None


def same(a: float | None, b: float | None) -> bool:
    """Equal, or both missing."""
    return a == b or (a is not None and b is not None and math.isnan(a) and math.isnan(b))


@given(kind=st.sampled_from(NUMBERS), value=finite)
@example(kind=PERCENT, value=-0.004)
@example(kind=CHANGE, value=-0.4)
def test_number_round_trip(kind: Number, value: float) -> None:
    """Encode then decode gives a number within the wire's digits, and keeps its sign."""
    field = Field("raw", "name", kind)
    if kind.directed or kind.magnitude:
        value = abs(value)
    got = one(kind, field.text(value))
    assume(not (kind in SATURATING and f"{abs(value):.0f}" in SATURATED))
    assume(not any(abs(abs(value) - end) < 1 for end in kind.cut))
    assert got == pytest.approx(value, abs=0.5 * 10.0**-field.spelling.decimals * (1 + 1e-9), rel=1e-12)


@given(kind=st.sampled_from(NUMBERS), value=whole)
def test_whole_numbers_round_trip_exactly(kind: Number, value: float) -> None:
    """Whole numbers survive exactly; only the saturated ones do not come back."""
    if kind.directed or kind.magnitude:
        value = abs(value)
    got = one(kind, kind.text(value))
    if kind in SATURATING and f"{abs(value):.0f}" in SATURATED:
        assert math.isnan(got)
    else:
        assert got == value


@given(
    kind=st.sampled_from([DIRECTED_PRICE, INDEX]),
    value=st.integers(1, 10**9),
    sign=st.sampled_from([-1, 0, 1]),
)
def test_marker_is_a_colour(kind: Number, value: int, sign: int) -> None:
    """A marked price is a magnitude with a mark in front: the mark and the magnitude both survive."""
    text = kind.text(float(value), sign=sign)
    mark = {1: "+", -1: "-", 0: ""}[sign]
    assert text.startswith(mark)
    assert text.removeprefix(mark)[0].isdigit()
    assert abs(one(kind, text)) == value


@given(kind=st.sampled_from(NUMBERS), text=number_like)
@example(kind=SHARES, text="1,234")
@example(kind=SHARES, text="--714")
@example(kind=SHARES, text="5.")
def test_number_or_unreadable(kind: Number, text: str) -> None:
    """A text of digits, signs, points and commas is what protocol.md says it is, or ParseError."""
    assume(not undecided(text))
    want = meaning(text)
    got = read(kind, text)
    if want is not None and kind in SATURATING and abs(want) in (4294967295.0, 2147483647.0):
        want = math.nan
    if want is not None and kind.magnitude:
        want = abs(want)
    assert same(got, want), f"{kind.name}: {text!r} read as {got}, means {want}"


@given(kind=st.sampled_from(NUMBERS), text=st.text(max_size=12))
def test_garbage_is_no_number(kind: Number, text: str) -> None:
    """Any text at all is a number by protocol.md or ParseError, never something else."""
    assume(not undecided(text))
    want = meaning(text)
    got = read(kind, text)
    assert (got is None) == (want is None), f"{kind.name}: {text!r} read as {got}"


@given(kind=st.sampled_from(NUMBERS), texts=st.lists(number_like, max_size=6))
@example(kind=SHARES, texts=["", ".5"])
@example(kind=SHARES, texts=["--1", "5."])
def test_neighbours_do_not_matter(kind: Number, texts: list[str]) -> None:
    """A column reads each text as if it were alone: one odd neighbour changes nothing."""
    alone = [read(kind, text) for text in texts]
    if None in alone:
        with pytest.raises(ParseError):
            kind.column(texts)
    else:
        assert all(map(same, kind.column(texts).tolist(), alone))


@given(kind=st.sampled_from(NUMBERS), zeros=st.integers(0, 12), text=digits)
def test_padding_does_not_matter(kind: Number, zeros: int, text: str) -> None:
    """Zeros and blanks in front and blanks behind leave a number as it is."""
    assert same(read(kind, f" {'0' * zeros}{text} "), read(kind, text))


@given(kind=st.sampled_from(NUMBERS), value=st.integers(0, 10**13))
def test_thousands_separators_do_not_matter(kind: Number, value: int) -> None:
    """The separated number is the plain one."""
    assert same(read(kind, f"{value:,}"), read(kind, str(value)))


@given(text=st.text(max_size=12), value=st.sampled_from(["5", "1,234", "0.5"]), at=st.integers(0, 5))
def test_unreadable_names_the_text(text: str, value: str, at: int) -> None:
    """ParseError carries the text that could not be read, wherever it stands."""
    assume(meaning(text) is None and read(SHARES, text) is None)
    texts = [value] * 6
    texts[at] = text
    with pytest.raises(ParseError) as caught:
        SHARES.column(texts)
    assert str(caught.value.text).strip() == text.strip()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (PERCENT, "-21474836.00"),
        (PERCENT, "21474836.47"),
        (PROPORTION, "+21474836.48"),
        (AVERAGE, "-2147483"),
        (TIME_OR_NONE, "000000"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_what_was_cut_to_32_bits_is_missing(kind: Kind, text: str) -> None:
    """Numbers with decimals that the server cut, and a time that is none."""
    assert is_missing(one(kind, text))


def test_a_sale_has_a_minus_and_some_negatives_have_two() -> None:
    """Spellings of the wire that say no more than the value."""
    sold = Field("raw", "name", GROSS_SHARES, wire=Spelling(side=True))
    net = Field("raw", "name", NET_SHARES, wire=Spelling(plus=True, doubled=True))
    assert (sold.text(714), sold.text(0), one(GROSS_SHARES, "-714")) == ("-714", "0", 714)
    assert [net.text(value) for value in (-714, 0, 714)] == ["--714", "0", "+714"]
    assert one(LONG_DATE, "20261120000000") == np.datetime64("2026-11-20")
    assert LONG_DATE.text(date(2026, 11, 20)) == "20261120000000"


days = st.dates(date(1900, 1, 1), date(9999, 12, 31))
seconds = st.builds(datetime.combine, days, st.times().map(lambda t: t.replace(microsecond=0)))


@given(values=st.lists(days, max_size=5))
def test_day_round_trip(values: list[date]) -> None:
    """Encode then decode gives the day, from a date and from what the column holds."""
    column = DATE.column([DATE.text(value) for value in values])
    np.testing.assert_array_equal(column, np.array(values, dtype="datetime64[us]"))
    assert [DATE.text(value) for value in column] == [DATE.text(value) for value in values]


@given(values=st.lists(seconds, max_size=5))
def test_stamp_round_trip(values: list[datetime]) -> None:
    """Encode then decode gives the second."""
    column = TIMESTAMP.column([TIMESTAMP.text(value) for value in values])
    np.testing.assert_array_equal(column, np.array(values, dtype="datetime64[us]"))
    assert [TIMESTAMP.text(value) for value in column] == [TIMESTAMP.text(value) for value in values]


@given(values=st.lists(st.integers(0, 86_399), max_size=5))
def test_time_round_trip(values: list[int]) -> None:
    """Encode then decode gives the time of day."""
    column = TIME.column([TIME.text(timedelta(seconds=value)) for value in values])
    np.testing.assert_array_equal(column, np.array(values, dtype="timedelta64[s]").astype("timedelta64[us]"))
    assert [TIME.text(value) for value in column] == [TIME.text(timedelta(seconds=value)) for value in values]


@given(
    kind=st.sampled_from(TIMES), text=st.text(max_size=16) | st.text(alphabet="0123456789 +-_", max_size=15)
)
@example(kind=DATE, text="20260230")
@example(kind=TIMESTAMP, text="00000000000000")
def test_garbage_is_no_time(kind: Kind, text: str) -> None:
    """A text is exactly what Python's own parser makes of its digits, a sentinel, or ParseError."""
    plain = text.strip()
    sentinels = {"DATE": {"00000000"}, "TIME": {"888888", "999999"}, "TIME_OR_NONE": {"000000"}}
    blanks = {"", *sentinels.get(kind.name, set())}
    width = {"DATE": 8, "TIME": 6, "TIME_OR_NONE": 6}.get(kind.name, 14)
    form = {8: "%Y%m%d", 6: "%H%M%S", 14: "%Y%m%d%H%M%S"}[width]
    want: datetime | None = None
    if re.fullmatch(rf"[0-9]{{{width}}}", plain) and plain not in blanks:
        # strptime allows a leap second, which no market clock shows
        try:
            want = datetime.strptime(plain, form) if width == 8 or plain[-2:] < "60" else None
        except ValueError:
            want = None
    if plain in blanks:
        assert is_missing(one(kind, text))
    elif want is None:
        with pytest.raises(ParseError):
            kind.column([text])
    elif kind is TIME:
        assert one(kind, text) == np.timedelta64(want - datetime.combine(want.date(), time.min))
    else:
        assert one(kind, text) == np.datetime64(want)


@given(
    kind=st.sampled_from(TEXTS),
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(str.strip),
)
def test_text_round_trip(kind: Kind, text: str) -> None:
    """Text comes back as it was; blank is missing."""
    got = one(kind, kind.text(text))
    assert got == text if text else is_missing(got)


@given(kind=st.sampled_from(CHOICES), data=st.data())
def test_choice_round_trip(kind: Choice, data: st.DataObject) -> None:
    """A word comes back as that word, a code as its word."""
    code, word = data.draw(st.sampled_from(sorted(kind.words.items())))
    assert one(kind, kind.text(word)) == word == one(kind, kind.text(code)) == one(kind, code)


@given(kind=st.sampled_from(CHOICES), text=st.text(max_size=6))
def test_garbage_is_no_choice(kind: Choice, text: str) -> None:
    """Only the codes of a choice are read; its words and anything else raise ParseError."""
    assume(text.strip() and text.strip() not in {*kind.words, *kind.blanks})
    with pytest.raises(ParseError):
        kind.column([text])


@given(text=st.text(max_size=6))
def test_garbage_is_no_flag(text: str) -> None:
    """Only Y, N and blank are flags."""
    assume(text.strip() not in ("Y", "N", ""))
    with pytest.raises(ParseError):
        FLAG.column([text])


@given(value=st.booleans())
def test_flag_round_trip(value: bool) -> None:
    """Encode then decode gives the flag."""
    assert bool(one(FLAG, FLAG.text(value))) is value


def test_every_kind_is_covered() -> None:
    """Each kind of the closed set takes part in the properties above."""
    assert set(KINDS) == {*NUMBERS, *CHOICES, *TIMES, *TEXTS, FLAG}
    assert len({kind.name for kind in KINDS}) == len(KINDS)
