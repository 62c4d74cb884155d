"""Staging: the bars of one code wait here, whole, until they are merged; a crash loses the code in flight."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .disk import checksum, put_in_place, remove
from .folder import Folder

log = logging.getLogger("kiwoom_research")

NOTE = b"kiwoom_research"


def stage(folder: Folder, freq: str, code: str, rows: Any, note: Mapping[str, Any]) -> None:
    """Write the pulled bars of one code, and what else the pull found, to ``staging/``."""
    import pyarrow.parquet as pq

    parent = folder.path / "staging"
    parent.mkdir(exist_ok=True)
    draft = parent / f"{freq}-{code}.tmp"
    rows = rows.replace_schema_metadata({NOTE: json.dumps(note)})
    pq.write_table(rows, draft, compression="zstd")
    put_in_place(draft, parent / f"{freq}-{code}-{checksum(draft)}.parquet")


def staged(folder: Folder) -> dict[Path, dict[str, Any]]:
    """The whole files in ``staging/`` and their notes; any other is removed: its code is pulled again."""
    import pyarrow.parquet as pq

    found: dict[tuple[str, str], tuple[Path, dict[str, Any]]] = {}
    for place in sorted(folder.path.glob("staging/*.parquet"), key=lambda place: place.stat().st_mtime_ns):
        if checksum(place) != place.stem.rpartition("-")[2]:
            log.warning("%s is damaged; its bars are pulled again", place)
            remove(place)
            continue
        note: dict[str, Any] = json.loads(pq.read_schema(place).metadata[NOTE])
        older = found.pop((note["freq"], note["code"]), None)
        if older:  # the same code once more, by an update that was killed before it could merge either
            remove(older[0])
        found[note["freq"], note["code"]] = place, note
    return dict(found.values())
