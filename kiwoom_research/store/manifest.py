"""The manifest of a store: whose bars it holds, and in which files.

``manifest.json`` names every file that counts, with its checksum. A data file never changes once it is written: a
write makes new files and then replaces the manifest, so that a reader sees either all of a write or nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from ..errors import ConfigError, StoreError
from .disk import checksum_of

NAME = "manifest.json"
LAYOUT = 3


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
    checksum: str

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
class TableFile:
    """The file of one of the small tables."""

    path: str
    checksum: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a store holds at one moment.

    Attributes
    ----------
    market : str
        Whose bars they are: ``real``, ``mock`` or a sandbox's market; empty when nobody knows (see `Store.recover`).
    dropped : tuple of str
        Files that earlier manifests named and that are still there, because somebody read them.
    """

    generation: int = 0
    market: str = ""
    files: tuple[DataFile, ...] = ()
    tables: Mapping[str, TableFile] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()

    def next_generation(self) -> Manifest:
        """The manifest that a write starts from."""
        return replace(self, generation=self.generation + 1)

    def of(self, freq: str) -> list[DataFile]:
        """The files of one frequency."""
        return [file for file in self.files if file.freq == freq]

    @property
    def checksums(self) -> dict[str, str]:
        """The checksum of every file."""
        found = {file.path: file.checksum for file in self.files}
        return found | {table.path: table.checksum for table in self.tables.values()}

    def to_json(self) -> bytes:
        """The content of ``manifest.json``."""
        content = json.dumps(
            {
                "generation": self.generation,
                "market": self.market,
                "files": [asdict(file) for file in self.files],
                "tables": {name: asdict(table) for name, table in self.tables.items()},
                "dropped": list(self.dropped),
            }
        )
        whole = {"layout": LAYOUT, "checksum": checksum_of(content.encode()), "content": json.loads(content)}
        return json.dumps(whole, indent=1).encode()


def parse_manifest(content: bytes, where: str) -> Manifest:
    """Read the content of ``manifest.json``.

    Raises
    ------
    ConfigError
        The manifest of another edition.
    StoreError
        The content is no manifest, or damaged.
    """
    advice = "Store.recover(folder) rebuilds it from the files"
    try:
        read = json.loads(content)
        layout = read["layout"]
        if layout != LAYOUT:
            raise ConfigError(
                f"{where}: expected layout {LAYOUT}, found {layout}, which another version wrote; {advice} of an"
                " older version"
            )
        if checksum_of(json.dumps(read["content"]).encode()) != read["checksum"]:
            raise StoreError(f"{where} is damaged: {advice}")
        found = read["content"]
        files = tuple(
            DataFile(**{**file, "codes": tuple(file["codes"]), "span": tuple(file["span"])})
            for file in found["files"]
        )
        tables = {name: TableFile(**table) for name, table in found["tables"].items()}
        return Manifest(found["generation"], found["market"], files, tables, tuple(found["dropped"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{where} cannot be read ({type(error).__name__}): {advice}") from None
