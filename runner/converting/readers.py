"""Which environments are to read the original, the most truthful first; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from caniload.runner.converting.rules import Rules, Silent, keras_version
from caniload.runner.forensics.facts import Inspection, Layer
from caniload.runner.matrix.schema import Environment

_BY_KERAS: Sequence[tuple[str, str]] = (
    # What tf.keras called itself, and the TensorFlow that it came with.
    ("2.1.6", "1.12"),
    ("2.2.4", "1.15"),
    ("2.3.0", "2.2"),
    ("2.4.0", "2.4"),
)
_LAST_OF_2 = "tf-2.15"
_MULTI_BACKEND = ("tf-1.15-keras-2.3", "tf-1.13-keras-2.2")
_UNROLLING = "tf-1.15"
_KERAS_3 = Version("3")
_TF_KERAS_VERSIONED = Version("2.5")
"""From here on tf.keras has the number of its TensorFlow."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Environments in the order in which they are tried, and what narrowed the choice."""

    environments: tuple[str, ...]
    because: tuple[Silent, ...] = ()


def tensorflow(environment: Environment) -> Version | None:
    version = environment.packages.get("tensorflow-cpu") or environment.packages.get("tensorflow")
    return Version(version) if version else None


def keras(environment: Environment) -> Version:
    """Return the version of Keras that an environment brings, with its TensorFlow if need be."""
    packages = environment.packages
    stated = packages.get("keras") or packages.get("tf-keras")
    if stated:
        return Version(stated)
    inside = tensorflow(environment) or Version("2")
    for own, shipped in reversed(_BY_KERAS):
        if Version(shipped) <= inside < _TF_KERAS_VERSIONED:
            return Version(own)
    return inside if inside >= _TF_KERAS_VERSIONED else Version(_BY_KERAS[0][0])


def saved_by(inspection: Inspection) -> Version | None:
    """Return the TensorFlow that a file of tf.keras comes from, as near as it says."""
    if inspection.origin.tensorflow_version:
        return keras_version(inspection.origin.tensorflow_version)
    own = keras_version(inspection.origin.keras_version)
    if own is None or own >= _KERAS_3:
        return None
    if own >= _TF_KERAS_VERSIONED:
        return own
    return next((Version(tf) for keras, tf in _BY_KERAS if Version(keras) >= own), None)


def reading(
    inspection: Inspection,
    environments: Sequence[Environment],
    *,
    built: Mapping[str, bool],
    rules: Rules,
    target: str,
) -> Reading:
    """Return who is to read the file; empty if nobody can.

    ``built`` has every environment that can be used here, and whether it is there already.
    """
    usable = [one for one in environments if one.id in built and one.twin is None]
    silent = tuple(_silent(inspection, rules))
    names = list(dict.fromkeys(_ordered(inspection, usable, built, target)))
    for one in silent:
        allowed = SpecifierSet(one.read_by)
        by_id = {each.id: each for each in usable}
        names = [
            name
            for name in names
            if (inside := tensorflow(by_id[name])) is not None and allowed.contains(inside)
        ]
    return Reading(environments=tuple(names), because=silent)


def _ordered(
    inspection: Inspection,
    usable: Sequence[Environment],
    built: Mapping[str, bool],
    target: str,
) -> Iterator[str]:
    ids = {one.id for one in usable}
    version = keras_version(inspection.origin.keras_version)
    if inspection.format == "savedmodel" and version is None:
        version = keras_version(inspection.origin.tensorflow_version)
        if version is not None and version >= Version("2.16"):
            version = _KERAS_3
    backend = inspection.origin.backend
    if version is not None and version >= _KERAS_3:
        yield from _newer(version, usable, target)
        return
    first: list[str] = []
    if backend in ("theano", "cntk") or _is_multi_backend(inspection):
        # Of what a Lambda does only tf.keras keeps the operations; its bytecode is of one Python.
        unrolling = [_UNROLLING] if inspection.code and backend in (None, "tensorflow") else []
        first = [*unrolling, *_MULTI_BACKEND, "tf-2.3"]
    saver = saved_by(inspection)
    plain = [one for one in usable if one.stack == "tf.keras" and keras(one) < _KERAS_3]
    near = sorted(
        (one for one in plain if saver is not None and _minor(one) >= saver.release[:2]),
        key=_minor,
    )
    exact = [one.id for one in near if saver is not None and _minor(one) == saver.release[:2]]
    yield from (name for name in first if name in ids)
    yield from (name for name in exact if built[name])
    if _LAST_OF_2 in ids:
        yield _LAST_OF_2
    yield from exact
    yield from (one.id for one in near if built[one.id])
    yield from (one.id for one in near[:2])
    if version is None or version < _TF_KERAS_VERSIONED:
        yield from (name for name in ("tf-2.4", *_MULTI_BACKEND) if name in ids)


def _newer(version: Version, usable: Sequence[Environment], target: str) -> Iterator[str]:
    """Yield versions of Keras 3 that are not older than the file, the nearest first."""
    able = [
        one
        for one in usable
        if tensorflow(one) is not None and one.stack in ("tf.keras", "keras 3")
    ]
    able = [one for one in able if keras(one) >= Version(f"{version.major}.{version.minor}")]
    if any(one.id == target for one in able):
        yield target
    yield from (one.id for one in sorted(able, key=keras))


def _is_multi_backend(inspection: Inspection) -> bool:
    """Say whether Keras itself wrote the file, and not tf.keras, which adds "-tf" to its number."""
    text = inspection.origin.keras_version or ""
    version = keras_version(text)
    return (
        version is not None and version < Version("2.4") and not text.endswith("-tf")
    ) or inspection.origin.backend in ("theano", "cntk")


def _minor(environment: Environment) -> tuple[int, ...]:
    inside = tensorflow(environment)
    return inside.release[:2] if inside else (0,)


def _silent(inspection: Inspection, rules: Rules) -> Iterator[Silent]:
    saver = saved_by(inspection)
    for one in rules.silent:
        if one.written_by in ("theano", "cntk"):
            if inspection.origin.backend == one.written_by:
                yield one
        elif (
            saver is not None
            and SpecifierSet(one.written_by).contains(saver, prereleases=True)
            and any(_has(layer, one) for layer in inspection.layers)
        ):
            yield one


def _has(layer: Layer, one: Silent) -> bool:
    """Say whether a layer is of the kind, also wrapped by another, with such settings."""
    if layer.class_name in one.classes:
        return all(layer.settings.get(name) == value for name, value in one.having.items())
    return not one.having and any(name in one.classes for name in layer.wraps)
