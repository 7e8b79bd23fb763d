"""What is said of model files: real small ones, made ones of every age, what a stranger sends."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import random
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import mutations
import numpy as np
import pytest

import runner
from runner import cli
from runner.forensics import apart, documents, worker
from runner.forensics.describe import as_json, as_lines, shown
from runner.forensics.facts import Custom, Holds, Inspection, Severity, UnreadableError
from runner.forensics.reading import inspect_here
from runner.forensics.sstable import masked_crc32c

INPUT = {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": [None, 4]}}
DENSE = {
    "class_name": "Dense",
    "config": {"name": "out", "units": 2, "dtype": "float32", "activation": "relu"},
}


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack files that Keras wrote, in TensorFlow 1.15 to 2.21; the zip is a third of them."""
    folder = tmp_path_factory.mktemp("recorded")
    with zipfile.ZipFile(Path(__file__).with_name("recorded_models.zip")) as archive:
        archive.extractall(folder)
    return folder


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


def test_a_real_keras_file(recorded: Path) -> None:
    one = inspect_here(recorded / "keras-2.15.keras")
    assert (one.format, one.holds) == ("keras", Holds.MODEL)
    assert one.origin.keras_version == "2.15.0"
    assert one.origin.date_saved == "2026-11-22@18:08:46"
    assert one.origin.backend is None
    assert one.weights is not None
    assert one.weights.parameters == 37
    assert one.optimizer is None
    assert not one.findings


def test_real_weights_of_keras_3(recorded: Path) -> None:
    one = inspect_here(recorded / "keras-3.13.weights.h5")
    assert (one.format, one.holds) == ("weights-h5", Holds.WEIGHTS)
    assert [layer.name for layer in one.layers] == ["hidden", "outputs", "features"]
    assert one.weights is not None
    assert one.weights.parameters == 37
    assert one.origin.keras_version is None


@pytest.mark.parametrize("given", ["", "saved_model.pb", "keras_metadata.pb"])
def test_a_real_savedmodel(recorded: Path, given: str) -> None:
    one = inspect_here(recorded / "savedmodel" / given)
    assert (one.format, one.holds) == ("savedmodel", Holds.MODEL)
    assert (one.origin.tensorflow_version, one.origin.keras_version) == ("2.15.1", "2.15.0")
    assert [(t.name, t.shape) for t in one.outputs] == [("outputs", (None, 2))]
    assert one.weights is not None
    assert (one.weights.parameters, one.weights.trainable) == (37, 37)
    assert one.layers_by_class == {"Dense": 2, "InputLayer": 1}
    assert one.sound


@pytest.mark.parametrize("given", ["", "model.ckpt", "model.ckpt.index"])
def test_a_real_checkpoint(recorded: Path, given: str) -> None:
    one = inspect_here(recorded / "checkpoint" / given)
    assert (one.format, one.variant, one.holds) == ("checkpoint", "by objects", Holds.WEIGHTS)
    assert one.weights is not None
    assert one.weights.parameters == 37


