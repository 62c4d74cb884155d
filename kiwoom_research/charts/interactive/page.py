"""Put a chart and its renderer into HTML: the output of a notebook cell, or a page of its own."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html import escape
from importlib import resources

SCRIPTS = (
    "format", "bars", "scales", "view", "thin", "time_axis", "axes", "marks", "paint", "crosshair", "readout", "input",
    "chart",
)  # fmt: skip
"""The modules of the renderer, each after those that it imports."""


@cache
def script() -> str:
    """The renderer as one script, without comments, imports and exports; its modules share no name."""
    return "\n".join(_without_module_syntax(_read(f"{name}.js")) for name in SCRIPTS)


@cache
def stylesheet() -> str:
    """The style sheet of the renderer."""
    return _read("chart.css")


def _read(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _without_module_syntax(text: str) -> str:
    text = re.sub(r"^import\b.*?;\n", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def html_output(payload: bytes, picture: bytes, alt: str, theme: str) -> str:
    """The output of a cell: the picture, and a script that replaces it by the live chart."""
    key = hashlib.sha256(payload).hexdigest()[:16]
    image = base64.b64encode(picture).decode()
    return (
        f'<div data-kr-chart="{key}" data-theme="{escape(theme)}">'
        f'<img class="kr-picture" alt="{escape(alt)}" src="data:image/png;base64,{image}"></div>\n'
        f"{_style_and_script(key, payload)}"
    )


def html_page(payload: bytes, title: str, theme: str) -> str:
    """A whole page that needs no other file."""
    key = hashlib.sha256(payload).hexdigest()[:16]
    scheme = "light dark" if theme == "auto" else theme
    return (
        f'<!DOCTYPE html>\n<html lang="ko">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>:root{{color-scheme:{scheme}}}body{{margin:0;background:light-dark(#fff,#12161f)}}</style>\n"
        f'</head>\n<body>\n<div data-kr-chart="{key}" data-theme="{escape(theme)}"></div>\n'
        f"{_style_and_script(key, payload)}\n</body>\n</html>\n"
    )


def _style_and_script(key: str, payload: bytes) -> str:
    data = base64.b64encode(payload).decode()
    return f'<style>{stylesheet()}</style>\n<script>(() => {{\n{script()}\nmount("{key}", "{data}");\n}})();</script>'
