"""What the constructors of two environments take, for ``fitting``: as it ships, or asked here."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from caniload.runner.converting.fitting import Fitting, Lookup, Record
from caniload.runner.converting.launching import Workshop
from caniload.runner.converting.readers import keras, tensorflow
from caniload.runner.core.errors import EnvironmentUnusable
from caniload.runner.environments.constructors import ask
from caniload.runner.evidence.constructors import looked_up, to_try
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.schema import Environment, Matrix


def fitting(workshop: Workshop, reader: str, target: str) -> Fitting | None:
    """Return what two environments take; None where that of the target is not to be had.

    A target that nothing ships of is asked, which takes a minute, where it is the older one.
    """
    matrix = workshop.matrix
    here, there = matrix.environment(reader), matrix.environment(target)
    taken = _of(workshop, there) or _asked(workshop, here, there)
    if taken is None:
        return None
    return Fitting(
        there=taken,
        here=_of(workshop, here) or _nearest(workshop, here) or _nothing,
        label=there.label,
        since=functools.partial(_first, workshop),
        lambdas=not keeps_operations(there),
        by_name=_names_outputs(there),
        ignores_masks=not _heeds_masks(there),
    )


def keeps_operations(environment: Environment) -> bool:
    """Say whether its Keras makes layers of TensorFlow's functions when they are called."""
    inside, known = tensorflow(environment), frameworks()
    return (
        known.stack(environment.stack).on_tensorflow
        and inside is not None
        and inside >= known.since.tensorflow_operations_as_layers
    )


def _names_outputs(environment: Environment) -> bool:
    """Say whether its Keras gives outputs by name, and not in a list."""
    inside, known = tensorflow(environment), frameworks()
    if keras(environment) >= known.since.keras_3:
        return True
    on_tensorflow = known.stack(environment.stack).on_tensorflow
    return on_tensorflow and inside is not None and inside >= known.since.tensorflow_outputs_by_name


def _heeds_masks(environment: Environment) -> bool:
    """Say whether attention takes masks that come with its inputs by itself."""
    inside, since = tensorflow(environment), frameworks().since
    if keras(environment) >= since.keras_3:
        return True
    return inside is not None and inside >= since.tensorflow_attention_heeds_masks


def _nothing(_kind: str, _name: str) -> Record | None:
    return None


def _of(workshop: Workshop, environment: Environment) -> Lookup | None:
    """Return what ships of an environment, or of another that has the same Keras."""
    found = looked_up(environment, workshop.locks)
    if found is not None:
        return found
    for other in workshop.matrix.environments:
        if _has_the_same_keras(other, environment) and (found := looked_up(other, workshop.locks)):
            return found
    return None


def _has_the_same_keras(one: Environment, other: Environment) -> bool:
    since = frameworks().since
    versions = keras(one), keras(other)
    if min(versions) > since.keras_3:
        return versions[0].release[:2] == versions[1].release[:2]
    return one.stack == other.stack and versions[0] == versions[1] and min(versions) < since.keras_3


def _nearest(workshop: Workshop, environment: Environment) -> Lookup | None:
    """Return what ships of the nearest newer version of Keras, whose defaults are the likeliest."""
    wanted = keras(environment)
    newer = sorted((keras(one), one.id) for one in _shipped(workshop) if keras(one) >= wanted)
    return looked_up(workshop.matrix.environment(newer[0][1]), workshop.locks) if newer else None


def _asked(workshop: Workshop, here: Environment, there: Environment) -> Lookup | None:
    if keras(there) >= keras(here) or workshop.problem(there.id) is not None:
        return None
    if workshop.tell:
        workshop.tell(f"asking what the constructors of {there.id} take; it is done once")
    try:
        report = ask(there, to_try(), home=workshop.home, locks=workshop.locks)
    except EnvironmentUnusable:
        return None
    return functools.partial(_in_report, report)


def _in_report(report: Mapping[str, Any], kind: str, name: str) -> Record | None:
    said = report["kinds"][kind]
    names = said["names"]
    if name in names and names[name] is None:
        return {}
    key = names.get(name) or name
    found: Record | None = said["classes"].get(key) or said["functions"].get(key)
    return found


def _shipped(workshop: Workshop) -> Iterator[Environment]:
    """Yield the environments of the line of Keras that something ships of."""
    for one in _line(workshop.matrix):
        if looked_up(one, workshop.locks) is not None:
            yield one


def _line(matrix: Matrix) -> Iterator[Environment]:
    since = frameworks().since
    for one in matrix.environments:
        if one.stack == "tf.keras" or keras(one) >= since.keras_3:
            yield one


def _first(workshop: Workshop, kind: str, name: str, argument: str | None) -> str | None:
    """Return what had a class, or took an argument of it, first; None if the oldest known did."""
    oldest, *later = sorted(_shipped(workshop), key=keras)
    for one in (oldest, *later):
        found = looked_up(one, workshop.locks)
        record = found(kind, name) if found else None
        if record and (argument is None or record.get("takes", {}).get(argument)):
            return None if one is oldest else _called(one)
    return None


def _called(environment: Environment) -> str:
    """Return how people call a version of Keras: by its TensorFlow where it is that one's."""
    version, since = keras(environment), frameworks().since
    if version < since.keras_3:
        return environment.label
    return f"Keras {version.major}.{version.minor}"
