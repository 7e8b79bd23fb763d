"""Start one script of probes/across in an environment, in a fresh process with limits.

Where there are workers it is forked from one that has the framework imported. What ends badly there
is done again in a process of its own, whose answer counts.
"""

from __future__ import annotations

import itertools
import json
import queue
import secrets
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from caniload.runner.converting.outcome import Conversion, Verdict
from caniload.runner.converting.workers import Ran, Workers
from caniload.runner.core.errors import CaniloadError, EnvironmentUnusable
from caniload.runner.core.shipped import LOCKS, PROBES
from caniload.runner.environments.build import build, existing
from caniload.runner.environments.fetching import as_line, sizes
from caniload.runner.environments.home import Home
from caniload.runner.environments.overlays import overlay
from caniload.runner.environments.variables import process_variables
from caniload.runner.evidence.resolve import Resolution, resolve
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.running import behind
from caniload.runner.running.confining import Confining, size
from caniload.runner.running.workers import Event, Worker
from caniload.runner.sandbox import watching
from caniload.runner.sandbox.policy import TIMES
from caniload.runner.sandbox.walls import WRITABLE
from caniload.runner.sandbox.words import Level

ACROSS = PROBES / "across"
SLOWER = 10
"""A person's model is no reference model: it may take so many times the deadline of a cell."""


