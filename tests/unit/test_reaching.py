"""What a file has its loader reach: found whatever it is called, and nothing plain is blamed."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from model_files import DENSE, INPUT, functional, hdf5, keras_file, kinds

from caniload.runner.checking.customs import read_custom
from caniload.runner.forensics import trusting
from caniload.runner.forensics.facts import Severity
from caniload.runner.forensics.reading import inspect_here


def function(name: str, module: str) -> dict[str, Any]:
    return {"class_name": "function", "module": module, "config": name, "registered_name": name}


def lambda_of(target: dict[str, Any]) -> dict[str, Any]:
    config = {"name": "out", "function": target}
    return {"class_name": "Lambda", "module": "keras.layers", "config": config}


def layer(class_name: str, module: str | None = None, **config: Any) -> dict[str, Any]:
    node = {"class_name": class_name, "config": {"name": "out", **config}}
    return {**node, "module": module, "registered_name": None} if module else node


def dense(**config: Any) -> dict[str, Any]:
    plain: dict[str, Any] = dict(DENSE["config"])  # type: ignore[arg-type]
    return {**DENSE, "module": "keras.layers", "config": {**plain, **config}}


ATTACKS = {
    "another name to look up": lambda_of(
        {
            **function("relu", "tensorflow.python.tools.saved_model_cli"),
            "registered_name": "preprocess_input_exprs_arg_string",
        }
    ),
    "another name for a class": {
        **layer("Dense", "keras.src.saving.saving_api"),
        "registered_name": "load_model",
    },
    "a known name elsewhere": lambda_of(function("copy", "tensorflow.io.gfile")),
    "a known name elsewhere, inside": lambda_of(
        function("copy", "tensorflow.python.lib.io.file_io")
    ),
    "a name within a module": lambda_of(function("shutil.copy", "keras.src.backend.common")),
    "a utility of another keras": lambda_of(function("get_file", "tensorflow.python.keras.utils")),
    "a name with underscores": {
        **layer("__import__", "importlib"),
        "inbound_nodes": [{"args": ["this"], "kwargs": {}}],
    },
    "a name where layers of yore are": layer("load_model", "keras._legacy.layers"),
    "a type that is none": {"class_name": "__typespec__", "module": "this", "spec_name": "x"},
    "a module of tests": lambda_of(function("rmtree", "test.support.os_helper")),
    "a function as a layer": function("zeros", "keras.ops"),
    "a class as a function": lambda_of(function("TFSMLayer", "keras.layers")),
    "an operation of a graph, as a dict": layer(
        "TensorFlowOpLayer", node_def={"name": "x", "op": "WriteFile"}, constants={}
    ),
    "an operation of a graph, in bytes": layer(
        "TensorFlowOpLayer", node_def="\n\x01x\x12\tWriteFile", constants={}
    ),
    "an operation of a graph, unreadable": layer(
        "TensorFlowOpLayer", node_def="\xff\xff", constants={}
    ),
    "memory in quotes": dense(units="1000000000"),
    "memory of a normalization": {
        **layer("BatchNormalization", "keras.layers", gamma_initializer="ones"),
        "build_config": {"input_shape": [None, 10**10]},
    },
    "memory of a product": layer("EinsumDense", "keras.layers", output_shape=[30_000, 30_000]),
    "unsafe deserialization": lambda_of(function("enable_unsafe_deserialization", "keras.config")),
    "another model": lambda_of(function("load_model", "keras.saving")),
    "a policy": lambda_of(function("set_dtype_policy", "keras.config")),
    "a download": lambda_of(function("load_data", "keras.datasets.mnist")),
    "a picture": lambda_of(function("plot_image_gallery", "keras.visualization")),
    "a file of TensorFlow": lambda_of(function("write_file", "tensorflow.io")),
    "a file, by its inner module": lambda_of(
        function("write_file", "tensorflow.python.ops.gen_io_ops")
    ),
    "as an activation": dense(activation=function("load_model", "keras.src.saving.saving_api")),
    "as an initializer": dense(kernel_initializer=function("clear_session", "keras.utils")),
    "a node that is no layer": function("load_data", "keras.src.datasets.cifar10"),
    "a class that is none": layer("FileWriter", "keras.src.saving.file_editor"),
    "numpy": lambda_of(function("load", "numpy")),
    "pip": lambda_of(function("main", "pip")),
    "a class of a package": layer("Popen", "setuptools.sandbox"),
    "Python": lambda_of(function("system", "os")),
    "Python, below": lambda_of(function("check_output", "subprocess")),
    "an operation that writes": layer("TFOpLambda", function="io.write_file"),
    "an operation by its old name": layer("TFOpLambda", function="compat.v1.py_func"),
    "raw operations": layer("TFOpLambda", function="raw_ops.WriteFile"),
    "a method of a class": layer("ClassMethod", cls_symbol="io.gfile.GFile", method_name="x"),
    "an operation of a graph": layer(
        "TensorFlowOpLayer", node_def='{"name": "x", "op": "WriteFile"}', constants={}
    ),
    "an operation of a graph, as text": layer(
        "TensorFlowOpLayer", node_def='name: "x"\nop: "ReadFile"', constants={}
    ),
    "a name that is a path": layer("Dense", "keras.layers", name=".."),
    "a name with a path": layer("Dense", "keras.layers", name="a/../../b"),
    "an absolute name": layer("Dense", "keras.layers", name="/etc/cron.d/x"),
    "a vocabulary": layer("StringLookup", "keras.layers", vocabulary="/etc/passwd"),
    "a vocabulary above": layer("TextVectorization", "keras.layers", vocabulary="../../x"),
    "a vocabulary elsewhere": layer("StringLookup", "keras.layers", vocabulary="gs://bucket/x"),
    "a SavedModel": layer("TFSMLayer", "keras.layers", filepath="/tmp/evil"),
    "memory": {**dense(units=10**9), "build_config": {"input_shape": [None, 4]}},
    "memory by its input": {**dense(units=1000), "build_config": {"input_shape": [None, 10**9]}},
    "memory of words": layer("Embedding", "keras.layers", input_dim=10**7, output_dim=4096),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_not_known_to_be_a_model_asks_for_trust(tmp_path: Path, name: str) -> None:
    one = inspect_here(keras_file(tmp_path / "m.keras", functional(INPUT, ATTACKS[name])))
    assert kinds(one, Severity.DANGER), one.findings
    assert trusting.reason(one) is not None


PLAIN = {
    "a model that Keras 2.15 keeps apart": layer("LinearModel", "keras.experimental"),
    "an operation of a version to come": layer("CDist", "keras.src.ops.numpy"),
    "a function of Keras, as Keras writes it": lambda_of(function("abs", "builtins")),
    "a type of tensors": {
        "class_name": "__typespec__",
        "module": "tensorflow.python.framework.tensor_spec",
        "spec_name": "TensorSpec",
        "config": [],
    },
    "an operation of a graph, as a dict": layer(
        "TensorFlowOpLayer", node_def={"name": "x", "op": "AddV2"}, constants={}
    ),
    "an operation of a graph, in bytes": layer(
        "TensorFlowOpLayer", node_def="\n\x01x\x12\x05AddV2", constants={}
    ),
    "a layer": dense(),
    "a layer inside": {**dense(), "module": "keras.src.layers.core.dense"},
    "a layer to come": layer("Unheard", "keras.layers"),
    "a layer of yore": layer("AlphaDropout", "keras._legacy.layers", rate=0.1),
    "an operation": layer("GetItem", "keras.src.ops.numpy"),
    "an activation": dense(activation=function("leaky_relu", "keras.activations")),
    "an activation, inside": dense(activation=function("gelu", "keras.src.activations")),
    "an initializer": dense(
        kernel_initializer={"class_name": "HeNormal", "module": "keras.initializers", "config": {}}
    ),
    "a function on tensors": lambda_of(function("abs", "keras.src.ops.numpy")),
    "a function of TensorFlow": lambda_of(function("reduce_sum", "tensorflow.math")),
    "an operation of TensorFlow": layer("TFOpLambda", function="math.multiply"),
    "an old operation of TensorFlow": layer("TFOpLambda", function="compat.v1.nn.conv2d"),
    "an operator": layer("SlicingOpLambda", function="__operators__.getitem"),
    "an operation of a graph": layer(
        "TensorFlowOpLayer", node_def='{"name": "x", "op": "AddV2"}', constants={}
    ),
    "a ragged tensor": layer(
        "ClassMethod", cls_symbol="ragged.RaggedTensor", method_name="from_row_splits"
    ),
    "an optimizer of Keras on PyTorch": dense(
        anything=layer("Adam", "keras.src.backend.torch.optimizers.torch_adam")
    ),
    "a name with a slash": layer("Dense", "keras.layers", name="block/dense"),
    "a vocabulary": layer("StringLookup", "keras.layers", vocabulary=["a", "b"]),
    "a class of a notebook": layer("Scale", "__main__"),
    "a large layer": {**dense(units=4096), "build_config": {"input_shape": [None, 4096]}},
    "a large picture": {
        **layer("Conv2D", "keras.layers", filters=8, kernel_size=[3, 3]),
        "build_config": {"input_shape": [None, 8192, 8192, 3]},
    },
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_models_are_made_of_asks_for_none(tmp_path: Path, name: str) -> None:
    one = inspect_here(keras_file(tmp_path / "m.keras", functional(INPUT, PLAIN[name])))
    assert kinds(one, Severity.DANGER) == set()
    assert trusting.reason(one) is None


def test_code_of_ones_own_is_imported_by_nobody_who_is_given_it(tmp_path: Path) -> None:
    own = inspect_here(
        keras_file(tmp_path / "a.keras", functional(INPUT, layer("Scale", "team.layers")))
    )
    assert kinds(own, Severity.DANGER) == {"imports"}
    assert "give its code with --custom" in str(trusting.reason(own))
    code = tmp_path / "net.py"
    code.write_text("class Scale:\n    pass\n")
    assert trusting.reason(own, read_custom([str(code)]).provides) is None
    code.write_text("def objects():\n    return {'Scale': type('X', (), {})}\n")
    assert trusting.reason(own, read_custom([f"{code}:objects"]).provides) is None
    # A name that is only mentioned is not what a loader is given.
    code.write_text("from team.layers import Scale\nNAMES = ['Scale']\n")
    assert trusting.reason(own, read_custom([str(code)]).provides) is not None


def test_a_function_with_a_name_of_keras_is_imported_all_the_same(tmp_path: Path) -> None:
    one = inspect_here(
        keras_file(
            tmp_path / "m.keras", functional(INPUT, lambda_of(function("normal", "numpy.random")))
        )
    )
    assert trusting.reason(one) is not None
    assert trusting.reason(one, {"normal"}) is None


def test_what_is_given_spares_no_other_danger(tmp_path: Path) -> None:
    one = inspect_here(keras_file(tmp_path / "m.keras", functional(INPUT, ATTACKS["Python"])))
    assert trusting.reason(one, {"system", "os"}) is not None


def test_code_of_keras_0_3_is_seen(tmp_path: Path) -> None:
    """https://github.com/keras-team/keras/tree/0.3.3: a layer's settings stand beside its name."""
    config = {
        "class_name": "Sequential",
        "config": [{"name": "Lambda", "function": ["4wEA", None, None], "function_type": "lambda"}],
    }
    one = inspect_here(hdf5(tmp_path / "m.h5", config, attributes={"keras_version": "2.0.9"}))
    assert kinds(one, Severity.DANGER) == {"bytecode"}


