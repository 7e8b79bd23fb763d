"""A run divided among machines: every cell once, evenly, everywhere alike; and put together."""

from __future__ import annotations

import copy
import errno
import itertools
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caniload.runner.core.errors import IncompleteError, UsageError
from caniload.runner.environments.disk import Cost, estimate
from caniload.runner.environments.home import Home
from caniload.runner.evidence.artifacts import sha256_of, take
from caniload.runner.evidence.store import Store
from caniload.runner.matrix.plan import Plan, Selection, Stage, make
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Matrix
from caniload.runner.sharding import agreeing, notes, telling
from caniload.runner.sharding.contradicting import contradiction, name, yields
from caniload.runner.sharding.dividing import MOST, Place, divide, part, shards
from caniload.runner.sharding.merging import Merged, Merging
from caniload.runner.sharding.notes import Note

WHOLE = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
LOCKS = Path(__file__).parents[2] / "runner" / "locks"
PLAN = make(WHOLE, Selection(profile="quick"))
WEIGHTS = st.dictionaries(st.text(max_size=3), st.integers(0, 1000).map(float), min_size=1)


def prices(plan: Plan) -> dict[str, Cost]:
    return {one.id: estimate(one, LOCKS) for one in plan.environments}


# Dividing


@given(WEIGHTS, st.integers(1, 20))
def test_each_goes_to_one_part_and_none_is_much_longer(weights: dict[str, float], of: int) -> None:
    parts = divide(weights, of)
    assert len(parts) == of
    assert sorted(itertools.chain(*parts)) == sorted(weights)
    longest = max(sum(weights[one] for one in part) for part in parts)
    mean = sum(weights.values()) / of
    assert longest <= mean + (1 - 1 / of) * max(weights.values()) + 1e-6
    assert all(parts) or of > len(weights)
    for part_ in parts:
        assert list(part_) == [one for one in weights if one in part_]


@settings(deadline=None)
@given(st.lists(st.integers(1, 50).map(float), min_size=1, max_size=7), st.integers(1, 3))
def test_the_longest_part_is_within_graham_s_bound_of_the_best(
    lengths: list[float], of: int
) -> None:
    """Longest processing time first is at most 4/3 - 1/3m of the shortest there is (1969)."""
    weights = {str(index): length for index, length in enumerate(lengths)}
    longest = max(sum(weights[one] for one in part) for part in divide(weights, of))
    best = min(
        max(
            sum(length for length, at in zip(lengths, where, strict=True) if at == one)
            for one in range(of)
        )
        for where in itertools.product(range(of), repeat=len(lengths))
    )
    assert longest <= (4 / 3 - 1 / (3 * of)) * best + 1e-6


@given(WEIGHTS, st.integers(1, 20))
def test_it_is_the_same_everywhere(weights: dict[str, float], of: int) -> None:
    assert divide(weights, of) == divide(dict(weights), of)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("of", [1, 2, 3, len(PLAN.environments)])
def test_every_cell_and_every_save_is_in_one_shard(stage: Stage, of: int) -> None:
    found = shards(PLAN, stage, of, prices(PLAN))
    assert [one.place for one in found] == [
        Place(stage=stage, of=of, number=number) for number in range(1, of + 1)
    ]
    parts = [part(PLAN, one) for one in found]
    for whole, pieces in (
        (PLAN.cells, [one.cells for one in parts]),
        (PLAN.controls, [one.controls for one in parts]),
    ):
        assert sorted(cell.id for cell in itertools.chain(*pieces)) == sorted(
            cell.id for cell in whole
        )
    for one, piece in zip(found, parts, strict=True):
        loading = stage is Stage.LOAD
        owners = {cell.loaded_by if loading else cell.artifact.saved_by for cell in piece.cells}
        assert owners == set(one.environments)
        assert piece.stages == (stage,)
        assert one.seconds > 0
        assert (one.models > 0, one.cells > 0) == (not loading, loading)


