"""A model's configuration, of any Keras -> a tree of layers with settings in one dialect; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from caniload.runner.comparing import values
from caniload.runner.comparing.knowledge import defaults, words
from caniload.runner.comparing.parts import Layer
from caniload.runner.converting import graph
from caniload.runner.forensics import configuration

INPUT = "InputLayer"
LINE = "Sequential"
_GRAPHS = ("Functional", "Graph")
DEPTH = 40
"""Most models within models that are followed."""

_INSIDE = ("layer", "forward_layer", "backward_layer", "cell", "cells")
_OF_MODELS = ("layers", "nodes", "input_layers", "output_layers")
_OF_NODES = ("class_name", "graph_name", "inbound_nodes")
PACKAGE = "package"
PLACE = "argument "
"""What stands before the number of an argument that is given by its place."""

_NO_SETTINGS = frozenset({"dtype"})  # of a model as a whole: its layers have theirs


def read(node: Mapping[str, Any], depth: int = 0) -> Layer:
    """Return the tree of a model or layer; its inputs are members like others."""
    config = node.get("config", node)
    config = config if isinstance(config, Mapping) else {}
    written = configuration.class_name(node)
    layer = Layer(
        name=_name(node, config),
        class_name=values.class_of(written),
        settings=_settings(node, config, written),
        rank=_rank(node),
    )
    inner = configuration.members(node)
    if depth < DEPTH:
        layer.members = [read(one, depth + 1) for one in inner]
        layer.parts = _parts(config, depth)
    elif inner or any(_is_structure(one, config[one], node) for one in _INSIDE if one in config):
        layer.unread = f"models within models beyond {DEPTH} are not compared"
    layer.is_model = bool(inner)
    if layer.is_model:
        layer.settings = {k: v for k, v in layer.settings.items() if k not in _NO_SETTINGS}
        _with_input(layer, config)
        _with_calls(layer, node)
        _number(layer.members)
    return layer


def _name(node: Mapping[str, Any], config: Mapping[str, Any]) -> str | None:
    for name in (config.get("name"), node.get("graph_name"), node.get("name")):
        if isinstance(name, str) and not (name == node.get("name") and "class_name" not in node):
            return name
    return None


def _settings(
    node: Mapping[str, Any], config: Mapping[str, Any], class_name: str | None
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    package = _package(node)
    if package is not None:
        found[PACKAGE] = package
    model = bool(configuration.members(node)) or class_name in (INPUT, None)
    of = None if model else (package and f"{package}>") or values.folded(class_name or "")
    for name, value in values.arguments(config, of):
        if name == "dtype":
            policy = configuration.policy_of(value)
            found[name] = values.canonical(value) if policy is None else policy
        elif not _is_structure(name, value, node):
            found[name] = values.canonical(value)
    if class_name == INPUT:
        found["shape"] = _shape(config)
        found.setdefault("dtype", "float32")
    return found


def _package(node: Mapping[str, Any]) -> str | None:
    """Return what a class is registered under, if it is not Keras's own."""
    for name in (node.get("registered_name"), node.get("class_name")):
        if isinstance(name, str) and ">" in name:
            package = name.rpartition(">")[0]
            return None if package.lower() == "keras" else package
    return None


def is_line(layer: Layer) -> bool:
    """Say whether its layers follow each other: a Sequential, or what holds a list of them."""
    return layer.ends is None and layer.class_name is not None and layer.class_name not in _GRAPHS


def is_own(class_name: str | None) -> bool:
    """Say whether Keras has a class of that name."""
    return values.folded(class_name or "") in defaults()


def _is_structure(name: str, value: Any, node: Mapping[str, Any]) -> bool:
    """Say whether this says how a model is made up, which is compared in another way."""
    if name in _INSIDE:
        listed = value if isinstance(value, list) else [value]
        return all(isinstance(one, Mapping) and "class_name" in one for one in listed)
    if name in _OF_MODELS:
        return bool(configuration.members(node)) or value == []
    if name in _OF_NODES:
        return "config" not in node
    if name == "batch_shape":
        return configuration.shape_of(value) is not None
    return name == "compile_config" and isinstance(value, Mapping)


def _shape(config: Mapping[str, Any]) -> Any:
    for name in ("batch_shape", "batch_input_shape"):
        if (shape := configuration.shape_of(config.get(name))) is not None:
            return shape
    inner = configuration.shape_of(config.get("input_shape"))
    return (None, *inner) if inner is not None else None