def test_a_checkpoint_without_its_data(recorded: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(recorded / "checkpoint", tmp_path / "m")
    (folder / "model.ckpt.data-00000-of-00001").unlink()
    one = inspect_here(folder)
    assert kinds(one) == {"missing-shard"}
    assert not one.sound


def test_a_savedmodel_without_its_variables(recorded: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(recorded / "savedmodel", tmp_path / "m")
    shutil.rmtree(folder / "variables")
    assert kinds(inspect_here(folder)) == {"missing-weights"}
    (folder / "variables").mkdir()
    (folder / "saved_model.pb").unlink()
    assert inspect_here(folder).problem == "a SavedModel folder without its saved_model.pb"


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


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        pytest.param(
            {"class_name": "Scale"}, Custom(name="Scale", role="layer"), id="unregistered"
        ),
        pytest.param(
            {"class_name": "mine>Scale"},
            Custom(name="Scale", package="mine", role="layer"),
            id="registered, Keras 2",
        ),
        pytest.param(
            {"class_name": "Scale", "module": None, "registered_name": "mine>Scale"},
            Custom(name="Scale", package="mine", role="layer"),
            id="registered, Keras 3",
        ),
        pytest.param(
            {"class_name": "Dense", "module": "mine.layers", "registered_name": "Dense"},
            Custom(name="Dense", module="mine.layers", role="layer"),
            id="a name that Keras has, too",
        ),
        pytest.param({"class_name": "BatchNormalizationV1"}, None, id="of TensorFlow 1"),
        pytest.param({"class_name": "TimeDistributedDense"}, None, id="of Keras 0.3"),
        pytest.param({"class_name": "New", "module": "keras.layers"}, None, id="of Keras to come"),
    ],
)
def test_custom_classes(tmp_path: Path, layer: dict[str, Any], expected: Custom | None) -> None:
    config = functional(INPUT, {**DENSE, **layer})
    one = inspect_here(hdf5(tmp_path / "m.h5", config))
    assert one.custom == ((expected,) if expected else ())


def test_functions_that_are_custom(tmp_path: Path) -> None:
    config = functional(INPUT, {"class_name": "Dense", "config": {"activation": "squash"}})
    one = inspect_here(hdf5(tmp_path / "m.h5", config))
    assert one.custom == (Custom(name="squash", role="function"),)


@pytest.mark.parametrize(
    ("lambda_config", "size"),
    [
        pytest.param({"function": ["4wEA\n", None, None], "function_type": "lambda"}, 3, id="2"),
        pytest.param(
            {"function": {"class_name": "__lambda__", "config": {"code": "4wEA"}}}, 3, id="3"
        ),
    ],
)
def test_code_in_a_lambda(tmp_path: Path, lambda_config: dict[str, Any], size: int) -> None:
    layer = {"class_name": "Lambda", "config": {"name": "double", **lambda_config}}
    one = inspect_here(hdf5(tmp_path / "m.h5", functional(INPUT, layer)))
    assert [(code.kind, code.where, code.bytes) for code in one.code] == [
        ("bytecode", "double", size)
    ]
    assert kinds(one, Severity.DANGER) == {"bytecode"}
    assert one.sound


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        ({"module": "os", "class_name": "function", "config": "system"}, "names-python"),
        ({"module": "builtins", "class_name": "function", "config": "eval"}, "names-python"),
        (
            {"module": "keras.utils", "class_name": "function", "config": "get_file"},
            "names-utility",
        ),
        ({"class_name": "TFSMLayer", "config": {"filepath": "/x"}}, "loads-another-file"),
        ({"class_name": "StringLookup", "config": {"vocabulary": "/x"}}, "reads-another-file"),
    ],
)
def test_what_reaches_out_of_a_configuration(
    tmp_path: Path, node: dict[str, Any], kind: str
) -> None:
    one = inspect_here(keras_file(tmp_path / "m.keras", functional(INPUT, DENSE, extra=node)))
    assert kinds(one) == {kind}


def test_layers_of_a_model_inside_are_counted_and_the_model_is_not(tmp_path: Path) -> None:
    inner = functional({**INPUT}, {**DENSE, "config": {"name": "deep"}})
    inner["config"]["name"] = "inner"
    wrapped = {"class_name": "Bidirectional", "config": {"name": "both", "layer": DENSE}}
    one = inspect_here(hdf5(tmp_path / "m.h5", functional(INPUT, inner, wrapped)))
    assert one.layers_by_class == {"InputLayer": 2, "Dense": 1, "Bidirectional": 1}
    assert [layer.wraps for layer in one.layers if layer.name == "both"] == [("Dense",)]
    assert [layer.name for layer in one.layers if layer.inside == "inner"] == ["in", "deep"]


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


