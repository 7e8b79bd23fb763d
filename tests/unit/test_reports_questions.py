"""The first page asks what its reader is likely to ask, of whatever versions a run has."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from judged_example import ENVIRONMENTS, example

from caniload.reports.planes import Planes, planes
from caniload.reports.questions import _known, examples, first_question
from caniload.reports.table import tabulate
from caniload.reports.words import CODE, UNTESTED
from caniload.runner.core.judged import JudgedMatrix
from caniload.runner.core.outcomes import Outcome


def drawn(judged: JudgedMatrix) -> Planes:
    return planes(tabulate(judged), judged).turned


def asked(*environments: str) -> tuple[str, str]:
    grid = drawn(example(environments=environments))
    question = first_question(grid)
    return grid.environments[question.save].id, grid.environments[question.load].id


@pytest.mark.parametrize(
    ("environments", "pair"),
    [
        (ENVIRONMENTS, ("tf-2.15", "tf-2.21")),
        (("tf-1.15", "tf-2.4", "tf-2.15", "tf-2.16"), ("tf-2.15", "tf-2.16")),
        (("tf-1.15", "tf-2.4", "tf-2.8"), ("tf-1.15", "tf-2.8")),
        (("tf-2.16", "tf-2.19", "tf-2.21"), ("tf-2.19", "tf-2.21")),
        (("tf-2.15",), ("tf-2.15", "tf-2.15")),
        (("keras-3.15-jax", "keras-3.15-torch"), ("keras-3.15-jax", "keras-3.15-torch")),
    ],
)
def test_it_is_the_newest_step_between_generations(
    environments: tuple[str, ...], pair: tuple[str, str]
) -> None:
    assert asked(*environments) == pair


def test_a_step_of_which_nothing_is_known_is_no_question() -> None:
    grid = drawn(example())
    names = [one.id for one in grid.environments]
    codes = grid.codes.copy()
    codes[:, names.index("tf-2.21")] = UNTESTED
    question = first_question(replace(grid, codes=codes))
    assert names[question.load] == "tf-2.15"


def test_examples_are_of_what_the_run_has() -> None:
    grid = drawn(example(models=len(_known()["examples"]), formats=2))
    found = list(examples(grid, first_question(grid)))
    assert len(found) >= 5
    for one in found:
        assert grid.tested[one.save, one.load, :, one.kind].any()
        assert f"s={grid.environments[one.save].id}" in one.href
    assert len({one.href for one in found}) == len(found)
    wrong = grid.codes == CODE[Outcome.DIFFERS]
    assert any("st=differs" in one.href for one in found) == bool(wrong[..., 0].any())
    without = replace(grid, codes=np.where(wrong, CODE[Outcome.IDENTICAL], grid.codes))
    again = examples(without, first_question(without))
    assert not any("st=differs" in one.href for one in again)
    small = drawn(example(environments=("tf-2.15",)))
    assert not list(examples(small, first_question(small)))


def test_examples_lead_to_the_pages_of_their_purpose() -> None:
    grid = drawn(example())
    found = {one.who: one.href for one in examples(grid, first_question(grid))}
    assert found.pop("It is to be trained on").startswith("train/index.html#")
    assert all(href.startswith("index.html#") for href in found.values())
    trained = list(examples(grid.turned, first_question(grid.turned)))
    # To whom is on those pages already, the same is no other question.
    assert trained
    assert "It is to be trained on" not in {one.who for one in trained}
    assert all(one.href.startswith("train/index.html#") for one in trained)


def test_the_data_names_no_version_that_runs_have() -> None:
    assert not re.search(r"\d+\.\d+", str(_known()["examples"]))
