"""How large what a configuration describes would be, beside what the file holds; pure.

A layer allocates what its settings ask for when it is built, before any weight is read: a text of a
kilobyte can ask for a terabyte. Only the largest array of each layer is reckoned, and never more of
it than the settings state.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

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


def asked_for(config: Mapping[str, Any], build: Any) -> int:
    """Return how many numbers the largest array of a layer has at least; 0 where nothing says."""
    stated = [config.get(name) for name in ("units", "filters", "output_dim")]
    units = _count(*stated, _product(config.get("output_shape")))
    if "input_dim" in config and "output_dim" in config:
        return min(units * _count(config["input_dim"]), MOST)
    if "recurrent_initializer" in config and "units" in config:
        return min(units * units, MOST)
    shape = build.get("input_shape") if isinstance(build, dict) else None
    last = _count(shape[-1]) if isinstance(shape, list) and shape else 1
    if units == 1:
        return last if any(name in config for name in _SCALES) else 0
    kernel = config.get("kernel_size")
    sizes = kernel if isinstance(kernel, list) else [kernel]
    inside = math.prod(_count(one) for one in sizes[:4]) * last
    return min(units * inside // _count(config.get("groups")), MOST)


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
