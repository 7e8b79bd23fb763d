"""What the process apart says of a file is what its caller gets, with every class in its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from caniload.runner.forensics.facts import (
    Code,
    Custom,
    Holds,
    Inspection,
    Layer,
    Optimizer,
    Origin,
    Tensor,
    Weights,
    danger,
)
from caniload.runner.forensics.plain import inspection
from caniload.runner.forensics.reading import inspect_here
from caniload.runner.forensics.worker import as_line

pytest_plugins = ["forensics_fixtures"]

FULL = Inspection(
    path="m.h5",
    format="h5",
    holds=Holds.MODEL,
    files=("m.h5", "n.h5"),
    bytes=7,
    origin=Origin(keras_version="2.4.0", graph_producer=3),
    layers=(Layer(name="a", wraps=("LSTM",), settings={"activation": "relu"}), Layer()),
    layers_by_class={"Dense": 1},
    inputs=(Tensor(name="x", shape=(None, 4), dtype="float32"), Tensor()),
    custom=(Custom(name="Mine", package="p"),),
    code=(Code(kind="pickle", bytes=9),),
    optimizer=Optimizer(class_name="Adam", settings={"lr": 0.1, "beta": [1, {"a": None}]}),
    loss=("mse",),
    weights=Weights(variables=2, parameters=10, bytes=40, dtypes={"float32": 2}),
    findings=(danger("lambda", "runs code"),),
)


def test_every_field_comes_back_as_it_was() -> None:
    line = as_line(FULL)
    assert inspection(line) == FULL == TypeAdapter(Inspection).validate_json(line)
    assert isinstance(inspection(line).holds, Holds)


def test_nothing_stands_for_what_is_not_stated() -> None:
    bare = Inspection(path="m", problem="no model")
    assert inspection(as_line(bare)) == bare


@pytest.mark.parametrize("name", ["tf-1.15-lstm.h5", "keras-2.15.keras", "savedmodel"])
def test_files_that_keras_wrote(recorded: Path, name: str) -> None:
    one = inspect_here(recorded / name)
    assert one.layers
    assert inspection(as_line(one)) == one
