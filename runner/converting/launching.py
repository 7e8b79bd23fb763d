"""Start one script of probes/across in an environment, in a fresh process with limits.

Where there are workers it is forked from one that has the framework imported. What ends badly there
is done again in a process of its own, whose answer counts.
"""

from __future__ import annotations

import itertools
import json
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caniload.runner.converting.workers import Ran, Workers
from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.core.shipped import LOCKS, PROBES
from caniload.runner.environments import processes
from caniload.runner.environments.build import build, existing
from caniload.runner.environments.fetching import as_line, sizes
from caniload.runner.environments.home import Home
from caniload.runner.environments.variables import process_variables
from caniload.runner.evidence.resolve import Resolution, resolve
from caniload.runner.matrix.schema import Environment, Matrix
from caniload.runner.running.workers import Event, Worker

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
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _resolution: Resolution | None = None
    _built: dict[str, str | None] = field(default_factory=dict)
    _building: Any = field(default_factory=threading.RLock)

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

    def folder(self, name: str) -> Path:
        """Make a folder for scratch files that no other has."""
        made = self.scratch / f"{next(self._numbers)}-{name}"
        made.mkdir(parents=True)
        return made

    def run(self, script: str, environment: str, job: Mapping[str, Any]) -> dict[str, Any]:
        """Run a script and return its facts, with ``folder``; ``error`` says what went wrong.

        A process that hangs or is killed is an error of the type ``Killed``.
        """
        folder = self.folder(f"{script}-{environment}")
        if (problem := self.problem(environment)) is not None:
            return _died(folder, "start", "Unusable", problem)
        row = self.matrix.environment(environment)
        config = folder / "job.json"
        whole = {"imports": row.imports, "folder": str(folder), **job}
        config.write_text(json.dumps(whole), encoding="utf-8")
        limits = self.matrix.limits
        if self.workers is not None:
            seconds = limits.seconds * SLOWER
            ran = self.workers.run(environment, script, config, seconds)
            if ran is Ran.HUNG:
                return _died(folder, "run", "Killed", _late(seconds))
            if ran is Ran.ENDED and (facts := _facts(folder)) is not None:
                return facts
            for one in (whole, *job.get("tries", ())):  # what is half done is not to be read
                (Path(one["folder"]) / "facts.json").unlink(missing_ok=True)
        return self._alone(script, row, config)

    def _alone(self, script: str, row: Environment, config: Path) -> dict[str, Any]:
        """Run a script in a process of its own."""
        folder, limits = config.parent, self.matrix.limits
        started = time.monotonic()
        finished = processes.run(
            [str(self.home.python(row.id)), "-s", str(ACROSS / f"{script}.py"), str(config)],
            variables={**self._variables(row), "TMPDIR": str(folder)},
            seconds=limits.import_seconds + limits.seconds * SLOWER,
            cwd=folder,
        )
        (folder / "output.log").write_text(finished.output[-100_000:], encoding="utf-8")
        if (facts := _facts(folder)) is not None:
            return facts
        spent = time.monotonic() - started
        how = _late(spent) if finished.code is None else f"the process ended with {finished.code}"
        return _died(folder, "run", "Killed", how)

    def launch(self, environment: str, events: queue.Queue[Event]) -> Worker:
        """Start what has the framework of an environment imported; it is built already."""
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

    def _variables(self, row: Environment) -> dict[str, str]:
        variables = process_variables(row, self.home)
        Path(variables["HOME"]).mkdir(parents=True, exist_ok=True)
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


def _facts(folder: Path) -> dict[str, Any] | None:
    """Return what a script wrote, or None where it did not come to that."""
    try:
        facts: dict[str, Any] = json.loads((folder / "facts.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return {**facts, "folder": str(folder)}


def _late(seconds: float) -> str:
    return f"the process did not end within {seconds:.0f} s"


def _died(folder: Path, phase: str, kind: str, message: str) -> dict[str, Any]:
    error = {"type": kind, "message": message, "traceback": []}
    return {"error": error, "phase": phase, "folder": str(folder)}


def told(error: Mapping[str, Any], phase: str) -> str:
    """Return an error in one line, as a person needs it."""
    text = " ".join(str(error["message"]).split())
    return f"{phase}: {error['type']}: {text[:240]}"
