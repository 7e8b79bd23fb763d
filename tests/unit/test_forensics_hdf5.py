"""What is said of HDF5 files: models and weights, of every age, and what is wrong in them."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from model_files import DENSE, INPUT, functional, hdf5, kinds

from caniload.runner.forensics.facts import Holds, Severity
from caniload.runner.forensics.reading import inspect_here

pytest_plugins = ["forensics_fixtures"]


def test_a_real_h5_of_keras_in_tensorflow_1(recorded: Path, tmp_path: Path) -> None:
    one = inspect_here(recorded / "tf-1.15-lstm.h5")
    assert (one.format, one.holds, one.model_class) == ("h5", Holds.MODEL, "Model")
    assert one.origin.keras_version == "2.2.4-tf"
    assert str(one.origin.date_saved).startswith("2026-11-22 ")  # h5py 2 keeps that time
    assert one.layers_by_class == {"InputLayer": 1, "LSTM": 1, "Dense": 1}
    assert [(t.name, t.shape, t.dtype) for t in one.inputs] == [
        ("sequence", (None, 6, 4), "float32")
    ]
    assert one.weights is not None
    assert (one.weights.parameters, one.weights.variables) == (212, 5)
    assert one.optimizer is not None
    assert (one.optimizer.class_name, one.optimizer.iterations, one.optimizer.slots) == (
        "Adam",
        1,
        10,
    )
    assert one.loss == ("mean_squared_error",)
    assert one.sound
    assert not one.findings


def test_real_weights_of_keras_3(recorded: Path) -> None:
    one = inspect_here(recorded / "keras-3.13.weights.h5")
    assert (one.format, one.holds) == ("weights-h5", Holds.WEIGHTS)
    assert [layer.name for layer in one.layers] == ["hidden", "outputs", "features"]
    assert one.weights is not None
    assert one.weights.parameters == 37
    assert one.origin.keras_version is None


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({"keras_version": "2.4.0"}, id="text"),
        pytest.param({"keras_version": b"2.4.0"}, id="bytes"),
        pytest.param({"keras_version": np.bytes_("2.4.0")}, id="numpy"),
    ],
)
def test_hdf5_attributes_of_any_age(tmp_path: Path, attributes: dict[str, object]) -> None:
    one = inspect_here(hdf5(tmp_path / "m.h5", functional(INPUT, DENSE), attributes=attributes))
    assert one.origin.keras_version == "2.4.0"
    assert one.weights is not None
    assert one.weights.parameters == 10
    assert one.dtype_policies == {"float32": 1}


def test_names_that_keras_cut_into_several_attributes(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "m.h5")
    with h5py.File(path, "a") as file:
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = [b"in"], [b"out"]
    one = inspect_here(path)
    assert [layer.name for layer in one.layers] == ["in", "out"]
    assert one.weights is not None
    assert one.weights.parameters == 10


def test_links_that_lead_out_of_an_hdf5_file_are_not_followed(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "m.h5", functional(INPUT, DENSE))
    with h5py.File(path, "a") as file:
        file["out_of_here"] = h5py.ExternalLink("/etc/passwd", "/")
        layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
        layout[:] = h5py.VirtualSource("elsewhere.h5", "x", shape=(4,))
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("far", (4,), "f4", external=[("/etc/hosts", 0, 16)])
        file["loop"] = file["model_weights"]
    one = inspect_here(path)
    assert kinds(one, Severity.DANGER) == {"external-link", "virtual-dataset", "external-storage"}


def test_a_shape_that_is_a_trap(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "m.h5", functional(INPUT, DENSE))
    with h5py.File(path, "a") as file:
        file.create_dataset("huge", (2**40,), "f4", chunks=(1024,))
    assert kinds(inspect_here(path)) == {"absurd-size"}


def test_weights_that_are_named_and_missing(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "m.h5", functional(INPUT, DENSE))
    with h5py.File(path, "a") as file:
        del file["model_weights/out/out/bias:0"]
    assert kinds(inspect_here(path), Severity.DAMAGE) == {"missing-weights"}


@pytest.mark.parametrize("wrong", ["model.keras", "model.zip", "model", "model.hdf5"])
def test_hdf5_under_another_name(tmp_path: Path, wrong: str) -> None:
    one = inspect_here(hdf5(tmp_path / wrong, functional(INPUT, DENSE)))
    assert one.format == "h5"
    assert kinds(one) == (set() if wrong == "model.hdf5" else {"misnamed"})