def test_two_formats_in_one_file_are_told(tmp_path: Path) -> None:
    first = hdf5(tmp_path / "a.h5", functional(INPUT, DENSE)).read_bytes()
    second = keras_file(tmp_path / "b.keras", functional(INPUT, DENSE)).read_bytes()
    for name, content in (("c.keras", first + second), ("d.h5", second.ljust(8192) + first)):
        (tmp_path / name).write_bytes(content)
    appended = inspect_here(tmp_path / "c.keras")
    assert kinds(appended, Severity.DANGER) == {"two-formats"}


def test_hdf5_is_found_behind_any_block(tmp_path: Path) -> None:
    content = hdf5(tmp_path / "a.h5", functional(INPUT, DENSE)).read_bytes()
    with (
        h5py.File(tmp_path / "b.h5", "w", userblock_size=8192) as file,
        h5py.File(tmp_path / "a.h5") as source,
    ):
        source.copy(source["model_weights"], file)
        file.attrs.update(source.attrs)
    assert content[:8] == (tmp_path / "b.h5").read_bytes()[8192:8200]
    assert inspect_here(tmp_path / "b.h5").format == "h5"


def test_what_could_not_be_looked_at_is_not_trusted(tmp_path: Path) -> None:
    deep: Any = []
    for _ in range(300):
        deep = [deep]
    config = {**functional(INPUT, DENSE), "deep": deep}
    one = inspect_here(keras_file(tmp_path / "m.keras", config))
    assert kinds(one, Severity.DAMAGE)
    assert "could be looked at" in str(trusting.reason(one))