@pytest.mark.parametrize(
    ("name", "kind"),
    [("../../evil", "zip-path-traversal"), ("/etc/evil", "zip-path-traversal")],
)
def test_zip_members_with_names_that_lead_out(tmp_path: Path, name: str, kind: str) -> None:
    path = keras_file(tmp_path / "m.keras", functional(INPUT, DENSE), **{name: b"x"})
    assert kinds(inspect_here(path), Severity.DANGER) == {kind}


def test_a_zip_member_that_grows(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "m.keras", functional(INPUT, DENSE))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/bomb", bytes(4 * 2**20))
    assert kinds(inspect_here(path), Severity.DANGER) == {"zip-bomb"}


def test_a_zip_with_a_wrong_checksum(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "m.keras", functional(INPUT, DENSE))
    content = path.read_bytes()
    place = content.rindex(b"\x89HDF") + 600
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    assert "zip-checksum" in kinds(inspect_here(path), Severity.DAMAGE)


def test_a_keras_file_unpacked_as_a_folder(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "m.keras", functional(INPUT, DENSE))
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "m")
    one = inspect_here(tmp_path / "m")
    assert (one.format, one.variant, one.sound) == ("keras", "folder", True)
    assert one.weights is not None
    assert one.weights.parameters == 10


@pytest.mark.parametrize("wrong", ["model.keras", "model.zip"])
def test_hdf5_under_another_name(tmp_path: Path, wrong: str) -> None:
    one = inspect_here(hdf5(tmp_path / wrong, functional(INPUT, DENSE)))
    assert one.format == "h5"
    assert kinds(one) == ({"misnamed"} if wrong == "model.keras" else set())


class Evil:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, ("unpickled",)


def test_a_pickle_is_told_and_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Evil()))
    one = inspect_here(path)
    assert "mkdir" in one.findings[0].text
    assert one.problem is not None
    assert not Path("unpickled").exists()


