"""What a saved file says of its own origin, read without any framework.

The files come from code that nobody here controls: sizes are bounded, nothing in them is run, and
whatever is wrong with one ends in ``OriginError``.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py

FILE_BYTES = 256 * 2**20
"""Largest file that is opened."""

MEMBER_BYTES = 16 * 2**20
"""Largest part of one that is held in memory: a protobuf, a JSON text, a member of a zip."""

TEXT = 200
"""Longest value that is told."""

Says = dict[str, str]
Field = tuple[int, "int | memoryview"]

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types; groups (3, 4) are in none of ours
_FIXED = {_FIXED64: 8, _FIXED32: 4}
_VARINT_BITS = 64


class OriginError(ValueError):
    """The file is not there, too large, damaged, or of another format; the text says which."""


def read_origin(path: Path, format_id: str) -> Says:
    """Return what the file states, by the name under which it states it; empty if nothing.

    ``path`` is what a person hands to the loading function. ``OriginError``: cannot be read.
    """
    return _READERS[format_id](path)


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
    """Return the first attribute of that name that is one text; arrays are not even read."""
    for attributes in holders:
        if name not in attributes or attributes.get_id(name).shape != ():
            continue
        value = attributes[name]
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        if isinstance(value, str):
            return value
    return ""


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
    graph = _message(_content(path / "saved_model.pb"), 2)  # SavedModel.meta_graphs
    versions = _message(_message(graph, 2), 4)  # MetaGraphDef.graph_def, GraphDef.versions
    says = {
        "tensorflow_version": _string(_message(graph, 1), 5),  # MetaGraphDef.meta_info_def
        "GraphDef producer": _number(versions, 1),
        "GraphDef min_consumer": _number(versions, 2),
    }
    beside = path / "keras_metadata.pb"
    if beside.is_file():  # from TensorFlow 2.5
        node = _message(_content(beside), 1)  # SavedMetadata.nodes, of which the first is the root
        says["Keras metadata producer"] = _number(_message(node, 6), 1)
        text = _message(node, 5)
    else:  # SavedObjectGraph.nodes, SavedObject.user_object, SavedUserObject.metadata
        text = _message(_message(_message(_message(graph, 7), 1), 4), 3)
    if text:
        says |= _chosen(_json(bytes(text)), ("keras_version", "backend"))
    return {name: value for name, value in says.items() if value}


def _nothing(_path: Path) -> Says:
    """Read nothing: a checkpoint holds variables, and no word on what wrote them."""
    return {}


_READERS: dict[str, Callable[[Path], Says]] = {
    "h5": _hdf5,
    "keras": _keras_zip,
    "savedmodel": _savedmodel,
    "weights-h5": _hdf5,
    "checkpoint": _nothing,
    "json": _json_text,
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


def _fields(data: bytes | memoryview) -> Iterator[Field]:
    """Yield number and value of every field of a protobuf message; fixed-width ones as bytes."""
    view = memoryview(data)
    place = 0
    while place < len(view):
        key, place = _varint(view, place)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, place = _varint(view, place)
            yield number, value
            continue
        if wire == _BYTES:
            length, place = _varint(view, place)
        elif wire in _FIXED:
            length = _FIXED[wire]
        else:
            raise OriginError("not a protobuf message: unknown wire type")
        if number == 0 or length > len(view) - place:
            raise OriginError("not a protobuf message, or one cut short")
        yield number, view[place : place + length]
        place += length


def _varint(view: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, _VARINT_BITS, 7):
        if place >= len(view):
            raise OriginError("a protobuf message cut short")
        byte = view[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            return value, place
    raise OriginError("not a protobuf message: a number without an end")


def _message(data: bytes | memoryview, number: int) -> memoryview:
    """Return the first field of that number that holds bytes; an absent one is an empty one."""
    for known, value in _fields(data):
        if known == number and isinstance(value, memoryview):
            return value
    return memoryview(b"")


def _string(data: memoryview, number: int) -> str:
    return _cut(bytes(_message(data, number)).decode("utf-8", "replace"))


def _number(data: memoryview, number: int) -> str:
    return next((str(value) for known, value in _fields(data) if known == number), "")


def _cut(text: str) -> str:
    return text if len(text) <= TEXT else f"{text[:TEXT]}…"


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return _cut(lines[0] if lines else type(error).__name__)
