"""Walls for environments: one that an environment starts behind, and where its own model passes."""

from __future__ import annotations

import itertools
import stat
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caniload.runner.core.errors import CaniloadError, EnvironmentUnusable
from caniload.runner.core.shipped import PROBES
from caniload.runner.environments.home import Home
from caniload.runner.environments.variables import process_variables
from caniload.runner.matrix.schema import Environment
from caniload.runner.sandbox import control, walls, watching
from caniload.runner.sandbox.levels import NO_WALL
from caniload.runner.sandbox.walls import Cage, Confined
from caniload.runner.sandbox.words import Level

_FILE, _FOLDER, _THROUGH = 0o004, 0o005, 0o001
"""What everybody else needs: to read a file, to list a folder, to go through it."""

PATIENCE = 3
"""Times the limit of an import that importing, saving and loading the control may take."""


@dataclass(kw_only=True)
class Confining:
    """The walls of the environments of one run; ``scratch`` is a folder of ours for it.

    ``seconds`` is how long a framework may take to import.
    """

    wanted: str
    home: Home
    scratch: Path
    seconds: float
    _known: dict[str, Confined | None] = field(default_factory=dict)
    _prepared: dict[str, tuple[Environment, str]] = field(default_factory=dict)
    _same_person: dict[str, Confined | None] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _asking: Any = field(default_factory=threading.RLock)

    def prepare(
        self, environment: Environment, fingerprint: str, more: Mapping[str, str] | None = None
    ) -> None:
        """Find the wall for an environment that is built; ``more`` are variables of its own.

        ``EnvironmentUnusable`` where there is none, or where not even the framework's own model
        passes behind it.
        """
        with self._asking:
            if environment.id in self._known:
                return
            variables = {**process_variables(environment, self.home), **(more or {})}
            try:
                wall = walls.of(self.wanted, self.home.checked)
                found = wall.confined(self.home.python(environment.id), variables)
            except CaniloadError as error:
                raise EnvironmentUnusable(str(error)) from error
            if found is not None:
                self._control(environment, fingerprint, found)
            self._known[environment.id] = found
            self._prepared[environment.id] = environment, fingerprint

    def _control(self, environment: Environment, fingerprint: str, found: Confined) -> None:
        cage = self._caged(environment.id, found, (), 0)
        try:
            problem = control.failing(
                cage,
                environment.imports,
                seconds=PATIENCE * self.seconds,
                known=self.home.checked / "walls",
                key=fingerprint,
            )
        finally:
            watching.remove(cage.folder)
        if problem is not None:
            raise EnvironmentUnusable(f"{problem}; --sandbox none runs without")

    def cage(self, environment: str, readable: Iterable[Path], model_bytes: int = 0) -> Cage | None:
        """Return a cage for one process of an environment that was prepared, ``None``: no wall."""
        found = self._for(environment, readable := tuple(readable))
        return None if found is None else self._caged(environment, found, readable, model_bytes)

    def shared(
        self, environment: str, folder: Path | None, readable: Iterable[Path], model_bytes: int
    ) -> Cage | None:
        """Return a cage in a folder that others have, too; ``None``: no wall."""
        found = self._for(environment, readable := tuple(readable))
        if found is None or folder is None:
            return None
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)
        return found.cage(folder, (PROBES, *readable), model_bytes=model_bytes)

    def _for(self, environment: str, readable: Sequence[Path]) -> Confined | None:
        """Return the wall of an environment: one whose process stays who we are, if it has to.

        A person's own folder may be closed to everybody else, as that of an administrator is.
        """
        found = self._known[environment]
        if found is None or found.way.uid is None:
            return found
        through = found.way.level is Level.LANDLOCK  # others mount it where everybody can go
        if not any(is_closed(one, through=through) for one in readable):
            return found
        with self._asking:
            if environment not in self._same_person:
                self._same_person[environment] = self._of_the_same_person(environment, found)
            other = self._same_person[environment]
            self._known[environment] = other or found
        return other or found

    def _of_the_same_person(self, environment: str, found: Confined) -> Confined | None:
        """Return such a wall, ``None`` where the framework's own model does not pass behind it.

        What cannot be read is told as not known then, for the wall may have stopped it.
        """
        other = walls.of(self.wanted, self.home.checked).of_the_same_person(found)
        try:
            if other is not None:
                self._control(*self._prepared[environment], other)
        except EnvironmentUnusable:
            return None
        return other

    def level(self, environment: str) -> dict[str, Any]:
        """Return what held in an environment, as results have it."""
        found = self._known.get(environment)
        return (NO_WALL if found is None else found.held).told()

    def _caged(
        self, environment: str, found: Confined, readable: Iterable[Path], model_bytes: int
    ) -> Cage:
        folder = self.scratch / f"cage-{next(self._numbers)}-{environment}"
        folder.mkdir(parents=True)
        folder.chmod(0o711)
        return found.cage(folder, (PROBES, *readable), model_bytes=model_bytes)


def is_closed(path: Path, *, through: bool) -> bool:
    """Say whether others may not read a file, or a folder with all that is right in it.

    With ``through`` also whether they cannot get there.
    """
    inside = [*path.iterdir()] if path.is_dir() else []
    for one in (path, *inside):
        mode = one.stat().st_mode
        wanted = _FOLDER if stat.S_ISDIR(mode) else _FILE
        if mode & wanted != wanted:
            return True
    above = path.absolute().parents if through else ()
    return any(one.stat().st_mode & _THROUGH != _THROUGH for one in above)


def size(paths: Iterable[Path]) -> int:
    """Return the bytes of files, and of all that is in folders."""
    found = 0
    for path in paths:
        files = path.rglob("*") if path.is_dir() else (path,)
        found += sum(one.stat().st_size for one in files if one.is_file())
    return found
