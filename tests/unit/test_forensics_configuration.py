"""What a configuration names, whatever file it stands in: layers, custom objects, code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from model_files import DENSE, INPUT, functional, hdf5, keras_file, kinds

from caniload.runner.forensics import configuration
from caniload.runner.forensics.describe import as_lines
from caniload.runner.forensics.facts import Custom, Optimizer, Severity, unchecked
from caniload.runner.forensics.reading import inspect_here


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


def test_layers_beyond_the_most_that_are_listed_are_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = hdf5(tmp_path / "m.h5", functional(INPUT, DENSE))
    monkeypatch.setattr(configuration, "LAYERS", 2)
    assert inspect_here(file).findings == ()
    monkeypatch.setattr(configuration, "LAYERS", 1)
    one = inspect_here(file)
    assert len(one.layers) == 1
    assert one.findings == (unchecked("layers", "has more than 1 layers: the rest is not listed"),)


def test_a_setting_of_zero_is_told(tmp_path: Path) -> None:
    stated = Optimizer(
        class_name="SGD", settings={"momentum": 0.0, "nesterov": False, "decay": None}
    )
    one = replace(inspect_here(hdf5(tmp_path / "m.h5", functional(INPUT, DENSE))), optimizer=stated)
    (line,) = [line for line in as_lines(one) if line.startswith("  optimizer")]
    assert line.endswith("; momentum=0.0")
