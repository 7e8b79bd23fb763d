"""The cells of a plan as columns: the same cells in the same order as one would write down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.matrix.columns import Cells, Names, table
from caniload.runner.matrix.plan import Selection, make
from caniload.runner.matrix.reading import read_matrix

ENVIRONMENTS = ("a", "b", "c")
MODELS = ("lstm", "dense")
FORMATS = ("h5", "keras", "tf")
NAMES = Names(environments=ENVIRONMENTS, models=MODELS, formats=FORMATS)
FILES = [("lstm", "h5"), ("lstm", "tf"), ("dense", "keras")]
READERS = [("a", ["a", "c"]), ("c", ["b"]), ("b", ["a", "b", "c"])]


def written_down(readers: list[tuple[str, list[str]]], files: list[tuple[str, str]]) -> list[Cell]:
    return [
        Cell(artifact=Artifact(saved_by=saver, model=model, format=known), loaded_by=reader)
        for saver, loading in readers
        for model, known in files
        for reader in loading
    ]


CELLS = table(NAMES, READERS, FILES)
LISTED = written_down(READERS, FILES)

subsets = st.lists(st.sampled_from(ENVIRONMENTS), unique=True)


@given(
    st.lists(st.tuples(st.sampled_from(ENVIRONMENTS), subsets), unique_by=lambda one: one[0]),
    st.lists(
        st.sampled_from([(model, known) for model in MODELS for known in FORMATS]), unique=True
    ),
    st.data(),
)
@settings(deadline=None)
def test_they_read_as_a_sequence(
    readers: list[tuple[str, list[str]]], files: list[tuple[str, str]], data: st.DataObject
) -> None:
    cells, expected = table(NAMES, readers, files), written_down(readers, files)
    assert list(cells) == expected
    assert len(cells) == len(expected)
    assert [cells[place] for place in range(len(cells))] == expected
    chosen = data.draw(st.slices(len(expected)))
    assert list(cells[chosen]) == expected[chosen]
    assert list(dict.fromkeys(cell.artifact for cell in expected)) == list(cells.artifacts())
    some = data.draw(subsets)
    assert list(cells.loaded_by(some)) == [one for one in expected if one.loaded_by in some]
    assert list(cells.saved_by(some)) == [one for one in expected if one.artifact.saved_by in some]
    artifacts = list(cells.artifacts())
    assert [artifacts[number] for number in cells.file_of] == [one.artifact for one in expected]


def test_what_is_counted() -> None:
    assert CELLS.per_reader() == {
        one: sum(cell.loaded_by == one for cell in LISTED) for one in ENVIRONMENTS
    }
    odd = np.arange(len(CELLS)) % 2 == 1
    assert sum(CELLS.per_reader(odd).values()) == len(CELLS) // 2
    assert CELLS.pairs() == len({(cell.artifact.saved_by, cell.loaded_by) for cell in LISTED}) == 6
    assert CELLS.saves() == list(
        dict.fromkeys((cell.artifact.saved_by, cell.artifact.model) for cell in LISTED)
    )
    assert CELLS.count_of_files == 9
    for one in ENVIRONMENTS:
        assert [LISTED[place] for place in CELLS.of_reader(one)] == list(CELLS.loaded_by({one}))


def test_which_are_there() -> None:
    assert all(cell in CELLS for cell in LISTED)
    damaged = replace(LISTED[0].artifact, damage="empty")
    for other in (
        replace(LISTED[0], loaded_by="b"),
        replace(LISTED[0], loaded_by="nobody"),
        replace(LISTED[0], artifact=damaged),
        "a/lstm.h5/a",
    ):
        assert other not in CELLS
    assert list(CELLS.where(CELLS.among([LISTED[4], LISTED[1]]))) == [LISTED[1], LISTED[4]]


@pytest.mark.parametrize("place", range(len(LISTED)))
def test_the_hash_tells_cells_and_their_order_and_nothing_else(place: int) -> None:
    wider = Names(
        environments=("x", *ENVIRONMENTS, "y"), models=("m", *MODELS), formats=(*FORMATS, "z")
    )
    assert table(wider, READERS, FILES).sha256() == CELLS.sha256()
    assert table(wider, READERS, FILES) == CELLS
    left = np.arange(len(CELLS)) != place
    assert CELLS.where(left).sha256() != CELLS.sha256()
    turned = np.arange(len(CELLS))
    turned[[place, place - 1]] = turned[[place - 1, place]]
    assert CELLS.where(turned) != CELLS
    renamed = replace(NAMES, environments=("a", "b", "d"))
    assert Cells(renamed, CELLS._columns).sha256() != CELLS.sha256()


def test_the_whole_plan_takes_little_memory_and_no_time() -> None:
    plan = make(read_matrix(Path(__file__).parents[2] / "matrix.yaml"), Selection())
    assert len(plan.cells) > 1_000_000
    assert plan.cells._columns.nbytes == 8 * len(plan.cells)
    first, last = plan.environments[0].id, plan.environments[-1].id
    assert (plan.cells[0].artifact.saved_by, plan.cells[-1].loaded_by) == (first, last)
