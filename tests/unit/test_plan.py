"""What of the matrix is run: filters, ranges, order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from caniload.runner.core.errors import UsageError
from caniload.runner.matrix.plan import Selection, loaders, make
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Matrix, Profile, Profiles
from caniload.runner.matrix.where import Choice

WHOLE = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
STACKS = [
    ("tf-2.9", "tf.keras", "3.10"),
    ("tf-2.10", "tf.keras", "3.10"),
    ("tf-2.12", "tf.keras", "3.11"),
    ("keras-3.1", "keras 3", "3.11"),
    ("tf-2.15", "tf.keras", "3.11"),
    ("keras-3.2", "keras 3", "3.11"),
]


def small() -> Matrix:
    pattern = WHOLE.environments[0]
    environments = tuple(
        pattern.model_copy(update={"id": name, "stack": stack, "python": python})
        for name, stack, python in STACKS
    )
    return WHOLE.model_copy(
        update={
            "environments": environments,
            "models": WHOLE.models[:2],
            "formats": WHOLE.formats[:2],
            "gaps": (),
            "profiles": Profiles(
                quick=Profile(environments=("tf-2.12", "keras-3.1"), models=("dense",)),
                default=Profile(environments=("tf-2.10", "keras-3.2")),
                full=Profile(readers=Choice(environments=("tf-2.15",))),
            ),
        }
    )


def chosen(**selection: Any) -> list[str]:
    return [one.id for one in make(small(), Selection(**selection)).environments]


def test_everything_in_the_order_of_the_file() -> None:
    plan = make(small(), Selection())
    ids = [name for name, _, _ in STACKS]
    assert [cell.id for cell in plan.cells] == [
        f"{saver}/{model}.{known}/{loader}"
        for saver in ids
        for model in ("control", "dense")
        for known in ("h5", "keras")
        for loader in ids
    ]
    assert [cell.id for cell in plan.controls[:5]] == [
        "tf-2.9/control.h5/tf-2.9",
        "tf-2.9/control-truncated.h5/tf-2.9",
        "tf-2.9/control-bitflipped.h5/tf-2.9",
        "tf-2.9/control-empty.h5/tf-2.9",
        "tf-2.9/control.keras/tf-2.9",
    ]
    assert len(plan.controls) == 6 * 2 * 4


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"first": "2.10", "last": "2.15"}, ["tf-2.10", "tf-2.12", "tf-2.15"]),
        ({"first": "tf-2.12"}, ["tf-2.12", "tf-2.15"]),
        ({"last": "2.10"}, ["tf-2.9", "tf-2.10"]),
        ({"first": "keras-3.1"}, ["keras-3.1", "keras-3.2"]),
        ({"last": "keras-3.2"}, ["keras-3.1", "keras-3.2"]),
        ({"first": "2.12", "last": "keras-3.2"}, ["tf-2.12", "tf-2.15", "keras-3.2"]),
        ({"environments": ("keras-3.2", "tf-2.9")}, ["tf-2.9", "keras-3.2"]),
        ({"python": "3.10"}, ["tf-2.9", "tf-2.10"]),
        ({"python": "3.11", "last": "2.12"}, ["tf-2.12"]),
        ({"first": "2.12", "last": "2.12"}, ["tf-2.12"]),
        ({"environments": ("tf-2.9",), "added": "tf-2.12"}, ["tf-2.9", "tf-2.12"]),
        ({"python": "3.10", "added": "keras-3.1"}, ["tf-2.9", "tf-2.10", "keras-3.1"]),
        ({"profile": "quick"}, ["tf-2.12", "keras-3.1"]),
        ({"profile": "default", "python": "3.10"}, ["tf-2.10"]),
        ({"profile": "quick", "environments": ("tf-2.12", "tf-2.15")}, ["tf-2.12"]),
        ({"profile": "quick", "first": "2.10", "last": "2.15"}, ["tf-2.10", "tf-2.12", "tf-2.15"]),
    ],
    ids=str,
)
def test_environments(selection: dict[str, Any], expected: list[str]) -> None:
    assert chosen(**selection) == expected


@pytest.mark.parametrize(
    ("selection", "told"),
    [
        (
            {"environments": ("tf-9",)},
            "there is no environment 'tf-9' in matrix.yaml; nearest: tf-",
        ),
        (
            {"models": ("dens",)},
            "there is no model 'dens' in matrix.yaml; there are: control, dense",
        ),
        ({"formats": ("h6",)}, "there is no format 'h6' in matrix.yaml; there are: h5, "),
        ({"first": "2.1"}, "there is no environment '2.1'"),
        ({"last": "nonsense"}, "there is no environment 'nonsense'"),
        ({"first": "2.12", "last": "2.10"}, "--from 2.12 stands after --to 2.10"),
        ({"python": "3.6"}, "no environment is left by these filters"),
        ({"python": "3.6", "added": "tf-2.12"}, "no environment is left by these filters"),
    ],
    ids=str,
)
def test_what_is_not_there(selection: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told) as refused:
        make(small(), Selection(**selection))
    assert len(str(refused.value).splitlines()) == 1


def test_a_profile_may_leave_models_out_and_a_named_model_stays() -> None:
    assert [one.id for one in make(small(), Selection(profile="quick")).models] == ["dense"]
    named = make(small(), Selection(profile="quick", models=("control",)))
    assert [one.id for one in named.models] == ["control"]


def test_a_profile_leaves_out_families_and_takes_what_is_new() -> None:
    matrix = small()
    new = matrix.models[1].model_copy(update={"id": "new", "family": "unheard_of"})
    profiles = Profiles(default=Profile(without=("dense", "gone")), full=Profile(models=("lost",)))
    matrix = matrix.model_copy(update={"models": (*matrix.models, new), "profiles": profiles})
    named = [one.id for one in make(matrix, Selection(profile="named")).models]
    assert named == ["control", "new"]
    assert len(make(matrix, Selection(profile="named")).environments) == len(STACKS)
    assert len(make(matrix, Selection(profile="full")).models) == 3


def test_without_readers_all_load_all() -> None:
    environments = small().environments
    ids = [one.id for one in environments]
    assert loaders(environments, ()) == dict.fromkeys(ids, ids)


def test_readers_load_all_and_the_others_what_is_near() -> None:
    twin = small().environments[2].model_copy(update={"id": "twin", "twin": "tf-2.12"})
    found = loaders((*small().environments, twin), {"tf-2.15"})
    assert found == {
        "tf-2.9": ["tf-2.9", "tf-2.10", "tf-2.15"],
        "tf-2.10": ["tf-2.9", "tf-2.10", "tf-2.12", "tf-2.15"],
        "tf-2.12": ["tf-2.10", "tf-2.12", "tf-2.15", "twin"],
        "tf-2.15": ["tf-2.12", "tf-2.15"],
        "keras-3.1": ["keras-3.1", "tf-2.15", "keras-3.2"],
        "keras-3.2": ["keras-3.1", "tf-2.15", "keras-3.2"],
        "twin": ["tf-2.12", "tf-2.15", "twin"],
    }


def test_a_thinned_profile_plans_these_and_what_is_added_loads_all() -> None:
    plan = make(small(), Selection(profile="full"))
    pairs = {(cell.artifact.saved_by, cell.loaded_by) for cell in plan.cells}
    assert ("keras-3.1", "tf-2.15") in pairs
    assert ("keras-3.1", "tf-2.9") not in pairs
    added = make(small(), Selection(profile="full", added="tf-2.9"))
    assert ("keras-3.1", "tf-2.9") in {
        (cell.artifact.saved_by, cell.loaded_by) for cell in added.cells
    }


@pytest.mark.parametrize(
    ("selection", "whole"),
    [
        (Selection(), True),
        (Selection(profile="full"), False),
        (Selection(environments=("tf-2.9",)), False),
        (Selection(models=("dense",)), False),
        (Selection(formats=("h5",)), False),
    ],
)
def test_a_plan_is_whole_if_nothing_is_left_out(selection: Selection, *, whole: bool) -> None:
    assert make(small(), selection).whole is whole


def test_a_plan_without_a_cell_is_refused() -> None:
    matrix = small()
    dense = matrix.models[1].model_copy(update={"formats": ("keras",)})
    with pytest.raises(UsageError, match="dense: says nothing about h5; see its `formats`"):
        make(
            matrix.model_copy(update={"models": (matrix.models[0], dense)}),
            Selection(models=("dense",), formats=("h5",)),
        )


def test_a_model_is_asked_for_its_formats_only() -> None:
    matrix = small()
    dense = matrix.models[1].model_copy(update={"formats": ("keras",)})
    plan = make(matrix.model_copy(update={"models": (matrix.models[0], dense)}), Selection())
    asked = {(cell.artifact.model, cell.artifact.format) for cell in plan.cells}
    assert asked == {("control", "h5"), ("control", "keras"), ("dense", "keras")}


def test_models_and_formats_keep_the_order_of_the_file() -> None:
    plan = make(small(), Selection(models=("dense", "control"), formats=("keras",)))
    assert [model.id for model in plan.models] == ["control", "dense"]
    assert [known.id for known in plan.formats] == ["keras"]
    assert {cell.artifact.format for cell in (*plan.cells, *plan.controls)} == {"keras"}


def test_controls_do_not_depend_on_the_models_chosen() -> None:
    plan = make(small(), Selection(models=("dense",), environments=("tf-2.9",)))
    assert {cell.artifact.model for cell in plan.cells} == {"dense"}
    assert {cell.artifact.model for cell in plan.controls} == {"control"}
    assert all(cell.diagonal for cell in plan.controls)


def test_cells_that_are_named() -> None:
    whole = make(small(), Selection())
    some = [whole.cells[3], whole.cells[-1]]
    plan = make(small(), Selection(cells=tuple(cell.id for cell in reversed(some))))
    assert list(plan.cells) == some
    places = {one for cell in some for one in (cell.artifact.saved_by, cell.loaded_by)}
    assert {one.id for one in plan.environments} == places
    assert {cell.loaded_by for cell in plan.controls} == places
    assert plan.thinned


@pytest.mark.parametrize("name", ["nonsense", "tf-2.15/lstm.h5", "tf-2.15/lstm.tape/tf-2.21", "//"])
def test_a_cell_that_is_not_there(name: str) -> None:
    with pytest.raises(UsageError, match="ids look like"):
        make(small(), Selection(cells=(name,)))


def test_a_format_that_is_not_open_to_the_control_has_none() -> None:
    plan = make(WHOLE, Selection(models=("dense",)))
    asked = {cell.artifact.format for cell in plan.controls}
    assert asked == set(WHOLE.formats_of("control")) != set(WHOLE.formats_of("dense"))
