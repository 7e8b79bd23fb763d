"""HDF5 files of any Keras: what they state, and the shapes of what they hold; no array is read.

Links that lead out of the file are never followed, attributes are measured before they are read.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import h5py

from caniload.runner.forensics.facts import (
    Finding,
    UnreadableError,
    damage,
    danger,
    notice,
    unchecked,
)
from caniload.runner.forensics.formats.documents import TEXT_BYTES
from caniload.runner.forensics.formats.variables import Variable

OBJECTS = 100_000
"""Most groups and arrays that are looked at in one file."""

NAMES = 100_000
"""Most names in one list of names."""

ERRORS = (OSError, KeyError, RuntimeError, TypeError, ValueError, AttributeError, MemoryError)
"""What h5py makes of all that HDF5 reports."""

_OPTIMIZERS = ("optimizer_weights/", "optimizer/")
_ABSURD = 2**20
"""Declared bytes for each byte of the file beyond which a shape is a trap."""

_ROOM, _PACKED = 2**28, 1000
"""Bytes that an array may have however little of it is stored; beyond, times what is stored."""


@dataclass
class Hdf5:
    """What was found; built up while the file is open."""

    attributes: dict[str, str] = field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """``<group>:<attribute>`` to the names in it: layers, weights."""
    labels: dict[str, str] = field(default_factory=dict)
    """Group to the ``name`` that Keras 3 gives it."""
    groups: dict[str, None] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    scalars: dict[str, int | float] = field(default_factory=dict)
    """Single numbers of the optimizer: its steps."""
    written: datetime | None = None
    """When an array was last written, in UTC; h5py before 3 kept that time."""
    findings: list[Finding] = field(default_factory=list)


_CUT = re.compile(r"truncated file: eof = (\d+), .*stored_eof = (\d+)")


@contextlib.contextmanager
def opened(source: Path | BinaryIO) -> Iterator[h5py.File]:
    """Open an HDF5 file; ``UnreadableError`` says in a line why it cannot be."""
    try:
        # Without the lock: a file on a disk that is mounted read-only cannot be locked.
        arguments = {"locking": False} if isinstance(source, Path) else {}
        file = h5py.File(source, "r", **arguments)
    except ERRORS as error:
        why = _why(error)
        if cut := _CUT.search(why):
            there, whole = (int(number) for number in cut.groups())
            raise UnreadableError(
                f"HDF5 file that is cut off: {there:,} of {whole:,} bytes are there; copy or"
                " download it again"
            ) from error
        raise UnreadableError(f"HDF5 file that cannot be opened: {why}") from error
    with file:
        yield file


def read(source: Path | BinaryIO, size: int) -> Hdf5:
    """Return what an HDF5 file of ``size`` bytes holds."""
    found = Hdf5()
    with opened(source) as file:
        try:
            _attributes(file, "", found)
            _walk(file, size, found)
            if not any(one.kind == "absurd-size" for one in found.findings):
                found.findings += _all_hollow(file, found)
        except ERRORS as error:
            found.findings.append(
                damage("hdf5-damaged", f"part of the HDF5 file cannot be read: {_why(error)}")
            )
    return _from_windows(found)


def _from_windows(found: Hdf5) -> Hdf5:
    """Read names that were joined with backslashes as paths, and say so.

    Keras before 3 joined the names of groups as the system joins paths (keras 2.12 to 2.15,
    saving_lib.py: tf.io.gfile.join), and looks for them in the same way.
    """
    joined = [one for one in found.groups if "\\" in one and one.endswith("/vars")]
    if not joined:
        return found
    text = (
        f"was written on Windows: a group is named {joined[0].removesuffix('/vars')}, with a"
        " backslash; where paths have a slash, loaders look for another name and find no weights"
    )
    found.findings.append(notice("written-on-windows", text))
    renamed = {one: one.replace("\\", "/") for one in (*found.groups, *found.variables)}
    return dataclasses.replace(
        found,
        labels={renamed.get(one, one): label for one, label in found.labels.items()},
        groups={renamed[one]: None for one in found.groups},
        variables={
            renamed[one]: dataclasses.replace(variable, path=renamed[one])
            for one, variable in found.variables.items()
        },
        scalars={renamed.get(one, one): value for one, value in found.scalars.items()},
    )


def text_attribute(attributes: Any, name: str) -> str | None:
    """Return the attribute if it is one text; anything else, such as an array, is not even read."""
    if name not in attributes or attributes.get_id(name).shape != ():
        return None
    if attributes.get_id(name).dtype.kind not in "OSU":
        return None
    return _decoded(attributes[name])


def _walk(file: h5py.File, size: int, found: Hdf5) -> None:
    pending: list[tuple[str, h5py.Group]] = [("", file)]
    seen = {_address(file)}
    while pending:
        path, group = pending.pop()
        for name in group:
            where = f"{path}/{name}" if path else name
            if len(found.groups) + len(found.variables) >= OBJECTS:
                text = f"more than {OBJECTS:,} groups and arrays: the rest was not looked at"
                found.findings.append(unchecked("many-objects", text))
                return
            inner = _member(group, name, where, found)
            if isinstance(inner, h5py.Group):
                found.groups[where] = None
                if _address(inner) not in seen:
                    seen.add(_address(inner))
                    _attributes(inner, where, found)
                    pending.append((where, inner))
            elif isinstance(inner, h5py.Dataset):
                _dataset(inner, where, size, found)


def _member(group: h5py.Group, name: str, where: str, found: Hdf5) -> Any:
    """Open a member that lies in this file; None for one that cannot be opened."""
    link = group.get(name, getlink=True)
    if isinstance(link, h5py.ExternalLink):
        text = f"{where} is a link to another file, {link.filename}"
        found.findings.append(danger("external-link", text))
        return None
    if isinstance(link, h5py.SoftLink):
        text = f"{where} is a link to {link.path}, which was not followed"
        found.findings.append(notice("soft-link", text))
        return None
    try:
        return group[name]
    except ERRORS as error:
        found.findings.append(damage("hdf5-damaged", f"{where} cannot be read: {_why(error)}"))
        return None


def _attributes(group: h5py.Group, where: str, found: Hdf5) -> None:
    attributes = group.attrs
    for name in attributes:
        identifier = attributes.get_id(name)
        key = f"{where}:{name}" if where else name
        if identifier.shape == () and identifier.dtype.kind in "OSU":
            if name == "name":
                found.labels[where] = _decoded(attributes[name]) or ""
            elif where in ("", "model_weights") and (text := _decoded(attributes[name])):
                found.attributes.setdefault(name, text)
        elif name.startswith(("layer_names", "weight_names")) and len(identifier.shape or ()) == 1:
            if identifier.shape[0] > NAMES or identifier.dtype.itemsize > TEXT_BYTES // NAMES:
                text = f"{key} declares {identifier.shape[0]:,} names"
                found.findings.append(danger("absurd-size", text))
                continue
            found.names[key] = tuple(_decoded(one) or "" for one in attributes[name])


def _hollow(dataset: h5py.Dataset, declared: int) -> bool:
    """Say whether a large array is declared of which next to nothing is stored."""
    return declared > _ROOM and declared > _PACKED * dataset.id.get_storage_size()


def _all_hollow(file: h5py.File, found: Hdf5) -> Iterator[Finding]:
    """Yield that many arrays together are what none of them is alone."""
    declared = sum(one.bytes for one in found.variables.values())
    if declared <= _ROOM:
        return
    stored = sum(file[one].id.get_storage_size() for one in found.variables)
    if declared > _PACKED * stored:
        text = f"its arrays declare {declared:,} bytes, of which {stored:,} are stored"
        yield danger("absurd-size", text)


def _dataset(dataset: h5py.Dataset, where: str, size: int, found: Hdf5) -> None:
    shape = tuple(dataset.shape or ())
    found.variables[where] = variable = Variable(
        path=where,
        shape=shape,
        dtype=str(dataset.dtype),
        bytes=int(dataset.dtype.itemsize) * int(dataset.size or 0),
    )
    if dataset.external:
        names = ", ".join(sorted({str(one[0]) for one in dataset.external}))
        text = f"the numbers of {where} are kept in another file, {names}"
        found.findings.append(danger("external-storage", text))
    elif dataset.is_virtual:
        names = ", ".join(sorted({one.file_name for one in dataset.virtual_sources()}))
        text = f"the numbers of {where} are put together out of other places: {names}"
        found.findings.append(danger("virtual-dataset", text))
    elif (declared := max(variable.bytes, _piece(dataset))) > max(size, 1) * _ABSURD or _hollow(
        dataset, declared
    ):
        text = f"{where} declares {declared:,} bytes in a file of {size:,}"
        found.findings.append(danger("absurd-size", text))
    elif shape == () and dataset.dtype.kind in "iuf" and where.startswith(_OPTIMIZERS):
        found.scalars[where] = dataset[()].item()
    if stamp := _written(dataset):
        found.written = max(stamp, found.written or stamp)


def _piece(dataset: h5py.Dataset) -> int:
    """Return the bytes of one piece of an array: all of them are unpacked for any of them."""
    return math.prod(dataset.chunks or ()) * int(dataset.dtype.itemsize) if dataset.chunks else 0


def _written(dataset: h5py.Dataset) -> datetime | None:
    """Return when HDF5 says the array was written; Keras with h5py 3 has that switched off."""
    seconds = h5py.h5g.get_objinfo(dataset.id).mtime
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _address(group: h5py.Group) -> int:
    return int(h5py.h5o.get_info(group.id).addr)


def _decoded(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None


def _why(error: BaseException) -> str:
    """Return the cause out of h5py's messages: "Unable to … (file signature not found)"."""
    text = (str(error).splitlines() or [""])[0] or type(error).__name__
    start, _, cause = text.partition(" (")
    return cause.removesuffix(")") if start.startswith(("Unable", "Can't")) and cause else text


def listed(names: Mapping[str, tuple[str, ...]], group: str, attribute: str) -> list[str] | None:
    """Return a list of names, joined where Keras cut it: ``layer_names0``, ``layer_names1``."""
    before = f"{group}:" if group else ""
    whole = names.get(f"{before}{attribute}")
    if whole is not None:
        return list(whole)
    joined: list[str] = []
    for number in range(NAMES):
        part = names.get(f"{before}{attribute}{number}")
        if part is None:
            return joined if number else None
        joined += part
    return joined
