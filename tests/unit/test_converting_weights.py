"""Weights alone and the code that builds their model: who reads them, and how they are put in."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest
from test_converting_ladder import FAILED, MADE, MATRIX, READ, SAME, Played

from caniload.runner.checking.customs import read_custom
from caniload.runner.commands.convert import _one_alone
from caniload.runner.converting import receipt
from caniload.runner.converting.ladder import Ladder
from caniload.runner.converting.original import Wish, job_for, refusal
from caniload.runner.converting.outcome import Remedy, Verdict
from caniload.runner.converting.readers import reading
from caniload.runner.converting.rules import read_rules
from caniload.runner.environments.home import Home
from caniload.runner.forensics.facts import Inspection, Origin
from caniload.runner.forensics.reading import inspect_here

pytest_plugins = ["forensics_fixtures"]

PROBES = Path(__file__).parents[2] / "probes"
BY_LAYERS, BY_OBJECTS = "layers by name", "objects (Keras 2.12 and later)"


@pytest.fixture
def filling(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import the script; it is forgotten again afterwards, with what it imports."""
    for part in ("", "own", "across"):
        monkeypatch.syspath_prepend(str(PROBES / part))
    for name in ("filling", "custom", "disturbing", "framework"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("filling")


@pytest.fixture
def wish(tmp_path: Path) -> Wish:
    code = tmp_path / "net.py"
    code.write_text("def make():\n    return None\n")
    build = read_custom((), build=f"{code}:make").build
    path = tmp_path / "w.h5"
    return Wish(path=path, target="tf-2.21", out=tmp_path / "out.keras", build=build)


def weights(variant: str, form: str = "weights-h5", **more: Any) -> Inspection:
    return Inspection(path="w", format=form, variant=variant, **more)


def test_weights_without_code_are_refused_with_the_option(tmp_path: Path) -> None:
    plain = Wish(path=tmp_path, target="tf-2.21", out=tmp_path / "o.keras")
    found = refusal(weights(BY_LAYERS), plain)
    assert found is not None
    assert "--build FILE.py:FUNCTION" in found.reason


def test_a_description_without_weights_is_refused_in_one_line(tmp_path: Path) -> None:
    given = Wish(path=tmp_path / "m.json", target="tf-2.21", out=tmp_path / "o.keras")
    found = refusal(Inspection(path="m.json", format="json"), given)
    assert found is not None
    assert found.reason.endswith("they have to lie beside it, as m.weights.h5")
    (tmp_path / "m.weights.h5").touch()
    assert refusal(Inspection(path="m.json", format="json"), given) is None


def test_with_code_they_are_not(wish: Wish) -> None:
    assert refusal(weights(BY_LAYERS), wish) is None
    assert wish.build is not None
    assert Path(str(wish.build.file)) in wish.readable(weights(BY_LAYERS))
    assert [one.name for one in receipt.given(wish)] == ["net.py"]


@pytest.mark.parametrize(
    ("found", "layout", "name"),
    [
        (weights(BY_LAYERS), "layers", "w.h5"),
        (weights(BY_OBJECTS), "objects", "w.h5"),
        (weights("objects, in 3 shards", files=("w.weights.json", "a.h5")), "shards", None),
        (weights("by objects", "checkpoint", files=("m.index", "m.data")), "checkpoint", "m"),
        (weights("by names", "checkpoint", files=("m.ckpt-1.index",)), "names", "m.ckpt-1"),
    ],
)
def test_what_a_script_is_told_of_weights(
    wish: Wish, found: Inspection, layout: str, name: str | None
) -> None:
    job = job_for(wish, found)
    assert job["layout"] == layout
    assert Path(job["model"]).name == (name or "w.weights.json")
    assert job["build"] == job["code"] == wish.code


@pytest.mark.parametrize(
    ("found", "first"),
    [
        (weights(BY_LAYERS, origin=Origin(keras_version="2.15.0")), "tf-2.15"),
        (weights(BY_OBJECTS), "tf-2.15"),
        (weights("objects, in 3 shards"), "tf-2.21"),
        (weights("by names", "checkpoint"), "tf-1.15"),
        (weights(BY_LAYERS, origin=Origin(backend="theano")), "tf-1.15-keras-2.3"),
    ],
)
def test_who_reads_weights(found: Inspection, first: str) -> None:
    chosen = reading(
        found,
        MATRIX.environments,
        built={one.id: True for one in MATRIX.environments},
        rules=read_rules(),
        target="tf-2.21",
        conversion=MATRIX.conversion,
    )
    assert chosen.environments[0] == first


def test_the_target_builds_the_model_by_the_same_function(wish: Wish, tmp_path: Path) -> None:
    workshop = Played(matrix=MATRIX, home=Home(root=tmp_path / "home"), scratch=tmp_path)
    read: Mapping[str, Any] = {**READ, "training": None, "filled": {"unheld": []}}
    workshop.play([read, {"error": None, "tries": [FAILED, MADE]}, SAME])
    found = weights(BY_LAYERS, origin=Origin(keras_version="2.15.0"))
    done = Ladder(wish=wish, inspection=found, workshop=workshop).climb()
    assert (done.verdict, done.remedy) == (Verdict.DELIVERED, Remedy.CODE)
    assert done.kept == ("every array of the file, bit for bit",)
    loads, takes, rebuilt = workshop.asked[1][2]["tries"]
    assert "weights" not in loads
    assert takes["weights"] == []
    assert "recipe" in rebuilt


# The script itself


class Model(SimpleNamespace):
    """A model of two arrays, which loads what h5py finds under the names it is used to."""

    def load_weights(self, path: str) -> None:
        with h5py.File(path, "r") as file:
            for one in self.weights:
                one.value = file[self.place][str(one.place)][()]


@pytest.fixture
def keras(filling: Any, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    framework = importlib.import_module("framework")
    monkeypatch.setattr(
        framework, "as_arrays", lambda _keras, listed: [np.asarray(one.value) for one in listed]
    )
    return SimpleNamespace(backend=SimpleNamespace(set_value=_set))


def _set(variable: Any, array: Any) -> None:
    variable.value = array


def variable(place: int, *shape: int, name: str = "") -> SimpleNamespace:
    return SimpleNamespace(place=place, shape=shape, name=name, value=np.zeros(shape, "float32"))


def test_names_from_windows_are_read(filling: Any, keras: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "windows.h5"
    kernel, bias = np.ones((2, 3), "float32"), np.arange(3, dtype="float32")
    with h5py.File(path, "w") as file:
        group = file.create_group("layers\\dense").create_group("vars")
        group["0"], group["1"] = kernel, bias
        file.create_group("optimizer").create_group("vars")["0"] = np.full(3, 7.0)
    model = Model(place="layers/dense/vars", weights=[variable(0, 2, 3), variable(1, 3)])
    job = {"model": str(path), "folder": str(tmp_path)}
    assert filling.FROM["objects"](keras, model, job) == {"unheld": []}
    assert (model.weights[0].value == kernel).all()
    model.weights[0].value = kernel * 2  # as if a loader had made something else of it
    with h5py.File(tmp_path / "model.weights.h5") as plain:
        assert filling._arrived(keras, model, filling._stored(plain)) == {
            "unheld": ["layers/dense/vars/0"]
        }


def test_variables_by_names(
    filling: Any, keras: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = {
        "tower/a/kernel": np.ones((2, 3)),
        "tower/a/bias": np.arange(3.0),
        "tower/a/kernel/Adam": np.zeros((2, 3)),
        "tower/a/kernel/Adam_1": np.zeros((2, 3)),
        "beta1_power": np.array(0.9),
        "global_step": np.array(3),
        "tower/b/kernel": np.zeros((1, 1)),
    }
    reader = SimpleNamespace(
        get_variable_to_shape_map=lambda: {name: list(one.shape) for name, one in stored.items()},
        get_tensor=stored.__getitem__,
    )
    train = SimpleNamespace(load_checkpoint=lambda _: reader)
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(train=train))
    model = SimpleNamespace(weights=[variable(0, 2, 3, name="a/kernel:0")])
    put: Callable[..., Any] = filling.FROM["names"]
    assert put(keras, model, {"model": "m"}) == {"unheld": ["tower/a/bias", "tower/b/kernel"]}
    assert (model.weights[0].value == 1).all()
    named = SimpleNamespace(weights=[variable(0, 2, 3, name="model/a/kernel:0")])
    assert put(keras, named, {"model": "m"})["unheld"] == ["tower/a/bias", "tower/b/kernel"]
    wrong = SimpleNamespace(weights=[variable(0, 3, 2, name="a/kernel:0")])
    with pytest.raises(ValueError, match="has the shape"):
        put(keras, wrong, {"model": "m"})
    missing = SimpleNamespace(weights=[variable(0, 2, 3, name="z/kernel:0")])
    with pytest.raises(ValueError, match="no variables z/kernel; it has"):
        put(keras, missing, {"model": "m"})


def test_a_real_file_of_weights(recorded: Path, wish: Wish) -> None:
    found = inspect_here(recorded / "keras-3.13.weights.h5")
    assert job_for(wish, found)["layout"] == "objects"
    assert job_for(wish, inspect_here(recorded / "checkpoint"))["layout"] == "checkpoint"


def test_a_checkpoint_is_named_by_its_prefix(tmp_path: Path) -> None:
    (tmp_path / "w.index").touch()
    for name, found in (("w", "w.index"), ("w.index", "w.index"), ("other", "other")):
        given = argparse.Namespace(model=[tmp_path / name], rerun=False, jobs=None)
        assert _one_alone(given) == tmp_path / found
