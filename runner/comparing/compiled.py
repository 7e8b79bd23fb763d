"""How a model was compiled, as any Keras wrote it -> settings in one dialect; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from caniload.runner.comparing import values

_LABELLED = ("loss", "metrics", "weighted_metrics")
_ACCURACY = "accuracy"
_OF = " of "


def read(stated: Any) -> dict[str, Any]:
    """Return optimizer, loss and metrics as settings; empty for a model that is not compiled."""
    if not isinstance(stated, Mapping) or not stated:
        return {}
    found: dict[str, Any] = dict(
        _optimizer(stated.get("optimizer_config", stated.get("optimizer")))
    )
    for name in _LABELLED:
        for output, label in _labels(stated.get(name)):
            key = f"{name}{_OF}{output}" if output else name
            found[key] = (*found.get(key, ()), label)
    weights = stated.get("loss_weights")
    if weights:
        found["loss_weights"] = values.canonical(weights)
    return found


def _optimizer(stated: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(stated, str):
        stated = {"class_name": stated, "config": {}}
    if not isinstance(stated, Mapping):
        return
    name = stated.get("class_name", stated.get("name"))
    config = stated.get("config", stated)
    if not isinstance(name, str):
        return
    bare = name.rpartition(">")[2]
    yield "optimizer", bare
    if not isinstance(config, Mapping):
        return
    if isinstance(inner := config.get("inner_optimizer", config.get("optimizer")), Mapping):
        yield from (("inner " + key, value) for key, value in _optimizer(inner))
    for key, value in values.arguments(config):
        if key not in ("inner_optimizer", "optimizer", "name", "dtype", "class_name"):
            yield f"optimizer {key}", values.canonical(value)


def _labels(value: Any, output: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each loss or metric, with the output that it is for if one is named."""
    if isinstance(value, list | tuple):
        # One list for each output; a single output is written with and without one around.
        by_output = len(value) > 1 and any(one is None or isinstance(one, list) for one in value)
        for number, one in enumerate(value):
            yield from _labels(one, _joined(output, str(number)) if by_output else output)
    elif isinstance(value, Mapping) and isinstance(value.get("class_name"), str):
        found = values.canonical(value)
        yield output, values.made(found, {}) if isinstance(found, str) else found
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _labels(one, _joined(output, str(key)))
    elif isinstance(value, str):
        yield output, value


def _joined(output: str, inner: str) -> str:
    return f"{output}/{inner}" if output else inner


def same(name: str, one: Any, other: Any) -> bool:
    """Say whether two settings of the training mean the same."""
    if name.partition(_OF)[0] not in _LABELLED:
        return values.same(one, other, exact=not values.is_named(name))
    ones, others = one or (), other or ()
    return len(ones) == len(others) and all(map(_same_label, ones, others))


def _same_label(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str) and _ACCURACY in (one, other):
        # Keras resolves "accuracy" by the shape of the output when it is first run.
        return values.folded(one).endswith(_ACCURACY) and values.folded(other).endswith(_ACCURACY)
    return values.same(one, other)
