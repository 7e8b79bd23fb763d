"""What a file's own version has no model of, and those near it have: one trait by one."""

from __future__ import annotations

from caniload.runner.answering import near
from caniload.runner.answering.features import Features
from caniload.runner.answering.quick import Expected, Question
from caniload.runner.answering.references import Index, Known, Loaded
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.core.shipped import MATRIX
from caniload.runner.matrix.reading import read_matrix

READER = next(one for one in read_matrix(MATRIX).environments if one.id == "tf-2.15")
GOOD = Loaded(outcome=Outcome.IDENTICAL, reason="bit for bit the same model")
NEARLY = Loaded(outcome=Outcome.TOLERANCE, reason="within tolerance")
FAILED = Loaded(
    outcome=Outcome.ERROR,
    reason="does not load: GRU is unknown",
    phase="load",
    raised="GRU is unknown",
    signature="GRU",
)


def features(version: str, *layers: str) -> Features:
    return Features(
        format="h5",
        origin=(f"Keras {version}", "", "on tensorflow"),
        classes=frozenset(layers),
        traits=frozenset(f"layer {one}" for one in layers),
    )


def file(version: str, *layers: str, cell: Loaded = GOOD) -> Known:
    return Known(
        saved_by=f"tf-{version}",
        model="_".join(layers).lower(),
        format="h5",
        features=features(version, *layers),
        cells={READER.id: cell},
    )


def ask(wanted: Features, *files: Known) -> Expected | str:
    question = Question(wanted=wanted, environment=READER, purpose=Purpose.PREDICT)
    return near.from_kin(question, Index(known=files, measured=True).kin(wanted))


WANTED = features("2.6", "Dense", "GRU")
OWN = file("2.6", "Dense")
THIN = (file("2.5", "Dense"), file("2.7", "Dense"))
"""The versions next to it know no more than its own."""


def test_a_layer_that_versions_on_both_sides_know_is_known() -> None:
    found = ask(WANTED, OWN, *THIN, file("2.4", "GRU"), file("2.9", "GRU", "LSTM", cell=NEARLY))
    assert isinstance(found, Expected)
    assert found.outcome is Outcome.IDENTICAL
    assert {one.split("/")[0] for one in found.cells} == {"tf-2.6", "tf-2.4"}
    assert found.reason.endswith(f"; layer GRU: {near._FILLED}")


def test_the_worse_of_what_either_side_came_to_is_told_where_no_other_has_it() -> None:
    far = (file("2.4", "GRU", cell=NEARLY), file("2.9", "GRU", cell=NEARLY))
    found = ask(WANTED, OWN, *THIN, *far)
    assert isinstance(found, Expected)
    assert found.outcome is Outcome.TOLERANCE


def test_one_side_is_not_enough_and_one_that_fails_speaks_against_it() -> None:
    before = file("2.4", "GRU")
    assert "has layer GRU" in str(ask(WANTED, OWN, *THIN, before))
    assert "has layer GRU" in str(ask(WANTED, OWN, *THIN, before, file("2.9", "GRU", cell=FAILED)))


def test_the_nearest_that_has_it_counts_not_one_behind_it() -> None:
    failed = file("2.4", "GRU", cell=FAILED)
    found = ask(WANTED, OWN, *THIN, file("2.3", "GRU"), failed, file("2.9", "GRU"))
    assert "has layer GRU" in str(found)


def test_what_failed_in_its_own_version_is_not_cleared_by_others() -> None:
    mixed = Loaded(outcome=Outcome.DIFFERS, reason="differs", signature="x")
    own = (OWN, file("2.6", "GRU", "LSTM", cell=mixed))
    found = ask(WANTED, *own, *THIN, file("2.4", "GRU"), file("2.9", "GRU"))
    assert "has layer GRU" in str(found)


def test_a_model_near_it_that_has_only_what_it_has_and_fails_speaks_against_it() -> None:
    both = file("2.9", "Dense", "GRU", cell=FAILED)
    found = ask(WANTED, OWN, *THIN, file("2.4", "GRU"), file("2.9", "GRU"), both)
    assert isinstance(found, str)


def test_of_masks_no_version_near_it_is_pieced_together_with_its_own() -> None:
    wanted = features("2.6", "Dense", "GRU", "Masking", "Add")
    own = file("2.6", "Dense", "Masking", "Add")
    near_it = (file("2.4", "GRU"), file("2.9", "GRU"))
    assert "has layer GRU" in str(ask(wanted, own, *near_it))
    whole = (file("2.4", "GRU", "Masking", "Add"), file("2.9", "GRU", "Masking", "Add"))
    assert isinstance(ask(wanted, own, *whole), Expected)


def test_versions_of_another_line_say_nothing() -> None:
    found = ask(WANTED, OWN, *THIN, file("2.4", "GRU"), file("3.2", "GRU"))
    assert isinstance(found, str)
