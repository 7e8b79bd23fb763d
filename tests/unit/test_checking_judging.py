"""What was measured of a person's own models: judged, kept, and with which code of theirs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import verdict_facts

from caniload.runner.checking.answers import Answer, Basis
from caniload.runner.checking.customs import read_custom
from caniload.runner.checking.headline import GIVING_CODE, WITHOUT_CODE
from caniload.runner.checking.judging import Judge, _not_built, lacking_code, of_record
from caniload.runner.checking.kept import Kept, Terms
from caniload.runner.core.errors import UsageError
from caniload.runner.core.judged import Failure
from caniload.runner.core.outcomes import Outcome, Purpose
from caniload.runner.environments.home import Home
from caniload.runner.matrix.schema import Tolerances

ROOT = Path(__file__).parents[2]

JUDGE = Judge(
    tolerances=Tolerances(absolute=1e-5, relative=1e-4, training=0.02),
    rules=(),
    carries=("architecture", "weights", "training"),
    purpose=Purpose.TRAIN,
)
BLANK = Answer(
    environment="tf-2.15",
    label="TF 2.15",
    stack="tf.keras",
    outcome=Outcome.UNTESTED,
    basis=Basis.UNKNOWN,
    reason="because",
)


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
