"""The ready queue with workers that follow a script: nothing is lost, nothing told twice."""

from __future__ import annotations

import queue
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from caniload.runner.evidence.results import Result, ended
from caniload.runner.judging.confirm import Ask
from caniload.runner.running import schedule, weighing
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


def test_a_crash_costs_the_job_it_was_on() -> None:
    world = World(slots=1)
    world.run([unit("a"), unit("b", "crash"), unit("c"), unit("d")])

    results = world.results()
    assert set(results) == set("abcd")
    assert results["b"].crash == {"kind": "signal", "signal": "SIGSEGV", "phase": "load"}
    assert all(results[name].facts for name in "acd")
    assert world.began == {"a": 1, "b": 2, "c": 1, "d": 1}


def test_those_alike_wait_for_the_first_of_them() -> None:
    world = World(slots=2)
    world.run([unit(name, "alike") for name in "abcdef"])

    told = {one.label: one.solo for one, _ in world.delivered}
    assert told == {"a": True, **dict.fromkeys("bcdef", False)}
    assert world.began == {"a": 2, **dict.fromkeys("bcdef", 1)}


def test_who_waits_is_asked_when_the_first_could_not_be_run() -> None:
    world = World(slots=1)
    pool = world.pool()
    first = unit("a", solo=True, tries=schedule.TRIES - 1)
    pool._held["e"].append((unit("b"), Result(facts={"does": "error"})))
    pool._again([first], "its worker died", count=True)
    (told, _) = world.delivered[0]
    assert told.label == "a"
    (waiting,) = pool._pending["e"]
    assert (waiting.label, waiting.solo) == ("b", True)
    assert not pool._held


def test_what_waits_is_given_up_with_its_environment() -> None:
    world = World()
    pool = world.pool()
    pool._held["e"].append((unit("a"), Result(facts={"does": "alike"})))
    world.broken.add("e")
    pool.add([unit("b")])
    while pool.busy:
        pool.step(timeout=0.001)
    ((_, _, lost),) = world.refused
    assert [one.label for one in lost] == ["b", "a"]
    assert not pool._held


def test_what_is_not_clean_is_asked_again_alone() -> None:
    world = World(slots=1)
    world.run([unit("a"), unit("b", "error"), unit("c", "crash")])

    told = {one.label: one for one, _ in world.delivered}
    assert (told["a"].solo, told["b"].solo, told["c"].solo) == (False, True, True)
    assert told["b"].batched is not None
    assert told["b"].batched.facts == world.results()["b"].facts
    assert (world.results()["b"].cpu, world.results()["b"].rss_kb) == (1.5, 100)
    assert (world.results()["c"].cpu, world.results()["a"].cpu) == (1.5, None)


def test_solo_units_share_with_nobody() -> None:
    world = World(slots=1, batch=10)
    world.run([unit(name, solo=name in "bc") for name in "abcdefg"])
    assert set(world.results()) == set("abcdefg")
    assert world.began.total() == 7
    assert all(one.solo == (one.label in "bc") for one, _ in world.delivered)


@pytest.mark.parametrize(
    ("limit", "crash"),
    [
        ("time", {"kind": "timeout", "limit": 0.01, "phase": "load"}),
        ("memory", {"kind": "memory", "limit": 1000, "phase": "load"}),
    ],
)
def test_limits(monkeypatch: pytest.MonkeyPatch, limit: str, crash: dict[str, Any]) -> None:
    world = World(slots=1)
    monkeypatch.setattr(weighing, "kill_group", killer(world))
    if limit == "memory":
        monkeypatch.setattr(weighing, "resident_mb", lambda _: 1001.0)
    deadline = (lambda: 0.01) if limit == "time" else (lambda: 60.0)

    world.run([unit("a"), unit("b", "hang", deadline=deadline), unit("c")])

    results = world.results()
    assert results["b"].crash == crash
    assert results["a"].facts
    assert results["c"].facts
    assert world.began["b"] == 2


@pytest.mark.parametrize(("share", "starving"), [(0.9, 1_000_000), (0.1, 3)])
def test_what_is_starved_has_more_time(
    monkeypatch: pytest.MonkeyPatch, share: float, starving: int
) -> None:
    """On a machine that others use, a model that compiles for a minute was told to hang."""
    world, begin = World(slots=1), time.monotonic()
    killed: list[float] = []

    def kill(pid: int | None) -> None:
        killed.append(time.monotonic() - begin)
        killer(world)(pid)

    monkeypatch.setattr(weighing, "kill_group", kill)
    monkeypatch.setattr(weighing, "STARVING", starving)
    spent = lambda *_, **__: share * (time.monotonic() - begin)  # noqa: E731
    monkeypatch.setattr(weighing, "cpu_seconds", spent)
    world.run([unit("a", "hang", solo=True, deadline=lambda: 0.02)])
    assert world.results()["a"].crash == {"kind": "timeout", "limit": 0.02, "phase": "load"}
    assert killed[0] >= (0.02 if starving > 3 else 0.06)


@pytest.mark.parametrize("solo", [False, True])
def test_a_kill_from_outside_counts_only_if_it_happens_again(*, solo: bool) -> None:
    world = World(slots=1)
    world.run([unit("a", "killed once", solo=solo), unit("b", "killed", solo=solo)])

    results = world.results()
    assert results["a"].facts
    assert results["b"].crash == {"kind": "signal", "signal": "SIGKILL", "phase": "load"}
    assert world.began == {"a": 2, "b": 2}


