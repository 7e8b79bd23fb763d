"""What is said of architectures in JSON and YAML, and how much of a text is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from model_files import DENSE, hdf5, kinds

from caniload.runner.forensics.facts import Holds, Severity, UnreadableError
from caniload.runner.forensics.formats import documents
from caniload.runner.forensics.reading import inspect_here


def test_a_model_of_keras_0_3(tmp_path: Path) -> None:
    config = {
        "name": "Sequential",
        "layers": [{"name": "Dense", "output_dim": 2, "input_shape": [4]}, {"name": "Dropout"}],
        "optimizer": {"name": "SGD", "lr": 0.1},
        "loss": "mse",
    }
    path = tmp_path / "model.json"
    path.write_text(json.dumps(config))
    one = inspect_here(path)
    assert (one.format, one.holds, one.model_class) == ("json", Holds.ARCHITECTURE, "Sequential")
    assert one.layers_by_class == {"Dense": 1, "Dropout": 1}
    assert one.inputs[0].shape == (None, 4)
    assert one.custom == ()


def test_a_sequential_of_keras_1(tmp_path: Path) -> None:
    config = {"class_name": "Sequential", "config": [DENSE], "keras_version": "1.2.2"}
    (tmp_path / "model.json").write_text(json.dumps(config))
    hdf5(tmp_path / "model.h5")
    one = inspect_here(tmp_path)
    assert (one.holds, one.files) == (Holds.MODEL, ("model.json", "model.h5"))
    assert one.origin.keras_version == "1.2.2"
    assert one.outputs[0].name == "out"


def test_old_yaml(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(
        "backend: theano\nclass_name: Sequential\nconfig:\n- class_name: Dense\n"
        "  config:\n    batch_input_shape: !!python/tuple [null, 4]\n    name: dense_1\n"
        "keras_version: 2.2.4\n"
    )
    one = inspect_here(path)
    assert (one.format, one.origin.backend) == ("yaml", "theano")
    assert one.inputs[0].shape == (None, 4)


def test_yaml_that_would_run_code(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text("class_name: !!python/object/apply:os.system [true]\n")
    one = inspect_here(path)
    assert kinds(one, Severity.DANGER) == {"yaml-python"}
    assert not one.sound


def test_yaml_that_grows_when_it_is_walked(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    path = tmp_path / "model.yaml"
    path.write_text("\n".join([*lines, "class_name: Sequential", "config: *a8", ""]))
    assert "nested deeper, or more of them" in str(inspect_here(path).problem)


def test_documents_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "TEXT_BYTES", 10)
    with pytest.raises(UnreadableError, match="longer than is read"):
        documents.read_json("[" + "1," * 10 + "1]")
