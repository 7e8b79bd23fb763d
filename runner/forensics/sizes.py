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

_ROOM = 2**26
"""Numbers that nobody is warned of, 256 MiB as float32."""

_ROOM_ALONE = 2**31
"""The same of an architecture without weights, 8 GiB: of a large model that is no surprise."""

_TIMES = 4
"""Times as many numbers as the file holds that a layer may ask for."""


def asked_for(config: Mapping[str, Any], build: Any) -> int:
    """Return how many numbers the largest array of a layer has at least; 1 where nothing says."""
    units = _count(config.get("units"), config.get("filters"), config.get("output_dim"))
    if "input_dim" in config and "output_dim" in config:
        return units * _count(config["input_dim"])
    if "recurrent_initializer" in config and "units" in config:
        return units * units
    kernel = config.get("kernel_size")
    sizes = kernel if isinstance(kernel, list) else [kernel]
    shape = build.get("input_shape") if isinstance(build, dict) else None
    last = shape[-1] if isinstance(shape, list) and shape else None
    inside = _count(last) if units > 1 else 1
    return units * math.prod(_count(one) for one in sizes) * inside // _count(config.get("groups"))


def finding(inspection: Inspection) -> Finding | None:
    """Return that a layer asks for far more than the file holds."""
    asked, weights = inspection.asks_for, inspection.weights
    if asked is None:
        return None
    held = weights.parameters if weights else 0
    if asked <= (_ROOM if weights else _ROOM_ALONE) or asked <= _TIMES * held:
        return None
    text = f"a layer asks for {asked:,} numbers, and the file holds {held:,}: loading fills memory"
    return danger("absurd-size", text)


def _count(*stated: Any) -> int:
    """Return the first that is a number of things; 1 where none is."""
    for one in stated:
        if isinstance(one, int | float) and not isinstance(one, bool) and 1 <= one < math.inf:
            return int(one)
    return 1
