"""What forensics uses of h5py, in a browser: HDF5 itself is h5wasm's, the same C library.

h5wasm does not say where an object lies, when it was last written, and which other files hold its
numbers. The place is in a reference to the object, and there its header says the rest: ``headers``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import headers
import js
from pyodide.ffi import JsException, to_js

_ERROR = re.compile(r"^\s*#\d+:.* in \w+\(\): (.*)$", re.MULTILINE)
_GROUP, _DATASET = 0, 1
_INTEGER, _FLOAT, _STRING, _COMPOUND, _REFERENCE, _ENUM, _VLEN = 0, 1, 3, 6, 7, 8, 9


def _call(name: str, *given: Any) -> Any:
    """Ask h5wasm; ``OSError`` has the words of HDF5 as h5py puts them: "Unable to … (cause)"."""
    try:
        answer = getattr(js.hdf5, name)(*given)
        return json.loads(answer) if isinstance(answer, str) else answer
    except JsException as error:
        text = str(error)
        if "HDF5-DIAG" not in text and "not defined" not in text:
            raise
        told = _ERROR.findall(text) or [text, text]
        raise OSError(f"{told[0][:1].upper()}{told[0][1:]} ({told[-1]})") from None


@dataclass(frozen=True)
class ExternalLink:
    filename: str
    path: str


@dataclass(frozen=True)
class SoftLink:
    path: str


class _Dtype:
    """A type of numbers, named as numpy names it."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.itemsize = known["size"]
        self.kind, self._name = self._named(known)

    def _named(self, known: dict[str, Any]) -> tuple[str, str]:  # noqa: PLR0911 - one for each
        kind, bits = known["type"], 8 * self.itemsize
        large = self.itemsize > 1 and not known.get("littleEndian", True)
        if kind == _INTEGER:
            letter, word = ("i", "int") if known["signed"] else ("u", "uint")
            return letter, f">{letter}{self.itemsize}" if large else f"{word}{bits}"
        if kind == _FLOAT:
            return "f", f">f{self.itemsize}" if large else f"float{bits}"
        if kind == _STRING and not known["vlen"]:
            return "S", f"|S{self.itemsize}"
        if kind in (_STRING, _VLEN, _REFERENCE):
            self.itemsize = 8  # a pointer, where h5py runs
            return "O", "object"
        if kind == _ENUM:
            enum = known["enum_type"]
            if self.itemsize == 1 and set(enum["members"]) == {"FALSE", "TRUE"}:
                return "b", "bool"
            return self._named({**known, "type": enum["type"], "signed": True})
        if kind == _COMPOUND:
            return self._compound(known["compound_type"]["members"])
        return "V", f"|V{self.itemsize}"

    def _compound(self, members: list[dict[str, Any]]) -> tuple[str, str]:
        if [one["name"] for one in members] == ["r", "i"] and members[0]["type"] == _FLOAT:
            return "c", f"complex{8 * self.itemsize}"
        fields = [(one["name"], f"<{_letter(one)}{one['size']}") for one in members]
        return "V", str(fields)

    def __str__(self) -> str:
        return self._name


def _letter(member: dict[str, Any]) -> str:
    return {_INTEGER: "i" if member["signed"] else "u", _FLOAT: "f"}.get(member["type"], "V")


class _Attributes:
    def __init__(self, file: int, path: str) -> None:
        self._of = (file, path)
        self._names: list[str] = _call("attributes", file, path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def get_id(self, name: str) -> Any:
        known = _call("attribute", *self._of, name)
        shape = known["shape"]
        return SimpleNamespace(shape=tuple(shape or ()), dtype=_Dtype(known))

    def __getitem__(self, name: str) -> Any:
        known = _call("attribute", *self._of, name)
        if known["type"] != _STRING or known["shape"] is None:
            return [None] * int(known["total_size"]) if known["shape"] else None
        texts = [bytes.fromhex(one) for one in _call("texts", *self._of, name)]
        found = [one.decode("utf-8", "surrogateescape") if known["vlen"] else one for one in texts]
        return found[0] if known["shape"] == [] else found


class _Object:
    def __init__(self, whole: _Whole, path: str) -> None:
        self.whole, self.path = whole, path
        self.id = self

    @property
    def header(self) -> headers.Header:
        return self.whole.headers.read(_call("address", self.whole.number, self.path))


class Group(_Object):
    @property
    def attrs(self) -> _Attributes:
        return _Attributes(self.whole.number, self.path)

    def __iter__(self) -> Iterator[str]:
        return iter(_call("names", self.whole.number, self.path))

    def _below(self, name: str) -> str:
        return f"{self.path.rstrip('/')}/{name}"

    def get(self, name: str, *, getlink: bool) -> Any:  # noqa: ARG002 - as h5py has it
        link = _call("link", self.whole.number, self._below(name))
        if "filename" in link:
            return ExternalLink(link["filename"], link["obj_path"])
        return SoftLink(link["soft"]) if "soft" in link else None

    def __getitem__(self, name: str) -> Any:
        path = self._below(name)
        kind = _call("kind", self.whole.number, path)
        if kind == _GROUP:
            return Group(self.whole, path)
        return Dataset(self.whole, path) if kind == _DATASET else None


class Dataset(_Object):
    def __init__(self, whole: _Whole, path: str) -> None:
        super().__init__(whole, path)
        self._known = _call("dataset", whole.number, path)
        self.shape = None if self._known["shape"] is None else tuple(map(int, self._known["shape"]))
        self.size = None if self.shape is None else int(self._known["total_size"])
        self.dtype = _Dtype(self._known)
        self.is_virtual = "virtual_sources" in self._known
        self.chunks = tuple(map(int, self._known.get("chunks") or ())) or None

    @property
    def external(self) -> list[tuple[str]]:
        return [(name,) for name in self.header.external]

    def virtual_sources(self) -> list[Any]:
        return [SimpleNamespace(**one) for one in self._known["virtual_sources"]]

    def __getitem__(self, _: tuple[()]) -> Any:
        value = _call("scalar", self.whole.number, self.path)
        return SimpleNamespace(item=lambda: float(value) if self.dtype.kind == "f" else int(value))


@dataclass
class _Whole:
    """An open file: h5wasm's number of it, and its bytes for headers."""

    number: int
    headers: headers.Headers


class File(Group):
    def __init__(self, source: Any, _: str, **__: Any) -> None:
        if isinstance(source, Path):
            name = str(Path("/files") / source)
            stream = source.open("rb")
        else:
            stream, name = source, "/member"
            source.seek(0)
            js.hdf5.keep(name, to_js(source.read()))
        number = _call("open", name)
        super().__init__(_Whole(number, headers.Headers(stream)), "/")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _call("close", self.whole.number)


h5g = SimpleNamespace(get_objinfo=lambda one: SimpleNamespace(mtime=one.header.written))
h5o = SimpleNamespace(
    get_info=lambda one: SimpleNamespace(addr=_call("address", one.whole.number, one.path))
)
