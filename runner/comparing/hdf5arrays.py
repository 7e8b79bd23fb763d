"""Arrays of HDF5 files of Keras, in either layout: by layers' names, or by objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from caniload.runner.comparing.arrays import widened
from caniload.runner.comparing.parts import Stored
from caniload.runner.forensics.formats import hdf5file
from caniload.runner.forensics.formats.hdf5file import Hdf5, listed
from caniload.runner.forensics.formats.layouts import is_layout_3, legacy_layers
from caniload.runner.forensics.formats.variables import Owner, owner_in_layers

SMALL = 64 * 2**20
PACKED = 1_100
"""Bytes that one byte can unpack to: deflate stops at 1,032."""

_STATE = "optimizer_weights"
_TOP = "top_level_model_weights"
_BFLOAT16 = "bfloat16"


class Dataset:
    """An array in an open HDF5 file."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self.shape: tuple[int, ...] = tuple(dataset.shape or ())
        stated = dataset.attrs.get("dtype") if "dtype" in dataset.attrs else None
        self._halves = stated in (_BFLOAT16, _BFLOAT16.encode()) and dataset.dtype.itemsize == 2  # noqa: PLR2004 - bytes
        self._native = dataset.dtype.newbyteorder("=")
        self.dtype = _BFLOAT16 if self._halves else str(self._native)
        self.refusal = _refusal(dataset)

    def read(self, start: int, count: int, slices: tuple[slice, ...]) -> Any:
        del start, count
        found = np.ascontiguousarray(self._dataset[slices if self.shape else ()]).reshape(-1)
        found = found.astype(self._native, copy=False)
        return widened(found.view(np.uint16)) if self._halves else found


def _refusal(dataset: Any) -> str | None:
    if dataset.external or dataset.is_virtual:
        return "its numbers are kept outside of the file"
    if dataset.shape is None:
        return "it holds nothing"
    if dataset.dtype.kind not in "fiubV" or dataset.dtype.names:
        return f"{dataset.dtype} is no type of numbers"
    size = int(dataset.dtype.itemsize) * int(dataset.size)
    if size > SMALL and size > dataset.id.get_storage_size() * PACKED:
        return f"it declares {size:,} bytes and holds {dataset.id.get_storage_size():,}"
    return None


def read(file: Any, found: Hdf5, *, root: str) -> tuple[list[Stored], list[Stored], list[str]]:
    """Return the arrays of the model, those of the optimizer, and what is missing.

    ``found`` is what ``hdf5file.read`` said of the same file; ``root`` is where the layers are.
    """
    layers = legacy_layers(found, root)
    if layers is None or is_layout_3(found):
        return _by_objects(file, found)
    model, gaps = [], []
    before = f"{root}/" if root else ""
    for layer in [*layers, _TOP]:
        names = listed(found.names, f"{before}{layer}", "weight_names")
        if names is None and layer != _TOP:
            gaps.append(f"the weights of {layer} are missing")
        for name in names or ():
            path = f"{before}{layer}/{name}"
            if path in found.variables:
                parts = _parts(name)
                array = Dataset(file[path])
                model.append(Stored(array=array, label=name, parts=parts, layer=layer))
            else:
                gaps.append(f"{path} is missing")
    return model, list(_state(file, found)), gaps


def _parts(name: str) -> tuple[str, ...]:
    return tuple(name.partition(":")[0].split("/"))


def _state(file: Any, found: Hdf5) -> Iterator[Stored]:
    names = listed(found.names, _STATE, "weight_names")
    paths = [f"{_STATE}/{name}" for name in names or ()]
    for path in paths or [one for one in found.variables if one.startswith(f"{_STATE}/")]:
        if path in found.variables:
            name = path.removeprefix(f"{_STATE}/")
            yield Stored(array=Dataset(file[path]), label=name, parts=_parts(name))


def _by_objects(file: Any, found: Hdf5) -> tuple[list[Stored], list[Stored], list[str]]:
    model: list[Stored] = []
    state: list[Stored] = []
    for path in sorted(found.variables, key=_in_order):
        owner = owner_in_layers(path)
        if owner is Owner.OTHER:
            continue
        parts = tuple(one for one in path.split("/") if one != "vars")
        labels = tuple(_label(path.split("/")[: at + 1], found) for at in range(path.count("/")))
        stored = Stored(
            array=Dataset(file[path]), label=path, parts=parts, by="objects", labels=labels
        )
        (state if owner is Owner.OPTIMIZER else model).append(stored)
    return model, state, []


def _in_order(path: str) -> list[tuple[int, int, str]]:
    """Sort numbers as numbers: ``vars/10`` after ``vars/9``."""
    return [(0, int(one), "") if one.isdigit() else (1, 0, one) for one in path.split("/")]


def _label(group: list[str], found: Hdf5) -> str | None:
    return found.labels.get(f"{'/'.join(group)}/vars")


def groups(found: Hdf5) -> list[tuple[str, str | None]]:
    """Return the layers of a file by objects, as it names their groups, and by their own names."""
    return [
        (name.rpartition("/")[2], _label(name.split("/"), found))
        for name in found.groups
        if name.count("/") == 1 and name.startswith(("layers/", "_layer_checkpoint_dependencies/"))
    ]


__all__ = ["Dataset", "groups", "hdf5file", "read"]
