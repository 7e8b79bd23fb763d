"""Carries out an order in a home: is all there, can it be done here, and what came of it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from caniload.runner.engines import parcels
from caniload.runner.engines.orders import Order, Reply, belongs, caniload_sha256
from caniload.runner.environments import processes
from caniload.runner.environments.home import Home
from caniload.runner.environments.opening import open_matrix
from caniload.runner.evidence import artifacts
from caniload.runner.evidence.artifacts import Stored
from caniload.runner.evidence.keys import digest
from caniload.runner.evidence.log import Record
from caniload.runner.evidence.resolve import resolve
from caniload.runner.evidence.store import Store
from caniload.runner.matrix.schema import Matrix
from caniload.runner.sharding import notes
from caniload.runner.sharding.merging import files_of, is_inside
from caniload.runner.sharding.notes import Note

Files = Mapping[str, bytes]


class Carrying:
    """Carries out one order; ``jobs`` is how many processes at a time, unless the order says."""

    def __init__(self, order: Order, home: Home, *, jobs: str) -> None:
        self._order, self._home, self._jobs = order, home, jobs
        self._papers, self._asked = home.root / "papers", home.root / "asked"

    def __call__(self, came: Files) -> tuple[Reply, Files]:
        """Return the reply, and the files that go with it."""
        if self._order.caniload != caniload_sha256():
            return Reply(unfit="its caniload is another than the one that asks"), {}
        self._keep(came)
        if lacking := tuple(self._lacking_papers()):
            return Reply(lacking=lacking), {}
        self._lay_out()
        matrix = open_matrix(self._asked / "matrix.yaml", locks=self._asked / "locks")
        if unfit := self._unfit(matrix):
            return Reply(unfit=unfit), {}
        lacking = tuple(self._lacking_folders())
        if lacking or not self._order.run:
            return Reply(lacking=lacking), {}
        return self._run()

    # What has to be there

    def _keep(self, came: Files) -> None:
        folders: dict[str, dict[str, bytes]] = {}
        for name, content in came.items():
            kind, _, rest = name.partition("/")
            if kind == "papers":
                self._papers.mkdir(exist_ok=True)
                (self._papers / parcels.sha256(content)).write_bytes(content)
            else:
                folder, _, file = rest.partition("//")
                folders.setdefault(folder, {})[file] = content
        for folder, files in folders.items():
            put_folder(self._home.artifacts, folder, files)

    def _lacking_papers(self) -> Iterator[str]:
        for sha256 in self._order.papers.values():
            path = self._papers / sha256
            if not path.is_file() or parcels.sha256(path.read_bytes()) != sha256:
                yield sha256

    def _lacking_folders(self) -> Iterator[str]:
        for stored in json.loads(self._paper("folders")):
            if not artifacts.intact(Stored(**stored), self._home.artifacts):
                yield stored["path"]

    def _paper(self, name: str) -> bytes:
        return (self._papers / self._order.papers[name]).read_bytes()

    def _lay_out(self) -> None:
        """Write what the command is given where it is told to look."""
        shutil.rmtree(self._asked, ignore_errors=True)
        (self._asked / "locks").mkdir(parents=True)
        (self._asked / "matrix.yaml").write_bytes(self._paper("matrix.yaml"))
        for name, text in json.loads(self._paper("locks")).items():
            (self._asked / "locks" / Path(name).name).write_text(text, encoding="utf-8")
        if "ids" in self._order.papers:
            (self._asked / "cells.txt").write_bytes(self._paper("ids"))

    # Whether it can be done here

    def _unfit(self, matrix: Matrix) -> str | None:
        """Say why results of this machine would not be found beside those of the one that asks."""
        wanted = self._order.fingerprints
        rows = [one for one in matrix.environments if one.id in wanted]
        resolution = resolve(rows, home=self._home, locks=self._asked / "locks")
        for row in rows:
            if row.id in resolution.untested:
                return f"{row.id}: {resolution.untested[row.id]}"
            if resolution.fingerprints[row.id] != wanted[row.id]:
                there = resolution.usable[row.id].interpreter.version
                return (
                    f"{row.id} is to run in Python {self._order.pythons[row.id]}; here it would in"
                    f" {there}, or on another system or C library"
                )
        for row in matrix.environments:
            if (python := self._order.rows[row.id]) != row.python:
                return f"{row.id} is to be on Python {python}; here it is on {row.python}"
        return None

    # Doing it

    def _run(self) -> tuple[Reply, Files]:
        order = self._order
        sent = self._take_records()
        before = self._built()
        finished = processes.run(
            [sys.executable, "-m", "caniload", *self._words()],
            variables=os.environ,
            seconds=order.seconds,
        )
        if finished.code != 0:
            said = finished.output.strip().splitlines() or ["it said nothing"]
            how = f"after {order.seconds:.0f} s it was ended" if finished.code is None else said[-1]
            return Reply(failed=how), {}
        note = next(one for one in notes.read(self._home) if one.place == order.place)
        there = dict(Store(self._home.results).items())
        new = {key: record for key, record in there.items() if sent.get(key) != record}
        reply = Reply(
            note=notes.as_text(note),
            short=_short(note, new),
            built=len(self._built() - before),
        )
        return reply, self._files(new)

    def _take_records(self) -> dict[str, Record]:
        """Have in the store what was sent, and what an earlier try measured of the same shard.

        What was sent goes before: that machine's files are those that everybody loads.
        """
        results = self._home.results
        of = results / "plan"
        plan = digest(dict(self._order.plan))
        if not of.is_file() or of.read_text(encoding="utf-8") != plan:
            shutil.rmtree(results, ignore_errors=True)
        order = self._order
        sent = {key: one for name in ("saved", "cells") for key, one in self._records(name)}
        own = Store(results).items()
        kept = {key: one for key, one in own if belongs(one, order.place, order.environments)}
        shutil.rmtree(results, ignore_errors=True)
        with Store(results) as store:
            for key, record in {**kept, **sent}.items():
                store.put(key, record)
        self._home.shards.mkdir(exist_ok=True)
        for name, text in json.loads(self._paper("notes")).items():
            (self._home.shards / Path(name).name).write_text(text, encoding="utf-8")
        of.write_text(plan, encoding="utf-8")
        return sent

    def _records(self, name: str) -> Iterator[tuple[str, Record]]:
        for line in self._paper(name).splitlines():
            key, record = json.loads(line)
            yield key, record

    def _words(self) -> list[str]:
        place, words = self._order.place, self._order.words
        return [
            *("--matrix", str(self._asked / "matrix.yaml"), "matrix"),
            *("--locks", str(self._asked / "locks")),
            *("--shard", f"{place.number}/{place.of}", "--stage", place.stage.value),
            *(("--cells", str(self._asked / "cells.txt")) if "ids" in self._order.papers else ()),
            *(() if "--jobs" in words else ("--jobs", self._jobs)),
            *words,
        ]

    def _built(self) -> set[str]:
        return {path.parent.name for path in self._home.environments.glob("*/receipt.json")}

    def _files(self, records: Mapping[str, Record]) -> Files:
        lines = "".join(f"{json.dumps([key, one])}\n" for key, one in records.items())
        found = {"records": lines.encode()}
        for record in records.values():
            for stored in files_of(record):
                found |= read_folder(self._home.artifacts, stored.path)
        return found


def _short(note: Note, new: Mapping[str, Record]) -> str | None:
    """Return the first reason why something was not measured here that may be elsewhere."""
    reasons = [f"{one}: {why}" for one, why in note.unusable.items()]
    reasons += [one["reason"] for one in new.values() if one["kind"] == "fault"]
    return reasons[0] if reasons else None


def read_folder(root: Path, path: str) -> dict[str, bytes]:
    """Return the files of a saved folder under the names that they travel by."""
    folder = root / path
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    return {f"artifacts/{path}//{one.relative_to(folder)}": one.read_bytes() for one in files}


def put_folder(root: Path, path: str, files: Mapping[str, bytes]) -> None:
    """Write a saved folder in one step, if it stays below ``root``."""
    scratch, target = root / "tmp-arriving", root / path
    for name in files:
        if not PurePosixPath(path).parts or not is_inside(name) or not is_inside(path):
            raise parcels.ParcelError(f"{path}/{name} would lie outside of the home")
    shutil.rmtree(scratch, ignore_errors=True)
    for name, content in files.items():
        file = scratch / PurePosixPath(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch.rename(target)
