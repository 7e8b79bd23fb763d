"""The run itself: build, save and load what is missing, and keep what came of it."""

from __future__ import annotations

import contextlib
import itertools
import queue
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments import disk, processes
from caniload.runner.environments.build import Receipt, build, existing
from caniload.runner.environments.variables import process_variables
from caniload.runner.evidence.known import Evidence
from caniload.runner.evidence.results import Result
from caniload.runner.judging.confirm import Ask
from caniload.runner.matrix.plan import Stage
from caniload.runner.running import loading
from caniload.runner.running.loading import Loading
from caniload.runner.running.progress import Progress
from caniload.runner.running.saving import Saving
from caniload.runner.running.schedule import Pool, Unit
from caniload.runner.running.workers import Event, Worker

BATCH = 25


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to run; ``jobs`` children at a time, ``isolate`` every cell in its own process.

    ``share``: cells may be told from another's run, by the rules of ``deriving``. ``save_again``:
    under ``rerun`` also files that are there; a file that is written anew is another one, so that
    every cell of it has to be run again. ``pulse``: the controls are loaded again, though they have
    results, so that a run in which nothing is missing still shows that every environment works.
    """

    jobs: int
    isolate: bool = False
    share: bool = True
    rerun: bool = False
    save_again: bool = True
    pulse: bool = False
    max_disk: int | None = None
    installer: str = "uv"
    locks: Path = LOCKS


@dataclass(kw_only=True)
class Tally:
    """What a run did, in counts."""

    saved: int = 0
    built: int = 0
    evicted: int = 0
    peak_workers: int = 0
    cells: loading.Tally = field(default_factory=loading.Tally)


class Run:
    """One pass over a plan. ``unusable`` collects environments that would not build or import."""

    def __init__(self, evidence: Evidence, options: Options, progress: Progress) -> None:
        self.evidence, self.options, self.progress = evidence, options, progress
        self.tally = Tally()
        self.unusable: dict[str, str] = {}
        self._matrix = evidence.plan.matrix
        self._scratch = evidence.home.root / "scratch"
        self._numbers = itertools.count(1)
        self._bounded = False
        self._in_the_way: set[str] = set()
        limits = self._matrix.limits
        self._pool = Pool(
            launch=self._launch,
            slots=options.jobs,
            batch=1 if options.isolate else BATCH,
            memory_mb=limits.memory_mb,
            import_seconds=limits.import_seconds,
            confirm=self._confirm,
            deliver=self._deliver,
            unusable=self._environment_failed,
            started=self._started,
        )
        self._saving = Saving(evidence, self._pool.add, self._saved)
        self._loading = Loading(
            evidence,
            self._pool.add,
            progress,
            share=options.share,
            isolate=options.isolate,
            pulse=options.pulse,
        )
        self.tally.cells = self._loading.tally

    def __call__(self) -> Tally:
        """Do all that is missing; everything done so far is in the store, whenever this ends."""
        self._sweep()
        stages = self.evidence.plan.stages
        try:
            if Stage.SAVE in stages:
                self.progress.stage("save", total=0)
                missing = self._saving.missing(
                    rerun=self.options.rerun, save_again=self.options.save_again
                )
                self._phase(missing, sum(map(len, missing.values())))
                self._saving.spoil_controls()
            if Stage.LOAD in stages:
                self.progress.stage("load", total=0)
                self._phase(*self._loading.missing(self._can_run, rerun=self.options.rerun))
                while self._loading.switched_off:
                    self._loading.forget_told()
                    self._phase(*self._loading.missing(self._can_run, rerun=False))
        finally:
            self._pool.close()
            self.evidence.store.sync()
            shutil.rmtree(self._scratch, ignore_errors=True)
            self.tally.peak_workers = self._pool.peak_workers
        self.evidence.store.compact()
        return self.tally

    def _sweep(self) -> None:
        """Remove what a killed run left half done."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)
        self._saving.sweep()

    def _can_run(self, environment: str) -> bool:
        return environment in self.evidence.resolution.usable and environment not in self.unusable

    # Doing it

    def _saved(self, was_saved: bool) -> None:  # noqa: FBT001 - a callback
        self.tally.saved += was_saved
        self.progress.advance(1)

    def _phase(self, wanted: dict[str, list[Unit]], total: int) -> None:
        """Run units environment by environment, building each when its turn comes.

        ``total`` counts what they and those that they bring along answer.
        """
        waiting = list(wanted)
        self.progress.stage_total(total)
        building: dict[str, Future[Receipt]] = {}
        with _builders(max(2, self.options.jobs)) as builders:
            while waiting or building or self._pool.busy:
                while waiting and len(building) < self._most_builds():
                    environment = self._next(waiting)
                    if not self._has_room(environment, building):
                        break
                    waiting.remove(environment)
                    building[environment] = builders.submit(self._build, environment)
                for environment in [one for one, future in building.items() if future.done()]:
                    self._built(environment, building.pop(environment), wanted.pop(environment))
                self._pool.step()
        self.evidence.store.sync()

    def _most_builds(self) -> int:
        return max(2, self.options.jobs) if self.options.max_disk is None else 1

    def _next(self, waiting: Sequence[str]) -> str:
        """Take what is built first under a disk limit: else it would go just before its turn."""
        if self.options.max_disk is None:
            return waiting[0]
        return next((one for one in waiting if self._there(one)), waiting[0])

    def _there(self, environment: str) -> bool:
        found = self.evidence.resolution.usable[environment].environment
        receipt = existing(found, home=self.evidence.home, locks_dir=self.options.locks)
        return receipt is not None

    def _has_room(self, environment: str, building: Mapping[str, Any]) -> bool:
        """Under a disk limit, remove environments that have nothing to do now.

        False where that is not enough yet, and others will be done with.
        """
        there = self._there(environment)
        if self.options.max_disk is None or (there and self._bounded):
            return True
        ids = (one.id for one in self.evidence.plan.environments)
        busy = {*building, *(one for one in ids if self._pool.busy_in(one))}
        if busy and busy == self._in_the_way:
            return False
        self._bounded = True  # what an earlier run left beyond the limit goes once
        found = self.evidence.resolution.usable[environment].environment
        price = 0 if there else disk.estimate(found).disk_bytes
        room = max(0, self.options.max_disk - price)
        evicted, excess = disk.evict(self.evidence.home, keep={environment, *busy}, max_bytes=room)
        self.tally.evicted += len(evicted)
        self._in_the_way = busy if excess > 0 else set()
        return not self._in_the_way

    def _build(self, environment_id: str) -> Receipt:
        found = self.evidence.resolution.usable[environment_id]
        home, locks = self.evidence.home, self.options.locks
        receipt = existing(found.environment, home=home, locks_dir=locks)
        if receipt is not None and receipt.python == found.interpreter.version:
            return receipt
        self.progress.building(environment_id)
        self.tally.built += 1
        return build(
            found.environment,
            home=home,
            interpreter=found.interpreter,
            limits=self._matrix.limits,
            locks_dir=locks,
            installer="virtualenv" if self.options.installer == "virtualenv" else "uv",
        )

    def _built(self, environment: str, future: Future[Receipt], units: Sequence[Unit]) -> None:
        try:
            future.result()
        except EnvironmentUnusable as error:
            self._environment_failed(environment, error.reason, units)
        except OSError as error:
            self._environment_failed(environment, f"it could not be built: {error}", units)
        else:
            self._pool.add(units)

    def _environment_failed(self, environment: str, reason: str, units: Sequence[Unit]) -> None:
        self.unusable[environment] = reason
        key = self.evidence.import_key(environment)
        before = self.evidence.store.get(key) or {"kind": "import", "environment": environment}
        self.evidence.store.put(key, {**before, "refused": reason})
        self.progress.unusable(environment, reason)
        self.progress.advance(len(units))

    def _launch(self, environment_id: str, events: queue.Queue[Event]) -> Worker:
        environment = self.evidence.resolution.usable[environment_id].environment
        home = self.evidence.home
        (home.private / environment_id).mkdir(parents=True, exist_ok=True)
        return Worker(
            environment=environment_id,
            python=home.python(environment_id),
            imports=environment.imports,
            variables=process_variables(environment, home),
            folder=self._scratch / f"{environment_id}-{next(self._numbers)}",
            events=events,
        )

    def _started(self, environment: str, worker: Worker, data: Mapping[str, Any]) -> None:
        key = self.evidence.import_key(environment)
        before = self.evidence.store.get(key)
        if before is None or before.get("refused") or self.options.rerun:
            record = {
                "kind": "import",
                "environment": environment,
                "versions": data["versions"],
                "messages": worker.import_record(),
            }
            self.evidence.store.put(key, record)

    # What comes back

    def _confirm(self, unit: Unit, result: Result) -> Ask:
        if unit.job["kind"] == "save":
            return Ask.ALONE if self._saving.went_wrong(unit, result) else Ask.BELIEVE
        return self._loading.confirm(unit, result)

    def _deliver(self, unit: Unit, result: Result) -> None:
        if unit.job["kind"] == "save":
            if result.fault is not None:
                self.progress.fault(unit.label, result.fault)
            self._saving.take(unit, result)
        else:
            self._loading.take(unit, result)


@contextlib.contextmanager
def _builders(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that build; an interrupt ends their installers instead of waiting for them."""
    with ThreadPoolExecutor(max_workers=count) as builders:
        try:
            yield builders
        except BaseException:
            builders.shutdown(wait=False, cancel_futures=True)
            processes.kill_all()
            raise
