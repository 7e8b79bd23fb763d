"""A fact sheet where all is well, changed one thing at a time."""

from __future__ import annotations

from typing import Any

import pytest
from verdict_facts import (
    ADAM,
    ERROR,
    FORGOTTEN,
    LOST,
    RESTARTED,
    RULES,
    STOPS,
    TOLERANCES,
    facts,
    message,
    optimizer,
    output,
    settings,
    verdict,
    weights,
)

from caniload.runner.core.outcomes import Outcome
from caniload.runner.judging.verdict import judge

ALIKE = [
    pytest.param({}, Outcome.IDENTICAL, id="nothing"),
    pytest.param({"outputs": [output(max_abs=1e-7)]}, Outcome.TOLERANCE, id="outputs a little off"),
    pytest.param(
        {"outputs": [output(max_abs=0.1, scale=1e4)]}, Outcome.TOLERANCE, id="large scale"
    ),
    pytest.param(
        {"weights": weights(unequal=[["a/0", 1e-7, 1.0]])},
        Outcome.TOLERANCE,
        id="weights a little off",
    ),
    pytest.param({"losses": [[0.5], [0.5 + 1e-7]]}, Outcome.TOLERANCE, id="loss a little off"),
    pytest.param({"losses": [["nan"], ["nan"]]}, Outcome.IDENTICAL, id="loss NaN as before"),
    pytest.param(
        {"step": {"step": 2.0, "difference": 0.03}}, Outcome.TOLERANCE, id="step a little off"
    ),
    pytest.param({"outputs": [output(scale="inf")]}, Outcome.IDENTICAL, id="infinite as before"),
    pytest.param(
        {"optimizer": settings(learning_rate=0.01000000001)}, Outcome.IDENTICAL, id="rounded rate"
    ),
    pytest.param({"optimizer": settings(name="adam")}, Outcome.IDENTICAL, id="optimizer's name"),
    pytest.param({"optimizer": settings(jit_compile=True)}, Outcome.IDENTICAL, id="new setting"),
    pytest.param({"optimizer": settings(amsgrad=None)}, Outcome.IDENTICAL, id="False as None"),
    pytest.param(
        {"optimizer": optimizer(settings={"lr": 0.01})}, Outcome.IDENTICAL, id="lr is learning_rate"
    ),
    pytest.param({"messages": [message("chatter")]}, Outcome.IDENTICAL, id="noise"),
    pytest.param({"messages": [LOST]}, Outcome.IDENTICAL, id="announced, but nothing lost"),
    pytest.param(
        {"messages": [message("beware", phase="import")]}, Outcome.IDENTICAL, id="at import"
    ),
    pytest.param(
        {"messages": [message("beware", phase="build")]}, Outcome.IDENTICAL, id="at build"
    ),
    pytest.param({"messages": [message("brand new")]}, Outcome.IDENTICAL, id="unknown"),
    pytest.param(
        {"messages": [message("new", shown_by_default=False)]}, Outcome.IDENTICAL, id="unseen"
    ),
]

WARNED = [
    pytest.param({"messages": [message("beware")]}, "beware", id="known"),
    pytest.param(
        {"messages": [message("beware", channel="native", shown_by_default=False)]},
        "beware",
        id="known and unseen",
    ),
    pytest.param({"messages": [message("beware", phase="predict")]}, "beware", id="at predict"),
    pytest.param({"messages": [message("beware", phase="train")]}, "beware", id="at train"),
    pytest.param(
        {"messages": [LOST], "optimizer": RESTARTED}, "the optimizer state is lost", id="announced"
    ),
    pytest.param(
        {"messages": [message("not compiled")], "optimizer": FORGOTTEN},
        "not compiled",
        id="announced, settings",
    ),
    pytest.param(
        {"messages": [LOST], "losses": [[0.5], [9.0]]},
        "the optimizer state is lost",
        id="announced, next step differs",
    ),
]


@pytest.mark.parametrize(("changes", "outcome"), ALIKE)
def test_the_same_model(changes: dict[str, Any], outcome: Outcome) -> None:
    found = verdict(facts(**changes))
    assert found.outcome is outcome
    assert not found.differences
    assert found.signature == ""


