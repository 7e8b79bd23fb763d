"""Zip files from strangers: members by name, what is odd about them, their bytes within bounds."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from caniload.runner.forensics.facts import Finding, UnreadableError, damage, danger, notice
from caniload.runner.forensics.formats.documents import TEXT_BYTES

MEMBERS = 50_000
"""Most members that a zip is looked into with."""

UNPACKED_BYTES = 64 * 2**20
"""Largest compressed member that is unpacked, in memory; one stored plainly is read in place."""

ERRORS = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError, MemoryError)
"""What zipfile raises; ``RuntimeError`` for what is encrypted or compressed in a way unknown."""

_BOMB = 200
"""Times that a member grows beyond which it is no honest text: deflate stops at 1,032."""

_LOCAL_HEADER = struct.Struct("<4s22xHH")  # APPNOTE 4.3.7: signature, lengths of name and extra
_UNICODE_PATH = 0x7075
_SYMLINK_SHIFT = 16  # where Unix modes stand in a member's external attributes


class Archive:
    """An open zip file."""

    def __init__(self, path: Path) -> None:
        self.findings: list[Finding] = []
        try:
            self._zip = zipfile.ZipFile(path)
        except ERRORS as error:
            raise UnreadableError(_why_not(path, error)) from error
        self._path = path
        self.members: dict[str, zipfile.ZipInfo] = {}
        listed = self._zip.infolist()
        if len(listed) > MEMBERS:
            raise UnreadableError(f"a zip file of {len(listed):,} members, more than are read")
        for info in listed:
            self._look_at(info)

    def _look_at(self, info: zipfile.ZipInfo) -> None:
        name = info.filename
        if name in self.members:
            self.findings.append(danger("zip-duplicate", f"has two members called {name}"))
        self.members[name] = info
        parts = name.replace("\\", "/").split("/")
        if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            text = f"member {name} would be unpacked outside of its folder"
            self.findings.append(danger("zip-path-traversal", text))
        if other := _other_name(info):
            text = f"member {name} is also called {other}, which newer versions of Python go by"
            self.findings.append(danger("zip-two-names", text))
        if stat.S_ISLNK(info.external_attr >> _SYMLINK_SHIFT):
            self.findings.append(danger("zip-symlink", f"member {name} is a symbolic link"))
        if info.file_size > max(info.compress_size, 1) * _BOMB and info.file_size > 2**20:
            text = f"member {name} grows from {info.compress_size:,} to {info.file_size:,} bytes"
            self.findings.append(danger("zip-bomb", text))
        if info.flag_bits & 1:
            self.findings.append(damage("zip-encrypted", f"member {name} is encrypted"))

    def close(self) -> None:
        self._zip.close()

    def text(self, name: str) -> bytes | None:
        """Return a member that is a text, None if there is none; a damaged one is a finding."""
        info = self.members.get(name)
        if info is None:
            return None
        if info.file_size > TEXT_BYTES:
            raise UnreadableError(f"its {name} is longer than is read")
        try:
            with self._zip.open(info) as stream:
                content = stream.read(TEXT_BYTES + 1)
        except ERRORS as error:
            self.findings.append(damage("zip-member", f"{name} cannot be read: {_first(error)}"))
            return None
        return content

    def stream(self, name: str) -> BinaryIO | None:
        """Return a member that can be read at any place; None and a finding if it cannot be."""
        info = self.members[name]
        try:
            if info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1:
                return self._in_place(info)
            if info.file_size > UNPACKED_BYTES:
                text = f"{name} is compressed and too large to be unpacked here"
                self.findings.append(notice("compressed-weights", text))
                return None
            with self._zip.open(info) as stream:
                return io.BytesIO(stream.read(UNPACKED_BYTES))
        except ERRORS as error:
            self.findings.append(damage("zip-member", f"{name} cannot be read: {_first(error)}"))
            return None

    def unpack(self, name: str, into: BinaryIO) -> bool:
        """Write a member to an open file, piece by piece; False and a finding if it is damaged."""
        try:
            with self._zip.open(self.members[name]) as stream:
                while piece := stream.read(2**20):
                    into.write(piece)
        except ERRORS as error:
            self.findings.append(damage("zip-member", f"{name} cannot be read: {_first(error)}"))
            return False
        return True

    def checksum_is_right(self, name: str) -> bool | None:
        """Say whether a member has its checksum; None if it is too large to be read for that."""
        info = self.members[name]
        if info.file_size > UNPACKED_BYTES:
            return None
        try:
            with self._zip.open(info) as stream:
                while stream.read(2**20):
                    pass
        except ERRORS:
            return False
        return True

    def _in_place(self, info: zipfile.ZipInfo) -> BinaryIO:
        with self._path.open("rb") as stream:
            stream.seek(info.header_offset)
            header = stream.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size:
            raise zipfile.BadZipFile("its header is cut short")
        signature, name, extra = _LOCAL_HEADER.unpack(header)
        if signature != b"PK\3\4":
            raise zipfile.BadZipFile("its header is not where the directory says")
        start = info.header_offset + _LOCAL_HEADER.size + name + extra
        return io.BufferedReader(_Window(self._path.open("rb"), start, info.file_size))


class _Window(io.RawIOBase):
    """Part of a file, as a file."""

    def __init__(self, raw: BinaryIO, start: int, size: int) -> None:
        self._raw, self._start, self._size, self._place = raw, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        left = max(0, min(len(buffer), self._size - self._place))
        self._raw.seek(self._start + self._place)
        content = self._raw.read(left)
        buffer[: len(content)] = content
        self._place += len(content)
        return len(content)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _other_name(info: zipfile.ZipInfo) -> str | None:
    """Return another name that a member has beside its own (APPNOTE 4.6.9, Unicode Path)."""
    place = 0
    while place + 4 <= len(info.extra):
        kind, size = struct.unpack_from("<HH", info.extra, place)
        content = info.extra[place + 4 : place + 4 + size]
        place += 4 + size
        if kind == _UNICODE_PATH:
            other = content[5:].decode("utf-8", "replace")  # behind a version and a checksum
            if other != info.orig_filename:
                return other
    return None


def _why_not(path: Path, error: BaseException) -> str:
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - 66_000))
            ends = b"PK\5\6" in stream.read()
    except OSError:
        ends = True
    return "a zip file that is cut short" if not ends else f"a damaged zip file: {_first(error)}"


def _first(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0] or type(error).__name__
