"""What multi_gpu_model put around a model is taken off, and nothing that only looks like it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from packaging.version import Version

from caniload.runner.converting.graph import read
from caniload.runner.converting.replicas import alone
from caniload.runner.converting.rewriting import rewrite

OLD, NEW = Version("2.2.4"), Version("3.13")


def dense(name: str, given: str) -> dict[str, Any]:
    config = {"name": name, "units": 2, "activation": "linear", "use_bias": True}
    calls = [[[given, 0, 0, {}]]]
    return {"class_name": "Dense", "name": name, "config": config, "inbound_nodes": calls}


def first(name: str) -> dict[str, Any]:
    config = {"name": name, "batch_input_shape": [None, 4], "dtype": "float32"}
    return {"class_name": "InputLayer", "name": name, "config": config, "inbound_nodes": []}


def part(name: str, given: str, number: int, parts: int = 2) -> dict[str, Any]:
    config = {
        "name": name,
        "function": ["4wEAAAA=", None, None],
        "function_type": "lambda",
        "arguments": {"i": number, "parts": parts},
    }
    calls = [[[given, 0, 0, {}]]]
    return {"class_name": "Lambda", "name": name, "config": config, "inbound_nodes": calls}


def joined(name: str, output: int, axis: int = 0) -> dict[str, Any]:
    calls = [[["net", 1, output, {}], ["net", 2, output, {}]]]
    config = {"name": name, "axis": axis}
    return {"class_name": "Concatenate", "name": name, "config": config, "inbound_nodes": calls}


def wrapped() -> dict[str, Any]:
    """Two inputs and two outputs on two devices, as TensorFlow 1.15 wrote it."""
    inside = {
        "name": "net",
        "layers": [first("a"), first("b"), dense("one", "a"), dense("two", "b")],
        "input_layers": [["a", 0, 0], ["b", 0, 0]],
        "output_layers": [["one", 0, 0], ["two", 0, 0]],
    }
    calls = [[["a_0", 0, 0, {}], ["b_0", 0, 0, {}]], [["a_1", 0, 0, {}], ["b_1", 0, 0, {}]]]
    net = {"class_name": "Model", "name": "net", "config": inside, "inbound_nodes": calls}
    parts = [part(f"{name}_{n}", name, n) for n in (0, 1) for name in ("a", "b")]
    config = {
        "name": "outer",
        "layers": [first("a"), first("b"), *parts, net, joined("one", 0), joined("two", 1)],
        "input_layers": [["a", 0, 0], ["b", 0, 0]],
        "output_layers": [["two", 0, 0], ["one", 0, 0]],
    }
    return {"class_name": "Model", "config": config}


def test_replicas_are_the_model_that_they_are_copies_of() -> None:
    recipe = rewrite(wrapped(), written=OLD, wanted=NEW)
    members = {one["name"]: one for one in recipe.model["members"]}
    assert list(members) == ["a", "b", "net"]
    tensors = [{"$tensor": ["a", 0, 0]}, {"$tensor": ["b", 0, 0]}]
    assert members["net"]["calls"] == [{"args": [tensors], "kwargs": {}}]
    assert recipe.model["outputs"] == [{"$tensor": ["net", 0, 1]}, {"$tensor": ["net", 0, 0]}]
    assert [one.text for one in recipe.changes if one.rule == "replicas"] == [
        "its 2 replicas are the one model that they are copies of"
    ]


def _layers(config: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one for one in config["config"]["layers"]}


def _other_axis(config: dict[str, Any]) -> None:
    _layers(config)["one"]["config"]["axis"] = 1


def _one_part_missing(config: dict[str, Any]) -> None:
    _layers(config)["a_1"]["config"]["arguments"]["parts"] = 3


def _the_same_part_twice(config: dict[str, Any]) -> None:
    _layers(config)["a_1"]["config"]["arguments"]["i"] = 0


def _parts_of_others(config: dict[str, Any]) -> None:
    calls = _layers(config)["net"]["inbound_nodes"]
    calls[1][0], calls[1][1] = calls[1][1], calls[1][0]


def _other_order(config: dict[str, Any]) -> None:
    _layers(config)["one"]["inbound_nodes"][0].reverse()


def _another_function(config: dict[str, Any]) -> None:
    del _layers(config)["a_1"]["config"]["arguments"]["parts"]


def _something_behind(config: dict[str, Any]) -> None:
    config["config"]["layers"].append(dense("more", "one"))


@pytest.mark.parametrize(
    "otherwise",
    [
        _other_axis,
        _one_part_missing,
        _the_same_part_twice,
        _parts_of_others,
        _other_order,
        _another_function,
        _something_behind,
    ],
)
def test_what_only_looks_like_it_is_left_as_it_is(otherwise: Any) -> None:
    config = copy.deepcopy(wrapped())
    otherwise(config)
    graph = read(config)
    assert alone(graph) == (graph, 0)
