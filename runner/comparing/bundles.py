"""Arrays of TensorFlow checkpoints, and of SavedModels, whose variables are one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from caniload.runner.comparing import inside
from caniload.runner.comparing.arrays import widened
from caniload.runner.comparing.parts import Stored
from caniload.runner.forensics.formats import checkpoint
from caniload.runner.forensics.formats.checkpoint import GRAPH, VALUE, Entry
from caniload.runner.forensics.formats.variables import Owner, owner_in_checkpoint
from caniload.runner.forensics.formats.wire import WireError, messages, text

_BFLOAT16 = "bfloat16"
_SLOT = ".OPTIMIZER_SLOT"
_KNOWN = frozenset(
    {"float16", "float32", "float64", "int8", "int16", "int32", "int64"}
    | {"uint8", "uint16", "uint32", "uint64", "bool"}
)
_OF_OPTIMIZERS = ("Adam", "Adam_1", "RMSProp", "RMSProp_1", "Momentum", "Adagrad", "Ftrl", "Ftrl_1")
_OTHERS = ("global_step", "beta1_power", "beta2_power")
_ALL, _LISTED = "_all_variables/", "variables/"
_RANDOM = "seed_generator"
_SAVED = ".ATTRIBUTES"
_TABLE = f"{_SAVED}/table-"
_CONFIG = ".ATTRIBUTES/OBJECT_CONFIG_JSON"
_COUNTER = f"save_counter{VALUE}"


class Tensor:
    """An array in a shard of a checkpoint."""

    def __init__(self, path: Path, entry: Entry, size: int) -> None:
        self._path, self._entry = path, entry
        self.shape, self.dtype = entry.shape, entry.dtype
        self._stored = np.dtype("u2" if self.dtype == _BFLOAT16 else _numpy(self.dtype))
        self.refusal = self._refusal(size)

    def _refusal(self, size: int) -> str | None:
        if self.dtype not in _KNOWN and self.dtype != _BFLOAT16:
            return f"{self.dtype} is no type of numbers that is read"
        if self._entry.offset + self._entry.size > size:
            return f"{self._path.name} is missing or cut short"
        if self._entry.size != math.prod(self.shape) * self._stored.itemsize:
            return "it is kept in slices, or in another way"
        return None

    def read(self, start: int, count: int, slices: tuple[slice, ...]) -> Any:
        del slices
        place = self._entry.offset + start * self._stored.itemsize
        found = np.fromfile(self._path, self._stored, count, offset=place)
        if found.size != count:
            raise OSError(f"{self._path.name} is cut short")
        return widened(found) if self.dtype == _BFLOAT16 else found


def _numpy(dtype: str) -> str:
    return dtype if dtype in _KNOWN else "u1"


def read(prefix: Path) -> tuple[list[Stored], list[Stored], inside.Assets]:
    """Return arrays of the model, of its optimizer, and texts; raises as ``checkpoint`` does."""
    paths, entries = checkpoint.index(prefix)
    sizes = [path.stat().st_size if path.is_file() else 0 for path in paths]
    by_key = {one.key: one for one in entries}
    names = _full_names(paths, by_key.get(GRAPH))
    model: list[Stored] = []
    state: list[Stored] = []
    texts: inside.Assets = {}
    unique = Counter(_named(entry.key, names) for entry in entries)
    for entry in entries:
        if not 0 <= entry.shard < len(paths):
            continue
        if entry.dtype == "string" or _TABLE in entry.key:
            if _says_something(entry):
                content = inside.of_file(paths[entry.shard], entry.offset, entry.size)
                texts[entry.key] = (entry.size, content)
            continue
        owner = _owner(entry.key, by_objects=GRAPH in by_key)
        if owner is Owner.OTHER:
            continue
        label = names.get(entry.key) or entry.key.removesuffix(VALUE)
        if _again(entry.key, by_key) or _RANDOM in label:
            continue
        array = Tensor(paths[entry.shard], entry, sizes[entry.shard])
        alone = unique[_named(entry.key, names)] == 1
        stored = Stored(array=array, label=label, parts=_parts(entry.key, label, alone=alone))
        (state if owner is Owner.OPTIMIZER else model).append(stored)
    return model, state, texts


def _again(key: str, keys: Mapping[str, Entry]) -> bool:
    """Say whether an export lists the variable a second time, in another order."""
    return key.startswith(_ALL) and f"{_LISTED}0{VALUE}" in keys


def _says_something(entry: Entry) -> bool:
    """Say whether a text is the model's, and no description of how its objects hang together."""
    known = entry.key in (GRAPH, _COUNTER) or entry.key.endswith(_CONFIG)
    return not known and 0 not in entry.shape


def _place(key: str) -> tuple[str, ...]:
    return tuple(one for one in key.removesuffix(VALUE).split("/") if one != _SAVED)


def _named(key: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the place of a variable with its name at the end."""
    return (*_place(key)[:-1], names.get(key, key))


def _parts(key: str, label: str, *, alone: bool) -> tuple[str, ...]:
    """Return the name with its scopes; one that says no more than its kind is told by its place.

    ``alone``: no other at that place has the name; if one has, the place's own name tells it.
    """
    if "/" in label:
        return tuple(label.split("/"))
    place = _place(key)
    return (*place[:-1], label) if alone else place


def _owner(key: str, *, by_objects: bool) -> Owner:
    if by_objects:
        return owner_in_checkpoint(key)
    last = key.rpartition("/")[2]
    if key in _OTHERS or last in _OTHERS:
        return Owner.OTHER
    return Owner.OPTIMIZER if last in _OF_OPTIMIZERS else Owner.MODEL


def _full_names(paths: list[Path], graph: Entry | None) -> dict[str, str]:
    """Return what the variables were called when they were saved, by their keys."""
    if graph is None or not 0 <= graph.shard < len(paths) or not paths[graph.shard].is_file():
        return {}
    content = checkpoint.text_of(paths[graph.shard], graph)
    try:
        return dict(_attributes(content)) if content else {}
    except WireError:
        return {}


def _attributes(content: bytes) -> Iterator[tuple[str, str]]:
    for node in messages(content, 1):  # TrackableObjectGraph.nodes
        for attribute in messages(node, 2):  # TrackableObject.attributes
            yield text(attribute, 3), text(attribute, 2).partition(":")[0]
