"""Cells put together by what went wrong, and by how much."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn import contents
from judged_example import example

from caniload.reports.answers import size
from caniload.reports.groups import failure_groups, largest, warning_groups
from caniload.reports.planes import planes
from caniload.reports.readers import cause, first_bad_readers
from caniload.reports.table import tabulate
from caniload.runner.core.outcomes import Outcome

HOME = Path("/var/store/home")


def test_causes_are_worst_first_and_add_up() -> None:
    table = tabulate(example(), HOME)
    groups = failure_groups(table)
    assert groups[0].outcome is Outcome.DIFFERS
    cells = table.wide()
    problems = cells[~cells["control"] & cells["evidence"]]["outcome"].isin(
        ["differs", "crash", "error", "workaround", "warning"]
    )
    assert sum(group.cells for group in groups) == problems.sum()


def test_one_text_with_two_causes_is_named_by_neither_alone() -> None:
    judged = example()
    cells = [replace(one, signature="alike") for one in judged.cells]
    first = next(
        place
        for place, one in enumerate(cells)
        if one.outcome is Outcome.ERROR and not one.control and one.evidence
    )
    cells[first] = replace(cells[first], cause="compile-lost")
    groups = failure_groups(tabulate(replace(judged, cells=cells), HOME), [Outcome.ERROR])
    assert [(group.cause, group.cells) for group in groups][1] == ("compile-lost", 1)
    assert groups[0].cause == "argument"
    assert groups[0].anchor != groups[1].anchor


def test_what_raised_afterwards_is_no_cause_of_a_difference() -> None:
    judged = example()
    cells = [
        replace(one, cause="argument")
        for one in judged.cells
        if one.outcome is Outcome.DIFFERS and not one.control
    ]
    judged = replace(judged, cells=cells)
    table = tabulate(judged, HOME)
    grid = planes(table, judged)
    assert {group.cause for group in failure_groups(table, [Outcome.DIFFERS])} == {None}
    broken = list(first_bad_readers(grid))
    assert broken
    assert {cause(grid, table, one) for one in broken} == {None}


@pytest.mark.parametrize(
    ("outcome", "evidence", "told"),
    [
        pytest.param(Outcome.UNTESTED, True, "Nothing was tested.", id="nothing tested"),
        pytest.param(Outcome.NA, True, "Nothing was tested.", id="nothing to test"),
        pytest.param(
            Outcome.ERROR, False, "Nothing counts: a control failed.", id="nothing counts"
        ),
        pytest.param(Outcome.TOLERANCE, True, "Nothing that was tested failed.", id="all well"),
    ],
)
def test_without_failures_the_page_says_what_that_is_worth(
    outcome: Outcome,
    evidence: bool,  # noqa: FBT001
    told: str,
) -> None:
    judged = example(environments=("tf-2.15",), models=2, formats=1)
    cells = tuple(replace(cell, outcome=outcome, evidence=evidence) for cell in judged.cells)
    page = contents(replace(judged, cells=cells), HOME)["failures.html"].decode()
    assert re.findall(r"<p>(Nothing[^<]*)</p>", page) == [told]


def test_warnings_are_grouped_whatever_their_numbers() -> None:
    table = tabulate(example(), HOME)
    groups = {group.category: group for group in warning_groups(table)}
    assert set(groups) == {"absl", "UserWarning"}
    assert groups["absl"].severity == "attention"
    assert groups["absl"].cells == table.wide()["warnings"].str.contains("absl").sum()


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        pytest.param([0.5, 0.25], "5.0e-01", id="the largest"),
        pytest.param([0.5, float("nan")], "not a number", id="nan beats any number"),
        pytest.param([0.5, float("inf")], "inf", id="infinity"),
    ],
)
def test_largest(sizes: list[float], expected: str) -> None:
    judged = example()
    settings, outputs = (
        {"what": what, "text": "", "size": 1.0} for what in ("settings", "outputs")
    )
    changes: list[dict[str, Any]] = [
        {"max_abs_diff": sizes[0], "differences": ()},
        {"max_abs_diff": sizes[1], "differences": (outputs,)},
        {"max_abs_diff": None, "differences": ()},
        {"max_abs_diff": 9.0, "differences": (settings,)},
    ]
    cells = [replace(one, **new) for one, new in zip(judged.cells[:4], changes, strict=True)]
    found = largest(tabulate(replace(judged, cells=cells)), np.arange(4))
    assert found is not None
    assert size(found) == expected
