"""What an environment is by its packages, and its place and nearest kin among others; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packaging.version import Version

from caniload.runner.matrix.schema import Environment

STACKS = ("tf.keras", "keras 2 (multi-backend)", "tf-keras", "keras 3")
BACKENDS = ("tensorflow", "jax", "torch", "theano", "cntk")
_SAVING_OF_KERAS_3 = Version("2.16")
"""The TensorFlow that came with Keras 3."""
_KERAS_3 = Version("3")


def versions(environment: Environment) -> dict[str, Version]:
    """Return the versions that the row is about; a smaller build of TensorFlow is TensorFlow."""
    return {
        name.removesuffix("-cpu"): Version(version)
        for name, version in environment.packages.items()
    }


def is_keras_3(environment: Environment) -> bool:
    """Say whether what a person imports as keras there is Keras 3."""
    found = versions(environment)
    if "tf-keras" in found:
        return False
    if "keras" in found:
        return found["keras"] >= _KERAS_3
    return found.get("tensorflow", Version("0")) >= _SAVING_OF_KERAS_3


def backend(packages: Mapping[str, object]) -> str | None:
    """Return what the Keras among these packages computes with: the first that is named."""
    names = (name.removesuffix("-cpu") for name in packages)
    return next((name for name in names if name in BACKENDS), None)


def head(environment: Environment) -> Version:
    """Return the version that orders the environment among those of its stack."""
    first = {"tf.keras": "tensorflow", "tf-keras": "tf-keras"}.get(environment.stack, "keras")
    found = versions(environment)
    return found.get(first) or next(iter(found.values()))


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
    found = versions(environment)
    keras = found.get("keras")
    if keras is not None:
        saves_as_keras_3 = keras.major >= 3  # noqa: PLR2004 - Keras 3
    else:
        tensorflow = found.get("tensorflow", Version("0"))
        saves_as_keras_3 = tensorflow >= _SAVING_OF_KERAS_3
    return environment.stack, backend(environment.packages), saves_as_keras_3


def place(environment: Environment, others: Sequence[Environment]) -> int:
    """Return the index where it belongs: before the first newer of its stack, stacks in order.

    The first, because pairs that differ in one companion may stand at the end of a stack.
    """
    rank = STACKS.index(environment.stack)
    same = [index for index, one in enumerate(others) if one.stack == environment.stack]
    newer = [index for index in same if head(others[index]) > head(environment)]
    if newer:
        return newer[0]
    before = [index for index, one in enumerate(others) if STACKS.index(one.stack) <= rank]
    return before[-1] + 1 if before else 0
