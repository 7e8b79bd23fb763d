"""What of a model decides whether it loads elsewhere, as far as its file states it; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from caniload.runner.forensics.facts import Inspection

_NAMES = frozenset({"registered_name", "module"})


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
    if any(layer.inside is not None for layer in one.layers):
        yield "a model inside"
    yield "several inputs" if len(one.inputs) > 1 else "one input" if one.inputs else "no input"
    for layer in one.layers:
        for name, value in layer.settings.items():
            # What a layer is called, and what calls it, decides nothing.
            if name not in _NAMES:
                yield f"{layer.class_name} with {name}={value}"
    if one.optimizer is not None:
        yield f"optimizer {one.optimizer.class_name}"
        yield "optimizer state" if one.optimizer.slots else "no optimizer state"
    yield from (f"loss {name}" for name in one.loss)
    yield from (f"metric {name}" for name in one.metrics)
    yield from (f"policy {name}" for name in one.dtype_policies)
    yield from (f"{code.kind} inside" for code in one.code)
    yield from (f"own {own.role} {own.name}" for own in one.custom)
