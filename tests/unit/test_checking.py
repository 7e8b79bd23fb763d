"""A person's own models: who reads them best, what follows from others, how an answer is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import verdict_facts

from caniload.runner.answering.features import features
from caniload.runner.answering.rules import ruled
from caniload.runner.checking.answers import Answer, Basis, Checked, Turn
from caniload.runner.checking.customs import read_custom
from caniload.runner.checking.describe import as_json, as_lines
from caniload.runner.checking.headline import GIVING_CODE, WITHOUT_CODE, headline
from caniload.runner.checking.judging import Judge, _not_built, lacking_code, of_record
from caniload.runner.checking.kept import Kept, Terms
from caniload.runner.checking.origins import is_origin, nearest
from caniload.runner.checking.sheets import exit_code
from caniload.runner.checking.wanted import wanted, wish
from caniload.runner.core.errors import UsageError
from caniload.runner.core.judged import Failure, Verdict
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.environments.home import Home
from caniload.runner.forensics.facts import Inspection, Layer, Origin
from caniload.runner.judging.catalogue import read_catalogue
from caniload.runner.matrix import choosing
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import Matrix, Tolerances

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
    for asked in ({"ids": ("tf-9",), "to": ()}, {"ids": (), "to": ("9.9",)}):
        with pytest.raises(UsageError, match=r"nearest: tf-2\.9, tf-2\.19, "):
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
        ("same same", "Loads and predicts the same in all of them."),
        (
            "same same no no",
            "Loads and predicts the same up to tf-1; from tf-2 on it does not",
        ),
        ("no same no", "Loads and predicts the same in tf-1; in tf-2 it does not load: because."),
        ("no same same", "Loads and predicts the same from tf-1 on; before, it does not load."),
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
        ("? ?", "What becomes of it there is not known; --run measures it."),
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
    assert headline(guess).startswith(("Likely: ", "What becomes"))


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


JUDGE = Judge(
    tolerances=Tolerances(absolute=1e-5, relative=1e-4, training=0.02),
    rules=(),
    carries=("architecture", "weights", "training"),
    purpose=Purpose.TRAIN,
)
BLANK = an(Outcome.UNTESTED, basis=Basis.UNKNOWN)


def record(reference: str | None = "tf-2.15", **changes: Any) -> dict[str, Any]:
    facts = verdict_facts.facts(**changes)
    return {"facts": facts, "crash": None, "reference": reference, "inputs": None}


def test_a_record_is_judged_as_a_cell_is() -> None:
    assert of_record(record(), BLANK, JUDGE, control=record()).outcome is Outcome.IDENTICAL


@pytest.mark.parametrize(
    ("message", "phase", "lacking"),
    [
        ("Unknown layer: 'Scaled'. Please ensure you are using", "load", True),
        ("Could not locate class 'mine>Scaled'", "load", True),
        ("Unrecognized keyword arguments passed to Dense: {'lora': 1}", "load", False),
        ("Unknown layer: ScaledMore", "load", False),
        ("using config={'a': {'b': 1}}. Could not locate class 'Scaled'", "load", True),
        ("no module keras.src.models. Full config: {'layers': [{'c': 'Scaled'}]}", "load", False),
        ("no module keras.src.models. Full config: {'layers': [{'c': 'Scaled'", "load", False),
        ("Exception encountered when calling Scaled.call()", "predict", False),
    ],
)
def test_loading_that_stops_at_code_that_was_not_given_says_nothing_of_the_version(
    message: str, phase: str, *, lacking: bool
) -> None:
    error = Failure(type="ValueError", message=message, phase=phase)
    told = lacking_code({"Scaled"}, error)
    assert told == (f"{WITHOUT_CODE}Scaled; {GIVING_CODE}" if lacking else "")


def test_made_up_inputs_that_do_not_fit_say_nothing_of_the_file() -> None:
    error = {"type": "ValueError", "message": "too small", "phase": "predict", "traceback": ""}
    found = of_record(record(None, error=error), BLANK, JUDGE, control=None)
    assert found.outcome is Outcome.UNTESTED
    assert "--inputs" in found.reason


def test_what_differs_from_run_to_run_is_not_held_against_others() -> None:
    other = record(losses=[[1.0], [2.0]], step={"step": 1.0, "difference": 1.0})
    found = of_record(other, BLANK, JUDGE, control=other)
    assert found.outcome is Outcome.IDENTICAL
    assert "training draws random numbers" in found.reason


def test_what_is_kept_is_found_under_the_same_terms_only(tmp_path: Path) -> None:
    kept = Kept(Home(root=tmp_path))
    terms = Terms(content="c" * 64)
    kept.put(terms, "here", "there", {"reference": "tf-2.15"})
    assert kept.comparison(terms, "here", "there") is not None
    assert kept.comparison(terms, "here", "elsewhere") is None
    assert kept.comparison(Terms(content="c" * 64, custom="x"), "here", "there") is None
    assert len(list(kept.all_of("c" * 64))) == 1
    (file,) = tmp_path.rglob("*.json")
    file.write_text("{")
    assert kept.comparison(terms, "here", "there") is None


def test_own_code_counts_with_what_it_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "layers.py").write_text("import helper\n")
    (tmp_path / "helper.py").write_text("X = 1\n")
    before = read_custom(["layers.py"])
    assert read_custom(["layers:make"]).sources[0].factory == "make"
    (tmp_path / "helper.py").write_text("X = 2\n")
    assert read_custom(["layers.py"]).sha256 != before.sha256
    assert read_custom([]).sha256 is None
    for missing in ("nothing.py", "nothing"):
        with pytest.raises(UsageError, match="--custom nothing"):
            read_custom([missing])


def test_code_that_builds_and_what_it_imports_are_part_of_the_terms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text("def make(): ...\n")
    built = read_custom([], build="net.py:make")
    assert built.build is not None
    assert (built.build.module, built.build.factory, built.sources) == ("net", "make", ())
    having = read_custom([], build="net.py:make", packages=["scipy >=1.10", "flask"])
    assert having.packages == ("flask", "scipy>=1.10")
    assert having.named == ("net.py:make", "flask", "scipy>=1.10")
    (tmp_path / "net.py").write_text("def make(): return 1\n")
    changed = read_custom([], build="net.py:make")
    hashes = {one.sha256 for one in (built, having, changed, read_custom(["net.py:make"]))}
    assert len(hashes) == 4
    for build, told in (("net.py", "say which function"), ("no.py:make", "--build no.py: there")):
        with pytest.raises(UsageError, match=told):
            read_custom([], build=build)
    with pytest.raises(UsageError, match="only what the package index has"):
        read_custom([], packages=["own @ file:///own.whl"])
    with pytest.raises(UsageError, match=r"--with sci py: .*write it as pip takes it"):
        read_custom([], packages=["sci py"])


@pytest.mark.parametrize(
    ("phase", "message", "told"),
    [
        ("build", "make returned no model", "the function of --build does not give a model"),
        ("build", "No module named 'scipy.signal'", "your code imports scipy, which tf-2.15 has"),
        ("build", "No module named 'keras.engine'", "the function of --build does not give"),
        ("load", "No module named 'scipy'", None),
    ],
)
def test_a_mistake_in_own_code_is_not_the_frameworks(
    phase: str, message: str, told: str | None
) -> None:
    error = {"type": "E", "message": message, "phase": phase, "traceback": ""}
    facts = {"error": error, "building": True}
    found = _not_built({"environment": "tf-2.15", "facts": facts})
    assert found is None if told is None else (found or "").startswith(told)
    for reference in (None, "tf-2.14"):  # compared with another version or not
        one = {**record(reference), "facts": facts, "environment": "tf-2.15"}
        if told is not None:
            there = of_record(one, BLANK, JUDGE, control=None)
            assert (there.outcome, there.reason) == (Outcome.UNTESTED, found)
    other = {"error": {**error, "message": "of --custom"}}
    assert _not_built({"environment": "tf-2.15", "facts": other}) is None


def test_a_step_that_raises_in_the_reference_counts_only_where_it_is_known_why() -> None:
    error = {"type": "ValueError", "message": "what is this", "phase": "train", "traceback": ""}
    raised = record(error=error, seconds={"load": 0.1, "train": 0.1})
    found = of_record(raised, BLANK, JUDGE, control=raised)
    assert found.outcome is Outcome.IDENTICAL
    assert "a training step could not be compared" in found.reason
    known = replace(JUDGE, rules=verdict_facts.RULES)
    told = record(error={**error, "message": "no such layer"})
    assert of_record(told, BLANK, known, control=told).outcome is Outcome.ERROR
    assert of_record(raised, BLANK, JUDGE, control=record()).outcome is Outcome.ERROR


def test_where_the_reference_forgets_what_is_frozen_its_step_is_none_to_compare_with() -> None:
    frozen, thawed = ({"model": True, "frozen": one} for one in (["base"], []))
    control = record(trainable=[frozen, thawed])
    found = of_record(control, BLANK, JUDGE, control=control)
    assert found.reason.startswith(
        "predicts the same, but training does not go on from where it was: layer base was frozen,"
        " and is trainable"
    )
    other_step = {"step": 2.0, "difference": 1.7, "max_abs": 1.0}
    there = record(trainable=[frozen, frozen], step=other_step, seconds={"train": 0.1})
    right = of_record(there, BLANK, JUDGE, control=control)
    assert right.outcome is Outcome.IDENTICAL
    assert right.reason.endswith("a training step could not be compared")
    assert of_record(there, BLANK, JUDGE, control=record()).outcome is Outcome.DIFFERS
    assert JUDGE.thawed(control) == "layer base was frozen, and is trainable"
    assert JUDGE.thawed(record()) is None


def test_a_step_that_raises_is_nothing_to_whoever_predicts() -> None:
    error = {"type": "ValueError", "message": "what is this", "phase": "train", "traceback": ""}
    raised = record(error=error, seconds={"load": 0.1, "train": 0.1})
    to_predict = of_record(raised, BLANK, replace(JUDGE, purpose=Purpose.PREDICT), control=record())
    assert (to_predict.outcome, to_predict.error) == (Outcome.IDENTICAL, None)
    to_train = of_record(raised, BLANK, JUDGE, control=record())
    assert to_train.outcome is Outcome.ERROR
    for one, other in ((to_predict, to_train), (to_train, to_predict)):
        assert one.other_purpose is not None
        assert one.other_purpose.outcome is other.outcome
        assert one.other_purpose.reason == other.reason
    same = of_record(record(), BLANK, JUDGE, control=record())
    assert same.other_purpose is None


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
