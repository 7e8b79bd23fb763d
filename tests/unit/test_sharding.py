"""A run divided among machines: every cell once, evenly, everywhere alike, and all shards told."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caniload.runner.core.errors import IncompleteError, UsageError
from caniload.runner.environments.disk import Cost, estimate
from caniload.runner.environments.home import Home
from caniload.runner.matrix.plan import Plan, Selection, Stage, make
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Matrix
from caniload.runner.sharding import agreeing, notes, telling
from caniload.runner.sharding.dividing import MOST, Place, divide, part, shards
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
