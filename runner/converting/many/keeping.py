"""The folder of results: what in it is known to be ours and done, whenever a run was killed.

While a run lasts, ``.caniload`` inside has its lock, a log of what is done and what is being made.
What is delivered is first logged with the hashes that it will have and then moved into place: what
is logged and lies there with these hashes is done, all else is done again. At the end
``manifest.json`` and ``manifest.md`` take the log's place.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import filelock
from pydantic import TypeAdapter

from caniload.runner.converting.many.manifest import Entry, Manifest
from caniload.runner.converting.receipt import ENDING, files_of, hashed
from caniload.runner.core.errors import StoreBusyError, UsageError
from caniload.runner.core.putting import put_text
from caniload.runner.evidence.log import Log

INSIDE = ".caniload"
MANIFEST, TABLE = "manifest.json", "manifest.md"
OUTDATED = ".outdated"
"""Ends the names of results whose original has changed since, and was not brought across again."""

_ENTRY, _MANIFEST = TypeAdapter(Entry), TypeAdapter(Manifest)


class Results:
    """The folder, held by one run at a time."""

    def __init__(self, into: Path) -> None:
        self.into = into
        self._inside = into / INSIDE
        self._log = Log(self._inside / "done.jsonl")
        self._lock = filelock.FileLock(self._inside / "lock")
        self._putting = threading.Lock()
        self._known: dict[str, Entry] = {}

    def __enter__(self) -> Self:
        """Hold the folder, and remove what was half made by a run that was killed.

        ``StoreBusyError`` if another run holds it, ``UsageError`` if it is no folder.
        """
        if self.into.exists() and not self.into.is_dir():
            raise UsageError(f"--into {self.into}: is there, and is no folder")
        self._inside.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise StoreBusyError(
                f"another run is writing to {self.into}; wait for it, or name another folder"
            ) from error
        for left in self._inside.glob("making-*"):
            shutil.rmtree(left, ignore_errors=True)
        self._log.read()
        self._log.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._log.close()
        for left in self._inside.glob("making-*"):
            shutil.rmtree(left, ignore_errors=True)
        self._lock.release()

    def read(self, target: str) -> None:
        """Read what earlier runs did; ``UsageError`` where that was for another target."""
        path = self.into / MANIFEST
        if path.exists():
            try:
                found = _MANIFEST.validate_json(path.read_bytes())
            except ValueError as error:
                raise UsageError(
                    f"{path}: is there, and is no manifest of this caniload; name another folder"
                ) from error
            self._same(found.target, target)
            self._known = {one.name: one for one in (*found.earlier, *found.models)}
        for key in self._log.texts:
            for_target, _, name = key.partition(" ")
            self._same(for_target, target)
            try:
                self._known[name] = _ENTRY.validate_python(self._log.get(key))
            except ValueError:  # of another version: it is done again
                self._known.pop(name, None)

    def _same(self, found: str, target: str) -> None:
        if found != target:
            raise UsageError(f"{self.into} has results for {found}; name another folder")

    def known(self, name: str) -> Entry | None:
        """Return what came of an original of that name, be it out of date or not."""
        return self._known.get(name)

    def names(self) -> dict[str, str]:
        """Return the result's name of every original that has one."""
        return {name: one.out for name, one in self._known.items() if one.out is not None}

    def beside(self, names: Sequence[str]) -> Iterator[Entry]:
        """Yield earlier answers that are about none of these names, if their results are here."""
        for name, one in sorted(self._known.items()):
            if name not in names and self.intact(one):
                yield one

    def intact(self, entry: Entry) -> bool:
        """Say whether what was delivered lies there as it was."""
        if entry.out is None:
            return False
        path = self.into / entry.out
        try:
            there = hashed(files_of(path, entry.out)) if path.exists() else ()
        except OSError:
            return False
        return there == entry.result

    def whole(self, entry: Entry) -> bool:
        """Say whether all is there that came of a model: nothing, or a result and its receipt."""
        if entry.out is None:
            return True
        receipt = entry.receipt is None or (self.into / entry.receipt).is_file()
        return receipt and self.intact(entry)

    def has_receipt(self, name: str) -> bool:
        """Say whether a receipt beside it says that it was put there by us, as it is."""
        path = self.into / name
        try:
            stated = json.loads((self.into / f"{name}{ENDING}").read_text("utf-8"))["subject"]
            said = {one["name"]: one["digest"]["sha256"] for one in stated}
            there = hashed(files_of(path, path.name))
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return said == {one.name: one.sha256 for one in there}

    def making(self, number: int) -> Path:
        """Return a new folder for something that is being made; it goes if this is killed."""
        folder = self._inside / f"making-{number}"
        folder.mkdir()
        return folder

    def put(self, entry: Entry, target: str) -> None:
        """Log what came of a model, before anything is moved."""
        with self._putting:
            self._log.put(f"{target} {entry.name}", _ENTRY.dump_python(entry, mode="json"))
            self._log.sync()

    def move(self, made: Path, name: str) -> None:
        """Move what was made to its name among the results, over what was there."""
        path = self.into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.rmtree(path)
        made.replace(path)

    def set_aside(self, entry: Entry) -> None:
        """Give what was delivered another name: it is of an original that has changed since."""
        for name in (entry.out, entry.receipt):
            if name is not None and (self.into / name).exists():
                self.move(self.into / name, f"{name}{OUTDATED}")

    def finish(self, manifest: Manifest, table: str) -> None:
        """Write the manifest and its table, and forget the log."""
        put_text(self.into / MANIFEST, as_json(manifest) + "\n")
        put_text(self.into / TABLE, table)
        self._log.close()
        shutil.rmtree(self._inside, ignore_errors=True)


def as_json(manifest: Manifest) -> str:
    """Return it as ``manifest.json`` has it."""
    return _MANIFEST.dump_json(manifest, indent=1).decode()
