"""Whole runs divided among homes, as machines that share nothing but files, and put together."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from workshop import Finished, Wheels, Workshop

from caniload.runner.evidence.store import Store

pytest_plugins = ["pipeline_fixtures"]

VERSIONS = ("1.0", "2.0", "3.0")
NOTHING = "0 cells run (0 of them alone), 0 models saved, 0 environments built"
VARIES = {
    "artifact",  # where a file is kept: its name ends in a hash of its bytes
    "artifact_sha256",  # here they are the same bytes, with real frameworks not always
    "expected",
    "seconds",
    "solo",  # which of a batch was the first of its kind
}
"""Fields of ``caniload cells`` that may differ between one run and many shards."""


class Machines:
    """Homes beside each other, with one matrix, its locks, and the same Pythons."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.expected: list[dict[str, Any]] = []

    def home(self, name: str) -> Path:
        return self.workshop.root / name

    def run(self, name: str, command: str, *arguments: str) -> Finished:
        return self._at(name).run(command, *arguments)

    def start(self, name: str, command: str, *arguments: str) -> subprocess.Popen[str]:
        return self._at(name).start(command, *arguments)

    def _at(self, name: str) -> Workshop:
        self.workshop.variables["CANILOAD_HOME"] = str(self.home(name))
        return self.workshop

    def shard(self, name: str, stage: str, which: str) -> Finished:
        ended = self.run(name, "matrix", "--stage", stage, "--shard", which)
        assert ended.code == 0, ended.err
        return ended

    def merge(self, into: str, *names: str, code: int = 0) -> Finished:
        ended = self.run(into, "merge", *(str(self.home(name)) for name in names))
        assert ended.code == code, ended.out + ended.err
        return ended

    def cells(self, name: str) -> list[dict[str, Any]]:
        """Return the judged cells of a home without what may differ from those of another.

        Tracebacks and messages have paths of the home in which they arose.
        """
        lines = self.raw_cells(name)
        text = json.dumps([{k: v for k, v in one.items() if k not in VARIES} for one in lines])
        text = re.sub(rf"{re.escape(str(self.workshop.root))}/[\w-]+", "HOME", text)
        found: list[dict[str, Any]] = json.loads(text)
        return found

    def raw_cells(self, name: str) -> list[dict[str, Any]]:
        return self._at(name).cells()

    def copy(self, name: str, to: str) -> Path:
        for part in ("results", "artifacts"):
            shutil.copytree(self.home(name) / part, self.home(to) / part)
        return self.home(to)

    def records(self, name: str) -> dict[str, Mapping[str, Any]]:
        return dict(Store(self.home(name) / "results").items())


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory, wheels: Wheels) -> Iterator[Machines]:
    """One run in ``whole``; the same in three shards a stage, ``load-K`` ends with each of them."""
    root = tmp_path_factory.mktemp("machines")
    workshop = Workshop(root=root / "workshop", wheels=wheels)
    workshop.use(VERSIONS)
    made = Machines(workshop)
    assert made.run("whole", "matrix").code == 0
    made.expected = made.cells("whole")
    for number in (1, 2, 3):
        made.shard(f"save-{number}", "save", f"{number}/3")
    made.merge("saved", "save-1", "save-2", "save-3")
    for number in (1, 2, 3):
        made.merge(f"load-{number}", "saved")
        made.shard(f"load-{number}", "load", f"{number}/3")
    yield made
    workshop.remove()
    shutil.rmtree(root)


