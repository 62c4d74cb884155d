"""Values that are read by name only: no printer, no walker of tracebacks and no serializer finds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn


class Secrets:
    """A body or a reply that holds keys or a token. It is no mapping on purpose: reports of errors walk mappings."""

    __slots__ = ("_read",)
    _read: Callable[[], dict[str, Any]]

    def __init__(self, values: Mapping[str, Any]) -> None:
        held = dict(values)
        self._read = lambda: held

    def __getitem__(self, name: str) -> Any:
        return self._read()[name]

    def get(self, name: str) -> Any:
        """The value of a name, or None."""
        return self._read().get(name)

    def reveal(self) -> dict[str, Any]:
        """All values, for the request that sends them."""
        return dict(self._read())

    def __iter__(self) -> Iterator[str]:
        raise TypeError("secrets cannot be listed")

    def __repr__(self) -> str:
        return f"<{len(self._read())} hidden values>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets cannot be stored")