def test_pickles_beside_the_weights_are_found_in_zips_and_folders(tmp_path: Path) -> None:
    path = keras_file(
        tmp_path / "m.keras",
        functional(INPUT, DENSE),
        **{"a.npz": npz(a=array(np.zeros(1))), "model.weights.npz": pickle.dumps({})},
    )
    assert "pickle" in kinds(inspect_here(path), Severity.DANGER)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "folder")
    assert "pickle" in kinds(inspect_here(tmp_path / "folder"), Severity.DANGER)


def test_sizes_too_long_to_print_cost_no_other_finding(tmp_path: Path) -> None:
    config = functional(INPUT, dense(units=10**300), ATTACKS["Python"])
    one = inspect_here(keras_file(tmp_path / "m.keras", config))
    assert one.problem is None
    assert {"absurd-size", "names-python"} <= kinds(one, Severity.DANGER)


def npz(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def array(values: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=True)
    return stream.getvalue()


OBJECT = (
    array(np.array([{}], dtype=object)).replace(b"'|O'", b"'object'").replace(b" " * 5, b" ", 1)
)


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        pytest.param(npz(a=array(np.zeros(3)), b=array(np.ones((2, 2)))), set(), id="numbers"),
        pytest.param(npz(a=array(np.array([{}], dtype=object))), {"pickle"}, id="objects"),
        pytest.param(npz(a=pickle.dumps({"a": 1})), {"pickle"}, id="a pickle"),
        pytest.param(npz(a=b"\x93NUMPY\x02\x00\xff\xff\xff\x7f"), {"absurd-size"}, id="a header"),
        pytest.param(b"no zip", {"pickle"}, id="no zip"),
        pytest.param(b"PK no zip", {"damaged-weights"}, id="a damaged zip"),
        pytest.param(pickle.dumps({"a": 1}), {"pickle"}, id="all of it a pickle"),
        pytest.param(array(np.array([{}], dtype=object)), {"pickle"}, id="one array"),
        pytest.param(npz(a=OBJECT), {"pickle"}, id="objects by their long name"),
        pytest.param(npz(a=b"\x93NUMPY\x01\x00\x10\x00{'descr': "), {"damaged-weights"}, id="cut"),
    ],
)
def test_arrays_of_numpy_are_looked_into(tmp_path: Path, arrays: bytes, expected: set[str]) -> None:
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.4.1"}')
        archive.writestr("config.json", '{"class_name": "Sequential", "config": {"layers": []}}')
        archive.writestr("model.weights.npz", arrays)
    found = kinds(inspect_here(path)) - {"numpy-weights"}
    assert found == expected


def test_sizes_are_held_against_what_the_file_has(tmp_path: Path) -> None:
    large = functional(INPUT, layer("Dense", units=10**9))
    assert "absurd-size" in kinds(inspect_here(hdf5(tmp_path / "m.h5", large)))
    shown = inspect_here(hdf5(tmp_path / "n.h5", functional(INPUT, layer("Dense", units=64))))
    assert shown.asks_for == 64