def _rank(node: Mapping[str, Any]) -> int | None:
    built = node.get("build_config")
    shape = configuration.shape_of(built.get("input_shape")) if isinstance(built, Mapping) else None
    return len(shape) if shape else None


def _parts(config: Mapping[str, Any], depth: int) -> dict[str, Layer]:
    """Return what a layer is built around, by the attribute that Keras 3 has it under."""
    found = {}
    for name in _INSIDE:
        value = config.get(name)
        for number, one in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(one, Mapping) and isinstance(one.get("class_name"), str):
                key = f"{name}/{number}" if isinstance(value, list) else name
                found[key] = read(one, depth + 1)
    return found


def _with_input(model: Layer, config: Mapping[str, Any]) -> None:
    """Put an input before a line of layers whose first one states the shape, as Keras 2 does."""
    if model.class_name != LINE or not model.members:
        return
    first = model.members[0]
    if first.class_name == INPUT or first.is_model:
        return
    listed = configuration.members({"config": config})
    inner = listed[0].get("config", listed[0]) if listed else {}
    shape = _shape(inner) if isinstance(inner, Mapping) else None
    shape = shape or configuration.shape_of(config.get("build_input_shape"))
    if shape is not None:
        model.members.insert(0, Layer(name=None, class_name=INPUT, settings={"shape": shape}))


def _with_calls(model: Layer, node: Mapping[str, Any]) -> None:
    """Say who gives each layer what; nothing where the graph cannot be followed."""
    try:
        found = graph.read(node)
    except (graph.GraphError, RecursionError, KeyError, TypeError, ValueError, IndexError):
        if model.class_name in _GRAPHS:
            model.unread = f"how the layers of {model.name or 'it'} are connected is not compared"
        return
    if found.sequential:
        return
    calls = {one.name: one.calls for one in found.members}
    for layer in model.members:
        if layer.class_name != INPUT and layer.name in calls:
            never = values.folded(layer.class_name or "") in words()["training"]
            layer.calls = [
                [_sources(call["args"]), _given(call, never=never)] for call in calls[layer.name]
            ]
    model.ends = (_sources(found.inputs), _sources(found.outputs))


def _sources(value: Any) -> list[tuple[str, int, int]]:
    return [(str(one[0]), int(one[1]), int(one[2])) for one in graph.references(value)]


def _given(call: Mapping[str, Any], *, never: bool) -> dict[str, Any]:
    """Return the arguments of a call: whom from, or the value; false is as if it were not given.

    ``never``: unless it says that the layer is never to train, as it can to this one.
    """
    found = dict(_constants(call["args"], PLACE))
    for name, value in call["kwargs"].items():
        sources = _sources(value)
        if sources:
            found[str(name)] = sources
            found |= _constants(value, f"{name} ")
        elif value is not None and (value is not False or (never and name == "training")):
            found[str(name)] = values.canonical(value)
    return found


def _constants(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Yield what is no tensor beside tensors, such as the 2 of ``x * 2``, with its place."""
    inner: Iterable[tuple[Any, Any]]
    if isinstance(value, Mapping) and "class_name" not in value:
        inner = () if "$tensor" in value else value.items()
    elif isinstance(value, list) and (not place.endswith("/") or _sources(value)):
        inner = enumerate(value)
    else:
        if value is not None and not _sources(value):
            yield place.rstrip("/"), values.canonical(value)
        return
    for key, one in inner:
        yield from _constants(one, f"{place}{key}/")


def everything(layer: Layer) -> Iterator[Layer]:
    """Yield all layers below, and what they are built around."""
    for one in (*layer.members, *layer.parts.values()):
        yield one
        yield from everything(one)


def snake(name: str) -> str:
    """Return a class's name as Keras derives names of layers and groups from it."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _number(members: Sequence[Layer]) -> None:
    seen: Counter[str] = Counter()
    for one in members:
        key = snake(one.class_name or "")
        one.key = f"{key}_{seen[key]}" if seen[key] else key
        seen[key] += 1


def is_automatic(layer: Layer) -> bool:
    """Say whether Keras made the name itself: dense_3, and dense_1_input for a model's input."""
    name, class_name = layer.name, layer.class_name
    if name is None or class_name is None:
        return name is None
    roots = {snake(class_name)}
    if class_name == INPUT:
        roots = {"input", "input_layer", "keras_tensor"}
        if name.endswith("_input"):
            return True
    if class_name == "Functional":
        roots |= {"model"}
    return re.sub(r"_\d+$", "", name) in roots
