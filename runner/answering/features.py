"""What of a model decides whether it loads elsewhere, as far as its file states it; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from caniload.runner.forensics.facts import Inspection, Stated
from caniload.runner.forensics.stated import ARGUMENTS_OF_CALL, LAYER

_INPUT = "InputLayer"


@dataclass(frozen=True, kw_only=True)
class Features:
    """A model's traits, to be looked for in others.

    ``classes`` are those of its layers and of what they wrap, ``traits`` all there is: classes with
    their arguments, the kind of model, the optimizer, losses, metrics, policies and code.
    ``origin`` is who saved it: files of another origin are no evidence. ``own``: what becomes of it
    depends on code that is not, or not only, in the file.
    """

    format: str
    origin: tuple[str, ...]
    classes: frozenset[str]
    traits: frozenset[str]
    own: bool = False


def features(inspection: Inspection) -> Features | None:
    """Return the features of a whole model; ``None`` where the file states no layers or origin."""
    one = inspection
    origin = origin_of(one)
    if one.problem is not None or not origin or not one.layers_by_class:
        return None
    classes = frozenset(_classes(one))
    return Features(
        format=one.format or "",
        origin=origin,
        classes=classes,
        traits=frozenset({f"layer {name}" for name in classes} | set(_others(one))),
        own=bool(one.custom or one.code),
    )


def origin_of(one: Inspection) -> tuple[str, ...]:
    """Return the stated versions; patches of one minor version save alike.

    The suffix of 2.2.4-tf counts: it is another Keras than 2.2.4.
    """
    stated = one.origin
    keras = stated.keras_version
    version = _minor(keras) + ("-tf" if keras.endswith("-tf") else "") if keras else ""
    tensorflow = _minor(stated.tensorflow_version) if stated.tensorflow_version else ""
    found = (
        f"Keras {version}" if version else "",
        f"TensorFlow {tensorflow}" if tensorflow else "",
    )
    backend = f"on {stated.backend}" if stated.backend else ""
    return (*found, backend) if any(found) else ()


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _classes(one: Inspection) -> Iterator[str]:
    yield from one.layers_by_class
    for layer in one.layers:
        yield from layer.wraps
        if layer.class_name:
            yield layer.class_name


def _others(one: Inspection) -> Iterator[str]:
    if one.model_class:
        yield f"model {one.model_class}"
    yield from _inside(one)
    yield "several inputs" if len(one.inputs) > 1 else "one input" if one.inputs else "no input"
    yield from _names(one)
    for said in one.stated:
        yield from _of(said, by_legacy=one.format == "h5")
    if one.optimizer is not None and one.optimizer.class_name:
        yield f"optimizer {one.optimizer.class_name}"
    elif one.loss:  # so are the files that Keras 3 saves of a model after it was saved as HDF5
        yield "compiled, and no optimizer named"
    if one.optimizer is not None:
        yield "optimizer state" if one.optimizer.slots else "no optimizer state"
    yield from (f"loss {name.rpartition(': ')[2]}" for name in one.loss)
    yield from (f"metric {name.rpartition(': ')[2]}" for name in one.metrics)
    if any(": " in name for name in (*one.loss, *one.metrics)):
        yield "losses or metrics by output"
    yield from (f"policy {name}" for name in one.dtype_policies)
    yield from (f"{code.kind} inside" for code in one.code)
    yield from (f"own {own.role} {own.name}" for own in one.custom)


def _inside(one: Inspection) -> Iterator[str]:
    """Yield which models are inside which, and how deep."""
    kinds = {layer.name: layer for layer in one.layers if layer.name}
    holders = dict.fromkeys(layer.inside for layer in one.layers if layer.inside is not None)
    if holders:
        yield "a model inside"
    for name in holders:
        holder = kinds.get(name)
        if holder is None or holder.wraps:
            continue
        outer = kinds.get(holder.inside) if holder.inside else None
        around = one.model_class if holder.inside is None else outer and outer.class_name
        yield f"a {holder.class_name} inside a {around}"
        if outer is not None:
            yield "a model inside a model inside"


def _names(one: Inspection) -> Iterator[str]:
    """Yield what a loader may refuse of names, and that a layer is there twice."""
    named = [(layer.name, layer.class_name) for layer in one.layers if layer.name]
    if any("/" in name for name in (*(name for name, _ in named), one.model_name or "")):
        yield "a / in a name"
    automatic = {_is_automatic(name, kind) for name, kind in named if kind and kind != _INPUT}
    if False in automatic:
        yield "a layer named by somebody"
    if True in automatic:
        yield "a layer named by Keras"


def _is_automatic(name: str, class_name: str) -> bool:
    """Say whether Keras names a layer of that class so: ``max_pooling2d_3``."""
    snake = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", class_name)
    snake = re.sub("([a-z])([A-Z])", r"\1_\2", snake).lower()
    return re.sub(r"_\d+$", "", name) == snake


def _of(said: Stated, *, by_legacy: bool) -> Iterator[str]:
    """Yield an object's class and arguments; a layer's own class is told of all layers.

    ``by_legacy``: Keras 3 reads it by code of before, which calls layers with one argument.
    """
    what = said.class_name
    if said.kind != LAYER:
        what = f"{said.kind} {what}"
        yield what if said.kind in ("initializer", "regularizer") else f"{what}, an object"
    if said.module:
        yield f"{what} of {said.module}"
    if said.registered and ">" in said.registered:
        yield f"{what} registered as {said.registered}"
    for name, value in said.arguments:
        yield f"{what} with {name}={value}"
    for name, value in said.called:
        if name != ARGUMENTS_OF_CALL or by_legacy:
            yield f"{what} called with {name}={value}"
