"""Blocks that Snappy has packed, as older TensorFlows pack the index of a checkpoint.

The layout is that of google/snappy's ``format_description.txt``: the length, then literals and
copies of what is there already.
"""

from __future__ import annotations

from caniload.runner.forensics.formats.wire import WireError, varint

MOST = 2**26
"""Bytes that a block may unpack to; TensorFlow's have a quarter of a megabyte."""

_LITERAL, _NEAR, _FAR = 0, 1, 2
_SHORT = 60
"""Length of a literal from which on it stands in bytes of its own."""


def unpacked(data: memoryview) -> bytes:
    """Return what is packed; ``WireError``: damaged, or larger than is unpacked here."""
    length, place = varint(data, 0)
    if length > MOST:
        raise WireError("a block that unpacks to more than is read")
    out = bytearray()
    while place < len(data) and len(out) <= length:
        tag = data[place]
        kind, stated, place = tag & 3, tag >> 2, place + 1
        if kind == _LITERAL:
            place = _literal(data, place, stated, out)
            continue
        if kind == _NEAR:
            count, back, size = 4 + (stated & 7), (tag >> 5) << 8 | data[place], 1
        else:
            size = 2 if kind == _FAR else 4
            count, back = 1 + stated, int.from_bytes(data[place : place + size], "little")
        place += size
        if not 0 < back <= len(out):
            raise WireError("a copy of what is not there")
        for _ in range(0, count, back):  # a copy may go on into what it writes
            piece = out[len(out) - back :][:count]
            out += piece
            count -= len(piece)
    if len(out) != length or place != len(data):
        raise WireError("another length than it says")
    return bytes(out)


def _literal(data: memoryview, place: int, stated: int, out: bytearray) -> int:
    """Take bytes as they are; return the place behind them."""
    if stated >= _SHORT:
        size = stated - _SHORT + 1
        stated = int.from_bytes(data[place : place + size], "little")
        place += size
    end = place + stated + 1
    if end > len(data):
        raise WireError("a literal that is cut short")
    out += data[place:end]
    return end
