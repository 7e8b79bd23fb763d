"""What a job has used of memory and processors, seen from outside, and its end."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Protocol

import psutil

STARVING = 3
"""How many times its limit a job may take that was starved of a processor."""

FED = 0.5
"""What share of a processor a job must have had to be held to its limit: on a busy machine what is
only starved is not told to hang."""

CENSUS = 20  # every how many looks at a child's memory its own children are counted too


class Weighed(Protocol):
    """A job under way: its process, how often it was weighed, what it had spent at its start."""

    pid: int | None
    weighed: int
    cpu: float | None


def resident_mb(flight: Weighed) -> float:
    """Return a child's resident memory in MiB; 0 when it has ended.

    Finding grandchildren means reading the whole process table, so they are counted every
    ``CENSUS``-th time only.
    """
    flight.weighed += 1
    return tree_mb(flight.pid, below=flight.weighed % CENSUS == 0)


def tree_mb(pid: int | None, *, below: bool = True) -> float:
    """Return the resident memory of a process, and of all ``below`` it, in MiB; 0: it has ended.

    What they share is counted of each: this is no more than a bound.
    """
    total = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *(process.children(recursive=True) if below else ())):
            with contextlib.suppress(psutil.Error):
                total += one.memory_info().rss
    return total / 2**20


def cpu_seconds(flight: Weighed, *, living: bool = False) -> float:
    """Return what a child has computed, with its own that have ended, or with ``living`` all."""
    found = 0.0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(flight.pid)
        found = float(sum(process.cpu_times()[:4]))  # the last two are of children that have ended
        for inner in process.children(recursive=True) if living else ():
            with contextlib.suppress(psutil.Error):
                found += sum(inner.cpu_times()[:4])
    return found


def was_fed(flight: Weighed, elapsed: float) -> bool:
    """Say whether a job had its share of a processor, so that it is slow by itself."""
    return cpu_seconds(flight, living=True) - (flight.cpu or 0.0) >= elapsed * FED


def kill_group(pid: int | None) -> None:
    """End a process and its group."""
    if pid is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
