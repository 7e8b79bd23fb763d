"""The sentences: worst first, nothing uncounted, never a verdict that the cells do not carry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from drawn import drawn
from judged_example import ENVIRONMENTS, example

from caniload.reports import answers
from caniload.reports.badges import badges
from caniload.reports.eras import blocks, eras
from caniload.reports.figures import controls, figures, headline
from caniload.reports.planes import Planes, planes
from caniload.reports.questions import first_question
from caniload.reports.table import tabulate
from caniload.reports.views import thinning
from caniload.reports.words import ABSENT, CODE
from caniload.runner.core.judged import JudgedEnvironment, JudgedFormat, JudgedModel
from caniload.runner.core.outcomes import Outcome

I, T, W, C, E, X, D, N, U = (  # noqa: E741 - short names make the tables below readable
    CODE[outcome]
    for outcome in (
        Outcome.IDENTICAL, Outcome.TOLERANCE, Outcome.WARNING, Outcome.WORKAROUND, Outcome.ERROR,
        Outcome.CRASH, Outcome.DIFFERS, Outcome.NA, Outcome.UNTESTED,
    )
)  # fmt: skip


def tiny(codes: object, stacks: tuple[str, ...] | None = None) -> Planes:
    """A matrix from codes by [save][load][model][format]."""
    array = np.array(codes, dtype=np.uint8)
    places = range(array.shape[0])
    stacks = stacks or ("tf.keras",) * array.shape[0]
    environments = tuple(
        JudgedEnvironment(
            id=f"e{n}", label=f"TF {n}", stack=stacks[n], python="3.11",
            asked={"tensorflow": f"2.{n}"}, variables={}, lock_sha256="", lock_text="",
        )
        for n in places
    )  # fmt: skip
    return Planes(
        environments=environments,
        models=tuple(
            JudgedModel(id=f"m{n}", family="f", why="", source="") for n in range(array.shape[2])
        ),
        formats=tuple(
            JudgedFormat(id=f"k{n}", label=f"K{n}", carries=(), load_code="", save_code="")
            for n in range(array.shape[3])
        ),
        codes=array,
        beside=array,
        rows=np.full(array.shape, -1, dtype=np.int32),
        no_evidence=np.zeros(array.shape, dtype=bool),
        not_repeatable=np.zeros(array.shape, dtype=bool),
    )


def one_square(*codes: int) -> Planes:
    return tiny([[[[code] for code in codes]]])


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        pytest.param([I, T, I], "All 3 tested models load unchanged.", id="all clean"),
        pytest.param([I], "The model loads unchanged.", id="one model"),
        pytest.param([E, E], "All 2 tested models raise an error.", id="all fail"),
        pytest.param([C, C], "All 2 tested models need a change.", id="all need a change"),
        pytest.param(
            [I, E, C, E], "2 of 4 raise an error, 1 needs a change, 1 loads unchanged.", id="mixed"
        ),
        pytest.param(
            [I, D, E],
            "1 of 3 loads without error but behaves differently (max |d| 3.1e-02), "
            "1 raises an error, 1 loads unchanged.",
            id="silence first",
        ),
        pytest.param([X, I], "1 of 2 crashes or times out, 1 loads unchanged.", id="crash"),
        pytest.param(
            [W, I], "1 of 2 loads with a warning to act on, 1 loads unchanged.", id="warning"
        ),
        pytest.param(
            [I, U, N], "The model loads unchanged; 1 not tested; 1 not applicable.", id="gaps"
        ),
        pytest.param(
            [U, N], "Not tested: there is no result yet, which says nothing against it.", id="none"
        ),
        pytest.param([N, N], "Not applicable: there is no such file to load.", id="no file"),
        pytest.param([ABSENT], "Not part of this run.", id="not planned"),
    ],
)
def test_verdict(codes: list[int], sentence: str) -> None:
    square = answers.evidence(one_square(*codes), 0, 0, 0)
    assert answers.text(answers.verdict(square, largest=0.031)) == sentence


def test_only_silence_is_emphasised() -> None:
    clauses = answers.verdict(answers.evidence(one_square(D, E, I), 0, 0, 0))
    assert [clause.strong for clause in clauses] == [True, False, False, False]


def test_cells_without_evidence_are_counted_apart() -> None:
    grid = one_square(I, D)
    grid.no_evidence[0, 0, 1, 0] = True
    square = answers.evidence(grid, 0, 0, 0)
    sentence = answers.text(answers.verdict(square, ignored=1))
    assert sentence == "The model loads unchanged; 1 not counted because a control failed."


@pytest.mark.parametrize(
    ("codes", "typical", "worst", "notched"),
    [
        pytest.param([I, I, D], I, D, True, id="one bad of three"),
        pytest.param([I, D], I, D, True, id="the lower of two middles"),
        pytest.param([D, D, I], D, D, False, id="mostly bad"),
        pytest.param([I, I, W], I, W, False, id="a warning is no notch"),
        pytest.param([U, U, E], E, E, False, id="what was not tested has no vote"),
        pytest.param([N, U], U, U, False, id="nothing tested"),
    ],
)
def test_square(codes: list[int], typical: int, worst: int, notched: bool) -> None:  # noqa: FBT001
    square = one_square(*codes).square(0, 0, 0)
    assert (square.typical, square.worst, square.notched) == (typical, worst, notched)


def loads_of_first(*codes: int) -> Planes:
    """What becomes of the files of the first environment, of one model in one format."""
    size = len(codes)
    return tiny([[[[code]] for code in codes]] + [[[[I]]] * size] * (size - 1))


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        pytest.param([I, W], "Within tf.keras nothing tested breaks, up to TF 1.", id="all load"),
        pytest.param(
            [I, I, E, E],
            "Last tested version where all load: TF 1. "
            "The first tested version of tf.keras that breaks is TF 2.",
            id="a cliff",
        ),
        pytest.param(
            [I, U, E],
            "Last tested version where all load: TF 0. "
            "The first tested version of tf.keras that breaks is TF 2. Not tested: TF 1.",
            id="a gap at the cliff",
        ),
        pytest.param(
            [I, E, I],
            "The first tested version of tf.keras that breaks is TF 1, yet all load again in TF 2.",
            id="not monotone",
        ),
        pytest.param(
            [D, E],
            "TF 0 itself does not load them all, nor does any tested version up to TF 1.",
            id="broken from the start",
        ),
        pytest.param(
            [D, E, U, U],
            "TF 0 itself does not load them all, nor does any tested version up to TF 1. "
            "Not tested: TF 2, TF 3.",
            id="broken as far as tested",
        ),
        pytest.param([D], "TF 0 itself does not load them all.", id="broken, and the newest"),
        pytest.param(
            [D, U],
            "TF 0 itself does not load them all. Not tested: TF 1.",
            id="broken, and nothing newer tested",
        ),
        pytest.param(
            [D, E, I, E],
            "TF 0 itself does not load them all; TF 2 does.",
            id="broken at home only",
        ),
        pytest.param(
            [U, E, N],
            "The first tested version of tf.keras that breaks is TF 1; no tested version loads "
            "them all. Not tested: TF 0.",
            id="home untested",
        ),
        pytest.param([U, U], "Nothing was tested within tf.keras.", id="untested"),
        pytest.param(
            [I, U, I],
            "Within tf.keras nothing tested breaks, up to TF 2. Not tested: TF 1.",
            id="a gap does not break",
        ),
        pytest.param(
            [I, *[U] * 8],
            "Within tf.keras nothing tested breaks, up to TF 0. "
            "Not tested: TF 1, TF 2, TF 3, TF 4, TF 5 … TF 8 (8).",
            id="many gaps",
        ),
    ],
)
def test_reach(codes: list[int], sentence: str) -> None:
    grid = loads_of_first(*codes)
    assert answers.reach_sentence(grid, answers.reach(grid, 0, 0)) == sentence


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        pytest.param(
            [I, D, U],
            "Within tf.keras nothing tested breaks, up to TF 0. Not tested: TF 2. "
            "No evidence, because a control failed: TF 1.",
            id="a break that proves nothing",
        ),
        pytest.param(
            [U, D],
            "Within tf.keras nothing is known. Not tested: TF 0. "
            "No evidence, because a control failed: TF 1.",
            id="nothing proves anything",
        ),
    ],
)
def test_reach_counts_evidence_only(codes: list[int], sentence: str) -> None:
    grid = loads_of_first(*codes)
    grid.no_evidence[0, 1, 0, 0] = True
    assert answers.reach_sentence(grid, answers.reach(grid, 0, 0)) == sentence


def three(direct: int, first: int, second: int) -> Planes:
    """From 0 to 2 directly, or through 1; one model, one format."""
    return tiny([[[[I]], [[first]], [[direct]]], [[[I]], [[I]], [[second]]], [[[I]]] * 3])


@pytest.mark.parametrize(
    ("direct", "first", "second", "through"),
    [
        pytest.param(E, I, T, 1, id="around an error"),
        pytest.param(D, I, I, 1, id="around silence"),
        pytest.param(I, I, I, None, id="not needed"),
        pytest.param(W, I, I, None, id="it loads, with a warning"),
        pytest.param(E, W, I, None, id="a hop that is not clean"),
        pytest.param(E, I, U, None, id="a hop that was not tested"),
        pytest.param(U, I, I, None, id="nothing known to avoid"),
    ],
)
def test_recommend(direct: int, first: int, second: int, through: int | None) -> None:
    path = answers.recommend(three(direct, first, second), 0, 2, 0)
    assert (path.through if path else None) == through


@pytest.mark.parametrize("mark", ["no_evidence", "not_repeatable"])
def test_a_path_trusts_sound_cells_only(mark: str) -> None:
    grid = three(E, I, I)
    getattr(grid, mark)[0, 1, 0, 0] = True
    assert answers.recommend(grid, 0, 2, 0) is None


def test_a_path_says_that_it_was_not_run_as_one() -> None:
    grid = three(E, I, I)
    path = answers.recommend(grid, 0, 2, 0)
    assert path is not None
    assert "separately; the chain was not" in answers.path_sentence(grid, 2, path)


def test_eras_group_neighbours_that_behave_alike() -> None:
    judged = example(environments=ENVIRONMENTS, models=18, formats=1)
    found = eras(planes(tabulate(judged), judged), 0)
    assert [(era.stack, era.label) for era in found] == [
        ("tf.keras", "TF 1.15"),
        ("tf.keras", "TF 2.4"),
        ("tf.keras", "TF 2.8 to 2.15"),
        ("tf.keras", "TF 2.16 to 2.21"),
        ("keras 3", "Keras 3.15 on tensorflow to torch"),
    ]
    assert "keras 2.12.0 → 3.4.1" in found[3].why


def with_twin(grid: Planes, place: int) -> Planes:
    environments = list(grid.environments)
    environments[place] = replace(environments[place], twin=environments[place - 1].id)
    return replace(grid, environments=tuple(environments))


def test_a_twin_is_no_version_of_its_stack() -> None:
    grid = with_twin(loads_of_first(I, E, I, E), 1)
    assert answers.reach_sentence(grid, answers.reach(grid, 0, 0)) == (
        "Last tested version where all load: TF 2. "
        "The first tested version of tf.keras that breaks is TF 3."
    )
    alike = with_twin(tiny([[[[I]]] * 4] * 4), 1)
    assert [era.places for era in eras(alike, 0)] == [(0, 2, 3)]
    assert first_question(with_twin(tiny([[[[I]]] * 3] * 3), 2)).load == 1


def test_what_this_run_does_not_ask_is_named() -> None:
    grid = loads_of_first(I, ABSENT, E)
    assert answers.reach_sentence(grid, answers.reach(grid, 0, 0)) == (
        "Last tested version where all load: TF 0. "
        "The first tested version of tf.keras that breaks is TF 2. Not in this run: TF 1."
    )
    assert thinning(tiny([[[[I]], [[ABSENT]]], [[[I]], [[I]]]])) == (3, 4)


def test_stacks_are_never_one_era() -> None:
    grid = tiny([[[[I]]] * 3] * 3, stacks=("a", "b", "a"))
    assert [era.places for era in eras(grid, 0)] == [(0,), (2,), (1,)]


def test_a_hundred_percent_means_every_one() -> None:
    grid = tiny([[[[I]] * 199 + [[E]]]])
    (era,) = eras(grid, 0)
    assert blocks(grid, [era], 0)[0][0].percent == 99


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        pytest.param(N, N, id="not applicable"),
        pytest.param(U, U, id="not tested"),
        pytest.param(ABSENT, ABSENT, id="not planned"),
    ],
)
def test_eras_without_a_result_say_why(code: int, shown: int) -> None:
    grid = tiny([[[[code]]]])
    (era,) = eras(grid, 0)
    found = blocks(grid, [era], 0)[0][0]
    assert (found.typical, found.tested) == (shown, 0)


def test_untested_cells_are_in_no_problem_count() -> None:
    judged = example()
    nothing = tuple(
        replace(cell, outcome=Outcome.UNTESTED, reason="not run yet") for cell in judged.cells
    )
    judged = replace(judged, cells=nothing)
    table = tabulate(judged)
    found = figures(table, planes(table, judged), [])
    assert headline(found) == "Nothing has been tested yet."
    assert {o for o, count in found.outcomes.items() if count} == {Outcome.UNTESTED}
    assert found.outcomes[Outcome.UNTESTED] == found.planned


@pytest.mark.parametrize(
    ("changes", "said", "badge"),
    [
        ({"evidence": False}, "Nothing counts: a control failed, so 12 results", "no evidence"),
        ({"outcome": Outcome.NA}, "There was nothing to load", "not tested"),
        ({"outcome": Outcome.UNTESTED}, "Nothing has been tested yet.", "not tested"),
    ],
)
def test_the_headline_says_why_there_is_none(
    changes: dict[str, Any], said: str, badge: str
) -> None:
    judged = example(environments=("tf-1.15", "tf-2.15"), models=3, formats=1)
    cells = tuple(
        replace(cell, **changes) for cell in judged.cells if not cell.cell.artifact.damage
    )
    judged = replace(judged, cells=tuple(replace(cell, control=False) for cell in cells))
    table = tabulate(judged)
    grid = planes(table, judged)
    assert headline(figures(table, grid, [])).startswith(said)
    assert {one.message for one in badges(grid)} == {badge}


def test_the_headline_does_not_call_older_loaders_untested() -> None:
    judged = example(environments=("tf-1.15", "tf-2.15"), models=2, formats=1)
    cells = tuple(
        one
        for one in judged.cells
        if (one.cell.artifact.saved_by, one.cell.loaded_by) == ("tf-2.15", "tf-1.15")
    )
    judged = replace(judged, cells=cells)
    table = tabulate(judged)
    found = figures(table, planes(table, judged), [])
    assert found.tested
    assert headline(found).startswith("No result that counts is of the same or a newer version")


def test_figures_add_up_to_the_plan() -> None:
    judged = example()
    table = tabulate(judged)
    found = figures(table, planes(table, judged), controls(table, planes(table, judged)))
    matrix = table.take(~table.control)
    assert sum(found.outcomes.values()) + found.no_evidence == len(matrix) == found.planned
    assert found.controls_failed == 1


def test_a_run_ends_with_what_matters_first() -> None:
    judged = example(hostile=True)
    lines = drawn(judged)[1].lines
    heads = [line.split(":")[0] for line in lines if line and not line.startswith(" ")][1:]
    assert heads == [
        "To go on training", "to predict",
        "≠ silently wrong", "✕ fail plainly", "! load with warnings to act on",
        "to go on training", "? not tested", "catalogue", "controls",
    ]  # fmt: skip
    assert all("\x1b" not in line and "\n" not in line for line in lines)
