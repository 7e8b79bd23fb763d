"""Which environments are to read the original, the most truthful first; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from caniload.runner.checking.subjects import FILLING
from caniload.runner.converting.rules import Rules, Silent, keras_version
from caniload.runner.forensics.facts import Inspection, Layer
from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.joining import versions
from caniload.runner.matrix.schema import ConversionReaders, Environment


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Environments in the order in which they are tried, and what narrowed the choice."""

    environments: tuple[str, ...]
    because: tuple[Silent, ...] = ()
    only_itself: bool = False
    """Whether the target alone could read it, which did not save it: it proves nothing then."""


NAMES = "by names"
"""What the checkpoints of a Saver of TensorFlow 1 are called."""
_NEAREST = 3
"""So many versions of Keras 3 are asked to read a file, beside the newest."""


def tensorflow(environment: Environment) -> Version | None:
    return versions(environment).get("tensorflow")


def keras(environment: Environment) -> Version:
    """Return the version of Keras that an environment brings, with its TensorFlow if need be."""
    found, known = versions(environment), frameworks()
    stated = found.get("keras") or found.get("tf-keras")
    if stated:
        return stated
    inside = tensorflow(environment)
    if inside is not None and inside >= known.since.tensorflow_with_keras_3:
        return known.since.keras_3  # as much as is known of one that nobody states
    if inside is not None and inside >= known.since.tensorflow_keras_numbered:
        return inside
    first, *later = known.numbers
    fitting = [one for one in later if inside is not None and one.tensorflow <= inside]
    return (fitting or [first])[-1].keras


def saved_by(inspection: Inspection) -> Version | None:
    """Return the TensorFlow that a file of tf.keras comes from, as near as it says."""
    if inspection.origin.tensorflow_version:
        return keras_version(inspection.origin.tensorflow_version)
    own = keras_version(inspection.origin.keras_version)
    known = frameworks()
    if own is None or own >= known.since.keras_3:
        return None
    if own >= known.since.tensorflow_keras_numbered:
        return own
    return next((one.tensorflow for one in known.numbers if one.keras >= own), None)


def reading(
    inspection: Inspection,
    environments: Sequence[Environment],
    *,
    built: Mapping[str, bool],
    rules: Rules,
    target: str,
    conversion: ConversionReaders,
) -> Reading:
    """Return who is to read the file; empty if nobody can.

    ``built`` has every environment that can be used here, and whether it is there already;
    ``conversion`` names those of matrix.yaml that are asked whatever the file says.
    """
    usable = [one for one in environments if one.id in built and one.twin is None]
    silent = tuple(_silent(inspection, rules))
    names = list(dict.fromkeys(_ordered(inspection, usable, built, target, conversion)))
    for one in silent:
        allowed = SpecifierSet(one.read_by)
        by_id = {each.id: each for each in usable}
        names = [
            name
            for name in names
            if (inside := tensorflow(by_id[name])) is not None and allowed.contains(inside)
        ]
    aim = next((one for one in usable if one.id == target), None)
    if aim is None or is_of(inspection, aim) is not False:
        return Reading(environments=tuple(names), because=silent)
    others = tuple(name for name in names if name != target)
    return Reading(environments=others, because=silent, only_itself=target in names and not others)


def is_of(inspection: Inspection, environment: Environment) -> bool | None:
    """Say whether a file states the version that an environment has; None if it states none.

    Patches of one minor version count as one. Where it does not, the environment cannot
    speak for the original: what loads otherwise there loads otherwise twice.
    """
    own = keras_version(inspection.origin.keras_version)
    if own is not None:
        return own.release[:2] == keras(environment).release[:2]
    saver = keras_version(inspection.origin.tensorflow_version)
    return saver.release[:2] == _minor(environment) if saver is not None else None


