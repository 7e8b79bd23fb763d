"""What an environment is by its packages, and its place and nearest kin among others; pure."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from packaging.version import Version

from caniload.runner.matrix.frameworks import frameworks, plain
from caniload.runner.matrix.schema import Environment


def versions(environment: Environment) -> dict[str, Version]:
    """Return the versions that the row is about; a smaller build of TensorFlow is TensorFlow."""
    return dict(_versions(tuple(environment.packages.items())))


@functools.cache
def _versions(packages: tuple[tuple[str, str], ...]) -> Mapping[str, Version]:
    return {plain(name): Version(version) for name, version in packages}


def is_keras_3(environment: Environment) -> bool:
    """Say whether what a person imports as keras there is Keras 3."""
    found = versions(environment)
    if "tf-keras" in found:
        return False
    return _saves_as_keras_3(found)


def _saves_as_keras_3(found: Mapping[str, Version]) -> bool:
    keras, tensorflow, since = found.get("keras"), found.get("tensorflow"), frameworks().since
    if keras is not None:
        return keras >= since.keras_3
    return tensorflow is not None and tensorflow >= since.tensorflow_with_keras_3


def knows_keras_format(environment: Environment) -> bool:
    """Say whether it saves and loads the .keras zip format; without a version it is taken to."""
    stack = frameworks().stack(environment.stack)
    first = stack.keras_format
    return first is not None and versions(environment).get(stack.ordered_by, first) >= first


def backend(packages: Mapping[str, object]) -> str | None:
    """Return what the Keras among these packages computes with: the first that is named."""
    names = (plain(name) for name in packages)
    return next((name for name in names if name in frameworks().computing), None)


def patience(environment: Environment) -> int:
    """Return how many times the limits of matrix.yaml its processes may take."""
    found = backend(environment.packages)
    return frameworks().computing[found].patience if found else 1


def head(environment: Environment) -> Version:
    """Return the version that orders the environment among those of its stack."""
    found = versions(environment)
    return found.get(frameworks().stack(environment.stack).ordered_by) or next(iter(found.values()))


def relative(environment: Environment, others: Sequence[Environment]) -> Environment | None:
    """Return the nearest older environment of the same kind, else the nearest newer one.

    Of the same kind are those of one stack, one backend and one way to save.
    """
    kin = sorted((one for one in others if _kind(one) == _kind(environment)), key=head)
    older = [one for one in kin if head(one) <= head(environment)]
    nearest = [one for one in older if head(one) == head(older[-1])]
    # The first of them: those that follow differ from it in a companion, and are about that.
    return next(iter(nearest or kin), None)


def _kind(environment: Environment) -> tuple[str, str | None, bool]:
    by_keras_3 = _saves_as_keras_3(versions(environment))
    return environment.stack, backend(environment.packages), by_keras_3


def place(environment: Environment, others: Sequence[Environment]) -> int:
    """Return the index where it belongs: before the first newer of its stack, stacks in order.

    The first, because pairs that differ in one companion may stand at the end of a stack.
    """
    stacks = [one.name for one in frameworks().stacks]
    rank = stacks.index(environment.stack)
    same = [index for index, one in enumerate(others) if one.stack == environment.stack]
    newer = [index for index in same if head(others[index]) > head(environment)]
    if newer:
        return newer[0]
    before = [index for index, one in enumerate(others) if stacks.index(one.stack) <= rank]
    return before[-1] + 1 if before else 0
