"""What the server says when it refuses: the published codes, their class and their text."""

from __future__ import annotations

from collections import defaultdict

from ...errors import embedded_code
from ..replies.producers import Refusal

SUCCESS = "정상적으로 처리되었습니다"
CLASSES = {
    1: "잘못된 요청입니다",
    2: "입력 값 오류입니다",
    3: "인증에 실패했습니다",
    5: "허용된 요청 개수를 초과하였습니다",
    7: "서비스를 처리하는 중에 오류가 발생했습니다",
}
# Code -> class and text. Classes of codes that nobody recorded are by analogy (protocol.md 3.1); the text of
# 8020 is the recorded one, which differs from the published table.
CODES: dict[str, tuple[int, str]] = {
    "1501": (1, "API ID가 Null이거나 값이 없습니다"),
    "1504": (1, "해당 URI에서는 지원하는 API ID가 아닙니다. API ID={api_id}, URI={uri}"),
    "1505": (1, "해당 API ID는 존재하지 않습니다. API ID={api_id}"),
    "1511": (2, "필수 입력 값에 값이 존재하지 않습니다. 필수입력 파라미터={param}"),
    "1512": (2, "Http header에 값이 설정되지 않았거나 읽을 수 없습니다"),
    "1513": (2, "Http Header에 authorization 필드가 설정되어 있어야 합니다"),
    "1514": (2, "입력으로 들어온 Http Header의 authorization 필드 형식이 맞지 않습니다"),
    "1515": (2, "Http Header의 authorization 필드 내 Grant Type이 미리 정의된 형식이 아닙니다"),
    "1516": (2, "Http Header의 authorization 필드 내 Token이 정의되어 있지 않습니다"),
    "1517": (2, "입력 값 형식이 올바르지 않습니다. 파라미터={param} 실패사유= {reason}"),
    "1687": (5, "재귀 호출이 발생하여 API 호출을 제한합니다, API ID={api_id}"),
    "1700": (5, "허용된 API 요청 개수를 초과하였습니다. 유량={rate}, API ID={api_id}"),
    "1701": (5, "허용된 전체 요청 개수를 초과하였습니다. 총유량={rate}"),
    "1702": (5, "허용된 그룹 요청 개수를 초과하였습니다. 총유량={rate}, API_ID={api_id}"),
    "1901": (7, "시장 코드값이 존재하지 않습니다. 종목코드={code}"),
    "1902": (7, "종목 정보가 없습니다. 입력한 종목코드 값을 확인바랍니다. 종목코드={code}"),
    "1903": (
        7,
        "종목 정보가 없습니다. 입력한 종목코드, 거래소구분 값을 확인바랍니다. "
        "거래소구분={venue}, 종목코드={code}",
    ),
    "1999": (7, "예기치 못한 에러가 발생했습니다. 실패사유={reason}"),
    "8001": (3, "App Key와 Secret Key 검증에 실패했습니다"),
    "8002": (3, "App Key와 Secret Key 검증에 실패했습니다. 실패사유={reason}"),
    "8003": (3, "Access Token을 조회하는데 실패했습니다. 실패사유={reason}"),
    "8005": (3, "Token이 유효하지 않습니다"),
    "8006": (3, "Access Token을 생성하는데 실패했습니다. 실패사유={reason}"),
    "8009": (3, "Access Token을 발급하는데 실패했습니다. 실패사유={reason}"),
    "8010": (3, "Token을 발급받은 IP와 서비스를 요청한 IP가 동일하지 않습니다"),
    "8011": (2, "Access Token을 발급하는데 실패했습니다. 입력값에 grant_type이 들어오지 않았습니다"),
    "8012": (2, "Access Token을 발급하는데 실패했습니다. grant_type의 값이 맞지 않습니다"),
    "8015": (3, "Access Token을 폐기하는데 실패했습니다. 실패사유={reason}"),
    "8016": (2, "Access Token을 폐기하는데 실패했습니다. 입력값에 Token이 들어오지 않았습니다"),
    "8020": (2, "입력파라미터로 appkey 또는 secretkey가 전달되지 않았습니다."),
    "8030": (2, "투자구분(실전/모의)이 달라서 Appkey를 사용할수가 없습니다"),
    "8031": (3, "투자구분(실전/모의)이 달라서 Token를 사용할수가 없습니다"),
    "8040": (3, "단말기 인증에 실패했습니다"),
    "8050": (3, "지정단말기 인증에 실패했습니다"),
    "8103": (3, "토큰 인증 또는 단말기인증에 실패했습니다. 실패사유={reason}"),
    "8104": (2, "모의투자에서 지원하지 않는 API 입니다."),
    "8200": (3, "법인 고객은 해당 API를 지원하지 않습니다. API ID={api_id}, URI={uri}"),
}
RATE_CODES = frozenset({"1700", "1701", "1702"})


def published_refusal(published: str, **values: str) -> Refusal:
    """The refusal with a published code, the blanks of its text filled.

    >>> published_refusal("8005").message
    '인증에 실패했습니다[8005:Token이 유효하지 않습니다]'
    """
    return_code, text = CODES[published]
    filled = text.format_map(defaultdict(str, values))
    return Refusal(return_code, f"{CLASSES[return_code]}[{published}:{filled}]")


def transient() -> Refusal:
    """The service error that heals by itself, seen daily from 07:50 to 08:00."""
    return Refusal(7, f"{CLASSES[7]}[4007]")


def status(refusal: Refusal) -> int:
    """The HTTP status: 429 for the rate, 200 for every other refusal."""
    return 429 if embedded_code(refusal.message) in RATE_CODES else 200
