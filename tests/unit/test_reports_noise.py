"""How much a model differs where it is the same, for each model and with the pair."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drawn import contents
from judged_example import example

from caniload.reports.noise import by_model
from caniload.reports.table import tabulate
from caniload.runner.core.judged import JudgedCell, JudgedMatrix
from caniload.runner.core.outcomes import Outcome

SIZES = {
    ("tf-2.15", "tf-2.15"): 0.0,
    ("tf-2.15", "tf-2.21"): 2e-7,
    ("tf-2.21", "tf-2.15"): 0.0,
    ("tf-2.21", "tf-2.21"): float("nan"),
}


def judged(outcome: Outcome = Outcome.TOLERANCE) -> JudgedMatrix:
    whole = example(environments=("tf-2.15", "tf-2.21"), models=2, formats=1)

    def sized(one: JudgedCell) -> JudgedCell:
        size = SIZES[one.cell.artifact.saved_by, one.cell.loaded_by]
        return replace(
            one, outcome=outcome, evidence=True, max_abs_diff=size, max_rel_diff=2 * size
        )

    return replace(whole, cells=tuple(map(sized, whole.cells)))


def test_own_noise_and_that_between_versions_are_apart() -> None:
    own, across = by_model(tabulate(judged()))["dense"]
    assert own is not None
    assert (own.cells, own.bit_identical, own.worst_absolute) == (1, 1, 0.0)
    assert across is not None
    assert (across.cells, across.bit_identical, across.pair) == (2, 1, ("tf-2.15", "tf-2.21"))
    assert across.worst_absolute == pytest.approx(2e-7)
    assert across.worst_relative == pytest.approx(4e-7)


@pytest.mark.parametrize("outcome", [Outcome.DIFFERS, Outcome.ERROR, Outcome.UNTESTED])
def test_what_is_another_model_is_no_noise(outcome: Outcome) -> None:
    assert by_model(tabulate(judged(outcome))) == {}


def test_the_model_s_page_tells_it() -> None:
    page = contents(judged())["model/dense.html"].decode()
    assert "between versions: 1 of 2 cells that are the same model are so bit for bit" in page
    assert "2.0e-07 absolute, 4.0e-07 relative (TF 2.15, TF 2.21)" in page
    assert contents(judged(Outcome.ERROR))["model/dense.html"].decode().count("Noise of") == 0
