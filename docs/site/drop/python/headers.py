"""What an object's header in an HDF5 file says of it, that the library does not hand on here.

https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, IV.A: headers of version 1 and
2, of their messages when it was written and which other files hold its numbers.
"""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MOST = 4_096
"""Most messages and blocks of one header that are looked at."""

EXTERNAL, WRITTEN_OLD, CONTINUED, WRITTEN = 0x07, 0x0E, 0x10, 0x12


@dataclass
class Header:
    """``written`` in seconds since 1970, 0 if it is not said; ``external`` are names of files."""

    written: int = 0
    external: list[str] = field(default_factory=list)


class Headers:
    """Reads them out of an open file; what is damaged is left out, HDF5 itself says so."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._end = stream.seek(0, 2)
        self._base = self._found()
        version = self._at(self._base + 8, 1)[0]
        place = 13 if version < 2 else 9  # noqa: PLR2004 - of the format
        self._offset, self._length = self._at(self._base + place, 2)

    def _found(self) -> int:
        """Return where the file begins: behind a block of the user's, perhaps."""
        place = 0
        while place < self._end:
            if self._at(place, 8) == SIGNATURE:
                return place
            place = 2 * place or 512
        return 0

    def _at(self, place: int, size: int) -> bytes:
        if place >= self._end:
            return bytes(size)
        self._stream.seek(place)
        return self._stream.read(size).ljust(size, b"\0")

    def _number(self, data: bytes, place: int, size: int) -> int:
        return int.from_bytes(data[place : place + size], "little")

    def read(self, address: int) -> Header:
        """Return what the header at an address says."""
        header = Header()
        for kind, data in self._messages(self._base + address, header):
            if kind == WRITTEN:
                header.written = self._number(data, 4, 4)
            elif kind == WRITTEN_OLD:
                header.written = header.written or _old(data)
            elif kind == EXTERNAL:
                header.external += self._names(data)
        return header

    def _messages(self, place: int, header: Header) -> Iterator[tuple[int, bytes]]:
        start = self._at(place, 64)
        if start[:4] == b"OHDR":
            flags, at = start[5], 6
            if flags & 0x20:
                header.written, at = self._number(start, at + 4, 4), at + 16
            at += 4 * bool(flags & 0x10)
            wide = 1 << (flags & 3)
            blocks = [(place + at + wide, self._number(start, at, wide))]
            before, after, head = 0, 0, 6 if flags & 4 else 4
        else:
            blocks = [(place + 16, self._number(start, 8, 4))]
            before, after, head = 0, 0, 8
        seen = 0
        while blocks and seen < MOST:
            where, size = blocks.pop(0)
            data = self._at(where + before, min(max(size - before - after, 0), 2**20))
            at = 0
            while at + head <= len(data) and seen < MOST:
                seen += 1
                if head == 8:  # noqa: PLR2004 - version 1
                    kind, length = self._number(data, at, 2), self._number(data, at + 2, 2)
                else:
                    kind, length = data[at], self._number(data, at + 1, 2)
                body = data[at + head : at + head + length]
                at += head + length
                if kind == CONTINUED:
                    goal = self._base + self._number(body, 0, self._offset)
                    blocks.append((goal, self._number(body, self._offset, self._length)))
                else:
                    yield kind, body
            before, after = (0, 0) if head == 8 else (4, 4)  # noqa: PLR2004 - OCHK, checksum

    def _names(self, data: bytes) -> Iterator[str]:
        used, heap = self._number(data, 6, 2), self._number(data, 8, self._offset)
        start = self._at(self._base + heap, 8 + 2 * self._length + self._offset)
        texts = self._base + self._number(start, 8 + 2 * self._length, self._offset)
        for slot in range(min(used, MOST)):
            where = self._number(data, 8 + self._offset + 3 * self._length * slot, self._length)
            yield self._at(texts + where, 1_024).partition(b"\0")[0].decode("utf-8", "replace")


def _old(data: bytes) -> int:
    try:
        return calendar.timegm(time.strptime(data[:14].decode(), "%Y%m%d%H%M%S"))
    except ValueError:
        return 0
