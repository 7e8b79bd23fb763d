"""Results on disk: a log as they arrive, and columns that a run's end makes of it.

``records.jsonl`` is the log. Below ``cells`` are Parquet files, a folder for each environment that
loaded, under its fingerprint; below ``others`` the rest. The log goes before the columns and is
emptied after they are written: a kill at any moment leaves some results twice, and none away.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from caniload.runner.core.errors import StoreBusyError
from caniload.runner.evidence import shelf
from caniload.runner.evidence.keys import digest
from caniload.runner.evidence.log import Log, Record
from caniload.runner.evidence.others import Others
from caniload.runner.evidence.packing import Row, pack, split_key
from caniload.runner.evidence.rows import Rows, table_of

if TYPE_CHECKING:
    import numpy as np
    from filelock import FileLock
    from numpy.typing import NDArray

Derived = TypeVar("Derived")

LOG, CELLS, OTHERS = "records.jsonl", "cells", "others"

LOG_BYTES = 32 * 2**20
"""How large the log may grow in a run before it becomes columns; that much is in memory."""

ROWS = 16_384
"""Cells of a Parquet file at most: what a spoilt byte costs."""

WASTE = 4
"""A reader's columns are written anew when more than one row in so many was replaced by another."""

HELD_BYTES = 128 * 2**20
"""How much of what was read stays in memory, of the readers that were asked for last."""

RECENT = 64
"""How many results that are no cell's stay read: what is asked for once is asked for again."""