OTHERS = {
    "nothing": (b"", "an empty file"),
    "text": (b"hello", "a text, and no description of a model"),
    "json": (b'{"a": 1}', "a JSON text, but no description of a model"),
    "zeros": (bytes(100), "begins with zeros"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG image"),
    "html": (b"<!DOCTYPE html><p>404", "an HTML or XML text, perhaps the error page"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
    "tflite": (b"\x1c\0\0\0TFL3" + bytes(100), "a TensorFlow Lite model"),
    "hdf5 cut short": (b"\x89HDF\r\n\x1a\n" + b"\xff" * 300, "HDF5 file that cannot be opened"),
    "zip cut short": (b"PK\3\4" + b"\xff" * 300, "a zip file that is cut short"),
    "brackets": (b"[" * 100_000, "holds JSON nested deeper than is read"),
    "deep": (b'{"a":' * 500 + b"1" + b"}" * 500, "nested deeper"),
}


@pytest.mark.parametrize(("content", "told"), OTHERS.values(), ids=OTHERS)
def test_what_is_no_model_is_named_in_one_line(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "model"
    path.write_bytes(content)
    one = inspect_here(path)
    assert told in str(one.problem)
    assert "\n" not in str(one.problem)


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "neither a file nor a folder" in str(inspect_here(tmp_path / "pipe").problem)
    assert inspect_here(tmp_path / "none").problem == "there is no such file or folder"
    (tmp_path / "folder").mkdir()
    assert inspect_here(tmp_path / "folder").problem == "an empty folder"
    hdf5(tmp_path / "folder" / "a.h5")
    assert "name one in it: a.h5" in str(inspect_here(tmp_path / "folder").problem)


def test_names_cannot_steer_a_terminal(tmp_path: Path) -> None:
    config = functional(INPUT, DENSE)
    config["config"]["name"] = "\x1b[2Jgone\u202e\nx"
    lines = list(as_lines(inspect_here(hdf5(tmp_path / "m.h5", config))))
    assert "  model       Functional gone x" in lines
    assert shown("x" * 1_000) == f"{'x' * 200}…"


def test_checksums_are_those_of_leveldb() -> None:
    """The value for "123456789" is in every table of CRCs: 0xE3069283."""
    crc = 0xE3069283
    assert masked_crc32c(b"123456789") == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_the_schema_stays(recorded: Path) -> None:
    """A field that goes, or is called otherwise, needs another number in ``facts.SCHEMA``."""
    (data,) = as_json([inspect_here(recorded / "keras-2.15.keras")])
    assert data["schema"] == 1
    assert set(data) == {
        *("path", "schema", "problem", "format", "variant", "holds", "files", "bytes", "origin"),
        *("model_class", "model_name", "layers", "layers_by_class", "inputs", "outputs"),
        *("dtype_policies", "custom", "code", "optimizer", "loss", "metrics", "weights"),
        "findings",
    }
    assert set(data["origin"]) == {
        *("keras_version", "tensorflow_version", "backend", "date_saved", "graph_producer")
    }


def test_documents_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "TEXT_BYTES", 10)
    with pytest.raises(UnreadableError, match="longer than is read"):
        documents.read_json("[" + "1," * 10 + "1]")


def test_inspect_from_python(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "m.h5", functional(INPUT, DENSE))
    assert runner.inspect(path) == inspect_here(path)
    assert runner.inspect(str(tmp_path / "none")).problem == "there is no such file or folder"


def test_a_file_that_kills_its_reader_costs_itself_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is replaced by one that dies on the second path, by a signal and by a fault."""
    good = hdf5(tmp_path / "m.h5", functional(INPUT, DENSE))
    dies = apart._START.replace(
        "main()",
        "import os, signal, runner.forensics.worker as w; read = w.inspect_here;"
        "w.inspect_here = lambda p: os.kill(os.getpid(), signal.SIGSEGV)"
        " if p.name == 'segv' else 1 / 0 if p.name == 'fault' else read(p); main()",
    )
    monkeypatch.setattr(apart, "_START", dies)
    names = [good, Path("segv"), good, Path("fault"), good]
    found = list(apart.inspect_all(names))
    assert [one.path for one in found] == [str(name) for name in names]
    assert [one.problem for one in found] == [
        None,
        "crashes the library that reads it (SIGSEGV)",
        None,
        "cannot be read for a fault of caniload's own: ZeroDivisionError: division by zero",
        None,
    ]


def test_time_is_bounded_by_size(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.write_bytes(b"x")
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(10**12)
    assert worker.budget(small) < 1
    assert worker.budget(tmp_path / "large") == worker.SECONDS_AT_MOST
    assert worker.budget(tmp_path / "none") == worker.SECONDS


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = str(hdf5(tmp_path / "m.h5", functional(INPUT, DENSE)))
    assert cli.main(["inspect", good]) == 0
    assert "parameters  10 in 2 arrays, float32, 40 bytes" in capsys.readouterr().out
    assert cli.main(["inspect", "--json", "nowhere", good]) == 2
    bad, fine = json.loads(capsys.readouterr().out)
    assert (bad["problem"], fine["problem"]) == ("there is no such file or folder", None)
    assert fine["weights"]["parameters"] == 10


def test_damaged_copies_end_in_an_answer(recorded: Path, tmp_path: Path) -> None:
    """`python tests/mutations.py FOLDER` does the same 5,000 times, with files of every version."""
    found = mutations.originals(recorded) + sorted(recorded.glob("*.*"))
    found += [recorded / "savedmodel", recorded / "checkpoint" / "model.ckpt.index"]
    chance = random.Random(7)
    paths = [
        mutations.spoil(found[n % len(found)], chance.choice(found), tmp_path / str(n), chance)
        for n in range(200)
    ]
    answers = list(apart.inspect_all(paths))
    assert len(answers) == len(paths)
    for one in answers:
        assert "fault of caniload" not in (one.problem or "")
        assert dataclasses.replace(one, path="") is not None
        assert list(as_lines(one))
