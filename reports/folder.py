"""The folder that a report is written to, file by file: size and hash of each are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True, kw_only=True)
class Written:
    bytes: int
    sha256: str


class Folder:
    """Writes files below a root; nothing of them stays in memory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.files: dict[str, Written] = {}

    def write(self, path: str, content: bytes) -> None:
        with self.open(path) as file:
            file.write(content)

    @contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        """Open a file to be written in pieces."""
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            yield file
        with target.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.files[path] = Written(bytes=target.stat().st_size, sha256=digest)
