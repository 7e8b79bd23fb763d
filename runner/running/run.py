"""The run itself: build, save and load what is missing, and keep what came of it."""

from __future__ import annotations

import contextlib
import itertools
import queue
import shutil
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from caniload.runner.core.cells import Cell
from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.core.judged import Verdict
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments import disk, processes
from caniload.runner.environments.build import Receipt, build, existing
from caniload.runner.environments.variables import process_variables
from caniload.runner.evidence import artifacts
from caniload.runner.evidence.artifacts import Stored
from caniload.runner.evidence.known import Evidence, Saved, cut_short
from caniload.runner.evidence.results import OUTSIDE, Result
from caniload.runner.judging.catalogue import read_catalogue
from caniload.runner.judging.confirm import Confirmation
from caniload.runner.judging.verdict import judge
from caniload.runner.matrix.plan import Stage
from caniload.runner.running.progress import Progress
from caniload.runner.running.saving import Saving
from caniload.runner.running.schedule import Pool, Unit
from caniload.runner.running.workers import Event, Worker

BATCH = 10


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to run; ``jobs`` children at a time, ``isolate`` every cell in its own process."""

    jobs: int
    isolate: bool = False
    rerun: bool = False
    max_disk: int | None = None
    installer: str = "uv"
    locks: Path = LOCKS


@dataclass(kw_only=True)
class Tally:
    """What a run did, in counts."""

    saved: int = 0
    loaded: int = 0
    solo: int = 0
    contradicted: int = 0
    built: int = 0
    evicted: int = 0
    peak_workers: int = 0


class Run:
    """One pass over a plan. ``unusable`` collects environments that would not build or import."""

    def __init__(self, evidence: Evidence, options: Options, progress: Progress) -> None:
        self.evidence, self.options, self.progress = evidence, options, progress
        self.tally = Tally()
        self.unusable: dict[str, str] = {}
        self._matrix = evidence.plan.matrix
        self._rules = read_catalogue()
        self._confirmation = Confirmation()
        self._history: defaultdict[str, list[float]] = defaultdict(list)
        self._scratch = evidence.home.root / "scratch"
        self._cells: dict[str, Cell] = {}
        self._intact: dict[Stored, bool] = {}
        self._waited: set[tuple[str, str]] = set()
        self._patient: set[str] = set()
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

    def __call__(self) -> Tally:
        """Do all that is missing; everything done so far is in the store, whenever this ends."""
        self._sweep()
        self._learn_history()
        stages = self.evidence.plan.stages
        try:
            if Stage.SAVE in stages:
                self.progress.stage("save", total=0)
                self._phase(self._saving.missing(rerun=self.options.rerun))
                self._saving.spoil_controls()
            if Stage.LOAD in stages:
                self.progress.stage("load", total=0)
                self._phase(self._missing_loads())
        finally:
            self._pool.close()
            self.evidence.store.sync()
            shutil.rmtree(self._scratch, ignore_errors=True)
            self.tally.peak_workers = self._pool.peak_workers
        return self.tally

    def _sweep(self) -> None:
        """Remove what a killed run left half done."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)
        self._saving.sweep()

    def _learn_history(self) -> None:
        for record in self.evidence.store.values():
            if record.get("kind") == "cell" and record.get("seconds") is not None:
                self._history[record["artifact"]].append(float(record["seconds"]))

    # What is missing

    def _missing_loads(self) -> dict[str, list[Unit]]:
        units: dict[str, list[Unit]] = defaultdict(list)
        for cell in (*self.evidence.plan.controls, *self.evidence.plan.cells):
            key = self.evidence.cell_key(cell)
            if key is None or cell.id in self._cells or not self._can_run(cell.loaded_by):
                continue
            record = self.evidence.store.get(key)
            if self.options.rerun or record is None or cut_short(record, self._matrix.limits):
                saved = self.evidence.saved(cell.artifact)
                assert saved is not None  # noqa: S101 - a cell with a key has an artifact
                if not self._is_whole(saved):
                    self.evidence.put_fault(key, f"{saved.file.path} is gone or was altered")
                    continue
                self._cells[cell.id] = cell
                units[cell.loaded_by].append(self._load_unit(cell, saved))
        return dict(units)

    def _can_run(self, environment: str) -> bool:
        return environment in self.evidence.resolution.usable and environment not in self.unusable

    def _is_whole(self, saved: Saved) -> bool:
        """Check a file that cannot be made again here; the others were made or checked just now."""
        saves_here = Stage.SAVE in self.evidence.plan.stages
        if saves_here and self._can_run(saved.artifact.saved_by):
            return True
        return all(self._is_intact(one) for one in (saved.file, saved.expected))

    def _is_intact(self, stored: Stored) -> bool:
        if stored not in self._intact:  # it is hashed, and many load the same
            self._intact[stored] = artifacts.intact(stored, self.evidence.home.artifacts)
        return self._intact[stored]

    def _load_unit(self, cell: Cell, saved: Saved) -> Unit:
        return Unit(
            environment=cell.loaded_by,
            label=cell.id,
            job=self.evidence.load_job(cell, saved),
            deadline=lambda: self._deadline(cell, saved),
            solo=self.options.isolate,
        )

    def _deadline(self, cell: Cell, saved: Saved) -> float:
        """Return the seconds a cell may take: from how long others took with the same file."""
        limits = self._matrix.limits
        seen = self._history[saved.file.path]
        if not seen or cell.id in self._patient:
            return limits.seconds
        return max(limits.seconds_floor, limits.history_factor * statistics.median(seen))

    # Doing it

    def _saved(self, was_saved: bool) -> None:  # noqa: FBT001 - a callback
        self.tally.saved += was_saved
        self.progress.advance(1)

    def _phase(self, wanted: dict[str, list[Unit]]) -> None:
        """Run units environment by environment, building each when its turn comes."""
        waiting = list(wanted)
        self.progress.stage_total(sum(len(units) for units in wanted.values()))
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

    def _judge(self, unit: Unit, result: Result) -> Verdict:
        record = {"facts": result.facts, "crash": result.crash}
        cell = self._cells[unit.label]
        carries, precision = self.evidence.carries(cell), self.evidence.precision(cell)
        return judge(record, self._matrix.tolerances, self._rules, carries, precision)

    def _confirm(self, unit: Unit, result: Result) -> bool:
        if unit.job["kind"] == "save":
            return self._saving.went_wrong(unit, result)
        if result.crash is None:
            # It has ended once: alone it has all the time there is, however busy the machine.
            self._patient.add(unit.label)
        elif result.crash["kind"] == "timeout":
            # The first of its kind is waited for to the end, so that it was not mere slowness.
            kind = (unit.environment, result.crash["phase"])
            if kind not in self._waited:
                self._waited.add(kind)
                self._patient.add(unit.label)
        return self._confirmation.wanted(unit.environment, self._judge(unit, result))

    def _was_mere_slowness(self, unit: Unit, result: Result) -> None:
        """Wait for the next of its kind, too, where waiting showed that the first was only slow."""
        first = unit.batched.crash if unit.batched is not None else None
        still = result.crash is not None and result.crash["kind"] == "timeout"
        if unit.label in self._patient and first is not None and not still:
            self._waited.discard((unit.environment, first["phase"]))

    def _deliver(self, unit: Unit, result: Result) -> None:
        if unit.job["kind"] == "save":
            if result.fault is not None:
                self.progress.fault(unit.label, result.fault)
            self._saving.take(unit, result)
        else:
            self._take_cell(unit, result)

    def _take_cell(self, unit: Unit, result: Result) -> None:
        cell = self._cells[unit.label]
        self.progress.advance(1)
        key = self.evidence.cell_key(cell)
        saved = self.evidence.saved(cell.artifact)
        assert key is not None and saved is not None  # noqa: S101, PT018 - it was loaded
        if result.fault is not None:
            self.progress.fault(unit.label, result.fault)
            self.evidence.put_fault(key, result.fault)
            return
        self._was_mere_slowness(unit, result)
        verdict = self._judge(unit, result)
        agreed, before = True, None
        if unit.batched is not None:
            before = self._judge(unit, unit.batched)
            agreed = self._confirmation.compare(unit.environment, before, verdict)
            agreed = agreed or (unit.batched.crash or {}).get("signal") in OUTSIDE
        facts = dict(result.facts) if result.facts is not None else None
        seconds = None
        if facts is not None:
            seconds = sum(spent for phase, spent in facts["seconds"].items())
            self._history[saved.file.path].append(seconds)
        self.evidence.store.put(
            key,
            {
                "kind": "cell",
                "cell": asdict(cell),
                "facts": facts,
                "crash": result.crash,
                "limits": self._matrix.limits.model_dump() if result.crash else None,
                "artifact": saved.file.path,
                "solo": unit.solo,
                "batched": before.outcome if before is not None and not agreed else None,
                "seconds": seconds,
                "cpu": result.cpu,
                "rss_kb": result.rss_kb,
            },
        )
        self.tally.loaded += 1
        self.tally.solo += unit.solo
        self.tally.contradicted += not agreed
        self.progress.outcome(verdict.outcome)


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
