"""A model's configuration, as any Keras wrote it -> layers, inputs, classes it needs; pure.

Four dialects: Keras 0.3 (``name`` is the class), Keras 1 and 2 (``class_name`` and ``config``),
Keras 2.12 on (``module`` and ``registered_name`` beside them), Keras 3 (tensors in
``inbound_nodes``).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caniload.runner.forensics.facts import Layer, Shape, Tensor

LAYERS = 20_000
"""Most layers that are listed."""

SETTINGS, SETTING = 60, 60
"""Most arguments of a layer that are looked at, and the longest name that is told."""

_TOLD_ELSEWHERE = frozenset({"name", "dtype", "trainable"})

Config = Mapping[str, Any]

_MODELS = frozenset({"Sequential", "Functional", "Model", "Graph", "Container", "Network"})
_WRAPPED = ("layer", "forward_layer", "backward_layer", "cell", "cells")
_INPUT = "InputLayer"
_HISTORY = 3  # a tensor is [layer, number of its node, number of its output]


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """What a configuration says of a model; its own text only, nothing computed from it."""

    model_class: str | None
    model_name: str | None
    layers: tuple[Layer, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    complete: bool
    """Whether all layers are listed: no more than ``LAYERS`` are."""

    @property
    def layers_by_class(self) -> dict[str, int]:
        """Return the classes, most frequent first, without those of models inside."""
        inside = {layer.inside for layer in self.layers if layer.inside is not None}
        counted = Counter(
            layer.class_name
            for layer in self.layers
            if layer.class_name and not (layer.name in inside and not layer.wraps)
        )
        return dict(counted.most_common())

    @property
    def dtype_policies(self) -> dict[str, int]:
        """Return how many layers state which policy; input layers have a type, no policy."""
        stated = (one.dtype for one in self.layers if one.class_name != _INPUT)
        return dict(Counter(dtype for dtype in stated if dtype).most_common())


def read(model: Config) -> Architecture:
    """Return what the configuration of a model says."""
    config = model.get("config")
    layers = tuple(itertools.islice(_layers(model), LAYERS + 1))
    return Architecture(
        model_class=class_name(model),
        model_name=_name(model) if "class_name" in model else None,
        layers=layers[:LAYERS],
        complete=len(layers) <= LAYERS,
        inputs=_inputs(model),
        outputs=tuple(
            Tensor(name=name)
            for name in tensors(config.get("output_layers") if isinstance(config, dict) else None)
        )
        or _last(model),
    )


def is_model(data: Any) -> bool:
    """Say whether this is the configuration of a model, as far as one can see."""
    if not isinstance(data, dict):
        return False
    if isinstance(data.get("class_name"), str) and "config" in data:
        return True
    return data.get("name") in _MODELS and ("layers" in data or "nodes" in data)  # Keras 0.3


def class_name(node: Config) -> str | None:
    """Return the class as the file names it, without the package it is registered under."""
    name = node.get("class_name")
    if name is None and "config" not in node:
        name = node.get("name")  # Keras 0.3
    return name.rpartition(">")[2] if isinstance(name, str) else None


def members(node: Config) -> list[Config]:
    """Return the configurations of a model's layers; empty for what is no model."""
    config = node.get("config", node)
    if isinstance(config, dict):
        config = config.get("layers", config.get("nodes"))
        if isinstance(config, dict):  # the nodes of a Graph of Keras 0.3, by name
            config = [{"graph_name": name, **one} for name, one in config.items() if _is(one)]
    if not isinstance(config, list):
        return []
    return [one for one in config if _is(one) and class_name(one)]


def shape_of(value: Any) -> Shape | None:
    """Return a shape however it is written; None if it is none."""
    if isinstance(value, dict) and value.get("class_name") in ("__tuple__", "TensorShape"):
        value = value.get("items")
    if not isinstance(value, list):
        return None
    if any(one is not None and not _is_size(one) for one in value):
        return None
    return tuple(value)


def policy_of(value: Any) -> str | None:
    """Return the name of a dtype or of a dtype policy however it is written."""
    if isinstance(value, dict):
        config = value.get("config")
        value = config.get("name") if isinstance(config, dict) else config
    return value if isinstance(value, str) else None


def _layers(model: Config) -> Iterator[Layer]:
    pending: list[tuple[Config, str | None]] = [(one, None) for one in reversed(members(model))]
    while pending:
        node, inside = pending.pop()
        layer = _layer(node, inside)
        yield layer
        below = members(node)
        for wrapped in _wrapped(node):
            below += members(wrapped)
        pending += [(one, layer.name) for one in reversed(below)]


