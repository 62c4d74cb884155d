"""The manifest of a store: which files hold its bars and tables.

``manifest.json`` names every file that counts. A data file never changes once it is written: a write makes new
files and then replaces the manifest, so that a reader sees either all of a write or nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from ..errors import ConfigError

LAYOUT = 2


@dataclass(frozen=True, slots=True)
class DataFile:
    """One Parquet file of bars, with what a query needs to know to skip it."""

    path: str
    freq: str
    year: int
    rows: int
    bytes: int
    codes: tuple[str, str]  # first and last
    span: tuple[str, str]  # first and last day

    def overlaps(
        self,
        codes: Sequence[str] | None,
        between: tuple[str, str] | None,
        start: str | None,
        end: str | None,
    ) -> bool:
        """Whether the file can hold bars of these codes (or of any code between two) in a range of time."""
        if (start and self.span[1] < start[:10]) or (end and self.span[0] > end[:10]):
            return False
        first, last = self.codes
        if between is not None and (between[1] < first or between[0] > last):
            return False
        return codes is None or any(first <= code <= last for code in codes)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a store holds at one moment."""

    generation: int = 0
    files: tuple[DataFile, ...] = ()
    tables: Mapping[str, str] = field(default_factory=dict)

    def next_generation(self) -> Manifest:
        """The manifest that a write starts from."""
        return replace(self, generation=self.generation + 1)

    def of(self, freq: str) -> list[DataFile]:
        """The files of one frequency."""
        return [file for file in self.files if file.freq == freq]

    def to_json(self) -> bytes:
        """The content of ``manifest.json``."""
        content = {
            "layout": LAYOUT,
            "generation": self.generation,
            "files": [asdict(file) for file in self.files],
            "tables": dict(self.tables),
        }
        return json.dumps(content, indent=1).encode()


def parse_manifest(content: bytes, where: str) -> Manifest:
    """Read the content of ``manifest.json``.

    Raises
    ------
    ConfigError
        The content is no manifest, or the manifest of another edition.
    """
    try:
        read = json.loads(content)
        if read["layout"] != LAYOUT:
            raise ConfigError(
                f"{where}: expected layout {LAYOUT}, found {read['layout']}; fill another folder"
            )
        files = tuple(
            DataFile(**{**file, "codes": tuple(file["codes"]), "span": tuple(file["span"])})
            for file in read["files"]
        )
        return Manifest(read["generation"], files, read["tables"])
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{where} cannot be read: {error}") from None
