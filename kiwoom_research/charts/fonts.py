"""Find a font with Hangul on this machine."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from ..errors import ConfigError

log = logging.getLogger("kiwoom_research")

VARIABLE = "KIWOOM_RESEARCH_FONT"
LATIN = "DejaVu Sans"  # part of matplotlib

FAMILIES = {
    "Pretendard": "pretendard-regular",
    "Malgun Gothic": "malgun",
    "Apple SD Gothic Neo": "applesdgothicneo",
    "AppleGothic": "applegothic",
    "NanumGothic": "nanumgothic",
    "NanumBarunGothic": "nanumbarungothic",
    "Noto Sans KR": "notosanskr-regular",
    "Noto Sans CJK KR": "notosanscjk-regular",
    "Noto Sans CJK JP": "notosanscjk-regular",  # matplotlib's name for the collection of all languages
    "Source Han Sans K": "sourcehansansk-regular",
    "NanumSquare": "nanumsquarer",
    "UnDotum": "undotum",
}
"""Font families in order of preference, each with its usual file name in lower case, without suffix."""

HINT = (
    "No font with Hangul was found: charts are labelled in English. Install one (Debian, Ubuntu: apt install "
    f"fonts-nanum; Colab: !apt-get -qq install fonts-nanum) or set {VARIABLE} to a font file."
)


def font_families() -> tuple[str, ...]:
    """Font families for all texts, best first; `LATIN` alone when no font has Hangul.

    Raises
    ------
    ConfigError
        ``KIWOOM_RESEARCH_FONT`` names a font that does not exist or has no Hangul.
    """
    found = _hangul_font(os.environ.get(VARIABLE, ""))
    return (found, LATIN) if found else (LATIN,)


@cache
def _hangul_font(chosen: str) -> str:
    if chosen:
        return _chosen_font(chosen)
    known = {entry.name: entry.fname for entry in font_manager.fontManager.ttflist}
    for name in FAMILIES:
        if has_hangul(known.get(name, "")):
            return name
    for path in _unlisted_files():
        if has_hangul(path):
            return _add(path)
    log.warning(HINT)
    return ""


def _chosen_font(chosen: str) -> str:
    if Path(chosen).is_file() and has_hangul(chosen):
        return _add(chosen)
    files = [entry.fname for entry in font_manager.fontManager.ttflist if entry.name == chosen]
    if any(map(has_hangul, files)):
        return chosen
    raise ConfigError(f"{VARIABLE}: {chosen!r} is neither a font file nor a font family with Hangul")


def has_hangul(path: str) -> bool:
    """Whether a font file is readable and contains Hangul syllables."""
    try:
        font = FT2Font(path)
    except (OSError, RuntimeError, ValueError):
        return False
    return all(font.get_char_index(ord(letter)) for letter in "가힣원")


def _unlisted_files() -> Iterator[str]:
    """Font files installed after matplotlib wrote its list of fonts."""
    found = {Path(path).stem.lower(): path for path in font_manager.findSystemFonts()}
    yield from (found[stem] for stem in FAMILIES.values() if stem in found)


def _add(path: str) -> str:
    font_manager.fontManager.addfont(path)
    return font_manager.fontManager.ttflist[-1].name
