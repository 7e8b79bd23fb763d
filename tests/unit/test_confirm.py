"""Which batched answers are asked again alone."""

from __future__ import annotations

import pytest

from runner.confirm import ENOUGH, SAMPLE, SAMPLED, Confirmation
from runner.outcomes import Outcome
from runner.verdict import Verdict


def verdict(outcome: Outcome, signature: str = "text") -> Verdict:
    return Verdict(outcome=outcome, reason="", signature=signature)


ERROR = verdict(Outcome.ERROR)


@pytest.mark.parametrize("outcome", [Outcome.IDENTICAL, Outcome.TOLERANCE])
def test_a_clean_pass_is_believed(outcome: Outcome) -> None:
    assert not any(Confirmation().wanted("e", verdict(outcome)) for _ in range(5))


def test_differences_are_always_confirmed() -> None:
    confirmation = Confirmation()
    assert all(confirmation.wanted("e", verdict(Outcome.DIFFERS)) for _ in range(50))


@pytest.mark.parametrize("outcome", sorted(SAMPLED))
def test_a_kind_of_failure_is_sampled_once_it_is_known(outcome: Outcome) -> None:
    confirmation = Confirmation()
    asked = [confirmation.wanted("e", verdict(outcome)) for _ in range(3 * SAMPLE)]
    again = [number for number, wanted in enumerate(asked, start=1) if wanted]
    assert again == [*range(1, ENOUGH + 1), SAMPLE, 2 * SAMPLE, 3 * SAMPLE]


def test_each_kind_is_counted_by_itself() -> None:
    confirmation = Confirmation()
    for _ in range(ENOUGH):
        confirmation.wanted("e", ERROR)
    assert not confirmation.wanted("e", ERROR)
    assert confirmation.wanted("other", ERROR)
    assert confirmation.wanted("e", verdict(Outcome.ERROR, "another text"))
    assert confirmation.wanted("e", verdict(Outcome.CRASH))


@pytest.mark.parametrize(
    "solo", [verdict(Outcome.IDENTICAL), verdict(Outcome.ERROR, "another text")]
)
def test_one_contradiction_ends_the_sampling_of_its_kind(solo: Verdict) -> None:
    confirmation = Confirmation()
    for _ in range(ENOUGH):
        assert confirmation.wanted("e", ERROR)
        assert confirmation.compare("e", ERROR, ERROR)
    assert not confirmation.wanted("e", ERROR)
    assert not confirmation.compare("e", ERROR, solo)
    assert all(confirmation.wanted("e", ERROR) for _ in range(20))
