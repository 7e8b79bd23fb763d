"""Which generation of loaders an environment belongs to, and what it runs on (pure)."""

from __future__ import annotations

import re

from caniload.runner.core.judged import JudgedEnvironment

TF_1 = "TF 1.x"
MULTI_BACKEND = "Multi-backend Keras 2"
TF_2 = "TF 2.0 to 2.11"
KERAS_V3_FORMAT = "TF 2.12 to 2.15"
TF_KERAS = "tf-keras"
KERAS_3 = "TF 2.16+ / Keras 3"
UNKNOWN = "Other"

GENERATIONS = (TF_1, MULTI_BACKEND, TF_2, KERAS_V3_FORMAT, TF_KERAS, KERAS_3, UNKNOWN)
"""In the order of their time, as pages list them."""

UNSTATED = "unknown"
_TF_2, _KERAS_V3_FORMAT, _KERAS_3_INSIDE = (2, 0), (2, 12), (2, 16)
_BY_STACK = {
    "keras 2 (multi-backend)": MULTI_BACKEND,
    "tf-keras": TF_KERAS,
    "keras 3": KERAS_3,
}


def generation(environment: JudgedEnvironment) -> str:
    """Name the generation by stack, and for tf.keras by the version of TensorFlow found there."""
    if environment.stack in _BY_STACK:
        return _BY_STACK[environment.stack]
    version = _major_minor(_found(environment, "tensorflow", "tensorflow-cpu"))
    if environment.stack != "tf.keras" or version is None:
        return UNKNOWN
    if version < _TF_2:
        return TF_1
    if version < _KERAS_V3_FORMAT:
        return TF_2
    return KERAS_V3_FORMAT if version < _KERAS_3_INSIDE else KERAS_3


def keras_of(environment: JudgedEnvironment) -> str:
    """Return the version of Keras, as it states it or else as asked for; empty if unknown."""
    return _found(environment, "keras", "tf-keras")


def backend_of(environment: JudgedEnvironment) -> str:
    """Return the backend, as found or else as asked for; empty if unknown."""
    known = environment.versions.get("backend") or environment.variables.get("KERAS_BACKEND")
    if known:
        return known
    return "tensorflow" if environment.stack in {"tf.keras", "tf-keras"} else ""


def _found(environment: JudgedEnvironment, *names: str) -> str:
    for versions in (environment.versions, environment.asked):
        for name in names:
            # A module that states no version is recorded as "unknown".
            if versions.get(name, UNSTATED) != UNSTATED:
                return versions[name]
    return ""


def _major_minor(version: str) -> tuple[int, int] | None:
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return (int(numbers[1]), int(numbers[2])) if numbers else None
