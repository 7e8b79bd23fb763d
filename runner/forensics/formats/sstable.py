"""The sorted table that a TensorFlow checkpoint keeps its index in: LevelDB's, plain or packed.

The layout is LevelDB's ``doc/table_format.md``; TensorFlow's ``lib/io/table`` is a copy of it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from caniload.runner.forensics.facts import UnreadableError
from caniload.runner.forensics.formats import snappy
from caniload.runner.forensics.formats.wire import WireError, varint

MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
FOOTER = 48
ENTRIES = 1_000_000

_PLAIN, _SNAPPY = 0, 1
_TRAILER = 5  # type of compression, masked CRC-32C
_CHECKED_BYTES = 4 * 2**20  # of a block, whose checksum is computed here, in Python
_POLYNOMIAL = 0x82F63B78  # CRC-32C, reflected
_MASK = 0xA282EAD8  # LevelDB stores checksums rotated and with this added


def entries(table: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield every key with its value, in order; ``UnreadableError``: damaged, or no such table."""
    if len(table) < FOOTER or table[-8:] != MAGIC:
        raise UnreadableError("cut short, or no index of a TensorFlow checkpoint")
    view = memoryview(table)
    try:
        yield from _entries(view)
    except (WireError, IndexError) as error:
        raise UnreadableError("a damaged index of a TensorFlow checkpoint") from error


def _entries(view: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    footer = view[-FOOTER:]
    place = 0
    for _ in range(2):  # the handle of the index of metadata comes first
        _, place = varint(footer, place)
    offset, place = varint(footer, place)
    length, place = varint(footer, place)
    number = 0
    for _, handle in _block(view, offset, length):
        begin, after = varint(handle, 0)
        size, _ = varint(handle, after)
        for key, value in _block(view, begin, size):
            number += 1
            if number > ENTRIES:
                raise UnreadableError("an index of a checkpoint with more entries than are read")
            yield key, value


def _block(view: memoryview, offset: int, length: int) -> Iterator[tuple[bytes, memoryview]]:
    end = offset + length
    if end + _TRAILER > len(view):
        raise UnreadableError("an index of a TensorFlow checkpoint that is cut short")
    if view[end] not in (_PLAIN, _SNAPPY):
        raise UnreadableError("an index of a checkpoint that is packed in a way that is not known")
    if length <= _CHECKED_BYTES:
        stated = int.from_bytes(view[end + 1 : end + _TRAILER], "little")
        if masked_crc32c(bytes(view[offset : end + 1])) != stated:
            raise UnreadableError("an index of a TensorFlow checkpoint with a wrong checksum")
    block = view[offset:end]
    if view[end] == _SNAPPY:
        block = memoryview(snappy.unpacked(block))
        length = len(block)
    restarts = int.from_bytes(block[-4:], "little")
    entries_end = length - 4 - 4 * restarts
    key, place = b"", 0
    while place < entries_end:
        shared, place = varint(block, place)
        unshared, place = varint(block, place)
        size, place = varint(block, place)
        if shared > len(key) or place + unshared + size > entries_end:
            raise UnreadableError("a damaged index of a TensorFlow checkpoint")
        key = key[:shared] + bytes(block[place : place + unshared])
        place += unshared
        yield key, block[place : place + size]
        place += size


def masked_crc32c(data: bytes) -> int:
    """Return the CRC-32C of the data as LevelDB stores it."""
    table = _crc_table()
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


@functools.cache
def _crc_table() -> tuple[int, ...]:
    table = []
    for number in range(256):
        crc = number
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
        table.append(crc)
    return tuple(table)
