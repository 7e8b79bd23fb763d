"""Numbers with half the digits: what is rounding there, and what is another model all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from verdict_facts import RULES, facts, output, weights

from caniload.runner.core.judged import Verdict
from caniload.runner.core.outcomes import Outcome
from caniload.runner.core.precision import HalfPrecision, precision_of
from caniload.runner.judging.verdict import judge
from caniload.runner.matrix.reading import read_matrix

TOLERANCES = read_matrix(Path(__file__).parents[2] / "matrix.yaml").tolerances
ROUNDED = {"outputs": [output(max_abs=0.00074)]}


def judged(precision: HalfPrecision | None, **changes: Any) -> Verdict:
    record = {"facts": facts(**changes), "crash": None}
    return judge(record, TOLERANCES, RULES, precision=precision)


@pytest.mark.parametrize(
    ("policies", "precision"),
    [
        (["float32"], None),
        ([], None),
        (["mixed_float16", "float32"], "float16"),
        (["float16", "mixed_bfloat16"], "bfloat16"),
    ],
)
def test_the_coarser_policy_decides(policies: list[str], precision: str | None) -> None:
    assert precision_of(policies) == precision


def test_what_such_a_model_rounds_is_no_other_model() -> None:
    assert judged(None, **ROUNDED).outcome is Outcome.DIFFERS
    found = judged("bfloat16", **ROUNDED)
    assert found.outcome is Outcome.TOLERANCE
    assert (
        found.reason == "the same within tolerance of bfloat16: outputs differ by at most 7.4e-04"
    )


def test_more_than_rounding_is() -> None:
    assert judged("float16", outputs=[output(max_abs=0.003)]).outcome is Outcome.DIFFERS
    assert judged("bfloat16", outputs=[output(max_abs=0.003)]).outcome is Outcome.TOLERANCE
    assert judged("bfloat16", outputs=[output(max_abs=0.02)]).outcome is Outcome.DIFFERS


def test_losses_may_differ_by_what_is_rounded_and_no_more() -> None:
    assert judged("bfloat16", losses=[[1.0], [1.015]]).outcome is Outcome.TOLERANCE
    assert judged("bfloat16", losses=[[1.0], [1.05]]).outcome is Outcome.DIFFERS
    assert judged(None, losses=[[1.0], [1.0005]]).outcome is Outcome.TOLERANCE
    assert judged(None, losses=[[1.0], [1.015]]).outcome is Outcome.DIFFERS


def test_weights_are_kept_whole() -> None:
    changed = weights(unequal=[["dense/kernel", 0.00074, 1.0]])
    assert judged("bfloat16", weights=changed).outcome is Outcome.DIFFERS
