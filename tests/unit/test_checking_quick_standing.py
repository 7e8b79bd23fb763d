"""What readers that did the same say of a file, and what befell nearly all that a version saved."""

from __future__ import annotations

from typing import Any

import pytest

from caniload.runner.answering import near
from caniload.runner.answering.accepting import Accepting
from caniload.runner.answering.features import Features
from caniload.runner.answering.quick import ENOUGH, Expected, Question
from caniload.runner.answering.references import Index, Known, Loaded
from caniload.runner.answering.standing import beside
from caniload.runner.checking.answers import Basis
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.core.shipped import MATRIX
from caniload.runner.matrix.reading import read_matrix

ENVIRONMENTS = {one.id: one for one in read_matrix(MATRIX).environments}
HERE, THERE, FURTHER = "tf-2.17", "tf-2.18", "tf-2.16"
GOOD = Loaded(outcome=Outcome.IDENTICAL, reason="bit for bit the same model")
WARNED = Loaded(outcome=Outcome.WARNING, reason="decay is ignored", signature="decay")
FAILED = Loaded(
    outcome=Outcome.ERROR,
    reason="does not load: it is too old",
    phase="load",
    raised="it is too old",
    signature="old",
)


def features(*traits: str, own: bool = False) -> Features:
    listed = {f"layer {one}" if " " not in one else one for one in traits}
    return Features(
        format="h5",
        origin=("Keras 2.15", "", "on tensorflow"),
        classes=frozenset(one.removeprefix("layer ") for one in listed if one.startswith("layer ")),
        traits=frozenset(listed),
        own=own,
    )


def file(model: str, /, *traits: str, **cells: Loaded) -> Known:
    places = {name.replace("_", "-").replace("-2-", "-2."): cell for name, cell in cells.items()}
    return Known(
        saved_by="tf-2.15", model=model, format="h5", features=features(*traits), cells=places
    )


def many(number: int = ENOUGH, /, *traits: str, **cells: Loaded) -> list[Known]:
    return [file(f"model{one}", *(traits or ("Dense",)), **cells) for one in range(number)]


def ask(wanted: Features, files: list[Known], **more: Any) -> Expected | str:
    question = Question(
        wanted=wanted,
        environment=ENVIRONMENTS[HERE],
        purpose=Purpose.PREDICT,
        readers=(ENVIRONMENTS[THERE], ENVIRONMENTS[FURTHER]),
        **more,
    )
    return near.from_kin(question, Index(known=files, measured=True).kin(wanted))


BOTH: dict[str, Any] = {"tf_2_17": GOOD, "tf_2_18": GOOD}
WANTED = features("Dense", "GRU")


def test_a_reader_that_did_the_same_with_all_stands_for_another() -> None:
    found = ask(WANTED, [*many(**BOTH), file("gru", "GRU", tf_2_18=GOOD)])
    assert isinstance(found, Expected)
    assert found.outcome is Outcome.IDENTICAL
    assert found.basis is Basis.MODELS
    told = "in TF 2.18, which did with the 10 models that both were given what TF 2.17 did"
    assert found.reason.endswith(told)


def test_a_reader_that_was_given_too_little_or_did_otherwise_does_not() -> None:
    gru = file("gru", "GRU", tf_2_18=GOOD)
    assert isinstance(ask(WANTED, [*many(ENOUGH - 1, **BOTH), gru]), str)
    parted = file("other", "Dense", tf_2_17=FAILED, tf_2_18=GOOD)
    assert isinstance(ask(WANTED, [*many(20, **BOTH), parted, gru]), str)


def test_it_may_have_parted_from_it_over_little_that_the_file_has_not() -> None:
    gru = file("gru", "GRU", tf_2_18=GOOD)
    parted = [file(f"lstm{one}", "LSTM", tf_2_17=FAILED, tf_2_18=GOOD) for one in range(3)]
    assert isinstance(ask(WANTED, [*many(20, **BOTH), *parted[:1], gru]), Expected)
    assert isinstance(ask(WANTED, [*many(20, **BOTH), *parted, gru]), str)


