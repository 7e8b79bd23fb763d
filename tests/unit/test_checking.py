"""A person's own models: who reads them best, what follows from others, how an answer is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from caniload.runner.answering.features import features
from caniload.runner.answering.rules import ruled
from caniload.runner.checking.answers import Answer, Basis, Checked, Turn
from caniload.runner.checking.describe import as_json, as_lines
from caniload.runner.checking.headline import GIVING_CODE, WITHOUT_CODE, headline
from caniload.runner.checking.origins import is_origin, nearest
from caniload.runner.checking.sheets import exit_code
from caniload.runner.checking.wanted import wanted, wish
from caniload.runner.core.errors import UsageError
from caniload.runner.core.judged import Verdict
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.forensics.facts import Inspection, Layer, Origin
from caniload.runner.judging.catalogue import read_catalogue
from caniload.runner.matrix import choosing
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Matrix

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return read_matrix(ROOT / "matrix.yaml")


def saved(keras: str | None = None, tensorflow: str | None = None, **more: Any) -> Inspection:
    origin = Origin(
        keras_version=keras, tensorflow_version=tensorflow, backend=more.pop("backend", None)
    )
    return Inspection(path="m.h5", format=more.pop("format", "h5"), origin=origin, **more)


@pytest.mark.parametrize(
    ("inspection", "first"),
    [
        (saved("2.15.0", backend="tensorflow"), "tf-2.15"),
        (saved("2.4.0"), "tf-2.4"),
        (saved("2.2.4", backend="theano"), "keras-2.2-theano"),
        (saved("2.2.4-tf", backend="tensorflow"), "tf-2.0"),  # of three the newest
        (saved("2.0.5"), "tf-1.12"),  # 2.1.6 is the nearest there is
        (saved("3.13.2"), "tf-2.21"),
        (saved("3.15.1", backend="jax"), "keras-3.15-jax"),
        (saved("2.16.0", backend="tensorflow"), "tf-2.16-tf-keras"),
        (saved(tensorflow="2.3.4", format="savedmodel"), "tf-2.3"),
    ],
)
def test_the_reference_is_what_saved_the_file(
    matrix: Matrix, inspection: Inspection, first: str
) -> None:
    found = nearest(inspection, matrix.environments, first=lambda name: name == "tf-2.16-tf-keras")
    plain = [one for one in found if one.twin is None and "keras-3.13" not in one.id]
    assert plain[0].id == first
    assert len(found) == len(matrix.environments)


def test_only_the_very_version_is_the_origin(matrix: Matrix) -> None:
    assert is_origin(saved("2.15.0"), matrix.environment("tf-2.15"))
    assert not is_origin(saved("2.14.9"), matrix.environment("tf-2.14"))
    assert is_origin(saved(tensorflow="2.15.1"), matrix.environment("tf-2.15"))
    assert not is_origin(saved(), matrix.environment("tf-2.15"))


@pytest.mark.parametrize(
    ("to", "ids"),
    [
        (["tf-2.16-keras-3.0"], ["tf-2.16-keras-3.0"]),
        (["2.21"], ["tf-2.21", "tf-2.21-keras-3.15"]),
        (["2.21.0", "1.15"], ["tf-1.15", "tf-2.21", "tf-2.21-keras-3.15"]),
        (["2.11"], ["tf-2.11"]),  # in no default profile
    ],
)
def test_where_to_is_a_version_or_an_id(matrix: Matrix, to: list[str], ids: list[str]) -> None:
    assert [one.id for one in wanted(matrix, ids=(), to=to)] == ids


def test_without_a_wish_it_is_the_default_profile(matrix: Matrix) -> None:
    usual = choosing.profile(matrix, "default").environments
    assert {one.id for one in wanted(matrix, ids=(), to=())} == set(usual)
    for asked, told in (
        ({"ids": ("tf-9",), "to": ()}, r"nearest: tf-2\.9, tf-2\.19, "),
        ({"ids": (), "to": ("tf-9",)}, r"nearest: tf-2\.9, tf-2\.19, "),
        ({"ids": (), "to": ("2.99",)}, r"nearest: 2\.22, 2\.21, 2\.20; "),
    ):
        with pytest.raises(UsageError, match=told):
            wanted(matrix, **asked)


def test_rules_are_about_formats_and_versions(matrix: Matrix) -> None:
    keras, graph = saved("2.15.0", format="keras"), saved("2.15.0", format="savedmodel")
    loads = {one.id: ruled(keras, one) is None for one in matrix.environments}
    some = ("tf-2.11", "tf-2.12", "keras-2.3-theano", "keras-3.15-jax")
    assert [name for name in some if loads[name]] == ["tf-2.12", "keras-3.15-jax"]
    refused = {one.id for one in matrix.environments if ruled(graph, one) is not None}
    assert {"tf-2.16", "tf-2.21-keras-3.15", "keras-3.4-torch"} <= refused
    assert not {"tf-2.15", "tf-2.16-tf-keras", "tf-2.16-legacy"} & refused
    assert all(ruled(saved("2.15.0"), one) is None for one in matrix.environments)
    causes = {rule.entry.id for rule in read_catalogue()}
    told = ruled(graph, matrix.environment("tf-2.16"))
    assert told is not None
    assert told.cause in causes


def test_features_are_classes_and_what_they_were_trained_with() -> None:
    layer = Layer(name="b", class_name="Bidirectional", wraps=("LSTM",))
    one = features(
        saved("2.15.0", layers_by_class={"Bidirectional": 1}, layers=(layer,), loss=("mse",))
    )
    assert one is not None
    assert one.classes == {"Bidirectional", "LSTM"}
    assert {"layer LSTM", "loss mse"} <= one.traits
    assert features(saved(layers_by_class={"Dense": 1})) is None  # nobody knows who saved it
    assert features(saved("2.15.0")) is None


def an(outcome: Outcome, environment: str = "tf-2.15", **more: Any) -> Answer:
    return Answer(
        environment=environment,
        label=environment,
        stack="tf.keras",
        outcome=outcome,
        basis=more.pop("basis", Basis.FILE),
        reason="because",
        **more,
    )


def test_every_sentence_is_marked_with_where_it_comes_from() -> None:
    answers = (
        an(Outcome.IDENTICAL),
        an(Outcome.ERROR, "tf-2.16", basis=Basis.MODELS, likely=True),
        an(Outcome.ERROR, "tf-2.21", basis=Basis.RULE),
        an(Outcome.UNTESTED, "tf-2.22", basis=Basis.UNKNOWN),
    )
    one = Checked(path="m\x1b[2J.h5", answers=answers)
    lines = list(as_lines(one))
    assert lines[0] == "m.h5"
    assert [line.rpartition("  [")[2] for line in lines[3:6]] == [
        "measured on this file]",
        "measured on reference models]",
        "by rule]",
    ]
    assert "likely error" in lines[4]
    assert "not known" in lines[6]
    assert lines[-1].endswith("last good tf-2.15, first bad after it tf-2.16")
    assert '"basis": "by rule"' in as_json([one])


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ("same same", "Loads and predicts the same in tf-0 and tf-1."),
        ("same same same same", "Loads and predicts the same in all of them."),
        (
            "same same no no",
            "Loads and predicts the same up to tf-1; from tf-2 on it does not",
        ),
        ("no same no", "Loads and predicts the same in tf-1; in tf-2 it does not load: because."),
        ("no same same", "Loads and predicts the same from tf-1 on; in tf-0 it does not load."),
        ("no no same", "Loads and predicts the same from tf-2 on; up to tf-1 it does not load."),
        ("no no", "Does not load in tf-0 or tf-1: because. `caniload convert m.h5 --to tf-1`"),
        ("no no no no", "Does not load in any of them: because. `caniload convert m.h5 --to tf-3`"),
        (
            "? no",
            (
                "Does not load in tf-1: because; what becomes of it in tf-0 is not known, and --run"
                " measures it. `caniload convert m.h5 --to tf-1`"
            ),
        ),
        (
            "same ?",
            "Loads and predicts the same in tf-0; what becomes of it in tf-1 is not known, and",
        ),
        (
            "no no ? ?",
            (
                "Does not load in tf-0 to tf-1: because; what becomes of it in 2 others is not"
                " known, and --run measures it."
            ),
        ),
        (
            "same same no no same",
            (
                "Loads and predicts the same in tf-0 to tf-1 and tf-4; does not load in tf-2 to"
                " tf-3: because."
            ),
        ),
        (
            "same no same no same no same",
            "Loads and predicts the same in 4 of 7; does not load in tf-1, tf-3 and tf-5: because.",
        ),
        (
            "? ?",
            (
                "Not known in tf-0 or tf-1: does not load: because. The same command with --run"
                " finds out."
            ),
        ),
        (
            "same no same ?",
            "Loads and predicts the same in tf-0 and tf-2; does not load in tf-1: because; what",
        ),
        (
            "same differs no",
            "Loads and predicts the same up to tf-0; from tf-1 on it does not s",
        ),
    ],
)
def test_the_first_sentence_says_what_somebody_needs(answers: str, told: str) -> None:
    outcomes = {
        "same": Outcome.IDENTICAL,
        "no": Outcome.ERROR,
        "differs": Outcome.DIFFERS,
        "?": Outcome.UNTESTED,
    }
    listed = tuple(
        replace(an(outcomes[one], f"tf-{number}"), reason="does not load: because")
        for number, one in enumerate(answers.split())
    )
    one = Checked(path="m.h5", format="h5", answers=listed)
    assert headline(one).startswith(told)
    assert headline(replace(one, answers=())) == ""
    guess = replace(one, answers=tuple(replace(x, likely=True) for x in listed))
    assert headline(guess).startswith(("Likely: ", "Not known"))


def test_why_it_is_not_known_is_told_of_the_version_that_it_is_of() -> None:
    listed = tuple(
        replace(an(Outcome.UNTESTED, f"tf-{number}"), reason=f"no layer {number}; --run tries it")
        for number in range(2)
    )
    assert headline(Checked(path="m.h5", format="h5", answers=listed)) == (
        "Not known in tf-0 or tf-1: no layer 1 (in tf-1). The same command with --run finds out."
    )


def test_nothing_is_to_be_brought_across_to_where_newer_versions_are_not_known() -> None:
    listed = tuple(
        replace(an(outcome, f"tf-{number}"), reason="does not load: because")
        for number, outcome in enumerate((Outcome.ERROR, Outcome.UNTESTED))
    )
    assert "convert" not in headline(Checked(path="m.h5", format="h5", answers=listed))


def test_what_lacks_its_code_is_told_how_to_give_it() -> None:
    reason = f"{WITHOUT_CODE}Scaled; --custom FILE.py gives it"
    lacking = replace(an(Outcome.UNTESTED, basis=Basis.UNKNOWN), reason=reason)
    one = Checked(path="m.h5", format="h5", answers=(lacking,))
    assert headline(one) == (
        "No version loads it without your own Scaled: `caniload check m.h5 --custom FILE.py` asks"
        " with that code."
    )
    assert exit_code([one]) == 5


def test_where_some_is_known_that_the_rest_lacks_its_code_is_said() -> None:
    lacking = replace(
        an(Outcome.UNTESTED, basis=Basis.UNKNOWN), reason=f"{WITHOUT_CODE}Scaled; {GIVING_CODE}"
    )
    told = headline(Checked(path="m.h5", format="h5", answers=(an(Outcome.ERROR), lacking)))
    assert told.startswith("Fails in")
    assert "without your own Scaled" in told
    assert "--run measures it" not in told


def test_neighbours_of_which_the_same_is_said_are_one_line() -> None:
    answers = (
        an(Outcome.IDENTICAL, "a"),
        replace(an(Outcome.IDENTICAL, "b"), reason="bit for bit"),
        *(replace(an(Outcome.ERROR, one), reason=f"line {one} raised") for one in "123"),
        replace(an(Outcome.ERROR, "z"), reason="another thing"),
    )
    lines = list(as_lines(Checked(path="m", answers=answers)))
    assert [line.split("  ")[2] for line in lines[3:6]] == ["a, b", "1 … 3", "z"]
    assert len(json.loads(as_json([Checked(path="m", answers=answers)]))[0]["answers"]) == 6


def test_the_last_good_and_the_first_bad_one_are_those_of_a_stack() -> None:
    answers = (
        an(Outcome.ERROR, "a"),
        an(Outcome.TOLERANCE, "b"),
        an(Outcome.UNTESTED, "c"),
        an(Outcome.WARNING, "d"),
    )
    assert Checked(path="m", answers=answers).turns == (
        Turn(stack="tf.keras", last_good="b", first_bad="d"),
    )


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([Checked(path="m", answers=(an(Outcome.TOLERANCE),))], 0),
        ([Checked(path="m", answers=(an(Outcome.IDENTICAL), an(Outcome.WARNING)))], 1),
        ([Checked(path="m", answers=(an(Outcome.IDENTICAL), an(Outcome.UNTESTED)))], 5),
        ([Checked(path="m", answers=(an(Outcome.ERROR), an(Outcome.UNTESTED)))], 1),
        ([Checked(path="m", problem="weights only")], 5),
        ([Checked(path="m", problem="an empty file", readable=False)], 2),
        ([], 2),
    ],
)
def test_exit_codes(found: list[Checked], code: int) -> None:
    assert exit_code(found) == code


def test_a_purpose_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="no purpose 'serve'; there are: predict, train"):
        wish(purpose="serve")


def test_both_purposes_are_told() -> None:
    only = Verdict(outcome=Outcome.ERROR, reason="raises")
    answer = an(Outcome.IDENTICAL, other_purpose=only)
    one = Checked(path="m.h5", answers=(answer,))
    assert "(to go on training: ✕ error)" in "\n".join(as_lines(one))
    said = json.loads(as_json([one]))[0]
    assert said["purpose"] == "predict"
    assert said["answers"][0]["other_purpose"]["outcome"] == "error"
    trained = "\n".join(as_lines(replace(one, purpose=Purpose.TRAIN)))
    assert "to go on training\n" in trained
    assert "(to predict: ✕ error)" in trained
