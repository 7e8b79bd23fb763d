"""What a numbered array of a layer is called, where one knows it: ``vars/0`` is a kernel; pure."""

from __future__ import annotations

import re

from caniload.runner.comparing.knowledge import words
from caniload.runner.comparing.parts import Layer, Weight
from caniload.runner.comparing.values import folded

_NUMBER = re.compile(r"_?\d+$")
_OFF = {"gamma": "scale", "beta": "center", "bias": "use_bias"}
"""Weights that are not there where an argument is false, and which."""

_CELL = "cell"


def name(layer: Layer, weight: Weight) -> str:
    """Return a weight's name within its layer, with the scopes between."""
    leaf = _leaf(layer, weight) if weight.numbered else weight.leaf
    return "/".join((*weight.scope, leaf))


def _leaf(layer: Layer, weight: Weight) -> str:
    known = words()["weights"].get(_kind(layer, weight), ())
    names = [
        one for one in known if weight.scope or layer.settings.get(_OFF.get(one, "")) is not False
    ]
    at = int(weight.leaf)
    return str(names[at]) if at < len(names) else weight.leaf


def _kind(layer: Layer, weight: Weight) -> str:
    """Return the folded class of what holds the weight: the layer, or what it is built around."""
    if weight.scope:
        inner = _NUMBER.sub("", weight.scope[-1])
        if inner.endswith("_dense"):
            return "einsumdense"
        if inner != _CELL:
            return folded(inner.removesuffix(f"_{_CELL}"))
        part = layer.parts.get(weight.scope[0])
        layer = part if part is not None else layer
    kind = folded(layer.class_name or _NUMBER.sub("", layer.key))
    return kind.removesuffix(_CELL)
