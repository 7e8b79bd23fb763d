"""The process in which strangers' files are read: bounded in memory and time, one line a file.

It shuts itself in first: it reads those files and what lies beside them, and does nothing else.

The first line on standard input is a JSON list of paths; each line on standard output is the
Inspection of the next one, as JSON. A path that ends the process is answered for by ``apart``.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from caniload.runner.forensics.facts import Inspection
from caniload.runner.forensics.reading import inspect_here
from caniload.runner.sandbox.reading import shut_in

MEMORY = 384 * 2**20
"""Bytes that one file may need beyond what the libraries take."""

SECONDS = 0.8
SECONDS_FOR_A_MEGABYTE = 0.5
SECONDS_AT_MOST = 30.0
"""Processor time for one file: none that is small takes long unless it is made to."""

MEMBERS = 5_000
"""Most files of a folder that its size is made of."""

WAITING = 4.0
"""Times that, by the clock, for a slow disk."""


def main() -> None:
    paths = json.loads(sys.stdin.readline())
    room = _in_use() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    shut_in(paths)
    for path in paths:
        seconds = budget(Path(path))
        signal.setitimer(signal.ITIMER_PROF, seconds)  # kills, also in the midst of a library
        signal.setitimer(signal.ITIMER_REAL, seconds * WAITING + 10)
        line = as_line(inspect_here(Path(path)))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.buffer.write(line)
        sys.stdout.flush()


def _in_use() -> int:
    """Return the bytes of address space that this process has: the libraries, above all."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    return int(pages) * resource.getpagesize()


def budget(path: Path) -> float:
    """Return the seconds of processor time that a file or folder of its size may take."""
    try:
        sizes = [*itertools.islice(_sizes(path), MEMBERS)] if path.is_dir() else []
        megabytes = (sum(sizes) or path.stat().st_size) / 2**20
    except (OSError, ValueError):
        return SECONDS
    return min(SECONDS + SECONDS_FOR_A_MEGABYTE * megabytes, SECONDS_AT_MOST)


def _sizes(folder: Path) -> Iterator[int]:
    for root, _, files in os.walk(folder):
        yield from (os.stat(os.path.join(root, name)).st_size for name in files)  # noqa: PTH116, PTH118 - many


def as_line(inspection: Inspection) -> bytes:
    """Return it as JSON in UTF-8, which has no place for the half letters that JSON can escape."""
    text = json.dumps(dataclasses.asdict(inspection), ensure_ascii=False)
    return f"{text}\n".encode("utf-8", "replace")
