"""Errors, ages and origins in plain Korean."""

from __future__ import annotations

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
"""The first that fits is said."""


def plain(error: Exception) -> str:
    """What went wrong, for somebody who reads no Python."""
    for kind, text in ERRORS:
        if isinstance(error, kind):
            return text
    return f"예상하지 못한 오류입니다 ({type(error).__name__})."


def origin(server: str, loopback: bool) -> tuple[str, str]:
    """Where prices come from: a label and a sentence about it.

    >>> origin("sandbox-replay-0123456789ab", True)[0]
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


def age(retrieved: str, now: datetime) -> str:
    """How old an answer is.

    >>> age("2026-11-20T20:30:00+09:00", datetime.fromisoformat("2026-11-20T23:31:00+09:00"))
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


def moment(retrieved: str) -> str:
    """When an answer was given.

    >>> moment("2026-11-20T20:30:00+09:00")
    '2026-11-20 20:30'
    """
    return f"{datetime.fromisoformat(retrieved):%Y-%m-%d %H:%M}"