@dataclass(kw_only=True)
class Workshop:
    """The environments of a matrix, built when they are needed, and a folder for scratch files."""

    matrix: Matrix
    home: Home
    scratch: Path
    locks: Path = LOCKS
    tell: Any = None
    """Called with a line when something takes long, or None."""
    workers: Workers | None = None
    """What has frameworks imported, or None: then every script imports its own."""
    sandbox: str = Level.NONE
    readable: tuple[Path, ...] = ()
    """The person's files, which every script may read behind its wall."""
    walled: list[str] = field(default_factory=list)
    """What the wall may have stopped, in sentences."""
    walls: Confining | None = None
    packages: tuple[str, ...] = ()
    """What a person's code imports beside the framework; laid over every environment."""
    _overlays: dict[str, Path] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _resolution: Resolution | None = None
    _built: dict[str, str | None] = field(default_factory=dict)
    _building: Any = field(default_factory=threading.RLock)

    @property
    def confining(self) -> Confining:
        """The walls of all environments, shared with workshops that are made of this one."""
        with self._building:
            if self.walls is None:
                self.walls = Confining(
                    wanted=self.sandbox,
                    home=self.home,
                    scratch=self.scratch,
                    seconds=self.matrix.limits.import_seconds,
                )
            return self.walls

    def for_file(self, scratch: Path, readable: Iterable[Path]) -> Workshop:
        """Return a workshop for one of many files: behind a wall each has its own, and no workers.

        What hostile files share they could alter.
        """
        workers = self.workers if self.cage is None else None
        return replace(
            self,
            scratch=scratch,
            readable=tuple(readable),
            walled=[],
            walls=self.confining,
            workers=workers,
        )

    @property
    def resolution(self) -> Resolution:
        with self._building:
            if self._resolution is None:
                every = self.matrix.environments
                self._resolution = resolve(every, home=self.home, locks=self.locks)
            return self._resolution

    def is_built(self, environment: str) -> bool:
        return (
            existing(self.matrix.environment(environment), home=self.home, locks_dir=self.locks)
            is not None
        )

    def usable(self, environment: str) -> bool:
        return environment in self.resolution.usable

    def problem(self, environment: str) -> str | None:
        """Build the environment if need be; return one sentence if that cannot be done."""
        if environment not in self._built:
            with self._building:  # several files may wait for it
                if environment not in self._built:
                    self._built[environment] = self._problem(self.matrix.environment(environment))
        return self._built[environment]

    def _problem(self, environment: Environment) -> str | None:
        found = self.resolution.usable.get(environment.id)
        if self.is_built(environment.id):
            return None
        if found is None:
            return self.resolution.untested[environment.id]
        if self.tell:
            if offered := self.resolution.offers([environment.id]):
                self.tell(as_line(sizes(offered), self.home))
            self.tell(f"building {environment.id}")
        try:
            build(
                environment,
                home=self.home,
                interpreter=found.interpreter,
                limits=self.matrix.limits,
                locks_dir=self.locks,
            )
        except EnvironmentUnusable as error:
            return error.reason
        return None

    def patience(self, cpu: float) -> float:
        """Return how many CPU seconds a try may take, of a model that its reader had for ``cpu``.

        Some versions of Keras 3 follow the graph of a model in a model for ever.
        """
        limits = self.matrix.limits
        return max(limits.seconds_floor, limits.history_factor * cpu)

    @property
    def memory_mb(self) -> float:
        """How much memory a process may use; a large model may take more than a cell's."""
        return self.matrix.limits.memory_mb + TIMES * size(self.readable) / 2**20

    def folder(self, name: str) -> Path:
        """Make a folder for scratch files that no other has.

        Behind a wall what was run before cannot have made it: nobody guesses its name.
        """
        stem = f"{next(self._numbers)}-{name}"
        made = self.work / (stem if self.cage is None else f"{stem}-{secrets.token_hex(6)}")
        made.mkdir(parents=True)
        return made

    @property
    def cage(self) -> Path | None:
        """The folder of all cages of this conversion, which share what may be written."""
        return None if self.sandbox == Level.NONE else self.scratch / "cage"

    @property
    def work(self) -> Path:
        return self.scratch if self.cage is None else self.cage / WRITABLE

    def made(self, path: Path) -> Path:
        """Return a path again that a script wrote, if it is what it seems: no link, no pipe.

        ``CaniloadError`` where it is something else.
        """
        if self.cage is not None and (problem := watching.unplain(path, self.work)) is not None:
            raise CaniloadError(f"what was made behind the sandbox is not taken: {problem}")
        return path

    def run(self, script: str, environment: str, job: Mapping[str, Any]) -> dict[str, Any]:
        """Run a script and return its facts, with ``folder``; ``error`` says what went wrong.

        A process that hangs or is killed is an error of the type ``Killed``.
        """
        folder = self.folder(f"{script}-{environment}")
        if (problem := self.problem(environment)) is not None:
            return _died(folder, "start", "Unusable", problem)
        row = self.matrix.environment(environment)
        try:
            self._lay_over(row)
            self.confining.prepare(row, self.resolution.fingerprints[environment])
        except EnvironmentUnusable as error:
            return _died(folder, "start", "Unusable", error.reason)
        config = folder / "job.json"
        whole = {"imports": row.imports, "folder": str(folder), **job}
        config.write_text(json.dumps(whole), encoding="utf-8")
        limits = self.matrix.limits
        if self.workers is not None:
            seconds, most = limits.seconds * SLOWER, self.memory_mb
            ran = self.workers.run(environment, script, config, seconds, memory_mb=most)
            if ran in (Ran.HUNG, Ran.HEAVY):
                why = _late(seconds) if ran is Ran.HUNG else _heavy(most)
                return _died(folder, "run", "Killed", why)
            if (
                ran is Ran.ENDED
                and (facts := behind.facts(folder / "facts.json", None)) is not None
            ):
                return {**facts, "folder": str(folder)}
            for one in (whole, *job.get("tries", ())):  # what is half done is not to be read
                (Path(one["folder"]) / "facts.json").unlink(missing_ok=True)
        return self._alone(script, row, config)

    def _lay_over(self, row: Environment) -> None:
        """Have what a person's code imports beside the environment; ``EnvironmentUnusable``."""
        if not self.packages:
            return
        with self._building:
            if row.id not in self._overlays:
                receipt = existing(row, home=self.home, locks_dir=self.locks)
                if receipt is None:
                    raise EnvironmentUnusable(f"{row.id} is not built")
                self._overlays[row.id] = overlay(receipt, self.packages, self.home)

    def _alone(self, script: str, row: Environment, config: Path) -> dict[str, Any]:
        """Run a script in a process of its own, behind the wall if there is one."""
        folder, limits = config.parent, self.matrix.limits
        started = time.monotonic()
        over = [self._overlays[row.id]] if row.id in self._overlays else []
        readable = (*self.readable, *over)
        cage = self.confining.shared(row.id, self.cage, readable, size(self.readable))
        finished = behind.run(
            [str(self.home.python(row.id)), "-s", str(ACROSS / f"{script}.py"), str(config)],
            cage,
            variables=self._variables(row),
            folder=folder,
            seconds=limits.import_seconds + limits.seconds * SLOWER,
            memory_mb=self.memory_mb,
        )
        (self.scratch / f"{folder.name}.log").write_text(finished.output[-100_000:], "utf-8")
        if (facts := behind.facts(folder / "facts.json", cage)) is not None:
            return behind.without_walled({**facts, "folder": str(folder)}, cage, self.walled)
        if finished.stopped is not None:
            self.walled.append(finished.stopped)
            return _died(folder, "start", "Unusable", finished.stopped)
        if finished.heavy:
            return _died(folder, "run", "Killed", _heavy(self.memory_mb))
        spent = time.monotonic() - started
        how = _late(spent) if finished.code is None else f"the process ended with {finished.code}"
        return _died(folder, "run", "Killed", how)

    def launch(self, environment: str, events: queue.Queue[Event]) -> Worker:
        """Start what has the framework of an environment imported, without a wall."""
        row = self.matrix.environment(environment)
        return Worker(
            environment=environment,
            python=self.home.python(environment),
            imports=row.imports,
            variables=self._variables(row),
            folder=self.folder(f"worker-{environment}") / "worker",
            events=events,
            script=ACROSS / "serve.py",
        )

    def to_blame(self, found: Conversion) -> str | None:
        """Return why it is not known whether a model comes across: a wall may have stopped it."""
        if found.verdict is not Verdict.REFUSED or not self.walled:
            return None
        return f"not known, for {self.walled[0]}; --sandbox none runs without"

    def _variables(self, row: Environment) -> dict[str, str]:
        variables = process_variables(row, self.home)
        Path(variables["HOME"]).mkdir(parents=True, exist_ok=True)
        if row.id in self._overlays:
            variables["PYTHONPATH"] = str(self._overlays[row.id])
        return variables

    def rebuild(
        self, environment: str, tries: Sequence[Mapping[str, Any]], cpu: float
    ) -> list[dict[str, Any]]:
        """Have one process do jobs of rebuild.py in turn, up to the first that makes a file.

        Return the facts of those that were begun; of the whole, where it did not come to any.
        ``cpu`` is how many CPU seconds a reader had for the model, 0 where that is not known.
        """
        jobs = [{"folder": str(self.folder("try")), **job} for job in tries]
        facts = self.run("rebuild", environment, {"tries": jobs, "seconds": self.patience(cpu)})
        return facts.get("tries") or [facts]


def _late(seconds: float) -> str:
    return f"the process did not end within {seconds:.0f} s"


def _heavy(most: float) -> str:
    return f"the process used more than {most:.0f} MiB of memory"


def _died(folder: Path, phase: str, kind: str, message: str) -> dict[str, Any]:
    error = {"type": kind, "message": message, "traceback": []}
    return {"error": error, "phase": phase, "folder": str(folder)}


def told(error: Mapping[str, Any], phase: str) -> str:
    """Return an error in one line, as a person needs it."""
    text = " ".join(str(error["message"]).split())
    return f"{phase}: {error['type']}: {text[:240]}"
