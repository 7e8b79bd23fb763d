"""Runs the jobs of cases in their environments, which it builds when their turn comes."""

from __future__ import annotations

import itertools
import os
import queue
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from caniload.runner.checking.cases import Case, Step
from caniload.runner.checking.kept import SCRIPT
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
from caniload.runner.matrix.schema import Environment, Limits
from caniload.runner.running.progress import Progress
from caniload.runner.running.schedule import Pool, Unit
from caniload.runner.running.workers import Event, Worker

PATIENCE = 5.0
"""Times the ordinary limit that a model has where nothing tells yet how long it takes."""


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How to run: ``jobs`` processes at a time, each within the limits of matrix.yaml."""

    jobs: int
    limits: Limits
    locks: Path


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
            shutil.rmtree(self._scratch, ignore_errors=True)

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
            self._running[label] = (case, step)
            self._total += 1
            self._waiting[step.environment].append(
                Unit(
                    environment=step.environment,
                    label=label,
                    job=step.job,
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
        return receipt

    def _launch(self, environment_id: str, events: queue.Queue[Event]) -> Worker:
        environment = self._resolution.usable[environment_id].environment
        (self._home.private / environment_id).mkdir(parents=True, exist_ok=True)
        return Worker(
            environment=environment_id,
            python=self._home.python(environment_id),
            imports=environment.imports,
            variables=self._variables(environment),
            folder=self._scratch / f"{environment_id}-{next(self._numbers)}",
            events=events,
            script=SCRIPT,
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
        if result.fault is not None:
            self._progress.fault(f"{case.subject.path} in {step.environment}", result.fault)
            case.faults[step.environment] = result.fault
        else:
            record = self._record(case, step, result)
            case.put(step, record)
            if step.reference is None and record["seconds"] is not None:
                self._seconds[id(case)] = record["seconds"]
        if step.reference is None:
            self._go_on(case)

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
            "cpu": result.cpu,
            "rss_kb": result.rss_kb,
        }


def _sweep(folder: Path) -> None:
    """Remove the scratch folders of checks that were killed."""
    for scratch in folder.glob("scratch-*"):
        number = scratch.name.partition("-")[2]
        if not number.isdecimal() or not psutil.pid_exists(int(number)):
            shutil.rmtree(scratch, ignore_errors=True)