def test_what_no_job_matrix_holds_is_refused() -> None:
    with pytest.raises(UsageError, match=f"^{MOST + 1} shards: a job matrix of GitHub has room"):
        shards(PLAN, Stage.SAVE, MOST + 1, prices(PLAN))
    there = len(PLAN.environments)
    with pytest.raises(UsageError, match=f"there are {there} environments, and none is divided"):
        shards(PLAN, Stage.SAVE, there + 1, prices(PLAN))


def test_a_shard_beyond_a_runner_s_disk_is_told() -> None:
    dear = {
        one.id: Cost(download_bytes=1, disk_bytes=8 * 10**9, seconds=9) for one in PLAN.environments
    }
    said = telling.as_lines(PLAN, shards(PLAN, Stage.LOAD, 3, dear), jobs=2)
    told = [line for line in said if "needs more than the 14 GB" in line]
    assert [line.split(" needs")[0] for line in told] == ["load 1/3", "load 2/3", "load 3/3"]
    alone = shards(PLAN, Stage.LOAD, len(PLAN.environments), dear)
    assert not any("needs more" in line for line in telling.as_lines(PLAN, alone, jobs=2))


# Whether shards belong together


def note(stage: Stage, number: int, of: int, **changes: Any) -> Note:
    usual: dict[str, Any] = {
        "plan": {"matrix.yaml": "m", "locks": "l", "selection": "s"},
        "fingerprints": {"tf-2.15": "f"},
        "pythons": {"tf-2.15": "3.11.9"},
        "unusable": {},
    }
    return Note(place=Place(stage=stage, of=of, number=number), **{**usual, **changes})


def missing(stage: Stage, *noted: Note) -> list[str] | None:
    found = notes.missing([one.place for one in noted], stage)
    return None if found is None else [str(one) for one in found]


def test_what_is_missing_is_named() -> None:
    save, load = Stage.SAVE, Stage.LOAD
    assert missing(save, note(save, 1, 3), note(save, 3, 3)) == ["save 2/3"]
    assert missing(save, note(save, 1, 2), note(save, 2, 2), note(load, 1, 2)) == []
    assert missing(load, note(save, 1, 1)) is None
    assert missing(save, note(save, 1, 2), note(save, 1, 3)) == ["save 2/2", "save 2/3", "save 3/3"]
    # A whole division is enough, whatever there is of another.
    assert missing(save, note(save, 1, 2), note(save, 2, 2), note(save, 1, 3)) == []
    with pytest.raises(IncompleteError, match=r"^missing: save 2/2, all shards of stage load$"):
        agreeing.check_complete([note(save, 1, 2)], Stage)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"plan": {"matrix.yaml": "m", "locks": "x", "selection": "s"}}, "they differ in locks"),
        (
            {"plan": {"matrix.yaml": "x", "locks": "l", "selection": "x"}},
            "they differ in matrix.yaml",  # of which the rest may follow
        ),
        (
            {"fingerprints": {"tf-2.15": "x"}, "pythons": {"tf-2.15": "3.11.14"}},
            "tf-2.15 ran in Python 3.11.14, and in 3.11.9",
        ),
        ({"fingerprints": {"tf-2.15": "x"}}, "on different systems or C libraries"),
    ],
)
def test_what_does_not_belong_together_is_refused(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    one, other = Home(root=tmp_path / "a"), Home(root=tmp_path / "b")
    first, second = note(Stage.SAVE, 1, 2), note(Stage.SAVE, 2, 2, **changes)
    agreeing.check_one_plan([(one, first), (other, note(Stage.SAVE, 2, 2))])
    with pytest.raises(UsageError) as refused:
        agreeing.check_one_plan([(one, first), (other, second)])
    assert told in str(refused.value)
    assert f"save 2/2 in {other.root} and save 1/2 in {one.root}" in str(refused.value)


def test_a_plan_is_told_by_all_that_makes_it(tmp_path: Path) -> None:
    def identity(matrix: Matrix = WHOLE, locks: Path = LOCKS, **selection: Any) -> dict[str, str]:
        plan = make(matrix, Selection(**{"profile": "quick", **selection}))
        return notes.identify(plan, prices(plan), locks)

    def changed(other: dict[str, str]) -> set[str]:
        return {what for what, value in identity().items() if other[what] != value}

    assert not changed(identity())
    limits = WHOLE.limits.model_copy(update={"seconds": 1.0})
    assert changed(identity(WHOLE.model_copy(update={"limits": limits}))) == {"matrix.yaml"}
    assert changed(identity(models=("dense",))) == {"selection", "costs"}
    for path in LOCKS.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes() + b"\n")
    assert changed(identity(locks=tmp_path)) == {"locks"}


