"""Results on disk: one JSON object a line, appended as they arrive, readable after any kill.

A line is ``{"key": ..., "crc": ..., "record": {...}}``. A line that was cut short or altered fails
its checksum and counts as never run; the next run writes it again. Later lines win.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from caniload.runner.core.errors import StoreBusyError

if TYPE_CHECKING:
    from filelock import FileLock

Record = Mapping[str, Any]


class Store:
    """The results of one CANILOAD_HOME. Reading needs no lock; writing is for one run at a time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "records.jsonl"
        self._lock: FileLock | None = None
        self._file: IO[bytes] | None = None
        self._records: dict[str, Record] = {}
        self.damaged_lines = 0
        self._read()

    def __enter__(self) -> Self:
        """Take the store for writing; ``StoreBusyError`` where another run holds it."""
        import filelock  # noqa: PLC0415 - most commands only read, and it is half of what that takes

        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = self._lock or filelock.FileLock(self._path.with_name("run.lock"))
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise StoreBusyError(
                f"another run is writing to {self._path.parent}; wait for it, or give this one its"
                " own CANILOAD_HOME"
            ) from error
        self._lock = lock
        self._records.clear()
        self._read()  # what another run wrote between our construction and the lock
        self._file = self._path.open("ab")
        if self._file.tell() and not self._ends_with_newline():
            self._file.write(b"\n")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self.sync()
            self._file.close()
            self._file = None
        if self._lock is not None:
            self._lock.release()

    def get(self, key: str) -> Record | None:
        return self._records.get(key)

    def __contains__(self, key: str) -> bool:
        return key in self._records

    def __len__(self) -> int:
        return len(self._records)

    def values(self) -> Iterator[Record]:
        return iter(self._records.values())

    def items(self) -> Iterator[tuple[str, Record]]:
        return iter(self._records.items())

    def sha256(self) -> str:
        """Return the hash of the file as it stands."""
        if not self._path.exists():
            return ""
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def put(self, key: str, record: Record) -> None:
        """Append one record; it survives the death of this process from now on."""
        if self._file is None:
            raise RuntimeError("the store is not open for writing")
        text = json.dumps(record, sort_keys=True)
        line = f'{{"key":{json.dumps(key)},"crc":{zlib.crc32(text.encode())},"record":{text}}}\n'
        self._file.write(line.encode())
        self._file.flush()
        self._records[key] = record

    def sync(self) -> None:
        """Make what was put survive the death of the machine, too."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())

    def _read(self) -> None:
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
                self._records[entry["key"]] = json.loads(body)
                return
        except (ValueError, KeyError, TypeError):
            pass
        self.damaged_lines += bool(line.strip())

    def _ends_with_newline(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"
