"""What follows for a file from reference models and constructors, and what does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from caniload.runner.answering import near
from caniload.runner.answering.accepting import Accepting
from caniload.runner.answering.features import Features
from caniload.runner.answering.quick import Expected, Question
from caniload.runner.answering.references import Index, Kin, Known, Loaded
from caniload.runner.checking.answers import Basis
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.core.shipped import MATRIX
from caniload.runner.matrix.reading import read_matrix

ENVIRONMENTS = {one.id: one for one in read_matrix(MATRIX).environments}
NEW = "tf-2.21"
GOOD = Loaded(outcome=Outcome.IDENTICAL, reason="bit for bit the same model")
NEARLY = Loaded(outcome=Outcome.TOLERANCE, reason="within tolerance")
DIFFERS = Loaded(
    outcome=Outcome.DIFFERS, reason="output 0 differs by up to 1", signature="differs: outputs"
)


def bad(raised: str, phase: str = "load") -> Loaded:
    return Loaded(
        outcome=Outcome.ERROR,
        reason=f"does not load: {raised}",
        phase=phase,
        raised=raised,
        signature=f"{phase}: {raised}",
    )


def having(traits: str) -> Features:
    """Return features by a text such as "Dense; Dense with units=2; one input"."""
    listed = [one.strip() for one in traits.split(";")]
    named = {f"layer {one}" if one[0].isupper() and " " not in one else one for one in listed}
    return Features(
        format="h5",
        origin=("Keras 2.15", "", "on tensorflow"),
        classes=frozenset(one.removeprefix("layer ") for one in named if one.startswith("layer ")),
        traits=frozenset(named),
    )


def reference(model: str, traits: str, cell: Loaded | None = GOOD) -> Known:
    cells = {} if cell is None else {NEW: cell}
    return Known(saved_by="tf-2.15", model=model, format="h5", features=having(traits), cells=cells)


def ask(
    wanted: str | Features,
    *kin: Known,
    purpose: Purpose = Purpose.PREDICT,
    accepting: Accepting | None = None,
) -> Expected | str:
    said = having(wanted) if isinstance(wanted, str) else wanted
    question = Question(
        wanted=said, environment=ENVIRONMENTS[NEW], purpose=purpose, accepting=accepting
    )
    return near.from_kin(question, Index(known=kin, measured=True).kin(said))


def expected(wanted: str | Features, *kin: Known, **more: Any) -> Expected:
    found = ask(wanted, *kin, **more)
    assert isinstance(found, Expected), found
    return found


def unknown(wanted: str | Features, *kin: Known, **more: Any) -> str:
    found = ask(wanted, *kin, **more)
    assert isinstance(found, str), found
    return found


# Each trait by itself


def test_all_of_it_in_files_that_stay_the_same_lets_expect_that_it_does() -> None:
    found = expected("Conv2D; LSTM", reference("one", "Dense; Conv2D"), reference("two", "LSTM"))
    assert found.outcome is Outcome.IDENTICAL
    assert found.basis is Basis.MODELS
    assert set(found.cells) == {f"tf-2.15/one.h5/{NEW}", f"tf-2.15/two.h5/{NEW}"}
    assert "together have all" in found.reason


def test_what_no_reference_has_is_not_known_and_at_most_three_are_told() -> None:
    told = unknown("Dense; GRU", reference("one", "Dense"))
    assert told == "none of the reference models that stay the same there has layer GRU"
    told = unknown("Aa; Bb; Cc; Dd; Ee", reference("one", "Dense"))
    assert told.endswith("layer Aa, layer Bb, layer Cc and 2 more")
    assert "was loaded there" in unknown("Dense", reference("one", "Dense", None))


def test_an_argument_nobody_thought_of_counts_as_it_stands() -> None:
    kin = reference("one", "BatchNormalization; BatchNormalization with virtual_batch_size=null")
    told = unknown("BatchNormalization; BatchNormalization with virtual_batch_size=2", kin)
    assert "BatchNormalization with virtual_batch_size=2" in told


def test_sizes_and_initializers_decide_nothing() -> None:
    kin = reference(
        "one",
        "Dense; Dense with units=2; Dense with kernel_initializer=GlorotUniform;"
        "initializer RandomUniform; initializer RandomUniform with minval=-1.0",
    )
    wanted = (
        "Dense; Dense with units=77; Dense with kernel_initializer=RandomUniform;"
        "initializer RandomUniform; initializer RandomUniform with minval=-0.5"
    )
    for purpose in Purpose:
        assert expected(wanted, kin, purpose=purpose).outcome is Outcome.IDENTICAL


def test_strides_are_one_or_more_in_whichever_layer() -> None:
    kin = [
        reference("one", "Conv2D; Conv2D with strides=[1, 1]"),
        reference("two", "Conv1D; Conv1D with strides=[2]"),
    ]
    assert expected("Conv2D; Conv2D with strides=[3, 3]", *kin).outcome is Outcome.IDENTICAL
    assert "strides more" in unknown("Conv2D; Conv2D with strides=[3, 3]", kin[0])


def test_who_predicts_is_not_asked_for_what_only_training_meets() -> None:
    kin = [
        reference("one", "Dense; Dense with kernel_regularizer=null; optimizer state"),
        reference("two", "Other; regularizer L2; optimizer Adam; Dropout"),
    ]
    wanted = "Dense; Dense with kernel_regularizer=L2; regularizer L2; losses or metrics by output"
    assert expected(wanted, *kin).outcome is Outcome.IDENTICAL
    assert "losses or metrics by output" in unknown(wanted, *kin, purpose=Purpose.TRAIN)


def test_of_each_trait_the_best_that_came_of_it_counts() -> None:
    kin = [reference("one", "Dense; LSTM", NEARLY), reference("two", "Dense")]
    assert expected("Dense", *kin).outcome is Outcome.IDENTICAL
    assert expected("Dense; LSTM", *kin).outcome is Outcome.TOLERANCE


# What explains a failure


def test_a_named_class_lets_expect_the_same_failure() -> None:
    kin = [
        reference("one", "Dense"),
        reference("two", "Conv1D; GRU; Other", bad("TypeError: GRU: {'time_major': False}")),
    ]
    found = expected("Dense; GRU", *kin)
    assert found.outcome is Outcome.ERROR
    assert found.cells == (f"tf-2.15/two.h5/{NEW}",)
    assert found.reason.startswith("does not load: TypeError: GRU: {'time_major': False} (so did ")
    assert found.reason.endswith("which has layer GRU, too)")


def test_a_named_class_that_stays_the_same_elsewhere_is_not_to_blame() -> None:
    kin = [
        reference("one", "Dense; GRU"),
        reference("two", "Conv1D; GRU", bad("TypeError: GRU: {'time_major': False}")),
    ]
    assert expected("Dense; GRU", *kin).outcome is Outcome.IDENTICAL


def test_the_only_difference_from_what_stays_the_same_is_to_blame() -> None:
    kin = [reference("one", "Dense"), reference("two", "Dense; GRU", bad("no layer is named"))]
    assert expected("Dense; GRU; Other", *kin).outcome is Outcome.ERROR
    assert expected("Dense", *kin).outcome is Outcome.IDENTICAL


def test_what_befell_files_without_anything_suspect_has_another_reason() -> None:
    kin = [
        reference("one", "Dense; Conv2D"),
        reference("two", "Dense; GRU", bad("timeout")),
        reference("three", "Dense; Conv2D", bad("timeout")),
    ]
    assert "has layer GRU" in unknown("Dense; GRU", *kin)


def test_several_that_failed_alike_tell_by_what_they_have_in_common() -> None:
    failed = bad("no optimizer of that kind")
    kin = [reference(name, f"Shared; {name}", failed) for name in ("A", "B", "C")]
    found = expected("Shared; Other", *kin)
    assert found.outcome is Outcome.ERROR
    assert len(found.cells) == 3
    fine = [*kin, reference("D", "Shared; D")]
    assert "layer Other" in unknown("Shared; Other", *fine)


def test_the_base_class_of_optimizers_is_to_blame_whichever_it_is() -> None:
    kin = [
        reference("one", "Dense; optimizer SGD, an object; optimizer SGD with momentum=0.0"),
        reference(
            "two",
            "Dense; optimizer Adam, an object; optimizer Adam with weight_decay=null",
            bad("TypeError: weight_decay is not a valid argument"),
        ),
    ]
    wanted = "Dense; optimizer Lion, an object; optimizer Lion with weight_decay=null"
    assert expected(wanted, *kin).outcome is Outcome.ERROR


def test_a_milder_end_is_not_expected_of_what_nobody_loaded() -> None:
    kin = reference("one", "Dense", DIFFERS)
    assert expected("Dense", kin).outcome is Outcome.DIFFERS
    assert "that load there has layer GRU" in unknown("Dense; GRU", kin)


def test_where_own_code_decides_only_what_does_not_load_counts() -> None:
    own = replace(having("Dense; Lambda"), own=True)
    assert "code of its own decides" in str(ask(own, reference("one", "Dense; Lambda")))
    kin = reference("one", "Conv1D; Lambda", bad("ValueError: a Lambda layer is not safe"))
    assert expected(own, kin).outcome is Outcome.ERROR


def test_what_traits_do_together_is_not_known() -> None:
    kin = [
        reference("lost", "Attention; Dense", bad("no")),
        reference("kept", "Attention; Flatten"),
        reference("other", "Dense"),
    ]
    told = unknown("Attention; Dense", *kin)
    assert "reference model lost has nothing that this file lacks" in told
    assert expected("Attention; Flatten", *kin).outcome is Outcome.IDENTICAL


def test_models_in_models_that_fail_in_one_of_two_alike_are_not_known() -> None:
    """Which layer follows a model in a Sequential decides, and is no trait."""
    nested = "a Functional inside a Sequential"
    kin = [
        reference("autoencoder", f"Dense; {nested}"),
        reference("joined", "Dense; Concatenate"),
        reference("base_first", f"Dense; Concatenate; {nested}", bad("no")),
    ]
    told = unknown(f"Dense; {nested}", *kin)
    assert "reference model base_first has models in models as this file has" in told
    assert expected("Dense", *kin).outcome is Outcome.IDENTICAL


# What the reader's constructors take


RECORDS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("layers", "Dense"): {
        "takes": {"units": 2, "lora_alpha": 0, "caniload_invented": 0, "input_shape": 1},
        "refusals": {"lora_alpha": "Unrecognized keyword arguments: {'lora_alpha': 2}"},
        "legacy": {"batch_input_shape": 1},
        "untried": None,
    },
    ("layers", "Gone"): {},
    ("initializers", "Fresh"): {
        "takes": {"seed": 2},
        "refusals": {},
        "legacy": {},
        "untried": None,
    },
}
HERE = Accepting(record=lambda kind, name: RECORDS.get((kind, name)))


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("Dense; Dense with lora_alpha=2", "Dense does not take lora_alpha: Unrecognized"),
        ("Dense; Dense with quite_new=true", "Dense does not know quite_new"),
        ("Dense; Gone", "it has no layer Gone"),
    ],
)
def test_what_constructors_refuse_needs_no_reference_model(wanted: str, told: str) -> None:
    found = expected(wanted, accepting=HERE)
    assert found.outcome is Outcome.ERROR
    assert found.basis is Basis.CONSTRUCTORS
    assert found.cells == ()
    assert told in found.reason


@pytest.mark.parametrize(
    "wanted",
    [
        "Dense; Dense with batch_input_shape=[null, 4]",  # translated in HDF5
        "Dense; Unheard; Unheard with anything=1",
        "Dense; Dense with lora_alpha=2; own class Dense",
    ],
)
def test_what_is_not_known_to_be_refused_is_not_refused(wanted: str) -> None:
    assert isinstance(ask(wanted, accepting=HERE), str)


def test_a_refusal_of_what_loads_there_is_not_believed() -> None:
    wanted = "Dense; Dense with lora_alpha=2"
    assert expected(wanted, reference("one", wanted), accepting=HERE).outcome is Outcome.IDENTICAL
    assert expected(wanted, reference("one", "Dense"), accepting=HERE).outcome is Outcome.ERROR


def test_what_decides_nothing_has_to_be_readable_all_the_same() -> None:
    kin = reference("one", "Dense; initializer Known")
    assert expected("Dense; initializer Fresh", kin, accepting=HERE).outcome is Outcome.IDENTICAL
    assert "initializer Unheard" in unknown("Dense; initializer Unheard", kin, accepting=HERE)


# Origins that were not measured


def of(origin: str, model: str, traits: str, cell: Loaded = GOOD) -> Known:
    one = reference(model, traits, cell)
    return replace(one, features=replace(one.features, origin=(f"Keras {origin}", "", "on tf")))


def kin_of(wanted: str, *known: Known) -> Kin:
    features = replace(having("Dense"), origin=(f"Keras {wanted}", "", "on tf"))
    return Index(known=known, measured=True).kin(features)


@pytest.mark.parametrize(
    ("wanted", "models"),
    [
        ("2.9", [["two"], ["four"]]),  # beside those of its own
        ("2.6", [["four"], ["nine"]]),
        ("2.3-tf", [["two"], ["four"]]),
        ("2.12", [["four"], ["nine"]]),  # beyond the last
        ("2.3", []),  # multi-backend Keras
        ("3.1", [["three"], ["three, later"]]),
        ("3.5", [["three"], ["three, later"]]),
    ],
)
def test_files_of_no_measured_version_are_between_the_nearest_two(
    wanted: str, models: list[list[str]]
) -> None:
    known = [
        of(origin, model, "Dense")
        for origin, model in (
            ("2.9", "nine"),
            ("2.2-tf", "two"),
            ("2.4", "four"),
            ("3.2", "three"),
            ("3.10", "three, later"),
        )
    ]
    groups = kin_of(wanted, *known).near
    assert [[one.model for one in group] for group in groups] == models


@pytest.mark.parametrize(
    ("wanted", "reader", "says"),
    [
        ("2.6", "tf-2.4", True),  # between the two: whoever reads
        ("2.12", "tf-2.4", True),  # both are on the way to it
        ("2.12", "tf-2.12", False),  # which wrote it
        ("2.12", "tf-2.15", False),
        ("2.2-tf", "tf-2.15", True),
        ("2.2-tf", "tf-2.5", False),
        ("2.2-tf", "tf-1.15", False),
    ],
)
def test_beyond_the_last_only_readers_on_the_far_side_are_told(
    wanted: str, reader: str, *, says: bool
) -> None:
    kin = kin_of(wanted, of("2.4", "four", "Dense"), of("2.9", "nine", "Dense"))
    assert bool(kin.near_for(ENVIRONMENTS[reader])) is says


def test_both_sides_have_to_let_expect_the_same() -> None:
    good = expected("Dense", reference("one", "Dense"))
    failed = ask("Dense", reference("two", "Dense", bad("no")))
    nothing = ask("Dense", reference("three", "Dense", None))
    both = near.agreed([good, replace(good, cells=("x",))])
    assert isinstance(both, Expected)
    assert both.outcome is Outcome.IDENTICAL
    assert "of models that the versions nearest to it saved" in both.reason
    worse = near.agreed([good, replace(good, outcome=Outcome.TOLERANCE, reason="nearly")])
    assert isinstance(worse, Expected)
    assert worse.reason.startswith("nearly; ")
    assert len(worse.cells) == 2
    assert "end differently there: identical and error" in str(near.agreed([good, failed]))
    assert "was loaded there" in str(near.agreed([good, nothing]))
    assert "nor any of two versions near it" in str(near.agreed([]))


def test_what_its_own_version_does_not_say_those_near_it_may() -> None:
    others = [of("2.14", "before", "Dense; GRU"), of("3.0", "another line", "Dense; LSTM")]
    others += [of("2.10", "long before", "Dense; GRU; LSTM")]
    here = ENVIRONMENTS["tf-2.4"]
    files = [replace(one, cells={here.id: GOOD}) for one in [*others, of("2.15", "own", "Dense")]]
    said = replace(having("Dense; GRU"), origin=("Keras 2.15", "", "on tf"))
    question = Question(wanted=said, environment=here, purpose=Purpose.PREDICT)
    found = near.from_kin(question, Index(known=files, measured=True).kin(said))
    assert isinstance(found, Expected)
    assert {one.split("/")[1] for one in found.cells} == {"before.h5", "long before.h5"}
    alone = near.from_kin(question, Index(known=files[-1:], measured=True).kin(said))
    assert "has layer GRU" in str(alone)
