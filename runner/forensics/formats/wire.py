"""Protobuf messages, read field by field without their definitions; hardly anything is copied.

Field numbers stand in the ``.proto`` files of TensorFlow; whoever reads one names the message. What
is there more than once is read as protobuf reads it: of texts and numbers the last one counts,
messages are merged, and a field of another wire type is unknown. Another reading of the same bytes
would be a place to hide in.
"""

from __future__ import annotations

from collections.abc import Iterator

Field = tuple[int, "int | memoryview | Fixed"]


class Fixed(bytes):
    """A value of fixed width: neither a text nor a message, whatever its bytes are."""


DIMENSIONS = 254
"""Most that TensorFlow gives a tensor (``tensor_shape.h``)."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types; groups (3, 4) are in none of ours
_FIXED = {_FIXED64: 8, _FIXED32: 4}
_VARINT_BITS = 64
_MORE = 0x80


class WireError(ValueError):
    """Not a protobuf message, or one cut short."""


def fields(data: bytes | memoryview) -> Iterator[Field]:
    """Yield number and value of every field of a message."""
    view = memoryview(data)
    place, end = 0, len(view)
    while place < end:
        key = view[place]
        place += 1
        if key >= _MORE:
            key, place = varint(view, place - 1)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            stated, place = varint(view, place)
            yield number, stated
            continue
        if wire == _BYTES:
            length, place = varint(view, place)
        elif wire in _FIXED:
            length = _FIXED[wire]
        else:
            raise WireError("not a protobuf message: unknown wire type")
        if number == 0 or length > end - place:
            raise WireError("not a protobuf message, or one cut short")
        value = view[place : place + length]
        yield number, value if wire == _BYTES else Fixed(value)
        place += length


def varint(view: memoryview, place: int) -> tuple[int, int]:
    """Return the number that starts at ``place``, and the place after it."""
    value = 0
    for shift in range(0, _VARINT_BITS, 7):
        if place >= len(view):
            raise WireError("a protobuf message cut short")
        byte = view[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < _MORE:
            return value, place
    raise WireError("not a protobuf message: a number without an end")


def messages(data: bytes | memoryview, number: int) -> Iterator[memoryview]:
    """Yield every field of that number that holds bytes."""
    for known, value in fields(data):
        if known == number and isinstance(value, memoryview):
            yield value


def message(data: bytes | memoryview, number: int) -> memoryview:
    """Return the message under that number, an empty one if there is none; parts are put together.

    To merge messages is to read their bytes one after the other.
    """
    parts = list(messages(data, number))
    return parts[0] if len(parts) == 1 else memoryview(b"".join(parts))


def text(data: bytes | memoryview, number: int) -> str:
    """Return the last field of that number as text, "" if there is none."""
    last = memoryview(b"")
    for last in messages(data, number):  # noqa: B007 - the last one is asked for
        pass
    return bytes(last).decode("utf-8", "replace")


def integer(data: bytes | memoryview, number: int) -> int | None:
    """Return the last number under that field number; None if there is none."""
    found = None
    for known, value in fields(data):
        if known == number and isinstance(value, int):
            found = value
    return found


def packed(data: bytes | memoryview, number: int) -> Iterator[int]:
    """Yield every number of a repeated field, however they are written."""
    for known, value in fields(data):
        if known != number or isinstance(value, Fixed):
            continue
        if isinstance(value, int):
            yield value
            continue
        place = 0
        while place < len(value):
            one, place = varint(value, place)
            yield one


def signed(value: int) -> int:
    """Return what an int64 field means: negative numbers are written as huge ones."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def dimensions(shape: memoryview) -> tuple[int, ...]:
    """Return the sizes in a TensorShapeProto; a dimension of any length is -1."""
    sizes = tuple(signed(integer(dim, 1) or 0) for dim in messages(shape, 2))
    if len(sizes) > DIMENSIONS:
        raise WireError(f"a shape of {len(sizes):,} dimensions")
    return sizes
