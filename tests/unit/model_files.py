"""Model files to inspect, made as Keras of every age makes them."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from caniload.runner.forensics.facts import Inspection, Severity

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
UNSIGNED = "unsigned.h5"

INPUT = {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": [None, 4]}}
DENSE = {
    "class_name": "Dense",
    "config": {"name": "out", "units": 2, "dtype": "float32", "activation": "relu"},
}


def unsigned(folder: Path) -> Path:
    """Write a model that does not say what saved it, so that nothing is known of it."""
    path = Path(shutil.copy(EXAMPLES / "text.h5", folder / UNSIGNED))
    with h5py.File(path, "r+") as file:
        for place in (file, file["model_weights"]):
            del place.attrs["keras_version"]
    return path


def functional(*layers: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    config = {
        "name": "model",
        "layers": list(layers),
        "input_layers": [["in", 0, 0]],
        "output_layers": [["out", 0, 0]],
    }
    return {"class_name": "Functional", "config": config, **more}


def hdf5(path: Path, config: Any = None, *, attributes: Mapping[str, object] | None = None) -> Path:
    """Write a model, or weights if there is no configuration, as Keras 2 does."""
    with h5py.File(path, "w") as file:
        root = file
        if config is not None:
            file.attrs["model_config"] = json.dumps(config)
            root = file.create_group("model_weights")
        file.attrs.update(attributes or {"keras_version": "2.4.0", "backend": "tensorflow"})
        root.attrs["layer_names"] = [b"in", b"out"]
        root.create_group("in").attrs["weight_names"] = np.array([], "S1")
        group = root.create_group("out")
        group.attrs["weight_names"] = [b"out/kernel:0", b"out/bias:0"]
        group["out/kernel:0"] = np.zeros((4, 2), "f4")
        group["out/bias:0"] = np.zeros(2, "f4")
    return path


def keras_file(path: Path, config: Any, **members: bytes) -> Path:
    weights = path.with_name("inside.h5")
    with h5py.File(weights, "w") as file:
        file["layers/dense/vars/0"] = np.zeros((4, 2), "f4")
        file["layers/dense/vars/1"] = np.zeros(2, "f4")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.4.1"}))
        archive.writestr("config.json", json.dumps(config))
        archive.write(weights, "model.weights.h5")
        for name, content in members.items():
            archive.writestr(name, content)
    weights.unlink()
    return path


def kinds(one: Inspection, severity: Severity | None = None) -> set[str]:
    return {
        finding.kind for finding in one.findings if severity is None or finding.severity is severity
    }
