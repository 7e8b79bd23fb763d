"""Workers and a clock that a test decides over, for a schedule without processes."""

from __future__ import annotations

import queue
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from caniload.runner.evidence.results import Result
from caniload.runner.judging.confirm import Ask
from caniload.runner.running import weighing
from caniload.runner.running.schedule import Pool, Unit
from caniload.runner.running.workers import Event, Worker

FIRST_PID = 2**30  # beyond what any kernel gives out


SEGV, KILLED, FAULT = int(signal.SIGSEGV), int(signal.SIGKILL), 70 << 8


DEATHS = {"crash": SEGV, "fault": FAULT, "killed": KILLED}


class FakeWorker:
    """Does at once what its jobs say: "ok", "error", "crash", "fault", "hang", "murder", "late"."""

    cage = stopped = None

    def __init__(self, world: World, environment: str, events: queue.Queue[Event]) -> None:
        self.world, self.environment, self.events = world, environment, events
        self.ready = self.closed = self.gone = self.was_killed = False
        self.jobs: dict[int, Sequence[Mapping[str, Any]]] = {}
        if environment in world.broken or world.killed[environment] > 0:
            self.was_killed = world.killed[environment] > 0
            world.killed[environment] -= 1
            self.die()
        elif environment not in world.slow:
            self.say("ready", versions={})

    def say(self, kind: str, **data: Any) -> None:
        if not self.gone:
            self.events.put(Event(worker=cast("Worker", self), kind=kind, data=data))

    def die(self) -> None:
        self.say("gone")
        self.gone = True

    def submit(self, batch: int, jobs: Sequence[Mapping[str, Any]]) -> None:
        assert not self.closed
        self.jobs[batch] = jobs
        self.world.flying[FIRST_PID + batch] = (self, batch)
        self.say("forked", batch=batch, pid=FIRST_PID + batch)
        for index, job in enumerate(jobs):
            self.world.began[job["name"]] += 1
            self.say("start", batch=batch, job=index)
            self.say("phase", batch=batch, job=index, phase="load")
            does = job["does"]
            if does == "killed once":
                does = "killed" if self.world.began[job["name"]] == 1 else "ok"
            if does == "hang":
                return None
            if does == "murder":
                return self.end_all()
            if does in DEATHS:
                return self.exit(batch, DEATHS[does])
            self.say("facts", batch=batch, job=index, offset=index, length=1)
            if job["does"] == "late":
                return self.end_all()
        return self.exit(batch, 0)

    def end_all(self) -> None:
        self.world.flying = {
            pid: flight for pid, flight in self.world.flying.items() if flight[0] is not self
        }
        self.die()

    def exit(self, batch: int, status: int) -> None:
        self.world.flying.pop(FIRST_PID + batch)
        self.say("exit", batch=batch, status=status, cpu=1.5, rss_kb=100)

    def facts(self, batch: int, offset: int, length: int) -> dict[str, Any]:  # noqa: ARG002
        return dict(self.jobs[batch][offset])

    def import_record(self) -> Any:
        if self.was_killed:
            return None
        return {"type": "ImportError", "message": "no libfoo\nmore"}

    def log_tail(self, lines: int) -> str:  # noqa: ARG002
        return "the last line"

    def close(self) -> None:
        self.closed = True
        if self.world.lingering is None:
            self.die()
        else:
            self.world.lingering.append(self)

    def kill(self) -> None:
        self.die()

    def clean(self) -> None:
        self.world.living -= 1


@dataclass(kw_only=True)
class World:
    """What the pool may launch, and all that came of it."""

    slots: int = 2
    batch: int = 4
    import_seconds: float = 60.0
    broken: set[str] = field(default_factory=set)
    killed: Counter[str] = field(default_factory=Counter)  # how often while it imports
    slow: set[str] = field(default_factory=set)
    living: int = 0
    most_living: int = 0
    most_flying: int = 0
    lingering: list[FakeWorker] | None = None  # workers told to end, if they take their time
    flying: dict[int, tuple[FakeWorker, int]] = field(default_factory=dict)
    began: Counter[str] = field(default_factory=Counter)
    delivered: list[tuple[Unit, Result]] = field(default_factory=list)
    refused: list[tuple[str, str, list[Unit]]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    alike: int = 0

    def launch(self, environment: str, events: queue.Queue[Event]) -> Worker:
        self.living += 1
        self.most_living = max(self.most_living, self.living)
        return cast("Worker", FakeWorker(self, environment, events))

    def pool(self) -> Pool:
        return Pool(
            launch=self.launch,
            slots=self.slots,
            batch=self.batch,
            memory_mb=1000,
            import_seconds=self.import_seconds,
            confirm=lambda _, result: self.ask(result),
            deliver=lambda unit, result: self.delivered.append((unit, result)),
            unusable=lambda *refused: self.refused.append((*refused[:2], list(refused[2]))),
            started=lambda *_: None,
        )

    def ask(self, result: Result) -> Ask:
        """Ask the first that is alike another alone; the others wait for it."""
        if result.facts is None or result.facts["does"] == "error":
            return Ask.ALONE
        if result.facts["does"] != "alike":
            return Ask.BELIEVE
        if any(one.solo for one, _ in self.delivered):
            return Ask.BELIEVE
        self.alike += 1
        return Ask.ALONE if self.alike == 1 else Ask.LATER

    def run(self, units: Sequence[Unit]) -> Pool:
        pool = self.pool()
        pool.add(units)
        for _ in range(100 + 30 * len(units)):
            if not pool.busy:
                break
            pool.step(timeout=0.001)
            self.most_flying = max(self.most_flying, len(pool._flights))
            self.sizes += [len(flight.units) for flight in pool._flights.values()]
        assert not pool.busy
        pool.close()
        return pool

    def results(self) -> dict[str, Result]:
        names = [unit.job["name"] for unit, _ in self.delivered]
        assert len(names) == len(set(names)), "told twice"
        return {unit.job["name"]: result for unit, result in self.delivered}


@pytest.fixture(autouse=True)
def _no_real_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "resident_mb", lambda _: 0.0)


def unit(name: str, does: str = "ok", environment: str = "e", **changes: Any) -> Unit:
    job = {"name": name, "does": does}
    values: dict[str, Any] = {"deadline": lambda: 60.0, "solo": False, **changes}
    return Unit(environment=environment, label=name, job=job, **values)


def killer(world: World) -> Callable[[int | None], None]:
    def kill(pid: int | None) -> None:
        if pid in world.flying:
            worker, batch = world.flying[pid]
            worker.exit(batch, KILLED)

    return kill