class Store:
    """The results of one CANILOAD_HOME. Reading needs no lock; writing is for one run at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cells = folder / CELLS
        self._lock: FileLock | None = None
        self._log = Log(folder / LOG)
        self._others = Others(folder / OTHERS)
        self._held: OrderedDict[str, Rows] = OrderedDict()
        self._lost: dict[str, int] = {}  # rows of spoilt files, by reader
        self._recent: OrderedDict[str, Record | None] = OrderedDict()
        self._derived: dict[str, Any] = {}
        self.changes = 0

    def __enter__(self) -> Self:
        """Take the store for writing; ``StoreBusyError`` where another run holds it."""
        import filelock  # noqa: PLC0415 - most commands only read, and it is half of what that takes

        self._folder.mkdir(parents=True, exist_ok=True)
        lock = self._lock or filelock.FileLock(self._folder / "run.lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise StoreBusyError(
                f"another run is writing to {self._folder}; wait for it, or give this one its"
                " own CANILOAD_HOME"
            ) from error
        self._lock = lock
        self._log.read()  # what another run wrote between our construction and the lock
        self._forget()
        self._log.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._log.close()
        if self._lock is not None:
            self._lock.release()

    def _forget(self) -> None:
        self._others.forget()
        self._held.clear()
        self._lost.clear()
        self.changes += 1
        self._recent.clear()
        self._derived.clear()

    # One result

    def get(self, key: str) -> Record | None:
        if (found := self._row(key)) is not None and key not in self._log.texts:
            rows, row = found
            return rows.record(row)
        if key not in self._recent:
            while len(self._recent) >= RECENT:
                self._recent.popitem(last=False)
            record = self._log.get(key)
            self._recent[key] = record if record is not None else self._others.get(key)
        return self._recent[key]

    def __contains__(self, key: str) -> bool:
        return key in self._log.texts or key in self._others or self._row(key) is not None

    def _row(self, key: str) -> tuple[Rows, int] | None:
        """Return where the columns have a cell that nothing else has in another form."""
        place = split_key(key) if key not in self._others else None
        rows = self._written(place[0]) if place is not None else None
        if place is None or rows is None or not rows.parts:
            return None
        row = rows.at(place[1])
        return (rows, row) if row is not None else None

    def derived(self, key: str, make: Callable[[Record | None], Derived]) -> Derived:
        """Return what is made of a record, once until another is put in its place."""
        if key not in self._derived:
            self._derived[key] = make(self.get(key))
        found: Derived = self._derived[key]
        return found

    # Many

    def readers(self) -> list[str]:
        """Return the fingerprints of the environments that loaded anything."""
        found = (path.name for path in self._cells.glob("*/"))
        there = (place[0] for key in self._log.texts if (place := split_key(key)))
        return sorted({*found, *there})

    def rows(self, reader: str) -> Rows:
        """Return all that an environment measured, as columns."""
        written = self._written(reader)
        newest = list(self._packed(reader))
        if not newest:
            return written
        table = table_of(newest)
        return Rows([*written.parts, table], written.nbytes + table.nbytes)

    def has(self, files: NDArray[np.bytes_], reader: str) -> NDArray[np.bool_]:
        """Say which of these files, by their keys, the environment has loaded."""
        import numpy as np  # noqa: PLC0415

        found = self._written(reader).find(files) >= 0
        beside = [
            bytes.fromhex(place[1])
            for key in (*self._log.texts, *self._others)
            if key.startswith(f"{reader}/") and (place := split_key(key)) is not None
        ]
        return found | np.isin(files, np.array(beside, files.dtype)) if beside else found

    def _written(self, reader: str) -> Rows:
        """Return what the columns have of a reader; what was asked for last stays in memory."""
        rows = self._held.pop(reader, None)
        if rows is None:
            read = shelf.read(self._cells / reader)
            self._lost[reader] = read.lost
            contents = [content for _, content in read.files]
            rows = Rows([shelf.opened(one) for one in contents], sum(map(len, contents)))
        self._held[reader] = rows
        while len(self._held) > 1 and sum(one.nbytes for one in self._held.values()) > HELD_BYTES:
            self._held.popitem(last=False)
        return rows

    def _packed(self, reader: str) -> Iterator[tuple[str, Row]]:
        for key, text in self._log.texts.items():
            place = split_key(key)
            if place is not None and place[0] == reader:
                row = pack(json.loads(text))
                if row is not None:
                    yield place[1], row

    def __len__(self) -> int:
        return sum(1 for _ in self.keys())

    def keys(self) -> Iterator[str]:
        newest: Collection[str] = self._log.texts
        yield from newest
        for reader in self.readers():
            keys = (f"{reader}/{file}" for file in self._written(reader).names())
            yield from (key for key in keys if key not in newest and key not in self._others)
        yield from (key for key in self._others if key not in newest)

    def others(self) -> Iterator[str]:
        """Yield the keys of all that is in nobody's ``rows``."""
        for key, text in self._log.texts.items():
            if split_key(key) is None or pack(json.loads(text)) is None:
                yield key
        yield from (key for key in self._others if key not in self._log.texts)

    def values(self) -> Iterator[Record]:
        return (record for _, record in self.items())

    def items(self) -> Iterator[tuple[str, Record]]:
        """Yield all results, one environment's after the other's."""
        for key in self.keys():
            record = self.get(key)
            assert record is not None  # noqa: S101 - it has a key
            yield key, record

    # What is there

    @property
    def damaged(self) -> int:
        """How many stored results could not be read, of those that were asked for."""
        return self._log.damaged_lines + self._others.lost + sum(self._lost.values())

    def sha256(self) -> str:
        """Return a hash of all that is stored: files are named after their content."""
        columns = [*shelf.stamp(self._cells), *shelf.stamp(self._folder)]
        return digest(columns, self._log.sha256())

    # Writing

    def put(self, key: str, record: Record) -> None:
        """Append one record; it survives the death of this process from now on."""
        self._log.put(key, record)
        self.changes += 1
        self._recent.pop(key, None)
        self._derived.pop(key, None)
        if self._log.size > LOG_BYTES:
            self.compact()

    def sync(self) -> None:
        """Make what was put survive the death of the machine, too."""
        self._log.sync()

    def rename(self, new: Callable[[str, Record], str | None]) -> int:
        """Put what is in the log, under no cell's key, under others; return how many have any."""
        found = {
            key: wanted
            for key, text in self._log.texts.items()
            if split_key(key) is None and (wanted := new(key, json.loads(text))) is not None
        }
        for key, wanted in found.items():
            self._log.texts[wanted] = self._log.texts.pop(key)
        if found:
            self.compact()
        return len(found)

    def compact(self) -> None:
        """Make columns of the log, and empty it; nothing is lost whenever this ends."""
        by_reader: defaultdict[str, dict[str, bytes]] = defaultdict(dict)
        rest: dict[str, bytes] = {}
        for key, text in self._log.texts.items():
            place = split_key(key)
            if place is None or key in self._others:
                rest[key] = text
            else:
                by_reader[place[0]][place[1]] = text
        for reader, texts in by_reader.items():
            rest |= self._compact_reader(reader, texts)
        if rest:
            self._others.add(rest)
        if self._log.texts:
            self._log.empty()

    def _compact_reader(self, reader: str, texts: Mapping[str, bytes]) -> dict[str, bytes]:
        """Add rows to a reader's; return by their keys what has not the form of a row."""
        packed = {file: pack(json.loads(text)) for file, text in texts.items()}
        rows = [(file, row) for file, row in packed.items() if row is not None]
        if rows:
            self.adopt(reader, table_of(rows))
        return {f"{reader}/{file}": texts[file] for file, row in packed.items() if row is None}

    def adopt(self, reader: str, table: Any) -> None:
        """Add rows as they are to a reader's columns, on disk when this returns."""
        folder = self._cells / reader
        read = shelf.read(folder)
        whole = Rows([*(shelf.opened(content) for _, content in read.files), table])
        if WASTE * whole.superseded > len(whole):
            shelf.rewrite(folder, whole.table(), ROWS)
        else:
            shelf.append(folder, table, read, ROWS)
        self._held.pop(reader, None)
        self.changes += 1


def stamp(folder: Path) -> list[str]:
    """Return what identifies all that is stored in a folder; no file is opened, none is nothing."""
    found = [*shelf.stamp(folder / CELLS), *shelf.stamp(folder)]
    with contextlib.suppress(FileNotFoundError):
        status = (folder / LOG).stat()
        if status.st_size:
            found.append(f"{LOG} {status.st_size} {status.st_mtime_ns}")
    return found


def remove(folder: Path) -> None:
    """Remove all results of a folder."""
    (folder / LOG).unlink(missing_ok=True)
    for name in (CELLS, OTHERS):
        shutil.rmtree(folder / name, ignore_errors=True)