@pytest.fixture
def new(machines: Machines, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Return names of homes that are not there yet."""
    names: list[str] = []

    def name() -> str:
        names.append(f"{tmp_path.name}-{len(names)}")
        return names[-1]

    yield name
    for one in names:
        shutil.rmtree(machines.home(one), ignore_errors=True)


def test_three_machines_measure_what_one_does(machines: Machines, new: Callable[[], str]) -> None:
    merged = machines.merge(all_ := new(), "load-1", "load-2", "load-3")

    assert merged.out.splitlines()[-1] == (
        f"save: all shards, load: all shards; in {machines.home(all_)}"
    )
    assert machines.cells(all_) == machines.expected
    assert machines.records(all_).keys() == machines.records("whole").keys()
    drawn = machines.run(all_, "report")
    assert drawn.code == 0, drawn.err
    assert (machines.home(all_) / "report" / "index.html").is_file()
    again = machines.run(all_, "matrix", "--strict")
    assert (again.code, again.tally) == (0, NOTHING)


def test_each_machine_did_a_third(machines: Machines) -> None:
    for number in (1, 2, 3):
        saved = machines.records(f"save-{number}").values()
        assert {one["environment"] for one in saved} == {f"fake-{VERSIONS[number - 1]}"}
        loaded = [one for one in machines.records(f"load-{number}").values() if "cell" in one]
        assert {one["cell"]["loaded_by"] for one in loaded} == {f"fake-{VERSIONS[number - 1]}"}
        (built,) = machines.home(f"load-{number}").glob("environments/*/receipt.json")
        assert built.parent.name == f"fake-{VERSIONS[number - 1]}"


def test_a_shard_goes_on_and_then_has_nothing_to_do(machines: Machines) -> None:
    assert NOTHING in machines.shard("save-2", "save", "2/3").out
    ended = machines.shard("load-2", "load", "2/3")
    assert NOTHING in ended.out
    assert ended.out.splitlines()[-1] == (
        f"load 2/3 is done, in {machines.home('load-2')}: fake-2.0"
    )
    assert not (machines.home("load-2") / "report").exists()


def test_a_missing_shard_is_named(machines: Machines, new: Callable[[], str]) -> None:
    part = new()
    refused = machines.merge(part, "load-1", "load-3", code=5)
    assert refused.err == "caniload: missing: load 2/3\n"
    assert not machines.records(part)

    taken = machines.run(
        part, "merge", "--incomplete", *(str(machines.home(f"load-{one}")) for one in (1, 3))
    )
    assert taken.code == 0, taken.err
    assert "save: all shards, load: missing load 2/3; in " in taken.out
    # The last one completes what was merged before.
    assert "load: all shards" in machines.merge(part, "load-2").out
    assert machines.cells(part) == machines.expected


def test_a_stage_can_be_asked_for(machines: Machines, new: Callable[[], str]) -> None:
    homes = [str(machines.home(f"save-{one}")) for one in (1, 2, 3)]
    refused = machines.run(new(), "merge", "--stage", "load", *homes)
    assert (refused.code, refused.err) == (5, "caniload: missing: all shards of stage load\n")
    into = machines.home(new())
    assert machines.run("whole", "merge", "--stage", "save", "--into", str(into), *homes).code == 0
    assert len(list(into.glob("results/shards/*.json"))) == 3


def test_twice_and_in_any_order_is_the_same(machines: Machines, new: Callable[[], str]) -> None:
    one, other = new(), new()
    machines.merge(one, "load-1", "load-2", "load-3")
    machines.merge(other, "load-3", "load-1", "load-2", "load-1", "save-2")
    before = tree(machines.home(one))

    again = machines.merge(one, "load-2", "load-1", "load-3", "load-3")

    assert again.out.startswith("0 records and 0 saved files came in, ")
    assert tree(machines.home(one)) == before
    assert machines.records(one) == machines.records(other)


def test_homes_keep_what_they_have_and_files_take_no_room(
    machines: Machines, new: Callable[[], str]
) -> None:
    before = tree(machines.home("load-1"))
    machines.merge(all_ := new(), "load-1", "load-2", "load-3")
    assert tree(machines.home("load-1")) == before
    files = [one for one in (machines.home(all_) / "artifacts").rglob("*") if one.is_file()]
    assert files
    for path in files:
        twin = machines.home("load-1") / path.relative_to(machines.home(all_))
        assert path.samefile(twin)


def tree(folder: Path) -> dict[str, bytes]:
    parts = (folder / "results", folder / "artifacts")
    return {
        str(path): path.read_bytes() for part in parts for path in part.rglob("*") if path.is_file()
    }


def test_what_contradicts_is_told_and_the_first_stands(
    machines: Machines, new: Callable[[], str]
) -> None:
    lying = new()
    home = machines.copy("load-2", lying)
    key, record = next(
        (key, one)
        for key, one in machines.records("load-2").items()
        if one["kind"] == "cell" and one["cell"]["artifact"]["damage"] is None and one["facts"]
    )
    with Store(home / "results") as store:
        store.put(key, {**record, "facts": {**record["facts"], "error": RAISED}, "seconds": 99})

    into = new()
    told = machines.merge(into, "load-1", "load-2", lying, "load-3", code=1)

    file = record["cell"]["artifact"]
    name = f"{file['saved_by']}/{file['model']}.{file['format']}/{record['cell']['loaded_by']}"
    (line,) = [one for one in told.out.splitlines() if one.startswith("contradiction: ")]
    assert line.startswith(f"contradiction: {name} in {home}: facts.error")
    assert machines.records(into)[key] == record
    assert machines.cells(into) == machines.expected
    first = new()
    machines.merge(first, "load-1", lying, "load-2", "load-3", code=1)
    assert machines.records(first)[key]["seconds"] == 99


RAISED = {"type": "ValueError", "message": "made up", "phase": "load", "traceback": ""}


def test_unreadable_lines_are_passed_over_and_counted(
    machines: Machines, new: Callable[[], str]
) -> None:
    spoilt = new()
    results = machines.copy("load-1", spoilt) / "results"
    (key, record), *_ = Store(results).items()
    with Store(results) as store:
        store.put(key, record)
    path = results / "records.jsonl"
    path.write_bytes(b"noise\n" + path.read_bytes()[:-20])

    told = machines.merge(into := new(), spoilt, "load-2", "load-3")
    said = f"2 results in {machines.home(spoilt)}/results cannot be read; they are passed over"
    assert said in told.out
    machines.merge(into, "load-1")
    assert machines.cells(into) == machines.expected


def test_a_lost_file_is_told_and_another_home_has_it(
    machines: Machines, new: Callable[[], str]
) -> None:
    spoilt, into = new(), new()
    home = machines.copy("save-1", spoilt)
    (file,) = home.glob("artifacts/fake-1.0/dense/h5-*/model.h5")
    file.write_bytes(b"something else")
    told = machines.merge(into, spoilt, "save-2", "save-3")
    (line,) = [one for one in told.out.splitlines() if one.startswith("lost: ")]
    assert line.startswith("lost: save fake-1.0/dense: fake-1.0/dense/h5-")
    assert "lost: " not in machines.merge(into, spoilt, "save-1", "save-2", "save-3").out
    (there,) = machines.home(into).glob("artifacts/fake-1.0/dense/h5-*/model.h5")
    assert there.read_bytes() != b"something else"


def test_a_killed_merge_goes_on(machines: Machines, new: Callable[[], str]) -> None:
    """kill -9 at random moments: nothing is lost in any home, and the next merge ends it."""
    homes = ("load-1", "load-2", "load-3")
    before = [tree(machines.home(name)) for name in homes]
    started = time.monotonic()
    machines.merge(new(), *homes)
    took = time.monotonic() - started
    into = new()
    for _ in range(3):
        process = machines.start(into, "merge", *(str(machines.home(one)) for one in homes))
        try:
            process.wait(random.uniform(0.3 * took, took))
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()

    machines.merge(into, *homes)

    assert machines.cells(into) == machines.expected
    assert [tree(machines.home(name)) for name in homes] == before
    assert not list(machines.home(into).glob("artifacts/tmp-*"))


def test_nothing_is_loaded_before_all_is_saved(machines: Machines, new: Callable[[], str]) -> None:
    name = new()
    refused = machines.run(name, "matrix", "--stage", "load", "--shard", "1/3")
    assert refused.code == 5
    assert "missing: all shards of stage save; run these shards, then" in refused.err
    homes = [str(machines.home(f"save-{one}")) for one in (1, 2)]
    assert machines.run(name, "merge", "--incomplete", *homes).code == 0
    refused = machines.run(name, "matrix", "--stage", "load", "--shard", "1/3")
    assert refused.code == 5
    assert "missing: save 3/3" in refused.err
    assert not (machines.home(name) / "environments").exists()
    other = ("--stage", "load", "--shard", "1/2", "--models", "control")
    refused = machines.run(name, "matrix", *other)
    assert refused.code == 2
    assert "is of another plan: this one differs in selection" in refused.err
    assert len(list(machines.home(name).glob("results/shards/*.json"))) == 2


def test_what_was_altered_on_the_way_is_not_loaded(
    machines: Machines, new: Callable[[], str]
) -> None:
    home = machines.copy("saved", name := new())
    (file,) = home.glob("artifacts/fake-1.0/dense/h5-*/model.h5")
    file.write_bytes(b"something else")
    ended = machines.run(name, "matrix", "--stage", "load", "--shard", "1/3")
    assert ended.code == 0
    untested = [one["id"] for one in machines.raw_cells(name) if one["outcome"] == "untested"]
    assert "fake-1.0/dense.h5/fake-1.0" in untested
    assert "fake-1.0/dense.keras/fake-1.0" not in untested


def test_shards_of_another_plan_are_refused(machines: Machines, new: Callable[[], str]) -> None:
    other = new()
    ended = machines.run(
        other, "matrix", "--stage", "save", "--shard", "1/3", "--models", "control"
    )
    assert ended.code == 0, ended.err
    refused = machines.merge(new(), "save-1", other, "save-2", "save-3", code=2)
    assert "save 1/3 in " in refused.err
    assert "are shards of different plans: they differ in selection" in refused.err


def test_a_home_forgets_shards_of_another_plan(machines: Machines, new: Callable[[], str]) -> None:
    name = new()
    models = ("--models", "control")
    assert machines.run(name, "matrix", "--stage", "save", "--shard", "1/1", *models).code == 0
    machines.shard(name, "save", "1/2")
    notes = [path.name for path in machines.home(name).glob("results/shards/*")]
    assert notes == ["save-1-of-2.json"]
    assert machines.run(name, "clean", "results").code == 0
    assert not (machines.home(name) / "results" / "shards").exists()


def test_another_machine_is_refused(machines: Machines, new: Callable[[], str]) -> None:
    """Results are found by the exact Python; where that differs they would not meet."""
    elsewhere = new()
    home = machines.copy("save-3", elsewhere)
    (path,) = home.glob("results/shards/*.json")
    note = json.loads(path.read_text())
    note["fingerprints"]["fake-3.0"], note["pythons"]["fake-3.0"] = "other", "3.99.1"
    path.write_text(json.dumps(note))
    refused = machines.merge(new(), "save-1", "save-2", "save-3", elsewhere, code=2)
    assert "fake-3.0 ran in Python 3.99.1, and in " in refused.err

    into = new()
    machines.merge(into, "save-1", "save-2", elsewhere)
    refused = machines.run(into, "matrix", "--stage", "load", "--shard", "1/3")
    assert refused.code == 2
    assert "save 3/3 saved fake-3.0 in Python 3.99.1; this machine has " in refused.err


def test_an_interrupted_shard_leaves_no_note(machines: Machines, new: Callable[[], str]) -> None:
    name = new()
    machines.shard(name, "save", "3/3")
    process = machines.start(name, "matrix", "--stage", "save", "--shard", "3/3", "--rerun")
    while list(machines.home(name).glob("results/shards/*.json")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.kill()
    process.communicate()
    refused = machines.merge(new(), "save-1", "save-2", name, code=5)
    assert refused.err == "caniload: missing: save 3/3\n"
    machines.workshop.assert_all_gone()


def test_the_plan_is_the_same_whatever_is_stored(machines: Machines) -> None:
    wanted = ("plan", "--shards", "2", "--json", "--jobs", "2")
    told = [machines.run(name, *wanted) for name in ("whole", "load-2", "empty")]
    assert {one.code for one in told} == {0}
    assert len({one.out for one in told}) == 1
    found = json.loads(told[0].out)
    assert [one["shard"] for one in found["save"]] == ["1/2", "2/2"]
    for stage in ("save", "load"):
        owned = [name for one in found[stage] for name in one["environments"]]
        assert sorted(owned) == [f"fake-{one}" for one in VERSIONS]
    assert sum(one["cells"] for one in found["load"]) == found["cells"] == 3 * 2 * 4 * 3
    assert sum(one["models"] for one in found["save"]) == 3 * 2


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("plan", "--shards", "257"), "257 shards: a job matrix of GitHub has room for 256"),
        (("plan", "--shards", "4"), "4 shards: there are 3 environments, and none is divided"),
        (("matrix", "--shard", "1/3"), "--shard K/N and --stage save or load go together"),
        (("matrix", "--stage", "save"), "--shard K/N and --stage save or load go together"),
        (("matrix", "--shard", "4/3", "--stage", "save"), "'4/3' is not a shard such as 2/8"),
        (("matrix", "--shard", "1/3", "--stage", "save", "--strict"), "a shard has no report"),
        (("merge", "nowhere"), "nowhere: has no folder `results`, so it is no CANILOAD_HOME"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_asked(machines: Machines, command: tuple[str, ...], told: str) -> None:
    refused = machines.run("empty", *command)
    assert refused.code == 2
    assert told in refused.err
