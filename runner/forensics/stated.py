"""A configuration -> every object that it describes, once, with all its arguments; pure.

Layers and models, and what they are made with: initializers, regularizers, policies, the optimizer,
losses, metrics. Names and sizes of somebody's data are kept short, tensors are left out.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from caniload.runner.forensics.facts import Stated

OBJECTS = 5_000
"""Most different objects that are told of one file."""

ARGUMENTS, LENGTH = 100, 60
"""Most arguments of one object, and the longest name or value that is told."""

CUT = "…"

KINDS = {
    "initializer": "initializer",
    "regularizer": "regularizer",
    "constraint": "constraint",
    "dtype": "policy",
    "policy": "policy",
    "learning_rate": "schedule",
    "lr": "schedule",
    "optimizer": "optimizer",
    "optimizer_config": "optimizer",
    "inner_optimizer": "optimizer",
    "loss": "loss",
    "metrics": "metric",
    "weighted_metrics": "metric",
    "activation": "activation",
}
"""What stands under a key that ends so; under any other it is a layer in a model, or an object."""

LAYER, OBJECT = "layer", "object"

_LAYERS = frozenset(
    {"layers", "nodes", "layer", "forward_layer", "backward_layer", "cell", "cells"}
)
_WRAPPERS = frozenset({"__tuple__", "TensorShape", "TypedDict"})
_FUNCTIONS = frozenset({"function", "builtin_function_or_method", "__lambda__"})
_NOT_ARGUMENTS = frozenset({"name", "layers", "nodes"})
_TENSORS = frozenset({"input_layers", "output_layers"})
_HISTORY = 4  # the place of what a layer is called with, behind the tensor's own three


def of(configuration: Any, key: str = "layers") -> tuple[Stated, ...]:
    """Return what a model's configuration describes; with ``key`` "" how it was compiled."""
    found = dict.fromkeys(itertools.islice(_objects(configuration, key), OBJECTS * 20))
    return tuple(itertools.islice(found, OBJECTS))


def _objects(configuration: Any, key: str) -> Iterator[Stated]:
    pending = [(key, configuration)]
    while pending:
        under, value = pending.pop()
        if isinstance(value, list):
            pending += [(under, one) for one in reversed(value)]
            continue
        if not isinstance(value, dict):
            continue
        name = _class_of(value)
        inner = value.get("config")
        if name is None or name in _WRAPPERS:
            pending += [(_below(under, one), value[one]) for one in value]
        elif name not in _FUNCTIONS and not name.startswith("__"):
            config: Mapping[Any, Any] = inner if isinstance(inner, dict) else {}
            if inner is None and "config" not in value:  # Keras 0.3, where all stands in one place
                config = {one: value[one] for one in value if one != "class_name"}
            yield _stated(under, name, value, config)
            if isinstance(inner, list):  # the layers of a Sequential of Keras 1 and 2.0
                pending.append(("layers", inner))
            pending += [(str(one), config[one]) for one in config if one != "name"]


def _below(under: str, key: Any) -> str:
    """Return what an entry of a plain dict stands under: outputs are names, other keys are keys."""
    return under if _kind(under) in ("loss", "metric") else str(key)


def _class_of(value: Mapping[Any, Any]) -> str | None:
    name = value.get("class_name")
    if isinstance(name, str) and len(name) <= LENGTH * 2:
        return name
    return None


def _kind(under: str) -> str:
    if under in _LAYERS:
        return LAYER
    for ending, kind in KINDS.items():
        if under == ending or under.endswith(f"_{ending}"):
            return kind
    return OBJECT


def _stated(under: str, name: str, node: Mapping[Any, Any], config: Mapping[Any, Any]) -> Stated:
    kept = itertools.islice(config.items(), ARGUMENTS)
    arguments = {
        str(key)[:LENGTH]: _arranged(value) if key in _TENSORS else text(value)
        for key, value in kept
        if key not in _NOT_ARGUMENTS
    }
    module, registered = node.get("module"), node.get("registered_name")
    return Stated(
        kind=_kind(under),
        class_name=name.rpartition(">")[2],
        module=module if isinstance(module, str) else None,
        registered=name if ">" in name else registered if isinstance(registered, str) else None,
        arguments=tuple(sorted(arguments.items())),
        called=tuple(sorted(_called(_nodes(node)))),
    )


def _nodes(node: Mapping[Any, Any]) -> list[Any]:
    nodes = node.get("inbound_nodes")
    return nodes if isinstance(nodes, list) else []


def _arranged(tensors: Any) -> str:
    """Return how a model takes or gives tensors: one, several, or by name."""
    if isinstance(tensors, dict):
        return "by name"
    if isinstance(tensors, list) and tensors and isinstance(tensors[0], str):
        return "one"
    return "listed"


TENSOR = "tensor"
ARGUMENTS_OF_CALL = "arguments"
"""What ``called`` says of tensors that are given one after another, and not as one list."""


def _called(nodes: list[Any]) -> set[tuple[str, str]]:
    """Return what a layer is called with beside its first tensors, and whether more than once."""
    found: set[tuple[str, str]] = {("times", "several")} if len(nodes) > 1 else set()
    pending: list[Any] = [nodes]
    for _ in range(LENGTH * ARGUMENTS):
        if not pending:
            break
        one = pending.pop()
        if isinstance(one, dict):
            given = one.get("kwargs") if "kwargs" in one else {}
            if isinstance(given, dict):
                found |= {(str(key)[:LENGTH], _given(value)) for key, value in given.items()}
            given = one.get("args")
            if isinstance(given, list) and [_given(value) for value in given].count(TENSOR) > 1:
                found.add((ARGUMENTS_OF_CALL, "several"))
        elif isinstance(one, list):
            if len(one) == _HISTORY and isinstance(one[0], str) and isinstance(one[3], dict):
                found |= {(str(key)[:LENGTH], _given(value)) for key, value in one[3].items()}
            else:
                pending += one
    return found


def _given(value: Any) -> str:
    """Return what a layer is called with; of a tensor only that it is one."""
    tensor = isinstance(value, list) and len(value) > 2 and isinstance(value[0], str)  # noqa: PLR2004
    if tensor or (isinstance(value, dict) and value.get("class_name") == "__keras_tensor__"):
        return TENSOR
    return text(value)


def text(value: Any) -> str:
    """Return a value in a few letters: of an object its class, of what is long that it is there."""
    if isinstance(value, str):
        return value if len(value) <= LENGTH else CUT
    if isinstance(value, dict):
        return _text_of_object(value)
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return f"[{CUT}]"
    try:
        found = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return CUT
    return found if len(found) <= LENGTH else f"[{CUT}]" if isinstance(value, list) else CUT


def _text_of_object(value: Mapping[Any, Any]) -> str:
    name = _class_of(value)
    config = value.get("config")
    if name in _WRAPPERS:
        return text(value.get("items", config))
    if name in _FUNCTIONS and isinstance(config, str):
        return text(config)
    if name is not None and name.endswith("Policy") and isinstance(config, dict):
        return text(config.get("name"))
    if name is None:  # Keras 0.3, and the nodes of TensorFlow's graphs
        name = value.get("name") if "config" not in value else None
    return text(name.rpartition(">")[2]) if isinstance(name, str) else f"{{{CUT}}}"
