"""Every sentence that the explorer shows, in Korean: errors, hints, the origin and the age of data."""

from __future__ import annotations

import logging
from datetime import datetime

from ..client.waits import Wait
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

SEARCH_PLACEHOLDER = "종목 · 지수 검색 (이름, 코드, 초성)   /"
SEARCH_LABEL = "종목과 지수 검색"
SEARCH_HINT = "이름, 코드, 초성(ㅅㅅㅈㅈ), 별명(삼전)으로 종목과 지수를 찾으세요."
LOADING_LIST = "종목 목록을 받는 중입니다. 하루에 한 번, 몇 초 걸립니다."
KERNEL_BUSY = "파이썬 커널이 다른 셀을 실행하고 있습니다. 끝나면 찾습니다."
LOADING = "불러오는 중…"
LOADING_CHART = "차트를 받는 중…"
CANCEL, RETRY = "취소", "다시 시도"
CANCELLED = "취소했습니다."
NO_DATA = "자료가 없습니다."
NO_TICK_COMPARISON = "틱은 비교할 수 없습니다. 다른 간격을 고르세요."
NO_INTRADAY_DATA = "이 간격의 자료가 없습니다. 일봉으로 보세요."
NEVER_TRADED = "거래된 적이 없는 종목입니다."
UNTRADED_IN_PERIOD = "이 기간에는 거래가 없습니다."
INDEX_FREQS_ONLY = "지수는 일봉만 볼 수 있습니다."
OFFLINE = "저장된 값이 없습니다. 오프라인으로 연결해서 서버에 묻지 않습니다."
SHOWING_STORED = "저장해 둔 값을 보여 줍니다."
TALIB_MISSING = "RSI, MACD, 볼린저에는 TA-Lib이 필요해 빼고 그렸습니다: pip install TA-Lib"
WATCHLIST_DAMAGED = "관심 목록 파일이 손상되어 빈 목록으로 시작합니다."
WATCHLIST_UNREADABLE = "관심 목록 파일을 읽을 수 없습니다."
WATCHLIST_NOT_SAVED = "관심 목록을 저장할 수 없어 이 화면에만 남습니다."
WATCHLIST_EMPTY = "☆ 관심을 누르면 여기에 남습니다."
CODE_HINT = "이 화면의 데이터와 차트를 그대로 만드는 코드입니다."
COPY, COPIED = "복사", "복사했습니다"

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
    (DataError, "서버의 응답을 읽을 수 없습니다."),
    (KiwoomError, "서버가 요청을 거절했습니다."),
    (ImportError, "필요한 패키지가 없습니다."),
)
"""The first class that matches gives the sentence; `NETWORK` has those of network errors."""

NETWORK: dict[str, str] = {
    "connection": "서버에 연결할 수 없습니다. 인터넷 연결을 확인하고 다시 시도하세요.",
    "tls": "서버의 보안 인증서를 확인할 수 없습니다. 회사 프록시를 쓰면 그 인증서를 등록하세요.",
    "timeout": "서버가 제때 응답하지 않았습니다. 잠시 뒤에 다시 시도하세요.",
    "incomplete": "서버의 응답이 중간에 끊겼습니다. 다시 시도하세요.",
    "status": "서버에 오류가 났습니다 (HTTP {status}). 이 컴퓨터의 문제가 아니니 잠시 뒤에 다시 시도하세요.",
    "offline": OFFLINE,
}
"""By `NetworkError.cause`."""

PAUSES: dict[str, str] = {
    "connection": "서버에 연결되지 않아",
    "tls": "보안 연결이 되지 않아",
    "timeout": "서버가 응답하지 않아",
    "incomplete": "응답이 중간에 끊겨",
    "status": "서버 오류(HTTP {status})로",
    "offline": "서버에 연결되지 않아",
}


class DisplayError(Exception):
    """A request that cannot be shown; the text is a Korean sentence for the user."""


def explain_error(error: Exception) -> str:
    """Return a Korean sentence that says what went wrong and what to do."""
    if isinstance(error, DisplayError):
        return str(error)
    log.debug("the explorer reports %s", type(error).__name__, exc_info=error)
    if isinstance(error, NetworkError):
        return NETWORK[error.cause].format(status=error.status)
    for kind, text in ERRORS:
        if isinstance(error, kind):
            return text
    return f"예상하지 못한 오류입니다 ({type(error).__name__})."


def describe_pause(wait: Wait) -> tuple[str, str]:
    """Return what to say before and after the seconds of a pause.

    >>> describe_pause(Wait("limit", "ka10081", 3.0))
    ('요청 제한으로 ', '초 대기')
    """
    if wait.reason == "limit":
        return "요청 제한으로 ", "초 대기"
    error = wait.error
    if isinstance(error, RateLimitError):
        why = "요청이 많아 거절되어"
    elif isinstance(error, MaintenanceError):
        why = "키움 서버가 점검 중이라"
    elif isinstance(error, NetworkError):
        why = PAUSES[error.cause].format(status=error.status)
    else:
        why = "서버의 일시적인 오류로"
    return f"{why} ", "초 뒤에 다시 시도합니다"


def no_match(text: str) -> str:
    """Say that a search has no result."""
    return f"‘{text.strip()}’에 맞는 종목이나 지수가 없습니다."


def comparison_failed(name: str, reason: str) -> str:
    """Say what cannot be compared and why."""
    return f"비교 ‘{name}’: {reason}"


def unreadable(count: int) -> str:
    """Say that cells of a reply could not be read."""
    return f"서버가 보낸 값 {count}개를 읽을 수 없어 비워 두었습니다."


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
