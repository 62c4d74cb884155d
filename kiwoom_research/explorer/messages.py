"""Every sentence that the explorer shows, in Korean: errors, hints, the origin and the age of data."""

from __future__ import annotations

import logging
from datetime import datetime

from ..errors import (
    AuthError,
    ConfigError,
    DataError,
    KiwoomError,
    MaintenanceError,
    NetworkError,
    RateLimitError,
    UnknownCodeError,
)

log = logging.getLogger("kiwoom_research")

SEARCH_HINT = "이름, 코드 또는 초성으로 종목을 찾으세요."
NO_CHART = "보여 줄 차트가 없습니다."
NO_INFO = "종목 정보가 없습니다."
LOADING_INFO = "종목 정보를 기다리는 중…"
NO_TICK_COMPARISON = "틱은 비교할 수 없습니다. 다른 간격을 고르세요."
NO_INTRADAY_DATA = "이 간격의 자료가 없습니다. 일봉으로 보세요."
NEVER_TRADED = "거래된 적이 없는 종목입니다."
OFFLINE = "저장된 값이 없습니다. 오프라인으로 연결해서 서버에 묻지 않습니다."
SHOWING_STORED = "저장해 둔 값을 보여 줍니다."
WATCHLIST_DAMAGED = "관심 목록 파일이 손상되어 빈 목록으로 시작합니다."
WATCHLIST_UNREADABLE = "관심 목록 파일을 읽을 수 없습니다."
WATCHLIST_NOT_SAVED = "관심 목록을 저장할 수 없어 이 화면에만 남습니다."
WATCHLIST_EMPTY = "☆ 관심을 누르면 여기에 남습니다."
CODE_HINT = "이 화면의 데이터와 차트를 그대로 만드는 코드입니다. 누르면 전체가 선택됩니다 (Ctrl+C로 복사)."

ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (UnknownCodeError, "없는 종목입니다. 이름이나 코드 여섯 자리를 확인하세요."),
    (
        ConfigError,
        "API 키가 없습니다. 터미널에서 kiwoom-research login을 실행하거나, 키 없이 보려면 "
        'kr.connect("sandbox")를 먼저 실행하세요.',
    ),
    (
        AuthError,
        "키움이 키 또는 접속한 주소(IP)를 거절했습니다. openapi.kiwoom.com의 등록 내용을 확인하세요.",
    ),
    (RateLimitError, "요청이 너무 많아 거절되었습니다. 잠시 뒤에 다시 시도하세요."),
    (MaintenanceError, "키움 서버가 점검 중입니다. 점검이 끝나면 다시 시도하세요."),
    (NetworkError, "서버에 연결할 수 없습니다. 네트워크를 확인하고 다시 시도하세요."),
    (DataError, "서버의 응답을 읽을 수 없습니다."),
    (KiwoomError, "서버가 요청을 거절했습니다."),
    (ImportError, "RSI와 MACD에는 TA-Lib이 필요합니다: pip install TA-Lib"),
)
"""The first class that matches gives the sentence."""


class DisplayError(Exception):
    """A request that cannot be shown; the text is a Korean sentence for the user."""


def explain_error(error: Exception) -> str:
    """Return a Korean sentence that says what went wrong and what to do."""
    if isinstance(error, DisplayError):
        return str(error)
    log.debug("the explorer reports %s", type(error).__name__, exc_info=error)
    for kind, text in ERRORS:
        if isinstance(error, kind):
            return text
    return f"예상하지 못한 오류입니다 ({type(error).__name__})."


def no_match(text: str) -> str:
    """Say that a search has no result."""
    return f"‘{text.strip()}’에 맞는 종목이 없습니다."


def comparison_failed(reason: object) -> str:
    """Say that the comparison cannot be drawn."""
    return f"비교: {reason}"


def comparison_unknown(name: str) -> str:
    """Say that a compared stock does not exist."""
    return comparison_failed(f"‘{name}’은(는) 없는 종목입니다.")


def comparison_untraded(name: str) -> str:
    """Say that a compared stock had no trades in the period."""
    return f"{name}: 이 기간에는 거래가 없어 비교할 수 없습니다."


def last_traded(day: datetime) -> str:
    """Say when a stock traded last."""
    return f"최근에는 거래가 없습니다. 마지막 거래는 {day:%Y-%m-%d}입니다."


def describe_origin(server: str, loopback: bool) -> tuple[str, str]:
    """Return a label for the source of prices and a sentence about it.

    >>> describe_origin("sandbox-replay-0123456789ab", True)[0]
    '과거 데이터 재생'
    """
    if server.startswith("sandbox-replay"):
        return (
            "과거 데이터 재생",
            "파일에 있는 과거 시세를 이 컴퓨터에서 다시 보여 주는 것으로, 현재 시세가 아닙니다.",
        )
    if server.startswith("sandbox"):
        return "가상 데이터", "이 컴퓨터의 샌드박스가 만든 가상의 시세입니다. 실제 시장과 관계가 없습니다."
    if loopback:
        return "로컬 서버", "이 컴퓨터의 서버가 준 값으로, 실제 시세가 아닐 수 있습니다."
    if server == "mock":
        return "모의투자 서버", "키움 모의투자 서버의 시세입니다."
    if server == "real":
        return "실제 시세", "키움 실서버의 시세입니다."
    return server, "직접 지정한 서버의 값입니다."


def format_age(retrieved: str, now: datetime) -> str:
    """Return how old an answer is.

    >>> format_age("2026-11-20T20:30:00+09:00", datetime.fromisoformat("2026-11-20T23:31:00+09:00"))
    '3시간 전'
    """
    minutes = int((now - datetime.fromisoformat(retrieved)).total_seconds() // 60)
    if minutes < 1:
        return "방금"
    if minutes < 60:
        return f"{minutes}분 전"
    if minutes < 1440:
        return f"{minutes // 60}시간 전"
    return f"{minutes // 1440}일 전"


def format_time(retrieved: str) -> str:
    """Return the time of an answer, to the minute.

    >>> format_time("2026-11-20T20:30:00+09:00")
    '2026-11-20 20:30'
    """
    return f"{datetime.fromisoformat(retrieved):%Y-%m-%d %H:%M}"
