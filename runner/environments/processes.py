"""Run one command to its end or its deadline, whole process group, and keep what it said."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LEASH = Path(__file__).with_name("leash.py")
DRAIN_SECONDS = 2.0
"""How long output is still read after the end: a stray grandchild may hold the pipe for ever."""

KEPT = 32 * 2**20
"""Characters of output that are kept; what comes after is read and forgotten."""
LINE = 65_536

Ending = Callable[[int], None]
"""How a process is ended that has not ended itself, by its id, with those that left its group."""

_RUNNING: dict[subprocess.Popen[bytes], Ending | None] = {}


@dataclass(frozen=True, kw_only=True)
class Finished:
    """``code`` is as in subprocess, and ``None`` where the deadline ended the command."""

    code: int | None
    output: str


def run(
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    seconds: float,
    on_output: Callable[[str], None] | None = None,
    cwd: Path | None = None,
    keep_open: Sequence[int] = (),
    stdin: str = "",
    ending: Ending | None = None,
    begun: Callable[[int], None] | None = None,
) -> Finished:
    """Run ``command`` with nothing of our own environment; return what it said.

    ``keep_open`` are descriptors that the command inherits, so that a lock on them lives as long as
    it does. ``begun`` is told its process id. It dies with us, even if we are killed, where the
    kernel sees to that.
    """
    with tempfile.TemporaryFile() as given:  # a file, not a pipe: nobody has to feed it
        given.write(stdin.encode())
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", LEASH, str(os.getpid()), *command],
            env=dict(variables),
            cwd=cwd,
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=tuple(keep_open),
        )
    _RUNNING[process] = ending
    if begun is not None:
        begun(process.pid)
    lines: list[str] = []
    reader = threading.Thread(target=_drain, args=(process, lines, on_output), daemon=True)
    reader.start()
    code: int | None = None
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(seconds)
    finally:  # also when interrupted: no installer survives us
        _kill(process, ending)
        process.wait()
        _RUNNING.pop(process, None)
        reader.join(DRAIN_SECONDS)
    return Finished(code=code, output="".join(lines))


def kill_all() -> None:
    """End whatever other threads are running here, so that an interrupt need not wait for it."""
    for process, ending in list(_RUNNING.items()):
        _kill(process, ending)


def _kill(process: subprocess.Popen[bytes], ending: Ending | None = None) -> None:
    if ending is not None and process.poll() is None:
        ending(process.pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _drain(
    process: subprocess.Popen[bytes], lines: list[str], on_output: Callable[[str], None] | None
) -> None:
    if process.stdout is None:  # never: it was asked for as a pipe
        return
    left = KEPT
    with process.stdout as pipe:
        while raw := pipe.readline(LINE):
            line = raw.decode("utf-8", "backslashreplace")
            left -= len(line)
            if left > 0:
                lines.append(line)
            if on_output is not None:
                on_output(line.rstrip())
