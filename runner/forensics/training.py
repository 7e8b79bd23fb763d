"""How a model was compiled, as any Keras wrote it -> optimizer, loss and metrics; pure.

``training_config`` is that of HDF5 files and SavedModels, ``compile_config`` that of ``.keras``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caniload.runner.forensics.facts import Custom, Optimizer
from caniload.runner.forensics.names import custom_function

_LABELS = 100
"""Most losses or metrics that are listed."""


@dataclass(frozen=True, kw_only=True)
class Training:
    optimizer: Optimizer | None = None
    loss: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    custom: tuple[Custom, ...] = ()
    """Functions that only the training needs, named by a string."""


def read(compiled: Any) -> Training:
    """Return what is said of the training; ``read(None)`` and an empty one are nothing."""
    if not isinstance(compiled, dict) or not compiled:
        return Training()
    metrics = [*_labels(compiled.get("metrics")), *_labels(compiled.get("weighted_metrics"))]
    loss = list(_labels(compiled.get("loss")))
    return Training(
        optimizer=_optimizer(compiled.get("optimizer_config", compiled.get("optimizer"))),
        loss=tuple(text for text, _ in loss)[:_LABELS],
        metrics=tuple(text for text, _ in metrics)[:_LABELS],
        custom=tuple(
            own for _, name in [*loss, *metrics] if name and (own := custom_function(name))
        ),
    )


def _optimizer(stated: Any) -> Optimizer | None:
    if isinstance(stated, str):
        return Optimizer(class_name=stated)
    if not isinstance(stated, dict):
        return None
    config = stated.get("config")
    if "class_name" not in stated and isinstance(stated.get("name"), str):  # Keras 0.3
        config = {key: value for key, value in stated.items() if key != "name"}
        return Optimizer(class_name=stated["name"], settings=config)
    name = stated.get("class_name")
    if not isinstance(name, str):
        return None
    settings = config if isinstance(config, dict) else {}
    return Optimizer(class_name=name.rpartition(">")[2], settings=settings)


def _labels(value: Any) -> Iterator[tuple[str, str | None]]:
    """Yield a text for each loss or metric, with the name of its function if that is all it is."""
    pending: list[tuple[str, Any]] = [("", value)]
    while pending:
        output, one = pending.pop()
        before = f"{output}: " if output else ""
        if isinstance(one, str):
            yield before + one, one
        elif isinstance(one, list):
            pending += [(output, inner) for inner in reversed(one)]
        elif isinstance(one, dict) and isinstance(one.get("class_name"), str):
            yield before + _label(one), None
        elif isinstance(one, dict):
            pending += [(str(key), inner) for key, inner in reversed(one.items())]


def _label(node: Mapping[str, Any]) -> str:
    config = node.get("config")
    if isinstance(config, str):
        return config
    name = config.get("name") if isinstance(config, dict) else None
    return name if isinstance(name, str) else str(node["class_name"]).rpartition(">")[2]
