"""Results as they arrive: one JSON object a line, appended, readable after any kill.

A line is ``{"key": ..., "crc": ..., "record": {...}}``. A line that was cut short or altered fails
its checksum and counts as never run; the next run writes it again. Later lines win.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from caniload.runner.evidence import shelf

Record = Mapping[str, Any]


class Log:
    """The newest results of a store, kept in memory as the texts that they are on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self.texts: dict[str, bytes] = {}
        self.damaged_lines = 0
        self.read()

    def read(self) -> None:
        self.texts.clear()
        self.damaged_lines = 0
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for line in file:
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            head, found, text = line.rstrip(b"\n").partition(b',"record":')
            entry = json.loads(head + b"}")
            body = text[:-1]
            if found and zlib.crc32(body) == entry["crc"]:
                key = entry["key"]
                self.texts.pop(key, None)
                self.texts[key] = body
                return
        except (ValueError, KeyError, TypeError):
            pass
        self.damaged_lines += bool(line.strip())

    def sha256(self) -> str:
        """Return the hash of the file as it stands."""
        if not self._path.exists():
            return ""
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def open(self) -> None:
        """Open it for writing, after what is there."""
        self._file = self._path.open("ab")
        if self._file.tell() and not self._ends_with_newline():
            self._file.write(b"\n")

    def _ends_with_newline(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def close(self) -> None:
        if self._file is not None:
            self.sync()
            self._file.close()
            self._file = None

    @property
    def size(self) -> int:
        """Bytes on disk, while it is open for writing."""
        return self._file.tell() if self._file is not None else 0

    def get(self, key: str) -> Record | None:
        text = self.texts.get(key)
        record: Record | None = json.loads(text) if text is not None else None
        return record

    def put(self, key: str, record: Record) -> None:
        """Append one record; it survives the death of this process from now on."""
        if self._file is None:
            raise RuntimeError("the store is not open for writing")
        text = json.dumps(record, sort_keys=True).encode()
        head = f'{{"key":{json.dumps(key)},"crc":{zlib.crc32(text)},"record":'.encode()
        self._file.write(b"".join((head, text, b"}\n")))
        self._file.flush()
        self.texts.pop(key, None)
        self.texts[key] = text

    def sync(self) -> None:
        """Make what was put survive the death of the machine, too."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())

    def empty(self) -> None:
        """Begin anew in one step; who reads the old one goes on reading it."""
        self.close()
        unfinished = self._path.with_name(f"{self._path.name}.part")
        with unfinished.open("wb") as file:
            os.fsync(file.fileno())
        unfinished.replace(self._path)
        shelf.sync(self._path.parent)
        self.texts.clear()
        self.open()