def test_an_exit_code_of_its_own() -> None:
    found = ended(3 << 8, "train", killed=None)
    assert found.crash == {"kind": "exit", "code": 3, "phase": "train"}


def test_a_fault_of_the_probe_is_tried_again_and_then_told() -> None:
    world = World(slots=1)
    world.run([unit("a"), unit("b", "fault"), unit("c")])

    results = world.results()
    assert results["b"].fault == "the probe itself broke down; its worker's log says where"
    assert (results["b"].facts, results["b"].crash) == (None, None)
    assert world.began["b"] == schedule.TRIES
    assert results["a"].facts
    assert results["c"].facts


def test_a_job_that_kills_its_worker_is_given_up_and_no_other() -> None:
    world = World(slots=1)
    world.run([unit("a"), unit("b", "murder"), unit("c"), unit("d")])

    results = world.results()
    assert results["b"].fault == "the probe could not run it: its worker died"
    assert world.began["b"] == schedule.TRIES
    assert all(results[name].facts for name in "acd")
    assert world.living == 0


@pytest.mark.parametrize("solo", [True, False])
def test_an_answer_that_came_before_the_death_counts(*, solo: bool) -> None:
    world = World(slots=1)
    world.run([unit("a", "late", solo=solo), unit("b")])
    assert world.results()["a"].facts == {"name": "a", "does": "late"}
    assert world.results()["b"].facts
    assert world.began["a"] == 1


def test_an_environment_that_does_not_import() -> None:
    world = World(broken={"bad"})
    world.run([unit("a", environment="bad"), unit("b", environment="bad"), unit("c")])

    ((environment, reason, units),) = world.refused
    assert (environment, [one.label for one in units]) == ("bad", ["a", "b"])
    assert reason == "its framework does not import: ImportError: no libfoo"
    assert set(world.results()) == {"c"}


@pytest.mark.parametrize(("kills", "refused"), [(1, False), (2, True)])
def test_a_worker_killed_while_it_imports_is_started_once_more(
    kills: int, *, refused: bool
) -> None:
    world = World(killed=Counter(a=kills))
    world.run([unit("a", environment="a"), unit("b")])
    assert set(world.results()) == ({"b"} if refused else {"a", "b"})
    assert [reason for _, reason, _ in world.refused] == (
        ["its framework does not import: the process ended: the last line"] if refused else []
    )


def test_an_import_that_takes_too_long() -> None:
    world = World(slow={"slow"}, import_seconds=0.01)
    world.run([unit("a", environment="slow"), unit("b")])
    assert [(one, reason) for one, reason, _ in world.refused] == [
        ("slow", "its framework did not import within 0 s")
    ]
    assert set(world.results()) == {"b"}


@pytest.mark.parametrize("slots", [1, 2, 3])
def test_no_more_children_than_slots(monkeypatch: pytest.MonkeyPatch, slots: int) -> None:
    world = World(slots=slots, slow={"v"})
    monkeypatch.setattr(weighing, "kill_group", killer(world))
    pool = world.pool()
    pool.add([unit(name, "hang", name, solo=True) for name in "vwxyz"])
    for _ in range(20):
        pool.step(timeout=0.001)
    assert len(pool._flights) == slots - 1  # the import of "v" takes a slot, too
    assert world.living == slots
    pool.close()


@pytest.mark.parametrize("slots", [1, 2])
def test_workers_that_take_their_time_to_end_count(slots: int) -> None:
    lingering: list[FakeWorker] = []
    world = World(slots=slots, lingering=lingering)
    pool = world.pool()
    pool.add([unit(name, environment=name) for name in "uvwxyz"])
    for _ in range(30):
        pool.step(timeout=0.001)
    assert len(world.delivered) == world.living == pool.peak_workers == slots + 2

    while pool.busy:
        for worker in lingering:
            worker.die()
        lingering.clear()
        pool.step(timeout=0.001)
    assert set(world.results()) == set("uvwxyz")
    assert pool.peak_workers == slots + 2


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("vwxyz"),
            st.sampled_from(["ok", "ok", "ok", "error", "crash", "fault", "murder"]),
            st.booleans(),
        ),
        max_size=25,
    ),
    st.integers(1, 3),
    st.integers(1, 5),
)
@example([("v", "murder", False), ("v", "ok", False), ("v", "murder", False)], 3, 1)
def test_everything_is_told_once(jobs: list[tuple[str, str, bool]], slots: int, batch: int) -> None:
    world = World(slots=slots, batch=batch, broken={"z"})
    units = [
        unit(str(number), does, environment, solo=solo)
        for number, (environment, does, solo) in enumerate(jobs)
    ]

    pool = world.run(units)

    refused = {one.label for _, _, given_up in world.refused for one in given_up}
    assert refused == {one.label for one in units if one.environment == "z"}
    results = world.results()
    assert set(results) == {one.label for one in units} - refused
    for name, result in results.items():
        does = jobs[int(name)][1]
        assert (result.facts is not None) == (does in ("ok", "error"))
        assert (result.crash is not None) == (does == "crash")
        assert (result.fault is not None) == (does in ("fault", "murder"))
    assert world.living == 0
    assert world.most_living <= slots + 2
    assert pool.peak_workers <= slots + 2
    assert world.most_flying <= slots
    assert max(world.sizes, default=0) <= batch