def test_notes_come_back_and_a_spoilt_one_is_as_none(tmp_path: Path) -> None:
    home = Home(root=tmp_path)
    old = note(Stage.SAVE, 3, 4, plan={"matrix.yaml": "old"})
    kept = [note(Stage.LOAD, 1, 2), note(Stage.SAVE, 1, 2), note(Stage.SAVE, 2, 2)]
    for one in [*kept, old]:
        notes.write(one, home)
    assert set(map(str, (one.place for one in notes.read(home)))) > {"save 3/4"}
    notes.begin(kept[1].place, kept[0].plan, home)
    assert list(notes.read(home)) == [kept[0], kept[2]]
    (path,) = home.shards.glob("load*")
    path.write_text(path.read_text()[:-9])
    assert list(notes.read(home)) == [kept[2]]


# Records of two machines

CELL: dict[str, Any] = {
    "kind": "cell",
    "cell": {
        "artifact": {"saved_by": "tf-2.15", "model": "lstm", "format": "h5", "damage": None},
        "loaded_by": "tf-2.21",
    },
    "artifact": "tf-2.15/lstm/h5-1",
    "crash": None,
    "limits": None,
    "solo": False,
    "seconds": 0.2,
    "cpu": None,
    "rss_kb": None,
    "facts": {
        "error": None,
        "seconds": {"load": 0.1},
        "cpu_seconds": 0.3,
        "messages": [
            {
                "channel": "logging",
                "category": "absl",
                "phase": "load",
                "text": "from /home/a/model.h5 at 0x7f01",
            }
        ],
        "outputs": [{"max_abs": 1e-8, "max_rel": 0.5, "max_ulp": 1, "got": {"shape": [4, 2]}}],
        "compiled": [True, True],
    },
}
SAVE: dict[str, Any] = {
    "kind": "save",
    "environment": "tf-2.15",
    "model": "lstm",
    "error": None,
    "messages": [],
    "cpu_seconds": 2.0,
    "expected": {"path": "e", "sha256": "e", "bytes": 1},
    "formats": {
        "h5": {
            "error": None,
            "crash": None,
            "unsupported": None,
            "messages": [],
            "limits": {"seconds": 60},
            "stored": {"path": "h", "sha256": "h", "bytes": 1},
            "damaged": {},
        }
    },
}
IMPORT: dict[str, Any] = {"kind": "import", "environment": "tf-2.15", "versions": {"keras": "2.15"}}
TIMEOUT = {"kind": "timeout", "limit": 60.0, "phase": "load"}


