"""One small model as files of every dialect, to be compared: written with h5py and zipfile alone.

Dialects 2 and 3 are those of Keras 2 and 3, which differ in everything but the model.
"""

from __future__ import annotations

import copy
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Arrays = dict[str, "np.ndarray[Any, Any]"]


@dataclass
class Part:
    """A layer: its class, arguments that are no default, and weights in their order."""

    kind: str
    name: str
    given: dict[str, Any] = field(default_factory=dict)
    weights: Arrays = field(default_factory=dict)


@dataclass
class Model:
    parts: list[Part]
    name: str = "model"
    optimizer: str | None = "Adam"
    rate: float = 0.001
    loss: str = "mse"
    metrics: tuple[str, ...] = ("mae",)
    slots: Arrays = field(default_factory=dict)
    sequential: bool = False
    dtype: str = "float32"

    def changed(self) -> Model:
        return copy.deepcopy(self)

    def part(self, name: str) -> Part:
        return next(one for one in self.parts if one.name == name)


def dense(name: str, inputs: int, units: int, seed: int, **given: Any) -> Part:
    rng = np.random.default_rng(seed)
    kernel = rng.random((inputs, units), "f4")
    weights: Arrays = {"kernel": kernel, "bias": rng.random(units, "f4")}
    return Part("Dense", name, {"units": units, **given}, weights)


def norm(name: str, size: int, seed: int) -> Part:
    rng = np.random.default_rng(seed)
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    return Part("BatchNormalization", name, {}, {one: rng.random(size, "f4") for one in names})


def example() -> Model:
    parts = [
        dense("hidden", 4, 5, 1, activation="relu"),
        norm("norm", 5, 2),
        dense("middle", 5, 5, 3, activation="tanh"),
        Part("Dropout", "drop", {"rate": 0.25}),
        dense("out", 5, 2, 4, activation="softmax"),
    ]
    slots = {
        f"{slot}/{one}": np.full(parts[0].weights[one].shape, value, "f4")
        for one in ("kernel", "bias")
        for slot, value in (("m", 0.5), ("v", 0.25))
    }
    return Model(parts, slots=slots)


_INITIALIZERS = {"kernel_initializer": "GlorotUniform", "bias_initializer": "Zeros"}


def config(model: Model, dialect: int) -> dict[str, Any]:
    nodes = list(_nodes(model, dialect))
    stated: dict[str, Any] = {"name": model.name, "layers": nodes}
    if not model.sequential:
        first, last = ["in", 0, 0], [model.parts[-1].name, 0, 0]
        one = dialect == 3  # where a single one is no list of one
        stated["input_layers"] = first if one else [first]
        stated["output_layers"] = last if one else [last]
    kind = "Sequential" if model.sequential else "Functional"
    if dialect == 2:
        return {"class_name": kind, "config": stated}
    stated["trainable"] = True
    return {"module": "keras", "class_name": kind, "config": stated, "registered_name": kind}


def _nodes(model: Model, dialect: int) -> Iterator[dict[str, Any]]:
    shape = "batch_input_shape" if dialect == 2 else "batch_shape"
    first: dict[str, Any] = {"name": "in", shape: [None, 4], "dtype": "float32", "sparse": False}
    yield {"class_name": "InputLayer", "config": first, "name": "in", "inbound_nodes": []}
    before = "in"
    for part in model.parts:
        node = _two(part, model) if dialect == 2 else _three(part, model)
        if not model.sequential:
            node["name"] = part.name
            tensor = {
                "class_name": "__keras_tensor__",
                "config": {"shape": [None], "keras_history": [before, 0, 0]},
            }
            node["inbound_nodes"] = (
                [[[before, 0, 0, {}]]] if dialect == 2 else [{"args": [tensor], "kwargs": {}}]
            )
        before = part.name
        yield node


