"""The file that a pack is: an uncompressed tar of parts, each JSON under gzip; nothing is unpacked.

The first member is the manifest, and its name has its hash; the manifest has the hash of every
part. All else in the file is zeros and headers that follow from names and sizes. So each byte is
known, and one that is not as it was written is found. ``tar`` and ``zcat`` open it, too.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import weakref
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from caniload.runner.core.errors import CaniloadError

SCHEMA = 1
BLOCK = 512
ENDING = ".json.gz"
END = bytes(2 * BLOCK)

LARGEST_FILE = 256 * 2**20
LARGEST_PART = 64 * 2**20
LARGEST_WHOLE = 2**30
MOST_PARTS = 10_000
"""Bounds of what is read at all, in bytes as they are stored, and unpacked."""

_NAME = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,59}(/[a-z0-9][a-z0-9.+_-]{0,59}){0,2}")
_MANIFEST = re.compile(rf"manifest-([0-9a-f]{{64}}){re.escape(ENDING)}")
_GZIP = 16 + zlib.MAX_WBITS


class PackError(CaniloadError):
    """A file that is no pack, or not as it was written; one line says where."""

    exit_code = 2


def packed(value: Any) -> tuple[bytes, str]:
    """Return what is stored of plain data, and the hash of its text, whoever compresses it."""
    text = canonical(value).encode()
    engine = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
    return engine.compress(text) + engine.flush(), sha256(text)


def canonical(value: Any) -> str:
    """Return the one text of plain data."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write(stream: IO[bytes], manifest: dict[str, Any], parts: Iterable[bytes]) -> None:
    """Write the file; ``manifest["parts"]`` has what is said of each part, in their order."""
    stored, _ = packed(manifest)
    stream.write(_member(f"manifest-{sha256(stored)}", stored))
    for said, part in zip(manifest["parts"], parts, strict=True):
        stream.write(_member(said["name"], part))
    stream.write(END)


def _member(name: str, content: bytes) -> bytes:
    return _header(name, len(content)) + content + bytes(-len(content) % BLOCK)


def _header(name: str, size: int) -> bytes:
    """Return a header as POSIX has it (ustar), of a file that is anybody's, of no date."""
    prefix, _, last = f"{name}{ENDING}".rpartition("/")
    fields = (
        *((last, 100), ("0000644\0", 8), ("0000000\0", 8), ("0000000\0", 8)),
        *((f"{size:011o}\0", 12), (f"{0:011o}\0", 12), (" " * 8, 8), ("0", 1), ("", 100)),
        *(("ustar\0", 6), ("00", 2), ("", 32), ("", 32), ("", 8), ("", 8), (prefix, 155), ("", 12)),
    )
    header = b"".join(text.encode().ljust(length, b"\0") for text, length in fields)
    return header[:148] + f"{sum(header):06o}\0 ".encode() + header[156:]


class Frame:
    """A pack that lies on disk: its manifest, and its parts when they are asked for.

    ``called`` is what messages call it.
    """

    def __init__(self, path: Path, called: str) -> None:
        self._called = called
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._file)  # it stays the same if another takes its name
        self._size = os.fstat(self._file).st_size
        if self._size > LARGEST_FILE:
            raise PackError(
                f"{called}: {self._size / 2**20:.0f} MiB; no pack has more than"
                f" {LARGEST_FILE // 2**20}"
            )
        self.manifest, self._start = _manifest(self._bytes, called)
        self._places = dict(self._placed())

    def _bytes(self, place: int, count: int) -> bytes:
        """Read from a place; fewer where the file ends."""
        chunks = []
        while count > 0 and (chunk := os.pread(self._file, count, place)):
            chunks.append(chunk)
            place, count = place + len(chunk), count - len(chunk)
        return b"".join(chunks)

    def _placed(self) -> Iterator[tuple[str, int]]:
        """Yield where each part begins; ``PackError`` where the sizes are not those of the file."""
        place, whole = self._start, 0
        for one in self.manifest["parts"]:
            yield one["name"], place
            place += BLOCK + one["bytes"] + -one["bytes"] % BLOCK
            whole += one["raw"]
        if place + len(END) != self._size or whole > LARGEST_WHOLE:
            raise PackError(f"{self._called}: it is not as long as its manifest says")

    def part(self, name: str) -> Any:
        """Return what a part says, after its hash was checked."""
        said = next(one for one in self.manifest["parts"] if one["name"] == name)
        return _unpacked(self._bytes(self._places[name] + BLOCK, said["bytes"]), said, self._called)

    def verify(self) -> None:
        """Read every byte; ``PackError`` names the first part that is not as it was written."""
        for said in self.manifest["parts"]:
            place, size = self._places[said["name"]], said["bytes"]
            header, stored = self._bytes(place, BLOCK), self._bytes(place + BLOCK, size)
            filling = self._bytes(place + BLOCK + size, -size % BLOCK)
            _unpacked(stored, said, self._called)
            if header != _header(said["name"], size) or any(filling):
                raise PackError(f"{self._called}: what frames part {said['name']} was altered")
        if self._bytes(self._size - len(END), len(END)) != END:
            raise PackError(f"{self._called}: what ends it was altered")


