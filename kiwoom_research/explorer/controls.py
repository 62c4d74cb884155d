"""Renders the controls of the explorer: action buttons, chart toolbar, tabs, and the help on keyboard shortcuts."""

from __future__ import annotations

from html import escape

from .chart_request import CHOICES, FREQS, INDEX_FREQS, KINDS, STYLES, SWITCHES, ChartRequest
from .html import button, tag
from .instruments import is_index

TABS = {
    "chart": "차트",
    "table": "표",
    "flows": "수급",
    "info": "정보",
    "code": "코드",
}
STOCK_TABS = frozenset({"flows", "info"})
"""Tabs that indices do not have."""

FREQ_KEYS = {"tick": "t", "1min": "n", "1d": "d", "1w": "w", "1mo": "m", "1y": "y"}
REFRESH_CHOICES = {"수동": 0, "5초": 5, "30초": 30}
THEMES = {"auto": "◐", "light": "☀", "dark": "☾"}
THEME_NAMES = {"auto": "페이지를 따름", "light": "밝게", "dark": "어둡게"}

SHORTCUTS = {
    "/": "종목 검색",
    "↑ ↓ Enter Esc": "검색 결과에서 고르기, 닫기",
    "1 2 3 4 5": "탭: " + " · ".join(TABS.values()),
    "t n d w m y": "틱 · 1분 · 일 · 주 · 월 · 년",
    "j k": "관심 종목의 다음, 이전",
    "s": "관심 종목에 넣기, 빼기",
    "r": "새로고침",
    "a": "자동 새로고침 바꾸기",
    "x": "어둡게, 밝게",
    "?": "이 도움말",
    "Esc": "기다리던 요청 취소, 도움말 닫기",
}


def render_actions(code: str, watched: bool, theme: str, refresh_seconds: float, badge: str) -> str:
    """Render the buttons beside the search box and the badge about origin and age."""
    star = button(
        "★ 관심" if watched else "☆ 관심", "star", "관심 목록에 넣거나 뺍니다", data_key="s", class_="kr-star",
        aria_pressed=str(watched).lower(), aria_disabled="true" if not code or is_index(code) else None,
    )  # fmt: skip
    again = button(
        "새로고침", "refresh", "저장된 값을 쓰지 않고 서버에 다시 묻습니다", data_key="r", class_="kr-refresh"
    )
    following = {"auto": "light", "light": "dark", "dark": "auto"}[theme]
    look = button(
        THEMES[theme],
        "theme",
        f"화면: {THEME_NAMES[theme]}",
        data_key="x",
        data_value=following,
        class_="kr-theme",
    )
    steps = [*REFRESH_CHOICES.values()]
    now = steps.index(int(refresh_seconds)) if refresh_seconds in steps else 0
    cycle = button(
        f"⟳ {list(REFRESH_CHOICES)[now]}", "auto", "장중 자동 새로고침 간격을 바꿉니다", data_key="a",
        data_value=steps[(now + 1) % len(steps)], class_="kr-auto", aria_pressed=str(now > 0).lower(),
    )  # fmt: skip
    aid = button("?", "help", "단축키", data_key="?", class_="kr-help-button")
    return star + again + cycle + look + aid + tag("span", badge, class_="kr-badge")


def render_toolbar(request: ChartRequest) -> str:
    """Render the choice of interval, period, indicators, style and comparison."""
    index = is_index(request.code)
    freqs = "".join(
        button(
            label, "set", f"{label}봉" if freq != "tick" else "체결 틱", data_name="freq", data_value=freq,
            data_group="freq", data_key=FREQ_KEYS.get(freq), aria_pressed=str(freq == request.freq).lower(),
            aria_disabled="true" if index and freq not in INDEX_FREQS else None,
        )
        for label, freq in FREQS.items()
    )  # fmt: skip
    periods = "".join(
        button(
            period, "set", f"기간 {period}", data_name="period", data_value=period, data_group="period",
            aria_pressed=str(period == request.period).lower(),
        )
        for period in CHOICES[request.freq][0]
    )  # fmt: skip
    switches = "".join(
        button(
            label, "toggle", title, data_name=name, aria_pressed=str(getattr(request, name)).lower(),
            aria_disabled="true" if index and name == "adjusted" else None,
        )
        for name, (label, title) in SWITCHES.items()
    )  # fmt: skip
    others = (
        f'<input class="kr-compare" data-do="set" data-name="others" value="{escape(request.others, quote=True)}"'
        ' placeholder="비교: 하이닉스, 코스피" aria-label="비교할 종목과 지수"'
        ' title="쉼표로 나눈 이름이나 코드. Enter를 누르면 시작을 100으로 맞추어 비교합니다.">'
    )
    return (
        tag("div", freqs, class_="kr-group kr-freq", role="group", aria_label="간격")
        + tag("div", periods, class_="kr-group kr-period", role="group", aria_label="기간")
        + tag("div", switches, class_="kr-group kr-switches", role="group", aria_label="지표와 표시")
        + tag("div", _select("kind", "차트 종류", KINDS, request.kind)
              + _select("style", "오르고 내림의 색", STYLES, request.style) + others, class_="kr-group kr-more")
    )  # fmt: skip


def _select(name: str, label: str, choices: dict[str, str], chosen: str) -> str:
    options = "".join(
        tag("option", escape(text), value=value, selected="" if value == chosen else None)
        for text, value in choices.items()
    )
    return tag("select", options, data_do="set", data_name=name, aria_label=label, title=label)


def render_tabs(opened: str, code: str) -> str:
    """Render the tabs."""
    return "".join(
        tag(
            "button", label, type="button", role="tab", data_do="tab", data_value=name, data_key=str(at),
            title=f"{label} ({at})", aria_selected=str(name == opened).lower(),
            aria_disabled="true" if is_index(code) and name in STOCK_TABS else None,
        )
        for at, (name, label) in enumerate(TABS.items(), 1)
    )  # fmt: skip


def render_help() -> str:
    """Render the overlay that lists the keyboard shortcuts."""
    rows = "".join(
        f"<dt><kbd>{escape(keys)}</kbd></dt><dd>{escape(text)}</dd>" for keys, text in SHORTCUTS.items()
    )
    close = button("✕", "help", "닫기", data_key="Escape", class_="kr-close")
    note = tag("p", "차트 안에서는 화살표, + −, Home, End, 0으로 움직이고 확대합니다.", class_="kr-faint")
    return tag(
        "div", close + tag("div", "단축키", class_="kr-card-title") + tag("dl", rows) + note,
        class_="kr-dialog", role="dialog", aria_label="단축키",
    )  # fmt: skip