def other(record: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """Return a copy with another value at a place such as ``facts.outputs.0.max_abs``."""
    changed = copy.deepcopy(record)
    inner: Any = changed
    *way, last = [int(word) if word.isdecimal() else word for word in place.split(".")]
    for word in way:
        inner = inner[word]
    inner[last] = value
    return changed


@pytest.mark.parametrize(
    ("record", "place", "value"),
    [
        (CELL, "seconds", 9.9),
        (CELL, "rss_kb", 7),
        (CELL, "solo", True),
        (CELL, "facts.seconds", {"load": 7.0}),
        (CELL, "facts.cpu_seconds", 7.0),
        (CELL, "facts.messages.0.text", "from /tmp/b/model.h5 at 0x7fff"),
        (CELL, "facts.outputs.0.max_abs", 3e-8),
        (CELL, "facts.outputs.0.max_abs", 0),
        (CELL, "facts.outputs.0.max_ulp", 40),
        (CELL, "artifact", "tf-2.16/lstm/h5-1"),
        (SAVE, "cpu_seconds", 9.0),
        (SAVE, "formats.h5.limits", {"seconds": 90}),
        (IMPORT, "messages", [{"text": "optimised for AVX2"}]),
    ],
)
def test_what_differs_from_machine_to_machine_is_no_contradiction(
    record: dict[str, Any], place: str, value: Any
) -> None:
    changed = other(record, place, value)
    assert changed != record
    assert contradiction(record, changed) is None
    assert contradiction(changed, record) is None


RAISED = {"type": "ValueError", "message": "no", "phase": "load", "traceback": "in /a"}


@pytest.mark.parametrize(
    ("record", "place", "value", "told"),
    [
        (CELL, "facts.outputs.0.max_abs", 0.5, "facts.outputs[0].max_abs: 1e-08, elsewhere 0.5"),
        (CELL, "facts.outputs.0.max_abs", float("nan"), "facts.outputs[0].max_abs: 1e-08, elsew"),
        (CELL, "facts.compiled", [True, False], "facts.compiled[1]: True, elsewhere False"),
        (
            CELL,
            "facts.messages",
            [],
            "facts.messages: ['logging absl in load: from ",
        ),
        (CELL, "facts.error", RAISED, "facts.error: None, elsewhere {"),
        (CELL, "crash", {"kind": "signal", "signal": "SIGSEGV"}, "crash: None, elsewhere {"),
        (SAVE, "formats.h5.stored.sha256", "other", "bytes.h5: h, elsewhere other"),
        (SAVE, "expected.sha256", "other", "bytes.expected: e, elsewhere other"),
        (SAVE, "formats.h5.unsupported", "no", "formats.h5.unsupported: None, elsewhere no"),
        (IMPORT, "versions.keras", "2.16", "keras: 2.15, elsewhere 2.16"),
    ],
)
def test_what_a_verdict_rests_on_is_one(
    record: dict[str, Any], place: str, value: Any, told: str
) -> None:
    changed = other(record, place, value)
    said = contradiction(record, changed)
    assert said is not None
    assert said.startswith(told)
    assert contradiction(changed, record) is not None
    assert contradiction(changed, copy.deepcopy(changed)) is None


def test_an_error_is_compared_without_the_place_where_it_was_raised() -> None:
    one = other(CELL, "facts.error", RAISED)
    assert contradiction(one, other(one, "facts.error.traceback", "in /b")) is None
    assert contradiction(one, other(one, "facts.error.message", "yes")) == (
        "facts.error.raised: ValueError: no, elsewhere ValueError: yes"
    )


@pytest.mark.parametrize(
    ("record", "place", "value"),
    [
        (CELL, "crash", TIMEOUT),
        (IMPORT, "refused", "no room"),
        (SAVE, "formats.h5.crash", TIMEOUT),
    ],
)
def test_where_a_machine_fell_short_another_s_answer_stands(
    record: dict[str, Any], place: str, value: Any
) -> None:
    short = other(other(record, place, value), "kind", record["kind"])
    if record is SAVE:
        short = other(short, "formats.h5.stored", None)
    assert yields(short, record)
    assert not yields(record, short)
    assert not yields(record, record)


def test_spoilt_copies_of_the_same_files_are_added_and_not_those_of_others() -> None:
    fuller = other(SAVE, "formats.h5.damaged", {"empty": {"path": "d", "sha256": "d", "bytes": 1}})
    assert yields(SAVE, fuller)
    assert not yields(fuller, SAVE)
    assert not yields(SAVE, other(fuller, "formats.h5.stored.sha256", "other"))


def test_records_have_the_names_that_a_person_knows() -> None:
    assert name(CELL) == "tf-2.15/lstm.h5/tf-2.21"
    assert name(other(CELL, "cell.artifact.damage", "empty")) == "tf-2.15/lstm-empty.h5/tf-2.21"
    assert name(SAVE) == "save tf-2.15/lstm"
    assert name(IMPORT) == "import tf-2.15"
    assert name({"kind": "fault", "reason": "no"}) == "fault"


# Merging

KEYS = st.sampled_from(["a", "b", "c", "d"])
HOMES = st.lists(st.dictionaries(KEYS, st.integers(0, 9)), min_size=1, max_size=4)


@settings(max_examples=20, deadline=None)
@given(HOMES, st.randoms(use_true_random=False))
def test_any_order_gives_the_same_records(
    tmp_path_factory: pytest.TempPathFactory, told: list[dict[str, int]], random: Any
) -> None:
    root = tmp_path_factory.mktemp("order")
    homes = []
    for index, records in enumerate(told):
        home = Home(root=root / str(index))
        with Store(home.results) as store:
            for key, seconds in records.items():
                store.put(key, {**other(CELL, "cell.loaded_by", key), "seconds": seconds})
        homes.append(home)
    shuffled = random.sample(homes, len(homes))
    found = []
    for index, order in enumerate((homes, shuffled, [*homes, *shuffled])):
        into = Home(root=root / f"into-{index}")
        with Store(into.results) as store:
            merged = Merging(store, into)(order)
            assert not merged.contradictions
            assert not Merging(store, into)(order).records
        found.append({key: {**one, "seconds": 0} for key, one in Store(into.results).items()})
    assert found[0] == found[1] == found[2]
    assert set(found[0]) == {key for records in told for key in records}


def test_a_path_that_leads_out_of_the_home_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    outside.mkdir()
    (outside / "key").write_text("mine")
    home, into = Home(root=tmp_path / "home"), Home(root=tmp_path / "into")
    home.artifacts.mkdir(parents=True)
    stored = {"path": "../../secret", "sha256": sha256_of(outside), "bytes": 4}
    with Store(home.results) as store:
        store.put("key", other(SAVE, "expected", stored))
    with Store(into.results) as store:
        merged = Merging(store, into)([home])
    assert merged.files == 0
    assert set(merged.lost) == {"../../secret", "h"}


def home_with(root: Path, content: bytes) -> Home:
    """Make a home with one model saved; its bytes are the content."""
    home = Home(root=root)
    written = root / "written"
    written.mkdir(parents=True)
    (written / "model.h5").write_bytes(content)
    (written / "assets").mkdir()
    stored = asdict(take(written, home.artifacts, "tf-2.15/lstm/h5"))
    with Store(home.results) as store:
        store.put("key", other(other(SAVE, "expected", None), "formats.h5.stored", stored))
    return home


def merged(into: Home, *homes: Home) -> Merged:
    with Store(into.results) as store:
        return Merging(store, into)(homes)


def content(home: Home) -> list[bytes]:
    return [path.read_bytes() for path in sorted(home.artifacts.rglob("*.h5"))]


def test_of_two_savings_the_first_stands_unless_its_file_is_gone(tmp_path: Path) -> None:
    one, two = home_with(tmp_path / "1", b"one"), home_with(tmp_path / "2", b"two")
    into = Home(root=tmp_path / "into")

    (told,) = merged(into, one, two).contradictions
    assert told.startswith(f"save tf-2.15/lstm in {two.root}: bytes.h5: ")
    assert content(into) == [b"one"]

    (path,) = into.artifacts.rglob("*.h5")
    path.unlink()  # a name of its own: the home that it came from keeps the file
    assert not merged(into, two).contradictions
    assert content(into) == [b"two"]
    assert Store(into.results).get("key") == Store(two.results).get("key")
    assert content(one) == [b"one"]


def test_where_no_second_name_can_be_given_files_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    home, into = home_with(tmp_path / "home", b"one"), Home(root=tmp_path / "into")
    monkeypatch.setattr(os, "link", refuse)
    assert merged(into, home).files == 1
    assert content(into) == content(home) == [b"one"]
    (here,), (there,) = into.artifacts.rglob("*.h5"), home.artifacts.rglob("*.h5")
    assert not here.samefile(there)
    assert [path.name for path in into.artifacts.rglob("assets")] == ["assets"]  # though empty
