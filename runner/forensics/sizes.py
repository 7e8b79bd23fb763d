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

_DIGITS = 400
"""Letters of a number in quotes; a text of more is no number of things."""

_SCALES = ("gamma_initializer", "beta_initializer", "alpha_initializer")
_RECURRENT = re.compile(r"(CuDNN|ConvLSTM|.*RNN|.*LSTM|.*GRU)\w*$")
_UNITS = ("units", "filters", "output_dim", "nb_filter")
_LIKE_WHAT_COMES_IN = re.compile(
    r"Activation|ActivityRegularization|\w*Dropout\w*|\w*ELU|\w*ReLU|Gaussian\w+|Masking|Rescaling"
    r"|Softmax|\w*Normalization"
)
_OTHERS = frozenset({"Reshape", "Permute", "Dot", "Lambda", "Flatten", "TFOpLambda"})
"""Layers behind which the last dimension is another one, which their settings do not say."""

_INPUT = "InputLayer"
_LENGTH = re.compile(r"\d{5,}")
_TEXT = 2**20
"""Letters of one text of an array; Keras 3 writes arrays of numbers, and of short words."""
_SHAPES, _DEEP = 100, 4


Dimensions = tuple[int, ...]
"""What comes into a layer, without the batch; 1: open or not known. The last is always there."""


def asked_for(name: str, config: Mapping[str, Any], build: Any, before: Dimensions = (1,)) -> int:
    """Return how many numbers the largest array of a layer has at least; 0 where nothing says.

    ``before`` is what comes in, where it is not stated with the layer.
    """
    stated = [config.get(one) for one in _UNITS]
    units = _count(*stated, _product(config.get("output_shape")))
    if "input_dim" in config and "output_dim" in config:
        words = _count(config["input_dim"])
        return min(max(units * words, _count(config.get("lora_rank")) * max(units, words)), MOST)
    shapes = [tuple(_count(size) for size in one[1:] or one) for one in _shapes(build)]
    last = max((one[-1] for one in shapes), default=before[-1])
    return min(_of_class(name, config, shapes or [before], units, last), MOST)


def _of_class(
    name: str, config: Mapping[str, Any], shapes: Sequence[Dimensions], units: int, last: int
) -> int:
    if "recurrent_initializer" in config or (_RECURRENT.match(name) and "units" in config):
        return units * max(units, last)
    if counted := _counted(name, config, shapes, last):
        return counted
    times = _count(config.get("depth_multiplier")) * _count(config.get("lora_rank"))
    if units == times == 1:
        if name.endswith("Normalization") or any(one in config for one in _SCALES):
            return max(_along(one, config.get("axis", -1)) for one in shapes)
        return 0
    kernel = config.get("kernel_size")
    sizes = kernel if isinstance(kernel, list) else [kernel]
    inside = math.prod(_count(one) for one in sizes[:4]) * last
    within = max(units, _count(config.get("depth_multiplier"))) * inside
    beside = _count(config.get("lora_rank")) * max(units, last)  # arrays of its own
    return max(within // _count(config.get("groups")), beside)


def _counted(name: str, config: Mapping[str, Any], shapes: Sequence[Dimensions], last: int) -> int:
    """Return how many numbers a layer or metric has whose settings count them; 0: none of these."""
    if name == "PReLU":
        shared = config.get("shared_axes")
        return max(_along(one, None, shared if isinstance(shared, list) else []) for one in shapes)
    if (size := _count(config.get("key_dim"), config.get("head_dim"))) > 1:
        heads = max(_count(config.get(one)) for one in ("num_heads", "num_query_heads"))
        return heads * size * last
    if name.endswith("IoU"):  # a metric: how often each class is taken for each
        return _count(config.get("num_classes")) ** 2
    if (many := _count(config.get("num_thresholds"))) > 1:
        return many
    if name == "RepeatVector":
        return _count(config.get("n")) * last
    return 0


def _along(shape: Dimensions, axes: Any, but: Sequence[Any] = ()) -> int:
    """Return the product of a shape along axes, counted with the batch; of all, where it is None.

    A shape of which the last alone is known has no other axes.
    """
    if len(shape) == 1:
        return shape[0]
    left = [one for one in but if isinstance(one, int)]
    if axes is None:
        return math.prod(one for place, one in enumerate(shape, 1) if place not in left)
    listed = axes if isinstance(axes, list) else [axes]
    places = {one - 1 if one > 0 else len(shape) + one for one in listed if isinstance(one, int)}
    return math.prod(shape[one] for one in places if 0 <= one < len(shape))


def incoming(layers: Sequence[Mapping[str, Any]], *, in_line: bool) -> dict[int, Dimensions]:
    """Return for the layers of a model, by their places, what comes in.

    ``in_line``: each layer has what the one before it gives; else nodes say whose it is.
    """
    given: dict[str, Dimensions] = {}
    found: dict[int, Dimensions] = {}
    previous: Dimensions = (1,)
    for place, node in enumerate(layers):
        config = node.get("config")
        config = config if isinstance(config, dict) else {}
        sources = [] if in_line else tensors(node.get("inbound_nodes"))
        comes = max((given.get(one, (1,)) for one in sources), key=math.prod, default=previous)
        stated = config.get("batch_input_shape")
        if isinstance(stated, list) and stated:
            comes = tuple(_count(one) for one in stated[1:] or stated)
        found[place] = comes
        out = _given(class_name(node) or "", config, comes)
        previous = out if in_line else (1,)
        name = config.get("name", node.get("name"))
        if isinstance(name, str) and not in_line:
            given[name] = out
    return found


def _given(name: str, config: Mapping[str, Any], before: Dimensions) -> Dimensions:
    """Return what a layer gives, as far as its settings say."""
    for key in ("target_shape", "batch_shape"):
        shape = config.get(key)
        if isinstance(shape, list) and shape:
            own = shape[1:] if key == "batch_shape" else shape
            return tuple(_count(one) for one in own) or (1,)
    if isinstance(inner := config.get("layer"), dict):  # of a wrapper, along the last dimension
        below = inner.get("config")
        below = below if isinstance(below, dict) else {}
        return _given(class_name(inner) or "", {**below, "layer": None}, before[-1:])
    units = _count(*(config.get(one) for one in _UNITS))
    if units > 1:
        return (units,)
    if name == "Flatten":
        return (min(math.prod(before), MOST),)
    if name == _INPUT or _LIKE_WHAT_COMES_IN.fullmatch(name):
        return before
    return (1,) if name in _OTHERS else before[-1:]


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


def of_array(config: Any) -> Iterator[Finding]:
    """Yield that an array among the settings has texts of a length that nobody writes."""
    dtype = config.get("dtype") if isinstance(config, dict) else None
    length = _LENGTH.search(dtype) if isinstance(dtype, str) else None
    if length and _count(length[0]) > _TEXT:
        text = f"an array among its settings has texts of {int(length[0]):,} letters each"
        yield danger("absurd-size", f"{text}: loading fills memory")


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
            one = _as_number(one)  # noqa: PLW2901
        if isinstance(one, int | float) and not isinstance(one, bool) and 1 <= one < math.inf:
            return int(min(one, MOST))
    return 1


def _as_number(text: str) -> int | None:
    """Return the number in quotes, as Python reads one: with spaces and underscores, too."""
    try:
        return int(text) if len(text) < _DIGITS else None
    except ValueError:
        return None
