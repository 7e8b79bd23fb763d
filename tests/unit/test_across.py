"""The scripts that bring a model across, without a framework: tries apart, constants, names."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest_plugins = ["across_scripts"]

PROBES = Path(__file__).parents[2] / "probes"


def forever(_facts: dict[str, Any]) -> None:
    while True:
        pass


def raising(facts: dict[str, Any]) -> None:
    facts["phase"] = "load"
    raise ValueError("no such layer")


def test_a_try_apart_says_what_it_came_to(script: Callable[[str], Any], tmp_path: Path) -> None:
    crossing, job = script("crossing"), {"folder": str(tmp_path)}
    good = crossing.apart(lambda facts: facts.update(compiled=True), job, 20)
    assert (good["error"], good["compiled"]) == (None, True)
    bad = crossing.apart(raising, job, 20)
    assert (bad["phase"], bad["error"]["message"]) == ("load", "no such layer")


def test_a_class_is_found_by_the_registered_name_that_its_file_lacks(
    script: Callable[[str], Any],
) -> None:
    keras = SimpleNamespace(utils=SimpleNamespace(get_custom_objects=lambda: {"a>Known": str}))
    named = {"pkg>Mine": "Mine", "a>Known": "Known", "pkg>Nobodys": "Nobodys"}
    found = script("crossing").registered(keras, {"Mine": int, "Known": float}, named)
    assert found == {"Mine": int, "pkg>Mine": int, "Known": float, "a>Known": str}


def test_a_lambda_that_may_do_otherwise_in_training(script: Callable[[str], Any]) -> None:
    knows = script("extract")._knows_training
    assert knows(lambda x, training=None: x if training else -x)
    assert knows(lambda x: keras.in_train_phase(x, -x))  # type: ignore[name-defined]  # noqa: F821
    assert not knows(lambda x: x)
    assert not knows(len)


@pytest.mark.parametrize(
    ("work", "told"),
    [
        (forever, "did not end within 1 s of CPU time"),
        (lambda _: os.kill(os.getpid(), 9), "by signal 9"),
    ],
)
def test_a_try_that_hangs_or_dies_costs_itself_only(
    script: Callable[[str], Any], tmp_path: Path, work: Any, told: str
) -> None:
    facts = script("crossing").apart(work, {"folder": str(tmp_path)}, 1)
    assert facts["error"]["type"] == "Killed"
    assert told in facts["error"]["message"]


def test_after_a_hang_nothing_is_loaded_but_what_can_be_built(
    script: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild = script("rebuild")
    done: list[str] = []

    def apart(_work: Any, job: dict[str, Any], _seconds: float) -> dict[str, Any]:
        done.append(job["name"])
        killed = None if job.get("recipe") else {"type": "Killed", "message": "", "traceback": []}
        return {"error": killed, "phase": "load"}

    monkeypatch.setattr(rebuild.crossing, "framework_of", lambda _: None)
    monkeypatch.setattr(rebuild.crossing, "apart", apart)
    monkeypatch.setitem(sys.modules, "framework", SimpleNamespace(versions=lambda _: {}))
    tries = [{"name": "plain"}, {"name": "uncompiled"}, {"name": "rebuilt", "recipe": "recipe"}]
    facts: dict[str, Any] = {}
    rebuild.main({"tries": [*tries, {"name": "too many", "recipe": "recipe"}], "seconds": 1}, facts)
    assert done == ["plain", "rebuilt"]
    assert [one["phase"] for one in facts["tries"]] == ["load", "left out", "load"]


def tensor(dtype: str) -> Any:
    return SimpleNamespace(shape=(None, 2), dtype=dtype)


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        ({"x1": tensor("float32"), "x2": [[1, 2]]}, "float32"),
        ({"x1": tensor("float16"), "x2": [1.5, 2.5]}, "float16"),
        ({"x1": tensor("int32"), "x2": [1, 2]}, "int32"),
        ({"x2": [0.5, 1.5], "indices": tensor("int32"), "x1": tensor("int32")}, "float32"),
        ({"x2": [[0.5], [1.5]], "indices": tensor("int32")}, "float32"),
        ({"condition": tensor("bool"), "x1": tensor("float32"), "x2": [0, 1]}, "float32"),
    ],
)
def test_constants_are_arrays_of_the_type_that_they_are_reckoned_with(
    script: Callable[[str], Any], given: dict[str, Any], dtype: str
) -> None:
    found = script("operations")._with_arrays(given)["x2"]
    assert isinstance(found, np.ndarray)
    assert found.dtype == dtype


def test_shapes_and_axes_stay_lists(script: Callable[[str], Any]) -> None:
    operations = script("operations")
    given = {"x": tensor("float32"), "newshape": [-1, 4], "axis": [1, 2]}
    assert operations._with_arrays(given) == given
    shapes = {"x1": [2, 3], "x2": 2}
    assert operations._with_arrays(shapes) == shapes


def test_only_what_a_function_did_not_find_is_given_to_it(script: Callable[[str], Any]) -> None:
    crossing = script("crossing")
    keras = SimpleNamespace(backend="the backend", layers=SimpleNamespace(Dense=SimpleNamespace))
    assert crossing.missing(keras, NameError("name 'K' is not defined"))["K"] == "the backend"
    assert "Dense" in crossing.missing(keras, ValueError("Unknown layer: Dense"))
    assert crossing.missing(keras, OSError("no such file")) == {}


def test_a_persons_file_is_run_once_and_finds_what_is_beside_it(
    script: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beside_it.py").write_text("RUNS = []\n", encoding="utf-8")
    mine = tmp_path / "my_layers_here.py"
    mine.write_text(
        "import beside_it\nbeside_it.RUNS.append(1)\nclass Scale:\n    pass\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(PROBES / "own"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    crossing, job = script("crossing"), {"custom": [str(mine)]}
    assert set(crossing.custom_objects(job)) == {"Scale"}
    assert crossing.custom_objects(job)["Scale"] is crossing.custom_objects(job)["Scale"]
    assert sys.modules["beside_it"].RUNS == [1]
    for name in ("beside_it", "my_layers_here", "custom"):
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize(("rate", "same"), [(0.0010000000474974513, True), (0.01, False)])
def test_a_rate_that_was_rounded_is_the_same(
    script: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, rate: float, *, same: bool
) -> None:
    def stated(learning_rate: float) -> dict[str, Any]:
        return {"class": "Adam", "settings": {"learning_rate": learning_rate, "amsgrad": False}}

    framework = SimpleNamespace(optimizer=lambda *_: stated(rate))
    monkeypatch.setitem(sys.modules, "framework", framework)
    compiling = script("compiling")
    assert compiling.set_as_before(None, None, {"optimizer": stated(0.001)}) is same


def test_slices_are_what_a_file_states(script: Callable[[str], Any]) -> None:
    x = np.arange(24).reshape(2, 3, 4)
    reversed_ = {"start": None, "stop": None, "step": -1}
    slices = [{"class_name": "__ellipsis__"}, reversed_]
    found = script("operations").do_getitem(None, x, slices)
    assert (found == x[..., ::-1]).all()
    with pytest.raises(KeyError):
        script("operations").do_getitem(None, x, [{"class_name": "__unknown__"}])


@pytest.mark.parametrize("keras_3", [True, False])
def test_weights_are_set_by_what_sets_them_in_that_version(
    script: Callable[[str], Any], tmp_path: Path, *, keras_3: bool
) -> None:
    held: dict[str, Any] = {}
    variable = SimpleNamespace(name="kernel:0", shape=(2,))
    if keras_3:
        variable.assign = lambda array: held.update(kernel=array)
        keras = SimpleNamespace(ops=None)
    else:  # as in a graph of TensorFlow 1, where `assign` would do nothing
        set_value = lambda one, array: held.update({one.name[:6]: array})  # noqa: E731
        keras = SimpleNamespace(backend=SimpleNamespace(set_value=set_value))
    layer = SimpleNamespace(name="d", weights=[variable])
    model = SimpleNamespace(layers=[layer], weights=[variable])
    np.savez(tmp_path / "arrays.npz", w_0=np.array([1.0, 2.0]))
    job = {"arrays": str(tmp_path / "arrays.npz"), "weights": [["d", 0, "kernel"]]}
    assert script("placing").place(keras, model, job)["name"] == 1
    assert list(held["kernel"]) == [1.0, 2.0]


@pytest.mark.parametrize("trusted", [True, False])
def test_trust_is_handed_to_a_loader_that_asks_for_it(
    script: Callable[[str], Any], *, trusted: bool
) -> None:
    def load_model(path: str, *, safe_mode: bool = True) -> bool:
        return safe_mode

    def older(path: str) -> bool:
        return True

    job = {"model": "model.h5", "format": "h5", "trusted": trusted}
    for loader, safe in ((load_model, not trusted), (older, True)):
        keras = SimpleNamespace(models=SimpleNamespace(load_model=loader))
        assert script("crossing").load(keras, job) is safe


@pytest.mark.parametrize(
    ("drawn", "moves"), [(["normal"], True), (["integers", 5], False), (["masked", -1.0], False)]
)
def test_how_rough_a_model_is_is_measured_where_numbers_may_move(
    script: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, drawn: list[Any], *, moves: bool
) -> None:
    extract = script("extract")
    array = np.arange(1.0, 9.0, dtype="float32").reshape(4, 2) / 8

    def predict(_model: object, fed: Any) -> tuple[None, list[tuple[str, Any]]]:
        return None, [("0", np.float64(1000) * (np.asarray(fed) - array) + 1)]

    monkeypatch.setattr(extract.crossing, "predict", predict)
    fakes = SimpleNamespace(fed=lambda arrays, _: arrays[0])
    monkeypatch.setitem(sys.modules, "framework", fakes)
    model, outputs = SimpleNamespace(layers=[]), [("0", np.ones((4, 2)))]
    found = extract._noise(model, [{"drawn": drawn}], None, [array], outputs)
    assert (1e-4 < found < 2e-3) if moves else found == 0
    model.layers = [SimpleNamespace(name="memory", stateful=True)]
    assert extract._noise(model, [{"drawn": drawn}], None, [array], outputs) == 0


def test_operations_are_called_otherwise_than_layers_and_each_other(
    script: Callable[[str], Any],
) -> None:
    def called(name: str, *inputs: Any, **more: Any) -> Any:
        one = SimpleNamespace(name=name, **more)
        one._inbound_nodes = [SimpleNamespace(input_tensors=list(inputs))]
        return SimpleNamespace(_keras_history=SimpleNamespace(operation=one))

    first = called("concatenate")
    layer = called("concatenate", first, weights=[])
    last = called("concatenate", layer, first)
    script("rebuild")._told_apart({"out": [last]})
    names = [one._keras_history.operation.name for one in (first, layer, last)]
    assert names[1] == "concatenate"
    assert len(set(names)) == 3


def test_an_operation_is_read_by_what_keras_has_as_a_part_of_tensorflow_too(
    script: Callable[[str], Any],
) -> None:
    keras = SimpleNamespace(utils=SimpleNamespace(deserialize_keras_object=dict))
    node = {"class_name": "Multiply", "config": {"name": "multiply"}, "inbound_nodes": [1]}
    made = script("rebuild").Builder(keras, {}).make({"operation": "", "node": node})
    assert made == {"class_name": "Multiply", "config": {"name": "multiply"}}


def test_names_that_are_paths_become_plain(script: Callable[[str], Any]) -> None:
    class Model:
        def __init__(self, text: str) -> None:
            self.text, found = text, json.loads(text)["layers"]
            self.layers = [SimpleNamespace(name=one["name"]) for one in found]

        def to_json(self) -> str:
            return self.text

        def get_weights(self) -> list[str]:
            return ["those"]

        def set_weights(self, weights: list[str]) -> None:
            self.weights = weights

    names = ["tf_op_layer_clip/Minimum", "tf_op_layer_clip_Minimum", "dense"]
    layers = [{"name": name, "config": {"name": name[12:]}} for name in names]
    model = Model(json.dumps({"layers": [*layers, {"name": "last", "inbound": [names[0], 0]}]}))
    make = SimpleNamespace(model_from_json=lambda text, **_: Model(text))
    again = script("rebuild")._named_plainly(SimpleNamespace(models=make), model, {})
    read = json.loads(again.text)["layers"]
    assert read[0] == {"name": "tf_op_layer_clip_Minimum_", "config": {"name": "clip_Minimum_"}}
    assert read[1] == layers[1]
    assert read[3]["inbound"] == ["tf_op_layer_clip_Minimum_", 0]
    assert again.weights == ["those"]


def test_slices_are_called_with_as_slices(script: Callable[[str], Any]) -> None:
    builder = script("rebuild").Builder(SimpleNamespace(), {}, None)
    whole = {"class_name": "__slice__", "config": {"start": None, "stop": 3, "step": None}}
    rest = {"class_name": "__ellipsis__", "config": {}}
    filled = builder._filled([{"$tensor": ["x", 0, 0]}, [whole, -1, rest]], {"x": [["tensor"]]})
    assert filled == ["tensor", (slice(None, 3, None), -1, Ellipsis)]
    assert builder._filled([1, [2, 3]], {}) == [1, [2, 3]]