def test_two_readers_that_stand_for_it_have_to_come_to_the_same() -> None:
    three = {**BOTH, "tf_2_16": GOOD}
    gru = file("gru", "GRU", tf_2_18=GOOD, tf_2_16=WARNED)
    assert isinstance(ask(WANTED, [*many(**three), gru]), str)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_who_trains_is_not_told_by_what_computes_with_something_else(purpose: Purpose) -> None:
    jax, torch = ENVIRONMENTS["keras-3.15-jax"], ENVIRONMENTS["keras-3.15-torch"]
    files = [
        Known(
            saved_by="tf-2.15",
            model=f"model{number}",
            format="h5",
            features=features("GRU" if number == ENOUGH else "Dense"),
            cells={jax.id: GOOD} if number == ENOUGH else {jax.id: GOOD, torch.id: GOOD},
        )
        for number in range(ENOUGH + 1)
    ]
    question = Question(wanted=WANTED, environment=torch, purpose=purpose, readers=(jax,))
    found = near.from_kin(question, Index(known=files, measured=True).kin(WANTED))
    assert isinstance(found, Expected) is (purpose is Purpose.PREDICT)


def test_what_speaks_against_it_there_is_not_outvoted() -> None:
    failing = file("gru", "GRU", tf_2_17=WARNED)
    found = ask(WANTED, [*many(20, **BOTH), failing, file("gru2", "GRU", tf_2_18=GOOD)])
    assert isinstance(found, str) or found.outcome is Outcome.WARNING


def test_only_readers_of_one_kind_of_keras_stand_for_each_other() -> None:
    rows = list(ENVIRONMENTS.values())
    found = [one.id for one in beside(ENVIRONMENTS["tf-2.15"], rows)]
    assert found[0] in ("tf-2.14", "tf-2.15-protobuf-3")
    assert "tf-2.21-tf-keras" in found
    assert not {"tf-2.15", "tf-2.16", "keras-2.3-theano"} & {*found}


def test_where_none_of_enough_models_loads_the_next_does_not() -> None:
    found = ask(features("GRU", own=True), many(tf_2_17=FAILED))
    assert isinstance(found, Expected)
    assert (found.outcome, found.basis) == (Outcome.ERROR, Basis.MODELS)
    assert "none of the 10 reference models" in found.reason


def test_what_has_no_optimizer_may_load_where_nothing_with_one_does() -> None:
    failed = many(ENOUGH, "Dense", "optimizer SGD", tf_2_17=FAILED)
    found = ask(features("GRU", "optimizer Adam"), failed)
    assert isinstance(found, Expected)
    assert found.outcome is Outcome.ERROR
    assert isinstance(ask(features("GRU"), failed), str)


def test_one_that_loads_or_too_few_say_nothing_of_all() -> None:
    failed = many(tf_2_17=FAILED)
    gru = features("GRU")
    assert isinstance(ask(gru, [*failed, file("lstm", "LSTM", tf_2_17=WARNED)]), str)
    assert isinstance(ask(gru, failed[1:]), str)


def taking(**layers: dict[str, Any]) -> Accepting:
    return Accepting(record=lambda _, name: layers.get(name))


GRU = {
    "takes": {"units": 1, "unroll": 1},
    "untried": [],
    "legacy": {},
    "refusals": {},
}
TAKES = taking(GRU=GRU)


def test_what_constructors_take_is_not_expected_to_stay_the_same() -> None:
    """Only what was measured says so, however many others stay the same."""
    found = ask(features("Dense", "GRU", "GRU with unroll=true"), many(**BOTH), accepting=TAKES)
    assert isinstance(found, str)


def test_no_version_loads_own_layers_without_their_code_which_is_no_verdict() -> None:
    lost = features("Dense", "Lost", "own layer Lost", own=True)
    assert ask(lost, many(**BOTH), coded=False) == "no version loads it without the code of Lost"
    loss = features("Dense", "own function lost", "loss lost", own=True)
    assert str(ask(loss, many(**BOTH), coded=False)).endswith("without the code of lost")


