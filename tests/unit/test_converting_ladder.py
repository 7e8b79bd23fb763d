"""The order of remedies, and what is noted of each; the environments are played."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from caniload.runner.converting.ladder import Ladder
from caniload.runner.converting.launching import Workshop
from caniload.runner.converting.original import Wish
from caniload.runner.converting.outcome import Remedy, Verdict
from caniload.runner.environments.home import Home
from caniload.runner.forensics.facts import Inspection, Origin
from caniload.runner.matrix.reading import read_matrix
from caniload.runner.matrix.schema import ConversionReaders

MATRIX = read_matrix(Path(__file__).parents[2] / "matrix.yaml")
DENSE = {"class_name": "Dense", "config": {"name": "d", "batch_input_shape": [None, 2], "units": 1}}
READ = {
    "error": None,
    "versions": {"keras": "2.15.0"},
    "compiled": True,
    "config": {"class_name": "Sequential", "config": {"name": "line", "layers": [DENSE]}},
    "config_error": None,
    "vocabularies": {},
    "noise": 0.0,
    "lambdas": [],
    "cpu": 0.5,
    "by_name": None,
    "structure": "array",
    "outputs": ["0"],
    "inputs": [{"name": "in", "shape": [4, 2], "dtype": "float32", "drawn": ["normal"]}],
    "alike": [False],
    "nan": [0],
    "weights": [],
    "training": {"optimizer": {"class": "Adam", "slots": [], "iterations": 0, "settings": {}}},
}
FAILED = {"error": {"type": "ValueError", "message": "no", "traceback": []}, "phase": "load"}
LEFT_OUT = {"error": {}, "phase": "left out"}
MADE = {"error": None, "compiled": True, "compile_error": None}
EQUAL = {
    "max_abs": 0.0,
    "max_rel": 0.0,
    "max_ulp": 0,
    "scale": 1.0,
    "expected": {"shape": [4, 1], "dtype": "float32"},
    "got": {"shape": [4, 1], "dtype": "float32"},
}
SAME = {
    "error": None,
    "count": [1, 1],
    "structure": "array",
    "optimizer": None,
    "compared": [EQUAL],
}


class Played(Workshop):
    """A workshop in which scripts give what is written down for them; ``asked`` are their jobs."""

    def play(self, answers: list[Mapping[str, Any]]) -> None:
        self.asked: list[tuple[str, str, Mapping[str, Any]]] = []
        self.answers = list(answers)

    def run(self, script: str, environment: str, job: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append((script, environment, job))
        answer = self.answers.pop(0)
        for one, seen in zip(job.get("tries", []), answer.get("tries", []), strict=False):
            if seen["error"] is None:
                Path(one["out"]).write_text("a model", encoding="utf-8")
        return {"folder": str(self.scratch), "phase": "done", **answer}

    def usable(self, environment: str) -> bool:
        return environment == "tf-2.15"

    def is_built(self, environment: str) -> bool:
        return environment in {one.id for one in MATRIX.environments}


@pytest.fixture
def workshop(tmp_path: Path) -> Played:
    return Played(matrix=MATRIX, home=Home(root=tmp_path / "home"), scratch=tmp_path)


def climb(workshop: Played, answers: list[Mapping[str, Any]]) -> Any:
    workshop.play(answers)
    wish = Wish(
        path=workshop.scratch / "m.h5", target="tf-2.21", out=workshop.scratch / "out.keras"
    )
    said = Inspection(path="m.h5", format="h5", origin=Origin(keras_version="2.15.0"))
    return Ladder(wish=wish, inspection=said, workshop=workshop).climb()


def test_what_may_be_tried_is_tried_in_one_process(workshop: Played) -> None:
    done = climb(workshop, [READ, {"error": None, "tries": [FAILED, FAILED, MADE]}, SAME])
    assert done.verdict is Verdict.DELIVERED
    assert [script for script, _, _ in workshop.asked] == ["extract", "rebuild", "prove"]
    assert [(one.remedy, one.problem) for one in done.attempts] == [
        (Remedy.AS_IT_IS, "load: ValueError: no"),
        (Remedy.UNCOMPILED, "load: ValueError: no"),
        (Remedy.REBUILT, None),
    ]


def test_what_was_left_out_is_not_said_to_have_been_tried(workshop: Played) -> None:
    done = climb(workshop, [READ, {"error": None, "tries": [FAILED, LEFT_OUT, MADE]}, SAME])
    assert [one.remedy for one in done.attempts] == [Remedy.AS_IT_IS, Remedy.REBUILT]


def test_what_does_not_hold_is_followed_by_what_is_left(workshop: Played) -> None:
    other = {**SAME, "structure": "list"}
    first, second = {"error": None, "tries": [MADE]}, {"error": None, "tries": [FAILED, MADE]}
    done = climb(workshop, [READ, first, other, second, SAME])
    assert done.remedy is Remedy.REBUILT
    assert [len(job["tries"]) for script, _, job in workshop.asked if script == "rebuild"] == [3, 2]
    assert len(done.attempts) == 3


def test_a_rebuilt_model_that_does_not_hold_is_built_without_its_training(
    workshop: Played,
) -> None:
    bare = {"error": None, "tries": [{**MADE, "compiled": False}]}
    built = {"error": None, "tries": [FAILED, FAILED, MADE]}
    done = climb(workshop, [READ, built, FAILED, bare, SAME])
    assert done.verdict is Verdict.DELIVERED
    assert workshop.asked[-2][2]["tries"][0]["training"] is None


def test_why_rebuilding_failed_is_the_reason_and_not_a_detour(workshop: Played) -> None:
    unknown = {"class_name": "LocallyConnected1D", "config": {"name": "old"}}
    config = {"class_name": "Sequential", "config": {"name": "line", "layers": [unknown]}}
    died = {"error": None, "tries": [FAILED, FAILED]}
    done = climb(workshop, [{**READ, "config": config}, died, FAILED])
    assert done.verdict is Verdict.REFUSED
    assert "LocallyConnected1D" in str(done.attempts[2].problem)
    assert done.attempts[-1].problem != done.attempts[2].problem
    assert done.reason == done.attempts[2].problem


@pytest.mark.parametrize(("bridge", "hops"), [("tf-2.15", ["tf-2.8"]), (None, [])])
def test_no_bridge_is_tried_where_the_matrix_names_none(
    monkeypatch: pytest.MonkeyPatch, workshop: Played, bridge: str | None, hops: list[str]
) -> None:
    readers = ConversionReaders(bridge=bridge, oldest=("tf-2.15",))
    workshop.matrix = MATRIX.model_copy(update={"conversion": readers})
    unknown = {"class_name": "LocallyConnected1D", "config": {"name": "old"}}
    config = {"class_name": "Sequential", "config": {"name": "line", "layers": [unknown]}}
    read, died = {**READ, "config": config}, {"error": None, "tries": [FAILED, FAILED]}
    workshop.play([read, died, *[FAILED] * 3])
    wish = Wish(
        path=workshop.scratch / "m.h5", target="tf-2.21", out=workshop.scratch / "out.keras"
    )
    said = Inspection(path="m.h5", format="h5", origin=Origin(keras_version="2.8.0"))
    monkeypatch.setattr(workshop, "usable", {"tf-2.8", "tf-2.15"}.__contains__)
    done = Ladder(wish=wish, inspection=said, workshop=workshop).climb()
    assert done.verdict is Verdict.REFUSED
    assert [where for _, where, job in workshop.asked if "resave" in job] == hops


@pytest.mark.parametrize(("noise", "delivered"), [(0.0, False), (3e-5, True)])
def test_a_rough_model_is_delivered_and_that_is_said(
    workshop: Played, noise: float, *, delivered: bool
) -> None:
    apart = {**SAME, "compared": [{**EQUAL, "max_abs": 2e-4, "scale": 1.0}]}
    built = {"error": None, "tries": [MADE]}
    more = [] if delivered else [FAILED] * 9
    done = climb(workshop, [{**READ, "noise": noise, "alike": [True]}, built, apart, *more])
    assert (done.verdict is Verdict.DELIVERED) is delivered
    if delivered:
        assert "the same for every row" in done.proof.weak
        assert "a millionth of its inputs" in done.proof.weak


def test_every_output_is_held_against_its_own_bound(workshop: Played) -> None:
    large, small = (
        {**EQUAL, "max_abs": 1e-4, "scale": 1e4},
        {**EQUAL, "max_abs": 1e-6, "scale": 1e-6},
    )
    two = {**SAME, "count": [2, 2], "compared": [large, small]}
    done = climb(workshop, [READ, {"error": None, "tries": [MADE]}, two])
    assert (done.proof.max_abs, done.proof.scale) == (1e-6, 1e-6)
    assert done.proof.max_abs <= done.proof.bound < 1e-4
    assert "as small" in done.proof.weak


def test_inputs_that_do_not_fit_are_no_fault_of_the_original(workshop: Played) -> None:
    unfit = {"error": {"type": "ValueError", "message": "it has the inputs a", "traceback": []}}
    done = climb(workshop, [{**unfit, "phase": "inputs"}])
    assert done.verdict is Verdict.REFUSED
    assert done.reason.startswith("--inputs")
    assert len(workshop.asked) == 1


def test_a_process_that_died_leaves_the_rest_to_another(workshop: Played) -> None:
    died = {"error": {"type": "Killed", "message": "gone", "traceback": []}, "phase": "run"}
    done = climb(workshop, [READ, died, {"error": None, "tries": [FAILED, MADE]}, SAME])
    problems = [one.problem for one in done.attempts]
    assert problems == ["run: Killed: gone", "load: ValueError: no", None]


def test_every_try_has_a_folder_for_its_facts(workshop: Played) -> None:
    workshop.play([{"error": None, "tries": [FAILED, LEFT_OUT]}])
    assert workshop.rebuild("tf-2.21", [{"out": "a"}, {"out": "b"}], 3.0) == [FAILED, LEFT_OUT]
    ((script, environment, job),) = workshop.asked
    assert (script, environment) == ("rebuild", "tf-2.21")
    assert len({one["folder"] for one in job["tries"]}) == 2
    assert job["seconds"] == workshop.patience(3.0)


def test_a_process_that_came_to_no_try_says_why(workshop: Played) -> None:
    workshop.play([{"error": {"type": "Killed"}, "phase": "run"}])
    (found,) = workshop.rebuild("tf-2.21", [{"out": "a"}], 0.0)
    assert (found["error"], found["phase"]) == ({"type": "Killed"}, "run")


CODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}
LAMBDA = {"class_name": "Lambda", "config": {"name": "doubled", "function": CODE}}


class Newest(Played):
    """Only the newest version is there, which reads what it saved."""

    def usable(self, environment: str) -> bool:
        return environment == "tf-2.21"


@pytest.mark.parametrize("comes_through", [True, False])
def test_a_lambda_of_keras_3_is_taken_apart_where_its_operations_can_be_followed(
    tmp_path: Path, *, comes_through: bool
) -> None:
    line = {"class_name": "Sequential", "config": {"name": "line", "layers": [LAMBDA]}}
    given = {**READ, "config": line, "lambdas": ["doubled"], "versions": {"keras": "3.13.2"}}
    given["lambdas_in_training"] = ["doubled"]
    failed = {"error": None, "tries": [FAILED, FAILED]}
    rest: list[Mapping[str, Any]] = [{"error": None, "tries": [FAILED]}]
    if comes_through:
        made = {"error": None, "tries": [MADE]}
        plain = [
            {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 2]}},
            {"class_name": "Dense", "config": {"name": "d", "units": 1}},
        ]
        line = {"class_name": "Sequential", "config": {"name": "line", "layers": plain}}
        rest = [made, {**READ, "config": line, "versions": given["versions"]}, made, SAME]
    workshop = Newest(matrix=MATRIX, home=Home(root=tmp_path / "home"), scratch=tmp_path)
    workshop.play([given, failed, *rest])
    wish = Wish(path=tmp_path / "m.h5", target="tf-2.21", out=tmp_path / "o.keras", trusted=True)
    said = Inspection(path="m.h5", format="h5", origin=Origin(keras_version="3.13.2"))
    done = Ladder(wish=wish, inspection=said, workshop=workshop).climb()
    (unrolling,) = workshop.asked[2][2]["tries"]
    assert Path(unrolling["out"]).name == "flat.keras"
    assert (unrolling["unroll"], unrolling["trusted"]) == (True, True)
    if comes_through:
        assert done.verdict is Verdict.DELIVERED
        assert workshop.asked[3][2]["format"] == "keras"
        assert [(one.rule, one.where) for one in done.changes] == [("unrolled", "doubled")]
        assert "doubled: what its code does in training only" in done.lost
    else:
        assert done.verdict is Verdict.REFUSED
        assert "the layer doubled is a Lambda" in str(done.reason)
