"""What a saved file says of its own origin, read without any framework.

The files come from code that nobody here controls: sizes are bounded, nothing in them is run, and
whatever is wrong with one ends in ``OriginError``.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import h5py

from caniload.runner.forensics.formats import wire
from caniload.runner.forensics.formats.hdf5file import text_attribute
from caniload.runner.forensics.formats.wire import WireError, message

FILE_BYTES = 256 * 2**20
"""Largest file that is opened."""

MEMBER_BYTES = 16 * 2**20
"""Largest part of one that is held in memory: a protobuf, a JSON text, a member of a zip."""

TEXT = 200
"""Longest value that is told."""

Says = dict[str, str]


class OriginError(ValueError):
    """The file is not there, too large, damaged, or of another format; the text says which."""


def read_origin(path: Path, ending: str) -> Says:
    """Return what the file states, by the name under which it states it; empty if nothing.

    ``path`` is what a person hands to the loading function, ``ending`` that of files like it, for
    it says what they are; a SavedModel's folder has none. ``OriginError``: cannot be read.
    """
    try:
        return _READERS.get(ending, _nothing)(path)
    except WireError as error:
        raise OriginError(str(error)) from error


def _hdf5(path: Path) -> Says:
    _check_size(path, FILE_BYTES)
    try:
        with h5py.File(path, "r", locking=False) as file:
            holders = [file.attrs]
            if isinstance(file.get("model_weights", getlink=True), h5py.HardLink):
                holders.append(file["model_weights"].attrs)
            return {
                name: _cut(value)
                for name in ("keras_version", "backend")
                if (value := _attribute(holders, name))
            }
    # h5py maps what HDF5 reports on to all of these.
    except (OSError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise OriginError(f"not a readable HDF5 file: {_first_line(error)}") from error


def _attribute(holders: Iterable[Any], name: str) -> str:
    """Return the first attribute of that name that is one text."""
    texts = (text_attribute(attributes, name) for attributes in holders)
    return next(filter(None, texts), "")


def _keras_zip(path: Path) -> Says:
    _check_size(path, FILE_BYTES)
    try:
        with zipfile.ZipFile(path) as archive, archive.open("metadata.json") as member:
            text = member.read(MEMBER_BYTES + 1)
    except KeyError as error:
        raise OriginError("has no metadata.json") from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        RuntimeError,  # encrypted, or compressed in a way that zipfile does not know
        ValueError,
    ) as error:
        raise OriginError(f"not a readable zip file: {_first_line(error)}") from error
    return _chosen(_json(text), ("keras_version", "date_saved"))


def _json_text(path: Path) -> Says:
    return _chosen(_json(_content(path)), ("keras_version", "backend"))


def _savedmodel(path: Path) -> Says:
    graph = message(_content(path / "saved_model.pb"), 2)  # SavedModel.meta_graphs
    versions = message(message(graph, 2), 4)  # MetaGraphDef.graph_def, GraphDef.versions
    says = {
        "tensorflow_version": _string(message(graph, 1), 5),  # MetaGraphDef.meta_info_def
        "GraphDef producer": _number(versions, 1),
        "GraphDef min_consumer": _number(versions, 2),
    }
    beside = path / "keras_metadata.pb"
    if beside.is_file():  # from TensorFlow 2.5
        node = message(_content(beside), 1)  # SavedMetadata.nodes, of which the first is the root
        says["Keras metadata producer"] = _number(message(node, 6), 1)
        text = message(node, 5)
    else:  # SavedObjectGraph.nodes, SavedObject.user_object, SavedUserObject.metadata
        text = message(message(message(message(graph, 7), 1), 4), 3)
    if text:
        says |= _chosen(_json(bytes(text)), ("keras_version", "backend"))
    return {name: value for name, value in says.items() if value}


def _nothing(_path: Path) -> Says:
    """Read nothing: a checkpoint has no word on what wrote it, and a pickle is code."""
    return {}


_READERS: dict[str, Callable[[Path], Says]] = {
    ".h5": _hdf5,
    ".keras": _keras_zip,
    "": _savedmodel,
    ".json": _json_text,
}


def _check_size(path: Path, most: int) -> None:
    try:
        size = path.stat().st_size if path.is_file() else None
    except OSError as error:
        raise OriginError(f"cannot be read: {error.strerror}") from error
    if size is None:
        raise OriginError("is not kept here")
    if size > most:
        raise OriginError(f"has {size:,} bytes, which is more than is read")


def _content(path: Path) -> bytes:
    _check_size(path, MEMBER_BYTES)
    try:
        with path.open("rb") as stream:
            return stream.read(MEMBER_BYTES)
    except OSError as error:
        raise OriginError(f"cannot be read: {error.strerror}") from error


def _json(text: bytes) -> Mapping[str, Any]:
    if len(text) > MEMBER_BYTES:
        raise OriginError("holds a text that is longer than is read")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OriginError(f"not JSON: {_first_line(error)}") from error
    if not isinstance(data, dict):
        raise OriginError("holds JSON that is no object")
    return data


def _chosen(data: Mapping[str, Any], names: Iterable[str]) -> Says:
    return {
        name: _cut(value) for name in names if isinstance(value := data.get(name), str) and value
    }


def _string(data: memoryview, number: int) -> str:
    return _cut(wire.text(data, number))


def _number(data: memoryview, number: int) -> str:
    value = wire.integer(data, number)
    return "" if value is None else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= TEXT else f"{text[:TEXT]}…"


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return _cut(lines[0] if lines else type(error).__name__)