def _ordered(
    inspection: Inspection,
    usable: Sequence[Environment],
    built: Mapping[str, bool],
    target: str,
    conversion: ConversionReaders,
) -> Iterator[str]:
    since = frameworks().since
    ids = {one.id for one in usable}
    version = keras_version(inspection.origin.keras_version)
    if inspection.format in FILLING and version is None:
        yield from _filling(inspection, usable, built, target, conversion)
        return
    if inspection.format == "savedmodel" and version is None:
        version = keras_version(inspection.origin.tensorflow_version)
        if version is not None and version >= since.tensorflow_with_keras_3:
            version = Version(since.keras_3.base_version)
    if version is not None and version >= since.keras_3:
        yield from _newer(version, usable, built)
        return
    first: list[str] = []
    if _is_multi_backend(inspection):
        # Of what a Lambda does only tf.keras keeps the operations; its bytecode is of one Python.
        unrolls = inspection.code and inspection.origin.backend in (None, "tensorflow")
        unrolling = [conversion.unrolling] if unrolls and conversion.unrolling else []
        first = [*unrolling, *conversion.multi_backend]
    saver = saved_by(inspection)
    plain = [one for one in usable if one.stack == "tf.keras" and keras(one) < since.keras_3]
    near = sorted(
        (one for one in plain if saver is not None and _minor(one) >= saver.release[:2]),
        key=_minor,
    )
    exact = [one.id for one in near if saver is not None and _minor(one) == saver.release[:2]]
    yield from (name for name in first if name in ids)
    yield from (name for name in exact if built[name])
    if conversion.bridge in ids:
        yield conversion.bridge
    yield from exact
    yield from (one.id for one in near if built[one.id])
    yield from (one.id for one in near[:2])
    if version is None or version < since.tensorflow_keras_numbered:
        yield from (name for name in conversion.oldest if name in ids)


def _filling(
    inspection: Inspection,
    usable: Sequence[Environment],
    built: Mapping[str, bool],
    target: str,
    conversion: ConversionReaders,
) -> Iterator[str]:
    """Yield who reads weights of which nothing says what wrote them.

    Their model's code decides that: who cannot run it says so, and the next is asked.
    """
    ids = {one.id for one in usable}
    first = [conversion.bridge, target]
    if inspection.variant == NAMES:
        first = [conversion.unrolling, conversion.bridge, target]
    if (inspection.variant or "").endswith("shards"):  # which came with Keras 3
        first = [target, *_newer(frameworks().since.keras_3, usable, built)]
    if inspection.origin.backend is not None:
        first = [*conversion.multi_backend, *first]
    yield from (one for one in dict.fromkeys([*first, *conversion.oldest]) if one in ids)


def _newer(
    version: Version, usable: Sequence[Environment], built: Mapping[str, bool]
) -> Iterator[str]:
    """Yield versions of Keras 3 that are not older than the file, the nearest first.

    Of equally near ones the patch that saved it comes first, then what is built.
    """
    able = [
        one
        for one in usable
        if tensorflow(one) is not None and frameworks().stack(one.stack).reads_keras_3
    ]
    able = [one for one in able if keras(one) >= Version(f"{version.major}.{version.minor}")]

    def nearness(one: Environment) -> tuple[Any, ...]:
        own = keras(one)
        return own.release[:2], own != version, not built[one.id], own

    # A file that these do not read lacks something else, such as a person's own class.
    ordered = sorted(able, key=nearness)
    yield from (one.id for one in (*ordered[:_NEAREST], *ordered[-1:]))


def _is_multi_backend(inspection: Inspection) -> bool:
    """Say whether Keras itself wrote the file, and not tf.keras, which adds "-tf" to its number."""
    text = inspection.origin.keras_version or ""
    version = keras_version(text)
    return (
        version is not None
        and version < frameworks().since.keras_of_tensorflow
        and not text.endswith("-tf")
    ) or _of_multi_backend(inspection.origin.backend)


def _of_multi_backend(backend: str | None) -> bool:
    """Say whether only Keras before tf.keras computed with it."""
    known = frameworks().computing.get(backend or "")
    return known is not None and known.multi_backend


def _minor(environment: Environment) -> tuple[int, ...]:
    inside = tensorflow(environment)
    return inside.release[:2] if inside else (0,)


def _silent(inspection: Inspection, rules: Rules) -> Iterator[Silent]:
    saver = saved_by(inspection)
    for one in rules.silent:
        if _of_multi_backend(one.written_by):
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
