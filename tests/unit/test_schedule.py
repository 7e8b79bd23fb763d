"""The ready queue with workers that follow a script: nothing is lost, nothing told twice."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from schedule_world import FakeWorker, World, _no_real_process, killer, unit

from caniload.runner.evidence.results import Result, ended
from caniload.runner.running import schedule, weighing

__all__ = ["_no_real_process"]  # a fixture


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
