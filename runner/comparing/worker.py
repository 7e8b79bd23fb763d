"""The process in which two strangers' files are compared: bounded in memory and in time.

The first line on standard input is a JSON list of two paths; the line on standard output is the
``Comparison``, as JSON.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import resource
import signal
import sys
from pathlib import Path

from caniload.runner.comparing import judging, reading
from caniload.runner.comparing.facts import Comparison, Side
from caniload.runner.comparing.parts import Saved
from caniload.runner.forensics.facts import UnreadableError
from caniload.runner.forensics.formats.hdf5file import ERRORS
from caniload.runner.forensics.formats.merging import line
from caniload.runner.forensics.reading import inspect_here
from caniload.runner.sandbox.reading import shut_in

MEMORY = 2**30
"""Bytes of address space beyond what the libraries take."""

SECONDS, SECONDS_FOR_A_MEGABYTE, SECONDS_AT_MOST = 5.0, 0.05, 3_600.0
"""Processor time: a pair of 500 MB needs three, unless a file is made to take long."""


def main() -> None:
    first, second = map(Path, json.loads(sys.stdin.readline()))
    room = _in_use() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    shut_in([str(first), str(second)])
    signal.setitimer(signal.ITIMER_PROF, _budget(first, second))
    found = compared(first, second)
    text = json.dumps(dataclasses.asdict(found), ensure_ascii=False)
    sys.stdout.buffer.write(f"{text}\n".encode("utf-8", "replace"))


def _in_use() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    return int(pages) * resource.getpagesize()


def _budget(*paths: Path) -> float:
    """Return the seconds that two files or folders of their size may take."""
    size = 0
    for path in paths:
        try:
            files = path.rglob("*") if path.is_dir() else path.parent.glob(f"{path.name}*")
            size += sum(one.stat().st_size for one in files if one.is_file())
        except (OSError, ValueError):
            continue
    return min(SECONDS + SECONDS_FOR_A_MEGABYTE * size / 2**20, SECONDS_AT_MOST)


def compared(first: Path, second: Path) -> Comparison:
    """Compare two paths here; whatever is wrong with one is said inside."""
    paths = (os.fspath(first), os.fspath(second))
    with contextlib.ExitStack() as stack:
        one, other = (_opened(path, stack) for path in (first, second))
        if isinstance(one, Saved) and isinstance(other, Saved):
            return judging.compare(one, other, paths)
        sides = [
            Side(path=path, problem=found if isinstance(found, str) else None)
            for path, found in zip(paths, (one, other), strict=True)
        ]
        return Comparison(before=sides[0], after=sides[1])


def _opened(path: Path, stack: contextlib.ExitStack) -> Saved | str:
    """Open a path until the end of the stack; return in a line why it cannot be."""
    try:
        return stack.enter_context(reading.opened(path, inspect_here(path)))
    except UnreadableError as error:
        return line(error)
    except ERRORS as error:
        return f"cannot be read: {line(error)}"
