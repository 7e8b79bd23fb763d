"""The ready queue: hands batches of jobs to workers, watches them, and confirms what went wrong.

A child that dies costs only the job it was on; the rest of its batch is handed out again. What a
batched job says that is not a clean pass is asked again in a process of its own, and that answer
is the one that counts.
"""

from __future__ import annotations

import contextlib
import queue
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from caniload.runner.core import texts
from caniload.runner.evidence.results import Result, answered, ended, from_outside
from caniload.runner.judging.confirm import Ask
from caniload.runner.running import weighing
from caniload.runner.running.workers import Event, Worker
from caniload.runner.sandbox import watching

AT_ONCE = 1000  # events that are dealt with between two looks at the workers
TRIES = 3  # how often a job is handed out again when nothing says that the job is to blame


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One job for one environment; ``label`` is for people, ``batched`` its first answer.

    ``killed``: it has died once of a signal that others send, too.
    """

    environment: str
    label: str
    job: Mapping[str, Any]
    deadline: Callable[[], float]
    solo: bool = False
    batched: Result | None = None
    tries: int = 0
    killed: bool = False


@dataclass(kw_only=True)
class Flight:
    """A batch that a child is working on; ``cpu`` is what it had spent when its job began."""

    worker: Worker
    units: Sequence[Unit]
    pid: int | None = None
    current: int | None = None
    phase: str = "start"
    since: float = 0.0
    done: set[int] = field(default_factory=set)
    weighed: int = 0
    cpu: float | None = None
    killed: Mapping[str, Any] | None = None
    result: Result | None = None

    def may_start(self, job: int) -> bool:
        """Say whether a job can begin now: none does twice, or its deadline would never come."""
        return job < len(self.units) and self.current is None and job not in self.done


class Pool:
    """Runs units on at most ``slots`` children at a time, in at most ``slots + 2`` workers.

    ``confirm(unit, result)`` says whether a batched answer is asked again alone, or later, when
    another of its environment has answered alone; ``deliver`` receives each unit's final result;
    ``unusable`` an environment whose worker cannot start.
    """

    def __init__(
        self,
        *,
        launch: Callable[[str, queue.Queue[Event]], Worker],
        slots: int,
        batch: int,
        memory_mb: int,
        import_seconds: float,
        confirm: Callable[[Unit, Result], Ask],
        deliver: Callable[[Unit, Result], None],
        unusable: Callable[[str, str, Sequence[Unit]], None],
        started: Callable[[str, Worker, Mapping[str, Any]], None],
    ) -> None:
        self._launch, self._slots, self._batch = launch, slots, batch
        self._memory_mb, self._import_seconds = memory_mb, import_seconds
        self._confirm, self._deliver = confirm, deliver
        self._unusable, self._started = unusable, started
        self._events: queue.Queue[Event] = queue.Queue()
        self._pending: dict[str, deque[Unit]] = defaultdict(deque)
        self._held: dict[str, list[tuple[Unit, Result]]] = defaultdict(list)
        self._workers: dict[str, Worker] = {}
        self._starting: dict[str, float] = {}
        self._overdue: set[str] = set()
        self._restarted: set[str] = set()
        self._closing: list[Worker] = []
        self._flights: dict[int, Flight] = {}
        self._batches = 0
        self.peak_workers = 0

    def add(self, units: Sequence[Unit]) -> None:
        """Queue units; their environments must be built."""
        for unit in units:
            self._pending[unit.environment].append(unit)

    @property
    def busy(self) -> bool:
        return bool(self._flights or self._starting or any(self._pending.values()))

    def busy_in(self, environment: str) -> bool:
        """Say whether an environment is needed now: it has work or a living worker."""
        return bool(self._pending.get(environment)) or environment in self._workers

    def step(self, timeout: float = 0.05) -> None:
        """Hand out what can be handed out, then deal with what the workers say for ``timeout``."""
        self._close_idle()
        self._dispatch()
        self._watch()
        with contextlib.suppress(queue.Empty):
            self._handle(self._events.get(timeout=timeout))
            for _ in range(AT_ONCE):  # whoever floods us is looked after meanwhile
                self._handle(self._events.get_nowait())

    def close(self) -> None:
        """End every worker; what was under way stays undone."""
        for worker in (*self._workers.values(), *self._closing):
            worker.close()
        for flight in self._flights.values():
            self._end(flight)
        for worker in (*self._workers.values(), *self._closing):
            worker.clean()
        self._workers.clear()
        self._closing.clear()
        self._flights.clear()

    @staticmethod
    def _end(flight: Flight) -> None:
        if flight.worker.cage is not None and flight.pid is not None:
            watching.end_tree(flight.pid)
        weighing.kill_group(flight.pid)

    def _close_idle(self) -> None:
        flying = {id(flight.worker) for flight in self._flights.values()}
        for environment, worker in list(self._workers.items()):
            if worker.ready and not self._pending[environment] and id(worker) not in flying:
                worker.close()
                self._closing.append(self._workers.pop(environment))

    def _dispatch(self) -> None:
        while len(self._flights) + len(self._starting) < self._slots:
            environment = self._next_ready(idle=True) or self._next_without_worker()
            environment = environment or self._next_ready(idle=False)
            if environment is None:
                return
            if environment not in self._workers:
                self._workers[environment] = self._launch(environment, self._events)
                self._starting[environment] = time.monotonic()
                self.peak_workers = max(self.peak_workers, len(self._workers) + len(self._closing))
            else:
                self._fly(self._workers[environment], self._take(self._pending[environment]))

    def _next_ready(self, *, idle: bool) -> str | None:
        flying = {id(flight.worker): flight.units for flight in self._flights.values()}
        for environment, worker in self._workers.items():
            pending = self._pending[environment]
            if not worker.ready or not pending:
                continue
            others = flying.get(id(worker))
            if others is None or not (idle or _is_suspect(pending[0]) or _is_suspect(others[0])):
                return environment
        return None

    def _next_without_worker(self) -> str | None:
        if len(self._workers) + len(self._closing) >= self._slots + 2:
            return None
        for environment, units in self._pending.items():
            if units and environment not in self._workers:
                return environment
        return None

    def _take(self, pending: deque[Unit]) -> list[Unit]:
        units = [pending.popleft()]
        while (
            pending
            and len(units) < self._batch
            and not any(one.solo or _is_suspect(one) for one in (units[0], pending[0]))
        ):
            units.append(pending.popleft())
        return units

    def _fly(self, worker: Worker, units: Sequence[Unit]) -> None:
        self._batches += 1
        self._flights[self._batches] = Flight(worker=worker, units=units, since=time.monotonic())
        worker.submit(self._batches, [unit.job for unit in units])

    def _watch(self) -> None:
        now = time.monotonic()
        for environment, since in list(self._starting.items()):
            if now - since > self._import_seconds:
                self._overdue.add(environment)
                self._workers[environment].kill()
        for flight in self._flights.values():
            if flight.pid is None or flight.killed is not None:
                continue
            unit = flight.units[flight.current] if flight.current is not None else flight.units[0]
            limit, elapsed = unit.deadline(), now - flight.since
            if flight.cpu is None:
                flight.cpu = weighing.cpu_seconds(flight)
            late = elapsed > limit
            if late and (elapsed > weighing.STARVING * limit or weighing.was_fed(flight, elapsed)):
                flight.killed = {"kind": "timeout", "limit": limit}
            elif weighing.resident_mb(flight) > self._memory_mb:
                flight.killed = {"kind": "memory", "limit": self._memory_mb}
            if flight.killed is not None:
                self._end(flight)

    def _handle(self, event: Event) -> None:
        flight = self._flights.get(event.data.get("batch", -1))
        match event.kind:
            case "ready":
                event.worker.ready = True
                self._starting.pop(event.worker.environment, None)
                self._restarted.discard(event.worker.environment)
                self._started(event.worker.environment, event.worker, event.data)
            case "forked" if flight and flight.pid is None:
                flight.pid, flight.since = event.data["pid"], time.monotonic()
            case "start" if flight and flight.may_start(event.data["job"]):
                flight.current, flight.since = event.data["job"], time.monotonic()
                flight.phase, flight.cpu = "start", None
            case "phase" if flight:
                flight.phase = event.data["phase"]
            case "facts" if flight and event.data["job"] == flight.current:
                self._take_facts(flight, event.data)
            case "exit" if flight:
                self._land(event.data["batch"], event.data)
            case "gone":
                self._gone(event.worker)
            case _:  # "unusable" is followed by "gone"; others are of batches that have ended
                pass

    def _take_facts(self, flight: Flight, data: Mapping[str, Any]) -> None:
        index = data["job"]
        flight.done.add(index)
        flight.current, flight.since = None, time.monotonic()
        try:
            facts = flight.worker.facts(data["batch"], data["offset"], data["length"])
            result = answered(facts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            result = Result(fault=f"what its process wrote cannot be read: {error}"[:300])
        if flight.units[index].solo:
            flight.result = result  # told at the exit, with what the process used
        else:
            self._settle(flight.units[index], result)

    def _land(self, batch: int, data: Mapping[str, Any]) -> None:
        flight = self._flights.pop(batch)
        usage = {"cpu": data["cpu"], "rss_kb": data["rss_kb"]}
        if flight.result is not None:
            self._settle(flight.units[0], replace(flight.result, **usage))
        elif flight.current is not None:
            result = ended(data["status"], flight.phase, flight.killed)
            flight.done.add(flight.current)
            unit = flight.units[flight.current]
            self._settle(unit, replace(result, **usage) if unit.solo else result)
        rest = [unit for index, unit in enumerate(flight.units) if index not in flight.done]
        if rest:
            blamed = flight.current is not None
            self._again(rest, "its process ended before the job began", count=not blamed)

    def _again(self, units: Sequence[Unit], why: str, *, count: bool) -> None:
        """Queue units once more, ahead of all others; after ``TRIES`` the fault is ours."""
        for unit in reversed(units):
            if count and unit.tries + 1 >= TRIES:
                self._finish(unit, Result(fault=f"the probe could not run it: {why}"))
            else:
                again = replace(unit, tries=unit.tries + count)
                self._pending[unit.environment].appendleft(again)

    def _again_after_death(self, flight: Flight) -> None:
        """Queue what a dead worker left; the job it was on counts as tried, without one all do."""
        rest = [index for index in range(len(flight.units)) if index not in flight.done]
        tried = [index for index in rest if flight.current in (None, index)]
        spared = [flight.units[index] for index in rest if index not in tried]
        why = flight.worker.stopped or "its worker died"
        self._again(spared, why, count=False)
        self._again([flight.units[index] for index in tried], why, count=True)

    def _settle(self, unit: Unit, result: Result) -> None:
        if result.fault and unit.tries + 1 < TRIES:
            self._again([unit], result.fault, count=True)
        elif unit.solo and from_outside(result) and not unit.killed:
            # Somebody else may have killed it; a model that does it to itself will again.
            self._pending[unit.environment].appendleft(replace(unit, killed=True))
        elif unit.solo or result.fault:
            self._finish(unit, result)
        else:
            self._believe(unit, result)

    def _finish(self, unit: Unit, result: Result) -> None:
        """Deliver a last word, and ask again about those that may have waited for it."""
        self._deliver(unit, result)
        for held in self._held.pop(unit.environment, ()):
            self._settle(*held)

    def _believe(self, unit: Unit, result: Result) -> None:
        """Deliver a batched answer, or have the unit asked again alone, or hold it until then."""
        match self._confirm(unit, result):
            case Ask.BELIEVE:
                self._deliver(unit, result)
            case Ask.LATER:
                self._held[unit.environment].append((unit, result))
            case Ask.ALONE:
                # At once: what it says may spare others of its kind the same.
                killed = from_outside(result)
                alone = replace(unit, solo=True, batched=result, killed=killed)
                self._pending[unit.environment].appendleft(alone)

    def _gone(self, worker: Worker) -> None:
        if worker in self._closing:
            self._closing.remove(worker)
            worker.clean()
            return
        environment = worker.environment
        self._workers.pop(environment, None)
        self._starting.pop(environment, None)
        lost = [batch for batch, flight in self._flights.items() if flight.worker is worker]
        for batch in lost:
            flight = self._flights.pop(batch)
            if flight.result is not None:  # its facts had come, only its exit was not told
                self._settle(flight.units[0], flight.result)
            self._again_after_death(flight)
        if not worker.ready:
            self._not_ready(worker)
        worker.clean()

    def _not_ready(self, worker: Worker) -> None:
        """Give an environment up, unless its first worker just died: it may have been killed."""
        environment = worker.environment
        why: str | None
        if environment in self._overdue:
            why = f"its framework did not import within {self._import_seconds:.0f} s"
        elif (why := _import_error(worker)) is None:
            if environment not in self._restarted:
                self._restarted.add(environment)
                return
            tail = worker.log_tail(1)
            why = f"its framework does not import: the process ended{': ' + tail if tail else ''}"
        held = [unit for unit, _ in self._held.pop(environment, ())]
        self._unusable(environment, why, [*self._pending.pop(environment, ()), *held])


def _is_suspect(unit: Unit) -> bool:
    """Say whether a job may have killed its worker: until that is known it flies with no other."""
    return unit.tries > 0


def _import_error(worker: Worker) -> str | None:
    """Return what importing the framework raised; ``None`` if the process just ended."""
    record = worker.import_record()
    if not isinstance(record, dict):
        return None
    message = texts.first_line(str(record.get("message", "")))
    return f"its framework does not import: {record.get('type')}: {message}"
