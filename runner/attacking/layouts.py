"""HDF5 files: weights that are honest, and such that lead out of the file or declare too much."""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from caniload.runner.attacking.attacks import stated
from caniload.runner.attacking.configs import (
    DENSE,
    FEATURES,
    SECRET_HDF5,
    SECRET_STORAGE,
    UNITS,
    Config,
)

SECRET = 1234.5
"""The number that is in other files alone: where it is among the weights, they were read."""
GIB = 2**30
_NUMBERS = (FEATURES, UNITS)
_BACKEND = "tensorflow"

Kernel = Callable[[h5py.Group, str], None]


def honest(group: h5py.Group, name: str) -> None:
    group[name] = np.ones(_NUMBERS, "f4")


def stored_outside(group: h5py.Group, name: str) -> None:
    size = FEATURES * UNITS * 4
    group.create_dataset(name, _NUMBERS, "f4", external=[(SECRET_STORAGE, 0, size)])


def linked(group: h5py.Group, name: str) -> None:
    group[name] = h5py.ExternalLink(SECRET_HDF5, "/kernel")


def virtual(group: h5py.Group, name: str) -> None:
    layout = h5py.VirtualLayout(_NUMBERS, "f4")
    layout[:] = h5py.VirtualSource(SECRET_HDF5, "kernel", shape=_NUMBERS, dtype="f4")
    group.create_virtual_dataset(name, layout)


def declared(gib: int, group: h5py.Group, name: str) -> None:
    shape = (gib * GIB // 4 // UNITS, UNITS)
    group.create_dataset(name, shape, "f4", chunks=(1024, UNITS), fillvalue=1)


def declaring(gib: int) -> Kernel:
    return functools.partial(declared, gib)


def in_store(kernel: Kernel = honest, *, whole: str | None = None) -> bytes:
    """Return the weights of ``configs.model`` as archives and ``.weights.h5`` have them.

    ``whole``: in place of the layer's own group a link to that one of another file.
    """
    with io.BytesIO() as stream:
        with h5py.File(stream, "w") as file:
            file.create_group("vars")
            for place in ("layers", "_layer_checkpoint_dependencies"):
                if whole is not None:
                    file.create_group(place)[DENSE] = h5py.ExternalLink(SECRET_HDF5, whole)
                    continue
                numbers = file.create_group(f"{place}/{DENSE}/vars")
                kernel(numbers, "0")
                numbers["1"] = np.zeros(UNITS, "f4")
        return stream.getvalue()


def whole_file(
    path: Path,
    config: Config | None,
    kernel: Kernel = honest,
    *,
    step: bool = False,
    bare: bool = False,
) -> None:
    """Write a model as HDF5 has it, or its weights alone where there is no configuration.

    ``step``: the kernel's path leads through a link; ``bare``: without any weights.
    """
    with h5py.File(path, "w") as file:
        if config is not None:
            file.attrs["model_config"] = json.dumps(config).encode()
        _state(file)
        weights = file.create_group("model_weights") if config is not None else file
        _state(weights)
        weights.attrs["layer_names"] = _texts([] if bare else [DENSE])
        if not bare:
            _fill(weights.create_group(DENSE), kernel, step=step)


def _state(group: h5py.Group) -> None:
    group.attrs["keras_version"] = stated(newer=False).encode()
    group.attrs["backend"] = _BACKEND.encode()


def _fill(group: h5py.Group, kernel: Kernel, *, step: bool) -> None:
    inside = f"{DENSE}/kernel:0"
    if step:
        group["step"] = h5py.ExternalLink(SECRET_HDF5, "/step")
        inside = "step/kernel:0"
    group.attrs["weight_names"] = _texts([inside, f"{DENSE}/bias:0"])
    own = group.create_group(DENSE)
    if not step:
        kernel(own, "kernel:0")
    own["bias:0"] = np.zeros(UNITS, "f4")


def linked_weights(path: Path, config: Config) -> None:
    """Write a model all of whose weights are a link to another file."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config).encode()
        _state(file)
        file["model_weights"] = h5py.ExternalLink(SECRET_HDF5, "/model_weights")


def secret(path: Path) -> None:
    """Write the file that others lead to, with what each of them looks for."""
    numbers: Any = np.full(_NUMBERS, SECRET, "f4")
    with h5py.File(path, "w") as file:
        file["kernel"] = numbers
        file["step/kernel:0"] = numbers
        file["layer/vars/0"] = numbers
        file["layer/vars/1"] = np.zeros(UNITS, "f4")
        weights = file.create_group("model_weights")
        _state(weights)
        weights.attrs["layer_names"] = _texts([DENSE])
        _fill(
            weights.create_group(DENSE), lambda group, name: _put(group, name, numbers), step=False
        )


def stored_secret() -> bytes:
    """Return the numbers of a kernel as they lie in a file of their own."""
    return bytes(np.full(_NUMBERS, SECRET, "<f4").tobytes())


def _put(group: h5py.Group, name: str, numbers: Any) -> None:
    group[name] = numbers


def _texts(names: list[str]) -> Any:
    return np.array([name.encode() for name in names], dtype="S64")