@pytest.mark.parametrize(("changes", "told"), WARNED)
def test_a_warning_to_act_on(changes: dict[str, Any], told: str) -> None:
    found = verdict(facts(**changes))
    assert (found.outcome, found.reason) == (Outcome.WARNING, told)
    assert found.signature.startswith("warning: ")


@pytest.mark.parametrize(
    ("phase", "outcome", "reached"),
    [
        ("build", Outcome.NA, "this environment cannot build what the file needs"),
        ("load", Outcome.ERROR, "does not load: ValueError: bad 'x' 3"),
        ("predict", Outcome.ERROR, "loads, but predict raises: ValueError"),
        ("train", Outcome.ERROR, "loads and predicts, but the next training step raises: "),
        ("end", Outcome.ERROR, "raises in phase end: "),
    ],
)
def test_errors(phase: str, outcome: Outcome, reached: str) -> None:
    found = verdict(facts(error={**ERROR, "phase": phase}))
    assert found.outcome is outcome
    assert found.reason.startswith(reached)
    assert found.signature == f"{phase}: ValueError: bad '…' N"
    assert found.error is not None
    assert (found.error.message, found.error.traceback) == ("bad 'x' 3", "Trace")


@pytest.mark.parametrize(
    ("crash", "reason"),
    [
        ({"kind": "timeout", "limit": 10.0}, "did not end within 10 s (in phase load)"),
        ({"kind": "memory", "limit": 64}, "used more than 64 MiB of memory (in phase load)"),
        (
            {"kind": "signal", "signal": "SIGSEGV"},
            "the interpreter was killed by SIGSEGV (in phase",
        ),
        ({"kind": "exit", "code": 3}, "the process ended itself with exit code 3 (in phase load)"),
    ],
)
def test_crashes(crash: dict[str, Any], reason: str) -> None:
    found = verdict(None, {**crash, "phase": "load"})
    assert found.outcome is Outcome.CRASH
    assert found.reason.startswith(reason)
    assert found.signature.endswith("in phase load")


def test_the_worst_wins() -> None:
    everything: dict[str, Any] = {
        "messages": [message("beware")],
        "outputs": [output(max_abs=0.5), output(max_abs=0.25, max_rel=7.0, max_ulp=9)],
        "output_names": [["0", "1"], ["0", "1"]],
    }
    assert verdict(facts(**everything)).outcome is Outcome.DIFFERS
    failed = verdict(facts(**everything, error=ERROR))
    assert failed.outcome is Outcome.ERROR
    assert (failed.max_abs_diff, failed.max_rel_diff, failed.max_ulp_diff) == (0.5, 7.0, 9.0)
    assert verdict(facts(**everything), {"kind": "exit", "code": 1, "phase": "load"}).outcome is (
        Outcome.CRASH
    )


def test_an_announcement_excuses_lost_training_state_only() -> None:
    found = verdict(facts(messages=[LOST], optimizer=RESTARTED, outputs=[output(max_abs=0.5)]))
    assert found.outcome is Outcome.DIFFERS
    assert found.reason == "output 0 differs by up to 0.5"
    assert [one["what"] for one in found.differences] == ["outputs", "optimizer"]


def test_lost_state_does_not_excuse_changed_settings() -> None:
    found = verdict(facts(messages=[LOST], optimizer=FORGOTTEN))
    assert found.outcome is Outcome.DIFFERS
    assert found.reason == STOPS + "the optimizer's learning_rate is 0.001, it was 0.01"


def test_an_announcement_at_import_excuses_nothing() -> None:
    early = message("the optimizer state is lost", phase="import")
    assert verdict(facts(messages=[early], optimizer=FORGOTTEN)).outcome is Outcome.DIFFERS


def test_a_deprecated_argument_of_an_optimizer_excuses_nothing() -> None:
    said = message("beware, `lr` is deprecated in the optimizer")
    assert verdict(facts(messages=[said], optimizer=RESTARTED)).outcome is Outcome.DIFFERS


def test_a_checkpoint_that_names_the_optimizers_variable_announces_its_loss() -> None:
    said = message("not restored: (root).optimizer.iter")
    assert verdict(facts(messages=[said], optimizer=RESTARTED)).outcome is Outcome.WARNING


