"""A report put in the place of the one before it, in one step: no reader sees half of either."""

from __future__ import annotations

import contextlib
import ctypes
import glob
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux
_LEFT_ALONE = 3600.0
"""Seconds after which nobody draws in a folder any more that nothing was put into."""


def scratch_for(folder: Path) -> Path:
    """Return a new folder beside a report, from which it can be renamed into its place.

    What drawings that were killed have left there is removed, once it is old enough.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f".{glob.escape(folder.name)}-{'?' * 8}"):
        try:
            inside = list(left.iterdir())
            touched = max(one.stat().st_mtime for one in (left, *inside))
        except OSError:  # a file of somebody's, or it is gone meanwhile
            continue
        # An old report is in it only where a second rename did not come: it is the only one then.
        ours = [one.name for one in inside] == ["new"]
        if ours and time.time() - touched > _LEFT_ALONE:
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))


def swap(fresh: Path, folder: Path, old: Path) -> None:
    """Put the new folder in the old one's place; what was there is then at ``fresh`` or ``old``.

    Where the file system cannot exchange two names, the old one is put back if the second of two
    renames fails.
    """
    if not folder.exists():
        fresh.rename(folder)
        return
    if _exchange(fresh, folder):
        return
    folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        old.rename(folder)
        raise


def _exchange(one: Path, other: Path) -> bool:
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):  # a C library without it
        return False
    return bool(call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)


def keep_shards(folder: Path, fresh: Path) -> None:
    """Lay the details of the report that is replaced beside those of the new one.

    They are for a page of it that somebody has open; named after their content, they are in
    nobody's way. They are in no manifest, so that the next report does not keep them again.
    """
    try:
        files = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        return
    for name in files:
        if name.startswith("data/") and ".." not in name and not (fresh / name).exists():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(OSError):
                _link(folder / name, fresh / name)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without
        shutil.copyfile(source, target)
