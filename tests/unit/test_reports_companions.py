"""Pairs of environments that differ in a companion alone, and the cells on which they part."""

from __future__ import annotations

from dataclasses import replace

from drawn import contents
from judged_example import example

from caniload.reports.companions import Pair, exported, pairs
from caniload.reports.planes import planes
from caniload.reports.table import tabulate
from caniload.reports.text import CleanMatrix, ingest
from caniload.runner.core.cells import Artifact, Cell
from caniload.runner.core.judged import JudgedCell, JudgedMatrix
from caniload.runner.core.outcomes import Outcome

BASE, TWIN, THIRD = "tf-2.15", "tf-2.21", "tf-2.12"


def cell(save: str, load: str, outcome: Outcome, *, model: str = "dense") -> JudgedCell:
    return JudgedCell(
        cell=Cell(artifact=Artifact(saved_by=save, model=model, format="h5"), loaded_by=load),
        outcome=outcome,
        reason=f"{load} says {outcome}",
    )


def matrix(*cells: JudgedCell) -> JudgedMatrix:
    whole = example(environments=(THIRD, BASE, TWIN), models=2, formats=1)
    environments = (
        *whole.environments[:1],
        replace(whole.environments[1], packages={"numpy": "1.26.4", "old": "1", "h5py": "3.1"}),
        replace(whole.environments[2], packages={"numpy": "2.0.0", "h5py": "3.1"}, twin=BASE),
    )
    return replace(whole, environments=environments, cells=cells)


def twins(clean: CleanMatrix) -> list[Pair]:
    table = tabulate(clean)
    return pairs(table, planes(table, clean), clean)


def found(*cells: JudgedCell) -> Pair:
    clean = ingest(matrix(*cells))
    (pair,) = twins(clean)
    return pair


def test_the_same_file_loaded_by_both() -> None:
    pair = found(
        cell(THIRD, BASE, Outcome.IDENTICAL),
        cell(THIRD, TWIN, Outcome.ERROR),
        cell(THIRD, BASE, Outcome.IDENTICAL, model="control"),
        cell(THIRD, TWIN, Outcome.IDENTICAL, model="control"),
    )
    (parting,) = pair.partings
    assert (pair.compared, pair.cells) == (2, 1)
    assert (parting.side, parting.was, parting.now) == ("loads", Outcome.IDENTICAL, Outcome.ERROR)
    assert parting.example == ("h5", THIRD, TWIN, "dense")
    assert parting.reason == "tf-2.21 says error"
    assert parting.other_reason == "tf-2.15 says identical"


def test_the_same_model_saved_by_both() -> None:
    pair = found(cell(BASE, THIRD, Outcome.DIFFERS), cell(TWIN, THIRD, Outcome.IDENTICAL))
    (parting,) = pair.partings
    assert (parting.side, parting.models) == ("saves", ("dense",))
    assert parting.example == ("h5", TWIN, THIRD, "dense")


def test_nothing_is_said_of_cells_that_only_one_has() -> None:
    pair = found(
        cell(THIRD, BASE, Outcome.IDENTICAL),
        cell(THIRD, TWIN, Outcome.UNTESTED),
        cell(BASE, THIRD, Outcome.NA),
        cell(TWIN, THIRD, Outcome.NA),
        # Two changes at once: another file, and another loader.
        cell(BASE, BASE, Outcome.IDENTICAL),
        cell(TWIN, TWIN, Outcome.ERROR),
    )
    assert (pair.compared, pair.partings) == (0, [])


def test_a_control_that_fails_in_the_twin_alone_is_what_is_looked_for() -> None:
    void = replace(cell(THIRD, TWIN, Outcome.ERROR), evidence=False)
    assert found(cell(THIRD, BASE, Outcome.IDENTICAL), void).cells == 1


def test_a_cell_that_does_not_repeat_parts_nothing() -> None:
    chance = replace(cell(THIRD, TWIN, Outcome.ERROR), repeatable=False)
    pair = found(cell(THIRD, BASE, Outcome.IDENTICAL), chance)
    assert (pair.compared, pair.cells) == (0, 0)


def test_a_file_that_only_one_can_write() -> None:
    (parting,) = found(cell(BASE, THIRD, Outcome.IDENTICAL), cell(TWIN, THIRD, Outcome.NA)).partings
    assert (parting.was, parting.now) == (Outcome.IDENTICAL, Outcome.NA)


def test_nothing_is_said_of_the_inside_of_what_is_not_built() -> None:
    whole = matrix(cell(THIRD, BASE, Outcome.IDENTICAL))
    first, base, twin = whole.environments
    unbuilt = replace(whole, environments=(first, replace(base, packages={}), twin))
    clean = ingest(unbuilt)
    assert twins(clean)[0].inside == {}


def test_what_is_inside_is_compared_as_found() -> None:
    inside = found(cell(THIRD, BASE, Outcome.IDENTICAL)).inside
    assert inside == {"numpy": ("1.26.4", "2.0.0"), "old": ("1", "")}


def test_a_twin_that_is_not_in_the_report_is_no_pair() -> None:
    whole = matrix()
    clean = ingest(replace(whole, environments=whole.environments[2:]))
    assert twins(clean) == []


def test_they_are_exported_and_shown() -> None:
    judged = matrix(cell(THIRD, BASE, Outcome.IDENTICAL), cell(THIRD, TWIN, Outcome.ERROR))
    clean = ingest(judged)
    assert exported(twins(clean)) == [
        {
            "environment": BASE,
            "twin": TWIN,
            "inside": {"numpy": ["1.26.4", "2.0.0"], "old": ["1", ""]},
            "compared": 1,
            "changed": 1,
        }
    ]
    page = contents(judged)["companions.html"].decode()
    assert "<strong>1</strong> of 1 cells end otherwise." in page
    assert "1.26.4 → 2.0.0" in page
    assert "index.html#f=h5&amp;s=tf-2.12&amp;l=tf-2.21&amp;m=dense" in page
