"""Two verdicts on one cell: to predict with the model, and to go on training it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from judged_example import example
from verdict_facts import (
    ERROR,
    LOST,
    RESTARTED,
    RULES,
    TOLERANCES,
    facts,
    message,
    output,
    settings,
    verdict,
)

from caniload.runner.core.judged import Verdict
from caniload.runner.core.judgedrows import as_table
from caniload.runner.core.judgedtable import MARK, placed
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.judging.verdict import judge

STEP = {"error": {**ERROR, "phase": "train"}, "losses": None, "step": None}
FROZEN = {"model": True, "frozen": ["base", "base/hidden"]}


@pytest.mark.parametrize(
    ("changes", "train"),
    [
        (STEP, Outcome.ERROR),
        ({"optimizer": settings(learning_rate=0.5)}, Outcome.DIFFERS),
        ({"messages": [LOST], "optimizer": RESTARTED}, Outcome.WARNING),
        ({"messages": [message("beware", phase="train")]}, Outcome.WARNING),
        ({"step": {"step": 2.0, "difference": 1.0}}, Outcome.DIFFERS),
        ({"losses": [[0.5], [0.5 + 1e-7]]}, Outcome.TOLERANCE),
        ({"trainable": [FROZEN, {"model": True, "frozen": []}]}, Outcome.DIFFERS),
    ],
)
def test_what_only_training_meets(changes: dict[str, Any], train: Outcome) -> None:
    found = verdict(facts(**changes))
    only = found.to(Purpose.PREDICT)
    assert found.to(Purpose.TRAIN) is found
    assert (found.outcome, only.outcome) == (train, Outcome.IDENTICAL)
    assert only.reason.startswith("bit for bit the same model")
    assert (only.error, only.differences) == (None, ())
    assert not any(one.matters for one in only.messages)


@pytest.mark.parametrize(
    "changes",
    [
        {"error": {**ERROR, "phase": "load"}},
        {"error": {**ERROR, "phase": "predict"}},
        {"outputs": [output(max_abs=0.1)]},
        {"structure": ["dict", "list"]},
        {"messages": [message("beware")]},
    ],
)
def test_what_both_meet(changes: dict[str, Any]) -> None:
    found = verdict(facts(**changes))
    only = found.to(Purpose.PREDICT)
    assert (only.outcome, only.reason) == (found.outcome, found.reason)


def test_other_outputs_are_told_alone_where_training_differs_too() -> None:
    found = verdict(facts(**STEP, outputs=[output(max_abs=0.1)]))
    only = found.to(Purpose.PREDICT)
    assert (found.outcome, only.outcome) == (Outcome.DIFFERS, Outcome.DIFFERS)
    assert only.reason == "output 0 differs by up to 0.1"
    assert only.error is None


def test_a_crash_is_one_for_both() -> None:
    crash = {"kind": "signal", "signal": "SIGSEGV", "phase": "train"}
    found = verdict(crash=crash)
    assert found.to(Purpose.PREDICT) is found


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        (["base"], [], "layer base was frozen, and is trainable"),
        ([], ["base"], "layer base was trainable, and is frozen"),
        (["a"], ["b"], "layer a was frozen, and is trainable"),
        (list("abcde"), [], "layers a, b, c and 2 more were frozen, and are trainable"),
    ],
)
def test_what_is_frozen(was: list[str], now: list[str], told: str) -> None:
    sides = [{"model": True, "frozen": one} for one in (was, now)]
    one, *others = verdict(facts(trainable=sides)).differences
    assert (one["what"], one["text"], one["size"]) == ("trainable", told, len(was) or len(now))
    assert len(others) == bool(was and now)


def test_a_frozen_model() -> None:
    sides: Any = [{"model": one, "frozen": []} for one in (False, True)]
    (one,) = verdict(facts(trainable=sides)).differences
    assert one["text"] == "the model was frozen, and is trainable"


@pytest.mark.parametrize("sides", [[None, FROZEN], [FROZEN, None], [None, None]])
def test_what_is_not_known_to_be_frozen_is_no_difference(sides: list[Any]) -> None:
    assert verdict(facts(trainable=sides)).outcome is Outcome.IDENTICAL


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (["base"], ["base_1"]),
        (["model/base"], ["functional_1/base"]),
        (["base", "base/hidden"], ["base"]),
        (["base"], ["base", "base/hidden"]),
    ],
)
def test_what_is_frozen_under_another_name_or_within_is_no_difference(
    was: list[str], now: list[str]
) -> None:
    sides: Any = [{"model": True, "frozen": one} for one in (was, now)]
    assert verdict(facts(trainable=sides)).outcome is Outcome.IDENTICAL


def test_what_code_freezes_is_not_the_files() -> None:
    changes = {"trainable": [FROZEN, {"model": True, "frozen": []}]}
    record = {"facts": facts(**changes), "crash": None}
    found = judge(record, TOLERANCES, RULES, carries=("weights",))
    assert found.outcome is Outcome.IDENTICAL


def test_a_table_is_seen_either_way() -> None:
    path = "saved/by/somebody/model.h5"
    only = Verdict(outcome=Outcome.IDENTICAL, reason=f"of {MARK * len(path)}")
    first, *others = example().cells
    table = as_table([replace(first, predicting=only), *others])
    seen = table.to(Purpose.PREDICT)
    assert table.to(Purpose.TRAIN) is table
    assert seen[0].outcome is Outcome.IDENTICAL
    assert seen[0].cell == first.cell
    assert [one.outcome for one in seen[1:]] == [one.to(Purpose.PREDICT).outcome for one in others]
    assert placed(table.verdict(0), path).to(Purpose.PREDICT).reason == f"of {path}"
