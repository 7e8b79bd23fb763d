"""Shards handed out to an engine that is scripted: who gets which, how often, and what is left."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caniload.runner.core.errors import UsageError
from caniload.runner.engines import address, handing, parcels, starting
from caniload.runner.engines.carrying import put_folder, read_folder
from caniload.runner.engines.engine import STARTS, Answer, EngineGoneError, LostError
from caniload.runner.engines.errand import homes, own_home
from caniload.runner.engines.handing import Handing
from caniload.runner.engines.orders import Order, Reply, belongs
from caniload.runner.engines.parcels import ParcelError
from caniload.runner.engines.shipping import Shipment
from caniload.runner.engines.starting import Ended
from caniload.runner.environments.home import Home
from caniload.runner.matrix.plan import Stage
from caniload.runner.sharding.dividing import Place, Shard

Step = Reply | BaseException | None
"""What a worker answers: a reply, something raised, or nothing at all."""


def shard(number: int, seconds: float = 1.0) -> Shard:
    return Shard(
        place=Place(stage=Stage.LOAD, of=3, number=number),
        environments=(f"tf-{number}",),
        models=0,
        cells=1,
        seconds=seconds,
        disk_bytes=0,
        download_bytes=0,
    )


def shipment(wanted: Shard, seconds: float = 60.0) -> Shipment:
    order = Order(
        caniload="",
        place=wanted.place,
        plan={},
        environments=wanted.environments,
        rows={},
        pythons={},
        fingerprints={},
        papers={},
        words=(),
        seconds=seconds,
    )
    return Shipment(
        order=order, papers={"abc": b"paper"}, folders=frozenset(), home=Home(root=Path("/nowhere"))
    )


class Scripted:
    """An engine whose workers answer by ``script``: one step for each errand that they get."""

    def __init__(self, script: dict[str, list[Step]]) -> None:
        self.script = script
        self.asked: list[tuple[str, int]] = []
        self.came: list[set[str]] = []
        self.closed = False
        self.waiting: list[Future[Answer]] = []

    def slots(self) -> tuple[str, ...]:
        return tuple(self.script)

    def submit(self, errand: bytes, prefer: Sequence[str]) -> Future[Answer]:
        (worker,), future = prefer, Future[Answer]()
        head, files = parcels.unpack(errand)
        self.asked.append((worker, Order.of(head).place.number))
        self.came.append(set(files))
        step = self.script[worker].pop(0)
        if step is None:
            self.waiting.append(future)
        elif isinstance(step, BaseException):
            future.set_exception(step)
        else:
            reply = parcels.pack(step.as_plain(), {"records": b""})
            future.set_result(Answer(worker=worker, code=0, reply=reply, said=""))
        return future

    def close(self) -> None:
        self.closed = True
        for future in self.waiting:
            future.cancel()


class Run:
    """One stage on a scripted engine, and what was said of it."""

    def __init__(self, script: dict[str, list[Step]], *wanted: Shard, seconds: float = 60) -> None:
        self.engine = Scripted(script)
        self.taken: list[tuple[int, str]] = []
        self.given_up: dict[int, str] = {}
        self.said: list[str] = []
        Handing(
            self.engine,
            ship=lambda one: shipment(one, seconds),
            take=self._take,
            give_up=lambda one, why: self.given_up.update({one.place.number: why}),
            say=self.said.append,
        )(wanted, lambda one: {1: "b"}.get(one.place.number))

    def _take(self, wanted: Shard, ended: Ended) -> None:
        self.taken.append((wanted.place.number, ended.worker))


DONE = Reply()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing, "TURN_SECONDS", 0.01)
    monkeypatch.setattr(starting, "GRACE_SECONDS", 0.0)


def test_the_longest_goes_first_and_each_worker_has_one_at_a_time() -> None:
    run = Run({"a": [DONE] * 3}, shard(1), shard(2, 9.0), shard(3, 4.0))
    assert run.engine.asked == [("a", 2), ("a", 3), ("a", 1)]
    assert sorted(number for number, _ in run.taken) == [1, 2, 3]


def test_a_shard_goes_where_its_environment_was_built() -> None:
    assert Run({"a": [DONE], "b": [DONE]}, shard(1)).engine.asked == [("b", 1)]


def test_what_is_lacking_is_sent_and_the_last_piece_is_the_order() -> None:
    run = Run({"a": [Reply(lacking=("abc",)), DONE]}, shard(2))
    assert run.taken == [(2, "a")]
    assert run.engine.came == [{"papers/abc"}, {"papers/abc"}]


def test_who_never_keeps_what_it_is_sent_costs_starts_not_for_ever() -> None:
    run = Run({"a": [Reply(lacking=("abc",))] * 99}, shard(2))
    assert "did not keep what it was sent" in run.given_up[2]
    assert len(run.engine.asked) == STARTS * starting.ROUNDS


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (Reply(failed="[Errno 28] No space left on device"), "No space left on device"),
        (ValueError("odd"), "ValueError: odd"),
        (LostError("1 workers died while they were at it", starts=1), "workers died"),
    ],
    ids=["failed", "raised", "lost"],
)
def test_after_so_many_starts_a_shard_is_given_up_and_the_others_run(step: Step, told: str) -> None:
    again = [step] * (STARTS - 1)
    run = Run({"a": [step, DONE, *again]}, shard(1, 9.0), shard(2))
    assert told in run.given_up[1]
    assert run.taken == [(2, "a")]
    assert run.engine.asked == [("a", 1), ("a", 2), *[("a", 1)] * len(again)]


def test_what_failed_on_one_goes_to_another() -> None:
    run = Run({"b": [Reply(failed="disk full")], "a": [DONE]}, shard(1))
    assert run.taken == [(1, "a")]
    assert not run.given_up


def test_starts_by_the_engine_itself_count() -> None:
    run = Run({"a": [LostError("3 workers died", starts=3)]}, shard(1))
    assert run.given_up == {1: "load 1/3 on a: 3 workers died"}


def test_who_is_unfit_costs_no_start_and_is_not_asked_again() -> None:
    script: dict[str, list[Step]] = {"b": [Reply(unfit="needs Python 3.8")], "a": [DONE]}
    run = Run(script, shard(1))
    assert run.engine.asked == [("b", 1), ("a", 1)]
    assert run.taken == [(1, "a")]


def test_where_all_are_unfit_it_is_given_up_with_the_reason() -> None:
    unfit = Reply(unfit="tf-1: needs Python 3.8")
    run = Run({"b": [unfit], "a": [unfit]}, shard(1))
    assert run.given_up == {1: "load 1/3 on a: tf-1: needs Python 3.8"}


def test_what_is_short_is_kept_and_tried_on_one_other() -> None:
    script: dict[str, list[Step]] = {"b": [Reply(short="no room")], "a": [DONE], "c": []}
    run = Run(script, shard(1))
    assert run.taken == [(1, "b"), (1, "a")]
    twice = Run({"b": [Reply(short="x")], "a": [Reply(short="x")], "c": [DONE]}, shard(1))
    assert twice.taken == [(1, "b"), (1, "a")]
    assert not twice.given_up  # what came back says itself what is not there, and why


def test_what_is_short_on_the_only_worker_is_taken_as_it_is() -> None:
    run = Run({"b": [Reply(short="cannot be built")]}, shard(1))
    assert (run.taken, run.given_up) == ([(1, "b")], {})


def test_who_does_not_answer_in_time_costs_a_start() -> None:
    run = Run({"b": [None], "a": [DONE]}, shard(1), seconds=0.05)
    assert run.taken == [(1, "a")]
    assert run.engine.waiting[0].cancelled()
    assert any("there was no answer in 0 minutes" in line for line in run.said)


def test_a_lost_connection_costs_no_start() -> None:
    lost: list[Step] = [CancelledError() for _ in range(9)]
    assert Run({"a": [*lost, DONE]}, shard(1)).taken == [(1, "a")]


def test_without_workers_it_ends_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing, "WORKERLESS_SECONDS", 0.05)
    with pytest.raises(EngineGoneError, match="no worker for 0 s; what came back is kept"):
        Run({}, shard(1))


def test_an_interrupt_waits_for_nobody() -> None:
    def interrupt(_: Shard, __: Ended) -> None:
        raise KeyboardInterrupt

    engine = Scripted({"a": [DONE], "b": [None]})
    handing_ = Handing(
        engine, ship=shipment, take=interrupt, give_up=lambda *_: None, say=lambda _: None
    )
    with pytest.raises(KeyboardInterrupt):
        handing_([shard(2), shard(3)], lambda _: None)
    assert engine.closed


# What travels

CONTENTS = st.dictionaries(st.text(max_size=5), st.binary(max_size=50), max_size=4)


@given(CONTENTS)
def test_a_parcel_has_what_was_put_in(files: dict[str, bytes]) -> None:
    assert parcels.unpack(parcels.pack({"a": [1]}, files)) == ({"a": [1]}, files)


@given(CONTENTS, st.data())
def test_no_altered_byte_of_a_file_is_taken(files: dict[str, bytes], data: Any) -> None:
    parcel = bytearray(parcels.pack({"a": 1}, {**files, "file": b"weights of a model"}))
    at = data.draw(st.integers(0, len(parcel) - 1))
    parcel[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        head, there = parcels.unpack(bytes(parcel))
    except ParcelError:
        return
    assert (head, there) == ({"a": 1}, {**files, "file": b"weights of a model"})


def test_orders_and_replies_travel_as_json() -> None:
    order = shipment(shard(1)).order
    assert Order.of(json.loads(json.dumps(order.as_plain()))) == order
    reply = Reply(lacking=("a", "b"), short="why", built=2)
    assert Reply.of(json.loads(json.dumps(reply.as_plain()))) == reply


def test_a_folder_arrives_whole(tmp_path: Path) -> None:
    put_folder(tmp_path, "tf/dense/h5-1", {"model.h5": b"1", "deep/er/file": b"2"})
    put_folder(tmp_path, "tf/dense/h5-1", {"model.h5": b"3"})
    assert read_folder(tmp_path, "tf/dense/h5-1") == {"artifacts/tf/dense/h5-1//model.h5": b"3"}
    assert [path.name for path in tmp_path.iterdir()] == ["tf"]


@pytest.mark.parametrize(
    ("path", "name"),
    [("../out", "x"), ("/out", "x"), ("", "x"), (".", "x"), ("a", "../x"), ("a", "/x")],
)
def test_nothing_is_written_outside_of_the_home(tmp_path: Path, path: str, name: str) -> None:
    root = tmp_path / "home"
    root.mkdir()
    (root / "there").write_text("kept")
    with pytest.raises(ParcelError, match="outside of the home"):
        put_folder(root, path, {name: b""})
    assert (root / "there").read_text() == "kept"
    assert [one.name for one in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize(
    ("record", "save", "load"),
    [
        ({"kind": "save", "environment": "a"}, True, False),
        ({"kind": "save", "environment": "b"}, False, False),
        ({"kind": "import", "environment": "a"}, True, True),
        ({"kind": "cell", "cell": {"loaded_by": "a"}}, False, True),
        ({"kind": "cell", "cell": {"loaded_by": "b"}}, False, False),
        ({"kind": "fault", "reason": "a"}, False, False),
    ],
)
def test_a_record_is_of_one_shard(record: dict[str, Any], save: bool, load: bool) -> None:  # noqa: FBT001
    for stage, wanted in ((Stage.SAVE, save), (Stage.LOAD, load)):
        assert belongs(record, Place(stage=stage, of=2, number=1), ("a",)) is wanted


# Homes of workers


def test_two_errands_never_share_a_home(tmp_path: Path) -> None:
    """A worker without a name has its address for one, and another after every restart."""
    with own_home(tmp_path, "tcp://10.0.0.1:1") as one, own_home(tmp_path, "tcp://b:2") as other:
        assert [one.root.name, other.root.name] == ["1", "2"]
    with own_home(tmp_path, "tcp://10.0.0.1:3") as again, own_home(tmp_path, "gpu/1") as named:
        assert [again.root.name, named.root.name] == ["1", "gpu-1"]


def test_a_home_is_below_caniload_home_or_beside_the_folder_that_dask_removes() -> None:
    folder = Path("/scratch/dask-scratch-space/worker-x")
    assert homes(folder, {"CANILOAD_HOME": "/home/me"}) == Path("/home/me/workers")
    assert homes(folder, {}) == Path("/scratch/dask-scratch-space/caniload/workers")


# Addresses


@pytest.mark.parametrize(
    ("named", "insecure", "wanted"),
    [
        ("dask://localhost:9000", False, "tcp://localhost:9000"),
        ("dask://127.0.0.1", False, "tcp://127.0.0.1:8786"),
        ("dask://[::1]:9", False, "tcp://[::1]:9"),
        ("dask://10.0.0.1:9", True, "tcp://10.0.0.1:9"),
        ("dask+tls://big.example:9", False, "tls://big.example:9"),
    ],
)
def test_addresses_are_dask_s(named: str, insecure: bool, wanted: str) -> None:  # noqa: FBT001
    assert address.scheduler(named, insecure=insecure) == wanted


@pytest.mark.parametrize(
    "named", ["dask://10.0.0.1:9", "dask://big.example", "dask://[fe80::1]", "dask://0.0.0.0"]
)
def test_plain_tcp_to_elsewhere_is_refused(named: str) -> None:
    with pytest.raises(UsageError, match="runs whatever code it is sent; use dask\\+tls://"):
        address.scheduler(named, insecure=False)


@pytest.mark.parametrize(
    "named", ["ray://x", "dask", "dask://", "dask://h:x", "dask://h/x", "tcp://localhost:1", ""]
)
def test_what_is_no_engine_is_told(named: str) -> None:
    with pytest.raises(UsageError, match="is no engine: it is local, dask://HOST:PORT"):
        address.scheduler(named, insecure=True)
