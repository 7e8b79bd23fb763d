"""What stands for what: evidence about one of a kind, for another that is no different in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from test_checking_quick import DIFFERS, GOOD, NEW, bad, expected, reference, unknown

from caniload.runner.answering.accepting import Accepting
from caniload.runner.answering.references import Loaded
from caniload.runner.core.outcomes import Outcome, Purpose


def taking(*classes: str, **more: Any) -> Accepting:
    """Return constructors that take these classes, with no argument but those in ``more``."""
    record = {"takes": {}, "refusals": {}, "legacy": {}, "untried": None, **more}
    return Accepting(record=lambda _, name: record if name in classes else None)


def test_what_a_model_passes_on_counts_whichever_layer_gets_it() -> None:
    kin = reference("one", "Dense; Embedding; Embedding called with times=several")
    assert expected("Dense; Dense called with times=several", kin).outcome is Outcome.IDENTICAL
    told = unknown("Dense; Dense called with causal=true", kin)
    assert told.endswith("Dense called with causal=true")


def test_to_predict_is_what_training_false_means() -> None:
    kin = reference("one", "Dense; Functional")
    wanted = "Dense; Functional; Functional called with training=false"
    assert expected(wanted, kin).outcome is Outcome.IDENTICAL
    assert "called with training=false" in unknown(wanted, kin, purpose=Purpose.TRAIN)
    told = unknown("Dense; Functional; Functional called with training=true", kin)
    assert told.endswith("called with training=true")


def test_a_layer_of_another_number_of_dimensions_stands_for_one_that_is_taken_there() -> None:
    kin = reference("one", "MaxPooling2D; MaxPooling2D with keepdims=false")
    wanted = "MaxPooling3D; MaxPooling3D with keepdims=false"
    here = taking("MaxPooling3D", takes={"keepdims": 2})
    assert expected(wanted, kin, accepting=here).outcome is Outcome.IDENTICAL
    told = unknown(wanted, kin, accepting=taking("MaxPooling2D"))
    assert told.endswith("has MaxPooling3D with keepdims, layer MaxPooling3D")
    told = unknown(f"{wanted}; MaxPooling3D with keepdims=true", kin, accepting=here)
    assert told.endswith("has MaxPooling1D/2D/3D with keepdims=true")


def test_what_befalls_one_number_of_dimensions_is_not_expected_of_another() -> None:
    kin = [
        reference("one", "Conv1D; Dense", bad("TypeError: Conv1D cannot do it")),
        reference("two", "Conv2D; Dense"),
    ]
    here = taking("Conv1D", "Conv2D", "Conv3D")
    found = expected("Conv1D", *kin, accepting=here)
    assert found.outcome is Outcome.ERROR
    assert "which has layer Conv1D, too" in found.reason
    assert expected("Conv2D", *kin, accepting=here).outcome is Outcome.IDENTICAL
    assert expected("Conv3D", *kin, accepting=here).outcome is Outcome.IDENTICAL


def test_data_that_were_given_are_not_data_that_were_learned() -> None:
    kin = reference("one", "Normalization; Normalization with mean=[0.5]")
    assert (
        expected("Normalization; Normalization with mean=[7, 8]", kin).outcome is Outcome.IDENTICAL
    )
    told = unknown("Normalization; Normalization with mean=null", kin)
    assert told.endswith("Normalization with mean=null")


@pytest.mark.parametrize(
    "raised",
    [
        "ValueError: Exception encountered when calling Wrapping.call(). '3' is no shape",
        "ValueError: '3' is no shape. Arguments received by Wrapping: training=False",
        "ValueError: '3' is no shape. These nodes failed to be resolved: {<Wrapping name=out>: []}",
    ],
)
def test_the_layer_in_which_something_is_raised_is_not_what_it_is_about(raised: str) -> None:
    kin = [reference("one", "Wrapping; Odd", bad(raised)), reference("two", "Dense")]
    assert "has layer Wrapping" in unknown("Wrapping; Dense", *kin)
    assert expected("Wrapping; Odd", *kin).outcome is Outcome.ERROR


SCHEDULE = "Dense; schedule {0}, an object; optimizer SGD with learning_rate={0}"


def test_a_schedule_that_is_not_found_stands_for_all_of_them() -> None:
    kin = [
        reference("one", SCHEDULE.format("Falling"), bad("TypeError: no class 'Falling'")),
        reference("two", "Dense"),
    ]
    here = taking("Steps", "Falling")
    found = expected(SCHEDULE.format("Steps"), *kin, accepting=here)
    assert found.outcome is Outcome.ERROR
    assert expected("Dense", *kin, accepting=here).outcome is Outcome.IDENTICAL


def test_whether_schedules_are_found_is_not_told_by_whether_one_can_be_made() -> None:
    here = taking("Steps", "Falling", "SGD")
    told = unknown(SCHEDULE.format("Steps"), reference("two", "Dense"), accepting=here)
    assert "schedule Steps, an object" in told
    kin = reference("one", SCHEDULE.format("Falling"))
    good = "Dense; schedule Steps, an object"
    assert expected(good, kin, accepting=here).outcome is Outcome.IDENTICAL
    own = reference("one", f"{SCHEDULE.format('Mine')}; own class Mine")
    assert "schedule Steps" in unknown(good, own, accepting=here)


WARNED = Loaded(
    outcome=Outcome.WARNING, reason="Argument `decay` is ignored.", signature="warning: decay"
)


def test_what_stays_the_same_but_for_a_warning_is_cleared_of_all_that_this_does_not_name() -> None:
    kin = reference("one", "Dense; Sequential; optimizer SGD with decay=0.1", WARNED)
    found = expected("Dense; Sequential", kin)
    assert found.outcome is Outcome.TOLERANCE  # by how much was not kept
    assert "with a warning that this file has no cause for: Argument `decay`" in found.reason
    assert expected("Dense; Sequential; optimizer Adam with decay=0.2", kin).outcome is (
        Outcome.WARNING
    )
    assert unknown("Dense; GRU", kin).endswith("layer GRU")
    good = reference("two", "Dense; Sequential")
    assert expected("Dense; Sequential", kin, good).outcome is Outcome.IDENTICAL


def test_a_warning_that_names_nothing_of_the_file_clears_nothing() -> None:
    kin = reference("one", "Dense; Sequential", replace(WARNED, reason="It is old."))
    assert expected("Dense; Sequential", kin).outcome is Outcome.WARNING
    assert "layer Dense" in unknown(
        "Dense", reference("two", "Dense; GRU", replace(WARNED, reason="It is old."))
    )


WEIGHTS = "Dense; initializer Zeros; no optimizer state"


@pytest.mark.parametrize(
    "optimizer",
    ["optimizer Adam", "optimizer SGD; optimizer SGD with momentum=0.9", "optimizer Mine"],
)
def test_an_optimizer_whose_state_is_not_there_is_not_cleared_by_one_that_keeps_none(
    optimizer: str,
) -> None:
    kin = [
        reference("plain", f"{WEIGHTS}; optimizer SGD; optimizer SGD with momentum=0.0"),
        reference("weightless", "Dense; no optimizer state; optimizer Adam"),
        reference("other", f"Dense; initializer Zeros; optimizer state; {optimizer}"),
    ]
    told = unknown(f"{WEIGHTS}; {optimizer}", *kin, purpose=Purpose.TRAIN)
    assert told.endswith("has no optimizer state")
    found = expected(f"{WEIGHTS}; optimizer SGD", *kin, purpose=Purpose.TRAIN)
    assert found.outcome is Outcome.IDENTICAL
    assert expected(f"{WEIGHTS}; {optimizer}", *kin).outcome is Outcome.IDENTICAL


def test_an_optimizer_that_cannot_be_loaded_is_no_matter_where_there_is_nothing_of_it() -> None:
    kin = [
        reference("one", "Dense; optimizer Nadam; optimizer state", bad("ValueError: of Nadam")),
        reference("two", "GRU; optimizer Nadam; optimizer state", bad("ValueError: of Nadam")),
        reference("three", "Dense; optimizer Adam; optimizer state"),
        reference("four", "Dense; optimizer Nadam; no optimizer state"),
    ]
    found = expected("Dense; optimizer Nadam; optimizer state", *kin)
    assert found.outcome is Outcome.ERROR
    assert expected("Dense; optimizer Nadam; no optimizer state", *kin).outcome is Outcome.IDENTICAL


MASKED = "Embedding with mask_zero=true; Embedding"


def test_where_masks_go_is_known_of_no_layer_alone() -> None:
    kin = [
        reference("one", f"{MASKED}; LSTM; Dense"),
        reference("two", f"{MASKED}; GlobalAveragePooling1D; Dense"),
        reference("three", "LSTM; GlobalAveragePooling1D; Dense"),
    ]
    assert expected(f"{MASKED}; LSTM; Dense", *kin).outcome is Outcome.IDENTICAL
    assert expected("LSTM; GlobalAveragePooling1D", *kin).outcome is Outcome.IDENTICAL
    told = unknown(f"{MASKED}; LSTM; GlobalAveragePooling1D", *kin)
    assert told.endswith("has a mask and GlobalAveragePooling1D, LSTM together")
    both = reference("four", f"{MASKED}; LSTM; GlobalAveragePooling1D; Flatten")
    found = expected(f"{MASKED}; LSTM; GlobalAveragePooling1D", *kin, both)
    assert found.outcome is Outcome.IDENTICAL


def test_what_was_lost_in_saving_is_not_held_against_what_is_in_the_file() -> None:
    kin = [reference("one", "Attention; Dense", DIFFERS), reference("two", "Dense")]
    assert expected("Attention; Dense", *kin).outcome is Outcome.DIFFERS
    there = {**kin[0].cells, kin[0].saved_by: DIFFERS}
    assert "has layer Attention" in unknown(
        "Attention; Dense", replace(kin[0], cells=there), kin[1]
    )
    there[kin[0].saved_by] = GOOD
    kept = replace(kin[0], cells=there)
    assert expected("Attention; Dense", kept, kin[1]).outcome is Outcome.DIFFERS


def test_what_the_loader_of_old_files_translates_can_be_read_there() -> None:
    kin = reference("one", "Dense; Flatten")
    here = taking("Dense", "Flatten", legacy={"batch_input_shape": 1})
    wanted = "Dense; Flatten; Flatten with batch_input_shape=[null, 4]"
    assert expected(wanted, kin, accepting=here).outcome is Outcome.IDENTICAL
    assert "Flatten with batch_input_shape" in unknown(wanted, kin, accepting=taking("Flatten"))


def test_a_loss_by_a_short_name_stands_for_those_that_are_called_so() -> None:
    kin = [
        reference("one", "Dense; loss mse", bad("ValueError: could not deserialize 'metrics.mse'")),
        reference("two", "Dense; loss mean_squared_error"),
    ]
    here = taking("mae", "mean_squared_error", "logcosh")
    found = expected("Dense; loss mae", *kin, accepting=here)
    assert found.outcome is Outcome.ERROR
    assert found.cells == (f"tf-2.15/one.h5/{NEW}",)
    wanted = "Dense; loss mean_squared_error"
    assert expected(wanted, *kin, accepting=here).outcome is Outcome.IDENTICAL


def test_that_a_loss_is_there_does_not_tell_that_its_name_is_found() -> None:
    kin, here = reference("one", "Dense; loss mse"), taking("mae", "logcosh", "Huber")
    assert expected("Dense; loss mae", kin, accepting=here).outcome is Outcome.IDENTICAL
    assert unknown("Dense; loss logcosh", kin, accepting=here).endswith("has loss logcosh")
    wanted = "Dense; loss Huber, an object"
    assert expected(wanted, kin, accepting=here).outcome is Outcome.IDENTICAL


def test_the_type_of_a_weight_in_a_message_is_no_word_against_the_policy_of_that_name() -> None:
    raised = "Unknown variable: <Variable path=a, dtype=float32>. Built for others"
    kin = [
        reference(f"model {number}", "Dense; policy float32; optimizer Adam", bad(raised, "train"))
        for number in range(3)
    ]
    wanted = "Dense; policy float32"
    assert "has layer Dense, policy float32" in unknown(wanted, *kin, purpose=Purpose.TRAIN)
    named = bad("ValueError: Unknown DTypePolicy: float32")
    kin = [reference(f"model {number}", "Dense; policy float32", named) for number in range(3)]
    assert expected(wanted, *kin, purpose=Purpose.TRAIN).outcome is Outcome.ERROR


def test_what_befell_a_file_for_a_layer_of_its_own_befalls_none_without_that_layer() -> None:
    """Though several failed so, and have in common what the wanted file has, too."""
    failed = [
        reference(f"model {name}", f"Dense; strides 1; {name}", bad(f"{name} takes no groups"))
        for name in ("SeparableConv2D", "Conv2DTranspose", "DepthwiseConv2D")
    ]
    failed = [
        replace(one, cells={NEW: replace(one.cells[NEW], signature="no groups")}) for one in failed
    ]
    kin = [*failed, reference("good", "Dense")]
    assert "has strides 1" in unknown("Dense; strides 1", *kin)
    found = expected("Dense; strides 1; Conv2DTranspose", *kin)
    assert found.outcome is Outcome.ERROR
    assert "Conv2DTranspose takes no groups" in found.reason
