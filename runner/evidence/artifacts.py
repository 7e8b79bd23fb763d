"""Artifacts on disk: kept under the hash of their content, checked before use, spoilt at will."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from caniload.runner.core.cells import Artifact

_ZIP_HEADER = 30  # bytes of a zip member's local header before its name, by APPNOTE 4.3.7
_ZIP_LENGTHS = 26  # where in it the lengths of name and extra field stand


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A folder in the store: path relative to it, hash of names and content, size in bytes."""

    path: str
    sha256: str
    bytes: int


def sha256_of(folder: Path) -> str:
    """Hash the names and contents of all files below a folder."""
    whole = hashlib.sha256()
    for name, path in _named(folder):
        whole.update("/".join(name).encode() + b"\0")
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - of thousands, each is checked
            whole.update(hashlib.sha256(file.readall()).digest())
    return whole.hexdigest()


def take(folder: Path, root: Path, name: str) -> Stored:
    """Move a folder into the store below ``root``, as ``name-<hash>``."""
    sha256 = sha256_of(folder)
    target = root / f"{name}-{sha256[:12]}"
    if target.exists():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(target)
    size = sum(path.stat().st_size for path in _files(target))
    return Stored(path=target.relative_to(root).as_posix(), sha256=sha256, bytes=size)


def intact(stored: Stored, root: Path) -> bool:
    """Say whether what lies there is what was taken in."""
    folder = root / stored.path
    return folder.is_dir() and sha256_of(folder) == stored.sha256


def spoil(stored: Stored, artifact: Artifact, root: Path) -> Stored:
    """Make the damaged copy that ``artifact.damage`` names; equal input gives equal damage."""
    scratch = root / f"tmp-{artifact.saved_by}-{artifact.name}"
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(root / stored.path, scratch)
    for path in _files(scratch):
        path.write_bytes(_DAMAGES[artifact.damage or ""](path.read_bytes()))
    model = f"{artifact.model}-{artifact.damage}"
    return take(scratch, root, f"{artifact.saved_by}/{model}/{artifact.format}")


def _truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _bitflipped(content: bytes) -> bytes:
    """Flip one bit where the format can notice it: in the first byte, in a zip its configuration's.

    HDF5 has no checksums: a bit flipped among the weights loads as another weight in every version,
    and proves nothing about the probe. Of a zip, loaders do not read every member.
    """
    if not content:
        return content
    place = 0
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            member = "config.json" if "config.json" in names else names[0]
            start = archive.getinfo(member).header_offset
        name, extra = struct.unpack_from("<HH", content, start + _ZIP_LENGTHS)
        place = start + _ZIP_HEADER + name + extra
    return content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]


def _empty(_content: bytes) -> bytes:
    return b""


_DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": _truncated,
    "bitflipped": _bitflipped,
    "empty": _empty,
}


def _files(folder: Path) -> list[Path]:
    return [Path(path) for _, path in _named(folder)]


def _named(folder: Path) -> list[tuple[tuple[str, ...], str]]:
    """Return all files below a folder with the parts of their names, in the order of these."""
    return sorted(_below(str(folder), ()))


def _below(folder: str, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = (*above, entry.name)
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, name)
            elif entry.is_file():
                yield name, entry.path
