"""Which generation of loaders an environment belongs to, and what it runs on (pure).

What generations there are, and what is told by which package, stands in generations.yaml.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from caniload.runner.core.judged import JudgedEnvironment

_UNSTATED = "unknown"
_Number = tuple[int, int]


@functools.cache
def _known() -> Mapping[str, Any]:
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    known: Mapping[str, Any] = yaml.safe_load(text)
    return known


def generations() -> tuple[str, ...]:
    """Return their titles in the order of their time, as pages list them."""
    return tuple(one["title"] for one in _known()["generations"])


def generation(environment: JudgedEnvironment) -> str:
    """Name the generation by stack and, where that decides, by the TensorFlow found there."""
    version = _major_minor(_found(environment, "tensorflow"))
    for one in _known()["generations"]:
        if any(_is_of(part, environment.stack, version) for part in one["of"]):
            return str(one["title"])
    return generations()[-1]


def _is_of(part: Mapping[str, str], stack: str, version: _Number | None) -> bool:
    since, below = (_major_minor(part.get(name, "")) for name in ("since", "below"))
    if part["stack"] != stack:
        return False
    if version is None:
        return since is None and below is None
    return (since is None or since <= version) and (below is None or version < below)


def keras_of(environment: JudgedEnvironment) -> str:
    """Return the version of Keras, as it states it or else as asked for; empty if unknown."""
    return _found(environment, "keras")


def backend_of(environment: JudgedEnvironment) -> str:
    """Return the backend, as found or else as asked for; empty if unknown."""
    known = environment.versions.get("backend") or environment.variables.get("KERAS_BACKEND")
    if known:
        return known
    return "tensorflow" if environment.stack in _known()["on_tensorflow"] else ""


def plain(package: str) -> str:
    """Return a package's name; another build of TensorFlow is TensorFlow."""
    return str(_known()["builds"].get(package, package))


def _found(environment: JudgedEnvironment, what: str) -> str:
    for versions in (environment.versions, environment.asked):
        for name in _known()["found"][what]:
            # A module that states no version is recorded as "unknown".
            if versions.get(name, _UNSTATED) != _UNSTATED:
                return versions[name]
    return ""


def _major_minor(version: str) -> _Number | None:
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return (int(numbers[1]), int(numbers[2])) if numbers else None
