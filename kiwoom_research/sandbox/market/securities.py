"""The stock list of the synthetic market, the same for every seed.

Four stocks have their real code and a name that ends in (가상); all others are invented, code and name: no
code of the Korea Exchange begins with 8 or 09.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from .base import Stock

# 29 stems and 12 sectors have no common divisor: the n-th company is unlike the 347 before it.
STEMS = (
    "갈뫼", "너울재", "달벼리", "도래솔", "마파람", "무네미", "별하늬", "비나리", "새벼리", "솔찬내",
    "시나래", "아띠울", "여우별", "온새미", "이내봄", "자드락", "초롱내", "타래실", "푸르내", "한울녘",
    "감은돌", "높새별", "다솔메", "두루뫼", "미르샘", "살여울", "윤슬재", "잔다리", "하늬뜰",
)  # fmt: skip
# sector of the exchange -> how such a company ends
SECTORS = {
    "전기/전자": "전자", "화학": "화학", "제약": "제약", "음식료/담배": "식품", "운송장비/부품": "모터스",
    "금속": "금속", "건설": "건설", "유통": "유통", "금융": "캐피탈", "보험": "손보", "IT 서비스": "소프트",
    "기계/장비": "기계",
}  # fmt: skip
SIZES = ("대형주", "중형주", "소형주")
CLASSES = ("우량기업부", "벤처기업부", "중견기업부", "기술성장기업부")
FACES = (100, 500, 1_000, 5_000)
KOSPI_SHARES, KOSDAQ_SHARES = 200, 90
FUNDS = (
    "200", "코스닥150", "반도체", "2차전지", "배당", "국고채10년", "미국나스닥", "금현물", "은행",
    "헬스케어", "리츠", "200선물인버스2X",
)  # fmt: skip
NOTES = ("레버리지 원유 선물", "인버스 구리 선물", "미국 리츠", "코스피 변동성")
# a few codes of other shapes, for whoever takes codes for numbers
ODD_CODES = {"800030": "000190", "800040": "0900J0", "850080": "0900K0"}


def _famous() -> Iterator[Stock]:
    for code, name, sector, face, listed in (
        ("005930", "삼성전자(가상)", "전기/전자", 100, date(1975, 6, 11)),
        ("000660", "SK하이닉스(가상)", "전기/전자", 5_000, date(1996, 12, 26)),
        ("035420", "NAVER(가상)", "IT 서비스", 100, date(2008, 11, 28)),
        ("035720", "카카오(가상)", "IT 서비스", 100, date(1999, 11, 11)),  # on KOSDAQ until 2017
    ):
        yield Stock(
            code=code, name=name, sector=sector, size="대형주", face_value=face, listed=listed, nxt=True
        )


def _spread(n: int, first: date, days: int) -> date:
    return first + timedelta(n * days)


def _companies() -> Iterator[Stock]:
    for n in range(KOSPI_SHARES + KOSDAQ_SHARES):
        kosdaq = n >= KOSPI_SHARES
        code = f"{85 if kosdaq else 80}{n % KOSPI_SHARES + 1:03d}0"
        sector = list(SECTORS)[n % len(SECTORS)]
        yield Stock(
            code=ODD_CODES.get(code, code),
            name=STEMS[n % len(STEMS)] + SECTORS[sector],
            market="10" if kosdaq else "0",
            sector=sector,
            size=SIZES[n * 7 % 3],
            company_class=CLASSES[n % 4] if kosdaq else "",
            face_value=FACES[n * 5 % 4],
            listed=_spread(n, date(2017, 3, 6), 11) if n % 4 == 3 else _spread(n, date(1988, 1, 4), 31),
            nxt=n % 5 < 2,
        )


def _others() -> Iterator[Stock]:
    commons = [stock for stock in _companies() if stock.code.startswith("80")]
    for n, common in enumerate(commons[4:16]):
        code = common.code[:5] + ("K" if n % 4 == 3 else "5")
        yield replace(common, code=code, name=f"{common.name}우", size="", listed=date(1996, 5, 6), nxt=False)
    for n, what in enumerate(FUNDS):
        listed = _spread(n, date(2015, 2, 2), 97)
        yield Stock(code=f"82{n + 1:03d}0", name=f"도담 {what}", market="8", listed=listed)
    for n, what in enumerate(NOTES):
        name, listed = f"새론누리 {what} ETN", date(2019, 4, 1)
        yield Stock(code=f"83{n + 1:03d}0", name=name, market="60", listed=listed, share_class="Q")
    for n, stem in enumerate(("가온뜰", "너른마루", "한빛터", "솔가람")):
        code, listed = f"84{n + 1:03d}0", _spread(n, date(2019, 8, 5), 200)
        yield Stock(code=code, name=f"{stem}리츠", market="6", sector="부동산", face_value=500, listed=listed)
    for n, stem in enumerate(("별찌", "아람솔", "미리내별", "해찬별")):
        code, listed = f"86{n + 1:03d}0", _spread(n, date(2018, 7, 2), 150)
        yield Stock(code=code, name=f"{stem}바이오", market="50", face_value=500, listed=listed)


# What is remarkable about single stocks; `SCENARIOS` of the generator moves their prices to match.
REMARKS: dict[str, dict[str, Any]] = {
    "850060": {"audit": "투자경고", "state": "증거금100%", "warning": "5"},
    "850070": {"audit": "단기과열", "state": "증거금100%|단기과열", "warning": "3"},
    "850090": {"listed": date(2026, 10, 15)},
    "850100": {"listed": date(2001, 7, 3), "delisted": date(2024, 3, 29)},
}
LISTING: dict[str, Stock] = {
    stock.code: replace(stock, **REMARKS.get(stock.code, {}))
    for group in (_famous(), _companies(), _others())
    for stock in group
}
