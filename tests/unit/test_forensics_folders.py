"""Folders as people have them: of MLflow, of Hugging Face, of TensorFlow Hub, shards, unzipped."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import h5py
import pytest
from model_files import DENSE, INPUT, functional, hdf5, kinds

from caniload.runner.checking.misread import misread
from caniload.runner.checking.subjects import gather
from caniload.runner.forensics.describe import as_lines
from caniload.runner.forensics.facts import Severity
from caniload.runner.forensics.reading import inspect_here

pytest_plugins = ["forensics_fixtures"]

MLMODEL = """
artifact_path: model
flavors:
  {flavor}:
    data: data
    keras_module: keras
    keras_version: 2.3.1
  python_function:
    loader_module: mlflow.{flavor}
    python_version: 3.7.3
mlflow_version: 1.30.0
"""


def _mlflow(folder: Path, flavor: str = "keras") -> Path:
    (folder / "data").mkdir(parents=True)
    (folder / "MLmodel").write_text(MLMODEL.format(flavor=flavor))
    (folder / "requirements.txt").write_text("mlflow\ntensorflow-cpu==2.0.1\nscipy==1.4\n")
    (folder / "conda.yaml").write_text("name: x\n")
    return folder


def _lines(path: Path) -> str:
    return "\n".join(as_lines(inspect_here(path)))


def test_a_folder_of_mlflow_states_what_the_model_in_it_does_not(tmp_path: Path) -> None:
    folder = _mlflow(tmp_path / "ml")
    path = hdf5(folder / "data" / "model.h5", functional(INPUT, DENSE))
    with h5py.File(path, "a") as file:
        file.attrs["keras_version"] = "2.3.1"
    one = inspect_here(folder)
    assert (one.problem, one.format, one.files) == (None, "h5", ("model.h5",))
    assert one.packaging is not None
    assert one.packaging.within == "data/model.h5"
    assert one.packaging.said == (
        "an MLflow model; it states MLflow 1.30.0, flavor keras, module keras, Keras 2.3.1,"
        " tensorflow-cpu==2.0.1"
    )
    assert one.origin.tensorflow_version == "2.0.1"
    (subject,) = gather([folder])
    assert subject.path == folder / "data" / "model.h5"
    assert subject.sha256 == next(gather([subject.path])).sha256
    # And so from a folder above it.
    shutil.copy(subject.path, tmp_path / "other.h5")
    assert {one.path.name for one in gather([tmp_path])} == {"model.h5", "other.h5"}


def test_what_a_folder_and_its_model_state_differently_is_told(tmp_path: Path) -> None:
    folder = _mlflow(tmp_path / "ml")
    path = hdf5(folder / "data" / "model.h5", functional(INPUT, DENSE))
    with h5py.File(path, "a") as file:
        file.attrs["keras_version"] = "2.2.4-tf"
    (folder / "data" / "custom_objects.cloudpickle").write_bytes(b"\x80\x04.")
    one = inspect_here(folder)
    assert one.origin.keras_version == "2.2.4-tf"
    assert kinds(one) == {"stated-twice", "pickle-beside"}
    assert "the model in it states Keras 2.2.4-tf, the folder 2.3.1" in _lines(folder)
    assert not kinds(one, Severity.DANGER)  # nothing of it runs where the model is loaded


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "an MLflow model of flavor sklearn, with no model of Keras in it"),
        ({"a.h5": 1, "b.h5": 1}, "an MLflow model with several in it; name one: data/a.h5, data/b"),
    ],
)
def test_a_folder_of_mlflow_without_one_model_says_so(
    tmp_path: Path, given: dict[str, int], told: str
) -> None:
    folder = _mlflow(tmp_path / "ml", "sklearn")
    for name in given:
        hdf5(folder / "data" / name, functional(INPUT, DENSE))
    assert str(inspect_here(folder).problem).startswith(told)


@pytest.mark.parametrize("text", ["", "[1]", "flavors: 3", "!!python/object:os.system {}", "\0"])
def test_an_mlmodel_that_is_none_is_told_in_one_line(tmp_path: Path, text: str) -> None:
    folder = _mlflow(tmp_path / "ml")
    (folder / "MLmodel").write_text(text)
    problem = inspect_here(folder).problem
    assert problem is not None
    assert "\n" not in problem


def test_a_repository_of_hugging_face(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlibrary_name: tf-keras\n---\n# Model\n")
    (tmp_path / "config.json").write_text('{"hub": 1}')
    hdf5(tmp_path / "net.h5", functional(INPUT, DENSE))
    one = inspect_here(tmp_path)
    assert one.format == "h5"
    assert "folder      a repository of Hugging Face, library tf-keras: net.h5" in _lines(tmp_path)
    (tmp_path / "net.h5").rename(tmp_path / "tf_model.h5")
    assert "of the library transformers" in str(inspect_here(tmp_path).problem)


def test_what_git_lfs_has_not_fetched_is_told(tmp_path: Path, recorded: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    folder = _unzipped(recorded / "keras-2.15.keras", tmp_path / "model")
    assert inspect_here(folder).sound
    (folder / "model.weights.h5").write_text(pointer)
    problem = str(inspect_here(folder).problem)
    assert "model.weights.h5 are Git LFS pointers; `git lfs pull` fetches" in problem


def _unzipped(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder


def test_a_keras_that_is_a_folder(tmp_path: Path, recorded: Path) -> None:
    archive = recorded / "keras-2.15.keras"
    folder = _unzipped(archive, tmp_path / "model")
    one, other = inspect_here(folder), inspect_here(archive)
    assert one.weights == other.weights
    assert "zipped=False" in _lines(folder)
    (tmp_path / "zoo").mkdir()
    folder.rename(tmp_path / "zoo" / "model")
    shutil.copy(archive, tmp_path / "zoo")
    found = {subject.path.name for subject in gather([tmp_path / "zoo"])}
    assert found == {"model", "keras-2.15.keras"}


def test_a_zip_of_the_folder_is_none_of_its_files(tmp_path: Path, recorded: Path) -> None:
    folder = _unzipped(recorded / "keras-2.15.keras", tmp_path / "model")
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        for one in folder.iterdir():
            archive.write(one, f"model/{one.name}")
    problem = str(inspect_here(tmp_path / "m.keras").problem)
    assert "config.json lies in a folder (model/config.json)" in problem


def test_a_module_of_the_hub(tmp_path: Path, recorded: Path) -> None:
    folder = tmp_path / "0a1b"
    shutil.copytree(recorded / "savedmodel", folder)
    (tmp_path / "0a1b.descriptor.txt").write_text(
        "Module: https://tfhub.dev/google/x/1\nDownload Time: 1\n"
    )
    assert "from the cache of TensorFlow Hub: https://tfhub.dev/google/x/1" in _lines(folder)
    (folder / "tfhub_module.pb").write_bytes(b"\x08\x03")
    assert "a module of TensorFlow Hub, as TensorFlow 1 has" in _lines(folder)


def _shards(folder: Path, named: Any) -> Path:
    for number in range(2):
        with h5py.File(folder / f"w_{number:05}.weights.h5", "w") as file:
            file.create_group(f"layers/dense_{number}/vars")["0"] = [1.0, 2.0]
    path = folder / "w.weights.json"
    path.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": named}))
    return path


NAMED = {
    "/layers/dense_0/vars": ["w_00000.weights.h5"],
    "/layers/dense_1/vars": "w_00001.weights.h5",
}


def test_weights_in_shards_are_one_file(tmp_path: Path) -> None:
    path = _shards(tmp_path, NAMED)
    one = inspect_here(path)
    assert (one.format, one.variant, one.sound) == ("weights-h5", "objects, in 2 shards", True)
    assert one.files == ("w.weights.json", "w_00000.weights.h5", "w_00001.weights.h5")
    assert one.weights is not None
    assert one.weights.parameters == 4
    (subject,) = gather([tmp_path])
    assert subject.path == path
    (tmp_path / "w_00001.weights.h5").unlink()
    assert kinds(inspect_here(path), Severity.DAMAGE) == {"missing-shard"}
    assert "1 of 2 shards are missing: w_00001.weights.h5" in _lines(path)


@pytest.mark.parametrize("name", ["../x.weights.h5", "/etc/passwd", "", "..", "a\0b"])
def test_shards_that_lie_elsewhere_are_not_opened(tmp_path: Path, name: str) -> None:
    path = _shards(tmp_path, {**NAMED, "/other/vars": [name, 3]})
    assert kinds(inspect_here(path), Severity.DANGER) == {"shard-elsewhere"}


def test_what_was_written_on_windows_is_read_and_told(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.weights.h5", "w") as file:
        file.create_group("layers\\dense\\vars")["0"] = [1.0, 2.0]
        file.create_group("layers\\dense").create_group("vars")["0"] = [1.0, 2.0, 3.0]
    one = inspect_here(tmp_path / "w.weights.h5")
    assert (one.problem, one.format) == (None, "weights-h5")
    assert kinds(one) == {"written-on-windows"}
    assert [layer.name for layer in one.layers] == ["dense"]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("hf://user/model", "download it (`hf download user/model --local-dir model`)"),
        ("s3://bucket/m.h5", "s3://bucket/m.h5 is an address and no path"),
        ("https://example.org/m.h5", "nothing is fetched from there: download it, then name"),
    ],
)
def test_an_address_is_none_of_a_file(address: str, told: str) -> None:
    assert told in str(inspect_here(Path(address)).problem)


@pytest.mark.parametrize(
    ("name", "raised", "told"),
    [
        ("m.keras", "File not found: filepath=m.keras. Please ensure the file is", "an HDF5 file"),
        ("m.hd5", "File format not supported: filepath=m.hd5. Keras 3 only", "does not end in .h5"),
        ("m.h5", "Unable to open file (file signature not found)", None),
        ("m.keras", "Unrecognized keyword arguments: ['x']", None),
    ],
)
def test_a_file_that_is_there_is_not_told_to_be_missing(
    tmp_path: Path, name: str, raised: str, told: str | None
) -> None:
    (subject,) = gather([hdf5(tmp_path / name, functional(INPUT, DENSE))])
    found = misread(subject, "load", raised)
    assert found is None if told is None else told in str(found)
    if told:
        assert f"`cp {tmp_path / name} {tmp_path / 'm.h5'}`, then check that" in str(found)
    assert misread(subject, "predict", raised) is None


def test_a_folder_that_is_taken_for_something_else(tmp_path: Path, recorded: Path) -> None:
    folder = _unzipped(recorded / "keras-2.15.keras", tmp_path / "model")
    (subject,) = gather([folder])
    missing = f"SavedModel file does not exist at: {folder}/{{saved_model.pbtxt|saved_model.pb}}"
    assert "zip -r ../model-zipped.keras ." in str(misread(subject, "load", missing))
    shutil.copytree(recorded / "savedmodel", tmp_path / "graph.keras")
    (subject,) = gather([tmp_path / "graph.keras"])
    told = misread(subject, "load", "File not found: filepath=graph.keras.")
    assert "it is a SavedModel, which is a folder" in str(told)
