"""Numpy's ``.npz`` -> what of it is a pickle; the arrays themselves are not read.

An array of objects is pickled, and so is, for a reader that allows pickles, what has no header.
Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import ast
import math
import struct
import zipfile
from collections.abc import Iterator
from typing import IO, BinaryIO

import numpy as np

from caniload.runner.forensics.facts import Finding, damage, danger, unchecked
from caniload.runner.forensics.formats.archive import ERRORS, MEMBERS

_MAGIC = b"\x93NUMPY"
_WIDE = 2
"""Version of the format from which the header's length has four bytes."""

_HEADER_BYTES = 2**16
"""Longest header that is read; numpy's own reader stops at 10,000 letters."""


def findings(stream: BinaryIO, name: str) -> Iterator[Finding]:
    """Yield what is wrong with arrays, or with one; ``name`` is what they are called.

    What is neither an array nor a zip of arrays is a pickle to numpy.
    """
    start = stream.read(len(_MAGIC))
    stream.seek(0)
    if start == _MAGIC:
        yield from _of_array(stream, name)
        return
    if start[:2] != b"PK":
        yield danger("pickle", f"{name} is no array: unpickling it would run code")
        return
    try:
        with zipfile.ZipFile(stream) as arrays:
            listed = arrays.infolist()
            if len(listed) > MEMBERS:
                yield unchecked("many-objects", f"{name} has {len(listed):,} arrays: not looked at")
                return
            for info in listed:
                with arrays.open(info) as member:
                    where = f"{info.filename} of {name}"
                    yield from _of_array(member, where, info.file_size)
    except ERRORS as error:
        yield damage("damaged-weights", f"{name} cannot be read: {type(error).__name__}")


def _of_array(stream: IO[bytes], where: str, size: int | None = None) -> Iterator[Finding]:
    """Yield what is wrong with one array of so many bytes."""
    start = stream.read(len(_MAGIC) + 2)
    if not start.startswith(_MAGIC):
        yield danger("pickle", f"{where} is no array: unpickling it would run code")
        return
    try:
        wide = start[len(_MAGIC)] >= _WIDE
        length = struct.unpack("<I" if wide else "<H", stream.read(4 if wide else 2))[0]
        if length > _HEADER_BYTES:
            yield danger("absurd-size", f"{where} declares a header of {length:,} bytes")
            return
        header = ast.literal_eval(stream.read(length).decode("latin-1"))
        kind = np.lib.format.descr_to_dtype(header["descr"])
        declared = kind.itemsize * math.prod(int(one) for one in header["shape"])
    except (*ERRORS, SyntaxError, struct.error, TypeError, KeyError, IndexError, RecursionError):
        yield damage("damaged-weights", f"{where} has a damaged header")
        return
    if size is not None and declared > size and not kind.hasobject:
        yield danger("absurd-size", f"{where} declares {declared:,} bytes and has {size:,}")
    if kind.hasobject:
        yield danger("pickle", f"{where} holds pickled objects: unpickling them runs code")
