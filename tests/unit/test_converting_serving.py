"""SavedModels that can only be called: which endpoint, by whom, and what is delivered."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_converting_ladder import EQUAL, FAILED, MATRIX, READ, Played

from caniload.runner.converting import receipt
from caniload.runner.converting.endpoints import callers, chosen, line, why
from caniload.runner.converting.ladder import Ladder
from caniload.runner.converting.original import Wish
from caniload.runner.converting.outcome import Conversion, Verdict
from caniload.runner.converting.serving import COPIED
from caniload.runner.converting.telling import as_lines
from caniload.runner.core.shipped import LOCKS
from caniload.runner.environments.home import Home
from caniload.runner.forensics.describe import as_lines as described
from caniload.runner.forensics.facts import Custom, Holds, Inspection, Origin, Signature, Tensor
from caniload.runner.forensics.reading import inspect_here

pytest_plugins = ["forensics_fixtures"]

X = Tensor(name="x", shape=(None, 2), dtype="float32")
IDS = Tensor(name="ids", shape=(None,), dtype="int32")
Y = Tensor(name="y", shape=(None, 1), dtype="float32")
SERVE = Signature(name="serving_default", inputs=(X,), outputs=(Y,))
CALLED = {**READ, "config": None, "sets": [], "taps": [], "trained": [], "outputs": ["y"]}
SAME = {"error": None, "count": [1, 1], "structure": "array", "compared": [EQUAL]}
DONE: dict[str, Any] = {"error": None}


def graph(*signatures: Signature, tensorflow: str = "1.15.5", **more: Any) -> Inspection:
    return Inspection(
        path="m",
        format="savedmodel",
        holds=Holds.GRAPH,
        origin=Origin(tensorflow_version=tensorflow),
        signatures=signatures,
        tags=("serve",),
        **more,
    )


def signature(name: str, *inputs: Tensor, method: str = "") -> Signature:
    return Signature(name=name, inputs=inputs, outputs=(Y,), method=method)


@pytest.mark.parametrize(
    ("signatures", "name"),
    [
        ((signature("score", X),), "score"),
        ((signature("b", X), signature("serving_default", X)), "serving_default"),
        ((signature("train", X), signature("serve", X)), "serve"),
        ((signature("a", X), signature("z", X, method="tensorflow/serving/predict")), "z"),
        ((signature("nothing"), signature("z", X)), "z"),
    ],
)
def test_the_endpoint_is_the_usual_one(signatures: tuple[Signature, ...], name: str) -> None:
    found = chosen(graph(*signatures))
    assert not isinstance(found, str)
    assert found.name == name


def test_why_no_endpoint_can_be_called() -> None:
    table = Tensor(name="t", shape=(), dtype="resource")
    assert "lists no endpoint" in str(chosen(graph()))
    assert "takes arrays: a" in str(chosen(graph(signature("a", table))))
    assert chosen(graph(SERVE), "score") == "it has no endpoint score; it has serving_default"


def test_the_original_is_called_by_what_is_nearest_to_its_saver() -> None:
    def asked(tensorflow: str, **built: bool) -> tuple[str, ...]:
        found = {name.replace("_", "-").replace("-1", "-1.", 0): one for name, one in built.items()}
        known = {one.id: found.get(one.id, False) for one in MATRIX.environments}
        return callers(
            graph(SERVE, tensorflow=tensorflow), MATRIX.environments, built=known, target="tf-2.21"
        )

    assert asked("1.15.5") == ("tf-1.15", "tf-2.0")
    assert asked("2.15.1")[0] == "tf-2.15"
    assert asked("99.0") == ()  # the target would be compared with itself
    known = {"tf-2.4": True, "tf-2.21": True}
    nearest = callers(graph(SERVE), MATRIX.environments, built=known, target="tf-2.21")
    assert nearest == ("tf-2.4",)


def test_how_a_graph_is_called_without_keras() -> None:
    new, old = MATRIX.environment("tf-2.15"), MATRIX.environment("tf-1.15")
    assert line("m", "s", (X, IDS), new) == (
        "tf.saved_model.load('m').signatures['s'](x=..., ids=...)"
    )
    assert "loader.load(session, ['serve'], 'm')" in line("m", "s", (X,), old)


def test_why_there_is_no_more_than_a_graph() -> None:
    assert why(graph(SERVE)).startswith("TensorFlow 1.15.5 saved a graph, and no description")
    own = replace(graph(SERVE, custom=(Custom(name="Net"),)), holds=Holds.MODEL)
    assert "the code of Net is in no file" in why(own)


class Called(Played):
    """Plays what ``here`` can be used, and that ``taken`` is what a script made."""

    here: frozenset[str] | set[str] = frozenset()
    taken: Path | None = None

    def usable(self, environment: str) -> bool:
        return environment in self.here

    def made(self, path: Path) -> Path:
        return self.taken or path


@pytest.fixture
def workshop(tmp_path: Path, recorded: Path) -> Called:
    shutil.copytree(recorded / "savedmodel", tmp_path / "m")
    (tmp_path / "m" / "README.md").write_text("not a part of it")
    return Called(matrix=MATRIX, home=Home(root=tmp_path / "home"), scratch=tmp_path)


def bring(
    workshop: Called, found: Inspection, answers: list[Mapping[str, Any]], target: str = "tf-2.21"
) -> Conversion:
    workshop.play(answers)
    at = workshop.scratch
    wish = Wish(path=at / "m", target=target, out=at / "new.keras", trusted=True, stays=False)
    return Ladder(wish=wish, inspection=found, workshop=workshop).climb()


def test_a_graph_is_copied_and_called(workshop: Called) -> None:
    workshop.here = {"tf-1.15", "tf-2.21"}
    done = bring(workshop, graph(SERVE), [CALLED, SAME])
    assert done.verdict is Verdict.INFERENCE
    assert [(script, where) for script, where, _ in workshop.asked] == [
        ("endpoint", "tf-1.15"),
        ("prove", "tf-2.21"),
    ]
    assert done.endpoint is not None
    assert done.endpoint.name == "serving_default"
    assert done.proof is not None
    assert done.proof.weak is None
    assert done.kept == (COPIED,)
    out = Path(str(done.out))
    assert (out / "saved_model.pb").read_bytes() == (
        workshop.scratch / "m" / "saved_model.pb"
    ).read_bytes()
    assert not (out / "README.md").exists()
    text = "\n".join(as_lines(done))
    assert "endpoint serving_default: x (?, 2) float32 -> y (?, 1) float32" in text
    assert "TFSMLayer" in text
    stated = receipt.statement(done, subject=(), material=(), matrix=MATRIX, locks=LOCKS)
    called = stated["predicate"]["endpoint"]["call"]
    assert called == "keras.layers.TFSMLayer('new', call_endpoint='serving_default')"


def test_several_inputs_are_handed_over_as_one(workshop: Called) -> None:
    """The graph is written anew for it, and no call of the copy is tried first."""
    workshop.here = {"tf-1.15", "tf-2.21"}
    two = signature("serving_default", IDS, X)
    read = {**CALLED, "by_name": ["ids", "x"]}
    made = workshop.scratch / "made"
    made.mkdir()
    (made / "saved_model.pb").write_bytes(b"graph")
    workshop.taken = made
    done = bring(workshop, graph(two), [read, DONE, SAME])
    assert [script for script, _, _ in workshop.asked] == ["endpoint", "wrapping", "prove"]
    assert done.endpoint is not None
    assert done.endpoint.name == "serve"
    assert done.kept == ()


def test_what_the_target_cannot_load_is_written_anew_by_the_reader(workshop: Called) -> None:
    workshop.here = {"tf-1.15", "tf-2.21"}
    done = bring(workshop, graph(SERVE), [CALLED, FAILED, DONE, FAILED])
    assert [(script, where) for script, where, _ in workshop.asked] == [
        ("endpoint", "tf-1.15"),
        ("prove", "tf-2.21"),
        ("wrapping", "tf-1.15"),
        ("prove", "tf-2.21"),
    ]
    assert done.verdict is Verdict.REFUSED
    assert "its graph cannot be called there: the result, loaded: load: ValueError" in str(
        done.reason
    )


def test_what_computes_otherwise_there_is_refused(workshop: Called) -> None:
    workshop.here = {"tf-1.15", "tf-2.15"}
    other = {**SAME, "compared": [{**EQUAL, "max_abs": 0.5}]}
    done = bring(workshop, graph(SERVE), [CALLED, other, DONE, other], target="tf-2.15")
    assert done.verdict is Verdict.REFUSED
    assert "its outputs differ by 0.5" in str(done.reason)


def test_nothing_is_run_of_a_graph_without_an_endpoint(workshop: Called) -> None:
    done = bring(workshop, graph(), [])
    assert "lists no endpoint" in str(done.reason)
    assert not workshop.asked


def test_a_backend_that_runs_no_graph_is_named(workshop: Called) -> None:
    jax = next(one.id for one in MATRIX.environments if "jax" in one.packages)
    done = bring(workshop, graph(SERVE), [], target=jax)
    assert f"{jax} does not compute with TensorFlow" in str(done.reason)
    assert not workshop.asked


def test_what_no_version_reads_is_called(workshop: Called) -> None:
    """Its classes are in no file: loading fails in each version, its graph is called."""
    workshop.here = {"tf-2.15", "tf-2.21"}
    own = replace(
        graph(SERVE, tensorflow="2.15.1", custom=(Custom(name="Net"),)), holds=Holds.MODEL
    )
    done = bring(workshop, own, [FAILED, CALLED, SAME])
    assert done.verdict is Verdict.INFERENCE
    assert "no version could read" in str(done.reason)


def test_the_signatures_of_a_real_file(recorded: Path) -> None:
    one = inspect_here(recorded / "savedmodel")
    assert [each.name for each in one.signatures] == ["serving_default"]
    assert one.signatures[0].inputs == one.inputs
    assert one.tags == ("serve",)
    only = replace(one, holds=Holds.GRAPH, inputs=(), outputs=())
    told = "\n".join(described(only))
    assert "endpoint    serving_default: " in told
    assert "not stated in the file\n  outputs" not in told
