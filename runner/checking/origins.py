"""What a file states of its origin -> the environments that should read it best, nearest first."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from caniload.runner.forensics.facts import Inspection, Origin
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.joining import backend, versions
from caniload.runner.matrix.schema import Environment

_NUMBERS = re.compile(r"\d+")
_FAR = (9, 9, 9)


def keras_of(environment: Environment) -> str | None:
    """Return the version that the Keras of an environment states in what it saves."""
    packages = environment.packages
    return packages.get("tf-keras", packages.get("keras", environment.states))


def nearest(
    inspection: Inspection,
    environments: Sequence[Environment],
    *,
    first: Callable[[str], bool],
) -> list[Environment]:
    """Return all environments, those nearest to what saved the file first.

    Among equals go those of which ``first`` is true (they cost less), then the newer ones.
    """
    order = {environment.id: place for place, environment in enumerate(environments)}

    def distance(environment: Environment) -> tuple[object, ...]:
        near = _distance(inspection.origin, environment)
        return (*near, not first(environment.id), -order[environment.id])

    return sorted(environments, key=distance)


def is_origin(inspection: Inspection, environment: Environment) -> bool:
    """Say whether the file states the very version of Keras, or of TensorFlow, that is in there."""
    origin = inspection.origin
    tensorflow = versions(environment).get("tensorflow")
    if origin.keras_version is not None:
        return origin.keras_version == keras_of(environment)
    return origin.tensorflow_version is not None and origin.tensorflow_version == str(tensorflow)


def _distance(origin: Origin, environment: Environment) -> tuple[object, ...]:
    """Return how far apart: generation of Keras, then backend, version, and whose Keras it is.

    Where the file states nothing, all are as near: the newest is tried first.
    """
    keras = keras_of(environment)
    tensorflow = versions(environment).get("tensorflow")
    # Old files do not state it; few were made with another than TensorFlow.
    wrong_backend = (origin.backend or "tensorflow") != backend(environment.packages)
    apart = _FAR if origin.keras_version else (0, 0, 0)
    other_generation, other_kind = False, False
    if origin.keras_version and keras:
        apart = _apart(origin.keras_version, keras)
        other_generation = _is_3(origin.keras_version) != _is_3(keras)
        other_kind = origin.keras_version.endswith("-tf") != keras.endswith("-tf")
    also = _FAR if origin.tensorflow_version else (0, 0, 0)
    if origin.tensorflow_version and tensorflow:
        also = _apart(origin.tensorflow_version, str(tensorflow))
    return (other_generation, wrong_backend, apart, also, other_kind)


def _is_3(version: str) -> bool:
    return _three(version)[0] >= frameworks().since.keras_3.major


def _apart(one: str, other: str) -> tuple[int, int, int]:
    left, right = _three(one), _three(other)
    return (abs(left[0] - right[0]), abs(left[1] - right[1]), abs(left[2] - right[2]))


def _three(version: str) -> tuple[int, int, int]:
    major, minor, patch = [*(int(one) for one in _NUMBERS.findall(version)[:3]), 0, 0, 0][:3]
    return major, minor, patch