def _two(part: Part, model: Model) -> dict[str, Any]:
    stated = {"name": part.name, "trainable": True, "dtype": model.dtype}
    if part.kind == "Dense":
        stated |= {
            name: {"class_name": kind, "config": {"seed": None} if kind[0] == "G" else {}}
            for name, kind in _INITIALIZERS.items()
        }
        stated |= {"use_bias": True, "kernel_regularizer": None, "bias_constraint": None}
    if part.kind == "BatchNormalization":
        stated |= {"axis": [1], "momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True}
    return {"class_name": part.kind, "config": {**stated, **part.given}}


def _three(part: Part, model: Model) -> dict[str, Any]:
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": model.dtype}}
    stated: dict[str, Any] = {"name": part.name, "dtype": policy, **part.given}
    if part.kind == "Dense":
        for name, kind in _INITIALIZERS.items():
            stated[name] = {
                "module": "keras.initializers",
                "class_name": kind,
                "config": {},
                "registered_name": None,
            }
        stated |= {"quantization_config": None}
    if part.kind == "BatchNormalization":
        stated |= {"axis": -1, "renorm": False, "synchronized": False}
    return {
        "module": "keras.layers",
        "class_name": part.kind,
        "config": stated,
        "registered_name": None,
        "build_config": {"input_shape": [None, 5]},
    }


def compiled(model: Model, dialect: int) -> dict[str, Any]:
    if model.optimizer is None:
        return {}
    stated = {"class_name": model.optimizer, "config": {"learning_rate": model.rate}}
    if dialect == 2:
        stated["config"] = {
            "name": model.optimizer,
            "decay": 0.0,
            "beta_1": 0.9,
            "learning_rate": float(np.float32(model.rate)),
        }
        return {
            "optimizer_config": stated,
            "loss": model.loss,
            "metrics": [list(model.metrics)],
            "sample_weight_mode": None,
        }
    loss = {
        "module": "keras.losses",
        "class_name": "MeanSquaredError" if model.loss == "mse" else model.loss,
        "config": {"name": "mean_squared_error", "reduction": "sum_over_batch_size"},
        "registered_name": None,
    }
    return {
        "optimizer": {"module": "keras.optimizers", **stated, "registered_name": None},
        "loss": loss,
        "metrics": list(model.metrics),
        "run_eagerly": False,
    }


def h5(path: Path, model: Model, dialect: int = 2) -> Path:
    """Write a whole model as HDF5."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config(model, dialect))
        file.attrs["keras_version"] = f"{dialect}.9.0"
        if stated := compiled(model, 2):
            file.attrs["training_config"] = json.dumps(stated)
        _by_names(file.create_group("model_weights"), model, ":0" if dialect == 2 else "")
        if model.slots:
            state = file.create_group("optimizer_weights")
            names = ["iteration:0", *(f"Adam/{one}:0" for one in model.slots)]
            state.attrs["weight_names"] = [one.encode() for one in names]
            state["iteration:0"] = np.int64(3)
            for name, array in model.slots.items():
                state[f"Adam/{name}:0"] = array
    return path


def weights(path: Path, model: Model) -> Path:
    """Write weights alone, by the names of layers."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.9.0"
        _by_names(file, model, ":0")
    return path


def _by_names(root: Any, model: Model, behind: str) -> None:
    root.attrs["layer_names"] = [b"in", *(one.name.encode() for one in model.parts)]
    root.create_group("in").attrs["weight_names"] = np.array([], "S1")
    for part in model.parts:
        group = root.create_group(part.name)
        names = [f"{part.name}/{one}{behind}" for one in part.weights]
        group.attrs["weight_names"] = [one.encode() for one in names] or np.array([], "S1")
        for name, array in zip(names, part.weights.values(), strict=True):
            group[name] = array


def objects(path: Path, model: Model, *, labels: bool = True, state: bool = True) -> Path:
    """Write weights alone, as Keras 3 numbers them, with the layers' names beside or without."""
    seen: dict[str, int] = {}
    with h5py.File(path, "w") as file:
        for part in model.parts:
            key = {"BatchNormalization": "batch_normalization"}.get(part.kind, part.kind.lower())
            number = seen[key] = seen.get(key, -1) + 1
            group = file.create_group(
                f"layers/{key}_{number}/vars" if number else f"layers/{key}/vars"
            )
            if labels:
                group.attrs["name"] = part.name
            for at, array in enumerate(part.weights.values()):
                group[str(at)] = array
        if state and model.slots:
            for at, array in enumerate((np.array(3), *model.slots.values())):
                file[f"optimizer/vars/{at}"] = array
    return path


def keras(
    path: Path, model: Model, *, packed: int = zipfile.ZIP_STORED, words: bytes | None = None
) -> Path:
    inside = objects(path.with_suffix(".inside.h5"), model)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.9.0"}))
        stated = {**config(model, 3), "compile_config": compiled(model, 3)}
        archive.writestr("config.json", json.dumps(stated))
        archive.write(inside, "model.weights.h5", compress_type=packed)
        if words is not None:
            archive.writestr("assets/words.txt", words)
    inside.unlink()
    return path


def document(path: Path, model: Model, dialect: int) -> Path:
    path.write_text(json.dumps(config(model, dialect)), encoding="utf-8")
    return path


def sharded(path: Path, model: Model) -> Path:
    """Write weights in two files, and the list of them."""
    places: dict[str, str] = {}
    for number, parts in enumerate((model.parts[:2], model.parts[2:])):
        name = f"{path.name.partition('.')[0]}_{number:05}.weights.h5"
        places |= {f"/layers/{part.name}/vars": name for part in parts}
        whole = objects(path.with_name("whole.h5"), model, state=False)
        with h5py.File(whole) as file, h5py.File(path.with_name(name), "w") as shard:
            for key, group in file["layers"].items():
                if group["vars"].attrs["name"] in [part.name for part in parts]:
                    file.copy(group, shard.require_group("layers"), key)
        whole.unlink()
    path.write_text(json.dumps({"metadata": {}, "weight_map": places}), encoding="utf-8")
    return path


def edited(source: Path, target: Path, change: Any) -> Path:
    """Write a ``.keras`` again with what ``change`` does to its configuration."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                stated = json.loads(content)
                change(stated)
                content = json.dumps(stated).encode()
            new.writestr(name, content)
    return target