def _manifest(read: Callable[[int, int], bytes], called: str) -> tuple[dict[str, Any], int]:
    """Return the manifest, and where the parts begin; ``read`` takes a place and a count."""
    header = read(0, BLOCK)
    named = _MANIFEST.fullmatch(header[:100].rstrip(b"\0").decode("ascii", "replace"))
    try:
        size = int(header[124:135].decode("ascii"), 8)
    except ValueError:
        size = -1
    if named is None or size < 0 or header != _header(f"manifest-{named[1]}", size):
        raise PackError(f"{called}: no evidence pack, or its beginning was altered")
    stored, filling = read(BLOCK, size), read(BLOCK + size, -size % BLOCK)
    if sha256(stored) != named[1] or any(filling):
        raise PackError(f"{called}: its manifest was altered")
    manifest = _parsed(_inflated(stored, LARGEST_PART, called, "manifest"), called, "manifest")
    schema = manifest.get("schema") if isinstance(manifest, dict) else None
    if schema != SCHEMA:
        found = str(schema)[:20]
        raise PackError(f"{called}: a pack of schema {found!a}; this caniload reads {SCHEMA}")
    _check_parts(manifest.get("parts"), called)
    return manifest, BLOCK + size + -size % BLOCK


def _check_parts(parts: Any, called: str) -> None:
    """Refuse names that lead elsewhere, and sizes that nobody needs, before anything is read."""
    if not isinstance(parts, list) or len(parts) > MOST_PARTS:
        raise PackError(f"{called}: no list of parts, or more than {MOST_PARTS}")
    names: list[str] = []
    for one in parts:
        name = one.get("name") if isinstance(one, dict) else None
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise PackError(f"{called}: a part is called {str(name)[:80]!a}, which no part is")
        if not all(_is_size(one.get(key)) for key in ("bytes", "raw")):
            raise PackError(f"{called}: part {name} has no size, or an absurd one")
        names.append(name)
    if names != sorted(set(names)):
        raise PackError(f"{called}: its parts are not in order, or one is there twice")


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST_PART


def _unpacked(stored: bytes, said: dict[str, Any], called: str) -> Any:
    name = said["name"]
    if sha256(stored) != said.get("sha256"):
        raise PackError(f"{called}: part {name} was altered")
    text = _inflated(stored, said["raw"], called, f"part {name}")
    if len(text) != said["raw"] or sha256(text) != said.get("content"):
        raise PackError(f"{called}: part {name} is not what the manifest says")
    return _parsed(text, called, f"part {name}")


def _inflated(stored: bytes, most: int, called: str, what: str) -> bytes:
    engine = zlib.decompressobj(_GZIP)
    try:
        text = engine.decompress(stored, most + 1)
    except zlib.error as error:
        raise PackError(f"{called}: {what} cannot be unpacked") from error
    if len(text) > most or not engine.eof or engine.unused_data:
        raise PackError(f"{called}: {what} unpacks to more than it says")
    return text


def _parsed(text: bytes, called: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PackError(f"{called}: {what} is no JSON") from error
