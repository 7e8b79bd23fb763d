"""Which batched answers are asked again alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from caniload.runner.core.judged import Message, Verdict
from caniload.runner.core.outcomes import Outcome
from caniload.runner.judging.confirm import (
    ALONE,
    ENOUGH,
    SAMPLE,
    SAMPLED,
    Ask,
    Confirmation,
    statement,
)


def verdict(outcome: Outcome, signature: str = "text", differs: str = "outputs") -> Verdict:
    differences = ({"what": differs},) if outcome is Outcome.DIFFERS else ()
    return Verdict(outcome=outcome, reason="", signature=signature, differences=differences)


ERROR = verdict(Outcome.ERROR)


def asked(found: Verdict, times: int, confirmation: Confirmation | None = None) -> list[int]:
    """Return which of so many like answers are confirmed; each confirmation agrees."""
    confirmation = confirmation or Confirmation()
    numbers = []
    for number in range(1, times + 1):
        if confirmation.ask("e", "h5", found) is Ask.ALONE:
            numbers.append(number)
            assert confirmation.compare("e", "h5", found, found)
    return numbers


@pytest.mark.parametrize("outcome", [Outcome.IDENTICAL, Outcome.TOLERANCE])
def test_a_clean_pass_is_believed(outcome: Outcome) -> None:
    assert asked(verdict(outcome), 20) == []


@pytest.mark.parametrize("what", ["outputs", "weights", "structure"])
def test_other_numbers_are_always_confirmed(what: str) -> None:
    assert asked(verdict(Outcome.DIFFERS, differs=what), 30) == [*range(1, 31)]


@pytest.mark.parametrize(
    "found",
    [
        *(verdict(outcome) for outcome in sorted(SAMPLED)),
        verdict(Outcome.DIFFERS, differs="settings"),
        verdict(Outcome.DIFFERS, differs="training"),
        verdict(Outcome.DIFFERS, differs="trainable"),
    ],
    ids=lambda found: str(found.outcome),
)
def test_a_kind_is_sampled_once_it_is_known(found: Verdict) -> None:
    assert asked(found, 3 * SAMPLE) == [*range(1, ENOUGH + 1), SAMPLE, 2 * SAMPLE, 3 * SAMPLE]


def test_each_kind_is_counted_by_itself() -> None:
    confirmation = Confirmation()
    asked(ERROR, ENOUGH, confirmation)
    assert confirmation.ask("e", "h5", ERROR) is Ask.BELIEVE
    assert confirmation.ask("other", "h5", ERROR) is Ask.ALONE
    assert confirmation.ask("e", "keras", ERROR) is Ask.ALONE
    assert confirmation.ask("e", "h5", verdict(Outcome.ERROR, "another text")) is Ask.ALONE
    assert confirmation.ask("e", "h5", verdict(Outcome.CRASH)) is Ask.ALONE


def test_others_wait_while_the_first_of_their_kind_are_asked() -> None:
    confirmation = Confirmation()
    first = [confirmation.ask("e", "h5", ERROR) for _ in range(ENOUGH)]
    assert set(first) == {Ask.ALONE}
    for _ in range(ENOUGH):
        assert confirmation.ask("e", "h5", ERROR) is Ask.LATER
        assert confirmation.compare("e", "h5", ERROR, ERROR)
    assert confirmation.ask("e", "h5", ERROR) is Ask.BELIEVE


def test_who_does_not_answer_is_followed_by_another() -> None:
    confirmation = Confirmation()
    for _ in range(ENOUGH):
        assert confirmation.ask("e", "h5", ERROR) is Ask.ALONE
    confirmation.unanswered("e", "h5", ERROR)
    assert confirmation.ask("e", "h5", ERROR) is Ask.ALONE
    assert confirmation.ask("e", "h5", ERROR) is Ask.LATER


def test_all_that_waited_are_asked_after_a_contradiction() -> None:
    confirmation = Confirmation()
    for _ in range(ENOUGH):
        confirmation.ask("e", "h5", ERROR)
    assert confirmation.ask("e", "h5", ERROR) is Ask.LATER
    assert not confirmation.compare("e", "h5", ERROR, verdict(Outcome.IDENTICAL))
    assert confirmation.ask("e", "h5", ERROR) is Ask.ALONE


@pytest.mark.parametrize(
    "solo", [verdict(Outcome.IDENTICAL), verdict(Outcome.ERROR, "another text")]
)
def test_one_contradiction_ends_the_sampling_of_its_kind(solo: Verdict) -> None:
    confirmation = Confirmation()
    asked(ERROR, ENOUGH, confirmation)
    assert confirmation.ask("e", "h5", ERROR) is Ask.BELIEVE
    assert not confirmation.compare("e", "h5", ERROR, solo)
    assert asked(ERROR, 20, confirmation) == [*range(1, 21)]


def heard(*texts: str, severity: str = "attention") -> tuple[Message, ...]:
    return tuple(
        Message(
            channel="native",
            category="",
            level="WARNING",
            text=one,
            phase="train",
            severity=severity,
        )
        for one in texts
    )


def test_what_threads_say_now_and_then_is_no_contradiction() -> None:
    batched = replace(ERROR, messages=heard("lost", "lost"))
    solo = replace(ERROR, messages=(*heard("lost"), *heard("cancelled", severity="noise")))
    assert Confirmation().compare("e", "h5", batched, solo)
    assert not Confirmation().compare("e", "h5", batched, replace(ERROR, messages=heard("other")))
    assert not Confirmation().compare("e", "h5", batched, ERROR)


@pytest.mark.parametrize(
    ("solo", "alone"),
    [
        pytest.param([True, None, True], True, id="each that ran, alone"),
        pytest.param([True, False], False, id="one in a batch"),
        pytest.param([None], False, id="nothing ran"),
    ],
)
def test_the_method_says_how_the_cells_of_this_report_ran(
    solo: list[bool | None],
    alone: bool,  # noqa: FBT001
) -> None:
    told = statement(solo, batch=7)
    assert (told == ALONE) is alone
    assert ("up to 7 cells" in told) is not alone
