"""What a file states of its origin -> which other origins stand before and after it; pure.

Saving changed with every version, so files of another version are no evidence by themselves. Where
the nearest measured ones on both sides come to the same, what lies between is likely to, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from packaging.version import InvalidVersion, Version

from caniload.runner.matrix.frameworks import frameworks

Known = TypeVar("Known")


def _line(origin: Sequence[str]) -> tuple[str, str]:
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


def _version(stated: str) -> Version | None:
    """Read what ``features.origin_of`` wrote, such as "Keras 2.2-tf"."""
    try:
        return Version(stated.rpartition(" ")[2].removesuffix("-tf"))
    except InvalidVersion:
        return None


def _place(origin: Sequence[str]) -> Version | None:
    """Return where it stands in its line; two TensorFlows may bring Keras of one number."""
    return _version(origin[1]) or _version(origin[0])


def around(
    wanted: Sequence[str], known: Iterable[Known], origin: Callable[[Known], Sequence[str]]
) -> list[list[Known]]:
    """Return what the nearest origin before ``wanted`` has, and the nearest after it.

    Both or neither: with one side alone nothing lies between.
    """
    place = _place(wanted)
    if place is None:
        return []
    groups: dict[Version, list[Known]] = {}
    for one in known:
        own = origin(one)
        if _line(own) == _line(wanted) and (there := _place(own)) is not None:
            groups.setdefault(there, []).append(one)
    before = [one for one in groups if one < place]
    after = [one for one in groups if one > place]
    return [groups[max(before)], groups[min(after)]] if before and after else []
