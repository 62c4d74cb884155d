"""Which font writes Hangul here, and what to write where there is none."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from ..errors import ConfigError

log = logging.getLogger("kiwoom_research")

VARIABLE = "KIWOOM_RESEARCH_FONT"
LATIN = "DejaVu Sans"  # comes with matplotlib

FAMILIES = {
    "Pretendard": "pretendard-regular",
    "Malgun Gothic": "malgun",
    "Apple SD Gothic Neo": "applesdgothicneo",
    "AppleGothic": "applegothic",
    "NanumGothic": "nanumgothic",
    "NanumBarunGothic": "nanumbarungothic",
    "Noto Sans KR": "notosanskr-regular",
    "Noto Sans CJK KR": "notosanscjk-regular",
    "Noto Sans CJK JP": "notosanscjk-regular",  # the name matplotlib gives to the collection of all languages
    "Source Han Sans K": "sourcehansansk-regular",
    "NanumSquare": "nanumsquarer",
    "UnDotum": "undotum",
}
"""Families in the order of preference, and the file names (lower case, no suffix) they come in."""

HINT = (
    "No font with Hangul was found: charts are labelled in English. Install one (Debian, Ubuntu: apt install "
    f"fonts-nanum; Colab: !apt-get -qq install fonts-nanum) or set {VARIABLE} to a font file."
)


def family() -> tuple[str, ...]:
    """Font families to write with, best first; only `LATIN` when nothing here has Hangul.

    Raises
    ------
    ConfigError
        ``KIWOOM_RESEARCH_FONT`` names a font that does not exist or has no Hangul.
    """
    found = _hangul_font(os.environ.get(VARIABLE, ""))
    return (found, LATIN) if found else (LATIN,)


@cache
def _hangul_font(wanted: str) -> str:
    if wanted:
        return _wanted(wanted)
    known = {entry.name: entry.fname for entry in font_manager.fontManager.ttflist}
    for name in FAMILIES:
        if has_hangul(known.get(name, "")):
            return name
    for path in (*_files(), *_packaged()):
        if has_hangul(path):
            return _add(path)
    log.warning(HINT)
    return ""


def _wanted(wanted: str) -> str:
    if Path(wanted).is_file() and has_hangul(wanted):
        return _add(wanted)
    files = [entry.fname for entry in font_manager.fontManager.ttflist if entry.name == wanted]
    if any(map(has_hangul, files)):
        return wanted
    raise ConfigError(f"{VARIABLE}: {wanted!r} is neither a font file nor a font family with Hangul")


def has_hangul(path: str) -> bool:
    """Whether a font file can be read and has Hangul syllables."""
    try:
        font = FT2Font(path)
    except (OSError, RuntimeError, ValueError):
        return False
    return all(font.get_char_index(ord(letter)) for letter in "가힣원")


def _files() -> Iterator[str]:
    """Font files that matplotlib's own list, written once, does not know yet."""
    found = {Path(path).stem.lower(): path for path in font_manager.findSystemFonts()}
    yield from (found[stem] for stem in FAMILIES.values() if stem in found)


def _packaged() -> Iterator[str]:
    """The font inside koreanize-matplotlib, which is not imported: that would change rcParams."""
    spec = importlib.util.find_spec("koreanize_matplotlib")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        yield str(Path(folder) / "fonts" / "NanumGothic.ttf")


def _add(path: str) -> str:
    font_manager.fontManager.addfont(path)
    return font_manager.fontManager.ttflist[-1].name


# --- without a font -----------------------------------------------------------------------------

LEADS, VOWELS, TAILS = (
    letters.split(",")
    for letters in (
        "g,kk,n,d,tt,r,m,b,pp,s,ss,,j,jj,ch,k,t,p,h",
        "a,ae,ya,yae,eo,e,yeo,ye,o,wa,wae,oe,yo,u,wo,we,wi,yu,eu,ui,i",
        ",k,k,k,n,n,n,t,l,k,m,l,l,l,p,l,m,p,p,t,t,ng,t,t,k,t,p,t",
    )
)


def romanised(text: str) -> str:
    """Hangul letter by letter in Latin (Revised Romanization, without sound changes between syllables).

    >>> romanised("삼성전자 005930"), romanised("의약품")
    ('samseongjeonja 005930', 'uiyakpum')
    """
    return re.sub("[가-힣]", lambda found: _syllable(ord(found[0]) - ord("가")), text)


def _syllable(number: int) -> str:
    lead, rest = divmod(number, len(VOWELS) * len(TAILS))
    vowel, tail = divmod(rest, len(TAILS))
    return LEADS[lead] + VOWELS[vowel] + TAILS[tail]