def test_with_its_code_or_as_what_keras_has_after_all_it_may() -> None:
    lost = features("Dense", "Lost", "own layer Lost", own=True)
    saved = Features(
        format="savedmodel",
        origin=lost.origin,
        classes=lost.classes,
        traits=lost.traits,
        own=True,
    )
    metric = features("Dense", "own function lost", "metric lost", own=True)
    known = taking(Lost=GRU)
    for told in (
        ask(lost, many(**BOTH)),
        ask(lost, many(**BOTH), coded=False, accepting=known),
        ask(metric, many(**BOTH), coded=False),
        ask(saved, many(**BOTH), coded=False),
    ):
        assert isinstance(told, str)
        assert "without the code" not in told


def test_own_code_is_told_by_versions_near_it_where_it_does_not_load() -> None:
    wanted = features("Dense", "bytecode inside", own=True)
    refused = Loaded(
        outcome=Outcome.ERROR,
        reason="does not load: Lambda is refused",
        phase="load",
        raised="Lambda is refused",
        signature="Lambda",
    )
    others = []
    for version in ("2.14", "2.16"):
        origin = (f"Keras {version}", "", "on tensorflow")
        for one in (
            file("plain", "Dense", tf_2_17=GOOD),
            file("lambda", "Dense", "bytecode inside", tf_2_17=refused),
        ):
            said = Features(
                format="h5",
                origin=origin,
                classes=one.features.classes,
                traits=one.features.traits,
            )
            others.append(
                Known(
                    saved_by=f"tf-{version}",
                    model=one.model,
                    format="h5",
                    features=said,
                    cells=one.cells,
                )
            )
    found = ask(wanted, [file("own", "Dense", tf_2_17=GOOD), *others])
    assert isinstance(found, Expected)
    assert found.reason.startswith("does not load: Lambda is refused")
    assert isinstance(ask(wanted, [file("own", "Dense", tf_2_17=GOOD), *others[::2]]), str)


def test_what_befell_several_optimizers_is_told_of_the_one_in_the_file() -> None:
    files = [file("plain", "Dense", tf_2_17=GOOD)]
    for one in ("Adam", "Nadam", "RMSprop"):
        failed = Loaded(
            outcome=Outcome.ERROR,
            reason=f"does not load: Unknown optimizer: Custom>{one}",
            phase="load",
            raised=f"Unknown optimizer: Custom>{one}",
            cause="optimizer",
        )
        said = f"optimizer {one} registered as Custom>{one}"
        files.append(file(one, "Dense", said, tf_2_17=failed))
    found = ask(features("Dense", "optimizer SGD registered as Custom>SGD"), files)
    assert isinstance(found, Expected)
    assert found.reason.startswith("does not load: Unknown optimizer: Custom>SGD (so did ")


@pytest.mark.parametrize(
    ("theirs", "ours", "raised", "told"),
    [
        (
            ["schedule ExponentialDecay, an object"],
            ["schedule CosineDecay, an object"],
            "Could not locate class 'ExponentialDecay'",
            "Could not locate class 'CosineDecay'",
        ),
        (
            ["loss mse"],
            ["loss mae"],
            "Could not locate function 'mse'.",
            "Could not locate function 'mae'.",
        ),
    ],
)
def test_what_is_said_of_a_kind_has_the_name_that_is_in_the_file(
    theirs: list[str], ours: list[str], raised: str, told: str
) -> None:
    failed = Loaded(
        outcome=Outcome.ERROR,
        reason=f"does not load: {raised}",
        phase="load",
        raised=raised,
        signature="x",
    )
    files = [file("plain", "Dense", tf_2_17=GOOD), file("bad", "Dense", *theirs, tf_2_17=failed)]
    found = ask(features("Dense", *ours), files)
    assert isinstance(found, Expected)
    assert found.reason.startswith(f"does not load: {told} (so did ")
    assert "of another name" in found.reason
    same = ask(features("Dense", *theirs), files)
    assert isinstance(same, Expected)
    assert same.reason.startswith(f"does not load: {raised} (so did ")
    assert same.reason.endswith(", too)")