def test_a_step_that_raises_does_not_hide_other_outputs() -> None:
    raised = {**ERROR, "phase": "train"}
    found = verdict(facts(error=raised, outputs=[output(max_abs=0.5)]))
    assert found.outcome is Outcome.DIFFERS
    assert found.reason == (
        "output 0 differs by up to 0.5; and the next training step raises: ValueError: bad 'x' 3"
    )
    assert found.error is not None
    assert verdict(facts(error=raised)).outcome is Outcome.ERROR


def test_the_architecture_of_a_model_built_by_code_is_not_the_files() -> None:
    sheet = facts(
        structure=["list", "dict"],
        output_names=[["0"], ["score"]],
        error={**ERROR, "phase": "train"},
        seconds={"train": 0.1},
    )
    del sheet["losses"], sheet["step"]
    by_code = judge({"facts": sheet}, TOLERANCES, RULES, ("weights", "training"))
    assert by_code.outcome is Outcome.ERROR
    assert by_code.reason.startswith("loads and predicts, but the next training step raises: ")
    assert judge({"facts": sheet}, TOLERANCES, RULES).outcome is Outcome.DIFFERS
    unfed = {**sheet, "error": None}
    assert judge({"facts": unfed}, TOLERANCES, RULES, ("weights",)).outcome is Outcome.IDENTICAL
    assert judge({"facts": unfed}, TOLERANCES, RULES).outcome is Outcome.DIFFERS
    unreadable = {**sheet, "error": {**ERROR, "phase": "load"}}
    assert judge({"facts": unreadable}, TOLERANCES, RULES, ("weights",)).outcome is Outcome.ERROR


def test_a_step_that_was_not_compared_is_told() -> None:
    sheet = facts(seconds={"train": 0.1})
    del sheet["losses"], sheet["step"]
    found = verdict(sheet)
    assert (found.outcome, found.reason) == (
        Outcome.IDENTICAL,
        "bit for bit the same model; a training step could not be compared",
    )


def test_weights_alone_have_no_training() -> None:
    sheet = {
        key: value
        for key, value in facts(compiled=[True, False]).items()
        if key not in ("optimizer", "losses", "step")
    }
    assert verdict(sheet).outcome is Outcome.IDENTICAL


def test_kernels_that_were_turned_round_are_told() -> None:
    found = verdict(facts(weights={**weights(), "turned": ["conv/0"]}))
    assert found.outcome is Outcome.TOLERANCE
    assert found.reason.endswith("turned round, as this backend convolves: conv/0")


def test_what_serves_shows_outputs_alone() -> None:
    shown = ("structure", "output_names", "outputs", "messages", "error", "seconds")
    sheet = {key: value for key, value in facts().items() if key in shown}
    found = verdict(sheet)
    assert (found.outcome, found.reason) == (Outcome.IDENTICAL, "bit for bit the same outputs")
    other = verdict({**sheet, "outputs": [output(max_abs=0.5)]})
    assert other.outcome is Outcome.DIFFERS


def test_nan_is_the_worst_of_all_outputs() -> None:
    sheet = facts(
        outputs=[output(max_abs="nan"), output(max_abs=3.0)],
        output_names=[["0", "1"], ["0", "1"]],
    )
    assert str(verdict(sheet).max_abs_diff) == "nan"


def test_messages_are_told_with_their_rules() -> None:
    said = [message("\x1b[1mbeware\x1b[0m"), message("brand new")]
    first, second = verdict(facts(messages=said)).messages
    assert (first.text, first.rule, first.severity) == ("beware", "beware", "attention")
    assert (second.rule, second.severity) == (None, "unknown")


def test_settings_that_were_lost_before_a_step_raised_are_told() -> None:
    was, now = ({**ADAM, "settings": {"learning_rate": rate}} for rate in (0.01, 0.001))
    sheet = facts(optimizer=[was, now], error={**ERROR, "phase": "train"})
    del sheet["losses"], sheet["step"]
    found = verdict(sheet)
    assert found.outcome is Outcome.DIFFERS
    assert found.reason.startswith("the optimizer's learning_rate is 0.001, it was 0.01; and the")
    announced = verdict({**sheet, "messages": [message("not compiled")]})
    assert announced.outcome is Outcome.ERROR
    same = verdict({**sheet, "optimizer": [was, was]})
    assert same.outcome is Outcome.ERROR
