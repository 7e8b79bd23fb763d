"""Runs the jobs of cases in their environments, which it builds when their turn comes."""

from __future__ import annotations

import itertools
import os
import queue
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from caniload.runner.checking.cases import Case, Step
from caniload.runner.checking.kept import SCRIPT
from caniload.runner.checking.request import Ways
from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.environments import processes
from caniload.runner.environments.build import Receipt, build, existing
from caniload.runner.environments.home import Home
from caniload.runner.environments.overlays import overlay
from caniload.runner.environments.variables import process_variables
from caniload.runner.evidence.resolve import Resolution
from caniload.runner.evidence.results import Result
from caniload.runner.judging.confirm import Ask
from caniload.runner.matrix.joining import patience
from caniload.runner.matrix.schema import Environment
from caniload.runner.running.confining import Confining, size
from caniload.runner.running.progress import Progress
from caniload.runner.running.schedule import Pool, Unit
from caniload.runner.running.workers import Event, Worker
from caniload.runner.sandbox import watching
from caniload.runner.sandbox.blaming import suspicion
from caniload.runner.sandbox.walls import Cage
from caniload.runner.sandbox.words import Level

LOG = 20_000
"""Bytes of what a process said last that are searched for what a wall made it say."""

PATIENCE = 5.0
"""Times the ordinary limit that a model has where nothing tells yet how long it takes."""


