"""Other files inside of a model, such as vocabularies: their sizes, and hashes when asked."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from caniload.runner.forensics.formats.archive import Archive
from caniload.runner.forensics.formats.savedmodel import GRAPH_BYTES, GRAPH_FILE

Hashing = Callable[[], str | None]
"""Returns the hash of a content; None where it cannot be read."""

Assets = dict[str, tuple[int, Hashing]]

MOST = 10_000
"""Most files in a folder that are looked at."""

OF_SAVEDMODELS = ("assets", "assets.extra")
_PIECE = 2**20
_TABLE = b"LookupTableImport"
"""The operation that fills a table out of the graph."""


def of_archive(archive: Archive, name: str) -> Hashing:
    """Return what hashes a member."""

    def hashed() -> str | None:
        sink = _Hash()
        return sink.whole.hexdigest() if archive.unpack(name, sink) else None

    return hashed


def of_file(path: Path, start: int = 0, size: int | None = None) -> Hashing:
    """Return what hashes a file, or ``size`` bytes of it from ``start`` on."""

    def hashed() -> str | None:
        whole = hashlib.sha256()
        left = size
        try:
            with path.open("rb") as stream:
                stream.seek(start)
                while piece := stream.read(_PIECE if left is None else min(left, _PIECE)):
                    whole.update(piece)
                    left = None if left is None else left - len(piece)
        except OSError:
            return None
        return None if left else whole.hexdigest()

    return hashed


class _Hash(io.BytesIO):
    """A file that keeps only the hash of what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = hashlib.sha256()

    def write(self, piece: Any) -> int:
        self.whole.update(piece)
        return len(piece)


def of_folder(folder: Path, known: tuple[str | None, ...]) -> Assets:
    """Return the files in a folder but the ``known`` ones, as an archive of it names them."""
    found: Assets = {}
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if name not in known:
            found[name] = (path.stat().st_size, of_file(path))
    return found


def of_savedmodel(folder: Path) -> Assets:
    """Return the assets, and the graph where tables are filled out of it."""
    found: Assets = {}
    for name in OF_SAVEDMODELS:
        for inner, one in of_folder(folder / name, ()).items():
            found[f"{name}/{inner}"] = one
    path = folder / GRAPH_FILE
    size = path.stat().st_size if path.is_file() else 0
    if 0 < size <= GRAPH_BYTES and _TABLE in path.read_bytes():
        found[GRAPH_FILE] = (size, of_file(path))
    return found


def _files(folder: Path) -> Iterator[Path]:
    listed = sorted(folder.rglob("*")) if folder.is_dir() else []
    return (path for path in listed[:MOST] if path.is_file())
