"""Frames as people read them: ``show`` for one, ``pretty`` for all in a notebook, ``korean`` for Korean headings.

A frame stays what it is; these make a picture of it, or a copy with other names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any, Literal, get_args
from unicodedata import east_asian_width

import pandas as pd

from .endpoints import QUERIES

Language = Literal["en", "ko"]
GROUP = 8  # columns side by side
ARROWS = {1: "▲", -1: "▼", 0: ""}
CLASSES = {1: "kr-up", -1: "kr-down", 0: ""}
# Where the manual has several titles for a column, or none.
TITLES = {
    "close": "종가", "volume": "거래량", "value": "거래대금", "change_pct": "등락률", "change": "전일대비",
    "date": "일자", "time": "시각", "seq": "순번", "time_of_day": "시각", "code": "종목코드", "rank": "순위",
    "complete": "확정", "official_close": "정규장 종가", "official_close_source": "정규장 종가 출처", "venue": "거래소",
    "found": "조회됨", "individual_net": "개인 순매수", "foreign_net": "외국인 순매수", "institution_net": "기관 순매수",
    "individual_net_value": "개인 순매수금액", "foreign_net_value": "외국인 순매수금액",
    "institution_net_value": "기관 순매수금액", "nav_gap": "괴리율", "source": "출처",
}  # fmt: skip
UNITS = {"shares": "주", "KRW": "원", "points": "포인트", "count": "개", "g": "g"}
# The colours of Korean screens: red is up, blue is down. They follow Jupyter's theme, and the page's where there is none.
STYLE = """<style>
.kr-show { --kr-up: #c62828; --kr-down: #1565c0; --kr-line: rgba(128,128,128,.3); margin: .3em 0 1em; }
@media (prefers-color-scheme: dark) { .kr-show { --kr-up: #ff7b72; --kr-down: #79b8ff; } }
[data-jp-theme-light="true"] .kr-show { --kr-up: #c62828; --kr-down: #1565c0; }
[data-jp-theme-light="false"] .kr-show { --kr-up: #ff7b72; --kr-down: #79b8ff; }
.kr-show table { border-collapse: collapse; margin: .2em 0 .8em; font-variant-numeric: tabular-nums; }
.kr-show th, .kr-show td { padding: .2em .7em; white-space: nowrap; text-align: right; }
.kr-show th, .kr-show td { border-bottom: 1px solid var(--kr-line); }
.kr-show th { font-weight: 600; border-bottom-width: 2px; }
.kr-show th small { font-weight: 400; opacity: .7; display: block; }
.kr-show th.kr-label, .kr-show td.kr-label, .kr-show th.kr-text, .kr-show td.kr-text { text-align: left; }
.kr-show .kr-up { color: var(--kr-up); } .kr-show .kr-down { color: var(--kr-down); }
.kr-show caption { caption-side: bottom; text-align: left; opacity: .7; padding-top: .3em; }
</style>"""


@dataclass(frozen=True, eq=False)
class Shown:
    """A frame to look at: a notebook shows tables, a shell text."""

    frame: pd.DataFrame
    rows: int
    lang: Language

    def __repr__(self) -> str:
        return "\n\n".join(_text_table(table) for table in _tables(self)) + f"\n\n{_caption(self)}"

    def _repr_html_(self) -> str:
        tables = "".join(_html_table(table) for table in _tables(self))
        return f'{STYLE}<div class="kr-show">{tables}<div><small>{escape(_caption(self))}</small></div></div>'


def show(frame: pd.DataFrame, rows: int = 10, *, lang: Language = "en") -> Shown:
    """Show a frame so that it can be read: units, thousands, arrows for signs, the first and last rows.

    Signs are an arrow and a colour (red is up, as on Korean screens). Many columns come as several tables below one another;
    a single row comes as a list of its fields. The frame is not changed.

    Parameters
    ----------
    frame : pandas.DataFrame
        A frame of this package, or another one.
    rows : int
        At most so many rows, half of them the first and half the last.
    lang : {"en", "ko"}
        Our names, or the Korean titles of Kiwoom's manual.

    Returns
    -------
    Shown
        A notebook displays it, ``print`` writes text.

    Raises
    ------
    ValueError
        An argument that cannot be.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.show(kr.get_bars("005930", start="2026-11-19")[["close", "volume"]])
    date         close      volume
                   KRW      shares
    2026-11-19  97,800  11,532,548
    2026-11-20  97,500  22,092,363
    <BLANKLINE>
    2 rows, 2 columns
    """
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(f"frame: expected a DataFrame, got {type(frame).__name__}")
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 2:
        raise ValueError(f"rows: expected 2 or more, got {rows!r}")
    if lang not in get_args(Language):
        raise ValueError(f"lang: expected one of {', '.join(get_args(Language))}, got {lang!r}")
    return Shown(frame, rows, lang)


def korean(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with the Korean titles of Kiwoom's manual as headings, for files that are handed on.

    Sign columns keep their place as ``<title> 부호``; where two columns have one title, ours stands behind it.

    Parameters
    ----------
    frame : pandas.DataFrame
        A frame of this package. Columns that nobody knows keep their names.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    ValueError
        It is no frame.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> _ = kr.connect("sandbox")
    >>> kr.korean(kr.get_bars("005930"))[["시가", "종가", "거래량"]].index.name
    '일자'
    """
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(f"frame: expected a DataFrame, got {type(frame).__name__}")
    titles = [_title(str(name)) for name in frame.columns]
    several = Counter(titles)
    heads = [
        f"{title} ({name})" if several[title] > 1 and title != name else title
        for title, name in zip(titles, frame.columns, strict=True)
    ]
    copy = frame.set_axis(heads, axis=1)
    copy.index = frame.index.set_names([name and _title(str(name)) for name in frame.index.names])
    return copy


def pretty(on: bool = True, *, lang: Language = "en") -> None:
    """Let notebooks show the frames of this package as `show` does, until it is turned off.

    Other frames keep pandas' tables, and so does ``print``.

    Parameters
    ----------
    on : bool
        False turns it off.
    lang : {"en", "ko"}
        As in `show`.

    Returns
    -------
    None

    Raises
    ------
    ValueError
        A language that does not exist.
    RuntimeError
        Outside of a notebook or IPython.

    Examples
    --------
    >>> import kiwoom_research as kr
    >>> kr.pretty(lang="ko")  # doctest: +SKIP
    """
    if lang not in get_args(Language):
        raise ValueError(f"lang: expected one of {', '.join(get_args(Language))}, got {lang!r}")
    try:
        from IPython import get_ipython
    except ImportError:
        get_ipython = None
    shell = get_ipython() if get_ipython else None
    if shell is None:
        raise RuntimeError("pretty is for notebooks and IPython; kr.show(frame) works everywhere")
    formatter = shell.display_formatter.formatters["text/html"]
    formatter.for_type(pd.DataFrame, _formatter(lang) if on else _plain)


def _formatter(lang: Language) -> Any:
    def html(frame: pd.DataFrame) -> str | None:
        return Shown(frame, 10, lang)._repr_html_() if _is_ours(frame) else _plain(frame)

    return html


def _plain(frame: pd.DataFrame) -> str | None:
    made: str | None = getattr(frame, "_repr_html_")()  # noqa: B009, stubs do not have it
    return made


def _is_ours(frame: pd.DataFrame) -> bool:
    """Whether every column has a name of this package, and there is one."""
    names = {str(name).removesuffix("_sign") for name in frame.columns}
    return bool(names) and names <= {*_titles(), *TITLES}


# --- names -------------------------------------------------------------------------------------------


@cache
def _titles() -> dict[str, str]:
    """The commonest Korean title of every column."""
    found: dict[str, Counter[str]] = {}
    for call in QUERIES.values():
        for table in call.tables:
            for field in table.fields:
                found.setdefault(field.name, Counter())[field.title] += bool(field.title)
    return {name: titles.most_common(1)[0][0] for name, titles in found.items()} | TITLES


def _title(name: str) -> str:
    base = name.removesuffix("_sign")
    title = _titles().get(base, base)
    return f"{title} 부호" if base != name else title


# --- tables ------------------------------------------------------------------------------------------

Cell = tuple[str, int]  # text and sign


@dataclass(frozen=True)
class _Table:
    """Heads with units, whether a column is text, and rows; the first ``labels`` columns are the index."""

    heads: list[tuple[str, str]]
    text: list[bool]
    rows: list[list[Cell]]
    labels: int


def _tables(shown: Shown) -> Iterator[_Table]:
    """The tables of a frame: its fields below one another for one row, else groups of columns."""
    frame = shown.frame
    names = [name for name in frame.columns if not _is_sign(frame, str(name))]
    heads = [(_head(shown, str(name)), _unit(shown, str(name))) for name in names]
    labels = [_head(shown, str(name)) if name else "" for name in frame.index.names]
    if len(frame) == 1:
        cells = [_cells(frame, str(name), shown.lang)[0] for name in names]
        only = [_label(frame.index.get_level_values(level)[0]) for level in range(frame.index.nlevels)]
        index = [[(label, 0), ("", 0), (text, 0)] for label, text in zip(labels, only, strict=True)]
        rows = [[(head, 0), (unit, 0), cell] for (head, unit), cell in zip(heads, cells, strict=True)]
        yield _Table([("", ""), ("", ""), ("", "")], [True, True, False], [*index, *rows], 1)
        return
    picked = _picked(len(frame), shown.rows)
    part = frame.iloc[[at for at in picked if at is not None]]
    levels = [part.index.get_level_values(level) for level in range(part.index.nlevels)]
    index_cells = [[(_label(value), 0) for value in level] for level in levels]
    for first in range(0, max(len(names), 1), GROUP):
        group = names[first : first + GROUP]
        columns = [*index_cells, *(_cells(part, str(name), shown.lang) for name in group)]
        rows = [list(row) for row in zip(*columns, strict=True)]
        if None in picked:
            rows.insert(picked.index(None), [("…", 0)] * len(columns))
        text = [True] * len(labels) + [_is_text(frame[name]) for name in group]
        yield _Table(
            [*((label, "") for label in labels), *heads[first : first + GROUP]], text, rows, len(labels)
        )


def _is_sign(frame: pd.DataFrame, name: str) -> bool:
    return name.endswith("_sign") and name.removesuffix("_sign") in frame


def _head(shown: Shown, name: str) -> str:
    return _title(name) if shown.lang == "ko" else name


def _unit(shown: Shown, name: str) -> str:
    unit = str(shown.frame.attrs.get("units", {}).get(name, ""))
    return UNITS.get(unit, unit) if shown.lang == "ko" else unit


def _picked(size: int, rows: int) -> list[int | None]:
    """The rows to show; None stands for those left out."""
    if size <= rows:
        return list(range(size))
    head = (rows + 1) // 2
    return [*range(head), None, *range(size - rows + head, size)]


def _label(value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        day = value == value.normalize()
        return (
            f"{value:%Y-%m-%d}"
            if day
            else f"{value:%Y-%m-%d %H:%M}" + (f":{value:%S}" if value.second else "")
        )
    return str(value)


def _is_text(column: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype))


def _cells(frame: pd.DataFrame, name: str, lang: Language) -> list[Cell]:
    """A column as texts with signs."""
    column = frame[name]
    if pd.api.types.is_bool_dtype(column.dtype):
        words = ("예", "아니오") if lang == "ko" else ("yes", "no")
        return [(words[0] if value else words[1], 0) for value in column]
    if not pd.api.types.is_numeric_dtype(column.dtype):
        return [("–" if pd.isna(value) else _clock(value), 0) for value in column]
    known = column.dropna()
    decimals = next((n for n in (0, 2, 4) if (known.round(n) == known).all()), 6)
    signs: Sequence[Any] = frame[f"{name}_sign"].tolist() if f"{name}_sign" in frame else [0] * len(frame)
    moves = name.endswith(("change", "change_pct", "_net", "_net_value", "return"))
    cells = []
    for value, mark in zip(column, signs, strict=True):
        if pd.isna(value):
            cells.append(("–", 0))
        elif moves:
            cells.append(
                (
                    f"{value:+,.{decimals}f}" if value else f"{value:,.{decimals}f}",
                    int(value > 0) - int(value < 0),
                )
            )
        else:
            arrow = ARROWS[int(mark)]
            cells.append((f"{arrow} {value:,.{decimals}f}".strip(), int(mark)))
    return cells


def _clock(value: Any) -> str:
    """Text; a time of day without its days."""
    return str(value).removeprefix("0 days ") if isinstance(value, pd.Timedelta) else _label(value)


def _caption(shown: Shown) -> str:
    size, columns = len(shown.frame), len(shown.frame.columns)
    return f"{size:,}행 · {columns}열" if shown.lang == "ko" else f"{size:,} rows, {columns} columns"


def _html_table(table: _Table) -> str:
    def tag(kind: str, at: int, content: str, extra: str = "") -> str:
        of_label = "kr-label" if at < table.labels else "kr-text" if table.text[at] else ""
        names = " ".join(filter(None, (of_label, extra)))
        return f'<{kind} class="{names}">{content}</{kind}>' if names else f"<{kind}>{content}</{kind}>"

    heads = [
        tag("th", at, f"{escape(name)}<small>{escape(unit)}</small>")
        for at, (name, unit) in enumerate(table.heads)
    ]
    rows = [
        "<tr>"
        + "".join(tag("td", at, escape(text), CLASSES[sign]) for at, (text, sign) in enumerate(row))
        + "</tr>"
        for row in table.rows
    ]
    head = f"<thead><tr>{''.join(heads)}</tr></thead>" if any(name for name, _ in table.heads) else ""
    return f"<table>{head}<tbody>{''.join(rows)}</tbody></table>"


def _text_table(table: _Table) -> str:
    lines = [[text for text, _ in row] for row in table.rows]
    if any(name for name, _ in table.heads):
        units = [unit for _, unit in table.heads]
        lines = [[name for name, _ in table.heads], *([units] if any(units) else []), *lines]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]

    def padded(text: str, at: int) -> str:
        blank = " " * (widths[at] - _width(text))
        return text + blank if table.text[at] else blank + text

    return "\n".join("  ".join(padded(text, at) for at, text in enumerate(line)).rstrip() for line in lines)


def _width(text: str) -> int:
    """Columns of a terminal that a text takes; Hangul takes two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
