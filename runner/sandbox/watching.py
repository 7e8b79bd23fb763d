"""What is done about processes behind a wall from outside: weighed, ended, and read with care.

Whatever lies in a folder that a stranger's code could write may be a link, a pipe or endless.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caniload.runner.sandbox.launcher import CLEARING
from caniload.runner.sandbox.policy import FILES

if TYPE_CHECKING:
    from psutil import Process

MOST = 256 * 2**20
"""Bytes that are read of a file from behind a wall: facts are kilobytes."""
_ROUNDS = 50


def end_tree(pid: int, *, contained: bool = False) -> None:
    """End a process and all that it has started, those first that could start more.

    ``contained``: what is in the container that a launcher has begun is ended, and the launcher
    told to end, which waits for podman: that is left to clear the container away.
    """
    import psutil  # noqa: PLC0415 - as below: who asks a quick question ends no process

    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        for _ in range(_ROUNDS):
            below = root.children(recursive=True)
            if contained:
                depth = len(_numbers(pid))
                below = [one for one in below if len(_numbers(one.pid)) > depth]
            for one in below:
                with contextlib.suppress(psutil.Error):
                    one.kill()
            if not [one for one in below if _lives(one)]:
                break
        if contained:
            root.terminate()
            end = time.monotonic() + CLEARING
            while _lives(root) and time.monotonic() < end:
                time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def end_strays(folder: Path) -> None:
    """End every process that was started with this folder as its ``TMPDIR``, wherever it hid.

    For processes without a wall: a daemon has left the group and the tree that it came from.
    """
    mark = f"TMPDIR={folder}".encode()
    for _ in range(_ROUNDS):
        left = [int(one.name) for one in Path("/proc").glob("[0-9]*") if _has(one, mark)]
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not left:
            return


def _has(process: Path, mark: bytes) -> bool:
    try:
        return mark in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False  # it has ended, or is somebody else's


def _lives(process: Process) -> bool:
    import psutil  # noqa: PLC0415

    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def outside(launched: int, inner: int) -> int | None:
    """Return the process id here of a process that calls itself ``inner`` behind the wall.

    ``None`` where nothing that was ``launched`` there is called so: what a stranger names is never
    taken for a process of ours.
    """
    import psutil  # noqa: PLC0415

    try:
        below = psutil.Process(launched).children(recursive=True)
    except psutil.Error:
        return None
    for one in below:
        if _numbers(one.pid)[-1:] == [inner]:
            return int(one.pid)
    return None


def _numbers(pid: int) -> list[int]:
    """Return how a process is called, out here first, then in each namespace down to its own."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [int(one) for one in text.partition("NSpid:")[2].partition("\n")[0].split()]


def read(path: Path, most: int = MOST, offset: int = 0, folder: int | None = None) -> bytes:
    """Return at most ``most`` bytes of a regular file; ``OSError`` where it is anything else.

    A negative ``offset`` counts from its end. ``path`` is looked for in an open ``folder``, if one
    is given; else the folders above it have to be out of a stranger's reach.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    opened = os.open(path, flags, dir_fd=folder)
    with os.fdopen(opened, "rb") as file:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"{path}: no regular file")
        file.seek(offset if offset >= 0 else max(0, found.st_size + offset))
        return file.read(most)


def read_json(path: Path, most: int = MOST) -> dict[str, Any] | None:
    """Return the object in a file from behind a wall, or ``None`` where there is none to be had."""
    try:
        found = json.loads(read(path, most))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def unplain(path: Path, root: Path) -> str | None:
    """Return why a path below ``root`` is not to be taken: it is no file or folder, or has a link.

    ``root`` itself is out of a stranger's reach, and nothing runs any more that could change it.
    """
    if not path.is_relative_to(root) or ".." in path.parts:
        return f"{path.name} is elsewhere"
    on_the_way = [one for one in path.parents if one != root and one.is_relative_to(root)]
    for one in [*on_the_way, path, *(path.rglob("*") if path.is_dir() else ())]:
        mode = one.lstat().st_mode if os.path.lexists(one) else 0
        if mode and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            return f"{one.name} is a link, or no file"
    return None


def overgrown(folder: Path, most: int) -> str | None:
    """Say that a folder has outgrown its room, or nothing."""
    total, count, waiting = 0, 0, [os.fspath(folder)]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                count += 1
                if count > FILES:
                    return f"it made more than {FILES} files, the sandbox's limit"
    if total > most:
        return f"it wrote more than {most / 2**30:.1f} GiB, the sandbox's limit"
    return None


def take(source: Path, target: Path, most: int) -> None:
    """Copy a folder's regular files, and no links, to a new folder; ``OSError`` where it is none.

    ``most`` bounds its bytes.
    """
    opened = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        target.chmod(0o755)
        for name in sorted(os.listdir(opened)):  # noqa: PTH208 - of a descriptor
            content = read(Path(name), most, folder=opened)
            most -= len(content)
            copied = target / name
            copied.write_bytes(content)
            copied.chmod(0o644)
    finally:
        os.close(opened)


def remove(folder: Path) -> None:
    """Remove a folder, also where its folders are closed to us."""

    def opened(_function: Any, path: str, _error: Any) -> None:
        with contextlib.suppress(OSError):
            above = Path(path).parent
            above.chmod(0o700)
            if Path(path).is_dir() and not Path(path).is_symlink():
                Path(path).chmod(0o700)
                shutil.rmtree(path, ignore_errors=True)
            else:
                Path(path).unlink()

    shutil.rmtree(folder, onerror=opened)
