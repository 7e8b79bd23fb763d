"""What a file states of its origin -> which other origins stand before and after it; pure.

Saving changed with every version, so files of another version are no evidence by themselves. Where
the nearest measured ones on both sides come to the same, what lies between is likely to, too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from packaging.version import InvalidVersion, Version

from caniload.runner.matrix.frameworks import frameworks
from caniload.runner.matrix.joining import head, versions
from caniload.runner.matrix.schema import Environment

Known = TypeVar("Known")


@functools.cache
def _line(origin: tuple[str, ...]) -> tuple[str, str]:
    """Return whose Keras it is, and on what: versions count within one line only."""
    keras, tensorflow, backend = origin
    stated, since = _version(keras), frameworks().since
    if stated is None:
        kind = "tensorflow" if tensorflow else ""
    elif stated >= since.keras_3:
        kind = "keras 3"
    else:
        of_tensorflow = keras.endswith("-tf") or stated >= since.keras_of_tensorflow
        kind = "tf.keras" if of_tensorflow else "keras 2"
    return kind, backend


@functools.cache
def _version(stated: str) -> Version | None:
    """Read what ``features.origin_of`` wrote, such as "Keras 2.2-tf"."""
    try:
        return Version(stated.rpartition(" ")[2].removesuffix("-tf"))
    except InvalidVersion:
        return None


@functools.cache
def _place(origin: tuple[str, ...]) -> Version | None:
    """Return where it stands in its line; two TensorFlows may bring Keras of one number."""
    return _version(origin[1]) or _version(origin[0])


def around(
    wanted: tuple[str, ...], known: Iterable[Known], origin: Callable[[Known], tuple[str, ...]]
) -> list[list[Known]]:
    """Return what the nearest origin before ``wanted`` has, and the nearest after it.

    Beyond the last that is known, what the two nearest have: where they come to the same, so will
    the next. Two or none.
    """
    place = _place(wanted)
    if place is None:
        return []
    groups: dict[Version, list[Known]] = {}
    for one in known:
        own = origin(one)
        if _line(own) == _line(wanted) and (there := _place(own)) is not None:
            groups.setdefault(there, []).append(one)
    before = sorted(one for one in groups if one < place)
    after = sorted(one for one in groups if one > place)
    near = [*before[-1:], *after[:1]] if before and after else [*before[-2:], *after[:2]]
    return [groups[one] for one in near] if len(near) > 1 else []


def lie_between(
    wanted: tuple[str, ...], known: Sequence[tuple[str, ...]], reader: Environment
) -> bool:
    """Say whether origins lie around ``wanted``, or between it and the version that reads.

    What two versions on the way to a reader come to, one behind them will come to as well; of a
    reader on the same side as the file they say nothing: every version reads what it wrote.
    """
    place, places = _place(wanted), [one for one in map(_place, known) if one is not None]
    if place is None or not places:
        return False
    if min(places) < place < max(places):
        return True
    read = _reads(reader, by_tensorflow=bool(wanted[1]))
    if read is None:
        return False
    return max(places) <= read if place < min(places) else read <= min(places)


def _reads(reader: Environment, *, by_tensorflow: bool) -> Version | None:
    """Return where an environment stands: by its TensorFlow, or by its Keras.

    Before Keras was a package of its own it had TensorFlow's number, or an older one.
    """
    found = versions(reader)
    of_keras = next((one for name, one in found.items() if name.endswith("keras")), head(reader))
    whole = found.get("tensorflow") if by_tensorflow else of_keras
    return None if whole is None else Version(".".join(map(str, whole.release[:2])))
