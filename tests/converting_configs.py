"""Configurations as tf.keras writes them, and what becomes of them in Keras 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packaging.version import Version

from caniload.runner.converting.rewriting import Recipe, rewrite

Config = dict[str, Any]


def node(class_name: str, name: str, inbound: Any = (), **config: Any) -> Config:
    return {
        "class_name": class_name,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": list(inbound),
    }


def functional(*layers: Config, last: str | None = None, **config: Any) -> Config:
    return {
        "class_name": "Functional",
        "config": {
            "name": "model",
            "layers": list(layers),
            "input_layers": [[layers[0]["name"], 0, 0]],
            "output_layers": [[last or layers[-1]["name"], 0, 0]],
            **config,
        },
    }


def source(shape: list[int | None], name: str = "features") -> Config:
    return node("InputLayer", name, batch_input_shape=shape, dtype="float32", sparse=False)


def to_3(config: Config, written: str = "2.15.0", **more: Any) -> Recipe:
    return rewrite(config, written=Version(written), wanted=Version("3.13.2"), **more)


def made(recipe: Recipe, name: str) -> Mapping[str, Any]:
    (member,) = [one for one in recipe.model["members"] if one["name"] == name]
    last: Mapping[str, Any] = member["chain"][-1]
    return last


def rules_of(recipe: Recipe) -> set[str]:
    return {change.rule for change in recipe.changes}
