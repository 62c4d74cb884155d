"""The browser side of the explorer: one widget that shows HTML regions and reports clicks, keys and typed text."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import anywidget
from traitlets import Bool, Float, Unicode

from . import messages
from .stylesheet import STYLE_SHEET

SCRIPTS = ("morph.js", "search.js", "surroundings.js", "page.js")

FRAME = f"""
<div class="kr-help" data-region="help"></div>
<div class="kr-top">
  <div class="kr-find">
    <button class="kr-magnifier" type="button" data-do="focus-search" data-key="/" tabindex="-1"
      title="{messages.SEARCH_LABEL} (/)" aria-label="{messages.SEARCH_LABEL}">⌕</button>
    <input class="kr-search" role="combobox" aria-expanded="false" aria-autocomplete="list" autocomplete="off"
      spellcheck="false" placeholder="{messages.SEARCH_PLACEHOLDER}" aria-label="{messages.SEARCH_LABEL}">
    <div class="kr-hits" role="listbox" aria-label="{messages.SEARCH_LABEL}" hidden
      data-busy='<div class="kr-note">{messages.KERNEL_BUSY}</div>'></div>
  </div>
  <div class="kr-actions" data-region="actions"></div>
</div>
<div class="kr-headline" data-region="headline" aria-live="polite"></div>
<div class="kr-toolbar" data-region="toolbar"></div>
<div class="kr-notice" data-region="notice" aria-live="polite"></div>
<div class="kr-tabs" data-region="tabs" role="tablist"></div>
<div class="kr-overlay" data-region="overlay"></div>
<div class="kr-content" data-region="content"></div>
<div class="kr-side"><div data-region="info"></div><div data-region="watchlist"></div></div>
"""


def _synced(trait: Any) -> Any:
    return trait.tag(sync=True)


class Front(anywidget.AnyWidget):
    """Shows the regions of the explorer; each is a trait that holds HTML.

    What the user does arrives as a dictionary with the key ``do`` in the handlers of `on_msg`.
    """

    _esm = "\n".join((files(__package__) / "page" / name).read_text("utf-8") for name in SCRIPTS)
    _css = STYLE_SHEET

    frame = _synced(Unicode(FRAME))
    headline = _synced(Unicode())
    actions = _synced(Unicode())
    toolbar = _synced(Unicode())
    notice = _synced(Unicode())
    tabs = _synced(Unicode())
    overlay = _synced(Unicode())
    content = _synced(Unicode())
    info = _synced(Unicode())
    watchlist = _synced(Unicode())
    help = _synced(Unicode())
    dark = _synced(Bool(False))
    western = _synced(Bool(False))
    refresh_seconds = _synced(Float(0.0))
