"""Files on a disk: complete before anything names them, with checksums, and failures as `StoreError`."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import StoreError


def sync(place: Path) -> None:
    """Wait until a file, and its name in the folder, are on the disk: a power cut loses neither."""
    for path in (place, place.parent):
        if path.is_dir() and os.name == "nt":  # Windows has no handle of a folder
            continue
        handle = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def put_in_place(draft: Path, place: Path) -> None:
    """Give a finished file its name, all of it or nothing."""
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(draft, place)
    sync(place)


def replace_file(place: Path, content: bytes) -> None:
    """Replace a file at once; after a power cut it holds either the old content or the new."""
    draft = place.with_suffix(".tmp")
    draft.write_bytes(content)
    put_in_place(draft, place)


def checksum(place: Path) -> str:
    """The checksum of a file."""
    with place.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def checksum_of(content: bytes) -> str:
    """The checksum of a content."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def remove(place: Path) -> bool:
    """Remove a file; False where Windows keeps it because somebody reads it."""
    with suppress(OSError):
        place.unlink(missing_ok=True)
    return not place.exists()


@contextmanager
def store_errors(where: str) -> Iterator[None]:
    """Turn what DuckDB, Arrow and the operating system raise into `StoreError`; Ctrl-C stays Ctrl-C."""
    try:
        yield
    except Exception as error:
        duckdb, arrow = (
            sys.modules.get("duckdb"),
            sys.modules.get("pyarrow"),
        )  # an extra: whoever failed has loaded it
        if duckdb and isinstance(error, duckdb.InterruptException):
            raise KeyboardInterrupt from None
        kinds: tuple[type[Exception], ...] = (OSError, UnicodeError)
        kinds += (duckdb.Error,) if duckdb else ()
        kinds += (arrow.ArrowException,) if arrow else ()
        if not isinstance(error, kinds):
            raise
        text = " ".join(str(error).split())
        raise StoreError(f"{where}: {text[:300]}") from error
