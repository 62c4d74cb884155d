"""Closes an explorer when the notebook cell that made it is run again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

import IPython

_open: dict[str, list[WeakMethod[Callable[[], None]]]] = {}  # by cell, what closes its explorers
_watched: set[int] = set()  # shells whose cells are watched


def close_on_rerun(close: Callable[[], None]) -> None:
    """Call a bound method when the running cell is run again; outside of a notebook nothing happens."""
    shell: Any = IPython.get_ipython()
    cell = "" if shell is None else _current_cell(shell)
    if not cell:
        return
    _open.setdefault(cell, []).append(WeakMethod(close))
    if id(shell) not in _watched:
        _watched.add(id(shell))
        shell.events.register("pre_run_cell", _close_previous)


def _current_cell(shell: Any) -> str:
    """Return the id that the front end gives the running cell; empty if it gives none."""
    parent: dict[str, Any] = getattr(shell, "get_parent", dict)()
    return str(parent.get("metadata", {}).get("cellId", ""))


def _close_previous(info: Any) -> None:
    for reference in _open.pop(str(getattr(info, "cell_id", "") or ""), []):
        close = reference()
        if close is not None:
            close()
