"""What a file says, whatever it was written by: hashes that neighbouring versions have in common.

Left out is what tells of the origin alone: dates, the order of keys, how a container is packed, and
all of a version but its first number, for loaders look at that (``original_keras_version`` in
``preprocess_weights_for_loading`` of Keras 2: "1" is converted). Nothing is left out of a format
that is not known here: then the bytes decide.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import h5py
    import numpy as np

FED = ("input_", "target_")
"""Arrays that a model is fed with; the others of a saving side's record are what it gave."""

FED_BY = ("inputs", "input_names", "targets", "target_names", "compiled", "random")
VERSION = "keras_version"
ORIGIN = frozenset({"date_saved"})


def of_file(folder: Path) -> str:
    """Hash what the files below a folder say."""
    whole = hashlib.sha256()
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        _add(whole, path.relative_to(folder).as_posix(), _member(path.name, path.read_bytes()))
    return whole.hexdigest()


def of_fed(folder: Path) -> str:
    """Hash what a model is fed with, and trained on, by the record of its saving side."""
    import numpy as np  # noqa: PLC0415 - only runs that save come here

    facts = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    whole = hashlib.sha256()
    _add(whole, "facts", _json({name: facts[name] for name in FED_BY}))
    with np.load(folder / "expected.npz", allow_pickle=False) as arrays:
        for name in sorted(one for one in arrays.files if one.startswith(FED)):
            _add(whole, name, _array(arrays[name]))
    return whole.hexdigest()


def _add(whole: hashlib._Hash, name: str, content: bytes) -> None:
    whole.update(name.encode() + b"\0" + hashlib.sha256(content).digest())


def _member(name: str, content: bytes) -> bytes:
    """Return what one file says; its bytes where nothing is known of its kind."""
    for known, read in _READERS.items():
        if name.endswith(known):
            try:
                return read(content)
            except (OSError, ValueError, KeyError, zipfile.BadZipFile):
                return content
    return content


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _document(content: bytes) -> bytes:
    return _json(_plain(json.loads(content)))


def _plain(document: Any) -> Any:
    """Return a document without its origin, which stands at its top."""
    if not isinstance(document, dict):
        return document
    kept = {key: value for key, value in document.items() if key not in ORIGIN}
    if isinstance(kept.get(VERSION), str):
        kept[VERSION] = _first_number(kept[VERSION])
    return kept


def _first_number(version: str) -> str:
    return version.partition(".")[0]


def _zip(content: bytes) -> bytes:
    whole = hashlib.sha256()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in sorted(archive.namelist()):
            _add(whole, name, _member(name, archive.read(name)))
    return whole.digest()


def _hdf5(content: bytes) -> bytes:
    import h5py  # noqa: PLC0415 - a seventh of a second

    whole = hashlib.sha256()
    with h5py.File(io.BytesIO(content), "r") as file:
        _attributes(whole, "/", file)

        def visit(name: str, one: Any) -> None:
            _attributes(whole, name, one)
            if isinstance(one, h5py.Dataset):
                _add(whole, f"{name} value", _string_kind(one.dtype) + _value(one[()]))

        file.visititems(visit)
    return whole.digest()


def _attributes(whole: hashlib._Hash, path: str, one: h5py.Group | h5py.Dataset) -> None:
    for name in sorted(one.attrs):
        value = one.attrs[name]
        if name == VERSION:
            value = _first_number(value.decode() if isinstance(value, bytes) else str(value))
        kind = _string_kind(one.attrs.get_id(name).dtype)
        _add(whole, f"{path} {name}", kind + _value(value))


def _string_kind(dtype: np.dtype[Any]) -> bytes:
    """Return how a text is stored: readers get text or bytes by that, and some want one of them."""
    import h5py  # noqa: PLC0415 - imported before

    known = h5py.check_string_dtype(dtype)
    return b"" if known is None else f"{known.encoding} {known.length is None}".encode()


def _value(value: Any) -> bytes:
    """Return a value of HDF5 as bytes; a text that is a JSON document, whatever its order."""
    import numpy as np  # noqa: PLC0415 - h5py has imported it

    if isinstance(value, bytes):
        value = value.decode(errors="backslashreplace")
    if isinstance(value, str):
        try:
            return _json(json.loads(value)) if value[:1] in "{[" else value.encode()
        except ValueError:
            return value.encode()
    array = np.asarray(value)
    if array.dtype.kind in "OS":
        texts = [one.decode() if isinstance(one, bytes) else str(one) for one in array.ravel()]
        return _json([list(array.shape), texts])
    return _array(array)


def _array(array: np.ndarray[Any, Any]) -> bytes:
    return f"{array.dtype.str} {array.shape} ".encode() + array.tobytes()


_READERS: dict[str, Callable[[bytes], bytes]] = {
    ".h5": _hdf5,
    ".json": _document,
    ".keras": _zip,
}
