"""The style sheet of the explorer: layout from ``explorer.css``, colours from the chart themes."""

from __future__ import annotations

from importlib.resources import files

from ..charts.theme import DARK, LIGHT, STYLES, Theme


def _colours(theme: Theme, card: str, field: str, hover: str, on_accent: str) -> str:
    return (
        f"--kr-back:{theme.background};--kr-line:{theme.frame};--kr-ink:{theme.foreground};--kr-faint:{theme.muted};"
        f"--kr-accent:{theme.accent};--kr-flat:{theme.flat};--kr-up:{theme.up};--kr-down:{theme.down};"
        f"--kr-card:{card};--kr-field:{field};--kr-hover:{hover};--kr-on-accent:{on_accent};"
    )


def _western(theme: str) -> str:
    up, down = STYLES["western"][theme]
    return f"--kr-up:{up};--kr-down:{down};"


STYLE_SHEET = (
    f".kr-explorer{{{_colours(LIGHT, '#f6f8fa', '#ffffff', '#e9eef5', '#ffffff')}}}"
    f".kr-explorer.kr-dark{{{_colours(DARK, '#181d28', '#1b212d', '#242c3b', '#12161f')}}}"
    f".kr-explorer.kr-western{{{_western('light')}}}"
    f".kr-explorer.kr-dark.kr-western{{{_western('dark')}}}"
    f"{(files(__package__) / 'page' / 'explorer.css').read_text('utf-8')}"
)