def _layer(node: Config, inside: str | None) -> Layer:
    config = node.get("config", node)
    config = config if isinstance(config, dict) else {}
    trainable = config.get("trainable")
    return Layer(
        name=_name(node),
        class_name=class_name(node),
        inside=inside,
        wraps=tuple(filter(None, map(class_name, _wrapped(node)))),
        dtype=policy_of(config.get("dtype", config.get("input_dtype"))),
        trainable=trainable if isinstance(trainable, bool) else None,
        settings=dict(_settings(config)),
    )


def _settings(config: Config) -> Iterator[tuple[str, str]]:
    """Yield the arguments of a layer that name something, or are true."""
    for name, value in itertools.islice(config.items(), SETTINGS):
        key = str(name)  # YAML has others
        if key in _TOLD_ELSEWHERE or len(key) > SETTING:
            continue
        if value is True:
            yield key, "true"
        elif isinstance(value, str) and len(value) <= SETTING:
            yield key, value
        elif isinstance(value, dict) and (named := class_name(value)) and len(named) <= SETTING:
            yield key, named


def _wrapped(node: Config) -> Iterator[Config]:
    config = node.get("config", node)
    if not isinstance(config, dict):
        return
    for key in _WRAPPED:
        value = config.get(key)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and "class_name" in one:
                yield one


def _name(node: Config) -> str | None:
    config = node.get("config")
    for holder, key in ((config, "name"), (node, "name"), (node, "graph_name")):
        if isinstance(holder, dict) and isinstance(name := holder.get(key), str):
            if holder is node and key == "name" and "class_name" not in node:
                continue  # Keras 0.3, where it is the class
            return name
    return None


def _inputs(model: Config) -> tuple[Tensor, ...]:
    inner = members(model)
    config = model.get("config")
    named = list(tensors(config.get("input_layers") if isinstance(config, dict) else None))
    by_name = {_name(one): one for one in inner}
    if named:
        return tuple(_input(name, by_name.get(name)) for name in named)
    if not inner:
        return ()
    first = inner[0]
    tensor = _input(_name(first) if class_name(first) == _INPUT else None, first)
    if tensor.shape is None and class_name(first) in _MODELS:
        return _inputs_within(first)
    if tensor.shape is None and isinstance(config, dict):
        built = model.get("build_config")
        built = built.get("input_shape") if isinstance(built, dict) else None
        shape = shape_of(config.get("build_input_shape")) or shape_of(built)
        tensor = Tensor(name=tensor.name, shape=shape, dtype=tensor.dtype)
    return (tensor,) if tensor.shape is not None or tensor.name else ()


def _inputs_within(model: Config) -> tuple[Tensor, ...]:
    """Return the inputs of a Sequential that begins with a model, which are that model's."""
    for _ in range(_HISTORY):
        inner = members(model)
        if not inner or class_name(inner[0]) not in _MODELS:
            break
        model = inner[0]
    inner = members(model)
    if not inner:
        return ()
    tensors = [_input(None, one) for one in inner if class_name(one) == _INPUT] or [
        _input(None, inner[0])
    ]
    return tuple(one for one in tensors if one.shape is not None)


def _input(name: str | None, node: Config | None) -> Tensor:
    config = node.get("config", node) if node else None
    if not isinstance(config, dict):
        return Tensor(name=name)
    shape = shape_of(config.get("batch_shape")) or shape_of(config.get("batch_input_shape"))
    if shape is None and (inner := shape_of(config.get("input_shape"))) is not None:
        shape = (None, *inner)  # Keras 0.3 and 1
    dtype = None
    if node and class_name(node) == _INPUT:
        dtype = policy_of(config.get("dtype", config.get("input_dtype")))
    return Tensor(name=name, shape=shape, dtype=dtype)


def _last(model: Config) -> tuple[Tensor, ...]:
    """Return the output of a model that is a line of layers, which its last layer names."""
    inner = members(model)
    if not inner or class_name(model) != "Sequential":
        return ()
    return (Tensor(name=_name(inner[-1])),)


def tensors(value: Any) -> Iterator[str]:
    """Yield the layers' names out of however one tensor, a list or a dict of them is written."""
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            pending += [one[key] for key in sorted(one, reverse=True)]  # as Keras flattens it
        elif isinstance(one, list):
            if len(one) >= _HISTORY and isinstance(one[0], str) and _is_size(one[1]):
                yield one[0]
            else:
                pending += reversed(one)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is(value: Any) -> bool:
    return isinstance(value, dict)
