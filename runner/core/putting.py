"""Files put in place in one step: whoever is killed, or finds the disk full, loses no older one."""

from __future__ import annotations

import contextlib
import glob
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_LEFT_ALONE = 60.0
"""Seconds after which nobody writes to an unfinished file any more."""


def put_text(path: Path, text: str) -> None:
    """Write a file of UTF-8 in one step; what is no file, such as ``/dev/stdout``, is written to.

    ``OSError`` where that cannot be: what was there before is there still.
    """
    put_bytes(path, text.encode("utf-8"))


def put_bytes(path: Path, content: bytes) -> None:
    """Write a file in one step, as ``put_text`` does."""
    path = path.resolve()  # a link stays one
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    with putting(path) as stream:
        stream.write(content)


@contextlib.contextmanager
def putting(path: Path) -> Iterator[BinaryIO]:
    """Yield what to write a file's content to; it is in place when that ends without an error."""
    sweep(path)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def sweep(path: Path) -> None:
    """Remove what processes that were killed have left of a file, ``NAME.PID.part`` beside it."""
    for left in path.parent.glob(f"{glob.escape(path.name)}.*.part"):
        number = left.name.removeprefix(f"{path.name}.").removesuffix(".part")
        try:
            if number.isdigit() and time.time() - left.stat().st_mtime > _LEFT_ALONE:
                left.unlink()
        except OSError:
            continue  # another process was faster, or may and we may not
