"""Cells put together by what went wrong, and by how much."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from judged_example import example

from caniload.reports.answers import size
from caniload.reports.groups import failure_groups, largest, warning_groups
from caniload.reports.readers import causes
from caniload.reports.site import contents
from caniload.reports.table import frame
from caniload.runner.core.outcomes import Outcome

HOME = Path("/var/store/home")


def test_causes_are_worst_first_and_add_up() -> None:
    table = frame(example(), HOME)
    groups = failure_groups(table)
    assert groups[0].outcome is Outcome.DIFFERS
    problems = table[~table["control"] & table["evidence"]]["outcome"].isin(
        ["differs", "crash", "error", "workaround", "warning"]
    )
    assert sum(group.cells for group in groups) == problems.sum()


def test_one_text_with_two_causes_is_named_by_neither_alone() -> None:
    table = frame(example(), HOME)
    table["signature"] = "alike"
    loud = table["outcome"] == Outcome.ERROR
    first = table.index[loud & ~table["control"] & table["evidence"]][0]
    table.loc[first, "cause"] = "compile-lost"
    groups = failure_groups(table, [Outcome.ERROR])
    assert [(group.cause, group.cells) for group in groups][1] == ("compile-lost", 1)
    assert groups[0].cause == "argument"
    assert groups[0].anchor != groups[1].anchor


def test_what_raised_afterwards_is_no_cause_of_a_difference() -> None:
    table = frame(example(), HOME)
    silent = table["outcome"] == Outcome.DIFFERS
    table.loc[silent, "cause"] = "argument"
    assert {group.cause for group in failure_groups(table, [Outcome.DIFFERS])} == {None}
    assert not causes(table[silent])


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
    table = frame(example(), HOME)
    groups = {group.category: group for group in warning_groups(table)}
    assert set(groups) == {"absl", "UserWarning"}
    assert groups["absl"].severity == "attention"
    assert groups["absl"].cells == (table["warnings"].str.contains("absl")).sum()


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        pytest.param([0.5, 0.25], "5.0e-01", id="the largest"),
        pytest.param([0.5, float("nan")], "not a number", id="nan beats any number"),
        pytest.param([0.5, float("inf")], "inf", id="infinity"),
    ],
)
def test_largest(sizes: list[float], expected: str) -> None:
    rows = pd.DataFrame(
        {
            "max_abs_diff": [*sizes, None, 9.0],
            "compared": [True, True, False, True],
            "differences": ["[]", '[{"what":"outputs"}]', "[]", '[{"what":"settings"}]'],
        }
    )
    found = largest(rows)
    assert found is not None
    assert size(found) == expected
