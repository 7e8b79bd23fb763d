"""How large what a configuration describes would be, beside what the file holds; pure.

A layer allocates what its settings ask for when it is built, before any weight is read: a text of a
kilobyte can ask for a terabyte. Only the largest array of each layer is reckoned, and never more of
it than the settings state.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from caniload.runner.forensics.configuration import class_name, tensors
from caniload.runner.forensics.facts import Finding, Inspection, danger

MOST = 2**62
"""Numbers beyond which it does not matter how many they are."""

_ROOM = 2**26
"""Numbers that nobody is warned of, 256 MiB as float32."""

_ROOM_ALONE = 2**31
"""The same of an architecture without weights, 8 GiB: of a large model that is no surprise."""

_TIMES = 4
"""Times as many numbers as the file holds that its layers may ask for."""

_DIGITS = 20
"""Of a number in quotes; one of more is no number of things."""

_SCALES = ("gamma_initializer", "beta_initializer", "alpha_initializer")
_RECURRENT = re.compile(r"(CuDNN|ConvLSTM|.*RNN|.*LSTM|.*GRU)\w*$")
_UNITS = ("units", "filters", "output_dim", "nb_filter")
_OTHERS = frozenset({"Reshape", "Permute", "Dot", "Lambda", "Flatten", "TFOpLambda"})
"""Layers behind which the last dimension is another one, which their settings do not say."""

_SHAPES, _DEEP = 100, 4


def asked_for(name: str, config: Mapping[str, Any], build: Any, before: int = 1) -> int:
    """Return how many numbers the largest array of a layer has at least; 0 where nothing says.

    ``before`` is the last dimension of what comes in, where it is not stated with the layer.
    """
    stated = [config.get(one) for one in _UNITS]
    units = _count(*stated, _product(config.get("output_shape")))
    if "input_dim" in config and "output_dim" in config:
        return min(units * _count(config["input_dim"]), MOST)
    shapes = list(_shapes(build))
    last = max((_count(one[-1]) for one in shapes), default=before)
    return min(_of_class(name, config, shapes, units, last), MOST)


def _of_class(
    name: str, config: Mapping[str, Any], shapes: list[list[Any]], units: int, last: int
) -> int:
    if "recurrent_initializer" in config or (_RECURRENT.match(name) and "units" in config):
        return units * max(units, last)
    if name == "PReLU" and shapes:
        return max(_product([one or 1 for one in shape[1:]]) or 0 for shape in shapes)
    if "key_dim" in config:
        return _count(config.get("num_heads")) * _count(config["key_dim"]) * last
    times = _count(config.get("depth_multiplier")) * _count(config.get("lora_rank"))
    if units == times == 1:
        scaled = name.endswith("Normalization") or any(one in config for one in _SCALES)
        return last if scaled else 0
    kernel = config.get("kernel_size")
    sizes = kernel if isinstance(kernel, list) else [kernel]
    inside = math.prod(_count(one) for one in sizes[:4]) * last
    within = max(units, _count(config.get("depth_multiplier"))) * inside
    beside = _count(config.get("lora_rank")) * max(units, last)  # arrays of its own
    return max(within // _count(config.get("groups")), beside)


def widths(layers: Sequence[Mapping[str, Any]], *, in_line: bool) -> dict[int, int]:
    """Return for the layers of a model, by their places, the last dimension of what comes in.

    ``in_line``: each layer has what the one before it gives; else nodes say whose it is.
    """
    wide: dict[str, int] = {}
    found: dict[int, int] = {}
    previous = 1
    for place, node in enumerate(layers):
        config = node.get("config")
        config = config if isinstance(config, dict) else {}
        sources = [] if in_line else tensors(node.get("inbound_nodes"))
        found[place] = max((wide.get(one, 1) for one in sources), default=previous)
        previous = _width(class_name(node) or "", config, found[place]) if in_line else 1
        name = config.get("name", node.get("name"))
        if isinstance(name, str) and not in_line:
            wide[name] = _width(class_name(node) or "", config, found[place])
    return found


def _width(name: str, config: Mapping[str, Any], before: int) -> int:
    """Return the last dimension that a layer gives, as far as its settings say; 1: not known."""
    for key in ("target_shape", "batch_shape", "batch_input_shape"):
        shape = config.get(key)
        if isinstance(shape, list) and shape:
            before = _count(shape[-1])
            if key != "batch_input_shape":
                return before
    stated = [config.get(one) for one in _UNITS]
    units = _count(*stated)
    if units > 1:
        return units
    return 1 if name in _OTHERS else before


def _shapes(build: Any) -> Iterator[list[Any]]:
    """Yield the shapes that a layer is built for, wherever they stand."""
    pending, seen = [(build, 0)], 0
    while pending and seen < _SHAPES:
        one, deep = pending.pop()
        seen += 1
        if isinstance(one, dict) and deep < _DEEP:
            pending += [(inner, deep + 1) for inner in one.values()]
        elif isinstance(one, list) and one:
            if any(isinstance(inner, list | dict) for inner in one):
                pending += [(inner, deep + 1) for inner in one if deep < _DEEP]
            else:
                yield one


def finding(inspection: Inspection) -> Finding | None:
    """Return that layers ask for far more than the file holds."""
    asked, weights = inspection.asks_for, inspection.weights
    if asked is None:
        return None
    held = weights.parameters if weights else 0
    if asked <= (_ROOM if weights else _ROOM_ALONE) or asked <= _TIMES * held:
        return None
    text = f"its layers ask for {asked:,} numbers, and it holds {held:,}: loading fills memory"
    return danger("absurd-size", text)


def _product(shape: Any) -> int | None:
    """Return how many numbers a shape has; what is open counts as one."""
    listed = shape if isinstance(shape, list) else [shape]
    whole = min(math.prod(_count(one) for one in listed[:8]), MOST)
    return whole if whole > 1 else None


def _count(*stated: Any) -> int:
    """Return the first that is a number of things, also in quotes; 1 where none is."""
    for one in stated:
        if isinstance(one, str):
            one = int(one) if one.isdecimal() and len(one) < _DIGITS else None  # noqa: PLW2901
        if isinstance(one, int | float) and not isinstance(one, bool) and 1 <= one < math.inf:
            return int(min(one, MOST))
    return 1
