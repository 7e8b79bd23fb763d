"""A model's configuration in any dialect -> layers with their calls, written in one way; pure.

A call is ``{"args": [...], "kwargs": {...}}``, in which ``{"$tensor": [layer, call, output]}``
stands for a tensor; calls of a layer count from 0. What nodes looked like: lists of
``[layer, node, tensor, kwargs]`` until Keras 3, ``args`` and ``kwargs`` with tensors in them since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MODELS = frozenset({"Functional", "Model", "Sequential", "Container", "Network"})
_REFERENCE = 3  # layer, node, output
_CONSTANT = "_CONSTANT_VALUE"

Node = Mapping[str, Any]
Call = dict[str, Any]


class GraphError(ValueError):
    """The configuration is no graph of layers that could be followed; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A layer of a model: its configuration as it stands, and how it is called."""

    name: str
    node: Node
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A model as layers and calls; a line of layers (``sequential``) has no calls."""

    name: str
    sequential: bool
    members: tuple[Member, ...]
    inputs: Any = None
    outputs: Any = None
    shape: Any = None
    """What a line of layers without an input was built for, or None."""
    settings: Mapping[str, Any] = field(default_factory=dict)


def bare(name: Any) -> str:
    """Return a class's name without the package that it was registered under."""
    return str(name).rpartition(">")[2]


def is_model(node: Any) -> bool:
    """Say whether this is a model of layers, and no layer."""
    if not isinstance(node, dict) or bare(node.get("class_name")) not in MODELS:
        return False
    config = node.get("config")
    return isinstance(config, list) or (isinstance(config, dict) and "layers" in config)


def read(node: Node) -> Graph:
    """Return the graph of a model; ``GraphError`` where it cannot be followed."""
    config = node.get("config")
    if bare(node.get("class_name")) == "Sequential":
        return _line(node, config)
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        raise GraphError(f"class {node.get('class_name')} is not a graph of layers")
    layers = config["layers"]
    names = {_name(layer) for layer in layers}
    calls = {_name(one): list(_calls(one.get("inbound_nodes") or [], names)) for one in layers}
    first = _first_nodes(calls, config)
    return Graph(
        name=str(config.get("name", "model")),
        sequential=False,
        members=tuple(
            Member(
                name=_name(layer),
                node=layer,
                calls=tuple(_counted(call, first) for call in calls[_name(layer)]),
            )
            for layer in layers
        ),
        inputs=_counted(_tensors(config.get("input_layers"), names), first),
        outputs=_counted(_tensors(config.get("output_layers"), names), first),
        settings={"trainable": config.get("trainable", True)},
    )


def _line(node: Node, config: Any) -> Graph:
    # Until Keras 2.2.2 the configuration of a Sequential was the bare list of its layers.
    layers = config if isinstance(config, list) else (config or {}).get("layers", [])
    stated = config if isinstance(config, dict) else {}
    built = node.get("build_config")
    built = built.get("input_shape") if isinstance(built, dict) else None
    return Graph(
        name=str(stated.get("name", "sequential")),
        sequential=True,
        members=tuple(Member(name=_name(layer), node=layer) for layer in layers),
        shape=stated.get("build_input_shape") or built,
        settings={"trainable": stated.get("trainable", True)},
    )


def _name(layer: Node) -> str:
    name = layer.get("name") or (layer.get("config") or {}).get("name")
    if name is None and isinstance(layer.get("config"), list):
        name = "sequential"
    if not isinstance(name, str):
        raise GraphError(f"a layer of class {layer.get('class_name')} has no name")
    return name


def _calls(nodes: Any, names: Collection[str]) -> Iterator[Call]:
    for node in nodes:
        if isinstance(node, dict) and "args" in node and "kwargs" in node:
            kwargs = {
                key: value
                for key, value in _tensors(node["kwargs"], names).items()
                if not (key in ("mask", "training") and value is None)
            }
            yield {"args": list(_tensors(node["args"], names)), "kwargs": kwargs}
        else:
            yield _old_call(node, names)


def _old_call(node: Any, names: Collection[str]) -> Call:
    """Read ``[[layer, node, tensor, kwargs], ...]``, one such alone, or a dict of them."""
    kwargs: dict[str, Any] = {}

    def given(value: Any) -> Any:
        if _is_old(value, names):
            if len(value) > _REFERENCE and isinstance(value[_REFERENCE], dict):
                kwargs.update(value[_REFERENCE])
            if value[0] == _CONSTANT:
                return value[2]
            return {"$tensor": [value[0], value[1], value[2]]}
        if isinstance(value, dict):
            return {key: given(one) for key, one in value.items()}
        if isinstance(value, list):
            return [given(one) for one in value]
        raise GraphError(f"a node is written as {str(value)[:60]}")

    first = given(node)
    if isinstance(first, list) and len(first) == 1:
        first = first[0]
    said = {
        key: _tensors(value, names)
        for key, value in kwargs.items()
        if not (key in ("mask", "training") and value is None)
    }
    return {"args": [first], "kwargs": said}


def _is_old(value: Any, names: Collection[str]) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= _REFERENCE
        and isinstance(value[0], str)
        and (value[0] in names or value[0] == _CONSTANT)
        and isinstance(value[1], int)
        and not isinstance(value[1], bool)
    )


def _tuple(node: Node) -> list[Any]:
    """Return the items of a tuple as Keras 2 and 3 write it."""
    config = node.get("config")
    items = config.get("value") if isinstance(config, dict) else node.get("items")
    return items if isinstance(items, list) else []


def _tensors(value: Any, names: Collection[str]) -> Any:
    """Return a structure with its references to tensors, in any dialect, written in ours."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            layer, node, output = value["config"]["keras_history"]
            return {"$tensor": [layer, node, output]}
        if value.get("class_name") == "__tuple__":
            return [_tensors(one, names) for one in _tuple(value)]
        return {key: _tensors(one, names) for key, one in value.items()}
    if isinstance(value, list):
        if _is_old(value, names) and len(value) in (_REFERENCE, _REFERENCE + 1):
            return value[2] if value[0] == _CONSTANT else {"$tensor": value[:_REFERENCE]}
        return [_tensors(one, names) for one in value]
    return value


def references(value: Any) -> Iterator[list[Any]]:
    """Yield every tensor that a structure refers to."""
    if isinstance(value, dict):
        if "$tensor" in value:
            yield value["$tensor"]
            return
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from references(one)


def _first_nodes(calls: Mapping[str, list[Call]], config: Node) -> dict[str, int]:
    """Return the number that each layer's first call has: models count one of their own before.

    Each call of a layer in a file leads to an output, so the lowest number referred to is the
    first call's.
    """
    names = set(calls)
    first: dict[str, int] = {}
    everything = [
        *(call for each in calls.values() for call in each),
        _tensors(config.get("input_layers"), names),
        _tensors(config.get("output_layers"), names),
    ]
    for layer, node, _ in references(everything):
        first[layer] = min(first.get(layer, node), node)
    return first


def _counted(value: Any, first: Mapping[str, int]) -> Any:
    if isinstance(value, dict):
        if "$tensor" in value:
            layer, node, output = value["$tensor"]
            return {"$tensor": [layer, node - first.get(layer, 0), output]}
        return {key: _counted(one, first) for key, one in value.items()}
    if isinstance(value, list):
        return [_counted(one, first) for one in value]
    return value
