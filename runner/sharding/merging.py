"""Homes -> one store: records and the files they name are copied in, the first to say it wins.

Doing it again, or in another order, gives the same. A merge that is killed has copied a part; the
next goes on. Files come before the record that names them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from caniload.runner.environments.home import Home
from caniload.runner.evidence import artifacts, runs
from caniload.runner.evidence.artifacts import Stored
from caniload.runner.evidence.log import Record
from caniload.runner.evidence.store import Store
from caniload.runner.sharding.contradicting import contradiction, name, yields


@dataclass(kw_only=True)
class Merged:
    """What came in, in counts; ``damaged`` has the unreadable results of each home.

    ``lost`` says of each folder of files that no home has whole where it was to be.
    """

    records: int = 0
    known: int = 0
    files: int = 0
    damaged: dict[Path, int] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)


class Merging:
    """Copies homes into one; ``store`` is that one's, open for writing."""

    def __init__(self, store: Store, into: Home) -> None:
        self._store, self._into = store, into
        self._whole: set[str] = set()
        self._ran = {reader for one in runs.read(into) for reader in one.readers}
        self.merged = Merged()

    def __call__(self, homes: Sequence[Home]) -> Merged:
        for left in self._into.artifacts.glob("tmp-*"):
            shutil.rmtree(left, ignore_errors=True)
        for home in homes:
            if home.root.resolve() != self._into.root.resolve():
                self._take(home)
        self._store.compact()
        return self.merged

    def _take(self, home: Home) -> None:
        source = Store(home.results)
        ran = {reader for one in runs.read(home) for reader in one.readers}
        for reader in source.readers():
            self._take_cells(reader, source, home, ran=reader in ran)
        self._ran |= ran
        for key in source.others():
            record = source.get(key)
            assert record is not None  # noqa: S101 - it has a key
            self._take_one(key, record, home)
        if source.damaged:
            self.merged.damaged[home.root] = source.damaged

    def _take_cells(self, reader: str, source: Store, home: Home, *, ran: bool) -> None:
        """Take what one environment loaded, as columns; one by one what differs.

        ``ran``: that home has loaded in it since, where others have no more than an older copy.
        """
        import numpy as np  # noqa: PLC0415

        theirs, ours = source.rows(reader), self._store.rows(reader)
        at = ours.find(theirs.files)
        new = np.flatnonzero(~self._store.has(theirs.files, reader))
        there = np.flatnonzero(at >= 0)
        differing = there[~ours.says_the_same(at[there], theirs, there)]
        elsewhere = np.setdiff1d(np.flatnonzero(at < 0), new)  # there, and in another form
        if len(new):
            self._store.adopt(reader, theirs.table().take(new))
        self.merged.records += len(new)
        self.merged.known += len(there) - len(differing)
        if ran != (reader in self._ran) and len(differing):
            self.merged.known += len(differing)
            if ran:
                self._store.adopt(reader, theirs.table().take(differing))
            differing = differing[:0]
        for row in (*differing.tolist(), *elsewhere.tolist()):
            self._take_one(f"{reader}/{theirs.name(row)}", theirs.record(row), home)

    def _take_one(self, key: str, record: Record, home: Home) -> None:
        known = self._store.get(key)
        if known is None or self._gives_way(known, record, home):
            self._bring_files(record, home)
            self._store.put(key, record)
            self.merged.records += 1
            return
        self.merged.known += 1
        known = self._joined(key, known, record, home)
        if told := contradiction(known, record) if known != record else None:
            if not yields(record, known):
                self.merged.contradictions.append(f"{name(record)} in {home.root}: {told}")
        else:
            self._bring_files(record, home)

    def _joined(self, key: str, known: Record, record: Record, home: Home) -> Record:
        """Return what is known of a model that was saved, and in further formats elsewhere."""
        if {known["kind"], record["kind"]} != {"save"}:
            return known
        further = {
            name: entry for name, entry in record["formats"].items() if name not in known["formats"]
        }
        if not further:
            return known
        self._bring_files({**record, "formats": further}, home)
        joined = {**known, "formats": {**known["formats"], **further}}
        self._store.put(key, joined)
        return joined

    def _gives_way(self, known: Record, record: Record, home: Home) -> bool:
        if yields(known, record):
            return True
        if record["kind"] != "save" or known == record or yields(record, known):
            return False
        return not self._is_whole(known, self._into) and self._is_whole(record, home)

    def _is_whole(self, record: Record, home: Home) -> bool:
        return all(artifacts.intact(one, home.artifacts) for one in files_of(record))

    # Files

    def _bring_files(self, record: Record, home: Home) -> None:
        for stored in files_of(record):
            if stored.path not in self._whole:
                self._bring(stored, record, home)

    def _bring(self, stored: Stored, record: Record, home: Home) -> None:
        if not artifacts.intact(stored, self._into.artifacts):
            if not is_inside(stored.path) or not artifacts.intact(stored, home.artifacts):
                told = f"{name(record)}: {stored.path} is gone from {home.root} or was altered"
                self.merged.lost[stored.path] = told
                return
            self._copy(home.artifacts / stored.path, self._into.artifacts / stored.path)
            self.merged.files += 1
        self._whole.add(stored.path)
        self.merged.lost.pop(stored.path, None)

    def _copy(self, source: Path, target: Path) -> None:
        """Copy a folder in one step, so that none is half there."""
        scratch = self._into.artifacts / "tmp-merge"
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(source, scratch, copy_function=_link)
        if target.exists():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch.rename(target)


def files_of(record: Record) -> Iterator[Stored]:
    """Yield the folders of files that a record names."""
    if record["kind"] != "save":
        return
    named: list[Mapping[str, Any] | None] = []
    for entry in record["formats"].values():
        named += [entry["expected"], entry["stored"], *entry["damaged"].values()]
    yield from (Stored(**one) for one in named if one)


def is_inside(path: str) -> bool:
    """Say whether a path that another machine wrote stays in the folder that it is relative to."""
    parts = PurePosixPath(path)
    return not parts.is_absolute() and ".." not in parts.parts


def _link(source: str, target: str) -> None:
    """Give the file a second name, which takes no room; copy it where that cannot be."""
    if not Path(source).is_symlink():
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)