class Measuring:
    """One pass over cases; whatever it has measured is kept, whenever it ends."""

    def __init__(self, home: Home, resolution: Resolution, ways: Ways, progress: Progress) -> None:
        self._home, self._resolution, self._ways = home, resolution, ways
        self._progress = progress
        self._scratch = home.checked / f"scratch-{os.getpid()}"
        self._numbers = itertools.count(1)
        self._running: dict[str, tuple[Case, Step]] = {}
        self._waiting: defaultdict[str, list[Unit]] = defaultdict(list)
        self._building: dict[str, Future[Receipt]] = {}
        self._ready: set[str] = set()
        self._seconds: dict[int, float] = {}
        self._refused: dict[str, str] = {}
        self._packages: Sequence[str] = ()
        self._overlays: dict[str, Path] = {}
        self._total = 0
        self._readable: list[Path] = []
        self._model_bytes = 0
        self._confining = Confining(
            wanted=ways.sandbox,
            home=home,
            scratch=self._scratch,
            seconds=ways.limits.import_seconds,
        )
        self._recording: dict[str, str] = {}
        self._cages: defaultdict[str, list[Cage]] = defaultdict(list)
        self._pool = Pool(
            launch=self._launch,
            slots=ways.jobs,
            batch=1,
            memory_mb=ways.limits.memory_mb,
            import_seconds=ways.limits.import_seconds,
            confirm=lambda _unit, _result: Ask.BELIEVE,  # every job has a process of its own
            deliver=self._deliver,
            unusable=self._environment_failed,
            started=lambda _environment, _worker, _data: None,
        )

    def __call__(self, cases: Sequence[Case]) -> None:
        _sweep(self._home.checked)
        self._packages = cases[0].custom.packages if cases else ()  # all are of one request
        self._scratch.mkdir(parents=True)
        self._read_by(cases)
        self._progress.stage("check", total=0)
        builders = ThreadPoolExecutor(max_workers=max(1, self._ways.jobs))
        try:
            for case in cases:
                self._go_on(case)
            while self._waiting or self._building or self._pool.busy:
                self._build(builders)
                self._pool.step()
        except BaseException:
            builders.shutdown(wait=False, cancel_futures=True)
            processes.kill_all()
            raise
        finally:
            self._pool.close()
            builders.shutdown(wait=False)
            watching.remove(self._scratch)

    def _read_by(self, cases: Sequence[Case]) -> None:
        """Note what is to be read behind a wall: the models, their inputs and references."""
        models = [file for case in cases for file in case.subject.files]
        for case in cases:
            kept = [case.kept.folder(one) for one in case.compared_under()]
            for folder in kept:
                folder.mkdir(parents=True, exist_ok=True)
            given = [case.inputs] if case.inputs else []
            self._readable += [*kept, *given, *case.custom.readable]
        self._readable = list(dict.fromkeys([*models, *self._readable]))
        self._model_bytes = size(models)

    def _go_on(self, case: Case) -> None:
        for step in case.steps():
            label = f"{case.subject.path} {step.environment} {step.reference or ''}#{id(case)}"
            if label in self._running:
                continue
            if step.environment in self._refused:
                case.unusable[step.environment] = self._refused[step.environment]
                if step.reference is None:
                    self._go_on(case)
                    return
                continue
            job = dict(step.job)
            if step.reference is None and self._ways.sandbox != Level.NONE:
                # Nothing that is kept can be written behind a wall: it is taken over from there.
                self._recording[label] = f"expected-{next(self._numbers)}"
                job["expected"] = self._recording[label]  # in the folder that it runs in
            self._running[label] = (case, step)
            self._total += 1
            self._waiting[step.environment].append(
                Unit(
                    environment=step.environment,
                    label=label,
                    job=job,
                    deadline=partial(self._deadline, case, step.environment),
                    solo=True,
                )
            )
        self._progress.stage_total(self._total)

    def _deadline(self, case: Case, environment: str) -> float:
        limits = self._ways.limits
        seconds = self._seconds.get(id(case))
        times = patience(self._resolution.usable[environment].environment)
        if seconds is None:
            return limits.seconds * PATIENCE * times
        return max(limits.seconds * times, limits.history_factor * seconds)

    def _build(self, builders: ThreadPoolExecutor) -> None:
        for environment in list(self._waiting):
            if environment in self._ready:
                self._pool.add(self._waiting.pop(environment))
            elif environment not in self._building:
                self._building[environment] = builders.submit(self._built, environment)
        for environment, future in list(self._building.items()):
            if not future.done():
                continue
            del self._building[environment]
            try:
                future.result()
            except EnvironmentUnusable as error:
                self._environment_failed(environment, error.reason, self._waiting.pop(environment))
            else:
                self._ready.add(environment)

    def _built(self, environment_id: str) -> Receipt:
        found = self._resolution.usable[environment_id]
        receipt = existing(found.environment, home=self._home, locks_dir=self._ways.locks)
        if receipt is None or receipt.python != found.interpreter.version:
            self._progress.building(environment_id)
            receipt = build(
                found.environment,
                home=self._home,
                interpreter=found.interpreter,
                limits=self._ways.limits,
                locks_dir=self._ways.locks,
            )
        if self._packages:
            self._overlays[environment_id] = overlay(receipt, self._packages, self._home)
        environment = found.environment
        fingerprint = self._resolution.fingerprints[environment_id]
        self._confining.prepare(environment, fingerprint, self._variables(environment))
        return receipt

    def _launch(self, environment_id: str, events: queue.Queue[Event]) -> Worker:
        environment = self._resolution.usable[environment_id].environment
        (self._home.private / environment_id).mkdir(parents=True, exist_ok=True)
        cage = self._confining.cage(environment_id, self._readable, self._model_bytes)
        name = f"{environment_id}-{next(self._numbers)}"
        if cage is not None:
            self._cages[environment_id].append(cage)
        return Worker(
            environment=environment_id,
            python=self._home.python(environment_id),
            imports=environment.imports,
            variables=self._variables(environment),
            folder=cage.writable if cage else self._scratch / name,
            events=events,
            script=SCRIPT,
            cage=cage,
        )

    def _variables(self, environment: Environment) -> dict[str, str]:
        variables = process_variables(environment, self._home)
        if environment.id in self._overlays:
            variables["PYTHONPATH"] = str(self._overlays[environment.id])
        return variables

    def _environment_failed(self, environment: str, reason: str, units: Sequence[Unit]) -> None:
        self._refused[environment] = reason
        self._progress.unusable(environment, reason)
        self._progress.advance(len(units))
        again = []
        for unit in units:
            case, step = self._running.pop(unit.label)
            case.unusable[environment] = reason
            if step.reference is None:
                again.append(case)
        for case in again:
            self._go_on(case)

    def _deliver(self, unit: Unit, result: Result) -> None:
        case, step = self._running.pop(unit.label)
        self._progress.advance(1)
        # Behind a wall a full disk is the wall's small one: it is told first.
        fault = self._walled(step, result) or result.fault or self._taken(case, step, unit)
        if fault is not None:
            self._progress.fault(f"{case.subject.path} in {step.environment}", fault)
            case.faults[step.environment] = fault
        else:
            record = self._record(case, step, result)
            case.put(step, record)
            if step.reference is None and record["seconds"] is not None:
                self._seconds[id(case)] = record["seconds"]
        if step.reference is None:
            self._go_on(case)

    def _walled(self, step: Step, result: Result) -> str | None:
        """Return what the wall may have stopped: then the result says nothing of the file."""
        cages = self._cages[step.environment]
        if not cages:
            return None
        error = result.facts.get("error") if result.facts else result.error
        log = self._log(cages[-1]) if result.crash else ""
        why = suspicion(error, result.crash, log, cages[-1].hides)
        return None if why is None else f"not known: {why}; --sandbox none runs without"

    @staticmethod
    def _log(cage: Cage) -> str:
        try:
            return watching.read(cage.writable / "output.log", LOG, -LOG).decode(errors="replace")
        except OSError:
            return ""

    def _taken(self, case: Case, step: Step, unit: Unit) -> str | None:
        """Keep what a reference has recorded behind the wall; return why that is not possible."""
        name = self._recording.pop(unit.label, None)
        if name is None:
            return None
        target = case.kept.expected(case.terms, case.fingerprints[step.environment])
        for cage in reversed(self._cages[step.environment]):
            if not (cage.writable / name).exists():
                continue
            try:
                watching.take(cage.writable / name, target, cage.policy.scratch_bytes)
            except OSError as error:
                return f"what it recorded cannot be kept: {error}"
            break
        return None  # it failed before it recorded anything

    def _record(self, case: Case, step: Step, result: Result) -> Mapping[str, Any]:
        facts = dict(result.facts) if result.facts is not None else None
        limits = self._ways.limits.model_dump() if result.crash else None
        return {
            "environment": step.environment,
            "fingerprint": case.fingerprints[step.environment],
            "reference": step.reference,
            "reference_fingerprint": case.fingerprints.get(step.reference or ""),
            "content": case.terms.content,
            "inputs": case.terms.inputs,
            "custom": case.terms.custom,
            "custom_named": list(case.custom.named),
            "facts": facts,
            "crash": result.crash,
            "limits": limits,
            "seconds": sum(facts["seconds"].values()) if facts else None,
            "sandbox": self._confining.level(step.environment),
            "cpu": result.cpu,
            "rss_kb": result.rss_kb,
        }


def _sweep(folder: Path) -> None:
    """Remove the scratch folders of checks that were killed."""
    for scratch in folder.glob("scratch-*"):
        number = scratch.name.partition("-")[2]
        if not number.isdecimal() or not psutil.pid_exists(int(number)):
            shutil.rmtree(scratch, ignore_errors=True)
